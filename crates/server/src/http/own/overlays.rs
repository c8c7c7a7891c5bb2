//! Overlays: stationery under a fax's pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use ferrofax_api::job::DocumentKind;
use ferrofax_api::stationery::{Installed, OverlayEntry, Overlays, Removed};

use super::templates::told;
use super::{Shown, answer, show};
use crate::export::Format;
use crate::http::openapi::{Refused, RefusedQuery, RefusedStationery};
use crate::http::refusal::Refusal;
use crate::http::{Connection, DeskError, Door};

type Name = Result<Path<String>, PathRejection>;

/// The customer's overlays
#[utoipa::path(
    get,
    path = "/api/v1/overlays",
    operation_id = "listOverlays",
    tag = "Stationery",
    responses((status = 200, description = "Those in force", body = Overlays), RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn list(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
) -> Result<Json<Overlays>, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let overlays = studio.store.overlays(&login.account.customer).await.map_err(DeskError::from)?;
    let entry = |view: crate::store::OverlayView| OverlayEntry {
        name: view.name,
        version: view.version,
        kind: extension(view.kind).to_owned(),
        bytes: view.bytes,
        created_ts: view.created_at.to_string(),
    };
    Ok(Json(Overlays { overlays: overlays.into_iter().map(entry).collect() }))
}

/// An overlay
///
/// As it lies under pages (PNG, TIFF, PDF), or, if no format is named, the file as it was given.
#[utoipa::path(
    get,
    path = "/api/v1/overlays/{name}",
    operation_id = "getOverlay",
    tag = "Stationery",
    params(("name" = String, Path, example = "LetterHead"), Shown),
    responses(
        (status = 200, description = "The overlay", content((Vec<u8> = "image/png"), (Vec<u8> = "image/tiff"), (Vec<u8> = "application/pdf"))),
        RefusedQuery,
        RefusedStationery
    ),
    security(("httpBasicAuth" = []))
)]
pub async fn get(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    name: Name,
    query: Result<Query<Shown>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (studio, customer, name) = door.asked(&headers, connection.peer, name).await?;
    let shown = Shown::take(query)?;
    let Some(format) = shown.format(&headers)? else {
        let (kind, original) = match shown.version {
            None => studio.overlay_original(&customer, &name).await?,
            Some(version) => {
                let overlay = studio.overlay_version(&customer, &name, version).await?;
                (overlay.kind, overlay.original)
            }
        };
        let kind = Format::of(extension(kind)).map_or("application/octet-stream", Format::media_type);
        return Ok(([(header::CONTENT_TYPE, kind)], original).into_response());
    };
    let page = studio.overlay_page(&customer, (&name, shown.version), shown.sheet()?).await?;
    show(&[page], format, None)
}

/// Install an overlay
///
/// The body is a page of PDF, PNG or TIFF. It becomes black-and-white pages for every sheet. Jobs accepted from now on use it.
#[utoipa::path(
    put,
    path = "/api/v1/overlays/{name}",
    operation_id = "putOverlay",
    tag = "Stationery",
    params(("name" = String, Path, description = "Without path and extension", example = "LetterHead")),
    request_body(content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/png"), (Vec<u8> = "image/tiff"))),
    responses((status = 200, description = "It is in force", body = Installed), Refused),
    security(("httpBasicAuth" = []))
)]
pub async fn put(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    name: Name,
    request: Request,
) -> Response {
    answer(&door, request, async |parts, body| {
        let (studio, customer, name) = door.asked(&parts.headers, connection.peer, name).await?;
        let whole = door.whole(parts, body).await?;
        let installed = studio.install_overlay(&customer, &name, whole.bytes.clone(), door.now()).await?;
        Ok(Json(told(installed)).into_response())
    })
    .await
}

/// Remove an overlay
///
/// Jobs accepted so far keep it.
#[utoipa::path(
    delete,
    path = "/api/v1/overlays/{name}",
    operation_id = "deleteOverlay",
    tag = "Stationery",
    params(("name" = String, Path, example = "LetterHead")),
    responses((status = 200, description = "It is not in force any more", body = Removed), RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn remove(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    name: Name,
    headers: HeaderMap,
) -> Result<Json<Removed>, Refusal> {
    let (studio, customer, name) = door.asked(&headers, connection.peer, name).await?;
    studio.remove_overlay(&customer, &name).await?;
    Ok(Json(Removed { name, removed: true }))
}

pub(super) fn extension(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Pdf => "pdf",
        DocumentKind::Png => "png",
        _ => "tiff",
    }
}
