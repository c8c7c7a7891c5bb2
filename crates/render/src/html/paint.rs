//! From a [`Display`] to pages of pels.
//!
//! Upright rectangles end on whole pels and are at least one pel thick; letters are stamps, other shapes regions of pels; pictures go
//! to the picture module. What stands on a picture is drawn after it.

use ferrofax_fax::page::{Bitmap, Resolution, WIDTH_PELS};
use hayro::hayro_interpret::FillRule;
use hayro::kurbo::{self, Affine, BezPath, Rect, Shape as _, Stroke, StrokeOpts};

use super::cut::{Again, Page, Span};
use super::display::{Display, Item, Text, What};
use super::ground::{Ink, is_rectangle, thickness};
use crate::fonts::Letters;
use crate::ink::raster::{Bounds, Raster};
use crate::ink::region::Region;
use crate::ink::stamp;
use crate::picture;

/// The edge of letters on a picture, in CSS pixels.
const EDGE: f64 = 2.5;

/// How far from the curve the outline of a line may be, in CSS pixels.
const TOLERANCE: f64 = 0.1;

/// Paints pages of one document.
pub(super) struct Painter<'a> {
    pub(super) display: &'a Display,
    pub(super) inks: &'a [Ink],
    /// From CSS pixels of the sheet's content area to pels.
    pub(super) sheet: Affine,
    pub(super) rows: u32,
    pub(super) resolution: Resolution,
    pub(super) tools: Tools,
}

/// What is kept over the pages of a document.
#[derive(Default)]
pub(super) struct Tools {
    letters: Letters,
    raster: Raster,
}

