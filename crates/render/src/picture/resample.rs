//! From a picture's own grid to the fax grid: where pels are larger than pixels each becomes the mean of what it covers, so no
//! stroke is skipped; where they are smaller it lies between its neighbours, so that soft edges stay soft until the threshold.
//!
//! Upright, mirrored and turned by quarters, pictures are scaled in two steps, rows first. At any other angle a few points of
//! each pel are looked up.

use super::Raster;

/// A picture on the fax grid: a rectangle of the page.
pub(crate) struct OnGrid {
    /// First column of the page.
    pub(crate) left: usize,
    /// First row of the page.
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// The whole picture is on the page, and this much of it: all that a sheet shows.
    pub(crate) luma: Vec<u8>,
    /// See [`Raster::least`].
    pub(crate) least: Option<Vec<u8>>,
    /// How much of each pel the picture covers; without it all of each.
    pub(crate) cover: Option<Vec<u8>>,
}

/// Luma and the like of `raster` on a page of `columns` × `rows`; `None` if nothing of it is there.
pub(super) fn resample(raster: &Raster, transform: [f64; 6], columns: u16, rows: u32) -> Option<OnGrid> {
    let (width, height) = (raster.width as usize, raster.height as usize);
    if width == 0 || height == 0 || transform.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let [a, b, c, d, e, f] = transform;
    let (w, h) = (f64::from(raster.width), f64::from(raster.height));
    let corners_x = [e, a * w + e, c * h + e, a * w + c * h + e];
    let corners_y = [f, b * w + f, d * h + f, b * w + d * h + f];
    let columns = Stretch::new(&corners_x, usize::from(columns))?;
    let rows = Stretch::new(&corners_y, rows as usize)?;
    let straight = is_straight(b * w, c * h);
    let turned = is_straight(a * w, d * h);
    let plane = |pels: &[u8], beyond: u8| {
        if straight {
            scale(pels, (width, height), &columns.flipped(a < 0.0), &rows.flipped(d < 0.0), beyond)
        } else if turned {
            let pels = transposed(pels, width, height, beyond);
            scale(&pels, (height, width), &columns.flipped(c < 0.0), &rows.flipped(b < 0.0), beyond)
        } else {
            look_up(pels, (width, height), transform, &columns, &rows, beyond).0
        }
    };
    let on_white = |pels: &[u8]| -> Vec<u8> {
        match &raster.alpha {
            None => plane(pels, 255),
            Some(alpha) => {
                let mixed = |(&pel, &alpha): (&u8, &u8)| 255 - ((255 - u32::from(pel)) * u32::from(alpha) / 255) as u8;
                plane(&pels.iter().zip(alpha).map(mixed).collect::<Vec<u8>>(), 255)
            }
        }
    };
    let luma = on_white(&raster.luma);
    let least = raster.least.as_deref().map(on_white);
    let cover = match &raster.alpha {
        Some(alpha) => Some(plane(alpha, 0)),
        None if straight || turned => None,
        None => Some(look_up(&[], (width, height), transform, &columns, &rows, 255).1),
    };
    Some(OnGrid { left: columns.first, top: rows.first, width: columns.len, height: rows.len, luma, least, cover })
}

/// Less than a third of a pel askew over the whole picture counts as straight.
pub(super) fn is_straight(one: f64, other: f64) -> bool {
    one.abs() < 0.34 && other.abs() < 0.34
}

/// Where one side of the picture comes to lie.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    /// The whole side on the grid, in whole pels; may begin and end beyond the page.
    pub(super) from: f64,
    pub(super) to: f64,
    /// What of it is on the page.
    pub(super) first: usize,
    pub(super) len: usize,
    flipped: bool,
}

impl Stretch {
    pub(super) fn new(corners: &[f64], page: usize) -> Option<Stretch> {
        let from = corners.iter().copied().fold(f64::INFINITY, f64::min).round();
        let to = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max).round().max(from + 1.0);
        let first = from.clamp(0.0, page as f64) as usize;
        let last = to.clamp(0.0, page as f64) as usize;
        (last > first).then_some(Stretch { from, to, first, len: last - first, flipped: false })
    }

    pub(super) fn flipped(self, flipped: bool) -> Stretch {
        Stretch { flipped, ..self }
    }

    /// What each pel is made of, from a side of so many pixels.
    pub(super) fn spans(&self, pixels: usize) -> Vec<Span> {
        let step = pixels as f64 / (self.to - self.from);
        (self.first..self.first + self.len)
            .map(|at| {
                let begin = (at as f64 - self.from) * step;
                let span = (begin, begin + step);
                let (begin, end) = if self.flipped { (pixels as f64 - span.1, pixels as f64 - span.0) } else { span };
                Span::new(begin.max(0.0), end.min(pixels as f64), pixels)
            })
            .collect()
    }
}

