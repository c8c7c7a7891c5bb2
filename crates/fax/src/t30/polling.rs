//! A called machine that sends: it offers its document (DIS bit 9) until the caller asks for it (DTC). T.30 5.3.6.1.1 and .2.
//!
//! Leaves for `SendTraining` (DTC), or ends: nobody asked for T1, DCN.

use super::context::Context;
use super::dis::{Dis, Length, Rates, ScanTime, Width};
use super::frame::Frame;
use super::sender::{Job, Pages, SendTraining};
use super::state::{State, Step};
use super::timers::Timer;
use crate::carrier::Tone;
use crate::outcome::{Outcome, Phase};
use crate::page::Resolution;
use crate::time::Time;

/// CED, or CSI and DIS, are on their way out.
pub(super) struct OfferDocument {
    pages: Pages,
    /// T1 ends; not yet known while CED sounds.
    until: Option<Time>,
}

impl OfferDocument {
    pub(super) fn begin(pages: Pages, cx: &mut Context) -> State {
        cx.tone(Tone::Ced);
        cx.wait(Timer::Signal);
        OfferDocument { pages, until: None }.into()
    }

    /// What we can has changed. True if it was being said.
    pub(super) fn anew(self, cx: &mut Context) -> (State, bool) {
        match self.until {
            Some(until) => (OfferDocument::offer(self.pages, until, cx), true),
            None => (self.into(), false),
        }
    }

    fn offer(pages: Pages, until: Time, cx: &mut Context) -> State {
        if cx.cancelled {
            return cx.hang_up(Outcome::Cancelled);
        }
        let dis = Dis {
            t38: false,
            can_send: true,
            can_receive: false,
            rates: Rates::of(&cx.modems),
            resolution: Resolution::Standard,
            mr: false,
            mmr: false,
            ecm: cx.ecm,
            width: Width::A4,
            length: Length::Unlimited,
            scan_time: ScanTime::NONE,
        };
        cx.say(&[Frame::Csi(cx.local_id.clone()), Frame::Dis(dis)]);
        OfferDocument { pages, until: Some(until) }.into()
    }
}

impl Step for OfferDocument {
    fn phase(&self) -> Phase {
        Phase::A
    }

    fn on_sent(self, cx: &mut Context) -> State {
        match self.until {
            None => OfferDocument::offer(self.pages, cx.now + Timer::Identify.duration(), cx),
            Some(until) => {
                cx.listen(None);
                cx.wait(Timer::Answer);
                AwaitDtc { pages: self.pages, until }.into()
            }
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(Outcome::Internal)
    }
}

/// Waiting for DTC.
pub(super) struct AwaitDtc {
    pages: Pages,
    until: Time,
}

impl Step for AwaitDtc {
    fn phase(&self) -> Phase {
        Phase::B
    }

    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Dtc(far) => match Job::new(self.pages, far, cx) {
                Ok(job) => SendTraining::begin(job, cx),
                Err(outcome) => cx.hang_up(outcome),
            },
            // The caller wants to send, and we do not receive.
            Frame::Dcs(_) | Frame::DcsUnknown => cx.hang_up(Outcome::Incompatible),
            Frame::Dcn => cx.done(Outcome::RemoteDisconnected { phase: Phase::B }),
            _ => self.into(),
        }
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        if cx.now < self.until {
            return OfferDocument::offer(self.pages, self.until, cx);
        }
        cx.hang_up(Outcome::NoFaxHeard)
    }

    fn on_cancel(self, cx: &mut Context) -> State {
        cx.hang_up(Outcome::Cancelled)
    }
}
