//! Handing a mail in: SMTP (RFC 5321) to the one server that is configured.

use std::error::Error as _;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::config::{self, MailTls};
use crate::report::{Answer, Verdict};

/// Connections are kept for so long after a mail.
const IDLE: Duration = Duration::from_secs(30);
/// Codes by which a server refuses our login (RFC 4954): for the operator to mend, and no verdict on the mail.
const NOT_LET_IN: [u16; 5] = [454, 530, 534, 535, 538];

/// Where mails are handed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    pub host: String,
    pub port: Option<u16>,
}

impl Server {
    /// `host`, `host:port`, `[::1]:port`.
    pub fn parse(text: &str) -> Option<Server> {
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, "")) => (address, None),
            Some((address, port)) => (address, Some(port.strip_prefix(':')?)),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let port =
            port.map(|port| port.parse().ok().filter(|port| *port > 0)).map_or(Some(None), |port| port.map(Some));
        let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
        let good = !host.is_empty() && (host.chars().all(name) || host.parse::<IpAddr>().is_ok());
        good.then_some(Server { host: host.to_owned(), port: port? })
    }

    /// On this machine.
    pub fn is_here(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// Why mails can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("mail.{0} is wrong")]
    Setting(&'static str),
    #[error("the password of the mail server can't be read")]
    Password(#[source] io::Error),
    #[error("mail.ca_file can't be read")]
    CaFile(#[source] io::Error),
    #[error("TLS with the mail server can't be set up")]
    Tls(#[source] smtp::Error),
}

/// A mail server, and who we are to it. Shows no address in `Debug`.
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// The envelope's sender.
    bounces_to: Option<Address>,
    time_max: Duration,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Post")
    }
}

impl Post {
    /// None: no server is configured. Opens no connection yet; needs a running runtime.
    pub fn new(config: &config::Mail) -> Result<Option<Post>, PostError> {
        let Some(server) = &config.server else { return Ok(None) };
        let server = Server::parse(server).ok_or(PostError::Setting("server"))?;
        let mailbox = |text: &str, key| text.parse::<Mailbox>().map_err(|_| PostError::Setting(key));
        let from = mailbox(config.from.as_deref().unwrap_or_default(), "from")?;
        let bounces_to = match config.bounces_to.as_deref() {
            None => Some(from.email.clone()),
            Some("") => None,
            Some(address) => Some(address.parse().map_err(|_| PostError::Setting("bounces_to"))?),
        };
        let here = if server.is_here() { MailTls::None } else { MailTls::Starttls };
        let (tls, port) = match config.tls.unwrap_or(here) {
            MailTls::None => (Tls::None, smtp::SMTP_PORT),
            MailTls::Starttls => (Tls::Required(tls(config, &server)?), smtp::SMTP_PORT),
            MailTls::Tls => (Tls::Wrapper(tls(config, &server)?), smtp::SUBMISSIONS_PORT),
        };
        let time_max = Duration::from_secs(config.seconds_max);
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(time_max))
            .pool_config(PoolConfig::new().min_idle(0).max_size(config.connections).idle_timeout(IDLE));
        if let Some(name) = own_name() {
            transport = transport.hello_name(ClientId::Domain(name));
        }
        if let Some(user) = &config.user {
            let secret = config.secret().map_err(PostError::Password)?;
            let secret = secret.map(|secret| secret.reveal().to_owned()).unwrap_or_default();
            transport = transport.credentials(Credentials::new(user.clone(), secret));
        }
        Ok(Some(Post {
            transport: transport.build(),
            from,
            reply_to: config.reply_to.as_deref().map(|text| mailbox(text, "reply_to")).transpose()?,
            bounces_to,
            time_max,
        }))
    }

    /// Hands a mail in, whole or not at all.
    pub async fn hand_in(&self, to: Address, mail: &[u8]) -> Answer {
        let Ok(envelope) = Envelope::new(self.bounces_to.clone(), vec![to]) else {
            return Answer { verdict: Verdict::Never, code: None, result: "the mail has nobody to go to".to_owned() };
        };
        match tokio::time::timeout(self.time_max, self.transport.send_raw(&envelope, mail)).await {
            Ok(Ok(response)) => {
                let code = u16::from(response.code());
                Answer { verdict: Verdict::Told, code: Some(code), result: "the mail server took it".to_owned() }
            }
            Ok(Err(error)) => answer(&error),
            Err(_) => not_now("the mail server took too long"),
        }
    }
}

fn tls(config: &config::Mail, server: &Server) -> Result<TlsParameters, PostError> {
    let mut tls = TlsParameters::builder(server.host.clone());
    if let Some(path) = &config.ca_file {
        let pem = std::fs::read(path).map_err(PostError::CaFile)?;
        tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(PostError::Tls)?);
    }
    tls.build_rustls().map_err(PostError::Tls)
}

