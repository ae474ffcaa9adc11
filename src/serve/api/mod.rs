//! The HTTP API: REST routes over the calls of `ops::calls`.
//!
//! A route adds nothing to its call: it reads the fields from address, head and body, and writes the document with the
//! status of its outcome.

mod answer;
pub mod collection;
mod events;
pub mod given;
pub mod openapi;
mod page;
pub mod table;

use std::sync::{Arc, OnceLock};

use axum::body::{Bytes, HttpBody};
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use axum::{Extension, Router};
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

use crate::error::{Error, Result};
use crate::ops::calls::{Caller, Scope};
use crate::ops::serving::{Asked, Desk, Part, Shelf};

use super::body;
use super::guard;
use super::refusal::{refused, unread, with_status};

use answer::Page;
use given::Given;
use table::{Route, routes};

/// The header that is the field `key`.
const KEY: &str = "idempotency-key";

/// What the routes share.
#[derive(Clone)]
struct Shared {
    desk: Arc<Desk>,
    bodies: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
    shelf: Arc<Shelf<Page>>,
}

/// Everything under `/v1`; streams end once `stop` says so.
pub fn router(desk: Arc<Desk>, (bodies, stop): (Arc<Semaphore>, watch::Receiver<bool>)) -> Router {
    let mut router: Router<Shared> = Router::new();
    for route in routes() {
        let path = route.path;
        router = router.route(path, method(route));
    }
    let router = router
        .fallback(nothing)
        .method_not_allowed_fallback(not_so)
        .with_state(Shared {
            desk: Arc::clone(&desk),
            bodies,
            stop,
            shelf: Arc::new(Shelf::new(&desk)),
        });
    Router::new()
        .route("/v1/openapi.json", get(openapi))
        .route("/v1/docs", get(docs))
        .method_not_allowed_fallback(not_so)
        .with_state(Arc::clone(&desk))
        .nest_service("/v1", guard::guarded(router, desk))
}

/// What there is, for programs; needs no key.
async fn openapi(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    static DOCUMENT: OnceLock<Vec<u8>> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| openapi::document().to_string().into_bytes());
    told(&desk, &headers, (document, "application/json", None))
}

/// The same for people.
async fn docs(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    static PAGE: OnceLock<(String, String)> = OnceLock::new();
    let (page, policy) = PAGE.get_or_init(page::page);
    let page = (
        page.as_bytes(),
        "text/html; charset=utf-8",
        Some(policy.as_str()),
    );
    told(&desk, &headers, page)
}

