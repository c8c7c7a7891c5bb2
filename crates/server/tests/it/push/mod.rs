//! HTTP status pushes, to real servers: what they say, how they prove who says it, what comes of them.

mod authentication;
mod layouts;
mod ssrf;
pub mod target;

use std::time::Duration;

use ferrofax_api::job::{
    AuthMethod, DocumentKind, HttpStatusPush, ImageFormat, ImageMode, Overlay, OverlayMode, Property, Reference,
    RenderingOptions, ReportMail, Resolution, TransportOptions,
};
use ferrofax_api::report::{FaxReport, RecipientStatus, ReportReference};
use ferrofax_server::fetch::{Exempt, Guard, Rules};
use ferrofax_server::jobs::{DeliveryId, JobId};
use ferrofax_server::report::push::Push;
use ferrofax_server::report::{Answer, Tell as _, Verdict};
use ferrofax_server::store::{Account, FinishedDelivery, FinishedDocument, FinishedJob, PushLayout};
use rustls::crypto::ring;

use self::target::Target;

fn exempt(entries: &[&str]) -> Exempt {
    // The first test of the process provides it.
    let _ = ring::default_provider().install_default();
    Exempt::parse(entries).unwrap()
}

/// One that may ask this machine.
fn push() -> Push {
    Push::new(exempt(&["127.0.0.1"])).unwrap()
}

/// A push without authentication.
fn to(url: &str) -> HttpStatusPush {
    HttpStatusPush { target_url: url.to_owned(), auth_method: AuthMethod::None, principal: None, credentials: None }
}

fn as_user(url: &str, method: AuthMethod, principal: &str, credentials: &str) -> HttpStatusPush {
    let (principal, credentials) = (Some(principal.to_owned()), Some(credentials.to_owned()));
    HttpStatusPush { auth_method: method, principal, credentials, ..to(url) }
}

/// The smallest job.
fn job(push: HttpStatusPush) -> FinishedJob {
    let recipient = RecipientStatus {
        number: "+498912504001710".into(),
        properties: None,
        status: "OK".into(),
        reason: "OK".into(),
        sent_ts: Some("2018-11-08T15:38:08Z".into()),
        duration_in_secs: 26,
        sent_to_number: Some("00498912504001710".into()),
        remote_csid: Some("Retarus Faxolution".into()),
        pages_confirmed: Some(1),
        pages_in_doubt: None,
    };
    let accepted_at = "2018-11-08T15:37:00Z".parse().unwrap();
    FinishedJob {
        id: JobId("FJIJPNJYN906EDIJNFGI5S".into()),
        customer: "99999TE".into(),
        account: Account::default(),
        login: "alpha".into(),
        accepted_at,
        finished_at: "2018-11-08T15:38:40Z".parse().unwrap(),
        valid_from: accepted_at,
        valid_until: "2018-12-08T15:37:00Z".parse().unwrap(),
        report: FaxReport {
            job_id: "FJIJPNJYN906EDIJNFGI5S".into(),
            recipient_status: vec![recipient],
            pages: 1,
            reference: ReportReference::default(),
        },
        push: Some(push),
        mail: None,
        reference: Reference::default(),
        customer_reference: None,
        transport: TransportOptions::default(),
        rendering: RenderingOptions::default(),
        documents: vec![FinishedDocument { name: "document.pdf".into(), kind: DocumentKind::Pdf }],
        deliveries: vec![FinishedDelivery {
            id: DeliveryId("FNIJPNJYNA06EDIJNFUO1Q".into()),
            alternative_numbers: Vec::new(),
            cover_pages: 0,
        }],
    }
}

