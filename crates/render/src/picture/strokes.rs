//! Pictures of black strokes on white, in black and white: nothing to find out about grounds.
//!
//! Most pels are plainly white or black and stay so, eight at a time. The others are set off against their neighbours as in [`ink`]
//! and are black from half on; hairlines stay. Beyond the picture all is white.
//!
//! What was dithered before it came here has hardly a plain pel over a large area: that is a photograph, or a tint, and not for us.

use std::array::from_fn;

use ferrofax_fax::page::{Bitmap, Resolution};

use super::ground::cell_rows;
use super::ink::{self, ACROSS, is_ridge};
use super::resample::OnGrid;

/// A hairline is darker than both its sides by as much.
const FAINT_STEP: u8 = 20;
/// Pels looked at together: a byte of the page.
const GROUP: usize = 8;
/// Rows about the one at work.
const ABOUT: usize = 5;

/// Lighter is never black: a fifth of a pel is covered, or, where pixels are so small, as much as two pels have of a line of one
/// pixel that lies between them.
fn faint(pixel: f64) -> u8 {
    (255.0 - 115.0 * pixel).clamp(204.0, 224.0) as u8
}

/// Paints the picture, of pixels so many pels wide and rows high. False if it is dithered: then the page is spoilt where the picture
/// lies.
pub(super) fn paint(picture: &OnGrid, pixel: (f64, f64), resolution: Resolution, target: &mut Bitmap) -> bool {
    let (stride, pad) = (ink::stride(picture), picture.left % GROUP);
    let rule = Rule { down: ink::down(resolution), faint_across: faint(pixel.0), faint_down: faint(pixel.1) };
    // A group to each side, for what is beyond.
    let mut near: [Vec<u8>; ABOUT] = from_fn(|_| vec![255; (stride + 2) * GROUP]);
    let load = |row: &mut Vec<u8>, y: usize| match picture.luma.get(y * picture.width..(y + 1) * picture.width) {
        Some(pels) => {
            let start = GROUP + pad;
            row.get_mut(start..start + picture.width).unwrap_or_default().copy_from_slice(pels);
        }
        None => row.fill(255),
    };
    let [_, _, here, below, far_below] = &mut near;
    load(here, 0);
    load(below, 1);
    load(far_below, 2);
    let mut bytes = vec![0; stride];
    let mut dither = Dither::new(stride, resolution);
    for y in 0..picture.height {
        for (at, byte) in bytes.iter_mut().enumerate() {
            let first = (at + 1) * GROUP;
            let pels: [u8; GROUP] = group(&near[2], first);
            *byte = match u64::from_ne_bytes(pels) {
                u64::MAX => 0,
                0 => 0xff,
                _ => {
                    dither.mixed(at);
                    rule.mixed(&near, first)
                }
            };
        }
        dither.end_row();
        ink::write_row(picture, y, &bytes, target, None);
        near.rotate_left(1);
        load(&mut near[ABOUT - 1], y + 3);
    }
    !dither.is_found
}

/// Pels of a row from a place on.
fn group<const N: usize>(row: &[u8], first: usize) -> [u8; N] {
    row.get(first..).and_then(|row| row.first_chunk().copied()).unwrap_or([255; N])
}

/// What makes a pel black.
struct Rule {
    /// See [`ink::down`].
    down: i16,
    /// Lines down the page and along the row are not lighter.
    faint_across: u8,
    faint_down: u8,
}

impl Rule {
    /// What is black of eight pels that are neither all white nor all black.
    fn mixed(&self, near: &[Vec<u8>; ABOUT], first: usize) -> u8 {
        let [_, above, here, below, _] = near;
        let pels: [u8; GROUP] = group(here, first);
        let [left, right] = [first - 1, first + 1].map(|first| group::<GROUP>(here, first));
        let [above, below] = [above, below].map(|row| group::<GROUP>(row, first));
        let sharp = from_fn(|at| {
            let [pel, left, right, above, below] =
                [pels, left, right, above, below].map(|pels| i16::from(pels.get(at).copied().unwrap_or(255)));
            let across_by = (pel << 1).wrapping_sub(left).wrapping_sub(right);
            let down_by = (pel << 1).wrapping_sub(above).wrapping_sub(below);
            let off = across_by.wrapping_mul(ACROSS).wrapping_add(down_by.wrapping_mul(self.down));
            pel.wrapping_add(off >> 3).clamp(0, 255) as u8
        });
        let mut bits = ink::below(&sharp, &[128; GROUP]);
        let mut open = ink::below(&pels, &[self.faint_across.max(self.faint_down); GROUP]) & !bits;
        while open != 0 {
            let at = open.leading_zeros() as usize;
            let bit = 0x80 >> at;
            open ^= bit;
            let x = first + at;
            let ends = near.each_ref().map(|row| row.get(x).copied().unwrap_or(255));
            let [_, _, pel, _, _] = ends;
            if (pel < self.faint_down && is_ridge(ends, FAINT_STEP))
                || (pel < self.faint_across && is_ridge(group(here, x - 2), FAINT_STEP))
            {
                bits |= bit;
            }
        }
        bits
    }
}

