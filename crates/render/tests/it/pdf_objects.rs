//! The rarer objects of a PDF: patterns, masks, Type 3 fonts, annotations, forms, layers, fonts that are not there.

use ferrofax_fax::page::Bitmap;
use ferrofax_render::{Kind, Options};

use crate::make::{extent, ink, one_page, pages, pdf, pdf_of, sized};

/// Pels of a point, and where `x` points from the left of the page are. A4 is 210 mm wide, the line 215.
fn column(points: f64) -> u16 {
    ((points * 25.4 / 72.0 + 2.57) * 1728.0 / 215.15) as u16
}

fn row(points_from_below: f64) -> u32 {
    ((297.0 - points_from_below * 25.4 / 72.0) * 7.7) as u32
}

/// The page of a document with one, whose dictionary has these members, and further objects from number 5 on.
fn document(members: &str, content: &str, more: &[&str]) -> Vec<u8> {
    let size = sized(210.0, 297.0);
    let stream = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
    let mut objects = vec![
        "<</Type/Catalog /Pages 2 0 R>>".to_owned(),
        "<</Type/Pages /Kids [3 0 R] /Count 1>>".to_owned(),
        format!("<</Type/Page /Parent 2 0 R /Contents 4 0 R {size} {members}>>"),
        stream,
    ];
    objects.extend(more.iter().map(|&object| object.to_owned()));
    pdf_of(&objects)
}

fn draw(document: Vec<u8>) -> Bitmap {
    one_page(document, Kind::Pdf, &Options::default())
}

fn stream(members: &str, content: &str) -> String {
    format!("<<{members} /Length {}>>\nstream\n{content}\nendstream", content.len())
}

const HELVETICA: &str = "<</Type/Font /Subtype/Type1 /BaseFont/Helvetica>>";

/// The same words as by [`document`], drawn without any of its detours.
fn words_alone(words: &str) -> Bitmap {
    draw(pdf(&[(&sized(210.0, 297.0), words)]))
}

const WORDS: &str = "BT /F 20 Tf 100 600 Td (Sphinx of quartz) Tj ET";

#[test]
fn a_pattern_is_drawn_tile_by_tile() {
    let tile = stream(
        "/Type/Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 40 40] /XStep 40 /YStep 40 /Resources <<>>",
        "0.8 0.8 0 rg 0 0 2 40 re f",
    );
    let page =
        draw(document("/Resources <</Pattern <</P 5 0 R>>>>", "/Pattern cs /P scn 100 400 200 200 re f", &[&tile]));
    let within = row(600.0) + 4..row(400.0) - 4;
    for stripe in [120.0, 160.0, 200.0, 240.0, 280.0] {
        let (stripe, gap) = (column(stripe), column(stripe + 20.0));
        assert_eq!(ink(&page, stripe + 2..stripe + 4, within.clone()), 2 * within.len(), "stripe at {stripe}");
        assert_eq!(ink(&page, gap - 20..gap + 20, within.clone()), 0, "gap at {gap}");
    }
    let (left, right, top, bottom) = extent(&page).expect("ink");
    assert!(left >= column(100.0) - 2 && right <= column(300.0) + 2, "{left} to {right}");
    assert!(top >= row(600.0) - 2 && bottom <= row(400.0) + 2, "{top} to {bottom}");
}

#[test]
fn the_letters_of_a_type_3_font_are_ink_in_any_colour() {
    let font = "<</Type/Font /Subtype/Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 97 /LastChar 97 \
                /Widths [1000] /Encoding <</Type/Encoding /Differences [97 /box]>> /CharProcs <</box 6 0 R>> /Resources <<>>>>";
    let letter = stream("", "1000 0 0 0 1000 1000 d1 0 0 1000 1000 re f");
    let page = draw(document(
        "/Resources <</Font <</F 5 0 R>>>>",
        "1 1 0.6 rg BT /F 30 Tf 100 600 Td (aa) Tj ET",
        &[font, &letter],
    ));
    let (left, right, top, bottom) = extent(&page).expect("ink");
    assert!(left.abs_diff(column(100.0)) < 3 && right.abs_diff(column(160.0)) < 3, "{left} to {right}");
    assert!(top.abs_diff(row(630.0)) < 3 && bottom.abs_diff(row(600.0)) < 3, "{top} to {bottom}");
    let all = usize::from(right - left + 1) * (bottom - top + 1) as usize;
    assert_eq!(ink(&page, left..right + 1, top..bottom + 1), all, "solid");
}

#[test]
fn a_soft_mask_shows_what_lies_where_it_is_open() {
    let form = stream(
        "/Type/XObject /Subtype/Form /BBox [0 0 595 842] /Group <</S/Transparency /CS/DeviceGray>> /Resources <<>>",
        "1 g 0 0 180 842 re f",
    );
    let members = "/Resources <</Font <</F 5 0 R>> /ExtGState <</M 6 0 R>>>>";
    let state = "<</Type/ExtGState /SMask <</S/Luminosity /G 7 0 R>>>>";
    let page = draw(document(members, &format!("/M gs {WORDS}"), &[HELVETICA, state, &form]));
    let whole = words_alone(WORDS);
    let edge = column(180.0);
    for y in 0..page.rows() {
        for x in (0..edge - 3).chain(edge + 3..page.width()) {
            let expected = x < edge && whole.is_black(x, y);
            assert_eq!(page.is_black(x, y), expected, "{x}, {y}");
        }
    }
    assert!(ink(&page, 0..edge, 0..page.rows()) > 500);
}

