//! The user's editor.

use std::process::Command;

use tempfile::NamedTempFile;

use crate::config::flags::without_secrets;
use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;

/// Lets the user change a text; gives the file it lies in. `ending` is that of its name (`.txt`), and `nothing` what did
/// not happen if the editor fails.
pub fn draft(editor: &str, old: &str, (ending, nothing): (&str, &str)) -> Result<NamedTempFile> {
    let draft = tempfile::Builder::new()
        .prefix("comms-")
        .suffix(ending)
        .tempfile()
        .context(Kind::Internal, "making a file to write in")?;
    std::fs::write(draft.path(), old).context(Kind::Internal, "making a file to write in")?;
    // $EDITOR may hold arguments, so a shell reads it; the path is an argument of its own.
    let status = without_secrets(&mut Command::new("sh"))
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(draft.path())
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
    Ok(draft)
}