/// Consecutive pixels with their shares, which are 256 together.
#[derive(Clone)]
pub(super) struct Span {
    pub(super) first: usize,
    pub(super) shares: Vec<u16>,
}

impl Span {
    fn new(begin: f64, end: f64, pixels: usize) -> Span {
        let last = pixels.saturating_sub(1);
        if end - begin < 1.0 {
            // Between the middles of two pixels.
            let at = (begin + end) / 2.0 - 0.5;
            let first = (at.floor().max(0.0) as usize).min(last);
            let share = ((at - first as f64).clamp(0.0, 1.0) * 256.0).round() as u16;
            let shares = if share == 0 || first == last { vec![256] } else { vec![256 - share, share] };
            return Span { first, shares };
        }
        let first = (begin as usize).min(last);
        let end_at = (end.ceil() as usize).clamp(first + 1, pixels);
        let length = end - begin;
        // Rounded ends, so that the shares always make a whole.
        let mark = |at: f64| (((at - begin) / length).clamp(0.0, 1.0) * 256.0).round() as u16;
        let shares = (first..end_at).map(|at| mark((at + 1) as f64).saturating_sub(mark(at as f64))).collect();
        Span { first, shares }
    }
}

/// Scales a plane. What it lacks is `beyond`.
fn scale(pels: &[u8], (width, height): (usize, usize), columns: &Stretch, rows: &Stretch, beyond: u8) -> Vec<u8> {
    let columns = columns.spans(width);
    let mut scaled = vec![beyond; columns.len() * rows.len];
    let mut sums = vec![0u16; width + 3];
    let taps = Taps::new(&columns);
    let same = taps.is_copy(width);
    for (span, to) in rows.spans(height).iter().zip(scaled.chunks_exact_mut(columns.len())) {
        let row = |at: usize| pels.get((span.first + at) * width..(span.first + at + 1) * width);
        if let ([256], Some(row)) = (&span.shares[..], row(0))
            && same
        {
            to.copy_from_slice(row);
            continue;
        }
        add_rows(&mut sums, &span.shares, row, beyond, width);
        taps.gather(&sums, to);
    }
    scaled
}

/// The sum of rows by their shares.
fn add_rows<'a>(sums: &mut [u16], shares: &[u16], row: impl Fn(usize) -> Option<&'a [u8]>, beyond: u8, width: usize) {
    let sums = sums.get_mut(..width).unwrap_or_default();
    let mut filled = false;
    let mut rest = shares;
    let mut at = 0;
    // Two rows at a time: fewer passes over the sums.
    while let [share, tail @ ..] = rest {
        let Some(here) = row(at) else {
            let add = share.wrapping_mul(u16::from(beyond));
            if filled {
                sums.iter_mut().for_each(|sum| *sum = sum.wrapping_add(add));
            } else {
                sums.fill(add);
                filled = true;
            }
            (rest, at) = (tail, at + 1);
            continue;
        };
        match (tail, row(at + 1)) {
            ([second, tail @ ..], Some(below)) if !filled => {
                for ((sum, &upper), &lower) in sums.iter_mut().zip(here).zip(below) {
                    *sum = share.wrapping_mul(u16::from(upper)).wrapping_add(second.wrapping_mul(u16::from(lower)));
                }
                filled = true;
                (rest, at) = (tail, at + 2);
            }
            ([second, tail @ ..], Some(below)) => {
                for ((sum, &upper), &lower) in sums.iter_mut().zip(here).zip(below) {
                    let both = share.wrapping_mul(u16::from(upper)).wrapping_add(second.wrapping_mul(u16::from(lower)));
                    *sum = sum.wrapping_add(both);
                }
                (rest, at) = (tail, at + 2);
            }
            _ if !filled => {
                for (sum, &pel) in sums.iter_mut().zip(here) {
                    *sum = share.wrapping_mul(u16::from(pel));
                }
                filled = true;
                (rest, at) = (tail, at + 1);
            }
            _ => {
                for (sum, &pel) in sums.iter_mut().zip(here) {
                    *sum = sum.wrapping_add(share.wrapping_mul(u16::from(pel)));
                }
                (rest, at) = (tail, at + 1);
            }
        }
    }
}

