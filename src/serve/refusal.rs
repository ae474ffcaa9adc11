//! What is refused is told as `comms.error/1`, whatever was wrong.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::{Error, Kind};
use crate::model::document::ErrorDocument;

use super::body::Fault;

/// The answer of an error, with the status of its kind.
pub fn refused(error: &Error) -> Response {
    with_status(status(error.kind), error)
}

/// The same with a status that says more than the kind: of the key, or of HTTP itself.
pub fn with_status(status: StatusCode, error: &Error) -> Response {
    let document = ErrorDocument::from(error);
    let mut response = (status, json(serde_json::to_vec(&document))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON);
    let wait = error.retry_after.map(|after| after.as_secs().max(1));
    if let Some(seconds) = wait.or_else(|| (error.kind == Kind::Unavailable).then_some(1)) {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// What is told of a body that was not read to its end.
pub fn unread(fault: &Fault, limit: usize) -> Response {
    let error = match fault {
        Fault::TooLarge => Error::usage(format!("a body may have {} KiB", limit >> 10)),
        Fault::TooMuchAtOnce => Error::unavailable("too much is being posted at once"),
        Fault::TooSlow => Error::usage("the body came too slowly"),
        Fault::Cut => Error::usage("the body was cut off"),
    };
    last(with_status(fault.status(), &error))
}

/// The last answer of its connection: what else comes on it is not read.
pub fn last(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// The status of a kind of outcome.
pub fn status(kind: Kind) -> StatusCode {
    StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

fn json(bytes: serde_json::Result<Vec<u8>>) -> Body {
    bytes.unwrap_or_default().into()
}
