//! A finished job with all that is told of it to others.

use ferrofax_api::job::{DocumentKind, HttpStatusPush, Reference, RenderingOptions, ReportMail, TransportOptions};
use ferrofax_api::report::FaxReport;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::accounts::{Account, AccountPush, find};
use super::rows::{At, Json, Word};
use super::seal::Sealer;
use super::{Store, StoreError};
use crate::jobs::{DeliveryId, JobId};

/// A job that is finished. What it holds of people and secrets never appears in `Debug`.
#[derive(Clone, PartialEq)]
pub struct FinishedJob {
    pub id: JobId,
    /// The customer's number as registered.
    pub customer: String,
    pub account: Account,
    pub login: String,
    pub accepted_at: Timestamp,
    pub finished_at: Timestamp,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub report: FaxReport,
    /// The job's own, else the account's.
    pub push: Option<HttpStatusPush>,
    pub mail: Option<ReportMail>,
    pub reference: Reference,
    pub customer_reference: Option<String>,
    pub transport: TransportOptions,
    pub rendering: RenderingOptions,
    /// In the order they are joined.
    pub documents: Vec<FinishedDocument>,
    /// In the order of the report's recipients.
    pub deliveries: Vec<FinishedDelivery>,
}

impl std::fmt::Debug for FinishedJob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FinishedJob").field("id", &self.id).field("report", &self.report).finish_non_exhaustive()
    }
}

/// A document by name, which never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct FinishedDocument {
    pub name: String,
    pub kind: DocumentKind,
}

impl std::fmt::Debug for FinishedDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FinishedDocument({:?})", self.kind)
    }
}

/// What the report does not say of a recipient. Its numbers never appear in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct FinishedDelivery {
    pub id: DeliveryId,
    pub alternative_numbers: Vec<String>,
    pub cover_pages: u32,
}

impl std::fmt::Debug for FinishedDelivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FinishedDelivery").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Store {
    /// A finished job, for those who tell of it. `None`: there is none of this id, or it is not finished.
    pub async fn finished(&self, job: &JobId) -> Result<Option<FinishedJob>, StoreError> {
        let (job, sealer) = (job.clone(), self.sealer.clone());
        self.readers.run(move |connection| finished(connection, &sealer, job)).await
    }
}

/// Where a job's secret belongs.
pub(super) fn place(job: &JobId) -> String {
    format!("job {job}")
}

fn finished(connection: &Connection, sealer: &Sealer, id: JobId) -> Result<Option<FinishedJob>, StoreError> {
    let documents = connection
        .prepare_cached("SELECT name, kind FROM documents WHERE job = ?1 ORDER BY number")?
        .query_map([&id.0], |row| {
            let Word(kind) = row.get(1)?;
            Ok(FinishedDocument { name: row.get(0)?, kind })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let deliveries = connection
        .prepare_cached("SELECT id, alternative_numbers, cover_pages FROM deliveries WHERE job = ?1 ORDER BY position")?
        .query_map([&id.0], |row| {
            let alternatives = row.get::<_, Option<_>>(1)?.map(|Json(numbers)| numbers);
            let alternative_numbers = alternatives.unwrap_or_default();
            Ok(FinishedDelivery { id: DeliveryId(row.get(0)?), alternative_numbers, cover_pages: row.get(2)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let found = connection
        .prepare_cached(
            "SELECT customer, login, accepted_at, finished_at, valid_from, valid_until, report, report_mail, push_url,
                 push_method, push_principal, push_credentials, reference, customer_reference, transport, rendering
             FROM jobs WHERE id = ?1 AND state = 'finished'",
        )?
        .query_row([&id.0], |row| {
            let (At(accepted_at), At(finished_at)) = (row.get("accepted_at")?, row.get("finished_at")?);
            let (At(valid_from), At(valid_until)) = (row.get("valid_from")?, row.get("valid_until")?);
            let (Json(report), Json(reference)) = (row.get("report")?, row.get("reference")?);
            let (Json(transport), Json(rendering)) = (row.get("transport")?, row.get("rendering")?);
            let push = row.get::<_, Option<String>>("push_url")?.map(|target_url| {
                let Word(auth_method) = row.get("push_method")?;
                let push = HttpStatusPush {
                    target_url,
                    auth_method,
                    principal: row.get("push_principal")?,
                    credentials: None,
                };
                Ok::<_, rusqlite::Error>((push, row.get::<_, Option<Vec<u8>>>("push_credentials")?))
            });
            let job = FinishedJob {
                id: id.clone(),
                customer: row.get("customer")?,
                account: Account::default(),
                login: row.get("login")?,
                accepted_at,
                finished_at,
                valid_from,
                valid_until,
                report,
                push: None,
                mail: row.get::<_, Option<_>>("report_mail")?.map(|Json(mail)| mail),
                reference,
                customer_reference: row.get("customer_reference")?,
                transport,
                rendering,
                documents,
                deliveries,
            };
            Ok((job, push.transpose()?))
        })
        .optional()?;
    let Some((job, own_push)) = found else { return Ok(None) };
    let customer = find(connection, sealer, &job.customer)?;
    let account = customer.ok_or_else(|| StoreError::internal("a job without a customer"))?.account;
    let push = match own_push {
        Some((push, sealed)) => {
            let credentials = sealed.map(|sealed| sealer.open_sealed(&place(&id), &sealed)).transpose()?;
            Some(HttpStatusPush { credentials, ..push })
        }
        None => of_account(&account.push),
    };
    Ok(Some(FinishedJob { account, push, ..job }))
}

fn of_account(push: &AccountPush) -> Option<HttpStatusPush> {
    let target_url = push.url.clone().filter(|url| !url.is_empty())?;
    let (principal, credentials) = (push.principal.clone(), push.credentials.clone());
    Some(HttpStatusPush { target_url, auth_method: push.method, principal, credentials })
}
