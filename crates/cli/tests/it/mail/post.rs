//! Handing in: headers, refusals, TLS, logins, outages.

use ferrofax_server::jobs::{JobId, NoticeKind};
use jiff::Timestamp;
use serde_json::json;

use super::{LOOPBACK, Post, job, notice, output, root, store, submit, talkative};
use crate::world::World;

const GOOD: &str = "+49 89 1001";
const BUSY: &str = "+49 89 99486";

/// Tells it at once instead of by the schedule.
fn tell_again(world: &World, job: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let told = store(world);
    let told = runtime.block_on(told.tell_again(&JobId(job.to_owned()), NoticeKind::Mail, None, Timestamp::now()));
    // Or it is being told just now.
    assert!(told.expect("the store works").is_some(), "there is no such job");
}

#[test]
fn a_mail_is_a_robots_and_names_nobody_in_the_log() {
    let mut post = Post::start();
    let (world, log) = talkative(&format!("{LOOPBACK}{}reply_to = 'helpdesk@example.net'\n", post.settings()));
    let id = submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
    let mail = post.mail();
    assert_eq!((&mail.told["from"], &mail.told["to"]), (&json!("fax@example.net"), &json!(["good@example.com"])));
    assert_eq!(mail.header("From"), "Fax service <fax@example.net>");
    assert_eq!(mail.header("To"), "good@example.com");
    assert_eq!(mail.header("Reply-To"), "helpdesk@example.net");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("X-Auto-Response-Suppress"), "All");
    assert_eq!(mail.header("Message-ID"), format!("<{id}.report@example.net>"));
    assert!(!mail.header("Date").is_empty());
    assert_eq!(mail.header("Subject"), format!("Fax delivered: {GOOD} (Müller & Söhne <4711>)"));
    assert!(mail.files().is_empty());
    assert_eq!(notice(&world, &id, "told").tries[0].code, Some(250));

    // A mail that fails has more to say.
    let mut refused = job(&[BUSY], "NEVER", "TIFF");
    refused["statusReportOptions"]["reportMail"]["failureAddress"] = json!("nobody@example.com");
    let id = submit(&world, &refused);
    let notice = notice(&world, &id, "failed");
    assert_eq!(notice.tries.len(), 1, "refused for good");
    assert_eq!(notice.tries[0].code, Some(550));
    assert_eq!(notice.tries[0].result.as_deref(), Some("the mail server refused it: 550 5.1.1"));
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains(&id), "{log}");
    for secret in ["example.com", "good@", "nobody", "helpdesk", "Müller", "1001", "99486"] {
        assert!(!log.contains(secret), "{secret} in the log:\n{log}");
    }
}

#[test]
fn a_mail_that_is_put_off_comes_later_as_the_same() {
    let mut post = Post::start();
    let world = World::start(&format!("{LOOPBACK}{}", post.settings()));
    let later = post.say("later");
    let id = submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
    let waiting = notice(&world, &id, "waiting");
    assert_eq!(waiting.tries[0].code, Some(451));
    assert_eq!(waiting.tries[0].result.as_deref(), Some("the mail server put it off: 451 4.7.1"));
    let pause = waiting.not_before.expect("due").duration_since(waiting.tries[0].ended_at.expect("ended"));
    assert_eq!(pause.as_secs(), 60, "by the schedule");
    std::fs::remove_file(later).expect("it was there");
    tell_again(&world, &id);
    let first = post.mail();
    // Once more, though it was taken.
    notice(&world, &id, "told");
    tell_again(&world, &id);
    let second = post.mail();
    assert_eq!(first.header("Message-ID"), second.header("Message-ID"));
    assert_eq!((first.text, first.html), (second.text, second.html));
    assert_eq!(notice(&world, &id, "told").tries.len(), 3);
}

#[test]
fn an_outage_and_a_kill_lose_no_mail() {
    let mut post = Post::down(&[]);
    let mut world = World::start(&format!("{LOOPBACK}{}", post.settings()));
    let id = submit(&world, &job(&[GOOD], "ALWAYS", "TIFF"));
    let waiting = notice(&world, &id, "waiting");
    assert_eq!(waiting.tries[0].result.as_deref(), Some("the mail server can't be reached"));
    let report = world.access.final_report(&world.http, &id);
    world.serve.kill();
    post.up();
    world.restart();
    tell_again(&world, &id);
    let mail = post.mail();
    assert_eq!(mail.header("Message-ID"), format!("<{id}.report@example.net>"));
    let recipient = &report["recipientStatus"][0];
    assert!(mail.text.contains(recipient["remoteCsid"].as_str().expect("its id").trim()), "{}", mail.text);
    assert_eq!(mail.files(), [format!("fax-{id}.tif")]);
}

