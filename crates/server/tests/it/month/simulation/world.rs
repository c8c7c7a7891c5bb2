//! Who sends what to whom, when, and how each number behaves.

use ferrofax_fax::outcome::{Outcome, Phase};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Milliseconds since the month began, on a Monday at midnight.
pub type Millis = i64;

pub const SECOND: Millis = 1000;
pub const HOUR: Millis = 3600 * SECOND;
pub const DAY: Millis = 24 * HOUR;

/// How much happens.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub deliveries: u32,
    pub days: u32,
    /// Recipients of a broadcast.
    pub broadcast: u32,
    /// Numbers there are to call.
    pub numbers: u32,
}

pub const CUSTOMERS: [&str; 4] = ["10000", "20000", "30000", "40000"];
/// Customer (index) and name.
pub const LOGINS: [(u8, &str); 7] =
    [(0, "orders"), (0, "press"), (1, "clinic"), (2, "lawyer"), (3, "bank"), (3, "branch"), (3, "loans")];

/// How a number behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Temper {
    Good,
    OftenBusy,
    ClosedByNight,
    Dead,
    Voice,
    Drops,
    Doubts,
    Noisy,
    Refuses,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Sent,
    Busy,
    NoAnswer,
    NotAssigned,
    Refused,
    NoCircuit,
    LineFailed,
    NoFaxHeard,
    HungUp,
    NotTrained,
    BadFrames,
    NoReply,
    EndNotConfirmed,
    Interrupted,
    Cancelled,
}

impl Kind {
    pub fn outcome(self) -> Outcome {
        match self {
            Kind::Sent => Outcome::Sent,
            Kind::Busy => Outcome::Busy,
            Kind::NoAnswer => Outcome::NoAnswer,
            Kind::NotAssigned => Outcome::NumberNotAssigned,
            Kind::Refused => Outcome::Refused,
            Kind::NoCircuit => Outcome::NoCircuit,
            Kind::LineFailed => Outcome::LineFailed,
            Kind::NoFaxHeard => Outcome::NoFaxHeard,
            Kind::HungUp => Outcome::RemoteHungUp { phase: Phase::C },
            Kind::NotTrained => Outcome::TrainingFailed,
            Kind::BadFrames => Outcome::TooManyBadFrames,
            Kind::NoReply => Outcome::NoReply { phase: Phase::D, to: "PPS-MPS".to_owned() },
            Kind::EndNotConfirmed => Outcome::EndNotConfirmed,
            Kind::Interrupted => Outcome::Interrupted,
            Kind::Cancelled => Outcome::Cancelled,
        }
    }
}

/// What happens to a page (index in the fax) in a call.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Ending(u32),
    Confirmed(u32),
}

/// A call as it will go, in times since it began.
#[derive(Clone, Debug)]
pub struct Course {
    pub answered: Option<Millis>,
    pub steps: Vec<(Millis, Step)>,
    pub ends: Millis,
    pub kind: Kind,
}

/// What is asked of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Single,
    Express,
    List,
    Broadcast,
}

#[derive(Debug)]
pub struct Submission {
    pub at: Millis,
    /// Index into [`LOGINS`].
    pub login: u8,
    pub class: Class,
    /// Each recipient's numbers (indices), in the order they are tried.
    pub recipients: Vec<Vec<u32>>,
    pub pages: u32,
    pub valid_until: Millis,
}

/// What an operator or a customer does to a job later.
#[derive(Clone, Copy, Debug)]
pub enum Meddling {
    Cancel { at: Millis },
    Hold { at: Millis, released: Option<Millis> },
}

#[derive(Debug)]
pub struct World {
    size: Size,
    chance: StdRng,
}

impl World {
    pub fn new(size: Size, seed: u64) -> World {
        World { size, chance: StdRng::seed_from_u64(seed) }
    }

