//! Numbers by pattern, as Java's `DecimalFormat` reads it: `#,##0.00`, `0.#;(0.#)`, `0%`.
//!
//! Left out: scientific notation (`E`), currency signs, FreeMarker's extension behind `;;`.

use crate::freemarker::decimal::{Decimal, Rounding};
use crate::locale::Locale;

/// Digits a pattern may ask for on a side.
const PLACES_MAX: usize = 64;

/// A pattern, found right.
#[derive(Clone, Debug)]
pub struct Pattern {
    prefix: String,
    suffix: String,
    /// Around a negative number, where the pattern says so.
    negative: Option<(String, String)>,
    whole_min: usize,
    fraction_min: usize,
    fraction_max: usize,
    /// Digits of a group; 0: no groups.
    group: usize,
    /// Powers of ten: 2 for percent, 3 for per mille.
    shift: u32,
}

impl Pattern {
    /// What the words `number`, `percent` and a pattern mean. `c` and `computer` are [`plain`]. The error says what is wrong.
    pub fn parse(format: &str) -> Result<Pattern, String> {
        match format {
            "number" | "" => return Pattern::parse("#,##0.###"),
            "percent" => return Pattern::parse("#,##0%"),
            "currency" => {
                return Err("the number format \"currency\" is not supported: write the sign into a pattern".into());
            }
            _ => {}
        }
        if format.starts_with('@') {
            return Err("custom number formats (@…) are not supported".into());
        }
        if format.contains(";;") {
            return Err("options behind \";;\" in a number format are not supported".into());
        }
        let (positive, negative) = match split(format) {
            (positive, Some(negative)) => (positive, Some(negative)),
            (positive, None) => (positive, None),
        };
        let mut pattern = Pattern::half(positive)?;
        if let Some(negative) = negative {
            let half = Pattern::half(negative)?;
            pattern.negative = Some((half.prefix, half.suffix));
        }
        Ok(pattern)
    }

    fn half(text: &str) -> Result<Pattern, String> {
        let mut pattern = Pattern {
            prefix: String::new(),
            suffix: String::new(),
            negative: None,
            whole_min: 0,
            fraction_min: 0,
            fraction_max: 0,
            group: 0,
            shift: 0,
        };
        let (mut digits_seen, mut ended, mut point, mut grouped) = (false, false, false, false);
        let mut quoted = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let number = !quoted && matches!(c, '#' | '0' | ',' | '.');
            if number && ended {
                return Err("a number format has digits in two places".into());
            }
            if number {
                digits_seen = true;
                match c {
                    '.' if point => return Err("a number format has two points".into()),
                    '.' => point = true,
                    ',' if point => return Err("a number format has a comma behind its point".into()),
                    ',' => {
                        grouped = true;
                        pattern.group = 0;
                    }
                    '0' if point => {
                        pattern.fraction_min = pattern.fraction_max + 1;
                        pattern.fraction_max += 1;
                    }
                    '#' if point => pattern.fraction_max += 1,
                    _ => {
                        if c == '0' {
                            pattern.whole_min += 1;
                        } else if pattern.whole_min > 0 {
                            return Err("a number format has a # behind a 0".into());
                        }
                        pattern.group += 1;
                    }
                }
                continue;
            }
            let first_behind = digits_seen && !ended;
            ended = digits_seen;
            let side = if digits_seen { &mut pattern.suffix } else { &mut pattern.prefix };
            match c {
                '\'' if chars.peek() == Some(&'\'') => {
                    chars.next();
                    side.push('\'');
                }
                '\'' => quoted = !quoted,
                _ if quoted => side.push(c),
                '%' => {
                    pattern.shift = 2;
                    side.push('%');
                }
                '‰' => {
                    pattern.shift = 3;
                    side.push('‰');
                }
                'E' if first_behind => return Err("scientific number formats are not supported".into()),
                '¤' => return Err("currency signs in number formats are not supported: write the sign itself".into()),
                _ => side.push(c),
            }
        }
        if quoted {
            return Err("a quote in a number format is not closed".into());
        }
        if !digits_seen {
            return Err("a number format has no digits".into());
        }
        if !grouped {
            pattern.group = 0;
        }
        if pattern.whole_min > PLACES_MAX || pattern.fraction_max > PLACES_MAX {
            return Err("a number format has too many digits".into());
        }
        if pattern.whole_min == 0 && pattern.fraction_min == 0 {
            // Without any 0 in it, the pattern has one before its point.
            pattern.whole_min = 1;
        }
        Ok(pattern)
    }

    pub fn format(&self, number: Decimal, locale: &Locale) -> Option<String> {
        let signs = locale.numbers();
        let shifted = match self.shift {
            0 => number,
            2 => number.multiply(100.into())?,
            _ => number.multiply(1000.into())?,
        };
        let places = u32::try_from(self.fraction_max).ok()?;
        let rounded = shifted.round(places, Rounding::HalfEven);
        let (whole, mut fraction) = rounded.parts();
        while fraction.len() < self.fraction_min {
            fraction.push('0');
        }
        let whole = if whole == "0" && self.whole_min == 0 && !fraction.is_empty() { String::new() } else { whole };
        let whole = format!("{whole:0>width$}", width = self.whole_min);
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            let left = whole.len() - index;
            if index > 0 && self.group > 0 && left % self.group == 0 {
                grouped.push_str(&signs.group);
            }
            grouped.push(digit);
        }
        let body = if fraction.is_empty() { grouped } else { format!("{grouped}{}{fraction}", signs.decimal) };
        let negative = rounded.is_negative();
        Some(match (&self.negative, negative) {
            (Some((prefix, suffix)), true) => format!("{prefix}{body}{suffix}"),
            (None, true) => format!("{}{}{body}{}", signs.minus, self.prefix, self.suffix),
            _ => format!("{}{body}{}", self.prefix, self.suffix),
        })
    }
}

/// For computers: no groups, a point, up to 16 places.
pub fn plain(number: Decimal) -> String {
    number.round(16, Rounding::HalfEven).to_string()
}

/// The two halves of a pattern; a quoted `;` doesn't part them.
fn split(format: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    for (at, c) in format.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ';' if !quoted => return (&format[..at], Some(&format[at + 1..])),
            _ => {}
        }
    }
    (format, None)
}
