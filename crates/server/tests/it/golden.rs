//! What lies beneath pages and what stands above them, as pictures (see `crates/render/tests/golden/README.md`).

#[path = "../../../render/tests/it/golden/compare.rs"]
mod compare;

use compare::Tolerance;
use ferrofax_api::job::OverlayMode;
use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_fax::t6;
use ferrofax_server::jobs::Makeup;
use ferrofax_server::prepare::Finish;
use ferrofax_server::prepare::layout::{self, Overlay};

const ROWS: u32 = 240;

/// A page with so many bars, the first at its very top, and a frame about them if it is a cover page.
fn page(bars: u32, framed: bool) -> StoredPage {
    let mut page = Bitmap::new(1728, ROWS);
    let mut fill = |columns: std::ops::Range<u16>, rows: std::ops::Range<u32>| {
        rows.for_each(|y| columns.clone().for_each(|x| page.set_black(x, y)));
    };
    (0..bars).for_each(|bar| fill(200..900, bar * 40..bar * 40 + 20));
    if framed {
        fill(100..110, 0..ROWS);
        fill(1618..1628, 0..ROWS);
    }
    t6::store(&mut page.source(Resolution::Standard))
}

/// A ring of 200 rows, over the right half of the bars.
fn overlay() -> StoredPage {
    let mut page = Bitmap::new(1728, ROWS);
    for y in 0..ROWS {
        for x in 0..1728u16 {
            let (dx, dy) = (f64::from(x) - 900.0, (f64::from(y) - 120.0) * 2.1);
            if (180.0..210.0).contains(&dx.hypot(dy)) {
                page.set_black(x, y);
            }
        }
    }
    t6::store(&mut page.source(Resolution::Standard))
}

/// The pages of a fax: a cover page, then two files of two pages each.
fn fax(mode: OverlayMode, header_lines: u32) -> Vec<Bitmap> {
    let overlay = Overlay { mode, pages: [overlay()].into() };
    let files = [[1, 2], [3, 4]].map(|file| file.map(|bars| page(bars, false)).to_vec());
    let makeup = Makeup { cover: 1, documents: 4, first_file: 2 };
    let cover = layout::lay_out(vec![page(1, true)], 0, makeup, Some(&overlay), header_lines).unwrap();
    let finish = Finish { overlay: Some(overlay), header_lines, cover: true, ..Finish::default() };
    let documents = finish.pages(files.to_vec()).unwrap();
    cover.iter().chain(&documents).map(|page| Bitmap::from_source(&mut page.source())).collect()
}

fn golden(name: &str, pages: &[Bitmap]) {
    compare::golden(env!("CARGO_MANIFEST_DIR"), name, pages, Resolution::Standard, Tolerance::None);
}

#[test]
fn an_overlay_in_each_mode() {
    use OverlayMode::*;
    for (name, mode) in [
        ("all-pages", AllPages),
        ("no-overlay", NoOverlay),
        ("first-page", FirstPage),
        ("last-page", LastPage),
        ("all-but-first-page", AllButFirstPage),
        ("all-but-last-page", AllButLastPage),
        ("all-but-first-and-last-page", AllButFirstAndLastPage),
        ("first-file", FirstFile),
    ] {
        golden(&format!("overlay-{name}"), &fax(mode, 0));
    }
}

#[test]
fn room_for_header_lines_above_an_overlay() {
    golden("overlay-header", &fax(OverlayMode::AllPages, 2));
}
