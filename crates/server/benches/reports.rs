//! Reports with a million stored jobs: what a list of a thousand costs at the door, and what a purge does to those who hand in jobs.
//!
//! `cargo bench -p ferrofax-server --profile release --bench reports [FOLDER [JOBS]]`. One job is sent as every job is; the others are
//! copies of its rows. All are one login's, which is the worst case for its lists. Times are those of a client on the same machine, from
//! its request to the last byte of the answer.

mod kit;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::{Resolution, StoredPage};
use ferrofax_server::accept::Accept;
use ferrofax_server::accept::id::Ids;
use ferrofax_server::http::{Door, Listener, Settings, password, serve};
use ferrofax_server::jobs::{Policy, Retry, Routes, decide};
use ferrofax_server::prepare::convert::Kinds;
use ferrofax_server::store::{Account, AttemptResult, Customer, NewLogin, Store};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use self::kit::{job, now};

const LEASE: Duration = Duration::from_secs(3600);
const REQUESTS: usize = 500;
/// Jobs of the purge.
const PURGED: u32 = 100_000;
/// Between two jobs that are handed in.
const PACE: Duration = Duration::from_millis(10);

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing is measured without --bench");
        return;
    }
    let mut given = arguments.iter().filter(|argument| !argument.starts_with('-'));
    let folder = given.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let jobs: u32 = given.next().map_or(1_000_000, |count| count.parse().expect("a number of jobs"));
    let folder = tempfile::tempdir_in(folder).expect("a folder to write to");
    let store = Store::open(folder.path()).expect("a store");
    let customer = Customer { number: "99999TE".into(), account: Account::default() };
    store.put_customer(customer, now()).await.expect("a customer");
    let password_hash = password::hash("secret").expect("a hash");
    let login = NewLogin { name: "alpha".into(), customer: "99999TE".into(), password_hash, allowed: vec![] };
    store.put_login(login, now()).await.expect("a login");
    send(&store).await;
    let began = Instant::now();
    copy(folder.path(), jobs);
    println!("{jobs} jobs stored, filled in {:.0} s\n", began.elapsed().as_secs_f64());

    let address = door(&store).await;
    println!("| {REQUESTS} requests | bytes | p50 ms | p95 ms | p99 ms | most ms |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let (list, one) = ("GET /rest/v1/99999TE/fax/reports", format!("GET /rest/v1/99999TE/fax/reports/{}", name(0)));
    ask(address, list).await;
    for (what, request) in [("the oldest 1000", list), ("one report", &one)] {
        let (mut times, mut bytes) = (Vec::new(), 0);
        for _ in 0..REQUESTS {
            let began = Instant::now();
            bytes = ask(address, request).await;
            times.push(began.elapsed());
        }
        println!("| {what} | {bytes} | {} |", percentiles(times));
    }

    println!("\n| jobs handed in, each {} ms | jobs | p50 ms | p95 ms | p99 ms | most ms |", PACE.as_millis());
    println!("| --- | --- | --- | --- | --- | --- |");
    let idle = accepted(&store, "idle", async { tokio::time::sleep(Duration::from_secs(10)).await }).await;
    println!("| nothing else happens | {} | {} |", idle.len(), percentiles(idle));
    due(folder.path());
    let began = Instant::now();
    let purged = accepted(&store, "purge", async {
        let purged = store.purge_finished(now()).await.expect("the store works");
        assert_eq!(purged, PURGED.min(jobs) as usize);
    });
    let purged = purged.await;
    let (count, seconds) = (purged.len(), began.elapsed().as_secs_f64());
    println!("| {PURGED} are purged | {count} | {} |", percentiles(purged));
    println!("\nthe purge took {seconds:.0} s");
}

fn name(n: u32) -> String {
    format!("FJ{n:020}")
}

