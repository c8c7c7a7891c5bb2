//! Every number of the loopback through the public API: what is reported must be what its table says, and a fault is never
//! reported as sent.

use ferrofax_server::docs::status_of;
use ferrofax_server::line::loopback::{Behaviour, behaviours};
use serde_json::Value;

use crate::world::{World, ferrofax, text_job};

/// One service for all: the calls run side by side, and each delivery makes one.
const SETTINGS: &str = "[http]\nlisten = '127.0.0.1:0'\n\
    [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 12\nspeed = 20\n";

/// What became of a job: status and pages confirmed as reported, code and phase as `show` has them.
#[derive(PartialEq, Debug)]
struct Seen {
    status: String,
    confirmed: u64,
    code: String,
    phase: String,
}

/// Sends so many pages to a number; the job's id.
fn submit(world: &World, number: &str, pages: usize) -> String {
    let (status, answer) = world.access.submit(&world.http, &text_job(number, pages)).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    answer["jobId"].as_str().expect("an id").to_owned()
}

fn seen(world: &World, job: &str) -> Seen {
    let report = world.access.final_report(&world.http, job);
    let recipient = &report["recipientStatus"][0];
    assert!(recipient["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{report}");
    let attempt = last_attempt(world, job);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Seen {
        status: word(&recipient["status"]),
        confirmed: recipient["pagesConfirmed"].as_u64().unwrap_or(0),
        code: word(&attempt["outcome"]["code"]),
        phase: word(&attempt["outcome"]["phase"]),
    }
}

/// As `ferrofax show JOB --json` tells it.
fn last_attempt(world: &World, job: &str) -> Value {
    let mut show = ferrofax();
    show.args(["show", job, "--json"]).env("FERROFAX_DATA_DIR", world.dir.path().join("data"));
    let shown = show.output().expect("it runs");
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let view: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    view["deliveries"][0]["attempts"].as_array().and_then(|attempts| attempts.last()).expect("an attempt").clone()
}

/// The conversations of a job, for a test that fails.
fn story(world: &World, job: &str) -> String {
    let mut show = ferrofax();
    show.args(["show", job]).env("FERROFAX_DATA_DIR", world.dir.path().join("data"));
    String::from_utf8_lossy(&show.output().expect("it runs").stdout).into_owned()
}

#[test]
fn every_number_does_what_its_table_says() {
    let world = World::start(SETTINGS);
    let send = |behaviour: &'static Behaviour| submit(&world, &format!("+49 89 {}", behaviour.ending), behaviour.pages);
    // A number that changes is called again when its call before is over.
    let rounds = behaviours().map(|behaviour| behaviour.calls.len()).max().unwrap_or_default();
    for round in 0..rounds {
        let called = behaviours().filter(|behaviour| behaviour.calls.len() > round);
        let jobs: Vec<_> = called.map(|behaviour| (behaviour, send(behaviour))).collect();
        for (Behaviour { ending, calls, .. }, job) in jobs {
            let (code, phase) = calls[round];
            let seen = seen(&world, &job);
            let told = (seen.status.as_str(), seen.code.as_str(), seen.phase.as_str());
            let phase = phase.map(|phase| format!("{phase:?}")).unwrap_or_default();
            assert_eq!(
                told,
                (status_of(calls[round]).word(), code, phase.as_str()),
                "{ending}\n{}",
                story(&world, &job)
            );
        }
    }
}

#[test]
fn what_was_confirmed_is_reported_and_how_it_ends_depends_on_the_page() {
    let world = World::start(SETTINGS);
    // Never confirms page 2: of one page, of two, of three.
    let table = [
        ("+49 89 1 99002", 1, "OK", 1),
        ("+49 89 2 99002", 2, "EOD_FAILED", 1),
        ("+49 89 3 99002", 3, "PAGE_SEND_ERROR", 1),
        ("+49 89 1 99012", 2, "REM_DIS", 1),
        ("+49 89 1 99022", 3, "REM_DIS", 1),
        ("+49 89 1 99052", 2, "PAGE_SEND_ERROR", 1),
        ("+49 89 1 99053", 1, "PAGE_SEND_ERROR", 0),
        ("+49 89 1 99033", 2, "OK", 2),
        ("+49 89 1 98765", 2, "OK", 2),
    ];
    let jobs: Vec<String> = table.iter().map(|(number, pages, ..)| submit(&world, number, *pages)).collect();
    for ((number, _, status, confirmed), job) in table.iter().zip(&jobs) {
        let seen = seen(&world, job);
        assert_eq!((seen.status.as_str(), seen.confirmed), (*status, *confirmed), "{number}\n{}", story(&world, job));
    }
}
