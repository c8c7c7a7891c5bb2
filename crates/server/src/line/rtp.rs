//! RTP (RFC 3550) with G.711 (RFC 3551 payload types 0 and 8), as little of it as a fax needs.
//!
//! Sent: one packet per 20 ms frame, no CSRC, no extension. Received: any packet length; packets are put in order within a
//! small window, gaps are filled with silence so that the sample clock of a modem does not jump, and the samples are handed on
//! in frames of 20 ms. Left out: RTCP, comfort noise, DTMF events.

use std::collections::BTreeMap;

use ferrofax_fax::audio::{FRAME_SAMPLES, Frame};

/// Bytes of the fixed header, RFC 3550 5.1.
const HEADER_BYTES: usize = 12;
/// Packets held back while an earlier one is missing.
const REORDER_PACKETS: usize = 4;
/// A gap longer than this is a restart of the far end's stream, not loss.
const GAP_SAMPLES_MAX: u32 = 8000;
/// Samples accepted in one packet: 200 ms, RFC 3551 4.2 ("should accept packets representing between 0 and 200 ms").
const PACKET_SAMPLES_MAX: usize = 1600;

/// The two laws of G.711.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Law {
    /// PCMU, payload type 0.
    Mu,
    /// PCMA, payload type 8.
    A,
}

impl Law {
    /// Static payload type, RFC 3551 table 4.
    pub const fn payload_type(self) -> u8 {
        match self {
            Law::Mu => 0,
            Law::A => 8,
        }
    }

    /// The encoding name in SDP.
    pub const fn name(self) -> &'static str {
        match self {
            Law::Mu => "PCMU",
            Law::A => "PCMA",
        }
    }

    fn of_payload_type(payload_type: u8) -> Option<Law> {
        [Law::Mu, Law::A].into_iter().find(|law| law.payload_type() == payload_type)
    }

    /// A sample as eight bits.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Law::Mu => mu_encode(sample),
            Law::A => a_encode(sample),
        }
    }

    /// Eight bits as a sample.
    pub fn decode(self, code: u8) -> i16 {
        match self {
            Law::Mu => MU_TO_LINEAR[usize::from(code)],
            Law::A => A_TO_LINEAR[usize::from(code)],
        }
    }
}

/// G.711 table 2a/2b: segment and step of a µ-law code, as 16-bit samples (14 bits, shifted left by 2).
const fn mu_decode(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 7;
    let step = (code & 15) as i16;
    // Half a step above the lower edge; the bias of 33 (in units of 14 bits) makes every segment twice the one before.
    let magnitude = ((2 * step + 33) << segment) - 33;
    let sample = magnitude << 2;
    if code & 0x80 != 0 { -sample } else { sample }
}

/// G.711 table 1a/1b: segment and step of an A-law code, as 16-bit samples (13 bits, shifted left by 3). Even bits are inverted
/// on the line.
const fn a_decode(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = (code >> 4) & 7;
    let step = (code & 15) as i16;
    let magnitude = match segment {
        0 => 2 * step + 1,
        _ => (2 * step + 33) << (segment - 1),
    };
    let sample = magnitude << 3;
    if code & 0x80 != 0 { sample } else { -sample }
}

const MU_TO_LINEAR: [i16; 256] = table(true);
const A_TO_LINEAR: [i16; 256] = table(false);

const fn table(mu: bool) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = if mu { mu_decode(code as u8) } else { a_decode(code as u8) };
        code += 1;
    }
    table
}

fn mu_encode(sample: i16) -> u8 {
    let negative = sample < 0;
    // 14 bits, bias 33; the largest magnitude that fits the eighth segment is 8158 + 33.
    let magnitude = (i32::from(sample).unsigned_abs() >> 2).min(8158) + 33;
    let segment = 26 - magnitude.leading_zeros();
    let step = (magnitude >> (segment + 1)) & 15;
    let code = ((negative as u32) << 7) | (segment << 4) | step;
    !(code as u8)
}

fn a_encode(sample: i16) -> u8 {
    let negative = sample < 0;
    // One's complement for the negative half, so that both halves have equal steps around zero.
    let magnitude = (if negative { !sample } else { sample } as u32) >> 3;
    let segment = 27u32.saturating_sub(magnitude.leading_zeros());
    let step = if segment <= 1 { magnitude >> 1 } else { magnitude >> segment } & 15;
    let code = ((!negative as u32) << 7) | (segment << 4) | step;
    (code as u8) ^ 0x55
}

/// The sending side of one RTP stream.
#[derive(Debug)]
pub(crate) struct Sender {
    law: Law,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    first: bool,
}

impl Sender {
    /// Starts at random values, RFC 3550 5.1.
    pub(crate) fn new(law: Law) -> Sender {
        Sender { law, sequence: rand::random(), timestamp: rand::random(), ssrc: rand::random(), first: true }
    }

    /// The far end may choose the other law in a later answer; the stream goes on.
    pub(crate) fn set_law(&mut self, law: Law) {
        self.law = law;
    }

