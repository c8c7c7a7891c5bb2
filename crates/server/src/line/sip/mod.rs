//! SIP (RFC 3261), by `rsipstack`, which nothing outside this folder sees.
//!
//! A [`Stack`] is one SIP address of ours with its sockets and tasks. Calls leave it by [`Stack::dial`] and come in over the
//! channel given to [`Stack::open`]; once answered, both are a [`Leg`]. What the stack leaves to its user and is done here: every
//! request inside a call gets its answer (a re-INVITE left alone would hang), a 491 is told from a refusal, answers made up by
//! the stack (408 for silence) are told from real ones, and a re-INVITE that overtakes our own bookkeeping finds its call.
//!
//! The stack writes whole messages, numbers included, to its log: the target `rsipstack` must stay off. See [`SILENCED_TARGET`].
//!
//! Left out: TLS, registration, PRACK, redirects (3xx is a final refusal), session timers of our own (those of the far end are
//! answered).

mod dial;
mod dispatch;
mod leg;
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::sip::Method;
use rsipstack::transaction::EndpointBuilder;
use rsipstack::transaction::endpoint::EndpointOption;
use rsipstack::transport::tcp_listener::TcpListenerConnection;
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipConnection, TransportLayer};
use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

pub(crate) use dial::{Dialed, Dialing, Invitation};
pub(crate) use dispatch::Ringing;
pub(crate) use leg::{Leg, Offer, OfferAnswer, Signal};
use watch::Calls;

use super::story::Speed;

/// The logging target that must never be enabled: it shows numbers.
pub const SILENCED_TARGET: &str = "rsipstack";

/// Requests being answered at a time, over all calls of a stack; more get 503.
const REQUESTS_MAX: usize = 512;
/// RFC 3261 17.1.1.1: T1.
const T1: Duration = Duration::from_millis(500);
/// RFC 3261 table 4: T2.
const T2: Duration = Duration::from_secs(4);
/// RFC 3261 table 4: T4.
const T4: Duration = Duration::from_secs(5);
/// RFC 3261 16.6: timer C, longer than any ring time allowed here; the line has its own.
const TIMER_C: Duration = Duration::from_secs(900);

/// What SIP travels over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Transport {
    /// UDP.
    #[default]
    Udp,
    /// TCP.
    Tcp,
}

/// Why a line can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The line's target is no SIP address.
    #[error("the trunk's address can't be read")]
    BadTarget,
    /// Our own address is not to be had.
    #[error("the SIP address {0} can't be used")]
    Bind(SocketAddr, #[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How a [`Stack`] stands in the network.
#[derive(Clone, Debug)]
pub(crate) struct StackSettings {
    /// Where it listens; port 0 takes any.
    pub bind: SocketAddr,
    /// What the outside sees instead, behind NAT.
    pub public: Option<IpAddr>,
    pub transport: Transport,
    /// If given, packets from anywhere else are dropped unread.
    pub peers: Option<Vec<IpAddr>>,
    /// At which the stories of incoming calls are told.
    pub speed: Speed,
    /// T1 of RFC 3261; every other timer follows it. `None`: 500 ms.
    pub t1: Option<Duration>,
}

/// One SIP address of ours. Dropping it closes its sockets.
#[derive(Debug)]
pub(crate) struct Stack {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    dialogs: Arc<DialogLayer>,
    calls: Calls,
    address: SocketAddr,
    transport: Transport,
    shutdown: CancellationToken,
    requests: Arc<Semaphore>,
    speed: Speed,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sip::Stack({})", self.address)
    }
}

impl Stack {
    /// Opens the address and starts answering. Calls that come in are put into `incoming`; without it they are refused.
    pub(crate) async fn open(
        settings: StackSettings,
        incoming: Option<mpsc::Sender<Ringing>>,
    ) -> Result<Stack, LineError> {
        let shutdown = CancellationToken::new();
        let layer = TransportLayer::new(shutdown.clone());
        let failed = |cause: rsipstack::Error| LineError::Bind(settings.bind, Box::new(cause));
        let taken = |cause: std::io::Error| LineError::Bind(settings.bind, Box::new(cause));
        let socket = UdpSocket::bind(settings.bind).await.map_err(taken)?;
        let port = socket.local_addr().map_err(taken)?.port();
        let public = settings.public.map(|ip| SocketAddr::new(ip, port));
        let udp = UdpConnection::from_socket(Arc::new(socket), public, Some(shutdown.child_token()));
        let udp = udp.await.map_err(failed)?;
        let address = udp.get_addr().get_socketaddr().map_err(failed)?;
        layer.add_transport(SipConnection::Udp(udp));
        if settings.transport == Transport::Tcp {
            // On the same port, so that one Contact serves both.
            let tcp = TcpListenerConnection::new(SocketAddr::new(settings.bind.ip(), port), public);
            layer.add_transport(SipConnection::TcpListener(tcp.await.map_err(failed)?));
        }
        if let Some(peers) = settings.peers {
            layer.set_whitelist(move |ip: IpAddr| std::future::ready(peers.contains(&ip)));
        }

        let calls = Calls::default();
        let t1 = settings.t1.unwrap_or(T1);
        let mut builder = EndpointBuilder::new();
        builder
            .with_user_agent(concat!("ferrofax/", env!("CARGO_PKG_VERSION")))
            .with_cancel_token(shutdown.clone())
            .with_transport_layer(layer)
            .with_allows(ALLOWED.to_vec())
            .with_option(EndpointOption {
                t1,
                t2: T2.max(t1),
                t4: T4,
                t1x64: t1 * 64,
                timerc: TIMER_C,
                ..Default::default()
            })
            .with_inspector(Box::new(watch::Watch(calls.clone())));
        let endpoint = builder.build();
        let requests = endpoint.incoming_transactions().map_err(failed)?;
        let dialogs = Arc::new(DialogLayer::new(endpoint.inner.clone()));
        let serving = endpoint.inner.clone();
        let inner = Arc::new(Inner {
            dialogs,
            calls,
            address,
            transport: settings.transport,
            shutdown: shutdown.clone(),
            requests: Arc::new(Semaphore::new(REQUESTS_MAX)),
            speed: settings.speed,
        });
        tokio::spawn(async move {
            if let Err(error) = serving.serve().await {
                tracing::error!(error = %error, "the SIP stack stopped");
            }
        });
        tokio::spawn(dispatch::dispatch(Arc::downgrade(&inner), requests, incoming));
        Ok(Stack { inner })
    }

    /// Where others reach us.
    pub(crate) fn address(&self) -> SocketAddr {
        self.inner.address
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.inner.shutdown.cancel();
    }
}

/// What we answer.
const ALLOWED: [Method; 7] =
    [Method::Invite, Method::Ack, Method::Cancel, Method::Bye, Method::Options, Method::Update, Method::Info];

/// The same as a header value.
const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO";

/// The only kind of body we read.
const SDP: &str = "application/sdp";
