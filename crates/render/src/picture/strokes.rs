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

/// Lighter is never black: 1/8 of a pel is covered.
const FAINT: u8 = 224;
/// A hairline is darker than both its sides by as much.
const FAINT_STEP: u8 = 20;
/// Pels looked at together: a byte of the page.
const GROUP: usize = 8;
/// Rows about the one at work.
const ABOUT: usize = 5;

/// Paints the picture. False if it is dithered: then the page is spoilt where the picture lies.
pub(super) fn paint(picture: &OnGrid, resolution: Resolution, target: &mut Bitmap) -> bool {
    let (stride, pad) = (ink::stride(picture), picture.left % GROUP);
    let down = ink::down(resolution);
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
                    mixed(&near, first, down)
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

/// What is black of eight pels that are neither all white nor all black.
fn mixed(near: &[Vec<u8>; ABOUT], first: usize, down: i16) -> u8 {
    let [_, above, here, below, _] = near;
    let wide: [u8; GROUP + 2] = group(here, first - 1);
    let (above, below): ([u8; GROUP], [u8; GROUP]) = (group(above, first), group(below, first));
    let sharp: [bool; GROUP] = from_fn(|at| {
        let [left, pel, right] = from_fn(|by| i16::from(wide.get(at + by).copied().unwrap_or(255)));
        let [above, below] = [above, below].map(|row| i16::from(row.get(at).copied().unwrap_or(255)));
        let across = (pel << 1).wrapping_sub(left).wrapping_sub(right);
        let down_by = (pel << 1).wrapping_sub(above).wrapping_sub(below);
        let off = across.wrapping_mul(ACROSS).wrapping_add(down_by.wrapping_mul(down));
        pel.wrapping_add(off >> 3) < 128
    });
    let mut bits = sharp.iter().fold(0, |bits, &black| bits << 1 | u8::from(black));
    for (at, &pel) in wide.iter().skip(1).take(GROUP).enumerate() {
        let bit = 0x80 >> at;
        if pel >= FAINT || bits & bit != 0 {
            continue;
        }
        let x = first + at;
        let ends = from_fn(|row| near.get(row).and_then(|row| row.get(x)).copied().unwrap_or(255));
        if is_ridge(ends, FAINT_STEP) || is_ridge(group(&near[2], x - 2), FAINT_STEP) {
            bits |= bit;
        }
    }
    bits
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
