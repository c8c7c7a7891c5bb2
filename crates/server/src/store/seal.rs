//! Foreign secrets at rest: sealed with a key that lies beside the database, not in it.
//!
//! AES-256-GCM with a random nonce. The place a secret belongs to (`customer 12345`) is authenticated with it, so that a
//! sealed secret copied to another row does not open there.
//!
//! Layout of a sealed secret: version 1 (1 octet), nonce (12), ciphertext and tag.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};

use super::StoreError;

const KEY_LEN: usize = 32;
const VERSION: u8 = 1;

/// Seals and opens.
pub(super) struct Sealer {
    key: LessSafeKey,
    random: SystemRandom,
    fingerprint: String,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// Reads the key file; makes it, readable by its owner alone, if there is none.
    pub(super) fn open(path: &Path) -> Result<Sealer, StoreError> {
        let key = match read_key(path) {
            Err(KeyError::Missing) => {
                make_key(path).map_err(StoreError::internal)?;
                read_key(path)
            }
            other => other,
        };
        Sealer::new(&key.map_err(StoreError::internal)?)
    }

    fn new(key: &[u8; KEY_LEN]) -> Result<Sealer, StoreError> {
        let unbound = UnboundKey::new(&AES_256_GCM, key).map_err(|_| StoreError::internal("no such key length"))?;
        let digest = Sha256::new_with_prefix(b"ferrofax key fingerprint 1").chain_update(key).finalize();
        let fingerprint = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Sealer { key: LessSafeKey::new(unbound), random: SystemRandom::new(), fingerprint })
    }

    /// Tells keys apart without giving anything away.
    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn seal(&self, place: &str, secret: &str) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| StoreError::internal("no random numbers"))?;
        let mut sealed = secret.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed)
            .map_err(|_| StoreError::internal("sealing failed"))?;
        let mut out = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(&nonce);
        out.append(&mut sealed);
        Ok(out)
    }

    pub(super) fn open_sealed(&self, place: &str, sealed: &[u8]) -> Result<String, StoreError> {
        let damaged = || StoreError::internal("a sealed secret does not open with this key");
        let (&VERSION, rest) = sealed.split_first().ok_or_else(damaged)? else { return Err(damaged()) };
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let mut text = text.to_vec();
        let plain = self.key.open_in_place(nonce, Aad::from(place), &mut text).map_err(|_| damaged())?;
        String::from_utf8(plain.to_vec()).map_err(|_| damaged())
    }
}

#[derive(Debug, thiserror::Error)]
enum KeyError {
    #[error("the key file is missing")]
    Missing,
    #[error("the key file is not {KEY_LEN} octets long")]
    Length,
    #[error("the key file can't be read")]
    Io(#[from] io::Error),
}

fn read_key(path: &Path) -> Result<[u8; KEY_LEN], KeyError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KeyError::Missing),
        other => other?,
    };
    let mut key = Vec::with_capacity(KEY_LEN);
    file.take(KEY_LEN as u64 + 1).read_to_end(&mut key)?;
    key.try_into().map_err(|_| KeyError::Length)
}

/// Complete or not there at all; of two processes that start together one wins and both use its key.
fn make_key(path: &Path) -> Result<(), io::Error> {
    let (mut key, mut name) = ([0; KEY_LEN], [0; 8]);
    let random = SystemRandom::new();
    random.fill(&mut key).and(random.fill(&mut name)).map_err(|_| io::Error::other("no random numbers"))?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{:016x}", u64::from_ne_bytes(name)));
    let temporary = Path::new(&temporary);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
    file.write_all(&key)?;
    file.sync_all()?;
    let linked = fs::hard_link(temporary, path);
    fs::remove_file(temporary)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_opens_only_in_its_own_place_and_with_its_own_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let sealer = Sealer::open(&path).unwrap();
        let sealed = sealer.seal("customer 1", "open sesame").unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("sesame"));
        assert_eq!(sealer.open_sealed("customer 1", &sealed).unwrap(), "open sesame");
        assert!(sealer.open_sealed("customer 2", &sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(sealer.open_sealed("customer 1", &sealed[..cut]).is_err());
        }
        let other = Sealer::open(&folder.path().join("other.key")).unwrap();
        assert!(other.open_sealed("customer 1", &sealed).is_err());
        assert_ne!(other.fingerprint(), sealer.fingerprint());
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let first = Sealer::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Sealer::open(&path).unwrap().fingerprint(), first.fingerprint());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(&path, b"short").unwrap();
        assert!(Sealer::open(&path).is_err());
    }
}
