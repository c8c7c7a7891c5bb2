//! `kill -9` in the middle of things, then a restart: no accepted job lost, no confirmed page sent again, every report final.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;

use crate::first_start::pages;
use crate::world::{Far, World, ferrofax, sip_line, text_job};

const FAST: &str = "[http]\nlisten = '127.0.0.1:0'\n\
    [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 10\nspeed = 20\n";

#[test]
fn a_job_that_was_answered_survives_a_kill_while_others_are_being_accepted() {
    let mut world = World::start(FAST);
    let (accepted, killed, next) = (Mutex::new(Vec::new()), AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let (access, http) = (&world.access, &world.http);
        for _ in 0..8 {
            scope.spawn(|| {
                while !killed.load(Ordering::Relaxed) {
                    let number = format!("+4989{:06}", 100_000 + next.fetch_add(1, Ordering::Relaxed));
                    // The kill cuts connections; what was not answered was not accepted.
                    let Ok((status, answer)) = access.submit(http, &text_job(&number, 1)) else { break };
                    assert_eq!(status, 200, "{answer}");
                    accepted.lock().expect("not poisoned").push(answer["jobId"].as_str().expect("an id").to_owned());
                }
            });
        }
        while accepted.lock().expect("not poisoned").len() < 40 {
            std::thread::yield_now();
        }
        world.serve.kill();
        killed.store(true, Ordering::Relaxed);
    });
    let accepted = accepted.into_inner().expect("not poisoned");
    assert_eq!(accepted.iter().collect::<BTreeSet<_>>().len(), accepted.len(), "ids are different");
    world.restart();
    for job in &accepted {
        let report = world.access.final_report(&world.http, job);
        assert_eq!(report["recipientStatus"][0]["status"], "OK", "{report}");
    }
}

/// The operator's view, read beside the running service.
fn view(world: &World, job: &str) -> Value {
    let mut show = ferrofax();
    show.args(["show", job, "--json"]).env("FERROFAX_DATA_DIR", world.dir.path().join("data"));
    let shown = show.output().expect("it runs");
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    serde_json::from_slice(&shown.stdout).expect("JSON")
}

fn view_when(world: &World, job: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let view = view(world, job);
        if wanted(&view) {
            return view;
        }
        assert!(view["finished_at"].is_null(), "it was over before it could be killed: {view}");
    }
}

#[test]
fn a_kill_while_a_document_is_rendered_only_delays_the_job() {
    let mut world = World::start(FAST);
    let (status, answer) = world.access.submit(&world.http, &text_job("+498999486", 900)).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let job = answer["jobId"].as_str().expect("an id").to_owned();
    view_when(&world, &job, |view| view["state"] == "preparing");
    world.serve.kill();
    world.restart();
    let report = world.access.final_report(&world.http, &job);
    assert_eq!(report["recipientStatus"][0]["status"], "BUSY", "{report}");
    assert_eq!(report["pages"], 900);
    assert_eq!(view(&world, &job)["preparations"], 2);
}

/// Enough that the kill comes before the last.
const PAGES: usize = 8;

fn confirmed(view: &Value) -> u64 {
    view["deliveries"][0]["pages_confirmed"].as_u64().expect("a number")
}

#[test]
fn a_kill_in_mid_call_sends_no_confirmed_page_again() {
    let mut far = Far::start();
    let mut world = World::start(&sip_line(&far.address));
    let (status, answer) = world.access.submit(&world.http, &text_job("+4930123", PAGES)).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let job = answer["jobId"].as_str().expect("an id").to_owned();
    let seen = view_when(&world, &job, |view| confirmed(view) >= 2);
    world.serve.kill();
    world.restart();
    let report = world.access.final_report(&world.http, &job);
    assert_eq!(report["recipientStatus"][0]["status"], "OK", "{report}");
    assert_eq!(report["recipientStatus"][0]["pagesConfirmed"], PAGES);
    let view = view(&world, &job);
    let attempts = view["deliveries"][0]["attempts"].as_array().expect("attempts");
    assert_eq!(attempts.len(), 2, "{view}");
    assert_eq!(attempts[0]["outcome"]["code"], "interrupted");
    let first = attempts[1]["first_page"].as_u64().expect("a page");
    assert!(first >= confirmed(&seen), "{view}");

    // What the far machine has: two faxes, together each page once, but for the page in doubt.
    let composed = world.dir.path().join("pages.txt");
    let text: Vec<String> = (1..=PAGES).map(|page| format!("This is page {page}.\n")).collect();
    std::fs::write(&composed, text.join("\u{c}")).expect("written");
    let rendered = composed.with_extension("tif");
    assert!(ferrofax().arg("render").arg(&composed).arg("-o").arg(&rendered).status().expect("it runs").success());
    let sent = pages(&rendered);
    let mut arrived = [0; PAGES];
    for fax in [far.fax(), far.fax()] {
        for page in pages(&fax) {
            arrived[sent.iter().position(|sent| *sent == page).expect("one of ours")] += 1;
        }
    }
    let doubt = attempts[0]["in_doubt"].as_u64();
    for (page, times) in (0u64..).zip(arrived) {
        assert!(times == 1 || (times == 2 && doubt == Some(page) && page >= first), "{arrived:?}: {view}");
    }
}
