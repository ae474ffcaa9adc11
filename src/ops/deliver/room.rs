//! A message into a room: in as many parts as its length asks for, each of them once.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::error::Result;
use crate::format::{chat, mime, payload, slack, sms};
use crate::model::account::{Account, ChannelKind};
use crate::model::message::Parsed;
use crate::model::outbox::RecipientState;
use crate::ops::App;
use crate::ops::throttle::{self, News};
use crate::rules::budget::Limit;
use crate::store::Share;
use crate::store::outbox::{Item, Part};

use super::api::{Came, Provider, SOON};
use super::{Run, answer, whatsapp};

/// Between two parts of one text.
const LONG: Duration = Duration::from_secs(60);

/// The parts that a text is sent in by this channel: where each begins, and what it says.
pub fn parts(channel: &str, text: &str) -> Vec<(usize, String)> {
    let text = text.trim_end();
    match ChannelKind::named(channel) {
        // What Chat shows whole, and what it takes (developers.google.com/workspace/chat/limits).
        Some(ChannelKind::GoogleChat | ChannelKind::GoogleChatWebhook) => {
            chat::chunks(text, 4_096, 32_000)
        }
        // A medium goes without any text.
        Some(ChannelKind::Twilio) if text.is_empty() => vec![(0, String::new())],
        Some(ChannelKind::Twilio) => sms::parts(text, sms::LONGEST),
        Some(ChannelKind::Whatsapp) => crate::format::whatsapp::chunks(text),
        // Files may go without a word.
        Some(ChannelKind::Slack) if text.is_empty() => vec![(0, String::new())],
        Some(ChannelKind::Slack | ChannelKind::SlackWebhook) => slack::chunks(text),
        _ => vec![(0, text.to_owned())],
    }
}

/// The text of an item as its room gets it.
pub fn text(raw: &[u8]) -> String {
    let text = mime::body(raw).text.unwrap_or_default();
    text.replace("\r\n", "\n")
}

/// A part of an item that its provider is not known to have.
pub struct Piece {
    /// Where it begins in the text, in bytes.
    pub begins: usize,
    /// Counts from 1 over all parts of the item.
    pub number: usize,
    pub text: String,
    /// The file of the letter that it is (from 0), where files go by themselves.
    pub file: Option<usize>,
    /// Whether it is the end of the text.
    pub last: bool,
}

/// The parts of an item that are still to go, in their order.
pub fn missing(app: &App, item: &Item) -> Result<Vec<Piece>> {
    let raw = app.store.outbox_bytes(item.id)?;
    let sent = app.store.parts(item.id)?;
    let text = text(&raw);
    let parts = cut(&item.channel, &raw, &text);
    let count = parts.len();
    let pieces = parts
        .into_iter()
        .enumerate()
        .map(|(n, (begins, text, file))| Piece {
            begins,
            number: n + 1,
            text,
            file,
            last: n + 1 == count,
        });
    let open = |piece: &Piece| !sent.iter().any(|part| part.begins == piece.begins);
    Ok(pieces.filter(open).collect())
}

/// All messages that a letter becomes: where each begins, its text, and its file (from 0) where files go by themselves.
pub fn cut(channel: &str, raw: &[u8], text: &str) -> Vec<(usize, String, Option<usize>)> {
    if ChannelKind::named(channel) == Some(ChannelKind::Whatsapp) {
        return whatsapp::cut(raw, text);
    }
    // What a payload says is one message.
    let parts = match payload::of(raw).is_some_and(|payload| replaces_text(channel, &payload)) {
        true => vec![(0, text.to_owned())],
        false => parts(channel, text),
    };
    parts
        .into_iter()
        .map(|(begins, text)| (begins, text, None))
        .collect()
}

/// The same without the files.
pub fn all_parts(channel: &str, raw: &[u8]) -> Vec<(usize, String)> {
    let parts = cut(channel, raw, &text(raw)).into_iter();
    parts.map(|(begins, text, _)| (begins, text)).collect()
}

/// Whether a payload says all there is, text included.
fn replaces_text(channel: &str, payload: &Value) -> bool {
    match ChannelKind::named(channel) {
        Some(ChannelKind::Whatsapp) => true,
        Some(ChannelKind::Slack | ChannelKind::SlackWebhook) => payload.get("blocks").is_some(),
        _ => false,
    }
}

/// Where an item goes, as its address has it behind the channel: `spaces/AAA`, `+14155550100`, `C123`.
pub fn room_of(item: &Item) -> &str {
    let to = item.to();
    to.split_once(':').map_or(to, |(_, room)| room)
}

