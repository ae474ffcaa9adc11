//! Logging in by OAuth: in a browser, by pasting, by device code, with a key or a client's secret; and revoking.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{Context, Error, Kind, Result};
use crate::model::account::{Account, Grant, OAuth, Provider};
use crate::model::secret::Part;
use crate::net::oauth::{
    self, Ask, Client, Loopback, Pending, Redirect, Server, ServiceAccount, Tokens,
};
use crate::net::off_thread;

pub use crate::net::oauth::{DevicePrompt, Wanted};

use super::App;
use super::auth::{self, AuthChange};
use super::token;

/// How long a browser is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a login needs to know; the rest stands in the config.
#[derive(Debug, Default)]
pub struct Login {
    pub account: String,
    pub scopes: Wanted,
    /// Ask for consent even though there is a refresh token.
    pub consent: bool,
    pub client: ClientFile,
    /// The key file of a service account.
    pub key: Option<SecretString>,
}

/// An OAuth client, as a provider's console writes it or as it was typed.
#[derive(Debug, Default)]
pub struct ClientFile {
    pub client_id: Option<String>,
    pub secret: Option<SecretString>,
}

impl ClientFile {
    /// Reads Google's client file (`installed` or `web`), or flat JSON with `client_id` and `client_secret`.
    pub fn read(text: &SecretString) -> Result<ClientFile> {
        let wrong = || {
            Error::usage("this is not the file of an OAuth client").hint(
                "give the JSON that the provider's console offers for download; it holds client_id",
            )
        };
        // The parser's words could quote the secret.
        let file: serde_json::Value =
            serde_json::from_str(text.expose_secret()).map_err(|_| wrong())?;
        let inner = ["installed", "web"].iter().find_map(|key| file.get(key));
        let inner = inner.unwrap_or(&file);
        let text = |key: &str| inner.get(key)?.as_str().map(str::to_owned);
        Ok(ClientFile {
            client_id: Some(text("client_id").ok_or_else(wrong)?),
            secret: text("client_secret").map(SecretString::from),
        })
    }
}

/// How this account logs in by OAuth; `None` if it takes a password or a token from elsewhere.
pub fn grant(app: &App, name: &str) -> Result<Option<Grant>> {
    let account = app.config.account(name)?;
    Ok(account.oauth.as_ref().map(|oauth| oauth.grant))
}

/// Whether the provider wants a client secret that nobody has yet.
pub async fn wants_client_secret(app: &App, login: &Login) -> Result<bool> {
    let (account, oauth) = settings(app, &login.account)?;
    let needed = match oauth.grant {
        // A desktop client of Google has a secret that has to be sent.
        Grant::Code => oauth.provider == Provider::Google && oauth.token_url.is_none(),
        Grant::ClientCredentials => true,
        Grant::ServiceAccount => false,
    };
    if !needed || login.client.secret.is_some() {
        return Ok(false);
    }
    // Where the keyring can't tell, it is asked for again.
    let known = find(app, account, Part::ClientSecret).await;
    Ok(known.unwrap_or(None).is_none())
}

/// Logs in through a browser on this machine. `show` gets the address to open.
pub async fn in_browser(app: &App, login: &Login, show: impl FnOnce(&str)) -> Result<AuthChange> {
    let desk = Desk::open(app, login).await?;
    let loopback = Loopback::open(desk.plain_localhost()).await?;
    let (url, pending) = desk.client.authorize(&desk.ask(), &loopback.redirect_uri)?;
    desk.probe(&pending).await?;
    show(&url);
    let arrival = match loopback.wait(&pending, PATIENCE).await {
        Ok(arrival) => arrival,
        Err(e) => {
            desk.forget_pending().await;
            return Err(e.hint(format!(
                "run `comms auth login {0}` again, or `comms auth login {0} --paste` where the browser runs on another machine",
                desk.account.name
            )));
        }
    };
    let ended = desk.redirected(&pending, &arrival.redirect).await;
    if ended.is_err() {
        desk.forget_pending().await;
    }
    let told = ended.as_ref().map(drop).map_err(|e| e.message.clone());
    arrival.answer(told).await;
    ended
}

/// Begins a login whose redirect is pasted later, perhaps into another process; gives the address to open.
pub async fn begin_paste(app: &App, login: &Login) -> Result<AuthChange> {
    let desk = Desk::open(app, login).await?;
    // Nobody listens there: the browser shows an error, and the address that is to be copied.
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal(format!("no random numbers: {e}")))?;
    let port = 49152 + u16::from_ne_bytes(bytes) % 16000;
    let redirect_uri = match desk.plain_localhost() {
        true => format!("http://localhost:{port}"),
        false => format!("http://127.0.0.1:{port}/callback"),
    };
    let (url, mut pending) = desk.client.authorize(&desk.ask(), &redirect_uri)?;
    let secret = login.client.secret.as_ref();
    pending.client_secret = secret.map(|secret| secret.expose_secret().to_owned());
    desk.probe(&pending).await?;
    Ok(AuthChange {
        account: desk.account.name.clone(),
        authorize_url: Some(url),
        ..AuthChange::default()
    })
}

