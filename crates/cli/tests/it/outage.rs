//! A day in which nobody can be told: the target of pushes and the mail server are down, and the service is killed again and again.

use ferrofax_server::store::NoticeView;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::mail::{LOOPBACK, Post, job, notices, submit};
use crate::push::leaf;
use crate::push_target::Target;
use crate::world::{World, clocked, set_clock};

/// The job's push and its mail, once the last try of each began at this time of the service or later, and is over.
fn tried(world: &World, job: &str, since: Timestamp) -> Vec<NoticeView> {
    let over =
        |notice: &NoticeView| notice.tries.last().is_some_and(|last| last.at >= since && last.ended_at.is_some());
    notices(world, job, |notices| notices.len() == 2 && notices.iter().all(over))
}

#[test]
fn a_day_without_target_and_mail_server_loses_nothing() {
    let began = Timestamp::now();
    let mut post = Post::down(&[]);
    let port = Target::start().port();
    let settings = format!("[fetch]\nallow = ['127.0.0.1']\n{LOOPBACK}{}", post.settings());
    let mut world = World::start_by(&settings, clocked);
    let mut wanted = job(&["+49 89 1001"], "ALWAYS", "TIFF");
    wanted["statusReportOptions"]["httpStatusPush"] = json!({"targetUrl": format!("http://127.0.0.1:{port}/take")});
    let id = submit(&world, &wanted);
    let report = world.access.final_report(&world.http, &id);
    tried(&world, &id, began);

    let mut after = |hours: i64| {
        set_clock(world.dir.path(), &format!("+{}", hours * 3600));
        world.restart_by(clocked);
        tried(&world, &id, began + SignedDuration::from_hours(hours))
    };
    for hours in (2..24).step_by(2) {
        for notice in after(hours) {
            assert_eq!(notice.state, "waiting", "after {hours} hours: {notice:?}");
        }
    }
    let target = Target::start_at(port);
    post.up();
    for notice in after(24) {
        let (_, before) = notice.tries.split_last().expect("tries");
        assert_eq!(notice.state, "told", "{notice:?}");
        assert!(before.len() >= 12, "{notice:?}");
        let why = ["the URL's host can't be reached", "the mail server can't be reached"];
        assert!(before.iter().all(|one| one.result.as_deref().is_some_and(|result| why.contains(&result))));
    }
    assert_eq!(leaf(&target.next(), "faxJobReport/jobId"), id);
    assert!(target.is_quiet(), "it was told once");
    let mail = post.mail();
    assert_eq!(mail.header("Message-ID"), format!("<{id}.report@example.net>"));
    assert_eq!(mail.files(), [format!("fax-{id}.tif")]);
    assert_eq!(world.access.report(&world.http, &id).1, report, "what was told is what was");
}
