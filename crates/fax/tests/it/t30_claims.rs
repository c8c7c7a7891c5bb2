//! What must hold whatever frames come in, and whatever a carrier reports. The fuzz target checks the same.

use std::sync::Arc;
use std::time::Duration;

use ferrofax_fax::carrier::{Fast, Modem, Report, Tone};
use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_fax::t6;
use ferrofax_fax::t30::frame::Frame;
use ferrofax_fax::t30::{Config, Event, Input, Output, Role, T30, Task};
use ferrofax_fax::time::Time;

/// A call that nobody speaks in any more is over this soon after.
const END: Duration = Duration::from_secs(400);

/// A frame: it has a name, and what we would say again means the same again.
pub fn frame(bytes: &[u8]) {
    let Some(frame) = Frame::parse(bytes) else { return };
    assert!(!frame.name().is_empty());
    assert!(frame.detail().len() < 4096);
    if let Some(again) = Frame::parse(&frame.encode(false, true)) {
        assert_eq!(Frame::parse(&again.encode(false, true)), Some(again));
    }
}

fn page() -> Arc<StoredPage> {
    let mut bitmap = Bitmap::new(1728, 20);
    for x in (0..1700).step_by(3) {
        bitmap.set_black(x, u32::from(x) % 20);
    }
    Arc::new(t6::store(&mut bitmap.source(Resolution::Fine)))
}

/// A call: the first byte says who we are, then reports of a carrier, each with a byte of kind, one of time (in 100 ms) and one of
/// length before it.
pub fn call(bytes: &[u8]) {
    let Some((head, mut bytes)) = bytes.split_first() else { return };
    let role = if head & 1 == 0 { Role::Caller } else { Role::Answerer };
    let task = if head & 2 == 0 { Task::Send(vec![page(), page()]) } else { Task::Receive };
    let config = Config { ecm: head & 4 == 0, ..Config::new(role, task, "FERROFAX".to_owned()) };
    let mut machine = T30::new(config);
    let mut now = Time::ZERO;
    machine.start(now);
    let mut wait = drain(&mut machine);
    while let [kind, pause, length, rest @ ..] = bytes {
        let Some(wait_until) = wait else { return };
        let (data, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        bytes = rest;
        now += Duration::from_millis(u64::from(*pause) * 100);
        if wait_until <= now {
            machine.handle(now, Input::Timeout);
            if drain(&mut machine).is_none() {
                return;
            }
        }
        machine.handle(now, input(*kind, data));
        wait = drain(&mut machine);
    }
    // From here on nobody says anything.
    let end = now + END;
    while let Some(until) = wait {
        assert!(until <= end, "still waiting, till {until}: {machine:?}");
        now = until.max(now);
        machine.handle(now, Input::Timeout);
        wait = drain(&mut machine);
    }
}

fn input(kind: u8, data: &[u8]) -> Input {
    let modem = Modem::ALL[usize::from(kind >> 4) % Modem::ALL.len()];
    let fast = Fast { modem, short: kind & 0x80 != 0 };
    let (bytes, good) = (data.to_vec(), kind & 0x10 == 0);
    Input::Report(match kind & 15 {
        0..=3 => Report::Frame { bytes, good },
        4 => Report::EcmFrame { bytes, good },
        5 => Report::PageBits(bytes),
        6 => Report::TrainingCheck { good },
        7 => Report::TrainingBegan(fast),
        8 => Report::CarrierLost,
        9..=11 => Report::Sent,
        12 => Report::FlagsBegan,
        13 => Report::Tone(if good { Tone::Cng } else { Tone::Ced }),
        14 => return Input::Timeout,
        _ if kind == 0xff => return Input::RemoteHungUp,
        _ if kind == 0xef => return Input::Cancel,
        _ if kind == 0xee => return Input::Finish,
        _ => Report::CarrierLost,
    })
}

/// All the machine has to say; how long it waits then, unless it is over.
fn drain(machine: &mut T30) -> Option<Time> {
    let mut over = false;
    for _ in 0..10_000 {
        match machine.poll() {
            Output::Wait(_) if over => return None,
            Output::Wait(until) => return Some(until),
            _ if over => panic!("something after the end: {machine:?}"),
            Output::Event(Event::Done(_)) => over = true,
            Output::Event(Event::Noted(entry)) => assert!(!entry.what.is_empty(), "{entry:?}"),
            Output::Event(_) | Output::Command(_) => {}
        }
    }
    panic!("it never stops talking: {machine:?}");
}
