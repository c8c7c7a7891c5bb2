//! Grey to black and white, by kind of content.
//!
//! Text and line art: a pel is ink if it is darker than half, or if it is clearly darker than its surroundings (the mean of a
//! square of about 2 mm) and either about as dark as the darkest pel that touches it, or a ridge: between lighter pels, above and
//! below or left and right. The second half keeps what a plain threshold loses: hairlines that cover a third of a pel, also where
//! they meet a bold one, print in light grey or colour, lettering on a tinted ground. The soft edges of bold strokes are neither,
//! and add nothing to them.
//!
//! Continuous tone: areas that their source calls pictures are looked at in tiles of about 4 mm; where much of a tile is
//! mid-grey without edges, it gets a clustered-dot screen, whose runs are long enough for T.6 and whose dots survive a print.
//! The rest of a picture (scanned text, say) is line art.
//!
//! Left for later: error diffusion, screens by size, greys of drawn (not pictured) fills.

use ferrofax_fax::page::{Bitmap, Resolution, WIDTH_PELS};

/// Darker than this is ink.
const HALF: u8 = 128;
/// Lighter than this is never ink: 1/8 of a full pel.
const FAINT: u8 = 224;
/// How much darker than the mean of its surroundings a pel must be to count as "clearly".
const CLEARLY: u32 = 24;
/// How much lighter than its darkest neighbour a pel may be to count as "about as dark".
const ABOUT: u8 = 24;
/// Reach of the surroundings in pels along the line, and in fine rows.
const REACH: usize = 7;
/// Side of a tile in pels, and in fine rows.
const TILE: usize = 32;

/// A page in grey: 0 is black, 255 white; rows of 1728 pels.
#[derive(Clone)]
pub(crate) struct Grey {
    pels: Vec<u8>,
    resolution: Resolution,
}

/// A rectangle that holds a picture: columns and rows, the ends not included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Area {
    pub(crate) columns: (usize, usize),
    pub(crate) rows: (usize, usize),
}

const WIDTH: usize = WIDTH_PELS as usize;

impl Grey {
    /// A white page.
    pub(crate) fn new(rows: u32, resolution: Resolution) -> Grey {
        Grey { pels: vec![255; WIDTH * rows as usize], resolution }
    }

    pub(crate) fn rows(&self) -> usize {
        self.pels.len() / WIDTH
    }

    pub(crate) fn pels_mut(&mut self) -> &mut [u8] {
        &mut self.pels
    }

    fn row(&self, y: usize) -> &[u8] {
        self.pels.get(y * WIDTH..(y + 1) * WIDTH).unwrap_or_default()
    }
}

/// Rows that are as long as `fine` fine rows.
fn rows_of(fine: usize, resolution: Resolution) -> usize {
    match resolution {
        Resolution::Standard => fine.div_ceil(2),
        Resolution::Fine => fine,
        Resolution::Superfine => fine * 2,
    }
}

/// Makes a page black and white. `pictures` are the areas where continuous tone may be.
pub(crate) fn two_tone(grey: &Grey, pictures: &[Area]) -> Bitmap {
    let rows = grey.rows();
    let mut ink = Ink { bitmap: Bitmap::new(WIDTH_PELS, rows as u32), row: Vec::new() };
    line_art(grey, &mut ink);
    if !pictures.is_empty() {
        screen(grey, pictures, &mut ink);
    }
    ink.bitmap
}

struct Ink {
    bitmap: Bitmap,
    /// A row to work in.
    row: Vec<Option<bool>>,
}

impl Ink {
    /// Writes a row.
    fn write(&mut self, y: usize, black: impl Iterator<Item = bool>) {
        let Some(row) = self.bitmap.row_mut(y as u32) else { return };
        let mut bytes = row.iter_mut();
        let (mut byte, mut bits) = (0, 0);
        for pel in black {
            byte = byte << 1 | u8::from(pel);
            bits += 1;
            if bits == 8 {
                let Some(to) = bytes.next() else { return };
                *to = byte;
                (byte, bits) = (0, 0);
            }
        }
    }

    /// Writes the pels of a row that are something.
    fn overwrite(&mut self, y: usize, black: &[Option<bool>]) {
        let Some(row) = self.bitmap.row_mut(y as u32) else { return };
        for (byte, pels) in row.iter_mut().zip(black.chunks(8)) {
            for (bit, black) in pels.iter().enumerate() {
                match black {
                    Some(true) => *byte |= 0x80 >> bit,
                    Some(false) => *byte &= !(0x80 >> bit),
                    None => {}
                }
            }
        }
    }
}

