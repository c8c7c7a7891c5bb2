//! Pushes and mails: made when a job is finished, tried until they are told or given up, seen, and made again.

use ferrofax_api::job::{AuthMethod, HttpStatusPush, ReportMail};
use ferrofax_server::jobs::NoticeKind::{self, Mail, Push};
use ferrofax_server::jobs::again;
use ferrofax_server::store::{AccountPush, AfterTry, NoticeClaim, NoticeView, Tried};

use super::*;

fn push() -> HttpStatusPush {
    HttpStatusPush {
        target_url: "https://customer.example/own".to_owned(),
        auth_method: AuthMethod::HttpBasic,
        principal: Some("me".to_owned()),
        credentials: Some("a secret".to_owned()),
    }
}

fn mail(success: &str, failure: &str) -> ReportMail {
    let address = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ReportMail {
        success_address: address(success),
        failure_address: address(failure),
        image_mode: Default::default(),
        image_format: Default::default(),
    }
}

impl House {
    /// A job whose end is told so, and that ends at once.
    async fn told(&self, id: &str, push: Option<HttpStatusPush>, mail: Option<ReportMail>, outcome: Outcome) {
        let mut new = job(id, &[&format!("+4989{}", &id[2..])]);
        new.order.report = ReportOptions { push, mail };
        self.prepared(new, 1).await;
        let claim = self.call(now()).await;
        match outcome {
            Outcome::Sent => self.send(claim, now()).await,
            outcome => self.end(claim, outcome, now()).await,
        }
    }

    async fn claim(&self, kind: NoticeKind, time: Timestamp) -> Option<NoticeClaim> {
        self.store.claim_notice(kind, "node", time, LEASE).await.unwrap()
    }

    async fn settle(&self, claim: NoticeClaim, ended_at: Timestamp, code: Option<u16>, next: AfterTry) {
        let result = if next == AfterTry::Told { "taken" } else { "not reached" }.to_owned();
        self.store.settle_notice(claim, Tried { ended_at, code, result, next }).await.unwrap();
    }

    async fn notices(&self, job: &str) -> Vec<NoticeView> {
        self.store.notices(&JobId(job.to_owned()), Some("alpha")).await.unwrap().expect("a job")
    }
}

pub(super) async fn who_asked_is_told_of_the_end_of_a_job(mut house: House) {
    let both = mail("good@customer.example", "bad@customer.example");
    house.told("FJ1", Some(push()), Some(both.clone()), Outcome::Sent).await;
    house.told("FJ2", None, Some(mail("good@customer.example", "")), Outcome::Busy).await;
    house.told("FJ3", None, Some(both), Outcome::Busy).await;
    house.reopen();
    let kinds = async |job: &str| house.notices(job).await.iter().map(|view| view.kind).collect::<Vec<_>>();
    assert_eq!(kinds("FJ1").await, [Push, Mail]);
    assert_eq!(kinds("FJ2").await, [], "nobody wants to hear of failures");
    assert_eq!(kinds("FJ3").await, [Mail]);
    assert_eq!(house.store.finished(&JobId("FJ1".into())).await.unwrap().unwrap().push, Some(push()), "unsealed");

    // The account's target is for jobs without their own.
    let own = AccountPush { url: Some("https://customer.example/all".to_owned()), ..AccountPush::default() };
    let account = Account { push: own, ..Account::default() };
    house.store.put_customer(Customer { number: "99999TE".to_owned(), account }, now()).await.unwrap();
    house.told("FJ4", None, None, Outcome::Sent).await;
    assert_eq!(house.notices("FJ4").await[0].kind, Push);
    let target = async |job: &str| {
        let finished = house.store.finished(&JobId(job.to_owned())).await.unwrap().expect("finished");
        finished.push.map(|push| push.target_url)
    };
    assert_eq!(target("FJ4").await.as_deref(), Some("https://customer.example/all"));
    assert_eq!(target("FJ1").await.as_deref(), Some("https://customer.example/own"));
    house.prepared(job("FJ5", &["+49895"]), 1).await;
    assert_eq!(house.store.finished(&JobId("FJ5".into())).await.unwrap(), None, "it is not finished");
}

