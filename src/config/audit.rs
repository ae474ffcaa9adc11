//! `[audit]` of the config: what the log of sends holds beside the facts.

use super::file::File;

/// What the audit log may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditSettings {
    /// Subject and text of every message that is staged or edited.
    pub text: bool,
}

pub fn resolve(file: &File) -> AuditSettings {
    AuditSettings {
        text: file.audit_text.as_ref().is_some_and(|at| at.value),
    }
}

/// Tells `config show` each value and where it came from.
pub fn note(
    settings: &AuditSettings,
    file: &File,
    line: &dyn Fn(usize) -> String,
    note: &mut dyn FnMut(&str, String, String),
) {
    if let Some(written) = &file.audit_text {
        note("audit.text", settings.text.to_string(), line(written.line));
    }
}
