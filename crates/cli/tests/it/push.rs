//! Status pushes of the real service, from a job's submission to the target's hands; shown and made again.

use std::fs::File;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::push_target::{CLIENT, PASSWORD, SECRET, Target, USER};
use crate::world::{Access, World, ferrofax, root, serve, text_job};

const NUMBER: &str = "+4989550123";
/// Of it, in any log.
const DIGITS: &str = "550123";
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Of another login of the same customer.
const OTHERS: &str = "another-password";

fn settings(more: &str) -> String {
    format!(
        "[http]\nlisten = '127.0.0.1:0'\n[fetch]\nallow = ['127.0.0.1']\n\
         [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 10\nspeed = 20\n{more}"
    )
}

/// A service that logs all it has to say into a file.
struct Told {
    world: World,
}

impl Told {
    fn start() -> Told {
        Told { world: World::start_by(&settings(""), Told::command) }
    }

    fn command(dir: &std::path::Path) -> Command {
        let log = File::options().append(true).create(true).open(dir.join("log")).expect("a log");
        let mut command = serve(dir);
        command.env("FERROFAX_LOG_LEVEL", "trace").stderr(log);
        command
    }

    /// SIGKILL, and a start with these settings added.
    fn restart(&mut self, more: &str) {
        std::fs::write(self.world.dir.path().join("config.toml"), settings(more)).expect("a configuration");
        self.world.restart_by(Told::command);
    }

    fn customer(&self) -> String {
        self.world.access.base.rsplit('/').next().expect("a customer").to_owned()
    }

    /// Submits a job with this `httpStatusPush`.
    fn submit(&self, push: Option<Value>) -> String {
        let mut job = text_job(NUMBER, 1);
        if let Some(push) = push {
            job["statusReportOptions"] = json!({ "httpStatusPush": push });
        }
        let (status, answer) = self.world.access.submit(&self.world.http, &job).expect("an answer");
        assert_eq!(status, 200, "{answer}");
        answer["jobId"].as_str().expect("an id").to_owned()
    }

    fn operator(&self, arguments: &[&str]) -> (bool, String) {
        let data = self.world.dir.path().join("data");
        let mut command = ferrofax();
        command.args(arguments).env("FERROFAX_DATA_DIR", data).env("FERROFAX_NEW_PASSWORD", OTHERS);
        let done = command.output().expect("it runs");
        let text = if done.status.success() { done.stdout } else { done.stderr };
        (done.status.success(), String::from_utf8(text).expect("text"))
    }

    fn api(&self, method: reqwest::Method, path: &str, access: &Access) -> (u16, Value) {
        let url = format!("{}/api/v1/jobs/{path}", root(&self.world.access.base));
        let request = self.world.http.request(method, url).basic_auth(&access.user, Some(&access.password));
        let answer = request.send().expect("an answer");
        (answer.status().as_u16(), answer.json().expect("JSON"))
    }

