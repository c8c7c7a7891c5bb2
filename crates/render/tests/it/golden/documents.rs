//! Documents of every kind.

use std::path::Path;

use ferrofax_fax::page::{Bitmap, Resolution};
use ferrofax_render::{Charset, Kind, Options, RenderError};

use super::{Tolerance, golden};
use crate::make::{pages, pdf, sized};

const LOW: Options = Options { resolution: Resolution::Standard, ..DEFAULT };
const DEFAULT: Options = Options {
    charset: Charset::Utf8,
    paper: ferrofax_render::Paper::A4,
    resolution: Resolution::Fine,
    limits: ferrofax_render::Limits { pages: 10, image_bytes: 64 << 20 },
    fetch: None,
};

fn document(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/documents").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shown(document: Vec<u8>, kind: Kind, options: &Options) -> Vec<Bitmap> {
    let (pages, summary) = pages(document, kind, options).unwrap();
    assert_eq!(summary.missing_glyphs, 0);
    pages
}

/// A page with something that tells its corners apart.
fn marked(width_mm: f64, height_mm: f64, more: &str) -> (String, String) {
    let content = format!(
        "BT /F 20 Tf 40 40 Td (Bottom left, {width_mm} by {height_mm} mm) Tj ET 3 w 30 30 m 30 120 l 120 30 m 30 30 l S"
    );
    (format!("{} {more}", sized(width_mm, height_mm)), content)
}

fn pdf_of(marked: &[(String, String)]) -> Vec<u8> {
    pdf(&marked.iter().map(|(members, content)| (&**members, &**content)).collect::<Vec<_>>())
}

#[test]
fn a_pdf_of_words_tints_and_lines() {
    let content = "BT /F 11 Tf 60 780 Td (Sphinx of black quartz, judge my vow: 0123456789) Tj 0 -20 Td 8 Tf \
        (Eight points high, and still to be read) Tj ET 0.9 g 60 700 200 30 re f 0 g BT /F 12 Tf 70 710 Td (Dark on pale) Tj ET \
        0 0 0.5 rg 280 700 200 30 re f 1 g BT /F 12 Tf 290 710 Td (Light on dark) Tj ET 1 0.9 0 rg BT /F 12 Tf 60 670 Td \
        (Yellow on white) Tj ET 0.3 w 60 650 m 480 650 l S 1 w 60 640 m 480 640 l S 3 w 60 630 m 480 630 l S \
        [4 2] 0 d 1 w 60 620 m 480 620 l S [] 0 d 60 600 m 200 520 l 340 600 l 480 520 l S 0.6 g 60 400 100 100 re f \
        0 g 200 400 100 100 re f 350 450 m 350 477 372 500 400 500 c 427 500 450 477 450 450 c 450 422 427 400 400 400 c \
        372 400 350 422 350 450 c S q 0.7 0.7 -0.7 0.7 120 250 cm BT /F 14 Tf (Written upwards) Tj ET Q"
        .replace("8 Tf", "/F 8 Tf");
    let document = pdf(&[(&sized(210.0, 297.0), &content)]);
    golden("pdf-high", &shown(document.clone(), Kind::Pdf, &DEFAULT), Resolution::Fine, Tolerance::Edges);
    golden("pdf-low", &shown(document, Kind::Pdf, &LOW), Resolution::Standard, Tolerance::Edges);
}

#[test]
fn pages_of_a_pdf_that_are_turned() {
    let turned = [90, 180, 270].map(|angle| marked(210.0, 297.0, &format!("/Rotate {angle}")));
    golden("pdf-turned", &shown(pdf_of(&turned), Kind::Pdf, &LOW), Resolution::Standard, Tolerance::Edges);
}

#[test]
fn pages_of_a_pdf_of_several_sizes() {
    let sizes = [(148.0, 210.0), (420.0, 297.0), (215.9, 279.4), (210.0, 99.0)].map(|(w, h)| marked(w, h, ""));
    golden("pdf-sizes", &shown(pdf_of(&sizes), Kind::Pdf, &LOW), Resolution::Standard, Tolerance::Edges);
}

#[test]
fn a_form_with_what_was_filled_in_and_marked() {
    golden("pdf-form", &shown(document("form.pdf"), Kind::Pdf, &LOW), Resolution::Standard, Tolerance::Edges);
}

#[test]
fn a_pdf_locked_without_a_password_opens_and_one_with_a_password_does_not() {
    for coding in ["rc4-128", "aes-128", "aes-256"] {
        let pages = shown(document(&format!("locked-{coding}.pdf")), Kind::Pdf, &LOW);
        golden("pdf-locked", &pages, Resolution::Standard, Tolerance::Edges);
    }
    let refused = pages(document("password.pdf"), Kind::Pdf, &LOW).unwrap_err();
    assert!(matches!(refused, RenderError::PasswordProtected), "{refused}");
}

