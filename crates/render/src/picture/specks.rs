//! Specks on scans of one bit a pixel: single pixels with nothing but white about them.

use ferrofax_fax::page::{Resolution, Rows};

use super::resample::OnGrid;
use crate::geometry::{PELS_PER_MM, lines_per_mm};

/// A full stop has more than one pixel where these are smaller than this, in millimetres (230 dots an inch).
const FINE_MM: f64 = 0.11;
/// From here on (150 dots an inch) a pixel may be one; between, it is none if nothing else is near.
const COARSE_MM: f64 = 0.17;
/// Pels from a word to its full stop, at most.
const APART: usize = 4;

/// What specks were, to put them back.
#[derive(Default)]
pub(super) struct Cleared(Vec<(usize, u8)>);

impl Cleared {
    pub(super) fn put_back(self, picture: &mut OnGrid) {
        for (at, pel) in self.0 {
            if let Some(to) = picture.luma.get_mut(at) {
                *to = pel;
            }
        }
    }

    /// Makes what begins at a place white, if it is a speck.
    fn clear(&mut self, picture: &mut OnGrid, (x, y): (usize, usize), speck: &Speck) {
        if !speck.is_at(picture, (x, y)) {
            return;
        }
        let width = picture.width;
        for y in y..(y + SIDE).min(picture.height) {
            for at in y * width + x..(y * width + x + SIDE).min((y + 1) * width) {
                if let Some(pel) = picture.luma.get_mut(at) {
                    self.0.push((at, std::mem::replace(pel, 255)));
                }
            }
        }
    }
}

/// Makes specks white, on a picture that `transform` brought onto the grid.
pub(super) fn clear(picture: &mut OnGrid, transform: [f64; 6], resolution: Resolution) {
    let Some(speck) = Speck::new(transform, resolution) else { return };
    let (width, mut cleared) = (picture.width, Cleared::default());
    for y in 0..picture.height {
        let row = picture.luma.get(y * width..(y + 1) * width).unwrap_or_default();
        let groups = row.chunks(GROUP).enumerate().filter(|(_, pels)| **pels != [255; GROUP]);
        let starts: Vec<usize> = groups.map(|(group, _)| group * GROUP).collect();
        for x in starts.into_iter().flat_map(|start| start..(start + GROUP).min(width)) {
            cleared.clear(picture, (x, y), &speck);
        }
    }
}

/// As [`clear`], for a picture made of these runs: only where one is a single pixel is there anything to look for.
pub(super) fn clear_runs(picture: &mut OnGrid, runs: &Rows, transform: [f64; 6], resolution: Resolution) -> Cleared {
    let mut cleared = Cleared::default();
    let Some(speck) = Speck::new(transform, resolution) else { return cleared };
    let [a, b, c, d, e, f] = transform;
    // A pixel that touches none of another row's runs.
    let is_apart = |y: Option<u32>, x: u16| {
        let row = y.and_then(|y| runs.row(y)).unwrap_or_default();
        let before = row.partition_point(|&change| change < x);
        before % 2 == 0
            && row.get(before).is_none_or(|&next| next > x + 1)
            && before.checked_sub(1).and_then(|at| row.get(at)).is_none_or(|&end| end < x)
    };
    for (y, row) in (0_u32..).zip(runs.iter()) {
        for run in row.chunks(2) {
            let Some(&x) = run.first() else { continue };
            let end = run.get(1).copied().unwrap_or(runs.width());
            if end != x + 1 || !is_apart(y.checked_sub(1), x) || !is_apart(Some(y + 1), x) {
                continue;
            }
            let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
            // The middle is in the pel, or in one beside it: sides are rounded to whole pels. Casts saturate.
            let column = (a * x + c * y + e) as usize;
            let row = (b * x + d * y + f) as usize;
            for y in row.saturating_sub(2)..=row + 1 {
                for x in column.saturating_sub(2)..=column + 1 {
                    let at = (x.wrapping_sub(picture.left), y.wrapping_sub(picture.top));
                    if at.0 < picture.width && at.1 < picture.height {
                        cleared.clear(picture, at, &speck);
                    }
                }
            }
        }
    }
    cleared
}

/// Pels looked at together.
const GROUP: usize = 8;
/// Pels along the side of what one pixel touches.
const SIDE: usize = 2;

/// What a speck is on the grid.
struct Speck {
    /// So many pels about it are white.
    ring: usize,
    /// It has no more ink.
    most: u32,
}

impl Speck {
    /// `None` where a pixel is too large to be one.
    fn new([a, b, c, d, _, _]: [f64; 6], resolution: Resolution) -> Option<Speck> {
        let pixel_pels = (a * d - b * c).abs();
        let side_mm = (pixel_pels / PELS_PER_MM / lines_per_mm(resolution)).sqrt();
        let ring = match side_mm {
            side if side < FINE_MM => 1,
            side if side < COARSE_MM => APART,
            _ => return None,
        };
        // A quarter more for what is rounded. Casts saturate.
        Some(Speck { ring, most: (pixel_pels * 255.0 * 1.25) as u32 + 8 })
    }

