use proptest::prelude::*;

use super::receiver::HOLD;
use super::*;
use crate::t38::ErrorCorrection;
use crate::time::Time;

const REDUNDANCY: ErrorCorrection = ErrorCorrection::Redundancy { control: 3, image: 1 };

fn sent(correction: ErrorCorrection, packets: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut sender = Sender::new(correction, 1400);
    packets.iter().map(|packet| sender.datagram(packet.to_vec(), false)).collect()
}

fn drain(receiver: &mut Receiver) -> Vec<Delivery> {
    std::iter::from_fn(|| receiver.poll()).collect()
}

/// What comes out when these datagrams arrive at once, and the time for every gap is over.
fn received<'a>(datagrams: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<Delivery> {
    let mut receiver = Receiver::new();
    for datagram in datagrams {
        receiver.handle(Time::ZERO, datagram).unwrap();
    }
    let mut now = receiver.wait();
    while now != Time::NEVER {
        receiver.handle_timeout(now);
        now = receiver.wait();
    }
    drain(&mut receiver)
}

fn packets(range: std::ops::Range<u8>) -> Vec<Delivery> {
    range.map(|n| Delivery::Packet(vec![n])).collect()
}

/// Datagrams 0, 1, … with packets `[0]`, `[1]`, ….
fn numbered(correction: ErrorCorrection, count: u8) -> Vec<Vec<u8>> {
    let mut sender = Sender::new(correction, 1400);
    (0..count).map(|n| sender.datagram(vec![n], false)).collect()
}

#[test]
fn redundancy_repeats_what_there_is_latest_first() {
    // Number, length and primary, choice 0, count of secondaries, each with its length.
    let datagrams = sent(REDUNDANCY, &[&[0x06], &[0xc0, 0x01, 0x20], &[0x00], &[0x04], &[0x02]]);
    assert_eq!(datagrams[0], [0x00, 0x00, 0x01, 0x06, 0x00, 0x00]);
    assert_eq!(datagrams[1], [0x00, 0x01, 0x03, 0xc0, 0x01, 0x20, 0x00, 0x01, 0x01, 0x06]);
    assert_eq!(datagrams[2], [0x00, 0x02, 0x01, 0x00, 0x00, 0x02, 0x03, 0xc0, 0x01, 0x20, 0x01, 0x06]);
    // From the fourth on the full depth of three.
    let tail = [0x01, 0x04, 0x01, 0x00, 0x03, 0xc0, 0x01, 0x20];
    assert_eq!(datagrams[4], [&[0x00, 0x04, 0x01, 0x02, 0x00, 0x03][..], &tail].concat());
}

#[test]
fn image_packets_have_a_depth_of_their_own() {
    let mut sender = Sender::new(REDUNDANCY, 1400);
    for n in 0..5 {
        sender.datagram(vec![n], false);
    }
    assert_eq!(sender.datagram(vec![5], true), [0x00, 0x05, 0x01, 0x05, 0x00, 0x01, 0x01, 0x04]);
    assert_eq!(sender.datagram(vec![6], false)[4..6], [0x00, 0x03]);
}

#[test]
fn parity_is_the_interleaved_exclusive_or_of_what_came_before() {
    let datagrams = sent(
        ErrorCorrection::Fec { span: 2, entries: 2 },
        &[&[0x01], &[0x02, 0x02], &[0x04], &[0x08, 0x80, 0x01], &[0x10]],
    );
    // Nothing to cover: an empty list of secondaries.
    assert_eq!(datagrams[0], [0x00, 0x00, 0x01, 0x01, 0x00, 0x00]);
    // One packet: one message over it alone. Choice 1, span in an octet of its own length, count of messages, the messages.
    assert_eq!(datagrams[1], [0x00, 0x01, 0x02, 0x02, 0x02, 0x80, 0x01, 0x01, 0x01, 0x01, 0x01]);
    // Packets 0 and 2: 01 ^ 04 = 05. Packets 1 and 3: 02 02 00 ^ 08 80 01 = 0a 82 01.
    let messages = [0x01, 0x05, 0x03, 0x0a, 0x82, 0x01];
    assert_eq!(datagrams[4], [&[0x00, 0x04, 0x01, 0x10, 0x80, 0x01, 0x02, 0x02][..], &messages].concat());
}

