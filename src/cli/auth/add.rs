//! `comms auth add`: by questions on a terminal, by flags everywhere.

mod servers;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::output::{Format, Output};
use crate::cli::{Done, login, prompt, wait};
use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::account::{Account, AuthMethod, ChannelKind, Logins, TlsMode};
use crate::model::secret::Part;
use crate::ops::App;
use crate::ops::accounts::{self, AddReport, AddRequest, NewAccount, Proof};

use servers::{servers, tell};

#[derive(Debug, Args)]
pub struct AddArgs {
    /// What to call it; made from the address if not given
    name: Option<String>,
    /// imap, smtp (send only), maildir, gmail, google-chat, google-chat-webhook, twilio, whatsapp, slack, slack-webhook or carddav
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// The address or phone number it sends from
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// The name shown beside the address
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// The server that mail is fetched from
    #[arg(long, value_name = "HOST[:PORT]")]
    imap: Option<String>,
    /// The server that mail is sent through
    #[arg(long, value_name = "HOST[:PORT]")]
    smtp: Option<String>,
    /// How the servers are protected; none is for this machine only
    #[arg(long, value_enum, value_name = "HOW")]
    tls: Option<Protection>,
    /// The same for the IMAP server alone
    #[arg(long, value_enum, value_name = "HOW")]
    imap_tls: Option<Protection>,
    /// The same for the SMTP server alone
    #[arg(long, value_enum, value_name = "HOW")]
    smtp_tls: Option<Protection>,
    /// The login name, where it is not the address
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// How to log in
    #[arg(long, value_enum, value_name = "HOW")]
    auth: Option<Auth>,
    /// Whose OAuth tokens: google, microsoft or an issuer's address
    #[arg(long, value_name = "PROVIDER", conflicts_with_all = ["stdin", "secret_command"])]
    oauth: Option<String>,
    /// The id of your OAuth client
    #[arg(long, value_name = "ID", conflicts_with_all = ["stdin", "secret_command"])]
    client_id: Option<String>,
    /// The scopes to ask an issuer for, comma-separated
    #[arg(long, value_name = "SCOPES", value_delimiter = ',', requires = "oauth")]
    scopes: Option<Vec<String>>,
    #[command(flatten)]
    ids: Ids,
    #[command(flatten)]
    login: login::NewLogin,
    /// The certificate of a private authority (PEM)
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The folder of a Maildir
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// Where its provider lives, if not where it usually does
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// An address book, its owner's page, or just its host (https://dav.example.com)
    #[arg(long, value_name = "URL", conflicts_with = "base_url")]
    url: Option<String>,
    /// Take its people as contacts too: sync (the default; gmail only) or read
    #[arg(long, value_name = "HOW", num_args = 0..=1, default_missing_value = "sync", require_equals = true)]
    contacts: Option<String>,
    /// A command that prints the secret; nothing is stored then
    #[arg(long, value_name = "COMMAND", conflicts_with = "stdin")]
    secret_command: Option<String>,
    /// Read the secret from the first line of stdin
    #[arg(long)]
    stdin: bool,
    /// Write it down without asking its servers
    #[arg(long, conflicts_with = "stdin")]
    no_login: bool,
    /// Ask nobody for the servers of the address
    #[arg(long)]
    no_discovery: bool,
    /// Let it send when several accounts could
    #[arg(long)]
    default: bool,
}

/// What an account of Twilio or WhatsApp is called at its provider.
#[derive(Debug, Args)]
struct Ids {
    /// The SID of the Twilio account (AC…)
    #[arg(long, value_name = "SID")]
    account_sid: Option<String>,
    /// The SID of a Twilio API key (SK…), whose secret logs in instead of the auth token
    #[arg(long, value_name = "SID")]
    api_key: Option<String>,
    /// The SID of a Twilio Messaging Service (MG…), which chooses the sender
    #[arg(long, value_name = "SID")]
    messaging_service: Option<String>,
    /// The country of numbers that are written without one (DE, US)
    #[arg(long, value_name = "COUNTRY")]
    region: Option<String>,
    /// The id of the WhatsApp phone number
    #[arg(long, value_name = "ID")]
    phone_number_id: Option<String>,
    /// The id of the WhatsApp business account, for its templates
    #[arg(long, value_name = "ID")]
    business_account_id: Option<String>,
}

