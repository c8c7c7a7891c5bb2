//! Letters: stamps where they can be, else shapes.

use ferrofax_fax::page::{Resolution, WIDTH_PELS};
use hayro::hayro_interpret::font::{Glyph, GlyphRun, OutlineGlyph};
use hayro::hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro::hayro_interpret::{DrawProps, FillRule, StrokeProps};
use hayro::kurbo::{Affine, Rect};

use super::super::region::Region;
use super::super::sheet::Letter;
use super::{DEPTH_MAX, Recorder};

impl Recorder<'_> {
    pub(super) fn letters<'a>(&mut self, run: &GlyphRun<'_, 'a>, props: &DrawProps<'a>) {
        let hint = run.writing_mode() == WritingMode::Horizontal;
        let mut letters = Vec::with_capacity(run.glyphs().len());
        let mut shapes = Vec::new();
        let mut extent = Rect::ZERO;
        for glyph in run.glyphs() {
            match &**glyph {
                Glyph::Type3(letter) => {
                    let was = std::mem::replace(&mut self.in_letter, true);
                    self.depth += 1;
                    if self.depth < DEPTH_MAX {
                        letter.interpret(self, props.transform, glyph.transform(), &props.paint);
                    }
                    self.depth -= 1;
                    self.in_letter = was;
                }
                Glyph::Outline(outline) => {
                    let transform = props.transform * glyph.transform();
                    let tools = &mut *self.tools;
                    match tools.stamps.stamp(outline, transform, hint, &mut tools.raster) {
                        Some((stamp, x, y)) => {
                            if stamp.missing {
                                self.findings.missing_glyphs += u32::from(is_visible(outline));
                            }
                            if stamp.ink == 0 {
                                continue;
                            }
                            let ((left, right), (top, bottom)) = stamp.extent(x, y);
                            let here = Rect::new(left.into(), top.into(), right.into(), bottom.into());
                            extent = if letters.is_empty() { here } else { extent.union(here) };
                            letters.push(Letter { stamp, x, y });
                        }
                        None => shapes.push(transform * outline.outline()),
                    }
                }
            }
        }
        self.count_letters(run, props, letters.len());
        for shape in shapes {
            let props = DrawProps { transform: Affine::IDENTITY, ..props.clone() };
            self.fill_path(&shape, &props, FillRule::NonZero);
        }
        if letters.is_empty() {
            return;
        }
        self.last_fill = None;
        let (colour, alpha, _) = self.colour(&props.paint, extent);
        if alpha * self.group().alpha < 0.02 {
            return;
        }
        let middle = extent.center();
        // Casts saturate.
        let (seen, _) = self.seen_colour(colour, alpha, props.blend_mode, (middle.x as i32, middle.y as i32));
        let clip = self.clip();
        let clamp = |x: f64, high: f64| x.clamp(0.0, high);
        let page_rows = f64::from(self.sheet.rows());
        let columns = (clamp(extent.x0, WIDTH_PELS.into()) as u16, clamp(extent.x1, WIDTH_PELS.into()) as u16);
        let rows = (clamp(extent.y0, page_rows) as u32, clamp(extent.y1, page_rows) as u32);
        if props.soft_mask.is_none() && clip.contains_rectangle(columns, rows) {
            self.sheet.write(letters.into_iter(), seen);
            return;
        }
        let page = Region::rectangle((0, WIDTH_PELS), (0, self.sheet.rows()));
        for letter in letters {
            let region = letter.stamp.region(letter.x, letter.y).intersect(&page);
            let region = self.seen(region, props.soft_mask.as_ref());
            self.sheet.ink(region, seen, false);
        }
    }

    /// Notes how large letters are.
    pub(super) fn count_letters<'a>(&mut self, run: &GlyphRun<'_, 'a>, props: &DrawProps<'a>, count: usize) {
        let Some(first) = run.glyphs().first() else { return };
        let [_, b, _, d, _, _] = (props.transform * first.transform()).as_coeffs();
        let lines_per_mm = f64::from(self.sheet.resolution().lines_per_metre()) / 1000.0;
        let mm = if d.abs() >= b.abs() { d.abs() * 1000.0 / lines_per_mm } else { b.abs() * 1000.0 / lines_per_mm };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.findings.letters = self.findings.letters.saturating_add(count);
        let smallest = match self.sheet.resolution() {
            Resolution::Standard => 2.4,
            Resolution::Fine | Resolution::Superfine => 1.7,
        };
        if mm < smallest {
            self.findings.small_letters = self.findings.small_letters.saturating_add(count);
        }
    }

    pub(super) fn outline_letters<'a>(&mut self, run: &GlyphRun<'_, 'a>, props: &DrawProps<'a>, stroke: &StrokeProps) {
        for glyph in run.glyphs() {
            match &**glyph {
                Glyph::Outline(outline) => {
                    let path = glyph.transform() * outline.outline();
                    self.stroke_path(&path, props, stroke);
                }
                Glyph::Type3(letter) => letter.interpret(self, props.transform, glyph.transform(), &props.paint),
            }
        }
    }
}

/// A character that has a shape.
fn is_visible(glyph: &OutlineGlyph) -> bool {
    // Soft hyphens and joiners have no shape of their own.
    let shows = |char: char| {
        !char.is_whitespace() && !char.is_control() && !matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    match glyph.as_unicode() {
        Some(BfString::Char(char)) => shows(char),
        Some(BfString::String(text)) => text.chars().any(shows),
        None => false,
    }
}
