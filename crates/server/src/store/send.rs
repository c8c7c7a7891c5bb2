//! From waiting to final: one claim is one call.
//!
//! What the far end confirmed is on disk before the next page starts, and so is the doubt before the command that asks for a
//! confirmation leaves (architecture, decision 12). A page is in doubt while `attempts.in_doubt` names it; its confirmation
//! clears the mark. So the doubts of a page are the calls that ended with the mark on it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::job::{Paper, Property, Reference, RenderingOptions, Resolution, TransportOptions};
use ferrofax_api::warning::Warning;
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::StoredPage;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::prepare::pages_from;
use super::report::finish_delivery;
use super::rows::{At, Json, Word, later};
use super::stationery::Stationery;
use super::writer::Tx;
use super::{Stage, Store, StoreError};
use crate::jobs::{ApiStatus, DeliveryId, History, JobId, Next, Priority, Routes};

/// The right and the duty to call a number. Its number never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryClaim {
    pub delivery: DeliveryId,
    pub job: JobId,
    pub customer: String,
    /// From 1.
    pub attempt: u32,
    /// `00` + digits.
    pub dial: String,
    pub line: String,
    /// The sender's id: the job's, else the account's.
    pub csid: Option<String>,
    /// Pages of the fax, as far as they are known: before its cover page is composed, those of its documents.
    pub pages: u32,
    /// Those of its own cover page; 0 before it is composed.
    pub cover_pages: u32,
    /// Where this call begins: pages before it are confirmed.
    pub first_page: u32,
    /// What its own pages are composed of.
    pub composition: Composition,
    /// Calls in which the first page was ended and not confirmed: it may be there already.
    pub doubts: u32,
    pub valid_until: Timestamp,
    /// How often its pages could not be composed.
    pub uncomposed: u32,
    lease_number: i64,
}

/// What the pages of one recipient are composed of, beside the documents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Composition {
    pub rendering: RenderingOptions,
    pub paper: Paper,
    pub resolution: Resolution,
    /// What its cover page and overlay are taken from.
    pub stationery: Option<Stationery>,
    /// The account's, by its IANA name.
    pub zone: String,
    /// The recipient's own.
    pub properties: Vec<Property>,
    pub reference: Reference,
    pub customer_reference: Option<String>,
    /// When the first call to this recipient began: what a cover page is dated, however often it is composed.
    pub dated: Timestamp,
}

impl fmt::Debug for DeliveryClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryClaim")
            .field("delivery", &self.delivery)
            .field("attempt", &self.attempt)
            .field("line", &self.line)
            .field("first_page", &self.first_page)
            .finish_non_exhaustive()
    }
}

/// How a call went. What the far machine calls itself, often its number, never appears in `Debug`.
#[derive(Clone, PartialEq)]
pub struct AttemptResult {
    pub outcome: Outcome,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Timestamp,
    pub sip_status: Option<u16>,
    /// What the far machine calls itself.
    pub remote_id: Option<String>,
    pub ladder: Ladder,
}

impl fmt::Debug for AttemptResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "AttemptResult({}, {:?} to {}, SIP {:?})",
            self.outcome, self.answered_at, self.ended_at, self.sip_status
        )
    }
}

impl Store {
    /// The next delivery to be called on this line, if there is one: due, valid, and no other call to its number is running.
    /// Express ones first, then the one due longest. The attempt is on record from here.
    pub async fn claim_delivery(
        &self,
        owner: &str,
        now: Timestamp,
        lease: Duration,
        line: &str,
    ) -> Result<Option<DeliveryClaim>, StoreError> {
        let (owner, line, expires) = (owner.to_owned(), line.to_owned(), later(now, lease)?);
        self.writer
            .run(move |tx| {
                for priority in Priority::ALL {
                    if let Some(delivery) = next_waiting(tx, &line, priority, now)? {
                        return claim(tx, delivery, &owner, &line, now, expires).map(Some);
                    }
                }
                Ok(None)
            })
            .await
    }

