//! One end of a fax call from answer to hang-up: audio first, then T.38, with T.30's state kept across the switch.
//!
//! The line (SIP, sockets, clock) drives it: one input, then [`Call::poll`] to `Wait`.
//!
//! Start of T.38 (architecture, decision 20): in audio each side sends silence, the answerer also CED. The answerer asks for T.38
//! 3 s after the answer, the caller by itself if nothing came 5 s after it.
//!
//! What T.30 had on the old carrier goes on on the new one: a transmission that had not left is sent again, a tone that was under
//! way counts as sent.
//!
//! Left out: audio fax. Until the modems are here, a call that can't leave audio ends as [`Outcome::AudioOnly`].

use std::time::Duration;

use crate::audio;
use crate::carrier::{Command, Report, Tone};
use crate::ladder::{Entry, Who};
use crate::outcome::Outcome;
use crate::t30::{self, Role, T30};
use crate::t38;
use crate::time::Time;

/// The answerer asks for T.38 this long after the answer (decision 20; the field does the same).
const ANSWERER_ASKS: Duration = Duration::from_secs(3);
/// The caller asks by itself if nothing came this long after the answer (decision 20).
const CALLER_ASKS: Duration = Duration::from_secs(5);
/// A call still in audio after this long has no way on: within T.30's T1 (35 s ± 5 s), and before T.30 takes a transmission that
/// sound can't carry for a fault.
const AUDIO_MAX: Duration = Duration::from_secs(32);
/// After a refusal the far end may still switch by itself: gateways refuse until they have heard a fax tone, and some callers ask only
/// some 10 s after the answer.
const REFUSED_MAX: Duration = Duration::from_secs(10);
/// Back in audio after T.38: far ends that do so hang up at once.
const AUDIO_AGAIN_MAX: Duration = Duration::from_secs(3);

/// What the line tells the call.
#[derive(Debug)]
pub enum Input<'a> {
    /// Answered: media runs from now. The first input, at the moment the call clock shows zero.
    Connected,
    /// 20 ms of audio from the far end.
    Audio(&'a audio::Frame),
    /// A UDPTL datagram from the far end.
    Datagram(&'a [u8]),
    /// Both ends agreed to T.38 (whoever asked): UDPTL from now on.
    SwitchedToT38(t38::Params),
    /// The far end refused our request for T.38 (488, 415, 606, no image line …). The call goes on in audio.
    T38Refused,
    /// This end does no T.38: there is no way on. The call ends.
    T38Unavailable,
    /// The far end switched the media back to audio. No failure: some do so just before BYE.
    SwitchedToAudio,
    /// The far end hung up.
    RemoteHungUp,
    /// End the call properly, as soon as T.30 allows.
    Cancel,
    /// End the call properly behind the page that is being sent; at once where none is.
    Finish,
    /// The moment named by the last `Output::Wait` has come.
    Timeout,
}

/// What the call wants of the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send 20 ms of audio now.
    Audio(Box<audio::Frame>),
    /// Send a UDPTL datagram now.
    Datagram(Vec<u8>),
    /// Ask the far end for T.38 (re-INVITE). Answer with `SwitchedToT38` or `T38Refused`.
    RequestT38,
    /// Something for the application. `PageEnding`, `PageConfirmed` and `PageReceived` must be on disk before the next poll.
    /// After `Done`: hang up, and drop the call.
    Event(t30::Event),
    /// Nothing more before this time, unless input arrives first.
    Wait(Time),
}

/// One end of a fax call.
#[derive(Debug)]
pub struct Call {
    role: Role,
    t30: T30,
    media: Media,
    now: Time,
    /// When we ask for T.38, unless it came before.
    ask_at: Time,
    /// The call ends as `AudioOnly` if it is still in audio then.
    audio_until: Time,
    /// The far end refused our request for T.38.
    refused: bool,
    /// The call was in T.38 before: what T.30 did there decides how it ends.
    was_t38: bool,
    /// The transmission T.30 waits to hear `Sent` of.
    sending: Option<Command>,
    /// What T.30 listens for.
    listening: Option<Command>,
    note: Option<Entry>,
    /// An end decided here, not by T.30.
    ending: Option<Outcome>,
    done: bool,
}

#[derive(Debug)]
enum Media {
    /// Not answered yet.
    None,
    Audio(audio::Carrier),
    T38(Box<t38::Carrier>),
}

impl Call {
    /// Ready for [`Input::Connected`].
    pub fn new(config: t30::Config) -> Call {
        Call {
            role: config.role,
            t30: T30::new(config),
            media: Media::None,
            now: Time::ZERO,
            ask_at: Time::NEVER,
            audio_until: Time::NEVER,
            refused: false,
            was_t38: false,
            sending: None,
            listening: None,
            note: None,
            ending: None,
            done: false,
        }
    }

