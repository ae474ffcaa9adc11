//! `comms schema`: JSON Schemas of all documents, exit codes and the command tree, for programs and agents.

use clap::{Args, Command, CommandFactory};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Kind, Result};
use crate::model::document::ErrorDocument;
use crate::model::policy::{Approval, Rules};
use crate::ops::{self, App};

use super::output::{Cell, Column, Output, Style};
use super::progress::ProgressLine;
use super::{Cli, Done};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  comms schema inbox\n  comms schema --json | jq .exit_codes")]
pub struct SchemaArgs {
    /// Print only the JSON Schema of this document (inbox, comms.inbox/1)
    #[arg(value_name = "NAME")]
    name: Option<String>,
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

/// A JSON document that some command writes.
#[derive(Debug, Serialize, JsonSchema)]
struct Document {
    /// The value of its `schema` key.
    name: &'static str,
    /// The commands that write it.
    written_by: &'static str,
    json_schema: Value,
}

/// A command with its arguments and subcommands.
#[derive(Debug, Serialize, JsonSchema)]
struct CommandNode {
    name: String,
    about: String,
    arguments: Vec<Argument>,
    commands: Vec<CommandNode>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Argument {
    /// `--flag`, or the name of a positional.
    name: String,
    short: Option<char>,
    help: String,
    required: bool,
    takes_value: bool,
    repeatable: bool,
    /// The values it may have, if they are a closed list.
    values: Vec<String>,
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
}

pub fn run(args: SchemaArgs, app: &App, out: &mut Output) -> Result<Done> {
    if let Some(name) = &args.name {
        let document = find(name)?;
        let text = serde_json::to_string_pretty(&document.json_schema)
            .map_err(|e| Error::internal("writing a JSON Schema").because(e))?;
        out.text(&text)?;
        return Ok(None);
    }
    let policy = &app.config.policy;
    let report = SchemaReport {
        version: env!("CARGO_PKG_VERSION"),
        exit_codes: exit_codes(),
        documents: documents(),
        commands: tree(),
        policy: Policy {
            person: policy.person.default.name(),
            script: policy.script.default.name(),
            agent: policy.agent.default.name(),
            rules: [&policy.person, &policy.script, &policy.agent]
                .map(Rules::clone)
                .into(),
            approval: policy.approval,
            read_only: app.config.read_only,
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

fn find(name: &str) -> Result<Document> {
    let mut all = documents();
    let bare = |full: &'static str| {
        full.trim_start_matches("comms.")
            .split('/')
            .next()
            .unwrap_or(full)
    };
    match all
        .iter()
        .position(|d| d.name == name || bare(d.name) == name)
    {
        Some(n) => Ok(all.swap_remove(n)),
        None => {
            let known: Vec<_> = all.iter().map(|d| bare(d.name)).collect();
            Err(Error::not_found(format!("there is no document `{name}`"))
                .hint(format!("documents are {}", known.join(", "))))
        }
    }
}

/// Every document, by name.
fn documents() -> Vec<Document> {
    let mut all = vec![
        document::<ErrorDocument>("comms.error/1", "every command that fails, on stderr"),
        document::<ProgressLine<'_>>("comms.progress/1", "--progress json, on stderr"),
        document::<SchemaReport>("comms.schema/1", "comms schema"),
        document::<ops::import::ImportReport>("comms.import/1", "comms import"),
        document::<ops::export::ExportReport>("comms.export/1", "comms export"),
        document::<ops::settings::ConfigReport>("comms.config/1", "comms config show"),
        document::<ops::settings::ConfigPath>("comms.config_path/1", "comms config path"),
        document::<ops::settings::ConfigCheck>("comms.config_check/1", "comms config check"),
        document::<ops::status::StatusReport>("comms.status/1", "comms"),
        document::<ops::sync::SyncReport>("comms.sync/1", "comms inbox sync"),
        document::<ops::serving::ServeReport>("comms.serve/1", "comms serve, once it listens"),
        document::<ops::serving::UnitReport>("comms.serve_unit/1", "comms serve --print-unit"),
        document::<ops::serving::HealthReport>("comms.health/1", "comms serve, at /healthz"),
        document::<ops::feed::Event>(
            "comms.event/1",
            "comms serve, to webhooks and event streams",
        ),
        document::<ops::feed::EventsReport>("comms.events/1", "the call `events` of programs"),
        document::<ops::search::SearchReport>("comms.search/1", "comms search"),
        document::<ops::inbox::InboxReport>("comms.inbox/1", "comms inbox"),
        document::<ops::whatsapp::TemplatesReport>("comms.templates/1", "comms auth templates"),
        document::<ops::labels::LabelsReport>("comms.labels/1", "comms inbox labels"),
        document::<ops::mark::MarkReport>("comms.mark/1", "comms inbox mark"),
        document::<crate::model::message::Envelope>(
            "comms.watch/1",
            "comms inbox watch, one per line",
        ),
        document::<ops::auth::AuthReport>("comms.auth/1", "comms auth list, comms auth status"),
        document::<ops::auth::AuthChange>(
            "comms.auth_change/1",
            "comms auth login, comms auth logout",
        ),
        document::<ops::relocate::MoveReport>("comms.auth_move/1", "comms auth move"),
        document::<ops::accounts::AddReport>("comms.auth_add/1", "comms auth add"),
        document::<ops::accounts::DefaultReport>("comms.auth_default/1", "comms auth default"),
        document::<ops::accounts::RenameReport>("comms.auth_rename/1", "comms auth rename"),
        document::<ops::accounts::RemoveReport>("comms.auth_remove/1", "comms auth remove"),
        document::<ops::keys::KeyReport>("comms.auth_key_add/1", "comms auth key add"),
        document::<ops::keys::KeysReport>("comms.auth_keys/1", "comms auth key list"),
        document::<ops::keys::RevokeReport>("comms.auth_key_revoke/1", "comms auth key revoke"),
        document::<ops::show::MessageReport>("comms.message/1", "comms inbox show"),
        document::<ops::show::ThreadReport>("comms.thread/1", "comms inbox thread"),
        document::<ops::alter::AlterReport>("comms.alter/1", "comms react, edit, unsend"),
        document::<ops::save::SaveReport>("comms.save/1", "comms inbox save"),
        document::<ops::purge::PurgeReport>("comms.purge/1", "comms purge"),
        document::<ops::hook::FailureDocument>(
            "comms.failure/1",
            "on stdin of the command of on_failure",
        ),
        document::<ops::doctor::DoctorReport>("comms.doctor/1", "comms doctor"),
        document::<ops::send::SendReport>(
            "comms.send/1",
            "comms send, reply, forward, comms outbox retry, comms outbox run",
        ),
        document::<ops::drain::TimerReport>(
            "comms.outbox_timer/1",
            "comms outbox run --print-timer",
        ),
        document::<ops::costs::CostsReport>("comms.costs/1", "comms costs"),
        document::<ops::costs::UpdateReport>("comms.costs_update/1", "comms costs update"),
        document::<ops::contacts::export::ExportReport>(
            "comms.contacts_export/1",
            "comms contacts export --to",
        ),
        document::<ops::contacts::import::ImportReport>(
            "comms.contacts_import/1",
            "comms contacts import",
        ),
        document::<ops::optout::OptoutReport>("comms.optouts/1", "comms contacts optout"),
        document::<ops::contacts::list::ContactsReport>("comms.contacts/1", "comms contacts list"),
        document::<ops::contacts::find::FoundReport>(
            "comms.contacts.found/1",
            "comms contacts find",
        ),
        document::<ops::contacts::show::ContactReport>("comms.contact/1", "comms contacts show"),
        document::<ops::contacts::change::ChangeReport>(
            "comms.contact_change/1",
            "comms contacts add, edit, remove, merge, undo, dedupe --apply",
        ),
        document::<ops::contacts::dedupe::DuplicatesReport>(
            "comms.duplicates/1",
            "comms contacts dedupe",
        ),
        document::<ops::contacts::list::HistoryReport>(
            "comms.contact_history/1",
            "comms contacts history",
        ),
        document::<ops::contacts::group::GroupsReport>(
            "comms.groups/1",
            "comms contacts group list",
        ),
        document::<ops::contacts::sync::SyncReport>("comms.contact_sync/1", "comms contacts sync"),
        document::<ops::contacts::group::GroupReport>("comms.group/1", "comms contacts group show"),
        document::<ops::contacts::group::GroupChange>(
            "comms.group_change/1",
            "comms contacts group create, add, remove, rename, delete",
        ),
        document::<ops::audit::LogReport>("comms.audit/1", "comms outbox log"),
        document::<ops::audit::VerifyReport>("comms.audit_check/1", "comms outbox log --verify"),
        document::<ops::batch::BatchReport>(
            "comms.batch/1",
            "comms send --csv, comms outbox cancel, pause, resume --batch",
        ),
        document::<ops::batch::BatchesReport>("comms.batches/1", "comms outbox batches"),
        document::<ops::outbox::OutboxReport>("comms.outbox/1", "comms outbox list"),
        document::<ops::send::ItemReport>(
            "comms.outbox_item/1",
            "comms outbox show, cancel, edit, resolve",
        ),
    ];
    all.sort_by_key(|d| d.name);
    all
}

/// The schema of a report as it is written: its `schema` key is added.
fn document<T: JsonSchema>(name: &'static str, written_by: &'static str) -> Document {
    // What is written, not what could be read: fields with a default are still always there.
    let mut settings = schemars::generate::SchemaSettings::draft2020_12();
    settings.contract = schemars::generate::Contract::Serialize;
    let mut schema: Schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    let object = schema.ensure_object();
    object.insert("title".into(), json!(name));
    let mut properties = Map::from_iter([("schema".to_owned(), json!({ "const": name }))]);
    if let Some(Value::Object(own)) = object.get("properties") {
        properties.extend(
            own.iter()
                .filter(|(k, _)| *k != "schema")
                .map(|(k, v)| (k.clone(), v.clone())),
        );
    }
    object.insert("properties".into(), Value::Object(properties));
    let mut required = vec![json!("schema")];
    if let Some(Value::Array(own)) = object.get("required") {
        required.extend(own.iter().filter(|k| *k != "schema").cloned());
    }
    object.insert("required".into(), Value::Array(required));
    Document {
        name,
        written_by,
        json_schema: schema.to_value(),
    }
}

fn tree() -> CommandNode {
    let mut root = Cli::command();
    root.build();
    node(&root)
}

fn node(command: &Command) -> CommandNode {
    let text =
        |s: Option<&clap::builder::StyledStr>| s.map(ToString::to_string).unwrap_or_default();
    let arguments = command
        .get_arguments()
        .filter(|a| !a.is_hide_set() && a.get_id() != "help" && a.get_id() != "version")
        // The global flags stand once, at the root.
        .filter(|a| command.get_name() == "comms" || !a.is_global_set())
        .map(|a| Argument {
            name: a
                .get_long()
                .map_or_else(|| a.get_id().to_string(), |l| format!("--{l}")),
            short: a.get_short(),
            help: text(a.get_help()),
            required: a.is_required_set(),
            takes_value: a.get_action().takes_values(),
            repeatable: matches!(
                a.get_action(),
                clap::ArgAction::Append | clap::ArgAction::Count
            ),
            values: a
                .get_possible_values()
                .iter()
                .map(|v| v.get_name().to_owned())
                .collect(),
        })
        .collect();
    let commands = command
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .map(node)
        .collect();
    CommandNode {
        name: command.get_name().to_owned(),
        about: text(command.get_about()),
        arguments,
        commands,
    }
}
