//! Pages into a file: TIFF class F, RFC 2301 section 4 (profile F).
//!
//! The bytes are little-endian. A page is written when it is appended: its one strip, then its directory, then the link to it,
//! so that a file cut off between two pages is a whole one.

use std::io::{self, Seek, SeekFrom, Write};

use crate::page::{PageSource, Resolution, Row, StoredPage};
use crate::{t4, t6};

use super::{compression, kind, tag};

/// How pages are coded in the file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compression {
    /// T.4 one-dimensional.
    Mh,
    /// T.4 two-dimensional.
    Mr,
    /// T.6.
    Mmr,
}

/// Appends pages to a file. Call [`Writer::finish`] at the end.
#[derive(Debug)]
pub struct Writer<W> {
    to: W,
    compression: Compression,
    /// Where the file goes on.
    end: u32,
    /// Where the offset of the next directory is to be written.
    link: u32,
    /// Where each page tells how many pages there are.
    totals: Vec<u32>,
}

impl<W: Write + Seek> Writer<W> {
    /// Writes the header. `to` must be empty.
    pub fn new(mut to: W, compression: Compression) -> io::Result<Writer<W>> {
        to.seek(SeekFrom::Start(0))?;
        to.write_all(b"II\x2a\0\0\0\0\0")?;
        Ok(Writer { to, compression, end: 8, link: 4, totals: Vec::new() })
    }

    /// Codes a page and appends it.
    pub fn append(&mut self, page: &mut dyn PageSource) -> io::Result<()> {
        let (width, resolution) = (page.width(), page.resolution());
        let mut page = Counted { page, rows: 0 };
        let t4 = |k| t4::Options { k, row_bits_min: 0, return_to_control: false };
        let k = if resolution == Resolution::Standard { t4::K_STANDARD } else { t4::K_FINE };
        let (code, compression, options) = match self.compression {
            Compression::Mh => (t4::encode(&mut page, &t4(None)), compression::T4, (tag::T4_OPTIONS, 0)),
            // Bit 0: two-dimensional.
            Compression::Mr => (t4::encode(&mut page, &t4(Some(k))), compression::T4, (tag::T4_OPTIONS, 1)),
            Compression::Mmr => (t6::encode(&mut page), compression::T6, (tag::T6_OPTIONS, 0)),
        };
        let rows = page.rows;
        self.put(&code, Shape { width, rows, resolution }, compression, options)
    }

    /// Appends a page at rest; for [`Compression::Mmr`] its code is copied as it is.
    pub fn append_stored(&mut self, page: &StoredPage) -> io::Result<()> {
        if self.compression != Compression::Mmr {
            return self.append(&mut page.source());
        }
        let shape = Shape { width: page.width, rows: page.rows, resolution: page.resolution };
        self.put(&page.code, shape, compression::T6, (tag::T6_OPTIONS, 0))
    }

    /// Writes a page that is coded.
    fn put(&mut self, code: &[u8], shape: Shape, compression: u32, options: (u16, u32)) -> io::Result<()> {
        let Shape { width, rows, resolution } = shape;
        let len = offset(code.len())?;
        let strip = self.end;
        // Directories begin at even bytes.
        let directory = add(strip, len)?.checked_next_multiple_of(2).ok_or_else(full)?;
        let number = u16::try_from(self.totals.len()).map_err(|_| full())?;
        let mut fields = Fields::new(directory);
        // A page of several.
        fields.put(tag::NEW_SUBFILE_TYPE, kind::LONG, 2);
        fields.put(tag::IMAGE_WIDTH, kind::SHORT, width.into());
        fields.put(tag::IMAGE_LENGTH, kind::LONG, rows);
        fields.put(tag::BITS_PER_SAMPLE, kind::SHORT, 1);
        fields.put(tag::COMPRESSION, kind::SHORT, compression);
        // White is 0.
        fields.put(tag::PHOTOMETRIC, kind::SHORT, 0);
        // The first bit in the most significant place.
        fields.put(tag::FILL_ORDER, kind::SHORT, 1);
        fields.put(tag::STRIP_OFFSETS, kind::LONG, strip);
        fields.put(tag::SAMPLES_PER_PIXEL, kind::SHORT, 1);
        fields.put(tag::ROWS_PER_STRIP, kind::LONG, rows);
        fields.put(tag::STRIP_BYTE_COUNTS, kind::LONG, len);
        fields.put_whole(tag::X_RESOLUTION, Resolution::X_DPI);
        fields.put_whole(tag::Y_RESOLUTION, resolution.y_dpi());
        fields.put(options.0, kind::LONG, options.1);
        // Inch.
        fields.put(tag::RESOLUTION_UNIT, kind::SHORT, 2);
        let total = fields.put_pair(tag::PAGE_NUMBER, [number, 0]);
        let (bytes, link) = fields.finish();

        self.to.seek(SeekFrom::Start(strip.into()))?;
        self.to.write_all(code)?;
        self.to.seek(SeekFrom::Start(directory.into()))?;
        self.to.write_all(&bytes)?;
        self.to.seek(SeekFrom::Start(self.link.into()))?;
        self.to.write_all(&directory.to_le_bytes())?;
        self.end = add(directory, offset(bytes.len())?)?;
        self.link = link;
        self.totals.push(total);
        Ok(())
    }

