//! From accepted to prepared: documents out, pages in.

use std::fmt;
use std::time::Duration;

use ferrofax_api::job::{Charset, DocumentKind, RenderingOptions};
use ferrofax_api::warning::Warning;
use ferrofax_fax::page::StoredPage;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use sha2::{Digest as _, Sha256};

use super::accounts::{self, Account};
use super::report::{close_deliveries, finish_delivery};
use super::rows::{At, Json, Word, later};
use super::stationery::Stationery;
use super::writer::Tx;
use super::{ROW_BYTES_MAX, Stage, Store, StoreError};
use crate::blobs::{Blobs, Piece};
use crate::jobs::{ApiStatus, DeliveryState, JobId, Routes};

/// The only rendering so far: every recipient of a job gets the same pages.
pub(super) const VARIANT: u32 = 0;

/// The right and the duty to prepare a job, or to fetch its documents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreparationClaim {
    pub job: JobId,
    /// In the order they are joined. See [`Store::document`].
    pub documents: Vec<DocumentInfo>,
    pub rendering: RenderingOptions,
    /// What holds where the job says nothing.
    pub account: Account,
    /// What its cover page and overlay are taken from.
    pub stationery: Option<Stationery>,
    /// How often the job has been claimed to be prepared, this time included.
    pub preparations: u32,
    /// How often fetching its documents did not get everything.
    pub fetches: u32,
    lease_number: i64,
}

/// What all recipients of a job get.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prepared {
    /// None where the fax is a cover page alone.
    pub pages: Vec<StoredPage>,
    pub warnings: Vec<Warning>,
}

impl From<Vec<StoredPage>> for Prepared {
    fn from(pages: Vec<StoredPage>) -> Prepared {
        Prepared { pages, warnings: Vec::new() }
    }
}

/// A document but for its bytes. Its name and URL never appear in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentInfo {
    /// From 0.
    pub number: u32,
    pub name: String,
    pub kind: DocumentKind,
    pub charset: Charset,
    /// 0 before it is fetched.
    pub size: u64,
    /// Where it comes from, if not with the job.
    pub url: Option<String>,
    /// The lease under which it was fetched.
    fetched: Option<i64>,
    in_row: bool,
}

impl DocumentInfo {
    /// Its bytes are still to be fetched from its URL.
    pub fn is_to_fetch(&self) -> bool {
        self.url.is_some() && self.fetched.is_none()
    }
}

impl fmt::Debug for DocumentInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentInfo({}: {:?}, {} bytes)", self.number, self.kind, self.size)
    }
}

