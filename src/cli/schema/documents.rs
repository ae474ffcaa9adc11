//! Every document that a command writes, with its JSON Schema.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::document::{ErrorDocument, schema_of};
use crate::ops;
use crate::ops::policy::PolicyReport;

use super::super::generate::ManReport;
use super::super::progress::ProgressLine;
use super::tree::CommandsReport;
use super::{ExitCodes, SchemaReport};

/// A JSON document that some command writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// The value of its `schema` key.
    pub name: &'static str,
    /// The commands that write it.
    pub written_by: &'static str,
    pub json_schema: Value,
}

/// The document of this name, with or without `comms.` and its number.
pub fn find(name: &str) -> Result<Document> {
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
pub fn documents() -> Vec<Document> {
    let mut all = vec![
        document::<ErrorDocument>("comms.error/1", "every command that fails, on stderr"),
        document::<ProgressLine<'_>>("comms.progress/1", "--progress json, on stderr"),
        document::<SchemaReport>("comms.schema/1", "comms schema"),
        document::<PolicyReport>("comms.policy/1", "comms schema --policy"),
        document::<CommandsReport>("comms.commands/1", "comms schema --commands"),
        document::<ExitCodes>("comms.exit_codes/1", "comms schema --codes"),
        document::<ManReport>("comms.man/1", "comms man"),
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
        document::<ops::feed::Event>("comms.event/1", "comms serve, to event streams"),
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
        document::<ops::webhooks::Payload>("comms.hook/1", "comms serve, to webhooks"),
        document::<ops::webhooks::HooksReport>("comms.hooks/1", "comms auth hook list"),
        document::<ops::webhooks::HookReport>("comms.hook_show/1", "comms auth hook show"),
        document::<ops::webhooks::EnableReport>("comms.hook_enable/1", "comms auth hook enable"),
        document::<ops::webhooks::SecretReport>(
            "comms.hook_secret/1",
            "comms auth hook add, comms auth hook rotate",
        ),
        document::<ops::watch::FailuresReport>(
            "comms.watch_failures/1",
            "comms inbox watch --failed",
        ),
        document::<ops::watch::RetryReport>("comms.watch_retry/1", "comms inbox watch --retry"),
        document::<ops::auth::AuthReport>("comms.auth/1", "comms auth list, comms auth status"),
        document::<ops::auth::AuthChange>(
            "comms.auth_change/1",
            "comms auth login, comms auth logout",
        ),
        document::<ops::keys::KeyReport>("comms.auth_key_add/1", "comms auth key add"),
        document::<ops::keys::KeysReport>("comms.auth_keys/1", "comms auth key list"),
        document::<ops::keys::RevokeReport>("comms.auth_key_revoke/1", "comms auth key revoke"),
        document::<ops::relocate::MoveReport>("comms.auth_move/1", "comms auth move"),
        document::<ops::accounts::AddReport>("comms.auth_add/1", "comms auth add"),
        document::<ops::accounts::DefaultReport>("comms.auth_default/1", "comms auth default"),
        document::<ops::accounts::RenameReport>("comms.auth_rename/1", "comms auth rename"),
        document::<ops::accounts::RemoveReport>("comms.auth_remove/1", "comms auth remove"),
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
        document::<ops::calls::WordsReport>("comms.words/1", "comms mcp, to complete an argument"),
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

fn document<T: JsonSchema>(name: &'static str, written_by: &'static str) -> Document {
    Document {
        name,
        written_by,
        json_schema: schema_of::<T>(name),
    }
}
