//! Messages: posting once, answering in threads, listing by time, editing, withdrawing, searching.

use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::{ME, filter, instant, listed};

/// The largest message, in bytes.
const LARGEST: usize = 32_000;

/// `spaces.messages.*`.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let space = format!("spaces/{}", request.vars[0]);
    let name = format!(
        "{space}/messages/{}",
        request.vars.get(1).map_or("", String::as_str)
    );
    let missing = || Refusal::new(404, "NOT_FOUND", "notFound", "Message not found.");
    match verb {
        "create" => create(state, request, &space),
        "list" => list(state, request, &space),
        "search" => search(state, request, &space),
        "get" => {
            let found = state.chat.message(&name).ok_or_else(missing)?;
            if found["deleteTime"].is_string() {
                return Err(missing());
            }
            Ok(Answer::json(found))
        }
        "patch" | "update" => {
            let mask = request.param("updateMask").unwrap_or_default();
            if mask.is_empty() {
                return Err(Refusal::invalid("update_mask is required."));
            }
            let allowed = [
                "*",
                "text",
                "attachment",
                "cards",
                "cards_v2",
                "accessory_widgets",
                "quoted_message_metadata",
            ];
            for field in mask.split(',') {
                if !allowed.contains(&field.replace("cardsV2", "cards_v2").as_str()) {
                    return Err(Refusal::invalid(format!(
                        "Invalid field in update_mask: {field}"
                    )));
                }
            }
            let body = request.json()?;
            match state.chat.message(&name) {
                None if request.flag("allowMissing") && request.vars[1].starts_with("client-") => {
                    let mut message = body;
                    message["clientAssignedMessageId"] = json!(request.vars[1]);
                    return Ok(Answer::json(&state.post(&space, ME, &message)?));
                }
                None => return Err(missing()),
                Some(m) if m["sender"]["name"] != ME => return Err(not_yours()),
                Some(_) => {}
            }
            Ok(Answer::json(&state.edit(&name, &body)?))
        }
        _ => {
            let message = state.chat.message(&name).cloned().ok_or_else(missing)?;
            if message["deleteTime"].is_string() {
                return Err(missing());
            }
            if message["sender"]["name"] != ME {
                return Err(not_yours());
            }
            let answers = |m: &&Value| m["thread"] == message["thread"] && m["threadReply"] == true;
            let first = message["threadReply"] != true;
            let has_replies = first
                && state
                    .chat
                    .space(&space)?
                    .messages
                    .iter()
                    .any(|m| answers(&m));
            if has_replies && !request.flag("force") {
                return Err(Refusal::new(
                    400,
                    "FAILED_PRECONDITION",
                    "failedPrecondition",
                    "Cannot delete a message with threaded replies.",
                ));
            }
            if has_replies {
                let place = state.chat.space(&space)?;
                place.messages.retain(|m| !answers(&m));
            }
            state.withdraw(&name)?;
            Ok(Answer::json(&json!({})))
        }
    }
}

fn not_yours() -> Refusal {
    Refusal::new(
        403,
        "PERMISSION_DENIED",
        "forbidden",
        "The caller does not have permission",
    )
}

fn create(state: &mut State, request: &Request, space: &str) -> Outcome {
    let mut body = request.json()?;
    state.chat.space(space)?;
    let by_webhook = request.header("authorization").is_none();
    if !state.chat.app && !by_webhook {
        let message = "Google Chat app not found. To create a Chat app, you must turn on the Chat API and configure the \
                       app in the Google Cloud console.";
        return Err(Refusal::new(404, "NOT_FOUND", "notFound", message));
    }
    if let Some(name) = request
        .param("requestId")
        .and_then(|id| state.chat.requests.get(id))
    {
        // The message that is there, but no more of it than its names: the rest is what was asked for.
        let there = state.chat.message(name).ok_or_else(Refusal::not_found)?;
        for key in ["name", "space", "thread"] {
            body[key] = there[key].clone();
        }
        return Ok(Answer::json(&body));
    }
    if body.to_string().len() > LARGEST {
        return Err(Refusal::invalid("Message is too long."));
    }
    if !by_webhook && (body["cardsV2"].is_array() || body["cards"].is_array()) {
        return Err(Refusal::invalid(
            "Message cannot have cards for requests carrying human credentials.",
        ));
    }
    if body["attachment"].as_array().is_some_and(|a| a.len() > 1) {
        return Err(Refusal::invalid("A message can have one attachment only."));
    }
    if let Some(id) = request.param("messageId") {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.starts_with("client-") || id.len() > 63 || !id.chars().all(plain) {
            return Err(Refusal::invalid("Invalid message_id."));
        }
        if state
            .chat
            .message(&format!("{space}/messages/{id}"))
            .is_some()
        {
            return Err(Refusal::exists("Message with this ID already exists."));
        }
        body["clientAssignedMessageId"] = json!(id);
    }
    if let Some(key) = request.param("threadKey") {
        body["thread"]["threadKey"] = json!(key);
    }
    match request.param("messageReplyOption") {
        None | Some("MESSAGE_REPLY_OPTION_UNSPECIFIED") => {
            if let Some(object) = body.as_object_mut() {
                object.remove("thread");
            }
        }
        Some("REPLY_MESSAGE_OR_FAIL") if state.thread_of(space, &body).is_none() => {
            return Err(Refusal::new(
                404,
                "NOT_FOUND",
                "notFound",
                "Thread not found.",
            ));
        }
        Some(_) => {}
    }
    let sender = if by_webhook { "users/webhook" } else { ME };
    let message = state.post(space, sender, &body)?;
    if let Some(id) = request.param("requestId") {
        let name = message["name"].as_str().unwrap_or_default().to_owned();
        state.chat.requests.insert(id.to_owned(), name);
    }
    if by_webhook {
        // A webhook hears what it said, and where it went.
        let mut echo = request.json()?;
        echo["name"] = message["name"].clone();
        echo["thread"] = json!({"name": message["thread"]["name"]});
        return Ok(Answer::json(&echo));
    }
    Ok(Answer::json(&message))
}

