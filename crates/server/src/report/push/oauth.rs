//! OAuth 2 client credentials, RFC 6749 clause 4.4: a token from the account's endpoint, kept until shortly before it runs out.
//!
//! The client proves itself by HTTP Basic first; where that is refused, by parameters in the body (clause 2.3.1). Which of them
//! worked is remembered. One request at a time is made for a token, however many pushes wait for it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex as Quick, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Credentials, Failure, basic, digest_of};
use crate::fetch::{self, Guard};

/// Tokens kept; when there are more, those not in use are forgotten, which costs a request each.
const TOKENS_MAX: usize = 1000;
/// Of the endpoint's answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const TOKEN_CHARS_MAX: usize = 16 * 1024;
/// How long a token is used whose end was not told; one that ended before is seen by a 401.
const LIFE: Duration = Duration::from_secs(300);
const LIFE_MAX: Duration = Duration::from_secs(24 * 3600);
/// A token is not used in the last of its life: it must not run out on the way.
const MARGIN: Duration = Duration::from_secs(30);
/// RFC 6749 clause 5.2; other words are not repeated.
const ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Tokens by endpoint and client.
#[derive(Debug, Default)]
pub struct Tokens(Quick<HashMap<Key, Arc<Mutex<Slot>>>>);

/// The endpoint's URL, and a hash of client id and secret.
type Key = (String, [u8; 32]);

#[derive(Debug, Default)]
struct Slot {
    token: Option<Token>,
    /// How the client proved itself last.
    proof: Proof,
}

/// A bearer token, as the value of `Authorization`. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    bearer: HeaderValue,
    until: Instant,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    pub fn value(&self) -> HeaderValue {
        self.bearer.clone()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Proof {
    #[default]
    Header,
    Body,
}

/// What an endpoint answered that gives no token.
struct Refused {
    status: StatusCode,
    error: Option<&'static str>,
}

impl Refused {
    /// Perhaps the other way of proving who asks is the right one.
    fn is_of_client(&self) -> bool {
        match self.status {
            StatusCode::UNAUTHORIZED => true,
            // Some take a request without the client's id in its body for a broken one.
            StatusCode::BAD_REQUEST => matches!(self.error, Some("invalid_client" | "invalid_request")),
            _ => false,
        }
    }

    fn failure(&self) -> Failure {
        let (status, code) = (self.status.as_u16(), self.error);
        let error = code.map(|code| format!(" ({code})")).unwrap_or_default();
        Failure::not_now(format!("no token: the token endpoint answered with status {status}{error}"))
    }
}

impl Tokens {
    /// A token for this client; not `spent`, which was refused.
    pub async fn get(
        &self,
        guard: &Guard,
        endpoint: &str,
        client: Credentials<'_>,
        spent: Option<&Token>,
    ) -> Result<Token, Failure> {
        let slot = self.slot((endpoint.to_owned(), digest_of(&[client.principal, client.secret])));
        let mut slot = slot.lock().await;
        slot.token = slot.token.take().filter(|token| token.until > Instant::now() && Some(token) != spent);
        if let Some(token) = &slot.token {
            return Ok(token.clone());
        }
        let proofs = match slot.proof {
            Proof::Header => [Proof::Header, Proof::Body],
            Proof::Body => [Proof::Body, Proof::Header],
        };
        let mut refused = None;
        for proof in proofs {
            match ask(guard, endpoint, client, proof).await? {
                Ok(token) => {
                    *slot = Slot { token: Some(token.clone()), proof };
                    return Ok(token);
                }
                Err(refusal) if !refusal.is_of_client() => return Err(refusal.failure()),
                // What was said first counts: it is about the usual way.
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        Err(refused.map_or_else(|| Failure::not_now("no token".into()), |refusal| refusal.failure()))
    }

    fn slot(&self, key: Key) -> Arc<Mutex<Slot>> {
        // Nothing half done is ever left behind.
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= TOKENS_MAX && !slots.contains_key(&key) {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(key).or_default().clone()
    }
}

async fn ask(
    guard: &Guard,
    endpoint: &str,
    client: Credentials<'_>,
    proof: Proof,
) -> Result<Result<Token, Refused>, Failure> {
    let (id, secret) = (encoded(client.principal), encoded(client.secret));
    let failed = |error: fetch::FetchError| {
        let failure = Failure::of(error);
        Failure { result: format!("no token, at the token endpoint: {}", failure.result), ..failure }
    };
    let request = guard.request(Method::POST, endpoint).map_err(|error| failed(fetch::FetchError::Refused(error)))?;
    let request = request
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let request = match proof {
        Proof::Header => {
            let credentials = basic(Credentials { principal: &id, secret: &secret });
            request.header(AUTHORIZATION, credentials).body("grant_type=client_credentials")
        }
        Proof::Body => request.body(format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")),
    };
    let response = request.send().await.map_err(|error| failed(fetch::sorted(&error)))?;
    let status = response.status();
    let answer = read(response).await;
    if status != StatusCode::OK {
        #[derive(Deserialize)]
        struct Said {
            error: String,
        }
        let said = answer.ok().and_then(|body| serde_json::from_slice::<Said>(&body).ok());
        let error = said.and_then(|Said { error }| ERRORS.into_iter().find(|known| *known == error));
        return Ok(Err(Refused { status, error }));
    }
    token(&answer?).map(Ok).map_err(|wrong| Failure::not_now(format!("no token: the token endpoint's answer {wrong}")))
}

/// The endpoint's whole answer.
async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() <= ANSWER_BYTES_MAX => body.extend_from_slice(&piece),
            Ok(Some(_)) => {
                let what = format!("no token: the token endpoint's answer has more than {ANSWER_BYTES_MAX} bytes");
                return Err(Failure::not_now(what));
            }
            Ok(None) => return Ok(body),
            Err(_) => return Err(Failure::not_now("no token: the token endpoint's answer broke off".into())),
        }
    }
}

/// RFC 6749 clause 5.1.
fn token(body: &[u8]) -> Result<Token, &'static str> {
    /// Some write the number as text.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(f64),
        Text(String),
    }
    #[derive(Deserialize)]
    struct Granted {
        access_token: Option<String>,
        token_type: Option<String>,
        expires_in: Option<Seconds>,
    }
    let granted: Granted = serde_json::from_slice(body).map_err(|_| "is not the JSON of a token")?;
    let token = granted.access_token.filter(|token| !token.is_empty()).ok_or("has no access_token")?;
    if granted.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err("has a token_type other than Bearer");
    }
    // RFC 6750 clause 2.1; anything else could not be sent.
    let sendable = token.len() <= TOKEN_CHARS_MAX && token.bytes().all(|c| c.is_ascii_graphic());
    let bearer = HeaderValue::try_from(format!("Bearer {token}")).ok().filter(|_| sendable);
    let mut bearer = bearer.ok_or("has an access_token that can't be sent")?;
    bearer.set_sensitive(true);
    let seconds = granted.expires_in.and_then(|seconds| match seconds {
        Seconds::Number(number) => Some(number),
        Seconds::Text(text) => text.parse().ok(),
    });
    let told = seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LIFE_MAX));
    let life = told.unwrap_or(LIFE).min(LIFE_MAX);
    Ok(Token { bearer, until: Instant::now() + life.saturating_sub(MARGIN.min(life / 2)) })
}

