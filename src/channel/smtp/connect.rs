//! The connection: reaching the server, TLS, greeting, what it offers, and lines in both directions.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tracing::{debug, trace};

use crate::channel::imap::Stream;
use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, AuthMethod, Endpoint, Logins, TlsMode};
use crate::net::echo::Confided;
use crate::net::is_loopback;

use super::reply::{Collector, LONGEST_LINE, Reply};

/// What a login needs beside the account, handed in from above.
pub struct Credentials {
    pub tls: Arc<ClientConfig>,
    /// `None` for an account that needs no login.
    pub secret: Option<SecretString>,
    /// Refuse everything that sends.
    pub read_only: bool,
}

/// What a server offers (RFC 5321 §4.1.1.1).
#[derive(Clone, Debug, Default)]
pub(super) struct Offers {
    pub(super) starttls: bool,
    pub(super) pipelining: bool,
    pub(super) eight_bit: bool,
    pub(super) utf8: bool,
    /// The largest message in bytes; zero if it doesn't say.
    pub(super) size: Option<u64>,
    /// Mechanisms, upper case.
    pub(super) auth: Vec<String>,
}

/// A connection that is logged in.
pub struct Client {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
    pub(super) confided: Confided,
    pub(super) peer: String,
    pub(super) offers: Offers,
    pub(super) read_only: bool,
    /// By when what lies before the point of no return must be done.
    pub(super) deadline: Instant,
    /// How long one step may take, for steps of their own such as a large body.
    pub(super) patience: Duration,
    /// The connection is gone or can't be trusted any more.
    pub(super) broken: bool,
}

impl Client {
    /// Connects and logs in within the time given, which also bounds the transactions' way to the final dot.
    pub async fn open(
        account: &Account,
        credentials: &Credentials,
        within: Duration,
    ) -> Result<Client> {
        let endpoint = account.smtp.as_ref().ok_or_else(|| {
            Error::config(format!("account `{}` has no `smtp` server", account.name))
        })?;
        if endpoint.tls == TlsMode::None && !is_loopback(&endpoint.host) {
            return Err(Error::config(format!(
                "`tls = \"none\"` would send mail readable to `{}`",
                endpoint.host
            ))
            .hint("use `tls = \"tls\"` or `tls = \"starttls\"`; none is for loopback only"));
        }
        let deadline = Instant::now() + within;
        let stream = reach(endpoint, deadline, within).await?;
        let mut client = Client::over(stream, endpoint, (deadline, within));
        client.read_only = credentials.read_only;
        if endpoint.tls == TlsMode::Tls {
            client.secure(endpoint, &credentials.tls).await?;
        }
        client.begin(account, credentials).await?;
        Ok(client)
    }

    /// A client over a connection that is open; nothing is read yet. The time given is as in [`Client::open`].
    pub fn over(
        stream: Box<dyn Stream>,
        endpoint: &Endpoint,
        (deadline, within): (Instant, Duration),
    ) -> Client {
        Client {
            stream,
            received: Vec::new(),
            confided: Confided::default(),
            peer: format!("{}:{}", endpoint.host, endpoint.port),
            offers: Offers::default(),
            read_only: false,
            deadline,
            patience: within,
            broken: false,
        }
    }

    /// Greets, says hello, and logs in.
    pub async fn begin(&mut self, account: &Account, credentials: &Credentials) -> Result<()> {
        let greeting = self.read().await?;
        if !greeting.is_success() {
            return Err(self.turned_away(&greeting));
        }
        self.hello().await?;
        if let Some(endpoint) = &account.smtp
            && endpoint.tls == TlsMode::Starttls
        {
            self.start_tls(endpoint, &credentials.tls).await?;
        }
        if account.auth != AuthMethod::None
            && let Some(secret) = &credentials.secret
        {
            self.login(account, secret).await?;
            tracing::info!(account = %account.name, server = %self.peer, "logged in");
        }
        Ok(())
    }

    /// Gives a new transaction its own time.
    pub fn renew(&mut self) {
        self.deadline = Instant::now() + self.patience;
    }

    /// Whether another transaction may use it.
    pub fn is_usable(&self) -> bool {
        !self.broken
    }

    /// Says goodbye; whatever the answer.
    pub async fn quit(mut self) {
        if !self.broken && self.write(b"QUIT\r\n").await.is_ok() {
            let _ = timeout(Duration::from_secs(1), self.read()).await;
        }
    }

