use proptest::prelude::*;

use super::*;

fn data(channel: Channel, fields: &[(FieldKind, &[u8])]) -> Packet {
    let fields = fields.iter().map(|(kind, data)| Field { kind: *kind, data: data.to_vec() });
    Packet::Data(channel, fields.collect())
}

const V17: Channel = Channel::Fast(Modem::V17At14400);

#[test]
fn indicators_are_one_octet_by_annex_a() {
    // no field, indicator, not extended, four bits, one bit of padding: 0 0 0 vvvv 0.
    let long = |modem| Indicator::Training(Fast { modem, short: false });
    for (indicator, octet) in [
        (Indicator::NoSignal, 0x00),
        (Indicator::Cng, 0x02),
        (Indicator::Ced, 0x04),
        (Indicator::V21Preamble, 0x06),
        (long(Modem::V27ter2400), 0x08),
        (long(Modem::V29At9600), 0x0e),
        (Indicator::Training(Fast { modem: Modem::V17At7200, short: true }), 0x10),
        (long(Modem::V17At14400), 0x1e),
    ] {
        for dialect in [Dialect::First, Dialect::Later] {
            assert_eq!(encode(&Packet::Indicator(indicator), dialect), Ok(vec![octet]));
            assert_eq!(decode(&[octet], dialect), Ok(Packet::Indicator(indicator)));
        }
    }
}

#[test]
fn extended_indicators_are_a_small_number() {
    // v33-14400-training: 0 0 1, then small 0, then six bits 000110: 0010 0001 10.
    let packet = Packet::Indicator(Indicator::Extension(6));
    assert_eq!(encode(&packet, Dialect::Later), Ok(vec![0x21, 0x80]));
    assert_eq!(decode(&[0x21, 0x80], Dialect::First), Ok(packet.clone()));
    assert_eq!(encode(&packet, Dialect::First), Err(EncodeError::NoSuchExtension(6)));
}

#[test]
fn the_two_dialects_differ_in_the_field_type() {
    // Data, V.17 14 400: 1 1 0 1000 0. One field: presence, then 110 or 0 110; length less one in two octets.
    let packet = data(V17, &[(FieldKind::NonEcmData, &[0xaa, 0xbb])]);
    let first = [0xd0, 0x01, 0b1110_0000, 0x00, 0x01, 0xaa, 0xbb];
    let later = [0xd0, 0x01, 0b1011_0000, 0x00, 0x01, 0xaa, 0xbb];
    assert_eq!(encode(&packet, Dialect::First), Ok(first.to_vec()));
    assert_eq!(encode(&packet, Dialect::Later), Ok(later.to_vec()));
    assert_eq!(decode(&first, Dialect::First), Ok(packet.clone()));
    assert_eq!(decode(&later, Dialect::Later), Ok(packet));
}

#[test]
fn what_can_only_be_the_other_dialect_is_read_as_that() {
    // hdlc-sig-end in the later dialect, 0 0 001: the first one has no bit there.
    let packet = data(Channel::V21, &[(FieldKind::HdlcSigEnd, &[])]);
    assert_eq!(decode(&[0xc0, 0x01, 0x08], Dialect::First), Ok(packet));
}

#[test]
fn a_frame_may_come_with_its_end_in_one_packet() {
    let packet = data(Channel::V21, &[(FieldKind::HdlcData, &[1, 2]), (FieldKind::HdlcFcsOk, &[])]);
    let bytes = [0xc0, 0x02, 0x80, 0x00, 0x01, 0x01, 0x02, 0x20];
    assert_eq!(encode(&packet, Dialect::First), Ok(bytes.to_vec()));
    assert_eq!(decode(&bytes, Dialect::First), Ok(packet));
}

#[test]
fn a_field_behind_an_empty_one_is_read_packed_or_aligned() {
    let packet = data(Channel::V21, &[(FieldKind::HdlcFcsOk, &[]), (FieldKind::HdlcData, &[0xaa])]);
    // PER packs 0 010 and 1 000 into one octet; some machines begin the second in an octet of its own.
    let packed = [0xc0, 0x02, 0b0010_1000, 0x00, 0x00, 0xaa];
    let aligned = [0xc0, 0x02, 0b0010_0000, 0b1000_0000, 0x00, 0x00, 0xaa];
    assert_eq!(encode(&packet, Dialect::First), Ok(packed.to_vec()));
    assert_eq!(decode(&packed, Dialect::First), Ok(packet.clone()));
    assert_eq!(decode(&aligned, Dialect::First), Ok(packet));
}

