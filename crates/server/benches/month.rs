//! A simulated month: a million deliveries over sixty channels, and whether everything that must hold did.
//!
//! `cargo bench -p ferrofax-server --profile release --bench month [FOLDER [DELIVERIES]]`; it takes as long as its transactions do, so
//! a folder in memory is quickest. Prints what `docs/delivery-bench.md` shows; stops at the first thing that is wrong.

#[path = "../tests/it/month/simulation/mod.rs"]
mod simulation;

use std::path::PathBuf;

use self::simulation::{Size, run};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing is simulated without --bench");
        return;
    }
    let mut given = arguments.iter().filter(|argument| !argument.starts_with('-'));
    let folder = given.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let deliveries: u32 = given.next().map_or(1_000_000, |count| count.parse().expect("a number of deliveries"));
    let folder = tempfile::tempdir_in(folder).expect("a folder to write to");
    // The same load on every day, however many there are.
    let days = deliveries.div_ceil(33_334);
    let size = Size { deliveries, days, broadcast: 10_000.min(deliveries / 10), numbers: (deliveries / 5).max(1_000) };
    let figures = run(size, 1, folder.path()).await;
    println!("{figures}");
    figures.assert_good();
}