/// What we call ourselves in EHLO.
fn own_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    Some(name.trim().to_owned()).filter(|name| !name.is_empty() && name.len() <= 255 && name.chars().all(plain))
}

fn not_now(result: &str) -> Answer {
    Answer { verdict: Verdict::NotNow, code: None, result: result.to_owned() }
}

/// The server's own words often name the address, so only their numbers are told.
fn answer(error: &smtp::Error) -> Answer {
    let Some(code) = error.status().map(u16::from) else {
        return not_now(if error.is_timeout() {
            "the mail server did not answer in time"
        } else if error.is_tls() || of_tls(error) {
            "TLS with the mail server failed"
        } else if error.is_client() {
            "the mail server does not offer what is configured: STARTTLS, or a login"
        } else if error.is_response() {
            "the mail server's answer is not SMTP"
        } else {
            "the mail server can't be reached"
        });
    };
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    let status = enhanced(&words).map(|status| format!(" {status}")).unwrap_or_default();
    let (verdict, what) = match code {
        code if NOT_LET_IN.contains(&code) => (Verdict::NotNow, "the mail server does not let us in"),
        500..=599 => (Verdict::Never, "the mail server refused it"),
        _ => (Verdict::NotNow, "the mail server put it off"),
    };
    Answer { verdict, code: Some(code), result: format!("{what}: {code}{status}") }
}

/// A handshake that failed comes as an error of the connection.
fn of_tls(error: &smtp::Error) -> bool {
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let inner = deeper.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if deeper.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = deeper.source();
    }
    false
}

/// The status code of RFC 3463 that an answer begins with: `5.1.1`.
fn enhanced(words: &str) -> Option<&str> {
    let status = words.split_whitespace().next()?;
    let mut parts = status.split('.');
    let short = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
    let good = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"))
        && parts.next().is_some_and(short)
        && parts.next().is_some_and(short)
        && parts.next().is_none();
    good.then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_have_a_host_and_perhaps_a_port() {
        let server = |host: &str, port| Some(Server { host: host.to_owned(), port });
        assert_eq!(Server::parse("mail.example.net"), server("mail.example.net", None));
        assert_eq!(Server::parse("mail.example.net:587"), server("mail.example.net", Some(587)));
        assert_eq!(Server::parse("[::1]:2525"), server("::1", Some(2525)));
        for bad in ["", ":25", "mail:", "mail:0", "mail:70000", "mail:25:25", "a b", "mail/x", "[::1]x"] {
            assert_eq!(Server::parse(bad), None, "{bad}");
        }
        for (host, here) in [("localhost", true), ("127.0.0.2", true), ("[::1]", true), ("mail.example.net", false)] {
            assert_eq!(Server::parse(host).map(|server| server.is_here()), Some(here), "{host}");
        }
    }

    #[test]
    fn only_the_numbers_of_an_answer_are_told() {
        assert_eq!(enhanced("5.1.1 <who@example.com> is unknown"), Some("5.1.1"));
        for none in ["", "who@example.com", "5.1", "9.1.1 x", "5.1.1.1 x", "5.1234.1", "5.a.1"] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
