//! What must be true, kept apart from the store: it is told what the store does, and stops at the first thing that is wrong.

use super::world::{CUSTOMERS, Class, Kind, LIMITED, LOGINS, Millis, Submission, dial};
use super::{CUSTOMER_LIMIT, LIMIT, LINES};
use ferrofax_server::jobs::{ApiStatus, Next, status};

/// Deliveries to one number that are callable but for the number are told apart by what else may keep them back: line, limit of the
/// destination, customer.
const GROUPS: usize = LINES.len() * 2 * CUSTOMERS.len();

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Waiting,
    Sending,
    Final,
}

struct Delivery {
    job: u32,
    numbers: Vec<u32>,
    number: usize,
    line: usize,
    due: Millis,
    state: State,
    held: bool,
    /// Somebody cancelled it in mid-call.
    cancel: bool,
    /// Counted in `ready`: due, valid and not held.
    in_ready: bool,
    calls: Vec<(usize, Kind)>,
    /// Pages each number's machine confirmed.
    confirmed: Vec<u32>,
    /// Calls to each number that ended with its last page in doubt.
    doubts: Vec<u32>,
    status: Option<ApiStatus>,
    first_call: Option<Millis>,
}

/// A job's own part.
struct Job {
    login: u8,
    class: Class,
    pages: u32,
    at: Millis,
    valid_until: Millis,
    first: u32,
    count: u32,
    /// When it came, a broadcast waited on its first recipient's line; nobody else wanted that number, and of its login's faxes on
    /// that line only broadcasts waited.
    behind_broadcast: bool,
    alone: bool,
}

/// Where a call that begins leads, and how many pages the fax has.
pub struct Begun {
    pub number: u32,
    pub pages: u32,
}

#[derive(Default)]
pub struct Book {
    jobs: Vec<Job>,
    deliveries: Vec<Delivery>,
    /// By number: in a call.
    in_call: Vec<bool>,
    /// By number: callable but for the number, by group.
    ready: Vec<[u32; GROUPS]>,
    /// The same over all numbers that are not in a call.
    callable: [u64; GROUPS],
    /// Broadcasts' deliveries of these, by line.
    broadcast: [u64; LINES.len()],
    /// All others, by line and login.
    other: [[u64; LOGINS.len()]; LINES.len()],
    limited_calls: u32,
    customer_calls: [u32; CUSTOMERS.len()],
    open: usize,
}

impl Book {
    pub fn new(numbers: u32) -> Book {
        let numbers = numbers as usize;
        Book { in_call: vec![false; numbers], ready: vec![[0; GROUPS]; numbers], ..Book::default() }
    }

    /// Deliveries that are not final.
    pub fn open(&self) -> usize {
        self.open
    }

    pub fn deliveries(&self) -> u32 {
        self.deliveries.len() as u32
    }

    /// Deliveries that wait for nothing but a channel.
    pub fn waiting(&self) -> u64 {
        self.callable.iter().sum()
    }

    /// A job is accepted and prepared. Its deliveries.
    pub fn submit(&mut self, submission: &Submission) -> std::ops::Range<u32> {
        let (job, first) = (self.jobs.len() as u32, self.deliveries.len() as u32);
        let number = submission.recipients[0][0] as usize;
        let Submission { at, login, class, pages, valid_until, .. } = *submission;
        let of_line = line(number as u32);
        let wanted = self.in_call[number] || self.ready[number].iter().any(|count| *count > 0);
        let others = self.other[of_line][usize::from(login)] > 0;
        self.jobs.push(Job {
            login,
            class,
            pages,
            at,
            valid_until,
            first,
            count: submission.recipients.len() as u32,
            behind_broadcast: self.broadcast[of_line] > 0,
            alone: !wanted && !others,
        });
        for numbers in &submission.recipients {
            let delivery = Delivery {
                job,
                numbers: numbers.clone(),
                number: 0,
                line: line(numbers[0]),
                due: at,
                state: State::Waiting,
                held: false,
                cancel: false,
                in_ready: false,
                calls: Vec::new(),
                confirmed: vec![0; numbers.len()],
                doubts: vec![0; numbers.len()],
                status: None,
                first_call: None,
            };
            self.deliveries.push(delivery);
            self.open += 1;
        }
        let range = first..self.deliveries.len() as u32;
        range.clone().for_each(|delivery| self.look(delivery, at));
        range
    }

