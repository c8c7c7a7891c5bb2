//! Cancel, hold, release: what an operator or a customer does to jobs that are on their way.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;

use super::lanes;
use super::report::finish_delivery;
use super::rows::Word;
use super::writer::Tx;
use super::{Stage, Store, StoreError};
use crate::jobs::{ApiStatus, DeliveryId, DeliveryState, JobId};

/// Which deliveries are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Which {
    pub job: JobId,
    /// The recipient's place in the request, from 0; none: all of them.
    pub recipient: Option<u32>,
    /// Only if this login submitted it; none: whoever did.
    pub login: Option<String>,
}

/// What is to be done with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// End them. A running call ends properly as soon as T.30 allows.
    Cancel,
    /// Keep them back. A running call goes on.
    Hold,
    /// Let them go on.
    Release,
}

/// How many it came true for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Controlled {
    /// Done.
    pub done: u32,
    /// Being called: cancelled as soon as the call has ended, held when it leads to another one.
    pub in_call: u32,
    /// Final already, or already so.
    pub unchanged: u32,
}

struct Found {
    delivery: String,
    state: DeliveryState,
    held: bool,
}

impl Store {
    /// Does it. `None`: there is no such job or recipient, or it is another login's.
    pub async fn control(
        &self,
        which: &Which,
        control: Control,
        now: Timestamp,
    ) -> Result<Option<Controlled>, StoreError> {
        let which = which.clone();
        self.writer
            .run(move |tx| {
                let deliveries = find(tx, &which)?;
                if deliveries.is_empty() {
                    return Ok(None);
                }
                let mut total = Controlled::default();
                for found in &deliveries {
                    let count = match control {
                        Control::Cancel => cancel(tx, &which.job, found, &mut total, now),
                        Control::Hold => hold(tx, found, &mut total),
                        Control::Release => release(tx, found, &mut total),
                    };
                    *count? += 1;
                }
                tx.wake(Stage::Send);
                Ok(Some(total))
            })
            .await
    }

    /// Whether somebody wants this delivery's running call to end.
    pub async fn is_cancelled(&self, delivery: &DeliveryId) -> Result<bool, StoreError> {
        let delivery = delivery.clone();
        self.readers
            .run(move |connection| {
                let cancel: Option<bool> = connection
                    .prepare_cached("SELECT cancel FROM deliveries WHERE id = ?1")?
                    .query_row([&delivery.0], |row| row.get(0))
                    .optional()?;
                Ok(cancel.unwrap_or(true))
            })
            .await
    }
}

fn find(tx: &Tx<'_>, which: &Which) -> Result<Vec<Found>, StoreError> {
    let mut statement = tx.connection.prepare_cached(
        "SELECT id, state, held FROM deliveries
         WHERE job = ?1 AND (?2 IS NULL OR position = ?2) AND (?3 IS NULL OR login = ?3) ORDER BY position",
    )?;
    let found = |row: &Row<'_>| {
        let Word(state) = row.get("state")?;
        Ok(Found { delivery: row.get("id")?, state, held: row.get("held")? })
    };
    let found = statement.query_map(params![which.job.0, which.recipient, which.login], found)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn cancel<'a>(
    tx: &Tx<'_>,
    job: &JobId,
    found: &Found,
    total: &'a mut Controlled,
    now: Timestamp,
) -> Result<&'a mut u32, StoreError> {
    match found.state {
        DeliveryState::Accepted | DeliveryState::Waiting | DeliveryState::Held => {
            lanes::leave(tx.connection, &found.delivery)?;
            finish_delivery(tx, &found.delivery, job, (ApiStatus::Cancelled, "cancelled"), now)?;
            Ok(&mut total.done)
        }
        DeliveryState::Sending => {
            set(tx, "cancel = 1", found)?;
            Ok(&mut total.in_call)
        }
        DeliveryState::Sent | DeliveryState::Failed | DeliveryState::Cancelled => Ok(&mut total.unchanged),
    }
}

fn hold<'a>(tx: &Tx<'_>, found: &Found, total: &'a mut Controlled) -> Result<&'a mut u32, StoreError> {
    if found.held {
        return Ok(&mut total.unchanged);
    }
    match found.state {
        DeliveryState::Accepted | DeliveryState::Waiting | DeliveryState::Held => {
            lanes::leave(tx.connection, &found.delivery)?;
            set(tx, "held = 1", found)?;
            Ok(&mut total.done)
        }
        DeliveryState::Sending => {
            set(tx, "held = 1", found)?;
            Ok(&mut total.in_call)
        }
        DeliveryState::Sent | DeliveryState::Failed | DeliveryState::Cancelled => Ok(&mut total.unchanged),
    }
}

fn release<'a>(tx: &Tx<'_>, found: &Found, total: &'a mut Controlled) -> Result<&'a mut u32, StoreError> {
    if !found.held {
        return Ok(&mut total.unchanged);
    }
    set(tx, "held = 0", found)?;
    Ok(&mut total.done)
}

fn set(tx: &Tx<'_>, change: &str, found: &Found) -> Result<(), StoreError> {
    tx.connection
        .prepare_cached(&format!("UPDATE deliveries SET {change} WHERE id = ?1"))?
        .execute([&found.delivery])?;
    Ok(())
}
