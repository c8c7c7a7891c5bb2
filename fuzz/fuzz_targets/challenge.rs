#![no_main]

#[path = "../push.rs"]
mod push;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| push::claims::demand(bytes));
