//! What operators and the command line see of a job, and how much waits where.

use std::fmt;

use ferrofax_api::job::DocumentKind;
use ferrofax_api::warning::Warning;
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::rows::{At, Json, Word};
use super::{Store, StoreError};
use crate::jobs::{DeliveryId, DeliveryState, JobId, JobState};

/// A job with all that became of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct JobView {
    pub id: JobId,
    pub customer: String,
    pub login: String,
    pub state: JobState,
    pub accepted_at: Timestamp,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Of its documents; 0 until prepared.
    pub pages: u32,
    /// What the sender may want to know of them.
    pub warnings: Vec<Warning>,
    pub preparations: u32,
    pub documents: Vec<DocumentView>,
    pub deliveries: Vec<DeliveryView>,
}

/// A document as submitted.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct DocumentView {
    pub name: String,
    pub kind: DocumentKind,
    pub size: u64,
    /// Of its bytes, in hex.
    pub sha256: String,
}

impl fmt::Debug for DocumentView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentView({:?}, {} bytes)", self.kind, self.size)
    }
}

/// One recipient.
#[derive(Clone, PartialEq, Serialize)]
pub struct DeliveryView {
    pub id: DeliveryId,
    /// As submitted.
    pub number: String,
    /// What is dialled.
    pub dial: String,
    pub line: Option<String>,
    pub state: DeliveryState,
    /// Kept back by an operator.
    pub held: bool,
    /// The API's word, once final.
    pub status: Option<String>,
    pub reason: Option<String>,
    pub not_before: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Of its own cover page; 0 until composed.
    pub cover_pages: u32,
    /// What the sender may want to know of it.
    pub warnings: Vec<Warning>,
    /// What the sender may want to know of its numbers.
    pub number_warnings: Vec<Warning>,
    pub pages_confirmed: u32,
    pub attempts: Vec<AttemptView>,
}

/// Numbers never appear.
impl fmt::Debug for DeliveryView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryView")
            .field("id", &self.id)
            .field("line", &self.line)
            .field("state", &self.state)
            .field("status", &self.status)
            .field("pages_confirmed", &self.pages_confirmed)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// One call. Its ladder is had by [`Store::ladder`].
#[derive(Clone, PartialEq, Serialize)]
pub struct AttemptView {
    pub number: u32,
    /// What was dialled.
    pub dial: String,
    pub line: String,
    pub started_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// None while it runs.
    pub outcome: Option<Outcome>,
    pub sip_status: Option<u16>,
    /// The telephone network's cause (ITU-T Q.850).
    pub q850: Option<u16>,
    /// The last one agreed on.
    pub bit_rate: Option<u32>,
    pub remote_id: Option<String>,
    pub first_page: u32,
    /// Of a cover page that had arrived before.
    pub pages_repeated: u32,
    pub pages_confirmed: u32,
    /// The page that may have arrived without our knowing.
    pub in_doubt: Option<u32>,
}

impl fmt::Debug for AttemptView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptView")
            .field("number", &self.number)
            .field("line", &self.line)
            .field("outcome", &self.outcome)
            .field("first_page", &self.first_page)
            .field("pages_confirmed", &self.pages_confirmed)
            .field("in_doubt", &self.in_doubt)
            .finish_non_exhaustive()
    }
}

/// How much waits where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// Jobs to be prepared.
    pub accepted: u64,
    /// Jobs being prepared.
    pub preparing: u64,
    /// Deliveries that may be called now.
    pub due: u64,
    /// Deliveries whose time has not come.
    pub later: u64,
    /// Deliveries no line leads to; among `due` or `later` too.
    pub without_line: u64,
    /// Deliveries kept back.
    pub held: u64,
    /// Calls.
    pub sending: u64,
}

impl Store {
    /// A job, whoever it belongs to: for operators, not for the API.
    pub async fn job_view(&self, job: &JobId) -> Result<Option<JobView>, StoreError> {
        let job = job.clone();
        self.readers
            .run(move |connection| {
                let view = connection
                    .prepare_cached(
                        "SELECT id, customer, login, state, accepted_at, valid_from, valid_until, finished_at, pages,
                             warnings, preparations
                         FROM jobs WHERE id = ?1",
                    )?
                    .query_row([&job.0], job_row)
                    .optional()?;
                let Some(mut view) = view else { return Ok(None) };
                view.documents = documents(connection, &job)?;
                view.deliveries = deliveries(connection, &job)?;
                Ok(Some(view))
            })
            .await
    }

    /// The ladder of a call, as far as it is stored.
    pub async fn ladder(&self, delivery: &DeliveryId, attempt: u32) -> Result<Option<Ladder>, StoreError> {
        let delivery = delivery.clone();
        self.readers
            .run(move |connection| {
                let ladder: Option<Option<Json<Ladder>>> = connection
                    .prepare_cached("SELECT ladder FROM attempts WHERE delivery = ?1 AND number = ?2")?
                    .query_row(params![delivery.0, attempt], |row| row.get(0))
                    .optional()?;
                Ok(ladder.flatten().map(|Json(ladder)| ladder))
            })
            .await
    }

