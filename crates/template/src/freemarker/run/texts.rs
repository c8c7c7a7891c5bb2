//! Values as text, truth and sequences, with what the settings say about formats.

use std::sync::Arc;

use super::Run;
use crate::freemarker::decimal::Decimal;
use crate::freemarker::error::{Reason, Result};
use crate::freemarker::format::{date, number};
use crate::freemarker::tree::Expr;
use crate::freemarker::value::{DateKind, Inner, Text, Value};
use jiff::Timestamp;

impl<'a> Run<'a> {
    /// An expression as text.
    pub(super) fn text(&mut self, expression: &'a Expr) -> Result<Text> {
        let value = self.eval(expression)?;
        self.text_of(value, expression.at)
    }

    /// A value as it is printed.
    pub(super) fn text_of(&mut self, value: Value, at: u32) -> Result<Text> {
        let own = |text: String| Text { text: text.into(), own: true };
        Ok(match value {
            Value::Text(text) => text,
            Value::Number(number) => own(self.number(number, &self.number_format.clone(), at)?),
            Value::Bool(value) => match self.boolean_format.split_once(',') {
                Some(("true", "false")) => {
                    return self.fail(at, "a boolean can't be printed: write ?string(\"yes\", \"no\") or ?c");
                }
                Some((yes, no)) => own(if value { yes.into() } else { no.into() }),
                None => own(value.to_string()),
            },
            Value::Date(when, kind) => own(self.date(when, kind, None, at)?),
            Value::Missing(name) => {
                self.note_missing(&name);
                own(String::new())
            }
            Value::Inner(Inner::Nothing) => own(String::new()),
            Value::Inner(Inner::Markup(_, text)) => Text { text, own: true },
            other => return self.fail(at, format!("a text is expected here, this is {}", other.kind())),
        })
    }

    /// A number by a format, `computer` and `c` included.
    pub(super) fn number(&mut self, number: Decimal, format: &str, at: u32) -> Result<String> {
        if matches!(format, "c" | "cn" | "computer") {
            return Ok(number::plain(number));
        }
        match number::Pattern::parse(format) {
            Ok(pattern) => match pattern.format(number, &self.locale) {
                Some(text) => Ok(text),
                None => self.fail(at, "the number is too large"),
            },
            Err(what) => self.stop(Reason::Failed, at, what),
        }
    }

    /// A date by a format, or by the setting for its kind.
    pub(super) fn date(&mut self, when: Timestamp, kind: DateKind, format: Option<&str>, at: u32) -> Result<String> {
        let setting = self.format_of(kind);
        match date::format(when, kind, format.unwrap_or(&setting), &self.locale, &self.zone) {
            Ok(text) => Ok(text),
            Err(what) => self.fail(at, what),
        }
    }

    pub(super) fn format_of(&self, kind: DateKind) -> Arc<str> {
        match kind {
            DateKind::Date => self.date_format.clone(),
            DateKind::Time => self.time_format.clone(),
            DateKind::DateTime => self.datetime_format.clone(),
        }
    }

    /// A condition.
    pub(super) fn holds(&mut self, expression: &'a Expr) -> Result<bool> {
        let value = self.eval(expression)?;
        self.bool_of(value, expression.at)
    }

    pub(super) fn bool_of(&mut self, value: Value, at: u32) -> Result<bool> {
        match value {
            Value::Bool(value) => Ok(value),
            Value::Missing(name) => {
                self.note_missing(&name);
                Ok(false)
            }
            other => self.fail(at, format!("a boolean is expected here, this is {}", other.kind())),
        }
    }

    pub(super) fn number_of(&mut self, value: Value, at: u32) -> Result<Decimal> {
        match value {
            Value::Number(number) => Ok(number),
            Value::Missing(name) => self.fail(at, format!("a number is expected here, {name} is missing")),
            other => self.fail(at, format!("a number is expected here, this is {}", other.kind())),
        }
    }

    /// A whole number.
    pub(super) fn whole_of(&mut self, value: Value, at: u32) -> Result<i64> {
        let number = self.number_of(value, at)?;
        match number.to_i64() {
            Some(whole) => Ok(whole),
            None => self.fail(at, "a whole number is expected here"),
        }
    }

    /// A sequence, stored.
    pub(super) fn list_of(&mut self, value: Value, at: u32) -> Result<Arc<Vec<Value>>> {
        match value {
            Value::List(list) => Ok(list),
            Value::Inner(Inner::Nothing) => Ok(Arc::default()),
            Value::Inner(Inner::Range(range)) => {
                let Some(len) = range.len else {
                    return self.fail(at, "this range has no end");
                };
                self.pay(len, at)?;
                Ok(Arc::new((0..len).map_while(|index| range.get(index)).map(Value::from).collect()))
            }
            Value::Missing(name) => {
                self.note_missing(&name);
                Ok(Arc::default())
            }
            other => self.fail(at, format!("a sequence is expected here, this is {}", other.kind())),
        }
    }
}
