//! Pages as files, read by the programs of others.

use std::process::Command;

use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_fax::t6;
use ferrofax_server::export::{Format, encode};

/// Slanted lines, and every corner pel black.
fn page(resolution: Resolution, rows: u32, slant: u32) -> StoredPage {
    let mut bitmap = Bitmap::new(1728, rows);
    for row in 0..rows {
        for column in 0..20 {
            bitmap.set_black(((row * slant + column * 80) % 1728) as u16, row);
        }
    }
    for (x, y) in [(0, 0), (1727, 0), (0, rows - 1), (1727, rows - 1)] {
        bitmap.set_black(x, y);
    }
    t6::store(&mut bitmap.source(resolution))
}

#[test]
fn a_pdf_holds_the_very_pels_and_has_the_size_of_the_sheet() {
    let dir = tempfile::tempdir().unwrap();
    let pages = [page(Resolution::Fine, 2287, 3), page(Resolution::Standard, 1143, 5)];
    std::fs::write(dir.path().join("fax.pdf"), encode(Format::Pdf, &pages).unwrap()).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(dir.path()).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    run("pdfimages", &["-png", "fax.pdf", "page"]);
    for (number, stored) in pages.iter().enumerate() {
        let file = std::fs::File::open(dir.path().join(format!("page-00{number}.png"))).unwrap();
        let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        let white: Vec<u8> = Bitmap::from_source(&mut stored.source()).as_bytes().iter().map(|byte| !byte).collect();
        assert!(bytes == white, "page {number}");
    }
    // 215 by 297 millimetres in points.
    let info = run("pdfinfo", &["-f", "1", "-l", "2", "fax.pdf"]);
    for line in ["Pages:           2", "Page    1 size:  609.465 x 841.9", "Page    2 size:  609.465 x 841.5"] {
        assert!(info.contains(line), "{info}");
    }
}

#[test]
fn a_tiff_has_all_pages() {
    let pages = [page(Resolution::Fine, 100, 3), page(Resolution::Fine, 200, 5)];
    let tiff = encode(Format::Tiff, &pages).unwrap();
    assert_eq!(ferrofax_fax::tiff::Tiff::parse(&tiff).unwrap().pages(), 2);
}
