//! T.30, sender and receiver: what is said between two fax machines, over any carrier.

use std::sync::Arc;

use crate::carrier::{Command, Modem, Report};
use crate::ladder::Entry;
use crate::outcome::Outcome;
use crate::page::{Resolution, StoredPage};
use crate::time::Time;

/// Which end of the call this is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Dialled.
    Caller,
    /// Was dialled.
    Answerer,
}

/// Which way the pages go, seen from here.
#[derive(Clone, Debug)]
pub enum Task {
    /// Send these pages. Numbers in events are indexes into this list.
    Send(Vec<Arc<StoredPage>>),
    /// Take whatever the far end sends.
    Receive,
}

/// How a page is coded on the line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Coding {
    /// T.4 one-dimensional (MH).
    Mh,
    /// T.4 two-dimensional (MR).
    Mr,
    /// T.6 (MMR); only with error correction.
    Mmr,
}

/// What this end can and wants.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which end this is.
    pub role: Role,
    /// What it does.
    pub task: Task,
    /// Our identification (TSI when sending, CSI when receiving): already within the 20 characters of T.30 5.3.6.2.4.
    pub local_id: String,
    /// Offer and use error correction (Annex A).
    pub ecm: bool,
    /// Modems offered or used.
    pub modems: Vec<Modem>,
    /// Codings offered or used.
    pub codings: Vec<Coding>,
    /// The finest resolution offered when receiving.
    pub resolution_max: Resolution,
    /// Deliberate faults, for far machines that stand in a test network. None in real use.
    pub misbehaviour: Misbehaviour,
}

/// Deliberate faults of a test machine.
#[derive(Clone, Debug, Default)]
pub struct Misbehaviour {
    /// The receiver takes this page (from 0) and never confirms it.
    pub never_confirm: Option<u32>,
}

/// What happened to the machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// The carrier has something to say.
    Report(Report),
    /// The far end hung up.
    RemoteHungUp,
    /// End the call properly, as soon as T.30 allows (DCN).
    Cancel,
    /// The moment named by the last `Output::Wait` has come.
    Timeout,
}

/// What the machine wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// For the carrier.
    Command(Command),
    /// For the application; see [`Event`] for what must be on disk before the machine is polled again.
    Event(Event),
    /// Nothing more before this time, unless input arrives first.
    Wait(Time),
}

/// What both ends agreed on, for the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Modem and rate.
    pub modem: Modem,
    /// Error correction is used.
    pub ecm: bool,
    /// Coding on the line.
    pub coding: Coding,
    /// Resolution on the line.
    pub resolution: Resolution,
}

/// Something the application wants to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A line for the ladder.
    Noted(Entry),
    /// The far end's identification (CSI or TSI).
    RemoteId(String),
    /// DCS went out or came in.
    Agreed(Session),
    /// Sender: this page's bits are out; its end-of-page command leaves when the machine is polled next. From here until its
    /// confirmation the page is in doubt: record that first.
    PageEnding {
        /// Index of the page.
        page: u32,
    },
    /// Sender: the far end confirmed this page (MCF, or RTP). Record it before polling on: the next page starts then.
    PageConfirmed {
        /// Index of the page.
        page: u32,
    },
    /// Receiver: a whole page. Its confirmation leaves when the machine is polled next, so store the page first.
    PageReceived {
        /// The page, recoded to T.6.
        page: Box<StoredPage>,
        /// Rows that could not be decoded and were mended (0 under error correction).
        bad_rows: u32,
    },
    /// The call is over: hang up. Nothing but `Wait(Time::NEVER)` follows.
    Done(Outcome),
}

/// One end of a T.30 conversation.
#[derive(Debug)]
pub struct T30 {}

impl T30 {
    /// Ready to begin; say [`T30::start`] when the carrier is there.
    pub fn new(_config: Config) -> T30 {
        T30 {}
    }

    /// The call was answered and the carrier is there: timers run from now. The answerer begins with CED.
    pub fn start(&mut self, _now: Time) {}

    /// Tells the machine something. Drain [`T30::poll`] to `Wait` after each.
    pub fn handle(&mut self, _now: Time, _input: Input) {}

    /// The next thing the machine wants.
    pub fn poll(&mut self) -> Output {
        Output::Wait(Time::NEVER)
    }
}
