//! What a login remembers until its redirect comes, and what the redirect says.

use std::fmt;

use reqwest::Url;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::format::clean;

/// A login that waits for its redirect.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pending {
    pub(super) state: String,
    pub(super) verifier: String,
    pub redirect_uri: String,
    pub issuer: Option<String>,
    pub(super) names_itself: bool,
    /// What was asked for.
    pub scopes: Vec<String>,
    pub client_id: String,
    /// The client's secret as it was given for this login: kept for good once the login came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// The parameters of a redirect (RFC 6749 §4.1.2, RFC 9207).
#[derive(Default)]
pub struct Redirect {
    code: Option<String>,
    state: Option<String>,
    issuer: Option<String>,
    error: Option<String>,
    description: Option<String>,
}

impl Redirect {
    /// Reads a whole redirect address, its query, or `code=…&state=…` alone.
    pub fn read(text: &str) -> Redirect {
        let text = text.trim().trim_matches(['"', '\'', '<', '>']);
        let query = match text.split_once('?') {
            Some((_, query)) => query,
            None => text,
        };
        let query = query.split('#').next().unwrap_or_default();
        let mut redirect = Redirect::default();
        let Ok(mut url) = Url::parse("http://localhost/") else {
            return redirect;
        };
        url.set_query(Some(query));
        for (key, value) in url.query_pairs() {
            let slot = match key.as_ref() {
                "code" => &mut redirect.code,
                "state" => &mut redirect.state,
                "iss" => &mut redirect.issuer,
                "error" => &mut redirect.error,
                "error_description" => &mut redirect.description,
                _ => continue,
            };
            // A parameter that comes twice is a trick (RFC 6749 §3.1): the first counts, and nothing else.
            slot.get_or_insert(value.into_owned());
        }
        redirect
    }

    /// Whether it is an answer at all.
    pub fn is_answer(&self) -> bool {
        self.code.is_some() || self.error.is_some()
    }
}

impl Pending {
    /// Whether a redirect answers this login, as against one of someone else's making: only the provider knows the
    /// `state` that it was given.
    pub(super) fn is_answered_by(&self, redirect: &Redirect) -> bool {
        redirect.is_answer()
            && redirect
                .state
                .as_ref()
                .is_some_and(|s| same(s, &self.state))
    }

    /// The code, if the redirect answers this login and comes from whom it was asked.
    pub fn code(&self, redirect: &Redirect, account: &str) -> Result<SecretString> {
        let again = format!("run `comms auth login {account}` again");
        if !redirect.is_answer() {
            return Err(Error::usage("this is not the address that the login ended at: it holds no code")
                .hint("copy the whole address from the browser, which begins with the redirect address and holds code= and state="));
        }
        match &redirect.state {
            Some(state) if same(state, &self.state) => {}
            Some(_) => {
                return Err(Error::auth(
                    "this redirect answers another login (its `state` is not ours)",
                )
                .hint(format!("{again}, and use the newest address")));
            }
            None => {
                return Err(Error::auth(
                    "the redirect does not say which login it answers (no `state`)",
                )
                .hint(format!(
                    "{again}, and give the whole address from the browser, code= and state="
                )));
            }
        }
        match (&redirect.issuer, &self.issuer) {
            (Some(found), Some(ours)) if found != ours => {
                let found: String = clean::line(found).chars().take(100).collect();
                return Err(Error::auth(format!(
                    "the redirect comes from `{found}`, not from `{ours}`"
                ))
                .hint(format!(
                    "someone may have tried to mix up two logins; {again}"
                )));
            }
            (None, Some(ours)) if self.names_itself => {
                return Err(Error::auth(format!(
                    "the redirect does not say that it comes from `{ours}` (no `iss`)"
                ))
                .hint(format!(
                    "someone may have tried to mix up two logins; {again}"
                )));
            }
            _ => {}
        }
        if let Some(error) = &redirect.error {
            return Err(self.refusal(error, redirect.description.as_deref(), account));
        }
        let code = redirect.code.clone().unwrap_or_default();
        Ok(SecretString::from(code))
    }