pub(super) async fn a_notice_is_tried_until_it_is_told_or_given_up(house: House) {
    house.told("FJ1", Some(push()), None, Outcome::Sent).await;
    let ended = at(19);
    assert_eq!(house.claim(Push, at(18)).await, None, "not before its end");
    assert_eq!(house.store.next_notice(Push, at(18)).await.unwrap(), Some(ended));
    assert_eq!(house.claim(Mail, ended).await, None);
    let (mut time, mut tries) = (ended, 0);
    // A target that is down for a day.
    while time < ended + Duration::from_secs(86_400) {
        let claim = house.claim(Push, time).await.expect("it is due");
        tries += 1;
        assert_eq!((claim.tries, claim.since), (tries, ended));
        assert_eq!(house.claim(Push, time).await, None, "one at a time");
        let next = again(Push, claim.tries, claim.since, time).expect("it goes on for two days");
        house.settle(claim, time, None, AfterTry::Again(next)).await;
        assert_eq!(house.store.next_notice(Push, time).await.unwrap(), Some(next));
        time = next;
    }
    let claim = house.claim(Push, time).await.expect("it is due");
    house.settle(claim, time, Some(200), AfterTry::Told).await;
    let view = house.notices("FJ1").await.remove(0);
    assert_eq!((view.state.as_str(), view.tries.len(), view.not_before), ("told", tries as usize + 1, None));
    let last = view.tries.last().unwrap();
    assert_eq!((last.number, last.code, last.result.as_deref()), (tries + 1, Some(200), Some("taken")));
    assert_eq!(house.claim(Push, at(1_000_000)).await, None);
}

pub(super) async fn a_try_that_was_cut_off_is_made_again(mut house: House) {
    house.told("FJ1", Some(push()), None, Outcome::Sent).await;
    let lost = house.claim(Push, at(20)).await.expect("it is due");
    house.store.extend_notice_lease(&lost, at(40), LEASE).await.unwrap();
    house.reopen();
    assert_eq!(house.store.reclaim_expired(at(90), &once()).await.unwrap().notices, 0);
    assert_eq!(house.store.reclaim_expired(at(100), &once()).await.unwrap().notices, 1);
    assert!(matches!(
        house
            .store
            .settle_notice(lost, Tried { ended_at: at(101), code: None, result: String::new(), next: AfterTry::Told })
            .await,
        Err(ferrofax_server::store::StoreError::Stale)
    ));
    let claim = house.claim(Push, at(120)).await.expect("it is due again");
    assert_eq!(claim.tries, 2);
    assert_eq!(house.store.reclaim_from("node", at(121), &once()).await.unwrap().notices, 1);
    let tries = house.notices("FJ1").await.remove(0).tries;
    assert_eq!(tries.iter().map(|one| one.ended_at).collect::<Vec<_>>(), [None, None]);
}

pub(super) async fn a_notice_is_made_again_when_asked_for(house: House) {
    house.told("FJ1", Some(push()), None, Outcome::Sent).await;
    let job = JobId("FJ1".to_owned());
    let claim = house.claim(Push, at(20)).await.expect("it is due");
    let again = async |login, kind| house.store.tell_again(&job, kind, login, at(200_000)).await.unwrap();
    assert_eq!(again(Some("alpha"), Push).await, Some(false), "it is being told");
    house.settle(claim, at(21), Some(500), AfterTry::Failed).await;
    assert_eq!(house.claim(Push, at(199_999)).await, None, "given up");
    assert_eq!(again(Some("beta"), Push).await, None, "another login's");
    assert_eq!(again(Some("alpha"), Mail).await, Some(false), "no mail was asked for");
    assert_eq!(again(None, Push).await, Some(true));
    let claim = house.claim(Push, at(200_000)).await.expect("it is due");
    assert_eq!((claim.tries, claim.since), (1, at(200_000)), "from the beginning");
    house.settle(claim, at(200_001), Some(204), AfterTry::Told).await;
    let numbers: Vec<_> = house.notices("FJ1").await[0].tries.iter().map(|one| (one.number, one.code)).collect();
    assert_eq!(numbers, [(1, Some(500)), (2, Some(204))]);
    assert!(house.store.notices(&job, Some("beta")).await.unwrap().is_none());
}

pub(super) async fn a_job_is_kept_until_everybody_is_told(house: House) {
    house.told("FJ1", Some(push()), None, Outcome::Sent).await;
    let later = at(31 * 86_400);
    assert_eq!(house.store.purge_finished(later).await.unwrap(), 0);
    let claim = house.claim(Push, later).await.expect("it is due");
    assert_eq!(house.store.purge_finished(later).await.unwrap(), 0);
    house.settle(claim, later, Some(200), AfterTry::Told).await;
    assert_eq!(house.store.purge_finished(later).await.unwrap(), 1);
}
