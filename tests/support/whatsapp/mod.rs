//! A loopback Graph API with real state behind it: one number of one business account.
//!
//! Every message is held against Meta's own description where `COMMS_TEST_SPECS` names the folder it is in; what does
//! not fit fails the test when the value is dropped.

mod hook;
mod spec;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use ring::digest;
use serde_json::{Value, json};

use super::World;
use super::loopback::wire::{self, Answer, Request};
use super::loopback::{Delivery, Reply, Server};

pub use hook::{APP_SECRET, Hook, VERIFY_TOKEN, from_ada, status, webhook};
pub use spec::operations;

/// The number's id.
pub const NUMBER: &str = "106540352242922";
/// The business account's id.
pub const BUSINESS: &str = "102290129340398";
pub const TOKEN: &str = "EAAtoken";
/// The number as people write it.
pub const ADDRESS: &str = "+14155550100";
/// A customer.
pub const ADA: &str = "16315551234";

/// What goes wrong with the next message.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A refusal with this code and HTTP status; nothing is sent.
    Code(u32, u16),
    /// The same for a while: this header goes along.
    Usage(u32, u64),
    /// The message is sent; the answer is lost.
    CutBeforeAnswer,
    /// The connection is cut before the request is looked at.
    CutBeforeWork,
    /// The message is sent; the answer ends in the middle.
    CutAfter(usize),
    /// The message is sent; 500 is answered.
    AfterWork,
    /// A proxy's page.
    Html,
}

/// A running provider.
pub struct Graph {
    pub url: String,
    state: Arc<Mutex<State>>,
    _server: Server,
}

/// What it remembers.
#[derive(Default)]
pub struct State {
    /// Bodies of messages that were sent, with the ids they got.
    pub sent: Vec<(String, Value)>,
    /// Messages that were marked as read, and whether typing was shown.
    pub read: Vec<(String, bool)>,
    pub templates: Vec<Value>,
    /// Uploaded and received files by id: their type and bytes.
    pub media: BTreeMap<String, (String, Vec<u8>)>,
    /// Addresses of files that still hold.
    urls: BTreeMap<String, String>,
    /// The next so many addresses ran out before they are used.
    pub stale_urls: usize,
    /// Whether a window is looked at, and whose is open.
    pub windows: Option<BTreeSet<String>>,
    pub requests: Vec<Request>,
    faults: VecDeque<Fault>,
    violations: Vec<String>,
    count: usize,
}

impl Graph {
    pub fn start() -> Graph {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(|url| {
            let url = url.to_owned();
            move |request| {
                let mut state = shared.lock().unwrap_or_else(|e| e.into_inner());
                state.reply(&url, request)
            }
        });
        Graph {
            url: server.url.clone(),
            state,
            _server: server,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Plans what goes wrong with the next messages, in this order.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// The messages that were sent.
    pub fn sent(&self) -> Vec<Value> {
        self.state()
            .sent
            .iter()
            .map(|(_, body)| body.clone())
            .collect()
    }

    /// Adds an approved template.
    pub fn template(&self, name: &str, language: &str, components: Value) {
        self.state().templates.push(json!({
            "id": "1", "name": name, "language": language, "category": "UTILITY", "status": "APPROVED",
            "components": components,
        }));
    }

    /// A world with the account `shop`.
    pub fn world(&self) -> World {
        self.world_of("shop")
    }

    /// A world with an account of this name.
    pub fn world_of(&self, name: &str) -> World {
        let secret = format!("COMMS_SECRET_{}", name.to_uppercase());
        World::new()
            .config(&format!(
                "[accounts.{name}]\nchannel = \"whatsapp\"\naddress = \"{ADDRESS}\"\nphone_number_id = \"{NUMBER}\"\n\
                 business_account_id = \"{BUSINESS}\"\nbase_url = \"{}\"\n",
                self.url
            ))
            .env(&secret, TOKEN)
            .env(&format!("{secret}_WEBHOOK_SECRET"), APP_SECRET)
            .env(&format!("{secret}_VERIFY_TOKEN"), VERIFY_TOKEN)
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.state().violations);
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "Meta would not have understood:\n{}",
                violations.join("\n")
            );
        }
    }
}

/// A refusal as Meta writes it.
pub fn refusal(code: u32, status: u16, details: &str) -> Answer {
    let mut answer = Answer::json(&json!({"error": {
        "message": format!("(#{code}) {details}"), "type": "OAuthException", "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details}, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
    }}));
    answer.status = status;
    answer
}

