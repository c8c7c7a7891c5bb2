//! Rows: everything the service remembers. The only place that speaks SQL.
//!
//! [`Store`] is a handle, cheap to clone. Its methods are named for what the service does; no statement and no transaction
//! leaves this folder. What a method wrote is on disk when it returns (WAL, `synchronous=FULL`, group commit: see
//! `writer.rs`). It reads no clock: every time is handed in.
//!
//! Stages meet here. A stage claims work (a lease with an expiry and a number), does it, and settles it; a settlement under a
//! lease that was given back meanwhile is refused as [`StoreError::Stale`]. `sweep.rs` gives back claims whose lease ran
//! out. [`Store::bell`] wakes a stage when there may be work, [`Store::next_due`] says when it should look without being
//! woken.
//!
//! Bytes up to [`ROW_BYTES_MAX`] stand in their row, larger ones in [`crate::blobs`].
//!
//! Left out: PostgreSQL (the suite in `tests/it/store` is written for any store).

mod accept;
mod accounts;
mod barred;
mod claims;
mod control;
mod destinations;
mod export;
mod finished;
mod lanes;
mod lists;
mod notices;
mod prepare;
mod progress;
mod readers;
mod recent;
mod report;
mod rows;
mod schema;
mod seal;
mod send;
mod sent;
mod stationery;
mod sweep;
mod versions;
mod view;
mod writer;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::job::Paper;
use ferrofax_fax::page::StoredPage;
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::watch;

use self::recent::Recent;
use crate::blobs::Blobs;

pub use self::accounts::{Account, AccountPush, BlankPages, Customer, Language, Login, NewLogin, PushLayout};
pub use self::claims::{Composition, DeliveryClaim};
pub use self::control::{Control, Controlled, Which};
pub use self::destinations::{DestinationView, OwnCalls};
pub use self::export::{Finished, FinishedRecord, Mark};
pub use self::finished::{FinishedDelivery, FinishedDocument, FinishedJob};
pub use self::lists::{EntryView, Import, ListView};
pub use self::notices::{AfterTry, NoticeClaim, NoticeView, Tried, TryView};
pub use self::prepare::{DocumentInfo, PreparationClaim, Prepared};
pub use self::progress::{Progress, RecipientProgress};
pub use self::report::{RawReport, Reader};
pub use self::send::AttemptResult;
pub use self::sent::{SentCall, SentFax};
pub use self::stationery::{NewOverlay, OverlayView, Stationery, TemplateView};
pub use self::sweep::{PREPARATIONS_MAX, Swept};
pub use self::versions::VersionView;
pub use self::view::{AttemptView, Counts, DeliveryView, DocumentView, JobView};

/// Bytes of a document or page that still stand in their row.
pub const ROW_BYTES_MAX: usize = 256 * 1024;

/// How long a writer of another process (the command line) may hold the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Statements kept prepared per connection.
const STATEMENTS: usize = 128;

/// What can go wrong in a store, sorted by what the caller can do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The lease was given back meanwhile: drop the work, somebody else has it.
    #[error("the claim is no longer ours")]
    Stale,
    /// No room on the disk, or it can't be written: try again later.
    #[error("the disk is full or can't be written")]
    Full,
    /// Too many requests wait: try again later.
    #[error("the store is busy")]
    Busy,
    /// A login names a customer that does not exist.
    #[error("there is no such customer")]
    UnknownCustomer,
    /// A job names a cover page's template that is not installed.
    #[error("there is no such template")]
    UnknownTemplate,
    /// A job names an overlay that is not installed.
    #[error("there is no such overlay")]
    UnknownOverlay,
    /// The login has used this idempotency key for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The customer has as many of these as it may have, or as much.
    #[error("there are too many of them, or they are too large")]
    TooMany,
    /// A fault of this system.
    #[error("the store failed")]
    Internal(#[source] Arc<dyn Error + Send + Sync>),
}

