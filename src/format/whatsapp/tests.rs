use serde_json::json;

use super::*;

fn incoming(message: Value) -> Parsed {
    let contact = json!({"profile": {"name": "Kerry\u{1b}[31m Fisher"}, "wa_id": "16315551234", "user_id": "US.13491208655302741918"});
    let metadata =
        json!({"display_phone_number": "+1 (415) 555-0100", "phone_number_id": "106540352242922"});
    let mut whole = json!({"from": "16315551234", "id": "wamid.A", "timestamp": "1795262400"});
    for (key, value) in message.as_object().unwrap() {
        whole[key] = value.clone();
    }
    parse(&document(&whole, Some(&contact), &metadata))
}

#[test]
fn a_text_has_sender_receiver_time_and_one_thread_per_pair() {
    let parsed = incoming(json!({"type": "text", "text": {"body": "hi https://x.example"}}));
    assert_eq!(parsed.text, "hi https://x.example");
    assert!(
        parsed.has_link && parsed.faults.is_empty(),
        "{:?}",
        parsed.faults
    );
    assert_eq!(parsed.from[0].email, "whatsapp:+16315551234");
    assert_eq!(parsed.to[0].email, "whatsapp:+14155550100");
    assert_eq!(parsed.message_id.as_deref(), Some("wamid.A"));
    assert_eq!(parsed.sent_at.unwrap().as_second(), 1_795_262_400);
    assert_eq!(
        parsed.references,
        [
            "106540352242922/whatsapp:+16315551234",
            "106540352242922/whatsapp:US.13491208655302741918"
        ]
    );
    let own = parse(&own_document(&Own {
        id: "wamid.B",
        request: &json!({"messaging_product": "whatsapp", "to": "16315551234", "type": "text", "text": {"body": "yes"}}),
        number: ("106540352242922", Some("+14155550100")),
        to: "whatsapp:+16315551234",
        text: "yes",
        own_id: "abc",
        at: Timestamp::from_second(1_795_262_460).unwrap(),
    }));
    assert_eq!(own.references, parsed.references[..1]);
    assert_eq!(own.from[0].email, "whatsapp:+14155550100");
    assert_eq!(own.to[0].email, "whatsapp:+16315551234");
    assert_eq!(own.comms_id.as_deref(), Some("abc"));
    assert!(own.faults.is_empty(), "{:?}", own.faults);
}

#[test]
fn someone_without_a_number_is_known_by_the_id_within_the_business() {
    let document = json!({
        "message": {"from_user_id": "US.134", "id": "wamid.C", "timestamp": "1795262400", "type": "text", "text": {"body": "a"}},
        "contact": {"profile": {"username": "@kerry"}, "user_id": "US.134"},
        "metadata": {"display_phone_number": "14155550100", "phone_number_id": "1"}
    });
    let parsed = parse(document.to_string().as_bytes());
    assert_eq!(parsed.from[0].email, "whatsapp:US.134");
    assert_eq!(parsed.from[0].name.as_deref(), Some("@kerry"));
    assert_eq!(parsed.references, ["1/whatsapp:US.134"]);
    assert_eq!(recipient(&parsed.from[0].email), ("recipient", "US.134"));
    assert_eq!(recipient("whatsapp:+14155550100"), ("to", "14155550100"));
}

#[test]
fn every_kind_of_answer_is_readable() {
    for (message, read) in [
        (
            json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "yes-7", "title": "Yes"}}}),
            "[button] Yes (yes-7)",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "r2", "title": "Tue", "description": "at 9"}}}),
            "[list] Tue (r2)\nat 9",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"flow_token\":\"t\",\"name\":\"Ada\",\"days\":[\"Mon\",\"Tue\"],\"n\":2}"}}}),
            "[form flow]\nname: Ada\ndays: Mon, Tue\nn: 2",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": "{broken"}}}),
            "[form flow]\n{broken",
        ),
        (
            json!({"type": "button", "button": {"text": "No", "payload": "No"}}),
            "[button] No",
        ),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.Z", "emoji": "👍"}}),
            "[reaction] 👍",
        ),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.Z"}}),
            "[reaction taken back]",
        ),
        (
            json!({"type": "location", "location": {"latitude": 37.5, "longitude": -122.25, "name": "HQ", "address": "1 Road"}}),
            "[location] HQ, 1 Road (geo:37.5,-122.25)",
        ),
        (
            json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Bob"}, "phones": [{"phone": "+1415"}]}]}),
            "[contact] Bob, +1415",
        ),
        (
            json!({"type": "image", "image": {"id": "9", "mime_type": "image/jpeg", "caption": "look"}}),
            "look",
        ),
        (
            json!({"type": "audio", "audio": {"id": "9", "mime_type": "audio/ogg; codecs=opus", "voice": true}}),
            "[voice message]",
        ),
        (
            json!({"type": "order", "order": {"product_items": [{"product_retailer_id": "sku", "quantity": 2, "item_price": 1.5, "currency": "USD"}], "text": "quick"}}),
            "[order]\n2 x sku at 1.5 USD\nquick",
        ),
        (
            json!({"type": "system", "system": {"body": "Ada changed from 1 to 2"}}),
            "Ada changed from 1 to 2",
        ),
        (
            json!({"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]}),
            "[a message of a kind that WhatsApp does not pass on] Message type unknown (131051)",
        ),
        (json!({"type": "hologram", "hologram": {}}), "[hologram]"),
        (
            json!({"type": "text", "text": {"body": "hi"}, "referral": {"headline": "Sale", "source_url": "https://fb.me/x"}}),
            "[from the ad] Sale https://fb.me/x\nhi",
        ),
    ] {
        assert_eq!(incoming(message.clone()).text, read, "{message}");
    }
}

