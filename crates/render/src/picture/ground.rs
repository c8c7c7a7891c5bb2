//! What strokes stand on: the light (or dark) ground without them, and from it a threshold for each place.
//!
//! Closing (the lightest within some 2 mm, then of that the darkest) fills in what is dark and narrow, so it is the ground under
//! dark strokes, and follows the edges of larger areas exactly: those are grounds themselves, of their own tone, and no frame
//! appears where two meet. Opening is the same for light strokes. Both work on cells of about two by two pels. Tiles of a
//! millimetre then say how strong the strokes are; what becomes of them is decided in [`areas`] and [`codes`].

use ferrofax_fax::page::Resolution;

use super::{areas, codes};

/// Pels of a cell along the line.
pub(super) const CELL: usize = 2;
/// Cells of a tile along each side: a millimetre.
pub(super) const TILE: usize = 4;
/// Cells that a stroke is narrower than, about 2.2 mm.
const STROKE: usize = 9;
/// Strokes of less contrast than this are noise, whatever the picture.
const FLOOR_MIN: u8 = 22;
/// And of more they are not, however noisy it is.
const FLOOR_MAX: u8 = 90;
/// What was drawn by a program has no noise, what was scanned has at least so much.
const NOISE: u8 = 3;

/// Rows of a cell.
pub(super) fn cell_rows(resolution: Resolution) -> usize {
    match resolution {
        Resolution::Standard => 1,
        Resolution::Fine => 2,
        Resolution::Superfine => 4,
    }
}

/// A plane of one value for each cell, or tile.
#[derive(Clone)]
pub(super) struct Plane<T> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<T>,
}

impl<T: Copy + Default> Plane<T> {
    pub(super) fn new(width: usize, height: usize) -> Plane<T> {
        Plane { width, height, values: vec![T::default(); width * height] }
    }

    pub(super) fn row(&self, y: usize) -> &[T] {
        self.values.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    pub(super) fn at(&self, x: usize, y: usize) -> T {
        self.row(y).get(x).copied().unwrap_or_default()
    }
}

/// What is known of a tile.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Tile {
    /// The tone of its ground.
    pub(super) level: u8,
    /// Contrast of the dark strokes on it, and of the light ones.
    pub(super) dark: u8,
    pub(super) light: u8,
    /// Light strokes stand here on a dark ground.
    pub(super) on_dark: bool,
    /// The ground becomes black, or there is none: `below` decides alone.
    pub(super) black: bool,
    /// Darker is black where the ground itself, and not a stroke on it, is dark.
    pub(super) below: u8,
    /// Contrast of strokes hereabouts.
    pub(super) strength: u8,
    /// Its ground runs from dark to light, and nothing stands on it.
    pub(super) gradient: bool,
}

/// The grounds of a picture.
pub(super) struct Ground {
    /// Cells: the ground under dark strokes.
    pub(super) closed: Plane<u8>,
    pub(super) tiles: Plane<Tile>,
    /// Strokes of less contrast are noise.
    pub(super) floor: u8,
    /// The lightest ground of some size.
    pub(super) paper: u8,
}

/// Looks at a picture of `width` pels a row.
pub(super) fn survey(luma: &[u8], width: usize, resolution: Resolution) -> Ground {
    let (darkest, lightest) = cells(luma, width, cell_rows(resolution));
    let closed = narrow::<Darkest>(&narrow::<Lightest>(&darkest));
    let opened = narrow::<Lightest>(&narrow::<Darkest>(&lightest));
    let (mut tiles, noise) = tiles(&darkest, &lightest, &closed, &opened);
    let floor = floor(noise);
    let paper = areas::decide(&mut tiles, floor, noise >= NOISE);
    codes::find(&mut tiles, floor);
    Ground { closed, tiles, floor, paper }
}

/// The darkest and the lightest pel of each cell.
fn cells(luma: &[u8], width: usize, rows: usize) -> (Plane<u8>, Plane<u8>) {
    let height = luma.len() / width.max(1);
    let (across, down) = (width.div_ceil(CELL), height.div_ceil(rows));
    let (mut darkest, mut lightest) = (Plane::new(across, down), Plane::new(across, down));
    let to = darkest.values.chunks_exact_mut(across.max(1)).zip(lightest.values.chunks_exact_mut(across.max(1)));
    let (mut low, mut high) = (vec![0u8; width], vec![0u8; width]);
    for ((darkest, lightest), from) in to.zip(luma.chunks(width.max(1) * rows)) {
        let mut lines = from.chunks_exact(width);
        let first = lines.next().unwrap_or_default();
        low.copy_from_slice(first);
        high.copy_from_slice(first);
        for line in lines {
            low.iter_mut().zip(line).for_each(|(low, &pel)| *low = pel.min(*low));
            high.iter_mut().zip(line).for_each(|(high, &pel)| *high = pel.max(*high));
        }
        halve(&low, darkest, u16::min);
        halve(&high, lightest, u16::max);
    }
    (darkest, lightest)
}

