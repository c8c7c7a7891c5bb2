//! Black or white for each thing of a [`Display`].
//!
//! A document says which colours lie behind its letters, so nothing is guessed from pels. Each letter run stands on the topmost
//! box under it. A ground under letters lighter than itself becomes black and they white; any other ground under letters becomes
//! white and they black, whatever their colours were. Lines are black, or white on black. Grounds without letters keep what
//! tells them from others: dark ones stay black unless they fill a page, mid ones get an outline, light ones are white.

use hayro::kurbo::{Point, Rect, Shape as _};

use super::display::{Colour, Display, What};
use crate::RenderError;

/// How a thing is painted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    Black,
    White,
    /// White with a thin black edge.
    Outline,
    /// Black letters on a picture, with an edge that parts them from it.
    BlackOnPicture,
    /// White ones.
    WhiteOnPicture,
    /// A picture, as the picture module does it.
    Picture,
    /// Not to be seen.
    None,
}

/// What is thinner than this, in CSS pixels, is a line.
const LINE: f64 = 3.2;
/// Colours closer than this, of 255, are the same: who writes white on white wants to hide it.
const SAME: f32 = 10.0;
/// A ground without letters is black if it is darker, white if it is lighter.
const DARK: f32 = 100.0;
const LIGHT: f32 = 190.0;
/// A dark ground without letters and larger than this part of a page is paper.
const PAPER: f64 = 0.3;
/// Heights, in CSS pixels, of the bands in which grounds are looked for.
const BAND: f64 = 64.0;
/// Entries of all bands.
const ENTRIES_MAX: usize = 8_000_000;

/// Something that others may stand on.
struct Ground {
    item: usize,
    bounds: Rect,
    /// As seen, over what lies below it.
    colour: Colour,
    is_picture: bool,
    /// Letters on it that are lighter and darker.
    lighter: usize,
    darker: usize,
    /// Something else stands on it.
    carries: bool,
    ink: Ink,
}

/// The ink of each item. `page` is the area of a page.
pub(super) fn inks(display: &Display, page: f64) -> Result<Vec<Ink>, RenderError> {
    let mut inks = vec![Ink::None; display.items.len()];
    let mut grounds = Grounds::default();
    // Which ground each letter run and line stands on, for the second look.
    let mut standing: Vec<(usize, Option<usize>)> = Vec::new();
    for (at, item) in display.items.iter().enumerate() {
        let under = grounds.under(item.bounds.center());
        match &item.what {
            What::Text(text) => {
                let ground = grounds.colour(under);
                let colour = text.colour.over(ground);
                if colour.contrast(ground) < SAME && !grounds.is_picture(under) {
                    continue;
                }
                if let Some(ground) = under.and_then(|under| grounds.all.get_mut(under)) {
                    let is_lighter = colour.luma() > ground.colour.luma();
                    *(if is_lighter { &mut ground.lighter } else { &mut ground.darker }) += text.glyphs.len();
                }
                standing.push((at, under));
            }
            What::Shape { path, colour } => {
                let below = grounds.colour(under);
                let seen = colour.over(below);
                if thickness(path, item.bounds) < LINE {
                    if seen.contrast(below) >= SAME || grounds.is_picture(under) {
                        standing.push((at, under));
                    }
                    continue;
                }
                grounds.carry(under);
                grounds.add(Ground::new(at, item.bounds, seen))?;
            }
            What::Picture { .. } => {
                inks[at] = Ink::Picture;
                grounds.carry(under);
                grounds.add(Ground { is_picture: true, ..Ground::new(at, item.bounds, Colour::WHITE) })?;
            }
            What::Ground { raster, .. } => {
                let mean = raster.luma.iter().map(|&luma| u64::from(luma)).sum::<u64>() / (raster.luma.len().max(1) as u64);
                // At most 255.
                let colour = Colour { rgb: [mean as f32; 3], alpha: 1.0 };
                grounds.add(Ground { ink: Ink::Picture, ..Ground::new(at, item.bounds, colour) })?;
            }
        }
    }
    for ground in &mut grounds.all {
        ground.decide(page);
        if let Some(ink) = inks.get_mut(ground.item).filter(|_| !ground.is_picture) {
            *ink = ground.ink;
        }
    }
    for (at, under) in standing {
        let ground = under.and_then(|under| grounds.all.get(under));
        let is_black = ground.is_some_and(|ground| ground.ink == Ink::Black);
        let on_picture = ground.is_some_and(|ground| ground.is_picture || ground.ink == Ink::Picture);
        let is_light = match display.items.get(at).map(|item| &item.what) {
            Some(What::Text(text)) => text.colour.luma() > LIGHT,
            _ => false,
        };
        inks[at] = match (on_picture, is_light, is_black) {
            (true, true, _) => Ink::WhiteOnPicture,
            (true, false, _) => Ink::BlackOnPicture,
            (false, _, true) => Ink::White,
            (false, _, false) => Ink::Black,
        };
    }
    Ok(inks)
}

