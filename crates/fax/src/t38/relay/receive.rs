//! Listening: packets become what a modem would report.
//!
//! A signal begins with its indicator, or with data where that is missing (the data names the modem), and ends with an end field, with any
//! other indicator, or when nothing came for longer than a modem can be silent in mid-signal. HDLC frames are put together across
//! packets; one with a loss inside is bad. Loss in a page leaves its bits out; T.4 mends what it can.
//!
//! Tolerated, because far ends do it: indicators and ends repeated, "no signal" without an end before it, an end without "no
//! signal" after it, frames in one piece long after their preamble, packets with several fields.

use std::collections::VecDeque;
use std::time::Duration;

use crate::carrier::{Content, Fast, Report, Tone};
use crate::t38::ifp::{Channel, Field, FieldKind, Indicator, Packet};
use crate::time::Time;

/// Octets of a frame that are kept: an ECM frame has 260 (T.30 Annex A), a V.21 frame at most some 110 (3.45 s, T.30 5.3.3).
const FRAME_OCTETS_MAX: usize = 512;

/// V.21: longest wait for the first data. Preamble (1.15 s at most) and a longest frame sent in one piece (3.45 s), T.30 5.3.
const V21_FIRST: Duration = Duration::from_millis(5000);

/// V.21: longest pause between data. A gateway may hold a frame of usual length back until its FCS was checked.
const V21_PAUSE: Duration = Duration::from_millis(2000);

/// Fast: longest wait for the first data, after the training. Echo protection, flags and jitter are in it.
const FAST_FIRST: Duration = Duration::from_millis(1500);

/// Fast: longest pause between data, all of it jitter.
const FAST_PAUSE: Duration = Duration::from_millis(700);

/// A training check is good with zeros in a row for this long: two thirds of it (1.5 s, T.30 5.3.6.1.3), so one whose start was lost is
/// good. What T.30 leaves open, the carrier decides.
const CHECK_GOOD: Duration = Duration::from_millis(1000);

/// What is being heard.
#[derive(Debug)]
struct Signal {
    /// V.21 if there is no fast modem.
    fast: Option<Fast>,
    /// T.30 was told.
    announced: bool,
    /// How a fast signal's data is read, fixed with the first of it.
    content: Option<Content>,
    /// Data came.
    has_data: bool,
    /// Something of it is lost.
    lossy: bool,
    /// The frame so far.
    frame: Vec<u8>,
    /// Something of the frame is missing or too much.
    frame_broken: bool,
    /// Zeros in a row at the moment, and at most, in a training check.
    zeros: u64,
    zeros_max: u64,
}

/// The listening half of the relay.
#[derive(Debug, Default)]
pub(super) struct Ear {
    expected: Option<(Fast, Content)>,
    signal: Option<Signal>,
    /// The last indicator that meant something.
    indicator: Option<Indicator>,
    /// Packets are missing since it came.
    lost: bool,
    /// When the signal is over though nobody said so.
    deadline: Option<Time>,
    reports: VecDeque<Report>,
}

impl Ear {
    /// T.30 expects this fast signal beside V.21.
    pub(super) fn listen(&mut self, fast: Option<(Fast, Content)>) {
        self.expected = fast;
        if self.signal.as_ref().is_some_and(|signal| !signal.announced) {
            self.announce();
        }
    }

    /// The end of our own transmission: what goes on now can be heard from here on.
    pub(super) fn open(&mut self) {
        self.announce();
    }

    pub(super) fn is_hearing_signal(&self) -> bool {
        self.signal.is_some()
    }

