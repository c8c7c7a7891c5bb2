//! What a PDF's objects become in black and white. Pages are compared pel by pel, without tolerance: a text in yellow on a tinted
//! ground is the same page as that text in black.

use std::fmt::Write as _;

use ferrofax_fax::page::{Bitmap, Resolution};
use ferrofax_render::{Kind, Note, Options, RenderError};

use crate::make::{extent, ink, one_page, pages, pdf, points, sized};

const RESOLUTIONS: [Resolution; 2] = [Resolution::Standard, Resolution::Fine];

fn draw_at(content: &str, resolution: Resolution) -> Bitmap {
    let document = pdf(&[(&sized(210.0, 297.0), content)]);
    one_page(document, Kind::Pdf, &Options { resolution, ..Options::default() })
}

fn draw(content: &str) -> Bitmap {
    draw_at(content, Resolution::Fine)
}

/// Words at 100, 600 points in a colour.
fn words(colour: &str) -> String {
    format!("{colour} rg BT /F 11 Tf 100 600 Td (Sphinx of black quartz, 0123456789) Tj ET\n")
}

/// A box behind those words.
fn ground(colour: &str) -> String {
    format!("{colour} rg 90 585 300 40 re f\n")
}

const BLACK: &str = "0 0 0";

#[test]
fn letters_are_black_whatever_their_colour() {
    for resolution in RESOLUTIONS {
        let black = draw_at(&words(BLACK), resolution);
        for colour in ["1 1 0", "0.85 0.85 0.85", "1 0 0", "0.6 0.9 1", "1 0.95 0.7"] {
            assert!(draw_at(&words(colour), resolution) == black, "{colour} at {resolution:?}");
        }
    }
}

#[test]
fn grounds_under_dark_letters_become_white() {
    let black = draw(&words(BLACK));
    for tint in ["0.9 0.9 0.9", "0.5 0.5 0.5", "1 0.8 0.2", "0.3 0.7 0.4"] {
        assert!(draw(&(ground(tint) + &words(BLACK))) == black, "{tint}");
    }
}

#[test]
fn light_letters_on_a_dark_ground_are_white_on_solid_black() {
    let letters = draw(&words(BLACK));
    for tint in [BLACK, "0 0 0.5", "0.8 0 0", "0.2 0.5 0.3"] {
        let only_ground = draw(&ground(BLACK));
        let page = draw(&(ground(tint) + &words("1 1 0.9")));
        for y in 0..page.rows() {
            for x in 0..page.width() {
                let expected = only_ground.is_black(x, y) != letters.is_black(x, y);
                assert_eq!(page.is_black(x, y), expected, "{tint}: {x}, {y}");
            }
        }
    }
}

#[test]
fn a_cell_without_words_is_like_the_cells_beside_it() {
    let cells = "0.45 0.55 0.75 rg 90 585 300 40 re f 90 500 300 40 re f\n";
    assert!(draw(&(cells.to_owned() + &words(BLACK))) == draw(&words(BLACK)));
}

#[test]
fn what_has_the_colour_of_its_ground_is_not_seen() {
    assert!(draw(&words("1 1 1")) == draw(""));
    // Hidden under a white box, as forms do with what they replace.
    assert!(draw(&(words(BLACK) + &ground("1 1 1"))) == draw(""));
}

#[test]
fn a_watermark_is_left_out_and_a_pale_title_is_not() {
    let mark = "q 0.7 0.7 -0.7 0.7 120 420 cm 0.87 g BT /F 120 Tf (COPY) Tj ET Q\n";
    let mut text = String::new();
    for line in 0..30 {
        writeln!(
            text,
            "0 g BT /F 11 Tf 60 {} Td (Sphinx of black quartz, judge my vow, said the old man) Tj ET",
            780 - line * 15
        )
        .unwrap();
    }
    assert!(draw(&(mark.to_owned() + &text)) == draw(&text));
    assert!(draw(&(text.clone() + mark)) == draw(&text));
    let title = "0.87 g BT /F 60 Tf 100 600 Td (TITLE) Tj ET";
    assert!(draw(title) == draw(&title.replace("0.87", "0")));
}

#[test]
fn bar_codes_are_black_whatever_their_colour() {
    let code = |colour: &str| {
        let mut content = format!("{colour} rg\n");
        let mut x = 100.0;
        for bar in 0..40 {
            let width = 0.95 * f64::from(bar * 7 % 4 + 1);
            writeln!(content, "{x} 600 {width} 40 re f").unwrap();
            x += width + 0.95 * f64::from(bar * 5 % 3 + 1);
        }
        content
    };
    let black = draw(&code(BLACK));
    for colour in ["1 0.6 0", "0 0.8 0.9", "1 0.9 0", "0.8 0 0.5"] {
        assert!(draw(&code(colour)) == black, "{colour}");
    }
}

