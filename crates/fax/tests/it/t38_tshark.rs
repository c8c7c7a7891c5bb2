//! What we put on the wire, as tshark reads it.

use std::collections::VecDeque;
use std::fs;
use std::process::Command as Process;
use std::time::Duration;

use ferrofax_fax::carrier::{Command, Content, Fast, Modem, Report, Tone};
use ferrofax_fax::t30::Role;
use ferrofax_fax::t38::ifp::{self, Channel, Dialect, FieldKind, Indicator, Packet};
use ferrofax_fax::t38::udptl::{Datagram, Recovery};
use ferrofax_fax::t38::{ErrorCorrection, Params, RateManagement};
use ferrofax_fax::time::Time;
use ferrofax_linesim::Joint;
use ferrofax_linesim::link::Weather;
use ferrofax_linesim::t38::{Pair, Sent};

use crate::t30::kit;

/// UDP ports in the file.
const CALLER: u16 = 40_001;
const ANSWERER: u16 = 40_002;

/// A capture file: raw IPv4 (link type 101), one UDP packet a datagram, without checksums.
fn pcap(datagrams: &[Sent]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2_u16, 4].map(u16::to_le_bytes).concat());
    file.extend([0_u32, 0, 65_535, 101].map(u32::to_le_bytes).concat());
    for Sent { at, from, bytes } in datagrams {
        let (source, destination) = match from {
            Role::Caller => (CALLER, ANSWERER),
            Role::Answerer => (ANSWERER, CALLER),
        };
        let udp = 8 + bytes.len() as u16;
        let mut packet = vec![0x45, 0];
        packet.extend((20 + udp).to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 17, 0, 0]);
        packet.extend([192, 0, 2, (source - CALLER + 1) as u8, 192, 0, 2, (destination - CALLER + 1) as u8]);
        packet.extend([source, destination, udp, 0].map(u16::to_be_bytes).concat());
        packet.extend(bytes);
        let (seconds, micros) = (at.as_micros() / 1_000_000, at.as_micros() % 1_000_000);
        let length = packet.len() as u64;
        file.extend([seconds, micros, length, length].map(|value| (value as u32).to_le_bytes()).concat());
        file.extend(packet);
    }
    file
}

const FIELDS: [&str; 10] = [
    "t38.seq_number",
    "t38.t30_indicator",
    "t38.t30_data",
    "t38.field_type",
    "t38.field_data",
    "t38.secondary_ifp_packets",
    "t38.fec_npackets",
    "t38.fec_data_item",
    "_ws.malformed",
    "udp.srcport",
];

