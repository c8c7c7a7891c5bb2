//! A real service started as a user would start it: the executable, its own folder, real sockets.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const FERROFAX: &str = env!("CARGO_BIN_EXE_ferrofax");

/// Long enough for a busy machine; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// The executable in a clean environment.
pub fn ferrofax() -> Command {
    let mut command = Command::new(FERROFAX);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FERROFAX_")) {
        command.env_remove(name);
    }
    command.env("FERROFAX_LOG_LEVEL", "warn");
    command
}

/// A running `ferrofax` that prints lines; killed when dropped.
pub struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    pub seen: Vec<String>,
}

impl Running {
    pub fn start(command: &mut Command) -> Running {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("ferrofax starts");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Running { child, lines, seen: Vec::new() }
    }

    /// The next line that `wanted` likes.
    pub fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        match self.line_until(Instant::now() + PATIENCE, wanted) {
            Ok(line) => line,
            Err(why) => panic!("no such line ({why}); so far:\n{}", self.seen.join("\n")),
        }
    }

    /// The same, if it comes by then.
    pub fn line_until(&mut self, until: Instant, wanted: impl Fn(&str) -> bool) -> Result<String, RecvTimeoutError> {
        loop {
            let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now()))?;
            self.seen.push(line.clone());
            if wanted(&line) {
                return Ok(line);
            }
        }
    }

    /// SIGKILL, now. How it ended, which may have been before.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it was ours")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM: please stop.
    pub fn terminate(&self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    }

    /// How it ended, when it has.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.wait().expect("it was ours")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A login at a running service.
#[derive(Clone, Debug)]
pub struct Access {
    pub base: String,
    pub user: String,
    pub password: String,
}

impl Access {
    /// What the printed curl line says: `curl -u NAME:PASSWORD … http://HOST:PORT/rest/v1/CUST/fax`.
    pub fn from_curl(line: &str) -> Access {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = words.iter().position(|word| *word == "-u").expect("-u") + 1;
        let (user, password) = words[after].split_once(':').expect("NAME:PASSWORD");
        let base = words.iter().find(|word| word.contains("http://")).expect("an address");
        let base = base.trim_matches('\'').trim_end_matches("/fax");
        assert!(user.chars().chain(password.chars()).all(|c| c.is_ascii_alphanumeric()), "{line}");
        Access { base: base.to_owned(), user: user.to_owned(), password: password.to_owned() }
    }

    /// Posts a job; status and answer.
    pub fn submit(&self, client: &reqwest::blocking::Client, job: &Value) -> reqwest::Result<(u16, Value)> {
        let url = format!("{}/fax", self.base);
        let answer = client.post(url).basic_auth(&self.user, Some(&self.password)).json(job).send()?;
        Ok((answer.status().as_u16(), answer.json()?))
    }

    pub fn report(&self, client: &reqwest::blocking::Client, job: &str) -> (u16, Value) {
        let url = format!("{}/fax/reports/{job}", self.base);
        let answer = client.get(url).basic_auth(&self.user, Some(&self.password)).send().expect("the service answers");
        (answer.status().as_u16(), answer.json().expect("JSON"))
    }

