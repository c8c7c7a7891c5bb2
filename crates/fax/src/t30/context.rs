//! What every state shares: the time, the timer, the output queue, and how things are said and noted.

use std::collections::VecDeque;
use std::time::Duration;

use super::dis::Dcs;
use super::frame::Frame;
use super::hang_up::HangUp;
use super::state::State;
use super::timers::{FRAME, HEARING_MAX, PAGE_SENDS_MAX, Timer};
use super::{Coding, Config, Event, Misbehaviour, Output, Role, Session};
use crate::carrier::{Command, Content, Fast, Modem, Tone};
use crate::ladder::{Entry, Who};
use crate::outcome::Outcome;
use crate::page::Resolution;
use crate::time::Time;

pub(super) struct Context {
    pub(super) now: Time,
    pub(super) role: Role,
    pub(super) local_id: String,
    pub(super) ecm: bool,
    /// What the configuration says, and what of it the carrier allows.
    configured: Vec<Modem>,
    pub(super) modems: Vec<Modem>,
    pub(super) codings: Vec<Coding>,
    pub(super) resolution_max: Resolution,
    pub(super) misbehaviour: Misbehaviour,
    /// How often a page is sent that the far end rejects.
    pub(super) page_sends_max: u8,
    /// Bit X of our frames: we received a DIS.
    pub(super) x: bool,
    /// Stop at the next legal moment.
    pub(super) cancelled: bool,
    /// Stop behind the page that is being sent.
    pub(super) finishing: bool,
    /// Frames in the block spoken of, for the ladder.
    pub(super) block_frames: Option<u16>,
    remote_id: Option<String>,
    queue: VecDeque<Output>,
    deadline: Time,
    /// Flags may put the deadline off as far as this.
    deadline_max: Time,
}

impl Context {
    pub(super) fn new(config: Config) -> Context {
        Context {
            now: Time::ZERO,
            role: config.role,
            local_id: config.local_id,
            ecm: config.ecm,
            configured: config.modems.clone(),
            modems: config.modems,
            codings: config.codings,
            resolution_max: config.resolution_max,
            misbehaviour: config.misbehaviour,
            page_sends_max: PAGE_SENDS_MAX,
            x: false,
            cancelled: false,
            finishing: false,
            block_frames: None,
            remote_id: None,
            queue: VecDeque::new(),
            deadline: Time::NEVER,
            deadline_max: Time::NEVER,
        }
    }

    /// No further page is begun.
    pub(super) fn is_stopping(&self) -> bool {
        self.cancelled || self.finishing
    }

    /// The next output, or how long to wait.
    pub(super) fn pop(&mut self) -> Output {
        self.queue.pop_front().unwrap_or(Output::Wait(self.deadline))
    }

    pub(super) fn is_due(&self) -> bool {
        self.now >= self.deadline
    }

    /// Nothing faster from now on. The slowest modem stays, whatever the limit: without one there is no fax.
    pub(super) fn limit_rate(&mut self, bps: u32) {
        let slowest = self.configured.iter().map(|modem| modem.rate_bps()).min().unwrap_or_default();
        let fits = |modem: &Modem| modem.rate_bps() <= bps.max(slowest);
        self.modems = self.configured.iter().copied().filter(fits).collect();
    }

    /// Starts a timer; there is one at a time.
    pub(super) fn wait(&mut self, timer: Timer) {
        self.wait_until(self.now + timer.duration());
        if matches!(timer, Timer::Answer | Timer::Command | Timer::Check) {
            self.deadline_max = self.deadline + HEARING_MAX;
        }
    }

    /// As [`Context::wait`], to a moment that flags don't put off.
    pub(super) fn wait_until(&mut self, at: Time) {
        self.deadline = at;
        self.deadline_max = at;
    }

    /// A fast signal of so many octets goes out: a carrier that needs twice the time and more for it is broken.
    pub(super) fn wait_for_signal(&mut self, octets: usize, rate_bps: u32) {
        let seconds = octets.saturating_mul(16) as u64 / u64::from(rate_bps.max(1));
        self.wait_until(self.now + Timer::Signal.duration() + Duration::from_secs(seconds));
    }

