//! Chat: spaces with members and messages, and how a test changes them from outside.

mod filter;
mod media;
mod messages;
mod posts;
mod reactions;
mod spaces;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pages::{Pages, Size};
use super::wire::{Answer, Outcome, Refusal};
use super::{Google, Request, State};

/// The one whose token it is.
pub const ME: &str = "users/100";

/// Everything Chat knows.
pub struct Chat {
    pub spaces: BTreeMap<String, Space>,
    /// Users by name (`users/1`).
    pub users: BTreeMap<String, Value>,
    /// Whether the Cloud project has a Chat app; without one nothing can be posted.
    pub app: bool,
    /// Uploaded bytes by their upload token, with file name and type.
    uploads: BTreeMap<String, (String, String, Vec<u8>)>,
    /// What can be downloaded, by resource name.
    media: BTreeMap<String, Vec<u8>>,
    /// Message name by request id.
    requests: BTreeMap<String, String>,
    read: BTreeMap<String, String>,
    given: u64,
    pages: Pages,
}

/// A space as the API tells it, and what is in it.
pub struct Space {
    pub json: Value,
    pub members: Vec<Value>,
    pub messages: Vec<Value>,
    pub reactions: Vec<Value>,
    events: Vec<Value>,
    /// Key and token of each incoming webhook.
    webhooks: Vec<(String, String)>,
    thread_keys: BTreeMap<String, String>,
}

/// A test's hand in the chats.
pub struct Hand<'a>(pub(super) &'a Google);

impl Hand<'_> {
    /// A named space that the user is in; its name (`spaces/ID`).
    pub fn space(&self, id: &str, display_name: &str) -> String {
        let json = json!({"displayName": display_name, "spaceType": "SPACE", "spaceThreadingState": "THREADED_MESSAGES"});
        self.0.state().add_space(id, json, &[ME])
    }

    /// A direct message with a user (made if unknown); its name.
    pub fn dm(&self, id: &str, user: &str, display_name: &str, email: &str) -> String {
        self.user(user, display_name, email);
        let json =
            json!({"spaceType": "DIRECT_MESSAGE", "spaceThreadingState": "UNTHREADED_MESSAGES"});
        self.0.state().add_space(id, json, &[ME, user])
    }

    /// Makes a user known.
    pub fn user(&self, user: &str, display_name: &str, email: &str) {
        let json =
            json!({"name": user, "type": "HUMAN", "displayName": display_name, "email": email});
        self.0.state().chat.users.insert(user.to_owned(), json);
    }

    /// Puts a known user into a space.
    pub fn join(&self, space: &str, user: &str) {
        self.0.state().join(space, user);
    }

    /// Someone posts a text in a new thread; the message's name.
    pub fn post(&self, space: &str, user: &str, text: &str) -> String {
        self.post_as(space, user, json!({"text": text}))
    }

    /// Someone posts in an existing thread; the message's name.
    pub fn reply(&self, thread: &str, user: &str, text: &str) -> String {
        let space: Vec<_> = thread.split('/').take(2).collect();
        let body = json!({"text": text, "thread": {"name": thread}});
        self.post_as(&space.join("/"), user, body)
    }

    /// Someone posts any message; its name. Fields given here are kept as they are (`createTime`, `annotations`).
    pub fn post_as(&self, space: &str, user: &str, body: Value) -> String {
        let mut state = self.0.state();
        let message = state
            .post(space, user, &body)
            .expect("a space that is there");
        message["name"]
            .as_str()
            .expect("a message has a name")
            .to_owned()
    }

    /// Its author changes a text.
    pub fn edit(&self, message: &str, text: &str) {
        let edited = self.0.state().edit(message, &json!({"text": text}));
        edited.expect("a message that is there");
    }

    /// Its author deletes a message.
    pub fn delete(&self, message: &str) {
        self.0
            .state()
            .withdraw(message)
            .expect("a message that is there");
    }

    /// Allows a webhook to post; its address.
    pub fn webhook(&self, space: &str, key: &str, token: &str) -> String {
        let mut state = self.0.state();
        let place = state
            .chat
            .spaces
            .get_mut(space)
            .expect("a space that is there");
        place.webhooks.push((key.to_owned(), token.to_owned()));
        format!("{}/v1/{space}/messages?key={key}&token={token}", self.0.url)
    }

    /// Takes the Chat app out of the Cloud project, or puts it back.
    pub fn app(&self, there: bool) {
        self.0.state().chat.app = there;
    }

    /// Bytes for download under a resource name.
    pub fn media(&self, resource: &str, bytes: &[u8]) {
        self.0
            .state()
            .chat
            .media
            .insert(resource.to_owned(), bytes.to_vec());
    }

    /// The messages of a space as they are now, deleted ones too.
    pub fn messages(&self, space: &str) -> Vec<Value> {
        self.0
            .state()
            .chat
            .spaces
            .get(space)
            .map_or(Vec::new(), |s| s.messages.clone())
    }

    /// A message as it is now.
    pub fn message(&self, name: &str) -> Option<Value> {
        self.0.state().chat.message(name).cloned()
    }

    /// The user has read a space up to then (RFC 3339), elsewhere.
    pub fn read_until(&self, space: &str, time: &str) {
        let read = &mut self.0.state().chat.read;
        read.insert(space.to_owned(), time.to_owned());
    }

    /// The user leaves a space, or is put out.
    pub fn leave(&self, space: &str) {
        self.0.state().chat.spaces.remove(space);
    }
}

