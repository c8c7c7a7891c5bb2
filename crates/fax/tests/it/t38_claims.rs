//! What must hold whatever packets and datagrams come in. The fuzz targets check the same.

use std::time::Duration;

use ferrofax_fax::carrier::{Command, Content, Fast, Modem};
use ferrofax_fax::t38::ifp::{self, Dialect, FIELDS_MAX, Packet};
use ferrofax_fax::t38::{Carrier, ErrorCorrection, Input, Output, Params, RateManagement};
use ferrofax_fax::time::Time;

/// IFP: the first byte says which dialect was agreed.
pub fn ifp(bytes: &[u8]) {
    let Some((head, bytes)) = bytes.split_first() else { return };
    let dialect = Dialect::of(head & 1);
    let Ok(packet) = ifp::decode(bytes, dialect) else { return };
    if let Packet::Data(_, fields) = &packet {
        assert!(fields.len() <= FIELDS_MAX);
        assert!(fields.iter().map(|field| field.data.len()).sum::<usize>() <= bytes.len());
    }
    // What can be said again in this dialect means the same again.
    if let Ok(again) = ifp::encode(&packet, dialect) {
        assert_eq!(ifp::decode(&again, dialect), Ok(packet));
    }
}

/// UDPTL, and all that is behind it: the first byte says what is expected; then datagrams, each with a byte of time (in 10 ms) and
/// one of length before it.
pub fn udptl(bytes: &[u8]) {
    let Some((head, mut bytes)) = bytes.split_first() else { return };
    let params = Params {
        version: head >> 6,
        bit_rate_max: 14_400,
        rate_management: RateManagement::TransferredTcf,
        datagram_bytes_max: 1400,
        error_correction: ErrorCorrection::Redundancy { control: 3, image: 1 },
    };
    let content = [Content::TrainingCheck, Content::Ecm, Content::Page].get(usize::from(head & 3)).copied();
    let fast = content.map(|content| (Fast { modem: Modem::V17At14400, short: head & 4 != 0 }, content));
    let mut now = Time::ZERO;
    let mut carrier = Carrier::new(now, params);
    carrier.handle(now, Input::Command(Command::Listen { fast }));
    if head & 8 != 0 {
        carrier.handle(now, Input::Command(Command::Frames(vec![vec![0xff, 0x13, 0x80]])));
    }
    drain(&mut carrier, now);
    while let Some(([pause, length], rest)) = bytes.split_first_chunk() {
        now += Duration::from_millis(10) * u32::from(*pause);
        let (datagram, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        bytes = rest;
        carrier.handle(now, Input::Datagram(datagram));
        drain(&mut carrier, now);
    }
    // Whatever was begun ends by itself.
    for _ in 0..1000 {
        now = drain(&mut carrier, now);
        if now == Time::NEVER {
            return;
        }
        carrier.handle(now, Input::Timeout);
    }
    panic!("the carrier finds no rest");
}

/// Takes all outputs; when the carrier wants to be woken.
fn drain(carrier: &mut Carrier, now: Time) -> Time {
    for _ in 0..20_000 {
        if let Output::Wait(until) = carrier.poll() {
            assert!(until > now, "a wait is in the future");
            return until;
        }
    }
    panic!("one input makes no end of outputs");
}
