//! One connection to an IMAP server: framing, commands, deadlines.
//!
//! A session belongs to one task. A future dropped in mid-command leaves half an answer on the wire, so a session
//! that failed or was interrupted is thrown away, never used again. Every response is seen by its caller:
//! nothing unsolicited is dropped.

use std::collections::HashSet;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::{Instant, timeout};
use tracing::{debug, trace};

use crate::error::{Error, Kind, Result};
use crate::format::mime;
use crate::model::account::Endpoint;
use crate::net::echo::Confided;

use super::parse::{self, Piece, Response, Status, Verdict};

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Silence after which a server counts as stalled.
const SILENCE: Duration = Duration::from_secs(60);
/// The same where it is only asked whether it is there.
const PULSE: Duration = Duration::from_secs(10);
/// Longest line; a `VANISHED` or `SEARCH` of a million UIDs still fits.
const LONGEST_LINE: usize = 16 << 20;
/// Largest literal: the largest message that is taken in.
const LARGEST_LITERAL: u64 = mime::LARGEST as u64;
/// Time one line may take, however steadily it drips.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Bytes a second below which a literal counts as stalled.
const SLOWEST: u64 = 1000;
/// Responses to one command; a folder of a million messages stays below.
pub(super) const MOST_RESPONSES: usize = 2_000_000;
/// Bytes of the responses to one command that are kept.
const MOST_KEPT: usize = 64 << 20;
/// What a short response takes beside its bytes.
const OVERHEAD: usize = 600;
/// Lines and literals of one response.
const MOST_PIECES: usize = 1000;
/// Memory is taken for what arrives, not for what a server announces.
const TRUSTED_SIZE: u64 = 1 << 20;

/// A connection, logged in or about to.
pub struct Session {
    stream: BufReader<Box<dyn Stream>>,
    /// `host:port`, for errors.
    pub(super) peer: String,
    pub(super) confided: Confided,
    /// What is being done, for errors: "fetching `INBOX`".
    pub(super) step: String,
    /// Upper case.
    pub(super) capabilities: HashSet<String>,
    /// The server tells what vanished while a folder is opened.
    pub qresync: bool,
    pub(super) read_only: bool,
    /// Between levels of folder names, as the server writes it.
    pub(super) separator: String,
    /// What the server announced that is too large, in words; the connection ended at it.
    pub(super) too_large: Option<String>,
    /// Bytes of the last response.
    read: usize,
    next_tag: u32,
}

impl Session {
    /// A session over a connection that is open, TLS around it if any is wanted; nothing is read yet.
    pub fn over(stream: Box<dyn Stream>, endpoint: &Endpoint, read_only: bool) -> Self {
        Session {
            stream: BufReader::with_capacity(64 * 1024, stream),
            peer: format!("{}:{}", endpoint.host, endpoint.port),
            confided: Confided::default(),
            step: "connecting".to_owned(),
            capabilities: HashSet::new(),
            qresync: false,
            read_only,
            separator: "/".to_owned(),
            too_large: None,
            read: 0,
            next_tag: 0,
        }
    }

    /// The bare connection, for putting TLS around it. Whatever the server sent before TLS is refused:
    /// bytes smuggled ahead of the handshake would be read as if they were protected.
    pub(super) fn into_stream(self) -> Result<Box<dyn Stream>> {
        if !self.stream.buffer().is_empty() {
            return Err(Error::unavailable(format!(
                "`{}` sent more than it may before TLS; the connection was dropped",
                self.peer
            )));
        }
        Ok(self.stream.into_inner())
    }

