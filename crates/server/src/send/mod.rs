//! The stage that calls: claim a delivery, compose its own pages, place its call, settle what became of it.
//!
//! Each [`Way`] out has its own loop and its own number of channels. A call stops at every page until the store has on disk what
//! just became true (architecture decision 12): first that the page is in doubt, then that it is confirmed. What comes after
//! the call is decided by [`crate::jobs::decide`] alone. Where the pages can't be composed there is no call, and no attempt on
//! record; [`crate::jobs::uncomposed`] decides then.

mod own;

use std::sync::Arc;
use std::time::Duration;

use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::StoredPage;
use ferrofax_fax::t30::{self, Event, Role, Task};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use own::{GatherError, gather};

use crate::compose::{ComposeError, Composer};
use crate::jobs::{Policy, decide, uncomposed};
use crate::line::loopback::Loopback;
use crate::line::{CallRecord, GiveUp, Line, Number, Observer, Order, Speed, Story};
use crate::store::{AttemptResult, DeliveryClaim, Stage, Store, StoreError};

/// How long a claim holds without being extended.
const LEASE: Duration = Duration::from_secs(60);
/// How long to wait after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

/// An open line with a name and a number of channels.
#[derive(Debug)]
pub struct Way {
    pub name: String,
    pub channels: usize,
    pub kind: WayKind,
}

#[derive(Debug)]
pub enum WayKind {
    /// Built-in far machines.
    Loopback(Loopback),
    /// A trunk.
    Trunk(Line),
}

impl Way {
    fn line(&self) -> &Line {
        match &self.kind {
            WayKind::Loopback(loopback) => loopback.line(),
            WayKind::Trunk(line) => line,
        }
    }

    /// 1 on real lines.
    pub fn speed(&self) -> Speed {
        self.line().speed()
    }
}

/// When to stop: first no new calls, then those that run.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Claim nothing more.
    pub claiming: CancellationToken,
    /// End running calls properly; their deliveries wait for another.
    pub calls: CancellationToken,
}

/// The stage and what it needs.
#[derive(Clone, Debug)]
pub struct Send {
    pub store: Store,
    pub composer: Arc<Composer>,
    /// Our name on claims.
    pub owner: String,
    pub policy: Policy,
    pub stop: Stop,
}

