//! Templates, overlays and previews: by `/api/v1`, by the command line, and in the pages.

use std::process::Command;

use ferrofax_fax::page::{Bitmap, Resolution};
use ferrofax_fax::t6;
use ferrofax_fax::tiff::Tiff;
use ferrofax_server::export::{Format, encode};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::world::{Access, World, ferrofax};

const CONFIG: &str = "[http]\nlisten = '127.0.0.1:0'\n";

struct Own<'a> {
    http: &'a Client,
    access: &'a Access,
}

impl Own<'_> {
    fn ask(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1/{path}", base(self.access)));
        request.basic_auth(&self.access.user, Some(&self.access.password))
    }

    fn put(&self, path: &str, body: impl Into<reqwest::blocking::Body>) -> (u16, Value) {
        read(self.ask(reqwest::Method::PUT, path).body(body).send().expect("an answer"))
    }

    fn get(&self, path: &str) -> Response {
        self.ask(reqwest::Method::GET, path).send().expect("an answer")
    }

    fn post(&self, path: &str, body: &Value) -> Response {
        self.ask(reqwest::Method::POST, path).json(body).send().expect("an answer")
    }

    fn delete(&self, path: &str) -> (u16, Value) {
        read(self.ask(reqwest::Method::DELETE, path).send().expect("an answer"))
    }
}

/// The address of the service.
fn base(access: &Access) -> &str {
    access.base.split("/rest/").next().unwrap_or_default()
}

fn read(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().expect("JSON"))
}

/// A letter head as a PDF: a black bar at the foot of the sheet.
fn letter_head() -> Vec<u8> {
    let mut page = Bitmap::new(1728, 2287);
    for row in 2200..2220 {
        (200..1500).for_each(|column| page.set_black(column, row));
    }
    encode(Format::Pdf, &[t6::store(&mut page.source(Resolution::Fine))]).expect("a PDF")
}

/// Whether the letter head's bar is at the foot of this page.
fn has_bar(tiff: &Tiff<'_>, page: u32) -> bool {
    let rows = tiff.page(page).expect("a page").rows;
    (2000..rows.len()).any(|row| {
        let row = rows.row(row).unwrap_or_default();
        row.chunks_exact(2).any(|run| run[1] - run[0] > 1000)
    })
}

fn message(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["message"].as_str().unwrap_or_default())
}

#[test]
fn stationery_is_installed_shown_used_and_removed_over_http() {
    let world = World::start(CONFIG);
    let own = Own { http: &world.http, access: &world.access };

    let wrong = own.put("templates/cover.ftl.html", "<p>${ToName}</p>\n<#list x as y>");
    assert_eq!(wrong.0, 400, "{}", wrong.1);
    assert!(message(&wrong).1.contains("cover.ftl.html:2:"), "{}", wrong.1);
    assert_eq!(
        message(&own.put("templates/cover.html", "x")),
        (400, "name: must end in .ftl.html, .ftl.txt, .ftlh or .ftl")
    );
    assert_eq!(message(&own.put("overlays/Head", "no picture")), (400, "body: must be PDF, PNG or TIFF"));
    assert_eq!(message(&own.delete("overlays/Head")), (404, "No such overlay"));

    let (status, installed) = own.put("templates/cover.ftl.html", "<h1>To ${ToName!}</h1><p>${fax.pages} pages</p>");
    assert_eq!((status, &installed["name"]), (200, &json!("cover.ftl.html")));
    let (status, installed) = own.put("overlays/Head.tif", letter_head());
    assert_eq!((status, &installed["name"]), (200, &json!("Head")), "{installed}");
    let (_, templates) = read(own.get("templates"));
    assert_eq!(templates["templates"][0]["name"], "cover.ftl.html");
    let (_, overlays) = read(own.get("overlays"));
    assert_eq!((&overlays["overlays"][0]["name"], &overlays["overlays"][0]["kind"]), (&json!("Head"), &json!("pdf")));
    assert!(own.get("templates/cover.ftl.html").text().expect("text").contains("To ${ToName!}"));
    assert_eq!(own.get("overlays/Head").bytes().expect("bytes"), letter_head(), "as it was given");
    let shown = own.get("overlays/Head?format=png&resolution=LOW&paperFormat=letter");
    assert_eq!(shown.headers()["content-type"], "image/png");

    let trial = json!({"properties": [{"key": "ToName", "value": "Reception"}]});
    let cover = own.post("templates/cover.ftl.html/preview", &trial);
    assert_eq!(
        (cover.status().as_u16(), &cover.headers()["content-type"]),
        (200, &"image/png".parse().expect("a value"))
    );

    let job = json!({
        "recipients": [{"number": "+49 89 1001", "properties": [{"key": "ToName", "value": "Reception"}]}],
        "documents": [{"name": "a.txt", "data": "SGVsbG8="}],
        "renderingOptions": {
            "coverpageTemplate": "cover.ftl.html",
            "overlay": {"name": "Head", "mode": "ALL_BUT_FIRST_PAGE"},
            "header": "%C %r%P/%T"
        }
    });
    let (status, told) = read(own.post("preview", &job));
    assert_eq!(
        (status, told["pages"].as_array().map(Vec::len), &told["coverPages"]),
        (200, Some(2), &json!(1)),
        "{told}"
    );
    assert!(told["pages"][0]["secondsAt9600"].as_f64() > told["pages"][0]["secondsAt14400"].as_f64());
    let tiff = own.post("preview?format=tiff", &job).bytes().expect("bytes");
    let tiff = Tiff::parse(&tiff).expect("a TIFF");
    assert_eq!(tiff.pages(), 2);
    let bar = |page: u32| has_bar(&tiff, page);
    assert_eq!((bar(0), bar(1)), (false, true), "the overlay lies under the second page alone");
    let (status, refused) = read(own.post("preview?recipient=1", &job));
    assert_eq!((status, &refused["message"]), (400, &json!("recipient: there is no such recipient")));

    assert_eq!(own.delete("templates/cover.ftl.html").0, 200);
    assert_eq!(
        message(&read(own.post("preview", &job))),
        (400, "renderingOptions.coverpageTemplate: no template of this name is installed")
    );
    let anonymous = world.http.get(format!("{}/api/v1/templates", base(&world.access))).send().expect("an answer");
    assert_eq!(anonymous.status().as_u16(), 401);
}

