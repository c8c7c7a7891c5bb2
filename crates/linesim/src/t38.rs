//! Two T.30 ends joined by T.38: the engine's carriers, with a network between them.

use std::collections::VecDeque;

use ferrofax_fax::carrier::{Command, Report};
use ferrofax_fax::t30::Role;
use ferrofax_fax::t38::{Carrier, Input, Output, Params};
use ferrofax_fax::time::Time;

use crate::link::{Link, Weather};
use crate::{Joint, far};

/// A datagram as it left an end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// When.
    pub at: Time,
    /// From which end.
    pub from: Role,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[derive(Debug)]
struct End {
    carrier: Carrier,
    wait: Time,
    /// What this end sends goes here.
    out: Link,
}

/// Two ends joined by T.38.
#[derive(Debug)]
pub struct Pair {
    caller: End,
    answerer: End,
    ready: VecDeque<(Role, Report)>,
    capture: Option<Vec<Sent>>,
}

impl Pair {
    /// Both ends have switched to T.38 at time zero, with the same terms.
    pub fn new(seed: u64, params: &Params, weather: Weather) -> Pair {
        Pair::build(seed, params, weather, None)
    }

    /// The same; every datagram is kept, as it left.
    pub fn recording(seed: u64, params: &Params, weather: Weather) -> Pair {
        Pair::build(seed, params, weather, Some(Vec::new()))
    }

    fn build(seed: u64, params: &Params, weather: Weather, capture: Option<Vec<Sent>>) -> Pair {
        let end = |seed| End {
            carrier: Carrier::new(Time::ZERO, params.clone()),
            wait: Time::ZERO,
            out: Link::new(seed, weather),
        };
        let mut pair = Pair { caller: end(seed), answerer: end(!seed), ready: VecDeque::new(), capture };
        for role in [Role::Caller, Role::Answerer] {
            pair.drain(Time::ZERO, role);
        }
        pair
    }

    /// The datagrams kept.
    pub fn captured(&self) -> &[Sent] {
        self.capture.as_deref().unwrap_or(&[])
    }

    /// Datagrams lost on the way, both directions, and all that were sent.
    pub fn lost(&self) -> (u64, u64) {
        let (one, other) = (&self.caller.out, &self.answerer.out);
        (one.lost() + other.lost(), one.sent() + other.sent())
    }

    fn end(&mut self, role: Role) -> &mut End {
        match role {
            Role::Caller => &mut self.caller,
            Role::Answerer => &mut self.answerer,
        }
    }

    fn handle(&mut self, now: Time, role: Role, input: Input<'_>) {
        self.end(role).carrier.handle(now, input);
        self.drain(now, role);
    }

    fn drain(&mut self, now: Time, role: Role) {
        loop {
            let end = self.end(role);
            match end.carrier.poll() {
                Output::Datagram(bytes) => {
                    end.out.send(now, &bytes);
                    if let Some(capture) = &mut self.capture {
                        capture.push(Sent { at: now, from: role, bytes });
                    }
                }
                Output::Report(report) => self.ready.push_back((role, report)),
                Output::Wait(until) => {
                    assert!(until > now, "a carrier's wait is in the future");
                    end.wait = until;
                    return;
                }
            }
        }
    }
}

impl Joint for Pair {
    fn command(&mut self, now: Time, from: Role, command: Command) {
        self.handle(now, from, Input::Command(command));
    }

    fn poll(&mut self, now: Time) -> Option<(Role, Report)> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let at = self.next_at();
            if at > now || at == Time::NEVER {
                return None;
            }
            for role in [Role::Caller, Role::Answerer] {
                // What is on the wire counts before the clock does.
                if let Some((arrival, bytes)) = self.end(far(role)).out.poll(at) {
                    self.handle(arrival, role, Input::Datagram(&bytes));
                } else if self.end(role).wait <= at {
                    self.handle(at, role, Input::Timeout);
                } else {
                    continue;
                }
                break;
            }
        }
    }

    fn next_at(&self) -> Time {
        let ends = [&self.caller, &self.answerer];
        ends.into_iter().flat_map(|end| [end.wait, end.out.next_at()]).min().unwrap_or(Time::NEVER)
    }
}
