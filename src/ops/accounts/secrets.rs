//! The stored secrets of an account while it changes: kept only if all the rest went well.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use crate::error::{Context, Error, Kind, Result};
use crate::model::account::Account;
use crate::model::secret::Part;
use crate::secret::Vault;

/// The account as the stores know it: without what wins over them.
pub fn stored(account: &Account, name: &str) -> Account {
    Account {
        name: name.to_owned(),
        secret_env: Default::default(),
        secret_command: None,
        ..account.clone()
    }
}

/// Secrets that were written and are taken back when this is dropped, unless they are [kept](Written::keep).
///
/// An interrupted future drops it, too; then it waits a moment for a write that is under way.
pub struct Written {
    vault: Vault,
    account: Account,
    /// What was there before each write.
    before: Arc<Mutex<Vec<Before>>>,
    writer: Option<JoinHandle<()>>,
    /// The store that holds them.
    pub store: Option<String>,
}

/// A part and what was stored of it.
type Before = (Part, Option<SecretString>);

/// How long an interruption waits for a write that is under way.
const WRITE_ENDS: Duration = Duration::from_secs(3);

/// Writes secrets of an account and reads each back.
pub async fn write(
    vault: &Vault,
    account: Account,
    secrets: Vec<(Part, SecretString)>,
) -> Result<Written> {
    let before = Arc::new(Mutex::new(Vec::new()));
    let (done, wait) = oneshot::channel();
    let work = {
        let (vault, account, before) = (vault.clone(), account.clone(), before.clone());
        move || {
            let mut store = None;
            for (part, secret) in secrets {
                // A keyring that does not answer has nothing that this could destroy.
                let had = vault.find(&account, part).ok().flatten();
                let had = had.map(|found| found.secret);
                let mut before = before.lock().unwrap_or_else(PoisonError::into_inner);
                before.push((part, had));
                drop(before);
                store = Some(vault.store(&account, part, &secret)?);
                let kept = vault.find(&account, part)?;
                if kept.is_none_or(|kept| kept.secret.expose_secret() != secret.expose_secret()) {
                    return Err(Error::auth(format!(
                        "the secret of account `{}` could not be read back after it was written",
                        account.name
                    ))
                    .hint("`comms doctor` says what is wrong with the keyring"));
                }
            }
            Ok(store)
        }
    };
    let mut written = Written {
        vault: vault.clone(),
        account,
        before,
        // A thread of its own: the runtime's would not be waited for after Ctrl-C.
        writer: Some(std::thread::spawn(move || {
            let _ = done.send(work());
        })),
        store: None,
    };
    written.store = wait.await.context(Kind::Internal, "storing a secret")??;
    Ok(written)
}

impl Written {
    /// Leaves the secrets where they are.
    pub fn keep(mut self) -> Option<String> {
        self.writer = None;
        self.before
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.store.take()
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let end = Instant::now() + WRITE_ENDS;
        while self.writer.as_ref().is_some_and(|w| !w.is_finished()) {
            if Instant::now() > end {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        for (part, had) in before.drain(..) {
            // Nothing better can be done about a store that fails now.
            let _ = match had {
                Some(secret) => self.vault.store(&self.account, part, &secret).map(drop),
                None => self.vault.remove(&self.account, part).map(drop),
            };
        }
    }
}

/// All that is stored of an account.
pub async fn read_all(vault: &Vault, account: Account) -> Result<Vec<(Part, SecretString)>> {
    let vault = vault.clone();
    let read = tokio::task::spawn_blocking(move || {
        let (mut all, mut fault) = (Vec::new(), None);
        for part in Part::ALL {
            match vault.find(&account, part) {
                Ok(Some(found)) => all.push((part, found.secret)),
                Ok(None) => {}
                Err(e) => fault = fault.or(Some(e)),
            }
        }
        match fault {
            // Where one secret is in the encrypted file the others are, too, and nobody needs the keyring.
            Some(fault) if all.is_empty() => Err(fault),
            _ => Ok(all),
        }
    });
    read.await.context(Kind::Internal, "asking the keyring")?
}

/// Removes all that is stored of an account; says whether there was anything.
pub async fn remove_all(vault: &Vault, account: Account) -> Result<bool> {
    let vault = vault.clone();
    tokio::task::spawn_blocking(move || vault.remove_all(&account, &Part::ALL))
        .await
        .context(Kind::Internal, "asking the keyring")?
}
