//! What is known of OAuth logins without asking a provider: scopes, expiry, the last renewal, the last fault.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::Result;

use super::{Store, fault, schema};

const DOING: &str = "noting how a login is";

/// How the login of an account is; nothing of it is secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginState {
    pub scopes: Vec<String>,
    /// Of the access token.
    pub expires_at: Option<Timestamp>,
    pub logged_in_at: Option<Timestamp>,
    /// When the access token was last renewed.
    pub refreshed_at: Option<Timestamp>,
    /// Why the last renewal failed; `None` once one went well.
    pub error: Option<String>,
    pub hint: Option<String>,
    pub error_at: Option<Timestamp>,
}

impl Store {
    /// How the login of an account is; `None` if it has none that comms knows of.
    pub fn login_state(&self, account: &str) -> Result<Option<LoginState>> {
        if !self.dir.join(schema::MAIN.name).exists() {
            return Ok(None);
        }
        let time = |ms: Option<i64>| ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        self.main()?
            .query_row(
                "SELECT scopes, expires_at, logged_in_at, refreshed_at, error, hint, error_at \
                 FROM logins WHERE account = ?1",
                [account],
                |row| {
                    let scopes: String = row.get(0)?;
                    Ok(LoginState {
                        scopes: serde_json::from_str(&scopes).unwrap_or_default(),
                        expires_at: time(row.get(1)?),
                        logged_in_at: time(row.get(2)?),
                        refreshed_at: time(row.get(3)?),
                        error: row.get(4)?,
                        hint: row.get(5)?,
                        error_at: time(row.get(6)?),
                    })
                },
            )
            .optional()
            .map_err(fault(DOING))
    }

    /// Notes a login, or a renewal, that went well.
    pub fn save_login_state(&self, account: &str, state: &LoginState) -> Result<()> {
        let ms = |time: Option<Timestamp>| time.map(Timestamp::as_millisecond);
        let scopes = serde_json::Value::from(state.scopes.clone()).to_string();
        self.main()?
            .execute(
                "INSERT OR REPLACE INTO logins \
                 (account, scopes, expires_at, logged_in_at, refreshed_at, error, hint, error_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    account,
                    scopes,
                    ms(state.expires_at),
                    ms(state.logged_in_at),
                    ms(state.refreshed_at),
                    state.error,
                    state.hint,
                    ms(state.error_at)
                ],
            )
            .map(drop)
            .map_err(fault(DOING))
    }

    /// Forgets what was known of an account's login.
    pub fn forget_login(&self, account: &str) -> Result<()> {
        if !self.dir.join(schema::MAIN.name).exists() {
            return Ok(());
        }
        self.main()?
            .execute("DELETE FROM logins WHERE account = ?1", [account])
            .map(drop)
            .map_err(fault(DOING))
    }
}
