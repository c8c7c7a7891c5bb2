//! What calls to numbers taught ([`Memory`]), for all customers together; and which customer called which number, so that each
//! is shown only what it could know by itself.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::claims::DeliveryClaim;
use super::rows::{At, Json};
use super::send::AttemptResult;
use super::writer::Tx;
use super::{Store, StoreError};
use crate::jobs::{Lesson, Memory, Pins, REMEMBERED_DAYS, Retry, teaches};

/// Rows swept in one transaction.
const BATCH: usize = 500;

/// What is known of a number, which never appears in `Debug`.
#[derive(Clone, PartialEq)]
pub struct DestinationView {
    /// As dialled.
    pub number: String,
    pub memory: Memory,
    /// When this customer called it last, and when that went well or not; none where no customer asks.
    pub own: Option<OwnCalls>,
}

/// A customer's calls to a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnCalls {
    pub called_at: Timestamp,
    pub ok_at: Option<Timestamp>,
    pub failed_at: Option<Timestamp>,
}

impl std::fmt::Debug for DestinationView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DestinationView").field("own", &self.own).finish_non_exhaustive()
    }
}

impl Store {
    /// The next numbers that something is known of; for operators.
    pub async fn destinations(&self, after: &str, limit: u32) -> Result<Vec<DestinationView>, StoreError> {
        let after = after.to_owned();
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT number_key, memory FROM destinations WHERE number_key > ?1 ORDER BY number_key LIMIT ?2",
                )?;
                let views = statement.query_map(params![after, limit], view)?;
                Ok(views.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// What is known of a number, as dialled; for operators.
    pub async fn destination(&self, number: &str) -> Result<Option<DestinationView>, StoreError> {
        let number = number.to_owned();
        self.readers
            .run(move |connection| {
                let memory = memory(connection, &number)?;
                Ok(memory.map(|memory| DestinationView { number, memory, own: None }))
            })
            .await
    }

    /// The next of the numbers that this customer has called.
    pub async fn called_by(&self, customer: &str, after: &str, limit: u32) -> Result<Vec<DestinationView>, StoreError> {
        self.own_calls("c.number_key > ?2", customer, after, limit).await
    }

    /// What is known of a number, if this customer has called it.
    pub async fn if_called_by(&self, customer: &str, number: &str) -> Result<Option<DestinationView>, StoreError> {
        Ok(self.own_calls("c.number_key = ?2", customer, number, 1).await?.pop())
    }

    async fn own_calls(
        &self,
        which: &'static str,
        customer: &str,
        number: &str,
        limit: u32,
    ) -> Result<Vec<DestinationView>, StoreError> {
        let (customer, number) = (customer.to_owned(), number.to_owned());
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT c.number_key, c.called_at, c.ok_at, c.failed_at, d.memory
                     FROM destination_calls c JOIN destinations d ON d.number_key = c.number_key
                     WHERE c.customer = ?1 AND {which} ORDER BY c.number_key LIMIT ?3"
                ))?;
                let views = statement.query_map(params![customer, number, limit], |row| {
                    let At(called_at) = row.get("called_at")?;
                    let own = OwnCalls { called_at, ok_at: time(row, "ok_at")?, failed_at: time(row, "failed_at")? };
                    Ok(DestinationView { own: Some(own), ..view(row)? })
                })?;
                Ok(views.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// From now on calls to this number go so, whatever is learnt.
    pub async fn pin_destination(&self, number: &str, pins: Pins, rules: &Retry) -> Result<(), StoreError> {
        self.change(number, rules, move |memory| memory.pins = pins).await
    }

    /// A parked number is called again. Whether anything was known against it.
    pub async fn release_destination(&self, number: &str, rules: &Retry) -> Result<bool, StoreError> {
        self.change(number, rules, Memory::release).await
    }

    /// Forgets what was learnt of a number, and what was pinned. Whether there was anything.
    pub async fn forget_destination(&self, number: &str) -> Result<bool, StoreError> {
        let number = number.to_owned();
        self.writer
            .run(move |tx| {
                let mut forget = tx.connection.prepare_cached("DELETE FROM destinations WHERE number_key = ?1")?;
                Ok(forget.execute([number])? > 0)
            })
            .await
    }

    /// Forgets what was not seen for long. Returns how many numbers.
    pub async fn sweep_destinations(&self, now: Timestamp) -> Result<usize, StoreError> {
        let calls = now.checked_sub(SignedDuration::from_hours(24 * i64::from(REMEMBERED_DAYS))).unwrap_or(now);
        let mut forgotten = 0;
        loop {
            let (numbers, calls) = self
                .writer
                .run(move |tx| {
                    let old = |table: &str, column: &str, at: Timestamp| -> Result<usize, StoreError> {
                        let sql = format!(
                            "DELETE FROM {table} WHERE (number_key, {column}) IN
                                 (SELECT number_key, {column} FROM {table} WHERE {column} <= ?1 LIMIT {BATCH})"
                        );
                        Ok(tx.connection.prepare_cached(&sql)?.execute([At(at)])?)
                    };
                    Ok((old("destinations", "forget_at", now)?, old("destination_calls", "called_at", calls)?))
                })
                .await?;
            forgotten += numbers;
            if numbers < BATCH && calls < BATCH {
                return Ok(forgotten);
            }
        }
    }

    async fn change<T, F>(&self, number: &str, rules: &Retry, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Memory) -> T + Send + 'static,
    {
        let (number, rules) = (number.to_owned(), rules.clone());
        self.writer
            .run(move |tx| {
                let mut memory = memory(tx.connection, &number)?.unwrap_or_default();
                let before = memory.clone();
                let done = work(&mut memory);
                if memory != before {
                    remember(tx, &number, &memory, &rules)?;
                }
                Ok(done)
            })
            .await
    }
}

/// What a call taught. Calls of customers in test mode go to machines of our own, and teach nothing.
pub(super) fn learn(
    tx: &Tx<'_>,
    claim: &DeliveryClaim,
    result: &AttemptResult,
    rules: &Retry,
) -> Result<(), StoreError> {
    let (At(started_at), test_mode): (At, bool) = tx
        .connection
        .prepare_cached(
            "SELECT a.started_at, c.test_mode FROM attempts a, customers c
             WHERE a.delivery = ?1 AND a.number = ?2 AND c.number = ?3",
        )?
        .query_row(params![claim.delivery.0, claim.attempt, claim.customer], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if test_mode || !teaches(&result.outcome) {
        return Ok(());
    }
    let answer = result.answered_at.map(|at| at.duration_since(started_at).as_millis().max(0));
    let lesson = Lesson {
        delivery: claim.delivery.clone(),
        ended_at: result.ended_at,
        outcome: result.outcome.clone(),
        answer_ms: answer.map(|answer| u32::try_from(answer).unwrap_or(u32::MAX)),
        bit_rate: result.bit_rate,
        ecm: result.ecm,
        t38_refused: result.t38_refused,
    };
    let before = memory(tx.connection, &claim.dial)?.unwrap_or_default();
    let was_parked = before.parked(rules, result.ended_at).is_some();
    let memory = before.learn(&lesson);
    if !was_parked && memory.parked(rules, result.ended_at).is_some() {
        let job = &claim.job;
        tracing::info!(job.id = %job, "the number of a recipient of job {job} is dead, and is parked");
    }
    remember(tx, &claim.dial, &memory, rules)?;
    let ok = result.outcome == ferrofax_fax::outcome::Outcome::Sent;
    tx.connection
        .prepare_cached(
            "INSERT INTO destination_calls (customer, number_key, called_at, ok_at, failed_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET called_at = excluded.called_at, ok_at = coalesce(excluded.ok_at, ok_at),
                 failed_at = coalesce(excluded.failed_at, failed_at)",
        )?
        .execute(params![
            claim.customer,
            claim.dial,
            At(result.ended_at),
            ok.then_some(At(result.ended_at)),
            (!ok).then_some(At(result.ended_at)),
        ])?;
    Ok(())
}

/// What is known of a number.
pub(super) fn memory(connection: &Connection, number: &str) -> Result<Option<Memory>, StoreError> {
    let memory = connection
        .prepare_cached("SELECT memory FROM destinations WHERE number_key = ?1")?
        .query_row([number], |row| row.get(0));
    Ok(memory.optional()?.map(|Json(memory)| memory))
}

fn remember(tx: &Tx<'_>, number: &str, memory: &Memory, rules: &Retry) -> Result<(), StoreError> {
    tx.connection
        .prepare_cached("INSERT OR REPLACE INTO destinations (number_key, memory, forget_at) VALUES (?1, ?2, ?3)")?
        .execute(params![number, Json(memory), memory.forget_at(rules).map(At)])?;
    Ok(())
}

fn view(row: &Row<'_>) -> rusqlite::Result<DestinationView> {
    let Json(memory) = row.get("memory")?;
    Ok(DestinationView { number: row.get("number_key")?, memory, own: None })
}

fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<At>>(column)?.map(|At(time)| time))
}
