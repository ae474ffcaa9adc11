//! The user's editor. What was written in it is kept until the command has succeeded.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::NamedTempFile;

use crate::config::flags::without_secrets;
use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;

use super::output::Output;

/// A text that someone wrote for the command that runs.
pub struct Draft {
    file: NamedTempFile,
    old: String,
}

/// Lets the user change a text; gives the file it lies in, which goes when the command succeeds. `ending` is that of its
/// name (`.txt`), and `nothing` what did not happen if the editor fails.
pub fn draft(
    editor: &str,
    old: &str,
    (ending, nothing): (&str, &str),
    out: &mut Output,
) -> Result<PathBuf> {
    // For nobody else to read, as all files that `tempfile` makes.
    let file = tempfile::Builder::new()
        .prefix("comms-")
        .suffix(ending)
        .tempfile()
        .context(Kind::Internal, "making a file to write in")?;
    let path = file.path().to_owned();
    std::fs::write(&path, old).context(Kind::Internal, "making a file to write in")?;
    out.draft = Some(Draft {
        file,
        old: old.to_owned(),
    });
    // $EDITOR may hold arguments, so a shell reads it; the path is an argument of its own.
    let status = without_secrets(&mut Command::new("sh"))
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(&path)
        .status()
        .with_context(Kind::Config, || {
            format!("running `{}`", clean::line(editor))
        })?;
    if !status.success() {
        return Err(Error::new(
            Kind::Interrupted,
            format!("the editor ended with an error; {nothing}"),
        ));
    }
    Ok(path)
}

/// Keeps what was written for a command that failed, and says where it is.
pub fn keep(draft: Option<Draft>, mut error: Error) -> Error {
    let Some(kept) = draft.and_then(kept) else {
        return error;
    };
    error.hint = Some(match error.hint {
        Some(hint) => format!("{hint}; {kept}"),
        None => kept,
    });
    error
}

/// Keeps what was written, if anything new was, and says where it is.
pub fn kept(draft: Draft) -> Option<String> {
    let path = draft.kept()?;
    Some(format!("what you wrote is kept in `{}`", shown(&path)))
}

impl Draft {
    /// Leaves the file where it is, if anything new is in it.
    fn kept(self) -> Option<PathBuf> {
        let new = std::fs::read(self.file.path()).ok()?;
        let is_new = new.trim_ascii() != self.old.as_bytes().trim_ascii();
        if new.trim_ascii().is_empty() || !is_new {
            return None;
        }
        // An editor may have put another file in its place, with what permissions it liked.
        private(self.file.path());
        self.file.into_temp_path().keep().ok()
    }
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = std::fs::set_permissions(path, PermissionsExt::from_mode(0o600));
}

#[cfg(not(unix))]
fn private(_: &Path) {}

fn shown(path: &Path) -> String {
    clean::line(&path.display().to_string())
}
