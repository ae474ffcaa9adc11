use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;

use crate::channel::scripted::{Scripted, Turn};
use crate::error::Kind;
use crate::net::api::{Access, Pending};
use crate::net::google;
use crate::net::http::{Client as Http, Redirects};

use super::*;

/// A login that never ends and a clock that never waits.
struct Lent;

impl Access for Lent {
    fn token(&self) -> Pending<'_, Result<SecretString>> {
        Box::pin(async { Ok(SecretString::from("token")) })
    }
    fn renew(&self, _: SecretString) -> Pending<'_, Result<Option<SecretString>>> {
        Box::pin(async { Ok(None) })
    }
    fn units(&self, _: u32) -> Pending<'_, Result<crate::net::api::Units>> {
        Box::pin(async { Ok(Box::new(()) as crate::net::api::Units) })
    }
    fn pause(&self, _: Duration) -> Pending<'_, ()> {
        Box::pin(async {})
    }
}

async fn chat(turns: Vec<Turn>) -> (Client, Scripted) {
    let server = Scripted::start(turns).await;
    let http = Http::new(None, Redirects::Never).unwrap();
    let api = Api::new(http, &server.base, Arc::new(Lent), google::reading).unwrap();
    (Client::new(api), server)
}

async fn post(turns: Vec<Turn>, thread: Option<Thread<'_>>) -> (Outcome, Vec<String>) {
    let (client, server) = chat(turns).await;
    let left = Arc::new(AtomicBool::new(false));
    let outcome = client
        .send(Post {
            space: "spaces/AAA",
            text: "hello",
            id: "client-c1-1",
            thread,
            attachments: &[],
            timeout: Duration::from_secs(5),
            left: &left,
        })
        .await;
    (outcome, server.seen())
}

const MESSAGE: &str =
    r#"{"name":"spaces/AAA/messages/B.C","thread":{"name":"spaces/AAA/threads/T"}}"#;
const TAKEN: &str =
    r#"{"error":{"code":409,"message":"Message ID is taken","status":"ALREADY_EXISTS"}}"#;
const NO_APP: &str = r#"{"error":{"code":404,"message":"Google Chat app not found. To create a Chat app, you must turn on the Chat API and configure the app in the Google Cloud console.","status":"NOT_FOUND"}}"#;
const NO_SPACE: &str = r#"{"error":{"code":404,"message":"Space not found, or you are not a member.","status":"NOT_FOUND"}}"#;