impl Store {
    /// The next job to be prepared, if there is one: express ones first, then the oldest. Its documents are all here.
    pub async fn claim_preparation(
        &self,
        owner: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<PreparationClaim>, StoreError> {
        self.claim_job(false, owner, now, lease).await
    }

    /// The next job with documents to be fetched, if there is one that is due.
    pub async fn claim_fetch(
        &self,
        owner: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<PreparationClaim>, StoreError> {
        self.claim_job(true, owner, now, lease).await
    }

    async fn claim_job(
        &self,
        to_fetch: bool,
        owner: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<PreparationClaim>, StoreError> {
        let (owner, expires, sealer) = (owner.to_owned(), later(now, lease)?, self.sealer.clone());
        self.writer
            .run(move |tx| {
                type Found = (PreparationClaim, String);
                let found: Option<Found> = tx
                    .connection
                    .prepare_cached(
                        "UPDATE jobs SET state = 'preparing', lease_owner = ?1, lease_expires_at = ?2,
                             lease_number = lease_number + 1, preparations = preparations + (to_fetch = 0)
                         WHERE id = (SELECT id FROM jobs
                             WHERE state = 'accepted' AND to_fetch = ?3 AND fetch_at <= ?4
                             ORDER BY priority DESC, id LIMIT 1)
                         RETURNING id, lease_number, preparations, fetches, rendering, customer, stationery",
                    )?
                    .query_row(params![owner, expires, to_fetch, At(now)], job_claim)
                    .optional()?;
                let Some((mut claim, customer)) = found else { return Ok(None) };
                claim.documents = documents(tx.connection, &claim.job)?;
                let customer = accounts::find(tx.connection, &sealer, &customer)?;
                claim.account = customer.ok_or_else(|| StoreError::internal("a job without a customer"))?.account;
                Ok(Some(claim))
            })
            .await
    }

    /// When the next job with documents to be fetched becomes due without anything else happening.
    pub async fn next_fetch(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.readers
            .run(move |connection| {
                let due: Option<At> = connection
                    .prepare_cached(
                        "SELECT min(fetch_at) FROM jobs WHERE state = 'accepted' AND to_fetch = 1 AND fetch_at > ?1",
                    )?
                    .query_row([At(now)], |row| row.get(0))?;
                Ok(due.map(|At(due)| due))
            })
            .await
    }

    /// Keeps a document that was fetched.
    pub async fn keep_fetched(
        &self,
        claim: &PreparationClaim,
        document: &DocumentInfo,
        data: Vec<u8>,
    ) -> Result<(), StoreError> {
        let (job, number, lease) = (claim.job.clone(), document.number, claim.lease_number);
        let blobs = self.blobs.clone();
        let task = tokio::task::spawn_blocking(move || {
            let large = (data.len() > ROW_BYTES_MAX).then_some(&*data);
            blobs.put(&job, large.map(|data| (Piece::Fetched { number, lease }, data)))?;
            let (size, sha256): (_, [u8; 32]) = (i64::try_from(data.len()), Sha256::digest(&data).into());
            let in_row = (data.len() <= ROW_BYTES_MAX).then_some(data);
            Ok::<_, StoreError>((size.map_err(StoreError::internal)?, sha256, in_row))
        });
        let (size, sha256, data) = task.await.map_err(StoreError::internal)??;
        let job = claim.job.clone();
        self.writer
            .run(move |tx| {
                let kept = tx
                    .connection
                    .prepare_cached(
                        "UPDATE documents SET data = ?3, size = ?4, sha256 = ?5, fetched = ?6
                         WHERE job = ?1 AND number = ?2 AND EXISTS (
                             SELECT 1 FROM jobs WHERE id = ?1 AND lease_number = ?6 AND state = 'preparing')",
                    )?
                    .execute(params![job.0, number, data, size, sha256, lease])?;
                if kept == 1 { Ok(()) } else { Err(StoreError::Stale) }
            })
            .await
    }

    /// Every document of the job is here: it waits to be prepared.
    pub async fn settle_fetched(&self, claim: PreparationClaim) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| {
                back_to_accepted(tx, &claim, "to_fetch = 0, fetch_at = 0", [])?;
                tx.wake(Stage::Prepare);
                Ok(())
            })
            .await
    }

    /// Not everything could be fetched: it is tried again at that time.
    pub async fn put_off_fetch(&self, claim: PreparationClaim, until: Timestamp) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| {
                back_to_accepted(tx, &claim, "fetches = fetches + 1, fetch_at = ?3", [At(until)])?;
                tx.wake(Stage::Prepare);
                Ok(())
            })
            .await
    }

    /// The bytes of a claimed job's document.
    pub async fn document(&self, job: &JobId, document: &DocumentInfo) -> Result<Vec<u8>, StoreError> {
        let (job, document, blobs) = (job.clone(), document.clone(), self.blobs.clone());
        self.readers
            .run(move |connection| {
                if !document.in_row {
                    let number = document.number;
                    let piece = match document.fetched {
                        Some(lease) => Piece::Fetched { number, lease },
                        None => Piece::Document(number),
                    };
                    return Ok(blobs.read(&job, piece, document.size)?);
                }
                let data = connection
                    .prepare_cached("SELECT data FROM documents WHERE job = ?1 AND number = ?2")?
                    .query_row(params![job.0, document.number], |row| row.get(0))?;
                Ok(data)
            })
            .await
    }

    /// The job's pages are ready: its deliveries wait to be sent from now on, each on the line its number leads to. Where none
    /// leads, the delivery fails at once.
    pub async fn settle_prepared(
        &self,
        claim: PreparationClaim,
        prepared: impl Into<Prepared>,
        routes: &Routes,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Prepared { pages, warnings } = prepared.into();
        if pages.is_empty() && claim.rendering.cover.is_none() {
            return Err(StoreError::internal("a fax has at least one page"));
        }
        let (blobs, job, lease) = (self.blobs.clone(), claim.job.clone(), claim.lease_number);
        let task = tokio::task::spawn_blocking(move || {
            let large = (0..).zip(&pages).filter(|(_, page)| page.code.len() > ROW_BYTES_MAX);
            let piece = |number| Piece::Page { variant: VARIANT, number, lease };
            blobs.put(&job, large.map(|(number, page)| (piece(number), &*page.code)))?;
            Ok::<_, StoreError>(pages)
        });
        let pages = task.await.map_err(StoreError::internal)??;
        let routes = routes.clone();
        let prepared = Prepared { pages, warnings };
        self.writer.run(move |tx| settle(tx, &claim, &prepared, &routes, now)).await
    }

    /// The job can't be prepared: every delivery ends with this status and reason.
    pub async fn settle_unpreparable(
        &self,
        claim: PreparationClaim,
        status: ApiStatus,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let reason = reason.to_owned();
        self.writer
            .run(move |tx| {
                release(tx, &claim, "prepared", 0, &[])?;
                give_up(tx, &claim.job, (status, &reason), now)
            })
            .await
    }

    /// Keeps the claim for so long from now.
    pub async fn extend_preparation_lease(
        &self,
        claim: &PreparationClaim,
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), StoreError> {
        let (job, number, expires) = (claim.job.clone(), claim.lease_number, later(now, lease)?);
        self.writer
            .run(move |tx| {
                let extended = tx
                    .connection
                    .prepare_cached(
                        "UPDATE jobs SET lease_expires_at = ?3
                         WHERE id = ?1 AND lease_number = ?2 AND state = 'preparing'",
                    )?
                    .execute(params![job.0, number, expires])?;
                if extended == 1 { Ok(()) } else { Err(StoreError::Stale) }
            })
            .await
    }

    /// A job's pages as rendered.
    pub async fn job_pages(&self, job: &JobId) -> Result<Vec<StoredPage>, StoreError> {
        let (job, blobs) = (job.clone(), self.blobs.clone());
        self.readers.run(move |connection| pages_from(connection, &blobs, &job, 0)).await
    }
}