    /// What is written to; not to be moved in.
    pub fn get_ref(&self) -> &W {
        &self.to
    }

    /// Tells each page how many there are, and gives the file back.
    pub fn finish(mut self) -> io::Result<W> {
        let total = u16::try_from(self.totals.len()).unwrap_or(0);
        for &at in &self.totals {
            self.to.seek(SeekFrom::Start(at.into()))?;
            self.to.write_all(&total.to_le_bytes())?;
        }
        self.to.seek(SeekFrom::End(0))?;
        self.to.flush()?;
        Ok(self.to)
    }
}

/// What a directory says of a page.
struct Shape {
    width: u16,
    rows: u32,
    resolution: Resolution,
}

/// Counts the rows that are read.
struct Counted<'a> {
    page: &'a mut dyn PageSource,
    rows: u32,
}

impl PageSource for Counted<'_> {
    fn width(&self) -> u16 {
        self.page.width()
    }

    fn resolution(&self) -> Resolution {
        self.page.resolution()
    }

    fn next_row(&mut self, row: &mut Row) -> bool {
        let more = self.page.next_row(row);
        self.rows = self.rows.saturating_add(more.into());
        more
    }
}

/// Fields of a directory: what all of them hold, and the values that take more room.
struct Fields {
    /// Where the directory stands.
    at: u32,
    count: u16,
    entries: Vec<u8>,
    values: Vec<u8>,
}

/// Fields of a page; each takes twelve bytes.
const FIELDS: u32 = 16;

impl Fields {
    fn new(at: u32) -> Fields {
        Fields { at, count: 0, entries: Vec::new(), values: Vec::new() }
    }

    fn put(&mut self, tag: u16, kind: u16, value: u32) {
        self.entry(tag, kind, 1, value);
    }

    fn put_pair(&mut self, tag: u16, pair: [u16; 2]) -> u32 {
        self.entry(tag, kind::SHORT, 2, u32::from(pair[0]) | u32::from(pair[1]) << 16);
        // Where the second one stands.
        self.at + 2 + u32::from(self.count) * 12 - 2
    }

    /// A whole number as a fraction.
    fn put_whole(&mut self, tag: u16, value: u32) {
        let at = self.at + 2 + FIELDS * 12 + 4 + self.values.len() as u32;
        self.entry(tag, kind::RATIONAL, 1, at);
        self.values.extend(value.to_le_bytes());
        self.values.extend(1u32.to_le_bytes());
    }

    fn entry(&mut self, tag: u16, kind: u16, count: u32, value: u32) {
        self.count += 1;
        self.entries.extend(tag.to_le_bytes());
        self.entries.extend(kind.to_le_bytes());
        self.entries.extend(count.to_le_bytes());
        self.entries.extend(value.to_le_bytes());
    }

    /// The directory, and where its link to the next one stands.
    fn finish(self) -> (Vec<u8>, u32) {
        debug_assert_eq!(u32::from(self.count), FIELDS);
        let bytes = [&self.count.to_le_bytes(), self.entries.as_slice(), &[0; 4], &self.values].concat();
        (bytes, self.at + 2 + FIELDS * 12)
    }
}

fn offset(len: usize) -> io::Result<u32> {
    u32::try_from(len).map_err(|_| full())
}

fn add(at: u32, len: u32) -> io::Result<u32> {
    // Room for a directory is left, so that what comes behind `at` can be named too.
    at.checked_add(len).filter(|&end| end < u32::MAX - 1024).ok_or_else(full)
}

fn full() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "a TIFF file has at most 4 GiB and 65535 pages")
}
