//! Slack's refusals: most come with HTTP 200 and `"ok": false`, and the word in `error` says what happened.
//!
//! Source: the error tables of the methods (docs.slack.dev/reference/methods). A fault's status is the HTTP status that
//! says the same, so that a refusal can be told from a doubt.

use serde::Deserialize;

use crate::error::{Error, Kind};
use crate::format::clean;
use crate::net::api::Fault;
use crate::net::http::Answer;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    ok: Option<bool>,
    error: String,
    needed: String,
    provided: String,
    response_metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    messages: Vec<String>,
}

/// What a word of Slack's means: the status that says the same, the kind, and our words for it.
fn meaning(word: &str) -> (u16, Kind, &'static str) {
    match word {
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
            (429, Kind::Unavailable, "Slack wants it slower")
        }
        "fatal_error" | "internal_error" | "service_unavailable" | "team_added_to_org" => {
            (500, Kind::Unavailable, "a fault of Slack's")
        }
        "request_timeout" => (408, Kind::Unavailable, "the request came too slowly"),
        "invalid_auth" | "not_authed" | "token_expired" | "token_revoked" => {
            (401, Kind::Auth, "Slack does not know the token any more")
        }
        "account_inactive" | "user_is_bot" => {
            (401, Kind::Auth, "the account behind the token is closed")
        }
        "missing_scope" => (403, Kind::Auth, "the token lacks a scope"),
        "not_allowed_token_type"
        | "no_permission"
        | "ekm_access_denied"
        | "access_denied"
        | "accesslimited"
        | "org_login_required"
        | "team_access_not_granted"
        | "enterprise_is_restricted" => (403, Kind::Auth, "the token may not do this"),
        "channel_not_found" => (
            404,
            Kind::NotFound,
            "there is no such channel, or it can't be seen",
        ),
        "user_not_found" | "users_not_found" => (404, Kind::NotFound, "there is no such person"),
        "message_not_found" | "thread_not_found" => {
            (404, Kind::NotFound, "there is no such message")
        }
        "file_not_found" | "file_deleted" => (404, Kind::NotFound, "there is no such file"),
        "not_in_channel" => (403, Kind::Refused, "it is not a member of the channel"),
        "is_archived" => (403, Kind::Refused, "the channel is archived"),
        "cant_dm_bot" | "cannot_dm_bot" => (403, Kind::Refused, "bots can't be written to"),
        "user_disabled" => (403, Kind::Refused, "the person left the workspace"),
        "no_text" => (400, Kind::Refused, "a message needs a text"),
        "msg_too_long" | "msg_blocks_too_long" => (400, Kind::Refused, "the text is too long"),
        "invalid_blocks" | "invalid_blocks_format" => {
            (400, Kind::Refused, "Slack does not understand the blocks")
        }
        "cant_update_message" | "cant_delete_message" | "edit_window_closed" => {
            (403, Kind::Refused, "this message can't be changed")
        }
        "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel"
        | "restricted_action_non_threadable_channel"
        | "restricted_action_thread_locked" => {
            (403, Kind::Refused, "the workspace does not allow this here")
        }
        _ => (400, Kind::Refused, "Slack refused"),
    }
}

/// How Slack tells that it refuses: `None` for a success.
pub fn reading(answer: &Answer, doing: &str) -> Option<Fault> {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    match body.ok {
        Some(true) if answer.is_success() => None,
        Some(false) => Some(refused(answer, &body, doing)),
        _ if answer.is_success() => None,
        _ => Some(Fault {
            status: answer.status,
            reason: String::new(),
            error: answer.error(doing),
            passes: answer.is_transient(),
            may_have_left: true,
        }),
    }
}

fn refused(answer: &Answer, body: &Body, doing: &str) -> Fault {
    let word: String = clean::line(&body.error).chars().take(80).collect();
    let (status, kind, words) = meaning(&word);
    let status = if answer.is_success() {
        status
    } else {
        answer.status
    };
    let mut message = match word.as_str() {
        "missing_scope" => missing_scope(body, doing),
        word => format!("{doing}: {words} (`{word}`)"),
    };
    if let Some(more) = body.response_metadata.messages.first() {
        let more: String = clean::line(more).chars().take(200).collect();
        message.push_str(&format!(": {more}"));
    }
    let mut error = Error::new(kind, message);
    if let Some(hint) = hint(&word) {
        error = error.hint(hint);
    }
    if kind == Kind::Unavailable
        && let Some(wait) = answer.retry_after()
    {
        error = error.retry_after(wait);
    }
    Fault {
        status,
        reason: word,
        error,
        passes: kind == Kind::Unavailable,
        may_have_left: true,
    }
}

fn missing_scope(body: &Body, doing: &str) -> String {
    let cut = |text: &str| -> String { clean::line(text).chars().take(400).collect() };
    let needed = match body.needed.as_str() {
        "" => "a scope".to_owned(),
        needed => format!("`{}`", cut(needed)),
    };
    let has = match body.provided.as_str() {
        "" => "none".to_owned(),
        provided => cut(provided),
    };
    format!("{doing}: the token lacks {needed} (it has {has})")
}

