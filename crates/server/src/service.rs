//! The service, put together: the store, the door, the stages, the sweeper. Started once, stopped properly.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::Accept;
use crate::accept::allow::NotASubnet;
use crate::accept::id::{Ids, NotANodeId};
use crate::compose::Composer;
use crate::config::{self, Config, ImportError, LineKind};
use crate::fetch::{self, Exempt, Fetcher, Hosts, NoClient, NotAHost};
use crate::http::{self, Centres, Door, Listener, TlsError};
use crate::jobs::Policy;
use crate::line::loopback::Loopback;
use crate::line::{Line, LineError, Secret, Speed, T38Settings, Trunk};
use crate::prepare::convert::{self, Converters};
use crate::prepare::fetching::{Fetch, Retries};
use crate::prepare::resources::{RESOURCE_BYTES_MAX, RESOURCE_TIME_MAX, Resources};
use crate::prepare::worker::{self, Pool};
use crate::prepare::{Prepare, Renderer};
use crate::receive::{PassOn, Received};
use crate::report::Telling;
use crate::report::mail::ocr::{self, Ocr};
use crate::report::mail::{Mail, Post, PostError};
use crate::report::push::Push;
use crate::send::{Send, Stop, Way, WayKind};
use crate::store::{ServeLock, Store, StoreError, Swept};
use crate::studio::Studio;
use ferrofax_fax::t38::ErrorCorrection;

/// How often leases and validity are looked at.
const SWEEP: Duration = Duration::from_secs(2);
/// How often finished jobs and files without a job are looked for.
const PURGE: Duration = Duration::from_secs(600);
/// Jobs that documents are fetched for at the same time.
const FETCHES: usize = 8;
/// Pushes made at the same time.
const PUSHES: usize = 32;
/// For a cover page, or the header lines of a call.
const COMPOSE_TIME_MAX: Duration = Duration::from_secs(30);
/// Cover pages and calls' header lines made by one child. They are small, and of templates that were checked; a fresh child is slow.
const COMPOSITIONS_PER_CHILD: u32 = 5000;
/// How long what cover pages refer to is used before it is fetched anew.
const KEEP_RESOURCES: Duration = Duration::from_secs(600);
/// A difference between the clocks that is more than a slow machine or a time server's nudge.
const CLOCK_SET: SignedDuration = SignedDuration::from_secs(5);
/// For the page that goes out while the service stops.
const PAGE_MAX: Duration = Duration::from_secs(60);
/// Younger files may belong to jobs that are being accepted.
const BLOBS_SETTLED: SignedDuration = SignedDuration::from_hours(1);