fn line_art(grey: &Grey, ink: &mut Ink) {
    let reach_down = rows_of(REACH, grey.resolution);
    let rows = grey.rows();
    // Sums over the rows in reach, per column, moved down row by row.
    let mut sums = vec![0u32; WIDTH];
    let mut counted = 0u32;
    let add = |sums: &mut Vec<u32>, y: usize| {
        for (sum, &pel) in sums.iter_mut().zip(grey.row(y)) {
            *sum += u32::from(pel);
        }
    };
    for y in 0..reach_down.min(rows) {
        add(&mut sums, y);
        counted += 1;
    }
    let mut means = vec![0u32; WIDTH];
    for y in 0..rows {
        if y + reach_down < rows {
            add(&mut sums, y + reach_down);
            counted += 1;
        }
        if y > reach_down {
            for (sum, &pel) in sums.iter_mut().zip(grey.row(y - reach_down - 1)) {
                *sum -= u32::from(pel);
            }
            counted -= 1;
        }
        let here = grey.row(y);
        if here.iter().all(|&pel| pel >= FAINT) {
            continue;
        }
        if here.iter().any(|&pel| (HALF..FAINT).contains(&pel)) {
            running_means(&sums, counted, &mut means);
        }
        // From two rows above to two below; beyond the page all is white.
        let rows: [&[u8]; 5] = [y.checked_sub(2), y.checked_sub(1), Some(y), Some(y + 1), Some(y + 2)]
            .map(|y| y.map_or(&[][..], |y| grey.row(y)));
        let is_ink = |(x, (&pel, &mean)): (usize, (&u8, &u32))| {
            if pel < HALF {
                return true;
            }
            if pel >= FAINT || u32::from(pel) + CLEARLY >= mean {
                return false;
            }
            let at = |row: &[u8], x: Option<usize>| x.and_then(|x| row.get(x)).copied().unwrap_or(255);
            let columns = [x.checked_sub(2), x.checked_sub(1), Some(x), Some(x + 1), Some(x + 2)];
            let about = pel.saturating_add(ABOUT);
            let [_, above, _, below, _] = rows;
            let [_, left, _, right, _] = columns;
            let darkest =
                [above, here, below].into_iter().flat_map(|row| [left, Some(x), right].map(|x| at(row, x))).min();
            darkest.is_some_and(|darkest| pel <= darkest.saturating_add(ABOUT))
                || is_ridge(pel, about, rows.map(|row| at(row, Some(x))))
                || is_ridge(pel, about, columns.map(|x| at(here, x)))
        };
        ink.write(y, here.iter().zip(&means).enumerate().map(is_ink));
    }
}

/// The middle one of five is lighter on both sides, or together with one neighbour that is about as dark.
fn is_ridge(pel: u8, about: u8, [before_last, before, _, after, after_next]: [u8; 5]) -> bool {
    let (rises, falls) = (before >= about, after >= about);
    let twin = |side: u8, beyond: u8| side < about && side.saturating_add(ABOUT) >= pel && beyond >= about;
    (rises && (falls || twin(after, after_next))) || (falls && twin(before, before_last))
}

/// The mean of the surroundings of each column, from the column sums.
fn running_means(sums: &[u32], rows: u32, means: &mut [u32]) {
    let (mut total, mut columns) = (0, 0);
    let mut ahead = sums.iter();
    for sum in ahead.by_ref().take(REACH) {
        total += sum;
        columns += 1;
    }
    let mut behind = sums.iter();
    for (x, mean) in means.iter_mut().enumerate() {
        if let Some(sum) = ahead.next() {
            total += sum;
            columns += 1;
        }
        if x > REACH {
            total -= behind.next().copied().unwrap_or(0);
            columns -= 1;
        }
        *mean = total / (columns * rows).max(1);
    }
}

