//! Whose turn it is: fair between customers, between a customer's logins, between a login's jobs.
//!
//! A delivery that is due stands in the lane of its job, that one in the lane of its login, and so on up to the line. Who had
//! its turn goes behind those beside it that wait; who comes new goes before those that just had theirs. So a single fax waits
//! for one call of a broadcast at most, whoever sends it, and a broadcast goes on however many single faxes come. Each step
//! looks at the first of an index: what a claim costs does not depend on how much waits.
//!
//! Of a customer's deliveries to one number only one stands in a lane, and nobody's while the number is called; the others wait
//! behind it. So no claim has to step over numbers that are busy with our own calls, and a customer whose channels are all in use
//! keeps no other one from a number. It is the one whose turn comes first, as far as that can be told: a single fax does not wait
//! until a broadcast comes to its number.

use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::StoreError;
use super::rows::At;
use super::writer::Tx;
use crate::jobs::{Priority, Routes};
use jiff::Timestamp;

// In statements about lanes customer, login and job are compared by IS: after `=` SQLite would take the value into account to see whether
// a partial index fits, and compile the statement anew for every other value.

/// Deliveries that come into their lanes in one transaction.
pub(super) const BATCH: usize = 200;

/// Deliveries before one in its job's lane that are counted; who has as many before it is far from its turn.
const AHEAD_MAX: u32 = 50;

/// Deliveries that are looked at when a number is free.
const BEHIND_MAX: u32 = 20;

/// Customers with a delivery to the same number in a lane; further ones wait behind them. Tests reach it with few.
const STANDING_MAX: usize = if cfg!(test) { 2 } else { 8 };

/// `deliveries.ready`.
const NOT_READY: u8 = 0;
const IN_LANE: u8 = 1;
const BEHIND: u8 = 2;

/// Where a delivery stands.
struct Spot {
    delivery: String,
    number_key: String,
    ready: u8,
    line: String,
    destination: String,
    priority: i64,
    customer: String,
    login: String,
    job: String,
    position: u32,
    not_before: At,
}

const SPOT: &str = "not_before, id, number_key, ready, coalesce(line, '') AS line, destination, priority, customer, login, job, position";

impl Spot {
    fn from(row: &Row<'_>) -> rusqlite::Result<Spot> {
        Ok(Spot {
            delivery: row.get("id")?,
            number_key: row.get("number_key")?,
            ready: row.get("ready")?,
            line: row.get("line")?,
            destination: row.get("destination")?,
            priority: row.get("priority")?,
            customer: row.get("customer")?,
            login: row.get("login")?,
            job: row.get("job")?,
            position: row.get("position")?,
            not_before: row.get("not_before")?,
        })
    }

    fn of(connection: &Connection, delivery: &str) -> Result<Spot, StoreError> {
        let sql = format!("SELECT {SPOT} FROM deliveries WHERE id = ?1");
        Ok(connection.prepare_cached(&sql)?.query_row([delivery], Spot::from)?)
    }

    /// Its lanes from the line's down to the job's: customer, login, job.
    fn lanes(&self) -> [[&str; 3]; 4] {
        let Spot { customer, login, job, .. } = self;
        [["", "", ""], [customer, "", ""], [customer, login, ""], [customer, login, job]]
    }
}

/// Brings deliveries of this line that have become due into their lanes. Whether there may be more of them.
pub(super) fn promote(tx: &Tx<'_>, line: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT {SPOT} FROM deliveries
         WHERE state = 'waiting' AND ready = 0 AND held = 0 AND line = ?1 AND not_before <= ?2
         ORDER BY not_before, id LIMIT {BATCH}"
    );
    let due = tx
        .connection
        .prepare_cached(&sql)?
        .query_map(params![line, At(now)], Spot::from)?
        .collect::<Result<Vec<_>, _>>()?;
    for spot in &due {
        come(tx.connection, spot)?;
    }
    Ok(due.len() == BATCH)
}

/// A delivery is due: it goes into its lane, or behind another one to the same number.
fn come(connection: &Connection, spot: &Spot) -> Result<(), StoreError> {
    if is_in_call(connection, &spot.number_key)? {
        return put(connection, &spot.delivery, BEHIND);
    }
    let before = standing_for(connection, &spot.number_key)?;
    let own = before.iter().find(|before| before.customer.eq_ignore_ascii_case(&spot.customer));
    let least = before.iter().min_by_key(|before| before.priority);
    match own.or(least.filter(|_| before.len() >= STANDING_MAX)) {
        None => enter(connection, spot),
        Some(before) if overtakes(connection, spot, before)? => {
            put(connection, &before.delivery, BEHIND)?;
            go(connection, before)?;
            enter(connection, spot)
        }
        Some(_) => put(connection, &spot.delivery, BEHIND),
    }
}

