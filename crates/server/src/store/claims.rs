//! The next call: whose turn it is, and what the call needs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::job::{Paper, Property, Reference, RenderingOptions, Resolution, TransportOptions};
use ferrofax_fax::page::StoredPage;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::barred::{Due, turned_away};
use super::destinations::memory;
use super::lanes;
use super::prepare::pages_from;
use super::rows::{At, Json, Word, later};
use super::send::{held, history};
use super::stationery::Stationery;
use super::sweep::end_expired;
use super::writer::Tx;
use super::{Stage, Store, StoreError};
use crate::jobs::{Advice, DeliveryId, JobId, Policy, Route, Routes};

/// Deliveries looked at in one transaction that turn out not to be called now.
const PASSED_OVER_MAX: usize = 100;
/// Faxes that share a call with another at most. A long call keeps others from the number, and costs more when it breaks.
const COMPANIONS_MAX: usize = 9;

/// The right and the duty to call a number. Its number never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryClaim {
    pub delivery: DeliveryId,
    pub job: JobId,
    pub customer: String,
    /// From 1.
    pub attempt: u32,
    /// As recorded with the attempt; its header lines tell it.
    pub started_at: Timestamp,
    /// `00` + digits.
    pub dial: String,
    pub line: String,
    /// The sender's id: the job's, else the account's.
    pub csid: Option<String>,
    /// Pages of the fax, as far as they are known: before its cover page is composed, those of its documents.
    pub pages: u32,
    /// Those of its own cover page; 0 before it is composed.
    pub cover_pages: u32,
    /// Where this call begins: pages before it are confirmed.
    pub first_page: u32,
    /// Pages of its cover page that go out once more before that one, as the account wants it.
    pub repeated: u32,
    /// How fast it may send at most.
    pub bit_rate_max: Option<u32>,
    /// Other faxes of the customer to this number may go out in the same call, see [`Store::claim_companions`].
    pub shares: bool,
    /// Whether it offers error correction.
    pub ecm: bool,
    /// What its own pages are composed of.
    pub composition: Composition,
    /// Calls in which the first page was ended and not confirmed: it may be there already.
    pub doubts: u32,
    pub valid_until: Timestamp,
    /// How often its pages could not be composed.
    pub uncomposed: u32,
    pub(super) lease_number: i64,
}

/// What the pages of one recipient are composed of, beside the documents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Composition {
    pub rendering: RenderingOptions,
    pub paper: Paper,
    pub resolution: Resolution,
    /// What its cover page and overlay are taken from.
    pub stationery: Option<Stationery>,
    /// The account's, by its IANA name.
    pub zone: String,
    /// The recipient's own.
    pub properties: Vec<Property>,
    pub reference: Reference,
    pub customer_reference: Option<String>,
    /// When the first call to this recipient began: what a cover page is dated, however often it is composed.
    pub dated: Timestamp,
}

impl fmt::Debug for DeliveryClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryClaim")
            .field("delivery", &self.delivery)
            .field("attempt", &self.attempt)
            .field("line", &self.line)
            .field("first_page", &self.first_page)
            .finish_non_exhaustive()
    }
}

/// What looking for a call came to.
enum Found {
    Call(Box<DeliveryClaim>),
    Nothing,
    /// There may be one; look again.
    Perhaps,
}

impl Store {
    /// The next delivery to be called on this line, if there is one: due, valid, nobody else calls its number, and its
    /// destination and customer have a channel left. Express ones first, then fairly (see `lanes.rs`). The attempt is on record
    /// from here.
    pub async fn claim_delivery(
        &self,
        owner: &str,
        now: Timestamp,
        lease: Duration,
        line: &str,
        policy: &Arc<Policy>,
    ) -> Result<Option<DeliveryClaim>, StoreError> {
        let expires = later(now, lease)?;
        loop {
            let (owner, line, policy) = (owner.to_owned(), line.to_owned(), policy.clone());
            let found = self
                .writer
                .run(move |tx| {
                    // Nobody's turn comes before all that is due stands in its lane.
                    if lanes::promote(tx, &line, now)? {
                        return Ok(Found::Perhaps);
                    }
                    look(tx, &line, &policy, &owner, now, expires)
                })
                .await?;
            match found {
                Found::Call(claim) => return Ok(Some(*claim)),
                Found::Nothing => return Ok(None),
                Found::Perhaps => {}
            }
        }
    }

