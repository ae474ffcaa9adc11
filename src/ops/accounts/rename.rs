//! Another name for an account: secrets, messages, outbox and config go along.
//!
//! What is under way is noted in a file first, so that the same command completes what a crash cut short:
//! secrets are copied, then the store is changed, then the config, then the old secrets go.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};
use crate::model::account::Account;
use crate::model::outbox::State;

use super::super::{App, auth};
use super::{file_name, is_free_once, lock, not_built_in, secrets};

/// What `auth rename` did. `comms.auth_rename/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RenameReport {
    /// The new name.
    pub account: String,
    pub was: String,
    pub config_file: String,
    /// Messages that now belong to the new name.
    pub messages: u64,
    /// Outbox items that do, settled ones too.
    pub items: u64,
    /// Stored secrets that moved.
    pub secrets: usize,
    /// What could not be done and matters little.
    pub warnings: Vec<String>,
}

/// Gives an account another name. Messages keep their ids, and nothing is fetched again.
pub async fn rename(app: &App, old: &str, new: &str) -> Result<RenameReport> {
    let note = Note::at(app);
    let cut_short = note
        .read()
        .is_some_and(|n| n == (old.to_owned(), new.to_owned()));
    let done = cut_short && app.config.account(old).is_err() && app.config.account(new).is_ok();
    let account = app.config.account(if done { new } else { old })?;
    not_built_in(account, "renamed")?;
    if !done {
        is_free_once(app, new, Some(old))?;
    }
    let _old = lock(app, old).await?;
    let _new = lock(app, new).await?;
    if let Some(item) = app.store.items_of(old, &[State::Sending])?.first() {
        return Err(
            Error::unavailable(format!("`{item}` is being sent right now"))
                .hint("wait until it is through, then repeat")
                .item(item),
        );
    }
    let mut warnings = Vec::new();
    if let Some(warning) = left_in_environment(account, old, new) {
        warnings.push(warning);
    }
    let moved = if done {
        0
    } else {
        move_all((app, account, &note), (old, new), cut_short, &mut warnings).await?
    };
    if (moved > 0 || done)
        && let Err(e) = secrets::remove_all(&app.vault, secrets::stored(account, old)).await
    {
        warnings.push(format!(
            "secrets may be left under the old name: {}",
            e.message
        ));
    }
    note.remove();
    let kept = app.store.kept_of(new)?;
    Ok(RenameReport {
        account: new.to_owned(),
        was: old.to_owned(),
        config_file: file_name(&app.config),
        messages: kept.messages,
        items: kept.items,
        secrets: moved,
        warnings,
    })
}

/// Copies the secrets and moves all the rest; an error leaves all as it was.
async fn move_all(
    (app, account, note): (&App, &Account, &Note),
    (old, new): (&str, &str),
    cut_short: bool,
    warnings: &mut Vec<String>,
) -> Result<usize> {
    if !cut_short && app.store.kept_of(new)?.messages > 0 {
        return Err(Error::usage(format!(
            "messages of an earlier account `{new}` are still here"
        ))
        .hint(format!(
            "choose another name, or run `comms auth remove {new} --forget` first"
        )));
    }
    let mut editor = app.config.edit()?;
    if !editor.document.has_account(old) || editor.document.has_account(new) {
        return Err(Error::unavailable("the config changed in this moment").hint("repeat"));
    }
    editor.document.rename_account(old, new);
    let ready = editor.prepare()?;
    let read = match auth::has_login(account) {
        true => secrets::read_all(&app.vault, secrets::stored(account, old)).await,
        false => Ok(Vec::new()),
    };
    let stored = match read {
        Ok(stored) => stored,
        Err(e) if !auth::needs_store(account) => {
            warnings.push(format!("no stored secret was moved: {}", e.message));
            Vec::new()
        }
        Err(e) if no_keyring(app).await? => {
            warnings.push(format!(
                "no stored secret was moved ({}); if there is one elsewhere, run `comms auth login {new}` there",
                e.message
            ));
            Vec::new()
        }
        Err(e) => return Err(e),
    };
    let moved = stored.len();
    let written = secrets::write(&app.vault, secrets::stored(account, new), stored).await?;
    note.write(old, new)?;
    // No step from here on can be interrupted.
    let rest = app.store.rename_account(old, new).and_then(|()| {
        ready
            .commit()
            .inspect_err(|_| drop(app.store.rename_account(new, old)))
    });
    match rest {
        Ok(_) => {
            written.keep();
            Ok(moved)
        }
        Err(e) => {
            note.remove();
            Err(e)
        }
    }
}

async fn no_keyring(app: &App) -> Result<bool> {
    let vault = app.vault.clone();
    tokio::task::spawn_blocking(move || vault.has_no_keyring())
        .await
        .context(Kind::Internal, "asking the keyring")
}

/// A variable keeps the old name; only its owner can change that.
fn left_in_environment(account: &Account, old: &str, new: &str) -> Option<String> {
    let part = account.secret_env.keys().next()?;
    Some(format!(
        "its secret comes from {}, which must be called {} now",
        part.variable(old),
        part.variable(new)
    ))
}

/// The file that says what is being renamed.
struct Note(PathBuf);

impl Note {
    fn at(app: &App) -> Note {
        Note(Path::new(app.store.dir()).join("locks").join("+renaming"))
    }

    /// The old and the new name.
    fn read(&self) -> Option<(String, String)> {
        let text = std::fs::read_to_string(&self.0).ok()?;
        let (old, new) = text.trim_end().split_once(' ')?;
        Some((old.to_owned(), new.to_owned()))
    }

    fn write(&self, old: &str, new: &str) -> Result<()> {
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&self.0)?;
            std::io::Write::write_all(&mut file, format!("{old} {new}\n").as_bytes())?;
            file.sync_all()
        };
        write().with_context(Kind::Internal, || format!("writing `{}`", self.0.display()))
    }

    fn remove(&self) {
        // What is left of it says of two names that one became the other, which is true.
        let _ = std::fs::remove_file(&self.0);
    }
}
