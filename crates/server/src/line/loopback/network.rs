//! Numbers of which the telephone network has something to say: refused, never answered, or reached through bad weather.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{Behaviour, End, SENT, good};
use crate::line::Weather;
use crate::receive::{Machine, Reply};

const BUSY: End = ("busy", None);
const REFUSED: End = ("refused", None);
const UNAVAILABLE: End = ("unavailable", None);
const NO_CIRCUIT: End = ("no_circuit", None);
const NO_ANSWER: End = ("no_answer", None);
const NOT_ASSIGNED: End = ("number_not_assigned", None);
const INVALID: End = ("number_invalid", None);
const CHANGED: End = ("number_changed", None);

pub(super) static BEHAVIOURS: &[Behaviour] = &[
    refused("99486", "is busy", &[BUSY], |_| sip(486)),
    refused("99600", "is busy everywhere (SIP 600)", &[BUSY], |_| sip(600)),
    refused("99122", "is busy twice, then good", &[BUSY, BUSY, SENT], |call| match call {
        0 | 1 => sip(486),
        _ => Reply::fax(good()),
    })
    .lasting(18),
    refused("99404", "number not in use", &[NOT_ASSIGNED], |_| sip(404)),
    refused("99410", "number gone (SIP 410)", &[CHANGED], |_| sip(410)),
    refused("99484", "number incomplete", &[INVALID], |_| sip(484)),
    refused("99302", "is somewhere else (SIP 302)", &[UNAVAILABLE], |_| sip(302)),
    refused("99480", "can't be reached", &[UNAVAILABLE], |_| sip(480)),
    refused("99403", "may not be called (SIP 403)", &[REFUSED], |_| sip(403)),
    refused("99603", "refuses the call", &[REFUSED], |_| sip(603)),
    refused("99606", "wants another kind of call (SIP 606)", &[REFUSED], |_| sip(606)),
    refused("99500", "the network has a fault (SIP 500)", &[NO_CIRCUIT], |_| sip(500)),
    refused("99503", "the network has no circuit", &[NO_CIRCUIT], |_| sip(503)),
    refused("99400", "the trunk does not understand us (SIP 400)", &[("line_failed", None)], |_| sip(400)),
    refused("99401", "the trunk does not know us (SIP 401)", &[("line_unauthorized", None)], |_| sip(401)),
    refused("99701", "SIP 480 with Q.850 cause 1: not in use", &[NOT_ASSIGNED], |_| q850(1)),
    refused("99717", "SIP 480 with Q.850 cause 17: busy", &[BUSY], |_| q850(17)),
    refused("99718", "SIP 480 with Q.850 cause 18: no user responds", &[NO_ANSWER], |_| q850(18)),
    refused("99722", "SIP 480 with Q.850 cause 22: number changed", &[CHANGED], |_| q850(22)),
    refused("99728", "SIP 480 with Q.850 cause 28: number invalid", &[INVALID], |_| q850(28)),
    refused("99734", "SIP 480 with Q.850 cause 34: no circuit", &[NO_CIRCUIT], |_| q850(34)),
    refused("99408", "rings, nobody answers", &[NO_ANSWER], |_| Reply::Ring).lasting(60),
    refused("99100", "nothing happens, it does not even ring", &[("no_reaction", None)], |_| Reply::Ignore).lasting(60),
    through("99150", "answers after ringing for 50 s", |_| {
        fax(Machine { ring: Some(Duration::from_secs(50)), ..Machine::new(good()) })
    })
    .lasting(69),
    through("99805", "every fifth packet of the call is lost", |_| {
        weather(Weather { one_lost_of: NonZeroU32::new(5), ..Weather::default() })
    })
    .lasting(22),
    through("99806", "packets come twice and out of order", |_| {
        let (one_doubled_of, one_late_of) = (NonZeroU32::new(4), NonZeroU32::new(3));
        weather(Weather { one_doubled_of, one_late_of, ..Weather::default() })
    })
    .lasting(22),
];

/// A call that ends without an answer.
const fn refused(
    ending: &'static str,
    machine: &'static str,
    calls: &'static [End],
    reply: fn(usize) -> Reply,
) -> Behaviour {
    Behaviour { ending, machine, pages: 1, calls, seconds: 0, reply }
}

/// A call that reaches a good machine all the same.
const fn through(ending: &'static str, machine: &'static str, reply: fn(usize) -> Reply) -> Behaviour {
    Behaviour { ending, machine, pages: 2, calls: &[SENT], seconds: 0, reply }
}

fn sip(status: u16) -> Reply {
    Reply::Refuse { status, cause: None }
}

fn q850(cause: u8) -> Reply {
    Reply::Refuse { status: 480, cause: Some(cause) }
}

fn weather(weather: Weather) -> Reply {
    fax(Machine { weather, ..Machine::new(good()) })
}

fn fax(machine: Machine) -> Reply {
    Reply::Fax(Box::new(machine))
}