    /// Every job of the month, in order of time.
    pub fn submissions(&mut self) -> Vec<Submission> {
        let Size { deliveries, broadcast, .. } = self.size;
        let mut jobs = Vec::new();
        jobs.extend(filled(deliveries / 2, || self.broadcast(broadcast)));
        jobs.extend(filled(deliveries / 4, || self.list()));
        jobs.extend(filled(deliveries / 4, || self.single()));
        jobs.sort_by_key(|job| job.at);
        jobs
    }

    fn broadcast(&mut self, recipients: u32) -> Submission {
        // Hot numbers are on everybody's lists; the rest is spread evenly, each number once.
        let every = self.size.numbers / recipients.max(1);
        let shift = self.chance.random_range(0..every.max(1));
        let numbers = (0..recipients).map(|n| if n % 100 == 99 { n / 100 } else { n * every.max(1) + shift });
        let mut recipients: Vec<Vec<u32>> = numbers.map(|number| vec![number % self.size.numbers]).collect();
        recipients.sort();
        recipients.dedup();
        for place in (1..recipients.len()).rev() {
            recipients.swap(place, self.chance.random_range(0..=place));
        }
        let days = self.chance.random_range(2..=30);
        self.job(Class::Broadcast, recipients, days * DAY)
    }

    fn list(&mut self) -> Submission {
        let recipients = self.chance.random_range(5..=50);
        let recipients = (0..recipients).map(|_| self.recipient()).collect();
        let hours = self.chance.random_range(6..=72);
        self.job(Class::List, recipients, hours * HOUR)
    }

    fn single(&mut self) -> Submission {
        let class = if self.chance.random_bool(0.1) { Class::Express } else { Class::Single };
        let recipients = vec![self.recipient()];
        let hours = if self.chance.random_bool(0.1) { 1 } else { self.chance.random_range(2..=30 * 24) };
        self.job(class, recipients, hours * HOUR)
    }

    fn job(&mut self, class: Class, recipients: Vec<Vec<u32>>, valid_for: Millis) -> Submission {
        let at = self.time();
        let login = self.chance.random_range(0..LOGINS.len()) as u8;
        let pages = self.chance.random_range(1..=5);
        Submission { at, login, class, recipients, pages, valid_until: at + valid_for }
    }

    /// Most is submitted in working hours.
    fn time(&mut self) -> Millis {
        loop {
            let at = self.chance.random_range(0..Millis::from(self.size.days) * DAY);
            let weight = match at % DAY / HOUR {
                8..=11 | 13..=16 => 1.0,
                7 | 12 | 17 => 0.5,
                18..=20 => 0.2,
                _ => 0.05,
            };
            let weekend = if at / DAY % 7 >= 5 { 0.15 } else { 1.0 };
            if self.chance.random_bool(weight * weekend) {
                return at;
            }
        }
    }

