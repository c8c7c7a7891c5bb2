//! What time does to rows: leases run out, jobs expire, finished ones are purged.
//!
//! Each sweep works in transactions of a few rows, so that callers are not held up.

use std::sync::Arc;

use ferrofax_fax::outcome::Outcome;
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::ToSql;
use rusqlite::{OptionalExtension as _, params};

use super::lanes;
use super::prepare::give_up;
use super::report::finish_delivery;
use super::rows::{At, Json, Word};
use super::send::{apply, history};
use super::writer::Tx;
use super::{Stage, Store, StoreError};
use crate::jobs::{self, ApiStatus, DeliveryId, End, JobId, NoticeKind, Policy};

/// Rows in one transaction.
const BATCH: usize = 200;

/// Jobs purged in one transaction; each may have thousands of rows.
const PURGE_BATCH: usize = 10;

/// A job whose preparation was cut off so often is given up: its documents may be what takes the service down. Many, as documents
/// are rendered by children, and whoever restarts a service a few times must not lose a fax that was just in the way.
pub const PREPARATIONS_MAX: u32 = 10;

/// What a sweep gave back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Jobs to be prepared again, or given up.
    pub preparations: usize,
    /// Calls recorded as interrupted.
    pub deliveries: usize,
    /// Pushes and mails to be tried again, or given up.
    pub notices: usize,
}

/// Whose claims are given back.
#[derive(Clone)]
enum Whose {
    Expired,
    Owner(String),
}

impl Store {
    /// Gives back the claims whose lease ran out. A call is recorded as interrupted; whether it is made again is for
    /// [`jobs::decide`].
    pub async fn reclaim_expired(&self, now: Timestamp, policy: &Arc<Policy>) -> Result<Swept, StoreError> {
        self.reclaim(Whose::Expired, now, policy).await
    }

    /// Gives back all claims of an owner who is known to be gone, so that a restart need not wait for leases to run out.
    /// For the holder of the [`super::ServeLock`], before it claims anything.
    pub async fn reclaim_from(&self, owner: &str, now: Timestamp, policy: &Arc<Policy>) -> Result<Swept, StoreError> {
        self.reclaim(Whose::Owner(owner.to_owned()), now, policy).await
    }

    /// Ends the deliveries whose time is over: with the status of their last call, or as cancelled if there was none. A call
    /// that is running may end. Returns how many ended.
    pub async fn expire_overdue(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut expired = 0;
        loop {
            let batch = self.writer.run(move |tx| expire(tx, now)).await?;
            expired += batch;
            if batch < BATCH {
                return Ok(expired);
            }
        }
    }

    /// The system's clock was set by so much, forward or back. Our own leases and the pauses between calls move with it, so that
    /// running calls are not taken for dead ones, and nobody is called sooner or much later than was decided. Windows stay:
    /// they are the customers' own times.
    pub async fn clock_was_set(&self, owner: &str, by: SignedDuration) -> Result<(), StoreError> {
        let (owner, by) = (owner.to_owned(), i64::try_from(by.as_micros()).map_err(StoreError::internal)?);
        self.writer
            .run(move |tx| {
                for (table, state) in [("deliveries", "sending"), ("jobs", "preparing"), ("notices", "telling")] {
                    let sql = format!(
                        "UPDATE {table} SET lease_expires_at = lease_expires_at + ?2
                         WHERE state = '{state}' AND lease_owner = ?1"
                    );
                    tx.connection.prepare_cached(&sql)?.execute(params![owner, by])?;
                }
                tx.connection
                    .prepare_cached(
                        "UPDATE deliveries SET not_before = not_before + ?1
                         WHERE state = 'waiting' AND ready = 0 AND attempts > 0",
                    )?
                    .execute([by])?;
                tx.connection
                    .prepare_cached(
                        "UPDATE notices SET not_before = not_before + ?1, since = since + ?1
                         WHERE state = 'waiting' AND tries > 0",
                    )?
                    .execute([by])?;
                tx.wake(Stage::Send);
                tx.wake(Stage::Report);
                Ok(())
            })
            .await
    }

