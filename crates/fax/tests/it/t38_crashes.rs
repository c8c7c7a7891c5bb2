//! Hostile packets and datagrams: those that once broke something or were made to, and random ones.

use proptest::prelude::*;

use crate::crashes::all;
use crate::t38_claims;

#[test]
fn ifp_crash_files_are_harmless() {
    all("ifp", t38_claims::ifp);
}

#[test]
fn udptl_crash_files_are_harmless() {
    all("udptl", t38_claims::udptl);
}

/// A datagram that is nearly one, with its time and length before it.
fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let ifp = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..12),
        (0..32_u8).prop_map(|indicator| vec![indicator << 1]),
        (0..9_u8, 0..8_u8, proptest::collection::vec(any::<u8>(), 1..20)).prop_map(|(channel, kind, data)| {
            [&[0xc0 | channel << 1, 1, 0x80 | kind << 4, 0, data.len() as u8 - 1][..], &data].concat()
        }),
    ];
    let recovery = proptest::collection::vec(any::<u8>(), 0..40);
    (0..100_u8, any::<bool>(), 0..80_u8, ifp, recovery).prop_map(|(pause, far, number, ifp, recovery)| {
        let head = [if far { 0x80 } else { 0 }, number, ifp.len() as u8];
        let datagram = [&head[..], &ifp, &recovery].concat();
        [&[pause, datagram.len() as u8][..], &datagram].concat()
    })
}

proptest! {
    #[test]
    fn nearly_good_datagrams_are_harmless(head: u8, datagrams in proptest::collection::vec(datagram(), 0..60)) {
        t38_claims::udptl(&[&[head][..], &datagrams.concat()].concat());
    }

    #[test]
    fn random_packets_and_datagrams_are_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        t38_claims::ifp(&bytes);
        t38_claims::udptl(&bytes);
    }
}
