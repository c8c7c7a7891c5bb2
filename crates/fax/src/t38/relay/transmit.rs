//! Sending: a command becomes packets at the times a modem would have had their bits.
//!
//! A signal is an indicator, the preamble or training it announces, pieces of data, an end, and "no signal". Indicators are said
//! three times some milliseconds apart, because they stand alone in time: the repeats carry what redundancy there is when
//! the first datagram is lost, and the "no signal" repeats carry the end of the data.
//!
//! A piece leaves when its last bit would have: HDLC counts the zeros stuffed into it, flags and FCS take their time though
//! they are not sent.

use std::collections::VecDeque;
use std::time::Duration;

use super::duration_of;
use crate::carrier::{self, Command, Fast, Tone};
use crate::t38::ifp::{Channel, Field, FieldKind, Indicator, Packet};
use crate::time::Time;

/// Data of a fast signal leaves in pieces of this duration.
const PIECE: Duration = Duration::from_millis(30);

/// Octets of V.21 in a packet: one, which takes 27 ms.
const V21_PIECE_OCTETS: usize = 1;

/// How often an indicator is repeated, and how far apart. All repeats fit into the silence between two signals.
const REPEATS: u32 = 2;
const REPEAT_AFTER: Duration = Duration::from_millis(20);

/// CNG: 0.5 s on, 3 s off, T.30 4.2.
const CNG_ON: Duration = Duration::from_millis(500);
const CNG_OFF: Duration = Duration::from_secs(3);

/// Flags before the first ECM frame: 200 ms ± 100 ms, T.4 Annex A.
const ECM_FLAGS: Duration = Duration::from_millis(200);

/// Bits between a frame's last octet and the end of its closing flag: FCS and flag.
const FRAME_END_BITS: u64 = 16 + 8;

/// Something due.
#[derive(Debug)]
pub(super) enum Step {
    /// A packet leaves.
    Packet { packet: Packet, image: bool },
    /// The transmission is over.
    Sent,
}

/// What of a signal comes next.
#[derive(Debug)]
enum Stage {
    /// The indicator.
    Begin,
    /// Data from the place reached.
    Data,
    /// The frame's end, and the signal's with the last one.
    FrameEnd,
    /// The end of the data.
    SigEnd,
    /// The signal is over: say so.
    Over,
    /// Only the report is left.
    Report,
}

/// What a signal carries.
#[derive(Debug)]
enum Load {
    /// The tone of the called station.
    Ced,
    /// HDLC frames, turned round: T.38 carries the bit that is sent first in the most significant place.
    Frames(Vec<Vec<u8>>),
    /// Plain bits.
    Bits(Vec<u8>),
}

/// A signal being sent.
#[derive(Debug)]
struct Signal {
    channel: Channel,
    indicator: Indicator,
    load: Load,
    rate_bps: u32,
    piece_octets: usize,
    stage: Stage,
    at: Time,
    /// When the first bit is on the line; bits are counted from here, so that rounding doesn't add up.
    data_from: Time,
    bits: u64,
    frame: usize,
    octet: usize,
    /// Ones in a row so far, for stuffing.
    ones: u32,
}

impl Signal {
    fn new(begin: Time, command: Command, piece_octets_max: usize) -> Option<Signal> {
        let piece = |rate_bps: u32| {
            let octets = u64::from(rate_bps) * PIECE.as_millis() as u64 / 8000;
            usize::try_from(octets).unwrap_or(usize::MAX).clamp(1, piece_octets_max)
        };
        let turned = |frames: Vec<Vec<u8>>| {
            let turn = |frame: Vec<u8>| frame.into_iter().map(u8::reverse_bits).collect();
            Load::Frames(frames.into_iter().map(turn).collect())
        };
        let (fast, load) = match command {
            Command::Frames(frames) => (None, turned(frames)),
            Command::Tone(Tone::Ced) => (None, Load::Ced),
            Command::TrainingCheck(fast) => {
                let bits = u64::from(fast.modem.rate_bps()) * carrier::TRAINING_CHECK.as_millis() as u64 / 1000;
                (Some(fast), Load::Bits(vec![0; usize::try_from(bits / 8).unwrap_or(0)]))
            }
            Command::EcmFrames(fast, frames) => (Some(fast), turned(frames)),
            Command::PageBits(fast, bits) => (Some(fast), Load::Bits(bits)),
            Command::Listen { .. } | Command::Stop | Command::Tone(Tone::Cng) => return None,
        };
        let hdlc = matches!(load, Load::Frames(_));
        let (channel, indicator, rate_bps, lead, piece_octets) = match fast {
            Some(fast @ Fast { modem, .. }) => {
                let lead = fast.training() + if hdlc { ECM_FLAGS } else { Duration::ZERO };
                let rate = modem.rate_bps();
                (Channel::Fast(modem), Indicator::Training(spoken(fast)), rate, lead, piece(rate))
            }
            None if hdlc => {
                let rate = carrier::V21_RATE_BPS;
                let piece = V21_PIECE_OCTETS.min(piece_octets_max);
                (Channel::V21, Indicator::V21Preamble, rate, carrier::V21_PREAMBLE, piece)
            }
            None => (Channel::V21, Indicator::Ced, carrier::V21_RATE_BPS, carrier::CED, 1),
        };
        Some(Signal {
            channel,
            indicator,
            load,
            rate_bps,
            piece_octets,
            stage: Stage::Begin,
            at: begin,
            data_from: begin + lead,
            bits: 0,
            frame: 0,
            octet: 0,
            ones: 0,
        })
    }

