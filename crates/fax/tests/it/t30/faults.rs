//! Far machines with a deliberate fault: what the sender makes of each.

use std::time::Duration;

use ferrofax_fax::outcome::{Outcome, Phase};
use ferrofax_fax::t30::frame::{BadFrames, Frame};
use ferrofax_fax::t30::{Act, Config, Misbehaviour, Moment};

use super::kit::*;

/// Two pages to a machine with this fault, with error correction or without.
fn outcome_of(ecm: bool, misbehaviour: Misbehaviour) -> (Outcome, Vec<u32>) {
    let call = call(sender(vec![letter(1), letter(2)]), Config { ecm, misbehaviour, ..receiver() });
    (outcome(&call.caller), confirmed(&call.caller))
}

fn first_frame() -> Frame {
    let mut bad = BadFrames::NONE;
    bad.insert(0);
    Frame::Ppr(bad)
}

#[test]
fn each_fault_has_its_outcome() {
    let no_reply = |phase, to: &str| Outcome::NoReply { phase, to: to.to_owned() };
    let table = [
        (Moment::Training, Act::HangUp, Outcome::RemoteHungUp { phase: Phase::B }, 0),
        (Moment::Training, Act::Mute, no_reply(Phase::B, "DCS"), 0),
        (Moment::Training, Act::Say(Frame::Dcn), Outcome::RemoteDisconnected { phase: Phase::B }, 0),
        (Moment::Training, Act::Say(Frame::Ftt), Outcome::TrainingFailed, 0),
        (Moment::Training, Act::Say(Frame::Mcf), Outcome::ProtocolError { phase: Phase::B }, 0),
        (Moment::Within(1), Act::HangUp, Outcome::RemoteHungUp { phase: Phase::C }, 1),
        (Moment::Page(0), Act::HangUp, Outcome::RemoteHungUp { phase: Phase::D }, 0),
        (Moment::Page(0), Act::Say(Frame::Dcn), Outcome::RemoteDisconnected { phase: Phase::D }, 0),
        (Moment::Page(1), Act::Mute, Outcome::EndNotConfirmed, 1),
        (Moment::Page(0), Act::Say(Frame::Pip), Outcome::OperatorWanted, 1),
        (Moment::Page(0), Act::Say(Frame::Pin), Outcome::OperatorWanted, 0),
        (Moment::Page(0), Act::Say(Frame::Rtn), Outcome::PageRejected, 0),
    ];
    for (at, act, wanted, pages) in table {
        for ecm in [true, false] {
            let (outcome, confirmed) = outcome_of(ecm, Misbehaviour::always(at, act.clone()));
            assert_eq!((&outcome, confirmed.len()), (&wanted, pages), "{at:?} {act:?} ECM {ecm}");
        }
    }
    let always = |at, act| outcome_of(true, Misbehaviour::always(at, act)).0;
    assert_eq!(always(Moment::Page(0), Act::Say(Frame::Rnr)), no_reply(Phase::D, "PPS-MPS"));
    assert_eq!(always(Moment::Block(0), Act::Say(first_frame())), Outcome::TooManyBadFrames);
}

#[test]
fn a_fault_that_passes_is_survived() {
    let table = [
        (1, Moment::Tone, Act::Wait(Duration::from_secs(25)), true),
        (5, Moment::Training, Act::Say(Frame::Ftt), true),
        (2, Moment::Block(1), Act::Say(first_frame()), true),
        (1, Moment::Page(0), Act::Say(Frame::Rtp), true),
        (1, Moment::Page(0), Act::Say(Frame::Rtn), false),
    ];
    for (times, at, act, ecm) in table {
        let pages = vec![letter(1), letter(2)];
        let misbehaviour = Misbehaviour::times(times, at, act);
        call(sender(pages.clone()), Config { ecm, misbehaviour, ..receiver() }).assert_arrived(&pages);
    }
}

#[test]
fn a_receiver_without_a_name_says_none() {
    let call = call(sender(vec![letter(1)]), Config { local_id: String::new(), ..receiver() });
    assert_eq!(outcome(&call.caller), Outcome::Sent);
    assert!(!names(&call.caller).contains(&"CSI".to_owned()));
}
