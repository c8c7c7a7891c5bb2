//! A month of faxes through the real store and the real rules; only the calls are simulated, by their outcomes.
//!
//! The store is told every time, so the month takes as long as its transactions do. Each line works as the stage `send` does: with
//! a channel free it claims; where nothing is to be had it sleeps until the store's bell rings or the next delivery is due. What
//! the far machines do is decided by chance from a seed (`world.rs`). What must be true is kept apart from the store, and
//! compared at every step (`book.rs`); a step that is wrong panics.
//!
//! Left out: the pages themselves, and the seconds between a call's pages: what a call confirmed is recorded when it ends.

mod book;
mod figures;
mod world;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrofax_api::job::{Charset, Content, Document, DocumentKind, FaxJob, Recipient, TransportOptions};
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::page::{Resolution, StoredPage};
use ferrofax_server::jobs::{DeliveryId, End, JobId, NewDelivery, NewJob, Policy, Retry, Routes, decide};
use ferrofax_server::store::{Account, AttemptResult, Control, Customer, DeliveryClaim, NewLogin, Stage, Store, Which};
use jiff::Timestamp;
use tokio::sync::watch;

use self::book::Book;
use self::figures::Figures;
use self::world::{
    CUSTOMERS, Class, Course, HOUR, Kind, LIMITED, LOGINS, Meddling, Millis, SECOND, Step, Submission, World,
};

pub use self::world::Size;

/// Name and channels; sixty in all.
const LINES: [(&str, u32); 2] = [("north", 36), ("south", 24)];
/// Calls at the same time to numbers of the limited prefix.
const LIMIT: u32 = 8;
/// One customer (index) has so many channels at most.
const CUSTOMER_LIMIT: (usize, u32) = (2, 8);
/// From the end of a call to its channel's next: storing it, claiming and composing that one.
const TURNAROUND: Millis = 100;
const LEASE: Duration = Duration::from_secs(2 * 3600);
const OWNER: &str = "node";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    Submit(usize),
    /// The time of this delivery has come, unless something else happened to it.
    Due(u32),
    /// A call ends, unless it was cut short or off.
    Ends {
        delivery: u32,
        version: u64,
    },
    /// A channel is free again, unless there was a restart.
    Free {
        line: usize,
        run: u32,
    },
    /// This line's next delivery is due.
    Wake,
    Cancel(u32),
    Hold(u32),
    Release(u32),
    Expire(u32),
    /// The service is killed and starts again.
    Restart,
}

struct Call {
    claim: DeliveryClaim,
    line: usize,
    began: Millis,
    course: Course,
    version: u64,
}

/// The loop of a line.
struct Way {
    bell: watch::Receiver<u64>,
    /// When it looks for work without being rung for; `None`: never.
    until: Option<Millis>,
    /// Channels in a call, and those not yet free for the next.
    calling: u32,
    taken: u32,
}

struct Month {
    folder: PathBuf,
    store: Store,
    policy: Arc<Policy>,
    world: World,
    book: Book,
    submissions: Vec<Submission>,
    events: BinaryHeap<Reverse<(Millis, u64, Event)>>,
    made: u64,
    now: Millis,
    /// How often the service was started.
    run: u32,
    ways: [Way; LINES.len()],
    calls: BTreeMap<u32, Call>,
    /// Line, from, until.
    outages: [(usize, Millis, Millis); 3],
    figures: Figures,
}

/// Simulates it in this folder. Panics where anything is wrong.
pub async fn run(size: Size, seed: u64, folder: &Path) -> Figures {
    let began = Instant::now();
    let mut month = Month::new(size, seed, folder).await;
    month.plan(size);
    while let Some(Reverse((now, _, event))) = month.events.pop() {
        month.pass(now);
        month.happen(event).await;
        month.claim().await;
    }
    month.compare().await;
    let Month { mut figures, book, now, .. } = month;
    figures.count(&book, now, began.elapsed());
    figures
}

