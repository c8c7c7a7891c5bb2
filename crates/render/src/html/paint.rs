//! From a [`Display`] to pages of pels.
//!
//! Upright rectangles end on whole pels and are at least one pel thick; letters and other shapes are drawn with anti-aliasing, in
//! black and white only, and made two-tone; pictures go to the picture module. What stands on a picture is drawn after it.

use ferrofax_fax::page::{Bitmap, Resolution, WIDTH_PELS};
use hayro::kurbo::{self, Affine, BezPath, Rect, Shape as _, Stroke};
use hayro::vello_cpu::color::palette::css::{BLACK, WHITE};
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};

use super::cut::Span;
use super::display::{Display, Item, Text, What};
use super::ground::{Ink, thickness};
use crate::fonts::Outlines;
use crate::picture;
use crate::two_tone::{Grey, two_tone};

/// The edge of letters on a picture, in CSS pixels.
const EDGE: f64 = 2.5;

/// Paints pages of one document.
pub(super) struct Painter<'a> {
    pub(super) display: &'a Display,
    pub(super) inks: &'a [Ink],
    /// From CSS pixels of the sheet's content area to pels.
    pub(super) sheet: Affine,
    pub(super) rows: u32,
    pub(super) resolution: Resolution,
    pub(super) outlines: Outlines,
}

impl Painter<'_> {
    /// Paints the part of the display that belongs on a page. `items` are those that may be seen there, in order. Says whether
    /// a picture was made coarser.
    pub(super) fn page(&mut self, part: Span, items: &[usize]) -> (Bitmap, bool) {
        let map = self.sheet * Affine::translate((0.0, -part.top));
        // What belongs to the next page is not to be seen at the foot of this one.
        let within = Rect::new(-1e6, part.top, 1e6, part.bottom);
        let (mut pictures, mut later) = (Vec::new(), Vec::new());
        let mut canvas = Canvas::new(self.rows, map);
        for &at in items {
            let (Some(item), Some(&ink)) = (self.display.items.get(at), self.inks.get(at)) else { continue };
            match ink {
                Ink::None => {}
                Ink::Picture => pictures.push(item),
                Ink::BlackOnPicture | Ink::WhiteOnPicture => later.push((item, ink)),
                ink => self.item(item, ink, within, &mut canvas),
            }
        }
        let mut page = two_tone(&canvas.finish(self.resolution), &[]);
        let mut coarsened = false;
        for item in pictures {
            if let What::Picture { raster, map: own } | What::Ground { raster, map: own } = &item.what {
                let clip = item.clip.is_some().then(|| self.mask(item, map));
                let placed =
                    picture::place(raster, (map * *own).as_coeffs(), self.resolution, &mut page, clip.as_ref());
                coarsened |= placed.coarsened;
            }
        }
        for (item, ink) in later {
            self.on_picture(item, ink, map, &mut page);
        }
        (page, coarsened)
    }

    fn item(&mut self, item: &Item, ink: Ink, within: Rect, canvas: &mut Canvas) {
        canvas.white(ink == Ink::White || ink == Ink::Outline);
        match &item.what {
            What::Text(text) => self.clipped(item, canvas, |painter, canvas| painter.letters(text, canvas)),
            What::Shape { path, .. } => {
                let bounds = item.bounds.intersect(within);
                let full = path.bounding_box();
                // A rectangle is as large as its bounds; what is left of it by a straight clip is one, too.
                if is_rectangle(path) && self.is_straight(item) {
                    canvas.rectangle(bounds);
                    if ink == Ink::Outline {
                        canvas.frame(bounds);
                    }
                } else {
                    self.clipped(item, canvas, |_, canvas| {
                        canvas.fill(path);
                        if ink == Ink::Outline || thickness(path, full) < 1.0 {
                            canvas.outline(path);
                        }
                    });
                }
            }
            What::Picture { .. } | What::Ground { .. } => {}
        }
    }

    /// All clips of an item are upright rectangles, so its bounds say all.
    fn is_straight(&self, item: &Item) -> bool {
        let mut clip = item.clip;
        while let Some(own) = clip.and_then(|clip| self.display.clips.get(clip)) {
            if !is_rectangle(&own.path) {
                return false;
            }
            clip = own.parent;
        }
        true
    }

    fn clipped(&mut self, item: &Item, canvas: &mut Canvas, paint: impl FnOnce(&mut Self, &mut Canvas)) {
        let mut depth = 0;
        let mut clip = item.clip;
        while let Some(own) = clip.and_then(|clip| self.display.clips.get(clip)) {
            canvas.context.set_transform(canvas.map);
            canvas.context.push_clip_layer(&own.path);
            depth += 1;
            clip = own.parent;
        }
        paint(self, canvas);
        for _ in 0..depth {
            canvas.context.pop_layer();
        }
    }

    fn letters(&mut self, text: &Text, canvas: &mut Canvas) {
        for (glyph, place) in &text.glyphs {
            let outline = self.outlines.get(&text.font, &text.coordinates, *glyph);
            if !outline.is_empty() {
                canvas.context.set_transform(canvas.map * text.map * Affine::translate(place.to_vec2()) * text.em);
                canvas.context.fill_path(&outline);
            }
        }
    }

    /// The pels that an item may change.
    fn mask(&mut self, item: &Item, map: Affine) -> Bitmap {
        let mut canvas = Canvas::new(self.rows, map);
        self.clipped(item, &mut canvas, |_, canvas| canvas.fill(&Rect::new(-1e5, -1e5, 1e5, 1e7).to_path(0.1)));
        two_tone(&canvas.finish(self.resolution), &[])
    }

    /// Puts letters or a line on a picture, with an edge of the other colour.
    fn on_picture(&mut self, item: &Item, ink: Ink, map: Affine, page: &mut Bitmap) {
        let mut body = Canvas::new(self.rows, map);
        let mut edge = Canvas::new(self.rows, map);
        match &item.what {
            What::Text(text) => {
                self.clipped(item, &mut body, |painter, canvas| painter.letters(text, canvas));
                for (glyph, place) in &text.glyphs {
                    let mut outline = BezPath::clone(&self.outlines.get(&text.font, &text.coordinates, *glyph));
                    outline.apply_affine(text.map * Affine::translate(place.to_vec2()) * text.em);
                    edge.fill(&outline);
                    edge.fill(&kurbo::stroke(&outline, &Stroke::new(2.0 * EDGE), &kurbo::StrokeOpts::default(), 0.2));
                }
            }
            What::Shape { path, .. } => {
                body.fill(path);
            }
            _ => {}
        }
        let (body, edge) = (two_tone(&body.finish(self.resolution), &[]), two_tone(&edge.finish(self.resolution), &[]));
        let black = ink == Ink::BlackOnPicture;
        for y in 0..page.rows() {
            let (Some(body), Some(edge)) = (body.row(y), edge.row(y)) else { continue };
            let Some(to) = page.row_mut(y) else { continue };
            for ((to, &body), &edge) in to.iter_mut().zip(body).zip(edge) {
                *to = if black { *to & !edge | body } else { (*to | edge) & !body };
            }
        }
    }
}

