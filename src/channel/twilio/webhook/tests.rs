use serde::Deserialize;

use super::*;
use crate::model::receive::Reported;

#[derive(Deserialize)]
struct Vector {
    name: String,
    auth_token: String,
    signed_url: String,
    params: Vec<(String, String)>,
    signature: String,
    #[serde(rename = "match")]
    fits: bool,
}

fn vectors() -> Vec<Vector> {
    let all = include_str!("../../../../tests/fixtures/signature_vectors.json");
    let all: Value = serde_json::from_str(all).unwrap();
    serde_json::from_value(all["twilio"].clone()).unwrap()
}

const JSON_BODIES: [&str; 3] = [r#"{"property": "value", "boolean": true}"#, "{}", ""];

struct Sent {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn of(vector: &Vector) -> Sent {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&vector.params);
        let json = vector.signed_url.contains("bodySHA256");
        let body = match json {
            true => JSON_BODIES
                .into_iter()
                .find(|body| {
                    let hash = digest::digest(&digest::SHA256, body.as_bytes());
                    let hash: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
                    vector.signed_url.contains(&hash)
                })
                .unwrap()
                .as_bytes()
                .to_vec(),
            false => form.finish().into_bytes(),
        };
        let media_type = match json {
            true => "application/json",
            false => "application/x-www-form-urlencoded; charset=UTF-8",
        };
        Sent {
            method: "POST",
            url: vector.signed_url.clone(),
            headers: vec![
                ("x-twilio-signature".into(), vector.signature.clone()),
                ("content-type".into(), media_type.into()),
            ],
            body,
        }
    }

    fn hear(&self, token: &str) -> Result<Heard> {
        let call = Call {
            method: self.method,
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
            at: "2026-11-21T12:00:00Z".parse().unwrap(),
        };
        hear(&call, Some(&SecretString::from(token)))
    }
}

#[test]
fn every_vector_is_taken() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 12);
    for vector in vectors.iter().filter(|v| v.fits) {
        let heard = Sent::of(vector).hear(&vector.auth_token);
        assert!(heard.is_ok(), "{}: {heard:?}", vector.name);
    }
}

#[test]
fn an_address_is_known_with_and_without_its_usual_port() {
    for vector in vectors() {
        let mut sent = Sent::of(&vector);
        sent.url = match sent.url.as_str() {
            url if url.contains(":443/") => url.replace(":443/", "/"),
            url if url.contains(":80/") => url.replace(":80/", "/"),
            url if url.contains("com/") && url.starts_with("https") => {
                url.replace("com/", "com:443/")
            }
            url => url.to_owned(),
        };
        assert!(sent.hear(&vector.auth_token).is_ok(), "{}", vector.name);
    }
}

#[test]
fn a_call_that_was_changed_is_refused() {
    for vector in vectors() {
        let refuses = |change: &dyn Fn(&mut Sent)| {
            let mut sent = Sent::of(&vector);
            change(&mut sent);
            let error = sent.hear(&vector.auth_token).expect_err(&vector.name);
            assert_eq!(error.kind, crate::error::Kind::Auth);
            assert!(!error.message.contains(&vector.auth_token));
        };
        refuses(&|sent| sent.url.push_str("&x=1"));
        refuses(&|sent| sent.url = sent.url.replace("mycompany", "evil"));
        refuses(&|sent| sent.url = sent.url.replace("http", "ftp"));
        refuses(&|sent| sent.headers.clear());
        refuses(&|sent| sent.headers[0].1 = "AAAA".into());
        refuses(&|sent| sent.headers[0].1 = String::new());
        refuses(&|sent| sent.headers[0].1.insert(0, 'x'));
        let again = ("x-twilio-signature".to_owned(), vector.signature.clone());
        refuses(&|sent| sent.headers.push(again.clone()));
        refuses(&|sent| sent.body.extend(b"&Body=more"));
        assert!(Sent::of(&vector).hear("54321").is_err(), "{}", vector.name);
        assert!(Sent::of(&vector).hear("").is_err(), "{}", vector.name);
        if !vector.params.is_empty() {
            refuses(&|sent| sent.body.clear());
            refuses(&|sent| sent.headers[1].1 = "text/plain".into());
        }
    }
}

const SID: &str = "AC00000000000000000000000000000001";

fn form(pairs: &[(&str, &str)], url: &str) -> Event {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let headers = [(
        "content-type".to_owned(),
        "application/x-www-form-urlencoded".to_owned(),
    )];
    let body = form.finish().into_bytes();
    let call = Call {
        method: "POST",
        url,
        headers: &headers,
        body: &body,
        at: "2026-11-21T12:00:00Z".parse().unwrap(),
    };
    event(&call, params(&call))
}

