//! Patterns, drawn tile by tile.

use std::rc::Rc;

use hayro::hayro_interpret::pattern::TilingPattern;
use hayro::kurbo::{Affine, Rect};

use super::super::region::Region;
use super::{DEPTH_MAX, Group, Recorder};

/// Tiles of a pattern that are drawn one by one.
const TILES_MAX: f64 = 4_000.0;

impl Recorder<'_> {
    /// Draws the tiles of a pattern within a region, unless there are too many.
    pub(super) fn tile(&mut self, tiling: &TilingPattern<'_>, region: &Region, is_stroke: bool) -> bool {
        if self.depth >= DEPTH_MAX {
            return false;
        }
        let (columns, rows) = (region.columns(), region.rows());
        let extent = Rect::new(columns.0.into(), rows.start.into(), columns.1.into(), rows.end.into());
        let area = tiling.matrix.inverse().transform_rect_bbox(extent);
        let (step_x, step_y) = (f64::from(tiling.x_step).abs(), f64::from(tiling.y_step).abs());
        let first = |low: f64, tile_end: f64, step: f64| ((low - tile_end) / step).floor();
        let last = |high: f64, tile_begin: f64, step: f64| ((high - tile_begin) / step).ceil();
        let (x0, x1) = (first(area.x0, tiling.bbox.x1, step_x), last(area.x1, tiling.bbox.x0, step_x));
        let (y0, y1) = (first(area.y0, tiling.bbox.y1, step_y), last(area.y1, tiling.bbox.y0, step_y));
        let tiles = (x1 - x0 + 1.0) * (y1 - y0 + 1.0);
        if !tiles.is_finite() || tiles > TILES_MAX {
            return false;
        }
        self.clips.push(Rc::new(region.clone()));
        self.depth += 1;
        let group = self.group();
        self.groups.push(Group { alpha: group.alpha * tiling.opacity, ..group });
        // Bounded by the number of tiles.
        for row in y0 as i64..=y1 as i64 {
            for column in x0 as i64..=x1 as i64 {
                let offset = Affine::translate((column as f64 * step_x, row as f64 * step_y));
                tiling.interpret(self, tiling.matrix * offset, is_stroke);
            }
        }
        self.groups.pop();
        self.depth -= 1;
        self.clips.pop();
        true
    }
}
