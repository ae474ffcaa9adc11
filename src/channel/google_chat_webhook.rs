//! Google Chat's incoming webhooks: one way, into one space. The URL is the secret.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::channel::google_chat::{NO_PROOF, Outcome};
use crate::error::{Error, Kind, Result};
use crate::model::account::ChannelKind;
use crate::net::echo::Confided;
use crate::net::google;
use crate::net::http::{Client, Limits};

/// Longest name of a thread, in characters (Google's limit).
const LONGEST_KEY: usize = 4_000;
const POSTING: &str = "posting the message";

/// A webhook as its space shows it, taken apart.
pub struct Webhook {
    /// Below the base, without a slash at the beginning: `v1/spaces/AAA/messages`.
    path: SecretString,
    key: SecretString,
    token: SecretString,
    base: Url,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook")
    }
}

/// A message on its way out.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// In Chat's dialect; at most 32,000 bytes.
    pub text: &'a str,
    /// Messages of one key stand in one conversation; begun if it is not there.
    pub thread_key: Option<&'a str>,
    pub timeout: Duration,
    /// Set before the first byte leaves: whoever drops the attempt from then on does not know whether it was sent.
    pub left: &'a AtomicBool,
}

impl Webhook {
    /// Takes the pasted URL apart; messages go to `base`, the provider of the account.
    pub fn parse(pasted: &SecretString, base: &str) -> Result<Webhook> {
        let base = Url::parse(base)
            .map_err(|e| Error::config("the address of the provider is none").because(e))?;
        // What was pasted is never repeated in words: it is the whole secret.
        let url = Url::parse(pasted.expose_secret().trim())
            .map_err(|_| wrong("it is not a web address"))?;
        let usual = ChannelKind::GoogleChatWebhook.base_url();
        let usual = usual.and_then(|usual| Url::parse(usual).ok());
        let known = url.origin() == base.origin()
            || usual.is_some_and(|usual| url.origin() == usual.origin());
        if !known {
            return Err(wrong("it does not lead to Google Chat"));
        }
        let path = url.path().split("/v1/spaces/").nth(1);
        let space = path.and_then(|path| path.strip_suffix("/messages"));
        let space = space.filter(|s| !s.is_empty() && !s.contains('/'));
        let Some(space) = space else {
            return Err(wrong("it names no space"));
        };
        let part = |name: &str| {
            let mut pairs = url.query_pairs();
            let value = pairs.find(|(n, v)| n == name && !v.is_empty());
            value.map(|(_, value)| SecretString::from(value.into_owned()))
        };
        let (Some(key), Some(token)) = (part("key"), part("token")) else {
            return Err(wrong("its `key` or its `token` is missing"));
        };
        Ok(Webhook {
            path: SecretString::from(format!("v1/spaces/{space}/messages")),
            key,
            token,
            base,
        })
    }

    /// The space it leads into: `spaces/AAA`.
    pub fn space(&self) -> String {
        let path = self.path.expose_secret();
        let space = path.strip_prefix("v1/").unwrap_or(path);
        space.strip_suffix("/messages").unwrap_or(space).to_owned()
    }

    /// One attempt, never repeated here: a webhook has no id by which it could be told that it came twice.
    pub async fn send(&self, client: &Client, post: Post<'_>) -> Outcome {
        let request = match self.request(post) {
            Ok(request) => request,
            Err(e) => return Outcome::NotSent(e),
        };
        let limits = Limits {
            total: post.timeout,
            ..Limits::default()
        };
        post.left.store(true, Ordering::Relaxed);
        let answer = match client.exchange(request, limits).await {
            Ok(answer) => answer,
            Err(lost) if lost.may_have_left => return Outcome::Unknown(lost.error.message),
            Err(lost) => {
                post.left.store(false, Ordering::Relaxed);
                return Outcome::NotSent(lost.error);
            }
        };
        let Some(fault) = google::reading(&answer, POSTING) else {
            let message = answer.json::<Value>().unwrap_or_default();
            let name = message.get("name").and_then(Value::as_str);
            return match name.filter(|name| !name.is_empty()).map(str::to_owned) {
                Some(name) => Outcome::Sent { name, message },
                None => Outcome::Unknown(NO_PROOF.to_owned()),
            };
        };
        let mut error = fault.error;
        error.message = self.hidden(error.message);
        match answer.status {
            // A 408 says that someone waited too long, and not for whom.
            400..=407 | 409..500 => {
                post.left.store(false, Ordering::Relaxed);
                Outcome::NotSent(judged(answer.status, error))
            }
            _ => Outcome::Unknown(error.message),
        }
    }

    fn request(&self, post: Post<'_>) -> Result<Request> {
        let mut body = json!({ "text": post.text });
        let base = self.base.as_str().trim_end_matches('/');
        let url = format!("{base}/{}", self.path.expose_secret());
        let mut url = Url::parse(&url).map_err(|_| wrong("it is not a web address"))?;
        url.query_pairs_mut()
            .append_pair("key", self.key.expose_secret())
            .append_pair("token", self.token.expose_secret());
        if let Some(key) = post.thread_key {
            if key.chars().count() > LONGEST_KEY {
                return Err(Error::usage(format!(
                    "the name of a conversation has at most {LONGEST_KEY} characters"
                )));
            }
            body["thread"] = json!({ "threadKey": key });
            url.query_pairs_mut()
                .append_pair("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
        }
        let mut request = Request::new(Method::POST, url);
        request.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=UTF-8"),
        );
        *request.body_mut() = Some(body.to_string().into());
        Ok(request)
    }