/// What has to be known before the first part goes. Finding it out may be repeated.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// Whose budget each part takes from, beside the account's.
    pub scope: String,
    /// Limits of the provider's that each part takes from besides.
    pub also: Vec<Limit>,
    /// Where it goes, in the provider's words.
    pub place: String,
    /// The conversation it belongs to, as the letter names it.
    pub thread: Option<String>,
    /// What goes along with the first part, in the provider's words (uploaded files).
    pub along: Vec<Value>,
    /// What the channel has beside text.
    pub payload: Option<Value>,
}

/// A part that is handed to its provider.
pub(super) struct Handing<'a> {
    pub ground: &'a Ground,
    pub piece: &'a Piece,
    /// Whether it is the first of this item: files go with it.
    pub first: bool,
    /// The parts that the provider has already.
    pub sent: &'a [Part],
    /// Set right before the first byte leaves.
    pub left: &'a Arc<AtomicBool>,
}

/// What one part came to.
pub(super) enum Handed {
    /// The provider has it under this id; its document, to be shown here at once, if it gave one.
    Sent(String, Option<Value>),
    NotSent(crate::error::Error),
    Unknown(String),
}

impl Run<'_> {
    pub(super) async fn through_room(
        &mut self,
        account: &Account,
        provider: Rc<Provider>,
    ) -> Result<()> {
        let waiting = self.waiting();
        let raw = self.app.store.outbox_bytes(self.item.id)?;
        let ground = match provider.ground((self.app, account, self.item), &raw).await {
            Ok(ground) => ground,
            Err(e) => return self.not_even_begun(account, e),
        };
        let mut begun = false;
        for piece in missing(self.app, self.item)? {
            // What began to go goes on: half a message is worse than a late one.
            let patience = if begun { LONG } else { SOON };
            let share = match self
                .whole(account, ((&ground.scope, 1), &ground.also), patience)
                .await?
            {
                Ok(share) => share,
                Err(wait) if begun => return self.rest_later(&waiting, wait),
                Err(wait) => {
                    self.learn(account, News::Unasked)?;
                    return self.wait(account, wait);
                }
            };
            if !self.begin(&waiting)? {
                return throttle::unused(self.app, &share);
            }
            let sent = self.app.store.parts(self.item.id)?;
            begun = true;
            let left = Arc::clone(&self.left);
            self.under_way = waiting.clone();
            let handing = Handing {
                ground: &ground,
                piece: &piece,
                first: sent.is_empty(),
                sent: &sent,
                left: &left,
            };
            let handed = provider.hand((self.app, account, self.item), handing).await;
            let (id, document) = match handed {
                Handed::Sent(id, document) => (id, document),
                Handed::NotSent(e) => {
                    return self.take_in(account, (&waiting, Came::NotSent(e)), &share);
                }
                Handed::Unknown(why) => {
                    return self.take_in(account, (&waiting, Came::Unknown(why)), &share);
                }
            };
            self.part_sent(piece.begins, &id)?;
            // Shown here at once; what can't be is found by the next sync.
            if let Some(document) = document
                && let Err(e) = provider.keep(self.app, account, &document)
            {
                (self.app.notice)(&format!("`{}` was sent: {}", self.item.id, e.message));
            }
            if piece.last {
                return self.take_in(account, (&waiting, Came::Sent(id)), &share);
            }
            // All that is known is written down; the recipient has it once the last part is there.
            self.under_way.clear();
            self.left.store(false, Ordering::Relaxed);
            throttle::spent(self.app, &share)?;
        }
        // All of it was there already.
        let share = Share::free(1);
        let sent = self.app.store.parts(self.item.id)?;
        let name = sent
            .last()
            .map_or(String::new(), |part| part.remote.clone());
        self.take_in(account, (&waiting, Came::Sent(name)), &share)
    }

    /// A budget was used up between two parts.
    fn rest_later(&mut self, waiting: &[usize], wait: (Timestamp, String)) -> Result<()> {
        let said = answer(RecipientState::Waiting, &wait.1);
        self.record(waiting, &vec![said; waiting.len()])?;
        self.accepted = Some("a part of it is there".to_owned());
        self.put_off = Some(wait);
        Ok(())
    }
}

/// The conversation that a letter into a room belongs to.
pub(super) fn thread_of(letter: &Parsed) -> Option<String> {
    letter.references.first().cloned()
}

/// The files of a letter, with their names, types and bytes; what stands for no file is left out.
pub(super) fn files_of(raw: &[u8], letter: &Parsed) -> Vec<(String, String, Vec<u8>)> {
    mime::attachments_of(raw)
        .take(letter.attachments.len())
        .filter(|(file, _)| !payload::is_part(file))
        .map(|(file, bytes)| (file.name, file.media_type, bytes))
        .collect()
}
