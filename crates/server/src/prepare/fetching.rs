//! Documents by URL: claim a job that has some, fetch what is not here yet, settle. Then it waits to be prepared like any other.
//!
//! This has loops of its own, as strangers' servers may take their time, and must not keep documents that are here from being
//! rendered. What was fetched is stored at once; a document that can't be had now is asked for again later, until its job's tries
//! are used up. Then, or when asking again can't help, the job ends with the reason.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{LEASE, PAUSE, keep};
use crate::fetch::{FetchError, Fetcher};
use crate::jobs::ApiStatus;
use crate::store::{PreparationClaim, Stage, Store, StoreError};

/// The stage and what it needs.
#[derive(Debug)]
pub struct Fetch {
    pub store: Store,
    pub fetcher: Fetcher,
    pub retries: Retries,
    /// Our name on claims.
    pub owner: String,
}

/// How often documents are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retries {
    /// At least one.
    pub tries_max: u32,
    /// After the first try; twice as long after the second, and so on.
    pub pause: Duration,
}

impl Retries {
    /// When to try again that has been tried so often; none when that is often enough.
    fn next(&self, tried: u32, now: Timestamp) -> Option<Timestamp> {
        if tried >= self.tries_max {
            return None;
        }
        let doublings = tried.saturating_sub(1).min(16);
        Some(now.checked_add(self.pause.saturating_mul(1 << doublings)).unwrap_or(now))
    }
}

/// Why a job does not have its documents.
enum Failure {
    Document { number: u32, error: FetchError },
    Store(StoreError),
}

impl Fetch {
    /// Fetches for one job after the other until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut bell = self.store.bell(Stage::Prepare);
        while !stop.is_cancelled() {
            bell.mark_unchanged();
            let now = Timestamp::now();
            let wait = match self.store.claim_fetch(&self.owner, now, LEASE).await {
                Ok(Some(claim)) => {
                    tokio::select! {
                        () = self.settle(claim) => {}
                        // The next run takes it up again.
                        () = stop.cancelled() => {}
                    }
                    continue;
                }
                Ok(None) => match self.store.next_fetch(now).await {
                    Ok(due) => due.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default()),
                    Err(_) => Some(PAUSE),
                },
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "no job could be claimed to fetch documents for"
                    );
                    Some(PAUSE)
                }
            };
            tokio::select! {
                _ = bell.changed() => {}
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn settle(&self, claim: PreparationClaim) {
        let job = claim.job.clone();
        let fetched = tokio::select! {
            fetched = self.fetch(&claim) => fetched,
            () = keep(&self.store, &claim) => return,
        };
        let now = Timestamp::now();
        let settled = match fetched {
            Ok(()) => self.store.settle_fetched(claim).await,
            Err(Failure::Document { number, error }) => {
                let again = self.retries.next(claim.fetches + 1, now).filter(|_| error.again_can_help());
                let again_in = again.map(|again| again.duration_since(now).as_secs());
                tracing::info!(job.id = %job, document = number, error = %error, again_in_s = again_in, "a document of job {job} can't be fetched");
                match again {
                    Some(again) => self.store.put_off_fetch(claim, again).await,
                    None => {
                        let reason = format!("document {}: {error}", number + 1);
                        self.store.settle_unpreparable(claim, ApiStatus::MissingFaxFile, &reason, now).await
                    }
                }
            }
            Err(Failure::Store(error)) => Err(error),
        };
        if let Err(error) = settled {
            let error = &error as &dyn std::error::Error;
            tracing::error!(job.id = %job, error, "what came of fetching documents for job {job} could not be stored");
        }
    }

    async fn fetch(&self, claim: &PreparationClaim) -> Result<(), Failure> {
        for document in claim.documents.iter().filter(|document| document.is_to_fetch()) {
            let Some(url) = &document.url else { continue };
            let data = self.fetcher.get(url).await;
            let data = data.map_err(|error| Failure::Document { number: document.number, error })?;
            self.store.keep_fetched(claim, document, data).await.map_err(Failure::Store)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_twice_as_long() {
        let retries = Retries { tries_max: 3, pause: Duration::from_secs(60) };
        let now = Timestamp::UNIX_EPOCH;
        let seconds = |tried| retries.next(tried, now).map(|next| next.as_second());
        assert_eq!([1, 2, 3, 4].map(seconds), [Some(60), Some(120), None, None]);
    }
}
