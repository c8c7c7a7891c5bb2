//! The contract of a store: one suite for every kind. A kind is a function that opens the store in a folder.

mod accepting;
mod accounts;

use std::path::Path;
use std::time::Duration;

use ferrofax_api::job::{
    Charset, Document, DocumentKind, FaxJob, Recipient, Reference, RenderingOptions, ReportOptions, TransportOptions,
    Window,
};
use ferrofax_server::jobs::{DeliveryId, JobId, NewDelivery, NewJob};
use ferrofax_server::store::{Account, Customer, NewLogin, Store};
use jiff::Timestamp;
use tempfile::TempDir;

/// Runs every function of the suite over one kind of store. A function not named here is dead code, and refused.
macro_rules! contract {
    ($kind:ident, $open:expr, $($file:ident: $($test:ident),+;)+) => {
        mod $kind {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$file::$test(super::House::new($open).await).await;
                }
            )+)+
        }
    };
}

contract! {
    sqlite, |folder| ferrofax_server::store::Store::open(folder).unwrap(),
    accepting:
        an_accepted_job_is_there_after_a_restart,
        a_job_is_seen_by_its_own_login_alone,
        a_pending_report_has_the_shape_all_clients_parse,
        sixty_four_clients_share_commits,
        a_job_id_is_taken_once,
        an_accepted_job_wakes_the_preparing_stage,
        a_large_document_lies_in_a_file_and_a_small_one_in_its_row;
    accounts:
        a_customer_comes_back_as_stored,
        a_login_knows_its_customer,
        secrets_are_not_readable_in_the_files,
        a_lost_or_foreign_key_is_said_at_the_start,
        one_process_serves_a_folder;
}

/// A folder with a store in it, one customer and two logins.
struct House {
    folder: TempDir,
    open: fn(&Path) -> Store,
    store: Store,
}

const NOW: &str = "2026-03-01T12:00:00Z";
const LEASE: Duration = Duration::from_secs(60);

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// That many seconds after [`now`].
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

impl House {
    async fn new(open: fn(&Path) -> Store) -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let house = House { folder, open, store };
        let customer = Customer { number: "99999TE".to_owned(), account: Account::default() };
        house.store.put_customer(customer, now()).await.unwrap();
        for name in ["alpha", "beta"] {
            house.store.put_login(login(name, "99999TE"), now()).await.unwrap();
        }
        house
    }

    /// As after a restart.
    fn reopen(&mut self) {
        self.store = (self.open)(self.folder.path());
    }

    /// The same database through another process's eyes.
    fn another(&self) -> Store {
        (self.open)(self.folder.path())
    }
}

fn login(name: &str, customer: &str) -> NewLogin {
    // The store does not look into the hash.
    NewLogin {
        name: name.to_owned(),
        customer: customer.to_owned(),
        password_hash: "$argon2id$".into(),
        allowed: vec![],
    }
}

/// A job of login `alpha` with one text document, to these numbers, valid for a day.
fn job(id: &str, numbers: &[&str]) -> NewJob {
    let recipient =
        |number: &&str| Recipient { number: (*number).to_owned(), alternative_numbers: vec![], properties: vec![] };
    let delivery = |(n, number): (usize, &&str)| NewDelivery {
        id: DeliveryId(format!("FN{id}x{n}")),
        dial: format!("00{}", number.trim_start_matches('+')),
    };
    NewJob {
        id: JobId(id.to_owned()),
        customer: "99999TE".to_owned(),
        login: "alpha".to_owned(),
        accepted_at: now(),
        valid_from: now(),
        valid_until: at(86_400),
        order: FaxJob {
            reference: Reference::default(),
            recipients: numbers.iter().map(recipient).collect(),
            documents: vec![document("letter.txt", b"Good morning".to_vec())],
            transport: TransportOptions::default(),
            rendering: RenderingOptions::default(),
            report: ReportOptions::default(),
            customer_reference: None,
            valid: Window::default(),
        },
        deliveries: numbers.iter().enumerate().map(delivery).collect(),
    }
}

fn document(name: &str, data: Vec<u8>) -> Document {
    Document { name: name.to_owned(), kind: DocumentKind::Txt, charset: Charset::Utf8, data }
}
