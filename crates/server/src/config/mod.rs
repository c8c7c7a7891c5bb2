//! Configuration: one TOML file over `config.default.toml`, which is compiled in, and the environment over both.
//!
//! `load` reads and types it: unknown keys and wrong values are errors that name the setting's path. `check` proves what only
//! the whole tells: prefixes claimed twice, files that can't be read. `customers` brings `[[customer]]` into the store.
//!
//! The default file is also the list of settings: what is commented out there (`#key = value`) is a setting without a value.
//! From it come the names of environment variables, and a test parses it with everything switched on.

mod check;
mod customers;
mod load;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ferrofax_api::job::{AuthMethod, Paper, Resolution};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use crate::accept::allow::subnet;
use crate::jobs::quiet::QuietHours;
use crate::jobs::{Changes, Policy, Retry, Routes};
use crate::store::{BlankPages, Language, PushLayout};

pub use self::check::Problem;
pub use self::customers::{ImportError, import};
pub use self::load::{ConfigError, Loaded, load};

/// Every setting with its value, and its documentation.
pub const DEFAULT: &str = include_str!("../../../../config.default.toml");

/// The name of the loopback line that is there where no other is, for customers in test mode.
pub const TEST_LINE: &str = "test";

/// The whole configuration.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    pub node_id: Option<String>,
    pub stop_seconds: u64,
    pub key_file: Option<PathBuf>,
    pub http: Http,
    pub render: Render,
    pub convert: Convert,
    pub fetch: Fetch,
    pub mail: Mail,
    pub ocr: Ocr,
    pub log: Log,
    pub retry: Retry,
    pub limits: Vec<Limit>,
    pub lines: Vec<Line>,
    pub customers: Vec<Customer>,
}

/// The REST API.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub body_bytes_max: usize,
    pub bodies_bytes_max: usize,
    pub connections_max: usize,
    pub requests_per_second: u32,
    pub requests_burst: u32,
    #[serde(default)]
    pub data_centres: BTreeMap<String, String>,
}

/// The pool of rendering children.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Render {
    pub children: usize,
    pub composers: usize,
    pub document_seconds_max: u64,
    pub pages_max: u32,
    pub fonts: Vec<PathBuf>,
}

/// Foreign programs that make a PDF of a document.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convert {
    /// By path, or found in `PATH`; empty: none.
    pub office: PathBuf,
    pub ps: Vec<String>,
    pub pcl: Vec<String>,
}

impl Convert {
    /// LibreOffice's `soffice`, where it is wanted.
    pub fn office(&self) -> Option<PathBuf> {
        Some(self.office.clone()).filter(|office| !office.as_os_str().is_empty())
    }
}

/// Documents by URL, and what HTML refers to.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// For targets of pushes and endpoints of tokens too.
    pub allow: Vec<String>,
    /// Of what HTML refers to.
    pub resource_hosts: Vec<String>,
    pub bytes_max: usize,
    pub seconds_max: u64,
    pub tries: u32,
    pub pause_seconds: u64,
}

/// Where report mails are handed in.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `host` or `host:port`; none: there is no mail.
    pub server: Option<String>,
    pub tls: Option<MailTls>,
    /// PEM, trusted besides what the system trusts.
    pub ca_file: Option<PathBuf>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    /// `Name <address>`, or an address.
    pub from: Option<String>,
    pub reply_to: Option<String>,
    /// Where what can't be delivered is returned to; empty: nowhere. `from` if not given.
    pub bounces_to: Option<String>,
    pub seconds_max: u64,
    pub connections: u32,
    pub attachment_bytes_max: usize,
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// In clear.
    None,
    /// TLS after STARTTLS, or not at all.
    Starttls,
    /// TLS from the first byte.
    Tls,
}

impl Mail {
    /// The server's password, read from its file if it has one.
    pub fn secret(&self) -> std::io::Result<Option<Secret>> {
        Secret::given(self.password.as_ref(), self.password_file.as_deref())
    }
}

/// The program that reads pages.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ocr {
    /// By path, or found in `PATH`; empty: none.
    pub program: PathBuf,
    /// Codes joined by `+`.
    pub languages: String,
    pub page_seconds_max: u64,
    pub pages_max: u32,
}

/// Logging.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Calls at the same time to numbers with a prefix.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub prefix: String,
    pub channels: u32,
}

/// A way out.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    pub name: String,
    /// Of numbers as they are dialled; the empty one takes any.
    pub prefixes: Vec<String>,
    /// Calls at the same time.
    pub channels: u32,
    /// Rules of calling again that differ here.
    pub retry: Changes,
    pub kind: LineKind,
}

#[derive(Clone, PartialEq, Debug)]
pub enum LineKind {
    /// Built-in far machines.
    Loopback {
        /// 1 to 20.
        speed: u8,
    },
    /// A trunk.
    Sip(Box<Sip>),
}

/// A SIP trunk.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sip {
    /// `host` or `host:port`.
    pub target: String,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub assert_identity: bool,
    #[serde(default)]
    pub number_form: NumberForm,
    #[serde(default)]
    pub transport: Transport,
    #[serde(default = "any_address")]
    pub bind: SocketAddr,
    pub public: Option<IpAddr>,
    pub media_ports: Option<(u16, u16)>,
    #[serde(default = "a_minute")]
    pub ring_seconds_max: u64,
    #[serde(default = "two_hours")]
    pub call_seconds_max: u64,
    /// 1 to 20; more than 1 for test networks.
    #[serde(default = "real_time")]
    pub speed: u8,
    #[serde(default)]
    pub t38: T38,
}

