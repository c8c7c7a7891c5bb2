//! A command and the wait for its answer: sent up to three times, T4 apart. T.30 5.4.2.
//!
//! Over T.38 an answer may begin before our own carrier says that the command has left; it is kept till then. What comes too soon
//! after the command began answers something older and is dropped.

use crate::outcome::{Outcome, Phase};
use crate::t30::context::Context;
use crate::t30::frame::Frame;
use crate::t30::state::{State, Step};
use crate::t30::timers::{ANSWER_MIN, TRIES_MAX, Timer};
use crate::time::Time;

pub(super) struct Ask {
    command: Frame,
    tries: u8,
    began: Time,
    on_air: bool,
    early: Option<Frame>,
}

impl Ask {
    pub(super) fn begin(command: Frame, cx: &mut Context) -> Ask {
        let mut ask = Ask { command, tries: 0, began: cx.now, on_air: false, early: None };
        ask.send(cx);
        ask
    }

    fn send(&mut self, cx: &mut Context) {
        self.tries += 1;
        self.began = cx.now;
        self.on_air = true;
        self.early = None;
        cx.say(std::slice::from_ref(&self.command));
    }

    /// The command's name.
    pub(super) fn name(&self) -> String {
        self.command.name()
    }

    /// The command has left: waits, unless the answer is here already.
    pub(super) fn on_sent(&mut self, cx: &mut Context) -> Option<Frame> {
        if self.on_air {
            self.on_air = false;
            cx.listen(None);
            cx.wait(Timer::Answer);
        }
        self.early.take()
    }

    /// An answer, if this is the time for one.
    pub(super) fn on_frame(&mut self, frame: Frame, cx: &Context) -> Option<Frame> {
        if !self.on_air {
            return Some(frame);
        }
        if cx.now.since(self.began) >= ANSWER_MIN {
            self.early = Some(frame);
        }
        None
    }

    /// Sends the command once more; false when that was done often enough.
    pub(super) fn again(&mut self, cx: &mut Context) -> bool {
        let more = self.tries < TRIES_MAX;
        if more {
            self.send(cx);
        }
        more
    }
}

/// A wait for the answer to a command after a page, and what follows from it.
pub(super) trait Asking: Sized + Into<State> {
    fn ask(&mut self) -> &mut Ask;

    /// The answer, whatever it is.
    fn on_answer(self, frame: Frame, cx: &mut Context) -> State;

    /// Nothing came in time.
    fn on_silence(self, cx: &mut Context) -> State;
}

impl<T: Asking> Step for T {
    fn phase(&self) -> Phase {
        Phase::D
    }

    fn on_frame(mut self, frame: Frame, cx: &mut Context) -> State {
        if frame == Frame::Dcn {
            return cx.done(Outcome::RemoteDisconnected { phase: Phase::D });
        }
        match self.ask().on_frame(frame, cx) {
            Some(frame) => self.on_answer(frame, cx),
            None => self.into(),
        }
    }

    fn on_sent(mut self, cx: &mut Context) -> State {
        match self.ask().on_sent(cx) {
            Some(early) => self.on_answer(early, cx),
            None => self.into(),
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        self.on_silence(cx)
    }
}
