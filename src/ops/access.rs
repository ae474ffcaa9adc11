//! What a client of a provider's API is lent: the login, a share of the quota, the time.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::channel::google_chat_webhook::Webhook;
use crate::channel::{gmail, google_chat};
use crate::clock::Clock;
use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;
use crate::model::account::{Account, ChannelKind};
use crate::net::api::{Access, Api, Pending};
use crate::net::google;
use crate::net::http::{Client, Redirects};
use crate::rules::budget::{Cost, Limit};
use crate::store::{Asked, Owner};

use super::{App, token};

/// The API of an account's provider, ready to be asked.
pub async fn api(app: &App, account: &Account) -> Result<Api> {
    let client = client(account).await?;
    let lent = Lent {
        app: app.twin(),
        account: account.clone(),
        owner: match account.quota {
            Some(_) => Some(app.store.owner()?),
            None => None,
        },
    };
    let base = account.base_url.as_deref().unwrap_or_default();
    let api = Api::new(client, base, Arc::new(lent), google::reading)?;
    Ok(api.read_only(app.config.read_only))
}

/// The mailbox of a Gmail account.
pub async fn gmail(app: &App, account: &Account) -> Result<gmail::Client> {
    let schedule = match account.legacy_units {
        true => gmail::Schedule::Legacy,
        false => gmail::Schedule::Current,
    };
    Ok(gmail::Client::new(api(app, account).await?, schedule))
}

/// The spaces of a Google Chat account.
pub async fn google_chat(app: &App, account: &Account) -> Result<google_chat::Client> {
    Ok(google_chat::Client::new(api(app, account).await?))
}

/// Whether this secret opens the account; gives who took it. Asks for the least there is; a webhook can't be asked.
pub async fn prove(app: &App, account: &Account, secret: &SecretString) -> Result<String> {
    let base = account.base_url.as_deref().unwrap_or_default();
    let host = base.split("://").nth(1).unwrap_or(base).to_owned();
    if account.channel == ChannelKind::GoogleChatWebhook {
        Webhook::parse(secret, base)?;
        return Ok(host);
    }
    let given = Given {
        secret: secret.clone(),
        clock: app.clock.clone(),
    };
    let api = Api::new(
        client(account).await?,
        base,
        Arc::new(given),
        google::reading,
    )?;
    if account.channel != ChannelKind::Gmail {
        google_chat::Client::new(api).spaces().await?;
        return Ok(host);
    }
    let profile = gmail::Client::new(api, gmail::Schedule::default())
        .profile()
        .await?;
    let own = |own: &str| own.eq_ignore_ascii_case(&profile.email_address);
    if !account.own_addresses().any(own) {
        return Err(Error::new(
            Kind::Auth,
            format!(
                "this login is for `{}`, not for account `{}`",
                clean::line(&profile.email_address),
                account.name
            ),
        )
        .hint(format!(
            "log in as `{}`, or set `address` of the account",
            account.address.as_deref().unwrap_or_default()
        )));
    }
    Ok(host)
}

/// A secret that is only tried.
struct Given {
    secret: SecretString,
    clock: Clock,
}

impl Access for Given {
    fn token(&self) -> Pending<'_, Result<SecretString>> {
        Box::pin(async { Ok(self.secret.clone()) })
    }

    fn renew(&self, _refused: SecretString) -> Pending<'_, Result<Option<SecretString>>> {
        Box::pin(async { Ok(None) })
    }

    fn units(&self, _units: u32) -> Pending<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn pause(&self, wait: Duration) -> Pending<'_, ()> {
        Box::pin(self.clock.sleep(wait))
    }
}

/// A webhook, and what speaks to it.
pub async fn webhook(app: &App, account: &Account) -> Result<(Webhook, Client)> {
    let url = token::secret(app, account).await?.secret;
    let base = account.base_url.as_deref().unwrap_or_default();
    Ok((Webhook::parse(&url, base)?, client(account).await?))
}

async fn client(account: &Account) -> Result<Client> {
    let ca_file = account.ca_file.clone();
    let client =
        tokio::task::spawn_blocking(move || Client::new(ca_file.as_deref(), Redirects::Never));
    client
        .await
        .context(Kind::Internal, "reading the system's certificates")?
}

struct Lent {
    app: App,
    account: Account,
    owner: Option<Owner>,
}

impl Access for Lent {
    fn token(&self) -> Pending<'_, Result<SecretString>> {
        Box::pin(async { Ok(token::secret(&self.app, &self.account).await?.secret) })
    }

    fn renew(&self, refused: SecretString) -> Pending<'_, Result<Option<SecretString>>> {
        Box::pin(async move { token::renewed(&self.app, &self.account, &refused).await })
    }

    fn units(&self, units: u32) -> Pending<'_, Result<()>> {
        Box::pin(self.take(units))
    }

    fn pause(&self, wait: Duration) -> Pending<'_, ()> {
        Box::pin(self.app.clock.sleep(wait))
    }
}

impl Lent {
    /// Takes units as they become free. They count from when they were taken: the request follows at once.
    async fn take(&self, units: u32) -> Result<()> {
        let (Some(rate), Some(owner)) = (self.account.quota, &self.owner) else {
            return Ok(());
        };
        let limit = Limit {
            scope: scope(&self.account),
            cost: Cost::Each(1),
            rate,
        };
        let clock = &self.app.clock;
        let mut missing = units;
        while missing > 0 {
            // Never more at once than the whole quota.
            let want = missing.min(rate.most);
            let asked = self
                .app
                .store
                .take(std::slice::from_ref(&limit), want, (owner, clock))?;
            match asked {
                Asked::Granted(share) => {
                    self.app.store.spend(&share, clock.now())?;
                    missing -= share.parts.min(missing);
                }
                Asked::Later(at, _) => {
                    let wait = at.duration_since(clock.now());
                    let wait = Duration::try_from(wait).unwrap_or_default();
                    clock.sleep(wait.max(Duration::from_millis(1))).await;
                }
                Asked::Never(_) => return Ok(()),
            }
        }
        Ok(())
    }
}

/// Whose quota it is: the provider counts by user.
fn scope(account: &Account) -> String {
    let who = account.address.as_deref().unwrap_or(&account.name);
    format!("units:{}:{}", account.channel.name(), who.to_lowercase())
}
