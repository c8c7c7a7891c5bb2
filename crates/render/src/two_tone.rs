//! Grey to black and white, by kind of content.
//!
//! Text and line art: a pel is ink if it is darker than half, or if it is clearly darker than its surroundings (the mean of a
//! square of about 2 mm) and about as dark as the darkest pel that touches it. The second half keeps what a plain threshold loses:
//! hairlines that cover a third of a pel, print in light grey or colour, lettering on a tinted ground; and because only the
//! darkest of its neighbours counts, the soft edges of bold strokes add nothing to them.
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
    let mut ink = Ink { bitmap: Bitmap::new(WIDTH_PELS, rows as u32) };
    line_art(grey, &mut ink);
    if !pictures.is_empty() {
        screen(grey, pictures, &mut ink);
    }
    ink.bitmap
}

struct Ink {
    bitmap: Bitmap,
}

impl Ink {
    /// Writes the pels of a row from column `from` (a multiple of 8) on.
    fn write(&mut self, y: usize, from: usize, black: impl Iterator<Item = bool>) {
        let Some(row) = self.bitmap.row_mut(y as u32) else { return };
        let mut bytes = row.iter_mut().skip(from / 8);
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
        let above = grey.row(y.saturating_sub(1));
        let below = if y + 1 < rows { grey.row(y + 1) } else { here };
        let is_ink = |(x, (&pel, &mean)): (usize, (&u8, &u32))| {
            if pel < HALF {
                return true;
            }
            if pel >= FAINT || u32::from(pel) + CLEARLY >= mean {
                return false;
            }
            let near = x.saturating_sub(1)..(x + 2).min(WIDTH);
            let darkest = [above, here, below]
                .iter()
                .flat_map(|row| row.get(near.clone()).unwrap_or_default())
                .min()
                .copied()
                .unwrap_or(255);
            pel <= darkest.saturating_add(ABOUT)
        };
        ink.write(y, 0, here.iter().zip(&means).enumerate().map(is_ink));
    }
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
    let mut tiles = vec![Tile::Drawn; across * down];
    for area in pictures {
        let columns = area.columns.0 / TILE..area.columns.1.div_ceil(TILE).min(across);
        for row in area.rows.0 / tile_rows..area.rows.1.div_ceil(tile_rows).min(down) {
            for column in columns.clone() {
                if let Some(tile @ Tile::Drawn) = tiles.get_mut(row * across + column) {
                    *tile = if is_tone(grey, column * TILE, row * tile_rows, tile_rows) {
                        Tile::Tone
                    } else {
                        Tile::LineArt
                    };
                }
            }
        }
    }
    let dots = Screen::new(grey.resolution);
    let tone = |column: usize, row: usize| {
        column < across && matches!(tiles.get(row * across + column), Some(Tile::Tone))
    };
    for row in 0..down {
        for column in 0..across {
            let screened = match tiles.get(row * across + column) {
                Some(Tile::Tone) => true,
                // Highlights and shadows within a photograph: between tiles of tone on most sides.
                Some(Tile::LineArt) => {
                    let sides = [(column.wrapping_sub(1), row), (column + 1, row), (column, row.wrapping_sub(1)), (column, row + 1)];
                    sides.into_iter().filter(|&(c, r)| r < down && tone(c, r)).count() >= 3
                }
                _ => false,
            };
            if screened {
                for y in row * tile_rows..((row + 1) * tile_rows).min(grey.rows()) {
                    let pels = grey.row(y).iter().enumerate().skip(column * TILE).take(TILE);
                    ink.write(y, column * TILE, pels.map(|(x, &pel)| dots.is_ink(x, y, pel)));
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tile {
    /// No picture.
    Drawn,
    /// Of a picture, but edges and flat black or white.
    LineArt,
    /// Of a picture, and continuous tone.
    Tone,
}

/// A quarter of the tile or more is mid-grey where nothing has an edge. Text, however soft its edges, has little of that.
fn is_tone(grey: &Grey, left: usize, top: usize, rows: usize) -> bool {
    const FLAT: u8 = 28;
    let (mut smooth, mut all) = (0, 0);
    for y in top..(top + rows).min(grey.rows()) {
        let (Some(here), Some(above)) = (grey.row(y).get(left..), grey.row(y.saturating_sub(1)).get(left..)) else {
            continue;
        };
        let mut last = here.first().copied().unwrap_or(255);
        for (&pel, &up) in here.iter().zip(above).take(TILE) {
            all += 1;
            smooth += usize::from(
                (SHADOW..=216).contains(&pel) && pel.abs_diff(last) < FLAT && pel.abs_diff(up) < FLAT,
            );
            last = pel;
        }
    }
    smooth * 4 >= all
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
