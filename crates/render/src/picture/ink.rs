//! Black and white: each pel against the threshold of its place.
//!
//! On a light ground a pel is ink if it is darker than the ground by half of what the strokes hereabouts are. Before that, pels
//! are set off against their neighbours, so that hairlines which fill a third of a pel stay, and the eyes of small letters stay open.

use ferrofax_fax::page::{Bitmap, Resolution};

use super::Placed;
use super::ground::{self, CELL, Ground, TILE, cell_rows};
use super::resample::OnGrid;
use super::tone::{self, Screen, Tones};

/// Paints a picture onto the page.
pub(super) fn paint(picture: &OnGrid, resolution: Resolution, target: &mut Bitmap, clip: Option<&Bitmap>) -> Placed {
    let mixed;
    let pels = match &picture.least {
        None => &picture.luma,
        Some(least) => {
            let mean = |(&luma, &least): (&u8, &u8)| luma / 2 + least / 2 + (luma & least & 1);
            mixed = picture.luma.iter().zip(least).map(mean).collect();
            &mixed
        }
    };
    let ground = ground::survey(pels, picture.width, resolution);
    let tones = tone::find(&ground);
    let mut screen = Screen::new(resolution, tones.white, 1);
    let mut coarsened = false;
    let mut rows = black_rows(picture, pels, &ground, &tones, &screen, resolution);
    if tones.any {
        while tone::code_bytes(&rows, picture.width) > BYTES_MAX * rows_per_standard(resolution)
            && screen.size < SIZE_MAX
        {
            screen = Screen::new(resolution, tones.white, screen.size + 1);
            coarsened = true;
            rows = black_rows(picture, pels, &ground, &tones, &screen, resolution);
        }
    }
    for (y, bytes) in rows.chunks_exact(stride(picture)).enumerate() {
        write_row(picture, y, bytes, target, clip);
    }
    Placed { tone: tones.any, coarsened }
}

/// The rows from two above to two below; none beyond the picture.
fn near(pels: &[u8], y: usize, width: usize) -> [&[u8]; 5] {
    [y.checked_sub(2), y.checked_sub(1), Some(y), Some(y + 1), Some(y + 2)]
        .map(|y| y.and_then(|y| pels.get(y * width..(y + 1) * width)).unwrap_or_default())
}

/// Where the rows above, here and below are.
fn around(y: usize, width: usize, height: usize) -> [std::ops::Range<usize>; 3] {
    [y.saturating_sub(1), y, (y + 1).min(height - 1)].map(|y| y * width..(y + 1) * width)
}

/// Code that a picture with photographs may take at standard resolution, about; twice that at fine.
const BYTES_MAX: usize = 75_000;
/// Coarser screens are no likeness.
const SIZE_MAX: usize = 3;

fn rows_per_standard(resolution: Resolution) -> usize {
    cell_rows(resolution)
}

/// Bytes of a row. Pels lie in it as in the page, so that eight of them are a byte of the page.
pub(super) fn stride(picture: &OnGrid) -> usize {
    (picture.left % 8 + picture.width).div_ceil(8)
}

/// The picture in black and white, packed, 1 black.
fn black_rows(
    picture: &OnGrid,
    pels: &[u8],
    ground: &Ground,
    tones: &Tones,
    screen: &Screen,
    resolution: Resolution,
) -> Vec<u8> {
    let (width, pad, stride) = (picture.width, picture.left % 8, stride(picture));
    let mut bytes = vec![0; stride * picture.height];
    let mut row = Row::new(pad, stride, resolution);
    let cells = cell_rows(resolution);
    let mut strokes = None;
    for (y, bytes) in bytes.chunks_exact_mut(stride).enumerate() {
        let (cell, tile) = (y / cells, y / cells / TILE);
        // The same for all rows of a cell, unless a screen's have been put over them.
        if y % cells == 0 || tones.any {
            strokes = row.thresholds(ground, cell, tile);
        }
        if let Some((from, to)) = strokes {
            let lines = around(y, width, picture.height).map(|range| pels.get(range).unwrap_or_default());
            row.sharpen(lines, from, to.min(width));
            row.compare(bytes, from, to.min(width));
            row.hairlines(bytes, near(pels, y, width), ground.floor, from, to.min(width));
        }
        for span in tones.spans(tile) {
            let (from, to) = (span.start * TILE * CELL, (span.end * TILE * CELL).min(width));
            let lines = around(y, width, picture.height).map(|range| picture.luma.get(range).unwrap_or_default());
            row.sharpen(lines, from, to);
            let below = row.below.get_mut(pad + from..pad + to).unwrap_or_default();
            screen.thresholds(picture.left + from, picture.top + y, below);
            row.compare(bytes, from, to);
        }
    }
    bytes
}

