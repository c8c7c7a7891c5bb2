//! Whose turn it is: fairness, limits, one call a number, and what operators do to those who wait.

use std::collections::{BTreeMap, BTreeSet};

use ferrofax_server::jobs::{Again, DeliveryState, Next, Once};
use ferrofax_server::store::{Control, Controlled, Stage, StoreError, Which};

use super::*;

/// `customer/login` submits a job to so many numbers of its own.
async fn broadcast(house: &House, id: &str, customer: &str, login: &str, recipients: usize) {
    let numbers: Vec<_> = (0..recipients).map(|n| format!("+{}{n:05}", 4_900 + id.len())).collect();
    let mut new = job(id, &numbers.iter().map(String::as_str).collect::<Vec<_>>());
    for (n, delivery) in new.deliveries.iter_mut().enumerate() {
        delivery.dial = dialled(id, n);
    }
    new.customer = customer.to_owned();
    new.login = login.to_owned();
    house.prepared(new, 1).await;
}

/// The number of a broadcast's recipient.
fn dialled(id: &str, n: usize) -> String {
    format!("0049{}{n:05}", id.bytes().fold(1u64, |sum, byte| sum * 7 + u64::from(byte)))
}

async fn customer(house: &House, number: &str, account: Account) {
    house.store.put_customer(Customer { number: number.to_owned(), account }, now()).await.unwrap();
}

/// The jobs of the next calls, one channel, each busy and final at once.
async fn turns(house: &House, calls: usize) -> Vec<String> {
    let mut jobs = Vec::new();
    for _ in 0..calls {
        let claim = house.call(now()).await;
        jobs.push(claim.job.0.clone());
        house.end(claim, Outcome::Busy, now()).await;
    }
    jobs
}

pub(super) async fn a_single_fax_waits_for_one_call_of_a_broadcast(house: House) {
    broadcast(&house, "FJBIG", "99999TE", "alpha", 1000).await;
    assert_eq!(turns(&house, 3).await, ["FJBIG"; 3]);
    let running = house.call(now()).await;
    // Of the same login, another login, another customer.
    customer(&house, "2", Account::default()).await;
    broadcast(&house, "FJS1", "99999TE", "alpha", 1).await;
    house.end(running, Outcome::Busy, now()).await;
    assert_eq!(turns(&house, 2).await, ["FJS1", "FJBIG"]);
    let running = house.call(now()).await;
    broadcast(&house, "FJS2", "99999TE", "beta", 1).await;
    house.end(running, Outcome::Busy, now()).await;
    assert_eq!(turns(&house, 2).await, ["FJS2", "FJBIG"]);
    let running = house.call(now()).await;
    broadcast(&house, "FJS3", "2", "gamma", 1).await;
    house.end(running, Outcome::Busy, now()).await;
    assert_eq!(turns(&house, 2).await, ["FJS3", "FJBIG"]);
}

pub(super) async fn single_faxes_without_end_do_not_stop_a_broadcast(house: House) {
    broadcast(&house, "FJBIG", "99999TE", "alpha", 50).await;
    let mut calls = Vec::new();
    for n in 0..40 {
        broadcast(&house, &format!("FJS{n:02}"), "99999TE", "alpha", 1).await;
        calls.extend(turns(&house, 1).await);
    }
    // The single ones pile up, and each of them is as much a job as the broadcast is.
    let big = calls.iter().filter(|job| *job == "FJBIG").count();
    assert!((6..=20).contains(&big), "{big} of 40: {calls:?}");
}

