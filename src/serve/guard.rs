//! Who comes in: programs with a key of `comms auth key add`, under our own name, from no strange page.
//!
//! In this order: name (`Host`), page (`Origin`), key (RFC 6750), calls per minute. What passes has its `Caller` among the
//! extensions of the request; `Origin` was looked at and is taken away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use crate::error::Error;
use crate::ops::calls::Caller;
use crate::ops::serving::{self, Allowance, Desk, Page};

use super::access_log::{self, Line};
use super::refusal::with_status;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

/// How often a stream that tells nothing looks whether its key is still what it was.
const LOOK: Duration = Duration::from_secs(1);

/// What a listed page may send and see.
const HEADERS: &str = "authorization, content-type, idempotency-key, if-none-match, last-event-id, mcp-protocol-version, \
     mcp-session-id, x-request-id";
const SEEN: &str = "etag, link, mcp-session-id, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id";

/// The routes behind the guard.
pub fn guarded(routes: Router, desk: Arc<Desk>) -> Router {
    routes.layer(from_fn_with_state(desk, guard))
}

async fn guard(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let mut line = Line {
        id: request_id(request.headers()),
        method: request.method().clone(),
        // As it is written in our own table: what stands in an address may be someone's.
        route: request
            .extensions()
            .get::<MatchedPath>()
            .map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned()),
        peer: request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip()),
        key: None,
        status: 0,
        took: Duration::ZERO,
    };
    let mut response = match admitted(&desk, request, &mut line).await {
        Ok((request, extra)) => {
            let key = bearer(request.headers()).unwrap_or_default().to_owned();
            let caller = request.extensions().get::<Caller>().cloned();
            let mut response = next.run(request).await;
            extra.write(response.headers_mut());
            match is_stream(&response) {
                true => response.map(|body| while_open(body, (Arc::clone(&desk), key, caller))),
                false => response,
            }
        }
        Err(response) => *response,
    };
    let headers = response.headers_mut();
    if let Ok(id) = line.id.parse() {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    // What says nothing else of itself is kept by nobody.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    line.status = response.status().as_u16();
    line.took = began.elapsed();
    desk.count_call(&line.route, line.status);
    access_log::write(&desk, &line);
    response
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// A stream that ends soon after its key no longer opens what it opened: it was revoked, or an account went.
fn while_open(body: Body, of: (Arc<Desk>, String, Option<Caller>)) -> Body {
    let chunks = stream::unfold((body.into_data_stream(), of), |(mut chunks, of)| async {
        loop {
            let chunk = timeout(LOOK, chunks.next()).await;
            // A disk that is busy for a moment ends nothing.
            let (desk, key, caller) = &of;
            if desk.opens(key).await.is_ok_and(|now| now != *caller) {
                return None;
            }
            if let Ok(chunk) = chunk {
                return chunk.map(|chunk| (chunk, (chunks, of)));
            }
        }
    });
    Body::from_stream(chunks)
}

/// What is added to the answer of who comes in.
struct Extra {
    allowance: Allowance,
    /// The listed page that may see it.
    page: Option<HeaderValue>,
}

impl Extra {
    fn write(&self, headers: &mut HeaderMap) {
        limits(headers, &self.allowance);
        show_to(headers, self.page.as_ref());
    }
}

type Refused = Box<Response>;

async fn admitted(
    desk: &Desk,
    mut request: Request,
    line: &mut Line,
) -> std::result::Result<(Request, Extra), Refused> {
    let host = host(&request).filter(|host| desk.is_named(host));
    let Some(host) = host else {
        let error = Error::usage("this server is not called that").hint(
            "call it as localhost, by the address it listens at, or as `public_url` under [serve] in the config",
        );
        return Err(Box::new(with_status(
            StatusCode::MISDIRECTED_REQUEST,
            &error,
        )));
    };
    let page = page(desk, request.headers(), &host)?;
    if let Some(page) = &page
        && request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return Err(Box::new(preflight(page)));
    }
    request.headers_mut().remove(header::ORIGIN);
    let entered = enter(desk, (&host, request.uri(), request.headers()), line).await;
    let (caller, allowance) = entered.map_err(|mut response| {
        show_to(response.headers_mut(), page.as_ref());
        response
    })?;
    request.extensions_mut().insert(caller);
    Ok((request, Extra { allowance, page }))
}

/// The name it was called by, if there is exactly one.
fn host(request: &Request) -> Option<String> {
    let mut all = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (all.next(), all.next()) else {
        return None;
    };
    let host = host.to_str().ok()?;
    // In its absolute form the address names the host, too (RFC 9112 §3.2.2).
    let also = request.uri().authority().map(|named| named.as_str());
    also.is_none_or(|also| also.eq_ignore_ascii_case(host))
        .then(|| host.to_owned())
}

