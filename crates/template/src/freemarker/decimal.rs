//! Decimal numbers, as FreeMarker calculates: `0.1 + 0.2` is `0.3`, a division keeps twelve places.
//!
//! 128 bits and a scale; what doesn't fit is an error, not an approximation.

use std::cmp::Ordering;
use std::fmt;

/// A decimal number of up to about 38 digits.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// The number is `digits / 10^scale`; no trailing zeros behind the point.
    digits: i128,
    scale: u32,
}

/// How a number is brought to fewer places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rounding {
    /// To the nearest, a half to the even neighbour: Java's `DecimalFormat`.
    HalfEven,
    /// To the nearest, a half away from zero.
    HalfUp,
    /// To the nearest, a half towards larger numbers: `?round`.
    HalfCeiling,
    Floor,
    Ceiling,
    /// Towards zero: `?int`.
    Down,
}

/// Places a division keeps at least.
const DIVISION_PLACES: u32 = 12;
/// Places behind the point a number may have.
const SCALE_MAX: u32 = 30;

impl Decimal {
    pub(crate) const ZERO: Decimal = Decimal { digits: 0, scale: 0 };

    fn new(mut digits: i128, mut scale: u32) -> Decimal {
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        let number = Decimal { digits, scale };
        if scale > SCALE_MAX { number.round(SCALE_MAX, Rounding::HalfEven) } else { number }
    }

    /// Digits, at most one point, perhaps a sign.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (text, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut digits = 0i128;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            digits = digits.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        }
        let mut scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        while scale < 0 {
            digits = digits.checked_mul(10)?;
            scale += 1;
        }
        let digits = if negative { -digits } else { digits };
        let mut scale = scale.unsigned_abs();
        if scale > SCALE_MAX + 38 {
            return Some(Decimal::ZERO);
        }
        let mut digits = digits;
        while scale > SCALE_MAX {
            digits /= 10;
            scale -= 1;
        }
        Some(Decimal::new(digits, scale))
    }

    /// The number without its fraction, where it has none and fits.
    pub(crate) fn to_i64(self) -> Option<i64> {
        if self.scale == 0 { i64::try_from(self.digits).ok() } else { None }
    }

    pub(crate) fn is_negative(self) -> bool {
        self.digits < 0
    }

    pub(crate) fn negate(self) -> Decimal {
        Decimal { digits: self.digits.saturating_neg(), ..self }
    }

    pub(crate) fn abs(self) -> Decimal {
        if self.is_negative() { self.negate() } else { self }
    }

    fn aligned(self, other: Decimal) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let a = self.digits.checked_mul(power(scale - self.scale)?)?;
        let b = other.digits.checked_mul(power(scale - other.scale)?)?;
        Some((a, b, scale))
    }

    pub(crate) fn add(self, other: Decimal) -> Option<Decimal> {
        let (a, b, scale) = self.aligned(other)?;
        Some(Decimal::new(a.checked_add(b)?, scale))
    }

    pub(crate) fn multiply(self, other: Decimal) -> Option<Decimal> {
        Some(Decimal::new(self.digits.checked_mul(other.digits)?, self.scale + other.scale))
    }

    /// `None` also where the divisor is zero.
    pub(crate) fn divide(self, other: Decimal) -> Option<Decimal> {
        let scale = DIVISION_PLACES.max(self.scale).max(other.scale);
        // One digit more than is kept, so that rounding sees it.
        let shift = (scale + 1 + other.scale).checked_sub(self.scale)?;
        let quotient = self.digits.checked_mul(power(shift)?)?.checked_div(other.digits)?;
        Some(Decimal { digits: quotient, scale: scale + 1 }.round(scale, Rounding::HalfUp))
    }

    /// The remainder of the whole parts. `None` also where the divisor's whole part is zero.
    pub(crate) fn remainder(self, other: Decimal) -> Option<Decimal> {
        let (a, b) = (self.round(0, Rounding::Down).digits, other.round(0, Rounding::Down).digits);
        Some(Decimal::new(a.checked_rem(b)?, 0))
    }

    pub(crate) fn round(self, places: u32, rounding: Rounding) -> Decimal {
        if self.scale <= places {
            return self;
        }
        let Some(unit) = power(self.scale - places) else {
            return Decimal::ZERO;
        };
        let (down, rest) = (self.digits.div_euclid(unit), self.digits.rem_euclid(unit));
        let half = rest.cmp(&(unit / 2));
        let up = match rounding {
            Rounding::Floor => false,
            Rounding::Ceiling => rest > 0,
            Rounding::Down => self.digits < 0 && rest > 0,
            Rounding::HalfCeiling => half.is_ge(),
            Rounding::HalfUp => half.is_gt() || (half.is_eq() && self.digits > 0),
            Rounding::HalfEven => half.is_gt() || (half.is_eq() && down % 2 != 0),
        };
        Decimal::new(down + i128::from(up), places)
    }

    /// The digits before and behind the point, without a sign.
    pub(crate) fn parts(self) -> (String, String) {
        let digits = format!("{:0>width$}", self.digits.unsigned_abs(), width = self.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        (whole.to_owned(), fraction.to_owned())
    }
}

fn power(exponent: u32) -> Option<i128> {
    10i128.checked_pow(exponent)
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.aligned(*other) {
            Some((a, b, _)) => a.cmp(&b),
            // One is too large for the other's scale: their whole parts differ.
            None => self.round(0, Rounding::Floor).digits.cmp(&other.round(0, Rounding::Floor).digits),
        }
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Decimal { digits: i128::from(number), scale: 0 }
    }
}

impl fmt::Display for Decimal {
    /// As a computer writes it: `-1234.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = self.parts();
        let sign = if self.is_negative() { "-" } else { "" };
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn sums_are_exact_and_divisions_keep_twelve_places() {
        assert_eq!(number("0.1").add(number("0.2")), Some(number("0.3")));
        assert_eq!(number("1").divide(number("3")).unwrap().to_string(), "0.333333333333");
        assert_eq!(number("2").divide(number("-3")).unwrap().to_string(), "-0.666666666667");
        assert_eq!(number("1").divide(Decimal::ZERO), None);
        assert_eq!(number("-7").remainder(number("5")).unwrap().to_string(), "-2");
        assert_eq!(number(&"9".repeat(38)).multiply(number("10")), None);
    }

    #[test]
    fn rounding_goes_where_it_says() {
        for (text, even, up, ceiling, floor, down) in [
            ("2.5", "2", "3", "3", "2", "2"),
            ("-2.5", "-2", "-3", "-2", "-3", "-2"),
            ("1.51", "2", "2", "2", "1", "1"),
        ] {
            let round = |rounding| number(text).round(0, rounding).to_string();
            assert_eq!(round(Rounding::HalfEven), even);
            assert_eq!(round(Rounding::HalfUp), up);
            assert_eq!(round(Rounding::HalfCeiling), ceiling);
            assert_eq!(round(Rounding::Floor), floor);
            assert_eq!(round(Rounding::Down), down);
        }
        assert!(number("123456789012345678901234567890").cmp(&number("0.000000000000000000001")).is_gt());
    }
}
