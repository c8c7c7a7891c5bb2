//! A row seen against the one above it (T.4 clause 4.2, the READ code; T.6 clause 2.2).
//!
//! Both directions walk the row from a0 on and find b1, the first change above that lies right of a0 and turns to the colour
//! opposite to a0's. Changes at even places of a list turn to black, those at odd places to white; so a1's place in its row
//! and b1's place in the row above are both even or both odd. When the colour changes, b1 is sought one place on, or one place
//! back if a1 lay left of b1: further back nothing is right of a0.

use super::DamagedRow;
use super::bits::{Reader, Writer};
use super::codes::{BLACK_RUNS, HORIZONTAL, MODE_BITS, MODE_LOOKUP, Mode, PASS, VERTICAL, WHITE_RUNS};
use super::one_d::{black_run, push_change, put_run, white_run};

/// Codes a row against the one above.
pub(crate) fn encode(writer: &mut Writer, width: u16, above: &[u16], row: &[u16]) {
    let change = |row: &[u16], at: usize| row.get(at).copied().unwrap_or(width);
    // At first a0 is an imaginary white pel before the row, so b1 may be at column 0 (T.6 clause 2.2.5.1).
    let (mut a0, mut b1_min) = (0, 0);
    let (mut a1_at, mut b1_at) = (0, 0);
    loop {
        let a1 = change(row, a1_at);
        let mut b1 = change(above, b1_at);
        while b1 < b1_min {
            b1_at += 2;
            b1 = change(above, b1_at);
        }
        let vertical = VERTICAL.get((i32::from(a1) - i32::from(b1) + 3) as usize);
        if let Some(code) = vertical
            && (a1 <= b1 || change(above, b1_at + 1) >= a1)
        {
            writer.put(code.bits, code.len);
            a0 = a1;
            a1_at += 1;
            b1_at = if a1 < b1 && b1_at > 0 { b1_at - 1 } else { b1_at + 1 };
        } else if let b2 = change(above, b1_at + 1)
            && b2 < a1
        {
            writer.put(PASS.bits, PASS.len);
            a0 = b2;
            b1_at += 2;
        } else {
            let a2 = change(row, a1_at + 1);
            let runs = if a1_at.is_multiple_of(2) { [&WHITE_RUNS, &BLACK_RUNS] } else { [&BLACK_RUNS, &WHITE_RUNS] };
            writer.put(HORIZONTAL.bits, HORIZONTAL.len);
            put_run(writer, runs[0], a1.saturating_sub(a0));
            put_run(writer, runs[1], a2.saturating_sub(a1));
            a0 = a2;
            a1_at += 2;
        }
        if a0 >= width {
            return;
        }
        b1_min = a0 + 1;
    }
}

/// Decodes a row against the one above. After an error the reader stands anywhere.
pub(crate) fn decode(reader: &mut Reader<'_>, width: u16, above: &[u16], row: &mut Vec<u16>) -> Result<(), DamagedRow> {
    decode_with(reader, width, above, row, push_change)
}

/// As [`decode`], with what to do about a change of colour.
#[inline]
pub(crate) fn decode_with(
    reader: &mut Reader<'_>,
    width: u16,
    above: &[u16],
    row: &mut Vec<u16>,
    push: impl Fn(&mut Vec<u16>, u16),
) -> Result<(), DamagedRow> {
    row.clear();
    let change = |at: usize| u32::from(above.get(at).copied().unwrap_or(width));
    let width = u32::from(width);
    let (mut a0, mut b1_min) = (0, 0);
    // Even while the colour is white.
    let mut b1_at = 0;
    loop {
        let mut b1 = change(b1_at);
        while b1 < b1_min {
            b1_at += 2;
            b1 = change(b1_at);
        }
        reader.refill();
        let Some(&(mode, len)) = MODE_LOOKUP.get(reader.peek(MODE_BITS) as usize) else { return Err(DamagedRow) };
        reader.skip(u32::from(len));
        match mode {
            Mode::Vertical(right) => {
                let Some(a1) = b1.checked_add_signed(i32::from(right)) else { return Err(DamagedRow) };
                if a1 < a0 || a1 > width {
                    return Err(DamagedRow);
                }
                a0 = a1;
                if a0 == width {
                    return Ok(());
                }
                // Less than the width, which is a u16.
                push(row, a0 as u16);
                b1_at = if right < 0 && b1_at > 0 { b1_at - 1 } else { b1_at + 1 };
            }
            Mode::Pass => {
                a0 = change(b1_at + 1);
                b1_at += 2;
            }
            Mode::Horizontal => {
                let (first, second) = if b1_at.is_multiple_of(2) {
                    (white_run(reader, width)?, black_run(reader, width)?)
                } else {
                    (black_run(reader, width)?, white_run(reader, width)?)
                };
                let (a1, a2) = (a0 + first, a0 + first + second);
                if a2 > width {
                    return Err(DamagedRow);
                }
                if a1 < width {
                    push(row, a1 as u16);
                }
                if a2 < width {
                    push(row, a2 as u16);
                }
                a0 = a2;
            }
            Mode::None => return Err(DamagedRow),
        }
        if a0 >= width {
            return Ok(());
        }
        b1_min = a0 + 1;
    }
}
