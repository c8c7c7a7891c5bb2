//! A job becomes durable: everything the door answered for is on disk before it answers.
//!
//! Large documents are written to blobs first, then one transaction writes the job, its deliveries and its small documents.
//! A crash between the two leaves a folder without a job, which is swept.

use ferrofax_api::job::{Document, FaxJob, HttpStatusPush};
use rusqlite::{OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::finished::place;
use super::rows::{At, Json, Word};
use super::stationery::bind;
use super::writer::Tx;
use super::{ROW_BYTES_MAX, Stage, Store, StoreError};
use crate::blobs::Piece;
use crate::jobs::{DeliveryState, JobId, JobState, NewDelivery, NewJob, Priority};

/// Hashing less than this is not worth a thread of its own.
const INLINE_BYTES_MAX: usize = 64 * 1024;

/// A document as its row has it.
struct Stored {
    document: Document,
    sha256: [u8; 32],
    size: i64,
}

impl Store {
    /// Accepts a job. When this returns it is on disk. The id is an earlier job's, and nothing was stored, where the request was
    /// made before ([`NewJob::once`]). [`StoreError::Full`] and [`StoreError::Busy`]: it was not accepted, come
    /// back later. [`StoreError::UnknownTemplate`] and [`StoreError::UnknownOverlay`]: it asks for what is not installed.
    pub async fn accept_job(&self, mut job: NewJob) -> Result<JobId, StoreError> {
        let documents = std::mem::take(&mut job.order.documents);
        let bytes: usize = documents.iter().map(|document| document.data().len()).sum();
        let documents = if bytes <= INLINE_BYTES_MAX {
            documents.into_iter().map(stored).collect::<Result<Vec<_>, _>>()?
        } else {
            let (blobs, id) = (self.blobs.clone(), job.id.clone());
            let task = tokio::task::spawn_blocking(move || {
                let documents = documents.into_iter().map(stored).collect::<Result<Vec<_>, _>>()?;
                let large = (0..).zip(&documents).filter(|(_, stored)| stored.document.data().len() > ROW_BYTES_MAX);
                let put = blobs.put(&id, large.map(|(n, stored)| (Piece::Document(n), stored.document.data())));
                put.inspect_err(|_| drop(blobs.remove(&id)))?;
                Ok::<_, StoreError>(documents)
            });
            task.await.map_err(StoreError::internal)??
        };
        let push = job.order.report.push.take();
        let secret = push.as_ref().and_then(|push| push.credentials.as_deref());
        let sealed = secret.map(|secret| self.sealer.seal(&place(&job.id), secret)).transpose()?;

        let id = job.id.clone();
        let in_blobs = documents.iter().any(|stored| stored.document.data().len() > ROW_BYTES_MAX);
        let accepted = self
            .writer
            .try_run(move |tx| match earlier(tx, &job)? {
                Some(earlier) => Ok(earlier),
                None => insert(tx, &job, &documents, push.as_ref(), sealed).map(|()| job.id),
            })
            .await;
        if in_blobs && accepted.as_ref().ok() != Some(&id) {
            let blobs = self.blobs.clone();
            // What this leaves behind is swept.
            let _ = tokio::task::spawn_blocking(move || blobs.remove(&id)).await;
        }
        accepted
    }
}

/// All numbers of a recipient in order, each once, where there are several.
fn dialled(delivery: &NewDelivery) -> Option<Vec<&str>> {
    let mut numbers = vec![delivery.dial.as_str()];
    for number in &delivery.alternatives {
        if !numbers.contains(&number.as_str()) {
            numbers.push(number);
        }
    }
    (numbers.len() > 1).then_some(numbers)
}

/// The job this request has made before, if it has.
fn earlier(tx: &Tx<'_>, job: &NewJob) -> Result<Option<JobId>, StoreError> {
    let Some(once) = &job.once else { return Ok(None) };
    let earlier: Option<(String, [u8; 32])> = tx
        .connection
        .prepare_cached("SELECT job, sha256 FROM submissions WHERE login = ?1 AND key = ?2")?
        .query_row([&job.login, &once.key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match earlier {
        Some((_, sha256)) if sha256 != once.sha256 => Err(StoreError::KeyReused),
        earlier => Ok(earlier.map(|(id, _)| JobId(id))),
    }
}

fn stored(document: Document) -> Result<Stored, StoreError> {
    let size = i64::try_from(document.data().len()).map_err(StoreError::internal)?;
    let sha256 = Sha256::digest(document.data()).into();
    Ok(Stored { document, sha256, size })
}

fn insert(
    tx: &Tx<'_>,
    job: &NewJob,
    documents: &[Stored],
    push: Option<&HttpStatusPush>,
    sealed: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let FaxJob { reference, recipients, transport, rendering, report, customer_reference, .. } = &job.order;
    if recipients.len() != job.deliveries.len() {
        return Err(StoreError::internal("a job needs one delivery per recipient"));
    }
    let open = i64::try_from(job.deliveries.len()).map_err(StoreError::internal)?;
    let rank = Priority::of(&job.order).rank();
    let stationery = bind(tx, &job.customer, rendering)?;
    let to_fetch = documents.iter().any(|stored| stored.document.url().is_some());
    tx.connection
        .prepare_cached(
            "INSERT INTO jobs (id, customer, login, state, priority, accepted_at, valid_from, valid_until,
                 open_deliveries, reference, transport, rendering, report_mail, push_url, push_method, push_principal,
                 push_credentials, customer_reference, stationery, to_fetch, centre)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?
        .execute(params![
            job.id.0,
            job.customer,
            job.login,
            Word(JobState::Accepted),
            rank,
            At(job.accepted_at),
            At(job.valid_from),
            At(job.valid_until),
            open,
            Json(reference),
            Json(transport),
            Json(rendering),
            report.mail.as_ref().map(Json),
            push.map(|push| &push.target_url),
            push.map(|push| Word(push.auth_method)),
            push.and_then(|push| push.principal.as_ref()),
            sealed,
            customer_reference,
            stationery,
            to_fetch,
            job.centre,
        ])?;

    if let Some(once) = &job.once {
        tx.connection
            .prepare_cached("INSERT INTO submissions (login, key, sha256, job) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![job.login, once.key, once.sha256, job.id.0])?;
    }
    let mut statement = tx.connection.prepare_cached(
        "INSERT INTO documents (job, number, name, kind, charset, size, sha256, data, url)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (number, Stored { document, sha256, size }) in (0_i64..).zip(documents) {
        let url = document.url();
        let data = (url.is_none() && document.data().len() <= ROW_BYTES_MAX).then_some(document.data());
        let (kind, charset) = (Word(document.kind), Word(document.charset));
        statement.execute(params![job.id.0, number, document.name, kind, charset, size, sha256, data, url])?;
    }

    let mut statement = tx.connection.prepare_cached(
        "INSERT INTO deliveries (id, job, position, customer, login, number, alternative_numbers, properties, number_key,
             priority, state, not_before, valid_until, numbers, number_warnings)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    let not_before = At(job.valid_from.max(job.accepted_at));
    for (position, (recipient, delivery)) in (0_i64..).zip(recipients.iter().zip(&job.deliveries)) {
        let alternatives = Some(&recipient.alternative_numbers).filter(|numbers| !numbers.is_empty());
        let properties = Some(&recipient.properties).filter(|properties| !properties.is_empty());
        statement.execute(params![
            delivery.id.0,
            job.id.0,
            position,
            job.customer,
            job.login,
            recipient.number,
            alternatives.map(Json),
            properties.map(Json),
            delivery.dial,
            rank,
            Word(DeliveryState::Accepted),
            not_before,
            At(job.valid_until),
            dialled(delivery).map(Json),
            Some(&delivery.warnings).filter(|warnings| !warnings.is_empty()).map(Json),
        ])?;
    }
    tx.wake(Stage::Prepare);
    Ok(())
}