    /// When the next lease or validity runs out.
    pub async fn next_expiry(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers
            .run(|connection| {
                let earliest: Option<At> = connection.query_row(
                    "SELECT min(at) FROM (
                         SELECT min(lease_expires_at) AS at FROM jobs WHERE state = 'preparing'
                         UNION ALL SELECT min(lease_expires_at) FROM deliveries WHERE state = 'sending'
                         UNION ALL SELECT min(lease_expires_at) FROM notices WHERE state = 'telling'
                         UNION ALL SELECT min(valid_until) FROM deliveries
                             WHERE state IN ('accepted', 'waiting', 'held'))",
                    [],
                    |row| row.get(0),
                )?;
                Ok(earliest.map(|At(time)| time))
            })
            .await
    }

    /// Forgets jobs that were kept for as long as their customer wants: rows first, then files. Returns how many.
    pub async fn purge_finished(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut purged = 0;
        loop {
            let jobs = self.writer.run(move |tx| purge(tx, now)).await?;
            let batch = jobs.len();
            let blobs = self.blobs.clone();
            let files = tokio::task::spawn_blocking(move || jobs.iter().try_for_each(|job| blobs.remove(job)));
            files.await.map_err(StoreError::internal)??;
            purged += batch;
            if batch < PURGE_BATCH {
                return Ok(purged);
            }
        }
    }

    /// Removes files of jobs that do not exist: left by a crash between files and rows. Only folders untouched since `before`
    /// (an hour ago, say) are looked at, as younger ones may belong to jobs that are being accepted. Returns how many.
    pub async fn sweep_blobs(&self, before: Timestamp) -> Result<usize, StoreError> {
        let blobs = self.blobs.clone();
        self.readers
            .run(move |connection| {
                let mut known = connection.prepare_cached("SELECT 1 FROM jobs WHERE id = ?1")?;
                let mut swept = 0;
                for job in blobs.jobs_before(before)? {
                    if !known.exists([&job.0])? {
                        blobs.remove(&job)?;
                        swept += 1;
                    }
                }
                Ok(swept)
            })
            .await
    }

    async fn reclaim(&self, whose: Whose, now: Timestamp, policy: &Arc<Policy>) -> Result<Swept, StoreError> {
        let mut total = Swept::default();
        loop {
            let (whose, policy) = (whose.clone(), policy.clone());
            let batch = self
                .writer
                .run(move |tx| {
                    Ok(Swept {
                        preparations: reclaim_preparations(tx, &whose, now)?,
                        deliveries: reclaim_deliveries(tx, &whose, now, &policy)?,
                        notices: reclaim_notices(tx, &whose, now)?,
                    })
                })
                .await?;
            total.preparations += batch.preparations;
            total.deliveries += batch.deliveries;
            total.notices += batch.notices;
            if batch.preparations.max(batch.deliveries).max(batch.notices) < BATCH {
                return Ok(total);
            }
        }
    }
}

impl Whose {
    fn condition(&self) -> &'static str {
        match self {
            Whose::Expired => "lease_expires_at <= ?1",
            Whose::Owner(_) => "lease_owner = ?1",
        }
    }

    fn value(&self, now: Timestamp) -> Box<dyn ToSql> {
        match self {
            Whose::Expired => Box::new(At(now)),
            Whose::Owner(owner) => Box::new(owner.clone()),
        }
    }
}

fn reclaim_preparations(tx: &Tx<'_>, whose: &Whose, now: Timestamp) -> Result<usize, StoreError> {
    let condition = whose.condition();
    let jobs = tx
        .connection
        .prepare_cached(&format!(
            "SELECT id, preparations FROM jobs WHERE state = 'preparing' AND {condition} LIMIT {BATCH}"
        ))?
        .query_map([whose.value(now)], |row| Ok((JobId(row.get(0)?), row.get(1)?)))?
        .collect::<Result<Vec<(JobId, u32)>, _>>()?;
    for (job, preparations) in &jobs {
        tx.connection
            .prepare_cached(
                "UPDATE jobs SET state = 'accepted', lease_owner = NULL, lease_expires_at = NULL,
                     lease_number = lease_number + 1
                 WHERE id = ?1",
            )?
            .execute([&job.0])?;
        if *preparations >= PREPARATIONS_MAX {
            let end = (ApiStatus::RenderingError, "converting the documents was cut off too often");
            give_up(tx, job, end, now)?;
        }
        tx.wake(Stage::Prepare);
    }
    Ok(jobs.len())
}

