//! The guarded client: where it never goes, and what it makes of real servers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ferrofax_server::fetch::{Exempt, FetchError, Fetcher, Forbidden, Settings};
use rustls::crypto::ring;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Of a document, in these tests.
const LIMIT: usize = 100_000;

fn fetcher(exempt: &[&str]) -> Fetcher {
    // The first test of the process provides it.
    let _ = ring::default_provider().install_default();
    let exempt = Exempt::parse(exempt).unwrap();
    Fetcher::new(Settings { exempt, only: None, bytes_max: LIMIT, time_max: Duration::from_secs(20) }).unwrap()
}

/// Each leads inside, or would if it were read carelessly.
pub const INSIDE: &[&str] = &[
    // Loopback, in all its spellings.
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.0.0.1:8080/x",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.255.255.254/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://0x7F000001/",
    "http://2130706433/",
    "http://127.0x0.00.1/",
    "http://１２７.０.０.１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://127%2e0%2e0%2e1/",
    "http://%31%32%37.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://0x0/",
    "http://0.1.2.3/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://localhost:9/",
    "http://ｌｏｃａｌｈｏｓｔ/",
    "http://loc%61lhost/",
    "http://a.localhost/",
    "http://metadata.LocalHost.:8080/",
    "http://127.1./",
    "http://2130706433./",
    "http://127．0．0．1/",
    "http://127｡0｡0｡1/",
    "http://00000177.0.0.1/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://127.0.0.1:22/",
    // Other ways to write a URL.
    " http://127.0.0.1/ ",
    "http:127.0.0.1",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "HTTP://127.0.0.1/",
    "ht\ntp://127.0.0.1/",
    "http://127.0.0.1\\@8.8.8.8/",
    "http://127.0.0.1#@8.8.8.8/",
    "http://127.0.0.1?@8.8.8.8/",
    // Private, shared, link-local and clouds' metadata.
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://012.0.0.1/",
    "http://0xa.1/",
    "http://167772161/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.1/",
    "http://3232235521/",
    "http://100.64.0.1/",
    "http://100.127.255.254/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://168.63.129.16/",
    "http://100.100.100.200/",
    "http://192.0.0.192/",
    "http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
    "http://169。254。169。254/",
    "http://169.254.169.254.:80/",
    "http://0251.0376.0251.0376/",
    // Set aside.
    "http://192.0.0.170/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://198.19.255.255/",
    "http://198.51.100.7/",
    "http://203.0.113.9/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    // IPv6, and IPv4 within it.
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]:80/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[0000:0000:0000:0000:0000:ffff:0a00:0001]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[64:ff9b::a00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[2001:2::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff:fff::1]/",
    "http://[fe80::1]/",
    "http://[febf::1]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://[5f00::1]/",
    "http://[4000::1]/",
];

#[tokio::test]
async fn nothing_inside_is_asked_however_it_is_written() {
    let fetcher = fetcher(&[]);
    for url in INSIDE {
        assert_eq!(fetcher.get(url).await, Err(FetchError::Refused(Forbidden::Inside)), "{url:?}");
    }
}

#[tokio::test]
async fn only_plain_http_urls_are_asked() {
    let fetcher = fetcher(&[]);
    for (url, why) in [
        ("", Forbidden::NotAUrl),
        ("document.pdf", Forbidden::NotAUrl),
        ("//example.com/x", Forbidden::NotAUrl),
        ("http://", Forbidden::NotAUrl),
        ("http://:80/", Forbidden::NotAUrl),
        ("http://exa mple.com/", Forbidden::NotAUrl),
        ("http://%00/", Forbidden::NotAUrl),
        ("http://[::1/", Forbidden::NotAUrl),
        ("http://[fe80::1%25eth0]/", Forbidden::NotAUrl),
        ("http://256.1.1.1/", Forbidden::NotAUrl),
        ("http://1.2.3.4.5/", Forbidden::NotAUrl),
        ("http://0x100000000/", Forbidden::NotAUrl),
        ("http://example.com:99999/", Forbidden::NotAUrl),
        ("ftp://example.com/x", Forbidden::Scheme),
        ("file:///etc/passwd", Forbidden::Scheme),
        ("gopher://example.com/", Forbidden::Scheme),
        ("data:text/plain,x", Forbidden::Scheme),
        ("ws://example.com/", Forbidden::Scheme),
        ("view-source:http://example.com/", Forbidden::Scheme),
        ("http://user@example.com/", Forbidden::Credentials),
        ("http://user:secret@example.com/", Forbidden::Credentials),
        ("http://:secret@example.com/", Forbidden::Credentials),
        ("http://8.8.8.8@127.0.0.1/", Forbidden::Credentials),
        ("http://127.0.0.1@8.8.8.8/", Forbidden::Credentials),
    ] {
        assert_eq!(fetcher.get(url).await, Err(FetchError::Refused(why)), "{url:?}");
    }
    let long = format!("http://example.com/{}", "x".repeat(10_000));
    assert_eq!(fetcher.get(&long).await, Err(FetchError::Refused(Forbidden::NotAUrl)));
}

