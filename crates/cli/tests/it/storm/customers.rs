//! What customers do during the storm: submit, ask for the report until it is final, submit the next.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use ferrofax_fax::page::Resolution;
use ferrofax_fax::tiff::{Compression, Writer};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::mark::Mark;

pub const COVER: &str = "storm.ftl.html";

/// As a client would: after a failed request, and between looks at a report.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a job may take once nobody is killed any more.
const PATIENCE: Duration = Duration::from_secs(240);

/// Numbers of the loopback line, by their last digits: busy, not in use, good.
const LOOPBACK: [&str; 3] = ["99486", "99404", "10000"];

/// What is submitted; made from the storm's seed and its own number.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub number: u32,
    documents: u32,
    pub cover: bool,
    keyed: bool,
    /// On the loopback line, if it goes there.
    loopback: Option<&'static str>,
}

impl Order {
    pub fn new(seed: u64, number: u32) -> Order {
        let mut chance = StdRng::seed_from_u64(seed ^ u64::from(number) << 32);
        Order {
            number,
            documents: chance.random_range(1..=4),
            cover: chance.random_ratio(1, 12),
            keyed: chance.random_ratio(1, 2),
            loopback: chance.random_ratio(1, 12).then(|| LOOPBACK[chance.random_range(0..LOOPBACK.len())]),
        }
    }

    /// Pages of its fax.
    pub fn pages(&self) -> u32 {
        self.documents + u32::from(self.cover)
    }

    pub fn is_seen(&self) -> bool {
        self.loopback.is_none()
    }

    /// A number of its own, so that its calls come one after the other.
    fn recipient(&self) -> String {
        match self.loopback {
            Some(ending) => format!("+9991{:06}{ending}", self.number),
            None => format!("+49891{:06}", self.number),
        }
    }

    /// The number of the order with this recipient, as dialled.
    pub fn number_of(dialled: &str) -> Option<u32> {
        let rest = dialled.strip_prefix("009991").or_else(|| dialled.strip_prefix("0049891"))?;
        rest.get(..6)?.parse().ok()
    }

    fn body(&self) -> Value {
        let mut file = Writer::new(Cursor::new(Vec::new()), Compression::Mmr).expect("in memory");
        for page in self.pages() - self.documents..self.pages() {
            let page = Mark { job: self.number, page }.page();
            file.append(&mut page.source(Resolution::Standard)).expect("in memory");
        }
        let data = file.finish().expect("in memory").into_inner();
        let mark = Mark { job: self.number, page: 0 }.text();
        json!({
            "recipients": [{ "number": self.recipient(), "properties": [{ "key": "mark", "value": mark }] }],
            "documents": [{ "name": "pages.tif", "data": base64::engine::general_purpose::STANDARD.encode(data) }],
            "renderingOptions": { "resolution": "LOW", "coverpageTemplate": self.cover.then_some(COVER) },
        })
    }
}

/// A login.
#[derive(Clone, Debug)]
pub struct Login {
    pub customer: String,
    pub user: String,
    pub password: String,
}

/// A job that was answered with 200.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub order: u32,
    pub id: String,
    pub login: Login,
    /// The first report that was final.
    pub report: Value,
}

/// What customers know.
#[derive(Debug, Default)]
pub struct Book {
    pub accepted: Vec<Accepted>,
    /// Orders that were never answered.
    pub unanswered: BTreeSet<u32>,
    /// Requests that got no answer and were made once more, by their key.
    pub repeated: usize,
}

/// What customers share.
#[derive(Debug)]
pub struct Market {
    pub seed: u64,
    /// `http://host:port` of the service as it runs now.
    pub root: Mutex<String>,
    pub over: AtomicBool,
    pub book: Mutex<Book>,
    pub http: reqwest::blocking::Client,
    next: AtomicU32,
}

impl Market {
    pub fn new(seed: u64, http: reqwest::blocking::Client, root: String) -> Market {
        let (root, over, book) = (Mutex::new(root), AtomicBool::new(false), Mutex::default());
        Market { seed, root, over, book, http, next: AtomicU32::new(1) }
    }

    /// A customer's life.
    pub fn visit(&self, login: &Login) {
        while !self.over.load(Ordering::Relaxed) {
            let order = Order::new(self.seed, self.next.fetch_add(1, Ordering::Relaxed));
            let Some(id) = self.submit(login, &order) else {
                self.book.lock().expect("not poisoned").unanswered.insert(order.number);
                continue;
            };
            let report = self.follow(login, &id);
            let accepted = Accepted { order: order.number, id, login: login.clone(), report };
            self.book.lock().expect("not poisoned").accepted.push(accepted);
        }
    }

    /// The job's id. Without a key nobody can know whether a request without an answer made a job.
    fn submit(&self, login: &Login, order: &Order) -> Option<String> {
        let body = order.body();
        loop {
            let url = self.url(login, "fax");
            let mut request = self.http.post(url).basic_auth(&login.user, Some(&login.password)).json(&body);
            if order.keyed {
                request = request.header("Idempotency-Key", format!("order {}", order.number));
            }
            match answer(request) {
                Answer::Told(200, answer) => return Some(answer["jobId"].as_str().expect("an id").to_owned()),
                Answer::Told(status, answer) => panic!("{status}: {answer}"),
                Answer::Lost if order.keyed => self.book.lock().expect("not poisoned").repeated += 1,
                Answer::Lost => return None,
                Answer::NotAsked => {}
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The report once it is final.
    fn follow(&self, login: &Login, id: &str) -> Value {
        let mut over_since = None;
        loop {
            if let Some(report) = self.report(login, id)
                && report["recipientStatus"][0]["status"] != "PENDING"
            {
                return report;
            }
            if self.over.load(Ordering::Relaxed) {
                let since: &mut Instant = over_since.get_or_insert_with(Instant::now);
                assert!(since.elapsed() < PATIENCE, "job {id} does not end");
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// What the service says of a job, if it can be asked.
    pub fn report(&self, login: &Login, id: &str) -> Option<Value> {
        let url = self.url(login, &format!("fax/reports/{id}"));
        let asked = answer(self.http.get(url).basic_auth(&login.user, Some(&login.password)));
        let Answer::Told(status, report) = asked else { return None };
        assert_eq!(status, 200, "job {id} was accepted: {report}");
        Some(report)
    }

    fn url(&self, login: &Login, path: &str) -> String {
        let root = self.root.lock().expect("not poisoned");
        format!("{root}/rest/v1/{}/{path}", login.customer)
    }
}

/// What came of a request.
enum Answer {
    /// Status and body.
    Told(u16, Value),
    /// The service was gone before the answer was whole.
    Lost,
    /// There was no service.
    NotAsked,
}

fn answer(request: reqwest::blocking::RequestBuilder) -> Answer {
    match request.send() {
        Ok(answer) => {
            let status = answer.status().as_u16();
            answer.json().map_or(Answer::Lost, |body| Answer::Told(status, body))
        }
        Err(error) if error.is_connect() => Answer::NotAsked,
        Err(_) => Answer::Lost,
    }
}