#[test]
fn versions_are_listed_shown_and_brought_back_over_http() {
    let world = World::start(CONFIG);
    let own = Own { http: &world.http, access: &world.access };
    let restore = |path: &str| own.ask(reqwest::Method::POST, path).send().expect("an answer");
    own.put("templates/part.ftl", "<b>part</b>");
    own.put("templates/cover.ftl.html", "<p>first</p><#include 'part.ftl'>");
    own.put("templates/cover.ftl.html", "<p>second</p>");
    own.put("overlays/Head", letter_head());

    let (status, told) = read(own.get("templates/cover.ftl.html/versions"));
    let seen = |told: &Value| {
        let versions = told["versions"].as_array().expect("versions").clone();
        let short = versions.into_iter().map(|it| (it["version"].as_i64(), it["current"] == true));
        short.collect::<Vec<_>>()
    };
    assert_eq!((status, seen(&told)), (200, vec![(Some(3), true), (Some(2), false)]), "{told}");
    assert_eq!((&told["name"], &told["versions"][0]["bytes"]), (&json!("cover.ftl.html"), &json!(13)));
    assert_eq!(told["versions"][0]["sha256"].as_str().map(str::len), Some(64));
    let source = |query: &str| own.get(&format!("templates/cover.ftl.html{query}")).text().expect("text");
    assert!(source("?version=2").contains("first"));
    let shown = |query: &str| {
        let answer = own.post(&format!("templates/cover.ftl.html/preview{query}"), &json!({}));
        assert_eq!(answer.status().as_u16(), 200, "{query}");
        answer.bytes().expect("bytes")
    };
    let (first, second) = (shown("?version=2"), shown(""));
    assert_ne!(first, second);

    for (path, refused) in [
        ("templates/cover.ftl.html/versions/3/restore", (400, "version: is the current one")),
        ("templates/cover.ftl.html/versions/9/restore", (404, "No such version")),
        ("templates/no.ftl/versions/1/restore", (404, "No such template")),
        ("templates/cover.ftl.html/versions/x/restore", (404, "No such path")),
        ("overlays/Other/versions/1/restore", (404, "No such overlay")),
    ] {
        assert_eq!(message(&read(restore(path))), refused, "{path}");
    }
    own.delete("templates/part.ftl");
    let (status, refused) = read(restore("templates/cover.ftl.html/versions/2/restore"));
    assert_eq!(status, 400, "what it includes is gone: {refused}");
    assert_eq!(read(restore("templates/part.ftl/versions/1/restore")).0, 200, "what was removed comes back");
    let (status, installed) = read(restore("templates/cover.ftl.html/versions/2/restore"));
    assert_eq!(status, 200, "{installed}");
    assert!(source("").contains("first"));
    assert_eq!(shown(""), first);
    let (_, told) = read(own.get("templates/cover.ftl.html/versions"));
    assert_eq!(seen(&told), [(installed["version"].as_i64(), true), (Some(3), false), (Some(2), false)]);

    let (_, told) = read(own.get("overlays/Head/versions"));
    let version = told["versions"][0]["version"].as_i64().expect("a version");
    assert_eq!(told["versions"][0]["kind"], "pdf");
    let pels = |query: &str| own.get(&format!("overlays/Head?format=png{query}")).bytes().expect("bytes");
    let before = pels("");
    let mut other = Bitmap::new(1728, 2287);
    (200..1500).for_each(|column| other.set_black(column, 10));
    own.put("overlays/Head", encode(Format::Png, &[t6::store(&mut other.source(Resolution::Fine))]).expect("a PNG"));
    assert_ne!(pels(""), before);
    assert_eq!(pels(&format!("&version={version}")), before);
    assert_eq!(own.get(&format!("overlays/Head?version={version}")).bytes().expect("bytes"), letter_head());
    assert_eq!(read(restore(&format!("overlays/Head/versions/{version}/restore"))).0, 200);
    assert_eq!(pels(""), before);
    let stranger = world.http.get(format!("{}/api/v1/overlays/Head/versions", base(&world.access)));
    assert_eq!(stranger.send().expect("an answer").status().as_u16(), 401);
}

