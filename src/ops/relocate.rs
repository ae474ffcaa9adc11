//! Moving the secrets of accounts between the keyring and the encrypted file.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};
use crate::model::account::Account;
use crate::model::secret::{Part, Place};
use crate::net::oauth;
use crate::secret::{Moved, Vault};

use super::sync::Failure;
use super::{App, auth, token};

/// Which secrets go where.
#[derive(Clone, Debug)]
pub struct MoveRequest {
    /// Empty means all accounts that log in somewhere.
    pub accounts: Vec<String>,
    pub to: Place,
}

/// What `auth move` did. `comms.auth_move/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MoveReport {
    /// The store it went to.
    pub to: String,
    pub accounts: Vec<MoveRow>,
}

/// One account and its secrets.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MoveRow {
    pub account: String,
    /// `moved`, `already there`, `nothing stored`, `in both` (the copy is good, the original could not be removed) or
    /// `failed` (it is where it was).
    pub state: String,
    /// The secrets that were copied, read back, and removed from where they were: `login`, `tokens` …
    pub moved: Vec<String>,
    pub error: Option<Failure>,
    #[serde(skip)]
    kind: Option<Kind>,
}

impl MoveReport {
    /// `Partial` if only some of it was done, the kind of the first error if nothing was.
    pub fn outcome(&self) -> Option<Kind> {
        let first = self.accounts.iter().find_map(|row| row.kind)?;
        let nothing_done = |row: &MoveRow| row.state == "failed" && row.moved.is_empty();
        let none = self.accounts.iter().all(nothing_done);
        Some(if none { first } else { Kind::Partial })
    }
}

/// Moves every secret of each account; what one account meets keeps no other back.
pub async fn relocate(app: &App, request: MoveRequest) -> Result<MoveReport> {
    let chosen: Vec<Account> = if request.accounts.is_empty() {
        let all = app.config.accounts.iter();
        all.filter(|account| auth::has_login(account))
            .cloned()
            .collect()
    } else {
        let named = request.accounts.iter();
        named
            .map(|name| auth::with_login(app, name).cloned())
            .collect::<Result<_>>()?
    };
    // A token that is renewed between copying and removing would be lost with the original.
    let mut locks = Vec::new();
    for account in chosen.iter().filter(|account| account.oauth.is_some()) {
        locks.push(oauth::hold(token::place(app), account).await?);
    }
    let (vault, to) = (app.vault.clone(), request.to);
    let accounts = tokio::task::spawn_blocking(move || {
        let rows = chosen.iter().map(|account| one(&vault, account, to));
        rows.collect()
    })
    .await
    .context(Kind::Internal, "moving secrets")?;
    drop(locks);
    Ok(MoveReport {
        to: Vault::place_name(to).to_owned(),
        accounts,
    })
}

fn one(vault: &Vault, account: &Account, to: Place) -> MoveRow {
    let mut row = MoveRow {
        account: account.name.clone(),
        state: "nothing stored".to_owned(),
        moved: Vec::new(),
        error: None,
        kind: None,
    };
    for part in Part::ALL {
        match vault.relocate(account, part, to) {
            Ok(Moved::Nothing) => {}
            Ok(Moved::Already) if row.moved.is_empty() => row.state = "already there".to_owned(),
            Ok(Moved::Already) => {}
            Ok(Moved::Done) => {
                row.state = "moved".to_owned();
                row.moved.push(match part.name() {
                    "" => "login".to_owned(),
                    name => name.to_owned(),
                });
            }
            // The rest would meet the same.
            Ok(Moved::Both(error)) => return row.ended("in both", &error),
            Err(error) => return row.ended("failed", &error),
        }
    }
    row
}

impl MoveRow {
    fn ended(mut self, state: &str, error: &Error) -> MoveRow {
        self.state = state.to_owned();
        self.error = Some(Failure::of(error));
        self.kind = Some(error.kind);
        self
    }
}