#[test]
fn addresses_outside_are_permitted() {
    let none = Exempt::default();
    for address in [
        "8.8.8.8",
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2606:4700::1111",
        "2a00:1450::1",
        "3ffe::1",
        "2003::1",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ] {
        assert!(none.permits(address.parse::<IpAddr>().unwrap()), "{address}");
    }
}

#[test]
fn what_is_allowed_inside_is_named_by_host_address_or_subnet() {
    let exempt = Exempt::parse(["10.1.0.0/16", "192.168.7.7", "fd00::/8", "Files.Example.net"]).unwrap();
    for (address, permitted) in [
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("64:ff9b::a01:203", true),
        ("10.2.0.1", false),
        ("192.168.7.7", true),
        ("192.168.7.8", false),
        ("fd00::1", true),
        ("fc00::1", false),
    ] {
        assert_eq!(exempt.permits(address.parse().unwrap()), permitted, "{address}");
    }
    for wrong in ["", "10.0.0.0/33", "a b", "http://files.example.net", "300.1.1.1", "*"] {
        assert!(Exempt::parse([wrong]).is_err(), "{wrong:?}");
    }
}

/// How a server answers a request.
enum Answer {
    Whole(Vec<u8>),
    /// Without end.
    Endless,
    /// This much, then nothing, with the connection open.
    Stalls(&'static str),
}

fn head(status: &str, more: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n")
}

/// A server on loopback that answers by path.
async fn far(answer: impl Fn(&str, SocketAddr) -> Answer + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let answer = std::sync::Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move { serve(stream, |path| answer(path, own)).await });
        }
    });
    own
}

async fn serve(mut stream: TcpStream, answer: impl Fn(&str) -> Answer) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    let request = String::from_utf8(request).unwrap().to_ascii_lowercase();
    for unwanted in ["accept-encoding", "cookie", "referer", "authorization"] {
        assert!(!request.contains(unwanted), "{unwanted} was sent");
    }
    match answer(request.split(' ').nth(1).unwrap()) {
        Answer::Whole(bytes) => stream.write_all(&bytes).await,
        Answer::Endless => {
            stream.write_all(head("200 OK", "").as_bytes()).await?;
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
            }
        }
        Answer::Stalls(start) => {
            stream.write_all(start.as_bytes()).await?;
            std::future::pending().await
        }
    }
}