/// Ends a login that [`begin_paste`] began, with the address that the browser ended at.
pub async fn finish_paste(app: &App, login: &Login, pasted: &SecretString) -> Result<AuthChange> {
    let (account, _) = settings(app, &login.account)?;
    let name = &account.name;
    let pending = find(app, account, Part::Pending).await?.ok_or_else(|| {
        Error::auth(format!("no login of account `{name}` waits for an address"))
            .hint(format!("run `comms auth login {name} --paste` first"))
    })?;
    let pending: Pending = serde_json::from_str(pending.expose_secret()).map_err(|_| {
        Error::auth(format!(
            "the login of account `{name}` that was begun can't be read"
        ))
        .hint(format!("run `comms auth login {name} --paste` again"))
    })?;
    let given = login.client.secret.clone();
    let login = Login {
        account: name.clone(),
        scopes: Wanted::These(pending.scopes.clone()),
        consent: login.consent,
        client: ClientFile {
            client_id: Some(pending.client_id.clone()),
            secret: given.or(pending.client_secret.clone().map(SecretString::from)),
        },
        key: None,
    };
    let desk = Desk::open(app, &login).await?;
    desk.redirected(&pending, &Redirect::read(pasted.expose_secret()))
        .await
}

/// Logs in on another device. `show` gets what has to be done there.
pub async fn by_device(
    app: &App,
    login: &Login,
    show: impl FnOnce(&DevicePrompt),
) -> Result<AuthChange> {
    let desk = Desk::open(app, login).await?;
    if desk.oauth.provider == Provider::Google && desk.oauth.device_url.is_none() {
        return Err(
            Error::usage("Google gives no device codes for mail").hint(format!(
                "run `comms auth login {} --paste`",
                desk.account.name
            )),
        );
    }
    desk.try_to_keep().await?;
    let fresh = desk.client.device(&desk.asked, show).await?;
    let tokens = Tokens::new(fresh, desk.client.origin()?, &desk.asked, app.clock.now());
    desk.finish(tokens).await
}

/// Logs in with what needs no person: the key of a service account, or the client's own secret.
pub async fn by_itself(app: &App, login: &Login) -> Result<AuthChange> {
    let (account, oauth) = settings(app, &login.account)?;
    if let Some(key) = &login.key {
        if oauth.grant != Grant::ServiceAccount {
            return Err(Error::usage(format!(
                "account `{}` takes no service account",
                account.name
            ))
            .hint(format!(
                "set grant = \"service-account\" in [accounts.{}]",
                account.name
            )));
        }
        ServiceAccount::read(key)?;
    }
    if oauth.grant == Grant::ClientCredentials && oauth.client_id.is_none() {
        return Err(
            Error::config(format!("account `{}` has no OAuth client", account.name))
                .hint(format!("set client_id in [accounts.{}]", account.name)),
        );
    }
    // A token that is still good proves nothing about the key.
    let old = oauth::read_tokens(&app.vault, account).await.ok().flatten();
    let old = old.map(|(tokens, _)| tokens.access_token());
    let given = [
        (Part::ServiceAccount, &login.key),
        (Part::ClientSecret, &login.client.secret),
    ];
    let given = || {
        given
            .iter()
            .filter_map(|(part, secret)| Some((*part, secret.as_ref()?)))
    };
    let mut trying = account.clone();
    trying
        .secret_env
        .extend(given().map(|(part, secret)| (part, secret.clone())));
    let access = oauth::renew(token::place(app), &trying, oauth, old.as_ref()).await?;
    // Kept once the provider took them: until then those that are kept already are the good ones.
    for (part, secret) in given() {
        store(app, account, part, secret).await?;
    }
    let mut change = AuthChange {
        account: account.name.clone(),
        stored_in: Some(access.source),
        changed: true,
        ..AuthChange::default()
    };
    if let Some(tokens) = &access.renewed {
        token::note(app, account, tokens);
        change.scopes.clone_from(&tokens.scopes);
        change.expires_at = tokens.expires_at;
    }
    change.server = Some(auth::prove(app, account, &access.token).await?);
    Ok(change)
}

