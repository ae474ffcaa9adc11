//! `comms auth login`: a password, or one of the ways of OAuth.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use secrecy::SecretString;

use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;
use crate::model::secret::Part;
use crate::ops::App;
use crate::ops::auth::{self, AuthChange};
use crate::ops::oauth::{self, ClientFile, DevicePrompt, Login, Wanted};
use crate::ops::read_small;

use super::output::Output;
use super::{Done, browser, prompt};

/// The longest secret or key file that is read, in bytes.
const LONGEST: u64 = 64 << 10;

#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The account to log in to
    account: String,
    /// Read the password or token from stdin instead of asking
    #[arg(long)]
    stdin: bool,
    /// Store what the provider signs its calls with, or the word it proves our address with, instead of the login
    #[arg(long, value_enum, value_name = "WHICH", conflicts_with_all = ["no_browser", "paste", "paste_url", "device", "service_account", "client_file", "client_secret_stdin", "scopes", "consent"])]
    part: Option<HookPart>,
    /// Only print the address to open, don't open it
    #[arg(long, conflicts_with_all = ["stdin", "device"])]
    no_browser: bool,
    /// Paste the address the browser ends at: for ssh, where the browser runs elsewhere
    #[arg(long, conflicts_with_all = ["stdin", "device", "paste_url"])]
    paste: bool,
    /// End a login that --paste began: read the address from a file (- for stdin)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stdin", "device"])]
    paste_url: Option<PathBuf>,
    /// Enter a code on another device
    #[arg(long, conflicts_with = "stdin")]
    device: bool,
    /// The key file of a service account that may act for the address
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stdin", "paste", "paste_url", "device", "no_browser"])]
    service_account: Option<PathBuf>,
    /// The file of the OAuth client that the provider's console made (client id and secret)
    #[arg(long, value_name = "FILE", conflicts_with = "stdin")]
    client_file: Option<PathBuf>,
    /// Read the secret of the OAuth client from stdin
    #[arg(long, conflicts_with_all = ["stdin", "client_file"])]
    client_secret_stdin: bool,
    /// Ask for these scopes, comma-separated, or for `read`: no more than reading needs
    #[arg(long, value_name = "SCOPES", conflicts_with = "stdin")]
    scopes: Option<String>,
    /// Ask for consent again, and with it for a new refresh token
    #[arg(long, conflicts_with = "stdin")]
    consent: bool,
}

/// What an account needs beside its login, so that its provider's calls are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HookPart {
    /// Twilio's auth token (where an API key logs in), WhatsApp's app secret, Slack's signing secret
    WebhookSecret,
    /// The verify token that is given to Meta
    VerifyToken,
}

pub fn run(args: LoginArgs, app: &App, out: &mut Output) -> Result<Done> {
    if let Some(part) = args.part {
        return hook_part(&args, part, app, out);
    }
    // A name that is wrong is told before anyone types a password.
    let grant = oauth::grant(app, &args.account)?;
    if args.stdin {
        return with_secret(&args.account, read_secret()?, app, out);
    }
    if grant.is_some() {
        return match by_oauth(&args, app, out)? {
            Some(change) => told(&change, "login", out),
            None => Ok(None),
        };
    }
    let flags = [
        ("--no-browser", args.no_browser),
        ("--paste", args.paste),
        ("--paste-url", args.paste_url.is_some()),
        ("--device", args.device),
        ("--service-account", args.service_account.is_some()),
        ("--client-file", args.client_file.is_some()),
        ("--client-secret-stdin", args.client_secret_stdin),
        ("--scopes", args.scopes.is_some()),
        ("--consent", args.consent),
    ];
    if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
        return Err(Error::usage(format!(
            "{flag} is for OAuth, and account `{}` takes a password",
            args.account
        ))
        .hint(
            "set auth = \"oauth\" and oauth = \"google\", \"microsoft\" or an issuer in its table",
        ));
    }
    let question = format!("Password or token for {}:", args.account);
    let secret = prompt::password(out, &question, "--stdin")?;
    with_secret(&args.account, secret, app, out)
}

