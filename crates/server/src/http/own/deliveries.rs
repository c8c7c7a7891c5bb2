//! Finished deliveries as CSV, for whoever bills or counts them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::invalid;
use crate::export::csv;
use crate::http::openapi::RefusedQuery;
use crate::http::refusal::Refusal;
use crate::http::{Connection, Door};
use crate::store::{Finished, Mark, Store};

/// Lines read from the store at a time.
const BATCH: u32 = 1000;
/// As far back as goes who says nothing.
const USUAL: SignedDuration = SignedDuration::from_hours(24 * 31);

/// When the jobs finished.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Span {
    /// Then or later (RFC 3339); 31 days before `to` if not given.
    from: Option<String>,
    /// Before then (RFC 3339); now if not given.
    to: Option<String>,
}

/// Export finished deliveries
///
/// Of the login's jobs, a line for each recipient, those that finished first in front: references, numbers, status, times, seconds,
/// calls, pages. RFC 4180 with a line of names.
#[utoipa::path(
    get,
    path = "/api/v1/deliveries.csv",
    operation_id = "exportDeliveries",
    tag = "Fax reports",
    params(Span),
    responses((status = 200, description = "The deliveries", body = String, content_type = "text/csv"), RefusedQuery),
    security(("httpBasicAuth" = []))
)]
pub async fn export(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    span: Result<Query<Span>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let Query(Span { from, to }) = span.map_err(|_| invalid("query", "is not valid"))?;
    let to = time("to", to)?.unwrap_or(door.now());
    let from = time("from", from)?.unwrap_or(to.checked_sub(USUAL).unwrap_or(Timestamp::MIN));
    let which = Finished { customer: None, login: Some(login.account.login), from, to };
    let rest = Rest { store: studio.store.clone(), which, after: None };
    let lines = stream::try_unfold(Some(rest), next);
    let body = stream::StreamExt::chain(stream::iter([Ok(csv::head().into_bytes())]), lines);
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], Body::from_stream(body)).into_response())
}

struct Rest {
    store: Store,
    which: Finished,
    after: Option<Mark>,
}

/// The next lines. An error ends the connection in the middle, so that nobody takes a part for the whole.
async fn next(rest: Option<Rest>) -> Result<Option<(Vec<u8>, Option<Rest>)>, std::io::Error> {
    let Some(Rest { store, which, after }) = rest else { return Ok(None) };
    let read = store.finished_deliveries(&which, after, BATCH).await;
    let (records, after) = read.map_err(std::io::Error::other)?;
    let rest = after.map(|mark| Rest { store, which, after: Some(mark) });
    Ok(Some((csv::lines(records)?, rest)))
}

fn time(member: &str, text: Option<String>) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = || invalid(member, "must be a date-time with an offset, such as 2026-11-01T00:00:00Z");
    text.parse().map(Some).map_err(|_| wrong())
}
