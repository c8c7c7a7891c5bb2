//! The pool of render children.
//!
//! Rendering reads the documents of strangers with much code of others, so it runs in children of this process that have limits
//! of their own (address space, CPU time, no files, no network; see `render-worker` of the command line tool). A child does one
//! job at a time and stays for the next: starting costs more than a page. The pool holds the clock, and believes nothing a child
//! says: messages are bounded, page code is decoded once before it is kept.
//!
//! A child is let go, and a fresh one started, after [`Settings::jobs_per_child`] jobs, when it has grown beyond
//! [`Settings::rss_max`], or when a job went wrong in any way that is not an answer: crash, hang, nonsense. Only that job fails.
//! When the future of a job is dropped, its child is killed.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ferrofax_api::warning::Warning;
use ferrofax_fax::page::StoredPage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tracing::{debug, warn};

use super::protocol::{self, Fetched, Reply};
pub use super::protocol::{Job, Refusal};
use super::resources::{Asking, Resources};

/// How long a child that has closed its pipes may take to be gone.
const EXIT_WAIT: Duration = Duration::from_secs(1);

/// The C library's allocator hands large blocks back to the system at once, and every page of a document would have them zeroed
/// and mapped anew. 64 MB are kept instead.
const KEEPING_MEMORY: [(&str, &str); 2] =
    [("MALLOC_TRIM_THRESHOLD_", "67108864"), ("MALLOC_MMAP_THRESHOLD_", "33554432")];

/// How the pool works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The command line of a child: a program by its full path, and its arguments.
    pub command: Vec<OsString>,
    /// Children, and so documents rendered at the same time; with none, one is started when there is a document.
    pub children: usize,
    /// For one document, without the time it waits for what it refers to.
    pub time_limit: Duration,
    /// Then a fresh child takes over.
    pub jobs_per_child: u32,
    /// Resident bytes beyond which a fresh child takes over.
    pub rss_max: u64,
    /// Where what documents refer to comes from.
    pub resources: Resources,
}

impl Settings {
    /// The usual limits, for children started by `command`.
    pub fn new(command: Vec<OsString>) -> Settings {
        Settings {
            command,
            children: 2,
            time_limit: Duration::from_secs(120),
            jobs_per_child: 200,
            rss_max: 256 << 20,
            resources: Resources::default(),
        }
    }
}

/// A document as pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// In order; at least one.
    pub pages: Vec<StoredPage>,
    /// What the sender may want to know.
    pub warnings: Vec<Warning>,
}

/// Why a document is not rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The document's fault, and its sender can do something about it.
    #[error("{0}")]
    Refused(Refusal),
    /// It took too long.
    #[error("rendering took more than {limit:?}")]
    TimedOut { limit: Duration },
    /// It broke the child, or went beyond its limits.
    #[error("the document broke its renderer ({how})")]
    Crashed { how: String },
    /// No child could be started: not the document's fault, try again.
    #[error("no renderer could be started")]
    Ours(#[source] io::Error),
}

/// The children. Dropping it kills them.
#[derive(Debug)]
pub struct Pool {
    settings: Settings,
    /// One permit per child.
    turns: Semaphore,
    idle: Mutex<Vec<Worker>>,
    /// Jobs done, whatever came of them.
    jobs: AtomicU64,
}

impl Pool {
    /// Starts the children. Must be called within a tokio runtime.
    pub fn start(settings: Settings) -> io::Result<Pool> {
        let workers = (0..settings.children).map(|_| Worker::start(&settings)).collect::<io::Result<Vec<_>>>()?;
        let turns = Semaphore::new(settings.children.max(1));
        Ok(Pool { settings, turns, idle: Mutex::new(workers), jobs: AtomicU64::new(0) })
    }

    /// Renders a document, as soon as a child is free.
    pub async fn render(&self, job: &Job, document: &[u8]) -> Result<Rendered, RenderError> {
        if document.len() > protocol::DOCUMENT_BYTES_MAX as usize {
            return Err(RenderError::Refused(Refusal::TooBig { what: "the document".into() }));
        }
        let _turn = self.turns.acquire().await.map_err(|closed| RenderError::Ours(io::Error::other(closed)))?;
        let mut worker = self.take().map_err(RenderError::Ours)?;
        let limit = self.settings.time_limit;
        let asking = self.settings.resources.asking();
        let longest = limit + asking.time_max();
        let (result, keep) = match tokio::time::timeout(longest, worker.exchange(job, document, asking)).await {
            Ok(Ok(answer)) => (answer.map_err(RenderError::Refused), true),
            Ok(Err(error)) => (Err(RenderError::Crashed { how: worker.post_mortem(&error).await }), false),
            Err(_) => (Err(RenderError::TimedOut { limit }), false),
        };
        worker.jobs += 1;
        self.jobs.fetch_add(1, Ordering::Relaxed);
        if keep && worker.jobs < self.settings.jobs_per_child && worker.rss() <= self.settings.rss_max {
            self.give_back(worker);
        } else {
            debug!(pid = worker.pid, jobs = worker.jobs, "let a render child go");
            // Killed as it is dropped.
            drop(worker);
            match Worker::start(&self.settings) {
                Ok(fresh) => self.give_back(fresh),
                Err(error) => warn!(%error, "could not start a render child, will try again with the next document"),
            }
        }
        result
    }

    /// How many jobs its children have done, whatever came of them; for metrics.
    pub fn jobs_done(&self) -> u64 {
        self.jobs.load(Ordering::Relaxed)
    }

