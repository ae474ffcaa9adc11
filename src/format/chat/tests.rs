use serde_json::json;

use super::*;

fn read(message: Value) -> Parsed {
    let space = json!({"name": "spaces/AAA", "displayName": "Team room"});
    parse(&document(&space, None, &message))
}

fn message() -> Value {
    json!({
        "name": "spaces/AAA/messages/BBB.CCC",
        "sender": {"name": "users/123", "displayName": "Ada", "type": "HUMAN"},
        "createTime": "2026-11-20T10:11:12.345678Z",
        "text": "hello @Grace, see https://x.example",
        "thread": {"name": "spaces/AAA/threads/TTT"},
        "space": {"name": "spaces/AAA"},
        "clientAssignedMessageId": "client-cabc123-2",
        "attachment": [
            {"contentName": "../plan.pdf", "contentType": "Application/PDF", "attachmentDataRef": {"resourceName": "media/1="}},
            {"source": "DRIVE_FILE", "driveDataRef": {"driveFileId": "D1"}}
        ]
    })
}

#[test]
fn a_message_is_read_whole() {
    let parsed = read(message());
    assert_eq!(
        parsed.message_id.as_deref(),
        Some("spaces/AAA/messages/BBB.CCC")
    );
    assert_eq!(parsed.references, ["spaces/AAA/threads/TTT"]);
    assert_eq!(parsed.from, [Address::new(Some("Ada"), "users/123")]);
    assert_eq!(
        parsed.to,
        [Address::new(Some("Team room"), "chat:spaces/AAA")]
    );
    assert_eq!(parsed.subject, "Team room");
    assert_eq!(
        parsed.sent_at.unwrap().to_string(),
        "2026-11-20T10:11:12.345678Z"
    );
    assert_eq!(parsed.comms_id.as_deref(), Some("cabc123"));
    assert!(parsed.has_link);
    assert_eq!(parsed.attachments.len(), 2);
    assert_eq!(parsed.attachments[0].name, "plan.pdf");
    assert_eq!(parsed.attachments[0].media_type, "application/pdf");
    assert_eq!(parsed.attachments[1].name, "attachment-2");
    assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
    let raw = document(&json!({}), None, &message());
    assert_eq!(
        attachment_source(&raw, 1),
        Some(Source::Media("media/1=".into()))
    );
    assert_eq!(attachment_source(&raw, 2), Some(Source::Drive("D1".into())));
    assert_eq!(attachment_source(&raw, 3), None);
    assert_eq!(attachment_source(&raw, 0), None);
}

#[test]
fn a_bare_resource_reads_like_the_document_around_it() {
    let parsed = parse(message().to_string().as_bytes());
    assert_eq!(parsed.to[0].email, "chat:spaces/AAA");
    assert_eq!(parsed.to[0].name, None);
    assert_eq!(parsed.text, "hello @Grace, see https://x.example");
}

#[test]
fn mentions_are_read_by_name_and_links_by_where_they_lead() {
    let parsed = read(json!({
        "name": "spaces/AAA/messages/B",
        "text": "<users/1> and <users/2>: read this, <users/all>, a < b > c",
        "formattedText": "<users/1> and <users/2>: <https://x.example/doc|read this>, <users/all>, a < b > c",
        "annotations": [{"type": "USER_MENTION", "userMention": {"user": {"name": "users/1", "displayName": "Grace"}}}]
    }));
    assert_eq!(
        parsed.text,
        "@Grace and @2: read this (https://x.example/doc), @all, a < b > c"
    );
    assert!(parsed.has_link);
}

#[test]
fn the_words_of_cards_are_found() {
    let parsed = read(json!({
        "name": "spaces/AAA/messages/B",
        "cardsV2": [{"card": {
            "header": {"title": "Build <b>failed</b>", "subtitle": "main"},
            "sections": [{"header": "Details", "widgets": [
                {"decoratedText": {"topLabel": "Branch", "text": "fix &amp; run", "icon": {"knownIcon": "STAR"}}},
                {"buttonList": {"buttons": [{"text": "Open", "onClick": {"openLink": {"url": "https://ci.example"}}}]}}
            ]}]
        }}],
        "fallbackText": "not needed"
    }));
    for words in [
        "Build failed",
        "main",
        "Details",
        "Branch",
        "fix & run",
        "Open",
    ] {
        assert!(parsed.text.contains(words), "{words} in {}", parsed.text);
    }
    assert!(!parsed.text.contains("STAR") && !parsed.text.contains("not needed"));
    assert!(parsed.has_link);
}

#[test]
fn a_deleted_message_has_no_text_and_says_who_deleted_it() {
    let mut deleted = message();
    deleted["deletionMetadata"] = json!({"deletionType": "CREATOR"});
    deleted["deleteTime"] = json!("2026-11-20T11:00:00Z");
    let parsed = read(deleted);
    assert_eq!(parsed.text, "");
    assert!(parsed.attachments.is_empty());
    assert_eq!(parsed.faults, ["deleted by its author"]);
    assert_eq!(
        parsed.message_id.as_deref(),
        Some("spaces/AAA/messages/BBB.CCC")
    );
}

#[test]
fn what_is_left_of_a_deleted_message_says_nothing_of_its_text() {
    let event =
        json!({"name": "spaces/AAA/messages/BBB.CCC", "deleteTime": "2026-11-20T11:00:00Z"});
    let left = deleted(&message(), &event);
    assert!(!left.to_string().contains("hello") && !left.to_string().contains("plan.pdf"));
    let parsed = read(left);
    assert_eq!(parsed.faults, ["deleted"]);
    assert_eq!(parsed.from[0].label(), "Ada");
    assert_eq!(parsed.references, ["spaces/AAA/threads/TTT"]);
}

#[test]
fn what_the_owner_wrote_is_from_the_address_of_the_account() {
    let raw = document(&json!({}), Some("ada@example.com"), &message());
    assert_eq!(
        parse(&raw).from,
        [Address::new(Some("Ada"), "ada@example.com")]
    );
}

#[test]
fn only_ids_that_comms_gave_are_taken_for_its_own() {
    assert_eq!(own_id("client-c12ab-1"), Some("c12ab"));
    assert_eq!(own_id(&client_id("c12ab", 10)), Some("c12ab"));
    for other in [
        "client-",
        "client-x",
        "client--1",
        "client-a-",
        "other-a-1",
        "",
    ] {
        assert_eq!(own_id(other), None, "{other}");
    }
}

#[test]
fn broken_bytes_still_give_something() {
    for raw in [
        &b""[..],
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{\"name\":5,\"text\":[],\"attachment\":{},\"annotations\":3}",
    ] {
        let parsed = parse(raw);
        assert!(!parsed.faults.is_empty(), "{raw:?}");
    }
    assert!(parse(b"{\"text\":\"cut of").text.contains("cut of"));
    let deep = "{\"cards\":".repeat(5_000) + "1" + &"}".repeat(5_000);
    parse(deep.as_bytes());
}

proptest::proptest! {
    #[test]
    fn nothing_makes_the_reader_panic(text in "\\PC*", key in "[a-z]{1,8}", cut in 0usize..400) {
        let mut hostile = message();
        hostile["text"] = json!(text);
        hostile["formattedText"] = json!(format!("<{text}|{key}>"));
        hostile[key] = json!([text]);
        let raw = document(&json!({"displayName": text}), None, &hostile);
        parse(&raw);
        parse(&raw[..cut.min(raw.len())]);
    }
}
