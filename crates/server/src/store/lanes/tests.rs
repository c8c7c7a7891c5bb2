//! Whatever happens, and in whatever order: lanes count what stands in them, and nobody who is due is forgotten.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::job::{Charset, Content, Document, DocumentKind, FaxJob, Recipient, TransportOptions};
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::{Resolution, StoredPage};
use jiff::Timestamp;
use proptest::prelude::*;

use super::STANDING_MAX;
use crate::jobs::{Again, ApiStatus, DeliveryId, JobId, NewDelivery, NewJob, Next, Policy, Retry, Routes};
use crate::store::{Account, AttemptResult, Control, Customer, DeliveryClaim, Store, StoreError, Which};

const LINES: [&str; 2] = ["north", "south"];
const LEASE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
enum Step {
    Submit {
        login: usize,
        express: bool,
        numbers: Vec<u8>,
        valid_seconds: i64,
    },
    Claim {
        line: usize,
    },
    /// One of the running calls ends.
    Settle {
        call: usize,
        next: After,
    },
    Control {
        job: usize,
        recipient: Option<u32>,
        control: Control,
    },
    /// Time goes by, and the sweeper comes.
    Pass {
        seconds: i64,
    },
    /// Everything that runs is cut off, and numbers lead elsewhere than before.
    Restart {
        swapped: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum After {
    Final,
    Again { seconds: i64, other_line: bool },
    OtherNumber,
}

fn step() -> impl Strategy<Value = Step> {
    let numbers = prop::collection::vec(0..12_u8, 1..6);
    let submit = (0..6_usize, prop::bool::weighted(0.2), numbers, 5..200_i64);
    let submit = submit.prop_map(|(login, express, numbers, valid_seconds)| Step::Submit {
        login,
        express,
        numbers,
        valid_seconds,
    });
    let again = (0..20_i64, any::<bool>()).prop_map(|(seconds, other_line)| After::Again { seconds, other_line });
    let after = prop_oneof![Just(After::Final), again, Just(After::OtherNumber)];
    let control = prop_oneof![Just(Control::Cancel), Just(Control::Hold), Just(Control::Release)];
    let which = (0..20_usize, prop::option::of(0..6_u32), control);
    prop_oneof![
        6 => submit,
        8 => (0..2_usize).prop_map(|line| Step::Claim { line }),
        6 => (0..8_usize, after).prop_map(|(call, next)| Step::Settle { call, next }),
        4 => which.prop_map(|(job, recipient, control)| Step::Control { job, recipient, control }),
        3 => (0..30_i64).prop_map(|seconds| Step::Pass { seconds }),
        1 => any::<bool>().prop_map(|swapped| Step::Restart { swapped }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lanes_count_what_stands_in_them(steps in prop::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut house = House::new().await;
            for step in steps {
                house.take(&step).await;
                house.check(&step).await;
            }
        });
    }
}

struct House {
    _folder: tempfile::TempDir,
    store: Store,
    policy: Arc<Policy>,
    calls: Vec<DeliveryClaim>,
    jobs: usize,
    seconds: i64,
}

impl House {
    async fn new() -> House {
        // In memory where that is a folder: nothing here is a matter of the disk.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.unwrap();
        let store = Store::open(folder.path()).unwrap();
        for (number, channels) in [("0", None), ("1", Some(2)), ("2", None)] {
            let customer = Customer { number: number.into(), account: Account { channels, ..Account::default() } };
            store.put_customer(customer, Timestamp::UNIX_EPOCH).await.unwrap();
        }
        House { _folder: folder, store, policy: policy(false), calls: Vec::new(), jobs: 0, seconds: 0 }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds).unwrap()
    }

    async fn take(&mut self, step: &Step) {
        let now = self.now();
        match step {
            Step::Submit { login, express, numbers, valid_seconds } => {
                let valid_until = now + Duration::from_secs(valid_seconds.unsigned_abs());
                let new = job(self.jobs, *login, *express, numbers, now, valid_until);
                self.jobs += 1;
                self.store.accept_job(new).await.unwrap();
                let claim = self.store.claim_preparation("node", now, LEASE).await.unwrap().unwrap();
                let page =
                    StoredPage { width: 8, rows: 1, resolution: Resolution::Fine, code: vec![0], index: vec![0] };
                self.store.settle_prepared(claim, vec![page], &self.policy.routes, now).await.unwrap();
            }
            Step::Claim { line } => {
                let claim = self.store.claim_delivery("node", now, LEASE, LINES[*line], &self.policy).await.unwrap();
                self.calls.extend(claim);
            }
            Step::Settle { call, next } if !self.calls.is_empty() => {
                let claim = self.calls.remove(call % self.calls.len());
                self.settle(claim, *next).await;
            }
            Step::Settle { .. } => {}
            Step::Control { job, recipient, control } => {
                let which = Which { job: JobId(format!("FJ{job:03}")), recipient: *recipient, login: None };
                self.store.control(&which, *control, now).await.unwrap();
            }
            Step::Pass { seconds } => {
                self.seconds += seconds;
                self.store.expire_overdue(self.now()).await.unwrap();
                self.store.reclaim_expired(self.now(), &self.policy).await.unwrap();
            }
            Step::Restart { swapped } => {
                self.calls.clear();
                self.policy = policy(*swapped);
                self.store.reclaim_from("node", now, &self.policy).await.unwrap();
                self.store.reroute(&self.policy.routes).await.unwrap();
            }
        }
    }

    async fn settle(&self, claim: DeliveryClaim, next: After) {
        let now = self.now();
        let numbers = self.store.history(&claim).await.unwrap().numbers;
        let next = match next {
            After::Final => Next::Final { status: ApiStatus::Busy, reason: "busy".into() },
            After::Again { seconds, other_line } => {
                let not_before = now + Duration::from_secs(seconds.unsigned_abs());
                Next::Again(Again { other_line, ..Again::at(not_before) })
            }
            After::OtherNumber => Next::Again(Again { number: (numbers > 1).then_some(1), ..Again::at(now) }),
        };
        let result = AttemptResult {
            outcome: Outcome::Busy,
            answered_at: None,
            ended_at: now,
            sip_status: None,
            q850: None,
            bit_rate: None,
            ecm: None,
            t38_refused: false,
            remote_id: None,
            ladder: Ladder::default(),
        };
        match self.store.settle_attempt(claim, result, next, &self.policy).await {
            Ok(()) | Err(StoreError::Stale) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    /// No row is wrong.
    async fn check(&self, after: &Step) {
        let wrong = self.store.writer.run(|tx| {
            let mut wrong = Vec::new();
            for (what, sql) in WRONG {
                let mut statement = tx.connection.prepare_cached(sql)?;
                if statement.parameter_count() > 0 {
                    statement.raw_bind_parameter(1, STANDING_MAX as i64)?;
                }
                if statement.raw_query().next()?.is_some() {
                    wrong.push(what);
                }
            }
            Ok(wrong)
        });
        let wrong = wrong.await.unwrap();
        assert!(wrong.is_empty(), "after {after:?}: {wrong:?}");
    }
}

/// Each finds rows that must not be.
const WRONG: [(&str, &str); 9] = [
    (
        "a lane does not count what stands in it",
        "SELECT 1 FROM lanes l WHERE ready <> (SELECT count(*) FROM deliveries d
             WHERE d.ready = 1 AND d.line = l.line AND d.destination = l.destination AND d.priority = l.priority
                 AND l.customer IN ('', d.customer) AND l.login IN ('', d.login) AND l.job IN ('', d.job))",
    ),
    ("an empty lane", "SELECT 1 FROM lanes WHERE ready <= 0 AND login <> '' OR ready < 0"),
    (
        "a delivery without its four lanes",
        "SELECT 1 FROM deliveries d WHERE ready = 1 AND 4 <> (SELECT count(*) FROM lanes l
             WHERE d.line = l.line AND d.destination = l.destination AND d.priority = l.priority
                 AND l.customer IN ('', d.customer) AND l.login IN ('', d.login) AND l.job IN ('', d.job))",
    ),
    (
        "ready, and not waiting",
        "SELECT 1 FROM deliveries WHERE ready <> 0 AND (state <> 'waiting' OR held = 1 OR line IS NULL)",
    ),
    (
        "two in a call to one number",
        "SELECT 1 FROM deliveries WHERE state = 'sending' GROUP BY number_key HAVING count(*) > 1",
    ),
    (
        "in a lane, and its number in a call",
        "SELECT 1 FROM deliveries d JOIN deliveries o USING (number_key) WHERE d.ready = 1 AND o.state = 'sending'",
    ),
    (
        "two of one customer in lanes",
        "SELECT 1 FROM deliveries WHERE ready = 1 GROUP BY number_key HAVING count(*) > count(DISTINCT customer)",
    ),
    (
        "more than may stand for one number",
        "SELECT 1 FROM deliveries WHERE ready = 1 GROUP BY number_key HAVING count(*) > :most",
    ),
    (
        "behind nobody",
        "SELECT 1 FROM deliveries d WHERE ready = 2
             AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.number_key = d.number_key AND o.state = 'sending')
             AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.number_key = d.number_key AND o.ready = 1
                 AND o.customer = d.customer AND o.priority >= d.priority)
             AND :most > (SELECT count(*) FROM deliveries o WHERE o.number_key = d.number_key AND o.ready = 1
                 AND o.priority >= d.priority)",
    ),
];

