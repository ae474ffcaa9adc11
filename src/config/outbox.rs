//! `[outbox]` of the config: when a provider is left alone, and what is run when something needs a person.

use super::file::{File, Source};
use crate::error::Result;

/// What holds for every account's outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxSettings {
    /// Faults in a row after which an account is left alone for a while; 0 for never.
    pub circuit_after: u32,
    /// A shell command that is told of what needs a person.
    pub on_failure: Option<String>,
}

const CIRCUIT_AFTER: u32 = 5;
const MOST: i64 = 1000;

/// Checks what is written and fills in the rest.
pub fn resolve(file: &File, source: Option<&Source>) -> Result<OutboxSettings> {
    let mut settings = OutboxSettings {
        circuit_after: CIRCUIT_AFTER,
        on_failure: None,
    };
    let Some(source) = source else {
        return Ok(settings);
    };
    if let Some(written) = &file.circuit_after {
        let after = u32::try_from(written.value)
            .ok()
            .filter(|_| written.value <= MOST);
        settings.circuit_after = after.ok_or_else(|| {
            source
                .error(
                    &written.span,
                    format!("`circuit_after` is {}, not a number from 0 to {MOST}", written.value),
                )
                .hint("it is how many faults in a row make comms leave an account alone for a while; 0 for never")
        })?;
    }
    if let Some(written) = &file.on_failure {
        if written.value.trim().is_empty() {
            return Err(source
                .error(&written.span, "`on_failure` is empty")
                .hint("write the command to run, or remove the line"));
        }
        settings.on_failure = Some(written.value.clone());
    }
    Ok(settings)
}

/// Tells `config show` each value and where it came from.
pub fn note(
    settings: &OutboxSettings,
    file: &File,
    line: &dyn Fn(usize) -> String,
    note: &mut dyn FnMut(&str, String, String),
) {
    let at = file.circuit_after.as_ref();
    note(
        "outbox.circuit_after",
        settings.circuit_after.to_string(),
        at.map_or_else(|| "default".to_owned(), |at| line(at.line)),
    );
    if let Some(command) = &file.on_failure {
        note(
            "outbox.on_failure",
            command.value.clone(),
            line(command.line),
        );
    }
}
