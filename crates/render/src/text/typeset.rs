//! Lines of text to glyphs with places, by `parley`.

use std::borrow::Cow;

use parley::style::{FontFamily, FontFamilyName, OverflowWrap, StyleProperty};
use parley::{Alignment, AlignmentOptions, FontContext, FontData, Layout, LayoutContext, PositionedLayoutItem};

use crate::fonts;

/// Type size in points. A column is 0.6 of it.
pub(super) const SIZE_POINTS: f32 = 10.0;

/// A Chinese, Japanese or Korean character takes two columns: as much more than its em, in points.
const WIDE_EXTRA: f32 = (2.0 * 0.6 - 1.0) * SIZE_POINTS;

/// A glyph and where it stands: points from the left margin, points below the base line.
pub(super) struct Placed {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) font: FontData,
    pub(super) glyph: u32,
}

/// A line as it will be printed.
#[derive(Default)]
pub(super) struct Line {
    pub(super) glyphs: Vec<Placed>,
}

impl Line {
    pub(super) fn is_blank(&self) -> bool {
        self.glyphs.is_empty()
    }
}

pub(super) struct Typesetter {
    width: f32,
    fonts: FontContext,
    layouts: LayoutContext<()>,
    layout: Layout<()>,
    missing: u32,
}

impl Typesetter {
    /// For lines of this width in points.
    pub(super) fn new(width: f64) -> Typesetter {
        Typesetter {
            width: width as f32,
            fonts: fonts::library().context(),
            layouts: LayoutContext::new(),
            layout: Layout::new(),
            missing: 0,
        }
    }

    /// Characters so far that no font has.
    pub(super) fn missing_glyphs(&self) -> u32 {
        self.missing
    }

    /// Sets a line of the document: one line, or more where it is too long.
    pub(super) fn set(&mut self, text: &str) -> Vec<Line> {
        if text.trim().is_empty() {
            return vec![Line::default()];
        }
        let families: Vec<FontFamilyName<'_>> = fonts::library().typewriter().map(FontFamilyName::named).collect();
        let mut builder = self.layouts.ranged_builder(&mut self.fonts, text, 1.0, false);
        builder.push_default(StyleProperty::FontFamily(FontFamily::List(Cow::Owned(families))));
        builder.push_default(StyleProperty::FontSize(SIZE_POINTS));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        for range in wide(text) {
            builder.push(StyleProperty::LetterSpacing(WIDE_EXTRA), range);
        }
        builder.build_into(&mut self.layout, text);
        self.layout.break_all_lines(Some(self.width));
        self.layout.align(Alignment::Start, AlignmentOptions::default());
        let mut set = Vec::new();
        for line in self.layout.lines() {
            let mut glyphs = Vec::new();
            for item in line.items() {
                let PositionedLayoutItem::GlyphRun(run) = item else { continue };
                let font = run.run().font();
                for glyph in run.positioned_glyphs() {
                    if glyph.id == 0 {
                        self.missing = self.missing.saturating_add(1);
                    }
                    let (x, y) = (f64::from(glyph.x), f64::from(glyph.y - run.baseline()));
                    glyphs.push(Placed { x, y, font: font.clone(), glyph: glyph.id });
                }
            }
            set.push(Line { glyphs });
        }
        set
    }
}

/// The stretches of characters that take two columns (Unicode Standard Annex 11, "wide" and "fullwidth", by blocks).
fn wide(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    if text.is_ascii() {
        return ranges;
    }
    for (at, char) in text.char_indices() {
        let is_wide = matches!(char,
            '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' | '\u{a960}'..='\u{a97f}'
            | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff60}'
            | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}');
        let end = at + char.len_utf8();
        match ranges.last_mut() {
            Some(last) if is_wide && last.end == at => last.end = end,
            _ if is_wide => ranges.push(at..end),
            _ => {}
        }
    }
    ranges
}