impl Ids {
    /// Takes what was given, and asks for what is missing.
    fn ask(&self, channel: ChannelKind, new: &mut NewAccount, out: &Output) -> Result<()> {
        let asked = |given: &Option<String>, question: &str, flag: &str| -> Result<_> {
            Ok(Some(match given {
                Some(given) => given.clone(),
                None => prompt::input(out, question, flag)?.trim().to_owned(),
            }))
        };
        new.api_key.clone_from(&self.api_key);
        new.messaging_service.clone_from(&self.messaging_service);
        new.region.clone_from(&self.region);
        new.business_account_id
            .clone_from(&self.business_account_id);
        new.account_sid.clone_from(&self.account_sid);
        new.phone_number_id.clone_from(&self.phone_number_id);
        if channel == ChannelKind::Twilio {
            let question = "Account SID (AC…, on the first page of the Twilio Console):";
            new.account_sid = asked(&self.account_sid, question, "--account-sid")?;
        }
        if channel == ChannelKind::Whatsapp {
            let question = "Phone number ID (WhatsApp > API Setup):";
            new.phone_number_id = asked(&self.phone_number_id, question, "--phone-number-id")?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Protection {
    Tls,
    Starttls,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Auth {
    Password,
    Oauth,
    /// A relay without login
    None,
}

impl Protection {
    fn mode(self) -> TlsMode {
        match self {
            Protection::Tls => TlsMode::Tls,
            Protection::Starttls => TlsMode::Starttls,
            Protection::None => TlsMode::None,
        }
    }
}

pub fn run(args: AddArgs, app: &App, out: &mut Output) -> Result<Done> {
    if let Some(name) = &args.name {
        accounts::is_free(app, name)?;
    }
    let mut new = begun(&args, app, out)?;
    let channel = new.channel.unwrap_or(ChannelKind::Imap);
    let by_api = channel.base_url().is_some() || channel.is_address_book();
    if channel != ChannelKind::Maildir && !by_api {
        servers(&args, channel, &mut new, (app, out))?;
    }
    let _reserved = wait(accounts::reserve(app, &new.name))?;
    let account = new.draft(app)?;
    let asks = channel != ChannelKind::Maildir && new.auth != Some(AuthMethod::None);
    if asks && !args.no_login && !by_api {
        tell(app, out, "asking the servers which logins they take …");
        let logins = wait(accounts::survey(app, &new))?;
        new.auth = Some(choose(&args, logins, &account, out)?);
    }
    tokens(&args, &mut new, &account, out)?;
    let by_oauth = asks && !args.no_login && new.oauth.is_some();
    let mut report = if by_oauth {
        logged_in(&args, new, app, out)?
    } else {
        let proof = match (asks, args.no_login) {
            (_, true) => Proof::None,
            (false, _) => Proof::Elsewhere,
            (true, false) => proof(&args, &account, new.auth, out)?,
        };
        let request = AddRequest {
            account: new,
            proof,
            default: args.default,
        };
        wait(accounts::add(app, request))?
    };
    if args.no_login && args.login.client_file.is_some() {
        report.next_step = Some(format!(
            "run `comms auth login {} --client-file FILE` with the same file: its secret was not stored",
            report.account
        ));
    }
    out.report("comms.auth_add/1", &report, |_| words(&report))?;
    if let Some(step) = report
        .next_step
        .as_ref()
        .filter(|_| out.format != Format::Json)
    {
        out.hint(step);
    }
    Ok(None)
}

/// Whose tokens an account with OAuth gets: only if it was said or is known, else one is asked for.
fn tokens(args: &AddArgs, new: &mut NewAccount, account: &Account, out: &Output) -> Result<()> {
    let elsewhere = args.stdin
        || args.secret_command.is_some()
        || account.secret_env.contains_key(&Part::Login);
    if new.auth != Some(AuthMethod::Oauth) && args.login.client_file.is_some() {
        return Err(Error::usage(
            "--client-file is for OAuth, and this account logs in without it",
        )
        .hint("--oauth google, microsoft or an issuer's address tells where"));
    }
    if new.auth != Some(AuthMethod::Oauth) || elsewhere {
        (new.oauth, new.client_id, new.scopes) = (None, None, None);
        return Ok(());
    }
    // A login keeps the id with its tokens; without one it stands in the config.
    if let Some(file) = args.login.client_file.as_ref().filter(|_| args.no_login) {
        let client = login::client_file(file)?;
        new.client_id = new.client_id.take().or(client.client_id);
    }
    if new.oauth.is_some() && new.client_id.is_none() && args.login.client_file.is_none() {
        let question = "Id of your OAuth client (`comms man google` and `comms man microsoft` tell how to make one):";
        if !args.no_login {
            let id = prompt::input(out, question, "--client-id or --client-file")?;
            new.client_id = Some(id.trim().to_owned());
        }
    }
    Ok(())
}

/// Logs in by OAuth, then writes the account; if that fails, what the login stored is taken back.
fn logged_in(args: &AddArgs, new: NewAccount, app: &App, out: &mut Output) -> Result<AddReport> {
    let trial = accounts::trial(app, &new)?;
    let name = new.name.clone();
    let added = args.login.run(&name, &trial, out).and_then(|change| {
        for warning in &change.warnings {
            out.warn(&clean::line(warning));
        }
        let request = AddRequest {
            account: new,
            proof: Proof::LoggedIn(change),
            default: args.default,
        };
        wait(accounts::add(app, request))
    });
    if added.is_err() && wait(accounts::forget_trial(&trial, &name)).is_err() {
        out.warn("what the login stored could not be taken back");
    }
    added
}

/// Who and what it is: flags, and questions for what they leave open.
fn begun(args: &AddArgs, app: &App, out: &Output) -> Result<NewAccount> {
    let channel = channel(args, out)?;
    let guided = args.address.is_none() && prompt::can_ask(out);
    let googles = matches!(channel, ChannelKind::Gmail | ChannelKind::GoogleChat);
    let mut new = NewAccount {
        channel: Some(channel),
        display_name: args.display_name.clone(),
        imap: args.imap.clone(),
        smtp: args.smtp.clone(),
        username: args.username.clone(),
        secret_command: args.secret_command.clone(),
        ca_file: args.ca_file.as_ref().map(absolute).transpose()?,
        path: args.path.as_ref().map(absolute).transpose()?,
        base_url: args.base_url.clone(),
        url: args.url.clone(),
        contacts: args.contacts.clone(),
        oauth: match channel {
            ChannelKind::Gmail | ChannelKind::GoogleChat if args.oauth.is_none() => {
                Some("google".to_owned())
            }
            _ => args.oauth.clone(),
        },
        client_id: args.client_id.clone(),
        scopes: args.scopes.clone(),
        auth: args
            .auth
            .or(args.oauth.as_ref().map(|_| Auth::Oauth))
            .or(googles.then_some(Auth::Oauth))
            .map(|auth| match auth {
                Auth::Password => AuthMethod::Password,
                Auth::Oauth => AuthMethod::Oauth,
                Auth::None => AuthMethod::None,
            }),
        ..NewAccount::default()
    };
    if channel == ChannelKind::Maildir {
        if new.path.is_none() {
            let path = prompt::input(out, "Folder of the Maildir:", "--path")?;
            new.path = Some(absolute(&PathBuf::from(path.trim()))?);
        }
        new.address.clone_from(&args.address);
    } else if channel.is_incoming_webhook() || channel == ChannelKind::Slack {
        refuse_address(args)?;
    } else if channel.is_address_book() {
        book(args, &mut new, out)?;
    } else if channel.is_phone() {
        args.ids.ask(channel, &mut new, out)?;
        new.address.clone_from(&args.address);
        let chosen = new.messaging_service.is_some() || channel == ChannelKind::Whatsapp;
        if new.address.is_none() && !chosen {
            let question = "Number it sends from (like +14155550100):";
            let number = prompt::input(out, question, "--address or --messaging-service")?;
            new.address = Some(number.trim().to_owned());
        }
    } else {
        new.address = Some(match &args.address {
            Some(address) => address.clone(),
            None => again(
                out,
                |out| prompt::input(out, "Address:", "--address"),
                |address| has_sound_address(&new, address, app),
            )?,
        });
        if guided && new.display_name.is_none() {
            let name = prompt::optional(
                out,
                "Your name, as others see it (may stay empty):",
                "--display-name",
            )?;
            new.display_name = Some(name).filter(|name| !name.is_empty());
        }
    }
    new.name = match &args.name {
        Some(name) => name.clone(),
        None => name(&new, app, out, guided)?,
    };
    accounts::is_free(app, &new.name)?;
    if channel.is_phone() || channel.is_address_book() {
        new.draft(app)?;
        return Ok(new);
    }
    let address = new.address.as_deref().unwrap_or("you@localhost");
    has_sound_address(&new, address, app)?;
    Ok(new)
}

/// A wrong address is told before anyone is asked about it.
fn has_sound_address(new: &NewAccount, address: &str, app: &App) -> Result<()> {
    let name = match new.name.as_str() {
        "" => "mail",
        name => name,
    };
    NewAccount {
        name: name.to_owned(),
        imap: Some("localhost".to_owned()),
        smtp: None,
        path: None,
        base_url: None,
        url: None,
        channel: Some(ChannelKind::Imap),
        ca_file: None,
        address: Some(address.to_owned()),
        auth: None,
        ..new.clone()
    }
    .draft(app)
    .map(drop)
}

/// Asks until the answer will do: a slip of the finger doesn't end the whole conversation.
fn again(
    out: &Output,
    ask: impl Fn(&Output) -> Result<String>,
    check: impl Fn(&str) -> Result<()>,
) -> Result<String> {
    loop {
        let answer = ask(out)?.trim().to_owned();
        match check(&answer) {
            Ok(()) => return Ok(answer),
            Err(e) => {
                let hint = e.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                out.warn(&format!("{}{hint}", e.message));
            }
        }
    }
}

fn channel(args: &AddArgs, out: &Output) -> Result<ChannelKind> {
    if let Some(wanted) = &args.channel {
        let known = ChannelKind::named(wanted);
        return known.ok_or_else(|| {
            let names: Vec<_> = ChannelKind::ALL.iter().map(|k| k.name()).collect();
            Error::usage(format!("there is no channel `{wanted}`"))
                .hint(format!("--channel is one of {}", names.join(", ")))
        });
    }
    if args.path.is_some() {
        return Ok(ChannelKind::Maildir);
    }
    if args.imap.is_some() {
        return Ok(ChannelKind::Imap);
    }
    if args.smtp.is_some() {
        return Ok(ChannelKind::Smtp);
    }
    if args.address.is_some() || !prompt::can_ask(out) {
        return Ok(ChannelKind::Imap);
    }
    let items = ChannelKind::ALL.map(|kind| match kind {
        ChannelKind::Imap => "imap: mail on a server, read and sent".to_owned(),
        ChannelKind::Smtp => "smtp: only send mail".to_owned(),
        ChannelKind::Maildir => "maildir: mail in a folder of this machine".to_owned(),
        ChannelKind::Gmail => "gmail: Gmail or Google Workspace mail".to_owned(),
        ChannelKind::GoogleChat => "google-chat: spaces and direct messages".to_owned(),
        ChannelKind::GoogleChatWebhook => {
            "google-chat-webhook: write into one space by its webhook".to_owned()
        }
        ChannelKind::Twilio => "twilio: SMS and MMS".to_owned(),
        ChannelKind::Whatsapp => "whatsapp: WhatsApp Business".to_owned(),
        ChannelKind::Slack => "slack: channels and direct messages".to_owned(),
        ChannelKind::SlackWebhook => {
            "slack-webhook: write into one channel by its webhook".to_owned()
        }
        ChannelKind::Carddav => "carddav: contacts on a server, no messages".to_owned(),
    });
    let chosen = prompt::select(out, "What kind of account?", &items, "--channel")?;
    Ok(ChannelKind::ALL[chosen])
}

/// The name: made from the address, on a terminal asked for with that as the answer of Enter.
fn name(new: &NewAccount, app: &App, out: &Output, guided: bool) -> Result<String> {
    let usual = match new.channel {
        Some(ChannelKind::GoogleChatWebhook | ChannelKind::SlackWebhook) => "alerts",
        Some(ChannelKind::GoogleChat) => "chat",
        Some(ChannelKind::Twilio) => "sms",
        Some(ChannelKind::Whatsapp) => "whatsapp",
        Some(ChannelKind::Slack) => "slack",
        Some(ChannelKind::Carddav) => "contacts",
        _ => "mail",
    };
    let from = match new.channel {
        Some(ChannelKind::GoogleChat | ChannelKind::Twilio | ChannelKind::Whatsapp) => usual,
        _ => new.address.as_deref().unwrap_or(usual),
    };
    let suggested = accounts::suggest_name(&app.config, from);
    if guided {
        let question = "What shall the account be called?";
        let suggested = suggested.as_deref().unwrap_or(usual);
        return again(
            out,
            |out| prompt::suggest(out, question, suggested),
            |name| accounts::is_free(app, name),
        );
    }
    suggested.ok_or_else(|| {
        Error::usage("the account needs a name").hint("write it first: comms auth add NAME …")
    })
}

/// How to log in: what the flag says if the servers take it, else what they take.
fn choose(args: &AddArgs, logins: Logins, account: &Account, out: &Output) -> Result<AuthMethod> {
    let refused = |what: &str| {
        Error::config(format!(
            "the servers of account `{}` take no {what}",
            account.name
        ))
    };
    let wanted = args.auth.or(args.oauth.as_ref().map(|_| Auth::Oauth));
    match (wanted, logins.password, logins.oauth) {
        (Some(Auth::None), ..) => Ok(AuthMethod::None),
        (Some(Auth::Password), true, _) => Ok(AuthMethod::Password),
        (Some(Auth::Oauth), _, true) => Ok(AuthMethod::Oauth),
        (Some(Auth::Password), false, true) => {
            Err(refused("password").hint("nothing was written; use --auth oauth"))
        }
        (Some(Auth::Oauth), true, false) => {
            Err(refused("access token").hint("nothing was written; use --auth password"))
        }
        (_, false, false) if account.imap.is_none() => {
            Err(refused("login")
                .hint("nothing was written; for a relay without login use --auth none"))
        }
        (_, false, false) => Err(refused("login in common")
            .hint("nothing was written; with --tls starttls or --tls tls they may offer more")),
        (None, true, false) => Ok(AuthMethod::Password),
        (None, false, true) => Ok(AuthMethod::Oauth),
        (None, true, true) if !prompt::can_ask(out) => Ok(AuthMethod::Password),
        (None, true, true) => {
            let items = [
                "password, or an app password".to_owned(),
                "OAuth: an access token".to_owned(),
            ];
            let chosen = prompt::select(out, "How do you log in?", &items, "--auth")?;
            Ok([AuthMethod::Password, AuthMethod::Oauth][chosen])
        }
    }
}

/// Where the secret comes from; asked for last, when all the rest is known to be right.
fn proof(
    args: &AddArgs,
    account: &Account,
    auth: Option<AuthMethod>,
    out: &Output,
) -> Result<Proof> {
    if auth == Some(AuthMethod::None) || args.secret_command.is_some() {
        return Ok(Proof::Elsewhere);
    }
    if args.stdin {
        return login::read_secret().map(Proof::Secret);
    }
    if account.secret_env.contains_key(&Part::Login) {
        return Ok(Proof::Elsewhere);
    }
    let what = match (account.channel, auth) {
        (ChannelKind::GoogleChatWebhook, _) => {
            "Webhook address (Apps & integrations > Webhooks of the space)"
        }
        (ChannelKind::SlackWebhook, _) => "Webhook address (https://hooks.slack.com/services/…)",
        (ChannelKind::Slack, _) => "Token of your Slack app (xoxp-… or xoxb-…)",
        (ChannelKind::Whatsapp, _) => "Access token of a system user",
        (ChannelKind::Twilio, _) => match &account.twilio {
            Some(twilio) if twilio.api_key.is_some() => "Secret of the API key",
            _ => "Auth token of the Twilio account",
        },
        (_, Some(AuthMethod::Oauth)) => "Access token",
        _ => "Password",
    };
    let question = format!("{what} for {}:", account.login().unwrap_or(&account.name));
    prompt::password(out, &question, "--stdin, --secret-command or --no-login").map(Proof::Secret)
}

/// Where an address book is, and who logs in there.
fn book(args: &AddArgs, new: &mut NewAccount, out: &Output) -> Result<()> {
    if args.address.is_some() {
        return Err(
            Error::usage("an address book has no address that messages come from")
                .hint("the login name goes into --username"),
        );
    }
    if new.url.is_none() {
        let question = "Web address of the server or of the address book:";
        let url = prompt::input(out, question, "--url")?.trim().to_owned();
        new.url = Some(match url.contains("://") {
            true => url,
            false => format!("https://{url}"),
        });
    }
    if new.username.is_none() {
        let name = prompt::input(out, "Login name:", "--username")?;
        new.username = Some(name.trim().to_owned());
    }
    Ok(())
}

/// A webhook has no address of its own.
fn refuse_address(args: &AddArgs) -> Result<()> {
    match &args.address {
        None => Ok(()),
        Some(_) => Err(Error::usage("a webhook has no address of its own").hint(
            "leave out --address; the webhook's own goes to stdin with --stdin, or is asked for",
        )),
    }
}

/// A path is meant from where the command runs, not from the config's folder.
fn absolute(path: &PathBuf) -> Result<PathBuf> {
    if path.starts_with("~") {
        return Ok(path.clone());
    }
    std::path::absolute(path)
        .map_err(|e| Error::usage(format!("`{}` is not a usable path", path.display())).because(e))
}

fn words(report: &AddReport) -> String {
    let mut text = String::new();
    if let Some(server) = &report.server {
        text.push_str(&format!("{} took the login\n", clean::line(server)));
    }
    let line = report.line.map_or_else(String::new, |l| format!(":{l}"));
    text.push_str(&format!(
        "account {} stands in {}{line} as [accounts.{}]\n",
        report.account,
        clean::line(&report.config_file),
        report.account
    ));
    text.push_str(&match report.secret.as_str() {
        "not needed" => String::new(),
        "none" => "it has no secret yet\n".to_owned(),
        "environment" => "its secret comes from the environment; nothing was stored\n".to_owned(),
        "secret_command" => "its secret comes from your command; nothing was stored\n".to_owned(),
        store => format!("its secret is in the {store}\n"),
    });
    if report.default {
        text.push_str("it sends when you name no account\n");
    }
    text
}
