//! Specks on scans of one bit a pixel: single pixels with nothing but white about them.

use ferrofax_fax::page::Resolution;

use super::resample::OnGrid;
use crate::geometry::{PELS_PER_MM, lines_per_mm};

/// A full stop has more than one pixel where these are smaller than this, in millimetres (230 dots an inch).
const FINE_MM: f64 = 0.11;
/// From here on (150 dots an inch) a pixel may be one; between, it is none if nothing else is near.
const COARSE_MM: f64 = 0.17;
/// Pels from a word to its full stop, at most.
const APART: usize = 4;

/// Makes specks white, on a picture whose pixels cover so many pels.
pub(super) fn clear(picture: &mut OnGrid, pixel_pels: f64, resolution: Resolution) {
    let side_mm = (pixel_pels / PELS_PER_MM / lines_per_mm(resolution)).sqrt();
    let ring = match side_mm {
        side if side < FINE_MM => 1,
        side if side < COARSE_MM => APART,
        _ => return,
    };
    let width = picture.width;
    // A quarter more for what is rounded. Casts saturate.
    let most = (pixel_pels * 255.0 * 1.25) as u32 + 8;
    for y in 0..picture.height {
        let row = picture.luma.get(y * width..(y + 1) * width).unwrap_or_default();
        let groups = row.chunks(GROUP).enumerate().filter(|(_, pels)| **pels != [255; GROUP]);
        let starts: Vec<usize> = groups.map(|(group, _)| group * GROUP).collect();
        for x in starts.into_iter().flat_map(|start| start..(start + GROUP).min(width)) {
            if is_speck(picture, (x, y), ring, most) {
                for y in y..(y + SPECK).min(picture.height) {
                    let speck = picture.luma.get_mut(y * width + x..(y * width + x + SPECK).min((y + 1) * width));
                    speck.unwrap_or_default().fill(255);
                }
            }
        }
    }
}

/// Pels looked at together.
const GROUP: usize = 8;
/// Pels along the side of what one pixel touches.
const SPECK: usize = 2;

/// All ink about a place is in the pels that begin there, and there is no more than this of it.
fn is_speck(picture: &OnGrid, (x, y): (usize, usize), ring: usize, most: u32) -> bool {
    let pels = |columns: std::ops::Range<usize>, y: usize| {
        let row = picture.luma.get(y * picture.width..(y + 1) * picture.width).unwrap_or_default();
        row.get(columns.start.min(row.len())..columns.end.min(row.len())).unwrap_or_default()
    };
    let is_white = |columns, y| pels(columns, y).iter().all(|&pel| pel == 255);
    let ink = |y| pels(x..x + SPECK, y).iter().map(|&pel| 255 - u32::from(pel)).sum::<u32>();
    let left = x.saturating_sub(ring);
    pels(x..x + 1, y) != [255]
        && is_white(left..x, y)
        && ink(y) + ink(y + 1) <= most
        && (y.saturating_sub(ring)..y).all(|y| is_white(left..x + SPECK + ring, y))
        && (y..y + SPECK).all(|y| is_white(left..x, y) && is_white(x + SPECK..x + SPECK + ring, y))
        && (y + SPECK..y + SPECK + ring).all(|y| is_white(left..x + SPECK + ring, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ink at places of a white picture of 16 × 16 pels.
    fn cleared(ink: &[(usize, usize, u8)], pixel_pels: f64) -> Vec<(usize, usize)> {
        let mut luma = vec![255; 256];
        ink.iter().for_each(|&(x, y, luma_here)| luma[y * 16 + x] = luma_here);
        let mut picture = OnGrid { left: 0, top: 0, width: 16, height: 16, luma, least: None, cover: None };
        clear(&mut picture, pixel_pels, Resolution::Fine);
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
