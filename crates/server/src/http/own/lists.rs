//! The do-not-fax list of the login's own customer. Lists of the house are for its operator alone.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use ferrofax_api::lists::{ListAdded, ListCheck, ListEntry, ListImported, ListPage, ListRemoved, NewListEntry};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Page, answer, invalid, paged};
use crate::http::openapi::{Refused, RefusedQuery, RefusedStationery};
use crate::http::refusal::Refusal;
use crate::http::{Connection, DeskError, Door, body};
use crate::lists::{self, CUSTOMER_ENTRIES_MAX, Entry, List, number_key};
use crate::store::{EntryView, Import, Store, StoreError};

/// How to import.
#[derive(Clone, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, rename_all = "camelCase")]
pub struct How {
    /// The entries there are stay.
    add: bool,
    /// Bad lines are left out; else nothing is imported if there is one.
    skip_bad: bool,
}

type Number = Result<Path<String>, PathRejection>;

/// Who asks, and for what.
struct Asked<'a> {
    store: &'a Store,
    list: List,
    country: Option<String>,
}

impl Door {
    async fn own_list(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Asked<'_>, Refusal> {
        let (studio, login) = self.studio(headers, peer).await?;
        let account = login.account;
        Ok(Asked { store: &studio.store, list: List::Customer(account.customer), country: account.country })
    }
}

impl Asked<'_> {
    /// The number in the path.
    fn number(&self, number: Number) -> Result<String, Refusal> {
        let Path(number) = number.map_err(|_| Refusal::NoSuchPath)?;
        number_key(&number, self.country.as_deref()).map_err(|what| invalid("number", what))
    }
}

/// The customer's do-not-fax list
#[utoipa::path(
    get,
    path = "/api/v1/lists/own",
    operation_id = "getOwnList",
    tag = "Do-not-fax list",
    params(Page),
    responses((status = 200, description = "The next entries in the order of numbers", body = ListPage), RefusedQuery),
    security(("httpBasicAuth" = []))
)]
pub async fn list(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    query: Result<Query<Page>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<ListPage>, Refusal> {
    let asked = door.own_list(&headers, connection.peer).await?;
    let (after, limit) = Page::take(query)?;
    let page = asked.store.list_page(&asked.list, &after, limit + 1).await.map_err(refusal)?;
    let entries = page.into_iter().map(told).collect();
    let (entries, next) = paged(entries, limit, |last: &ListEntry| last.number.clone());
    Ok(Json(ListPage { entries, next }))
}

/// Import the customer's do-not-fax list
///
/// The body is text, one entry a line: number, or number and comment, or number, comment and date (dd/mm/yyyy), separated by commas or
/// by tabs; lines that begin with `#` are comments. It replaces the list as a whole, or is added to it.
#[utoipa::path(
    put,
    path = "/api/v1/lists/own",
    operation_id = "putOwnList",
    tag = "Do-not-fax list",
    params(How),
    request_body(content = String, content_type = "text/plain", example = "+49 89 123456,asked by mail,31/03/2026"),
    responses((status = 200, description = "All of it is in force", body = ListImported), Refused),
    security(("httpBasicAuth" = []))
)]
pub async fn import(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    query: Result<Query<How>, QueryRejection>,
    request: Request,
) -> Response {
    answer(&door, request, async |parts, body| {
        let asked = door.own_list(&parts.headers, connection.peer).await?;
        let Query(How { add, skip_bad }) = query.map_err(|_| invalid("query", "add and skipBad are true or false"))?;
        let text = door.whole(parts, body).await?;
        let file = read(text, asked.country).await?;
        if let (Some(first), false) = (file.bad.first(), skip_bad) {
            let more = match file.bad_lines - 1 {
                0 => String::new(),
                more => format!(" ({more} more bad lines)"),
            };
            return Err(invalid("body", &format!("{first}{more}")));
        }
        let (imported, skipped) = (file.entries.len() as u64, file.bad_lines as u64);
        let import = if add { Import::Add } else { Import::Replace };
        let entries = asked.store.import_list(&asked.list, file.entries, import, door.now()).await.map_err(refusal)?;
        tracing::info!(
            customer = asked.list.customer(),
            imported,
            skipped,
            "a customer's do-not-fax list was imported"
        );
        Ok(Json(ListImported { imported, skipped, entries }).into_response())
    })
    .await
}