/// Stores what proves the provider's calls; only such a call can prove it.
fn hook_part(args: &LoginArgs, part: HookPart, app: &App, out: &mut Output) -> Result<Done> {
    let (part, what) = match part {
        HookPart::WebhookSecret => (Part::WebhookSecret, "webhook secret"),
        HookPart::VerifyToken => (Part::VerifyToken, "verify token"),
    };
    auth::takes_part(app, &args.account, part)?;
    let secret = match args.stdin {
        true => read_secret()?,
        false => {
            let question = format!("The {what} of {}:", args.account);
            prompt::password(out, &question, "--stdin")?
        }
    };
    let change = super::wait(auth::keep_part(app, &args.account, part, secret))?;
    for warning in change.warnings.iter().filter(|_| !out.format.is_json()) {
        out.warn(warning);
    }
    out.report("comms.auth_change/1", &change, |_| {
        let store = change.stored_in.as_deref().unwrap_or("keyring");
        format!(
            "the {what} of account {} is in the {store}\n",
            change.account
        )
    })?;
    Ok(None)
}

fn with_secret(account: &str, secret: SecretString, app: &App, out: &mut Output) -> Result<Done> {
    let change = super::wait(auth::login(app, account, secret))?;
    told(&change, "secret", out)
}

/// How an account that is being added logs in by OAuth.
#[derive(Clone, Debug, Args)]
pub struct NewLogin {
    /// Only print the address to open, don't open it
    #[arg(long, conflicts_with_all = ["stdin", "device"])]
    no_browser: bool,
    /// Paste the address the browser ends at: for ssh, where the browser runs elsewhere
    #[arg(long, conflicts_with_all = ["stdin", "device"])]
    paste: bool,
    /// Enter a code on another device
    #[arg(long, conflicts_with = "stdin")]
    device: bool,
    /// The file of the OAuth client that the provider's console made (client id and secret)
    #[arg(long, value_name = "FILE", conflicts_with = "stdin")]
    pub client_file: Option<PathBuf>,
}

impl NewLogin {
    /// Logs in to an account that `app` knows, and nobody else yet.
    pub fn run(&self, account: &str, app: &App, out: &mut Output) -> Result<AuthChange> {
        if self.paste && !prompt::can_ask(out) {
            return Err(Error::usage(
                "--paste asks for an address, and there is no terminal to ask at",
            )
            .hint("add it with --no-login, then run `comms auth login ACCOUNT --paste`"));
        }
        let args = LoginArgs {
            account: account.to_owned(),
            stdin: false,
            part: None,
            no_browser: self.no_browser,
            paste: self.paste,
            paste_url: None,
            device: self.device,
            service_account: None,
            client_file: self.client_file.clone(),
            client_secret_stdin: false,
            scopes: None,
            consent: false,
        };
        by_oauth(&args, app, out)?.ok_or_else(|| Error::internal("the login was only begun"))
    }
}

/// One of the ways of OAuth; `None` if it was only begun.
fn by_oauth(args: &LoginArgs, app: &App, out: &mut Output) -> Result<Option<AuthChange>> {
    let by_itself = args.service_account.is_some()
        || oauth::grant(app, &args.account)? != Some(crate::model::account::Grant::Code);
    let mut login = Login {
        account: args.account.clone(),
        scopes: wanted(args.scopes.as_deref())?,
        consent: args.consent,
        client: ClientFile::default(),
        key: args.service_account.as_deref().map(read_file).transpose()?,
    };
    if let Some(file) = &args.client_file {
        login.client = client_file(file)?;
    }
    if args.client_secret_stdin {
        login.client.secret = Some(read_secret()?);
    }
    if args.paste_url.is_none() && super::wait(oauth::wants_client_secret(app, &login))? {
        let question = format!("Secret of the OAuth client of {}:", args.account);
        let flags = "--client-file FILE or --client-secret-stdin";
        login.client.secret = Some(prompt::password(out, &question, flags)?);
    }
    let change = if by_itself {
        super::wait(oauth::by_itself(app, &login))?
    } else if let Some(file) = &args.paste_url {
        let pasted = read_file(file)?;
        super::wait(oauth::finish_paste(app, &login, &pasted))?
    } else if args.paste {
        return paste(&login, app, out);
    } else if args.device {
        super::wait(oauth::by_device(app, &login, |prompt| {
            show_device(prompt, app)
        }))?
    } else {
        let open = !args.no_browser;
        super::wait(oauth::in_browser(app, &login, |url| {
            (app.notice)(&format!(
                "open this address to log in to {}: {url}",
                login.account
            ));
            if open && !browser::open(url) {
                (app.notice)(
                    "no browser could be opened here; with one on another machine use --paste",
                );
            }
        }))?
    };
    Ok(Some(change))
}

