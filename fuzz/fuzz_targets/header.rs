//! Header lines: any text is refused, or fills as many lines as it said.
#![no_main]

use ferrofax_template::header::{Facts, Header, LINES_MAX};
use jiff::Timestamp;
use jiff::tz::TimeZone;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((second, source)) = bytes.split_first_chunk::<8>() else { return };
    let Ok(now) = Timestamp::from_second(i64::from_le_bytes(*second)) else { return };
    let Ok(header) = Header::parse(&String::from_utf8_lossy(source)) else { return };
    let facts = Facts { now, zone: TimeZone::UTC, page: u32::MAX, pages: u32::MAX, number: "0049", csid: "%C" };
    let filled = header.fill(&facts);
    assert_eq!(filled.len(), header.lines() as usize);
    assert!(filled.len() <= LINES_MAX);
});
