//! AUTH: PLAIN and LOGIN with a password, XOAUTH2 and OAUTHBEARER with a token (RFC 4954, 4616, 7628).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};
use crate::model::account::{Account, AuthMethod};

use super::connect::Client;
use super::reply::Reply;

impl Client {
    pub(super) async fn login(&mut self, account: &Account, secret: &SecretString) -> Result<()> {
        let user = account.login().ok_or_else(|| {
            Error::config(format!("account `{}` has no `username`", account.name))
                .hint("set `username` or `address` in the config")
        })?;
        self.confided.add(secret.expose_secret());
        let reply = match account.auth {
            AuthMethod::None => return Ok(()),
            AuthMethod::Password => self.with_password(account, user, secret).await?,
            AuthMethod::Oauth => self.with_token(account, user, secret).await?,
        };
        if reply.is_success() {
            return Ok(());
        }
        let words = reply.words();
        // 454 and the like: the login itself was not judged.
        if reply.is_temporary() {
            return Err(Error::unavailable(format!(
                "`{}` can't check the login now: {words}",
                self.peer
            )));
        }
        Err(Error::auth(format!(
            "`{}` refused the login of account `{}`: {words}",
            self.peer, account.name
        ))
        .hint(format!("run `comms auth login {}`", account.name)))
    }

    fn takes(&self, mechanism: &str) -> bool {
        self.offers.auth.iter().any(|m| m == mechanism)
    }

    async fn with_password(
        &mut self,
        account: &Account,
        user: &str,
        secret: &SecretString,
    ) -> Result<Reply> {
        let password = secret.expose_secret();
        if self.takes("PLAIN") {
            let token = STANDARD.encode(format!("\0{user}\0{password}"));
            self.confided.add(&token);
            return self.ask(&format!("AUTH PLAIN {token}")).await;
        }
        if self.takes("LOGIN") {
            let mut reply = self.ask("AUTH LOGIN").await?;
            let (user, password) = (STANDARD.encode(user), STANDARD.encode(password));
            self.confided.add(&password);
            for answer in [user, password] {
                if reply.code != 334 {
                    return Ok(reply);
                }
                reply = self.ask(&answer).await?;
            }
            return Ok(reply);
        }
        Err(self.no_way(account, "a password (neither PLAIN nor LOGIN)"))
    }

    async fn with_token(
        &mut self,
        account: &Account,
        user: &str,
        secret: &SecretString,
    ) -> Result<Reply> {
        let token = secret.expose_secret();
        let (mechanism, text) = if self.takes("XOAUTH2") {
            (
                "XOAUTH2",
                format!("user={user}\x01auth=Bearer {token}\x01\x01"),
            )
        } else if self.takes("OAUTHBEARER") {
            // A comma or equals sign in the name has its own spelling (RFC 5801).
            let name = user.replace('=', "=3D").replace(',', "=2C");
            (
                "OAUTHBEARER",
                format!("n,a={name},\x01auth=Bearer {token}\x01\x01"),
            )
        } else {
            return Err(self.no_way(account, "an access token (neither XOAUTH2 nor OAUTHBEARER)"));
        };
        let text = STANDARD.encode(text);
        self.confided.add(&text);
        let reply = self.ask(&format!("AUTH {mechanism} {text}")).await?;
        if reply.code != 334 {
            return Ok(reply);
        }
        // The challenge is a report of the fault; an empty answer (XOAUTH2) or ^A (OAUTHBEARER) ends it.
        self.ask(if mechanism == "XOAUTH2" { "" } else { "AQ==" })
            .await
    }

    fn no_way(&self, account: &Account, what: &str) -> Error {
        let (now, other) = match account.auth {
            AuthMethod::Oauth => ("oauth", "password"),
            _ => ("password", "oauth"),
        };
        if self.offers.auth.is_empty() {
            return Error::config(format!("`{}` offers no login on this connection", self.peer)).hint(format!(
                "set `tls = \"starttls\"` in [accounts.{}], or `auth = \"none\"` for a relay without login",
                account.name
            ));
        }
        Error::config(format!("`{}` takes no login with {what}", self.peer)).hint(format!(
            "set `auth = \"{other}\"` instead of `{now}` in [accounts.{}]",
            account.name
        ))
    }
}
