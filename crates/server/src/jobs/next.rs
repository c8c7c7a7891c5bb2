//! After a call: what next? Pure rules (architecture, decision 12).
//!
//! In this version a delivery has one call; only a call cut off by a crash or restart of ours is made again, from the first
//! unconfirmed page. Redial and retry by policy are a later matter and belong here.

use std::time::Duration;

use ferrofax_fax::outcome::Outcome;
use jiff::Timestamp;

use super::status::{ApiStatus, status};

/// What is known of a delivery when a call has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct History {
    /// Pages of the fax.
    pub pages: u32,
    /// Pages confirmed so far; also the index of the first unconfirmed one.
    pub confirmed: u32,
    /// Calls in which the first unconfirmed page was ended by us and not confirmed.
    pub doubts: u32,
    /// Earlier calls that were cut off by us.
    pub interruptions: u32,
}

/// The limits of the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Doubts of the last page after which it is not sent again.
    pub doubts_max: u32,
    /// Interrupted calls in all, after which we give up: a delivery that takes the service down must not do so for ever.
    pub interruptions_max: u32,
    /// Tries to compose a recipient's pages that may fail through a fault of ours, and how long to wait after each.
    pub compositions_max: u32,
    pub composition_pause: Duration,
}

impl Default for Policy {
    fn default() -> Policy {
        let composition_pause = Duration::from_secs(30);
        Policy { doubts_max: 2, interruptions_max: 5, compositions_max: 5, composition_pause }
    }
}

/// What becomes of a delivery after a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// It is finished.
    Final { status: ApiStatus, reason: String },
    /// It waits for another call, from the first unconfirmed page.
    Again { not_before: Timestamp },
}

impl Next {
    fn end((status, reason): (ApiStatus, &str)) -> Next {
        Next::Final { status, reason: reason.to_owned() }
    }
}

/// The rule.
///
/// `OK` means one thing: the far end's confirmation of every page is on our disk. So a call that was cut off after the last
/// confirmation was recorded is a sent fax, and one that claims success without the confirmations is a fault of ours.
pub fn decide(outcome: &Outcome, history: &History, policy: &Policy, now: Timestamp) -> Next {
    if history.pages > 0 && history.confirmed >= history.pages {
        return Next::end(status(&Outcome::Sent));
    }
    match outcome {
        Outcome::Sent | Outcome::Received => Next::end(status(&Outcome::Internal)),
        Outcome::Interrupted => {
            let at_last_page = history.confirmed + 1 == history.pages;
            if at_last_page && history.doubts >= policy.doubts_max {
                Next::end(status(&Outcome::EndNotConfirmed))
            } else if history.interruptions + 1 >= policy.interruptions_max {
                Next::end(status(outcome))
            } else {
                Next::Again { not_before: now }
            }
        }
        other => Next::end(status(other)),
    }
}

/// The rule where a recipient's own pages could not be composed, so that there was no call: final with these words where the cause
/// is the customer's to mend, else tried again. `before` is how often it failed before.
pub fn uncomposed(refusal: Option<&str>, before: u32, policy: &Policy, now: Timestamp) -> Next {
    match refusal {
        Some(reason) => Next::end((ApiStatus::RenderingError, reason)),
        None if before + 1 >= policy.compositions_max => Next::end(status(&Outcome::Internal)),
        None => Next::Again { not_before: now.checked_add(policy.composition_pause).unwrap_or(now) },
    }
}

#[cfg(test)]
mod tests {
    use ferrofax_fax::outcome::Phase;

    use super::super::status::every_outcome;
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn history(pages: u32, confirmed: u32, doubts: u32, interruptions: u32) -> History {
        History { pages, confirmed, doubts, interruptions }
    }

    fn word(outcome: &Outcome, history: History) -> &'static str {
        match decide(outcome, &history, &Policy::default(), NOW) {
            Next::Final { status, .. } => status.word(),
            Next::Again { not_before } => {
                assert_eq!(not_before, NOW);
                "again"
            }
        }
    }

    #[test]
    fn only_an_interrupted_call_is_made_again() {
        for outcome in every_outcome() {
            let again = word(&outcome, history(3, 1, 0, 1)) == "again";
            assert_eq!(again, outcome == Outcome::Interrupted, "{outcome:?}");
        }
    }

    #[test]
    fn a_fax_is_ok_when_every_page_is_confirmed_and_only_then() {
        for outcome in every_outcome() {
            assert_eq!(word(&outcome, history(3, 3, 0, 0)), "OK", "{outcome:?}");
            assert_ne!(word(&outcome, history(3, 2, 0, 0)), "OK", "{outcome:?}");
        }
    }

    #[test]
    fn the_last_page_is_not_sent_again_after_two_doubts() {
        assert_eq!(word(&Outcome::Interrupted, history(3, 2, 1, 1)), "again");
        assert_eq!(word(&Outcome::Interrupted, history(3, 2, 2, 2)), "EOD_FAILED");
        assert_eq!(word(&Outcome::Interrupted, history(3, 1, 2, 2)), "again", "not the last page");
        assert_eq!(word(&Outcome::Interrupted, history(1, 0, 2, 2)), "EOD_FAILED", "the only page is the last");
    }

    #[test]
    fn a_delivery_is_not_interrupted_for_ever() {
        assert_eq!(word(&Outcome::Interrupted, history(3, 0, 0, 3)), "again");
        assert_eq!(word(&Outcome::Interrupted, history(3, 0, 0, 4)), "COMERROR");
    }

    #[test]
    fn an_end_that_nobody_confirmed_says_so() {
        assert_eq!(word(&Outcome::EndNotConfirmed, history(2, 1, 1, 0)), "EOD_FAILED");
        assert_eq!(
            word(&Outcome::NoReply { phase: Phase::D, to: "MPS".into() }, history(2, 0, 1, 0)),
            "PAGE_SEND_ERROR"
        );
    }

    #[test]
    fn pages_that_can_not_be_composed_are_tried_again_only_where_that_can_help() {
        let policy = Policy::default();
        let refused = uncomposed(Some("cover page: a.ftl:1:2: what"), 0, &policy, NOW);
        let reason = "cover page: a.ftl:1:2: what".to_owned();
        assert_eq!(refused, Next::Final { status: ApiStatus::RenderingError, reason });
        let later = Next::Again { not_before: NOW + policy.composition_pause };
        assert_eq!(uncomposed(None, 0, &policy, NOW), later);
        assert_eq!(uncomposed(None, policy.compositions_max - 2, &policy, NOW), later);
        let given_up = uncomposed(None, policy.compositions_max - 1, &policy, NOW);
        assert!(matches!(given_up, Next::Final { status: ApiStatus::Comerror, .. }));
    }
}
