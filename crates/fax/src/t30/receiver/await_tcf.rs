//! Receiver: DCS is here; waiting for the training check, to say CFR or FTT. T.30 phase B of the receiver.
//!
//! Leaves for `SendAnswer`, or for itself (DCS again), or ends: DCN. A training check that never comes is answered FTT while the sender
//! still waits.

use super::answer::{Next, SendAnswer};
use super::taking::Taking;
use crate::carrier::{Content, Report};
use crate::outcome::{Outcome, Phase};
use crate::t30::Moment;
use crate::t30::context::{Context, check_signal};
use crate::t30::frame::Frame;
use crate::t30::state::{State, Step};
use crate::t30::timers::Timer;

pub(in crate::t30) struct AwaitTcf {
    taking: Box<Taking>,
    hearing: bool,
}

impl AwaitTcf {
    pub(super) fn begin(taking: Box<Taking>, cx: &mut Context) -> State {
        let check = taking.dcs.as_ref().map(|dcs| (check_signal(dcs.modem), Content::TrainingCheck));
        cx.listen(check);
        cx.wait(Timer::Check);
        AwaitTcf { taking, hearing: false }.into()
    }

    fn judge(self, good: bool, cx: &mut Context) -> State {
        if cx.cancelled {
            return cx.hang_up(Outcome::Cancelled);
        }
        cx.note_theirs("TCF", if good { "good" } else { "bad" });
        let taking = match self.taking.slip(Moment::Training, cx) {
            Ok(state) => return state,
            Err(taking) => taking,
        };
        let (answer, next) = if good { (Frame::Cfr, Next::Page) } else { (Frame::Ftt, Next::Dcs) };
        SendAnswer::begin(taking, answer, next, cx)
    }
}

impl Step for AwaitTcf {
    fn phase(&self) -> Phase {
        Phase::B
    }

    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        let AwaitTcf { taking, hearing } = self;
        taking.on_command(frame, Phase::B, cx, |taking| AwaitTcf { taking, hearing }.into())
    }

    fn on_report(mut self, report: Report, cx: &mut Context) -> State {
        match report {
            Report::TrainingBegan(_) => {
                self.hearing = true;
                cx.wait(Timer::Command);
                self.into()
            }
            Report::TrainingCheck { good } => self.judge(good, cx),
            Report::CarrierLost if self.hearing => self.judge(false, cx),
            _ => self.into(),
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        self.judge(false, cx)
    }
}