/// Ends every delivery of a job that is not final yet.
pub(super) fn give_up(
    tx: &Tx<'_>,
    job: &JobId,
    (status, reason): (ApiStatus, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let state = Word(DeliveryState::of(status));
    let closed = tx
        .connection
        .prepare_cached(
            "UPDATE deliveries SET state = ?2, status = ?3, reason = ?4, finished_at = ?5
             WHERE job = ?1 AND state IN ('accepted', 'waiting', 'held')",
        )?
        .execute(params![job.0, state, status.word(), reason, At(now)])?;
    close_deliveries(tx, job, closed, now)
}

/// The job's pages from this one on.
pub(super) fn pages_from(
    connection: &Connection,
    blobs: &Blobs,
    job: &JobId,
    first: u32,
) -> Result<Vec<StoredPage>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, lease, width, rows, resolution, row_index, size, code FROM pages
         WHERE job = ?1 AND variant = ?2 AND number >= ?3 ORDER BY number",
    )?;
    let mut rows = statement.query(params![job.0, VARIANT, first])?;
    let mut pages = Vec::new();
    while let Some(row) = rows.next()? {
        let Word(resolution) = row.get("resolution")?;
        let piece = Piece::Page { variant: VARIANT, number: row.get("number")?, lease: row.get("lease")? };
        let size = u64::try_from(row.get::<_, i64>("size")?).map_err(StoreError::internal)?;
        let code = match row.get::<_, Option<Vec<u8>>>("code")? {
            Some(code) => code,
            None => blobs.read(job, piece, size)?,
        };
        let index = row_index_from(row.get_ref("row_index")?.as_blob().map_err(StoreError::internal)?);
        pages.push(StoredPage { width: row.get("width")?, rows: row.get("rows")?, resolution, code, index });
    }
    Ok(pages)
}

