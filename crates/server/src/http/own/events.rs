//! A job while it happens, as server-sent events: first how everything stands, then what changes.
//!
//! Read off the store again and again, as jobs are worked on by other processes too.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use ferrofax_api::progress::{JobEvent, JobStage, RecipientEvent, RecipientStage};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;

use crate::http::openapi::RefusedReport;
use crate::http::refusal::Refusal;
use crate::http::{Connection, DeskError, Door};
use crate::jobs::{DeliveryState, JobId, JobState};
use crate::store::{Progress, RecipientProgress, Store};

const LOOK: Duration = Duration::from_millis(250);
/// Something is sent at least so often, so that nobody between takes the connection for dead.
const ALIVE: Duration = Duration::from_secs(15);

/// Watch a job
///
/// Server-sent events: `job` (`JobEvent`) and `recipient` (`RecipientEvent`); first as everything stands, then whatever changes. The
/// stream ends when the job is finished.
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{jobId}/events",
    operation_id = "watchJob",
    tag = "Fax jobs",
    params(("jobId" = String, Path, example = "FJJ66GHGX105ZZBIELVCN1")),
    responses((status = 200, description = "The events", body = String, content_type = "text/event-stream"), RefusedReport),
    security(("httpBasicAuth" = []))
)]
pub async fn watch(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    job: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let Path(job) = job.map_err(|_| Refusal::NoSuchPath)?;
    let (job, login) = (super::job(job)?, login.account.login);
    let there = studio.store.progress(&login, &job).await.map_err(DeskError::from)?;
    there.ok_or(Refusal::NoSuch("job"))?;
    let place = door.watchers.clone().try_acquire_owned();
    let place = place.map_err(|_| Refusal::unavailable("too many jobs are watched", Duration::from_secs(30)))?;
    let watcher = Watcher { store: studio.store.clone(), door, login, job, seen: None, _place: place };
    let events = stream::unfold(Some(watcher), step);
    let events = stream::StreamExt::flat_map(events, stream::iter);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}

struct Watcher {
    store: Store,
    door: Arc<Door>,
    login: String,
    job: JobId,
    seen: Option<Progress>,
    _place: OwnedSemaphorePermit,
}

type Batch = Vec<Result<Event, Infallible>>;

