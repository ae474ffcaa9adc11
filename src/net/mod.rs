//! The network: HTTP, TLS for every protocol, OAuth. Async begins here.

pub mod api;
pub mod autoconfig;
pub mod dav;
pub mod echo;
pub mod google;
pub mod http;
pub mod oauth;
pub mod pages;
pub mod poster;
pub mod slack;
pub mod tls;
pub mod twilio;
mod weight;
pub mod whatsapp;

use crate::error::{Context, Kind, Result};
use crate::model::account::Account;
use crate::secret::Vault;

/// Runs what may wait for a keyring, a password manager or a person off the runtime's thread.
pub async fn off_thread<T: Send + 'static>(
    vault: &Vault,
    account: &Account,
    work: impl FnOnce(&Vault, &Account) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (vault, account) = (vault.clone(), account.clone());
    tokio::task::spawn_blocking(move || work(&vault, &account))
        .await
        .context(Kind::Internal, "asking for the secret")?
}

/// Whether a host is this machine, so that nothing leaves it.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