/// Why a service can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("another process serves this data folder")]
    Served,
    #[error("the store can't be opened")]
    Store(#[from] StoreError),
    #[error("the configured customers can't be brought into the store")]
    Customers(#[from] ImportError),
    #[error("can't listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        cause: std::io::Error,
    },
    #[error("TLS")]
    Tls(#[from] TlsError),
    #[error("the rendering children can't be started")]
    Render(#[source] std::io::Error),
    #[error("the folder of converters can't be made")]
    Convert(#[source] std::io::Error),
    #[error("fetch.allow")]
    FetchAllow(#[from] NotASubnet),
    #[error("fetch.resource_hosts")]
    ResourceHosts(#[from] NotAHost),
    #[error("fetching documents")]
    Fetch(#[from] NoClient),
    #[error("line {name} can't be opened")]
    Line {
        name: String,
        #[source]
        cause: LineError,
    },
    #[error("the password of line {name} can't be read")]
    Password {
        name: String,
        #[source]
        cause: std::io::Error,
    },
    #[error("the folder of text recognition can't be made")]
    Ocr(#[source] std::io::Error),
    #[error("mail")]
    Mail(#[from] PostError),
    #[error("node_id")]
    Node(#[from] NotANodeId),
}

/// What the configuration does not say.
#[derive(Debug)]
pub struct Surroundings {
    /// The command line of a rendering child.
    pub renderer: Vec<OsString>,
    /// The command line of the process that keeps a foreign program, up to its folder; see
    /// [`convert::Settings::keeper`](crate::prepare::convert::Settings::keeper).
    pub keeper: Vec<OsString>,
    /// Where the loopback line's far machines put what they receive; `None` throws it away.
    pub tray: Option<mpsc::Sender<Received>>,
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    store: Store,
    prepare: Arc<Prepare>,
    door: Arc<Door>,
    address: SocketAddr,
    tls: bool,
    stop_listening: CancellationToken,
    stop_working: CancellationToken,
    stop_sending: Stop,
    listening: TaskTracker,
    working: TaskTracker,
    sending: TaskTracker,
    _lock: ServeLock,
}

impl Service {
    /// Opens the store and everything around it. Work left by the last run goes on from here.
    pub async fn start(config: &Config, surroundings: Surroundings) -> Result<Service, StartError> {
        let lock = ServeLock::take(&config.data_dir)?.ok_or(StartError::Served)?;
        let store = Store::open_with_key(&config.data_dir, &config.key_file())?;
        let now = Timestamp::now();
        let owner = match &config.node_id {
            Some(node) => node.clone(),
            None => store.node_id(&Ids::random_node()).await?,
        };
        let policy = Arc::new(config.policy());
        // We hold the lock, so every claim in our name is a dead one.
        let swept = store.reclaim_from(&owner, now, &policy).await?;
        if swept != Swept::default() {
            tracing::warn!(
                preparations = swept.preparations,
                calls = swept.deliveries,
                notices = swept.notices,
                "the last run was cut off; its work goes on"
            );
        }
        config::import(config, &store, now).await?;
        store.reroute(&policy.routes).await?;

        let children = config.render.children.max(1);
        let renderer = Arc::new(renderer(config, &surroundings)?);
        let kinds = renderer.converters.kinds();
        tracing::info!(office = kinds.office, ps = kinds.ps, pcl = kinds.pcl, "looked for converters of documents");
        let composer = Arc::new(composer(config, &surroundings)?);
        let fetcher = fetcher(config)?;
        let studio = Studio {
            store: store.clone(),
            renderer: renderer.clone(),
            composer: composer.clone(),
            fetcher: fetcher.clone(),
        };
        let prepare =
            Arc::new(Prepare { store: store.clone(), renderer, policy: policy.clone(), owner: owner.clone() });
        let fetch = Arc::new(Fetch {
            store: store.clone(),
            fetcher,
            retries: Retries { tries_max: config.fetch.tries, pause: Duration::from_secs(config.fetch.pause_seconds) },
            owner: owner.clone(),
        });

        let push = Push::new(Exempt::parse(&config.fetch.allow)?)?;
        let pushing = Arc::new(Telling { store: store.clone(), tell: push, owner: owner.clone(), at_once: PUSHES });

        let mut ways = Vec::new();
        for line in config.lines.iter().chain(&config.own_test_line()) {
            ways.push(Arc::new(open(line, surroundings.tray.clone()).await?));
        }

        let tls = match (&config.http.tls_certificate, &config.http.tls_key) {
            (Some(certificate), Some(key)) => Some(http::server_config(certificate, key)?),
            _ => None,
        };
        let listen = |cause| StartError::Listen { address: config.http.listen, cause };
        let tcp = TcpListener::bind(config.http.listen).await.map_err(listen)?;
        let address = tcp.local_addr().map_err(listen)?;
        let settings = http::Settings {
            body_bytes_max: config.http.body_bytes_max,
            bodies_bytes_max: config.http.bodies_bytes_max,
            connections_max: config.http.connections_max,
            requests_per_second: config.http.requests_per_second,
            requests_burst: config.http.requests_burst,
            centres: Centres::new(config.http.data_centres.clone()),
            ..http::Settings::default()
        };
        let accept = Accept::new(Ids::new(&owner)?, kinds);
        let door = Door::new(Arc::new(store.clone()), accept, settings, Arc::new(Timestamp::now))
            .with_studio(studio)
            .with_retry(config.retry.clone());

        let service = Service {
            store,
            prepare: prepare.clone(),
            door: Arc::new(door),
            address,
            tls: tls.is_some(),
            stop_listening: CancellationToken::new(),
            stop_working: CancellationToken::new(),
            stop_sending: Stop::default(),
            listening: TaskTracker::new(),
            working: TaskTracker::new(),
            sending: TaskTracker::new(),
            _lock: lock,
        };
        for _ in 0..children {
            let (prepare, stop) = (prepare.clone(), service.stop_working.clone());
            service.working.spawn(async move { prepare.run(stop).await });
        }
        for _ in 0..FETCHES {
            let (fetch, stop) = (fetch.clone(), service.stop_working.clone());
            service.working.spawn(async move { fetch.run(stop).await });
        }
        let stop = service.stop_working.clone();
        service.working.spawn(pushing.run(stop));
        for way in ways {
            let stop = service.stop_sending.clone();
            let composer = composer.clone();
            let (store, owner, policy) = (service.store.clone(), owner.clone(), policy.clone());
            let send = Send { store, composer, owner, policy, stop };
            service.sending.spawn(async move { send.run(way).await });
        }
        let mails = Telling {
            store: service.store.clone(),
            tell: mail(config, &surroundings, &service, composer)?,
            owner: owner.clone(),
            at_once: usize::try_from(config.mail.connections).unwrap_or(1).max(1),
        };
        let stop = service.stop_working.clone();
        service.working.spawn(Arc::new(mails).run(stop));
        let (store, stop) = (service.store.clone(), service.stop_working.clone());
        service.working.spawn(sweep(store, policy.clone(), owner.clone(), stop));
        let listener = Listener { tcp, tls };
        service.listening.spawn(http::serve(service.door.clone(), listener, service.stop_listening.clone()));
        Ok(service)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://host:port` or `https://host:port`.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.address)
    }

    /// Documents rendered since the start, whatever came of them.
    pub fn documents_rendered(&self) -> u64 {
        self.prepare.renderer.pool.jobs_done()
    }

    /// What it remembers.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Stops: no new jobs, no new calls; running calls may finish within `grace`, then they are ended behind the page they are at
    /// (one that takes too long is cut off), and the rest is sent by the next run.
    pub async fn stop(self, grace: Duration) {
        self.door.drain();
        self.stop_sending.claiming.cancel();
        self.stop_working.cancel();
        for tasks in [&self.listening, &self.working, &self.sending] {
            tasks.close();
        }
        for (span, then) in [(grace, &self.stop_sending.pages), (PAGE_MAX, &self.stop_sending.calls)] {
            if tokio::time::timeout(span, self.sending.wait()).await.is_err() {
                then.cancel();
            }
        }
        self.sending.wait().await;
        self.working.wait().await;
        self.stop_listening.cancel();
        self.listening.wait().await;
    }
}

/// What fetches documents by URL.
pub fn fetcher(config: &Config) -> Result<Fetcher, StartError> {
    Ok(Fetcher::new(fetch::Settings {
        exempt: Exempt::parse(&config.fetch.allow)?,
        only: None,
        bytes_max: config.fetch.bytes_max,
        time_max: Duration::from_secs(config.fetch.seconds_max),
    })?)
}

/// What HTML refers to, used for so long once it was fetched.
fn resources(config: &Config, keep: Duration) -> Result<Resources, StartError> {
    let hosts = Hosts::parse(&config.fetch.resource_hosts)?;
    if hosts.is_empty() {
        return Ok(Resources::default());
    }
    let fetcher = Fetcher::new(fetch::Settings {
        exempt: Exempt::parse(&config.fetch.allow)?,
        only: Some(hosts),
        bytes_max: config.fetch.bytes_max.min(RESOURCE_BYTES_MAX),
        time_max: Duration::from_secs(config.fetch.seconds_max).min(RESOURCE_TIME_MAX),
    })?;
    Ok(Resources::new(fetcher, keep))
}

/// What makes pages of documents, with its children.
pub fn renderer(config: &Config, surroundings: &Surroundings) -> Result<Renderer, StartError> {
    let mut pool = children(config, surroundings);
    pool.children = config.render.children;
    pool.time_limit = Duration::from_secs(config.render.document_seconds_max);
    // Every document has its own; one that is sent again may have changed.
    pool.resources = resources(config, Duration::ZERO)?;
    let mut converting = convert::Settings::new(surroundings.keeper.clone(), config.data_dir.join("convert"));
    converting.office = config.convert.office();
    converting.ps.clone_from(&config.convert.ps);
    converting.pcl.clone_from(&config.convert.pcl);
    Ok(Renderer {
        pool: Pool::start(pool).map_err(StartError::Render)?,
        converters: Converters::detect(converting).map_err(StartError::Convert)?,
        pages_max: config.render.pages_max,
        document_time_max: Duration::from_secs(config.render.document_seconds_max),
    })
}

fn children(config: &Config, surroundings: &Surroundings) -> worker::Settings {
    let fonts = config.render.fonts.iter().flat_map(|folder| ["--fonts".into(), folder.into()]);
    worker::Settings::new(surroundings.renderer.iter().cloned().chain(fonts).collect())
}

/// What puts faxes together, with its children.
pub fn composer(config: &Config, surroundings: &Surroundings) -> Result<Composer, StartError> {
    let mut pool = children(config, surroundings);
    pool.children = config.render.composers;
    pool.time_limit = COMPOSE_TIME_MAX;
    pool.jobs_per_child = COMPOSITIONS_PER_CHILD;
    pool.resources = resources(config, KEEP_RESOURCES)?;
    Ok(Composer::new(Pool::start(pool).map_err(StartError::Render)?))
}

/// What sends report mails.
fn mail(
    config: &Config,
    surroundings: &Surroundings,
    service: &Service,
    composer: Arc<Composer>,
) -> Result<Mail, StartError> {
    let post = Post::new(&config.mail)?;
    let ocr = Ocr::detect(ocr::Settings {
        keeper: surroundings.keeper.clone(),
        folder: config.data_dir.join("ocr"),
        program: config.ocr.program.clone(),
        languages: config.ocr.languages.clone(),
        page_time_max: Duration::from_secs(config.ocr.page_seconds_max),
        pages_max: usize::try_from(config.ocr.pages_max).unwrap_or(usize::MAX),
    });
    let ocr = ocr.map_err(StartError::Ocr)?;
    let (store, stop) = (service.store.clone(), service.stop_working.clone());
    Ok(Mail { store, composer, post, attachment_bytes_max: config.mail.attachment_bytes_max, ocr, stop })
}

async fn open(line: &config::Line, tray: Option<mpsc::Sender<Received>>) -> Result<Way, StartError> {
    let failed = |cause| StartError::Line { name: line.name.clone(), cause };
    let kind = match &line.kind {
        LineKind::Loopback { speed } => {
            // A closed channel throws away what it is given.
            let tray = tray.unwrap_or_else(|| mpsc::channel(1).0);
            let loopback = Loopback::start(Speed::new(*speed), move || PassOn::to(tray.clone())).await;
            WayKind::Loopback(loopback.map_err(failed)?)
        }
        LineKind::Sip(sip) => {
            let trunk = trunk(sip).map_err(|cause| StartError::Password { name: line.name.clone(), cause })?;
            WayKind::Trunk(Line::open(trunk).await.map_err(failed)?)
        }
    };
    let channels = usize::try_from(line.channels).unwrap_or(1).max(1);
    Ok(Way { name: line.name.clone(), channels, kind })
}

/// A trunk from its section of the configuration.
pub fn trunk(sip: &config::Sip) -> std::io::Result<Trunk> {
    let secret = sip.secret()?;
    let credentials = sip.user.clone().map(|user| {
        let secret = secret.map(|secret| secret.reveal().to_owned()).unwrap_or_default();
        (user, Secret(secret))
    });
    Ok(Trunk {
        target: sip.target.clone(),
        credentials,
        from: sip.from.clone(),
        assert_identity: sip.assert_identity,
        number_form: sip.number_form.into(),
        transport: sip.transport.into(),
        bind: sip.bind,
        public: sip.public,
        media_ports: sip.media_ports,
        t38: T38Settings {
            enabled: sip.t38.enabled,
            bit_rate_max: sip.t38.bit_rate_max,
            error_correction: error_correction(&sip.t38),
        },
        ring_max: Duration::from_secs(sip.ring_seconds_max),
        call_max: Duration::from_secs(sip.call_seconds_max),
        speed: Speed::new(sip.speed),
        t1: None,
    })
}

fn error_correction(t38: &config::T38) -> ErrorCorrection {
    match t38.error_correction {
        config::ErrorCorrection::Redundancy => ErrorCorrection::Redundancy { control: t38.repeat, image: t38.repeat },
        config::ErrorCorrection::Fec => ErrorCorrection::Fec { span: t38.repeat, entries: t38.repeat },
        config::ErrorCorrection::None => ErrorCorrection::None,
    }
}

impl From<config::NumberForm> for crate::line::NumberForm {
    fn from(form: config::NumberForm) -> crate::line::NumberForm {
        match form {
            config::NumberForm::AsGiven => crate::line::NumberForm::AsGiven,
            config::NumberForm::Plus => crate::line::NumberForm::Plus,
            config::NumberForm::Bare => crate::line::NumberForm::Bare,
        }
    }
}

impl From<config::Transport> for crate::line::Transport {
    fn from(transport: config::Transport) -> crate::line::Transport {
        match transport {
            config::Transport::Udp => crate::line::Transport::Udp,
            config::Transport::Tcp => crate::line::Transport::Tcp,
        }
    }
}

/// Finds out that somebody set the system's clock, or that the machine slept.
struct Clock {
    wall: Timestamp,
    steady: Instant,
}

impl Clock {
    /// By how much, since it was last asked.
    fn was_set(&mut self, wall: Timestamp, steady: Instant) -> Option<SignedDuration> {
        let passed = SignedDuration::try_from(steady.duration_since(self.steady)).unwrap_or(SignedDuration::MAX);
        let by = wall.duration_since(self.wall).saturating_sub(passed);
        *self = Clock { wall, steady };
        (by.abs() >= CLOCK_SET).then_some(by)
    }
}

/// Gives back dead claims, ends what is overdue, forgets what is old.
async fn sweep(store: Store, policy: Arc<Policy>, owner: String, stop: CancellationToken) {
    let mut purge_at = Timestamp::now();
    let mut clock = Clock { wall: purge_at, steady: Instant::now() };
    loop {
        let now = Timestamp::now();
        if let Some(by) = clock.was_set(now, Instant::now()) {
            tracing::warn!(seconds = by.as_secs(), "the system's clock was set");
            if let Err(error) = store.clock_was_set(&owner, by).await {
                tracing::error!(error = &error as &dyn std::error::Error, "what is timed can't follow the clock");
            }
            purge_at = purge_at.min(now + PURGE);
        }
        let swept = store.reclaim_expired(now, &policy).await.map(drop);
        let expired = store.expire_overdue(now).await.map(drop);
        let purged = if now >= purge_at {
            purge_at = now + PURGE;
            let purged = store.purge_finished(now).await.map(drop);
            let purged = purged.and(store.sweep_blobs(now - BLOBS_SETTLED).await.map(drop));
            let purged = purged.and(store.sweep_stationery().await.map(drop));
            let purged = purged.and(store.sweep_lists(now).await.map(drop));
            purged.and(store.sweep_destinations(now).await.map(drop))
        } else {
            Ok(())
        };
        for error in [swept, expired, purged].into_iter().filter_map(Result::err) {
            tracing::error!(error = &error as &dyn std::error::Error, "sweeping the store failed");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = stop.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_noticed_both_ways() {
        let (wall, steady) = (Timestamp::UNIX_EPOCH, Instant::now());
        let mut clock = Clock { wall, steady };
        let second = |n: i64| wall + SignedDuration::from_secs(n);
        let later = |n: u64| steady + Duration::from_secs(n);
        assert_eq!(clock.was_set(second(2), later(2)), None);
        assert_eq!(clock.was_set(second(8), later(4)), None, "a nudge");
        assert_eq!(clock.was_set(second(3610), later(6)), Some(SignedDuration::from_secs(3600)));
        assert_eq!(clock.was_set(second(3612), later(8)), None);
        assert_eq!(clock.was_set(second(14), later(10)), Some(SignedDuration::from_secs(-3600)));
    }
}
