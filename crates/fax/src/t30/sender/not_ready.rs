//! Sender with error correction: the far end is not ready for more (RNR); asking until it is (RR). T.30 A.5.4.
//!
//! Leaves as `AwaitBlockAnswer` does, by the answer that was due before; or ends after T5, or silence three times.

use super::ask::{Ask, Asking};
use super::block::AwaitBlockAnswer;
use crate::outcome::Outcome;
use crate::t30::context::Context;
use crate::t30::frame::Frame;
use crate::t30::state::State;
use crate::t30::timers::NOT_READY;
use crate::time::Time;

pub(in crate::t30) struct AwaitReady {
    due: AwaitBlockAnswer,
    until: Time,
    ask: Ask,
}

impl AwaitReady {
    pub(super) fn begin(due: AwaitBlockAnswer, cx: &mut Context) -> State {
        let until = cx.now + NOT_READY;
        AwaitReady::ask(due, until, cx)
    }

    fn ask(due: AwaitBlockAnswer, until: Time, cx: &mut Context) -> State {
        if cx.cancelled {
            return cx.hang_up(Outcome::Cancelled);
        }
        let ask = Ask::begin(Frame::Rr, cx);
        AwaitReady { due, until, ask }.into()
    }

    fn give_up(self, cx: &mut Context) -> State {
        let due = &self.due;
        cx.hang_up(due.job.unanswered(due.post, due.ask.name()))
    }
}

impl Asking for AwaitReady {
    fn ask(&mut self) -> &mut Ask {
        &mut self.ask
    }

    fn on_answer(mut self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Rnr if cx.now >= self.until => self.give_up(cx),
            Frame::Rnr => AwaitReady::ask(self.due, self.until, cx),
            Frame::Crp => {
                if self.ask.again(cx) {
                    self.into()
                } else {
                    self.give_up(cx)
                }
            }
            Frame::Mcf | Frame::Ppr(_) | Frame::Rtp | Frame::Rtn | Frame::Pip | Frame::Pin => {
                self.due.on_answer(frame, cx)
            }
            _ => self.into(),
        }
    }

    fn on_silence(mut self, cx: &mut Context) -> State {
        if self.ask.again(cx) { self.into() } else { self.give_up(cx) }
    }
}
