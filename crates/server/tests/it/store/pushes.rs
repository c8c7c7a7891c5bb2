//! What becomes of pushes: targets that are down, crashes, tries that are wanted again. Claimed and settled with times of our own,
//! by the real schedule.

use ferrofax_api::job::{AuthMethod, HttpStatusPush};
use ferrofax_server::fetch::Exempt;
use ferrofax_server::jobs::{NoticeKind, again};
use ferrofax_server::report::push::Push;
use ferrofax_server::report::{Answer, Tell as _, Verdict};
use ferrofax_server::store::{AfterTry, NoticeClaim, NoticeView, StoreError, Tried};

use super::*;
use crate::push::target::Target;

impl House {
    /// A job that asks for a push there has been sent, 19 seconds after [`now`].
    async fn pushed(&self, id: &str, url: &str) {
        let mut new = job(id, &["+4989123"]);
        let push = HttpStatusPush {
            target_url: url.to_owned(),
            auth_method: AuthMethod::None,
            principal: None,
            credentials: None,
        };
        new.order.report.push = Some(push);
        self.prepared(new, 1).await;
        let claim = self.call(now()).await;
        self.send(claim, now()).await;
    }

    async fn claim_push(&self, at: Timestamp) -> Option<NoticeClaim> {
        self.store.claim_notice(NoticeKind::Push, "node", at, LEASE).await.unwrap()
    }

    /// Settles as the stage does.
    async fn settle(&self, claim: NoticeClaim, answer: Answer, ended_at: Timestamp) -> Result<(), StoreError> {
        let next = match (answer.verdict, again(NoticeKind::Push, claim.tries, claim.since, ended_at)) {
            (Verdict::Told, _) => AfterTry::Told,
            (Verdict::NotNow, Some(at)) => AfterTry::Again(at),
            (Verdict::NotNow, None) | (Verdict::Never, _) => AfterTry::Failed,
        };
        self.store.settle_notice(claim, Tried { ended_at, code: answer.code, result: answer.result, next }).await
    }

    async fn push_of(&self, id: &str) -> NoticeView {
        self.store.notices(&JobId(id.to_owned()), None).await.unwrap().unwrap().remove(0)
    }
}

fn not_now() -> Answer {
    Answer { verdict: Verdict::NotNow, code: Some(503), result: "no".into() }
}

fn told() -> Answer {
    Answer { verdict: Verdict::Told, code: Some(200), result: "yes".into() }
}

pub(super) async fn a_push_survives_a_day_without_its_target(house: House) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Somebody was there, and will be again.
    let port = Target::start().port();
    for id in ["FJ1", "FJ2"] {
        house.pushed(id, &format!("http://127.0.0.1:{port}/take/{id}")).await;
    }
    let push = Push::new(Exempt::parse(["127.0.0.1"]).unwrap()).unwrap();
    let (end, up_again) = (at(19), at(19 + 24 * 3600));
    let mut target = None;
    let mut time = end;
    let mut tries = 0;
    loop {
        if time >= up_again {
            target.get_or_insert_with(|| Target::start_at(port));
        }
        while let Some(claim) = house.claim_push(time).await {
            tries += 1;
            let finished = house.store.finished(&claim.job).await.unwrap().unwrap();
            let answer = push.tell(finished).await;
            house.settle(claim, answer, time).await.unwrap();
        }
        match house.store.next_notice(NoticeKind::Push, time).await.unwrap() {
            Some(due) => time = due,
            None => break,
        }
    }
    let target = target.expect("both pushes were still wanted after a day");
    for id in ["FJ1", "FJ2"] {
        let view = house.push_of(id).await;
        let (last, before) = view.tries.split_last().unwrap();
        assert_eq!((view.state.as_str(), last.code), ("told", Some(204)));
        assert!(last.at >= up_again && last.at <= up_again + Duration::from_secs(900), "{last:?}");
        let reasons = before.iter().map(|before| (before.code, before.result.as_deref()));
        assert!(reasons.into_iter().all(|why| why == (None, Some("the URL's host can't be reached"))));
        assert_eq!(before.len(), 13 + (24 * 3600 - 600) / 900, "none was left out");
    }
    let mut pushed = [target.next(), target.next()].map(|request| request["xml"][0][1].as_str().unwrap().to_owned());
    pushed.sort();
    assert_eq!(pushed, ["FJ1", "FJ2"]);
    assert!(target.is_quiet(), "each was told once");
    assert_eq!(tries, house.push_of("FJ1").await.tries.len() * 2);
}

pub(super) async fn a_push_is_given_up_after_two_days_and_made_again_when_that_is_wanted(house: House) {
    house.pushed("FJ1", "http://customer.example/").await;
    let mut time = at(19);
    while let Some(claim) = house.claim_push(time).await {
        house.settle(claim, not_now(), time).await.unwrap();
        time = house.push_of("FJ1").await.not_before.unwrap_or(time);
    }
    let view = house.push_of("FJ1").await;
    assert_eq!(view.state, "failed");
    let (given_up, tries) = (view.tries.last().unwrap().at, view.tries.len());
    assert!(given_up > at(47 * 3600) && given_up <= at(19 + 48 * 3600), "{given_up}");

    let (job, later) = (JobId("FJ1".into()), at(80 * 3600));
    let replay = async |login, kind| house.store.tell_again(&job, kind, login, later).await.unwrap();
    assert_eq!(replay(Some("beta"), NoticeKind::Push).await, None, "another login's");
    assert_eq!(replay(Some("alpha"), NoticeKind::Mail).await, Some(false), "nobody wanted a mail");
    assert!(house.claim_push(later).await.is_none());
    assert_eq!(replay(Some("alpha"), NoticeKind::Push).await, Some(true));
    let claim = house.claim_push(later).await.unwrap();
    assert_eq!((claim.tries, claim.since), (1, later), "the schedule begins anew");
    assert_eq!(replay(None, NoticeKind::Push).await, Some(false), "it is being told");
    house.settle(claim, told(), later).await.unwrap();
    let view = house.push_of("FJ1").await;
    assert_eq!((view.state.as_str(), view.tries.len()), ("told", tries + 1), "earlier tries stay on record");
    assert_eq!(view.tries.last().unwrap().number as usize, tries + 1);
    assert_eq!(replay(None, NoticeKind::Push).await, Some(true), "what was told may be told again");
    assert_eq!(house.store.notices(&job, Some("beta")).await.unwrap(), None);
}

pub(super) async fn a_push_that_was_cut_off_is_made_again(mut house: House) {
    house.pushed("FJ1", "http://customer.example/").await;
    let claim = house.claim_push(at(20)).await.unwrap();
    assert!(house.claim_push(at(20)).await.is_none(), "it is claimed once");
    house.reopen();
    let swept = house.store.reclaim_from("node", at(25), &once()).await.unwrap();
    assert_eq!(swept.notices, 1);
    assert!(matches!(house.settle(claim, told(), at(26)).await, Err(StoreError::Stale)), "who lost it can't settle it");
    let view = house.push_of("FJ1").await;
    assert_eq!((view.state.as_str(), view.not_before), ("waiting", Some(at(45))));
    assert_eq!((view.tries.len(), view.tries[0].ended_at), (1, None));
    let claim = house.claim_push(at(45)).await.unwrap();
    assert_eq!(claim.tries, 2);
    house.settle(claim, told(), at(46)).await.unwrap();
    assert_eq!(house.push_of("FJ1").await.state, "told");
}