    /// The customer's other faxes that wait for the number of this call, to be sent in it: those with the same sender's id, the
    /// express ones first. Their attempts are on record from here.
    pub async fn claim_companions(
        &self,
        carrier: &DeliveryClaim,
        owner: &str,
        now: Timestamp,
        lease: Duration,
        policy: &Arc<Policy>,
    ) -> Result<Vec<DeliveryClaim>, StoreError> {
        let (carrier, owner, expires, policy) = (carrier.clone(), owner.to_owned(), later(now, lease)?, policy.clone());
        self.writer
            .run(move |tx| {
                held(tx, &carrier)?;
                let waiting = tx
                    .connection
                    .prepare_cached(&format!(
                        "SELECT d.id FROM deliveries d
                         JOIN jobs j ON j.id = d.job JOIN customers c ON c.number = d.customer
                         WHERE d.number_key = ?1 AND d.ready = 2 AND d.customer = ?2 AND d.line = ?3
                             AND d.valid_until > ?4 AND coalesce(json_extract(j.transport, '$.csid'), c.csid) IS ?5
                         ORDER BY d.priority DESC, d.not_before, d.id LIMIT {COMPANIONS_MAX}"
                    ))?
                    .query_map(params![carrier.dial, carrier.customer, carrier.line, At(now), carrier.csid], |row| {
                        row.get(0)
                    })?
                    .collect::<Result<Vec<String>, _>>()?;
                let mut companions = Vec::new();
                for delivery in waiting {
                    if passed_over(tx, &delivery, &carrier.line, &policy, now)? {
                        continue;
                    }
                    lanes::leave(tx.connection, &delivery)?;
                    let rides = Some(&carrier.delivery);
                    companions.push(claim(tx, delivery, rides, &owner, &carrier.line, now, expires)?);
                }
                Ok(companions)
            })
            .await
    }

    /// When the next delivery on this line becomes due without anything else happening.
    pub async fn next_due(&self, line: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let line = line.to_owned();
        self.readers
            .run(move |connection| {
                let due = connection
                    .prepare_cached(
                        "SELECT not_before FROM deliveries
                         WHERE state = 'waiting' AND ready = 0 AND held = 0 AND line = ?1 AND not_before > ?2
                         ORDER BY not_before LIMIT 1",
                    )?
                    .query_row(params![line, At(now)], |row| row.get(0))
                    .optional()?;
                Ok(due.map(|At(due)| due))
            })
            .await
    }

    /// Of the pages this call sends, those of documents: cover pages go before them.
    pub async fn pages(&self, claim: &DeliveryClaim) -> Result<Vec<Arc<StoredPage>>, StoreError> {
        let (job, blobs) = (claim.job.clone(), self.blobs.clone());
        let first = claim.first_page.saturating_sub(claim.cover_pages);
        self.readers
            .run(move |connection| Ok(pages_from(connection, &blobs, &job, first)?.into_iter().map(Arc::new).collect()))
            .await
    }

    /// Puts every delivery that still waits on the line its number leads to now; at the start, as the configuration may have
    /// changed. Where none leads any more it keeps waiting, without a line, until the configuration is mended or its time is
    /// over. Returns how many have none.
    pub async fn reroute(&self, routes: &Routes) -> Result<u64, StoreError> {
        let routes = routes.clone();
        self.writer
            .run(move |tx| {
                // Accepted ones get theirs when they are prepared; they are named for the sake of the index.
                let mut select = tx.connection.prepare_cached(
                    "SELECT d.id, d.number_key, d.line, d.destination, c.test_mode
                     FROM deliveries d JOIN customers c ON c.number = d.customer
                     WHERE d.state IN ('accepted', 'waiting', 'held') AND d.state <> 'accepted'",
                )?;
                type Waiting = (String, String, Option<String>, String, bool);
                let waiting = select
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
                    .collect::<Result<Vec<Waiting>, _>>()?;
                let mut nowhere = 0;
                for (delivery, number, line, destination, test_mode) in waiting {
                    let route = routes.route(&number, test_mode);
                    nowhere += u64::from(route.line.is_none());
                    if (route.line, route.destination) != (line.as_deref(), &*destination) {
                        lanes::leave(tx.connection, &delivery)?;
                        send_by(tx, &delivery, route)?;
                    }
                }
                tx.wake(Stage::Send);
                Ok(nowhere)
            })
            .await
    }
}

