//! The secret a hook's deliveries are signed with, and while it changes the one before.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::format::standard_webhooks as scheme;
use crate::model::event::Hook;
use crate::net::off_thread;
use crate::ops::App;
use crate::random;

/// How long the secret before signs as well, unless someone says otherwise.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// Keys to sign with. They show nothing of themselves.
#[derive(Clone)]
pub struct Keys {
    current: Vec<u8>,
    /// And until when.
    before: Option<(Vec<u8>, Timestamp)>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads what is kept: a secret, then perhaps the one before and until when it signs.
    fn read(kept: &str) -> Option<Keys> {
        let mut words = kept.split_whitespace();
        let current = scheme::key(words.next()?)?;
        let before = match (words.next(), words.next()) {
            (Some(secret), Some(until)) => Some((scheme::key(secret)?, until.parse().ok()?)),
            _ => None,
        };
        Some(Keys { current, before })
    }

    /// The value of the header with the signatures; `at` is now.
    pub fn signatures(&self, (id, at): (&str, Timestamp), body: &[u8]) -> String {
        let of = (id, at.as_second());
        let mut signatures = scheme::sign(&self.current, of, body);
        if let Some((key, _)) = self.before.as_ref().filter(|(_, until)| at < *until) {
            signatures.push(' ');
            signatures.push_str(&scheme::sign(key, of, body));
        }
        signatures
    }
}

/// The keys of a hook; `None` if certainly nobody has a secret of it.
pub async fn keys(app: &App, hook: &Hook) -> Result<Option<Keys>> {
    let Some(kept) = kept(app, hook).await? else {
        return Ok(None);
    };
    match Keys::read(kept.expose_secret()) {
        Some(keys) => Ok(Some(keys)),
        None => Err(Error::config(format!(
            "the secret of hook `{}` is none of Standard Webhooks",
            hook.name
        ))
        .hint(format!(
            "it looks like `whsec_…`; `comms auth hook rotate {}` makes one",
            hook.name
        ))),
    }
}

async fn kept(app: &App, hook: &Hook) -> Result<Option<SecretString>> {
    let holder = hook.holder(app.config.account("local")?);
    let found = off_thread(&app.vault, &holder, |vault, holder| {
        vault.find(holder, Hook::SECRET)
    });
    Ok(found.await?.map(|found| found.secret))
}

/// A secret that was made or taken over. `comms.hook_secret/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SecretReport {
    pub hook: String,
    /// What the receiver checks signatures with. This once.
    #[serde(serialize_with = "shown")]
    #[schemars(with = "String")]
    pub secret: SecretString,
    /// The store that holds it.
    pub store: String,
    /// Until when the secret before signs as well.
    pub before_until: Option<Timestamp>,
}

fn shown<S: Serializer>(
    secret: &SecretString,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

/// Gives a hook its first secret: a new one, or one the receiver has already.
pub async fn add(app: &App, name: &str, given: Option<SecretString>) -> Result<SecretReport> {
    let hook = super::configured(app, name)?;
    if kept(app, hook).await?.is_some() {
        return Err(Error::usage(format!("hook `{name}` has a secret already"))
            .hint(format!("`comms auth hook rotate {name}` gives it another")));
    }
    keep(app, hook, (checked(given)?, None)).await
}

/// Gives a hook another secret; the one before signs as well for a while.
pub async fn rotate(
    app: &App,
    name: &str,
    (given, overlap): (Option<SecretString>, SignedDuration),
) -> Result<SecretReport> {
    let hook = super::configured(app, name)?;
    if hook.secret_env.is_some() {
        return Err(Error::usage(format!(
            "the secret of hook `{name}` comes from the environment"
        ))
        .hint(format!("change {} where it is set", Hook::variable(name))));
    }
    let before = kept(app, hook).await?;
    let until = app.clock.now().checked_add(overlap);
    let until = until.map_err(|e| Error::usage("the overlap is too long").because(e))?;
    let before = before
        .as_ref()
        .and_then(|kept| kept.expose_secret().split_whitespace().next())
        .filter(|secret| scheme::key(secret).is_some() && overlap > SignedDuration::ZERO)
        .map(|secret| (SecretString::from(secret), until));
    keep(app, hook, (checked(given)?, before)).await
}

fn checked(given: Option<SecretString>) -> Result<SecretString> {
    let Some(given) = given else {
        return Ok(SecretString::from(scheme::secret(&random::bytes::<32>()?)));
    };
    let trimmed = given.expose_secret().trim();
    match scheme::key(trimmed) {
        Some(_) => Ok(SecretString::from(trimmed)),
        None => Err(
            Error::usage("what came on stdin is no secret of Standard Webhooks")
                .hint("it is `whsec_` and 24 to 64 bytes as base64"),
        ),
    }
}

async fn keep(
    app: &App,
    hook: &Hook,
    (secret, before): (SecretString, Option<(SecretString, Timestamp)>),
) -> Result<SecretReport> {
    let mut text = secret.expose_secret().to_owned();
    if let Some((before, until)) = &before {
        text = format!("{text} {} {until}", before.expose_secret());
    }
    let text = SecretString::from(text);
    let holder = hook.holder(app.config.account("local")?);
    let store = off_thread(&app.vault, &holder, move |vault, holder| {
        vault.store(holder, Hook::SECRET, &text)
    });
    let store = store.await?;
    // Whoever serves reads it anew.
    app.store
        .begin_following((&Hook::key(&hook.name), None), app.store.feed_end()?)?;
    app.store
        .note_hook_secret(&Hook::key(&hook.name), app.clock.now())?;
    Ok(SecretReport {
        hook: hook.name.clone(),
        secret,
        store,
        before_until: before.map(|(_, until)| until),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_a_secret_changes_both_sign() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (new, old) = (scheme::secret(&[1; 24]), scheme::secret(&[2; 24]));
        let keys = Keys::read(&format!("{new} {old} 2026-11-22T12:00:00Z")).unwrap();
        let both = keys.signatures(("msg_1", at("2026-11-22T11:59:59Z")), b"{}");
        assert_eq!(both.split(' ').count(), 2, "{both}");
        let one = keys.signatures(("msg_1", at("2026-11-22T12:00:00Z")), b"{}");
        assert_eq!(one.split(' ').count(), 1, "{one}");
        assert!(Keys::read("hunter2").is_none());
        assert!(!format!("{keys:?}").contains('['));
    }
}