#[test]
fn an_answer_names_what_it_answers() {
    let reply = incoming(
        json!({"type": "text", "text": {"body": "a"}, "context": {"from": "1", "id": "wamid.Q"}}),
    );
    assert_eq!(reply.in_reply_to, ["wamid.Q"]);
    let reaction =
        incoming(json!({"type": "reaction", "reaction": {"message_id": "wamid.R", "emoji": "x"}}));
    assert_eq!(reaction.in_reply_to, ["wamid.R"]);
}

#[test]
fn a_file_has_a_safe_name_and_a_source() {
    let message = json!({"type": "document", "document": {"id": "55", "mime_type": "application/pdf", "filename": "../../etc/passwd", "sha256": "q="}});
    let parsed = incoming(message.clone());
    assert_eq!(
        parsed.attachments[0].name,
        clean::file_name("../../etc/passwd")
    );
    assert!(!parsed.attachments[0].name.contains('/'));
    assert_eq!(parsed.attachments[0].media_type, "application/pdf");
    let raw = json!({ "message": message }).to_string();
    let source = media_id(raw.as_bytes()).unwrap();
    assert_eq!(source, ("55".to_owned(), Some("q=".to_owned())));
    assert_eq!(kind_of("image/webp"), MediaKind::Sticker);
    assert_eq!(kind_of("image/gif"), MediaKind::Document);
}

#[test]
fn what_was_edited_or_taken_back_says_so() {
    let raw = json!({"message": {"id": "wamid.A", "from": "1", "timestamp": "1", "type": "text", "text": {"body": "old"}}, "metadata": {"display_phone_number": "2"}}).to_string();
    let edit = |at: &str, body: &str| json!({"message": {"timestamp": at, "type": "edit", "edit": {"original_message_id": "wamid.A", "message": {"id": "wamid.B", "type": "text", "text": {"body": body}}}}});
    let new = edited(raw.as_bytes(), &edit("30", "new")).unwrap();
    let late = edited(&new, &edit("20", "older")).unwrap();
    assert_eq!(late, new, "the older edit came later");
    let gone = deleted(&new).unwrap();
    assert_eq!(edited(&gone, &edit("40", "back")).unwrap(), gone);
    // The edits came before the message.
    let first = edit("30", "new").to_string();
    assert_eq!(
        edited(first.as_bytes(), &edit("20", "older")).unwrap(),
        first.as_bytes()
    );
    let parsed = parse(&new);
    assert_eq!(
        (parsed.text.as_str(), parsed.message_id.as_deref()),
        ("new", Some("wamid.A"))
    );
    let parsed = parse(&deleted(raw.as_bytes()).unwrap());
    assert_eq!(parsed.text, "");
    assert!(parsed.faults.contains(&"deleted by its author".to_owned()));
    assert_eq!(parsed.from[0].email, "whatsapp:+1");
}

#[test]
fn markdown_becomes_the_dialect_and_links_are_written_out() {
    assert_eq!(
        from_markdown(
            "# Hi\n\n**b** *i* ~~s~~ [here](https://x.example/a_b) <https://y.example>\n\n- one\n- two\n\n```\ncode\n```"
        ),
        "*Hi*\n\n*b* _i_ ~s~ here (https://x.example/a_b) https://y.example\n\n- one\n- two\n\n```\ncode\n```"
    );
    assert_eq!(
        from_plain("snake_case stays, a <b> too"),
        "snake_case stays, a <b> too"
    );
}

#[test]
fn a_long_text_is_cut_between_characters_that_a_reader_sees() {
    let family = "👨‍👩‍👧‍👦";
    let text = family.repeat(1_000);
    let parts = chunks(&text);
    assert!(parts.len() > 1);
    for (_, part) in &parts {
        assert!(part.chars().count() <= 4_096);
        assert!(part.starts_with('👨') && part.ends_with('👦'));
    }
    let whole: String = parts.iter().map(|(_, p)| p.as_str()).collect();
    assert_eq!(whole, text);
    assert_eq!(chunks(&"👍".repeat(40)).len(), 1);
}

#[test]
fn what_is_no_document_is_shown_as_it_is() {
    let parsed = parse(b"nonsense");
    assert_eq!(parsed.text, "nonsense");
    assert!(!parsed.faults.is_empty());
    parse(b"{\"message\": 7}");
    parse(b"{\"message\": {\"type\": 3, \"interactive\": []}}");
}
