//! Telephone numbers, as dialled. Their `Debug` shows the length only, so that none reaches a log line by accident.

use std::fmt;

/// More digits than any numbering plan (E.164 has 15) with room for prefixes and access codes.
const CHARACTERS_MAX: usize = 40;

/// A number to dial: digits, `*`, `#`, perhaps a leading `+`. Safe to put into a SIP URI.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(String);

impl Number {
    /// Takes a number as it is to be dialled; `None` if anything in it can't be dialled.
    pub fn new(text: &str) -> Option<Number> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let dialable = !digits.is_empty()
            && text.len() <= CHARACTERS_MAX
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#');
        dialable.then(|| Number(text.to_owned()))
    }

    /// The number itself. Not for logs.
    pub fn dial(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({} characters)", self.0.len())
    }
}

/// How a trunk wants to see numbers that we keep as `00` + country code + number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NumberForm {
    /// As given.
    #[default]
    AsGiven,
    /// `+4989…`
    Plus,
    /// `4989…`
    Bare,
}

impl NumberForm {
    /// The user part of the SIP URI.
    pub(super) fn user_part(self, number: &Number) -> String {
        let given = number.dial();
        let international = given.strip_prefix("00").or_else(|| given.strip_prefix('+'));
        let user = match (self, international) {
            (NumberForm::AsGiven, _) | (_, None) => given.to_owned(),
            (NumberForm::Plus, Some(rest)) => format!("+{rest}"),
            (NumberForm::Bare, Some(rest)) => rest.to_owned(),
        };
        // RFC 3261 25.1: `#` is not allowed in a user part unescaped.
        user.replace('#', "%23")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_dialled_is_a_number() {
        for good in ["0049891234", "+49891234", "110", "*21#"] {
            assert!(Number::new(good).is_some(), "{good}");
        }
        for bad in ["", "+", "12 34", "12@host", "12\r\nEvil: yes", "1+2", &"1".repeat(41)] {
            assert!(Number::new(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_number_is_not_shown() {
        let shown = format!("{:?}", Number::new("0049891234").unwrap());
        assert!(!shown.contains("4989"), "{shown}");
    }

    #[test]
    fn trunks_see_numbers_in_their_form() {
        let number = Number::new("0049891234").unwrap();
        assert_eq!(NumberForm::AsGiven.user_part(&number), "0049891234");
        assert_eq!(NumberForm::Plus.user_part(&number), "+49891234");
        assert_eq!(NumberForm::Bare.user_part(&number), "49891234");
        assert_eq!(NumberForm::Plus.user_part(&Number::new("110").unwrap()), "110");
        assert_eq!(NumberForm::AsGiven.user_part(&Number::new("*21#").unwrap()), "*21%23");
    }
}
