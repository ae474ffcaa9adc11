//! Slack's incoming webhooks: one way, into one channel. The URL is the secret, and nothing that is sent gets an id.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::model::account::ChannelKind;
use crate::net::echo::Confided;
use crate::net::http::{Client, Limits};
use crate::net::slack;

const POSTING: &str = "posting the message";
/// What Slack answers where it took a message.
const TAKEN: &[u8] = b"ok";

/// A webhook as Slack shows it, taken apart.
pub struct Webhook {
    /// Below the base, without a slash at the beginning: `services/T…/B…/…`.
    path: SecretString,
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
    /// In Slack's dialect; at most 4,000 characters.
    pub text: &'a str,
    /// Block Kit, instead of the text.
    pub blocks: Option<&'a Value>,
    pub timeout: Duration,
    /// Set before the first byte leaves: whoever drops the attempt from then on does not know whether it was sent.
    pub left: &'a AtomicBool,
}

/// What an attempt came to.
#[derive(Debug)]
pub enum Outcome {
    /// Slack took it, and does not say where it is.
    Sent,
    /// Certainly nothing was sent. Only `unavailable` may go better another time.
    NotSent(Error),
    /// It may have been sent; why that can't be told.
    Unknown(String),
}

impl Webhook {
    /// Takes the pasted URL apart; messages go to `base`, the provider of the account.
    pub fn parse(pasted: &SecretString, base: &str) -> Result<Webhook> {
        let base = Url::parse(base)
            .map_err(|e| Error::config("the address of the provider is none").because(e))?;
        // What was pasted is never repeated in words: it is the whole secret.
        let url = Url::parse(pasted.expose_secret().trim())
            .map_err(|_| wrong("it is not a web address"))?;
        let usual = ChannelKind::SlackWebhook.base_url();
        let usual = usual.and_then(|usual| Url::parse(usual).ok());
        let gov = url.scheme() == "https" && url.host_str() == Some("hooks.slack-gov.com");
        let known = url.origin() == base.origin()
            || usual.is_some_and(|usual| url.origin() == usual.origin());
        if !known && !gov {
            return Err(wrong("it does not lead to Slack"));
        }
        let path = url.path().trim_start_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        let named = parts.iter().all(|part| !part.is_empty());
        if !named || !matches!(parts.as_slice(), ["services", _, _, _]) {
            return Err(wrong("it names no webhook"));
        }
        Ok(Webhook {
            path: SecretString::from(path.to_owned()),
            base: if gov { at_gov(base) } else { base },
        })
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
        let Some(fault) = slack::webhook(&answer, POSTING) else {
            return match answer.body.trim_ascii() == TAKEN {
                true => Outcome::Sent,
                // A proxy, or a login page of the network, may have said it.
                false => Outcome::Unknown(
                    "it was answered with success, but not as Slack answers".to_owned(),
                ),
            };
        };
        let mut error = fault.error;
        let mut told = Confided::default();
        told.add(self.path.expose_secret());
        error.message = told.shown(error.message);
        match answer.status {
            // A 408 says that someone waited too long, and not for whom.
            400..=407 | 409..500 => {
                post.left.store(false, Ordering::Relaxed);
                Outcome::NotSent(judged(error))
            }
            _ => Outcome::Unknown(error.message),
        }
    }

    fn request(&self, post: Post<'_>) -> Result<Request> {
        let mut body = json!({ "text": post.text, "parse": "none", "link_names": 0 });
        if let Some(blocks) = post.blocks {
            body["blocks"] = blocks.clone();
        }
        let base = self.base.as_str().trim_end_matches('/');
        let url = format!("{base}/{}", self.path.expose_secret());
        let url = Url::parse(&url).map_err(|_| wrong("it is not a web address"))?;
        let mut request = Request::new(Method::POST, url);
        request.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        *request.body_mut() = Some(body.to_string().into());
        Ok(request)
    }
}

