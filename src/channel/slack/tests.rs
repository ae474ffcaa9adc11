use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use secrecy::SecretString;
use serde_json::json;

use super::*;
use crate::channel::scripted::{Scripted, Turn};
use crate::error::Kind;
use crate::model::receive;
use crate::net::api::{Access, Pending, Units};
use crate::net::http::{self, Redirects};

struct Now;

impl Access for Now {
    fn token(&self) -> Pending<'_, Result<SecretString>> {
        Box::pin(async { Ok(SecretString::from("xoxb-test")) })
    }
    fn renew(&self, _refused: SecretString) -> Pending<'_, Result<Option<SecretString>>> {
        Box::pin(async { Ok(None) })
    }
    fn units(&self, _units: u32) -> Pending<'_, Result<Units>> {
        Box::pin(async { Ok(Box::new(()) as Units) })
    }
    fn pause(&self, _wait: Duration) -> Pending<'_, ()> {
        Box::pin(async {})
    }
}

async fn slack(turns: Vec<Turn>) -> (Client, Scripted) {
    let server = Scripted::start(turns).await;
    let http = http::Client::new(None, Redirects::Never).unwrap();
    let api = Api::new(
        http,
        &server.base,
        Arc::new(Now),
        crate::net::slack::reading,
    )
    .unwrap();
    (Client::new(api), server)
}

async fn post(turns: Vec<Turn>) -> (Outcome, Vec<String>, bool) {
    let (client, server) = slack(turns).await;
    let left = Arc::new(AtomicBool::new(false));
    let outcome = client
        .post(Post {
            channel: "C1",
            text: "a &amp; b",
            own: ("abc", 1),
            thread: Some("1.2"),
            broadcast: true,
            blocks: None,
            timeout: Duration::from_secs(5),
            left: &left,
        })
        .await;
    let has_left = left.load(std::sync::atomic::Ordering::Relaxed);
    (outcome, server.seen(), has_left)
}