/// One value of each [`CELL`]; the last may be of one pel alone. Pairs are read as numbers of 16 bits, many at a time.
fn halve(pels: &[u8], to: &mut [u8], of: impl Fn(u16, u16) -> u16) {
    let (pairs, rest) = pels.as_chunks::<CELL>();
    for (to, &pair) in to.iter_mut().zip(pairs) {
        let pair = u16::from_le_bytes(pair);
        // One of the two bytes.
        *to = of(pair & 0xff, pair >> 8) as u8;
    }
    if let ([last], Some(to)) = (rest, to.last_mut()) {
        *to = *last;
    }
}

/// One of two: the lightest or the darkest of a neighbourhood.
trait Extreme {
    /// What never wins.
    const NEVER: u8;
    fn of(a: u8, b: u8) -> u8;
}
struct Lightest;
struct Darkest;
impl Extreme for Lightest {
    const NEVER: u8 = 0;
    fn of(a: u8, b: u8) -> u8 {
        a.max(b)
    }
}
impl Extreme for Darkest {
    const NEVER: u8 = 255;
    fn of(a: u8, b: u8) -> u8 {
        a.min(b)
    }
}

/// The extreme of the [`STROKE`] × [`STROKE`] cells about each. Windows of 2, 4, 8 and 9 are made from one another.
fn narrow<E: Extreme>(plane: &Plane<u8>) -> Plane<u8> {
    const HALF: usize = STROKE / 2;
    let (width, height) = (plane.width, plane.height);
    let mut values = vec![E::NEVER; width * (height + 2 * HALF)];
    let (mut one, mut other) = (vec![E::NEVER; width + 2 * HALF + 8], vec![E::NEVER; width + 2 * HALF + 8]);
    let rows = values.chunks_exact_mut(width.max(1)).skip(HALF);
    for (to, from) in rows.zip(plane.values.chunks_exact(width.max(1))) {
        if let Some(middle) = one.get_mut(HALF..HALF + width) {
            middle.copy_from_slice(from);
        }
        for step in STEPS {
            let ahead = one.get(step..).unwrap_or_default();
            for ((to, &a), &b) in other.iter_mut().zip(&one).zip(ahead) {
                *to = E::of(a, b);
            }
            std::mem::swap(&mut one, &mut other);
        }
        to.copy_from_slice(one.get(..width).unwrap_or_default());
        one.get_mut(..HALF).unwrap_or_default().fill(E::NEVER);
        one.get_mut(HALF + width..).unwrap_or_default().fill(E::NEVER);
        other.fill(E::NEVER);
    }
    for step in STEPS {
        // Rows ahead are still as they were.
        for y in 0..height + 2 * HALF - step {
            let Some((above, below)) = values.split_at_mut_checked((y + step) * width) else { continue };
            let to = above.get_mut(y * width..(y + 1) * width).unwrap_or_default();
            for (to, &from) in to.iter_mut().zip(&*below) {
                *to = E::of(*to, from);
            }
        }
    }
    values.truncate(width * height);
    Plane { width, height, values }
}

/// From 1 to 2, 4, 8, 9.
const STEPS: [usize; 4] = [1, 2, 4, 1];

/// What the cells of a tile have together.
#[derive(Clone, Copy, Default)]
struct Sums {
    closed: u16,
    opened: u16,
    dark: u16,
    light: u16,
    dark_max: u8,
    light_max: u8,
}

/// The same for each column of cells in a row of tiles.
struct Columns {
    /// Of the ground under dark strokes and under light ones, and of both kinds of strokes.
    sums: [Vec<u16>; 4],
    /// The strongest strokes of both kinds.
    most: [Vec<u8>; 2],
    /// A row of strokes.
    strokes: Vec<u8>,
}

impl Columns {
    fn new(width: usize) -> Columns {
        let sums = std::array::from_fn(|_| vec![0; width]);
        Columns { sums, most: [vec![0; width], vec![0; width]], strokes: vec![0; width] }
    }

