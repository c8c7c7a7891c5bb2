#![no_main]

#[path = "../../crates/fax/tests/it/codec_claims.rs"]
#[expect(dead_code, reason = "each target checks one claim")]
mod codec_claims;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| codec_claims::tiff(bytes));
