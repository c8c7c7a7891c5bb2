//! Whatever the line or the far end does: no panic, an end in time, and nothing confirmed that did not arrive.

use std::time::Duration;

use ferrofax_fax::carrier::{Content, Fast, Modem, Report, Tone};
use ferrofax_fax::outcome::{Outcome, Phase};
use ferrofax_fax::page::Resolution;
use ferrofax_fax::t30::dis::{Dcs, Dis};
use ferrofax_fax::t30::frame::{BadFrames, BlockFrame, Ending, Frame, Post};
use ferrofax_fax::t30::{Config, Event, Input, Output, Role, T30};
use ferrofax_fax::time::Time;
use ferrofax_linesim::memory::{Pair, Signal};
use proptest::prelude::*;

use super::kit::*;

/// A call that nobody answers any more is over this soon after.
const END: Duration = Duration::from_secs(400);

fn a_tone() -> impl Strategy<Value = Tone> {
    prop_oneof![Just(Tone::Cng), Just(Tone::Ced)]
}

fn a_modem() -> impl Strategy<Value = Modem> {
    prop::sample::select(&Modem::ALL[..])
}

fn a_post() -> impl Strategy<Value = Post> {
    let ending = prop::sample::select(&[Ending::Null, Ending::Mps, Ending::Eom, Ending::Eop][..]);
    (ending, any::<bool>()).prop_map(|(ending, interrupt)| Post { ending, interrupt })
}

fn a_frame() -> impl Strategy<Value = Frame> {
    let plain = [
        Frame::Nsf,
        Frame::Cfr,
        Frame::Ftt,
        Frame::Mcf,
        Frame::Rtp,
        Frame::Rtn,
        Frame::Pip,
        Frame::Pin,
        Frame::Rnr,
        Frame::Rr,
        Frame::Ctr,
        Frame::Err,
        Frame::Crp,
        Frame::Fnv,
    ];
    let field = || prop::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        6 => prop::sample::select(plain.to_vec()),
        1 => Just(Frame::Dcn),
        2 => field().prop_map(|field| Frame::Dis(Dis::parse(&field))),
        1 => field().prop_map(|field| Frame::Dtc(Dis::parse(&field))),
        3 => field().prop_map(|field| Dcs::parse(&field).map_or(Frame::DcsUnknown, Frame::Dcs)),
        1 => ".{0,30}".prop_map(Frame::Tsi),
        1 => ".{0,30}".prop_map(Frame::Csi),
        2 => a_post().prop_filter("a page's end", |post| post.ending != Ending::Null).prop_map(Frame::Post),
        3 => (a_post(), 0..3u8, 0..3u8, 1..=256u16)
            .prop_map(|(post, page, block, frames)| Frame::Pps { post, page, block, frames }),
        1 => a_post().prop_map(Frame::Eor),
        2 => prop::collection::vec(any::<u8>(), 0..5).prop_map(|numbers| {
            let mut bad = BadFrames::NONE;
            numbers.into_iter().for_each(|number| bad.insert(number));
            Frame::Ppr(bad)
        }),
        1 => prop::option::of(a_modem()).prop_map(Frame::Ctc),
    ]
}

fn a_report() -> impl Strategy<Value = Report> {
    let octets = |most| prop::collection::vec(any::<u8>(), 0..most);
    prop_oneof![
        6 => Just(Report::Sent),
        8 => (a_frame(), any::<bool>()).prop_map(|(frame, x)| Report::Frame { bytes: frame.encode(x, true), good: true }),
        1 => (octets(600), any::<bool>()).prop_map(|(bytes, good)| Report::Frame { bytes, good }),
        1 => octets(40).prop_map(|tail| {
            let mut bytes = vec![0xff, 0x13];
            bytes.extend(tail);
            Report::Frame { bytes, good: true }
        }),
        1 => a_tone().prop_map(Report::Tone),
        2 => Just(Report::FlagsBegan),
        2 => (a_modem(), any::<bool>()).prop_map(|(modem, short)| Report::TrainingBegan(Fast { modem, short })),
        3 => any::<bool>().prop_map(|good| Report::TrainingCheck { good }),
        3 => (any::<u8>(), octets(300)).prop_map(|(number, data)| {
            Report::EcmFrame { bytes: BlockFrame::Data(number, &data).encode(), good: true }
        }),
        1 => (octets(300), any::<bool>()).prop_map(|(bytes, good)| Report::EcmFrame { bytes, good }),
        2 => octets(2000).prop_map(Report::PageBits),
        2 => Just(Report::CarrierLost),
    ]
}

fn an_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        60 => a_report().prop_map(Input::Report),
        1 => Just(Input::Cancel),
        1 => Just(Input::Finish),
        1 => Just(Input::RemoteHungUp),
        4 => Just(Input::Timeout),
    ]
}

fn a_config() -> impl Strategy<Value = Config> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(caller, sends, ecm)| {
        let pages = vec![page(1, 40, Resolution::Fine, false), page(2, 40, Resolution::Standard, false)];
        let config = if sends { sender(pages) } else { receiver() };
        Config { role: if caller { Role::Caller } else { Role::Answerer }, ecm, ..config }
    })
}