fn is_in_call(connection: &Connection, number_key: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM deliveries WHERE number_key = ?1 AND state = 'sending' AND rides IS NULL";
    Ok(connection.prepare_cached(sql)?.exists([number_key])?)
}

/// The deliveries to this number that stand in lanes.
fn standing_for(connection: &Connection, number_key: &str) -> Result<Vec<Spot>, StoreError> {
    let sql = format!("SELECT {SPOT} FROM deliveries WHERE number_key = ?1 AND ready = 1");
    Ok(connection.prepare_cached(&sql)?.query_map([number_key], Spot::from)?.collect::<Result<_, _>>()?)
}

/// Whether it takes the place of another one to its number: it is more urgent, or its turn comes earlier. That costs the other
/// one nothing, for it has its place back when its own turn is near.
fn overtakes(connection: &Connection, spot: &Spot, other: &Spot) -> Result<bool, StoreError> {
    match spot.priority.cmp(&other.priority) {
        Ordering::Greater => Ok(true),
        Ordering::Less => Ok(false),
        Ordering::Equal => Ok(ahead(connection, spot)? < ahead(connection, other)?),
    }
}

/// How many go before it in its job's lane.
fn ahead(connection: &Connection, spot: &Spot) -> Result<u32, StoreError> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM deliveries
             WHERE ready = 1 AND line = ?1 AND destination = ?2 AND job = ?3 AND (not_before, position) < (?4, ?5)
             LIMIT {AHEAD_MAX})"
    );
    let Spot { line, destination, job, not_before, position, .. } = spot;
    let mut ahead = connection.prepare_cached(&sql)?;
    Ok(ahead.query_row(params![line, destination, job, not_before, position], |row| row.get(0))?)
}

fn put(connection: &Connection, delivery: &str, ready: u8) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE deliveries SET ready = ?2 WHERE id = ?1")?.execute(params![delivery, ready])?;
    Ok(())
}

fn enter(connection: &Connection, spot: &Spot) -> Result<(), StoreError> {
    put(connection, &spot.delivery, IN_LANE)?;
    // A new lane has the clock of the one above it for its turn: it goes before those that had theirs last.
    let mut lane = connection.prepare_cached(
        "INSERT INTO lanes (line, destination, priority, customer, login, job, ready, since, turn)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?10, coalesce((SELECT clock FROM lanes
             WHERE line = ?1 AND destination = ?2 AND priority = ?3 AND customer IS ?7 AND login IS ?8 AND job IS ?9), 0))
         ON CONFLICT DO UPDATE SET ready = ready + 1, since = iif(ready > 0, since, excluded.since)",
    )?;
    let lanes = spot.lanes();
    let [root, ..] = lanes;
    for ([customer, login, job], [above, login_above, job_above]) in lanes.iter().zip([root].iter().chain(&lanes)) {
        let Spot { line, destination, priority, not_before, .. } = spot;
        lane.execute(params![
            line,
            destination,
            priority,
            customer,
            login,
            job,
            above,
            login_above,
            job_above,
            not_before,
        ])?;
    }
    Ok(())
}

/// Out of its lanes, without having had its turn.
fn go(connection: &Connection, spot: &Spot) -> Result<(), StoreError> {
    let mut less = connection.prepare_cached(
        "UPDATE lanes SET ready = ready - 1
         WHERE line = ?1 AND destination = ?2 AND priority = ?3 AND customer IS ?4 AND login IS ?5 AND job IS ?6",
    )?;
    for [customer, login, job] in spot.lanes() {
        less.execute(params![spot.line, spot.destination, spot.priority, customer, login, job])?;
    }
    close_empty(connection, spot)
}

/// Those of the line and of customers stay: they are few, and remember who had its turn.
fn close_empty(connection: &Connection, spot: &Spot) -> Result<(), StoreError> {
    let mut close = connection.prepare_cached(
        "DELETE FROM lanes WHERE line = ?1 AND destination = ?2 AND priority = ?3 AND customer IS ?4 AND login IS ?5
             AND job IS ?6 AND ready <= 0",
    )?;
    for [customer, login, job] in &spot.lanes()[2..] {
        close.execute(params![spot.line, spot.destination, spot.priority, customer, login, job])?;
    }
    Ok(())
}