/// A job with all that there is.
fn rich(push: HttpStatusPush) -> FinishedJob {
    let plain = job(push);
    let failed = RecipientStatus {
        number: "+49 89 <2>".into(),
        properties: Some(vec![
            Property { key: "ToName".into(), value: "A & B \"C\" 'D' ]]> é 日本 😀".into() },
            Property { key: "lines".into(), value: "one\r\ntwo\tthree\rfour\n".into() },
            Property { key: "odd".into(), value: "\u{0}\u{8}\u{b}\u{1f}\u{fffe}\u{ffff}\u{85}".into() },
        ]),
        status: "BUSY".into(),
        reason: "the number is busy".into(),
        sent_ts: None,
        duration_in_secs: 0,
        sent_to_number: Some("0049892".into()),
        remote_csid: None,
        pages_confirmed: Some(0),
        pages_in_doubt: None,
    };
    let mut job = FinishedJob {
        valid_from: "2018-11-08T15:37:30.5Z".parse().unwrap(),
        mail: Some(ReportMail {
            success_address: None,
            failure_address: Some("office@clinic.example".into()),
            image_mode: ImageMode::FailureOnly,
            image_format: ImageFormat::PdfWithOcr,
        }),
        reference: Reference {
            customer_defined_id: Some("invoice 17".into()),
            billing_code: Some("4711".into()),
            billing_info: Some("ward 3".into()),
        },
        transport: TransportOptions { csid: Some("+49 89 1".into()), express: true, blacklist: true },
        rendering: RenderingOptions {
            paper: None,
            resolution: Some(Resolution::High),
            cover: Some("coverpage-default.ftl.html".into()),
            overlay: Some(Overlay { name: "LetterHead".into(), mode: OverlayMode::AllButFirstPage }),
            header: Some("%d.%m.%Y %P/%T".into()),
        },
        ..plain
    };
    job.report.recipient_status.push(failed);
    job.report.pages = 3;
    job.documents.push(FinishedDocument { name: "notes.txt".into(), kind: DocumentKind::Txt });
    job.deliveries.push(FinishedDelivery {
        id: DeliveryId("FNIJPNJYNA06EDIJNFUO2Q".into()),
        alternative_numbers: vec!["+49893".into(), "+49894".into()],
        cover_pages: 1,
    });
    job
}

fn answer(verdict: Verdict, code: Option<u16>, result: &str) -> Answer {
    Answer { verdict, code, result: result.to_owned() }
}

fn told(status: u16) -> Answer {
    answer(Verdict::Told, Some(status), &format!("the target answered with status {status}"))
}

