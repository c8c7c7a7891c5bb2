//! Pages, machines and calls for the tests of T.30.

use std::fmt::Write as _;
use std::sync::Arc;

use ferrofax_fax::carrier::{Modem, Report};
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_fax::t6;
use ferrofax_fax::t30::{Coding, Config, Event, Input, Misbehaviour, Role, Task};
use ferrofax_fax::time::Time;
use ferrofax_linesim::{Joint, Machine, Party, Said, converse, memory};

/// No call of these tests lasts longer.
pub const LIMIT: Time = Time::from_millis(3_600_000);

/// A page with words of black, different for each seed. `dense` pages code badly.
pub fn page(seed: u64, rows: u32, resolution: Resolution, dense: bool) -> Arc<StoredPage> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bitmap = Bitmap::new(1728, rows);
    for y in 0..rows {
        if dense || y % 24 < 16 {
            let mut x = 100 + (random() % 40) as u16;
            while x < 1600 {
                let run = 1 + (random() % 7) as u16;
                for x in x..x + run {
                    bitmap.set_black(x, y);
                }
                x += run + 1 + (random() % if dense { 9 } else { 90 }) as u16;
            }
        }
    }
    Arc::new(t6::store(&mut bitmap.source(resolution)))
}

/// A letter: text-like, fine.
pub fn letter(seed: u64) -> Arc<StoredPage> {
    page(seed, 600, Resolution::Fine, false)
}

pub fn sender(pages: Vec<Arc<StoredPage>>) -> Config {
    Config {
        role: Role::Caller,
        task: Task::Send(pages),
        local_id: "+49 1".to_owned(),
        ecm: true,
        modems: Modem::ALL.to_vec(),
        codings: vec![Coding::Mh, Coding::Mr, Coding::Mmr],
        resolution_max: Resolution::Superfine,
        misbehaviour: Misbehaviour::default(),
    }
}

pub fn receiver() -> Config {
    Config { role: Role::Answerer, task: Task::Receive, local_id: "+49 2".to_owned(), ..sender(Vec::new()) }
}

/// Two machines after their call.
pub struct Call {
    pub caller: Machine,
    pub answerer: Machine,
}

pub fn call(caller: Config, answerer: Config) -> Call {
    call_over(&mut memory::Pair::new(), caller, answerer)
}

pub fn call_over(joint: &mut dyn Joint, caller: Config, answerer: Config) -> Call {
    let (mut caller, mut answerer) = (Machine::new(caller), Machine::new(answerer));
    if let Err(stuck) = converse(joint, &mut caller, &mut answerer, LIMIT) {
        panic!("{stuck}\n{}\n{}", story(&caller), story(&answerer));
    }
    Call { caller, answerer }
}

/// As [`call_over`]; one end is told to stop at a moment.
pub fn call_stopped(
    joint: &mut dyn Joint,
    (caller, answerer): (Config, Config),
    who: Role,
    after: Time,
    by: Input,
) -> Call {
    let when = |role| if role == who { after } else { Time::NEVER };
    let mut caller =
        Stoppable { machine: Machine::new(caller), wake: Time::NEVER, stop: when(Role::Caller), by: by.clone() };
    let mut answerer = Stoppable { machine: Machine::new(answerer), wake: Time::NEVER, stop: when(Role::Answerer), by };
    if let Err(stuck) = converse(joint, &mut caller, &mut answerer, LIMIT) {
        panic!("{stuck}\n{}\n{}", story(&caller.machine), story(&answerer.machine));
    }
    Call { caller: caller.machine, answerer: answerer.machine }
}

/// A machine that is told to stop at a moment.
struct Stoppable {
    machine: Machine,
    wake: Time,
    stop: Time,
    by: Input,
}

impl Party for Stoppable {
    fn start(&mut self, now: Time) {
        self.machine.start(now);
    }

    fn report(&mut self, now: Time, report: Report) {
        self.machine.report(now, report);
    }

    fn timeout(&mut self, now: Time) {
        if self.stop <= now {
            self.stop = Time::NEVER;
            self.machine.t30.handle(now, self.by.clone());
        }
        if self.wake <= now {
            self.machine.timeout(now);
        }
    }

    fn remote_hung_up(&mut self, now: Time) {
        self.machine.remote_hung_up(now);
    }

    fn poll(&mut self, now: Time) -> Said {
        match self.machine.poll(now) {
            Said::Wait(at) => {
                self.wake = at;
                Said::Wait(at.min(self.stop))
            }
            said => said,
        }
    }
}

impl Call {
    pub fn outcomes(&self) -> (Outcome, Outcome) {
        (outcome(&self.caller), outcome(&self.answerer))
    }

    pub fn assert_arrived(&self, pages: &[Arc<StoredPage>]) {
        assert_eq!(self.outcomes(), (Outcome::Sent, Outcome::Received), "{}", story(&self.caller));
        assert_same(&received(&self.answerer), pages);
        let all: Vec<u32> = (0..).take(pages.len()).collect();
        assert_eq!(confirmed(&self.caller), all);
    }
}

pub fn assert_same(received: &[StoredPage], sent: &[Arc<StoredPage>]) {
    assert_eq!(received.len(), sent.len(), "number of pages");
    for (received, sent) in received.iter().zip(sent) {
        assert!(*received == **sent, "{received:?} is not {sent:?}");
    }
}

pub fn outcome(machine: &Machine) -> Outcome {
    machine.outcome().cloned().expect("the call is over")
}

pub fn received(machine: &Machine) -> Vec<StoredPage> {
    let page = |(_, event): &(Time, Event)| match event {
        Event::PageReceived { page, bad_rows } => {
            assert_eq!(*bad_rows, 0);
            Some((**page).clone())
        }
        _ => None,
    };
    machine.events.iter().filter_map(page).collect()
}

pub fn confirmed(machine: &Machine) -> Vec<u32> {
    let page = |(_, event): &(Time, Event)| match event {
        Event::PageConfirmed { page } => Some(*page),
        _ => None,
    };
    machine.events.iter().filter_map(page).collect()
}

/// The ladder, with what the application was told (`→`).
pub fn story(machine: &Machine) -> String {
    let mut text = String::new();
    for (at, event) in &machine.events {
        let line = match event {
            Event::Noted(entry) => {
                let mut ladder = Ladder::default();
                ladder.push(entry.clone());
                text += &ladder.to_string();
                continue;
            }
            Event::RemoteId(id) => format!("far end is {id:?}"),
            Event::Agreed(session) => format!("agreed on {}, {}", session.modem, session.coding),
            Event::PageEnding { page } => format!("page {} ends", page + 1),
            Event::PageConfirmed { page } => format!("page {} is confirmed", page + 1),
            Event::PageReceived { page, bad_rows } => format!("took {page:?}, {bad_rows} bad rows"),
            Event::Done(outcome) => format!("{outcome:?}"),
        };
        writeln!(text, "{at:>8}  →         {line}").unwrap();
    }
    text
}

/// Only what was said, by name.
pub fn names(machine: &Machine) -> Vec<String> {
    let name = |(_, event): &(Time, Event)| match event {
        Event::Noted(entry) => Some(entry.what.clone()),
        _ => None,
    };
    machine.events.iter().filter_map(name).collect()
}

/// How many pages were handed over, good or bad.
pub fn taken(machine: &Machine) -> usize {
    machine.events.iter().filter(|(_, event)| matches!(event, Event::PageReceived { .. })).count()
}
