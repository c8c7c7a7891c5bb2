//! Whole calls between our T.30 over our relay and libspandsp's terminal, both ways; pages compared pel by pel.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_fax::carrier::Modem;
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_fax::t6;
use ferrofax_fax::t30::{Config, Event, Role};
use ferrofax_fax::t38::relay::{self, Relay};
use ferrofax_fax::tiff::{Compression, Tiff, Writer};
use ferrofax_fax::time::Time;
use ferrofax_linesim::{Machine, Party, Said};

use crate::codec_pages;
use crate::spandsp::{End, Peer, TICK};
use crate::t30::kit;

/// No call of these tests lasts longer.
const LIMIT: Time = Time::from_millis(600_000);

/// The far end hangs up this long after its T.30 has ended.
const HANG_UP_AFTER: Duration = Duration::from_secs(2);

/// One end is ours, one is the peer's.
struct Call {
    machine: Machine,
    machine_wait: Time,
    relay: Relay,
    relay_wait: Time,
    peer: Peer,
}

impl Call {
    fn new(config: Config, peer: Peer, version: u8) -> Call {
        let relay = Relay::new(Time::ZERO, relay::Config { version, piece_octets_max: 1000 });
        let machine = Machine::new(config);
        let (machine_wait, relay_wait) = (Time::ZERO, Time::ZERO);
        Call { machine, machine_wait, relay, relay_wait, peer }
    }

    /// Lets both of our machines say what they have to.
    fn settle(&mut self, now: Time) {
        loop {
            match self.relay.poll() {
                relay::Output::Packet { ifp, .. } => {
                    self.peer.packet(&ifp);
                    continue;
                }
                relay::Output::Report(report) => self.machine.report(now, report),
                relay::Output::Wait(until) => {
                    self.relay_wait = until;
                    match self.machine.poll(now) {
                        Said::Command(command) => self.relay.handle(now, relay::Input::Command(command)),
                        Said::Wait(until) => {
                            self.machine_wait = until;
                            return;
                        }
                        Said::HungUp => {
                            self.machine_wait = Time::NEVER;
                            return;
                        }
                    }
                    continue;
                }
            }
            // Commands that follow from a report come before the next one.
            while let Said::Command(command) = self.machine.poll(now) {
                self.relay.handle(now, relay::Input::Command(command));
            }
        }
    }

    fn run(mut self) -> (Machine, End) {
        let mut now = Time::ZERO;
        let mut peer_over = None;
        self.machine.start(now);
        self.settle(now);
        while self.machine.outcome().is_none() || peer_over.is_none() {
            assert!(now < LIMIT, "the call does not end\n{}", kit::story(&self.machine));
            let end = now + TICK;
            loop {
                let due = self.relay_wait.min(self.machine_wait);
                if due >= end {
                    break;
                }
                if self.relay_wait <= due {
                    self.relay.handle(due, relay::Input::Timeout);
                } else {
                    self.machine.timeout(due);
                }
                self.settle(due);
            }
            now = end;
            let (packets, over) = self.peer.tick();
            for ifp in packets {
                self.relay.handle(now, relay::Input::Packet(&ifp));
                self.settle(now);
            }
            if over && peer_over.is_none() {
                peer_over = Some(now);
            }
            if peer_over.is_some_and(|at| now > at + HANG_UP_AFTER) && self.machine.outcome().is_none() {
                self.machine.remote_hung_up(now);
                self.settle(now);
            }
        }
        (self.machine, self.peer.end())
    }
}

/// What is varied.
#[derive(Clone, Copy, Debug)]
struct Case {
    ecm: bool,
    /// The peer's modems, and the rate that must come of them.
    modems: &'static str,
    rate_bps: u32,
    version: u8,
}

const CASES: [Case; 8] = [
    Case { ecm: true, modems: "v17,v29,v27", rate_bps: 14_400, version: 0 },
    Case { ecm: true, modems: "v27", rate_bps: 4800, version: 0 },
    Case { ecm: false, modems: "v17,v29,v27", rate_bps: 14_400, version: 0 },
    Case { ecm: false, modems: "v27", rate_bps: 4800, version: 0 },
    Case { ecm: true, modems: "v29,v27", rate_bps: 9600, version: 0 },
    Case { ecm: false, modems: "v29,v27", rate_bps: 9600, version: 0 },
    Case { ecm: true, modems: "v17,v29,v27", rate_bps: 14_400, version: 2 },
    Case { ecm: false, modems: "v17,v29,v27", rate_bps: 14_400, version: 2 },
];

