//! Configuration, resolved once into plain values: defaults < file < environment < flags.

mod accounts;
pub mod audit;
pub mod caller;
mod edit;
pub mod file;
pub mod flags;
mod hooks;
mod oauth;
pub mod outbox;
mod people;
mod policy;
pub mod prices;
mod provider;
mod retention;
mod secrets;
pub mod serve;
mod stamp;
mod throttle;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::error::{Error, Kind, Result};
use crate::model::account::Account;
use crate::model::event::Hook;
use crate::model::policy::Policy;
use crate::model::secret::SecretSettings;
use caller::Caller;
use file::{File, Source};
use flags::{Environment, GlobalFlags};

pub use accounts::LONGEST_NAME;
pub use stamp::{LOOK, Stamp};
/// A value as it is written into the file.
pub use toml_edit::Value;
pub use write::{Editor, Ready};

/// People whom a group may lead to without a question.
const CONFIRM_ABOVE: u32 = 10;

/// Everything a command needs to know about where and how it runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// The config file that was (or would be) read.
    pub config_file: PathBuf,
    /// Folder of the store and of the built-in Maildir; 0700.
    pub data_dir: PathBuf,
    /// Sorted by name; always holds the built-in `local`.
    pub accounts: Vec<Account>,
    /// `[defaults] email`: the account that sends when several could.
    pub default_email: Option<String>,
    /// `[defaults] phone`: the account that takes a phone number of which nothing else is said.
    pub default_phone: Option<String>,
    /// `[defaults] confirm_above`: to how many people a group may lead without a question.
    pub confirm_above: u32,
    /// Where secrets are kept.
    pub secrets: SecretSettings,
    /// `COMMS_IN_HOOK`: run by the command of `on_failure`.
    pub in_hook: bool,
    /// What holds for every account's outbox.
    pub outbox: outbox::OutboxSettings,
    /// How long text is kept here.
    pub retention: retention::Retention,
    /// What may leave without a person.
    pub policy: Policy,
    pub audit: audit::AuditSettings,
    pub serve: serve::ServeSettings,
    /// Web addresses of the user's that are told of what happens, in the order of the file.
    pub hooks: Vec<Hook>,
    /// Refuse every request that writes to a provider.
    pub read_only: bool,
    /// How old synced mail may be before `inbox` refreshes it.
    pub max_age: Duration,
    /// How long `inbox` waits for that refresh.
    pub refresh_deadline: Duration,
    /// Why an agent is taken to drive this process: the variable that says so.
    pub agent: Option<String>,
    /// `COMMS_ORIGIN=script`: never taken for a person, even on a terminal.
    pub scripted: bool,
    /// `$VISUAL` or `$EDITOR`.
    pub editor: Option<String>,
    /// What the environment says about who runs this process.
    pub caller: Caller,
    /// `COMMS_DISCOVERY_URL`: who answers for all the hosts that publish server settings; on this machine only.
    pub discovery: Option<String>,
    /// Where each value came from, for `comms config show`: (key, value shown, source).
    pub sources: Vec<Setting>,
    /// What it was resolved from beside the file, to resolve a changed one.
    inputs: Arc<Inputs>,
}

/// Flags, environment and places.
struct Inputs {
    env: Environment,
    /// `--read-only`.
    read_only: bool,
    places: Places,
}

/// The environment may hold secrets.
impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs").finish_non_exhaustive()
    }
}

/// One resolved value and its origin.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Setting {
    pub key: String,
    pub value: String,
    /// `default`, `config.toml:12`, `environment COMMS_HOME`, `flag --config`.
    pub source: String,
}

const MAX_AGE: Duration = Duration::from_secs(60);
const REFRESH_DEADLINE: Duration = Duration::from_secs(5);

impl Config {
    /// Resolves everything; reads the config file if there is one.
    pub fn resolve(flags: &GlobalFlags, env: &Environment) -> Result<Self> {
        let places = Places::find(flags, env)?;
        let source = places.source()?;
        Resolver::new(Inputs::of(flags, env, places), source)?.resolve()
    }

    /// What holds without any config file; for commands that must work while the file is broken.
    pub fn without_file(flags: &GlobalFlags, env: &Environment) -> Result<Self> {
        let places = Places::find(flags, env)?;
        Resolver::new(Inputs::of(flags, env, places), None)?.resolve()
    }

    /// What holds now, after the file may have changed.
    pub fn again(&self) -> Result<Self> {
        let source = self.inputs.places.source()?;
        Resolver::new(self.inputs.clone(), source)?.resolve()
    }

