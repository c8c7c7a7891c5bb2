use ferrofax_fax::page::Resolution;
use ferrofax_render::{Kind, Limits, Options, Paper, RenderError};

use crate::make::{extent, ink, one_page, pages, pdf, points, rectangle, sized};

const A4: (f64, f64) = (210.0, 297.0);
const LETTER: (f64, f64) = (215.9, 279.4);

fn options(paper: Paper, resolution: Resolution) -> Options {
    Options { paper, resolution, ..Options::default() }
}

/// Asserts where the ink is, to half a pel or row and rounding: left, width, top, height in pels and rows.
#[track_caller]
fn assert_extent(page: &ferrofax_fax::page::Bitmap, expected: [f64; 4]) {
    let (left, right, top, bottom) = extent(page).expect("ink");
    let measured = [left.into(), f64::from(right - left + 1), top.into(), f64::from(bottom - top + 1)];
    let near = measured.iter().zip(expected).all(|(measured, expected)| (measured - expected).abs() <= 1.01);
    assert!(near, "measured {measured:?}, expected {expected:?}");
}

#[test]
fn a_square_of_100_mm_measures_100_mm() {
    let pels = 1728.0 / 215.0;
    for (paper, (width, height), scale, rows) in
        [(Paper::A4, A4, 1.0, [1143, 2287]), (Paper::Letter, LETTER, 215.0 / 215.9, [1076, 2151])]
    {
        let square = rectangle(height, [50.0, 60.0, 100.0, 100.0]);
        let document = pdf(&[(&sized(width, height), &square)]);
        for (resolution, lines, rows) in [(Resolution::Standard, 3.85, rows[0]), (Resolution::Fine, 7.7, rows[1])] {
            let page = one_page(&*document, Kind::Pdf, &options(paper, resolution));
            assert_eq!(page.rows(), rows);
            let margin = (215.0 - width * scale) / 2.0;
            let left = (margin + 50.0 * scale) * pels;
            let [across, down] = [100.0 * scale * pels, 100.0 * scale * lines];
            assert_extent(&page, [left, across, 60.0 * scale * lines, down]);
        }
    }
}

#[test]
fn landscape_is_turned_and_keeps_its_size() {
    // A bar along the top edge of the landscape page ends up along the left edge of the sheet.
    let bar = rectangle(210.0, [0.0, 0.0, 297.0, 10.0]);
    let page = one_page(pdf(&[(&sized(297.0, 210.0), &bar)]), Kind::Pdf, &options(Paper::A4, Resolution::Fine));
    assert_eq!(page.rows(), 2287);
    assert_extent(&page, [20.0, 80.4, 0.0, 2287.0]);
}

#[test]
fn a_page_that_says_it_is_rotated_is_rotated() {
    // /Rotate turns clockwise: the top edge of the stored page is seen at the right.
    let members = format!("{} /Rotate 90", sized(297.0, 210.0));
    let bar = rectangle(210.0, [0.0, 0.0, 297.0, 10.0]);
    let page = one_page(pdf(&[(&members, &bar)]), Kind::Pdf, &options(Paper::A4, Resolution::Fine));
    assert_extent(&page, [1728.0 - 20.0 - 80.4, 80.4, 0.0, 2287.0]);
}

#[test]
fn larger_pages_shrink_until_nothing_is_cut() {
    let frame = rectangle(420.0, [0.0, 0.0, 297.0, 420.0]);
    let page = one_page(pdf(&[(&sized(297.0, 420.0), &frame)]), Kind::Pdf, &options(Paper::A4, Resolution::Fine));
    assert_extent(&page, [20.0, 1688.0, 0.0, 420.0 * 210.0 / 297.0 * 7.7]);
}

#[test]
fn smaller_pages_stand_at_the_top_in_the_middle() {
    let frame = rectangle(50.0, [0.0, 0.0, 100.0, 50.0]);
    let page = one_page(pdf(&[(&sized(100.0, 50.0), &frame)]), Kind::Pdf, &options(Paper::A4, Resolution::Standard));
    assert_eq!(page.rows(), 1143);
    let width = 100.0 * 1728.0 / 215.0;
    assert_extent(&page, [(1728.0 - width) / 2.0, width, 0.0, 192.5]);
}

#[test]
fn a_crop_box_and_a_user_unit_are_heeded() {
    let members = format!(
        "/MediaBox [0 0 {0} {1}] /CropBox [{2} {2} {0} {1}] /UserUnit 2",
        points(105.0),
        points(148.5),
        points(5.0)
    );
    let everywhere = rectangle(148.5, [0.0, 0.0, 105.0, 148.5]);
    let page = one_page(pdf(&[(&members, &everywhere)]), Kind::Pdf, &options(Paper::A4, Resolution::Fine));
    let width = 200.0 * 1728.0 / 215.0;
    assert_extent(&page, [(1728.0 - width) / 2.0, width, 0.0, 287.0 * 7.7]);
}

