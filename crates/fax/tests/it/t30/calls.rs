//! Our sender and our receiver, whole calls as ladders. Read a snapshot like a call: who said what, when, and (`→`) what the
//! application was told.

use std::sync::Arc;

use ferrofax_fax::carrier::Modem;
use ferrofax_fax::outcome::{Outcome, Phase};
use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_fax::t30::frame::{BlockFrame, Frame};
use ferrofax_fax::t30::{Act, Coding, Config, Event, Input, Misbehaviour, Moment, Role};
use ferrofax_fax::time::Time;
use ferrofax_linesim::memory::{Pair, Signal};

use super::kit::*;

/// A line whose signals from one end are changed: told the signal and how many of its kind came before.
fn line(from: Role, mut change: impl FnMut(Signal) -> Option<Signal> + 'static) -> Pair {
    Pair::with_fault(Box::new(move |_, role, signal| if role == from { change(signal) } else { Some(signal) }))
}

/// The signal says just this.
fn says(signal: &Signal, name: &str) -> bool {
    matches!(signal, Signal::Frames(frames)
        if frames.iter().any(|(bytes, _)| Frame::parse(bytes).is_some_and(|frame| frame.name() == name)))
}

#[test]
fn one_page_with_error_correction() {
    let pages = vec![letter(1)];
    let call = call(sender(pages.clone()), receiver());
    call.assert_arrived(&pages);
    insta::assert_snapshot!("one_page_caller", story(&call.caller));
    insta::assert_snapshot!("one_page_answerer", story(&call.answerer));
}

#[test]
fn three_pages() {
    let pages = vec![letter(1), letter(2), letter(3)];
    let call = call(sender(pages.clone()), receiver());
    call.assert_arrived(&pages);
    insta::assert_snapshot!(story(&call.caller));
}

#[test]
fn a_page_of_several_blocks() {
    let pages = vec![page(1, 900, Resolution::Fine, true), letter(2)];
    let call = call(sender(pages.clone()), receiver());
    call.assert_arrived(&pages);
    insta::assert_snapshot!(story(&call.caller));
}

#[test]
fn without_error_correction_in_two_dimensions() {
    let pages = vec![letter(1), letter(2)];
    let call = call(sender(pages.clone()), Config { ecm: false, ..receiver() });
    call.assert_arrived(&pages);
    insta::assert_snapshot!("plain_mr_caller", story(&call.caller));
    insta::assert_snapshot!("plain_mr_answerer", story(&call.answerer));
}

#[test]
fn a_machine_with_one_dimension_and_v27ter_only() {
    let pages = vec![page(1, 200, Resolution::Standard, false)];
    let modems = vec![Modem::V27ter2400, Modem::V27ter4800];
    let far = Config { ecm: false, codings: vec![Coding::Mh], modems, ..receiver() };
    let call = call(sender(pages.clone()), far);
    call.assert_arrived(&pages);
    insta::assert_snapshot!(story(&call.caller));
}

#[test]
fn error_correction_without_mmr() {
    let pages = vec![letter(1)];
    let call = call(sender(pages.clone()), Config { codings: vec![Coding::Mh, Coding::Mr], ..receiver() });
    call.assert_arrived(&pages);
    assert!(story(&call.caller).contains("V.17 14400, MR, ECM, fine"));
}

#[test]
fn a_machine_without_fine_gets_row_pairs_joined() {
    let sent = page(1, 601, Resolution::Fine, false);
    for ecm in [true, false] {
        let far = Config { ecm, resolution_max: Resolution::Standard, ..receiver() };
        let call = call(sender(vec![sent.clone()]), far);
        assert_eq!(call.outcomes(), (Outcome::Sent, Outcome::Received));
        let received = received(&call.answerer);
        assert_eq!((received.len(), received[0].resolution, received[0].rows), (1, Resolution::Standard, 301));
        let (fine, low) = (Bitmap::from_source(&mut sent.source()), Bitmap::from_source(&mut received[0].source()));
        for y in 0..301 {
            for x in 0..1728 {
                let either = fine.is_black(x, 2 * y) || (2 * y + 1 < 601 && fine.is_black(x, 2 * y + 1));
                assert_eq!(low.is_black(x, y), either, "pel {x}, {y}");
            }
        }
    }
}