    /// All ink about a place is in the pels that begin there, and there is no more than this of it.
    fn is_at(&self, picture: &OnGrid, (x, y): (usize, usize)) -> bool {
        let pels = |columns: std::ops::Range<usize>, y: usize| {
            let row = picture.luma.get(y * picture.width..(y + 1) * picture.width).unwrap_or_default();
            row.get(columns.start.min(row.len())..columns.end.min(row.len())).unwrap_or_default()
        };
        let is_white = |columns, y| pels(columns, y).iter().all(|&pel| pel == 255);
        let ink = |y| pels(x..x + SIDE, y).iter().map(|&pel| 255 - u32::from(pel)).sum::<u32>();
        let (left, right) = (x.saturating_sub(self.ring), x + SIDE + self.ring);
        pels(x..x + 1, y) != [255]
            && is_white(left..x, y)
            && ink(y) + ink(y + 1) <= self.most
            && (y.saturating_sub(self.ring)..y).all(|y| is_white(left..right, y))
            && (y..y + SIDE).all(|y| is_white(left..x, y) && is_white(x + SIDE..right, y))
            && (y + SIDE..y + SIDE + self.ring).all(|y| is_white(left..right, y))
    }
}

#[cfg(test)]
mod tests {
    use ferrofax_fax::page::Bitmap;

    use super::*;

    /// Ink at places of a white picture of 16 × 16 pels.
    fn cleared(ink: &[(usize, usize, u8)], pixel_pels: f64) -> Vec<(usize, usize)> {
        let mut luma = vec![255; 256];
        ink.iter().for_each(|&(x, y, luma_here)| luma[y * 16 + x] = luma_here);
        let mut picture = OnGrid { left: 0, top: 0, width: 16, height: 16, luma, least: None, cover: None };
        clear(&mut picture, [pixel_pels, 0.0, 0.0, 1.0, 0.0, 0.0], Resolution::Fine);
        (0..256).filter(|&at| picture.luma[at] < 255).map(|at| (at % 16, at / 16)).collect()
    }

    // One pixel at 300 dots an inch covers 0.44 pels, at 200 one, at 100 four.
    const SPECK: [(usize, usize, u8); 2] = [(5, 5, 200), (6, 5, 190)];

    #[test]
    fn a_pixel_with_white_about_it_is_a_speck() {
        assert_eq!(cleared(&SPECK, 0.44), []);
        assert_eq!(cleared(&[(0, 15, 150)], 0.44), [], "at a corner");
    }

    #[test]
    fn from_runs_the_same_specks_are_found() {
        let mut pixels = Bitmap::new(120, 90);
        // Specks, a full stop, a hairline, a slanted one.
        [(10, 10), (119, 50), (60, 0), (33, 47)].into_iter().for_each(|(x, y)| pixels.set_black(x, y));
        [(80, 20), (81, 20), (80, 21), (81, 21)].into_iter().for_each(|(x, y)| pixels.set_black(x, y));
        (0..30).for_each(|at| pixels.set_black(20, 50 + at));
        (0..30).for_each(|at| pixels.set_black(50 + at as u16, 50 + at));
        let rows = pixels.to_rows();
        for scale in [0.68, 0.5] {
            let transform = [scale, 0.0, 0.0, scale, 0.0, 0.0];
            let grid = || super::super::runs::resample(&rows, transform, 1728, 400).unwrap();
            let (mut by_pels, mut by_runs) = (grid(), grid());
            clear(&mut by_pels, transform, Resolution::Fine);
            let cleared = clear_runs(&mut by_runs, &rows, transform, Resolution::Fine);
            assert!(!cleared.0.is_empty());
            let differ: Vec<usize> =
                (0..by_pels.luma.len()).filter(|&at| by_pels.luma[at] != by_runs.luma[at]).collect();
            assert!(differ.is_empty(), "{scale}: {differ:?} of {}", by_pels.width);
            cleared.put_back(&mut by_runs);
            assert!(by_runs.luma == grid().luma);
        }
    }

    #[test]
    fn what_is_larger_or_hangs_together_stays() {
        assert_eq!(cleared(&[(5, 5, 100), (6, 5, 100), (5, 6, 100), (6, 6, 100)], 0.44).len(), 4, "a full stop");
        assert_eq!(cleared(&[(5, 5, 200), (6, 6, 200), (7, 7, 200)], 0.44).len(), 3, "a hairline");
    }

    #[test]
    fn a_coarse_pixel_near_others_may_be_a_full_stop() {
        let near = [(5, 5, 0), (9, 5, 0), (9, 4, 0), (9, 3, 0)];
        assert_eq!(cleared(&near, 1.0).len(), 4);
        assert_eq!(cleared(&[(5, 5, 0), (11, 5, 0), (11, 4, 0), (11, 3, 0)], 1.0).len(), 3);
        assert_eq!(cleared(&[(5, 5, 0)], 4.0).len(), 1, "pixels of a screen are none");
    }
}
