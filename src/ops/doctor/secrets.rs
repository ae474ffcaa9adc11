//! Where the secrets of the accounts come from in this process, and why not.

use std::collections::BTreeMap;

use crate::channel::imap::Credentials;
use crate::config::file::nearest;
use crate::error::{Context, Error, Kind, Result};
use crate::model::account::{Account, Grant};
use crate::model::event::Hook;
use crate::model::secret::Part;
use crate::net::{off_thread, tls};
use crate::ops::{App, auth, token};
use crate::secret::Vault;

use super::{DoctorReport, DoctorRequest};

/// What was found for each account that has a server.
pub struct Secrets {
    /// Nothing to log in with where tokens were only looked for, or no certificate is trusted.
    rows: BTreeMap<String, Result<(Option<Credentials>, String)>>,
    /// Accounts whose secret only a store can hold.
    stored: Vec<String>,
    /// Names of what the encrypted file holds.
    in_file: Result<Option<Vec<String>>>,
}

/// Sources that are not the keyring.
const OTHERS: [&str; 4] = [
    "environment",
    "secret_command",
    "encrypted file",
    "not needed",
];

impl Secrets {
    /// What logs in to the account; `None` if nobody gave it.
    pub fn credentials(&self, account: &str) -> Option<&Credentials> {
        let row = self.rows.get(account)?.as_ref();
        row.ok()?.0.as_ref()
    }

    /// Whether somebody gave the secret of the account.
    pub fn is_found(&self, account: &str) -> bool {
        self.rows.get(account).is_some_and(Result::is_ok)
    }

    /// Whether an account has its secret from the keyring, or from nobody.
    pub fn need_keyring(&self) -> bool {
        self.stored.iter().any(|name| match self.rows.get(name) {
            Some(Ok((_, source))) => !OTHERS.contains(&source.as_str()),
            _ => !self.is_in_file(name),
        })
    }

    fn is_in_file(&self, account: &str) -> bool {
        let entries = self.in_file.as_ref().ok().and_then(Option::as_ref);
        let own = Part::ALL.map(|part| part.entry(account));
        entries.is_some_and(|entries| entries.iter().any(|entry| own.contains(entry)))
    }

    /// What serves as well where there is no keyring.
    pub fn way_without_keyring(&self) -> String {
        let name = self.stored.first().map_or("work", String::as_str);
        format!(
            "keep the secret in the encrypted file (`comms auth login {name}` here, or `comms auth move {name} --to file` \
             where the keyring works), or set {}",
            Part::Login.variable(name)
        )
    }
}

/// Asks for every account at once: a keyring that does not answer costs its deadline only once.
pub async fn find(app: &App, request: DoctorRequest) -> Result<Secrets> {
    let with_server = |account: &&Account| {
        account.imap.is_some() || account.smtp.is_some() || account.base_url.is_some()
    };
    let accounts: Vec<_> = app.config.accounts.iter().filter(with_server).collect();
    let asked = accounts.iter().map(|account| ask(app, account, request));
    let found = futures_util::future::join_all(asked).await;
    let is_stored = |account: &&&Account| {
        auth::has_login(account)
            && !account.secret_env.contains_key(&Part::Login)
            && account.secret_command.is_none()
    };
    let names = |accounts: &[&Account]| accounts.iter().map(|a| a.name.clone()).collect();
    let stored: Vec<_> = accounts.iter().filter(is_stored).copied().collect();
    let names: (Vec<String>, Vec<String>) = (names(&accounts), names(&stored));
    Ok(Secrets {
        rows: names.0.into_iter().zip(found).collect(),
        stored: names.1,
        in_file: app.vault.file_entries(),
    })
}

/// What logs in to the account. Offline no token is renewed: that it was stored must do.
async fn ask(
    app: &App,
    account: &Account,
    request: DoctorRequest,
) -> Result<(Option<Credentials>, String)> {
    let Some(oauth) = token::managed(account).filter(|_| request.offline) else {
        let found = token::secret(app, account).await?;
        // That no certificate is trusted is told by its own check, and is no fault of the secret.
        let tls = tls::client_config(account.ca_file.as_deref()).ok();
        let credentials = tls.map(|tls| Credentials {
            tls,
            secret: found.secret,
            read_only: app.config.read_only,
        });
        return Ok((credentials, found.source));
    };
    let part = match oauth.grant {
        Grant::Code => Part::Tokens,
        Grant::ServiceAccount => Part::ServiceAccount,
        Grant::ClientCredentials => Part::ClientSecret,
    };
    let source = move |vault: &Vault, account: &Account| vault.source(account, part);
    let found = off_thread(&app.vault, account, source).await?;
    let name = &account.name;
    let missing = || {
        Error::auth(format!("account `{name}` is not logged in"))
            .hint(format!("run `comms auth login {name}`"))
    };
    Ok((None, found.ok_or_else(missing)?.to_owned()))
}

/// Tells whether the keyring answers, and whether the encrypted file can be opened.
pub async fn check_stores(app: &App, secrets: &Secrets, report: &mut DoctorReport) -> Result<()> {
    let vault = app.vault.clone();
    let found = tokio::task::spawn_blocking(move || vault.keyring_state())
        .await
        .context(Kind::Internal, "asking the keyring")?;
    match (found, secrets.need_keyring()) {
        (Ok(name), _) => report.ok("keyring", name),
        (Err(words), false) => report.say(
            "keyring",
            "skipped",
            format!("{words}; no account needs it"),
        ),
        (Err(words), true) => {
            let way = secrets.way_without_keyring();
            let fix = match words.contains("locked") {
                true => format!("unlock it, or {way}"),
                false => way,
            };
            report.fault("keyring", &Error::auth(words).hint(fix));
        }
    }
    check_file(app, secrets, report);
    Ok(())
}