/// tshark's fields of every datagram.
fn dissected(datagrams: &[Sent], dialect: Dialect) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("call.pcap");
    fs::write(&file, pcap(datagrams)).unwrap();
    let mut tshark = Process::new("tshark");
    tshark.arg("-r").arg(&file).args(["-T", "fields", "-E", "separator=|"]);
    for port in [CALLER, ANSWERER] {
        tshark.args(["-d", &format!("udp.port=={port},t38")]);
    }
    // tshark has one switch for the table of field types.
    let first = dialect == Dialect::First;
    tshark.args(["-o", &format!("t38.use_pre_corrigendum_asn1_specification:{first}")]);
    for field in FIELDS {
        tshark.args(["-e", field]);
    }
    let output = tshark.output().expect("tshark runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

/// The enumerations' values, by T.38 Annex A, and what tshark should show.
fn expected(bytes: &[u8], dialect: Dialect) -> Vec<String> {
    let datagram = Datagram::decode(bytes).unwrap();
    let (mut indicators, mut types, mut kinds, mut data) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut secondaries = Vec::new();
    let mut fec = (String::new(), String::new());
    let hex = |bytes: &[u8]| bytes.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    match &datagram.recovery {
        Recovery::Secondaries(packets) => secondaries = packets.clone(),
        Recovery::Parity { span, messages } => {
            fec = (span.to_string(), messages.iter().map(|message| hex(message)).collect::<Vec<_>>().join(","));
        }
    }
    for ifp in [&datagram.primary].into_iter().chain(&secondaries) {
        match ifp::decode(ifp, dialect).unwrap() {
            Packet::Indicator(indicator) => indicators.push(match indicator {
                Indicator::NoSignal => "0",
                Indicator::Cng => "1",
                Indicator::Ced => "2",
                Indicator::V21Preamble => "3",
                Indicator::Training(Fast { modem: Modem::V29At9600, .. }) => "7",
                Indicator::Training(Fast { modem: Modem::V17At14400, short: true }) => "14",
                Indicator::Training(Fast { modem: Modem::V17At14400, short: false }) => "15",
                other => panic!("not in this exchange: {other:?}"),
            }),
            Packet::Data(channel, fields) => {
                types.push(match channel {
                    Channel::V21 => "0",
                    Channel::Fast(Modem::V29At9600) => "4",
                    Channel::Fast(Modem::V17At14400) => "8",
                    other => panic!("not in this exchange: {other:?}"),
                });
                for field in fields {
                    kinds.push(match field.kind {
                        FieldKind::HdlcData => "0",
                        FieldKind::HdlcFcsOk => "2",
                        FieldKind::HdlcFcsOkSigEnd => "4",
                        FieldKind::NonEcmData => "6",
                        FieldKind::NonEcmSigEnd => "7",
                        other => panic!("not in this exchange: {other:?}"),
                    });
                    if !field.data.is_empty() {
                        data.push(hex(&field.data));
                    }
                }
            }
        }
    }
    let parity = matches!(datagram.recovery, Recovery::Parity { .. });
    let count = if parity { String::new() } else { secondaries.len().to_string() };
    vec![
        datagram.sequence.to_string(),
        indicators.join(","),
        types.join(","),
        kinds.join(","),
        data.join(","),
        count,
        fec.0,
        fec.1,
    ]
}

fn params(version: u8, error_correction: ErrorCorrection) -> Params {
    let rate_management = RateManagement::TransferredTcf;
    Params { version, bit_rate_max: 14_400, rate_management, datagram_bytes_max: 1400, error_correction }
}

/// Plays commands of both ends one after the other; answers what left the two ends.
fn exchange(params: &Params) -> Vec<Sent> {
    let slow = Fast { modem: Modem::V29At9600, short: false };
    let long = Fast { modem: Modem::V17At14400, short: false };
    let short = Fast { modem: Modem::V17At14400, short: true };
    let ecm: Vec<Vec<u8>> = (0..3_u8).map(|n| [&[0xff, 0x03, 0x06, n][..], &[n; 256]].concat()).collect();
    let csi = [&[0xff, 0x03, 0x40][..], &[b' '; 20]].concat();
    let page: Vec<u8> = (0..3000_u32).map(|n| (n * 7) as u8).collect();
    let script = [
        (Role::Answerer, Command::Tone(Tone::Ced), None),
        (Role::Answerer, Command::Frames(vec![csi, vec![0xff, 0x13, 0x80, 0x00, 0xee, 0xf8]]), None),
        (Role::Caller, Command::TrainingCheck(slow), Some((slow, Content::TrainingCheck))),
        (Role::Caller, Command::TrainingCheck(long), Some((long, Content::TrainingCheck))),
        (Role::Answerer, Command::Frames(vec![vec![0xff, 0x13, 0x84]]), None),
        (Role::Caller, Command::EcmFrames(short, ecm), Some((short, Content::Ecm))),
        (Role::Caller, Command::PageBits(short, page), Some((short, Content::Page))),
    ];
    let mut pair = Pair::recording(1, params, Weather { delay: Duration::from_millis(20), ..Weather::default() });
    let mut now = Time::from_millis(100);
    pair.command(now, Role::Caller, Command::Tone(Tone::Cng));
    let mut script: VecDeque<_> = script.into();
    let mut checks = 0;
    while let Some((from, command, fast)) = script.pop_front() {
        // What was on the way arrives before the next command.
        let gap = now + Duration::from_millis(100);
        while pair.next_at() <= gap {
            while let Some((_, report)) = pair.poll(gap) {
                checks += usize::from(report == Report::TrainingCheck { good: true });
            }
        }
        now = gap;
        let to = if from == Role::Caller { Role::Answerer } else { Role::Caller };
        pair.command(now, to, Command::Listen { fast });
        pair.command(now, from, command);
        'sending: loop {
            while let Some((_, report)) = pair.poll(now) {
                checks += usize::from(report == Report::TrainingCheck { good: true });
                if report == Report::Sent {
                    break 'sending;
                }
            }
            now = pair.next_at();
        }
    }
    // The last repeats.
    let end = now + Duration::from_millis(100);
    while pair.next_at() <= end {
        now = pair.next_at();
        while pair.poll(now).is_some() {}
    }
    assert_eq!(checks, 2, "both training checks arrived well");
    pair.captured().to_vec()
}

