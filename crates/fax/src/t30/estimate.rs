//! How long a page will take on the line, told beforehand.
//!
//! With error correction a page goes in partial pages of up to 256 frames of 256 octets (T.4 Annex A). A frame is 263 octets on
//! the line: flag, address, control, FCD, frame number, data, FCS; zero bits stuffed in make it about 1 % longer. Each partial
//! page costs its resynchronisation, PPS and MCF at 300 bit/s and the silences between, about three seconds. Ringing, the opening
//! of the call and repeats are not in it.

use crate::page::StoredPage;

/// Octets on the line for each frame of 256, stuffing included.
const FRAME_OCTETS: f64 = 263.0 * 1.01;
const DATA_OCTETS: usize = 256;
const FRAMES: usize = 256;
/// Overhead of a partial page at the rates of V.17.
const PARTIAL_PAGE_SECONDS: f64 = 3.0;

/// Seconds this page takes in T.6 at so many bits a second.
pub fn page_seconds(page: &StoredPage, rate_bps: u32) -> f64 {
    let frames = page.code.len().div_ceil(DATA_OCTETS).max(1);
    let partial_pages = frames.div_ceil(FRAMES);
    // Both are far below 2^52.
    frames as f64 * FRAME_OCTETS * 8.0 / f64::from(rate_bps.max(1)) + partial_pages as f64 * PARTIAL_PAGE_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Resolution;

    #[test]
    fn a_page_takes_as_long_as_its_code_and_its_handshakes() {
        let page = |bytes| StoredPage {
            width: 1728,
            rows: 2287,
            resolution: Resolution::Fine,
            code: vec![0; bytes],
            index: vec![],
        };
        // 71 frames of 2125 bits at 14400, and one handshake.
        assert!((page_seconds(&page(18_103), 14_400) - 13.5).abs() < 0.1);
        assert!((page_seconds(&page(18_103), 9_600) - 18.7).abs() < 0.1);
        // Two partial pages.
        assert!((page_seconds(&page(65_537), 14_400) - (257.0 * 2125.0 / 14_400.0 + 6.0)).abs() < 0.1);
    }
}