#[tokio::test]
async fn a_message_is_posted_with_our_id_in_it() {
    let said = r#"{"ok":true,"channel":"C1","ts":"1.3","message":{"ts":"1.3","text":"a"}}"#;
    let (outcome, seen, left) = post(vec![Turn::Say(200, said)]).await;
    assert!(
        matches!(&outcome, Outcome::Sent { ts, .. } if ts == "1.3"),
        "{outcome:?}"
    );
    assert!(left);
    assert!(seen[0].starts_with("POST /chat.postMessage "), "{seen:?}");
    assert!(
        seen[0]
            .to_lowercase()
            .contains("authorization: bearer xoxb-test")
    );
    for field in [
        "text=a+%26amp%3B+b",
        "thread_ts=1.2",
        "reply_broadcast=true",
        "parse=none",
        "comms_send",
        "%22abc%22",
    ] {
        assert!(seen[0].contains(field), "{field} in {seen:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_silence_is_doubt() {
    for (turn, kind) in [
        (
            Turn::Say(200, r#"{"ok":false,"error":"is_archived"}"#),
            Kind::Refused,
        ),
        (
            Turn::Say(200, r#"{"ok":false,"error":"channel_not_found"}"#),
            Kind::NotFound,
        ),
        (
            Turn::Say(200, r#"{"ok":false,"error":"token_revoked"}"#),
            Kind::Auth,
        ),
        (
            Turn::Say(429, r#"{"ok":false,"error":"ratelimited"}"#),
            Kind::Unavailable,
        ),
    ] {
        let (outcome, seen, left) = post(vec![turn]).await;
        let Outcome::NotSent(error) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error.kind, kind);
        assert!(!left && seen.len() == 1);
    }
    for turn in [
        Turn::Say(200, r#"{"ok":false,"error":"fatal_error"}"#),
        Turn::Say(200, r#"{"ok":false,"error":"request_timeout"}"#),
        Turn::Say(503, "busy"),
        Turn::Say(200, "<html>"),
        Turn::Say(200, r#"{"ok":true}"#),
        Turn::Break,
    ] {
        let (outcome, seen, left) = post(vec![turn]).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        assert!(left && seen.len() == 1);
    }
}

#[tokio::test]
async fn short_and_empty_pages_are_not_the_end() {
    let (client, server) = slack(vec![
        Turn::Say(200, r#"{"ok":true,"channels":[{"id":"C1","name":"a"}],"response_metadata":{"next_cursor":"x="}}"#),
        Turn::Say(200, r#"{"ok":true,"channels":[],"response_metadata":{"next_cursor":"y"}}"#),
        Turn::Say(200, r#"{"ok":true,"channels":[{"id":"C2","name":"b"}],"response_metadata":{"next_cursor":""}}"#),
    ])
    .await;
    let listing = client.conversations().await.unwrap();
    assert_eq!(listing.conversations.len(), 2);
    assert!(server.seen()[1].contains("cursor=x%3D"));
}

#[tokio::test]
async fn kinds_that_the_token_may_not_list_are_left_out() {
    let lacks =
        r#"{"ok":false,"error":"missing_scope","needed":"groups:read","provided":"channels:read"}"#;
    let (client, _server) = slack(vec![
        Turn::Say(200, lacks),
        Turn::Say(200, r#"{"ok":true,"channels":[{"id":"C1","name":"a"}]}"#),
        Turn::Say(200, lacks),
        Turn::Say(200, lacks),
        Turn::Say(
            200,
            r#"{"ok":true,"channels":[{"id":"D1","user":"U1","is_im":true}]}"#,
        ),
    ])
    .await;
    let listing = client.conversations().await.unwrap();
    assert_eq!(listing.conversations.len(), 2);
    assert!(listing.lacking[0].contains("groups:read"));
}

#[tokio::test]
async fn a_file_goes_up_without_the_login_and_is_shown_with_a_text() {
    let server = Scripted::start(vec![]).await;
    drop(server);
    let (client, server) = slack(vec![Turn::Say(
        200,
        r#"{"ok":true,"upload_url":"https://evil.example\u0000/","file_id":"F1"}"#,
    )])
    .await;
    assert!(client.upload("a.txt", b"x").await.is_err());
    assert!(server.seen()[0].contains("filename=a.txt&length=1"));
    let (client, server) =
        slack(vec![Turn::Say(200, r#"{"ok":true,"files":[{"id":"F1"}]}"#)]).await;
    let left = Arc::new(AtomicBool::new(false));
    let files = [Uploaded {
        id: "F1".into(),
        title: "a.txt".into(),
    }];
    let outcome = client
        .share(Share {
            channel: "C1",
            text: "look",
            files: &files,
            thread: None,
            timeout: Duration::from_secs(5),
            left: &left,
        })
        .await;
    assert!(matches!(outcome, Outcome::Shown), "{outcome:?}");
    let asked = server.seen()[0].clone();
    assert!(
        asked.contains("initial_comment=look") && asked.contains("channel_id=C1"),
        "{asked}"
    );
}

#[tokio::test]
async fn doing_again_what_is_done_is_success() {
    let (client, _server) = slack(vec![
        Turn::Say(200, r#"{"ok":false,"error":"already_reacted"}"#),
        Turn::Say(200, r#"{"ok":false,"error":"no_reaction"}"#),
    ])
    .await;
    client.react(("C1", "1.2"), "tada").await.unwrap();
    client.unreact(("C1", "1.2"), "tada").await.unwrap();
}

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

fn proven(headers: &[(&str, &str)], body: &str, at: i64) -> bool {
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let call = receive::Call {
        method: "POST",
        url: "/webhooks/slack",
        headers: &headers,
        body: body.as_bytes(),
        at: jiff::Timestamp::from_second(at).unwrap(),
    };
    webhook::verify(SECRET, &call).is_ok()
}

#[test]
fn only_what_slack_signed_lately_is_taken() {
    let good = [
        ("x-slack-request-timestamp", "1531420618"),
        ("x-slack-signature", SIGNATURE),
    ];
    assert!(proven(&good, BODY, 1_531_420_618));
    assert!(proven(&good, BODY, 1_531_420_918) && proven(&good, BODY, 1_531_420_318));
    assert!(!proven(&good, BODY, 1_531_420_919) && !proven(&good, BODY, 1_531_420_317));
    assert!(!proven(
        &good,
        &BODY.replace("roadrunner", "roadrunnes"),
        1_531_420_618
    ));
    assert!(!proven(&good[..1], BODY, 1_531_420_618) && !proven(&good[1..], BODY, 1_531_420_618));
    let doubled = [good[0], good[1], good[1]];
    assert!(!proven(&doubled, BODY, 1_531_420_618));
    for at in 0..SIGNATURE.len() {
        let mut bad = SIGNATURE.as_bytes().to_vec();
        bad[at] = if bad[at] == b'a' { b'b' } else { b'a' };
        let bad = String::from_utf8(bad).unwrap();
        let tampered = [good[0], ("x-slack-signature", bad.as_str())];
        assert!(!proven(&tampered, BODY, 1_531_420_618), "{bad}");
    }
    for signature in ["", "v0=", "v0", "v1=a2", "v0=zz", &SIGNATURE[..20]] {
        assert!(!proven(
            &[good[0], ("x-slack-signature", signature)],
            BODY,
            1_531_420_618
        ));
    }
    for time in [
        "",
        "soon",
        "-1531420618",
        "+1531420618",
        "99999999999999999999",
    ] {
        assert!(!proven(
            &[("x-slack-request-timestamp", time), good[1]],
            BODY,
            1_531_420_618
        ));
    }
}

fn heard(body: &str) -> receive::Heard {
    webhook::hear(&receive::Call {
        method: "POST",
        url: "/webhooks/slack",
        headers: &[],
        body: body.as_bytes(),
        at: jiff::Timestamp::UNIX_EPOCH,
    })
}

#[test]
fn the_handshake_is_answered_and_events_are_kept_by_their_id() {
    let challenge = r#"{"type":"url_verification","challenge":"3eZbrw1a","token":"x"}"#;
    assert_eq!(
        heard(challenge),
        receive::Heard::Handshake(b"3eZbrw1a".to_vec())
    );
    let event = r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention"}}"#;
    let receive::Heard::Events(events) = heard(event) else {
        panic!("no event");
    };
    assert_eq!(
        (events[0].id.as_str(), events[0].body.as_slice()),
        ("Ev1", event.as_bytes())
    );
    let receive::Heard::Events(events) = heard("no json") else {
        panic!("no event");
    };
    assert_eq!(events[0].id.len(), 32);
}

#[test]
fn messages_edits_and_deletions_are_news_and_all_else_is_kept_raw() {
    let read = |event: serde_json::Value| {
        let body = json!({"type": "event_callback", "event_id": "Ev1", "event": event});
        webhook::read(body.to_string().as_bytes())
    };
    let new = read(
        json!({"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "text": "hi", "ts": "1763726400.000100", "event_ts": "1763726400.000100"}),
    );
    let [receive::News::Message(incoming)] = new.as_slice() else {
        panic!("{new:?}");
    };
    assert_eq!(incoming.remote, "C1/1763726400.000100");
    assert_eq!(incoming.document["message"]["text"], "hi");
    assert!(incoming.document["message"].get("event_ts").is_none());
    let edited = read(
        json!({"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "2.0", "message": {"user": "U1", "text": "ho", "ts": "1.1"}, "previous_message": {"text": "hi"}}),
    );
    assert!(matches!(edited.as_slice(), [receive::News::Edited(now)] if now.remote == "C1/1.1"));
    let gone = read(
        json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "ts": "2.0", "deleted_ts": "1.1"}),
    );
    assert_eq!(gone, [receive::News::Deleted("C1/1.1".to_owned())]);
    assert!(read(json!({"type": "reaction_added", "item": {"channel": "C1"}})).is_empty());
    assert!(webhook::read(b"no json").is_empty());
}

#[tokio::test]
async fn no_message_can_have_a_method_called_as_its_file() {
    let (client, server) = slack(vec![Turn::Say(200, "bytes")]).await;
    let at = |path: &str| format!("{}{path}", server.base);
    for url in [
        at("/api/chat.postMessage?channel=C1&text=hi"),
        at("/chat.postMessage?channel=C1&text=hi"),
        at("/files-pri/../chat.postMessage?channel=C1&text=hi"),
        at("/files-pri/%2e%2e/chat.postMessage?channel=C1&text=hi"),
        "https://slack.com/api/auth.revoke".to_owned(),
        "https://evil.example/files-pri/T1-F1/download/a".to_owned(),
        "file:///files-pri/x".to_owned(),
        "files-pri/x".to_owned(),
    ] {
        assert!(client.download(&url).await.is_err(), "{url}");
    }
    assert_eq!(server.seen(), Vec::<String>::new());
    let file = at("/files-pri/T1-F1/download/a");
    assert_eq!(client.download(&file).await.unwrap(), b"bytes");
}
