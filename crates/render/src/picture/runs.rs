//! Pictures of one bit a pixel, as black runs, brought onto the fax grid: each run adds to what it covers of the pels at its ends,
//! and to all between, so a row costs its runs and little more.

use ferrofax_fax::page::Rows;

use super::Raster;
use super::resample::{OnGrid, Stretch};

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

/// Black runs on the grid; `None` if they are mirrored, turned, or not there.
pub(super) fn resample(runs: &Rows, transform: [f64; 6], columns: u16, rows: u32) -> Option<OnGrid> {
    let (width, height) = (usize::from(runs.width()), runs.len() as usize);
    let [a, b, c, d, e, f] = transform;
    if width == 0 || height == 0 || a <= 0.0 || d <= 0.0 || b != 0.0 || c != 0.0 {
        return None;
    }
    let columns = Stretch::new(&[e, a * width as f64 + e], usize::from(columns))?;
    let rows = Stretch::new(&[f, d * height as f64 + f], rows as usize)?;
    let mut luma = vec![255; columns.len * rows.len];
    // Where a pixel begins, in 256ths of a pel.
    let step = (columns.to - columns.from) * 256.0 / width as f64;
    let begin = (columns.from - columns.first as f64) * 256.0;
    let limit = columns.len as f64 * 256.0;
    let at: Vec<u32> =
        (0..=width).map(|pixel| (pixel as f64 * step + begin).round().clamp(0.0, limit) as u32).collect();
    let mut cover = Cover::new(columns.len);
    for (span, to) in rows.spans(height).iter().zip(luma.chunks_exact_mut(columns.len)) {
        for (row, &share) in (span.first as u32..).zip(&span.shares) {
            let mut sign = i32::from(share);
            for &edge in runs.row(row).unwrap_or_default() {
                cover.add(at.get(usize::from(edge)).copied().unwrap_or(0), sign);
                sign = -sign;
            }
            if sign < 0 {
                cover.add(limit as u32, sign);
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
    /// Groups in which there are changes.
    groups: std::ops::Range<usize>,
}

impl Cover {
    fn new(width: usize) -> Cover {
        // A change at the very end concerns two more.
        Cover { changes: vec![0; (width + 2).next_multiple_of(GROUP)], groups: usize::MAX..0 }
    }

    /// From a place on, given in 256ths of a pel, so much is added.
    fn add(&mut self, at: u32, share: i32) {
        let (pel, part) = ((at >> 8) as usize, (at & 255) as i32);
        if let Some([here, next]) = self.changes.get_mut(pel..).and_then(<[i32]>::first_chunk_mut) {
            *here = here.wrapping_add((256 - part).wrapping_mul(share));
            *next = next.wrapping_add(part.wrapping_mul(share));
            self.groups.start = self.groups.start.min(pel / GROUP);
            self.groups.end = self.groups.end.max((pel + 1) / GROUP + 1);
        }
    }

    /// Writes the row, which must be white, and begins another.
    fn take(&mut self, to: &mut [u8]) {
        let groups = std::mem::replace(&mut self.groups, usize::MAX..0);
        let (changes, _) = self.changes.as_chunks_mut::<GROUP>();
        let mut covered = 0i32;
        // 0 to 65536.
        let light = |covered: i32| 255 - (covered.wrapping_sub(covered >> 8) >> 8) as u8;
        let there = changes.iter_mut().zip(to.chunks_mut(GROUP));
        for (changes, to) in there.take(groups.end).skip(groups.start) {
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
    }
}
