//! Asking the authorization server: for a code, for tokens, for a device's user code; and taking tokens back.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse};
use oauth2::http::StatusCode;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    DeviceAuthorizationUrl, EndpointNotSet, EndpointSet, ErrorResponse, HttpRequest, HttpResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardDeviceAuthorizationResponse, TokenResponse, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::net::{echo, http};

use super::answer;
use super::redirect::Pending;
use super::server::Server;
use super::tokens::{Fresh, Origin};

/// How long a device code is waited for if its server says nothing sensible.
const DEVICE_PATIENCE: Duration = Duration::from_secs(1800);
/// No server is asked more often than this, whatever it allows.
const SHORTEST_POLL: Duration = Duration::from_secs(1);
/// Until a server that answers nonsense is asked again.
const REST: Duration = Duration::from_secs(60);
/// What is repeated of a provider's own name for a fault, and of its words, in characters.
const LONGEST_CODE: usize = 60;
const LONGEST_WORDS: usize = 200;

/// One OAuth client of ours at one authorization server.
#[derive(Clone)]
pub struct Client {
    pub server: Server,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    pub http: http::Client,
    /// For words.
    pub account: String,
}

/// How someone who logs in is asked.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub scopes: Vec<String>,
    /// Whose login is expected.
    pub login_hint: Option<String>,
    /// Ask for consent even if it was given before: the one way to get a refresh token again.
    pub consent: bool,
    /// Google's way to ask for a refresh token.
    pub access_type_offline: bool,
}

/// What someone has to do on another device.
#[derive(Clone, Debug)]
pub struct DevicePrompt {
    pub url: String,
    pub user_code: String,
    /// The URL that already holds the code.
    pub whole_url: Option<String>,
    pub expires_in: Duration,
}

