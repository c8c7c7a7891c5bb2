//! What calls to numbers teach: the next call's speed, who is shown what, and dead numbers that are parked.

use ferrofax_server::jobs::{Again, Pins};

use super::*;

/// Three dead calls park a number.
fn rules() -> Arc<Policy> {
    let retry = Retry { attempts_max: 1, jitter_percent: 0, park_after: 3, park_days: 30, ..Retry::default() };
    Arc::new(Policy::new(anywhere().tested_by("box"), retry))
}

async fn claim(house: &House, line: &str, at: Timestamp) -> Option<DeliveryClaim> {
    house.store.claim_delivery("node", at, LEASE, line, &rules()).await.unwrap()
}

/// A job to this number, and its call, which ends so.
async fn call(house: &House, id: &str, result: AttemptResult) -> DeliveryClaim {
    house.prepared(job(id, &["+4989123"]), 1).await;
    let claimed = claim(house, "world", at(0)).await.unwrap();
    settle(house, claimed.clone(), result).await;
    claimed
}

async fn settle(house: &House, claimed: DeliveryClaim, result: AttemptResult) {
    if result.outcome == Outcome::Sent {
        house.confirm(&claimed, 0).await;
    }
    let history = house.store.history(&claimed).await.unwrap();
    let next = decide(&result.end(), &history, &rules(), result.ended_at);
    house.store.settle_attempt(claimed, result, next, &rules()).await.unwrap();
}

fn heard(outcome: Outcome, bit_rate: u32) -> AttemptResult {
    AttemptResult { bit_rate: Some(bit_rate), ecm: Some(true), ..result(outcome, at(4), at(30)) }
}

fn dead() -> AttemptResult {
    AttemptResult { answered_at: None, bit_rate: None, ecm: None, ..result(Outcome::NumberNotAssigned, at(4), at(5)) }
}

pub(super) async fn a_number_that_had_trouble_is_called_more_slowly(mut house: House) {
    let first = call(&house, "FJ1", heard(Outcome::TooManyBadFrames, 14_400)).await;
    let second = call(&house, "FJ2", heard(Outcome::TooManyBadFrames, 9600)).await;
    assert_eq!((first.bit_rate_max, second.bit_rate_max), (None, None));
    house.reopen();
    let third = call(&house, "FJ3", heard(Outcome::Sent, 7200)).await;
    assert_eq!((third.bit_rate_max, third.ecm), (Some(7200), true));
    let known = house.store.destination("004989123").await.unwrap().unwrap().memory;
    assert_eq!((known.ok_at, known.failed_at, known.answer_ms), (Some(at(30)), Some(at(30)), Some(4000)));

    // What the delivery itself found out may be slower.
    house.prepared(job("FJ4", &["+4989123"]), 1).await;
    let claimed = claim(&house, "world", at(0)).await.unwrap();
    let again = Next::Again(Again { bit_rate_max: Some(4800), ..Again::at(at(60)) });
    let failed = result(Outcome::RemoteHungUp { phase: ferrofax_fax::outcome::Phase::C }, at(4), at(30));
    house.store.settle_attempt(claimed, failed, again, &rules()).await.unwrap();
    let claimed = claim(&house, "world", at(60)).await.unwrap();
    assert_eq!(claimed.bit_rate_max, Some(4800));
    settle(&house, claimed, heard(Outcome::Sent, 4800)).await;

    // Another number knows nothing of it; a month later nobody does.
    house.prepared(job("FJ5", &["+4989124"]), 1).await;
    let claimed = claim(&house, "world", at(0)).await.unwrap();
    assert_eq!((claimed.bit_rate_max, claimed.ecm), (None, true));
    settle(&house, claimed, heard(Outcome::Sent, 14_400)).await;
    assert_eq!(house.store.sweep_destinations(at(29 * 86_400)).await.unwrap(), 0);
    assert_eq!(house.store.sweep_destinations(at(31 * 86_400)).await.unwrap(), 2);
    assert_eq!(house.store.destinations("", 10).await.unwrap(), []);
    assert_eq!(house.store.called_by("99999TE", "", 10).await.unwrap(), []);
}

pub(super) async fn a_pinned_number_is_called_so_whatever_is_learnt(house: House) {
    let (store, rules) = (house.store.clone(), rules());
    let pins = Pins { bit_rate_max: Some(9600), ecm: Some(false) };
    store.pin_destination("004989123", pins, &rules.retry).await.unwrap();
    let first = call(&house, "FJ1", heard(Outcome::TooManyBadFrames, 9600)).await;
    assert_eq!((first.bit_rate_max, first.ecm), (Some(9600), false));
    call(&house, "FJ2", heard(Outcome::TooManyBadFrames, 9600)).await;
    let third = call(&house, "FJ3", heard(Outcome::Sent, 9600)).await;
    assert_eq!((third.bit_rate_max, third.ecm), (Some(9600), false));
    assert_eq!(store.sweep_destinations(at(365 * 86_400)).await.unwrap(), 0);
    assert_eq!(store.destination("004989123").await.unwrap().unwrap().memory.pins, pins);
    assert!(store.forget_destination("004989123").await.unwrap());
    assert!(!store.forget_destination("004989123").await.unwrap());
    let last = call(&house, "FJ4", heard(Outcome::Sent, 14_400)).await;
    assert_eq!((last.bit_rate_max, last.ecm), (None, true));
}