    /// The only notice, once it is in this state.
    fn notice(&self, job: &str, state: &str) -> Value {
        let until = Instant::now() + Duration::from_secs(120);
        loop {
            let (status, told) = self.api(reqwest::Method::GET, &format!("{job}/notices"), &self.world.access);
            assert_eq!(status, 200, "{told}");
            if told["notices"][0]["state"] == state {
                return told["notices"][0].clone();
            }
            assert!(Instant::now() < until, "{told}");
            // Polled as a client would.
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Neither secrets nor numbers are in the log.
    fn log_is_clean(&self, secrets: &[&str]) {
        let log = std::fs::read_to_string(self.world.dir.path().join("log")).expect("a log");
        assert!(log.contains("push of job"), "the log is that of pushes");
        for secret in [DIGITS, PASSWORD, "open \\\"sesame", SECRET, KEY, "whsec_", "tok-", OTHERS].iter().chain(secrets)
        {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret:?} is in the log");
        }
    }
}

/// Base64 of `user:password`.
fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

/// The text at this path of a push in XML.
pub fn leaf(request: &Value, path: &str) -> String {
    let leaves = request["xml"].as_array().expect("XML");
    let path =
        path.split('/').map(|name| format!("/{{http://retarus.com/fax4ba/faxws/3/0}}{name}")).collect::<String>();
    let found = leaves.iter().find(|leaf| leaf[0] == *path);
    found.and_then(|leaf| leaf[1].as_str()).unwrap_or_else(|| panic!("{path}: {leaves:?}")).to_owned()
}

#[test]
fn a_job_is_pushed_as_it_asks_and_everybody_sees_how_that_went() {
    let (target, told) = (Target::start(), Told::start());
    let push = |path: &str, method: &str| {
        let url = target.url(path);
        json!({"targetUrl": url, "authMethod": method, "principal": USER, "credentials": PASSWORD})
    };
    for (path, method, requests) in [
        ("/take", "NONE", 1),
        ("/basic", "HTTP_BASIC", 1),
        ("/digest/MD5?a=b", "HTTP_DIGEST", 2),
        ("/digest/SHA-256", "HTTP_DIGEST", 2),
    ] {
        let job = told.submit(Some(push(path, method)));
        let notice = told.notice(&job, "told");
        assert_eq!(notice["tries"].as_array().map(Vec::len), Some(1), "{notice}");
        let requests: Vec<Value> = (0..requests).map(|_| target.next()).collect();
        let request = requests.last().expect("a request");
        assert!(request["status"].as_u64().is_some_and(|status| status < 300), "{request}");
        assert_eq!(leaf(request, "faxJobReport/jobId"), job);
        assert_eq!(leaf(request, "faxJobReport/httpStatusPush/url"), target.url(path));
        assert_eq!(leaf(request, "faxJobReport/httpStatusPush/authMethod"), method);
        assert_eq!(leaf(request, "faxJobReport/faxRecipient/number"), NUMBER);
        assert_eq!(leaf(request, "faxJobReport/faxRecipient/status"), "OK");
        assert_eq!(leaf(request, "faxJobReport/pages"), "1");
    }

    // A target that fails first: seen by the login that submitted, and by the operator.
    let job = told.submit(Some(push("/status/503,204", "NONE")));
    let notice = told.notice(&job, "waiting");
    assert!(notice["nextTryTs"].is_string(), "{notice}");
    assert_eq!(target.next()["status"], 503);
    let (done, text) = told.operator(&["notices", "replay", &job]);
    assert_eq!((done, text.as_str()), (true, "push: waits for its next try\n"));
    let notice = told.notice(&job, "told");
    assert_eq!((&notice["tries"][0]["code"], &notice["tries"][1]["code"]), (&json!(503), &json!(204)), "{notice}");
    assert_eq!(notice["tries"][0]["result"], "the target answered with status 503");
    assert_eq!(target.next()["status"], 204);
    let (_, shown) = told.operator(&["show", &job]);
    assert!(shown.contains("\n  push: told, 2 tries\n"), "{shown}");
    let (_, shown) = told.operator(&["notices", "show", &job]);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "push: told, 2 tries"), "{shown}");
    assert!(
        lines[1].starts_with("  1  ") && lines[1].ends_with("  503: the target answered with status 503"),
        "{shown}"
    );
    let (_, shown) = told.operator(&["notices", "show", &job, "--json"]);
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown[0]["tries"][1]["code"], 204, "{shown}");

    // Over HTTP.
    let post = |path: &str, access: &Access| told.api(reqwest::Method::POST, path, access);
    let own = &told.world.access;
    let (status, answer) = post(&format!("{job}/notices/push/replay"), own);
    assert_eq!((status, &answer["kind"]), (200, &json!("push")), "{answer}");
    assert_eq!(target.next()["status"], 204);
    assert_eq!(told.notice(&job, "told")["tries"].as_array().map(Vec::len), Some(3));
    let customer = told.customer();
    assert!(told.operator(&["customer", "add", &customer, "--login", "other"]).0);
    let other = Access { user: "other".into(), password: OTHERS.into(), ..own.clone() };
    let no_such_job = (404, json!({"code": 404, "message": "No such job"}));
    assert_eq!(told.api(reqwest::Method::GET, &format!("{job}/notices"), &other), no_such_job);
    assert_eq!(post(&format!("{job}/notices/push/replay"), &other), no_such_job);
    assert_eq!(post("FJ00000000000000000000/notices/push/replay", own), no_such_job);
    assert_eq!(
        post(&format!("{job}/notices/mail/replay"), own),
        (404, json!({"code": 404, "message": "No such mail"}))
    );
    assert_eq!(post(&format!("{job}/notices/fax/replay"), own).0, 404);
    assert_eq!(post(&format!("{job}/notices/push/replay"), &Access { password: "x".into(), ..own.clone() }).0, 401);
    assert!(target.is_quiet(), "what was refused did nothing");
    let (done, text) = told.operator(&["notices", "replay", &job, "--kind", "mail"]);
    assert!(!done && text.contains("nobody is told"), "{text}");
    assert!(!told.operator(&["notices", "show", "FJ00000000000000000000"]).0);

    // One that is being made is not made twice.
    let job = told.submit(Some(push("/hang/1", "NONE")));
    assert_eq!(target.next()["hangs"], "/hang/1");
    let being_made = (409, json!({"code": 409, "message": "The push is being made at this moment"}));
    assert_eq!(post(&format!("{job}/notices/push/replay"), own), being_made);
    let (done, text) = told.operator(&["notices", "replay", &job]);
    assert_eq!((done, text.as_str()), (true, "push: is being tried at this moment, and stays as it is\n"));

    // A job without a push has none.
    let job = told.submit(None);
    own.final_report(&told.world.http, &job);
    let nothing = (200, json!({"notices": []}));
    assert_eq!(told.api(reqwest::Method::GET, &format!("{job}/notices"), own), nothing);
    let (_, shown) = told.operator(&["notices", "show", &job]);
    assert_eq!(shown, "nobody is told of this job, or it is not finished\n");
    told.log_is_clean(&[&basic(USER, PASSWORD), "sesame"]);
}