type WithToken =
    BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl Client {
    /// The address to open, and what has to be remembered until its answer.
    pub fn authorize(&self, ask: &Ask, redirect_uri: &str) -> Result<(String, Pending)> {
        let address = self.server.authorize_url.as_deref();
        let address =
            address.ok_or_else(|| self.offers_no("login in a browser", "authorize_url"))?;
        self.must_be_a_page(address)?;
        let basic = self
            .basic()
            .set_auth_uri(AuthUrl::new(address.to_owned()).map_err(|e| bad_address(address, e))?)
            .set_redirect_uri(
                RedirectUrl::new(redirect_uri.to_owned())
                    .map_err(|e| bad_address(redirect_uri, e))?,
            );
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = basic
            .authorize_url(CsrfToken::new_random)
            .set_pkce_challenge(challenge)
            .add_scopes(ask.scopes.iter().cloned().map(Scope::new));
        if let Some(login) = &ask.login_hint {
            request = request.add_extra_param("login_hint", login);
        }
        if ask.access_type_offline {
            request = request.add_extra_param("access_type", "offline");
        }
        if ask.consent {
            request = request.add_extra_param("prompt", "consent");
        }
        let (url, state) = request.url();
        let pending = Pending {
            state: state.secret().clone(),
            verifier: verifier.secret().clone(),
            redirect_uri: redirect_uri.to_owned(),
            issuer: self.server.issuer.clone(),
            names_itself: self.server.names_itself,
            scopes: ask.scopes.clone(),
            client_id: self.client_id.clone(),
            client_secret: None,
        };
        Ok((url.into(), pending))
    }

    /// Tokens for the code that a redirect brought.
    pub async fn exchange(&self, pending: &Pending, code: &SecretString) -> Result<Fresh> {
        let redirect = RedirectUrl::new(pending.redirect_uri.clone())
            .map_err(|e| bad_address(&pending.redirect_uri, e))?;
        let client = self.with_token()?.set_redirect_uri(redirect);
        let sent = [code.expose_secret(), &pending.verifier];
        client
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&self.carrier())
            .await
            .map_err(|e| self.told(e, ("the code of the login", &sent)))
            .and_then(|answer| self.fresh(&answer))
    }

    /// A new access token.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Fresh> {
        tracing::info!(account = %self.account, "renewing the tokens");
        let refresh_token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        self.with_token()?
            .exchange_refresh_token(&refresh_token)
            .request_async(&self.carrier())
            .await
            .map_err(|e| self.told(e, ("the refresh token", &[refresh_token.secret()])))
            .and_then(|answer| self.fresh(&answer))
    }

    /// A token for the client itself.
    pub async fn client_credentials(&self, scopes: &[String]) -> Result<Fresh> {
        self.with_token()?
            .exchange_client_credentials()
            .add_scopes(scopes.iter().cloned().map(Scope::new))
            .request_async(&self.carrier())
            .await
            .map_err(|e| self.told(e, ("the client's secret", &[])))
            .and_then(|answer| self.fresh(&answer))
    }

    /// A token for what a key has signed (RFC 7523 §2.1).
    pub async fn assertion(&self, signed: &SecretString) -> Result<Fresh> {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", signed.expose_secret()),
        ];
        let answer = self.http.post_form(self.token_url()?, &form).await?;
        if answer.is_transient() {
            return Err(answer.error("asking for a token"));
        }
        let (body, refuses) = answer::read(answer.body.clone());
        if answer.is_success() && !refuses {
            let token = serde_json::from_slice(&body).map_err(|_| self.no_token());
            return self.fresh(&token?);
        }
        let refusal: BasicErrorResponse = answer.json()?;
        let sent = [signed.expose_secret()];
        Err(self.refused(&refusal, ("the service account", &sent)))
    }

    /// Begins a login on another device, tells what to do there, and waits for it (RFC 8628).
    pub async fn device(
        &self,
        scopes: &[String],
        show: impl FnOnce(&DevicePrompt),
    ) -> Result<Fresh> {
        let address = self.server.device_url.as_deref();
        let address =
            address.ok_or_else(|| self.offers_no("login by device code", "device_url"))?;
        let device_url =
            DeviceAuthorizationUrl::new(address.to_owned()).map_err(|e| bad_address(address, e))?;
        let client = self.with_token()?.set_device_authorization_url(device_url);
        let carrier = self.carrier();
        let details: StandardDeviceAuthorizationResponse = client
            .exchange_device_code()
            .add_scopes(scopes.iter().cloned().map(Scope::new))
            .request_async(&carrier)
            .await
            .map_err(|e| self.told(e, ("the request for a device code", &[])))?;
        if details.interval() > DEVICE_PATIENCE {
            return Err(Error::unavailable(format!(
                "the provider of account `{}` wants to be asked for the login every {} s only",
                self.account,
                details.interval().as_secs()
            ))
            .hint("log in another way"));
        }
        self.must_be_a_page(details.verification_uri())?;
        if let Some(whole) = details.verification_uri_complete() {
            self.must_be_a_page(whole.secret())?;
        }
        show(&DevicePrompt {
            url: clean::line(details.verification_uri()),
            user_code: clean::line(details.user_code().secret()),
            whole_url: details
                .verification_uri_complete()
                .map(|url| clean::line(url.secret())),
            expires_in: details.expires_in(),
        });
        let patience = details.expires_in().min(DEVICE_PATIENCE);
        let pause = |asked: Duration| tokio::time::sleep(asked.max(SHORTEST_POLL));
        client
            .exchange_device_access_token(&details)
            .request_async(&carrier, pause, Some(patience))
            .await
            .map_err(|e| self.told(e, ("the device code", &[details.device_code().secret()])))
            .and_then(|answer| self.fresh(&answer))
    }

    /// Takes a token back at the provider (RFC 7009); false if the provider has no way to do so.
    pub async fn revoke(&self, token: &SecretString) -> Result<bool> {
        let Some(address) = &self.server.revoke_url else {
            return Ok(false);
        };
        let mut form = vec![("token", token.expose_secret())];
        // A client without a secret names itself; Google wants nothing but the token.
        form.push(("client_id", &self.client_id));
        if let Some(secret) = &self.client_secret {
            form.push(("client_secret", secret.expose_secret()));
        }
        let answer = self.http.post_form(address, &form).await?;
        if answer.is_success() {
            return Ok(true);
        }
        let refusal = answer.json::<BasicErrorResponse>();
        match refusal.ok().filter(|_| matches!(answer.status, 400 | 401)) {
            // A token that is dead already is as good as revoked (§2.2); Google says so by an error.
            Some(refusal) if refusal.error().as_ref() == "invalid_token" => Ok(true),
            Some(refusal) => {
                let sent = [token.expose_secret()];
                Err(self.refused(&refusal, ("to take the tokens back", &sent)))
            }
            None => Err(answer.error("taking the tokens back")),
        }
    }

    /// What is kept beside the tokens.
    pub fn origin(&self) -> Result<Origin> {
        Ok(Origin {
            issuer: self.server.issuer.clone(),
            token_url: self.token_url()?.to_owned(),
            revoke_url: self.server.revoke_url.clone(),
            client_id: self.client_id.clone(),
            secret_in_form: self.server.secret_in_form,
        })
    }

    fn token_url(&self) -> Result<&str> {
        let address = self.server.token_url.as_deref();
        address.ok_or_else(|| self.offers_no("tokens", "token_url"))
    }

    fn basic(&self) -> BasicClient {
        let auth = match self.server.secret_in_form {
            true => AuthType::RequestBody,
            false => AuthType::BasicAuth,
        };
        let client = BasicClient::new(ClientId::new(self.client_id.clone())).set_auth_type(auth);
        match &self.client_secret {
            Some(secret) => {
                client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            }
            None => client,
        }
    }

    fn with_token(&self) -> Result<WithToken> {
        let address = self.token_url()?;
        let address = TokenUrl::new(address.to_owned()).map_err(|e| bad_address(address, e))?;
        Ok(self.basic().set_token_uri(address))
    }

    /// The HTTP client as the OAuth library wants it. What may pass is an error here, not an answer.
    fn carrier(
        &self,
    ) -> impl Fn(HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send>> + use<>
    {
        let http = self.http.clone();
        move |request| {
            let http = http.clone();
            Box::pin(async move {
                let request = request.try_into().map_err(|e: reqwest::Error| {
                    Error::internal("the request can't be written").because(e.without_url())
                })?;
                let answer = http.send(request).await?;
                if answer.is_transient() {
                    return Err(answer.error("asking for a token"));
                }
                let is_success = answer.is_success();
                let (body, refuses) = match is_success {
                    true => answer::read(answer.body),
                    false => (answer.body, false),
                };
                let mut response = HttpResponse::new(body);
                *response.status_mut() = match refuses {
                    true => StatusCode::BAD_REQUEST,
                    false => StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY),
                };
                *response.headers_mut() = answer.headers;
                Ok(response)
            })
        }
    }

    /// Refuses to show what is no web page as the one to log in on: the system opens it with whatever it is for.
    fn must_be_a_page(&self, address: &str) -> Result<()> {
        let url = reqwest::Url::parse(address).map_err(|e| bad_address(address, e))?;
        match url.scheme() {
            "https" => Ok(()),
            "http" if http::is_loopback(&url) => Ok(()),
            _ => {
                let shown: String = clean::line(address).chars().take(LONGEST_WORDS).collect();
                Err(Error::config(format!(
                    "the provider of account `{}` names `{shown}` as the page to log in on",
                    self.account
                ))
                .hint("that is no https address, and is not opened"))
            }
        }
    }

    fn offers_no(&self, what: &str, key: &str) -> Error {
        Error::config(format!(
            "the provider of account `{}` offers no {what}",
            self.account
        ))
        .hint(format!(
            "set {key} in [accounts.{}], or log in another way",
            self.account
        ))
    }

    /// A failed request in our words; `sent` are the secrets in it.
    fn told<T>(
        &self,
        error: RequestTokenError<Error, oauth2::StandardErrorResponse<T>>,
        asked: (&str, &[&str]),
    ) -> Error
    where
        T: oauth2::ErrorResponseType + AsRef<str> + 'static,
        oauth2::StandardErrorResponse<T>: ErrorResponse,
    {
        match error {
            RequestTokenError::Request(e) => e,
            RequestTokenError::ServerResponse(refusal) => self.refused(&refusal, asked),
            // Neither the body nor the parser's words, which may quote it.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => self.no_token(),
        }
    }

    /// Not to be asked again at once: what was sent may be used up.
    fn no_token(&self) -> Error {
        let address = self.server.token_url.as_deref().unwrap_or("the provider");
        Error::unavailable(format!("`{address}` answered something that is no token"))
            .hint("is the address right, and is a proxy or a login page of the network in between?")
            .retry_after(REST)
    }

    /// A refusal by its code (RFC 6749 §5.2, RFC 8628 §3.5); `sent` are the secrets that were sent.
    fn refused<T>(
        &self,
        refusal: &oauth2::StandardErrorResponse<T>,
        (what, sent): (&str, &[&str]),
    ) -> Error
    where
        T: oauth2::ErrorResponseType + AsRef<str>,
    {
        let account = &self.account;
        let google = self
            .server
            .token_url
            .as_deref()
            .is_some_and(|url| url.contains("googleapis.com"));
        let said = refusal.error_description().map_or("", String::as_str);
        let again = format!("run `comms auth login {account}`");
        let (kind, words, hint) = match refusal.error().as_ref() {
            "invalid_grant" if said.contains("invalid_rapt") || said.contains("rapt_required") => (
                Kind::Auth,
                format!(
                    "the organisation of account `{account}` wants its members to log in again from time to time"
                ),
                again,
            ),
            "invalid_grant" => {
                let why = if google {
                    "; Google ends a login after 7 days while the app is in testing, after a change of password, and after 6 months without use"
                } else {
                    "; a login ends when it is revoked, when the password changes, or when it was not used for long"
                };
                (
                    Kind::Auth,
                    format!("the provider of account `{account}` no longer takes {what}"),
                    format!("{again}{why}"),
                )
            }
            "access_denied" => (
                Kind::Auth,
                format!("the login of account `{account}` was denied"),
                format!("{again} and allow it"),
            ),
            "expired_token" => (
                Kind::Auth,
                format!("nobody entered the code of account `{account}` in time"),
                again,
            ),
            "invalid_client" | "unauthorized_client" => (
                Kind::Auth,
                format!("the provider of account `{account}` does not take its OAuth client"),
                format!(
                    "check client_id and the client's secret (`comms auth login {account} --client-secret-stdin`), and what the client is allowed to do"
                ),
            ),
            "invalid_scope" => (
                Kind::Config,
                format!(
                    "the provider of account `{account}` does not know the scopes that were asked for"
                ),
                format!("set `scopes` in [accounts.{account}]"),
            ),
            "temporarily_unavailable" | "server_error" | "internal_failure" | "slow_down" => (
                Kind::Unavailable,
                format!("the provider of account `{account}` can't give a token now"),
                "wait and repeat".to_owned(),
            ),
            other => {
                let code = self.repeatable(other, LONGEST_CODE, sent);
                let code = code.map_or(String::new(), |code| format!(" ({code})"));
                (
                    Kind::Auth,
                    format!("the provider of account `{account}` refused {what}{code}"),
                    again,
                )
            }
        };
        let error = Error::new(kind, words).hint(hint);
        match self.repeatable(said, LONGEST_WORDS, sent) {
            Some(said) => error.because(said),
            None => error,
        }
    }

    /// What a provider said, in one short line; `None` if it is nothing, or quotes what it was sent.
    fn repeatable(&self, said: &str, most: usize, sent: &[&str]) -> Option<String> {
        let said = clean::line(said);
        let own = self.client_secret.as_ref().map(ExposeSecret::expose_secret);
        let mut secrets = sent.iter().copied().chain(own);
        // Long unbroken words are echoes as well.
        let quotes = secrets.any(|secret| echo::repeats(&said, secret))
            || said
                .split_whitespace()
                .any(|word| word.len() > 40 && !word.contains("://"));
        (!said.is_empty() && !quotes).then(|| said.chars().take(most).collect())
    }

    /// A token as it is kept. Of another kind than a bearer's it would not be used as it must (RFC 6749 §7.1).
    fn fresh(&self, answer: &BasicTokenResponse) -> Result<Fresh> {
        let kind = answer.token_type().as_ref();
        if !kind.eq_ignore_ascii_case("bearer") {
            let kind = self.repeatable(kind, LONGEST_CODE, &[answer.access_token().secret()]);
            let kind = kind.map_or(String::new(), |kind| format!(" (`{kind}`)"));
            return Err(Error::auth(format!(
                "the provider of account `{}` gave a token of a kind that comms can't use{kind}",
                self.account
            ))
            .hint("comms shows tokens as a bearer; the OAuth client must be one that gets such tokens"));
        }
        if answer.access_token().secret().is_empty() {
            return Err(self.no_token());
        }
        Ok(Fresh {
            access_token: SecretString::from(answer.access_token().secret().clone()),
            refresh_token: answer
                .refresh_token()
                .map(|token| SecretString::from(token.secret().clone())),
            token_type: kind.to_owned(),
            expires_in: answer.expires_in(),
            scopes: answer
                .scopes()
                .map(|scopes| scopes.iter().map(|s| s.to_string()).collect()),
        })
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("account", &self.account)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

fn bad_address(address: &str, e: oauth2::url::ParseError) -> Error {
    Error::config(format!("`{address}` is not a web address")).because(e)
}