/// Drains the machine: when it wants to be woken, and whether it is over. It must not talk for ever.
fn drain(t30: &mut T30, events: &mut Vec<Event>) -> Time {
    for _ in 0..1000 {
        match t30.poll() {
            Output::Wait(at) => return at,
            Output::Event(event) => events.push(event),
            Output::Command(_) => {}
        }
    }
    panic!("a machine that never waits");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_inputs_end_without_a_panic(config in a_config(), inputs in prop::collection::vec((0..8_000u64, an_input()), 0..120)) {
        let mut t30 = T30::new(config);
        let mut events = Vec::new();
        let mut now = Time::ZERO;
        t30.start(now);
        let mut wake = drain(&mut t30, &mut events);
        for (after_ms, input) in inputs {
            let at = now + Duration::from_millis(after_ms);
            while wake <= at && wake != Time::NEVER {
                now = wake;
                t30.handle(now, Input::Timeout);
                wake = drain(&mut t30, &mut events);
                prop_assert!(wake > now, "woken in the past");
            }
            now = at;
            t30.handle(now, input);
            wake = drain(&mut t30, &mut events);
        }
        let silent_from = now;
        while wake != Time::NEVER {
            prop_assert!(wake.since(silent_from) < END, "still up");
            now = now.max(wake);
            t30.handle(now, Input::Timeout);
            wake = drain(&mut t30, &mut events);
        }
        let ends = events.iter().filter(|event| matches!(event, Event::Done(_))).count();
        prop_assert_eq!(ends, 1);
        prop_assert!(matches!(events.last(), Some(Event::Done(_))));
    }

    /// The line swallows or spoils whatever it likes. No MPS follows an MPS here: without error correction a page that nobody heard
    /// anything of, within T2, looks like the last MPS repeated, and is confirmed. T.30 has no way to tell.
    #[test]
    fn what_is_confirmed_has_arrived(ecm: bool, losses in prop::collection::vec(0..10u8, 80), dead_after in 5_000..400_000u64) {
        let pages = vec![page(1, 60, Resolution::Fine, false), page(2, 60, Resolution::Fine, false), page(3, 40, Resolution::Standard, false)];
        let mut losses = losses.into_iter().cycle();
        let dead_after = Time::from_millis(dead_after);
        let mut joint = Pair::with_fault(Box::new(move |now, _, signal| {
            let fate = losses.next().unwrap_or(9);
            if now > dead_after || fate == 0 {
                return None;
            }
            Some(match signal {
                Signal::Frames(frames) if fate == 1 => Signal::Frames(frames.into_iter().map(|(bytes, _)| (bytes, false)).collect()),
                Signal::TrainingCheck(fast, _) => Signal::TrainingCheck(fast, fate > 2),
                Signal::Ecm(fast, frames) => {
                    let spoil = |(n, (bytes, _))| (bytes, n % 10 != usize::from(fate));
                    Signal::Ecm(fast, frames.into_iter().enumerate().map(spoil).collect())
                }
                other => other,
            })
        }));
        let call = call_over(&mut joint, Config { ecm, ..sender(pages.clone()) }, receiver());
        let received = received(&call.answerer);
        let confirmed = confirmed(&call.caller);
        prop_assert!(confirmed.iter().copied().eq(0..confirmed.len() as u32), "in order, once: {:?}", confirmed);
        prop_assert!(confirmed.len() <= received.len(), "{}", story(&call.caller));
        for (received, sent) in received.iter().zip(&pages) {
            prop_assert!(*received == **sent, "a page that is another\n{}\n{}", story(&call.caller), story(&call.answerer));
        }
        let all = outcome(&call.caller) == Outcome::Sent;
        prop_assert_eq!(all, confirmed.len() == pages.len());
    }
}

#[test]
fn content_kinds_are_all_listened_for() {
    // A receiver names what it expects, so that an audio modem can be ready for it.
    let mut t30 = T30::new(receiver());
    t30.start(Time::ZERO);
    let mut listened = Vec::new();
    let dcs = |ecm| Frame::Dcs(Dcs::parse(&[0, 0b0000_0010 | 0b0010_0000, 0x80, if ecm { 4 } else { 0 }]).unwrap());
    let frame = |frame: Frame| Report::Frame { bytes: frame.encode(true, true), good: true };
    for ecm in [false, true] {
        for report in [Report::Sent, Report::Sent, frame(dcs(ecm)), Report::TrainingCheck { good: true }, Report::Sent]
        {
            t30.handle(Time::ZERO, Input::Report(report));
            loop {
                match t30.poll() {
                    Output::Command(ferrofax_fax::carrier::Command::Listen { fast: Some((fast, content)) }) => {
                        listened.push((fast.modem, fast.short, content));
                    }
                    Output::Wait(_) => break,
                    _ => {}
                }
            }
        }
    }
    let modem = Modem::V17At14400;
    let expected = [
        (modem, false, Content::TrainingCheck),
        (modem, true, Content::Page),
        (modem, false, Content::TrainingCheck),
        (modem, true, Content::Ecm),
    ];
    assert_eq!(listened, expected);
}

#[test]
fn a_page_without_end_is_given_up() {
    let frame = |frame: Frame| Report::Frame { bytes: frame.encode(true, true), good: true };
    let dcs = Frame::Dcs(Dcs::parse(&[0, 0b0010_0010, 0]).unwrap());
    let mut t30 = T30::new(receiver());
    let mut events = Vec::new();
    t30.start(Time::ZERO);
    let training = [Report::Sent, Report::Sent, frame(dcs), Report::TrainingCheck { good: true }, Report::Sent];
    let bits = std::iter::repeat_n(Report::PageBits(vec![0xa5; 100_000]), 200);
    for report in training.into_iter().chain(bits).chain([Report::Sent]) {
        t30.handle(Time::ZERO, Input::Report(report));
        drain(&mut t30, &mut events);
    }
    t30.handle(Time::from_millis(60_000), Input::Timeout);
    drain(&mut t30, &mut events);
    assert_eq!(events.last(), Some(&Event::Done(Outcome::ProtocolError { phase: Phase::C })));
}
