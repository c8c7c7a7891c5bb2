//! What a newcomer sees: the printed curl line, the demo, the documented example.

use std::path::Path;
use std::process::Command;

use ferrofax_fax::page::Rows;
use ferrofax_fax::tiff::Tiff;
use serde_json::{Value, json};

use crate::world::{Running, World, ferrofax, serve};

const FAST: &str = "[http]\nlisten = '127.0.0.1:0'\n\
    [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 10\nspeed = 20\n";

#[test]
fn the_printed_curl_line_works_when_pasted_and_its_fax_arrives() {
    let world = World::start(FAST);
    let line = world.serve.seen.last().expect("the curl line").clone();
    let pasted = Command::new("bash").arg("-c").arg(line.trim()).output().expect("bash runs");
    assert!(pasted.status.success(), "{}", String::from_utf8_lossy(&pasted.stderr));
    let answer: Value = serde_json::from_slice(&pasted.stdout).expect("JSON");
    let job = answer["jobId"].as_str().expect("a job id");
    assert_eq!(job.len(), 22);
    let report = world.access.final_report(&world.http, job);
    assert_eq!(report["recipientStatus"][0]["status"], "OK", "{report}");
    assert_eq!(report["recipientStatus"][0]["sentToNumber"], "004989123456");
    assert_eq!(report["pages"], 1);
}

#[test]
fn a_later_start_tells_how_to_add_a_login_and_what_it_says_works() {
    let mut world = World::start(FAST);
    world.restart();
    let line = world.serve.line(|line| line.contains("Add a login"));
    assert!(line.contains("ferrofax customer add NUMBER --login NAME"), "{line}");
    assert!(!world.serve.seen.iter().any(|line| line.contains("curl")));

    // Beside the running service, which knows the login at once.
    let mut add = ferrofax();
    add.args(["customer", "add", "77777", "--login", "other", "--csid", "+49 30 1"]);
    add.env("FERROFAX_DATA_DIR", world.dir.path().join("data"));
    let added = add.output().expect("it runs");
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let said = String::from_utf8(added.stdout).expect("text");
    let password = said.trim().rsplit(' ').next().expect("a password").to_owned();
    let mut access = world.access.clone();
    access.user = "other".into();
    access.password = password;
    access.base = access.base.replace("/10000", "/77777");
    let (status, answer) = access.submit(&world.http, &crate::world::text_job("0049301", 1)).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let job = answer["jobId"].as_str().expect("an id");
    assert_eq!(access.final_report(&world.http, job)["recipientStatus"][0]["status"], "OK");
    // The first login does not see it.
    assert_eq!(world.access.report(&world.http, job).0, 404);
}

#[test]
fn a_second_service_on_the_same_folder_is_refused() {
    let world = World::start(FAST);
    let second = serve(world.dir.path()).output().expect("it runs");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("another process serves this data folder"), "{said}");
}

/// The rows of every page of a TIFF file.
pub fn pages(path: &Path) -> Vec<Rows> {
    let bytes = std::fs::read(path).expect("the file is there");
    let tiff = Tiff::parse(&bytes).expect("a TIFF");
    (0..tiff.pages()).map(|page| tiff.page(page).expect("a page").rows).collect()
}

#[test]
fn the_demo_shows_a_fax_and_what_arrived_is_what_the_documents_are() {
    let dir = tempfile::tempdir().expect("a folder");
    let demo = ferrofax().arg("demo").arg("-o").arg(dir.path()).output().expect("it runs");
    let said = String::from_utf8(demo.stdout).expect("text");
    assert!(demo.status.success(), "{said}\n{}", String::from_utf8_lossy(&demo.stderr));
    for wanted in ["\"status\": \"OK\"", "page 4 is confirmed", "DIS", "PPS-EOP", "received-4.png", "pel for pel"] {
        assert!(said.contains(wanted), "{wanted} in\n{said}");
    }

    // Rendered by another process, from the files that ship with the project.
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut composed = Vec::new();
    for name in ["letter.pdf", "notes.txt"] {
        let output = dir.path().join(format!("{name}.tif"));
        let rendered =
            ferrofax().arg("render").arg(samples.join(name)).arg("-o").arg(&output).output().expect("it runs");
        assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
        composed.extend(pages(&output));
    }
    let received = pages(&dir.path().join("received.tif"));
    assert_eq!(received.len(), composed.len());
    for (number, (received, composed)) in received.iter().zip(&composed).enumerate() {
        assert!(received == composed, "page {}", number + 1);
        assert!(received.iter().any(|row| !row.is_empty()), "page {} has ink", number + 1);
    }
    // Another program's eyes.
    let compared =
        Command::new("tiffcmp").arg(dir.path().join("received.tif")).arg(dir.path().join("sent.tif")).output();
    let compared = compared.expect("tiffcmp runs");
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stdout));
}

