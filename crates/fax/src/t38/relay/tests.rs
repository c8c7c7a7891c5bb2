use proptest::prelude::*;

use super::*;
use crate::carrier::{Content, Fast, Modem};
use crate::t38::ifp::{Channel, Field, FieldKind, Indicator, Packet};

const V17: Fast = Fast { modem: Modem::V17At14400, short: false };
const V29: Fast = Fast { modem: Modem::V29At9600, short: false };

fn relay() -> Relay {
    let mut relay = Relay::new(Time::ZERO, Config { version: 0, piece_octets_max: 1000 });
    sent_until(&mut relay, Time::from_millis(500));
    relay
}

fn drain(relay: &mut Relay, now: Time, packets: &mut Vec<(Time, Packet)>, reports: &mut Vec<(Time, Report)>) -> Time {
    loop {
        match relay.poll() {
            Output::Packet { ifp, image } => {
                let packet = ifp::decode(&ifp, Dialect::First).unwrap();
                assert_eq!(image, matches!(packet, Packet::Data(Channel::Fast(_), _)));
                packets.push((now, packet));
            }
            Output::Report(report) => reports.push((now, report)),
            Output::Wait(until) => {
                assert!(until > now, "a wait is in the future");
                return until;
            }
        }
    }
}

/// Packets sent and reports given, with their times.
type Played = (Vec<(Time, Packet)>, Vec<(Time, Report)>);

/// Lets time pass up to `end`; what was sent and reported.
fn sent_until(relay: &mut Relay, end: Time) -> Played {
    let (mut packets, mut reports) = (Vec::new(), Vec::new());
    let mut now = Time::ZERO;
    loop {
        let wait = drain(relay, now, &mut packets, &mut reports);
        if wait > end {
            return (packets, reports);
        }
        now = wait;
        relay.handle(now, Input::Timeout);
    }
}

/// A command's packets and the time of its `Sent`, both from the command on.
fn played(command: Command) -> (Vec<(Duration, Packet)>, Duration) {
    let mut relay = relay();
    let from = Time::from_millis(1000);
    relay.handle(from, Input::Command(command));
    let (packets, reports) = sent_until(&mut relay, Time::from_millis(600_000));
    let sent: Vec<_> = reports.iter().filter(|(_, report)| *report == Report::Sent).collect();
    assert_eq!((sent.len(), reports.len()), (1, 1), "{reports:?}");
    let packets = packets.into_iter().map(|(at, packet)| (if at == Time::ZERO { from } else { at } - from, packet));
    (packets.collect(), sent[0].0 - from)
}

fn fields(packets: &[(Duration, Packet)]) -> Vec<(Duration, Channel, Field)> {
    let mut list = Vec::new();
    for (at, packet) in packets {
        if let Packet::Data(channel, fields) = packet {
            list.extend(fields.iter().map(|field| (*at, *channel, field.clone())));
        }
    }
    list
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Feeds packets, 10 ms apart; answers the reports.
fn heard(relay: &mut Relay, packets: &[Packet]) -> Vec<Report> {
    let mut now = Time::from_millis(1000);
    let mut list = Vec::new();
    for packet in packets {
        let ifp = ifp::encode(packet, Dialect::First).unwrap();
        relay.handle(now, Input::Packet(&ifp));
        drain(relay, now, &mut Vec::new(), &mut list);
        now += ms(10);
    }
    list.into_iter().map(|(_, report)| report).collect()
}

fn indicate(indicator: Indicator) -> Packet {
    Packet::Indicator(indicator)
}

fn v21(kind: FieldKind, data: &[u8]) -> Packet {
    Packet::Data(Channel::V21, vec![Field { kind, data: data.to_vec() }])
}

fn fast(modem: Modem, kind: FieldKind, data: &[u8]) -> Packet {
    Packet::Data(Channel::Fast(modem), vec![Field { kind, data: data.to_vec() }])
}

/// A frame of T.30, whose first bit is the least significant, from what T.38 carries.
fn turned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|octet| octet.reverse_bits()).collect()
}

fn good(bytes: &[u8]) -> Report {
    Report::Frame { bytes: turned(bytes), good: true }
}

fn bad(bytes: &[u8]) -> Report {
    Report::Frame { bytes: turned(bytes), good: false }
}

