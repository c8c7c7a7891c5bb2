//! A laid-out document as a list of what is to be seen, in the order of painting: letters, shapes, pictures.
//!
//! Places are in CSS pixels (1/96 in) from the top left corner of the content.

use std::sync::Arc;

use hayro::kurbo::{Affine, BezPath, Point, Rect};
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
    /// Things referred to that were not fetched.
    pub(super) left_out: u32,
}

pub(super) struct Item {
    pub(super) what: What,
    /// What of it can be seen.
    pub(super) bounds: Rect,
    /// In [`Display::clips`].
    pub(super) clip: Option<usize>,
}

pub(super) enum What {
    Shape { path: BezPath, colour: Colour },
    Text(Text),
    Picture { raster: Arc<Raster>, map: Affine },
    /// A picture that is the ground of a box.
    Ground { raster: Arc<Raster>, map: Affine },
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
