//! Do-not-fax lists: which there are, their limits, and the files they are imported from.
//!
//! A file has one entry a line: a number, or number and comment, or number, comment and date (dd/mm/yyyy). The columns are
//! separated by commas or by tabs, the same in the whole file. Lines that begin with `#` and empty ones say nothing. A number may
//! be written as people do, with a country code or without; one that ends in `*` stands for all that begin so. Entries are kept
//! as numbers are dialled, `00` and digits, so that looking one up is comparing.

use std::fmt;

use jiff::civil::Date;

use crate::accept::number::dial;
use crate::jobs::ApiStatus;

/// Entries of a list of the house.
pub const ENTRIES_MAX: usize = 5_000_000;
/// Entries of a customer's own list.
pub const CUSTOMER_ENTRIES_MAX: usize = 200_000;
/// Bytes of a file.
pub const FILE_BYTES_MAX: u64 = 256 << 20;
pub const COMMENT_CHARS_MAX: usize = 200;
/// Bad lines that are told one by one.
pub const BAD_LINES_TOLD: usize = 20;

const DIGITS_MIN: usize = 3;
const DIGITS_MAX: usize = 20;

/// A list.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum List {
    /// Of who runs this system.
    Operator,
    /// The German public one.
    Robinson,
    /// The French public one.
    Ecofax,
    /// A customer's own.
    Customer(String),
}

impl List {
    /// Those that hold for everybody who asks for them.
    pub const PUBLIC: [List; 3] = [List::Operator, List::Robinson, List::Ecofax];

    pub fn name(&self) -> &'static str {
        match self {
            List::Operator => "operator",
            List::Robinson => "robinson",
            List::Ecofax => "ecofax",
            List::Customer(_) => "customer",
        }
    }

    /// Whose it is; empty for those of the house.
    pub fn customer(&self) -> &str {
        match self {
            List::Customer(customer) => customer,
            _ => "",
        }
    }

    /// From its name, and the customer where it has one.
    pub fn of(name: &str, customer: &str) -> Option<List> {
        match name {
            "customer" => Some(List::Customer(customer.to_owned())),
            _ => List::PUBLIC.into_iter().find(|list| list.name() == name),
        }
    }

    /// Where numbers without a country code are at home; the others' country is for those to say whose list it is.
    pub fn country(&self) -> Option<&'static str> {
        match self {
            List::Robinson => Some("DE"),
            List::Ecofax => Some("FR"),
            List::Operator | List::Customer(_) => None,
        }
    }

    pub fn entries_max(&self) -> usize {
        match self {
            List::Customer(_) => CUSTOMER_ENTRIES_MAX,
            _ => ENTRIES_MAX,
        }
    }

    /// How a fax to a number on it ends.
    pub fn status(&self) -> (ApiStatus, &'static str) {
        match self {
            List::Operator => (ApiStatus::Blacklist, "the number is on the operator's do-not-fax list"),
            List::Robinson => (ApiStatus::Blacklist, "the number is on the German do-not-fax list (Robinson)"),
            List::Ecofax => (ApiStatus::Blacklist, "the number is on the French do-not-fax list (ECOFAX)"),
            List::Customer(_) => (ApiStatus::Pblacklist, "the number is on the customer's own do-not-fax list"),
        }
    }
}

/// Its number never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// As dialled, or the beginning of numbers and `*`.
    pub number: String,
    pub comment: Option<String>,
    pub date: Option<Date>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry")
    }
}

impl Entry {
    /// From what people write.
    pub fn new(number: &str, comment: &str, date: Option<Date>, country: Option<&str>) -> Result<Entry, Wrong> {
        let number = number_key(number, country).map_err(|what| Wrong { member: "number", what })?;
        let wrong = |what| Wrong { member: "comment", what };
        let comment = comment.trim();
        if comment.chars().count() > COMMENT_CHARS_MAX {
            return Err(wrong("has more than 200 characters"));
        }
        if comment.chars().any(char::is_control) {
            return Err(wrong("contains a control character"));
        }
        Ok(Entry { number, comment: Some(comment.to_owned()).filter(|comment| !comment.is_empty()), date })
    }
}

