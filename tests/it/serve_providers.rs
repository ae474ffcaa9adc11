//! What Twilio and Slack post to `comms serve`: their signatures, their handshakes, their answers.

use base64::Engine;
use ring::hmac;

use crate::support::World;
use crate::support::serving::{Answer, Serving};
use crate::support::slack::{self, Slack};

const CONFIG: &str = "
[serve]
public_url = \"https://hooks.example.com\"

[accounts.sms]
channel = \"twilio\"
account_sid = \"AC00000000000000000000000000000001\"
address = \"+15550001111\"

[accounts.ops]
channel = \"slack\"
";
const TOKEN: &str = "12345";
const SIGNING: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// `support::NOW` in seconds.
const NOW: i64 = 1_795_262_400;

fn world() -> World {
    World::new()
        .config(CONFIG)
        .env("COMMS_SECRET_SMS", TOKEN)
        .env("COMMS_SECRET_OPS", "xoxb-1")
        .env("COMMS_SECRET_OPS_WEBHOOK_SECRET", SIGNING)
}

/// Posts a form as Twilio signs it for this address.
fn twilio(serving: &Serving, url: &str, fields: &[(&str, &str)]) -> Answer {
    let mut signed = url.to_owned();
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    for (name, value) in sorted {
        signed.push_str(name);
        signed.push_str(value);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    let tag = hmac::sign(&key, signed.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(tag);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-twilio-signature", signature.as_str()),
    ];
    serving.post_as("/webhooks/sms", &headers, body.as_bytes())
}

fn post(serving: &Serving, at: i64, body: &str) -> Answer {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SIGNING.as_bytes());
    let tag = hmac::sign(&key, format!("v0:{at}:{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    let (at, signature) = (at.to_string(), format!("v0={hex}"));
    let headers = [
        ("x-slack-request-timestamp", at.as_str()),
        ("x-slack-signature", &signature),
    ];
    serving.post("/webhooks/ops", &headers, body.as_bytes())
}

fn found(world: &World, word: &str) -> Vec<serde_json::Value> {
    for _ in 0..100 {
        let run = world.run(["search", word, "--json"]).ok().json();
        let messages = run["messages"].as_array().unwrap().clone();
        if !messages.is_empty() {
            return messages;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Vec::new()
}

#[test]
fn an_sms_is_answered_with_no_words_and_is_in_the_inbox() {
    let world = world();
    let serving = Serving::start(&world);
    let fields = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("AccountSid", "AC00000000000000000000000000000001"),
        ("From", "+14155550100"),
        ("To", "+15550001111"),
        ("Body", "zebra & \u{1f993}, café?"),
        ("NumMedia", "0"),
    ];
    let answer = twilio(&serving, "https://hooks.example.com/webhooks/sms", &fields);
    assert_eq!((answer.status, answer.body.as_str()), (200, "<Response/>"));
    assert!(
        answer
            .head
            .iter()
            .any(|line| line == "content-type: text/xml"),
        "{answer:?}"
    );
    let messages = found(&world, "zebra");
    assert_eq!(messages[0]["account"], "sms", "{messages:?}");
    assert_eq!(messages[0]["preview"], "zebra & \u{1f993}, café?");
    // Signed for another address: whoever recorded that call can't use it here.
    let answer = twilio(&serving, "https://other.example.com/webhooks/sms", &fields);
    assert_eq!((answer.status, answer.body.as_str()), (403, ""));
    serving.counted(
        "comms_webhook_calls_total{account=\"sms\",result=\"signature\"}",
        1,
    );
}

#[test]
fn slack_is_answered_its_challenge_and_not_what_someone_recorded() {
    let workspace = Slack::start();
    let config = format!("{CONFIG}base_url = \"{}\"\n", workspace.url);
    let world = world()
        .config(&config)
        .env("COMMS_SECRET_OPS", slack::TOKEN);
    let serving = Serving::start(&world);
    let challenge = r#"{"type":"url_verification","token":"x","challenge":"3eZbrw1aB"}"#;
    let answer = post(&serving, NOW, challenge);
    assert_eq!((answer.status, answer.body.as_str()), (200, "3eZbrw1aB"));
    assert_eq!(post(&serving, NOW - 301, challenge).status, 403);
    assert_eq!(post(&serving, NOW + 301, challenge).status, 403);
    serving.counted(
        "comms_webhook_calls_total{account=\"ops\",result=\"old\"}",
        2,
    );

    let event = r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C123",
        "user":"U1","ts":"1795262400.000100","text":"zebra in the hall"}}"#;
    for _ in 0..3 {
        assert_eq!(post(&serving, NOW, event).status, 200);
    }
    assert_eq!(found(&world, "zebra").len(), 1);
    let edited = r#"{"type":"event_callback","event_id":"Ev2","event":{"type":"message","subtype":"message_changed",
        "channel":"C123","message":{"type":"message","user":"U1","ts":"1795262400.000100","text":"giraffe in the hall",
        "edited":{"user":"U1","ts":"1795262401.000000"}}}}"#;
    assert_eq!(post(&serving, NOW, edited).status, 200);
    assert_eq!(found(&world, "giraffe").len(), 1);
    let deleted = r#"{"type":"event_callback","event_id":"Ev3","event":{"type":"message","subtype":"message_deleted",
        "channel":"C123","deleted_ts":"1795262400.000100"}}"#;
    assert_eq!(post(&serving, NOW, deleted).status, 200);
    serving.counted(
        "comms_webhook_events_total{account=\"ops\",state=\"new\"}",
        3,
    );
    serving.counted("comms_events_waiting", 0);
    for word in ["zebra", "giraffe"] {
        let run = world.run(["search", word, "--json"]).ok().json();
        assert_eq!(run["messages"].as_array().unwrap().len(), 0, "{run}");
    }
}

#[test]
fn who_is_refused_behind_a_proxy_shuts_nobody_out() {
    // Towards an address that is nobody's; nothing is sent.
    let own = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let own = own.map(|at| at.ip());
    let near = |ip: &std::net::IpAddr| !ip.is_loopback() && !comms::rules::public::is_public(*ip);
    let Some(own) = own.ok().filter(near) else {
        println!("skipped: this machine has no address on a private network");
        return;
    };
    let world = crate::support::serving::world();
    let serving = Serving::on(&world, own, &["--only", "webhooks"]);
    let passed_on = ("x-forwarded-for", "203.0.113.7");
    for _ in 0..100 {
        assert_eq!(
            serving.post("/webhooks/wa", &[passed_on], b"{}").status,
            403
        );
    }
    let body = "{\"object\":\"whatsapp_business_account\",\"entry\":[]}";
    let signature = crate::support::serving::signature(body);
    let signed = ("x-hub-signature-256", signature.as_str());
    let call = |headers: &[_]| {
        serving
            .post("/webhooks/wa", headers, body.as_bytes())
            .status
    };
    assert_eq!(call(&[passed_on, signed]), 200);
    // Who says nothing of others is asked to wait.
    let refused = (0..100).map(|_| call(&[])).collect::<Vec<_>>();
    assert!(refused.contains(&429), "{refused:?}");
}
