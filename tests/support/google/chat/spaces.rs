//! Spaces: listing, finding and making them; members, events, what was read.

use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::{ME, Space, filter, instant};

/// `spaces.*`.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    match verb {
        "list" => {
            let found = filtered(state, request.param("filter"))?;
            state.chat.listing(request, "spaces", (100, 1000), &found)
        }
        "get" => {
            let space = state.chat.space(&format!("spaces/{}", request.vars[0]))?;
            Ok(Answer::json(&space.json))
        }
        "findDirectMessage" => {
            let user = state.user(request.param("name").unwrap_or_default())?;
            let found = state.between(&[ME, &user], "DIRECT_MESSAGE");
            found.map(|s| Answer::json(&s)).ok_or_else(|| {
                Refusal::new(404, "NOT_FOUND", "notFound", "Direct message not found.")
            })
        }
        "findGroupChats" => {
            let mut users = vec![ME.to_owned()];
            for user in request.params("users") {
                users.push(state.user(user)?);
            }
            let users: Vec<_> = users.iter().map(String::as_str).collect();
            let found: Vec<_> = state.between(&users, "GROUP_CHAT").into_iter().collect();
            state.chat.listing(request, "spaces", (10, 30), &found)
        }
        "search" => {
            let query = request.param("query").unwrap_or_default();
            let groups = filter::parse(query)?;
            let tests: Vec<_> = groups.iter().flatten().collect();
            if !tests
                .iter()
                .any(|t| t.field == "space_type" && t.value == "SPACE")
            {
                return Err(Refusal::invalid(
                    "query must contain space_type = \"SPACE\"",
                ));
            }
            let wanted = tests
                .iter()
                .find(|t| t.field == "display_name")
                .map(|t| t.value.to_lowercase());
            let found: Vec<_> = state
                .chat
                .spaces
                .values()
                .map(|s| s.json.clone())
                .filter(|s| s["spaceType"] == "SPACE")
                .filter(|s| {
                    let name = s["displayName"].as_str().unwrap_or_default().to_lowercase();
                    wanted.as_ref().is_some_and(|w| name.contains(w))
                })
                .collect();
            state.chat.listing(request, "spaces", (100, 100), &found)
        }
        "create" => {
            let body = request.json()?;
            if body["displayName"].as_str().unwrap_or_default().is_empty() {
                return Err(Refusal::invalid("displayName is required."));
            }
            let taken = |s: &Space| s.json["displayName"] == body["displayName"];
            if state.chat.spaces.values().any(taken) {
                return Err(Refusal::exists("A space with this name already exists."));
            }
            made(state, body, &[ME])
        }
        _ => setup(state, request),
    }
}

fn setup(state: &mut State, request: &Request) -> Outcome {
    let body = request.json()?;
    let mut users = vec![ME.to_owned()];
    for member in body["memberships"].as_array().into_iter().flatten() {
        users.push(state.user(member["member"]["name"].as_str().unwrap_or_default())?);
    }
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    let kind = body["space"]["spaceType"].as_str().unwrap_or_default();
    match (kind, users.len()) {
        ("DIRECT_MESSAGE", 2) | ("GROUP_CHAT", 3..) | ("SPACE", _) => {}
        _ => {
            return Err(Refusal::invalid(
                "Invalid number of memberships for this type of space.",
            ));
        }
    }
    let same = body["requestId"]
        .as_str()
        .and_then(|id| state.chat.requests.get(id))
        .cloned();
    if let Some(space) = same.and_then(|name| state.chat.spaces.get(&name)) {
        return Ok(Answer::json(&space.json));
    }
    if kind != "SPACE"
        && let Some(there) = state.between(&users, kind)
    {
        return Ok(Answer::json(&there));
    }
    let answer = made(state, body["space"].clone(), &users)?;
    if let Some(id) = body["requestId"].as_str() {
        let made: Value = serde_json::from_slice(&answer.body).expect("just written");
        let name = made["name"].as_str().unwrap_or_default().to_owned();
        state.chat.requests.insert(id.to_owned(), name);
    }
    Ok(answer)
}

