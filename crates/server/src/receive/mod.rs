//! The answering side: takes calls on a SIP address and receives faxes.
//!
//! One task per call, a limit on calls at a time, media sockets per call. What is done with a call is decided by the number that
//! was called ([`Reply`]); each answered call gets a [`Tray`], which stores its pages one by one, before each is confirmed to the
//! sender, and then takes the record of the call. `ferrofax receive` and the built-in far machines ([`crate::line::loopback`])
//! are both made of this.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ferrofax_fax::call::Call;
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::page::StoredPage;
use ferrofax_fax::t30::{self, Event, Role};
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::line::session::{Ended, Session};
use crate::line::{
    CallRecord, Description, GiveUp, Kind, LineError, Local, Media, Observer, Ringing, Speed, Stack, StackSettings,
    Story, T38Settings, Transport, Weather,
};

/// Calls that may wait for their task to take them.
const WAITING_MAX: usize = 64;
/// A call nobody answers is given up after this; RFC 3261 13.3.1.1 lets a call ring for 3 minutes.
const RING_MAX: Duration = Duration::from_secs(180);

/// How calls are taken.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our SIP address; port 0 takes any.
    pub bind: SocketAddr,
    /// The address others see, behind NAT.
    pub public: Option<IpAddr>,
    /// What SIP travels over.
    pub transport: Transport,
    /// If given, packets from anywhere else are dropped unread.
    pub peers: Option<Vec<IpAddr>>,
    /// First and last port of media; any if not given.
    pub media_ports: Option<(u16, u16)>,
    /// Calls at a time; the next caller hears busy.
    pub calls_max: usize,
    /// How long it rings before the call is answered.
    pub ring: Duration,
    /// Longest call.
    pub call_max: Duration,
    /// 1 in the real world.
    pub speed: Speed,
}

impl Settings {
    /// Everything usual, at this address.
    pub fn at(bind: SocketAddr) -> Settings {
        Settings {
            bind,
            public: None,
            transport: Transport::Udp,
            peers: None,
            media_ports: None,
            calls_max: 30,
            ring: Duration::ZERO,
            call_max: Duration::from_secs(2 * 3600),
            speed: Speed::REAL,
        }
    }
}

/// What to do with a call.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answer, and do as this machine does.
    Fax(Box<Machine>),
    /// Refuse.
    Refuse {
        /// SIP's word: 486 is busy.
        status: u16,
        /// The telephone network's reason beside it (Q.850).
        cause: Option<u8>,
    },
    /// Let it ring until the caller gives up.
    Ring,
    /// Take the call and do nothing, not even ring, until the caller gives up. A test machine.
    Ignore,
    /// Answer, agree to T.38, and never say anything. A test machine.
    Silence,
    /// Answer, and hang up after this. A test machine.
    HangUp(Duration),
}

/// A machine that answers.
#[derive(Clone)]
pub struct Machine {
    /// How it speaks T.30; its role must be answerer.
    pub config: t30::Config,
    /// How it does T.38.
    pub t38: T38Settings,
    /// How long it rings, if not as [`Settings::ring`] says.
    pub ring: Option<Duration>,
    /// It hangs up when it is asked for T.38 and has none. A test machine.
    pub hangs_up_without_t38: bool,
    /// The network before it. A test machine.
    pub weather: Weather,
}

/// Without its identification, which often is its number.
impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("t38", &self.t38).field("weather", &self.weather).finish_non_exhaustive()
    }
}

impl Machine {
    /// With everything else as usual.
    pub fn new(config: t30::Config) -> Machine {
        Machine {
            config,
            t38: T38Settings::default(),
            ring: None,
            hangs_up_without_t38: false,
            weather: Weather::default(),
        }
    }
}

impl Reply {
    /// Answer and receive.
    pub fn fax(config: t30::Config) -> Reply {
        Reply::Fax(Box::new(Machine::new(config)))
    }
}

/// Where one call's fax goes.
pub trait Tray: Send + 'static {
    /// Stores a page. Its confirmation leaves when this returns `Ok`; `bad_rows` were mended.
    fn page(&mut self, page: StoredPage, bad_rows: u32) -> impl Future<Output = Result<(), GiveUp>> + Send;
    /// The call is over.
    fn ended(self, record: CallRecord) -> impl Future<Output = ()> + Send;
}

