#![no_main]

#[path = "../../crates/fax/tests/it/t38_claims.rs"]
#[expect(dead_code, reason = "each target checks one claim")]
mod t38_claims;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| t38_claims::udptl(bytes));
