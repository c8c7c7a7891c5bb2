//! A door to knock at: a served listener, a desk in memory, a clock that the test sets, and a client that writes plain bytes.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use ferrofax_api::report::{FaxReport, RecipientStatus, ReportReference};
use ferrofax_server::accept::allow::AllowList;
use ferrofax_server::accept::id::Ids;
use ferrofax_server::accept::{Accept, Account};
use ferrofax_server::http::{Answer, Desk, DeskError, Door, Listener, Login, Logins, Settings, password, serve};
use ferrofax_server::jobs::{JobId, NewJob};
use ferrofax_server::prepare::convert::Kinds;
use ferrofax_server::store::{RawReport, Reader};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Why the desk answers nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    #[default]
    Well,
    Full,
    Broken,
    Panicking,
}

#[derive(Default)]
pub struct MemoryDesk {
    pub logins: Mutex<HashMap<String, Login>>,
    pub jobs: Mutex<Vec<NewJob>>,
    pub mood: Mutex<Mood>,
    /// Rung for each question after a login.
    pub asked: Notify,
}

impl MemoryDesk {
    fn answer<T: Send + 'static>(&self, answer: impl FnOnce() -> T) -> Answer<'static, T> {
        let mood = *self.mood.lock().expect("a lock");
        let answer = match mood {
            Mood::Well => Ok(answer()),
            Mood::Full => {
                Err(DeskError::Unavailable { reason: "the disk is full", retry_after: Duration::from_millis(1500) })
            }
            Mood::Panicking => panic!("on purpose"),
            Mood::Broken => Err(DeskError::Internal("the disk burns".into())),
        };
        Box::pin(std::future::ready(answer))
    }
}

impl Logins for MemoryDesk {
    fn login<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Login>> {
        self.asked.notify_one();
        let login = self.logins.lock().expect("a lock").get(name).cloned();
        Box::pin(std::future::ready(Ok(login)))
    }
}

impl Desk for MemoryDesk {
    fn accept(&self, job: NewJob) -> Answer<'_, JobId> {
        self.answer(|| {
            let id = job.id.clone();
            self.jobs.lock().expect("a lock").push(job);
            id
        })
    }

    fn report<'a>(&'a self, reader: &'a Reader, id: &'a JobId) -> Answer<'a, Option<RawReport>> {
        self.answer(|| {
            let jobs = self.jobs.lock().expect("a lock");
            jobs.iter().find(|job| job.id == *id && job.login == reader.login).map(raw)
        })
    }

    fn reports_of<'a>(&'a self, reader: &'a Reader, ids: Vec<String>) -> Answer<'a, Vec<RawReport>> {
        self.answer(|| {
            let jobs = self.jobs.lock().expect("a lock");
            let find = |id: &String| jobs.iter().find(|job| job.id.0 == *id && job.login == reader.login);
            ids.iter().filter_map(find).map(raw).collect()
        })
    }

    /// Every job passes for a finished one.
    fn oldest_reports<'a>(&'a self, reader: &'a Reader, limit: u32) -> Answer<'a, Vec<RawReport>> {
        self.answer(|| {
            let jobs = self.jobs.lock().expect("a lock");
            jobs.iter().filter(|job| job.login == reader.login).take(limit as usize).map(raw).collect()
        })
    }

    fn delete_reports<'a>(&'a self, reader: &'a Reader, ids: Vec<String>) -> Answer<'a, HashSet<String>> {
        self.answer(|| {
            let mut jobs = self.jobs.lock().expect("a lock");
            let gone = jobs.extract_if(.., |job| ids.contains(&job.id.0) && job.login == reader.login);
            gone.map(|job| job.id.0).collect()
        })
    }

    fn delete_oldest_reports<'a>(&'a self, reader: &'a Reader, limit: u32) -> Answer<'a, Vec<String>> {
        self.answer(|| {
            let mut jobs = self.jobs.lock().expect("a lock");
            let gone = jobs.extract_if(.., |job| job.login == reader.login);
            gone.take(limit as usize).map(|job| job.id.0).collect()
        })
    }

    fn ready(&self) -> Answer<'_, ()> {
        self.answer(|| ())
    }
}

fn raw(job: &NewJob) -> RawReport {
    RawReport(serde_json::to_string(&pending(job)).expect("JSON"))
}

fn pending(job: &NewJob) -> FaxReport {
    let recipient_status = job.order.recipients.iter().map(|recipient| RecipientStatus {
        number: recipient.number.clone(),
        properties: Some(recipient.properties.clone()).filter(|properties| !properties.is_empty()),
        status: "PENDING".into(),
        reason: "PENDING".into(),
        sent_ts: None,
        duration_in_secs: 0,
        sent_to_number: None,
        remote_csid: None,
        pages_confirmed: None,
        pages_in_doubt: None,
    });
    FaxReport {
        job_id: job.id.0.clone(),
        recipient_status: recipient_status.collect(),
        pages: 0,
        reference: ReportReference::default(),
    }
}

