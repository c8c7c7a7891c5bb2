//! Accepting jobs, and reports of pending ones.

use std::sync::Arc;

use ferrofax_api::job::{AuthMethod, HttpStatusPush, Property};
use ferrofax_server::jobs::JobId;
use ferrofax_server::store::{ROW_BYTES_MAX, Stage, StoreError};
use tokio::sync::Barrier;

use super::*;

pub(super) async fn an_accepted_job_is_there_after_a_restart(mut house: House) {
    house.store.accept_job(job("FJ1", &["+4989123"])).await.unwrap();
    house.reopen();
    let report = house.store.report(&"alpha".into(), &JobId("FJ1".into())).await.unwrap().unwrap().read().unwrap();
    assert_eq!(report.recipient_status[0].number, "+4989123");
}

pub(super) async fn a_job_is_seen_by_its_own_login_alone(house: House) {
    house.store.accept_job(job("FJ1", &["+4989123"])).await.unwrap();
    let id = JobId("FJ1".into());
    assert!(house.store.report(&"alpha".into(), &id).await.unwrap().is_some());
    assert!(house.store.report(&"beta".into(), &id).await.unwrap().is_none());
    assert!(house.store.report(&"Alpha".into(), &id).await.unwrap().is_none());
    assert!(house.store.report(&"alpha".into(), &JobId("FJ2".into())).await.unwrap().is_none());
}

pub(super) async fn a_pending_report_has_the_shape_all_clients_parse(house: House) {
    let mut new = job("FJ1", &["+49 89 1234567-8900", "+12015551000"]);
    new.order.reference.billing_code = Some("cost centre 7".into());
    new.order.recipients[1].properties = vec![Property { key: "key123".into(), value: "value123".into() }];
    house.store.accept_job(new).await.unwrap();
    let report = house.store.report(&"alpha".into(), &JobId("FJ1".into())).await.unwrap().unwrap().read().unwrap();
    insta::assert_json_snapshot!("pending_report", report);
}

pub(super) async fn sixty_four_clients_share_commits(house: House) {
    let before = house.store.commits();
    let together = Arc::new(Barrier::new(64));
    let clients: Vec<_> = (0..64)
        .map(|client| {
            let (store, together) = (house.store.clone(), Arc::clone(&together));
            tokio::spawn(async move {
                together.wait().await;
                for n in 0..8 {
                    store.accept_job(job(&format!("FJ{client}x{n}"), &["+4989123"])).await.unwrap();
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let commits = house.store.commits() - before;
    assert!(commits < 64 * 8 / 2, "{commits} commits for {} jobs", 64 * 8);
    for client in 0..64 {
        for n in 0..8 {
            let id = JobId(format!("FJ{client}x{n}"));
            assert!(house.store.report(&"alpha".into(), &id).await.unwrap().is_some(), "{id}");
        }
    }
}

pub(super) async fn a_job_id_is_taken_once(house: House) {
    house.store.accept_job(job("FJ1", &["+4989123"])).await.unwrap();
    let twice = house.store.accept_job(job("FJ1", &["+4989124"])).await;
    assert!(matches!(twice, Err(StoreError::Internal(_))), "{twice:?}");
    let report = house.store.report(&"alpha".into(), &JobId("FJ1".into())).await.unwrap().unwrap().read().unwrap();
    assert_eq!(report.recipient_status[0].number, "+4989123");
}

pub(super) async fn an_accepted_job_wakes_the_preparing_stage(house: House) {
    let mut bell = house.store.bell(Stage::Prepare);
    let other = house.store.bell(Stage::Report);
    let store = house.store.clone();
    let (woken, accepted) = tokio::join!(bell.changed(), store.accept_job(job("FJ1", &["+4989123"])));
    woken.unwrap();
    accepted.unwrap();
    assert!(!other.has_changed().unwrap());
}

pub(super) async fn a_large_document_lies_in_a_file_and_a_small_one_in_its_row(house: House) {
    let mut new = job("FJ1", &["+4989123"]);
    let large = vec![b'x'; ROW_BYTES_MAX + 1];
    new.order.documents = vec![document("a.txt", vec![b'y'; ROW_BYTES_MAX]), document("b.txt", large.clone())];
    house.store.accept_job(new).await.unwrap();
    let folder = house.folder.path().join("blobs/FJ1");
    let names: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["document-1"]);
    assert_eq!(std::fs::read(folder.join("document-1")).unwrap(), large);

    // A job that is refused leaves nothing behind.
    let mut refused = job("FJ2", &["+4989123"]);
    refused.customer = "nobody".into();
    refused.order.documents = vec![document("b.txt", large)];
    refused.order.report.push = Some(HttpStatusPush {
        target_url: "http://localhost/".into(),
        auth_method: AuthMethod::None,
        principal: None,
        credentials: None,
    });
    house.store.accept_job(refused).await.unwrap_err();
    assert!(!house.folder.path().join("blobs/FJ2").exists());
}