pub(super) async fn a_single_fax_does_not_wait_for_a_broadcast_to_its_number(house: House) {
    customer(&house, "2", Account::default()).await;
    broadcast(&house, "FJBIG", "99999TE", "alpha", 200).await;
    broadcast(&house, "FJLIST", "2", "gamma", 20).await;
    turns(&house, 2).await;
    // To the broadcast's hundredth number, and to the list's last one.
    for (id, of, n) in [("FJS1", "FJBIG", 100), ("FJS2", "FJLIST", 19)] {
        let mut new = job(id, &["+491"]);
        new.deliveries[0].dial = dialled(of, n);
        new.login = "beta".to_owned();
        house.prepared(new, 1).await;
    }
    let calls = turns(&house, 8).await;
    let singles = calls.iter().filter(|job| job.starts_with("FJS")).count();
    assert_eq!(singles, 2, "{calls:?}");
    // Who made room is not forgotten.
    assert_eq!(turns(&house, 212).await.len(), 212);
    assert_eq!(house.may_call(now()).await, None);
}

pub(super) async fn single_faxes_to_a_limited_destination_do_not_stop_a_broadcast(house: House) {
    let routes = anywhere().limited([("0033".to_owned(), 30)]);
    let policy = Arc::new(Policy { routes: routes.clone(), ..(*once()).clone() });
    broadcast(&house, "FJBIG", "99999TE", "alpha", 50).await;
    let mut calls = Vec::new();
    for n in 0..20 {
        house.store.accept_job(job(&format!("FJS{n:02}"), &[&format!("+33{n:02}")])).await.unwrap();
        let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
        house.store.settle_prepared(claim, vec![page(0)], &routes, now()).await.unwrap();
        let claim = house.store.claim_delivery("node", now(), LEASE, "world", &policy).await.unwrap().unwrap();
        calls.push(claim.job.0.clone());
        house.end(claim, Outcome::Busy, now()).await;
    }
    let big = calls.iter().filter(|job| *job == "FJBIG").count();
    assert!((5..=15).contains(&big), "{big} of 20: {calls:?}");
}

pub(super) async fn who_waited_behind_an_expired_fax_is_rung_for(house: House) {
    let routes = anywhere().limited([("0049".to_owned(), 0)]);
    let nobody = Arc::new(Policy { routes: routes.clone(), ..(*once()).clone() });
    for (id, seconds) in [("FJ1", 10), ("FJ2", 100)] {
        house.store.accept_job(NewJob { valid_until: at(seconds), ..job(id, &["+491"]) }).await.unwrap();
        let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
        house.store.settle_prepared(claim, vec![page(0)], &routes, now()).await.unwrap();
    }
    assert_eq!(house.store.claim_delivery("node", now(), LEASE, "world", &nobody).await.unwrap(), None);
    let mut bell = house.store.bell(Stage::Send);
    bell.mark_unchanged();
    assert_eq!(house.store.expire_overdue(at(10)).await.unwrap(), 1);
    assert!(bell.has_changed().unwrap());
    assert_eq!(house.call(at(11)).await.job.0, "FJ2");
}

pub(super) async fn a_customer_without_a_channel_keeps_no_other_from_a_number(house: House) {
    customer(&house, "2", Account { channels: Some(1), ..Account::default() }).await;
    let fax = async |id: &str, customer: &str, number: &str| {
        let mut new = job(id, &[number]);
        new.customer = customer.to_owned();
        house.prepared(new, 1).await;
    };
    fax("FJ1", "2", "+491").await;
    let running = house.call(now()).await;
    fax("FJ2", "2", "+492").await;
    fax("FJ3", "99999TE", "+492").await;
    let other = house.call(now()).await;
    assert_eq!(other.job.0, "FJ3");
    house.end(running, Outcome::Busy, now()).await;
    assert_eq!(house.may_call(now()).await, None, "its number is in a call");
    house.end(other, Outcome::Busy, now()).await;
    assert_eq!(house.call(now()).await.job.0, "FJ2");
}

