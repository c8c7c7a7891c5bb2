#![no_main]

#[path = "../line.rs"]
mod line;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| line::claims::packets(bytes));
