//! When a job may be sent: `meta.jobValid`.
//!
//! `start` is an ISO 8601 time with a zone or an offset; `end` is such a time, or an ISO 8601 duration counted from *now*, as
//! the vendor words it, also where the job starts later. Months and years in a duration are those of the calendar (UTC). A
//! zone in brackets after the offset is read past.

use jiff::fmt::temporal::{DateTimeParser, SpanParser};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::parse::Violation;
use super::{Window, WindowEnd};

static TIMES: DateTimeParser = DateTimeParser::new();
static SPANS: SpanParser = SpanParser::new();

/// The window that `start` and `end` describe at `now`; missing ones are `None`.
pub(super) fn window(start: Option<&str>, end: Option<&str>, now: Timestamp) -> Result<Window, Violation> {
    let start = start.map(|text| time(text).map_err(|what| expired("start", what))).transpose()?;
    let Some(end) = end else { return Ok(Window { start, end: None }) };
    let end = if end.trim_start_matches(['+', '-']).starts_with(['P', 'p']) {
        WindowEnd::After(duration(end, now).map_err(|what| expired("end", what))?)
    } else {
        WindowEnd::At(time(end).map_err(|what| match what {
            NOT_A_TIME => expired("end", "not an ISO 8601 time or duration"),
            what => expired("end", what),
        })?)
    };
    let moment = match end {
        WindowEnd::At(moment) => moment,
        WindowEnd::After(span) => now.checked_add(span).map_err(|_| expired("end", TOO_FAR))?,
    };
    if moment <= now {
        return Err(expired("end", "the end has passed"));
    }
    if start.is_some_and(|start| moment <= start) {
        return Err(expired("end", "the end is not after the start"));
    }
    Ok(Window { start, end: Some(end) })
}

const NOT_A_TIME: &str = "not an ISO 8601 time";
const TOO_FAR: &str = "too far in the future";

/// The vendor's words for everything that is wrong with a window.
fn expired(member: &str, what: &str) -> Violation {
    Violation::new(member, format!("Job Expiration error, {what}"))
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    match TIMES.parse_timestamp(text) {
        Ok(moment) => Ok(moment),
        Err(_) if TIMES.parse_datetime(text).is_ok() => Err("the time has no zone or offset"),
        Err(_) => Err(NOT_A_TIME),
    }
}

fn duration(text: &str, now: Timestamp) -> Result<SignedDuration, &'static str> {
    let span = SPANS.parse_span(text).map_err(|_| "not an ISO 8601 time or duration")?;
    let end = now.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| TOO_FAR)?;
    Ok(end.timestamp().duration_since(now))
}
