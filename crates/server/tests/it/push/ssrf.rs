//! Nobody gets this service to ask an address inside: not as the target of a push, not as a token endpoint, not for a document.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ferrofax_api::job::AuthMethod;
use ferrofax_server::fetch::{Fetcher, Guard, Looking, Names, Rules};
use ferrofax_server::report::push::Push;
use ferrofax_server::report::{Tell as _, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::target::Target;
use super::{as_user, exempt, job, to};
use crate::fetch::INSIDE;

const TIME: Duration = Duration::from_secs(20);
const AN_ADDRESS_INSIDE: &str = "the URL leads to an address inside a network, see [fetch] allow";
const NOT_A_URL: &str = "the URL can't be understood";
const NOT_HTTP: &str = "the URL is neither http nor https";
const WITH_CREDENTIALS: &str = "the URL has a user name or password in it";

/// Written so that careless readers take them for something else.
const TRICKS: &[(&str, &str)] = &[
    ("http://127.0.0.1@8.8.8.8/", WITH_CREDENTIALS),
    ("http://8.8.8.8@127.0.0.1/", WITH_CREDENTIALS),
    ("http://8.8.8.8:80@127.0.0.1:80/", WITH_CREDENTIALS),
    ("http://8.8.8.8%40@127.0.0.1/", WITH_CREDENTIALS),
    ("http://user:secret@[::1]/", WITH_CREDENTIALS),
    ("http://[fe80::1%25eth0]/", NOT_A_URL),
    ("http://[fe80::1%eth0]/", NOT_A_URL),
    ("http://[::1%251]/", NOT_A_URL),
    ("http://[::ffff:0x7f000001]/", NOT_A_URL),
    ("http://[127.0.0.1]/", NOT_A_URL),
    ("http://127.0.0.1:99999/", NOT_A_URL),
    ("http://127.0.0.1:port/", NOT_A_URL),
    ("http://1.2.3.4.5/", NOT_A_URL),
    ("http://127.0.0.256/", NOT_A_URL),
    ("http://127.0.0.1%00.example.com/", NOT_A_URL),
    ("http://127.0.0.1 .example.com/", NOT_A_URL),
    ("//127.0.0.1/", NOT_A_URL),
    ("", NOT_A_URL),
    ("ftp://127.0.0.1/", NOT_HTTP),
    ("file:///etc/passwd", NOT_HTTP),
    ("gopher://127.0.0.1:6379/_FLUSHALL", NOT_HTTP),
    ("dict://127.0.0.1:11211/stats", NOT_HTTP),
    ("ldap://127.0.0.1/", NOT_HTTP),
    ("data:text/plain,inside", NOT_HTTP),
    ("ws://127.0.0.1/", NOT_HTTP),
    ("unix:/run/docker.sock", NOT_HTTP),
    ("jar:http://127.0.0.1!/", NOT_HTTP),
    ("javascript:alert(1)", NOT_HTTP),
];

/// All who ask strangers' URLs, behind guards with the same exemptions and the same names.
struct Consumers {
    push: Push,
    fetcher: Fetcher,
}

impl Consumers {
    fn new(allow: &[&str], names: Names) -> Consumers {
        let exempt = exempt(allow);
        let unredirected = Rules { names: names.clone(), ..Rules::unredirected(exempt.clone()) };
        let following = Rules { names, ..Rules::following(exempt, None) };
        Consumers {
            push: Push::behind(Guard::new(unredirected).unwrap(), TIME),
            fetcher: Fetcher::behind(Guard::new(following).unwrap(), 100_000, TIME),
        }
    }

    /// What each of them says of it: the push to it, the push with a token from it, the document there.
    async fn say(&self, url: &str) -> [(Verdict, String); 3] {
        let pushed = self.push.tell(job(to(url))).await;
        let mut with_token = job(as_user("https://customer.example/", AuthMethod::Oauth2, "a", "b"));
        with_token.account.push.token_url = Some(url.to_owned());
        let token = self.push.tell(with_token).await;
        let fetched = match self.fetcher.get(url).await {
            Ok(_) => (Verdict::Told, String::new()),
            Err(error) if error.again_can_help() => (Verdict::NotNow, error.to_string()),
            Err(error) => (Verdict::Never, error.to_string()),
        };
        [(pushed.verdict, pushed.result), (token.verdict, token.result), fetched]
    }

    async fn refuse(&self, url: &str, why: &str) {
        let why = |before: &str| (Verdict::Never, format!("{before}{why}"));
        let expected = [why(""), why("no token, at the token endpoint: "), why("")];
        // An account without a URL for tokens has no endpoint at all.
        let said = self.say(url).await;
        if url.is_empty() {
            assert_eq!([&said[0], &said[2]], [&expected[0], &expected[2]]);
        } else {
            assert_eq!(said, expected, "{url:?}");
        }
    }
}

#[tokio::test]
async fn nothing_inside_is_asked_by_anybody() {
    let consumers = Consumers::new(&[], Names::by(|_| Box::pin(async { Err(io::Error::other("nobody looks it up")) })));
    assert!(INSIDE.len() + TRICKS.len() >= 120);
    for url in INSIDE {
        consumers.refuse(url, AN_ADDRESS_INSIDE).await;
    }
    for (url, why) in TRICKS {
        consumers.refuse(url, why).await;
    }
}

#[tokio::test]
async fn a_backslash_ends_the_host() {
    // As browsers have it: what follows is the path, and the host is what stands before it.
    let consumers = Consumers::new(&[], Names::default());
    consumers.refuse("http://127.0.0.1\\@8.8.8.8/", AN_ADDRESS_INSIDE).await;
    consumers.refuse("http:\\\\127.0.0.1\\x", AN_ADDRESS_INSIDE).await;
}

/// Names and what they mean.
fn table(entries: &'static [(&str, &[&str])]) -> Names {
    Names::by(move |name| -> Looking {
        let found = entries.iter().find(|(known, _)| *known == name).map(|(_, addresses)| *addresses);
        Box::pin(async move {
            let found = found.ok_or_else(|| io::Error::other("no such name"))?;
            Ok(found.iter().map(|address| address.parse().expect("an address")).collect())
        })
    })
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_followed() {
    let names = table(&[
        ("metadata.google.internal", &["169.254.169.254"]),
        ("127.0.0.1.nip.example", &["127.0.0.1"]),
        ("ip6-localhost", &["::1"]),
        ("intranet", &["10.1.2.3", "192.168.0.1"]),
        ("mapped.example", &["::ffff:127.0.0.1"]),
        ("compatible.example", &["::127.0.0.1"]),
        ("nat64.example", &["64:ff9b::a00:1"]),
        ("sixtofour.example", &["2002:7f00:1::"]),
        ("teredo.example", &["2001:0:4136:e378:8000:63bf:3fff:fdd2"]),
        ("link.example", &["fe80::1"]),
        ("unique.example", &["fd00:ec2::254"]),
        ("zero.example", &["0.0.0.0", "::"]),
        ("broadcast.example", &["255.255.255.255"]),
        ("xn--bcher-kva.example", &["127.0.0.1"]),
    ]);
    let consumers = Consumers::new(&["192.0.2.0/24"], names);
    for host in [
        "metadata.google.internal",
        "METADATA.google.internal",
        "metadata.google.internal:80",
        "127.0.0.1.nip.example",
        "ip6-localhost",
        "intranet",
        "mapped.example",
        "compatible.example",
        "nat64.example",
        "sixtofour.example",
        "teredo.example",
        "link.example",
        "unique.example",
        "zero.example",
        "broadcast.example",
        "bücher.example",
        "ｍａｐｐｅｄ．example",
        "mapped%2eexample",
    ] {
        consumers.refuse(&format!("http://{host}/"), AN_ADDRESS_INSIDE).await;
        consumers.refuse(&format!("https://{host}/"), AN_ADDRESS_INSIDE).await;
    }
}

#[tokio::test]
async fn a_redirect_inside_is_not_followed() {
    let target = Target::start();
    let consumers = Consumers::new(&["127.0.0.1"], table(&[("inner.example", &["127.0.0.3"])]));
    let (port, others) = (target.port(), TcpListener::bind("127.0.0.3:0").await.unwrap());
    let other = others.local_addr().unwrap().port();
    for status in [301, 302, 303, 307, 308] {
        for to in [
            format!("http://127.0.0.3:{other}/"),
            format!("http://inner.example:{other}/"),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "http://0x7f000003/".to_owned(),
            "//[::1]/".to_owned(),
            "file:///etc/passwd".to_owned(),
            format!("http://user:secret@127.0.0.1:{port}/take"),
        ] {
            let [pushed, token, fetched] = consumers.say(&target.url(&format!("/redirect/{status}?{to}"))).await;
            let redirects = format!("the target answered with status {status}; redirects are not followed");
            assert_eq!(pushed, (Verdict::NotNow, redirects), "{to}");
            let endpoint = format!("no token: the token endpoint answered with status {status}");
            assert_eq!(token, (Verdict::NotNow, endpoint), "{to}");
            assert_eq!(fetched.0, Verdict::Never, "{to}: {}", fetched.1);
            // What is no http is no redirect at all.
            let unfollowed = format!("the server answered with status {status}");
            let why = [AN_ADDRESS_INSIDE, WITH_CREDENTIALS, unfollowed.as_str()];
            assert!(why.contains(&fetched.1.as_str()), "{to}: {}", fetched.1);
        }
    }
    let heard = tokio::time::timeout(Duration::from_millis(1), others.accept()).await;
    assert!(heard.is_err(), "nobody came to 127.0.0.3");
}

/// Answers all with this status, and counts.
async fn server(listener: TcpListener, heard: Arc<AtomicUsize>) {
    loop {
        let (mut stream, _) = listener.accept().await.expect("a client");
        heard.fetch_add(1, Ordering::SeqCst);
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

/// The name means 127.0.0.2, which is allowed, when it is asked for the first time, and 127.0.0.3, which is not, ever after.
#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let outer = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = outer.local_addr().unwrap().port();
    let inner = TcpListener::bind(SocketAddr::from(([127, 0, 0, 3], port))).await.unwrap();
    let (outer_heard, inner_heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(server(outer, outer_heard.clone()));
    tokio::spawn(server(inner, inner_heard.clone()));

    let url = format!("http://rebound.example:{port}/");
    for (consumer, first) in [(0, Verdict::Told), (1, Verdict::NotNow), (2, Verdict::Told)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let names = Names::by(move |_| {
            let turn = counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move { Ok(vec![IpAddr::from([127, 0, 0, if turn == 0 { 2 } else { 3 }])]) })
        });
        let consumers = Consumers::new(&["127.0.0.2"], names);
        let one = async || {
            let mut with_token = job(as_user("https://customer.example/", AuthMethod::Oauth2, "a", "b"));
            with_token.account.push.token_url = Some(url.clone());
            match consumer {
                0 => consumers.push.tell(job(to(&url))).await.verdict,
                1 => consumers.push.tell(with_token).await.verdict,
                _ => match consumers.fetcher.get(&url).await {
                    Ok(_) => Verdict::Told,
                    Err(_) => Verdict::Never,
                },
            }
        };
        assert_eq!(one().await, first, "the token endpoint answers, but with no token");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "looked up once: connected to is what was sieved");
        assert_eq!(one().await, Verdict::Never);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
    assert_eq!((outer_heard.load(Ordering::SeqCst), inner_heard.load(Ordering::SeqCst)), (3, 0));
    // Of several addresses only those outside are tried.
    let both = Names::by(|_| Box::pin(async { Ok(vec![[127, 0, 0, 3].into(), [127, 0, 0, 2].into()]) }));
    let consumers = Consumers::new(&["127.0.0.2"], both);
    assert_eq!(consumers.push.tell(job(to(&url))).await.verdict, Verdict::Told);
    assert_eq!((outer_heard.load(Ordering::SeqCst), inner_heard.load(Ordering::SeqCst)), (4, 0));
}