    /// When this delivery becomes due, if it waits.
    pub fn due(&self, delivery: u32) -> Option<Millis> {
        let delivery = &self.deliveries[delivery as usize];
        (delivery.state == State::Waiting).then_some(delivery.due)
    }

    /// It may have become due.
    pub fn look(&mut self, delivery: u32, now: Millis) {
        let one = &self.deliveries[delivery as usize];
        let valid = now < self.jobs[one.job as usize].valid_until;
        let ready = one.state == State::Waiting && !one.held && one.due <= now && valid;
        if ready != one.in_ready {
            self.count(delivery, ready);
        }
    }

    fn count(&mut self, delivery: u32, ready: bool) {
        let one = &mut self.deliveries[delivery as usize];
        one.in_ready = ready;
        let (number, job) = (one.numbers[one.number], &self.jobs[one.job as usize]);
        let group = group(one.line, number, customer(job.login));
        let change = |count: &mut u64| if ready { *count += 1 } else { *count -= 1 };
        let of_number = &mut self.ready[number as usize][group];
        *of_number = if ready { *of_number + 1 } else { *of_number - 1 };
        if !self.in_call[number as usize] {
            change(&mut self.callable[group]);
        }
        match job.class {
            Class::Broadcast => change(&mut self.broadcast[one.line]),
            _ => change(&mut self.other[one.line][usize::from(job.login)]),
        }
    }

    /// Whether a delivery waits for nothing but a channel of this line.
    pub fn is_callable(&self, line: usize) -> bool {
        (0..GROUPS).any(|group| {
            let (of_line, limited, customer) =
                (group / CUSTOMERS.len() / 2, group / CUSTOMERS.len() % 2 == 1, group % CUSTOMERS.len());
            of_line == line && self.callable[group] > 0 && self.has_channel(limited, customer)
        })
    }

    fn has_channel(&self, limited: bool, customer: usize) -> bool {
        let (one, most) = CUSTOMER_LIMIT;
        !(customer == one && self.customer_calls[one] >= most || limited && self.limited_calls >= LIMIT)
    }

    /// The store says that this delivery is to be called now, at this number and from this page on.
    pub fn begin(&mut self, delivery: u32, line: usize, dialled: &str, first_page: u32, now: Millis) -> Begun {
        self.look(delivery, now);
        let one = &self.deliveries[delivery as usize];
        let job = &self.jobs[one.job as usize];
        let number = one.numbers[one.number];
        let says = |right: bool, what: &str| assert!(right, "delivery {delivery}, a call too many: {what}");
        says(one.in_ready && one.due <= now, "not due, not valid or held");
        says(now < job.valid_until, "its time is over");
        says(one.line == line, "another line's");
        says(dialled == dial(number), "another number's turn");
        says(!self.in_call[number as usize], "the number is in a call");
        says(self.has_channel(is_limited(number), customer(job.login)), "destination or customer have no channel left");
        says(first_page == one.confirmed[one.number], "not from the first unconfirmed page");
        says(!is_worn_out(&one.calls, one.number), "called as often as allowed");
        let (pages, job) = (job.pages, one.job as usize);

        self.count(delivery, false);
        let one = &mut self.deliveries[delivery as usize];
        one.state = State::Sending;
        one.first_call.get_or_insert(now);
        self.call(number, job, true);
        Begun { number, pages }
    }