/// Takes calls until it is dropped or closed.
#[derive(Debug)]
pub struct Answerer {
    address: SocketAddr,
    cancel: CancellationToken,
    calls: TaskTracker,
}

/// What all calls of an answerer share.
struct Shared<R, T> {
    settings: Settings,
    reply: R,
    tray: T,
    cancel: CancellationToken,
    calls: Arc<Semaphore>,
}

impl Answerer {
    /// Opens the address. `reply` decides by the number that was called; `tray` makes the tray of a call that is answered.
    pub async fn start<T: Tray>(
        settings: Settings,
        reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
        tray: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<Answerer, LineError> {
        let (sender, mut incoming) = mpsc::channel(WAITING_MAX);
        let stack = StackSettings {
            bind: settings.bind,
            public: settings.public,
            transport: settings.transport,
            peers: settings.peers.clone(),
            speed: settings.speed,
            t1: None,
        };
        let stack = Stack::open(stack, Some(sender)).await?;
        let address = stack.address();
        let cancel = CancellationToken::new();
        let calls = TaskTracker::new();
        let slots = Arc::new(Semaphore::new(settings.calls_max));
        let shared = Arc::new(Shared { settings, reply, tray, cancel: cancel.clone(), calls: slots });
        let tracker = calls.clone();
        tokio::spawn(async move {
            let stopped = shared.cancel.clone();
            loop {
                let ringing = tokio::select! {
                    biased;
                    () = stopped.cancelled() => break,
                    ringing = incoming.recv() => ringing,
                };
                let Some(ringing) = ringing else { break };
                let shared = shared.clone();
                tracker.spawn(async move { shared.take(ringing, address.ip()).await });
            }
            // Running calls end by the same token; the stack carries their last words.
            tracker.close();
            tracker.wait().await;
            drop(stack);
        });
        Ok(Answerer { address, cancel, calls })
    }

    /// Where callers reach it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more calls and ends those that run, properly.
    pub async fn close(self) {
        self.cancel.cancel();
        self.calls.close();
        self.calls.wait().await;
    }
}

impl Drop for Answerer {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl<R, F, T> Shared<R, F>
where
    R: Fn(&str) -> Reply + Send + Sync,
    F: Fn() -> T + Send + Sync,
    T: Tray,
{
    async fn take(&self, mut ringing: Ringing, address: IpAddr) {
        let Ok(_slot) = self.calls.try_acquire() else { return ringing.refuse(486, None) };
        let callee = match (self.reply)(&ringing.called) {
            Reply::Refuse { status, cause } => return ringing.refuse(status, cause),
            Reply::Ring => {
                ringing.ring();
                self.ring(&mut ringing, RING_MAX).await;
                return;
            }
            Reply::Ignore => {
                self.ring(&mut ringing, RING_MAX).await;
                return;
            }
            Reply::Fax(machine) => Callee::of(*machine),
            Reply::Silence => Callee::nobody(None),
            Reply::HangUp(after) => Callee::nobody(Some(after)),
        };
        let mut record = CallRecord::begin();
        ringing.ring();
        let ring = callee.ring.unwrap_or(self.settings.ring);
        if !ring.is_zero() && !self.ring(&mut ringing, ring).await {
            return;
        }
        let story = ringing.story.clone();
        let mut follow = Follow { tray: (self.tray)() };
        match self.answer(ringing, callee, address, &mut follow).await {
            Ok((ended, answered_at)) => {
                record.answered_at = Some(answered_at);
                record.sip_status = Some(200);
                record.learn(ended);
            }
            Err(outcome) => record.outcome = outcome,
        }
        record.ended_at = Timestamp::now();
        record.ladder = story.ladder();
        tracing::info!(outcome = record.outcome.code(), "a call that came in ended: {}", record.outcome.code());
        follow.tray.ended(record).await;
    }

    /// Rings for so long; false if the caller gave up, or we stop.
    async fn ring(&self, ringing: &mut Ringing, span: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => false,
            () = ringing.given_up() => false,
            () = tokio::time::sleep(self.settings.speed.wall(span)) => true,
        }
    }

