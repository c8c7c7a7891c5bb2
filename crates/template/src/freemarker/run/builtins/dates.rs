//! Built-ins for dates, and for texts that say one.

use jiff::tz::TimeZone;

use super::Given;
use crate::freemarker::error::Result;
use crate::freemarker::format::date;
use crate::freemarker::run::Run;
use crate::freemarker::value::{DateKind, Value};
use crate::locale::zone;

impl Run<'_> {
    pub(super) fn of_date(&mut self, value: Value, given: Given) -> Result<Value> {
        let at = given.at;
        if given.name.starts_with("iso") {
            return self.iso(value, given);
        }
        if given.name == "long" {
            return match value {
                Value::Date(when, _) => Ok(Value::from(when.as_millisecond())),
                other => self.fail(at, format!("a number or a date is expected here, this is {}", other.kind())),
            };
        }
        let kind = match given.name {
            "date" => DateKind::Date,
            "time" => DateKind::Time,
            "datetime" => DateKind::DateTime,
            // No date here is of an unknown kind.
            _ => return Ok(value),
        };
        match value {
            Value::Date(when, DateKind::DateTime) => Ok(Value::Date(when, kind)),
            Value::Date(when, is) if is == kind => Ok(Value::Date(when, kind)),
            Value::Date(..) => self.fail(at, "a date has no time, and a time has no date"),
            value => {
                let text = self.text_of(value, at)?.text;
                let format = match given.args.into_iter().next() {
                    Some(format) => self.text_of(format, at)?.text,
                    None => self.format_of(kind),
                };
                match date::parse(&text, kind, &format, &self.locale, &self.zone) {
                    Ok(Some(when)) => Ok(Value::Date(when, kind)),
                    Ok(None) => self.fail(at, "the text is no date of this format"),
                    Err(what) => self.fail(at, what),
                }
            }
        }
    }

    /// `?iso_utc_ms` and its like; `?iso("Europe/Berlin")`.
    fn iso(&mut self, value: Value, given: Given) -> Result<Value> {
        let at = given.at;
        let Value::Date(when, kind) = value else {
            return self.fail(at, format!("a date is expected here, this is {}", value.kind()));
        };
        let tz = match given.args.into_iter().next() {
            Some(name) => {
                let name = self.text_of(name, at)?.text;
                match zone(&name) {
                    Some(zone) => zone,
                    None => return self.fail(at, "this time zone is not known"),
                }
            }
            None if given.name.contains("_utc") => TimeZone::UTC,
            None => self.zone.clone(),
        };
        match date::format(when, kind, given.name, &self.locale, &tz) {
            Ok(text) => Ok(Value::own(text)),
            Err(what) => self.fail(at, what),
        }
    }
}
