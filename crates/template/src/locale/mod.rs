//! What a language calls months, days and halves of the day, how it writes dates and numbers, and which time zone a name means.
//!
//! Names, date patterns and number signs come from CLDR, by way of ICU4X with its compiled data; they are read once per language
//! and kept. Zones come from the time-zone database that is built in, never from the machine's: whoever draws a page may open no
//! file. Gregorian calendar and Latin digits only.

mod zones;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use icu_calendar::Gregorian;
use icu_datetime::fieldsets::{self, enums::CompositeDateTimeFieldSet};
use icu_datetime::input::{Date, DateTime, Time};
use icu_datetime::pattern::{DateTimePattern, FixedCalendarDateTimeNames, MonthNameLength};
use icu_datetime::{DateTimeFormatter, DateTimeFormatterPreferences, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_decimal::options::{DecimalFormatterOptions, GroupingStrategy};
use writeable::TryWriteable;

pub use zones::{zone, zone_abbreviation};

/// Languages whose names are kept. More than any service has customers' languages; the rest is read anew each time.
const KEPT_MAX: usize = 64;

/// A language, with a region where that matters.
#[derive(Clone)]
pub struct Locale {
    id: Arc<str>,
    names: Arc<Names>,
}

/// How long a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// "Nov", "Mon"
    Short,
    /// "November", "Monday"
    Full,
}

/// How long a date or time is written, as Java and CLDR name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// 11/23/26
    Short,
    /// Nov 23, 2026
    Medium,
    /// November 23, 2026
    Long,
    /// Monday, November 23, 2026
    Full,
}

/// The signs of a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberSigns {
    /// Between whole part and fraction.
    pub decimal: String,
    /// Between thousands.
    pub group: String,
    /// Before a negative number.
    pub minus: String,
}

struct Names {
    months: [[String; 12]; 2],
    months_alone: [[String; 12]; 2],
    days: [[String; 7]; 2],
    halves: [String; 2],
    numbers: NumberSigns,
    date_patterns: [String; 4],
    time_patterns: [String; 2],
}

impl Locale {
    /// The language of a name like `de`, `de_DE` or `de-DE`, in any letter case. `None` where it is malformed or CLDR has no such
    /// language.
    pub fn parse(name: &str) -> Option<Locale> {
        if name.is_empty() || name.len() > 32 || !name.is_ascii() {
            return None;
        }
        let parsed: icu_locale_core::LanguageIdentifier = name.replace('_', "-").parse().ok()?;
        let id: Arc<str> = parsed.to_string().into();
        static KEPT: OnceLock<Mutex<HashMap<Arc<str>, Arc<Names>>>> = OnceLock::new();
        let kept = KEPT.get_or_init(Mutex::default);
        if let Some(names) = kept.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Some(Locale { id, names: names.clone() });
        }
        let names = Arc::new(Names::read(&parsed)?);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_MAX {
            kept.insert(id.clone(), names.clone());
        }
        Some(Locale { id, names })
    }

    /// As Java writes it: `de`, `de_DE`.
    pub fn name(&self) -> String {
        self.id.replace('-', "_")
    }

    /// The language alone: `de`.
    pub fn language(&self) -> &str {
        self.id.split('-').next().unwrap_or_default()
    }

    /// A month (1 to 12) as it stands in a date: in Polish "listopada". Empty for other numbers.
    pub fn month_name(&self, month: u8, width: Width) -> &str {
        pick(&self.names.months[width as usize], month)
    }

    /// A month (1 to 12) by itself: in Polish "listopad". Empty for other numbers.
    pub fn month_name_alone(&self, month: u8, width: Width) -> &str {
        pick(&self.names.months_alone[width as usize], month)
    }

    /// A day of the week, 1 (Monday) to 7 (Sunday). Empty for other numbers.
    pub fn day_name(&self, day: u8, width: Width) -> &str {
        pick(&self.names.days[width as usize], day)
    }

    /// "AM" or "PM".
    pub fn half_of_day(&self, hour: u8) -> &str {
        &self.names.halves[usize::from(hour >= 12)]
    }

    /// The signs of a number.
    pub fn numbers(&self) -> &NumberSigns {
        &self.names.numbers
    }

    /// A date's pattern, in the letters of Java's `SimpleDateFormat`.
    pub fn date_pattern(&self, style: Style) -> &str {
        &self.names.date_patterns[style as usize]
    }

    /// A time's pattern: short has no seconds, long and full name the zone.
    pub fn time_pattern(&self, style: Style) -> String {
        let [short, medium] = &self.names.time_patterns;
        match style {
            Style::Short => short.clone(),
            Style::Medium => medium.clone(),
            Style::Long | Style::Full => format!("{medium} z"),
        }
    }
}

impl Default for Locale {
    /// English as in the United States, the language of the world's fax machines.
    fn default() -> Self {
        Locale::parse("en").expect("English is compiled in")
    }
}

impl PartialEq for Locale {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Locale {}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Locale({})", self.id)
    }
}

/// The name of a number that counts from 1.
fn pick(names: &[String], number: u8) -> &str {
    usize::from(number).checked_sub(1).and_then(|index| names.get(index)).map_or("", String::as_str)
}

