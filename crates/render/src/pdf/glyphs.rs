//! The letters of a PDF's fonts as stamps.

use std::rc::Rc;
use std::sync::Arc;

use hayro::hayro_interpret::font::{GlyphId, HintingCache, OutlineGlyph};
use hayro::kurbo::Affine;

use crate::ink::raster::Raster;
use crate::ink::stamp::{Outline, Stamp};

/// Units of an em in the library's outlines.
const EM: f64 = 1000.0;

#[derive(Default)]
pub(super) struct Stamps {
    stamps: crate::ink::stamp::Stamps<u128>,
    hinting: HintingCache,
}

impl Stamps {
    /// The stamp of a letter and the pel it goes to. `None` if it is too large for one.
    pub(super) fn stamp(
        &mut self,
        glyph: &OutlineGlyph,
        transform: Affine,
        hint: bool,
        raster: &mut Raster,
    ) -> Option<(Rc<Stamp>, i32, i32)> {
        let hinting = &self.hinting;
        self.stamps.stamp(glyph.identifier().cache_key(), (transform, EM), hint, raster, |rows| {
            let fitted = rows.and_then(|rows| glyph.hinted_outline(rows, hinting));
            let (path, fitted) = fitted.map_or_else(|| (glyph.outline(), false), |path| (path, true));
            let missing = path.is_empty() || glyph.glyph_id() == GlyphId::NOTDEF;
            Outline { path: Arc::new(path), fitted, missing }
        })
    }
}
