//! What a client of a provider's API is lent: the login, a share of the quota, the time.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::channel::google_chat_webhook::Webhook;
use crate::channel::slack_webhook::Webhook as SlackWebhook;
use crate::channel::{gmail, google_chat, slack, twilio, whatsapp};
use crate::clock::{Clock, UnderWay};
use crate::directory::{carddav, people};
use crate::error::{Context, Error, Kind, Result};
use crate::format::{clean, whatsapp as rules};
use crate::model::account::{Account, ChannelKind, Twilio, Whatsapp};
use crate::model::budget::Rate;
use crate::net::api::{Access, Api, Pending, Reading, Scheme, Units};
use crate::net::http::{Client, Redirects};
use crate::net::slack as slack_net;
use crate::net::twilio as sms;
use crate::net::whatsapp as meta;
use crate::net::{dav, google};
use crate::rules::budget::{Cost, Limit};
use crate::store::{Asked, Owner, Share};

use super::{App, token};

/// The API of an account's provider, ready to be asked; `reading` tells its refusals.
pub async fn api(app: &App, account: &Account, reading: Reading) -> Result<Api> {
    api_of(app, account, (account.channel.name(), reading)).await
}

/// The same for a service that counts its quota by itself.
async fn api_of(
    app: &App,
    account: &Account,
    (service, reading): (&'static str, Reading),
) -> Result<Api> {
    let client = client(account).await?;
    let lent = Lent(Arc::new(Shared {
        app: app.twin(),
        account: account.clone(),
        service,
        owner: match account.quota.is_some() || account.channel == ChannelKind::Slack {
            true => Some(app.store.owner()?),
            false => None,
        },
    }));
    let base = account.base_url.as_deref().unwrap_or_default();
    let api = Api::new(client, base, Arc::new(lent), reading)?;
    Ok(api.read_only(app.config.read_only))
}

/// The mailbox of a Gmail account.
pub async fn gmail(app: &App, account: &Account) -> Result<gmail::Client> {
    let schedule = match account.legacy_units {
        true => gmail::Schedule::Legacy,
        false => gmail::Schedule::Current,
    };
    Ok(gmail::Client::new(
        api(app, account, google::reading).await?,
        schedule,
    ))
}

/// The address book of a Google account.
pub async fn people(app: &App, account: &Account) -> Result<people::Client> {
    let usual = account.base_url.as_deref() == account.channel.base_url();
    let account = Account {
        base_url: match usual {
            true => Some(google::operations::PEOPLE.to_owned()),
            false => account.base_url.clone(),
        },
        quota: account.quota.map(|_| PEOPLE_QUOTA),
        ..account.clone()
    };
    let api = api_of(app, &account, ("people", google::reading)).await?;
    Ok(people::Client::new(api))
}

/// What Google lets one user ask of an address book.
const PEOPLE_QUOTA: Rate = Rate {
    most: 90,
    per: Duration::from_secs(60),
};

/// The spaces of a Google Chat account.
pub async fn google_chat(app: &App, account: &Account) -> Result<google_chat::Client> {
    Ok(google_chat::Client::new(
        api(app, account, google::reading).await?,
    ))
}

/// The workspace of a Slack account.
pub async fn slack(app: &App, account: &Account) -> Result<slack::Client> {
    let api = api(app, account, slack_net::reading).await?;
    Ok(slack::Client::new(api))
}

/// Slack's incoming webhook, and what speaks to it.
pub async fn slack_webhook(app: &App, account: &Account) -> Result<(SlackWebhook, Client)> {
    let url = token::secret(app, account).await?.secret;
    let base = account.base_url.as_deref().unwrap_or_default();
    Ok((SlackWebhook::parse(&url, base)?, client(account).await?))
}

/// Asks whose token it is; gives the workspace and the name.
async fn prove_slack(app: &App, account: &Account, secret: &SecretString) -> Result<String> {
    let given = Given {
        secret: secret.clone(),
        clock: app.clock.clone(),
    };
    let base = account.base_url.as_deref().unwrap_or_default();
    let client = client(account).await?;
    let api = Api::new(client, base, Arc::new(given), slack_net::reading)?;
    let who = slack::Client::new(api).whoami().await?;
    Ok(clean::line(&format!("{} as {}", who.team, who.user)))
}

/// The number of a WhatsApp account.
pub async fn whatsapp(app: &App, account: &Account) -> Result<whatsapp::Client> {
    let settings = of_whatsapp(account)?;
    let api = api(app, account, meta::reading).await?;
    Ok(whatsapp::Client::new(api, settings))
}

/// The messages of a Twilio account.
pub async fn twilio(app: &App, account: &Account) -> Result<twilio::Client> {
    let settings = of_twilio(account)?;
    let api = api(app, account, sms::reading).await?;
    let api = api.scheme(basic(settings));
    Ok(twilio::Client::new(api, &settings.account_sid))
}

/// The address books of a CardDAV account.
pub async fn carddav(app: &App, account: &Account) -> Result<carddav::Client> {
    let api = api(app, account, dav::reading).await?;
    let login = account.login().unwrap_or_default();
    Ok(carddav::Client::new(
        api.scheme(Scheme::Basic(login.to_owned())),
    ))
}

/// Finds the address book; gives where it is.
async fn prove_carddav(app: &App, account: &Account, secret: &SecretString) -> Result<String> {
    let given = Given {
        secret: secret.clone(),
        clock: app.clock.clone(),
    };
    let base = account.base_url.as_deref().unwrap_or_default();
    let api = Api::new(client(account).await?, base, Arc::new(given), dav::reading)?;
    let login = account.login().unwrap_or_default();
    let books = carddav::Client::new(api.scheme(Scheme::Basic(login.to_owned())));
    Ok(clean::line(books.find().await?.url()))
}

fn of_twilio(account: &Account) -> Result<&Twilio> {
    account
        .twilio
        .as_ref()
        .ok_or_else(|| Error::internal(format!("account `{}` is none of Twilio", account.name)))
}

/// The secret is the account's auth token, or that of a key.
fn basic(settings: &Twilio) -> Scheme {
    let user = settings.api_key.as_ref().unwrap_or(&settings.account_sid);
    Scheme::Basic(user.clone())
}

/// Whether the login opens the account, and the account has the sender.
async fn prove_twilio(app: &App, account: &Account, secret: &SecretString) -> Result<String> {
    let settings = of_twilio(account)?;
    let asked = async |base: &str| -> Result<twilio::Client> {
        let given = Given {
            secret: secret.clone(),
            clock: app.clock.clone(),
        };
        let api = Api::new(client(account).await?, base, Arc::new(given), sms::reading)?;
        let api = api.scheme(basic(settings));
        Ok(twilio::Client::new(api, &settings.account_sid))
    };
    let base = account.base_url.as_deref().unwrap_or_default();
    let client = asked(base).await?;
    let by_key = settings.api_key.is_some();
    let name = match client.whoami().await {
        // No key may read the account itself, unless it is one that may do everything.
        Err(e) if by_key && e.kind == Kind::Auth => {
            client.opens().await?;
            settings.account_sid.clone()
        }
        other => other?,
    };
    // Keys may be restricted to messages: what they can't see is no fault.
    let hidden = |e: &Error| by_key && matches!(e.kind, Kind::Auth | Kind::Refused);
    if let Some(service) = &settings.messaging_service {
        let usual = Some(base) == ChannelKind::Twilio.base_url();
        let there = if usual {
            sms::operations::MESSAGING
        } else {
            base
        };
        return match asked(there).await?.service(service).await {
            Ok(service) => Ok(format!("{name}, by the messaging service {service}")),
            Err(e) if hidden(&e) => Ok(name),
            Err(e) => Err(e),
        };
    }
    // Short codes and names are in no list that every login may read.
    if let Some(number) = account.address.as_deref().filter(|a| a.starts_with('+')) {
        match client.owns(number).await {
            Err(e) if hidden(&e) => {}
            other => other?,
        }
    }
    Ok(name)
}

fn of_whatsapp(account: &Account) -> Result<Whatsapp> {
    account
        .whatsapp
        .clone()
        .ok_or_else(|| Error::internal(format!("account `{}` is none of WhatsApp", account.name)))
}

/// How long a provider may take to say whether a login is good: someone waits for it.
const PROOF: Duration = Duration::from_secs(30);

/// Whether this secret opens the account; gives who took it. Asks for the least there is; a webhook can't be asked.
pub async fn prove(app: &App, account: &Account, secret: &SecretString) -> Result<String> {
    let proof = prove_patiently(app, account, secret);
    tokio::time::timeout(PROOF, proof)
        .await
        .unwrap_or_else(|_| {
            Err(Error::unavailable(format!(
                "the provider of account `{}` did not say within {} s whether the login is good",
                account.name,
                PROOF.as_secs()
            )))
        })
}

async fn prove_patiently(app: &App, account: &Account, secret: &SecretString) -> Result<String> {
    let base = account.base_url.as_deref().unwrap_or_default();
    let host = base.split("://").nth(1).unwrap_or(base).to_owned();
    if account.channel == ChannelKind::GoogleChatWebhook {
        Webhook::parse(secret, base)?;
        return Ok(host);
    }
    match account.channel {
        ChannelKind::Gmail | ChannelKind::GoogleChat => {}
        ChannelKind::Twilio => return prove_twilio(app, account, secret).await,
        ChannelKind::Slack => return prove_slack(app, account, secret).await,
        ChannelKind::SlackWebhook => {
            SlackWebhook::parse(secret, base)?;
            return Ok(host);
        }
        ChannelKind::Whatsapp => return prove_whatsapp(app, account, secret).await,
        ChannelKind::Carddav => return prove_carddav(app, account, secret).await,
        other => {
            return Err(Error::config(format!(
                "a login of channel {} can't be tried",
                other.name()
            )));
        }
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

/// Asks for the number that messages come from.
async fn prove_whatsapp(app: &App, account: &Account, secret: &SecretString) -> Result<String> {
    let given = Given {
        secret: secret.clone(),
        clock: app.clock.clone(),
    };
    let base = account.base_url.as_deref().unwrap_or_default();
    let api = Api::new(client(account).await?, base, Arc::new(given), meta::reading)?;
    let number = whatsapp::Client::new(api, of_whatsapp(account)?)
        .number()
        .await?;
    let own = rules::address(&number.display_phone_number);
    let fits = |known: &str| rules::address(known) == own;
    if account.own_addresses().next().is_some() && !account.own_addresses().any(fits) {
        return Err(Error::new(
            Kind::Auth,
            format!(
                "this number id is of `{}`, not of account `{}`",
                clean::line(&number.display_phone_number),
                account.name
            ),
        )
        .hint(format!(
            "set `phone_number_id` to that of {}, or `address` to the number",
            account.address.as_deref().unwrap_or_default()
        )));
    }
    let name = clean::line(&number.verified_name);
    let shown = clean::line(&number.display_phone_number);
    Ok(match name.is_empty() {
        true => shown,
        false => format!("{shown} ({name})"),
    })
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

    fn units(&self, _units: u32) -> Pending<'_, Result<Units>> {
        Box::pin(async { Ok(Box::new(()) as Units) })
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

struct Lent(Arc<Shared>);

struct Shared {
    app: App,
    account: Account,
    service: &'static str,
    owner: Option<Owner>,
}

impl Access for Lent {
    fn token(&self) -> Pending<'_, Result<SecretString>> {
        let of = &self.0;
        Box::pin(async { Ok(token::secret(&of.app, &of.account).await?.secret) })
    }

    fn renew(&self, refused: SecretString) -> Pending<'_, Result<Option<SecretString>>> {
        let of = &self.0;
        Box::pin(async move { token::renewed(&of.app, &of.account, &refused).await })
    }

    fn units(&self, units: u32) -> Pending<'_, Result<Units>> {
        Box::pin(self.take(units))
    }

    fn turn(&self, kind: &'static str, per_minute: u32) -> Pending<'_, Result<Units>> {
        let rate = Rate {
            most: per_minute,
            per: Duration::from_secs(60),
        };
        let scope = format!("{}:{kind}", scope(&self.0));
        Box::pin(self.take_of(scope, Some(rate), 1))
    }

    fn pause(&self, wait: Duration) -> Pending<'_, ()> {
        Box::pin(self.0.app.clock.sleep(wait))
    }
}

impl Lent {
    /// Takes units of the account's quota.
    async fn take(&self, units: u32) -> Result<Units> {
        let of = &self.0;
        self.take_of(scope(of), of.account.quota, units).await
    }

    /// Takes units once they are all free; more than the whole quota in shares of it.
    async fn take_of(&self, scope: String, rate: Option<Rate>, units: u32) -> Result<Units> {
        let of = &self.0;
        let (Some(rate), Some(owner)) = (rate, &of.owner) else {
            return Ok(Box::new(()));
        };
        let (store, clock) = (&of.app.store, &of.app.clock);
        let mut taken = Taken {
            share: Share::default(),
            of: Arc::clone(of),
            _under_way: None,
        };
        let mut missing = units;
        while missing > 0 {
            let want = missing.min(rate.most);
            let limit = Limit {
                scope: scope.clone(),
                cost: Cost::Once(want),
                rate,
            };
            match store.take(std::slice::from_ref(&limit), 1, (owner, clock))? {
                Asked::Granted(share) => {
                    store.spend(&std::mem::replace(&mut taken.share, share), clock.now())?;
                    missing -= want;
                }
                Asked::Later(at, _) => clock.sleep_until(at).await,
                Asked::Never(_) => break,
            }
        }
        taken._under_way = Some(clock.under_way());
        Ok(Box::new(taken))
    }
}

/// Units under way.
struct Taken {
    share: Share,
    of: Arc<Shared>,
    _under_way: Option<UnderWay>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        // What can't be noted counts as under way until this process ends, which is on the safe side.
        let app = &self.of.app;
        let _ = app.store.spend(&self.share, app.clock.now());
    }
}

/// Whose quota it is: the provider counts by user.
fn scope(of: &Shared) -> String {
    let account = &of.account;
    let who = account.address.as_deref().unwrap_or(&account.name);
    format!("units:{}:{}", of.service, who.to_lowercase())
}