    fn add(&mut self, [darkest, lightest, closed, opened]: [&[u8]; 4]) {
        // Four values of eight bits.
        let add = |sums: &mut [u16], row: &[u8]| {
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum = sum.wrapping_add(value.into()));
        };
        let [closed_sums, opened_sums, dark_sums, light_sums] = &mut self.sums;
        let [dark_most, light_most] = &mut self.most;
        add(closed_sums, closed);
        add(opened_sums, opened);
        for (high, low, sums, most) in
            [(closed, darkest, dark_sums, dark_most), (lightest, opened, light_sums, light_most)]
        {
            for ((to, &high), &low) in self.strokes.iter_mut().zip(high).zip(low) {
                *to = high.saturating_sub(low);
            }
            add(sums, &self.strokes);
            most.iter_mut().zip(&self.strokes).for_each(|(most, &stroke)| *most = stroke.max(*most));
        }
    }

    /// Writes a row of tiles and begins another.
    fn take(&mut self, tiles: &mut [Sums]) {
        // Sixteen values of eight bits.
        let sum = |columns: &[u16]| columns.iter().fold(0u16, |sum, &column| sum.wrapping_add(column));
        let most = |columns: &[u8]| columns.iter().copied().fold(0, u8::max);
        let at = |tile: usize| tile * TILE..;
        for (number, tile) in tiles.iter_mut().enumerate() {
            let [closed, opened, dark, light] = self
                .sums
                .each_ref()
                .map(|row| row.get(at(number)).unwrap_or_default().chunks(TILE).next().map_or(0, sum));
            let [dark_max, light_max] = self
                .most
                .each_ref()
                .map(|row| row.get(at(number)).unwrap_or_default().chunks(TILE).next().map_or(0, most));
            *tile = Sums { closed, opened, dark, light, dark_max, light_max };
        }
        self.sums.iter_mut().for_each(|row| row.fill(0));
        self.most.iter_mut().for_each(|row| row.fill(0));
    }
}

fn tiles(darkest: &Plane<u8>, lightest: &Plane<u8>, closed: &Plane<u8>, opened: &Plane<u8>) -> (Plane<Tile>, u8) {
    let (across, down) = (closed.width.div_ceil(TILE), closed.height.div_ceil(TILE));
    let mut sums: Plane<Sums> = Plane::new(across, down);
    let mut columns = Columns::new(closed.width);
    for (ty, sums) in sums.values.chunks_exact_mut(across.max(1)).enumerate() {
        for y in ty * TILE..((ty + 1) * TILE).min(closed.height) {
            columns.add([darkest, lightest, closed, opened].map(|plane| plane.row(y)));
        }
        columns.take(sums);
    }
    let noise = noise(sums.values.iter().map(|sums| sums.dark_max.min(sums.light_max)));
    let floor = floor(noise);
    let mut tiles: Plane<Tile> = Plane::new(across, down);
    let cells_of = |at: usize, all: usize| TILE.min(all - at * TILE) as u16;
    for (ty, (tiles, sums)) in
        tiles.values.chunks_exact_mut(across.max(1)).zip(sums.values.chunks_exact(across.max(1))).enumerate()
    {
        for (tx, (tile, sum)) in tiles.iter_mut().zip(sums).enumerate() {
            let cells = cells_of(tx, closed.width) * cells_of(ty, closed.height);
            // Strokes are the smaller part of what they stand on.
            let on_dark = sum.light_max >= floor && u32::from(sum.light) * 2 > u32::from(sum.dark) * 3;
            let level = if on_dark { sum.opened } else { sum.closed } / cells;
            *tile = Tile { level: level as u8, dark: sum.dark_max, light: sum.light_max, on_dark, ..Tile::default() };
        }
    }
    (tiles, noise)
}

/// Most tiles of most pictures are plain ground; what moves there is noise.
fn noise(contrasts: impl Iterator<Item = u8>) -> u8 {
    let mut counts = [0usize; 256];
    let mut all = 0;
    for contrast in contrasts {
        if let Some(count) = counts.get_mut(usize::from(contrast)) {
            *count += 1;
        }
        all += 1;
    }
    let mut rest = all / 4;
    let quarter = counts.iter().position(|&count| {
        let found = count > rest;
        rest = rest.saturating_sub(count);
        found
    });
    // One of 256.
    quarter.unwrap_or(0) as u8
}

fn floor(noise: u8) -> u8 {
    noise.saturating_add(noise / 2).saturating_add(8).clamp(FLOOR_MIN, FLOOR_MAX)
}
