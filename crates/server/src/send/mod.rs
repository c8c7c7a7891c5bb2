//! The stage that calls: claim a delivery, compose its own pages, place its call, settle what became of it.
//!
//! Each [`Way`] out has its own loop and its own number of channels. A call stops at every page until the store has on disk what
//! just became true (architecture decision 12): first that the page is in doubt, then that it is confirmed. What comes after
//! the call is decided by [`crate::jobs::decide`] alone. Where the pages can't be composed there is no call, and no attempt on
//! record; [`crate::jobs::uncomposed`] decides then.

mod load;
mod own;

use std::sync::Arc;
use std::time::Duration;

use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::StoredPage;
use ferrofax_fax::t30::{self, Role, Task};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use load::{Commits, Fate, Load};
pub use own::{GatherError, gather, own};

use crate::compose::{ComposeError, Composer};
use crate::failpoint;
use crate::jobs::{Policy, decide, uncomposed};
use crate::line::loopback::Loopback;
use crate::line::{CallRecord, Line, Number, Order, Speed};
use crate::store::{AttemptResult, DeliveryClaim, Stage, Store, StoreError};

/// How long a claim holds without being extended.
const LEASE: Duration = Duration::from_secs(60);
/// How often to look for work without being woken: another process may have released some, or the clock was set.
const LOOK: Duration = Duration::from_secs(2);
/// How often a running call is asked about; it may have been cancelled.
const WATCH: Duration = Duration::from_secs(1);
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
    /// End running calls behind the page they are at; their deliveries wait for another.
    pub pages: CancellationToken,
    /// End them as soon as the protocol allows.
    pub calls: CancellationToken,
}

