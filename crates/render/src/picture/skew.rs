//! How far the lines of a page of print are askew, seen in black and white.
//!
//! The page is cut into upright bands, and the ink of each row of a band counted. Where the bands are shifted against each other by
//! the angle of the lines, their sum changes most sharply from row to row: lines and the white between them fall together.

use ferrofax_fax::page::{Bitmap, Resolution};

use super::ground::cell_rows;
use crate::geometry::{PELS_PER_MM, lines_per_mm};

/// Less is not worth a page drawn twice: no letter more is read.
const LEAST: f64 = 0.75;
/// More is not the scanner's doing.
const MOST: f64 = 5.0;
/// Between the angles tried first, and then about the best of those.
const COARSE: f64 = 0.25;
const FINE: f64 = 0.05;
/// Angles nearer to the best are the same peak.
const PEAK: f64 = 1.0;
/// Changes at the best angle are so many times those at any other, and those upright.
const CLEAR: u64 = 2;
/// Print has so many lines.
const LINES: usize = 6;
/// A step of more pels is the edge of something dark, and counts no more than this.
const STEP_MAX: u16 = 400;

/// Pels of a band: a word.
const BAND: usize = 64;
/// Rows that bands may be shifted, up and down, at standard resolution: more than [`MOST`] asks for.
const MARGIN: usize = 48;

/// The angle by which lines fall to the right, in degrees; `None` if they lie straight, or there are no clear ones.
pub(super) fn find(page: &Bitmap, resolution: Resolution) -> Option<f64> {
    let bands = Bands::new(page, resolution);
    let changes = |degrees: f64| (bands.changes(degrees), degrees);
    let steps = (MOST / COARSE) as i32 + 1;
    let coarse: Vec<(u64, f64)> = (-steps..=steps).map(|step| changes(f64::from(step) * COARSE)).collect();
    let (_, about) = coarse.iter().copied().max_by_key(|(changes, _)| *changes)?;
    if about.abs() < LEAST / 2.0 {
        return None;
    }
    let fine = (-5..=5).map(|step| changes(about + f64::from(step) * FINE));
    let (most, best) = fine.max_by_key(|(changes, _)| *changes)?;
    let others = coarse.iter().filter(|(_, degrees)| (degrees - best).abs() >= PEAK).map(|(changes, _)| *changes);
    let other = others.chain([bands.changes(0.0)]).max()?;
    let is_clear = most >= other.saturating_mul(CLEAR) && bands.lines(best) >= LINES;
    (is_clear && (LEAST..=MOST).contains(&best.abs())).then_some(best)
}

/// The ink in each row of each band, rows of standard resolution, white rows above and below.
struct Bands {
    ink: Vec<Vec<u16>>,
    rows: usize,
}

impl Bands {
    fn new(page: &Bitmap, resolution: Resolution) -> Bands {
        let every = cell_rows(resolution);
        let rows = (page.rows() as usize).div_ceil(every);
        let mut ink = vec![vec![0; rows + 2 * MARGIN]; page.stride() * 8 / BAND];
        for (y, row) in page.as_bytes().chunks_exact(page.stride().max(1)).step_by(every).enumerate() {
            let (words, _) = row.as_chunks::<{ BAND / 8 }>();
            for (band, word) in ink.iter_mut().zip(words) {
                if let Some(to) = band.get_mut(MARGIN + y) {
                    // At most 64.
                    *to = u64::from_ne_bytes(*word).count_ones() as u16;
                }
            }
        }
        Bands { ink, rows }
    }

    /// The ink of whole rows that fall by an angle.
    fn sums(&self, degrees: f64) -> Vec<u16> {
        let shift = degrees.to_radians().tan() * BAND as f64 / PELS_PER_MM * lines_per_mm(Resolution::Standard);
        let middle = (self.ink.len() as f64 - 1.0) / 2.0;
        let mut sums = vec![0u16; self.rows];
        for (at, band) in self.ink.iter().enumerate() {
            // Less than the margin.
            let from = (MARGIN as f64 + (at as f64 - middle) * shift).round() as usize;
            // At most a row's pels.
            sums.iter_mut()
                .zip(band.get(from..).unwrap_or_default())
                .for_each(|(sum, &ink)| *sum = sum.wrapping_add(ink));
        }
        sums
    }

