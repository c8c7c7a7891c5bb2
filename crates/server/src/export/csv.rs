//! Finished deliveries as CSV (RFC 4180), a line for each recipient. The columns are described in `docs/api.md`.

use ::csv::{Terminator, WriterBuilder};
use jiff::Timestamp;

use crate::store::FinishedRecord;

const COLUMNS: [&str; 21] = [
    "jobId",
    "numId",
    "customer",
    "login",
    "customerDefinedId",
    "billingCode",
    "billingInfo",
    "customerReference",
    "number",
    "sentToNumber",
    "line",
    "status",
    "reason",
    "acceptedTs",
    "finishedTs",
    "sentTs",
    "durationInSecs",
    "durationInSecsAllCalls",
    "calls",
    "pages",
    "pagesConfirmed",
];

/// The names of the columns.
pub fn head() -> String {
    COLUMNS.join(",") + "\r\n"
}

/// The lines of these deliveries.
pub fn lines(records: Vec<FinishedRecord>) -> std::io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        writer.write_record(line(record))?;
    }
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
}

fn line(record: FinishedRecord) -> [String; COLUMNS.len()] {
    let time = |time: Timestamp| format!("{time:.0}");
    let text = Option::unwrap_or_default;
    [
        record.job.0,
        record.delivery.0,
        record.customer,
        record.login,
        text(record.reference.customer_defined_id),
        text(record.reference.billing_code),
        text(record.reference.billing_info),
        text(record.customer_reference),
        record.number,
        text(record.sent_to),
        text(record.line),
        record.status,
        record.reason,
        time(record.accepted_at),
        time(record.ended_at),
        text(record.answered_at.map(time)),
        record.seconds.to_string(),
        record.seconds_in_all.to_string(),
        record.attempts.to_string(),
        record.pages.to_string(),
        record.pages_confirmed.to_string(),
    ]
}
