//! Jobs on their way: cancel, hold, release. Those of the login that submitted them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::HeaderMap;
use ferrofax_api::control::Controlled;
use serde::Deserialize;
use utoipa::IntoParams;

use super::invalid;
use crate::accept::id::is_job_id;
use crate::http::openapi::{RefusedQuery, RefusedReport};
use crate::http::refusal::Refusal;
use crate::http::{Connection, DeskError, Door};
use crate::jobs::JobId;
use crate::store::{Control, Which};

/// Which of a job's recipients.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct One {
    /// A recipient's place in the request, from 0; all of them if not given.
    recipient: Option<u32>,
}

type Job = Result<Path<String>, PathRejection>;
type Recipient = Result<Query<One>, QueryRejection>;

/// Cancel a job
///
/// Recipients that wait end as `CANCELLED` at once. A running call ends as soon as the protocol allows; the report tells the
/// pages that had been confirmed.
#[utoipa::path(
    post,
    path = "/api/v1/jobs/{jobId}/cancel",
    operation_id = "cancelJob",
    tag = "Fax jobs",
    params(("jobId" = String, Path, example = "FJJ66GHGX105ZZBIELVCN1"), One),
    responses((status = 200, description = "For how many recipients it came true", body = Controlled), RefusedQuery, RefusedReport),
    security(("httpBasicAuth" = []))
)]
pub async fn cancel(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    job: Job,
    recipient: Recipient,
    headers: HeaderMap,
) -> Result<Json<Controlled>, Refusal> {
    control(&door, &connection, &headers, (job, recipient), Control::Cancel).await
}

/// Hold a job
///
/// Nobody who waits is called until the job is released. A running call goes on. The job's validity goes on too.
#[utoipa::path(
    post,
    path = "/api/v1/jobs/{jobId}/hold",
    operation_id = "holdJob",
    tag = "Fax jobs",
    params(("jobId" = String, Path, example = "FJJ66GHGX105ZZBIELVCN1"), One),
    responses((status = 200, description = "For how many recipients it came true", body = Controlled), RefusedQuery, RefusedReport),
    security(("httpBasicAuth" = []))
)]
pub async fn hold(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    job: Job,
    recipient: Recipient,
    headers: HeaderMap,
) -> Result<Json<Controlled>, Refusal> {
    control(&door, &connection, &headers, (job, recipient), Control::Hold).await
}

/// Release a job that was held
#[utoipa::path(
    post,
    path = "/api/v1/jobs/{jobId}/release",
    operation_id = "releaseJob",
    tag = "Fax jobs",
    params(("jobId" = String, Path, example = "FJJ66GHGX105ZZBIELVCN1"), One),
    responses((status = 200, description = "For how many recipients it came true", body = Controlled), RefusedQuery, RefusedReport),
    security(("httpBasicAuth" = []))
)]
pub async fn release(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    job: Job,
    recipient: Recipient,
    headers: HeaderMap,
) -> Result<Json<Controlled>, Refusal> {
    control(&door, &connection, &headers, (job, recipient), Control::Release).await
}

async fn control(
    door: &Door,
    connection: &Connection,
    headers: &HeaderMap,
    (job, recipient): (Job, Recipient),
    control: Control,
) -> Result<Json<Controlled>, Refusal> {
    let (studio, login) = door.studio(headers, connection.peer).await?;
    let Path(job) = job.map_err(|_| Refusal::NoSuchPath)?;
    let Query(One { recipient }) = recipient.map_err(|_| invalid("recipient", "must be a number from 0"))?;
    if !is_job_id(&job) {
        return Err(Refusal::NoSuch("job"));
    }
    let which = Which { job: JobId(job), recipient, login: Some(login.account.login) };
    let done = studio.store.control(&which, control, door.now()).await.map_err(DeskError::from)?;
    let done = done.ok_or(Refusal::NoSuch("job"))?;
    tracing::info!(job.id = %which.job, ?control, "{control:?} of job {}", which.job);
    Ok(Json(Controlled { done: done.done, in_call: done.in_call, unchanged: done.unchanged }))
}
