//! The crash test: a service under load is killed with SIGKILL again and again, at random moments and at each of
//! `failpoint::NAMES`, then everybody's story is compared. docs/crash-test.md tells what is proved and how a long run went.
//!
//! Faxes go to a far machine in a process of its own: those of the loopback line live in the process that is killed, and what
//! they received would die with it. Some jobs go to the loopback line all the same, for their finals.
//!
//! `FERROFAX_KILLS` is how often, `FERROFAX_SEED` repeats what was drawn (not what the clock made of it).

mod customers;
mod mark;
mod reckoning;

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use ferrofax_server::failpoint;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::world::{Access, Far, Running, World, ferrofax, is_address, root, serve};
use customers::{COVER, Login, Market};
use reckoning::Reckoning;

const KILLS: u32 = 100;

/// Customers of each login; each has one job at a time.
const VISITORS: usize = 3;

/// Of random lives, after the start: many are short, some long enough for calls to end.
const LIFE_MAX: Duration = Duration::from_secs(3);
/// A start takes about as long; some kills fall into it.
const START_MAX: Duration = Duration::from_millis(500);
/// For a start.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// For a point; then it is killed all the same, and the point has its turn again.
const POINT_PATIENCE: Duration = Duration::from_secs(4);
/// For the far machine to give up the last calls it was left alone in.
const FAR_PATIENCE: Duration = Duration::from_secs(60);

/// Many times as fast as real lines, and whatever fails is called again soon and for ever: what this is about is kills.
fn settings(far: &str) -> String {
    let again = "again = true\npause_seconds = [1]\ntimes = 1000\n";
    // On a busy machine calls as fast as these may fail in ways that real ones hardly do.
    let rules = [
        "no_answer",
        "refused",
        "no_fax_heard",
        "remote_hung_up-A",
        "audio_only",
        "training_failed",
        "internal",
        "busy",
        "line_failed",
        "incompatible",
        "operator_wanted",
    ];
    let rules: String = rules.iter().map(|rule| format!("[retry.on.{rule}]\n{again}")).collect();
    format!(
        "[http]\nlisten = '127.0.0.1:0'\n[render]\nchildren = 1\n\
         [retry]\nattempts_max = 1000\ndials_max = 1000\ntries_max = 1000\npause_seconds = [1]\n{rules}\
         [[line]]\nname = 'trunk'\nkind = 'sip'\nprefixes = ['']\nchannels = 8\ntarget = '{far}'\nspeed = 20\n\
         [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['00999']\nchannels = 2\nspeed = 20\n\
         [line.retry.on.busy]\nagain = false\n"
    )
}

/// How a life of the service ends.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// So long after its process began.
    Starting(Duration),
    /// So long after it listens.
    Moment(Duration),
    /// When it reaches a point so many times.
    Point(&'static str, u32),
}

impl Death {
    /// Half of them random moments, the others each point in turn.
    fn draw(chance: &mut StdRng, life: u32, points: usize) -> Death {
        let (share, times): (f64, u32) = (chance.random(), chance.random_range(1..=3));
        match life % 12 {
            0 => Death::Starting(START_MAX.mul_f64(share)),
            even if even.is_multiple_of(2) => Death::Moment(LIFE_MAX.mul_f64(share * share)),
            _ => Death::Point(failpoint::NAMES[points % failpoint::NAMES.len()], times),
        }
    }
}

/// One life of the service, from start to SIGKILL; the point that killed it, if one did.
fn live(world: &mut World, market: &Market, death: Death) -> Option<&'static str> {
    let mut command = logged(serve(world.dir.path()), world.dir.path());
    if let Death::Point(name, times) = death {
        command.env("FERROFAX_DIE_AT", format!("{name}:{times}"));
    }
    let (start, life) = match death {
        Death::Starting(life) => (life, Duration::ZERO),
        Death::Moment(life) => (START_PATIENCE, life),
        Death::Point(..) => (START_PATIENCE, POINT_PATIENCE),
    };
    world.serve = Running::start(&mut command);
    if let Ok(line) = world.serve.line_until(Instant::now() + start, is_address) {
        *market.root.lock().expect("not poisoned") = root(&line);
    }
    let rest = world.serve.line_until(Instant::now() + life, |_| false);
    let status = world.serve.kill();
    assert_eq!(status.signal(), Some(9), "it ended by itself; {death:?}, {}", log(world.dir.path()));
    match death {
        Death::Point(name, _) => (rest == Err(RecvTimeoutError::Disconnected)).then_some(name),
        _ => None,
    }
}

