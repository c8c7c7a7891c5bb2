//! What a mail says: subject, text and HTML, from templates in the language of cover pages.
//!
//! Every customer has three templates of our own, in English and German; installed ones of the same names go before them. What
//! fails there is said in the log, and ours are taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use ferrofax_api::job::DocumentKind;
use ferrofax_api::report::RecipientStatus;
use ferrofax_template::freemarker::{DateKind, Map, Set, Settings, TemplateError, Value};
use ferrofax_template::locale::Locale;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::stationery::{REPORT_HTML, REPORT_SUBJECT, REPORT_TEXT, built_in_sources};
use crate::store::{Account, FinishedJob, JobView, Language};

/// Longer subjects are cut.
const SUBJECT_CHARS_MAX: usize = 200;

/// A mail without its envelope. Its content never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({} bytes)", self.text.len() + self.html.len())
    }
}

/// A file that comes with the mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enclosed {
    pub name: String,
    pub bytes: usize,
}

/// What a mail tells beside the job.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Besides {
    pub attachments: Vec<Enclosed>,
    /// Words for what is missing; see `docs/mail.md`.
    pub notices: Vec<&'static str>,
}

/// Writes the mail from these templates, a customer's by name.
pub fn write(
    sources: &BTreeMap<String, String>,
    job: &FinishedJob,
    view: Option<&JobView>,
    besides: &Besides,
) -> Letter {
    let data = data(job, view, besides);
    let settings = settings(&job.account, job.finished_at);
    let own = Set::parse(sources);
    let fill = |name: &str| {
        let filled = match &own {
            Ok(set) => set.fill(name, &data, &settings),
            Err(error) => Err(error.clone()),
        };
        filled.map(|filled| filled.text).unwrap_or_else(|error| {
            // What is wrong there may quote what it was filled with.
            let TemplateError { template, line, column, .. } = error;
            tracing::warn!(
                job.id = %job.id, customer = job.customer,
                "template {template}:{line}:{column} failed for the mail of job {}; the built-in one is used", job.id
            );
            built_in(name, &data, &settings)
        })
    };
    Letter { subject: one_line(&fill(REPORT_SUBJECT)), text: fill(REPORT_TEXT), html: fill(REPORT_HTML) }
}

/// A template that mails are written from, filled with a sample: what it is, as a document. None: it is another kind of template.
pub fn sample(
    set: &Set,
    name: &str,
    account: &Account,
    now: Timestamp,
) -> Option<Result<(DocumentKind, String), TemplateError>> {
    let kind = match name {
        REPORT_HTML => DocumentKind::Html,
        REPORT_TEXT | REPORT_SUBJECT => DocumentKind::Txt,
        _ => return None,
    };
    let german = account.language == Language::De;
    // Of several recipients, of whom one did not get the fax: all that a mail can say.
    let sample = samples().into_iter().nth(if german { 7 } else { 3 })?;
    Some(set.fill(name, &sample, &settings(account, now)).map(|filled| (kind, filled.text)))
}

/// Whether a template that mails are written from can be filled: for jobs with one and several recipients, that succeeded and
/// failed.
pub fn prove(set: &Set, name: &str) -> Result<(), TemplateError> {
    if ![REPORT_HTML, REPORT_TEXT, REPORT_SUBJECT].contains(&name) {
        return Ok(());
    }
    for sample in samples() {
        set.fill(name, &sample, &Settings::default())?;
    }
    Ok(())
}

fn built_in(name: &str, data: &Value, settings: &Settings) -> String {
    let filled = Set::parse(&built_in_sources()).and_then(|set| set.fill(name, data, settings));
    // They are proved by tests with all that a job can hold.
    filled.map(|filled| filled.text).unwrap_or_default()
}

/// How templates are filled for this account.
pub fn settings(account: &Account, now: Timestamp) -> Settings {
    let locale = match account.language {
        Language::En => "en",
        Language::De => "de",
    };
    Settings {
        locale: Locale::parse(locale).unwrap_or_default(),
        zone: TimeZone::get(&account.zone).unwrap_or(TimeZone::UTC),
        now,
        ..Settings::default()
    }
}

