//! The guard of everything this service asks of a stranger's URL: whom it may talk to.
//!
//! A URL is looked at before a request is made of it, and again at every redirect, where those are followed: http or https, no
//! credentials, and if its host is an address, one it may talk to. A name is resolved here as well, by the resolver of the client
//! itself; what it yields is sieved, and the client connects to what is left. Nothing is resolved twice, so a name that changes its
//! mind between looking and connecting gains nothing. Proxies of the environment are not used, as they would resolve by themselves.
//!
//! Addresses are sieved by the registries of special-purpose addresses (RFC 6890 and what IANA added since). An IPv4 address
//! written as IPv6 (mapped, RFC 4291, or through NAT64, RFC 6052) is looked at as the IPv4 one; the other forms that carry one
//! (compatible, 6to4, Teredo) are refused altogether. What the operator allows by name or by subnet is exempt.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Url};

use super::hosts::Hosts;
use crate::accept::allow::{NotASubnet, subnet};

/// Redirects of one request.
const REDIRECTS_MAX: usize = 5;
/// Bytes of a URL.
const URL_BYTES_MAX: usize = 8192;
/// From asking for the name to the end of the TLS handshake.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// IPv4 networks in which no stranger's server lives.
const INNER_V4: [([u8; 4], u8); 17] = [
    ([0, 0, 0, 0], 8),        // this network
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // carriers' NAT
    ([127, 0, 0, 0], 8),      // loopback
    ([168, 63, 129, 16], 32), // a cloud's own server for its machines
    ([169, 254, 0, 0], 16),   // link-local, with the metadata servers of clouds
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 31, 196, 0], 24),  // AS112
    ([192, 88, 99, 0], 24),   // 6to4 relays
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

/// Where the addresses of IPv6 are given out; everything else is local, reserved or multicast.
const OUTER_V6: (u16, u8) = (0x2000, 3);

/// IPv6 networks within that where no stranger's server lives.
const INNER_V6: [([u16; 2], u8); 4] = [
    ([0x2001, 0], 23),     // protocol assignments, with Teredo, ORCHID, benchmarks
    ([0x2001, 0xdb8], 32), // documentation
    ([0x2002, 0], 16),     // 6to4
    ([0x3fff, 0], 20),     // documentation
];

/// RFC 6052: the last 32 bits are an IPv4 address.
const NAT64: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];

/// Why a URL is not asked. Says nothing of the URL itself, which may hold secrets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Forbidden {
    #[error("the URL can't be understood")]
    NotAUrl,
    #[error("the URL is neither http nor https")]
    Scheme,
    #[error("the URL has a user name or password in it")]
    Credentials,
    #[error("the URL leads to an address inside a network, see [fetch] allow")]
    Inside,
    #[error("its host is not in [fetch] resource_hosts")]
    Unlisted,
    #[error("the URL is redirected more than {REDIRECTS_MAX} times")]
    Redirects,
}

/// What an operator lets pass although it is inside: hosts by name, and subnets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exempt {
    hosts: Vec<String>,
    subnets: Vec<IpNet>,
}

impl Exempt {
    /// From entries like `files.example.net`, `192.0.2.7`, `10.1.0.0/16` and `fd00::/8`.
    pub fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Exempt, NotASubnet> {
        let mut exempt = Exempt::default();
        for entry in entries {
            let entry = entry.as_ref().trim();
            match subnet(entry) {
                Ok(subnet) => exempt.subnets.push(subnet),
                Err(_) if is_host_name(entry) => exempt.hosts.push(canonical(entry)),
                Err(error) => return Err(error),
            }
        }
        Ok(exempt)
    }

    fn host(&self, name: &str) -> bool {
        self.hosts.contains(&canonical(name))
    }

    /// Whether the service may talk to this address.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = inner_v4(address).map_or(address, IpAddr::V4);
        !is_inside(address) || self.subnets.iter().any(|subnet| subnet.contains(&address))
    }
}

/// Letters in small, and without the dot at the end that stands for the root.
pub(super) fn canonical(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Made of letters, digits, hyphens and dots, and not by digits alone like a broken address.
pub(super) fn is_host_name(entry: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    entry.len() <= 253 && entry.chars().all(plain) && entry.chars().any(|c| c.is_ascii_alphabetic())
}

/// The IPv4 address that an IPv6 address stands for, where packets to the one end at the other.
fn inner_v4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let nat64 = [a, b, c, d, e, f] == NAT64;
    v6.to_ipv4_mapped().or_else(|| nat64.then(|| Ipv4Addr::from(u32::from(g) << 16 | u32::from(h))))
}

fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => INNER_V4.iter().any(|&(network, bits)| {
            let network = u32::from(Ipv4Addr::from(network));
            (u32::from(v4) ^ network).leading_zeros() >= u32::from(bits)
        }),
        IpAddr::V6(v6) => {
            let within = |high: [u16; 2], bits: u8| {
                let [a, b] = high;
                let network = u128::from(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0));
                (u128::from(v6) ^ network).leading_zeros() >= u32::from(bits)
            };
            let (outer, bits) = OUTER_V6;
            !within([outer, 0], bits) || INNER_V6.iter().any(|&(network, bits)| within(network, bits))
        }
    }
}

/// Makes requests to strangers' URLs, and lets none through that leads inside. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Guard {
    client: Client,
    rules: Arc<Rules>,
}

