//! Reports: one, the oldest, many; deleted one by one, by list, or the oldest. All of the login that asks.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ferrofax_api::bulk::{self, Bulk, BulkAction, BulkJobReportsRequestBody, DeleteReports, JobDeleteReport, Reports};
use ferrofax_api::report::FaxReport;

use super::openapi::{Refused, RefusedAnything, RefusedReport};
use super::refusal::Refusal;
use super::{Connection, Door, answering, body};
use crate::accept::id::is_job_id;
use crate::jobs::JobId;
use crate::store::{RawReport, Reader};

/// Reports of one list, and of one deletion of the oldest.
const OLDEST_MAX: u32 = 1000;

type Customer = Result<Path<String>, PathRejection>;
type CustomerAndJob = Result<Path<(String, String)>, PathRejection>;

/// Fetch the report of a job
///
/// Available from acceptance on; `PENDING` until the recipient's fate is final. Jobs of other logins do not exist here.
#[utoipa::path(
    get,
    path = "/rest/v1/{custNr}/fax/reports/{jobId}",
    operation_id = "getStatusReport",
    tag = "Fax reports",
    params(
        ("custNr" = String, Path, description = "The customer number, in any letter case", example = "99999TE"),
        ("jobId" = String, Path, description = "The job's id", example = "FJJ66GHGX105ZZBIELVCN1")
    ),
    responses((status = 200, description = "The report", body = FaxReport), RefusedReport),
    security(("httpBasicAuth" = []))
)]
pub async fn one(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    path: CustomerAndJob,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (reader, job) = reader_of(&door, &connection, path, &headers).await?;
    let report = door.desk.report(&reader, &job).await?;
    report.map(|RawReport(report)| json(report)).ok_or(Refusal::NoSuchReport)
}

/// Delete the report of a job
///
/// A job that is still pending goes on; nobody can ask for it any more.
#[utoipa::path(
    delete,
    path = "/rest/v1/{custNr}/fax/reports/{jobId}",
    operation_id = "deleteStatusReport",
    tag = "Fax reports",
    params(
        ("custNr" = String, Path, description = "The customer number, in any letter case", example = "99999TE"),
        ("jobId" = String, Path, description = "The job's id", example = "FJJ66GHGX105ZZBIELVCN1")
    ),
    responses((status = 200, description = "The report is deleted", body = JobDeleteReport), RefusedReport),
    security(("httpBasicAuth" = []))
)]
pub async fn delete_one(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    path: CustomerAndJob,
    headers: HeaderMap,
) -> Result<Json<JobDeleteReport>, Refusal> {
    let (reader, JobId(job)) = reader_of(&door, &connection, path, &headers).await?;
    let deleted = door.desk.delete_reports(&reader, vec![job.clone()]).await?;
    if deleted.contains(&job) { Ok(Json(JobDeleteReport::deleted(job))) } else { Err(Refusal::NoSuchReport) }
}

/// Fetch the oldest reports
///
/// Of finished jobs, at most 1000, those that finished first in front; fewer where they are very large. Delete them to see the rest.
#[utoipa::path(
    get,
    path = "/rest/v1/{custNr}/fax/reports",
    operation_id = "getAllStatusReports",
    tag = "Fax reports",
    params(("custNr" = String, Path, description = "The customer number, in any letter case", example = "99999TE")),
    responses((status = 200, description = "The reports", body = Reports), RefusedAnything),
    security(("httpBasicAuth" = []))
)]
pub async fn oldest(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    customer: Customer,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let reader = reader(&door, &connection, customer, &headers).await?;
    Ok(list(&door.desk.oldest_reports(&reader, OLDEST_MAX).await?))
}