#[test]
fn lines_are_as_thick_wherever_they_fall_and_whatever_their_grey() {
    for resolution in RESOLUTIONS {
        let mut content = String::from("0.8 G 0.3 w\n");
        for line in 0..16 {
            let at = 300.0 + f64::from(line) * 12.07;
            writeln!(content, "100 {at} m 400 {at} l S {at} 80 m {at} 250 l S").unwrap();
        }
        let page = draw_at(&content, resolution);
        let rows = page.rows();
        // Through the middle of all lines: each is one pel, or row.
        let crossed = (0..rows).filter(|&y| page.is_black(600, y) && y < rows * 2 / 3).count();
        assert_eq!(crossed, 16, "{resolution:?}");
        let row = rows * 4 / 5;
        assert_eq!((0..page.width()).filter(|&x| page.is_black(x, row)).count(), 16, "{resolution:?}");
    }
}

#[test]
fn parts_of_a_chart_stay_apart() {
    let chart =
        "0.27 0.45 0.77 rg 200 400 m 300 400 l 250 480 l h f\n0.93 0.49 0.19 rg 320 400 m 420 400 l 370 480 l h f\n";
    let page = draw(chart);
    let pels = |points: f64| (20.0 + points * 25.4 / 72.0 * 1728.0 / 215.0) as u16;
    let rows = ((297.0 - 480.0 * 25.4 / 72.0) * 7.7) as u32..((297.0 - 400.0 * 25.4 / 72.0) * 7.7) as u32;
    let left = ink(&page, pels(195.0)..pels(305.0), rows.clone());
    let right = ink(&page, pels(315.0)..pels(425.0), rows);
    assert!(left > 0 && right > 0 && left.abs_diff(right) > left.min(right) / 2, "{left} and {right} pels");
}

#[test]
fn words_on_a_picture_stay_solid() {
    let greys: String = (0..64).map(|pixel| format!("{:02x}", 70 + pixel * 2)).collect();
    let picture = format!("q 320 0 0 60 80 575 cm BI /W 8 /H 8 /BPC 8 /CS /G /F /AHx ID {greys}> EI Q\n");
    let (page, beside) = (draw(&(picture.clone() + &words(BLACK))), draw(&picture));
    let (left, right, top, bottom) = extent(&draw(&words(BLACK))).unwrap();
    assert!(ink(&beside, left..right, top..bottom) > 0, "the picture has dots");
    let letters = draw(&words(BLACK));
    for y in top..=bottom {
        for x in left..=right {
            assert_eq!(page.is_black(x, y), letters.is_black(x, y), "{x}, {y}");
        }
    }
    // A panel nearly as good as white, with small print on it.
    let panel = "q /V gs 1 g 90 585 300 40 re f Q\n";
    let members = sized(210.0, 297.0) + " /Resources <</Font <</F 3 0 R>> /ExtGState <</V <</ca 0.8>>>>>>";
    let document = pdf(&[(&members, &(picture + panel + &words(BLACK)))]);
    let page = one_page(document, Kind::Pdf, &Options::default());
    assert_eq!(
        ink(&page, left - 20..right + 20, top - 20..bottom + 20),
        ink(&letters, left..right + 1, top..bottom + 1)
    );
}

#[test]
fn a_picture_of_one_colour_is_a_fill() {
    let picture = "q 300 0 0 40 90 585 cm BI /W 2 /H 2 /BPC 8 /CS /G /F /AHx ID 80808080> EI Q\n";
    let (left, right, top, bottom) = extent(&draw(picture)).expect("alone, it is seen");
    let black = draw(&words(BLACK));
    assert!(draw(&(picture.to_owned() + &words(BLACK))) == black, "under words, it is not");
    let within = extent(&black).unwrap();
    assert!(left <= within.0 && within.1 <= right && top <= within.2 && within.3 <= bottom);
}

#[test]
fn a_stamp_leaves_the_lines_it_lies_on_as_they_are() {
    let words = words(BLACK).replace(',', "");
    let letters = draw(&words);
    let page = draw(&(words + "1 0.6 0.6 RG 4 w 60 604 m 500 604 l S\n"));
    let (left, right, top, bottom) = extent(&letters).unwrap();
    for y in top..=bottom {
        for x in left..=right {
            assert_eq!(page.is_black(x, y), letters.is_black(x, y), "{x}, {y}");
        }
    }
    assert!(ink(&page, left - 60..left - 20, top..bottom) > 0, "beside the words it is seen");
}

