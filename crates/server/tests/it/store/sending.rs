//! From waiting to final.

use std::collections::HashSet;

use ferrofax_fax::outcome::Phase;
use ferrofax_server::jobs::{Again, ApiStatus, DeliveryState, JobState, status};
use ferrofax_server::store::{Counts, Stage, StoreError};

use super::*;

pub(super) async fn a_sent_fax_has_a_final_report(mut house: House) {
    let mut new = job("FJ1", &["+49 89 1234567-8900"]);
    new.deliveries[0].dial = "00498912345678900".into();
    new.order.reference.customer_defined_id = Some("2026-03-01_customerDefinedId".into());
    house.prepared(new, 2).await;
    let claim = house.call(at(10)).await;
    assert_eq!((claim.dial.as_str(), claim.line.as_str()), ("00498912345678900", "world"));
    assert_eq!((claim.attempt, claim.pages, claim.first_page, claim.doubts), (1, 2, 0, 0));
    let reported = house.store.bell(Stage::Report);
    house.send(claim, at(12)).await;
    assert!(reported.has_changed().unwrap());
    let report = house.report("FJ1").await;
    insta::assert_json_snapshot!("sent_report", report);
    house.reopen();
    assert_eq!(house.report("FJ1").await, report);
    let view = house.view("FJ1").await;
    assert_eq!((view.state, view.deliveries[0].state), (JobState::Finished, DeliveryState::Sent));
    assert_eq!(house.store.counts(at(40)).await.unwrap(), Counts::default());
}

pub(super) async fn a_job_is_pending_until_its_last_delivery_is_final(house: House) {
    house.prepared(job("FJ1", &["+4989123", "+4989124"]), 1).await;
    let claim = house.call(now()).await;
    house.end(claim, Outcome::Busy, now()).await;
    let report = house.report("FJ1").await;
    let statuses: Vec<_> = report.recipient_status.iter().map(|one| one.status.as_str()).collect();
    assert_eq!((report.pages, statuses), (0, vec!["BUSY", "PENDING"]));
    let claim = house.call(now()).await;
    house.send(claim, now()).await;
    let report = house.report("FJ1").await;
    let statuses: Vec<_> = report.recipient_status.iter().map(|one| one.status.as_str()).collect();
    assert_eq!((report.pages, statuses), (1, vec!["BUSY", "OK"]));
}

pub(super) async fn one_call_per_number_at_a_time(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 1).await;
    house.prepared(job("FJ2", &["+4989123"]), 1).await;
    house.prepared(job("FJ3", &["+4989124"]), 1).await;
    let first = house.call(now()).await;
    assert_eq!(first.job.0, "FJ1");
    assert_eq!(house.call(now()).await.job.0, "FJ3", "FJ2 waits for its number, not FJ3");
    assert_eq!(house.may_call(now()).await, None);
    let bell = house.store.bell(Stage::Send);
    house.send(first, now()).await;
    assert!(bell.has_changed().unwrap(), "a free number wakes who waits for it");
    assert_eq!(house.call(now()).await.job.0, "FJ2");
}

pub(super) async fn two_processes_never_claim_the_same_call(house: House) {
    let numbers: Vec<_> = (0..30).map(|n| format!("+49891{}", n % 7)).collect();
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    house.prepared(job("FJ1", &numbers), 1).await;
    let stores = [house.store.clone(), house.another()];
    let callers: Vec<_> = (0..8)
        .map(|n| {
            let store = stores[n % 2].clone();
            tokio::spawn(async move {
                let mut called = Vec::new();
                while let Some(claim) =
                    store.claim_delivery(&n.to_string(), now(), LEASE, "world", &once()).await.unwrap()
                {
                    called.push(claim.delivery.clone());
                    let next = failed(status(&Outcome::Busy));
                    store.settle_attempt(claim, result(Outcome::Busy, now(), at(1)), next, &once()).await.unwrap();
                }
                called
            })
        })
        .collect();
    let mut called = Vec::new();
    for caller in callers {
        called.extend(caller.await.unwrap());
    }
    // Who found every number busy gave up early; the rest is called now.
    while let Some(claim) = house.may_call(now()).await {
        called.push(claim.delivery.clone());
        house.end(claim, Outcome::Busy, now()).await;
    }
    assert_eq!(called.len(), 30);
    assert_eq!(called.iter().collect::<HashSet<_>>().len(), 30);
    assert!(house.report("FJ1").await.recipient_status.iter().all(|one| one.status == "BUSY"));
}

