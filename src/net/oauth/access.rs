//! A good access token whenever one is needed: kept, or renewed once for all processes.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::error::{Context, Error, Kind, Result};
use crate::lock::Lock;
use crate::model::account::{Account, Grant, OAuth};
use crate::model::secret::Part;
use crate::net::http::{self, Redirects};
use crate::net::off_thread;
use crate::secret::{Found, Vault};

use super::ask::Client;
use super::gate::begin;
use super::jwt::ServiceAccount;
use super::server::{Server, Wanted, scopes};
use super::tokens::{Fresh, Tokens};

/// How long a process waits for another that renews the same login.
const LOCK_PATIENCE: Duration = Duration::from_secs(120);
/// Tries for one renewal, with a pause between them that doubles.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// How long it is tried to keep what can't be asked for again, with a pause that doubles up to `PAUSE`.
const BAD_MOMENT: Duration = Duration::from_secs(25);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// What holds tokens that a variable holds.
const ENVIRONMENT: &str = "environment";
/// What keeps tokens that nothing could be found for: they are good for this process.
const NOT_KEPT: &str = "nothing";
/// A provider that wants to be left alone longer than this is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Where tokens are kept, and the lock that keeps processes apart.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub vault: &'a Vault,
    pub clock: &'a Clock,
    /// The data folder.
    pub dir: &'a Path,
}

/// An access token and how it was come by.
#[derive(Debug)]
pub struct Access {
    pub token: SecretString,
    /// What keeps the login: a keyring's name, or another source.
    pub source: String,
    /// Set if it was renewed just now.
    pub renewed: Option<Tokens>,
}

/// The command that logs in to an account.
pub fn login_command(account: &str) -> String {
    format!("run `comms auth login {account}`")
}

/// A token that will be good for a while: the stored one, or a new one.
pub async fn access_token(place: Place<'_>, account: &Account, oauth: &OAuth) -> Result<Access> {
    if let Some((tokens, source)) = old_tokens(place.vault, account, oauth).await?
        && tokens.is_good(place.clock.now())
    {
        return Ok(kept(&tokens, source));
    }
    renew(place, account, oauth, None).await
}

