//! Documents made to do harm, and documents that came to harm: each goes through the real render child, and ends as pages or as
//! that job's clear error, within its limits, and the next job finds the pool as it was.
//!
//! All are made here, from seeds; `FERROFAX_HOSTILE=folder` writes them out, to be looked at or rendered by hand.

mod made;
mod markup;
mod mutated;
mod pdf;
mod pictures;
mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrofax_api::job::DocumentKind;
use ferrofax_server::prepare::protocol::Task;
use ferrofax_server::prepare::worker::{Job, Pool, RenderError, Settings};

use made::Hostile;

/// CPU time of one document. An ordinary one takes a hundredth of it.
const CPU_SECONDS_MAX: u64 = 1;
/// By the clock: long enough for a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// How many may be left to the clock and the system.
const BY_FORCE_MAX: usize = 20;
/// Pages of one document.
const PAGES_MAX: u32 = 50;

fn job(task: Task) -> Job {
    Job { task, pages_max: PAGES_MAX, cpu_seconds_max: CPU_SECONDS_MAX }
}

fn all() -> Vec<Hostile> {
    [mutated::all(), pdf::all(), pictures::all(), markup::all(), templates::all()].concat()
}

/// The end of a document, in a word.
fn end(result: &Result<ferrofax_server::prepare::worker::Rendered, RenderError>) -> String {
    match result {
        Ok(_) => "pages".into(),
        Err(RenderError::Refused(refusal)) => {
            let words = format!("{refusal:?}");
            words.split([' ', '{']).next().unwrap_or_default().to_owned()
        }
        Err(RenderError::TimedOut { .. }) => "timed out".into(),
        // How the system ends a process that has used up its CPU time, or asks for more memory than it may have.
        Err(RenderError::Crashed { how }) if how == "signal 24" => "out of time".into(),
        Err(RenderError::Crashed { how }) if how == "signal 6" => "out of memory".into(),
        Err(other) => format!("broke: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_document_ends_as_pages_or_as_an_error_and_the_pool_stays_usable() {
    let documents = all();
    assert!(documents.len() >= 300, "only {} documents", documents.len());
    if let Some(folder) = std::env::var_os("FERROFAX_HOSTILE") {
        for (number, document) in documents.iter().enumerate() {
            let name = format!("{number:03}-{}.{}", document.name.replace([' ', '/', ','], "-"), document.extension);
            std::fs::write(std::path::Path::new(&folder).join(name), &document.bytes).unwrap();
        }
    }
    let child = [env!("CARGO_BIN_EXE_ferrofax"), "render-worker"].map(Into::into);
    let settings = Settings { children: 2, time_limit: TIME_LIMIT, ..Settings::new(child.into()) };
    let pool = Arc::new(Pool::start(settings).unwrap());
    let tasks: Vec<_> = documents
        .into_iter()
        .map(|document| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move {
                let result = pool.render(&job(document.task), &document.bytes).await;
                if let Ok(rendered) = &result {
                    assert!(
                        rendered.pages.len() <= PAGES_MAX as usize
                            && rendered.pages.iter().all(|page| page.width == 1728)
                    );
                }
                (document.name, end(&result))
            })
        })
        .collect();
    let begun = Instant::now();
    let mut ends: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in tasks {
        let (name, end) = task.await.unwrap();
        ends.entry(end).or_default().push(name);
    }
    let counted: Vec<_> = ends.iter().map(|(end, names)| format!("{end}: {}", names.len())).collect();
    println!("{} in {:?}", counted.join(", "), begun.elapsed());
    for (end, names) in &ends {
        if !matches!(end.as_str(), "pages" | "Damaged" | "Unsupported" | "Empty") {
            println!("{end}: {names:#?}");
        }
    }
    let broke: Vec<_> = ends.iter().filter(|(end, _)| end.starts_with("broke")).collect();
    assert!(broke.is_empty(), "{broke:#?}");
    // The clock and the system are the last resort: nearly all is to be seen by the renderer itself.
    let by_force: usize =
        ["timed out", "out of time", "out of memory"].iter().filter_map(|end| ends.get(*end)).map(Vec::len).sum();
    assert!(by_force <= BY_FORCE_MAX, "{by_force} ended by force: {ends:#?}");
    assert!(
        ends.get("pages").map_or(0, Vec::len) > 40,
        "the mutations do not reach beyond the first bytes: {counted:?}"
    );
    pool.render(&job(made::hostile("", DocumentKind::Txt, "").task), b"text").await.unwrap();
    assert_eq!(pool.idle_pids().len(), 2);
}
