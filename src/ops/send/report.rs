//! What a send came to, per item and recipient, and the exit code that follows.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SendRequest;
use super::alert::Suppressed;
use super::cost::{self, CostReport, PartReport};
use super::patience::{Wait, has_reached};
use super::sms;
use crate::error::{Error, Kind, Result};
use crate::format::{clean, mime, payload, slack};
use crate::model::account::ChannelKind;
use crate::model::id::{ContactId, OutboxId};
use crate::model::outbox::{Place, RecipientState, State};
use crate::ops::App;
use crate::ops::deliver::room;
use crate::ops::whatsapp::{self, WindowReport};
use crate::store::outbox::{Item, NewItem};

/// `comms.send/1`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct SendReport {
    pub items: Vec<ItemReport>,
    /// What the groups among the recipients came to.
    pub groups: Vec<GroupReport>,
    /// Who tries again, if anybody has to.
    pub retry: Option<Retry>,
    /// Told from an earlier send with the same key; nothing was sent now.
    pub replayed: bool,
    /// It repeats another within `--once-per`: it was counted, not sent.
    pub suppressed: Option<Suppressed>,
    /// Nothing was written and nothing left.
    pub dry_run: bool,
    /// The state that `--wait` waited for.
    pub waited_for: Option<State>,
    pub warnings: Vec<String>,
    /// What is still to be waited for, by who said that they would.
    #[serde(skip)]
    pub wait: Option<Wait>,
}

/// A group as a recipient.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GroupReport {
    /// As it was typed: `@team`.
    pub group: String,
    /// Those it is sent to who are not recipients anyway.
    pub people: usize,
    /// Those who were left out, for nothing reaches them.
    pub unreachable: Vec<String>,
}

