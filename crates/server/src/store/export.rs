//! Finished deliveries, for whoever bills or counts them.

use ferrofax_api::job::Reference;
use jiff::Timestamp;
use rusqlite::{Row, params};

use super::report::whole_seconds;
use super::rows::{At, Json};
use super::{Store, StoreError};
use crate::jobs::{DeliveryId, JobId};

/// Which deliveries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Finished {
    /// Of one customer.
    pub customer: Option<String>,
    /// Of one login.
    pub login: Option<String>,
    /// Whose job finished then or later.
    pub from: Timestamp,
    /// Whose job finished before.
    pub to: Timestamp,
}

/// Where the next page of deliveries begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    finished_at: Timestamp,
    job: JobId,
    position: u32,
}

/// A delivery that is over. Its numbers never appear in `Debug`.
#[derive(Clone, PartialEq)]
pub struct FinishedRecord {
    pub job: JobId,
    pub delivery: DeliveryId,
    pub customer: String,
    pub login: String,
    pub reference: Reference,
    pub customer_reference: Option<String>,
    /// As submitted.
    pub number: String,
    /// What was dialled last; none: nobody was called.
    pub sent_to: Option<String>,
    pub line: Option<String>,
    pub status: String,
    pub reason: String,
    pub accepted_at: Timestamp,
    /// Its own end.
    pub ended_at: Timestamp,
    /// When the deciding call was answered, and how long that one lasted.
    pub answered_at: Option<Timestamp>,
    pub seconds: u32,
    /// Of all its calls together.
    pub seconds_in_all: u32,
    pub attempts: u32,
    pub pages: u32,
    pub pages_confirmed: u32,
}

impl std::fmt::Debug for FinishedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FinishedRecord").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}

impl Store {
    /// The next deliveries of finished jobs, those of jobs that finished first in front; and where to go on, if there are more.
    pub async fn finished_deliveries(
        &self,
        which: &Finished,
        after: Option<Mark>,
        limit: u32,
    ) -> Result<(Vec<FinishedRecord>, Option<Mark>), StoreError> {
        let which = which.clone();
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT j.id AS job, d.id, d.position, j.customer, j.login, j.reference, j.customer_reference, d.number,
                         coalesce(a.dial, d.number_key) AS dial, a.line, d.status, d.reason, j.accepted_at, j.finished_at,
                         d.finished_at AS ended_at, d.attempts, d.confirmed, c.cost_centre, j.pages + d.cover_pages AS pages,
                         a.answered_at, a.ended_at AS hung_up_at,
                         (SELECT coalesce(sum(b.ended_at - b.answered_at), 0) FROM attempts b
                             WHERE b.delivery = d.id AND b.answered_at IS NOT NULL) AS micros
                     FROM jobs j INDEXED BY jobs_finished JOIN deliveries d ON d.job = j.id
                         LEFT JOIN attempts a ON a.delivery = d.id AND a.number = d.attempts
                         JOIN customers c ON c.number = j.customer
                     WHERE j.state = 'finished' AND j.finished_at >= ?1 AND j.finished_at < ?2
                         AND (?3 IS NULL OR j.customer = ?3) AND (?4 IS NULL OR j.login = ?4)
                         AND (j.finished_at, j.id, d.position) > (?5, ?6, ?7)
                     ORDER BY j.finished_at, j.id, d.position LIMIT ?8",
                )?;
                let (from, job, position) = match &after {
                    Some(mark) => (which.from.max(mark.finished_at), mark.job.0.as_str(), i64::from(mark.position)),
                    None => (which.from, "", -1),
                };
                let rows = statement.query_map(
                    params![At(from), At(which.to), which.customer, which.login, At(from), job, position, limit],
                    |row| Ok((record(row)?, mark(row)?)),
                )?;
                let rows = rows.collect::<Result<Vec<_>, _>>()?;
                let full = u32::try_from(rows.len()).is_ok_and(|rows| rows == limit);
                let next = rows.last().filter(|_| full).map(|(_, mark)| mark.clone());
                Ok((rows.into_iter().map(|(record, _)| record).collect(), next))
            })
            .await
    }
}

fn mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    let At(finished_at) = row.get("finished_at")?;
    Ok(Mark { finished_at, job: JobId(row.get("job")?), position: row.get("position")? })
}

fn record(row: &Row<'_>) -> rusqlite::Result<FinishedRecord> {
    let (Json::<Reference>(reference), At(accepted_at), At(ended_at)) =
        (row.get("reference")?, row.get("accepted_at")?, row.get("ended_at")?);
    let (answered, hung_up): (Option<At>, Option<At>) = (row.get("answered_at")?, row.get("hung_up_at")?);
    let attempts: u32 = row.get("attempts")?;
    // The account's, where the job says nothing.
    let billing_code = reference.billing_code.or(row.get("cost_centre")?);
    let micros: i64 = row.get("micros")?;
    Ok(FinishedRecord {
        job: JobId(row.get("job")?),
        delivery: DeliveryId(row.get("id")?),
        customer: row.get("customer")?,
        login: row.get("login")?,
        reference: Reference { billing_code, ..reference },
        customer_reference: row.get("customer_reference")?,
        number: row.get("number")?,
        sent_to: (attempts > 0).then(|| row.get("dial")).transpose()?,
        line: row.get("line")?,
        status: row.get("status")?,
        reason: row.get("reason")?,
        accepted_at,
        ended_at,
        answered_at: answered.map(|At(time)| time),
        seconds: match (answered, hung_up) {
            (Some(At(answered)), Some(At(hung_up))) => whole_seconds(answered, hung_up),
            _ => 0,
        },
        seconds_in_all: u32::try_from(u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000)).unwrap_or(u32::MAX),
        attempts,
        pages: row.get("pages")?,
        pages_confirmed: row.get("confirmed")?,
    })
}