/// 64 × 48 pixels of one bit, black in all corners, as packed bytes of black ones.
fn strokes() -> Vec<u8> {
    let row = |y: u32| {
        if y.is_multiple_of(8) { [0x80, 0, 0xf0, 0x0f, 0, 0x55, 0, 1] } else { [0x80, 0, 0, 0x3c, 0, 0, 1, 1] }
    };
    (0..48).flat_map(row).collect()
}

/// A picture of [`strokes`], each pixel a pel, from the samples of which are given bytes and members.
fn on_the_grid(members: &str, samples: &[u8]) -> String {
    let samples: String = samples.iter().map(|byte| format!("{byte:02x}")).collect();
    let (width, height) = (points(64.0 * 215.0 / 1728.0), points(48.0 / 7.7));
    format!("q {width} 0 0 {height} 100 500 cm BI /W 64 /H 48 {members} /F /AHx ID {samples}> EI Q\n")
}

#[test]
fn a_picture_of_one_bit_on_the_grid_is_copied() {
    let black = strokes();
    let white: Vec<u8> = black.iter().map(|byte| !byte).collect();
    for (members, samples) in [
        ("/BPC 1 /CS /G", &white),
        ("/BPC 1 /CS /G /D [0 1]", &white),
        ("/BPC 1 /CS /G /D [1 0]", &black),
        // Not read as runs.
        ("/BPC 1 /CS [/I /RGB 1 <000000ffffff>]", &white),
        ("/BPC 1 /CS [/I /RGB 1 <ffffff000000>]", &black),
    ] {
        let page = draw(&on_the_grid(members, samples));
        let (left, right, top, bottom) = extent(&page).unwrap();
        assert_eq!((right - left, bottom - top), (63, 47), "{members}");
        for y in 0..48 {
            let row: Vec<u8> = (0..8)
                .map(|byte| {
                    (0..8).fold(0, |bits, bit| bits << 1 | u8::from(page.is_black(left + byte * 8 + bit, top + y)))
                })
                .collect();
            assert_eq!(row, black[y as usize * 8..][..8], "{members}, row {y}");
        }
    }
}

#[test]
fn a_transfer_function_turns_a_picture_round() {
    let black = strokes();
    let white: Vec<u8> = black.iter().map(|byte| !byte).collect();
    let members = "/BPC 1 /CS /G";
    let document = pdf(&[(&sized(210.0, 297.0), &("/T gs ".to_owned() + &on_the_grid(members, &black)))]);
    // The table of objects does not fit any more, and is made anew.
    let state = "/Font <</F 3 0 R>> /ExtGState <</T <</TR <</FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1>>>>>>";
    let document = String::from_utf8(document).unwrap().replace("/Font <</F 3 0 R>>", state);
    let turned = one_page(document, Kind::Pdf, &Options::default());
    assert!(turned == draw(&on_the_grid(members, &white)));
}

#[test]
fn a_picture_that_ends_early_is_an_error() {
    for bits in ["8", "1"] {
        let content = format!("q 500 0 0 500 0 0 cm BI /W 64 /H 64 /BPC {bits} /CS /G /F /AHx ID 00ff00ff> EI Q");
        let error = pages(pdf(&[(&sized(210.0, 297.0), &content)]), Kind::Pdf, &Options::default()).unwrap_err();
        assert!(matches!(error, RenderError::Damaged { page: Some(1), .. }), "{bits} bits: {error}");
    }
}

#[test]
fn notes_say_what_a_sender_may_want_to_know() {
    let notes = |size: (f64, f64), content: &str| {
        pages(pdf(&[(&sized(size.0, size.1), content)]), Kind::Pdf, &Options::default()).unwrap().1.notes
    };
    let a4 = (210.0, 297.0);
    assert_eq!(notes(a4, &words(BLACK)), []);
    assert_eq!(notes((420.0, 594.0), &words(BLACK)), [(1, Note::Shrunk(50))]);
    assert_eq!(notes(a4, &words(BLACK).replace("11 Tf", "4 Tf")), [(1, Note::SmallText)]);
    assert_eq!(notes(a4, "0 g 2 400 100 100 re f"), [(1, Note::NearEdge)]);
    assert_eq!(notes(a4, "0 g 40 40 500 700 re f"), [(1, Note::TooDark)]);
}
