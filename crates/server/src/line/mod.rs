//! Calls: SIP, media sockets, and the clock that drives a fax call.
//!
//! A [`Line`] is a configured way out. [`Line::place`] makes one call and returns what became of it; it never fails: a call that
//! does not come about is an outcome too. Everything that happens on the way goes into the call's [`Story`].
//!
//! Parts: `sip/` (signalling), `sdp` (what the call carries), `sockets` and `rtp` (packets), `ring` (a call not answered yet),
//! `session` (the loop of an answered one), `verdict` (what a refusal means), [`loopback`] (the built-in far machines) and their
//! `weather`. The answering side is [`crate::receive`].

#[cfg(test)]
mod claims;
pub mod loopback;
mod number;
mod ring;
mod rtp;
mod sdp;
pub(crate) mod session;
mod sip;
mod sockets;
mod story;
mod verdict;
mod weather;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ferrofax_fax::call::Call;
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::t30::{self, Event, Role};
use jiff::Timestamp;
use rsipstack::dialog::authenticate::Credential;
use rsipstack::sip::HostWithPort;
use tokio_util::sync::CancellationToken;

pub use number::{Number, NumberForm};
pub use sdp::T38Settings;
pub use sip::{LineError, SILENCED_TARGET, Transport};
pub use story::{Speed, Story};
pub use weather::Weather;

pub(crate) use sdp::{Description, Kind, Local};
pub(crate) use sip::{Ringing, Stack, StackSettings};
pub(crate) use sockets::Media;

use ring::{Patience, Rung, ring};
use session::{Ended, Session};
use sip::Invitation;
use verdict::cause_of;

/// Where SIP is spoken if a target names no port, RFC 3261 19.1.2.
const SIP_PORT: u16 = 5060;
/// How long we wait for the far end to confirm a hang-up before the call counts as ended; SIP goes on repeating it after that.
const BYE_WAIT: Duration = Duration::from_secs(2);

/// A trunk: how calls leave.
#[derive(Clone)]
pub struct Trunk {
    /// `host` or `host:port`.
    pub target: String,
    /// Digest user and password.
    pub credentials: Option<(String, Secret)>,
    /// Our own number, as the trunk wants it in From; may be empty.
    pub from: String,
    /// Say it in `P-Asserted-Identity` too.
    pub assert_identity: bool,
    /// How dialled numbers are written.
    pub number_form: NumberForm,
    /// What SIP travels over.
    pub transport: Transport,
    /// Our SIP address; port 0 takes any.
    pub bind: SocketAddr,
    /// The address others see, behind NAT.
    pub public: Option<IpAddr>,
    /// First and last port of media; any if not given.
    pub media_ports: Option<(u16, u16)>,
    /// How T.38 is done.
    pub t38: T38Settings,
    /// How long it may ring.
    pub ring_max: Duration,
    /// Longest call.
    pub call_max: Duration,
    /// 1 on real lines; a test network whose far end runs as fast may have more. What the line's user should give with each [`Order`].
    pub speed: Speed,
    /// SIP timer T1, where a network needs another than 500 ms.
    pub t1: Option<Duration>,
}

/// Without our number.
impl std::fmt::Debug for Trunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Trunk({} over {:?})", self.target, self.transport)
    }
}

impl Trunk {
    /// A trunk with everything usual.
    pub fn to(target: &str, bind: SocketAddr) -> Trunk {
        Trunk {
            target: target.to_owned(),
            credentials: None,
            from: String::new(),
            assert_identity: false,
            number_form: NumberForm::default(),
            transport: Transport::Udp,
            bind,
            public: None,
            media_ports: None,
            t38: T38Settings::default(),
            ring_max: Duration::from_secs(60),
            call_max: Duration::from_secs(2 * 3600),
            speed: Speed::REAL,
            t1: None,
        }
    }
}

/// A password; never shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What had to be done before the call goes on was not done; the call is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GiveUp;

/// Follows a call.
pub trait Observer: Send {
    /// Something happened. The call goes on when this returns: what the event says must be on disk by then, see
    /// [`Event`]. `story` has the ladder so far.
    fn observe(&mut self, event: Event, story: &Story) -> impl Future<Output = Result<(), GiveUp>> + Send;
}

