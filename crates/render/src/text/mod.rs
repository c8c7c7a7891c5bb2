//! Plain text, typewriter fashion: 10 pt monospace, 12 pt from line to line, 20 mm of margin; 80 columns on A4.
//!
//! Each line of the document is shaped on its own by `parley` (wrapping, right-to-left scripts, a second font for what the first
//! lacks) and its glyphs are put onto the fax grid as stamps, fitted to the rows of the resolution at hand. Tabs stop every 8 columns, a form feed begins a page.

pub(crate) mod charset;
mod typeset;

use ferrofax_fax::page::{Bitmap, WIDTH_PELS};
use hayro::kurbo::Affine;

use crate::fonts::Letters;
use crate::geometry::Placement;
use crate::ink::raster::Raster;
use crate::ink::stamp::Stroke;
use crate::{Output, RenderError};
use typeset::{Line, SIZE_POINTS, Typesetter};

const MM_PER_POINT: f64 = 25.4 / 72.0;
const MARGIN_MM: f64 = 20.0;
/// From base line to base line.
const LEADING_POINTS: f64 = 12.0;
/// Columns between tab stops.
const TAB: usize = 8;
const LINE_ENDS: [char; 3] = ['\r', '\n', '\u{b}'];
/// A longer line without an end is cut here, so that shaping stays bounded.
const LINE_CHARS_MAX: usize = 4096;

pub(crate) fn render(document: &[u8], out: &mut Output<'_>) -> Result<(), RenderError> {
    let decoded = charset::decode(document, out.options.charset);
    out.missing(decoded.bad);
    let text = decoded.text.trim_end_matches(['\u{1a}', '\u{c}', '\u{0}']).trim_start_matches('\u{c}');
    if text.is_empty() {
        return Err(RenderError::Empty);
    }
    let mut sheet = Sheet::new(out);
    let mut typesetter = Typesetter::new(sheet.width_points);
    for page in text.split('\u{c}') {
        let mut lines: Vec<Line> = Vec::new();
        let mut printed = false;
        for line in split_lines(page) {
            for line in typesetter.set(&plain(line)) {
                if lines.len() == sheet.lines {
                    sheet.print(&mut lines, out)?;
                    printed = true;
                }
                lines.push(line);
            }
        }
        // Blank lines that merely ran over the foot are no page; an empty page between two form feeds is one.
        if !printed || lines.iter().any(|line| !line.is_blank()) {
            sheet.print(&mut lines, out)?;
        }
    }
    out.missing(typesetter.missing_glyphs());
    Ok(())
}

/// Lines end in CR, LF, both or a vertical tab; the end of the text ends the last.
fn split_lines(page: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(page);
    std::iter::from_fn(move || {
        let text = rest?;
        let cut = text.char_indices().nth(LINE_CHARS_MAX).map(|(at, _)| at);
        // What lies further on is not looked at yet. An end right after as many characters as fit is theirs.
        let (within, after) = text.split_at(cut.unwrap_or(text.len()));
        let end = within.find(LINE_ENDS).or_else(|| cut.filter(|_| after.starts_with(LINE_ENDS)));
        let (line, next) = match (cut, end) {
            (_, Some(end)) => {
                let (line, after) = text.split_at(end);
                (line, after.strip_prefix("\r\n").or_else(|| after.get(1..)).unwrap_or_default())
            }
            (Some(cut), None) => text.split_at(cut),
            (None, None) => (text, ""),
        };
        rest = (!next.is_empty()).then_some(next);
        Some(line)
    })
}

/// Tabs to blanks; other controls have no shape, save those that say which way a text runs.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut column = 0;
    for char in line.chars() {
        if char == '\t' {
            let blanks = TAB - column % TAB;
            plain.extend(std::iter::repeat_n(' ', blanks));
            column += blanks;
        } else if !char.is_control() {
            plain.push(char);
            column += 1;
        }
    }
    plain
}

/// The sheet that text is set on.
struct Sheet {
    place: Placement,
    width_points: f64,
    lines: usize,
    letters: Letters,
    raster: Raster,
}

impl Sheet {
    fn new(out: &Output<'_>) -> Sheet {
        let paper = out.options.paper;
        // Set at true size: the page is the sheet's own, not letter's 215.9 mm.
        let (width, height) = paper.area_mm();
        let lines = (height - 2.0 * MARGIN_MM) / (LEADING_POINTS * MM_PER_POINT);
        Sheet {
            place: Placement::new(width, height, paper, out.options.resolution),
            width_points: (width - 2.0 * MARGIN_MM) / MM_PER_POINT,
            lines: lines as usize,
            letters: Letters::default(),
            raster: Raster::default(),
        }
    }

    fn print(&mut self, lines: &mut Vec<Line>, out: &mut Output<'_>) -> Result<(), RenderError> {
        let mut page = Bitmap::new(WIDTH_PELS, self.place.rows);
        let points = Affine::new(self.place.coefficients())
            * Affine::translate((MARGIN_MM, MARGIN_MM))
            * Affine::scale(MM_PER_POINT);
        let em = Affine::scale_non_uniform(SIZE_POINTS.into(), (-SIZE_POINTS).into());
        for (row, line) in lines.drain(..).enumerate() {
            // Ascenders of 10 pt stand within the first 9.
            let base = row as f64 * LEADING_POINTS + 9.0;
            for letter in line.glyphs {
                let place = points * Affine::translate((letter.x, base + letter.y)) * em;
                // At 10 pt each letter has a stamp.
                if let Some((stamp, x, y)) = self.letters.stamp(&letter.font, letter.glyph, place, &mut self.raster) {
                    stamp.put(x, y, &mut page, &Stroke::Black);
                }
            }
        }
        out.push(&mut page.source(out.options.resolution))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_any_way() {
        let lines: Vec<&str> = split_lines("a\r\nb\rc\n\nd").collect();
        assert_eq!(lines, ["a", "b", "c", "", "d"]);
        assert_eq!(split_lines("a\n").collect::<Vec<_>>(), ["a"]);
        assert_eq!(split_lines("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let long = "ä".repeat(LINE_CHARS_MAX * 2 + 1);
        assert_eq!(
            split_lines(&long).map(|line| line.chars().count()).collect::<Vec<_>>(),
            [LINE_CHARS_MAX, LINE_CHARS_MAX, 1]
        );
    }

    #[test]
    fn an_end_right_after_as_many_characters_as_fit_begins_no_line_of_its_own() {
        for letter in ["x", "ä"] {
            let most = letter.repeat(LINE_CHARS_MAX);
            let lines = |text: String| split_lines(&text).map(|line| line.chars().count()).collect::<Vec<_>>();
            assert_eq!(lines(format!("{most}\r\n{letter}")), [LINE_CHARS_MAX, 1]);
            assert_eq!(lines(format!("{most}{letter}\n{letter}")), [LINE_CHARS_MAX, 1, 1]);
        }
    }

    #[test]
    fn tabs_stop_every_eight_columns() {
        assert_eq!(plain("a\tb\t\u{7}c"), "a       b       c");
        assert_eq!(plain("12345678\tx"), "12345678        x");
    }
}
