//! The stage that turns documents into pages: claim a job, have its documents rendered in order by a child, lay them out, settle.
//!
//! [`worker`] keeps the warm children that do the rendering, [`protocol`] is what is said between them and us, [`resources`] fetches
//! what HTML refers to. All of it happens
//! once for a job, however many recipients it has: what differs between them comes later, in [`crate::compose`]. A document that
//! can't be rendered ends its job, with the reason; a fault of ours leaves the claim to run out, and the job is tried again.

pub mod convert;
pub mod fetching;
pub mod layout;
pub mod mark;
pub mod protocol;
pub mod resources;
pub mod worker;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::job::{self, Charset, DocumentKind, Paper};
use ferrofax_fax::page::{Resolution, StoredPage};
use ferrofax_template::header::Header;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::failpoint;
use crate::jobs::{ApiStatus, Makeup, Policy};
use crate::store::{BlankPages, PreparationClaim, Prepared, Stage, Store, StoreError};
use convert::Converters;
use layout::{LayoutError, Overlay};
use protocol::{Job, Refusal, Task};
use worker::{Pool, RenderError, Rendered};

/// How long a claim holds without being extended.
const LEASE: Duration = Duration::from_secs(60);
/// How long to wait after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The stage and what it needs.
#[derive(Debug)]
pub struct Prepare {
    pub store: Store,
    pub renderer: Arc<Renderer>,
    pub policy: Arc<Policy>,
    /// Our name on claims.
    pub owner: String,
}

/// Makes pages of documents.
#[derive(Debug)]
pub struct Renderer {
    pub pool: Pool,
    pub converters: Converters,
    /// Pages of one fax.
    pub pages_max: u32,
    /// For one document.
    pub document_time_max: Duration,
}

/// The sheet a fax is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sheet {
    pub paper: Paper,
    pub resolution: Resolution,
}

impl Sheet {
    pub fn new(paper: Paper, resolution: job::Resolution) -> Sheet {
        let resolution = match resolution {
            job::Resolution::Low => Resolution::Standard,
            job::Resolution::High => Resolution::Fine,
        };
        Sheet { paper, resolution }
    }
}

impl Renderer {
    /// A document's pages, at most `pages_max`.
    pub async fn document(
        &self,
        (kind, charset): (DocumentKind, Charset),
        bytes: &[u8],
        sheet: Sheet,
        pages_max: u32,
    ) -> Result<Rendered, RenderError> {
        if let Some(what) = mark::mismatch(kind, bytes) {
            return Err(RenderError::Refused(Refusal::OtherKind { what }));
        }
        let Sheet { paper, resolution } = sheet;
        let (kind, converted) = if Converters::needed(kind) {
            (DocumentKind::Pdf, Some(self.converters.convert(kind, bytes).await?))
        } else {
            (kind, None)
        };
        let job = Job {
            task: Task::Document { kind, charset, paper, resolution },
            pages_max,
            cpu_seconds_max: self.document_time_max.as_secs().max(1),
        };
        self.pool.render(&job, converted.as_deref().unwrap_or(bytes)).await
    }

    /// What all recipients of a fax get: the pages of all its documents in order, laid out. Each document says what it is and
    /// brings its bytes when they are wanted, one after the other. Warnings count pages from the documents' first.
    pub async fn documents<'a, B, E>(
        &self,
        documents: Vec<((DocumentKind, Charset), B)>,
        sheet: Sheet,
        finish: Finish,
    ) -> Result<Prepared, NotPrepared<E>>
    where
        B: Future<Output = Result<Cow<'a, [u8]>, E>>,
    {
        let (mut pages, mut warnings, mut count) = (Vec::new(), Vec::new(), 0_u32);
        for (number, (kind, bytes)) in documents.into_iter().enumerate() {
            let bytes = bytes.await.map_err(|error| NotPrepared::Bytes { number, error })?;
            let left = self.pages_max.saturating_sub(count);
            let rendered = self.document(kind, &bytes, sheet, left).await;
            let rendered = rendered.map_err(|error| NotPrepared::Document { number, error })?;
            warnings.extend(rendered.warnings.into_iter().map(|warning| warning.after(count)));
            count = count.saturating_add(u32::try_from(rendered.pages.len()).unwrap_or(u32::MAX));
            pages.push(rendered.pages);
        }
        let pages = tokio::task::spawn_blocking(move || finish.pages(pages)).await;
        let pages = pages.map_err(NotPrepared::CutOff)?.map_err(NotPrepared::Layout)?;
        Ok(Prepared { pages, warnings })
    }
}

/// Why a fax has no pages.
#[derive(Debug)]
pub enum NotPrepared<E> {
    /// A document's bytes can't be had.
    Bytes {
        /// From 0.
        number: usize,
        error: E,
    },
    /// A document can't be rendered.
    Document {
        /// From 0.
        number: usize,
        error: RenderError,
    },
    Layout(LayoutError),
    CutOff(tokio::task::JoinError),
}

/// Everything that makes pages of rendered documents.
#[derive(Clone, Debug, Default)]
pub struct Finish {
    pub blank_pages: BlankPages,
    pub overlay: Option<Overlay>,
    /// Lines of the header line; 0 for none.
    pub header_lines: u32,
    /// A cover page goes before them.
    pub cover: bool,
}

