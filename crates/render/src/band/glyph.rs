//! Glyphs as the pels of a line of type, fitted to the grid and kept.
//!
//! Rows are what is scarce: at low resolution there are 98 in an inch, beside 204 pels. So a glyph's outline is fitted to whole rows
//! by a hinter: base line, x height and capitals stand on row edges, and no horizontal stroke is less than a row. Along the line
//! there are pels enough for the true shape; letters stand at whole pels, so that one letter looks the same everywhere.

use std::collections::HashMap;
use std::rc::Rc;

use hayro::hayro_interpret::FillRule;
use hayro::kurbo::{Affine, BezPath};
use parley::FontData;

use crate::fonts::Outlines;
use crate::ink::raster::{Bounds, Ink, Raster, each_ink_run};

/// Half a pel is ink. Fitted strokes are a row thick at least, so no ridges are looked for.
const INK: Ink = Ink { enough: 128, ridge: 255 };
/// More glyphs are not kept: whoever uses as many begins anew.
const KEPT_MAX: usize = 4000;
/// A glyph reaches so far from its place at most, in pels and rows. The longest ligature of Arabic has some 300.
const REACH_MAX: i32 = 500;

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
    outlines: Outlines,
    raster: Raster,
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
        let outline = self.fitted(font, glyph, grid);
        let pels = Rc::new(covered(&outline, &mut self.raster));
        self.pels.insert(key, Rc::clone(&pels));
        pels
    }

    /// The outline on the grid, y downwards.
    fn fitted(&mut self, font: &FontData, glyph: u32, grid: Grid) -> BezPath {
        let rows = f32::from(grid.em_rows);
        let mut path =
            self.outlines.fitted(font, glyph, rows).unwrap_or_else(|| (*self.outlines.get(font, &[], glyph)).clone());
        path.apply_affine(Affine::scale_non_uniform(f64::from(grid.em_pels_16) / 16.0, -f64::from(rows)));
        path
    }
}

/// The pels that are mostly within the outline.
fn covered(outline: &BezPath, raster: &mut Raster) -> Pels {
    let within = Bounds { columns: (-REACH_MAX, REACH_MAX), rows: (-REACH_MAX, REACH_MAX) };
    let Some(cover) = raster.cover(outline.iter(), FillRule::NonZero, within) else { return Pels::new() };
    let Bounds { columns: (left, right), rows: (top, _) } = cover.bounds;
    let mut pels = Pels::new();
    each_ink_run(&cover, INK, (right - left) as usize, |y, from, to| {
        // Within `REACH_MAX`.
        pels.extend((from..to).map(|x| ((left + x as i32) as i16, (top + y as i32) as i16)));
    });
    pels
}
