//! Packed pels, for those who draw pages or look at them.
//!
//! From pels to runs, a row is read 64 pels at a time: a word XOR itself shifted by one pel has a bit exactly where the
//! colour changes. From runs to pels, whole bytes are filled.

use super::{PageSource, Resolution, Row, Rows};

/// A page as packed pels: 1 is black, the first pel in the most significant bit, each row beginning at a byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: u16,
    rows: u32,
    bytes: Vec<u8>,
}

impl Bitmap {
    /// A white page. It takes an eighth of a byte a pel at once: whoever names the size bounds it.
    pub fn new(width: u16, rows: u32) -> Bitmap {
        let len = stride(width).saturating_mul(usize::try_from(rows).unwrap_or(usize::MAX));
        Bitmap { width, rows, bytes: vec![0; len] }
    }

    /// From packed rows of `width` pels, rounded up to bytes; `None` if the bytes are not a whole number of rows. Padding
    /// bits are made white.
    pub fn from_bytes(width: u16, bytes: Vec<u8>) -> Option<Bitmap> {
        let stride = stride(width);
        if stride == 0 || !bytes.len().is_multiple_of(stride) {
            return None;
        }
        let mut bitmap = Bitmap { width, rows: u32::try_from(bytes.len() / stride).ok()?, bytes };
        if let padding @ 1.. = stride * 8 - usize::from(width) {
            for row in bitmap.bytes.chunks_exact_mut(stride) {
                if let Some(last) = row.last_mut() {
                    *last &= 0xff << padding;
                }
            }
        }
        Some(bitmap)
    }

    /// Every row of a page.
    pub fn from_source(source: &mut dyn PageSource) -> Bitmap {
        let mut bitmap = Bitmap::new(source.width(), 0);
        let mut row = Row::default();
        while source.next_row(&mut row) {
            bitmap.push_row(&row.changes);
        }
        bitmap
    }

    /// The same page as runs.
    pub fn to_rows(&self) -> Rows {
        // The resolution is read by nobody here.
        Rows::from_source(&mut self.source(Resolution::Standard))
    }

    /// Adds a row given as changing elements (see [`Row`]).
    pub fn push_row(&mut self, changes: &[u16]) {
        let start = self.bytes.len();
        self.bytes.resize(start + self.stride(), 0);
        self.rows = self.rows.saturating_add(1);
        let Some(row) = self.bytes.get_mut(start..) else { return };
        for run in changes.chunks(2) {
            let from = run.first().copied().unwrap_or(self.width);
            let to = run.get(1).copied().unwrap_or(self.width).min(self.width);
            blacken(row, usize::from(from), usize::from(to));
        }
    }

    /// Pels in a row.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Bytes in a row.
    pub fn stride(&self) -> usize {
        stride(self.width)
    }

    /// All rows, one after the other.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The packed pels of a row, counted from 0.
    pub fn row(&self, row: u32) -> Option<&[u8]> {
        let start = usize::try_from(row).ok()?.checked_mul(self.stride())?;
        self.bytes.get(start..start.checked_add(self.stride())?)
    }

    /// As [`Bitmap::row`], to draw in. Bits beyond the width mean nothing.
    pub fn row_mut(&mut self, row: u32) -> Option<&mut [u8]> {
        let stride = self.stride();
        let start = usize::try_from(row).ok()?.checked_mul(stride)?;
        self.bytes.get_mut(start..start.checked_add(stride)?)
    }

    /// The pel is black. Nothing outside the page is.
    pub fn is_black(&self, x: u16, y: u32) -> bool {
        x < self.width
            && self.row(y).and_then(|row| row.get(usize::from(x / 8))).is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    }

    /// Makes a pel black; outside the page nothing happens.
    pub fn set_black(&mut self, x: u16, y: u32) {
        if x < self.width
            && let Some(byte) = self.row_mut(y).and_then(|row| row.get_mut(usize::from(x / 8)))
        {
            *byte |= 0x80 >> (x % 8);
        }
    }

    /// Reads the pels as a page of this resolution.
    pub fn source(&self, resolution: Resolution) -> BitmapSource<'_> {
        BitmapSource { bitmap: self, resolution, next: 0 }
    }
}

/// Names sizes, never content.
impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitmap({} × {})", self.width, self.rows)
    }
}

/// Reads a [`Bitmap`] as a page.
#[derive(Clone, Debug)]
pub struct BitmapSource<'a> {
    bitmap: &'a Bitmap,
    resolution: Resolution,
    next: u32,
}

impl PageSource for BitmapSource<'_> {
    fn width(&self) -> u16 {
        self.bitmap.width
    }

    fn resolution(&self) -> Resolution {
        self.resolution
    }

    fn next_row(&mut self, row: &mut Row) -> bool {
        let Some(pels) = self.bitmap.row(self.next) else { return false };
        if self.next >= self.bitmap.rows {
            return false;
        }
        self.next += 1;
        changes_of(pels, self.bitmap.width, &mut row.changes);
        true
    }
}

const fn stride(width: u16) -> usize {
    (width as usize).div_ceil(8)
}

/// The changing elements of packed pels.
pub(crate) fn changes_of(pels: &[u8], width: u16, changes: &mut Vec<u16>) {
    changes.clear();
    let width = u32::from(width);
    let (words, rest) = pels.as_chunks::<8>();
    let mut column = 0;
    let mut last = 0;
    let mut scan = |word: u64| {
        // Beyond the width nothing changes.
        let left = width.saturating_sub(column);
        let valid = if left >= 64 { u64::MAX } else { !(u64::MAX >> left) };
        let mut edges = (word ^ (word >> 1 | last << 63)) & valid;
        last = word & 1;
        while edges != 0 {
            let at = edges.leading_zeros();
            edges ^= 1 << 63 >> at;
            // Less than the width, which is a u16.
            changes.push((column + at) as u16);
        }
        column += 64;
    };
    for word in words {
        scan(u64::from_be_bytes(*word));
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(rest) {
            *to = *from;
        }
        scan(u64::from_be_bytes(word));
    }
}

/// Sets the bits `from..to` of a row.
fn blacken(row: &mut [u8], from: usize, to: usize) {
    if from >= to {
        return;
    }
    let (first, last) = (from / 8, (to - 1) / 8);
    let head = 0xff >> (from % 8);
    let tail = 0xff << (7 - (to - 1) % 8);
    let Some(bytes) = row.get_mut(first..=last) else { return };
    match bytes {
        [only] => *only |= head & tail,
        [begin, middle @ .., end] => {
            *begin |= head;
            middle.fill(0xff);
            *end |= tail;
        }
        [] => {}
    }
}
