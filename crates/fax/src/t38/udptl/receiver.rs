//! The receiving side: puts packets in order, mends what is missing, says what stays lost.
//!
//! Numbers are unwrapped to 64 bits around the one expected. A packet ahead of a gap is held: the gap may be a datagram that took a longer
//! way, or one that a later parity mends. After [`HOLD`], or when too many are held, the gap is reported and the stream goes on behind it.
//! A stream that jumps (the far end began again) is followed once three datagrams in a row agree.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::HISTORY_MAX;
use super::datagram::{Datagram, DatagramError, Recovery};
use super::sender::xor;
use crate::time::Time;

/// How long a gap may stay open: longer than the jitter of a usable network, much shorter than T.30's patience (T4, 3 s).
pub const HOLD: Duration = Duration::from_millis(250);

/// Parity messages kept at most.
const PARITIES_MAX: usize = 48;

/// A number this far ahead of the one expected belongs to another stream: more packets than are lost in a row while a call lives.
/// So does one that is further behind than packets are remembered.
const JUMP: u64 = 512;

/// Datagrams in a row that make another stream the one to follow.
const JUMP_AGREED: u32 = 3;

/// A first number up to this is taken for the first loss rather than for a stream that begins there.
const FIRST_GAP_MAX: u64 = 32;

/// Numbers are counted from here, so that what came before the first is not below zero.
const ORIGIN: u64 = 1 << 32;

/// What comes out, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// An IFP packet. A restored one may have zeros at its end.
    Packet(Vec<u8>),
    /// This many packets are missing here for good.
    Lost(u64),
}

/// Packets whose exclusive or is known.
#[derive(Debug)]
struct Parity {
    first: u64,
    step: u64,
    span: u64,
    sum: Vec<u8>,
}

impl Parity {
    fn covered(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.span).map(|index| self.first + index * self.step)
    }
}

/// Takes datagrams, gives packets.
#[derive(Debug, Default)]
pub struct Receiver {
    /// The number to hand on next; none before the first datagram.
    next: Option<u64>,
    /// Packets not handed on yet, and the last ones that were (parities cover both).
    known: BTreeMap<u64, Vec<u8>>,
    parities: VecDeque<Parity>,
    /// The number that would follow in another stream, and how many of it came.
    other: Option<(u16, u32)>,
    /// Since when the packet `next` is missed while later ones are here.
    gap_since: Option<Time>,
    ready: VecDeque<Delivery>,
}

impl Receiver {
    /// Nothing received yet.
    pub fn new() -> Receiver {
        Receiver::default()
    }

    /// Takes a datagram.
    pub fn handle(&mut self, now: Time, bytes: &[u8]) -> Result<(), DatagramError> {
        let datagram = Datagram::decode(bytes)?;
        if let Some(number) = self.place(now, &datagram) {
            self.take(number, datagram);
            self.mend();
            self.deliver(now);
        }
        Ok(())
    }