impl StoreError {
    fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Internal(Arc::from(cause.into()))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure) => StoreError::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
            _ => StoreError::internal(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> StoreError {
        StoreError::internal(error)
    }
}

/// Files: no room and no permission are for the operator, the rest is ours.
impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> StoreError {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => StoreError::Full,
            _ => StoreError::internal(error),
        }
    }
}

/// Where the way of a fax waits for the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Accepted jobs, to be prepared.
    Prepare,
    /// Prepared deliveries, to be sent.
    Send,
    /// Finished jobs, to be reported.
    Report,
}

impl Stage {
    const COUNT: usize = 3;
}

/// A handle to everything the service remembers.
#[derive(Clone, Debug)]
pub struct Store {
    writer: writer::Writer,
    readers: readers::Readers,
    sealer: Arc<seal::Sealer>,
    blobs: Blobs,
    folder: Arc<Path>,
    recent_templates: Recent<Stationery, Arc<BTreeMap<String, String>>>,
    recent_overlays: Recent<(Stationery, String, Paper), Arc<[StoredPage]>>,
}

impl Store {
    /// Opens the store in this folder, and makes what is missing. The key for foreign secrets is `secret.key` in the folder.
    /// Blocks; meant for the start.
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        Store::open_with_key(folder, &folder.join("secret.key"))
    }

    /// Like [`Store::open`], with the key for foreign secrets elsewhere.
    pub fn open_with_key(folder: &Path, key: &Path) -> Result<Store, StoreError> {
        fs::create_dir_all(folder)?;
        let path = folder.join("ferrofax.db");
        let mut connection = connect(&path)?;
        schema::migrate(&mut connection)?;
        let sealer = sealer(&connection, key)?;
        let blobs = Blobs::open(&folder.join("blobs"))?;
        File::open(folder)?.sync_all()?;
        let readers = readers::Readers::open(&path)?;
        let writer = writer::Writer::start(connection)?;
        Ok(Store {
            writer,
            readers,
            sealer: Arc::new(sealer),
            blobs,
            folder: Arc::from(folder),
            recent_templates: Recent::default(),
            recent_overlays: Recent::default(),
        })
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Changes whenever there may be new work for that stage. Ask for it before looking for work, and nothing is missed.
    pub fn bell(&self, stage: Stage) -> watch::Receiver<u64> {
        self.writer.bells().listen(stage)
    }

    /// This node's id: the one made at the first start, `candidate` at that very start.
    pub async fn node_id(&self, candidate: &str) -> Result<String, StoreError> {
        let candidate = candidate.to_owned();
        self.writer
            .run(move |tx| {
                tx.connection.execute("INSERT OR IGNORE INTO facts VALUES ('node', ?1)", [candidate])?;
                Ok(tx.connection.query_row("SELECT value FROM facts WHERE name = 'node'", [], |row| row.get(0))?)
            })
            .await
    }

    /// Proves that something can be written and flushed. For readiness; costs a commit.
    pub async fn prove_writable(&self, now: Timestamp) -> Result<(), StoreError> {
        self.writer
            .try_run(move |tx| {
                tx.connection.execute("INSERT OR REPLACE INTO facts VALUES ('proved', ?1)", [now.to_string()])?;
                Ok(())
            })
            .await
    }

    /// Commits since this handle's store was opened; for metrics.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }
}

/// The right to serve a data folder; one process at a time has it. Given back when dropped, or when the process ends,
/// however it ends. Who holds it knows that claims under its own node's name are those of a predecessor.
#[derive(Debug)]
pub struct ServeLock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

