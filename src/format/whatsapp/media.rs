//! Files of a message: which kind WhatsApp counts them as, how large they may be, and where their bytes are.

use serde_json::Value;

use super::super::clean;
use super::text;
use crate::model::message::Attachment;

/// What a file is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    Sticker,
    Document,
}

impl MediaKind {
    pub const ALL: [MediaKind; 5] = [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::Sticker,
        MediaKind::Document,
    ];

    /// The message type, and the field that holds it.
    pub fn name(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Sticker => "sticker",
            MediaKind::Document => "document",
        }
    }

    /// The largest file of this kind, in bytes (Cloud API reference, Media, of 2026-08).
    pub fn largest(self) -> usize {
        match self {
            MediaKind::Image => 5 << 20,
            MediaKind::Video | MediaKind::Audio => 16 << 20,
            // Animated; a still one has 100 KB.
            MediaKind::Sticker => 500 << 10,
            MediaKind::Document => 100 << 20,
        }
    }

    /// Whether words may stand below it.
    pub fn takes_caption(self) -> bool {
        matches!(
            self,
            MediaKind::Image | MediaKind::Video | MediaKind::Document
        )
    }
}

/// What a file of this media type goes as; whatever has no kind of its own is a document.
///
/// Source: Cloud API reference, "Supported media types", of 2026-08.
pub fn kind_of(media_type: &str) -> MediaKind {
    let bare = media_type.split(';').next().unwrap_or_default().trim();
    match bare {
        "image/jpeg" | "image/png" => MediaKind::Image,
        "image/webp" => MediaKind::Sticker,
        "video/mp4" | "video/3gpp" => MediaKind::Video,
        "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

/// What a file goes as: one too large for its own kind is a document.
pub fn kind_for(media_type: &str, bytes: usize) -> MediaKind {
    let kind = kind_of(media_type);
    match bytes > kind.largest() {
        true => MediaKind::Document,
        false => kind,
    }
}

/// The file of a message: its kind, and what the webhook says of it.
fn file(message: &Value) -> Option<(MediaKind, &Value)> {
    let kind = text(message, "type")?;
    let kind = MediaKind::ALL.into_iter().find(|k| k.name() == kind)?;
    Some((kind, message.get(kind.name())?))
}

pub fn attachments(message: &Value) -> Vec<Attachment> {
    let Some((kind, file)) = file(message) else {
        return Vec::new();
    };
    let media_type = text(file, "mime_type").unwrap_or("application/octet-stream");
    let media_type = clean::line(media_type).to_lowercase();
    let bare = media_type.split(';').next().unwrap_or_default().trim();
    let name = text(file, "filename").map(str::to_owned);
    let name = name.unwrap_or_else(|| format!("{}.{}", kind.name(), extension(bare)));
    vec![Attachment {
        number: 1,
        name: clean::file_name(&name),
        media_type: bare.to_owned(),
        // The webhook does not tell.
        size_bytes: 0,
        inline: false,
        content_id: None,
    }]
}

/// The id and the SHA-256 (in base64 or hex, as given) of the file of a stored document.
pub fn media_id(raw: &[u8]) -> Option<(String, Option<String>)> {
    let document: Value = serde_json::from_slice(raw).ok()?;
    let (_, file) = file(document.get("message").unwrap_or(&document))?;
    let sha256 = text(file, "sha256").map(str::to_owned);
    Some((text(file, "id")?.to_owned(), sha256))
}

fn extension(media_type: &str) -> &str {
    match media_type {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "video/mp4" | "audio/mp4" => "mp4",
        "video/3gpp" => "3gp",
        "audio/ogg" => "ogg",
        "audio/mpeg" => "mp3",
        "audio/aac" => "aac",
        "audio/amr" => "amr",
        "application/pdf" => "pdf",
        "text/plain" => "txt",
        _ => "bin",
    }
}
