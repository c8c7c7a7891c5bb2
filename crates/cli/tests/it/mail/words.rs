//! What mails say: in both languages, of all kinds of job, and in a customer's own words.

use serde_json::json;

use super::{LOOPBACK, Post, job, root, set, submit};
use crate::world::World;

const GOOD: &str = "+49 89 1001";
const BUSY: &str = "+49 89 99486";

/// All of them, in this order.
fn contains(text: &str, wanted: &[&str]) {
    let mut rest = text;
    for part in wanted {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is not where it belongs in\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn a_mail_tells_all_of_a_job_in_the_accounts_language_and_zone() {
    let mut post = Post::start();
    let world = World::start(&format!("{LOOPBACK}{}", post.settings()));
    let id = submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
    let mail = post.mail();
    let report = world.access.final_report(&world.http, &id);
    let remote = report["recipientStatus"][0]["remoteCsid"].as_str().expect("an id").trim();
    for text in [&mail.text, &mail.html] {
        contains(
            text,
            &[
                "Fax delivered",
                "confirmed every page",
                &id,
                "KST 12",
                "letter.txt",
                " UTC",
                GOOD,
                "delivered",
                "2 of 2",
            ],
        );
        contains(text, &[GOOD, remote]);
        assert!(text.contains("All times by the clock of UTC."), "{text}");
    }
    assert!(mail.html.contains("Müller &amp; Söhne &lt;4711&gt;") && mail.html.contains("R&amp;D"), "{}", mail.html);
    assert!(mail.text.contains("Müller & Söhne <4711>") && mail.text.contains("R&D"), "{}", mail.text);
    contains(&mail.text, &["Sent:", "Duration:", "Remote id:", "Calls:"]);

    set(&world, &["--language", "de", "--zone", "Europe/Berlin"]);
    let id = submit(&world, &job(&[BUSY], "NEVER", "TIFF"));
    let mail = post.mail();
    assert_eq!(mail.told["to"], json!(["bad@example.com"]));
    assert_eq!(mail.header("Subject"), format!("Fax nicht zugestellt: {BUSY} (Müller & Söhne <4711>)"));
    for text in [&mail.text, &mail.html] {
        contains(text, &["Fax nicht zugestellt", "konnte nicht zugestellt werden", &id, "Abgeschlossen"]);
        contains(text, &[BUSY, "besetzt", "BUSY", "the number is busy", "0 von 2"]);
        assert!(text.contains(" CET") || text.contains(" CEST"), "{text}");
        assert!(text.contains("Uhr von Europe/Berlin."), "{text}");
    }

    // One of three fails, and so the job.
    let id = submit(&world, &job(&[GOOD, BUSY, "+49 89 1003"], "NEVER", "TIFF"));
    let mail = post.mail();
    assert_eq!(mail.told["to"], json!(["bad@example.com"]));
    assert_eq!(mail.header("Subject"), "Fax nur teilweise zugestellt: 2 von 3 Empfängern (Müller & Söhne <4711>)");
    for text in [&mail.text, &mail.html] {
        contains(text, &[&id, GOOD, "zugestellt", BUSY, "besetzt", "+49 89 1003", "zugestellt"]);
    }
}

#[test]
fn nobody_is_mailed_who_did_not_ask() {
    let mut post = Post::start();
    let world = World::start(&format!("{LOOPBACK}{}", post.settings()));
    let mut order = job(&[GOOD], "NEVER", "TIFF");
    order["statusReportOptions"]["reportMail"]["successAddress"] = json!(null);
    let silent = submit(&world, &order);
    world.access.final_report(&world.http, &silent);
    let told = submit(&world, &job(&[BUSY], "NEVER", "TIFF"));
    assert!(post.mail().text.contains(&told), "the only mail");
}

#[test]
fn a_customer_has_its_own_words() {
    let mut post = Post::start();
    let world = World::start(&format!("{LOOPBACK}{}", post.settings()));
    let put = |name: &str, source: &str| {
        let url = format!("{}/api/v1/templates/{name}", root(&world.access));
        let put = world.http.put(url).basic_auth(&world.access.user, Some(&world.access.password));
        let answer = put.body(source.to_owned()).send().expect("an answer");
        (answer.status().as_u16(), answer.text().expect("text"))
    };
    // What fails when it is filled is refused when it is installed.
    for (name, source, why) in [
        ("report-mail.ftl.txt", "Pages:\n${job.pages?date}", "report-mail.ftl.txt:2:"),
        ("report-mail.ftl.html", "<#list recipients as r>${r.ok}</#list>", "report-mail.ftl.html:1:"),
        (
            "report-mail-subject.ftl.txt",
            "${recipients[1].number?upper_case + recipients?date}",
            "report-mail-subject.ftl.txt:1:",
        ),
        ("report-mail-words.ftl", "<#assign t = 5>", "report-mail"),
    ] {
        let (status, said) = put(name, source);
        assert_eq!(status, 400, "{name}: {said}");
        assert!(said.contains(why), "{name}: {said}");
    }
    let (status, said) =
        put("report-mail-subject.ftl.txt", "Praxis\r\n${reference.customerDefinedId}: ${job.succeeded?c}\n");
    assert!((200..300).contains(&status), "{said}");
    let source = "<p>${reference.customerDefinedId} ${recipients[0].number} ${job.finished?string(\"yyyy\")}</p>";
    let (status, said) = put("report-mail.ftl.html", source);
    assert!((200..300).contains(&status), "{said}");
    submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
    let mail = post.mail();
    assert_eq!(mail.header("Subject"), "Praxis Müller & Söhne <4711>: true");
    assert!(mail.html.starts_with("<p>Müller &amp; Söhne &lt;4711&gt; +49 89 1001 20"), "{}", mail.html);
    assert!(mail.text.starts_with("Fax delivered"), "the other one is the built-in: {}", mail.text);

    // What only this job brings down goes out in the built-in words.
    let (status, said) = put("report-mail-subject.ftl.txt", "${(reference.customerDefinedId!\"1\")?number}");
    assert!((200..300).contains(&status), "{said}");
    submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
    assert!(post.mail().header("Subject").starts_with("Fax delivered: "), "the template wants a number");
}