    /// Words of the provider up to where they repeat a secret.
    fn hidden(&self, words: String) -> String {
        let mut told = Confided::default();
        for secret in [&self.key, &self.token] {
            told.add(secret.expose_secret());
        }
        told.shown(words.replace(self.path.expose_secret(), "…"))
    }
}

fn judged(status: u16, error: Error) -> Error {
    match status {
        401 | 403 | 404 if error.kind != Kind::Unavailable => {
            Error::new(Kind::Auth, "the webhook is not valid any more")
                .hint("make another in the space (Apps & integrations, Webhooks) and set its URL as the account's secret")
                .because(error)
        }
        _ => error,
    }
}

fn wrong(why: &str) -> Error {
    Error::config(format!("the URL of the webhook can't be used: {why}"))
        .hint("copy it whole from the space: Apps & integrations, Webhooks")
}

#[cfg(test)]
mod tests {
    use crate::channel::scripted::{Scripted, Turn};
    use crate::net::http::Redirects;

    use super::*;

    const PASTED: &str =
        "https://chat.googleapis.com/v1/spaces/AAAsecret/messages?key=KEYsecret&token=TOKsecret%3D";

    fn hook(base: &str) -> Webhook {
        Webhook::parse(&SecretString::from(PASTED), base).unwrap()
    }

    async fn post(turns: Vec<Turn>, thread: Option<&str>) -> (Outcome, Vec<String>, bool) {
        let server = Scripted::start(turns).await;
        let client = Client::new(None, Redirects::Never).unwrap();
        let left = AtomicBool::new(false);
        let outcome = hook(&server.base)
            .send(
                &client,
                Post {
                    text: "disk *full*",
                    thread_key: thread,
                    timeout: Duration::from_secs(5),
                    left: &left,
                },
            )
            .await;
        (outcome, server.seen(), left.into_inner())
    }

    #[test]
    fn a_pasted_url_is_taken_apart_and_shown_to_nobody() {
        let hook = hook("https://chat.googleapis.com");
        assert_eq!(hook.token.expose_secret(), "TOKsecret=");
        assert!(!format!("{hook:?}").contains("secret"));
        for wrong in [
            "not a url",
            "https://hooks.slack.example/services/secret",
            "https://chat.googleapis.com/v1/spaces/AAAsecret/messages?key=KEYsecret",
            "https://chat.googleapis.com/v1/spaces//messages?key=KEYsecret&token=secret",
            "https://chat.googleapis.com/v1/spaces/a/secret?key=KEYsecret&token=secret",
        ] {
            let error = Webhook::parse(&SecretString::from(wrong), "https://chat.googleapis.com");
            let error = error.unwrap_err();
            assert_eq!(error.kind, Kind::Config);
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_message_is_posted_into_its_conversation() {
        let said = r#"{"name":"spaces/A/messages/B","thread":{"name":"spaces/A/threads/T"}}"#;
        let (outcome, seen, left) = post(vec![Turn::Say(200, said)], Some("disk")).await;
        assert!(
            matches!(&outcome, Outcome::Sent { name, message } if name == "spaces/A/messages/B" && message["thread"]["name"] == "spaces/A/threads/T"),
            "{outcome:?}"
        );
        assert!(left);
        assert!(seen[0].starts_with("POST /v1/spaces/AAAsecret/messages?key=KEYsecret&token=TOKsecret%3D&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"), "{seen:?}");
        assert!(seen[0].contains(r#"{"text":"disk *full*","thread":{"threadKey":"disk"}}"#));
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer_and_silence_is_doubt() {
        let bad = r#"{"error":{"code":400,"message":"Invalid text for KEYsecret","status":"INVALID_ARGUMENT"}}"#;
        let echo = r#"{"error":{"code":400,"message":"no POST /v1/spaces/AAAsecret/messages?key=KEYsecret&token=TOKsecret%3D here","status":"INVALID_ARGUMENT"}}"#;
        let gone = r#"{"error":{"code":404,"message":"Space not found","status":"NOT_FOUND"}}"#;
        let busy = r#"{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}"#;
        for (turn, kind) in [
            (Turn::Say(400, bad), Kind::Refused),
            (Turn::Say(400, echo), Kind::Refused),
            (Turn::Say(404, gone), Kind::Auth),
            (Turn::Say(429, busy), Kind::Unavailable),
        ] {
            let (outcome, seen, left) = post(vec![turn], None).await;
            let Outcome::NotSent(error) = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!(error.kind, kind);
            let words = format!("{error:?}");
            for secret in ["KEYsecret", "TOKsecret", "AAAsecret"] {
                assert!(!words.contains(secret), "{words}");
            }
            assert!(!left && seen.len() == 1);
        }
        for turn in [
            Turn::Say(503, ""),
            Turn::Say(408, ""),
            Turn::Say(200, "<html>"),
            Turn::Break,
        ] {
            let (outcome, seen, left) = post(vec![turn], None).await;
            assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
            assert!(left && seen.len() == 1);
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_where_nobody_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let client = Client::new(None, Redirects::Never).unwrap();
        let left = AtomicBool::new(false);
        let post = Post {
            text: "x",
            thread_key: None,
            timeout: Duration::from_secs(5),
            left: &left,
        };
        let outcome = hook(&base).send(&client, post).await;
        assert!(
            matches!(&outcome, Outcome::NotSent(e) if e.kind == Kind::Unavailable),
            "{outcome:?}"
        );
        assert!(!format!("{outcome:?}").contains("secret"));
    }
}
