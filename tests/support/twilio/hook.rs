//! Twilio's own calls: signed as it signs them.

use base64::Engine as _;
use ring::hmac;
use serde_json::Value;

use super::{ACCOUNT, AUTH_TOKEN, Twilio};

/// A call as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Posted {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Signs a form for the address it is posted to.
pub fn sign(url: &str, fields: &[(String, String)], token: &str) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort();
    sorted.dedup();
    let mut text = url.to_owned();
    for (name, value) in sorted {
        text.push_str(&name);
        text.push_str(&value);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    let tag = hmac::sign(&key, text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(tag.as_ref())
}

impl Posted {
    /// A form, signed with the account's auth token.
    pub fn form(url: &str, fields: &[(&str, &str)]) -> Posted {
        let fields: Vec<(String, String)> = fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&fields);
        Posted {
            url: url.to_owned(),
            headers: vec![
                (
                    "content-type".into(),
                    "application/x-www-form-urlencoded; charset=UTF-8".into(),
                ),
                ("x-twilio-signature".into(), sign(url, &fields, AUTH_TOKEN)),
                (
                    "i-twilio-idempotency-token".into(),
                    format!("token-{}", form_id(&fields)),
                ),
            ],
            body: form.finish().into_bytes(),
        }
    }
}

fn form_id(fields: &[(String, String)]) -> String {
    let field = |name: &str| {
        fields
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, v)| v)
    };
    format!("{}-{}", field("MessageSid"), field("MessageStatus"))
}

impl Twilio {
    /// The call that tells of a message which came in.
    pub fn told(&self, sid: &str, hook: &str) -> Posted {
        let state = self.state();
        let message = state.messages.iter().find(|m| m["sid"] == sid);
        let message = message.expect("a message that is there").clone();
        let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
        let media: Vec<(String, String, String)> = state
            .media
            .iter()
            .filter(|((of, _), _)| of == sid)
            .enumerate()
            .map(|(n, ((_, medium), (media_type, _)))| {
                let url = format!(
                    "{}/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media/{medium}",
                    state.url
                );
                (format!("MediaUrl{n}"), url, media_type.clone())
            })
            .collect();
        drop(state);
        let (from, to, body, count) = (text("from"), text("to"), text("body"), text("num_media"));
        let mut fields = vec![
            ("ToCountry", "US"),
            ("ToState", "CA"),
            ("SmsMessageSid", sid),
            ("NumMedia", &count),
            ("SmsSid", sid),
            ("SmsStatus", "received"),
            ("Body", &body),
            ("FromCountry", "US"),
            ("To", &to),
            ("NumSegments", "1"),
            ("MessageSid", sid),
            ("AccountSid", ACCOUNT),
            ("From", &from),
            ("ApiVersion", "2010-04-01"),
        ];
        let types: Vec<(String, &str)> = media
            .iter()
            .map(|(name, _, media_type)| {
                (
                    name.replace("MediaUrl", "MediaContentType"),
                    media_type.as_str(),
                )
            })
            .collect();
        fields.extend(
            media
                .iter()
                .map(|(name, url, _)| (name.as_str(), url.as_str())),
        );
        fields.extend(types.iter().map(|(name, value)| (name.as_str(), *value)));
        Posted::form(hook, &fields)
    }

    /// The call that tells what became of a message; to the address that was named when it was sent.
    pub fn status(&self, message: &Value, status: &str, code: Option<&str>) -> Posted {
        let sid = message["sid"].as_str().unwrap_or_default();
        let text = |key: &str| message[key].as_str().unwrap_or_default();
        let hook = self
            .requests_of("CreateMessage")
            .iter()
            .filter(|r| r.status == 201)
            .map(super::Request::form)
            .find(|form| {
                super::field(form, "To") == message["to"].as_str()
                    && super::field(form, "Body") == message["body"].as_str()
            })
            .and_then(|form| super::field(&form, "StatusCallback").map(str::to_owned))
            .expect("a message with an address for its statuses");
        let mut fields = vec![
            ("SmsSid", sid),
            ("SmsStatus", status),
            ("MessageStatus", status),
            ("To", text("to")),
            ("MessageSid", sid),
            ("AccountSid", ACCOUNT),
            ("From", text("from")),
            ("ApiVersion", "2010-04-01"),
        ];
        fields.extend(code.map(|code| ("ErrorCode", code)));
        Posted::form(&hook, &fields)
    }
}
