//! How telling of a job's end went, by push or mail, and telling it again. For the login that submitted the job.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use ferrofax_api::answer::ErrorBody;
use ferrofax_api::notices::{Notice, NoticeKind, NoticeState, NoticeTry, Notices};

use crate::http::openapi::RefusedReport;
use crate::http::refusal::Refusal;
use crate::http::{Connection, DeskError, Door};
use crate::jobs::{self, JobId};
use crate::store::{NoticeView, Store, TryView};

/// How a job's pushes and mails went
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{jobId}/notices",
    operation_id = "listNotices",
    tag = "Fax reports",
    params(("jobId" = String, Path, example = "FJJ66GHGX105ZZBIELVCN1")),
    responses((status = 200, description = "Each with all its tries", body = Notices), RefusedReport),
    security(("httpBasicAuth" = []))
)]
pub async fn list(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    job: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<Notices>, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let Path(job) = job.map_err(|_| Refusal::NoSuchPath)?;
    let notices = views(&studio.store, &super::job(job)?, &login.account.login).await?.into_iter().map(told).collect();
    Ok(Json(Notices { notices }))
}

/// Push or mail a job's report again
///
/// It is tried at once, and then by the schedule of a job that just finished, whatever came of it before. A push has the
/// `webhook-id` it had.
#[utoipa::path(
    post,
    path = "/api/v1/jobs/{jobId}/notices/{kind}/replay",
    operation_id = "replayNotice",
    tag = "Fax reports",
    params(
        ("jobId" = String, Path, example = "FJJ66GHGX105ZZBIELVCN1"),
        ("kind" = NoticeKind, Path)
    ),
    responses(
        (status = 200, description = "It waits for its next try", body = Notice),
        RefusedReport,
        (
            status = 409,
            description = "It is being tried at this moment",
            body = ErrorBody,
            example = json!({"code": 409, "message": "The push is being made at this moment"})
        )
    ),
    security(("httpBasicAuth" = []))
)]
pub async fn replay(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    path: Result<Path<(String, NoticeKind)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<Notice>, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let Path((job, kind)) = path.map_err(|_| Refusal::NoSuchPath)?;
    let (store, job, login) = (&studio.store, super::job(job)?, login.account.login);
    let kind = match kind {
        NoticeKind::Push => jobs::NoticeKind::Push,
        NoticeKind::Mail => jobs::NoticeKind::Mail,
    };
    let word = kind.word();
    let again = store.tell_again(&job, kind, Some(&login), door.now()).await.map_err(DeskError::from)?;
    let again = again.ok_or(Refusal::NoSuch("job"))?;
    let view = views(store, &job, &login).await?.into_iter().find(|view| view.kind == kind);
    let view = view.ok_or(Refusal::NoSuch(word))?;
    if !again {
        return Err(Refusal::BeingTold(word));
    }
    tracing::info!(job.id = %job, "the {word} of job {job} is made again");
    Ok(Json(told(view)))
}

async fn views(store: &Store, job: &JobId, login: &str) -> Result<Vec<NoticeView>, Refusal> {
    let views = store.notices(job, Some(login)).await.map_err(DeskError::from)?;
    views.ok_or(Refusal::NoSuch("job"))
}

fn told(view: NoticeView) -> Notice {
    let tried = |TryView { number, at, ended_at, code, result }| NoticeTry {
        number,
        started_ts: at.to_string(),
        ended_ts: ended_at.map(|at| at.to_string()),
        code,
        result,
    };
    Notice {
        kind: match view.kind {
            jobs::NoticeKind::Push => NoticeKind::Push,
            jobs::NoticeKind::Mail => NoticeKind::Mail,
        },
        state: match view.state.as_str() {
            "telling" => NoticeState::Telling,
            "told" => NoticeState::Told,
            "failed" => NoticeState::Failed,
            _ => NoticeState::Waiting,
        },
        next_try_ts: view.not_before.map(|at| at.to_string()),
        tries: view.tries.into_iter().map(tried).collect(),
    }
}
