//! Receiver: an answer is on its way out. What comes in meanwhile is not heard.
//!
//! Leaves for the wait that the answer opens.

use super::await_dcn::AwaitDcn;
use super::await_page::AwaitPage;
use super::offer::AwaitDcs;
use super::taking::Taking;
use crate::outcome::{Outcome, Phase};
use crate::t30::context::Context;
use crate::t30::frame::Frame;
use crate::t30::state::{State, Step};

/// What is awaited after an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// A page or block, or frames of one.
    Page,
    /// New training.
    Dcs,
    /// The sender goes back to phase B; if it is silent we say DIS.
    Dis,
    /// The end.
    Dcn,
}

impl Next {
    /// What the sender does next when it hears this.
    pub(super) fn after(answer: &Frame) -> Next {
        match answer {
            Frame::Cfr | Frame::Ppr(_) | Frame::Rnr => Next::Page,
            Frame::Pip => Next::Dcn,
            _ => Next::Dcs,
        }
    }
}

pub(in crate::t30) struct SendAnswer {
    taking: Box<Taking>,
    next: Next,
}

impl SendAnswer {
    pub(super) fn begin(taking: Box<Taking>, answer: Frame, next: Next, cx: &mut Context) -> State {
        cx.say(&[answer]);
        SendAnswer { taking, next }.into()
    }
}

impl Step for SendAnswer {
    fn phase(&self) -> Phase {
        match self.next {
            Next::Page | Next::Dcs => Phase::B,
            Next::Dis | Next::Dcn => Phase::D,
        }
    }

    fn on_sent(self, cx: &mut Context) -> State {
        match self.next {
            Next::Page => AwaitPage::begin(self.taking, cx),
            Next::Dcs => AwaitDcs::retrain(self.taking, cx),
            Next::Dis => AwaitDcs::after_eom(self.taking, cx),
            Next::Dcn => AwaitDcn::begin(self.taking, cx),
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(Outcome::Internal)
    }

    fn on_hang_up(self, cx: &mut Context) -> State {
        let phase = self.phase();
        cx.done(if self.next == Next::Dcn { Outcome::Received } else { Outcome::RemoteHungUp { phase } })
    }
}
