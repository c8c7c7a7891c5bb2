//! UDPTL: numbered IFP packets in datagrams, with means to make lost ones good. T.38 clause 9.1, Annex A (`UDPTLPacket`).
//!
//! A datagram is a sequence number, the primary IFP packet, and either the packets before it once more (redundancy) or parities
//! of packets before it (FEC). A parity message `m` of a datagram numbered `s`, with `e` messages over `n` packets each, is the
//! exclusive or of the packets `s - n*e + m`, `+ e`, `+ 2e`, …, shorter ones filled up with zeros: interleaved, so that a burst of
//! `e` losses can be mended.
//!
//! [`Sender`] never makes a datagram longer than the far end takes: it rather repeats less. [`Receiver`] reads both kinds, whatever
//! was agreed, hands packets on in order and once, and waits a little for a missing one before it says that it is lost.
//!
//! Everything is bounded: datagrams, packets held, parities kept.

mod datagram;
mod receiver;
mod sender;

pub use datagram::{Datagram, DatagramError, Recovery};
pub use receiver::{Delivery, Receiver};
pub use sender::Sender;

/// Packets remembered on either side; nothing older is repeated, covered by parity or mended.
pub const HISTORY_MAX: usize = 64;

/// The longest IFP packet accepted. Real ones hold at most a few hundred octets.
pub const IFP_BYTES_MAX: usize = 4096;

/// The shortest limit of a datagram that is honoured: a number, a packet with one octet of data, and its framing. Smaller
/// values in SDP are nonsense.
pub const DATAGRAM_BYTES_MIN: usize = 16;

#[cfg(test)]
mod tests;
