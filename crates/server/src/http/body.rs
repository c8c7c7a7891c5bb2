//! Reading the body: of the right kind, bounded, once, into one piece of memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::Settings;
use super::refusal::Refusal;

/// How long a refused client may go on sending before the answer is given all the same.
const DISCARD_TIME_MAX: Duration = Duration::from_secs(10);

/// Bytes of memory for all bodies at the same time.
pub struct Budget(Arc<Semaphore>);

impl Budget {
    pub fn new(bytes: usize) -> Budget {
        Budget(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Arc::clone(&self.0)
            .try_acquire_many_owned(bytes)
            .map_err(|_| Refusal::unavailable("too many large requests at the same time", Duration::from_secs(5)))
    }
}

/// A body, and its part of the budget until it is dropped.
pub struct Whole {
    pub bytes: Vec<u8>,
    _budget: Option<OwnedSemaphorePermit>,
}

/// Only JSON, and plain: `application/json` with any parameters. A client that names no type means JSON too.
pub fn check_kind(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    let kind = kind.map(|kind| kind.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii());
    if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case(b"application/json")) {
        return Err(Refusal::UnsupportedMediaType("The content type must be application/json"));
    }
    check_plain(headers)
}

/// Of any type, but plain.
pub fn check_plain(headers: &HeaderMap) -> Result<(), Refusal> {
    let encoding = headers.get(CONTENT_ENCODING).map(|value| value.as_bytes());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::UnsupportedMediaType("The body must not be compressed"));
    }
    Ok(())
}

/// Reads the body; an error leaves the rest of it unread.
pub async fn read(
    body: &mut Body,
    headers: &HeaderMap,
    budget: &Budget,
    settings: &Settings,
) -> Result<Whole, Refusal> {
    let too_large = || Refusal::TooLarge { bytes_max: settings.body_bytes_max };
    let announced = announced(headers);
    if announced.is_some_and(|bytes| bytes > settings.body_bytes_max as u64) {
        return Err(too_large());
    }
    let mut whole = Whole {
        // What is announced is within the limit. The system hands out the pages only when they are written to.
        bytes: Vec::with_capacity(announced.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or_default()),
        _budget: None,
    };
    loop {
        let frame = timeout(settings.body_silence_max, body.frame()).await.map_err(|_| Refusal::TooSlow)?;
        let Some(frame) = frame else { return Ok(whole) };
        // The connection broke: nobody will read the answer.
        let frame = frame.map_err(|_| Refusal::TooSlow)?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.bytes.len() + data.len() > settings.body_bytes_max {
            return Err(too_large());
        }
        let part = budget.take(data.len())?;
        match &mut whole._budget {
            Some(taken) => taken.merge(part),
            None => whole._budget = Some(part),
        }
        whole.bytes.extend_from_slice(&data);
    }
}

/// Reads past the rest of a body that is not wanted, so that the client has sent it when it gets its answer. Closing earlier
/// would reset the connection, and many clients would report that instead of the answer. One that asked first
/// (`Expect: 100-continue`) needs no such care.
pub async fn discard(body: &mut Body, headers: &HeaderMap, settings: &Settings) {
    if headers.contains_key(EXPECT) {
        return;
    }
    let until = Instant::now() + DISCARD_TIME_MAX;
    let mut bytes = 0;
    while bytes <= settings.body_bytes_max.saturating_mul(2) {
        match timeout_at(until, body.frame()).await {
            Ok(Some(Ok(frame))) => bytes += frame.data_ref().map_or(0, |data| data.len()),
            _ => return,
        }
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
