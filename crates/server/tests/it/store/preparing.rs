//! From accepted to prepared.

use ferrofax_api::job::{Paper, RenderingOptions};
use ferrofax_server::jobs::{ApiStatus, DeliveryState, JobState};
use ferrofax_server::store::{PREPARATIONS_MAX, ROW_BYTES_MAX, Stage, StoreError, Swept};

use super::*;

pub(super) async fn a_preparation_claim_holds_all_that_is_needed(house: House) {
    let mut new = job("FJ1", &["+4989123"]);
    let (small, large) = (vec![b'y'; ROW_BYTES_MAX], vec![b'x'; ROW_BYTES_MAX + 1]);
    new.order.documents = vec![document("a.txt", small.clone()), document("b.txt", large.clone())];
    new.order.rendering = RenderingOptions { paper: Some(Paper::Letter), ..Default::default() };
    house.store.accept_job(new).await.unwrap();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    assert_eq!((claim.job.0.as_str(), claim.preparations), ("FJ1", 1));
    assert_eq!(claim.rendering.paper, Some(Paper::Letter));
    assert_eq!(claim.account, Account::default());
    let names: Vec<_> = claim.documents.iter().map(|document| (document.number, document.name.as_str())).collect();
    assert_eq!(names, [(0, "a.txt"), (1, "b.txt")]);
    assert_eq!(house.store.document(&claim.job, &claim.documents[0]).await.unwrap(), small);
    assert_eq!(house.store.document(&claim.job, &claim.documents[1]).await.unwrap(), large);
}

pub(super) async fn express_jobs_are_prepared_first_then_the_oldest(house: House) {
    for id in ["FJ2", "FJ1", "FJ3"] {
        let mut new = job(id, &["+4989123"]);
        new.order.transport.express = id == "FJ3";
        house.store.accept_job(new).await.unwrap();
    }
    for expected in ["FJ3", "FJ1", "FJ2"] {
        let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
        assert_eq!(claim.job.0, expected);
    }
}

pub(super) async fn a_job_is_claimed_for_preparation_once(house: House) {
    house.store.accept_job(job("FJ1", &["+4989123"])).await.unwrap();
    let other = house.another();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    assert_eq!(other.claim_preparation("other", now(), LEASE).await.unwrap(), None);
    assert_eq!(house.view("FJ1").await.state, JobState::Preparing);
    let mut bell = house.store.bell(Stage::Send);
    house.store.settle_prepared(claim, vec![page(0)], &anywhere(), now()).await.unwrap();
    assert!(bell.has_changed().unwrap(), "the sending stage is woken");
    bell.mark_unchanged();
    assert_eq!(other.claim_preparation("other", now(), LEASE).await.unwrap(), None);
    let view = house.view("FJ1").await;
    assert_eq!((view.state, view.pages, view.deliveries[0].state), (JobState::Prepared, 1, DeliveryState::Waiting));
}

pub(super) async fn pages_come_back_as_they_were_made(mut house: House) {
    house.store.accept_job(job("FJ1", &["+4989123"])).await.unwrap();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    let mut pages: Vec<_> = (0..3).map(page).collect();
    pages[1].code = vec![0x5a; ROW_BYTES_MAX + 1];
    pages[2].resolution = Resolution::Standard;
    pages[2].index = vec![];
    house.store.settle_prepared(claim, pages.clone(), &anywhere(), now()).await.unwrap();
    house.reopen();
    assert_eq!(house.store.job_pages(&JobId("FJ1".into())).await.unwrap(), pages);
    let claim = house.call(now()).await;
    let sent: Vec<_> = house.store.pages(&claim).await.unwrap().iter().map(|page| (**page).clone()).collect();
    assert_eq!(sent, pages);
}

pub(super) async fn an_unpreparable_job_ends_every_delivery(house: House) {
    house.store.accept_job(job("FJ1", &["+4989123", "+4989124"])).await.unwrap();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    let reported = house.store.bell(Stage::Report);
    let reason = "letter.pdf can't be converted: it is protected by a password";
    house.store.settle_unpreparable(claim, ApiStatus::RenderingError, reason, at(5)).await.unwrap();
    assert!(reported.has_changed().unwrap());
    insta::assert_json_snapshot!("unpreparable_report", house.report("FJ1").await);
    let view = house.view("FJ1").await;
    assert_eq!((view.state, view.finished_at), (JobState::Finished, Some(at(5))));
    assert_eq!(house.may_call(at(6)).await, None);
}

