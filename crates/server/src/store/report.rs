//! Reports: what the customer is told. Once a job is finished its report is one stored JSON.

use std::collections::HashSet;

use ferrofax_api::job::{Reference, ReportMail};
use ferrofax_api::report::{FaxReport, RecipientStatus, ReportReference};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::notices::tell;
use super::rows::{At, Json, Word};
use super::writer::Tx;
use super::{Stage, Store, StoreError};
use crate::jobs::{ApiStatus, DeliveryState, JobId, JobState, NoticeKind};

/// Bytes of one list of reports, about; at least one report is in it.
const LIST_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Whose reports, and where they are shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    pub login: String,
    /// Those of one data centre alone.
    pub centre: Option<String>,
}

impl From<&str> for Reader {
    fn from(login: &str) -> Reader {
        Reader { login: login.to_owned(), centre: None }
    }
}

/// A report as JSON. What stands in it never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct RawReport(pub String);

impl RawReport {
    /// What it says.
    pub fn read(&self) -> Result<FaxReport, StoreError> {
        Ok(serde_json::from_str(&self.0)?)
    }
}

impl std::fmt::Debug for RawReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawReport({} bytes)", self.0.len())
    }
}

impl Store {
    /// A job's report. `None`: there is no such job, it is another login's, or its report was deleted.
    ///
    /// While the job is pending a recipient may be final already; `pages` is 0 until all are.
    pub async fn report(&self, reader: &Reader, job: &JobId) -> Result<Option<RawReport>, StoreError> {
        let (reader, job) = (reader.clone(), job.clone());
        self.readers.run(move |connection| one(connection, &reader, &job.0)).await
    }

    /// The reports of these jobs, in their order; those without one are left out. Ends early where there are too many bytes.
    pub async fn reports_of(&self, reader: &Reader, jobs: Vec<String>) -> Result<Vec<RawReport>, StoreError> {
        let reader = reader.clone();
        self.readers
            .run(move |connection| {
                let found = jobs.iter().filter_map(|job| one(connection, &reader, job).transpose());
                within_bytes(found)
            })
            .await
    }

    /// The reports of finished jobs, those that finished first in front; ends early where there are too many bytes.
    pub async fn oldest_reports(&self, reader: &Reader, limit: u32) -> Result<Vec<RawReport>, StoreError> {
        let reader = reader.clone();
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(&oldest("report", &reader))?;
                let reports = statement
                    .query_map(params![reader.login, reader.centre, limit], |row| Ok(RawReport(row.get(0)?)))?;
                within_bytes(reports.map(|report| Ok(report?)))
            })
            .await
    }

    /// Deletes the reports of these jobs; those that were there. The jobs stay, also for operators, until they are purged; a pending
    /// one goes on.
    pub async fn delete_reports(&self, reader: &Reader, jobs: Vec<String>) -> Result<HashSet<String>, StoreError> {
        let reader = reader.clone();
        self.writer
            .run(move |tx| {
                let mut deleted = HashSet::new();
                for job in jobs {
                    if delete(tx, &reader, &job)? {
                        deleted.insert(job);
                    }
                }
                Ok(deleted)
            })
            .await
    }

    /// Deletes the reports of finished jobs, those that finished first; their ids.
    pub async fn delete_oldest_reports(&self, reader: &Reader, limit: u32) -> Result<Vec<String>, StoreError> {
        let reader = reader.clone();
        self.writer
            .run(move |tx| {
                let mut statement = tx.connection.prepare_cached(&oldest("id", &reader))?;
                let jobs = statement.query_map(params![reader.login, reader.centre, limit], |row| row.get(0))?;
                let jobs = jobs.collect::<Result<Vec<String>, _>>()?;
                for job in &jobs {
                    delete(tx, &reader, job)?;
                }
                Ok(jobs)
            })
            .await
    }
}

/// A column of the finished jobs whose reports are read, by an index in their order.
fn oldest(column: &str, reader: &Reader) -> String {
    let (index, centre) = match &reader.centre {
        None => ("jobs_reported", "?2 IS NULL"),
        Some(_) => ("jobs_reported_by_centre", "centre = ?2 AND centre IS NOT NULL"),
    };
    format!(
        "SELECT {column} FROM jobs INDEXED BY {index}
         WHERE login = ?1 AND {centre} AND state = 'finished' AND report_deleted = 0
         ORDER BY finished_at, id LIMIT ?3"
    )
}

