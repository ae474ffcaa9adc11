//! The command-line door: clap tree in, documents out. One file per noun.

pub mod alter;
mod approval;
mod audit;
pub mod auth;
mod browser;
mod complete;
pub mod contacts;
pub mod costs;
mod deferred;
pub mod doctor;
mod editor;
pub mod export;
pub mod generate;
mod help;
pub mod import;
pub mod inbox;
pub mod labels;
mod login;
pub mod mark;
pub mod mcp;
pub mod outbox;
pub mod output;
mod pages;
pub mod parse;
pub mod progress;
pub mod prompt;
pub mod purge;
pub mod relocate;
mod roff;
mod rows;
pub mod schema;
pub mod search;
pub mod send;
pub mod serve;
pub mod settings;
pub mod show;
pub mod status;
pub mod sync;
pub mod usage;
pub mod watch;

use std::future::Future;

use clap::{Parser, Subcommand};

use crate::config::flags::GlobalFlags;
use crate::error::{Context, Error, Kind, Result};
use crate::ops::calls::SessionDoor;
use crate::ops::serving::Door;
use crate::ops::{App, Origin, token};
use deferred::Deferred;
use output::Output;

/// How a command ended: `None` is success, else the outcome whose report is already on stdout.
pub type Done = Option<Kind>;

/// Send, read and search messages on every channel
#[derive(Debug, Parser)]
#[command(
    name = "comms",
    version,
    disable_help_subcommand = true,
    help_template = help::TEMPLATE,
    after_help = help::AFTER
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalFlags,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a message
    Send(Deferred<send::SendArgs>),
    /// Answer a message
    Reply(Deferred<send::ReplyArgs>),
    /// Send a message on to someone else
    Forward(Deferred<send::ForwardArgs>),
    /// React to a chat message with an emoji
    React(Deferred<alter::ReactArgs>),
    /// Change the text of a chat message of yours
    Edit(Deferred<alter::EditArgs>),
    /// Delete a chat message of yours for everyone
    Unsend(Deferred<alter::UnsendArgs>),
    /// List, read, mark and fetch messages
    Inbox(Deferred<inbox::InboxArgs>),
    /// Search all messages
    Search(Deferred<search::SearchArgs>),
    /// Log in to accounts
    Auth(Deferred<auth::AuthArgs>),
    /// Show and settle what was or will be sent
    Outbox(Deferred<outbox::OutboxArgs>),
    /// Keep, find and sync contacts
    Contacts(Deferred<contacts::ContactsArgs>),
    /// Show what was spent, and what is left of each cap
    Costs(Deferred<costs::CostsArgs>),
    /// Bring mail in from Maildir, mbox and .eml files
    Import(Deferred<import::ImportArgs>),
    /// Write messages out to mbox, Maildir or JSONL
    Export(Deferred<export::ExportArgs>),
    /// Erase messages from this machine
    Purge(Deferred<purge::PurgeArgs>),
    /// Hear what providers post, send what falls due and fetch mail, in one process
    Serve(Deferred<serve::ServeArgs>),
    /// Answer an agent over stdin and stdout, by the Model Context Protocol
    Mcp(Deferred<mcp::McpArgs>),
    /// Find what is wrong and how to mend it
    Doctor(Deferred<doctor::DoctorArgs>),
    /// Show and check the configuration
    Config(Deferred<settings::ConfigArgs>),
    /// Print JSON Schemas, exit codes, commands and what you may do
    Schema(Deferred<schema::SchemaArgs>),
    /// Print the completion script of a shell
    Completions(Deferred<generate::CompletionsArgs>),
    /// Print or write man pages
    Man(Deferred<generate::ManArgs>),
    /// Offer words to a shell
    #[command(hide = true)]
    CompleteWord(Deferred<complete::CompleteArgs>),
}

impl Command {
    /// Whether it must work even while the config file is broken.
    pub fn works_without_config(&self) -> bool {
        match self {
            Command::Completions(_) | Command::Man(_) => true,
            Command::Schema(Deferred(args)) => args.works_without_config(),
            Command::CompleteWord(_) => true,
            // It tells what is wrong with the file, beside the rest.
            Command::Doctor(_) => true,
            Command::Config(Deferred(args)) => args.works_without_config(),
            _ => false,
        }
    }
}

