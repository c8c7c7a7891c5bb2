//! What many recipients cost: a job with a cover page and a header line for each, composed for everybody as before a call.
//!
//! `cargo bench -p ferrofax-cli --profile release --bench compose [RECIPIENTS]`; 1000 recipients unless said otherwise, the built-in
//! template, and five pages of documents. No call is made: every delivery then ends as busy. CPU time is that of this process
//! (store included), and of all children that composed, from their start to their end; what rendered the documents is told apart.
//! Memory is the largest seen in each quarter. No child is replaced for its count of jobs, so that one that grows is seen to.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrofax_api::job::{Charset, Content, Document, DocumentKind, FaxJob, Property, Recipient};
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use ferrofax_server::compose::Composer;
use ferrofax_server::jobs::{DeliveryId, JobId, NewDelivery, NewJob, Policy, Retry, Routes, decide};
use ferrofax_server::prepare::convert::{self, Converters};
use ferrofax_server::prepare::worker::{Pool, Settings};
use ferrofax_server::prepare::{Prepare, Renderer};
use ferrofax_server::send::gather;
use ferrofax_server::stationery::DEFAULT_COVER;
use ferrofax_server::store::{Account, AttemptResult, Customer, DeliveryClaim, Stage, Store};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

const FERROFAX: &str = env!("CARGO_BIN_EXE_ferrofax");
const DOCUMENT_PAGES: usize = 5;
const LEASE: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing is measured without --bench");
        return;
    }
    let given: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let recipients = given.first().map_or(1000, |count| count.parse().expect("a number of recipients"));
    for (cover, header) in [(false, true), (true, true)] {
        measure(recipients, cover, header).await;
    }
}

