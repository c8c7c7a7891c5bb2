//! Mails over days, in simulated time; and what it takes to compose a fax again.

use ferrofax_api::job::ReportMail;
use ferrofax_fax::outcome::Outcome;
use ferrofax_server::jobs::{self, JobId, NoticeKind};
use ferrofax_server::store::{AfterTry, SentCall, Tried};

use super::{House, LEASE, anywhere, at, job, now, once, result};
use ferrofax_server::jobs::{Policy, Retry};

/// The mail server is away for a day, and we are restarted in between: the mail is tried by the schedule, and told when it is back.
pub(super) async fn a_mail_outlives_a_day_without_its_server(mut house: House) {
    let mut new = job("FJ1", &["+4989100"]);
    new.order.report.mail =
        Some(ReportMail { success_address: Some("good@example.com".to_owned()), ..ReportMail::default() });
    house.prepared(new, 1).await;
    let claim = house.call(now()).await;
    house.send(claim, now()).await;
    let before = house.store.finished(&JobId("FJ1".to_owned())).await.unwrap().unwrap();

    let back = at(24 * 3600);
    let mut time = before.finished_at;
    let mut tries = 0;
    let told_at = loop {
        let claim = house.store.claim_notice(NoticeKind::Mail, "node", time, LEASE).await.unwrap().expect("it is due");
        tries += 1;
        assert_eq!((claim.tries, claim.since), (tries, before.finished_at));
        let up = time >= back;
        let again = jobs::again(NoticeKind::Mail, claim.tries, claim.since, time).expect("not given up within a day");
        let next = if up { AfterTry::Told } else { AfterTry::Again(again) };
        let result = if up { "the mail server took it" } else { "the mail server can't be reached" }.to_owned();
        let tried = Tried { ended_at: time, code: up.then_some(250), result, next };
        house.store.settle_notice(claim, tried).await.unwrap();
        if up {
            break time;
        }
        assert_eq!(house.store.claim_notice(NoticeKind::Mail, "node", time, LEASE).await.unwrap(), None, "not yet");
        if tries == 5 {
            house.reopen();
        }
        let due = house.store.next_notice(NoticeKind::Mail, time).await.unwrap().expect("it waits");
        assert_eq!(due, again);
        time = due;
    };
    assert!(told_at.duration_since(back).as_secs() <= 3600, "within an hour: {told_at}");
    let notices = house.store.notices(&JobId("FJ1".to_owned()), Some("alpha")).await.unwrap().unwrap();
    assert_eq!((notices.len(), notices[0].state.as_str()), (1, "told"));
    assert_eq!(notices[0].tries.len(), usize::try_from(tries).unwrap());
    let after = house.store.finished(&JobId("FJ1".to_owned())).await.unwrap().unwrap();
    assert!(before == after, "what is told is what was stored");
    assert_eq!(house.store.next_notice(NoticeKind::Mail, told_at).await.unwrap(), None);
}

pub(super) async fn the_pages_of_a_fax_are_told_call_by_call(house: House) {
    house.prepared(job("FJ1", &["+4989100"]), 3).await;
    let policy = std::sync::Arc::new(Policy::new(anywhere(), Retry { jitter_percent: 0, ..Retry::default() }));
    let first = house.call(now()).await;
    assert_eq!(first.started_at, now());
    let claim = house.store.record_composed(first, 0, &[]).await.unwrap();
    house.confirm(&claim, 0).await;
    let outcome = Outcome::Interrupted;
    let end = result(outcome, now(), at(19));
    let history = house.store.history(&claim).await.unwrap();
    let next = jobs::decide(&end.end(), &history, &policy, at(19));
    house.store.settle_attempt(claim, end, next, &policy).await.unwrap();
    let later = at(1000);
    let second = house.store.claim_delivery("node", later, LEASE, "world", &once()).await.unwrap().unwrap();
    assert_eq!((second.started_at, second.first_page, second.composition.dated), (later, 1, now()));
    house.send(second, later).await;

    let fax = house.store.sent_fax(&JobId("FJ1".to_owned()), 0).await.unwrap().unwrap();
    assert_eq!((fax.dial.as_str(), fax.cover_pages, fax.composition.dated), ("004989100", 0, now()));
    let call = |started_at, first_page, pages_confirmed| SentCall { started_at, first_page, pages_confirmed };
    assert_eq!(fax.calls, [call(now(), 0, 1), call(later, 1, 2)]);
    assert!(house.store.sent_fax(&JobId("FJ1".to_owned()), 1).await.unwrap().is_none());
    assert!(house.store.job_pages_bytes(&JobId("FJ1".to_owned())).await.unwrap() > 0);
}