/// What is wrong with an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{member}: {what}")]
pub struct Wrong {
    pub member: &'static str,
    pub what: &'static str,
}

/// A number as lists have it. `country` is where it is at home if it has no country code.
pub fn number_key(text: &str, country: Option<&str>) -> Result<String, &'static str> {
    let text = text.trim();
    let (number, many) = text.strip_suffix('*').map_or((text, false), |number| (number.trim_end(), true));
    let written = |c: char| c.is_ascii_digit() || c.is_whitespace() || "/-().".contains(c);
    if !number.strip_prefix('+').unwrap_or(number).chars().all(written) {
        return Err("contains a character that is not part of a number");
    }
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    match digits {
        0 => return Err("has no digits"),
        1..DIGITS_MIN if !many => return Err("has fewer than 3 digits"),
        _ if digits > DIGITS_MAX => return Err("has more than 20 digits"),
        _ => {}
    }
    let first = number.trim_start_matches(|c: char| !c.is_ascii_digit());
    if country.is_none() && !number.starts_with('+') && first.starts_with('0') && !first.starts_with("00") {
        return Err("is a national number, and no country is given");
    }
    let key = dial(number, country)?;
    Ok(if many { key + "*" } else { key })
}

/// What is looked up to find a number: itself, and every beginning.
pub fn keys(number: &str) -> Vec<String> {
    let beginnings = (1..=number.len()).filter_map(|end| number.get(..end)).map(|beginning| format!("{beginning}*"));
    std::iter::once(number.to_owned()).chain(beginnings).collect()
}

/// A file as read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct File {
    /// In the order of their numbers, each once: of several lines with the same number the last one counts.
    pub entries: Vec<Entry>,
    /// The first of the bad lines.
    pub bad: Vec<BadLine>,
    pub bad_lines: usize,
}

/// A line that is no entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadLine {
    /// From 1.
    pub line: usize,
    pub wrong: Wrong,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.wrong)
    }
}

/// There are more entries than the list may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("has more than {0} entries")]
pub struct TooMany(pub usize);

