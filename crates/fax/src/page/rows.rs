//! Decoded rows, packed: all changing elements in one vector, one span per row in another.
//!
//! A repeated row shares its span, so a page mended by repeating rows takes no more memory than its code pays for.

use super::{PageSource, Resolution, Row};

/// Rows of a page as changing elements (see [`Row`]), packed.
#[derive(Clone, Default)]
pub struct Rows {
    width: u16,
    changes: Vec<u16>,
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Default)]
struct Span {
    start: usize,
    /// A row has fewer changes than pels.
    len: u16,
}

impl Rows {
    /// No rows yet, each to be `width` pels wide.
    pub fn new(width: u16) -> Rows {
        Rows { width, changes: Vec::new(), spans: Vec::new() }
    }

    /// Every row of a page.
    pub fn from_source(source: &mut dyn PageSource) -> Rows {
        let mut rows = Rows::new(source.width());
        let mut row = Row::default();
        while source.next_row(&mut row) {
            rows.push(&row.changes);
        }
        rows
    }

    /// Pels in a row.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// How many rows there are.
    pub fn len(&self) -> u32 {
        u32::try_from(self.spans.len()).unwrap_or(u32::MAX)
    }

    /// There is no row.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Memory the rows take.
    pub fn memory_bytes(&self) -> usize {
        self.changes.capacity() * size_of::<u16>() + self.spans.capacity() * size_of::<Span>()
    }

    /// Adds a row: strictly increasing columns less than the width. What does not fit that is left out.
    pub fn push(&mut self, changes: &[u16]) {
        let start = self.changes.len();
        let mut floor = 0u32;
        for &change in changes {
            if u32::from(change) >= floor && change < self.width {
                self.changes.push(change);
                floor = u32::from(change) + 1;
            }
        }
        self.close(start);
    }

    /// Adds the last row once more; a white one if there is none. Costs no memory but the span.
    pub fn repeat_last(&mut self) {
        self.spans.push(self.spans.last().copied().unwrap_or_default());
    }

    /// The changing elements of a row, counted from 0.
    pub fn row(&self, row: u32) -> Option<&[u16]> {
        let span = self.spans.get(usize::try_from(row).ok()?)?;
        self.changes.get(span.start..span.start + usize::from(span.len))
    }

    /// The rows from top to bottom.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u16]> + DoubleEndedIterator {
        self.spans
            .iter()
            .map(|span| self.changes.get(span.start..span.start + usize::from(span.len)).unwrap_or_default())
    }

    /// Reads the rows as a page of this resolution.
    pub fn source(&self, resolution: Resolution) -> RowsSource<'_> {
        RowsSource { rows: self, resolution, next: 0 }
    }

    /// Lets `write` append one row's changing elements, which must be as [`Row`] says; the row is dropped on an error.
    pub(crate) fn push_with<E>(
        &mut self,
        write: impl FnOnce(&[u16], &mut Row) -> Result<(), E>,
        row: &mut Row,
    ) -> Result<(), E> {
        let above = self.spans.last().copied().unwrap_or_default();
        let above = self.changes.get(above.start..above.start + usize::from(above.len)).unwrap_or_default();
        write(above, row)?;
        let start = self.changes.len();
        self.changes.extend_from_slice(&row.changes);
        self.close(start);
        Ok(())
    }

    /// Adds the rows of a page of the same width.
    pub(crate) fn append(&mut self, mut below: Rows) {
        if self.is_empty() {
            *self = below;
            return;
        }
        let start = self.changes.len();
        self.changes.append(&mut below.changes);
        self.spans.extend(below.spans.iter().map(|span| Span { start: start + span.start, len: span.len }));
    }

    /// The same page with white and black exchanged.
    pub(crate) fn inverted(&self) -> Rows {
        let mut inverted = Rows::new(self.width);
        let mut row = Vec::new();
        for changes in self.iter() {
            row.clear();
            match changes {
                [0, rest @ ..] => row.extend_from_slice(rest),
                changes => {
                    row.push(0);
                    row.extend_from_slice(changes);
                }
            }
            inverted.push(&row);
        }
        inverted
    }

    fn close(&mut self, start: usize) {
        let len = u16::try_from(self.changes.len() - start).unwrap_or(u16::MAX);
        self.spans.push(Span { start, len });
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Rows) -> bool {
        self.width == other.width && self.iter().eq(other.iter())
    }
}

impl Eq for Rows {}

/// Names sizes, never content.
impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rows({} × {}, {} changes)", self.width, self.spans.len(), self.changes.len())
    }
}

/// Reads [`Rows`] as a page.
#[derive(Clone, Debug)]
pub struct RowsSource<'a> {
    rows: &'a Rows,
    resolution: Resolution,
    next: u32,
}

impl PageSource for RowsSource<'_> {
    fn width(&self) -> u16 {
        self.rows.width
    }

    fn resolution(&self) -> Resolution {
        self.resolution
    }

    fn next_row(&mut self, row: &mut Row) -> bool {
        let Some(changes) = self.rows.row(self.next) else { return false };
        self.next += 1;
        row.changes.clear();
        row.changes.extend_from_slice(changes);
        true
    }
}
