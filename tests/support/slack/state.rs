//! What the workspace remembers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::fault::Planned;
use super::files::Upload;
use super::{BOB, HOOK, ME, OPS, TOKEN};
use crate::support::loopback::wire::Request;

/// Everything the provider remembers.
pub struct State {
    /// The provider's clock: moves a little with every change, never by itself.
    pub now: jiff::Timestamp,
    /// Tokens and what they may do; `None` is everything.
    pub tokens: BTreeMap<String, Option<BTreeSet<String>>>,
    pub users: Vec<User>,
    pub channels: BTreeMap<String, Channel>,
    /// Paths of incoming webhooks, and the channels they lead into.
    pub hooks: BTreeMap<String, String>,
    pub uploads: BTreeMap<String, Upload>,
    /// No page has more rows than this, whatever was asked for.
    pub longest_page: usize,
    pub requests: Vec<Request>,
    pub faults: Vec<Planned>,
    pub violations: Vec<String>,
    /// The workspace: `T…`.
    pub team: String,
    /// Rows that a page has to be parted from with an empty one before it.
    pub empty_pages: bool,
}

/// Someone in the workspace.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub handle: String,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub deleted: bool,
}

/// A room.
#[derive(Clone, Debug, Default)]
pub struct Channel {
    pub name: String,
    /// The other one of direct messages.
    pub user: Option<String>,
    pub private: bool,
    pub archived: bool,
    pub member: bool,
    pub last_read: String,
    /// Oldest first, answers among them.
    pub messages: Vec<Value>,
}

impl User {
    pub fn new(id: &str, handle: &str, name: &str) -> User {
        User {
            id: id.to_owned(),
            handle: handle.to_owned(),
            name: name.to_owned(),
            email: format!("{handle}@example.com"),
            phone: String::new(),
            deleted: false,
        }
    }
}

impl Channel {
    pub fn new(name: &str) -> Channel {
        Channel {
            name: name.to_owned(),
            member: true,
            last_read: "0000000000.000000".to_owned(),
            ..Channel::default()
        }
    }
}

impl State {
    pub fn new() -> State {
        State {
            now: crate::support::NOW.parse().expect("the tests' instant"),
            tokens: BTreeMap::from([(TOKEN.to_owned(), None)]),
            users: vec![
                User::new(ME, "ada", "Ada Lovelace"),
                User::new(BOB, "bob", "Bob"),
            ],
            channels: BTreeMap::from([(OPS.to_owned(), Channel::new("ops"))]),
            hooks: BTreeMap::from([(HOOK.to_owned(), OPS.to_owned())]),
            uploads: BTreeMap::new(),
            longest_page: 1000,
            requests: Vec::new(),
            faults: Vec::new(),
            violations: Vec::new(),
            team: "T0TEAM001".to_owned(),
            empty_pages: false,
        }
    }

    /// The `ts` of a change: no two are the same.
    pub fn tick(&mut self) -> String {
        self.now += jiff::SignedDuration::from_micros(1_001);
        let micros = self.now.as_microsecond();
        format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }

    /// Puts a message into a channel; gives its `ts`.
    pub fn post(&mut self, channel: &str, mut message: Value) -> String {
        let ts = self.tick();
        message["type"] = "message".into();
        message["ts"] = ts.clone().into();
        let thread = message
            .get("thread_ts")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let room = self.channels.get_mut(channel).expect("the channel");
        room.messages.push(message);
        if let Some(thread) = thread {
            let replies = room
                .messages
                .iter()
                .filter(|m| m["thread_ts"] == *thread && m["ts"] != *thread);
            let count = replies.count();
            if let Some(parent) = room.messages.iter_mut().find(|m| m["ts"] == *thread) {
                parent["thread_ts"] = thread.into();
                parent["reply_count"] = count.into();
                parent["latest_reply"] = ts.clone().into();
            }
        }
        ts
    }

    pub fn message(&mut self, channel: &str, ts: &str) -> Option<&mut Value> {
        let room = self.channels.get_mut(channel)?;
        room.messages.iter_mut().find(|m| m["ts"] == *ts)
    }

    pub fn delete(&mut self, channel: &str, ts: &str) {
        self.tick();
        if let Some(room) = self.channels.get_mut(channel) {
            room.messages.retain(|m| m["ts"] != *ts);
        }
    }

    /// The direct messages with someone, opened if there are none.
    pub fn open(&mut self, user: &str) -> String {
        let known = self
            .channels
            .iter()
            .find(|(_, c)| c.user.as_deref() == Some(user));
        if let Some((id, _)) = known {
            return id.clone();
        }
        let id = format!("D{}1", &user[1..user.len() - 1]);
        let channel = Channel {
            user: Some(user.to_owned()),
            ..Channel::new("")
        };
        self.channels.insert(id.clone(), channel);
        id
    }

    /// A channel as Slack describes it.
    pub fn described(&self, id: &str) -> Value {
        let channel = &self.channels[id];
        let mut value = json!({
            "id": id, "is_archived": channel.archived, "is_im": channel.user.is_some(), "is_mpim": false,
            "is_channel": channel.user.is_none() && !channel.private, "is_private": channel.private,
        });
        match &channel.user {
            Some(user) => value["user"] = user.as_str().into(),
            None => {
                value["name"] = channel.name.as_str().into();
                value["is_member"] = channel.member.into();
            }
        }
        value
    }

    pub fn user(&self, user: &User) -> Value {
        json!({
            "id": user.id, "name": user.handle, "deleted": user.deleted, "is_bot": false,
            "tz": "Europe/London",
            "profile": {
                "display_name": user.name, "real_name": user.name, "email": user.email, "phone": user.phone,
            },
        })
    }
}