fn policy(swapped: bool) -> Arc<Policy> {
    let [first, second] = if swapped { [1, 0] } else { [0, 1] };
    let leads = |prefix: &str, line: usize| (prefix.to_owned(), LINES[line].to_owned());
    let routes = Routes::new([leads("0049", first), leads("", second), leads("", first)]);
    let limit = if swapped { "0033" } else { "00491" };
    Arc::new(Policy::new(routes.limited([(limit.to_owned(), 2)]), Retry::default()))
}

fn dial(number: u8) -> String {
    format!("{}{number}", if number.is_multiple_of(3) { "0033" } else { "0049" })
}

/// Every recipient has the next number as well.
fn job(n: usize, login: usize, express: bool, numbers: &[u8], now: Timestamp, valid_until: Timestamp) -> NewJob {
    let recipient = |number: &u8| Recipient { number: dial(*number), alternative_numbers: vec![], properties: vec![] };
    let delivery = |(position, number): (usize, &u8)| NewDelivery {
        id: DeliveryId(format!("FN{n:03}x{position}")),
        dial: dial(*number),
        alternatives: vec![dial(number + 1)],
        warnings: Vec::new(),
    };
    NewJob {
        id: JobId(format!("FJ{n:03}")),
        customer: format!("{}", login % 3),
        login: format!("login{login}"),
        accepted_at: now,
        valid_from: now,
        valid_until,
        order: FaxJob {
            reference: Default::default(),
            recipients: numbers.iter().map(recipient).collect(),
            documents: vec![Document {
                name: "a.txt".into(),
                kind: DocumentKind::Txt,
                charset: Charset::Utf8,
                content: Content::Data(vec![b'x']),
            }],
            transport: TransportOptions { express, ..TransportOptions::default() },
            rendering: Default::default(),
            report: Default::default(),
            customer_reference: None,
            valid: Default::default(),
        },
        once: None,
        centre: None,
        deliveries: numbers.iter().enumerate().map(delivery).collect(),
    }
}
