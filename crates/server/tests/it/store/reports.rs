//! Reports: whose, which, in what order, and what deleting one means.

use std::collections::HashSet;

use ferrofax_server::jobs::JobState;
use ferrofax_server::store::Reader;

use super::*;

impl House {
    /// A job that is sent at once, finished at that time.
    async fn finished(&self, id: &str, number: &str, time: Timestamp) {
        self.prepared(job(id, &[number]), 1).await;
        let claim = self.call(now()).await;
        self.send(claim, time).await;
    }

    async fn listed(&self, reader: &Reader, limit: u32) -> Vec<String> {
        let reports = self.store.oldest_reports(reader, limit).await.unwrap();
        reports.iter().map(|report| report.read().unwrap().job_id).collect()
    }
}

fn names(jobs: &[&str]) -> Vec<String> {
    jobs.iter().map(|job| (*job).to_owned()).collect()
}

pub(super) async fn finished_reports_are_listed_in_the_order_of_their_ends(house: House) {
    let (alpha, beta) = (Reader::from("alpha"), Reader::from("beta"));
    assert_eq!(house.listed(&alpha, 1000).await, names(&[]));
    house.finished("FJ1", "+49891", at(50)).await;
    house.finished("FJ2", "+49892", at(20)).await;
    house.finished("FJ3", "+49893", at(50)).await;
    house.store.accept_job(job("FJ4", &["+49894"])).await.unwrap();
    house.store.accept_job(NewJob { login: "beta".to_owned(), ..job("FJ5", &["+49895"]) }).await.unwrap();
    assert_eq!(house.listed(&alpha, 1000).await, names(&["FJ2", "FJ1", "FJ3"]), "not what is pending");
    assert_eq!(house.listed(&alpha, 2).await, names(&["FJ2", "FJ1"]));
    assert_eq!(house.listed(&beta, 1000).await, names(&[]));

    let asked = names(&["FJ4", "none", "FJ1", "FJ5", "FJ1"]);
    let reports = house.store.reports_of(&alpha, asked).await.unwrap();
    let reports: Vec<_> = reports.iter().map(|report| report.read().unwrap()).collect();
    let found: Vec<_> = reports.iter().map(|one| (&*one.job_id, &*one.recipient_status[0].status)).collect();
    assert_eq!(found, [("FJ4", "PENDING"), ("FJ1", "OK"), ("FJ1", "OK")]);
}

pub(super) async fn a_deleted_report_is_gone_and_its_job_goes_on(house: House) {
    let (alpha, beta) = (Reader::from("alpha"), Reader::from("beta"));
    house.finished("FJ1", "+49891", at(10)).await;
    house.prepared(job("FJ2", &["+49892"]), 1).await;
    let asked = || names(&["FJ1", "FJ2", "FJ9"]);
    let deleted = house.store.delete_reports(&beta, asked()).await.unwrap();
    assert_eq!(deleted, HashSet::new(), "another login's");
    let deleted = house.store.delete_reports(&alpha, asked()).await.unwrap();
    assert_eq!(deleted, HashSet::from(["FJ1".to_owned(), "FJ2".to_owned()]));
    assert_eq!(house.store.delete_reports(&alpha, asked()).await.unwrap(), HashSet::new());
    for gone in ["FJ1", "FJ2"] {
        assert_eq!(house.store.report(&alpha, &JobId(gone.to_owned())).await.unwrap(), None);
    }
    assert_eq!(house.view("FJ1").await.state, JobState::Finished, "operators see it");

    let claim = house.call(at(40)).await;
    assert_eq!(claim.job.0, "FJ2");
    house.send(claim, at(41)).await;
    assert_eq!(house.view("FJ2").await.state, JobState::Finished);
    assert_eq!(house.listed(&alpha, 1000).await, names(&[]));
    assert_eq!(house.store.purge_finished(at(31 * 86_400)).await.unwrap(), 2, "as long as others");
}

pub(super) async fn the_oldest_reports_are_deleted_first(house: House) {
    let alpha = Reader::from("alpha");
    for (id, number, end) in [("FJ1", "+49891", 30), ("FJ2", "+49892", 10), ("FJ3", "+49893", 20)] {
        house.finished(id, number, at(end)).await;
    }
    house.store.accept_job(job("FJ4", &["+49894"])).await.unwrap();
    let deleted = |limit| house.store.delete_oldest_reports(&alpha, limit);
    assert_eq!(house.store.delete_oldest_reports(&"beta".into(), 10).await.unwrap(), names(&[]));
    assert_eq!(deleted(2).await.unwrap(), names(&["FJ2", "FJ3"]));
    assert_eq!(deleted(2).await.unwrap(), names(&["FJ1"]));
    assert_eq!(deleted(2).await.unwrap(), names(&[]), "not what is pending");
    assert!(house.store.report(&alpha, &JobId("FJ4".to_owned())).await.unwrap().is_some());
}

pub(super) async fn reports_are_seen_in_their_own_data_centre(house: House) {
    let alpha = |centre: Option<&str>| Reader { centre: centre.map(str::to_owned), ..Reader::from("alpha") };
    for (id, number, centre) in
        [("FJ1", "+49891", Some("de1")), ("FJ2", "+49892", Some("de2")), ("FJ3", "+49893", None)]
    {
        let new = NewJob { centre: centre.map(str::to_owned), ..job(id, &[number]) };
        house.prepared(new, 1).await;
        let claim = house.call(now()).await;
        house.send(claim, now()).await;
    }
    assert_eq!(house.listed(&alpha(None), 1000).await, names(&["FJ1", "FJ2", "FJ3"]));
    assert_eq!(house.listed(&alpha(Some("de1")), 1000).await, names(&["FJ1"]));
    let first = JobId("FJ1".to_owned());
    assert!(house.store.report(&alpha(Some("de1")), &first).await.unwrap().is_some());
    assert!(house.store.report(&alpha(Some("de2")), &first).await.unwrap().is_none());
    let asked = names(&["FJ1", "FJ2"]);
    assert_eq!(house.store.reports_of(&alpha(Some("de2")), asked.clone()).await.unwrap().len(), 1);
    let deleted = house.store.delete_reports(&alpha(Some("de2")), asked).await.unwrap();
    assert_eq!(deleted, HashSet::from(["FJ2".to_owned()]));
    assert_eq!(house.store.delete_oldest_reports(&alpha(Some("de1")), 9).await.unwrap(), names(&["FJ1"]));
}

/// A job of another login and one that is not there: asked for in turns, so that a busy machine makes both slow.
pub(super) async fn a_foreign_job_takes_no_other_time_than_none(house: House) {
    for n in 0..50 {
        let new = NewJob { login: "beta".to_owned(), ..job(&format!("FJ{n:020}"), &[&format!("+4989{n}")]) };
        house.store.accept_job(new).await.unwrap();
    }
    let alpha = Reader::from("alpha");
    let (mut foreign, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..2000 {
        for (times, digits) in [(&mut foreign, n % 50), (&mut unknown, 1_000_000 + n % 50)] {
            let job = JobId(format!("FJ{digits:020}"));
            let began = std::time::Instant::now();
            assert_eq!(house.store.report(&alpha, &job).await.unwrap(), None);
            times.push(began.elapsed().as_nanos());
        }
    }
    let median = |times: &mut Vec<u128>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (foreign, unknown) = (median(&mut foreign), median(&mut unknown));
    assert!(foreign.abs_diff(unknown) * 2 < foreign.max(unknown), "{foreign} ns and {unknown} ns");
}
