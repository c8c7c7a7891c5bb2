//! Dates by style (`short`, `medium_long`), as ISO 8601 (`iso`, `xs m nz`), or by pattern, as Java's `SimpleDateFormat` reads it;
//! and text back to dates by the same patterns.
//!
//! Left out: eras but our own, week years other than ISO's, full zone names (`zzzz` prints what `z` prints).

use std::fmt::Write;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::freemarker::value::DateKind;
use crate::locale::{Locale, Style, Width, zone, zone_abbreviation};

/// A moment as text; the error says what is wrong with the format.
pub fn format(at: Timestamp, kind: DateKind, format: &str, locale: &Locale, tz: &TimeZone) -> Result<String, String> {
    if let Some(options) = iso_options(format) {
        return Ok(iso(at, kind, options?, tz));
    }
    let pattern = pattern(format, kind, locale)?;
    by_pattern(&at.to_zoned(tz.clone()), &pattern, locale, tz)
}

/// A text as a moment. `None` where it isn't of the format.
pub fn parse(
    text: &str,
    kind: DateKind,
    format: &str,
    locale: &Locale,
    tz: &TimeZone,
) -> Result<Option<Timestamp>, String> {
    if let Some(options) = iso_options(format) {
        options?;
        return Ok(parse_iso(text, kind, tz));
    }
    Ok(parse_by(text, &pattern(format, kind, locale)?, locale, tz))
}

/// Whether a format is one, for settings that are read before any date is there.
pub fn check(format: &str) -> Result<(), String> {
    self::format(Timestamp::UNIX_EPOCH, DateKind::DateTime, format, &Locale::default(), &TimeZone::UTC).map(drop)
}

/// The pattern a style stands for; a pattern is itself.
fn pattern(format: &str, kind: DateKind, locale: &Locale) -> Result<String, String> {
    if format.starts_with('@') {
        return Err("custom date formats (@…) are not supported".into());
    }
    let style = |word: &str| match word {
        "short" => Some(Style::Short),
        "medium" => Some(Style::Medium),
        "long" => Some(Style::Long),
        "full" => Some(Style::Full),
        _ => None,
    };
    let styles = match format {
        "" => Some((Style::Medium, Style::Medium)),
        _ => match format.split_once('_') {
            Some((date, time)) => style(date).zip(style(time)),
            None => style(format).map(|style| (style, style)),
        },
    };
    Ok(match (styles, kind) {
        (None, _) => format.to_owned(),
        (Some((date, _)), DateKind::Date) => locale.date_pattern(date).to_owned(),
        (Some((time, _)), DateKind::Time) => locale.time_pattern(time),
        (Some((date, time)), DateKind::DateTime) => {
            format!("{}, {}", locale.date_pattern(date), locale.time_pattern(time))
        }
    })
}

/// A pattern's parts: a letter and how often it stands, or text as it is.
enum Part {
    Field(char, usize),
    Text(String),
}

fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            let mut text = String::new();
            if chars.peek() == Some(&'\'') {
                chars.next();
                text.push('\'');
            } else {
                loop {
                    match chars.next() {
                        None => return Err("a quote in a date format is not closed".into()),
                        Some('\'') if chars.peek() == Some(&'\'') => {
                            chars.next();
                            text.push('\'');
                        }
                        Some('\'') => break,
                        Some(other) => text.push(other),
                    }
                }
            }
            parts.push(Part::Text(text));
        } else if c.is_ascii_alphabetic() {
            let mut count = 1;
            while chars.peek() == Some(&c) {
                chars.next();
                count += 1;
            }
            if count > 32 {
                return Err("a date format repeats a letter too often".into());
            }
            parts.push(Part::Field(c, count));
        } else {
            parts.push(Part::Text(c.into()));
        }
    }
    Ok(parts)
}