pub(super) async fn express_goes_first_then_the_longest_due(house: House) {
    for (id, number, valid_from, express) in
        [("FJ1", "+491", 20, false), ("FJ2", "+492", 10, false), ("FJ3", "+493", 30, true), ("FJ4", "+494", 99, true)]
    {
        let mut new = job(id, &[number]);
        new.valid_from = at(valid_from);
        new.order.transport.express = express;
        house.prepared(new, 1).await;
    }
    let mut order = Vec::new();
    while let Some(claim) = house.may_call(at(50)).await {
        order.push(claim.job.0);
    }
    assert_eq!(order, ["FJ3", "FJ2", "FJ1"]);
    assert_eq!(house.store.next_due("world", at(50)).await.unwrap(), Some(at(99)));
}

pub(super) async fn nothing_is_called_outside_its_window(house: House) {
    let mut new = job("FJ1", &["+4989123"]);
    (new.valid_from, new.valid_until) = (at(100), at(200));
    house.prepared(new, 1).await;
    assert_eq!(house.may_call(at(99)).await, None);
    assert_eq!(house.store.next_due("world", at(99)).await.unwrap(), Some(at(100)));
    assert_eq!(house.store.next_due("moon", at(99)).await.unwrap(), None);
    let counts = house.store.counts(at(99)).await.unwrap();
    assert_eq!((counts.due, counts.later), (0, 1));
    house.call(at(199)).await;
    house.prepared(job("FJ2", &["+4989124"]), 1).await;
    // Of the one that is over nobody has to be told.
    let mut new = job("FJ3", &["+4989125"]);
    new.valid_until = at(200);
    house.prepared(new, 1).await;
    assert_eq!(house.call(at(200)).await.job.0, "FJ2");
    assert_eq!(house.may_call(at(200)).await, None);
    assert_eq!(house.status("FJ3").await.0, "CANCELLED");
}

pub(super) async fn a_delivery_takes_its_own_line(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 1).await;
    let other = house.store.claim_delivery("node", now(), LEASE, "munich", &once()).await.unwrap();
    assert_eq!(other, None);

    // The operator changed the configuration, twice.
    let munich = Routes::new([("004989".to_owned(), "munich".to_owned())]);
    assert_eq!(house.store.reroute(&Routes::default()).await.unwrap(), 1);
    assert_eq!(house.may_call(now()).await, None);
    assert_eq!(house.store.counts(now()).await.unwrap().without_line, 1);
    assert_eq!(house.store.reroute(&munich).await.unwrap(), 0);
    assert_eq!(house.may_call(now()).await, None);
    let claim = house.store.claim_delivery("node", now(), LEASE, "munich", &once()).await.unwrap().unwrap();
    assert_eq!(claim.line, "munich");
}

pub(super) async fn a_call_goes_on_at_the_first_unconfirmed_page(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 4).await;
    let claim = house.call(now()).await;
    house.confirm(&claim, 0).await;
    house.confirm(&claim, 1).await;
    house.store.record_page_ending(&claim, 2).await.unwrap();
    let next = Next::Again(Again::at(at(60)));
    house.store.settle_attempt(claim, result(Outcome::Interrupted, now(), at(20)), next, &once()).await.unwrap();

    assert_eq!(house.may_call(at(59)).await, None);
    let claim = house.call(at(60)).await;
    assert_eq!((claim.attempt, claim.first_page, claim.doubts), (2, 2, 1));
    let rows: Vec<_> = house.store.pages(&claim).await.unwrap().iter().map(|page| page.rows).collect();
    assert_eq!(rows, [72, 73]);
    house.send(claim, at(60)).await;
    let attempts = &house.view("FJ1").await.deliveries[0].attempts;
    let story: Vec<_> = attempts.iter().map(|a| (a.first_page, a.pages_confirmed, a.in_doubt)).collect();
    assert_eq!(story, [(0, 2, Some(2)), (2, 2, None)]);
    assert_eq!(house.status("FJ1").await, ("OK".into(), "OK".into()));
    assert_eq!(house.report("FJ1").await.recipient_status[0].pages_confirmed, Some(4));
}

pub(super) async fn pages_are_recorded_in_order(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 2).await;
    let claim = house.call(now()).await;
    let internal = |result| matches!(result, Err(StoreError::Internal(_)));
    assert!(internal(house.store.record_page_ending(&claim, 1).await));
    assert!(internal(house.store.record_page_confirmed(&claim, 1, &ladder(1)).await));
    house.confirm(&claim, 0).await;
    assert!(internal(house.store.record_page_confirmed(&claim, 0, &ladder(1)).await), "a page is confirmed once");
    house.confirm(&claim, 1).await;
    assert!(internal(house.store.record_page_confirmed(&claim, 2, &ladder(1)).await), "there are two pages");
    let delivery = &house.view("FJ1").await.deliveries[0];
    assert_eq!((delivery.pages_confirmed, delivery.attempts[0].pages_confirmed), (2, 2));
}

