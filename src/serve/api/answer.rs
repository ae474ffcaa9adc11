//! What is answered: the document, whether it is another than before, and where it goes on.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::form_urlencoded;

use crate::ops::calls::Answer;
use crate::serve::refusal::{JSON, status};

use super::table::Route;

/// The answer of a call that was done.
pub fn answered(route: &Route, head: &request::Parts, answer: Answer) -> Response {
    let status = answer.outcome.map_or(StatusCode::OK, status);
    if route.method != Method::GET {
        let mut response = (status, answer.json).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return response;
    }
    let tag = tag(&answer.json);
    let link = route
        .has_pages()
        .then(|| next(head, &answer.json))
        .flatten();
    let mut response = match is_known(&head.headers, &tag) {
        true => (StatusCode::NOT_MODIFIED, Body::empty()).into_response(),
        false => (status, [(header::CONTENT_TYPE, JSON)], answer.json).into_response(),
    };
    let headers = response.headers_mut();
    // Kept by nobody but the caller, who asks each time whether it still holds.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    for (name, value) in [(header::ETAG, Some(tag)), (header::LINK, link)] {
        if let Some(value) = value.and_then(|value| value.parse().ok()) {
            headers.insert(name, value);
        }
    }
    response
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
    if let Ok(tag) = tag.parse() {
        headers.insert(header::ETAG, tag);
    }
    if let Some(policy) = policy {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy),
        );
    }
    response
}

/// The tag of a document: the same bytes, the same tag.
fn tag(json: &[u8]) -> String {
    let hash = blake3::hash(json).to_hex();
    format!("\"{}\"", &hash[..32])
}

/// Whether the caller has it already (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter();
    let given = given.filter_map(|value| value.to_str().ok());
    given
        .flat_map(|list| list.split(','))
        .map(|one| one.trim())
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// `Link` to the page after this one (RFC 8288).
fn next(head: &request::Parts, json: &[u8]) -> Option<String> {
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
    let given = head.uri.query().unwrap_or_default();
    query
        .extend_pairs(form_urlencoded::parse(given.as_bytes()).filter(|(name, _)| name != "after"));
    query.append_pair("after", &page.next?);
    Some(format!("<?{}>; rel=\"next\"", query.finish()))
}
