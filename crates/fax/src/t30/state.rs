//! The states of both sides, and what each must be able to take.

use super::context::Context;
use super::frame::Frame;
use super::hang_up::HangUp;
use super::polling::{AwaitDtc, OfferDocument};
use super::receiver::{AwaitDcn, AwaitDcs, AwaitPage, AwaitTcf, Mute, SendAnswer, SendCed, SendDis};
use super::sender::{
    AwaitBlockAnswer, AwaitCfr, AwaitCtr, AwaitDis, AwaitPageAnswer, AwaitReady, SendBlock, SendPage, SendTraining,
};
use crate::carrier::Report;
use crate::outcome::{Outcome, Phase};

/// What a state does with what may happen. A handler consumes the state and returns the next.
pub(super) trait Step: Sized + Into<State> {
    /// How far the call has come, for outcomes.
    fn phase(&self) -> Phase;

    /// A good frame came.
    fn on_frame(self, _frame: Frame, _cx: &mut Context) -> State {
        self.into()
    }

    /// Our transmission has left.
    fn on_sent(self, _cx: &mut Context) -> State {
        self.into()
    }

    /// Anything else the carrier reports.
    fn on_report(self, _report: Report, _cx: &mut Context) -> State {
        self.into()
    }

    /// The timer ran out.
    fn on_timeout(self, cx: &mut Context) -> State;

    /// The call was cancelled: `cx.cancelled` is set and looked at before anything new is begun. A state that can end sooner does.
    fn on_cancel(self, _cx: &mut Context) -> State {
        self.into()
    }

    /// The far end hung up.
    fn on_hang_up(self, cx: &mut Context) -> State {
        let phase = self.phase();
        cx.done(Outcome::RemoteHungUp { phase })
    }
}

macro_rules! states {
    ($($state:ident),* $(,)?) => {
        /// Where the machine is.
        pub(super) enum State {
            /// Not started.
            Idle,
            $($state($state),)*
            /// Over.
            Done,
        }

        $(impl From<$state> for State {
            fn from(state: $state) -> State {
                State::$state(state)
            }
        })*

        impl State {
            /// Its name; all that may be shown of it.
            pub(super) fn name(&self) -> &'static str {
                match self {
                    $(State::$state(_) => stringify!($state),)*
                    State::Idle => "Idle",
                    State::Done => "Done",
                }
            }

            pub(super) fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
                match self {
                    $(State::$state(state) => state.on_frame(frame, cx),)*
                    State::Idle | State::Done => self,
                }
            }

            pub(super) fn on_sent(self, cx: &mut Context) -> State {
                match self {
                    $(State::$state(state) => state.on_sent(cx),)*
                    State::Idle | State::Done => self,
                }
            }

            pub(super) fn on_report(self, report: Report, cx: &mut Context) -> State {
                match self {
                    $(State::$state(state) => state.on_report(report, cx),)*
                    State::Idle | State::Done => self,
                }
            }

            pub(super) fn on_timeout(self, cx: &mut Context) -> State {
                match self {
                    $(State::$state(state) => state.on_timeout(cx),)*
                    State::Idle | State::Done => self,
                }
            }

            pub(super) fn on_cancel(self, cx: &mut Context) -> State {
                match self {
                    $(State::$state(state) => state.on_cancel(cx),)*
                    State::Idle => cx.done(Outcome::Cancelled),
                    State::Done => self,
                }
            }

            pub(super) fn on_finish(self, cx: &mut Context) -> State {
                let phase = match &self {
                    $(State::$state(state) => state.phase(),)*
                    State::Idle | State::Done => Phase::A,
                };
                if matches!(phase, Phase::A | Phase::B) {
                    cx.cancelled = true;
                    return self.on_cancel(cx);
                }
                cx.finishing = true;
                self
            }

            pub(super) fn on_hang_up(self, cx: &mut Context) -> State {
                match self {
                    $(State::$state(state) => state.on_hang_up(cx),)*
                    State::Idle => cx.done(Outcome::RemoteHungUp { phase: Phase::A }),
                    State::Done => self,
                }
            }
        }
    };
}

states! {
    AwaitDis, SendTraining, AwaitCfr, SendPage, AwaitPageAnswer, SendBlock, AwaitBlockAnswer, AwaitReady, AwaitCtr,
    SendCed, SendDis, AwaitDcs, AwaitTcf, SendAnswer, AwaitPage, AwaitDcn, Mute,
    OfferDocument, AwaitDtc,
    HangUp,
}
