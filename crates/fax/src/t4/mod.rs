//! T.4: pages on the line, one-dimensional (MH) and two-dimensional (MR).
//!
//! Encoding puts an EOL before each row (with a tag bit in MR), the row's code, and zeros where the receiver needs time, and
//! closes with RTC (clauses 4.1 and 4.2). Decoding takes any bytes: the line damages rows, so a row that does not decode to its
//! exact width with an EOL behind it is replaced by the one above and counted, and reading goes on at the next EOL, in MR at the
//! next row coded by itself.
//!
//! Tolerated: fill or a broken EOL at the beginning, rows before the first EOL, runs of no length, a short RTC or none.
//! Left out: uncompressed mode (clause 4.2, Table 4 extension), which counts as damage.

use crate::page::{PageSource, ROWS_MAX, Row, Rows};

pub(crate) mod bits;
pub(crate) mod codes;
pub(crate) mod one_d;
pub(crate) mod strip;
pub(crate) mod two_d;

use bits::{Reader, Writer};
use codes::{Code, EOL, EOL_ZEROS, RTC_EOLS};

/// K for standard resolution, T.4 clause 4.2.1.1.
pub const K_STANDARD: u32 = 2;
/// K for fine resolution, T.4 clause 4.2.1.1.
pub const K_FINE: u32 = 4;

/// EOLs in a row that are taken for the end of the page. Six are sent; noise may have eaten some.
const RTC_EOLS_MIN: u32 = 3;

/// How a page is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// `None`: one-dimensional (MH). `Some(k)`: two-dimensional (MR), of `k` rows at least the first by itself;
    /// [`K_STANDARD`] or [`K_FINE`].
    pub k: Option<u32>,
    /// Bits a row takes at least with its EOL, for receivers that need time: rate × minimum scan-line time (T.4 clause 3.1); made
    /// up by fill (clause 4.1.3).
    pub row_bits_min: u32,
    /// Close with RTC.
    pub return_to_control: bool,
}

/// Codes a page. The last byte is filled with zeros.
pub fn encode(page: &mut dyn PageSource, options: &Options) -> Vec<u8> {
    let width = page.width();
    let mut writer = Writer::new();
    let (mut above, mut row) = (Row::default(), Row::default());
    // Rows since the last one coded by itself, that one included.
    let mut since = u32::MAX;
    while page.next_row(&mut row) {
        let start = writer.bit_len();
        let alone = options.k.is_none_or(|k| since >= k);
        put_eol(&mut writer, options.k.map(|_| alone));
        if alone {
            one_d::encode(&mut writer, width, &row.changes);
            since = 1;
        } else {
            two_d::encode(&mut writer, width, &above.changes, &row.changes);
            since += 1;
        }
        writer.fill_to(start + u64::from(options.row_bits_min));
        std::mem::swap(&mut above, &mut row);
    }
    if options.return_to_control {
        for _ in 0..RTC_EOLS {
            put_eol(&mut writer, options.k.map(|_| true));
        }
    }
    writer.finish()
}

/// An EOL, and in MR the bit that tells how the next row is coded.
fn put_eol(writer: &mut Writer, tag: Option<bool>) {
    let Code { bits, len } = EOL;
    match tag {
        None => writer.put(bits, len),
        Some(alone) => writer.put(bits << 1 | u32::from(alone), len + 1),
    }
}

/// What came of the bits of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// The rows, damaged ones replaced by the row above (white, if there is none).
    pub rows: Rows,
    /// How many were damaged.
    pub bad_rows: u32,
    /// The page was closed by RTC.
    pub rtc: bool,
}

/// Decodes a page from any bytes, up to RTC, the end of the bytes, or [`ROWS_MAX`] rows.
pub fn decode(bytes: &[u8], width: u16, two_dimensional: bool) -> Decoded {
    let mut decoder = Decoder {
        reader: Reader::new(bytes),
        two_dimensional,
        above_is_good: false,
        row: Row::default(),
        page: Decoded { rows: Rows::new(width), bad_rows: 0, rtc: false },
    };
    if decoder.begin() {
        decoder.go_on();
    }
    decoder.page
}

struct Decoder<'a> {
    reader: Reader<'a>,
    two_dimensional: bool,
    /// The last row may serve as the row above.
    above_is_good: bool,
    row: Row,
    page: Decoded,
}

impl Decoder<'_> {
    /// Comes to stand behind the first EOL, with a row before it taken if there is one. False if nothing is left.
    fn begin(&mut self) -> bool {
        let start = self.reader.clone();
        if take_eol(&mut self.reader) {
            return true;
        }
        // The EOL is missing, or only its end is left.
        for skip_zeros in [false, true] {
            self.reader = start.clone();
            if skip_zeros {
                let _ = self.reader.take_zeros();
                if self.two_dimensional && !self.reader.bit() {
                    continue;
                }
            }
            if let Some(more) = self.take_row(true) {
                return more;
            }
        }
        self.reader = start;
        find_eol(&mut self.reader)
    }

    /// Row after row, each from behind its EOL to behind the next.
    fn go_on(&mut self) {
        let mut eols = 1;
        while self.page.rows.len() < ROWS_MAX {
            let alone = !self.two_dimensional || self.reader.bit();
            let start = self.reader.clone();
            match self.reader.take_zeros() {
                Some(EOL_ZEROS..) => {
                    eols += 1;
                    if eols >= RTC_EOLS_MIN {
                        self.page.rtc = true;
                        return;
                    }
                    continue;
                }
                Some(_) => self.reader = start.clone(),
                None => {
                    self.page.rtc = eols > 1;
                    return;
                }
            }
            eols = 1;
            let more = self.take_row(alone).unwrap_or_else(|| {
                self.page.rows.repeat_last();
                self.page.bad_rows += 1;
                self.above_is_good = false;
                self.reader = start;
                find_eol(&mut self.reader)
            });
            if !more {
                return;
            }
        }
    }

    /// Takes a row and the EOL behind it: whether there was one. `None` if the row is damaged.
    fn take_row(&mut self, alone: bool) -> Option<bool> {
        if !alone && !self.above_is_good {
            return None;
        }
        let Decoder { reader, row, page, .. } = self;
        let width = page.rows.width();
        let mut more = false;
        let decode = |above: &[u16], row: &mut Row| {
            if alone {
                one_d::decode(reader, width, &mut row.changes)?;
            } else {
                two_d::decode(reader, width, above, &mut row.changes)?;
            }
            if reader.is_past_end() {
                return Err(DamagedRow);
            }
            more = match reader.take_zeros() {
                Some(EOL_ZEROS..) => true,
                Some(_) => return Err(DamagedRow),
                None => false,
            };
            Ok(())
        };
        page.rows.push_with(decode, row).ok()?;
        self.above_is_good = true;
        Some(more)
    }
}

/// Takes fill and an EOL if they are next.
fn take_eol(reader: &mut Reader<'_>) -> bool {
    let mut ahead = reader.clone();
    let found = ahead.take_zeros().is_some_and(|zeros| zeros >= EOL_ZEROS);
    if found {
        *reader = ahead;
    }
    found
}

/// Goes behind the next EOL; false if there is none.
fn find_eol(reader: &mut Reader<'_>) -> bool {
    while let Some(zeros) = reader.take_zeros() {
        if zeros >= EOL_ZEROS {
            return true;
        }
    }
    false
}

/// A row is no code, or too long, or cut off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DamagedRow;

#[cfg(test)]
mod tests;
