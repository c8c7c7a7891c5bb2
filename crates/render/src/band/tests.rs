use ferrofax_fax::page::StoredPage;

use super::*;

fn line(left: &str, centre: &str, right: &str) -> Line {
    Line { left: left.into(), centre: centre.into(), right: right.into() }
}

fn bands(lines: &[Line], resolution: Resolution) -> (Bitmap, Summary) {
    let mut pages: Vec<StoredPage> = Vec::new();
    let summary = render(&[lines.to_vec()], resolution, &mut |page| {
        pages.push(page);
        Ok(())
    })
    .unwrap();
    assert_eq!((pages.len(), summary.pages), (1, 1));
    assert_eq!(pages[0].check(), Ok(()));
    assert_eq!((pages[0].width, pages[0].resolution), (WIDTH_PELS, resolution));
    (Bitmap::from_source(&mut pages[0].source()), summary)
}

fn band(lines: &[Line], resolution: Resolution) -> Bitmap {
    bands(lines, resolution).0
}

const BOTH: [Resolution; 2] = [Resolution::Standard, Resolution::Fine];

/// The columns and rows that have ink; the ends not included.
fn ink(band: &Bitmap) -> ((u16, u16), (u32, u32)) {
    let black: Vec<(u16, u32)> = (0..band.rows())
        .flat_map(|y| (0..band.width()).map(move |x| (x, y)))
        .filter(|&(x, y)| band.is_black(x, y))
        .collect();
    let columns = black.iter().map(|pel| pel.0);
    let rows = black.iter().map(|pel| pel.1);
    (
        (columns.clone().min().unwrap(), columns.max().unwrap() + 1),
        (rows.clone().min().unwrap(), rows.max().unwrap() + 1),
    )
}

/// Any text, all letters of which have tails, marks or both.
const TALL: &str = "ÄÖÜÅÉŽĞŞ (jgpqy) Çç,; Ǻ";

#[test]
fn a_band_is_as_high_as_it_says_and_ends_in_a_white_row() {
    for resolution in BOTH {
        for lines in 1..=4 {
            let band = band(&vec![line(TALL, TALL, TALL); lines], resolution);
            assert_eq!(band.rows(), band_rows(lines as u32, resolution.lines_per_metre()));
            assert!(band.row(band.rows() - 1).unwrap().iter().all(|&byte| byte == 0));
        }
    }
}

#[test]
fn no_text_stands_in_the_margins() {
    let long = "WMÄ@%&jy ".repeat(100);
    for resolution in BOTH {
        for line in [line(&long, "", ""), line("", &long, ""), line("", "", &long), line(&long, &long, &long)] {
            let ((left, right), _) = ink(&band(&[line], resolution));
            // A letter may lean out of its place by a pel or two.
            assert!(left >= MARGIN_PELS - 2 && right <= WIDTH_PELS - MARGIN_PELS + 2, "{left}..{right}");
            assert!(right - left > 1500, "the line is used: {left}..{right}");
        }
    }
}

#[test]
fn parts_stand_at_the_left_in_the_middle_and_at_the_right() {
    for resolution in BOTH {
        let ((left, _), _) = ink(&band(&[line("H", "", "")], resolution));
        assert!((MARGIN_PELS..MARGIN_PELS + 5).contains(&left), "{left}");
        let ((left, right), _) = ink(&band(&[line("", "HIH", "")], resolution));
        assert!((left + right).abs_diff(WIDTH_PELS) <= 3, "{left}..{right}");
        let ((_, right), _) = ink(&band(&[line("", "", "H")], resolution));
        assert!((WIDTH_PELS - MARGIN_PELS - 5..=WIDTH_PELS - MARGIN_PELS).contains(&right), "{right}");
    }
}

