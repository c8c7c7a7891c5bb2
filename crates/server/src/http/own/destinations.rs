//! What calls to numbers taught, of those numbers that the login's own customer has called.
//!
//! What is known is shared by all customers. That another customer calls a number, and when, must not be told: a number the
//! customer has not called is one that is not there, and all times are those of its own calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::HeaderMap;
use ferrofax_api::destinations::{Destination, DestinationPage};
use jiff::Timestamp;

use super::{Page, invalid, paged};
use crate::http::openapi::{RefusedQuery, RefusedStationery};
use crate::http::refusal::Refusal;
use crate::http::{Connection, DeskError, Door};
use crate::jobs::Retry;
use crate::lists::number_key;
use crate::store::DestinationView;

/// What is known of the numbers the customer has called
#[utoipa::path(
    get,
    path = "/api/v1/destinations",
    operation_id = "listDestinations",
    tag = "Destinations",
    params(Page),
    responses((status = 200, description = "The next numbers in their order", body = DestinationPage), RefusedQuery),
    security(("httpBasicAuth" = []))
)]
pub async fn list(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    query: Result<Query<Page>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<DestinationPage>, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let (after, limit) = Page::take(query)?;
    let views = studio.store.called_by(&login.account.customer, &after, limit + 1).await.map_err(DeskError::from)?;
    let now = door.now();
    let destinations = views.into_iter().filter_map(|view| told(view, &door.retry, now)).collect();
    let (destinations, next) = paged(destinations, limit, |last: &Destination| last.number.clone());
    Ok(Json(DestinationPage { destinations, next }))
}

/// What is known of a number the customer has called
#[utoipa::path(
    get,
    path = "/api/v1/destinations/{number}",
    operation_id = "getDestination",
    tag = "Destinations",
    params(("number" = String, Path, example = "004989123456")),
    responses(
        (status = 200, description = "What is known, and how it is called next", body = Destination),
        RefusedQuery,
        RefusedStationery
    ),
    security(("httpBasicAuth" = []))
)]
pub async fn get(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    number: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<Destination>, Refusal> {
    let (studio, login) = door.studio(&headers, connection.peer).await?;
    let Path(number) = number.map_err(|_| Refusal::NoSuchPath)?;
    let number = number_key(&number, login.account.country.as_deref()).map_err(|what| invalid("number", what))?;
    let view = studio.store.if_called_by(&login.account.customer, &number).await.map_err(DeskError::from)?;
    let told = view.and_then(|view| told(view, &door.retry, door.now()));
    told.map(Json).ok_or(Refusal::NoSuch("destination"))
}

fn told(view: DestinationView, rules: &Retry, now: Timestamp) -> Option<Destination> {
    let (own, memory) = (view.own?, view.memory);
    let (advice, parked) = (memory.advice(now), memory.parked(rules, now));
    Some(Destination {
        number: view.number,
        called_ts: own.called_at.to_string(),
        ok_ts: own.ok_at.map(|at| at.to_string()),
        failed_ts: own.failed_at.map(|at| at.to_string()),
        bit_rate_max: advice.bit_rate_max,
        ecm: advice.ecm,
        t38_refused: memory.t38_refused_at.is_some(),
        answer_secs: memory.answer_ms.map(|answer| answer.div_ceil(1000)),
        parked_until_ts: parked.map(|parked| parked.until.to_string()),
    })
}
