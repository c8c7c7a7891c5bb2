//! What an outcome means to the customer: one word of the API and one sentence. `docs/outcomes.md` is printed from it.

use std::fmt;

use ferrofax_fax::outcome::{Outcome, Phase};
use serde::{Deserialize, Serialize};

/// The API's word for what became of a delivery. Stable; clients compare it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApiStatus {
    /// Not finished yet.
    Pending,
    Ok,
    Busy,
    Nofax,
    NofaxDis,
    NofaxTo,
    RingTo,
    RemDis,
    NoRemoteinfo,
    NoTrain,
    BadLines,
    FansGf,
    DialGf,
    PageSendError,
    EodFailed,
    WrongNo,
    DialNc,
    ChangedNo,
    WoutTo,
    Blacklist,
    Pblacklist,
    MissingFaxFile,
    UnknownFaxFile,
    TiffPageErr,
    RenderingError,
    Cancelled,
    Comerror,
}

impl ApiStatus {
    /// All of them.
    pub const ALL: [ApiStatus; 27] = [
        Self::Pending,
        Self::Ok,
        Self::Busy,
        Self::Nofax,
        Self::NofaxDis,
        Self::NofaxTo,
        Self::RingTo,
        Self::RemDis,
        Self::NoRemoteinfo,
        Self::NoTrain,
        Self::BadLines,
        Self::FansGf,
        Self::DialGf,
        Self::PageSendError,
        Self::EodFailed,
        Self::WrongNo,
        Self::DialNc,
        Self::ChangedNo,
        Self::WoutTo,
        Self::Blacklist,
        Self::Pblacklist,
        Self::MissingFaxFile,
        Self::UnknownFaxFile,
        Self::TiffPageErr,
        Self::RenderingError,
        Self::Cancelled,
        Self::Comerror,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Ok => "OK",
            Self::Busy => "BUSY",
            Self::Nofax => "NOFAX",
            Self::NofaxDis => "NOFAX_DIS",
            Self::NofaxTo => "NOFAX_TO",
            Self::RingTo => "RING_TO",
            Self::RemDis => "REM_DIS",
            Self::NoRemoteinfo => "NO_REMOTEINFO",
            Self::NoTrain => "NO_TRAIN",
            Self::BadLines => "BAD_LINES",
            Self::FansGf => "FANS_GF",
            Self::DialGf => "DIAL_GF",
            Self::PageSendError => "PAGE_SEND_ERROR",
            Self::EodFailed => "EOD_FAILED",
            Self::WrongNo => "WRONG_NO",
            Self::DialNc => "DIAL_NC",
            Self::ChangedNo => "CHANGED_NO",
            Self::WoutTo => "WOUT_TO",
            Self::Blacklist => "BLACKLIST",
            Self::Pblacklist => "PBLACKLIST",
            Self::MissingFaxFile => "MISSING_FAX_FILE",
            Self::UnknownFaxFile => "UNKNOWN_FAX_FILE",
            Self::TiffPageErr => "TIFF_PAGE_ERR",
            Self::RenderingError => "RENDERING_ERROR",
            Self::Cancelled => "CANCELLED",
            Self::Comerror => "COMERROR",
        }
    }
}

