//! Telling others of finished jobs: a row for each push and each mail, claimed, tried and settled like calls are. Written in the
//! transaction that finishes the job, so none is forgotten; every try is on record before it is made.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::rows::{At, Word, later};
use super::writer::Tx;
use super::{Stage, Store, StoreError};
use crate::jobs::{JobId, NoticeKind};

/// The right and the duty to tell somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeClaim {
    pub kind: NoticeKind,
    pub job: JobId,
    /// This one included, since `since`.
    pub tries: u32,
    pub since: Timestamp,
    number: i64,
    lease_number: i64,
}

/// How a try went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried {
    pub ended_at: Timestamp,
    /// What HTTP or SMTP answered.
    pub code: Option<u16>,
    /// For people. Without secrets, numbers and addresses.
    pub result: String,
    pub next: AfterTry,
}

/// What follows a try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterTry {
    Told,
    Again(Timestamp),
    /// Given up.
    Failed,
}

/// A push or mail, for those who want to know how it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeView {
    pub kind: NoticeKind,
    /// `waiting`, `telling`, `told`, `failed`.
    pub state: String,
    /// When it is tried next, where it waits.
    pub not_before: Option<Timestamp>,
    pub tries: Vec<TryView>,
}

/// One try to tell somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TryView {
    /// From 1.
    pub number: u32,
    pub at: Timestamp,
    /// None while it runs, and where it was cut off.
    pub ended_at: Option<Timestamp>,
    pub code: Option<u16>,
    pub result: Option<String>,
}

impl Store {
    /// The next notice of this kind that is due, if there is one. The try is on record from here.
    pub async fn claim_notice(
        &self,
        kind: NoticeKind,
        owner: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<NoticeClaim>, StoreError> {
        let (owner, expires) = (owner.to_owned(), later(now, lease)?);
        self.writer
            .run(move |tx| {
                let claimed = tx
                    .connection
                    .prepare_cached(
                        "UPDATE notices SET state = 'telling', tries = tries + 1, lease_owner = ?2, lease_expires_at = ?3,
                             lease_number = lease_number + 1
                         WHERE number = (SELECT number FROM notices
                             WHERE state = 'waiting' AND kind = ?1 AND not_before <= ?4 ORDER BY not_before, number LIMIT 1)
                         RETURNING number, job, tries, since, lease_number",
                    )?
                    .query_row(params![Word(kind), owner, expires, At(now)], |row| {
                        let At(since) = row.get("since")?;
                        Ok(NoticeClaim {
                            kind,
                            job: JobId(row.get("job")?),
                            tries: row.get("tries")?,
                            since,
                            number: row.get("number")?,
                            lease_number: row.get("lease_number")?,
                        })
                    })
                    .optional()?;
                if let Some(claim) = &claimed {
                    tx.connection
                        .prepare_cached(
                            "INSERT INTO notice_tries (notice, number, at)
                             SELECT number, tries_before + tries, ?2 FROM notices WHERE number = ?1",
                        )?
                        .execute(params![claim.number, At(now)])?;
                }
                Ok(claimed)
            })
            .await
    }

    /// When the next notice of this kind becomes due without anything else happening.
    pub async fn next_notice(&self, kind: NoticeKind, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.readers
            .run(move |connection| {
                let due: Option<At> = connection
                    .prepare_cached(
                        "SELECT min(not_before) FROM notices WHERE state = 'waiting' AND kind = ?1 AND not_before > ?2",
                    )?
                    .query_row(params![Word(kind), At(now)], |row| row.get(0))?;
                Ok(due.map(|At(due)| due))
            })
            .await
    }

    /// Keeps the claim for so long from now.
    pub async fn extend_notice_lease(
        &self,
        claim: &NoticeClaim,
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), StoreError> {
        let (claim, expires) = (claim.clone(), later(now, lease)?);
        self.writer
            .run(move |tx| {
                let kept = tx
                    .connection
                    .prepare_cached(
                        "UPDATE notices SET lease_expires_at = ?3
                         WHERE number = ?1 AND lease_number = ?2 AND state = 'telling'",
                    )?
                    .execute(params![claim.number, claim.lease_number, expires])?;
                if kept == 1 { Ok(()) } else { Err(StoreError::Stale) }
            })
            .await
    }

    /// The try is over.
    pub async fn settle_notice(&self, claim: NoticeClaim, tried: Tried) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| {
                let (state, not_before) = match tried.next {
                    AfterTry::Told => ("told", None),
                    AfterTry::Failed => ("failed", None),
                    AfterTry::Again(at) => ("waiting", Some(At(at))),
                };
                let held = tx
                    .connection
                    .prepare_cached(
                        "UPDATE notices SET state = ?3, not_before = coalesce(?4, not_before), lease_owner = NULL,
                             lease_expires_at = NULL
                         WHERE number = ?1 AND lease_number = ?2 AND state = 'telling'",
                    )?
                    .execute(params![claim.number, claim.lease_number, state, not_before])?;
                if held == 0 {
                    return Err(StoreError::Stale);
                }
                tx.connection
                    .prepare_cached(
                        "UPDATE notice_tries SET ended_at = ?2, code = ?3, result = ?4
                         WHERE notice = ?1 AND number = (SELECT tries_before + tries FROM notices WHERE number = ?1)",
                    )?
                    .execute(params![claim.number, At(tried.ended_at), tried.code, tried.result])?;
                tx.wake(Stage::Report);
                Ok(())
            })
            .await
    }

    /// A job's notices with their tries, for the login that submitted it; for operators, of whatever login. `None`: there is
    /// no such job.
    pub async fn notices(&self, job: &JobId, login: Option<&str>) -> Result<Option<Vec<NoticeView>>, StoreError> {
        let (job, login) = (job.clone(), login.map(str::to_owned));
        self.readers
            .run(move |connection| {
                if !is_of(connection, &job, login.as_deref())? {
                    return Ok(None);
                }
                let mut statement = connection.prepare_cached(
                    "SELECT number, kind, state, not_before FROM notices WHERE job = ?1 ORDER BY number",
                )?;
                let notices = statement.query_map([&job.0], notice)?.collect::<Result<Vec<_>, _>>()?;
                let mut statement = connection.prepare_cached(
                    "SELECT number, at, ended_at, code, result FROM notice_tries WHERE notice = ?1 ORDER BY number",
                )?;
                let with_tries = notices.into_iter().map(|(number, view)| {
                    let tries = statement.query_map([number], tried)?.collect::<Result<_, _>>()?;
                    Ok(NoticeView { tries, ..view })
                });
                with_tries.collect::<Result<_, StoreError>>().map(Some)
            })
            .await
    }

    /// Tells it once more, whatever came of it before. `None`: there is no such job, or it is another login's; false: nobody
    /// is to be told so, or is being told just now.
    pub async fn tell_again(
        &self,
        job: &JobId,
        kind: NoticeKind,
        login: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let (job, login) = (job.clone(), login.map(str::to_owned));
        self.writer
            .run(move |tx| {
                if !is_of(tx.connection, &job, login.as_deref())? {
                    return Ok(None);
                }
                let changed = tx
                    .connection
                    .prepare_cached(
                        "UPDATE notices SET state = 'waiting', not_before = ?3, since = ?3,
                             tries_before = tries_before + tries, tries = 0
                         WHERE job = ?1 AND kind = ?2 AND state <> 'telling'",
                    )?
                    .execute(params![job.0, Word(kind), At(now)])?;
                tx.wake(Stage::Report);
                Ok(Some(changed == 1))
            })
            .await
    }
}

