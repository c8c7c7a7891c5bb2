//! Hostile frames and calls, random ones and nearly good ones; the files of `tests/crashes/t30` once broke something or were made to.

use proptest::prelude::*;

use crate::crashes::all;
use crate::t30_claims;

#[test]
fn t30_crash_files_are_harmless() {
    all("t30", |bytes| {
        t30_claims::frame(bytes);
        t30_claims::call(bytes);
    });
}

/// A report with a frame's code and any field, with its kind, time and length before it.
fn report() -> impl Strategy<Value = Vec<u8>> {
    let code =
        prop_oneof![any::<u8>(), Just(0x80), Just(0x83), Just(0x82), Just(0x2f), Just(0x8c), Just(0xbe), Just(0xfa)];
    (any::<u8>(), 0..40_u8, any::<bool>(), code, prop::collection::vec(any::<u8>(), 0..40)).prop_map(
        |(kind, pause, last, code, field)| {
            let frame = [&[0xff, if last { 0x13 } else { 0x03 }, code][..], &field].concat();
            [&[kind, pause, frame.len() as u8][..], &frame].concat()
        },
    )
}

proptest! {
    #[test]
    fn random_calls_end(head: u8, reports in prop::collection::vec(report(), 0..60)) {
        t30_claims::call(&[&[head][..], &reports.concat()].concat());
    }

    #[test]
    fn random_frames_are_harmless(bytes in prop::collection::vec(any::<u8>(), 0..300), code: u8) {
        t30_claims::frame(&bytes);
        t30_claims::frame(&[&[0xff, 0x13, code][..], &bytes].concat());
    }
}
