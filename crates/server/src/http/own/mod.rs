//! `/api/v1`: what the vendor's API has no calls for. Stationery is installed, listed, shown, removed and brought
//! back; faxes are looked at before they are sent; jobs are held and cancelled; pushes and mails are shown
//! and made again; do-not-fax lists are kept. The same logins as for faxes; everything is about the login's own customer.

pub mod deliveries;
pub mod destinations;
pub mod events;
pub mod jobs;
pub mod lists;
pub mod notices;
pub mod overlays;
pub mod preview;
pub mod templates;
pub mod versions;

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ferrofax_api::job::{Paper, Resolution, Violation};
use ferrofax_fax::page::StoredPage;
use serde::Deserialize;
use utoipa::IntoParams;

use super::refusal::Refusal;
use super::{Door, Login, answering as answer, body};
use crate::accept::id::is_job_id;
use crate::export::{self, Format};
use crate::jobs::JobId;
use crate::store::StoreError;
use crate::studio::{Studio, StudioError};

/// Entries of a page at most, and where nothing is said.
const PAGE_MAX: u32 = 1000;
const PAGE: u32 = 100;

/// Which page of a list in the order of numbers.
#[derive(Clone, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Entries after this number; `next` of the page before.
    after: Option<String>,
    /// 1 to 1000; 100 if not given.
    limit: Option<u32>,
}

impl Page {
    fn take(query: Result<Query<Page>, QueryRejection>) -> Result<(String, u32), Refusal> {
        let page = query.ok().map(|Query(Page { after, limit })| (after.unwrap_or_default(), limit.unwrap_or(PAGE)));
        page.filter(|(_, limit)| (1..=PAGE_MAX).contains(limit)).ok_or_else(|| invalid("limit", "must be 1 to 1000"))
    }
}

/// A page without the entry that was asked for beyond it, and where the next one begins.
fn paged<T>(mut entries: Vec<T>, limit: u32, number: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(number);
    (entries, next)
}

/// How pages are to be shown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, rename_all = "camelCase")]
pub struct Shown {
    /// `png` (one page), `tiff` or `pdf` (all pages); a preview of a job also `json`. The `Accept` header says the same.
    format: Option<String>,
    /// The page of a PNG, from 1.
    page: Option<u32>,
    /// The recipient of a preview, from 0.
    recipient: Option<usize>,
    /// `A4` or `LETTER`, where the request has no other place for it.
    #[param(value_type = Option<Paper>)]
    paper_format: Option<String>,
    /// `LOW` or `HIGH`, where the request has no other place for it.
    #[param(value_type = Option<Resolution>)]
    resolution: Option<String>,
    /// An earlier version of the template or overlay in the path.
    version: Option<i64>,
}

impl Shown {
    fn take(query: Result<Query<Shown>, QueryRejection>) -> Result<Shown, Refusal> {
        query.map(|Query(shown)| shown).map_err(|_| invalid("query", "is not valid"))
    }

    /// The asked-for format; `None` is JSON, or whatever is usual there.
    fn format(&self, headers: &HeaderMap) -> Result<Option<Format>, Refusal> {
        if let Some(word) = self.format.as_deref().filter(|word| !word.is_empty()) {
            return match (word.eq_ignore_ascii_case("json"), Format::of(word)) {
                (true, _) => Ok(None),
                (false, Some(format)) => Ok(Some(format)),
                (false, None) => Err(invalid("format", "must be one of png, tiff, pdf, json")),
            };
        }
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut kinds = accepted.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
        Ok(kinds.find_map(Format::of))
    }

    fn sheet(&self) -> Result<(Paper, Resolution), Refusal> {
        Ok((word("paperFormat", self.paper_format.as_deref())?, word("resolution", self.resolution.as_deref())?))
    }
}

/// One of the API's words, in any case; the usual one where it is missing.
fn word<T: serde::de::DeserializeOwned + Default>(member: &str, text: Option<&str>) -> Result<T, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(T::default()) };
    serde_json::from_value(text.to_ascii_uppercase().into())
        .map_err(|_| invalid(member, "is not one of the known words"))
}

/// The job that a path names.
fn job(id: String) -> Result<JobId, Refusal> {
    if is_job_id(&id) { Ok(JobId(id)) } else { Err(Refusal::NoSuch("job")) }
}

fn invalid(member: &str, message: &str) -> Refusal {
    Refusal::Invalid(Violation::new(member, message))
}

/// Pages as a file.
fn show(pages: &[StoredPage], format: Format, page: Option<u32>) -> Result<Response, Refusal> {
    let pages = match (format, page.unwrap_or(1)) {
        (Format::Png, page) => {
            let index = page.checked_sub(1).and_then(|index| usize::try_from(index).ok());
            let found = index.and_then(|index| pages.get(index..=index));
            found.ok_or_else(|| invalid("page", "there is no such page"))?
        }
        _ => pages,
    };
    let bytes = export::encode(format, pages).map_err(|error| Refusal::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()))], bytes).into_response())
}

impl From<StudioError> for Refusal {
    fn from(error: StudioError) -> Refusal {
        match error {
            StudioError::Refused(violation) => Refusal::Invalid(violation),
            StudioError::Unknown(what) => Refusal::NoSuch(what),
            StudioError::Store(StoreError::TooMany) => invalid("name", "there are too many already; remove one"),
            StudioError::Store(error) => super::DeskError::from(error).into(),
            error @ StudioError::Ours(_) => Refusal::internal(&error),
        }
    }
}

impl Door {
    /// The studio and the login that asks.
    async fn studio(&self, headers: &HeaderMap, peer: IpAddr) -> Result<(&Studio, Login), Refusal> {
        let login = self.admit_any(headers, peer).await?;
        let studio = self.studio.as_ref();
        let studio = studio.ok_or(Refusal::unavailable("nothing can be rendered here", Duration::from_secs(60)))?;
        Ok((studio, login))
    }

    /// The studio, the customer that asks, and the name in the path.
    async fn asked(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
        name: Result<Path<String>, PathRejection>,
    ) -> Result<(&Studio, String, String), Refusal> {
        let (studio, login) = self.studio(headers, peer).await?;
        let Path(name) = name.map_err(|_| Refusal::NoSuchPath)?;
        Ok((studio, login.account.customer, name))
    }

    /// A body of any kind, uncompressed.
    async fn whole(&self, parts: &Parts, body: &mut Body) -> Result<body::Whole, Refusal> {
        body::check_plain(&parts.headers)?;
        body::read(body, &parts.headers, &self.bodies, &self.settings).await
    }
}
