//! The proof of transmission: a PDF that says what went to a recipient, when, and what the other end confirmed.
//!
//! One sheet, and more where the fax has many pages or took many calls: the numbers, times by the account's clock, pages, speed,
//! the far machine's id, how it ended; every call; the first page in small; and of every page of the fax as it was sent its
//! SHA-256, so that pages kept elsewhere can be known as the same. It is over the pels, not over a file: the page's rows from the
//! top, each packed into bytes, the left pel in the highest bit, black as 1 — the body of a raw PBM.
//!
//! It is made of what is stored and of nothing else, so the same proof comes out whenever it is asked for.

mod paper;
mod words;

use std::sync::Arc;

use ferrofax_api::report::{FaxReport, RecipientStatus};
use ferrofax_fax::page::{Bitmap, PageSource as _, Row, StoredPage};
use ferrofax_template::freemarker::Settings;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use self::paper::{Ink, Paper, Weight};
use self::words::{Words, of};
use crate::compose::Composer;
use crate::jobs::JobId;
use crate::report::sent::{NotSent, SentPages, sent_pages};
use crate::store::{Account, AttemptView, DeliveryView, FinishedJob, JobView, Store, StoreError};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum NotProved {
    /// There is no such job or recipient, or it is another login's.
    #[error("there is no such recipient")]
    Unknown,
    /// It has no final status yet.
    #[error("the fax is still on its way")]
    Pending,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Pages(#[from] NotSent),
    #[error("drawing the proof was cut off")]
    CutOff(#[from] tokio::task::JoinError),
}

/// The proof for a recipient, from 0, of a job of this login.
pub async fn proof(
    store: &Store,
    composer: &Composer,
    login: &str,
    job: &JobId,
    recipient: u32,
) -> Result<Vec<u8>, NotProved> {
    let report = store.report(&login.into(), job).await?.ok_or(NotProved::Unknown)?.read()?;
    let view = store.job_view(job).await?.ok_or(NotProved::Unknown)?;
    let account = store.customer(&view.customer).await?.ok_or(StoreError::UnknownCustomer)?.account;
    let index = usize::try_from(recipient).unwrap_or(usize::MAX);
    let (Some(status), Some(delivery)) = (report.recipient_status.get(index), view.deliveries.get(index)) else {
        return Err(NotProved::Unknown);
    };
    if delivery.status.is_none() {
        return Err(NotProved::Pending);
    }
    let pages = sent_pages(store, composer, job, recipient).await?;
    let (status, delivery) = (status.clone(), delivery.clone());
    let drawn = tokio::task::spawn_blocking(move || draw(&Facts { account, report, view, status, delivery, pages }));
    Ok(drawn.await?)
}

/// The same for a job that is finished, whoever it belongs to.
pub async fn proof_of(
    store: &Store,
    composer: &Composer,
    job: &FinishedJob,
    recipient: u32,
) -> Result<Vec<u8>, NotProved> {
    proof(store, composer, &job.login, &job.id, recipient).await
}

/// The SHA-256 of a page's pels, in hex.
pub fn fingerprint(page: &StoredPage) -> String {
    let mut source = page.source();
    let mut bitmap = Bitmap::new(page.width, 0);
    let mut row = Row::default();
    while source.next_row(&mut row) {
        bitmap.push_row(&row.changes);
    }
    Sha256::digest(bitmap.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What it tells.
struct Facts {
    account: Account,
    report: FaxReport,
    view: JobView,
    status: RecipientStatus,
    delivery: DeliveryView,
    pages: SentPages,
}

/// Where columns begin.
const LEFT: f32 = 48.0;
const RIGHT: f32 = 547.0;
const VALUES: f32 = 160.0;
/// Where the page in small is.
const SMALL_LEFT: f32 = 407.0;
const SMALL_WIDTH: f32 = 140.0;
/// Space for a row of small print.
const ROW: f32 = 13.0;

fn draw(facts: &Facts) -> Vec<u8> {
    let Facts { account, report, view, status, delivery, pages } = facts;
    let words = of(account.language);
    let settings = crate::report::mail::letter::settings(account, Timestamp::UNIX_EPOCH);
    let when = |at: Timestamp| words.moment(at, &settings);
    let good = status.status == "OK";
    let mut paper = Paper::new(words.title, &format!("{} {}", words.job, view.id), words.sheet, words.of);

    paper.text(LEFT, 20.0, Weight::Bold, Ink::Black, words.title);
    paper.down(26.0);
    let verdict = if good { words.delivered } else { words.not_delivered };
    paper.text(LEFT, 12.0, Weight::Bold, if good { Ink::Green } else { Ink::Red }, verdict);
    paper.down(8.0);
    paper.line(LEFT, RIGHT);
    paper.down(18.0);

    let top = paper.y();
    if let Some(first) = pages.pages.first() {
        let label = if pages.as_sent { words.first_page } else { words.first_document_page };
        paper.small(SMALL_LEFT, SMALL_WIDTH, first.clone(), label);
    }
    for (name, value) in rows(facts, &words, &when, &settings) {
        paper.pair(LEFT, VALUES, SMALL_LEFT - 14.0, name, &value);
    }
    paper.below(top - SMALL_WIDTH * 1.5 - 10.0);

    paper.down(10.0);
    paper.text(LEFT, 11.0, Weight::Bold, Ink::Black, words.calls);
    paper.down(16.0);
    let columns = [LEFT, LEFT + 20.0, LEFT + 140.0, LEFT + 240.0, LEFT + 300.0, LEFT + 350.0];
    paper.cells(&columns, Weight::Regular, Ink::Grey, &words.call_columns.map(str::to_owned));
    if delivery.attempts.is_empty() {
        paper.cells(&columns[..1], Weight::Regular, Ink::Black, &[words.no_call.to_owned()]);
    }
    for attempt in &delivery.attempts {
        paper.cells(&columns, Weight::Regular, Ink::Black, &call(attempt, &when));
    }

    paper.down(10.0);
    paper.keep(3.0 * ROW + 24.0);
    paper.text(LEFT, 11.0, Weight::Bold, Ink::Black, words.pages);
    paper.down(16.0);
    let columns = [LEFT, LEFT + 34.0, LEFT + 110.0, LEFT + 190.0];
    paper.cells(&columns, Weight::Regular, Ink::Grey, &words.page_columns.map(str::to_owned));
    for (number, page) in (1_u32..).zip(&pages.pages) {
        let confirmed = pages.as_sent && number <= delivery.pages_confirmed;
        let size = format!("{} × {}", page.width, page.rows);
        let confirmed = if confirmed { words.yes } else { words.no };
        paper.cells(
            &columns,
            Weight::Mono,
            Ink::Black,
            &[number.to_string(), confirmed.to_owned(), size, fingerprint(page)],
        );
    }
    paper.down(6.0);
    for line in words.verify {
        paper.cells(&[LEFT], Weight::Regular, Ink::Grey, &[(*line).to_owned()]);
    }
    let _ = report;
    paper.finish()
}

fn rows(
    facts: &Facts,
    words: &Words,
    when: &impl Fn(Timestamp) -> String,
    settings: &Settings,
) -> Vec<(&'static str, String)> {
    let Facts { account, report, view, status, delivery, pages } = facts;
    let last = delivery.attempts.last();
    let total = pages.pages.len().max(usize::try_from(delivery.pages_confirmed).unwrap_or(0));
    let status_line = match status.reason.as_str() {
        "" | "OK" => status.status.clone(),
        reason => format!("{}: {reason}", status.status),
    };
    let answered = last.and_then(|attempt| attempt.answered_at);
    let ended = last.and_then(|attempt| attempt.ended_at);
    let zone = if settings.zone == TimeZone::UTC { "UTC".to_owned() } else { account.zone.clone() };
    let duration = Some(status.duration_in_secs).filter(|seconds| *seconds > 0);
    let rate = last.and_then(|attempt| attempt.bit_rate).map(|rate| format!("{rate} bit/s"));
    let reference = &report.reference;
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let rows = [
        (words.to, given(&status.number)),
        (words.dialled, status.sent_to_number.clone()),
        (words.remote, status.remote_csid.as_deref().map(str::trim).and_then(given)),
        (words.status, Some(status_line)),
        (words.confirmed, Some(format!("{} {} {total}", delivery.pages_confirmed, words.of))),
        (words.accepted, Some(when(view.accepted_at))),
        (words.answered, answered.map(when)),
        (words.ended, ended.map(when)),
        (words.duration, duration.map(|seconds| format!("{}:{:02} min", seconds / 60, seconds % 60))),
        (words.rate, rate),
        (words.zone, Some(zone)),
        (words.job, Some(view.id.to_string())),
        (words.customer, Some(view.customer.clone())),
        (words.reference, given(&reference.customer_defined_id)),
        (words.billing_code, reference.billing_code.as_deref().and_then(given)),
        (words.billing_info, reference.billing_info.as_deref().and_then(given)),
        (
            words.documents,
            given(&view.documents.iter().map(|document| document.name.as_str()).collect::<Vec<_>>().join(", ")),
        ),
        (words.test, account.test_mode.then(|| words.test_mode.to_owned())),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn call(attempt: &AttemptView, when: &impl Fn(Timestamp) -> String) -> [String; 6] {
    let outcome = attempt.outcome.as_ref().map_or("-", |outcome| outcome.code());
    [
        attempt.number.to_string(),
        when(attempt.started_at),
        attempt.dial.clone(),
        attempt.bit_rate.map_or_else(|| "-".to_owned(), |rate| rate.to_string()),
        attempt.pages_confirmed.to_string(),
        outcome.to_owned(),
    ]
}

/// Pages as they are handed around.
type Page = Arc<StoredPage>;