fn answer(path: &str, own: SocketAddr) -> Answer {
    let whole = |head: String, body: &[u8]| Answer::Whole([head.as_bytes(), body].concat());
    let redirect = |to: &str| whole(head("302 Found", &format!("Location: {to}\r\nContent-Length: 0\r\n")), b"");
    if let Some(steps) = path.strip_prefix("/steps/") {
        let left: u32 = steps.parse().unwrap();
        return if left == 0 { redirect("/good") } else { redirect(&format!("/steps/{}", left - 1)) };
    }
    match path {
        "/good" => whole(head("200 OK", "Content-Length: 4\r\nSet-Cookie: a=b\r\n"), b"%PDF"),
        "/chunked" => whole(head("200 OK", "Transfer-Encoding: chunked\r\n"), b"2\r\n%P\r\n2\r\nDF\r\n0\r\n\r\n"),
        "/until-closed" => whole(head("200 OK", ""), b"%PDF"),
        "/named" => redirect(&format!("http://localhost:{}/good", own.port())),
        "/inside" => redirect("http://10.0.0.1/"),
        "/inside-by-name" => redirect("http://[::1]:1/"),
        "/metadata" => redirect("//169.254.169.254/latest/"),
        "/file" => redirect("file:///etc/passwd"),
        "/credentials" => redirect(&format!("http://user:secret@{own}/good")),
        "/loop" => redirect("/loop"),
        "/endless" => Answer::Endless,
        "/boasts" => whole(head("200 OK", "Content-Length: 99999999999\r\n"), b"x"),
        "/just-fits" => whole(head("200 OK", ""), &vec![b'x'; LIMIT]),
        "/just-too-big" => whole(head("200 OK", ""), &vec![b'x'; LIMIT + 1]),
        "/gzip" => whole(head("200 OK", "Content-Encoding: gzip\r\n"), b"\x1f\x8b"),
        "/broken-off" => whole(head("200 OK", "Content-Length: 100\r\n"), b"%PDF"),
        "/gone" => whole(head("404 Not Found", "Content-Length: 0\r\n"), b""),
        "/forbidden" => whole(head("403 Forbidden", "Content-Length: 0\r\n"), b""),
        "/busy" => whole(head("429 Too Many Requests", "Content-Length: 0\r\n"), b""),
        "/ill" => whole(head("500 Internal Server Error", "Content-Length: 0\r\n"), b""),
        "/away" => whole(head("503 Service Unavailable", "Content-Length: 0\r\n"), b""),
        "/nothing" => whole(head("204 No Content", ""), b""),
        "/lost" => whole(head("302 Found", "Content-Length: 0\r\n"), b""),
        "/ssh" => Answer::Whole(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        "/hangs-up" => Answer::Whole(Vec::new()),
        "/silent" => Answer::Stalls(""),
        "/stalls" => Answer::Stalls("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n%PDF"),
        _ => panic!("{path}"),
    }
}

#[tokio::test]
async fn what_servers_answer_is_sorted_by_whether_to_ask_again() {
    let own = far(answer).await;
    let fetcher = fetcher(&["127.0.0.1"]);
    let mut table = String::new();
    for path in [
        "good",
        "chunked",
        "until-closed",
        "steps/4",
        "steps/5",
        "loop",
        "named",
        "inside",
        "inside-by-name",
        "metadata",
        "file",
        "credentials",
        "endless",
        "boasts",
        "just-fits",
        "just-too-big",
        "gzip",
        "broken-off",
        "gone",
        "forbidden",
        "busy",
        "ill",
        "away",
        "nothing",
        "lost",
        "ssh",
        "hangs-up",
    ] {
        let said = match fetcher.get(&format!("http://{own}/{path}")).await {
            Ok(bytes) => format!("{} bytes", bytes.len()),
            Err(error) => format!("{error} ({})", if error.again_can_help() { "again" } else { "never" }),
        };
        table += &format!("{path:14} {said}\n");
    }
    insta::assert_snapshot!(table, @r"
    good           4 bytes
    chunked        4 bytes
    until-closed   4 bytes
    steps/4        4 bytes
    steps/5        the URL is redirected more than 5 times (never)
    loop           the URL is redirected more than 5 times (never)
    named          4 bytes
    inside         the URL leads to an address inside a network, see [fetch] allow (never)
    inside-by-name the URL leads to an address inside a network, see [fetch] allow (never)
    metadata       the URL leads to an address inside a network, see [fetch] allow (never)
    file           the server answered with status 302 (never)
    credentials    the URL has a user name or password in it (never)
    endless        the document at the URL has more than 100000 bytes (never)
    boasts         the document at the URL has more than 100000 bytes (never)
    just-fits      100000 bytes
    just-too-big   the document at the URL has more than 100000 bytes (never)
    gzip           the document at the URL came with a content coding nobody asked for (never)
    broken-off     the connection to the URL's host broke (again)
    gone           the server answered with status 404 (never)
    forbidden      the server answered with status 403 (never)
    busy           the server answered with status 429 (again)
    ill            the server answered with status 500 (again)
    away           the server answered with status 503 (again)
    nothing        the server answered with status 204 (never)
    lost           the server answered with status 302 (never)
    ssh            the URL's host does not speak HTTP (never)
    hangs-up       the connection to the URL's host broke (again)
    ");
}

#[tokio::test]
async fn a_server_that_takes_too_long_is_left() {
    let _ = ring::default_provider().install_default();
    let own = far(answer).await;
    let exempt = Exempt::parse(["127.0.0.1"]).unwrap();
    let fetcher =
        Fetcher::new(Settings { exempt, only: None, bytes_max: LIMIT, time_max: Duration::from_millis(200) }).unwrap();
    for path in ["silent", "stalls"] {
        let error = fetcher.get(&format!("http://{own}/{path}")).await.unwrap_err();
        assert_eq!(error, FetchError::Unreachable("the document at the URL took too long to come"), "{path}");
        assert!(error.again_can_help());
    }
}

#[tokio::test]
async fn nobody_listening_is_worth_another_try() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    drop(listener);
    let error = fetcher(&["127.0.0.1"]).get(&format!("http://{own}/?secret=1")).await.unwrap_err();
    assert_eq!(error, FetchError::Unreachable("the URL's host can't be reached"));
    assert!(error.again_can_help());
}

#[tokio::test]
async fn a_host_that_is_allowed_by_name_may_be_anywhere() {
    let own = far(answer).await;
    let url = format!("http://localhost:{}/good", own.port());
    assert_eq!(fetcher(&["LocalHost."]).get(&url).await.unwrap(), b"%PDF");
    assert_eq!(fetcher(&["127.0.0.0/8", "::1"]).get(&url).await.unwrap(), b"%PDF");
    let by_address = format!("http://{own}/good");
    let refused = Err(FetchError::Refused(Forbidden::Inside));
    assert_eq!(fetcher(&["localhost"]).get(&by_address).await, refused, "the name is allowed, not its address");
}

#[tokio::test]
async fn what_an_address_answers_in_tls_is_not_believed() {
    let own = far(answer).await;
    let error = fetcher(&["127.0.0.1"]).get(&format!("https://{own}/good")).await.unwrap_err();
    assert_eq!(error, FetchError::Unreachable("the URL's host can't be reached"));
}
