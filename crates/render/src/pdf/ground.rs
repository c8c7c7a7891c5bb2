//! What lies behind: fills, kept until all of the page is known, and what each becomes.
//!
//! A fill that letters stand on is a ground. It becomes white, or black if the letters are lighter than it and it isn't pale. A
//! fill nobody writes on is a shape (a bar of a chart, an area of a map, a logo): dark ones are black, pale ones white, and middle
//! tones are black if they are the only ones of their page, else each colour gets lines of its own and an outline. Fills of one
//! colour are treated alike, so an empty cell of a shaded table looks like the cells beside it.

use std::collections::HashMap;

use ferrofax_fax::page::{Bitmap, Resolution, WIDTH_PELS};

use super::region::Region;

/// Pels, and fine rows, in a cell of the map.
const CELL: usize = 8;
const CELLS_ACROSS: usize = (WIDTH_PELS as usize).div_ceil(CELL);
/// Colours that differ by less in every component can't be told apart.
const SAME: u8 = 10;
/// Luma from which a fill is pale: nobody sees white letters on it.
const PALE: u8 = 192;
/// Luma below which a shape is dark.
const DARK: u8 = 104;

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

pub(super) const WHITE: Colour = [255; 3];

pub(super) fn luma(colour: Colour) -> u8 {
    super::luma(colour[0], colour[1], colour[2])
}

/// No eye sees one on the other.
pub(super) fn is_same(a: Colour, b: Colour) -> bool {
    difference(a, b) < SAME
}

pub(super) fn difference(a: Colour, b: Colour) -> u8 {
    a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
}

/// What is behind a place: nothing, or the fill or picture with this number.
pub(super) type Behind = Option<u32>;

/// A fill or a picture.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) region: Region,
    pub(super) colour: Colour,
    /// What lies below can't be seen through it.
    pub(super) opaque: bool,
    pub(super) is_picture: bool,
    /// It has no one colour.
    pub(super) mixed: bool,
    /// What is behind it, at its middle.
    pub(super) behind: Behind,
    /// Drawn over letters that are to be seen through it.
    pub(super) over_text: bool,
    /// Ink of what stands on it, lighter and darker than it.
    pub(super) lighter: u64,
    pub(super) darker: u64,
    pub(super) out: Out,
}

/// What becomes of a fill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Out {
    White,
    Black,
    /// White with a black edge, and lines of a kind.
    Lined(u8),
}

/// Which fill is on top, in cells.
pub(super) struct Map {
    cells: Vec<Behind>,
    /// Where letters are.
    text: Vec<bool>,
    cell_rows: usize,
    rows: usize,
}

impl Map {
    pub(super) fn new(rows: u32, resolution: Resolution) -> Map {
        let cell_rows = fine_rows(CELL, resolution);
        Map { cells: Vec::new(), text: Vec::new(), cell_rows, rows: rows as usize }
    }

    fn len(&self) -> usize {
        CELLS_ACROSS * self.rows.div_ceil(self.cell_rows)
    }

    fn at(&self, x: i32, y: i32) -> Option<usize> {
        let (x, y) = (usize::try_from(x).ok()? / CELL, usize::try_from(y).ok()? / self.cell_rows);
        (x < CELLS_ACROSS).then_some(y * CELLS_ACROSS + x)
    }

    /// What is on top at a place.
    pub(super) fn behind(&self, x: i32, y: i32) -> Behind {
        self.at(x, y).and_then(|at| self.cells.get(at)).copied().flatten()
    }

    /// Calls `see` with the cells whose middle is in a region.
    fn each_cell(&self, region: &Region, mut see: impl FnMut(usize)) {
        let rows = region.rows();
        let first = (rows.start as usize).saturating_sub(self.cell_rows / 2).div_ceil(self.cell_rows);
        for cell_row in first.. {
            let y = cell_row * self.cell_rows + self.cell_rows / 2;
            if y >= rows.end as usize {
                break;
            }
            // Less than `rows.end`, a u32.
            for &(from, to) in region.row(y as u32) {
                let first = usize::from(from).saturating_sub(CELL / 2).div_ceil(CELL);
                let end = usize::from(to).saturating_sub(CELL / 2).div_ceil(CELL);
                for column in first..end {
                    see(cell_row * CELLS_ACROSS + column);
                }
            }
        }
    }

    /// Puts a fill on top.
    pub(super) fn cover(&mut self, region: &Region, number: u32) {
        let mut cells = std::mem::take(&mut self.cells);
        cells.resize(self.len(), None);
        self.each_cell(region, |at| {
            if let Some(cell) = cells.get_mut(at) {
                *cell = Some(number);
            }
        });
        self.cells = cells;
    }

