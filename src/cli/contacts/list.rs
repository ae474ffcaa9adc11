//! `comms contacts list` and `history`.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::Done;
use crate::cli::output::{Cell, Column, Format, Output, Style};
use crate::cli::pages::Pages;
use crate::error::{Kind, Result};
use crate::format::clean;
use crate::model::contact::{AddressKind, Contact};
use crate::model::id::ContactId;
use crate::ops::App;
use crate::ops::contacts::list::{self, ContactRow, ListRequest, PastRow};
use crate::ops::contacts::who;

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those in this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Only those that this account has, too
    #[arg(long, value_name = "ACCOUNT")]
    source: Option<String>,
    /// Only those with such an address: email, phone, whatsapp, slack or chat
    #[arg(long, value_name = "KIND", hide_possible_values = true,
          value_parser = PossibleValuesParser::new(["email", "phone", "whatsapp", "slack", "chat"]))]
    has: Option<String>,
    /// Show at most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Show the page after this cursor (`next` of the page before)
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// End with exit code 5 if there is none
    #[arg(long)]
    fail_empty: bool,
}

pub fn list(args: ListArgs, app: &App, out: &mut Output) -> Result<Done> {
    let filtered = args.group.is_some() || args.source.is_some() || args.has.is_some();
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut pages = Pages::of(limit, out);
    let mut request = ListRequest {
        group: args.group,
        source: args.source,
        has: args.has.as_deref().and_then(AddressKind::named),
        limit: pages.size(),
        after: args.after,
    };
    let mut report = list::list(app, &request)?;
    let empty = report.contacts.is_empty();
    loop {
        out.list(
            "comms.contacts/1",
            &report,
            "contacts",
            &report.contacts,
            &columns(),
        )?;
        let more = report.next.is_some();
        if !more || !pages.go_on(report.contacts.len(), out)? {
            break;
        }
        request.after = report.next;
        request.limit = pages.size();
        report = list::list(app, &request)?;
    }
    if out.format == Format::Table {
        match (&report.next, empty) {
            (Some(next), _) => out.hint(&format!("there are more: add --after {next}")),
            (None, true) if filtered => out.hint("no contact fits"),
            (None, true) => {
                out.hint("no contacts yet: `comms contacts add Ada ada@example.com` makes one");
            }
            _ => {}
        }
    }
    Ok((args.fail_empty && empty).then_some(Kind::NotFound))
}

fn columns() -> Vec<Column<ContactRow>> {
    vec![
        Column {
            field: "id",
            title: "id",
            cell: |c: &ContactRow, _| Cell::id(c.contact.id),
            plain: |c| c.contact.id.to_string(),
        },
        Column {
            field: "name",
            title: "name",
            cell: |c, _| Cell::new(clean::line(c.contact.card.label()), Style::Strong),
            plain: |c| c.contact.card.name.clone(),
        },
        Column {
            field: "addresses",
            title: "addresses",
            cell: |c, _| Cell::plain(clean::line(&addresses(c))),
            plain: |c| list::addresses(&c.contact).join(","),
        },
        Column {
            field: "preferred",
            title: "via",
            cell: |c, _| Cell::plain(via(&c.contact)),
            plain: |c| via(&c.contact).to_owned(),
        },
        Column {
            field: "groups",
            title: "groups",
            cell: |c, _| Cell::new(clean::line(&groups(&c.contact)), Style::Dim),
            plain: |c| c.contact.card.groups.join(","),
        },
    ]
}

fn via(contact: &Contact) -> &'static str {
    contact.card.preferred.map(|v| v.name()).unwrap_or_default()
}

fn groups(contact: &Contact) -> String {
    let all = contact.card.groups.iter().map(|g| format!("@{g}"));
    all.collect::<Vec<_>>().join(" ")
}

/// The first two, and how many more there are.
fn addresses(row: &ContactRow) -> String {
    let all = list::addresses(&row.contact);
    let told = all.iter().take(2).map(|address| {
        let out = row.opted_out.contains(address);
        format!("{address}{}", if out { " (opted out)" } else { "" })
    });
    let mut text = told.collect::<Vec<_>>().join(", ");
    if all.len() > 2 {
        text.push_str(&format!(" +{}", all.len() - 2));
    }
    text
}

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only this one: an id (c9), also of one that was removed, or a name
    contact: Option<String>,
    /// Show at most this many lines
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub fn history(args: HistoryArgs, app: &App, out: &mut Output) -> Result<Done> {
    let of = match &args.contact {
        None => None,
        Some(asked) => match asked.parse::<ContactId>() {
            Ok(id) => Some(id),
            Err(_) => Some(who::contact(app, asked)?.id),
        },
    };
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let report = list::history(app, of, limit)?;
    out.list(
        "comms.contact_history/1",
        &report,
        "changes",
        &report.changes,
        &history_columns(),
    )?;
    if out.format == Format::Table && report.changes.is_empty() {
        out.hint("no contact was ever changed here");
    }
    Ok(None)
}

fn history_columns() -> Vec<Column<PastRow>> {
    vec![
        Column {
            field: "change",
            title: "change",
            cell: |p: &PastRow, _| Cell::id(p.past.change),
            plain: |p| p.past.change.to_string(),
        },
        Column {
            field: "at",
            title: "when",
            cell: |p, out| Cell::new(out.when(p.past.at), Style::Dim),
            plain: |p| p.past.at.to_string(),
        },
        Column {
            field: "contact",
            title: "id",
            cell: |p, _| Cell::id(p.past.contact),
            plain: |p| p.past.contact.to_string(),
        },
        Column {
            field: "name",
            title: "name",
            cell: |p, _| Cell::plain(clean::line(&p.name)),
            plain: |p| p.name.clone(),
        },
        Column {
            field: "what",
            title: "what",
            cell: |p, _| Cell::plain(clean::line(&p.past.what)),
            plain: |p| p.past.what.clone(),
        },
        Column {
            field: "by",
            title: "by",
            cell: |p, _| Cell::plain(clean::line(&p.past.by)),
            plain: |p| p.past.by.clone(),
        },
        Column {
            field: "fields",
            title: "fields",
            cell: |p, _| Cell::new(clean::line(&fields(p)), Style::Dim),
            plain: fields,
        },
    ]
}

fn fields(row: &PastRow) -> String {
    let lost = row.past.lost.iter();
    let lost = lost.map(|l| format!("{} `{}` of {} gave way", l.field, l.value, l.side));
    let all = row.fields.iter().cloned().chain(lost);
    all.collect::<Vec<_>>().join(", ")
}
