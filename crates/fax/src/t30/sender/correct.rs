//! Sender with error correction: four PPRs for one block; agreeing to go on correcting, slower. T.30 A.1.3, A.4.1 (CTC), A.4.2 (CTR).
//!
//! Leaves for `SendBlock` at the next slower rate (CTR), or ends: the lowest rate did not help, silence three times, DCN.
//! A modem that trains shortly trains at length once after CTR.

use super::ask::{Ask, Asking};
use super::block::{Block, SendBlock};
use super::job::Job;
use crate::outcome::{Outcome, Phase};
use crate::t30::context::Context;
use crate::t30::frame::Frame;
use crate::t30::state::State;
use crate::t30::timers::LOWEST_RATE_ROUNDS_MAX;

pub(in crate::t30) struct AwaitCtr {
    job: Box<Job>,
    block: Block,
    ask: Ask,
}

impl AwaitCtr {
    pub(super) fn begin(mut job: Box<Job>, mut block: Block, cx: &mut Context) -> State {
        if cx.cancelled {
            return cx.hang_up(Outcome::Cancelled);
        }
        if !job.slower(cx) {
            block.lowest_rate_rounds += 1;
            if block.lowest_rate_rounds >= LOWEST_RATE_ROUNDS_MAX {
                return cx.hang_up(Outcome::TooManyBadFrames);
            }
        }
        let ask = Ask::begin(Frame::Ctc(Some(job.dcs().modem)), cx);
        AwaitCtr { job, block, ask }.into()
    }

    fn again(mut self, cx: &mut Context) -> State {
        if self.ask.again(cx) {
            return self.into();
        }
        cx.hang_up(Outcome::NoReply { phase: Phase::D, to: self.ask.name() })
    }
}

impl Asking for AwaitCtr {
    fn ask(&mut self) -> &mut Ask {
        &mut self.ask
    }

    fn on_answer(mut self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Ctr => {
                self.block.go_on();
                self.job.train_at_length(true);
                cx.agreed(self.job.dcs());
                SendBlock::begin(self.job, self.block, cx)
            }
            Frame::Crp => self.again(cx),
            _ => self.into(),
        }
    }

    fn on_silence(self, cx: &mut Context) -> State {
        self.again(cx)
    }
}
