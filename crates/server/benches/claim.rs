//! What a turn costs (claim a delivery, settle its call) with a thousand waiting deliveries, and with a million.
//!
//! `cargo bench -p ferrofax-server --profile release --bench claim [FOLDER [WAITING…]]`. Nine in ten deliveries are of broadcasts, the
//! others single faxes, all due; four customers with two logins each. Sixty calls are always on; every other one is busy and waits
//! for its next, the rest arrive. CPU time is that of all threads of this process, and tells more than the clock does on a busy
//! machine.

mod kit;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::{Resolution, StoredPage};
use ferrofax_server::jobs::{NewJob, Policy, Retry, Routes, decide};
use ferrofax_server::store::{Account, AttemptResult, Customer, DeliveryClaim, Store};

use self::kit::now;

const LEASE: Duration = Duration::from_secs(3600);
const CHANNELS: usize = 60;
const TURNS: usize = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing is measured without --bench");
        return;
    }
    let mut given = arguments.iter().filter(|argument| !argument.starts_with('-'));
    let folder = given.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut waiting: Vec<u32> = given.map(|count| count.parse().expect("a number of deliveries")).collect();
    if waiting.is_empty() {
        waiting = vec![1_000, 10_000, 100_000, 1_000_000];
    }
    println!("| waiting | come due, each µs | claim µs | settle µs | CPU a turn µs | to the first |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut first = None;
    for waiting in waiting {
        let Cost { due, claim, settle, cpu } = measure(&folder, waiting).await;
        let ratio = cpu / *first.get_or_insert(cpu);
        println!("| {waiting} | {due:.0} | {claim:.0} | {settle:.0} | {cpu:.0} | {ratio:.2} |");
    }
}

/// Microseconds: what each delivery costs that comes into its lane, medians of the two halves of a turn, and the mean of a turn.
struct Cost {
    due: f64,
    claim: f64,
    settle: f64,
    cpu: f64,
}

async fn measure(folder: &Path, waiting: u32) -> Cost {
    let folder = tempfile::tempdir_in(folder).expect("a folder to write to");
    let store = Store::open(folder.path()).expect("a store");
    let routes = Routes::new([(String::new(), "world".to_owned())]);
    let policy = Arc::new(Policy::new(routes, Retry::default()));
    // At the end there are still as many as said.
    let waiting = waiting + (CHANNELS + TURNS) as u32;
    fill(&store, waiting, &policy.routes).await;

    let began = Instant::now();
    let mut running = VecDeque::from([claim(&store, &policy).await]);
    let due = began.elapsed().as_secs_f64() * 1e6 / f64::from(waiting);
    while running.len() < CHANNELS {
        running.push_back(claim(&store, &policy).await);
    }
    let (mut claims, mut settlements, before) = (Vec::new(), Vec::new(), cpu_micros());
    for turn in 0..TURNS {
        let oldest = running.pop_front().expect("sixty are on");
        let began = Instant::now();
        settle(&store, oldest, turn % 2 == 0, &policy).await;
        settlements.push(began.elapsed());
        let began = Instant::now();
        running.push_back(claim(&store, &policy).await);
        claims.push(began.elapsed());
    }
    Cost { due, claim: median(claims), settle: median(settlements), cpu: (cpu_micros() - before) / TURNS as f64 }
}

async fn claim(store: &Store, policy: &Arc<Policy>) -> DeliveryClaim {
    let claim = store.claim_delivery("bench", now(), LEASE, "world", policy).await;
    claim.expect("the store works").expect("a delivery is due")
}

async fn settle(store: &Store, claim: DeliveryClaim, arrives: bool, policy: &Arc<Policy>) {
    if arrives {
        store.record_page_ending(&claim, 0).await.expect("recorded");
        store.record_page_confirmed(&claim, 0, &Ladder::default()).await.expect("recorded");
    }
    let result = AttemptResult {
        outcome: if arrives { Outcome::Sent } else { Outcome::Busy },
        answered_at: arrives.then(now),
        ended_at: now(),
        sip_status: None,
        q850: None,
        bit_rate: None,
        ecm: None,
        t38_refused: false,
        remote_id: None,
        ladder: Ladder::default(),
    };
    let history = store.history(&claim).await.expect("a history");
    let next = decide(&result.end(), &history, policy, now());
    store.settle_attempt(claim, result, next, policy).await.expect("settled");
}

async fn fill(store: &Store, waiting: u32, routes: &Routes) {
    for customer in 0..4 {
        let customer = Customer { number: format!("{customer}"), account: Account::default() };
        store.put_customer(customer, now()).await.expect("a customer");
    }
    let broadcast = (waiting / 10).min(10_000);
    let (mut job, mut first) = (0, 0);
    while first < waiting {
        let recipients = if first < waiting / 10 { 1 } else { broadcast.min(waiting - first) };
        store.accept_job(new_job(job, first..first + recipients)).await.expect("accepted");
        let claim = store.claim_preparation("bench", now(), LEASE).await.expect("the store works");
        let page =
            StoredPage { width: 1728, rows: 70, resolution: Resolution::Fine, code: vec![0; 40], index: vec![0] };
        let claim = claim.expect("a job is to be prepared");
        store.settle_prepared(claim, vec![page], routes, now()).await.expect("prepared");
        (job, first) = (job + 1, first + recipients);
    }
}

fn new_job(job: u32, numbers: std::ops::Range<u32>) -> NewJob {
    let (customer, login) = (format!("{}", job % 4), format!("login{}", job % 8));
    let numbers = numbers.map(|n| (format!("FN{n:020}"), format!("49{n:08}")));
    kit::job(format!("FJ{job:020}"), (&customer, &login), numbers, 12)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// Of all threads of this process, as Linux counts it.
fn cpu_micros() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").expect("a list of threads");
    let nanos = |thread: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    };
    threads.filter_map(nanos).sum::<f64>() / 1e3
}
