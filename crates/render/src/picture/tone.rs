//! Photographs: where they are, and the dots they get.
//!
//! The grounds of a document are plain: paper, tints, bars, each of one tone, or of one that changes slowly and one way as light
//! falls off. In a photograph they change everywhere and in both directions, but seldom by leaps. Tiles of that sort, where they
//! are many together, are a photograph, and as those are mostly rectangles, so is the rectangle they fill. A picture whose grounds
//! are of many tones, and which are more than what is written on them, is one as a whole, smooth skies and all.
//!
//! The screen is made for T.6: dots long along the line, in rows that lie one under the other, grow together into lines that
//! swell and shrink with the tone. Code pays for changes along a row, and these are few.

use std::ops::Range;

use ferrofax_fax::page::Resolution;

use super::ground::{Ground, Plane, Tile, cell_rows};

/// Where the photographs of a picture are.
pub(super) struct Tones {
    tiles: Plane<bool>,
    pub(super) any: bool,
    /// What is white in them.
    pub(super) white: u8,
}

/// Tones of neighbours two tiles apart that differ by this much, at least and at most, and those of tiles far apart.
const NEAR: (usize, Range<u8>) = (2, 6..64);
const FAR: (usize, Range<u8>) = (8, 14..110);
/// Tiles to each side that are looked at together.
const ABOUT: usize = 4;
/// A photograph has as many tiles; smaller ones are icons.
const TILES_MIN: usize = 100;

/// Finds the photographs.
pub(super) fn find(ground: &Ground) -> Tones {
    let tiles = &ground.tiles;
    let (width, height) = (tiles.width, tiles.height);
    let mut tones = Tones { tiles: Plane::new(width, height), any: false, white: ground.paper };
    let noise = ground.floor / 5;
    let levels = lightest(tiles);
    // Strokes that are dark here and light there say nothing about the ground.
    let varies = |(a, b): (&u8, &u8), (tile, next): (&Tile, &Tile), range: &Range<u8>| {
        let by = a.abs_diff(*b);
        tile.on_dark == next.on_dark && by >= range.start.max(noise) && by < range.end
    };
    let mut seeds = Plane::new(width, height);
    for (apart, range) in [NEAR, FAR] {
        let mut across: Plane<bool> = Plane::new(width, height);
        let mut down: Plane<bool> = Plane::new(width, height);
        let rows = across.values.chunks_exact_mut(width.max(1)).zip(down.values.chunks_exact_mut(width.max(1)));
        for (y, (across, down)) in rows.enumerate() {
            let (here, below) = (levels.row(y), levels.row(y + apart));
            let (tile, tile_below) = (tiles.row(y), tiles.row(y + apart));
            let (next, tile_next) = (here.get(apart..).unwrap_or_default(), tile.get(apart..).unwrap_or_default());
            for ((to, levels), tiles) in across.iter_mut().zip(here.iter().zip(next)).zip(tile.iter().zip(tile_next)) {
                *to = varies(levels, tiles, &range);
            }
            for ((to, levels), tiles) in down.iter_mut().zip(here.iter().zip(below)).zip(tile.iter().zip(tile_below)) {
                *to = varies(levels, tiles, &range);
            }
        }
        let (across, down) = (sums(&across), sums(&down));
        for y in 0..height {
            for x in 0..width {
                let (left, top) = (x.saturating_sub(ABOUT), y.saturating_sub(ABOUT));
                let (right, bottom) = ((x + ABOUT + 1).min(width), (y + ABOUT + 1).min(height));
                let count = |sums: &Plane<u32>| {
                    (sums.at(right, bottom) + sums.at(left, top)) - (sums.at(left, bottom) + sums.at(right, top))
                };
                // Fewer than a u32 holds.
                let third = ((right - left) * (bottom - top)) as u32 * 33 / 100;
                if count(&across) >= third
                    && count(&down) >= third
                    && let Some(seed) = seeds.values.get_mut(y * width + x)
                {
                    *seed = true;
                }
            }
        }
    }
    for (to, tile) in tones.tiles.values.iter_mut().zip(&tiles.values) {
        *to = tile.gradient;
        tones.any |= tile.gradient;
    }
    if is_photograph(ground, &levels, &seeds) {
        tones.tiles.values.fill(true);
        return Tones { any: true, white: 255, ..tones };
    }
    for photograph in clusters(&seeds) {
        if photograph.tiles < TILES_MIN || photograph.is_flat(&levels) {
            continue;
        }
        let full = photograph.tiles * 2 >= photograph.area();
        let all = photograph.area() * 10 >= width * height * 6 && full;
        let filled = match (all, full) {
            (true, _) => Some(Cluster { columns: 0..width, rows: 0..height, tiles: 0 }),
            (false, true) => Some(fitted(photograph.clone(), ground)),
            _ => None,
        };
        // What it spread over is a plain ground.
        if !all && filled.as_ref().is_some_and(|filled| filled.is_flat(&levels)) {
            continue;
        }
        tones.any = true;
        if all {
            tones.white = 255;
        }
        if let Some(filled) = filled {
            for y in filled.rows {
                let row = tones.tiles.values.get_mut(y * width..(y + 1) * width).unwrap_or_default();
                row.get_mut(filled.columns.clone()).unwrap_or_default().fill(true);
            }
        } else {
            for y in photograph.rows {
                for x in photograph.columns.clone() {
                    if let Some(tile) = tones.tiles.values.get_mut(y * width + x) {
                        *tile |= seeds.at(x, y);
                    }
                }
            }
        }
    }
    tones
}