fn by_pattern(at: &Zoned, pattern: &str, locale: &Locale, tz: &TimeZone) -> Result<String, String> {
    let mut out = String::new();
    let width = |count: usize| if count >= 4 { Width::Full } else { Width::Short };
    for part in parts(pattern)? {
        let (letter, count) = match part {
            Part::Text(text) => {
                out.push_str(&text);
                continue;
            }
            Part::Field(letter, count) => (letter, count),
        };
        let mut number = |value: i64| {
            let _ = write!(out, "{value:0count$}");
        };
        let (month, weekday) = (at.month().unsigned_abs(), at.weekday().to_monday_one_offset().unsigned_abs());
        let hour = i64::from(at.hour());
        match letter {
            'y' | 'u' if letter == 'y' && count == 2 => number(i64::from(at.year().rem_euclid(100))),
            'y' => number(at.year().into()),
            'Y' if count == 2 => number(i64::from(at.date().iso_week_date().year().rem_euclid(100))),
            'Y' => number(at.date().iso_week_date().year().into()),
            'M' | 'L' if count <= 2 => number(month.into()),
            'M' => out.push_str(locale.month_name(month, width(count))),
            'L' => out.push_str(locale.month_name_alone(month, width(count))),
            'd' => number(at.day().into()),
            'D' => number(at.day_of_year().into()),
            'F' => number(i64::from((at.day() - 1) / 7 + 1)),
            'w' => number(at.date().iso_week_date().week().into()),
            'W' => {
                let first = at.date().first_of_month().weekday().to_monday_zero_offset();
                number(i64::from((at.day() + first - 1) / 7 + 1));
            }
            'E' => out.push_str(locale.day_name(weekday, width(count))),
            'u' => number(weekday.into()),
            'a' => out.push_str(locale.half_of_day(at.hour().unsigned_abs())),
            'G' => out.push_str("AD"),
            'H' => number(hour),
            'k' => number(if hour == 0 { 24 } else { hour }),
            'K' => number(hour % 12),
            'h' => number(if hour % 12 == 0 { 12 } else { hour % 12 }),
            'm' => number(at.minute().into()),
            's' => number(at.second().into()),
            'S' => number(at.millisecond().into()),
            'z' => out.push_str(&zone_abbreviation(tz, at.timestamp())),
            'Z' => out.push_str(&offset(at, false, false)),
            'X' if at.offset().seconds() == 0 => out.push('Z'),
            'X' if count == 1 => out.push_str(offset(at, false, false).get(..3).unwrap_or_default()),
            'X' => out.push_str(&offset(at, count >= 3, false)),
            _ => return Err(format!("a date format has the letter {letter}, which means nothing")),
        }
    }
    Ok(out)
}

