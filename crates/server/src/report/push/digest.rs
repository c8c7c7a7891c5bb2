//! HTTP Digest authentication, RFC 7616 (and what is left of RFC 2617 and 2069): which challenge is answered, and with which count.
//!
//! A server's nonce is remembered, and the next push there answers it without being asked, with its count one higher (RFC 7616
//! clause 3.4). The hashing is `digest_auth`'s.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use digest_auth::{Algorithm, AuthContext, Charset, HttpMethod, Qop, WwwAuthenticateHeader};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use super::challenge::{Challenge, challenges};
use super::{Credentials, digest_of};

/// Remembered nonces; when there are more, all are forgotten, which costs a request each.
const NONCES_MAX: usize = 1000;
/// Hashes, the weakest first.
const ALGORITHMS: [&str; 6] = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"];

/// What servers asked last.
#[derive(Debug, Default)]
pub struct Nonces(Mutex<HashMap<Space, Prompt>>);

/// Who asks whom: scheme, host and port, and a hash of user and password.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Space(String, [u8; 32]);

/// A challenge of this scheme that can be answered.
pub struct Prompt(WwwAuthenticateHeader);

impl std::fmt::Debug for Prompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prompt")
    }
}

/// Why a 401 is not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unanswerable {
    /// Perhaps other schemes are offered; they are none of ours.
    NotDigest,
    Unknown,
}

impl Space {
    pub fn new(url: &Url, credentials: Credentials<'_>) -> Space {
        Space(url.origin().ascii_serialization(), digest_of(&[credentials.principal, credentials.secret]))
    }
}

impl Prompt {
    /// The strongest one offered.
    pub fn of(headers: &HeaderMap) -> Result<Prompt, Unanswerable> {
        let all = headers.get_all(WWW_AUTHENTICATE).iter().flat_map(|value| challenges(value.as_bytes()));
        let digests: Vec<Challenge> = all.filter(|challenge| challenge.is_of("Digest")).collect();
        let known = digests.iter().filter_map(understood);
        match known.max_by_key(|(strength, _)| *strength) {
            Some((_, prompt)) => Ok(Prompt(prompt)),
            None if digests.is_empty() => Err(Unanswerable::NotDigest),
            None => Err(Unanswerable::Unknown),
        }
    }

    /// Whether the answer before was right but for the age of its nonce.
    pub fn is_stale(&self) -> bool {
        self.0.stale
    }
}

/// A challenge and how strong its hash is.
fn understood(challenge: &Challenge) -> Option<(usize, WwwAuthenticateHeader)> {
    let word = challenge.get("algorithm").unwrap_or("MD5");
    let strength = ALGORITHMS.iter().position(|known| known.eq_ignore_ascii_case(word))?;
    let is = |name: &str| challenge.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let qop = match challenge.get("qop") {
        None => None,
        Some(offered) => {
            let offered = || offered.split(',').map(|word| word.trim().to_ascii_lowercase());
            // The one that everybody gets right goes first.
            let best = [Qop::AUTH, Qop::AUTH_INT].into_iter().find(|qop| offered().any(|word| word == qop.to_string()));
            Some(vec![best?])
        }
    };
    let prompt = WwwAuthenticateHeader {
        domain: None,
        realm: challenge.get("realm")?.to_owned(),
        nonce: challenge.get("nonce")?.to_owned(),
        opaque: challenge.get("opaque").map(str::to_owned),
        stale: is("stale"),
        algorithm: Algorithm::from_str(ALGORITHMS[strength]).ok()?,
        qop,
        userhash: is("userhash"),
        charset: Charset::UTF8,
        nc: 0,
    };
    Some((strength, prompt))
}

impl Nonces {
    /// The value of `Authorization` for a challenge that just came; it is remembered.
    pub fn answer(
        &self,
        space: &Space,
        prompt: Prompt,
        url: &Url,
        body: &[u8],
        credentials: Credentials<'_>,
    ) -> Option<HeaderValue> {
        let mut nonces = self.lock();
        if nonces.len() >= NONCES_MAX {
            nonces.clear();
        }
        let prompt = nonces.entry(space.clone()).insert_entry(prompt);
        respond(prompt.into_mut(), url, body, credentials)
    }

    /// The same for the last challenge from there, if there was one.
    pub fn again(&self, space: &Space, url: &Url, body: &[u8], credentials: Credentials<'_>) -> Option<HeaderValue> {
        respond(self.lock().get_mut(space)?, url, body, credentials)
    }

    pub fn forget(&self, space: &Space) {
        self.lock().remove(space);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Space, Prompt>> {
        // Nothing half done is ever left behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn respond(prompt: &mut Prompt, url: &Url, body: &[u8], credentials: Credentials<'_>) -> Option<HeaderValue> {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = format!("{}{query}", url.path());
    let context =
        AuthContext::new_with_method(credentials.principal, credentials.secret, uri, Some(body), HttpMethod::POST);
    let answer = prompt.0.respond(&context).ok()?;
    let mut value = HeaderValue::from_bytes(answer.to_string().as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is demanded, an answer is one line, and says no more of the password than its hash.
        #[test]
        fn any_demand_is_answered_in_a_line_or_not_at_all(
            realm in "\\PC{0,20}",
            nonce in "[ -~]{0,40}",
            qop in "(auth|auth-int|AUTH, auth-int|[a-z, ]{0,8})?",
            algorithm in "(MD5|md5-sess|SHA-256|sha-256-SESS|SHA-512-256|SHA-1|[A-Z0-9-]{0,9})",
            more in "(, stale=(true|x))?(, userhash=true)?(, opaque=\"[ -~]{0,9}\")?",
        ) {
            let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let (realm, nonce) = (quoted(&realm), quoted(&nonce));
            let demand =
                format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"{qop}\", algorithm={algorithm}{more}");
            let Ok(demand) = HeaderValue::from_bytes(demand.as_bytes()) else { return Ok(()) };
            let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, demand)]);
            let Ok(prompt) = Prompt::of(&headers) else { return Ok(()) };
            let url: Url = "https://clinic.example/faxes?a=b".parse().unwrap();
            let credentials = Credentials { principal: "clinic", secret: "open sesame" };
            let (nonces, space) = (Nonces::default(), Space::new(&url, credentials));
            let answer = nonces.answer(&space, prompt, &url, b"report", credentials);
            if let Some(answer) = answer {
                let answer = String::from_utf8_lossy(answer.as_bytes()).into_owned();
                prop_assert!(answer.starts_with("Digest "), "{answer}");
                prop_assert!(!answer.contains("sesame") && !answer.contains(['\r', '\n']), "{answer}");
                prop_assert!(answer.len() < 2000, "{} bytes", answer.len());
            }
        }
    }
}