/// Fewer tones than this, each as common as the others, are no photograph.
const TONES_MIN: usize = 10;
/// Of a hundred tiles of a whole photograph so many are seeds, at least.
const SEEDS_MIN: usize = 2;
/// Tiles with strokes for each seed, at most: paper in uneven light has many tones as well, but what varies there is its print.
const STROKES_A_SEED: usize = 4;

/// The whole picture is a photograph.
fn is_photograph(ground: &Ground, levels: &Plane<u8>, seeds: &Plane<bool>) -> bool {
    let tiles = levels.values.len();
    let seeds = seeds.values.iter().filter(|&&seed| seed).count();
    let strokes = ground.tiles.values.iter().filter(|tile| tile.dark.max(tile.light) >= ground.floor).count();
    tiles >= TILES_MIN
        && seeds * 100 >= tiles * SEEDS_MIN
        && strokes <= seeds * STROKES_A_SEED
        && tones(levels.values.iter().copied()) >= TONES_MIN
}

/// How many tones there are, each counted by how common it is: the inverse of the chance that two tiles have the same.
fn tones(levels: impl Iterator<Item = u8>) -> usize {
    let mut counts = [0usize; 64];
    for level in levels {
        if let Some(count) = counts.get_mut(usize::from(level / 4)) {
            *count += 1;
        }
    }
    let all: usize = counts.iter().sum();
    all * all / counts.iter().map(|count| count * count).sum::<usize>().max(1)
}

impl Cluster {
    /// Much of it is of one tone: a ground with something on it.
    fn is_flat(&self, levels: &Plane<u8>) -> bool {
        let rows = self.rows.clone().map(|y| levels.row(y).get(self.columns.clone()).unwrap_or_default());
        tones(rows.flatten().copied()) < TONES_MIN
    }
}

/// The lightest of each nine tiles: close print darkens what seems its ground, but not everywhere.
fn lightest(tiles: &Plane<Tile>) -> Plane<u8> {
    let mut lightest = Plane::new(tiles.width, tiles.height);
    for (y, to) in lightest.values.chunks_exact_mut(tiles.width.max(1)).enumerate() {
        for y in y.saturating_sub(1)..=y + 1 {
            let row = tiles.row(y);
            for (x, to) in to.iter_mut().enumerate() {
                let about = row.get(x.saturating_sub(1)..(x + 2).min(row.len())).unwrap_or_default();
                *to = about.iter().map(|tile| tile.level).fold(*to, u8::max);
            }
        }
    }
    lightest
}

/// Sums of all above and to the left.
fn sums(of: &Plane<bool>) -> Plane<u32> {
    let mut sums: Plane<u32> = Plane::new(of.width + 1, of.height + 1);
    let width = of.width + 1;
    for y in 0..of.height {
        let mut row = 0;
        for x in 0..of.width {
            row += u32::from(of.at(x, y));
            let above = sums.at(x + 1, y);
            if let Some(sum) = sums.values.get_mut((y + 1) * width + x + 1) {
                *sum = above + row;
            }
        }
    }
    sums
}

/// Tiles that hang together.
#[derive(Clone)]
struct Cluster {
    columns: Range<usize>,
    rows: Range<usize>,
    tiles: usize,
}

impl Cluster {
    fn area(&self) -> usize {
        self.columns.len() * self.rows.len()
    }
}

fn clusters(seeds: &Plane<bool>) -> Vec<Cluster> {
    let (width, height) = (seeds.width, seeds.height);
    let mut seen = vec![false; seeds.values.len()];
    let mut clusters = Vec::new();
    let mut open = Vec::new();
    for start in 0..seeds.values.len() {
        let mut cluster = Cluster { columns: width..0, rows: height..0, tiles: 0 };
        open.push(start);
        while let Some(at) = open.pop() {
            let (Some(true), Some(seen @ false)) = (seeds.values.get(at), seen.get_mut(at)) else { continue };
            *seen = true;
            let (x, y) = (at % width, at / width);
            cluster.columns = cluster.columns.start.min(x)..cluster.columns.end.max(x + 1);
            cluster.rows = cluster.rows.start.min(y)..cluster.rows.end.max(y + 1);
            cluster.tiles += 1;
            if x > 0 {
                open.push(at - 1);
            }
            if x + 1 < width {
                open.push(at + 1);
            }
            if y > 0 {
                open.push(at - width);
            }
            open.push(at + width);
        }
        if cluster.tiles > 0 {
            clusters.push(cluster);
        }
    }
    clusters
}

