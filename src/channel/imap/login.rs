//! Reaching a server and proving who we are: TLS, STARTTLS, PLAIN, LOGIN, XOAUTH2, OAUTHBEARER.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, AuthMethod, Endpoint, Logins, TlsMode};
use crate::net::is_loopback;

use super::names::quote;
use super::parse::{Response, Status, Verdict};
use super::session::{Session, Stream};

const CONNECT: Duration = Duration::from_secs(10);

/// What a login needs beside the account: TLS and the secret, handed in from above.
#[derive(Clone)]
pub struct Credentials {
    pub tls: Arc<ClientConfig>,
    pub secret: SecretString,
    /// Refuse everything that changes something on the server.
    pub read_only: bool,
}

impl Session {
    /// Connects and logs in.
    pub async fn open(account: &Account, credentials: &Credentials) -> Result<Session> {
        let endpoint = account.imap.as_ref().ok_or_else(|| {
            Error::config(format!("account `{}` has no `imap` server", account.name))
        })?;
        let mut session = Session::connect(endpoint, credentials).await?;
        session.login(account, &credentials.secret).await?;
        tracing::info!(account = %account.name, server = %session.peer, "logged in");
        Ok(session)
    }

    /// Connects and asks which logins the server takes there; logs in to nothing.
    pub async fn survey(endpoint: &Endpoint, tls: &Arc<ClientConfig>) -> Result<Logins> {
        let credentials = Credentials {
            tls: tls.clone(),
            secret: SecretString::default(),
            read_only: true,
        };
        let mut session = Session::connect(endpoint, &credentials).await?;
        if session.capabilities.is_empty() {
            session.ask_capabilities().await?;
        }
        let offers = |names: &[&str]| names.iter().any(|name| session.offers(name));
        let logins = Logins {
            password: offers(&["AUTH=PLAIN", "AUTH=LOGIN"]) || !session.offers("LOGINDISABLED"),
            oauth: offers(&["AUTH=XOAUTH2", "AUTH=OAUTHBEARER"]),
        };
        session.logout().await;
        Ok(logins)
    }