/// Screens the tiles of pictures that hold continuous tone.
fn screen(grey: &Grey, pictures: &[Area], ink: &mut Ink) {
    let tile_rows = rows_of(TILE, grey.resolution);
    let (across, down) = (WIDTH.div_ceil(TILE), grey.rows().div_ceil(tile_rows));
    let tile_of = |x: usize, y: usize| y / tile_rows * across + x / TILE;
    // A tile is judged by those of its pels that belong to a picture; what stands beside the picture is not asked.
    let mut tiles = vec![Tile::default(); across * down];
    each_row(grey, pictures, |y, columns| {
        let above = grey.row(y.saturating_sub(1));
        let mut last = None;
        for (x, (&pel, &up)) in grey.row(y).iter().zip(above).enumerate().take(columns.end).skip(columns.start) {
            let flat = pel.abs_diff(last.unwrap_or(pel)) < FLAT && pel.abs_diff(up) < FLAT;
            last = Some(pel);
            if let Some(tile) = tiles.get_mut(tile_of(x, y)) {
                tile.pels += 1;
                tile.flat += u32::from(flat);
                tile.mid_tone += u32::from(flat && (SHADOW..=BACKGROUND).contains(&pel));
            }
        }
    });
    let is_tone = |column: usize, row: usize| {
        column < across && row < down && tiles.get(row * across + column).is_some_and(|tile| tile.is_tone())
    };
    let screened: Vec<bool> = tiles
        .iter()
        .enumerate()
        .map(|(at, tile)| {
            let (column, row) = (at % across, at / across);
            let sides =
                [(column.wrapping_sub(1), row), (column + 1, row), (column, row.wrapping_sub(1)), (column, row + 1)];
            let beside = sides.into_iter().filter(|&(column, row)| is_tone(column, row)).count();
            // The lights and shadows of a photograph, which are flat but no middle tones, are found by their neighbours.
            tile.is_tone() || beside >= if tile.is_flat() { 2 } else { 3 }
        })
        .collect();
    let dots = Screen::new(grey.resolution);
    each_row(grey, pictures, |y, columns| {
        let mut black = std::mem::take(&mut ink.row);
        black.clear();
        let is_screened = |x: usize| screened.get(tile_of(x, y)).copied().unwrap_or(false);
        black.extend(
            grey.row(y)
                .iter()
                .enumerate()
                .map(|(x, &pel)| (columns.contains(&x) && is_screened(x)).then(|| dots.is_ink(x, y, pel))),
        );
        ink.overwrite(y, &black);
        ink.row = black;
    });
}

/// Calls `see` with each row of each picture, and its columns.
fn each_row(grey: &Grey, pictures: &[Area], mut see: impl FnMut(usize, std::ops::Range<usize>)) {
    for area in pictures {
        for y in area.rows.0..area.rows.1.min(grey.rows()) {
            see(y, area.columns.0..area.columns.1.min(WIDTH));
        }
    }
}

/// Neighbours that differ by less have no edge between them.
const FLAT: u8 = 28;
/// Lighter is the paper of a scan, and no middle tone.
const BACKGROUND: u8 = 216;

/// What the pels of a tile are like, counting those of pictures only.
#[derive(Clone, Copy, Default)]
struct Tile {
    pels: u32,
    flat: u32,
    mid_tone: u32,
}

impl Tile {
    /// A quarter or more is mid-grey where nothing has an edge. Text, however soft its edges, has little of that.
    fn is_tone(self) -> bool {
        self.pels > 0 && self.mid_tone * 4 >= self.pels
    }

    /// Nothing in it that a screen could break up.
    fn is_flat(self) -> bool {
        self.flat * 100 >= self.pels * 97
    }
}

/// A clustered-dot screen at 45°: 8 × 8 fine pels hold two dots.
struct Screen {
    /// A pel is ink if it is darker than its place's value.
    below: Vec<u8>,
    height: usize,
}

const CELL: usize = 8;
/// Darker is plain black, so that a photograph's shadows don't change where a tile of line art begins.
const SHADOW: u8 = 24;
/// From here on plain white, likewise.
const LIGHT: u8 = 236;

impl Screen {
    fn new(resolution: Resolution) -> Screen {
        let height = rows_of(CELL, resolution);
        // How soon a place turns black as the grey darkens: a hill on each dot. The odd terms only break ties.
        let hill = |x: usize, y: usize| {
            let x = (x as f64 + 0.5) / CELL as f64;
            let y = (y as f64 + 0.5) / height as f64;
            let turn = std::f64::consts::TAU;
            (turn * (x + y)).cos() + (turn * (x - y)).cos() + 1e-3 * x + 1e-4 * y
        };
        let mut places: Vec<(usize, f64)> = (0..CELL * height).map(|i| (i, hill(i % CELL, i / CELL))).collect();
        places.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut below = vec![0; places.len()];
        for (rank, (place, _)) in places.iter().enumerate() {
            let light = 1.0 - (rank as f64 + 0.5) / places.len() as f64;
            // Dots grow when printed; the power lightens the middle tones by about as much.
            if let Some(value) = below.get_mut(*place) {
                *value = ((255.0 * light.powf(1.25)) as u8).clamp(SHADOW, LIGHT);
            }
        }
        Screen { below, height }
    }

    fn is_ink(&self, x: usize, y: usize, pel: u8) -> bool {
        self.below.get(y % self.height * CELL + x % CELL).is_some_and(|&below| pel < below)
    }
}
