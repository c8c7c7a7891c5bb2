//! Pushes and mails: made when a job is finished, and kept with it. What becomes of them: `pushes.rs`, `mailing.rs`.

use ferrofax_api::job::{AuthMethod, HttpStatusPush, ReportMail};
use ferrofax_server::jobs::NoticeKind::{Mail, Push};
use ferrofax_server::store::{AccountPush, AfterTry, NoticeView, Tried};

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

pub(super) async fn a_job_is_kept_until_everybody_is_told(house: House) {
    house.told("FJ1", Some(push()), None, Outcome::Sent).await;
    let later = at(31 * 86_400);
    assert_eq!(house.store.purge_finished(later).await.unwrap(), 0);
    let claim = house.store.claim_notice(Push, "node", later, LEASE).await.unwrap().expect("it is due");
    assert_eq!(house.store.purge_finished(later).await.unwrap(), 0);
    let told = Tried { ended_at: later, code: Some(200), result: "taken".to_owned(), next: AfterTry::Told };
    house.store.settle_notice(claim, told).await.unwrap();
    assert_eq!(house.store.purge_finished(later).await.unwrap(), 1);
}