/// Moves the sides of a rectangle to where the paper begins.
fn fitted(mut to: Cluster, ground: &Ground) -> Cluster {
    let tiles = &ground.tiles;
    let plain = |x: usize, y: usize| {
        let tile = tiles.at(x, y);
        tile.level.saturating_add(10) >= ground.paper
    };
    // A line of tiles belongs to the photograph if the paper is the smaller part of it.
    let column = |x: usize, rows: &Range<usize>| rows.clone().filter(|&y| plain(x, y)).count() * 2 < rows.len();
    let row = |y: usize, columns: &Range<usize>| columns.clone().filter(|&x| plain(x, y)).count() * 2 < columns.len();
    while to.rows.len() > 1 && !row(to.rows.start, &to.columns) {
        to.rows.start += 1;
    }
    while to.rows.len() > 1 && !row(to.rows.end - 1, &to.columns) {
        to.rows.end -= 1;
    }
    while to.columns.len() > 1 && !column(to.columns.start, &to.rows) {
        to.columns.start += 1;
    }
    while to.columns.len() > 1 && !column(to.columns.end - 1, &to.rows) {
        to.columns.end -= 1;
    }
    while to.rows.start > 0 && row(to.rows.start - 1, &to.columns) {
        to.rows.start -= 1;
    }
    while to.rows.end < tiles.height && row(to.rows.end, &to.columns) {
        to.rows.end += 1;
    }
    while to.columns.start > 0 && column(to.columns.start - 1, &to.rows) {
        to.columns.start -= 1;
    }
    while to.columns.end < tiles.width && column(to.columns.end, &to.rows) {
        to.columns.end += 1;
    }
    to
}

impl Tones {
    /// The tiles of a row that are photographs.
    pub(super) fn spans(&self, y: usize) -> impl Iterator<Item = Range<usize>> {
        let row = if self.any { self.tiles.row(y) } else { &[] };
        let mut at = 0;
        std::iter::from_fn(move || {
            let start = at + row.get(at..)?.iter().position(|&tone| tone)?;
            let length = row.get(start..)?.iter().take_while(|&&tone| tone).count();
            at = start + length;
            Some(start..at)
        })
    }
}

/// What T.6 makes of packed rows, about: so many bits for each change.
pub(super) fn code_bytes(rows: &[u8], width: usize) -> usize {
    const BITS_A_CHANGE: usize = 6;
    let changes = |row: &[u8]| {
        let mut last = 0;
        row.iter()
            .map(|&byte| {
                let edges = byte ^ (byte >> 1 | last << 7);
                last = byte & 1;
                edges.count_ones() as usize
            })
            .sum::<usize>()
    };
    rows.chunks(width.div_ceil(8).max(1)).map(changes).sum::<usize>() * BITS_A_CHANGE / 8
}

/// Thresholds of a screen, repeated over the page.
pub(super) struct Screen {
    below: Vec<u8>,
    width: usize,
    height: usize,
    /// 1 is the finest.
    pub(super) size: usize,
}

/// Pels from dot to dot along the line, and fine rows from line to line.
const DOT: usize = 16;
const LINE: usize = 6;
/// Darker is plain black.
const SHADOW: f64 = 20.0;
/// From here on plain white.
const LIGHT: f64 = 238.0;

impl Screen {
    /// `white` is what needs no dots.
    pub(super) fn new(resolution: Resolution, white: u8, size: usize) -> Screen {
        // Two lines, their dots beside each other.
        let (width, fine) = (DOT * size, 2 * LINE * size);
        let height = fine * cell_rows(resolution) / 2;
        let hill = |x: usize, y: usize| {
            let turn = std::f64::consts::TAU;
            let x = (x as f64 + 0.5) / width as f64;
            let line = (y as f64 + 0.5) / height as f64 * 2.0;
            let shift = if line >= 1.0 { 0.5 } else { 0.0 };
            // The odd terms only break ties.
            -(turn * line).cos() - 0.4 * (turn * (x + shift)).cos() + 1e-3 * x + 1e-4 * line
        };
        let mut places: Vec<(usize, f64)> = (0..width * height).map(|at| (at, hill(at % width, at / width))).collect();
        places.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut below = vec![0; places.len()];
        for (rank, (place, _)) in places.iter().enumerate() {
            let light = 1.0 - (rank as f64 + 0.5) / places.len() as f64;
            // Dots grow when printed; the power lightens the middle tones by about as much.
            if let Some(value) = below.get_mut(*place) {
                let value_255 = (255.0 * light.powf(1.15)).clamp(SHADOW, LIGHT);
                *value = (value_255 * f64::from(white) / 255.0) as u8;
            }
        }
        Screen { below, width, height, size }
    }

    /// Writes the thresholds from a pel of the page on.
    pub(super) fn thresholds(&self, x: usize, y: usize, to: &mut [u8]) {
        let start = y % self.height * self.width;
        let row = self.below.get(start..start + self.width).unwrap_or_default();
        let values = row.iter().cycle().skip(x % self.width);
        to.iter_mut().zip(values).for_each(|(to, &value)| *to = value);
    }
}