#[test]
fn parts_never_overlap_whatever_their_lengths() {
    let text = "Main Street 12, Anywhere; ".repeat(20);
    set::with_setter(|setter| {
        for left in [0, 1, 20, 63, 150, 400] {
            for centre in [0, 3, 80, 300] {
                for right in [0, 4, 60, 200, 450] {
                    let line = line(&text[..left], &text[..centre], &text[..right]);
                    let (parts, narrowed) = fit(&line, 25.0, setter);
                    let begins = places(&parts, narrowed);
                    let mut end = 0.0;
                    for (part, begin) in parts.iter().zip(begins).filter(|(part, _)| part.width > 0.0) {
                        assert!(begin >= end - 0.1, "{left} {centre} {right}: {begin} {end}");
                        end = begin + part.width * narrowed + f32::from(GAP_PELS);
                    }
                    assert!(end <= f32::from(WIDTH_PELS - MARGIN_PELS + GAP_PELS) + 0.1);
                }
            }
        }
    });
}

#[test]
fn the_longest_part_is_cut_and_short_ones_stay() {
    let long = "Example Company Limited, Anywhere ".repeat(10);
    set::with_setter(|setter| {
        let (parts, narrowed) = fit(&line(&long, "", "Page 1/12"), 25.0, setter);
        let whole = setter.set("Page 1/12", 25.0);
        assert_eq!(parts[2].width, whole.width);
        assert!(parts[0].width * narrowed > 1300.0);
        // Cut text ends in three dots.
        let dots = setter.set("…", 25.0);
        assert!(parts[0].width < setter.set(&long, 25.0).width && parts[0].width > dots.width);
    });
}

#[test]
fn letters_keep_their_strokes_at_low_resolution() {
    // The bars of an E: black rows with white ones between them.
    let band_of = |text: &str| band(&[line(text, "", "")], Resolution::Standard);
    let bars = |text: &str| {
        let band = band_of(text);
        let ((left, right), (top, bottom)) = ink(&band);
        let long = |y| (left..right).filter(|&x| band.is_black(x, y)).count() * 3 > usize::from(right - left) * 2;
        let rows: Vec<bool> = (top..bottom).map(long).collect();
        rows.windows(2).filter(|pair| !pair[0] && pair[1]).count() + usize::from(rows[0])
    };
    assert_eq!(bars("E"), 3);
    assert_eq!(bars("F"), 2);
    assert_eq!(bars("="), 2);
}

#[test]
fn marks_are_there_and_apart_from_their_letters() {
    for resolution in BOTH {
        let band_of = |text: &str| band(&[line(text, "", "")], resolution);
        for (with, without) in
            [("Ä", "A"), ("Ö", "O"), ("Ü", "U"), ("ü", "u"), ("é", "e"), ("i", "ı"), ("É", "E"), ("Ž", "Z")]
        {
            let (_, (top, _)) = ink(&band_of(with));
            let (_, (letter, _)) = ink(&band_of(without));
            assert!(top < letter, "{with} lost its mark at {resolution:?}: {top} {letter}");
            let gap = (top..letter).any(|y| band_of(with).row(y).unwrap().iter().all(|&byte| byte == 0));
            assert!(gap, "{with} runs into its mark at {resolution:?}");
        }
    }
}

#[test]
fn a_tab_leads_to_the_next_stop() {
    let begin = |text: &str| {
        let band = band(&[line(text, "", "")], Resolution::Fine);
        let column = |x| (0..band.rows()).any(|y| band.is_black(x, y));
        (0..WIDTH_PELS).rev().skip_while(|&x| !column(x)).find(|&x| !column(x)).unwrap()
    };
    let stop = begin("\tI");
    assert!((MARGIN_PELS + 158..MARGIN_PELS + 166).contains(&stop), "{stop}");
    assert_eq!(begin("abc\tI"), stop);
    assert_eq!(begin("\t\tI") - stop, 160);
}

#[test]
fn characters_without_a_glyph_are_counted() {
    let (_, summary) = bands(&[line("a\u{e000}b", "", "\u{e001}")], Resolution::Fine);
    assert_eq!(summary.missing_glyphs, 2);
    let (_, summary) = bands(&[line("Seite Ωж 12 אבג", "", "")], Resolution::Fine);
    assert_eq!(summary.missing_glyphs, 0);
}

#[test]
fn an_empty_line_is_a_white_band() {
    assert!(band(&[line("", "", ""), line("\t", "", "")], Resolution::Fine).as_bytes().iter().all(|&byte| byte == 0));
}