/// Reads a file of at most so many entries; UTF-8, or ISO-8859-1 where it is not that.
pub fn read(bytes: &[u8], country: Option<&str>, entries_max: usize) -> Result<File, TooMany> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut file = File::default();
    let mut separator = None;
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // The first line with columns decides for all.
        separator = separator.or_else(|| ['\t', ','].into_iter().find(|separator| line.contains(*separator)));
        match entry(line, separator, country) {
            Ok(_) if file.entries.len() >= entries_max => return Err(TooMany(entries_max)),
            Ok(entry) => file.entries.push(entry),
            Err(wrong) => {
                file.bad_lines += 1;
                if file.bad.len() < BAD_LINES_TOLD {
                    file.bad.push(BadLine { line: number, wrong });
                }
            }
        }
    }
    file.entries.sort_by(|a, b| a.number.cmp(&b.number));
    file.entries.dedup_by(|later, earlier| {
        let same = later.number == earlier.number;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
    Ok(file)
}

fn entry(line: &str, separator: Option<char>, country: Option<&str>) -> Result<Entry, Wrong> {
    let mut columns = separator.map_or(vec![line], |separator| line.split(separator).collect()).into_iter();
    let mut column = || columns.next().unwrap_or_default().trim();
    let (number, comment, date) = (column(), column(), column());
    if columns.next().is_some() {
        return Err(Wrong { member: "columns", what: "are more than number, comment and date" });
    }
    let date = match date {
        "" => None,
        date => Some(day(date).ok_or(Wrong { member: "date", what: "is not dd/mm/yyyy" })?),
    };
    Entry::new(number, comment, date, country)
}

/// dd/mm/yyyy
fn day(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str, country: Option<&str>) -> Vec<String> {
        let file = read(text.as_bytes(), country, 100).unwrap();
        assert_eq!(file.bad, [], "{text}");
        file.entries.into_iter().map(|entry| entry.number).collect()
    }

    fn bad(text: &str) -> Vec<String> {
        let file = read(text.as_bytes(), Some("DE"), 100).unwrap();
        assert_eq!(file.bad.len(), file.bad_lines);
        file.bad.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn numbers_are_kept_as_they_are_dialled() {
        let many = "0049/89/5528-2525\n+49 (89) 1234-5\n089/77.8\n4989999\n";
        assert_eq!(numbers(many, Some("DE")), ["00498912345", "00498955282525", "004989778", "004989999"]);
        assert_eq!(numbers("01 23 45 67 89", Some("FR")), ["0033123456789"]);
        assert_eq!(numbers("+49 900*\n0137 *", Some("DE")), ["0049137*", "0049900*"]);
        assert_eq!(number_key("089123", None), Err("is a national number, and no country is given"));
        assert_eq!(number_key("0033123", None).as_deref(), Ok("0033123"));
    }

    #[test]
    fn a_number_is_found_by_itself_and_by_its_beginnings() {
        assert_eq!(keys("0049"), ["0049", "0*", "00*", "004*", "0049*"]);
    }

    #[test]
    fn columns_are_separated_by_commas_or_tabs() {
        let whole = |text: &str| read(text.as_bytes(), Some("DE"), 100).unwrap().entries.remove(0);
        let wanted = Entry {
            number: "004989123".into(),
            comment: Some("asked, by mail".into()),
            date: Some("2025-03-31".parse().unwrap()),
        };
        assert_eq!(whole("# a comment\n\n\u{feff}# another\n089123\tasked, by mail\t31/03/2025"), wanted);
        let wanted = Entry { comment: Some("asked".into()), ..wanted };
        assert_eq!(whole("089123,asked,31/03/2025\r\n"), wanted);
        let wanted = Entry { date: None, ..wanted };
        assert_eq!(whole("\u{feff}089123 , asked"), wanted);
        assert_eq!(whole("089123,,"), Entry { comment: None, ..wanted });
        let latin = read(b"089123,M\xfcller", Some("DE"), 100).unwrap();
        assert_eq!(latin.entries[0].comment.as_deref(), Some("Müller"));
    }

    #[test]
    fn a_bad_line_is_told_with_its_number() {
        let mixed = "# numbers\n089123,a\n089124\tb\n12\nabc\n089126,c,32/01/2025\n089127,c,1/2/25\n089128,c,01/01/2025,d\n,x\n";
        assert_eq!(
            bad(mixed),
            [
                "line 3: number: contains a character that is not part of a number",
                "line 4: number: has fewer than 3 digits",
                "line 5: number: contains a character that is not part of a number",
                "line 6: date: is not dd/mm/yyyy",
                "line 7: date: is not dd/mm/yyyy",
                "line 8: columns: are more than number, comment and date",
                "line 9: number: has no digits",
            ]
        );
        assert_eq!(bad(&format!("089123,{}", "x".repeat(201))), ["line 1: comment: has more than 200 characters"]);
        let many = read("x\n".repeat(1000).as_bytes(), None, 100).unwrap();
        assert_eq!((many.bad.len(), many.bad_lines), (BAD_LINES_TOLD, 1000));
    }

    #[test]
    fn of_equal_numbers_the_last_line_counts_and_there_is_an_end() {
        let file = read(b"+491234,first\n+499876\n+491234,second\n", None, 3).unwrap();
        assert_eq!(file.entries.len(), 2);
        assert_eq!(file.entries[0].comment.as_deref(), Some("second"));
        assert_eq!(read(b"+491\n+492\n", None, 1), Err(TooMany(1)));
    }
}
