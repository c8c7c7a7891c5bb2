//! What time and crashes do.

use ferrofax_server::jobs::{Again, DeliveryState, JobState};
use ferrofax_server::store::{ROW_BYTES_MAX, Stage, StoreError, Swept};

use super::*;

/// The process dies and comes back.
async fn crash(house: &mut House, at: Timestamp) {
    house.reopen();
    house.store.reclaim_from("node", at, &once()).await.unwrap();
}

pub(super) async fn a_crash_in_mid_call_costs_no_confirmed_page(mut house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 3).await;
    let claim = house.call(now()).await;
    house.store.record_answered(&claim, at(4)).await.unwrap();
    house.confirm(&claim, 0).await;
    house.store.record_page_ending(&claim, 1).await.unwrap();
    crash(&mut house, at(30)).await;

    let delivery = house.view("FJ1").await.deliveries.remove(0);
    assert_eq!((delivery.state, delivery.pages_confirmed), (DeliveryState::Waiting, 1));
    let attempt = &delivery.attempts[0];
    assert_eq!(attempt.outcome, Some(Outcome::Interrupted));
    assert_eq!((attempt.answered_at, attempt.ended_at, attempt.in_doubt), (Some(at(4)), Some(at(30)), Some(1)));
    let claim = house.call(at(30)).await;
    assert_eq!((claim.attempt, claim.first_page, claim.doubts), (2, 1, 1));
    house.confirm(&claim, 1).await;
    crash(&mut house, at(40)).await;
    let claim = house.call(at(40)).await;
    assert_eq!((claim.attempt, claim.first_page, claim.doubts), (3, 2, 0), "a doubt is one page's alone");
    house.send(claim, at(41)).await;
    assert_eq!(house.status("FJ1").await.0, "OK");
}

pub(super) async fn the_last_page_in_doubt_twice_is_not_sent_a_third_time(mut house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 2).await;
    let claim = house.call(now()).await;
    house.confirm(&claim, 0).await;
    house.store.record_page_ending(&claim, 1).await.unwrap();
    // Sent again within the call, as after RTN: still one doubt.
    house.store.record_page_ending(&claim, 1).await.unwrap();
    crash(&mut house, at(10)).await;
    let claim = house.call(at(10)).await;
    assert_eq!((claim.first_page, claim.doubts), (1, 1));
    // A call that was cut off before the page's end adds no doubt.
    crash(&mut house, at(20)).await;
    let claim = house.call(at(20)).await;
    assert_eq!(claim.doubts, 1);
    house.store.record_page_ending(&claim, 1).await.unwrap();
    crash(&mut house, at(30)).await;
    assert_eq!(house.may_call(at(30)).await, None);
    assert_eq!(house.status("FJ1").await.0, "EOD_FAILED");
    let told = house.report("FJ1").await.recipient_status.remove(0);
    assert_eq!((told.pages_confirmed, told.pages_in_doubt), (Some(1), Some(1)));
    assert_eq!(house.view("FJ1").await.state, JobState::Finished);
}

pub(super) async fn a_crash_after_the_last_confirmation_is_a_sent_fax(mut house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 2).await;
    let claim = house.call(now()).await;
    house.store.record_answered(&claim, at(3)).await.unwrap();
    house.confirm(&claim, 0).await;
    house.confirm(&claim, 1).await;
    crash(&mut house, at(10)).await;
    assert_eq!(house.may_call(at(10)).await, None);
    let recipient = house.report("FJ1").await.recipient_status.remove(0);
    assert_eq!((recipient.status.as_str(), recipient.duration_in_secs), ("OK", 7));
    assert_eq!(recipient.sent_ts.as_deref(), Some("2026-03-01T12:00:03Z"));
}

pub(super) async fn a_lease_that_ran_out_is_given_back_and_an_extended_one_is_not(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 1).await;
    house.prepared(job("FJ2", &["+4989124"]), 1).await;
    let (lost, kept) = (house.call(now()).await, house.call(now()).await);
    house.store.extend_delivery_lease(&kept, at(50), LEASE).await.unwrap();
    assert_eq!(house.store.next_expiry().await.unwrap(), Some(at(60)));
    assert_eq!(house.store.reclaim_expired(at(59), &once()).await.unwrap(), Swept::default());
    let bell = house.store.bell(Stage::Send);
    let swept = house.store.reclaim_expired(at(70), &once()).await.unwrap();
    assert_eq!(swept, Swept { preparations: 0, deliveries: 1, ..Swept::default() });
    assert!(bell.has_changed().unwrap());
    let attempt = house.view("FJ1").await.deliveries[0].attempts.remove(0);
    assert_eq!(attempt.ended_at, Some(at(60)), "not after its lease");
    assert_eq!(house.call(at(70)).await.delivery, lost.delivery);
    house.send(kept, at(70)).await;
}

