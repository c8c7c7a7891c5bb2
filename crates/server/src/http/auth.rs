//! Who is asking.
//!
//! Hashing a password costs 25 ms of a core, and Basic sends it with every request. So credentials that were right are
//! remembered for a while, as a keyed hash over login, password and the registered hash: a changed password is new at once,
//! and memory holds no password. Hashing runs beside the requests, a few at a time, with a short queue: guessing passwords
//! slows down those who guess.
//!
//! An unknown login is answered like a wrong password, after the same work: a dummy hash is checked in its stead.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use tokio::sync::Semaphore;

use super::basic::{Credentials, credentials};
use super::refusal::Refusal;
use super::{Login, Logins, Settings, password};

/// Credentials remembered at most.
const REMEMBERED_MAX: usize = 10_000;
/// Requests that may wait for their password to be hashed.
const WAITING_MAX: usize = 64;

/// Credentials that were right a short while ago.
pub struct Verified {
    key: hmac::Key,
    valid_for: SignedDuration,
    until: Mutex<HashMap<[u8; 32], Timestamp>>,
    hashing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    dummy: String,
}

impl Verified {
    pub fn new(settings: &Settings) -> Verified {
        let nobody: [u8; 32] = rand::random();
        Verified {
            key: hmac::Key::new(hmac::HMAC_SHA256, &rand::random::<[u8; 32]>()),
            valid_for: SignedDuration::try_from(settings.verified_for).unwrap_or(SignedDuration::ZERO),
            until: Mutex::default(),
            hashing: Arc::new(Semaphore::new(settings.hashes_parallel.max(1))),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            // Without random numbers there is no key either; an empty hash only costs the equal timing.
            dummy: password::hash(&String::from_utf8_lossy(&nobody)).unwrap_or_default(),
        }
    }

    /// The login whose credentials the request carries.
    pub async fn login(&self, desk: &dyn Logins, headers: &HeaderMap, now: Timestamp) -> Result<Login, Refusal> {
        let credentials = credentials(headers).ok_or(Refusal::Unauthenticated)?;
        let login = desk.login(&credentials.login).await?;
        let digest = login.as_ref().map(|login| self.digest(&credentials, login));
        if let (Some(digest), Some(login)) = (&digest, &login)
            && self.remembers(digest, now)
        {
            return Ok(login.clone());
        }
        let _waiting = self.waiting.try_acquire().map_err(|_| {
            Refusal::unavailable("too many requests wait for their password to be checked", Duration::from_secs(1))
        })?;
        let hashing = Arc::clone(&self.hashing).acquire_owned().await.map_err(|error| Refusal::internal(&error))?;
        // While we waited, another request may have done the same work.
        if let (Some(digest), Some(login)) = (&digest, &login)
            && self.remembers(digest, now)
        {
            return Ok(login.clone());
        }
        let hash = login.as_ref().map_or_else(|| self.dummy.clone(), |login| login.password_hash.clone());
        let check = move || {
            let _hashing = hashing;
            password::matches(&credentials.password, &hash)
        };
        let right = tokio::task::spawn_blocking(check).await.map_err(|error| Refusal::internal(&error))?;
        match (login, digest) {
            (Some(login), Some(digest)) if right => {
                self.remember(digest, now);
                Ok(login)
            }
            _ => Err(Refusal::Unauthenticated),
        }
    }

    fn digest(&self, credentials: &Credentials, login: &Login) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [&credentials.login, &credentials.password, &login.password_hash] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut digest = [0; 32];
        // The tag of SHA-256 has just this size.
        digest.copy_from_slice(context.sign().as_ref());
        digest
    }

    fn remembers(&self, digest: &[u8; 32], now: Timestamp) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(digest).is_some_and(|&until| now < until)
    }

    fn remember(&self, digest: [u8; 32], now: Timestamp) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= REMEMBERED_MAX {
            until.retain(|_, until| now < *until);
        }
        if until.len() >= REMEMBERED_MAX {
            until.clear();
        }
        until.insert(digest, now.saturating_add(self.valid_for).unwrap_or(now));
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::AUTHORIZATION;

    use super::super::Answer;
    use super::*;
    use crate::accept::Account;
    use crate::accept::allow::AllowList;

    #[test]
    fn right_credentials_are_remembered_for_a_while_and_only_they() {
        let verified = Verified::new(&Settings { verified_for: Duration::from_secs(60), ..Settings::default() });
        let credentials = |password: &str| Credentials { login: "te".into(), password: password.into() };
        let login =
            |hash: &str| Login { account: Account::default(), password_hash: hash.into(), allow: AllowList::default() };
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let later = |seconds| start + SignedDuration::from_secs(seconds);
        let digest = verified.digest(&credentials("a"), &login("hash"));
        assert!(!verified.remembers(&digest, start));
        verified.remember(digest, start);
        assert!(verified.remembers(&digest, later(59)));
        assert!(!verified.remembers(&digest, later(60)));
        assert!(!verified.remembers(&verified.digest(&credentials("b"), &login("hash")), start));
        assert!(!verified.remembers(&verified.digest(&credentials("a"), &login("other")), start));
        assert_ne!(verified.digest(&credentials("a:"), &login("h")), verified.digest(&credentials("a"), &login(":h")));
    }

    /// Knows nobody.
    struct Empty;

    impl Logins for Empty {
        fn login<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Login>> {
            Box::pin(std::future::ready(Ok(None)))
        }
    }

    #[tokio::test]
    async fn too_many_passwords_to_check_are_put_off() {
        let verified = Verified::new(&Settings::default());
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "Basic YTpi".parse().expect("a header value"));
        let others = verified.waiting.try_acquire_many(WAITING_MAX as u32).expect("free places");
        let refusal = verified.login(&Empty, &headers, Timestamp::UNIX_EPOCH).await.expect_err("must wait");
        assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal:?}");
        drop(others);
        let refusal = verified.login(&Empty, &headers, Timestamp::UNIX_EPOCH).await.expect_err("is not known");
        assert!(matches!(refusal, Refusal::Unauthenticated), "{refusal:?}");
    }

    #[test]
    fn memory_for_credentials_is_bounded() {
        let verified = Verified::new(&Settings::default());
        for number in 0..25_000u32 {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&number.to_be_bytes());
            verified.remember(digest, Timestamp::UNIX_EPOCH);
        }
        assert!(verified.until.lock().expect("a lock").len() <= REMEMBERED_MAX);
    }

    /// Else an unknown login would be told from a wrong password by the time it takes.
    #[test]
    fn the_dummy_is_a_hash_that_takes_as_long_as_any() {
        let verified = Verified::new(&Settings::default());
        let real = password::hash("x").expect("a hash");
        let cost = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(cost(&verified.dummy), cost(&real));
        assert_eq!(cost(&real).as_deref(), Some("$argon2id$v=19$m=19456,t=2,p=1"));
        assert!(password::matches("x", &real) && !password::matches("x", &verified.dummy));
    }
}
