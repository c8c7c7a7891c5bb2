//! Two T.30 ends joined in memory: no packets, no sound, but the durations of a telephone line.
//!
//! A transmission becomes a list of reports for the far end, each at the moment a modem would give it. As on a real line the
//! far end hears a fast signal only if it listened for just that one when training began, hears nothing that began while it
//! was sending itself, and knows nothing of a signal but what came through. A [`Fault`] may change or swallow
//! a signal before it is heard.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use ferrofax_fax::carrier::{self, Command, Content, Fast, Report, Tone};
use ferrofax_fax::t30::Role;
use ferrofax_fax::time::Time;

use crate::signal;
use crate::{Joint, far};

/// One way through the line.
pub const LATENCY: Duration = Duration::from_millis(30);

/// CNG is 0.5 s on and 3 s off, T.30 4.2.
const CNG_PERIOD: Duration = Duration::from_millis(3500);

/// A tone is recognised when this much of it was heard.
const TONE_HEARD: Duration = Duration::from_millis(250);

/// A page's bits are reported in pieces of this length.
const PIECE: Duration = Duration::from_millis(100);

/// Something on the line, as the far end will get it. Frames stand without FCS; the flag says whether the FCS will be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Signal {
    /// A tone.
    Tone(Tone),
    /// V.21 frames.
    Frames(Vec<(Vec<u8>, bool)>),
    /// A training check, and whether it arrives clean.
    TrainingCheck(Fast, bool),
    /// Frames of a fast signal.
    Ecm(Fast, Vec<(Vec<u8>, bool)>),
    /// Bits of a page.
    Page(Fast, Vec<u8>),
}

/// Changes what is heard of a signal; `None` is silence for as long as the signal lasts.
pub type Fault = Box<dyn FnMut(Time, Role, Signal) -> Option<Signal>>;

/// A report on its way.
struct Due {
    at: Time,
    /// The report tells of a signal that began then: who was sending at that moment can't have heard it.
    began: Time,
    /// The transmission it belongs to.
    number: u64,
    report: Report,
}

/// One end's ear and mouth.
#[derive(Default)]
struct End {
    /// Commands that wait for the transmission before them.
    queue: VecDeque<Command>,
    /// When the transmission under way ends. CNG is none: its pauses let one listen.
    sending: Option<Time>,
    /// The number of the last transmission.
    number: u64,
    /// When the calling tone next sounds.
    cng: Option<Time>,
    /// Not before this time may this end send again.
    quiet_until: Time,
    listening_since: Time,
    expected: Option<(Fast, Content)>,
    /// The transmission being heard: its end is reported.
    hearing: Option<u64>,
    /// Reports on their way here, earliest first.
    due: VecDeque<Due>,
}

/// Two ends joined in memory.
pub struct Pair {
    caller: End,
    answerer: End,
    number: u64,
    fault: Option<Fault>,
    /// `Sent` and what passed the gate, ready to be told.
    ready: VecDeque<(Role, Report)>,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory::Pair({} transmissions)", self.number)
    }
}

impl Default for Pair {
    fn default() -> Pair {
        Pair::new()
    }
}

impl Pair {
    /// A good line.
    pub fn new() -> Pair {
        Pair { caller: End::default(), answerer: End::default(), number: 0, fault: None, ready: VecDeque::new() }
    }

    /// A line with a fault.
    pub fn with_fault(fault: Fault) -> Pair {
        Pair { fault: Some(fault), ..Pair::new() }
    }

    fn end(&mut self, role: Role) -> &mut End {
        match role {
            Role::Caller => &mut self.caller,
            Role::Answerer => &mut self.answerer,
        }
    }

    /// Begins the next transmission in the queue, if this end is free to.
    fn begin(&mut self, now: Time, role: Role) {
        let end = self.end(role);
        if end.sending.is_some() {
            return;
        }
        let Some(command) = end.queue.pop_front() else { return };
        let begin = now.max(end.quiet_until);
        let signal = match command {
            Command::Tone(Tone::Cng) => {
                end.cng = Some(begin);
                return;
            }
            Command::Tone(tone) => Signal::Tone(tone),
            Command::Frames(frames) => Signal::Frames(frames.into_iter().map(|frame| (frame, true)).collect()),
            Command::TrainingCheck(fast) => Signal::TrainingCheck(fast, true),
            Command::EcmFrames(fast, frames) => {
                Signal::Ecm(fast, frames.into_iter().map(|frame| (frame, true)).collect())
            }
            Command::PageBits(fast, bits) => Signal::Page(fast, bits),
            Command::Listen { .. } | Command::Stop => return,
        };
        end.cng = None;
        let silence = if signal == Signal::Tone(Tone::Ced) { carrier::SILENCE } else { Duration::ZERO };
        let until = begin + duration(&signal) + silence;
        end.sending = Some(until);
        end.hearing = None;
        self.emit(begin, role, signal);
    }