    async fn connect(endpoint: &Endpoint, credentials: &Credentials) -> Result<Session> {
        if endpoint.tls == TlsMode::None && !is_loopback(&endpoint.host) {
            return Err(Error::config(format!(
                "`tls = \"none\"` would send the password readable to `{}`",
                endpoint.host
            ))
            .hint("use `tls = \"tls\"` or `tls = \"starttls\"`; none is for loopback only"));
        }
        let peer = format!("{}:{}", endpoint.host, endpoint.port);
        let address = (endpoint.host.as_str(), endpoint.port);
        let tcp = match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(e)) => {
                return Err(Error::unavailable(format!("`{peer}` can't be reached"))
                    .hint("check the network, and `imap` in the config")
                    .because(e));
            }
            Err(_) => {
                return Err(Error::unavailable(format!(
                    "`{peer}` did not answer within {} s",
                    CONNECT.as_secs()
                ))
                .hint("check the network, and `imap` in the config"));
            }
        };
        let _ = tcp.set_nodelay(true);
        let read_only = credentials.read_only;
        let mut session = if endpoint.tls == TlsMode::Tls {
            let stream = secure(Box::new(tcp), endpoint, &credentials.tls).await?;
            let mut session = Session::over(stream, endpoint, read_only);
            session.greeting().await?;
            session
        } else {
            let mut session = Session::over(Box::new(tcp), endpoint, read_only);
            session.greeting().await?;
            session
        };
        if endpoint.tls == TlsMode::Starttls {
            session.step = "starting TLS".to_owned();
            let (_, status) = session.ask("STARTTLS").await?;
            if status.verdict != Verdict::Ok {
                return Err(Error::config(format!("`{peer}` offers no STARTTLS"))
                    .hint("use `tls = \"tls\"` (usually port 993)"));
            }
            let stream = secure(session.into_stream()?, endpoint, &credentials.tls).await?;
            session = Session::over(stream, endpoint, read_only);
        }
        Ok(session)
    }

    /// Reads what the server says first.
    pub async fn greeting(&mut self) -> Result<()> {
        self.step = "greeting".to_owned();
        match self.read_within(CONNECT).await? {
            Some(Response::Untagged(status)) => match status.verdict {
                Verdict::Ok | Verdict::Preauth => {
                    if status.code == "CAPABILITY" {
                        self.learn(&status.arguments);
                    }
                    Ok(())
                }
                _ => Err(self.refusal(&status)),
            },
            Some(_) => Err(self.garbled()),
            None => Err(Error::unavailable(format!(
                "`{}` gave no greeting within {} s",
                self.peer,
                CONNECT.as_secs()
            ))
            .hint("is `tls` right for this port? 993 is `tls`, 143 is `starttls`")),
        }
    }

    /// Asks what the server offers, unless it has said so.
    async fn ask_capabilities(&mut self) -> Result<()> {
        self.step = "asking for capabilities".to_owned();
        let (responses, _) = self.run("CAPABILITY").await?;
        for response in responses {
            if let Response::Data { name, values, .. } = response
                && name == "CAPABILITY"
            {
                self.learn(&values);
            }
        }
        Ok(())
    }

    /// Logs in; asks before what the server takes, unless it has said so.
    pub async fn login(&mut self, account: &Account, secret: &SecretString) -> Result<()> {
        if self.capabilities.is_empty() {
            self.ask_capabilities().await?;
        }
        self.step = "logging in".to_owned();
        let user = account.login().ok_or_else(|| {
            Error::config(format!("account `{}` has no `username`", account.name))
                .hint("set `username` or `address` in the config")
        })?;
        self.confided.add(secret.expose_secret());
        let (responses, status) = match account.auth {
            AuthMethod::None => return self.after_login(Vec::new(), None).await,
            AuthMethod::Oauth => self.login_with_token(account, user, secret).await?,
            AuthMethod::Password => self.login_with_password(account, user, secret).await?,
        };
        if status.verdict != Verdict::Ok {
            return Err(self.login_refused(account, &status));
        }
        self.after_login(responses, Some(status)).await
    }

    async fn login_with_password(
        &mut self,
        account: &Account,
        user: &str,
        secret: &SecretString,
    ) -> Result<(Vec<Response>, Status)> {
        let password = secret.expose_secret();
        if self.offers("AUTH=PLAIN") {
            let token = STANDARD.encode(format!("\0{user}\0{password}"));
            return self.authenticate("PLAIN", vec![token]).await;
        }
        if !self.offers("LOGINDISABLED") {
            let password = quote(password);
            self.confided.add(password.trim_matches('"'));
            let command = format!("LOGIN {} {password}", quote(user));
            return self.ask(&command).await;
        }
        if self.offers("AUTH=LOGIN") {
            let answers = vec![STANDARD.encode(user), STANDARD.encode(password)];
            return self.authenticate("LOGIN", answers).await;
        }
        Err(Error::config(format!(
            "`{}` takes no password on this connection (LOGINDISABLED)",
            self.peer
        ))
        .hint(format!(
            "set `tls = \"starttls\"` or `tls = \"tls\"` in [accounts.{}], or `auth = \"oauth\"`",
            account.name
        )))
    }

    async fn login_with_token(
        &mut self,
        account: &Account,
        user: &str,
        secret: &SecretString,
    ) -> Result<(Vec<Response>, Status)> {
        let token = secret.expose_secret();
        if self.offers("AUTH=XOAUTH2") {
            let text = format!("user={user}\x01auth=Bearer {token}\x01\x01");
            return self
                .authenticate("XOAUTH2", vec![STANDARD.encode(text)])
                .await;
        }
        if self.offers("AUTH=OAUTHBEARER") {
            // The host and port of RFC 7628 are optional, and no server needs them. A comma or equals sign
            // in the name has its own spelling (RFC 5801).
            let name = user.replace('=', "=3D").replace(',', "=2C");
            let text = format!("n,a={name},\x01auth=Bearer {token}\x01\x01");
            return self
                .authenticate("OAUTHBEARER", vec![STANDARD.encode(text)])
                .await;
        }
        Err(Error::config(format!(
            "`{}` takes no access token (neither XOAUTH2 nor OAUTHBEARER)",
            self.peer
        ))
        .hint(format!(
            "set `auth = \"password\"` in [accounts.{}]",
            account.name
        )))
    }

    /// AUTHENTICATE with these answers; a further challenge is an error report that has to be answered, too.
    async fn authenticate(
        &mut self,
        mechanism: &str,
        answers: Vec<String>,
    ) -> Result<(Vec<Response>, Status)> {
        if let Some(last) = answers.last() {
            self.confided.add(last);
        }
        let mut answers = answers.into_iter();
        let initial = if self.offers("SASL-IR") && mechanism != "LOGIN" {
            answers.next()
        } else {
            None
        };
        let tag = match initial {
            Some(first) => {
                self.send(&format!("AUTHENTICATE {mechanism} {first}"))
                    .await?
            }
            None => self.send(&format!("AUTHENTICATE {mechanism}")).await?,
        };
        let mut responses = Vec::new();
        let mut report = None;
        loop {
            match self.read().await? {
                Response::Continue(challenge) => match answers.next() {
                    Some(answer) => self.write(format!("{answer}\r\n").as_bytes()).await?,
                    None if report.is_some() => return Err(self.garbled()),
                    None => {
                        let words = STANDARD.decode(challenge.trim()).unwrap_or_default();
                        let words = String::from_utf8_lossy(&words).trim().to_owned();
                        report = Some(self.confided.shown(words));
                        // RFC 7628 §3.2.3 wants one kvsep; XOAUTH2 wants nothing.
                        let dummy: &[u8] = match mechanism {
                            "OAUTHBEARER" => b"AQ==\r\n",
                            _ => b"\r\n",
                        };
                        self.write(dummy).await?;
                    }
                },
                Response::Tagged { tag: found, status } if found == tag => {
                    let mut status = status;
                    if let (Some(words), true) = (report, status.verdict != Verdict::Ok)
                        && !words.is_empty()
                    {
                        status.text = format!("{} {words}", status.text);
                    }
                    return Ok((responses, status));
                }
                Response::Tagged { .. } => return Err(self.garbled()),
                Response::Untagged(status) if status.verdict == Verdict::Bye => {
                    return Err(self.cut(None).because(status.text));
                }
                other => responses.push(other),
            }
        }
    }

    fn login_refused(&self, account: &Account, status: &Status) -> Error {
        let busy = matches!(status.code.as_str(), "UNAVAILABLE" | "INUSE" | "LIMIT");
        let kind = if busy { Kind::Unavailable } else { Kind::Auth };
        let error = Error::new(
            kind,
            format!(
                "`{}` refused the login of account `{}`: {}",
                self.peer, account.name, status.text
            ),
        );
        match (kind, account.auth) {
            (Kind::Auth, AuthMethod::Oauth) if account.oauth.is_some() => error.hint(format!(
                "run `comms auth login {}`; the access token may be for another account or lack a scope",
                account.name
            )),
            (Kind::Auth, AuthMethod::Oauth) => {
                error.hint("the access token may have expired: fetch a new one")
            }
            (Kind::Auth, _) => error.hint(format!(
                "run `comms auth login {}`; some providers want an app password",
                account.name
            )),
            _ => error.hint("wait and repeat"),
        }
    }

    /// Learns what is offered after the login, and turns on QRESYNC where it is.
    async fn after_login(
        &mut self,
        responses: Vec<Response>,
        status: Option<Status>,
    ) -> Result<()> {
        let mut told = false;
        for response in responses {
            match response {
                Response::Data { name, values, .. } if name == "CAPABILITY" => {
                    self.learn(&values);
                    told = true;
                }
                Response::Untagged(status) if status.code == "CAPABILITY" => {
                    self.learn(&status.arguments);
                    told = true;
                }
                _ => {}
            }
        }
        if let Some(status) = status.filter(|status| status.code == "CAPABILITY") {
            self.learn(&status.arguments);
            told = true;
        }
        if !told {
            self.ask_capabilities().await?;
        }
        if self.offers("QRESYNC") {
            self.step = "turning on QRESYNC".to_owned();
            let (responses, status) = self.ask("ENABLE QRESYNC").await?;
            self.qresync = status.verdict == Verdict::Ok
                && responses.iter().any(|response| {
                    matches!(response, Response::Data { name, values, .. } if name == "ENABLED"
                        && values.iter().any(|v| v.text().is_some_and(|t| t.eq_ignore_ascii_case("QRESYNC"))))
                });
        }
        Ok(())
    }
}

async fn secure(
    stream: Box<dyn Stream>,
    endpoint: &Endpoint,
    tls: &Arc<ClientConfig>,
) -> Result<Box<dyn Stream>> {
    let peer = format!("{}:{}", endpoint.host, endpoint.port);
    let host = endpoint.host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host)
        .map_err(|e| Error::config(format!("`{}` is not a host name", endpoint.host)).because(e))?;
    let connector = TlsConnector::from(tls.clone());
    match timeout(CONNECT, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(e)) => {
            let certificate = e
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>())
                .is_some_and(|e| matches!(e, tokio_rustls::rustls::Error::InvalidCertificate(_)));
            Err(if certificate {
                Error::unavailable(format!("the certificate of `{peer}` is not trusted"))
                    .hint("for a private authority set `ca_file` in the account")
            } else {
                Error::unavailable(format!("`{peer}` did not agree on TLS"))
                    .hint("is `tls` right for this port? 993 is `tls`, 143 is `starttls`")
            }
            .because(e))
        }
        Err(_) => Err(Error::unavailable(format!(
            "`{peer}` did not agree on TLS within {} s",
            CONNECT.as_secs()
        ))
        .hint("is `tls` right for this port? 993 is `tls`, 143 is `starttls`")),
    }
}
