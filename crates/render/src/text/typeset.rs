//! Lines of text to glyphs with places, by `parley`.

use std::borrow::Cow;
use std::sync::Arc;

use hayro::kurbo::BezPath;
use parley::style::{FontFamily, FontFamilyName, OverflowWrap, StyleProperty};
use parley::{Alignment, AlignmentOptions, FontContext, Layout, LayoutContext, PositionedLayoutItem};

use crate::fonts::{self, Outlines};

/// Type size in points. A column is 0.6 of it.
pub(super) const SIZE_POINTS: f32 = 10.0;

/// A glyph and where it stands: points from the left margin, points below the base line.
pub(super) struct Placed {
    pub(super) x: f64,
    pub(super) y: f64,
    /// Of one em, y upwards.
    pub(super) outline: Arc<BezPath>,
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
    outlines: Outlines,
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
            outlines: Outlines::default(),
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
                    let outline = self.outlines.get(font, &[], glyph.id);
                    if !outline.is_empty() {
                        glyphs.push(Placed {
                            x: f64::from(glyph.x),
                            y: f64::from(glyph.y - run.baseline()),
                            outline,
                        });
                    }
                }
            }
            set.push(Line { glyphs });
        }
        set
    }
}
