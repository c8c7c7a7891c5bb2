//! One end of a fax call from answer to hang-up: audio first, then T.38, with T.30's state kept across the switch.
//!
//! The line (SIP, sockets, clock) drives it: one input, then [`Call::poll`] to `Wait`.
//!
//! Start of T.38 (architecture, decision 20): in audio each side sends silence, the answerer also CED. The answerer asks for T.38
//! 3 s after the answer, the caller by itself if nothing came 5 s after it.
//!
//! Left out: audio fax. Until the modems are here, a call that can't leave audio ends as [`Outcome::AudioOnly`].

use crate::outcome::Outcome;
use crate::t30;
use crate::t38;
use crate::time::Time;

/// Samples in a frame of audio: 20 ms at 8 kHz.
pub const AUDIO_FRAME_SAMPLES: usize = 160;

/// What the line tells the call.
#[derive(Debug)]
pub enum Input<'a> {
    /// Answered: media runs from now. The first input, at the moment the call clock shows zero.
    Connected,
    /// 20 ms of audio from the far end.
    Audio(&'a [i16; AUDIO_FRAME_SAMPLES]),
    /// A UDPTL datagram from the far end.
    Datagram(&'a [u8]),
    /// Both ends agreed to T.38 (whoever asked): UDPTL from now on.
    SwitchedToT38(t38::Params),
    /// The far end refused our request for T.38 (488, 415, 606, no image line …). The call goes on in audio.
    T38Refused,
    /// The far end switched the media back to audio. No failure: some do so just before BYE.
    SwitchedToAudio,
    /// The far end hung up.
    RemoteHungUp,
    /// End the call properly, as soon as T.30 allows.
    Cancel,
    /// The moment named by the last `Output::Wait` has come.
    Timeout,
}

/// What the call wants of the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send 20 ms of audio now.
    Audio(Box<[i16; AUDIO_FRAME_SAMPLES]>),
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
pub struct Call {}

impl Call {
    /// Ready for [`Input::Connected`].
    pub fn new(_config: t30::Config) -> Call {
        Call {}
    }

    /// Tells the call something. Drain [`Call::poll`] to `Wait` after each.
    pub fn handle(&mut self, _now: Time, _input: Input<'_>) {}

    /// The next thing the call wants.
    pub fn poll(&mut self) -> Output {
        let _ = Outcome::AudioOnly;
        Output::Wait(Time::NEVER)
    }
}