#[tokio::test]
async fn a_message_is_posted_under_its_own_id() {
    let (outcome, seen) = post(vec![Turn::Say(200, MESSAGE)], None).await;
    assert!(matches!(&outcome, Outcome::Sent { name, .. } if name == "spaces/AAA/messages/B.C"));
    assert!(
        seen[0].starts_with(
            "POST /v1/spaces/AAA/messages?requestId=client-c1-1&messageId=client-c1-1 "
        ),
        "{seen:?}"
    );
    let (_, seen) = post(
        vec![Turn::Say(200, MESSAGE)],
        Some(Thread::Name("spaces/AAA/threads/T")),
    )
    .await;
    assert!(
        seen[0].contains("messageReplyOption=REPLY_MESSAGE_OR_FAIL"),
        "{seen:?}"
    );
    assert!(seen[0].contains(r#""thread":{"name":"spaces/AAA/threads/T"}"#));
    let (_, seen) = post(vec![Turn::Say(200, MESSAGE)], Some(Thread::Key("k"))).await;
    assert!(seen[0].contains("messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"));
}

#[tokio::test]
async fn a_message_whose_id_is_taken_was_posted_before() {
    let (outcome, seen) = post(vec![Turn::Say(409, TAKEN), Turn::Say(200, MESSAGE)], None).await;
    assert!(
        matches!(&outcome, Outcome::Sent { name, .. } if name == "spaces/AAA/messages/B.C"),
        "{outcome:?}"
    );
    assert!(
        seen[1].starts_with("GET /v1/spaces/AAA/messages/client-c1-1 "),
        "{seen:?}"
    );
    let (outcome, _) = post(vec![Turn::Say(409, TAKEN)], None).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_project_without_an_app_is_told_from_a_space_one_is_not_in() {
    let (outcome, _) = post(vec![Turn::Say(404, NO_APP)], None).await;
    let Outcome::NotSent(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(error.kind, Kind::Config);
    assert!(
        error
            .hint
            .unwrap()
            .contains("https://console.cloud.google.com")
    );
    let (outcome, _) = post(vec![Turn::Say(404, NO_SPACE)], None).await;
    let Outcome::NotSent(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(error.kind, Kind::NotFound);
    assert!(error.message.contains("`spaces/AAA`"));
}

#[tokio::test]
async fn silence_after_the_request_left_is_doubt_and_is_not_repeated() {
    for turn in [Turn::Break, Turn::Say(503, "{}")] {
        let (outcome, seen) = post(vec![turn], None).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        assert_eq!(seen.len(), 1);
    }
    let busy = r#"{"error":{"code":429,"message":"Slow down","status":"RESOURCE_EXHAUSTED"}}"#;
    let (outcome, _) = post(vec![Turn::Say(429, busy)], None).await;
    assert!(
        matches!(&outcome, Outcome::NotSent(e) if e.kind == Kind::Unavailable),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_message_is_absent_only_where_its_space_can_be_read() {
    const NONE: Turn = Turn::Say(
        404,
        r#"{"error":{"code":404,"message":"Message not found","status":"NOT_FOUND"}}"#,
    );
    for (turns, wanted) in [
        (vec![Turn::Say(200, MESSAGE)], "found"),
        (
            vec![NONE, Turn::Say(200, r#"{"name":"spaces/AAA"}"#)],
            "absent",
        ),
        (vec![NONE, Turn::Say(404, NO_SPACE)], "unclear"),
        (vec![Turn::Say(403, "{}")], "unclear"),
    ] {
        let (client, _server) = chat(turns).await;
        let got = match client.find_sent("spaces/AAA", "client-c1-1").await {
            Find::Found { .. } => "found",
            Find::Absent => "absent",
            Find::CannotTell(_) => "unclear",
        };
        assert_eq!(got, wanted);
    }
}

#[tokio::test]
async fn listings_are_read_to_their_last_page() {
    let (client, server) = chat(vec![
        Turn::Say(200, r#"{"spaces":[{"name":"spaces/A","displayName":"Team","spaceType":"SPACE"},{"broken":1}],"nextPageToken":"p2"}"#),
        Turn::Say(200, r#"{"spaces":[{"name":"spaces/B","spaceType":"DIRECT_MESSAGE"},{"name":"spaces/C","spaceType":"NEW"}]}"#),
    ])
    .await;
    let spaces = client.spaces().await.unwrap();
    let kinds: Vec<SpaceKind> = spaces.iter().map(|s| s.space_type).collect();
    assert_eq!(
        kinds,
        [SpaceKind::Space, SpaceKind::Direct, SpaceKind::Other]
    );
    assert!(server.seen()[1].contains("pageToken=p2"));
}

#[tokio::test]
async fn messages_are_asked_for_by_time_and_an_empty_space_is_empty() {
    let (client, server) = chat(vec![Turn::Say(200, "{}")]).await;
    let window = Window {
        after: Some("2026-11-20T10:00:00.5Z".parse().unwrap()),
        deleted: true,
        ..Window::default()
    };
    let page = client.messages("spaces/A", window, None).await.unwrap();
    assert!(page.messages.is_empty() && page.next.is_none());
    let asked = server.seen()[0].clone();
    assert!(
        asked.contains("filter=create_time+%3E+%222026-11-20T10%3A00%3A00.500000Z%22"),
        "{asked}"
    );
    assert!(asked.contains("showDeleted=true") && asked.contains("orderBy=ASC"));
}

#[tokio::test]
async fn nobody_to_write_to_is_told_from_nothing_written_yet() {
    let (client, _s) = chat(vec![Turn::Say(
        404,
        r#"{"error":{"code":404,"message":"DM not found"}}"#,
    )])
    .await;
    assert_eq!(
        client
            .direct_message("users/ada@example.com")
            .await
            .unwrap(),
        None
    );
    let (client, _s) = chat(vec![Turn::Say(
        400,
        r#"{"error":{"code":400,"message":"not a user"}}"#,
    )])
    .await;
    let error = client
        .direct_message("users/ada@example.com")
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
    assert!(error.message.contains("`ada@example.com`"));
}

#[tokio::test]
async fn a_file_goes_up_in_two_parts_and_comes_down_whole() {
    let (client, server) = chat(vec![
        Turn::Say(
            200,
            r#"{"attachmentDataRef":{"attachmentUploadToken":"T"}}"#,
        ),
        Turn::Say(200, "bytes"),
    ])
    .await;
    let reference = client
        .upload("spaces/A", ("a\"b.txt", "text/plain\r\nX: y"), b"content")
        .await
        .unwrap();
    assert_eq!(reference, json!({"attachmentUploadToken": "T"}));
    assert_eq!(client.download("media/x=/y").await.unwrap(), b"bytes");
    let seen = server.seen();
    assert!(
        seen[0].starts_with("POST /upload/v1/spaces/A/attachments:upload?uploadType=multipart "),
        "{seen:?}"
    );
    assert!(
        seen[0].contains(r#"{"filename":"a\"b.txt"}"#)
            && seen[0].contains("content")
            && !seen[0].contains("X: y")
    );
    assert!(
        seen[1].starts_with("GET /v1/media/media/x=/y?alt=media "),
        "{seen:?}"
    );
}

#[tokio::test]
async fn what_was_done_before_is_done() {
    let (client, _s) = chat(vec![Turn::Say(409, "{}"), Turn::Say(404, "{}")]).await;
    client.react("spaces/A/messages/B", "👍").await.unwrap();
    client
        .unreact("spaces/A/messages/B/reactions/R")
        .await
        .unwrap();
}
