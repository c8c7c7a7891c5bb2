//! Pels of a page as runs, row by row: what a shape covers, what a clip lets through.

use ferrofax_fax::page::{Bitmap, PageSource, Resolution, Row, WIDTH_PELS};

/// Columns of a row, the end not included.
pub(crate) type Run = (u16, u16);

/// A set of pels. Runs of a row are in order and don't touch.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    top: u32,
    bottom: u32,
    rows: Rows,
}

#[derive(Clone, Debug)]
enum Rows {
    /// A rectangle.
    Same(Run),
    /// `starts` has one more than there are rows.
    Each { starts: Vec<u32>, runs: Vec<Run> },
}

impl Region {
    /// A rectangle; empty if an end is not behind its beginning.
    pub(crate) fn rectangle((left, right): Run, (top, bottom): (u32, u32)) -> Region {
        if left >= right || top >= bottom {
            return Region { top: 0, bottom: 0, rows: Rows::Same((0, 0)) };
        }
        Region { top, bottom, rows: Rows::Same((left, right)) }
    }

    /// From runs in any order, which may overlap.
    pub(crate) fn of_runs(mut runs: Vec<(u32, Run)>) -> Region {
        runs.retain(|(_, (from, to))| from < to);
        runs.sort_unstable();
        let mut build = Builder::new(runs.first().map_or(0, |(y, _)| *y));
        for (y, run) in runs {
            build.advance(y);
            build.push(run);
        }
        build.finish()
    }

    /// The black pels of a page.
    pub(crate) fn of_bitmap(page: &Bitmap) -> Region {
        let mut build = Builder::new(0);
        let mut row = Row::default();
        // The resolution is read by nobody here.
        let mut source = page.source(Resolution::Standard);
        let mut y = 0;
        while source.next_row(&mut row) {
            build.advance(y);
            for run in row.changes.chunks(2) {
                let from = run.first().copied().unwrap_or(WIDTH_PELS);
                build.push((from, run.get(1).copied().unwrap_or(WIDTH_PELS)));
            }
            y += 1;
        }
        build.finish()
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &self.rows {
            Rows::Same((from, to)) => self.top >= self.bottom || from >= to,
            Rows::Each { runs, .. } => runs.is_empty(),
        }
    }

    pub(crate) fn is_rectangle(&self) -> bool {
        matches!(self.rows, Rows::Same(_))
    }

    /// First row, and the row behind the last.
    pub(crate) fn rows(&self) -> std::ops::Range<u32> {
        self.top..self.bottom
    }

    /// The runs of a row.
    pub(crate) fn row(&self, y: u32) -> &[Run] {
        if !(self.top..self.bottom).contains(&y) {
            return &[];
        }
        match &self.rows {
            Rows::Same(run) => std::slice::from_ref(run),
            Rows::Each { starts, runs } => {
                let at = (y - self.top) as usize;
                match starts.get(at..at + 2) {
                    Some(&[from, to]) => runs.get(from as usize..to as usize).unwrap_or_default(),
                    _ => &[],
                }
            }
        }
    }