pub(super) async fn who_lost_the_lease_can_not_write(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 2).await;
    let lost = house.call(now()).await;
    house.confirm(&lost, 0).await;
    house.store.reclaim_expired(at(60), &once()).await.unwrap();
    let stale = |result: Result<(), StoreError>| assert!(matches!(result, Err(StoreError::Stale)), "{result:?}");
    // Neither before nor after somebody else has it.
    for _ in 0..2 {
        stale(house.store.record_answered(&lost, at(61)).await);
        stale(house.store.record_page_ending(&lost, 1).await);
        stale(house.store.record_page_confirmed(&lost, 1, &ladder(1)).await);
        stale(house.store.extend_delivery_lease(&lost, at(61), LEASE).await);
        let next = failed((ApiStatus::Busy, "busy"));
        stale(house.store.settle_attempt(lost.clone(), result(Outcome::Busy, now(), at(61)), next, &once()).await);
        if let Some(held) = house.may_call(at(61)).await {
            assert_eq!((held.attempt, held.first_page), (2, 1));
        }
    }
    let delivery = &house.view("FJ1").await.deliveries[0];
    assert_eq!((delivery.state, delivery.pages_confirmed), (DeliveryState::Sending, 1));
    assert_eq!(delivery.attempts[0].outcome, Some(Outcome::Interrupted));
}

pub(super) async fn ok_without_every_confirmation_is_refused(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 2).await;
    let claim = house.call(now()).await;
    house.confirm(&claim, 0).await;
    let next = failed((ApiStatus::Ok, "OK"));
    let settled = house.store.settle_attempt(claim, result(Outcome::Sent, now(), at(1)), next, &once()).await;
    assert!(matches!(settled, Err(StoreError::Internal(_))), "{settled:?}");
    let view = house.view("FJ1").await;
    assert_eq!(view.deliveries[0].state, DeliveryState::Sending);
    assert_eq!(view.deliveries[0].attempts[0].outcome, None, "nothing of it stays");
}

pub(super) async fn a_call_that_failed_is_told_as_it_was(house: House) {
    house.prepared(job("FJ1", &["+4989123", "+4989124"]), 3).await;
    let claim = house.call(at(5)).await;
    let busy = AttemptResult {
        answered_at: None,
        sip_status: Some(486),
        remote_id: None,
        ..result(Outcome::Busy, at(5), at(8))
    };
    house.store.settle_attempt(claim, busy, failed(status(&Outcome::Busy)), &once()).await.unwrap();
    let claim = house.call(at(10)).await;
    house.confirm(&claim, 0).await;
    house.end(claim, Outcome::RemoteHungUp { phase: Phase::C }, at(12)).await;
    insta::assert_json_snapshot!("failed_report", house.report("FJ1").await);
    let attempts: Vec<_> =
        house.view("FJ1").await.deliveries.iter().map(|delivery| delivery.attempts[0].sip_status).collect();
    assert_eq!(attempts, [Some(486), Some(200)]);
}

pub(super) async fn the_ladder_is_kept_page_by_page(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 3).await;
    let claim = house.call(now()).await;
    let delivery = claim.delivery.clone();
    assert_eq!(house.store.ladder(&delivery, 1).await.unwrap(), None);
    house.confirm(&claim, 0).await;
    house.confirm(&claim, 1).await;
    assert_eq!(house.store.ladder(&delivery, 1).await.unwrap(), Some(ladder(1)));
    house.confirm(&claim, 2).await;
    house.end(claim, Outcome::Sent, now()).await;
    assert_eq!(house.store.ladder(&delivery, 1).await.unwrap(), Some(ladder(3)));
    assert_eq!(house.store.ladder(&delivery, 2).await.unwrap(), None);
}

pub(super) async fn a_job_to_a_thousand_numbers_finishes(house: House) {
    let numbers: Vec<_> = (0..1000).map(|n| format!("+49891{n:04}")).collect();
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    house.prepared(job("FJ1", &numbers), 1).await;
    let counts = house.store.counts(now()).await.unwrap();
    assert_eq!(counts, Counts { due: 1000, ..Counts::default() });
    // Many channels, so that commits are shared.
    let channels: Vec<_> = (0..50)
        .map(|_| {
            let store = house.store.clone();
            tokio::spawn(async move {
                while let Some(claim) = store.claim_delivery("node", now(), LEASE, "world", &once()).await.unwrap() {
                    let next = failed(status(&Outcome::NoAnswer));
                    store.settle_attempt(claim, result(Outcome::NoAnswer, now(), at(1)), next, &once()).await.unwrap();
                }
            })
        })
        .collect();
    for channel in channels {
        channel.await.unwrap();
    }
    let report = house.report("FJ1").await;
    let echoed: Vec<_> = report.recipient_status.iter().map(|one| one.number.as_str()).collect();
    assert_eq!(echoed, numbers, "in the order of the request");
    assert!(report.recipient_status.iter().all(|one| one.status == "RING_TO"));
}
