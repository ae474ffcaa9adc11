//! How sends and outbox items read: for people as lines, for pipes as rows.

use crate::error::Result;
use crate::format::clean;
use crate::model::account::ChannelKind;
use crate::model::outbox::{RecipientState, State};
use crate::ops::send::{ItemReport, SendReport};

use super::{cost, whatsapp};

use super::super::output::{Cell, Column, Format, Output, Style};

/// Prints what a send came to.
pub fn report(report: &SendReport, out: &mut Output) -> Result<()> {
    if let Some(s) = report.suppressed.as_ref().filter(|_| !out.format.is_json()) {
        out.warn(&format!(
            "not sent: it repeats `{}` of {} ({} so far); the next goes from {} on",
            clean::line(&s.key),
            out.when(s.since),
            s.count,
            out.when(s.until)
        ));
        return Ok(());
    }
    if out.format == Format::Table && out.fields.is_none() {
        let text: String = report.items.iter().map(|i| item_text(i, out)).collect();
        return out.text(&text);
    }
    out.list("comms.send/1", report, "items", &report.items, &columns())
}

/// The columns of a list of items.
pub fn columns() -> [Column<ItemReport>; 7] {
    [
        Column {
            field: "id",
            title: "ID",
            cell: |i, _| Cell::id(id(i)),
            plain: id,
        },
        Column {
            field: "state",
            title: "STATE",
            cell: |i, _| Cell::new(i.state.name(), style(i.state)),
            plain: |i| i.state.name().to_owned(),
        },
        Column {
            field: "account",
            title: "ACCOUNT",
            cell: |i, _| Cell::plain(clean::line(&i.account)),
            plain: |i| i.account.clone(),
        },
        Column {
            field: "recipients",
            title: "TO",
            cell: |i, _| Cell::plain(short_recipients(i)),
            plain: |i| {
                let all: Vec<_> = i.recipients.iter().map(|r| r.email.as_str()).collect();
                all.join(", ")
            },
        },
        Column {
            field: "subject",
            title: "SUBJECT",
            cell: |i, _| Cell::plain(clean::line(&i.subject)),
            plain: |i| i.subject.clone(),
        },
        Column {
            field: "next_at",
            title: "NEXT TRY",
            cell: |i, out| {
                Cell::new(
                    i.next_at.map_or(String::new(), |at| out.when(at)),
                    Style::Dim,
                )
            },
            plain: |i| i.next_at.map_or(String::new(), |at| at.to_string()),
        },
        Column {
            field: "error",
            title: "WHY",
            cell: |i, _| {
                let why = i.held_by.as_deref().or(i.error.as_deref());
                Cell::plain(clean::line(why.unwrap_or_default()))
            },
            plain: |i| i.error.clone().unwrap_or_default(),
        },
    ]
}

fn id(item: &ItemReport) -> String {
    item.id.map_or("-".to_owned(), |id| id.to_string())
}

fn short_recipients(item: &ItemReport) -> String {
    let first = item.recipients.first().map_or("", |r| r.email.as_str());
    match item.recipients.len() {
        0 | 1 => clean::line(first),
        n => format!("{} +{}", clean::line(first), n - 1),
    }
}

fn style(state: State) -> Style {
    match state {
        State::Sent | State::Delivered | State::Read => Style::Good,
        State::Failed | State::Unconfirmed | State::Undelivered => Style::Bad,
        State::Cancelled => Style::Dim,
        _ => Style::Normal,
    }
}

/// Recipients shown one by one; more are counted.
const SHOWN: usize = 20;

