//! T.4 code in files: the number of rows is known, EOLs may be missing, rows may begin at bytes.

use crate::page::{Row, Rows};

use super::bits::Reader;
use super::codes::EOL_ZEROS;
use super::{DamagedRow, RTC_EOLS_MIN, find_eol, one_d, take_eol, two_d};

/// How the rows of a strip are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// One row behind the other, an EOL before each or none.
    OneDimensional,
    /// An EOL before each row or none, and a tag bit.
    TwoDimensional,
    /// Each row begins at a byte; no EOL.
    ByteAligned,
}

/// Decodes up to `rows` rows; with them, how many were damaged and replaced by the one above. Fewer rows if nothing more could
/// be read.
pub(crate) fn decode(bytes: &[u8], width: u16, rows: u32, layout: Layout) -> (Rows, u32) {
    let mut reader = Reader::new(bytes);
    let mut row = Row::default();
    let mut strip = Rows::new(width);
    let mut bad_rows = 0;
    // EOLs are there to find the way again. The first row may lack one.
    let mut has_eols = false;
    let mut eols = 0;
    let mut above_is_good = true;
    while strip.len() < rows {
        if layout == Layout::ByteAligned {
            reader.align();
        } else if take_eol(&mut reader) || (has_eols && eols == 0 && find_eol(&mut reader)) {
            has_eols = true;
            eols += 1;
        } else if has_eols && eols == 0 {
            break;
        }
        let alone = layout != Layout::TwoDimensional || reader.bit();
        let start = reader.clone();
        match reader.clone().take_zeros() {
            Some(EOL_ZEROS..) if layout != Layout::ByteAligned && eols < RTC_EOLS_MIN => continue,
            None | Some(EOL_ZEROS..) => break,
            Some(_) => eols = 0,
        }
        let decode = |above: &[u16], row: &mut Row| {
            if alone {
                one_d::decode(&mut reader, width, &mut row.changes)?;
            } else if above_is_good {
                two_d::decode(&mut reader, width, above, &mut row.changes)?;
            } else {
                return Err(DamagedRow);
            }
            if reader.is_past_end() { Err(DamagedRow) } else { Ok(()) }
        };
        above_is_good = strip.push_with(decode, &mut row).is_ok();
        if !above_is_good {
            if !has_eols {
                break;
            }
            strip.repeat_last();
            bad_rows += 1;
            // The EOL that follows is where the next row begins.
            reader = start;
        }
    }
    (strip, bad_rows)
}
