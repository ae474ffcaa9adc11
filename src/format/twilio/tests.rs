use serde_json::json;

use super::*;

fn message(direction: &str) -> Value {
    json!({
        "sid": "SM0123", "from": "+14155550100", "to": "+14155550199", "direction": direction,
        "body": "see https://example.com", "num_media": "2", "num_segments": "1", "status": "received",
        "date_created": "Sat, 21 Nov 2026 12:00:01 +0000", "date_sent": "Sat, 21 Nov 2026 12:00:02 +0000",
        "price": "-0.00750", "price_unit": "usd", "error_code": null
    })
}

#[test]
fn both_directions_are_one_conversation() {
    let media = [json!({"sid": "ME1", "content_type": "image/jpeg"})];
    let document = document(&message("inbound"), &media).to_string();
    let came = parse(document.as_bytes());
    assert_eq!(came.from[0].email, "sms:+14155550100");
    assert_eq!(came.to[0].email, "sms:+14155550199");
    assert_eq!(came.message_id.as_deref(), Some("twilio:SM0123"));
    assert!(came.has_link && came.faults.is_empty(), "{:?}", came.faults);
    assert_eq!(came.sent_at.unwrap().to_string(), "2026-11-21T12:00:02Z");
    let names: Vec<_> = came.attachments.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["media-1.jpg", "media-2.bin"]);
    let mut answer = message("outbound-api");
    answer["from"] = json!("+14155550199");
    answer["to"] = json!("+14155550100");
    let went = parse(answer.to_string().as_bytes());
    assert_eq!(went.references, came.references);
    assert_eq!(
        attachment_source(document.as_bytes(), 1),
        Some(("SM0123".into(), Some("ME1".into())))
    );
    assert_eq!(
        attachment_source(document.as_bytes(), 2),
        Some(("SM0123".into(), None))
    );
}

#[test]
fn a_price_is_a_cost_to_the_millionth() {
    let mut message = message("outbound-api");
    assert_eq!(price(&message), "0.0075 USD".parse().ok());
    message["price"] = Value::Null;
    assert_eq!(price(&message), None);
    message["price"] = json!("-0.000001");
    assert_eq!(price(&message).map(|p| p.micros), Some(1));
}

#[test]
fn what_did_not_arrive_says_so() {
    let mut message = message("outbound-api");
    message["status"] = json!("undelivered");
    message["error_code"] = json!(30003);
    let parsed = parse(message.to_string().as_bytes());
    assert_eq!(parsed.faults, ["undelivered (Twilio 30003)"]);
}

#[test]
fn broken_documents_are_read_as_far_as_they_go() {
    for raw in [
        "",
        "[]",
        "7",
        "{}",
        r#"{"message":[]}"#,
        r#"{"sid":1,"from":{},"date_sent":"x","num_media":"-1","media":{}}"#,
    ] {
        let parsed = parse(raw.as_bytes());
        assert!(!parsed.faults.is_empty(), "{raw}");
    }
}

#[test]
fn a_text_is_known_again_in_what_twilio_made_of_it() {
    assert!(is_same("It's \"fine\" - ok", "It’s “fine” – ok"));
    assert!(is_same(
        "Sent from your Twilio trial account - hello",
        "hello"
    ));
    assert!(is_same("a\nb ", "a\r\nb"));
    assert!(!is_same("hello there", "hello"));
    assert!(!is_same("", "hello"));
}