/// Add to the customer's do-not-fax list
///
/// An entry with the same number is replaced.
#[utoipa::path(
    post,
    path = "/api/v1/lists/own/numbers",
    operation_id = "addToOwnList",
    tag = "Do-not-fax list",
    request_body = NewListEntry,
    responses((status = 200, description = "The entry is in force", body = ListAdded), Refused),
    security(("httpBasicAuth" = []))
)]
pub async fn add(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    answer(&door, request, async |parts, body| {
        let asked = door.own_list(&parts.headers, connection.peer).await?;
        body::check_kind(&parts.headers)?;
        let whole = door.whole(parts, body).await?;
        let new: NewListEntry = serde_json::from_slice(&whole.bytes).map_err(|_| {
            invalid("body", "must be JSON with number and, if wanted, comment and date, all of them text")
        })?;
        let date = new.date.map(|date| date.parse()).transpose().map_err(|_| invalid("date", "is not yyyy-mm-dd"))?;
        let entry = Entry::new(&new.number, new.comment.as_deref().unwrap_or_default(), date, asked.country.as_deref())
            .map_err(|wrong| invalid(wrong.member, wrong.what))?;
        let number = entry.number.clone();
        let new = asked.store.add_to_list(&asked.list, entry, door.now()).await.map_err(refusal)?;
        Ok(Json(ListAdded { number, new }).into_response())
    })
    .await
}

/// Look a number up in the customer's do-not-fax list
#[utoipa::path(
    get,
    path = "/api/v1/lists/own/numbers/{number}",
    operation_id = "checkOwnList",
    tag = "Do-not-fax list",
    params(("number" = String, Path, example = "004989123456")),
    responses((status = 200, description = "Whether it is on the list", body = ListCheck), RefusedQuery),
    security(("httpBasicAuth" = []))
)]
pub async fn check(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    number: Number,
    headers: HeaderMap,
) -> Result<Json<ListCheck>, Refusal> {
    let asked = door.own_list(&headers, connection.peer).await?;
    let number = asked.number(number)?;
    let entry = asked.store.find_in_list(&asked.list, &number).await.map_err(refusal)?.map(told);
    Ok(Json(ListCheck { number, listed: entry.is_some(), entry }))
}

/// Remove from the customer's do-not-fax list
#[utoipa::path(
    delete,
    path = "/api/v1/lists/own/numbers/{number}",
    operation_id = "removeFromOwnList",
    tag = "Do-not-fax list",
    params(("number" = String, Path, example = "004989123456")),
    responses(
        (status = 200, description = "It is not on the list any more", body = ListRemoved),
        RefusedQuery,
        RefusedStationery
    ),
    security(("httpBasicAuth" = []))
)]
pub async fn remove(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    number: Number,
    headers: HeaderMap,
) -> Result<Json<ListRemoved>, Refusal> {
    let asked = door.own_list(&headers, connection.peer).await?;
    let number = asked.number(number)?;
    match asked.store.remove_from_list(&asked.list, &number).await.map_err(refusal)? {
        true => Ok(Json(ListRemoved { number, removed: true })),
        false => Err(Refusal::NoSuch("entry")),
    }
}

/// Off the threads that answer others: a large file takes its time.
async fn read(text: body::Whole, country: Option<String>) -> Result<lists::File, Refusal> {
    let read = move || lists::read(&text.bytes, country.as_deref(), CUSTOMER_ENTRIES_MAX);
    let read = tokio::task::spawn_blocking(read).await.map_err(|error| Refusal::internal(&error))?;
    read.map_err(|wrong| invalid("body", &wrong.to_string()))
}

fn told(view: EntryView) -> ListEntry {
    ListEntry {
        number: view.number,
        comment: view.comment,
        date: view.date.map(|date| date.to_string()),
        added_ts: view.added_at.to_string(),
    }
}

fn refusal(error: StoreError) -> Refusal {
    match error {
        StoreError::TooMany => invalid("list", &lists::TooMany(CUSTOMER_ENTRIES_MAX).to_string()),
        error => DeskError::from(error).into(),
    }
}