impl Finish {
    /// The fax's pages from those of its documents. Takes a few milliseconds a page.
    pub fn pages(&self, documents: Vec<Vec<StoredPage>>) -> Result<Vec<StoredPage>, LayoutError> {
        let documents = match self.blank_pages {
            BlankPages::Keep => documents,
            BlankPages::Suppress => layout::without_blank(documents),
        };
        let count = |pages: usize| u32::try_from(pages).unwrap_or(u32::MAX);
        let fax = Makeup {
            // How long it will be makes no difference to the pages after it.
            cover: u32::from(self.cover),
            documents: count(documents.iter().map(Vec::len).sum()),
            first_file: count(documents.first().map_or(0, Vec::len)),
        };
        let pages = documents.into_iter().flatten().collect();
        layout::lay_out(pages, fax.cover, fax, self.overlay.as_ref(), self.header_lines)
    }
}

impl Prepare {
    /// Prepares one job after the other until told to stop. Run as many of it as there are children.
    pub async fn run(&self, stop: CancellationToken) {
        let mut bell = self.store.bell(Stage::Prepare);
        while !stop.is_cancelled() {
            bell.mark_unchanged();
            match self.store.claim_preparation(&self.owner, Timestamp::now(), LEASE).await {
                Ok(Some(claim)) => {
                    failpoint::reach("claimed-to-prepare");
                    self.settle(claim).await;
                }
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
            () = keep(&self.store, &claim) => return,
        };
        failpoint::reach("rendered");
        let now = Timestamp::now();
        let settled = match rendered {
            Ok(prepared) => {
                let (documents, pages) = (claim.documents.len(), prepared.pages.len());
                tracing::info!(job.id = %job, documents, pages, "prepared job {job}, {pages} pages");
                self.store.settle_prepared(claim, prepared, &self.policy.routes, now).await
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
        failpoint::reach("prepared");
        if let Err(error) = settled {
            let error = &error as &dyn std::error::Error;
            tracing::error!(job.id = %job, error, "what came of preparing job {job} could not be stored");
        }
    }

    /// What all recipients get: the pages of all documents in order, laid out.
    async fn pages(&self, claim: &PreparationClaim) -> Result<Prepared, Failure> {
        let rendering = &claim.rendering;
        let paper = rendering.paper.unwrap_or(claim.account.paper);
        let sheet = Sheet::new(paper, rendering.resolution.unwrap_or(claim.account.resolution));
        let finish = self.finish(claim, paper).await?;
        let documents = claim.documents.iter().map(|document| {
            let bytes = async move { self.store.document(&claim.job, document).await.map(Cow::Owned) };
            ((document.kind, document.charset), bytes)
        });
        let prepared = self.renderer.documents(documents.collect(), sheet, finish).await;
        let prepared = prepared.map_err(|error| match error {
            NotPrepared::Bytes { error, .. } => error.into(),
            NotPrepared::Document { number, error } => {
                Failure::document(error, number, claim.documents.get(number).map(|document| document.kind))
            }
            NotPrepared::Layout(error @ LayoutError::Overlay { .. }) => {
                Failure::Document(ApiStatus::RenderingError, error.to_string())
            }
            NotPrepared::Layout(error) => Failure::Ours(error.into()),
            NotPrepared::CutOff(error) => Failure::Ours(error.into()),
        })?;
        for warning in &prepared.warnings {
            let job = &claim.job;
            // Its sentence may name a host, and so content.
            tracing::debug!(job.id = %job, warning = warning.code(), "job {job} has a warning");
        }
        Ok(prepared)
    }

    async fn finish(&self, claim: &PreparationClaim, paper: Paper) -> Result<Finish, Failure> {
        let ours = |what: &str| Failure::Ours(what.into());
        let overlay = match (&claim.rendering.overlay, &claim.stationery) {
            (Some(overlay), Some(stationery)) => {
                let pages = self.store.overlay_pages(stationery, &overlay.name, paper).await?;
                Some(Overlay { mode: overlay.mode, pages })
            }
            (Some(_), None) => return Err(ours("a job with an overlay is bound to no stationery")),
            (None, _) => None,
        };
        let header = claim.rendering.header.as_deref().map(Header::parse).transpose();
        let header = header.map_err(|error| Failure::Ours(error.into()))?;
        Ok(Finish {
            blank_pages: claim.account.blank_pages,
            overlay,
            header_lines: header.map_or(0, |header| header.lines()),
            cover: claim.rendering.cover.is_some(),
        })
    }
}

/// Extends the claim for as long as it is ours; returns when it is not.
async fn keep(store: &Store, claim: &PreparationClaim) {
    loop {
        tokio::time::sleep(LEASE / 3).await;
        let extended = store.extend_preparation_lease(claim, Timestamp::now(), LEASE).await;
        if matches!(extended, Err(StoreError::Stale)) {
            return;
        }
    }
}

/// Why a job has no pages.
enum Failure {
    /// Trying again would not help.
    Document(ApiStatus, String),
    Ours(Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    fn document(error: RenderError, number: usize, kind: Option<DocumentKind>) -> Failure {
        let status = match (&error, kind) {
            (RenderError::Ours(_), _) => return Failure::Ours(error.into()),
            (RenderError::Refused(Refusal::OtherKind { .. }), _) => ApiStatus::UnknownFaxFile,
            (RenderError::Refused(Refusal::Damaged { .. }), Some(DocumentKind::Tiff)) => ApiStatus::TiffPageErr,
            _ => ApiStatus::RenderingError,
        };
        Failure::Document(status, format!("document {}: {error}", number + 1))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Ours(error.into())
    }
}
