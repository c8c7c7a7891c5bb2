//! Jobs: cancel, hold, release those on their way; proofs of transmission. Those of the login that submitted them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ferrofax_api::control::Controlled;
use serde::Deserialize;
use utoipa::IntoParams;

use super::invalid;
use crate::export::Format;
use crate::http::openapi::{RefusedQuery, RefusedReport};
use crate::http::refusal::Refusal;
use crate::http::{Connection, DeskError, Door};
use crate::report::proof::{self, NotProved};
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

/// The proof of transmission for a recipient
///
/// A PDF: numbers, times, pages confirmed, every call, the first page in small, and the SHA-256 of each page as it was sent. Also
/// for a recipient who did not get the fax; not before it has its final status.
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{jobId}/recipients/{recipient}/proof",
    operation_id = "proofOfTransmission",
    tag = "Fax jobs",
    params(
        ("jobId" = String, Path, example = "FJJ66GHGX105ZZBIELVCN1"),
        ("recipient" = u32, Path, description = "A recipient's place in the request, from 0.", example = 0)
    ),
    responses((status = 200, description = "The proof", content((Vec<u8> = "application/pdf"))), RefusedQuery, RefusedReport),
    security(("httpBasicAuth" = []))
)]
pub async fn proof(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let Path((job, recipient)) = path.map_err(|_| Refusal::NoSuchPath)?;
    let recipient = recipient.parse().map_err(|_| invalid("recipient", "must be a number from 0"))?;
    let job = super::job(job)?;
    let proof = proof::proof(&studio.store, &studio.composer, &login.account.login, &job, recipient).await;
    let bytes = proof.map_err(|error| match error {
        NotProved::Unknown => Refusal::NoSuch("recipient"),
        NotProved::Pending => invalid("recipient", "has no final status yet"),
        NotProved::Store(error) => DeskError::from(error).into(),
        error => Refusal::internal(&error),
    })?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(Format::Pdf.media_type()));
    let name = HeaderValue::from_str(&format!("inline; filename=\"proof-{job}-{recipient}.pdf\""));
    let name = (header::CONTENT_DISPOSITION, name.map_err(|error| Refusal::internal(&error))?);
    Ok(([kind, name], bytes).into_response())
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
    let which = Which { job: super::job(job)?, recipient, login: Some(login.account.login) };
    let done = studio.store.control(&which, control, door.now()).await.map_err(DeskError::from)?;
    let done = done.ok_or(Refusal::NoSuch("job"))?;
    tracing::info!(job.id = %which.job, ?control, "{control:?} of job {}", which.job);
    Ok(Json(Controlled { done: done.done, in_call: done.in_call, unchanged: done.unchanged }))
}