impl Month {
    async fn new(size: Size, seed: u64, folder: &Path) -> Month {
        let store = Store::open(folder).expect("a store");
        for (index, number) in CUSTOMERS.iter().enumerate() {
            let (limited, most) = CUSTOMER_LIMIT;
            let account = Account { channels: (index == limited).then_some(most), ..Account::default() };
            let customer = Customer { number: (*number).to_owned(), account };
            store.put_customer(customer, at(0)).await.expect("a customer");
        }
        for (customer, name) in LOGINS {
            let customer = CUSTOMERS[usize::from(customer)].to_owned();
            let login = NewLogin { name: name.to_owned(), customer, password_hash: "$".to_owned(), allowed: vec![] };
            store.put_login(login, at(0)).await.expect("a login");
        }
        let leads = |prefix: &str, line: usize| (prefix.to_owned(), LINES[line].0.to_owned());
        let routes = Routes::new([leads("0049", 0), leads("", 1), leads("", 0)]);
        // Parking ends faxes without a call; what it does is shown by tests of its own.
        let retry = Retry { park_after: 0, ..Retry::default() };
        let policy = Policy::new(routes.limited([(LIMITED.to_owned(), LIMIT)]), retry);
        let mut world = World::new(size, seed);
        let submissions = world.submissions();
        let hour = |share: i64| Millis::from(size.days) * world::DAY * share / 100;
        let outage = |line, share| (line, hour(share), hour(share) + HOUR);
        Month {
            folder: folder.to_owned(),
            ways: ways(&store),
            store,
            policy: Arc::new(policy),
            world,
            book: Book::new(size.numbers),
            submissions,
            events: BinaryHeap::new(),
            made: 0,
            now: 0,
            run: 0,
            calls: BTreeMap::new(),
            outages: [outage(0, 40), outage(1, 45), outage(0, 62)],
            figures: Figures::default(),
        }
    }

    fn plan(&mut self, size: Size) {
        self.at(self.submissions[0].at, Event::Submit(0));
        for share in [43, 55, 66] {
            self.at(Millis::from(size.days) * world::DAY * share / 100, Event::Restart);
        }
    }

    fn at(&mut self, time: Millis, event: Event) {
        self.made += 1;
        self.events.push(Reverse((time.max(self.now), self.made, event)));
    }

    /// Time goes by.
    fn pass(&mut self, now: Millis) {
        for (line, way) in self.ways.iter().enumerate() {
            let (_, channels) = LINES[line];
            self.figures.pass(line, now - self.now, way.calling, channels, self.book.is_callable(line));
        }
        self.now = now;
    }

