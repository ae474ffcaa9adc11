//! The accounts whose providers call us, with the secrets that prove it; read once, not per call.

use std::collections::HashMap;
use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};

use crate::error::Result;
use crate::model::account::{Account, ChannelKind};
use crate::model::secret::Part;
use crate::net::off_thread;
use crate::ops::App;

/// An account that is called.
#[derive(Clone, Debug)]
pub struct Hook {
    pub account: Account,
    /// What its provider signs with.
    pub secret: Option<SecretString>,
    /// What its provider shows when it asks whether the address is ours.
    pub verify_token: Option<SecretString>,
}

/// All accounts that are called, by name.
#[derive(Clone, Debug, Default)]
pub struct Hooks {
    by_name: HashMap<String, Hook>,
    /// What keeps some of them from being heard, a line each.
    pub troubles: Vec<String>,
}

impl Hooks {
    /// Reads the secrets of all accounts whose providers call; where that fails, what was read `before` goes on.
    pub async fn read(app: &App, before: Option<&Hooks>) -> Hooks {
        let mut hooks = Hooks::default();
        for account in called(app) {
            match hook(app, account).await {
                Ok((hook, trouble)) => {
                    hooks.troubles.extend(trouble.map(|why| {
                        format!(
                            "the verify token of account `{}` can't be read, so its address can't be proven: {why}",
                            account.name
                        )
                    }));
                    if hook.secret.is_none() {
                        hooks.troubles.push(lacks(account));
                    }
                    hooks.by_name.insert(account.name.clone(), hook);
                }
                Err(e) => {
                    let known = before.and_then(|before| before.get(&account.name));
                    hooks.troubles.push(format!(
                        "the webhook secret of account `{}` can't be read, so {}: {}",
                        account.name,
                        match known {
                            Some(_) => "the one from before goes on",
                            None => "its calls are refused",
                        },
                        e.message
                    ));
                    hooks
                        .by_name
                        .extend(known.map(|hook| (account.name.clone(), hook.clone())));
                }
            }
        }
        hooks
    }

    pub fn get(&self, name: &str) -> Option<&Hook> {
        self.by_name.get(name)
    }
}

/// The accounts whose providers call.
pub fn called(app: &App) -> impl Iterator<Item = &Account> {
    app.config
        .accounts
        .iter()
        .filter(|a| a.channel.calls_back())
}

/// Other accounts of the provider whose calls are signed with the same secret: one app may be in several workspaces, and
/// has one address for all.
pub async fn siblings<'a>(app: &'a App, account: &Account) -> Result<Vec<&'a Account>> {
    let mut found = Vec::new();
    let Some(own) = find(app, account, signing_part(account)).await? else {
        return Ok(found);
    };
    for other in called(app).filter(|other| other.channel == account.channel) {
        if other.name == account.name {
            continue;
        }
        let theirs = find(app, other, signing_part(other)).await?;
        if theirs.is_some_and(|theirs| theirs.expose_secret() == own.expose_secret()) {
            found.push(other);
        }
    }
    Ok(found)
}

/// The secret that an account's provider signs with: Twilio signs with the auth token, which may be its login.
pub fn signing_part(account: &Account) -> Part {
    let logs_in_by_key = account.twilio.as_ref().is_some_and(|t| t.api_key.is_some());
    match account.channel {
        ChannelKind::Twilio if !logs_in_by_key => Part::Login,
        _ => Part::WebhookSecret,
    }
}

/// Where an account's provider is to call, while we listen at this address.
pub fn address(app: &App, listen: SocketAddr, account: &Account) -> String {
    match &app.config.serve.public_url {
        Some(url) => format!("{url}/webhooks/{}", account.name),
        None => format!("http://{listen}/webhooks/{}", account.name),
    }
}

/// Says that nothing can be proven.
pub fn lacks(account: &Account) -> String {
    format!(
        "account `{}` has no webhook secret, so what its provider posts is refused",
        account.name
    )
}

/// An account with its secrets, and what is missing only to prove the address.
async fn hook(app: &App, account: &Account) -> Result<(Hook, Option<String>)> {
    let secret = find(app, account, signing_part(account)).await?;
    let token = match account.channel {
        ChannelKind::Whatsapp => find(app, account, Part::VerifyToken).await,
        _ => Ok(None),
    };
    // Calls can be proven without it: it may be in a keyring that is not here, with the secret in the environment.
    let (verify_token, trouble) = match token {
        Ok(token) => (token, None),
        Err(e) => (None, Some(e.message)),
    };
    let hook = Hook {
        account: account.clone(),
        secret,
        verify_token,
    };
    Ok((hook, trouble))
}

async fn find(app: &App, account: &Account, part: Part) -> Result<Option<SecretString>> {
    let found = off_thread(&app.vault, account, move |vault, account| {
        vault.find(account, part)
    });
    Ok(found.await?.map(|found| found.secret))
}