#[test]
fn the_switch_to_t38_says_no_signal() {
    let mut relay = Relay::new(Time::ZERO, Config { version: 0, piece_octets_max: 1000 });
    let (packets, reports) = sent_until(&mut relay, Time::from_millis(5000));
    let times: Vec<_> = packets.iter().map(|(at, _)| at.as_micros() / 1000).collect();
    assert_eq!(times, [0, 20, 40]);
    assert!(packets.iter().all(|(_, packet)| *packet == indicate(Indicator::NoSignal)));
    assert!(reports.is_empty());
}

#[test]
fn a_v21_frame_keeps_the_pace_of_300_bits_a_second() {
    let frame = vec![0xff, 0xc8, 0x01, 0x00];
    let (packets, sent) = played(Command::Frames(vec![turned(&frame)]));
    let preambles: Vec<_> =
        packets.iter().filter(|(_, packet)| *packet == indicate(Indicator::V21Preamble)).map(|(at, _)| *at).collect();
    assert_eq!(preambles, [ms(0), ms(20), ms(40)]);
    let fields = fields(&packets);
    let octets: Vec<u8> = fields.iter().flat_map(|(_, _, field)| field.data.clone()).collect();
    assert_eq!(octets, frame);
    // 1 s of preamble, then eight bits an octet and the zeros stuffed: after five and after ten ones.
    let bits = [8 + 1, 16 + 2, 24 + 2, 32 + 2, 32 + 2 + 24];
    let times: Vec<_> = fields.iter().map(|(at, _, _)| *at).collect();
    assert_eq!(times, bits.map(|bits| ms(1000) + duration_of(bits, 300)));
    assert_eq!(fields[4].2, Field::empty(FieldKind::HdlcFcsOkSigEnd));
    assert_eq!(sent, times[4]);
    // The end is said three times, within the silence before the next signal.
    let after = packets.iter().filter(|(at, packet)| *at >= sent && *packet == indicate(Indicator::NoSignal)).count();
    assert_eq!(after, 3);
}

#[test]
fn a_page_keeps_the_pace_of_its_modem() {
    for (modem, octets_max) in [(Modem::V27ter2400, 9), (Modem::V29At9600, 36), (Modem::V17At14400, 54)] {
        let rate = u64::from(modem.rate_bps());
        let page: Vec<u8> = (0..rate as usize / 4).map(|n| n as u8).collect();
        let fast = Fast { modem, short: false };
        let (packets, sent) = played(Command::PageBits(fast, page.clone()));
        assert_eq!(packets[0], (ms(0), indicate(Indicator::Training(fast))));
        let fields = fields(&packets);
        let mut octets = 0;
        for (at, channel, field) in &fields {
            assert_eq!(*channel, Channel::Fast(modem));
            assert!(field.data.len() <= octets_max);
            octets += field.data.len();
            assert_eq!(*at, fast.training() + duration_of(octets as u64 * 8, modem.rate_bps()));
        }
        let data: Vec<u8> = fields.iter().flat_map(|(_, _, field)| field.data.clone()).collect();
        assert_eq!(data, page);
        assert_eq!(fields.last().unwrap().2, Field::empty(FieldKind::NonEcmSigEnd));
        // Two seconds of bits behind the training.
        assert_eq!(sent, fast.training() + ms(2000));
    }
}

#[test]
fn a_training_check_is_a_second_and_a_half_of_zeros() {
    let (packets, sent) = played(Command::TrainingCheck(V17));
    assert_eq!(sent, V17.training() + ms(1500));
    let data: Vec<u8> = fields(&packets).iter().flat_map(|(_, _, field)| field.data.clone()).collect();
    assert_eq!(data, vec![0; 14_400 * 3 / 2 / 8]);
}

