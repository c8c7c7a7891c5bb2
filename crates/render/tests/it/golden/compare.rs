//! Pages compared pel by pel with pictures that were looked at (`tests/golden/README.md` says how, and why so).

use std::path::{Path, PathBuf};

use ferrofax_fax::page::{Bitmap, Resolution};

/// How far a page may be from its picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tolerance {
    /// Copies: no pel.
    None,
    /// Outlines: an edge may lie one pel further at a few pels in a thousand, and nothing else differs.
    Edges,
    /// Dots of a photograph: each square of 24 pels is about as dark.
    Dots,
}

/// Of the black pels, how many per thousand may differ at all.
const EDGES_PER_THOUSAND: usize = 5;
/// The side of a square, and how many of its pels may be black that were not.
const SQUARE: u32 = 24;
const SQUARE_PELS: u32 = SQUARE * SQUARE / 20;

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

fn compare(got: &Bitmap, expected: &Bitmap, tolerance: Tolerance) -> Result<(), String> {
    let size = |page: &Bitmap| (page.width(), page.rows());
    if size(got) != size(expected) {
        return Err(format!("{:?} pels and rows instead of {:?}", size(got), size(expected)));
    }
    if got == expected {
        return Ok(());
    }
    let black = ink(expected);
    let differing = ink(&differences(got, expected));
    match tolerance {
        Tolerance::None => Err(format!("{differing} pels differ")),
        Tolerance::Edges => {
            let astray = astray(got, expected) + astray(expected, got);
            if astray > 0 || differing * 1000 > black * EDGES_PER_THOUSAND {
                return Err(format!(
                    "{differing} pels differ, with {black} black; {astray} of them by more than a pel"
                ));
            }
            Ok(())
        }
        Tolerance::Dots => {
            let worst = squares(got).zip(squares(expected)).map(|(got, expected)| got.abs_diff(expected)).max();
            match worst {
                Some(worst) if worst > SQUARE_PELS => {
                    Err(format!("{worst} pels more or less are black in a square of {SQUARE}"))
                }
                _ => Ok(()),
            }
        }
    }
}

fn ink(page: &Bitmap) -> usize {
    page.as_bytes().iter().map(|byte| byte.count_ones() as usize).sum()
}

/// Black where the pages differ.
fn differences(one: &Bitmap, other: &Bitmap) -> Bitmap {
    let width = one.width().max(other.width());
    let mut differences = Bitmap::new(width, one.rows().max(other.rows()));
    for y in 0..differences.rows() {
        (0..width).filter(|&x| one.is_black(x, y) != other.is_black(x, y)).for_each(|x| differences.set_black(x, y));
    }
    differences
}

/// Black pels of a page that have no black pel of the other at their place or about it.
fn astray(page: &Bitmap, other: &Bitmap) -> usize {
    let near = |x: u16, y: u32| {
        (y.saturating_sub(1)..=y + 1).any(|y| (x.saturating_sub(1)..=x + 1).any(|x| other.is_black(x, y)))
    };
    let row = |y: u32| (0..page.width()).filter(|&x| page.is_black(x, y) && !near(x, y)).count();
    (0..page.rows()).map(row).sum()
}

/// How many pels are black, square by square.
fn squares(page: &Bitmap) -> impl Iterator<Item = u32> {
    let side = SQUARE as usize;
    (0..page.rows()).step_by(side).flat_map(move |top| {
        (0..page.width()).step_by(side).map(move |left| {
            let row = |y: u32| (left..left + SQUARE as u16).filter(|&x| page.is_black(x, y)).count() as u32;
            (top..top + SQUARE).map(row).sum()
        })
    })
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

/// A page of 100 by 100 with a box, and one of its pels elsewhere.
fn boxed(left: u16, stray: Option<(u16, u32)>) -> Bitmap {
    let mut page = Bitmap::new(100, 100);
    for y in 20..60 {
        (left..left + 40).for_each(|x| page.set_black(x, y));
    }
    if let Some((x, y)) = stray {
        page.set_black(x, y);
    }
    page
}

#[test]
fn a_comparison_finds_what_it_is_there_to_find() {
    use Tolerance::{Dots, Edges, None};
    let sound = boxed(20, Option::None);
    let fails = |page: &Bitmap, tolerance| compare(page, &sound, tolerance).is_err();
    // A pel at an edge, a pel elsewhere, all moved by one pel, all moved far, another size.
    for (page, expected) in [
        (boxed(20, Option::None), [false, false, false]),
        (boxed(20, Some((60, 30))), [true, false, false]),
        (boxed(20, Some((80, 80))), [true, true, false]),
        (boxed(21, Option::None), [true, true, false]),
        (boxed(30, Option::None), [true, true, true]),
        (Bitmap::new(100, 99), [true, true, true]),
    ] {
        assert_eq!([None, Edges, Dots].map(|tolerance| fails(&page, tolerance)), expected);
    }
}
