//! The header line of a fax page: a text with control characters (`%d.%m.%Y %r%P of %T`), parsed once and filled per page.
//!
//! A control is a percent sign and a character; [`Field`] has those that print something. `%tz=ZONE` and `%l=LANG` hold for what
//! follows them, on later lines too, until the next one; the name ends at a `;`, which belongs to it, or at a blank, which is text
//! (but between two blanks stands one).
//! `%c` and `%r` begin the middle and the right part of a line, `%n` and line breaks begin a line. An unknown pair is printed as it
//! stands. A tab is kept: it leads to the next tab stop where the line is drawn.
//!
//! Wrong is only what can't be meant: a percent sign that ends the text, `%c` right of `%r`, a zone or language that nobody knows,
//! more than [`LINES_MAX`] lines. The error says where, and repeats nothing of the text but the name of a zone or language.
//!
//! Our choice where the vendor's texts are silent or differ: `%P` and `%T` have no leading zeros, as in its example; `%p` is AM or PM
//! in every language; `%K` is empty, for it comes from a distribution list and a job by REST has none; blanks at the ends of a
//! part are not printed.

use std::fmt;
use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::locale::{Locale, Width, zone, zone_abbreviation};

/// Lines of a header at most; the vendor advises against more than two.
pub const LINES_MAX: usize = 4;

/// A header line's text, found right.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    lines: Vec<Vec<Item>>,
}

/// What is wrong with a header line. Its words are for the customer and don't repeat the text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct HeaderError(pub String);

/// What a header line tells of a page.
#[derive(Clone)]
pub struct Facts<'a> {
    /// The moment of the call.
    pub now: Timestamp,
    /// The account's zone, where the line names none.
    pub zone: TimeZone,
    /// The page's number in the fax, from 1; the cover page counts.
    pub page: u32,
    /// Pages of the fax.
    pub pages: u32,
    /// The recipient's number, normalised (`00` and digits).
    pub number: &'a str,
    /// The sender's id.
    pub csid: &'a str,
}

/// A line of a header as it is printed, by alignment.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// At the left edge.
    pub left: String,
    /// In the middle.
    pub centre: String,
    /// At the right edge.
    pub right: String,
}

#[derive(Clone, PartialEq, Eq)]
enum Item {
    Text(String),
    Field(Field),
    Zone(TimeZone),
    Language(Locale),
    Centre,
    Right,
}

/// What a control prints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    YearShort,
    Month,
    Day,
    MonthShort,
    MonthFull,
    WeekdayShort,
    WeekdayFull,
    Hour,
    Hour12,
    HalfOfDay,
    Minute,
    Second,
    Page,
    PagePadded,
    Pages,
    PersonalText,
    Number,
    Csid,
    Offset,
    ZoneShort,
}

impl Field {
    fn of(control: char) -> Option<Field> {
        Some(match control {
            'Y' => Field::Year,
            'y' => Field::YearShort,
            'm' => Field::Month,
            'd' => Field::Day,
            'b' => Field::MonthShort,
            'B' => Field::MonthFull,
            'a' => Field::WeekdayShort,
            'A' => Field::WeekdayFull,
            'H' => Field::Hour,
            'I' => Field::Hour12,
            'p' => Field::HalfOfDay,
            'M' => Field::Minute,
            'S' => Field::Second,
            'P' => Field::Page,
            'R' => Field::PagePadded,
            'T' => Field::Pages,
            'K' => Field::PersonalText,
            '#' => Field::Number,
            'C' => Field::Csid,
            'z' => Field::Offset,
            'Z' => Field::ZoneShort,
            _ => return None,
        })
    }

