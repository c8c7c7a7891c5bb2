//! How far a job is, in few words: what those who watch it are told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::rows::{At, Word};
use super::{Store, StoreError};
use crate::jobs::{DeliveryState, JobId, JobState};

/// A job as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    pub state: JobState,
    /// Of its documents; 0 until prepared.
    pub pages: u32,
    /// By place in the request.
    pub recipients: BTreeMap<u32, RecipientProgress>,
}

/// A recipient as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecipientProgress {
    pub state: DeliveryState,
    pub held: bool,
    /// Calls begun.
    pub attempts: u32,
    /// When the last one was answered.
    pub answered_at: Option<Timestamp>,
    pub pages_confirmed: u32,
    /// With its own cover page.
    pub pages: u32,
    /// Once final: the API's word and its sentence.
    pub end: Option<(String, String)>,
}

impl Store {
    /// How far a job of this login is. `None`: there is no such job, or it is another login's.
    pub async fn progress(&self, login: &str, job: &JobId) -> Result<Option<Progress>, StoreError> {
        let (login, job) = (login.to_owned(), job.clone());
        self.readers
            .run(move |connection| {
                let found = connection
                    .prepare_cached("SELECT state, pages FROM jobs WHERE login = ?1 AND id = ?2 AND report_deleted = 0")?
                    .query_row(params![login, job.0], |row| {
                        let Word(state) = row.get(0)?;
                        Ok((state, row.get(1)?))
                    })
                    .optional()?;
                let Some((state, pages)) = found else { return Ok(None) };
                let mut statement = connection.prepare_cached(
                    "SELECT d.position, d.state, d.held, d.attempts, d.confirmed, d.cover_pages, d.status, d.reason, a.answered_at
                     FROM deliveries d LEFT JOIN attempts a ON a.delivery = d.id AND a.number = d.attempts WHERE d.job = ?1",
                )?;
                let recipients = statement.query_map([&job.0], |row| {
                    let Word(state) = row.get("state")?;
                    let answered_at: Option<At> = row.get("answered_at")?;
                    let (status, reason): (Option<String>, Option<String>) = (row.get("status")?, row.get("reason")?);
                    let cover_pages: u32 = row.get("cover_pages")?;
                    let recipient = RecipientProgress {
                        state,
                        held: row.get("held")?,
                        attempts: row.get("attempts")?,
                        answered_at: answered_at.map(|At(time)| time),
                        pages_confirmed: row.get("confirmed")?,
                        pages: cover_pages.saturating_add(pages),
                        end: status.map(|status| (status, reason.unwrap_or_default())),
                    };
                    Ok((row.get("position")?, recipient))
                })?;
                let recipients = recipients.collect::<Result<_, _>>()?;
                Ok(Some(Progress { state, pages, recipients }))
            })
            .await
    }
}