    async fn answer(
        &self,
        ringing: Ringing,
        callee: Callee,
        address: IpAddr,
        follow: &mut Follow<T>,
    ) -> Result<(Ended, Timestamp), Outcome> {
        let media = Media::bind(self.settings.bind.ip(), self.settings.media_ports).await;
        let ports = media.and_then(|media| Ok((media.rtp_port()?, media.udptl_port()?, media)));
        let Ok((rtp, udptl, mut media)) = ports else {
            tracing::error!("no port for media");
            ringing.refuse(500, None);
            return Err(Outcome::Internal);
        };
        media.expose(callee.weather);
        let mut local = Local::new(address, rtp, udptl, callee.t38);
        let (body, far) = match &ringing.offer {
            None => (local.offer(Kind::Audio), None),
            Some(offer) => match Description::read(offer).and_then(|offer| local.answer(&offer, Kind::Audio)) {
                Ok((body, far)) => (body, Some(far)),
                Err(_) => {
                    ringing.refuse(488, None);
                    return Err(Outcome::Incompatible);
                }
            },
        };
        let story = ringing.story.clone();
        let leg = ringing.accept(body).ok_or(Outcome::LineFailed)?;
        let answered_at = Timestamp::now();
        let session = Session {
            leg,
            media,
            local,
            engine: callee.engine,
            role: Role::Answerer,
            speed: self.settings.speed,
            hang_up_after: callee.hang_up_after,
            hangs_up_without_t38: callee.hangs_up_without_t38,
            longest: self.settings.call_max,
            story,
            observer: follow,
            cancel: self.cancel.clone(),
            finish: CancellationToken::new(),
        };
        Ok((session.run(far).await, answered_at))
    }
}

/// Who answers a call.
struct Callee {
    engine: Option<Call>,
    t38: T38Settings,
    ring: Option<Duration>,
    hang_up_after: Option<Duration>,
    hangs_up_without_t38: bool,
    weather: Weather,
}

impl Callee {
    fn of(machine: Machine) -> Callee {
        let Machine { config, t38, ring, hangs_up_without_t38, weather } = machine;
        Callee { engine: Some(Call::new(config)), t38, ring, hang_up_after: None, hangs_up_without_t38, weather }
    }

    /// Nobody is there to talk.
    fn nobody(hang_up_after: Option<Duration>) -> Callee {
        Callee {
            engine: None,
            t38: T38Settings::default(),
            ring: None,
            hang_up_after,
            hangs_up_without_t38: false,
            weather: Weather::default(),
        }
    }
}

/// Hands pages to the tray.
struct Follow<T> {
    tray: T,
}

impl<T: Tray> Observer for Follow<T> {
    async fn observe(&mut self, event: Event, _: &Story) -> Result<(), GiveUp> {
        match event {
            Event::PageReceived { page, bad_rows } => self.tray.page(*page, bad_rows).await,
            _ => Ok(()),
        }
    }
}

/// A fax that came in, whole or not.
#[derive(Clone, Debug)]
pub struct Received {
    /// The pages that were confirmed, and the one that may not have been.
    pub pages: Vec<StoredPage>,
    /// What became of the call.
    pub record: CallRecord,
}

/// A tray that keeps pages in memory and passes the fax on when the call is over.
#[derive(Debug)]
pub struct PassOn {
    pages: Vec<StoredPage>,
    to: mpsc::Sender<Received>,
}

impl PassOn {
    /// Passes faxes on to this channel. A full channel holds the call's task, nothing else; a closed one loses the fax.
    pub fn to(to: mpsc::Sender<Received>) -> PassOn {
        PassOn { pages: vec![], to }
    }
}

impl Tray for PassOn {
    async fn page(&mut self, page: StoredPage, _: u32) -> Result<(), GiveUp> {
        self.pages.push(page);
        Ok(())
    }

    async fn ended(self, record: CallRecord) {
        let _ = self.to.send(Received { pages: self.pages, record }).await;
    }
}
