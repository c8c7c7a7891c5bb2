//! What a document says of its sheet by `@page`: the margins, and whether it lies on its side.
//!
//! The sheet itself is the fax's own, so of `size` only the orientation counts. Left out: rules for some pages only (`:first`,
//! named pages), boxes in the margins, and what other rules hold (`@media screen` around a rule is not seen).

use super::source;

/// Millimetres.
const MARGIN: f64 = 10.0;
/// Margins that leave less than this of the sheet are not heeded.
const LEFT_MIN: f64 = 50.0;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Sheet {
    /// Top, right, bottom and left, in millimetres.
    margins: [f64; 4],
    lies: bool,
}

/// Where the content lies on a sheet, in millimetres from its top left corner.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Area {
    pub(super) sheet: (f64, f64),
    pub(super) corner: (f64, f64),
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Sheet {
    /// What the style sheets in this document say, the last word counts.
    pub(super) fn of(html: &str) -> Sheet {
        let mut sheet = Sheet { margins: [MARGIN; 4], lies: false };
        for style in source::style_sheets(html) {
            let style = without_comments(&style.to_ascii_lowercase());
            for rule in style.split("@page").skip(1) {
                sheet.read(rule);
            }
        }
        sheet
    }

    /// The area of content on a sheet so wide and high when it stands.
    pub(super) fn area(&self, (width, height): (f64, f64)) -> Area {
        let sheet = if self.lies { (height, width) } else { (width, height) };
        let inner = |[top, right, bottom, left]: [f64; 4]| Area {
            sheet,
            corner: (left, top),
            width: sheet.0 - left - right,
            height: sheet.1 - top - bottom,
        };
        let asked = inner(self.margins);
        if asked.width.min(asked.height) < LEFT_MIN { inner([MARGIN; 4]) } else { asked }
    }

    /// Reads what stands after `@page`.
    fn read(&mut self, rule: &str) {
        let Some((pages, block)) = rule.split_once('{') else { return };
        if !pages.trim().is_empty() {
            return;
        }
        for declaration in own_declarations(block).split(';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let value = value.split('!').next().unwrap_or_default();
            let words: Vec<&str> = value.split_ascii_whitespace().collect();
            match name.trim() {
                "size" => self.lies = lies(&words),
                "margin" => self.margins = sides(&words).unwrap_or(self.margins),
                name => {
                    let side = ["margin-top", "margin-right", "margin-bottom", "margin-left"].iter();
                    let side = side.zip(&mut self.margins).find(|(side, _)| **side == name);
                    if let (Some((_, margin)), Some(length)) = (side, words.first().and_then(|word| millimetres(word)))
                    {
                        *margin = length;
                    }
                }
            }
        }
    }
}

/// Whether a `size` is wider than high.
fn lies(words: &[&str]) -> bool {
    match words {
        [width, height] if let (Some(width), Some(height)) = (millimetres(width), millimetres(height)) => {
            width > height
        }
        words => words.contains(&"landscape"),
    }
}

/// One to four lengths, as for any `margin`.
fn sides(words: &[&str]) -> Option<[f64; 4]> {
    let lengths: Vec<f64> = words.iter().map(|word| millimetres(word)).collect::<Option<_>>()?;
    match lengths[..] {
        [all] => Some([all; 4]),
        [upright, across] => Some([upright, across, upright, across]),
        [top, across, bottom] => Some([top, across, bottom, across]),
        [top, right, bottom, left] => Some([top, right, bottom, left]),
        _ => None,
    }
}

/// A length that is not negative.
fn millimetres(word: &str) -> Option<f64> {
    let unit = word.trim_start_matches(|char: char| char.is_ascii_digit() || ".+".contains(char));
    let number: f64 = word.strip_suffix(unit)?.parse().ok()?;
    let each = match unit {
        "mm" => 1.0,
        "cm" => 10.0,
        "q" => 0.25,
        "in" => 25.4,
        "pc" => 25.4 / 6.0,
        "pt" => 25.4 / 72.0,
        "px" => 25.4 / 96.0,
        "em" | "rem" => 25.4 / 6.0,
        "" if number == 0.0 => 0.0,
        _ => return None,
    };
    Some(number * each)
}

