//! Do-not-fax lists: by the command line, by `/api/v1`, and in the reports of a running service.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, ferrofax, text_job};

const CONFIG: &str = "[http]\nlisten = '127.0.0.1:0'\n[[line]]\nkind = 'loopback'\nname = 'loopback'\nprefixes = ['']\n\
                      channels = 2\nspeed = 20\n";

struct Own<'a>(&'a World);

impl Own<'_> {
    fn ask(&self, method: Method, path: &str, body: impl Into<reqwest::blocking::Body>) -> (u16, Value) {
        let World { http, access, .. } = self.0;
        let base = access.base.split("/rest/").next().unwrap_or_default();
        let request = http.request(method, format!("{base}/api/v1/lists/own{path}")).body(body);
        let answer = request.basic_auth(&access.user, Some(&access.password)).send().expect("an answer");
        (answer.status().as_u16(), answer.json().expect("JSON"))
    }

    fn refused(&self, method: Method, path: &str, body: &'static str) -> (u16, String) {
        let (status, answer) = self.ask(method, path, body);
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    }
}

fn command(world: &World, arguments: &[&str]) -> (bool, String) {
    let mut command = ferrofax();
    let dir = world.dir.path();
    command.arg("list").args(arguments).current_dir(dir).env("FERROFAX_DATA_DIR", dir.join("data"));
    let output = command.output().expect("it runs");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    (output.status.success(), said.concat())
}

/// A job's only recipient: status, number dialled.
fn outcome(world: &World, number: &str, public_lists: bool) -> (Value, Value) {
    let mut job = text_job(number, 1);
    job["transportOptions"] = json!({"isBlacklistEnabled": public_lists});
    let (status, answer) = world.access.submit(&world.http, &job).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let report = world.access.final_report(&world.http, answer["jobId"].as_str().expect("an id"));
    let recipient = &report["recipientStatus"][0];
    (recipient["status"].clone(), recipient["sentToNumber"].clone())
}