    /// How much waits where.
    pub async fn counts(&self, now: Timestamp) -> Result<Counts, StoreError> {
        self.readers
            .run(move |connection| {
                let count = |sql: &str| -> Result<u64, StoreError> {
                    let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
                    u64::try_from(count).map_err(StoreError::internal)
                };
                let (waiting, due): (i64, i64) = connection
                    .prepare_cached(
                        "SELECT count(*), count(*) FILTER (WHERE not_before <= ?1)
                         FROM deliveries WHERE state = 'waiting'",
                    )?
                    .query_row([At(now)], |row| Ok((row.get(0)?, row.get(1)?)))?;
                // Conditions are those of the partial indexes, so that finished rows cost nothing.
                Ok(Counts {
                    accepted: count("SELECT count(*) FROM jobs WHERE state = 'accepted'")?,
                    preparing: count("SELECT count(*) FROM jobs WHERE state = 'preparing'")?,
                    due: u64::try_from(due).map_err(StoreError::internal)?,
                    later: u64::try_from(waiting - due).map_err(StoreError::internal)?,
                    without_line: count("SELECT count(*) FROM deliveries WHERE state = 'waiting' AND line IS NULL")?,
                    held: count(
                        "SELECT count(*) FROM deliveries
                         WHERE state IN ('accepted', 'waiting', 'held') AND held = 1",
                    )?,
                    sending: count("SELECT count(*) FROM deliveries WHERE state = 'sending'")?,
                })
            })
            .await
    }
}

fn documents(connection: &Connection, job: &JobId) -> Result<Vec<DocumentView>, StoreError> {
    let rows = connection
        .prepare_cached("SELECT name, kind, size, sha256 FROM documents WHERE job = ?1 ORDER BY number")?
        .query_map([&job.0], |row| {
            let Word(kind) = row.get("kind")?;
            let sha256: Vec<u8> = row.get("sha256")?;
            let sha256 = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
            let size = row.get::<_, i64>("size")?.unsigned_abs();
            Ok(DocumentView { name: row.get("name")?, kind, size, sha256 })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

fn deliveries(connection: &Connection, job: &JobId) -> Result<Vec<DeliveryView>, StoreError> {
    let mut views = connection
        .prepare_cached(
            "SELECT id, number, number_key, line, state, held, status, reason, not_before, finished_at, cover_pages, number_warnings, warnings,
                 confirmed
             FROM deliveries WHERE job = ?1 ORDER BY position",
        )?
        .query_map([&job.0], delivery_row)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut attempts = connection.prepare_cached(
        "SELECT a.number, coalesce(a.dial, d.number_key) AS dial, a.line, a.started_at, a.answered_at, a.ended_at, a.outcome,
             a.sip_status, a.q850, a.bit_rate, a.remote_id, a.first_page, a.pages_repeated, a.pages_confirmed, a.in_doubt
         FROM attempts a JOIN deliveries d ON d.id = a.delivery WHERE a.delivery = ?1 ORDER BY a.number",
    )?;
    for view in &mut views {
        view.attempts = attempts.query_map([&view.id.0], attempt_row)?.collect::<Result<_, _>>()?;
    }
    Ok(views)
}

fn job_row(row: &Row<'_>) -> rusqlite::Result<JobView> {
    let Word(state) = row.get("state")?;
    Ok(JobView {
        id: JobId(row.get("id")?),
        customer: row.get("customer")?,
        login: row.get("login")?,
        state,
        accepted_at: time(row, "accepted_at")?,
        valid_from: time(row, "valid_from")?,
        valid_until: time(row, "valid_until")?,
        finished_at: perhaps_time(row, "finished_at")?,
        pages: row.get("pages")?,
        warnings: warnings(row, "warnings")?,
        preparations: row.get("preparations")?,
        documents: Vec::new(),
        deliveries: Vec::new(),
    })
}

fn delivery_row(row: &Row<'_>) -> rusqlite::Result<DeliveryView> {
    let Word(state) = row.get("state")?;
    let held: bool = row.get("held")?;
    Ok(DeliveryView {
        id: DeliveryId(row.get("id")?),
        number: row.get("number")?,
        dial: row.get("number_key")?,
        line: row.get("line")?,
        state: if held && matches!(state, DeliveryState::Accepted | DeliveryState::Waiting) {
            DeliveryState::Held
        } else {
            state
        },
        held,
        status: row.get("status")?,
        reason: row.get("reason")?,
        not_before: time(row, "not_before")?,
        finished_at: perhaps_time(row, "finished_at")?,
        cover_pages: row.get("cover_pages")?,
        warnings: warnings(row, "warnings")?,
        number_warnings: warnings(row, "number_warnings")?,
        pages_confirmed: row.get("confirmed")?,
        attempts: Vec::new(),
    })
}

fn attempt_row(row: &Row<'_>) -> rusqlite::Result<AttemptView> {
    Ok(AttemptView {
        number: row.get("number")?,
        dial: row.get("dial")?,
        line: row.get("line")?,
        started_at: time(row, "started_at")?,
        answered_at: perhaps_time(row, "answered_at")?,
        ended_at: perhaps_time(row, "ended_at")?,
        outcome: row.get::<_, Option<_>>("outcome")?.map(|Json(outcome)| outcome),
        sip_status: row.get("sip_status")?,
        q850: row.get("q850")?,
        bit_rate: row.get("bit_rate")?,
        remote_id: row.get("remote_id")?,
        first_page: row.get("first_page")?,
        pages_repeated: row.get("pages_repeated")?,
        pages_confirmed: row.get("pages_confirmed")?,
        in_doubt: row.get("in_doubt")?,
    })
}

fn warnings(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<Warning>> {
    Ok(row.get::<_, Option<_>>(column)?.map(|Json(warnings)| warnings).unwrap_or_default())
}

fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(|At(time)| time)
}

fn perhaps_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<At>>(column)?.map(|At(time)| time))
}
