//! What became of faxes, told in other ways than the report: as it happens, and as lines to be billed.

use serde_json::json;

use crate::world::{World, ferrofax, text_job};

const FAST: &str = "[http]\nlisten = '127.0.0.1:0'\n[[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\n\
    channels = 10\nspeed = 20\n";

#[test]
fn a_job_is_watched_until_its_end() {
    let world = World::start(FAST);
    let mut job = text_job("+49891", 3);
    job["recipients"].as_array_mut().expect("recipients").push(json!({"number": "+498999486"}));
    let (_, answer) = world.access.submit(&world.http, &job).expect("an answer");
    let job = answer["jobId"].as_str().expect("an id");
    let watch = |user: &str, job: &str| {
        let mut command = ferrofax();
        let root = world.access.base.split("/rest/").next().expect("a root");
        let customer = world.access.base.rsplit('/').next().expect("a customer");
        command.args(["status", "--watch", job, "--url", root, "--customer", customer]);
        command.args(["--user", user]).env("FERROFAX_PASSWORD", &world.access.password);
        command.output().expect("it runs")
    };
    let said = String::from_utf8(watch(&world.access.user, job).stdout).expect("text");
    // Where nobody looked early enough, less is told of the beginning, and never of the end.
    let at = |what: &str| said.find(what).unwrap_or_else(|| panic!("no {what:?} in {said}"));
    assert!(at("recipient 0: page 3 of 3 is confirmed") < at("recipient 0: OK: OK"), "{said}");
    assert!(at("recipient 1: BUSY") < at("finished"), "{said}");
    assert!(at("finished") < at("\"jobId\""), "then the report: {said}");
    let late = String::from_utf8(watch(&world.access.user, job).stdout).expect("text");
    assert!(late.contains("recipient 0: OK") && late.contains("finished"), "{late}");
    let unknown = watch(&world.access.user, "FJ00000000000000000000");
    assert!(!unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("404"));
    assert!(String::from_utf8_lossy(&watch("stranger", job).stderr).contains("401"));
}

#[test]
fn finished_deliveries_are_exported_for_billing() {
    let world = World::start(FAST);
    let mut job = text_job("+49 89 1", 2);
    job["recipients"].as_array_mut().expect("recipients").push(json!({"number": "+498999486"}));
    job["reference"] =
        json!({"customerDefinedId": "order \"7\", part 1", "billingCode": "4711", "billingInfo": "Köln"});
    let (_, answer) = world.access.submit(&world.http, &job).expect("an answer");
    let id = answer["jobId"].as_str().expect("an id");
    world.access.final_report(&world.http, id);
    // Deleting a report takes nothing off the bill.
    let delete = world.http.delete(format!("{}/fax/reports/{id}", world.access.base));
    let deleted = delete.basic_auth(&world.access.user, Some(&world.access.password)).send().expect("an answer");
    assert_eq!(deleted.status(), 200);

    let root = world.access.base.split("/rest/").next().expect("a root");
    let ask = |query: &str| {
        let request = world.http.get(format!("{root}/api/v1/deliveries.csv{query}"));
        request.basic_auth(&world.access.user, Some(&world.access.password)).send().expect("an answer")
    };
    let csv = ask("").text().expect("text");
    let by_command = ferrofax().arg("export").env("FERROFAX_DATA_DIR", world.dir.path().join("data")).output();
    assert_eq!(String::from_utf8(by_command.expect("it runs").stdout).expect("text"), csv);
    // Read by another program.
    let python = "import csv, json, sys; print(json.dumps(list(csv.DictReader(sys.stdin, strict=True))))";
    let mut command = std::process::Command::new("python3");
    let mut python = command
        .args(["-c", python])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("python3 runs");
    std::io::Write::write_all(&mut python.stdin.take().expect("a pipe"), csv.as_bytes()).expect("written");
    let read = python.wait_with_output().expect("it ends").stdout;
    let rows: serde_json::Value = serde_json::from_slice(&read).expect("JSON");
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 2, "{csv}");
    let row = &rows[0];
    let columns = ["jobId", "customerDefinedId", "billingCode", "billingInfo", "number", "sentToNumber", "status"];
    let values = columns.map(|column| row[column].as_str().expect("text"));
    assert_eq!(values, [id, "order \"7\", part 1", "4711", "Köln", "+49 89 1", "0049891", "OK"]);
    assert_eq!((&row["pages"], &row["pagesConfirmed"], &row["calls"]), (&json!("2"), &json!("2"), &json!("1")));
    assert_eq!(
        (&rows[1]["status"], &rows[1]["sentTs"], &rows[1]["durationInSecs"]),
        (&json!("BUSY"), &json!(""), &json!("0"))
    );
    assert_eq!(ask("?to=2026-01-01T00:00:00Z").text().expect("text").lines().count(), 1, "the names alone");
    assert_eq!(ask("?from=yesterday").status(), 400);
}
