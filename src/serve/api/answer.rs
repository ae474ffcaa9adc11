//! What is answered: the document, whether it is another than before, and where it goes on.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use url::form_urlencoded;

use crate::error::Error;
use crate::format::clean;
use crate::ops::calls::Answer;
use crate::serve::refusal::{JSON, refused, status};

use super::table::Route;

/// The answer of a call that changed something.
pub fn done(answer: Answer) -> Response {
    let status = answer.outcome.map_or(StatusCode::OK, status);
    (status, [(header::CONTENT_TYPE, JSON)], answer.json).into_response()
}

/// The answer of a call that read something, ready to be given; a clone shares its bytes.
#[derive(Clone, Debug)]
pub struct Page {
    status: StatusCode,
    json: Bytes,
    tag: HeaderValue,
    link: Option<HeaderValue>,
}

impl Page {
    pub fn of(route: &Route, uri: &Uri, answer: Answer) -> Page {
        let link = route.has_pages().then(|| next(uri, &answer.json)).flatten();
        Page {
            status: answer.outcome.map_or(StatusCode::OK, status),
            tag: tag(&answer.json),
            link: link.and_then(|link| link.parse().ok()),
            json: answer.json.into(),
        }
    }

    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.json.len() + self.link.as_ref().map_or(0, HeaderValue::len)
    }

    /// The answer to this request: nothing new, if it knows the tag.
    pub fn answer(self, headers: &HeaderMap) -> Response {
        let mut response = match is_known(headers, &self.tag) {
            true => (StatusCode::NOT_MODIFIED, Body::empty()).into_response(),
            false => (self.status, [(header::CONTENT_TYPE, JSON)], self.json).into_response(),
        };
        let headers = response.headers_mut();
        // Kept by nobody but the caller, who asks each time whether it still holds.
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        );
        headers.insert(header::VARY, HeaderValue::from_static("authorization"));
        headers.insert(header::ETAG, self.tag);
        if let Some(link) = self.link {
            headers.insert(header::LINK, link);
        }
        response
    }
}

/// The content of a file that a stranger sent: to be kept, never to be shown as a page of ours.
pub fn file(headers: &HeaderMap, answer: Answer) -> Response {
    #[derive(Deserialize)]
    struct About {
        name: String,
        media_type: String,
    }
    let about: About = match serde_json::from_slice(&answer.json) {
        Ok(about) => about,
        Err(e) => return refused(&Error::internal("reading what a file is").because(e)),
    };
    let bytes = answer.bytes.unwrap_or_default();
    let tag = tag(&bytes);
    let mut response = match is_known(headers, &tag) {
        true => (StatusCode::NOT_MODIFIED, Body::empty()).into_response(),
        false => (StatusCode::OK, Body::from(bytes)).into_response(),
    };
    let kind = match is_harmless(&about.media_type) {
        true => about.media_type.as_str(),
        false => "application/octet-stream",
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, &disposition(&about.name)),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "authorization"),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    headers.insert(header::ETAG, tag);
    response
}

/// Whether a browser that is given something of this type runs nothing of it, whatever it does with the rest.
fn is_harmless(media_type: &str) -> bool {
    let token = |t: &str| {
        !t.is_empty()
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
    };
    let kind = media_type.to_ascii_lowercase();
    let Some((kind, sub)) = kind.split_once('/').filter(|(a, b)| token(a) && token(b)) else {
        return false;
    };
    let runs = ["xml", "html", "script", "wasm", "shockwave", "java"];
    match kind {
        "image" | "audio" | "video" | "font" | "application" => {
            !runs.iter().any(|one| sub.contains(one))
        }
        "text" => matches!(sub, "plain" | "csv" | "calendar" | "vcard" | "markdown"),
        _ => false,
    }
}

/// RFC 6266, with the name as RFC 8187 wants it.
fn disposition(name: &str) -> String {
    const NO_ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let name = clean::file_name(name);
    let name = utf8_percent_encode(&name, NO_ATTRIBUTE);
    format!("attachment; filename*=UTF-8''{name}")
}

/// A page that is the same for everyone.
pub fn fixed(
    headers: &HeaderMap,
    (text, kind, policy): (&'static [u8], &'static str, Option<&'static str>),
) -> Response {
    let tag = tag(text);
    let mut response = match is_known(headers, &tag) {
        true => (StatusCode::NOT_MODIFIED, Body::empty()).into_response(),
        false => ([(header::CONTENT_TYPE, kind)], text).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::ETAG, tag);
    if let Some(policy) = policy {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy),
        );
    }
    response
}

/// The tag of a document: the same bytes, the same tag.
fn tag(json: &[u8]) -> HeaderValue {
    let hash = blake3::hash(json).to_hex();
    let tag = format!("\"{}\"", &hash[..32]);
    HeaderValue::try_from(tag).expect("quotes and digits")
}

/// Whether the caller has it already (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter();
    let given = given.filter_map(|value| value.to_str().ok());
    given
        .flat_map(|list| list.split(','))
        .map(|one| one.trim())
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// `Link` to the page after this one (RFC 8288).
fn next(uri: &Uri, json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Page {
        next: Option<String>,
        /// Of events, which go on for ever.
        more: Option<bool>,
    }
    let page: Page = serde_json::from_slice(json).ok()?;
    if page.more == Some(false) {
        return None;
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    let given = uri.query().unwrap_or_default();
    query
        .extend_pairs(form_urlencoded::parse(given.as_bytes()).filter(|(name, _)| name != "after"));
    query.append_pair("after", &page.next?);
    Some(format!("<?{}>; rel=\"next\"", query.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_goes_as_bytes() {
        for kind in [
            "image/png",
            "application/pdf",
            "text/plain",
            "application/vnd.ms-excel",
            "audio/ogg",
        ] {
            assert!(is_harmless(kind), "{kind}");
        }
        for kind in [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/javascript",
            "application/x-javascript",
            "application/xml",
            "text/xml",
            "multipart/x-mixed-replace",
            "message/rfc822",
            "text/css",
            "",
            "text",
            "text/plain; charset=utf-8",
            "a/b/c",
            "text/plain\r\nset-cookie: a",
        ] {
            assert!(!is_harmless(kind), "{kind}");
        }
    }

    #[test]
    fn a_name_forges_no_header() {
        assert_eq!(
            disposition("a\"; filename=\"b.exe\r\nx: y.pdf"),
            disposition(&clean::file_name("a\"; filename=\"b.exe\r\nx: y.pdf"))
        );
        assert!(!disposition("a\"b\r\nc").contains(['"', '\r', '\n']));
        assert_eq!(
            disposition("Bräu.pdf"),
            "attachment; filename*=UTF-8''Br%C3%A4u.pdf"
        );
    }
}
