//! Taking connections and serving them, until told to stop.
//!
//! hyper is used directly, for what axum's own loop can't: each answer in one write (`writev(false)` puts headers and body
//! into one buffer, so they also share a TLS record), a limit of connections, and TLS.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tower::util::Oneshot;

use super::{Door, Settings, router};

/// How long a client may take to agree on TLS.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// What a connection may hold of a request's head, or of a body between two reads.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// How long to wait before the next connection when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(100);

/// A way in.
#[derive(Debug)]
pub struct Listener {
    pub tcp: TcpListener,
    /// See [`super::server_config`]; plain HTTP where missing.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

/// What a handler knows of the connection its request came by.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    pub peer: IpAddr,
}

/// Serves until `stop` is cancelled, and then the requests that are running, for as long as the settings allow.
pub async fn serve(door: Arc<Door>, listener: Listener, stop: CancellationToken) {
    let app = router(Arc::clone(&door));
    let connections = Arc::new(Semaphore::new(door.settings.connections_max.clamp(1, Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let tls = listener.tls.map(TlsAcceptor::from);
    loop {
        let next = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, listener.tcp.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken: {error}");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let (app, tls, settings) = (app.clone(), tls.clone(), door.settings.clone());
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection(stream, peer, app, tls, &settings, watcher).await {
                // Clients come and go; a broken connection is nobody's fault.
                tracing::debug!(%error, "a connection ended early: {error}");
            }
        });
    }
    drop(listener.tcp);
    door.drain();
    if timeout(door.settings.drain_time_max, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    tls: Option<TlsAcceptor>,
    settings: &Settings,
    watcher: hyper_util::server::graceful::Watcher,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let peer = Connection { peer: peer.ip() };
    match tls {
        None => watcher.watch(http(stream, peer, app, settings)).await.map_err(io::Error::other),
        Some(tls) => {
            let stream = timeout(HANDSHAKE_TIME_MAX, tls.accept(stream)).await??;
            watcher.watch(http(stream, peer, app, settings)).await.map_err(io::Error::other)
        }
    }
}

/// Serves one connection over any stream, until the client ends it.
pub async fn serve_connection<S>(door: Arc<Door>, stream: S, peer: Connection) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let settings = door.settings.clone();
    http(stream, peer, router(door), &settings).await.map_err(io::Error::other)
}

fn http<S>(stream: S, peer: Connection, router: Router, settings: &Settings) -> http1::Connection<TokioIo<S>, App>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    http1::Builder::new()
        .writev(false)
        .max_buf_size(BUFFER_BYTES_MAX)
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_time_max)
        .serve_connection(TokioIo::new(stream), App { router, peer })
}

/// The router, for requests of one connection.
struct App {
    router: Router,
    peer: Connection,
}

impl Service<Request<Incoming>> for App {
    type Response = Response;
    type Error = Infallible;
    type Future = Oneshot<Router, Request<Body>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        self.router.clone().oneshot(request)
    }
}
