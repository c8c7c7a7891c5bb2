//! Whole calls from answer to hang-up: audio, the switch to T.38, T.30 over UDPTL through bad weather.

use std::time::Duration;

use ferrofax_fax::call::{Call, Input, Output};
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::{Outcome, Phase};
use ferrofax_fax::page::StoredPage;
use ferrofax_fax::t30::{Act, Config, Event, Misbehaviour, Moment, Session};
use ferrofax_fax::t38::{ErrorCorrection, Params, RateManagement};
use ferrofax_fax::time::Time;
use ferrofax_linesim::link::{Link, Weather};

use crate::t30::kit;

/// A round trip of SIP between the two ends.
const SIGNALLING: Duration = Duration::from_millis(40);

/// How the far end takes a request for T.38.
#[derive(Clone, Copy, PartialEq)]
enum Request {
    Accepted,
    /// Accepted, but the signalling takes so long.
    Late(Duration),
    Refused,
    /// Refused, but the far end switches by itself ten seconds after the answer.
    RefusedFirst,
    /// Never answered.
    Lost,
}

struct End {
    call: Call,
    out: Link,
    waits: Time,
    asked_at: Option<Time>,
    hung_up: bool,
    done: Option<(Time, Outcome)>,
    confirmed: Vec<u32>,
    pages: Vec<StoredPage>,
    audio_frames: usize,
    /// No `T38MaxBitRate` this end hears of is higher.
    bit_rate_max: u32,
    /// What this end sends, if not as the call was agreed.
    error_correction: Option<ErrorCorrection>,
    agreed: Vec<Session>,
    ladder: Ladder,
}

impl End {
    fn new(config: Config, seed: u64, weather: Weather) -> End {
        End {
            call: Call::new(config),
            out: Link::new(seed, weather),
            waits: Time::ZERO,
            asked_at: None,
            hung_up: false,
            done: None,
            confirmed: Vec::new(),
            pages: Vec::new(),
            audio_frames: 0,
            bit_rate_max: 14_400,
            error_correction: None,
            agreed: Vec::new(),
            ladder: Ladder::default(),
        }
    }

    fn handle(&mut self, now: Time, input: Input<'_>) {
        self.call.handle(now, input);
        loop {
            match self.call.poll() {
                Output::Audio(_) => self.audio_frames += 1,
                Output::Datagram(bytes) => self.out.send(now, &bytes),
                Output::RequestT38 => self.asked_at = Some(now),
                Output::Event(Event::Done(outcome)) => self.done = Some((now, outcome)),
                Output::Event(Event::PageConfirmed { page }) => self.confirmed.push(page),
                Output::Event(Event::PageReceived { page, bad_rows: 0 }) => self.pages.push(*page),
                Output::Event(Event::Agreed(session)) => self.agreed.push(session),
                Output::Event(Event::Noted(entry)) => self.ladder.push(entry),
                Output::Event(_) => {}
                Output::Wait(until) => {
                    assert!(until > now, "a wait lies ahead: {until} at {now}");
                    self.waits = until;
                    break;
                }
            }
        }
    }
}

fn params(error_correction: ErrorCorrection) -> Params {
    Params {
        version: 0,
        bit_rate_max: 14_400,
        rate_management: RateManagement::TransferredTcf,
        datagram_bytes_max: 400,
        error_correction,
    }
}

const REDUNDANCY: ErrorCorrection = ErrorCorrection::Redundancy { control: 3, image: 3 };

