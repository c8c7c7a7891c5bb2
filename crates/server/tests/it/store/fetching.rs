//! Documents by URL: from accepted to all here.

use ferrofax_server::store::{ROW_BYTES_MAX, StoreError};

use super::*;

/// A job with one document that came with it and two to be fetched.
fn fetch_job(id: &str) -> NewJob {
    let url =
        |name: &str| Document { content: Content::Url(format!("https://host/{name}")), ..document(name, Vec::new()) };
    let mut new = job(id, &["+4989123"]);
    new.order.documents = vec![url("a.txt"), document("b.txt", b"here".to_vec()), url("c.txt")];
    new
}

pub(super) async fn a_job_is_prepared_when_its_documents_are_fetched(mut house: House) {
    house.store.accept_job(fetch_job("FJ1")).await.unwrap();
    assert_eq!(house.store.claim_preparation("node", now(), LEASE).await.unwrap(), None, "not yet");
    let claim = house.store.claim_fetch("node", now(), LEASE).await.unwrap().unwrap();
    assert_eq!(house.store.claim_fetch("node", now(), LEASE).await.unwrap(), None, "taken");
    let urls: Vec<_> =
        claim.documents.iter().map(|document| (document.url.as_deref(), document.is_to_fetch())).collect();
    assert_eq!(urls, [(Some("https://host/a.txt"), true), (None, false), (Some("https://host/c.txt"), true)]);
    let large = vec![b'x'; ROW_BYTES_MAX + 1];
    house.store.keep_fetched(&claim, &claim.documents[0], b"small".to_vec()).await.unwrap();
    house.store.keep_fetched(&claim, &claim.documents[2], large.clone()).await.unwrap();
    house.store.settle_fetched(claim).await.unwrap();
    house.reopen();
    assert_eq!(house.store.claim_fetch("node", now(), LEASE).await.unwrap(), None, "done");
    let claim = house.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    assert_eq!(claim.preparations, 1, "fetching is no preparation");
    let mut bytes = Vec::new();
    for document in &claim.documents {
        assert!(!document.is_to_fetch());
        bytes.push(house.store.document(&claim.job, document).await.unwrap());
    }
    assert_eq!(bytes, [b"small".to_vec(), b"here".to_vec(), large]);
}

pub(super) async fn what_was_fetched_is_not_fetched_again(house: House) {
    house.store.accept_job(fetch_job("FJ1")).await.unwrap();
    let claim = house.store.claim_fetch("node", now(), LEASE).await.unwrap().unwrap();
    house.store.keep_fetched(&claim, &claim.documents[2], b"c".to_vec()).await.unwrap();
    house.store.put_off_fetch(claim, at(60)).await.unwrap();
    assert_eq!(house.store.claim_fetch("node", at(59), LEASE).await.unwrap(), None);
    assert_eq!(house.store.next_fetch(now()).await.unwrap(), Some(at(60)));
    let claim = house.store.claim_fetch("node", at(60), LEASE).await.unwrap().unwrap();
    let to_fetch: Vec<_> = claim.documents.iter().map(|document| document.is_to_fetch()).collect();
    assert_eq!((to_fetch, claim.fetches), (vec![true, false, false], 1));
}

pub(super) async fn who_lost_the_lease_can_not_keep_what_he_fetched(house: House) {
    house.store.accept_job(fetch_job("FJ1")).await.unwrap();
    let lost = house.store.claim_fetch("slow", now(), LEASE).await.unwrap().unwrap();
    house.store.reclaim_expired(at(60), &once()).await.unwrap();
    let kept = house.store.keep_fetched(&lost, &lost.documents[0], b"late".to_vec()).await;
    assert!(matches!(kept, Err(StoreError::Stale)), "{kept:?}");
    let settled = house.store.settle_fetched(lost.clone()).await;
    assert!(matches!(settled, Err(StoreError::Stale)), "{settled:?}");
    let settled = house.store.put_off_fetch(lost, at(90)).await;
    assert!(matches!(settled, Err(StoreError::Stale)), "{settled:?}");
    assert!(house.store.claim_fetch("quick", at(61), LEASE).await.unwrap().is_some());
}
