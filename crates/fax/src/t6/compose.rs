//! Stored pages made of stored pages: an overlay beneath, room for a header line. See [`super::replace_top`] for the line itself.

use crate::page::{PageSource, Rows, StoredPage, lay_below, merge as merged};

use super::{StoredPageError, store};

/// The page with another one beneath it: black where either is. What of `under` lies below the end of the page is left out.
/// Both must have one width and resolution.
pub fn merge(page: &StoredPage, under: &StoredPage) -> Result<StoredPage, StoredPageError> {
    if (page.width, page.resolution) != (under.width, under.resolution) {
        return Err(StoredPageError::Unlike);
    }
    whole(store(&mut merged(page.source(), under.source())), page)
}

/// The page with its first `rows` rows white, for a header line: unchanged if they are; else moved down into white rows at its
/// bottom; else with rows left out that repeat the one above; else, as far as that is not enough, scaled in height. Its height and
/// width stay the same, and no stroke is lost.
pub fn make_room(page: &StoredPage, rows: u32) -> Result<StoredPage, StoredPageError> {
    if page.is_white_above(rows) {
        return Ok(page.clone());
    }
    if rows >= page.rows {
        return Err(StoredPageError::NoRoom { rows });
    }
    let decoded = Rows::from_source(&mut page.source());
    match lay_below(&decoded, rows) {
        Some(laid) => whole(store(&mut laid.source(page.resolution)), page),
        None => Err(StoredPageError::Damaged { row: decoded.len() }),
    }
}

/// What was made of a page has all its rows; a damaged one ends early.
fn whole(made: StoredPage, page: &StoredPage) -> Result<StoredPage, StoredPageError> {
    if made.rows == page.rows { Ok(made) } else { Err(StoredPageError::Damaged { row: made.rows }) }
}

impl StoredPage {
    /// No pel is black.
    pub fn is_blank(&self) -> bool {
        self.is_white_above(self.rows)
    }

    /// No pel of the first so many rows is black; all of them are there.
    fn is_white_above(&self, rows: u32) -> bool {
        let mut source = self.source();
        let mut row = crate::page::Row::default();
        (0..rows.min(self.rows)).all(|_| source.next_row(&mut row) && row.changes.is_empty())
    }
}
