//! Numbers that must not be called. Looked up when a delivery has its turn, so that what was listed meanwhile holds. There is no
//! attempt then: nobody was called.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Row, params};

use super::destinations::memory;
use super::lists::listed;
use super::report::finish_delivery;
use super::rows::{At, Json, Word};
use super::send::{change_way, history};
use super::writer::Tx;
use super::{Stage, StoreError, lanes};
use crate::jobs::quiet::QuietHours;
use crate::jobs::zones::zones;
use crate::jobs::{self, ApiStatus, DeliveryId, JobId, Parked, Policy, Retry, instead};

/// A delivery that has its turn.
pub(super) struct Due {
    pub(super) delivery: DeliveryId,
    pub(super) job: JobId,
    pub(super) customer: String,
    pub(super) number: String,
    /// All of the recipient's, where there are several.
    pub(super) numbers: Vec<String>,
    pub(super) valid_until: Timestamp,
    pub(super) test_mode: bool,
    /// The job asks for the lists of the house.
    pub(super) public_lists: bool,
    quiet_hours: Option<QuietHours>,
    /// The account's, by its IANA name.
    zone: String,
}

impl Due {
    pub(super) fn from(row: &Row<'_>) -> rusqlite::Result<Due> {
        let At(valid_until) = row.get("valid_until")?;
        Ok(Due {
            delivery: DeliveryId(row.get("id")?),
            job: JobId(row.get("job")?),
            customer: row.get("customer")?,
            number: row.get("number_key")?,
            numbers: row.get::<_, Option<_>>("numbers")?.map(|Json(numbers)| numbers).unwrap_or_default(),
            valid_until,
            test_mode: row.get("test_mode")?,
            public_lists: row.get("public_lists")?,
            quiet_hours: row.get::<_, Option<_>>("quiet_hours")?.map(|Word(hours)| hours),
            zone: row.get("zone")?,
        })
    }

    /// When quiet hours let it be called.
    pub(super) fn callable_from(&self, now: Timestamp) -> Timestamp {
        // The built-in machines have no nights.
        let Some(quiet) = self.quiet_hours.as_ref().filter(|_| !self.test_mode) else { return now };
        let own = TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC);
        quiet.allowed_from(now, &zones(&self.number), &own)
    }
}

/// Whether the number whose turn it is must not be called. Then its delivery is out of its lane: it goes on with another of its
/// numbers, or has ended.
pub(super) fn turned_away(tx: &Tx<'_>, due: &Due, policy: &Policy, now: Timestamp) -> Result<bool, StoreError> {
    let Some((status, reason)) = bar(tx, due, &due.number, &policy.retry, now)? else { return Ok(false) };
    let barred = due.numbers.iter().map(|number| Ok(bar(tx, due, number, &policy.retry, now)?.is_some()));
    let barred = barred.collect::<Result<Vec<bool>, StoreError>>()?;
    let history = history(tx.connection, &due.delivery)?;
    lanes::leave(tx.connection, &due.delivery.0)?;
    match instead(&history, &barred, policy, now) {
        Some(again) => {
            tx.connection
                .prepare_cached("UPDATE deliveries SET not_before = ?2 WHERE id = ?1")?
                .execute(params![due.delivery.0, At(again.not_before)])?;
            change_way(tx, &due.delivery, &due.number, &again, &policy.routes)?;
            tx.wake(Stage::Send);
        }
        None => {
            // Of a recipient who was called at another number it tells more how that ended.
            let last = history.calls.last().filter(|call| call.number != history.number);
            let end = last.map_or((status, &*reason), |call| jobs::status(&call.end.outcome));
            finish_delivery(tx, &due.delivery.0, &due.job, end, now)?;
        }
    }
    Ok(true)
}

/// How a fax to this number ends without a call, if it does.
fn bar(
    tx: &Tx<'_>,
    due: &Due,
    number: &str,
    rules: &Retry,
    now: Timestamp,
) -> Result<Option<(ApiStatus, String)>, StoreError> {
    if let Some(list) = listed(tx.connection, number, &due.customer, due.public_lists)? {
        let (status, reason) = list.status();
        return Ok(Some((status, reason.to_owned())));
    }
    if due.test_mode {
        return Ok(None);
    }
    let parked = memory(tx.connection, number)?.and_then(|memory| memory.parked(rules, now));
    Ok(parked.map(|Parked { outcome, since, until }| {
        let job = &due.job;
        tracing::info!(job.id = %job, "a recipient of job {job} is not called at a number that is parked");
        let (status, what) = jobs::status(&outcome);
        let day = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
        let (since, until) = (day(since), day(until));
        let release = "unless the operator releases it (ferrofax destination release)";
        (status, format!("{what}; parked since {since}, not called before {until} {release}"))
    }))
}
