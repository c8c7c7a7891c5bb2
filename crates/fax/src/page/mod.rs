//! Black-and-white pages: rows as runs, resolutions, and the form in which pages are stored.

use serde::{Deserialize, Serialize};

/// Pels in a fax line of 215 mm, T.4 clause 2.
pub const WIDTH_PELS: u16 = 1728;

/// Lines per length, T.4 clause 2. 1728 pels over 215 mm in every case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// 3.85 lines/mm (204 × 98 dpi); the API's `LOW`.
    Standard,
    /// 7.7 lines/mm (204 × 196 dpi); the API's `HIGH`.
    Fine,
    /// 15.4 lines/mm (204 × 391 dpi).
    Superfine,
}

/// A page at rest: T.6 code plus what is needed to read and recompose it (architecture, decision 5).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPage {
    /// Pels in a row.
    pub width: u16,
    /// Rows.
    pub rows: u32,
    /// Lines per length.
    pub resolution: Resolution,
    /// T.6 code of all rows, most significant bit first, closed by EOFB.
    pub code: Vec<u8>,
    /// Bit offset into `code` of every 64th row: row 0, 64, 128, ….
    pub index: Vec<u64>,
}

/// Names sizes, never content.
impl std::fmt::Debug for StoredPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredPage({} × {} {:?}, {} bytes)", self.width, self.rows, self.resolution, self.code.len())
    }
}

/// A row as its changing elements: the columns where the colour changes, beginning with the first black pel; strictly
/// increasing, all less than the width. An empty list is a white row; `[0]` is a black one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// The changing elements.
    pub changes: Vec<u16>,
}

/// Rows of a page from top to bottom, as runs. What the line reads pages through.
pub trait PageSource {
    /// Pels in a row.
    fn width(&self) -> u16;
    /// Lines per length.
    fn resolution(&self) -> Resolution;
    /// Puts the next row into `row`; false when there is none.
    fn next_row(&mut self, row: &mut Row) -> bool;
}