impl ServeLock {
    /// `None`: another process serves this folder.
    pub fn take(folder: &Path) -> Result<Option<ServeLock>, StoreError> {
        fs::create_dir_all(folder)?;
        let file = File::options().create(true).truncate(false).write(true).open(folder.join("serve.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(ServeLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A page holds more of a job's bytes; the log is cut back after a burst.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    Ok(connection)
}

/// The key must be the one that sealed what the database holds: a lost key file is said at the start, not when the first
/// secret is wanted.
fn sealer(connection: &Connection, key: &Path) -> Result<seal::Sealer, StoreError> {
    let sealed: bool =
        connection.query_row("SELECT EXISTS (SELECT 1 FROM facts WHERE name = 'key')", [], |row| row.get(0))?;
    if sealed && !key.try_exists()? {
        return Err(StoreError::internal(format!("the key file {} is missing", key.display())));
    }
    let sealer = seal::Sealer::open(key)?;
    // Two processes may start on a new folder together: both have the same key by now, and one of them writes this.
    connection.execute("INSERT OR IGNORE INTO facts VALUES ('key', ?1)", [sealer.fingerprint()])?;
    let known: String = connection.query_row("SELECT value FROM facts WHERE name = 'key'", [], |row| row.get(0))?;
    if known == sealer.fingerprint() {
        Ok(sealer)
    } else {
        Err(StoreError::internal(format!("{} is not the key this database was made with", key.display())))
    }
}

#[cfg(test)]
mod tests {
    use ferrofax_api::job::{Charset, Content, Document, DocumentKind, FaxJob, Recipient};
    use jiff::SignedDuration;

    use super::*;
    use crate::jobs::{DeliveryId, JobId, NewDelivery, NewJob};

    fn job(id: &str, bytes: usize) -> NewJob {
        let now = Timestamp::UNIX_EPOCH;
        let data = vec![b'x'; bytes];
        NewJob {
            id: JobId(id.to_owned()),
            customer: "1".to_owned(),
            login: "alpha".to_owned(),
            accepted_at: now,
            valid_from: now,
            valid_until: now + SignedDuration::from_hours(1),
            order: FaxJob {
                reference: Default::default(),
                recipients: vec![Recipient { number: "+49".into(), alternative_numbers: vec![], properties: vec![] }],
                documents: vec![Document {
                    name: "a.txt".into(),
                    kind: DocumentKind::Txt,
                    charset: Charset::Utf8,
                    content: Content::Data(data),
                }],
                transport: Default::default(),
                rendering: Default::default(),
                report: Default::default(),
                customer_reference: None,
                valid: Default::default(),
            },
            once: None,
            centre: None,
            deliveries: vec![NewDelivery {
                id: DeliveryId(format!("FN{id}")),
                dial: "0049".into(),
                alternatives: Vec::new(),
                warnings: Vec::new(),
            }],
        }
    }

    #[tokio::test]
    async fn a_full_disk_refuses_jobs_and_loses_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let customer = Customer { number: "1".into(), account: Account::default() };
        store.put_customer(customer, Timestamp::UNIX_EPOCH).await.unwrap();
        store.accept_job(job("FJ1", 10)).await.unwrap();
        let limit = |pages: u32| {
            store.writer.run(move |tx| {
                // As large as it is, if smaller is asked for.
                tx.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
                Ok(())
            })
        };
        limit(1).await.unwrap();
        let small = store.accept_job(job("FJ2", 100_000));
        let large = store.accept_job(job("FJ3", 10 * ROW_BYTES_MAX));
        let (small, large) = tokio::join!(small, large);
        assert!(matches!(small, Err(StoreError::Full)), "{small:?}");
        // The large document's file has room, its row perhaps as well; what was not accepted leaves no file.
        assert_eq!(folder.path().join("blobs/FJ3").exists(), large.is_ok());
        assert!(store.report(&"alpha".into(), &JobId("FJ1".into())).await.unwrap().is_some(), "reading goes on");
        assert!(store.report(&"alpha".into(), &JobId("FJ2".into())).await.unwrap().is_none());
        limit(1 << 20).await.unwrap();
        store.accept_job(job("FJ2", 100_000)).await.unwrap();
    }
}