#[test]
fn fax_pages_in_every_coding_of_tiff() {
    for coding in [
        "mh",
        "mr",
        "mmr",
        "packbits",
        "lzw",
        "white-lzw",
        "deflate",
        "lsb-first",
        "big-endian",
        "strips",
        "tiles",
        "bigtiff",
        "min-is-white",
    ] {
        println!("{coding}");
        let pages = shown(document(&format!("fax-{coding}.tif")), Kind::Tiff, &LOW);
        golden("tiff-fax", &pages, Resolution::Standard, Tolerance::None);
    }
}

#[test]
fn a_drawing_in_every_photometric_of_tiff() {
    for of in ["rgb", "rgba", "palette", "planes", "predictor"] {
        println!("{of}");
        let pages = shown(document(&format!("drawing-{of}.tif")), Kind::Tiff, &LOW);
        golden("picture-colour", &pages, Resolution::Standard, Tolerance::Edges);
    }
    for of in ["grey", "grey16", "cmyk"] {
        println!("{of}");
        let pages = shown(document(&format!("drawing-{of}.tif")), Kind::Tiff, &LOW);
        golden("picture-grey", &pages, Resolution::Standard, Tolerance::Edges);
    }
}

#[test]
fn a_drawing_in_every_kind_of_picture() {
    for kind in ["png", "gif", "bmp", "webp"] {
        println!("{kind}");
        let pages = shown(document(&format!("drawing.{kind}")), Kind::Picture, &LOW);
        golden("picture-colour", &pages, Resolution::Standard, Tolerance::Edges);
    }
    let pages = shown(document("drawing.jpg"), Kind::Picture, &LOW);
    golden("picture-jpeg", &pages, Resolution::Standard, Tolerance::Edges);
}

#[test]
fn a_photograph() {
    let pages = shown(document("photograph.jpg"), Kind::Picture, &LOW);
    golden("picture-photograph", &pages, Resolution::Standard, Tolerance::Dots);
}

#[test]
fn a_letter_in_html() {
    golden("html", &shown(document("letter.html"), Kind::Html, &LOW), Resolution::Standard, Tolerance::Edges);
}

#[test]
fn a_list_in_html_on_its_side_with_its_head_on_each_page() {
    let style = "@page{size:landscape;margin:20mm 15mm}table{border-collapse:collapse;width:100%}td,th{border:1px solid #888;\
         padding:3px;text-align:left}th{background:#1f3864;color:white}";
    let rows: String = (1..=50).map(|row| format!("<tr><td>{row}<td>Toner<td>{}.90", row * 7)).collect();
    let head = "<thead><tr><th rowspan=2>Number<th colspan=2>Offer<tr><th>Item<th>Price";
    let html = format!("<!DOCTYPE html><style>{style}</style><h1>Offer 4711</h1><table>{head}<tbody>{rows}</table>");
    golden("html-list", &shown(html.into_bytes(), Kind::Html, &LOW), Resolution::Standard, Tolerance::Edges);
}

#[test]
fn text_in_each_charset() {
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let latin = |text: &str| text.chars().map(|char| u8::try_from(char).unwrap()).collect::<Vec<_>>();
    let world = "UTF: Grüße – “quoted” €\nΕλλάδα, Россия, Հայաստան\nשלום\n½ ← ∞ ☎\n";
    let with = |charset| Options { charset, ..LOW };
    for (name, charset, bytes) in [
        ("us-ascii", Charset::UsAscii, (b' '..=b'~').flat_map(|char| [char].into_iter().chain((char % 32 == 31).then_some(b'\n'))).collect()),
        ("utf", Charset::Utf8, world.as_bytes().to_vec()),
        ("utf", Charset::Utf16, utf16(&format!("\u{FEFF}{world}"), u16::to_le_bytes)),
        ("utf", Charset::Utf16Be, utf16(world, u16::to_be_bytes)),
        ("utf", Charset::Utf16Le, utf16(world, u16::to_le_bytes)),
        ("iso-8859-1", Charset::Iso8859_1, latin("¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿\nÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß\nàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ\n")),
        ("windows-1252", Charset::Windows1252, b"\x80 \x82\x83\x84\x85\x86\x87\x88\x89\x8A\x8B\x8C \x8E\n\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9A\x9B\x9C \x9E\x9F\nStra\xDFe 7, 5 \xD7 3 \xB5m\n".to_vec()),
    ] {
        println!("{charset:?}");
        let pages = shown(bytes, Kind::Txt, &with(charset));
        golden(&format!("txt-{name}"), &pages, Resolution::Standard, Tolerance::Edges);
    }
}

#[test]
fn long_lines_tabs_and_new_pages_of_text() {
    let text = "Column\tof\ttabs\n\t1\t22\t333\n".to_owned()
        + &"A long line is wrapped between words. ".repeat(5)
        + &"x".repeat(100)
        + "\x0CThe next page\n";
    golden("txt-layout", &shown(text.into_bytes(), Kind::Txt, &DEFAULT), Resolution::Fine, Tolerance::Edges);
}
