//! What far ends do at awkward moments: switches that come late, twice, or back; hang-ups in the middle of things.

use std::net::{IpAddr, Ipv4Addr};

use ferrofax_fax::outcome::{Outcome, Phase};
use ferrofax_fax::page::StoredPage;
use ferrofax_fax::t30::{Config, Event, Role, Task};
use ferrofax_fax::time::Time;
use ferrofax_server::line::{CallRecord, Line, Speed, Trunk};
use ferrofax_server::receive::{Answerer, PassOn, Received, Reply, Settings};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::far::{Far, SPEED, Seen, Stopped};
use super::{Tell, here, order_of, page, sender, told};

fn receiver() -> Config {
    Config { role: Role::Answerer, task: Task::Receive, ..sender(0) }
}

/// A far end that is called by us, with its fax of so many pages under way: it answers, does as `behave` says, and its pages are
/// compared by the test.
async fn call<F>(pages: u16, behave: impl FnOnce(Far) -> F) -> (CallRecord, F::Output)
where
    F: Future,
{
    let far = Far::bind().await;
    let line = Line::open(Trunk::to(&far.address().to_string(), here())).await.unwrap();
    let mut nobody = Tell::nobody();
    let place = line.place(order_of(pages, "1", SPEED), &mut nobody, CancellationToken::new());
    tokio::join!(place, behave(far))
}

/// Gathers pages.
fn into(pages: &mut Vec<StoredPage>) -> impl FnMut(Seen<'_>) -> bool {
    |seen| {
        if let Seen::Event(Event::PageReceived { page, .. }) = seen {
            pages.push((**page).clone());
        }
        matches!(seen, Seen::Event(Event::Done(_)))
    }
}

fn noted(seen: &Seen<'_>, what: &str) -> bool {
    matches!(seen, Seen::Event(Event::Noted(entry)) if entry.what == what)
}

/// Times never go back, and every entry says something.
fn assert_ladder(record: &CallRecord) {
    let entries = record.ladder.entries();
    assert!(entries.is_sorted_by_key(|entry| entry.at), "{}", record.ladder);
    assert!(entries.iter().all(|entry| !entry.what.is_empty()), "{}", record.ladder);
    let end = entries.iter().filter(|entry| entry.what == "end").count();
    assert_eq!(end, 1, "{}", record.ladder);
    assert!(record.ladder.to_string().contains(&record.outcome.to_string()), "{}", record.ladder);
}

fn assert_sent(record: &CallRecord, received: &[StoredPage], pages: u16) {
    assert_eq!(record.outcome, Outcome::Sent, "{}", record.ladder);
    let sent: Vec<_> = (0..pages).map(|seed| page(seed).as_ref().clone()).collect();
    assert!(received == sent, "{}", record.ladder);
    assert_ladder(record);
}

#[tokio::test]
async fn a_far_end_that_refused_our_t38_switches_ten_seconds_after_the_answer() {
    let (record, pages) = call(1, |mut far| async move {
        far.answer().await;
        let asked = far.asked_for_t38().await;
        far.respond(&asked, "488 Not Acceptable Here", "").await;
        far.expect("ACK").await;
        far.wait(Time::from_millis(10_000)).await;
        let mut machine = far.switch(receiver()).await;
        let mut pages = vec![];
        far.talk(&mut machine, into(&mut pages)).await;
        far.hang_up().await;
        pages
    })
    .await;
    assert_sent(&record, &pages, 1);
}

#[tokio::test]
async fn t38_that_comes_before_the_answer_to_our_request_is_not_lost() {
    let (record, pages) = call(1, |mut far| async move {
        far.answer().await;
        let asked = far.asked_for_t38().await;
        let mut machine = far.machine(receiver());
        // CSI and DIS are out before the 200.
        let mut said_dis = false;
        far.talk(&mut machine, |seen| {
            said_dis |= noted(&seen, "DIS");
            said_dis
        })
        .await;
        let until = far.now() + std::time::Duration::from_millis(2300);
        far.talk_until(&mut machine, until).await;
        let answer = far.t38();
        far.respond(&asked, "200 OK", &answer).await;
        let mut pages = vec![];
        let mut dis = 1;
        let mut gather = into(&mut pages);
        far.talk(&mut machine, |seen| {
            dis += u32::from(noted(&seen, "DIS"));
            gather(seen)
        })
        .await;
        assert_eq!(dis, 1, "the first DIS was heard");
        far.hang_up().await;
        drop(gather);
        pages
    })
    .await;
    assert_sent(&record, &pages, 1);
}

#[tokio::test]
async fn media_that_move_in_mid_call_are_followed() {
    let (record, pages) = call(2, |mut far| async move {
        let mut machine = far.answer_and_switch(receiver()).await;
        let mut pages = vec![];
        let mut gather = into(&mut pages);
        far.talk(&mut machine, |seen| {
            let first = matches!(seen, Seen::Event(Event::PageReceived { .. }));
            gather(seen) || first
        })
        .await;
        // Another address, another port; what was under way to the old one is lost.
        far.move_media(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))).await;
        let offer = far.t38();
        far.reinvite(&offer).await;
        far.talk(&mut machine, &mut gather).await;
        far.hang_up().await;
        drop(gather);
        pages
    })
    .await;
    assert_sent(&record, &pages, 2);
}

