//! Pictures, and masks painted in one colour.

use ferrofax_fax::page::WIDTH_PELS;
use hayro::hayro_interpret::{DrawProps, ImageDrawProps, RasterImage, StencilImage};
use hayro::kurbo::{Affine, Rect};

use super::super::ground::{Ground, Out};
use super::super::pictures;
use super::Recorder;

impl Recorder<'_> {
    /// A mask through which a paint is seen.
    pub(super) fn stencil<'a>(&mut self, stencil: &StencilImage<'a, '_>, props: ImageDrawProps<'a>) {
        let (rows, resolution) = (self.sheet.rows(), self.sheet.resolution());
        let drawn = pictures::stencil(stencil, props.transform, (rows, resolution), &mut self.findings);
        let Some((region, paint)) = drawn else { return };
        let extent = Rect::new(0.0, 0.0, f64::from(WIDTH_PELS), f64::from(rows));
        let was = self.in_letter;
        // One colour all over is a fill; else it is a drawing.
        self.in_letter |= !region.is_rectangle();
        let props =
            DrawProps { transform: Affine::IDENTITY, paint, soft_mask: props.soft_mask, blend_mode: props.blend_mode };
        self.fill(region, &props, extent, None);
        self.in_letter = was;
    }

    /// A picture.
    pub(super) fn raster<'a>(&mut self, raster: &RasterImage<'_>, props: &ImageDrawProps<'a>) {
        let resolution = self.sheet.resolution();
        let target = self.sheet.pictures();
        let (tools, findings) = (&*self.tools, &mut self.findings);
        let drawn = pictures::raster(raster, props.transform, resolution, tools, target, findings);
        let Some(picture) = drawn else { return };
        let whole = picture.region.area();
        let region = self.seen(picture.region, props.soft_mask.as_ref());
        self.scan = picture.scan.filter(|_| region.area() == whole);
        self.sheet.ground(Ground {
            region,
            colour: [picture.luma; 3],
            opaque: true,
            veil: true,
            is_picture: !picture.plain,
            mixed: !picture.plain,
            behind: None,
            over_text: false,
            lighter: 0,
            darker: 0,
            out: Out::White,
        });
    }
}
