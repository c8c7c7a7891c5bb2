//! What calls to a number teach, and what follows for the next one (architecture, decision 16). Pure rules.
//!
//! *Speed*: two calls that had trouble with their pages, and none since that went well at such a rate: the next one begins a step
//! below the slower of them. *Error correction*: where even slow calls had trouble with it, the next one goes without. *Dead
//! numbers*: the network says of so many faxes that the number does not exist; then it is parked, until a day in the future or
//! until an operator releases it. What is not seen again is forgotten, what an operator pinned never.

use ferrofax_fax::carrier::Modem;
use ferrofax_fax::outcome::{Outcome, Phase};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::DeliveryId;
use super::retry::Retry;

/// How long a lesson lasts.
pub const REMEMBERED_DAYS: u32 = 30;

/// Calls that are remembered.
const CALLS_MAX: usize = 8;
/// Deliveries of a dead number that are counted.
pub const DEAD_MAX: usize = 100;
/// At this rate and below, error correction should make good what the line does.
const ECM_RATE: u32 = 9600;

/// A call as far as it teaches.
#[derive(Clone, PartialEq, Debug)]
pub struct Lesson {
    pub delivery: DeliveryId,
    pub ended_at: Timestamp,
    pub outcome: Outcome,
    /// From dialling to the answer, if there was one.
    pub answer_ms: Option<u32>,
    /// The last one agreed on.
    pub bit_rate: Option<u32>,
    pub ecm: Option<bool>,
    pub t38_refused: bool,
}

/// What is known of a number.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub seen_at: Timestamp,
    pub ok_at: Option<Timestamp>,
    pub failed_at: Option<Timestamp>,
    /// How the last call that failed ended.
    pub failure: Option<Outcome>,
    pub t38_refused_at: Option<Timestamp>,
    /// From dialling to the answer, of the last calls about.
    pub answer_ms: Option<u32>,
    /// The last calls that agreed on a rate, in order.
    calls: Vec<Past>,
    dead: Option<Dead>,
    pub pins: Pins,
}

/// What an operator wants of calls there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pins {
    pub bit_rate_max: Option<u32>,
    pub ecm: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Past {
    at: Timestamp,
    bit_rate: u32,
    ecm: bool,
    trouble: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Dead {
    outcome: Outcome,
    last: Timestamp,
    /// Each once.
    deliveries: Vec<DeliveryId>,
}

/// How the next call goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Advice {
    pub bit_rate_max: Option<u32>,
    pub ecm: bool,
}