/// Looks for areas that have no plain groups, in squares of a millimetre.
struct Dither {
    /// Rows of a square, and the row at work.
    rows: u8,
    row: u8,
    /// Mixed groups in each square of the row of squares at work.
    counts: Vec<u8>,
    /// How many rows of squares above were mixed, at each column.
    depth: Vec<u8>,
    is_found: bool,
}

/// Squares along each side of an area without plain groups. Between lines of text there is always one.
const AREA: usize = 6;

impl Dither {
    fn new(groups: usize, resolution: Resolution) -> Dither {
        // At most 16.
        let rows = (cell_rows(resolution) * GROUP / 2) as u8;
        Dither { rows, row: 0, counts: vec![0; groups], depth: vec![0; groups], is_found: false }
    }

    fn mixed(&mut self, group: usize) {
        if let Some(count) = self.counts.get_mut(group) {
            *count += 1;
        }
    }

    fn end_row(&mut self) {
        self.row += 1;
        if self.row < self.rows {
            return;
        }
        self.row = 0;
        let mut across = 0;
        for (count, depth) in self.counts.iter_mut().zip(&mut self.depth) {
            let is_mixed = u32::from(*count) * 4 >= u32::from(self.rows) * 3;
            *count = 0;
            *depth = if is_mixed { depth.saturating_add(1) } else { 0 };
            across = if usize::from(*depth) >= AREA { across + 1 } else { 0 };
            self.is_found |= across >= AREA;
        }
    }
}

#[cfg(test)]
mod tests {
    use ferrofax_fax::page::{Rows, WIDTH_PELS};

    use super::super::runs;
    use super::*;

    const FINE: Resolution = Resolution::Fine;

    /// A picture of so many pixels, black where it is said, on a page that was black; and whether it was painted.
    fn painted(size: (u16, u32), left: f64, scale: f64, is_black: impl Fn(u16, u32) -> bool) -> (Bitmap, bool) {
        let mut pixels = Bitmap::new(size.0, size.1);
        (0..size.1).for_each(|y| (0..size.0).filter(|&x| is_black(x, y)).for_each(|x| pixels.set_black(x, y)));
        let rows: Rows = pixels.to_rows();
        let on_grid = runs::resample(&rows, [scale, 0.0, 0.0, scale, left, 0.0], WIDTH_PELS, 400).unwrap();
        let mut page = Bitmap::new(WIDTH_PELS, 400);
        for y in 0..400 {
            page.row_mut(y).unwrap().fill(0xff);
        }
        let done = paint(&on_grid, (scale, scale), FINE, &mut page);
        (page, done)
    }

    #[test]
    fn a_picture_on_the_grid_is_copied() {
        let pattern = |x: u16, y: u32| (u32::from(x) * 7 + y * y * 3 + u32::from(x) * y) % 11 < 4 && y % 16 < 12;
        for left in [0, 3, 8, 13] {
            let (page, done) = painted((300, 200), f64::from(left), 1.0, pattern);
            assert!(done);
            for y in 0..200 {
                for x in 0..WIDTH_PELS {
                    let expected = !(left..left + 300).contains(&x) || pattern(x - left, y);
                    assert_eq!(page.is_black(x, y), expected, "{x}, {y} from {left}");
                }
            }
        }
    }

    #[test]
    fn lines_of_one_pixel_stay_whole_wherever_they_fall() {
        for dots in [300.0, 400.0, 600.0] {
            let scale = 204.0 / dots;
            for at in 40..60 {
                let (down, _) = painted((100, 100), 0.0, scale, |x, _| x == at);
                let (across, _) = painted((100, 100), 0.0, scale, |_, y| y == u32::from(at));
                let side = (100.0 * scale) as u16;
                for place in 0..side {
                    assert!((0..side).any(|x| down.is_black(x, place.into())), "{dots} dpi: line {at}, row {place}");
                    assert!((0..side).any(|y| across.is_black(place, y.into())), "{dots} dpi: line {at}, pel {place}");
                }
            }
        }
    }

    #[test]
    fn what_is_dithered_is_told_from_text() {
        let dots =
            |x: u16, y: u32| (u32::from(x) + y).is_multiple_of(2) || (x.is_multiple_of(4) && y.is_multiple_of(4));
        assert!(!painted((300, 300), 0.0, 0.68, dots).1);
        // Letters 2 mm high at a distance of 3 mm, without spaces between words.
        let text = |x: u16, y: u32| y % 36 < 24 && (u32::from(x) * 5 + y / 3) % 9 < 4;
        assert!(painted((500, 500), 0.0, 0.68, text).1);
        // Small dithered marks are no photographs.
        assert!(painted((300, 300), 0.0, 0.68, |x, y| x < 50 && y < 50 && dots(x, y)).1);
    }
}
