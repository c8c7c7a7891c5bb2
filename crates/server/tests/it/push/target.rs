//! A target of pushes that is another process: `tests/peers/push_target.py`.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use serde_json::Value;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/tests/peers/push_target.py");

/// Who is let in there.
pub const USER: &str = "clinic";
pub const PASSWORD: &str = "open \"sesame\", é";
pub const CLIENT: &str = "client:1";
pub const SECRET: &str = "s&cret=%+ü";

/// Long enough for a busy machine; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// Running; ended when dropped.
pub struct Target {
    child: Child,
    scheme: &'static str,
    port: u16,
    lines: Mutex<mpsc::Receiver<Value>>,
}

impl Target {
    pub fn start() -> Target {
        Target::start_at(0)
    }

    /// At this port.
    pub fn start_at(port: u16) -> Target {
        Target::started("http", &[OsStr::new(&port.to_string())])
    }

    /// Over TLS, with the certificate and the key in this PEM file.
    pub fn certified(file: &Path) -> Target {
        Target::started("https", &[OsStr::new("0"), file.as_os_str()])
    }

    fn started(scheme: &'static str, arguments: &[&OsStr]) -> Target {
        let mut command = Command::new("python3");
        command.arg(SCRIPT).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut first = String::new();
        stdout.read_line(&mut first).expect("a line");
        let port = first.trim().strip_prefix("listening ").and_then(|port| port.parse().ok()).expect("a port");
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).expect("a line of JSON");
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Target { child, scheme, port, lines: Mutex::new(lines) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://127.0.0.1:{}{path}", self.scheme, self.port)
    }

    /// The next request.
    pub fn next(&self) -> Value {
        self.lines.lock().expect("no test failed").recv_timeout(PATIENCE).expect("a request")
    }

    /// The next requests: path and status of each.
    pub fn next_of<const N: usize>(&self) -> [(String, u64); N] {
        std::array::from_fn(|_| {
            let request = self.next();
            let path = request["path"].as_str().expect("a path").to_owned();
            (path, request["status"].as_u64().unwrap_or_default())
        })
    }

    /// Nothing has come that was not looked at.
    pub fn is_quiet(&self) -> bool {
        self.lines.lock().expect("no test failed").try_recv().is_err()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
