//! `comms serve` as Meta's webhooks see it: signed posts to a running receiver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ring::hmac;
use serde_json::{Value, json};

use crate::support::World;

use super::{ADA, BUSINESS, NUMBER};

pub const APP_SECRET: &str = "test_app_secret";
pub const VERIFY_TOKEN: &str = "test-verify-token";

/// A running `comms serve`; ends with the value.
pub struct Hook {
    child: Child,
    account: &'static str,
    address: String,
}

impl Hook {
    pub fn start(world: &World) -> Hook {
        Hook::of(world.command(), "shop")
    }

    /// The same for the account `work` of the world in this home.
    pub fn start_at(home: &std::path::Path) -> Hook {
        let mut command = Command::new(crate::support::binary());
        command
            .env_clear()
            .env("COMMS_HOME", home)
            .env("COMMS_NOW", crate::support::NOW)
            .env("TZ", "UTC")
            .env("COMMS_SECRET_WORK_WEBHOOK_SECRET", APP_SECRET)
            .env("COMMS_SECRET_WORK_VERIFY_TOKEN", VERIFY_TOKEN);
        Hook::of(command, "work")
    }

    fn of(mut command: Command, account: &'static str) -> Hook {
        let args = [
            "serve",
            "--only",
            "webhooks",
            "--listen",
            "127.0.0.1:0",
            "--format",
            "jsonl",
        ];
        let mut child = command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says where it listens");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|e| {
            let mut words = String::new();
            let _ = child
                .stderr
                .take()
                .map(|mut pipe| pipe.read_to_string(&mut words));
            panic!("no report: {e}: {line}{words}")
        });
        Hook {
            child,
            account,
            address: said["listen"]
                .as_str()
                .expect("an address")
                .trim_start_matches("http://")
                .to_owned(),
        }
    }

    /// Posts these bytes with the signature that fits; the status of the answer.
    pub fn post(&self, body: &[u8]) -> u16 {
        let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
        let tag = hmac::sign(&key, body);
        let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        self.post_signed(body, &format!("sha256={hex}"))
    }

    pub fn post_signed(&self, body: &[u8], signature: &str) -> u16 {
        let head = format!(
            "POST /webhooks/{} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.account,
            self.address,
            body.len()
        );
        self.exchange(&[head.as_bytes(), body].concat()).0
    }

    /// A GET; status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.exchange(
            format!(
                "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                self.address
            )
            .as_bytes(),
        )
    }

    fn exchange(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a socket");
        stream.write_all(request).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        let body = answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned());
        (status, body.unwrap_or_default())
    }

    /// Posts messages and statuses of the account's number.
    pub fn tell(&self, value: Value) -> u16 {
        self.post(webhook(value).to_string().as_bytes())
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        crate::support::end(&mut self.child);
    }
}

/// A webhook as Meta posts it.
pub fn webhook(value: Value) -> Value {
    let mut value = value;
    value["messaging_product"] = "whatsapp".into();
    value["metadata"] = json!({"display_phone_number": "14155550100", "phone_number_id": NUMBER});
    json!({"object": "whatsapp_business_account", "entry": [{"id": BUSINESS, "changes": [{"field": "messages", "value": value}]}]})
}

/// A message of Ada's, `minutes` before the tests' instant.
pub fn from_ada(id: &str, minutes: i64, content: Value) -> Value {
    let now: jiff::Timestamp = crate::support::NOW.parse().expect("the tests' instant");
    let mut message = content;
    message["id"] = id.into();
    message["from"] = ADA.into();
    message["from_user_id"] = "US.134912".into();
    message["timestamp"] = (now.as_second() - minutes * 60).to_string().into();
    json!({
        "contacts": [{"profile": {"name": "Ada L"}, "wa_id": ADA, "user_id": "US.134912"}],
        "messages": [message],
    })
}

/// A status of a message of ours.
pub fn status(id: &str, state: &str, data: Option<&str>) -> Value {
    let now: jiff::Timestamp = crate::support::NOW.parse().expect("the tests' instant");
    let mut status = json!({
        "id": id, "status": state, "timestamp": now.as_second().to_string(), "recipient_id": ADA,
        "pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "service"},
    });
    if let Some(data) = data {
        status["biz_opaque_callback_data"] = data.into();
    }
    json!({"statuses": [status]})
}