    /// Notes a letter.
    pub(super) fn write(&mut self, x: i32, y: i32) {
        let len = self.len();
        self.text.resize(len, false);
        if let Some(at) = self.at(x, y)
            && let Some(cell) = self.text.get_mut(at)
        {
            *cell = true;
        }
    }

    /// Whether there are letters in a region.
    pub(super) fn has_text(&self, region: &Region) -> bool {
        let mut found = false;
        if self.text.iter().any(|cell| *cell) {
            self.each_cell(region, |at| found |= self.text.get(at).copied().unwrap_or(false));
        }
        found
    }
}

/// As many rows as are as long as `fine` fine rows, at least one.
pub(super) fn fine_rows(fine: usize, resolution: Resolution) -> usize {
    match resolution {
        Resolution::Standard => (fine / 2).max(1),
        Resolution::Fine => fine,
        Resolution::Superfine => fine * 2,
    }
}

/// Decides what each fill becomes.
pub(super) fn decide(grounds: &mut [Ground], page_area: u64) {
    // What letters say about a colour.
    let mut colours: HashMap<Colour, (u64, u64)> = HashMap::new();
    for ground in grounds.iter().filter(|ground| !ground.is_picture && !ground.mixed) {
        let votes = colours.entry(ground.colour).or_default();
        votes.0 += ground.lighter;
        votes.1 += ground.darker;
    }
    let mut shapes: Vec<Colour> = Vec::new();
    let mut undecided = Vec::new();
    for number in 0..grounds.len() {
        let behind = grounds.get(number).and_then(|ground| ground.behind).and_then(|behind| grounds.get(behind as usize));
        let behind_colour = behind.filter(|behind| !behind.mixed).map_or(WHITE, |behind| behind.colour);
        let behind_is_mixed = behind.is_some_and(|behind| behind.mixed);
        let behind_out = behind.filter(|behind| !behind.is_picture).map(|behind| behind.out);
        let Some(ground) = grounds.get_mut(number) else { continue };
        if ground.is_picture {
            continue;
        }
        let own = (ground.lighter, ground.darker);
        let votes = if own == (0, 0) { colours.get(&ground.colour).copied().unwrap_or_default() } else { own };
        let luma = luma(ground.colour);
        ground.out = if votes != (0, 0) {
            if votes.0 > votes.1 && luma < PALE { Out::Black } else { Out::White }
        } else if ground.over_text {
            Out::White
        } else if is_same(ground.colour, behind_colour) && !behind_is_mixed {
            behind_out.unwrap_or(Out::White)
        } else if luma < DARK {
            Out::Black
        } else if ground.region.area() * 4 > page_area || luma >= PALE && behind_out != Some(Out::Black) {
            Out::White
        } else if behind_out == Some(Out::Black) {
            // Lighter than the black it lies on.
            Out::White
        } else {
            if !shapes.iter().any(|shape| difference(*shape, ground.colour) < 2 * SAME) {
                shapes.push(ground.colour);
            }
            undecided.push(number);
            Out::Black
        };
    }
    if shapes.len() < 2 {
        return;
    }
    shapes.sort_by_key(|shape| luma(*shape));
    for number in undecided {
        if let Some(ground) = grounds.get_mut(number) {
            let colour = ground.colour;
            let rank = shapes.iter().position(|shape| difference(*shape, colour) < 2 * SAME).unwrap_or(0);
            // Four kinds of lines.
            ground.out = Out::Lined((rank % 4) as u8);
        }
    }
}

/// Draws a shape with lines and an outline.
pub(super) fn draw_lined(region: &Region, kind: u8, resolution: Resolution, page: &mut Bitmap) {
    region.paint(page, false);
    let edge_rows = fine_rows(2, resolution) as u32;
    let rows = region.rows();
    for y in rows.clone() {
        let Some(row) = page.row_mut(y) else { return };
        let fine = y as usize * CELL / fine_rows(CELL, resolution);
        // Thick lines, thin ones, ones down the page, none.
        let line = match kind {
            0 => fine % 8 < 4,
            1 => fine % 12 < 2,
            _ => false,
        };
        for &(from, to) in region.row(y) {
            if line || y < rows.start + edge_rows || y + edge_rows >= rows.end {
                super::region::fill(row, (from, to), true);
                continue;
            }
            super::region::fill(row, (from, to.min(from + 2)), true);
            super::region::fill(row, (from.max(to.saturating_sub(2)), to), true);
            if kind == 2 {
                for column in (from / 12 * 12..to).step_by(12).filter(|column| *column >= from) {
                    super::region::fill(row, (column, (column + 2).min(to)), true);
                }
            }
        }
    }
}
