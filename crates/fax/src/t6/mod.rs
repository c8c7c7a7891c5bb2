//! T.6 (MMR): every row seen against the one above, nothing between them, for lines that correct their errors.
//!
//! The first row stands under an imaginary white one (clause 2.2.1). The page is closed by EOFB (clause 2.4.1.1). One wrong bit
//! spoils all that follows, so damage ends the page: what came before it is kept.
//!
//! [`store`] codes a page and notes where every 64th row begins; [`crate::page::StoredPage::source`] decodes it again
//! row by row. [`replace_top`], [`merge`] and [`make_room`] make stored pages of stored pages.
//!
//! Left out: uncompressed mode and other extensions (Table 1/T.6), which count as damage.

use crate::page::{PageSource, ROWS_MAX, Row, Rows};
use crate::t4::bits::{Reader, Writer};
use crate::t4::codes::EOL;
use crate::t4::{one_d, two_d};

mod compose;
mod splice;
mod stored;

pub use compose::{make_room, merge};
pub use splice::replace_top;
pub use stored::{INDEX_ROWS, StoredPageError, StoredSource, store};

/// Codes a page, closed by EOFB. The last byte is filled with zeros.
pub fn encode(page: &mut dyn PageSource) -> Vec<u8> {
    encode_noting(page, |_, _| {})
}

/// As [`encode`]; `note` is told the number and the first bit of each row.
fn encode_noting(page: &mut dyn PageSource, mut note: impl FnMut(u32, u64)) -> Vec<u8> {
    let width = page.width();
    let mut writer = Writer::new();
    let (mut above, mut row) = (Row::default(), Row::default());
    let mut rows = 0u32;
    while page.next_row(&mut row) {
        note(rows, writer.bit_len());
        two_d::encode(&mut writer, width, &above.changes, &row.changes);
        std::mem::swap(&mut above, &mut row);
        rows = rows.saturating_add(1);
    }
    for _ in 0..2 {
        writer.put(EOL.bits, EOL.len);
    }
    writer.finish()
}

/// What came of T.6 code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// The rows before the end.
    pub rows: Rows,
    /// Why there are no more.
    pub end: End,
}

impl Decoded {
    /// The code broke off or made no sense.
    pub fn is_damaged(&self) -> bool {
        self.end == End::Damaged
    }
}

/// How T.6 code ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// By EOFB. Half of one is enough: no row begins so.
    Eofb,
    /// There are as many rows as were asked for.
    AllRows,
    /// The bytes ended behind a row, without EOFB.
    DataEnd,
    /// In a row: no code, a run too long, an extension, the end of the bytes; or more than [`ROWS_MAX`] rows where no number was given.
    Damaged,
}

/// Decodes a page from any bytes, up to EOFB, `rows` rows (where none are given, [`ROWS_MAX`]), the end of the bytes, or damage.
pub fn decode(bytes: &[u8], width: u16, rows: Option<u32>) -> Decoded {
    let mut reader = Reader::new(bytes);
    let mut row = Row::default();
    let mut decoded = Decoded { rows: Rows::new(width), end: End::AllRows };
    while rows != Some(decoded.rows.len()) {
        if let Some(end) = end_before_row(&mut reader) {
            decoded.end = end;
            break;
        }
        let step = |above: &[u16], row: &mut Row| next_row(&mut reader, width, above, row);
        if (rows.is_none() && decoded.rows.len() >= ROWS_MAX) || decoded.rows.push_with(step, &mut row).is_err() {
            decoded.end = End::Damaged;
            break;
        }
    }
    decoded
}

/// As [`decode`] of `rows` rows, for encoders that code pairs of runs of no length and count them among the changing elements of
/// the row above (seen in files). T.6 does not: a changing element is a pel.
pub(crate) fn decode_empty_pairs(bytes: &[u8], width: u16, rows: u32) -> Decoded {
    let mut reader = Reader::new(bytes);
    let (mut above, mut row, mut clean) = (Vec::new(), Vec::new(), Vec::new());
    let mut decoded = Decoded { rows: Rows::new(width), end: End::AllRows };
    while decoded.rows.len() < rows {
        if let Some(end) = end_before_row(&mut reader) {
            decoded.end = end;
            break;
        }
        if two_d::decode_with(&mut reader, width, &above, &mut row, Vec::push).is_err() || reader.is_past_end() {
            decoded.end = End::Damaged;
            break;
        }
        clean.clear();
        row.iter().for_each(|&change| one_d::push_change(&mut clean, change));
        decoded.rows.push(&clean);
        std::mem::swap(&mut above, &mut row);
    }
    decoded
}

/// The page ends here, instead of another row.
fn end_before_row(reader: &mut Reader<'_>) -> Option<End> {
    reader.refill();
    // A row's code begins with at most six zeros.
    if reader.peek(8) != 0 {
        return None;
    }
    if reader.peek(EOL.len) == EOL.bits {
        return Some(End::Eofb);
    }
    reader.clone().take_zeros().is_none().then_some(End::DataEnd)
}

/// Decodes a row wholly within the bytes.
fn next_row(reader: &mut Reader<'_>, width: u16, above: &[u16], row: &mut Row) -> Result<(), crate::t4::DamagedRow> {
    two_d::decode(reader, width, above, &mut row.changes)?;
    if reader.is_past_end() { Err(crate::t4::DamagedRow) } else { Ok(()) }
}

#[cfg(test)]
pub(crate) mod tests;