/// Slack of the US government has hosts of its own; a base that is set wins.
fn at_gov(base: Url) -> Url {
    let usual = ChannelKind::SlackWebhook.base_url();
    let is_usual = usual
        .and_then(|u| Url::parse(u).ok())
        .is_some_and(|u| u == base);
    match Url::parse("https://hooks.slack-gov.com") {
        Ok(gov) if is_usual => gov,
        _ => base,
    }
}

fn judged(error: Error) -> Error {
    match error.kind {
        crate::error::Kind::Auth | crate::error::Kind::NotFound => {
            Error::auth("the webhook is not valid any more")
                .hint("make another at https://api.slack.com/apps (Incoming Webhooks) and set its URL as the account's secret")
                .because(error)
        }
        _ => error,
    }
}

fn wrong(why: &str) -> Error {
    Error::config(format!("the URL of the webhook can't be used: {why}"))
        .hint("copy it whole from https://api.slack.com/apps: Incoming Webhooks, Webhook URL")
}

#[cfg(test)]
mod tests {
    use crate::channel::scripted::{Scripted, Turn};
    use crate::error::Kind;
    use crate::net::http::Redirects;

    use super::*;

    const PASTED: &str = "https://hooks.slack.com/services/T0SECRET/B0SECRET/abcSECRET";

    fn hook(base: &str) -> Webhook {
        Webhook::parse(&SecretString::from(PASTED), base).unwrap()
    }

    async fn post(turns: Vec<Turn>) -> (Outcome, Vec<String>, bool) {
        let server = Scripted::start(turns).await;
        let client = Client::new(None, Redirects::Never).unwrap();
        let left = AtomicBool::new(false);
        let post = Post {
            text: "disk *full*",
            blocks: None,
            timeout: Duration::from_secs(5),
            left: &left,
        };
        let outcome = hook(&server.base).send(&client, post).await;
        (outcome, server.seen(), left.into_inner())
    }

    #[test]
    fn a_pasted_url_is_taken_apart_and_shown_to_nobody() {
        let usual = "https://hooks.slack.com";
        assert!(!format!("{:?}", hook(usual)).contains("SECRET"));
        let gov = "https://hooks.slack-gov.com/services/T0/B0/x";
        let gov = Webhook::parse(&SecretString::from(gov), usual).unwrap();
        assert_eq!(gov.base.host_str(), Some("hooks.slack-gov.com"));
        for wrong in [
            "not a url SECRET",
            "https://hooks.slack.example/services/T0/B0/SECRET",
            "https://hooks.slack.com/services/T0/SECRET",
            "https://hooks.slack.com/services/T0//SECRET",
            "https://hooks.slack.com/workflows/T0/B0/SECRET",
            "http://hooks.slack.com/services/T0/B0/SECRET",
        ] {
            let error = Webhook::parse(&SecretString::from(wrong), usual).unwrap_err();
            assert_eq!(error.kind, Kind::Config, "{wrong}");
            assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_message_is_posted_and_gets_no_id() {
        let (outcome, seen, left) = post(vec![Turn::Say(200, "ok")]).await;
        assert!(matches!(outcome, Outcome::Sent), "{outcome:?}");
        assert!(left);
        assert!(
            seen[0].starts_with("POST /services/T0SECRET/B0SECRET/abcSECRET "),
            "{seen:?}"
        );
        assert!(seen[0].contains(r#""text":"disk *full*""#));
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer_and_silence_is_doubt() {
        for (turn, kind) in [
            (Turn::Say(400, "invalid_payload"), Kind::Refused),
            (Turn::Say(404, "no_service"), Kind::Auth),
            (Turn::Say(410, "channel_is_archived"), Kind::Refused),
            (Turn::Say(429, "rate_limited"), Kind::Unavailable),
        ] {
            let (outcome, seen, left) = post(vec![turn]).await;
            let Outcome::NotSent(error) = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!(error.kind, kind);
            assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
            assert!(!left && seen.len() == 1);
        }
        for turn in [
            Turn::Say(503, ""),
            Turn::Say(408, ""),
            Turn::Say(200, "<html>"),
            Turn::Break,
        ] {
            let (outcome, seen, left) = post(vec![turn]).await;
            assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
            assert!(left && seen.len() == 1);
        }
    }
}
