//! A push that proves whom it comes from, as Standard Webhooks has it: HMAC-SHA256 with a key that sender and receiver share,
//! over id, time and body. The id is the same in every try of a push and when it is replayed, so that receivers can drop what
//! they have; the time is the try's, so that they can drop what is old.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// Octets of a key.
const KEY_LEN: std::ops::RangeInclusive<usize> = 24..=64;
const PREFIX: &str = "whsec_";

/// What pushes are signed with. Never printed.
pub struct SigningKey(hmac::Key);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// A text is no key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be whsec_ and 24 to 64 octets in base64")]
pub struct NotASigningKey;

impl SigningKey {
    /// From `whsec_` and base64.
    pub fn parse(text: &str) -> Result<SigningKey, NotASigningKey> {
        let key = text.trim().strip_prefix(PREFIX).and_then(|key| STANDARD.decode(key).ok()).ok_or(NotASigningKey)?;
        if !KEY_LEN.contains(&key.len()) {
            return Err(NotASigningKey);
        }
        Ok(SigningKey(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The value of `webhook-signature`: `v1,` and base64. The time is in seconds since 1970.
    pub fn sign(&self, id: &str, time: i64, body: &[u8]) -> String {
        let mut signed = hmac::Context::with_key(&self.0);
        signed.update(format!("{id}.{time}.").as_bytes());
        signed.update(body);
        format!("v1,{}", STANDARD.encode(signed.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key, message and signature are those that the Standard Webhooks libraries test themselves with.
    #[test]
    fn the_published_example_comes_out() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = |octets: usize| format!("whsec_{}", STANDARD.encode(vec![7; octets]));
        for good in [24, 32, 64] {
            assert!(SigningKey::parse(&key(good)).is_ok(), "{good}");
        }
        let good = key(32);
        for wrong in ["", "whsec_", "secret", "whsec_%%%%", &good[6..], &key(23), &key(65), &format!("{good}!")] {
            assert!(SigningKey::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