#[test]
fn the_documented_example_is_accepted_and_sent() {
    let world = World::start(FAST);
    let job = json!({
        "reference": {
            "customerDefinedId": "2022-04-7T11:04:37.057Z_customerDefinedId",
            "billingCode": "2022-04-7T11:04:37.057Z_billingCode",
            "billingInfo": "2022-04-7T11:04:37.057Z_billingInfo",
        },
        "recipients": [{ "number": "0012012051598", "properties": [{ "key": "key123", "value": "value123" }] }],
        "documents": [{
            "name": "test-document-inline-byte-array.txt",
            "charset": "UTF-8",
            "reference": null,
            "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0aW5nIGRvY3VtZW50IGJvZHkgY3JlYXRlZCBmb3IgOTk5OTlURQ==",
        }],
        "transportOptions": { "csid": "test-csid", "isExpress": false, "isBlacklistEnabled": false },
        "renderingOptions": {
            "paperFormat": "A4",
            "resolution": "LOW",
            "overlay": { "name": "LetterHead", "mode": "NO_OVERLAY" },
        },
        "statusReportOptions": {
            "reportPurgeTs": "2022-11-03T20:14:37.098+02:00",
            "reportMail": {
                "successAddress": "success@example.com",
                "failureAddress": "failure@example.com",
                "attachedFaxImageMode": "SUCCESS_ONLY",
                "attachedFaxImageFormat": "TIFF",
            },
            "httpStatusPush": {
                "targetUrl": "https://example.com/test-path/test-target",
                "principal": "none",
                "credentials": "none",
                "authMethod": "NONE",
            },
        },
        "meta": { "jobValid": { "start": null, "end": "PT80M" } },
    });
    let (status, answer) = world.access.submit(&world.http, &job).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let report = world.access.final_report(&world.http, answer["jobId"].as_str().expect("an id"));
    let recipient = &report["recipientStatus"][0];
    assert_eq!(recipient["status"], "OK", "{report}");
    assert_eq!(recipient["number"], "0012012051598");
    assert_eq!(recipient["properties"], json!([{ "key": "key123", "value": "value123" }]));
    assert_eq!(report["reference"]["customerDefinedId"], "2022-04-7T11:04:37.057Z_customerDefinedId");
}

#[test]
fn a_wrong_configuration_is_told_before_it_is_used() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("wrong.toml");
    std::fs::write(&file, "[http]\nlisten = '127.0.0.1:0'\nbody_byte_max = 1\n").expect("written");
    let checked = ferrofax().arg("check").arg("--config").arg(&file).output().expect("it runs");
    assert!(!checked.status.success());
    assert!(String::from_utf8_lossy(&checked.stderr).contains("http.body_byte_max"));

    std::fs::write(&file, FAST).expect("written");
    let checked = ferrofax().arg("check").arg("--config").arg(&file).output().expect("it runs");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let mut command = ferrofax();
    command.arg("serve").arg("--config").arg(dir.path().join("missing.toml"));
    assert!(!command.output().expect("it runs").status.success());
}

#[test]
fn a_stopped_service_ends_by_itself_and_goes_on_later() {
    let mut world = World::start(FAST);
    world.serve.terminate();
    world.serve.line(|line| line.contains("stops"));
    assert!(world.serve.ended().success());
    world.serve = Running::start(&mut serve(world.dir.path()));
    world.serve.line(|line| line.contains("listens on"));
}
