//! What only the whole configuration tells, and what only the machine it runs on.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;

use ferrofax_template::header::Header;
use jiff::tz::TimeZone;
use lettre::Address;
use lettre::message::Mailbox;

use super::{Config, Customer, ErrorCorrection, Http, Line, LineKind, Login, Mail, MailTls, Secret, Sip};
use crate::fetch::{Exempt, Hosts, permitted};
use crate::jobs::Changes;
use crate::report::mail::Server;
use crate::report::push::SigningKey;
use crate::stationery::TemplateName;

/// Something that would not work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// `line[1].prefixes[0]`.
    pub setting: String,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.message)
    }
}

/// Collects problems under the path of a section.
struct Finder<'a> {
    path: String,
    found: &'a mut Vec<Problem>,
}

impl Finder<'_> {
    fn within(&mut self, path: impl fmt::Display) -> Finder<'_> {
        let path = if self.path.is_empty() { path.to_string() } else { format!("{}.{path}", self.path) };
        Finder { path, found: self.found }
    }

    fn say(&mut self, key: &str, message: impl Into<String>) {
        let setting = self.within(key).path;
        self.found.push(Problem { setting, message: message.into() });
    }

    fn need(&mut self, good: bool, key: &str, message: &str) {
        if !good {
            self.say(key, message);
        }
    }

    fn file(&mut self, key: &str, path: Option<&Path>) {
        if let Some(path) = path
            && let Err(error) = File::open(path).and_then(|file| file.metadata())
        {
            self.say(key, format!("{} can't be read: {error}", path.display()));
        }
    }
}

impl Config {
    /// Everything that would not work. Looks at files, opens no socket and changes nothing.
    pub fn check(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut finder = Finder { path: String::new(), found: &mut found };
        self.house(&mut finder);
        self.http.check(&mut finder.within("http"));
        let mut render = finder.within("render");
        render.need((1..=256).contains(&self.render.children), "children", "must be 1 to 256");
        render.need((1..=64).contains(&self.render.composers), "composers", "must be 1 to 64");
        render.need(self.render.document_seconds_max > 0, "document_seconds_max", "must be more than 0");
        render.need(self.render.pages_max > 0, "pages_max", "must be more than 0");
        let mut fetch = finder.within("fetch");
        if let Err(wrong) = Exempt::parse(&self.fetch.allow) {
            fetch.say("allow", wrong.to_string());
        }
        for (n, host) in self.fetch.resource_hosts.iter().enumerate() {
            if let Err(wrong) = Hosts::parse([host]) {
                fetch.say(&format!("resource_hosts[{n}]"), wrong.to_string());
            }
        }
        fetch.need(self.fetch.bytes_max >= 1024, "bytes_max", "must be 1024 or more");
        fetch.need(self.fetch.seconds_max > 0, "seconds_max", "must be more than 0");
        fetch.need((1..=100).contains(&self.fetch.tries), "tries", "must be 1 to 100");
        self.mail.check(&mut finder.within("mail"));
        let mut ocr = finder.within("ocr");
        let languages = &self.ocr.languages;
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-/+".contains(c);
        ocr.need(
            !languages.is_empty() && !languages.starts_with('-') && languages.chars().all(plain),
            "languages",
            "must be codes joined by +, such as deu+eng",
        );
        ocr.need((1..=600).contains(&self.ocr.page_seconds_max), "page_seconds_max", "must be 1 to 600");
        self.retry(&mut finder);
        self.lines(&mut finder);
        self.customers(&mut finder);
        found
    }

    fn house(&self, finder: &mut Finder<'_>) {
        if let Some(node) = &self.node_id {
            let good = node.len() == 8 && node.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
            finder.need(good, "node_id", "must be 8 characters of 0-9 and A-Z");
        }
        match fs::metadata(&self.data_dir) {
            Ok(found) if !found.is_dir() => finder.say("data_dir", "is not a folder"),
            Ok(found) if found.permissions().readonly() => finder.say("data_dir", "can't be written"),
            _ => {}
        }
        // A key that does not exist yet is made; one that does must be readable.
        if let Some(key) = self.key_file.as_deref().filter(|key| key.exists()) {
            finder.file("key_file", Some(key));
        }
    }

