//! A fax before it is sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, Request, State};
use axum::response::{IntoResponse, Response};
use ferrofax_api::job::{self, FaxJobRequest};
use ferrofax_api::stationery::Preview;

use super::{Shown, answer, show};
use crate::http::openapi::Refused;
use crate::http::refusal::Refusal;
use crate::http::{Connection, Door, body};

/// Look at a fax before it is sent
///
/// The body is that of a request to send. Nothing is stored or sent. The answer is the fax as one of its recipients would get
/// it, pel for pel (`format` png, tiff, pdf), or how long each page takes and what is to be warned of (json).
#[utoipa::path(
    post,
    path = "/api/v1/preview",
    operation_id = "preview",
    tag = "Stationery",
    params(Shown),
    request_body(content = FaxJobRequest<'static>),
    responses(
        (
            status = 200,
            description = "The fax",
            content((Preview = "application/json"), (Vec<u8> = "image/png"), (Vec<u8> = "image/tiff"), (Vec<u8> = "application/pdf"))
        ),
        Refused
    ),
    security(("httpBasicAuth" = []))
)]
pub async fn preview(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    query: Result<Query<Shown>, QueryRejection>,
    request: Request,
) -> Response {
    answer(&door, request, async |parts, body| {
        let (studio, login) = door.studio(&parts.headers, connection.peer).await?;
        let shown = Shown::take(query)?;
        let format = shown.format(&parts.headers)?;
        body::check_kind(&parts.headers)?;
        let whole = body::read(body, &parts.headers, &door.bodies, &door.settings).await?;
        let now = door.now();
        let order = tokio::task::spawn_blocking(move || job::parse(&whole.bytes, now)).await;
        let order = order.map_err(|error| Refusal::internal(&error))??;
        let job = door.accept.job(order, &login.account, now)?;
        let preview = studio.preview(job, shown.recipient.unwrap_or(0)).await?;
        match format {
            None => Ok(Json(preview.told()).into_response()),
            Some(format) => show(&preview.pages, format, shown.page),
        }
    })
    .await
}