pub(super) async fn many_customers_come_to_one_number_in_turn(house: House) {
    // More than may stand in lanes for it.
    for n in 0..20 {
        // Capitals are as good as other letters.
        let number = format!("{}{n:02}", if n % 2 == 0 { "a" } else { "B" });
        customer(&house, &number, Account::default()).await;
        for fax in 0..3 {
            let mut new = job(&format!("FJ{n:02}x{fax}"), &["+491"]);
            new.customer = number.clone();
            house.prepared(new, 1).await;
        }
    }
    let calls = turns(&house, 60).await;
    let customers: BTreeSet<_> = calls[..40].iter().map(|job| &job[2..4]).collect();
    assert_eq!(customers.len(), 20, "{calls:?}");
    assert_eq!(house.may_call(now()).await, None);
}

pub(super) async fn many_faxes_to_one_number_keep_no_other_customer_from_it(house: House) {
    customer(&house, "2", Account::default()).await;
    for n in 0..30 {
        house.prepared(job(&format!("FJM{n:02}"), &["+491"]), 1).await;
    }
    assert_eq!(turns(&house, 2).await.len(), 2);
    let running = house.call(now()).await;
    for id in ["FJS1", "FJS2"] {
        let mut new = job(id, &["+491"]);
        new.customer = "2".to_owned();
        // They came last.
        new.valid_from = at(5);
        house.prepared(new, 1).await;
    }
    house.end(running, Outcome::Busy, at(9)).await;
    let mut jobs = Vec::new();
    for seconds in 10..14 {
        let claim = house.call(at(seconds)).await;
        jobs.push(claim.job.0[..3].to_owned());
        house.end(claim, Outcome::Busy, at(seconds)).await;
    }
    assert_eq!(jobs, ["FJS", "FJM", "FJS", "FJM"]);
}

pub(super) async fn customers_and_logins_share_alike(house: House) {
    customer(&house, "2", Account::default()).await;
    // One customer with two logins, one of which has three jobs; another customer with one.
    for id in ["FJA1", "FJA2", "FJA3"] {
        broadcast(&house, id, "99999TE", "alpha", 60).await;
    }
    broadcast(&house, "FJB1", "99999TE", "beta", 60).await;
    broadcast(&house, "FJC1", "2", "gamma", 60).await;
    let mut share: BTreeMap<String, u32> = BTreeMap::new();
    for job in turns(&house, 120).await {
        *share.entry(job).or_default() += 1;
    }
    let near = |job: &str, wanted: u32| assert!(share[job].abs_diff(wanted) <= 2, "{share:?}");
    near("FJC1", 60);
    near("FJB1", 30);
    for job in ["FJA1", "FJA2", "FJA3"] {
        near(job, 10);
    }
}

pub(super) async fn an_express_fax_overtakes_those_to_its_number(house: House) {
    for (id, express) in [("FJ1", false), ("FJ2", false), ("FJ3", true)] {
        let mut new = job(id, &["+4989123"]);
        new.order.transport.express = express;
        house.prepared(new, 1).await;
    }
    let mut order = Vec::new();
    for _ in 0..3 {
        order.extend(turns(&house, 1).await);
        if order.len() < 3 {
            continue;
        }
        assert_eq!(house.may_call(now()).await, None);
    }
    assert_eq!(order, ["FJ3", "FJ1", "FJ2"]);
}

pub(super) async fn two_hundred_jobs_to_one_number_are_never_two_calls(house: House) {
    for n in 0..200 {
        house.prepared(job(&format!("FJ{n:03}"), &["+4989123"]), 1).await;
    }
    let mut called = BTreeSet::new();
    for _ in 0..200 {
        let claim = house.call(now()).await;
        assert_eq!(house.may_call(now()).await, None, "the number is being called");
        called.insert(claim.job.0.clone());
        house.send(claim, now()).await;
    }
    assert_eq!((called.len(), house.may_call(now()).await), (200, None));
}