#[test]
fn no_datagram_is_longer_than_the_far_end_takes() {
    for correction in [REDUNDANCY, ErrorCorrection::Fec { span: 3, entries: 3 }, ErrorCorrection::None] {
        for limit in [20, 72, 140, 200, 300] {
            let mut sender = Sender::new(correction, limit);
            let longest = vec![0x55; sender.ifp_bytes_max()];
            let lengths = [longest.len(), 1, 10, longest.len(), 40.min(longest.len()), 3, 7];
            for length in lengths {
                let datagram = sender.datagram(longest[..length].to_vec(), false);
                assert!(datagram.len() <= limit, "{} of {limit}", datagram.len());
            }
        }
    }
}

#[test]
fn the_longest_packet_fills_the_datagram() {
    for limit in [100, 134, 135, 136, 1400] {
        let mut sender = Sender::new(ErrorCorrection::None, limit);
        let length = sender.datagram(vec![0; sender.ifp_bytes_max()], false).len();
        // Two octets of length where one would do leave one free.
        assert!(length == limit - 2 || length == limit - 3, "{length} of {limit}");
    }
}

#[test]
fn datagrams_come_out_in_order_and_once() {
    let datagrams = numbered(REDUNDANCY, 6);
    let order = [0, 2, 1, 1, 0, 5, 3, 4, 5];
    assert_eq!(received(order.map(|n| &datagrams[n])), packets(0..6));
}

#[test]
fn a_burst_as_long_as_the_redundancy_is_made_good() {
    let datagrams = numbered(REDUNDANCY, 12);
    assert_eq!(
        received(datagrams.iter().enumerate().filter(|(n, _)| !(4..7).contains(n)).map(|(_, d)| d)),
        packets(0..12)
    );
}

#[test]
fn a_longer_burst_is_reported_as_what_stays_lost() {
    let datagrams = numbered(REDUNDANCY, 12);
    let arrived = datagrams.iter().enumerate().filter(|(n, _)| !(3..8).contains(n)).map(|(_, d)| d);
    // 8 brings 7, 6 and 5.
    assert_eq!(received(arrived), [packets(0..3), vec![Delivery::Lost(2)], packets(5..12)].concat());
}

#[test]
fn parity_makes_a_burst_as_long_as_its_messages_good() {
    for lost in 0..18_usize {
        let datagrams = numbered(ErrorCorrection::Fec { span: 3, entries: 3 }, 30);
        let arrived = datagrams.iter().enumerate().filter(|(n, _)| !(lost..lost + 3).contains(n)).map(|(_, d)| d);
        assert_eq!(received(arrived), packets(0..30), "from {lost} on");
    }
}

#[test]
fn a_gap_is_waited_for_and_then_given_up() {
    let datagrams = numbered(ErrorCorrection::None, 4);
    let mut receiver = Receiver::new();
    let at = Time::from_millis(1000);
    for n in [0, 2, 3] {
        receiver.handle(at, &datagrams[n]).unwrap();
    }
    assert_eq!(drain(&mut receiver), packets(0..1));
    assert_eq!(receiver.wait(), at + HOLD);
    receiver.handle_timeout(at + HOLD);
    assert_eq!(drain(&mut receiver), [vec![Delivery::Lost(1)], packets(2..4)].concat());
    assert_eq!(receiver.wait(), Time::NEVER);
    // It comes after all: too late.
    receiver.handle(at + HOLD, &datagrams[1]).unwrap();
    assert_eq!(drain(&mut receiver), []);
}

#[test]
fn a_first_datagram_in_the_middle_brings_its_secondaries() {
    let datagrams = numbered(REDUNDANCY, 60);
    assert_eq!(received(&datagrams[50..]), packets(47..60));
    assert_eq!(received(&datagrams[2..]), packets(0..60));
}