fn settle(
    tx: &Tx<'_>,
    claim: &PreparationClaim,
    Prepared { pages, warnings }: &Prepared,
    routes: &Routes,
    now: Timestamp,
) -> Result<(), StoreError> {
    let job = &claim.job;
    release(tx, claim, "prepared", u32::try_from(pages.len()).map_err(StoreError::internal)?, warnings)?;
    let mut insert = tx.connection.prepare_cached(
        "INSERT INTO pages (job, variant, number, lease, width, rows, resolution, row_index, size, code)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for (number, page) in (0_u32..).zip(pages) {
        let size = i64::try_from(page.code.len()).map_err(StoreError::internal)?;
        let code = (page.code.len() <= ROW_BYTES_MAX).then_some(&page.code);
        let (resolution, index) = (Word(page.resolution), row_index(&page.index));
        let lease = claim.lease_number;
        insert.execute(params![job.0, VARIANT, number, lease, page.width, page.rows, resolution, index, size, code])?;
    }

    let deliveries = tx
        .connection
        .prepare_cached(
            "SELECT d.id, d.number_key, c.test_mode FROM deliveries d JOIN customers c ON c.number = d.customer
             WHERE d.job = ?1 AND d.state = 'accepted'",
        )?
        .query_map([&job.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(String, String, bool)>, _>>()?;
    let mut wait = tx
        .connection
        .prepare_cached("UPDATE deliveries SET state = 'waiting', line = ?2, destination = ?3 WHERE id = ?1")?;
    for (delivery, number, test_mode) in deliveries {
        let route = routes.route(&number, test_mode);
        match route.line {
            Some(line) => wait.execute(params![delivery, line, route.destination]).map(drop)?,
            None => {
                let end = (ApiStatus::DialNc, "no line leads to this number");
                finish_delivery(tx, &delivery, job, end, now)?;
            }
        }
    }
    tx.wake(Stage::Send);
    Ok(())
}

/// Gives the claim up; stale if it is not ours any more.
fn release(
    tx: &Tx<'_>,
    claim: &PreparationClaim,
    state: &str,
    pages: u32,
    warnings: &[Warning],
) -> Result<(), StoreError> {
    let warnings = Some(warnings).filter(|warnings| !warnings.is_empty()).map(Json);
    let released = tx
        .connection
        .prepare_cached(
            "UPDATE jobs SET state = ?3, pages = ?4, warnings = ?5, lease_owner = NULL, lease_expires_at = NULL
             WHERE id = ?1 AND lease_number = ?2 AND state = 'preparing'",
        )?
        .execute(params![claim.job.0, claim.lease_number, state, pages, warnings])?;
    if released == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Gives the claim up for the job's next one, with these changes, whose parameters count from 3.
fn back_to_accepted<const N: usize>(
    tx: &Tx<'_>,
    claim: &PreparationClaim,
    changes: &str,
    values: [At; N],
) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE jobs SET state = 'accepted', lease_owner = NULL, lease_expires_at = NULL, {changes}
         WHERE id = ?1 AND lease_number = ?2 AND state = 'preparing'"
    );
    let mut parameters: Vec<&dyn ToSql> = vec![&claim.job.0, &claim.lease_number];
    parameters.extend(values.iter().map(|value| value as &dyn ToSql));
    let released = tx.connection.prepare_cached(&sql)?.execute(&*parameters)?;
    if released == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// A claim but for its documents and account, and the customer's number.
fn job_claim(row: &Row<'_>) -> rusqlite::Result<(PreparationClaim, String)> {
    let customer: String = row.get("customer")?;
    let Json(rendering) = row.get("rendering")?;
    let stationery = row.get::<_, Option<i64>>("stationery")?;
    let claim = PreparationClaim {
        job: JobId(row.get("id")?),
        documents: Vec::new(),
        rendering,
        account: Account::default(),
        stationery: stationery.map(|revision| Stationery { customer: customer.clone(), revision }),
        preparations: row.get("preparations")?,
        fetches: row.get("fetches")?,
        lease_number: row.get("lease_number")?,
    };
    Ok((claim, customer))
}

fn documents(connection: &Connection, job: &JobId) -> Result<Vec<DocumentInfo>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, name, kind, charset, size, url, fetched, data IS NOT NULL AS in_row
         FROM documents WHERE job = ?1 ORDER BY number",
    )?;
    Ok(statement.query_map([&job.0], document_info)?.collect::<Result<Vec<_>, _>>()?)
}

fn document_info(row: &Row<'_>) -> rusqlite::Result<DocumentInfo> {
    let (Word(kind), Word(charset)) = (row.get("kind")?, row.get("charset")?);
    let size = row.get::<_, i64>("size")?;
    Ok(DocumentInfo {
        number: row.get("number")?,
        name: row.get("name")?,
        kind,
        charset,
        size: u64::try_from(size).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(4, size))?,
        url: row.get("url")?,
        fetched: row.get("fetched")?,
        in_row: row.get("in_row")?,
    })
}

pub(super) fn row_index(offsets: &[u64]) -> Vec<u8> {
    offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect()
}

pub(super) fn row_index_from(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks().0.iter().map(|offset| u64::from_le_bytes(*offset)).collect()
}
