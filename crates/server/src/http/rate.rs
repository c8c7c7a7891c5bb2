//! How often a login may ask: a token bucket for each.
//!
//! A bucket holds `burst` tokens and fills at the settled rate; a request takes one. Only logins that proved who they are have
//! a bucket, so strangers can neither fill the memory nor use up somebody's tokens.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::Settings;
use super::refusal::Refusal;

/// Buckets kept before the full ones, which say nothing, are thrown out.
const BUCKETS_MAX: usize = 10_000;

pub struct Rate {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

impl Rate {
    pub fn new(settings: &Settings) -> Rate {
        Rate {
            per_second: f64::from(settings.requests_per_second.max(1)),
            burst: f64::from(settings.requests_burst.max(1)),
            buckets: Mutex::default(),
        }
    }

    /// Takes a token of this login's, or says when there will be one.
    pub fn take(&self, login: &str, now: Timestamp) -> Result<(), Refusal> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(login) {
            buckets.retain(|_, bucket| self.tokens(bucket, now) < self.burst);
        }
        let bucket = buckets.entry(login.to_owned()).or_insert(Bucket { tokens: self.burst, at: now });
        let tokens = self.tokens(bucket, now);
        let granted = tokens >= 1.0;
        *bucket = Bucket { tokens: if granted { tokens - 1.0 } else { tokens }, at: now };
        if granted {
            return Ok(());
        }
        Err(Refusal::TooManyRequests { retry_after: Duration::from_secs_f64((1.0 - tokens) / self.per_second) })
    }

    fn tokens(&self, bucket: &Bucket, now: Timestamp) -> f64 {
        // A clock set back neither takes nor gives.
        let seconds = now.duration_since(bucket.at).as_secs_f64().max(0.0);
        (bucket.tokens + seconds * self.per_second).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let rate = Rate::new(&Settings { requests_per_second: 2, requests_burst: 3, ..Settings::default() });
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let at = |ms| start + SignedDuration::from_millis(ms);
        let taken = (0..5).filter(|_| rate.take("a", at(0)).is_ok()).count();
        assert_eq!(taken, 3);
        let Err(Refusal::TooManyRequests { retry_after }) = rate.take("a", at(100)) else { panic!("no token is left") };
        assert_eq!(retry_after, Duration::from_millis(400));
        assert!(rate.take("b", at(100)).is_ok(), "others have their own");
        assert!(rate.take("a", at(500)).is_ok());
        assert!(rate.take("a", at(500)).is_err());
        assert!(rate.take("a", at(0)).is_err(), "the clock was set back");
        assert_eq!((0..5).filter(|_| rate.take("a", at(60_000)).is_ok()).count(), 3);
    }
}
