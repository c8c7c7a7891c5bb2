//! What becomes of a fax between its acceptance and its last call, from outside: called again, resumed, cancelled, held, shared; and
//! what is promised when the disk is full, the store is locked or the line is down.

use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::first_start::pages;
use crate::world::{Far, Running, World, clocked, ferrofax, set_clock, sip_line, text_job};

/// The loopback, fast, and calls again soon.
const AGAIN: &str = "[http]\nlisten = '127.0.0.1:0'\n[retry]\npause_seconds = [1]\n[retry.on.busy]\npause_seconds = [1]\n\
    [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 10\nspeed = 20\n";

fn accepted(world: &World, job: &Value) -> String {
    let (status, answer) = world.access.submit(&world.http, job).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    answer["jobId"].as_str().expect("an id").to_owned()
}

fn recipient(world: &World, job: &str) -> Value {
    world.access.final_report(&world.http, job)["recipientStatus"][0].clone()
}

/// A command of the operator's, beside the running service.
fn operator(world: &World, arguments: &[&str]) -> String {
    let mut command = ferrofax();
    let done = command.args(arguments).env("FERROFAX_DATA_DIR", world.dir.path().join("data")).output();
    let done = done.expect("it runs");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text")
}

fn view(world: &World, job: &str) -> Value {
    serde_json::from_str(&operator(world, &["show", job, "--json"])).expect("JSON")
}

