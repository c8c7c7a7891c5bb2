//! Receiver: the whole fax is here and confirmed; waiting for DCN. T.30 phase E of the receiver.
//!
//! However it ends now, the fax was received. Tolerated: the last command repeated (our MCF was lost), a new DCS.
//!
//! Beside it `Mute`, a deliberate fault of a test machine: it answers nothing more.

use super::taking::Taking;
use crate::outcome::{Outcome, Phase};
use crate::t30::context::Context;
use crate::t30::frame::Frame;
use crate::t30::state::{State, Step};
use crate::t30::timers::Timer;

pub(in crate::t30) struct AwaitDcn {
    taking: Box<Taking>,
}

impl AwaitDcn {
    pub(super) fn begin(taking: Box<Taking>, cx: &mut Context) -> State {
        cx.listen(None);
        cx.wait(Timer::Command);
        AwaitDcn { taking }.into()
    }
}

impl Step for AwaitDcn {
    fn phase(&self) -> Phase {
        Phase::E
    }

    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Dcn => cx.done(Outcome::Received),
            frame => self.taking.on_command(frame, Phase::E, cx, |taking| AwaitDcn { taking }.into()),
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(Outcome::Received)
    }

    fn on_cancel(self, cx: &mut Context) -> State {
        cx.done(Outcome::Received)
    }

    fn on_hang_up(self, cx: &mut Context) -> State {
        cx.done(Outcome::Received)
    }
}

/// Listens and says nothing ([`crate::t30::Act::Mute`]), for longer than a sender asks.
pub(in crate::t30) struct Mute;

impl Mute {
    pub(super) fn begin(cx: &mut Context) -> State {
        cx.listen(None);
        cx.wait(Timer::Identify);
        Mute.into()
    }
}

impl Step for Mute {
    fn phase(&self) -> Phase {
        Phase::D
    }

    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Dcn => cx.done(Outcome::RemoteDisconnected { phase: Phase::D }),
            _ => Mute::begin(cx),
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(Outcome::NoCommand { phase: Phase::D })
    }
}
