//! What benches have in common: jobs to accept.

use ferrofax_api::job::{Charset, Content, Document, DocumentKind, FaxJob, Recipient};
use ferrofax_server::jobs::{DeliveryId, JobId, NewDelivery, NewJob};
use jiff::Timestamp;

/// The one moment of jobs' times; benches hand in the times they want.
pub fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// A job of this login with one text document of so many bytes, to these numbers: `FN…` and digits.
pub fn job(
    id: String,
    (customer, login): (&str, &str),
    numbers: impl Iterator<Item = (String, String)>,
    document_bytes: usize,
) -> NewJob {
    let (recipients, deliveries) = numbers
        .map(|(delivery, digits)| {
            let number = format!("+{digits}");
            let recipient = Recipient { number, alternative_numbers: vec![], properties: vec![] };
            let dial = format!("00{digits}");
            (recipient, NewDelivery { id: DeliveryId(delivery), dial, alternatives: vec![], warnings: vec![] })
        })
        .unzip();
    let document = Document {
        name: "letter.txt".into(),
        kind: DocumentKind::Txt,
        charset: Charset::Utf8,
        content: Content::Data(vec![b'x'; document_bytes]),
    };
    NewJob {
        id: JobId(id),
        customer: customer.into(),
        login: login.into(),
        accepted_at: now(),
        valid_from: now(),
        valid_until: now() + std::time::Duration::from_secs(30 * 86_400),
        order: FaxJob {
            reference: Default::default(),
            recipients,
            documents: vec![document],
            transport: Default::default(),
            rendering: Default::default(),
            report: Default::default(),
            customer_reference: None,
            valid: Default::default(),
        },
        once: None,
        centre: None,
        deliveries,
    }
}