    /// An error redirect in words (RFC 6749 §4.1.2.1, OpenID Connect §3.1.2.6, Google's own).
    fn refusal(&self, error: &str, description: Option<&str>, account: &str) -> Error {
        let again = format!("run `comms auth login {account}`");
        let (words, hint) = match error {
            "access_denied" => (
                "you, or the provider, said no to the login",
                format!("{again} and allow it"),
            ),
            "admin_policy_enforced" | "org_internal" => (
                "the administrator of this organisation does not allow the app",
                "ask the administrator to allow its client id".to_owned(),
            ),
            "disallowed_useragent" => (
                "the provider does not like this browser",
                format!(
                    "run `comms auth login {account} --no-browser` and open the address in a usual one"
                ),
            ),
            "redirect_uri_mismatch" => (
                "the OAuth client does not allow the redirect address",
                "use a client of the type desktop app".to_owned(),
            ),
            "invalid_scope" => (
                "the provider does not know the scopes that were asked for",
                format!("set `scopes` in [accounts.{account}]"),
            ),
            "invalid_client" | "unauthorized_client" => (
                "the provider does not take the OAuth client",
                format!("check client_id in [accounts.{account}]"),
            ),
            "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required" => ("the provider wants someone to log in", again),
            "server_error" | "temporarily_unavailable" => {
                return Error::unavailable(format!(
                    "the login of account `{account}` failed: the provider has a fault"
                ))
                .hint(format!("wait, then {again}"));
            }
            _ => ("the provider refused it", again),
        };
        let mut said: String = clean::line(error).chars().take(60).collect();
        if let Some(description) = description.filter(|d| !d.is_empty()) {
            let description: String = clean::line(description).chars().take(200).collect();
            said = format!("{said}: {description}");
        }
        Error::auth(format!("the login of account `{account}` failed: {words}"))
            .hint(hint)
            .because(said)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pending(for {})", self.redirect_uri)
    }
}

impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redirect(error: {:?})", self.error)
    }
}

/// Compares without telling by its time how much fits.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::error::Kind;

    fn pending(names_itself: bool) -> Pending {
        Pending {
            state: "s1".to_owned(),
            verifier: "v".to_owned(),
            redirect_uri: "http://127.0.0.1:5/callback".to_owned(),
            issuer: Some("https://login.example.com".to_owned()),
            names_itself,
            scopes: Vec::new(),
            client_id: "comms".to_owned(),
            client_secret: None,
        }
    }

    fn code(pending: &Pending, text: &str) -> Result<String> {
        let code = pending.code(&Redirect::read(text), "work")?;
        Ok(code.expose_secret().to_owned())
    }

    #[test]
    fn the_code_is_taken_from_an_address_a_query_or_its_parameters() {
        for text in [
            "http://127.0.0.1:5/callback?code=a%2Fb&state=s1",
            "http://127.0.0.1:5/?state=s1&code=a%2Fb#",
            "?code=a%2Fb&state=s1",
            " code=a%2Fb&state=s1\n",
            "\"http://127.0.0.1:5/callback?code=a%2Fb&state=s1\"",
        ] {
            assert_eq!(code(&pending(false), text).unwrap(), "a/b", "{text}");
        }
    }

    #[test]
    fn another_state_or_issuer_is_no_answer() {
        for (text, words) in [
            ("code=a&state=s2", "another login"),
            ("code=a", "no `state`"),
            ("code=a&state=s1&iss=https://evil.example", "not from"),
            ("error=access_denied&state=s2", "another login"),
        ] {
            let error = code(&pending(false), text).unwrap_err();
            assert_eq!(error.kind, Kind::Auth);
            assert!(error.message.contains(words), "{text}: {}", error.message);
        }
        assert!(
            code(
                &pending(false),
                "code=a&state=s1&iss=https%3A%2F%2Flogin.example.com"
            )
            .is_ok()
        );
        let error = code(&pending(true), "code=a&state=s1").unwrap_err();
        assert!(error.message.contains("no `iss`"), "{}", error.message);
        assert_eq!(code(&pending(true), "hello").unwrap_err().kind, Kind::Usage);
    }

    #[test]
    fn a_refusal_is_told_in_words() {
        let error = code(
            &pending(false),
            "error=access_denied&error_description=nope&state=s1",
        )
        .unwrap_err();
        assert!(error.message.contains("said no"), "{}", error.message);
        assert_eq!(error.causes(), ["access_denied: nope"]);
        assert!(error.hint.unwrap().contains("comms auth login work"));
    }

    #[test]
    fn nothing_of_a_login_is_shown() {
        let redirect = Redirect::read("code=hunter2&state=hunter2");
        assert!(!format!("{redirect:?}{:?}", pending(true)).contains("hunter2"));
    }
}