    /// Lets the far end hear a signal that begins at `begin`.
    fn emit(&mut self, begin: Time, role: Role, signal: Signal) {
        self.number += 1;
        let number = self.number;
        self.end(role).number = number;
        let heard = match &mut self.fault {
            Some(fault) => fault(begin, role, signal),
            None => Some(signal),
        };
        let Some(signal) = heard else { return };
        let ear = self.end(far(role));
        for (after, began_after, report) in reports(signal) {
            let (at, began) = (begin + after + LATENCY, begin + began_after + LATENCY);
            ear.due.push_back(Due { at, began, number, report });
        }
    }

    /// Tells `role` a report if it can hear it.
    fn hear(&mut self, role: Role, due: Due) {
        let end = self.end(role);
        if end.sending.is_some() || due.began < end.listening_since {
            return;
        }
        let heard = end.hearing == Some(due.number);
        let report = match due.report {
            Report::Tone(_) => Some(due.report),
            Report::FlagsBegan | Report::Frame { .. } => {
                end.hearing = Some(due.number);
                Some(due.report)
            }
            Report::TrainingBegan(fast) => {
                let expected = end.expected.is_some_and(|(expected, _)| expected == fast);
                if expected {
                    end.hearing = Some(due.number);
                }
                expected.then_some(due.report)
            }
            Report::CarrierLost => {
                end.hearing = end.hearing.filter(|_| !heard);
                heard.then_some(due.report)
            }
            _ if !heard => None,
            report => match (end.expected.map(|(_, content)| content), report) {
                (Some(Content::TrainingCheck), Report::TrainingCheck { good }) => Some(Report::TrainingCheck { good }),
                (Some(Content::Ecm), report @ Report::EcmFrame { .. }) => Some(report),
                (Some(Content::Page), report @ Report::PageBits(_)) => Some(report),
                _ => None,
            },
        };
        self.ready.extend(report.map(|report| (role, report)));
        // What was heard must end before an answer may begin.
        let end = self.end(role);
        end.quiet_until = end.quiet_until.max(due.at + carrier::SILENCE);
    }

    fn stop(&mut self, now: Time, role: Role) {
        let end = self.end(role);
        let number = end.number;
        end.queue.clear();
        end.cng = None;
        if end.sending.take().is_none() {
            return;
        }
        end.listening_since = now;
        end.quiet_until = now + carrier::SILENCE;
        let silent = now + LATENCY;
        let ear = self.end(far(role));
        ear.due.retain(|due| due.at <= silent);
        ear.due.push_back(Due { at: silent, began: silent, number, report: Report::CarrierLost });
    }
}

impl Joint for Pair {
    fn command(&mut self, now: Time, from: Role, command: Command) {
        match command {
            Command::Listen { fast } => self.end(from).expected = fast,
            Command::Stop => self.stop(now, from),
            command => {
                self.end(from).queue.push_back(command);
                self.begin(now, from);
            }
        }
    }

    fn poll(&mut self, now: Time) -> Option<(Role, Report)> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            // The earliest event of both ends, one at a time, so that each is judged by what came before it.
            let at = self.next_at();
            if at > now || at == Time::NEVER {
                return None;
            }
            for role in [Role::Caller, Role::Answerer] {
                let end = self.end(role);
                if end.sending == Some(at) {
                    end.sending = None;
                    end.listening_since = at;
                    end.quiet_until = at + carrier::SILENCE;
                    self.ready.push_back((role, Report::Sent));
                    self.begin(at, role);
                } else if end.cng == Some(at) {
                    end.cng = Some(at + CNG_PERIOD);
                    self.emit(at, role, Signal::Tone(Tone::Cng));
                } else if end.due.front().is_some_and(|due| due.at == at) {
                    if let Some(due) = end.due.pop_front() {
                        self.hear(role, due);
                    }
                } else {
                    continue;
                }
                break;
            }
        }
    }

    fn next_at(&self) -> Time {
        let ends = [&self.caller, &self.answerer];
        let times = ends.into_iter().flat_map(|end| [end.sending, end.cng, end.due.front().map(|due| due.at)]);
        times.flatten().min().unwrap_or(Time::NEVER)
    }
}

/// How long a signal is on the line.
fn duration(signal: &Signal) -> Duration {
    let v21 = |frames: &[(Vec<u8>, bool)]| {
        let bits = frames.iter().map(|(frame, _)| signal::hdlc_bits(frame)).sum();
        carrier::V21_PREAMBLE + signal::bits(bits, carrier::V21_RATE_BPS)
    };
    match signal {
        Signal::Tone(Tone::Ced) => carrier::CED,
        Signal::Tone(Tone::Cng) => Duration::from_millis(500),
        Signal::Frames(frames) => v21(frames),
        Signal::TrainingCheck(fast, _) => fast.training() + carrier::TRAINING_CHECK,
        Signal::Ecm(fast, frames) => {
            let bits: usize = frames.iter().map(|(frame, _)| signal::hdlc_bits(frame)).sum();
            fast.training() + signal::bits(bits, fast.modem.rate_bps())
        }
        Signal::Page(fast, bits) => fast.training() + signal::bits(bits.len() * 8, fast.modem.rate_bps()),
    }
}

