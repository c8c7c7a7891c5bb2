//! How a push proves who sends it. The other side is Python, which checks by itself.

use std::sync::Arc;

use ferrofax_api::job::{AuthMethod, HttpStatusPush};
use ferrofax_server::report::push::Push;
use ferrofax_server::report::{Answer, Tell as _, Verdict};
use tokio::task::JoinSet;

use super::target::{CLIENT, PASSWORD, SECRET, Target, USER};
use super::{answer, as_user, job, push, told};

fn refused() -> Answer {
    answer(Verdict::NotNow, Some(401), "the target answered with status 401: it does not accept the credentials")
}

fn owned<const N: usize>(requests: [(&str, u64); N]) -> [(String, u64); N] {
    requests.map(|(path, status)| (path.to_owned(), status))
}

#[tokio::test]
async fn basic_sends_user_and_password() {
    let (target, push) = (Target::start(), push());
    let url = target.url("/basic");
    let basic = |user: &str, password: &str| job(as_user(&url, AuthMethod::HttpBasic, user, password));
    assert_eq!(push.tell(basic(USER, PASSWORD)).await, told(200));
    assert_eq!(push.tell(basic(USER, "wrong")).await, refused());
    assert_eq!(target.next_of(), owned([("/basic", 200), ("/basic", 401)]), "one request each");
    let never = |why| answer(Verdict::Never, None, why);
    assert_eq!(push.tell(basic("a:b", "c")).await, never("the principal has a colon, which HTTP Basic can't send"));
    assert_eq!(
        push.tell(basic("a\r\nX: y", "c")).await,
        never("principal or credentials have a control character in them")
    );
    assert_eq!(push.tell(basic("", "c")).await, never("the push names no principal to authenticate as"));
    assert!(target.is_quiet());
}

#[tokio::test]
async fn a_target_nobody_vouches_for_is_told_nothing() {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
    let (target, plain, push) = (Target::certified(file.path()), Target::start(), push());
    let basic = |url: &str| job(as_user(url, AuthMethod::HttpBasic, USER, PASSWORD));
    let not_now = |why| answer(Verdict::NotNow, None, why);
    assert_eq!(
        push.tell(basic(&target.url("/basic"))).await,
        not_now("the URL's host shows a certificate that is not trusted")
    );
    let no_tls = plain.url("/basic").replace("http:", "https:");
    assert_eq!(push.tell(basic(&no_tls)).await, not_now("no agreement on TLS with the URL's host"));
    assert!(target.is_quiet() && plain.is_quiet());
}

fn digest(url: &str, password: &str) -> HttpStatusPush {
    as_user(url, AuthMethod::HttpDigest, USER, password)
}

#[tokio::test]
async fn digest_answers_what_it_is_asked_and_counts() {
    let target = Target::start();
    for path in ["/digest/MD5?a=b&c=%20d", "/digest/SHA-256", "/digest/both"] {
        let push = push();
        for _ in 0..3 {
            assert_eq!(push.tell(job(digest(&target.url(path), PASSWORD))).await, told(200), "{path}");
        }
        let requests: [serde_json::Value; 4] = std::array::from_fn(|_| target.next());
        let statuses = requests.each_ref().map(|request| (request["status"].as_u64(), request["why"].as_str()));
        let good = (Some(200), Some(""));
        assert_eq!(statuses, [(Some(401), Some("")), good, good, good], "asked once, then counted on: {path}");
        let counts = requests.each_ref().map(|request| {
            let said = request["headers"]["authorization"].as_str().unwrap_or_default();
            said.split("nc=").nth(1).map(|rest| rest[..8].to_owned()).unwrap_or_default()
        });
        assert_eq!(counts, ["", "00000001", "00000002", "00000003"]);
    }
}

#[tokio::test]
async fn digest_without_qop_is_the_old_one() {
    let (target, push) = (Target::start(), push());
    assert_eq!(push.tell(job(digest(&target.url("/digest/MD5/plain"), PASSWORD))).await, told(200));
    assert_eq!(target.next_of(), owned([("/digest/MD5/plain", 401), ("/digest/MD5/plain", 200)]));
}

#[tokio::test]
async fn a_stale_nonce_is_answered_once_more_and_wrong_credentials_are_not() {
    let (target, push) = (Target::start(), push());
    let url = target.url("/digest/SHA-256/stale");
    assert_eq!(push.tell(job(digest(&url, PASSWORD))).await, told(200));
    let [one, two, three] = target.next_of::<3>();
    assert_eq!([one.1, two.1, three.1], [401, 401, 200]);

    let url = target.url("/digest/SHA-256/once");
    for _ in 0..2 {
        assert_eq!(push.tell(job(digest(&url, PASSWORD))).await, told(200));
    }
    // Both begin with a nonce that was used already.
    assert_eq!(target.next_of().map(|(_, status)| status), [401, 200, 401, 200]);

    let url = target.url("/digest/MD5");
    for _ in 0..2 {
        assert_eq!(push.tell(job(digest(&url, "wrong"))).await, refused());
        let [(_, one), (_, two)] = target.next_of();
        assert_eq!([one, two], [401, 401], "asked, answered, and no more");
    }
    assert_eq!(push.tell(job(digest(&target.url("/digest/MD5/deny"), PASSWORD))).await, refused());
}

