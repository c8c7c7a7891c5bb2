//! How a call ended. A call that fails is not an error: it is an [`Outcome`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// The phases of a facsimile call, T.30 clause 2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Phase {
    /// Call establishment: tones, nothing said yet.
    A,
    /// Identification, negotiation, training.
    B,
    /// Page transmission.
    C,
    /// End of page and confirmation.
    D,
    /// Release.
    E,
}

/// Whose fault an outcome is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// Nobody's: the fax arrived.
    None,
    /// The way to the far end: network, trunk, number.
    Line,
    /// The far end.
    Peer,
    /// The document.
    Document,
    /// This system or its operator.
    Us,
}

/// How a call ended. A closed list; codes are stable, never renamed, never reused.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Outcome {
    /// Every page was confirmed by the far end.
    Sent,
    /// The receiving side took a whole fax.
    Received,

    /// The number is busy.
    Busy,
    /// It rang, nobody answered in time.
    NoAnswer,
    /// The trunk took the call, and nothing followed in time: it did not even ring.
    NoReaction,
    /// The number is not in use.
    NumberNotAssigned,
    /// The number is incomplete or no number the network knows.
    NumberInvalid,
    /// The number has changed.
    NumberChanged,
    /// The network or the far end refused the call.
    Refused,
    /// The far end can't be reached at the moment.
    Unavailable,
    /// The network has no way for the call at the moment.
    NoCircuit,
    /// The trunk did not answer, or broke its protocol.
    LineFailed,
    /// The trunk does not accept our credentials.
    LineUnauthorized,

    /// The call was answered, but neither side could leave audio for T.38, and this version has no audio modems.
    AudioOnly,
    /// Answered, and no fax machine was heard in time (T1).
    NoFaxHeard,
    /// The far end hung up.
    RemoteHungUp {
        /// How far the call had come.
        phase: Phase,
    },
    /// The far end said DCN where an answer was due.
    RemoteDisconnected {
        /// How far the call had come.
        phase: Phase,
    },
    /// The far end can't receive, or nothing it offers fits the page.
    Incompatible,
    /// No rate both sides can train at.
    TrainingFailed,
    /// A command was repeated as often as T.30 allows and never answered.
    NoReply {
        /// How far the call had come.
        phase: Phase,
        /// The frame that got no answer: `DCS`, `PPS-MPS`, ….
        to: String,
    },
    /// The far end rejected a page as often as we were willing to send it.
    PageRejected,
    /// Error correction gave up: too many frames stayed bad.
    TooManyBadFrames,
    /// All pages went out; the last was never confirmed. It may have arrived.
    EndNotConfirmed,
    /// The far end broke the protocol.
    ProtocolError {
        /// How far the call had come.
        phase: Phase,
    },
    /// Receiver: no command arrived in time (T2).
    NoCommand {
        /// How far the call had come.
        phase: Phase,
    },
    /// The receiver wants an operator, and nobody is here (PIP, PIN).
    OperatorWanted,

    /// The call took longer than it may, and we ended it.
    CallTooLong,
    /// Stopped from our side.
    Cancelled,
    /// The attempt was cut off by a crash or restart of this system.
    Interrupted,
    /// A fault of this system.
    Internal,
}

impl Outcome {
    /// Stable; part of the API. The serde tag is the same word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::NoReaction => "no_reaction",
            Self::NumberNotAssigned => "number_not_assigned",
            Self::NumberInvalid => "number_invalid",
            Self::NumberChanged => "number_changed",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::NoCircuit => "no_circuit",
            Self::LineFailed => "line_failed",
            Self::LineUnauthorized => "line_unauthorized",
            Self::AudioOnly => "audio_only",
            Self::NoFaxHeard => "no_fax_heard",
            Self::RemoteHungUp { .. } => "remote_hung_up",
            Self::RemoteDisconnected { .. } => "remote_disconnected",
            Self::Incompatible => "incompatible",
            Self::TrainingFailed => "training_failed",
            Self::NoReply { .. } => "no_reply",
            Self::PageRejected => "page_rejected",
            Self::TooManyBadFrames => "too_many_bad_frames",
            Self::EndNotConfirmed => "end_not_confirmed",
            Self::ProtocolError { .. } => "protocol_error",
            Self::NoCommand { .. } => "no_command",
            Self::OperatorWanted => "operator_wanted",
            Self::CallTooLong => "call_too_long",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Internal => "internal",
        }
    }

    /// How far the call had come, where the outcome says so.
    pub fn phase(&self) -> Option<Phase> {
        match self {
            Self::RemoteHungUp { phase }
            | Self::RemoteDisconnected { phase }
            | Self::NoReply { phase, .. }
            | Self::ProtocolError { phase }
            | Self::NoCommand { phase } => Some(*phase),
            _ => None,
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Sent | Self::Received => Fault::None,
            Self::Busy
            | Self::NoAnswer
            | Self::NoReaction
            | Self::Unavailable
            | Self::NumberNotAssigned
            | Self::NumberInvalid
            | Self::NumberChanged
            | Self::Refused
            | Self::NoCircuit
            | Self::LineFailed => Fault::Line,
            Self::NoFaxHeard
            | Self::RemoteHungUp { .. }
            | Self::RemoteDisconnected { .. }
            | Self::Incompatible
            | Self::TrainingFailed
            | Self::NoReply { .. }
            | Self::PageRejected
            | Self::TooManyBadFrames
            | Self::EndNotConfirmed
            | Self::ProtocolError { .. }
            | Self::NoCommand { .. }
            | Self::OperatorWanted => Fault::Peer,
            Self::AudioOnly
            | Self::LineUnauthorized
            | Self::CallTooLong
            | Self::Cancelled
            | Self::Interrupted
            | Self::Internal => Fault::Us,
        }
    }
}

/// As ladders show it: the code, and what it knows beside.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        if let Self::NoReply { to, .. } = self {
            write!(f, " to {to}")?;
        }
        self.phase().map_or(Ok(()), |phase| write!(f, ", phase {phase:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_serde_tag() {
        let outcome = Outcome::NoReply { phase: Phase::D, to: "EOP".into() };
        assert!(format!("{outcome:?}").starts_with("NoReply"));
        assert_eq!(outcome.code(), "no_reply");
        assert_eq!(outcome.fault(), Fault::Peer);
        assert_eq!(outcome.to_string(), "no_reply to EOP, phase D");
        assert_eq!(Outcome::CallTooLong.to_string(), "call_too_long");
    }
}