/// From now on it goes this way.
pub(super) fn send_by(tx: &Tx<'_>, delivery: &str, route: Route<'_>) -> Result<(), StoreError> {
    tx.connection
        .prepare_cached("UPDATE deliveries SET line = ?2, destination = ?3 WHERE id = ?1")?
        .execute(params![delivery, route.line, route.destination])?;
    Ok(())
}

/// Steps over what is in a lane but is not to be called now.
fn look(
    tx: &Tx<'_>,
    line: &str,
    policy: &Policy,
    owner: &str,
    now: Timestamp,
    expires: At,
) -> Result<Found, StoreError> {
    for step in 0..PASSED_OVER_MAX {
        let Some(delivery) = lanes::next(tx.connection, line, &policy.routes)? else {
            // What was passed over may be due again, at another number.
            return Ok(if step == 0 { Found::Nothing } else { Found::Perhaps });
        };
        if !passed_over(tx, &delivery, line, policy, now)? {
            lanes::take(tx.connection, &delivery)?;
            let claim = claim(tx, delivery, None, owner, line, now, expires)?;
            return Ok(Found::Call(Box::new(claim)));
        }
    }
    Ok(Found::Perhaps)
}

/// Whether it is not to be called now, nor on this line, nor at this number; then it is out of its lane.
fn passed_over(tx: &Tx<'_>, delivery: &str, line: &str, policy: &Policy, now: Timestamp) -> Result<bool, StoreError> {
    let due = tx
        .connection
        .prepare_cached(
            "SELECT d.id, d.job, d.customer, d.number_key, d.numbers, d.valid_until, c.test_mode, c.quiet_hours, c.zone,
                 coalesce(json_extract(j.transport, '$.blacklist'), 0) AS public_lists
             FROM deliveries d JOIN customers c ON c.number = d.customer JOIN jobs j ON j.id = d.job WHERE d.id = ?1",
        )?
        .query_row([delivery], Due::from)?;
    if due.valid_until <= now {
        lanes::leave(tx.connection, delivery)?;
        end_expired(tx, delivery, &due.job, now)?;
        tx.wake(Stage::Send);
        return Ok(true);
    }
    let not_before = due.callable_from(now);
    if not_before > now {
        lanes::leave(tx.connection, delivery)?;
        tx.connection
            .prepare_cached("UPDATE deliveries SET not_before = ?2 WHERE id = ?1")?
            .execute(params![delivery, At(not_before)])?;
        tx.wake(Stage::Send);
        return Ok(true);
    }
    // The account's test mode may have been switched since the line was chosen.
    let routes = &policy.routes;
    if due.test_mode != routes.is_test(line) && routes.has_test() {
        let route = routes.route(&due.number, due.test_mode);
        if route.line != Some(line) {
            lanes::leave(tx.connection, delivery)?;
            send_by(tx, delivery, route)?;
            tx.wake(Stage::Send);
            return Ok(true);
        }
    }
    turned_away(tx, &due, policy, now)
}