impl fmt::Display for ApiStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The status and its sentence for the end of a call.
pub fn status(outcome: &Outcome) -> (ApiStatus, &'static str) {
    use ApiStatus as S;
    match outcome {
        Outcome::Sent | Outcome::Received => (S::Ok, "OK"),

        Outcome::Busy => (S::Busy, "the number is busy"),
        Outcome::NoAnswer => (S::RingTo, "nobody answered"),
        Outcome::NoReaction => (S::WoutTo, "nothing happened after dialling, it did not even ring"),
        Outcome::NumberNotAssigned => (S::WrongNo, "the number is not in use"),
        Outcome::NumberInvalid => (S::DialNc, "the number is incomplete or unknown to the network"),
        Outcome::NumberChanged => (S::ChangedNo, "the number has changed"),
        Outcome::Refused => (S::DialGf, "the call was refused"),
        Outcome::Unavailable => (S::DialGf, "the number can't be reached at the moment"),
        Outcome::NoCircuit => (S::DialGf, "the network had no way for the call"),
        Outcome::LineFailed => (S::DialGf, "our telephone line failed"),
        Outcome::LineUnauthorized => (S::DialGf, "our telephone line does not accept our credentials"),

        Outcome::AudioOnly => (S::Comerror, "the call could not be switched to T.38"),
        Outcome::NoFaxHeard => (S::NofaxTo, "answered, but no fax machine was heard"),
        Outcome::RemoteHungUp { phase: Phase::A } => {
            (S::NofaxDis, "the far end hung up before a fax machine was heard")
        }
        Outcome::RemoteHungUp { phase: Phase::B } => {
            (S::NoRemoteinfo, "the far end hung up before the transmission was agreed")
        }
        Outcome::RemoteHungUp { phase: Phase::C } => (S::RemDis, "the far end hung up within a page"),
        Outcome::RemoteHungUp { phase: Phase::D | Phase::E } => {
            (S::RemDis, "the far end hung up instead of confirming a page")
        }
        Outcome::RemoteDisconnected { phase: Phase::A | Phase::B } => {
            (S::RemDis, "the far machine ended the call before a page")
        }
        Outcome::RemoteDisconnected { phase: Phase::C | Phase::D | Phase::E } => {
            (S::RemDis, "the far machine ended the call")
        }
        Outcome::Incompatible => (S::FansGf, "the far machine can't receive this fax"),
        Outcome::TrainingFailed => (S::NoTrain, "no speed was found at which both machines understand each other"),
        Outcome::NoReply { phase: Phase::A | Phase::B, .. } => {
            (S::NoTrain, "the far machine stopped answering while the transmission was agreed")
        }
        Outcome::NoReply { phase: Phase::C | Phase::D | Phase::E, .. } => {
            (S::PageSendError, "the far machine stopped answering after a page")
        }
        Outcome::PageRejected => (S::BadLines, "the far machine rejected a page as badly received"),
        Outcome::TooManyBadFrames => (S::PageSendError, "too much of a page was lost on the line"),
        Outcome::EndNotConfirmed => (S::EodFailed, "the last page was not confirmed; it may have arrived"),
        Outcome::ProtocolError { phase: Phase::A | Phase::B } => {
            (S::FansGf, "the far machine broke the protocol while the transmission was agreed")
        }
        Outcome::ProtocolError { phase: Phase::C | Phase::D | Phase::E } => {
            (S::Comerror, "the far machine broke the protocol")
        }
        Outcome::NoCommand { .. } => (S::Comerror, "the far machine stopped talking"),
        Outcome::OperatorWanted => (S::PageSendError, "the far machine asked for an operator"),

        Outcome::CallTooLong => (S::Comerror, "the call took longer than is allowed"),
        Outcome::Cancelled => (S::Cancelled, "cancelled"),
        Outcome::Interrupted => (S::Comerror, "the call was cut off by a restart of this system"),
        Outcome::Internal => (S::Comerror, "a fault of this system"),
    }
}

/// Whether the same call later has a chance to end better.
pub fn again_can_help(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Sent
        | Outcome::Received
        | Outcome::NumberNotAssigned
        | Outcome::NumberInvalid
        | Outcome::NumberChanged
        | Outcome::LineUnauthorized
        | Outcome::AudioOnly
        | Outcome::Incompatible
        | Outcome::EndNotConfirmed
        | Outcome::Cancelled
        | Outcome::Internal => false,
        Outcome::Busy
        | Outcome::NoAnswer
        | Outcome::NoReaction
        | Outcome::Refused
        | Outcome::Unavailable
        | Outcome::NoCircuit
        | Outcome::LineFailed
        | Outcome::NoFaxHeard
        | Outcome::RemoteHungUp { .. }
        | Outcome::RemoteDisconnected { .. }
        | Outcome::TrainingFailed
        | Outcome::NoReply { .. }
        | Outcome::PageRejected
        | Outcome::TooManyBadFrames
        | Outcome::ProtocolError { .. }
        | Outcome::NoCommand { .. }
        | Outcome::OperatorWanted
        | Outcome::CallTooLong
        | Outcome::Interrupted => true,
    }
}