/// What the groups of a request came to.
pub fn groups(request: &SendRequest) -> Vec<GroupReport> {
    let groups = request.meanings.iter().filter(|m| m.is_group());
    groups
        .map(|meaning| GroupReport {
            group: meaning.word.clone(),
            people: meaning.chosen.len(),
            unreachable: meaning.unreachable.clone(),
        })
        .collect()
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Retry {
    /// `comms` keeps it and goes on by itself; `caller` has to do something.
    pub owner: String,
    pub next_at: Option<Timestamp>,
}

/// One message for one account.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ItemReport {
    /// Null in a dry run.
    pub id: Option<OutboxId>,
    pub state: State,
    /// Who staged it: `person`, `script` or `agent`. Null in a dry run.
    pub origin: Option<String>,
    /// The variable that told of an agent.
    pub asked_by: Option<String>,
    /// A person approved it as it was then.
    pub approved: bool,
    pub account: String,
    pub channel: String,
    pub from: String,
    pub subject: String,
    /// RFC 5322 Message-ID without brackets.
    pub message_id: String,
    pub recipients: Vec<RecipientReport>,
    pub attachments: Vec<AttachmentReport>,
    pub size_bytes: u64,
    /// Attempts made.
    pub tries: u32,
    pub next_at: Option<Timestamp>,
    /// The rule that holds it or makes it wait.
    pub held_by: Option<String>,
    /// The account it was meant for, once its fallback took it over.
    pub moved_from: Option<String>,
    /// The batch it is a row of.
    pub batch: Option<String>,
    /// The line of the batch's file that row begins on.
    pub line: Option<u64>,
    /// Why it did not leave, as a code of the exit-code table.
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub hint: Option<String>,
    /// A copy is in the account's Sent folder.
    pub filed: bool,
    pub created_at: Option<Timestamp>,
    /// When its provider says that all of it arrived, and was read.
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
    /// What it costs; null where it is free.
    pub cost: Option<CostReport>,
    /// What is charged one by one (SMS, WhatsApp); empty in lists.
    pub parts: Vec<PartReport>,
    /// Every attempt, oldest first (`outbox show`).
    pub attempts: Vec<AttemptReport>,
    /// On WhatsApp: whether the recipient may be written to freely (`--dry-run`, `outbox show`).
    pub window: Option<WindowReport>,
    /// What it looks like (`--dry-run`, `outbox show`).
    pub rendered: Option<Rendered>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecipientReport {
    pub email: String,
    pub name: Option<String>,
    pub place: Place,
    pub state: RecipientState,
    /// The server's status code.
    pub code: Option<u16>,
    /// The server's words.
    pub words: Option<String>,
    /// Whom a name or a group led to.
    pub contact: Option<ContactId>,
    /// The name or group that was typed; null for what was typed as an address.
    pub resolved_from: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentReport {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttemptReport {
    pub at: Timestamp,
    pub outcome: String,
    pub words: String,
}

/// A message as it leaves.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rendered {
    pub headers: String,
    pub text: String,
    /// How many messages it goes as: a provider may take no more in one.
    pub parts: usize,
    /// Whom the text calls, as far as it names them: `slack:U012ABC`, `@here`.
    pub pings: Vec<String>,
    /// Web addresses from which the provider fetches media.
    pub media: Vec<String>,
}

/// The report on these items as they stand.
pub fn of(app: &App, ids: &[OutboxId], warnings: Vec<String>) -> Result<SendReport> {
    let items = ids
        .iter()
        .map(|id| {
            let mut item = ItemReport::from(app.store.outbox_item(*id)?);
            cost::tell_all(app, &mut item)?;
            Ok(item)
        })
        .collect::<Result<Vec<_>>>()?;
    let mut report = SendReport {
        items,
        warnings,
        ..SendReport::default()
    };
    report.retry = report.retry();
    Ok(report)
}

/// What would leave.
pub fn dry_run(staged: Vec<NewItem>, warnings: Vec<String>) -> SendReport {
    let of_item = |item: NewItem| {
        let (cost, parts) = cost::planned(&item);
        ItemReport {
            cost,
            parts,
            id: None,
            state: item.state,
            origin: None,
            asked_by: None,
            approved: false,
            account: item.account,
            channel: item.channel.clone(),
            from: item.sender,
            subject: item.subject,
            message_id: item.message_id,
            attachments: attachments(&item.attachments),
            size_bytes: item.raw.len() as u64,
            tries: 0,
            next_at: item.next_at,
            held_by: item.held_by,
            moved_from: None,
            batch: None,
            line: None,
            error_code: None,
            error: None,
            hint: None,
            filed: false,
            created_at: None,
            delivered_at: None,
            read_at: None,
            attempts: Vec::new(),
            window: None,
            rendered: Some(rendered(&item.channel, &item.raw)),
            recipients: item
                .recipients
                .into_iter()
                .map(RecipientReport::from)
                .collect(),
        }
    };
    SendReport {
        items: staged.into_iter().map(of_item).collect(),
        dry_run: true,
        warnings,
        ..SendReport::default()
    }
}

/// Notes the window of each item that goes out by WhatsApp.
pub fn tell_windows(app: &App, items: &mut [ItemReport]) -> Result<()> {
    for item in items {
        let account = app.config.account(&item.account);
        if let (Ok(account), [to]) = (account, item.recipients.as_slice()) {
            item.window = whatsapp::window(app, account, &to.email)?;
        }
    }
    Ok(())
}

/// How a message looks where it goes: a mail with its header, a message into a room as its text alone.
pub fn rendered(channel: &str, raw: &[u8]) -> Rendered {
    if ChannelKind::named(channel).is_some_and(ChannelKind::is_chat) {
        let text = room::text(raw);
        return Rendered {
            headers: String::new(),
            parts: room::cut(channel, raw, &text).len(),
            pings: pings(channel, &text),
            media: match ChannelKind::named(channel) {
                Some(ChannelKind::Twilio) => sms::media_of(payload::of(raw).as_ref()),
                _ => Vec::new(),
            },
            text,
        };
    }
    let headers = mime::headers(raw)
        .into_iter()
        .map(|(name, value)| format!("{name}: {}\n", clean::line(&value)))
        .collect();
    Rendered {
        headers,
        text: mime::body(raw).text.unwrap_or_default(),
        parts: 1,
        pings: Vec::new(),
        media: Vec::new(),
    }
}

/// Whom a text in its channel's dialect calls.
fn pings(channel: &str, text: &str) -> Vec<String> {
    if !matches!(
        ChannelKind::named(channel),
        Some(ChannelKind::Slack | ChannelKind::SlackWebhook)
    ) {
        return Vec::new();
    }
    let called = slack::pinged(text);
    let groups = called.groups.iter().map(|group| format!("@{group}"));
    let people = called.people.iter().map(|id| slack::address(id));
    groups.chain(people).collect()
}

fn attachments(json: &str) -> Vec<AttachmentReport> {
    serde_json::from_str(json).unwrap_or_default()
}

impl From<crate::store::outbox::Recipient> for RecipientReport {
    fn from(r: crate::store::outbox::Recipient) -> Self {
        RecipientReport {
            email: r.email,
            name: r.name,
            place: r.place,
            state: r.state,
            code: r.code,
            words: r.words,
            contact: r.contact,
            resolved_from: r.resolved_from,
        }
    }
}

impl From<Item> for ItemReport {
    fn from(item: Item) -> Self {
        ItemReport {
            id: Some(item.id),
            state: item.state,
            origin: Some(item.origin),
            asked_by: item.asked_by,
            approved: item.approved_hash.is_some(),
            account: item.account,
            channel: item.channel,
            from: item.sender,
            subject: item.subject,
            message_id: item.message_id,
            attachments: attachments(&item.attachments),
            size_bytes: item.size_bytes,
            tries: item.tries,
            next_at: item.next_at,
            // What was put away is held by nothing any more.
            held_by: item.held_by.filter(|_| item.state != State::Cancelled),
            moved_from: item.moved_from,
            line: item.batch.as_ref().map(|b| b.1),
            batch: item.batch.map(|b| b.0),
            error_code: item.error_code,
            error: item.error,
            hint: match item.state {
                State::Held => Some(format!(
                    "a person lets it go with `comms outbox approve {}`",
                    item.id
                )),
                _ => item.hint,
            },
            filed: item.filed_at.is_some(),
            created_at: Some(item.created_at),
            delivered_at: item.delivered_at,
            read_at: item.read_at,
            cost: None,
            parts: Vec::new(),
            attempts: Vec::new(),
            window: None,
            rendered: None,
            recipients: item
                .recipients
                .into_iter()
                .map(|recipient| match (item.state, recipient.state) {
                    (State::Cancelled, RecipientState::Waiting) => RecipientReport {
                        state: RecipientState::Cancelled,
                        ..RecipientReport::from(recipient)
                    },
                    _ => RecipientReport::from(recipient),
                })
                .collect(),
        }
    }
}

impl SendReport {
    /// How the command ends; `None` is success.
    ///
    /// The first that holds decides, over all items and recipients:
    ///
    /// 1. anything in doubt: `unconfirmed` (10), for repeating anything could send twice;
    /// 2. comms keeps something for a retry: `pending` (8), whoever else was served or refused, for the outcome is not
    ///    known before comms is done with it, and repeating would send twice;
    /// 3. some sent and some not, and nothing goes on by itself: `partial` (9);
    /// 4. nobody served: the reason of the failure (3, 4, 6, 7); with several reasons `unavailable` wins, as a
    ///    repetition may then help someone.
    ///
    /// What was staged because it was asked for (draft, queue) is success.
    pub fn outcome(&self) -> Option<Kind> {
        if self.dry_run {
            return None;
        }
        let any = |f: &dyn Fn(&ItemReport) -> bool| self.items.iter().any(f);
        if any(&|i| i.state == State::Unconfirmed) {
            return Some(Kind::Unconfirmed);
        }
        // Who waits for more than `sent` learns that it will not come.
        if self.waited_for.is_some() && any(&|i| i.state == State::Undelivered) {
            return Some(Kind::Refused);
        }
        // What a dead process was sending is in doubt by now: this is in the hands of a living one.
        if any(&|i| i.state == State::Sending) {
            return Some(Kind::Pending);
        }
        if any(&|i| {
            i.state == State::Held
                || (i.state == State::Ready && (i.tries > 0 || i.held_by.is_some()))
        }) {
            return Some(Kind::Pending);
        }
        let waits = |wanted| {
            any(&|i| !has_reached(i.state, wanted) && !i.state.is_over() && i.state != State::Draft)
        };
        if self.waited_for.is_some_and(waits) {
            return Some(Kind::Pending);
        }
        let recipients = || self.items.iter().flat_map(|i| &i.recipients);
        let failed = recipients().any(|r| r.state == RecipientState::Failed);
        if !failed {
            return None;
        }
        if recipients().any(|r| r.state == RecipientState::Sent) {
            return Some(Kind::Partial);
        }
        let codes: Vec<Kind> = self.items.iter().filter_map(ItemReport::fault).collect();
        let first = codes.first().copied().unwrap_or(Kind::Refused);
        Some(if codes.contains(&Kind::Unavailable) {
            Kind::Unavailable
        } else {
            first
        })
    }

    /// The error of a send that left nothing behind and has no report of its own (3, 4, 7 and bugs).
    pub fn failure(&self) -> Option<Error> {
        let kind = self.outcome()?;
        if matches!(
            kind,
            Kind::Pending | Kind::Partial | Kind::Unconfirmed | Kind::Refused
        ) {
            return None;
        }
        let item = self.items.iter().find(|i| i.fault() == Some(kind))?;
        let words = item
            .error
            .clone()
            .unwrap_or_else(|| "it was not sent".to_owned());
        let mut error = Error::new(kind, words);
        error.hint = item.hint.clone();
        Some(match item.id {
            Some(id) => error.item(id),
            None => error,
        })
    }

    pub(super) fn retry(&self) -> Option<Retry> {
        let owner = match self.outcome()? {
            Kind::Pending => "comms",
            _ => "caller",
        };
        let next_at = self.items.iter().filter_map(|i| i.next_at).min();
        Some(Retry {
            owner: owner.to_owned(),
            next_at: next_at.filter(|_| owner == "comms"),
        })
    }
}

impl ItemReport {
    fn fault(&self) -> Option<Kind> {
        let code = self.error_code.as_deref()?;
        Kind::ALL.into_iter().find(|k| k.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(
        state: State,
        tries: u32,
        code: Option<&str>,
        recipients: &[RecipientState],
    ) -> ItemReport {
        let recipient = |state: &RecipientState| RecipientReport {
            email: "bob@example.com".to_owned(),
            name: None,
            place: Place::To,
            state: *state,
            code: None,
            words: None,
            contact: None,
            resolved_from: None,
        };
        ItemReport {
            id: Some(OutboxId(1)),
            state,
            origin: None,
            asked_by: None,
            approved: false,
            account: "work".to_owned(),
            channel: "smtp".to_owned(),
            from: String::new(),
            subject: String::new(),
            message_id: String::new(),
            recipients: recipients.iter().map(recipient).collect(),
            attachments: Vec::new(),
            size_bytes: 0,
            tries,
            next_at: None,
            held_by: None,
            moved_from: None,
            batch: None,
            line: None,
            error_code: code.map(str::to_owned),
            error: None,
            hint: None,
            filed: false,
            created_at: None,
            delivered_at: None,
            read_at: None,
            cost: None,
            parts: Vec::new(),
            attempts: Vec::new(),
            window: None,
            rendered: None,
        }
    }

    #[test]
    fn the_code_follows_the_owner_of_the_retry() {
        use RecipientState::*;
        for (items, wanted) in [
            (vec![item(State::Sent, 1, None, &[Sent])], None),
            (vec![item(State::Draft, 0, None, &[Waiting])], None),
            (vec![item(State::Ready, 0, None, &[Waiting])], None),
            (
                vec![item(State::Ready, 1, None, &[Sent, Failed, Waiting])],
                Some(Kind::Pending),
            ),
            (
                vec![item(State::Sent, 1, None, &[Sent, Failed])],
                Some(Kind::Partial),
            ),
            (
                vec![item(State::Failed, 1, Some("refused"), &[Failed])],
                Some(Kind::Refused),
            ),
            (
                vec![item(State::Failed, 1, Some("unavailable"), &[Failed])],
                Some(Kind::Unavailable),
            ),
            (
                vec![item(State::Failed, 1, Some("auth"), &[Failed])],
                Some(Kind::Auth),
            ),
            (
                vec![
                    item(State::Ready, 1, None, &[Waiting]),
                    item(State::Unconfirmed, 1, None, &[Unconfirmed]),
                ],
                Some(Kind::Unconfirmed),
            ),
            (
                vec![
                    item(State::Sent, 1, None, &[Sent]),
                    item(State::Failed, 1, Some("auth"), &[Failed]),
                ],
                Some(Kind::Partial),
            ),
        ] {
            let report = SendReport {
                items,
                ..SendReport::default()
            };
            assert_eq!(report.outcome(), wanted, "{report:?}");
        }
    }
}
