//! How many jobs a second become durable (fsynced), for one client and for sixty-four.
//!
//! `cargo bench -p ferrofax-server --profile release --bench accept [FOLDER]`; the folder decides which disk is measured.

mod kit;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ferrofax_server::store::{Account, Customer, Store};

use self::kit::{job, now};

#[tokio::main]
async fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing is measured without --bench");
        return;
    }
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from);
    println!("clients  document   jobs/s  commits/s      p50      p99");
    for document in [1_500, 100_000] {
        for clients in [1, 64] {
            measure(&folder, clients, document).await;
        }
    }
}

async fn measure(folder: &Path, clients: usize, document_bytes: usize) {
    let folder = tempfile::tempdir_in(folder).expect("a folder to write to");
    let store = Store::open(folder.path()).expect("a store");
    let customer = Customer { number: "99999TE".into(), account: Account::default() };
    store.put_customer(customer, now()).await.expect("a customer");

    let per_client = if document_bytes > 10_000 { 1_000 } else { 4_000 } / clients.min(8);
    let (commits, began) = (store.commits(), Instant::now());
    let clients: Vec<_> = (0..clients)
        .map(|client| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut waits = Vec::with_capacity(per_client);
                for n in 0..per_client {
                    let number = std::iter::once((format!("FN{client}x{n}"), "4989123".to_owned()));
                    let job = job(format!("FJ{client}x{n}"), ("99999TE", "alpha"), number, document_bytes);
                    let asked = Instant::now();
                    store.accept_job(job).await.expect("accepted");
                    waits.push(asked.elapsed());
                }
                waits
            })
        })
        .collect();
    let count = clients.len();
    let mut waits = Vec::new();
    for client in clients {
        waits.extend(client.await.expect("no panic"));
    }
    let seconds = began.elapsed().as_secs_f64();
    waits.sort();
    let percentile = |p: usize| waits.get(waits.len() * p / 100).copied().unwrap_or(Duration::ZERO).as_secs_f64() * 1e3;
    let commits = (store.commits() - commits) as f64 / seconds;
    let jobs = waits.len() as f64 / seconds;
    println!(
        "{count:>7}  {document_bytes:>8}  {jobs:>7.0}  {commits:>9.0}  {:>5.1} ms {:>5.1} ms",
        percentile(50),
        percentile(99)
    );
}
