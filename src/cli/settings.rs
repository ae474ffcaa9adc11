//! `comms config`: where each value comes from, and whether the file is sound.

use clap::{Args, Subcommand};

use crate::error::{Kind, Result};
use crate::ops::App;
use crate::ops::settings::{self, Remark};

use super::Done;
use super::output::{Cell, Column, Output, Style};

#[derive(Debug, Args)]
#[command(after_help = "Example: comms config show --format json")]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: Option<ConfigCommand>,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show each value and where it came from
    #[command(after_help = "Example: comms config show --format plain --fields key,value")]
    Show,
    /// Print the path of the config file
    #[command(after_help = "Example: comms config path")]
    Path,
    /// Check the config file and what it names
    #[command(after_help = "Example: comms config check")]
    Check,
}

impl ConfigArgs {
    /// Whether it must work even while the config file is broken.
    pub fn works_without_config(&self) -> bool {
        matches!(self.command, Some(ConfigCommand::Path))
    }
}

pub fn run(args: ConfigArgs, app: &App, out: &mut Output) -> Result<Done> {
    match args.command.unwrap_or(ConfigCommand::Show) {
        ConfigCommand::Show => show(app, out),
        ConfigCommand::Path => path(app, out),
        ConfigCommand::Check => check(app, out),
    }
}

fn show(app: &App, out: &mut Output) -> Result<Done> {
    let report = settings::show(app);
    let columns = [
        Column {
            field: "key",
            title: "key",
            cell: |s: &settings::Setting, _| Cell::id(&s.key),
            plain: |s| s.key.clone(),
        },
        Column {
            field: "value",
            title: "value",
            cell: |s, _| Cell::plain(&s.value),
            plain: |s| s.value.clone(),
        },
        Column {
            field: "source",
            title: "from",
            cell: |s, _| Cell::new(&s.source, Style::Dim),
            plain: |s| s.source.clone(),
        },
    ];
    out.list(
        "comms.config/1",
        &report,
        "settings",
        &report.settings,
        &columns,
    )?;
    Ok(None)
}

fn path(app: &App, out: &mut Output) -> Result<Done> {
    let report = settings::path(app);
    if out.format.is_json() || out.fields.is_some() {
        out.report("comms.config_path/1", &report, |_| String::new())?;
    } else {
        // For `$EDITOR "$(comms config path)"`: the path alone, in a pipe too.
        out.text(&report.config_file)?;
    }
    Ok(None)
}

fn check(app: &App, out: &mut Output) -> Result<Done> {
    let report = settings::check(app);
    out.report("comms.config_check/1", &report, |out| {
        let mut text = String::new();
        for Remark {
            account,
            problem,
            hint,
        } in &report.remarks
        {
            let bad = out.paint(Style::Bad, "wrong");
            text.push_str(&format!(
                "{bad}  account {account}: {problem}\n       {hint}\n"
            ));
        }
        if report.sound {
            let good = out.paint(Style::Good, "ok");
            text.push_str(&format!("{good}  {}\n", report.config_file));
            if !report.exists {
                text.push_str("    there is no such file; the defaults hold\n");
            }
        }
        text
    })?;
    Ok(if report.sound {
        None
    } else {
        Some(Kind::Config)
    })
}
