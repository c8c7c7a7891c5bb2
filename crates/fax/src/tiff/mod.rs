//! TIFF: black-and-white pages in and out of files.
//!
//! [`Tiff`] reads what fax machines, scanners and drivers write: classic TIFF of either byte order with one bit a pel,
//! uncompressed, PackBits, T.4 (with EOLs or without, byte-aligned or not), T.6, the T.4-like compression 2; in strips; any
//! number of pages. It works on the bytes of a file in memory and decodes a page when asked for it.
//! [`Writer`] appends pages of TIFF class F (RFC 2301 section 4) to anything that can be written and sought.
//!
//! Rules: TIFF 6.0 sections 2, 3, 8 to 11; RFC 2301 for fax. Tolerated: missing byte counts, a missing photometric, strips that
//! lack EOFB or have EOLs and RTC or not, a directory chain that runs into itself (it ends there).
//! Left out, and told apart as [`TiffError::Unsupported`]: grey and colour, palettes, tiles, other compressions, BigTIFF.

mod directory;
mod read;
mod strip;
mod write;

pub use read::{Tiff, TiffPage};
pub use write::{Compression, Writer};

/// Pages of a file read at most.
pub const PAGES_MAX: u32 = 10_000;
/// Pels of a page at most: A3 at 600 dpi has 70 million. A pel costs up to two bytes.
pub const PELS_MAX: u64 = 100_000_000;
/// Rows of a page at most.
pub const ROWS_MAX: u32 = 100_000;

/// Why a file, or a page of it, can't be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TiffError {
    /// It is broken or cut off, or no TIFF.
    #[error("damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// It may be a good TIFF, but not of the kind that is read here.
    #[error("unsupported: {what}")]
    Unsupported {
        /// What it is.
        what: &'static str,
    },
    /// It goes beyond a limit.
    #[error("too big: the limit is {limit} {of}")]
    TooBig {
        /// The limit.
        limit: u64,
        /// What is limited.
        of: &'static str,
    },
}

/// The fields that are read and written, TIFF 6.0 appendix A and RFC 2301 section 2.
mod tag {
    pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(super) const IMAGE_WIDTH: u16 = 256;
    pub(super) const IMAGE_LENGTH: u16 = 257;
    pub(super) const BITS_PER_SAMPLE: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const ORIENTATION: u16 = 274;
    pub(super) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(super) const X_RESOLUTION: u16 = 282;
    pub(super) const Y_RESOLUTION: u16 = 283;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const T6_OPTIONS: u16 = 293;
    pub(super) const RESOLUTION_UNIT: u16 = 296;
    pub(super) const PAGE_NUMBER: u16 = 297;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_OFFSETS: u16 = 324;
}

/// Field types, TIFF 6.0 section 2.
mod kind {
    pub(super) const BYTE: u16 = 1;
    pub(super) const SHORT: u16 = 3;
    pub(super) const LONG: u16 = 4;
    pub(super) const RATIONAL: u16 = 5;
}

/// Values of the field Compression, TIFF 6.0 sections 8 to 11.
mod compression {
    pub(super) const NONE: u32 = 1;
    pub(super) const RLE: u32 = 2;
    pub(super) const T4: u32 = 3;
    pub(super) const T6: u32 = 4;
    pub(super) const PACK_BITS: u32 = 32_773;
}

#[cfg(test)]
mod tests;
