//! Documents by URL, from submission to their end.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::world::World;

/// A server of HTTP that answers one request after the other with these statuses and bodies, and tells which path was asked for.
fn server(answers: Vec<(u16, &'static str)>) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tell, asked) = mpsc::channel();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            let _ = lines.find(String::is_empty);
            tell.send(first.split(' ').nth(1).unwrap_or_default().to_owned()).expect("the test listens");
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).expect("answered");
        }
    });
    (address, asked)
}

fn settings(allow: &str) -> String {
    format!(
        "[http]\nlisten = '127.0.0.1:0'\n[fetch]\nallow = [{allow}]\ntries = 3\npause_seconds = 0\n\
         [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 10\nspeed = 20\n"
    )
}

/// The report of a job with these URLs as its documents.
fn send(world: &World, urls: &[String]) -> Value {
    let documents: Vec<_> = urls.iter().map(|url| json!({"name": "page.txt", "reference": url})).collect();
    let job = json!({"recipients": [{"number": "+4989123"}], "documents": documents});
    let (status, answer) = world.access.submit(&world.http, &job).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    world.access.final_report(&world.http, answer["jobId"].as_str().expect("an id"))
}

#[test]
fn documents_are_fetched_in_order_and_asked_for_again() {
    let (address, asked) = server(vec![(200, "one"), (503, ""), (200, "two\u{c}three")]);
    let world = World::start(&settings("'127.0.0.1'"));
    let report = send(&world, &[format!("http://{address}/one"), format!("http://{address}/two")]);
    assert_eq!((&report["recipientStatus"][0]["status"], &report["pages"]), (&json!("OK"), &json!(3)), "{report}");
    assert_eq!(asked.iter().collect::<Vec<_>>(), ["/one", "/two", "/two"], "what is here is not fetched again");
}

#[test]
fn a_document_that_can_not_be_had_ends_its_job_with_the_reason() {
    let (address, asked) = server(vec![(404, ""), (500, ""), (500, ""), (500, "")]);
    let world = World::start(&settings("'127.0.0.1'"));
    let url = [format!("http://{address}/secret?token=1")];
    for (status, tries) in [("404", 1), ("500", 3)] {
        let report = send(&world, &url);
        let end = &report["recipientStatus"][0];
        assert_eq!(end["status"], "MISSING_FAX_FILE", "{report}");
        assert_eq!(end["reason"], format!("document 1: the server answered with status {status}"));
        assert_eq!(asked.try_iter().count(), tries);
    }
}

#[test]
fn a_document_that_is_not_what_its_name_says_ends_its_job() {
    let (address, _asked) = server(vec![(200, "%PDF-1.7\n")]);
    let world = World::start(&settings("'127.0.0.1'"));
    let report = send(&world, &[format!("http://{address}/page.txt")]);
    let end = &report["recipientStatus"][0];
    assert_eq!(end["status"], "UNKNOWN_FAX_FILE", "{report}");
    assert_eq!(end["reason"], "document 1: its name says plain text, its content is PDF");
}

#[test]
fn an_address_inside_is_never_asked() {
    let (address, asked) = server(vec![(200, "inside")]);
    let world = World::start(&settings(""));
    let report = send(&world, &[format!("http://{address}/")]);
    assert_eq!(report["recipientStatus"][0]["status"], "MISSING_FAX_FILE", "{report}");
    assert!(asked.try_recv().is_err());
}

#[test]
fn a_preview_fetches_documents_as_a_job_does() {
    let (address, asked) = server(vec![(200, "one\u{c}two"), (404, "")]);
    let world = World::start(&settings("'127.0.0.1'"));
    let preview = |reference: String| {
        let job = json!({
            "recipients": [{"number": "+4989123"}],
            "documents": [{"name": "page.txt", "reference": reference}],
        });
        let base = world.access.base.split("/rest/").next().unwrap_or_default();
        let request = world.http.post(format!("{base}/api/v1/preview")).json(&job);
        let request = request.basic_auth(&world.access.user, Some(&world.access.password));
        let answer = request.send().expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().expect("JSON"))
    };
    let (status, told) = preview(format!("http://{address}/one"));
    assert_eq!((status, told["pages"].as_array().map(Vec::len)), (200, Some(2)), "{told}");
    let (status, told) = preview(format!("http://{address}/two"));
    assert_eq!(
        (status, &told["message"]),
        (400, &json!("documents[0].reference: the server answered with status 404"))
    );
    let (status, told) = preview("http://127.0.0.2/three".to_owned());
    assert_eq!(status, 400, "{told}");
    assert!(told["message"].as_str().is_some_and(|message| message.starts_with("documents[0].reference: ")), "{told}");
    assert_eq!(asked.try_iter().collect::<Vec<_>>(), ["/one", "/two"], "nobody inside is asked");
}