/// Prints the address; with a terminal asks for where it led, else leaves the rest to `--paste-url`.
fn paste(login: &Login, app: &App, out: &mut Output) -> Result<Option<AuthChange>> {
    let begun = super::wait(oauth::begin_paste(app, login))?;
    let url = begun.authorize_url.clone().unwrap_or_default();
    if !prompt::can_ask(out) {
        out.report("comms.auth_change/1", &begun, |_| format!("{url}\n"))?;
        (app.notice)(&format!(
            "open the address, then give the address the browser ends at to `comms auth login {} --paste-url -`",
            login.account
        ));
        return Ok(None);
    }
    (app.notice)(&format!(
        "open this address in any browser, log in, and copy the address it ends at (its page will not load): {url}"
    ));
    let pasted = prompt::password(out, "Address (not shown):", "--paste-url -")?;
    super::wait(oauth::finish_paste(app, login, &pasted)).map(Some)
}

fn show_device(prompt: &DevicePrompt, app: &App) {
    (app.notice)(&format!(
        "open {} on any device and enter the code {} (good for {} min)",
        prompt.url,
        prompt.user_code,
        prompt.expires_in.as_secs().div_ceil(60)
    ));
    if let Some(whole) = &prompt.whole_url {
        (app.notice)(&format!("or open {whole}"));
    }
}

/// Reports a login that ended well.
fn told(change: &AuthChange, what: &str, out: &mut Output) -> Result<Done> {
    if let Some(source) = &change.shadowed_by {
        out.warn(&format!(
            "account `{}` also has a secret from the {source}, which wins over the one that was stored",
            change.account
        ));
    }
    for warning in &change.warnings {
        out.warn(&clean::line(warning));
    }
    out.report("comms.auth_change/1", change, |out| {
        let mut text = format!(
            "{} took the login; the {what} is in the {}\n",
            change.server.as_deref().unwrap_or("the provider"),
            change.stored_in.as_deref().unwrap_or("keyring")
        );
        if !change.scopes.is_empty() {
            text.push_str(&format!(
                "granted: {}\n",
                clean::line(&change.scopes.join(" "))
            ));
        }
        if let Some(expires_at) = change.expires_at {
            text.push_str(&format!(
                "renewed by itself from {}\n",
                out.when(expires_at)
            ));
        }
        text
    })?;
    Ok(None)
}

fn wanted(scopes: Option<&str>) -> Result<Wanted> {
    match scopes {
        None => Ok(Wanted::Usual),
        Some("read") => Ok(Wanted::Read),
        Some(list) => {
            let scopes: Vec<String> = list
                .split([',', ' '])
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect();
            match scopes.is_empty() {
                true => Err(Error::usage("--scopes names none")
                    .hint("write `read`, or scopes with commas between them")),
                false => Ok(Wanted::These(scopes)),
            }
        }
    }
}

/// The first line of stdin.
pub fn read_secret() -> Result<SecretString> {
    let mut line = String::new();
    let stdin = std::io::stdin().lock();
    stdin
        .take(LONGEST)
        .read_line(&mut line)
        .context(Kind::Usage, "reading the secret from stdin")?;
    if line.len() as u64 == LONGEST {
        return Err(Error::usage(format!(
            "the first line of stdin has more than {LONGEST} bytes: that is no secret"
        )));
    }
    let secret = line.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(Error::usage("stdin held no secret"));
    }
    Ok(SecretString::from(secret))
}

/// The OAuth client that a provider's console wrote into this file.
pub fn client_file(path: &Path) -> Result<ClientFile> {
    ClientFile::read(&read_file(path)?)
}

/// A small file that holds a secret; `-` is stdin.
fn read_file(path: &Path) -> Result<SecretString> {
    let read = if path == Path::new("-") {
        read_small(std::io::stdin(), LONGEST)
    } else {
        // What was given may be the secret itself, so it is not repeated.
        if path.to_string_lossy().contains("code=") {
            return Err(Error::usage("--paste-url takes a file, not the address")
                .hint("give - and write the address to stdin: what stands in a command line can be seen by others"));
        }
        std::fs::File::open(path).and_then(|file| read_small(file, LONGEST))
    };
    let text = read.with_context(Kind::Usage, || format!("reading `{}`", path.display()))?;
    if text.trim().is_empty() {
        return Err(Error::usage(format!("`{}` is empty", path.display())));
    }
    Ok(SecretString::from(text))
}