/// By how much pels are set off, in eighths of what they differ from two neighbours in the line.
pub(super) const ACROSS: i16 = 2;

/// The same down the rows. Standard pels are long, and blur more.
pub(super) fn down(resolution: Resolution) -> i16 {
    if resolution == Resolution::Standard { 4 } else { 2 }
}

/// A row at work. Pels lie in it as in the page.
struct Row {
    pad: usize,
    /// See [`down`].
    down: i16,
    sharp: Vec<u8>,
    /// What is sharp and below is black.
    below: Vec<u8>,
    /// What is below this may be a hairline.
    faint: Vec<u8>,
}

impl Row {
    fn new(pad: usize, stride: usize, resolution: Resolution) -> Row {
        let pels = stride * 8;
        Row { pad, down: down(resolution), sharp: vec![255; pels], below: vec![0; pels], faint: vec![0; pels] }
    }

    /// What is black in a row of cells; the columns between which there is any.
    fn thresholds(&mut self, ground: &Ground, cell_y: usize, tile_y: usize) -> Option<(usize, usize)> {
        let floor = ground.floor;
        let mut span = None;
        let closed = ground.closed.row(cell_y);
        let below = self.below.get_mut(self.pad..).unwrap_or_default();
        let tiles = ground.tiles.row(tile_y);
        let faint = self.faint.get_mut(self.pad..).unwrap_or_default();
        let to = below.chunks_mut(TILE * CELL).zip(faint.chunks_mut(TILE * CELL));
        let groups = to.zip(closed.chunks(TILE)).zip(tiles);
        for (at, (((below, faint), closed), tile)) in groups.enumerate() {
            let quiet = tile.strength < floor && closed.iter().all(|&closed| closed > tile.below);
            if !tile.black && quiet {
                below.fill(0);
                faint.fill(0);
                continue;
            }
            span = Some((span.map_or(at, |(first, _)| first), at + 1));
            let depth = (tile.strength / 2).max(floor * 2 / 3);
            let least = (tile.strength / 5).max(floor);
            let cells = below.chunks_mut(CELL).zip(faint.chunks_mut(CELL)).zip(closed);
            for ((below, faint), &closed) in cells {
                let is_dark = tile.black || closed <= tile.below;
                below.fill(if is_dark { tile.below } else { closed.saturating_sub(depth) });
                faint.fill(if is_dark { 0 } else { closed.saturating_sub(least) });
            }
        }
        span.map(|(first, last)| (first * TILE * CELL, last * TILE * CELL))
    }

    /// Sets each pel off against its neighbours.
    fn sharpen(&mut self, [above, here, below]: [&[u8]; 3], from: usize, to: usize) {
        let sharp = self.sharp.get_mut(self.pad + from..self.pad + to).unwrap_or_default();
        let last = here.len().saturating_sub(1);
        let edge = |sharp: &mut [u8], at: usize, x: usize| {
            if let (Some(to), Some(&pel)) = (sharp.get_mut(at), here.get(x)) {
                *to = pel;
            }
        };
        let (first, end) = (from.max(1), to.min(last));
        if from == 0 {
            edge(sharp, 0, 0);
        }
        if to > last {
            edge(sharp, last - from, last);
        }
        if first >= end {
            return;
        }
        let pels = sharp.iter_mut().skip(first - from);
        let sides = here.get(first - 1..).unwrap_or_default().iter().zip(here.get(first + 1..=end).unwrap_or_default());
        let ends = above.get(first..).unwrap_or_default().iter().zip(below.get(first..).unwrap_or_default());
        for (((to, &pel), (&left, &right)), (&above, &below)) in
            pels.zip(here.get(first..end).unwrap_or_default()).zip(sides).zip(ends)
        {
            let [pel, left, right, above, below] = [pel, left, right, above, below].map(i16::from);
            let across = (pel << 1).wrapping_sub(left).wrapping_sub(right);
            let down = (pel << 1).wrapping_sub(above).wrapping_sub(below);
            let off = across.wrapping_mul(ACROSS).wrapping_add(down.wrapping_mul(self.down));
            *to = pel.wrapping_add(off >> 3).clamp(0, 255) as u8;
        }
    }

