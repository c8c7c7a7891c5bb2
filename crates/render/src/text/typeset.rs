//! Lines of text to glyphs with places, by `parley`. Nothing else in this crate knows that library.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use hayro::kurbo::BezPath;
use parley::fontique::{Blob, Collection, CollectionOptions, SourceCache};
use parley::style::{FontFamily, FontFamilyName, OverflowWrap, StyleProperty};
use parley::{Alignment, AlignmentOptions, FontContext, Layout, LayoutContext, PositionedLayoutItem};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// Type size in points. A column is 0.6 of it.
const SIZE_POINTS: f32 = 10.0;

/// In the order they are asked for a character.
const FONTS: [(&str, &[u8]); 2] = [
    ("Liberation Mono", include_bytes!("../../fonts/LiberationMono-Regular.ttf")),
    ("DejaVu Sans Mono", include_bytes!("../../fonts/DejaVuSansMono.ttf")),
];

/// A glyph and where it stands: points from the left margin, points below the base line.
pub(super) struct Placed {
    pub(super) x: f64,
    pub(super) y: f64,
    /// In points, y upwards.
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
    /// By font (the id of its data) and glyph.
    outlines: HashMap<(u64, u32), Arc<BezPath>>,
    missing: u32,
}

impl Typesetter {
    /// For lines of this width in points.
    pub(super) fn new(width: f64) -> Typesetter {
        let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: false });
        for (_, font) in FONTS {
            collection.register_fonts(Blob::new(Arc::new(font)), None);
        }
        Typesetter {
            width: width as f32,
            fonts: FontContext { collection, source_cache: SourceCache::default() },
            layouts: LayoutContext::new(),
            layout: Layout::new(),
            outlines: HashMap::new(),
            missing: 0,
        }
    }

    /// Characters so far that neither font has.
    pub(super) fn missing_glyphs(&self) -> u32 {
        self.missing
    }

    /// Sets a line of the document: one line, or more where it is too long.
    pub(super) fn set(&mut self, text: &str) -> Vec<Line> {
        if text.trim().is_empty() {
            return vec![Line::default()];
        }
        let families: Vec<FontFamilyName<'_>> = FONTS.iter().map(|(name, _)| FontFamilyName::named(name)).collect();
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
                let parsed = FontRef::from_index(font.data.as_ref(), font.index).ok();
                for glyph in run.positioned_glyphs() {
                    if glyph.id == 0 {
                        self.missing = self.missing.saturating_add(1);
                    }
                    let outline = self.outlines.entry((font.data.id(), glyph.id)).or_insert_with(|| {
                        Arc::new(parsed.as_ref().map(|font| outline(font, glyph.id)).unwrap_or_default())
                    });
                    if !outline.is_empty() {
                        glyphs.push(Placed {
                            x: f64::from(glyph.x),
                            y: f64::from(glyph.y - run.baseline()),
                            outline: Arc::clone(outline),
                        });
                    }
                }
            }
            set.push(Line { glyphs });
        }
        set
    }
}

fn outline(font: &FontRef<'_>, glyph: u32) -> BezPath {
    let mut pen = Pen(BezPath::new());
    if let Some(outline) = font.outline_glyphs().get(GlyphId::new(glyph)) {
        // A glyph that fails half-way keeps what it has; the fonts are ours.
        let _ = outline.draw(DrawSettings::unhinted(Size::new(SIZE_POINTS), LocationRef::default()), &mut pen);
    }
    pen.0
}

struct Pen(BezPath);

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to((x, y));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to((x, y));
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.0.quad_to((cx, cy), (x, y));
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.0.curve_to((ax, ay), (bx, by), (x, y));
    }
    fn close(&mut self) {
        self.0.close_path();
    }
}
