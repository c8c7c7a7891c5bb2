//! Templates of cover pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use ferrofax_api::stationery::{Installed, Notice, Removed, Template, Templates, Trial};

use serde::Deserialize;
use utoipa::IntoParams;

use super::{Shown, answer, invalid, show};
use crate::export::Format;
use crate::http::openapi::{Refused, RefusedQuery, RefusedStationery};
use crate::http::refusal::Refusal;
use crate::http::{Connection, Door};

/// Which version.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Version {
    /// An earlier version of the template in the path.
    version: Option<i64>,
}

type Name = Result<Path<String>, PathRejection>;

/// The customer's templates
#[utoipa::path(
    get,
    path = "/api/v1/templates",
    operation_id = "listTemplates",
    tag = "Stationery",
    responses((status = 200, description = "Those in force, without the built-in ones", body = Templates), RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn list(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
) -> Result<Json<Templates>, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let templates = studio.store.templates(&login.account.customer).await.map_err(super::super::DeskError::from)?;
    let entry = |view: crate::store::TemplateView| Template {
        name: view.name,
        version: view.version,
        bytes: view.bytes,
        created_ts: view.created_at.to_string(),
    };
    Ok(Json(Templates { templates: templates.into_iter().map(entry).collect() }))
}

/// A template's source
#[utoipa::path(
    get,
    path = "/api/v1/templates/{name}",
    operation_id = "getTemplate",
    tag = "Stationery",
    params(("name" = String, Path, example = "coverpage-default.ftl.html"), Version),
    responses((status = 200, description = "The source in force, or that of the version", body = String, content_type = "text/plain"), RefusedQuery, RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn source(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    name: Name,
    query: Result<Query<Version>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (studio, customer, name) = door.asked(&headers, connection.peer, name).await?;
    let Query(Version { version }) = query.map_err(|_| invalid("query", "is not valid"))?;
    let source = match version {
        None => studio.template_source(&customer, &name).await?,
        Some(version) => studio.template_version(&customer, &name, version).await?,
    };
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], source).into_response())
}

/// Install a template
///
/// The body is its source in UTF-8. It is checked as a whole; what is wrong is told with name, line and column. Jobs accepted
/// from now on use it.
#[utoipa::path(
    put,
    path = "/api/v1/templates/{name}",
    operation_id = "putTemplate",
    tag = "Stationery",
    params(("name" = String, Path, description = "Ends in .ftl.html, .ftlh or .ftl", example = "coverpage-default.ftl.html")),
    request_body(content = String, content_type = "text/html"),
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
        let source = door.whole(parts, body).await?;
        let installed = studio.install_template(&customer, &name, &source.bytes, door.now()).await?;
        Ok(Json(told(installed)).into_response())
    })
    .await
}

/// Remove a template
///
/// Jobs accepted so far keep it. A template that others include can't be removed.
#[utoipa::path(
    delete,
    path = "/api/v1/templates/{name}",
    operation_id = "deleteTemplate",
    tag = "Stationery",
    params(("name" = String, Path, example = "coverpage-default.ftl.html")),
    responses((status = 200, description = "It is not in force any more", body = Removed), Refused, RefusedStationery),
    security(("httpBasicAuth" = []))
)]
pub async fn remove(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    name: Name,
    headers: HeaderMap,
) -> Result<Json<Removed>, Refusal> {
    let (studio, customer, name) = door.asked(&headers, connection.peer, name).await?;
    studio.remove_template(&customer, &name).await?;
    Ok(Json(Removed { name, removed: true }))
}

/// Look at a template's cover page
///
/// Filled with the properties given, exactly as a recipient would get it. PNG if nothing else is asked for.
#[utoipa::path(
    post,
    path = "/api/v1/templates/{name}/preview",
    operation_id = "previewTemplate",
    tag = "Stationery",
    params(("name" = String, Path, example = "coverpage-default.ftl.html"), Shown),
    request_body(content = Trial, example = json!({"properties": [{"key": "ToName", "value": "Reception"}], "resolution": "HIGH"})),
    responses(
        (status = 200, description = "The cover page", content((Vec<u8> = "image/png"), (Vec<u8> = "image/tiff"), (Vec<u8> = "application/pdf"))),
        Refused,
        RefusedStationery
    ),
    security(("httpBasicAuth" = []))
)]
pub async fn preview(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    name: Name,
    query: Result<Query<Shown>, QueryRejection>,
    request: Request,
) -> Response {
    answer(&door, request, async |parts, body| {
        let (studio, customer, name) = door.asked(&parts.headers, connection.peer, name).await?;
        let shown = Shown::take(query)?;
        let format = shown.format(&parts.headers)?.unwrap_or(Format::Png);
        let whole = door.whole(parts, body).await?;
        let trial = match &*whole.bytes {
            [] => Trial::default(),
            bytes => serde_json::from_slice(bytes).map_err(|_| invalid("body", "is not readable as JSON"))?,
        };
        let sheet = (trial.paper_format, trial.resolution);
        let source = match shown.version {
            None => None,
            Some(version) => Some(studio.template_version(&customer, &name, version).await?),
        };
        let template = (name.as_str(), source.as_deref().map(str::as_bytes));
        let preview = studio.try_template(&customer, template, trial.properties, sheet, door.now()).await?;
        show(&preview.pages, format, shown.page)
    })
    .await
}

/// What was installed, in the API's words.
pub(super) fn told(installed: crate::studio::Installed) -> Installed {
    let warnings = installed.warnings.iter().map(Notice::from).collect();
    Installed { name: installed.name, version: installed.version, warnings }
}
