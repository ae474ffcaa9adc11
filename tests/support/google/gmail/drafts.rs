//! Drafts: an id that stays, around a message whose id changes with every update.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::{from_base64url, sending, shape};

/// `drafts.*`.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let id = request.vars.get(1).cloned().unwrap_or_default();
    match verb {
        "list" => list(state, request),
        "create" => {
            let message = put(state, request, None)?;
            let draft = format!("r-{}", state.gmail.given);
            state.gmail.drafts.insert(draft.clone(), message);
            brief(state, &draft)
        }
        "send" => send(state, request),
        _ if !state.gmail.drafts.contains_key(&id) => Err(Refusal::not_found()),
        "get" => {
            let mail = state.gmail.mail(&state.gmail.drafts[&id])?.clone();
            let message = shape::message(&mut state.gmail, &mail, request)?;
            Ok(Answer::json(&json!({"id": id, "message": message})))
        }
        "update" => {
            let old = state.gmail.drafts[&id].clone();
            let thread = state.gmail.mail(&old)?.thread.clone();
            let message = put(state, request, Some(thread))?;
            state.gmail.drafts.insert(id.clone(), message);
            state.gmail.remove(&old);
            brief(state, &id)
        }
        _ => {
            let message = state.gmail.drafts[&id].clone();
            state.gmail.remove(&message);
            Ok(Answer::empty(204))
        }
    }
}

fn list(state: &mut State, request: &Request) -> Outcome {
    let mailbox = &mut state.gmail;
    let mut all: Vec<_> = mailbox
        .drafts
        .iter()
        .map(|(d, m)| (m.clone(), d.clone()))
        .collect();
    all.sort_by(|a, b| b.cmp(a));
    let (page, next) = mailbox.page(request, &all)?;
    let drafts: Vec<_> = page
        .iter()
        .map(|(m, d)| json!({"id": d, "message": {"id": m, "threadId": mailbox.mails[m].thread}}))
        .collect();
    let mut answer = json!({"resultSizeEstimate": all.len()});
    if !drafts.is_empty() {
        answer["drafts"] = json!(drafts);
    }
    if let Some(token) = next {
        answer["nextPageToken"] = json!(token);
    }
    Ok(Answer::json(&answer))
}

/// Stores the message of a draft; its id.
fn put(state: &mut State, request: &Request, thread: Option<String>) -> Result<String, Refusal> {
    let body = request.json()?;
    let raw = raw_of(&body["message"])?;
    let thread = match body["message"]["threadId"].as_str() {
        Some(t) if state.gmail.mails.values().any(|m| m.thread == t) => Some(t.to_owned()),
        Some(_) => return Err(Refusal::not_found()),
        None => thread,
    };
    let now = state.tick();
    let labels = BTreeSet::from(["DRAFT".to_owned()]);
    Ok(state.gmail.add(raw, labels, now, thread))
}

/// The bytes of a message in JSON.
pub fn raw_of(message: &Value) -> Result<Vec<u8>, Refusal> {
    message["raw"]
        .as_str()
        .and_then(from_base64url)
        .ok_or_else(|| {
            Refusal::invalid("'raw' RFC822 payload message string or uploading message via /upload/* URL required")
        })
}

fn brief(state: &State, draft: &str) -> Outcome {
    let mail = state.gmail.mail(&state.gmail.drafts[draft])?;
    let message = json!({"id": mail.id, "threadId": mail.thread, "labelIds": mail.labels});
    Ok(Answer::json(&json!({"id": draft, "message": message})))
}

/// Sends a draft that is there; a message in the request replaces its text first.
fn send(state: &mut State, request: &Request) -> Outcome {
    let body = request.json()?;
    let id = body["id"].as_str().unwrap_or_default();
    let message = state
        .gmail
        .drafts
        .get(id)
        .cloned()
        .ok_or_else(Refusal::not_found)?;
    let old = state.gmail.mail(&message)?.clone();
    let raw = if body["message"]["raw"].is_string() {
        raw_of(&body["message"])?
    } else {
        old.raw
    };
    let answer = sending::submit(state, raw, Some(old.thread))?;
    state.gmail.remove(&message);
    Ok(Answer::json(&answer))
}