fn without_comments(style: &str) -> String {
    let mut parts = style.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.filter_map(|part| part.split_once("*/")).fold(first, |text, (_, after)| text + " " + after)
}

/// The declarations of a block itself, without those of boxes in the margins.
fn own_declarations(block: &str) -> String {
    let (mut own, mut depth) = (String::new(), 0);
    for char in block.chars() {
        match char {
            '{' => {
                depth += 1;
                own.truncate(own.rfind(';').map_or(0, |end| end + 1));
            }
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            char if depth == 0 => own.push(char),
            _ => {}
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(style: &str) -> Sheet {
        Sheet::of(&format!("<p>@page{{margin:9cm}}<style>{style}</style><p>"))
    }

    fn margins(style: &str) -> [f64; 4] {
        of(style).margins.map(|margin| (margin * 100.0).round() / 100.0)
    }

    #[test]
    fn margins_are_read_as_css_has_them() {
        for (style, expected) in [
            ("", [10.0; 4]),
            ("@page { margin: 2cm }", [20.0; 4]),
            ("p{color:red}@page{margin:1in 5mm}", [25.4, 5.0, 25.4, 5.0]),
            ("@PAGE{MARGIN:0 1MM 2MM}", [0.0, 1.0, 2.0, 1.0]),
            ("@page{margin:1mm 2mm 3mm 4mm !important}", [1.0, 2.0, 3.0, 4.0]),
            ("@media print{@page{margin:72pt}}", [25.4; 4]),
            ("@page{margin:1cm;margin-left:96px}@page{margin-top:0}", [0.0, 10.0, 10.0, 25.4]),
            ("@page{/* margin:1mm; */margin-right:4q}/* @page{margin:1mm} */", [10.0, 1.0, 10.0, 10.0]),
            ("@page{margin:3mm;@top-left{content:'x';margin:8cm}margin-top:4mm}", [4.0, 3.0, 3.0, 3.0]),
        ] {
            assert_eq!(margins(style), expected, "{style}");
        }
    }

    #[test]
    fn what_is_not_understood_changes_nothing() {
        for style in [
            "@page :first{margin:0}",
            "@page WordSection1{margin:0}",
            "@page{margin:10%}",
            "@page{margin:auto}",
            "@page{margin:-1cm}",
            "@page{margin:1cm 2cm x}",
            "@page{margin:1mm 2mm 3mm 4mm 5mm}",
            "@page{margin:}",
            "@page{margin",
            "@page",
            "@page-x{margin:0}",
        ] {
            assert_eq!(margins(style), [10.0; 4], "{style}");
        }
        assert_eq!(Sheet::of("<style media=screen>@page{margin:0}</style>"), of(""));
        assert_eq!(Sheet::of("<!-- <style>@page{margin:0}</style> -->"), of(""));
    }

    #[test]
    fn of_the_size_the_orientation_counts() {
        for (size, expected) in [
            ("landscape", true),
            ("A5 landscape", true),
            ("11in 8.5in", true),
            ("portrait", false),
            ("A4", false),
            ("auto", false),
            ("210mm 297mm", false),
        ] {
            assert_eq!(of(&format!("@page{{size:{size}}}")).lies, expected, "{size}");
        }
    }

    #[test]
    fn margins_that_leave_nothing_are_not_heeded() {
        let area = of("@page{margin:0}").area((210.0, 297.0));
        assert_eq!((area.corner, area.width, area.height), ((0.0, 0.0), 210.0, 297.0));
        let area = of("@page{margin:9cm}").area((210.0, 297.0));
        assert_eq!((area.corner, area.width, area.height), ((10.0, 10.0), 190.0, 277.0));
        assert_eq!(of("@page{size:landscape}").area((210.0, 297.0)).width, 277.0);
    }
}
