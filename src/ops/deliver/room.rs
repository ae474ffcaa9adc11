//! A message into a room: in as many parts as its length asks for, each of them once.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::channel::google_chat::{self, Outcome, Post, Thread};
use crate::channel::google_chat_webhook as webhook;
use crate::error::{Error, Result};
use crate::format::{chat, mime};
use crate::model::account::Account;
use crate::model::outbox::RecipientState;
use crate::ops::throttle::{self, News};
use crate::ops::{App, sync};
use crate::store::Share;
use crate::store::outbox::Item;

use super::api::{ANSWER, Came, Provider, SOON};
use super::{Run, answer};

/// Between two parts of one text.
const LONG: Duration = Duration::from_secs(60);
/// Of one message: what Chat shows whole, and what it takes (developers.google.com/workspace/chat/limits).
const MOST_CHARS: usize = 4_096;
const MOST_BYTES: usize = 32_000;

/// The parts that a text is sent in: where each begins, and what it says.
pub fn parts(text: &str) -> Vec<(usize, String)> {
    chat::chunks(text.trim_end(), MOST_CHARS, MOST_BYTES)
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
    pub text: String,
    /// The id that is chosen for it at the provider.
    pub id: String,
    /// Whether it is the end of the text.
    pub last: bool,
}

/// The parts of an item that are still to go, in their order.
pub fn missing(app: &App, item: &Item) -> Result<Vec<Piece>> {
    let raw = app.store.outbox_bytes(item.id)?;
    let sent = app.store.parts(item.id)?;
    let parts = parts(&text(&raw));
    let count = parts.len();
    let pieces = parts
        .into_iter()
        .enumerate()
        .map(|(n, (begins, text))| Piece {
            begins,
            text,
            id: chat::client_id(&item.own_id, n + 1),
            last: n + 1 == count,
        });
    let open = |piece: &Piece| !sent.iter().any(|part| part.begins == piece.begins);
    Ok(pieces.filter(open).collect())
}

/// The space that an item goes into; `None` for a direct message that is not begun yet.
pub async fn space(client: &google_chat::Client, item: &Item) -> Result<Option<String>> {
    let room = room_of(item);
    if !room.starts_with("users/") {
        return Ok(Some(room.to_owned()));
    }
    let space = client.direct_message(room).await?;
    Ok(space.map(|space| space.name))
}

/// `spaces/AAA`, or `users/…` for a direct message.
fn room_of(item: &Item) -> &str {
    let to = item.recipients.first().map_or("", |r| r.email.as_str());
    to.strip_prefix("chat:").unwrap_or(to)
}

impl Run<'_> {
    pub(super) async fn through_room(
        &mut self,
        account: &Account,
        provider: Rc<Provider>,
    ) -> Result<()> {
        let waiting = self.waiting();
        let raw = self.app.store.outbox_bytes(self.item.id)?;
        let parsed = mime::parse(&raw);
        let thread = parsed.references.first().cloned();
        let (space, attachments) = match self.prepare(&provider, &raw).await {
            Ok(prepared) => prepared,
            Err(e) => return self.not_even_begun(account, e),
        };
        let scope = format!("google-chat-space:{space}");
        let mut begun = false;
        for piece in missing(self.app, self.item)? {
            // What began to go goes on: half a message is worse than a late one.
            let patience = if begun { LONG } else { SOON };
            let share = match self.whole(account, (&scope, 1), patience).await? {
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
            // They go with the first part; where that is there already, there are none.
            let attachments = if begun { &[] } else { attachments.as_slice() };
            begun = true;
            let left = Arc::clone(&self.left);
            self.under_way = waiting.clone();
            let outcome = match &*provider {
                Provider::Chat(client) => {
                    let post = Post {
                        space: &space,
                        text: &piece.text,
                        id: &piece.id,
                        thread: thread.as_deref().map(thread_of),
                        attachments,
                        timeout: ANSWER,
                        left: &left,
                    };
                    client.send(post).await
                }
                Provider::Webhook(hook, client) => {
                    let post = webhook::Post {
                        text: &piece.text,
                        thread_key: thread.as_deref().and_then(|t| t.strip_prefix(KEY)),
                        timeout: ANSWER,
                        left: &left,
                    };
                    hook.send(client, post).await
                }
                Provider::Gmail(_) => return Err(Error::internal("mail is no room's")),
            };
            let (name, posted) = match outcome {
                Outcome::Sent { name, message } => (name, message),
                Outcome::NotSent(e) => {
                    return self.take_in(account, (&waiting, Came::NotSent(e)), &share);
                }
                Outcome::Unknown(why) => {
                    return self.take_in(account, (&waiting, Came::Unknown(why)), &share);
                }
            };
            self.part_sent(piece.begins, &name)?;
            // Shown here at once; what can't be is found by the next sync.
            if let Provider::Chat(_) = &*provider
                && let Err(e) = sync::keep_posted(self.app, account, &posted)
            {
                (self.app.notice)(&format!("`{}` was sent: {}", self.item.id, e.message));
            }
            if piece.last {
                return self.take_in(account, (&waiting, Came::Sent(name)), &share);
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

    /// The space that is meant, and references of the files that go along.
    async fn prepare(&self, provider: &Provider, raw: &[u8]) -> Result<(String, Vec<Value>)> {
        let client = match provider {
            Provider::Webhook(hook, _) => return Ok((hook.space(), Vec::new())),
            Provider::Chat(client) => client,
            Provider::Gmail(_) => return Err(Error::internal("mail is no room's")),
        };
        let space = match space(client, self.item).await? {
            Some(space) => space,
            None => {
                let request = chat::client_id(&self.item.own_id, 0);
                let room = room_of(self.item);
                client.begin_direct_message(room, &request).await?.name
            }
        };
        let parsed = mime::parse(raw);
        let mut references = Vec::new();
        // They go with the first part, which may be there already.
        let taken = !self.app.store.parts(self.item.id)?.is_empty();
        for file in parsed.attachments.iter().filter(|_| !taken) {
            let Some((file, bytes)) = mime::attachment(raw, file.number) else {
                continue;
            };
            let about = (file.name.as_str(), file.media_type.as_str());
            references.push(client.upload(&space, about, &bytes).await?);
        }
        Ok((space, references))
    }
}

const KEY: &str = "threadKey/";

fn thread_of(reference: &str) -> Thread<'_> {
    match reference.strip_prefix(KEY) {
        Some(key) => Thread::Key(key),
        None => Thread::Name(reference),
    }
}