/// A number that is not called.
#[derive(Clone, PartialEq, Debug)]
pub struct Parked {
    /// What the network said.
    pub outcome: Outcome,
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Memory {
    /// With what this call taught.
    pub fn learn(mut self, lesson: &Lesson) -> Memory {
        let Lesson { outcome, ended_at, .. } = lesson;
        if !teaches(outcome) {
            return self;
        }
        self.seen_at = *ended_at;
        if *outcome == Outcome::Sent {
            self.ok_at = Some(*ended_at);
        } else {
            self.failed_at = Some(*ended_at);
            self.failure = Some(outcome.clone());
        }
        if lesson.t38_refused {
            self.t38_refused_at = Some(*ended_at);
        } else if lesson.bit_rate.is_some() {
            self.t38_refused_at = None;
        }
        if let Some(answer) = lesson.answer_ms {
            let before = self.answer_ms.unwrap_or(answer);
            self.answer_ms = Some(before.saturating_mul(3).saturating_add(answer) / 4);
        }
        if let Some(bit_rate) = lesson.bit_rate
            && (is_trouble(outcome) || *outcome == Outcome::Sent)
        {
            let (ecm, trouble) = (lesson.ecm.unwrap_or(true), is_trouble(outcome));
            self.calls.push(Past { at: *ended_at, bit_rate, ecm, trouble });
            let surplus = self.calls.len().saturating_sub(CALLS_MAX);
            self.calls.drain(..surplus);
        }
        self.dead = self.buried(lesson);
        self
    }

    fn buried(&mut self, lesson: &Lesson) -> Option<Dead> {
        let before = self.dead.take();
        match lesson.outcome {
            Outcome::NumberNotAssigned | Outcome::NumberInvalid | Outcome::NumberChanged => {
                let mut deliveries = before.map(|dead| dead.deliveries).unwrap_or_default();
                if !deliveries.contains(&lesson.delivery) && deliveries.len() < DEAD_MAX {
                    deliveries.push(lesson.delivery.clone());
                }
                Some(Dead { outcome: lesson.outcome.clone(), last: lesson.ended_at, deliveries })
            }
            // It rings, or is engaged: it lives.
            Outcome::Busy | Outcome::NoAnswer => None,
            _ if lesson.answer_ms.is_some() => None,
            // Nothing was heard of it.
            _ => before,
        }
    }

    /// How the next call goes.
    pub fn advice(&self, now: Timestamp) -> Advice {
        let fresh: Vec<Past> =
            self.calls.iter().copied().filter(|past| later(past.at, REMEMBERED_DAYS) > now).collect();
        Advice {
            bit_rate_max: self.pins.bit_rate_max.or_else(|| too_fast(&fresh).and_then(slower)),
            ecm: self.pins.ecm.unwrap_or_else(|| !better_without_ecm(&fresh)),
        }
    }

    /// Whether it is not called any more.
    pub fn parked(&self, rules: &Retry, now: Timestamp) -> Option<Parked> {
        let dead = self.dead.as_ref()?;
        let enough = usize::try_from(rules.park_after).unwrap_or(usize::MAX);
        let until = later(dead.last, rules.park_days);
        let parked = enough > 0 && dead.deliveries.len() >= enough && until > now;
        parked.then(|| Parked { outcome: dead.outcome.clone(), since: dead.last, until })
    }

    /// Called again, as if nothing was known against it. Whether anything was.
    pub fn release(&mut self) -> bool {
        self.dead.take().is_some()
    }

    /// When it may be forgotten; `None`: never.
    pub fn forget_at(&self, rules: &Retry) -> Option<Timestamp> {
        let parked = if self.dead.is_some() { rules.park_days } else { 0 };
        (self.pins == Pins::default()).then(|| later(self.seen_at, REMEMBERED_DAYS.saturating_add(parked)))
    }
}

/// Whether how a call ended says anything of who was called.
pub fn teaches(outcome: &Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::NoCircuit
            | Outcome::LineFailed
            | Outcome::LineUnauthorized
            | Outcome::Cancelled
            | Outcome::Interrupted
            | Outcome::Internal
    )
}

/// Pages or training that a worse line than agreed on explains.
fn is_trouble(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::TrainingFailed
            | Outcome::PageRejected
            | Outcome::TooManyBadFrames
            | Outcome::NoReply { phase: Phase::C | Phase::D, .. }
    )
}

/// The slower rate of the last two calls that had trouble, if none went well since at such a rate.
fn too_fast(calls: &[Past]) -> Option<u32> {
    let mut troubled = calls.iter().enumerate().rev().filter(|(_, past)| past.trouble);
    let ((_, last), (first, before)) = (troubled.next()?, troubled.next()?);
    let rate = last.bit_rate.min(before.bit_rate);
    let mended = calls.iter().skip(first).any(|past| !past.trouble && past.bit_rate >= rate);
    (!mended).then_some(rate)
}

/// Whether the last two calls with error correction had trouble, slow as they were.
fn better_without_ecm(calls: &[Past]) -> bool {
    let mut with_ecm = calls.iter().rev().filter(|past| past.ecm);
    let slow = |past: Option<&Past>| past.is_some_and(|past| past.trouble && past.bit_rate <= ECM_RATE);
    slow(with_ecm.next()) && slow(with_ecm.next())
}

fn slower(rate: u32) -> Option<u32> {
    let rates = Modem::ALL.iter().map(|modem| modem.rate_bps());
    rates.clone().filter(|slower| *slower < rate).max().or(rates.min())
}

