//! The tokens of an account as they are kept: one JSON document, written whole.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A token that is about to expire is renewed this long before.
const MARGIN: Duration = Duration::from_secs(60);

/// Access and refresh token of one login.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tokens {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    pub token_type: String,
    /// By our own clock; `None` if the provider doesn't say.
    pub expires_at: Option<Timestamp>,
    pub obtained_at: Timestamp,
    /// When someone, or a key, logged in; refreshing does not change it.
    pub logged_in_at: Timestamp,
    /// What was granted, which may be less than was asked for.
    pub scopes: Vec<String>,
    pub issuer: Option<String>,
    pub token_url: String,
    pub client_id: String,
    /// The client's secret goes into the form.
    #[serde(default)]
    pub secret_in_form: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_url: Option<String>,
    /// A mark of the tokens in the environment that these came after: their refresh token is used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// A new token and what belongs to it.
pub struct Fresh {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    pub token_type: String,
    pub expires_in: Option<Duration>,
    pub scopes: Option<Vec<String>>,
}

/// Whose tokens they are.
#[derive(Clone, Debug)]
pub struct Origin {
    pub issuer: Option<String>,
    pub token_url: String,
    pub revoke_url: Option<String>,
    pub client_id: String,
    pub secret_in_form: bool,
}

impl Tokens {
    /// The tokens of a new login. `asked` are its scopes if the answer names none (RFC 6749 §5.1).
    pub fn new(fresh: Fresh, origin: Origin, asked: &[String], now: Timestamp) -> Tokens {
        Tokens {
            access_token: expose(&fresh.access_token),
            refresh_token: fresh.refresh_token.as_ref().map(expose),
            token_type: fresh.token_type,
            expires_at: expiry(now, fresh.expires_in),
            obtained_at: now,
            logged_in_at: now,
            scopes: fresh.scopes.unwrap_or_else(|| asked.to_vec()),
            issuer: origin.issuer,
            token_url: origin.token_url,
            client_id: origin.client_id,
            secret_in_form: origin.secret_in_form,
            revoke_url: origin.revoke_url,
            replaces: None,
        }
    }

    /// The same login with a new token; an answer without a refresh token keeps the old one.
    pub fn renewed(&self, fresh: Fresh, now: Timestamp) -> Tokens {
        let scopes = fresh.scopes.unwrap_or_else(|| self.scopes.clone());
        Tokens {
            access_token: expose(&fresh.access_token),
            refresh_token: fresh
                .refresh_token
                .as_ref()
                .map(expose)
                .or_else(|| self.refresh_token.clone()),
            token_type: fresh.token_type,
            expires_at: expiry(now, fresh.expires_in),
            obtained_at: now,
            scopes,
            ..self.clone()
        }
    }

    /// Takes over what a new login was not given again: some providers give a refresh token only once.
    pub fn inherit(&mut self, old: &Tokens) {
        if self.refresh_token.is_none() && self.client_id == old.client_id {
            self.refresh_token.clone_from(&old.refresh_token);
        }
    }

    /// Reads what [`Tokens::written`] wrote. The error quotes nothing of it.
    pub fn read(secret: &SecretString) -> Result<Tokens> {
        serde_json::from_str(secrecy::ExposeSecret::expose_secret(secret)).map_err(|e| {
            // The parser's own words could quote what stands there.
            Error::auth(format!(
                "the stored login is not what comms wrote (at line {}, column {})",
                e.line(),
                e.column()
            ))
        })
    }

    pub fn written(&self) -> Result<SecretString> {
        serde_json::to_string(self)
            .map(SecretString::from)
            .map_err(|_| Error::internal("the login can't be written"))
    }

    pub fn access_token(&self) -> SecretString {
        SecretString::from(self.access_token.clone())
    }

    pub fn refresh_token(&self) -> Option<SecretString> {
        self.refresh_token.clone().map(SecretString::from)
    }

    /// Whether these renew by the same token as others do.
    pub fn renews_as(&self, other: &Tokens) -> bool {
        self.refresh_token == other.refresh_token
    }

    /// Whether the access token is this one.
    pub fn is(&self, token: &SecretString) -> bool {
        secrecy::ExposeSecret::expose_secret(token) == self.access_token
    }

    /// Whether the token will be good for a while. A clock that went back says nothing about it.
    pub fn is_good(&self, now: Timestamp) -> bool {
        let Some(expires_at) = self.expires_at else {
            return true;
        };
        let lifetime =
            Duration::try_from(expires_at.duration_since(self.obtained_at)).unwrap_or_default();
        let margin = MARGIN.min(lifetime / 4);
        let left = Duration::try_from(expires_at.duration_since(now)).unwrap_or_default();
        left > margin && left <= lifetime + MARGIN
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("client_id", &self.client_id)
            .field("expires_at", &self.expires_at)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

fn expose(secret: &SecretString) -> String {
    secrecy::ExposeSecret::expose_secret(secret).to_owned()
}

fn expiry(now: Timestamp, expires_in: Option<Duration>) -> Option<Timestamp> {
    now.checked_add(expires_in?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-21T{time}Z").parse().unwrap()
    }

    fn fresh(access: &str, refresh: Option<&str>, expires_in: u64) -> Fresh {
        Fresh {
            access_token: SecretString::from(access),
            refresh_token: refresh.map(SecretString::from),
            token_type: "bearer".to_owned(),
            expires_in: Some(Duration::from_secs(expires_in)),
            scopes: None,
        }
    }

    fn tokens(expires_in: u64) -> Tokens {
        let origin = Origin {
            issuer: None,
            token_url: "https://example.com/token".to_owned(),
            revoke_url: None,
            client_id: "comms".to_owned(),
            secret_in_form: false,
        };
        let asked = ["mail".to_owned()];
        Tokens::new(
            fresh("a1", Some("r1"), expires_in),
            origin,
            &asked,
            at("12:00:00"),
        )
    }

    #[test]
    fn a_token_is_renewed_a_minute_before_it_expires() {
        let tokens = tokens(3600);
        assert!(tokens.is_good(at("12:58:59")));
        assert!(!tokens.is_good(at("12:59:00")));
        assert!(!tokens.is_good(at("14:00:00")));
    }

    #[test]
    fn a_token_that_lives_for_seconds_is_used_for_most_of_them() {
        let tokens = tokens(5);
        assert!(tokens.is_good(at("12:00:03")));
        assert!(!tokens.is_good(at("12:00:04")));
    }

    #[test]
    fn a_clock_that_went_back_does_not_make_a_token_good() {
        assert!(!tokens(3600).is_good(at("11:30:00")));
    }

    #[test]
    fn an_answer_without_a_refresh_token_keeps_the_old_one() {
        let kept = tokens(5).renewed(fresh("a2", None, 5), at("12:00:05"));
        assert!(kept.is(&SecretString::from("a2")));
        assert_eq!(expose(&kept.refresh_token().unwrap()), "r1");
        assert_eq!(kept.scopes, ["mail"]);
        assert_eq!(kept.logged_in_at, at("12:00:00"));
        let rotated = kept.renewed(fresh("a3", Some("r2"), 5), at("12:00:10"));
        assert_eq!(expose(&rotated.refresh_token().unwrap()), "r2");
    }

    #[test]
    fn what_is_written_is_read_and_never_shown() {
        let written = tokens(5).written().unwrap();
        let read = Tokens::read(&written).unwrap();
        assert!(read.is(&SecretString::from("a1")));
        let shown = format!("{read:?}");
        assert!(!shown.contains("a1") && !shown.contains("r1"), "{shown}");
        let error = Tokens::read(&SecretString::from("\"hunter2\"")).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
