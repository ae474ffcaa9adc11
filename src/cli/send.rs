//! `comms send`, `comms reply`, `comms forward`.

mod batch;
mod body;
mod cost;
mod edit;
mod people;
mod show;
mod whatsapp;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::error::{Error, Kind, Result};
use crate::model::contact::Via;
use crate::model::id::MessageId;
use crate::model::outbox::State;
use crate::model::time;
use crate::ops::recipients::{Addressing, Copies};
use crate::ops::send::{self, Attach, Forgotten, Mode, SendReport, SendRequest, TemplateUse};
use crate::ops::{App, send::ItemReport};

use super::output::Output;
use super::{Done, editor, origin, prompt, wait};
use body::Source;

pub use batch::{batches, finish as batch_finish};
pub use edit::{EditArgs, run as edit};
pub use show::{columns, item_text};
pub use whatsapp::window as window_words;

/// What all three share.
#[derive(Debug, Args)]
pub struct MessageArgs {
    /// The text
    #[arg(short = 'm', long, value_name = "TEXT", conflicts_with = "file")]
    message: Option<String>,
    /// Read the text from a file, or from stdin with -
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The subject
    #[arg(short, long, value_name = "TEXT")]
    subject: Option<String>,
    /// Attach a file; may be given several times
    #[arg(short, long = "attach", value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Send the picture at this web address along, as MMS; may be given several times
    #[arg(long, value_name = "URL")]
    media_url: Vec<String>,
    /// Send a visible copy
    #[arg(long, value_name = "TO")]
    cc: Vec<String>,
    /// Send a copy nobody else sees
    #[arg(long, value_name = "TO")]
    bcc: Vec<String>,
    /// Send from this account, by name or address
    #[arg(long, value_name = "ACCOUNT")]
    from: Option<String>,
    /// Write to people by this channel, whatever they prefer
    #[arg(long, value_name = "CHANNEL", value_parser = ["email", "sms", "whatsapp", "slack", "chat"])]
    via: Option<String>,
    /// Take the Nth of those a name may mean, as the error lists them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pick: Option<u16>,
    /// Send everybody a mail of their own, as everybody in a group gets anyway
    #[arg(long, conflicts_with = "together")]
    separately: bool,
    /// Send everybody in a group one mail, in which they see each other
    #[arg(long)]
    together: bool,
    /// Leave out those of a group whom nothing reaches
    #[arg(long)]
    skip_unreachable: bool,
    /// Send without asking, however many people a group leads to
    #[arg(short, long)]
    yes: bool,
    /// Have answers go to this address
    #[arg(long, value_name = "ADDRESS")]
    reply_to: Vec<String>,
    /// Send this HTML too; the text is made from it if there is none
    #[arg(long, value_name = "FILE", conflicts_with = "markdown")]
    html: Option<PathBuf>,
    /// Read the text as Markdown: it is sent as typed and as HTML
    #[arg(long)]
    markdown: bool,
    /// Let `<users/all>`, `@here`, `@channel` and the like in the text ping everyone; else they are shown only
    #[arg(long)]
    allow_mass_mention: bool,
    /// Fill in a template: a file, or a name in `templates/` beside the config file
    #[arg(long, value_name = "FILE|NAME", conflicts_with_all = ["message", "file", "html", "markdown"])]
    template: Option<String>,
    /// A value for the template; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE", requires = "template")]
    vars: Vec<String>,
    /// Send it once, however often this is run with the same key
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Keep it as a draft
    #[arg(long, conflicts_with_all = ["queue", "no_queue"])]
    draft: bool,
    /// Only put it into the outbox; `comms outbox run` sends it
    #[arg(long, conflicts_with = "no_queue")]
    queue: bool,
    /// Fail if it can't leave now, instead of keeping it for another try
    #[arg(long)]
    no_queue: bool,
    /// Send it at this time: `tomorrow 9am`, `2026-12-01 09:00`, `in 2h`
    #[arg(long, value_name = "TIME", conflicts_with_all = ["draft", "queue", "no_queue", "undo_window"])]
    at: Option<String>,
    /// Wait this long before it leaves; Ctrl-C takes it back
    #[arg(long, value_name = "TIME", conflicts_with_all = ["draft", "queue"])]
    undo_window: Option<String>,
    /// Come back when it is sent, delivered or read, or --timeout is over
    #[arg(long, value_name = "STATE", value_parser = ["sent", "delivered", "read"], conflicts_with = "draft")]
    wait: Option<String>,
    /// How long the server may take before the message is handed over; with --wait, how long to wait
    #[arg(long, value_name = "TIME", default_value = "30s")]
    timeout: String,
    /// Show what would leave; write and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Send it even if the text is empty
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    whatsapp: whatsapp::WhatsappArgs,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A TO says its channel by its form: ada@example.com, +14155550100, sms:+14155550100, whatsapp:+14155550100, \
slack:#ops, chat:'Team room', to:alerts. Any other word is a person: a contact's name or nickname, or c9. \
Everybody in @team gets a message of their own, by their own channel.\n\n\
Examples:\n  comms send ada@example.com -s Lunch -m 'At one?'\n  comms send 'Ada Lovelace' -m 'Running late' --via sms\n  \
comms send @team -s Lunch -m 'At one?' --dry-run\n  comms send --csv people.csv --template invite.md --dry-run"
)]
pub struct SendArgs {
    /// Who gets it: an address, a person's name, `c9`, or `@group`
    #[arg(required_unless_present = "csv", value_name = "TO")]
    to: Vec<String>,
    /// What it is about, like `disk-full`: all messages of one key are one thread
    #[arg(long, value_name = "KEY")]
    thread_key: Option<String>,
    /// Send no more than one per thread key (or key) in this time; repeats are counted
    #[arg(long, value_name = "TIME")]
    once_per: Option<String>,
    #[command(flatten)]
    message: MessageArgs,
    #[command(flatten)]
    bulk: batch::BulkArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: comms reply m17 --all -m 'Fine with me'")]
pub struct ReplyArgs {
    /// The message to answer
    #[arg(value_name = "ID")]
    id: String,
    /// Answer everyone it went to
    #[arg(long)]
    all: bool,
    /// Show the answer in the channel too, not in its thread alone (Slack)
    #[arg(long)]
    broadcast: bool,
    #[command(flatten)]
    message: MessageArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: comms forward m17 bob@example.com -m 'For you'")]
pub struct ForwardArgs {
    /// The message to send on
    #[arg(value_name = "ID")]
    id: String,
    /// Who gets it: an address, a person's name, `c9`, or `@group`
    #[arg(required = true, value_name = "TO")]
    to: Vec<String>,
    #[command(flatten)]
    message: MessageArgs,
}

pub fn send(args: SendArgs, app: &App, out: &mut Output) -> Result<Done> {
    if args.bulk.csv.is_some() {
        let repeats = (args.thread_key, args.once_per.as_deref());
        return batch::send(args.bulk, (args.message, repeats), app, out);
    }
    let mut request = request((args.to, args.message), (app, out), Source::Required)?;
    request.thread_key = args.thread_key;
    request.once_per = args.once_per.as_deref().map(time::duration).transpose()?;
    let mut doubts = Vec::new();
    if !request.dry_run {
        doubts = ask_about(&request, out)?;
    }
    let mut report = wait(send::send(app, origin(app, out), &request))?;
    report.warnings.extend(doubts);
    finish(&report, out)
}

pub fn reply(args: ReplyArgs, app: &App, out: &mut Output) -> Result<Done> {
    let id: MessageId = args.id.parse()?;
    let mut request = request((Vec::new(), args.message), (app, out), Source::Required)?;
    request.broadcast = args.broadcast;
    let report = wait(send::answer(
        app,
        origin(app, out),
        (id, args.all),
        &request,
    ))?;
    finish(&report, out)
}

pub fn forward(args: ForwardArgs, app: &App, out: &mut Output) -> Result<Done> {
    let id: MessageId = args.id.parse()?;
    let request = request((args.to, args.message), (app, out), Source::Optional)?;
    let report = wait(send::forward(app, origin(app, out), id, &request))?;
    finish(&report, out)
}

/// Whoever wants to think for longer wants `--at`.
const LONGEST_WINDOW: Duration = Duration::from_secs(3600);

fn request(
    (to, args): (Vec<String>, MessageArgs),
    (app, out): (&App, &mut Output),
    source: Source,
) -> Result<SendRequest> {
    let timeout = time::patience(&args.timeout, "send anything")?;
    let schedule = args
        .at
        .as_deref()
        .map(|at| time::schedule(at, &app.clock.now_local()))
        .transpose()?;
    if let Some(warning) = schedule.as_ref().and_then(|s| s.warning.as_ref()) {
        out.warn(warning);
    }
    let undo_window = args
        .undo_window
        .as_deref()
        .map(time::duration)
        .transpose()?;
    if undo_window.is_some_and(|w| w > LONGEST_WINDOW) {
        return Err(
            Error::usage("--undo-window waits in the foreground, an hour at most")
                .hint("send it later with --at, and take it back with `comms outbox cancel`"),
        );
    }
    // Whoever can't be found is told of before anyone writes a text.
    let people = SendRequest {
        to,
        cc: args.cc,
        bcc: args.bcc,
        reply_to: args.reply_to,
        from: args.from,
        addressing: Addressing {
            via: args.via.as_deref().and_then(Via::named),
            pick: args.pick.map(usize::from),
            skip_unreachable: args.skip_unreachable,
            yes: args.yes,
            ..Addressing::default()
        },
        key: args.key,
        dry_run: args.dry_run,
        ..SendRequest::default()
    };
    let people = people::settled(people, (app, out))?;
    let html = args.html.as_deref().map(body::html).transpose()?;
    let media_alone = !args.media_url.is_empty() && out.looks.terminal_in;
    let whole = media_alone || args.whatsapp.is_whole();
    let source = if html.is_some() || args.template.is_some() || whole {
        Source::Optional
    } else {
        source
    };
    let typed = body::Typed {
        message: args.message,
        file: args.file,
        allow_empty: args.allow_empty || !args.media_url.is_empty(),
    };
    let text = body::read(typed, source, (app, out))?;
    let mode = match (args.draft, args.queue, args.no_queue) {
        (true, _, _) => Mode::Draft,
        (_, true, _) => Mode::Queue,
        (_, _, true) => Mode::NoQueue,
        _ => Mode::Send,
    };
    let template = match args.template {
        Some(file) => Some(TemplateUse {
            file,
            vars: vars(&args.vars)?,
            language: args.whatsapp.lang.clone(),
            by_name: false,
        }),
        None => None,
    };
    Ok(SendRequest {
        copies: match (args.separately, args.together) {
            (true, _) => Copies::Apart,
            (_, true) => Copies::Together,
            _ => Copies::Usual,
        },
        subject: args.subject,
        text,
        template,
        whatsapp: args.whatsapp.extras()?,
        allow_empty: args.allow_empty,
        html,
        markdown: args.markdown,
        allow_mass_mention: args.allow_mass_mention,
        attachments: args.attach.into_iter().map(Attach::Path).collect(),
        media_urls: args.media_url,
        mode,
        at: schedule.map(|s| s.at),
        undo_window,
        wait_for: args.wait.as_deref().and_then(State::named),
        timeout: Some(timeout),
        ..people
    })
}

fn vars(typed: &[String]) -> Result<BTreeMap<String, String>> {
    let mut vars = BTreeMap::new();
    for var in typed {
        let (name, value) = var
            .split_once('=')
            .ok_or_else(|| Error::usage(format!("--var `{var}` is not NAME=VALUE")))?;
        if vars
            .insert(name.trim().to_owned(), value.to_owned())
            .is_some()
        {
            return Err(Error::usage(format!(
                "--var `{}` is given twice",
                name.trim()
            )));
        }
    }
    Ok(vars)
}

/// What people forget: asked about at a terminal; elsewhere the warnings for the report.
fn ask_about(request: &SendRequest, out: &Output) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for doubt in send::doubts(request) {
        let warning = doubt.warning();
        let (question, flag) = match doubt {
            Forgotten::Subject => ("Send it without a subject?", "-s"),
            Forgotten::Attachment => ("Send it without an attachment?", "-a"),
        };
        if !prompt::can_ask(out) {
            warnings.push(warning.to_owned());
        } else if !prompt::confirm(out, &format!("{warning}. {question}"), flag)? {
            return Err(Error::new(Kind::Interrupted, "not sent"));
        }
    }
    Ok(warnings)
}

/// Prints a report and ends as it says: an outcome with a report, or the error of a send that left nothing.
pub fn finish(report: &SendReport, out: &mut Output) -> Result<Done> {
    // Programs find them in the report, and stderr keeps to one line of JSON.
    for warning in report.warnings.iter().filter(|_| !out.format.is_json()) {
        out.warn(warning);
    }
    if let Some(error) = report.failure() {
        return Err(error);
    }
    show::report(report, out)?;
    if report.dry_run
        && let Some(kept) = out.draft.take().and_then(editor::kept)
    {
        out.hint(&kept);
    }
    let done = report.outcome();
    match done {
        Some(Kind::Pending) if report.items.iter().any(|i| i.state == State::Held) => {
            let held = report.items.iter().filter(|i| i.state == State::Held);
            let ids: Vec<_> = held.filter_map(|i| i.id).map(|id| id.to_string()).collect();
            out.hint(&format!(
                "a person lets it go with `comms outbox approve {}`",
                ids.join(" ")
            ));
        }
        Some(Kind::Pending) => {
            out.hint("comms keeps it and tries again: `comms outbox run` sends what is due")
        }
        Some(Kind::Unconfirmed) => {
            let doubtful = |i: &&ItemReport| i.hint.is_some();
            if let Some(hint) = report
                .items
                .iter()
                .find(doubtful)
                .and_then(|i| i.hint.as_deref())
            {
                out.hint(hint);
            }
        }
        Some(Kind::Partial) => out.hint("repeat it only for those who failed: `comms outbox list`"),
        _ => {}
    }
    Ok(done)
}
