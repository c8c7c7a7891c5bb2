//! What a document refers to: `data:` URLs are answered at once, http and https ones by whoever started the rendering, if that
//! fetches at all ([`crate::Options::fetch`]). Everything else is counted as left out, and the document shown without it.
//!
//! A document asks while it is parsed and laid out. What has to be fetched is gathered meanwhile and asked for in one go, so a page
//! of twenty pictures waits once.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use blitz_traits::net::{Bytes, NetHandler, NetProvider, Request, Url};
use data_url::DataUrl;

use crate::Fetch;

/// What relative addresses are relative to where the document names no base; never asked.
pub(super) const NO_BASE: &str = "http://document.invalid/";
/// Different addresses that one document may have fetched.
pub const ADDRESSES_MAX: usize = 100;
/// Of one that is fetched.
const ADDRESS_BYTES_MAX: usize = 8192;
/// How often fetched things may be asked for: style sheets import each other and themselves.
const ASKED_MAX: usize = 1000;
/// Pixels of one picture.
const PICTURE_PIXELS_MAX: u64 = 50_000_000;

/// The resources of a document.
pub(super) struct Resources {
    fetch: Option<Fetch>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Requests so far; those for what has to be fetched among them.
    asked: usize,
    asked_outside: usize,
    waiting: Vec<(String, Box<dyn NetHandler>)>,
    /// By address; none for what can't be had. Kept for when the document is laid out anew.
    fetched: HashMap<String, Option<Bytes>>,
    left_out: HashSet<u64>,
}

impl Resources {
    pub(super) fn new(fetch: Option<Fetch>) -> Resources {
        Resources { fetch, state: Mutex::default() }
    }

    /// How many requests there were so far.
    pub(super) fn asked(&self) -> usize {
        self.state().asked
    }

    /// How many things were not had.
    pub(super) fn left_out(&self) -> u32 {
        u32::try_from(self.state().left_out.len()).unwrap_or(u32::MAX)
    }

    /// Forgets who waits: their document is gone.
    pub(super) fn forget_waiting(&self) {
        self.state().waiting.clear();
    }

    /// Has fetched what is waited for, and what that asks for in turn, as style sheets do.
    pub(super) fn fetch_waiting(&self) {
        loop {
            let waiting = std::mem::take(&mut self.state().waiting);
            if waiting.is_empty() {
                return;
            }
            self.fetch_new(waiting.iter().map(|(url, _)| url));
            for (url, handler) in waiting {
                let found = self.state().fetched.get(&url).cloned().flatten();
                self.answer(url, found, handler);
            }
        }
    }

    fn fetch_new<'a>(&self, urls: impl Iterator<Item = &'a String>) {
        let Some(fetch) = self.fetch else { return };
        let mut wanted: Vec<String> = Vec::new();
        {
            let state = self.state();
            for url in urls {
                let is_room = state.fetched.len() + wanted.len() < ADDRESSES_MAX;
                if is_room && !state.fetched.contains_key(url) && !wanted.contains(url) {
                    wanted.push(url.clone());
                }
            }
        }
        if wanted.is_empty() {
            return;
        }
        let found = fetch(&wanted).into_iter().chain(std::iter::repeat(None));
        let found = found.map(|found| found.filter(|bytes| is_bearable(bytes)).map(Bytes::from));
        self.state().fetched.extend(wanted.into_iter().zip(found));
    }

    /// Who gets no answer is waited for, and nothing is painted until then.
    fn answer(&self, url: String, found: Option<Bytes>, handler: Box<dyn NetHandler>) {
        if found.is_none() {
            let mut hasher = DefaultHasher::new();
            url.hash(&mut hasher);
            self.state().left_out.insert(hasher.finish());
        }
        handler.bytes(url, found.unwrap_or_default());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NetProvider for Resources {
    fn fetch(&self, _: usize, request: Request, handler: Box<dyn NetHandler>) {
        let url = request.url.as_str();
        {
            let mut state = self.state();
            state.asked += 1;
            if self.fetch.is_some() && is_outside(&request.url) && state.asked_outside < ASKED_MAX {
                state.asked_outside += 1;
                state.waiting.push((url.to_owned(), handler));
                return;
            }
        }
        let found = DataUrl::process(url).ok().and_then(|url| Some(url.decode_to_vec().ok()?.0));
        self.answer(url.to_owned(), found.filter(|bytes| is_bearable(bytes)).map(Bytes::from), handler);
    }
}

/// An address that somebody could be asked for.
fn is_outside(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && !url.as_str().starts_with(NO_BASE)
        && url.as_str().len() <= ADDRESS_BYTES_MAX
}

/// Not a picture that is small as a file and huge when decoded.
fn is_bearable(bytes: &[u8]) -> bool {
    let reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format();
    let size = reader.ok().and_then(|reader| reader.into_dimensions().ok());
    size.is_none_or(|(width, height)| u64::from(width) * u64::from(height) <= PICTURE_PIXELS_MAX)
}
