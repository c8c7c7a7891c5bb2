//! Documents that lie at a URL, and what HTML refers to: fetched by a client that can't be led inside (decision 21; see `guard`).
//!
//! [`Fetcher::get`] is one try, bounded in bytes and in time. What it answers is sorted by whether another try can help
//! ([`FetchError::again_can_help`]); when to try again is for others to decide. What kind of document came is not believed from
//! its `Content-Type`: the name says it, and its content proves it later.
//!
//! Left out: credentials for the fetch, and content codings: they are not asked for, and refused if they come all the same.

mod guard;
mod hosts;

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_ENCODING, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};

pub use guard::{Exempt, Forbidden, Guard, Looking, Names, NoClient, Rules, permitted};
pub use hosts::{Hosts, NotAHost};

/// How documents are fetched.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Addresses inside that may be asked all the same.
    pub exempt: Exempt,
    /// Nobody else is asked, if given.
    pub only: Option<Hosts>,
    /// Of one document.
    pub bytes_max: usize,
    /// From the first request to the last byte, redirects included.
    pub time_max: Duration,
}

/// Why a document was not fetched. Names neither the URL nor what was answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FetchError {
    /// Will never be asked.
    #[error("{0}")]
    Refused(Forbidden),
    /// Nobody answered, or not to the end.
    #[error("{0}")]
    Unreachable(&'static str),
    /// The server has no document for us.
    #[error("the server answered with status {0}")]
    Status(u16),
    #[error("the document at the URL has more than {limit} bytes")]
    TooBig { limit: usize },
    /// Something answers there, and not as HTTP has it.
    #[error("{0}")]
    NotHttp(&'static str),
}

impl FetchError {
    /// Whether the same try later has a chance to end better.
    pub fn again_can_help(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            // Those of the server, and: too slow, too early, too often.
            Self::Status(status) => *status >= 500 || matches!(status, 408 | 425 | 429),
            Self::Refused(_) | Self::TooBig { .. } | Self::NotHttp(_) => false,
        }
    }
}

/// Fetches documents.
#[derive(Clone, Debug)]
pub struct Fetcher {
    guard: Guard,
    bytes_max: usize,
    time_max: Duration,
}

impl Fetcher {
    /// Needs a provider of TLS for the process.
    pub fn new(settings: Settings) -> Result<Fetcher, NoClient> {
        let Settings { exempt, only, bytes_max, time_max } = settings;
        Ok(Fetcher::behind(Guard::new(Rules::following(exempt, only))?, bytes_max, time_max))
    }

    /// One that asks by this guard.
    pub fn behind(guard: Guard, bytes_max: usize, time_max: Duration) -> Fetcher {
        Fetcher { guard, bytes_max, time_max }
    }

    /// The bytes at this URL.
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let limit = tokio::time::timeout(self.time_max, self.get_unlimited(url));
        limit.await.unwrap_or(Err(FetchError::Unreachable("the document at the URL took too long to come")))
    }

    async fn get_unlimited(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let request = self.guard.request(Method::GET, url).map_err(FetchError::Refused)?;
        let request = request.header(ACCEPT, HeaderValue::from_static("*/*"));
        let response = request.send().await.map_err(|error| sorted(&error))?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let plain = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
        if !response.headers().get_all(CONTENT_ENCODING).iter().all(plain) {
            return Err(FetchError::NotHttp("the document at the URL came with a content coding nobody asked for"));
        }
        self.body(response).await
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let limit = self.bytes_max;
        let too_big = FetchError::TooBig { limit };
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).map_or(true, |announced| announced > limit) {
            return Err(too_big);
        }
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| sorted(&error))? {
            if bytes.len() + piece.len() > limit {
                return Err(too_big);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// The host of a URL, for people; the rest of it may hold secrets.
pub fn host(url: &str) -> Option<String> {
    /// No name is longer, RFC 1035 clause 2.3.4.
    const NAME_BYTES_MAX: usize = 255;
    let url = Url::parse(url).ok()?;
    url.host_str().filter(|host| host.len() <= NAME_BYTES_MAX).map(str::to_owned)
}

/// What went wrong, without the URL that the client's own words would tell.
pub(crate) fn sorted(error: &reqwest::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(deeper) = cause {
        if let Some(forbidden) = deeper.downcast_ref::<Forbidden>() {
            return FetchError::Refused(*forbidden);
        }
        if deeper.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return FetchError::NotHttp("the URL's host does not speak HTTP");
        }
        if let Some(broken) = deeper.downcast_ref::<io::Error>().and_then(of_tls) {
            return FetchError::Unreachable(match broken {
                rustls::Error::InvalidCertificate(_) => "the URL's host shows a certificate that is not trusted",
                _ => "no agreement on TLS with the URL's host",
            });
        }
        cause = deeper.source();
    }
    if error.is_dns() {
        return FetchError::Unreachable("the URL's host is not known");
    }
    if error.is_connect() {
        return FetchError::Unreachable("the URL's host can't be reached");
    }
    if error.is_timeout() {
        return FetchError::Unreachable("the URL's host takes too long to answer");
    }
    FetchError::Unreachable("the connection to the URL's host broke")
}

/// What was wrong with TLS, if that is what broke a connection. An `io::Error` is no `source` of the one around it.
fn of_tls(error: &io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    inner.downcast_ref().or_else(|| of_tls(inner.downcast_ref()?))
}
