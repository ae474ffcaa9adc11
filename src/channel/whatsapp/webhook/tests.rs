use serde_json::json;

use super::*;
use crate::model::receive::{News, Reported};

fn call<'a>(body: &'a [u8], headers: &'a [(String, String)]) -> Call<'a> {
    Call {
        method: "POST",
        url: "https://hooks.example.com/webhooks/wa",
        headers,
        body,
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn signed(signature: &str) -> Vec<(String, String)> {
    vec![(SIGNATURE.to_owned(), signature.to_owned())]
}

fn heard(body: &[u8], headers: &[(String, String)], secret: &str) -> Result<Heard> {
    let secret = SecretString::from(secret.to_owned());
    let secrets = Secrets {
        app_secret: Some(&secret),
        verify_token: None,
    };
    hear(&call(body, headers), secrets)
}

#[test]
fn the_signature_is_over_the_bytes_as_they_came() {
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    let good = "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756";
    let secret = "test_app_secret";
    assert_eq!(
        heard(body, &signed(good), secret).unwrap(),
        Heard::Events(vec![])
    );
    for (body, headers) in [
        (
            br#"{"object":"whatsapp_business_account","entry": []}"#.as_slice(),
            signed(good),
        ),
        (body, signed(&good.replace('d', "e"))),
        (body, signed(good.trim_start_matches("sha256="))),
        (body, signed("sha256=")),
        (body, signed("sha256=zz")),
        (
            body,
            signed("sha1=fc5983fdf1a4e15c8949b8af05322fede4063d27"),
        ),
        (body, vec![]),
        (body, [signed(good), signed(good)].concat()),
    ] {
        assert_eq!(heard(body, &headers, secret).unwrap_err().kind, Kind::Auth);
    }
    assert!(heard(body, &signed(good), "other").is_err());
}

#[test]
fn a_registration_is_answered_with_its_challenge_only_if_its_token_is_ours() {
    let token = SecretString::from("T&1".to_owned());
    let ask = |query: &str| handshake(&format!("https://x/webhooks/wa?{query}"), Some(&token));
    assert_eq!(
        ask("hub.mode=subscribe&hub.challenge=115%2B8&hub.verify_token=T%261").unwrap(),
        b"115+8"
    );
    for query in [
        "",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=T",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=T%261",
        "hub.mode=subscribe&hub.verify_token=T%261",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=T%261&hub.verify_token=T%261",
    ] {
        assert_eq!(ask(query).unwrap_err().kind, Kind::Auth, "{query}");
    }
    assert!(
        handshake(
            "https://x/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
            Some(&SecretString::from(String::new()))
        )
        .is_err()
    );
    assert!(handshake("https://x/?hub.mode=subscribe", None).is_err());
}

fn webhook(value: Value) -> Vec<Event> {
    let mut value = value;
    value["messaging_product"] = "whatsapp".into();
    if value.get("metadata").is_none() {
        value["metadata"] =
            json!({"display_phone_number": "14155550100", "phone_number_id": "106"});
    }
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "W", "changes": [{"field": "messages", "value": value}]}]});
    events(body.to_string().as_bytes())
}

fn status(state: &str, more: Value) -> Vec<News> {
    let mut status = json!({"id": "wamid.S", "status": state, "timestamp": "1795262400", "recipient_id": "16315551234", "biz_opaque_callback_data": callback_data("abc-1", 2)});
    for (key, value) in more.as_object().unwrap() {
        status[key] = value.clone();
    }
    let events = webhook(json!({"statuses": [status]}));
    assert_eq!(events[0].id, format!("status:wamid.S:{state}"));
    read(&events[0].body, "106")
}

#[test]
fn each_message_and_status_is_an_event_with_the_sender_it_belongs_to() {
    let events = webhook(json!({
        "contacts": [{"wa_id": "1", "profile": {"name": "A"}}, {"user_id": "US.2", "profile": {"name": "B"}}],
        "messages": [
            {"from": "1", "id": "wamid.1", "timestamp": "1795262400", "type": "text", "text": {"body": "a"}},
            {"from_user_id": "US.2", "id": "wamid.2", "timestamp": "1795262401", "type": "text", "text": {"body": "b"}, "new_field": [1]}
        ],
        "statuses": [{"id": "wamid.9", "status": "read", "timestamp": "1", "recipient_id": "1"}]
    }));
    let ids: Vec<&str> = events.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(
        ids,
        ["message:wamid.1", "message:wamid.2", "status:wamid.9:read"]
    );
    let second: Value = serde_json::from_slice(&events[1].body).unwrap();
    assert_eq!(second["contact"]["profile"]["name"], "B");
    assert_eq!(second["message"]["new_field"], json!([1]));
    let news = read(&events[1].body, "106");
    let [News::Message(incoming)] = news.as_slice() else {
        panic!("no message");
    };
    assert_eq!((incoming.remote.as_str(), incoming.own), ("wamid.2", false));
    assert_eq!(
        read(&events[1].body, "107"),
        vec![],
        "of another number of the app"
    );
    assert_eq!(
        super::window(&events[1].body, "106"),
        Some(WindowNews::Opened {
            customers: vec!["whatsapp:US.2".to_owned()],
            at: jiff::Timestamp::from_second(1_795_262_401).unwrap(),
            entry: false
        })
    );
}

