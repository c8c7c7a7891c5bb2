//! TLS for the door: a certificate chain and its key, from PEM files; TLS 1.2 and 1.3 by rustls with `ring`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Why TLS can't be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path} can't be read")]
    Read {
        path: PathBuf,
        #[source]
        cause: rustls_pki_types::pem::Error,
    },
    #[error("certificate and key can't be used")]
    Use(#[source] rustls::Error),
}

/// What a listener needs to speak TLS with this certificate (the chain, own one first) and key.
pub fn server_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let read = |path: &Path| {
        let path = path.to_owned();
        move |cause| TlsError::Read { path, cause }
    };
    let chain = CertificateDer::pem_file_iter(certificate).map_err(read(certificate))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(read(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(read(key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Use)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