#[tokio::test]
async fn digest_is_never_answered_with_basic() {
    let (target, push) = (Target::start(), push());
    let told = push.tell(job(digest(&target.url("/only-basic"), PASSWORD))).await;
    assert_eq!(told, answer(Verdict::NotNow, Some(401), "the target does not ask for HTTP_DIGEST"));
    let request = target.next();
    assert!(request["headers"].get("authorization").is_none(), "{request}");
    assert!(target.is_quiet());
}

/// A push with a token from there.
async fn oauth(push: &Push, target: &Target, path: &str, token_path: Option<&str>) -> Answer {
    let mut job = job(as_user(&target.url(path), AuthMethod::Oauth2, CLIENT, SECRET));
    job.account.push.token_url = token_path.map(|path| target.url(path));
    push.tell(job).await
}

#[tokio::test]
async fn a_token_is_got_once_and_used_for_all() {
    let (target, push) = (Target::start(), push());
    for _ in 0..3 {
        assert_eq!(oauth(&push, &target, "/oauth", Some("/token")).await, told(200));
    }
    let expected = [("/token", 200), ("/oauth", 200), ("/oauth", 200), ("/oauth", 200)];
    assert_eq!(target.next_of(), owned(expected));
    // Many that start together share one as well.
    let (push, target) = (Arc::new(super::push()), Arc::new(target));
    let mut all = JoinSet::new();
    for _ in 0..8 {
        let (push, target) = (push.clone(), target.clone());
        all.spawn(async move { oauth(&push, &target, "/oauth", Some("/token")).await });
    }
    assert!(all.join_all().await.iter().all(|answer| *answer == told(200)));
    let paths = target.next_of::<9>().map(|(path, _)| path);
    assert_eq!(paths.iter().filter(|path| *path == "/token").count(), 1, "{paths:?}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_got_anew_once() {
    let (target, push) = (Target::start(), push());
    for _ in 0..2 {
        assert_eq!(oauth(&push, &target, "/oauth/once", Some("/token")).await, told(200));
    }
    let expected = [("/token", 200), ("/oauth/once", 200), ("/oauth/once", 401), ("/token", 200), ("/oauth/once", 200)];
    assert_eq!(target.next_of(), owned(expected));
    assert_eq!(oauth(&push, &target, "/only-basic", Some("/token")).await, refused());
    let expected = [("/only-basic", 401), ("/token", 200), ("/only-basic", 401)];
    assert_eq!(target.next_of(), owned(expected));
    // One that lives no longer than this is got for each push.
    for _ in 0..2 {
        assert_eq!(oauth(&push, &target, "/oauth", Some("/token/brief")).await, told(200));
        assert_eq!(target.next_of(), owned([("/token/brief", 200), ("/oauth", 200)]));
    }
}

#[tokio::test]
async fn a_client_that_may_not_use_basic_sends_its_secret_in_the_body() {
    let (target, push) = (Target::start(), push());
    for (path, refused) in [("/token/body", 401), ("/token/body/400", 400)] {
        for _ in 0..2 {
            // The second time its way is known.
            assert_eq!(oauth(&push, &target, "/oauth/once", Some(path)).await, told(200));
        }
        let expected = [
            (path, refused),
            (path, 200),
            ("/oauth/once", 200),
            ("/oauth/once", 401),
            (path, 200),
            ("/oauth/once", 200),
        ];
        assert_eq!(target.next_of(), owned(expected));
    }
}

#[tokio::test]
async fn why_there_is_no_token_is_said() {
    let (target, push) = (Target::start(), push());
    for (path, why) in [
        (None, "the account has no push_token_url"),
        (Some(""), "the account has no push_token_url"),
        (Some("/token/nothing"), "the token endpoint's answer has no access_token"),
        (Some("/token/html"), "the token endpoint's answer is not the JSON of a token"),
        (Some("/token/big"), "the token endpoint's answer has more than 65536 bytes"),
        (Some("/token/scope"), "the token endpoint answered with status 400 (invalid_scope)"),
        (Some("/token/strange"), "the token endpoint answered with status 400"),
        (Some("/token/redirect"), "the token endpoint answered with status 307"),
        (Some("/status/503"), "the token endpoint answered with status 503"),
        (Some("/garbage"), "at the token endpoint: the URL's host does not speak HTTP"),
    ] {
        let mut job = job(as_user(&target.url("/oauth"), AuthMethod::Oauth2, CLIENT, SECRET));
        job.account.push.token_url = path.map(|path| if path.is_empty() { String::new() } else { target.url(path) });
        let why = if why.starts_with("at ") { format!("no token, {why}") } else { format!("no token: {why}") };
        assert_eq!(push.tell(job).await, answer(Verdict::NotNow, None, &why));
    }
    let mut job = job(as_user(&target.url("/oauth"), AuthMethod::Oauth2, CLIENT, "wrong"));
    job.account.push.token_url = Some(target.url("/token"));
    let why = "no token: the token endpoint answered with status 401 (invalid_client)";
    assert_eq!(push.tell(job).await, answer(Verdict::NotNow, None, why));
}
