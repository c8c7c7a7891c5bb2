//! How answers leave, and what happens to connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use ferrofax_server::http::{Connection, Settings, serve_connection, server_config};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::world::{PASSWORD, Reply, World, ask, credentials, job};

const PEER: Connection = Connection { peer: IpAddr::V4(Ipv4Addr::LOCALHOST) };

/// A stream that counts the writes of its owner.
struct Counting(DuplexStream, Arc<AtomicUsize>);

impl AsyncRead for Counting {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Reads one answer of a connection that stays open.
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Reply {
    let mut bytes = Vec::new();
    loop {
        assert_ne!(stream.read_buf(&mut bytes).await.expect("bytes"), 0, "the connection ended");
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        if length.is_some_and(|length| length.parse() == Ok(body.len())) {
            return Reply::parse(&bytes);
        }
    }
}

fn requests() -> [(String, u16); 4] {
    let login = credentials("te", PASSWORD);
    let job = job().to_string();
    let post = format!("POST /rest/v1/99999TE/fax HTTP/1.1\r\nHost: x\r\n{login}Content-Length: {}\r\n\r\n", job.len());
    [
        (format!("{post}{job}"), 200),
        (format!("{post}{}", job.to_uppercase()), 400),
        ("GET /rest/v1/99999TE/fax/reports/x HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 401),
        ("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 404),
    ]
}

#[tokio::test]
async fn each_answer_leaves_in_one_write() {
    let world = World::new().await;
    let (mut client, server) = duplex(100_000);
    let writes = Arc::new(AtomicUsize::new(0));
    let served = tokio::spawn(serve_connection(Arc::clone(&world.door), Counting(server, Arc::clone(&writes)), PEER));
    for (number, (request, status)) in requests().into_iter().enumerate() {
        client.write_all(request.as_bytes()).await.expect("the request is sent");
        assert_eq!(answer(&mut client).await.status, status);
        assert_eq!(writes.load(Ordering::Relaxed), number + 1);
    }
    drop(client);
    served.await.expect("no panic").expect("a good end");
}

/// A certificate for `localhost` that signs itself: a server's settings, and a client's that trust it.
fn certificate() -> (Arc<rustls::ServerConfig>, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let server = server_config(&certificate, &key).expect("a configuration");
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(&certificate).expect("a certificate")).expect("a root");
    let client = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(trusted)
        .with_no_client_auth();
    (server, TlsConnector::from(Arc::new(client)))
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

#[tokio::test]
async fn each_answer_leaves_in_one_write_over_tls_too() {
    let world = World::new().await;
    let (server_config, connector) = certificate();
    let (client, server) = duplex(100_000);
    let writes = Arc::new(AtomicUsize::new(0));
    let counting = Counting(server, Arc::clone(&writes));
    let (server, client) =
        tokio::join!(TlsAcceptor::from(server_config).accept(counting), connector.connect(localhost(), client));
    let (server, mut client) = (server.expect("TLS"), client.expect("TLS"));
    tokio::spawn(serve_connection(Arc::clone(&world.door), server, PEER));
    for (request, status) in requests() {
        let before = writes.load(Ordering::Relaxed);
        client.write_all(request.as_bytes()).await.expect("the request is sent");
        client.flush().await.expect("the request is sent");
        assert_eq!(answer(&mut client).await.status, status);
        assert_eq!(writes.load(Ordering::Relaxed), before + 1);
    }
}

#[tokio::test]
async fn the_door_speaks_tls_where_it_has_a_certificate() {
    let (server_config, connector) = certificate();
    let world = World::listening(Settings::default(), Some(server_config)).await;
    let stream = TcpStream::connect(world.address).await.expect("a connection");
    let stream = connector.connect(localhost(), stream).await.expect("TLS");
    let reply =
        ask(stream, "POST /rest/v1/99999TE/fax", &credentials("te", PASSWORD), job().to_string().as_bytes()).await;
    reply.job_id();
}

#[test]
fn a_certificate_that_is_none_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("empty.pem");
    let error = server_config(&file, &file).expect_err("there is no file");
    assert_eq!(error.to_string(), format!("{} can't be read", file.display()));
    std::fs::write(&file, "nothing").expect("a file");
    assert!(server_config(&file, &file).is_err());
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_408() {
    let world = World::with(Settings { body_silence_max: Duration::from_millis(1), ..Settings::default() }).await;
    let (mut client, server) = duplex(1000);
    tokio::spawn(serve_connection(Arc::clone(&world.door), server, PEER));
    let head = format!(
        "POST /rest/v1/99999TE/fax HTTP/1.1\r\nHost: x\r\n{}Content-Length: 100\r\n\r\n{{",
        credentials("te", PASSWORD)
    );
    client.write_all(head.as_bytes()).await.expect("the head is sent");
    let reply = answer(&mut client).await;
    reply.refuses(408, "The body did not arrive in time");
    assert_eq!(reply.headers["connection"], "close");
}

#[tokio::test]
async fn a_head_that_stops_arriving_ends_the_connection() {
    let world = World::with(Settings { header_time_max: Duration::from_millis(1), ..Settings::default() }).await;
    let (mut client, server) = duplex(1000);
    tokio::spawn(serve_connection(Arc::clone(&world.door), server, PEER));
    client.write_all(b"GET / HTTP/1.1\r\nHost:").await.expect("the head is sent");
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.expect("an end");
}

#[tokio::test]
async fn going_down_lets_running_requests_end() {
    let world = World::new().await;
    let body = job().to_string();
    let (first, second) = body.split_at(10);
    let head = format!(
        "POST /rest/v1/99999TE/fax HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{}Content-Length: {}\r\n\r\n",
        credentials("te", PASSWORD),
        body.len()
    );
    let mut stream = TcpStream::connect(world.address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the head is sent");
    // The server asks for the body when the handler reads it: the request is running.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.expect("an answer");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(first.as_bytes()).await.expect("a part is sent");
    world.stop.cancel();
    // The listener is gone as soon as stopping has begun.
    while TcpStream::connect(world.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(second.as_bytes()).await.expect("the rest is sent");
    answer(&mut stream).await.job_id();
    world.served.await.expect("an end");
}
