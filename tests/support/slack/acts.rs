//! What each method does.

use serde_json::{Value, json};

use super::{ME, State, refusal, spec};
use crate::support::loopback::wire::{Answer, Request};

/// Scopes that a method needs, of a person's token.
fn scopes(method: &str) -> &'static [&'static str] {
    match method {
        "search.messages" => &["search:read"],
        "users.list" | "users.info" => &["users:read"],
        "users.lookupByEmail" => &["users:read.email"],
        "chat.postMessage" | "chat.update" | "chat.delete" => &["chat:write"],
        "conversations.mark" => &["channels:write"],
        "conversations.open" => &["im:write"],
        "reactions.add" | "reactions.remove" => &["reactions:write"],
        "files.getUploadURLExternal" | "files.completeUploadExternal" => &["files:write"],
        "conversations.history" | "conversations.replies" => &["channels:history"],
        _ => &[],
    }
}

impl State {
    /// Does what a request asks for.
    pub fn answer(&mut self, url: &str, request: &Request) -> Answer {
        match request.id {
            "webhook" => return self.hook(request),
            "upload" => return self.upload(request),
            "unknown" => {
                self.violations
                    .push(format!("Slack has no {} {}", request.method, request.path));
                return refusal("unknown_method");
            }
            _ => {}
        }
        if let Some(word) = self.refused(request) {
            return word;
        }
        if request.id == "download" {
            return self.download(request);
        }
        let fields: Vec<(String, String)> = match request.method.as_str() {
            "GET" => request.query.clone(),
            _ => request.form(),
        };
        self.violations.extend(spec::request(request, &fields));
        let field = |name: &str| -> String {
            let found = fields.iter().find(|(key, _)| key == name);
            found.map_or(String::new(), |(_, value)| value.clone())
        };
        match request.id {
            "auth.test" => Answer::json(&json!({
                "ok": true, "url": "https://team.slack.com/", "team": "Team", "team_id": self.team,
                "user": "ada", "user_id": ME,
            })),
            "conversations.list" => self.list(field),
            "conversations.info" => match self.channels.get(&field("channel")) {
                Some(channel) => {
                    let last_read = channel.last_read.clone();
                    let mut described = self.described(&field("channel"));
                    described["last_read"] = last_read.into();
                    Answer::json(&json!({"ok": true, "channel": described}))
                }
                None => refusal("channel_not_found"),
            },
            "conversations.members" => Answer::json(&json!({"ok": true, "members": [ME]})),
            "conversations.open" => {
                let user = field("users");
                let known = self.users.iter().find(|u| u.id == user);
                match known.map(|u| u.deleted) {
                    None => refusal("user_not_found"),
                    Some(true) => refusal("user_disabled"),
                    Some(false) => {
                        let id = self.open(&user);
                        Answer::json(&json!({"ok": true, "channel": {"id": id}}))
                    }
                }
            }
            "conversations.history" => self.history(field),
            "conversations.replies" => self.replies(field),
            "conversations.mark" => {
                let ts = field("ts");
                match self.channels.get_mut(&field("channel")) {
                    Some(channel) => {
                        channel.last_read = ts;
                        ok()
                    }
                    None => refusal("channel_not_found"),
                }
            }
            "users.list" => {
                let users: Vec<Value> = self.users.iter().map(|u| self.user(u)).collect();
                self.page(("members", users), field)
            }
            "users.info" => self.someone(|u| u.id == field("user"), "user_not_found"),
            "users.lookupByEmail" => self.someone(
                |u| u.email.eq_ignore_ascii_case(&field("email")),
                "users_not_found",
            ),
            "chat.postMessage" => self.say(field),
            "chat.update" => {
                let (channel, ts) = (field("channel"), field("ts"));
                let at = self.tick();
                match self.message(&channel, &ts) {
                    Some(message) if message["user"] == ME => {
                        message["text"] = field("text").into();
                        message["edited"] = json!({"user": ME, "ts": at});
                        Answer::json(&json!({"ok": true, "channel": channel, "ts": ts}))
                    }
                    Some(_) => refusal("cant_update_message"),
                    None => refusal("message_not_found"),
                }
            }
            "chat.delete" => {
                let (channel, ts) = (field("channel"), field("ts"));
                match self.message(&channel, &ts) {
                    Some(_) => {
                        self.delete(&channel, &ts);
                        ok()
                    }
                    None => refusal("message_not_found"),
                }
            }
            "chat.getPermalink" => {
                Answer::json(&json!({"ok": true, "permalink": "https://team.slack.com/x"}))
            }
            "reactions.add" | "reactions.remove" => {
                self.react(request.id == "reactions.add", field)
            }
            "files.getUploadURLExternal" => self.upload_url(url, field),
            "files.completeUploadExternal" => self.complete(url, field),
            "search.messages" => self.search(field),
            _ => refusal("unknown_method"),
        }
    }

