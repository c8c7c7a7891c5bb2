//! Time zones by the names people write: IANA's in any letter case, abbreviations, and offsets from Greenwich.
//!
//! An abbreviation stands for the clock on the wall where it is used, with its daylight saving, whichever half of the year it
//! belongs to: `CET` and `CEST` are one zone. Whoever writes `CEST` into a header line in June means the same clock in December,
//! and IANA knows no `CEST`, `MEST` or `EDT` at all. An abbreviation that several regions share (`IST`, `CST` in China) is taken
//! for the one Java takes it for.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

/// Abbreviations and the region whose clock is meant.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("ACDT", "Australia/Adelaide"),
    ("ACST", "Australia/Adelaide"),
    ("AEDT", "Australia/Sydney"),
    ("AEST", "Australia/Sydney"),
    ("AKDT", "America/Anchorage"),
    ("AKST", "America/Anchorage"),
    ("AST", "America/Halifax"),
    ("ADT", "America/Halifax"),
    ("AWST", "Australia/Perth"),
    ("BRT", "America/Sao_Paulo"),
    ("BST", "Europe/London"),
    ("CDT", "America/Chicago"),
    ("CST", "America/Chicago"),
    ("CEST", "Europe/Berlin"),
    ("CET", "Europe/Berlin"),
    ("EDT", "America/New_York"),
    ("EST", "America/New_York"),
    ("ET", "America/New_York"),
    ("CT", "America/Chicago"),
    ("MT", "America/Denver"),
    ("PT", "America/Los_Angeles"),
    ("EEST", "Europe/Athens"),
    ("EET", "Europe/Athens"),
    ("HKT", "Asia/Hong_Kong"),
    ("HST", "Pacific/Honolulu"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("KST", "Asia/Seoul"),
    ("MDT", "America/Denver"),
    ("MST", "America/Denver"),
    ("MEST", "Europe/Berlin"),
    ("MESZ", "Europe/Berlin"),
    ("MET", "Europe/Berlin"),
    ("MEZ", "Europe/Berlin"),
    ("MSK", "Europe/Moscow"),
    ("NZDT", "Pacific/Auckland"),
    ("NZST", "Pacific/Auckland"),
    ("PDT", "America/Los_Angeles"),
    ("PST", "America/Los_Angeles"),
    ("SAST", "Africa/Johannesburg"),
    ("SGT", "Asia/Singapore"),
    ("WEST", "Europe/Lisbon"),
    ("WET", "Europe/Lisbon"),
];

/// The zone of a name: `Europe/Berlin` in any letter case, `CEST`, `GMT`, `GMT+1`, `UTC+02:00`, `+0530`.
pub fn zone(name: &str) -> Option<TimeZone> {
    if name.is_empty() || name.len() > 64 {
        return None;
    }
    if ["UTC", "GMT", "Z", "UT"].iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Some(TimeZone::UTC);
    }
    if let Some((_, region)) = ABBREVIATIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return database().get(region).ok();
    }
    offset(name).map(TimeZone::fixed).or_else(|| database().get(name).ok())
}

/// The zone's short name at a moment: `CET`, `EDT`, `UTC`; `GMT+02:00` where it has none.
pub fn zone_abbreviation(zone: &TimeZone, at: Timestamp) -> String {
    let info = zone.to_offset_info(at);
    let abbreviation = info.abbreviation();
    if abbreviation.chars().all(|c| c.is_ascii_alphabetic()) {
        return abbreviation.to_owned();
    }
    let seconds = info.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("GMT{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Built in: a child that renders may open no file.
fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

/// `GMT+1`, `UTC-03:30`, `+0530`, `+2`: hours east of Greenwich.
fn offset(name: &str) -> Option<Offset> {
    let after = match name.get(..3) {
        Some(prefix) if prefix.eq_ignore_ascii_case("GMT") || prefix.eq_ignore_ascii_case("UTC") => &name[3..],
        _ => name,
    };
    let (sign, digits) = match after.as_bytes().first()? {
        b'+' => (1, &after[1..]),
        b'-' => (-1, &after[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let number = |text: &str| -> Option<i32> {
        (matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 60 + minutes) * 60).ok()
}
