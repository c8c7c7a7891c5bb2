//! After the storm: what customers were told, what the store holds and what the far machine received must be one story.
//!
//! The rules are written down here once more, in the test's own words, so that they judge the service's.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

use ferrofax_fax::outcome::Outcome;
use ferrofax_server::jobs::JobId;
use ferrofax_server::store::{AttemptView, JobView, Store};
use jiff::Timestamp;

use super::customers::{Accepted, Book, Order};
use super::mark::Mark;
use crate::first_start::pages;

/// Interrupted calls after which a fax is given up (`COMERROR`), counted from the last one that brought a page.
const INTERRUPTIONS_MAX: usize = 5;
/// Doubts of the last page after which it is given up (`EOD_FAILED`).
const DOUBTS_MAX: u32 = 2;
/// Interrupted preparations after which a job is given up (`RENDERING_ERROR`).
const PREPARATIONS_MAX: u32 = 10;

/// Pages that follow each other, as one call brought them.
#[derive(Clone, Copy, Debug)]
struct Call {
    first: u32,
    pages: u32,
}

/// Figures, and what is wrong.
#[derive(Debug, Default)]
pub struct Reckoning {
    pub jobs: usize,
    /// Jobs whose 200 was lost.
    unanswered: usize,
    pub attempts: usize,
    interrupted: usize,
    /// Calls that failed otherwise.
    failed: BTreeMap<String, usize>,
    doubts: usize,
    finals: BTreeMap<String, usize>,
    arrived: usize,
    /// Pages that arrived more than once, all of them doubtful ones.
    repeated: usize,
    lost: Vec<String>,
    wrong: Vec<String>,
    sent_again: Vec<String>,
}

impl Reckoning {
    /// Compares everything. The service has stopped; every call to the far machine is over.
    pub fn of(seed: u64, data: &Path, received: &Path, book: &Book) -> Reckoning {
        let mut reckoning = Reckoning::default();
        let mut calls = reckoning.received(seed, received);
        let views = views(data);
        reckoning.jobs = views.len();
        let mut accepted: BTreeMap<&str, &Accepted> = book.accepted.iter().map(|job| (&*job.id, job)).collect();
        let mut orders = BTreeMap::new();
        for view in &views {
            let number = Order::number_of(&view.deliveries[0].dial).expect("one of ours");
            if let Some(other) = orders.insert(number, &view.id) {
                reckoning.wrong.push(format!("order {number} made jobs {other} and {}", view.id));
            }
            let answered = accepted.remove(&*view.id.0);
            reckoning.unanswered += usize::from(answered.is_none());
            if answered.map_or(!book.unanswered.contains(&number), |answered| answered.order != number) {
                reckoning.wrong.push(format!("job {} is of order {number}, and nobody knows", view.id));
            }
            reckoning.job(&Order::new(seed, number), view, answered, &calls.remove(&number).unwrap_or_default());
        }
        reckoning.lost.extend(accepted.keys().map(|id| format!("job {id} is not in the store")));
        reckoning.wrong.extend(calls.keys().map(|number| format!("order {number} arrived and is no job")));
        reckoning
    }