/// Runs a call; `cancel_at` stops the caller.
fn run(ends: &mut [End; 2], request: Request, params: &Params, cancel_at: Time) {
    let limit = Time::from_millis(1_800_000);
    let mut now = Time::ZERO;
    let mut switch_at = if request == Request::RefusedFirst { Time::from_millis(10_000) } else { Time::NEVER };
    let mut cancel_at = cancel_at;
    let signalling = match request {
        Request::Late(span) => span,
        _ => SIGNALLING,
    };
    for end in ends.iter_mut() {
        end.handle(now, Input::Connected);
    }
    while ends.iter().any(|end| end.done.is_none()) {
        assert!(now < limit, "the call ends");
        if now >= switch_at {
            switch_at = Time::NEVER;
            for end in ends.iter_mut() {
                end.handle(now, Input::SwitchedToT38(params.clone()));
            }
        }
        for at in 0..2 {
            let other = 1 - at;
            while let Some((_, bytes)) = ends[other].out.poll(now) {
                ends[at].handle(now, Input::Datagram(&bytes));
            }
            if ends[at].asked_at.is_some_and(|asked| now >= asked + signalling) {
                ends[at].asked_at = None;
                match request {
                    Request::Accepted | Request::Late(_) => {
                        for end in ends.iter_mut() {
                            let error_correction = end.error_correction.unwrap_or(params.error_correction);
                            let params = Params { bit_rate_max: end.bit_rate_max, error_correction, ..params.clone() };
                            end.handle(now, Input::SwitchedToT38(params));
                        }
                    }
                    Request::Refused | Request::RefusedFirst => ends[at].handle(now, Input::T38Refused),
                    Request::Lost => {}
                }
            }
            if ends[at].done.is_some() && !ends[other].hung_up {
                ends[other].hung_up = true;
                ends[other].handle(now, Input::RemoteHungUp);
            }
            if at == 0 && now >= cancel_at {
                cancel_at = Time::NEVER;
                ends[at].handle(now, Input::Cancel);
            }
            if now >= ends[at].waits {
                ends[at].handle(now, Input::Timeout);
            }
        }
        let next = ends.iter().flat_map(|end| {
            [end.waits, end.out.next_at(), end.asked_at.map_or(Time::NEVER, |asked| asked + signalling)]
        });
        now = next.min().unwrap_or(limit).min(cancel_at).min(switch_at).max(now);
    }
}

/// Runs a call up to a moment.
fn run_until(ends: &mut [End; 2], until: Time) {
    let mut now = Time::ZERO;
    for end in ends.iter_mut() {
        end.handle(now, Input::Connected);
    }
    let mut switched = false;
    while now < until {
        for at in 0..2 {
            while let Some((_, bytes)) = ends[1 - at].out.poll(now) {
                ends[at].handle(now, Input::Datagram(&bytes));
            }
            if now >= ends[at].waits {
                ends[at].handle(now, Input::Timeout);
            }
        }
        if !switched && ends.iter().any(|end| end.asked_at.is_some()) {
            switched = true;
            for end in ends.iter_mut() {
                end.handle(now, Input::SwitchedToT38(params(REDUNDANCY)));
            }
        }
        let next = ends.iter().flat_map(|end| [end.waits, end.out.next_at()]);
        now = next.min().unwrap_or(until).max(now).min(until);
    }
}

fn two_ends(pages: usize, seed: u64, weather: Weather) -> ([End; 2], Vec<std::sync::Arc<StoredPage>>) {
    let pages: Vec<_> = (0..pages as u64).map(|page| kit::letter(seed * 10 + page)).collect();
    let caller = End::new(kit::sender(pages.clone()), seed * 2, weather);
    let answerer = End::new(kit::receiver(), seed * 2 + 1, weather);
    ([caller, answerer], pages)
}

fn outcome(end: &End) -> &Outcome {
    &end.done.as_ref().expect("it ended").1
}

#[test]
fn the_answerer_asks_for_t38_after_three_seconds_and_the_pages_arrive() {
    let (mut ends, pages) = two_ends(2, 1, Weather::default());
    run(&mut ends, Request::Accepted, &params(REDUNDANCY), Time::NEVER);
    assert_eq!(outcome(&ends[0]), &Outcome::Sent);
    assert_eq!(outcome(&ends[1]), &Outcome::Received);
    kit::assert_same(&ends[1].pages, &pages);
    assert_eq!(ends[0].confirmed, [0, 1]);
    // 3 s and the signalling, in frames of 20 ms: nobody waited for the caller's 5 s.
    assert!((150..=155).contains(&ends[0].audio_frames), "{}", ends[0].audio_frames);
}

#[test]
fn three_pages_arrive_through_two_percent_loss_with_redundancy_whatever_the_seed() {
    let weather = Weather {
        delay: Duration::from_millis(30),
        jitter: Duration::from_millis(10),
        loss_permille: 20,
        ..Weather::default()
    };
    for seed in 0..200 {
        let (mut ends, pages) = two_ends(3, seed, weather);
        run(&mut ends, Request::Accepted, &params(REDUNDANCY), Time::NEVER);
        assert_eq!(outcome(&ends[0]), &Outcome::Sent, "seed {seed}");
        kit::assert_same(&ends[1].pages, &pages);
        assert!(ends[0].out.lost() > 0, "seed {seed} lost something");
    }
}