fn list(state: &mut State, request: &Request, space: &str) -> Outcome {
    let groups = match request.param("filter").filter(|f| !f.is_empty()) {
        Some(text) => filter::parse(text)?,
        None => Vec::new(),
    };
    let threads = groups.iter().flatten().filter(|t| t.field == "thread.name");
    if groups.iter().any(|g| g.len() > 1) || threads.count() > 1 {
        return Err(Refusal::invalid("Invalid filter."));
    }
    let order = request.param("orderBy").unwrap_or("ASC").to_lowercase();
    let newest_first = match order
        .trim_start_matches("create_time")
        .trim_start_matches("createtime")
        .trim()
    {
        "" | "asc" => false,
        "desc" => true,
        _ => return Err(Refusal::invalid("Invalid order_by.")),
    };
    let mut found = Vec::new();
    for message in &state.chat.space(space)?.messages {
        if message["deleteTime"].is_string() && !request.flag("showDeleted") {
            continue;
        }
        let mut fits = true;
        for test in groups.iter().flatten() {
            fits &= match test.field.as_str() {
                "create_time" if test.sign == ">" || test.sign == "<" => {
                    test.time(message["createTime"].as_str().unwrap_or_default())?
                }
                "thread.name" if test.sign == "=" && !test.quoted => {
                    message["thread"]["name"] == *test.value
                }
                _ => {
                    return Err(Refusal::invalid(format!(
                        "Invalid filter field: {}",
                        test.field
                    )));
                }
            };
        }
        if fits {
            found.push(message.clone());
        }
    }
    found.sort_by_key(|m| instant(&m["createTime"]));
    if newest_first {
        found.reverse();
    }
    state.chat.listing(request, "messages", (25, 1000), &found)
}

fn search(state: &mut State, request: &Request, space: &str) -> Outcome {
    if space != "spaces/-" {
        return Err(Refusal::invalid("parent must be spaces/-"));
    }
    let body = request.json()?;
    let text = body["filter"].as_str().unwrap_or_default();
    if text.len() > 1000 {
        return Err(Refusal::invalid("filter is too long."));
    }
    let order = body["orderBy"].as_str().unwrap_or("create_time desc");
    if order != "create_time desc" {
        return Err(Refusal::invalid("Invalid order_by."));
    }
    let groups = filter::parse(text)?;
    // Alternatives are alternatives of one field.
    if groups.iter().any(|g| {
        g.iter()
            .any(|t| t.field != g[0].field || (g.len() > 1 && t.field == "create_time"))
    }) {
        return Err(Refusal::invalid(
            "Invalid filter: OR between different fields.",
        ));
    }
    let mut found = Vec::new();
    for space in state.chat.spaces.values() {
        for message in space
            .messages
            .iter()
            .filter(|m| !m["deleteTime"].is_string())
        {
            let mut fits = true;
            for group in &groups {
                let mut any = false;
                for test in group {
                    any |= hit(state, &space.json, message, test)?;
                }
                fits &= any;
            }
            if fits {
                found.push(json!({"message": message, "read": true}));
            }
        }
    }
    found.sort_by_key(|r| std::cmp::Reverse(instant(&r["message"]["createTime"])));
    let size = body["pageSize"]
        .as_u64()
        .filter(|n| *n > 0)
        .unwrap_or(25)
        .min(100);
    let size = usize::try_from(size).expect("at most a hundred");
    let token = body["pageToken"].as_str();
    let (page, next) = state
        .chat
        .pages
        .cut(format!("search {text}"), token, size, &found)?;
    Ok(listed("results", &page, next))
}

fn hit(
    state: &State,
    space: &Value,
    message: &Value,
    test: &filter::Test,
) -> Result<bool, Refusal> {
    let value = test.value.as_str();
    Ok(match test.field.as_str() {
        "" if value == "has_link" => message["text"].as_str().is_some_and(|t| t.contains("://")),
        "" if value == "is_unread" => false,
        "" => {
            let text = message["text"].as_str().unwrap_or_default().to_lowercase();
            text.contains(&value.to_lowercase())
        }
        "create_time" if test.sign == "<" || test.sign == ">=" => {
            test.time(message["createTime"].as_str().unwrap_or_default())?
        }
        "sender.name" => {
            let sender = message["sender"]["name"].as_str().unwrap_or_default();
            let email = state.chat.users.get(sender).map(|u| u["email"].clone());
            value == sender && value == "users/me"
                || email.is_some_and(|e| e == value.trim_start_matches("users/"))
        }
        "space.name" => message["space"]["name"] == value,
        "space.display_name" => {
            let name = space["displayName"]
                .as_str()
                .unwrap_or_default()
                .to_lowercase();
            name.contains(&value.to_lowercase())
        }
        "space.space_type" => space["spaceType"] == value,
        "attachment" => message["attachment"].is_array(),
        "annotations.user_mentions.user.name" => message["annotations"].to_string().contains(value),
        other => return Err(Refusal::invalid(format!("Invalid filter field: {other}"))),
    })
}
