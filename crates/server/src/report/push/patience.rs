//! Hosts that cost time and don't answer. There are only so many pushes at a time; thousands for one dead host would keep those of
//! all others waiting. So a host that took a while to fail is left alone for as long, and its pushes come back by the schedule.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What fails faster costs nobody anything.
const NOTICED: Duration = Duration::from_secs(1);
/// When there are more, all are forgiven.
const HOSTS_MAX: usize = 1000;

/// Until when which host is left alone.
#[derive(Debug, Default)]
pub struct Patience(Mutex<HashMap<String, Instant>>);

impl Patience {
    /// Whether this host is to be left alone now.
    pub fn is_out(&self, host: &str, now: Instant) -> bool {
        let mut hosts = self.lock();
        let until = hosts.get(host).copied();
        let out = until.is_some_and(|until| until > now);
        if !out {
            hosts.remove(host);
        }
        out
    }

    /// This host did not answer, which took so long until now.
    pub fn lost(&self, host: String, took: Duration, now: Instant) {
        if took < NOTICED {
            return;
        }
        let mut hosts = self.lock();
        if hosts.len() >= HOSTS_MAX {
            hosts.clear();
        }
        hosts.insert(host, now + took);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        // Nothing half done is ever left behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_left_alone_as_long_as_it_took_to_fail() {
        let (patience, now) = (Patience::default(), Instant::now());
        patience.lost("a".into(), Duration::from_secs(30), now);
        patience.lost("b".into(), Duration::from_millis(10), now);
        let out = |host| patience.is_out(host, now);
        assert!(out("a") && !out("b") && !out("c"));
        assert!(!patience.is_out("a", now + Duration::from_secs(31)));
        assert!(patience.lock().is_empty());
    }
}
