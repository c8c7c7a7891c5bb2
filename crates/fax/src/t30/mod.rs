//! T.30, sender and receiver: what is said between two fax machines, over any carrier. After T.30 (09/2005) with Annex A.
//!
//! [`T30`] is one end of a call. It is told what its [`carrier`](crate::carrier) reports, and answers with commands to the carrier
//! and events for the application; it knows nothing of sound or packets. Inside it is a machine of states, a file for each wait or a
//! small group of them: `sender`, `receiver`, `polling`. [`frame`] turns bytes into meaning and back, [`dis`] the abilities
//! in DIS and DCS; [`negotiate`](mod@negotiate) decides what a page is sent with; `timers` has every time and count with its clause.
//!
//! Left out: V.34 and V.8, non-standard facilities, operators (voice requests), subaddress and password beyond the ladder, colour.

use std::fmt;
use std::sync::Arc;

mod context;
pub mod dis;
pub mod estimate;
mod fif;
pub mod frame;
mod hang_up;
mod ids;
mod misbehaviour;
pub mod negotiate;
mod polling;
mod receiver;
mod sender;
mod state;
mod timers;

pub use ids::{ID_OCTETS, local_id};
pub use misbehaviour::{Act, Misbehaviour, Moment};

use context::Context;
use dis::Rates;
use frame::Frame;
use polling::OfferDocument;
use receiver::{SendCed, Taking};
use sender::{AwaitDis, Pages};
use state::State;

use crate::carrier::{Command, Modem, Report, Tone};
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

/// As ladders show it.
impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mh => "MH",
            Self::Mr => "MR",
            Self::Mmr => "MMR",
        })
    }
}

/// What this end can and wants.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which end this is.
    pub role: Role,
    /// What it does.
    pub task: Task,
    /// Our identification (TSI when sending, CSI when receiving): already within the 20 characters of T.30 5.3.6.2.4. A receiver
    /// without one says none.
    pub local_id: String,
    /// Offer and use error correction (Annex A).
    pub ecm: bool,
    /// Modems offered or used.
    pub modems: Vec<Modem>,
    /// Codings offered or used.
    pub codings: Vec<Coding>,
    /// The finest resolution offered when receiving.
    pub resolution_max: Resolution,
    /// A deliberate fault, for far machines that stand in a test network. None in real use.
    pub misbehaviour: Misbehaviour,
}

impl Config {
    /// A machine that can do everything the engine can.
    pub fn new(role: Role, task: Task, local_id: String) -> Config {
        Config {
            role,
            task,
            local_id,
            ecm: true,
            modems: Modem::ALL.to_vec(),
            codings: vec![Coding::Mh, Coding::Mr, Coding::Mmr],
            resolution_max: Resolution::Superfine,
            misbehaviour: Misbehaviour::default(),
        }
    }
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
    /// End it properly behind the page that is on its way; as soon as T.30 allows where none is. A receiver goes on receiving.
    Finish,
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
pub struct T30 {
    cx: Context,
    state: State,
    task: Option<Task>,
}

/// Names the state; never an identification or a page.
impl fmt::Debug for T30 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T30({:?}, {})", self.cx.role, self.state.name())
    }
}

impl T30 {
    /// Ready to begin; say [`T30::start`] when the carrier is there.
    pub fn new(config: Config) -> T30 {
        let task = Some(config.task.clone());
        T30 { cx: Context::new(config), state: State::Idle, task }
    }

    /// A page that the far end rejects (RTN) is sent so often in all before the call ends as
    /// [`Outcome::PageRejected`]: 3, if nothing is said. 1: never again.
    pub fn with_page_sends_max(mut self, sends: u8) -> T30 {
        self.cx.page_sends_max = sends;
        self
    }

    /// No modem faster than this is offered or chosen from now on: the carrier carries no more. `u32::MAX` lifts the limit. A page that
    /// is under way goes on as agreed. True if DIS or DTC was under way and is said anew: the old one must not arrive.
    pub fn limit_rate(&mut self, now: Time, bps: u32) -> bool {
        let cx = &mut self.cx;
        cx.now = cx.now.max(now);
        let offered = Rates::of(&cx.modems);
        cx.limit_rate(bps);
        if Rates::of(&cx.modems) == offered {
            return false;
        }
        let state = std::mem::replace(&mut self.state, State::Done);
        let (state, anew) = match state {
            State::SendDis(state) => (state.anew(cx), true),
            State::OfferDocument(state) => state.anew(cx),
            state => (state, false),
        };
        self.state = state;
        anew
    }

    /// The call was answered and the carrier is there: timers run from now. The answerer begins with CED.
    pub fn start(&mut self, now: Time) {
        self.cx.now = now;
        let Some(task) = self.task.take() else { return };
        if !matches!(self.state, State::Idle) {
            return;
        }
        self.state = match (self.cx.role, task) {
            (_, Task::Send(pages)) if pages.is_empty() => self.cx.done(Outcome::Internal),
            (Role::Caller, Task::Send(pages)) => AwaitDis::begin(Some(Pages::new(pages)), &mut self.cx),
            (Role::Caller, Task::Receive) => AwaitDis::begin(None, &mut self.cx),
            (Role::Answerer, Task::Send(pages)) => OfferDocument::begin(Pages::new(pages), &mut self.cx),
            (Role::Answerer, Task::Receive) => SendCed::begin(Taking::new(false), &mut self.cx),
        };
    }

    /// Tells the machine something. Drain [`T30::poll`] to `Wait` after each.
    pub fn handle(&mut self, now: Time, input: Input) {
        let cx = &mut self.cx;
        cx.now = cx.now.max(now);
        let state = std::mem::replace(&mut self.state, State::Done);
        self.state = match input {
            Input::Timeout if cx.is_due() => state.on_timeout(cx),
            Input::Timeout => state,
            Input::RemoteHungUp => state.on_hang_up(cx),
            Input::Cancel => {
                cx.cancelled = true;
                state.on_cancel(cx)
            }
            Input::Finish => state.on_finish(cx),
            Input::Report(_) if matches!(state, State::Idle | State::Done) => state,
            Input::Report(Report::Sent) => state.on_sent(cx),
            Input::Report(Report::Frame { bytes, good }) => {
                cx.hear();
                match Frame::parse(&bytes) {
                    Some(frame) if good => {
                        cx.note_frame(&frame);
                        state.on_frame(frame, cx)
                    }
                    _ => {
                        cx.note_theirs("frame", "damaged");
                        state
                    }
                }
            }
            Input::Report(report) => {
                match report {
                    Report::FlagsBegan => cx.hear(),
                    Report::Tone(Tone::Cng) => cx.note_theirs("CNG", ""),
                    Report::Tone(Tone::Ced) => cx.note_theirs("CED", ""),
                    _ => {}
                }
                state.on_report(report, cx)
            }
        };
    }

    /// The next thing the machine wants.
    pub fn poll(&mut self) -> Output {
        self.cx.pop()
    }
}
