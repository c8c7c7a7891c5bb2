#![no_main]

#[path = "../../crates/fax/tests/it/t30_claims.rs"]
mod t30_claims;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    t30_claims::frame(bytes);
    t30_claims::call(bytes);
});
