//! The last stage: who asked for it is told that a job is finished, by HTTP push or by mail. Asking for the report needs no stage.
//!
//! A finished job has a notice in the store for each way it is told. [`Telling`] claims one after the other, has it told by a
//! [`Tell`], and settles: told, once more later ([`jobs::again`] says when), or given up. What was claimed and cut off is told
//! again: at least once, not exactly once. Every try stays on record.

pub mod mail;
pub mod proof;
pub mod push;
pub mod sent;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::jobs::{self, NoticeKind};
use crate::store::{AfterTry, FinishedJob, NoticeClaim, Stage, Store, StoreError, Tried};

/// How long a claim holds without being extended.
const LEASE: Duration = Duration::from_secs(60);
/// How long to wait after the store failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest sleep; clocks are set, and other processes write to the store.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// Tells somebody of a finished job.
pub trait Tell: Send + Sync + 'static {
    const KIND: NoticeKind;

    /// One try, bounded in time.
    fn tell(&self, job: FinishedJob) -> impl Future<Output = Answer> + Send;
}

/// What came of one try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub verdict: Verdict,
    /// What HTTP or SMTP answered.
    pub code: Option<u16>,
    /// For people; without secrets, numbers and addresses.
    pub result: String,
}

/// Whether somebody knows now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Told,
    /// The same try later can end better.
    NotNow,
    Never,
}

/// One way of telling, at work.
#[derive(Debug)]
pub struct Telling<T> {
    pub store: Store,
    pub tell: T,
    /// Our name on claims.
    pub owner: String,
    /// Told at the same time.
    pub at_once: usize,
}

impl<T: Tell> Telling<T> {
    /// Tells until told to stop; what is begun then is ended.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut bell = self.store.bell(Stage::Report);
        let (free, running) = (Arc::new(Semaphore::new(self.at_once)), TaskTracker::new());
        while !stop.is_cancelled() {
            let permit = tokio::select! {
                permit = free.clone().acquire_owned() => permit,
                () = stop.cancelled() => break,
            };
            bell.mark_unchanged();
            let pause = match self.store.claim_notice(T::KIND, &self.owner, Timestamp::now(), LEASE).await {
                Ok(Some(claim)) => {
                    let telling = self.clone();
                    running.spawn(async move {
                        telling.settle(claim).await;
                        drop(permit);
                    });
                    continue;
                }
                Ok(None) => self.until_due().await,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "no notice could be claimed");
                    PAUSE
                }
            };
            drop(permit);
            tokio::select! {
                _ = bell.changed() => {}
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
        running.close();
        running.wait().await;
    }

    async fn until_due(&self) -> Duration {
        let now = Timestamp::now();
        match self.store.next_notice(T::KIND, now).await {
            Ok(Some(due)) => Duration::try_from(due.duration_since(now)).unwrap_or_default().min(LOOK_AGAIN),
            _ => LOOK_AGAIN,
        }
    }

    async fn settle(&self, claim: NoticeClaim) {
        let job = claim.job.clone();
        let answer = tokio::select! {
            answer = self.answer(&claim) => answer,
            () = self.keep(&claim) => return,
        };
        let Answer { verdict, code, result } = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(job.id = %job, error, "telling of job {job} failed");
                Answer { verdict: Verdict::NotNow, code: None, result: "a fault of this system".to_owned() }
            }
        };
        let (ended_at, kind) = (Timestamp::now(), T::KIND.word());
        let again = jobs::again(T::KIND, claim.tries, claim.since, ended_at);
        let next = match (verdict, again) {
            (Verdict::Told, _) => AfterTry::Told,
            (Verdict::NotNow, Some(at)) => AfterTry::Again(at),
            (Verdict::NotNow, None) | (Verdict::Never, _) => AfterTry::Failed,
        };
        match next {
            AfterTry::Told => tracing::info!(job.id = %job, code, "{kind} of job {job}: told"),
            AfterTry::Again(_) => {
                tracing::info!(job.id = %job, code, result, "{kind} of job {job}: {result}; tried again");
            }
            AfterTry::Failed => {
                tracing::warn!(job.id = %job, code, result, "{kind} of job {job}: {result}; given up");
            }
        }
        if let Err(error) = self.store.settle_notice(claim, Tried { ended_at, code, result, next }).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(job.id = %job, error, "what came of telling of job {job} could not be stored");
        }
    }

    async fn answer(&self, claim: &NoticeClaim) -> Result<Answer, StoreError> {
        Ok(match self.store.finished(&claim.job).await? {
            Some(job) => self.tell.tell(job).await,
            None => Answer { verdict: Verdict::Never, code: None, result: "the job is gone".to_owned() },
        })
    }

    /// Extends the claim for as long as it is ours; returns when it is not.
    async fn keep(&self, claim: &NoticeClaim) {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            let extended = self.store.extend_notice_lease(claim, Timestamp::now(), LEASE).await;
            if matches!(extended, Err(StoreError::Stale)) {
                return;
            }
        }
    }
}