/// A header's value has one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(SUBJECT_CHARS_MAX).collect()
}

/// Somebody's words without what only terminals and printers understand, and without what turns the direction of writing.
fn text(words: &str) -> Value {
    let turning = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let wild = |c: char| c.is_control() && c != '\n' && c != '\t' || matches!(c, '\u{2028}' | '\u{2029}');
    let plain = words.chars().filter(|c| !turning(*c)).map(|c| if wild(c) { ' ' } else { c });
    Value::text(plain.collect::<String>())
}

fn number(number: impl Into<i64>) -> Value {
    Value::from(number.into())
}

fn data(job: &FinishedJob, view: Option<&JobView>, besides: &Besides) -> Value {
    let report = &job.report;
    let language = match job.account.language {
        Language::En => "en",
        Language::De => "de",
    };
    let ok = report.recipient_status.iter().filter(|recipient| recipient.status == "OK").count();
    let count = |count: usize| number(i64::try_from(count).unwrap_or(i64::MAX));
    let of_job = Value::map([
        ("id", text(&job.id.0)),
        ("customer", text(&job.customer)),
        ("succeeded", report.succeeded().into()),
        ("pages", number(report.pages)),
        ("accepted", job.accepted_at.into()),
        ("finished", job.finished_at.into()),
        ("documents", Value::list(job.documents.iter().map(|document| text(&document.name)))),
        ("zone", text(&job.account.zone)),
        ("testMode", job.account.test_mode.into()),
    ]);
    let reference = &job.reference;
    let given = [
        ("customerDefinedId", &reference.customer_defined_id),
        ("customerReference", &job.customer_reference),
        ("billingCode", &reference.billing_code),
        ("billingInfo", &reference.billing_info),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((name, text(value.as_deref()?))));
    let recipients = report.recipient_status.iter().enumerate().map(|(index, recipient)| {
        let seen = view.and_then(|view| view.deliveries.get(index));
        let mut map = recipient_map(recipient);
        let cover = job.deliveries.get(index).map_or(0, |delivery| delivery.cover_pages);
        // Before anything was prepared the fax has no pages that could be told.
        let pages = view.map_or(report.pages, |view| view.pages.saturating_add(cover));
        map.insert("pages", number(pages));
        if let Some(seen) = seen {
            map.insert("attempts", count(seen.attempts.len()));
            if let Some(rate) = seen.attempts.last().and_then(|attempt| attempt.bit_rate) {
                map.insert("bitRate", number(rate));
            }
        }
        Value::Map(Arc::new(map))
    });
    let attachments = besides
        .attachments
        .iter()
        .map(|attached| Value::map([("name", text(&attached.name)), ("bytes", count(attached.bytes))]));
    Value::map([
        ("language", Value::text(language)),
        ("job", of_job),
        ("reference", Value::map(given)),
        ("recipients", Value::list(recipients.collect::<Vec<_>>())),
        ("okCount", count(ok)),
        ("failedCount", count(report.recipient_status.len() - ok)),
        ("attachments", Value::list(attachments.collect::<Vec<_>>())),
        ("notices", Value::list(besides.notices.iter().map(|notice| Value::text(*notice)))),
    ])
}

fn recipient_map(recipient: &RecipientStatus) -> Map {
    let mut map = Map::default();
    map.insert("number", text(&recipient.number));
    map.insert("status", text(&recipient.status));
    map.insert("ok", Value::from(recipient.status == "OK"));
    map.insert("reason", text(&recipient.reason));
    map.insert("pagesConfirmed", number(recipient.pages_confirmed.unwrap_or(0)));
    map.insert("seconds", number(recipient.duration_in_secs));
    map.insert("attempts", number(0));
    if let Some(sent) = recipient.sent_ts.as_deref().and_then(|sent| sent.parse().ok()) {
        map.insert("sent", Value::Date(sent, DateKind::DateTime));
    }
    for (name, value) in [("sentToNumber", &recipient.sent_to_number), ("remoteCsid", &recipient.remote_csid)] {
        if let Some(value) = value.as_deref().map(str::trim).filter(|value| !value.is_empty()) {
            map.insert(name, text(value));
        }
    }
    let properties = recipient.properties.iter().flatten();
    let properties = properties.map(|property| (property.key.as_str(), text(&property.value)));
    map.insert("properties", Value::map(properties));
    map
}

