//! Messages and conversations: listing, reading, relabelling, removing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::drafts::raw_of;
use super::{Mail, base64url, search, shape, strings};

/// `messages.*` but sending.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let id = request.vars.get(1).map_or("", String::as_str);
    match verb {
        "list" => list(state, request, "messages"),
        "get" => {
            let mail = state.gmail.mail(id)?.clone();
            Ok(Answer::json(&shape::message(
                &mut state.gmail,
                &mail,
                request,
            )?))
        }
        "modify" => {
            let mail = state.gmail.mail(id)?.id.clone();
            relabel(state, request, &[mail])?;
            brief(state, id)
        }
        "batchModify" => {
            let ids = strings(&request.json()?["ids"]);
            if ids.is_empty() || ids.len() > 1000 {
                return Err(Refusal::invalid("Invalid number of ids"));
            }
            relabel(state, request, &ids)?;
            Ok(Answer::empty(204))
        }
        "batchDelete" => {
            for id in strings(&request.json()?["ids"]) {
                state.gmail.remove(&id);
            }
            Ok(Answer::empty(204))
        }
        "delete" if state.gmail.remove(id) => Ok(Answer::empty(204)),
        "delete" => Err(Refusal::not_found()),
        "trash" | "untrash" => {
            let mail = state.gmail.mail(id)?.id.clone();
            trash(state, &mail, verb);
            brief(state, id)
        }
        "insert" | "import" => put(state, request),
        "attachments.get" => {
            let part = &request.vars[2];
            let (mail, at) = state
                .gmail
                .attachments
                .get(part)
                .cloned()
                .ok_or_else(|| Refusal::invalid("Invalid attachment token"))?;
            if mail != id {
                return Err(Refusal::not_found());
            }
            let bytes = shape::attachment(state.gmail.mail(&mail)?, at);
            Ok(Answer::json(
                &json!({"size": bytes.len(), "data": base64url(&bytes)}),
            ))
        }
        _ => Err(Refusal::not_found()),
    }
}

/// `threads.*`.
pub fn threads(state: &mut State, request: &Request, verb: &str) -> Outcome {
    if verb == "list" {
        return list(state, request, "threads");
    }
    let thread = &request.vars[1];
    let mut mails: Vec<Mail> = state
        .gmail
        .mails
        .values()
        .filter(|m| m.thread == *thread)
        .cloned()
        .collect();
    if mails.is_empty() {
        return Err(Refusal::not_found());
    }
    mails.sort_by_key(|m| (m.internal_date, m.id.clone()));
    let ids: Vec<_> = mails.iter().map(|m| m.id.clone()).collect();
    match verb {
        "get" => {
            if request.param("format") == Some("raw") {
                return Err(Refusal::invalid("Invalid value for format: raw"));
            }
            let mut messages = Vec::new();
            for mail in &mails {
                messages.push(shape::message(&mut state.gmail, mail, request)?);
            }
            let history = mails
                .iter()
                .map(|m| m.history_id)
                .max()
                .unwrap_or(0)
                .to_string();
            return Ok(Answer::json(
                &json!({"id": thread, "historyId": history, "messages": messages}),
            ));
        }
        "modify" => relabel(state, request, &ids)?,
        "delete" => {
            for id in &ids {
                state.gmail.remove(id);
            }
            return Ok(Answer::empty(204));
        }
        _ => {
            for id in &ids {
                trash(state, id, verb);
            }
        }
    }
    let messages: Vec<Value> = ids
        .iter()
        .map(|id| shape::brief(&state.gmail.mails[id]))
        .collect();
    Ok(Answer::json(&json!({"id": thread, "messages": messages})))
}

