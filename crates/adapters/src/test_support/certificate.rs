//! A certificate that nobody trusts unless they are told to.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

/// A certificate of its own for one host, and what a server needs to show it.
#[derive(Clone)]
pub struct TestCertificate {
    pem: String,
    config: Arc<ServerConfig>,
}

impl TestCertificate {
    /// A new one for `host`, a name or an address.
    ///
    /// # Panics
    /// If `host` is neither.
    #[expect(clippy::unwrap_used, reason = "a test without its certificate has failed")]
    pub fn of(host: &str) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([host.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        Self { pem: cert.pem(), config: Arc::new(config) }
    }

    /// Certificate that a client trusts.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.config.clone().into()
    }
}
