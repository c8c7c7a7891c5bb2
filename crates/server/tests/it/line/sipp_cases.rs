//! Both ends of our SIP against sipp. What the wire must show stands in the scenarios.

use std::time::Duration;

use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::t30::{Misbehaviour, Role, Task};
use ferrofax_server::line::{CallRecord, Line, Secret, Speed, Trunk};
use ferrofax_server::receive::{Answerer, PassOn, Received, Reply, Settings};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::sipp::Sipp;
use super::{Tell, here, order, sender, told};

/// Who hung up, and what that made of the call.
const HUNG_UP_BY_FAR_END: &str = "answerer BYE\ncaller 200 OK (BYE)\nline end remote_hung_up, phase A";

/// A trunk to a scenario.
fn trunk(sipp: &Sipp) -> Trunk {
    Trunk {
        from: "4930999".into(),
        credentials: Some(("user".into(), Secret("word".into()))),
        ..Trunk::to(&sipp.address.to_string(), here())
    }
}

/// Calls a scenario, which must pass.
async fn call(scenario: &str, keys: &[(&str, &str)], speed: u8) -> (CallRecord, Vec<String>) {
    let sipp = Sipp::answers(scenario, keys);
    let line = Line::open(trunk(&sipp)).await.unwrap();
    let record = line.place(order("0049891234", speed), &mut Tell::nobody(), CancellationToken::new()).await;
    let messages = sipp.passed().await;
    (record, messages)
}

