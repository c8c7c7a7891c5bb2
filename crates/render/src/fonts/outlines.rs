//! The shapes of glyphs, as they are and fitted to rows.

use std::collections::HashMap;
use std::sync::Arc;

use hayro::kurbo::{Affine, BezPath};
use parley::FontData;
use skrifa::instance::{LocationRef, NormalizedCoord, Size};
use skrifa::outline::{DrawSettings, Engine, HintingInstance, HintingOptions, OutlinePen, SmoothMode, Target};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// Outlines by font and glyph.
#[derive(Default)]
pub(crate) struct Outlines {
    /// By the id of the font's data, its index in there, and the glyph.
    shapes: HashMap<(u64, u32, u32), Arc<BezPath>>,
    /// By font and the bits of the rows of an em. `None` where a font can't be fitted.
    hinters: HashMap<(u64, u32, u32), Option<HintingInstance>>,
}

/// More are not kept: a document that uses as many begins anew.
const SHAPES_MAX: usize = 20_000;
const HINTERS_MAX: usize = 200;

impl Outlines {
    /// The outline of a glyph of one em, y upwards; empty where the font has none. `coordinates` place a variable font.
    pub(crate) fn get(&mut self, font: &FontData, coordinates: &[i16], glyph: u32) -> Arc<BezPath> {
        if !coordinates.is_empty() {
            return Arc::new(outline(font, coordinates, glyph));
        }
        if self.shapes.len() > SHAPES_MAX {
            self.shapes.clear();
        }
        let key = (font.data.id(), font.index, glyph);
        Arc::clone(self.shapes.entry(key).or_insert_with(|| Arc::new(outline(font, &[], glyph))))
    }

    /// The outline of a glyph of one em, y upwards, fitted to so many rows of an em: base line, x height and capitals stand on row
    /// edges, and no horizontal stroke is less than a row. Along the line the glyph keeps its shape.
    pub(crate) fn fitted(&mut self, font: &FontData, glyph: u32, em_rows: f32) -> Option<BezPath> {
        let parsed = FontRef::from_index(font.data.as_ref(), font.index).ok()?;
        let outlines = parsed.outline_glyphs();
        if self.hinters.len() >= HINTERS_MAX {
            self.hinters.clear();
        }
        let hinter = self.hinters.entry((font.data.id(), font.index, em_rows.to_bits())).or_insert_with(|| {
            let mode = SmoothMode::Light;
            let target = Target::Smooth { mode, symmetric_rendering: false, preserve_linear_metrics: true };
            // Not the font's own instructions: they keep marks less well apart from their letters, and many fonts have none.
            let options = HintingOptions { engine: Engine::Auto(None), target };
            HintingInstance::new(&outlines, Size::new(em_rows), LocationRef::default(), options).ok()
        });
        let mut pen = Pen(BezPath::new());
        outlines.get(GlyphId::new(glyph))?.draw(DrawSettings::hinted(hinter.as_ref()?, false), &mut pen).ok()?;
        pen.0.apply_affine(Affine::scale(1.0 / f64::from(em_rows)));
        Some(pen.0)
    }
}

fn outline(font: &FontData, coordinates: &[i16], glyph: u32) -> BezPath {
    let mut pen = Pen(BezPath::new());
    let Ok(font) = FontRef::from_index(font.data.as_ref(), font.index) else { return pen.0 };
    let coordinates: Vec<NormalizedCoord> = coordinates.iter().map(|&bits| NormalizedCoord::from_bits(bits)).collect();
    if let Some(outline) = font.outline_glyphs().get(GlyphId::new(glyph)) {
        // A glyph that fails half-way keeps what it has.
        let _ = outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::new(&coordinates)), &mut pen);
    }
    let units = f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em.max(1));
    pen.0.apply_affine(Affine::scale(1.0 / units));
    pen.0
}

/// Draws a glyph into a path.
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
