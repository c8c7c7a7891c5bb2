//! The sending side: numbers packets and adds what makes lost ones good.

use std::collections::VecDeque;

use super::datagram::{Datagram, Recovery, framed_len};
use super::{DATAGRAM_BYTES_MIN, HISTORY_MAX};
use crate::t38::ErrorCorrection;

/// Octets of a datagram beside its packets: the number, the choice, the span of FEC, the count of a list.
const FRAME_OCTETS: usize = 2 + 1 + 2 + 1;

/// Makes datagrams of IFP packets.
#[derive(Debug)]
pub struct Sender {
    correction: ErrorCorrection,
    bytes_max: usize,
    sequence: u16,
    /// Packets sent, latest first.
    history: VecDeque<Vec<u8>>,
}

impl Sender {
    /// The first datagram will have the number 0 (T.38 9.1.3).
    pub fn new(correction: ErrorCorrection, datagram_bytes_max: usize) -> Sender {
        let bytes_max = datagram_bytes_max.max(DATAGRAM_BYTES_MIN);
        Sender { correction, bytes_max, sequence: 0, history: VecDeque::new() }
    }

    /// The longest IFP packet that fits into a datagram by itself.
    pub fn ifp_bytes_max(&self) -> usize {
        // The packet's own length takes one octet, or two.
        let room = self.bytes_max - FRAME_OCTETS;
        if room <= 0x80 { room - 1 } else { room - 2 }
    }

    /// The datagram for the next packet. `image` packets (a fast signal's data) may be covered less than control packets.
    ///
    /// At the start the cover grows with what there is to repeat; a datagram that would be too long covers less.
    pub fn datagram(&mut self, ifp: Vec<u8>, image: bool) -> Vec<u8> {
        let room = self.bytes_max.saturating_sub(FRAME_OCTETS + framed_len(&ifp));
        let recovery = match self.correction {
            ErrorCorrection::None => Recovery::Secondaries(Vec::new()),
            ErrorCorrection::Redundancy { control, image: depth } => {
                self.secondaries(usize::from(if image { depth } else { control }), room)
            }
            ErrorCorrection::Fec { span, entries } => self.parity(usize::from(span), usize::from(entries), room),
        };
        let datagram = Datagram { sequence: self.sequence, primary: ifp, recovery };
        let bytes = datagram.encode();
        self.sequence = self.sequence.wrapping_add(1);
        self.history.truncate(HISTORY_MAX - 1);
        self.history.push_front(datagram.primary);
        bytes
    }

    fn secondaries(&self, depth: usize, mut room: usize) -> Recovery {
        let mut packets = Vec::new();
        for packet in self.history.iter().take(depth) {
            let Some(left) = room.checked_sub(framed_len(packet)) else { break };
            room = left;
            packets.push(packet.clone());
        }
        Recovery::Secondaries(packets)
    }

    /// Interleaved parities over as many of the last packets as there are; fewer messages where they don't fit.
    fn parity(&self, span: usize, entries: usize, room: usize) -> Recovery {
        for entries in (1..=entries.min(self.history.len())).rev() {
            let span = span.min(self.history.len() / entries);
            if span == 0 {
                continue;
            }
            let messages: Vec<Vec<u8>> = (0..entries)
                .map(|message| {
                    // Message 0 begins at the oldest packet covered.
                    let covered = (0..span).map(|step| span * entries - 1 - message - step * entries);
                    xor(covered.filter_map(|back| self.history.get(back).map(Vec::as_slice)))
                })
                .collect();
            if messages.iter().map(|message| framed_len(message)).sum::<usize>() <= room {
                return Recovery::Parity { span, messages };
            }
        }
        // Nothing to cover yet, or no room: an empty list of secondaries says so in the shortest way.
        Recovery::Secondaries(Vec::new())
    }
}

/// The exclusive or of packets, as long as the longest.
pub(super) fn xor<'a>(packets: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut sum = Vec::new();
    for packet in packets {
        if sum.len() < packet.len() {
            sum.resize(packet.len(), 0);
        }
        for (to, from) in sum.iter_mut().zip(packet) {
            *to ^= from;
        }
    }
    sum
}