    /// Adds what is not dark enough, but darker by a `step` than what lies on both sides of it: strokes thinner than a pel.
    fn hairlines(&self, bytes: &mut [u8], near: [&[u8]; 5], step: u8, from: usize, to: usize) {
        let [_, _, here, _, _] = near;
        let faint = self.faint.get(self.pad + from..self.pad + to).unwrap_or_default();
        let (pels, last_pels) = here.get(from..to).unwrap_or_default().as_chunks::<8>();
        let (faints, last_faints) = faint.as_chunks::<8>();
        let mut last = ([255; 8], [0; 8]);
        last.0.iter_mut().zip(last_pels).for_each(|(to, &pel)| *to = pel);
        last.1.iter_mut().zip(last_faints).for_each(|(to, &faint)| *to = faint);
        let groups = pels.iter().zip(faints).chain([(&last.0, &last.1)]);
        for (x, (pels, faint)) in (from..).step_by(8).zip(groups) {
            let at = self.pad + x;
            let black = |byte: usize| u16::from(bytes.get(at / 8 + byte).copied().unwrap_or(0));
            let taken = ((black(0) << 8 | black(1)) << (at % 8) >> 8) as u8;
            let mut open = below(pels, faint) & !taken;
            while open != 0 {
                let by = open.leading_zeros() as usize;
                open ^= 0x80 >> by;
                let x = x + by;
                let beside = |by: isize| x.checked_add_signed(by).and_then(|x| here.get(x)).copied().unwrap_or(255);
                let ends = near.map(|row| row.get(x).copied().unwrap_or(255));
                if (is_ridge(ends, step) || is_ridge([-2, -1, 0, 1, 2].map(beside), step))
                    && let Some(byte) = bytes.get_mut((self.pad + x) / 8)
                {
                    *byte |= 0x80 >> ((self.pad + x) % 8);
                }
            }
        }
    }

    /// Writes what is black between two columns.
    fn compare(&self, bytes: &mut [u8], from: usize, to: usize) {
        let (from, to) = (self.pad + from, self.pad + to);
        let (first, last) = (from / 8, to.div_ceil(8));
        let (sharp, _) = self.sharp.as_chunks::<8>();
        let (below, _) = self.below.as_chunks::<8>();
        let pels = sharp.iter().zip(below).zip(bytes).enumerate().take(last).skip(first);
        for (at, ((pels, below), byte)) in pels {
            let bits = self::below(pels, below);
            let mut mine = 0xff;
            if at == first {
                mine &= 0xff >> (from % 8);
            }
            if at + 1 == last && to % 8 != 0 {
                mine &= !(0xff >> (to % 8));
            }
            *byte = *byte & !mine | bits & mine;
        }
    }
}

/// Which of eight pels are below their thresholds, the first in the most significant bit.
pub(super) fn below(pels: &[u8; 8], thresholds: &[u8; 8]) -> u8 {
    let is_below: [u8; 8] = std::array::from_fn(|at| match (pels.get(at), thresholds.get(at)) {
        (Some(pel), Some(threshold)) => u8::from(pel < threshold),
        _ => 0,
    });
    // Each of the eight bytes leaves its bit in the highest.
    (u64::from_be_bytes(is_below).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// See [`Row::hairlines`]: the middle of five pels is a ridge.
pub(super) fn is_ridge([far_before, before, pel, after, far_after]: [u8; 5], step: u8) -> bool {
    // Of two that are equal the second counts.
    pel <= before
        && pel < after
        && before.max(far_before).saturating_sub(pel) >= step
        && after.max(far_after).saturating_sub(pel) >= step
}

/// Writes a row of the picture, which begins at a byte of the page, where it covers the page.
pub(super) fn write_row(picture: &OnGrid, y: usize, bytes: &[u8], target: &mut Bitmap, clip: Option<&Bitmap>) {
    let (left, right) = (picture.left, picture.left + picture.width);
    // Within the page, so the cast is exact.
    let row = (picture.top + y) as u32;
    let clip = clip.map(|clip| clip.row(row).unwrap_or_default().get(left / 8..).unwrap_or_default());
    let cover = picture.cover.as_ref().map(|cover| cover.get(y * picture.width..).unwrap_or_default());
    let Some(to) = target.row_mut(row).and_then(|row| row.get_mut(left / 8..)) else { return };
    let last = bytes.len().saturating_sub(1);
    let mut step = 1;
    if clip.is_none()
        && cover.is_none()
        && let (Some(to), Some(from)) = (to.get_mut(1..last), bytes.get(1..last))
    {
        to.copy_from_slice(from);
        step = last.max(1);
    }
    for (at, (to, &black)) in to.iter_mut().zip(bytes).enumerate().step_by(step) {
        let mut mine = 0xff;
        if at == 0 {
            mine &= 0xff >> (left % 8);
        }
        if at == last && right % 8 != 0 {
            mine &= !(0xff >> (right % 8));
        }
        if let Some(clip) = clip {
            mine &= clip.get(at).copied().unwrap_or(0);
        }
        let covered = match cover {
            None => 0xff,
            Some(cover) => (0..8).fold(0, |bits, bit| {
                let x = (at * 8 + bit).checked_sub(left % 8);
                let covered = x.is_some_and(|x| x < picture.width && cover.get(x).is_some_and(|&cover| cover >= 128));
                bits << 1 | u8::from(covered)
            }),
        };
        *to = *to & !(mine & covered & !black) | (black & mine);
    }
}
