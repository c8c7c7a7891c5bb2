//! The one thread that writes. All requests waiting when it looks join one transaction, each in a savepoint of its own, so
//! one may fail without the others; all are answered when the commit is on disk. So sixty-four clients cost a few flushes, not
//! sixty-four.
//!
//! A transaction takes at most [`BATCH_MAX`] requests. The queue is bounded: callers wait for room, or are refused
//! ([`StoreError::Busy`]) where they can come back later.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::{Stage, StoreError};

/// Requests in one transaction at most.
const BATCH_MAX: usize = 512;
/// Requests waiting at most.
const QUEUE_MAX: usize = 4096;

/// What a request works with.
pub(super) struct Tx<'a> {
    pub(super) connection: &'a Connection,
    wake: &'a Cell<Wakes>,
}

impl Tx<'_> {
    /// Once this transaction is on disk, wakes what waits for that stage.
    pub(super) fn wake(&self, stage: Stage) {
        let mut wakes = self.wake.get();
        wakes.0[stage as usize] = true;
        self.wake.set(wakes);
    }
}

#[derive(Clone, Copy, Default)]
struct Wakes([bool; Stage::COUNT]);

/// Counters that wake those who wait for work; they only grow.
#[derive(Clone, Debug)]
pub(super) struct Bells(Arc<[watch::Sender<u64>; Stage::COUNT]>);

impl Bells {
    fn new() -> Bells {
        Bells(Arc::new(std::array::from_fn(|_| watch::Sender::new(0))))
    }

    pub(super) fn listen(&self, stage: Stage) -> watch::Receiver<u64> {
        self.0[stage as usize].subscribe()
    }

    fn ring(&self, wakes: Wakes) {
        for (bell, due) in self.0.iter().zip(wakes.0) {
            if due {
                bell.send_modify(|count| *count = count.wrapping_add(1));
            }
        }
    }
}

trait Request: Send {
    /// Does the work; false: roll it back.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// `committed` says whether what succeeded is on disk now.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
    /// The request's own failure, if it has one.
    fn fail(&mut self, error: StoreError);
}

struct Typed<T, F> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Request for Typed<T, F>
where
    T: Send,
    F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        // A fault in one request must not end the store; its savepoint is rolled back.
        let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(StoreError::internal("a store function panicked")));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error));
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (self.result, committed) {
            (Some(Ok(_)), Err(error)) | (None, Err(error)) => Err(error),
            (Some(result), _) => result,
            (None, Ok(())) => Err(StoreError::internal("a request was not run")),
        };
        // Who asked may be gone; the work stands all the same.
        let _ = self.reply.send(result);
    }
}

/// The way to the writing thread. The thread ends with the last handle, after everything queued has been done.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Request>>,
    bells: Bells,
    commits: Arc<AtomicU64>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Writer, StoreError> {
        let (queue, requests) = mpsc::channel(QUEUE_MAX);
        let writer = Writer { queue, bells: Bells::new(), commits: Arc::default() };
        let (bells, commits) = (writer.bells.clone(), Arc::clone(&writer.commits));
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write(&connection, requests, &bells, &commits))
            .map_err(StoreError::internal)?;
        Ok(writer)
    }

    pub(super) fn bells(&self) -> &Bells {
        &self.bells
    }

    /// Commits so far.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Does it, and answers when it is on disk. Waits for room in the queue.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let room = self.queue.reserve().await.map_err(|_| ended())?;
        let (reply, answer) = oneshot::channel();
        room.send(Box::new(Typed { work: Some(work), result: None, reply }));
        answer.await.map_err(|_| ended())?
    }

    /// Like [`Writer::run`], but refuses at once when the queue is full.
    pub(super) async fn try_run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let room = self.queue.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(()) => ended(),
        })?;
        let (reply, answer) = oneshot::channel();
        room.send(Box::new(Typed { work: Some(work), result: None, reply }));
        answer.await.map_err(|_| ended())?
    }
}

fn ended() -> StoreError {
    StoreError::internal("the writing thread has ended")
}

fn write(connection: &Connection, mut requests: mpsc::Receiver<Box<dyn Request>>, bells: &Bells, commits: &AtomicU64) {
    while let Some(first) = requests.blocking_recv() {
        let mut batch = vec![first];
        let wakes = Cell::new(Wakes::default());
        let changes = connection.total_changes();
        let committed = transact(connection, &mut batch, &mut requests, &wakes);
        if committed.is_ok() {
            // Looking for work and finding none costs no flush.
            commits.fetch_add(u64::from(connection.total_changes() != changes), Ordering::Relaxed);
            bells.ring(wakes.get());
        }
        for request in batch {
            request.answer(committed.clone());
        }
    }
}

