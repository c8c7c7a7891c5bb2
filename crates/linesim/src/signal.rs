//! How long things take on a telephone line.

use std::time::Duration;

/// The time `bits` take at `rate_bps`.
pub fn bits(bits: usize, rate_bps: u32) -> Duration {
    Duration::from_micros(bits as u64 * 1_000_000 / u64::from(rate_bps))
}

/// Bits of an HDLC frame with its FCS, its closing flag and the zeros stuffed into the octets (those in the FCS are not counted).
pub fn hdlc_bits(frame: &[u8]) -> usize {
    let (mut stuffed, mut ones) = (0, 0);
    for octet in frame {
        for place in 0..8 {
            ones = if octet >> place & 1 == 1 { ones + 1 } else { 0 };
            if ones == 5 {
                stuffed += 1;
                ones = 0;
            }
        }
    }
    (frame.len() + 2 + 1) * 8 + stuffed
}
