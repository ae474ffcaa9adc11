//! What posting, editing and withdrawing do to a space.

use serde_json::{Value, json};

use super::super::State;
use super::super::wire::Refusal;

impl State {
    /// Posts a message; the message as it is then.
    pub(super) fn post(&mut self, space: &str, user: &str, body: &Value) -> Result<Value, Refusal> {
        let now = self.tick().to_string();
        let thread = self.thread_of(space, body);
        self.chat.given += 1;
        let id = format!("M{:010}", self.chat.given);
        let attachment = self.attach(space, &id, body)?;
        let sender = self.chat.users.get(user).cloned();
        let kind = if user == "users/webhook" {
            "BOT"
        } else {
            "HUMAN"
        };
        let sender = sender.unwrap_or_else(|| json!({"name": user, "type": kind}));
        let place = self.chat.space(space)?;
        let is_reply = thread.is_some();
        let thread = thread.unwrap_or_else(|| format!("{space}/threads/{id}"));
        if let Some(key) = body["thread"]["threadKey"].as_str() {
            place.thread_keys.insert(key.to_owned(), thread.clone());
        }
        let root = thread.rsplit('/').next().unwrap_or_default();
        let mut message = json!({
            "name": format!("{space}/messages/{root}.{id}"),
            "sender": sender,
            "createTime": now,
            "thread": {"name": thread},
            "space": {"name": space},
        });
        for (key, value) in body.as_object().into_iter().flatten() {
            if key != "thread" && key != "attachment" {
                message[key] = value.clone();
            }
        }
        if let Some(text) = body["text"].as_str() {
            message["argumentText"] = json!(text);
            message["formattedText"] = json!(text);
        }
        if let Some(attachment) = attachment {
            message["attachment"] = json!([attachment]);
        }
        if body["text"].as_str().unwrap_or_default().is_empty()
            && !message["attachment"].is_array()
            && !body["cardsV2"].is_array()
        {
            return Err(Refusal::invalid(
                "Message cannot be empty. Discarding empty create message request.",
            ));
        }
        if is_reply {
            message["threadReply"] = json!(true);
        }
        place.messages.push(message.clone());
        place.json["lastActiveTime"] = json!(now);
        place.tell(&now, "created", &message);
        Ok(message)
    }

    /// The existing thread that a message asks for.
    pub(super) fn thread_of(&self, space: &str, body: &Value) -> Option<String> {
        let place = self.chat.spaces.get(space)?;
        let by_key = body["thread"]["threadKey"]
            .as_str()
            .and_then(|k| place.thread_keys.get(k));
        let name = by_key
            .map(String::as_str)
            .or(body["thread"]["name"].as_str())?;
        let there = place.messages.iter().any(|m| m["thread"]["name"] == name);
        there.then(|| name.to_owned())
    }

    /// Changes what a message says.
    pub(super) fn edit(&mut self, name: &str, body: &Value) -> Result<Value, Refusal> {
        let now = self.tick().to_string();
        let (place, at) = self.place_of(name)?;
        let message = &mut place.messages[at];
        for key in ["text", "cardsV2", "markupSyntax"] {
            if !body[key].is_null() {
                message[key] = body[key].clone();
            }
        }
        message["formattedText"] = message["text"].clone();
        message["argumentText"] = message["text"].clone();
        message["lastUpdateTime"] = json!(now);
        let message = message.clone();
        place.tell(&now, "updated", &message);
        Ok(message)
    }

    /// Takes back a message; its place stays.
    pub(super) fn withdraw(&mut self, name: &str) -> Result<(), Refusal> {
        let now = self.tick().to_string();
        let (place, at) = self.place_of(name)?;
        let old = &place.messages[at];
        let tombstone = json!({
            "name": old["name"], "createTime": old["createTime"], "deleteTime": now, "thread": old["thread"],
            "space": old["space"], "deletionMetadata": {"deletionType": "CREATOR"},
        });
        place.messages[at] = tombstone.clone();
        place.tell(&now, "deleted", &tombstone);
        Ok(())
    }

    fn place_of(&mut self, name: &str) -> Result<(&mut super::Space, usize), Refusal> {
        let (space, id) = name
            .split_once("/messages/")
            .ok_or_else(Refusal::not_found)?;
        let place = self.chat.space(space)?;
        let at = place
            .messages
            .iter()
            .position(|m| super::named(m, name, id));
        at.map(|at| (place, at)).ok_or_else(Refusal::not_found)
    }
}