/// It has its turn: out of its lanes, which go behind those beside them.
pub(super) fn take(connection: &Connection, delivery: &str) -> Result<(), StoreError> {
    let spot = Spot::of(connection, delivery)?;
    put(connection, delivery, NOT_READY)?;
    let mut turn = connection.prepare_cached(
        "UPDATE lanes SET ready = ready - 1, clock = clock + 1, turn = 2 + coalesce((SELECT above.clock FROM lanes above
             WHERE above.line = ?1 AND above.destination = ?2 AND above.priority = ?3 AND above.customer IS ?7
                 AND above.login IS ?8 AND above.job IS ?9), 0)
         WHERE line = ?1 AND destination = ?2 AND priority = ?3 AND customer IS ?4 AND login IS ?5 AND job IS ?6",
    )?;
    let lanes = spot.lanes();
    // From below, so that each sees the clock above it as it was.
    for (lane, above) in lanes.iter().skip(1).zip(&lanes).rev() {
        let ([customer, login, job], [above, login_above, job_above]) = (lane, above);
        let Spot { line, destination, priority, .. } = &spot;
        turn.execute(params![line, destination, priority, customer, login, job, above, login_above, job_above])?;
    }
    connection
        .prepare_cached(
            "UPDATE lanes SET ready = ready - 1, clock = clock + 1,
                 turn = 1 + (SELECT max(turn) FROM lanes WHERE line = ?1 AND priority = ?3 AND customer = '')
             WHERE line = ?1 AND destination = ?2 AND priority = ?3 AND customer = '' AND login = '' AND job = ''",
        )?
        .execute(params![spot.line, spot.destination, spot.priority])?;
    close_empty(connection, &spot)?;
    // Its number is in a call now.
    for other in standing_for(connection, &spot.number_key)? {
        put(connection, &other.delivery, BEHIND)?;
        go(connection, &other)?;
    }
    Ok(())
}

/// It is no longer due, for whatever reason. Another one to its number comes into its lane.
pub(super) fn leave(connection: &Connection, delivery: &str) -> Result<(), StoreError> {
    let spot = Spot::of(connection, delivery)?;
    if spot.ready == NOT_READY {
        return Ok(());
    }
    put(connection, delivery, NOT_READY)?;
    if spot.ready == IN_LANE {
        go(connection, &spot)?;
        number_is_free(connection, &spot.number_key, &spot.customer)?;
    }
    Ok(())
}

/// No call to this number runs: of each customer without one in a lane, the one behind whose turn comes first comes into it. Of more
/// customers than may stand, those come who follow the last one, round and round.
pub(super) fn number_is_free(connection: &Connection, number_key: &str, last: &str) -> Result<(), StoreError> {
    if is_in_call(connection, number_key)? {
        return Ok(());
    }
    let mut room = STANDING_MAX.saturating_sub(standing_for(connection, number_key)?.len());
    for priority in Priority::ALL {
        for (from, until) in [(last, None), ("", Some(last))] {
            let mut after = from.to_owned();
            while room > 0
                && let Some(customer) = first_behind(connection, number_key, priority, &after, until)?
            {
                room -= usize::from(comes(connection, number_key, priority, &customer)?);
                after = customer;
            }
        }
    }
    Ok(())
}

/// The first customer after this one, and up to that one, with a delivery behind.
fn first_behind(
    connection: &Connection,
    number_key: &str,
    priority: Priority,
    after: &str,
    until: Option<&str>,
) -> Result<Option<String>, StoreError> {
    // Compared there, where case does not matter.
    let mut first = connection.prepare_cached(
        "SELECT customer, coalesce(customer <= ?4, 1) FROM deliveries
         WHERE number_key = ?1 AND ready = 2 AND priority = ?2 AND customer > ?3 ORDER BY customer LIMIT 1",
    )?;
    let first = first.query_row(params![number_key, priority.rank(), after, until], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))
    });
    Ok(first.optional()?.filter(|(_, wanted)| *wanted).map(|(customer, _)| customer))
}