impl State {
    fn reply(&mut self, url: &str, request: Request) -> Reply {
        self.requests.push(request.clone());
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        let authorized = request.header("authorization") == Some(&format!("Bearer {TOKEN}"));
        if !authorized {
            return refusal(190, 401, "Invalid OAuth access token").into();
        }
        match (request.method.as_str(), path.as_slice()) {
            ("POST", [version, NUMBER, "messages"]) => {
                self.check_version(version);
                self.message(&request)
            }
            ("POST", [_, NUMBER, "media"]) => self.upload(&request).into(),
            ("GET", [_, NUMBER]) => Answer::json(&json!({
                "id": NUMBER, "display_phone_number": "+1 415-555-0100", "verified_name": "Ada's Shop",
                "quality_rating": "GREEN", "status": "CONNECTED", "throughput": {"level": "STANDARD"},
            }))
            .into(),
            ("GET", [_, BUSINESS, "message_templates"]) => self.list(url, &request).into(),
            ("GET", [_, BUSINESS, "subscribed_apps"]) => {
                Answer::json(&json!({"data": [{"whatsapp_business_api_data": {"id": "1", "name": "app"}}]})).into()
            }
            ("POST", [_, BUSINESS, "subscribed_apps"]) => Answer::json(&json!({"success": true})).into(),
            ("GET", ["file", key]) => self.file(key).into(),
            ("GET", [_, media]) if self.media.contains_key(*media) => self.about(url, media).into(),
            _ => refusal(100, 404, "Unsupported request").into(),
        }
    }

    fn check_version(&mut self, version: &str) {
        let sound = version.strip_prefix('v').is_some_and(|v| v.contains('.'));
        if !sound {
            self.violations
                .push(format!("the path has no version: {version}"));
        }
    }

    fn message(&mut self, request: &Request) -> Reply {
        let Ok(body) = request.json() else {
            return refusal(100, 400, "Invalid JSON").into();
        };
        if body["status"] == "read" {
            let id = body["message_id"].as_str().unwrap_or_default().to_owned();
            self.read.push((id, body.get("typing_indicator").is_some()));
            return Answer::json(&json!({"success": true})).into();
        }
        let fault = self.faults.pop_front();
        match &fault {
            Some(Fault::Code(code, status)) => return refusal(*code, *status, "as planned").into(),
            Some(Fault::Usage(code, minutes)) => {
                let usage = json!({BUSINESS: [{"type": "messaging", "estimated_time_to_regain_access": minutes}]});
                return refusal(*code, 400, "as planned")
                    .header("x-business-use-case-usage", &usage.to_string())
                    .into();
            }
            Some(Fault::Html) => {
                return Answer::bytes("text/html", b"<html>login</html>".to_vec()).into();
            }
            Some(Fault::CutBeforeWork) => {
                return Reply {
                    delivery: Delivery::Cut,
                    ..Reply::default()
                };
            }
            _ => {}
        }
        let answer = self.take(&body);
        let delivery = match fault {
            Some(Fault::CutBeforeAnswer) => Delivery::Cut,
            Some(Fault::CutAfter(bytes)) => Delivery::CutAfter(bytes),
            Some(Fault::AfterWork) => {
                return refusal(131000, 500, "Something went wrong").into();
            }
            _ => Delivery::Whole,
        };
        Reply {
            answer,
            delivery,
            ..Reply::default()
        }
    }

    /// Takes a message, as the real one would.
    fn take(&mut self, body: &Value) -> Answer {
        self.violations.extend(spec::message(body));
        let (to, recipient) = (body["to"].as_str(), body["recipient"].as_str());
        let who = match (to, recipient) {
            (Some(to), None) if to.bytes().all(|b| b.is_ascii_digit()) && to.len() > 6 => to,
            (None, Some(id)) if id.contains('.') => id,
            _ => return refusal(100, 400, "to or recipient"),
        };
        let kind = body["type"].as_str().unwrap_or("text");
        let part = &body[kind];
        if part.is_null() || body["messaging_product"] != "whatsapp" {
            return refusal(131008, 400, "Required parameter is missing");
        }
        let closed = self
            .windows
            .as_ref()
            .is_some_and(|open| !open.contains(who));
        if closed && kind != "template" {
            return refusal(
                131047,
                400,
                "More than 24 hours have passed since the recipient last replied",
            );
        }
        if kind == "text"
            && part["body"]
                .as_str()
                .is_none_or(|t| t.is_empty() || t.chars().count() > 4096)
        {
            return refusal(
                100,
                400,
                "Param text['body'] must be at most 4096 characters long",
            );
        }
        if let Some(id) = part["id"].as_str()
            && !self.media.contains_key(id)
        {
            return refusal(131053, 400, "no such media");
        }
        if kind == "template"
            && let Some(answer) = self.refuse_template(part)
        {
            return answer;
        }
        self.count += 1;
        let id = format!("wamid.{}", self.count);
        self.sent.push((id.clone(), body.clone()));
        Answer::json(&json!({
            "messaging_product": "whatsapp",
            "contacts": [{"input": who, "wa_id": who}],
            "messages": [{"id": id, "message_status": "accepted"}],
        }))
    }