#[test]
fn a_mail_that_a_kill_cut_off_is_handed_in_again() {
    let mut post = Post::start();
    let mut world = World::start(&format!("{LOOPBACK}{}", post.settings()));
    // The server has the mail, and does not answer for it.
    let hang = post.say("hang");
    let id = submit(&world, &job(&[GOOD], "ALWAYS", "TIFF"));
    post.running.as_mut().expect("it runs").line(|line| line == "hanging");
    world.serve.kill();
    std::fs::remove_file(hang).expect("it was there");
    world.restart();
    assert_eq!(post.mail().header("Message-ID"), format!("<{id}.report@example.net>"));
    let told = notice(&world, &id, "told");
    assert_eq!(told.tries.len(), 2, "the first was cut off: {told:?}");
}

#[test]
fn without_a_server_mails_wait_until_there_is_one() {
    let mut post = Post::start();
    let mut world = World::start(LOOPBACK);
    let id = submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
    let waiting = notice(&world, &id, "waiting");
    assert_eq!(waiting.tries[0].result.as_deref(), Some("no mail server is configured"));
    let config = world.dir.path().join("config.toml");
    std::fs::write(config, format!("{LOOPBACK}{}", post.settings())).expect("written");
    world.restart();
    tell_again(&world, &id);
    assert_eq!(post.mail().header("Message-ID"), format!("<{id}.report@example.net>"));
}

#[test]
fn mails_go_by_tls_with_a_login_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let [certificate, foreign] = ["certificate", "foreign"].map(|name| {
        let (certificate, key) = (path(&format!("{name}.pem")), path(&format!("{name}.key")));
        output(
            "openssl",
            &[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-out",
                &certificate,
                "-keyout",
                &key,
            ],
        );
        certificate
    });
    let key = path("certificate.key");
    std::fs::write(path("password"), "Gu7 & geheim\n").expect("written");
    for (option, tls) in [("--starttls", "starttls"), ("--tls", "tls")] {
        let options = ["--certificate", &certificate, "--key", &key, option, "--login", "fax:Gu7 & geheim"];
        let mut post = Post::with(&options);
        let settings = |ca: &str, password: &str| {
            format!(
                "{LOOPBACK}[mail]\nserver = 'localhost:{}'\ntls = '{tls}'\nca_file = '{ca}'\nuser = 'fax'\n{password}\n\
                 from = 'fax@example.net'\nbounces_to = ''\n",
                post.port
            )
        };
        let right = settings(&certificate, &format!("password_file = '{}'", path("password")));
        let stranger = settings(&foreign, "password = 'Gu7 & geheim'");
        let locked_out = settings(&certificate, "password = 'wrong'");

        let world = World::start(&right);
        let id = submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
        let mail = post.mail();
        assert_eq!((&mail.told["tls"], &mail.told["login"]), (&json!(true), &json!("fax")), "{tls}");
        assert_eq!(mail.told["from"], json!("<>"), "returned to nobody");
        assert_eq!(mail.header("Message-ID"), format!("<{id}.report@example.net>"));
        drop(world);

        for (settings, result, code) in [
            (stranger, "TLS with the mail server failed", None),
            (locked_out, "the mail server does not let us in: 535 5.7.8", Some(535)),
        ] {
            let world = World::start(&settings);
            let id = submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
            let waiting = notice(&world, &id, "waiting");
            assert_eq!((waiting.tries[0].result.as_deref(), waiting.tries[0].code), (Some(result), code), "{tls}");
        }
    }
}

#[test]
fn a_server_without_tls_gets_nothing_that_was_to_be_encrypted() {
    let post = Post::start();
    let settings = format!("{LOOPBACK}{}tls = 'starttls'\n", post.settings());
    let world = World::start(&settings);
    let id = submit(&world, &job(&[GOOD], "NEVER", "TIFF"));
    let waiting = notice(&world, &id, "waiting");
    let result = "the mail server does not offer what is configured: STARTTLS, or a login";
    assert_eq!(waiting.tries[0].result.as_deref(), Some(result));
    assert!(!post.folder.path().join("0").exists());
}

