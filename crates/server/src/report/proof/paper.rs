//! Sheets of A4 that fill from the top: text, rows of cells, a fax page in small. With fonts inside and without a date of their own.

use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::Page;
use crate::export::font::{Face, Letters};
use crate::export::pdf;

/// A4 in points, and what stays free at the bottom.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const TOP: f32 = 782.0;
const BOTTOM: f32 = 60.0;
/// Small print.
const SIZE: f32 = 9.0;
const MONO_SIZE: f32 = 8.0;
const ROW: f32 = 13.0;

const REGULAR: Face = Face::new(include_bytes!("../../../../render/fonts/LiberationSans-Regular.ttf"));
const BOLD: Face = Face::new(include_bytes!("../../../../render/fonts/LiberationSans-Bold.ttf"));
const MONO: Face = Face::new(include_bytes!("../../../../render/fonts/LiberationMono-Regular.ttf"));

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Weight {
    Regular,
    Bold,
    Mono,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    Black,
    Grey,
    Green,
    Red,
}

pub(super) struct Paper {
    /// Regular, bold, mono.
    fonts: [Letters; 3],
    sheets: Vec<Content>,
    sheet: Content,
    /// Of the next line, from the bottom.
    y: f32,
    /// The page in small, on the first sheet: its place and size.
    small: Option<(Page, [f32; 4])>,
    title: String,
    foot: [String; 3],
}

impl Paper {
    pub(super) fn new(title: &str, foot: &str, sheet: &str, of: &str) -> Paper {
        Paper {
            fonts: [REGULAR, BOLD, MONO].map(Letters::of),
            sheets: Vec::new(),
            sheet: Content::new(),
            y: TOP,
            small: None,
            title: title.to_owned(),
            foot: [foot, sheet, of].map(str::to_owned),
        }
    }

    pub(super) fn y(&self) -> f32 {
        self.y
    }

    pub(super) fn down(&mut self, by: f32) {
        self.y -= by;
    }

    /// Goes down to there, if it is not below already.
    pub(super) fn below(&mut self, y: f32) {
        self.y = self.y.min(y);
    }

    /// A new sheet if less than this is left.
    pub(super) fn keep(&mut self, height: f32) {
        if self.y - height < BOTTOM {
            self.sheets.push(std::mem::replace(&mut self.sheet, Content::new()));
            self.y = TOP;
        }
    }

    pub(super) fn text(&mut self, x: f32, size: f32, weight: Weight, ink: Ink, text: &str) {
        let y = self.y;
        put(&mut self.sheet, &mut self.fonts, (x, y), size, weight, ink, text);
    }

    pub(super) fn line(&mut self, from: f32, to: f32) {
        let y = self.y;
        self.sheet.save_state().set_stroke_gray(0.7).set_line_width(0.6);
        self.sheet.move_to(from, y).line_to(to, y).stroke().restore_state();
    }

    /// A name and its value, broken into as many lines as it takes.
    pub(super) fn pair(&mut self, left: f32, values: f32, right: f32, name: &str, value: &str) {
        let lines = self.broken(value, right - values);
        for (index, line) in lines.iter().enumerate() {
            self.keep(ROW);
            if index == 0 {
                self.text(left, SIZE, Weight::Regular, Ink::Grey, name);
            }
            self.text(values, SIZE, Weight::Regular, Ink::Black, line);
            self.down(ROW);
        }
    }

    /// A row of small print.
    pub(super) fn cells(&mut self, columns: &[f32], weight: Weight, ink: Ink, cells: &[String]) {
        self.keep(ROW);
        let size = if weight == Weight::Mono { MONO_SIZE } else { SIZE };
        for (x, cell) in columns.iter().zip(cells) {
            self.text(*x, size, weight, ink, cell);
        }
        self.down(ROW);
    }

    /// A fax page in small with a frame, its top here; with a word below.
    pub(super) fn small(&mut self, left: f32, width: f32, page: Page, label: &str) {
        let (wide, high) = pdf::size(&page);
        let height = (width * high / wide).min(width * 1.45);
        let width = height * wide / high;
        let top = self.y + SIZE;
        let y = top - height - 11.0;
        put(&mut self.sheet, &mut self.fonts, (left, y), 7.5, Weight::Regular, Ink::Grey, label);
        self.small = Some((page, [left, top - height, width, height]));
    }

