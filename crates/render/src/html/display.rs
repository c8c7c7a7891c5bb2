//! A laid-out document as a list of what is to be seen, in the order of painting: letters, shapes, pictures.
//!
//! Places are in CSS pixels (1/96 in) from the top left corner of the content.

use std::sync::Arc;

use hayro::kurbo::{Affine, BezPath, Point, Rect, Shape as _};
use parley::FontData;

use super::cut::Spans;
use crate::picture::Raster;

/// All of it.
#[derive(Default)]
pub(super) struct Display {
    pub(super) items: Vec<Item>,
    pub(super) clips: Vec<Clip>,
    /// Of the whole: how far right anything is seen, and where the content ends.
    pub(super) width: f64,
    pub(super) height: f64,
    /// Where pages may end.
    pub(super) spans: Spans,
    /// Letters that no font has.
    pub(super) missing: u32,
    /// Things referred to that were not had.
    pub(super) left_out: u32,
}

/// A cell of a table that spans several columns or rows.
#[derive(Clone, Copy)]
pub(super) struct SpanningCell {
    pub(super) bounds: Rect,
    pub(super) columns: bool,
    pub(super) rows: bool,
}

impl Display {
    /// The painter of collapsed borders does not know that cells may span columns and rows, and draws lines through them. They are
    /// as long as the row or the table, and thin; what they cross of such a cell is taken out of them.
    pub(super) fn free_spanning_cells(&mut self, cells: &[SpanningCell]) {
        /// How thick a border may be, and how far off the end of a line.
        const BORDER: f64 = 8.0;
        const NEAR: f64 = 1.5;
        if cells.is_empty() {
            return;
        }
        let mut cells = cells.to_vec();
        cells.sort_by(|a, b| a.bounds.y0.total_cmp(&b.bounds.y0));
        let highest = cells.iter().map(|cell| cell.bounds.height()).fold(0.0, f64::max);
        let mut items = Vec::with_capacity(self.items.len());
        for item in self.items.drain(..) {
            let line = item.bounds;
            let What::Shape { colour, .. } = item.what else {
                items.push(item);
                continue;
            };
            let begin = cells.partition_point(|cell| cell.bounds.y0 + highest < line.y0);
            let end = cells.partition_point(|cell| cell.bounds.y0 <= line.y1);
            let near = cells.get(begin..end).unwrap_or_default();
            let is_upright = line.width() <= BORDER && line.height() > line.width();
            let crosses = |SpanningCell { bounds: cell, columns, rows }: &&SpanningCell| {
                let inner = cell.inset(-NEAR);
                if is_upright {
                    let in_row = (line.y0 - cell.y0).abs() <= NEAR && line.y1 <= cell.y1 + NEAR;
                    *columns && in_row && line.x0 > inner.x0 && line.x1 < inner.x1
                } else {
                    let in_table = line.height() <= BORDER && line.x0 <= cell.x0 && line.x1 >= cell.x1;
                    *rows && in_table && line.y0 > inner.y0 && line.y1 < inner.y1
                }
            };
            if is_upright {
                if !near.iter().any(|cell| crosses(&cell)) {
                    items.push(item);
                }
                continue;
            }
            let mut crossed: Vec<Rect> = near.iter().filter(crosses).map(|cell| cell.bounds).collect();
            if crossed.is_empty() {
                items.push(item);
                continue;
            }
            crossed.sort_by(|a, b| a.x0.total_cmp(&b.x0));
            let mut from = line.x0;
            for end in crossed.iter().map(|cell| (cell.x0, cell.x1)).chain([(line.x1, line.x1)]) {
                if end.0 > from {
                    let bounds = Rect::new(from, line.y0, end.0, line.y1);
                    items.push(Item {
                        what: What::Shape { path: bounds.to_path(0.1), colour },
                        bounds,
                        clip: item.clip,
                    });
                }
                from = from.max(end.1);
            }
        }
        self.items = items;
    }
}

pub(super) struct Item {
    pub(super) what: What,
    /// What of it can be seen.
    pub(super) bounds: Rect,
    /// In [`Display::clips`].
    pub(super) clip: Option<usize>,
}

pub(super) enum What {
    Shape {
        path: BezPath,
        colour: Colour,
    },
    Text(Text),
    Picture {
        raster: Arc<Raster>,
        map: Affine,
    },
    /// A picture that is the ground of a box.
    Ground {
        raster: Arc<Raster>,
        map: Affine,
    },
}

/// A run of letters in one font.
pub(super) struct Text {
    pub(super) font: FontData,
    /// Of a variable font.
    pub(super) coordinates: Vec<i16>,
    pub(super) colour: Colour,
    /// From ems, y upwards, to the run's place; a letter's own place comes between.
    pub(super) em: Affine,
    /// From the run to the content.
    pub(super) map: Affine,
    /// Letters and their places in the run.
    pub(super) glyphs: Vec<(u32, Point)>,
}

/// Where an item may be seen.
pub(super) struct Clip {
    pub(super) path: BezPath,
    pub(super) bounds: Rect,
    pub(super) parent: Option<usize>,
}

/// Red, green and blue from 0 to 255, and how opaque, from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Colour {
    pub(super) rgb: [f32; 3],
    pub(super) alpha: f32,
}

impl Colour {
    pub(super) const WHITE: Colour = Colour { rgb: [255.0; 3], alpha: 1.0 };

    /// ITU-R BT.601 luma: 0 is black, 255 white.
    pub(super) fn luma(self) -> f32 {
        let [red, green, blue] = self.rgb;
        0.299 * red + 0.587 * green + 0.114 * blue
    }

    /// What is seen of it over an opaque one.
    pub(super) fn over(self, ground: Colour) -> Colour {
        let mut rgb = ground.rgb;
        for (under, over) in rgb.iter_mut().zip(self.rgb) {
            *under += (over - *under) * self.alpha;
        }
        Colour { rgb, alpha: 1.0 }
    }

    /// How far two opaque colours are apart, 0 to 255.
    pub(super) fn contrast(self, other: Colour) -> f32 {
        self.rgb.into_iter().zip(other.rgb).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }
}
