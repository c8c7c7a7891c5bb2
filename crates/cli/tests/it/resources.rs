//! What HTML refers to: fetched from the hosts that are allowed, by a real service from a real server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use ferrofax_api::job::{Charset, DocumentKind, Paper};
use ferrofax_api::warning::Warning;
use ferrofax_fax::page::{Resolution, Rows, StoredPage};
use ferrofax_server::fetch::{self, Exempt, Fetcher, Hosts};
use ferrofax_server::prepare::protocol::Task;
use ferrofax_server::prepare::resources::Resources;
use ferrofax_server::prepare::worker::{Job, Pool, Rendered, Settings};
use serde_json::{Value, json};

use crate::world::{FERROFAX, World, ferrofax};

/// Larger than one resource may be, in these tests.
const TOO_BIG: usize = 50_000;

/// Paths asked for, in their order.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("a list"))
    }
}

/// A BMP of 200 by 100 black pixels.
fn black() -> Vec<u8> {
    // Sizes and places; of one bit each; two colours, both black.
    let numbers = [2862u32, 0, 62, 40, 200, 100, 1 | 1 << 16, 0, 2800, 0, 0, 2, 0, 0, 0];
    let numbers = numbers.into_iter().flat_map(u32::to_le_bytes);
    b"BM".iter().copied().chain(numbers).chain([0; 2800]).collect()
}

/// A server of HTTP, and what it was asked for.
fn server() -> (SocketAddr, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Asked::default();
    let note = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let note = note.clone();
            std::thread::spawn(move || answer(stream, &note, address.port()));
        }
    });
    (address, asked)
}

fn answer(mut stream: TcpStream, asked: &Asked, port: u16) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let _ = lines.find(String::is_empty);
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, head, body) = match path.split('?').next().unwrap_or_default() {
        "/black.bmp" => ("200 OK", String::new(), black()),
        "/style.css" => ("200 OK", String::new(), b"div{width:200px;height:100px;background:url(black.bmp)}".to_vec()),
        "/big.bmp" => ("200 OK", String::new(), [black(), vec![0; TOO_BIG]].concat()),
        "/within" => ("302 Found", "Location: /black.bmp\r\n".to_owned(), Vec::new()),
        // Another name of the same server, and not on the list.
        "/away" => ("302 Found", format!("Location: http://localhost:{port}/black.bmp\r\n"), Vec::new()),
        _ => ("404 Not Found", String::new(), Vec::new()),
    };
    asked.0.lock().expect("a list").push(path);
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{head}\r\n");
    stream.write_all(&[head.as_bytes(), &body].concat())
}

/// A pool of one child that fetches from 127.0.0.1, and keeps what it fetched for so long.
fn pool(keep: Duration) -> Pool {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let fetcher = Fetcher::new(fetch::Settings {
        exempt: Exempt::parse(["127.0.0.1", "localhost"]).expect("addresses"),
        only: Some(Hosts::parse(["127.0.0.1"]).expect("a host")),
        bytes_max: TOO_BIG,
        time_max: Duration::from_secs(5),
    });
    let resources = Resources::new(fetcher.expect("a client"), keep);
    let command = vec![FERROFAX.into(), "render-worker".into()];
    Pool::start(Settings { children: 1, resources, ..Settings::new(command) }).expect("a child")
}

async fn render(pool: &Pool, html: &str) -> Rendered {
    let html = format!("<!DOCTYPE html><style>body{{margin:0}}</style>{html}");
    let (charset, paper, resolution) = (Charset::Utf8, Paper::A4, Resolution::Fine);
    let task = Task::Document { kind: DocumentKind::Html, charset, paper, resolution };
    let job = Job { task, pages_max: 10, cpu_seconds_max: 60 };
    pool.render(&job, html.as_bytes()).await.expect("rendered")
}

/// Pels of the page that are black.
fn ink(page: &StoredPage) -> u32 {
    let runs = |row: &[u16]| row.chunks_exact(2).map(|run| u32::from(run[1] - run[0])).sum::<u32>();
    Rows::from_source(&mut page.source()).iter().map(runs).sum()
}

fn not_fetched(host: &str, reason: &str) -> Warning {
    Warning::NotFetched { host: host.to_owned(), reason: reason.to_owned() }
}

const UNLISTED: &str = "its host is not in [fetch] resource_hosts";

