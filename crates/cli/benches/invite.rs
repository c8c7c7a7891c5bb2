//! From submission to INVITE: how long an idle service takes until the telephone rings, for a PDF of one page.
//!
//! `cargo bench -p ferrofax-cli --profile release --bench invite [SUBMISSIONS [FOLDER]]`; 200 submissions unless said otherwise, one after
//! the other, each to another number. The clock starts before the request is sent and stops when the INVITE is read from the socket
//! of a trunk that is always busy, so each fax is one call. The data folder is in FOLDER, or where temporary files are.

#[expect(dead_code, reason = "a benchmark needs less of it than the tests")]
#[path = "../tests/it/world.rs"]
mod world;

use std::net::UdpSocket;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::json;

use self::world::World;

/// What an idle service may take, 95 times in 100.
const P95_MAX: Duration = Duration::from_millis(300);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing is measured without --bench");
        return;
    }
    let mut given = arguments.iter().filter(|argument| !argument.starts_with('-'));
    let submissions: usize = given.next().map_or(200, |count| count.parse().expect("a number of submissions"));
    let folder = given.next().map_or_else(std::env::temp_dir, Into::into);

    let (trunk, invites) = busy_trunk();
    let settings = format!(
        "[http]\nlisten = '127.0.0.1:0'\n[retry]\nattempts_max = 1\n\
         [[line]]\nname = 'trunk'\nkind = 'sip'\nprefixes = ['']\nchannels = 2\ntarget = '{trunk}'\n"
    );
    let world = World::start_in(&folder, &settings);
    let data = base64::engine::general_purpose::STANDARD.encode(letter());
    let mut waits: Vec<Duration> = (0..submissions).map(|n| wait(&world, &data, n, &invites)).collect();
    waits.sort();
    let at = |percent: usize| waits[(waits.len() * percent / 100).min(waits.len() - 1)].as_secs_f64() * 1e3;
    println!("| submissions | p50 ms | p95 ms | most ms |\n| --- | --- | --- | --- |");
    println!("| {submissions} | {:.0} | {:.0} | {:.0} |", at(50), at(95), at(100));
    assert!(at(95) <= P95_MAX.as_secs_f64() * 1e3, "too slow");
}

/// One fax; returns when its call has begun and ended.
fn wait(world: &World, data: &str, n: usize, invites: &mpsc::Receiver<(String, Instant)>) -> Duration {
    let number = format!("+4989{n:06}");
    let job = json!({ "recipients": [{ "number": number }], "documents": [{ "name": "letter.pdf", "data": data }] });
    let began = Instant::now();
    let (status, answer) = world.access.submit(&world.http, &job).expect("the service answers");
    assert_eq!(status, 200, "{answer}");
    let (called, at) = invites.recv_timeout(Duration::from_secs(60)).expect("an INVITE");
    assert!(called.contains(&number[1..]), "a call to somebody else: {called}");
    let report = world.access.final_report(&world.http, answer["jobId"].as_str().expect("a job id"));
    assert_eq!(report["recipientStatus"][0]["status"], "BUSY", "{report}");
    at - began
}

/// A trunk that tells of every call's INVITE and answers it with 486.
fn busy_trunk() -> (String, mpsc::Receiver<(String, Instant)>) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    let (tell, invites) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut packet, mut calls) = (vec![0; 65_536], Vec::new());
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            let now = Instant::now();
            let message = String::from_utf8_lossy(&packet[..length]);
            if !message.starts_with("INVITE ") {
                continue;
            }
            let call = header(&message, "Call-ID").to_owned();
            if !calls.contains(&call) {
                calls.push(call);
                let first = message.lines().next().unwrap_or_default().to_owned();
                if tell.send((first, now)).is_err() {
                    return;
                }
            }
            socket.send_to(busy(&message).as_bytes(), from).expect("answered");
        }
    });
    (address, invites)
}

fn busy(invite: &str) -> String {
    let copied = ["Via", "From", "Call-ID", "CSeq"].map(|name| format!("{name}: {}\r\n", header(invite, name)));
    let to = header(invite, "To");
    format!("SIP/2.0 486 Busy Here\r\n{}To: {to};tag=busy\r\nContent-Length: 0\r\n\r\n", copied.concat())
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message.lines().find(|line| line.split(':').next().is_some_and(|key| key.eq_ignore_ascii_case(name)));
    line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
}

/// A PDF of one page: fifty lines of text.
fn letter() -> Vec<u8> {
    let line = "(A line of text as letters have them, some seventy characters long, or more.) Tj T*\n";
    let text = format!("BT /F 11 Tf 14 TL 60 780 Td\n{}ET", line.repeat(50));
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let (mut file, mut table) = (String::from("%PDF-1.4\n"), String::from("0000000000 65535 f \n"));
    for (number, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (start, size) = (file.len(), objects.len() + 1);
    file.push_str(&format!(
        "xref\n0 {size}\n{table}trailer << /Root 1 0 R /Size {size} >>\nstartxref\n{start}\n%%EOF\n"
    ));
    file.into_bytes()
}
