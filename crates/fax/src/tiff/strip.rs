//! The rows of a strip, whatever its coding.

use crate::page::{Row, Rows, changes_of};
use crate::{t4, t6};

/// How a strip is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Coding {
    Uncompressed,
    /// TIFF 6.0 section 9.
    PackBits,
    /// T.4 runs, each row at a byte, no EOL; TIFF 6.0 section 10.
    Rle,
    /// TIFF 6.0 section 11.
    T4 {
        two_dimensional: bool,
    },
    T6,
}

/// What came of a strip: at most as many rows as asked for, fewer if nothing more could be read.
pub(super) struct Strip {
    pub(super) rows: Rows,
    pub(super) bad_rows: u32,
}

/// Decodes a strip of `rows` rows.
pub(super) fn decode(bytes: &[u8], width: u16, rows: u32, coding: Coding) -> Strip {
    match coding {
        Coding::Uncompressed => packed(bytes, width, rows),
        Coding::PackBits => {
            let len = usize::from(width).div_ceil(8) * rows as usize;
            packed(&unpack_bits(bytes, len), width, rows)
        }
        Coding::Rle => t4_strip(bytes, width, rows, t4::strip::Layout::ByteAligned),
        Coding::T4 { two_dimensional: true } => t4_strip(bytes, width, rows, t4::strip::Layout::TwoDimensional),
        Coding::T4 { two_dimensional: false } => {
            let strip = t4_strip(bytes, width, rows, t4::strip::Layout::OneDimensional);
            if strip.rows.len() == rows && strip.bad_rows == 0 {
                return strip;
            }
            // Some write each row at a byte, as in compression 2.
            let aligned = t4_strip(bytes, width, rows, t4::strip::Layout::ByteAligned);
            if aligned.rows.len() == rows { aligned } else { strip }
        }
        Coding::T6 => {
            let mut decoded = t6::decode(bytes, width, Some(rows));
            if decoded.is_damaged() {
                let other = t6::decode_empty_pairs(bytes, width, rows);
                if other.rows.len() > decoded.rows.len() {
                    decoded = other;
                }
            }
            Strip { rows: decoded.rows, bad_rows: 0 }
        }
    }
}

fn t4_strip(bytes: &[u8], width: u16, rows: u32, layout: t4::strip::Layout) -> Strip {
    let (rows, bad_rows) = t4::strip::decode(bytes, width, rows, layout);
    Strip { rows, bad_rows }
}

/// Rows of packed pels.
fn packed(bytes: &[u8], width: u16, rows: u32) -> Strip {
    let mut strip = Rows::new(width);
    let mut row = Row::default();
    for pels in bytes.chunks_exact(usize::from(width).div_ceil(8).max(1)).take(rows as usize) {
        changes_of(pels, width, &mut row.changes);
        strip.push(&row.changes);
    }
    Strip { rows: strip, bad_rows: 0 }
}

/// Undoes PackBits, up to `len` bytes.
fn unpack_bits(mut bytes: &[u8], len: usize) -> Vec<u8> {
    let mut unpacked = Vec::new();
    while unpacked.len() < len
        && let Some((&head, rest)) = bytes.split_first()
    {
        bytes = rest;
        match head.cast_signed() {
            // So many bytes as they are.
            count @ 0.. => {
                let literal = bytes.split_at_checked(count.unsigned_abs() as usize + 1);
                let (literal, rest) = literal.unwrap_or((bytes, &[]));
                unpacked.extend_from_slice(literal);
                bytes = rest;
            }
            // Nothing.
            i8::MIN => {}
            // One byte, repeated.
            count => {
                let Some((&byte, rest)) = bytes.split_first() else { break };
                unpacked.extend(std::iter::repeat_n(byte, count.unsigned_abs() as usize + 1));
                bytes = rest;
            }
        }
    }
    unpacked.truncate(len);
    unpacked
}
