//! What a refused call means: SIP final answers and ISDN causes to outcomes. Pure.

use ferrofax_fax::outcome::Outcome;

/// Why the INVITE did not lead to a call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Refusal {
    /// The final answer; `None` if there was none (silence, transport failure).
    pub status: Option<u16>,
    /// The answer's `Reason` headers, RFC 3326.
    pub reasons: Vec<String>,
}

/// The outcome of a call that was not answered.
///
/// A Q.850 cause in a `Reason` header says more than the status a gateway made of it (RFC 4497), so it goes first. 401 and
/// 407 only get here after our credentials were tried or there are none.
pub(crate) fn outcome_of(refusal: &Refusal) -> Outcome {
    let Some(status) = refusal.status else { return Outcome::LineFailed };
    if matches!(status, 401 | 407) {
        return Outcome::LineUnauthorized;
    }
    if let Some(outcome) = causes(refusal).find_map(outcome_of_cause) {
        return outcome;
    }
    match status {
        486 | 600 => Outcome::Busy,
        404 | 604 => Outcome::NumberNotAssigned,
        484 | 485 | 414 | 416 => Outcome::NumberInvalid,
        301 | 410 => Outcome::NumberChanged,
        // 302 and 305 name another place to try; we don't follow, the trunk has to.
        300 | 302 | 305 | 380 => Outcome::Unavailable,
        480 => Outcome::Unavailable,
        // 487 without a CANCEL of ours: somebody on the way stopped ringing.
        408 | 487 => Outcome::NoAnswer,
        500 | 502 | 503 | 504 => Outcome::NoCircuit,
        403 | 603 | 607 | 608 | 402 | 433 => Outcome::Refused,
        // 488, 606, 415: audio was offered; a far end that can't even do that won't be had by calling again.
        406 | 415 | 488 | 606 => Outcome::Refused,
        // Our request was wrong or was not understood.
        400 | 405 | 420 | 421 | 481 | 482 | 483 | 501 | 505 | 513 => Outcome::LineFailed,
        _ if (400..500).contains(&status) || status >= 600 => Outcome::Refused,
        _ => Outcome::LineFailed,
    }
}

/// The ISDN cause of a refusal, if it names one.
pub(super) fn cause_of(refusal: &Refusal) -> Option<u8> {
    causes(refusal).next()
}

fn causes(refusal: &Refusal) -> impl Iterator<Item = u8> {
    refusal.reasons.iter().filter_map(|reason| q850_cause(reason))
}

/// ITU-T Q.850 clause 2.2.7, the causes that tell more than the SIP status does.
fn outcome_of_cause(cause: u8) -> Option<Outcome> {
    Some(match cause {
        // 1 unallocated number
        1 => Outcome::NumberNotAssigned,
        // 17 user busy
        17 => Outcome::Busy,
        // 18 no user responding, 19 no answer from user
        18 | 19 => Outcome::NoAnswer,
        // 20 subscriber absent, 27 destination out of order
        20 | 27 => Outcome::Unavailable,
        // 21 call rejected
        21 => Outcome::Refused,
        // 22 number changed
        22 => Outcome::NumberChanged,
        // 28 invalid number format
        28 => Outcome::NumberInvalid,
        // 34 no circuit available, 38 network out of order, 41 temporary failure, 42 switching equipment congestion
        34 | 38 | 41 | 42 => Outcome::NoCircuit,
        _ => return None,
    })
}

/// The cause of a `Reason` header value, if its protocol is Q.850: `Q.850 ;cause=17;text="busy"`.
pub(super) fn q850_cause(reason: &str) -> Option<u8> {
    // Several reasons may share a line; a comma inside the quoted text can only cost us that text.
    reason.split(',').find_map(|one| {
        let mut parts = one.split(';');
        if !parts.next()?.trim().eq_ignore_ascii_case("Q.850") {
            return None;
        }
        parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("cause") { value.trim().parse().ok() } else { None }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::*;

    fn of(status: u16, reason: &str) -> Outcome {
        let reasons = if reason.is_empty() { vec![] } else { vec![reason.to_owned()] };
        outcome_of(&Refusal { status: Some(status), reasons })
    }

    #[test]
    fn every_status_has_its_outcome() {
        let table = [
            (486, Busy),
            (600, Busy),
            (404, NumberNotAssigned),
            (604, NumberNotAssigned),
            (484, NumberInvalid),
            (410, NumberChanged),
            (301, NumberChanged),
            (403, Refused),
            (603, Refused),
            (488, Refused),
            (606, Refused),
            (423, Refused),
            (699, Refused),
            (480, Unavailable),
            (302, Unavailable),
            (408, NoAnswer),
            (487, NoAnswer),
            (500, NoCircuit),
            (502, NoCircuit),
            (503, NoCircuit),
            (504, NoCircuit),
            (401, LineUnauthorized),
            (407, LineUnauthorized),
            (400, LineFailed),
            (482, LineFailed),
            (513, LineFailed),
            (599, LineFailed),
        ];
        for (status, outcome) in table {
            assert_eq!(of(status, ""), outcome, "{status}");
        }
        assert_eq!(outcome_of(&Refusal { status: None, reasons: vec![] }), LineFailed);
    }

    #[test]
    fn an_isdn_cause_goes_before_the_status() {
        let table = [
            (480, "Q.850;cause=17", Busy),
            (503, "Q.850 ; cause=17 ; text=\"User busy\"", Busy),
            (500, "q.850;cause=1", NumberNotAssigned),
            (404, "Q.850;cause=28", NumberInvalid),
            (480, "Q.850;cause=34", NoCircuit),
            (480, "Q.850;cause=38", NoCircuit),
            (480, "Q.850;cause=42", NoCircuit),
            (480, "Q.850;cause=18", NoAnswer),
            (480, "Q.850;text=\"no answer\";cause=19", NoAnswer),
            (404, "Q.850;cause=22", NumberChanged),
            (480, "Q.850;cause=21", Refused),
            (480, "SIP;cause=486, Q.850;cause=27", Unavailable),
        ];
        for (status, reason, outcome) in table {
            assert_eq!(of(status, reason), outcome, "{status} {reason}");
        }
    }

    #[test]
    fn a_refusal_keeps_its_cause_whatever_it_means() {
        let cause = |reasons: &[&str]| {
            let reasons = reasons.iter().map(|&reason| reason.to_owned()).collect();
            cause_of(&Refusal { status: Some(480), reasons })
        };
        assert_eq!(cause(&["Q.850;cause=16"]), Some(16));
        assert_eq!(cause(&["SIP;cause=480", "Q.850;cause=34"]), Some(34));
        assert_eq!(cause(&["Q.850;cause=300"]), None);
        assert_eq!(cause(&[]), None);
    }

    #[test]
    fn a_reason_that_says_nothing_leaves_the_status() {
        for reason in ["Q.850;cause=16", "SIP;cause=17", "Q.850;cause=x", "Q.850", ";;;=", "cause=17"] {
            assert_eq!(of(486, reason), Busy, "{reason}");
            assert_eq!(of(480, reason), Unavailable, "{reason}");
        }
        assert_eq!(of(407, "Q.850;cause=17"), LineUnauthorized);
    }
}