/// What mends it.
fn hint(word: &str) -> Option<&'static str> {
    Some(match word {
        "missing_scope" => {
            "add it at https://api.slack.com/apps under OAuth & Permissions, reinstall the app there, and run `comms auth status`"
        }
        "invalid_auth" | "not_authed" | "token_expired" | "token_revoked" | "account_inactive" => {
            "copy the token anew from https://api.slack.com/apps (OAuth & Permissions) and set it as the account's secret; `comms man slack` tells how"
        }
        "not_allowed_token_type" => "this needs a user token (xoxp-…); `comms man slack` tells how",
        "not_in_channel" => "invite it there: write `/invite @` and the app's name in the channel",
        _ => return None,
    })
}

/// What an incoming webhook answers: a word as plain text.
pub fn webhook(answer: &Answer, doing: &str) -> Option<Fault> {
    if answer.is_success() {
        return None;
    }
    let said = String::from_utf8_lossy(&answer.body[..answer.body.len().min(80)]);
    let word = clean::line(said.trim());
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let mut error = answer.error(doing);
    if plain && !answer.is_transient() {
        let (kind, words) = match word.as_str() {
            "no_service" | "no_service_id" | "no_team" | "team_disabled" | "invalid_token"
            | "no_active_hooks" => (Kind::Auth, "the webhook is not valid any more"),
            "channel_is_archived" => (Kind::Refused, "the channel is archived"),
            "channel_not_found" => (Kind::Refused, "the channel is gone"),
            "action_prohibited" | "posting_to_general_channel_denied" => {
                (Kind::Refused, "the workspace does not allow this here")
            }
            "no_text" => (Kind::Refused, "a message needs a text"),
            "invalid_payload" => (Kind::Refused, "Slack does not understand the message"),
            _ => (Kind::Refused, "Slack refused"),
        };
        error = Error::new(kind, format!("{doing}: {words} (`{word}`)"));
    }
    Some(Fault {
        status: answer.status,
        reason: if plain { word } else { String::new() },
        error,
        passes: answer.is_transient(),
        may_have_left: true,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fault(status: u16, body: &str) -> Option<Fault> {
        reading(
            &Answer::fixed(status, &[("retry-after", "30")], body),
            "posting",
        )
    }

    #[test]
    fn a_success_that_says_no_is_a_refusal() {
        assert!(fault(200, r#"{"ok":true,"ts":"1.2"}"#).is_none());
        for (word, status, kind) in [
            ("ratelimited", 429, Kind::Unavailable),
            ("fatal_error", 500, Kind::Unavailable),
            ("request_timeout", 408, Kind::Unavailable),
            ("token_revoked", 401, Kind::Auth),
            ("missing_scope", 403, Kind::Auth),
            ("channel_not_found", 404, Kind::NotFound),
            ("is_archived", 403, Kind::Refused),
            ("msg_too_long", 400, Kind::Refused),
            ("something_new", 400, Kind::Refused),
        ] {
            let fault = fault(200, &format!(r#"{{"ok":false,"error":"{word}"}}"#)).unwrap();
            assert_eq!((fault.status, fault.error.kind), (status, kind), "{word}");
            assert!(fault.error.message.contains(word) || word == "missing_scope");
        }
    }

    #[test]
    fn a_rate_limit_says_when_to_come_back() {
        let fault = fault(429, r#"{"ok":false,"error":"ratelimited"}"#).unwrap();
        assert_eq!(fault.error.retry_after, Some(Duration::from_secs(30)));
        assert!(fault.passes);
    }

    #[test]
    fn a_missing_scope_is_named_with_those_that_are_there() {
        let body = r#"{"ok":false,"error":"missing_scope","needed":"search:read","provided":"chat:write,im:read"}"#;
        let fault = fault(200, body).unwrap();
        assert_eq!(
            fault.error.message,
            "posting: the token lacks `search:read` (it has chat:write,im:read)"
        );
        assert!(fault.error.hint.unwrap().contains("OAuth & Permissions"));
    }

    #[test]
    fn a_login_page_is_no_refusal_of_slacks() {
        assert!(fault(200, "<html>").is_none());
        assert_eq!(fault(503, "<html>").unwrap().error.kind, Kind::Unavailable);
    }

    #[test]
    fn a_webhook_answers_in_words() {
        let read = |status, body: &str| webhook(&Answer::fixed(status, &[], body), "posting");
        assert!(read(200, "ok").is_none());
        assert_eq!(read(404, "no_service").unwrap().error.kind, Kind::Auth);
        let archived = read(410, "channel_is_archived").unwrap();
        assert_eq!(archived.error.kind, Kind::Refused);
        assert!(archived.error.message.contains("archived"));
        assert_eq!(
            read(429, "rate_limited").unwrap().error.kind,
            Kind::Unavailable
        );
        assert_eq!(
            read(500, "rollup_error").unwrap().error.kind,
            Kind::Unavailable
        );
    }
}