impl Painter<'_> {
    /// Paints a page. `items` are those that may be seen of its part of the display, in order. Says whether a picture was made
    /// coarser.
    pub(super) fn page(&mut self, page: &Page, items: &[usize]) -> (Bitmap, bool) {
        let (mut sheet, mut coarsened) = self.part(page.part, page.top, items);
        for head in &page.heads {
            coarsened |= self.head(head, &mut sheet);
        }
        (sheet, coarsened)
    }

    /// Paints the head of a table once more.
    fn head(&mut self, head: &Again, sheet: &mut Bitmap) -> bool {
        let Rect { x0, y0, x1, y1 } = head.bounds;
        let (painted, coarsened) = self.part(Span { top: y0, bottom: y1 }, head.top, &self.items_of(head.bounds));
        let place = self.sheet.transform_rect_bbox(Rect::new(x0, head.top, x1, head.top + head.bounds.height()));
        // Casts saturate.
        let (left, right) = (place.x0.floor() as u16, place.x1.ceil() as u16);
        for y in place.y0.round() as u32..place.y1.round() as u32 {
            (left..right).filter(|&x| painted.is_black(x, y)).for_each(|x| sheet.set_black(x, y));
        }
        coarsened
    }

    /// What is seen within these bounds. Letters belong where their middle is: those of the row below may reach into a head.
    fn items_of(&self, bounds: Rect) -> Vec<usize> {
        let is_of = |item: &Item| match item.what {
            What::Text(_) => bounds.contains(item.bounds.center()),
            _ => item.bounds.overlaps(bounds),
        };
        self.display.items.iter().enumerate().filter(|(_, item)| is_of(item)).map(|(at, _)| at).collect()
    }

    /// Paints a part of the display, so far below the top of the page.
    fn part(&mut self, part: Span, top: f64, items: &[usize]) -> (Bitmap, bool) {
        let map = self.sheet * Affine::translate((0.0, top - part.top));
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
        let mut page = canvas.page;
        let mut coarsened = false;
        for item in pictures {
            if let What::Picture { raster, map: own } | What::Ground { raster, map: own } = &item.what {
                let full = own.transform_rect_bbox(Rect::new(0.0, 0.0, raster.width.into(), raster.height.into()));
                // A picture that ends with the page is not cut.
                let cut = (full.y0 < within.y0 - 0.5 || full.y1 > within.y1 + 0.5).then_some(within);
                let clip = (cut.is_some() || item.clip.is_some()).then(|| self.mask(item, cut, map));
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
        let black = !matches!(ink, Ink::White | Ink::Outline);
        match &item.what {
            What::Text(text) => {
                self.clip(item, canvas);
                self.letters(text, black, canvas);
            }
            What::Shape { path, .. } => {
                let bounds = item.bounds.intersect(within);
                let full = path.bounding_box();
                let edged = matches!(ink, Ink::Outline | Ink::EdgedBlack);
                // A rectangle is as large as its bounds; what is left of it by a straight clip is one, too.
                if is_rectangle(path) && self.is_straight(item) {
                    canvas.clip = canvas.sheet();
                    canvas.rectangle(bounds, black);
                    if edged {
                        canvas.frame(bounds, !black);
                    }
                } else {
                    self.clip(item, canvas);
                    canvas.keep(within);
                    let raster = &mut self.tools.raster;
                    canvas.fill(path, black, raster);
                    if edged {
                        canvas.outline(path, !black, raster);
                    } else if thickness(path, full) < 1.0 {
                        canvas.outline(path, black, raster);
                    }
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

    /// What is drawn from now on is seen where the item's clips let it.
    fn clip(&mut self, item: &Item, canvas: &mut Canvas) {
        canvas.clip = canvas.sheet();
        let mut clip = item.clip;
        while let Some(own) = clip.and_then(|clip| self.display.clips.get(clip)) {
            canvas.clip = canvas.region(&own.path, &mut self.tools.raster);
            clip = own.parent;
        }
    }

    fn letters(&mut self, text: &Text, black: bool, canvas: &mut Canvas) {
        let Tools { letters, raster } = &mut self.tools;
        for (glyph, place) in &text.glyphs {
            let own = text.map * Affine::translate(place.to_vec2()) * text.em;
            let stamp = if text.coordinates.is_empty() {
                letters.stamp(&text.font, *glyph, canvas.map * own, raster)
            } else {
                None
            };
            let Some((stamp, x, y)) = stamp else {
                canvas.fill(&(own * &*letters.outlines.get(&text.font, &text.coordinates, *glyph)), black, raster);
                continue;
            };
            if canvas.holds(stamp.extent(x, y)) {
                let how = if black { stamp::Stroke::Black } else { stamp::Stroke::White };
                stamp.put(x, y, &mut canvas.page, &how);
            } else {
                canvas.clip.intersect(&stamp.region(x, y)).paint(&mut canvas.page, black);
            }
        }
    }

    /// The pels that an item may change.
    fn mask(&mut self, item: &Item, within: Option<Rect>, map: Affine) -> Bitmap {
        let mut canvas = Canvas::new(self.rows, map);
        self.clip(item, &mut canvas);
        within.into_iter().for_each(|within| canvas.keep(within));
        canvas.clip.paint(&mut canvas.page, true);
        canvas.page
    }

    /// Puts letters or a line on a picture, with an edge of the other colour.
    fn on_picture(&mut self, item: &Item, ink: Ink, map: Affine, page: &mut Bitmap) {
        let mut body = Canvas::new(self.rows, map);
        let mut edge = Canvas::new(self.rows, map);
        match &item.what {
            What::Text(text) => {
                self.clip(item, &mut body);
                self.letters(text, true, &mut body);
                for (glyph, place) in &text.glyphs {
                    let outline = self.tools.letters.outlines.get(&text.font, &text.coordinates, *glyph);
                    let outline = text.map * Affine::translate(place.to_vec2()) * text.em * &*outline;
                    edge.fill(&outline, true, &mut self.tools.raster);
                    edge.line(&outline, 2.0 * EDGE, true, &mut self.tools.raster);
                }
            }
            What::Shape { path, .. } => body.fill(path, true, &mut self.tools.raster),
            _ => {}
        }
        let black = ink == Ink::BlackOnPicture;
        for y in 0..page.rows() {
            let (Some(body), Some(edge)) = (body.page.row(y), edge.page.row(y)) else { continue };
            let Some(to) = page.row_mut(y) else { continue };
            for ((to, &body), &edge) in to.iter_mut().zip(body).zip(edge) {
                *to = if black { *to & !edge | body } else { (*to | edge) & !body };
            }
        }
    }
}

/// A page being drawn.
struct Canvas {
    page: Bitmap,
    /// From CSS pixels to pels.
    map: Affine,
    /// What may be drawn on.
    clip: Region,
}

impl Canvas {
    fn new(rows: u32, map: Affine) -> Canvas {
        Canvas { page: Bitmap::new(WIDTH_PELS, rows), map, clip: Region::rectangle((0, WIDTH_PELS), (0, rows)) }
    }

    fn sheet(&self) -> Region {
        Region::rectangle((0, WIDTH_PELS), (0, self.page.rows()))
    }

    /// Whether all of these columns and rows may be drawn on. What lies beside the sheet is lost anyway.
    fn holds(&self, (columns, rows): ((i32, i32), (i32, i32))) -> bool {
        // Clamped to a page.
        let column = |x: i32| x.clamp(0, WIDTH_PELS.into()) as u16;
        let row = |y: i32| u32::try_from(y).unwrap_or(0).min(self.page.rows());
        self.clip.contains_rectangle((column(columns.0), column(columns.1)), (row(rows.0), row(rows.1)))
    }

    /// The pels of a shape that may be drawn on.
    fn region(&self, path: &BezPath, raster: &mut Raster) -> Region {
        let (columns, rows) = (self.clip.columns(), self.clip.rows());
        // Rows of a page, a few thousand.
        let within =
            Bounds { columns: (columns.0.into(), columns.1.into()), rows: (rows.start as i32, rows.end as i32) };
        let shape = raster.fill(path.iter().map(|element| self.map * element), FillRule::NonZero, within);
        self.clip.intersect(&shape)
    }

    fn fill(&mut self, path: &BezPath, black: bool, raster: &mut Raster) {
        self.region(path, raster).paint(&mut self.page, black);
    }

    /// A line along the edge of a shape, one pel thick, or so.
    fn outline(&mut self, path: &BezPath, black: bool, raster: &mut Raster) {
        self.line(path, 0.6, black, raster);
    }

    fn line(&mut self, path: &BezPath, width: f64, black: bool, raster: &mut Raster) {
        self.fill(&kurbo::stroke(path, &Stroke::new(width), &StrokeOpts::default(), TOLERANCE), black, raster);
    }

    /// An upright rectangle on whole pels.
    fn rectangle(&mut self, rectangle: Rect, black: bool) {
        self.pels(snapped(self.map.transform_rect_bbox(rectangle)), black);
    }

    /// The edge of one, one pel thick.
    fn frame(&mut self, rectangle: Rect, black: bool) {
        let Rect { x0, y0, x1, y1 } = snapped(self.map.transform_rect_bbox(rectangle));
        for side in [
            Rect::new(x0, y0, x1, y0 + 1.0),
            Rect::new(x0, y1 - 1.0, x1, y1),
            Rect::new(x0, y0, x0 + 1.0, y1),
            Rect::new(x1 - 1.0, y0, x1, y1),
        ] {
            self.pels(side, black);
        }
    }

    /// A rectangle in whole pels.
    fn pels(&mut self, rectangle: Rect, black: bool) {
        self.clip.intersect(&self.region_of(rectangle)).paint(&mut self.page, black);
    }

    fn region_of(&self, Rect { x0, y0, x1, y1 }: Rect) -> Region {
        // Casts saturate.
        let column = |x: f64| x.clamp(0.0, WIDTH_PELS.into()) as u16;
        let row = |y: f64| y.clamp(0.0, self.page.rows().into()) as u32;
        Region::rectangle((column(x0), column(x1)), (row(y0), row(y1)))
    }

    /// What is drawn from now on is seen within this, too.
    fn keep(&mut self, rectangle: Rect) {
        self.clip = self.clip.intersect(&self.region_of(snapped(self.map.transform_rect_bbox(rectangle))));
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
