//! `comms inbox`.

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::ops::App;

use super::output::Output;
use super::{Done, show, sync, watch};

#[derive(Debug, Args)]
pub struct InboxArgs {
    #[command(subcommand)]
    command: Option<InboxCommand>,
}

#[derive(Debug, Subcommand)]
pub enum InboxCommand {
    /// Read a message
    Show(show::ShowArgs),
    /// Read all messages of a thread, oldest first
    Thread(show::ThreadArgs),
    /// Save attachments or the message itself
    Save(show::SaveArgs),
    /// Fetch what is new and tell servers what changed here
    Sync(sync::SyncArgs),
    /// Print each new message as it comes
    Watch(watch::WatchArgs),
}

pub fn run(args: InboxArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command {
        Some(InboxCommand::Show(args)) => show::show(args, app, out),
        Some(InboxCommand::Thread(args)) => show::thread(args, app, out),
        Some(InboxCommand::Save(args)) => show::save(args, app, out),
        Some(InboxCommand::Sync(args)) => sync::run(args, app, out),
        Some(InboxCommand::Watch(args)) => watch::run(args, app, out),
        None => todo!(),
    }
}