    fn recipient(&mut self) -> Vec<u32> {
        let others = if self.chance.random_bool(0.1) { self.chance.random_range(1..=2) } else { 0 };
        let mut numbers = Vec::new();
        for _ in 0..=others {
            let number = self.number();
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }

    /// A few numbers are called by everybody.
    fn number(&mut self) -> u32 {
        let place: f64 = self.chance.random();
        (place.powi(3) * f64::from(self.size.numbers)) as u32
    }

    /// What happens to a job on its way, if anything does.
    pub fn meddling(&mut self, submission: &Submission) -> Option<Meddling> {
        let at = submission.at + self.chance.random_range(0..2 * HOUR);
        let broadcast = submission.class == Class::Broadcast;
        match self.chance.random_range(0..1000) {
            // Half a broadcast that is cancelled was called in vain, which is no test of the rest.
            0..10 if !broadcast => Some(Meddling::Cancel { at }),
            10..20 => Some(Meddling::Hold { at, released: Some(at + self.chance.random_range(0..12 * HOUR)) }),
            20..22 if !broadcast => Some(Meddling::Hold { at, released: None }),
            _ => None,
        }
    }

    /// A call to this number at this time, from page `first` on.
    pub fn call(&mut self, number: u32, now: Millis, first: u32, pages: u32, line_is_down: bool) -> Course {
        if line_is_down {
            return unanswered(2 * SECOND, Kind::LineFailed);
        }
        if self.chance.random_bool(0.01) {
            return unanswered(2 * SECOND, Kind::NoCircuit);
        }
        let night = !(7 * HOUR..19 * HOUR).contains(&(now % DAY));
        match temper(number) {
            Temper::OftenBusy if self.chance.random_bool(0.65) => unanswered(4 * SECOND, Kind::Busy),
            Temper::ClosedByNight if night => unanswered(60 * SECOND, Kind::NoAnswer),
            Temper::Dead => unanswered(3 * SECOND, Kind::NotAssigned),
            Temper::Refuses if self.chance.random_bool(0.7) => unanswered(5 * SECOND, Kind::Refused),
            Temper::Voice if self.chance.random_bool(0.85) => answered(45 * SECOND, Kind::NoFaxHeard),
            Temper::Noisy if self.chance.random_bool(0.4) => answered(55 * SECOND, Kind::NotTrained),
            temper => self.conversation(temper, first, pages),
        }
    }

    /// The far machine takes pages, all of them or some.
    fn conversation(&mut self, temper: Temper, first: u32, pages: u32) -> Course {
        let mut now = 25 * SECOND;
        let mut steps = Vec::new();
        let mut ended = None;
        for page in first..pages {
            now += self.chance.random_range(15 * SECOND..35 * SECOND);
            let fate = self.chance.random_range(0..100);
            match temper {
                Temper::Drops if fate < 40 => ended = Some(Kind::HungUp),
                Temper::Noisy if fate < 20 => ended = Some(Kind::BadFrames),
                _ if fate == 99 => ended = Some(Kind::HungUp),
                _ => steps.push((now, Step::Ending(page))),
            }
            if ended.is_none() && temper == Temper::Doubts && fate < 67 {
                now += 10 * SECOND;
                ended = Some(if page + 1 == pages { Kind::EndNotConfirmed } else { Kind::NoReply });
            }
            if ended.is_some() {
                break;
            }
            now += 2 * SECOND;
            steps.push((now, Step::Confirmed(page)));
        }
        let kind = ended.unwrap_or(Kind::Sent);
        Course { answered: Some(6 * SECOND), steps, ends: now + SECOND, kind }
    }
}

/// Jobs with so many recipients in all.
fn filled(deliveries: u32, mut make: impl FnMut() -> Submission) -> Vec<Submission> {
    let (mut jobs, mut left) = (Vec::new(), deliveries as usize);
    while left > 0 {
        let mut job = make();
        job.recipients.truncate(left);
        left -= job.recipients.len();
        jobs.push(job);
    }
    jobs
}

fn unanswered(ends: Millis, kind: Kind) -> Course {
    Course { answered: None, steps: Vec::new(), ends, kind }
}

fn answered(ends: Millis, kind: Kind) -> Course {
    Course { answered: Some(8 * SECOND), ..unanswered(ends, kind) }
}

/// Spreads what a number is over all numbers.
fn hash(number: u32) -> u32 {
    number.wrapping_add(7).wrapping_mul(0x9E37_79B1).rotate_left(13).wrapping_mul(0x85EB_CA6B) >> 8
}

fn temper(number: u32) -> Temper {
    match hash(number) % 100 {
        0..68 => Temper::Good,
        68..78 => Temper::OftenBusy,
        78..84 => Temper::ClosedByNight,
        84..88 => Temper::Dead,
        88..90 => Temper::Voice,
        90..94 => Temper::Drops,
        94..96 => Temper::Doubts,
        96..98 => Temper::Noisy,
        _ => Temper::Refuses,
    }
}

/// What is dialled.
pub fn dial(number: u32) -> String {
    let prefix = match hash(number) / 100 % 10 {
        0..6 => "0049",
        6..9 => "0044",
        _ => LIMITED,
    };
    format!("{prefix}{number:08}")
}

/// Numbers of this prefix have a limit.
pub const LIMITED: &str = "0033";
