//! Black-and-white pages: rows as runs, resolutions, and the form in which pages are stored.
//!
//! A page is read through [`PageSource`], a row at a time, as changing elements: that is what T.4 and T.6 code, so no pel is
//! touched between a bitmap and the line. [`Rows`] keeps decoded rows, [`Bitmap`] is for those who draw or look at pels.

use serde::{Deserialize, Serialize};

mod bitmap;
mod halve;
mod merge;
mod room;
mod rows;

pub(crate) use bitmap::changes_of;
pub use bitmap::{Bitmap, BitmapSource};
pub use halve::{Halved, halve};
pub use merge::{Merged, merge};
pub(crate) use room::lay_below;
pub use rows::{Rows, RowsSource};

/// Pels in a fax line of 215 mm, T.4 clause 2.
pub const WIDTH_PELS: u16 = 1728;

/// Rows read of one coded page at most: no far machine makes us keep more. A superfine A4 page has 4574.
pub const ROWS_MAX: u32 = 20_000;

/// Lines per length, T.4 clause 2. 1728 pels over 215 mm in every case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// 3.85 lines/mm (204 × 98 dpi); the API's `LOW`.
    Standard,
    /// 7.7 lines/mm (204 × 196 dpi); the API's `HIGH`.
    Fine,
    /// 15.4 lines/mm (204 × 391 dpi).
    Superfine,
}

impl Resolution {
    /// Pels per inch across, as TIFF class F names them (RFC 2301 clause 2.2.2).
    pub const X_DPI: u32 = 204;

    /// Lines per metre, T.4 clause 2.
    pub const fn lines_per_metre(self) -> u32 {
        match self {
            Self::Standard => 3850,
            Self::Fine => 7700,
            Self::Superfine => 15_400,
        }
    }

    /// Lines per inch, as TIFF class F names them (RFC 2301 clause 2.2.2).
    pub const fn y_dpi(self) -> u32 {
        match self {
            Self::Standard => 98,
            Self::Fine => 196,
            Self::Superfine => 391,
        }
    }

    /// Half as many lines per length; none below standard.
    pub const fn step_down(self) -> Option<Resolution> {
        match self {
            Self::Standard => None,
            Self::Fine => Some(Self::Standard),
            Self::Superfine => Some(Self::Fine),
        }
    }
}

/// A page at rest: T.6 code plus what is needed to read and recompose it (architecture, decision 5).
///
/// Made by [`crate::t6::store`] or checked by [`StoredPage::from_code`]; read by [`StoredPage::source`].
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

impl<S: PageSource + ?Sized> PageSource for &mut S {
    fn width(&self) -> u16 {
        (**self).width()
    }
    fn resolution(&self) -> Resolution {
        (**self).resolution()
    }
    fn next_row(&mut self, row: &mut Row) -> bool {
        (**self).next_row(row)
    }
}

impl<S: PageSource + ?Sized> PageSource for Box<S> {
    fn width(&self) -> u16 {
        (**self).width()
    }
    fn resolution(&self) -> Resolution {
        (**self).resolution()
    }
    fn next_row(&mut self, row: &mut Row) -> bool {
        (**self).next_row(row)
    }
}

#[cfg(test)]
mod tests;