#[test]
fn hairlines_and_light_print_stay() {
    // Lines of a quarter point, across and down, at places that hit the grid in every way.
    let mut content = String::from("0.25 w\n");
    for line in 0..20 {
        let at = 100.0 + f64::from(line) * 10.13;
        content += &format!("100 {at} m 400 {at} l S\n{at} 400 m {at} 700 l S\n");
    }
    content += "0.6 g BT /F 9 Tf 100 50 Td (light grey print) Tj ET\n";
    let document = pdf(&[(&sized(A4.0, A4.1), &content)]);
    for resolution in [Resolution::Standard, Resolution::Fine] {
        let page = one_page(&*document, Kind::Pdf, &options(Paper::A4, resolution));
        let x = |at: f64| (20.0 + at * 25.4 / 72.0 * 1728.0 / 215.0) as u16;
        let y = |at: f64| ((297.0 - at * 25.4 / 72.0) * f64::from(resolution.lines_per_metre()) / 1000.0) as u32;
        for line in 0..20 {
            let at = 100.0 + f64::from(line) * 10.13;
            let unbroken = (x(110.0)..x(390.0)).all(|x| (y(at) - 2..y(at) + 3).any(|y| page.is_black(x, y)));
            assert!(unbroken, "{resolution:?}: the line across at {at} has a gap");
            let unbroken = (y(690.0)..y(410.0)).all(|y| (x(at) - 2..x(at) + 3).any(|x| page.is_black(x, y)));
            assert!(unbroken, "{resolution:?}: the line down at {at} has a gap");
        }
        let print = ink(&page, x(95.0)..x(200.0), y(62.0)..y(45.0));
        assert!(print > 300, "{resolution:?}: {print} pels of light grey print");
    }
}

#[test]
fn pages_of_different_sizes_keep_their_order() {
    let bar = |height| rectangle(height, [0.0, 0.0, 60.0, 5.0]);
    let document = pdf(&[
        (&sized(A4.0, A4.1), &bar(A4.1)),
        (&sized(LETTER.0, LETTER.1), &bar(LETTER.1)),
        (&sized(100.0, 100.0), ""),
    ]);
    let (pages, summary) = pages(document, Kind::Pdf, &Options::default()).unwrap();
    assert_eq!(summary.pages, 3);
    assert!(pages.iter().all(|page| page.rows() == 2287));
    assert_eq!(
        pages.iter().map(|page| extent(page).map(|(left, ..)| left)).collect::<Vec<_>>(),
        [Some(20), Some(20), None]
    );
}

#[test]
fn too_many_pages_are_refused_before_any_is_drawn() {
    let document = pdf(&[(&sized(A4.0, A4.1), ""), (&sized(A4.0, A4.1), "")]);
    let limited = Options { limits: Limits { pages: 1, ..Options::default().limits }, ..Options::default() };
    let error = pages(document, Kind::Pdf, &limited).unwrap_err();
    assert!(matches!(error, RenderError::TooManyPages { limit: 1 }), "{error}");
}

#[test]
fn a_document_without_pages_or_with_a_broken_one_is_an_error() {
    let error = pages(pdf(&[]), Kind::Pdf, &Options::default()).unwrap_err();
    assert!(matches!(error, RenderError::Empty | RenderError::Damaged { .. }), "{error}");
    assert!(matches!(pages([], Kind::Pdf, &Options::default()).unwrap_err(), RenderError::Empty));
    // A content stream that says it is compressed and is not.
    let whole = pdf(&[(&sized(A4.0, A4.1), "0 0 100 100 re f                 ")]);
    let text = String::from_utf8(whole).unwrap().replace("<</Length 33>>", "<</Length 33/Filter/DCTDecode>>");
    let error = pages(text, Kind::Pdf, &Options::default()).unwrap_err();
    assert!(matches!(error, RenderError::Damaged { page: Some(1), .. }), "{error}");
}

#[test]
fn a_picture_that_cannot_be_decoded_is_an_error() {
    let broken = "q 500 0 0 500 0 0 cm BI /W 64 /H 64 /BPC 8 /CS /G /F /DCT ID no jpeg at all EI Q";
    let error = pages(pdf(&[(&sized(A4.0, A4.1), broken)]), Kind::Pdf, &Options::default()).unwrap_err();
    assert!(matches!(error, RenderError::Damaged { page: Some(1), .. }), "{error}");
}

#[test]
fn a_grey_picture_is_screened_and_black_text_beside_it_is_not() {
    // A ramp of 16 greys, scaled up to 160 mm × 50 mm.
    let ramp: String = (0..16).map(|step| format!("{:02x}", step * 17)).collect();
    let content = format!(
        "q {} 0 0 {} {} {} cm BI /W 16 /H 1 /BPC 8 /CS /G /F /AHx ID {ramp}> EI Q\nBT /F 20 Tf 100 200 Td (Text) Tj ET",
        points(160.0),
        points(50.0),
        points(25.0),
        points(200.0)
    );
    let page = one_page(pdf(&[(&sized(A4.0, A4.1), &content)]), Kind::Pdf, &Options::default());
    // From black to white, each 10 mm have less ink than the 10 mm before.
    let pels = |mm: f64| ((2.5 + mm) * 1728.0 / 215.0) as u16;
    let rows = (50.0 * 7.7) as u32..(95.0 * 7.7) as u32;
    let columns = pels(11.0) - pels(3.0);
    let all = usize::from(columns) * rows.len();
    let shares: Vec<f64> = (0..16)
        .map(|step| {
            let left = pels(25.0 + f64::from(step) * 10.0 + 1.0);
            ink(&page, left..left + columns, rows.clone()) as f64 / all as f64
        })
        .collect();
    assert!(shares.is_sorted_by(|a, b| a >= b), "{shares:?}");
    assert!(shares[0] == 1.0 && shares[15] == 0.0 && (0.3..0.6).contains(&shares[7]), "{shares:?}");
}
