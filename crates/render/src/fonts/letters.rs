//! Letters of laid-out text as stamps.

use std::rc::Rc;
use std::sync::Arc;

use hayro::kurbo::Affine;
use parley::FontData;

use super::Outlines;
use crate::ink::raster::Raster;
use crate::ink::stamp::{Outline, Stamp, Stamps};

/// Outlines and stamps of a document's letters.
#[derive(Default)]
pub(crate) struct Letters {
    pub(crate) outlines: Outlines,
    /// By the id of the font's data, its index in there, and the glyph.
    stamps: Stamps<(u64, u32, u32)>,
}

impl Letters {
    /// The stamp of a glyph and the pel it goes to. `transform` maps one em, y upwards, to pels. `None` if it is too large for one.
    pub(crate) fn stamp(
        &mut self,
        font: &FontData,
        glyph: u32,
        transform: Affine,
        raster: &mut Raster,
    ) -> Option<(Rc<Stamp>, i32, i32)> {
        let Letters { outlines, stamps } = self;
        stamps.stamp((font.data.id(), font.index, glyph), (transform, 1.0), true, raster, |rows| {
            let fitted = rows.and_then(|rows| outlines.fitted(font, glyph, rows));
            let fitted = fitted.map(|path| Outline { path: Arc::new(path), fitted: true, missing: false });
            fitted.unwrap_or_else(|| Outline { path: outlines.get(font, &[], glyph), fitted: false, missing: false })
        })
    }
}