    /// The processes that wait for a document. A child at work is not among them.
    pub fn idle_pids(&self) -> Vec<u32> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|worker| worker.pid).collect()
    }

    /// A living idle child, else a fresh one.
    fn take(&self) -> io::Result<Worker> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut worker) = idle else { return Worker::start(&self.settings) };
            if worker.is_alive() {
                return Ok(worker);
            }
        }
    }

    fn give_back(&self, worker: Worker) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }
}

/// A child.
#[derive(Debug)]
struct Worker {
    child: Child,
    pid: u32,
    input: ChildStdin,
    output: ChildStdout,
    jobs: u32,
}

impl Worker {
    fn start(settings: &Settings) -> io::Result<Worker> {
        let (program, arguments) =
            settings.command.split_first().ok_or_else(|| io::Error::other("no command for render children"))?;
        let mut child = Command::new(program)
            .args(arguments)
            // Secrets live in environments.
            .env_clear()
            .envs(KEEPING_MEMORY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // What the terminal sends to the service (Ctrl-C) is not for the child: the service ends in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = child.stdout.take().ok_or_else(gone)?;
        let mut errors = child.stderr.take().ok_or_else(gone)?;
        let pid = child.id().ok_or_else(gone)?;
        // What a child complains of may quote the document: it is read, so that the child does not block, and counted.
        tokio::spawn(async move {
            let mut swallowed = 0;
            let mut buffer = [0; 1024];
            while let Ok(more @ 1..) = errors.read(&mut buffer).await {
                swallowed += more;
            }
            if swallowed > 0 {
                debug!(pid, bytes = swallowed, "a render child wrote to stderr");
            }
        });
        Ok(Worker { child, pid, input, output, jobs: 0 })
    }

    fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// One job: an answer about the document, or an error that means that this child is done for.
    async fn exchange(
        &mut self,
        job: &Job,
        document: &[u8],
        mut asking: Asking,
    ) -> io::Result<Result<Rendered, Refusal>> {
        self.input.write_all(&protocol::prefix(job, document)?).await?;
        self.input.write_all(document).await?;
        self.input.flush().await?;
        let nonsense = |what: &'static str| io::Error::new(io::ErrorKind::InvalidData, what);
        let mut pages = Vec::new();
        let mut pages_bytes = 0;
        loop {
            let mut start = [0; 8];
            self.output.read_exact(&mut start).await?;
            let (header_length, body_length) = protocol::lengths(start, protocol::PAGE_BYTES_MAX)?;
            let mut header = vec![0; header_length];
            self.output.read_exact(&mut header).await?;
            let mut body = vec![0; body_length];
            self.output.read_exact(&mut body).await?;
            match serde_json::from_slice(&header)? {
                Reply::Page { width, resolution } => {
                    pages_bytes += body.len();
                    if pages.len() >= job.pages_max as usize || pages_bytes > protocol::PAGES_BYTES_MAX {
                        return Err(nonsense("more pages than allowed"));
                    }
                    // A few milliseconds of decoding, off the threads that drive the calls' sockets.
                    let checked =
                        tokio::task::spawn_blocking(move || StoredPage::from_code(width, resolution, body)).await;
                    pages.push(checked.map_err(io::Error::other)?.map_err(io::Error::other)?);
                }
                Reply::Done { pages: counted, warnings } => {
                    if pages.is_empty() || u32::try_from(pages.len()) != Ok(counted) {
                        return Err(nonsense("not as many pages as counted"));
                    }
                    return Ok(Ok(Rendered { pages, warnings: asking.warnings(warnings) }));
                }
                Reply::Wanted => {
                    let found = asking.get(serde_json::from_slice(&body)?).await;
                    self.answer(&found.ok_or_else(|| nonsense("more asked for than allowed"))?).await?;
                }
                Reply::Failed(refusal) => return Ok(Err(bounded(refusal))),
            }
        }
    }

    async fn answer(&mut self, found: &[Option<Arc<Vec<u8>>>]) -> io::Result<()> {
        for found in found {
            let body = found.as_ref().map_or(&[][..], |bytes| bytes);
            self.input.write_all(&protocol::prefix(&Fetched { found: found.is_some() }, body)?).await?;
            self.input.write_all(body).await?;
        }
        self.input.flush().await
    }

    /// How a child that stopped answering ended.
    async fn post_mortem(&mut self, error: &io::Error) -> String {
        match tokio::time::timeout(EXIT_WAIT, self.child.wait()).await {
            Ok(Ok(status)) => ending(status),
            _ => format!("protocol: {}", error.kind()),
        }
    }

    /// Resident bytes; 0 where the system does not tell.
    fn rss(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let kilobytes =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
        kilobytes.unwrap_or(0u64).saturating_mul(1024)
    }
}

fn ending(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "unknown end".into(),
    }
}

/// A refusal comes from the child: its words are cut short, in case they are not ours.
fn bounded(refusal: Refusal) -> Refusal {
    let short = |what: String| what.chars().filter(|char| !char.is_control()).take(80).collect();
    match refusal {
        Refusal::Damaged { page, what } => Refusal::Damaged { page, what: short(what) },
        Refusal::Unsupported { what } => Refusal::Unsupported { what: short(what) },
        Refusal::TooBig { what } => Refusal::TooBig { what: short(what) },
        Refusal::Template { message } => Refusal::Template { message: short(message) },
        other => other,
    }
}
