//! The loopback line: built-in far machines to call without a telephone network (decisions 18 and 19).
//!
//! The far machine is the answering side of this program with its own tasks, its own SIP stack and port, and its own media
//! sockets; it shares no value with the caller but the wire. Every number is a fax machine; its last five digits decide how it
//! behaves. [`behaviours`] lists them: `network` has those that are not answered, or are a bad network; `machines` fax machines of
//! all kinds that take the fax; `faults` those that don't; `memory` counts the calls of numbers that change from call to call.

mod faults;
mod machines;
mod memory;
mod network;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ferrofax_fax::outcome::Phase;
use ferrofax_fax::page::Resolution;
use ferrofax_fax::t30::{Config, Misbehaviour, Role, Task};

use super::{Line, LineError, Speed, Trunk};
use crate::receive::{Answerer, Reply, Settings, Tray};
use memory::Memory;

/// How long a far machine rings before it answers.
const RING: Duration = Duration::from_secs(2);
/// Calls that all far machines together take at a time.
const CALLS_MAX: usize = 64;
/// The far machine's identification.
const LOCAL_ID: &str = "FERROFAX LOOPBACK";
/// So many digits decide.
const ENDING_DIGITS: usize = 5;

/// The far machines, and the line that leads to them.
#[derive(Debug)]
pub struct Loopback {
    line: Line,
    far: Answerer,
}

impl Loopback {
    /// Starts the far machines. What they receive goes to the trays.
    pub async fn start<T: Tray>(
        speed: Speed,
        tray: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<Loopback, LineError> {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings =
            Settings { peers: Some(vec![here.ip()]), calls_max: CALLS_MAX, ring: RING, speed, ..Settings::at(here) };
        let memory = Memory::default();
        let far = Answerer::start(settings, move |number: &str| reply(number, &memory), tray).await?;
        let line =
            Line::open(Trunk { from: "loopback".to_owned(), speed, ..Trunk::to(&far.address().to_string(), here) })
                .await?;
        Ok(Loopback { line, far })
    }

    /// The line to place calls on, with [`Loopback::speed`].
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// How fast time runs on it.
    pub fn speed(&self) -> Speed {
        self.line.speed()
    }

    /// Ends the far machines.
    pub async fn close(self) {
        self.far.close().await;
    }
}

/// How the numbers with one ending behave.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// The last five digits.
    pub ending: &'static str,
    /// What it is or does; the table in `docs/loopback.md` says so.
    pub machine: &'static str,
    /// A fax of so many pages shows it.
    pub pages: usize,
    /// What becomes of the calls to one number, one after the other; behind the last it begins anew.
    pub calls: &'static [End],
    /// How long the longest of these calls takes at speed 1.
    pub seconds: u16,
    /// What the call does, by its place among `calls`.
    reply: fn(usize) -> Reply,
}

impl Behaviour {
    const fn lasting(self, seconds: u16) -> Behaviour {
        Behaviour { seconds, ..self }
    }
}

/// Code and phase of an outcome.
pub type End = (&'static str, Option<Phase>);

const SENT: End = ("sent", None);

/// All endings that are not just a good machine.
pub fn behaviours() -> impl Iterator<Item = &'static Behaviour> {
    network::BEHAVIOURS.iter().chain(faults::BEHAVIOURS).chain(machines::BEHAVIOURS)
}

/// What this number does with its next call.
fn reply(number: &str, memory: &Memory) -> Reply {
    let ending = number.get(number.len().saturating_sub(ENDING_DIGITS)..).unwrap_or_default();
    match behaviours().find(|behaviour| behaviour.ending == ending) {
        None => Reply::fax(good()),
        Some(Behaviour { reply, calls: [_], .. }) => reply(0),
        Some(Behaviour { reply, calls, .. }) => reply(memory.call(number) % calls.len()),
    }
}

/// A good machine.
fn good() -> Config {
    let config = Config::new(Role::Answerer, Task::Receive, LOCAL_ID.to_owned());
    Config { resolution_max: Resolution::Fine, ..config }
}

/// A good machine but for this.
fn faulty(misbehaviour: Misbehaviour) -> Reply {
    Reply::fax(Config { misbehaviour, ..good() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of(number: &str) -> Reply {
        reply(number, &Memory::default())
    }

    #[test]
    fn the_ending_decides() {
        assert!(matches!(of("004989486"), Reply::Fax(machine) if machine.t38.enabled));
        assert!(matches!(of("00498999486"), Reply::Refuse { status: 486, cause: None }));
        assert!(matches!(of("99488"), Reply::Fax(machine) if !machine.t38.enabled));
        assert!(matches!(of("é9486"), Reply::Fax(_)));
        assert!(matches!(of(""), Reply::Fax(_)));
    }

    #[test]
    fn each_ending_is_there_once() {
        let endings: BTreeSet<_> = behaviours().map(|behaviour| behaviour.ending).collect();
        assert_eq!(endings.len(), behaviours().count());
        for Behaviour { ending, calls, .. } in behaviours() {
            assert!(ending.starts_with("99") && ending.len() == ENDING_DIGITS, "{ending}");
            assert!(!calls.is_empty(), "{ending}");
        }
    }

    #[test]
    fn a_number_that_changes_begins_anew_behind_its_last_call() {
        let memory = Memory::default();
        let busy = |number| matches!(reply(number, &memory), Reply::Refuse { status: 486, .. });
        let calls: Vec<bool> = (0..6).map(|_| busy("004989199122")).collect();
        assert_eq!(calls, [true, true, false, true, true, false]);
        assert!(busy("004989299122"), "another number has its own calls");
    }
}