fn check_file(app: &App, secrets: &Secrets, report: &mut DoctorReport) {
    let path = app.vault.file_path().display();
    let entries = match &secrets.in_file {
        Err(e) => return report.fault("secrets file", e),
        Ok(None) => return report.say("secrets file", "skipped", format!("there is no `{path}`")),
        Ok(Some(entries)) => entries.len(),
    };
    let needed = secrets.stored.iter().any(|name| secrets.is_in_file(name));
    match app.vault.passphrase_source() {
        Some(source) => {
            let detail = format!("`{path}` holds {entries} secrets; passphrase from: {source}");
            report.ok("secrets file", detail);
        }
        None => {
            let message = format!(
                "`{path}` holds {entries} secrets, and nobody gives its passphrase here: COMMS_PASSPHRASE is not set, \
                 there is no `passphrase_command`, and no terminal to ask at"
            );
            let fix = "give [secrets] a `passphrase_command`, or set COMMS_PASSPHRASE";
            report.weigh("secrets file", needed, &Error::auth(message).hint(fix));
        }
    }
}

/// Finds variables that hold the secret of no account, and those that are empty.
pub fn check_variables(app: &App, report: &mut DoctorReport) {
    let known: Vec<String> = app
        .config
        .accounts
        .iter()
        .flat_map(|account| Part::ALL.map(|part| part.variable(&account.name)))
        .chain(
            app.config
                .hooks
                .iter()
                .map(|hook| Hook::variable(&hook.name)),
        )
        .collect();
    let mut used = 0;
    for variable in &app.config.caller.secrets {
        let name = &variable.name;
        if variable.is_empty {
            let detail = format!("{name} is set to nothing, which counts as unset");
            report.note(
                "secret variables",
                detail,
                format!("`unset {name}`, or give it a value"),
            );
        } else if known.contains(name) {
            used += 1;
        } else {
            let detail = format!("{name} is the secret of no account");
            report.note("secret variables", detail, meant(app, name));
        }
    }
    if used > 0 {
        let detail = format!("{used} of the accounts' secrets are in the environment");
        report.ok("secret variables", detail);
    }
}

/// Which variable was probably meant.
fn meant(app: &App, name: &str) -> String {
    let written = name.trim_start_matches("COMMS_SECRET_").to_lowercase();
    let accounts: Vec<_> = app
        .config
        .accounts
        .iter()
        .filter(|account| auth::has_login(account))
        .map(|account| account.name.replace('-', "_"))
        .collect();
    let accounts: Vec<_> = accounts.iter().map(String::as_str).collect();
    match nearest(&written, &accounts) {
        Some(near) => format!("did you mean {}?", Part::Login.variable(near)),
        None if accounts.is_empty() => {
            format!("no account logs in; `unset {name}`, or add the account to the config")
        }
        None => format!(
            "accounts that log in are {}; `comms auth list` shows them",
            accounts.join(", ")
        ),
    }
}

/// Tells which source gave the secret of an account, or what each of them said.
pub fn check_secret(app: &App, account: &Account, secrets: &Secrets, report: &mut DoctorReport) {
    let name = format!("{}: secret", account.name);
    match secrets.rows.get(&account.name) {
        None => {}
        Some(Ok(_)) if !auth::has_login(account) => report.ok(name, "not needed"),
        Some(Ok((_, source))) => {
            let detail = match beaten(account, source) {
                Some(others) => format!("from the {source}, which wins over the {others}"),
                None => format!("from the {source}"),
            };
            report.ok(name, detail);
        }
        Some(Err(e)) => {
            let variable = Part::Login.variable(&account.name);
            let empty = app.config.caller.secrets.iter();
            let set = match empty.clone().any(|v| v.name == variable && v.is_empty) {
                true => "is set to nothing",
                false if account.secret_env.contains_key(&Part::Login) => "is set",
                false => "is not set",
            };
            let command = match (&account.secret_command, token::managed(account)) {
                (Some(_), _) => "the `secret_command` was run",
                (None, Some(oauth)) => {
                    &format!("its tokens are those of `{}`", oauth.provider.name())
                }
                (None, None) => "there is no `secret_command`",
            };
            let error = Error::new(
                e.kind,
                format!("{} ({variable} {set}; {command})", super::words(e)),
            );
            let fix = missing_program(app, account).or(e.hint.clone());
            // Who reads this runs it.
            let fix = fix.unwrap_or_default();
            let fix = fix.trim_end_matches("; `comms doctor` tells more");
            report.fault(name, &error.hint(fix));
        }
    }
}

/// The sources that would have answered, too, had this one not been first.
fn beaten(account: &Account, source: &str) -> Option<&'static str> {
    (source == "environment" && account.secret_command.is_some()).then_some("`secret_command`")
}

/// Cron and units have a short `PATH`: a command that a shell finds may not be found there.
fn missing_program(app: &App, account: &Account) -> Option<String> {
    let command = account.secret_command.as_ref()?;
    let program = command.split_whitespace().next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let path = app.config.caller.path.clone().unwrap_or_default();
    if !program.chars().all(is_plain)
        || BUILT_IN.contains(&program)
        || std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    {
        return None;
    }
    Some(format!(
        "`{program}` is in no folder of this PATH (`{path}`): write its full path in `secret_command`; \
         `command -v {program}` in your shell tells it"
    ))
}

/// What a shell has of its own.
const BUILT_IN: &[&str] = &[
    "echo", "printf", "read", "cd", "exec", "eval", "test", "if", "for",
];
