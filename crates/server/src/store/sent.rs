//! A fax as it went out: what its pages were composed of, call by call, so that they can be composed again.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::claims::{Composition, composition};
use super::rows::{At, Json};
use super::{Store, StoreError};
use crate::jobs::JobId;
use ferrofax_api::job::TransportOptions;

/// A recipient's fax. Its number never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SentFax {
    pub composition: Composition,
    /// What was dialled last, `00` and digits.
    pub dial: String,
    pub csid: Option<String>,
    /// 0 where the cover page was never composed.
    pub cover_pages: u32,
    /// Calls to that number, in order.
    pub calls: Vec<SentCall>,
}

/// Which pages of the fax a call brought over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SentCall {
    pub started_at: Timestamp,
    pub first_page: u32,
    pub pages_confirmed: u32,
}

impl std::fmt::Debug for SentFax {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentFax").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl Store {
    /// The fax of a recipient, from 0. None: there is no such job or recipient.
    pub async fn sent_fax(&self, job: &JobId, position: u32) -> Result<Option<SentFax>, StoreError> {
        let job = job.clone();
        self.readers
            .run(move |connection| {
                let found = connection
                    .prepare_cached(
                        "SELECT d.id, d.customer, d.number_key, d.properties, d.cover_pages, j.transport, j.rendering, j.stationery,
                             j.reference, j.customer_reference, j.accepted_at, c.csid, c.paper, c.resolution, c.zone,
                             (SELECT started_at FROM attempts a WHERE a.delivery = d.id AND a.number = 1) AS dated
                         FROM deliveries d JOIN jobs j ON j.id = d.job JOIN customers c ON c.number = d.customer
                         WHERE d.job = ?1 AND d.position = ?2",
                    )?
                    .query_row(params![job.0, position], |row| {
                        let Json(transport): Json<TransportOptions> = row.get("transport")?;
                        let At(accepted_at) = row.get("accepted_at")?;
                        let fax = SentFax {
                            composition: composition(row, accepted_at)?,
                            dial: row.get("number_key")?,
                            csid: transport.csid.or(row.get("csid")?),
                            cover_pages: row.get("cover_pages")?,
                            calls: Vec::new(),
                        };
                        Ok((row.get::<_, String>("id")?, fax))
                    })
                    .optional()?;
                let Some((delivery, mut fax)) = found else { return Ok(None) };
                fax.calls = connection
                    .prepare_cached(
                        "SELECT started_at, first_page, pages_confirmed FROM attempts
                         WHERE delivery = ?1 AND coalesce(dial, ?2) = ?2 ORDER BY number",
                    )?
                    .query_map(params![delivery, fax.dial], |row| {
                        let At(started_at) = row.get("started_at")?;
                        Ok(SentCall {
                            started_at,
                            first_page: row.get("first_page")?,
                            pages_confirmed: row.get("pages_confirmed")?,
                        })
                    })?
                    .collect::<Result<_, _>>()?;
                Ok(Some(fax))
            })
            .await
    }

    /// Bytes of a job's prepared pages together.
    pub async fn job_pages_bytes(&self, job: &JobId) -> Result<u64, StoreError> {
        let job = job.clone();
        self.readers
            .run(move |connection| {
                let bytes: i64 = connection
                    .prepare_cached("SELECT coalesce(sum(size), 0) FROM pages WHERE job = ?1")?
                    .query_row([&job.0], |row| row.get(0))?;
                Ok(bytes.unsigned_abs())
            })
            .await
    }
}