#[test]
fn only_one_plain_address_is_taken_and_no_line_gets_into_a_header() {
    let mut post = Post::start();
    let world = World::start(&format!("{LOOPBACK}{}", post.settings()));
    for bad in [
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com\nb@example.com",
        "Name <a@example.com>",
        "<a@example.com>",
        "\"a b\"@example.com",
        "a b@example.com",
        "a@example.com> SIZE=1",
        "a@b@example.com",
        "a..b@example.com",
        "a@-example.com",
        "a@[127.0.0.1]",
        "a@exämple.com",
        "a@",
    ] {
        for member in ["successAddress", "failureAddress"] {
            let mut order = job(&[GOOD], "NEVER", "TIFF");
            order["statusReportOptions"]["reportMail"][member] = json!(bad);
            let (status, answer) = world.access.submit(&world.http, &order).expect("an answer");
            let message = format!("statusReportOptions.reportMail.{member}: is not a mail address");
            assert_eq!((status, &answer["message"]), (400, &json!(message)), "{bad:?}");
        }
    }
    let mut order = job(&[GOOD], "NEVER", "TIFF");
    order["reference"]["customerDefinedId"] = json!("4711\r\nBcc: b@example.com\r\n\r\n<b>bold</b>\u{202e}");
    order["reference"]["billingCode"] = json!("\r\n--boundary\r\n.\r\nMAIL FROM:<x>");
    submit(&world, &order);
    let mail = post.mail();
    assert_eq!(mail.told["to"], json!(["good@example.com"]));
    assert_eq!(mail.header("Subject"), format!("Fax delivered: {GOOD} (4711 Bcc: b@example.com <b>bold</b>)"));
    let headers = mail.told["headers"].as_array().expect("headers");
    assert!(!headers.iter().any(|header| header[0] == "Bcc"), "{headers:?}");
    assert!(mail.html.contains("&lt;b&gt;bold&lt;/b&gt;") && !mail.html.contains("<b>bold"), "{}", mail.html);
    assert!(mail.text.contains("MAIL FROM:<x>"), "{}", mail.text);
}

#[test]
fn check_says_what_of_the_mail_settings_would_not_work() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("config.toml");
    std::fs::write(
        &config,
        "[mail]\nserver = 'mail.example.net:0'\nuser = 'fax'\nreply_to = 'nobody'\nca_file = '/nowhere'\nseconds_max = 0\n\
         [ocr]\nlanguages = '-x'\n",
    )
    .expect("written");
    let checked = crate::world::ferrofax().arg("check").arg("--config").arg(&config).output().expect("it runs");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(!checked.status.success());
    for problem in [
        "mail.server: must be host or host:port",
        "mail.from: is needed where there is a server",
        "mail.user: user and password go together",
        "mail.reply_to: must be a mail address",
        "mail.ca_file: /nowhere can't be read",
        "mail.seconds_max: must be 1 to 600",
        "ocr.languages: must be codes",
    ] {
        assert!(said.contains(problem), "{problem} in\n{said}");
    }
    std::fs::write(
        &config,
        "[mail]\nserver = 'mail.example.net'\ntls = 'none'\nuser = 'a'\npassword = 'b'\nfrom = 'a@b'\n",
    )
    .expect("written");
    let checked = crate::world::ferrofax().arg("check").arg("--config").arg(&config).output().expect("it runs");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(said.contains("mail.tls: a password would travel in clear"), "{said}");
}

#[test]
fn mail_templates_are_served_like_others() {
    let world = World::start(LOOPBACK);
    let get = |name: &str| {
        let url = format!("{}/api/v1/templates/{name}", root(&world.access));
        world.http.get(url).basic_auth(&world.access.user, Some(&world.access.password)).send().expect("an answer")
    };
    for name in ["report-mail.ftl.html", "report-mail.ftl.txt", "report-mail-subject.ftl.txt", "report-mail-words.ftl"]
    {
        assert_eq!(get(name).status().as_u16(), 200, "{name}");
    }
}