    /// Tells the call something. Drain [`Call::poll`] to `Wait` after each.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        self.now = now;
        if self.done {
            return;
        }
        if let Media::Audio(carrier) = &mut self.media {
            carrier.timeout(now);
        }
        // Pages go over T.38 alone.
        let input = match (input, &self.media) {
            (Input::Finish, Media::None | Media::Audio(_)) => Input::Cancel,
            (input, _) => input,
        };
        match input {
            Input::Connected => {
                self.media = Media::Audio(audio::Carrier::new(now));
                self.ask_at = now
                    + match self.role {
                        Role::Answerer => ANSWERER_ASKS,
                        Role::Caller => CALLER_ASKS,
                    };
                self.audio_until = now + AUDIO_MAX;
                self.t30.start(now);
            }
            // Without modems nothing is heard in audio.
            Input::Audio(_) => {}
            Input::Datagram(bytes) => {
                if let Media::T38(carrier) = &mut self.media {
                    carrier.handle(now, t38::Input::Datagram(bytes));
                }
            }
            Input::SwitchedToT38(params) => self.switch_to_t38(params),
            Input::T38Refused => {
                self.note("T38", "refused by the far end");
                self.refused = true;
                self.audio_until = self.audio_until.min(now + REFUSED_MAX);
            }
            Input::T38Unavailable => {
                if matches!(self.media, Media::Audio(_)) {
                    self.audio_is_over();
                }
            }
            Input::SwitchedToAudio => {
                if matches!(self.media, Media::T38(_)) {
                    self.note("audio", "the far end left T.38");
                    self.media = Media::Audio(audio::Carrier::new(now));
                    self.audio_until = now + AUDIO_AGAIN_MAX;
                    self.was_t38 = true;
                }
            }
            // It hung up because it has no T.38: that is what to tell.
            Input::RemoteHungUp if self.refused && matches!(self.media, Media::Audio(_)) => self.audio_is_over(),
            Input::RemoteHungUp => self.t30.handle(now, t30::Input::RemoteHungUp),
            Input::Cancel => match &self.media {
                // In audio nobody would hear a DCN.
                Media::None | Media::Audio(_) if !self.was_t38 => self.ending = Some(Outcome::Cancelled),
                Media::None | Media::Audio(_) => {
                    self.t30.handle(now, t30::Input::Cancel);
                    self.t30.handle(now, t30::Input::RemoteHungUp);
                }
                Media::T38(_) => self.t30.handle(now, t30::Input::Cancel),
            },
            Input::Finish => self.t30.handle(now, t30::Input::Finish),
            Input::Timeout => {
                match &mut self.media {
                    Media::None | Media::Audio(_) => {}
                    Media::T38(carrier) => carrier.handle(now, t38::Input::Timeout),
                }
                self.t30.handle(now, t30::Input::Timeout);
                if matches!(self.media, Media::Audio(_)) && now >= self.audio_until {
                    self.audio_is_over();
                }
            }
        }
    }

    /// Audio leads nowhere. A fax that was under way in T.38 ends as if the far end had hung up: it may have arrived.
    fn audio_is_over(&mut self) {
        if self.was_t38 {
            self.t30.handle(self.now, t30::Input::RemoteHungUp);
        } else {
            self.ending = Some(Outcome::AudioOnly);
        }
    }

    /// The next thing the call wants.
    pub fn poll(&mut self) -> Output {
        loop {
            if self.done {
                return Output::Wait(Time::NEVER);
            }
            if let Some(entry) = self.note.take() {
                return Output::Event(t30::Event::Noted(entry));
            }
            if let Some(outcome) = self.ending.take() {
                self.done = true;
                return Output::Event(t30::Event::Done(outcome));
            }
            let protocol_waits = match self.t30.poll() {
                t30::Output::Command(command) => {
                    self.command(command);
                    continue;
                }
                t30::Output::Event(event) => {
                    self.done = matches!(event, t30::Event::Done(_));
                    return Output::Event(event);
                }
                t30::Output::Wait(until) => until,
            };
            let media_waits = match &mut self.media {
                Media::None => Time::NEVER,
                Media::Audio(carrier) => match carrier.poll() {
                    audio::Output::Frame(frame) => return Output::Audio(frame),
                    audio::Output::Report(report) => {
                        self.report(report);
                        continue;
                    }
                    audio::Output::Wait(until) => until.min(self.audio_until),
                },
                Media::T38(carrier) => match carrier.poll() {
                    t38::Output::Datagram(bytes) => return Output::Datagram(bytes),
                    t38::Output::Report(report) => {
                        self.report(report);
                        continue;
                    }
                    t38::Output::Wait(until) => until,
                },
            };
            if self.now >= self.ask_at {
                self.ask_at = Time::NEVER;
                return Output::RequestT38;
            }
            return Output::Wait(protocol_waits.min(media_waits).min(self.ask_at));
        }
    }

    fn switch_to_t38(&mut self, params: t38::Params) {
        self.ask_at = Time::NEVER;
        if matches!(self.media, Media::T38(_)) {
            // A refreshed offer for what already runs; starting anew would break the sequence numbers.
            return;
        }
        self.note("T38", "switched");
        if self.t30.limit_rate(self.now, params.bit_rate_max) {
            self.sending = None;
        }
        self.media = Media::T38(Box::new(t38::Carrier::new(self.now, params)));
        match (self.sending.take(), self.listening.clone()) {
            (Some(Command::Tone(Tone::Ced)), listening) => {
                if let Some(listening) = listening {
                    self.command(listening);
                }
                self.t30.handle(self.now, t30::Input::Report(Report::Sent));
            }
            (Some(command), _) | (None, Some(command)) => self.command(command),
            (None, None) => {}
        }
    }

    fn command(&mut self, command: Command) {
        match &command {
            Command::Listen { .. } => {
                self.listening = Some(command.clone());
                // CNG goes on while the caller listens; anything else has been sent.
                if self.sending != Some(Command::Tone(Tone::Cng)) {
                    self.sending = None;
                }
            }
            Command::Stop => self.sending = None,
            _ => self.sending = Some(command.clone()),
        }
        match &mut self.media {
            Media::None => {}
            Media::Audio(carrier) => carrier.command(self.now, &command),
            Media::T38(carrier) => carrier.handle(self.now, t38::Input::Command(command)),
        }
    }

    fn report(&mut self, report: Report) {
        if report == Report::Sent {
            self.sending = None;
        }
        self.t30.handle(self.now, t30::Input::Report(report));
    }

    fn note(&mut self, what: &str, detail: &str) {
        self.note = Some(Entry { at: self.now, who: Who::Line, what: what.to_owned(), detail: detail.to_owned() });
    }
}
