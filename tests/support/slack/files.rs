//! Files: addresses to bring them to, messages that show them, and the way back.

use serde_json::{Value, json};

use super::{ME, State, refusal};
use crate::support::loopback::wire::{Answer, Request};

/// A file on its way.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    pub name: String,
    pub length: usize,
    pub bytes: Option<Vec<u8>>,
    /// A message shows it.
    pub shown: bool,
}

impl State {
    pub fn upload_url(&mut self, url: &str, field: impl Fn(&str) -> String) -> Answer {
        let id = format!("F0FILE{:03}", self.uploads.len() + 1);
        let upload = Upload {
            name: field("filename"),
            length: field("length").parse().unwrap_or(0),
            ..Upload::default()
        };
        if upload.length == 0 || upload.name.is_empty() {
            return refusal("invalid_arguments");
        }
        self.uploads.insert(id.clone(), upload);
        Answer::json(
            &json!({"ok": true, "file_id": id, "upload_url": format!("{url}/upload/{id}")}),
        )
    }

    /// The bytes come without any login: the address is one.
    pub fn upload(&mut self, request: &Request) -> Answer {
        if request.header("authorization").is_some() {
            self.violations
                .push("a file was uploaded with the login in sight".to_owned());
        }
        let id = request.path.rsplit('/').next().unwrap_or_default();
        match self.uploads.get_mut(id) {
            Some(upload) if upload.length == request.body.len() => {
                upload.bytes = Some(request.body.clone());
                Answer::bytes("text/plain", b"OK - 1".to_vec())
            }
            _ => Answer::empty(400),
        }
    }

    pub fn complete(&mut self, url: &str, field: impl Fn(&str) -> String) -> Answer {
        let files: Value = serde_json::from_str(&field("files")).unwrap_or_default();
        let files: Vec<Value> = files.as_array().cloned().unwrap_or_default();
        let ids: Vec<String> = files
            .iter()
            .map(|f| f["id"].as_str().unwrap_or_default().to_owned())
            .collect();
        let ready = |id: &String| {
            self.uploads
                .get(id)
                .is_some_and(|u| u.bytes.is_some() && !u.shown)
        };
        if ids.is_empty() || !ids.iter().all(ready) {
            return refusal("file_not_found");
        }
        let channel = field("channel_id");
        if let Some(word) = self.closed(&channel) {
            return refusal(word);
        }
        let mut shown = Vec::new();
        for id in &ids {
            let upload = self.uploads.get_mut(id).expect("it is ready");
            upload.shown = true;
            shown.push(described(url, id, upload));
        }
        let mut message =
            json!({"user": ME, "text": field("initial_comment"), "files": shown, "upload": true});
        if !field("thread_ts").is_empty() {
            message["thread_ts"] = field("thread_ts").into();
        }
        self.post(&channel, message);
        Answer::json(&json!({"ok": true, "files": files}))
    }

    /// A file that someone sent, as its message names it.
    pub fn file(&mut self, url: &str, name: &str, bytes: &[u8]) -> Value {
        let id = format!("F0FILE{:03}", self.uploads.len() + 1);
        let upload = Upload {
            name: name.to_owned(),
            length: bytes.len(),
            bytes: Some(bytes.to_vec()),
            shown: true,
        };
        let described = described(url, &id, &upload);
        self.uploads.insert(id, upload);
        described
    }

    pub fn download(&mut self, request: &Request) -> Answer {
        let id = request.path.split('/').nth(2).unwrap_or_default();
        match self.uploads.get(id).and_then(|u| u.bytes.clone()) {
            Some(bytes) => Answer::bytes("application/octet-stream", bytes),
            None => Answer::empty(404),
        }
    }
}

fn described(url: &str, id: &str, upload: &Upload) -> Value {
    json!({
        "id": id, "name": upload.name, "title": upload.name, "mimetype": "application/octet-stream",
        "size": upload.length, "mode": "hosted", "is_external": false,
        "url_private_download": format!("{url}/files-pri/{id}/download/{}", upload.name.replace(' ', "_")),
    })
}