    /// A call to this number begins or ends.
    fn call(&mut self, number: u32, job: usize, begins: bool) {
        self.in_call[number as usize] = begins;
        let add = |count: &mut u32| *count = if begins { *count + 1 } else { *count - 1 };
        add(&mut self.customer_calls[customer(self.jobs[job].login)]);
        if is_limited(number) {
            add(&mut self.limited_calls);
        }
        for (all, here) in self.callable.iter_mut().zip(self.ready[number as usize]) {
            *all = if begins { *all - u64::from(here) } else { *all + u64::from(here) };
        }
    }

    pub fn confirmed(&mut self, delivery: u32, page: u32) {
        let one = &mut self.deliveries[delivery as usize];
        let confirmed = &mut one.confirmed[one.number];
        assert_eq!(page, *confirmed, "delivery {delivery}: a page twice, or out of order");
        *confirmed += 1;
    }

    /// A call ended so, with this page in doubt; that is what follows from it.
    pub fn end(&mut self, delivery: u32, kind: Kind, in_doubt: Option<u32>, next: &Next, now: Millis) {
        let one = &mut self.deliveries[delivery as usize];
        let (number, job) = (one.numbers[one.number], one.job as usize);
        let Job { pages, valid_until, .. } = self.jobs[job];
        one.calls.push((one.number, kind));
        one.doubts[one.number] += u32::from(in_doubt == Some(pages - 1));
        one.state = State::Waiting;
        self.call(number, job, false);
        let one = &self.deliveries[delivery as usize];
        let justified = one.justified(pages);
        match next {
            Next::Final { status, .. } => {
                assert_eq!(*status, justified, "delivery {delivery} after {:?}", one.calls);
                let worn = || (0..one.numbers.len()).all(|number| is_worn_out(&one.calls, number));
                let no_time = valid_until - now < 3 * super::world::HOUR;
                let arrived = matches!(justified, ApiStatus::Ok | ApiStatus::EodFailed);
                let enough = arrived || kind == Kind::Cancelled || no_time || worn();
                assert!(enough, "delivery {delivery} is given up too early: {:?}", one.calls);
                self.finish(delivery, justified);
            }
            Next::Again(_) if one.cancel => self.finish(delivery, ApiStatus::Cancelled),
            Next::Again(again) => {
                assert!(justified != ApiStatus::Ok && kind != Kind::Cancelled, "delivery {delivery} goes on");
                let one = &mut self.deliveries[delivery as usize];
                one.due = super::millis(again.not_before).max(now);
                if let Some(number) = again.number {
                    one.number = number;
                    one.line = line(one.numbers[number]);
                }
                if again.other_line {
                    one.line = 1 - one.line;
                }
                if one.due >= valid_until {
                    self.finish(delivery, status(&kind.outcome()).0);
                } else {
                    self.look(delivery, now);
                }
            }
        }
    }

    fn finish(&mut self, delivery: u32, status: ApiStatus) {
        if self.deliveries[delivery as usize].in_ready {
            self.count(delivery, false);
        }
        let one = &mut self.deliveries[delivery as usize];
        assert!(one.state != State::Final, "delivery {delivery} ends twice");
        (one.state, one.status) = (State::Final, Some(status));
        self.open -= 1;
    }

    /// This job's time is over.
    pub fn expire(&mut self, job: u32) {
        for delivery in self.of(job) {
            let one = &self.deliveries[delivery as usize];
            if one.state == State::Waiting {
                let status = one.calls.last().map_or(ApiStatus::Cancelled, |(_, kind)| status(&kind.outcome()).0);
                self.finish(delivery, status);
            }
        }
    }

    pub fn cancel(&mut self, job: u32) {
        for delivery in self.of(job) {
            match self.deliveries[delivery as usize].state {
                State::Waiting => self.finish(delivery, ApiStatus::Cancelled),
                State::Sending => self.deliveries[delivery as usize].cancel = true,
                State::Final => {}
            }
        }
    }

