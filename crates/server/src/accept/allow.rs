//! The addresses a login may come from.

use std::net::IpAddr;

use ipnet::IpNet;

/// Addresses and subnets; an empty list allows every address.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowList(Vec<IpNet>);

/// An entry is neither an address nor a subnet.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is neither an address nor a subnet")]
pub struct NotASubnet(String);

/// An address or a subnet. An IPv4 address written as IPv6 is the IPv4 one, as clients are compared so.
pub fn subnet(entry: &str) -> Result<IpNet, NotASubnet> {
    let address = entry.parse().map(|address: IpAddr| IpNet::from(address.to_canonical()));
    address.or_else(|_| entry.parse()).map_err(|_| NotASubnet(entry.to_owned()))
}

impl From<Vec<IpNet>> for AllowList {
    fn from(subnets: Vec<IpNet>) -> AllowList {
        AllowList(subnets)
    }
}

impl AllowList {
    /// From entries like `192.0.2.7`, `192.0.2.0/24` and `2001:db8::/32`.
    pub fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<AllowList, NotASubnet> {
        entries.into_iter().map(|entry| subnet(entry.as_ref().trim())).collect::<Result<_, _>>().map(AllowList)
    }

    pub fn allows(&self, address: IpAddr) -> bool {
        // An IPv4 client on a dual-stack socket shows up as `::ffff:192.0.2.7`.
        self.0.is_empty() || self.0.iter().any(|subnet| subnet.contains(&address.to_canonical()))
    }
}
