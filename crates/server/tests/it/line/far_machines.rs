//! The loopback line: each behaviour of its numbers, as the caller sees it.

use std::net::UdpSocket;
use std::time::Duration;

use ferrofax_fax::carrier::Modem;
use ferrofax_fax::outcome::{Outcome, Phase};
use ferrofax_server::line::loopback::Loopback;
use ferrofax_server::line::{CallRecord, Line, Order, Speed, Trunk};
use ferrofax_server::receive::{Answerer, PassOn, Received, Reply, Settings};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Tell, here, order, told};

const SPEED: u8 = 20;

async fn loopback() -> (Loopback, mpsc::Receiver<Received>) {
    let (sender, received) = mpsc::channel(8);
    let loopback = Loopback::start(Speed::new(SPEED), move || PassOn::to(sender.clone())).await.unwrap();
    (loopback, received)
}

async fn call(number: &str) -> CallRecord {
    let (loopback, _received) = loopback().await;
    loopback.line().place(order(number, SPEED), &mut Tell::nobody(), CancellationToken::new()).await
}

#[tokio::test]
async fn numbers_that_are_refused_have_their_outcomes() {
    let table = [
        ("004999486", Outcome::Busy, 486),
        ("004999404", Outcome::NumberNotAssigned, 404),
        ("004999480", Outcome::Unavailable, 480),
        ("004999603", Outcome::Refused, 603),
        ("004999503", Outcome::NoCircuit, 503),
    ];
    let (loopback, _received) = loopback().await;
    for (number, outcome, status) in table {
        let place = loopback.line().place(order(number, SPEED), &mut Tell::nobody(), CancellationToken::new()).await;
        assert_eq!(place.outcome, outcome, "{number}");
        assert_eq!(place.sip_status, Some(status));
        assert_eq!(place.answered_at, None);
    }
}

