//! Pictures of one bit a pixel, as black runs, brought onto the fax grid: each run adds to what it covers of the pels at its ends,
//! and to all between, so a row costs its runs and little more.

use ferrofax_fax::page::Rows;

use super::Raster;
use super::resample::{OnGrid, Stretch, is_straight};

/// The same picture with a value for each pixel.
pub(super) fn widened(runs: &Rows) -> Raster {
    let width = usize::from(runs.width());
    let mut luma = vec![255; width * runs.len() as usize];
    for (to, row) in luma.chunks_exact_mut(width.max(1)).zip(runs.iter()) {
        for run in row.chunks(2) {
            let from = run.first().map_or(width, |&at| usize::from(at));
            let end = run.get(1).map_or(width, |&at| usize::from(at));
            to.get_mut(from..end).unwrap_or_default().fill(0);
        }
    }
    Raster::grey(u32::from(runs.width()), runs.len(), luma)
}

/// Black runs on the grid; `None` if they are turned, or not there.
pub(super) fn resample(runs: &Rows, transform: [f64; 6], columns: u16, rows: u32) -> Option<OnGrid> {
    let (width, height) = (usize::from(runs.width()), runs.len() as usize);
    let [a, b, c, d, e, f] = transform;
    let (w, h) = (width as f64, height as f64);
    if width == 0 || height == 0 || !is_straight(b * w, c * h) || transform.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let columns = Stretch::new(&[e, a * w + e], usize::from(columns))?;
    let rows = Stretch::new(&[f, d * h + f], rows as usize)?.flipped(d < 0.0);
    let mut luma = vec![255; columns.len * rows.len];
    // Where a pixel begins, in 256ths of a pel; where it ends, if mirrored.
    let step = (columns.to - columns.from) * 256.0 / w;
    let begin = (columns.from - columns.first as f64) * 256.0;
    let limit = columns.len as f64 * 256.0;
    let place = |pixel: usize| {
        let pixel = if a < 0.0 { width - pixel } else { pixel };
        (pixel as f64 * step + begin).round().clamp(0.0, limit) as u32
    };
    let at: Vec<u32> = (0..=width).map(place).collect();
    let mut cover = Cover::new(columns.len);
    for (span, to) in rows.spans(height).iter().zip(luma.chunks_exact_mut(columns.len)) {
        for (row, &share) in (span.first as u32..).zip(&span.shares) {
            let changes = runs.row(row).unwrap_or_default();
            let end = u16::try_from(width).ok().filter(|_| changes.len() % 2 == 1);
            let mut sign = if a < 0.0 { -i32::from(share) } else { share.into() };
            for &edge in changes.iter().chain(&end) {
                cover.add(at.get(usize::from(edge)).copied().unwrap_or(0), sign);
                sign = -sign;
            }
        }
        cover.take(to);
    }
    let (left, top, width, height) = (columns.first, rows.first, columns.len, rows.len);
    Some(OnGrid { left, top, width, height, luma, least: None, cover: None })
}

/// Pels that are looked at together.
const GROUP: usize = 8;

/// How what is covered changes from pel to pel of a row, in 65536ths.
struct Cover {
    changes: Vec<i32>,
    /// The first group in which there are changes, and the one behind the last.
    first: usize,
    end: usize,
}

impl Cover {
    fn new(width: usize) -> Cover {
        // A change at the very end concerns two more.
        Cover { changes: vec![0; (width + 2).next_multiple_of(GROUP)], first: usize::MAX, end: 0 }
    }

    /// From a place on, given in 256ths of a pel, so much is added.
    fn add(&mut self, at: u32, share: i32) {
        let (pel, part) = ((at >> 8) as usize, (at & 255) as i32);
        if let Some([here, next]) = self.changes.get_mut(pel..).and_then(<[i32]>::first_chunk_mut) {
            *here = here.wrapping_add((256 - part).wrapping_mul(share));
            *next = next.wrapping_add(part.wrapping_mul(share));
            self.first = self.first.min(pel / GROUP);
            self.end = self.end.max((pel + 1) / GROUP + 1);
        }
    }