    /// What the far machine has, by order, in the order of its calls.
    fn received(&mut self, seed: u64, folder: &Path) -> BTreeMap<u32, Vec<Call>> {
        let entries = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
        let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "tif")).collect();
        // fax-BEGUN-CALL.tif
        files.sort_by_key(|path| {
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
            name.rsplit('-').next().and_then(|call| call.parse::<u64>().ok()).expect("a number")
        });
        let mut calls: BTreeMap<u32, Vec<Call>> = BTreeMap::new();
        for file in files {
            let mut call: Option<(u32, Call)> = None;
            for rows in pages(&file) {
                let Some(mark) = Mark::read(&rows) else {
                    self.wrong.push(format!("{}: a page nobody sent", file.display()));
                    break;
                };
                let order = Order::new(seed, mark.job);
                if mark.page >= u32::from(order.cover) && rows != mark.page() {
                    self.wrong.push(format!("{mark:?} arrived otherwise than it was sent"));
                }
                let (job, call) = call.get_or_insert((mark.job, Call { first: mark.page, pages: 0 }));
                if (*job, call.first + call.pages) != (mark.job, mark.page) {
                    self.sent_again.push(format!("{mark:?} is out of order in a call"));
                    break;
                }
                call.pages += 1;
                self.arrived += 1;
            }
            if let Some((job, call)) = call {
                calls.entry(job).or_default().push(call);
            }
        }
        calls
    }

    fn job(&mut self, order: &Order, view: &JobView, answered: Option<&Accepted>, calls: &[Call]) {
        let [delivery] = &view.deliveries[..] else { return self.wrong.push(format!("job {}: recipients", view.id)) };
        let attempts = &delivery.attempts;
        let is = format!("job {}, order {order:?}: {:?} {attempts:?}, received {calls:?}", view.id, delivery.status);
        let Some(status) = &delivery.status else { return self.lost.push(is) };
        *self.finals.entry(status.clone()).or_default() += 1;
        self.attempts += attempts.len();
        for attempt in attempts {
            match attempt.outcome.as_ref().map(|outcome| outcome.code()) {
                Some("interrupted") => self.interrupted += 1,
                Some("sent") => {}
                other => *self.failed.entry(other.unwrap_or("none").to_owned()).or_default() += 1,
            }
            self.doubts += usize::from(attempt.in_doubt.is_some());
        }

        match deserved(order.pages(), !order.is_seen(), view.preparations, attempts) {
            Ok(deserved) if deserved == status => {}
            Ok(deserved) => self.wrong.push(format!("{deserved} is right: {is}")),
            Err(why) => self.wrong.push(format!("{why}: {is}")),
        }
        if let Some(Accepted { report, .. }) = answered {
            let told = &report["recipientStatus"][0];
            let pages_told = told["pagesConfirmed"].as_u64().unwrap_or(0);
            if told["status"] != **status || pages_told != u64::from(delivery.pages_confirmed) {
                self.wrong.push(format!("told {report}: {is}"));
            }
        }
        if order.is_seen() {
            self.pages(order, attempts, calls, &is);
        }
    }

    fn pages(&mut self, order: &Order, attempts: &[AttemptView], calls: &[Call], is: &str) {
        for page in 0..order.pages() {
            let times = calls.iter().filter(|call| (call.first..call.first + call.pages).contains(&page)).count();
            let doubts = attempts.iter().filter(|attempt| attempt.in_doubt == Some(page)).count();
            self.repeated += times.saturating_sub(1);
            if times > 1 + doubts {
                self.sent_again.push(format!("page {page} {times} times with {doubts} doubts: {is}"));
            }
        }
        if !fits(attempts, calls) {
            self.sent_again.push(format!("what arrived is not what these calls can have brought: {is}"));
        }
    }

    /// Everything that must not be.
    pub fn faults(&self) -> Vec<&str> {
        [&self.lost, &self.wrong, &self.sent_again].into_iter().flatten().map(String::as_str).collect()
    }
}

/// The status that the attempts lead to; an error where there should have been no further attempt, or one more.
fn deserved(pages: u32, loopback: bool, preparations: u32, attempts: &[AttemptView]) -> Result<&'static str, String> {
    if attempts.is_empty() && preparations >= PREPARATIONS_MAX {
        return Ok("RENDERING_ERROR");
    }
    let (mut confirmed, mut interrupted, mut doubts_of_last) = (0, 0, 0);
    for (number, attempt) in (1u32..).zip(attempts) {
        if (attempt.number, attempt.first_page) != (number, confirmed) {
            return Err(format!("attempt {number} did not begin at page {confirmed}"));
        }
        confirmed += attempt.pages_confirmed;
        if attempt.in_doubt.is_some_and(|page| page != confirmed || page >= pages) {
            return Err(format!("attempt {number} doubts another page than the one it ended at"));
        }
        let outcome = attempt.outcome.as_ref().map_or("none", |outcome| outcome.code());
        if attempt.pages_confirmed > 0 {
            interrupted = 0;
        }
        interrupted += usize::from(outcome == "interrupted");
        doubts_of_last += u32::from(attempt.in_doubt == Some(pages - 1));
        let end = match outcome {
            _ if confirmed == pages => Some("OK"),
            _ if confirmed + 1 == pages && doubts_of_last >= DOUBTS_MAX => Some("EOD_FAILED"),
            "interrupted" if interrupted >= INTERRUPTIONS_MAX => Some("COMERROR"),
            "busy" if loopback => Some("BUSY"),
            "number_not_assigned" => Some("WRONG_NO"),
            _ => None,
        };
        match end {
            Some(end) if attempts.len() == attempt.number as usize => return Ok(end),
            Some(end) => return Err(format!("a call after {end}")),
            None => {}
        }
    }
    Err("final, and not for any reason known here".to_owned())
}

/// Whether these calls arrived by these attempts, both in order: each brings the pages it confirmed, and perhaps the one in
/// doubt. Without a page a call leaves no file.
fn fits(attempts: &[AttemptView], calls: &[Call]) -> bool {
    let Some((attempt, later)) = attempts.split_first() else { return calls.is_empty() };
    let least = attempt.pages_confirmed;
    let most = least + u32::from(attempt.in_doubt.is_some());
    let seen = calls.split_first().is_some_and(|(call, rest)| {
        call.first == attempt.first_page && (least..=most).contains(&call.pages) && fits(later, rest)
    });
    seen || (least == 0 && fits(later, calls))
}