/// One item for a person.
pub fn item_text(item: &ItemReport, out: &Output) -> String {
    let is_mail = is_mail(item);
    let subject = match item.subject.as_str() {
        "" if is_mail => ": (no subject), from".to_owned(),
        "" => " from".to_owned(),
        subject => format!(": {}, from", clean::line(subject)),
    };
    let head = match item.id {
        Some(id) => format!(
            "{} {}",
            out.paint(Style::Id, &id.to_string()),
            out.paint(style(item.state), item.state.name())
        ),
        None => match item.state {
            State::Held => "would be held".to_owned(),
            State::Draft => "would be kept as a draft".to_owned(),
            _ => "would leave".to_owned(),
        },
    };
    let mut text = format!(
        "{head}{subject} {} by account {}\n",
        clean::line(&item.from),
        clean::line(&item.account)
    );
    let troubled = |s: RecipientState| {
        matches!(
            s,
            RecipientState::Failed | RecipientState::Unconfirmed | RecipientState::Waiting
        )
    };
    let (first, rest): (Vec<_>, Vec<_>) = item
        .recipients
        .iter()
        .partition(|r| item.recipients.len() <= SHOWN || troubled(r.state) && item.id.is_some());
    for r in first.iter().take(200) {
        let words = r
            .words
            .as_deref()
            .map(|w| format!("  {}", clean::line(w)))
            .unwrap_or_default();
        let state = if item.id.is_none() {
            r.place.name()
        } else {
            r.state.name()
        };
        text.push_str(&format!("  {state:11} {}{words}\n", clean::line(&r.email)));
    }
    let more = rest.len() + first.len().saturating_sub(200);
    if more > 0 {
        text.push_str(&format!("  and {more} more recipients\n"));
    }
    for a in &item.attachments {
        text.push_str(&format!(
            "  attached    {} ({}, {} bytes)\n",
            clean::line(&a.name),
            a.media_type,
            a.size_bytes
        ));
    }
    cost::text(&mut text, item, out);
    if let Some(window) = &item.window {
        text.push_str(&format!(
            "  window      {}\n",
            whatsapp::window(window, out)
        ));
    }
    if let Some(at) = item.next_at {
        text.push_str(&format!("  next try    {}\n", out.when(at)));
    }
    if let Some(from) = &item.moved_from {
        text.push_str(&format!("  moved from  account {}\n", clean::line(from)));
    }
    if let Some(rule) = &item.held_by {
        text.push_str(&format!("  held by     {}\n", clean::line(rule)));
    }
    if let Some(error) = item.error.as_deref().filter(|_| item.state != State::Sent) {
        text.push_str(&format!("  because     {}\n", clean::line(error)));
    }
    for attempt in &item.attempts {
        text.push_str(&format!(
            "  {:11} {}  {}\n",
            out.when(attempt.at),
            attempt.outcome,
            clean::line(&attempt.words)
        ));
    }
    if item.rendered.is_some()
        && let Some(id) = item.id
    {
        for way in ways(item, &id.to_string()) {
            text.push_str(&format!("  next        {way}\n"));
        }
    }
    if let Some(rendered) = &item.rendered {
        if rendered.parts > 1 {
            text.push_str(&format!("  goes as     {} messages\n", rendered.parts));
        }
        for url in &rendered.media {
            text.push_str(&format!("  media       {}\n", clean::line(url)));
        }
        if !rendered.pings.is_empty() {
            let pings = clean::line(&rendered.pings.join(", "));
            text.push_str(&format!("  calls       {pings}\n"));
        }
        let size = match is_mail {
            true => format!("{} bytes", item.size_bytes),
            false => format!("{} characters", rendered.text.trim_end().chars().count()),
        };
        let headers = clean::text(&rendered.headers);
        let apart = if headers.is_empty() { "" } else { "\n" };
        text.push_str(&format!(
            "\n{headers}{apart}{}\n\n{size}\n",
            clean::text(rendered.text.trim_end())
        ));
    }
    text
}

fn is_mail(item: &ItemReport) -> bool {
    ChannelKind::named(&item.channel).is_none_or(ChannelKind::is_mail)
}

/// What a person can do about an item in this state.
fn ways(item: &ItemReport, id: &str) -> Vec<String> {
    let of = |ways: &[(&str, &str)]| {
        ways.iter()
            .map(|(way, what)| format!("comms outbox {way:24} {what}"))
            .map(|line| line.replace(" ID", &format!(" {id}")))
            .collect::<Vec<_>>()
    };
    match item.state {
        State::Draft => of(&[
            ("retry ID", "sends it"),
            ("edit ID", "changes it"),
            ("cancel ID", "puts it away"),
        ]),
        State::Held => of(&[
            ("approve ID", "lets it go; at a terminal"),
            ("reject ID", "puts it away"),
        ]),
        State::Ready => of(&[("retry ID", "sends it now"), ("cancel ID", "takes it back")]),
        State::Unconfirmed => {
            let look = match is_mail(item) {
                true => format!(
                    "look for Message-ID {} in Sent, or ask who should have it",
                    clean::line(&item.message_id)
                ),
                false => "look in the conversation, or ask who should have it".to_owned(),
            };
            let mut ways = vec![look];
            ways.extend(of(&[
                ("resolve ID --sent", "it is there: nothing more is sent"),
                ("resolve ID --not-sent", "it never came; then retry it"),
            ]));
            ways
        }
        // It was handed over: what was lost on the way is not repeated behind anybody's back.
        State::Undelivered => Vec::new(),
        State::Failed => of(&[
            ("retry ID", "tries again, when the reason is mended"),
            ("cancel ID", "puts it away"),
        ]),
        State::Sending | State::Sent | State::Cancelled | State::Delivered | State::Read => {
            Vec::new()
        }
    }
}