/// The shares of all columns, in the form that suits their number.
enum Taps {
    /// At most three a column, the usual case: the first pixel and three shares.
    Three(Vec<(u32, [u32; 3])>),
    Many(Vec<Span>),
}

impl Taps {
    fn new(spans: &[Span]) -> Taps {
        if spans.iter().all(|span| span.shares.len() <= 3) {
            let share = |span: &Span, at: usize| u32::from(span.shares.get(at).copied().unwrap_or(0));
            // A picture has fewer columns than a u32 has numbers.
            return Taps::Three(
                spans.iter().map(|span| (span.first as u32, [0, 1, 2].map(|at| share(span, at)))).collect(),
            );
        }
        Taps::Many(spans.to_vec())
    }

    /// Every pel is its pixel.
    fn is_copy(&self, width: usize) -> bool {
        match self {
            Taps::Three(taps) => {
                taps.len() == width
                    && taps
                        .iter()
                        .enumerate()
                        .all(|(at, (first, shares))| at == *first as usize && *shares == [256, 0, 0])
            }
            Taps::Many(_) => false,
        }
    }

    fn gather(&self, sums: &[u16], to: &mut [u8]) {
        match self {
            Taps::Three(taps) => {
                for (to, &(first, [one, two, three])) in to.iter_mut().zip(taps) {
                    let Some(&[a, b, c]) = sums.get(first as usize..).and_then(|sums| sums.first_chunk()) else {
                        continue;
                    };
                    let sum = (u32::from(a).wrapping_mul(one))
                        .wrapping_add(u32::from(b).wrapping_mul(two))
                        .wrapping_add(u32::from(c).wrapping_mul(three));
                    *to = (sum.wrapping_add(0x8000) >> 16) as u8;
                }
            }
            Taps::Many(spans) => {
                for (to, span) in to.iter_mut().zip(spans) {
                    let sum = span
                        .shares
                        .iter()
                        .zip(sums.get(span.first..).unwrap_or_default())
                        .fold(0x8000u32, |sum, (&share, &pels)| {
                            sum.wrapping_add(u32::from(share).wrapping_mul(u32::from(pels)))
                        });
                    *to = (sum >> 16) as u8;
                }
            }
        }
    }
}

/// Rows become columns.
fn transposed(pels: &[u8], width: usize, height: usize, beyond: u8) -> Vec<u8> {
    const BLOCK: usize = 32;
    let mut transposed = vec![beyond; width * height];
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for x in left..(left + BLOCK).min(width) {
                let bottom = (top + BLOCK).min(height);
                let Some(to) = transposed.get_mut(x * height + top..x * height + bottom) else { continue };
                for (to, y) in to.iter_mut().zip(top..) {
                    *to = pels.get(y * width + x).copied().unwrap_or(beyond);
                }
            }
        }
    }
    transposed
}

/// Points looked up along each side of a pel, at most.
const POINTS_MAX: f64 = 4.0;