/// What became of a call.
#[derive(Clone)]
pub struct CallRecord {
    /// How it ended.
    pub outcome: Outcome,
    /// When the call was placed, or came in.
    pub dialled_at: Timestamp,
    /// When it was answered, if it was.
    pub answered_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Timestamp,
    /// The far end's identification (CSI or TSI).
    pub remote_id: Option<String>,
    /// SIP messages and T.30 frames, in the order of time.
    pub ladder: Ladder,
    /// The final SIP answer to the call, if there was one.
    pub sip_status: Option<u16>,
    /// The ISDN cause (Q.850) that a refusal named.
    pub q850: Option<u8>,
    /// What both machines agreed on last, once a page went that way.
    pub session: Option<t30::Session>,
    /// The far end refused our request for T.38, and did not switch by itself.
    pub t38_refused: bool,
}

impl CallRecord {
    /// Of a call of which nothing is known yet.
    pub(crate) fn begin() -> CallRecord {
        let now = Timestamp::now();
        CallRecord {
            outcome: Outcome::Internal,
            dialled_at: now,
            answered_at: None,
            ended_at: now,
            remote_id: None,
            ladder: Ladder::default(),
            sip_status: None,
            q850: None,
            session: None,
            t38_refused: false,
        }
    }

    /// Takes over what became of an answered call.
    pub(crate) fn learn(&mut self, ended: Ended) {
        self.outcome = ended.outcome;
        self.remote_id = ended.remote_id;
        self.session = ended.session;
        self.t38_refused = ended.t38_refused;
    }
}

/// Without the far end's identification, which often is its number.
impl std::fmt::Debug for CallRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let CallRecord { outcome, dialled_at, answered_at, ended_at, sip_status, .. } = self;
        write!(
            f,
            "CallRecord({outcome:?}, dialled {dialled_at}, answered {answered_at:?}, ended {ended_at}, SIP {sip_status:?})"
        )
    }
}

/// A call to place.
pub struct Order {
    /// Whom to call.
    pub number: Number,
    /// What to do when answered.
    pub config: t30::Config,
    /// 1 on real lines.
    pub speed: Speed,
    /// Give up ringing after this, by the wall clock, although the line would let it ring longer.
    pub ring_max: Option<Duration>,
    /// Begin no further page once this is cancelled, and end the call behind the one that is being sent.
    pub finish: CancellationToken,
    /// Job id, for logs.
    pub job: String,
    /// Attempt, for logs.
    pub attempt: String,
}

/// Without numbers and pages.
impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Order(job {}, attempt {}, {:?})", self.job, self.attempt, self.number)
    }
}

/// An open way out. Calls run side by side; how many is the caller's business.
#[derive(Debug)]
pub struct Line {
    trunk: Trunk,
    target: HostWithPort,
    stack: Stack,
}

/// Our own address on the way to this target, by the routing table; nothing is sent.
async fn way_to(target: &str) -> Option<IpAddr> {
    let lookup = if target.parse::<SocketAddr>().is_ok()
        || target.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    {
        target.to_owned()
    } else {
        format!("{target}:{SIP_PORT}")
    };
    let far = tokio::net::lookup_host(lookup).await.ok()?.next()?;
    let any: IpAddr = if far.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = tokio::net::UdpSocket::bind((any, 0)).await.ok()?;
    socket.connect(far).await.ok()?;
    Some(socket.local_addr().ok()?.ip())
}

impl Line {
    /// Opens a line to a trunk.
    pub async fn open(mut trunk: Trunk) -> Result<Line, LineError> {
        let target = HostWithPort::try_from(trunk.target.as_str()).map_err(|_| LineError::BadTarget)?;
        if trunk.bind.ip().is_unspecified()
            && let Some(ip) = way_to(&trunk.target).await
        {
            // Descriptions must name the address that packets come from.
            trunk.bind.set_ip(ip);
        }
        let settings = StackSettings {
            bind: trunk.bind,
            public: trunk.public,
            transport: trunk.transport,
            peers: None,
            speed: trunk.speed,
            t1: trunk.t1,
        };
        let stack = Stack::open(settings, None).await?;
        Ok(Line { trunk, target, stack })
    }

