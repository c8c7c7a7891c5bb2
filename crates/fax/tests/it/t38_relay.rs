//! The relay alone against libspandsp's T.38 terminal: what each says is understood by the other.

use ferrofax_fax::carrier::{Command, Fast, Modem, Report, Tone};
use ferrofax_fax::t30::Role;
use ferrofax_fax::t38::relay::{Config, Input, Output, Relay};
use ferrofax_fax::time::Time;

use crate::spandsp::{Peer, TICK};

/// Our relay and the peer, stepped together.
struct Bench {
    relay: Relay,
    wait: Time,
    peer: Peer,
    now: Time,
    heard: Vec<(Time, Report)>,
}

impl Bench {
    fn new(peer: Role, options: &[&str], version: u8) -> Bench {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let relay = Relay::new(Time::ZERO, Config { version, piece_octets_max: 1000 });
        let peer = Peer::start(peer, &options);
        let mut bench = Bench { relay, wait: Time::ZERO, peer, now: Time::ZERO, heard: Vec::new() };
        bench.drain(Time::ZERO);
        bench
    }

    fn drain(&mut self, now: Time) {
        loop {
            match self.relay.poll() {
                Output::Packet { ifp, .. } => self.peer.packet(&ifp),
                Output::Report(report) => self.heard.push((now, report)),
                Output::Wait(until) => {
                    assert!(until > now, "a wait is in the future");
                    self.wait = until;
                    return;
                }
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.relay.handle(self.now, Input::Command(command));
        self.drain(self.now);
    }

    fn tick(&mut self) {
        let end = self.now + TICK;
        while self.wait < end {
            let now = self.wait;
            self.relay.handle(now, Input::Timeout);
            self.drain(now);
        }
        self.now = end;
        let (packets, _) = self.peer.tick();
        for ifp in packets {
            self.relay.handle(end, Input::Packet(&ifp));
            self.drain(end);
        }
    }

    /// Runs until a report that fits is heard; answers all reports since the last call.
    fn until(&mut self, fits: impl Fn(&Report) -> bool) -> Vec<Report> {
        let limit = self.now + std::time::Duration::from_secs(30);
        while !self.heard.iter().any(|(_, report)| fits(report)) {
            assert!(self.now < limit, "not heard in 30 s: {:?}", self.heard);
            self.tick();
        }
        self.heard.drain(..).map(|(_, report)| report).collect()
    }
}

fn good_frames(reports: &[Report]) -> Vec<&[u8]> {
    let frames = reports.iter().filter_map(|report| match report {
        Report::Frame { bytes, good: true } => Some(bytes.as_slice()),
        _ => None,
    });
    frames.collect()
}

/// T.30 5.3.6.1, the bit sent first in the least significant place: address, control of a last frame, FCF.
const DIS: [u8; 3] = [0xff, 0x13, 0x80];
const CFR: [u8; 3] = [0xff, 0x13, 0x84];

/// T.30 table 2: V.17 at 14 400 (bits 11 to 14 are 0001), fine (15), A4 (17 to 20), no least line time (21 to 23).
const DCS_V17_14400: [u8; 6] = [0xff, 0x13, 0x83, 0x00, 0b0110_0010, 0b0111_0000];

#[test]
fn a_called_peer_is_heard_and_takes_our_training() {
    for version in [0, 1, 3] {
        let bench_version = format!("version={version}");
        let file = tempfile::NamedTempFile::new().unwrap();
        let receive = format!("receive={}", file.path().display());
        let mut bench = Bench::new(Role::Answerer, &["ident=4711", &bench_version, &receive], version);
        bench.command(Command::Tone(Tone::Cng));
        let heard = bench.until(|report| *report == Report::CarrierLost);
        assert_eq!(heard.iter().filter(|report| **report == Report::Tone(Tone::Ced)).count(), 1, "{heard:?}");
        assert_eq!(heard.iter().filter(|report| **report == Report::FlagsBegan).count(), 1, "{heard:?}");
        let frames = good_frames(&heard);
        // CSI (its 20 characters backwards), then DIS.
        assert_eq!(frames[0][..3], [0xff, 0x03, 0x40]);
        let ident: String = frames[0][3..].iter().rev().map(|octet| char::from(*octet)).collect();
        assert_eq!((ident.len(), ident.trim()), (20, "4711"));
        assert_eq!(frames[1][..3], DIS);

        bench.command(Command::Frames(vec![DCS_V17_14400.to_vec()]));
        bench.until(|report| *report == Report::Sent);
        bench.command(Command::TrainingCheck(Fast { modem: Modem::V17At14400, short: false }));
        let began = bench.now;
        let heard = bench.until(|report| *report == Report::Sent);
        assert!(good_frames(&heard).is_empty());
        // 75 ms of silence, 1393 ms of training, 1500 ms of zeros; the bench looks every 20 ms.
        let took = (bench.now - began).as_millis();
        assert!((2960..=2990).contains(&took), "{took} ms");
        let heard = bench.until(|report| *report == Report::CarrierLost);
        assert_eq!(good_frames(&heard), [CFR], "version {version}");
    }
}