    async fn start_tls(&mut self, endpoint: &Endpoint, tls: &Arc<ClientConfig>) -> Result<()> {
        let refused = || {
            Error::config(format!(
                "`{}:{}` offers no STARTTLS",
                endpoint.host, endpoint.port
            ))
            .hint("use `tls = \"tls\"` (usually port 465)")
        };
        if !self.offers.starttls {
            return Err(refused());
        }
        let reply = self.ask("STARTTLS").await?;
        if !reply.is_success() {
            return Err(if reply.is_temporary() {
                self.turned_away(&reply)
            } else {
                refused()
            });
        }
        // What came before TLS may be anyone's (CVE-2011-0411).
        if !self.received.is_empty() {
            return Err(Error::unavailable(format!(
                "`{}` spoke between STARTTLS and TLS; the connection can't be trusted",
                self.peer
            )));
        }
        self.secure(endpoint, tls).await?;
        self.hello().await
    }

    async fn secure(&mut self, endpoint: &Endpoint, tls: &Arc<ClientConfig>) -> Result<()> {
        let host = endpoint.host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|e| {
            Error::config(format!("`{}` is not a host name", endpoint.host)).because(e)
        })?;
        let plain = std::mem::replace(
            &mut self.stream,
            Box::new(tokio::io::join(tokio::io::empty(), tokio::io::sink())),
        );
        let connector = TlsConnector::from(tls.clone());
        match timeout_at(self.deadline, connector.connect(name, plain)).await {
            Ok(Ok(stream)) => {
                self.stream = Box::new(stream);
                Ok(())
            }
            Ok(Err(e)) => {
                let untrusted = e
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>())
                    .is_some_and(|e| {
                        matches!(e, tokio_rustls::rustls::Error::InvalidCertificate(_))
                    });
                Err(if untrusted {
                    // Repeating won't make it trusted.
                    Error::config(format!("the certificate of `{}` is not trusted", self.peer))
                        .hint("for a private authority set `ca_file` in the account")
                } else {
                    Error::unavailable(format!("`{}` did not agree on TLS", self.peer))
                        .hint("is `tls` right for this port? 465 is `tls`, 587 is `starttls`")
                }
                .because(e))
            }
            Err(_) => Err(self.too_slow()),
        }
    }

    /// EHLO, or HELO for a server that knows no better.
    async fn hello(&mut self) -> Result<()> {
        // The name of this machine is nobody's business; an address literal is always right (RFC 5321 §4.1.4).
        let mut reply = self.ask("EHLO [127.0.0.1]").await?;
        self.offers = Offers::default();
        if reply.is_success() {
            self.offers = Offers::read(&reply);
            return Ok(());
        }
        if !reply.is_temporary() {
            reply = self.ask("HELO [127.0.0.1]").await?;
        }
        if reply.is_success() {
            return Ok(());
        }
        Err(self.turned_away(&reply))
    }

    /// A refusal of the whole connection.
    pub(super) fn turned_away(&self, reply: &Reply) -> Error {
        let kind = if reply.is_temporary() {
            Kind::Unavailable
        } else {
            Kind::Refused
        };
        Error::new(
            kind,
            format!("`{}` turned us away: {}", self.peer, reply.words()),
        )
    }

    /// One command and its reply.
    pub(super) async fn ask(&mut self, line: &str) -> Result<Reply> {
        debug!(server = %self.peer, smtp = ?without_secrets(line));
        self.write(format!("{line}\r\n").as_bytes()).await?;
        self.read().await
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let work = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout_at(self.deadline, work).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(self.cut(e)),
            Err(_) => Err(self.too_slow()),
        }
    }

    /// A reply before the point of no return.
    pub(super) async fn read(&mut self) -> Result<Reply> {
        let deadline = self.deadline;
        self.read_until(deadline).await
    }

    /// What the server says while it is not its turn; an error if it hung up. The connection is of no use then.
    pub(super) async fn early(&mut self) -> Result<Option<Reply>> {
        // Lets the runtime notice what came meanwhile.
        tokio::task::yield_now().await;
        if self.received.is_empty() {
            let mut chunk = [0u8; 512];
            match timeout(Duration::ZERO, self.stream.read(&mut chunk)).await {
                Ok(Ok(0)) => return Err(self.cut(std::io::ErrorKind::UnexpectedEof.into())),
                Ok(Ok(n)) => self.received.extend_from_slice(&chunk[..n]),
                Ok(Err(e)) => return Err(self.cut(e)),
                Err(_) => return Ok(None),
            }
        }
        self.broken = true;
        self.read().await.map(Some)
    }

    pub(super) async fn read_until(&mut self, deadline: Instant) -> Result<Reply> {
        let mut collector = Collector::default();
        loop {
            while let Some(end) = self.received.iter().position(|b| *b == b'\n') {
                let mut line: Vec<u8> = self.received.drain(..=end).collect();
                while line.last().is_some_and(|b| matches!(b, b'\r' | b'\n')) {
                    line.pop();
                }
                match collector.take(&line) {
                    Ok(Some(mut reply)) => {
                        let lines = std::mem::take(&mut reply.lines).into_iter();
                        reply.lines = lines.map(|line| self.confided.shown(line)).collect();
                        // 421 may answer anything: the server is about to hang up.
                        self.broken |= reply.code == 421;
                        trace!(server = %self.peer, smtp = reply.code, words = ?reply.words());
                        return Ok(reply);
                    }
                    Ok(None) => {}
                    Err(e) => {
                        self.broken = true;
                        return Err(Error::unavailable(format!(
                            "what `{}` says is no SMTP",
                            self.peer
                        ))
                        .hint("is `tls` right for this port? 465 is `tls`, 587 is `starttls`")
                        .because(e));
                    }
                }
            }
            if self.received.len() > LONGEST_LINE {
                self.broken = true;
                return Err(Error::unavailable(format!(
                    "`{}` sends a line without end",
                    self.peer
                )));
            }
            let mut chunk = [0u8; 4096];
            match timeout_at(deadline, self.stream.read(&mut chunk)).await {
                Ok(Ok(0)) => return Err(self.cut(std::io::ErrorKind::UnexpectedEof.into())),
                Ok(Ok(n)) => self.received.extend_from_slice(&chunk[..n]),
                Ok(Err(e)) => return Err(self.cut(e)),
                Err(_) => return Err(self.too_slow()),
            }
        }
    }

    fn cut(&mut self, e: std::io::Error) -> Error {
        self.broken = true;
        if e.kind() == std::io::ErrorKind::UnexpectedEof {
            Error::unavailable(format!("`{}` closed the connection", self.peer))
        } else {
            Error::unavailable(format!("the connection to `{}` broke", self.peer)).because(e)
        }
    }

    fn too_slow(&mut self) -> Error {
        self.broken = true;
        Error::unavailable(format!(
            "`{}` did not answer within {} s",
            self.peer,
            self.patience.as_secs_f32()
        ))
        .hint("give it longer with --timeout")
    }
}

