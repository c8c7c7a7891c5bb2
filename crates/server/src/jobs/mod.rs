//! The rules and words of jobs: ids, states, what an outcome means, what to do next. No I/O.

use std::fmt;

use ferrofax_api::job::FaxJob;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// One per recipient, same order: its id and the number to dial (digits with a leading `00`, see `sentToNumber`).
    pub deliveries: Vec<NewDelivery>,
}

#[derive(Debug)]
pub struct NewDelivery {
    pub id: DeliveryId,
    /// `00` + digits. Also the number key under which only one call runs at a time.
    pub dial: String,
}
