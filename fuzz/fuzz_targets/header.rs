//! Header lines: any text is refused, or fills as many lines as it said.
#![no_main]

use ferrofax_template::header::{Facts, Header, LINES_MAX};
use jiff::Timestamp;
use jiff::tz::TimeZone;

libfuzzer_sys::fuzz_target!(|input: (i64, u32, &str)| {
    let (second, page, source) = input;
    let Ok(header) = Header::parse(source) else { return };
    let Ok(now) = Timestamp::from_second(second) else { return };
    let facts = Facts { now, zone: TimeZone::UTC, page, pages: u32::MAX, number: "0049", csid: "%C" };
    let filled = header.fill(&facts);
    assert_eq!(filled.len(), header.lines() as usize);
    assert!(filled.len() <= LINES_MAX);
});
