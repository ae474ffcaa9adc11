//! `comms contacts show`.

use clap::Args;

use crate::cli::Done;
use crate::cli::output::{Output, Style};
use crate::cli::send::window_words;
use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::contacts::show::{self, ContactReport};
use crate::ops::contacts::{list, who};

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// An id (c9), a name or an address
    contact: String,
}

pub fn run(args: ShowArgs, app: &App, out: &mut Output) -> Result<Done> {
    let report = show::show(app, who::contact(app, &args.contact)?)?;
    out.report("comms.contact/1", &report, |out| text(&report, out))?;
    Ok(None)
}

fn text(report: &ContactReport, out: &Output) -> String {
    let card = &report.contact.card;
    let name = out.paint(Style::Strong, &clean::line(card.label()));
    let mut text = format!(
        "{}  {name}\n",
        out.paint(Style::Id, &report.contact.id.to_string())
    );
    let mut line = |title: &str, value: &str| {
        let mut lines = value.lines().map(clean::line);
        if let Some(first) = lines.next().filter(|_| !value.trim().is_empty()) {
            text.push_str(&format!("  {title:<13}{first}\n"));
            for more in lines {
                text.push_str(&format!("  {:<13}{more}\n", ""));
            }
        }
    };
    for (field, value) in list::fields(&report.contact) {
        match field {
            "name" | "addresses" | "groups" => {}
            "notes" | "nicknames" | "organization" | "title" | "zone" | "birthday" | "urls"
            | "preferred" | "phonetic" => line(field, &value),
            // The parts of the name say nothing beside it.
            _ => {}
        }
    }
    let groups = card.groups.iter().map(|g| format!("@{g}"));
    line("groups", &groups.collect::<Vec<_>>().join(" "));
    line("sources", &report.contact.sources.join(", "));
    text.push('\n');
    for (typed, shown) in list::addresses(&report.contact)
        .iter()
        .zip(list::addresses_shown(&report.contact))
    {
        let out_of = report.opted_out.contains(typed);
        let mark = if out_of {
            out.paint(Style::Bad, "  opted out")
        } else {
            String::new()
        };
        text.push_str(&format!("  {}{mark}\n", clean::line(&shown)));
    }
    for (address, window) in &report.windows {
        text.push_str(&format!(
            "  {}: {}\n",
            clean::line(address),
            clean::line(&window_words(window, out))
        ));
    }
    if !report.messages.is_empty() {
        text.push('\n');
    }
    for message in &report.messages {
        let at = message.sent_at.unwrap_or(message.received_at);
        text.push_str(&format!(
            "  {}  {}  {}\n",
            out.paint(Style::Id, &message.id.to_string()),
            out.paint(Style::Dim, &out.when(at)),
            crate::cli::rows::subject(message)
        ));
    }
    text
}
