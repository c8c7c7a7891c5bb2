//! HTTP status pushes: a finished job's report, posted to the URL that the job or its account names.
//!
//! One try is one `POST` (with Digest or OAuth 2 a few), made through the guard of strangers' URLs (decision 21) and done within
//! half a minute. Any status of 200 to 299 says that it was taken; what the target answers beyond that is not read. Everything
//! else is tried again by the schedule, but for what no later try can mend: a URL that may not be asked, credentials that can't be
//! sent. Redirects are not followed: they are failures like any other (DESIGN.md tells why).
//!
//! In here: what is said (`layout`), who says it to the target (`digest`, `oauth`, and `challenge`, what a server demands), and the
//! proof of it (`signature`); `patience` keeps hosts that don't answer from keeping everybody waiting. `HTTP_DIGEST` never falls
//! back to Basic, nor the other way round.

mod challenge;
#[cfg(test)]
mod claims;
mod digest;
pub mod layout;
mod oauth;
mod patience;
mod signature;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ferrofax_api::job::{AuthMethod, HttpStatusPush};
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use sha2::{Digest as _, Sha256};

use self::digest::{Nonces, Prompt, Space, Unanswerable};
use self::oauth::Tokens;
use self::patience::Patience;
pub use self::signature::{NotASigningKey, SigningKey};
use super::{Answer, Tell, Verdict};
use crate::fetch::{self, Exempt, FetchError, Guard, NoClient, Rules};
use crate::jobs::NoticeKind;
use crate::store::{FinishedJob, PushLayout};

/// Of one try, from the token's request to the last answer.
const TIME_MAX: Duration = Duration::from_secs(30);
/// Of an answer's body that is read past, so that its connection can be used again; and for how long.
const BODY_BYTES_MAX: usize = 4096;
const BODY_TIME_MAX: Duration = Duration::from_secs(2);

/// Pushes reports.
#[derive(Debug)]
pub struct Push {
    guard: Guard,
    time_max: Duration,
    nonces: Nonces,
    tokens: Tokens,
    patience: Patience,
}

impl Push {
    /// What is exempt may be asked although it is inside. Needs a provider of TLS for the process.
    pub fn new(exempt: Exempt) -> Result<Push, NoClient> {
        Ok(Push::behind(Guard::new(Rules::unredirected(exempt))?, TIME_MAX))
    }

    /// One that asks by this guard, which must follow no redirects, and takes so long at most.
    pub fn behind(guard: Guard, time_max: Duration) -> Push {
        let (nonces, tokens) = (Nonces::default(), Tokens::default());
        Push { guard, time_max, nonces, tokens, patience: Patience::default() }
    }
}

impl Tell for Push {
    const KIND: NoticeKind = NoticeKind::Push;

    async fn tell(&self, job: FinishedJob) -> Answer {
        let host = job.push.as_ref().and_then(|target| self.guard.url(&target.target_url).ok());
        // One customer's troubles with a host are not another's: its paths and its token endpoint may be others.
        let host = host.map(|url| format!("{} {}", job.customer, url.origin().ascii_serialization()));
        let began = Instant::now();
        if host.as_ref().is_some_and(|host| self.patience.is_out(host, began)) {
            let result = "the URL's host did not answer a moment ago".to_owned();
            return Answer { verdict: Verdict::NotNow, code: None, result };
        }
        let pushed = tokio::time::timeout(self.time_max, self.push(&job)).await;
        let late = || Err(Failure::not_now("the target takes too long to answer".into()));
        match pushed.unwrap_or_else(|_| late()) {
            Ok(sent) => sent.answer(),
            Err(Failure { verdict, code, result }) => {
                if let Some(host) = host.filter(|_| code.is_none()) {
                    self.patience.lost(host, began.elapsed(), Instant::now());
                }
                Answer { verdict, code, result }
            }
        }
    }
}