    /// The next packet.
    pub(crate) fn packet(&mut self, frame: &Frame) -> Vec<u8> {
        let mut packet = Vec::with_capacity(HEADER_BYTES + FRAME_SAMPLES);
        // Version 2, no padding, no extension, no CSRC; the marker on the first packet of a talkspurt, RFC 3551 4.1.
        packet.push(0x80);
        packet.push((u8::from(self.first) << 7) | self.law.payload_type());
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend(frame.iter().map(|sample| self.law.encode(*sample)));
        self.first = false;
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        packet
    }
}

/// What we need of a packet.
struct Packet<'a> {
    law: Law,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    payload: &'a [u8],
}

/// Reads a packet, RFC 3550 5.1; `None` for anything that is not RTP with G.711.
fn parse(bytes: &[u8]) -> Option<Packet<'_>> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let [b0, b1, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *header;
    if b0 >> 6 != 2 {
        return None;
    }
    let law = Law::of_payload_type(b1 & 0x7F)?;
    let mut payload = rest.get(usize::from(b0 & 15) * 4..)?;
    if b0 & 0x10 != 0 {
        let (extension, after) = payload.split_first_chunk::<4>()?;
        let words = u16::from_be_bytes([extension[2], extension[3]]);
        payload = after.get(usize::from(words) * 4..)?;
    }
    if b0 & 0x20 != 0 {
        let padding = usize::from(*payload.last()?);
        payload = payload.get(..payload.len().checked_sub(padding)?)?;
    }
    if payload.is_empty() || payload.len() > PACKET_SAMPLES_MAX {
        return None;
    }
    Some(Packet {
        law,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
        payload,
    })
}

/// The receiving side of one RTP stream: packets in, frames of 20 ms out.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    stream: Option<Stream>,
    /// Samples not yet enough for a frame.
    samples: Vec<i16>,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    /// The sequence number due next, extended to 64 bits so that order is plain.
    next_sequence: u64,
    next_timestamp: u32,
    waiting: BTreeMap<u64, (u32, Vec<i16>)>,
}