#[test]
fn numbers_wrap() {
    let mut sender = Sender::new(REDUNDANCY, 1400);
    let mut receiver = Receiver::new();
    for n in 0..70_000_u32 {
        let datagram = sender.datagram(n.to_be_bytes().to_vec(), false);
        if n % 7 != 3 {
            receiver.handle(Time::ZERO, &datagram).unwrap();
        }
        for delivery in drain(&mut receiver) {
            let Delivery::Packet(packet) = delivery else { panic!("lost near {n}") };
            assert!(n - u32::from_be_bytes(packet.try_into().unwrap()) <= 1);
        }
    }
}

#[test]
fn a_far_end_that_counts_from_zero_again_is_followed() {
    let datagrams = numbered(ErrorCorrection::None, 250);
    let mut sender = Sender::new(ErrorCorrection::None, 1400);
    let mut receiver = Receiver::new();
    for n in 0..2000_u16 {
        receiver.handle(Time::ZERO, &sender.datagram(n.to_be_bytes().to_vec(), false)).unwrap();
    }
    assert_eq!(drain(&mut receiver).len(), 2000);
    for datagram in &datagrams {
        receiver.handle(Time::ZERO, datagram).unwrap();
    }
    // Two datagrams pass before the third proves it.
    assert_eq!(drain(&mut receiver), [vec![Delivery::Lost(1)], packets(2..250)].concat());
}

#[test]
fn one_datagram_with_a_false_number_does_not_end_the_stream() {
    for false_number in [300_u16, 30_000, 60_000] {
        let mut sender = Sender::new(ErrorCorrection::None, 1400);
        let mut receiver = Receiver::new();
        let mut now = Time::ZERO;
        let mut got = 0;
        for n in 0..200_u8 {
            if n == 100 {
                let alien = Datagram {
                    sequence: false_number,
                    primary: vec![0xaa],
                    recovery: Recovery::Secondaries(Vec::new()),
                };
                receiver.handle(now, &alien.encode()).unwrap();
                now += HOLD;
                receiver.handle_timeout(now);
            }
            receiver.handle(now, &sender.datagram(vec![n], false)).unwrap();
            got += drain(&mut receiver).iter().filter(|delivery| **delivery != Delivery::Lost(1)).count();
        }
        // What is lost at most: the two that had to prove themselves.
        assert!(got >= 198, "{got} after {false_number}");
    }
}

#[test]
fn damage_behind_the_primary_packet_spares_it() {
    let whole = numbered(REDUNDANCY, 4).remove(3);
    for length in 4..whole.len() {
        assert_eq!(Datagram::decode(&whole[..length]).unwrap().primary, [3], "{length} octets");
    }
    assert_eq!(Datagram::decode(&whole[..3]), Err(DatagramError::Short));
}

proptest! {
    #[test]
    fn any_datagrams_are_taken_without_a_panic_or_growth(
        datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..200),
    ) {
        let mut receiver = Receiver::new();
        for (n, datagram) in datagrams.iter().enumerate() {
            let now = Time::from_millis(n as u64 * 20);
            let _ = receiver.handle(now, datagram);
            receiver.handle_timeout(now);
            prop_assert!(receiver.held() <= HISTORY_MAX * 3);
            drain(&mut receiver);
        }
    }

    #[test]
    fn what_comes_out_is_in_order_and_once(seed: u64, fec: bool) {
        let correction = if fec { ErrorCorrection::Fec { span: 3, entries: 3 } } else { REDUNDANCY };
        let mut arrivals: Vec<_> = numbered(correction, 200).into_iter().enumerate().collect();
        // Lost, doubled and shuffled within a few places, from the seed.
        let mut state = seed | 1;
        let mut next = move || { state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1); state >> 33 };
        arrivals.retain(|_| next() % 5 != 0);
        arrivals.sort_by_cached_key(|(n, _)| *n as u64 + next() % 4);
        let out = received(arrivals.iter().map(|(_, datagram)| datagram));
        let mut expected = 0;
        for delivery in out {
            match delivery {
                Delivery::Packet(packet) => {
                    prop_assert_eq!(&packet[..1], &[expected as u8]);
                    expected += 1;
                }
                Delivery::Lost(count) => expected += count,
            }
        }
        prop_assert!(expected <= 200);
    }
}
