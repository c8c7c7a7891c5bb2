//! What can be seen: clips, and soft masks as regions.

use std::rc::Rc;

use ferrofax_fax::page::WIDTH_PELS;
use hayro::hayro_interpret::{CacheKey, MaskType, SoftMask};
use hayro::kurbo::{BezPath, Rect, Shape};

use super::super::ground::luma;
use super::super::raster::Bounds;
use super::super::region::Region;
use super::{DEPTH_MAX, Recorder};

impl Recorder<'_> {
    pub(super) fn clip(&self) -> Rc<Region> {
        self.clips.last().map_or_else(|| Rc::new(Region::rectangle((0, 0), (0, 0))), Rc::clone)
    }

    /// Columns and rows that can be seen.
    pub(super) fn bounds(&self) -> Bounds {
        let clip = self.clip();
        let (columns, rows) = (clip.columns(), clip.rows());
        // Rows of a page, a few thousand.
        Bounds { columns: (columns.0.into(), columns.1.into()), rows: (rows.start as i32, rows.end as i32) }
    }

    /// As seen through clip and mask.
    pub(super) fn seen<'a>(&mut self, region: Region, mask: Option<&SoftMask<'a>>) -> Region {
        let mut region = self.clip().intersect(&region);
        if let Some(mask) = mask {
            region = self.mask(mask).intersect(&region);
        }
        region
    }

    /// Where a soft mask is open.
    pub(super) fn mask<'a>(&mut self, mask: &SoftMask<'a>) -> Rc<Region> {
        let key = mask.cache_key();
        if let Some(region) = self.masks.get(&key) {
            return Rc::clone(region);
        }
        let (rows, resolution) = (self.sheet.rows(), self.sheet.resolution());
        if self.depth >= DEPTH_MAX {
            return Rc::new(Region::rectangle((0, WIDTH_PELS), (0, rows)));
        }
        let mut inner = Recorder::new(rows, resolution, self.tools);
        inner.depth = self.depth + 1;
        mask.interpret(&mut inner);
        let by_light = mask.mask_type() == MaskType::Luminosity;
        let [red, green, blue, _] = mask.background_color().to_rgba().to_rgba8();
        let starts_light = by_light && luma([red, green, blue]) >= 96;
        let region = Rc::new(inner.sheet.mask(by_light, starts_light));
        self.masks.insert(key, Rc::clone(&region));
        region
    }
}

/// The rectangle that a path is, if it is one.
pub(super) fn upright(path: &BezPath) -> Option<Rect> {
    // Four sides, and what begins and ends a path.
    const ELEMENTS: usize = 6;
    let bounds = path.bounding_box();
    let is_full = (path.area().abs() - bounds.area()).abs() < 1e-6 * bounds.area();
    (path.elements().len() <= ELEMENTS && is_full).then_some(bounds)
}
