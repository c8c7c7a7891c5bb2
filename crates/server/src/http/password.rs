//! Passwords of logins: Argon2id with the crate's defaults (19 MiB, two passes; RFC 9106 has the algorithm).

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};

/// A password can't be hashed; in practice: the system has no random numbers, or the password is gigabytes long.
#[derive(Debug, thiserror::Error)]
#[error("the password can't be hashed")]
pub struct HashError;

/// The hash to register with a login, in PHC string form, salted at random. Takes about 25 ms of a core.
pub fn hash(password: &str) -> Result<String, HashError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| HashError)?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that was hashed. Takes as long as hashing.
pub fn matches(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}
