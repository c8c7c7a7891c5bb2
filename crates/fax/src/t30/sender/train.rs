//! Sender: DCS and the training check go out; then waiting to hear whether they arrived well.
//!
//! Leaves for `SendPage` (CFR), `SendTraining` one step slower (FTT) or again (DIS repeated: our DCS was not heard; CRP; silence),
//! or ends: no step left, silence or nonsense three times, DCN. T.30 phase B of the transmitter. Tolerated: an answer that begins
//! before our training check has ended.

use super::job::Job;
use super::page::SendPage;
use crate::carrier::Command;
use crate::outcome::{Outcome, Phase};
use crate::t30::context::{Context, check_signal};
use crate::t30::frame::Frame;
use crate::t30::state::{State, Step};
use crate::t30::timers::{TRIES_MAX, Timer};

/// DCS, then the training check is being sent.
pub(in crate::t30) struct SendTraining {
    job: Box<Job>,
    tries: u8,
    checking: bool,
    early: Option<Frame>,
}

impl SendTraining {
    pub(in crate::t30) fn begin(job: Box<Job>, cx: &mut Context) -> State {
        SendTraining::attempt(job, 1, cx)
    }

    fn attempt(job: Box<Job>, tries: u8, cx: &mut Context) -> State {
        if cx.is_stopping() {
            return cx.hang_up(Outcome::Cancelled);
        }
        cx.agreed(job.dcs());
        let tsi = Frame::Tsi(cx.local_id.clone());
        let dcs = Frame::Dcs(job.dcs().clone());
        cx.say(&[tsi, dcs]);
        SendTraining { job, tries, checking: false, early: None }.into()
    }
}

impl Step for SendTraining {
    fn phase(&self) -> Phase {
        Phase::B
    }

    fn on_frame(mut self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Dcn => cx.done(Outcome::RemoteDisconnected { phase: Phase::B }),
            Frame::Cfr | Frame::Ftt if self.checking => {
                self.early = Some(frame);
                self.into()
            }
            _ => self.into(),
        }
    }

    fn on_sent(mut self, cx: &mut Context) -> State {
        if !self.checking {
            self.checking = true;
            cx.note_ours("TCF", "");
            cx.command(Command::TrainingCheck(check_signal(self.job.dcs().modem)));
            cx.wait(Timer::Signal);
            return self.into();
        }
        cx.listen(None);
        cx.wait(Timer::Answer);
        let wait = AwaitCfr { job: self.job, tries: self.tries };
        match self.early {
            Some(frame) => wait.on_frame(frame, cx),
            None => wait.into(),
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(Outcome::Internal)
    }
}

/// Waiting for CFR or FTT.
pub(in crate::t30) struct AwaitCfr {
    job: Box<Job>,
    tries: u8,
}

impl AwaitCfr {
    fn again(self, cx: &mut Context) -> State {
        if self.tries < TRIES_MAX {
            return SendTraining::attempt(self.job, self.tries + 1, cx);
        }
        if self.job.heard_nonsense {
            return cx.hang_up(Outcome::ProtocolError { phase: Phase::B });
        }
        cx.hang_up(Outcome::NoReply { phase: Phase::B, to: "DCS".to_owned() })
    }
}

impl Step for AwaitCfr {
    fn phase(&self) -> Phase {
        Phase::B
    }

    fn on_frame(mut self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Cfr => SendPage::begin(self.job, cx),
            Frame::Ftt => {
                if self.job.slower(cx) {
                    SendTraining::begin(self.job, cx)
                } else {
                    cx.hang_up(Outcome::TrainingFailed)
                }
            }
            // Our DCS was not heard, or not understood.
            Frame::Dis(_) | Frame::Dtc(_) | Frame::Crp => self.again(cx),
            Frame::Dcn => cx.done(Outcome::RemoteDisconnected { phase: Phase::B }),
            // Answers to what was not asked; our own frames may come back as an echo.
            Frame::Mcf
            | Frame::Rtp
            | Frame::Rtn
            | Frame::Pip
            | Frame::Pin
            | Frame::Ppr(_)
            | Frame::Rnr
            | Frame::Ctr => {
                self.job.heard_nonsense = true;
                self.into()
            }
            _ => self.into(),
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        self.again(cx)
    }
}