impl Send {
    /// Calls on this way until told to stop; returns when the last call has been settled.
    pub async fn run(&self, way: Arc<Way>) {
        let channels = Arc::new(Semaphore::new(way.channels));
        let calls = TaskTracker::new();
        let mut bell = self.store.bell(Stage::Send);
        loop {
            let channel = tokio::select! {
                channel = channels.clone().acquire_owned() => channel,
                () = self.stop.claiming.cancelled() => break,
            };
            bell.mark_unchanged();
            let claimed = self.store.claim_delivery(&self.owner, Timestamp::now(), LEASE, &way.name).await;
            let wait = match claimed {
                Ok(Some(claim)) => {
                    let (stage, way) = (self.clone(), way.clone());
                    calls.spawn(async move {
                        stage.call(&way, claim).await;
                        drop(channel);
                    });
                    continue;
                }
                Ok(None) => self.until_due(&way.name).await,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, line = way.name, "no delivery could be claimed");
                    Some(PAUSE)
                }
            };
            drop(channel);
            tokio::select! {
                _ = bell.changed() => {}
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)) => {}
                () = self.stop.claiming.cancelled() => break,
            }
        }
        calls.close();
        calls.wait().await;
    }

    /// How long until a delivery on this line becomes due by itself.
    async fn until_due(&self, line: &str) -> Option<Duration> {
        let now = Timestamp::now();
        match self.store.next_due(line, now).await {
            Ok(due) => due.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default()),
            Err(_) => Some(PAUSE),
        }
    }

    /// One call, and what follows from it.
    async fn call(&self, way: &Way, claim: DeliveryClaim) {
        let composed = tokio::select! {
            composed = self.compose(&claim) => composed,
            () = self.keep(&claim) => return,
        };
        let (claim, pages) = match composed {
            Ok(composed) => composed,
            Err(error) => return self.settle_uncomposed(claim, &error).await,
        };
        let record = tokio::select! {
            record = self.place(way, &claim, pages) => record,
            // The call is dropped, which hangs up.
            () = self.keep(&claim) => return,
        };
        let mut result = record.map_or_else(|| failed(Timestamp::now()), result);
        if result.outcome == Outcome::Cancelled && self.stop.calls.is_cancelled() {
            result.outcome = Outcome::Interrupted;
        }
        self.settle(claim, result).await;
    }

    /// The pages of this call, as they stand on record.
    async fn compose(&self, claim: &DeliveryClaim) -> Result<(DeliveryClaim, Vec<Arc<StoredPage>>), NotComposed> {
        let fax = gather(&self.store, claim, Timestamp::now()).await?;
        let composed = self.composer.compose(fax).await?;
        let (cover_pages, warnings) = (composed.cover_pages, &composed.warnings);
        let claim = self.store.record_composed(claim.clone(), cover_pages, warnings).await?;
        Ok((claim, composed.pages))
    }

    async fn settle_uncomposed(&self, claim: DeliveryClaim, error: &NotComposed) {
        let job = claim.job.clone();
        if matches!(error, NotComposed::Store(StoreError::Stale)) {
            return;
        }
        let refusal = error.refusal();
        match &refusal {
            Some(_) => tracing::info!(job.id = %job, "the pages of a recipient of job {job} can't be composed"),
            None => {
                let error = error as &dyn std::error::Error;
                tracing::error!(job.id = %job, error, "composing pages of job {job} failed");
            }
        }
        let now = Timestamp::now();
        let next = uncomposed(refusal.as_deref(), claim.uncomposed, &self.policy, now);
        let settled = self.store.settle_uncomposed(claim, next, now).await;
        if let Err(error) = settled {
            // The claim runs out, and the delivery is tried again.
            let error = &error as &dyn std::error::Error;
            tracing::error!(job.id = %job, error, "a recipient of job {job} without pages can't be stored");
        }
    }

    /// `None`: the call could not even begin.
    async fn place(&self, way: &Way, claim: &DeliveryClaim, pages: Vec<Arc<StoredPage>>) -> Option<CallRecord> {
        let local_id = t30::local_id(claim.csid.as_deref().unwrap_or_default());
        let number = Number::new(&claim.dial)?;
        let order = Order {
            number,
            config: t30::Config::new(Role::Caller, Task::Send(pages), local_id),
            speed: way.speed(),
            job: claim.job.to_string(),
            attempt: format!("{}/{}", claim.delivery, claim.attempt),
        };
        let mut commits = Commits { store: &self.store, claim };
        Some(way.line().place(order, &mut commits, self.stop.calls.clone()).await)
    }

    /// Extends the claim for as long as it is ours. Returns when somebody else may have it: then nothing of this call counts.
    async fn keep(&self, claim: &DeliveryClaim) {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            let extended = self.store.extend_delivery_lease(claim, Timestamp::now(), LEASE).await;
            if matches!(extended, Err(StoreError::Stale)) {
                let job = &claim.job;
                tracing::warn!(job.id = %job, "lost the claim on a delivery of job {job}; its call is dropped");
                return;
            }
        }
    }

    /// Stores the end of a call, for as long as that takes: the outcome of a real call is not thrown away because a disk is full.
    async fn settle(&self, claim: DeliveryClaim, result: AttemptResult) {
        let job = claim.job.clone();
        loop {
            let settled = self.settle_once(&claim, &result).await;
            match settled {
                Ok(()) => return,
                Err(StoreError::Stale) => {
                    tracing::warn!(job.id = %job, "a call for job {job} ended after its claim was lost");
                    return;
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(job.id = %job, error, "the end of a call for job {job} can't be stored; trying again");
                }
            }
            tokio::time::sleep(PAUSE).await;
            // Whether it still is ours is what the next round finds out.
            let _ = self.store.extend_delivery_lease(&claim, Timestamp::now(), LEASE).await;
        }
    }

    async fn settle_once(&self, claim: &DeliveryClaim, result: &AttemptResult) -> Result<(), StoreError> {
        let mut history = self.store.history(claim).await?;
        if result.outcome == Outcome::Interrupted {
            // The history is of calls that have ended; this one has now.
            history.interruptions += 1;
        }
        let next = decide(&result.outcome, &history, &self.policy, Timestamp::now());
        self.store.settle_attempt(claim.clone(), result.clone(), next).await
    }
}

/// Why there is no call.
#[derive(Debug, thiserror::Error)]
enum NotComposed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("what the pages are composed of can't be had")]
    Gather(#[from] GatherError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

impl NotComposed {
    /// What the customer is told; none where it is our fault.
    fn refusal(&self) -> Option<String> {
        match self {
            Self::Compose(error) => error.refusal(),
            Self::Store(_) | Self::Gather(_) => None,
        }
    }
}

/// Commits each page's state before the call goes on.
struct Commits<'a> {
    store: &'a Store,
    claim: &'a DeliveryClaim,
}

impl Observer for Commits<'_> {
    async fn observe(&mut self, event: Event, story: &Story) -> Result<(), GiveUp> {
        let first = self.claim.first_page;
        let committed = match event {
            // The first word of the far end: answered. A call cut off later still knows when.
            Event::RemoteId(_) => self.store.record_answered(self.claim, Timestamp::now()).await,
            Event::PageEnding { page } => self.store.record_page_ending(self.claim, first + page).await,
            Event::PageConfirmed { page } => {
                self.store.record_page_confirmed(self.claim, first + page, &story.ladder()).await
            }
            _ => return Ok(()),
        };
        committed.map_err(|error| {
            let job = &self.claim.job;
            tracing::error!(job.id = %job, error = &error as &dyn std::error::Error, "a page of job {job} could not be recorded");
            GiveUp
        })
    }
}

fn result(record: CallRecord) -> AttemptResult {
    AttemptResult {
        outcome: record.outcome,
        answered_at: record.answered_at,
        ended_at: record.ended_at,
        sip_status: record.sip_status,
        remote_id: record.remote_id,
        ladder: record.ladder,
    }
}

/// A call that never began, through a fault of ours.
fn failed(now: Timestamp) -> AttemptResult {
    AttemptResult {
        outcome: Outcome::Internal,
        answered_at: None,
        ended_at: now,
        sip_status: None,
        remote_id: None,
        ladder: ferrofax_fax::ladder::Ladder::default(),
    }
}
