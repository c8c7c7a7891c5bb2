//! Sender without error correction: the page goes out; then waiting for its confirmation.
//!
//! Leaves for the next `SendPage` (MCF), `SendTraining` (RTP: next page; RTN: this page again, slower), `AwaitDis` (MCF to EOM), or
//! ends: the last page confirmed, rejected too often, an operator wanted, silence three times, DCN. T.30 phases C and D of the
//! transmitter.

use super::ask::{Ask, Asking};
use super::block::SendBlock;
use super::job::Job;
use crate::carrier::Command;
use crate::outcome::{Outcome, Phase};
use crate::t30::context::{Context, page_signal};
use crate::t30::frame::{Frame, Post};
use crate::t30::state::{State, Step};

/// The page is being sent.
pub(in crate::t30) struct SendPage {
    job: Box<Job>,
}

impl SendPage {
    /// Sends the job's page, with error correction where that was agreed.
    pub(super) fn begin(mut job: Box<Job>, cx: &mut Context) -> State {
        if cx.is_stopping() {
            return cx.hang_up(Outcome::Cancelled);
        }
        job.count_send();
        let code = job.code();
        if job.dcs().ecm {
            return SendBlock::first(job, code, cx);
        }
        cx.note_ours("page", &format!("{}, {} octets", job.number() + 1, code.len()));
        let rate_bps = job.dcs().modem.rate_bps();
        let fast = page_signal(job.dcs().modem, job.train_at_length(false));
        cx.wait_for_signal(code.len(), rate_bps);
        cx.command(Command::PageBits(fast, code));
        SendPage { job }.into()
    }
}

impl Step for SendPage {
    fn phase(&self) -> Phase {
        Phase::C
    }

    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Dcn => cx.done(Outcome::RemoteDisconnected { phase: Phase::C }),
            _ => self.into(),
        }
    }

    fn on_sent(mut self, cx: &mut Context) -> State {
        let post = self.job.post(cx);
        self.job.ending(cx);
        let ask = Ask::begin(Frame::Post(post), cx);
        AwaitPageAnswer { job: self.job, post, ask }.into()
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(Outcome::Internal)
    }

    fn on_cancel(self, cx: &mut Context) -> State {
        cx.command(Command::Stop);
        cx.hang_up(Outcome::Cancelled)
    }
}

/// Waiting for MCF, RTP or RTN.
pub(in crate::t30) struct AwaitPageAnswer {
    job: Box<Job>,
    post: Post,
    ask: Ask,
}

impl AwaitPageAnswer {
    fn again(mut self, cx: &mut Context) -> State {
        if self.ask.again(cx) {
            return self.into();
        }
        cx.hang_up(self.job.unanswered(self.post, self.ask.name()))
    }
}

impl Asking for AwaitPageAnswer {
    fn ask(&mut self) -> &mut Ask {
        &mut self.ask
    }

    fn on_answer(self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Mcf => self.job.confirmed(self.post, false, cx),
            Frame::Rtp => self.job.confirmed(self.post, true, cx),
            Frame::Rtn => self.job.rejected(cx),
            Frame::Pip => self.job.operator_wanted(self.post, true, cx),
            Frame::Pin => self.job.operator_wanted(self.post, false, cx),
            Frame::Crp => self.again(cx),
            _ => self.into(),
        }
    }

    fn on_silence(self, cx: &mut Context) -> State {
        self.again(cx)
    }
}