#[test]
fn an_account_is_pushed_in_json_with_a_token_and_a_signature() {
    let (target, mut told) = (Target::start(), Told::start());
    let (customer, push, token) = (told.customer(), target.url("/oauth"), target.url("/token"));
    told.restart(&format!(
        "[[customer]]\nnumber = '{customer}'\npush_url = '{push}'\npush_method = 'OAUTH2'\npush_principal = '{CLIENT}'\n\
         push_credentials = '{SECRET}'\npush_token_url = '{token}'\npush_layout = 'json'\npush_signing_key = '{KEY}'\n"
    ));
    let first = told.submit(None);
    told.notice(&first, "told");
    let second = told.submit(None);
    told.notice(&second, "told");
    let requests: [Value; 3] = std::array::from_fn(|_| target.next());
    assert_eq!(
        requests.each_ref().map(|request| request["path"].as_str()),
        [Some("/token"), Some("/oauth"), Some("/oauth")]
    );
    for (request, job) in [(&requests[1], &first), (&requests[2], &second)] {
        assert_eq!(request["headers"]["content-type"], "application/json");
        assert_eq!(request["headers"]["webhook-id"], format!("push_{job}"));
        assert!(request["headers"]["webhook-signature"].as_str().is_some_and(|signature| signature.starts_with("v1,")));
        let report = &request["json"]["faxJobReport"];
        assert_eq!((&report["jobId"], &report["pages"]), (&json!(job), &json!(1)));
        assert_eq!(report["faxRecipient"][0]["number"], NUMBER);
        assert_eq!(report["httpStatusPush"], json!({"url": push, "authMethod": "OAUTH2"}));
    }
    // The job's own target goes before the account's.
    let third = told.submit(Some(json!({"targetUrl": target.url("/take")})));
    told.notice(&third, "told");
    assert_eq!(target.next()["path"], "/take");
    told.log_is_clean(&["s%26cret", &basic("client%3A1", "s%26cret%3D%25%2B%C3%BC")]);
}

#[test]
fn a_target_is_believed_by_its_certificate() {
    let dir = tempfile::tempdir().expect("a folder");
    let [known, stranger] = ["known.pem", "stranger.pem"].map(|name| {
        let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let pem = certified.cert.pem() + &certified.signing_key.serialize_pem();
        std::fs::write(dir.path().join(name), pem).expect("written");
        dir.path().join(name)
    });
    let world = World::start_by(&settings(""), |dir| {
        let mut command = Told::command(dir);
        command.env("SSL_CERT_FILE", &known);
        command
    });
    let told = Told { world };
    let [known, stranger] = [known, stranger].map(|file| Target::certified(&file));
    let push = |target: &Target| {
        let url = target.url("/basic");
        told.submit(Some(
            json!({"targetUrl": url, "authMethod": "HTTP_BASIC", "principal": USER, "credentials": PASSWORD}),
        ))
    };
    let job = push(&known);
    told.notice(&job, "told");
    assert_eq!(leaf(&known.next(), "faxJobReport/jobId"), job);
    let notice = told.notice(&push(&stranger), "waiting");
    assert_eq!(notice["tries"][0]["result"], "the URL's host shows a certificate that is not trusted", "{notice}");
    assert!(stranger.is_quiet(), "nothing was said to it");
    told.log_is_clean(&[&basic(USER, PASSWORD), "sesame"]);
}

#[test]
fn a_push_whose_target_was_down_is_made_after_the_service_was_killed() {
    let mut told = Told::start();
    let port = Target::start().port();
    let url = format!("http://127.0.0.1:{port}/take");
    let job = told.submit(Some(json!({"targetUrl": url})));
    let notice = told.notice(&job, "waiting");
    assert_eq!(notice["tries"][0]["result"], "the URL's host can't be reached", "{notice}");
    // Cut off in the middle of a try, and between tries.
    let hanging = Target::start();
    let cut_off = told.submit(Some(json!({"targetUrl": hanging.url("/hang/1")})));
    assert_eq!(hanging.next()["hangs"], "/hang/1");
    told.restart("");
    let target = Target::start_at(port);
    let notice = told.notice(&cut_off, "told");
    assert_eq!(notice["tries"][0].get("endedTs"), None, "its end is not known: {notice}");
    told.notice(&job, "told");
    assert_eq!(leaf(&target.next(), "faxJobReport/jobId"), job);
    assert_eq!(leaf(&hanging.next(), "faxJobReport/jobId"), cut_off);
    assert!(target.is_quiet() && hanging.is_quiet(), "each was told once");
}

#[test]
fn a_push_to_an_address_inside_fails_for_good_with_its_reason() {
    let target = Target::start();
    let mut told = Told::start();
    told.restart("");
    let job = told.submit(Some(json!({"targetUrl": format!("http://127.0.0.2:{}/take", target.port())})));
    let notice = told.notice(&job, "failed");
    assert_eq!(notice["tries"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        notice["tries"][0]["result"], "the URL leads to an address inside a network, see [fetch] allow",
        "{notice}"
    );
    told.log_is_clean(&[]);
}