#[tokio::test]
async fn what_a_target_answers_says_whether_it_is_told() {
    let (target, push) = (Target::start(), push());
    for (status, verdict, more) in [
        (200, Verdict::Told, ""),
        (202, Verdict::Told, ""),
        (204, Verdict::Told, ""),
        (299, Verdict::Told, ""),
        (304, Verdict::NotNow, "; redirects are not followed"),
        (400, Verdict::NotNow, ""),
        (401, Verdict::NotNow, ": it does not accept the credentials"),
        (404, Verdict::NotNow, ""),
        (410, Verdict::NotNow, ""),
        (429, Verdict::NotNow, ""),
        (500, Verdict::NotNow, ""),
        (503, Verdict::NotNow, ""),
    ] {
        let told = push.tell(job(to(&target.url(&format!("/status/{status}"))))).await;
        let result = format!("the target answered with status {status}{more}");
        assert_eq!(told, answer(verdict, Some(status), &result));
        assert_eq!(target.next()["method"], "POST");
    }
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_told_later() {
    let target = Target::start();
    let guard = Guard::new(Rules::unredirected(exempt(&["127.0.0.1"]))).unwrap();
    let push = Push::behind(guard, Duration::from_secs(1));
    let not_now = |why| answer(Verdict::NotNow, None, why);
    assert_eq!(push.tell(job(to(&target.url("/garbage")))).await, not_now("the URL's host does not speak HTTP"));
    assert_eq!(push.tell(job(to(&target.url("/gone")))).await, not_now("the connection to the URL's host broke"));
    let closed = Target::start().url("/");
    assert_eq!(push.tell(job(to(&closed))).await, not_now("the URL's host can't be reached"));
    assert_eq!(push.tell(job(to(&target.url("/take").replace("http", "https")))).await.verdict, Verdict::NotNow);
    assert_eq!(push.tell(job(to(&target.url("/hang")))).await, not_now("the target takes too long to answer"));
    // Its other pushes don't keep others waiting for a while; those of other customers are another matter.
    let take = || job(to(&target.url("/take")));
    assert_eq!(push.tell(take()).await, not_now("the URL's host did not answer a moment ago"));
    assert_eq!(push.tell(FinishedJob { customer: "2".into(), ..take() }).await, told(204));
    // What it says beyond the status does not matter, even without end.
    let guard = Guard::new(Rules::unredirected(exempt(&["127.0.0.1"]))).unwrap();
    let push = Push::behind(guard, Duration::from_secs(20));
    assert_eq!(push.tell(job(to(&target.url("/endless")))).await, told(200));
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let (target, elsewhere, push) = (Target::start(), Target::start(), push());
    for status in [301, 302, 303, 307, 308] {
        let url = target.url(&format!("/redirect/{status}?{}", elsewhere.url("/take")));
        let result = format!("the target answered with status {status}; redirects are not followed");
        let push_to = as_user(&url, AuthMethod::HttpBasic, target::USER, target::PASSWORD);
        assert_eq!(push.tell(job(push_to)).await, answer(Verdict::NotNow, Some(status), &result));
    }
    assert!(elsewhere.is_quiet());
}

#[tokio::test]
async fn a_job_without_a_target_is_not_told() {
    let mut nobody = job(to("http://127.0.0.1/"));
    nobody.push = None;
    let never = answer(Verdict::Never, None, "neither the job nor its account names a target");
    assert_eq!(push().tell(nobody).await, never);
}

/// Our key is what an account may have.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test]
async fn a_push_is_signed_as_the_documentation_checks_it() {
    let (target, push) = (Target::start(), push());
    let mut requests = Vec::new();
    for layout in [PushLayout::Xml, PushLayout::Json, PushLayout::Json] {
        let mut job = rich(to(&target.url("/take")));
        job.account.push.signing_key = Some(KEY.into());
        job.account.push.layout = layout;
        assert_eq!(push.tell(job).await, told(204));
        requests.push(target.next());
    }
    for request in &requests {
        assert_eq!(request["headers"]["webhook-id"], "push_FJIJPNJYN906EDIJNFGI5S", "the same in every try");
        assert_eq!(checked(request, KEY, ""), "good");
        assert_eq!(checked(request, KEY, "x"), "bad", "another body");
        assert_eq!(checked(request, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""), "bad", "another key");
    }
    let mut unsigned = job(to(&target.url("/take")));
    unsigned.account.push.signing_key = Some("whsec_short".into());
    let why = "the account's push_signing_key must be whsec_ and 24 to 64 octets in base64";
    assert_eq!(push.tell(unsigned).await, answer(Verdict::NotNow, None, why));
    assert!(target.is_quiet(), "nothing goes out unsigned that was to be signed");
}

fn documentation() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/push.md")).expect("docs/push.md")
}

/// What the Python of docs/push.md says of a request, whose body is longer by this.
fn checked(request: &serde_json::Value, key: &str, more: &str) -> String {
    let docs = documentation();
    let snippet = docs.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a snippet");
    let calling = format!(
        "{snippet}\nimport json, sys\nrequest = json.loads(sys.argv[1])\n\
         body = base64.b64decode(request['body']) + sys.argv[3].encode()\n\
         print('good' if is_genuine(request['headers'], body, sys.argv[2]) else 'bad')"
    );
    let mut python = std::process::Command::new("python3");
    let done = python.args(["-c", &calling, &request.to_string(), key, more]).output().expect("python3 runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text").trim().to_owned()
}