/// One job, the whole way.
async fn send(store: &Store) {
    let routes = Routes::new([(String::new(), "world".to_owned())]);
    let policy = Arc::new(Policy::new(routes, Retry::default()));
    let number = std::iter::once((format!("FN{:020}", 0), "4989123".to_owned()));
    store.accept_job(job(name(0), ("99999TE", "alpha"), number, 1500)).await.expect("accepted");
    let claim = store.claim_preparation("bench", now(), LEASE).await.expect("the store works").expect("a job");
    let page =
        StoredPage { width: 1728, rows: 2287, resolution: Resolution::Fine, code: vec![7; 1000], index: vec![0; 36] };
    store.settle_prepared(claim, vec![page], &policy.routes, now()).await.expect("prepared");
    let claim = store.claim_delivery("bench", now(), LEASE, "world", &policy).await.expect("the store works");
    let claim = claim.expect("a delivery");
    store.record_page_ending(&claim, 0).await.expect("recorded");
    store.record_page_confirmed(&claim, 0, &Ladder::default()).await.expect("recorded");
    let result = AttemptResult {
        outcome: Outcome::Sent,
        answered_at: Some(now()),
        ended_at: now(),
        sip_status: Some(200),
        q850: None,
        bit_rate: Some(14_400),
        ecm: Some(true),
        t38_refused: false,
        remote_id: Some("+49 89 123".into()),
        ladder: Ladder::default(),
    };
    let history = store.history(&claim).await.expect("a history");
    let next = decide(&result.end(), &history, &policy, now());
    store.settle_attempt(claim, result, next, &policy).await.expect("settled");
}

/// The first job's rows once more, under other ids and finished later. Its pages and documents are rows too.
fn copy(folder: &Path, jobs: u32) {
    let connection = Connection::open(folder.join("ferrofax.db")).expect("the database");
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF").expect("set");
    for (table, key, id) in [
        ("jobs", "id", "id"),
        ("documents", "job", "job"),
        ("pages", "job", "job"),
        ("deliveries", "job", "id"),
        ("attempts", "delivery", "delivery"),
    ] {
        let mut columns =
            connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).expect("a table");
        let columns = columns.query_map([], |row| row.get(0)).expect("columns");
        let columns: Vec<String> = columns.collect::<Result<_, _>>().expect("columns");
        let value = |column: &String| match column.as_str() {
            column if column == id && id != "job" && table != "jobs" => format!("printf('FN%020d', n) AS {column}"),
            "delivery" => "printf('FN%020d', n)".to_owned(),
            column if column == key || column == "job" => format!("printf('FJ%020d', n) AS {column}"),
            "report" => "replace(report, printf('FJ%020d', 0), printf('FJ%020d', n))".to_owned(),
            "finished_at" => "finished_at + n".to_owned(),
            column => column.to_owned(),
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let sql = format!(
            "WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n + 1 < ?1)
             INSERT INTO {table} ({}) SELECT {} FROM copies, {table} WHERE {key} LIKE '%00000000000000000000'",
            columns.join(", "),
            values.join(", ")
        );
        let copied = connection.execute(&sql, params![jobs]).expect("copied");
        assert_eq!(copied as u32, jobs - 1, "{table}");
    }
}

/// The oldest are to be purged now, the others never.
fn due(folder: &Path) {
    let connection = Connection::open(folder.join("ferrofax.db")).expect("the database");
    connection.busy_timeout(Duration::from_secs(60)).expect("set");
    let sql = "UPDATE jobs SET purge_at = iif(id < ?1, 0, NULL) WHERE state = 'finished'";
    connection.execute(sql, [name(PURGED)]).expect("marked");
}

async fn door(store: &Store) -> SocketAddr {
    let settings = Settings { requests_per_second: 1_000_000, requests_burst: 1_000_000, ..Settings::default() };
    let accept = Accept::new(Ids::new("TESTNODE").expect("a node"), Kinds::default());
    let door = Arc::new(Door::new(Arc::new(store.clone()), accept, settings, Arc::new(Timestamp::now)));
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("an address");
    tokio::spawn(serve(door, Listener { tcp, tls: None }, CancellationToken::new()));
    address
}

/// Bytes of the answer.
async fn ask(address: SocketAddr, request: &str) -> usize {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let token = base64::engine::general_purpose::STANDARD.encode("alpha:secret");
    let head = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..answer.len().min(300)]));
    answer.len()
}

/// How long handing in a job takes while `work` goes on.
async fn accepted(store: &Store, what: &str, work: impl Future<Output = ()>) -> Vec<Duration> {
    let done = CancellationToken::new();
    let hand_in = async {
        let (mut times, mut pace) = (Vec::new(), tokio::time::interval(PACE));
        while !done.is_cancelled() {
            pace.tick().await;
            let n = times.len();
            let number = std::iter::once((format!("FN{what}{n}"), "4989123".to_owned()));
            let began = Instant::now();
            store.accept_job(job(format!("FJ{what}{n}"), ("99999TE", "beta"), number, 1500)).await.expect("accepted");
            times.push(began.elapsed());
        }
        times
    };
    let work = async {
        work.await;
        done.cancel();
    };
    tokio::join!(hand_in, work).0
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    format!("{:.1} | {:.1} | {:.1} | {:.1}", at(50), at(95), at(99), at(100))
}