/// Lets a scenario call our answerer; what was received.
async fn called(scenario: &str, reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Option<Received> {
    let (pass, mut received) = mpsc::channel(1);
    let settings = Settings { speed: Speed::new(20), ..Settings::at(here()) };
    let answerer = Answerer::start(settings, reply, move || PassOn::to(pass.clone())).await.unwrap();
    Sipp::calls(scenario, answerer.address()).passed().await;
    answerer.close().await;
    received.try_recv().ok()
}

fn fax(_: &str) -> Reply {
    let config = ferrofax_fax::t30::Config {
        role: Role::Answerer,
        task: Task::Receive,
        misbehaviour: Misbehaviour::default(),
        ..sender(0)
    };
    Reply::fax(config)
}

/// `o=` of our descriptions, in order: session id and version.
fn origins(messages: &[String]) -> Vec<(u64, u64)> {
    let lines = messages.iter().flat_map(|message| message.lines()).filter(|line| line.starts_with("o=- "));
    let mut origins: Vec<_> = lines
        .map(|line| {
            let mut fields = line.split(' ').skip(1).map(|field| field.parse().unwrap());
            (fields.next().unwrap(), fields.next().unwrap())
        })
        .collect();
    origins.dedup();
    origins
}

#[tokio::test]
async fn digest_credentials_are_given_when_asked_for() {
    for status in ["401", "407"] {
        let (record, _) = call(&format!("digest_{status}"), &[], 1).await;
        assert!(matches!(record.outcome, Outcome::RemoteHungUp { .. }), "{:?}", record.outcome);
        assert_eq!(record.sip_status, Some(200));
        let ladder = told(&record.ladder);
        assert!(ladder.contains(&format!("caller INVITE audio PCMA\nanswerer {status}")), "{ladder}");
        assert!(ladder.ends_with(HUNG_UP_BY_FAR_END), "{ladder}");
        assert!(!record.ladder.to_string().contains("4989"), "{ladder}");
    }
}

#[tokio::test]
async fn refused_credentials_are_the_line_s_fault() {
    let (record, _) = call("refuse_credentials", &[], 1).await;
    assert_eq!((record.outcome, record.sip_status), (Outcome::LineUnauthorized, Some(407)));
}

#[tokio::test]
async fn refusals_and_their_causes_become_outcomes() {
    let table = [
        ("486 Busy Here", "SIP;cause=486", Outcome::Busy),
        ("404 Not Found", "Q.850;cause=1", Outcome::NumberNotAssigned),
        ("480 Temporarily Unavailable", "Q.850;cause=17;text=\"User busy\"", Outcome::Busy),
        ("503 Service Unavailable", "Q.850;cause=34", Outcome::NoCircuit),
        ("603 Decline", "Q.850;cause=16", Outcome::Refused),
    ];
    for (status, reason, outcome) in table {
        let (record, _) = call("refuse", &[("status", status), ("reason", reason)], 1).await;
        assert_eq!(record.outcome, outcome, "{status} {reason}");
        assert_eq!(record.sip_status, status[..3].parse().ok());
        assert_eq!(record.answered_at, None);
    }
}

#[tokio::test]
async fn a_call_that_only_rings_is_cancelled_after_the_ring_time() {
    let sipp = Sipp::answers("ring", &[]);
    let line = Line::open(Trunk { ring_max: Duration::from_secs(2), ..trunk(&sipp) }).await.unwrap();
    let record = line.place(order("0049891234", 1), &mut Tell::nobody(), CancellationToken::new()).await;
    sipp.passed().await;
    assert_eq!((record.outcome, record.sip_status), (Outcome::NoAnswer, Some(487)));
}

#[tokio::test]
async fn a_far_end_that_hangs_up_while_it_rings_gets_its_answer() {
    let (record, _) = call("bye_while_ringing", &[], 1).await;
    assert_eq!(record.outcome, Outcome::Refused);
}

#[tokio::test]
async fn the_far_end_may_switch_to_t38_and_back_and_hang_up() {
    let (record, messages) = call("switch", &[], 1).await;
    let ladder = told(&record.ladder);
    assert!(ladder.contains("line T38 switched"), "{ladder}");
    assert!(ladder.ends_with(HUNG_UP_BY_FAR_END), "{ladder}");
    // Audio; two image lines; one image line, said again unchanged; audio.
    let origins = origins(&messages);
    let (id, first) = origins[0];
    assert_eq!(origins, [(id, first), (id, first + 1), (id, first + 2), (id, first + 3)]);
}

#[tokio::test]
async fn a_far_end_that_refuses_our_t38_is_told_from_others() {
    for status in ["488 Not Acceptable Here", "415 Unsupported Media Type", "606 Not Acceptable", "501 Not Implemented"]
    {
        let (record, _) = call("refuse_t38", &[("status", status)], 20).await;
        assert_eq!(record.outcome, Outcome::AudioOnly, "{status}");
    }
    let (record, _) = call("no_image_line", &[], 20).await;
    assert_eq!(record.outcome, Outcome::AudioOnly);
}

#[tokio::test]
async fn after_a_collision_we_ask_again() {
    let (record, _) = call("glare", &[], 20).await;
    let ladder = told(&record.ladder);
    assert_eq!(ladder.matches("caller INVITE T.38 14400").count(), 3, "{ladder}");
    assert!(ladder.contains("line T38 switched"), "{ladder}");
}

#[tokio::test]
async fn every_request_inside_a_call_is_answered() {
    let (record, messages) = call("refresh", &[], 1).await;
    assert!(matches!(record.outcome, Outcome::RemoteHungUp { .. }), "{:?}", record.outcome);
    // An offer of both laws, answers with one: one change; the offer asked for has both again.
    let origins = origins(&messages);
    assert!(origins.windows(2).all(|pair| pair[0].0 == pair[1].0 && pair[1].1 == pair[0].1 + 1), "{origins:?}");
}

#[tokio::test]
async fn a_caller_may_leave_the_offer_to_us() {
    let received = called("call_without_offer", fax).await.unwrap();
    assert!(matches!(received.record.outcome, Outcome::RemoteHungUp { .. }), "{:?}", received.record.outcome);
}

#[tokio::test]
async fn a_caller_may_give_up() {
    assert!(called("call_and_give_up", |_| Reply::Ring).await.is_none());
}

#[tokio::test]
async fn a_caller_that_offers_t38_while_we_do_gets_491() {
    let received = called("call_and_collide", fax).await.unwrap();
    let ladder = told(&received.record.ladder);
    assert!(ladder.contains("line T38 switched"), "{ladder}");
}

#[tokio::test]
async fn a_caller_may_offer_t38_at_once() {
    let received = called("call_with_t38_alone", fax).await.unwrap();
    assert!(told(&received.record.ladder).contains("line T38 switched"), "{}", received.record.ladder);
    let received = called("call_with_both", fax).await.unwrap();
    assert!(!told(&received.record.ladder).contains("line T38 switched"), "{}", received.record.ladder);
}

#[tokio::test]
async fn requests_outside_a_call_are_answered() {
    assert!(called("strange_requests", fax).await.is_none());
}
