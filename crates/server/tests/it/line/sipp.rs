//! sipp as the far end: one scenario of `tests/sipp/`, one call.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::here;

/// A running sipp.
pub struct Sipp {
    child: Child,
    folder: tempfile::TempDir,
    name: String,
    /// Where it listens.
    pub address: SocketAddr,
}

/// A port nobody has just now.
fn free_port() -> u16 {
    std::net::UdpSocket::bind(here()).unwrap().local_addr().unwrap().port()
}

impl Sipp {
    /// Starts a scenario that is called. It need not be ready at once: the first INVITE is repeated.
    pub fn answers(scenario: &str, keys: &[(&str, &str)]) -> Sipp {
        Sipp::start(scenario, keys, None)
    }

    /// Starts a scenario that calls.
    pub fn calls(scenario: &str, whom: SocketAddr) -> Sipp {
        Sipp::start(scenario, &[], Some(whom))
    }

    fn start(scenario: &str, keys: &[(&str, &str)], whom: Option<SocketAddr>) -> Sipp {
        let folder = tempfile::tempdir().unwrap();
        let template = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sipp").join(format!("{scenario}.xml"));
        // sipp reads status codes before it knows its keys, so they are put in here: `@status@`.
        let mut text = std::fs::read_to_string(template).unwrap();
        for (key, value) in keys {
            text = text.replace(&format!("@{key}@"), value);
        }
        std::fs::write(folder.path().join("scenario.xml"), text).unwrap();
        let (port, media_port) = (free_port(), free_port());
        let mut command = Command::new("sipp");
        command
            .current_dir(folder.path())
            .args([
                "-sf",
                "scenario.xml",
                "-i",
                "127.0.0.1",
                "-mi",
                "127.0.0.1",
                "-m",
                "1",
                "-l",
                "1",
                "-nostdin",
                "-nd",
            ])
            .args(["-timeout", "40s", "-timeout_error", "-recv_timeout", "30000"])
            .args(["-p", &port.to_string(), "-mp", &media_port.to_string()])
            .args(["-trace_msg", "-message_file", "messages", "-trace_err", "-error_file", "errors"]);
        command.args(whom.map(|whom| whom.to_string()));
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("sipp runs (Debian package sip-tester)");
        Sipp { child, folder, name: scenario.to_owned(), address: SocketAddr::new(here().ip(), port) }
    }

    /// Waits for the scenario to end, which must have gone as it says; the messages of the call.
    pub async fn passed(mut self) -> Vec<String> {
        let status = self.child.wait().await.unwrap();
        let read = |name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        let messages = read("messages");
        assert!(status.success(), "sipp, {}: {status}\n{}\n{messages}", self.name, read("errors"));
        let blocks = messages.split("-----------------------------------------------").skip(1);
        blocks.map(|block| block.split_once("\n\n").map_or(String::new(), |(_, text)| text.to_owned())).collect()
    }
}