/// One transaction: the batch, and whatever else arrives while it is worked on.
fn transact(
    connection: &Connection,
    batch: &mut Vec<Box<dyn Request>>,
    requests: &mut mpsc::Receiver<Box<dyn Request>>,
    wakes: &Cell<Wakes>,
) -> Result<(), StoreError> {
    execute(connection, "BEGIN IMMEDIATE")?;
    let mut next = 0;
    while let Some(request) = batch.get_mut(next) {
        if let Err(error) = step(connection, request.as_mut(), wakes) {
            // A full disk takes the whole transaction with it, not just the savepoint.
            if !connection.is_autocommit() {
                execute(connection, "ROLLBACK")?;
            }
            return Err(error);
        }
        next += 1;
        if next == batch.len() && batch.len() < BATCH_MAX {
            batch.extend(requests.try_recv().ok());
        }
    }
    execute(connection, "COMMIT").inspect_err(|_| {
        if !connection.is_autocommit() {
            let _ = execute(connection, "ROLLBACK");
        }
    })
}

/// One request in its savepoint. An error here is the transaction's, not the request's.
fn step(connection: &Connection, request: &mut dyn Request, wakes: &Cell<Wakes>) -> Result<(), StoreError> {
    execute(connection, "SAVEPOINT request")?;
    let own = Cell::new(Wakes::default());
    let keep = request.run(&Tx { connection, wake: &own });
    if connection.is_autocommit() {
        // The failure ended the transaction: what earlier requests did is undone as well.
        request.fail(StoreError::Full);
        return Err(StoreError::Full);
    }
    if keep {
        let Wakes(mut all) = wakes.get();
        for (all, own) in all.iter_mut().zip(own.get().0) {
            *all |= own;
        }
        wakes.set(Wakes(all));
    } else {
        execute(connection, "ROLLBACK TO request")?;
    }
    execute(connection, "RELEASE request")
}

fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(connection: Connection) -> Writer {
        connection.execute_batch("CREATE TABLE numbers (n INTEGER NOT NULL)").unwrap();
        Writer::start(connection).unwrap()
    }

    fn insert(tx: &Tx<'_>, n: i64) -> Result<(), StoreError> {
        tx.connection.prepare_cached("INSERT INTO numbers VALUES (?1)")?.execute([n])?;
        Ok(())
    }

    fn sum(tx: &Tx<'_>) -> Result<i64, StoreError> {
        Ok(tx.connection.query_row("SELECT coalesce(sum(n), 0) FROM numbers", [], |row| row.get(0))?)
    }

    #[tokio::test]
    async fn a_request_that_fails_is_undone_and_takes_no_other_with_it() {
        let writer = writer(Connection::open_in_memory().unwrap());
        let good = writer.run(|tx| insert(tx, 1));
        let bad = writer.run(|tx| {
            insert(tx, 10)?;
            Err::<(), _>(StoreError::Stale)
        });
        let panics = writer.run(|tx| {
            insert(tx, 100)?;
            if sum(tx)? > 0 {
                panic!("on purpose");
            }
            Ok(())
        });
        let late = writer.run(|tx| insert(tx, 1000));
        let (good, bad, panics, late) = tokio::join!(good, bad, panics, late);
        good.unwrap();
        late.unwrap();
        assert!(matches!(bad, Err(StoreError::Stale)));
        assert!(matches!(panics, Err(StoreError::Internal(_))));
        assert_eq!(writer.run(sum).await.unwrap(), 1001);
    }

    #[tokio::test]
    async fn a_full_disk_fails_everyone_in_the_transaction_and_nothing_later() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("small.db")).unwrap();
        connection.pragma_update(None, "max_page_count", 10).unwrap();
        let writer = writer(connection);
        // The writer is held up until all are queued, so that they share its next transaction.
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let held = writer.run(move |_| gate.recv().map_err(StoreError::internal));
        let before = writer.run(|tx| insert(tx, 1));
        let big = writer.run(|tx| {
            tx.connection.execute("CREATE TABLE big AS SELECT randomblob(200000) AS bytes", [])?;
            Ok(())
        });
        let release = async { go.send(()).unwrap() };
        let (held, before, big, ()) = tokio::join!(held, before, big, release);
        assert!(matches!(held, Err(StoreError::Full) | Ok(())), "{held:?}");
        assert!(matches!(big, Err(StoreError::Full)), "{big:?}");
        let kept = i64::from(before.is_ok());
        assert_eq!(writer.run(sum).await.unwrap(), kept);
        writer.run(|tx| insert(tx, 5)).await.unwrap();
        assert_eq!(writer.run(sum).await.unwrap(), kept + 5);
    }

    #[tokio::test]
    async fn those_who_wait_are_woken_by_the_commit_and_only_for_their_stage() {
        let writer = writer(Connection::open_in_memory().unwrap());
        let mut send = writer.bells().listen(Stage::Send);
        let mut prepare = writer.bells().listen(Stage::Prepare);
        let undone = writer.run(|tx| {
            tx.wake(Stage::Prepare);
            Err::<(), _>(StoreError::Stale)
        });
        undone.await.unwrap_err();
        let kept = writer.run(|tx| {
            tx.wake(Stage::Send);
            Ok(())
        });
        kept.await.unwrap();
        assert!(send.has_changed().unwrap());
        assert!(!prepare.has_changed().unwrap());
        send.mark_unchanged();
        prepare.mark_unchanged();
        assert!(!send.has_changed().unwrap());
    }
}
