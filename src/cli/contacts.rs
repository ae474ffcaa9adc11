//! `comms contacts`. One file per command.

mod add;
mod dedupe;
mod edit;
mod export;
mod fields;
mod find;
mod group;
mod import;
mod list;
mod optout;
mod remove;
mod show;
mod sync;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::ops::App;

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
#[command(after_help = "Example: comms contacts add Ada Lovelace ada@example.com +14155550100")]
pub struct ContactsArgs {
    #[command(subcommand)]
    command: ContactsCommand,
}

#[derive(Debug, Subcommand)]
enum ContactsCommand {
    /// List contacts
    #[command(
        after_help = "Examples:\n  comms contacts list --group team\n  comms contacts list --has phone --format jsonl"
    )]
    List(list::ListArgs),
    /// Show one contact: addresses, groups, sources, and the last messages
    #[command(after_help = "Example: comms contacts show Ada")]
    Show(show::ShowArgs),
    /// Find people by a name as you remember it, also among those known only from messages
    #[command(
        after_help = "Examples:\n  comms contacts find jon smiht\n  comms contacts find --explain bob johnson"
    )]
    Find(find::FindArgs),
    /// Add a contact, or many as JSON
    #[command(
        after_help = "Examples:\n  comms contacts add Ada Lovelace ada@example.com +14155550100 --nickname ada --org 'Analytical Engines' --via sms\n  comms contacts add --from m1423 @team\n  comms contacts add --json-file people.jsonl"
    )]
    Add(Box<add::AddArgs>),
    /// Change a contact; without flags, as a text in your editor
    #[command(
        after_help = "Examples:\n  comms contacts edit Ada --add-address 'ada@example.org (home)' --via email\n  comms contacts edit c9 --json-file patch.json"
    )]
    Edit(Box<edit::EditArgs>),
    /// Remove contacts; `undo` brings them back
    #[command(after_help = "Example: comms contacts remove c9")]
    Remove(remove::RemoveArgs),
    /// Make one contact of several; the first stays and takes in the others
    #[command(after_help = "Example: comms contacts merge c9 c12")]
    Merge(remove::MergeArgs),
    /// Find contacts that are likely one person; join those you pick
    #[command(
        after_help = "Examples:\n  comms contacts dedupe\n  comms contacts dedupe --apply c1+c7 --apply c3+c12"
    )]
    Dedupe(dedupe::DedupeArgs),
    /// Keep groups: `send @team` goes to everybody in one
    #[command(after_help = "Example: comms contacts group create team Ada Bob")]
    Group(group::GroupArgs),
    /// Show what was changed, when and by whom
    #[command(after_help = "Example: comms contacts history Ada")]
    History(list::HistoryArgs),
    /// Take a change back
    #[command(after_help = "Examples:\n  comms contacts undo\n  comms contacts undo 12")]
    Undo(remove::UndoArgs),
    /// Bring contacts here and in address books elsewhere together
    #[command(
        after_help = "Examples:\n  comms contacts sync\n  comms contacts sync work --plan\n  comms contacts sync --apply p3"
    )]
    Sync(sync::SyncArgs),
    /// Bring contacts in from vCard and CSV files
    ///
    /// Reads vCards of every version and the CSV exports of Google and Outlook. Importing the same file again changes
    /// nothing; a newer one changes what it says otherwise, except what was changed here. A card that shares an
    /// address with a contact, and whose name agrees, is joined to it.
    #[command(
        after_help = "Examples:\n  comms contacts import contacts.vcf --dry-run\n  comms contacts import google.csv --group friends --region US"
    )]
    Import(import::ImportArgs),
    /// Write contacts out as vCards, CSV or JSON lines
    ///
    /// Photos, postal addresses and whatever else came with a contact are kept in its vCard. Everybody is written
    /// unless some are named.
    #[command(
        after_help = "Examples:\n  comms contacts export --to all.vcf\n  comms contacts export @team c9 --as csv"
    )]
    Export(export::ExportArgs),
    /// Send nothing more to these, on any channel
    #[command(
        after_help = "Examples:\n  comms contacts optout ada@example.com --why 'asked on the phone'\n  comms contacts optout --list"
    )]
    Optout(optout::OptoutArgs),
}

pub fn run(args: ContactsArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command {
        ContactsCommand::List(args) => list::list(args, app, out),
        ContactsCommand::Show(args) => show::run(args, app, out),
        ContactsCommand::Find(args) => find::run(args, app, out),
        ContactsCommand::Add(args) => add::run(*args, app, out),
        ContactsCommand::Edit(args) => edit::run(*args, app, out),
        ContactsCommand::Remove(args) => remove::remove(args, app, out),
        ContactsCommand::Merge(args) => remove::merge(args, app, out),
        ContactsCommand::Dedupe(args) => dedupe::run(args, app, out),
        ContactsCommand::Group(args) => group::run(args, app, out),
        ContactsCommand::History(args) => list::history(args, app, out),
        ContactsCommand::Undo(args) => remove::undo(args, app, out),
        ContactsCommand::Sync(args) => sync::run(args, app, out),
        ContactsCommand::Export(args) => export::run(args, app, out),
        ContactsCommand::Import(args) => import::run(args, app, out),
        ContactsCommand::Optout(args) => optout::run(args, app, out),
    }
}