const HOOK: &str = "https://x.example/webhooks/sms";

#[test]
fn what_came_in_is_a_message_as_the_api_would_give_it() {
    let event = form(
        &[
            ("MessageSid", "MM1"),
            ("SmsSid", "MM1"),
            ("AccountSid", SID),
            ("From", "+14155550100"),
            ("To", "+14155550199"),
            ("Body", "hi 🎉"),
            ("NumMedia", "1"),
            ("SmsStatus", "received"),
            (
                "MediaUrl0",
                "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME77",
            ),
            ("MediaContentType0", "image/png"),
            ("SomethingNew", "x"),
        ],
        HOOK,
    );
    assert_eq!(event.id, "message:MM1");
    let news = read(&event.body, SID);
    let [News::Message(message)] = news.as_slice() else {
        panic!("{news:?}");
    };
    assert_eq!(message.remote, "MM1");
    let parsed = twilio::parse(message.document.to_string().as_bytes());
    assert_eq!(parsed.text, "hi 🎉");
    assert_eq!(parsed.from[0].email, "sms:+14155550100");
    assert_eq!(parsed.attachments[0].name, "media-1.png");
    assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
    assert!(read(&event.body, "ACother").is_empty());
}

#[test]
fn a_status_is_tied_to_the_item_by_its_address() {
    let url = status_callback(HOOK, "c0123", 2).unwrap();
    let event = form(
        &[
            ("MessageSid", "SM1"),
            ("MessageStatus", "undelivered"),
            ("SmsStatus", "undelivered"),
            ("ErrorCode", "30003"),
            ("AccountSid", SID),
            ("RawDlrDoneDate", "2611211203"),
        ],
        &url,
    );
    assert_eq!(event.id, "status:SM1:undelivered");
    let news = read(&event.body, SID);
    let [News::Status(status)] = news.as_slice() else {
        panic!("{news:?}");
    };
    assert_eq!(status.own, Some(("c0123".to_owned(), 2)));
    assert_eq!(status.state, Reported::Undelivered);
    assert_eq!(status.code.as_deref(), Some("30003"));
    assert!(status.words.as_deref().unwrap().contains("out of reach"));
    assert_eq!(status.at.unwrap().to_string(), "2026-11-21T12:03:00Z");
}

#[test]
fn sent_is_never_told_as_delivered() {
    for (said, state) in [
        ("queued", Some(Reported::Queued)),
        ("sending", Some(Reported::Queued)),
        ("sent", Some(Reported::Sent)),
        ("delivered", Some(Reported::Delivered)),
        ("read", Some(Reported::Read)),
        ("failed", Some(Reported::Undelivered)),
        ("something_new", None),
    ] {
        let event = form(&[("MessageSid", "SM1"), ("MessageStatus", said)], HOOK);
        let told = read(&event.body, SID)
            .into_iter()
            .find_map(|news| match news {
                News::Status(status) => Some(status.state),
                _ => None,
            });
        assert_eq!(told, state, "{said}");
    }
}

#[test]
fn who_replies_stop_is_told_as_opted_out() {
    let read_of = |pairs: &[(&str, &str)]| {
        let base = [
            ("MessageSid", "SM1"),
            ("From", "+14155550100"),
            ("To", "+14155550199"),
            ("NumMedia", "0"),
        ];
        let all: Vec<_> = base.iter().chain(pairs).copied().collect();
        let news = read(&form(&all, HOOK).body, SID);
        assert!(matches!(news[0], News::Message(_)));
        news.into_iter().find_map(|news| match news {
            News::OptOut { address, out, .. } => Some((address, out)),
            _ => None,
        })
    };
    let who = || "sms:+14155550100".to_owned();
    assert_eq!(read_of(&[("Body", " stop ")]), Some((who(), true)));
    assert_eq!(read_of(&[("Body", "Unstop")]), Some((who(), false)));
    assert_eq!(read_of(&[("Body", "please stop this")]), None);
    assert_eq!(
        read_of(&[("Body", "Arrêt"), ("OptOutType", "STOP")]),
        Some((who(), true))
    );
    assert_eq!(read_of(&[("Body", "STOP"), ("OptOutType", "HELP")]), None);
}

#[test]
fn what_is_unknown_is_kept_as_it_came() {
    let odd = form(&[("EventType", "x"), ("A", "1"), ("A", "2")], HOOK);
    assert!(odd.id.starts_with("raw:"));
    assert!(
        String::from_utf8(odd.body.clone())
            .unwrap()
            .contains(r#""A":["1","2"]"#)
    );
    for body in [odd.body.as_slice(), b"", b"[]", b"{\"form\":7}"] {
        assert!(read(body, SID).is_empty());
    }
}
