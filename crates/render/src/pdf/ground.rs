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
    /// What lies below can hardly be seen through it.
    pub(super) veil: bool,
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

/// What is known of a colour's fills together.
#[derive(Default)]
struct Class {
    lighter: u64,
    darker: u64,
    /// Fills of the size of a bar code's bars.
    small: u32,
    /// Part of a chart or a map: at least one fill is no box.
    curved: bool,
}

/// So many small fills of a colour are a bar code.
const CODE_FILLS: u32 = 16;

/// What the shapes of a page are told apart by.
const KINDS: u8 = 7;

/// Decides what each fill becomes.
pub(super) fn decide(grounds: &mut [Ground], page_area: u64, resolution: Resolution) {
    let mut classes: HashMap<Colour, Class> = HashMap::new();
    for ground in grounds.iter().filter(|ground| !ground.is_picture && !ground.mixed) {
        let class = classes.entry(ground.colour).or_default();
        class.lighter += ground.lighter;
        class.darker += ground.darker;
        class.small += u32::from(is_small(&ground.region, resolution));
        class.curved |= !is_box(&ground.region);
    }
    let mut shapes: Vec<Colour> = Vec::new();
    let mut undecided = Vec::new();
    let none = Class::default();
    for number in 0..grounds.len() {
        let behind =
            grounds.get(number).and_then(|ground| ground.behind).and_then(|behind| grounds.get(behind as usize));
        let behind_colour = behind.filter(|behind| !behind.mixed).map_or(WHITE, |behind| behind.colour);
        let behind_is_mixed = behind.is_some_and(|behind| behind.mixed);
        let behind_out = behind.filter(|behind| !behind.is_picture).map(|behind| behind.out);
        let Some(ground) = grounds.get_mut(number) else { continue };
        if ground.is_picture {
            continue;
        }
        let class = if ground.mixed { &none } else { classes.get(&ground.colour).unwrap_or(&none) };
        let own = (ground.lighter, ground.darker);
        let (lighter, darker) = if own == (0, 0) && !class.curved { (class.lighter, class.darker) } else { own };
        let luma = luma(ground.colour);
        let is_large = ground.region.area() * 4 > page_area;
        ground.out = if lighter > darker && luma < PALE {
            Out::Black
        } else if ground.over_text || darker + lighter > 0 && (!class.curved || is_large) {
            Out::White
        } else if is_same(ground.colour, behind_colour) && !behind_is_mixed {
            behind_out.unwrap_or(Out::White)
        } else if behind_out == Some(Out::Black) && luma >= DARK {
            // Lighter than the black it lies on.
            Out::White
        } else if darker + lighter == 0
            && (luma < DARK || class.small >= CODE_FILLS && is_small(&ground.region, resolution))
        {
            Out::Black
        } else if is_large || luma >= PALE && !class.curved {
            Out::White
        } else if darker + lighter == 0 && is_small(&ground.region, resolution) && !class.curved {
            Out::Black
        } else {
            if !shapes.iter().any(|shape| difference(*shape, ground.colour) < 2 * SAME) {
                shapes.push(ground.colour);
            }
            undecided.push(number);
            Out::Black
        };
    }
    shapes.sort_by_key(|shape| luma(*shape));
    for number in undecided {
        let Some(ground) = grounds.get_mut(number) else { continue };
        let has_text = ground.lighter + ground.darker > 0;
        let colour = ground.colour;
        if shapes.len() < 2 {
            // The only shape of its kind: what it is shows without lines.
            ground.out = if has_text || luma(colour) >= PALE { Out::Lined(KINDS - 1) } else { Out::Black };
            continue;
        }
        let rank = shapes.iter().position(|shape| difference(*shape, colour) < 2 * SAME).unwrap_or(0);
        // The lightest has none.
        let kinds = usize::from(KINDS);
        let kind = if rank + 1 == shapes.len() { kinds - 1 } else { rank % (kinds - 1) };
        ground.out = Out::Lined(kind as u8);
    }
}

/// No part of it is thicker than a bar of a bar code.
fn is_small(region: &Region, resolution: Resolution) -> bool {
    let columns = region.columns();
    let rows = region.rows();
    usize::from(columns.1 - columns.0) < 24 || ((rows.end - rows.start) as usize) < fine_rows(24, resolution)
}

/// A rectangle, or nearly: its corners may be rounded.
fn is_box(region: &Region) -> bool {
    let columns = region.columns();
    let rows = region.rows();
    let around = u64::from(columns.1.saturating_sub(columns.0)) * u64::from(rows.end - rows.start);
    region.is_rectangle() || region.area() * 100 > around * 85
}

/// Draws a shape with lines of a kind and an outline.
pub(super) fn draw_lined(region: &Region, kind: u8, resolution: Resolution, page: &mut Bitmap) {
    const EDGE: u16 = 2;
    region.paint(page, true);
    let edge_rows = fine_rows(usize::from(EDGE), resolution) as u32;
    for y in region.rows() {
        let inner = region.row(y).iter().flat_map(|&run| {
            let above = y.checked_sub(edge_rows).map(|y| region.row(y)).unwrap_or_default();
            clipped(run, above).flat_map(move |run| clipped(run, region.row(y + edge_rows)))
        });
        let inner: Vec<_> = inner.collect();
        let Some(row) = page.row_mut(y) else { return };
        let fine = y as usize * CELL / fine_rows(CELL, resolution);
        // Thick lines, ones down the page, thin ones, both, sparse ones, none. Lines along the rows cost least to send.
        let (across, step) = match kind {
            0 => (fine % 8 < 4, 0),
            1 => (false, 12u16),
            2 => (fine % 12 < 2, 0),
            3 => (fine % 16 < 2, 16),
            4 => (false, 28),
            5 => (fine % 24 < 2, 0),
            _ => (false, 0),
        };
        for (from, to) in inner {
            if across {
                continue;
            }
            let (from, to) = (from + EDGE, to.saturating_sub(EDGE));
            super::region::fill(row, (from, to), false);
            let first = from.checked_div(step).map_or(to, |steps| steps * step);
            for column in (first..to).step_by(usize::from(step.max(1))).filter(|column| *column >= from) {
                super::region::fill(row, (column, (column + 2).min(to)), true);
            }
        }
    }
}

/// What of a run is in a row.
fn clipped(run: super::region::Run, row: &[super::region::Run]) -> impl Iterator<Item = super::region::Run> + '_ {
    row.iter().map(move |other| (run.0.max(other.0), run.1.min(other.1))).filter(|(from, to)| from < to)
}