/// Why a push was not made, or not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Failure {
    verdict: Verdict,
    code: Option<u16>,
    /// For people; without secrets, numbers and addresses.
    result: String,
}

impl Failure {
    fn not_now(result: String) -> Failure {
        Failure { verdict: Verdict::NotNow, code: None, result }
    }

    fn never(result: String) -> Failure {
        Failure { verdict: Verdict::Never, ..Failure::not_now(result) }
    }

    fn of(error: FetchError) -> Failure {
        let result = error.to_string();
        if matches!(error, FetchError::Refused(_)) { Failure::never(result) } else { Failure::not_now(result) }
    }
}

/// What a target answered.
struct Sent {
    status: StatusCode,
    headers: HeaderMap,
}

impl Sent {
    fn answer(&self) -> Answer {
        let status = self.status.as_u16();
        let (verdict, more) = match status {
            200..=299 => (Verdict::Told, ""),
            300..=399 => (Verdict::NotNow, "; redirects are not followed"),
            401 => (Verdict::NotNow, ": it does not accept the credentials"),
            _ => (Verdict::NotNow, ""),
        };
        Answer { verdict, code: Some(status), result: format!("the target answered with status {status}{more}") }
    }
}

/// Who we are to a target.
#[derive(Clone, Copy)]
struct Credentials<'a> {
    principal: &'a str,
    secret: &'a str,
}

impl<'a> Credentials<'a> {
    fn of(target: &'a HttpStatusPush) -> Result<Credentials<'a>, Failure> {
        let principal = target.principal.as_deref().filter(|principal| !principal.is_empty());
        let principal =
            principal.ok_or_else(|| Failure::never("the push names no principal to authenticate as".into()))?;
        let secret = target.credentials.as_deref().unwrap_or_default();
        if principal.chars().chain(secret.chars()).any(char::is_control) {
            return Err(Failure::never("principal or credentials have a control character in them".into()));
        }
        Ok(Credentials { principal, secret })
    }
}

/// What is posted, but for who posts it.
struct Message {
    body: Vec<u8>,
    headers: HeaderMap,
}

impl Message {
    fn of(job: &FinishedJob, now: Timestamp) -> Result<Message, Failure> {
        let written = match job.account.push.layout {
            PushLayout::Xml => layout::xml(job).map(|body| (body, "text/xml; charset=utf-8")),
            PushLayout::Json => layout::json(job).map(|body| (body, "application/json")),
        };
        let ours = || Failure::not_now("a fault of this system".into());
        let (body, kind) = written.map_err(|_| ours())?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(key) = job.account.push.signing_key.as_deref().filter(|key| !key.is_empty()) {
            let key = SigningKey::parse(key);
            let key = key.map_err(|wrong| Failure::not_now(format!("the account's push_signing_key {wrong}")))?;
            let (id, time) = (format!("push_{}", job.id), now.as_second());
            let value = |text: &str| HeaderValue::from_str(text).map_err(|_| ours());
            headers.insert("webhook-signature", value(&key.sign(&id, time, &body))?);
            headers.insert("webhook-timestamp", value(&time.to_string())?);
            headers.insert("webhook-id", value(&id)?);
        }
        Ok(Message { body, headers })
    }
}

impl Push {
    async fn push(&self, job: &FinishedJob) -> Result<Sent, Failure> {
        let target = job.push.as_ref();
        let target = target.ok_or_else(|| Failure::never("neither the job nor its account names a target".into()))?;
        let message = Message::of(job, Timestamp::now())?;
        match target.auth_method {
            AuthMethod::None => self.post(target, &message, None).await,
            AuthMethod::HttpBasic => {
                let credentials = Credentials::of(target)?;
                // RFC 7617 clause 2.
                if credentials.principal.contains(':') {
                    return Err(Failure::never("the principal has a colon, which HTTP Basic can't send".into()));
                }
                self.post(target, &message, Some(basic(credentials))).await
            }
            AuthMethod::HttpDigest => self.digest(target, &message).await,
            AuthMethod::Oauth2 => {
                let endpoint = job.account.push.token_url.as_deref().filter(|url| !url.is_empty());
                let endpoint =
                    endpoint.ok_or_else(|| Failure::not_now("no token: the account has no push_token_url".into()))?;
                self.oauth(target, endpoint, &message).await
            }
        }
    }

