//! Sender: waiting for the far end to say what it can.
//!
//! Leaves for `SendTraining` (DIS), `SendDis` where we poll and the far end has a document (DIS bit 9), or ends: nothing heard
//! for T1, DCN, hang-up. T.30 phase A and the beginning of phase B of the transmitter; after EOM the sender comes back here.
//! Tolerated: CSI and NSF missing, before or after; DIS without CED before it.

use super::job::{Job, Pages};
use super::train::SendTraining;
use crate::carrier::{Command, Report, Tone};
use crate::outcome::{Outcome, Phase};
use crate::t30::Role;
use crate::t30::context::Context;
use crate::t30::frame::Frame;
use crate::t30::receiver::{SendDis, Taking};
use crate::t30::state::{State, Step};
use crate::t30::timers::Timer;

pub(in crate::t30) struct AwaitDis {
    /// What to send; `None`: we poll.
    pages: Option<Pages>,
    /// Our calling tone sounds.
    calling: bool,
    /// Back in phase B after EOM.
    again: bool,
}

impl AwaitDis {
    pub(in crate::t30) fn begin(pages: Option<Pages>, cx: &mut Context) -> State {
        cx.listen(None);
        let calling = cx.role == Role::Caller;
        if calling {
            cx.tone(Tone::Cng);
        }
        cx.wait(Timer::Identify);
        AwaitDis { pages, calling, again: false }.into()
    }

    /// The receiver goes back to phase B when no command came for T2; so this takes 6 s.
    pub(super) fn again(pages: Pages, cx: &mut Context) -> State {
        if cx.cancelled {
            return cx.hang_up(Outcome::Cancelled);
        }
        cx.listen(None);
        cx.wait(Timer::Identify);
        AwaitDis { pages: Some(pages), calling: false, again: true }.into()
    }

    fn stop_calling(&mut self, cx: &mut Context) {
        if std::mem::take(&mut self.calling) {
            cx.command(Command::Stop);
            cx.listen(None);
        }
    }
}

impl Step for AwaitDis {
    fn phase(&self) -> Phase {
        if self.again { Phase::B } else { Phase::A }
    }

    fn on_frame(mut self, frame: Frame, cx: &mut Context) -> State {
        self.stop_calling(cx);
        match frame {
            Frame::Dis(far) => {
                cx.x = true;
                match self.pages.map(|pages| Job::new(pages, far.clone(), cx)) {
                    Some(Ok(job)) => SendTraining::begin(job, cx),
                    Some(Err(outcome)) => cx.hang_up(outcome),
                    None if far.can_send => SendDis::begin(Taking::new(true), cx),
                    None => cx.hang_up(Outcome::Incompatible),
                }
            }
            Frame::Dcn => cx.done(Outcome::RemoteDisconnected { phase: Phase::B }),
            _ => self.into(),
        }
    }

    fn on_report(mut self, report: Report, cx: &mut Context) -> State {
        match report {
            Report::Tone(Tone::Ced) | Report::FlagsBegan => self.stop_calling(cx),
            _ => {}
        }
        self.into()
    }

    fn on_timeout(mut self, cx: &mut Context) -> State {
        self.stop_calling(cx);
        if self.again {
            return cx.hang_up(Outcome::NoReply { phase: Phase::B, to: "EOM".to_owned() });
        }
        cx.hang_up(Outcome::NoFaxHeard)
    }

    fn on_cancel(mut self, cx: &mut Context) -> State {
        self.stop_calling(cx);
        cx.hang_up(Outcome::Cancelled)
    }
}