/// A full page and two smaller ones, all fine.
fn pages() -> Vec<Bitmap> {
    vec![
        codec_pages::letter(),
        codec_pages::dither(1728, 300),
        codec_pages::filled(1728, 200, |x, y| (u32::from(x) + 2 * y) % 97 < 30),
    ]
}

fn stored(pages: &[Bitmap]) -> Vec<Arc<StoredPage>> {
    pages.iter().map(|page| Arc::new(t6::store(&mut page.source(Resolution::Fine)))).collect()
}

fn write_tiff(path: &Path, pages: &[Bitmap]) {
    let mut writer = Writer::new(Cursor::new(Vec::new()), Compression::Mmr).unwrap();
    for page in pages {
        writer.append(&mut page.source(Resolution::Fine)).unwrap();
    }
    fs::write(path, writer.finish().unwrap().into_inner()).unwrap();
}

fn options(case: Case, file: &str) -> Vec<String> {
    let Case { ecm, modems, version, .. } = case;
    vec![
        format!("ecm={}", u8::from(ecm)),
        format!("modems={modems}"),
        format!("version={version}"),
        "ident=4711".to_owned(),
        file.to_owned(),
    ]
}

/// What both ends agreed on, at the end.
fn agreed(machine: &Machine) -> (Modem, bool) {
    let agreed = machine.events.iter().rev().find_map(|(_, event)| match event {
        Event::Agreed(session) => Some((session.modem, session.ecm)),
        _ => None,
    });
    agreed.expect("DCS was said")
}

#[test]
fn libspandsp_receives_what_we_send() {
    for case in CASES {
        let pages = pages();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("received.tif");
        let peer = Peer::start(Role::Answerer, &options(case, &format!("receive={}", path.display())));
        let (machine, end) = Call::new(kit::sender(stored(&pages)), peer, case.version).run();
        let story = kit::story(&machine);
        assert_eq!((machine.outcome(), end.code), (Some(&Outcome::Sent), 0), "{case:?}\n{story}");
        assert_eq!(end.pages_received as usize, pages.len());
        assert_eq!(end.ident.trim(), "+49 1");
        let (modem, ecm) = agreed(&machine);
        assert_eq!((modem.rate_bps(), ecm), (case.rate_bps, case.ecm), "{story}");

        let bytes = fs::read(&path).unwrap();
        let tiff = Tiff::parse(&bytes).unwrap();
        assert_eq!(tiff.pages() as usize, pages.len());
        for (number, page) in (0..).zip(&pages) {
            let received = tiff.page(number).unwrap();
            let received = Bitmap::from_source(&mut received.rows.source(Resolution::Fine));
            assert!(received == *page, "page {number} differs, {case:?}");
        }
    }
}

#[test]
fn we_receive_what_libspandsp_sends() {
    for case in CASES {
        let pages = pages();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sent.tif");
        write_tiff(&path, &pages);
        let peer = Peer::start(Role::Caller, &options(case, &format!("send={}", path.display())));
        let (machine, end) = Call::new(kit::receiver(), peer, case.version).run();
        let story = kit::story(&machine);
        assert_eq!((machine.outcome(), end.code), (Some(&Outcome::Received), 0), "{case:?}\n{story}");
        assert_eq!(end.pages_sent as usize, pages.len());
        assert_eq!(end.ident.trim(), "+49 2");
        let (modem, ecm) = agreed(&machine);
        assert_eq!((modem.rate_bps(), ecm), (case.rate_bps, case.ecm), "{story}");
        let received = kit::received(&machine);
        for (received, page) in received.iter().zip(&pages) {
            let received = Bitmap::from_source(&mut received.source());
            assert!(received == *page, "a page differs, {case:?}\n{story}");
        }
        assert_eq!(received.len(), pages.len(), "{case:?}\n{story}");
    }
}