/// What templates are tried with before they are installed.
fn samples() -> Vec<Value> {
    let recipient = |ok: bool| {
        let mut map = recipient_map(&RecipientStatus {
            number: "+49 89 1234567".to_owned(),
            properties: None,
            status: if ok { "OK" } else { "BUSY" }.to_owned(),
            reason: if ok { "OK" } else { "the number is busy" }.to_owned(),
            sent_ts: ok.then(|| "2026-01-31T12:00:00Z".to_owned()),
            duration_in_secs: if ok { 31 } else { 0 },
            sent_to_number: Some("0049891234567".to_owned()),
            remote_csid: ok.then(|| "+49 89 1234567".to_owned()),
            pages_confirmed: Some(if ok { 2 } else { 0 }),
            pages_in_doubt: None,
        });
        map.insert("pages", number(2));
        Value::Map(Arc::new(map))
    };
    let jobs: [&[bool]; 4] = [&[true], &[false], &[true, true], &[true, false]];
    let sample = |language: &'static str, recipients: &[bool]| {
        let succeeded = recipients.iter().all(|ok| *ok);
        let ok = recipients.iter().filter(|ok| **ok).count();
        let count = |count: usize| number(i64::try_from(count).unwrap_or(0));
        let full = recipients.len() == 1;
        let reference = [("customerDefinedId", "4711"), ("billingCode", "A 12"), ("customerReference", "R & D")];
        let reference = reference.into_iter().filter(|_| full).map(|(name, value)| (name, Value::text(value)));
        let attachment = Value::map([("name", Value::text("fax.tif")), ("bytes", number(54_321))]);
        Value::map([
            ("language", Value::text(language)),
            (
                "job",
                Value::map([
                    ("id", Value::text("FJ0000000000000000000")),
                    ("customer", Value::text("10000")),
                    ("succeeded", succeeded.into()),
                    ("pages", number(2)),
                    ("accepted", Timestamp::UNIX_EPOCH.into()),
                    ("finished", Timestamp::UNIX_EPOCH.into()),
                    ("documents", Value::list([Value::text("letter.pdf")])),
                    ("zone", Value::text("Europe/Berlin")),
                    ("testMode", false.into()),
                ]),
            ),
            ("reference", Value::map(reference)),
            ("recipients", Value::list(recipients.iter().map(|ok| recipient(*ok)).collect::<Vec<_>>())),
            ("okCount", count(ok)),
            ("failedCount", count(recipients.len() - ok)),
            ("attachments", Value::list(full.then_some(attachment))),
            ("notices", Value::list((!full).then(|| Value::text("too_large")))),
        ])
    };
    ["en", "de"].into_iter().flat_map(|language| jobs.map(|job| sample(language, job))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_templates_are_filled_without_gaps() {
        let set = Set::parse(&built_in_sources()).unwrap();
        for name in [REPORT_SUBJECT, REPORT_TEXT, REPORT_HTML] {
            prove(&set, name).unwrap();
            for sample in samples() {
                let filled = set.fill(name, &sample, &Settings::default()).unwrap();
                assert_eq!(filled.missing_keys, 0, "{name}: {}", filled.text);
                assert!(!filled.text.trim().is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn a_subject_has_one_line() {
        assert_eq!(one_line(" a\r\nBcc: b\tc\u{85}d\u{2028}e "), "a Bcc: b c d e");
        assert_eq!(one_line(&"ä".repeat(1000)).chars().count(), SUBJECT_CHARS_MAX);
    }
}
