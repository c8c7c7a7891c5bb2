//! The contract of a store: one suite for every kind. A kind is a function that opens the store in a folder.

mod accepting;
mod accounts;
mod destinations;
mod fetching;
mod lists;
mod mailing;
mod notices;
mod preparing;
mod pushes;
mod reports;
mod sending;
mod stationery;
mod sweeping;
mod taking_turns;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::job::{
    Charset, Content, Document, DocumentKind, FaxJob, Recipient, Reference, RenderingOptions, ReportOptions,
    TransportOptions, Window,
};
use ferrofax_api::report::FaxReport;
use ferrofax_fax::ladder::{Entry, Ladder, Who};
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::{Resolution, StoredPage};
use ferrofax_fax::time::Time;
use ferrofax_server::jobs::{DeliveryId, JobId, NewDelivery, NewJob, Next, Policy, Retry, Routes, decide};
use ferrofax_server::store::{Account, AttemptResult, Customer, DeliveryClaim, JobView, NewLogin, Store};
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
        one_process_serves_a_folder,
        a_new_folder_may_be_opened_by_many_at_once,
        a_node_keeps_its_id,
        configured_customers_come_into_the_store;
    destinations:
        a_number_that_had_trouble_is_called_more_slowly,
        a_pinned_number_is_called_so_whatever_is_learnt,
        a_dead_number_is_parked_until_it_is_released,
        test_mode_teaches_nothing_and_parks_nothing,
        a_customer_is_shown_only_what_it_called_itself;
    fetching:
        a_job_is_prepared_when_its_documents_are_fetched,
        what_was_fetched_is_not_fetched_again,
        who_lost_the_lease_can_not_keep_what_he_fetched;
    lists:
        a_listed_number_is_never_called,
        a_list_holds_for_what_waits_already,
        another_number_is_called_instead_of_a_listed_one,
        a_list_is_replaced_added_to_and_paged,
        half_an_import_is_never_in_force,
        there_is_an_end_to_a_customers_list;
    mailing:
        a_mail_outlives_a_day_without_its_server,
        the_pages_of_a_fax_are_told_call_by_call;
    notices:
        who_asked_is_told_of_the_end_of_a_job,
        a_job_is_kept_until_everybody_is_told;
    preparing:
        a_preparation_claim_holds_all_that_is_needed,
        express_jobs_are_prepared_first_then_the_oldest,
        a_job_is_claimed_for_preparation_once,
        pages_come_back_as_they_were_made,
        an_unpreparable_job_ends_every_delivery,
        who_lost_the_lease_can_not_settle_a_preparation,
        an_extended_preparation_is_not_taken_away,
        a_job_that_cuts_off_its_preparation_is_given_up,
        a_number_without_a_line_fails_at_once;
    pushes:
        a_push_survives_a_day_without_its_target,
        a_push_is_given_up_after_two_days_and_made_again_when_that_is_wanted,
        a_push_that_was_cut_off_is_made_again;
    reports:
        finished_reports_are_listed_in_the_order_of_their_ends,
        a_deleted_report_is_gone_and_its_job_goes_on,
        the_oldest_reports_are_deleted_first,
        reports_are_seen_in_their_own_data_centre,
        a_foreign_job_takes_no_other_time_than_none;
    sending:
        a_sent_fax_has_a_final_report,
        a_job_is_pending_until_its_last_delivery_is_final,
        one_call_per_number_at_a_time,
        two_processes_never_claim_the_same_call,
        express_goes_first_then_the_longest_due,
        nothing_is_called_outside_its_window,
        a_delivery_takes_its_own_line,
        a_call_goes_on_at_the_first_unconfirmed_page,
        pages_are_recorded_in_order,
        who_lost_the_lease_can_not_write,
        ok_without_every_confirmation_is_refused,
        a_call_that_failed_is_told_as_it_was,
        the_ladder_is_kept_page_by_page,
        a_job_to_a_thousand_numbers_finishes;
    stationery:
        a_template_is_installed_replaced_and_removed,
        a_customers_own_default_cover_goes_before_the_built_in_one,
        stationery_belongs_to_its_customer,
        an_overlay_has_a_page_for_each_sheet,
        a_job_that_names_what_is_not_installed_is_refused,
        a_job_keeps_the_stationery_it_was_accepted_with,
        versions_are_told_and_read_also_of_what_was_removed,
        old_versions_are_swept_but_the_last_and_those_of_jobs,
        there_is_an_end_to_templates,
        a_fax_grows_by_its_recipients_own_cover_page,
        a_call_cut_off_after_the_cover_page_goes_on_with_the_documents,
        a_cover_page_alone_is_a_fax,
        a_fax_that_can_not_be_composed_was_never_called;
    sweeping:
        a_crash_in_mid_call_costs_no_confirmed_page,
        the_last_page_in_doubt_twice_is_not_sent_a_third_time,
        a_crash_after_the_last_confirmation_is_a_sent_fax,
        a_lease_that_ran_out_is_given_back_and_an_extended_one_is_not,
        a_claim_can_be_taken_from_a_dead_owner_at_once,
        a_job_never_called_expires_as_cancelled,
        a_job_expires_with_the_status_of_its_last_call,
        a_job_that_expires_while_it_is_prepared_stays_expired,
        a_finished_job_is_kept_as_long_as_its_customer_wants,
        files_without_a_job_are_swept;
    taking_turns:
        a_single_fax_waits_for_one_call_of_a_broadcast,
        single_faxes_without_end_do_not_stop_a_broadcast,
        single_faxes_to_a_limited_destination_do_not_stop_a_broadcast,
        a_single_fax_does_not_wait_for_a_broadcast_to_its_number,
        who_waited_behind_an_expired_fax_is_rung_for,
        a_customer_without_a_channel_keeps_no_other_from_a_number,
        many_customers_come_to_one_number_in_turn,
        many_faxes_to_one_number_keep_no_other_customer_from_it,
        customers_and_logins_share_alike,
        an_express_fax_overtakes_those_to_its_number,
        two_hundred_jobs_to_one_number_are_never_two_calls,
        a_customer_and_a_destination_have_no_more_calls_than_allowed,
        other_numbers_are_called_until_one_succeeds,
        test_mode_takes_hold_even_of_what_waits,
        a_cancelled_job_ends_at_any_stage,
        a_held_job_waits_until_it_is_released,
        a_foreign_job_can_not_be_controlled,
        the_same_request_makes_one_job,
        a_cover_page_may_be_sent_once_more,
        nobody_is_called_in_quiet_hours,
        faxes_of_a_customer_to_one_number_share_a_call,
        a_clock_that_is_set_takes_no_call_and_no_pause_along;
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

    /// Accepts the job and prepares it with that many pages.
    async fn prepared(&self, new: NewJob, pages: u32) {
        self.store.accept_job(new).await.unwrap();
        self.prepare(pages).await;
    }

    /// Prepares the job that comes next with that many pages.
    async fn prepare(&self, pages: u32) {
        let claim = self.store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
        self.store.settle_prepared(claim, (0..pages).map(page).collect::<Vec<_>>(), &anywhere(), now()).await.unwrap();
    }

    /// Claims the next call, which must be there.
    async fn call(&self, at: Timestamp) -> DeliveryClaim {
        self.may_call(at).await.expect("a call is due")
    }

    async fn may_call(&self, at: Timestamp) -> Option<DeliveryClaim> {
        self.store.claim_delivery("node", at, LEASE, "world", &once()).await.unwrap()
    }

    /// The far end takes this page.
    async fn confirm(&self, claim: &DeliveryClaim, page: u32) {
        self.store.record_page_ending(claim, page).await.unwrap();
        self.store.record_page_confirmed(claim, page, &ladder(page)).await.unwrap();
    }

    /// The call ends so, answered at its start and 19 s long; the rules decide.
    async fn end(&self, claim: DeliveryClaim, outcome: Outcome, started: Timestamp) {
        let ended_at = started + Duration::from_secs(19);
        let history = self.store.history(&claim).await.unwrap();
        let result = result(outcome, started, ended_at);
        let next = decide(&result.end(), &history, &once(), ended_at);
        self.store.settle_attempt(claim, result, next, &once()).await.unwrap();
    }

    /// A whole call in which everything is confirmed.
    async fn send(&self, claim: DeliveryClaim, started: Timestamp) {
        for page in claim.first_page..claim.pages {
            self.confirm(&claim, page).await;
        }
        self.end(claim, Outcome::Sent, started).await;
    }

    async fn report(&self, job: &str) -> FaxReport {
        self.store.report(&"alpha".into(), &JobId(job.to_owned())).await.unwrap().unwrap().read().unwrap()
    }

    async fn view(&self, job: &str) -> JobView {
        self.store.job_view(&JobId(job.to_owned())).await.unwrap().unwrap()
    }

    /// The only recipient's status and reason.
    async fn status(&self, job: &str) -> (String, String) {
        let status = self.report(job).await.recipient_status.remove(0);
        (status.status, status.reason)
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
        alternatives: Vec::new(),
        warnings: Vec::new(),
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
        once: None,
        centre: None,
        deliveries: numbers.iter().enumerate().map(delivery).collect(),
    }
}

