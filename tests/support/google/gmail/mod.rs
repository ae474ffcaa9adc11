//! The mailbox: its messages, labels, drafts and history, and how a test changes them from outside.

mod drafts;
mod history;
mod labels;
mod messages;
mod search;
mod sending;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::pages::{Pages, Size};
use super::wire::{Answer, Outcome, Refusal};
use super::{Google, Request, State};
pub use labels::Label;

/// A mailbox as Gmail keeps it.
pub struct Mailbox {
    pub address: String,
    pub mails: BTreeMap<String, Mail>,
    pub labels: Vec<Label>,
    /// Draft id to the id of the message it holds now.
    pub drafts: BTreeMap<String, String>,
    /// Addresses mail may be sent from besides its own.
    pub aliases: Vec<String>,
    /// What was sent, as it came.
    pub sent: Vec<Sent>,
    /// Labels whose next list is empty, with success.
    pub empty_lists: Vec<String>,
    history: Vec<history::Record>,
    /// Grows with gaps.
    history_id: u64,
    /// Cursors before this are too old.
    oldest: u64,
    given: u64,
    /// New mail is not found by words until the index catches up.
    search_lags: bool,
    pages: Pages,
    attachments: BTreeMap<String, (String, usize)>,
}

/// One message of the mailbox.
#[derive(Clone, Debug)]
pub struct Mail {
    pub id: String,
    pub thread: String,
    pub labels: BTreeSet<String>,
    pub raw: Vec<u8>,
    /// When the server took it, in milliseconds since 1970.
    pub internal_date: i64,
    pub history_id: u64,
    pub indexed: bool,
}

/// A message that was sent, before and after Gmail rewrote it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub id: String,
    pub submitted: Vec<u8>,
    /// The `threadId` that was asked for.
    pub asked_thread: Option<String>,
}

/// A test's hand in the mailbox.
pub struct Gmail<'a>(pub(super) &'a Google);

impl Gmail<'_> {
    /// A letter arrives, unread in the inbox; its id.
    pub fn deliver(&self, raw: impl AsRef<[u8]>) -> String {
        self.store(raw, &["INBOX", "UNREAD"])
    }

    /// A letter appears under these labels (ids); its id.
    pub fn store(&self, raw: impl AsRef<[u8]>, labels: &[&str]) -> String {
        let labels = labels.iter().map(|l| (*l).to_owned()).collect();
        let mut state = self.0.state();
        let now = state.tick();
        let id = state.gmail.add(raw.as_ref().to_vec(), labels, now, None);
        state.gmail.settle();
        id
    }

    /// Another client adds and removes labels.
    pub fn label(&self, id: &str, add: &[&str], remove: &[&str]) {
        let mut state = self.0.state();
        let add: Vec<_> = add.iter().map(|l| (*l).to_owned()).collect();
        let remove: Vec<_> = remove.iter().map(|l| (*l).to_owned()).collect();
        state.gmail.relabel(id, &add, &remove);
    }

    /// Another client deletes a message for good.
    pub fn delete(&self, id: &str) {
        self.0.state().gmail.remove(id);
    }

    /// Another client makes a label; its id.
    pub fn make_label(&self, name: &str) -> String {
        self.0.state().gmail.make_label(&json!({"name": name}))["id"]
            .as_str()
            .expect("a label has an id")
            .to_owned()
    }

    /// Every cursor given so far becomes too old.
    pub fn expire_history(&self) {
        let mut state = self.0.state();
        state.gmail.history_id += 1;
        state.gmail.oldest = state.gmail.history_id;
        state.gmail.history.clear();
    }

    /// From now on new mail is listed at once but found by words only after `settle`.
    pub fn lag_search(&self) {
        self.0.state().gmail.search_lags = true;
    }

    /// The search index catches up.
    pub fn settle(&self) {
        self.0.state().gmail.settle();
    }

    /// Allows sending from another address.
    pub fn alias(&self, address: &str) {
        self.0.state().gmail.aliases.push(address.to_owned());
    }

    /// A message as it is now.
    pub fn mail(&self, id: &str) -> Option<Mail> {
        self.0.state().gmail.mails.get(id).cloned()
    }

    /// Every message, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        let mut mails: Vec<_> = self.0.state().gmail.mails.values().cloned().collect();
        mails.sort_by_key(|m| (m.internal_date, m.id.clone()));
        mails
    }

    /// What was sent so far, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.0.state().gmail.sent.clone()
    }

    /// The ids of the drafts.
    pub fn drafts(&self) -> Vec<String> {
        self.0.state().gmail.drafts.keys().cloned().collect()
    }

    pub fn history_id(&self) -> u64 {
        self.0.state().gmail.history_id
    }
}

impl Mailbox {
    pub fn new(address: &str) -> Mailbox {
        Mailbox {
            address: address.to_owned(),
            mails: BTreeMap::new(),
            labels: labels::system(),
            drafts: BTreeMap::new(),
            aliases: Vec::new(),
            sent: Vec::new(),
            history: Vec::new(),
            history_id: 1000,
            oldest: 1000,
            given: 0,
            empty_lists: Vec::new(),
            search_lags: false,
            pages: Pages::default(),
            attachments: BTreeMap::new(),
        }
    }