    /// When the next delivery on this line becomes due without anything else happening.
    pub async fn next_due(&self, line: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let line = line.to_owned();
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT not_before FROM deliveries
                     WHERE state = 'waiting' AND line = ?1 AND priority = ?2 AND not_before > ?3
                     ORDER BY not_before LIMIT 1",
                )?;
                let mut earliest: Option<Timestamp> = None;
                for priority in Priority::ALL {
                    let due = statement.query_row(params![line, priority.rank(), At(now)], |row| row.get(0));
                    if let Some(At(due)) = due.optional()? {
                        earliest = Some(earliest.map_or(due, |earliest| earliest.min(due)));
                    }
                }
                Ok(earliest)
            })
            .await
    }

    /// Of the pages this call sends, those of documents: cover pages go before them.
    pub async fn pages(&self, claim: &DeliveryClaim) -> Result<Vec<Arc<StoredPage>>, StoreError> {
        let (job, blobs) = (claim.job.clone(), self.blobs.clone());
        let first = claim.first_page.saturating_sub(claim.cover_pages);
        self.readers
            .run(move |connection| Ok(pages_from(connection, &blobs, &job, first)?.into_iter().map(Arc::new).collect()))
            .await
    }

    /// The delivery's cover page is composed and has so many pages. Comes before the call: from here on the fax has them.
    ///
    /// Once a page is confirmed their number can't change any more.
    pub async fn record_composed(
        &self,
        claim: DeliveryClaim,
        cover_pages: u32,
        warnings: &[Warning],
    ) -> Result<DeliveryClaim, StoreError> {
        if cover_pages == claim.cover_pages && warnings.is_empty() {
            return Ok(claim);
        }
        let warnings = Some(warnings.to_vec()).filter(|warnings| !warnings.is_empty());
        self.record(&claim, move |tx, claim, confirmed| {
            if confirmed > 0 && cover_pages != claim.cover_pages {
                let (now, before) = (cover_pages, claim.cover_pages);
                return Err(StoreError::internal(format!("a cover of {now} pages, and of {before} before")));
            }
            tx.connection
                .prepare_cached("UPDATE deliveries SET cover_pages = ?2, warnings = ?3 WHERE id = ?1")?
                .execute(params![claim.delivery.0, cover_pages, warnings.map(Json)])?;
            Ok(())
        })
        .await?;
        let documents = claim.pages - claim.cover_pages;
        Ok(DeliveryClaim { pages: documents + cover_pages, cover_pages, ..claim })
    }

    /// The call was answered.
    pub async fn record_answered(&self, claim: &DeliveryClaim, at: Timestamp) -> Result<(), StoreError> {
        self.record(claim, move |tx, claim, _| {
            tx.connection
                .prepare_cached("UPDATE attempts SET answered_at = ?3 WHERE delivery = ?1 AND number = ?2")?
                .execute(params![claim.delivery.0, claim.attempt, At(at)])?;
            Ok(())
        })
        .await
    }

    /// The command that ends this page (index in the fax, from 0) is about to leave: from here until its confirmation the page
    /// is in doubt.
    pub async fn record_page_ending(&self, claim: &DeliveryClaim, page: u32) -> Result<(), StoreError> {
        self.record(claim, move |tx, claim, confirmed| {
            in_order(page, confirmed)?;
            tx.connection
                .prepare_cached("UPDATE attempts SET in_doubt = ?3 WHERE delivery = ?1 AND number = ?2")?
                .execute(params![claim.delivery.0, claim.attempt, page])?;
            Ok(())
        })
        .await
    }

    /// The far end confirmed this page (index in the fax, from 0). With the ladder so far.
    pub async fn record_page_confirmed(
        &self,
        claim: &DeliveryClaim,
        page: u32,
        ladder: &Ladder,
    ) -> Result<(), StoreError> {
        let ladder = serde_json::to_string(ladder)?;
        self.record(claim, move |tx, claim, confirmed| {
            in_order(page, confirmed)?;
            if page >= claim.pages {
                return Err(StoreError::internal(format!("page {page} of {}", claim.pages)));
            }
            tx.connection
                .prepare_cached("UPDATE deliveries SET confirmed = confirmed + 1 WHERE id = ?1")?
                .execute([&claim.delivery.0])?;
            tx.connection
                .prepare_cached(
                    "UPDATE attempts SET pages_confirmed = pages_confirmed + 1, in_doubt = NULL, ladder = ?3
                     WHERE delivery = ?1 AND number = ?2",
                )?
                .execute(params![claim.delivery.0, claim.attempt, ladder])?;
            Ok(())
        })
        .await
    }

    /// What [`crate::jobs::decide`] wants to know of a claimed delivery.
    pub async fn history(&self, claim: &DeliveryClaim) -> Result<History, StoreError> {
        let delivery = claim.delivery.clone();
        self.readers.run(move |connection| history(connection, &delivery)).await
    }

    /// The call is over: the attempt, what comes next, and, if that ends the job, its report and an event, in one
    /// transaction.
    pub async fn settle_attempt(
        &self,
        claim: DeliveryClaim,
        result: AttemptResult,
        next: Next,
    ) -> Result<(), StoreError> {
        let ladder = serde_json::to_string(&result.ladder)?;
        self.writer
            .run(move |tx| {
                held(tx, &claim)?;
                tx.connection
                    .prepare_cached(
                        "UPDATE attempts SET outcome = ?3, answered_at = coalesce(?4, answered_at), ended_at = ?5,
                             sip_status = ?6, remote_id = ?7, ladder = ?8
                         WHERE delivery = ?1 AND number = ?2",
                    )?
                    .execute(params![
                        claim.delivery.0,
                        claim.attempt,
                        Json(&result.outcome),
                        result.answered_at.map(At),
                        At(result.ended_at),
                        result.sip_status,
                        result.remote_id,
                        ladder,
                    ])?;
                apply(tx, &claim.delivery, &claim.job, &next, result.ended_at)
            })
            .await
    }

    /// Its pages could not be composed, so there was no call, and the attempt is taken off the record.
    pub async fn settle_uncomposed(&self, claim: DeliveryClaim, next: Next, now: Timestamp) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| {
                held(tx, &claim)?;
                tx.connection
                    .prepare_cached("DELETE FROM attempts WHERE delivery = ?1 AND number = ?2")?
                    .execute(params![claim.delivery.0, claim.attempt])?;
                tx.connection
                    .prepare_cached(
                        "UPDATE deliveries SET attempts = attempts - 1, uncomposed = uncomposed + 1 WHERE id = ?1",
                    )?
                    .execute([&claim.delivery.0])?;
                apply(tx, &claim.delivery, &claim.job, &next, now)
            })
            .await
    }

    /// Keeps the claim for so long from now.
    pub async fn extend_delivery_lease(
        &self,
        claim: &DeliveryClaim,
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), StoreError> {
        let expires = later(now, lease)?;
        self.record(claim, move |tx, claim, _| {
            tx.connection
                .prepare_cached("UPDATE deliveries SET lease_expires_at = ?2 WHERE id = ?1")?
                .execute(params![claim.delivery.0, expires])?;
            Ok(())
        })
        .await
    }

    /// Puts every delivery that still waits on the line its number leads to now; at the start, as the configuration may have
    /// changed. Where none leads any more it keeps waiting, without a line, until the configuration is mended or its time is
    /// over. Returns how many have none.
    pub async fn reroute(&self, routes: &Routes) -> Result<u64, StoreError> {
        let routes = routes.clone();
        self.writer
            .run(move |tx| {
                // Accepted ones get theirs when they are prepared; they are named for the sake of the index.
                let mut select = tx.connection.prepare_cached(
                    "SELECT id, number_key, line FROM deliveries
                     WHERE state IN ('accepted', 'waiting', 'held') AND state <> 'accepted'",
                )?;
                let waiting = select
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                    .collect::<Result<Vec<(String, String, Option<String>)>, _>>()?;
                let mut update = tx.connection.prepare_cached("UPDATE deliveries SET line = ?2 WHERE id = ?1")?;
                let mut nowhere = 0;
                for (delivery, number, old) in waiting {
                    let line = routes.line(&number);
                    nowhere += u64::from(line.is_none());
                    if line != old.as_deref() {
                        update.execute(params![delivery, line])?;
                    }
                }
                tx.wake(Stage::Send);
                Ok(nowhere)
            })
            .await
    }

    /// Writes under a claim, if it is still ours; `work` is told how many pages are confirmed.
    async fn record<F>(&self, claim: &DeliveryClaim, work: F) -> Result<(), StoreError>
    where
        F: FnOnce(&Tx<'_>, &DeliveryClaim, u32) -> Result<(), StoreError> + Send + 'static,
    {
        let claim = claim.clone();
        self.writer
            .run(move |tx| {
                let confirmed = held(tx, &claim)?;
                work(tx, &claim, confirmed)
            })
            .await
    }
}