fn document(name: &str, data: Vec<u8>) -> Document {
    Document { name: name.to_owned(), kind: DocumentKind::Txt, charset: Charset::Utf8, content: Content::Data(data) }
}

/// Something of a page; page `n` differs from every other.
fn page(n: u32) -> StoredPage {
    StoredPage {
        width: 1728,
        rows: 70 + n,
        resolution: Resolution::Fine,
        code: n.to_be_bytes().repeat(40),
        index: vec![0, 1 << 40 | u64::from(n)],
    }
}

fn anywhere() -> Routes {
    Routes::new([(String::new(), "world".to_owned())])
}

/// One call each, to anywhere.
fn once() -> Arc<Policy> {
    let retry = Retry { attempts_max: 1, jitter_percent: 0, ..Retry::default() };
    Arc::new(Policy::new(anywhere(), retry))
}

fn ladder(entries: u32) -> Ladder {
    let mut ladder = Ladder::default();
    for n in 0..entries {
        let at = Time::from_millis(u64::from(n) * 1000);
        ladder.push(Entry { at, who: Who::Caller, what: "DCS".into(), detail: format!("{n}") });
    }
    ladder
}

fn result(outcome: Outcome, answered_at: Timestamp, ended_at: Timestamp) -> AttemptResult {
    AttemptResult {
        outcome,
        answered_at: Some(answered_at),
        ended_at,
        sip_status: Some(200),
        q850: None,
        bit_rate: Some(14_400),
        ecm: Some(true),
        t38_refused: false,
        remote_id: Some("+49/89/1234567-8900".into()),
        ladder: ladder(3),
    }
}

fn failed(reason: (ferrofax_server::jobs::ApiStatus, &str)) -> Next {
    Next::Final { status: reason.0, reason: reason.1.to_owned() }
}