fn list(state: &mut State, request: &Request, what: &str) -> Outcome {
    let labels: Vec<_> = request.params("labelIds").map(str::to_owned).collect();
    let q = request.param("q").unwrap_or_default();
    let asks_for_hidden = request.flag("includeSpamTrash")
        || labels.iter().any(|l| l == "SPAM" || l == "TRASH")
        || ["in:anywhere", "in:trash", "in:spam"]
            .iter()
            .any(|w| q.contains(w));
    let query = search::parse(q);
    for unknown in query.unknown() {
        state.violation(format!("Gmail has no search operator `{unknown}:`"));
    }
    let mailbox = &mut state.gmail;
    for label in &labels {
        if !mailbox.labels.iter().any(|l| l.id == *label) {
            return Err(Refusal::invalid(format!("Invalid label: {label}")));
        }
    }
    let empty = mailbox.empty_lists.iter().position(|l| labels.contains(l));
    if let Some(at) = empty {
        mailbox.empty_lists.remove(at);
        return Ok(Answer::json(&json!({"resultSizeEstimate": 0})));
    }
    let mut found: Vec<&Mail> = mailbox
        .mails
        .values()
        .filter(|m| labels.iter().all(|l| m.labels.contains(l)))
        .filter(|m| asks_for_hidden || !(m.labels.contains("SPAM") || m.labels.contains("TRASH")))
        .filter(|m| q.is_empty() || (m.indexed && query.matches(m, &mailbox.labels, state.now)))
        .collect();
    found.sort_by_key(|m| std::cmp::Reverse((m.internal_date, m.id.clone())));
    let mut seen = BTreeSet::new();
    let all: Vec<Value> = found
        .into_iter()
        .filter(|m| what == "messages" || seen.insert(m.thread.clone()))
        .map(|m| match what {
            "messages" => json!({"id": m.id, "threadId": m.thread}),
            _ => json!({"id": m.thread, "historyId": m.history_id.to_string(), "snippet": shape::snippet(m)}),
        })
        .collect();
    let (page, next) = mailbox.page(request, &all)?;
    let mut answer = json!({"resultSizeEstimate": all.len()});
    if !page.is_empty() {
        answer[what] = json!(page);
    }
    if let Some(token) = next {
        answer["nextPageToken"] = json!(token);
    }
    Ok(Answer::json(&answer))
}

fn relabel(state: &mut State, request: &Request, ids: &[String]) -> Result<(), Refusal> {
    let body = request.json()?;
    let (add, remove) = (
        strings(&body["addLabelIds"]),
        strings(&body["removeLabelIds"]),
    );
    if add.is_empty() && remove.is_empty() {
        return Err(Refusal::invalid("No label add or removes specified"));
    }
    state.gmail.settable(&add)?;
    state.gmail.settable(&remove)?;
    if let Some(both) = add.iter().find(|l| remove.contains(l)) {
        return Err(Refusal::invalid(format!(
            "Cannot both add and remove the same label: {both}"
        )));
    }
    // An id that is gone is passed over in silence.
    for id in ids {
        state.gmail.relabel(id, &add, &remove);
    }
    Ok(())
}

fn trash(state: &mut State, id: &str, verb: &str) {
    let (trash, inbox) = (["TRASH".to_owned()], ["INBOX".to_owned()]);
    match verb {
        "trash" => state.gmail.relabel(id, &trash, &inbox),
        _ => state.gmail.relabel(id, &[], &trash),
    };
}

fn brief(state: &State, id: &str) -> Outcome {
    Ok(Answer::json(&shape::brief(state.gmail.mail(id)?)))
}

/// `insert` and `import`: into the mailbox without sending.
fn put(state: &mut State, request: &Request) -> Outcome {
    let body = request.json()?;
    let raw = raw_of(&body)?;
    let now = state.tick();
    let by_header = match request.param("internalDateSource") {
        Some(source) => source == "dateHeader",
        None => request.id.ends_with(".import"),
    };
    let date = mail_parser::MessageParser::default()
        .parse(&raw)
        .and_then(|m| m.date().map(mail_parser::DateTime::to_timestamp))
        .filter(|_| by_header)
        .and_then(|s| jiff::Timestamp::from_second(s).ok());
    let labels = strings(&body["labelIds"]).into_iter().collect();
    let id = state.gmail.add(raw, labels, date.unwrap_or(now), None);
    brief(state, &id)
}