/// The doors that a command opens beside this one; doors are strangers to each other.
#[derive(Clone, Copy)]
pub struct Doors {
    /// Answers HTTP for `comms serve`.
    pub http: Door,
    /// Describes what is answered there, as OpenAPI.
    pub openapi: fn() -> serde_json::Value,
    /// Speaks MCP over stdin and stdout for `comms mcp`.
    pub mcp: SessionDoor,
}

/// Runs one parsed command.
pub fn dispatch(
    command: Option<Command>,
    (app, doors): (&App, Doors),
    out: &mut Output,
) -> Result<Done> {
    let done = command_of(command, (app, doors), out);
    done.map_err(|error| editor::keep(out.draft.take(), error))
}

fn command_of(
    command: Option<Command>,
    (app, doors): (&App, Doors),
    out: &mut Output,
) -> Result<Done> {
    match command {
        None => status::run(app, out),
        Some(Command::Send(Deferred(args))) => send::send(args, app, out),
        Some(Command::Reply(Deferred(args))) => send::reply(args, app, out),
        Some(Command::Forward(Deferred(args))) => send::forward(args, app, out),
        Some(Command::React(Deferred(args))) => alter::react(args, app, out),
        Some(Command::Edit(Deferred(args))) => alter::edit(args, app, out),
        Some(Command::Unsend(Deferred(args))) => alter::unsend(args, app, out),
        Some(Command::Inbox(Deferred(args))) => inbox::run(args, app, out),
        Some(Command::Search(Deferred(args))) => search::run(args, app, out),
        Some(Command::Auth(Deferred(args))) => auth::run(args, app, out),
        Some(Command::Outbox(Deferred(args))) => outbox::run(args, app, out),
        Some(Command::Contacts(Deferred(args))) => contacts::run(args, app, out),
        Some(Command::Costs(Deferred(args))) => costs::run(args, app, out),
        Some(Command::Import(Deferred(args))) => import::run(args, app, out),
        Some(Command::Export(Deferred(args))) => export::run(args, app, out),
        Some(Command::Purge(Deferred(args))) => purge::run(args, app, out),
        Some(Command::Serve(Deferred(args))) => serve::run(args, app, (out, doors.http)),
        Some(Command::Mcp(Deferred(args))) => mcp::run(args, app, (out, doors.mcp)),
        Some(Command::Doctor(Deferred(args))) => doctor::run(args, app, out),
        Some(Command::Config(Deferred(args))) => settings::run(args, app, out),
        Some(Command::Schema(Deferred(args))) => schema::run(args, app, (out, doors.openapi)),
        Some(Command::Completions(Deferred(args))) => generate::completions(args, out),
        Some(Command::Man(Deferred(args))) => generate::man(args, out),
        Some(Command::CompleteWord(Deferred(args))) => complete::run(args, app, out),
    }
}

/// Who asks: an agent if the environment says so, a person at a terminal, else a script.
pub fn origin(app: &App, out: &Output) -> Origin {
    origin_of(app.config.agent.as_deref(), app.config.scripted, out)
}

/// Who asks, by the agent and the script that the environment names.
pub fn origin_of(agent: Option<&str>, scripted: bool, out: &Output) -> Origin {
    match (agent, scripted) {
        (Some(_), _) => Origin::Agent,
        (None, false) if prompt::can_ask(out) => Origin::Person,
        (None, _) => Origin::Script,
    }
}

/// Runs a future to its end on a runtime made for it; commands that need no network never call this.
pub fn wait<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context(Kind::Internal, "starting the runtime")?;
    token::may_renew();
    let result = runtime.block_on(async {
        tokio::select! {
            // First: what was sent when Ctrl-C came is written down and told before the command ends.
            biased;
            result = future => result,
            _ = tokio::signal::ctrl_c() => Err(Error::new(Kind::Interrupted, "interrupted")),
        }
    });
    // A keyring or resolver thread that hangs must not hold the process.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    result
}