/// How dialled numbers are written in SIP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberForm {
    #[default]
    AsGiven,
    Plus,
    Bare,
}

/// What SIP travels over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    #[default]
    Udp,
    Tcp,
}

/// How a trunk does T.38.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct T38 {
    pub enabled: bool,
    pub bit_rate_max: u32,
    pub error_correction: ErrorCorrection,
    /// Packets repeated, or covered by a parity packet.
    pub repeat: u8,
}

impl Default for T38 {
    fn default() -> T38 {
        T38 { enabled: true, bit_rate_max: 14_400, error_correction: ErrorCorrection::Redundancy, repeat: 3 }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorCorrection {
    Redundancy,
    Fec,
    None,
}

/// A customer to be brought into the store. What is `None` stays as it is stored.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    pub number: String,
    pub paper: Option<Paper>,
    pub resolution: Option<Resolution>,
    pub csid: Option<String>,
    pub header: Option<String>,
    pub cost_centre: Option<String>,
    pub zone: Option<String>,
    pub country: Option<String>,
    pub default_cover: Option<String>,
    pub push_url: Option<String>,
    pub push_method: Option<AuthMethod>,
    pub push_principal: Option<String>,
    pub push_credentials: Option<Secret>,
    pub push_credentials_file: Option<PathBuf>,
    pub push_token_url: Option<String>,
    pub push_layout: Option<PushLayout>,
    pub push_signing_key: Option<Secret>,
    pub push_signing_key_file: Option<PathBuf>,
    pub language: Option<Language>,
    pub mail_proof: Option<bool>,
    pub blank_pages: Option<BlankPages>,
    pub test_mode: Option<bool>,
    pub channels: Option<u32>,
    pub quiet_hours: Option<QuietHours>,
    pub repeat_cover: Option<bool>,
    pub share_calls: Option<bool>,
    pub retry: Option<Changes>,
    pub retention_days: Option<u16>,
    #[serde(default, rename = "login")]
    pub logins: Vec<Login>,
}

/// Who acts for a customer. One of the three passwords.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub name: String,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    pub password_hash: Option<Secret>,
    #[serde(default, deserialize_with = "networks")]
    pub allowed: Vec<IpNet>,
}

/// A password. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself. Not for logs.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// From the first line of a file.
    fn read(path: &Path) -> std::io::Result<Secret> {
        let text = std::fs::read_to_string(path)?;
        Ok(Secret(text.lines().next().unwrap_or_default().to_owned()))
    }

    /// Given outright, or by a file.
    fn given(secret: Option<&Secret>, file: Option<&Path>) -> std::io::Result<Option<Secret>> {
        match (secret, file) {
            (Some(secret), _) => Ok(Some(secret.clone())),
            (None, Some(file)) => Secret::read(file).map(Some),
            (None, None) => Ok(None),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// An error here must not repeat the value.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(secret) => Ok(Secret(secret)),
            _ => Err(serde::de::Error::custom("must be text in quotes")),
        }
    }
}

impl Sip {
    /// The trunk's password, read from its file if it has one.
    pub fn secret(&self) -> std::io::Result<Option<Secret>> {
        Secret::given(self.password.as_ref(), self.password_file.as_deref())
    }
}

impl Config {
    /// Which number takes which line, and how many calls may lead where.
    pub fn routes(&self) -> Routes {
        let pairs = self.lines.iter().flat_map(|line| line.prefixes.iter().map(|prefix| (prefix, &line.name)));
        let routes = Routes::new(pairs.map(|(prefix, line)| (prefix.clone(), line.clone())));
        let limits = self.limits.iter().map(|limit| (limit.prefix.clone(), limit.channels));
        routes.limited(limits).tested_by(self.test_line())
    }

    /// The line of customers in test mode: the first loopback, or one that is there for them alone.
    pub fn test_line(&self) -> &str {
        let loopback = self.lines.iter().find(|line| matches!(line.kind, LineKind::Loopback { .. }));
        loopback.map_or(TEST_LINE, |line| &line.name)
    }

    /// The loopback line for customers in test mode, where none is configured.
    pub fn own_test_line(&self) -> Option<Line> {
        let none = self.test_line() == TEST_LINE && !self.lines.iter().any(|line| line.name == TEST_LINE);
        none.then(|| Line {
            name: TEST_LINE.to_owned(),
            prefixes: Vec::new(),
            channels: 10,
            retry: Changes::default(),
            kind: LineKind::Loopback { speed: 1 },
        })
    }

    /// What the operator wants of deliveries.
    pub fn policy(&self) -> Policy {
        let changed = self.lines.iter().filter(|line| !line.retry.is_empty());
        let line_retry = changed.map(|line| (line.name.clone(), line.retry.clone())).collect();
        Policy { line_retry, ..Policy::new(self.routes(), self.retry.clone()) }
    }

    /// The key that seals foreign secrets.
    pub fn key_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data_dir.join("secret.key"))
    }
}

fn any_address() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 0))
}

fn real_time() -> u8 {
    1
}

fn a_minute() -> u64 {
    60
}

fn two_hours() -> u64 {
    7200
}

/// Subnets, and single addresses.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let entries = Vec::<String>::deserialize(deserializer)?;
    entries.iter().map(|entry| subnet(entry)).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}
