//! `on_failure`: tells a command of the user's what needs a person.
//!
//! A failure is written down where it happens, then told here. Who dies in between leaves it to the next process.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::config::flags::IN_HOOK;
use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::account::Account;

use super::{App, shell};

/// How long one command may take, and all of one drain together.
const PATIENCE: Duration = Duration::from_secs(30);

/// `comms.failure/1`: one line on stdin of the command. No text of a message, no secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailureDocument {
    /// Always `comms.failure/1`.
    pub schema: &'static str,
    pub kind: FailureKind,
    pub at: Timestamp,
    pub account: String,
    /// The outbox item, if it is about one.
    pub item: Option<String>,
    /// A code of the exit-code table.
    pub code: String,
    /// What happened, in the provider's words where it said something. A stranger may have written them.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What needs a person.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// An item that waited will not go by itself any more, at least not to all.
    DeadLetter,
    /// An account is left alone for a while; told once until it works again.
    CircuitOpen,
    /// A login is missing or refused; told once until it works again.
    LoginExpired,
}

/// The document to write down with a failure; `None` where nobody wants to be told.
pub fn document(
    app: &App,
    (kind, account): (FailureKind, &str),
    item: Option<String>,
    error: &Error,
) -> Option<String> {
    app.config.outbox.on_failure.as_ref()?;
    let causes = error.causes().into_iter();
    let words: Vec<_> = std::iter::once(error.message.clone())
        .chain(causes)
        .collect();
    let document = FailureDocument {
        schema: "comms.failure/1",
        kind,
        at: app.clock.now(),
        account: account.to_owned(),
        item,
        code: error.kind.code().to_owned(),
        message: clean::line(&words.join(": ")),
        hint: error.hint.as_deref().map(clean::line),
    };
    serde_json::to_string(&document).ok()
}

/// Notes how a login went, where nobody waits for the answer; `way` is the server it was tried on.
pub fn login(app: &App, (account, way): (&Account, &str), fault: Option<&Error>) -> Result<()> {
    if app.config.outbox.on_failure.is_none() {
        return Ok(());
    }
    let key = (account.name.as_str(), way);
    match fault {
        None => app.store.note_login_success(key),
        Some(e) if e.kind == Kind::Auth => {
            let of = (FailureKind::LoginExpired, account.name.as_str());
            match document(app, of, None, e) {
                Some(document) => app
                    .store
                    .note_login_failure(key, &document, app.clock.now()),
                None => Ok(()),
            }
        }
        Some(_) => Ok(()),
    }
}

/// Tells the command what was not told yet; a warning for each time that it failed.
pub async fn fire(app: &App) -> Vec<String> {
    let (Some(command), false) = (&app.config.outbox.on_failure, app.config.in_hook) else {
        return Vec::new();
    };
    let began = Instant::now();
    let mut warnings = Vec::new();
    let work = async {
        if !app.store.has_untold_failures()? {
            return Ok(());
        }
        let owner = app.store.owner()?;
        while let Some(left) = PATIENCE.checked_sub(began.elapsed())
            && !left.is_zero()
            && let Some((id, document)) = app.store.claim_failure(&owner, app.clock.now())?
        {
            match tell(command, &document, left).await {
                Err(e) if e.kind == Kind::Interrupted => return Err(e),
                Err(e) => warnings.push(e.message),
                Ok(()) => {}
            }
            app.store.failure_told(id, app.clock.now())?;
        }
        Ok::<_, Error>(())
    };
    if let Err(e) = work.await {
        warnings.push(format!("`on_failure` was not run: {}", e.message));
    }
    warnings
}

/// Runs the command with one document on stdin.
async fn tell(command: &str, document: &str, patience: Duration) -> Result<()> {
    let handed = shell::hand(
        command,
        (document.as_bytes(), patience),
        Some((IN_HOOK, "1")),
    );
    tokio::select! {
        told = handed => told
            .map_err(|how| Error::unavailable(format!("the command of `on_failure` {how}"))),
        _ = tokio::signal::ctrl_c() => Err(Error::new(Kind::Interrupted, "interrupted")),
    }
}
