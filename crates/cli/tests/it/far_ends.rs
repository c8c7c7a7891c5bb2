//! Far machines that misbehave on purpose, through the public API: a fault must be seen, never reported as sent.

use crate::world::{World, text_job};

const FAST: &str = "[http]\nlisten = '127.0.0.1:0'\n\
    [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 10\nspeed = 20\n";

/// Sends so many pages to each ending; status, and pages confirmed, as reported.
fn outcomes(endings: &[(&str, usize)]) -> Vec<(String, u64)> {
    let world = World::start(FAST);
    let submit = |(ending, pages): &(&str, usize)| {
        let job = text_job(&format!("+49 89 {ending}"), *pages);
        let (status, answer) = world.access.submit(&world.http, &job).expect("an answer");
        assert_eq!(status, 200, "{answer}");
        answer["jobId"].as_str().expect("an id").to_owned()
    };
    let jobs: Vec<String> = endings.iter().map(submit).collect();
    let outcome = |job: &String| {
        let report = world.access.final_report(&world.http, job);
        let recipient = &report["recipientStatus"][0];
        assert!(recipient["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{report}");
        (recipient["status"].as_str().expect("a status").to_owned(), recipient["pagesConfirmed"].as_u64().unwrap_or(0))
    };
    jobs.iter().map(outcome).collect()
}

#[test]
fn a_machine_that_never_confirms_page_two_makes_the_job_fail() {
    assert_eq!(outcomes(&[("99002", 3)]), [("PAGE_SEND_ERROR".to_owned(), 1)]);
}

#[test]
fn calls_that_reach_no_machine_say_why() {
    let endings = [("99486", 1), ("99404", 1), ("99488", 1), ("99487", 1)];
    let statuses: Vec<String> = outcomes(&endings).into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, ["BUSY", "WRONG_NO", "COMERROR", "NOFAX_DIS"]);
}

#[test]
fn machines_of_less_ability_get_the_fax_all_the_same() {
    let endings = [("99033", 2), ("99048", 1)];
    assert_eq!(outcomes(&endings), [("OK".to_owned(), 2), ("OK".to_owned(), 1)]);
}