async fn measure(recipients: usize, cover: bool, header: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let customer = Customer { number: "99999TE".into(), account: Account::default() };
    store.put_customer(customer, Timestamp::now()).await.expect("a customer");
    store.accept_job(job(recipients, cover, header)).await.expect("accepted");

    let settings = Settings { children: 1, ..Settings::new(vec![FERROFAX.into(), "render-worker".into()]) };
    let keeper = convert::Settings::new(vec![FERROFAX.into(), "confine".into()], folder.path().join("convert"));
    let renderer = Arc::new(Renderer {
        pool: Pool::start(settings.clone()).expect("children"),
        converters: Converters::detect(keeper).expect("converters"),
        pages_max: 100,
        document_time_max: Duration::from_secs(60),
    });
    let routes = Routes::new([(String::new(), "world".to_owned())]);
    let policy = Arc::new(Policy::new(routes, Retry { attempts_max: 1, ..Retry::default() }));
    let prepare = Arc::new(Prepare { store: store.clone(), renderer, policy: policy.clone(), owner: "bench".into() });
    let stop = CancellationToken::new();
    let mut prepared = store.bell(Stage::Send);
    let stage = tokio::spawn({
        let (prepare, stop) = (prepare.clone(), stop.clone());
        async move { prepare.run(stop).await }
    });
    prepared.changed().await.expect("prepared");
    stop.cancel();
    stage.await.expect("the stage ends");

    let composer = Composer::new(Pool::start(Settings { jobs_per_child: u32::MAX, ..settings }).expect("children"));
    let (mut pages, mut composed) = (0, Duration::ZERO);
    let (mut children, mut memory) = (BTreeSet::new(), [(0, 0); 4]);
    let before = cpu_seconds();
    for n in 0..recipients {
        let claim = store.claim_delivery("bench", Timestamp::now(), LEASE, "world", &policy).await;
        let claim = claim.expect("the store works");
        let claim = claim.expect("a delivery is due");
        let began = Instant::now();
        let fax = gather(&store, &claim).await.expect("all is there");
        let fax = composer.compose(fax).await.expect("composed");
        composed += began.elapsed();
        pages += fax.pages.len();
        let claim = store.record_composed(claim, fax.cover_pages, &fax.warnings).await.expect("recorded");
        settle(&store, claim, &policy).await;
        children.extend(composer.idle_pids());
        let (here, child) = &mut memory[n * 4 / recipients];
        *here = rss_mb(std::process::id()).max(*here);
        *child = composer.idle_pids().into_iter().map(rss_mb).fold(*child, u64::max);
    }
    let own = cpu_seconds().own - before.own;
    // Killed; their time is known once they have been waited for.
    drop(composer);
    while children.iter().any(|child| Path::new(&format!("/proc/{child}")).exists()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let theirs = cpu_seconds().children - before.children;
    println!(
        "cover {cover}, header {header}: {recipients} recipients, {pages} pages; documents rendered {} times; \
         CPU {:.2} ms a page in the child, {:.2} ms a recipient here with the store; {:.1} ms a recipient from start to end; \
         memory (here, child) in MB, most of each quarter {memory:?}; {} children in all",
        prepare.renderer.pool.jobs_done(),
        theirs * 1e3 / pages as f64,
        own * 1e3 / recipients as f64,
        composed.as_secs_f64() * 1e3 / recipients as f64,
        children.len(),
    );
}

async fn settle(store: &Store, claim: DeliveryClaim, policy: &Arc<Policy>) {
    let now = Timestamp::now();
    let result = AttemptResult {
        outcome: Outcome::Busy,
        answered_at: None,
        ended_at: now,
        sip_status: Some(486),
        q850: None,
        bit_rate: None,
        ecm: None,
        t38_refused: false,
        remote_id: None,
        ladder: Ladder::default(),
    };
    let history = store.history(&claim).await.expect("a history");
    let next = decide(&result.end(), &history, policy, now);
    store.settle_attempt(claim, result, next, policy).await.expect("settled");
}

fn job(recipients: usize, cover: bool, header: bool) -> NewJob {
    let line = "A line of text as letters have them, some seventy characters long, or more.\n";
    let text = vec![line.repeat(50); DOCUMENT_PAGES].join("\u{c}");
    let property = |key: &str, value: String| Property { key: key.to_owned(), value };
    let recipient = |n| Recipient {
        number: format!("+4989{n:06}"),
        alternative_numbers: Vec::new(),
        properties: vec![
            property("ToName", format!("Recipient {n}")),
            property("FromName", "The sender".into()),
            property("SubjectTitle", "Your order".into()),
            property("SubjectText", line.repeat(10)),
        ],
    };
    let order = FaxJob {
        reference: Default::default(),
        recipients: (0..recipients).map(recipient).collect(),
        documents: vec![Document {
            name: "letter.txt".into(),
            kind: DocumentKind::Txt,
            charset: Charset::Utf8,
            content: Content::Data(text.into_bytes()),
        }],
        transport: Default::default(),
        rendering: ferrofax_api::job::RenderingOptions {
            cover: cover.then(|| DEFAULT_COVER.to_owned()),
            header: header.then(|| "%d.%m.%Y %H:%M %C %c%# %rPage %P of %T".to_owned()),
            ..Default::default()
        },
        report: Default::default(),
        customer_reference: None,
        valid: Default::default(),
    };
    let now = Timestamp::now();
    let delivery = |n| NewDelivery {
        id: DeliveryId(format!("FN{n:020}")),
        dial: format!("004989{n:06}"),
        alternatives: vec![],
        warnings: vec![],
    };
    NewJob {
        id: JobId("FJ00000000000000000001".into()),
        customer: "99999TE".into(),
        login: "bench".into(),
        accepted_at: now,
        valid_from: now,
        valid_until: now + Duration::from_secs(86_400),
        order,
        once: None,
        centre: None,
        deliveries: (0..recipients).map(delivery).collect(),
    }
}

/// User and system time so far.
struct Cpu {
    own: f64,
    /// Of those that have ended and been waited for.
    children: f64,
}

/// Linux counts hundredths.
fn cpu_seconds() -> Cpu {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("it lives");
    let after_name = stat.rsplit_once(')').expect("a name").1;
    let ticks: Vec<f64> = after_name.split_whitespace().skip(11).map_while(|text| text.parse().ok()).collect();
    let [user, system, children_user, children_system, ..] = ticks[..] else { panic!("utime, stime, cutime, cstime") };
    Cpu { own: (user + system) / 100.0, children: (children_user + children_system) / 100.0 }
}

fn rss_mb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}