#[test]
fn superfine_goes_down_twice_where_it_must() {
    let sent = page(1, 400, Resolution::Superfine, false);
    for (resolution_max, rows) in [(Resolution::Superfine, 400), (Resolution::Fine, 200), (Resolution::Standard, 100)] {
        let call = call(sender(vec![sent.clone()]), Config { resolution_max, ..receiver() });
        let received = received(&call.answerer);
        assert_eq!((received[0].resolution, received[0].rows), (resolution_max, rows));
    }
}

#[test]
fn pages_of_two_resolutions_go_through_phase_b_again() {
    let pages = vec![letter(1), page(2, 200, Resolution::Standard, false), page(3, 200, Resolution::Standard, false)];
    let call = call(sender(pages.clone()), receiver());
    call.assert_arrived(&pages);
    insta::assert_snapshot!(story(&call.caller));
}

#[test]
fn rates_fall_until_training_is_good() {
    let pages = vec![letter(1)];
    let mut joint = line(Role::Caller, |signal| match signal {
        Signal::TrainingCheck(fast, _) => Some(Signal::TrainingCheck(fast, fast.modem.rate_bps() <= 4800)),
        other => Some(other),
    });
    let call = call_over(&mut joint, sender(pages.clone()), receiver());
    call.assert_arrived(&pages);
    insta::assert_snapshot!(story(&call.caller));
}

#[test]
fn a_line_that_never_trains_fails() {
    let mut joint = line(Role::Caller, |signal| match signal {
        Signal::TrainingCheck(fast, _) => Some(Signal::TrainingCheck(fast, false)),
        other => Some(other),
    });
    let call = call_over(&mut joint, sender(vec![letter(1)]), receiver());
    assert_eq!(call.outcomes(), (Outcome::TrainingFailed, Outcome::RemoteDisconnected { phase: Phase::B }));
    assert_eq!(taken(&call.answerer), 0);
}

/// Spoils frames by their number.
fn spoil(frames: Vec<(Vec<u8>, bool)>, mut bad: impl FnMut(u8) -> bool) -> Vec<(Vec<u8>, bool)> {
    let judge = |(bytes, good): (Vec<u8>, bool)| {
        let spoilt = matches!(BlockFrame::parse(&bytes), Some(BlockFrame::Data(number, _)) if bad(number));
        (bytes, good && !spoilt)
    };
    frames.into_iter().map(judge).collect()
}

#[test]
fn bad_frames_are_sent_again() {
    let pages = vec![letter(1), letter(2)];
    let mut times = 0;
    let mut joint = line(Role::Caller, move |signal| match signal {
        Signal::Ecm(fast, frames) => {
            times += 1;
            Some(Signal::Ecm(fast, spoil(frames, |number| times == 1 && number % 7 == 3 || times == 2 && number == 10)))
        }
        other => Some(other),
    });
    let call = call_over(&mut joint, sender(pages.clone()), receiver());
    call.assert_arrived(&pages);
    insta::assert_snapshot!(story(&call.caller));
}

#[test]
fn a_bad_line_is_corrected_at_a_slower_rate() {
    let pages = vec![letter(1)];
    let mut joint = line(Role::Caller, |signal| match signal {
        Signal::Ecm(fast, frames) => {
            Some(Signal::Ecm(fast, spoil(frames, |number| number == 5 && fast.modem.rate_bps() > 9600)))
        }
        other => Some(other),
    });
    let call = call_over(&mut joint, sender(pages.clone()), receiver());
    call.assert_arrived(&pages);
    insta::assert_snapshot!(story(&call.caller));
}

#[test]
fn a_frame_that_never_arrives_ends_the_call() {
    let mut joint = line(Role::Caller, |signal| match signal {
        Signal::Ecm(fast, frames) => Some(Signal::Ecm(fast, spoil(frames, |number| number == 5))),
        other => Some(other),
    });
    let call = call_over(&mut joint, sender(vec![letter(1)]), receiver());
    assert_eq!(call.outcomes(), (Outcome::TooManyBadFrames, Outcome::RemoteDisconnected { phase: Phase::C }));
    assert_eq!((taken(&call.answerer), confirmed(&call.caller).len()), (0, 0));
}

