//! The number to dial for the number as written: `00` and digits, as reports show it in `sentToNumber`.
//!
//! `+` and `00` begin an international number. Digits without them are a national number where the library finds one that is
//! valid in the account's country, else an international one. Beyond that:
//!
//! - Digits that begin with the account's own country code and are valid with it are that number, though some would also be a
//!   national number without its 0: a 0 is seldom left out at home, `00` or `+` often.
//! - What begins with 0 can't be international; it is national also where the library doubts it.
//! - In North America 011 begins an international number.
//!
//! The library (libphonenumber's metadata) never refuses a number: numbering plans change, and its doubt is only a warning. Its
//! parser, which takes ten times as long as a look at the plan, is asked only where dropping the trunk prefix makes no valid number.
//!
//! It writes numbers to its log at `trace`, so its target must stay off. See [`SILENCED_TARGET`].

use std::sync::LazyLock;

use rlibphonenumber::{PHONE_NUMBER_UTIL as PLANS, PhoneNumber, PhoneNumberFormat, Region};

/// Where the library logs.
pub const SILENCED_TARGET: &str = "rlibphonenumber";

/// Reads the numbering plans, so that no request waits for it.
pub fn warm_up() {
    LazyLock::force(&PLANS);
}

/// The number to dial, or why there is none. `country` is where national numbers are at home (ISO 3166-1 alpha-2).
pub fn dial(number: &str, country: Option<&str>) -> Result<String, &'static str> {
    let compact: String = number.chars().filter(|character| !character.is_whitespace()).collect();
    if let Some(abroad) = abroad(&compact) {
        return international(&abroad);
    }
    let digits = digits(&compact);
    match country.and_then(Home::of) {
        Some(home) => home.dial(&digits),
        None if digits.starts_with('0') => Err("is a national number, and the account has no country"),
        None => international(&digits),
    }
}

/// Whether the number to dial is not a valid one in its country's plan, as far as the library knows.
pub fn is_doubtful(dial: &str) -> bool {
    let digits = dial.strip_prefix("00").unwrap_or(dial);
    let plan = |length| {
        let (code, national) = digits.split_at_checked(length)?;
        let code: i32 = code.parse().ok()?;
        PLANS.get_regions_for_country_calling_code(code).map(|_| (code, national))
    };
    // No country code begins with another.
    let Some((code, national)) = (1..=3).find_map(plan) else { return true };
    !is_valid(code, national)
}

/// Countries whose national numbers keep their first 0 when dialled from abroad: Italy with the Vatican, San Marino, Ivory
/// Coast, Congo, Benin.
const KEEPS_ZERO: [&str; 5] = ["39", "378", "225", "242", "229"];

/// Where national numbers are at home.
struct Home {
    region: Region,
    code: i32,
}

impl Home {
    fn of(country: &str) -> Option<Home> {
        let region = Region::from_code(&country.to_ascii_uppercase()).ok()?;
        Some(Home { region, code: PLANS.get_country_code_for_region(region)? })
    }

    /// The number to dial for digits without `+` or `00`.
    fn dial(&self, digits: &str) -> Result<String, &'static str> {
        let code = self.code.to_string();
        if let Some(rest) = digits.strip_prefix("011").filter(|_| self.code == 1) {
            return international(rest);
        }
        if digits.strip_prefix(&code).is_some_and(|national| is_valid(self.code, national)) {
            return international(digits);
        }
        let national = self.without_trunk_prefix(digits);
        if is_valid(self.code, national) {
            return international(&format!("{code}{national}"));
        }
        let parsed = PLANS.parse(digits, Some(self.region)).ok().filter(|number| PLANS.is_valid_number(number));
        match parsed {
            Some(number) => international(&self::digits(&PLANS.format(&number, PhoneNumberFormat::E164))),
            None if digits.starts_with('0') => international(&format!("{code}{national}")),
            None => international(digits),
        }
    }

    /// The trunk prefix is a single 0 nearly everywhere; in Hungary it has two digits.
    fn without_trunk_prefix<'a>(&self, digits: &'a str) -> &'a str {
        if KEEPS_ZERO.contains(&self.code.to_string().as_str()) {
            return digits;
        }
        let prefix = if self.code == 36 && digits.starts_with("06") { "06" } else { "0" };
        digits.strip_prefix(prefix).unwrap_or(digits)
    }
}

/// Whether the plan of the country code has such a national number.
fn is_valid(code: i32, national: &str) -> bool {
    let Ok(national_number) = national.parse() else { return false };
    let zeros = national.len() - national.trim_start_matches('0').len().max(1);
    let number = PhoneNumber {
        country_code: code,
        national_number,
        italian_leading_zero: (zeros > 0).then_some(true),
        number_of_leading_zeros: i32::try_from(zeros).ok().filter(|zeros| *zeros > 1),
        ..PhoneNumber::default()
    };
    PLANS.is_valid_number(&number)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The digits after the `+` or `00` of an international number.
fn abroad(compact: &str) -> Option<String> {
    let after = |text: &str| {
        let digits = digits(text);
        if text.contains('+') { Some(digits) } else { digits.strip_prefix("00").map(str::to_owned) }
    };
    // `+49 (0)89`: the bracket shows how to dial at home. Where the 0 belongs to the number, it is dialled from abroad as well.
    let rest = after(&compact.replace("(0)", ""))?;
    if KEEPS_ZERO.iter().any(|code| rest.starts_with(code)) { after(compact) } else { Some(rest) }
}

fn international(digits: &str) -> Result<String, &'static str> {
    match digits.as_bytes().first() {
        None => Err("has no digits after the international prefix"),
        Some(b'0') => Err("is no international number: no country code begins with 0"),
        Some(_) => Ok(format!("00{digits}")),
    }
}