    /// The report once no recipient is `PENDING`.
    pub fn final_report(&self, client: &reqwest::blocking::Client, job: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let (status, report) = self.report(client, job);
            assert_eq!(status, 200, "{report}");
            let recipients = report["recipientStatus"].as_array().expect("recipientStatus");
            if recipients.iter().all(|recipient| recipient["status"] != "PENDING") {
                return report;
            }
            assert!(Instant::now() < until, "still pending: {report}");
            // Polled as a client would.
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A service with its own folder, and the login of its first start.
pub struct World {
    pub dir: tempfile::TempDir,
    pub serve: Running,
    pub access: Access,
    pub http: reqwest::blocking::Client,
}

impl World {
    /// Starts a service on an empty folder with these settings added.
    pub fn start(settings: &str) -> World {
        World::start_in(&std::env::temp_dir(), settings)
    }

    /// The same, with its folder in this one.
    pub fn start_in(folder: &Path, settings: &str) -> World {
        let dir = tempfile::tempdir_in(folder).expect("a folder");
        World::start_on(dir, settings, serve)
    }

    /// The same, by this command.
    pub fn start_by(settings: &str, serve: impl FnOnce(&Path) -> Command) -> World {
        World::start_on(tempfile::tempdir().expect("a folder"), settings, serve)
    }

    fn start_on(dir: tempfile::TempDir, settings: &str, serve: impl FnOnce(&Path) -> Command) -> World {
        std::fs::write(dir.path().join("config.toml"), settings).expect("a configuration");
        let mut serve = Running::start(&mut serve(dir.path()));
        let access = Access::from_curl(&serve.line(|line| line.contains("curl ")));
        // The client wants to be told, though no TLS is spoken here.
        let _ = rustls::crypto::ring::default_provider().install_default();
        World { dir, serve, access, http: reqwest::blocking::Client::new() }
    }

    /// Starts it again on the same folder, after it was killed. The login stays; the address may change.
    pub fn restart(&mut self) {
        self.restart_by(serve);
    }

    /// The same, by this command.
    pub fn restart_by(&mut self, serve: impl FnOnce(&Path) -> Command) {
        self.serve.kill();
        self.serve = Running::start(&mut serve(self.dir.path()));
        let root = root(&self.serve.line(is_address));
        let customer = self.access.base.rsplit('/').next().expect("a customer").to_owned();
        self.access.base = format!("{root}/rest/v1/{customer}");
    }
}

/// Whether a printed line says where the service listens.
pub fn is_address(line: &str) -> bool {
    line.contains("http://")
}

/// `http://host:port` of that line.
pub fn root(line: &str) -> String {
    let at = line.find("http://").expect("an address");
    let address: String = line[at..].chars().take_while(|c| !c.is_whitespace()).collect();
    address.trim_end_matches('/').split("/rest/").next().unwrap_or_default().to_owned()
}

/// A far machine that is another process: `ferrofax receive`.
pub struct Far {
    pub address: String,
    running: Running,
    folder: tempfile::TempDir,
}

impl Far {
    pub fn start() -> Far {
        Far::fast(10)
    }

    /// So many times as fast as a real one, up to 20.
    pub fn fast(speed: u8) -> Far {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = ferrofax();
        command.args(["receive", "--listen", "127.0.0.1:0", "--output"]).arg(folder.path());
        command.args(["--speed", &speed.to_string()]);
        let mut running = Running::start(&mut command);
        let line = running.line(|line| line.starts_with("answering on "));
        Far { address: line.trim_start_matches("answering on ").to_owned(), running, folder }
    }

    /// Where its faxes are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The next fax that is complete on its disk.
    pub fn fax(&mut self) -> PathBuf {
        let line = self.running.line(|line| line.contains(".tif: "));
        line.split(": ").next().expect("a path").into()
    }
}

/// Settings with one SIP line, to a far machine ten times as fast as a real one.
pub fn sip_line(target: &str) -> String {
    format!(
        "[http]\nlisten = '127.0.0.1:0'\n[[line]]\nname = 'trunk'\nkind = 'sip'\nprefixes = ['']\nchannels = 2\n\
         target = '{target}'\nspeed = 10\n"
    )
}

/// One call for each fax, unless its settings have rules of their own: what fails is final at once.
pub fn serve(dir: &Path) -> Command {
    let mut command = ferrofax();
    let settings = std::fs::read_to_string(dir.join("config.toml")).unwrap_or_default();
    if !settings.contains("[retry") {
        command.env("FERROFAX_RETRY_ATTEMPTS_MAX", "1").env("FERROFAX_RETRY_ON_LINE_FAILED_TIMES", "1");
        command.env("FERROFAX_RETRY_ON_LINE_UNAUTHORIZED_AGAIN", "false");
    }
    command.arg("serve").arg("--config").arg(dir.join("config.toml")).env("FERROFAX_DATA_DIR", dir.join("data"));
    command
}

/// The same with a clock that [`set_clock`] sets.
pub fn clocked(dir: &Path) -> Command {
    let mut libraries = std::fs::read_dir("/usr/lib").expect("libraries").filter_map(|folder| {
        let library = folder.ok()?.path().join("faketime/libfaketime.so.1");
        library.exists().then_some(library)
    });
    let library = libraries.next().expect("libfaketime, see check");
    let clock = dir.join("clock");
    if !clock.exists() {
        set_clock(dir, "+0");
    }
    let mut command = serve(dir);
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &clock);
    command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

/// By so many seconds from the real time: `+3600` is an hour ahead.
pub fn set_clock(dir: &Path, seconds: &str) {
    std::fs::write(dir.join("clock"), seconds).expect("written");
}

/// A job for one number with one text document of so many pages.
pub fn text_job(number: &str, pages: usize) -> Value {
    use base64::Engine as _;
    let text = (1..=pages).map(|page| format!("This is page {page}.\n")).collect::<Vec<_>>().join("\u{c}");
    let data = base64::engine::general_purpose::STANDARD.encode(text);
    json!({ "recipients": [{ "number": number }], "documents": [{ "name": "pages.txt", "data": data }] })
}

/// The interpreter of an environment that `scripts/peers.sh` made.
pub fn peer(name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let python = target.join("peers").join(name).join("bin/python");
    assert!(python.exists(), "{} is not there: run scripts/peers.sh", python.display());
    python
}
