//! The rules and words of jobs: ids, states, what an outcome means, what to do next. No I/O.

mod memory;
mod next;
mod notice;
mod overlay;
pub mod quiet;
mod retry;
mod routes;
mod status;
pub mod zones;

use std::fmt;

use ferrofax_api::job::FaxJob;
use ferrofax_api::warning::Warning;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::memory::{Advice, DEAD_MAX, Lesson, Memory, Parked, Pins, REMEMBERED_DAYS, teaches};
pub use self::next::{Again, History, Next, PastCall, Policy, decide, instead, uncomposed};
pub use self::notice::{GIVEN_UP_AFTER, NoticeKind, again};
pub use self::overlay::{Makeup, overlaid};
pub use self::retry::{Changes, End, LineChoice, NamedRate, Rate, Retry, Rule};
pub use self::routes::{Route, Routes};
pub use self::status::{ApiStatus, again_can_help, every_outcome, status};

/// `FJ…`, 22 characters of upper-case base 36, sorting by submission time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub String);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// `FN…`: one recipient of a job, built like a job id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(pub String);

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A job about to be accepted: what was asked, by whom, and what acceptance added.
#[derive(Debug)]
pub struct NewJob {
    pub id: JobId,
    /// The customer's number as registered.
    pub customer: String,
    /// The login that submitted it; only this login sees it.
    pub login: String,
    pub accepted_at: Timestamp,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub order: FaxJob,
    /// What makes it the same request as an earlier one.
    pub once: Option<Once>,
    /// The data centre it is shown in, where names of hosts stand for some.
    pub centre: Option<String>,
    /// One per recipient, same order: its id and the number to dial (digits with a leading `00`, see `sentToNumber`).
    pub deliveries: Vec<NewDelivery>,
}

/// A request that is made once, however often it is sent. A key, chosen by who sends it, never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Once {
    pub key: String,
    /// Of the request's body.
    pub sha256: [u8; 32],
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

/// One recipient's delivery, about to be accepted. Its numbers never appear in `Debug`.
pub struct NewDelivery {
    pub id: DeliveryId,
    /// `00` + digits. Also the number key under which only one call runs at a time.
    pub dial: String,
    /// Further numbers to dial, in the order they are tried.
    pub alternatives: Vec<String>,
    /// What the customer may want to know of the numbers.
    pub warnings: Vec<Warning>,
}

impl fmt::Debug for NewDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDelivery").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// On disk, to be prepared.
    Accepted,
    /// Its documents are being rendered.
    Preparing,
    /// Its pages are there; its deliveries wait or are being sent.
    Prepared,
    /// Every delivery is final, and so is the report.
    Finished,
}

/// How far a delivery is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Its job is not prepared yet.
    Accepted,
    /// Waits for its time and a free line.
    Waiting,
    /// Kept back by an operator. Rows say so beside their state.
    Held,
    /// A call is running.
    Sending,
    /// Final: every page was confirmed.
    Sent,
    /// Final: it did not arrive, or nobody confirmed that it did.
    Failed,
    /// Final: stopped, or never tried.
    Cancelled,
}

impl DeliveryState {
    /// The final state for a final status.
    pub fn of(status: ApiStatus) -> DeliveryState {
        match status {
            ApiStatus::Ok => DeliveryState::Sent,
            ApiStatus::Cancelled => DeliveryState::Cancelled,
            _ => DeliveryState::Failed,
        }
    }
}

/// What goes first. Within one priority the oldest goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// `isExpress`.
    Express,
    /// Everything else.
    Normal,
}

impl Priority {
    /// All, the most urgent first.
    pub const ALL: [Priority; 2] = [Priority::Express, Priority::Normal];

    /// What the customer asked for.
    pub fn of(order: &FaxJob) -> Priority {
        if order.transport.express { Priority::Express } else { Priority::Normal }
    }

    /// As stored: more urgent is more. Room is left between and around.
    pub fn rank(self) -> i64 {
        match self {
            Priority::Express => 20,
            Priority::Normal => 10,
        }
    }
}