    fn retry(&self, finder: &mut Finder<'_>) {
        if let Some(wrong) = self.retry.wrong() {
            finder.say("retry", wrong);
        }
        let mut prefixes = HashSet::new();
        for (n, limit) in self.limits.iter().enumerate() {
            let mut finder = finder.within(format_args!("limit[{n}]"));
            let good = limit.prefix.starts_with("00") && limit.prefix.bytes().all(|digit| digit.is_ascii_digit());
            finder.need(good, "prefix", "must be digits that begin with 00");
            finder.need(prefixes.insert(&limit.prefix), "prefix", "is another limit's prefix too");
            finder.need(limit.channels > 0, "channels", "must be more than 0");
        }
    }

    /// Rules that differ must be right together with those they change.
    fn changes(&self, changes: &Changes, finder: &mut Finder<'_>) {
        if let Some(wrong) = self.retry.with(changes).wrong() {
            finder.say("retry", wrong);
        }
    }

    fn lines(&self, finder: &mut Finder<'_>) {
        finder.need(!self.lines.is_empty(), "line", "at least one line is needed");
        let mut names = HashSet::new();
        let mut prefixes: HashMap<&str, &str> = HashMap::new();
        let mut addresses = HashSet::new();
        for (n, line) in self.lines.iter().enumerate() {
            let mut finder = finder.within(format_args!("line[{n}]"));
            line.check(&mut finder);
            self.changes(&line.retry, &mut finder);
            finder.need(names.insert(&line.name), "name", "is another line's name too");
            for (p, prefix) in line.prefixes.iter().enumerate() {
                let key = format!("prefixes[{p}]");
                let dialled =
                    prefix.is_empty() || prefix.starts_with("00") && prefix.bytes().all(|digit| digit.is_ascii_digit());
                finder.need(dialled, &key, "must be digits that begin with 00, or empty for every number");
                if let Some(other) = prefixes.insert(prefix, &line.name) {
                    finder.say(&key, format!("is a prefix of line {other} too"));
                }
            }
            if let LineKind::Sip(sip) = &line.kind {
                let own: SocketAddr = sip.bind;
                finder.need(own.port() == 0 || addresses.insert(own), "bind", "is another line's address too");
            }
        }
    }

    fn customers(&self, finder: &mut Finder<'_>) {
        let mut numbers = HashSet::new();
        let mut names = HashSet::new();
        // One that is wrong has been said already.
        let exempt = Exempt::parse(&self.fetch.allow).unwrap_or_default();
        for (n, customer) in self.customers.iter().enumerate() {
            let mut finder = finder.within(format_args!("customer[{n}]"));
            customer.check(&exempt, &mut finder);
            if let Some(changes) = &customer.retry {
                self.changes(changes, &mut finder);
            }
            finder.need(customer.channels != Some(0), "channels", "must be more than 0");
            let new = numbers.insert(customer.number.to_ascii_uppercase());
            finder.need(new, "number", "is another customer's number too");
            for (l, login) in customer.logins.iter().enumerate() {
                let mut finder = finder.within(format_args!("login[{l}]"));
                login.check(&mut finder);
                finder.need(names.insert(&login.name), "name", "is another login's name too");
            }
        }
    }
}