    /// One request.
    async fn post(
        &self,
        target: &HttpStatusPush,
        message: &Message,
        authorization: Option<HeaderValue>,
    ) -> Result<Sent, Failure> {
        let request = self.guard.request(Method::POST, &target.target_url);
        let request = request.map_err(|forbidden| Failure::of(FetchError::Refused(forbidden)))?;
        let mut headers = message.headers.clone();
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization);
        }
        let sent = request.headers(headers).body(message.body.clone()).send().await;
        let response = sent.map_err(|error| Failure::of(fetch::sorted(&error)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        pass_over(response).await;
        Ok(Sent { status, headers })
    }

    async fn digest(&self, target: &HttpStatusPush, message: &Message) -> Result<Sent, Failure> {
        /// The second, where the server calls the first one's nonce too old.
        const CHALLENGES_MAX: u32 = 2;
        let credentials = Credentials::of(target)?;
        let url = self.guard.url(&target.target_url);
        let url = url.map_err(|forbidden| Failure::of(FetchError::Refused(forbidden)))?;
        let space = Space::new(&url, credentials);
        let mut authorization = self.nonces.again(&space, &url, &message.body, credentials);
        let mut answered = 0;
        loop {
            let sent = self.post(target, message, authorization.take()).await?;
            if sent.status != StatusCode::UNAUTHORIZED {
                return Ok(sent);
            }
            let prompt = Prompt::of(&sent.headers).map_err(|why| Failure {
                code: Some(sent.status.as_u16()),
                ..Failure::not_now(match why {
                    Unanswerable::NotDigest => "the target does not ask for HTTP_DIGEST".into(),
                    Unanswerable::Unknown => "the target asks for HTTP_DIGEST in a way that is not known here".into(),
                })
            })?;
            if answered == CHALLENGES_MAX || answered > 0 && !prompt.is_stale() {
                self.nonces.forget(&space);
                return Ok(sent);
            }
            answered += 1;
            authorization = self.nonces.answer(&space, prompt, &url, &message.body, credentials);
            if authorization.is_none() {
                return Err(Failure::not_now("the target's challenge for HTTP_DIGEST can't be answered".into()));
            }
        }
    }

    async fn oauth(&self, target: &HttpStatusPush, endpoint: &str, message: &Message) -> Result<Sent, Failure> {
        let client = Credentials::of(target)?;
        let token = self.tokens.get(&self.guard, endpoint, client, None).await?;
        let sent = self.post(target, message, Some(token.value())).await?;
        if sent.status != StatusCode::UNAUTHORIZED {
            return Ok(sent);
        }
        let token = self.tokens.get(&self.guard, endpoint, client, Some(&token)).await?;
        self.post(target, message, Some(token.value())).await
    }
}

/// The value of `Authorization`, RFC 7617.
fn basic(Credentials { principal, secret }: Credentials<'_>) -> HeaderValue {
    let encoded = STANDARD.encode(format!("{principal}:{secret}"));
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).expect("base64 is plain ASCII");
    value.set_sensitive(true);
    value
}

/// Stands for secrets in tables: nothing of them can be had back from it.
fn digest_of(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// Reads past a short body. What came of the push is known already; no body changes it.
async fn pass_over(mut response: Response) {
    let reading = async {
        let mut read = 0;
        while let Ok(Some(piece)) = response.chunk().await {
            read += piece.len();
            if read > BODY_BYTES_MAX {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(BODY_TIME_MAX, reading).await;
}
