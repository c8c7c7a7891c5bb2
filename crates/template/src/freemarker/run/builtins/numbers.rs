//! Built-ins for numbers.

use jiff::Timestamp;

use super::Given;
use crate::freemarker::decimal::{Decimal, Rounding};
use crate::freemarker::error::Result;
use crate::freemarker::run::Run;
use crate::freemarker::value::{DateKind, Value};

/// Letters `?lower_abc` makes at most of: more than any list has items.
const ABC_MAX: i64 = 1_000_000_000;

impl Run<'_> {
    pub(super) fn of_number(&mut self, value: Value, given: Given) -> Result<Value> {
        let at = given.at;
        let number = self.number_of(value, at)?;
        let date = |kind: DateKind| {
            let millis = number.to_i64();
            millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()).map(|when| Value::Date(when, kind))
        };
        Ok(match given.name {
            "abs" => Value::Number(number.abs()),
            "int" | "byte" | "short" | "long" => Value::Number(number.round(0, Rounding::Down)),
            "round" => Value::Number(number.round(0, Rounding::HalfCeiling)),
            "floor" => Value::Number(number.round(0, Rounding::Floor)),
            "ceiling" => Value::Number(number.round(0, Rounding::Ceiling)),
            "float" | "double" => Value::Number(number),
            "is_nan" | "is_infinite" => Value::Bool(false),
            "lower_abc" | "upper_abc" => {
                let Some(left) = number.to_i64().filter(|number| (1..=ABC_MAX).contains(number)) else {
                    return self.fail(at, "a whole number from 1 on is expected here");
                };
                Value::own(letters(left.unsigned_abs(), if given.name == "lower_abc" { b'a' } else { b'A' }))
            }
            name => {
                let kind = match name {
                    "number_to_date" => DateKind::Date,
                    "number_to_time" => DateKind::Time,
                    _ => DateKind::DateTime,
                };
                match date(kind) {
                    Some(date) => date,
                    None => return self.fail(at, "milliseconds since 1970 are expected here"),
                }
            }
        })
    }

    /// `?number`
    pub(super) fn parsed_number(&mut self, text: &str, at: u32) -> Result<Value> {
        match Decimal::parse(text.trim()) {
            Some(number) => Ok(Value::Number(number)),
            None => self.fail(at, "the text is no number"),
        }
    }
}

/// 1 is a, 26 is z, 27 is aa.
fn letters(mut left: u64, first: u8) -> String {
    let mut letters = Vec::new();
    while left > 0 {
        left -= 1;
        letters.push(char::from(first + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    letters.iter().rev().collect()
}
