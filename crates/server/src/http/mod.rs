//! The door: HTTP in front of [`accept`](crate::accept) and the store.
//!
//! `serve` takes connections (TLS where configured), `router` sends requests to their handlers, which ask in this order: who
//! is it (`auth`), may it come from there, not too often (`rate`), is the body of the right kind and size (`body`); then the
//! body is parsed and the job handed to the store. What the door needs of the store is [`Desk`], and no more.
//!
//! Every answer that is no success has the same envelope (`refusal`), also for paths that do not exist. Answers
//! have a length and leave in one write: one of the vendor's clients reads no further than what arrived with the headers.
//!
//! Left out: metrics; proxies in front of the door, whose address counts as the
//! client's.

mod auth;
mod basic;
mod body;
mod centres;
mod desk;
mod fax;
mod health;
mod openapi;
mod own;
pub mod password;
mod rate;
mod refusal;
mod reports;
mod serve;
mod tls;

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::middleware::map_request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use ferrofax_api::job::Violation;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::allow::AllowList;
use crate::accept::{Accept, Account};
use crate::jobs::{JobId, NewJob, Retry};
use crate::store::{RawReport, Reader};
use crate::studio::Studio;
use auth::Verified;
use body::Budget;
use rate::Rate;
use refusal::Refusal;

pub use centres::Centres;
pub use serve::{Connection, Listener, serve, serve_connection};
pub use tls::{TlsError, server_config};

/// Jobs watched at the same time.
const WATCHERS_MAX: usize = 256;

/// What a desk answers, some time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DeskError>> + Send + 'a>>;

/// Who may come in.
pub trait Logins: Send + Sync + 'static {
    /// The login of this name, if there is one.
    fn login<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Login>>;
}

/// What the door needs of the store.
pub trait Desk: Logins {
    /// Stores a job. When this answers, the job is on disk. The id is an earlier job's where the request was made before.
    fn accept(&self, job: NewJob) -> Answer<'_, JobId>;

    /// The report of a job that this login submitted. A job of another login is one that is not there.
    fn report<'a>(&'a self, reader: &'a Reader, job: &'a JobId) -> Answer<'a, Option<RawReport>>;

    /// Those of these jobs that there are, in their order.
    fn reports_of<'a>(&'a self, reader: &'a Reader, jobs: Vec<String>) -> Answer<'a, Vec<RawReport>>;

    /// Those of finished jobs, the oldest first.
    fn oldest_reports<'a>(&'a self, reader: &'a Reader, limit: u32) -> Answer<'a, Vec<RawReport>>;

    /// Deletes the reports of these jobs; those that were there.
    fn delete_reports<'a>(&'a self, reader: &'a Reader, jobs: Vec<String>) -> Answer<'a, HashSet<String>>;

    /// Deletes the oldest reports of finished jobs; whose.
    fn delete_oldest_reports<'a>(&'a self, reader: &'a Reader, limit: u32) -> Answer<'a, Vec<String>>;

    /// Whether jobs could be stored at the moment.
    fn ready(&self) -> Answer<'_, ()>;
}

/// Why a desk can't answer.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Not now: full, overloaded or going down. Nothing was stored.
    #[error("{reason}")]
    Unavailable {
        /// For the caller: `the disk is full`.
        reason: &'static str,
        /// When to try again.
        retry_after: Duration,
    },
    /// The job asks for what does not exist. Nothing was stored.
    #[error("{0}")]
    Invalid(Violation),
    /// The login has used this idempotency key for another request. Nothing was stored.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A fault of ours.
    #[error("the store failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A login as it is registered.
#[derive(Clone)]
pub struct Login {
    pub account: Account,
    /// Argon2, in PHC string form; see [`password::hash`].
    pub password_hash: String,
    pub allow: AllowList,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("account", &self.account).field("allow", &self.allow).finish_non_exhaustive()
    }
}

/// Tells the time; tests have their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How much, how often, how long.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// Bytes of one request's body.
    pub body_bytes_max: usize,
    /// Bytes of all bodies being read and parsed at the same time; above it, clients are asked to come back.
    pub bodies_bytes_max: usize,
    /// How long a client may be silent in the middle of a body.
    pub body_silence_max: Duration,
    /// How long a client may take for its headers, and a connection may be idle between requests.
    pub header_time_max: Duration,
    /// Connections at the same time; further ones wait in the listen queue.
    pub connections_max: usize,
    /// Requests a second of one login, in the long run.
    pub requests_per_second: u32,
    /// Requests a login may make at once after a while of silence.
    pub requests_burst: u32,
    /// How long a password that was right need not be hashed again.
    pub verified_for: Duration,
    /// Passwords hashed at the same time; each costs about 20 MiB and 25 ms of a core.
    pub hashes_parallel: usize,
    /// How long running requests may take when the service goes down.
    pub drain_time_max: Duration,
    /// Names that stand for data centres.
    pub centres: Centres,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            body_bytes_max: 50_000_000,
            bodies_bytes_max: 512_000_000,
            body_silence_max: Duration::from_secs(30),
            header_time_max: Duration::from_secs(60),
            connections_max: 4096,
            requests_per_second: 100,
            requests_burst: 1000,
            verified_for: Duration::from_secs(300),
            hashes_parallel: 2,
            drain_time_max: Duration::from_secs(30),
            centres: Centres::default(),
        }
    }
}