    /// Something of V.21 is heard: what is awaited may be on its way, and is not to be talked over.
    pub(super) fn hear(&mut self) {
        let later = (self.now + FRAME).min(self.deadline_max);
        self.deadline = self.deadline.max(later);
    }

    pub(super) fn event(&mut self, event: Event) {
        self.queue.push_back(Output::Event(event));
    }

    pub(super) fn command(&mut self, command: Command) {
        self.queue.push_back(Output::Command(command));
    }

    /// Sends frames in one V.21 signal.
    pub(super) fn say(&mut self, frames: &[Frame]) {
        for frame in frames {
            self.note_ours(&frame.name(), &self.detail(frame));
        }
        let last = frames.len().saturating_sub(1);
        let encode = |(place, frame): (usize, &Frame)| frame.encode(self.x, place == last);
        let bytes = frames.iter().enumerate().map(encode).collect();
        self.command(Command::Frames(bytes));
        self.wait(Timer::Signal);
    }

    pub(super) fn tone(&mut self, tone: Tone) {
        let name = if tone == Tone::Cng { "CNG" } else { "CED" };
        self.note_ours(name, "");
        self.command(Command::Tone(tone));
    }

    pub(super) fn listen(&mut self, fast: Option<(Fast, Content)>) {
        self.command(Command::Listen { fast });
    }

    pub(super) fn agreed(&mut self, dcs: &Dcs) {
        let Dcs { modem, ecm, coding, resolution, .. } = *dcs;
        self.event(Event::Agreed(Session { modem, ecm, coding, resolution }));
    }

    /// A frame came in.
    pub(super) fn note_frame(&mut self, frame: &Frame) {
        if let Frame::Pps { frames, .. } = frame {
            self.block_frames.get_or_insert(*frames);
        }
        self.note_theirs(&frame.name(), &self.detail(frame));
        if let Frame::Csi(id) | Frame::Tsi(id) | Frame::Cig(id) = frame
            && !id.is_empty()
            && self.remote_id.as_ref() != Some(id)
        {
            self.remote_id = Some(id.clone());
            self.event(Event::RemoteId(id.clone()));
        }
    }

    fn detail(&self, frame: &Frame) -> String {
        match (frame, self.block_frames) {
            (Frame::Ppr(bad), Some(of)) => format!("{} of {of} frames", bad.iter().count()),
            _ => frame.detail(),
        }
    }

    pub(super) fn note_ours(&mut self, what: &str, detail: &str) {
        self.note(self.role, what, detail);
    }

    pub(super) fn note_theirs(&mut self, what: &str, detail: &str) {
        let far = match self.role {
            Role::Caller => Role::Answerer,
            Role::Answerer => Role::Caller,
        };
        self.note(far, what, detail);
    }

    fn note(&mut self, role: Role, what: &str, detail: &str) {
        let who = match role {
            Role::Caller => Who::Caller,
            Role::Answerer => Who::Answerer,
        };
        let (what, detail) = (what.to_owned(), detail.to_owned());
        self.event(Event::Noted(Entry { at: self.now, who, what, detail }));
    }

    /// Says DCN and ends.
    pub(super) fn hang_up(&mut self, outcome: Outcome) -> State {
        HangUp::begin(outcome, self)
    }

    /// Ends without a word. A call that was cancelled ends so, whatever else came first, unless the fax arrived.
    pub(super) fn done(&mut self, outcome: Outcome) -> State {
        let arrived = matches!(outcome, Outcome::Sent | Outcome::Received);
        let outcome = if self.cancelled && !arrived { Outcome::Cancelled } else { outcome };
        self.event(Event::Done(outcome));
        self.wait_until(Time::NEVER);
        State::Done
    }
}

/// The fast signal of a page: V.17 trains shortly once it has trained at length. V.17 clause 5.
pub(super) fn page_signal(modem: Modem, long: bool) -> Fast {
    let v17 = matches!(modem, Modem::V17At7200 | Modem::V17At9600 | Modem::V17At12000 | Modem::V17At14400);
    Fast { modem, short: v17 && !long }
}

/// The fast signal of a training check: always trained at length.
pub(super) fn check_signal(modem: Modem) -> Fast {
    Fast { modem, short: false }
}
