//! API keys: with one a program calls `comms serve`. A key is shown once and kept only as a hash.

use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::format::api_key;
use crate::model::time::{self, Direction};
use crate::random;
use crate::store::KeptKey;

use super::calls::{Caller, Scope};
use super::{App, Origin};

/// Calls per minute of a key that says nothing about it.
pub const PER_MINUTE: u32 = 600;
/// Letters of a name.
const LONGEST: usize = 64;

/// A key as it is asked for.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    pub name: String,
    pub scope: Scope,
    /// The only accounts it opens; empty means all.
    pub accounts: Vec<String>,
    /// As whom its calls count; never a person.
    pub origin: Origin,
    pub per_minute: Option<u32>,
    /// A time in the future.
    pub expires: Option<String>,
}

/// `comms.auth_key_add/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeyReport {
    pub name: String,
    /// The key itself, this once.
    #[serde(serialize_with = "shown")]
    #[schemars(with = "String")]
    pub key: SecretString,
    pub scope: Scope,
    /// The only accounts it opens; null means all.
    pub accounts: Option<Vec<String>>,
    pub origin: Origin,
    pub per_minute: u32,
    pub expires_at: Option<Timestamp>,
}

/// `comms.auth_keys/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeysReport {
    /// In the order of their making.
    pub keys: Vec<KeyRow>,
}

/// A key, without what opens.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyRow {
    pub name: String,
    /// `good`, `expired` or `revoked`.
    pub state: &'static str,
    /// `read`, `send` or `admin`.
    pub scope: String,
    /// The only accounts it opens; null means all.
    pub accounts: Option<Vec<String>>,
    /// `script` or `agent`.
    pub origin: String,
    /// Calls that it may make.
    pub per_minute: u32,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// Give or take a minute; null if it was never used.
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// `comms.auth_key_revoke/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RevokeReport {
    pub name: String,
    pub revoked_at: Timestamp,
}

fn shown<S: Serializer>(key: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(key.expose_secret())
}

/// Makes a key and keeps its hash.
///
/// # Errors
/// `config` for an account that is not there.
pub fn add(app: &App, request: KeyRequest) -> Result<KeyReport> {
    may_change(app)?;
    if request.origin == Origin::Person {
        return Err(
            Error::usage("a key is a program's: nobody is at it in person")
                .hint("its origin is `script` or `agent`"),
        );
    }
    let now = app.clock.now();
    check_name(&request.name)?;
    let mut accounts = Vec::new();
    for name in request.accounts {
        app.config.account(&name)?;
        if !accounts.contains(&name) {
            accounts.push(name);
        }
    }
    let expires_at = match &request.expires {
        Some(text) => Some(end(text, &app.clock.now_local())?),
        None => None,
    };
    let key = api_key::write(&random::bytes::<128>()?)
        .ok_or_else(|| Error::internal("random bytes that are not random"))?;
    let kept = KeptKey {
        name: request.name,
        scope: request.scope.name().to_owned(),
        accounts: (!accounts.is_empty()).then_some(accounts),
        origin: request.origin.name().to_owned(),
        per_minute: request.per_minute,
        created_at: now,
        expires_at,
        used_at: None,
        revoked_at: None,
    };
    app.store.add_key(&kept, hash(key.expose_secret()))?;
    Ok(KeyReport {
        name: kept.name,
        key,
        scope: request.scope,
        accounts: kept.accounts,
        origin: request.origin,
        per_minute: kept.per_minute.unwrap_or(PER_MINUTE),
        expires_at,
    })
}

/// The keys there are; with `all`, those that open nothing any more, too.
pub fn list(app: &App, all: bool) -> Result<KeysReport> {
    let now = app.clock.now();
    let keys = app.store.keys()?.into_iter();
    Ok(KeysReport {
        keys: keys
            .filter(|key| all || key.revoked_at.is_none())
            .map(|key| KeyRow {
                state: state(&key, now),
                name: key.name,
                scope: key.scope,
                accounts: key.accounts,
                origin: key.origin,
                per_minute: key.per_minute.unwrap_or(PER_MINUTE),
                created_at: key.created_at,
                expires_at: key.expires_at,
                used_at: key.used_at,
                revoked_at: key.revoked_at,
            })
            .collect(),
    })
}

/// Ends a key for ever.
pub fn revoke(app: &App, name: &str) -> Result<RevokeReport> {
    may_change(app)?;
    check_name(name)?;
    let now = app.clock.now();
    if app.store.revoke_key(name, now)?.is_some() {
        return Ok(RevokeReport {
            name: name.to_owned(),
            revoked_at: now,
        });
    }
    let before = app.store.keys()?.into_iter().rev();
    match before
        .filter(|key| key.name == name)
        .find_map(|key| key.revoked_at)
    {
        // Asked twice is done once.
        Some(revoked_at) => Ok(RevokeReport {
            name: name.to_owned(),
            revoked_at,
        }),
        None => {
            Err(Error::not_found(format!("there is no key `{name}`"))
                .hint("run `comms auth key list`"))
        }
    }
}

/// What a key is kept and looked up by. 256 random bits need no slow hash.
pub fn hash(key: &str) -> [u8; 32] {
    *blake3::hash(key.as_bytes()).as_bytes()
}

/// Whoever calls with this key; `None` if what is kept can't be read by this version.
pub fn caller(key: &KeptKey) -> Option<Caller> {
    let origin = match key.origin.as_str() {
        "script" => Origin::Script,
        "agent" => Origin::Agent,
        _ => return None,
    };
    Some(Caller {
        origin,
        name: key.name.clone(),
        scope: Scope::named(&key.scope)?,
        accounts: key.accounts.clone(),
    })
}

fn state(key: &KeptKey, now: Timestamp) -> &'static str {
    match key.revoked_at {
        Some(_) => "revoked",
        None if key.is_good(now) => "good",
        None => "expired",
    }
}

fn may_change(app: &App) -> Result<()> {
    if app.config.read_only {
        return Err(
            Error::refused("no key is changed: comms was told to be read-only")
                .hint("drop --read-only or COMMS_READ_ONLY"),
        );
    }
    Ok(())
}

fn end(text: &str, now: &jiff::Zoned) -> Result<Timestamp> {
    let end = time::parse(text, now, Direction::Future)?.timestamp();
    if end <= now.timestamp() {
        return Err(Error::usage(format!(
            "the key would end before it begins: `{text}` is past"
        ))
        .hint("give a time to come: `--expires 90d`"));
    }
    Ok(end)
}

/// Names stand in logs, in the audit log and in shell words.
fn check_name(name: &str) -> Result<()> {
    if api_key::is_sound(name) {
        return Err(Error::usage("that is a key itself, not the name of one")
            .hint("`comms auth key list` has the names; end a key that others may have seen"));
    }
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    let begins = name.starts_with(|sign: char| sign.is_ascii_alphanumeric());
    if begins && name.len() <= LONGEST && name.chars().all(plain) {
        return Ok(());
    }
    Err(Error::usage("that is not a name for a key").hint(
        "letters, digits, `-`, `_` and `.`, 64 at most, like `comms auth key add gemini-cli`",
    ))
}