/// A plane at any angle, and how much of each pel it covers.
fn look_up(
    pels: &[u8],
    (width, height): (usize, usize),
    [a, b, c, d, e, f]: [f64; 6],
    columns: &Stretch,
    rows: &Stretch,
    beyond: u8,
) -> (Vec<u8>, Vec<u8>) {
    let count = columns.len * rows.len;
    let (mut values, mut cover) = (vec![beyond; count], vec![0; count]);
    let determinant = a * d - b * c;
    if determinant.abs() < 1e-12 {
        return (values, cover);
    }
    // From pels back to pixels.
    let (ia, ib, ic, id) = (d / determinant, -b / determinant, -c / determinant, a / determinant);
    let points = |x: f64, y: f64| x.hypot(y).ceil().clamp(1.0, POINTS_MAX);
    let (across, down) = (points(ia, ib), points(ic, id));
    let steps = |count: f64| (0..count as usize).map(move |at| (at as f64 + 0.5) / count);
    for y in 0..rows.len {
        for x in 0..columns.len {
            let (mut sum, mut hits) = (0u32, 0u32);
            for dy in steps(down) {
                for dx in steps(across) {
                    let (px, py) = ((columns.first + x) as f64 + dx - e, (rows.first + y) as f64 + dy - f);
                    let (u, v) = (ia * px + ic * py, ib * px + id * py);
                    if u < 0.0 || v < 0.0 || u >= width as f64 || v >= height as f64 {
                        continue;
                    }
                    hits += 1;
                    sum += u32::from(pels.get(v as usize * width + u as usize).copied().unwrap_or(beyond));
                }
            }
            let at = y * columns.len + x;
            if let (Some(value), Some(cover), 1..) = (values.get_mut(at), cover.get_mut(at), hits) {
                *value = (sum / hits) as u8;
                *cover = (hits * 255 / (across * down) as u32) as u8;
            }
        }
    }
    (values, cover)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(from: &[u8], size: (u32, u32), to: (u16, u32)) -> Vec<u8> {
        let raster = Raster::grey(size.0, size.1, from.to_vec());
        let transform = [f64::from(to.0) / f64::from(size.0), 0.0, 0.0, f64::from(to.1) / f64::from(size.1), 0.0, 0.0];
        resample(&raster, transform, to.0, to.1).unwrap().luma
    }

    #[test]
    fn each_pel_is_the_mean_of_what_it_covers() {
        assert_eq!(scaled(&[0, 100, 200, 100], (2, 2), (1, 1)), [100]);
        assert_eq!(scaled(&[0, 255, 255], (3, 1), (2, 1)), [85, 255]);
        assert_eq!(scaled(&[0, 10, 20, 30, 40, 50, 60, 70], (8, 1), (2, 1)), [15, 55]);
    }

    #[test]
    fn between_pixels_values_lie_between() {
        assert_eq!(scaled(&[0, 200], (2, 1), (4, 1)), [0, 50, 150, 200]);
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture: Vec<u8> = (0..=255).collect();
        assert_eq!(scaled(&picture, (32, 8), (32, 8)), picture);
    }

    #[test]
    fn turned_and_mirrored_pictures_are_seen_so() {
        let raster = Raster::grey(3, 2, vec![1, 2, 3, 4, 5, 6]);
        let seen = |transform, columns, rows| resample(&raster, transform, columns, rows).unwrap().luma;
        assert_eq!(seen([-1.0, 0.0, 0.0, 1.0, 3.0, 0.0], 3, 2), [3, 2, 1, 6, 5, 4]);
        assert_eq!(seen([1.0, 0.0, 0.0, -1.0, 0.0, 2.0], 3, 2), [4, 5, 6, 1, 2, 3]);
        // A quarter counter-clockwise, and one clockwise.
        assert_eq!(seen([0.0, -1.0, 1.0, 0.0, 0.0, 3.0], 2, 3), [3, 6, 2, 5, 1, 4]);
        assert_eq!(seen([0.0, 1.0, -1.0, 0.0, 2.0, 0.0], 2, 3), [4, 1, 5, 2, 6, 3]);
    }

    #[test]
    fn what_lies_beyond_the_page_is_left_out() {
        let raster = Raster::grey(4, 1, vec![10, 20, 30, 40]);
        let seen = resample(&raster, [1.0, 0.0, 0.0, 1.0, -1.0, 0.0], 2, 1).unwrap();
        assert_eq!((seen.left, seen.luma), (0, vec![20, 30]));
        assert!(resample(&raster, [1.0, 0.0, 0.0, 1.0, 9.0, 0.0], 2, 1).is_none());
    }

    #[test]
    fn at_an_angle_the_corners_are_not_covered() {
        let raster = Raster::grey(10, 10, vec![7; 100]);
        let (sin, cos) = std::f64::consts::FRAC_PI_4.sin_cos();
        let seen = resample(&raster, [cos, sin, -sin, cos, 8.0, 0.0], 16, 16).unwrap();
        let cover = seen.cover.unwrap();
        assert_eq!((cover[0], cover[seen.width * seen.height / 2 + seen.width / 2]), (0, 255));
        assert_eq!(seen.luma[seen.width * seen.height / 2 + seen.width / 2], 7);
    }
}