    async fn happen(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Submit(index) => self.submit(index).await,
            Event::Due(delivery) => self.book.look(delivery, now),
            Event::Ends { delivery, version } => {
                if self.calls.get(&delivery).is_some_and(|call| call.version == version) {
                    self.end(delivery).await;
                }
            }
            Event::Free { line, run } => self.ways[line].taken -= u32::from(run == self.run),
            Event::Wake => {}
            Event::Cancel(job) => {
                self.control(job, Control::Cancel).await;
                self.book.cancel(job);
                self.cut_short(job);
            }
            Event::Hold(job) => {
                self.control(job, Control::Hold).await;
                self.book.hold(job, true, now);
            }
            Event::Release(job) => {
                self.control(job, Control::Release).await;
                self.book.hold(job, false, now);
            }
            Event::Expire(job) => {
                self.book.expire(job);
                self.store.expire_overdue(at(now)).await.expect("swept");
            }
            Event::Restart => self.restart().await,
        }
    }

    async fn submit(&mut self, index: usize) {
        let now = self.now;
        let submission = &self.submissions[index];
        let new = new_job(index, self.book.deliveries(), submission);
        let pages: Vec<_> = (0..submission.pages).map(page).collect();
        self.store.accept_job(new).await.expect("accepted");
        let claim = self.store.claim_preparation(OWNER, at(now), LEASE).await.expect("the store works");
        let claim = claim.expect("a job is to be prepared");
        self.store.settle_prepared(claim, pages, &self.policy.routes, at(now)).await.expect("prepared");
        self.book.submit(submission);
        self.figures.waiting(self.book.waiting());
        let (job, valid_until) = (index as u32, submission.valid_until);
        match self.world.meddling(submission) {
            Some(Meddling::Cancel { at }) => self.at(at, Event::Cancel(job)),
            Some(Meddling::Hold { at, released }) => {
                self.at(at, Event::Hold(job));
                released.into_iter().for_each(|at| self.at(at, Event::Release(job)));
            }
            None => {}
        }
        self.at(valid_until, Event::Expire(job));
        if let Some(next) = self.submissions.get(index + 1) {
            self.at(next.at, Event::Submit(index + 1));
        }
    }

    /// Every line that has a reason to looks for calls, as the stage does.
    async fn claim(&mut self) {
        for (line, (name, channels)) in LINES.into_iter().enumerate() {
            while self.is_awake(line) && self.ways[line].taken < channels {
                let way = &mut self.ways[line];
                way.bell.mark_unchanged();
                way.until = Some(self.now);
                let now = at(self.now);
                let claim = self.store.claim_delivery(OWNER, now, LEASE, name, &self.policy).await.expect("claims");
                match claim {
                    Some(claim) => self.begin(claim, line),
                    None => {
                        let due = self.store.next_due(name, now).await.expect("the store works").map(millis);
                        self.ways[line].until = due;
                        due.into_iter().for_each(|due| self.at(due, Event::Wake));
                    }
                }
            }
        }
    }

    fn is_awake(&self, line: usize) -> bool {
        let Way { bell, until, .. } = &self.ways[line];
        bell.has_changed().expect("the store lives") || until.is_some_and(|until| until <= self.now)
    }

    fn begin(&mut self, claim: DeliveryClaim, line: usize) {
        let now = self.now;
        let delivery = claim.delivery.0.trim_start_matches("FN").parse().expect("one of ours");
        let begun = self.book.begin(delivery, line, &claim.dial, claim.first_page, now);
        let is_down = self.outages.iter().any(|(of, from, until)| *of == line && (*from..*until).contains(&now));
        let course = self.world.call(begun.number, now, claim.first_page, begun.pages, is_down);
        self.ways[line].calling += 1;
        self.ways[line].taken += 1;
        let version = self.made;
        self.at(now + course.ends, Event::Ends { delivery, version });
        self.calls.insert(delivery, Call { claim, line, began: now, course, version });
    }

    /// Records what the far end confirmed until now. Which page is in doubt.
    async fn record(&mut self, delivery: u32, call: &Call) -> Option<u32> {
        let mut in_doubt = None;
        for (after, step) in &call.course.steps {
            if call.began + after > self.now {
                break;
            }
            match *step {
                Step::Ending(page) => {
                    self.store.record_page_ending(&call.claim, page).await.expect("recorded");
                    in_doubt = Some(page);
                }
                Step::Confirmed(page) => {
                    let ladder = Ladder::default();
                    self.store.record_page_confirmed(&call.claim, page, &ladder).await.expect("recorded");
                    self.book.confirmed(delivery, page);
                    in_doubt = None;
                }
            }
        }
        in_doubt
    }

    async fn end(&mut self, delivery: u32) {
        let now = self.now;
        let call = self.calls.remove(&delivery).expect("a call");
        let in_doubt = self.record(delivery, &call).await;
        let kind = call.course.kind;
        let result = AttemptResult {
            outcome: kind.outcome(),
            answered_at: call.course.answered.map(|after| at(call.began + after)),
            ended_at: at(now),
            sip_status: None,
            q850: None,
            bit_rate: call.course.answered.map(|_| 14_400),
            ecm: call.course.answered.map(|_| true),
            t38_refused: false,
            remote_id: None,
            ladder: Ladder::default(),
        };
        let history = self.store.history(&call.claim).await.expect("a history");
        let next = decide(&result.end(), &history, &self.policy, at(now));
        self.book.end(delivery, kind, in_doubt, &next, now);
        self.store.settle_attempt(call.claim, result, next, &self.policy).await.expect("settled");
        self.figures.call(kind);
        self.ways[call.line].calling -= 1;
        self.at(now + TURNAROUND, Event::Free { line: call.line, run: self.run });
        self.wait(delivery);
    }

    /// It may be called again, at its time.
    fn wait(&mut self, delivery: u32) {
        if let Some(due) = self.book.due(delivery).filter(|due| *due > self.now) {
            self.at(due, Event::Due(delivery));
        }
    }

    async fn control(&self, job: u32, control: Control) {
        let which = Which { job: job_id(job as usize), recipient: None, login: None };
        self.store.control(&which, control, at(self.now)).await.expect("the store works").expect("a job");
    }

    /// Running calls of a cancelled job end as soon as the stage sees it.
    fn cut_short(&mut self, job: u32) {
        let ends = self.now + SECOND;
        let mut ended = Vec::new();
        for (delivery, call) in &mut self.calls {
            if call.claim.job == job_id(job as usize) && call.began + call.course.ends > ends {
                call.course.ends = ends - call.began;
                call.course.kind = Kind::Cancelled;
                call.version = self.made;
                ended.push(Event::Ends { delivery: *delivery, version: call.version });
            }
        }
        ended.into_iter().for_each(|event| self.at(ends, event));
    }

    /// `kill -9` in the middle of everything.
    async fn restart(&mut self) {
        let now = self.now;
        let calls = std::mem::take(&mut self.calls);
        for (delivery, call) in &calls {
            let in_doubt = self.record(*delivery, call).await;
            let history = self.store.history(&call.claim).await.expect("a history");
            let next = decide(&End::of(Kind::Interrupted.outcome()), &history, &self.policy, at(now));
            self.book.end(*delivery, Kind::Interrupted, in_doubt, &next, now);
            self.figures.call(Kind::Interrupted);
        }
        self.store = Store::open(&self.folder).expect("the store opens again");
        let swept = self.store.reclaim_from(OWNER, at(now), &self.policy).await.expect("reclaimed");
        assert_eq!(swept.deliveries, calls.len(), "calls cut off");
        self.store.reroute(&self.policy.routes).await.expect("rerouted");
        self.book.reroute(now);
        self.run += 1;
        self.ways = ways(&self.store);
    }

    /// Every delivery is final, and every report says what its calls justify.
    async fn compare(&mut self) {
        assert_eq!(self.book.open(), 0, "deliveries that are not final");
        for job in 0..self.book.jobs() {
            let (login, statuses) = self.book.statuses(job);
            let report = self.store.report(&login.into(), &job_id(job as usize)).await.expect("the store works");
            let told = report.expect("a report").read().expect("JSON").recipient_status;
            let told: Vec<_> = told.iter().map(|recipient| recipient.status.as_str()).collect();
            let justified: Vec<_> = statuses.map(|status| status.word()).collect();
            assert_eq!(told, justified, "job {job}");
            justified.into_iter().for_each(|status| self.figures.status(status));
        }
    }
}

