//! `comms doctor`: what is wrong, and how to mend it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::channel::imap::Session;
use crate::error::{Context, Error, Kind, Result};
use crate::model::account::{Account, ChannelKind};
use crate::model::message::Role;
use crate::model::secret::Part;

use super::sync::account::{credentials_with_source, views_note};
use super::{App, Progress, auth};

/// What to look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct DoctorRequest {
    /// Ask no server.
    pub offline: bool,
    /// Build the index anew from what was received.
    pub rebuild_index: bool,
}

/// `comms.doctor/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DoctorReport {
    pub checks: Vec<Check>,
    #[serde(skip)]
    worst: Option<Kind>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Check {
    /// `config`, `data folder`, `store`, `keyring`, `work: login` …
    pub name: String,
    /// `ok`, `note` (works, but know it), `fault` or `skipped`.
    pub state: String,
    pub detail: String,
    /// What mends it; null if there is nothing to mend.
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

    fn note(&mut self, name: &str, detail: impl Into<String>, fix: impl Into<String>) {
        self.checks.push(Check {
            name: name.to_owned(),
            state: "note".to_owned(),
            detail: detail.into(),
            fix: Some(fix.into()),
        });
    }

    fn fault(&mut self, name: impl Into<String>, error: &Error) {
        let mut detail = error.message.clone();
        for cause in error.causes() {
            detail = format!("{detail}: {cause}");
        }
        self.checks.push(Check {
            name: name.into(),
            state: "fault".to_owned(),
            detail,
            fix: error.hint.clone(),
        });
        let graver = self
            .worst
            .is_none_or(|worst| gravity(error.kind) > gravity(worst));
        if graver {
            self.worst = Some(error.kind);
        }
    }
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
    let mut report = DoctorReport {
        checks: Vec::new(),
        worst: None,
    };
    check_config(app, &mut report);
    check_data_folder(app, &mut report);
    check_store(app, request, &mut report);
    check_keyring(app, &mut report).await?;
    for account in &app.config.accounts {
        check_account(app, account, request, &mut report).await;
    }
    Ok(report)
}

fn check_config(app: &App, report: &mut DoctorReport) {
    let file = &app.config.config_file;
    let own = app.config.accounts.iter().filter(|a| !a.built_in).count();
    if !file.exists() {
        let detail = format!(
            "there is no `{}`: the built-in account is all there is",
            file.display()
        );
        report.note(
            "config",
            detail,
            "`comms config path` says where to write one",
        );
        return;
    }
    report.ok("config", format!("`{}`, {own} accounts", file.display()));
    for remark in super::settings::check(app).remarks {
        let error = Error::config(remark.problem).hint(remark.hint);
        report.fault(format!("{}: config", remark.account), &error);
    }
}

fn check_data_folder(app: &App, report: &mut DoctorReport) {
    let dir = &app.config.data_dir;
    let metadata = match std::fs::metadata(dir) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let detail = format!("`{}` is made with the first message", dir.display());
            return report.ok("data folder", detail);
        }
        Err(e) => {
            let error = Error::internal(format!("`{}` can't be read", dir.display())).because(e);
            return report.fault("data folder", &error);
        }
    };
    if !metadata.is_dir() {
        let error = Error::config(format!("`{}` is not a folder", dir.display()))
            .hint("point COMMS_HOME at a folder");
        return report.fault("data folder", &error);
    }
    // The worse fault first.
    if let Err(e) = tempfile::tempfile_in(dir) {
        let error = Error::internal(format!("`{}` can't be written to", dir.display()))
            .hint("free some space, or give yourself the right to write there")
            .because(e);
        return report.fault("data folder", &error);
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            let detail = format!(
                "others can look into `{}` (mode {mode:o}); its files are private",
                dir.display()
            );
            return report.note(
                "data folder",
                detail,
                format!("chmod 700 '{}'", dir.display()),
            );
        }
    }
    report.ok("data folder", format!("`{}`", dir.display()));
}

