//! Hosts by name: the only ones that a fetcher for resources of documents may ask.

use std::net::IpAddr;

use super::guard::{canonical, is_host_name};

/// Hosts, and all hosts below others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hosts(Vec<Listed>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Listed {
    Name(String),
    /// Those whose names end in a dot and this.
    Below(String),
    Address(IpAddr),
}

/// An entry names no host.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is neither a host, such as img.example.com, nor all below one, such as *.example.com")]
pub struct NotAHost(String);

impl Hosts {
    /// From entries like `img.example.com`, `*.example.com` and `192.0.2.7`.
    pub fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Hosts, NotAHost> {
        entries.into_iter().map(|entry| listed(entry.as_ref())).collect::<Result<_, _>>().map(Hosts)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a URL's host is among them.
    pub(super) fn has(&self, host: &str) -> bool {
        let host = canonical(host.trim_matches(['[', ']']));
        let address: Option<IpAddr> = host.parse().ok();
        self.0.iter().any(|listed| match listed {
            Listed::Name(name) => *name == host,
            Listed::Below(name) => host.strip_suffix(name.as_str()).is_some_and(|below| below.ends_with('.')),
            Listed::Address(listed) => Some(*listed) == address,
        })
    }
}

fn listed(entry: &str) -> Result<Listed, NotAHost> {
    let entry = entry.trim();
    if let Ok(address) = entry.parse() {
        return Ok(Listed::Address(address));
    }
    match entry.strip_prefix("*.") {
        // Not a whole country.
        Some(name) if is_host_name(name) && name.trim_end_matches('.').contains('.') => {
            Ok(Listed::Below(canonical(name)))
        }
        None if is_host_name(entry) => Ok(Listed::Name(canonical(entry))),
        _ => Err(NotAHost(entry.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_by_name_by_what_they_are_below_and_by_address() {
        let hosts = Hosts::parse(["Img.Example.com", "*.cdn.example.net", "192.0.2.7", "2001:db8::7"]).unwrap();
        for host in ["img.example.com", "IMG.example.com.", "a.cdn.example.net", "b.a.cdn.example.net", "192.0.2.7"] {
            assert!(hosts.has(host), "{host}");
        }
        assert!(hosts.has("[2001:db8::7]"));
        for host in [
            "example.com",
            "a.img.example.com",
            "img.example.com.evil.example",
            "cdn.example.net",
            "evilcdn.example.net",
            "192.0.2.8",
            "[2001:db8::8]",
            "",
        ] {
            assert!(!hosts.has(host), "{host}");
        }
        assert!(!Hosts::default().has("img.example.com"));
    }

    #[test]
    fn what_names_no_host_is_refused() {
        for wrong in
            ["", "*", "*.", "*.com", "a.*.com", "http://img.example.com", "img.example.com:80", "a/b", "10.0.0.0/8"]
        {
            assert_eq!(Hosts::parse(["img.example.com", wrong]), Err(NotAHost(wrong.to_owned())));
        }
    }
}