pub struct World {
    pub desk: Arc<MemoryDesk>,
    pub door: Arc<Door>,
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub served: JoinHandle<()>,
    now: Arc<Mutex<Timestamp>>,
}

pub const PASSWORD: &str = "sécret:?>~";

/// `te:…` as a header line, in UTF-8 and standard base64.
pub fn credentials(login: &str, password: &str) -> String {
    let token = base64::engine::general_purpose::STANDARD.encode(format!("{login}:{password}"));
    format!("Authorization: Basic {token}\r\n")
}

impl World {
    pub async fn new() -> World {
        World::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> World {
        World::listening(settings, None).await
    }

    pub async fn listening(settings: Settings, tls: Option<Arc<rustls::ServerConfig>>) -> World {
        let desk = Arc::new(MemoryDesk::default());
        let now = Arc::new(Mutex::new("2026-11-23T12:00:00Z".parse().expect("a time")));
        let clock = Arc::clone(&now);
        let clock = Arc::new(move || *clock.lock().expect("a lock"));
        let accept = Accept::new(Ids::new("TESTNODE").expect("a node"), Kinds::default());
        let door = Arc::new(Door::new(Arc::clone(&desk) as Arc<dyn Desk>, accept, settings, clock));
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = tcp.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let served = tokio::spawn(serve(Arc::clone(&door), Listener { tcp, tls }, stop.clone()));
        let world = World { desk, door, address, stop, served, now };
        world.register("te", "99999TE", AllowList::default());
        world
    }

    /// A login with the password `PASSWORD`.
    pub fn register(&self, name: &str, customer: &str, allow: AllowList) {
        let account = Account {
            customer: customer.into(),
            login: name.into(),
            csid: Some("Account".into()),
            country: Some("DE".into()),
            ..Account::default()
        };
        let password_hash = password::hash(PASSWORD).expect("a hash");
        self.desk.logins.lock().expect("a lock").insert(name.into(), Login { account, password_hash, allow });
    }

    pub fn pass(&self, time: SignedDuration) {
        let mut now = self.now.lock().expect("a lock");
        *now += time;
    }

    pub fn feel(&self, mood: Mood) {
        *self.desk.mood.lock().expect("a lock") = mood;
    }

    /// One request on a connection of its own.
    pub async fn ask(&self, head: &str, headers: &str, body: &[u8]) -> Reply {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        ask(stream, head, headers, body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path}"), &credentials("te", PASSWORD), b"").await
    }

    pub async fn submit(&self, request: &Value) -> Reply {
        let headers = credentials("te", PASSWORD) + "Content-Type: application/json\r\n";
        self.ask("POST /rest/v1/99999TE/fax", &headers, request.to_string().as_bytes()).await
    }
}

/// A job that is right.
pub fn job() -> Value {
    json!({"recipients": [{"number": "+49 89 1234567-8900"}], "documents": [{"name": "a.txt", "data": "SGVsbG8="}]})
}

/// Sends a request and reads the answer to the end of the connection.
pub async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str, headers: &str, body: &[u8]) -> Reply {
    let mut request = format!("{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}");
    let framed = headers.to_lowercase();
    if !body.is_empty() && !framed.contains("content-length") && !framed.contains("transfer-encoding") {
        let _ = write!(request, "Content-Length: {}\r\n", body.len());
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.expect("the head is sent");
    stream.write_all(body).await.expect("the body is sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    Reply::parse(&answer)
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case, without `date`.
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Reply {
    pub fn parse(answer: &[u8]) -> Reply {
        let answer = String::from_utf8(answer.to_vec()).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
        let headers = lines.filter_map(|line| line.split_once(": "));
        let mut headers: HashMap<_, _> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        headers.remove("date");
        assert_eq!(headers["content-length"], body.len().to_string(), "{answer}");
        assert_eq!(headers["content-type"], "application/json", "{answer}");
        Reply { status: status.parse().expect("a number"), headers, body: body.to_owned() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|wrong| panic!("{wrong}: {}", self.body))
    }

    pub fn job_id(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()["jobId"].as_str().expect("an id").to_owned()
    }

    /// Asserts that this is the envelope, with this status and message.
    #[track_caller]
    pub fn refuses(&self, status: u16, message: &str) {
        assert_eq!((self.status, self.json()), (status, json!({"code": status, "message": message})));
    }
}