/// With its complaints in a file.
fn logged(mut command: Command, dir: &Path) -> Command {
    let log = File::options().create(true).append(true).open(dir.join("stderr")).expect("a file");
    command.stderr(log);
    command
}

fn log(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("stderr")).unwrap_or_default()
}

/// Three logins of two customers, each with the template of cover pages.
fn logins(world: &World) -> Vec<Login> {
    let Access { user, password, base } = world.access.clone();
    let root = base.split("/rest/").next().expect("an address");
    let mut logins = vec![Login { customer: "10000".to_owned(), user, password }];
    for (customer, user) in [("10000", "second"), ("20000", "other")] {
        let mut add = ferrofax();
        add.args(["customer", "add", customer, "--login", user]);
        let added = add.env("FERROFAX_DATA_DIR", world.dir.path().join("data")).output().expect("it runs");
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let said = String::from_utf8(added.stdout).expect("text");
        let password = said.trim().rsplit(' ').next().expect("a password").to_owned();
        logins.push(Login { customer: customer.to_owned(), user: user.to_owned(), password });
    }
    for login in [&logins[0], &logins[2]] {
        let put = world.http.put(format!("{root}/api/v1/templates/{COVER}")).body(mark::TEMPLATE);
        let answer = put.basic_auth(&login.user, Some(&login.password)).send().expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{}", answer.text().unwrap_or_default());
    }
    logins
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn kills_lose_no_job_make_no_final_wrong_and_send_no_confirmed_page_again() {
    let kills = number("FERROFAX_KILLS").map_or(KILLS, |kills| u32::try_from(kills).expect("a number of kills"));
    let seed = number("FERROFAX_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    println!("FERROFAX_KILLS={kills} FERROFAX_SEED={seed}");
    let began = Instant::now();
    let far = Far::fast(20);
    let mut world = World::start(&settings(&far.address));
    let logins = logins(&world);
    let market = Market::new(seed, world.http.clone(), root(&world.access.base));
    world.serve.kill();

    let (mut moments, mut points) = (0, Vec::new());
    std::thread::scope(|scope| {
        for login in logins.iter().flat_map(|login| [login; VISITORS]) {
            scope.spawn(|| market.visit(login));
        }
        let mut chance = StdRng::seed_from_u64(seed);
        for life in 0..kills {
            let death = Death::draw(&mut chance, life, points.len());
            match live(&mut world, &market, death) {
                Some(point) => points.push(point),
                None => moments += 1,
            }
        }
        world.serve = Running::start(&mut logged(serve(world.dir.path()), world.dir.path()));
        *market.root.lock().expect("not poisoned") = root(&world.serve.line(is_address));
        market.over.store(true, Ordering::Relaxed);
    });

    let book = market.book.lock().expect("not poisoned");
    for job in &book.accepted {
        let report = market.report(&job.login, &job.id).expect("an answer");
        assert_eq!(report, job.report, "a final report never changes");
    }
    world.serve.terminate();
    assert!(world.serve.ended().success());
    calls_are_over(far.folder());
    let reckoning = Reckoning::of(seed, &world.dir.path().join("data"), far.folder(), &book);

    println!("| what | how often |\n| --- | --- |");
    println!("| killed at a random moment | {moments} |");
    for name in failpoint::NAMES {
        println!("| killed at `{name}` | {} |", points.iter().filter(|point| **point == name).count());
    }
    println!("| jobs that were answered with 200 | {} |", book.accepted.len());
    println!("| requests without an answer, not made again | {} |", book.unanswered.len());
    println!("| requests without an answer, made again by their key | {} |", book.repeated);
    print!("{reckoning}");
    println!("{} s", began.elapsed().as_secs());
    let log = log(world.dir.path());
    assert!(!log.contains("panicked"), "{log}");
    assert!(reckoning.faults().is_empty(), "seed {seed}:\n{}\n{log}", reckoning.faults().join("\n"));
    assert!(kills < KILLS || points.len() >= failpoint::NAMES.len(), "not every point was reached");
    assert!(reckoning.jobs as u32 >= kills / 4, "too little was going on for a storm");
}

/// Waits until the far machine has given up the calls it was left alone in.
fn calls_are_over(folder: &Path) {
    let until = Instant::now() + FAR_PATIENCE;
    let running = || {
        let files = std::fs::read_dir(folder).expect("the folder");
        files.map(|file| file.expect("an entry").path()).any(|path| path.extension().is_some_and(|end| end == "part"))
    };
    while running() {
        assert!(Instant::now() < until, "a call of the far machine does not end");
        std::thread::sleep(Duration::from_millis(100));
    }
}