pub(super) async fn who_lost_the_lease_can_not_settle_a_preparation(house: House) {
    house.store.accept_job(job("FJ1", &["+4989123"])).await.unwrap();
    let lost = house.store.claim_preparation("slow", now(), LEASE).await.unwrap().unwrap();
    let swept = house.store.reclaim_expired(at(60), &once()).await.unwrap();
    assert_eq!(swept, Swept { preparations: 1, deliveries: 0, ..Swept::default() });
    let held = house.store.claim_preparation("quick", at(60), LEASE).await.unwrap().unwrap();
    assert_eq!(held.preparations, 2);

    // Both made large pages; the one who lost his lease comes first and must not spoil the other's.
    let large = |byte| StoredPage { code: vec![byte; ROW_BYTES_MAX + 1], ..page(0) };
    let store = &house.store;
    assert!(matches!(store.extend_preparation_lease(&lost, at(61), LEASE).await, Err(StoreError::Stale)));
    let settled = store.settle_prepared(lost.clone(), vec![large(1)], &anywhere(), at(61)).await;
    assert!(matches!(settled, Err(StoreError::Stale)), "{settled:?}");
    let settled = store.settle_unpreparable(lost.clone(), ApiStatus::RenderingError, "no", at(61)).await;
    assert!(matches!(settled, Err(StoreError::Stale)), "{settled:?}");
    store.settle_prepared(held, vec![large(2)], &anywhere(), at(62)).await.unwrap();
    let settled = store.settle_prepared(lost, vec![large(1), large(1)], &anywhere(), at(63)).await;
    assert!(matches!(settled, Err(StoreError::Stale)), "{settled:?}");
    assert_eq!(store.job_pages(&JobId("FJ1".into())).await.unwrap(), [large(2)]);
}

pub(super) async fn an_extended_preparation_is_not_taken_away(house: House) {
    house.store.accept_job(job("FJ1", &["+4989123"])).await.unwrap();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    house.store.extend_preparation_lease(&claim, at(50), LEASE).await.unwrap();
    assert_eq!(house.store.next_expiry().await.unwrap(), Some(at(110)));
    assert_eq!(house.store.reclaim_expired(at(109), &once()).await.unwrap(), Swept::default());
    house.store.settle_prepared(claim, vec![page(0)], &anywhere(), at(109)).await.unwrap();
}

pub(super) async fn a_job_that_cuts_off_its_preparation_is_given_up(house: House) {
    house.store.accept_job(job("FJ1", &["+4989123"])).await.unwrap();
    for _ in 0..PREPARATIONS_MAX {
        assert_eq!(house.status("FJ1").await.0, "PENDING");
        house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
        house.store.reclaim_from("node", now(), &once()).await.unwrap();
    }
    assert_eq!(house.store.claim_preparation("node", now(), LEASE).await.unwrap(), None);
    assert_eq!(house.status("FJ1").await.0, "RENDERING_ERROR");
}

pub(super) async fn a_number_without_a_line_fails_at_once(house: House) {
    house.store.accept_job(job("FJ1", &["+4989123", "+12015551000"])).await.unwrap();
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    let germany = Routes::new([("0049".to_owned(), "world".to_owned())]);
    house.store.settle_prepared(claim, vec![page(0)], &germany, now()).await.unwrap();
    let statuses: Vec<_> = house.report("FJ1").await.recipient_status.into_iter().map(|one| one.status).collect();
    assert_eq!(statuses, ["PENDING", "DIAL_NC"]);
    let claim = house.call(now()).await;
    house.send(claim, now()).await;
    let statuses: Vec<_> = house.report("FJ1").await.recipient_status.into_iter().map(|one| one.status).collect();
    assert_eq!(statuses, ["OK", "DIAL_NC"]);
}