    pub fn hold(&mut self, job: u32, held: bool, now: Millis) {
        for delivery in self.of(job) {
            if self.deliveries[delivery as usize].state != State::Final {
                self.deliveries[delivery as usize].held = held;
                self.look(delivery, now);
            }
        }
    }

    /// After a restart whatever waits is on the line that its number leads to.
    pub fn reroute(&mut self, now: Millis) {
        for delivery in 0..self.deliveries.len() as u32 {
            let one = &self.deliveries[delivery as usize];
            let home = line(one.numbers[one.number]);
            if one.state != State::Waiting || one.line == home {
                continue;
            }
            if one.in_ready {
                self.count(delivery, false);
            }
            self.deliveries[delivery as usize].line = home;
            self.look(delivery, now);
        }
    }

    fn of(&self, job: u32) -> std::ops::Range<u32> {
        let Job { first, count, .. } = self.jobs[job as usize];
        first..first + count
    }

    /// What the report of this job must say of its recipients.
    pub fn statuses(&self, job: u32) -> (&'static str, impl Iterator<Item = ApiStatus>) {
        let statuses = self.of(job).map(|delivery| self.deliveries[delivery as usize].status.expect("it is final"));
        (LOGINS[self.jobs[job as usize].login as usize].1, statuses)
    }

    pub fn jobs(&self) -> u32 {
        self.jobs.len() as u32
    }

    /// How long each job of this class waited for its first call; only those that came while a broadcast waited. And of these
    /// only those that nothing else stood before: see [`Job`].
    pub fn waits(&self, class: Class) -> (Vec<Millis>, Vec<Millis>) {
        let behind = self.jobs.iter().filter(|job| job.class == class && job.behind_broadcast);
        let wait = |job: &Job| Some(self.deliveries[job.first as usize].first_call? - job.at);
        let all = behind.clone().filter_map(wait).collect();
        (all, behind.filter(|job| job.alone).filter_map(wait).collect())
    }
}

impl Delivery {
    /// The status that its calls justify.
    fn justified(&self, pages: u32) -> ApiStatus {
        let (confirmed, doubts) = (self.confirmed[self.number], self.doubts[self.number]);
        match self.calls.last() {
            _ if confirmed == pages => ApiStatus::Ok,
            _ if confirmed + 1 == pages && doubts >= 2 => ApiStatus::EodFailed,
            Some((_, kind)) => status(&kind.outcome()).0,
            None => ApiStatus::Cancelled,
        }
    }
}

/// Calls to one number that may end so, as the default configuration has it.
fn times(kind: Kind) -> usize {
    match kind {
        Kind::NotAssigned | Kind::Sent | Kind::Cancelled => 1,
        Kind::Refused | Kind::NoFaxHeard => 3,
        Kind::NotTrained => 4,
        Kind::NoAnswer | Kind::Interrupted => 5,
        Kind::LineFailed => 300,
        _ => 10,
    }
}

/// Whether the rules allow no other call to this number, whatever happened in the last one.
fn is_worn_out(calls: &[(usize, Kind)], number: usize) -> bool {
    let own = || calls.iter().filter(|(called, _)| *called == number).map(|(_, kind)| *kind);
    let counted = own().filter(|kind| !matches!(kind, Kind::LineFailed | Kind::Interrupted)).count();
    counted >= 10 || own().next_back().is_some_and(|last| own().filter(|kind| *kind == last).count() >= times(last))
}

fn is_limited(number: u32) -> bool {
    dial(number).starts_with(LIMITED)
}

fn customer(login: u8) -> usize {
    LOGINS[login as usize].0 as usize
}

/// The line its number leads to.
fn line(number: u32) -> usize {
    usize::from(!dial(number).starts_with("0049"))
}

fn group(line: usize, number: u32, customer: usize) -> usize {
    (line * 2 + usize::from(is_limited(number))) * CUSTOMERS.len() + customer
}