    /// Lines no wider than that; broken at blanks, else anywhere.
    fn broken(&mut self, text: &str, width: f32) -> Vec<String> {
        let [regular, ..] = &mut self.fonts;
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let Some(line) = lines.last_mut() else { break };
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if regular.width(&longer) * SIZE <= width {
                *line = longer;
                continue;
            }
            let mut rest = if line.is_empty() { std::mem::take(line) } else { String::new() };
            let mut pieces = Vec::new();
            for letter in word.chars() {
                rest.push(letter);
                if regular.width(&rest) * SIZE > width {
                    rest.pop();
                    pieces.push(std::mem::replace(&mut rest, letter.to_string()));
                }
            }
            pieces.push(rest);
            if lines.last().is_some_and(String::is_empty) {
                lines.pop();
            }
            lines.extend(pieces);
        }
        lines
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.sheets.push(std::mem::replace(&mut self.sheet, Content::new()));
        let count = self.sheets.len();
        for (number, sheet) in (1..).zip(&mut self.sheets) {
            let [foot, word, of] = &self.foot;
            let place = format!("{word} {number} {of} {count}");
            let right = WIDTH - 48.0 - self.fonts[0].width(&place) * 8.0;
            put(sheet, &mut self.fonts, (48.0, 36.0), 8.0, Weight::Regular, Ink::Grey, foot);
            put(sheet, &mut self.fonts, (right, 36.0), 8.0, Weight::Regular, Ink::Grey, &place);
        }
        let mut pdf = Pdf::new();
        let mut number = 0;
        let mut next = || {
            number += 1;
            Ref::new(number)
        };
        let (catalogue, tree, info, picture) = (next(), next(), next(), next());
        let fonts = [next(), next(), next()];
        let sheets: Vec<(Ref, Ref)> = self.sheets.iter().map(|_| (next(), next())).collect();
        pdf.catalog(catalogue).pages(tree);
        pdf.document_info(info).title(TextStr(&self.title)).producer(TextStr("Ferrofax"));
        pdf.pages(tree).kids(sheets.iter().map(|sheet| sheet.0)).count(i32::try_from(count).unwrap_or(i32::MAX));
        let mut small = self.small.take();
        if let Some((page, _)) = &small {
            pdf::picture(&mut pdf, picture, page);
        }
        for (mut content, (sheet, stream)) in self.sheets.into_iter().zip(sheets) {
            let mut out = pdf.page(sheet);
            out.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(stream);
            let mut resources = out.resources();
            let mut named = resources.fonts();
            for (name, font) in NAMES.into_iter().zip(fonts) {
                named.pair(Name(name), font);
            }
            named.finish();
            if let Some((_, [left, bottom, width, height])) = small.take() {
                resources.x_objects().pair(Name(b"P"), picture);
                content.save_state().transform([width, 0.0, 0.0, height, left, bottom]);
                content.x_object(Name(b"P")).restore_state();
                content.save_state().set_stroke_gray(0.6).set_line_width(0.6);
                content.rect(left, bottom, width, height).stroke().restore_state();
            }
            resources.finish();
            out.finish();
            pdf.stream(stream, &content.finish());
        }
        let names = ["LiberationSans", "LiberationSans-Bold", "LiberationMono"];
        for ((letters, font), name) in self.fonts.iter().zip(fonts).zip(names) {
            letters.write(&mut pdf, font, name, &mut next);
        }
        pdf.finish()
    }
}

const NAMES: [&[u8]; 3] = [b"R", b"B", b"M"];

fn put(
    sheet: &mut Content,
    fonts: &mut [Letters; 3],
    (x, y): (f32, f32),
    size: f32,
    weight: Weight,
    ink: Ink,
    text: &str,
) {
    let [regular, bold, mono] = fonts;
    let (letters, name) = match weight {
        Weight::Regular => (regular, NAMES[0]),
        Weight::Bold => (bold, NAMES[1]),
        Weight::Mono => (mono, NAMES[2]),
    };
    let [red, green, blue] = match ink {
        Ink::Black => [0.08, 0.1, 0.13],
        Ink::Grey => [0.37, 0.42, 0.48],
        Ink::Green => [0.1, 0.5, 0.22],
        Ink::Red => [0.7, 0.14, 0.1],
    };
    sheet.begin_text().set_fill_rgb(red, green, blue).set_text_rendering_mode(TextRenderingMode::Fill);
    sheet.set_font(Name(name), size).next_line(x, y).show(Str(&letters.encode(text)));
    sheet.end_text();
}