fn within_bytes(reports: impl Iterator<Item = Result<RawReport, StoreError>>) -> Result<Vec<RawReport>, StoreError> {
    let (mut bytes, mut taken) = (0_usize, Vec::new());
    for report in reports {
        let report = report?;
        bytes = bytes.saturating_add(report.0.len());
        if bytes > LIST_BYTES_MAX && !taken.is_empty() {
            break;
        }
        taken.push(report);
    }
    Ok(taken)
}

/// By an index that begins with the login: a job of another one costs what one costs that is not there.
fn one(connection: &Connection, reader: &Reader, job: &str) -> Result<Option<RawReport>, StoreError> {
    let found: Option<(Option<String>, Json<Reference>)> = connection
        .prepare_cached(
            "SELECT report, reference FROM jobs INDEXED BY jobs_by_login
             WHERE login = ?1 AND id = ?2 AND report_deleted = 0 AND (?3 IS NULL OR centre = ?3)",
        )?
        .query_row(params![reader.login, job, reader.centre], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => Ok(None),
        Some((Some(report), _)) => Ok(Some(RawReport(report))),
        Some((None, Json(reference))) => {
            let report = gather(connection, &JobId(job.to_owned()), reference, 0)?;
            Ok(Some(RawReport(serde_json::to_string(&report)?)))
        }
    }
}

/// Whether there was one.
fn delete(tx: &Tx<'_>, reader: &Reader, job: &str) -> Result<bool, StoreError> {
    let deleted = tx
        .connection
        .prepare_cached(
            "UPDATE jobs INDEXED BY jobs_by_login
             SET report_deleted = 1
             WHERE login = ?1 AND id = ?2 AND report_deleted = 0 AND (?3 IS NULL OR centre = ?3)",
        )?
        .execute(params![reader.login, job, reader.centre])?;
    Ok(deleted == 1)
}

