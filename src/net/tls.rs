//! The one TLS configuration: ring, the operating system's roots, an account's own CA. Built when first needed.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Context, Error, Kind, Result};
use crate::model::account::{Account, TlsMode};

/// The configuration for an account's servers; made off the runtime's thread.
///
/// For one whose servers are spoken to in plain text, on this machine, it trusts nobody and reads nothing.
pub async fn of_account(account: &Account) -> Result<Arc<rustls::ClientConfig>> {
    let mut servers = account.imap.iter().chain(&account.smtp);
    if servers.all(|s| s.tls == TlsMode::None) {
        return trusting_nobody();
    }
    let ca_file = account.ca_file.clone();
    tokio::task::spawn_blocking(move || client_config(ca_file.as_deref()))
        .await
        .context(Kind::Internal, "reading the system's certificates")?
}

/// A configuration that trusts nobody and reads nothing, for what is never encrypted.
pub fn trusting_nobody() -> Result<Arc<rustls::ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context(Kind::Internal, "choosing TLS versions")?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// A client configuration that verifies; `ca_file` (PEM) adds roots.
///
/// Reads the operating system's roots each time (some 20 ms): build it once per account and keep it.
pub fn client_config(ca_file: Option<&Path>) -> Result<Arc<rustls::ClientConfig>> {
    let extra = match ca_file {
        Some(path) => roots_of(path)?,
        None => Vec::new(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone()).map_err(
            |e| {
                Error::config("the system has no certificate authorities to trust")
                    .hint("install the package `ca-certificates`, or set `ca_file` in the account")
                    .because(e)
            },
        )?;
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context(Kind::Internal, "choosing TLS versions")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The certificates of a PEM file; at least one.
fn roots_of(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let unreadable = |e: Box<dyn std::error::Error + Send + Sync>| {
        Error::config(format!(
            "`{}` can't be read as certificates",
            path.display()
        ))
        .hint("`ca_file` names a PEM file with the certificate of your own authority")
        .because(e)
    };
    let pem = std::fs::read(path).map_err(|e| unreadable(e.into()))?;
    let roots = CertificateDer::pem_slice_iter(&pem)
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|e| unreadable(e.to_string().into()))?;
    if roots.is_empty() {
        return Err(unreadable("it holds no certificate".into()));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_without_a_certificate_is_a_config_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = client_config(Some(file.path())).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        assert_eq!(error.causes(), ["it holds no certificate"]);
        assert!(client_config(Some(Path::new("/nowhere/ca.pem"))).is_err());
    }
}