#[tokio::test]
async fn a_switch_back_to_audio_just_before_the_hang_up_is_no_failure() {
    for answered in [true, false] {
        let (record, pages) = call(1, |mut far| async move {
            let mut machine = far.answer_and_switch(receiver()).await;
            let mut pages = vec![];
            far.talk(&mut machine, into(&mut pages)).await;
            let offer = far.audio();
            if answered {
                far.reinvite(&offer).await;
            } else {
                far.begin_reinvite(&offer).await;
            }
            far.hang_up().await;
            pages
        })
        .await;
        assert_sent(&record, &pages, 1);
    }
}

#[tokio::test]
async fn a_confirmation_that_comes_together_with_the_hang_up_counts() {
    let (record, pages) = call(1, |mut far| async move {
        let mut machine = far.answer_and_switch(receiver()).await;
        let mut pages = vec![];
        let mut gather = into(&mut pages);
        far.talk(&mut machine, |seen| {
            let mcf = noted(&seen, "MCF");
            gather(seen) || mcf
        })
        .await;
        // All of MCF in one go, and BYE behind it.
        far.finish_at_once(&mut machine).await;
        far.hang_up().await;
        drop(gather);
        pages
    })
    .await;
    assert_sent(&record, &pages, 1);
}

#[tokio::test]
async fn a_hang_up_within_a_page_is_told_with_its_phase() {
    let (record, ()) = call(1, |mut far| async move {
        let mut machine = far.answer_and_switch(receiver()).await;
        let mut cfr = false;
        let stopped = far
            .talk(&mut machine, |seen| {
                cfr |= noted(&seen, "CFR");
                cfr && matches!(seen, Seen::Data)
            })
            .await;
        assert!(matches!(stopped, Stopped::AsTold), "{stopped:?}");
        far.hang_up().await;
    })
    .await;
    assert_eq!(record.outcome, Outcome::RemoteHungUp { phase: Phase::C }, "{}", record.ladder);
    assert_ladder(&record);
    let end = "answerer BYE\ncaller 200 OK (BYE)\nline end remote_hung_up, phase C";
    assert!(told(&record.ladder).ends_with(end), "{}", record.ladder);
}

#[tokio::test]
async fn a_far_machine_that_says_nothing_but_dcn_has_disconnected() {
    let (record, ()) = call(1, |mut far| async move {
        let mut machine = far.answer_and_switch(receiver()).await;
        far.talk(&mut machine, |seen| noted(&seen, "T38")).await;
        machine.handle(far.now(), ferrofax_fax::call::Input::Cancel);
        let stopped = far.talk(&mut machine, |seen| matches!(seen, Seen::Event(Event::Done(_)))).await;
        if let Stopped::By(bye) = stopped {
            assert!(bye.is("BYE"), "{bye:?}");
            far.respond(&bye, "200 OK", "").await;
        }
    })
    .await;
    assert_eq!(record.outcome, Outcome::RemoteDisconnected { phase: Phase::B }, "{}", record.ladder);
    assert_ladder(&record);
}

/// A far end that calls us, refuses our request for T.38, and asks for it itself.
#[tokio::test]
async fn a_caller_that_only_switches_by_itself_is_received() {
    let (pass, mut received) = mpsc::channel::<Received>(1);
    let settings = Settings { speed: Speed::new(SPEED), ..Settings::at(here()) };
    let reply = |_: &str| Reply::fax(receiver());
    let answerer = Answerer::start(settings, reply, move || PassOn::to(pass.clone())).await.unwrap();
    let mut far = Far::bind().await;
    far.call(answerer.address()).await;
    let asked = far.asked_for_t38().await;
    far.respond(&asked, "488 Not Acceptable Here", "").await;
    far.expect("ACK").await;
    far.wait(Time::from_millis(10_000)).await;
    let mut machine = far.switch(sender(2)).await;
    let mut outcome = None;
    let mut done = |seen: Seen<'_>| {
        if let Seen::Event(Event::Done(done)) = seen {
            outcome = Some(done.clone());
        }
        matches!(seen, Seen::Event(Event::Done(_)))
    };
    // After DCN whoever is first hangs up.
    match far.talk(&mut machine, &mut done).await {
        Stopped::By(bye) => {
            assert!(bye.is("BYE"), "{bye:?}");
            far.respond(&bye, "200 OK", "").await;
            machine.handle(far.now(), ferrofax_fax::call::Input::RemoteHungUp);
            far.talk(&mut machine, &mut done).await;
        }
        Stopped::AsTold => {
            far.hang_up().await;
        }
    }
    assert_eq!(outcome, Some(Outcome::Sent));
    let received = received.recv().await.unwrap();
    assert_eq!(received.record.outcome, Outcome::Received, "{}", received.record.ladder);
    assert_eq!(received.pages.len(), 2);
    assert_ladder(&received.record);
}
