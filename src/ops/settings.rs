//! The resolved configuration as reports, and what the file names but does not exist.

use schemars::JsonSchema;
use serde::Serialize;

pub use crate::config::Setting;

use super::App;

/// Every resolved value and its source.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigReport {
    pub config_file: String,
    /// Whether the file exists; without one the defaults hold.
    pub exists: bool,
    pub settings: Vec<Setting>,
}

/// Where the config file is, or would be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigPath {
    pub config_file: String,
    pub exists: bool,
    pub data_dir: String,
}

/// Whether what the config names is there.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigCheck {
    pub config_file: String,
    pub exists: bool,
    pub sound: bool,
    pub remarks: Vec<Remark>,
}

/// Something an account names that is not there.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Remark {
    pub account: String,
    pub problem: String,
    /// What mends it.
    pub hint: String,
}

/// Shows each value and where it came from.
pub fn show(app: &App) -> ConfigReport {
    ConfigReport {
        config_file: app.config.config_file.display().to_string(),
        exists: app.config.config_file.exists(),
        settings: app.config.sources.clone(),
    }
}

/// Tells where the config file is.
pub fn path(app: &App) -> ConfigPath {
    ConfigPath {
        config_file: app.config.config_file.display().to_string(),
        exists: app.config.config_file.exists(),
        data_dir: app.config.data_dir.display().to_string(),
    }
}

/// Checks what can be checked without network and secrets; the file itself was read before.
pub fn check(app: &App) -> ConfigCheck {
    let mut remarks = Vec::new();
    for account in app.config.accounts.iter().filter(|a| !a.built_in) {
        let mut remark = |problem: String, hint: &str| {
            remarks.push(Remark {
                account: account.name.clone(),
                problem,
                hint: hint.to_owned(),
            });
        };
        if let Some(ca_file) = account.ca_file.as_ref().filter(|p| !p.is_file()) {
            remark(
                format!("ca_file `{}` is not a file", ca_file.display()),
                "a relative path is taken from the config file's folder",
            );
        }
        if let Some(path) = account.path.as_ref().filter(|p| !p.is_dir()) {
            remark(
                format!("path `{}` is not a folder", path.display()),
                "make it, or correct the path",
            );
        }
    }
    ConfigCheck {
        config_file: app.config.config_file.display().to_string(),
        exists: app.config.config_file.exists(),
        sound: remarks.is_empty(),
        remarks,
    }
}