    fn refuse_template(&self, part: &Value) -> Option<Answer> {
        let named = self
            .templates
            .iter()
            .find(|t| t["name"] == part["name"] && t["language"] == part["language"]["code"]);
        let Some(template) = named else {
            return Some(refusal(
                132001,
                404,
                "Template name does not exist in the translation",
            ));
        };
        if template["status"] != "APPROVED" {
            return Some(refusal(132015, 400, "Template is paused"));
        }
        let body = template["components"]
            .as_array()?
            .iter()
            .find(|c| c["type"] == "BODY")?;
        let wanted = body["text"].as_str()?.matches("{{").count();
        let given = part["components"].as_array().into_iter().flatten();
        let given = given
            .filter(|c| c["type"] == "body")
            .filter_map(|c| c["parameters"].as_array());
        let given: usize = given.map(Vec::len).sum();
        (wanted != given).then(|| refusal(132000, 400, "Number of parameters does not match"))
    }

    fn upload(&mut self, request: &Request) -> Answer {
        let kind = request.header("content-type").unwrap_or_default();
        let Some(parts) = wire::parts(kind, &request.body) else {
            return refusal(100, 400, "no form");
        };
        let named = |name: &str| {
            let wanted = format!("name=\"{name}\"");
            parts.iter().find(|part| {
                part.headers
                    .iter()
                    .any(|(k, v)| k == "content-disposition" && v.contains(&wanted))
            })
        };
        let (Some(file), Some(product)) = (named("file"), named("messaging_product")) else {
            return refusal(100, 400, "file and messaging_product are wanted");
        };
        if product.body != b"whatsapp" {
            return refusal(100, 400, "messaging_product");
        }
        let media_type = file
            .headers
            .iter()
            .find(|(k, _)| k == "content-type")
            .map(|(_, v)| v.clone());
        self.count += 1;
        let id = format!("90{}", self.count);
        self.media.insert(
            id.clone(),
            (media_type.unwrap_or_default(), file.body.clone()),
        );
        Answer::json(&json!({"id": id}))
    }

    fn about(&mut self, url: &str, media: &str) -> Answer {
        let Some((media_type, bytes)) = self.media.get(media) else {
            return refusal(100, 404, "no such media");
        };
        let hash = digest::digest(&digest::SHA256, bytes);
        let hash: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let about = json!({
            "messaging_product": "whatsapp", "id": media, "mime_type": media_type, "sha256": hash,
            "file_size": bytes.len().to_string(), "url": format!("{url}/file/{}", self.count),
        });
        let key = self.count.to_string();
        self.count += 1;
        if self.stale_urls > 0 {
            self.stale_urls -= 1;
        } else {
            self.urls.insert(key, media.to_owned());
        }
        Answer::json(&about)
    }

    fn file(&self, key: &str) -> Answer {
        let found = self.urls.get(key).and_then(|id| self.media.get(id));
        match found {
            Some((media_type, bytes)) => Answer::bytes(media_type, bytes.clone()),
            None => refusal(100, 404, "the address has run out"),
        }
    }

    /// Two at a time, so that paging is real.
    fn list(&self, url: &str, request: &Request) -> Answer {
        let from: usize = request
            .param("after")
            .and_then(|a| a.parse().ok())
            .unwrap_or(0);
        let page: Vec<&Value> = self.templates.iter().skip(from).take(2).collect();
        let mut paging =
            json!({"cursors": {"before": from.to_string(), "after": (from + 2).to_string()}});
        if from + 2 < self.templates.len() {
            paging["next"] = format!(
                "{url}/v23.0/{BUSINESS}/message_templates?after={}",
                from + 2
            )
            .into();
        }
        Answer::json(&json!({"data": page, "paging": paging}))
    }
}