/// What a modem says of a signal: when, of what that began when (both from the signal's beginning).
fn reports(signal: Signal) -> Vec<(Duration, Duration, Report)> {
    let whole = duration(&signal);
    let zero = Duration::ZERO;
    let mut list = Vec::new();
    match signal {
        Signal::Tone(tone) => list.push((TONE_HEARD, zero, Report::Tone(tone))),
        Signal::Frames(frames) => {
            // Flags are flags wherever one begins to listen, as long as some are left.
            list.push((carrier::V21_PREAMBLE / 2, carrier::V21_PREAMBLE / 2, Report::FlagsBegan));
            let mut at = carrier::V21_PREAMBLE;
            for (bytes, good) in frames {
                let began = at;
                at += signal::bits(signal::hdlc_bits(&bytes), carrier::V21_RATE_BPS);
                list.push((at, began, Report::Frame { bytes, good }));
            }
            list.push((whole, zero, Report::CarrierLost));
        }
        Signal::TrainingCheck(fast, good) => {
            list.push((zero, zero, Report::TrainingBegan(fast)));
            list.push((whole, zero, Report::TrainingCheck { good }));
            list.push((whole, zero, Report::CarrierLost));
        }
        Signal::Ecm(fast, frames) => {
            list.push((zero, zero, Report::TrainingBegan(fast)));
            let mut at = fast.training();
            for (bytes, good) in frames {
                at += signal::bits(signal::hdlc_bits(&bytes), fast.modem.rate_bps());
                list.push((at, zero, Report::EcmFrame { bytes, good }));
            }
            list.push((whole, zero, Report::CarrierLost));
        }
        Signal::Page(fast, bits) => {
            list.push((zero, zero, Report::TrainingBegan(fast)));
            let mut at = fast.training();
            let octets = fast.modem.rate_bps() as usize * PIECE.as_millis() as usize / 8000;
            for piece in bits.chunks(octets) {
                at += signal::bits(piece.len() * 8, fast.modem.rate_bps());
                list.push((at.min(whole), zero, Report::PageBits(piece.to_vec())));
            }
            list.push((whole, zero, Report::CarrierLost));
        }
    }
    // CarrierLost of V.21 is for whoever heard any of it.
    for (at, began, report) in &mut list {
        if *report == Report::CarrierLost {
            *began = *at;
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use ferrofax_fax::carrier::Modem;

    use super::*;

    const FAST: Fast = Fast { modem: Modem::V29At9600, short: false };

    fn run(pair: &mut Pair) -> Vec<(Time, Role, Report)> {
        let mut heard = Vec::new();
        while pair.next_at() != Time::NEVER {
            let now = pair.next_at();
            while let Some((role, report)) = pair.poll(now) {
                heard.push((now, role, report));
            }
        }
        heard
    }

    #[test]
    fn a_frame_takes_its_time_and_the_sender_hears_of_its_end() {
        let mut pair = Pair::new();
        let frame = vec![0xff, 0x13, 0x84];
        pair.command(Time::ZERO, Role::Answerer, Command::Frames(vec![frame.clone()]));
        let heard = run(&mut pair);
        let names: Vec<_> = heard.iter().map(|(_, role, report)| (*role, report.clone())).collect();
        let expected = [
            (Role::Caller, Report::FlagsBegan),
            (Role::Answerer, Report::Sent),
            (Role::Caller, Report::Frame { bytes: frame, good: true }),
            (Role::Caller, Report::CarrierLost),
        ];
        assert_eq!(names, expected);
        // Preamble, 48 bits, and two stuffed zeros: FF and the head of 13 are ten ones in a row.
        assert_eq!(heard[1].0, Time::from_micros(1_000_000 + 50 * 1_000_000 / 300));
    }

    #[test]
    fn a_fast_signal_is_heard_only_by_who_waits_for_it() {
        for (fast, heard_it) in [(FAST, true), (Fast { modem: Modem::V29At7200, ..FAST }, false)] {
            let mut pair = Pair::new();
            pair.command(Time::ZERO, Role::Caller, Command::Listen { fast: Some((fast, Content::TrainingCheck)) });
            pair.command(Time::ZERO, Role::Answerer, Command::TrainingCheck(FAST));
            let heard = run(&mut pair);
            let good = (Role::Caller, Report::TrainingCheck { good: true });
            assert_eq!(heard.iter().any(|(_, role, report)| (*role, report.clone()) == good), heard_it);
            assert!(heard.iter().any(|(_, role, report)| (*role, report.clone()) == (Role::Answerer, Report::Sent)));
        }
    }

    #[test]
    fn who_sends_does_not_hear() {
        let mut pair = Pair::new();
        pair.command(Time::ZERO, Role::Caller, Command::Frames(vec![vec![0xff, 0x13, 0x84]; 3]));
        pair.command(Time::from_millis(200), Role::Answerer, Command::Frames(vec![vec![0xff, 0x13, 0x84]]));
        let heard = run(&mut pair);
        let frames: Vec<_> = heard.iter().filter(|(_, _, report)| matches!(report, Report::Frame { .. })).collect();
        assert!(frames.is_empty(), "{frames:?}");
        assert_eq!(heard.iter().filter(|(_, _, report)| *report == Report::Sent).count(), 2);
    }
}
