#![no_main]
//! The body of a request: an answer that names a member, or a job within its limits.

use ferrofax_api::job;
use jiff::Timestamp;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match job::parse(bytes, Timestamp::UNIX_EPOCH) {
        Ok(job) => {
            assert!((1..=10_000).contains(&job.recipients.len()));
            assert!((1..=100).contains(&job.documents.len()));
        }
        Err(violation) => assert!(!violation.message.is_empty()),
    }
});