/// The door and what it keeps between requests.
pub struct Door {
    desk: Arc<dyn Desk>,
    accept: Accept,
    settings: Settings,
    clock: Clock,
    verified: Verified,
    rate: Rate,
    bodies: Budget,
    draining: AtomicBool,
    watchers: Arc<Semaphore>,
    studio: Option<Studio>,
    /// Says which numbers are parked.
    retry: Retry,
    /// Unix milliseconds until which the store is known to take jobs.
    proved_until: AtomicI64,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Door {
    pub fn new(desk: Arc<dyn Desk>, accept: Accept, settings: Settings, clock: Clock) -> Door {
        Door {
            desk,
            accept,
            verified: Verified::new(&settings),
            rate: Rate::new(&settings),
            bodies: Budget::new(settings.bodies_bytes_max),
            settings,
            clock,
            draining: AtomicBool::new(false),
            watchers: Arc::new(Semaphore::new(WATCHERS_MAX)),
            studio: None,
            retry: Retry::default(),
            proved_until: AtomicI64::new(i64::MIN),
        }
    }

    /// The same door, behind which stationery can be installed and faxes looked at.
    pub fn with_studio(mut self, studio: Studio) -> Door {
        self.studio = Some(studio);
        self
    }

    /// The same door, at which numbers are parked by these rules.
    pub fn with_retry(mut self, retry: Retry) -> Door {
        self.retry = retry;
        self
    }

    /// From now on no job is taken, and the service is not ready; reports are still answered.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    fn refuse_when_draining(&self) -> Result<(), Refusal> {
        if self.is_draining() {
            return Err(Refusal::unavailable("the service is going down", Duration::from_secs(10)));
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Every path of the door.
pub fn router(door: Arc<Door>) -> Router {
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::document())
        .routes(routes!(fax::submit))
        .routes(routes!(reports::one, reports::delete_one))
        .routes(routes!(reports::oldest, reports::bulk, reports::delete_oldest))
        .routes(routes!(own::templates::list))
        .routes(routes!(own::templates::source, own::templates::put, own::templates::remove))
        .routes(routes!(own::templates::preview))
        .routes(routes!(own::overlays::list))
        .routes(routes!(own::overlays::get, own::overlays::put, own::overlays::remove))
        .routes(routes!(own::versions::of_template))
        .routes(routes!(own::versions::of_overlay))
        .routes(routes!(own::versions::restore_template))
        .routes(routes!(own::versions::restore_overlay))
        .routes(routes!(own::preview::preview))
        .routes(routes!(own::jobs::cancel))
        .routes(routes!(own::jobs::hold))
        .routes(routes!(own::jobs::release))
        .routes(routes!(own::events::watch))
        .routes(routes!(own::deliveries::export))
        .routes(routes!(own::notices::list))
        .routes(routes!(own::notices::replay))
        .routes(routes!(own::jobs::proof))
        .routes(routes!(own::lists::list, own::lists::import))
        .routes(routes!(own::lists::add))
        .routes(routes!(own::lists::check, own::lists::remove))
        .routes(routes!(own::destinations::list))
        .routes(routes!(own::destinations::get))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .split_for_parts();
    openapi::finish(&mut document);
    let document = Arc::new(document);
    let inner = router
        .route("/openapi.json", routing::get(move || std::future::ready(Json(&*document).into_response())))
        .fallback(async || Refusal::NoSuchPath)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(door);
    // Outside of the routes, so that they see the path as it should have been.
    Router::new()
        .fallback_service(inner)
        .layer(map_request(collapse_slashes))
        .layer(CatchPanicLayer::custom(|_| Refusal::Internal.into_response()))
}

/// axum adds the `Allow` header.
async fn method_not_allowed(State(_): State<Arc<Door>>) -> Response {
    Refusal::MethodNotAllowed.into_response()
}

/// One of the vendor's clients asks for `/rest/v1//{custNr}/…`. No redirect: it would not follow it.
async fn collapse_slashes(mut request: Request) -> Request {
    let path = request.uri().path();
    if !path.contains("//") {
        return request;
    }
    let mut collapsed = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !collapsed.ends_with('/') {
            collapsed.push(character);
        }
    }
    if let Some(query) = request.uri().query() {
        collapsed.push('?');
        collapsed.push_str(query);
    }
    let mut parts = request.uri().clone().into_parts();
    if let Ok(path_and_query) = PathAndQuery::try_from(collapsed) {
        parts.path_and_query = Some(path_and_query);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// Answers a request that has a body: what is left of that is read past when it is refused.
async fn answering<F>(door: &Door, request: Request, work: F) -> Response
where
    F: AsyncFnOnce(&Parts, &mut Body) -> Result<Response, Refusal>,
{
    let (parts, mut body) = request.into_parts();
    match work(&parts, &mut body).await {
        Ok(response) => response,
        Err(refusal) => {
            if !matches!(refusal, Refusal::TooSlow) {
                body::discard(&mut body, &parts.headers, &door.settings).await;
            }
            refusal.into_response()
        }
    }
}