pub(super) async fn a_dead_number_is_parked_until_it_is_released(house: House) {
    let (store, rules) = (house.store.clone(), rules());
    for id in ["FJ1", "FJ2", "FJ3"] {
        call(&house, id, dead()).await;
        assert_eq!(house.status(id).await.0, "WRONG_NO");
    }
    house.prepared(job("FJ4", &["+4989123"]), 1).await;
    assert_eq!(claim(&house, "world", at(60)).await, None);
    let parked = "the number is not in use; parked since 2026-03-01, not called before 2026-03-31 unless the operator \
                  releases it (ferrofax destination release)";
    assert_eq!(house.status("FJ4").await, ("WRONG_NO".into(), parked.into()));
    let delivery = house.view("FJ4").await.deliveries.remove(0);
    assert!(delivery.attempts.is_empty());

    // Another of the recipient's numbers is called.
    let mut new = job("FJ5", &["+4989123"]);
    new.deliveries[0].alternatives = vec!["004989124".into()];
    house.prepared(new, 1).await;
    let claimed = claim(&house, "world", at(60)).await.unwrap();
    assert_eq!((claimed.dial.as_str(), claimed.attempt), ("004989124", 1));
    settle(&house, claimed, heard(Outcome::Sent, 14_400)).await;

    assert!(store.release_destination("004989123", &rules.retry).await.unwrap());
    assert!(!store.release_destination("004989123", &rules.retry).await.unwrap());
    let called = call(&house, "FJ6", heard(Outcome::Sent, 14_400)).await;
    assert_eq!(called.dial, "004989123");

    // Who parks nothing calls for ever; and time is over some day.
    for id in ["FJ7", "FJ8", "FJ9"] {
        call(&house, id, dead()).await;
    }
    let mut late = job("FJA", &["+4989123", "+4989125"]);
    late.valid_until = at(60 * 86_400);
    house.prepared(late, 1).await;
    let never = Retry { park_after: 0, ..rules.retry.clone() };
    let never = Arc::new(Policy { retry: never, ..(*rules).clone() });
    let claimed = store.claim_delivery("node", at(60), LEASE, "world", &never).await.unwrap().unwrap();
    assert_eq!(claimed.dial, "004989123");
    let again = Next::Again(Again::at(at(31 * 86_400)));
    store.settle_attempt(claimed, result(Outcome::LineFailed, at(61), at(62)), again, &rules).await.unwrap();
    let claimed = claim(&house, "world", at(61)).await.unwrap();
    assert_eq!(claimed.dial, "004989125");
    settle(&house, claimed, heard(Outcome::Sent, 14_400)).await;
    assert_eq!(claim(&house, "world", at(31 * 86_400)).await.unwrap().dial, "004989123");
}

pub(super) async fn test_mode_teaches_nothing_and_parks_nothing(house: House) {
    for id in ["FJ1", "FJ2", "FJ3"] {
        call(&house, id, dead()).await;
    }
    house.prepared(job("FJ4", &["+4989123"]), 1).await;
    let account = Account { test_mode: true, ..Account::default() };
    house.store.put_customer(Customer { number: "99999TE".to_owned(), account }, now()).await.unwrap();
    assert_eq!(claim(&house, "world", at(60)).await, None);
    let claimed = claim(&house, "box", at(60)).await.unwrap();
    assert_eq!((claimed.dial.as_str(), claimed.bit_rate_max, claimed.ecm), ("004989123", None, true));
    let before = house.store.destination("004989123").await.unwrap();
    settle(&house, claimed, heard(Outcome::Sent, 14_400)).await;
    assert_eq!(house.store.destination("004989123").await.unwrap(), before);
}

pub(super) async fn a_customer_is_shown_only_what_it_called_itself(house: House) {
    let other = Customer { number: "2".to_owned(), account: Account::default() };
    house.store.put_customer(other, now()).await.unwrap();
    call(&house, "FJ1", heard(Outcome::Busy, 14_400)).await;
    assert_eq!(house.store.if_called_by("2", "004989123").await.unwrap(), None);
    assert_eq!(house.store.called_by("2", "", 10).await.unwrap(), []);
    let mut new = job("FJ2", &["+4989123"]);
    new.customer = "2".to_owned();
    house.prepared(new, 1).await;
    let claimed = claim(&house, "world", at(60)).await.unwrap();
    settle(&house, claimed, AttemptResult { ended_at: at(90), ..heard(Outcome::Sent, 14_400) }).await;
    let own = |customer: &'static str| {
        let store = house.store.clone();
        async move { store.if_called_by(customer, "004989123").await.unwrap().unwrap().own.unwrap() }
    };
    let (first, second) = (own("99999te").await, own("2").await);
    assert_eq!((first.called_at, first.ok_at, first.failed_at), (at(30), None, Some(at(30))));
    assert_eq!((second.called_at, second.ok_at, second.failed_at), (at(90), Some(at(90)), None));
    assert_eq!(house.store.destination("004989123").await.unwrap().unwrap().memory.seen_at, at(90));
}