/// `+0100`, `+01:00`, or `Z` for none.
fn offset(at: &Zoned, colon: bool, zulu: bool) -> String {
    let seconds = at.offset().seconds();
    if zulu && seconds == 0 {
        return "Z".into();
    }
    let minutes = seconds.unsigned_abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    let colon = if colon { ":" } else { "" };
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

/// What stands behind `iso` or `xs`.
#[derive(Clone, Copy, Default)]
struct Iso {
    /// h, m, s, ms: the last part of the time that is shown.
    accuracy: Option<char>,
    zone: Option<bool>,
    utc: bool,
    /// `xs`: a date has its zone, too.
    xs: bool,
}

/// `iso`, `iso_utc_m`, `xs nz`; `None` where the format is of another kind.
fn iso_options(format: &str) -> Option<Result<Iso, String>> {
    let mut words = format.split([' ', '_']);
    let xs = match words.next() {
        Some("iso") => false,
        Some("xs") => true,
        _ => return None,
    };
    let mut iso = Iso { xs, ..Iso::default() };
    for word in words {
        match word {
            "" | "local" => {}
            "u" | "utc" => iso.utc = true,
            "nz" => iso.zone = Some(false),
            "fz" => iso.zone = Some(true),
            "h" => iso.accuracy = Some('h'),
            "m" => iso.accuracy = Some('m'),
            "s" => iso.accuracy = Some('s'),
            "ms" => iso.accuracy = Some('S'),
            _ => return Some(Err("an option behind iso or xs is unknown".into())),
        }
    }
    Some(Ok(iso))
}

fn iso(at: Timestamp, kind: DateKind, options: Iso, tz: &TimeZone) -> String {
    let at = at.to_zoned(if options.utc { TimeZone::UTC } else { tz.clone() });
    let mut out = String::new();
    if kind != DateKind::Time {
        let _ = write!(out, "{:04}-{:02}-{:02}", at.year(), at.month(), at.day());
    }
    if kind == DateKind::DateTime {
        out.push('T');
    }
    if kind != DateKind::Date {
        let _ = write!(out, "{:02}", at.hour());
        if options.accuracy != Some('h') {
            let _ = write!(out, ":{:02}", at.minute());
        }
        if !matches!(options.accuracy, Some('h' | 'm')) {
            let _ = write!(out, ":{:02}", at.second());
        }
        if options.accuracy == Some('S') {
            let _ = write!(out, ".{:03}", at.millisecond());
        } else if options.accuracy.is_none() && at.millisecond() != 0 {
            let millis = format!("{:03}", at.millisecond());
            let _ = write!(out, ".{}", millis.trim_end_matches('0'));
        }
    }
    if options.zone != Some(false) && (kind != DateKind::Date || options.xs) {
        out.push_str(&offset(&at, true, true));
    }
    out
}

fn parse_iso(text: &str, kind: DateKind, tz: &TimeZone) -> Option<Timestamp> {
    match kind {
        DateKind::Date => local(text.parse::<Date>().ok()?.at(0, 0, 0, 0), tz),
        DateKind::Time => local(Date::constant(1970, 1, 1).to_datetime(text.parse::<Time>().ok()?), tz),
        DateKind::DateTime => text.parse::<Timestamp>().ok().or_else(|| local(text.parse::<DateTime>().ok()?, tz)),
    }
}

fn local(at: DateTime, tz: &TimeZone) -> Option<Timestamp> {
    tz.to_timestamp(at).ok()
}

fn parse_by(text: &str, pattern: &str, locale: &Locale, tz: &TimeZone) -> Option<Timestamp> {
    let (mut year, mut month, mut day, mut hour, mut minute, mut second, mut millis) =
        (1970i16, 1i8, 1i8, 0i8, 0i8, 0i8, 0i32);
    let (mut half, mut afternoon) = (false, false);
    let mut tz = tz.clone();
    let mut rest = text.trim();
    let parts = parts(pattern).ok()?;
    for (index, part) in parts.iter().enumerate() {
        let (letter, count) = match part {
            Part::Text(text) if text.chars().all(char::is_whitespace) => {
                rest = rest.trim_start();
                continue;
            }
            Part::Text(text) => {
                rest = rest.strip_prefix(text.as_str())?;
                continue;
            }
            Part::Field(letter, count) => (*letter, *count),
        };
        // Digits that touch the next field are counted, others go on as long as they do.
        let most = if matches!(parts.get(index + 1), Some(Part::Field(..))) { count } else { 9 };
        let number = |rest: &mut &str| -> Option<i32> {
            let end = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let value = rest.get(..end)?.parse().ok();
            *rest = &rest[end..];
            value
        };
        match letter {
            'y' => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let value = i16::try_from(number(&mut rest)?).ok()?;
                // Two digits are a year of 80 before to 20 after: here simply of this century up to 2069.
                year = if count <= 2 && digits == 2 {
                    if value < 70 { 2000 + value } else { 1900 + value }
                } else {
                    value
                };
            }
            'M' | 'L' if count <= 2 => month = i8::try_from(number(&mut rest)?).ok()?,
            'M' | 'L' => {
                let width = if count >= 4 { Width::Full } else { Width::Short };
                let names =
                    (1..=12u8).flat_map(|m| [(m, locale.month_name(m, width)), (m, locale.month_name_alone(m, width))]);
                let found = names.filter(|(_, name)| starts_with(rest, name)).max_by_key(|(_, name)| name.len())?;
                month = found.0.cast_signed();
                rest = rest.get(found.1.len()..)?;
            }
            'd' => day = i8::try_from(number(&mut rest)?).ok()?,
            'E' => {
                let width = if count >= 4 { Width::Full } else { Width::Short };
                let name = (1..=7).map(|d| locale.day_name(d, width)).find(|name| starts_with(rest, name))?;
                rest = rest.get(name.len()..)?;
            }
            'H' | 'k' => hour = i8::try_from(number(&mut rest)? % 24).ok()?,
            'h' | 'K' => {
                half = true;
                hour = i8::try_from(number(&mut rest)? % 12).ok()?;
            }
            'm' => minute = i8::try_from(number(&mut rest)?).ok()?,
            's' => second = i8::try_from(number(&mut rest)?).ok()?,
            'S' => millis = number(&mut rest)?,
            'a' => {
                let name = [locale.half_of_day(0), locale.half_of_day(12)]
                    .into_iter()
                    .position(|name| starts_with(rest, name))?;
                afternoon = name == 1;
                rest = rest.get(locale.half_of_day(if afternoon { 12 } else { 0 }).len()..)?;
            }
            'z' | 'Z' | 'X' => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                tz = zone(&rest[..end])?;
                rest = &rest[end..];
            }
            _ => return None,
        }
    }
    if !rest.trim().is_empty() {
        return None;
    }
    if half && afternoon {
        hour += 12;
    }
    let time = Time::new(hour, minute, second, millis.checked_mul(1_000_000)?).ok()?;
    local(Date::new(year, month, day).ok()?.to_datetime(time), &tz)
}

fn starts_with(text: &str, name: &str) -> bool {
    !name.is_empty() && text.get(..name.len()).is_some_and(|start| start.to_lowercase() == name.to_lowercase())
}