fn made(state: &mut State, json: Value, users: &[&str]) -> Outcome {
    state.chat.given += 1;
    let id = format!("S{:06}", state.chat.given);
    let name = state.add_space(&id, json, users);
    Ok(Answer::json(&state.chat.spaces[&name].json))
}

fn filtered(state: &State, text: Option<&str>) -> Result<Vec<Value>, Refusal> {
    let groups = match text.filter(|f| !f.is_empty()) {
        Some(text) => filter::parse(text)?,
        None => Vec::new(),
    };
    if groups
        .iter()
        .flatten()
        .any(|t| t.field != "space_type" || t.sign != "=")
    {
        return Err(Refusal::invalid("Invalid filter."));
    }
    let fits = |s: &Value| {
        groups
            .iter()
            .all(|g| g.iter().any(|t| s["spaceType"] == *t.value))
    };
    let all = state.chat.spaces.values();
    // A conversation without a message is not listed.
    let shown = all.filter(|s| s.json["spaceType"] == "SPACE" || !s.messages.is_empty());
    Ok(shown.map(|s| s.json.clone()).filter(fits).collect())
}

/// `spaces.members.*`.
pub fn members(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let name = format!("spaces/{}", request.vars[0]);
    let members = state.chat.space(&name)?.members.clone();
    if verb == "get" {
        let wanted = request.vars[1].as_str();
        let own = format!(
            "{name}/members/{}",
            if wanted == "me" { &ME[6..] } else { wanted }
        );
        let found = members
            .iter()
            .find(|m| m["name"] == own || m["member"]["email"] == wanted);
        return found.map(Answer::json).ok_or_else(Refusal::not_found);
    }
    let groups = match request.param("filter").filter(|f| !f.is_empty()) {
        Some(text) => filter::parse(text)?,
        None => Vec::new(),
    };
    let holds = |m: &Value, t: &filter::Test| match t.field.as_str() {
        "member.type" => (m["member"]["type"] == *t.value) == (t.sign == "="),
        "role" => m["role"] == *t.value,
        _ => false,
    };
    let found: Vec<_> = members
        .into_iter()
        .filter(|m| groups.iter().all(|g| g.iter().any(|t| holds(m, t))))
        .collect();
    state
        .chat
        .listing(request, "memberships", (100, 1000), &found)
}

/// `spaces.spaceEvents.*`: what happened, told with the message as it is now.
pub fn events(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let now = state.now;
    let space = state.chat.space(&format!("spaces/{}", request.vars[0]))?;
    let current = |event: &Value| {
        let mut event = event.clone();
        for kind in ["Created", "Updated", "Deleted"] {
            let data = format!("message{kind}EventData");
            let name = event[data.as_str()]["message"]["name"].clone();
            let message = space.messages.iter().find(|m| m["name"] == name);
            if let Some(message) = message.filter(|_| !name.is_null()) {
                event[data.as_str()]["message"] = message.clone();
            }
        }
        event
    };
    if verb == "get" {
        let id = request.vars[1].as_str();
        let found = space
            .events
            .iter()
            .find(|e| e["name"].as_str().is_some_and(|n| n.ends_with(id)));
        return found
            .map(|e| Answer::json(&current(e)))
            .ok_or_else(Refusal::not_found);
    }
    let groups = filter::parse(request.param("filter").unwrap_or_default())?;
    let tests: Vec<_> = groups.iter().flatten().collect();
    let time = |field: &str| {
        tests
            .iter()
            .find(|t| t.field == field && t.sign == "=" && t.quoted)
            .map(|t| t.value.clone())
    };
    let kinds: Vec<_> = tests
        .iter()
        .filter(|t| t.field == "event_types" && t.sign == ":")
        .map(|t| &t.value)
        .collect();
    let mixed = groups.iter().any(|g| {
        g.iter()
            .any(|t| t.field != g[0].field || (g.len() > 1 && t.field != "event_types"))
    });
    let apart = groups
        .iter()
        .filter(|g| g[0].field == "event_types")
        .count()
        > 1;
    if mixed || apart {
        return Err(Refusal::invalid("Invalid filter."));
    }
    if kinds.is_empty() {
        return Err(Refusal::invalid(
            "filter must specify at least one event type.",
        ));
    }
    let bound = |text: String| {
        text.parse::<jiff::Timestamp>()
            .map_err(|_| Refusal::invalid("Invalid time in filter."))
    };
    let start = time("start_time").map(bound).transpose()?;
    let end = time("end_time").map(bound).transpose()?;
    let oldest = now - jiff::SignedDuration::from_hours(28 * 24);
    if start.is_some_and(|s| s < oldest) {
        return Err(Refusal::invalid(
            "start_time must be within the last 28 days.",
        ));
    }
    let found: Vec<_> = space
        .events
        .iter()
        .filter(|e| kinds.iter().any(|k| e["eventType"] == **k))
        .filter(|e| {
            let at = instant(&e["eventTime"]);
            start.is_none_or(|s| at > s) && end.is_none_or(|x| at <= x)
        })
        .map(current)
        .collect();
    state
        .chat
        .listing(request, "spaceEvents", (100, 100), &found)
}