/// Compares tshark's reading of every datagram with ours, and looks for anything malformed; answers the lines.
fn agrees(datagrams: &[Sent], dialect: Dialect) -> Vec<Vec<String>> {
    let lines = dissected(datagrams, dialect);
    assert_eq!(lines.len(), datagrams.len());
    for (line, Sent { from, bytes, .. }) in lines.iter().zip(datagrams) {
        let (port, malformed) = (line[9].clone(), line[8].clone());
        assert_eq!(line[..8], expected(bytes, dialect), "{bytes:02x?}");
        assert_eq!(malformed, "", "{bytes:02x?}");
        assert_eq!(port, if *from == Role::Caller { CALLER } else { ANSWERER }.to_string());
    }
    lines
}

#[test]
fn tshark_reads_whole_calls() {
    for (ecm, error_correction) in [
        (true, ErrorCorrection::Redundancy { control: 3, image: 3 }),
        (false, ErrorCorrection::Redundancy { control: 4, image: 1 }),
        (true, ErrorCorrection::Fec { span: 3, entries: 3 }),
        (false, ErrorCorrection::Fec { span: 4, entries: 2 }),
    ] {
        let mut pair = Pair::recording(1, &params(0, error_correction), Weather::default());
        let pages = vec![kit::letter(1), kit::letter(2)];
        let mut sender = kit::sender(pages.clone());
        sender.ecm = ecm;
        kit::call_over(&mut pair, sender, kit::receiver()).assert_arrived(&pages);
        let lines = agrees(pair.captured(), Dialect::First);
        assert!(lines.len() > 1000, "{} datagrams", lines.len());
    }
}

#[test]
fn tshark_reads_every_datagram_as_we_meant_it() {
    let redundancy = ErrorCorrection::Redundancy { control: 3, image: 1 };
    let fec = ErrorCorrection::Fec { span: 3, entries: 3 };
    for (version, error_correction) in [(0, redundancy), (0, fec), (0, ErrorCorrection::None), (2, redundancy)] {
        let datagrams = exchange(&params(version, error_correction));
        let lines = agrees(&datagrams, Dialect::of(version));
        assert!(lines.len() > 200, "{} datagrams", lines.len());
        // In plain words, so that this doesn't hang on our own reading: the caller's first packets are "no signal" three times,
        // and the last image datagrams carry what was agreed.
        let caller: Vec<_> = lines.iter().filter(|line| line[9] == CALLER.to_string()).collect();
        let numbers: Vec<_> = (0..caller.len()).map(|n| n.to_string()).collect();
        assert!(caller.iter().map(|line| &line[0]).eq(&numbers));
        assert_eq!(caller[0][1], "0");
        let image = caller.iter().rfind(|line| line[3].starts_with('6')).unwrap();
        let cover = (image[5].as_str(), image[6].as_str(), image[7].split(',').count());
        match error_correction {
            ErrorCorrection::Redundancy { .. } => assert_eq!((cover.0, cover.1), ("1", "")),
            ErrorCorrection::Fec { .. } => assert_eq!((cover.1, cover.2), ("3", 3)),
            ErrorCorrection::None => assert_eq!((cover.0, cover.1), ("0", "")),
        }
    }
}
