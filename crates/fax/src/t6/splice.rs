//! Another top for a stored page, without coding the page anew (architecture, decision 5).
//!
//! A row's code depends on the row above and on nothing else. So only the new rows are coded, and the first old row below them,
//! which now stands under another row; everything after it is copied bit by bit, moved by as many bits as the new code is longer.
//! The old rows above are decoded to find where that is. Where the new top ends as the old one did (in a white row, for a header
//! line over room made for it), even the first old row is copied.

use crate::page::{Row, Rows, StoredPage};
use crate::t4::bits::{Reader, Writer};
use crate::t4::codes::EOL;
use crate::t4::two_d;

use super::stored::note;
use super::{StoredPageError, next_row};

/// The page with its first rows replaced by those of `top`, which must have its width. Rows of `top` beyond the end of the page are
/// left out.
pub fn replace_top(page: &StoredPage, top: &Rows) -> Result<StoredPage, StoredPageError> {
    let width = page.width;
    if top.width() != width {
        return Err(StoredPageError::Unlike);
    }
    let replaced = top.len().min(page.rows);
    let mut old = Reader::new(&page.code);
    let (mut above, mut row) = (Row::default(), Row::default());
    for number in 0..replaced {
        next_row(&mut old, width, &above.changes, &mut row).map_err(|_| StoredPageError::Damaged { row: number })?;
        std::mem::swap(&mut above, &mut row);
    }

    let mut new = Writer::with_capacity(page.code.len());
    let mut index = Vec::with_capacity(page.index.len());
    let mut new_above: &[u16] = &[];
    for (number, row) in (0..replaced).zip(top.iter()) {
        note(&mut index, number, new.bit_len());
        two_d::encode(&mut new, width, new_above, row);
        new_above = row;
    }
    let mut copied_from = replaced;
    if new_above != above.changes && replaced < page.rows {
        note(&mut index, replaced, new.bit_len());
        next_row(&mut old, width, &above.changes, &mut row).map_err(|_| StoredPageError::Damaged { row: replaced })?;
        two_d::encode(&mut new, width, new_above, &row.changes);
        copied_from += 1;
    }

    if copied_from < page.rows {
        let (new_start, old_start) = (new.bit_len(), old.position());
        new.copy(&mut old);
        let entries = page.index.iter().skip(index.len());
        index.extend(entries.map(|bit| new_start.saturating_add(bit.saturating_sub(old_start))));
    } else {
        for _ in 0..2 {
            new.put(EOL.bits, EOL.len);
        }
    }
    Ok(StoredPage { width, rows: page.rows, resolution: page.resolution, code: new.finish(), index })
}