impl Http {
    fn check(&self, finder: &mut Finder<'_>) {
        let both = self.tls_certificate.is_some() == self.tls_key.is_some();
        finder.need(both, "tls_certificate", "tls_certificate and tls_key go together");
        finder.file("tls_certificate", self.tls_certificate.as_deref());
        finder.file("tls_key", self.tls_key.as_deref());
        finder.need(self.body_bytes_max >= 1024, "body_bytes_max", "must be 1024 or more");
        let enough = self.bodies_bytes_max >= self.body_bytes_max;
        finder.need(enough, "bodies_bytes_max", "must not be less than body_bytes_max");
        finder.need(self.connections_max > 0, "connections_max", "must be more than 0");
        finder.need(self.requests_per_second > 0, "requests_per_second", "must be more than 0");
        finder.need(self.requests_burst > 0, "requests_burst", "must be more than 0");
    }
}

impl Mail {
    fn check(&self, finder: &mut Finder<'_>) {
        match &self.server {
            Some(server) => {
                finder.need(Server::parse(server).is_some(), "server", "must be host or host:port");
                finder.need(self.from.is_some(), "from", "is needed where there is a server");
            }
            None => finder.need(self.from.is_none(), "server", "is needed where from is given"),
        }
        for (key, address) in [("from", &self.from), ("reply_to", &self.reply_to)] {
            let good = address.as_ref().is_none_or(|address| address.parse::<Mailbox>().is_ok());
            finder.need(good, key, "must be a mail address, or a name and a mail address in < and >");
        }
        let returned = self.bounces_to.as_ref().filter(|address| !address.is_empty());
        let good = returned.is_none_or(|address| address.parse::<Address>().is_ok());
        finder.need(good, "bounces_to", "must be a mail address, or empty");
        finder.file("ca_file", self.ca_file.as_deref());
        let once = self.password.is_none() || self.password_file.is_none();
        finder.need(once, "password", "password and password_file exclude each other");
        let secret = self.password.is_some() || self.password_file.is_some();
        finder.need(secret == self.user.is_some(), "user", "user and password go together");
        finder.file("password_file", self.password_file.as_deref());
        if let Some(server) = self.server.as_deref().and_then(Server::parse) {
            let clear = self.tls == Some(MailTls::None) && secret && !server.is_here();
            finder.need(!clear, "tls", "a password would travel in clear");
        }
        finder.need((1..=600).contains(&self.seconds_max), "seconds_max", "must be 1 to 600");
        finder.need((1..=100).contains(&self.connections), "connections", "must be 1 to 100");
    }
}

impl Line {
    fn check(&self, finder: &mut Finder<'_>) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        finder.need(!self.name.is_empty() && self.name.chars().all(plain), "name", "must be letters, digits, - and _");
        finder.need(!self.prefixes.is_empty(), "prefixes", "without a prefix the line takes no call");
        finder.need((1..=10_000).contains(&self.channels), "channels", "must be 1 to 10000");
        match &self.kind {
            LineKind::Loopback { speed } => finder.need((1..=20).contains(speed), "speed", "must be 1 to 20"),
            LineKind::Sip(sip) => sip.check(finder),
        }
    }
}

impl Sip {
    fn check(&self, finder: &mut Finder<'_>) {
        let host = self.target.rsplit_once(':').map_or(self.target.as_str(), |(host, _)| host);
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        finder.need(!host.is_empty() && self.target.chars().all(plain), "target", "must be host or host:port");
        let once = self.password.is_none() || self.password_file.is_none();
        finder.need(once, "password", "password and password_file exclude each other");
        let secret = self.password.is_some() || self.password_file.is_some();
        finder.need(secret == self.user.is_some(), "user", "user and password go together");
        finder.file("password_file", self.password_file.as_deref());
        if let Some((first, last)) = self.media_ports {
            let good = first > 0 && first < last;
            finder.need(good, "media_ports", "must be the first and the last port, 1 to 65535");
        }
        finder.need(self.ring_seconds_max > 0, "ring_seconds_max", "must be more than 0");
        finder.need(self.call_seconds_max >= 60, "call_seconds_max", "must be 60 or more");
        finder.need((1..=20).contains(&self.speed), "speed", "must be 1 to 20");
        let rates = [2400, 4800, 7200, 9600, 12_000, 14_400];
        let mut finder = finder.within("t38");
        let rate = rates.contains(&self.t38.bit_rate_max);
        finder.need(rate, "bit_rate_max", "must be 2400, 4800, 7200, 9600, 12000 or 14400");
        let repeat = self.t38.error_correction == ErrorCorrection::None || (1..=7).contains(&self.t38.repeat);
        finder.need(repeat, "repeat", "must be 1 to 7");
    }
}

