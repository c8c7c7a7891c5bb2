//! Sending a fax.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use ferrofax_api::answer::JobAccepted;
use ferrofax_api::job::{self, FaxJobRequest, Violation};
use sha2::{Digest as _, Sha256};

use super::openapi::Refused;
use super::refusal::Refusal;
use super::{Connection, Door, Login, answering, body};
use crate::failpoint;
use crate::jobs::{NewJob, Once};

/// Bodies larger than this are parsed beside the requests, not between them.
const TAKEN_AT_ONCE_BYTES_MAX: usize = 64 * 1024;
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Send a fax
///
/// When this is answered the job is on disk. What becomes of it stands in its report.
#[utoipa::path(
    post,
    path = "/rest/v1/{custNr}/fax",
    operation_id = "sendJobRequest",
    tag = "Fax jobs",
    params(
        ("custNr" = String, Path, description = "The customer number, in any letter case", example = "99999TE"),
        ("Idempotency-Key" = Option<String>, Header, description = "Any text; the same request sent again under the same key makes \
            no second job but answers the first one's id. Known as long as the job is")
    ),
    request_body(content = FaxJobRequest<'static>, example = json!({
        "reference": {"customerDefinedId": "order 4711"},
        "recipients": [{"number": "+12015551000"}],
        "documents": [{"name": "hello.txt", "charset": "UTF-8", "data": "SGVsbG8="}],
        "renderingOptions": {"paperFormat": "A4", "resolution": "HIGH"}
    })),
    responses((status = 200, description = "The job is accepted", body = JobAccepted), Refused),
    security(("httpBasicAuth" = []))
)]
pub async fn submit(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    customer: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    answering(&door.clone(), request, async |parts, body| {
        let Path(customer) = customer.map_err(|_| Refusal::NoSuchPath)?;
        let login = door.admit(&parts.headers, &customer, connection.peer).await?;
        Ok(Json(accept(&door, &login, &parts.headers, body).await?).into_response())
    })
    .await
}

async fn accept(door: &Arc<Door>, login: &Login, headers: &HeaderMap, body: &mut Body) -> Result<JobAccepted, Refusal> {
    door.refuse_when_draining()?;
    body::check_kind(headers)?;
    let key = idempotency_key(headers)?;
    let whole = body::read(body, headers, &door.bodies, &door.settings).await?;
    let bytes = whole.bytes.len();
    let now = door.now();
    let (taker, account) = (Arc::clone(door), login.account.clone());
    let take = move || {
        let once = key.map(|key| Once { key, sha256: Sha256::digest(&whole.bytes).into() });
        let job = taker.accept.job(job::parse(&whole.bytes, now)?, &account, now)?;
        Ok::<_, Violation>(NewJob { once, ..job })
    };
    let mut job = if bytes <= TAKEN_AT_ONCE_BYTES_MAX {
        take()?
    } else {
        tokio::task::spawn_blocking(take).await.map_err(|error| Refusal::internal(&error))??
    };
    job.centre = door.settings.centres.of_new(headers, &job.id.0);
    let (recipients, documents) = (job.deliveries.len(), job.order.documents.len());
    let new = job.id.clone();
    let id = door.desk.accept(job).await?;
    failpoint::reach("accepted");
    if id == new {
        tracing::info!(job.id = %id, recipients, documents, bytes, "accepted job {id}");
    } else {
        tracing::info!(job.id = %id, "job {id} was submitted once more, and is the same");
    }
    Ok(JobAccepted { job_id: id.0 })
}

/// What makes a request that is sent again the same one.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX {
        let what = format!("must be 1 to {IDEMPOTENCY_KEY_BYTES_MAX} characters of ASCII");
        return Err(Violation::new("Idempotency-Key", what).into());
    }
    Ok(Some(key.to_owned()))
}

impl Door {
    /// The login that asks, if it is who it says, of this customer, in the right place, and not too eager.
    pub(super) async fn admit(&self, headers: &HeaderMap, customer: &str, peer: IpAddr) -> Result<Login, Refusal> {
        self.admit_if(headers, peer, |login| login.account.customer.to_lowercase() == customer.to_lowercase()).await
    }

    /// The same, of whatever customer.
    pub(super) async fn admit_any(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Login, Refusal> {
        self.admit_if(headers, peer, |_| true).await
    }

    async fn admit_if(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
        ours: impl FnOnce(&Login) -> bool,
    ) -> Result<Login, Refusal> {
        let now = self.now();
        let login = self.verified.login(&*self.desk, headers, now).await;
        let login = login.and_then(|login| if ours(&login) { Ok(login) } else { Err(Refusal::Unauthenticated) });
        let login = login.inspect_err(|refusal| {
            if matches!(refusal, Refusal::Unauthenticated) {
                tracing::info!(%peer, "authentication failed from {peer}");
            }
        })?;
        if !login.allow.allows(peer) {
            return Err(Refusal::AddressNotAllowed);
        }
        self.rate.take(&login.account.login, now)?;
        Ok(login)
    }
}