/// Delete the oldest reports
///
/// Of finished jobs, at most 1000, those that finished first.
#[utoipa::path(
    delete,
    path = "/rest/v1/{custNr}/fax/reports",
    operation_id = "deleteOldestStatusReports",
    tag = "Fax reports",
    params(("custNr" = String, Path, description = "The customer number, in any letter case", example = "99999TE")),
    responses((status = 200, description = "What was deleted", body = DeleteReports), RefusedAnything),
    security(("httpBasicAuth" = []))
)]
pub async fn delete_oldest(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    customer: Customer,
    headers: HeaderMap,
) -> Result<Json<DeleteReports>, Refusal> {
    let reader = reader(&door, &connection, customer, &headers).await?;
    let deleted = door.desk.delete_oldest_reports(&reader, OLDEST_MAX).await?;
    Ok(Json(DeleteReports { reports: deleted.into_iter().map(JobDeleteReport::deleted).collect() }))
}

/// Fetch or delete many reports
///
/// `GET` answers the reports of those jobs that have one, pending ones too. `DELETE` answers one entry for each id.
#[utoipa::path(
    post,
    path = "/rest/v1/{custNr}/fax/reports",
    operation_id = "bulkStatusReports",
    tag = "Fax reports",
    params(("custNr" = String, Path, description = "The customer number, in any letter case", example = "99999TE")),
    request_body(
        content = BulkJobReportsRequestBody<'static>,
        example = json!({"action": "GET", "jobIds": ["FJJ66GHGX105ZZBIELVCN1"]})
    ),
    responses(
        (status = 200, description = "The reports, or what was deleted", body = inline(ReportsOrDeleted)),
        Refused
    ),
    security(("httpBasicAuth" = []))
)]
pub async fn bulk(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    customer: Customer,
    request: Request,
) -> Response {
    answering(&door.clone(), request, async |parts, body| {
        let reader = reader(&door, &connection, customer, &parts.headers).await?;
        let Bulk { action, jobs } = asked(&door, &parts.headers, body).await?;
        match action {
            BulkAction::Get => Ok(list(&door.desk.reports_of(&reader, jobs).await?)),
            BulkAction::Delete => {
                let deleted = door.desk.delete_reports(&reader, jobs.clone()).await?;
                Ok(Json(DeleteReports::of(jobs, deleted)).into_response())
            }
        }
    })
    .await
}

/// What a bulk request answers.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct ReportsOrDeleted {
    reports: Vec<ReportOrDeleted>,
}

/// By action.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its description is used")]
enum ReportOrDeleted {
    Get(FaxReport),
    Delete(JobDeleteReport),
}

async fn asked(door: &Door, headers: &HeaderMap, body: &mut Body) -> Result<Bulk, Refusal> {
    body::check_kind(headers)?;
    let whole = body::read(body, headers, &door.bodies, &door.settings).await?;
    Ok(bulk::parse(&whole.bytes)?)
}

async fn reader(
    door: &Door,
    connection: &Connection,
    customer: Customer,
    headers: &HeaderMap,
) -> Result<Reader, Refusal> {
    let Path(customer) = customer.map_err(|_| Refusal::NoSuchPath)?;
    let login = door.admit(headers, &customer, connection.peer).await?;
    Ok(Reader { login: login.account.login, centre: door.settings.centres.asked(headers) })
}

async fn reader_of(
    door: &Door,
    connection: &Connection,
    path: CustomerAndJob,
    headers: &HeaderMap,
) -> Result<(Reader, JobId), Refusal> {
    let Path((customer, job)) = path.map_err(|_| Refusal::NoSuchPath)?;
    let reader = reader(door, connection, Ok(Path(customer)), headers).await?;
    if is_job_id(&job) { Ok((reader, JobId(job))) } else { Err(Refusal::NoSuchReport) }
}

/// They are JSON already.
fn list(reports: &[RawReport]) -> Response {
    let bytes: usize = reports.iter().map(|RawReport(report)| report.len() + 1).sum();
    let mut whole = String::with_capacity(bytes + 16);
    whole.push_str("{\"reports\":[");
    for (index, RawReport(report)) in reports.iter().enumerate() {
        if index > 0 {
            whole.push(',');
        }
        whole.push_str(report);
    }
    whole.push_str("]}");
    json(whole)
}

fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