    /// What would hold if the file held this text.
    pub fn with_text(&self, text: &str) -> Result<Self> {
        let source = Source {
            path: self.config_file.clone(),
            text: text.to_owned(),
        };
        Resolver::new(self.inputs.clone(), Some(source))?.resolve()
    }

    /// The account with this name.
    pub fn account(&self, name: &str) -> Result<&Account> {
        self.accounts
            .iter()
            .find(|a| a.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = self
                    .accounts
                    .iter()
                    .map(|a| format!("`{}`", a.name))
                    .collect();
                Error::config(format!("there is no account `{name}`")).hint(format!(
                    "accounts are {}; `comms auth add` adds one",
                    known.join(", ")
                ))
            })
    }

    /// Whether a bug is wanted here, to see what becomes of it; never in a release.
    pub fn is_to_panic(&self, at: &str) -> bool {
        cfg!(debug_assertions) && self.inputs.env.get("COMMS_TEST_PANIC_IN") == Some(at)
    }

    /// As if these accounts were all there are.
    pub fn limit_to(&mut self, accounts: &[String]) {
        let is_one = |name: &String| accounts.contains(name);
        self.accounts.retain(|account| is_one(&account.name));
        for account in &mut self.accounts {
            account.fallback = account.fallback.take().filter(is_one);
        }
        self.default_email = self.default_email.take().filter(is_one);
        self.default_phone = self.default_phone.take().filter(is_one);
    }

    /// Root of the built-in Maildir.
    pub fn local_maildir(&self) -> PathBuf {
        self.data_dir.join("mail")
    }
}

/// A value and the words for where it came from.
type Sourced<T> = (T, String);

struct Places {
    config_file: Sourced<PathBuf>,
    data_dir: Sourced<PathBuf>,
    /// The file was named by flag or environment, so its absence is an error.
    config_must_exist: bool,
}

impl Places {
    /// The config file; `None` if there need not be one.
    fn source(&self) -> Result<Option<Source>> {
        let (path, named_by) = &self.config_file;
        let source = Source::read(path)?;
        if source.is_none() && self.config_must_exist {
            return Err(
                Error::config(format!("there is no config file `{}`", path.display()))
                    .hint(format!("it was named by {named_by}")),
            );
        }
        Ok(source)
    }

    fn find(flags: &GlobalFlags, env: &Environment) -> Result<Self> {
        let own_home = env.get("COMMS_HOME").map(PathBuf::from);
        let data_dir = match &own_home {
            Some(home) => (absolute(home)?, "environment COMMS_HOME".to_owned()),
            None => (
                xdg(env, "XDG_DATA_HOME", |x| x.data_dir())?.join("comms"),
                "default".to_owned(),
            ),
        };
        let (config_file, config_must_exist) = if let Some(path) = &flags.config {
            ((absolute(path)?, "flag --config".to_owned()), true)
        } else if let Some(path) = env.get("COMMS_CONFIG") {
            (
                (
                    absolute(Path::new(path))?,
                    "environment COMMS_CONFIG".to_owned(),
                ),
                true,
            )
        } else if own_home.is_some() {
            (
                (
                    data_dir.0.join("config.toml"),
                    "environment COMMS_HOME".to_owned(),
                ),
                false,
            )
        } else {
            let dir = xdg(env, "XDG_CONFIG_HOME", |x| x.config_dir())?.join("comms");
            ((dir.join("config.toml"), "default".to_owned()), false)
        };
        Ok(Places {
            config_file,
            data_dir,
            config_must_exist,
        })
    }
}

/// An XDG folder: its variable if that is an absolute path (XDG Base Directory §3), else under home.
fn xdg(
    env: &Environment,
    var: &str,
    usual: impl FnOnce(&etcetera::base_strategy::Xdg) -> PathBuf,
) -> Result<PathBuf> {
    if let Some(dir) = env.get(var).map(PathBuf::from).filter(|d| d.is_absolute()) {
        return Ok(dir);
    }
    etcetera::base_strategy::Xdg::new()
        .map(|x| usual(&x))
        .map_err(|e| {
            Error::config("there is no home folder to keep config and mail in")
                .hint("set HOME or COMMS_HOME")
                .because(e)
        })
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| {
        Error::new(
            Kind::Config,
            format!("`{}` is not a usable path", path.display()),
        )
        .because(e)
    })
}

/// Joins file, environment and flags into a [`Config`] and notes where each value came from.
struct Resolver {
    inputs: Arc<Inputs>,
    source: Option<Source>,
    file: File,
}

impl Inputs {
    fn of(flags: &GlobalFlags, env: &Environment, places: Places) -> Arc<Self> {
        Arc::new(Inputs {
            env: env.clone(),
            read_only: flags.read_only,
            places,
        })
    }
}