    /// Whether the server offers this (upper case).
    pub fn offers(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    pub(super) fn learn(&mut self, values: &[parse::Value]) {
        self.capabilities = values
            .iter()
            .filter_map(|value| value.text().map(str::to_ascii_uppercase))
            .collect();
    }

    /// Refuses a request that changes something on the server under `--read-only`.
    pub(super) fn writes(&self, what: &str) -> Result<()> {
        if self.read_only {
            return Err(
                Error::refused(format!("{what} on `{}` is a write", self.peer))
                    .hint("run it without --read-only and COMMS_READONLY"),
            );
        }
        Ok(())
    }

    /// Runs a command and gives its untagged responses and its answer, whatever that is.
    pub(super) async fn ask(&mut self, command: &str) -> Result<(Vec<Response>, Status)> {
        let tag = self.send(command).await?;
        let mut responses = Vec::new();
        let mut kept = 0;
        loop {
            match self.read_answer(&tag).await? {
                Answer::Last(status) => return Ok((responses, status)),
                Answer::One(response) => responses.push(response),
            }
            kept += self.read + OVERHEAD;
            if kept > MOST_KEPT {
                return Err(self.endless());
            }
        }
    }

    /// Whether the connection still serves after something failed.
    pub async fn answers(&mut self) -> bool {
        matches!(timeout(PULSE, self.run("NOOP")).await, Ok(Ok(_)))
    }

    /// Runs a command that must succeed.
    pub(super) async fn run(&mut self, command: &str) -> Result<(Vec<Response>, Status)> {
        let (responses, status) = self.ask(command).await?;
        let status = self.must(status)?;
        Ok((responses, status))
    }

    /// The status if it is OK, else the server's words as an error.
    pub(super) fn must(&self, status: Status) -> Result<Status> {
        match status.verdict {
            Verdict::Ok | Verdict::Preauth => Ok(status),
            _ => Err(self.refusal(&status)),
        }
    }

    pub(super) fn refusal(&self, status: &Status) -> Error {
        let words = if status.text.is_empty() {
            "no reason given"
        } else {
            &status.text
        };
        let message = format!("`{}` refused while {}: {words}", self.peer, self.step);
        match status.code.as_str() {
            "UNAVAILABLE" | "INUSE" | "LIMIT" | "SERVERBUG" => Error::unavailable(message),
            "AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED" => Error::auth(message),
            _ => Error::refused(message),
        }
    }

    /// Writes a command and returns its tag; the answer is still to be read.
    pub(super) async fn send(&mut self, command: &str) -> Result<String> {
        self.next_tag += 1;
        let tag = format!("c{}", self.next_tag);
        debug!(server = %self.peer, imap = ?without_secrets(command));
        self.write(format!("{tag} {command}\r\n").as_bytes())
            .await?;
        Ok(tag)
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let stream = self.stream.get_mut();
        let written = timeout(SILENCE, async {
            stream.write_all(bytes).await?;
            stream.flush().await
        })
        .await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(self.cut(Some(e))),
            Err(_) => Err(self.silent()),
        }
    }

    /// Hands on every response up to the tagged one.
    pub(super) async fn answer(
        &mut self,
        tag: &str,
        mut each: impl FnMut(Response) -> Result<()>,
    ) -> Result<Status> {
        for _ in 0..MOST_RESPONSES {
            match self.read_answer(tag).await? {
                Answer::Last(status) => return Ok(status),
                Answer::One(response) => each(response)?,
            }
        }
        Err(self.endless())
    }

    async fn read_answer(&mut self, tag: &str) -> Result<Answer> {
        match self.read().await? {
            Response::Tagged { tag: found, status } if found == tag => Ok(Answer::Last(status)),
            Response::Tagged { .. } => Err(self.garbled()),
            Response::Untagged(status) if status.verdict == Verdict::Bye => Err(self.bye(&status)),
            response => Ok(Answer::One(response)),
        }
    }

    /// Waits for `+` or the tagged refusal.
    pub(super) async fn continuation(
        &mut self,
        tag: &str,
    ) -> Result<std::result::Result<String, Status>> {
        for _ in 0..MOST_RESPONSES {
            match self.read().await? {
                Response::Continue(text) => return Ok(Ok(text)),
                Response::Tagged { tag: found, status } if found == tag => return Ok(Err(status)),
                Response::Untagged(status) if status.verdict == Verdict::Bye => {
                    return Err(self.bye(&status));
                }
                _ => {}
            }
        }
        Err(self.endless())
    }

    /// The next response, within the usual patience.
    pub(super) async fn read(&mut self) -> Result<Response> {
        match self.read_within(SILENCE).await? {
            Some(response) => Ok(response),
            None => Err(self.silent()),
        }
    }

    /// The next response; `None` if not one byte of it came in this time.
    pub(super) async fn read_within(&mut self, patience: Duration) -> Result<Option<Response>> {
        let waited = timeout(patience, self.stream.fill_buf()).await;
        match waited {
            Err(_) => return Ok(None),
            Ok(Err(e)) => return Err(self.cut(Some(e))),
            Ok(Ok([])) => return Err(self.cut(None)),
            Ok(Ok(_)) => {}
        }
        let mut pieces = Vec::with_capacity(1);
        let (mut text, mut literals) = (0, 0);
        loop {
            let mut line = self.line().await?;
            text += line.len();
            if text > LONGEST_LINE || pieces.len() > MOST_PIECES {
                return Err(self.endless());
            }
            let literal = match pieces.is_empty() && parse::is_status_line(&line) {
                true => None,
                false => announced(&mut line),
            };
            pieces.push(Piece::Text(line));
            match literal {
                None => break,
                Some(size) => {
                    let literal = self.literal(size).await?;
                    literals += literal.len();
                    if literals > mime::LARGEST {
                        return Err(self.endless());
                    }
                    pieces.push(Piece::Literal(literal));
                }
            }
        }
        self.read = text + literals;
        let mut response = parse::response(pieces).ok_or_else(|| self.garbled())?;
        if let Response::Tagged { status, .. } | Response::Untagged(status) = &mut response {
            status.text = self.confided.shown(std::mem::take(&mut status.text));
            trace!(server = %self.peer, imap = ?status.verdict, code = ?status.code, words = ?status.text);
        }
        Ok(Some(response))
    }