/// The stage and what it needs.
#[derive(Clone, Debug)]
pub struct Send {
    pub store: Store,
    pub composer: Arc<Composer>,
    /// Our name on claims.
    pub owner: String,
    pub policy: Arc<Policy>,
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
            let claimed = self.claim(&way.name).await;
            let wait = match claimed {
                Ok(Some(claim)) => {
                    failpoint::reach("claimed");
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
                () = tokio::time::sleep(wait.map_or(LOOK, |wait| wait.min(LOOK))) => {}
                () = self.stop.claiming.cancelled() => break,
            }
        }
        calls.close();
        calls.wait().await;
    }

    async fn claim(&self, line: &str) -> Result<Option<DeliveryClaim>, StoreError> {
        self.store.claim_delivery(&self.owner, Timestamp::now(), LEASE, line, &self.policy).await
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
        let Some((loads, pages)) = self.load(claim).await else { return };
        failpoint::reach("composed");
        let end = self.stop.calls.child_token();
        let mut commits = Commits::new(&self.store, &loads);
        let record = tokio::select! {
            record = self.place(way, &loads, pages, &mut commits, &end) => record,
            // The call is dropped, which hangs up.
            () = self.keep(loads.iter().map(|load| &load.claim)) => return,
            () = self.watch(&loads, &end) => return,
        };
        failpoint::reach("call-ended");
        let confirmed = commits.confirmed;
        let mut result = record.map_or_else(|| failed(Timestamp::now()), result);
        if result.outcome == Outcome::Cancelled && self.stop.pages.is_cancelled() {
            result.outcome = Outcome::Interrupted;
        }
        for load in loads {
            match load.fate(confirmed) {
                Fate::Arrived => {
                    self.settle(load.claim, AttemptResult { outcome: Outcome::Sent, ..result.clone() }).await
                }
                Fate::Called => self.settle(load.claim, result.clone()).await,
                Fate::Unbegun => self.settle_unbegun(load.claim).await,
            }
        }
    }

    /// What the call carries, composed; none if there is nothing to call for.
    async fn load(&self, claim: DeliveryClaim) -> Option<(Vec<Load>, Vec<Arc<StoredPage>>)> {
        let mut claims = vec![claim];
        if let [claim] = &claims[..]
            && claim.shares
        {
            let companions =
                self.store.claim_companions(claim, &self.owner, Timestamp::now(), LEASE, &self.policy).await;
            claims.extend(companions.unwrap_or_default());
        }
        let (mut loads, mut all) = (Vec::<Load>::new(), Vec::new());
        for (index, claim) in claims.iter().enumerate() {
            let ours = loads.iter().map(|load| &load.claim).chain(claims.iter().skip(index));
            let composed = tokio::select! {
                composed = self.compose(claim) => composed,
                () = self.keep(ours) => return None,
            };
            match composed {
                Ok((claim, pages)) => {
                    let count = |pages: usize| u32::try_from(pages).unwrap_or(u32::MAX);
                    loads.push(Load { claim, first: count(all.len()), pages: count(pages.len()) });
                    all.extend(pages);
                }
                Err(error) => self.settle_uncomposed(claim.clone(), &error).await,
            }
        }
        (!loads.is_empty()).then_some((loads, all))
    }

    async fn settle_unbegun(&self, claim: DeliveryClaim) {
        let job = claim.job.clone();
        if let Err(error) = self.store.settle_unbegun(claim, &self.policy, Timestamp::now()).await {
            // The claim runs out, and counts as interrupted.
            let error = &error as &dyn std::error::Error;
            tracing::error!(job.id = %job, error, "a fax of job {job} that was not begun can't be stored");
        }
    }

    /// The pages of this call, as they stand on record.
    async fn compose(&self, claim: &DeliveryClaim) -> Result<(DeliveryClaim, Vec<Arc<StoredPage>>), NotComposed> {
        let fax = gather(&self.store, claim).await?;
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
        let settled = self.store.settle_uncomposed(claim, next, &self.policy, now).await;
        if let Err(error) = settled {
            // The claim runs out, and the delivery is tried again.
            let error = &error as &dyn std::error::Error;
            tracing::error!(job.id = %job, error, "a recipient of job {job} without pages can't be stored");
        }
    }

    /// `None`: the call could not even begin.
    async fn place(
        &self,
        way: &Way,
        loads: &[Load],
        pages: Vec<Arc<StoredPage>>,
        commits: &mut Commits<'_>,
        end: &CancellationToken,
    ) -> Option<CallRecord> {
        let claim = &loads.first()?.claim;
        let local_id = t30::local_id(claim.csid.as_deref().unwrap_or_default());
        let number = Number::new(&claim.dial)?;
        let order = Order {
            number,
            config: as_claimed(t30::Config::new(Role::Caller, Task::Send(pages), local_id), claim),
            speed: way.speed(),
            // When the job's time is over while it rings, nobody is to answer any more.
            finish: self.stop.pages.clone(),
            ring_max: Duration::try_from(claim.valid_until.duration_since(Timestamp::now())).ok(),
            job: claim.job.to_string(),
            attempt: format!("{}/{}", claim.delivery, claim.attempt),
        };
        Some(way.line().place(order, commits, end.clone()).await)
    }

    /// Extends the claims for as long as they are ours. Returns when somebody else may have one: then nothing of this call counts.
    async fn keep<'a>(&self, claims: impl Iterator<Item = &'a DeliveryClaim> + Clone) {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            for claim in claims.clone() {
                let extended = self.store.extend_delivery_lease(claim, Timestamp::now(), LEASE).await;
                if matches!(extended, Err(StoreError::Stale)) {
                    let job = &claim.job;
                    tracing::warn!(job.id = %job, "lost the claim on a delivery of job {job}; its call is dropped");
                    return;
                }
            }
        }
    }

    /// Ends the call when somebody cancels one of its faxes, from this process or another. Never returns.
    async fn watch(&self, loads: &[Load], end: &CancellationToken) {
        loop {
            tokio::time::sleep(WATCH).await;
            for load in loads {
                if matches!(self.store.is_cancelled(&load.claim.delivery).await, Ok(true)) {
                    end.cancel();
                }
            }
        }
    }

    /// Stores the end of a call, for as long as that takes: the outcome of a real call is not thrown away because a disk is full.
    async fn settle(&self, claim: DeliveryClaim, result: AttemptResult) {
        let job = claim.job.clone();
        loop {
            let settled = self.settle_once(&claim, &result).await;
            match settled {
                Ok(()) => {
                    failpoint::reach("settled");
                    return;
                }
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
        let history = self.store.history(claim).await?;
        let next = decide(&result.end(), &history, &self.policy, Timestamp::now());
        self.store.settle_attempt(claim.clone(), result.clone(), next, &self.policy).await
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

/// No faster than the claim has it, as long as a modem is left; without error correction where that does harm.
fn as_claimed(mut config: t30::Config, claim: &DeliveryClaim) -> t30::Config {
    config.ecm = claim.ecm;
    if let Some(most) = claim.bit_rate_max
        && config.modems.iter().any(|modem| modem.rate_bps() <= most)
    {
        config.modems.retain(|modem| modem.rate_bps() <= most);
    }
    config
}

fn result(record: CallRecord) -> AttemptResult {
    AttemptResult {
        t38_refused: record.t38_refused,
        outcome: record.outcome,
        answered_at: record.answered_at,
        ended_at: record.ended_at,
        sip_status: record.sip_status,
        q850: record.q850.map(u16::from),
        bit_rate: record.session.as_ref().map(|session| session.modem.rate_bps()),
        ecm: record.session.as_ref().map(|session| session.ecm),
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
        q850: None,
        bit_rate: None,
        ecm: None,
        t38_refused: false,
        remote_id: None,
        ladder: ferrofax_fax::ladder::Ladder::default(),
    }
}
