//! Two parties talk over a [`Joint`], in simulated time.

use std::fmt;

use ferrofax_fax::carrier::{Command, Report};
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::t30::{self, Event, Role, T30};
use ferrofax_fax::time::Time;

use crate::Joint;

/// What a party wants.
#[derive(Debug)]
pub enum Said {
    /// For its carrier.
    Command(Command),
    /// Nothing more before this time.
    Wait(Time),
    /// It has hung up.
    HungUp,
}

/// One who talks T.30 on a line: our machine, or a script.
pub trait Party {
    /// The call is there.
    fn start(&mut self, now: Time);
    /// The carrier reports.
    fn report(&mut self, now: Time, report: Report);
    /// The moment of the last `Wait` has come.
    fn timeout(&mut self, now: Time);
    /// The other party has hung up.
    fn remote_hung_up(&mut self, now: Time);
    /// What the party wants now.
    fn poll(&mut self, now: Time) -> Said;
}

/// Our T.30 as a party, with a record of what it told the application.
#[derive(Debug)]
pub struct Machine {
    /// The machine.
    pub t30: T30,
    /// Its events, with the times they came out.
    pub events: Vec<(Time, Event)>,
}

impl Machine {
    /// A machine that has not begun.
    pub fn new(config: t30::Config) -> Machine {
        Machine { t30: T30::new(config), events: Vec::new() }
    }

    /// How the call ended, if it did.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.events.iter().find_map(|(_, event)| match event {
            Event::Done(outcome) => Some(outcome),
            _ => None,
        })
    }
}

impl Party for Machine {
    fn start(&mut self, now: Time) {
        self.t30.start(now);
    }

    fn report(&mut self, now: Time, report: Report) {
        self.t30.handle(now, t30::Input::Report(report));
    }

    fn timeout(&mut self, now: Time) {
        self.t30.handle(now, t30::Input::Timeout);
    }

    fn remote_hung_up(&mut self, now: Time) {
        self.t30.handle(now, t30::Input::RemoteHungUp);
    }

    fn poll(&mut self, now: Time) -> Said {
        loop {
            match self.t30.poll() {
                t30::Output::Command(command) => return Said::Command(command),
                t30::Output::Event(event) => self.events.push((now, event)),
                t30::Output::Wait(_) if self.outcome().is_some() => return Said::HungUp,
                t30::Output::Wait(at) => return Said::Wait(at),
            }
        }
    }
}

/// The call did not end in time, or nobody waited for anything any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stuck {
    /// When it was given up.
    pub at: Time,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the call was still up at {}", self.at)
    }
}

/// Rounds in which time stands still; more is a machine that asks to be woken in the past.
const SPINS_MAX: u32 = 100;

/// Lets two parties talk until both have hung up. Answers when that was.
pub fn converse<'a>(
    joint: &mut dyn Joint,
    caller: &'a mut dyn Party,
    answerer: &'a mut dyn Party,
    limit: Time,
) -> Result<Time, Stuck> {
    let mut now = Time::ZERO;
    let mut spins = 0;
    let mut ends = [(Role::Caller, caller, Some(now)), (Role::Answerer, answerer, Some(now))];
    for (role, party, wake) in &mut ends {
        party.start(now);
        *wake = settle(joint, *role, *party, now);
    }
    loop {
        while let Some((to, report)) = joint.poll(now) {
            for (role, party, wake) in &mut ends {
                if *role == to && wake.is_some() {
                    party.report(now, report.clone());
                    *wake = settle(joint, *role, *party, now);
                }
            }
        }
        let [(_, first, first_wake), (_, second, second_wake)] = &mut ends;
        match (*first_wake, *second_wake) {
            (None, None) => return Ok(now),
            (None, Some(_)) => {
                second.remote_hung_up(now);
                *second_wake = settle(joint, Role::Answerer, *second, now);
            }
            (Some(_), None) => {
                first.remote_hung_up(now);
                *first_wake = settle(joint, Role::Caller, *first, now);
            }
            (Some(_), Some(_)) => {}
        }
        let wakes = ends.iter().filter_map(|(_, _, wake)| *wake).min();
        let Some(wake) = wakes else { return Ok(now) };
        let next = wake.min(joint.next_at());
        spins = if next > now { 0 } else { spins + 1 };
        now = now.max(next);
        if now > limit || spins > SPINS_MAX {
            return Err(Stuck { at: now.min(limit) });
        }
        for (role, party, wake) in &mut ends {
            if wake.is_some_and(|wake| wake <= now) {
                party.timeout(now);
                *wake = settle(joint, *role, *party, now);
            }
        }
    }
}

/// Passes a party's commands on until it waits; `None` when it has hung up.
fn settle(joint: &mut dyn Joint, role: Role, party: &mut dyn Party, now: Time) -> Option<Time> {
    loop {
        match party.poll(now) {
            Said::Command(command) => joint.command(now, role, command),
            Said::Wait(at) => return Some(at),
            Said::HungUp => return None,
        }
    }
}