/// Loses these octets of a page's bits.
fn garble(bits: Vec<u8>, one_in: usize) -> Vec<u8> {
    bits.into_iter().enumerate().map(|(n, octet)| if n % one_in == one_in / 2 { !octet } else { octet }).collect()
}

#[test]
fn a_page_spoilt_on_the_way_is_rejected_and_sent_again() {
    let pages = vec![letter(1), letter(2)];
    let mut times = 0;
    let mut joint = line(Role::Caller, move |signal| match signal {
        Signal::Page(fast, bits) => {
            times += 1;
            Some(Signal::Page(fast, if times == 1 { garble(bits, 50) } else { bits }))
        }
        other => Some(other),
    });
    let call = call_over(&mut joint, Config { ecm: false, ..sender(pages.clone()) }, receiver());
    call.assert_arrived(&pages);
    insta::assert_snapshot!(story(&call.caller));
}

#[test]
fn a_page_with_some_bad_rows_is_taken_and_training_asked_for() {
    let pages = vec![letter(1), letter(2)];
    let mut times = 0;
    let mut joint = line(Role::Caller, move |signal| match signal {
        Signal::Page(fast, bits) => {
            times += 1;
            Some(Signal::Page(fast, if times == 1 { garble(bits, 330) } else { bits }))
        }
        other => Some(other),
    });
    let call =
        call_over(&mut joint, Config { ecm: false, codings: vec![Coding::Mh], ..sender(pages.clone()) }, receiver());
    assert_eq!(call.outcomes(), (Outcome::Sent, Outcome::Received));
    assert!(names(&call.caller).contains(&"RTP".to_owned()), "{}", story(&call.caller));
    assert_eq!((confirmed(&call.caller), taken(&call.answerer)), (vec![0, 1], 2));
}

#[test]
fn a_page_that_is_always_spoilt_is_given_up() {
    let mut joint = line(Role::Caller, |signal| match signal {
        Signal::Page(fast, bits) => Some(Signal::Page(fast, garble(bits, 50))),
        other => Some(other),
    });
    let call = call_over(&mut joint, Config { ecm: false, ..sender(vec![letter(1)]) }, receiver());
    assert_eq!(call.outcomes(), (Outcome::PageRejected, Outcome::RemoteDisconnected { phase: Phase::B }));
    assert_eq!((taken(&call.answerer), confirmed(&call.caller).len()), (0, 0));
}

#[test]
fn a_lost_confirmation_is_asked_for_again_and_the_page_kept_once() {
    for ecm in [true, false] {
        let pages = vec![letter(1), letter(2)];
        let mut times = 0;
        let mut joint = line(Role::Answerer, move |signal| {
            times += u32::from(says(&signal, "MCF"));
            (!says(&signal, "MCF") || times % 2 == 0).then_some(signal)
        });
        let call = call_over(&mut joint, Config { ecm, ..sender(pages.clone()) }, receiver());
        call.assert_arrived(&pages);
        insta::assert_snapshot!(if ecm { "lost_mcf_ecm" } else { "lost_mcf_plain" }, story(&call.caller));
    }
}

#[test]
fn a_page_never_confirmed_fails_the_call_and_only_the_first_is_confirmed() {
    for ecm in [true, false] {
        let pages = vec![letter(1), letter(2), letter(3)];
        let far = Config { misbehaviour: Misbehaviour::always(Moment::Page(1), Act::Mute), ecm, ..receiver() };
        let call = call(sender(pages.clone()), far);
        let to = if ecm { "PPS-MPS" } else { "MPS" }.to_owned();
        assert_eq!(
            call.outcomes(),
            (Outcome::NoReply { phase: Phase::D, to }, Outcome::RemoteDisconnected { phase: Phase::D })
        );
        assert_eq!(confirmed(&call.caller), [0]);
        assert_same(&received(&call.answerer), &pages[..2]);
        if ecm {
            insta::assert_snapshot!(story(&call.caller));
        }
    }
}