/// The next changes; the end when there can be no more.
async fn step(watcher: Option<Watcher>) -> Option<(Batch, Option<Watcher>)> {
    let mut watcher = watcher?;
    loop {
        // Gone, or another login's by now, or the store is ill: who watches comes back and is told.
        let progress = watcher.store.progress(&watcher.login, &watcher.job).await.ok()??;
        let events: Batch = changes(watcher.seen.as_ref(), &progress).into_iter().filter_map(Change::event).collect();
        let over = progress.state == JobState::Finished;
        watcher.seen = Some(progress);
        if over {
            return Some((events, None));
        }
        if !events.is_empty() {
            return Some((events, Some(watcher)));
        }
        if watcher.door.is_draining() {
            return None;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Change {
    Job(JobEvent),
    Recipient(RecipientEvent),
}

impl Change {
    fn event(self) -> Option<Result<Event, Infallible>> {
        let event = match self {
            Change::Job(data) => Event::default().event("job").json_data(data),
            Change::Recipient(data) => Event::default().event("recipient").json_data(data),
        };
        event.ok().map(Ok)
    }
}

/// What happened between two looks, in order. The end of the job comes last.
fn changes(before: Option<&Progress>, now: &Progress) -> Vec<Change> {
    let stage = match now.state {
        JobState::Accepted => JobStage::Accepted,
        JobState::Preparing => JobStage::Preparing,
        JobState::Prepared => JobStage::Prepared,
        JobState::Finished => JobStage::Finished,
    };
    let job = (before.map(|before| before.state) != Some(now.state))
        .then_some(Change::Job(JobEvent { stage, pages: now.pages }));
    let mut changes = Vec::new();
    for (&place, recipient) in &now.recipients {
        let before = before.and_then(|before| before.recipients.get(&place));
        if before != Some(recipient) {
            recipient_changes(place, before, recipient, &mut changes);
        }
    }
    let at = if now.state == JobState::Finished { changes.len() } else { 0 };
    changes.splice(at..at, job);
    changes
}

fn recipient_changes(
    recipient: u32,
    before: Option<&RecipientProgress>,
    now: &RecipientProgress,
    changes: &mut Vec<Change>,
) {
    use RecipientStage as Stage;
    let mut tell = |stage: Stage, pages_confirmed: u32| {
        let end = now.end.clone().filter(|_| stage == Stage::Ended);
        let (status, reason) = end.unzip();
        let (attempt, pages) = (now.attempts, now.pages);
        changes.push(Change::Recipient(RecipientEvent {
            recipient,
            stage,
            attempt,
            pages_confirmed,
            pages,
            status,
            reason,
        }));
    };
    if let Some(before) = before {
        if now.attempts > before.attempts {
            tell(Stage::Calling, before.pages_confirmed.min(now.pages_confirmed));
        }
        if now.answered_at.is_some() && now.answered_at != before.answered_at {
            tell(Stage::Answered, before.pages_confirmed.min(now.pages_confirmed));
        }
        for page in before.pages_confirmed..now.pages_confirmed {
            tell(Stage::Page, page + 1);
        }
    }
    let stage = match now.state {
        DeliveryState::Accepted => Stage::Accepted,
        DeliveryState::Waiting if now.held => Stage::Held,
        DeliveryState::Held => Stage::Held,
        DeliveryState::Waiting => Stage::Waiting,
        DeliveryState::Sending if now.answered_at.is_some() => Stage::Answered,
        DeliveryState::Sending => Stage::Calling,
        DeliveryState::Sent | DeliveryState::Failed | DeliveryState::Cancelled => Stage::Ended,
    };
    let stands = |progress: &RecipientProgress| (progress.state, progress.held);
    let told = now.state == DeliveryState::Sending && before.is_some();
    if !told && before.map(stands) != Some(stands(now)) {
        tell(stage, now.pages_confirmed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;

    fn progress(state: JobState, recipients: &[RecipientProgress]) -> Progress {
        let recipients: BTreeMap<_, _> = (0..).zip(recipients.iter().cloned()).collect();
        Progress { state, pages: 3, recipients }
    }

    fn recipient(state: DeliveryState, attempts: u32, answered: Option<i64>, confirmed: u32) -> RecipientProgress {
        let answered_at = answered.map(|second| Timestamp::from_second(second).unwrap());
        let end = (state == DeliveryState::Sent).then(|| ("OK".to_owned(), "OK".to_owned()));
        RecipientProgress { state, held: false, attempts, answered_at, pages_confirmed: confirmed, pages: 3, end }
    }

    fn told(before: Option<&Progress>, now: &Progress) -> Vec<String> {
        let word = |change: Change| match change {
            Change::Job(job) => format!("job {:?}", job.stage),
            Change::Recipient(one) => {
                let end = one.status.map(|status| format!(" {status}")).unwrap_or_default();
                format!("{} {:?} {}/{}{end}", one.recipient, one.stage, one.attempt, one.pages_confirmed)
            }
        };
        changes(before, now).into_iter().map(word).collect()
    }

    #[test]
    fn what_happened_between_two_looks_is_told_in_order() {
        use DeliveryState::{Sending, Sent, Waiting};
        let waiting = progress(JobState::Prepared, &[recipient(Waiting, 0, None, 0), recipient(Waiting, 0, None, 0)]);
        assert_eq!(told(None, &waiting), ["job Prepared", "0 Waiting 0/0", "1 Waiting 0/0"]);
        assert!(told(Some(&waiting), &waiting).is_empty());
        let called = progress(JobState::Prepared, &[recipient(Sending, 1, None, 0), recipient(Waiting, 0, None, 0)]);
        assert_eq!(told(Some(&waiting), &called), ["0 Calling 1/0"]);
        let half = progress(JobState::Prepared, &[recipient(Sending, 1, Some(5), 2), recipient(Waiting, 1, None, 0)]);
        assert_eq!(told(Some(&called), &half), ["0 Answered 1/0", "0 Page 1/1", "0 Page 1/2", "1 Calling 1/0"]);
        let end = progress(JobState::Finished, &[recipient(Sent, 1, Some(5), 3), recipient(Sent, 2, Some(9), 3)]);
        let all = [
            "0 Page 1/3",
            "0 Ended 1/3 OK",
            "1 Calling 2/0",
            "1 Answered 2/0",
            "1 Page 2/1",
            "1 Page 2/2",
            "1 Page 2/3",
            "1 Ended 2/3 OK",
            "job Finished",
        ];
        assert_eq!(told(Some(&half), &end), all);
        assert_eq!(told(None, &end), ["0 Ended 1/3 OK", "1 Ended 2/3 OK", "job Finished"]);
    }
}