/// Whom a guard lets ask whom.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Addresses inside that may be asked all the same.
    pub exempt: Exempt,
    /// Nobody else is asked, if given.
    pub only: Option<Hosts>,
    /// Whether redirects are followed, each looked at like the URL itself. If not, they are answers like any other.
    pub follow: bool,
    pub names: Names,
}

impl Rules {
    /// Whom to ask may be decided by redirects too.
    pub fn following(exempt: Exempt, only: Option<Hosts>) -> Rules {
        Rules { exempt, only, follow: true, names: Names::default() }
    }

    /// Only who is named in the URL is asked.
    pub fn unredirected(exempt: Exempt) -> Rules {
        Rules { exempt, only: None, follow: false, names: Names::default() }
    }
}

/// What a look-up yields.
pub type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

type LookUp = dyn Fn(&str) -> Looking + Send + Sync;

/// Who knows the addresses of a name: the system, or a table of a test.
#[derive(Clone, Default)]
pub struct Names(Option<Arc<LookUp>>);

impl Names {
    /// Asks this instead of the system.
    pub fn by(look_up: impl Fn(&str) -> Looking + Send + Sync + 'static) -> Names {
        Names(Some(Arc::new(look_up)))
    }

    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match &self.0 {
            Some(look_up) => look_up(name).await,
            None => Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect()),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Names(by)" } else { "Names(system)" })
    }
}

/// The client could not be made, for want of TLS.
#[derive(Debug, thiserror::Error)]
#[error("no client for HTTP could be made")]
pub struct NoClient(#[source] reqwest::Error);

impl Guard {
    /// Needs a provider of TLS for the process.
    pub fn new(rules: Rules) -> Result<Guard, NoClient> {
        let rules = Arc::new(rules);
        let redirects = || {
            if !rules.follow {
                return Policy::none();
            }
            let rules = rules.clone();
            Policy::custom(move |attempt| match check(attempt.url(), &rules) {
                Err(forbidden) => attempt.error(forbidden),
                Ok(()) if attempt.previous().len() > REDIRECTS_MAX => attempt.error(Forbidden::Redirects),
                Ok(()) => attempt.follow(),
            })
        };
        let builder = || {
            Client::builder()
                .dns_resolver(Sieve(rules.clone()))
                .redirect(redirects())
                .no_proxy()
                // The URL before a redirect may hold a secret.
                .referer(false)
                .connect_timeout(CONNECT_TIME_MAX)
                .user_agent(concat!("ferrofax/", env!("CARGO_PKG_VERSION")))
        };
        let client = builder().build().or_else(|error| {
            // A system without the certificates of authorities is no reason not to start; http goes on, and https trusts nobody.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "https to others will fail: no certificates to trust"
            );
            builder().tls_certs_only([]).build()
        });
        Ok(Guard { client: client.map_err(NoClient)?, rules })
    }

    /// A request to this URL, to be completed and sent.
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, Forbidden> {
        Ok(self.client.request(method, parsed(url, &self.rules)?))
    }

    /// A URL that may be asked, as it is understood.
    pub fn url(&self, url: &str) -> Result<Url, Forbidden> {
        parsed(url, &self.rules)
    }
}

/// Whether a URL may be asked, as far as that is known before its name is resolved.
pub fn permitted(url: &str, exempt: &Exempt) -> Result<(), Forbidden> {
    parsed(url, &Rules::unredirected(exempt.clone())).map(drop)
}

fn parsed(url: &str, rules: &Rules) -> Result<Url, Forbidden> {
    if url.len() > URL_BYTES_MAX {
        return Err(Forbidden::NotAUrl);
    }
    let url = Url::parse(url.trim()).map_err(|_| Forbidden::NotAUrl)?;
    check(&url, rules)?;
    Ok(url)
}

/// All that can be said of a URL before its name is resolved.
fn check(url: &Url, Rules { exempt, only, .. }: &Rules) -> Result<(), Forbidden> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Forbidden::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Forbidden::Credentials);
    }
    // Whatever way an address was written (octal, hexadecimal, one number, full-width digits), here it is in the usual one.
    let host = url.host_str().ok_or(Forbidden::NotAUrl)?;
    if only.as_ref().is_some_and(|only| !only.has(host)) {
        return Err(Forbidden::Unlisted);
    }
    match host.trim_matches(['[', ']']).parse() {
        Ok(address) if !exempt.permits(address) => Err(Forbidden::Inside),
        Err(_) if is_this_machine(host) && !exempt.host(host) && !exempt.permits(Ipv4Addr::LOCALHOST.into()) => {
            Err(Forbidden::Inside)
        }
        _ => Ok(()),
    }
}

/// A name that means this machine whatever a resolver says, RFC 6761 clause 6.3.
fn is_this_machine(host: &str) -> bool {
    let name = canonical(host);
    name == "localhost" || name.ends_with(".localhost")
}

/// A resolver that leaves out the addresses inside.
struct Sieve(Arc<Rules>);

impl fmt::Debug for Sieve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sieve")
    }
}

impl Resolve for Sieve {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.0.clone();
        Box::pin(async move {
            let exempt = &rules.exempt;
            let host = name.as_str();
            let found = rules.names.addresses(host).await?;
            let (permitted, inside): (Vec<IpAddr>, Vec<_>) =
                found.into_iter().partition(|&found| exempt.host(host) || exempt.permits(found));
            if permitted.is_empty() && !inside.is_empty() {
                return Err(Forbidden::Inside.into());
            }
            Ok(Box::new(permitted.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