impl Resolver {
    fn new(inputs: Arc<Inputs>, source: Option<Source>) -> Result<Self> {
        let file = source.as_ref().map(Source::parse).transpose()?;
        Ok(Resolver {
            inputs,
            source,
            file: file.unwrap_or_default(),
        })
    }

    fn resolve(self) -> Result<Config> {
        let (file, env, places) = (&self.file, &self.inputs.env, &self.inputs.places);
        let mut sources = Vec::new();
        let mut note = |key: &str, value: String, source: String| {
            sources.push(Setting {
                key: key.to_owned(),
                value,
                source,
            });
        };
        let (config_file, from) = places.config_file.clone();
        note("config_file", config_file.display().to_string(), from);
        let (data_dir, from) = places.data_dir.clone();
        note("data_dir", data_dir.display().to_string(), from);

        let read_only = if self.inputs.read_only {
            (true, "flag --read-only".to_owned())
        } else if env.is_on("COMMS_READONLY") {
            (true, "environment COMMS_READONLY".to_owned())
        } else {
            (false, "default".to_owned())
        };
        note("read_only", read_only.0.to_string(), read_only.1);
        let (agent, scripted) = self.origin()?;
        match (&agent, scripted) {
            (Some(var), _) => note("origin", "agent".to_owned(), format!("environment {var}")),
            (None, true) => note(
                "origin",
                "script".to_owned(),
                "environment COMMS_ORIGIN".to_owned(),
            ),
            (None, false) => note(
                "origin",
                "person on a terminal, else script".to_owned(),
                "default".to_owned(),
            ),
        }

        let line = |line: usize| self.line(line);
        let default = || "default".to_owned();
        let max_age = file.max_age.as_ref().map_or(MAX_AGE, |d| d.value);
        note(
            "inbox.max_age",
            shown(max_age),
            file.max_age.as_ref().map_or_else(default, |d| line(d.line)),
        );
        let deadline = file.deadline.as_ref().map_or(REFRESH_DEADLINE, |d| d.value);
        note(
            "inbox.deadline",
            shown(deadline),
            file.deadline
                .as_ref()
                .map_or_else(default, |d| line(d.line)),
        );

        let mut accounts = Vec::new();
        if let Some(source) = &self.source {
            for raw in &file.accounts {
                accounts.push(accounts::resolve(raw, source, env, &data_dir)?);
            }
        }
        if !accounts.iter().any(|a| a.name == accounts::LOCAL) {
            accounts.push(accounts::local(&data_dir));
        }
        accounts.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(source) = &self.source {
            throttle::check_fallbacks(&file.accounts, &accounts, source)?;
            accounts::check_variables(&file.accounts, &accounts, source)?;
        }
        let default_email = self.default_email(file, &accounts)?;
        if let Some(email) = &file.email {
            note("defaults.email", email.value.clone(), line(email.line));
        }
        let default_phone = self.default_phone(file, &accounts)?;
        if let Some(phone) = &file.phone {
            note("defaults.phone", phone.value.clone(), line(phone.line));
        }
        let confirm_above = self.confirm_above(file)?;
        if let Some(above) = &file.confirm_above {
            note(
                "defaults.confirm_above",
                above.value.to_string(),
                line(above.line),
            );
        }
        for account in &accounts {
            let raw = file.accounts.iter().find(|r| r.name.value == account.name);
            accounts::note(account, raw, &line, &mut note);
        }
        let secrets = secrets::resolve(file, self.source.as_ref(), env, &data_dir)?;
        secrets::note(&secrets, file, &line, &mut note);
        let outbox = outbox::resolve(file, self.source.as_ref())?;
        outbox::note(&outbox, file, &line, &mut note);
        let audit = audit::resolve(file);
        audit::note(&audit, file, &line, &mut note);
        let serve = serve::resolve(file, self.source.as_ref())?;
        serve::note(&serve, file, &line, &mut note);
        let hooks = hooks::resolve(file, self.source.as_ref(), (env, &accounts))?;
        hooks::note(&hooks, file, &line, &mut note);
        let retention = retention::resolve(file, self.source.as_ref())?;
        for (key, written) in [
            ("retention.messages", &file.keep_messages),
            ("retention.outbox", &file.keep_outbox),
            ("retention.events", &file.keep_events),
        ] {
            if let Some(written) = written {
                note(key, written.value.clone(), line(written.line));
            }
        }
        let policy = policy::resolve(&file.policy, self.source.as_ref())?;
        policy::note(&policy, &file.policy, &line, &mut note);
        Ok(Config {
            in_hook: env.is_on(flags::IN_HOOK),
            policy,
            outbox,
            retention,
            audit,
            serve,
            hooks,
            config_file,
            data_dir,
            secrets,
            accounts,
            default_email,
            default_phone,
            confirm_above,
            read_only: read_only.0,
            max_age,
            refresh_deadline: deadline,
            agent,
            scripted,
            editor: env
                .get("VISUAL")
                .or_else(|| env.get("EDITOR"))
                .map(str::to_owned),
            caller: Caller::of(env),
            discovery: self.discovery()?,
            sources,
            inputs: self.inputs.clone(),
        })
    }