/// Takes the account's tokens back at the provider; what the user has to know about that.
pub async fn revoke(app: &App, account: &Account) -> Result<Option<String>> {
    let Some(oauth) = &account.oauth else {
        return Ok(None);
    };
    let Some((tokens, _)) = oauth::read_tokens(&app.vault, account).await? else {
        return Ok(None);
    };
    let mut server = Server::known(oauth);
    server.revoke_url = server.revoke_url.or_else(|| tokens.revoke_url.clone());
    server.secret_in_form = tokens.secret_in_form;
    let client = oauth::client(&app.vault, account, server, tokens.client_id.clone()).await?;
    let token = tokens
        .refresh_token()
        .unwrap_or_else(|| tokens.access_token());
    let revoked = client.revoke(&token).await.map_err(|e| {
        e.hint(format!(
            "nothing was removed; without --revoke `comms auth logout {}` only forgets the login here",
            account.name
        ))
    })?;
    Ok(Some(match (revoked, &oauth.provider) {
        (false, _) => format!(
            "the provider of account `{}` has no way to revoke a login: remove the app in its account settings",
            account.name
        ),
        (true, Provider::Google) => {
            "Google took back every login of this user to this app's project".to_owned()
        }
        (true, _) => format!(
            "the provider took back the login of account `{}`",
            account.name
        ),
    }))
}

/// A login at work: whose, at whom, for what.
struct Desk<'a> {
    app: &'a App,
    account: &'a Account,
    oauth: &'a OAuth,
    login: &'a Login,
    client: Client,
    asked: Vec<String>,
    /// The login that is there already.
    old: Option<Tokens>,
    warnings: Vec<String>,
}

