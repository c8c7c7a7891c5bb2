//! Receiver: waiting for a page or block, taking it, then waiting for the command behind it. T.30 phases C and D of the receiver.
//!
//! Leaves for `SendAnswer` (a command came), `AwaitTcf` (DCS again: our CFR was lost), or ends: no signal and no command for T2, DCN.
//! Tolerated: a command without the page before it.

use super::taking::Taking;
use crate::carrier::Report;
use crate::outcome::{Outcome, Phase};
use crate::t30::Moment;
use crate::t30::context::Context;
use crate::t30::frame::Frame;
use crate::t30::state::{State, Step};
use crate::t30::timers::Timer;

pub(in crate::t30) struct AwaitPage {
    taking: Box<Taking>,
    /// The fast signal is being heard.
    hearing: bool,
}

impl AwaitPage {
    pub(super) fn begin(taking: Box<Taking>, cx: &mut Context) -> State {
        cx.listen(taking.page_signal());
        cx.wait(Timer::Command);
        AwaitPage { taking, hearing: false }.into()
    }

    fn hear(&mut self, cx: &mut Context) {
        self.hearing = true;
        self.taking.heard = true;
        cx.wait(Timer::Pause);
    }
}

impl Step for AwaitPage {
    fn phase(&self) -> Phase {
        if self.taking.heard && !self.hearing { Phase::D } else { Phase::C }
    }

    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        let AwaitPage { taking, hearing } = self;
        let phase = if taking.heard { Phase::D } else { Phase::C };
        taking.on_command(frame, phase, cx, |taking| AwaitPage { taking, hearing }.into())
    }

    fn on_report(mut self, report: Report, cx: &mut Context) -> State {
        if matches!(report, Report::PageBits(_) | Report::EcmFrame { .. }) {
            let within = Moment::Within(self.taking.pages());
            match self.taking.slip(within, cx) {
                Ok(state) => return state,
                Err(taking) => self.taking = taking,
            }
        }
        match report {
            Report::TrainingBegan(_) => self.hear(cx),
            Report::PageBits(bits) => {
                self.hear(cx);
                self.taking.paper.push_bits(&bits);
            }
            Report::EcmFrame { bytes, good } => {
                self.hear(cx);
                if let (true, Some(dcs)) = (good, &self.taking.dcs) {
                    let frame_octets = dcs.frame_octets();
                    self.taking.paper.push_frame(&bytes, frame_octets);
                }
            }
            Report::CarrierLost if self.hearing => {
                self.hearing = false;
                cx.wait(Timer::Command);
                let page = self.taking.page_number();
                let frames = self.taking.paper.good_frames();
                let got = match &self.taking.dcs {
                    Some(dcs) if dcs.ecm => format!("{page}, {frames} frames"),
                    _ => format!("{page}, {} octets", self.taking.paper.octets()),
                };
                cx.note_theirs("page", &got);
            }
            _ => {}
        }
        if self.taking.paper.overflowed() {
            return cx.hang_up(Outcome::ProtocolError { phase: Phase::C });
        }
        self.into()
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        let phase = self.phase();
        cx.done(Outcome::NoCommand { phase })
    }
}
