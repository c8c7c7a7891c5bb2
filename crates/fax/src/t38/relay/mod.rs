//! T.30 commands to IFP packets and back, without UDPTL.
//!
//! Sending (`transmit`): every command is played in the time a modem would take, because the far end may be a gateway with a
//! real modem behind it that can neither buffer nor pause. Listening (`receive`): what an indicator, some fields or their absence
//! say about the far modem becomes reports.
//!
//! Half duplex, as T.30 is: while a command is being sent nothing is reported but tones, and DCN: over packets it can be heard, and
//! who says it listens to no page any more. A V.21 signal that still goes on
//! afterwards is announced then, so an answer that begins a little early is not lost.

use std::collections::VecDeque;
use std::time::Duration;

use crate::carrier::{self, Command, Report, Tone};
use crate::time::Time;

use super::ifp::{self, Dialect};

mod receive;
mod transmit;

use receive::Ear;
use transmit::{Mouth, Step};

/// What the relay has to know about the far end.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// `T38FaxVersion`: which table of field types is spoken.
    pub version: u8,
    /// Data octets in one packet at most. Never less than one is used.
    pub piece_octets_max: usize,
}

/// To the relay.
#[derive(Debug)]
pub enum Input<'a> {
    /// T.30 wants something.
    Command(Command),
    /// An IFP packet arrived, in its order.
    Packet(&'a [u8]),
    /// One or more packets are missing here for good.
    Lost,
    /// The moment named by the last `Output::Wait` has come.
    Timeout,
}

/// From the relay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this IFP packet.
    Packet {
        /// The packet.
        ifp: Vec<u8>,
        /// Data of a fast signal; else control.
        image: bool,
    },
    /// For T.30.
    Report(Report),
    /// Nothing more before this time, unless input arrives first.
    Wait(Time),
}

/// The relay.
#[derive(Debug)]
pub struct Relay {
    dialect: Dialect,
    mouth: Mouth,
    ear: Ear,
    outputs: VecDeque<Output>,
}

impl Relay {
    /// The switch to T.38 is at `now`: both ends say that the line is silent.
    pub fn new(now: Time, config: Config) -> Relay {
        let dialect = Dialect::of(config.version);
        let mut relay = Relay {
            dialect,
            mouth: Mouth::new(now, config.piece_octets_max.clamp(1, ifp::FIELD_OCTETS_MAX)),
            ear: Ear::default(),
            outputs: VecDeque::new(),
        };
        relay.speak(now);
        relay
    }

    /// Tells the relay something. Drain [`Relay::poll`] to `Wait` after each.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        // What was due before counts first.
        self.speak(now);
        match input {
            Input::Command(Command::Listen { fast }) => self.ear.listen(fast),
            Input::Command(Command::Stop) => {
                let was_sending = self.mouth.is_sending();
                self.report();
                self.mouth.stop(now);
                if was_sending {
                    self.ear.open();
                }
            }
            Input::Command(command) => self.mouth.begin(now, command),
            // What is no packet says nothing.
            Input::Packet(bytes) => {
                if let Ok(packet) = ifp::decode(bytes, self.dialect) {
                    let heard = self.ear.is_hearing_signal();
                    self.ear.packet(now, packet);
                    if heard || self.ear.is_hearing_signal() {
                        self.mouth.keep_silent_until(now + carrier::SILENCE);
                    }
                }
            }
            Input::Lost => self.ear.lost(),
            Input::Timeout => {}
        }
        self.ear.timeout(now);
        self.speak(now);
        self.report();
    }

    /// The next thing the relay wants.
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Wait(self.mouth.wait().min(self.ear.wait())))
    }

    /// Sends what is due.
    fn speak(&mut self, now: Time) {
        while let Some(step) = self.mouth.next_step(now) {
            match step {
                Step::Packet { packet, image } => {
                    // Nothing that can't be said in every version is ever sent.
                    if let Ok(ifp) = ifp::encode(&packet, self.dialect) {
                        self.outputs.push_back(Output::Packet { ifp, image });
                    }
                }
                Step::Sent => {
                    self.report();
                    self.outputs.push_back(Output::Report(Report::Sent));
                    self.ear.open();
                }
            }
        }
    }

    /// Passes on what was heard, as far as one who is sending can hear.
    fn report(&mut self) {
        let sending = self.mouth.is_sending();
        while let Some(report) = self.ear.poll() {
            if !sending || matches!(report, Report::Tone(Tone::Cng | Tone::Ced)) || is_dcn(&report) {
                self.outputs.push_back(Output::Report(report));
            }
        }
    }
}

/// A good frame whose FCF is DCN, T.30 5.3.6.1.8: X101 1111, the X first and so in the least significant place.
fn is_dcn(report: &Report) -> bool {
    matches!(report, Report::Frame { bytes, good: true } if bytes.get(2).is_some_and(|fcf| fcf | 1 == 0b1111_1011))
}

/// The time `bits` take at `rate_bps`.
fn duration_of(bits: u64, rate_bps: u32) -> Duration {
    Duration::from_micros(bits.saturating_mul(1_000_000) / u64::from(rate_bps.max(1)))
}

#[cfg(test)]
mod tests;
