//! From a request that is right to a job that can be stored: ids, numbers to dial, the window, the account's defaults.
//!
//! Left out until its own issue: a phone number library (see [`number`]).

pub mod allow;
pub mod id;
pub mod number;

#[cfg(test)]
mod tests;

use ferrofax_api::job::{FaxJob, Violation, WindowEnd};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::jobs::{DeliveryId, JobId, NewDelivery, NewJob};
use id::Ids;

/// Whose job it is, and what acceptance takes from the account's settings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Account {
    /// The customer's number as registered.
    pub customer: String,
    /// The login, by its name as registered.
    pub login: String,
    /// The sender's id where a job names none.
    pub csid: Option<String>,
    /// ISO 3166-1 alpha-2: where national numbers are at home.
    pub country: Option<String>,
}

/// Makes jobs of requests. One per node: it owns the ids.
#[derive(Debug)]
pub struct Accept {
    ids: Ids,
}

impl Accept {
    pub fn new(ids: Ids) -> Accept {
        Accept { ids }
    }

    /// The job that `order` is when `account` submits it at `now`.
    pub fn job(&self, mut order: FaxJob, account: &Account, now: Timestamp) -> Result<NewJob, Violation> {
        let (valid_from, valid_until) = window(&order, now);
        if order.transport.csid.is_none() {
            order.transport.csid.clone_from(&account.csid);
        }
        let id = JobId(self.ids.next("FJ", now));
        let numbered = order.recipients.iter().enumerate();
        let deliveries = numbered.map(|(index, recipient)| {
            let dial = number::dial(&recipient.number, account.country.as_deref())
                .map_err(|what| Violation::new(format!("recipients[{index}].number"), what))?;
            Ok(NewDelivery { id: DeliveryId(self.ids.next("FN", now)), dial })
        });
        let deliveries = deliveries.collect::<Result<_, Violation>>()?;
        Ok(NewJob {
            id,
            customer: account.customer.clone(),
            login: account.login.clone(),
            accepted_at: now,
            valid_from,
            valid_until,
            order,
            deliveries,
        })
    }
}

/// Valid at once and for a month, where the request says nothing else. The month begins with the job's validity; a duration
/// begins now.
fn window(order: &FaxJob, now: Timestamp) -> (Timestamp, Timestamp) {
    let from = order.valid.start.unwrap_or(now).max(now);
    let month_later = || from.to_zoned(TimeZone::UTC).checked_add(1.month()).map(|end| end.timestamp());
    let until = match order.valid.end {
        Some(WindowEnd::At(end)) => end,
        Some(WindowEnd::After(span)) => now.checked_add(span).unwrap_or(Timestamp::MAX),
        None => month_later().unwrap_or(Timestamp::MAX),
    };
    (from, until)
}