/// The customer's first delivery behind comes into its lane, unless another one of his stands in one.
fn comes(connection: &Connection, number_key: &str, priority: Priority, customer: &str) -> Result<bool, StoreError> {
    if connection
        .prepare_cached("SELECT 1 FROM deliveries WHERE number_key = ?1 AND customer = ?2 AND ready = 1")?
        .exists([number_key, customer])?
    {
        return Ok(false);
    }
    let sql = format!(
        "SELECT {SPOT} FROM deliveries WHERE number_key = ?1 AND ready = 2 AND priority = ?2 AND customer = ?3
         ORDER BY not_before, id LIMIT {BEHIND_MAX}"
    );
    let mut behind = connection.prepare_cached(&sql)?;
    let mut behind = behind.query_map(params![number_key, priority.rank(), customer], Spot::from)?;
    let Some(mut next) = behind.next().transpose()? else { return Ok(false) };
    let mut fewest = ahead(connection, &next)?;
    while fewest > 0
        && let Some(other) = behind.next().transpose()?
    {
        let fewer = ahead(connection, &other)?;
        if fewer < fewest {
            (next, fewest) = (other, fewer);
        }
    }
    enter(connection, &next)?;
    Ok(true)
}

/// Whose turn it is on this line, of those whose destination and customer have a channel left.
pub(super) fn next(connection: &Connection, line: &str, routes: &Routes) -> Result<Option<String>, StoreError> {
    for priority in Priority::ALL {
        let mut roots = connection.prepare_cached(
            "SELECT destination FROM lanes WHERE line = ?1 AND priority = ?2 AND customer = '' AND ready > 0
             ORDER BY turn, since",
        )?;
        let mut roots = roots.query(params![line, priority.rank()])?;
        while let Some(root) = roots.next()? {
            let destination: String = root.get(0)?;
            let full = match routes.channels(&destination) {
                Some(most) => in_call(connection, "destination", &destination)? >= most,
                None => false,
            };
            if !full && let Some(next) = next_to(connection, line, &destination, priority)? {
                return Ok(Some(next));
            }
        }
    }
    Ok(None)
}

fn next_to(
    connection: &Connection,
    line: &str,
    destination: &str,
    priority: Priority,
) -> Result<Option<String>, StoreError> {
    let mut customers = connection.prepare_cached(
        "SELECT l.customer, c.channels FROM lanes l JOIN customers c ON c.number = l.customer
         WHERE l.line = ?1 AND l.destination = ?2 AND l.priority = ?3 AND l.customer <> '' AND l.login = '' AND l.ready > 0
         ORDER BY l.turn, l.since",
    )?;
    let mut customers = customers.query(params![line, destination, priority.rank()])?;
    while let Some(row) = customers.next()? {
        let (customer, most): (String, Option<u32>) = (row.get(0)?, row.get(1)?);
        // As many customers are full as there are channels, at most.
        let full = match most {
            Some(most) => in_call(connection, "customer", &customer)? >= most,
            None => false,
        };
        if !full {
            return first(connection, line, destination, priority, &customer).map(Some);
        }
    }
    Ok(None)
}

fn in_call(connection: &Connection, column: &str, value: &str) -> Result<u32, StoreError> {
    let sql = format!("SELECT count(*) FROM deliveries WHERE {column} = ?1 AND state = 'sending' AND rides IS NULL");
    Ok(connection.prepare_cached(&sql)?.query_row([value], |row| row.get(0))?)
}

/// The first delivery of the first job of the customer's first login.
fn first(
    connection: &Connection,
    line: &str,
    destination: &str,
    priority: Priority,
    customer: &str,
) -> Result<String, StoreError> {
    let rank = priority.rank();
    let login: String = connection
        .prepare_cached(
            "SELECT login FROM lanes
             WHERE line = ?1 AND destination = ?2 AND priority = ?3 AND customer IS ?4 AND login <> '' AND job = ''
             ORDER BY turn, since LIMIT 1",
        )?
        .query_row(params![line, destination, rank, customer], |row| row.get(0))?;
    let job: String = connection
        .prepare_cached(
            "SELECT job FROM lanes
             WHERE line = ?1 AND destination = ?2 AND priority = ?3 AND customer IS ?4 AND login IS ?5 AND job <> ''
             ORDER BY turn, since LIMIT 1",
        )?
        .query_row(params![line, destination, rank, customer, login], |row| row.get(0))?;
    let delivery = connection
        .prepare_cached(
            "SELECT id FROM deliveries WHERE ready = 1 AND line = ?1 AND destination = ?2 AND job = ?3
             ORDER BY not_before, position LIMIT 1",
        )?
        .query_row(params![line, destination, job], |row| row.get(0))?;
    Ok(delivery)
}

#[cfg(test)]
mod tests;
