//! From a request that is right to a job that can be stored: ids, numbers to dial, the window, the account's defaults.
//!
//! Whether the template and the overlay it names are installed is for the store to say, in the transaction that stores it.

pub mod allow;
pub mod id;
pub mod number;

#[cfg(test)]
mod tests;

use ferrofax_api::job::{
    Content, DocumentKind, FaxJob, Paper, Recipient, RenderingOptions, Resolution, Violation, WindowEnd,
};
use ferrofax_api::warning::Warning;
use ferrofax_template::header::Header;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::jobs::{DeliveryId, JobId, NewDelivery, NewJob};
use crate::prepare::convert::Kinds;
use crate::prepare::mark;
use crate::stationery::OverlayName;
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
    pub paper: Paper,
    pub resolution: Resolution,
    /// The header line where a job names none.
    pub header: Option<String>,
    /// The cover page where a job names none.
    pub cover: Option<String>,
}

/// Makes jobs of requests. One per node: it owns the ids.
#[derive(Debug)]
pub struct Accept {
    ids: Ids,
    kinds: Kinds,
}

impl Accept {
    pub fn new(ids: Ids, kinds: Kinds) -> Accept {
        number::warm_up();
        Accept { ids, kinds }
    }

    /// The job that `order` is when `account` submits it at `now`.
    pub fn job(&self, mut order: FaxJob, account: &Account, now: Timestamp) -> Result<NewJob, Violation> {
        let (valid_from, valid_until) = window(&order, now);
        if order.transport.csid.is_none() {
            order.transport.csid.clone_from(&account.csid);
        }
        for (index, document) in order.documents.iter().enumerate() {
            if !self.kinds.take(document.kind) {
                return Err(Violation::new(format!("documents[{index}].name"), missing_for(document.kind)));
            }
            if let Content::Data(bytes) = &document.content
                && let Some(what) = mark::mismatch(document.kind, bytes)
            {
                return Err(Violation::new(format!("documents[{index}].data"), what));
            }
        }
        complete(&mut order.rendering, account)?;
        if order.documents.is_empty() && order.rendering.cover.is_none() {
            return Err(Violation::new("documents", "neither a document nor a cover page is given"));
        }
        let id = JobId(self.ids.next("FJ", now));
        let numbered = order.recipients.iter().enumerate();
        let deliveries = numbered.map(|(index, recipient)| {
            let delivery = self.delivery(recipient, account, now);
            delivery.map_err(|wrong| Violation::new(format!("recipients[{index}].{}", wrong.path), wrong.message))
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
            once: None,
            centre: None,
            deliveries,
        })
    }

    fn delivery(&self, recipient: &Recipient, account: &Account, now: Timestamp) -> Result<NewDelivery, Violation> {
        let dial = |path: &str, number: &str| {
            number::dial(number, account.country.as_deref()).map_err(|what| Violation::new(path, what))
        };
        let first = dial("number", &recipient.number)?;
        let others = recipient.alternative_numbers.iter().enumerate();
        let others = others.map(|(index, number)| dial(&format!("alternativeNumbers[{index}]"), number));
        let alternatives = others.collect::<Result<Vec<_>, Violation>>()?;
        let numbered = (1..).zip(std::iter::once(&first).chain(&alternatives));
        let doubtful = numbered.filter(|(_, dial)| number::is_doubtful(dial));
        let warnings = doubtful.map(|(number, _)| Warning::DoubtfulNumber { number }).collect();
        Ok(NewDelivery { id: DeliveryId(self.ids.next("FN", now)), dial: first, alternatives, warnings })
    }
}

/// Why documents of this kind are not taken, in words for the customer.
fn missing_for(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Ps => "PostScript can't be converted here: no converter is configured",
        DocumentKind::Pcl => "PCL can't be converted here: no converter is configured",
        _ => "office documents can't be converted here: LibreOffice is not installed",
    }
}

/// What the job leaves open is the account's, as it is now. So a job goes out as it would have on the day it was accepted.
fn complete(rendering: &mut RenderingOptions, account: &Account) -> Result<(), Violation> {
    rendering.paper.get_or_insert(account.paper);
    rendering.resolution.get_or_insert(account.resolution);
    let set = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    rendering.cover = rendering.cover.take().or_else(|| set(&account.cover));
    if let Some(overlay) = &mut rendering.overlay {
        let name = OverlayName::parse(&overlay.name);
        let name = name.map_err(|wrong| Violation::new("renderingOptions.overlay.name", wrong.to_string()))?;
        overlay.name = name.to_string();
    }
    if rendering.header.is_none()
        && let Some(header) = set(&account.header)
    {
        let wrong = |wrong| Violation::new("renderingOptions.header", format!("the account's header line {wrong}"));
        Header::parse(&header).map_err(wrong)?;
        rendering.header = Some(header);
    }
    Ok(())
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
