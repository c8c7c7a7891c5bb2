//! Deliberate faults of a test machine that receives: at one moment of its conversation it does something else than it should.

use std::time::Duration;

use super::frame::Frame;

/// A fault for a far machine in a test network. None in real use.
#[derive(Clone, Debug, Default)]
pub struct Misbehaviour(Option<Slip>);

#[derive(Clone, Debug)]
struct Slip {
    at: Moment,
    act: Act,
    /// So often still.
    left: u32,
}

/// When the fault happens. Pages count from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// The answer tone is due.
    Tone,
    /// The training check was heard; CFR or FTT is due.
    Training,
    /// This page has begun to come in.
    Within(u32),
    /// A block of this page came in (error correction); MCF or PPR is due.
    Block(u32),
    /// This page came in whole; its confirmation is due.
    Page(u32),
}

/// What the machine does instead.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says this. At [`Moment::Block`] only PPR has a meaning: the frames it names count as damaged.
    Say(Frame),
    /// Listens, and never says anything again.
    Mute,
    /// Hangs up without a word.
    HangUp,
    /// Is late by so much. Only at [`Moment::Tone`].
    Wait(Duration),
}

impl Misbehaviour {
    /// Whenever that moment comes.
    pub fn always(at: Moment, act: Act) -> Misbehaviour {
        Misbehaviour::times(u32::MAX, at, act)
    }

    /// The first so many times that the moment comes.
    pub fn times(times: u32, at: Moment, act: Act) -> Misbehaviour {
        Misbehaviour(Some(Slip { at, act, left: times }))
    }

    /// What to do wrong now.
    pub(super) fn due(&mut self, now: Moment) -> Option<Act> {
        let Slip { at, act, left } = self.0.as_mut()?;
        if *at != now || *left == 0 {
            return None;
        }
        *left -= 1;
        Some(act.clone())
    }
}