fn reclaim_deliveries(tx: &Tx<'_>, whose: &Whose, now: Timestamp, policy: &Policy) -> Result<usize, StoreError> {
    let condition = whose.condition();
    let deliveries = tx
        .connection
        .prepare_cached(&format!(
            "SELECT id, job, attempts, lease_expires_at FROM deliveries
             WHERE state = 'sending' AND {condition} LIMIT {BATCH}"
        ))?
        .query_map([whose.value(now)], |row| {
            let At(expires) = row.get(3)?;
            Ok((DeliveryId(row.get(0)?), JobId(row.get(1)?), row.get(2)?, expires))
        })?
        .collect::<Result<Vec<(DeliveryId, JobId, u32, Timestamp)>, _>>()?;
    for (delivery, job, attempt, expires) in &deliveries {
        let outcome = Outcome::Interrupted;
        let history = history(tx.connection, delivery)?;
        let next = jobs::decide(&End::of(outcome.clone()), &history, policy, now);
        // Nobody saw the call end; it was not after its lease.
        tx.connection
            .prepare_cached("UPDATE attempts SET outcome = ?3, ended_at = ?4 WHERE delivery = ?1 AND number = ?2")?
            .execute(params![delivery.0, attempt, Json(&outcome), At(now.min(*expires))])?;
        tx.connection
            .prepare_cached("UPDATE deliveries SET lease_number = lease_number + 1 WHERE id = ?1")?
            .execute([&delivery.0])?;
        apply(tx, delivery, job, &next, &policy.routes, now)?;
    }
    Ok(deliveries.len())
}

fn reclaim_notices(tx: &Tx<'_>, whose: &Whose, now: Timestamp) -> Result<usize, StoreError> {
    let condition = whose.condition();
    let notices = tx
        .connection
        .prepare_cached(&format!(
            "SELECT number, kind, tries, since FROM notices WHERE state = 'telling' AND {condition} LIMIT {BATCH}"
        ))?
        .query_map([whose.value(now)], |row| {
            let (Word(kind), At(since)) = (row.get(1)?, row.get(3)?);
            Ok((row.get(0)?, kind, row.get(2)?, since))
        })?
        .collect::<Result<Vec<(i64, NoticeKind, u32, Timestamp)>, _>>()?;
    for (number, kind, tries, since) in &notices {
        let next = jobs::again(*kind, *tries, *since, now);
        tx.connection
            .prepare_cached(
                "UPDATE notices SET state = ?2, not_before = coalesce(?3, not_before), lease_owner = NULL,
                     lease_expires_at = NULL, lease_number = lease_number + 1
                 WHERE number = ?1",
            )?
            .execute(params![number, if next.is_some() { "waiting" } else { "failed" }, next.map(At)])?;
        tx.wake(Stage::Report);
    }
    Ok(notices.len())
}

fn expire(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let overdue = tx
        .connection
        .prepare_cached(&format!(
            "SELECT id, job FROM deliveries
             WHERE state IN ('accepted', 'waiting', 'held') AND valid_until <= ?1 LIMIT {BATCH}"
        ))?
        .query_map([At(now)], |row| Ok((row.get(0)?, JobId(row.get(1)?))))?
        .collect::<Result<Vec<(String, JobId)>, _>>()?;
    for (delivery, job) in &overdue {
        lanes::leave(tx.connection, delivery)?;
        end_expired(tx, delivery, job, now)?;
        // Another one to its number may be due, on another line even.
        tx.wake(Stage::Send);
    }
    Ok(overdue.len())
}

/// Ends a delivery whose time is over, and which is in no lane.
pub(super) fn end_expired(tx: &Tx<'_>, delivery: &str, job: &JobId, now: Timestamp) -> Result<(), StoreError> {
    let last: Option<Json<Outcome>> = tx
        .connection
        .prepare_cached("SELECT outcome FROM attempts WHERE delivery = ?1 ORDER BY number DESC LIMIT 1")?
        .query_row([delivery], |row| row.get(0))
        .optional()?;
    let end = match &last {
        Some(Json(outcome)) => jobs::status(outcome),
        None => (ApiStatus::Cancelled, "job expired"),
    };
    finish_delivery(tx, delivery, job, end, now)
}

fn purge(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<JobId>, StoreError> {
    let jobs = tx
        .connection
        .prepare_cached(&format!(
            "SELECT id FROM jobs WHERE purge_at <= ?1 AND NOT EXISTS (
                 SELECT 1 FROM notices n WHERE n.job = jobs.id AND n.state IN ('waiting', 'telling'))
             LIMIT {PURGE_BATCH}"
        ))?
        .query_map([At(now)], |row| Ok(JobId(row.get(0)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    for job in &jobs {
        tx.connection.prepare_cached("DELETE FROM jobs WHERE id = ?1")?.execute([&job.0])?;
    }
    Ok(jobs)
}