/// A page being drawn.
struct Canvas {
    context: RenderContext,
    map: Affine,
    rows: u32,
}

impl Canvas {
    fn new(rows: u32, map: Affine) -> Canvas {
        // 4574 rows at most, see `Paper::rows`.
        let mut context = RenderContext::new(WIDTH_PELS, rows as u16);
        context.set_paint(BLACK);
        Canvas { context, map, rows }
    }

    fn white(&mut self, white: bool) {
        self.context.set_paint(if white { WHITE } else { BLACK });
    }

    fn fill(&mut self, path: &BezPath) {
        self.context.set_transform(self.map);
        self.context.fill_path(path);
    }

    /// A black line one pel thick, or so.
    fn outline(&mut self, path: &BezPath) {
        self.context.set_paint(BLACK);
        self.context.set_transform(self.map);
        self.context.set_stroke(Stroke::new(0.6));
        self.context.stroke_path(path);
    }

    /// An upright rectangle on whole pels.
    fn rectangle(&mut self, rectangle: Rect) {
        let pels = snapped(self.map.transform_rect_bbox(rectangle));
        self.context.set_transform(Affine::IDENTITY);
        self.context.fill_rect(&pels);
    }

    /// The edge of one, one pel thick.
    fn frame(&mut self, rectangle: Rect) {
        let Rect { x0, y0, x1, y1 } = snapped(self.map.transform_rect_bbox(rectangle));
        self.context.set_paint(BLACK);
        self.context.set_transform(Affine::IDENTITY);
        for side in [
            Rect::new(x0, y0, x1, y0 + 1.0),
            Rect::new(x0, y1 - 1.0, x1, y1),
            Rect::new(x0, y0, x0 + 1.0, y1),
            Rect::new(x1 - 1.0, y0, x1, y1),
        ] {
            self.context.fill_rect(&side);
        }
    }

    fn finish(mut self, resolution: Resolution) -> Grey {
        self.context.flush();
        // 4574 at most.
        let mut pixmap = Pixmap::new(WIDTH_PELS, self.rows as u16);
        let white = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
        self.context.render_with(&mut pixmap, &mut Resources::default(), white);
        let mut grey = Grey::new(self.rows, resolution);
        for (to, from) in grey.pels_mut().iter_mut().zip(pixmap.data()) {
            *to = from.g;
        }
        grey
    }
}

/// A rectangle is on whole pels, and one pel thick at least.
fn snapped(rectangle: Rect) -> Rect {
    let side = |from: f64, to: f64| {
        let first = from.round();
        (first, (first + (to - from).round()).max(first + 1.0))
    };
    let ((x0, x1), (y0, y1)) = (side(rectangle.x0, rectangle.x1), side(rectangle.y0, rectangle.y1));
    Rect::new(x0, y0, x1, y1)
}

/// An upright rectangle fills its bounds.
fn is_rectangle(path: &BezPath) -> bool {
    let bounds = path.bounding_box();
    path.elements().len() <= 7 && (path.area().abs() - bounds.area()).abs() <= 1e-6 * bounds.area().max(1.0)
}