impl Receiver {
    /// Takes a datagram and hands on the frames that are complete now. Anything strange is dropped.
    pub(crate) fn datagram(&mut self, bytes: &[u8], mut frame: impl FnMut(&Frame)) {
        let Some(packet) = parse(bytes) else { return };
        if self.stream.as_ref().is_none_or(|stream| stream.ssrc != packet.ssrc) {
            // A new source: a far end that moved its media does this. What waited of the old one is worthless.
            self.stream = Some(Stream {
                ssrc: packet.ssrc,
                // Far from zero, so that earlier numbers can be told.
                next_sequence: (1 << 32) + u64::from(packet.sequence),
                next_timestamp: packet.timestamp,
                waiting: BTreeMap::new(),
            });
        }
        let Some(stream) = &mut self.stream else { return };
        // The nearest number to the one due, RFC 3550 A.1.
        let ahead = packet.sequence.wrapping_sub(stream.next_sequence as u16) as i16;
        let sequence = stream.next_sequence.wrapping_add_signed(i64::from(ahead));
        if ahead < -(REORDER_PACKETS as i16) * 8 || ahead > 3000 {
            // RFC 3550 A.1 MAX_DROPOUT: too far off for loss; follow it.
            stream.waiting.clear();
            stream.next_sequence = sequence;
            stream.next_timestamp = packet.timestamp;
        } else if ahead < 0 {
            return;
        }
        let samples = packet.payload.iter().map(|code| packet.law.decode(*code)).collect();
        stream.waiting.insert(sequence, (packet.timestamp, samples));

        while let Some((&first, _)) = stream.waiting.first_key_value() {
            if first > stream.next_sequence && stream.waiting.len() <= REORDER_PACKETS {
                break;
            }
            let Some((_, (timestamp, samples))) = stream.waiting.pop_first() else { break };
            let gap = timestamp.wrapping_sub(stream.next_timestamp);
            if gap > 0 && gap <= GAP_SAMPLES_MAX {
                self.samples.extend(std::iter::repeat_n(0, gap as usize));
            }
            stream.next_sequence = first + 1;
            stream.next_timestamp = timestamp.wrapping_add(samples.len() as u32);
            self.samples.extend(samples);
        }

        let (frames, rest) = self.samples.as_chunks::<FRAME_SAMPLES>();
        for one in frames {
            frame(one);
        }
        let kept = rest.len();
        self.samples.drain(..self.samples.len() - kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G.711 tables 1a and 2a: decision values are met from both sides, the ends are ±4032 and ±8031 in their own units.
    #[test]
    fn known_codes_have_the_values_of_the_recommendation() {
        assert_eq!(Law::A.decode(0xD5), 1 << 3);
        assert_eq!(Law::A.decode(0x55), -(1 << 3));
        assert_eq!(Law::A.decode(0xAA), 4032 << 3);
        assert_eq!(Law::A.decode(0x2A), -(4032 << 3));
        assert_eq!(Law::Mu.decode(0xFF), 0);
        assert_eq!(Law::Mu.decode(0x7F), 0);
        assert_eq!(Law::Mu.decode(0x80), 8031 << 2);
        assert_eq!(Law::Mu.decode(0x00), -(8031 << 2));
    }

    #[test]
    fn every_code_survives_decoding_and_encoding() {
        for law in [Law::A, Law::Mu] {
            for code in 0..=255u8 {
                let again = law.encode(law.decode(code));
                // µ-law has two zeros.
                let same = again == code || (law == Law::Mu && code == 0x7F && again == 0xFF);
                assert!(same, "{law:?} {code:#04x} came back as {again:#04x}");
            }
        }
    }

    /// At the ends of segments the decision values of G.711 are not half way between two values, so either neighbour is right.
    #[test]
    fn every_sample_is_coded_to_a_value_beside_it_and_in_order() {
        for law in [Law::A, Law::Mu] {
            let values: std::collections::BTreeSet<i16> = (0..=255u8).map(|code| law.decode(code)).collect();
            let mut last = i16::MIN;
            for sample in i16::MIN..=i16::MAX {
                let coded = law.decode(law.encode(sample));
                let above = values.range(sample..).next();
                let below = values.range(..=sample).next_back();
                assert!(above == Some(&coded) || below == Some(&coded), "{law:?} {sample} became {coded}");
                assert!(coded >= last, "{law:?} {sample} became {coded}, the one before {last}");
                last = coded;
            }
        }
    }

    fn collect(receiver: &mut Receiver, packet: &[u8]) -> Vec<Frame> {
        let mut frames = vec![];
        receiver.datagram(packet, |frame| frames.push(*frame));
        frames
    }

    fn frame_of(value: i16) -> Frame {
        [value; FRAME_SAMPLES]
    }

    fn packets(law: Law, count: i16) -> Vec<Vec<u8>> {
        let mut sender = Sender::new(law);
        (1..=count).map(|n| sender.packet(&frame_of(n * 1000))).collect()
    }

    #[test]
    fn a_packet_looks_like_rfc_3550_says() {
        let mut sender =
            Sender { law: Law::A, sequence: 0xFFFF, timestamp: u32::MAX - 79, ssrc: 0x0102_0304, first: true };
        let first = sender.packet(&frame_of(0));
        let second = sender.packet(&frame_of(0));
        assert_eq!(first.len(), 172);
        assert_eq!(first[..12], [0x80, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xB0, 1, 2, 3, 4]);
        assert_eq!(second[..12], [0x80, 0x08, 0, 0, 0, 0, 0, 0x50, 1, 2, 3, 4]);
        assert!(first[12..].iter().all(|code| *code == 0xD5));
    }

    #[test]
    fn frames_arrive_in_order_over_a_shuffled_stream() {
        for law in [Law::A, Law::Mu] {
            let packets = packets(law, 6);
            let mut receiver = Receiver::default();
            let mut heard = vec![];
            for n in [0, 2, 1, 1, 4, 3, 5] {
                heard.extend(collect(&mut receiver, &packets[n]));
            }
            let values: Vec<i16> = heard.iter().map(|frame| (frame[80] + 500) / 1000).collect();
            assert_eq!(values, [1, 2, 3, 4, 5, 6]);
        }
    }

    #[test]
    fn a_lost_packet_becomes_silence_of_its_length() {
        let packets = packets(Law::A, 12);
        let mut receiver = Receiver::default();
        let mut heard = vec![];
        for (n, packet) in packets.iter().enumerate() {
            if n != 3 {
                heard.extend(collect(&mut receiver, packet));
            }
        }
        let values: Vec<i16> = heard.iter().map(|frame| (frame[80] + 500) / 1000).collect();
        assert_eq!(values, [1, 2, 3, 0, 5, 6, 7, 8, 9, 10, 11, 12]);
    }

    #[test]
    fn other_packet_lengths_are_reframed() {
        let mut receiver = Receiver::default();
        let mut frames = vec![];
        for n in 0..16u16 {
            let mut packet = vec![0x80, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9];
            packet[2..4].copy_from_slice(&n.to_be_bytes());
            packet[4..8].copy_from_slice(&(u32::from(n) * 80).to_be_bytes());
            packet.extend([0xFF; 80]);
            receiver.datagram(&packet, |frame| frames.push(*frame));
        }
        assert_eq!(frames.len(), 8);
    }

    #[test]
    fn header_options_are_skipped() {
        // Two CSRCs, an extension of one word, three bytes of padding.
        let mut packet = vec![0xB2, 8, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1];
        packet.extend([0; 8]);
        packet.extend([0xBE, 0xDE, 0, 1, 5, 5, 5, 5]);
        packet.extend([0xD5; 160]);
        packet.extend([0, 0, 3]);
        assert_eq!(collect(&mut Receiver::default(), &packet).len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_harmless(packets in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..300), 0..20)) {
            let mut receiver = Receiver::default();
            for mut packet in packets {
                receiver.datagram(&packet, |_| {});
                // Once more as something that gets past the first check.
                if let [b0, b1, ..] = packet.as_mut_slice() {
                    *b0 = (*b0 & 0x3F) | 0x80;
                    *b1 = 8;
                }
                receiver.datagram(&packet, |_| {});
                proptest::prop_assert!(receiver.samples.len() < FRAME_SAMPLES);
            }
        }
    }
}
