//! `[secrets]` of the config: which store keeps secrets, and who gives the passphrase of the file.

use std::path::Path;

use secrecy::SecretString;

use crate::error::Result;
use crate::model::secret::{SecretSettings, StoreChoice};

use super::file::{File, Source, nearest};
use super::flags::Environment;

const VARIABLE: &str = "COMMS_PASSPHRASE";

/// Joins file and environment.
pub fn resolve(
    file: &File,
    source: Option<&Source>,
    env: &Environment,
    data_dir: &Path,
) -> Result<SecretSettings> {
    let store = match (&file.store, source) {
        (Some(written), Some(source)) => {
            let known = StoreChoice::ALL.map(StoreChoice::name);
            let found = StoreChoice::ALL
                .into_iter()
                .find(|choice| choice.name() == written.value);
            found.ok_or_else(|| {
                let error = source.error(
                    &written.span,
                    format!("there is no secret store `{}`", written.value),
                );
                match nearest(&written.value, &known) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("stores are {}", known.join(", "))),
                }
            })?
        }
        _ => StoreChoice::default(),
    };
    Ok(SecretSettings {
        store,
        file: data_dir.join("secrets"),
        passphrase: env.get(VARIABLE).map(SecretString::from),
        passphrase_command: file.passphrase_command.as_ref().map(|c| c.value.clone()),
    })
}

/// Notes where each value came from; the passphrase itself is not shown.
pub fn note(
    settings: &SecretSettings,
    file: &File,
    line: &dyn Fn(usize) -> String,
    note: &mut dyn FnMut(&str, String, String),
) {
    let from = file.store.as_ref();
    note(
        "secrets.store",
        settings.store.name().to_owned(),
        from.map_or_else(|| "default".to_owned(), |at| line(at.line)),
    );
    if settings.passphrase.is_some() {
        note(
            "secrets.passphrase",
            "set".to_owned(),
            format!("environment {VARIABLE}"),
        );
    }
    if let Some(command) = &file.passphrase_command {
        note(
            "secrets.passphrase_command",
            command.value.clone(),
            line(command.line),
        );
    }
}
