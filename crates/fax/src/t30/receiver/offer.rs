//! Receiver: says who it is and what it can, until the sender says what it will do. T.30 phases A and B of the receiver.
//!
//! CED, then CSI and DIS every T4 until T1 has passed; leaves for `AwaitTcf` (DCS). After FTT, RTP or RTN the sender is waited for with
//! T2 and nothing said; after EOM, DIS again when T2 has passed in silence.

use super::taking::Taking;
use crate::carrier::{Command, Tone};
use crate::outcome::{Outcome, Phase};
use crate::t30::context::Context;
use crate::t30::frame::Frame;
use crate::t30::state::{State, Step};
use crate::t30::timers::Timer;
use crate::t30::{Act, Moment};
use crate::time::Time;

/// The answer tone sounds.
pub(in crate::t30) struct SendCed {
    taking: Box<Taking>,
    /// It does not sound yet, by a deliberate fault.
    late: bool,
}

impl SendCed {
    pub(in crate::t30) fn begin(taking: Box<Taking>, cx: &mut Context) -> State {
        if let Some(Act::Wait(span)) = cx.misbehaviour.due(Moment::Tone) {
            cx.wait_until(cx.now + span);
            return SendCed { taking, late: true }.into();
        }
        cx.tone(Tone::Ced);
        cx.wait(Timer::Signal);
        SendCed { taking, late: false }.into()
    }
}

impl Step for SendCed {
    fn phase(&self) -> Phase {
        Phase::A
    }

    fn on_sent(self, cx: &mut Context) -> State {
        SendDis::begin(self.taking, cx)
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        if self.late {
            return SendCed::begin(self.taking, cx);
        }
        cx.done(Outcome::Internal)
    }
}

/// CSI and DIS (or CIG and DTC) are on their way out.
pub(in crate::t30) struct SendDis {
    taking: Box<Taking>,
    /// T1 ends.
    until: Time,
}

impl SendDis {
    pub(in crate::t30) fn begin(taking: Box<Taking>, cx: &mut Context) -> State {
        let until = cx.now + Timer::Identify.duration();
        SendDis::repeat(taking, until, cx)
    }

    /// What we can has changed.
    pub(in crate::t30) fn anew(self, cx: &mut Context) -> State {
        SendDis::repeat(self.taking, self.until, cx)
    }

    fn repeat(taking: Box<Taking>, until: Time, cx: &mut Context) -> State {
        if cx.cancelled {
            return cx.hang_up(Outcome::Cancelled);
        }
        let (id, abilities) = (cx.local_id.clone(), Taking::abilities(cx));
        if taking.polling {
            cx.say(&[Frame::Cig(id), Frame::Dtc(abilities)]);
        } else if id.is_empty() {
            cx.say(&[Frame::Dis(abilities)]);
        } else {
            cx.say(&[Frame::Csi(id), Frame::Dis(abilities)]);
        }
        SendDis { taking, until }.into()
    }
}

impl Step for SendDis {
    fn phase(&self) -> Phase {
        if self.taking.met { Phase::B } else { Phase::A }
    }

    /// The sender did not wait for our repetition to end.
    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        if !matches!(frame, Frame::Dcs(_) | Frame::Dcn) {
            return self.into();
        }
        cx.command(Command::Stop);
        let SendDis { taking, until } = self;
        taking.on_command(frame, Phase::B, cx, |taking| SendDis { taking, until }.into())
    }

    fn on_sent(self, cx: &mut Context) -> State {
        cx.listen(None);
        cx.wait(Timer::Answer);
        AwaitDcs { taking: self.taking, offer_until: Some(self.until) }.into()
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(Outcome::Internal)
    }
}

/// Waiting for DCS.
pub(in crate::t30) struct AwaitDcs {
    taking: Box<Taking>,
    /// We keep saying what we can, till then.
    offer_until: Option<Time>,
}

impl AwaitDcs {
    /// After FTT, RTP or RTN.
    pub(super) fn retrain(taking: Box<Taking>, cx: &mut Context) -> State {
        cx.listen(None);
        cx.wait(Timer::Command);
        AwaitDcs { taking, offer_until: None }.into()
    }

    /// After EOM: the sender may repeat it, or go on by itself; else we begin phase B anew after T2.
    pub(super) fn after_eom(taking: Box<Taking>, cx: &mut Context) -> State {
        cx.listen(None);
        cx.wait(Timer::Command);
        let until = cx.now + Timer::Command.duration() + Timer::Identify.duration();
        AwaitDcs { taking, offer_until: Some(until) }.into()
    }
}

impl Step for AwaitDcs {
    fn phase(&self) -> Phase {
        if self.taking.met { Phase::B } else { Phase::A }
    }

    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        let AwaitDcs { taking, offer_until } = self;
        taking.on_command(frame, Phase::B, cx, |taking| AwaitDcs { taking, offer_until }.into())
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        match self.offer_until {
            Some(until) if cx.now < until => SendDis::repeat(self.taking, until, cx),
            Some(_) if !self.taking.met => cx.hang_up(Outcome::NoFaxHeard),
            _ => cx.done(Outcome::NoCommand { phase: Phase::B }),
        }
    }

    fn on_cancel(self, cx: &mut Context) -> State {
        cx.hang_up(Outcome::Cancelled)
    }
}
