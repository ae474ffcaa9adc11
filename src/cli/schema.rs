//! `comms schema`: JSON Schemas of all documents, exit codes and the command tree, for programs and agents.

mod documents;
mod tree;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::model::policy::{Approval, Rules};
use crate::ops::App;
use crate::ops::policy::{self, PolicyReport};

use super::output::{Cell, Column, Format, Output, Style};
use super::{Done, origin};

use documents::Document;
use tree::{CommandLine, CommandNode};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  comms schema --policy              # who comms takes you for, and what you may do\n  comms schema --commands            # every command on a line\n  comms schema --commands outbox     # the same with its flags\n  comms schema --codes               # what each exit code asks of you\n  comms schema inbox                 # the JSON Schema of comms inbox --json\n  comms schema --json | jq .exit_codes"
)]
pub struct SchemaArgs {
    /// Print only the JSON Schema of this document (inbox, comms.inbox/1), or `openapi`: the HTTP API; with --commands only the commands below it
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Tell who this process is taken for, what becomes of what it sends, and from which accounts
    #[arg(long, conflicts_with_all = ["name", "commands", "codes"])]
    policy: bool,
    /// List the commands, a line each
    #[arg(long, conflicts_with = "codes")]
    commands: bool,
    /// List the exit codes
    #[arg(long, conflicts_with = "name")]
    codes: bool,
}

impl SchemaArgs {
    /// Whether it must work even while the config file is broken: all but the policy, which stands in it.
    pub fn works_without_config(&self) -> bool {
        !self.policy
    }
}

/// Everything a program needs to know to call comms.
#[derive(Debug, Serialize, JsonSchema)]
struct SchemaReport {
    version: &'static str,
    exit_codes: Vec<ExitCode>,
    documents: Vec<Document>,
    /// The command tree from `comms` down.
    commands: CommandNode,
    policy: Policy,
}

/// A row of the exit-code table.
#[derive(Debug, Serialize, JsonSchema)]
struct ExitCode {
    exit: u8,
    /// The `code` of a JSON error; null for success.
    code: Option<&'static str>,
    meaning: &'static str,
}

/// What holds for whom.
#[derive(Debug, Serialize, JsonSchema)]
struct Policy {
    /// What becomes of a message where no other rule speaks.
    person: &'static str,
    script: &'static str,
    agent: &'static str,
    /// All rules of each origin.
    rules: Vec<Rules>,
    /// What a person has to give to approve.
    approval: Approval,
    read_only: bool,
    /// What holds for this process now; null while the config file is broken.
    now: Option<PolicyReport>,
}

/// What each exit code asks of the caller.
#[derive(Debug, Serialize, JsonSchema)]
struct ExitCodes {
    exit_codes: Vec<ExitCode>,
}

pub fn run(
    args: SchemaArgs,
    app: &App,
    (out, openapi): (&mut Output, fn() -> Value),
) -> Result<Done> {
    match (args.policy, args.commands, args.codes) {
        (true, ..) => return tell_policy(app, out),
        (_, true, _) => return tell_commands(args.name.as_deref(), out),
        (_, _, true) => return tell_codes(out),
        _ => {}
    }
    if let Some(name) = &args.name {
        let schema = match name.as_str() {
            "openapi" => openapi(),
            name => documents::find(name)?.json_schema,
        };
        let text = serde_json::to_string_pretty(&schema)
            .map_err(|e| Error::internal("writing a JSON Schema").because(e))?;
        out.text(&text)?;
        return Ok(None);
    }
    let policy = &app.config.policy;
    // Without the file the defaults would be told as what holds.
    let now = match app.config.again() {
        Ok(_) => Some(policy::policy(app, origin(app, out))?),
        Err(_) => None,
    };
    let report = SchemaReport {
        version: env!("CARGO_PKG_VERSION"),
        exit_codes: exit_codes(),
        documents: documents::documents(),
        commands: tree::tree(),
        policy: Policy {
            person: policy.person.default.name(),
            script: policy.script.default.name(),
            agent: policy.agent.default.name(),
            rules: [&policy.person, &policy.script, &policy.agent]
                .map(Rules::clone)
                .into(),
            approval: policy.approval,
            read_only: app.config.read_only,
            now,
        },
    };
    let columns = [
        Column {
            field: "name",
            title: "document",
            cell: |d: &Document, _| Cell::new(d.name, Style::Id),
            plain: |d| d.name.to_owned(),
        },
        Column {
            field: "written_by",
            title: "written by",
            cell: |d, _| Cell::plain(d.written_by),
            plain: |d| d.written_by.to_owned(),
        },
    ];
    out.list(
        "comms.schema/1",
        &report,
        "documents",
        &report.documents,
        &columns,
    )?;
    Ok(None)
}