fn ways(store: &Store) -> [Way; LINES.len()] {
    LINES.map(|_| Way { bell: store.bell(Stage::Send), until: Some(Millis::MIN), calling: 0, taken: 0 })
}

fn at(millis: Millis) -> Timestamp {
    const MONDAY: Millis = 1_772_409_600_000;
    Timestamp::from_millisecond(MONDAY + millis).expect("a time")
}

fn millis(time: Timestamp) -> Millis {
    time.as_millisecond() - at(0).as_millisecond()
}

fn job_id(index: usize) -> JobId {
    JobId(format!("FJ{index:020}"))
}

fn new_job(index: usize, first: u32, submission: &Submission) -> NewJob {
    let Submission { login, class, recipients, valid_until, .. } = submission;
    let (customer, login) = LOGINS[usize::from(*login)];
    let recipient = |numbers: &Vec<u32>| {
        let mut numbers = numbers.iter().map(|number| world::dial(*number).replacen("00", "+", 1));
        let number = numbers.next().expect("a number");
        Recipient { number, alternative_numbers: numbers.collect(), properties: vec![] }
    };
    let delivery = |(n, numbers): (u32, &Vec<u32>)| NewDelivery {
        id: DeliveryId(format!("FN{n:020}")),
        dial: world::dial(numbers[0]),
        alternatives: numbers[1..].iter().map(|number| world::dial(*number)).collect(),
        warnings: Vec::new(),
    };
    let document = Document {
        name: "letter.txt".to_owned(),
        kind: DocumentKind::Txt,
        charset: Charset::Utf8,
        content: Content::Data(b"Good morning".to_vec()),
    };
    NewJob {
        id: job_id(index),
        customer: CUSTOMERS[usize::from(customer)].to_owned(),
        login: login.to_owned(),
        accepted_at: at(submission.at),
        valid_from: at(submission.at),
        valid_until: at(*valid_until),
        order: FaxJob {
            reference: Default::default(),
            recipients: recipients.iter().map(recipient).collect(),
            documents: vec![document],
            transport: TransportOptions { express: *class == Class::Express, ..TransportOptions::default() },
            rendering: Default::default(),
            report: Default::default(),
            customer_reference: None,
            valid: Default::default(),
        },
        once: None,
        centre: None,
        deliveries: (first..).zip(recipients).map(delivery).collect(),
    }
}

fn page(n: u32) -> StoredPage {
    StoredPage { width: 1728, rows: 70 + n, resolution: Resolution::Fine, code: vec![0; 40], index: vec![0] }
}