/// Every job of the store. Which there are is read by another program.
fn views(data: &Path) -> Vec<JobView> {
    let list =
        "import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute('SELECT id FROM jobs'): print(*row)";
    let mut python = Command::new("python3");
    let listed = python.args(["-c", list]).arg(data.join("ferrofax.db")).output().expect("python3 runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = Store::open(data).expect("the store");
    let listed = String::from_utf8(listed.stdout).expect("text");
    let view = |id: &str| runtime.block_on(store.job_view(&JobId(id.to_owned()))).expect("read").expect("it is there");
    listed.lines().map(view).collect()
}

impl fmt::Display for Reckoning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |counts: &BTreeMap<String, usize>| {
            let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            counts.join(", ")
        };
        writeln!(f, "| jobs in the store | {} |", self.jobs)?;
        writeln!(f, "| of these without an answer to their customer | {} |", self.unanswered)?;
        writeln!(f, "| finals | {} |", all(&self.finals))?;
        writeln!(f, "| calls | {} |", self.attempts)?;
        writeln!(f, "| of these interrupted | {} |", self.interrupted)?;
        writeln!(f, "| of these failed otherwise | {} |", all(&self.failed))?;
        writeln!(f, "| pages that arrived at the separate machine | {} |", self.arrived)?;
        writeln!(f, "| pages left in doubt by a call | {} |", self.doubts)?;
        writeln!(f, "| of these arrived twice | {} |", self.repeated)?;
        writeln!(f, "| jobs lost | {} |", self.lost.len())?;
        writeln!(f, "| wrong finals | {} |", self.wrong.len())?;
        writeln!(f, "| confirmed pages sent again, doubts beyond their bound | {} |", self.sent_again.len())
    }
}

/// An attempt at a fax of three pages.
fn attempt(number: u32, first_page: u32, pages_confirmed: u32, in_doubt: Option<u32>, outcome: Outcome) -> AttemptView {
    AttemptView {
        number,
        dial: String::new(),
        line: String::new(),
        started_at: Timestamp::UNIX_EPOCH,
        answered_at: None,
        ended_at: None,
        outcome: Some(outcome),
        sip_status: None,
        q850: None,
        bit_rate: None,
        remote_id: None,
        first_page,
        pages_repeated: 0,
        pages_confirmed,
        in_doubt,
    }
}

#[test]
fn the_reckoning_sees_what_must_not_be() {
    let cut = Outcome::Interrupted;
    let attempts = [
        attempt(1, 0, 1, Some(1), cut.clone()),
        attempt(2, 1, 0, None, cut.clone()),
        attempt(3, 1, 2, None, Outcome::Sent),
    ];
    let fit = |calls: &[(u32, u32)]| {
        let calls: Vec<Call> = calls.iter().map(|&(first, pages)| Call { first, pages }).collect();
        fits(&attempts, &calls)
    };
    assert!(fit(&[(0, 1), (1, 2)]) && fit(&[(0, 2), (1, 2)]));
    assert!(!fit(&[(0, 2), (0, 3)]), "a confirmed page again");
    assert!(!fit(&[(0, 2), (1, 1), (1, 2)]), "a page without a doubt again");
    assert!(!fit(&[(0, 2), (2, 1)]), "what was confirmed was not there");
    assert!(!fit(&[(0, 1)]), "what was confirmed is missing");

    let ends = |attempts: &[AttemptView]| deserved(3, false, 0, attempts).unwrap_or("wrong");
    assert_eq!(ends(&attempts), "OK");
    assert_eq!(ends(&attempts[..2]), "wrong", "too early");
    assert_eq!(ends(&[attempt(1, 0, 1, None, cut.clone()), attempt(2, 0, 3, None, Outcome::Sent)]), "wrong");
    let doubt = |number, first| attempt(number, first, 2 - first, Some(2), cut.clone());
    assert_eq!(ends(&[doubt(1, 0), doubt(2, 2)]), "EOD_FAILED");
    assert_eq!(ends(&[doubt(1, 0), doubt(2, 2), doubt(3, 2)]), "wrong", "one call too many");
    let calls: Vec<AttemptView> = (1..=5).map(|number| attempt(number, 0, 0, None, cut.clone())).collect();
    assert_eq!((ends(&calls[..4]), ends(&calls)), ("wrong", "COMERROR"));
    let calls: Vec<AttemptView> =
        (1..=5).map(|n| attempt(n, u32::from(n > 2), u32::from(n == 2), None, cut.clone())).collect();
    assert_eq!(ends(&calls), "wrong", "a page in between");
}