#[test]
fn annotations_and_fields_show_their_stored_appearance_unless_hidden() {
    let appearance = stream("/Type/XObject /Subtype/Form /BBox [0 0 50 20] /Resources <<>>", "0 g 0 0 50 20 re f");
    let annotation = |subtype: &str, left: u32, more: &str| {
        let right = left + 50;
        format!("<</Type/Annot /Subtype/{subtype} /Rect [{left} 600 {right} 620] /AP <</N 5 0 R>> {more}>>")
    };
    let stamp = annotation("Stamp", 50, "/F 4");
    let field = annotation("Widget", 150, "/F 4 /FT/Tx /T(name)");
    let hidden = annotation("Stamp", 250, "/F 2");
    let no_view = annotation("Stamp", 350, "/F 32");
    let page = draw(document(
        "/Resources <<>> /Annots [6 0 R 7 0 R 8 0 R 9 0 R]",
        "",
        &[&appearance, &stamp, &field, &hidden, &no_view],
    ));
    let at = |left: f64| ink(&page, column(left + 3.0)..column(left + 47.0), row(617.0)..row(603.0));
    let all = usize::from(column(97.0) - column(53.0)) * (row(603.0) - row(617.0)) as usize;
    assert!(at(50.0) * 10 > all * 9, "a stamp: {} of {all}", at(50.0));
    assert!(at(150.0) * 10 > all * 9, "a field: {} of {all}", at(150.0));
    assert_eq!(at(250.0), 0, "hidden");
}

#[test]
fn a_layer_that_is_off_is_not_drawn() {
    let objects = |off: &str| {
        let content = format!("/OC /L BDC {WORDS} EMC");
        let size = sized(210.0, 297.0);
        let resources = "/Resources <</Font <</F 5 0 R>> /Properties <</L 6 0 R>>>>";
        pdf_of(&[
            format!("<</Type/Catalog /Pages 2 0 R /OCProperties <</OCGs [6 0 R] /D <<{off}>>>>>>"),
            "<</Type/Pages /Kids [3 0 R] /Count 1>>".to_owned(),
            format!("<</Type/Page /Parent 2 0 R /Contents 4 0 R {size} {resources}>>"),
            stream("", &content),
            HELVETICA.to_owned(),
            "<</Type/OCG /Name(Layer)>>".to_owned(),
        ])
    };
    assert!(draw(objects("")) == words_alone(WORDS));
    assert_eq!(extent(&draw(objects("/OFF [6 0 R]"))), None);
}

#[test]
fn a_turned_page_is_upright_on_the_fax() {
    let upright = words_alone(WORDS);
    let resources = "/Resources <</Font <</F 5 0 R>>>>";
    // The content turned against the page, so that both together change nothing.
    let turned = draw(document(
        &format!("{resources} /Rotate 180"),
        &format!("-1 0 0 -1 595.276 841.89 cm {WORDS}"),
        &[HELVETICA],
    ));
    let (one, other) = (extent(&upright).expect("ink"), extent(&turned).expect("ink"));
    assert!(one.0.abs_diff(other.0) < 3 && one.1.abs_diff(other.1) < 3, "{one:?} {other:?}");
    assert!(one.2.abs_diff(other.2) < 3 && one.3.abs_diff(other.3) < 3, "{one:?} {other:?}");
}

#[test]
fn east_asian_text_without_its_font_is_counted() {
    let font = "<</Type/Font /Subtype/Type0 /BaseFont/MSung-Light /Encoding/UniCNS-UCS2-H /DescendantFonts [6 0 R]>>";
    let descendant = "<</Type/Font /Subtype/CIDFontType0 /BaseFont/MSung-Light /CIDSystemInfo <</Registry(Adobe) /Ordering(CNS1) \
                      /Supplement 0>> /FontDescriptor 7 0 R /DW 1000>>";
    let descriptor = "<</Type/FontDescriptor /FontName/MSung-Light /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 880 \
                      /Descent -120 /CapHeight 880 /StemV 93>>";
    let document = document(
        "/Resources <</Font <</F 5 0 R>>>>",
        "BT /F 20 Tf 100 600 Td <4F20771F6A5F> Tj ET",
        &[font, descendant, descriptor],
    );
    let (_, summary) = pages(document, Kind::Pdf, &Options::default()).expect("a page");
    assert!(summary.missing_glyphs > 0, "{summary:?}");
}

/// A grey picture of the page at 100 dots an inch, with lines that fall by two degrees.
fn scan_askew() -> String {
    let slope = 2_f64.to_radians().tan();
    let is_black = |x: u32, y: u32| {
        let down = f64::from(y) - f64::from(x) * slope;
        (100..700).contains(&x) && (150.0..1000.0).contains(&down) && down % 20.0 < 8.0 && x % 8 < 4
    };
    let pixels = (0..1169).flat_map(|y| (0..827).map(move |x| if is_black(x, y) { "28" } else { "eb" }));
    stream(
        "/Type/XObject /Subtype/Image /Width 827 /Height 1169 /BitsPerComponent 8 /ColorSpace/DeviceGray /Filter/ASCIIHexDecode",
        &format!("{}>", pixels.collect::<String>()),
    )
}

#[test]
fn a_scan_is_laid_straight_only_if_nothing_is_written_on_it() {
    let resources = "/Resources <</XObject <</I 5 0 R>> /Font <</F 6 0 R>>>>";
    let place = "q 595.3 0 0 841.9 0 0 cm /I Do Q";
    let alone = draw(document(resources, place, &[&scan_askew(), HELVETICA]));
    let signed = draw(document(resources, &format!("{place} {WORDS}"), &[&scan_askew(), HELVETICA]));
    let white = |page: &Bitmap| {
        let (_, _, top, bottom) = extent(page).expect("ink");
        (top..bottom).filter(|&y| page.row(y).expect("a row").iter().all(|&byte| byte == 0)).count()
    };
    assert!(white(&alone) > 600, "{}", white(&alone));
    assert!(white(&signed) < 50, "{}", white(&signed));
}