fn later(time: Timestamp, days: u32) -> Timestamp {
    time.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_second(86_400 * n).unwrap()
    }

    fn lesson(delivery: &str, at: Timestamp, outcome: Outcome) -> Lesson {
        let delivery = DeliveryId(delivery.to_owned());
        Lesson { delivery, ended_at: at, outcome, answer_ms: None, bit_rate: None, ecm: None, t38_refused: false }
    }

    /// `14400!` had trouble, `9600` went well; `-` in front: without error correction.
    fn heard(calls: &str) -> Memory {
        calls.split_whitespace().fold(Memory::default(), |memory, call| {
            let (ecm, rate) = call.strip_prefix('-').map_or((true, call), |rate| (false, rate));
            let (outcome, rate) =
                rate.strip_suffix('!').map_or((Outcome::Sent, rate), |rate| (Outcome::TooManyBadFrames, rate));
            let bit_rate = Some(rate.parse().unwrap());
            memory.learn(&Lesson { bit_rate, ecm: Some(ecm), answer_ms: Some(2000), ..lesson("FN", day(1), outcome) })
        })
    }

    #[test]
    fn two_calls_with_trouble_make_the_next_one_slower() {
        for (calls, bit_rate_max, ecm) in [
            ("", None, true),
            ("14400", None, true),
            ("14400!", None, true),
            ("14400! 14400!", Some(12_000), true),
            ("14400! 12000!", Some(9600), true),
            ("14400! 12000 14400! 12000", Some(12_000), true),
            ("14400! 14400! 12000 12000", Some(12_000), true),
            ("14400! 14400! 14400", None, true),
            ("14400! 14400 14400!", None, true),
            ("14400 14400! 14400!", Some(12_000), true),
            ("2400! 2400!", Some(2400), false),
            ("14400! 9600! 9600!", Some(7200), false),
            ("9600! 9600! -9600 -9600", None, false),
            ("9600! 9600! -9600! -9600!", Some(7200), false),
            ("9600! 9600! 7200", Some(7200), true),
            ("9600! 9600! 9600", None, true),
        ] {
            assert_eq!(heard(calls).advice(day(2)), Advice { bit_rate_max, ecm }, "{calls}");
        }
    }

    #[test]
    fn lessons_are_forgotten_and_pins_are_not() {
        let mut memory = heard("9600! 9600!");
        assert_eq!(memory.advice(day(31)), Advice { bit_rate_max: None, ecm: true });
        assert_eq!(memory.forget_at(&Retry::default()), Some(day(31)));
        memory.pins = Pins { bit_rate_max: Some(4800), ecm: Some(true) };
        assert_eq!(memory.advice(day(2)), Advice { bit_rate_max: Some(4800), ecm: true });
        assert_eq!(memory.forget_at(&Retry::default()), None);
        let many = heard(&"9600 ".repeat(50));
        assert_eq!((many.calls.len(), many.answer_ms), (CALLS_MAX, Some(2000)));
    }

    #[test]
    fn a_number_that_three_faxes_found_dead_is_parked() {
        let rules = Retry { park_after: 3, park_days: 30, ..Retry::default() };
        let dead = |memory: Memory, delivery: &str, at| memory.learn(&lesson(delivery, at, Outcome::NumberNotAssigned));
        let parked = |memory: &Memory, at| memory.parked(&rules, at).map(|parked| parked.since);
        let two = dead(dead(dead(Memory::default(), "FN1", day(1)), "FN2", day(2)), "FN2", day(3));
        assert_eq!(parked(&two, day(3)), None, "two faxes, three calls");
        for (between, wanted) in [
            (Outcome::Busy, None),
            (Outcome::NoAnswer, None),
            (Outcome::LineFailed, Some(day(5))),
            (Outcome::Unavailable, Some(day(5))),
        ] {
            let heard = two.clone().learn(&lesson("FN3", day(4), between.clone()));
            assert_eq!(parked(&dead(heard, "FN4", day(5)), day(5)), wanted, "{between:?}");
        }
        let mut three = dead(two, "FN3", day(5));
        assert_eq!((parked(&three, day(34)), parked(&three, day(35))), (Some(day(5)), None));
        assert_eq!(three.parked(&Retry { park_after: 0, ..rules.clone() }, day(5)), None);
        assert_eq!(three.forget_at(&rules), Some(day(65)));
        let again = dead(three.clone(), "FN4", day(36));
        assert_eq!(parked(&again, day(37)), Some(day(36)), "found dead once more");
        assert!(three.release() && !three.release());
        assert_eq!(parked(&three, day(5)), None);
        let sound = Lesson { answer_ms: Some(1), ..lesson("FN5", day(6), Outcome::NoFaxHeard) };
        assert_eq!(parked(&again.learn(&sound), day(6)), None, "somebody answered");
    }

    #[test]
    fn t38_that_was_refused_is_remembered_until_it_works() {
        let refused = Lesson { t38_refused: true, ..lesson("FN", day(1), Outcome::AudioOnly) };
        let memory = Memory::default().learn(&refused);
        assert_eq!((memory.t38_refused_at, &memory.failure), (Some(day(1)), &Some(Outcome::AudioOnly)));
        let memory = memory.learn(&lesson("FN", day(2), Outcome::Busy));
        assert_eq!(memory.t38_refused_at, Some(day(1)));
        let memory = memory.learn(&Lesson { bit_rate: Some(9600), ..lesson("FN", day(3), Outcome::Sent) });
        assert_eq!((memory.t38_refused_at, memory.ok_at), (None, Some(day(3))));
    }
}
