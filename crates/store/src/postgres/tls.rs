//! TLS to the database, by what `sslmode` and `sslrootcert` of the URL ask for.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::error::OpenError;

/// Whose certificate is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// Anybody's (`prefer`, `require`): the traffic is hidden from who listens, not from who answers.
    AnyCertificate,
    /// That of the host's name (`verify-full`), signed by an authority of this PEM file, or of the system.
    Verified { authorities: Option<String> },
}

impl Tls {
    /// Splits the TLS options off `url`, which tokio-postgres does not know.
    pub(super) fn of(url: &str) -> Result<(String, Self), OpenError> {
        let Some((base, query)) = url.split_once('?') else {
            return Ok((url.to_owned(), Self::AnyCertificate));
        };
        let (mut rest, mut mode, mut authorities) = (Vec::new(), None, None);
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            // Which of two were meant, and which is taken, is not to be guessed.
            match decoded(name)?.as_str() {
                "sslmode" if mode.is_some() => return Err(OpenError::Repeated("sslmode")),
                "sslrootcert" if authorities.is_some() => return Err(OpenError::Repeated("sslrootcert")),
                "sslmode" => mode = Some(decoded(value)?),
                "sslrootcert" => authorities = Some(decoded(value)?),
                _ => rest.push(parameter.to_owned()),
            }
        }
        let is_verified = mode.as_deref() == Some("verify-full");
        match mode.as_deref() {
            None => {}
            Some("verify-full") => rest.push("sslmode=require".to_owned()),
            Some(known @ ("disable" | "prefer" | "require")) => rest.push(format!("sslmode={known}")),
            Some(_) => return Err(OpenError::SslMode),
        }
        if authorities.is_some() && !is_verified {
            return Err(OpenError::SslRootCert);
        }
        let tls = if is_verified { Self::Verified { authorities } } else { Self::AnyCertificate };
        Ok((format!("{base}?{}", rest.join("&")), tls))
    }
}

fn decoded(text: &str) -> Result<String, OpenError> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| OpenError::Url)
}

/// TLS configuration.
pub(super) fn client(tls: &Tls) -> Result<ClientConfig, OpenError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(OpenError::tls)?;
    Ok(match tls {
        Tls::AnyCertificate => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth(),
        Tls::Verified { authorities } => {
            builder.with_root_certificates(roots(authorities.as_deref())?).with_no_client_auth()
        }
    })
}

fn roots(file: Option<&str>) -> Result<RootCertStore, OpenError> {
    let mut roots = RootCertStore::empty();
    let certificates: Vec<_> = match file {
        Some(file) => CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect)
            .map_err(|error| OpenError::authorities(file, error))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(OpenError::authorities(file.unwrap_or("the system"), "there is no certificate"));
    }
    Ok(roots)
}

/// Takes every certificate, and still checks that its owner is who speaks.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Option<(String, Tls)> {
        Tls::of(url).ok()
    }

    #[test]
    fn what_is_not_verified_takes_any_certificate() {
        for url in ["postgres://h/d", "postgres://h/d?sslmode=require", "postgres://h/d?connect_timeout=1"] {
            assert_eq!(of(url), Some((url.to_owned(), Tls::AnyCertificate)));
        }
    }

    #[test]
    fn a_verified_one_keeps_the_rest_of_its_url() {
        let url = "postgres://h/d?a=b&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem";

        let authorities = Some("/etc/ca.pem".to_owned());
        let expected = ("postgres://h/d?a=b&sslmode=require".to_owned(), Tls::Verified { authorities });
        assert_eq!(of(url), Some(expected));
    }

    #[test]
    fn what_would_verify_less_than_it_says_is_refused() {
        for url in [
            "postgres://h/d?sslmode=verify-ca",
            "postgres://h/d?sslmode=on",
            "postgres://h/d?sslmode=require&sslrootcert=ca.pem",
            "postgres://h/d?sslrootcert=ca.pem",
            "postgres://h/d?sslmode=verify-full&sslmode=disable",
            "postgres://h/d?sslmode=disable&sslmode=verify-full",
            "postgres://h/d?sslmode=verify-full&sslmod%65=disable",
            "postgres://h/d?sslmode=verify-full&sslrootcert=ca.pem&sslrootcert=other.pem",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
    }
}