    /// Writes the row, which must be white, and begins another.
    fn take(&mut self, to: &mut [u8]) {
        let (changes, _) = self.changes.as_chunks_mut::<GROUP>();
        let mut covered = 0i32;
        // 0 to 65536.
        let light = |covered: i32| 255 - (covered.wrapping_sub(covered >> 8) >> 8) as u8;
        let there = changes.iter_mut().zip(to.chunks_mut(GROUP));
        for (changes, to) in there.take(self.end).skip(self.first) {
            if *changes == [0; GROUP] {
                if covered != 0 {
                    to.fill(light(covered));
                }
                continue;
            }
            for (to, change) in to.iter_mut().zip(&*changes) {
                covered = covered.wrapping_add(*change);
                *to = light(covered);
            }
            *changes = [0; GROUP];
        }
        // What lies behind the last pel.
        if let Some(last) = changes.last_mut() {
            *last = [0; GROUP];
        }
        (self.first, self.end) = (usize::MAX, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random.
    struct Dice(u32);

    impl Dice {
        fn below(&mut self, end: u32) -> u32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) % end
        }
    }

    /// A picture of short and long runs, some rows white.
    fn any_picture(dice: &mut Dice) -> Rows {
        let width = 20 + dice.below(120);
        let mut rows = Rows::new(width as u16);
        for _ in 0..10 + dice.below(40) {
            let mut changes = Vec::new();
            let mut at = dice.below(30);
            while at < width && dice.below(9) > 0 {
                changes.push(at as u16);
                at += 1 + dice.below(1 + at % 17);
            }
            rows.push(&changes);
        }
        rows
    }

    fn is_black(row: &[u16], pixel: u16) -> bool {
        row.iter().filter(|&&change| change <= pixel).count() % 2 == 1
    }

    #[test]
    fn each_pel_is_as_dark_as_much_of_it_is_covered() {
        let mut dice = Dice(7);
        for round in 0..60 {
            let runs = any_picture(&mut dice);
            let size = (f64::from(runs.width()), f64::from(runs.len()));
            // Four pixels to a pel at most: each edge is placed to a 256th.
            let mut some = |pixels: u32| pixels.div_ceil(4) + dice.below(pixels * 3 / 4);
            let (columns, rows) = (some(runs.width().into()), some(runs.len()));
            let (shift, beyond) = (dice.below(3), dice.below(4));
            let (a, d) = (f64::from(columns) / size.0, f64::from(rows) / size.1);
            let transform = [a, 0.0, 0.0, d, f64::from(shift), 0.0];
            let Some(seen) = resample(&runs, transform, (shift + columns.saturating_sub(beyond)) as u16, rows) else {
                continue;
            };
            assert_eq!((seen.left, seen.top, seen.height), (shift as usize, 0, rows as usize));
            for y in 0..seen.height {
                for x in 0..seen.width {
                    let part = |pixel: f64, at: usize, scale: f64| {
                        ((pixel + 1.0) * scale).min(at as f64 + 1.0) - (pixel * scale).max(at as f64)
                    };
                    let mut covered = 0.0;
                    for (v, row) in runs.iter().enumerate() {
                        for u in 0..runs.width() {
                            if is_black(row, u) {
                                covered += part(u.into(), x, a).max(0.0) * part(v as f64, y, d).max(0.0);
                            }
                        }
                    }
                    let (luma, expected) = (f64::from(seen.luma[y * seen.width + x]), 255.0 * (1.0 - covered));
                    assert!((luma - expected).abs() < 4.0, "{round}: {luma} for {expected} at {x}, {y}");
                }
            }
        }
    }

    #[test]
    fn at_its_own_size_it_is_the_same_picture() {
        let mut dice = Dice(3);
        for _ in 0..20 {
            let runs = any_picture(&mut dice);
            let seen = resample(&runs, [1.0, 0.0, 0.0, 1.0, 5.0, 2.0], 1728, 100).unwrap();
            assert_eq!(seen.luma, widened(&runs).luma);
        }
    }

    #[test]
    fn mirrored_ones_are_seen_so_and_turned_ones_are_for_others() {
        let runs = any_picture(&mut Dice(1));
        let grey = widened(&runs);
        for (a, d) in [(-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)] {
            let transform = [a, 0.0, 0.0, d, 200.0, 200.0];
            let expected = super::super::resample::resample(&grey, transform, 1728, 1000).unwrap();
            let seen = resample(&runs, transform, 1728, 1000).unwrap();
            assert_eq!((seen.left, seen.top, seen.luma), (expected.left, expected.top, expected.luma));
        }
        assert!(resample(&runs, [0.0, 1.0, 1.0, 0.0, 200.0, 200.0], 1728, 1000).is_none());
    }
}
