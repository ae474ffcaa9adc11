//! `comms outbox approve`: shows a person all of a held item, then asks for what only someone who looks can give.

use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::id::OutboxId;
use crate::model::policy::Approval;
use crate::ops::App;
use crate::ops::approval::{self, Look};
use crate::ops::send::SendReport;

use super::output::{Output, Style};
use super::{origin, prompt, wait};

/// Shows every item, then asks once for all of them.
pub fn approve(app: &App, ids: &[OutboxId], out: &mut Output) -> Result<SendReport> {
    let mut looks: Vec<Look> = Vec::new();
    for id in ids {
        if looks.iter().all(|known| known.item.id != Some(*id)) {
            looks.push(approval::look(app, origin(app, out), *id)?);
        }
    }
    let by_passphrase = approval::proof(app) == Approval::Passphrase;
    if by_passphrase {
        approval::has_passphrase(app)?;
    }
    for look in &looks {
        show(look, out);
    }
    if by_passphrase {
        if let Some(weakness) = approval::weakness(app) {
            out.warn(weakness);
        }
        let question = "Passphrase of the secrets file, to approve:";
        let typed = prompt::password(out, question, "a terminal")?;
        approval::check_passphrase(app, &typed)?;
    } else {
        ask_code(&looks, out)?;
    }
    wait(approval::approve(app, &looks))
}

fn ask_code(looks: &[Look], out: &Output) -> Result<()> {
    let ids: Vec<_> = looks.iter().filter_map(|look| look.item.id).collect();
    let what = match ids.as_slice() {
        [id] => id.to_string(),
        all => format!("all {} of them", all.len()),
    };
    let code = approval::code()?;
    let question = format!("Type {} to send {what}", out.paint(Style::Strong, &code));
    let typed = prompt::optional(out, &question, "a terminal")?;
    if typed.trim() == code {
        return Ok(());
    }
    let error = Error::usage("that is not the code: nothing was approved");
    Err(match ids.as_slice() {
        [id] => error
            .hint(format!("to put it away: comms outbox reject {id}"))
            .item(*id),
        _ => error,
    })
}

/// On stderr, for stdout may go elsewhere and the question stands there.
fn show(look: &Look, out: &Output) {
    let text = words(look, out);
    let _ = console::Term::stderr().write_line(text.trim_end());
}

/// Recipients that are named once more at the end.
const REPEATED: usize = 20;

/// Everything that would leave: nobody approves what they did not see.
fn words(look: &Look, out: &Output) -> String {
    let item = &look.item;
    let line = |text: &str| clean::line(text);
    let mut text = format!(
        "{} is held by {}\n",
        item.id.map(|id| id.to_string()).unwrap_or_default(),
        line(item.held_by.as_deref().unwrap_or("a rule"))
    );
    if let Some(origin) = &item.origin {
        let by = item
            .asked_by
            .as_deref()
            .map(|by| format!(" ({})", line(by)));
        text.push_str(&format!(
            "  written by: {origin}{}\n",
            by.unwrap_or_default()
        ));
    }
    text.push_str(&format!(
        "  from {} by account {} ({})\n",
        line(&item.from),
        line(&item.account),
        line(&item.channel)
    ));
    let people = || item.recipients.iter().zip(&look.looked_up);
    for (r, looked_up) in people() {
        let name = r.name.as_deref().map(line).unwrap_or_default();
        text.push_str(&format!(
            "  {:3} {} {name}\n",
            r.place.name(),
            address(&r.email, looked_up.as_deref())
        ));
    }
    text.push_str(&format!("  subject: {}\n", line(&item.subject)));
    for a in &item.attachments {
        text.push_str(&format!(
            "  attached: {} ({}, {} bytes)\n",
            line(&a.name),
            line(&a.media_type),
            a.size_bytes
        ));
    }
    text.push_str(&format!("  {} bytes in all\n", item.size_bytes));
    if let Some(at) = item.next_at {
        text.push_str(&format!("  goes {}\n", out.when(at)));
    }
    if let Some(rendered) = &item.rendered {
        text.push_str(&format!(
            "\n{}\n{}\n",
            clean::text(&rendered.headers),
            clean::text(&rendered.text)
        ));
    }
    if let Some(says) = &look.html_says {
        text.push_str(&format!(
            "\nWhat the HTML says, which mail programs show instead:\n\n{}\n",
            clean::text(says)
        ));
    }
    let pings = item.rendered.iter().flat_map(|rendered| &rendered.pings);
    for (title, all) in [
        ("It calls", pings.collect::<Vec<_>>()),
        ("With it goes", look.beside.iter().collect()),
        (
            "Mail programs may fetch, unasked",
            look.html_fetches.iter().collect(),
        ),
    ] {
        if !all.is_empty() {
            text.push_str(&format!("\n{title}:\n"));
        }
        for one in all {
            text.push_str(&format!("  {}\n", line(one)));
        }
    }
    // Once more below what its writer wrote, which may be long, and look like what stands above.
    let goes = people().map(|(r, looked_up)| address(&r.email, looked_up.as_deref()));
    let mut goes: Vec<String> = goes.take(REPEATED).collect();
    if let more @ 1.. = item.recipients.len().saturating_sub(REPEATED) {
        goes.push(format!("{more} more"));
    }
    text.push_str(&format!("\nAll of this goes to {}\n", goes.join(", ")));
    text
}

/// An address, and where it is looked up if letters of it are not what they look like.
fn address(email: &str, looked_up: Option<&str>) -> String {
    let email = clean::line(email);
    match looked_up {
        Some(ascii) => format!("{email} (that is {})", clean::line(ascii)),
        None => email,
    }
}
