//! Files in calls: what is given with a message, and the bytes of what came with one.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, Result};
use crate::model::id::MessageId;
use crate::ops::App;
use crate::ops::save::{self, Wanted};
use crate::ops::send::Attach;

use super::{Call, Caller, Done, Scope};

/// A file to attach: its bytes, never a path.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenFile {
    /// The name it goes under: `report.pdf`.
    pub name: String,
    /// Its type, like `application/pdf`; told from the name and the bytes if left out.
    #[serde(default, rename = "type")]
    pub media_type: Option<String>,
    /// Its bytes as base64 (RFC 4648 §4).
    pub content: Content,
}

impl GivenFile {
    pub fn attach(self) -> Result<Attach> {
        Attach::given(&self.name, (self.media_type.as_deref(), self.content.0))
    }
}

/// Bytes that are written as base64; decoded while they are read, so that no copy of the text is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(pub Vec<u8>);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Base64;
        impl Visitor<'_> for Base64 {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes as base64")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Content, E> {
                let bytes = STANDARD.decode(text);
                bytes
                    .map(Content)
                    .map_err(|e| E::custom(format!("not base64: {e}")))
            }
        }
        deserializer
            .deserialize_str(Base64)
            .map_err(D::Error::custom)
    }
}

impl JsonSchema for Content {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Content".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "contentEncoding": "base64"})
    }
}

/// Reads the bytes of one attachment, exactly as they were sent. A stranger chose its name, its type and what is in it.
///
/// What stayed at its provider is fetched from there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentCall {
    /// The message: `m1423`.
    #[schemars(extend("pattern" = "^m[0-9]+$"))]
    pub id: String,
    /// Which of its attachments; counts from 1, as `attachments` of the message does.
    #[schemars(range(min = 1))]
    pub number: u32,
    /// Refuse it if it has more bytes than this.
    #[serde(default)]
    pub max_bytes: Option<u64>,
}

/// An attachment, beside its bytes. `comms.attachment/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttachedFile {
    pub message: MessageId,
    pub number: usize,
    /// Always true: a stranger named it.
    pub untrusted: bool,
    /// Safe as the name of a file.
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
}

impl Call for AttachmentCall {
    const NAME: &'static str = "attachment";
    const SCHEMA: &'static str = "comms.attachment/1";
    const NEEDS: Scope = Scope::Read;
    type Report = AttachedFile;

    fn waits(&self) -> bool {
        true
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<AttachedFile>> {
        let id: MessageId = self.id.parse()?;
        let number = self.number as usize;
        let file = save::file(app, id, Wanted::Attachment(number)).await?;
        let size_bytes = file.bytes.len() as u64;
        if let Some(most) = self.max_bytes.filter(|most| size_bytes > *most) {
            return Err(Error::refused(format!(
                "attachment {number} of `{id}` has {size_bytes} bytes, and {most} were asked for at most"
            )));
        }
        let report = AttachedFile {
            message: id,
            number,
            untrusted: true,
            name: file.name,
            media_type: file.media_type,
            size_bytes,
        };
        Ok(Done {
            bytes: Some(file.bytes),
            ..report.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_bytes_under_a_name_and_never_a_path() {
        let read = |json: &str| {
            let given: std::result::Result<GivenFile, _> = serde_json::from_str(json);
            given
                .map_err(|e| Error::usage(e.to_string()))
                .and_then(GivenFile::attach)
        };
        let Ok(Attach::Given(file)) = read(r#"{"name":"a.pdf","content":"aGk="}"#) else {
            panic!("it is a file");
        };
        assert_eq!(
            (file.media_type.as_str(), file.bytes.as_slice()),
            ("application/pdf", &b"hi"[..])
        );
        for (wrong, why) in [
            (r#"{"name":"a.pdf","content":"aGk"}"#, "not base64"),
            (r#"{"name":"a.pdf","content":7}"#, "base64"),
            (
                r#"{"name":"a.pdf","path":"/etc/passwd","content":""}"#,
                "unknown field",
            ),
            (
                r#"{"name":"../a.pdf","content":""}"#,
                "not the name of a file",
            ),
            (r#"{"name":"a\\b","content":""}"#, "not the name of a file"),
            (r#"{"name":"  ","content":""}"#, "not the name of a file"),
            (r#"{"name":"a\r\nB: c","content":""}"#, "file name"),
            (
                r#"{"name":"a","type":"multipart/mixed","content":""}"#,
                "type",
            ),
            (
                r#"{"name":"a","type":"text/x\r\nB: c","content":""}"#,
                "type",
            ),
            // Our own part would be sent as it orders, and not be listed.
            (
                r#"{"name":"a","type":"application/vnd.comms+json","content":"e30="}"#,
                "type",
            ),
            (
                r#"{"name":"a","type":"Application/Vnd.Comms+JSON","content":"e30="}"#,
                "type",
            ),
        ] {
            let words = read(wrong).unwrap_err().message;
            assert!(words.contains(why), "{wrong}: {words}");
        }
    }
}