pub(super) async fn a_customer_and_a_destination_have_no_more_calls_than_allowed(house: House) {
    customer(&house, "2", Account { channels: Some(2), ..Account::default() }).await;
    broadcast(&house, "FJA", "2", "gamma", 10).await;
    let mine = [house.call(now()).await, house.call(now()).await];
    assert_eq!(house.may_call(now()).await, None);
    broadcast(&house, "FJB", "99999TE", "alpha", 1).await;
    let other = house.call(now()).await;
    assert_eq!(other.job.0, "FJB", "others go on");
    house.end(other, Outcome::Busy, now()).await;
    let [first, _second] = mine;
    house.end(first, Outcome::Busy, now()).await;
    assert_eq!(house.call(now()).await.job.0, "FJA");
    assert_eq!(house.may_call(now()).await, None);

    let routes = anywhere().limited([("0033".to_owned(), 1)]);
    let limited = Arc::new(Policy::new(routes.clone(), Retry { attempts_max: 1, ..Retry::default() }));
    house.store.accept_job(job("FJF", &["+331", "+332", "+491"])).await.unwrap();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    house.store.settle_prepared(claim, vec![page(0)], &routes, now()).await.unwrap();
    let mut dialled = Vec::new();
    while let Some(claim) = house.store.claim_delivery("node", now(), LEASE, "world", &limited).await.unwrap() {
        dialled.push(claim.dial);
    }
    dialled.sort();
    assert_eq!(dialled, ["00331", "00491"]);
}

pub(super) async fn other_numbers_are_called_until_one_succeeds(house: House) {
    let mut new = job("FJ1", &["+491"]);
    new.deliveries[0].alternatives = vec!["00492".into(), "00493".into()];
    house.prepared(new, 2).await;
    let claim = house.call(now()).await;
    assert_eq!(claim.dial, "00491");
    house.end(claim, Outcome::Busy, now()).await;
    let claim = house.call(at(19)).await;
    assert_eq!((claim.dial.as_str(), claim.first_page), ("00492", 0));
    house.confirm(&claim, 0).await;
    house.end(claim, Outcome::NoReply { phase: ferrofax_fax::outcome::Phase::D, to: "MPS".into() }, at(20)).await;
    let claim = house.call(at(39)).await;
    assert_eq!((claim.dial.as_str(), claim.first_page), ("00493", 0), "another machine has nothing of it yet");
    house.send(claim, at(40)).await;
    let recipient = house.report("FJ1").await.recipient_status.remove(0);
    assert_eq!((recipient.status.as_str(), recipient.sent_to_number.as_deref()), ("OK", Some("00493")));
    assert_eq!(recipient.number, "+491");
    let dialled: Vec<_> = house.view("FJ1").await.deliveries.remove(0).attempts.into_iter().map(|a| a.dial).collect();
    assert_eq!(dialled, ["00491", "00492", "00493"]);
}

pub(super) async fn test_mode_takes_hold_even_of_what_waits(house: House) {
    let routes = anywhere().tested_by("box");
    let tested = Arc::new(Policy::new(routes, Retry::default()));
    house.prepared(job("FJ1", &["+4989123"]), 1).await;
    customer(&house, "99999TE", Account { test_mode: true, ..Account::default() }).await;
    let claim = |line: &'static str| {
        let (store, tested) = (house.store.clone(), tested.clone());
        async move { store.claim_delivery("node", now(), LEASE, line, &tested).await.unwrap() }
    };
    assert_eq!(claim("world").await, None, "nothing leaves the house");
    assert_eq!(claim("box").await.unwrap().line, "box");
}

fn whole(id: &str) -> Which {
    Which { job: JobId(id.to_owned()), recipient: None, login: None }
}

async fn control(house: &House, which: &Which, control: Control) -> Option<Controlled> {
    house.store.control(which, control, at(5)).await.unwrap()
}

