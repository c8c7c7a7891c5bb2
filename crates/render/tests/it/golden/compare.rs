//! Pages compared with pictures that were looked at.

#[path = "tolerance.rs"]
mod tolerance;

use std::path::{Path, PathBuf};

use ferrofax_fax::page::{Bitmap, Resolution};
pub use tolerance::Tolerance;
use tolerance::{compare, differences};

/// Compares the pages, side by side, with the picture `name` in the package's folder of golden pictures, or writes it.
pub fn golden(package: &str, name: &str, pages: &[Bitmap], resolution: Resolution, tolerance: Tolerance) {
    let path = Path::new(package).join("tests/golden").join(format!("{name}.png"));
    let got = side_by_side(pages);
    if std::env::var_os("FERROFAX_GOLDEN").is_some_and(|word| word == "write") {
        return write(&path, &got, resolution);
    }
    let expected = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let expected = read(&expected);
    if let Err(why) = compare(&got, &expected, tolerance) {
        let [seen, difference] = ["got", "difference"].map(|which| beside(name, which));
        write(&seen, &got, resolution);
        write(&difference, &differences(&got, &expected), resolution);
        panic!(
            "{name}: {why}\n  expected   {}\n  got        {}\n  difference {}",
            path.display(),
            seen.display(),
            difference.display()
        );
    }
}

fn beside(name: &str, which: &str) -> PathBuf {
    let folder = std::env::temp_dir().join("ferrofax-golden");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}-{which}.png"))
}

/// One picture of all pages, with a white pel or more between them.
fn side_by_side(pages: &[Bitmap]) -> Bitmap {
    let across = |page: &Bitmap| page.width().next_multiple_of(8) + 8;
    let width = pages.iter().map(across).sum::<u16>() - 8;
    let mut all = Bitmap::new(width, pages.iter().map(Bitmap::rows).max().unwrap_or(0));
    let mut left = 0;
    for page in pages {
        for y in 0..page.rows() {
            let (row, to) = (page.row(y).unwrap(), all.row_mut(y).unwrap());
            to[left..left + row.len()].copy_from_slice(row);
        }
        left += usize::from(across(page)) / 8;
    }
    all
}

fn write(path: &Path, page: &Bitmap, resolution: Resolution) {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, page.width().into(), page.rows());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::High);
    let (xppu, yppu) = (8037, resolution.lines_per_metre());
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu, yppu, unit: png::Unit::Meter }));
    // In PNG a set bit is white.
    let white: Vec<u8> = page.as_bytes().iter().map(|byte| !byte).collect();
    encoder.write_header().unwrap().write_image_data(&white).unwrap();
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn read(file: &[u8]) -> Bitmap {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Grayscale, png::BitDepth::One));
    bytes.iter_mut().for_each(|byte| *byte = !*byte);
    Bitmap::from_bytes(info.width as u16, bytes).unwrap()
}