#[test]
fn parity_packets_carry_a_call_through_loss_too() {
    let weather = Weather { delay: Duration::from_millis(30), loss_permille: 10, ..Weather::default() };
    let mut params = params(ErrorCorrection::Fec { span: 3, entries: 3 });
    params.datagram_bytes_max = 849;
    for seed in 0..20 {
        let (mut ends, pages) = two_ends(1, seed, weather);
        run(&mut ends, Request::Accepted, &params, Time::NEVER);
        assert_eq!(outcome(&ends[0]), &Outcome::Sent, "seed {seed}");
        kit::assert_same(&ends[1].pages, &pages);
    }
}

#[test]
fn a_page_that_is_never_confirmed_fails_the_call_and_only_the_page_before_counts() {
    let (mut ends, _) = two_ends(3, 7, Weather::default());
    let faulty = Config { misbehaviour: Misbehaviour::always(Moment::Page(1), Act::Mute), ..kit::receiver() };
    ends[1] = End::new(faulty, 9, Weather::default());
    run(&mut ends, Request::Accepted, &params(REDUNDANCY), Time::NEVER);
    assert!(matches!(outcome(&ends[0]), Outcome::NoReply { .. }), "{:?}", outcome(&ends[0]));
    assert_eq!(ends[0].confirmed, [0]);
}

#[test]
fn a_far_end_that_refuses_t38_ends_as_audio_only() {
    let (mut ends, _) = two_ends(1, 3, Weather::default());
    run(&mut ends, Request::Refused, &params(REDUNDANCY), Time::NEVER);
    assert_eq!(outcome(&ends[1]), &Outcome::AudioOnly);
    // The other end hears of it by the hang-up, in audio still.
    assert_eq!(ends[1].done.as_ref().map(|(at, _)| *at), Some(Time::from_millis(13_040)));
    let ladder = ends[1].ladder.to_string();
    assert!(ladder.contains("T38       refused by the far end"), "{ladder}");
}

#[test]
fn a_far_end_that_refused_t38_may_still_switch_by_itself() {
    let (mut ends, pages) = two_ends(1, 14, Weather::default());
    run(&mut ends, Request::RefusedFirst, &params(REDUNDANCY), Time::NEVER);
    assert_eq!(outcome(&ends[0]), &Outcome::Sent, "{}", ends[0].ladder);
    kit::assert_same(&ends[1].pages, &pages);
}

/// Alone with a call: hands it inputs and keeps what it says.
fn alone(config: Config) -> End {
    let mut end = End::new(config, 1, Weather::default());
    end.handle(Time::ZERO, Input::Connected);
    end
}

/// Wakes the end as it asks to be, until then.
fn wake_until(end: &mut End, until: Time) {
    while end.waits < until && end.done.is_none() {
        let now = end.waits;
        end.handle(now, Input::Timeout);
    }
}

#[test]
fn a_far_end_that_hangs_up_after_refusing_t38_has_left_us_in_audio() {
    let mut end = alone(kit::sender(vec![kit::letter(1)]));
    wake_until(&mut end, Time::from_millis(5020));
    assert!(end.asked_at.is_some());
    end.handle(Time::from_millis(5050), Input::T38Refused);
    end.handle(Time::from_millis(6000), Input::RemoteHungUp);
    assert_eq!(outcome(&end), &Outcome::AudioOnly);
    // Without a refusal it is what it looks like.
    let mut end = alone(kit::sender(vec![kit::letter(1)]));
    end.handle(Time::from_millis(1500), Input::RemoteHungUp);
    assert_eq!(outcome(&end), &Outcome::RemoteHungUp { phase: Phase::A });
}

#[test]
fn a_far_end_that_leaves_t38_and_stays_does_not_change_what_became_of_the_fax() {
    // Each moment of a call of one page, in steps that no state outlasts.
    let mut outcomes = std::collections::BTreeMap::new();
    for ms in (3500..40_000).step_by(250) {
        let (mut ends, _) = two_ends(1, 15, Weather::default());
        run_until(&mut ends, Time::from_millis(ms));
        let confirmed = !ends[0].confirmed.is_empty();
        for end in ends.iter_mut().filter(|end| end.done.is_none()) {
            end.handle(Time::from_millis(ms), Input::SwitchedToAudio);
            wake_until(end, Time::from_millis(ms + 4000));
        }
        let (_, outcome) = ends[0].done.clone().expect("it ended within the 3 s allowed");
        assert_eq!(outcome == Outcome::Sent, confirmed, "at {ms} ms: {outcome:?}\n{}", ends[0].ladder);
        assert_ne!(outcome, Outcome::AudioOnly, "at {ms} ms");
        outcomes.insert(format!("{outcome:?}"), ms);
    }
    assert!(outcomes.len() >= 4, "phases differ: {outcomes:?}");
}