/// Carries out what was decided.
pub(super) fn apply(
    tx: &Tx<'_>,
    delivery: &DeliveryId,
    job: &JobId,
    next: &Next,
    now: Timestamp,
) -> Result<(), StoreError> {
    // A channel and a number are free again.
    tx.wake(Stage::Send);
    match next {
        Next::Final { status, reason } => {
            let History { pages, confirmed, .. } = history(tx.connection, delivery)?;
            if *status == ApiStatus::Ok && confirmed < pages {
                return Err(StoreError::internal("OK, but not every page is confirmed"));
            }
            finish_delivery(tx, &delivery.0, job, (*status, reason), now)
        }
        Next::Again { not_before } => {
            tx.connection
                .prepare_cached(
                    "UPDATE deliveries SET state = 'waiting', not_before = ?2, lease_owner = NULL,
                         lease_expires_at = NULL
                     WHERE id = ?1",
                )?
                .execute(params![delivery.0, At(*not_before)])?;
            Ok(())
        }
    }
}

pub(super) fn history(connection: &Connection, delivery: &DeliveryId) -> Result<History, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT j.pages + d.cover_pages, d.confirmed,
             (SELECT count(*) FROM attempts a WHERE a.delivery = d.id AND a.in_doubt = d.confirmed),
             (SELECT count(*) FROM attempts a WHERE a.delivery = d.id AND json_extract(a.outcome, '$.code') = ?2)
         FROM deliveries d JOIN jobs j ON j.id = d.job WHERE d.id = ?1",
    )?;
    let history = statement.query_row(params![delivery.0, Outcome::Interrupted.code()], |row| {
        Ok(History { pages: row.get(0)?, confirmed: row.get(1)?, doubts: row.get(2)?, interruptions: row.get(3)? })
    })?;
    Ok(history)
}