    fn is_image(&self) -> bool {
        matches!(self.channel, Channel::Fast(_))
    }

    fn has_frames_left(&self) -> bool {
        matches!(&self.load, Load::Frames(frames) if self.frame < frames.len())
    }

    /// The next stage is when this many more bits were on the line.
    fn after_bits(&mut self, bits: u64, stage: Stage) {
        self.bits += bits;
        self.at = self.data_from + duration_of(self.bits, self.rate_bps);
        self.stage = stage;
    }

    /// Octets of the next piece.
    fn piece(&self) -> &[u8] {
        let data: &[u8] = match &self.load {
            Load::Frames(frames) => frames.get(self.frame).map_or(&[], Vec::as_slice),
            Load::Bits(bits) => bits,
            Load::Ced => &[],
        };
        let rest = data.get(self.octet..).unwrap_or(&[]);
        rest.get(..self.piece_octets).unwrap_or(rest)
    }

    /// The next piece will be due when its bits are through; what follows it where there is none.
    fn schedule(&mut self) {
        let octets = self.piece().len();
        if octets > 0 {
            let mut bits = octets as u64 * 8;
            if matches!(self.load, Load::Frames(_)) {
                let mut ones = self.ones;
                bits += stuffed(self.piece(), &mut ones);
                self.ones = ones;
            }
            return self.after_bits(bits, Stage::Data);
        }
        match &self.load {
            Load::Ced => {
                self.at = self.data_from;
                self.stage = Stage::Over;
            }
            Load::Bits(_) => self.after_bits(0, Stage::SigEnd),
            Load::Frames(_) if self.has_frames_left() => self.after_bits(FRAME_END_BITS, Stage::FrameEnd),
            // Only where there was no frame at all.
            Load::Frames(_) => self.after_bits(0, Stage::SigEnd),
        }
    }

    /// Takes the step that is due.
    fn step(&mut self) -> Option<Step> {
        let field = match self.stage {
            Stage::Begin => {
                self.schedule();
                return Some(Step::Packet { packet: Packet::Indicator(self.indicator), image: false });
            }
            Stage::Data => {
                let data = self.piece().to_vec();
                let kind = match self.load {
                    Load::Frames(_) => FieldKind::HdlcData,
                    Load::Bits(_) | Load::Ced => FieldKind::NonEcmData,
                };
                self.octet += data.len();
                self.schedule();
                Field { kind, data }
            }
            Stage::FrameEnd => {
                self.frame += 1;
                self.octet = 0;
                self.ones = 0;
                if self.has_frames_left() {
                    self.schedule();
                    Field::empty(FieldKind::HdlcFcsOk)
                } else {
                    self.stage = Stage::Over;
                    Field::empty(FieldKind::HdlcFcsOkSigEnd)
                }
            }
            Stage::SigEnd => {
                self.stage = Stage::Over;
                Field::empty(match self.load {
                    Load::Frames(_) => FieldKind::HdlcSigEnd,
                    Load::Bits(_) | Load::Ced => FieldKind::NonEcmSigEnd,
                })
            }
            Stage::Over => {
                if matches!(self.load, Load::Ced) {
                    self.at += carrier::SILENCE;
                }
                self.stage = Stage::Report;
                return Some(Step::Packet { packet: Packet::Indicator(Indicator::NoSignal), image: false });
            }
            Stage::Report => return None,
        };
        Some(Step::Packet { packet: Packet::Data(self.channel, vec![field]), image: self.is_image() })
    }
}

/// Only V.17 has a short training to announce.
fn spoken(fast: Fast) -> Fast {
    use carrier::Modem::{V17At7200, V17At9600, V17At12000, V17At14400};
    let short = fast.short && matches!(fast.modem, V17At7200 | V17At9600 | V17At12000 | V17At14400);
    Fast { short, ..fast }
}

/// Zeros HDLC puts into these octets: one after five ones, T.30 5.3 (ISO/IEC 13239).
fn stuffed(octets: &[u8], ones: &mut u32) -> u64 {
    let mut zeros = 0;
    for octet in octets {
        for place in (0..8).rev() {
            *ones = if octet >> place & 1 == 1 { *ones + 1 } else { 0 };
            if *ones == 5 {
                zeros += 1;
                *ones = 0;
            }
        }
    }
    zeros
}