    /// Puts a message in, into its conversation by `References` and subject unless one is named.
    pub fn add(
        &mut self,
        raw: Vec<u8>,
        labels: BTreeSet<String>,
        now: jiff::Timestamp,
        thread: Option<String>,
    ) -> String {
        self.given += 1;
        let id = format!("19aa{:012x}", self.given);
        let thread = thread
            .or_else(|| self.conversation(&raw))
            .unwrap_or_else(|| id.clone());
        self.history_id += 1 + self.history_id % 7;
        let mail = Mail {
            id: id.clone(),
            thread,
            labels,
            raw,
            internal_date: now.as_millisecond(),
            history_id: self.history_id,
            indexed: !self.search_lags,
        };
        self.history
            .push(history::Record::added(self.history_id, &mail));
        self.mails.insert(id.clone(), mail);
        id
    }

    /// Takes a message out for good; whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(mail) = self.mails.remove(id) else {
            return false;
        };
        self.drafts.retain(|_, message| message != id);
        self.history_id += 1 + self.history_id % 7;
        self.history
            .push(history::Record::deleted(self.history_id, &mail));
        true
    }

    /// Changes labels; one history record for what was added, one for what was removed.
    pub fn relabel(&mut self, id: &str, add: &[String], remove: &[String]) -> bool {
        let Some(mail) = self.mails.get_mut(id) else {
            return false;
        };
        let added: Vec<_> = add
            .iter()
            .filter(|l| !mail.labels.contains(*l))
            .cloned()
            .collect();
        let removed: Vec<_> = remove
            .iter()
            .filter(|l| mail.labels.contains(*l))
            .cloned()
            .collect();
        mail.labels.extend(added.iter().cloned());
        mail.labels.retain(|l| !removed.contains(l));
        for (what, labels) in [
            (history::Change::LabelsAdded(added.clone()), added),
            (history::Change::LabelsRemoved(removed.clone()), removed),
        ] {
            if labels.is_empty() {
                continue;
            }
            self.history_id += 1 + self.history_id % 7;
            mail.history_id = self.history_id;
            self.history
                .push(history::Record::new(self.history_id, mail, what));
        }
        true
    }

    fn settle(&mut self) {
        self.search_lags = false;
        for mail in self.mails.values_mut() {
            mail.indexed = true;
        }
    }

    fn mail(&self, id: &str) -> Result<&Mail, Refusal> {
        self.mails.get(id).ok_or_else(Refusal::not_found)
    }

    fn page<T: Clone>(
        &mut self,
        request: &Request,
        all: &[T],
    ) -> Result<(Vec<T>, Option<String>), Refusal> {
        let size = Size {
            name: "maxResults",
            usual: 100,
            largest: 500,
        };
        self.pages.page(request, &size, all)
    }
}

/// Answers an operation of Gmail.
pub fn answer(state: &mut State, request: &Request) -> Outcome {
    let user = request.vars.first().map_or("", String::as_str);
    if user != "me" && user != state.gmail.address {
        return Err(Refusal::new(
            403,
            "PERMISSION_DENIED",
            "forbidden",
            format!("Delegation denied for {user}"),
        ));
    }
    let rest = request.id.strip_prefix("gmail.users.").unwrap_or_default();
    match rest.split_once('.') {
        Some(("messages", "send")) => sending::send(state, request),
        Some(("messages", verb)) => messages::answer(state, request, verb),
        Some(("threads", verb)) => messages::threads(state, request, verb),
        Some(("labels", verb)) => labels::answer(state, request, verb),
        Some(("drafts", verb)) => drafts::answer(state, request, verb),
        Some(("history", _)) => history::list(state, request),
        Some(("settings", verb)) => settings(state, request, verb),
        _ => account(state, rest),
    }
}

fn account(state: &mut State, verb: &str) -> Outcome {
    let mailbox = &state.gmail;
    Ok(match verb {
        "getProfile" => {
            let threads: BTreeSet<_> = mailbox.mails.values().map(|m| &m.thread).collect();
            Answer::json(&json!({
                "emailAddress": mailbox.address,
                "messagesTotal": mailbox.mails.len(),
                "threadsTotal": threads.len(),
                "historyId": mailbox.history_id.to_string(),
            }))
        }
        "watch" => Answer::json(&json!({
            "historyId": mailbox.history_id.to_string(),
            "expiration": (state.now.as_millisecond() + 7 * 86_400_000).to_string(),
        })),
        _ => Answer::empty(204),
    })
}

fn settings(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let own = &state.gmail.address;
    let mut all = vec![json!({
        "sendAsEmail": own, "displayName": "", "replyToAddress": "", "signature": "",
        "isPrimary": true, "isDefault": true,
    })];
    all.extend(state.gmail.aliases.iter().map(|a| {
        json!({
            "sendAsEmail": a, "displayName": "", "replyToAddress": "", "signature": "",
            "treatAsAlias": true, "verificationStatus": "accepted",
        })
    }));
    match verb {
        "sendAs.list" => Ok(Answer::json(&json!({"sendAs": all}))),
        "sendAs.get" => {
            let wanted = &request.vars[1];
            let found = all.into_iter().find(|a| a["sendAsEmail"] == **wanted);
            found
                .map(|a| Answer::json(&a))
                .ok_or_else(Refusal::not_found)
        }
        "getLanguage" => Ok(Answer::json(&json!({"displayLanguage": "en"}))),
        _ => Ok(Answer::json(&json!({"enableAutoReply": false}))),
    }
}

/// As Gmail writes bytes in JSON: the URL alphabet, no padding.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads bytes in JSON, padded or not.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&base64::alphabet::URL_SAFE, config)
        .decode(text)
        .ok()
}

/// The strings of a JSON list.
fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}