pub(super) async fn a_cancelled_job_ends_at_any_stage(house: House) {
    // Accepted, being prepared, waiting, behind another, in a call, held.
    house.store.accept_job(job("FJ1", &["+491"])).await.unwrap();
    let done = Controlled { done: 1, ..Controlled::default() };
    assert_eq!(control(&house, &whole("FJ1"), Control::Cancel).await, Some(done));
    assert_eq!(house.status("FJ1").await, ("CANCELLED".into(), "cancelled".into()));
    assert_eq!(house.store.claim_preparation("node", now(), LEASE).await.unwrap(), None);

    house.store.accept_job(job("FJ2", &["+491"])).await.unwrap();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    assert_eq!(control(&house, &whole("FJ2"), Control::Cancel).await, Some(done));
    let settled = house.store.settle_prepared(claim, vec![page(0)], &anywhere(), at(11)).await;
    assert!(matches!(settled, Err(StoreError::Stale)), "{settled:?}");

    house.prepared(job("FJ3", &["+493"]), 2).await;
    house.prepared(job("FJ4", &["+493"]), 2).await;
    house.prepared(job("FJ5", &["+493"]), 2).await;
    let running = house.call(now()).await;
    assert_eq!(control(&house, &whole("FJ4"), Control::Cancel).await, Some(done));
    let in_call = Controlled { in_call: 1, ..Controlled::default() };
    assert!(!house.store.is_cancelled(&running.delivery).await.unwrap());
    assert_eq!(control(&house, &whole("FJ3"), Control::Cancel).await, Some(in_call));
    assert!(house.store.is_cancelled(&running.delivery).await.unwrap());
    // The call ended by itself meanwhile; it is not made again all the same.
    house.confirm(&running, 0).await;
    let again = Next::Again(Again::at(at(10)));
    let cut = result(Outcome::Interrupted, now(), at(8));
    house.store.settle_attempt(running, cut, again, &once()).await.unwrap();
    let recipient = house.report("FJ3").await.recipient_status.remove(0);
    assert_eq!((recipient.status.as_str(), recipient.pages_confirmed), ("CANCELLED", Some(1)));
    assert_eq!(house.call(at(10)).await.job.0, "FJ5");
    let unchanged = Controlled { unchanged: 1, ..Controlled::default() };
    assert_eq!(control(&house, &whole("FJ3"), Control::Cancel).await, Some(unchanged));
}

pub(super) async fn a_held_job_waits_until_it_is_released(house: House) {
    house.prepared(job("FJ1", &["+491", "+492"]), 1).await;
    let one = Which { recipient: Some(0), ..whole("FJ1") };
    control(&house, &one, Control::Hold).await.unwrap();
    let states: Vec<_> = house.view("FJ1").await.deliveries.iter().map(|one| one.state).collect();
    assert_eq!(states, [DeliveryState::Held, DeliveryState::Waiting]);
    assert_eq!(house.store.counts(now()).await.unwrap().held, 1);
    assert_eq!(house.call(now()).await.dial, "00492");
    assert_eq!(house.may_call(now()).await, None);
    control(&house, &one, Control::Release).await.unwrap();
    let claim = house.call(now()).await;
    assert_eq!(claim.dial, "00491");
    // Held in mid-call: the call goes on, but no other follows.
    control(&house, &one, Control::Hold).await.unwrap();
    let again = Next::Again(Again::at(at(10)));
    house.store.settle_attempt(claim, result(Outcome::NoAnswer, now(), at(8)), again, &once()).await.unwrap();
    assert_eq!(house.may_call(at(10)).await, None);
    control(&house, &one, Control::Release).await.unwrap();
    house.call(at(10)).await;

    // Before it is prepared.
    house.store.accept_job(job("FJ2", &["+493"])).await.unwrap();
    control(&house, &whole("FJ2"), Control::Hold).await.unwrap();
    house.prepare(1).await;
    assert_eq!(house.may_call(at(10)).await, None);
    control(&house, &whole("FJ2"), Control::Release).await.unwrap();
    assert_eq!(house.call(at(10)).await.job.0, "FJ2");
}