pub(super) async fn a_claim_can_be_taken_from_a_dead_owner_at_once(house: House) {
    house.prepared(job("FJ1", &["+4989123"]), 1).await;
    house.prepared(job("FJ2", &["+4989124"]), 1).await;
    house.call(now()).await;
    let other = house.store.claim_delivery("other", now(), LEASE, "world", &once()).await.unwrap().unwrap();
    let swept = house.store.reclaim_from("node", at(1), &once()).await.unwrap();
    assert_eq!(swept, Swept { preparations: 0, deliveries: 1, ..Swept::default() });
    house.store.record_page_ending(&other, 0).await.unwrap();
    assert_eq!(house.call(at(1)).await.job.0, "FJ1");
}

pub(super) async fn a_job_never_called_expires_as_cancelled(house: House) {
    let mut new = job("FJ1", &["+4989123", "+4989124"]);
    new.valid_until = at(100);
    house.prepared(new, 1).await;
    let running = house.call(at(90)).await;
    assert_eq!(house.store.expire_overdue(at(99)).await.unwrap(), 0);
    assert_eq!(house.store.expire_overdue(at(100)).await.unwrap(), 1);
    let report = house.report("FJ1").await;
    let statuses: Vec<_> = report.recipient_status.iter().map(|one| (&*one.status, &*one.reason)).collect();
    assert_eq!(statuses, [("PENDING", ""), ("CANCELLED", "job expired")]);
    assert_eq!(house.view("FJ1").await.deliveries[1].state, DeliveryState::Cancelled);
    // The call that was running when the time was over may end.
    house.send(running, at(101)).await;
    assert_eq!(house.status("FJ1").await.0, "OK");
}

pub(super) async fn a_job_expires_with_the_status_of_its_last_call(house: House) {
    let mut new = job("FJ1", &["+4989123"]);
    new.valid_until = at(100);
    house.prepared(new, 1).await;
    let claim = house.call(now()).await;
    let next = Next::Again(Again::at(at(200)));
    house.store.settle_attempt(claim, result(Outcome::NoAnswer, now(), at(30)), next, &once()).await.unwrap();
    assert_eq!(house.store.next_expiry().await.unwrap(), Some(at(100)));
    assert_eq!(house.store.expire_overdue(at(100)).await.unwrap(), 1);
    assert_eq!(house.status("FJ1").await, ("RING_TO".into(), "nobody answered".into()));
    assert_eq!(house.store.next_expiry().await.unwrap(), None);
}

pub(super) async fn a_job_that_expires_while_it_is_prepared_stays_expired(house: House) {
    let mut new = job("FJ1", &["+4989123"]);
    new.valid_until = at(10);
    house.store.accept_job(new).await.unwrap();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    assert_eq!(house.store.expire_overdue(at(10)).await.unwrap(), 1);
    let settled = house.store.settle_prepared(claim, vec![page(0)], &anywhere(), at(11)).await;
    assert!(matches!(settled, Err(StoreError::Stale)), "{settled:?}");
    assert_eq!(house.status("FJ1").await.0, "CANCELLED");
}

pub(super) async fn a_finished_job_is_kept_as_long_as_its_customer_wants(house: House) {
    let account = Account { retention_days: 1, ..Account::default() };
    house.store.put_customer(Customer { number: "99999TE".into(), account }, now()).await.unwrap();
    let mut new = job("FJ1", &["+4989123"]);
    new.order.documents = vec![document("a.txt", vec![b'x'; ROW_BYTES_MAX + 1])];
    house.prepared(new, 1).await;
    house.prepared(job("FJ2", &["+4989124"]), 1).await;
    let claim = house.call(now()).await;
    house.send(claim, now()).await;

    let finished = house.view("FJ1").await.finished_at.unwrap();
    let day = Duration::from_secs(86_400);
    assert_eq!(house.store.purge_finished(finished + day - Duration::from_micros(1)).await.unwrap(), 0);
    assert!(house.folder.path().join("blobs/FJ1").exists());
    assert_eq!(house.store.purge_finished(finished + day).await.unwrap(), 1);
    assert!(!house.folder.path().join("blobs/FJ1").exists());
    let id = JobId("FJ1".into());
    assert_eq!(house.store.report(&"alpha".into(), &id).await.unwrap(), None);
    assert_eq!(house.store.job_view(&id).await.unwrap(), None);
    assert_eq!(house.store.job_pages(&id).await.unwrap(), []);
    assert_eq!(house.view("FJ2").await.state, JobState::Prepared, "an unfinished job stays");
}

pub(super) async fn files_without_a_job_are_swept(house: House) {
    let mut new = job("FJ1", &["+4989123"]);
    new.order.documents = vec![document("a.txt", vec![b'x'; ROW_BYTES_MAX + 1])];
    house.store.accept_job(new).await.unwrap();
    let orphan = house.folder.path().join("blobs/FJ2");
    std::fs::create_dir(&orphan).unwrap();
    std::fs::write(orphan.join("document-0.new"), b"cut off").unwrap();
    assert_eq!(house.store.sweep_blobs(Timestamp::UNIX_EPOCH).await.unwrap(), 0, "younger than that");
    assert!(orphan.exists());
    assert_eq!(house.store.sweep_blobs(Timestamp::MAX).await.unwrap(), 1);
    assert!(!orphan.exists());
    assert!(house.folder.path().join("blobs/FJ1/document-0").exists());
}