#[test]
fn a_customers_own_list_is_kept_over_http_and_holds() {
    let world = World::start(CONFIG);
    let own = Own(&world);
    let text = "# ours\n089/123-400,by mail,31/03/2025\n+49 89 123500\n";
    let imported = own.ask(Method::PUT, "", text);
    assert_eq!(imported, (200, json!({"imported": 2, "skipped": 0, "entries": 2})));
    assert_eq!(outcome(&world, "+4989123400", false), (json!("PBLACKLIST"), Value::Null));

    let bad = "089123400\nx\ny\n";
    let told = "body: line 2: number: contains a character that is not part of a number (1 more bad lines)";
    assert_eq!(own.refused(Method::PUT, "", bad), (400, told.into()));
    let (_, page) = own.ask(Method::GET, "?limit=1", "");
    let entry = &page["entries"][0];
    assert_eq!((&entry["number"], &entry["comment"]), (&json!("004989123400"), &json!("by mail")), "nothing changed");
    assert_eq!((&entry["date"], &page["next"]), (&json!("2025-03-31"), &json!("004989123400")));
    let (_, page) = own.ask(Method::GET, "?limit=1&after=004989123400", "");
    assert_eq!((&page["entries"][0]["number"], page.get("next")), (&json!("004989123500"), None));
    let skipped = own.ask(Method::PUT, "?add=true&skipBad=true", "089123600\nx\n");
    assert_eq!(skipped, (200, json!({"imported": 1, "skipped": 1, "entries": 3})));

    let added = own.ask(Method::POST, "/numbers", json!({"number": "+49 (89) 99*", "date": "2026-01-31"}).to_string());
    assert_eq!(added, (200, json!({"number": "00498999*", "new": true})));
    let (_, check) = own.ask(Method::GET, "/numbers/+498999123", "");
    assert_eq!((&check["listed"], &check["entry"]["number"]), (&json!(true), &json!("00498999*")));
    assert_eq!(own.ask(Method::DELETE, "/numbers/08999*", "").0, 200);
    assert_eq!(own.refused(Method::DELETE, "/numbers/08999*", ""), (404, "No such entry".into()));
    assert_eq!(own.ask(Method::GET, "/numbers/08999123", "").1, json!({"number": "00498999123", "listed": false}));

    for (body, told) in [
        (r#"{"number": "12"}"#, "number: has fewer than 3 digits"),
        (r#"{"number": "+49123", "date": "31/03/2025"}"#, "date: is not yyyy-mm-dd"),
        (r#"{"number": "+49123", "comment": "\u0007"}"#, "comment: contains a control character"),
        ("[]", "body: must be JSON with number and, if wanted, comment and date, all of them text"),
    ] {
        assert_eq!(own.refused(Method::POST, "/numbers", body), (400, told.into()));
    }
    assert_eq!(own.refused(Method::GET, "?limit=0", ""), (400, "limit: must be 1 to 1000".into()));
    assert_eq!(own.refused(Method::GET, "/numbers/abc", "").0, 400);
    let address = world.access.base.split("/rest/").next().unwrap_or_default();
    let stranger = world.http.get(format!("{address}/api/v1/lists/own")).send().expect("an answer");
    assert_eq!(stranger.status().as_u16(), 401);
}

#[test]
fn lists_are_kept_by_the_command_line_while_the_service_runs() {
    let world = World::start(CONFIG);
    let run = |arguments: &[&str]| command(&world, arguments);
    let write = |name: &str, text: &str| std::fs::write(world.dir.path().join(name), text).expect("written");
    write("robinson.txt", "# public\n089/123-400\n0891235\tmoved\n");
    write("bad.csv", "+49891,first\n0891236,no country\n");

    let (good, said) = run(&["import", "robinson.txt", "--list", "robinson"]);
    assert!(good && said == "2 imported, 0 left out, 2 on the list\n", "{said}");
    let (good, said) = run(&["import", "bad.csv"]);
    assert!(!good && said.contains("line 2: number: is a national number, and no country is given"), "{said}");
    assert_eq!(run(&["show"]), (true, String::new()), "nothing was imported");
    let (good, said) = run(&["import", "bad.csv", "--skip-bad"]);
    assert!(good && said.contains("1 imported, 1 left out, 1 on the list"), "{said}");
    assert_eq!(run(&["show"]).1, "0049891  first\n");
    assert!(run(&["add", "0891237", "--country", "DE", "--comment", "asked", "--date", "2026-03-31"]).0);
    assert_eq!(run(&["check", "+49 89 1237"]).1, "operator: 0049891237  asked  2026-03-31\n");
    assert!(run(&["add", "0891238", "--customer", "10000"]).0);
    assert_eq!(run(&["check", "0891238", "--customer", "10000"]).1, "customer 10000: 0049891238\n");
    assert_eq!(run(&["check", "+49891238"]).1, "not listed\n");
    assert_eq!(run(&["show", "--all"]).1, "operator  2 entries\nrobinson  2 entries\ncustomer 10000  1 entries\n");

    assert_eq!(outcome(&world, "+4989123400", true), (json!("BLACKLIST"), Value::Null));
    assert_eq!(outcome(&world, "0891238", false), (json!("PBLACKLIST"), Value::Null));
    assert_eq!(outcome(&world, "+4989123400", false), (json!("OK"), json!("004989123400")));

    assert!(run(&["remove", "0891238", "--customer", "10000"]).0);
    assert!(!run(&["remove", "0891238", "--customer", "10000"]).0, "it is gone");
    assert!(run(&["clear", "--list", "robinson"]).0);
    assert_eq!(run(&["show", "--all"]).1, "operator  2 entries\n");
    assert!(!run(&["show", "--customer", "7"]).0, "there is no such customer");
}

#[test]
fn a_dead_number_is_parked_and_released_and_a_customer_sees_its_own_calls() {
    let parking = format!("{CONFIG}[retry]\nattempts_max = 1\npark_after = 2\n");
    let world = World::start(&parking);
    let run = |arguments: &[&str]| {
        let mut command = ferrofax();
        let dir = world.dir.path();
        command.arg("destination").args(arguments).env("FERROFAX_DATA_DIR", dir.join("data"));
        command.env("FERROFAX_CONFIG", dir.join("config.toml"));
        let output = command.output().expect("it runs");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
        (output.status.success(), said.concat())
    };
    let ask = |path: &str| {
        let base = world.access.base.split("/rest/").next().unwrap_or_default();
        let request = world.http.get(format!("{base}/api/v1/destinations{path}"));
        let answer = request.basic_auth(&world.access.user, Some(&world.access.password)).send().expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().expect("JSON"))
    };
    let (dead, wrong) = ("+498999404", json!("WRONG_NO"));
    assert_eq!(ask("/+498999404").1["message"], "No such destination");
    assert_eq!(outcome(&world, dead, false), (wrong.clone(), json!("00498999404")));
    assert_eq!(run(&["list", "--parked"]), (true, String::new()));
    assert_eq!(outcome(&world, dead, false).0, wrong);
    assert_eq!(outcome(&world, dead, false), (wrong.clone(), Value::Null), "it is not called any more");
    let (_, said) = run(&["list", "--parked"]);
    assert!(said.starts_with("00498999404  parked since 20") && said.contains("(number_not_assigned)"), "{said}");
    let (status, told) = ask("/08999404");
    assert_eq!((status, &told["number"], &told["ecm"]), (200, &json!("00498999404"), &json!(true)), "{told}");
    assert!(told["parkedUntilTs"].is_string() && told["failedTs"].is_string() && told.get("okTs").is_none(), "{told}");

    assert!(run(&["release", dead]).0);
    assert!(!run(&["release", dead]).0);
    assert_eq!(outcome(&world, dead, false), (wrong, json!("00498999404")));
    assert!(run(&["pin", "+4989123", "--bit-rate-max", "4800", "--ecm", "false"]).0);
    let (_, said) = run(&["show", "+4989123"]);
    assert_eq!(said, "004989123  at most 4800 bit/s (pinned)  without error correction (pinned)\n");
    assert_eq!(ask("/+4989123").0, 404, "the customer has not called it");
    assert_eq!(outcome(&world, "+4989123", false).0, "OK");
    let (_, page) = ask("?limit=1");
    assert_eq!((&page["destinations"][0]["bitRateMax"], &page["next"]), (&json!(4800), &json!("004989123")), "{page}");
    assert!(run(&["clear", "+4989123"]).0);
    assert_eq!(ask("?limit=0").1["message"], "limit: must be 1 to 1000");
}