#[test]
fn ecm_frames_each_have_their_end() {
    let frames: Vec<Vec<u8>> = (0..3_u8).map(|n| [&[0xff, 0xc0, 0x60, n][..], &[0x11; 256]].concat()).collect();
    let (packets, sent) = played(Command::EcmFrames(V17, frames.iter().map(|frame| turned(frame)).collect()));
    let mut got = vec![Vec::new()];
    for (_, _, field) in fields(&packets) {
        match field.kind {
            FieldKind::HdlcData => got.last_mut().unwrap().extend(field.data),
            FieldKind::HdlcFcsOk | FieldKind::HdlcFcsOkSigEnd => got.push(Vec::new()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(got[..3], frames);
    // Flags, three frames with FCS and flag, two zeros stuffed into each address and control.
    assert_eq!(sent, V17.training() + ms(200) + duration_of(3 * (260 * 8 + 24 + 2), 14_400));
}

#[test]
fn trainings_take_what_the_modems_recommendations_say() {
    let ms = |modem, short| Fast { modem, short }.training().as_millis();
    assert_eq!(ms(Modem::V17At14400, false), 1393);
    assert_eq!(ms(Modem::V17At7200, true), 142);
    assert_eq!(ms(Modem::V29At9600, false), 253);
    assert_eq!(ms(Modem::V27ter4800, false), 707);
    assert_eq!(ms(Modem::V27ter2400, false), 943);
}

#[test]
fn ced_lasts_three_seconds_and_a_silence() {
    let (packets, sent) = played(Command::Tone(Tone::Ced));
    let of = |indicator| {
        packets.iter().filter(|(_, packet)| *packet == indicate(indicator)).map(|(at, _)| *at).collect::<Vec<_>>()
    };
    assert_eq!(of(Indicator::Ced), [ms(0), ms(20), ms(40)]);
    assert_eq!(of(Indicator::NoSignal), [ms(3000), ms(3020), ms(3040)]);
    assert_eq!(sent, ms(3075));
}

#[test]
fn cng_sounds_half_a_second_of_three_and_a_half_until_something_else_is_sent() {
    let mut relay = relay();
    let from = Time::from_millis(1000);
    relay.handle(from, Input::Command(Command::Tone(Tone::Cng)));
    let (packets, _) = sent_until(&mut relay, from + ms(7200));
    let of = |indicator| {
        packets.iter().filter(|(_, packet)| *packet == indicate(indicator)).map(|(at, _)| *at).collect::<Vec<_>>()
    };
    // The first output of the command itself has the time zero here.
    assert_eq!(of(Indicator::Cng)[1..4], [20, 40, 3500].map(|after| from + ms(after)));
    assert_eq!(of(Indicator::NoSignal)[..2], [500, 520].map(|after| from + ms(after)));
    // While it sounds one can be heard.
    assert_eq!(heard(&mut relay, &[indicate(Indicator::Ced)]), [Report::Tone(Tone::Ced)]);
    relay.handle(from + ms(7200), Input::Command(Command::Stop));
    let (packets, _) = sent_until(&mut relay, from + ms(20_000));
    assert!(packets.iter().all(|(_, packet)| *packet == indicate(Indicator::NoSignal)));
}

#[test]
fn signals_are_75_ms_apart() {
    let mut relay = relay();
    let from = Time::from_millis(1000);
    relay.handle(from, Input::Command(Command::Frames(vec![turned(&[0xff, 0xc8, 0x41])])));
    relay.handle(from, Input::Command(Command::TrainingCheck(V29)));
    let (packets, _) = sent_until(&mut relay, from + ms(10_000));
    let at = |wanted: &Packet| packets.iter().find(|(_, packet)| packet == wanted).unwrap().0;
    let end = at(&v21(FieldKind::HdlcFcsOkSigEnd, &[]));
    assert_eq!(at(&indicate(Indicator::Training(V29))) - end, ms(75));
}

#[test]
fn an_answer_waits_for_silence() {
    let mut relay = relay();
    heard(&mut relay, &[v21(FieldKind::HdlcData, &[0xff]), v21(FieldKind::HdlcFcsOkSigEnd, &[])]);
    // The end came at 1010.
    relay.handle(Time::from_millis(1020), Input::Command(Command::Tone(Tone::Ced)));
    let (packets, _) = sent_until(&mut relay, Time::from_millis(1500));
    assert_eq!(packets[0], (Time::from_millis(1085), indicate(Indicator::Ced)));
}

#[test]
fn stop_is_silence_at_once_and_nothing_is_reported_sent() {
    let mut relay = relay();
    let from = Time::from_millis(1000);
    relay.handle(from, Input::Command(Command::PageBits(V17, vec![0x55; 10_000])));
    sent_until(&mut relay, from + ms(2000));
    relay.handle(from + ms(2000), Input::Command(Command::Stop));
    let (packets, reports) = sent_until(&mut relay, from + ms(20_000));
    assert!(packets.iter().all(|(_, packet)| *packet == indicate(Indicator::NoSignal)), "{packets:?}");
    assert!(!packets.is_empty() && reports.is_empty());
}

#[test]
fn small_datagrams_get_small_pieces_at_the_same_pace() {
    let mut relay = Relay::new(Time::ZERO, Config { version: 0, piece_octets_max: 5 });
    relay.handle(Time::ZERO, Input::Command(Command::PageBits(V17, vec![0x55; 1800])));
    let (packets, reports) = sent_until(&mut relay, Time::from_millis(10_000));
    assert!(packets.iter().all(|(_, packet)| match packet {
        Packet::Data(_, fields) => fields[0].data.len() <= 5,
        Packet::Indicator(_) => true,
    }));
    // 75 ms after the switch, 1 s of bits.
    assert_eq!(reports, [(Time::from_millis(75) + V17.training() + ms(1000), Report::Sent)]);
}

#[test]
fn a_frame_is_put_together_across_packets() {
    let packets = [
        indicate(Indicator::V21Preamble),
        indicate(Indicator::V21Preamble),
        v21(FieldKind::HdlcData, &[0xff]),
        v21(FieldKind::HdlcData, &[0xc0, 0x02]),
        v21(FieldKind::HdlcFcsOk, &[]),
        v21(FieldKind::HdlcData, &[0xff, 0xc8, 0x01]),
        v21(FieldKind::HdlcFcsOkSigEnd, &[]),
        v21(FieldKind::HdlcFcsOkSigEnd, &[]),
        v21(FieldKind::HdlcSigEnd, &[]),
        indicate(Indicator::NoSignal),
    ];
    let expected = [Report::FlagsBegan, good(&[0xff, 0xc0, 0x02]), good(&[0xff, 0xc8, 0x01]), Report::CarrierLost];
    assert_eq!(heard(&mut relay(), &packets), expected);
}

#[test]
fn a_frame_needs_no_indicator_and_no_end() {
    let packets = [
        v21(FieldKind::HdlcData, &[0xff, 0xc8, 0x21]),
        v21(FieldKind::HdlcFcsOk, &[]),
        v21(FieldKind::HdlcData, &[0xff]),
        indicate(Indicator::NoSignal),
    ];
    let expected = [Report::FlagsBegan, good(&[0xff, 0xc8, 0x21]), bad(&[0xff]), Report::CarrierLost];
    assert_eq!(heard(&mut relay(), &packets), expected);
}

#[test]
fn a_loss_makes_the_frame_bad_and_only_that() {
    let mut relay = relay();
    heard(&mut relay, &[indicate(Indicator::V21Preamble), v21(FieldKind::HdlcData, &[0xff])]);
    relay.handle(Time::from_millis(1020), Input::Lost);
    let packets = [
        v21(FieldKind::HdlcData, &[0x02]),
        v21(FieldKind::HdlcFcsOk, &[]),
        v21(FieldKind::HdlcData, &[0xff, 0xc8, 0x01]),
        v21(FieldKind::HdlcFcsOk, &[]),
    ];
    assert_eq!(heard(&mut relay, &packets), [bad(&[0xff, 0x02]), good(&[0xff, 0xc8, 0x01])]);
}

#[test]
fn a_lost_end_does_not_swallow_the_next_signal() {
    let mut relay = relay();
    let frame = [v21(FieldKind::HdlcData, &[0xff, 0xc8, 0x21]), v21(FieldKind::HdlcFcsOk, &[])];
    heard(&mut relay, &[&[indicate(Indicator::V21Preamble)], &frame[..]].concat());
    // The end and "no signal" are lost; the far end begins again.
    relay.handle(Time::from_millis(1100), Input::Lost);
    let again = heard(&mut relay, &[&[indicate(Indicator::V21Preamble)], &frame[..]].concat());
    assert_eq!(again, [Report::CarrierLost, Report::FlagsBegan, good(&[0xff, 0xc8, 0x21])]);
}

#[test]
fn who_sends_hears_only_what_goes_on_afterwards() {
    let mut relay = relay();
    let from = Time::from_millis(1000);
    relay.handle(from, Input::Command(Command::Frames(vec![turned(&[0xff, 0xc8, 0x41])])));
    let heard = heard(
        &mut relay,
        &[
            indicate(Indicator::V21Preamble),
            v21(FieldKind::HdlcData, &[0xff, 0xc0, 0x02]),
            v21(FieldKind::HdlcFcsOk, &[]),
            v21(FieldKind::HdlcData, &[0xff, 0xc8]),
        ],
    );
    assert_eq!(heard, []);
    let (_, reports) = sent_until(&mut relay, from + ms(1500));
    let reports: Vec<_> = reports.into_iter().map(|(_, report)| report).collect();
    assert_eq!(reports, [Report::Sent, Report::FlagsBegan]);
    let ifp = ifp::encode(&v21(FieldKind::HdlcData, &[0x01]), Dialect::First).unwrap();
    relay.handle(from + ms(1500), Input::Packet(&ifp));
    let mut reports = Vec::new();
    let ifp = ifp::encode(&v21(FieldKind::HdlcFcsOkSigEnd, &[]), Dialect::First).unwrap();
    relay.handle(from + ms(1510), Input::Packet(&ifp));
    drain(&mut relay, from + ms(1510), &mut Vec::new(), &mut reports);
    let reports: Vec<_> = reports.into_iter().map(|(_, report)| report).collect();
    assert_eq!(reports, [good(&[0xff, 0xc8, 0x01]), Report::CarrierLost]);
}

#[test]
fn a_dcn_is_heard_over_our_own_page() {
    for dcn in [0x5f, 0xdf] {
        let mut relay = relay();
        relay.handle(Time::from_millis(1000), Input::Command(Command::PageBits(V29, vec![0; 40_000])));
        let frame = [0xff, 0xc8, dcn];
        let said = [v21(FieldKind::HdlcData, &frame), v21(FieldKind::HdlcFcsOkSigEnd, &[])];
        assert_eq!(heard(&mut relay, &said), [good(&frame)]);
        // Damaged, it may be anything.
        let said = [v21(FieldKind::HdlcData, &frame), v21(FieldKind::HdlcFcsBadSigEnd, &[])];
        assert_eq!(heard(&mut relay, &said), []);
    }
}

fn listening(content: Content) -> Relay {
    let mut relay = relay();
    relay.handle(Time::from_millis(900), Input::Command(Command::Listen { fast: Some((V17, content)) }));
    relay
}

/// A training check at 14 400 with these pieces of 30 ms.
fn checked(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<Report> {
    let data = pieces.map(|piece| fast(Modem::V17At14400, FieldKind::NonEcmData, &piece));
    let end = [fast(Modem::V17At14400, FieldKind::NonEcmSigEnd, &[]), indicate(Indicator::NoSignal)];
    let packets: Vec<_> = [indicate(Indicator::Training(V17))].into_iter().chain(data).chain(end).collect();
    heard(&mut listening(Content::TrainingCheck), &packets)
}

#[test]
fn a_training_check_is_judged_by_its_longest_row_of_zeros() {
    let verdict = |good| [Report::TrainingBegan(V17), Report::TrainingCheck { good }, Report::CarrierLost];
    assert_eq!(checked((0..50).map(|_| vec![0; 54])), verdict(true));
    // A third of it lost or spoiled at the start.
    assert_eq!(checked((0..50).map(|n| vec![if n < 15 { 0xa5 } else { 0 }; 54])), verdict(true));
    assert_eq!(checked((0..34).map(|_| vec![0; 54])), verdict(true));
    // Spoiled in the middle; too short; not there.
    assert_eq!(checked((0..50).map(|n| vec![if n == 25 { 0x10 } else { 0 }; 54])), verdict(false));
    assert_eq!(checked((0..30).map(|_| vec![0; 54])), verdict(false));
    assert_eq!(checked(std::iter::empty()), verdict(false));
}

#[test]
fn a_training_check_of_another_modem_is_bad() {
    let check = [
        indicate(Indicator::Training(V29)),
        fast(V29.modem, FieldKind::NonEcmData, &[0; 1800]),
        fast(V29.modem, FieldKind::NonEcmSigEnd, &[]),
    ];
    let expected = [Report::TrainingBegan(V29), Report::TrainingCheck { good: false }, Report::CarrierLost];
    assert_eq!(heard(&mut listening(Content::TrainingCheck), &check), expected);
}

#[test]
fn page_bits_are_reported_as_they_come() {
    let packets = [
        indicate(Indicator::Training(V17)),
        fast(Modem::V17At14400, FieldKind::NonEcmData, &[1, 2, 3]),
        indicate(Indicator::Training(V17)),
        fast(Modem::V17At14400, FieldKind::NonEcmSigEnd, &[4]),
        indicate(Indicator::NoSignal),
    ];
    let expected =
        [Report::TrainingBegan(V17), Report::PageBits(vec![1, 2, 3]), Report::PageBits(vec![4]), Report::CarrierLost];
    assert_eq!(heard(&mut listening(Content::Page), &packets), expected);
}

#[test]
fn ecm_frames_are_reported_with_their_verdict() {
    let modem = Modem::V17At14400;
    let packets = [
        fast(modem, FieldKind::HdlcData, &[0xff, 0xc0]),
        fast(modem, FieldKind::HdlcData, &[0x60]),
        fast(modem, FieldKind::HdlcFcsOk, &[]),
        fast(modem, FieldKind::HdlcData, &[0xff]),
        fast(modem, FieldKind::HdlcFcsBad, &[]),
        fast(modem, FieldKind::HdlcSigEnd, &[]),
    ];
    let frame = |bytes: &[u8], good| Report::EcmFrame { bytes: turned(bytes), good };
    let expected =
        [Report::TrainingBegan(V17), frame(&[0xff, 0xc0, 0x60], true), frame(&[0xff], false), Report::CarrierLost];
    assert_eq!(heard(&mut listening(Content::Ecm), &packets), expected);
}

#[test]
fn a_fast_signal_nobody_waits_for_is_not_reported() {
    let packets = [
        indicate(Indicator::Training(V17)),
        fast(Modem::V17At14400, FieldKind::NonEcmData, &[0; 54]),
        indicate(Indicator::NoSignal),
    ];
    assert_eq!(heard(&mut relay(), &packets), []);
}

#[test]
fn a_signal_that_just_stops_is_over_after_a_while() {
    let mut relay = listening(Content::Page);
    let packets = [indicate(Indicator::Training(V17)), fast(Modem::V17At14400, FieldKind::NonEcmData, &[1])];
    heard(&mut relay, &packets);
    let (_, reports) = sent_until(&mut relay, Time::from_millis(20_000));
    assert_eq!(reports, [(Time::from_millis(1010 + 700), Report::CarrierLost)]);
}

#[test]
fn a_frame_without_end_is_cut() {
    let mut relay = relay();
    for _ in 0..100 {
        heard(&mut relay, &[v21(FieldKind::HdlcData, &[0x55; 200])]);
    }
    let reports = heard(&mut relay, &[v21(FieldKind::HdlcFcsOk, &[])]);
    assert!(matches!(&reports[..], [Report::Frame { bytes, good: false }] if bytes.len() <= 512), "{reports:?}");
}

proptest! {
    #[test]
    fn any_packets_are_taken_without_a_panic(
        packets in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 0..20)), 0..100),
        content in 0..4_u8,
    ) {
        let mut relay = relay();
        let content = [Content::TrainingCheck, Content::Ecm, Content::Page].get(usize::from(content)).copied();
        let fast = content.map(|content| (V17, content));
        let mut now = Time::from_millis(1000);
        relay.handle(now, Input::Command(Command::Listen { fast }));
        for (lost, bytes) in packets {
            now += ms(20);
            relay.handle(now, if lost { Input::Lost } else { Input::Packet(&bytes) });
            drain(&mut relay, now, &mut Vec::new(), &mut Vec::new());
        }
        // Whatever was begun ends by itself.
        let (_, reports) = sent_until(&mut relay, now + ms(20_000));
        prop_assert!(reports.len() <= 3, "{reports:?}");
        prop_assert_eq!(relay.poll(), Output::Wait(Time::NEVER));
    }
}