#[tokio::test]
async fn a_call_nobody_answers_is_cancelled() {
    let record = call("004999408").await;
    assert_eq!(record.outcome, Outcome::NoAnswer);
    assert_eq!(record.sip_status, Some(487));
    insta::assert_snapshot!(told(&record.ladder), @r"
    caller INVITE audio PCMA
    answerer 100 Trying (INVITE)
    answerer 180 Ringing (INVITE)
    caller CANCEL
    answerer 200 OK (CANCEL)
    answerer 487 Request Terminated (INVITE)
    caller ACK
    line end no_answer
    ");
}

#[tokio::test]
async fn a_busy_call_tells_both_sides_messages_and_its_end() {
    let record = call("004999486").await;
    insta::assert_snapshot!(told(&record.ladder), @r"
    caller INVITE audio PCMA
    answerer 100 Trying (INVITE)
    answerer 486 Busy Here (INVITE)
    caller ACK
    line end busy
    ");
}

#[tokio::test]
async fn a_machine_that_hangs_up_after_the_answer_is_told_from_a_silent_one() {
    let record = call("004999487").await;
    assert!(matches!(record.outcome, Outcome::RemoteHungUp { phase: Phase::A | Phase::B }), "{:?}", record.outcome);
    assert!(record.answered_at.is_some());
    let end = "answerer BYE\ncaller 200 OK (BYE)\nline end remote_hung_up, phase A";
    assert!(told(&record.ladder).ends_with(end), "{}", record.ladder);
}

#[tokio::test]
async fn a_machine_that_refuses_t38_leaves_the_call_in_audio() {
    let record = call("004999488").await;
    assert_eq!(record.outcome, Outcome::AudioOnly);
    let ladder = told(&record.ladder);
    let refused = "caller INVITE T.38 14400\nanswerer 488 Not Acceptable Here (INVITE)\ncaller ACK\nline T38 refused by the far end";
    assert!(ladder.contains(refused), "{ladder}");
    assert!(ladder.ends_with("line end audio_only\ncaller BYE\nanswerer 200 OK (BYE)"), "{ladder}");
}

#[tokio::test]
async fn the_answerer_asks_for_t38_and_the_switch_is_in_the_ladder() {
    let (loopback, _received) = loopback().await;
    let cancel = CancellationToken::new();
    let (mut tell, mut events) = Tell::new();
    let watch = async {
        // The engine notes the switch.
        while let Some(event) = events.recv().await {
            if matches!(&event, ferrofax_fax::t30::Event::Noted(entry) if entry.what == "T38") {
                cancel.cancel();
                break;
            }
        }
    };
    let place = loopback.line().place(order("0049891234", SPEED), &mut tell, cancel.clone());
    let (record, ()) = tokio::join!(place, watch);
    let ladder = told(&record.ladder);
    for line in ["answerer INVITE T.38 14400", "caller 200 OK (INVITE), T.38 14400", "line T38 switched"] {
        assert!(ladder.contains(line), "{ladder}");
    }
}

#[tokio::test]
async fn cancelling_while_it_rings_is_no_failure_of_the_number() {
    let (loopback, _received) = loopback().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let record = loopback.line().place(order("004999408", SPEED), &mut Tell::nobody(), cancel).await;
    assert_eq!(record.outcome, Outcome::Cancelled);
}

#[tokio::test]
async fn the_answerer_has_a_limit_and_then_is_busy() {
    let (sender, _received) = mpsc::channel(8);
    let settings = Settings { calls_max: 1, ..Settings::at(here()) };
    let (rings, mut ringing) = mpsc::unbounded_channel();
    let reply = move |_: &str| {
        let _ = rings.send(());
        Reply::Ring
    };
    let answerer = Answerer::start(settings, reply, move || PassOn::to(sender.clone())).await.unwrap();
    let line = Line::open(Trunk::to(&answerer.address().to_string(), here())).await.unwrap();
    let cancel = CancellationToken::new();
    let mut nobody = Tell::nobody();
    let first = line.place(order("1", 1), &mut nobody, cancel.clone());
    let second = async {
        ringing.recv().await.unwrap();
        let record = line.place(order("2", 1), &mut Tell::nobody(), CancellationToken::new()).await;
        cancel.cancel();
        record
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!((first.outcome, second.outcome), (Outcome::Cancelled, Outcome::Busy));
}

#[tokio::test]
async fn a_trunk_that_is_not_there_is_a_failed_line() {
    // A socket of ours that never answers.
    let deaf = UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = deaf.local_addr().unwrap().to_string();
    let trunk = Trunk { t1: Some(Duration::from_millis(10)), ..Trunk::to(&target, here()) };
    let line = Line::open(trunk).await.unwrap();
    let record = line.place(order("110", 1), &mut Tell::nobody(), CancellationToken::new()).await;
    assert_eq!(record.outcome, Outcome::LineFailed);
    assert_eq!(record.sip_status, None);
}

#[tokio::test]
async fn a_trunk_that_took_the_call_is_told_from_one_that_says_nothing() {
    let record = call("004999100").await;
    assert_eq!((record.outcome, record.sip_status), (Outcome::NoReaction, Some(487)));
    insta::assert_snapshot!(told(&record.ladder), @r"
    caller INVITE audio PCMA
    answerer 100 Trying (INVITE)
    caller CANCEL
    answerer 200 OK (CANCEL)
    answerer 487 Request Terminated (INVITE)
    caller ACK
    line end no_reaction
    ");

    let deaf = UdpSocket::bind("127.0.0.1:0").unwrap();
    // SIP would go on asking for 32 s.
    let trunk =
        Trunk { ring_max: Duration::from_millis(1), ..Trunk::to(&deaf.local_addr().unwrap().to_string(), here()) };
    let line = Line::open(trunk).await.unwrap();
    let record = line.place(order("110", 1), &mut Tell::nobody(), CancellationToken::new()).await;
    assert_eq!((record.outcome, record.sip_status), (Outcome::LineFailed, None));
}

#[tokio::test]
async fn ringing_ends_when_the_order_says_so() {
    let (loopback, _received) = loopback().await;
    for number in ["004999408", "004999100"] {
        let order = Order { ring_max: Some(Duration::from_millis(300)), ..order(number, 1) };
        let record = loopback.line().place(order, &mut Tell::nobody(), CancellationToken::new()).await;
        assert_eq!(record.outcome, Outcome::NoAnswer, "{}", record.ladder);
        let rang = record.ended_at.duration_since(record.dialled_at);
        assert!(rang.as_secs() < 30, "the line alone would let it ring for a minute: {rang:?}");
    }
    // Longer than the line allows is as long as the line allows.
    let order = Order { ring_max: Some(Duration::from_secs(3600)), ..order("004999408", SPEED) };
    let record = loopback.line().place(order, &mut Tell::nobody(), CancellationToken::new()).await;
    assert_eq!(record.outcome, Outcome::NoAnswer);
}

#[tokio::test]
async fn a_call_tells_what_it_taught_us() {
    let (loopback, _received) = loopback().await;
    let place = async |number| {
        let (mut nobody, cancel) = (Tell::nobody(), CancellationToken::new());
        loopback.line().place(order(number, SPEED), &mut nobody, cancel).await
    };
    let refused = place("004999734").await;
    assert_eq!((refused.outcome, refused.q850), (Outcome::NoCircuit, Some(34)));
    assert!(refused.session.is_none() && !refused.t38_refused);

    let audio = place("004999488").await;
    assert!(audio.t38_refused && audio.session.is_none());

    let slow = place("004999048").await;
    let session = slow.session.unwrap_or_else(|| panic!("{}", slow.ladder));
    assert_eq!((session.modem, session.ecm), (Modem::V27ter4800, true));
    assert!(!slow.t38_refused && slow.q850.is_none());

    let untrained = place("004999204").await;
    assert_eq!((untrained.outcome, untrained.session), (Outcome::TrainingFailed, None));
}
