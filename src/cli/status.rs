//! `comms` alone: where things stand, and on a first run how to begin.

use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::status::{AccountStatus, StatusReport, status};

use super::Done;
use super::output::{Output, Style};

pub fn run(app: &App, out: &mut Output) -> Result<Done> {
    let report = status(app)?;
    out.report("comms.status/1", &report, |out| text(&report, out))?;
    Ok(None)
}

fn text(report: &StatusReport, out: &Output) -> String {
    let mut text = String::new();
    if report.first_run {
        text.push_str("comms sends, reads and searches your messages. Nothing is here yet.\n");
    }
    let widest = report
        .accounts
        .iter()
        .map(|a| a.account.len())
        .max()
        .unwrap_or(0);
    for account in report
        .accounts
        .iter()
        .filter(|a| !report.first_run || a.channel.name() != "maildir")
    {
        let name = format!("{:widest$}", account.account);
        text.push_str(&format!(
            "{}  {}\n",
            out.paint(Style::Id, &name),
            line(account, out)
        ));
    }
    let outbox = &report.outbox;
    let counts = [
        (outbox.unconfirmed, "unconfirmed"),
        (outbox.failed, "failed"),
        (outbox.held, "held"),
        (outbox.waiting, "waiting"),
        (outbox.drafts, "drafts"),
    ];
    let counts: Vec<_> = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    if !counts.is_empty() {
        text.push_str(&format!("outbox: {}\n", counts.join(", ")));
    }
    if !report.next.is_empty() {
        text.push('\n');
    }
    for step in &report.next {
        text.push_str(&format!(
            "  {}\n      {}\n",
            step.why,
            out.paint(Style::Strong, &step.command)
        ));
    }
    if report.first_run && !report.config_exists {
        text.push_str(&format!(
            "\nIt asks for what it can't find out and writes {}, for example:\n\n",
            clean::line(&report.config_file)
        ));
        text.push_str(EXAMPLE);
    }
    text
}

const EXAMPLE: &str = "  \
[accounts.work]
  channel = \"imap\"
  address = \"ada@example.com\"
  imap = \"imap.example.com\"
  smtp = \"smtp.example.com\"
";

fn line(account: &AccountStatus, out: &Output) -> String {
    let unread = match account.unread {
        0 => "nothing unread".to_owned(),
        n => out.paint(Style::Strong, &format!("{n} unread")),
    };
    let mut parts = vec![unread, format!("{} messages", account.messages)];
    if account.channel.is_address_book() {
        parts = vec!["contacts only".to_owned()];
    } else if !account.channel.receives() {
        parts = vec!["send only".to_owned()];
    }
    match (account.state.as_str(), account.synced_at) {
        ("failed", _) => {
            let why = account
                .error
                .as_deref()
                .map(clean::line)
                .unwrap_or_default();
            parts.push(out.paint(Style::Bad, &format!("sync failed: {why}")));
        }
        ("never", _) => parts.push("never synced".to_owned()),
        (state @ ("fresh" | "stale"), Some(at)) => {
            let word = if state == "stale" {
                "stale, synced"
            } else {
                "synced"
            };
            parts.push(out.paint(Style::Dim, &format!("{word} {}", out.when(at))));
        }
        _ => {}
    }
    parts.join(", ")
}
