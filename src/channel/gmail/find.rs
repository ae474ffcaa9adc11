//! Looking for a letter of ours among those that were sent, and for the Message-ID that Gmail gave it.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::net::api::Call;
use crate::net::google::operations::gmail as op;
use crate::net::http::Answer;

use super::{Client, Listing, batch};

/// Of the newest letters looked at, at most.
const MOST: usize = 200;
/// At once.
const SHARE: usize = 20;

/// Whether a letter was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Find {
    Found {
        id: String,
        thread_id: String,
        /// Without angle brackets.
        message_id: Option<String>,
    },
    /// It is not among what is listed as sent.
    Absent {
        /// Something older than the first attempt is listed, too.
        shows_older: bool,
        /// The `X-Comms-Id` of those that are listed.
        own_ids: Vec<String>,
    },
    CannotTell(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    id: String,
    #[serde(default)]
    thread_id: String,
    #[serde(default)]
    internal_date: Option<String>,
    #[serde(default)]
    payload: Payload,
}

#[derive(Default, Deserialize)]
struct Payload {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

impl Resource {
    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.payload.headers.iter();
        let mut named = headers.filter(|header| header.name.eq_ignore_ascii_case(name));
        named.next().map(|header| header.value.trim())
    }

    fn message_id(&self) -> Option<String> {
        let id = self.header("Message-ID")?;
        let id = id.trim_start_matches('<').trim_end_matches('>');
        (!id.is_empty()).then(|| id.to_owned())
    }

    fn date(&self) -> Option<Timestamp> {
        let ms = self.internal_date.as_ref()?.parse().ok()?;
        Timestamp::from_millisecond(ms).ok()
    }
}

impl Client {
    /// Looks for the letter with this `X-Comms-Id` among those sent since; clocks may differ by ten minutes.
    pub async fn find_sent(&self, own_id: &str, since: Timestamp) -> Find {
        match self.look_for(own_id, since).await {
            Ok(find) => find,
            Err(e) => Find::CannotTell(e.message),
        }
    }

    /// The conversation a letter is in; `None` if the letter is gone.
    pub async fn thread_of(&self, id: &str) -> Result<Option<String>> {
        let call = self
            .call(op::MESSAGES_GET)
            .at("id", id)
            .query("format", "minimal")
            .query("fields", "id,threadId");
        match self.api.json::<Resource>(&call, LOOKING).await {
            Ok(found) => Ok(Some(found.thread_id).filter(|thread| !thread.is_empty())),
            Err(fault) if fault.status == 404 => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The label ids of those of these messages that are there.
    pub async fn labels_of(&self, ids: &[&str]) -> Result<Vec<(String, Vec<String>)>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Labelled {
            id: String,
            #[serde(default)]
            label_ids: Vec<String>,
        }
        let mut there = Vec::new();
        for share in ids.chunks(batch::MOST) {
            let minimal = |id: &&str| {
                let call = self.call(op::MESSAGES_GET).at("id", *id);
                let call = call.query("format", "minimal");
                call.query("fields", "id,labelIds")
            };
            for answer in self
                .parts(share.iter().map(minimal).collect(), ASKING)
                .await?
            {
                match answer {
                    Ok(answer) => {
                        let message: Labelled = answer.json()?;
                        there.push((message.id, message.label_ids));
                    }
                    Err(fault) if fault.status == 404 => {}
                    Err(fault) => return Err(fault.error),
                }
            }
        }
        Ok(there)
    }

    async fn look_for(&self, own_id: &str, since: Timestamp) -> Result<Find> {
        let since = since - SignedDuration::from_mins(10);
        let listing = Listing {
            labels: &["SENT"],
            // What was thrown away meanwhile was sent all the same.
            everywhere: true,
            ..Listing::default()
        };
        let page = self.list(listing, None).await?;
        let mut complete = page.next_page_token.is_none() && page.messages.len() <= MOST;
        let newest: Vec<_> = page.messages.iter().take(MOST).collect();
        let mut shows_older = false;
        let mut own_ids = Vec::new();
        let mut unread = 0;
        for share in newest.chunks(SHARE) {
            let mut all_older = true;
            let calls: Vec<Call> = share.iter().map(|m| self.metadata(&m.id)).collect();
            for answer in self.parts(calls, LOOKING).await? {
                let answer: Answer = match answer {
                    Ok(answer) => answer,
                    // It went away just now, or the answer is wrong: it may be the one.
                    Err(fault) if fault.status == 404 => {
                        unread += 1;
                        continue;
                    }
                    Err(fault) => return Err(fault.error),
                };
                let message: Resource = answer.json()?;
                if message.header("X-Comms-Id") == Some(own_id) {
                    return Ok(Find::Found {
                        message_id: message.message_id(),
                        id: message.id,
                        thread_id: message.thread_id,
                    });
                }
                own_ids.extend(message.header("X-Comms-Id").map(str::to_owned));
                let older = message.date().is_some_and(|date| date < since);
                all_older &= older;
                shows_older |= older;
            }
            if unread > 0 {
                let why = format!("{unread} of the sent letters are listed and can't be read");
                return Err(Error::unavailable(why));
            }
            // Newest first, but for what was imported: a whole share of older ones is the end.
            if all_older {
                complete = true;
                break;
            }
        }
        if complete {
            return Ok(Find::Absent {
                shows_older,
                own_ids,
            });
        }
        Err(Error::unavailable(
            "more was sent since than could be looked through",
        ))
    }

    fn metadata(&self, id: &str) -> Call {
        self.call(op::MESSAGES_GET)
            .at("id", id)
            .query("format", "metadata")
            .query("metadataHeaders", "X-Comms-Id")
            .query("metadataHeaders", "Message-ID")
            .query("fields", "id,threadId,internalDate,payload/headers")
    }
}

const ASKING: &str = "asking what became of messages";
const LOOKING: &str = "looking among the sent letters";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_whatever_their_case() {
        let message: Resource = serde_json::from_str(
            r#"{"id":"1","internalDate":"1000","payload":{"headers":[
                {"name":"x-comms-id","value":" o1@host "},{"name":"Message-Id","value":"<a@b>"}]}}"#,
        )
        .unwrap();
        assert_eq!(message.header("X-Comms-Id"), Some("o1@host"));
        assert_eq!(message.message_id().as_deref(), Some("a@b"));
        assert_eq!(message.date().unwrap().as_second(), 1);
        let bare: Resource = serde_json::from_str(r#"{"id":"1"}"#).unwrap();
        assert_eq!((bare.message_id(), bare.date()), (None, None));
    }
}
