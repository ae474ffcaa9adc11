//! `comms doctor`: what is wrong, and how to mend it. Run it from the caller that fails: much of what it looks at
//! differs between a login shell, cron, a unit and an agent's subprocess.

mod bus;
mod caller;
mod circuits;
mod clock;
mod files;
mod keys;
mod network;
mod outbox;
mod secrets;
mod servers;
mod webhooks;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};

use super::{App, Origin};

/// What to look at.
#[derive(Clone, Copy, Debug)]
pub struct DoctorRequest {
    /// Ask no server.
    pub offline: bool,
    /// Build the index anew from what was received.
    pub rebuild_index: bool,
    pub origin: Origin,
    /// Whether someone could be asked here.
    pub terminal: bool,
}

/// `comms.doctor/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct DoctorReport {
    pub checks: Vec<Check>,
    #[serde(skip)]
    worst: Option<Kind>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Check {
    /// These stay the same: `caller`, `home`, `folders`, `config`, `data folder`, `store`, `index`, `audit`
    /// and `outbox` (once something was sent), `runner` (while one is missing), `events` (while some wait), `keys` (once there are some),
    /// `serve` (while it listens to other machines), `zone`, `trust`,
    /// `proxy`, `session bus`, `keyring`, `secrets file`, `secret variables`, `clock`; and for each account `work: config`,
    /// `work: secret`, `work: trust`, `work: imap`, `work: folders`, `work: views`, `work: smtp`, `work: circuit` (only while it is open), `work: maildir`,
    /// `work: servers`, `work: webhook`.
    pub name: String,
    /// `ok`, `note` (works, but know it), `fault` or `skipped`.
    pub state: String,
    pub detail: String,
    /// What mends it, the exact command or line in backticks; null if there is nothing to mend.
    pub fix: Option<String>,
}

impl DoctorReport {
    /// The kind of the worst fault.
    pub fn outcome(&self) -> Option<Kind> {
        self.worst
    }

    fn say(&mut self, name: impl Into<String>, state: &str, detail: impl Into<String>) {
        self.checks.push(Check {
            name: name.into(),
            state: state.to_owned(),
            detail: detail.into(),
            fix: None,
        });
    }

    fn ok(&mut self, name: impl Into<String>, detail: impl Into<String>) {
        self.say(name, "ok", detail);
    }

    fn note(&mut self, name: impl Into<String>, detail: impl Into<String>, fix: impl Into<String>) {
        self.checks.push(Check {
            name: name.into(),
            state: "note".to_owned(),
            detail: detail.into(),
            fix: Some(fix.into()),
        });
    }

    fn fault(&mut self, name: impl Into<String>, error: &Error) {
        self.checks.push(Check {
            name: name.into(),
            state: "fault".to_owned(),
            detail: words(error),
            fix: error.hint.clone(),
        });
        let graver = self
            .worst
            .is_none_or(|worst| gravity(error.kind) > gravity(worst));
        if graver {
            self.worst = Some(error.kind);
        }
    }

    /// What kept something from being looked at; a damaged file would be told of with each thing that is in it.
    fn once(&mut self, name: &str, looked: Result<()>) {
        let Err(error) = looked else { return };
        let detail = words(&error);
        if self.checks.iter().all(|check| check.detail != detail) {
            self.fault(name, &error);
        }
    }

    /// A fault if something depends on it, else only worth knowing.
    fn weigh(&mut self, name: &str, matters: bool, error: &Error) {
        if matters {
            self.fault(name, error);
        } else {
            self.note(name, words(error), error.hint.clone().unwrap_or_default());
        }
    }
}

/// An error and its causes in one line.
fn words(error: &Error) -> String {
    let mut words = error.message.clone();
    for cause in error.causes() {
        words = format!("{words}: {cause}");
    }
    words
}

/// What is worse: own damage, then what the owner must mend, then what may pass.
fn gravity(kind: Kind) -> u8 {
    match kind {
        Kind::Internal => 5,
        Kind::Config => 4,
        Kind::Auth => 3,
        Kind::Unavailable => 1,
        _ => 2,
    }
}

/// Looks at everything; faults are in the report, not errors.
pub async fn doctor(app: &App, request: DoctorRequest) -> Result<DoctorReport> {
    let mut report = DoctorReport::default();
    let process = caller::Process::here();
    caller::check_caller(app, request, &process, &mut report);
    caller::check_home(app, &process, &mut report);
    caller::check_folders(app, &process, &mut report);
    files::check_config(app, &mut report);
    files::check_data_folder(app, &mut report);
    files::check_store(app, request, &mut report);
    files::check_audit(app, &mut report);
    let looked = outbox::check_outbox(app, &mut report);
    report.once("outbox", looked);
    let looked = webhooks::check_events(app, &mut report);
    report.once("events", looked);
    let looked = webhooks::check_hooks(app, &mut report).await;
    report.once("hooks", looked);
    let looked = keys::check_keys(app, &mut report);
    report.once("keys", looked);
    caller::check_zone(app, &mut report);
    network::check_trust(app, &mut report);
    let found = secrets::find(app, request).await?;
    bus::check_bus(app, &process, &found, &mut report);
    secrets::check_stores(app, &found, &mut report).await?;
    secrets::check_variables(app, &mut report);
    network::check_proxy(app, &mut report);
    clock::check_clock(app, request, &mut report).await;
    for account in &app.config.accounts {
        secrets::check_secret(app, account, &found, &mut report);
        servers::check_account(app, account, (request, &found), &mut report).await;
        let looked = circuits::check_circuit(app, account, &mut report);
        report.once(&format!("{}: circuit", account.name), looked);
        webhooks::check_webhook(app, account, &mut report).await;
    }
    Ok(report)
}