fn view_when(world: &World, job: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let view = view(world, job);
        if wanted(&view) {
            return view;
        }
        assert!(Instant::now() < until, "{view}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Posts to our own API.
fn post(world: &World, path: &str) -> (u16, Value) {
    let root = world.access.base.split("/rest/").next().expect("a root");
    let request = world.http.post(format!("{root}/api/v1/{path}"));
    let answer = request.basic_auth(&world.access.user, Some(&world.access.password)).send().expect("an answer");
    (answer.status().as_u16(), answer.json().expect("JSON"))
}

#[test]
fn a_failed_call_is_followed_by_others_from_the_first_unconfirmed_page() {
    let world = World::start(AGAIN);
    let busy = accepted(&world, &text_job("+498999122", 1));
    let drops = accepted(&world, &text_job("+498999013", 3));
    assert_eq!(recipient(&world, &busy)["status"], "OK");
    assert_eq!(recipient(&world, &drops)["status"], "OK");
    let attempts = view(&world, &busy)["deliveries"][0]["attempts"].clone();
    let codes: Vec<_> = attempts.as_array().expect("attempts").iter().map(|one| &one["outcome"]["code"]).collect();
    assert_eq!(codes, ["busy", "busy", "sent"]);
    let attempts = view(&world, &drops)["deliveries"][0]["attempts"].clone();
    let first: Vec<_> = attempts.as_array().expect("attempts").iter().map(|one| &one["first_page"]).collect();
    assert_eq!(first, [0, 1]);
    assert_eq!(attempts[1]["bit_rate"], 14_400);
}

#[test]
fn other_numbers_are_called_in_order() {
    let world = World::start(AGAIN);
    let mut job = text_job("+49 89 99404", 1);
    job["recipients"][0]["alternativeNumbers"] = json!(["+49 89 2 99486", "+49 89 3"]);
    let job = accepted(&world, &job);
    let recipient = recipient(&world, &job);
    assert_eq!((&recipient["status"], &recipient["sentToNumber"]), (&json!("OK"), &json!("0049893")));
    assert_eq!(recipient["number"], "+49 89 99404");
}

#[test]
fn a_job_is_held_released_and_cancelled() {
    let world = World::start(AGAIN);
    let first = accepted(&world, &text_job("+49891", 60));
    view_when(&world, &first, |view| view["deliveries"][0]["pages_confirmed"].as_u64() >= Some(1));
    let second = accepted(&world, &text_job("+49891", 1));
    view_when(&world, &second, |view| view["state"] == "prepared");
    assert_eq!(post(&world, &format!("jobs/{second}/hold")), (200, json!({"done": 1, "inCall": 0, "unchanged": 0})));
    assert_eq!(post(&world, &format!("jobs/{first}/cancel?recipient=0")).1["inCall"], 1);
    let cancelled = recipient(&world, &first);
    assert_eq!(cancelled["status"], "CANCELLED");
    let sent = cancelled["pagesConfirmed"].as_u64().expect("a number");
    assert!((1..60).contains(&sent), "{cancelled}");
    let ladder = operator(&world, &["show", &first]);
    assert!(ladder.contains("DCN") && ladder.contains("BYE"), "it ended properly: {ladder}");
    assert_eq!(view(&world, &second)["deliveries"][0]["state"], "held");
    assert!(operator(&world, &["release", &second]).starts_with("1 done"));
    assert_eq!(recipient(&world, &second)["status"], "OK");
    assert_eq!(post(&world, "jobs/FJ00000000000000000000/cancel").0, 404);
    assert_eq!(post(&world, &format!("jobs/{second}/cancel?recipient=x")).0, 400);
    assert_eq!(post(&world, &format!("jobs/{second}/release")).1["unchanged"], 1);
}

#[test]
fn the_same_request_sent_again_is_the_same_job() {
    let world = World::start(AGAIN);
    let submit = |key: &str, job: &Value| {
        let request = world.http.post(format!("{}/fax", world.access.base)).header("Idempotency-Key", key).json(job);
        let answer = request.basic_auth(&world.access.user, Some(&world.access.password)).send().expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().expect("JSON"))
    };
    let job = text_job("+498999486", 1);
    let first = submit("order 4711", &job);
    assert_eq!(first.0, 200);
    assert_eq!(submit("order 4711", &job), first);
    assert_ne!(submit("order 4712", &job).1, first.1);
    let other = submit("order 4711", &text_job("+498999486", 2));
    assert_eq!(other, (422, json!({"code": 422, "message": "This Idempotency-Key was used for another request"})));
    assert_eq!(submit(&"x".repeat(256), &job).0, 400);
}

#[test]
fn faxes_that_wait_for_one_number_go_out_in_one_call() {
    let mut far = Far::start();
    let world = World::start(&sip_line(&far.address));
    let customer = world.access.base.rsplit('/').next().expect("a customer").to_owned();
    operator(&world, &["customer", "set", &customer, "--share-calls", "true"]);
    let first = accepted(&world, &text_job("+4930123", 4));
    view_when(&world, &first, |view| view["deliveries"][0]["state"] == "sending");
    let others: Vec<_> = (1..=3).map(|pages| accepted(&world, &text_job("+4930123", pages))).collect();
    for job in &others {
        view_when(&world, job, |view| view["state"] == "prepared");
    }
    for job in others.iter().chain([&first]) {
        assert_eq!(recipient(&world, job)["status"], "OK");
        assert_eq!(view(&world, job)["deliveries"][0]["attempts"].as_array().map(Vec::len), Some(1));
    }
    let received: Vec<_> = (0..2).map(|_| pages(&far.fax()).len()).collect();
    assert_eq!(received, [4, 6], "the others came together");
}

#[test]
fn nothing_of_a_customer_in_test_mode_leaves_the_house() {
    // Whoever is called there is told.
    let trunk = UdpSocket::bind("127.0.0.1:0").expect("a port");
    trunk.set_nonblocking(true).expect("it can");
    let world = World::start(&sip_line(&trunk.local_addr().expect("bound").to_string()));
    let customer = world.access.base.rsplit('/').next().expect("a customer").to_owned();
    operator(&world, &["customer", "set", &customer, "--test-mode", "true"]);
    let job = accepted(&world, &text_job("+498999486", 1));
    assert_eq!(recipient(&world, &job)["status"], "BUSY");
    assert_eq!(view(&world, &job)["deliveries"][0]["attempts"][0]["line"], "test");
    assert!(trunk.recv(&mut [0; 2000]).is_err(), "not a packet");
}

#[test]
fn a_line_that_is_down_costs_no_fax() {
    // No port that the system gives to whoever asks for any: another test's machine would take the call.
    let process = std::process::id().to_be_bytes();
    let address = format!("127.{}.{}.{}:5060", process[1] | 64, process[2], process[3]);
    let world = World::start(&(sip_line(&address) + "[retry.on.line_failed]\npause_seconds = [1]\n"));
    let job = accepted(&world, &text_job("+4930123", 2));
    view_when(&world, &job, |view| view["deliveries"][0]["attempts"][1]["outcome"]["code"] == "line_failed");
    let folder = tempfile::tempdir().expect("a folder");
    let mut far = ferrofax();
    far.args(["receive", "--speed", "10", "--listen", &address, "--output"]).arg(folder.path());
    let _far = Running::start(&mut far);
    assert_eq!(recipient(&world, &job)["status"], "OK");
}

#[test]
fn a_full_disk_refuses_new_jobs_and_loses_none() {
    let world = World::start(AGAIN);
    let running = accepted(&world, &text_job("+49892", 40));
    view_when(&world, &running, |view| view["deliveries"][0]["pages_confirmed"].as_u64() >= Some(1));
    // No file may grow any more: what a full disk looks like from inside.
    let limit = |bytes: &str| {
        let limit = Command::new("prlimit").args(["--pid", &world.serve.pid().to_string(), bytes]).status();
        assert!(limit.expect("prlimit runs").success());
    };
    limit("--fsize=4096:unlimited");
    let until = Instant::now() + Duration::from_secs(30);
    let mut before = Vec::new();
    loop {
        let (status, answer) = world.access.submit(&world.http, &text_job("+49893", 1)).expect("an answer");
        match status {
            200 => before.push(answer["jobId"].as_str().expect("an id").to_owned()),
            503 => break,
            _ => panic!("{status} {answer}"),
        }
        assert!(Instant::now() < until, "it is never full");
    }
    std::thread::sleep(Duration::from_secs(2));
    limit("--fsize=unlimited:unlimited");
    let after = accepted(&world, &text_job("+49894", 1));
    for job in before.iter().chain([&running, &after]) {
        assert_eq!(recipient(&world, job)["status"], "OK", "{}", operator(&world, &["show", job]));
    }
}

#[test]
fn a_locked_store_holds_everything_up_and_loses_nothing() {
    let world = World::start(AGAIN);
    let running = accepted(&world, &text_job("+49895", 40));
    view_when(&world, &running, |view| view["deliveries"][0]["pages_confirmed"].as_u64() >= Some(1));
    let lock = "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None); \
        c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); time.sleep(14); c.execute('ROLLBACK')";
    let mut python = Command::new("python3");
    let mut python = Running::start(python.args(["-c", lock]).arg(world.dir.path().join("data/ferrofax.db")));
    python.line(|line| line == "locked");
    let (status, answer) = world.access.submit(&world.http, &text_job("+49896", 1)).expect("an answer");
    assert_eq!(status, 503, "{answer}");
    assert!(python.ended().success());
    let after = accepted(&world, &text_job("+49897", 1));
    for job in [&running, &after] {
        assert_eq!(recipient(&world, job)["status"], "OK", "{}", operator(&world, &["show", job]));
    }
}

#[test]
fn a_service_that_stops_ends_its_call_behind_the_page() {
    // Slow enough for a busy machine to keep up.
    let mut far = Far::fast(5);
    let mut world = World::start(&format!(
        "stop_seconds = 0\n{}[retry]\n",
        sip_line(&far.address).replace("speed = 10", "speed = 5")
    ));
    let job = accepted(&world, &text_job("+4930124", 16));
    view_when(&world, &job, |view| view["deliveries"][0]["pages_confirmed"].as_u64() >= Some(2));
    world.serve.terminate();
    assert!(world.serve.ended().success());
    let first = pages(&far.fax());
    let attempt = &view(&world, &job)["deliveries"][0]["attempts"][0];
    let sent = u64::try_from(first.len()).expect("a number");
    assert_eq!((&attempt["outcome"]["code"], &attempt["in_doubt"]), (&json!("interrupted"), &Value::Null));
    assert_eq!((attempt["pages_confirmed"].as_u64(), sent < 16), (Some(sent), true), "{attempt}");
    let ladder = operator(&world, &["show", &job]);
    // Where the page's last command had left already it said that more follow; else that nothing does.
    assert!(ladder.contains("DCN") && ladder.contains("BYE"), "it ended properly: {ladder}");
    world.restart();
    let told = recipient(&world, &job);
    assert_eq!(
        (&told["status"], &told["pagesConfirmed"], &told["pagesInDoubt"]),
        (&json!("OK"), &json!(16), &Value::Null)
    );
    let rest = pages(&far.fax());
    assert_eq!(first.len() + rest.len(), 16);
    assert_ne!(first.last(), rest.first());
}

#[test]
fn a_clock_that_is_set_cuts_off_no_call_and_delays_none() {
    let settings = AGAIN.replace("[retry.on.busy]\npause_seconds = [1]", "[retry.on.busy]\npause_seconds = [6]");
    let world = World::start_by(&settings, clocked);
    for (number, set) in [("3", "+86400"), ("4", "-86400")] {
        let long = accepted(&world, &text_job(&format!("+4989{number}"), 60));
        let busy = accepted(&world, &text_job(&format!("+49{number}8999122"), 1));
        let calls = |view: &Value| view["deliveries"][0]["attempts"].as_array().map_or(0, Vec::len);
        let called = |view: &Value| view["deliveries"][0]["attempts"][0]["outcome"]["code"] == "busy";
        view_when(&world, &long, |view| view["deliveries"][0]["pages_confirmed"].as_u64() >= Some(1));
        view_when(&world, &busy, called);
        set_clock(world.dir.path(), set);
        // The one goes on over the leap, the other waits for its pause and no longer.
        assert_eq!(recipient(&world, &long)["status"], "OK");
        assert_eq!(recipient(&world, &busy)["status"], "OK");
        assert_eq!((calls(&view(&world, &long)), calls(&view(&world, &busy))), (1, 3), "the clock set to {set}");
    }
}
