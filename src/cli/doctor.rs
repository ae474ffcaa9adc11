//! `comms doctor`.

use clap::Args;

use crate::error::Result;
use crate::format::clean;
use crate::ops::App;
use crate::ops::doctor::{self, Check, DoctorRequest};

use super::Done;
use super::output::{Cell, Column, Format, Output, Style};

#[derive(Debug, Args)]
#[command(
    after_help = "Run it from the caller that fails (cron, a unit, ssh, a subprocess): much of what it looks at differs there.\n\
                  Example: comms doctor --offline"
)]
pub struct DoctorArgs {
    /// Ask no server
    #[arg(long)]
    offline: bool,
    /// Build the search index anew from what was received
    #[arg(long)]
    rebuild_index: bool,
}

pub fn run(args: DoctorArgs, app: &App, out: &mut Output) -> Result<Done> {
    let request = DoctorRequest {
        offline: args.offline,
        rebuild_index: args.rebuild_index,
        origin: super::origin(app, out),
        terminal: super::prompt::can_ask(out),
    };
    let report = super::wait(doctor::doctor(app, request))?;
    if out.format == Format::Table && out.fields.is_none() {
        let text = text(&report.checks, out);
        out.text(&text)?;
        return Ok(report.outcome());
    }
    let columns = [
        Column {
            field: "state",
            title: "",
            cell: |check: &Check, _| Cell::new(&check.state, style(&check.state)),
            plain: |check| check.state.clone(),
        },
        Column {
            field: "name",
            title: "what",
            cell: |check, _| Cell::new(&check.name, Style::Strong),
            plain: |check| check.name.clone(),
        },
        Column {
            field: "detail",
            title: "how it is",
            cell: |check, _| Cell::plain(clean::line(&check.detail)),
            plain: |check| check.detail.clone(),
        },
        Column {
            field: "fix",
            title: "what mends it",
            cell: |check, _| Cell::plain(check.fix.as_deref().map(clean::line).unwrap_or_default()),
            plain: |check| check.fix.clone().unwrap_or_default(),
        },
    ];
    out.list(
        "comms.doctor/1",
        &report,
        "checks",
        &report.checks,
        &columns,
    )?;
    Ok(report.outcome())
}

/// A check per paragraph, in full: what mends a fault must not be cut off.
fn text(checks: &[Check], out: &Output) -> String {
    let widest = |of: fn(&Check) -> &str| {
        let widths = checks.iter().map(|c| console::measure_text_width(of(c)));
        widths.max().unwrap_or(0)
    };
    let state_width = widest(|c| &c.state);
    let name_width = widest(|c| &c.name).min(24);
    let indent = state_width + name_width + 4;
    let mut text = String::new();
    for check in checks {
        let name = clean::line(&check.name);
        let mut lines = wrap(&check.detail, out.width.saturating_sub(indent));
        for (n, line) in wrap(
            check.fix.as_deref().unwrap_or_default(),
            out.width.saturating_sub(indent + 3),
        )
        .into_iter()
        .filter(|line| !line.is_empty())
        .enumerate()
        {
            lines.push(format!("{}{line}", if n == 0 { "-> " } else { "   " }));
        }
        for (n, line) in lines.iter().enumerate() {
            let head = if n == 0 {
                let state =
                    console::pad_str(&check.state, state_width, console::Alignment::Left, None);
                let name = console::pad_str(&name, name_width, console::Alignment::Left, None);
                format!(
                    "{}  {}  ",
                    out.paint(style(&check.state), &state),
                    out.paint(Style::Strong, &name)
                )
            } else {
                " ".repeat(indent)
            };
            text.push_str(format!("{head}{line}").trim_end());
            text.push('\n');
        }
    }
    text
}

/// Cleaned, in lines of at most this width where its words allow it; never narrower than a word or two.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(16);
    let mut lines = vec![String::new()];
    for word in clean::line(text).split(' ') {
        let last = lines.last_mut().expect("there is always a line");
        let needed = console::measure_text_width(last) + 1 + console::measure_text_width(word);
        if last.is_empty() {
            last.push_str(word);
        } else if needed <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn style(state: &str) -> Style {
    match state {
        "ok" => Style::Good,
        "fault" => Style::Bad,
        _ => Style::Dim,
    }
}
