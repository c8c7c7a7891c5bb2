//! What a month comes to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::LINES;
use super::book::Book;
use super::world::{Class, DAY, Kind, Millis};

#[derive(Default)]
pub struct Figures {
    deliveries: u32,
    jobs: u32,
    most_waiting: u64,
    simulated: Millis,
    wall: Duration,
    calls: BTreeMap<Kind, u64>,
    statuses: BTreeMap<&'static str, u64>,
    lines: [Busy; LINES.len()],
    waits: Vec<(&'static str, Vec<Millis>)>,
}

/// Channel time of a line while something waited that it could have called.
#[derive(Default)]
struct Busy {
    used: i128,
    had: i128,
}

impl Busy {
    fn share(&self) -> f64 {
        self.used as f64 / self.had.max(1) as f64
    }
}

impl Figures {
    pub fn pass(&mut self, line: usize, time: Millis, calling: u32, channels: u32, work_waits: bool) {
        if work_waits {
            let busy = &mut self.lines[line];
            busy.used += i128::from(time) * i128::from(calling);
            busy.had += i128::from(time) * i128::from(channels);
        }
    }

    pub fn call(&mut self, kind: Kind) {
        *self.calls.entry(kind).or_default() += 1;
    }

    pub fn status(&mut self, status: &'static str) {
        *self.statuses.entry(status).or_default() += 1;
    }

    pub fn waiting(&mut self, waiting: u64) {
        self.most_waiting = self.most_waiting.max(waiting);
    }

    pub fn count(&mut self, book: &Book, simulated: Millis, wall: Duration) {
        (self.deliveries, self.jobs, self.simulated, self.wall) = (book.deliveries(), book.jobs(), simulated, wall);
        for (class, all, alone) in [
            (Class::Express, "express", "express, nothing else before it"),
            (Class::Single, "single", "single, nothing else before it"),
            (Class::List, "list", "list, nothing else before it"),
        ] {
            let (every, of_alone) = book.waits(class);
            self.waits.extend([(all, sorted(every)), (alone, sorted(of_alone))]);
        }
    }

    /// What is not checked at every step.
    pub fn assert_good(&self) {
        for (busy, (line, _)) in self.lines.iter().zip(LINES) {
            assert!(busy.share() >= 0.95, "{line} is busy for {:.3} of the time in which work waits", busy.share());
        }
        let (_, alone) =
            self.waits.iter().find(|(name, _)| *name == "single, nothing else before it").expect("counted");
        assert!(percentile(alone, 95) <= WAIT_MAX, "a single fax waits {} s", percentile(alone, 95) / 1000);
    }
}

/// Of nineteen in twenty single faxes behind a broadcast.
const WAIT_MAX: Millis = 60_000;

fn sorted(mut waits: Vec<Millis>) -> Vec<Millis> {
    waits.sort_unstable();
    waits
}

fn percentile(sorted: &[Millis], percent: usize) -> Millis {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls: u64 = self.calls.values().sum();
        let (days, seconds) = (self.simulated as f64 / DAY as f64, self.wall.as_secs_f64());
        let Figures { deliveries, jobs, most_waiting, .. } = self;
        writeln!(
            f,
            "{deliveries} deliveries of {jobs} jobs, {calls} calls, {days:.1} days, simulated in {seconds:.0} s"
        )?;
        writeln!(f, "at most {most_waiting} deliveries waited for a channel")?;
        for (busy, (line, channels)) in self.lines.iter().zip(LINES) {
            let (percent, hours) = (busy.share() * 100.0, busy.had as f64 / f64::from(channels) / 3.6e6);
            writeln!(
                f,
                "{line}: {channels} channels, busy for {percent:.2} % of the {hours:.1} h in which work waited"
            )?;
        }
        writeln!(
            f,
            "\n| first call after, behind a broadcast | jobs | p50 s | p95 s | p99 s | most s |\n| --- | --- | --- | --- | --- | --- |"
        )?;
        for (name, waits) in &self.waits {
            let at = |percent| percentile(waits, percent) as f64 / 1000.0;
            let (p50, p95, p99, most) = (at(50), at(95), at(99), at(100));
            writeln!(f, "| {name} | {} | {p50:.1} | {p95:.1} | {p99:.1} | {most:.1} |", waits.len())?;
        }
        writeln!(f, "\n| status | deliveries |\n| --- | --- |")?;
        self.statuses.iter().try_for_each(|(status, count)| writeln!(f, "| `{status}` | {count} |"))?;
        writeln!(f, "\n| outcome | calls |\n| --- | --- |")?;
        self.calls.iter().try_for_each(|(kind, count)| writeln!(f, "| `{}` | {count} |", kind.outcome().code()))
    }
}