    /// The next report.
    pub(super) fn poll(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    /// When [`Ear::timeout`] has something to do.
    pub(super) fn wait(&self) -> Time {
        self.deadline.unwrap_or(Time::NEVER)
    }

    /// Ends a signal that just stopped.
    pub(super) fn timeout(&mut self, now: Time) {
        if self.wait() <= now {
            self.end();
        }
    }

    /// Packets are missing here.
    pub(super) fn lost(&mut self) {
        self.lost = true;
        if let Some(signal) = &mut self.signal {
            signal.lossy = true;
            signal.frame_broken = true;
        }
    }

    /// A packet, in its order.
    pub(super) fn packet(&mut self, now: Time, packet: Packet) {
        match packet {
            Packet::Indicator(indicator) => self.indicator(indicator),
            Packet::Data(channel, fields) => {
                for field in fields {
                    self.field(channel, field);
                }
            }
        }
        self.deadline = self.signal.as_ref().map(|signal| now + signal.pause_max());
    }

    fn indicator(&mut self, indicator: Indicator) {
        let repeated = self.indicator == Some(indicator);
        match indicator {
            // Nothing we negotiate leads there.
            Indicator::Extension(_) => return,
            Indicator::NoSignal => self.end(),
            Indicator::Cng | Indicator::Ced => {
                self.end();
                if !repeated {
                    let tone = if indicator == Indicator::Cng { Tone::Cng } else { Tone::Ced };
                    self.reports.push_back(Report::Tone(tone));
                }
            }
            Indicator::V21Preamble => self.begin_indicated(None, repeated),
            Indicator::Training(fast) => self.begin_indicated(Some(fast), repeated),
        }
        self.indicator = Some(indicator);
        self.lost = false;
    }

    fn begin_indicated(&mut self, fast: Option<Fast>, repeated: bool) {
        if let Some(signal) = &self.signal
            && repeated
            && signal.fast == fast
            // With nothing lost, an end would have been seen: this is the signal we are in.
            && !(signal.has_data && signal.lossy)
        {
            return;
        }
        self.end();
        self.begin(fast, false);
    }

    fn begin(&mut self, fast: Option<Fast>, frame_broken: bool) {
        self.signal = Some(Signal {
            fast,
            announced: false,
            content: None,
            has_data: false,
            lossy: frame_broken,
            frame: Vec::new(),
            frame_broken,
            zeros: 0,
            zeros_max: 0,
        });
        self.announce();
    }

    fn announce(&mut self) {
        let Some(signal) = &mut self.signal else { return };
        let report = match signal.fast {
            None => Report::FlagsBegan,
            Some(fast) if self.expected.is_some() => Report::TrainingBegan(fast),
            Some(_) => return,
        };
        signal.announced = true;
        self.reports.push_back(report);
    }

    fn field(&mut self, channel: Channel, field: Field) {
        let Field { kind, data } = field;
        let carries =
            !data.is_empty() && matches!(kind, FieldKind::HdlcData | FieldKind::NonEcmData | FieldKind::NonEcmSigEnd);
        let modem = match channel {
            Channel::V21 => None,
            Channel::Fast(modem) => Some(modem),
            Channel::Extension(_) => return,
        };
        let belongs = self.signal.as_ref().is_some_and(|signal| signal.fast.map(|fast| fast.modem) == modem);
        if !belongs {
            // An end of something else, or once more, is no beginning.
            if !carries {
                return;
            }
            self.end();
            let expected = self.expected.map(|(fast, _)| fast).filter(|fast| Some(fast.modem) == modem);
            let fast = expected.or(modem.map(|modem| Fast { modem, short: false }));
            self.begin(fast, self.lost);
        }
        let expected = self.expected.map(|(_, content)| content);
        let Some(signal) = &mut self.signal else { return };
        if carries {
            signal.has_data = true;
            if signal.content.is_none() && signal.announced {
                signal.content = expected.filter(|_| signal.fast.is_some());
            }
        }
        match kind {
            FieldKind::HdlcData => signal.add_to_frame(&data),
            FieldKind::HdlcFcsOk => self.frame_end(true),
            FieldKind::HdlcFcsBad => self.frame_end(false),
            FieldKind::HdlcFcsOkSigEnd => {
                self.frame_end(true);
                self.end();
            }
            FieldKind::HdlcFcsBadSigEnd => {
                self.frame_end(false);
                self.end();
            }
            FieldKind::HdlcSigEnd => self.end(),
            FieldKind::NonEcmData => self.bits(data),
            FieldKind::NonEcmSigEnd => {
                self.bits(data);
                self.end();
            }
            FieldKind::Extension(_) => {}
        }
    }

    fn frame_end(&mut self, fcs_ok: bool) {
        let Some(signal) = &mut self.signal else { return };
        // T.38 carries the bit that is sent first in the most significant place.
        let bytes: Vec<u8> = std::mem::take(&mut signal.frame).into_iter().map(u8::reverse_bits).collect();
        let good = fcs_ok && !std::mem::take(&mut signal.frame_broken);
        // An end without a frame is the last one's, repeated.
        if bytes.is_empty() {
            return;
        }
        match (signal.fast, signal.content) {
            (None, _) => self.reports.push_back(Report::Frame { bytes, good }),
            (Some(_), Some(Content::Ecm)) => self.reports.push_back(Report::EcmFrame { bytes, good }),
            _ => {}
        }
    }

    fn bits(&mut self, data: Vec<u8>) {
        let Some(signal) = &mut self.signal else { return };
        match signal.content {
            _ if data.is_empty() => {}
            Some(Content::TrainingCheck) => signal.check(&data),
            Some(Content::Page) => self.reports.push_back(Report::PageBits(data)),
            Some(Content::Ecm) | None => {}
        }
    }

    /// The signal is over, if there is one.
    fn end(&mut self) {
        self.deadline = None;
        if self.signal.as_ref().is_some_and(|signal| !signal.frame.is_empty()) {
            self.frame_end(false);
        }
        let Some(signal) = self.signal.take() else { return };
        if !signal.announced {
            return;
        }
        if let (Some(fast), Some((expected, content))) = (signal.fast, self.expected)
            && signal.content.unwrap_or(content) == Content::TrainingCheck
        {
            let enough = u64::from(fast.modem.rate_bps()) * CHECK_GOOD.as_millis() as u64 / 1000;
            // Another modem than the one announced would not have been understood.
            let good = fast.modem == expected.modem && signal.zeros_max.max(signal.zeros) >= enough;
            self.reports.push_back(Report::TrainingCheck { good });
        }
        self.reports.push_back(Report::CarrierLost);
    }
}

impl Signal {
    fn pause_max(&self) -> Duration {
        match (self.fast, self.has_data) {
            (None, false) => V21_FIRST,
            (None, true) => V21_PAUSE,
            (Some(fast), false) => fast.training() + FAST_FIRST,
            (Some(_), true) => FAST_PAUSE,
        }
    }

    fn add_to_frame(&mut self, data: &[u8]) {
        let room = FRAME_OCTETS_MAX - self.frame.len().min(FRAME_OCTETS_MAX);
        self.frame.extend(data.iter().take(room));
        self.frame_broken |= data.len() > room;
    }

    /// Counts zeros in a row. Lost packets break no row: the path loses them at every rate, so a slower one would not help.
    fn check(&mut self, data: &[u8]) {
        for octet in data {
            if *octet == 0 {
                self.zeros += 8;
                continue;
            }
            let before = self.zeros + u64::from(octet.leading_zeros());
            self.zeros_max = self.zeros_max.max(before);
            self.zeros = u64::from(octet.trailing_zeros());
        }
    }
}