/// The calling tone, on and off until something else is sent.
#[derive(Debug)]
struct Cng {
    at: Time,
    on: bool,
}

/// The sending half of the relay.
#[derive(Debug)]
pub(super) struct Mouth {
    piece_octets_max: usize,
    signal: Option<Signal>,
    /// Commands that wait for the signal before them. T.30 waits by itself, so there is hardly ever one.
    queue: VecDeque<Command>,
    cng: Option<Cng>,
    /// The last indicator, when to repeat it, how often.
    repeat: Option<(Indicator, Time, u32)>,
    /// No signal begins before this.
    silent_until: Time,
}

/// Commands that may wait. T.30 gives one at a time.
const QUEUE_MAX: usize = 8;

impl Mouth {
    pub(super) fn new(now: Time, piece_octets_max: usize) -> Mouth {
        Mouth {
            piece_octets_max,
            signal: None,
            queue: VecDeque::new(),
            cng: None,
            repeat: Some((Indicator::NoSignal, now, REPEATS + 1)),
            // A signal on the heels of the switch could meet a far end that is not there yet.
            silent_until: now + carrier::SILENCE,
        }
    }

    /// A transmission other than CNG is under way.
    pub(super) fn is_sending(&self) -> bool {
        self.signal.is_some()
    }

    /// The far end is heard until `time` less the silence an answer keeps.
    pub(super) fn keep_silent_until(&mut self, time: Time) {
        self.silent_until = self.silent_until.max(time);
    }

    pub(super) fn begin(&mut self, now: Time, command: Command) {
        if self.queue.len() < QUEUE_MAX {
            self.queue.push_back(command);
        }
        self.start_next(now);
    }

    fn start_next(&mut self, now: Time) {
        while self.signal.is_none() {
            let Some(command) = self.queue.pop_front() else { return };
            let begin = now.max(self.silent_until);
            if command == Command::Tone(Tone::Cng) {
                self.cng = Some(Cng { at: begin, on: false });
                continue;
            }
            let begin = match self.cng.take() {
                // The calling tone is cut off first.
                Some(Cng { on: true, .. }) => {
                    self.repeat = Some((Indicator::NoSignal, now, REPEATS + 1));
                    begin.max(now + carrier::SILENCE)
                }
                _ => begin,
            };
            self.signal = Signal::new(begin, command, self.piece_octets_max);
        }
    }

    /// Silence at once.
    pub(super) fn stop(&mut self, now: Time) {
        self.queue.clear();
        let toned = self.cng.take().is_some_and(|cng| cng.on);
        let sounded = self.signal.take().is_some_and(|signal| !matches!(signal.stage, Stage::Begin));
        if toned || sounded {
            self.repeat = Some((Indicator::NoSignal, now, REPEATS + 1));
            self.silent_until = self.silent_until.max(now + carrier::SILENCE);
        }
    }

    /// When something is due next.
    pub(super) fn wait(&self) -> Time {
        let signal = self.signal.as_ref().map(|signal| signal.at);
        let cng = self.cng.as_ref().map(|cng| cng.at);
        let repeat = self.repeat.as_ref().map(|(_, at, _)| *at);
        [signal, cng, repeat].into_iter().flatten().min().unwrap_or(Time::NEVER)
    }

    /// The next thing due by `now`.
    pub(super) fn next_step(&mut self, now: Time) -> Option<Step> {
        let due = self.wait();
        if due > now || due == Time::NEVER {
            return None;
        }
        // A repeat goes before what is due at the same moment: it belongs to what was.
        if let Some((indicator, at, left)) = self.repeat
            && at == due
        {
            self.repeat = (left > 1).then(|| (indicator, at + REPEAT_AFTER, left - 1));
            return Some(Step::Packet { packet: Packet::Indicator(indicator), image: false });
        }
        if let Some(cng) = &mut self.cng
            && cng.at == due
        {
            cng.on = !cng.on;
            cng.at = due + if cng.on { CNG_ON } else { CNG_OFF };
            let indicator = if cng.on { Indicator::Cng } else { Indicator::NoSignal };
            return Some(self.indicate(indicator, due));
        }
        let signal = self.signal.as_mut()?;
        match signal.step() {
            Some(Step::Packet { packet: Packet::Indicator(indicator), .. }) => Some(self.indicate(indicator, due)),
            Some(step) => {
                // Data says more than an indicator: what is not repeated by now never will be.
                self.repeat = None;
                Some(step)
            }
            None => {
                self.signal = None;
                self.silent_until = self.silent_until.max(due + carrier::SILENCE);
                self.start_next(due);
                Some(Step::Sent)
            }
        }
    }

    fn indicate(&mut self, indicator: Indicator, at: Time) -> Step {
        self.repeat = Some((indicator, at + REPEAT_AFTER, REPEATS));
        Step::Packet { packet: Packet::Indicator(indicator), image: false }
    }
}