    /// Our SIP address.
    pub fn address(&self) -> SocketAddr {
        self.stack.address()
    }

    /// How fast time runs on it, [`Trunk::speed`].
    pub fn speed(&self) -> Speed {
        self.trunk.speed
    }

    /// Places a call and runs it to its end. Cancelling ends it properly at any stage; dropping the future hangs up.
    pub async fn place<O: Observer>(&self, order: Order, observer: &mut O, cancel: CancellationToken) -> CallRecord {
        let story = Arc::new(Story::begin(Role::Caller, order.speed));
        let mut record = CallRecord::begin();
        let (job, attempt) = (order.job.clone(), order.attempt.clone());
        tracing::info!(job.id = %job, attempt.id = %attempt, "calling for job {job}");
        record.outcome = self.call(order, &story, &mut record, observer, cancel).await;
        record.ended_at = Timestamp::now();
        record.ladder = story.ladder();
        let (outcome, sip_status) = (record.outcome.code(), record.sip_status);
        tracing::info!(job.id = %job, attempt.id = %attempt, outcome, sip_status, "the call for job {job} ended: {outcome}");
        record
    }

    async fn call<O: Observer>(
        &self,
        order: Order,
        story: &Arc<Story>,
        record: &mut CallRecord,
        observer: &mut O,
        cancel: CancellationToken,
    ) -> Outcome {
        let bind = self.trunk.bind.ip();
        let media = match Media::bind(bind, self.trunk.media_ports).await {
            Ok(media) => media,
            Err(error) => {
                tracing::error!(error = %error, "no port for media");
                return Outcome::Internal;
            }
        };
        // The stack knows the address others see, even where we listen everywhere.
        let address = self.stack.address().ip();
        let (Ok(rtp), Ok(udptl)) = (media.rtp_port(), media.udptl_port()) else { return Outcome::Internal };
        let mut local = Local::new(address, rtp, udptl, self.trunk.t38.clone());
        let invitation = Invitation {
            to: self.trunk.number_form.user_part(&order.number),
            from: self.trunk.from.clone(),
            trunk: self.target.clone(),
            credential: self.trunk.credentials.clone().map(|(username, Secret(password))| Credential {
                username,
                password,
                realm: None,
                auth_username: None,
            }),
            assert_identity: self.trunk.assert_identity,
            offer: local.offer(Kind::Audio),
        };
        let Some(mut dialing) = self.stack.dial(invitation, story.clone()) else { return Outcome::Internal };
        let patience = Patience { line: order.speed.wall(self.trunk.ring_max), order: order.ring_max };
        let (leg, answer) = match ring(&mut dialing, patience, [&cancel, &order.finish]).await {
            Rung::Answered(leg, answer) => (leg, answer),
            Rung::Ended { outcome, refusal } => {
                record.sip_status = refusal.status;
                record.q850 = cause_of(&refusal);
                story.line("end", &outcome.to_string());
                return outcome;
            }
        };
        record.sip_status = Some(200);
        record.answered_at = Some(Timestamp::now());
        drop(dialing);
        let mut leg = *leg;
        let Ok(far) = local.read_answer(&answer, Kind::Audio) else {
            // It took our offer and answered something else.
            story.line("SDP", "the answer can't be used");
            story.line("end", &Outcome::LineFailed.to_string());
            hang_up(&mut leg).await;
            return Outcome::LineFailed;
        };
        let session = Session {
            leg,
            media,
            local,
            engine: Some(Call::new(order.config)),
            role: Role::Caller,
            speed: order.speed,
            hang_up_after: None,
            hangs_up_without_t38: false,
            longest: self.trunk.call_max,
            story: story.clone(),
            observer,
            cancel,
            finish: order.finish,
        };
        record.learn(session.run(Some(far)).await);
        record.outcome.clone()
    }
}

/// Hangs up, and gives the far end a moment to confirm.
pub(crate) async fn hang_up(leg: &mut sip::Leg) {
    let _ = tokio::time::timeout(BYE_WAIT, leg.hang_up()).await;
}