/// Every outcome, those with a phase once in each.
pub fn every_outcome() -> impl Iterator<Item = Outcome> {
    std::iter::successors(Some(Outcome::Sent), after)
}

/// A chain through the list: a new outcome without its place here does not compile.
fn after(outcome: &Outcome) -> Option<Outcome> {
    use Outcome as O;
    let next = |phase| match phase {
        Phase::A => Some(Phase::B),
        Phase::B => Some(Phase::C),
        Phase::C => Some(Phase::D),
        Phase::D => Some(Phase::E),
        Phase::E => None,
    };
    let first = Phase::A;
    Some(match outcome {
        O::Sent => O::Received,
        O::Received => O::Busy,
        O::Busy => O::NoAnswer,
        O::NoAnswer => O::NoReaction,
        O::NoReaction => O::NumberNotAssigned,
        O::NumberNotAssigned => O::NumberInvalid,
        O::NumberInvalid => O::NumberChanged,
        O::NumberChanged => O::Refused,
        O::Refused => O::Unavailable,
        O::Unavailable => O::NoCircuit,
        O::NoCircuit => O::LineFailed,
        O::LineFailed => O::LineUnauthorized,
        O::LineUnauthorized => O::AudioOnly,
        O::AudioOnly => O::NoFaxHeard,
        O::NoFaxHeard => O::RemoteHungUp { phase: first },
        O::RemoteHungUp { phase } => match next(*phase) {
            Some(phase) => O::RemoteHungUp { phase },
            None => O::RemoteDisconnected { phase: first },
        },
        O::RemoteDisconnected { phase } => match next(*phase) {
            Some(phase) => O::RemoteDisconnected { phase },
            None => O::Incompatible,
        },
        O::Incompatible => O::TrainingFailed,
        O::TrainingFailed => O::NoReply { phase: first, to: String::new() },
        O::NoReply { phase, to } => match next(*phase) {
            Some(phase) => O::NoReply { phase, to: to.clone() },
            None => O::PageRejected,
        },
        O::PageRejected => O::TooManyBadFrames,
        O::TooManyBadFrames => O::EndNotConfirmed,
        O::EndNotConfirmed => O::ProtocolError { phase: first },
        O::ProtocolError { phase } => match next(*phase) {
            Some(phase) => O::ProtocolError { phase },
            None => O::NoCommand { phase: first },
        },
        O::NoCommand { phase } => match next(*phase) {
            Some(phase) => O::NoCommand { phase },
            None => O::OperatorWanted,
        },
        O::OperatorWanted => O::CallTooLong,
        O::CallTooLong => O::Cancelled,
        O::Cancelled => O::Interrupted,
        O::Interrupted => O::Internal,
        O::Internal => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ferrofax_fax::outcome::Fault;

    use super::*;

    #[test]
    fn every_outcome_is_met_once_and_only_success_is_ok() {
        let mut seen = BTreeSet::new();
        for outcome in every_outcome() {
            assert!(seen.insert(format!("{outcome:?}")), "{outcome:?} twice");
            let (status, reason) = status(&outcome);
            assert_eq!(status == ApiStatus::Ok, outcome.fault() == Fault::None, "{outcome:?}");
            assert_ne!(status, ApiStatus::Pending);
            assert!(!reason.is_empty() && !reason.ends_with('.'), "{reason:?}");
        }
        assert_eq!(seen.len(), 30 - 5 + 5 * 5);
    }

    #[test]
    fn all_statuses_are_in_the_list() {
        let words: BTreeSet<_> = ApiStatus::ALL.into_iter().map(ApiStatus::word).collect();
        assert_eq!(words.len(), ApiStatus::ALL.len());
        for outcome in every_outcome() {
            assert!(ApiStatus::ALL.contains(&status(&outcome).0), "{outcome:?}");
        }
    }

    #[test]
    fn a_status_is_stored_under_the_word_the_api_uses() {
        for outcome in every_outcome() {
            let (status, _) = status(&outcome);
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
        }
    }
}