/// The listed page that calls; `None` for our own and for what is no page.
fn page(
    desk: &Desk,
    headers: &HeaderMap,
    host: &str,
) -> std::result::Result<Option<HeaderValue>, Refused> {
    let mut all = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = all.next() else {
        return Ok(None);
    };
    let known = match (origin.to_str(), all.next()) {
        (Ok(text), None) => desk.page(text, host),
        _ => Page::Strange,
    };
    match known {
        Page::Ours => Ok(None),
        Page::Listed => Ok(Some(origin.clone())),
        Page::Strange => {
            let error = Error::refused("pages of that site may not call this server")
                .hint("name the site in `origins` under [serve] in the config, if it is yours");
            Err(Box::new(with_status(StatusCode::FORBIDDEN, &error)))
        }
    }
}

async fn enter(
    desk: &Desk,
    (host, uri, headers): (&str, &Uri, &HeaderMap),
    line: &mut Line,
) -> std::result::Result<(Caller, Allowance), Refused> {
    if uri.query().is_some_and(Desk::holds_key) {
        let error = Error::usage("a key stands in the address, where logs and proxies see it")
            .hint("end that key, make another, and send it as `Authorization: Bearer …`");
        return Err(Box::new(with_status(StatusCode::BAD_REQUEST, &error)));
    }
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let key = match (all.next(), all.next()) {
        (None, _) => {
            let error = Error::refused("a key is needed")
                .hint("`comms auth key add` makes one; send it as `Authorization: Bearer …`");
            return Err(challenge(desk, host, (&error, None)));
        }
        (Some(_), None) => bearer(headers),
        _ => None,
    };
    let Some(key) = key else {
        let error = Error::refused("`Authorization` is not one key: `Bearer comms_…`");
        return Err(challenge(desk, host, (&error, Some("invalid_request"))));
    };
    match desk.caller(key).await {
        Ok(Some((caller, allowance))) => {
            line.key = Some(caller.name.clone());
            let Some(wait) = allowance.wait else {
                return Ok((caller, allowance));
            };
            let error = Error::unavailable(format!(
                "this key may make {} calls per minute",
                allowance.per_minute
            ))
            .retry_after(wait + Duration::from_millis(999));
            let mut response = with_status(StatusCode::TOO_MANY_REQUESTS, &error);
            limits(response.headers_mut(), &allowance);
            Err(Box::new(response))
        }
        Ok(None) => match line.peer.and_then(|peer| desk.guessed(peer)) {
            None => {
                let error = Error::refused("this key opens nothing")
                    .hint("it is wrong, was revoked or has expired: `comms auth key list`");
                Err(challenge(desk, host, (&error, Some("invalid_token"))))
            }
            Some(wait) => {
                let error = Error::unavailable("too many keys that open nothing").retry_after(wait);
                Err(Box::new(with_status(StatusCode::TOO_MANY_REQUESTS, &error)))
            }
        },
        Err(_) => {
            let error = Error::unavailable("keys can't be looked up now");
            Err(Box::new(with_status(
                StatusCode::SERVICE_UNAVAILABLE,
                &error,
            )))
        }
    }
}

/// The key of `Bearer …` (RFC 6750 §2.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?;
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| key.trim())
        .filter(|key| !key.is_empty())
}

/// 401, or 400 for what is no request (RFC 6750 §3.1), with where to read how it is done (RFC 9728 §5.1).
fn challenge(desk: &Desk, host: &str, (error, code): (&Error, Option<&str>)) -> Refused {
    let status = match code {
        Some("invalid_request") => StatusCode::BAD_REQUEST,
        _ => StatusCode::UNAUTHORIZED,
    };
    let mut response = with_status(status, error);
    let code = code.map(|code| format!(" error=\"{code}\","));
    let words = format!(
        "Bearer realm=\"comms\",{} resource_metadata=\"{}/.well-known/oauth-protected-resource\"",
        code.unwrap_or_default(),
        desk.base(host)
    );
    if let Ok(value) = words.parse() {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, value);
    }
    Box::new(response)
}

/// The answer to a listed page that asks whether it may ask.
fn preflight(page: &HeaderValue) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    show_to(headers, Some(page));
    for (name, value) in [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PATCH, DELETE",
        ),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn show_to(headers: &mut HeaderMap, page: Option<&HeaderValue>) {
    if let Some(page) = page {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page.clone());
        let seen = HeaderValue::from_static(SEEN);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, seen);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
}

/// What is left to a key (draft-ietf-httpapi-ratelimit-headers).
fn limits(headers: &mut HeaderMap, allowance: &Allowance) {
    let policy = format!("\"key\";q={};w=60", allowance.per_minute);
    let state = format!(
        "\"key\";r={};t={}",
        allowance.left,
        allowance.full_in.as_secs_f64().ceil() as u64
    );
    for (name, value) in [(POLICY, policy), (LIMIT, state)] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
}

/// The caller's own id of a request, if it can stand in a log; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let sane = |id: &&str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        // A key that was put in the wrong place is not repeated.
        (1..=64).contains(&id.len()) && id.bytes().all(plain) && !Desk::holds_key(id)
    };
    match given.filter(sane) {
        Some(id) => id.to_owned(),
        None => serving::request_id(),
    }
}