/// Marks a delivery final (its claim has been checked) and, if it was the last of its job, finishes the job.
pub(super) fn finish_delivery(
    tx: &Tx<'_>,
    delivery: &str,
    job: &JobId,
    (status, reason): (ApiStatus, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.connection
        .prepare_cached(
            "UPDATE deliveries SET state = ?2, status = ?3, reason = ?4, finished_at = ?5, lease_owner = NULL,
                 lease_expires_at = NULL
             WHERE id = ?1",
        )?
        .execute(params![delivery, Word(DeliveryState::of(status)), status.word(), reason, At(now)])?;
    close_deliveries(tx, job, 1, now)
}

/// That many deliveries of a job became final.
pub(super) fn close_deliveries(tx: &Tx<'_>, job: &JobId, closed: usize, now: Timestamp) -> Result<(), StoreError> {
    let closed = i64::try_from(closed).map_err(StoreError::internal)?;
    let open: i64 = tx
        .connection
        .prepare_cached(
            "UPDATE jobs SET open_deliveries = open_deliveries - ?2 WHERE id = ?1 RETURNING open_deliveries",
        )?
        .query_row(params![job.0, closed], |row| row.get(0))?;
    if open > 0 {
        return Ok(());
    }
    type Ending = (Json<Reference>, u32, i64, bool, Option<Json<ReportMail>>);
    let (Json(reference), pages, retention, pushed, mail): Ending = tx
        .connection
        .prepare_cached(
            "SELECT j.reference, j.pages + (SELECT max(cover_pages) FROM deliveries WHERE job = j.id), c.retention_days,
                 coalesce(j.push_url, c.push_url, '') <> '', j.report_mail
             FROM jobs j JOIN customers c ON c.number = j.customer
             WHERE j.id = ?1",
        )?
        .query_row([&job.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    let report = gather(tx.connection, job, reference, pages)?;
    let mailed = mail.is_some_and(|Json(mail)| mail.address(report.succeeded()).is_some());
    let kept = jiff::SignedDuration::from_hours(24 * retention);
    let purge_at = now.checked_add(kept).map_err(StoreError::internal)?;
    tx.connection
        .prepare_cached(
            "UPDATE jobs SET state = ?2, report = ?3, finished_at = ?4, purge_at = ?5, lease_owner = NULL,
                 lease_expires_at = NULL, lease_number = lease_number + 1
             WHERE id = ?1",
        )?
        .execute(params![job.0, Word(JobState::Finished), Json(report), At(now), At(purge_at)])?;
    for (wanted, kind) in [(pushed, NoticeKind::Push), (mailed, NoticeKind::Mail)] {
        if wanted {
            tell(tx, job, kind, now)?;
        }
    }
    tx.wake(Stage::Report);
    Ok(())
}

/// The report as the rows stand now.
fn gather(connection: &Connection, job: &JobId, reference: Reference, pages: u32) -> Result<FaxReport, StoreError> {
    let recipient_status = connection
        .prepare_cached(
            "SELECT d.number, d.properties, coalesce(a.dial, d.number_key) AS dial, d.status, d.reason, d.attempts, d.confirmed, a.answered_at,
                 a.ended_at, a.remote_id,
                 (SELECT count(DISTINCT b.in_doubt) FROM attempts b WHERE b.delivery = d.id) AS in_doubt
             FROM deliveries d LEFT JOIN attempts a ON a.delivery = d.id AND a.number = d.attempts
             WHERE d.job = ?1 ORDER BY d.position",
        )?
        .query_map([&job.0], recipient)?
        .collect::<Result<Vec<_>, _>>()?;
    let Reference { customer_defined_id, billing_code, billing_info } = reference;
    let customer_defined_id = customer_defined_id.unwrap_or_default();
    Ok(FaxReport {
        job_id: job.0.clone(),
        recipient_status,
        // Clients read it into 16 bits.
        pages: pages.min(u16::MAX.into()),
        reference: ReportReference { customer_defined_id, billing_code, billing_info },
    })
}

fn recipient(row: &Row<'_>) -> rusqlite::Result<RecipientStatus> {
    let properties = row.get::<_, Option<_>>("properties")?.map(|Json(properties)| properties);
    let status: Option<String> = row.get("status")?;
    let Some(status) = status else {
        return Ok(RecipientStatus {
            number: row.get("number")?,
            properties,
            status: ApiStatus::Pending.word().to_owned(),
            reason: String::new(),
            sent_ts: None,
            duration_in_secs: 0,
            sent_to_number: None,
            remote_csid: None,
            pages_confirmed: None,
            pages_in_doubt: None,
        });
    };
    let answered: Option<At> = row.get("answered_at")?;
    let ended: Option<At> = row.get("ended_at")?;
    let duration_in_secs = match (answered, ended) {
        (Some(At(answered)), Some(At(ended))) => whole_seconds(answered, ended),
        _ => 0,
    };
    let dialled = row.get::<_, i64>("attempts")? > 0;
    Ok(RecipientStatus {
        number: row.get("number")?,
        properties,
        status,
        reason: row.get("reason")?,
        sent_ts: answered.map(|At(answered)| rfc3339_seconds(answered)),
        duration_in_secs,
        sent_to_number: dialled.then(|| row.get("dial")).transpose()?,
        remote_csid: row.get("remote_id")?,
        pages_confirmed: Some(row.get("confirmed")?),
        pages_in_doubt: Some(row.get("in_doubt")?).filter(|pages| *pages > 0),
    })
}

/// Begun seconds; clients read them into 16 bits.
pub(super) fn whole_seconds(answered: Timestamp, ended: Timestamp) -> u32 {
    let micros = ended.duration_since(answered).as_micros().max(0);
    let seconds = u64::try_from(micros).unwrap_or(u64::MAX).div_ceil(1_000_000);
    u32::try_from(seconds.min(u16::MAX.into())).unwrap_or(u32::MAX)
}

/// `2017-08-10T13:05:09Z`; the second the moment lies in.
fn rfc3339_seconds(time: Timestamp) -> String {
    let second = Timestamp::from_second(time.as_second()).unwrap_or(time);
    format!("{second:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds_in_utc() {
        let time: Timestamp = "2017-08-10T15:05:09.999999+02:00".parse().unwrap();
        assert_eq!(rfc3339_seconds(time), "2017-08-10T13:05:09Z");
        let zero = Timestamp::UNIX_EPOCH;
        let after = |micros| Timestamp::from_microsecond(micros).unwrap();
        assert_eq!(whole_seconds(zero, zero), 0);
        assert_eq!(whole_seconds(zero, after(1)), 1);
        assert_eq!(whole_seconds(zero, after(19_000_000)), 19);
        assert_eq!(whole_seconds(zero, after(19_000_001)), 20);
        assert_eq!(whole_seconds(after(5), zero), 0);
        assert_eq!(whole_seconds(zero, Timestamp::MAX), 65_535);
    }
}