#[test]
fn the_last_page_never_confirmed_is_in_doubt() {
    let far = Config { misbehaviour: Misbehaviour::always(Moment::Page(0), Act::Mute), ..receiver() };
    let call = call(sender(vec![letter(1)]), far);
    assert_eq!(call.outcomes().0, Outcome::EndNotConfirmed);
    assert!(confirmed(&call.caller).is_empty());
}

#[test]
fn ids_are_told_without_their_padding() {
    let call =
        call(Config { local_id: ferrofax_fax::t30::local_id("Bäckerei Müßig"), ..sender(vec![letter(1)]) }, receiver());
    assert!(story(&call.answerer).contains("far end is \"Baeckerei Muessig\""));
    assert!(story(&call.caller).contains("far end is \"+49 2\""));
}

#[test]
fn a_document_is_polled() {
    let pages: Vec<Arc<StoredPage>> = vec![letter(1), letter(2)];
    let caller = Config { role: Role::Caller, ..receiver() };
    let answerer = Config { role: Role::Answerer, ..sender(pages.clone()) };
    let call = call(caller, answerer);
    assert_eq!(call.outcomes(), (Outcome::Received, Outcome::Sent));
    assert_same(&received(&call.caller), &pages);
    insta::assert_snapshot!(story(&call.caller));
}

/// Cancels one end after so many seconds, whatever is going on.
fn cancelled(who: Role, after: Time, ecm: bool) -> Call {
    let caller = Config { ecm, ..sender(vec![letter(1), letter(2)]) };
    call_stopped(&mut Pair::new(), (caller, receiver()), who, after, Input::Cancel)
}

#[test]
fn a_cancelled_call_ends_soon_and_honestly() {
    for (who, ecm) in [(Role::Caller, true), (Role::Caller, false), (Role::Answerer, true), (Role::Answerer, false)] {
        for half_seconds in 0..120 {
            let after = Time::from_millis(half_seconds * 500);
            let call = cancelled(who, after, ecm);
            let ours = if who == Role::Caller { &call.caller } else { &call.answerer };
            let (ended, _) = ours.events.last().expect("events");
            // The receiver has to wait for the end of a page to be heard at all.
            let soon = if who == Role::Caller { 8_000 } else { 25_000 };
            assert!(ended.since(after).as_millis() < soon, "{after} {who:?}\n{}", story(ours));
            let outcome = outcome(ours);
            let arrived = if who == Role::Caller { Outcome::Sent } else { Outcome::Received };
            assert!(outcome == Outcome::Cancelled || outcome == arrived, "{after}: {outcome:?}");
            assert!(confirmed(&call.caller).len() <= taken(&call.answerer));
        }
    }
    insta::assert_snapshot!(story(&cancelled(Role::Caller, Time::from_millis(20_000), true).caller));
}

#[test]
fn a_call_told_to_finish_ends_behind_its_page() {
    let pages = || vec![letter(1), letter(2), letter(3)];
    let finished = |ecm, after| {
        let caller = Config { ecm, ..sender(pages()) };
        call_stopped(&mut Pair::new(), (caller, receiver()), Role::Caller, after, Input::Finish)
    };
    for ecm in [true, false] {
        let mut ends = Vec::new();
        for half_seconds in 0..160 {
            let after = Time::from_millis(half_seconds * 500);
            let call = finished(ecm, after);
            let ending = |(_, event): &&(Time, Event)| matches!(event, Event::PageEnding { .. });
            let begun = call.caller.events.iter().filter(ending).count();
            let arrived = received(&call.answerer);
            assert_same(&arrived, &pages()[..arrived.len()]);
            assert_eq!((confirmed(&call.caller).len(), begun), (arrived.len(), arrived.len()), "{after} ecm {ecm}");
            let ours = if arrived.len() == 3 { Outcome::Sent } else { Outcome::Cancelled };
            assert_eq!(outcome(&call.caller), ours, "{after} ecm {ecm}");
            ends.push(arrived.len());
        }
        ends.dedup();
        assert_eq!(ends, [0, 1, 2, 3], "ecm {ecm}");
    }
    // In mid-page: to the far end it is a whole fax of the pages so far.
    let call = finished(true, Time::from_millis(30_000));
    assert_eq!(call.outcomes(), (Outcome::Cancelled, Outcome::Received), "{}", story(&call.caller));
}