/// Whether the claim is still ours; how many pages are confirmed.
fn held(tx: &Tx<'_>, claim: &DeliveryClaim) -> Result<u32, StoreError> {
    tx.connection
        .prepare_cached("SELECT confirmed FROM deliveries WHERE id = ?1 AND lease_number = ?2 AND state = 'sending'")?
        .query_row(params![claim.delivery.0, claim.lease_number], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::Stale)
}

/// Pages are ended and confirmed one after the other. Anything else is a fault of the caller, such as an index that counts from
/// this call's first page.
fn in_order(page: u32, confirmed: u32) -> Result<(), StoreError> {
    if page == confirmed {
        Ok(())
    } else {
        Err(StoreError::internal(format!("page {page} is out of order: {confirmed} are confirmed")))
    }
}

fn next_waiting(tx: &Tx<'_>, line: &str, priority: Priority, now: Timestamp) -> Result<Option<String>, StoreError> {
    let found = tx
        .connection
        .prepare_cached(
            "SELECT d.id FROM deliveries d
             WHERE d.state = 'waiting' AND d.line = ?1 AND d.priority = ?2 AND d.not_before <= ?3 AND d.valid_until > ?3
                 AND NOT EXISTS (SELECT 1 FROM deliveries s WHERE s.number_key = d.number_key AND s.state = 'sending')
             ORDER BY d.not_before, d.id LIMIT 1",
        )?
        .query_row(params![line, priority.rank(), At(now)], |row| row.get(0))
        .optional()?;
    Ok(found)
}

