//! The header line of a fax page: a text with control characters (`%d.%m.%Y %P of %T`), parsed once and filled per page.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A header line's text, found right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    source: String,
}

/// What is wrong with a header line. Its words are for the customer and don't repeat the text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct HeaderError(pub String);

/// What a header line tells of a page.
#[derive(Clone, Debug)]
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
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// At the left edge.
    pub left: String,
    /// In the middle.
    pub centre: String,
    /// At the right edge.
    pub right: String,
}

impl Header {
    /// Reads a header line.
    pub fn parse(source: &str) -> Result<Header, HeaderError> {
        Ok(Header { source: source.to_owned() })
    }

    /// How many lines it prints, at least one.
    pub fn lines(&self) -> u32 {
        1
    }

    /// The lines of one page.
    pub fn fill(&self, _facts: &Facts<'_>) -> Vec<Line> {
        vec![Line { left: self.source.clone(), ..Line::default() }]
    }
}

/// Rows of a band that has so many lines, the white row that ends it included; on a page of so many rows per metre.
pub fn band_rows(lines: u32, rows_per_metre: u32) -> u32 {
    // 3.7 mm a line: letters of 2.6 mm are 10 rows at low resolution.
    lines * 37 * rows_per_metre / 10_000 + 1
}
