//! A call that rings: how long, and what it was if it came to nothing.

use std::time::{Duration, Instant};

use ferrofax_fax::outcome::Outcome;
use tokio_util::sync::CancellationToken;

use super::sip::{Dialed, Dialing, Leg};
use super::verdict::{Refusal, outcome_of};

/// How long we wait for the end of an INVITE we have cancelled, when somebody wants their answer.
const CANCEL_WAIT: Duration = Duration::from_secs(5);

pub(super) enum Rung {
    Answered(Box<Leg>, Vec<u8>),
    Ended { outcome: Outcome, refusal: Refusal },
}

/// How long a call may ring, by the wall clock.
pub(super) struct Patience {
    /// What the line allows.
    pub(super) line: Duration,
    /// What the call allows.
    pub(super) order: Option<Duration>,
}

impl Patience {
    fn span(&self) -> Duration {
        self.order.map_or(self.line, |order| order.min(self.line))
    }

    /// What a call is that was given up. A trunk says 100 by itself; only ringing comes from the far end.
    fn ran_out(&self, rang: bool, heard: bool) -> Outcome {
        let cut_short = self.order.is_some_and(|order| order < self.line);
        match (rang || cut_short, heard) {
            (true, _) => Outcome::NoAnswer,
            (false, true) => Outcome::NoReaction,
            (false, false) => Outcome::LineFailed,
        }
    }
}

/// Waits for the call to be answered or to end otherwise.
pub(super) async fn ring(dialing: &mut Dialing, patience: Patience, cancel: [&CancellationToken; 2]) -> Rung {
    let mut give_up_at = Instant::now() + patience.span();
    let mut rang = false;
    // What the call ends as, once we have stopped it.
    let mut stopped: Option<Outcome> = None;
    loop {
        tokio::select! {
            biased;
            () = either(cancel), if stopped != Some(Outcome::Cancelled) => {
                stopped = Some(Outcome::Cancelled);
                give_up_at = Instant::now() + CANCEL_WAIT;
                dialing.cancel();
            }
            news = dialing.next() => match news {
                Dialed::Progress => rang = true,
                Dialed::Answered(leg, answer) => return Rung::Answered(leg, answer),
                Dialed::HungUp => {
                    stopped.get_or_insert(Outcome::Refused);
                    give_up_at = Instant::now() + CANCEL_WAIT;
                    dialing.cancel();
                }
                Dialed::Refused(refusal) => return judge(refusal, stopped),
            },
            () = tokio::time::sleep_until(give_up_at.into()) => match stopped.take() {
                // Nobody confirms the CANCEL.
                Some(outcome) => return Rung::Ended { outcome, refusal: Refusal::default() },
                None => {
                    stopped = Some(patience.ran_out(rang, dialing.was_heard()));
                    give_up_at = Instant::now() + CANCEL_WAIT;
                    dialing.cancel();
                }
            },
        }
    }
}

async fn either([one, other]: [&CancellationToken; 2]) {
    tokio::select! {
        () = one.cancelled() => {}
        () = other.cancelled() => {}
    }
}

fn judge(refusal: Refusal, stopped: Option<Outcome>) -> Rung {
    let outcome = match stopped {
        // A real refusal that crossed our CANCEL says more than that we stopped waiting.
        Some(Outcome::NoAnswer | Outcome::NoReaction | Outcome::LineFailed)
            if refusal.status.is_some_and(|s| s >= 300 && s != 487 && s != 408) =>
        {
            outcome_of(&refusal)
        }
        Some(outcome) => outcome,
        None => outcome_of(&refusal),
    };
    Rung::Ended { outcome, refusal }
}