impl Offers {
    fn read(reply: &Reply) -> Offers {
        let mut offers = Offers::default();
        for line in reply.lines.iter().skip(1) {
            let upper = line.trim().to_ascii_uppercase().replace("AUTH=", "AUTH ");
            let mut words = upper.split_whitespace();
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("PIPELINING") => offers.pipelining = true,
                Some("8BITMIME") => offers.eight_bit = true,
                Some("SMTPUTF8") => offers.utf8 = true,
                Some("SIZE") => {
                    offers.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0))
                }
                Some("AUTH") => offers.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        offers
    }
}

/// Connects, logs in and says goodbye: what `doctor` wants to know.
pub async fn probe(account: &Account, credentials: &Credentials, within: Duration) -> Result<()> {
    Client::open(account, credentials, within)
        .await?
        .quit()
        .await;
    Ok(())
}

/// Connects and asks which logins the server takes there (after STARTTLS, where that is to be); logs in to nothing.
pub async fn survey(
    account: &Account,
    tls: &Arc<ClientConfig>,
    within: Duration,
) -> Result<Logins> {
    let credentials = Credentials {
        tls: tls.clone(),
        secret: None,
        read_only: true,
    };
    let client = Client::open(account, &credentials, within).await?;
    let takes = |names: &[&str]| {
        client
            .offers
            .auth
            .iter()
            .any(|m| names.contains(&m.as_str()))
    };
    let logins = Logins {
        password: takes(&["PLAIN", "LOGIN"]),
        oauth: takes(&["XOAUTH2", "OAUTHBEARER"]),
    };
    client.quit().await;
    Ok(logins)
}

async fn reach(
    endpoint: &Endpoint,
    deadline: Instant,
    within: Duration,
) -> Result<Box<dyn Stream>> {
    let peer = format!("{}:{}", endpoint.host, endpoint.port);
    let host = endpoint.host.trim_matches(['[', ']']);
    let hint = "check the network, and `smtp` in the config";
    match timeout_at(deadline, TcpStream::connect((host, endpoint.port))).await {
        Ok(Ok(tcp)) => {
            let _ = tcp.set_nodelay(true);
            Ok(Box::new(tcp))
        }
        Ok(Err(e)) => Err(Error::unavailable(format!("`{peer}` can't be reached"))
            .hint(hint)
            .because(e)),
        Err(_) => Err(Error::unavailable(format!(
            "`{peer}` did not answer within {} s",
            within.as_secs_f32()
        ))
        .hint(hint)),
    }
}

/// A command as it may be told. An answer in a login has no verb of SMTP, and is not told at all.
fn without_secrets(line: &str) -> String {
    let mut words = line.split(' ');
    let verb = words.next().unwrap_or_default();
    match verb {
        "EHLO" | "HELO" | "STARTTLS" | "MAIL" | "RCPT" | "DATA" | "RSET" | "NOOP" | "QUIT" => {
            line.to_owned()
        }
        "AUTH" => format!("{verb} {} …", words.next().unwrap_or_default()),
        _ => "…".to_owned(),
    }
}