fn claim(
    tx: &Tx<'_>,
    delivery: String,
    owner: &str,
    line: &str,
    now: Timestamp,
    expires: At,
) -> Result<DeliveryClaim, StoreError> {
    tx.connection
        .prepare_cached(
            "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, lease_owner = ?2, lease_expires_at = ?3,
                 lease_number = lease_number + 1
             WHERE id = ?1",
        )?
        .execute(params![delivery, owner, expires])?;
    let claimed = tx
        .connection
        .prepare_cached(
            "SELECT d.job, d.customer, d.attempts, d.number_key, d.properties, d.cover_pages, d.confirmed, d.valid_until,
                 d.uncomposed, d.lease_number, j.transport, j.rendering, j.stationery, j.reference, j.customer_reference, j.pages,
                 c.csid, c.paper, c.resolution, c.zone,
                 (SELECT started_at FROM attempts a WHERE a.delivery = d.id AND a.number = 1) AS dated
             FROM deliveries d JOIN jobs j ON j.id = d.job JOIN customers c ON c.number = d.customer WHERE d.id = ?1",
        )?
        .query_row([&delivery], |row| {
            let Json(transport): Json<TransportOptions> = row.get("transport")?;
            let At(valid_until) = row.get("valid_until")?;
            let (pages, cover_pages): (u32, u32) = (row.get("pages")?, row.get("cover_pages")?);
            Ok(DeliveryClaim {
                delivery: DeliveryId(delivery.clone()),
                job: JobId(row.get("job")?),
                customer: row.get("customer")?,
                attempt: row.get("attempts")?,
                dial: row.get("number_key")?,
                line: line.to_owned(),
                csid: transport.csid.or(row.get("csid")?),
                pages: pages.saturating_add(cover_pages),
                cover_pages,
                first_page: row.get("confirmed")?,
                composition: composition(row, now)?,
                doubts: 0,
                valid_until,
                uncomposed: row.get("uncomposed")?,
                lease_number: row.get("lease_number")?,
            })
        })?;
    let doubts = history(tx.connection, &claimed.delivery)?.doubts;
    tx.connection
        .prepare_cached(
            "INSERT INTO attempts (delivery, number, line, owner, started_at, first_page)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![delivery, claimed.attempt, line, owner, At(now), claimed.first_page])?;
    Ok(DeliveryClaim { doubts, ..claimed })
}

fn composition(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<Composition> {
    let Json(rendering): Json<RenderingOptions> = row.get("rendering")?;
    let (Word(paper), Word(resolution)) = (row.get("paper")?, row.get("resolution")?);
    let customer: String = row.get("customer")?;
    let stationery = row.get::<_, Option<i64>>("stationery")?;
    let Json(reference) = row.get("reference")?;
    Ok(Composition {
        paper: rendering.paper.unwrap_or(paper),
        resolution: rendering.resolution.unwrap_or(resolution),
        rendering,
        stationery: stationery.map(|revision| Stationery { customer, revision }),
        zone: row.get("zone")?,
        properties: row.get::<_, Option<_>>("properties")?.map(|Json(properties)| properties).unwrap_or_default(),
        reference,
        customer_reference: row.get("customer_reference")?,
        dated: row.get::<_, Option<_>>("dated")?.map_or(now, |At(dated)| dated),
    })
}
