//! Names of hosts that stand for data centres (the vendor's have each job in one of them, and clients ask all).
//!
//! Where none is configured there is one place, whatever it is called: that suits most clients. One of them asks every data centre
//! at once and joins the answers; under several names of one place it would get every report twice.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// Data centres by the names of their hosts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Centres {
    by_host: BTreeMap<String, String>,
    labels: Vec<String>,
}

impl Centres {
    /// From names of hosts, without ports, to the data centres they stand for.
    pub fn new(by_host: impl IntoIterator<Item = (String, String)>) -> Centres {
        let by_host: BTreeMap<_, _> = by_host.into_iter().map(|(host, label)| (canonical(&host), label)).collect();
        let mut labels: Vec<_> = by_host.values().cloned().collect();
        labels.sort();
        labels.dedup();
        Centres { by_host, labels }
    }

    /// The data centre that is asked; none where the name stands for all of them.
    pub fn asked(&self, headers: &HeaderMap) -> Option<String> {
        let host = headers.get(HOST)?.to_str().ok()?;
        let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|c| c.is_ascii_digit()));
        self.by_host.get(&canonical(name.map_or(host, |(name, _)| name))).cloned()
    }

    /// Where a new job goes: where it is handed in, else each in turn, by the last characters of its id.
    pub fn of_new(&self, headers: &HeaderMap, job: &str) -> Option<String> {
        let turn = || {
            let sum: usize = job.bytes().map(usize::from).sum();
            self.labels.get(sum.checked_rem(self.labels.len())?).cloned()
        };
        self.asked(headers).or_else(turn)
    }
}

fn canonical(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str) -> HeaderMap {
        HeaderMap::from_iter([(HOST, name.parse().unwrap())])
    }

    #[test]
    fn a_name_stands_for_a_data_centre_with_any_port_in_any_case() {
        let pairs = [("faxws.de1.example.com", "de1"), ("FAXWS.de2.example.com.", "de2")];
        let centres = Centres::new(pairs.map(|(host, label)| (host.to_owned(), label.to_owned())));
        assert_eq!(centres.asked(&host("faxws.DE1.example.com:8443")).as_deref(), Some("de1"));
        assert_eq!(centres.asked(&host("faxws.de2.example.com")).as_deref(), Some("de2"));
        assert_eq!(centres.asked(&host("faxws-ha.de.example.com")), None);
        assert_eq!(centres.asked(&HeaderMap::new()), None);
        assert_eq!(centres.of_new(&host("faxws.de2.example.com"), "FJ1").as_deref(), Some("de2"));
        let labels: Vec<_> = (0..4).map(|n| centres.of_new(&HeaderMap::new(), &format!("FJ{n}")).unwrap()).collect();
        assert!(labels.contains(&"de1".to_owned()) && labels.contains(&"de2".to_owned()), "{labels:?}");
        assert_eq!(Centres::default().of_new(&host("faxws.de1.example.com"), "FJ1"), None);
    }
}