    /// How sharply those rows differ from one to the next.
    fn changes(&self, degrees: f64) -> u64 {
        let step = |pair: &[u16; 2]| u64::from(pair[0].abs_diff(pair[1]).min(STEP_MAX));
        self.sums(degrees).array_windows().map(step).map(|step| step * step).sum()
    }

    /// How often they go from less than the mean to more.
    fn lines(&self, degrees: f64) -> usize {
        let sums = self.sums(degrees);
        let mean = (sums.iter().map(|&sum| u64::from(sum)).sum::<u64>() / self.rows.max(1) as u64) as u16;
        sums.array_windows().filter(|[above, below]| *above <= mean && *below > mean).count()
    }
}

#[cfg(test)]
mod tests {
    use ferrofax_fax::page::WIDTH_PELS;

    use super::*;
    use crate::geometry::Paper;

    /// A page that is black where it is said, in millimetres from its middle.
    fn page(resolution: Resolution, is_black: impl Fn(f64, f64) -> bool) -> Bitmap {
        let rows = Paper::A4.rows(resolution);
        let mut page = Bitmap::new(WIDTH_PELS, rows);
        for y in 0..rows {
            let down = (f64::from(y) - f64::from(rows) / 2.0) / lines_per_mm(resolution);
            for x in 0..WIDTH_PELS {
                if is_black((f64::from(x) - f64::from(WIDTH_PELS) / 2.0) / PELS_PER_MM, down) {
                    page.set_black(x, y);
                }
            }
        }
        page
    }

    /// Lines of letters 2 mm high, every 5 mm.
    fn print(across: f64, down: f64) -> bool {
        across.abs() < 80.0 && down.abs() < 120.0 && down.rem_euclid(5.0) < 2.0 && across.rem_euclid(1.5) < 0.5
    }

    fn print_at(degrees: f64, resolution: Resolution) -> Bitmap {
        let (sin, cos) = degrees.to_radians().sin_cos();
        page(resolution, |x, y| print(x * cos + y * sin, y * cos - x * sin))
    }

    #[test]
    fn the_angle_of_lines_is_found() {
        for resolution in [Resolution::Standard, Resolution::Fine] {
            for degrees in [-4.0, -1.5, 1.0, 2.0, 3.3] {
                let found = find(&print_at(degrees, resolution), resolution).expect("an angle");
                assert!((found - degrees).abs() < 0.15, "{found} for {degrees}");
            }
        }
    }

    #[test]
    fn straight_lines_and_those_too_far_askew_have_none() {
        for degrees in [0.0, 0.3, -0.5, 8.0, 90.0] {
            assert_eq!(find(&print_at(degrees, Resolution::Fine), Resolution::Fine), None, "{degrees}");
        }
    }

    #[test]
    fn art_is_no_print() {
        let hatching = |x: f64, y: f64| (x * 0.7 + y * 0.7).rem_euclid(4.0) < 0.4;
        let rings = |x: f64, y: f64| x.hypot(y).rem_euclid(6.0) < 0.5;
        let one_line = |x: f64, y: f64| (y - x * 0.03).abs() < 0.4;
        assert_eq!(find(&page(Resolution::Fine, hatching), Resolution::Fine), None, "hatching");
        assert_eq!(find(&page(Resolution::Fine, rings), Resolution::Fine), None, "rings");
        assert_eq!(find(&page(Resolution::Fine, one_line), Resolution::Fine), None, "one line");
        assert_eq!(find(&page(Resolution::Fine, |_, _| false), Resolution::Fine), None, "nothing");
    }
}