/// How far the user has read.
pub fn read_state(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let space = format!("spaces/{}", request.vars[1]);
    state.chat.space(&space)?;
    if verb == "spaces.updateSpaceReadState" {
        let mask = request.param("updateMask").unwrap_or_default();
        if !["last_read_time", "lastReadTime", "*"].contains(&mask) {
            return Err(Refusal::invalid("Invalid update_mask."));
        }
        let body = request.json()?;
        let time = body["lastReadTime"]
            .as_str()
            .and_then(|t| t.parse::<jiff::Timestamp>().ok());
        let time = time.ok_or_else(|| Refusal::invalid("Invalid last_read_time."))?;
        // Never later than the newest message.
        let newest = state
            .chat
            .space(&space)?
            .messages
            .iter()
            .map(|m| instant(&m["createTime"]))
            .max();
        let read = newest.map_or(time, |newest| newest.min(time));
        state.chat.read.insert(space.clone(), read.to_string());
    }
    let mut answer = json!({"name": format!("users/{}/{space}/spaceReadState", request.vars[0])});
    if let Some(time) = state.chat.read.get(&space) {
        answer["lastReadTime"] = json!(time);
    }
    Ok(Answer::json(&answer))
}

impl Space {
    /// Keeps an event about a message.
    pub(super) fn tell(&mut self, now: &str, what: &str, message: &Value) {
        let kind = match what {
            "created" => "Created",
            "updated" => "Updated",
            _ => "Deleted",
        };
        let space = self.json["name"].as_str().unwrap_or_default();
        let mut event = json!({
            "name": format!("{space}/spaceEvents/E{}", self.events.len() + 1),
            "eventTime": now,
            "eventType": format!("google.workspace.chat.message.v1.{what}"),
        });
        event[format!("message{kind}EventData").as_str()] = json!({"message": message});
        self.events.push(event);
    }
}

impl State {
    /// A user's name by id or address.
    fn user(&self, named: &str) -> Result<String, Refusal> {
        let bad = || Refusal::invalid("Invalid user name.");
        let id = named
            .strip_prefix("users/")
            .filter(|id| !id.is_empty())
            .ok_or_else(bad)?;
        if !id.contains('@') {
            return Ok(named.to_owned());
        }
        let by_email = self.chat.users.iter().find(|(_, u)| u["email"] == id);
        by_email
            .map(|(name, _)| name.clone())
            .ok_or_else(Refusal::not_found)
    }

    /// The conversation of exactly these users.
    fn between(&self, users: &[&str], kind: &str) -> Option<Value> {
        let found = self.chat.spaces.values().find(|s| {
            let has = |u: &&str| s.members.iter().any(|m| m["member"]["name"] == **u);
            s.json["spaceType"] == kind && s.members.len() == users.len() && users.iter().all(has)
        });
        found.map(|s| s.json.clone())
    }
}
