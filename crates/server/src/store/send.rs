//! From waiting to final: one claim is one call.
//!
//! What the far end confirmed is on disk before the next page starts, and so is the doubt before the command that asks for a
//! confirmation leaves (architecture, decision 12). A page is in doubt while `attempts.in_doubt` names it; its confirmation
//! clears the mark. So the doubts of a page are the calls that ended with the mark on it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::warning::Warning;
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::claims::{DeliveryClaim, send_by};
use super::destinations::learn;
use super::lanes;
use super::report::finish_delivery;
use super::rows::{At, Json, later};
use super::writer::Tx;
use super::{Stage, Store, StoreError};
use crate::jobs::{Again, ApiStatus, DeliveryId, End, History, JobId, Next, PastCall, Policy, Routes};

/// How a call went. What the far machine calls itself, often its number, never appears in `Debug`.
#[derive(Clone, PartialEq)]
pub struct AttemptResult {
    pub outcome: Outcome,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Timestamp,
    pub sip_status: Option<u16>,
    /// The telephone network's cause (ITU-T Q.850).
    pub q850: Option<u16>,
    /// The last one agreed on.
    pub bit_rate: Option<u32>,
    /// Whether error correction was agreed on; `None`: nothing was.
    pub ecm: Option<bool>,
    /// The far end does not take T.38.
    pub t38_refused: bool,
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

impl AttemptResult {
    /// What the rules ask of it.
    pub fn end(&self) -> End {
        End {
            outcome: self.outcome.clone(),
            sip_status: self.sip_status,
            q850: self.q850,
            bit_rate: self.bit_rate,
            answered: self.answered_at.is_some(),
        }
    }
}

impl Store {
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
        policy: &Arc<Policy>,
    ) -> Result<(), StoreError> {
        let (ladder, policy) = (serde_json::to_string(&result.ladder)?, policy.clone());
        self.writer
            .run(move |tx| {
                held(tx, &claim)?;
                tx.connection
                    .prepare_cached(
                        "UPDATE attempts SET outcome = ?3, answered_at = coalesce(?4, answered_at), ended_at = ?5,
                             sip_status = ?6, remote_id = ?7, ladder = ?8, q850 = ?9, bit_rate = ?10
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
                        result.q850,
                        result.bit_rate,
                    ])?;
                learn(tx, &claim, &result, &policy.retry)?;
                apply(tx, &claim.delivery, &claim.job, &next, &policy.routes, result.ended_at)
            })
            .await
    }

    /// The call it was to share ended before its first page: the attempt is taken off the record, and it waits as before.
    pub async fn settle_unbegun(
        &self,
        claim: DeliveryClaim,
        policy: &Arc<Policy>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.settle_without_call(claim, "", Next::Again(Again::at(now)), policy, now).await
    }

    /// Its pages could not be composed, so there was no call, and the attempt is taken off the record.
    pub async fn settle_uncomposed(
        &self,
        claim: DeliveryClaim,
        next: Next,
        policy: &Arc<Policy>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.settle_without_call(claim, ", uncomposed = uncomposed + 1", next, policy, now).await
    }

    async fn settle_without_call(
        &self,
        claim: DeliveryClaim,
        besides: &'static str,
        next: Next,
        policy: &Arc<Policy>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let policy = policy.clone();
        self.writer
            .run(move |tx| {
                held(tx, &claim)?;
                forget_attempt(tx, &claim, besides)?;
                apply(tx, &claim.delivery, &claim.job, &next, &policy.routes, now)
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

/// There was no call after all.
fn forget_attempt(tx: &Tx<'_>, claim: &DeliveryClaim, besides: &str) -> Result<(), StoreError> {
    tx.connection
        .prepare_cached("DELETE FROM attempts WHERE delivery = ?1 AND number = ?2")?
        .execute(params![claim.delivery.0, claim.attempt])?;
    tx.connection
        .prepare_cached(&format!("UPDATE deliveries SET attempts = attempts - 1{besides} WHERE id = ?1"))?
        .execute([&claim.delivery.0])?;
    Ok(())
}

/// Carries out what was decided.
pub(super) fn apply(
    tx: &Tx<'_>,
    delivery: &DeliveryId,
    job: &JobId,
    next: &Next,
    routes: &Routes,
    now: Timestamp,
) -> Result<(), StoreError> {
    // A channel and a number are free again.
    tx.wake(Stage::Send);
    let (called, customer, cancel): (String, String, bool) = tx
        .connection
        .prepare_cached("SELECT number_key, customer, cancel FROM deliveries WHERE id = ?1")?
        .query_row([&delivery.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let cancelled = Next::Final { status: ApiStatus::Cancelled, reason: "cancelled".to_owned() };
    let next = if cancel && matches!(next, Next::Again(_)) { &cancelled } else { next };
    match next {
        Next::Final { status, reason } => {
            let History { pages, confirmed, .. } = history(tx.connection, delivery)?;
            if *status == ApiStatus::Ok && confirmed < pages {
                return Err(StoreError::internal("OK, but not every page is confirmed"));
            }
            finish_delivery(tx, &delivery.0, job, (*status, reason), now)?;
        }
        Next::Again(again) => {
            tx.connection
                .prepare_cached(
                    "UPDATE deliveries SET state = 'waiting', not_before = ?2, lease_owner = NULL,
                         lease_expires_at = NULL, rides = NULL, bit_rate_max = coalesce(?3, bit_rate_max)
                     WHERE id = ?1",
                )?
                .execute(params![delivery.0, At(again.not_before), again.bit_rate_max])?;
            change_way(tx, delivery, &called, again, routes)?;
        }
    }
    lanes::number_is_free(tx.connection, &called, &customer)
}

/// Another number, or another line.
pub(super) fn change_way(
    tx: &Tx<'_>,
    delivery: &DeliveryId,
    called: &str,
    again: &Again,
    routes: &Routes,
) -> Result<(), StoreError> {
    if let Some(number) = again.number {
        let (Json(numbers), test_mode): (Json<Vec<String>>, bool) = tx
            .connection
            .prepare_cached(
                "SELECT d.numbers, c.test_mode FROM deliveries d JOIN customers c ON c.number = d.customer
                 WHERE d.id = ?1",
            )?
            .query_row([&delivery.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let number = numbers.get(number).ok_or_else(|| StoreError::internal("a number the recipient does not have"))?;
        // Another machine has nothing of the fax yet, whatever this one has.
        tx.connection
            .prepare_cached("UPDATE deliveries SET number_key = ?2, confirmed = 0 WHERE id = ?1")?
            .execute(params![delivery.0, number])?;
        return send_by(tx, &delivery.0, routes.route(number, test_mode));
    }
    if again.other_line {
        let line: Option<String> = tx
            .connection
            .prepare_cached("SELECT line FROM deliveries WHERE id = ?1")?
            .query_row([&delivery.0], |row| row.get(0))?;
        if let Some(other) = line.as_deref().and_then(|line| routes.other(called, line)) {
            tx.connection
                .prepare_cached("UPDATE deliveries SET line = ?2 WHERE id = ?1")?
                .execute(params![delivery.0, other])?;
        }
    }
    Ok(())
}

pub(super) fn history(connection: &Connection, delivery: &DeliveryId) -> Result<History, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT j.pages + d.cover_pages AS pages, d.confirmed, d.number_key, d.numbers, d.line, d.valid_until, c.retry,
             (SELECT count(*) FROM attempts a
                 WHERE a.delivery = d.id AND a.in_doubt = d.confirmed AND coalesce(a.dial, d.number_key) = d.number_key
             ) AS doubts
         FROM deliveries d JOIN jobs j ON j.id = d.job JOIN customers c ON c.number = d.customer WHERE d.id = ?1",
    )?;
    let (mut history, numbers) = statement.query_row([&delivery.0], |row| {
        let number_key: String = row.get("number_key")?;
        let numbers = row.get::<_, Option<_>>("numbers")?.map(|Json(numbers)| numbers);
        let numbers: Vec<String> = numbers.unwrap_or_else(|| vec![number_key.clone()]);
        let At(valid_until) = row.get("valid_until")?;
        let history = History {
            pages: row.get("pages")?,
            confirmed: row.get("confirmed")?,
            doubts: row.get("doubts")?,
            number: numbers.iter().position(|number| *number == number_key).unwrap_or(0),
            numbers: numbers.len(),
            calls: Vec::new(),
            cut_off: 0,
            valid_until,
            line: row.get::<_, Option<_>>("line")?.unwrap_or_default(),
            changes: row.get::<_, Option<_>>("retry")?.map(|Json(changes)| changes),
            seed: delivery.0.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into())),
        };
        Ok((history, numbers))
    })?;
    let mut calls = connection.prepare_cached(
        "SELECT outcome, sip_status, q850, bit_rate, answered_at, ended_at, dial, pages_confirmed FROM attempts
         WHERE delivery = ?1 ORDER BY number",
    )?;
    let mut calls = calls.query([&delivery.0])?;
    while let Some(row) = calls.next()? {
        if row.get::<_, u32>("pages_confirmed")? > 0 {
            history.cut_off = 0;
        }
        // The one that runs.
        let Some(Json(outcome)) = row.get::<_, Option<_>>("outcome")? else { continue };
        history.cut_off += u32::from(outcome == Outcome::Interrupted);
        let At(ended_at) = row.get("ended_at")?;
        let dial: Option<String> = row.get("dial")?;
        history.calls.push(PastCall {
            number: numbers.iter().position(|number| Some(number) == dial.as_ref()).unwrap_or(0),
            end: End {
                outcome,
                sip_status: row.get("sip_status")?,
                q850: row.get("q850")?,
                bit_rate: row.get("bit_rate")?,
                answered: row.get::<_, Option<At>>("answered_at")?.is_some(),
            },
            ended_at,
        });
    }
    Ok(history)
}

/// Whether the claim is still ours; how many pages are confirmed.
pub(super) fn held(tx: &Tx<'_>, claim: &DeliveryClaim) -> Result<u32, StoreError> {
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