    /// One line without its end.
    async fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        let began = Instant::now();
        loop {
            if began.elapsed() > LONGEST_WAIT {
                return Err(self.silent());
            }
            let read = timeout(SILENCE, self.stream.fill_buf()).await;
            let chunk = match read {
                Err(_) => return Err(self.silent()),
                Ok(Err(e)) => return Err(self.cut(Some(e))),
                Ok(Ok([])) => return Err(self.cut(None)),
                Ok(Ok(chunk)) => chunk,
            };
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(chunk.len(), |at| at + 1);
            line.extend_from_slice(&chunk[..used]);
            self.stream.consume(used);
            if line.len() > LONGEST_LINE {
                return Err(self.garbled());
            }
            if end.is_some() {
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
        }
    }

    async fn literal(&mut self, size: u64) -> Result<Vec<u8>> {
        if size > LARGEST_LITERAL {
            let words = format!(
                "it has {} MB, and a message may have {}",
                size >> 20,
                LARGEST_LITERAL >> 20
            );
            self.too_large = Some(words.clone());
            return Err(self.cut(None).because(words));
        }
        let patience = LONGEST_WAIT + Duration::from_secs(size / SLOWEST);
        let began = Instant::now();
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(TRUSTED_SIZE)).unwrap_or(0));
        while (bytes.len() as u64) < size {
            let missing = size - bytes.len() as u64;
            if began.elapsed() > patience {
                return Err(self.silent());
            }
            let mut part = (&mut self.stream).take(missing);
            let read = timeout(SILENCE, part.read_buf(&mut bytes)).await;
            match read {
                Err(_) => return Err(self.silent()),
                Ok(Err(e)) => return Err(self.cut(Some(e))),
                Ok(Ok(0)) => return Err(self.cut(None)),
                Ok(Ok(_)) => {}
            }
        }
        Ok(bytes)
    }

    /// Says goodbye; a server that doesn't answer is not waited for.
    pub async fn logout(mut self) {
        let goodbye = async {
            self.send("LOGOUT").await?;
            self.stream.get_mut().shutdown().await.ok();
            Ok::<_, Error>(())
        };
        let _ = timeout(Duration::from_millis(200), goodbye).await;
    }

    fn silent(&self) -> Error {
        Error::unavailable(format!(
            "`{}` stopped answering while {}",
            self.peer, self.step
        ))
        .hint("wait and repeat; what was fetched so far is kept")
    }

    pub(super) fn cut(&self, cause: Option<std::io::Error>) -> Error {
        let error = Error::unavailable(format!("`{}` {CUT} {}", self.peer, self.step))
            .hint("wait and repeat; what was fetched so far is kept");
        match cause {
            Some(cause) => error.because(cause),
            None => error,
        }
    }

    fn bye(&self, status: &Status) -> Error {
        self.cut(None).because(status.text.clone())
    }

    pub(super) fn endless(&self) -> Error {
        Error::unavailable(format!(
            "`{}` sent more than a server has to say while {}; the connection was dropped",
            self.peer, self.step
        ))
    }

    pub(super) fn garbled(&self) -> Error {
        Error::unavailable(format!(
            "`{}` sent something that is not IMAP while {}; the connection was dropped",
            self.peer, self.step
        ))
    }
}

/// A response to a command.
enum Answer {
    One(Response),
    Last(Status),
}

/// Whether the error is a connection that was closed, so that a new one may go on where it ended.
pub fn is_cut(error: &Error) -> bool {
    error.kind == Kind::Unavailable && error.message.contains(CUT)
}

const CUT: &str = "closed the connection while";

/// The size of the literal a line announces; the announcement is cut off.
fn announced(line: &mut Vec<u8>) -> Option<u64> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|byte| *byte == b'{')?;
    let digits = inner[open + 1..]
        .strip_suffix(b"+")
        .unwrap_or(&inner[open + 1..]);
    let size = std::str::from_utf8(digits).ok()?.parse().ok()?;
    // `~{n}` is a literal that may hold NUL (RFC 3516).
    let open = open - usize::from(open > 0 && line[open - 1] == b'~');
    line.truncate(open);
    Some(size)
}

/// A command as it may be told: of a login only how it is done.
fn without_secrets(command: &str) -> String {
    let mut words = command.split(' ');
    let verb = words.next().unwrap_or_default();
    match verb.to_ascii_uppercase().as_str() {
        "AUTHENTICATE" => format!("{verb} {} …", words.next().unwrap_or_default()),
        "LOGIN" => format!("{verb} …"),
        _ => command.to_owned(),
    }
}
