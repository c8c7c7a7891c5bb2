//! Glyphs as the pels of a line of type, fitted to the grid and kept.
//!
//! Rows are what is scarce: at low resolution there are 98 in an inch, beside 204 pels. So a glyph's outline is fitted to whole rows
//! by a hinter: base line, x height and capitals stand on row edges, and no horizontal stroke is less than a row. Along the line
//! there are pels enough for the true shape; letters stand at whole pels, so that one letter looks the same everywhere.

use std::collections::HashMap;
use std::rc::Rc;

use hayro::kurbo::{Affine, BezPath, Shape as _};
use hayro::vello_cpu::color::palette::css::{BLACK, WHITE};
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use parley::FontData;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, Engine, HintingInstance, HintingOptions, SmoothMode, Target};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use crate::fonts::Pen;

/// A lighter pel than this is white.
const INK: u8 = 128;
/// More glyphs are not kept: whoever uses as many begins anew.
const KEPT_MAX: usize = 4000;
/// A glyph reaches so far from its place at most, in pels and rows. The longest ligature of Arabic has some 300.
const REACH_MAX: f64 = 500.0;

/// The black pels of a glyph: columns right of its place, rows below the base line (mostly negative).
pub(super) type Pels = Vec<(i16, i16)>;

/// The grid a glyph is drawn for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Grid {
    /// Rows of an em.
    pub(super) em_rows: u16,
    /// Pels of an em across, in sixteenths.
    pub(super) em_pels_16: u16,
}

/// Glyphs drawn so far.
#[derive(Default)]
pub(super) struct Glyphs {
    /// By font, glyph and grid.
    pels: HashMap<(u64, u32, u32, Grid), Rc<Pels>>,
    /// By font and rows of an em. `None` where the font can't be fitted.
    hinters: HashMap<(u64, u32, u16), Option<HintingInstance>>,
}

impl Glyphs {
    pub(super) fn get(&mut self, font: &FontData, glyph: u32, grid: Grid) -> Rc<Pels> {
        let key = (font.data.id(), font.index, glyph, grid);
        if let Some(pels) = self.pels.get(&key) {
            return Rc::clone(pels);
        }
        if self.pels.len() >= KEPT_MAX {
            self.pels.clear();
        }
        let pels = Rc::new(rasterized(&self.fitted(font, glyph, grid)));
        self.pels.insert(key, Rc::clone(&pels));
        pels
    }

    /// The outline on the grid, y downwards.
    fn fitted(&mut self, font: &FontData, glyph: u32, grid: Grid) -> BezPath {
        let mut pen = Pen(BezPath::new());
        let Ok(parsed) = FontRef::from_index(font.data.as_ref(), font.index) else { return pen.0 };
        let outlines = parsed.outline_glyphs();
        let Some(outline) = outlines.get(GlyphId::new(glyph)) else { return pen.0 };
        let size = Size::new(f32::from(grid.em_rows));
        let hinter = self.hinters.entry((font.data.id(), font.index, grid.em_rows)).or_insert_with(|| {
            let mode = SmoothMode::Light;
            let target = Target::Smooth { mode, symmetric_rendering: false, preserve_linear_metrics: true };
            // Not the font's own instructions: they keep marks less well apart from their letters, and many fonts have none.
            let options = HintingOptions { engine: Engine::Auto(None), target };
            HintingInstance::new(&outlines, size, LocationRef::default(), options).ok()
        });
        let settings = match hinter {
            Some(hinter) => DrawSettings::hinted(hinter, false),
            None => DrawSettings::unhinted(size, LocationRef::default()),
        };
        // A glyph that fails half-way keeps what it has.
        let _ = outline.draw(settings, &mut pen);
        let across = f64::from(grid.em_pels_16) / 16.0 / f64::from(grid.em_rows);
        pen.0.apply_affine(Affine::scale_non_uniform(across, -1.0));
        pen.0
    }
}

/// The pels that are mostly within the outline.
fn rasterized(outline: &BezPath) -> Pels {
    let bounds = outline.bounding_box().expand();
    if bounds.area() == 0.0 || bounds.abs().x1.max(bounds.y1).max(-bounds.x0).max(-bounds.y0) > REACH_MAX {
        return Pels::new();
    }
    let (width, rows) = (bounds.width() as u16, bounds.height() as u16);
    let mut context = RenderContext::new(width, rows);
    context.set_paint(BLACK);
    context.set_transform(Affine::translate((-bounds.x0, -bounds.y0)));
    context.fill_path(outline);
    context.flush();
    let mut pixmap = Pixmap::new(width, rows);
    let white = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
    context.render_with(&mut pixmap, &mut Resources::default(), white);
    let (left, top) = (bounds.x0 as i16, bounds.y0 as i16);
    let places = (0..rows as i16).flat_map(|y| (0..width as i16).map(move |x| (left + x, top + y)));
    places.zip(pixmap.data()).filter(|(_, pel)| pel.g < INK).map(|(place, _)| place).collect()
}