impl Customer {
    fn check(&self, exempt: &Exempt, finder: &mut Finder<'_>) {
        let plain = !self.number.is_empty() && self.number.len() <= 32;
        let plain = plain && self.number.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        finder.need(plain, "number", "must be 1 to 32 letters and digits");
        let short = self.csid.as_ref().is_none_or(|csid| csid.chars().count() <= 20);
        finder.need(short, "csid", "must have 20 characters at most");
        if let Some(zone) = &self.zone {
            finder.need(TimeZone::get(zone).is_ok(), "zone", "is no time zone, such as Europe/Berlin");
        }
        let country = |country: &String| country.len() == 2 && country.bytes().all(|c| c.is_ascii_uppercase());
        finder.need(self.country.as_ref().is_none_or(country), "country", "must be two capital letters, such as DE");
        for (key, url) in [("push_url", &self.push_url), ("push_token_url", &self.push_token_url)] {
            // An empty one takes away what is stored.
            let url = url.as_deref().filter(|url| !url.is_empty());
            if let Some(Err(forbidden)) = url.map(|url| permitted(url, exempt)) {
                finder.say(key, forbidden.to_string());
            }
        }
        let once = self.push_credentials.is_none() || self.push_credentials_file.is_none();
        finder.need(once, "push_credentials", "push_credentials and push_credentials_file exclude each other");
        finder.file("push_credentials_file", self.push_credentials_file.as_deref());
        let once = self.push_signing_key.is_none() || self.push_signing_key_file.is_none();
        finder.need(once, "push_signing_key", "push_signing_key and push_signing_key_file exclude each other");
        finder.file("push_signing_key_file", self.push_signing_key_file.as_deref());
        let key = Secret::given(self.push_signing_key.as_ref(), self.push_signing_key_file.as_deref());
        let key = key.ok().flatten().filter(|key| !key.reveal().is_empty());
        if let Some(Err(wrong)) = key.map(|key| SigningKey::parse(key.reveal())) {
            finder.say("push_signing_key", wrong.to_string());
        }
        finder.need(self.retention_days != Some(0), "retention_days", "must be more than 0");
        if let Some(Err(wrong)) = self.header.as_deref().map(Header::parse) {
            finder.say("header", wrong.to_string());
        }
        // Whether it is installed is seen when a job wants it.
        let cover = self.default_cover.as_deref().filter(|cover| !cover.is_empty());
        if let Some(Err(wrong)) = cover.map(TemplateName::parse) {
            finder.say("default_cover", wrong.to_string());
        }
        // Set and not honoured, this would send what was to stay in the house.
    }
}

impl Login {
    fn check(&self, finder: &mut Finder<'_>) {
        // A colon would end the name in HTTP Basic authentication.
        finder.need(!self.name.is_empty() && !self.name.contains(':'), "name", "must not be empty or have a colon");
        let given = [self.password.is_some(), self.password_file.is_some(), self.password_hash.is_some()];
        let once = given.iter().filter(|given| **given).count() == 1;
        finder.need(once, "password", "one of password, password_file and password_hash is needed");
        finder.file("password_file", self.password_file.as_deref());
        let phc = |hash: &Secret| hash.reveal().starts_with("$argon2");
        finder.need(self.password_hash.as_ref().is_none_or(phc), "password_hash", "must begin with $argon2");
    }
}
