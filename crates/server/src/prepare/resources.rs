//! What HTML documents and cover pages refer to: fetched for the child that asks, from the hosts that the operator names.
//!
//! A child renders without any network; while it lays out a document it says what that refers to ([`Reply::Wanted`]). Here it is
//! had by the guarded client of documents by URL, which refuses whatever is not on the list of hosts, redirects included. What can't
//! be had the page goes without, and a warning says which host it was to come from and why it did not.
//!
//! Everything has a limit: addresses, bytes and time of one document, bytes and time of one address. For cover pages it is kept for
//! a while, so that a logo is fetched once and not for each of ten thousand recipients; and so is that it can't be had.
//!
//! [`Reply::Wanted`]: super::protocol::Reply::Wanted

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ferrofax_api::warning::Warning;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout_at;

use super::protocol;
use crate::fetch::{FetchError, Fetcher, Forbidden, host};

/// Bytes of one resource.
pub const RESOURCE_BYTES_MAX: usize = 10 << 20;
/// How long one may take.
pub const RESOURCE_TIME_MAX: Duration = Duration::from_secs(5);
/// Bytes of all resources of a document.
const BYTES_MAX: usize = 20 << 20;
/// How long all of them may take.
const TIME_MAX: Duration = Duration::from_secs(10);
/// Of one document, at the same time.
const FETCHES_MAX: usize = 6;
/// Hosts named in warnings of one document.
const NAMED_MAX: usize = 20;

/// How long something is remembered as not to be had, at most.
const KEEP_FAILED: Duration = Duration::from_secs(60);
/// Addresses and bytes that are kept; beyond, all are had anew.
const KEPT_MAX: usize = 256;
const KEPT_BYTES_MAX: usize = 64 << 20;

type Outcome = Result<Arc<Vec<u8>>, FetchError>;

/// Where resources come from. Cheap to clone; the default has nothing.
#[derive(Clone, Debug, Default)]
pub struct Resources(Option<Arc<Source>>);

#[derive(Debug)]
struct Source {
    fetcher: Fetcher,
    /// For how long what was fetched is good.
    keep: Duration,
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Debug)]
struct Kept {
    since: Instant,
    /// Filled by who asks first; others wait.
    outcome: Arc<OnceCell<Outcome>>,
}

impl Kept {
    fn is_good(&self, keep: Duration) -> bool {
        let failed = matches!(self.outcome.get(), Some(Err(_)));
        self.since.elapsed() < if failed { keep.min(KEEP_FAILED) } else { keep }
    }

    fn bytes(&self) -> usize {
        self.outcome.get().and_then(|outcome| outcome.as_ref().ok()).map_or(0, |bytes| bytes.len())
    }
}

impl Resources {
    /// By a fetcher that keeps to the hosts allowed. What was fetched is used for so long, by all documents.
    pub fn new(fetcher: Fetcher, keep: Duration) -> Resources {
        Resources(Some(Arc::new(Source { fetcher, keep, kept: Mutex::default() })))
    }

    /// For one document.
    pub(super) fn asking(&self) -> Asking {
        Asking {
            resources: self.clone(),
            turns: Arc::new(Semaphore::new(FETCHES_MAX)),
            addresses_left: protocol::WANTED_MAX,
            bytes_left: BYTES_MAX,
            time_left: TIME_MAX,
            warnings: Vec::new(),
        }
    }

    async fn get(&self, url: &str) -> Outcome {
        match &self.0 {
            None => Err(FetchError::Refused(Forbidden::Unlisted)),
            Some(source) if source.keep.is_zero() => source.fetcher.get(url).await.map(Arc::new),
            Some(source) => source.kept(url).get_or_init(|| source.fetch(url)).await.clone(),
        }
    }
}

impl Source {
    async fn fetch(&self, url: &str) -> Outcome {
        self.fetcher.get(url).await.map(Arc::new)
    }

    fn kept(&self, url: &str) -> Arc<OnceCell<Outcome>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, entry| entry.is_good(self.keep));
        let is_new = !kept.contains_key(url);
        if is_new && (kept.len() >= KEPT_MAX || kept.values().map(Kept::bytes).sum::<usize>() >= KEPT_BYTES_MAX) {
            kept.clear();
        }
        let fresh = || Kept { since: Instant::now(), outcome: Arc::default() };
        kept.entry(url.to_owned()).or_insert_with(fresh).outcome.clone()
    }
}

/// What one document asks for.
#[derive(Debug)]
pub(super) struct Asking {
    resources: Resources,
    turns: Arc<Semaphore>,
    addresses_left: usize,
    bytes_left: usize,
    time_left: Duration,
    warnings: Vec<Warning>,
}

impl Asking {
    /// How long a document may have to wait for it.
    pub(super) fn time_max(&self) -> Duration {
        self.resources.0.as_ref().map_or(Duration::ZERO, |_| TIME_MAX)
    }

    /// What lies at these addresses, in their order; none of it if they are more than a document may ask for.
    pub(super) async fn get(&mut self, urls: Vec<String>) -> Option<Vec<Option<Arc<Vec<u8>>>>> {
        self.addresses_left = self.addresses_left.checked_sub(urls.len())?;
        let began = Instant::now();
        let mut outcomes = vec![Err(FetchError::Unreachable("the document had to wait too long for it")); urls.len()];
        let mut tasks = self.fetch(&urls);
        let deadline = (began + self.time_left).into();
        while let Ok(Some(done)) = timeout_at(deadline, tasks.join_next()).await {
            let Ok((at, outcome)) = done else { continue };
            if let Some(place) = outcomes.get_mut(at) {
                *place = self.within_bytes(outcome);
            }
        }
        self.time_left = self.time_left.saturating_sub(began.elapsed());
        for (url, outcome) in urls.iter().zip(&outcomes) {
            if let Err(error) = outcome {
                self.warn(url, error);
            }
        }
        Some(outcomes.into_iter().map(Result::ok).collect())
    }

    fn fetch(&self, urls: &[String]) -> JoinSet<(usize, Outcome)> {
        let mut tasks = JoinSet::new();
        for (at, url) in urls.iter().cloned().enumerate() {
            let (resources, turns) = (self.resources.clone(), self.turns.clone());
            tasks.spawn(async move {
                let _turn = turns.acquire().await;
                (at, resources.get(&url).await)
            });
        }
        tasks
    }

    fn within_bytes(&mut self, outcome: Outcome) -> Outcome {
        let bytes = outcome?;
        let Some(left) = self.bytes_left.checked_sub(bytes.len()) else {
            return Err(FetchError::TooBig { limit: BYTES_MAX });
        };
        self.bytes_left = left;
        Ok(bytes)
    }

    fn warn(&mut self, url: &str, error: &FetchError) {
        let Some(host) = host(url) else { return };
        let warning = Warning::NotFetched { host, reason: error.to_string() };
        if self.warnings.len() < NAMED_MAX && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// All there is to be said of a document. Of hosts a child may say nothing by itself.
    pub(super) fn warnings(self, of_child: Vec<Warning>) -> Vec<Warning> {
        let of_child = of_child.into_iter().filter(|warning| !matches!(warning, Warning::NotFetched { .. }));
        of_child.chain(self.warnings).collect()
    }
}
