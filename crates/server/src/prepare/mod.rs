//! The stage that turns documents into pages: claim a job, have its documents rendered in order by a child, settle.
//!
//! [`worker`] keeps the warm children that do the rendering, [`protocol`] is what is said between them and us. A document that
//! can't be rendered ends its job, with the reason; a fault of ours leaves the claim to run out, and the job is tried again.

pub mod convert;
pub mod protocol;
pub mod worker;

use std::time::Duration;

use ferrofax_api::job::{self, DocumentKind};
use ferrofax_fax::page::{Resolution, StoredPage};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::jobs::{ApiStatus, Routes};
use crate::store::{PreparationClaim, Stage, Store, StoreError};
use protocol::{Job, Task};
use worker::{Pool, RenderError};

/// How long a claim holds without being extended.
const LEASE: Duration = Duration::from_secs(60);
/// How long to wait after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The stage and what it needs.
#[derive(Debug)]
pub struct Prepare {
    pub store: Store,
    pub pool: Pool,
    pub routes: Routes,
    /// Our name on claims.
    pub owner: String,
    /// Pages of one fax.
    pub pages_max: u32,
    /// For one document.
    pub document_time_max: Duration,
}

impl Prepare {
    /// Prepares one job after the other until told to stop. Run as many of it as there are children.
    pub async fn run(&self, stop: CancellationToken) {
        let mut bell = self.store.bell(Stage::Prepare);
        while !stop.is_cancelled() {
            bell.mark_unchanged();
            match self.store.claim_preparation(&self.owner, Timestamp::now(), LEASE).await {
                Ok(Some(claim)) => self.settle(claim).await,
                Ok(None) => {
                    tokio::select! {
                        _ = bell.changed() => {}
                        () = stop.cancelled() => {}
                    }
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "no job could be claimed to be prepared");
                    tokio::select! {
                        () = tokio::time::sleep(PAUSE) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
    }

    async fn settle(&self, claim: PreparationClaim) {
        let job = claim.job.clone();
        let rendered = tokio::select! {
            rendered = self.pages(&claim) => rendered,
            () = self.keep(&claim) => return,
        };
        let now = Timestamp::now();
        let settled = match rendered {
            Ok(pages) => {
                tracing::info!(job.id = %job, pages = pages.len(), "prepared job {job}, {} pages", pages.len());
                self.store.settle_prepared(claim, pages, &self.routes, now).await
            }
            Err(Failure::Document(status, reason)) => {
                tracing::info!(job.id = %job, status = status.word(), "job {job} can't be prepared");
                self.store.settle_unpreparable(claim, status, &reason, now).await
            }
            Err(Failure::Ours(error)) => {
                tracing::error!(job.id = %job, error = &*error, "preparing job {job} failed; it is tried again");
                return;
            }
        };
        if let Err(error) = settled {
            let error = &error as &dyn std::error::Error;
            tracing::error!(job.id = %job, error, "what came of preparing job {job} could not be stored");
        }
    }

    /// Extends the claim for as long as it is ours; returns when it is not.
    async fn keep(&self, claim: &PreparationClaim) {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            let extended = self.store.extend_preparation_lease(claim, Timestamp::now(), LEASE).await;
            if matches!(extended, Err(StoreError::Stale)) {
                return;
            }
        }
    }

    /// The pages of all documents, in order.
    async fn pages(&self, claim: &PreparationClaim) -> Result<Vec<StoredPage>, Failure> {
        let paper = claim.rendering.paper.unwrap_or(claim.account.paper);
        let resolution = match claim.rendering.resolution.unwrap_or(claim.account.resolution) {
            job::Resolution::Low => Resolution::Standard,
            job::Resolution::High => Resolution::Fine,
        };
        let mut pages: Vec<StoredPage> = Vec::new();
        for document in &claim.documents {
            let bytes = self.store.document(&claim.job, document).await.map_err(|error| Failure::Ours(error.into()))?;
            let left = self.pages_max.saturating_sub(u32::try_from(pages.len()).unwrap_or(u32::MAX));
            let job = Job {
                task: Task::Document { kind: document.kind, charset: document.charset, paper, resolution },
                pages_max: left,
                cpu_seconds_max: self.document_time_max.as_secs().max(1),
            };
            let rendered = self.pool.render(&job, &bytes).await;
            let rendered = rendered.map_err(|error| Failure::new(error, document.number, document.kind))?;
            for warning in &rendered.warnings {
                let job = &claim.job;
                tracing::warn!(job.id = %job, warning = warning.code(), "job {job}: {warning}");
            }
            pages.extend(rendered.pages);
        }
        Ok(pages)
    }
}

/// Why a job has no pages.
enum Failure {
    /// Trying again would not help.
    Document(ApiStatus, String),
    Ours(Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    fn new(error: RenderError, document: u32, kind: DocumentKind) -> Failure {
        let status = match (&error, kind) {
            (RenderError::Ours(_), _) => return Failure::Ours(error.into()),
            (RenderError::Refused(protocol::Refusal::Damaged { .. }), DocumentKind::Tiff) => ApiStatus::TiffPageErr,
            _ => ApiStatus::RenderingError,
        };
        Failure::Document(status, format!("document {}: {error}", document + 1))
    }
}