/// How thick a shape is: of a frame the width of its line, of a full shape its smaller side.
pub(super) fn thickness(path: &hayro::kurbo::BezPath, bounds: Rect) -> f64 {
    let side = bounds.width().min(bounds.height());
    if side < LINE {
        return side;
    }
    let perimeter = path.perimeter(1.0);
    if perimeter > 0.0 { side.min(2.0 * path.area().abs() / perimeter * 1.001) } else { side }
}

impl Ground {
    fn new(item: usize, bounds: Rect, colour: Colour) -> Ground {
        Ground { item, bounds, colour, is_picture: false, lighter: 0, darker: 0, carries: false, ink: Ink::White }
    }

    fn decide(&mut self, page: f64) {
        if self.is_picture {
            return;
        }
        let luma = self.colour.luma();
        let is_image = self.ink == Ink::Picture;
        self.ink = match (self.lighter, self.darker) {
            (0, 0) if is_image => Ink::Picture,
            (0, 0) if luma < DARK && self.bounds.area() < page * PAPER => Ink::Black,
            (0, 0) if luma < LIGHT && luma >= DARK && !self.carries => Ink::Outline,
            (lighter, darker) if lighter > darker => Ink::Black,
            _ if is_image => Ink::None,
            _ => Ink::White,
        };
    }
}

/// Grounds so far, to be found by place.
#[derive(Default)]
struct Grounds {
    all: Vec<Ground>,
    bands: Vec<Vec<u32>>,
    entries: usize,
}

impl Grounds {
    fn add(&mut self, ground: Ground) -> Result<(), RenderError> {
        // Bounds are those of the page, not negative.
        let (first, last) = ((ground.bounds.y0 / BAND) as usize, (ground.bounds.y1 / BAND) as usize);
        self.entries += last.saturating_sub(first) + 1;
        if self.entries > ENTRIES_MAX {
            return Err(RenderError::TooBig { what: "an HTML document of so many boxes" });
        }
        if self.bands.len() <= last {
            self.bands.resize_with(last + 1, Vec::new);
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        for band in self.bands.get_mut(first..=last).unwrap_or_default() {
            band.push(number);
        }
        self.all.push(ground);
        Ok(())
    }

    /// The topmost ground at a place.
    fn under(&self, place: Point) -> Option<usize> {
        let band = self.bands.get((place.y / BAND) as usize)?;
        let at = |&&number: &&u32| self.all.get(number as usize).is_some_and(|ground| ground.bounds.contains(place));
        band.iter().rev().find(at).map(|&number| number as usize)
    }

    fn colour(&self, ground: Option<usize>) -> Colour {
        ground.and_then(|ground| self.all.get(ground)).map_or(Colour::WHITE, |ground| ground.colour)
    }

    fn is_picture(&self, ground: Option<usize>) -> bool {
        ground.and_then(|ground| self.all.get(ground)).is_some_and(|ground| ground.is_picture || ground.ink == Ink::Picture)
    }

    fn carry(&mut self, ground: Option<usize>) {
        if let Some(ground) = ground.and_then(|ground| self.all.get_mut(ground)) {
            ground.carries = true;
        }
    }
}