fn claim(
    tx: &Tx<'_>,
    delivery: String,
    rides: Option<&DeliveryId>,
    owner: &str,
    line: &str,
    now: Timestamp,
    expires: At,
) -> Result<DeliveryClaim, StoreError> {
    tx.connection
        .prepare_cached(
            "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, lease_owner = ?2, lease_expires_at = ?3,
                 lease_number = lease_number + 1, rides = ?4
             WHERE id = ?1",
        )?
        .execute(params![delivery, owner, expires, rides.map(|carrier| &carrier.0)])?;
    let (claimed, test_mode) = tx
        .connection
        .prepare_cached(
            "SELECT d.job, d.customer, d.attempts, d.number_key, d.properties, d.cover_pages, d.confirmed, d.valid_until,
                 d.uncomposed, d.lease_number, d.bit_rate_max, c.repeat_cover, c.share_calls, c.test_mode,
                 j.transport, j.rendering, j.stationery, j.reference, j.customer_reference, j.pages,
                 c.csid, c.paper, c.resolution, c.zone,
                 (SELECT started_at FROM attempts a WHERE a.delivery = d.id AND a.number = 1) AS dated
             FROM deliveries d JOIN jobs j ON j.id = d.job JOIN customers c ON c.number = d.customer WHERE d.id = ?1",
        )?
        .query_row([&delivery], |row| {
            let Json(transport): Json<TransportOptions> = row.get("transport")?;
            let At(valid_until) = row.get("valid_until")?;
            let (pages, cover_pages): (u32, u32) = (row.get("pages")?, row.get("cover_pages")?);
            let first_page: u32 = row.get("confirmed")?;
            let repeated = if row.get("repeat_cover")? { first_page.min(cover_pages) } else { 0 };
            let test_mode: bool = row.get("test_mode")?;
            let claim = DeliveryClaim {
                delivery: DeliveryId(delivery.clone()),
                job: JobId(row.get("job")?),
                customer: row.get("customer")?,
                attempt: row.get("attempts")?,
                started_at: now,
                dial: row.get("number_key")?,
                line: line.to_owned(),
                csid: transport.csid.or(row.get("csid")?),
                pages: pages.saturating_add(cover_pages),
                cover_pages,
                first_page,
                repeated,
                bit_rate_max: row.get("bit_rate_max")?,
                shares: row.get("share_calls")?,
                ecm: true,
                composition: composition(row, now)?,
                doubts: 0,
                valid_until,
                uncomposed: row.get("uncomposed")?,
                lease_number: row.get("lease_number")?,
            };
            Ok((claim, test_mode))
        })?;
    let claimed = if test_mode { claimed } else { advised(tx.connection, claimed, now)? };
    let doubts = history(tx.connection, &claimed.delivery)?.doubts;
    tx.connection
        .prepare_cached(
            "INSERT INTO attempts (delivery, number, line, owner, started_at, first_page, dial, pages_repeated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            delivery,
            claimed.attempt,
            line,
            owner,
            At(now),
            claimed.first_page,
            claimed.dial,
            claimed.repeated,
        ])?;
    Ok(DeliveryClaim { doubts, ..claimed })
}

/// As calls to its number went before.
fn advised(connection: &Connection, claim: DeliveryClaim, now: Timestamp) -> Result<DeliveryClaim, StoreError> {
    let Some(memory) = memory(connection, &claim.dial)? else { return Ok(claim) };
    let Advice { bit_rate_max, ecm } = memory.advice(now);
    let bit_rate_max = [claim.bit_rate_max, bit_rate_max].into_iter().flatten().min();
    Ok(DeliveryClaim { bit_rate_max, ecm, ..claim })
}

/// Of a row with the delivery's, its job's and its customer's columns, and `dated`; `now` where that is null.
pub(super) fn composition(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<Composition> {
    let Json(rendering): Json<RenderingOptions> = row.get("rendering")?;
    let (Word(paper), Word(resolution)) = (row.get("paper")?, row.get("resolution")?);
    let customer: String = row.get("customer")?;
    let stationery = row.get::<_, Option<i64>>("stationery")?;
    let Json(reference) = row.get("reference")?;
    Ok(Composition {
        paper: rendering.paper.unwrap_or(paper),
        resolution: rendering.resolution.unwrap_or(resolution),
        rendering,
        stationery: stationery.map(|revision| Stationery { customer, revision }),
        zone: row.get("zone")?,
        properties: row.get::<_, Option<_>>("properties")?.map(|Json(properties)| properties).unwrap_or_default(),
        reference,
        customer_reference: row.get("customer_reference")?,
        dated: row.get::<_, Option<_>>("dated")?.map_or(now, |At(dated)| dated),
    })
}
