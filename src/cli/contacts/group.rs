//! `comms contacts group`.

use clap::{Args, Subcommand};

use crate::cli::output::{Cell, Column, Format, Output, Style};
use crate::cli::{Done, origin, prompt};
use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::ops::contacts::group::{self, GroupChange, GroupRow, MemberRow};
use crate::ops::{App, Origin};

#[derive(Debug, Args)]
pub struct GroupArgs {
    #[command(subcommand)]
    command: GroupCommand,
}

#[derive(Debug, Subcommand)]
enum GroupCommand {
    /// List the groups
    #[command(after_help = "Example: comms contacts group list")]
    List,
    /// Show who is in a group
    #[command(after_help = "Example: comms contacts group show team")]
    Show {
        /// The group
        name: String,
    },
    /// Make a group
    #[command(
        after_help = "Example: comms contacts group create team Ada c9 @board carol@example.com"
    )]
    Create {
        /// One word; people write it as @name
        name: String,
        /// Contacts (c9, a name), other @groups, and addresses
        #[arg(value_name = "MEMBER")]
        members: Vec<String>,
    },
    /// Put contacts, groups and addresses into a group
    #[command(after_help = "Example: comms contacts group add team Ada @board")]
    Add {
        /// The group
        name: String,
        /// Contacts (c9, a name), other @groups, and addresses
        #[arg(value_name = "MEMBER", required = true)]
        members: Vec<String>,
    },
    /// Take contacts, groups and addresses out of a group
    #[command(after_help = "Example: comms contacts group remove team Ada")]
    Remove {
        /// The group
        name: String,
        /// Contacts (c9, a name), other @groups, and addresses
        #[arg(value_name = "MEMBER", required = true)]
        members: Vec<String>,
    },
    /// Give a group another name
    #[command(after_help = "Example: comms contacts group rename team crew")]
    Rename {
        /// The group
        old: String,
        /// Its new name
        new: String,
    },
    /// Forget a group; who is in it stays
    #[command(after_help = "Example: comms contacts group delete team")]
    Delete {
        /// The group
        name: String,
        /// Forget it without asking
        #[arg(long)]
        yes: bool,
    },
}

pub fn run(args: GroupArgs, app: &App, out: &mut Output) -> Result<Done> {
    let by = origin(app, out);
    let change = match args.command {
        GroupCommand::List => return list(app, out),
        GroupCommand::Show { name } => return show(app, &name, out),
        GroupCommand::Create { name, members } => group::create(app, by, (&name, &members))?,
        GroupCommand::Add { name, members } => group::add(app, by, (&name, &members))?,
        GroupCommand::Remove { name, members } => group::remove(app, by, (&name, &members))?,
        GroupCommand::Rename { old, new } => group::rename(app, by, (&old, &new))?,
        GroupCommand::Delete { name, yes } => {
            let members = group::show(app, &name)?.members.len();
            if !yes && members > 0 && by != Origin::Agent {
                let question = format!(
                    "Forget the group @{} with {members} in it?",
                    clean::line(&name)
                );
                if !prompt::confirm(out, &question, "--yes")? {
                    return Err(Error::new(Kind::Interrupted, "nothing was changed"));
                }
            }
            group::delete(app, by, &name)?
        }
    };
    out.report("comms.group_change/1", &change, |_| text(&change))?;
    Ok(None)
}

fn text(change: &GroupChange) -> String {
    let mut text = format!(
        "@{} {}",
        clean::line(&change.name),
        match change.change {
            "same" => "is as it was",
            other => other,
        }
    );
    if change.change != "deleted" {
        text.push_str(&format!(", it reaches {}", change.reaches));
    }
    text.push('\n');
    for (mark, list) in [("+", &change.added), ("-", &change.removed)] {
        for who in list {
            text.push_str(&format!("  {mark} {}\n", clean::line(who)));
        }
    }
    text
}

fn list(app: &App, out: &mut Output) -> Result<Done> {
    let report = group::list(app)?;
    let columns = [
        Column {
            field: "name",
            title: "group",
            cell: |g: &GroupRow, _| Cell::new(format!("@{}", clean::line(&g.name)), Style::Strong),
            plain: |g| g.name.clone(),
        },
        Column {
            field: "reaches",
            title: "reaches",
            cell: |g, _| Cell::plain(g.reaches.to_string()),
            plain: |g| g.reaches.to_string(),
        },
        Column {
            field: "contacts",
            title: "contacts",
            cell: |g, _| Cell::plain(g.contacts.to_string()),
            plain: |g| g.contacts.to_string(),
        },
        Column {
            field: "members",
            title: "groups and addresses",
            cell: |g, _| Cell::new(clean::line(&g.members.join(" ")), Style::Dim),
            plain: |g| g.members.join(","),
        },
    ];
    out.list(
        "comms.groups/1",
        &report,
        "groups",
        &report.groups,
        &columns,
    )?;
    if out.format == Format::Table && report.groups.is_empty() {
        out.hint("no groups yet: `comms contacts group create team` makes one");
    }
    Ok(None)
}

fn show(app: &App, name: &str, out: &mut Output) -> Result<Done> {
    let report = group::show(app, name)?;
    let columns = [
        Column {
            field: "contact",
            title: "id",
            cell: |m: &MemberRow, _| {
                Cell::id(m.contact.map(|id| id.to_string()).unwrap_or_default())
            },
            plain: |m| m.contact.map(|id| id.to_string()).unwrap_or_default(),
        },
        Column {
            field: "name",
            title: "member",
            cell: |m, _| Cell::new(clean::line(&m.name), Style::Strong),
            plain: |m| m.name.clone(),
        },
        Column {
            field: "address",
            title: "address",
            cell: |m, _| {
                Cell::plain(clean::line(
                    m.address
                        .as_deref()
                        .filter(|a| *a != m.name)
                        .unwrap_or_default(),
                ))
            },
            plain: |m| m.address.clone().unwrap_or_default(),
        },
    ];
    out.list(
        "comms.group/1",
        &report,
        "members",
        &report.members,
        &columns,
    )?;
    if out.format == Format::Table {
        out.hint(&format!(
            "a message to @{} goes to {}",
            report.name, report.reaches
        ));
    }
    Ok(None)
}