fn check_store(app: &App, request: DoctorRequest, report: &mut DoctorReport) {
    if request.rebuild_index {
        let progress = |done, total| {
            (app.progress)(&Progress {
                stage: "rebuilding the index".to_owned(),
                done,
                total,
            });
        };
        match app.store.rebuild_index(&progress) {
            Ok(messages) => report.ok("index", format!("built anew, {messages} messages")),
            Err(e) => return report.fault("index", &e),
        }
    }
    if !app.config.data_dir.join("index.db").exists() {
        return report.ok("store", "empty");
    }
    match app.store.check() {
        Err(e) => report.fault("store", &e),
        Ok(faults) if faults.is_empty() => report.ok("store", "sound"),
        Ok(faults) => {
            for fault in faults {
                let error = Error::internal(fault).hint("run `comms doctor --rebuild-index`");
                report.fault("store", &error);
            }
        }
    }
}

async fn check_keyring(app: &App, report: &mut DoctorReport) -> Result<()> {
    let needed = app.config.accounts.iter().any(|account| {
        auth::has_login(account)
            && !account.secret_env.contains_key(&Part::Login)
            && account.secret_command.is_none()
    });
    let vault = app.vault.clone();
    let found = tokio::task::spawn_blocking(move || vault.keyring_state())
        .await
        .context(Kind::Internal, "asking the keyring")?;
    match (found, needed) {
        (Ok(name), _) => report.ok("keyring", name),
        (Err(words), false) => report.say(
            "keyring",
            "skipped",
            format!("{words}; no account needs it"),
        ),
        (Err(words), true) => {
            let error =
                Error::auth(words).hint("unlock it, or give the account a `secret_command`");
            report.fault("keyring", &error);
        }
    }
    Ok(())
}

async fn check_account(
    app: &App,
    account: &Account,
    request: DoctorRequest,
    report: &mut DoctorReport,
) {
    let name = &account.name;
    if account.channel == ChannelKind::Maildir {
        let path = account.path.as_ref().filter(|path| !path.is_dir());
        if let (Some(_), true) = (path, account.built_in) {
            report.ok(format!("{name}: maildir"), "made with the first delivery");
        } else if let Some(path) = path {
            let error = Error::config(format!("`{}` is not a folder", path.display()))
                .hint(format!("set `path` in [accounts.{name}]"));
            report.fault(format!("{name}: maildir"), &error);
        } else {
            report.ok(format!("{name}: maildir"), "there");
        }
        return;
    }
    if request.offline {
        return report.say(format!("{name}: servers"), "skipped", "--offline");
    }
    let credentials = match credentials_with_source(app, account).await {
        Ok((credentials, source)) => {
            report.ok(format!("{name}: secret"), format!("from the {source}"));
            credentials
        }
        Err(e) => return report.fault(format!("{name}: secret"), &e),
    };
    if account.imap.is_some() {
        let ended = match Session::open(account, &credentials).await {
            Ok(session) => check_folders(account, session, report).await,
            Err(e) => Err(e),
        };
        if let Err(e) = ended {
            report.fault(format!("{name}: imap"), &e);
        }
    }
    if account.smtp.is_some() {
        match auth::prove_smtp(account, &credentials).await {
            Ok(()) => report.ok(format!("{name}: smtp"), "logged in; mail can leave"),
            Err(e) => report.fault(format!("{name}: smtp"), &e),
        }
    }
}

async fn check_folders(
    account: &Account,
    mut session: Session,
    report: &mut DoctorReport,
) -> Result<()> {
    let name = &account.name;
    let extras: Vec<&str> = [
        "QRESYNC",
        "CONDSTORE",
        "IDLE",
        "MOVE",
        "UIDPLUS",
        "LIST-STATUS",
    ]
    .into_iter()
    .filter(|extra| session.offers(extra))
    .collect();
    report.ok(
        format!("{name}: imap"),
        format!("logged in; the server offers {}", extras.join(", ")),
    );
    let folders = session.folders().await?;
    let found: Vec<String> = [
        Role::Sent,
        Role::Drafts,
        Role::Trash,
        Role::Junk,
        Role::Archive,
    ]
    .into_iter()
    .filter_map(|role| {
        let folder = folders.iter().find(|folder| folder.role == role)?;
        Some(format!("{role:?} `{}`", folder.path))
    })
    .collect();
    let detail = format!("{} folders; {}", folders.len(), found.join(", "));
    report.ok(format!("{name}: folders"), detail);
    if let Some(words) = views_note(account, &folders) {
        report.say(format!("{name}: views"), "note", words);
    }
    session.logout().await;
    Ok(())
}