impl Chat {
    pub fn new(address: &str) -> Chat {
        let me = json!({"name": ME, "type": "HUMAN", "displayName": "Ada", "email": address});
        Chat {
            spaces: BTreeMap::new(),
            users: BTreeMap::from([(ME.to_owned(), me)]),
            app: true,
            uploads: BTreeMap::new(),
            media: BTreeMap::new(),
            requests: BTreeMap::new(),
            read: BTreeMap::new(),
            given: 0,
            pages: Pages::default(),
        }
    }

    /// A message by its name, or by the id its author gave it.
    pub fn message(&self, name: &str) -> Option<&Value> {
        let (space, id) = name.split_once("/messages/")?;
        self.spaces
            .get(space)?
            .messages
            .iter()
            .find(|m| named(m, name, id))
    }

    fn space(&mut self, name: &str) -> Result<&mut Space, Refusal> {
        self.spaces.get_mut(name).ok_or_else(|| {
            Refusal::new(
                404,
                "NOT_FOUND",
                "notFound",
                "Space not found, or the caller is not a member.",
            )
        })
    }

    fn listing(
        &mut self,
        request: &Request,
        what: &str,
        sizes: (usize, usize),
        all: &[Value],
    ) -> Outcome {
        let size = Size {
            name: "pageSize",
            usual: sizes.0,
            largest: sizes.1,
        };
        let (page, next) = self.pages.page(request, &size, all)?;
        Ok(listed(what, &page, next))
    }
}

fn instant(value: &Value) -> jiff::Timestamp {
    value
        .as_str()
        .and_then(|t| t.parse().ok())
        .unwrap_or_default()
}

/// A page as it is answered: nothing at all where there is nothing.
fn listed(what: &str, page: &[Value], next: Option<String>) -> Answer {
    let mut answer = json!({});
    if !page.is_empty() {
        answer[what] = json!(page);
    }
    if let Some(token) = next {
        answer["nextPageToken"] = json!(token);
    }
    Answer::json(&answer)
}

fn named(message: &Value, name: &str, id: &str) -> bool {
    message["name"] == name
        || (id.starts_with("client-") && message["clientAssignedMessageId"] == id)
}

impl State {
    fn add_space(&mut self, id: &str, mut json: Value, users: &[&str]) -> String {
        let now = self.tick().to_string();
        let name = format!("spaces/{id}");
        json["name"] = json!(name);
        json["createTime"] = json!(now);
        json["lastActiveTime"] = json!(now);
        let space = Space {
            json,
            members: Vec::new(),
            messages: Vec::new(),
            reactions: Vec::new(),
            events: Vec::new(),
            webhooks: Vec::new(),
            thread_keys: BTreeMap::new(),
        };
        self.chat.spaces.insert(name.clone(), space);
        for user in users {
            self.join(&name, user);
        }
        name
    }

    fn join(&mut self, space: &str, user: &str) {
        let now = self.tick().to_string();
        let anonymous = json!({"name": user, "type": "HUMAN"});
        let member = self.chat.users.get(user).cloned().unwrap_or(anonymous);
        let place = self
            .chat
            .spaces
            .get_mut(space)
            .expect("a space that is there");
        let id = user.trim_start_matches("users/");
        place.members.push(json!({
            "name": format!("{space}/members/{id}"), "state": "JOINED", "role": "ROLE_MEMBER",
            "createTime": now, "member": member,
        }));
    }
}

/// Lets a webhook in by the secrets in its address; `None` for requests with a login.
pub fn webhook(state: &State, request: &Request) -> Option<Result<(), Refusal>> {
    if request.id != "chat.spaces.messages.create" || request.header("authorization").is_some() {
        return None;
    }
    let (key, token) = request.param("key").zip(request.param("token"))?;
    let space = state
        .chat
        .spaces
        .get(&format!("spaces/{}", request.vars[0]));
    let Some(space) = space else {
        return Some(Err(Refusal::not_found()));
    };
    let good = space.webhooks.iter().any(|(k, t)| k == key && t == token);
    Some(if good {
        Ok(())
    } else {
        Err(Refusal::invalid("Invalid webhook URL."))
    })
}

/// Answers an operation of Chat.
pub fn answer(state: &mut State, request: &Request) -> Outcome {
    let rest = request.id.strip_prefix("chat.").unwrap_or_default();
    match rest.split_once('.') {
        Some(("media", verb)) => media::answer(state, request, verb),
        Some(("users", verb)) => spaces::read_state(state, request, verb),
        Some(("spaces", verb)) => match verb.split_once('.') {
            Some(("messages", verb)) if verb.starts_with("reactions.") => {
                reactions::answer(state, request, verb)
            }
            Some(("messages", "attachments.get")) => media::attachment(state, request),
            Some(("messages", verb)) => messages::answer(state, request, verb),
            Some(("members", verb)) => spaces::members(state, request, verb),
            Some(("spaceEvents", verb)) => spaces::events(state, request, verb),
            _ => spaces::answer(state, request, verb),
        },
        _ => Err(Refusal::not_found()),
    }
}
