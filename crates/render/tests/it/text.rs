use ferrofax_fax::page::Resolution;
use ferrofax_render::{Charset, Kind, Limits, Options, Paper, RenderError};

use crate::make::{extent, ink, one_page, pages};

fn with(charset: Charset) -> Options {
    Options { charset, ..Options::default() }
}

#[test]
fn the_same_text_looks_the_same_in_every_charset() {
    let text = "Maße: 5 µm × 3 m";
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let big: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let little: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let latin: Vec<u8> = text.chars().map(|char| u8::try_from(char).unwrap()).collect();
    let expected = one_page(text, Kind::Txt, &with(Charset::Utf8));
    assert!(extent(&expected).is_some());
    for (bytes, charset) in [
        (big.clone(), Charset::Utf16Be),
        (little, Charset::Utf16Le),
        (big, Charset::Utf16),
        (latin.clone(), Charset::Iso8859_1),
        (latin, Charset::Windows1252),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), Charset::Utf8),
    ] {
        assert_eq!(one_page(bytes, Kind::Txt, &with(charset)), expected, "{charset:?}");
    }
    let ascii = one_page("plain", Kind::Txt, &with(Charset::UsAscii));
    assert_eq!(ascii, one_page("plain", Kind::Txt, &with(Charset::Utf8)));
}

#[test]
fn what_cannot_be_shown_is_counted() {
    let (_, summary) = pages(b"a\x80\xff", Kind::Txt, &with(Charset::UsAscii)).unwrap();
    assert_eq!(summary.missing_glyphs, 2);
    let (_, summary) = pages("漢字 and letters", Kind::Txt, &with(Charset::Utf8)).unwrap();
    assert_eq!(summary.missing_glyphs, 2);
    let (_, summary) = pages("äöü ÄÖÜ ß € ΑΩ αω Жя", Kind::Txt, &with(Charset::Utf8)).unwrap();
    assert_eq!(summary.missing_glyphs, 0);
}

#[test]
fn eighty_columns_stand_between_margins_of_20_mm() {
    let margin = 22.5 * 1728.0 / 215.0;
    for resolution in [Resolution::Standard, Resolution::Fine] {
        let options = Options { resolution, ..Options::default() };
        let page = one_page("M".repeat(80), Kind::Txt, &options);
        let (left, right, top, bottom) = extent(&page).unwrap();
        assert!((f64::from(left) - margin).abs() < 6.0, "left at {left}");
        assert!((f64::from(right) - (1728.0 - margin)).abs() < 12.0, "right at {right}");
        // Capitals of 10 pt are about 2.3 mm high, and stand under 20 mm of margin.
        let lines = f64::from(resolution.lines_per_metre()) / 1000.0;
        assert!((20.0..23.0).contains(&(f64::from(top) / lines)), "top at {top}");
        assert!((2.0..2.6).contains(&(f64::from(bottom - top + 1) / lines)), "from {top} to {bottom}");
    }
}

#[test]
fn long_lines_are_wrapped_not_cut() {
    let words = one_page("word ".repeat(40), Kind::Txt, &Options::default());
    let (.., top, bottom) = extent(&words).unwrap();
    // 200 columns are three lines.
    assert!(bottom - top > 2 * 32 && bottom - top < 3 * 33, "from {top} to {bottom}");
    let endless = one_page("M".repeat(200), Kind::Txt, &Options::default());
    let short = one_page("M".repeat(50), Kind::Txt, &Options::default());
    let times = ink(&endless, 0..1728, 0..2287) as f64 / ink(&short, 0..1728, 0..2287) as f64;
    assert!((times - 4.0).abs() < 0.1, "{times} times the ink of 50 letters");
}

#[test]
fn a_form_feed_begins_a_page() {
    let count = |text: &str| pages(text, Kind::Txt, &Options::default()).unwrap().1.pages;
    assert_eq!(count("one\x0ctwo"), 2);
    assert_eq!(count("one\x0c\x0cthree"), 3);
    // Printers' habits: a feed before the first and after the last page.
    assert_eq!(count("\x0cone\x0c"), 1);
    assert_eq!(count("one\r\n\x0ctwo\r\n\x1a"), 2);
}

#[test]
fn a_full_page_takes_sixty_lines() {
    let count = |text: String, paper| pages(text, Kind::Txt, &Options { paper, ..Options::default() }).unwrap().1.pages;
    assert_eq!(count("line\n".repeat(60), Paper::A4), 1);
    assert_eq!(count("line\n".repeat(61), Paper::A4), 2);
    assert_eq!(count("line\n".repeat(56), Paper::Letter), 1);
    assert_eq!(count("line\n".repeat(57), Paper::Letter), 2);
    // Blank lines beyond the foot make no page.
    assert_eq!(count(format!("{}{}", "line\n".repeat(60), "\n".repeat(5)), Paper::A4), 1);
}

#[test]
fn text_without_a_character_is_refused_and_too_many_pages_are() {
    assert!(matches!(pages("\u{feff}", Kind::Txt, &Options::default()).unwrap_err(), RenderError::Empty));
    assert!(matches!(pages("", Kind::Txt, &Options::default()).unwrap_err(), RenderError::Empty));
    let limited = Options { limits: Limits { pages: 2, ..Options::default().limits }, ..Options::default() };
    let error = pages("1\x0c2\x0c3", Kind::Txt, &limited).unwrap_err();
    assert!(matches!(error, RenderError::TooManyPages { limit: 2 }), "{error}");
}

#[test]
fn right_to_left_lines_begin_at_the_right() {
    let (left, right, ..) = extent(&one_page("שלום", Kind::Txt, &Options::default())).unwrap();
    assert!(left > 1400 && right > 1500, "from {left} to {right}");
}
