//! Earlier versions of templates and overlays.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use ferrofax_api::stationery::{Installed, Version, Versions};

use super::overlays::extension;
use super::templates::told;
use crate::http::openapi::{Refused, RefusedStationery};
use crate::http::refusal::Refusal;
use crate::http::{Connection, Door};
use crate::store::VersionView;
use crate::studio::Studio;

type Name = Result<Path<String>, PathRejection>;
type NameAndVersion = Result<Path<(String, i64)>, PathRejection>;

/// The versions of a template
///
/// The newest first. Kept are the last 20 beside the current one, and those that jobs still need; of a removed template too.
#[utoipa::path(
    get,
    path = "/api/v1/templates/{name}/versions",
    operation_id = "listTemplateVersions",
    tag = "Stationery",
    params(("name" = String, Path, example = "coverpage-default.ftl.html")),
    responses((status = 200, description = "The customer's own versions", body = Versions), RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn of_template(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    name: Name,
    headers: HeaderMap,
) -> Result<Json<Versions>, Refusal> {
    let (studio, customer, name) = door.asked(&headers, connection.peer, name).await?;
    let versions = studio.template_versions(&customer, &name).await?;
    Ok(listed(name, versions))
}

/// The versions of an overlay
///
/// The newest first. Kept are the last 20 beside the current one, and those that jobs still need; of a removed overlay too.
#[utoipa::path(
    get,
    path = "/api/v1/overlays/{name}/versions",
    operation_id = "listOverlayVersions",
    tag = "Stationery",
    params(("name" = String, Path, example = "LetterHead")),
    responses((status = 200, description = "Its versions", body = Versions), RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn of_overlay(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    name: Name,
    headers: HeaderMap,
) -> Result<Json<Versions>, Refusal> {
    let (studio, customer, name) = door.asked(&headers, connection.peer, name).await?;
    let versions = studio.overlay_versions(&customer, &name).await?;
    Ok(listed(name, versions))
}

/// Bring back a version of a template
///
/// It is installed again, as the newest version, and checked together with the templates in force now.
#[utoipa::path(
    post,
    path = "/api/v1/templates/{name}/versions/{version}/restore",
    operation_id = "restoreTemplate",
    tag = "Stationery",
    params(("name" = String, Path, example = "coverpage-default.ftl.html"), ("version" = i64, Path)),
    responses((status = 200, description = "It is in force", body = Installed), Refused, RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn restore_template(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    path: NameAndVersion,
    headers: HeaderMap,
) -> Result<Json<Installed>, Refusal> {
    let (studio, customer, name, version) = asked(&door, &headers, connection.peer, path).await?;
    Ok(Json(told(studio.restore_template(&customer, &name, version, door.now()).await?)))
}

/// Bring back a version of an overlay
///
/// It is installed again, pel for pel, as the newest version.
#[utoipa::path(
    post,
    path = "/api/v1/overlays/{name}/versions/{version}/restore",
    operation_id = "restoreOverlay",
    tag = "Stationery",
    params(("name" = String, Path, example = "LetterHead"), ("version" = i64, Path)),
    responses((status = 200, description = "It is in force", body = Installed), Refused, RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn restore_overlay(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    path: NameAndVersion,
    headers: HeaderMap,
) -> Result<Json<Installed>, Refusal> {
    let (studio, customer, name, version) = asked(&door, &headers, connection.peer, path).await?;
    Ok(Json(told(studio.restore_overlay(&customer, &name, version, door.now()).await?)))
}

async fn asked<'a>(
    door: &'a Door,
    headers: &HeaderMap,
    peer: IpAddr,
    path: NameAndVersion,
) -> Result<(&'a Studio, String, String, i64), Refusal> {
    let (studio, login) = door.studio(headers, peer).await?;
    let Path((name, version)) = path.map_err(|_| Refusal::NoSuchPath)?;
    Ok((studio, login.account.customer, name, version))
}

fn listed(name: String, versions: Vec<VersionView>) -> Json<Versions> {
    let entry = |view: VersionView| Version {
        version: view.version,
        kind: view.kind.map(|kind| extension(kind).to_owned()),
        bytes: view.bytes,
        sha256: view.sha256,
        created_ts: view.created_at.to_string(),
        current: view.current,
    };
    Json(Versions { name, versions: versions.into_iter().map(entry).collect() })
}