/// A job's end is to be told so.
pub(super) fn tell(tx: &Tx<'_>, job: &JobId, kind: NoticeKind, now: Timestamp) -> Result<(), StoreError> {
    tx.connection
        .prepare_cached("INSERT INTO notices (job, kind, state, not_before, since) VALUES (?1, ?2, 'waiting', ?3, ?3)")?
        .execute(params![job.0, Word(kind), At(now)])?;
    Ok(())
}

fn is_of(connection: &Connection, job: &JobId, login: Option<&str>) -> Result<bool, StoreError> {
    let mut job_of = connection.prepare_cached("SELECT 1 FROM jobs WHERE id = ?1 AND login = coalesce(?2, login)")?;
    Ok(job_of.exists(params![job.0, login])?)
}

fn notice(row: &Row<'_>) -> rusqlite::Result<(i64, NoticeView)> {
    let Word(kind) = row.get("kind")?;
    let state: String = row.get("state")?;
    let At(not_before) = row.get("not_before")?;
    let not_before = (state == "waiting").then_some(not_before);
    Ok((row.get("number")?, NoticeView { kind, state, not_before, tries: Vec::new() }))
}

fn tried(row: &Row<'_>) -> rusqlite::Result<TryView> {
    let At(at) = row.get("at")?;
    let ended_at: Option<At> = row.get("ended_at")?;
    Ok(TryView {
        number: row.get("number")?,
        at,
        ended_at: ended_at.map(|At(ended_at)| ended_at),
        code: row.get("code")?,
        result: row.get("result")?,
    })
}