/// A new token in place of one that expired, or that a server refused although it looked good.
///
/// Runs on a thread of its own: who stops waiting, by a deadline or by Ctrl-C, does not stop what has been asked
/// of the provider, whose answer may be the only refresh token there is.
pub async fn renew(
    place: Place<'_>,
    account: &Account,
    oauth: &OAuth,
    refused: Option<&SecretString>,
) -> Result<Access> {
    let (vault, clock, dir) = (
        place.vault.clone(),
        place.clock.clone(),
        place.dir.to_owned(),
    );
    let (account, oauth, refused) = (account.clone(), oauth.clone(), refused.cloned());
    let (done, result) = oneshot::channel();
    std::thread::spawn(move || {
        let place = Place {
            vault: &vault,
            clock: &clock,
            dir: &dir,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context(Kind::Internal, "starting the runtime");
        let renewed = runtime.and_then(|runtime| {
            runtime.block_on(renew_here(place, &account, &oauth, refused.as_ref()))
        });
        // Who asked may be gone.
        let _ = done.send(renewed);
    });
    result
        .await
        .unwrap_or_else(|_| Err(Error::internal("renewing a login broke down")))
}

async fn renew_here(
    place: Place<'_>,
    account: &Account,
    oauth: &OAuth,
    refused: Option<&SecretString>,
) -> Result<Access> {
    let _lock = hold(place, account).await?;
    // Another process may have been first.
    let stored = old_tokens(place.vault, account, oauth).await?;
    let now = place.clock.now();
    if let Some((tokens, source)) = &stored
        && tokens.is_good(now)
        && refused.is_none_or(|refused| !tokens.is(refused))
    {
        return Ok(kept(tokens, source.clone()));
    }
    let (old, source) = stored.unzip();
    let held_elsewhere = source.as_deref() == Some(ENVIRONMENT);
    // From here to its end the process waits for this.
    let _begun = begin()?;
    // What can't be stored must not be asked for: a rotated refresh token would be lost.
    if let Some(old) = old.as_ref().filter(|_| !held_elsewhere) {
        write(place.vault, account, old).await?;
    }
    let fresh = ask(place, account, oauth, old.as_ref()).await?;
    let mut tokens = match &old {
        Some(old) => old.renewed(fresh.0, now),
        None => Tokens::new(fresh.0, fresh.1.origin()?, &fresh.2, now),
    };
    let is_rotated = old.is_some_and(|old| !old.renews_as(&tokens));
    let source = match held_elsewhere {
        true if is_rotated => keep_rotated(place.vault, account, &mut tokens).await,
        true => ENVIRONMENT.to_owned(),
        false if oauth.grant == Grant::Code => insist(place.vault, account, &tokens)
            .await
            .map_err(|e| lost(account, e))?,
        // The next process may ask for a token of its own.
        false => write(place.vault, account, &tokens)
            .await
            .unwrap_or_else(|_| NOT_KEPT.to_owned()),
    };
    Ok(Access {
        token: tokens.access_token(),
        source,
        renewed: Some(tokens),
    })
}

/// Keeps the tokens of a new login, apart from every renewal; gives the name of the store that holds them. What the new
/// login was not given again it takes over from the one that is stored by then.
pub async fn keep(place: Place<'_>, account: &Account, tokens: &mut Tokens) -> Result<String> {
    let _lock = hold(place, account).await?;
    if let Ok(Some((old, _))) = read_tokens(place.vault, account).await {
        tokens.inherit(&old);
    }
    write(place.vault, account, tokens).await
}

/// The stored tokens, and what keeps them.
pub async fn read_tokens(vault: &Vault, account: &Account) -> Result<Option<(Tokens, String)>> {
    let Some(found) = find(vault, account, Part::Tokens).await? else {
        return Ok(None);
    };
    if found.source == ENVIRONMENT
        && let Ok(Some(later)) = find(vault, &without_variable(account), Part::Tokens).await
        && let Ok(tokens) = Tokens::read(&later.secret)
        && tokens.replaces == Some(mark(&found.secret))
    {
        return Ok(Some((tokens, later.source)));
    }
    let tokens = Tokens::read(&found.secret).map_err(|e| {
        Error::auth(format!(
            "the stored login of account `{}` is damaged",
            account.name
        ))
        .hint(login_command(&account.name))
        .because(e)
    })?;
    Ok(Some((tokens, found.source)))
}

/// Keeps what came in place of tokens in the environment, which nobody can write; gives what holds them.
async fn keep_rotated(vault: &Vault, account: &Account, tokens: &mut Tokens) -> String {
    tokens.replaces = account.secret_env.get(&Part::Tokens).map(mark);
    match write(vault, &without_variable(account), tokens).await {
        Ok(source) => source,
        Err(_) => {
            vault.tell(&format!(
                "the login of account `{}` is over with this process: its provider gave another refresh token, and {} can't be written; log in where there is a keyring or an encrypted file",
                account.name,
                Part::Tokens.variable(&account.name)
            ));
            ENVIRONMENT.to_owned()
        }
    }
}

fn without_variable(account: &Account) -> Account {
    let mut account = account.clone();
    account.secret_env.remove(&Part::Tokens);
    account
}

fn mark(secret: &SecretString) -> String {
    let bytes = secrecy::ExposeSecret::expose_secret(secret).as_bytes();
    blake3::hash(bytes).to_hex().to_string()
}

/// The stored tokens, where a new token can't be had without them. To others those that can't be read are none.
async fn old_tokens(
    vault: &Vault,
    account: &Account,
    oauth: &OAuth,
) -> Result<Option<(Tokens, String)>> {
    let stored = read_tokens(vault, account).await;
    match oauth.grant {
        Grant::Code => stored,
        Grant::ServiceAccount | Grant::ClientCredentials => Ok(stored.unwrap_or(None)),
    }
}

/// Our client at this server; its secret is the one that is stored.
pub async fn client(
    vault: &Vault,
    account: &Account,
    server: Server,
    client_id: String,
) -> Result<Client> {
    // Many clients have none: where the keyring can't tell, the provider will.
    let client_secret = find(vault, account, Part::ClientSecret)
        .await
        .unwrap_or(None);
    Ok(Client {
        server,
        client_id,
        client_secret: client_secret.map(|found| found.secret),
        http: http(account).await?,
        account: account.name.clone(),
    })
}

/// An HTTP client for tokens; made off the runtime's thread, since it reads the system's trust roots.
async fn http(account: &Account) -> Result<http::Client> {
    let ca_file = account.ca_file.clone();
    tokio::task::spawn_blocking(move || http::Client::new(ca_file.as_deref(), Redirects::Never))
        .await
        .context(Kind::Internal, "setting up HTTP")?
}

/// Keeps every process from renewing the login while its tokens are moved or removed.
pub async fn hold(place: Place<'_>, account: &Account) -> Result<Lock> {
    let name = format!("{}@tokens", account.name);
    let lock = Lock::acquire(place.dir, &name, LOCK_PATIENCE).await?;
    lock.ok_or_else(|| {
        Error::unavailable(format!(
            "another process has been renewing the login of account `{}` for {} s",
            account.name,
            LOCK_PATIENCE.as_secs()
        ))
        .hint("wait and repeat")
    })
}

fn kept(tokens: &Tokens, source: String) -> Access {
    Access {
        token: tokens.access_token(),
        source,
        renewed: None,
    }
}

/// Asks the provider by the account's grant; what may pass is tried again, the stored login untouched.
async fn ask(
    place: Place<'_>,
    account: &Account,
    oauth: &OAuth,
    old: Option<&Tokens>,
) -> Result<(Fresh, Client, Vec<String>)> {
    let way = Way::of(place.vault, account, oauth, old).await?;
    let mut pause = PAUSE;
    let mut tries = 1;
    loop {
        let answer = way.ask(account, place.clock.now()).await;
        match answer {
            Err(e) if e.kind == Kind::Unavailable && tries < TRIES => {
                let wait = e.retry_after.unwrap_or(pause);
                if wait > LONGEST_PAUSE {
                    return Err(e);
                }
                tokio::time::sleep(wait).await;
                pause *= 2;
                tries += 1;
            }
            Err(e) => return Err(e),
            Ok(fresh) => return Ok((fresh, way.client, way.scopes)),
        }
    }
}

/// All that one request for a token needs.
struct Way {
    client: Client,
    scopes: Vec<String>,
    with: With,
}

enum With {
    RefreshToken(SecretString),
    Key(ServiceAccount),
    Client,
}

impl Way {
    async fn of(
        vault: &Vault,
        account: &Account,
        oauth: &OAuth,
        old: Option<&Tokens>,
    ) -> Result<Way> {
        let name = &account.name;
        let no_login =
            || Error::auth(format!("account `{name}` is not logged in")).hint(login_command(name));
        match oauth.grant {
            Grant::Code => {
                let old = old.ok_or_else(no_login)?;
                let refresh_token = old.refresh_token().ok_or_else(|| {
                    Error::auth(format!(
                        "the login of account `{name}` has expired, and its provider gave nothing to renew it with"
                    ))
                    .hint(format!("run `comms auth login {name} --consent`"))
                })?;
                // The addresses were found at the login: no discovery for every renewal.
                let mut server = Server::known(oauth);
                server.token_url = oauth
                    .token_url
                    .clone()
                    .or_else(|| Some(old.token_url.clone()));
                server.secret_in_form = old.secret_in_form;
                let client = client(vault, account, server, old.client_id.clone()).await?;
                Ok(Way {
                    client,
                    scopes: Vec::new(),
                    with: With::RefreshToken(refresh_token),
                })
            }
            Grant::ServiceAccount => {
                let file = find(vault, account, Part::ServiceAccount).await?;
                let file = file.ok_or_else(|| {
                    Error::auth(format!(
                        "account `{name}` has no key of its service account yet"
                    ))
                    .hint(format!(
                        "run `comms auth login {name} --service-account FILE`"
                    ))
                })?;
                Way::with_key(vault, account, oauth, ServiceAccount::read(&file.secret)?).await
            }
            Grant::ClientCredentials => {
                let server = Server::find(oauth, &http(account).await?).await?;
                let client_id = oauth
                    .client_id
                    .clone()
                    .or_else(|| old.map(|old| old.client_id.clone()));
                let client_id = client_id.ok_or_else(no_login)?;
                let scopes = scopes(account, oauth, &server, &Wanted::Usual);
                let client = client(vault, account, server, client_id).await?;
                if client.client_secret.is_none() {
                    return Err(Error::auth(format!(
                        "the OAuth client of account `{name}` has no secret yet"
                    ))
                    .hint(format!(
                        "run `comms auth login {name} --client-secret-stdin`"
                    )));
                }
                Ok(Way {
                    client,
                    scopes,
                    with: With::Client,
                })
            }
        }
    }

    async fn with_key(
        vault: &Vault,
        account: &Account,
        oauth: &OAuth,
        key: ServiceAccount,
    ) -> Result<Way> {
        let mut server = Server::find(oauth, &http(account).await?).await?;
        if oauth.token_url.is_none() && key.token_uri.is_some() {
            server.token_url.clone_from(&key.token_uri);
        }
        let scopes = scopes(account, oauth, &server, &Wanted::Usual);
        let client = client(vault, account, server, key.client_email.clone()).await?;
        Ok(Way {
            client,
            scopes,
            with: With::Key(key),
        })
    }

    async fn ask(&self, account: &Account, now: Timestamp) -> Result<Fresh> {
        match &self.with {
            With::RefreshToken(token) => self.client.refresh(token).await,
            With::Client => self.client.client_credentials(&self.scopes).await,
            With::Key(key) => {
                let subject = account.address.as_deref().unwrap_or_default();
                let audience = self.client.server.token_url.clone().unwrap_or_default();
                let signed = key.signed(subject, &self.scopes, (&audience, now))?;
                self.client.assertion(&signed).await.map_err(|e| match e.kind {
                    Kind::Auth => e.hint(format!(
                        "the administrator must allow the key's client id exactly these scopes ({}) for {subject}, and this machine's clock must be right",
                        self.scopes.join(" ")
                    )),
                    _ => e,
                })
            }
        }
    }
}

/// The worst that can happen to a login, told as such.
fn lost(account: &Account, e: Error) -> Error {
    let mut hint = format!(
        "mend that, then {}: the old login may be used up",
        login_command(&account.name)
    );
    if let Some(first) = &e.hint {
        hint = format!("{hint}; {first}");
    }
    Error::auth(format!(
        "the renewed login of account `{}` could not be kept",
        account.name
    ))
    .hint(hint)
    .because(e)
}

async fn find(vault: &Vault, account: &Account, part: Part) -> Result<Option<Found>> {
    off_thread(vault, account, move |vault, account| {
        vault.find(account, part)
    })
    .await
}

async fn write(vault: &Vault, account: &Account, tokens: &Tokens) -> Result<String> {
    let text = tokens.written()?;
    off_thread(vault, account, move |vault, account| {
        vault.store(account, Part::Tokens, &text)
    })
    .await
}

/// The same for tokens there is no second time: a keyring may have a bad moment.
async fn insist(vault: &Vault, account: &Account, tokens: &Tokens) -> Result<String> {
    let end = Instant::now() + BAD_MOMENT;
    let mut pause = Duration::ZERO;
    loop {
        match write(vault, account, tokens).await {
            Err(_) if Instant::now() + pause < end => tokio::time::sleep(pause).await,
            kept => return kept,
        }
        pause = (pause * 2).clamp(FIRST_PAUSE, PAUSE);
    }
}