    fn line(&self, line: usize) -> String {
        let places = &self.inputs.places;
        let name = places.config_file.0.file_name().map_or_else(
            || places.config_file.0.display().to_string(),
            |n| n.to_string_lossy().into_owned(),
        );
        format!("{name}:{line}")
    }

    /// `COMMS_ORIGIN` may only lower the trust that the terminals would give.
    fn origin(&self) -> Result<(Option<String>, bool)> {
        let env = &self.inputs.env;
        match env.get("COMMS_ORIGIN") {
            Some("agent") => Ok((Some("COMMS_ORIGIN".to_owned()), false)),
            Some("script") => Ok((env.agent().map(str::to_owned), true)),
            Some(other) => Err(Error::config(format!("COMMS_ORIGIN is `{other}`"))
                .hint("it may be agent or script; a person is known by the terminal")),
            None => Ok((env.agent().map(str::to_owned), false)),
        }
    }

    fn discovery(&self) -> Result<Option<String>> {
        let Some(url) = self.inputs.env.get("COMMS_DISCOVERY_URL") else {
            return Ok(None);
        };
        let here = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"]
            .into_iter()
            .find_map(|start| url.strip_prefix(start));
        if here.is_some_and(|port| port.parse::<u16>().is_ok()) {
            return Ok(Some(url.to_owned()));
        }
        Err(Error::config(format!(
            "COMMS_DISCOVERY_URL is `{url}`, which is not on this machine"
        ))
        .hint("write it like http://127.0.0.1:8080, or unset it"))
    }

    fn default_email(&self, file: &File, accounts: &[Account]) -> Result<Option<String>> {
        let Some((account, span)) = self.default(&file.email, accounts)? else {
            return Ok(None);
        };
        if !account.sends_mail() && !account.built_in {
            let source = self.source.as_ref().ok_or_else(no_source)?;
            return Err(source
                .error(
                    span,
                    format!(
                        "account `{}` can't send, so it can't be the default",
                        account.name
                    ),
                )
                .hint("give it an `smtp` server, or name another account"));
        }
        Ok(Some(account.name.clone()))
    }

    fn default_phone(&self, file: &File, accounts: &[Account]) -> Result<Option<String>> {
        let Some((account, span)) = self.default(&file.phone, accounts)? else {
            return Ok(None);
        };
        if !account.channel.is_phone() {
            let source = self.source.as_ref().ok_or_else(no_source)?;
            return Err(source
                .error(
                    span,
                    format!("account `{}` writes to no phone numbers", account.name),
                )
                .hint("name an account of channel twilio or whatsapp"));
        }
        Ok(Some(account.name.clone()))
    }

    fn confirm_above(&self, file: &File) -> Result<u32> {
        let (Some(above), Some(source)) = (&file.confirm_above, &self.source) else {
            return Ok(CONFIRM_ABOVE);
        };
        u32::try_from(above.value).map_err(|_| {
            source
                .error(
                    &above.span,
                    format!("`confirm_above` is {}, not a number of people", above.value),
                )
                .hint("it is how many people a group may lead to before comms asks; 0 asks for every group")
        })
    }

    /// The account that a default names, and where it is written.
    fn default<'a>(
        &self,
        at: &'a Option<file::At<String>>,
        accounts: &'a [Account],
    ) -> Result<Option<(&'a Account, &'a std::ops::Range<usize>)>> {
        let (Some(at), Some(source)) = (at, &self.source) else {
            return Ok(None);
        };
        if let Some(account) = accounts.iter().find(|a| a.name == at.value) {
            return Ok(Some((account, &at.span)));
        }
        let names: Vec<_> = accounts.iter().map(|a| a.name.as_str()).collect();
        let error = source.error(&at.span, format!("there is no account `{}`", at.value));
        Err(match file::nearest(&at.value, &names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("accounts are {}", names.join(", "))),
        })
    }
}

fn no_source() -> Error {
    Error::internal("a setting without a file")
}

/// A length of time as the file has it.
fn shown(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    let mut text = String::new();
    for (unit, millis) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("min", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ] {
        if rest >= millis {
            text.push_str(&format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    match text.is_empty() {
        true => "0".to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests;