    /// Every run with its row.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (u32, Run)> + '_ {
        self.rows().flat_map(|y| self.row(y).iter().map(move |run| (y, *run)))
    }

    /// How many runs there are.
    pub(crate) fn len(&self) -> usize {
        match &self.rows {
            Rows::Same(_) => (self.bottom - self.top) as usize,
            Rows::Each { runs, .. } => runs.len(),
        }
    }

    /// What it takes to keep.
    pub(crate) fn cost(&self) -> usize {
        match &self.rows {
            Rows::Same(_) => 64,
            Rows::Each { starts, runs } => 64 + 4 * (starts.len() + runs.len()),
        }
    }

    pub(crate) fn area(&self) -> u64 {
        match &self.rows {
            Rows::Same((from, to)) => u64::from(to.saturating_sub(*from)) * u64::from(self.bottom - self.top),
            Rows::Each { runs, .. } => runs.iter().map(|(from, to)| u64::from(to - from)).sum(),
        }
    }

    /// First column, and the column behind the last.
    pub(crate) fn columns(&self) -> Run {
        match &self.rows {
            Rows::Same(run) => *run,
            Rows::Each { runs, .. } => {
                runs.iter().fold((WIDTH_PELS, 0), |(left, right), (from, to)| (left.min(*from), right.max(*to)))
            }
        }
    }

    pub(crate) fn contains_rectangle(&self, columns: Run, rows: (u32, u32)) -> bool {
        match self.rows {
            Rows::Same((left, right)) => {
                left <= columns.0 && columns.1 <= right && self.top <= rows.0 && rows.1 <= self.bottom
            }
            Rows::Each { .. } => {
                (rows.0..rows.1).all(|y| self.row(y).iter().any(|run| run.0 <= columns.0 && columns.1 <= run.1))
            }
        }
    }

    /// The pels that are in both.
    pub(crate) fn intersect(&self, other: &Region) -> Region {
        let (top, bottom) = (self.top.max(other.top), self.bottom.min(other.bottom));
        if top >= bottom {
            return Region::rectangle((0, 0), (0, 0));
        }
        if let (Rows::Same(a), Rows::Same(b)) = (&self.rows, &other.rows) {
            return Region::rectangle((a.0.max(b.0), a.1.min(b.1)), (top, bottom));
        }
        let inside = |outer: &Region, inner: &Region| {
            let columns = inner.columns();
            outer.contains_rectangle(columns, (inner.top, inner.bottom))
        };
        if inside(self, other) {
            return other.clone();
        }
        if inside(other, self) {
            return self.clone();
        }
        let mut build = Builder::new(top);
        for y in top..bottom {
            build.advance(y);
            let (mut left, mut right) = (self.row(y), other.row(y));
            while let ([a, rest_a @ ..], [b, rest_b @ ..]) = (left, right) {
                build.push((a.0.max(b.0), a.1.min(b.1)));
                if a.1 < b.1 { left = rest_a } else { right = rest_b }
            }
        }
        build.finish()
    }

    /// Makes the pels black or white.
    pub(crate) fn paint(&self, page: &mut Bitmap, black: bool) {
        for y in self.rows() {
            let Some(row) = page.row_mut(y) else { return };
            for run in self.row(y) {
                fill(row, *run, black);
            }
        }
    }

    /// Makes the pels what they are in `from`.
    pub(crate) fn copy(&self, from: &Bitmap, page: &mut Bitmap) {
        for y in self.rows() {
            let (Some(row), Some(source)) = (page.row_mut(y), from.row(y)) else { return };
            for run in self.row(y) {
                each_byte(*run, |at, mask| {
                    if let (Some(to), Some(from)) = (row.get_mut(at), source.get(at)) {
                        *to = *to & !mask | from & mask;
                    }
                });
            }
        }
    }

    /// Makes the pels black where `ground` is white, and the other way about.
    pub(crate) fn contrast(&self, ground: &Bitmap, page: &mut Bitmap) {
        for y in self.rows() {
            let (Some(row), Some(ground)) = (page.row_mut(y), ground.row(y)) else { return };
            for run in self.row(y) {
                each_byte(*run, |at, mask| {
                    if let (Some(to), Some(ground)) = (row.get_mut(at), ground.get(at)) {
                        *to = *to & !mask | !ground & mask;
                    }
                });
            }
        }
    }

    /// Black pels of `page` in it.
    pub(crate) fn ink(&self, page: &Bitmap) -> u64 {
        let mut ink = 0;
        for y in self.rows() {
            let Some(row) = page.row(y) else { break };
            for run in self.row(y) {
                each_byte(*run, |at, mask| {
                    ink += u64::from((row.get(at).copied().unwrap_or(0) & mask).count_ones());
                });
            }
        }
        ink
    }
}

/// Sets or clears the pels of a packed row.
pub(crate) fn fill(row: &mut [u8], run: Run, black: bool) {
    let Some(((first, head), (last, tail))) = edges(run) else { return };
    let put = |byte: &mut u8, mask: u8| if black { *byte |= mask } else { *byte &= !mask };
    match row.get_mut(first..=last) {
        Some([only]) => put(only, head & tail),
        Some([begin, middle @ .., end]) => {
            put(begin, head);
            middle.fill(if black { 0xff } else { 0 });
            put(end, tail);
        }
        _ => {}
    }
}

/// Calls `see` with the bytes a run touches and its bits in them.
fn each_byte(run: Run, mut see: impl FnMut(usize, u8)) {
    let Some(((first, head), (last, tail))) = edges(run) else { return };
    if first == last {
        return see(first, head & tail);
    }
    see(first, head);
    for at in first + 1..last {
        see(at, 0xff);
    }
    see(last, tail);
}

/// The first and the last byte a run touches, each with the bits from where it begins, and to where it ends.
fn edges((from, to): Run) -> Option<((usize, u8), (usize, u8))> {
    let last = to.checked_sub(1).filter(|&last| from <= last)?;
    Some(((usize::from(from / 8), 0xff >> (from % 8)), (usize::from(last / 8), 0xff << (7 - last % 8))))
}

/// Makes a region row by row, run by run.
pub(crate) struct Builder {
    top: u32,
    starts: Vec<u32>,
    runs: Vec<Run>,
}

impl Builder {
    pub(crate) fn new(top: u32) -> Builder {
        Builder { top, starts: vec![0], runs: Vec::new() }
    }

    /// What follows belongs to row `y`, which is not above the present one.
    pub(crate) fn advance(&mut self, y: u32) {
        let wanted = y.saturating_sub(self.top) as usize + 1;
        while self.starts.len() < wanted {
            // Bounded by the page's rows × columns.
            self.starts.push(self.runs.len() as u32);
        }
    }

    /// Adds a run that does not begin before the last one of its row.
    pub(crate) fn push(&mut self, (from, to): Run) {
        if from >= to {
            return;
        }
        let row_start = self.starts.last().copied().unwrap_or(0) as usize;
        match self.runs.get_mut(row_start..).and_then(|row| row.last_mut()) {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => self.runs.push((from, to)),
        }
    }

    pub(crate) fn finish(mut self) -> Region {
        if self.runs.is_empty() {
            return Region::rectangle((0, 0), (0, 0));
        }
        let bottom = self.top + self.starts.len() as u32;
        self.starts.push(self.runs.len() as u32);
        Region { top: self.top, bottom, rows: Rows::Each { starts: self.starts, runs: self.runs } }
    }
}