impl<'a> Desk<'a> {
    async fn open(app: &'a App, login: &'a Login) -> Result<Desk<'a>> {
        let (account, oauth) = settings(app, &login.account)?;
        let name = &account.name;
        if oauth.grant != Grant::Code {
            return Err(Error::usage(format!("account `{name}` logs in by itself"))
                .hint(format!("run `comms auth login {name}` without flags")));
        }
        let old = oauth::read_tokens(&app.vault, account).await.ok().flatten();
        let old = old.map(|(tokens, _)| tokens);
        if let (Some(given), Some(set)) = (&login.client.client_id, &oauth.client_id)
            && given != set
        {
            return Err(Error::config(format!(
                "the file is of another OAuth client than account `{name}` names"
            ))
            .hint(format!(
                "remove client_id from [accounts.{name}], or give the file of that client"
            )));
        }
        let client_id = login
            .client
            .client_id
            .clone()
            .or_else(|| oauth.client_id.clone())
            .or_else(|| old.as_ref().map(|old| old.client_id.clone()))
            .ok_or_else(|| {
                Error::config(format!("account `{name}` has no OAuth client"))
                    .hint(format!("set client_id in [accounts.{name}], or give --client-file with what the provider's console made"))
            })?;
        let mut client =
            oauth::client(&app.vault, account, Server::known(oauth), client_id).await?;
        client.server = Server::find(oauth, &client.http).await?;
        if let Some(secret) = &login.client.secret {
            client.client_secret = Some(secret.clone());
        }
        let mut warnings = Vec::new();
        if login.scopes == Wanted::Read && !oauth::knows_less(account, oauth) {
            warnings.push(format!(
                "the provider of account `{name}` knows no scope that only reads this mail: it was asked for the usual ones"
            ));
        }
        Ok(Desk {
            asked: oauth::scopes(account, oauth, &client.server, &login.scopes),
            app,
            account,
            oauth,
            login,
            client,
            old,
            warnings,
        })
    }

    fn ask(&self) -> Ask {
        let in_hand = self
            .old
            .as_ref()
            .is_some_and(|old| old.refresh_token().is_some());
        // Microsoft always gives a refresh token, and where only an administrator may consent, asking is an error.
        let needed = !in_hand && self.oauth.provider != Provider::Microsoft;
        Ask {
            scopes: self.asked.clone(),
            login_hint: self.account.login().map(str::to_owned),
            consent: self.login.consent || needed,
            access_type_offline: self.oauth.provider == Provider::Google,
        }
    }

    fn plain_localhost(&self) -> bool {
        self.oauth.provider == Provider::Microsoft
    }

    /// Keeps what the login has to remember. Where that can't be kept, tokens could not be either: better known
    /// before someone has logged in.
    async fn probe(&self, pending: &Pending) -> Result<()> {
        let text = serde_json::to_string(pending).context(Kind::Internal, "writing JSON")?;
        store(
            self.app,
            self.account,
            Part::Pending,
            &SecretString::from(text),
        )
        .await
        .map(drop)
    }

    /// The same where there is nothing to remember.
    async fn try_to_keep(&self) -> Result<()> {
        let nothing = SecretString::from("{}");
        store(self.app, self.account, Part::Pending, &nothing).await?;
        self.forget_pending().await;
        Ok(())
    }

    async fn forget_pending(&self) {
        let _ = remove(self.app, self.account, Part::Pending).await;
    }

    async fn keep_client_secret(&self) -> Result<()> {
        if let Some(secret) = &self.login.client.secret {
            store(self.app, self.account, Part::ClientSecret, secret).await?;
        }
        Ok(())
    }

    async fn redirected(&self, pending: &Pending, redirect: &Redirect) -> Result<AuthChange> {
        let code = pending.code(redirect, &self.account.name)?;
        // A code is good once: whatever comes of it, this login is over.
        self.forget_pending().await;
        let fresh = self.client.exchange(pending, &code).await?;
        let now = self.app.clock.now();
        let tokens = Tokens::new(fresh, self.client.origin()?, &self.asked, now);
        self.finish(tokens).await
    }

    /// Proves the new login, keeps it, reads it back.
    async fn finish(&self, mut tokens: Tokens) -> Result<AuthChange> {
        let (app, account) = (self.app, self.account);
        let name = &account.name;
        let mut warnings = self.warnings.clone();
        let mut inherited = tokens.clone();
        if let Some(old) = &self.old {
            inherited.inherit(old);
        }
        if inherited.refresh_token().is_none() {
            warnings.push(format!(
                "the provider gave nothing to renew this login with; `comms auth login {name} --consent` asks for it"
            ));
        }
        let missing = oauth::missing_scopes(&self.asked, &tokens.scopes);
        if !missing.is_empty() {
            warnings.push(format!(
                "not granted: {}; run `comms auth login {name} --consent` and allow it",
                missing.join(", ")
            ));
        }
        let server = match auth::prove(app, &self.within_scopes(), &tokens.access_token()).await {
            Ok(server) => Some(server),
            Err(e) if e.kind == Kind::Unavailable => {
                warnings.push(format!("the login is kept, but not proved: {}", e.message));
                None
            }
            Err(e) => return Err(e),
        };
        self.keep_client_secret().await?;
        let kept = oauth::keep(token::place(app), account, &mut tokens).await?;
        let back = oauth::read_tokens(&app.vault, account).await?;
        let (shadowed_by, back) = match back {
            Some((back, source)) if back.is(&tokens.access_token()) => (None, Some((back, source))),
            Some((_, source)) if source == "environment" => (Some(source), None),
            _ => {
                return Err(Error::auth(format!(
                    "the login of account `{name}` was kept, but can't be read back"
                ))
                .hint("run `comms doctor`"));
            }
        };
        token::note(app, account, &tokens);
        Ok(AuthChange {
            account: name.clone(),
            stored_in: Some(back.map_or(kept, |(_, source)| source)),
            server,
            shadowed_by: shadowed_by.or_else(|| {
                account
                    .secret_env
                    .contains_key(&Part::Login)
                    .then(|| "environment".to_owned())
            }),
            changed: true,
            scopes: tokens.scopes.clone(),
            expires_at: tokens.expires_at,
            warnings,
            ..AuthChange::default()
        })
    }

    /// The account as far as this login reaches: one that only reads is not tried at the server that sends.
    fn within_scopes(&self) -> Account {
        let mut account = self.account.clone();
        if self.login.scopes == Wanted::Read && oauth::knows_less(&account, self.oauth) {
            account.smtp = None;
        }
        account
    }
}

fn settings<'a>(app: &'a App, name: &str) -> Result<(&'a Account, &'a OAuth)> {
    let account = app.config.account(name)?;
    match &account.oauth {
        Some(oauth) => Ok((account, oauth)),
        None => Err(Error::usage(format!("account `{name}` does not log in by OAuth"))
            .hint("set auth = \"oauth\" and oauth = \"google\", \"microsoft\" or an issuer in its table")),
    }
}

async fn find(app: &App, account: &Account, part: Part) -> Result<Option<SecretString>> {
    let found = off_thread(&app.vault, account, move |vault, account| {
        vault.find(account, part)
    });
    Ok(found.await?.map(|found| found.secret))
}

async fn store(app: &App, account: &Account, part: Part, secret: &SecretString) -> Result<String> {
    let secret = secret.clone();
    off_thread(&app.vault, account, move |vault, account| {
        vault.store(account, part, &secret)
    })
    .await
}

async fn remove(app: &App, account: &Account, part: Part) -> Result<bool> {
    off_thread(&app.vault, account, move |vault, account| {
        vault.remove(account, part)
    })
    .await
}