fn tell_policy(app: &App, out: &mut Output) -> Result<Done> {
    let report = policy::policy(app, origin(app, out))?;
    out.report("comms.policy/1", &report, |_| text(&report))?;
    Ok(None)
}

fn text(report: &PolicyReport) -> String {
    let mut text = format!("taken for: {} ({})\n", report.origin.name(), report.because);
    text.push_str(&format!("a message is: {}", report.send.name()));
    if let Some(rule) = &report.rule {
        text.push_str(&format!(" by {rule}"));
    }
    text.push_str(&format!("\n              {}\n", report.means));
    let list = |words: &[String]| words.join(", ");
    for (what, globs) in [
        ("allowed", &report.rules.allow),
        ("refused", &report.rules.deny),
    ] {
        if !globs.is_empty() {
            text.push_str(&format!("always {what}: {}\n", list(globs)));
        }
    }
    if let Some(left) = report.left_this_hour {
        text.push_str(&format!("recipients left this hour: {left}\n"));
    }
    let approve = match (report.may_approve, report.approval) {
        (false, _) => "no, only a person at a terminal",
        (true, Approval::Code) => "yes, by typing a code",
        (true, Approval::Passphrase) => "yes, with the passphrase",
    };
    text.push_str(&format!("may approve: {approve}\n"));
    let accounts = report.accounts.iter().filter(|a| a.sends).map(|a| {
        let default = if a.default { ", default" } else { "" };
        format!("{} ({}{default})", a.name, a.channel.name())
    });
    text.push_str(&format!(
        "sends from: {}\n",
        list(&accounts.collect::<Vec<_>>())
    ));
    text
}

fn tell_commands(of: Option<&str>, out: &mut Output) -> Result<Done> {
    let report = tree::lines(of)?;
    let mut columns = vec![
        Column {
            field: "command",
            title: "command",
            cell: |c: &CommandLine, _| Cell::new(&c.command, Style::Id),
            plain: |c| c.command.clone(),
        },
        Column {
            field: "args",
            title: "takes",
            cell: |c, _| Cell::plain(&c.args),
            plain: |c| c.args.clone(),
        },
        Column {
            field: "about",
            title: "what it does",
            cell: |c, _| Cell::plain(&c.about),
            plain: |c| c.about.clone(),
        },
    ];
    // All flags of all commands are more than a first look needs.
    if of.is_none() && out.fields.is_none() && !out.format.is_json() {
        columns.remove(1);
    } else if out.format == Format::Table {
        columns.remove(2);
    }
    out.list(
        "comms.commands/1",
        &report,
        "commands",
        &report.commands,
        &columns,
    )?;
    Ok(None)
}

fn tell_codes(out: &mut Output) -> Result<Done> {
    let report = ExitCodes {
        exit_codes: exit_codes(),
    };
    let columns = [
        Column {
            field: "exit",
            title: "exit",
            cell: |c: &ExitCode, _| Cell::new(c.exit.to_string(), Style::Id),
            plain: |c| c.exit.to_string(),
        },
        Column {
            field: "code",
            title: "code",
            cell: |c, _| Cell::plain(c.code.unwrap_or_default()),
            plain: |c| c.code.unwrap_or_default().to_owned(),
        },
        Column {
            field: "meaning",
            title: "meaning",
            cell: |c, _| Cell::plain(c.meaning),
            plain: |c| c.meaning.to_owned(),
        },
    ];
    out.list(
        "comms.exit_codes/1",
        &report,
        "exit_codes",
        &report.exit_codes,
        &columns,
    )?;
    Ok(None)
}

fn exit_codes() -> Vec<ExitCode> {
    let success = ExitCode {
        exit: 0,
        code: None,
        meaning: "done, or staged because you asked",
    };
    let failures = Kind::ALL.into_iter().map(|k| ExitCode {
        exit: k.exit_code(),
        code: Some(k.code()),
        meaning: k.meaning(),
    });
    std::iter::once(success).chain(failures).collect()
}