#[test]
fn a_call_nobody_can_switch_ends_as_audio_only_in_time() {
    let (mut ends, _) = two_ends(1, 4, Weather::default());
    run(&mut ends, Request::Lost, &params(REDUNDANCY), Time::NEVER);
    let first = ends.iter().flat_map(|end| end.done.clone()).min_by_key(|(at, _)| *at);
    let (at, outcome) = first.expect("it ended");
    assert_eq!(outcome, Outcome::AudioOnly);
    assert!(at <= Time::from_millis(32_100), "{at}");
}

#[test]
fn a_cancelled_call_says_goodbye() {
    let (mut ends, _) = two_ends(3, 5, Weather::default());
    run(&mut ends, Request::Accepted, &params(REDUNDANCY), Time::from_millis(15_000));
    assert_eq!(outcome(&ends[0]), &Outcome::Cancelled);
    assert!(ends[0].confirmed.len() < 3);
}

#[test]
fn neither_end_goes_faster_than_the_lower_bit_rate_of_the_two_descriptions() {
    for (limit, reached) in [(14_400, 14_400), (12_000, 12_000), (9600, 9600), (7200, 7200), (4800, 4800), (2400, 2400)]
    {
        // The sender alone is held to it: DCS.
        let (mut ends, pages) = two_ends(1, 11, Weather::default());
        ends[0].bit_rate_max = limit;
        run(&mut ends, Request::Accepted, &params(REDUNDANCY), Time::NEVER);
        let rates: Vec<u32> = ends[0].agreed.iter().map(|session| session.modem.rate_bps()).collect();
        assert_eq!(rates, [reached], "limit {limit}");
        kit::assert_same(&ends[1].pages, &pages);
        // The receiver alone: DIS. Its patterns know no V.17 below 14 400 and no V.29 below 9600, T.30 table 2.
        let (mut ends, pages) = two_ends(1, 12, Weather::default());
        ends[1].bit_rate_max = limit;
        run(&mut ends, Request::Accepted, &params(REDUNDANCY), Time::NEVER);
        let rates: Vec<u32> = ends[0].agreed.iter().map(|session| session.modem.rate_bps()).collect();
        assert!(rates.iter().all(|&rate| rate <= limit) && !rates.is_empty(), "limit {limit}: {rates:?}");
        kit::assert_same(&ends[1].pages, &pages);
    }
}

#[test]
fn a_limit_that_comes_after_dis_was_said_is_kept_too() {
    let (mut ends, pages) = two_ends(1, 13, Weather::default());
    ends[1].bit_rate_max = 9600;
    run(&mut ends, Request::Late(Duration::from_secs(7)), &params(REDUNDANCY), Time::NEVER);
    assert_eq!(outcome(&ends[0]), &Outcome::Sent, "{}", ends[0].ladder);
    let rates: Vec<u32> = ends[0].agreed.iter().map(|session| session.modem.rate_bps()).collect();
    assert_eq!(rates, [9600], "{}", ends[0].ladder);
    kit::assert_same(&ends[1].pages, &pages);
}

#[test]
fn a_far_end_may_make_its_datagrams_safe_in_any_way() {
    let depths = (0..=7).map(|depth| ErrorCorrection::Redundancy { control: depth, image: depth });
    let uneven = [(7, 0), (0, 3)].map(|(control, image)| ErrorCorrection::Redundancy { control, image });
    let parities = [(1, 1), (3, 3), (7, 1), (2, 5)].map(|(span, entries)| ErrorCorrection::Fec { span, entries });
    let weather = Weather { delay: Duration::from_millis(30), jitter: Duration::from_millis(25), ..Weather::default() };
    for (seed, theirs) in depths.chain(uneven).chain(parities).chain([ErrorCorrection::None]).enumerate() {
        // They receive, then they send.
        for at in [1, 0] {
            let (mut ends, pages) = two_ends(1, seed as u64, weather);
            ends[at].error_correction = Some(theirs);
            run(&mut ends, Request::Accepted, &params(REDUNDANCY), Time::NEVER);
            assert_eq!(outcome(&ends[0]), &Outcome::Sent, "{theirs:?}\n{}", ends[0].ladder);
            kit::assert_same(&ends[1].pages, &pages);
        }
    }
}