#[test]
fn what_is_unknown_is_kept_as_it_came() {
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "W", "changes": [{"field": "flows", "value": {"event": "x"}}]}]});
    let found = events(body.to_string().as_bytes());
    assert!(found[0].id.starts_with("raw:") && found.len() == 1);
    assert!(String::from_utf8_lossy(&found[0].body).contains("\"event\":\"x\""));
    assert_eq!(read(&found[0].body, "106"), vec![]);
    for body in ["", "[]", "7", "{\"entry\":7}", "\u{0}"] {
        let found = events(body.as_bytes());
        assert_eq!(found.len(), 1, "{body}");
        assert_eq!(read(&found[0].body, "106"), vec![]);
    }
    let odd = webhook(
        json!({"messages": [7, {"id": "wamid.1", "timestamp": "x"}], "statuses": [{"id": 3}]}),
    );
    assert_eq!(odd.len(), 3);
    for event in odd {
        read(&event.body, "106");
        super::window(&event.body, "106");
    }
}

#[test]
fn a_status_says_how_far_it_got_and_which_part_of_ours_it_is() {
    for (word, state) in [
        ("sent", Reported::Sent),
        ("delivered", Reported::Delivered),
        ("read", Reported::Read),
    ] {
        let pricing = json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "service", "later": 1});
        let news = status(word, json!({ "pricing": pricing }));
        let [News::Status(news)] = news.as_slice() else {
            panic!("{news:?}");
        };
        assert_eq!(news.state, state);
        assert_eq!(news.own, Some(("abc-1".to_owned(), 2)));
        assert_eq!(news.pricing, Some(pricing));
        assert_eq!(news.remote, "wamid.S");
    }
    assert_eq!(status("teleported", json!({})), vec![]);
}

#[test]
fn a_failure_has_its_code_and_words_and_may_close_the_window() {
    let errors = json!([{"code": 131047, "title": "Re-engagement message", "message": "Re-engagement message", "error_data": {"details": "more than 24 hours have passed"}}]);
    let events = webhook(
        json!({"statuses": [{"id": "wamid.S", "status": "failed", "timestamp": "1795262400", "recipient_user_id": "US.7", "errors": errors}]}),
    );
    let news = read(&events[0].body, "106");
    let [News::Status(news)] = news.as_slice() else {
        panic!("no status");
    };
    assert_eq!(news.state, Reported::Undelivered);
    assert_eq!(news.code.as_deref(), Some("131047"));
    assert_eq!(
        news.words.as_deref(),
        Some("Re-engagement message: more than 24 hours have passed")
    );
    assert_eq!(
        super::window(&events[0].body, "106"),
        Some(WindowNews::Closed {
            customer: "whatsapp:US.7".to_owned(),
            at: jiff::Timestamp::from_second(1_795_262_400).unwrap()
        })
    );
}

#[test]
fn who_stopped_marketing_is_opted_out() {
    let news = status(
        "failed",
        json!({"errors": [{"code": 131050, "title": "stopped"}]}),
    );
    assert!(
        matches!(&news[0], News::OptOut { address, out: true, .. } if address == "whatsapp:+16315551234")
    );
    assert!(matches!(&news[1], News::Status(_)));
    let events = webhook(
        json!({"user_preferences": [{"wa_id": "1631", "category": "marketing_messages", "value": "resume", "timestamp": 1731705721}]}),
    );
    assert!(matches!(
        &read(&events[0].body, "106")[0],
        News::OptOut { out: false, .. }
    ));
}

#[test]
fn edits_deletions_and_messages_from_the_phone_are_told_apart() {
    let events = webhook(json!({"messages": [
        {"from": "1", "id": "wamid.E", "timestamp": "1", "type": "edit", "edit": {"original_message_id": "wamid.O", "message": {"type": "text", "text": {"body": "new"}}}},
        {"from": "1", "id": "wamid.R", "timestamp": "1", "type": "revoke", "revoke": {"original_message_id": "wamid.O"}}
    ], "message_echoes": [{"from": "14155550100", "to": "1", "id": "wamid.P", "timestamp": "1", "type": "text", "text": {"body": "mine"}}]}));
    assert!(matches!(&read(&events[0].body, "106")[0], News::Edited(e) if e.remote == "wamid.O"));
    assert_eq!(
        read(&events[1].body, "106"),
        vec![News::Deleted("wamid.O".to_owned())]
    );
    let news = read(&events[2].body, "106");
    let [News::Message(own)] = news.as_slice() else {
        panic!("no echo");
    };
    assert!(own.own);
    let parsed = crate::format::whatsapp::parse(own.document.to_string().as_bytes());
    assert_eq!(parsed.to[0].email, "whatsapp:+1");
    assert_eq!(parsed.from[0].email, "whatsapp:+14155550100");
}
