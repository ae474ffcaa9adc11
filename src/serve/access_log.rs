//! A line on stderr for each call of a program: who, which route, how it ended. Never an address, a query or a text.
//!
//! A thread writes; lines that it can't keep up with are left out and counted, so that no call waits for a terminal.

use std::io::Write;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use axum::http::Method;
use serde::Serialize;

use crate::ops::serving::{AccessLog, Desk};

/// Lines that may wait to be written.
const LINES: usize = 1_024;

/// A call as it ended.
pub struct Line {
    pub id: String,
    pub method: Method,
    /// As it stands in the table of routes; `-` where there is none.
    pub route: String,
    pub peer: Option<IpAddr>,
    /// The name of the key.
    pub key: Option<String>,
    pub status: u16,
    pub took: Duration,
}

#[derive(Serialize)]
struct Json<'a> {
    at: String,
    request_id: &'a str,
    peer: Option<IpAddr>,
    key: Option<&'a str>,
    method: &'a str,
    route: &'a str,
    status: u16,
    took_ms: f64,
}

pub fn write(desk: &Desk, line: &Line) {
    let as_json = match desk.access_log() {
        AccessLog::Off => return,
        AccessLog::Json => true,
        AccessLog::Plain => false,
    };
    let took_ms = line.took.as_micros() as f64 / 1_000.0;
    let at = desk.now().to_string();
    let peer = line.peer;
    let (method, key) = (method(&line.method), line.key.as_deref());
    let text = match as_json {
        true => serde_json::to_string(&Json {
            at,
            request_id: &line.id,
            peer,
            key,
            method,
            route: &line.route,
            status: line.status,
            took_ms,
        })
        .unwrap_or_default(),
        false => format!(
            "{at} {} {} {method} {} {} {took_ms} ms {}",
            peer.map_or("-".to_owned(), |peer| peer.to_string()),
            key.unwrap_or("-"),
            line.route,
            line.status,
            line.id
        ),
    };
    send(text);
}

/// A method may be any word a stranger likes.
fn method(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "POST" | "PATCH" | "DELETE" | "PUT" | "HEAD" | "OPTIONS") => known,
        _ => "-",
    }
}

fn send(text: String) {
    static WRITER: OnceLock<SyncSender<String>> = OnceLock::new();
    static LOST: AtomicU64 = AtomicU64::new(0);
    let writer = WRITER.get_or_init(|| {
        let (send, lines) = sync_channel::<String>(LINES);
        // Without a thread there is no log; calls go on.
        let _ = std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || {
                for mut line in lines {
                    line.push('\n');
                    let lost = LOST.swap(0, Ordering::Relaxed);
                    if lost > 0 {
                        line.push_str(&format!("{lost} lines of the access log were left out\n"));
                    }
                    let _ = std::io::stderr().write_all(line.as_bytes());
                }
            });
        send
    });
    if writer.try_send(text).is_err() {
        LOST.fetch_add(1, Ordering::Relaxed);
    }
}
