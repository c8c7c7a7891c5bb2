//! Commands beside the service: send, status, show, receive over a SIP line.

use std::fs;

use crate::first_start::pages;
use crate::world::{Far, World, ferrofax, sip_line};

#[test]
fn a_fax_goes_over_a_sip_line_to_another_process_and_lands_as_tiff() {
    let mut far = Far::start();
    let world = World::start(&sip_line(&far.address));
    let text = world.dir.path().join("two pages.txt");
    fs::write(&text, "This is page 1.\n\u{c}This is page 2.\n").expect("written");
    let (root, customer) = world.access.base.split_once("/rest/v1/").expect("a base");
    let client = |arguments: &[&str]| {
        let mut command = ferrofax();
        command.args(arguments).args(["--url", root, "--customer", customer, "--user", &world.access.user]);
        command.env("FERROFAX_PASSWORD", &world.access.password);
        let done = command.output().expect("it runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    };
    let sent = client(&["send", text.to_str().expect("a path"), "--to", "+4930123", "--wait"]);
    let job = sent.lines().next().expect("a job id").to_owned();
    assert!(sent.contains("\"status\": \"OK\""), "{sent}");
    assert!(client(&["status", &job]).contains("\"pagesConfirmed\": 2"));

    let mut show = ferrofax();
    show.arg("show").arg(&job).env("FERROFAX_DATA_DIR", world.dir.path().join("data"));
    let shown = String::from_utf8(show.output().expect("it runs").stdout).expect("text");
    for wanted in ["INVITE", "DIS", "DCS", "MCF", "BYE", "2 of 2 pages confirmed"] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }

    let fax = far.fax();
    let composed = world.dir.path().join("composed.tif");
    let rendered = ferrofax().arg("render").arg(&text).arg("-o").arg(&composed).status().expect("it runs");
    assert!(rendered.success());
    assert!(pages(&fax) == pages(&composed), "what arrived is what was sent");
}

#[test]
fn one_wrong_input_gets_one_clear_error() {
    let refused = ferrofax().args(["render", "Cargo.toml", "-o", "out.tif"]).output().expect("it runs");
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("Cargo.toml") && said.contains(".pdf"), "{said}");
}
