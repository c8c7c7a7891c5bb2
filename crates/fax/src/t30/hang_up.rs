//! DCN is on its way out; then the call is over. T.30 phase E.
//!
//! DCN gets a moment to arrive before the line is cleared: what is still in the network is lost with it.

use super::context::Context;
use super::frame::Frame;
use super::state::{State, Step};
use super::timers::Timer;
use crate::outcome::{Outcome, Phase};

pub(super) struct HangUp {
    outcome: Outcome,
}

impl HangUp {
    pub(super) fn begin(outcome: Outcome, cx: &mut Context) -> State {
        cx.say(&[Frame::Dcn]);
        HangUp { outcome }.into()
    }
}

impl Step for HangUp {
    fn phase(&self) -> Phase {
        Phase::E
    }

    fn on_sent(self, cx: &mut Context) -> State {
        cx.wait(Timer::Linger);
        self.into()
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(self.outcome)
    }

    fn on_hang_up(self, cx: &mut Context) -> State {
        cx.done(self.outcome)
    }
}
