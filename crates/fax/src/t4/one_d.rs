//! A row by itself (T.4 clause 4.1.1): white and black runs in turn, beginning with white, which may be of no length.

use super::DamagedRow;
use super::bits::{Reader, Writer};
use super::codes::{
    BLACK_BITS, BLACK_LOOKUP, BLACK_RUNS, MAKE_UP_MAX, RUN_MAX, RunCodes, WHITE_BITS, WHITE_LOOKUP, WHITE_RUNS,
    run_code,
};

/// Codes a row.
pub(crate) fn encode(writer: &mut Writer, width: u16, row: &[u16]) {
    let mut from = 0u16;
    let mut colours = [&WHITE_RUNS, &BLACK_RUNS].into_iter().cycle();
    for &to in row.iter().chain(std::iter::once(&width)) {
        if let Some(runs) = colours.next() {
            put_run(writer, runs, to.saturating_sub(from));
        }
        from = to;
    }
}

/// Codes a run of one colour.
#[inline]
pub(super) fn put_run(writer: &mut Writer, runs: &RunCodes, mut run: u16) {
    while run > RUN_MAX {
        let make_up = run_code(runs, MAKE_UP_MAX);
        let terminating = run_code(runs, 0);
        writer.put(make_up.bits >> terminating.len, make_up.len - terminating.len);
        run -= MAKE_UP_MAX;
    }
    let code = run_code(runs, run);
    writer.put(code.bits, code.len);
}

/// Decodes a row. After an error the reader stands anywhere.
pub(crate) fn decode(reader: &mut Reader<'_>, width: u16, row: &mut Vec<u16>) -> Result<(), DamagedRow> {
    row.clear();
    let width = u32::from(width);
    let mut column = 0;
    let mut black = false;
    loop {
        column += if black { black_run(reader, width)? } else { white_run(reader, width)? };
        black = !black;
        if column >= width {
            return if column == width { Ok(()) } else { Err(DamagedRow) };
        }
        // Less than the width, which is a u16.
        push_change(row, column as u16);
    }
}

/// Adds a change of colour. Two at one column (a run of no length, which some machines code) are none.
#[inline]
pub(crate) fn push_change(row: &mut Vec<u16>, column: u16) {
    if row.last() == Some(&column) {
        row.pop();
    } else {
        row.push(column);
    }
}

/// Takes a white run; more than `limit` pels are damage.
#[inline]
pub(super) fn white_run(reader: &mut Reader<'_>, limit: u32) -> Result<u32, DamagedRow> {
    run(reader, &WHITE_LOOKUP, WHITE_BITS, limit)
}

/// Takes a black run; more than `limit` pels are damage.
#[inline]
pub(super) fn black_run(reader: &mut Reader<'_>, limit: u32) -> Result<u32, DamagedRow> {
    run(reader, &BLACK_LOOKUP, BLACK_BITS, limit)
}

#[inline]
fn run(reader: &mut Reader<'_>, lookup: &[u16], bits: u32, limit: u32) -> Result<u32, DamagedRow> {
    let mut total = 0;
    loop {
        reader.refill();
        let found = u32::from(lookup.get(reader.peek(bits) as usize).copied().unwrap_or_default());
        if found == 0 {
            return Err(DamagedRow);
        }
        reader.skip(found >> 12);
        let pels = found & 0xfff;
        total += pels;
        if total > limit {
            return Err(DamagedRow);
        }
        if pels < 64 {
            return Ok(total);
        }
    }
}