pub(super) async fn a_foreign_job_can_not_be_controlled(house: House) {
    house.prepared(job("FJ1", &["+491"]), 1).await;
    let foreign = Which { login: Some("beta".into()), ..whole("FJ1") };
    assert_eq!(control(&house, &foreign, Control::Cancel).await, None);
    assert_eq!(control(&house, &whole("FJ9"), Control::Cancel).await, None);
    assert_eq!(control(&house, &Which { recipient: Some(1), ..whole("FJ1") }, Control::Cancel).await, None);
    let own = Which { login: Some("alpha".into()), ..whole("FJ1") };
    assert!(control(&house, &own, Control::Cancel).await.is_some());
}

pub(super) async fn the_same_request_makes_one_job(mut house: House) {
    let request = |id: &str, login: &str, key: &str, body: u8| {
        let mut new = job(id, &["+491"]);
        new.login = login.to_owned();
        new.once = Some(Once { key: key.to_owned(), sha256: [body; 32] });
        new
    };
    let id = |id: &str| JobId(id.to_owned());
    assert_eq!(house.store.accept_job(request("FJ1", "alpha", "k", 1)).await.unwrap(), id("FJ1"));
    assert_eq!(house.store.accept_job(request("FJ2", "alpha", "k", 1)).await.unwrap(), id("FJ1"));
    let reused = house.store.accept_job(request("FJ3", "alpha", "k", 2)).await;
    assert!(matches!(reused, Err(StoreError::KeyReused)), "{reused:?}");
    assert_eq!(house.store.accept_job(request("FJ4", "beta", "k", 2)).await.unwrap(), id("FJ4"));
    house.reopen();
    // At the same time, of which one makes the job; its large document is the only one kept.
    let large = |id: &str| {
        let mut new = request(id, "alpha", "large", 3);
        new.order.documents = vec![document("large.txt", vec![b'x'; 2 * ferrofax_server::store::ROW_BYTES_MAX])];
        house.store.accept_job(new)
    };
    let (five, six) = tokio::join!(large("FJ5"), large("FJ6"));
    assert_eq!(five.as_ref().unwrap(), six.as_ref().unwrap());
    let blobs = std::fs::read_dir(house.folder.path().join("blobs")).unwrap().count();
    assert_eq!(blobs, 1);
}

pub(super) async fn a_cover_page_may_be_sent_once_more(house: House) {
    customer(&house, "99999TE", Account { repeat_cover: true, ..Account::default() }).await;
    house.prepared(job("FJ1", &["+491"]), 3).await;
    let claim = house.call(now()).await;
    assert_eq!(claim.repeated, 0);
    let claim = house.store.record_composed(claim, 1, &[]).await.unwrap();
    house.confirm(&claim, 0).await;
    house.confirm(&claim, 1).await;
    let again = Next::Again(Again { bit_rate_max: Some(4800), ..Again::at(at(30)) });
    house.store.settle_attempt(claim, result(Outcome::Interrupted, now(), at(20)), again, &once()).await.unwrap();
    let claim = house.call(at(30)).await;
    assert_eq!((claim.first_page, claim.repeated, claim.bit_rate_max), (2, 1, Some(4800)));
    house.send(claim, at(30)).await;
    assert_eq!(house.view("FJ1").await.deliveries[0].attempts[1].pages_repeated, 1);
}

pub(super) async fn nobody_is_called_in_quiet_hours(house: House) {
    // Noon in UTC: seven in the morning in New York, where a third of these numbers is; 22 in Brisbane.
    let quiet = Account { quiet_hours: Some("22:00-08:00".parse().unwrap()), ..Account::default() };
    customer(&house, "99999TE", quiet).await;
    house.prepared(job("FJ1", &["+12125550123", "+61731234567", "+498912345"]), 1).await;
    assert_eq!(house.call(now()).await.dial, "00498912345");
    assert_eq!(house.may_call(now()).await, None);
    let hour = 3600;
    assert_eq!(house.store.next_due("world", now()).await.unwrap(), Some(at(hour)));
    assert_eq!(house.call(at(hour)).await.dial, "0012125550123");
    assert_eq!(house.store.next_due("world", at(hour)).await.unwrap(), Some(at(10 * hour)));
    assert_eq!(house.may_call(at(10 * hour - 1)).await, None);
    assert_eq!(house.call(at(10 * hour)).await.dial, "0061731234567");
}