#[test]
fn stationery_is_installed_by_command_line_and_a_fax_is_shown_without_a_call() {
    let world = World::start(CONFIG);
    let dir = world.dir.path();
    let run = |arguments: &[&str]| {
        let mut command: Command = ferrofax();
        command.args(arguments).current_dir(dir).env("FERROFAX_DATA_DIR", dir.join("data"));
        let output = command.output().expect("it runs");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
        (output.status.success(), said.concat())
    };
    std::fs::write(dir.join("my.ftl.html"), "<p>${A}</p>").expect("written");
    std::fs::write(dir.join("bad.ftl.html"), "<p>${A</p>").expect("written");
    std::fs::write(dir.join("head.pdf"), letter_head()).expect("written");
    std::fs::write(dir.join("a.txt"), "Hello").expect("written");
    assert!(run(&["template", "add", "my.ftl.html"]).0);
    let (good, said) = run(&["template", "add", "bad.ftl.html"]);
    assert!(!good && said.contains("bad.ftl.html:1:"), "{said}");
    assert!(run(&["template", "list"]).1.starts_with("my.ftl.html  version 1"));
    assert_eq!(run(&["template", "show", "my.ftl.html"]).1, "<p>${A}</p>");
    assert!(run(&["overlay", "add", "head.pdf"]).0);
    assert!(run(&["overlay", "list"]).1.starts_with("head  version 2"));
    assert!(run(&["overlay", "preview", "head", "-o", "head.png"]).0);
    let (good, said) = run(&["template", "preview", "my.ftl.html", "--property", "A=word", "-o", "cover.tif"]);
    assert!(good && said.contains("page 1: "), "{said}");
    let (good, said) = run(&[
        "render",
        "a.txt",
        "--cover",
        "my.ftl.html",
        "--property",
        "A=word",
        "--overlay",
        "head.pdf",
        "--mode",
        "LAST_PAGE",
        "--header",
        "%# %r%P/%T",
        "-o",
        "fax.tif",
    ]);
    assert!(good, "{said}");
    assert!(said.contains("page 2: ") && said.contains(" s at 14400"), "{said}");
    let bytes = std::fs::read(dir.join("fax.tif")).expect("the fax");
    let tiff = Tiff::parse(&bytes).expect("a TIFF");
    let bar = |page: u32| has_bar(&tiff, page);
    assert_eq!((tiff.pages(), bar(0), bar(1)), (2, false, true));
    assert!(run(&["overlay", "remove", "head"]).0);
    let (good, said) = run(&["overlay", "versions", "head"]);
    assert!(good && said.starts_with("head  version 2  ") && !said.contains("current"), "{said}");
    assert!(run(&["overlay", "preview", "head", "--version", "2", "-o", "old.png"]).0);
    assert_eq!(std::fs::read(dir.join("old.png")).expect("old"), std::fs::read(dir.join("head.png")).expect("new"));
    assert!(run(&["overlay", "restore", "head", "2"]).1.starts_with("head  version 4"));
    std::fs::write(dir.join("my.ftl.html"), "<p>other</p>").expect("written");
    assert!(run(&["template", "add", "my.ftl.html"]).0);
    assert_eq!(run(&["template", "show", "my.ftl.html", "--version", "1"]).1, "<p>${A}</p>");
    assert!(run(&["template", "restore", "my.ftl.html", "1"]).1.starts_with("my.ftl.html  version 6"));
    let (_, said) = run(&["template", "versions", "my.ftl.html"]);
    let versions: Vec<_> = said.lines().filter_map(|line| line.split("  ").nth(1)).collect();
    assert_eq!(versions, ["version 6", "version 5", "version 1"], "{said}");
    assert!(run(&["overlay", "remove", "head"]).0);
    assert!(!run(&["overlay", "remove", "head"]).0, "it is gone");
}