#[tokio::test]
async fn what_is_allowed_is_shown_and_what_is_not_is_not_asked_for() {
    let (address, asked) = server();
    let pool = pool(Duration::ZERO);
    let port = address.port();
    // 200 by 100 CSS pixels are 425 by 204 pels.
    let whole = 80_000..95_000;
    for (html, paths) in [
        (format!("<img src='http://{address}/black.bmp'>"), vec!["/black.bmp"]),
        (format!("<img src='http://{address}/within'>"), vec!["/within", "/black.bmp"]),
        (
            format!("<link rel=stylesheet href='http://{address}/style.css'><div></div>"),
            vec!["/style.css", "/black.bmp"],
        ),
        (format!("<base href='http://{address}/x/y'><img src='../black.bmp'>"), vec!["/black.bmp"]),
    ] {
        let rendered = render(&pool, &html).await;
        assert!(whole.contains(&ink(&rendered.pages[0])), "{html}: {}", ink(&rendered.pages[0]));
        assert_eq!(rendered.warnings, [], "{html}");
        assert_eq!(asked.take(), paths);
    }
    let too_big = format!("the document at the URL has more than {TOO_BIG} bytes");
    for (src, host, reason, paths) in [
        (format!("http://localhost:{port}/black.bmp?secret"), "localhost", UNLISTED, vec![]),
        ("https://img.example/black.bmp?secret".to_owned(), "img.example", UNLISTED, vec![]),
        (format!("http://{address}/away"), "127.0.0.1", UNLISTED, vec!["/away"]),
        (format!("http://{address}/big.bmp"), "127.0.0.1", &too_big, vec!["/big.bmp"]),
        (format!("http://{address}/none"), "127.0.0.1", "the server answered with status 404", vec!["/none"]),
        (
            format!("http://a:secret@{address}/black.bmp"),
            "127.0.0.1",
            "the URL has a user name or password in it",
            vec![],
        ),
    ] {
        let rendered = render(&pool, &format!("<img src='{src}'><p>text")).await;
        assert!((1..20_000).contains(&ink(&rendered.pages[0])), "the text without the picture: {src}");
        assert_eq!(rendered.warnings, [Warning::LeftOut { count: 1 }, not_fetched(host, reason)], "{src}");
        assert_eq!(asked.take(), paths, "{src}");
    }
    let rendered = render(&pool, "<img src='black.bmp'>text").await;
    assert_eq!(rendered.warnings, [Warning::LeftOut { count: 1 }], "relative to nothing");
}

#[tokio::test]
async fn what_is_kept_is_fetched_again_when_its_time_is_over() {
    let (address, asked) = server();
    let html = format!("<img src='http://{address}/black.bmp'><img src='http://{address}/none'>");
    for (keep, times) in [(Duration::ZERO, 2), (Duration::from_nanos(1), 2), (Duration::from_secs(600), 1)] {
        let pool = pool(keep);
        let [one, other] = [render(&pool, &html).await, render(&pool, &html).await];
        assert_eq!(one, other, "what can't be had is told again");
        let mut paths = asked.take();
        paths.sort();
        assert_eq!(paths, [vec!["/black.bmp"; times], vec!["/none"; times]].concat(), "{keep:?}");
    }
}

fn settings(resource_hosts: &str) -> String {
    format!(
        "[http]\nlisten = '127.0.0.1:0'\n[fetch]\nallow = ['127.0.0.1']\nresource_hosts = [{resource_hosts}]\n\
         [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 10\nspeed = 20\n"
    )
}

/// What `ferrofax show` says of a job when all its recipients have it.
fn shown(world: &World, job: &Value) -> String {
    let (status, answer) = world.access.submit(&world.http, job).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let id = answer["jobId"].as_str().expect("an id");
    let report = world.access.final_report(&world.http, id);
    let recipients = report["recipientStatus"].as_array().expect("recipients");
    assert!(recipients.iter().all(|recipient| recipient["status"] == "OK"), "{report}");
    let output = ferrofax().args(["show", id]).env("FERROFAX_DATA_DIR", world.dir.path().join("data")).output();
    String::from_utf8(output.expect("it runs").stdout).expect("text")
}

fn document(html: &str) -> Value {
    json!({"name": "page.html", "data": base64::engine::general_purpose::STANDARD.encode(html)})
}

#[test]
fn a_job_tells_which_host_is_not_allowed_and_nothing_else_of_the_address() {
    let (address, asked) = server();
    let html = format!("<p>text<img src='http://{address}/black.bmp?secret'><img src='http://{address}/none'>");
    let job = json!({"recipients": [{"number": "+4989123"}], "documents": [document(&html)]});
    let said = shown(&World::start(&settings("")), &job);
    assert!(said.contains(&format!("warning: something at 127.0.0.1 was left out: {UNLISTED}\n")), "{said}");
    assert!(said.contains("warning: 2 things that the document refers to were left out\n"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    assert_eq!(asked.take(), [""; 0]);

    let said = shown(&World::start(&settings("'127.0.0.1'")), &job);
    assert!(!said.contains(UNLISTED), "{said}");
    assert!(said.contains("something at 127.0.0.1 was left out: the server answered with status 404\n"), "{said}");
    let mut paths = asked.take();
    paths.sort();
    assert_eq!(paths, ["/black.bmp?secret", "/none"], "once for the job");
}

#[test]
fn the_logo_of_cover_pages_is_fetched_once_for_all_recipients() {
    let (address, asked) = server();
    let world = World::start(&settings("'127.0.0.1'"));
    let template = format!("<p>To ${{ToName}}<img src='http://{address}/black.bmp'><img src='http://{address}/none'>");
    let base = world.access.base.split("/rest/").next().unwrap_or_default();
    let request = world.http.put(format!("{base}/api/v1/templates/cover.ftl.html")).body(template);
    let answer = request.basic_auth(&world.access.user, Some(&world.access.password)).send().expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let recipient =
        |n: u32| json!({"number": format!("+49 89 200{n}"), "properties": [{"key": "ToName", "value": n.to_string()}]});
    let job = json!({
        "recipients": [recipient(1), recipient(2), recipient(3)],
        "documents": [document("<p>text")],
        "renderingOptions": {"coverpageTemplate": "cover.ftl.html"}
    });
    let said = shown(&world, &job);
    let warning = "warning: cover page: something at 127.0.0.1 was left out: the server answered with status 404\n";
    assert_eq!(said.matches(warning).count(), 3, "each recipient's page lacks it: {said}");
    let mut paths = asked.take();
    paths.sort();
    assert_eq!(paths, ["/black.bmp", "/none"]);
}
