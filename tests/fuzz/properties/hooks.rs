//! Calls to our webhooks: forged ones are refused, proven ones become news that can be kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use comms::channel::{slack, twilio, whatsapp};
use comms::format::document;
use comms::model::account::ChannelKind;
use comms::model::receive::{Call, Event, Heard, News};
use jiff::Timestamp;
use ring::hmac;
use secrecy::SecretString;

use super::{choice, text_of};

const SID: &str = "AC00000000000000000000000000000000";
const SIGNING: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const NUMBER: &str = "106540352242922";

/// The first byte chooses the provider; the first line is a header or the query, the rest the body.
pub fn webhook(data: &[u8]) {
    let (which, rest) = choice(data);
    let at = rest.iter().position(|b| *b == b'\n');
    let (line, body) = match at {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (&b""[..], rest),
    };
    let line = text_of(line).into_owned();
    match which % 3 {
        0 => of_twilio(&line, body),
        1 => of_whatsapp(&line, body),
        _ => of_slack(&line, body),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn at() -> Timestamp {
    Timestamp::from_second(1_764_000_000).expect("a time")
}

fn forged<T: std::fmt::Debug>(heard: comms::error::Result<T>) {
    assert!(heard.is_err(), "a forged call is proven: {heard:?}");
}

fn of_twilio(line: &str, body: &[u8]) {
    let form = (
        "content-type".to_owned(),
        "application/x-www-form-urlencoded".to_owned(),
    );
    let mut headers = vec![form, ("x-twilio-signature".to_owned(), line.to_owned())];
    let url = format!("https://hooks.example.com/hooks/sms?{line}");
    let secret = SecretString::from("12345");
    for method in ["POST", "GET"] {
        let call = Call {
            method,
            url: &url,
            headers: &headers,
            body,
            at: at(),
        };
        forged(twilio::webhook::hear(&call, Some(&secret)));
    }
    headers.pop();
    let mut fields: Vec<_> = url::form_urlencoded::parse(body).collect();
    if fields.is_empty() {
        return;
    }
    fields.sort();
    fields.dedup();
    let fields = fields.iter().map(|(name, value)| format!("{name}{value}"));
    let signed = format!("{url}{}", fields.collect::<String>());
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
    let tag = hmac::sign(&key, signed.as_bytes());
    headers.push(("x-twilio-signature".to_owned(), STANDARD.encode(tag)));
    let call = Call {
        method: "POST",
        url: &url,
        headers: &headers,
        body,
        at: at(),
    };
    let heard = twilio::webhook::hear(&call, Some(&secret)).expect("a call that is signed");
    for event in events(heard) {
        assert!(!event.id.is_empty());
        kept(ChannelKind::Twilio, twilio::webhook::read(&event.body, SID));
    }
    kept(ChannelKind::Twilio, twilio::webhook::read(body, SID));
}

fn of_whatsapp(line: &str, body: &[u8]) {
    let secret = SecretString::from("shh");
    let secrets = whatsapp::webhook::Secrets {
        app_secret: Some(&secret),
        verify_token: Some(&secret),
    };
    let headers = [("x-hub-signature-256".to_owned(), line.to_owned())];
    let url = format!("https://hooks.example.com/hooks/wa?{line}");
    let call = Call {
        method: "POST",
        url: &url,
        headers: &headers,
        body,
        at: at(),
    };
    forged(whatsapp::webhook::hear(&call, secrets));
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"shh");
    let tag = hex(hmac::sign(&key, body).as_ref());
    let signed = [("x-hub-signature-256".to_owned(), format!("sha256={tag}"))];
    let proven = Call {
        headers: &signed,
        ..call
    };
    whatsapp::webhook::hear(&proven, secrets).expect("a call that is signed");
    let call = Call {
        method: "GET",
        ..call
    };
    let _ = whatsapp::webhook::hear(&call, secrets);
    let events = whatsapp::webhook::events(body);
    let size: usize = events.iter().map(|event| event.body.len()).sum();
    // Each event carries what stands around it.
    assert!(
        events.len() <= body.len() + 1 && size <= (events.len() + 1) * (6 * body.len() + 1_000)
    );
    for event in events {
        assert!(!event.id.is_empty() && event.id.len() <= body.len() + 200);
        kept(
            ChannelKind::Whatsapp,
            whatsapp::webhook::read(&event.body, NUMBER),
        );
        whatsapp::webhook::window(&event.body, NUMBER);
    }
}

fn of_slack(line: &str, body: &[u8]) {
    let headers = [
        (
            "x-slack-request-timestamp".to_owned(),
            at().as_second().to_string(),
        ),
        ("x-slack-signature".to_owned(), line.to_owned()),
    ];
    let url = "https://hooks.example.com/hooks/slack";
    let call = Call {
        method: "POST",
        url,
        headers: &headers,
        body,
        at: at(),
    };
    forged(slack::webhook::verify(SIGNING, &call));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SIGNING.as_bytes());
    let tag = hmac::sign(
        &key,
        &[format!("v0:{}:", at().as_second()).as_bytes(), body].concat(),
    );
    let signed = (
        "x-slack-signature".to_owned(),
        format!("v0={}", hex(tag.as_ref())),
    );
    let signed = [headers[0].clone(), signed];
    let proven = Call {
        headers: &signed,
        ..call
    };
    slack::webhook::verify(SIGNING, &proven).expect("a call that is signed");
    for event in events(slack::webhook::hear(&call)) {
        kept(ChannelKind::Slack, slack::webhook::read(&event.body));
    }
}

fn events(heard: Heard) -> Vec<Event> {
    match heard {
        Heard::Handshake(_) => Vec::new(),
        Heard::Events(events) => events,
    }
}

/// What becomes of news: its document is read, and what it does to one that is kept already.
fn kept(channel: ChannelKind, news: Vec<News>) {
    for one in news {
        let (News::Message(told) | News::Edited(told)) = one else {
            continue;
        };
        let raw = told.document.to_string().into_bytes();
        let parsed = document::parse(channel, &raw);
        assert!(parsed.text.len() <= 20 * raw.len() + 1_000);
        let document = document::Document { channel, raw };
        document.as_mail(at());
        document.body();
    }
}
