//! A call's clock, and its story: SIP messages and T.30 frames, merged in the order they happened.
//!
//! The story counts engine time (wall time × speed) from the moment the call was placed or came in, the engine from the answer;
//! [`Story::answered`] ties the two together. It shows kinds of messages and media, never a number.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ferrofax_fax::ladder::{Entry, Ladder, Who};
use ferrofax_fax::t30::Role;
use ferrofax_fax::time::Time;

/// How much faster than real time a call to a built-in far machine runs: 1 to 20 (decision 19). Real lines run at 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Speed(u8);

impl Speed {
    /// As the world runs.
    pub const REAL: Speed = Speed(1);

    /// The factor, held within 1 to 20.
    pub fn new(factor: u8) -> Speed {
        Speed(factor.clamp(1, 20))
    }

    /// How long something of the call takes on the wall clock.
    pub fn wall(self, span: Duration) -> Duration {
        span / u32::from(self.0)
    }
}

/// Turns the wall clock into call time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    zero: Instant,
    speed: Speed,
}

impl Clock {
    pub(crate) fn start(speed: Speed) -> Clock {
        Clock { zero: Instant::now(), speed }
    }

    pub(crate) fn now(&self) -> Time {
        let micros = self.zero.elapsed().as_micros().saturating_mul(u128::from(self.speed.0));
        Time::from_micros(u64::try_from(micros).unwrap_or(u64::MAX - 1))
    }

    /// When that is on the wall; `None` for never.
    pub(crate) fn wall(&self, at: Time) -> Option<Instant> {
        if at == Time::NEVER {
            return None;
        }
        // Rounded up, so that a timer does not fire before its time.
        let micros = at.as_micros().div_ceil(u64::from(self.speed.0));
        self.zero.checked_add(Duration::from_micros(micros))
    }
}

/// The ladder of a call in the making. Shared by all that take part in the call.
#[derive(Debug)]
pub struct Story {
    clock: Clock,
    role: Role,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    ladder: Ladder,
    /// The engine's zero in the story's time.
    answered: Time,
}

impl Story {
    pub(crate) fn begin(role: Role, speed: Speed) -> Story {
        Story { clock: Clock::start(speed), role, told: Mutex::default() }
    }

    /// The ladder so far, in the order of time.
    pub fn ladder(&self) -> Ladder {
        let mut ladder = self.told().ladder.clone();
        // Entries of the engine bear the time they happened, not the time they were told.
        ladder.sort();
        ladder
    }

    /// The engine's clock starts now.
    pub(crate) fn answered(&self) {
        self.told().answered = self.clock.now();
    }

    /// Something the engine noted, in its own time.
    pub(crate) fn engine(&self, entry: &Entry) {
        let mut told = self.told();
        let at = told.answered + entry.at.since(Time::ZERO);
        told.ladder.push(Entry { at, ..entry.clone() });
    }

    /// A SIP message of ours or of the far end.
    pub(crate) fn sip(&self, ours: bool, what: String, detail: String) {
        let who = match (self.role, ours) {
            (Role::Caller, true) | (Role::Answerer, false) => Who::Caller,
            (Role::Caller, false) | (Role::Answerer, true) => Who::Answerer,
        };
        self.push(who, what, detail);
    }

    /// Something noticed about the call.
    pub(crate) fn line(&self, what: &str, detail: &str) {
        self.push(Who::Line, what.to_owned(), detail.to_owned());
    }

    fn push(&self, who: Who, what: String, detail: String) {
        let at = self.clock.now();
        self.told().ladder.push(Entry { at, who, what, detail });
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        // Nothing in here can be left half done.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_stays_within_its_bounds() {
        assert_eq!(Speed::new(0), Speed::REAL);
        assert_eq!(Speed::new(255), Speed::new(20));
        assert_eq!(Speed::new(10).wall(Duration::from_secs(5)), Duration::from_millis(500));
    }

    #[test]
    fn a_timer_never_fires_early() {
        let clock = Clock::start(Speed::new(7));
        let at = Time::from_micros(1_000_003);
        let wall = clock.wall(at).unwrap();
        let micros = (wall - clock.zero).as_micros() * 7;
        assert!((1_000_003..1_000_010).contains(&micros), "{micros}");
        assert_eq!(clock.wall(Time::NEVER), None);
    }

    #[test]
    fn the_ladder_is_in_the_order_of_time() {
        let story = Story::begin(Role::Caller, Speed::REAL);
        story.sip(true, "INVITE".into(), "audio".into());
        story.told().answered = Time::from_millis(5000);
        for (ms, what) in [(3000, "DIS"), (1000, "CED")] {
            story.engine(&Entry {
                at: Time::from_millis(ms),
                who: Who::Answerer,
                what: what.into(),
                detail: String::new(),
            });
        }
        let ladder = story.ladder();
        let told: Vec<_> = ladder.entries().iter().map(|entry| (entry.what.as_str(), entry.who)).collect();
        assert_eq!(told, [("INVITE", Who::Caller), ("CED", Who::Answerer), ("DIS", Who::Answerer)]);
        assert_eq!(ladder.entries()[2].at, Time::from_millis(8000));
    }
}