impl Names {
    fn read(id: &icu_locale_core::LanguageIdentifier) -> Option<Names> {
        let locale: icu_locale_core::Locale = format!("{id}-u-ca-gregory-nu-latn").parse().ok()?;
        let prefs = DateTimeFormatterPreferences::from(&locale);

        // One set per width: a set holds its names in one width only.
        let mut full = FixedCalendarDateTimeNames::<Gregorian, CompositeDateTimeFieldSet>::try_new(prefs).ok()?;
        full.include_for_pattern(&"MMMM EEEE a".parse::<DateTimePattern>().ok()?).ok()?;
        let mut short = FixedCalendarDateTimeNames::<Gregorian, CompositeDateTimeFieldSet>::try_new(prefs).ok()?;
        short.include_for_pattern(&"MMM EEE".parse::<DateTimePattern>().ok()?).ok()?;
        let mut full_alone = FixedCalendarDateTimeNames::<Gregorian, CompositeDateTimeFieldSet>::try_new(prefs).ok()?;
        full_alone.include_month_names(MonthNameLength::StandaloneWide).ok()?;
        let mut short_alone =
            FixedCalendarDateTimeNames::<Gregorian, CompositeDateTimeFieldSet>::try_new(prefs).ok()?;
        short_alone.include_month_names(MonthNameLength::StandaloneAbbreviated).ok()?;

        type Set = FixedCalendarDateTimeNames<Gregorian, CompositeDateTimeFieldSet>;
        let name = |set: &Set, pattern: &str, month: u8, day: u8| -> Option<String> {
            let pattern: DateTimePattern = pattern.parse().ok()?;
            let at = DateTime {
                date: Date::try_new_gregorian(2024, month, day).ok()?,
                time: Time::try_new(9, 0, 0, 0).ok()?,
            };
            Some(set.with_pattern_unchecked(&pattern).format(&at).try_write_to_string().ok()?.into_owned())
        };
        let months = |set: &Set, pattern: &str| -> Option<[String; 12]> {
            let names: Option<Vec<_>> = (1..=12).map(|month| name(set, pattern, month, 1)).collect();
            names?.try_into().ok()
        };
        // 1 January 2024 was a Monday.
        let days = |set: &Set, pattern: &str| -> Option<[String; 7]> {
            let names: Option<Vec<_>> = (1..=7).map(|day| name(set, pattern, 1, day)).collect();
            names?.try_into().ok()
        };
        let months_full = months(&full, "MMMM")?;
        if months_full[0] == "M01" {
            // What CLDR has for a language it doesn't know.
            return None;
        }
        let half = |hour: u8| -> Option<String> {
            let pattern: DateTimePattern = "a".parse().ok()?;
            let at =
                DateTime { date: Date::try_new_gregorian(2024, 1, 1).ok()?, time: Time::try_new(hour, 0, 0, 0).ok()? };
            Some(full.with_pattern_unchecked(&pattern).format(&at).try_write_to_string().ok()?.into_owned())
        };

        let date = Date::try_new_gregorian(2024, 11, 23).ok()?;
        let plain = |pattern: DateTimePattern| pattern.to_string().replace(['\u{202f}', '\u{a0}'], " ");
        let date_pattern = |set: fieldsets::YMD| -> Option<String> {
            Some(plain(DateTimeFormatter::try_new(prefs, set).ok()?.format(&date).pattern()))
        };
        let full_pattern = DateTimeFormatter::try_new(prefs, fieldsets::YMDE::long()).ok()?.format(&date).pattern();
        let time_pattern = |set: fieldsets::T| -> Option<String> {
            let time = Time::try_new(9, 5, 7, 0).ok()?;
            Some(plain(NoCalendarFormatter::try_new(prefs, set).ok()?.format(&time).pattern()))
        };

        Some(Names {
            months: [months(&short, "MMM")?, months_full],
            months_alone: [months(&short_alone, "LLL")?, months(&full_alone, "LLLL")?],
            days: [days(&short, "EEE")?, days(&full, "EEEE")?],
            halves: [half(9)?, half(15)?],
            numbers: number_signs(&locale)?,
            date_patterns: [
                date_pattern(fieldsets::YMD::short())?,
                date_pattern(fieldsets::YMD::medium())?,
                date_pattern(fieldsets::YMD::long())?,
                plain(full_pattern),
            ],
            time_patterns: [time_pattern(fieldsets::T::hm())?, time_pattern(fieldsets::T::hms())?],
        })
    }
}

/// The signs as they stand in a written number. It is long: some languages have no groups in four digits.
fn number_signs(locale: &icu_locale_core::Locale) -> Option<NumberSigns> {
    let mut options = DecimalFormatterOptions::default();
    options.grouping_strategy = Some(GroupingStrategy::Always);
    let formatter = DecimalFormatter::try_new(locale.into(), options).ok()?;
    let written = formatter.format(&"-1234567.5".parse().ok()?).to_string();
    let (minus, written) = written.split_at(written.find(|sign: char| sign.is_ascii_digit())?);
    let mut signs = written.split(|sign: char| sign.is_ascii_digit()).filter(|sign| !sign.is_empty());
    let (group, decimal) = (signs.next()?, signs.next_back()?);
    // Directional marks are for screens that mix scripts.
    let minus = minus.replace(['\u{200e}', '\u{200f}', '\u{61c}'], "").replace('\u{2212}', "-");
    Some(NumberSigns { decimal: decimal.into(), group: group.into(), minus })
}

#[cfg(test)]
mod tests;