    /// Gives a gap up whose time is over.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.wait() <= now {
            self.skip();
            self.deliver(now);
        }
    }

    /// When a gap's time will be over.
    pub fn wait(&self) -> Time {
        self.gap_since.map_or(Time::NEVER, |since| since + HOLD)
    }

    /// The next packet or loss.
    pub fn poll(&mut self) -> Option<Delivery> {
        self.ready.pop_front()
    }

    /// The datagram's place in the stream; none if it belongs to another one.
    fn place(&mut self, now: Time, datagram: &Datagram) -> Option<u64> {
        let sequence = datagram.sequence;
        let Some(next) = self.next else {
            let number = ORIGIN + u64::from(sequence);
            let secondaries = match &datagram.recovery {
                Recovery::Secondaries(packets) => packets.len() as u64,
                Recovery::Parity { .. } => 0,
            };
            self.next = Some(if number <= ORIGIN + FIRST_GAP_MAX { ORIGIN } else { number - secondaries });
            return Some(number);
        };
        // The number nearest to the one expected.
        let ahead = sequence.wrapping_sub(next as u16);
        let number = if ahead < 0x8000 { next + u64::from(ahead) } else { next - (0x1_0000 - u64::from(ahead)) };
        if (next - HISTORY_MAX as u64..next + JUMP).contains(&number) {
            self.other = None;
            return Some(number);
        }
        let agreed = match self.other {
            Some((expected, agreed)) if expected == sequence => agreed + 1,
            _ => 1,
        };
        self.other = Some((sequence.wrapping_add(1), agreed));
        if agreed < JUMP_AGREED {
            return None;
        }
        // The old stream is over; what was held of it comes first.
        while self.skip() {
            self.deliver(now);
        }
        *self = Receiver { ready: std::mem::take(&mut self.ready), ..Receiver::default() };
        self.ready.push_back(Delivery::Lost(1));
        let number = ORIGIN + u64::from(sequence);
        self.next = Some(number);
        Some(number)
    }

    fn take(&mut self, number: u64, datagram: Datagram) {
        let oldest = self.next.unwrap_or(number).saturating_sub(HISTORY_MAX as u64);
        let mut keep = |number: u64, packet: Vec<u8>| {
            if number >= oldest {
                self.known.entry(number).or_insert(packet);
            }
        };
        keep(number, datagram.primary);
        match datagram.recovery {
            Recovery::Secondaries(packets) => {
                for (packet, number) in packets.into_iter().zip((0..number).rev()) {
                    keep(number, packet);
                }
            }
            Recovery::Parity { span, messages } => {
                let (span, step) = (span as u64, messages.len() as u64);
                let covered = span * step;
                if span == 0 || covered > HISTORY_MAX as u64 {
                    return;
                }
                for (first, sum) in (number - covered..).zip(messages) {
                    self.parities.push_back(Parity { first, step, span, sum });
                }
                let surplus = self.parities.len().saturating_sub(PARITIES_MAX);
                self.parities.drain(..surplus);
            }
        }
    }

    /// Restores every packet that is the only one missing under a parity, until nothing more comes of it.
    fn mend(&mut self) {
        let Some(next) = self.next else { return };
        loop {
            let mut restored = None;
            for parity in &self.parities {
                let mut missing = parity.covered().filter(|number| !self.known.contains_key(number));
                let (Some(number), None) = (missing.next(), missing.next()) else { continue };
                if number < next {
                    continue;
                }
                let present = parity.covered().filter_map(|number| self.known.get(&number).map(Vec::as_slice));
                restored = Some((number, xor(present.chain([parity.sum.as_slice()]))));
                break;
            }
            match restored {
                Some((number, packet)) => self.known.insert(number, packet),
                None => return,
            };
        }
    }

    /// Hands on what is in order, and looks after the gap behind it.
    fn deliver(&mut self, now: Time) {
        let Some(mut next) = self.next else { return };
        loop {
            while let Some(packet) = self.known.get(&next) {
                self.ready.push_back(Delivery::Packet(packet.clone()));
                next += 1;
            }
            let moved = self.next != Some(next);
            self.next = Some(next);
            let held = self.known.range(next..).count();
            if held > HISTORY_MAX {
                self.skip();
                next = self.next.unwrap_or(next);
                continue;
            }
            self.gap_since = match (held, self.gap_since) {
                (0, _) => None,
                (_, Some(since)) if !moved => Some(since),
                _ => Some(now),
            };
            let oldest = next.saturating_sub(HISTORY_MAX as u64);
            self.known = self.known.split_off(&oldest);
            self.parities.retain(|parity| parity.first + parity.step * parity.span > oldest);
            return;
        }
    }

    /// Gives up the gap before the first packet held; false if none is held.
    fn skip(&mut self) -> bool {
        let Some(next) = self.next else { return false };
        let Some((first, _)) = self.known.range(next..).next() else { return false };
        let first = *first;
        if first > next {
            self.ready.push_back(Delivery::Lost(first - next));
        }
        self.next = Some(first);
        self.gap_since = None;
        true
    }

    /// Packets and parities kept.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.known.len() + self.parities.len()
    }
}