fn told(
    desk: &Desk,
    headers: &HeaderMap,
    (text, kind, policy): (&'static [u8], &'static str, Option<&'static str>),
) -> Response {
    match desk.pool(Part::Api) {
        Some(_) => answer::fixed(headers, (text, kind, policy)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn method(route: Route) -> MethodRouter<Shared> {
    let filter = match route.method {
        Method::GET => MethodFilter::GET,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::POST,
    };
    let route = Arc::new(route);
    on(
        filter,
        move |State(shared): State<Shared>,
              Extension(caller): Extension<Caller>,
              path: RawPathParams,
              request: Request| async move {
            match in_path(&route, &path) {
                Ok(fields) => work(&route, (shared, caller), (fields, request)).await,
                Err(error) => refused(&error),
            }
        },
    )
}

/// The fields of the call that stand in the path.
fn in_path(route: &Route, path: &RawPathParams) -> Result<Vec<(String, Value)>> {
    let field = |(name, text): (&str, &str)| {
        let parameter = route.parameters.iter().find(|p| p.name == name);
        let value = match parameter {
            Some(parameter) => given::typed(parameter, text)?,
            None => text.into(),
        };
        Ok((name.to_owned(), value))
    };
    path.iter().map(field).collect()
}

async fn work(
    route: &Route,
    (shared, caller): (Shared, Caller),
    (fields, request): (Vec<(String, Value)>, Request),
) -> Response {
    let Some(pool) = shared.desk.pool(Part::Api) else {
        return nothing().await;
    };
    if let Err(error) = caller.need(route.needs) {
        return under_scoped(&error, route.needs);
    }
    let (head, body) = request.into_parts();
    // What was answered a moment ago is told again without any work, as long as nothing has changed.
    let mut standing = None;
    let asked = (head.method == Method::GET && body.is_end_stream()).then(|| Asked {
        caller: caller.clone(),
        target: head.uri.to_string(),
    });
    if let Some(asked) = &asked {
        let (known, now) = shared.shelf.look(asked, shared.desk.renewals());
        if let Some(page) = known {
            return page.answer(&head.headers);
        }
        standing = now;
    }
    let bodies = Arc::clone(&shared.bodies);
    let limit = route.limit();
    let (body, _held) = match body::read(body, (limit, &head.headers), &bodies).await {
        Ok(read) => read,
        Err(fault) => return unread(&fault, limit),
    };
    if let Err(response) = is_json(&head.headers, &body) {
        return *response;
    }
    let given = match given(route, (&head, fields), body) {
        Ok(given) => given,
        Err(error) => return refused(&error),
    };
    if route.streams && head.method == Method::GET && events::is_wanted(&head.headers) {
        let from = (shared.desk, pool, shared.stop);
        return events::stream(from, caller, (&head.headers, given)).await;
    }
    match (route.work)(pool, caller, given).await {
        Ok(done) if route.bytes => answer::file(&head.headers, done),
        Ok(done) if route.is_get() => {
            let keeps = done.keeps;
            let page = Page::of(route, &head.uri, done);
            if let (Some(asked), Some(standing)) = (asked, standing.filter(|_| keeps)) {
                shared
                    .shelf
                    .keep((asked, standing), page.clone(), page.size());
            }
            page.answer(&head.headers)
        }
        Ok(done) => answer::done(done),
        Err(error) => refused(&error),
    }
}

/// Gathers the fields of the call.
fn given(
    route: &Route,
    (head, mut fields): (&request::Parts, Vec<(String, Value)>),
    body: Bytes,
) -> Result<Given> {
    if route.body.is_none() && !body.is_empty() {
        return Err(Error::usage("this takes no body"));
    }
    let in_query = route.parameters.iter().filter(|p| !p.in_path);
    let in_query: Vec<_> = in_query.cloned().collect();
    fields.extend(given::query(
        head.uri.query().unwrap_or_default(),
        &in_query,
    )?);
    if route.has_key
        && let Some(key) = head.headers.get(KEY)
    {
        let key = key
            .to_str()
            .map_err(|_| Error::usage("`Idempotency-Key` is not text"))?;
        // A string of RFC 9651 stands in quotes.
        let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        fields.push(("key".to_owned(), bare.unwrap_or(key).into()));
    }
    Ok(Given { fields, body })
}

fn is_json(headers: &HeaderMap, body: &Bytes) -> std::result::Result<(), Box<Response>> {
    let said = headers.get(header::CONTENT_TYPE);
    let said = said.and_then(|value| value.to_str().ok());
    let kind = said.and_then(|said| said.split(';').next());
    if body.is_empty()
        || kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    {
        return Ok(());
    }
    let error =
        Error::usage("a body has to be JSON").hint("send it with `Content-Type: application/json`");
    Err(Box::new(with_status(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        &error,
    )))
}

/// RFC 6750 §3.1.
fn under_scoped(error: &Error, needs: Scope) -> Response {
    let mut response = with_status(StatusCode::FORBIDDEN, error);
    let words = format!(
        "Bearer error=\"insufficient_scope\", scope=\"{}\"",
        needs.name()
    );
    if let Ok(value) = words.parse() {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

async fn nothing() -> Response {
    let error =
        Error::not_found("there is nothing at this address").hint("/v1/docs lists what there is");
    with_status(StatusCode::NOT_FOUND, &error)
}

async fn not_so(method: Method) -> Response {
    let error = Error::usage(format!("`{method}` is not for this address"))
        .hint("the header `Allow` tells what is");
    with_status(StatusCode::METHOD_NOT_ALLOWED, &error)
}
