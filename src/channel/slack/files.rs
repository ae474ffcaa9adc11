//! Files: up in three steps, of which only the last shows them to anyone; and down.

use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::net::http::Limits;
use crate::net::slack::operations as op;

use super::{Client, call};

/// The largest file Slack takes, in bytes (its help page on adding files).
const LARGEST_FILE: usize = 1 << 30;
/// Slower than this nobody waits for, in bytes per second.
const SLOWEST: u64 = 50_000;
/// Domains of Slack's that files lie on.
const DOMAINS: &[&str] = &["slack.com", "slack-gov.com"];

/// A file that Slack has, and shows to nobody yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// `F…`.
    pub id: String,
    pub title: String,
}

impl Client {
    /// Brings a file to Slack. Until a message shows it, nobody sees it.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Result<Uploaded> {
        if bytes.is_empty() {
            return Err(Error::refused(format!(
                "`{name}` is empty, and Slack takes no empty file"
            )));
        }
        if bytes.len() > LARGEST_FILE {
            return Err(Error::refused(format!(
                "`{name}` has {} bytes, and Slack takes {LARGEST_FILE} at most",
                bytes.len()
            ))
            .hint("send a link to it"));
        }
        let length = bytes.len().to_string();
        let asking = call(&op::FILES_GET_URL).form([("filename", name), ("length", &length)]);
        let place: Value = self.read(&asking, "asking where a file goes").await?;
        let text = |key: &str| place.get(key).and_then(Value::as_str).unwrap_or_default();
        let (url, id) = (text("upload_url"), text("file_id"));
        if url.is_empty() || id.is_empty() {
            return Err(Error::unavailable("Slack did not say where the file goes"));
        }
        let upload = call(&op::FILE_UP)
            .elsewhere(url)
            .limits(limits(bytes.len()))
            .bytes("application/octet-stream", bytes.to_vec());
        self.api.ask(&upload, "uploading a file").await?;
        Ok(Uploaded {
            id: id.to_owned(),
            title: name.to_owned(),
        })
    }

    /// The bytes of a file, from the address that its message names.
    pub async fn download(&self, url: &str) -> Result<Vec<u8>> {
        // Anything else on these hosts would be asked in our name: a method of the API may change something.
        let is_file = |url: reqwest::Url| url.path().starts_with("/files-");
        if !reqwest::Url::parse(url).is_ok_and(is_file) {
            return Err(Error::refused(
                "fetching a file: the address that its message names is none of a file at Slack",
            ));
        }
        let download = call(&op::FILE_DOWN)
            .among(url, DOMAINS)
            .limits(limits(LARGEST_FILE / 4));
        let answer = self.api.ask(&download, "fetching a file").await?;
        let kind = answer.headers.get("content-type");
        let kind = kind.and_then(|k| k.to_str().ok()).unwrap_or_default();
        // Who may not see a file is led to a page to log in on.
        if !answer.is_success() || (kind.starts_with("text/html") && !url.ends_with(".html")) {
            return Err(Error::auth("fetching a file: Slack asks for another login")
                .hint("give the app scope `files:read` at https://api.slack.com/apps and reinstall it"));
        }
        Ok(answer.body)
    }
}

fn limits(bytes: usize) -> Limits {
    Limits {
        total: Duration::from_secs(60 + bytes as u64 / SLOWEST),
        largest: LARGEST_FILE / 4,
    }
}
