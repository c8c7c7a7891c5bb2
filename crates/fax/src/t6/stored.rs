//! Pages at rest: made, checked, and read row by row.

use crate::page::{PageSource, Resolution, Row, StoredPage};
use crate::t4::bits::Reader;

use super::{End, encode_noting, end_before_row, next_row};

/// [`StoredPage::index`] has an entry for every so many rows.
pub const INDEX_ROWS: u32 = 64;

/// A [`StoredPage`] does not hold what it says, or can't be made into what was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoredPageError {
    /// The code broke off or made no sense.
    #[error("the T.6 code is damaged in row {row}")]
    Damaged {
        /// The row, from 0.
        row: u32,
    },
    /// The code is good, but has more or fewer rows.
    #[error("the T.6 code does not have {rows} rows")]
    RowCount {
        /// As many as it should have.
        rows: u32,
    },
    /// The index does not say where the rows begin.
    #[error("the row index does not fit the T.6 code")]
    Index,
    /// Two pages that were to be one differ in width or resolution.
    #[error("the pages differ in width or resolution")]
    Unlike,
    /// The page has no more rows than are to be free at its top.
    #[error("the page has no room for {rows} rows at its top")]
    NoRoom {
        /// The rows asked for.
        rows: u32,
    },
}

/// Codes a page to keep it.
pub fn store(page: &mut dyn PageSource) -> StoredPage {
    let (width, resolution) = (page.width(), page.resolution());
    let mut index = Vec::new();
    let mut rows = 0;
    let code = encode_noting(page, |row, bit| {
        note(&mut index, row, bit);
        rows = row.saturating_add(1);
    });
    StoredPage { width, rows, resolution, code, index }
}

pub(super) fn note(index: &mut Vec<u64>, row: u32, bit: u64) {
    if row.is_multiple_of(INDEX_ROWS) {
        index.push(bit);
    }
}

impl StoredPage {
    /// A page from T.6 code of somebody else: decoded once to see that it is whole (closed by EOFB), to count its rows and to
    /// note where they begin.
    pub fn from_code(width: u16, resolution: Resolution, code: Vec<u8>) -> Result<StoredPage, StoredPageError> {
        let mut index = Vec::new();
        let rows = walk(&code, width, |row, bit| note(&mut index, row, bit))?;
        Ok(StoredPage { width, rows, resolution, code, index })
    }

    /// Decodes the page once to see that code, rows and index are right.
    pub fn check(&self) -> Result<(), StoredPageError> {
        let mut index = Vec::new();
        let rows = walk(&self.code, self.width, |row, bit| note(&mut index, row, bit))?;
        if rows != self.rows {
            return Err(StoredPageError::RowCount { rows: self.rows });
        }
        if index != self.index {
            return Err(StoredPageError::Index);
        }
        Ok(())
    }

    /// Reads the page, decoding as it goes. A page made by [`store`] or proved by [`StoredPage::check`] gives all its rows;
    /// a damaged one ends early.
    pub fn source(&self) -> StoredSource<'_> {
        StoredSource { page: self, reader: Reader::new(&self.code), above: Row::default(), left: self.rows }
    }
}

/// Decodes to EOFB, telling each row's number and first bit; the number of rows.
fn walk(code: &[u8], width: u16, mut note: impl FnMut(u32, u64)) -> Result<u32, StoredPageError> {
    let mut reader = Reader::new(code);
    let (mut above, mut row) = (Row::default(), Row::default());
    let mut rows = 0u32;
    loop {
        match end_before_row(&mut reader) {
            None => {}
            Some(End::Eofb) => return Ok(rows),
            Some(_) => return Err(StoredPageError::Damaged { row: rows }),
        }
        note(rows, reader.position());
        next_row(&mut reader, width, &above.changes, &mut row).map_err(|_| StoredPageError::Damaged { row: rows })?;
        std::mem::swap(&mut above, &mut row);
        // A row takes at least a bit of the code in memory, but a file may have more than 2^32 of them.
        rows = rows.checked_add(1).ok_or(StoredPageError::Damaged { row: rows })?;
    }
}

/// Reads a [`StoredPage`].
#[derive(Clone, Debug)]
pub struct StoredSource<'a> {
    page: &'a StoredPage,
    reader: Reader<'a>,
    above: Row,
    left: u32,
}

impl PageSource for StoredSource<'_> {
    fn width(&self) -> u16 {
        self.page.width
    }

    fn resolution(&self) -> Resolution {
        self.page.resolution
    }

    fn next_row(&mut self, row: &mut Row) -> bool {
        if self.left == 0 || next_row(&mut self.reader, self.page.width, &self.above.changes, row).is_err() {
            self.left = 0;
            return false;
        }
        self.left -= 1;
        self.above.changes.clone_from(&row.changes);
        true
    }
}