#[test]
fn zeros_behind_a_packet_are_none_of_it() {
    let packet = data(Channel::V21, &[(FieldKind::HdlcData, &[0xff])]);
    let bytes = [0xc0, 0x01, 0x80, 0x00, 0x00, 0xff, 0x00, 0x00, 0x00];
    assert_eq!(decode(&bytes, Dialect::First), Ok(packet));
}

#[test]
fn what_is_too_short_or_undefined_is_refused() {
    assert_eq!(decode(&[], Dialect::First), Err(DecodeError::Short));
    assert_eq!(decode(&[0xc0, 0x01, 0x80, 0x00, 0x05, 1, 2], Dialect::First), Err(DecodeError::Short));
    // Data type 9 of 0 to 8.
    assert_eq!(decode(&[0x40 | 9 << 1], Dialect::First), Err(DecodeError::UnknownValue));
    // 257 fields.
    let mut many = vec![0xc0, 0x81, 0x01];
    many.extend([0x20; 257]);
    assert_eq!(decode(&many, Dialect::First), Err(DecodeError::TooManyFields));
}

#[test]
fn what_the_code_cannot_say_is_not_encoded() {
    let fields = vec![Field::empty(FieldKind::HdlcFcsOk); FIELDS_MAX + 1];
    assert_eq!(encode(&Packet::Data(Channel::V21, fields), Dialect::First), Err(EncodeError::TooManyFields(257)));
    let long = data(V17, &[(FieldKind::NonEcmData, &[0; FIELD_OCTETS_MAX + 1])]);
    assert_eq!(encode(&long, Dialect::First), Err(EncodeError::FieldTooLong(FIELD_OCTETS_MAX + 1)));
    let short = Packet::Indicator(Indicator::Training(Fast { modem: Modem::V29At9600, short: true }));
    assert_eq!(encode(&short, Dialect::First), Err(EncodeError::NoShortTraining(Modem::V29At9600)));
}

fn any_packet() -> impl Strategy<Value = (Packet, Dialect)> {
    let field = (0..12_u8, proptest::collection::vec(any::<u8>(), 0..300));
    let fields = proptest::collection::vec(field, 0..6);
    (any::<bool>(), 0..23_u8, 0..15_u8, fields, any::<bool>()).prop_map(
        |(indicates, indicator, channel, fields, later)| {
            let packet = if indicates {
                Packet::Indicator(match indicator {
                    0 => Indicator::NoSignal,
                    1 => Indicator::Cng,
                    2 => Indicator::Ced,
                    3 => Indicator::V21Preamble,
                    4..16 => Indicator::Training(TRAININGS[usize::from(indicator) - 4]),
                    _ if later => Indicator::Extension(indicator - 16),
                    _ => Indicator::NoSignal,
                })
            } else {
                let channel = match channel {
                    0 => Channel::V21,
                    1..9 => Channel::Fast(MODEMS[usize::from(channel) - 1]),
                    _ if later => Channel::Extension(channel - 9),
                    _ => Channel::V21,
                };
                let kind = |kind: u8| match FIELD_KINDS.get(usize::from(kind)) {
                    Some(kind) => *kind,
                    None if later => FieldKind::Extension(kind - 8),
                    None => FieldKind::HdlcData,
                };
                let fields = fields.into_iter().map(|(number, data)| Field { kind: kind(number), data });
                Packet::Data(channel, fields.collect())
            };
            (packet, if later { Dialect::Later } else { Dialect::First })
        },
    )
}

proptest! {
    #[test]
    fn a_packet_comes_back_as_it_was((packet, dialect) in any_packet()) {
        let bytes = encode(&packet, dialect).unwrap();
        prop_assert_eq!(decode(&bytes, dialect), Ok(packet));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), later: bool) {
        let dialect = if later { Dialect::Later } else { Dialect::First };
        if let Ok(Packet::Data(_, fields)) = decode(&bytes, dialect) {
            prop_assert!(fields.len() <= FIELDS_MAX);
            prop_assert!(fields.iter().map(|field| field.data.len()).sum::<usize>() <= bytes.len());
        }
    }
}