/// `application/x-www-form-urlencoded`, RFC 6749 appendix B.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(body: &str) -> u64 {
        token(body.as_bytes()).unwrap().until.saturating_duration_since(Instant::now()).as_secs_f64().round() as u64
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        assert_eq!(life(r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#), 3570);
        assert_eq!(life(r#"{"access_token":"t","token_type":"bearer","expires_in":"3600"}"#), 3570);
        assert_eq!(life(r#"{"access_token":"t","expires_in":10.0}"#), 5);
        assert_eq!(life(r#"{"access_token":"t"}"#), 270);
        assert_eq!(life(r#"{"access_token":"t","expires_in":1e300}"#), 24 * 3600 - 30);
        assert_eq!(life(r#"{"access_token":"t","expires_in":-1}"#), 0);
    }

    #[test]
    fn what_is_no_token_is_named() {
        for (body, wrong) in [
            ("", "is not the JSON of a token"),
            ("<html>", "is not the JSON of a token"),
            ("[]", "is not the JSON of a token"),
            ("{}", "has no access_token"),
            (r#"{"access_token":""}"#, "has no access_token"),
            (r#"{"access_token":"t","token_type":"mac"}"#, "has a token_type other than Bearer"),
            (r#"{"access_token":"t\r\nX: y"}"#, "has an access_token that can't be sent"),
            (r#"{"access_token":"t t"}"#, "has an access_token that can't be sent"),
        ] {
            assert_eq!(token(body.as_bytes()), Err(wrong), "{body}");
        }
    }

    #[test]
    fn client_ids_are_encoded_before_they_are_joined() {
        assert_eq!(encoded("a:b c&d=e%é*-._"), "a%3Ab+c%26d%3De%25%C3%A9*-._");
    }
}
