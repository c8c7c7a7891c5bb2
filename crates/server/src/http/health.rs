//! For whoever watches over the service: is it alive, is it ready for jobs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Door;
use super::openapi::RefusedReady;
use super::refusal::Refusal;

/// How long a proof that jobs can be stored holds.
const PROVED_MS: i64 = 5000;

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `live` or `ready`.
    status: &'static str,
}

/// Is the service alive
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "live",
    tag = "Health",
    responses((status = 200, description = "It answers", body = Health))
)]
pub async fn live() -> Json<Health> {
    Json(Health { status: "live" })
}

/// Is the service ready for jobs
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "ready",
    tag = "Health",
    responses((status = 200, description = "Jobs are taken", body = Health), RefusedReady)
)]
pub async fn ready(State(door): State<Arc<Door>>) -> Result<Json<Health>, Refusal> {
    door.refuse_when_draining()?;
    let now = door.now().as_millisecond();
    // Anybody may ask, and proof costs a commit.
    if now >= door.proved_until.load(Ordering::Relaxed) {
        door.desk.ready().await?;
        door.proved_until.store(now + PROVED_MS, Ordering::Relaxed);
    }
    Ok(Json(Health { status: "ready" }))
}