    fn write(self, to: &mut String, facts: &Facts<'_>, at: &Zoned, language: &Locale) {
        // Years have four digits: jiff knows none beyond 9999.
        let (year, month, day) =
            (at.year(), at.month().unsigned_abs(), at.weekday().to_monday_one_offset().unsigned_abs());
        let written = match self {
            Field::Year => write!(to, "{year:04}"),
            Field::YearShort => write!(to, "{:02}", year.rem_euclid(100)),
            Field::Month => write!(to, "{month:02}"),
            Field::Day => write!(to, "{:02}", at.day()),
            Field::MonthShort => to.write_str(language.month_name(month, Width::Short)),
            Field::MonthFull => to.write_str(language.month_name(month, Width::Full)),
            Field::WeekdayShort => to.write_str(language.day_name(day, Width::Short)),
            Field::WeekdayFull => to.write_str(language.day_name(day, Width::Full)),
            Field::Hour => write!(to, "{:02}", at.hour()),
            Field::Hour12 => write!(to, "{:02}", (at.hour() + 11) % 12 + 1),
            Field::HalfOfDay => to.write_str(if at.hour() < 12 { "AM" } else { "PM" }),
            Field::Minute => write!(to, "{:02}", at.minute()),
            Field::Second => write!(to, "{:02}", at.second()),
            Field::Page => write!(to, "{}", facts.page),
            Field::PagePadded => write!(to, "{:03}", facts.page),
            Field::Pages => write!(to, "{}", facts.pages),
            Field::PersonalText => Ok(()),
            Field::Number => to.write_str(facts.number),
            Field::Csid => to.write_str(facts.csid),
            Field::Offset => {
                let minutes = at.offset().seconds() / 60;
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(to, "{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
            Field::ZoneShort => to.write_str(&zone_abbreviation(at.time_zone(), at.timestamp())),
        };
        debug_assert!(written.is_ok(), "a string takes everything");
    }
}

impl Header {
    /// Reads a header line.
    pub fn parse(source: &str) -> Result<Header, HeaderError> {
        let mut lines: Vec<Vec<Item>> = Vec::new();
        let mut line = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        // Where an error is: characters from 1.
        let place = |rest: &str| source.chars().count() - rest.chars().count() + 1;
        loop {
            let here = rest;
            let Some(first) = take(&mut rest) else { break };
            let control = match first {
                '%' => take(&mut rest)
                    .ok_or_else(|| HeaderError("ends in a lone %; a percent sign is written as %%".to_owned()))?,
                '\r' if rest.starts_with('\n') => continue,
                '\r' | '\n' => 'n',
                other => {
                    text.push(if other.is_control() && other != '\t' { ' ' } else { other });
                    continue;
                }
            };
            let wrong = |what: String| HeaderError(format!("{what} (at character {})", place(here)));
            let item = match control {
                '%' => {
                    text.push('%');
                    continue;
                }
                'n' => {
                    line.extend(flush(&mut text));
                    lines.push(std::mem::take(&mut line));
                    if lines.len() >= LINES_MAX {
                        return Err(wrong(format!("has more than {LINES_MAX} lines")));
                    }
                    continue;
                }
                'c' if line.contains(&Item::Right) => return Err(wrong("has %c right of %r".to_owned())),
                'c' => Item::Centre,
                'r' => Item::Right,
                't' if rest.starts_with("z=") => {
                    let name = name(&mut rest, "z=");
                    Item::Zone(zone(name).ok_or_else(|| wrong(format!("names an unknown time zone{}", shown(name))))?)
                }
                'l' if rest.starts_with('=') => {
                    let name = name(&mut rest, "=");
                    let known = Locale::parse(name);
                    Item::Language(known.ok_or_else(|| wrong(format!("names an unknown language{}", shown(name))))?)
                }
                control => match Field::of(control) {
                    Some(field) => Item::Field(field),
                    None => {
                        text.push('%');
                        rest = &here[1..];
                        continue;
                    }
                },
            };
            if matches!(item, Item::Zone(_) | Item::Language(_)) && text.ends_with(' ') {
                rest = rest.strip_prefix(' ').unwrap_or(rest);
            }
            line.extend(flush(&mut text));
            line.push(item);
        }
        line.extend(flush(&mut text));
        lines.push(line);
        Ok(Header { lines })
    }

    /// How many lines it prints, at least one.
    pub fn lines(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }

    /// The lines of one page.
    pub fn fill(&self, facts: &Facts<'_>) -> Vec<Line> {
        let mut at = facts.now.to_zoned(facts.zone.clone());
        let mut language = &Locale::default();
        let mut filled = Vec::with_capacity(self.lines.len());
        for items in &self.lines {
            let mut parts = [String::new(), String::new(), String::new()];
            let mut part = 0;
            for item in items {
                match item {
                    Item::Text(text) => parts[part].push_str(text),
                    Item::Field(field) => field.write(&mut parts[part], facts, &at, language),
                    Item::Zone(zone) => at = facts.now.to_zoned(zone.clone()),
                    Item::Language(named) => language = named,
                    Item::Centre => part = 1,
                    Item::Right => part = 2,
                }
            }
            let [left, centre, right] = parts.map(|part| part.trim_matches(' ').to_owned());
            filled.push(Line { left, centre, right });
        }
        filled
    }
}

/// The next character.
fn take(rest: &mut &str) -> Option<char> {
    let mut characters = rest.chars();
    let first = characters.next()?;
    *rest = characters.as_str();
    Some(first)
}

/// The text so far, as an item.
fn flush(text: &mut String) -> Option<Item> {
    (!text.is_empty()).then(|| Item::Text(std::mem::take(text)))
}

/// Takes `sign`, which is next, and the name behind it with the `;` that ends it.
fn name<'a>(rest: &mut &'a str, sign: &str) -> &'a str {
    let named = rest.strip_prefix(sign).unwrap_or(rest);
    let end = named.find(|c: char| c == ';' || c == '%' || c.is_whitespace()).unwrap_or(named.len());
    let (name, after) = named.split_at(end);
    *rest = after.strip_prefix(';').unwrap_or(after);
    name
}

/// A name that nobody knows, if it looks like one: it may be any text.
fn shown(name: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_' | '-');
    if (1..=40).contains(&name.len()) && name.chars().all(is_name) { format!(", {name}") } else { String::new() }
}

/// Rows of a band that has so many lines, the white row that ends it included; on a page of so many rows per metre.
pub fn band_rows(lines: u32, rows_per_metre: u32) -> u32 {
    // 3.9 mm a line: 15 rows at low resolution, for capitals of 9, marks above them and tails below.
    lines * 39 * rows_per_metre / 10_000 + 1
}

/// Names sizes, never content: a header may hold telephone numbers.
impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({} lines)", self.lines.len())
    }
}

/// Names the page, never content.
impl fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facts(page {} of {})", self.page, self.pages)
    }
}

/// Names sizes, never content.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} + {} + {} bytes)", self.left.len(), self.centre.len(), self.right.len())
    }
}

#[cfg(test)]
mod tests;