pub(super) async fn faxes_of_a_customer_to_one_number_share_a_call(house: House) {
    customer(&house, "99999TE", Account { share_calls: true, ..Account::default() }).await;
    customer(&house, "99999ZZ", Account { share_calls: true, ..Account::default() }).await;
    for (id, customer, csid) in [
        ("FJ1", "99999TE", "a"),
        ("FJ2", "99999TE", "a"),
        ("FJ3", "99999ZZ", "a"),
        ("FJ4", "99999TE", "b"),
        ("FJ5", "99999TE", "a"),
    ] {
        let mut new = job(id, &["+491"]);
        new.customer = customer.to_owned();
        new.order.transport.csid = Some(csid.to_owned());
        house.prepared(new, 1).await;
    }
    let carrier = house.call(now()).await;
    assert!(carrier.shares);
    let companions = house.store.claim_companions(&carrier, "node", now(), LEASE, &once()).await.unwrap();
    let jobs: Vec<_> = companions.iter().map(|claim| claim.job.0.as_str()).collect();
    assert_eq!((carrier.job.0.as_str(), jobs), ("FJ1", vec!["FJ2", "FJ5"]));
    assert_eq!(house.may_call(now()).await, None, "it is one call");
    // The second was sent, the third not begun when the call ended.
    let [second, third] = <[_; 2]>::try_from(companions).unwrap();
    house.send(carrier, now()).await;
    house.send(second, now()).await;
    house.store.settle_unbegun(third, &once(), at(20)).await.unwrap();
    let view = house.view("FJ5").await.deliveries.remove(0);
    assert_eq!((view.state, view.attempts.len()), (DeliveryState::Waiting, 0));
    let mut rest = Vec::new();
    for _ in 0..3 {
        let claim = house.call(at(20)).await;
        rest.push(claim.job.0.clone());
        house.send(claim, at(20)).await;
    }
    rest.sort();
    assert_eq!(rest, ["FJ3", "FJ4", "FJ5"]);
}

pub(super) async fn a_clock_that_is_set_takes_no_call_and_no_pause_along(house: House) {
    house.prepared(job("FJ1", &["+491"]), 1).await;
    house.prepared(job("FJ2", &["+492"]), 1).await;
    let running = house.call(now()).await;
    let failed = house.call(now()).await;
    let again = Next::Again(Again::at(at(300)));
    house.store.settle_attempt(failed, result(Outcome::NoAnswer, now(), at(5)), again, &once()).await.unwrap();
    // An hour forward, in mid-call.
    let hour = jiff::SignedDuration::from_hours(1);
    house.store.clock_was_set("node", hour).await.unwrap();
    let swept = house.store.reclaim_expired(at(3605), &once()).await.unwrap();
    assert_eq!(swept.deliveries, 0, "the call goes on");
    assert_eq!(house.store.next_due("world", at(3605)).await.unwrap(), Some(at(3900)));
    // And back.
    house.store.clock_was_set("node", -hour).await.unwrap();
    assert_eq!(house.store.next_due("world", at(10)).await.unwrap(), Some(at(300)));
    house.send(running, at(10)).await;
    assert_eq!(house.status("FJ1").await.0, "OK");
    let call = house.call(at(300)).await;
    assert_eq!(call.job.0, "FJ2");
    // A call whose process is gone is found out all the same.
    house.store.clock_was_set("another", hour).await.unwrap();
    assert_eq!(house.store.reclaim_expired(at(361), &once()).await.unwrap().deliveries, 1);
}
