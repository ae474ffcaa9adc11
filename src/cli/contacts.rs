//! `comms contacts`. One file per command.

mod optout;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::ops::App;

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
#[command(after_help = "Example: comms contacts optout ada@example.com")]
pub struct ContactsArgs {
    #[command(subcommand)]
    command: ContactsCommand,
}

#[derive(Debug, Subcommand)]
enum ContactsCommand {
    /// Send nothing more to these, on any channel
    #[command(
        after_help = "Examples:\n  comms contacts optout ada@example.com --why 'asked on the phone'\n  comms contacts optout --list"
    )]
    Optout(optout::OptoutArgs),
}

pub fn run(args: ContactsArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command {
        ContactsCommand::Optout(args) => optout::run(args, app, out),
    }
}
