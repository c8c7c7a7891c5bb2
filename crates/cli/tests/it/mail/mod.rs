//! Report mails, from the job to what a real mail server took in, opened again by other programs.

mod faxes;
mod post;
mod words;

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use ferrofax_server::jobs::JobId;
use ferrofax_server::store::{NoticeView, Store};
use serde_json::{Value, json};

use crate::world::{Access, Running, World, ferrofax, peer, serve};

/// A mail server in its own folder. See `server.py`.
pub struct Post {
    pub folder: tempfile::TempDir,
    pub port: u16,
    pub running: Option<Running>,
    options: Vec<String>,
    mails: usize,
}

impl Post {
    pub fn start() -> Post {
        Post::with(&[])
    }

    pub fn with(options: &[&str]) -> Post {
        let mut post = Post::down(options);
        post.up();
        post
    }

    /// One that does not run yet.
    pub fn down(options: &[&str]) -> Post {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let options = options.iter().map(ToString::to_string).collect();
        Post { folder: tempfile::tempdir().expect("a folder"), port, running: None, options, mails: 0 }
    }

    pub fn up(&mut self) {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(peer("aiosmtpd"));
        command.arg(top.join("tests/it/mail/server.py")).arg(self.folder.path()).arg(self.port.to_string());
        let mut running = Running::start(command.args(&self.options));
        running.line(|line| line == "listening");
        self.running = Some(running);
        self.mails = 0;
    }

    /// Settings that send mails here in clear.
    pub fn settings(&self) -> String {
        format!("[mail]\nserver = '127.0.0.1:{}'\nfrom = 'Fax service <fax@example.net>'\n", self.port)
    }

    pub fn say(&self, word: &str) -> PathBuf {
        let path = self.folder.path().join(word);
        File::create(&path).expect("a file");
        path
    }

    /// The next mail, when it has come.
    pub fn mail(&mut self) -> Mail {
        let running = self.running.as_mut().expect("it runs");
        running.line(|line| line.starts_with("mail "));
        let folder = self.folder.path().join(self.mails.to_string());
        self.mails += 1;
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let told: Value = serde_json::from_str(&read("told.json")).expect("JSON");
        assert_eq!(told["defects"], json!([]), "another program reads it without complaint");
        Mail { text: read("text.plain"), html: read("text.html"), told, folder }
    }
}

/// A mail as another program reads it.
#[derive(Debug)]
pub struct Mail {
    pub text: String,
    pub html: String,
    pub told: Value,
    folder: PathBuf,
}

impl Mail {
    /// The only header of this name.
    pub fn header(&self, name: &str) -> &str {
        let headers = self.told["headers"].as_array().expect("headers");
        let mut found =
            headers.iter().filter(|header| header[0].as_str().is_some_and(|it| it.eq_ignore_ascii_case(name)));
        let header = found.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(found.next().is_none(), "{name} twice");
        header[1].as_str().expect("text")
    }

    pub fn files(&self) -> Vec<&str> {
        self.told["files"]
            .as_array()
            .expect("files")
            .iter()
            .map(|file| file["name"].as_str().expect("a name"))
            .collect()
    }

    /// An attachment, as a file.
    pub fn file(&self, ending: &str) -> PathBuf {
        let name = self.files().into_iter().find(|name| name.ends_with(ending));
        self.folder.join(name.unwrap_or_else(|| panic!("no {ending} in {:?}", self.files())))
    }
}

/// What a program prints.
pub fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub const LOOPBACK: &str = "[http]\nlisten = '127.0.0.1:0'\n\
    [[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\nchannels = 4\nspeed = 20\n";

/// A job that wants mails at these addresses, with an attachment by mode and format.
pub fn job(numbers: &[&str], mode: &str, format: &str) -> Value {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode("First page\u{c}Second page\n");
    json!({
        "reference": {"customerDefinedId": "Müller & Söhne <4711>", "billingCode": "KST 12", "billingInfo": "R&D"},
        "recipients": numbers.iter().map(|number| json!({"number": number})).collect::<Vec<_>>(),
        "documents": [{"name": "letter.txt", "data": text}],
        "statusReportOptions": {"reportMail": {
            "successAddress": "good@example.com", "failureAddress": "bad@example.com",
            "attachedFaxImageMode": mode, "attachedFaxImageFormat": format
        }}
    })
}

/// Submits it; its id.
pub fn submit(world: &World, job: &Value) -> String {
    let (status, answer) = world.access.submit(&world.http, job).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    answer["jobId"].as_str().expect("an id").to_owned()
}

/// Changes settings of the first customer.
pub fn set(world: &World, settings: &[&str]) {
    let mut command = ferrofax();
    command.args(["customer", "set", "10000"]).args(settings);
    command.arg("--config").arg(world.dir.path().join("config.toml"));
    command.env("FERROFAX_DATA_DIR", world.dir.path().join("data"));
    assert!(command.status().expect("it runs").success());
}

/// The root of the service's address.
pub fn root(access: &Access) -> &str {
    access.base.split("/rest/").next().unwrap_or_default()
}

/// The store beside the running service.
pub fn store(world: &World) -> Store {
    Store::open(&world.dir.path().join("data")).expect("the store")
}

/// The job's mail once it is in this state.
pub fn notice(world: &World, job: &str, state: &str) -> NoticeView {
    let there = |notice: &NoticeView| notice.state == state && !notice.tries.is_empty();
    notices(world, job, |notices| notices.first().is_some_and(there)).remove(0)
}

/// The job's push and its mail, as far as they are wanted, once they are so.
pub fn notices(world: &World, job: &str, so: impl Fn(&[NoticeView]) -> bool) -> Vec<NoticeView> {
    let (store, runtime) = (store(world), tokio::runtime::Runtime::new().expect("a runtime"));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(120);
    loop {
        let notices = runtime.block_on(store.notices(&JobId(job.to_owned()), None)).expect("the store works");
        match notices {
            Some(notices) if so(&notices) => return notices,
            notices => assert!(std::time::Instant::now() < until, "{notices:?}"),
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Starts a service that logs all it has to say into a file.
pub fn talkative(settings: &str) -> (World, PathBuf) {
    let world = World::start_by(settings, |dir| {
        let mut command = serve(dir);
        command.env("FERROFAX_LOG_LEVEL", "debug,ferrofax_server=trace,lettre=trace");
        command.stderr(File::create(dir.join("log")).expect("a file"));
        command
    });
    let log = world.dir.path().join("log");
    (world, log)
}