    /// Lets a request in by its token.
    fn refused(&self, request: &Request) -> Option<Answer> {
        let token = request
            .header("authorization")
            .and_then(|a| a.strip_prefix("Bearer "));
        let Some(token) = token else {
            return Some(refusal("not_authed"));
        };
        match self.tokens.get(token) {
            None => Some(refusal("invalid_auth")),
            Some(None) => None,
            Some(Some(has)) => {
                let needed = scopes(request.id).iter().find(|s| !has.contains(**s))?;
                let provided: Vec<&str> = has.iter().map(String::as_str).collect();
                Some(Answer::json(&json!({
                    "ok": false, "error": "missing_scope", "needed": needed, "provided": provided.join(","),
                })))
            }
        }
    }

    /// Why nothing can be written into a channel.
    pub fn closed(&self, channel: &str) -> Option<&'static str> {
        match self.channels.get(channel) {
            None => Some("channel_not_found"),
            Some(c) if c.archived => Some("is_archived"),
            Some(c) if !c.member => Some("not_in_channel"),
            Some(_) => None,
        }
    }

    fn say(&mut self, field: impl Fn(&str) -> String) -> Answer {
        let channel = field("channel");
        if let Some(word) = self.closed(&channel) {
            return refusal(word);
        }
        let text = field("text");
        if text.is_empty() && field("blocks").is_empty() {
            return refusal("no_text");
        }
        if text.chars().count() > 4_000 {
            return refusal("msg_too_long");
        }
        let mut message = json!({"user": ME, "text": text});
        let thread = field("thread_ts");
        if !thread.is_empty() {
            if self.message(&channel, &thread).is_none() {
                return refusal("thread_not_found");
            }
            message["thread_ts"] = thread.into();
            if field("reply_broadcast") == "true" {
                message["subtype"] = "thread_broadcast".into();
            }
        }
        if let Ok(metadata) = serde_json::from_str::<Value>(&field("metadata")) {
            message["metadata"] = metadata;
        }
        let ts = self.post(&channel, message);
        let message = self.message(&channel, &ts).expect("just posted").clone();
        Answer::json(&json!({"ok": true, "channel": channel, "ts": ts, "message": message}))
    }

    fn list(&self, field: impl Fn(&str) -> String) -> Answer {
        let types = field("types");
        let wanted = |id: &&String| {
            let channel = &self.channels[*id];
            types.split(',').any(|kind| match kind {
                "im" => channel.user.is_some(),
                "private_channel" => channel.user.is_none() && channel.private,
                "public_channel" => channel.user.is_none() && !channel.private,
                _ => false,
            })
        };
        let rows: Vec<Value> = self
            .channels
            .keys()
            .filter(wanted)
            .map(|id| self.described(id))
            .collect();
        self.page(("channels", rows), field)
    }

    fn history(&self, field: impl Fn(&str) -> String) -> Answer {
        let Some(channel) = self.channels.get(&field("channel")) else {
            return refusal("channel_not_found");
        };
        if !channel.member {
            return refusal("not_in_channel");
        }
        let top = |m: &&Value| {
            let reply = m.get("thread_ts").is_some_and(|t| *t != m["ts"]);
            !reply || m["subtype"] == "thread_broadcast"
        };
        let rows = channel.messages.iter().rev().filter(top);
        let rows = rows
            .filter(|m| within(m, &field))
            .map(|m| shown(m, &field))
            .collect();
        self.page(("messages", rows), field)
    }

    fn replies(&self, field: impl Fn(&str) -> String) -> Answer {
        let Some(channel) = self.channels.get(&field("channel")) else {
            return refusal("channel_not_found");
        };
        let ts = field("ts");
        let Some(root) = channel.messages.iter().find(|m| m["ts"] == *ts) else {
            return refusal("thread_not_found");
        };
        let is_reply = root.get("thread_ts").is_some_and(|t| *t != root["ts"]);
        let of_thread = |m: &&Value| match is_reply {
            // The ts of a reply gives just that one.
            true => m["ts"] == *ts,
            false => m["ts"] == *ts || m["thread_ts"] == *ts,
        };
        let rows = channel.messages.iter().filter(of_thread);
        let rows = rows
            .filter(|m| m["ts"] == *ts || within(m, &field))
            .map(|m| shown(m, &field))
            .collect();
        self.page(("messages", rows), field)
    }

    fn react(&mut self, add: bool, field: impl Fn(&str) -> String) -> Answer {
        let name = field("name");
        let Some(message) = self.message(&field("channel"), &field("timestamp")) else {
            return refusal("message_not_found");
        };
        let mut all: Vec<Value> = message["reactions"].as_array().cloned().unwrap_or_default();
        let known = all.iter().any(|r| r["name"] == *name);
        match (add, known) {
            (true, true) => return refusal("already_reacted"),
            (false, false) => return refusal("no_reaction"),
            (true, false) => all.push(json!({"name": name, "users": [ME], "count": 1})),
            (false, true) => all.retain(|r| r["name"] != *name),
        }
        message["reactions"] = all.into();
        ok()
    }

    fn search(&self, field: impl Fn(&str) -> String) -> Answer {
        let query = field("query");
        let mut matches = Vec::new();
        for (id, channel) in &self.channels {
            for message in &channel.messages {
                if message["text"].as_str().is_some_and(|t| t.contains(&query)) {
                    matches.push(json!({"channel": {"id": id, "name": channel.name}, "ts": message["ts"], "text": message["text"]}));
                }
            }
        }
        matches.sort_by_key(|m| std::cmp::Reverse(m["ts"].as_str().unwrap_or_default().to_owned()));
        let total = matches.len();
        Answer::json(
            &json!({"ok": true, "messages": {"total": total, "matches": matches, "paging": {"count": 100, "total": total, "page": 1, "pages": 1}}}),
        )
    }

    fn someone(&self, fits: impl Fn(&super::User) -> bool, word: &str) -> Answer {
        match self.users.iter().find(|u| fits(u)) {
            Some(user) => Answer::json(&json!({"ok": true, "user": self.user(user)})),
            None => refusal(word),
        }
    }

    /// Some of these rows, and a cursor for the others.
    fn page(&self, (name, rows): (&str, Vec<Value>), field: impl Fn(&str) -> String) -> Answer {
        let asked: usize = field("limit").parse().unwrap_or(100);
        let size = asked.min(self.longest_page).max(1);
        let cursor = field("cursor");
        let (from, empty) = match cursor.strip_prefix("after-") {
            None => (0, self.empty_pages),
            Some(from) => (from.parse().unwrap_or(0), false),
        };
        let end = if empty {
            from
        } else {
            (from + size).min(rows.len())
        };
        let next = if end < rows.len() {
            format!("after-{end}")
        } else {
            String::new()
        };
        let some: Vec<Value> = rows[from.min(end)..end].to_vec();
        let mut answer = json!({"ok": true, "has_more": !next.is_empty(), "response_metadata": {"next_cursor": next}});
        answer[name] = some.into();
        Answer::json(&answer)
    }

    fn hook(&mut self, request: &Request) -> Answer {
        let plain = |status: u16, word: &str| {
            let mut answer = Answer::bytes("text/html", word.as_bytes().to_vec());
            answer.status = status;
            answer
        };
        let Some(channel) = self.hooks.get(&request.path).cloned() else {
            return plain(404, "no_service");
        };
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return plain(400, "invalid_payload");
        };
        let text = body["text"].as_str().unwrap_or_default();
        if text.is_empty() {
            return plain(400, "no_text");
        }
        if self.channels[&channel].archived {
            return plain(410, "channel_is_archived");
        }
        self.post(&channel, json!({"subtype": "bot_message", "bot_id": "B0HOOK001", "username": "hook", "text": text}));
        plain(200, "ok")
    }
}

fn ok() -> Answer {
    Answer::json(&json!({"ok": true}))
}

fn within(message: &Value, field: &impl Fn(&str) -> String) -> bool {
    let ts = message["ts"].as_str().unwrap_or_default();
    let (oldest, latest) = (field("oldest"), field("latest"));
    let inclusive = field("inclusive") == "true";
    let after = oldest.is_empty() || ts > oldest.as_str() || (inclusive && ts == oldest);
    let before = latest.is_empty() || ts < latest.as_str() || (inclusive && ts == latest);
    after && before
}

fn shown(message: &Value, field: &impl Fn(&str) -> String) -> Value {
    let mut message = message.clone();
    if field("include_all_metadata") != "true"
        && let Some(fields) = message.as_object_mut()
    {
        fields.remove("metadata");
    }
    message
}
