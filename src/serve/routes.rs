//! What is answered: webhooks to anyone, the rest to this machine only.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio::sync::{Semaphore, watch};

use crate::error::Result;
use crate::model::receive::Call;
use crate::ops::calls::LARGEST;
use crate::ops::receive::Answer;
use crate::ops::serving::Desk;

use super::refusal::{last, unread};
use super::{api, body, exposition, guard, metadata};

/// What all routes share.
#[derive(Clone)]
struct Shared {
    desk: Arc<Desk>,
    bodies: Arc<Semaphore>,
}

pub fn router(desk: Arc<Desk>, (mcp, stop): (Router, watch::Receiver<bool>)) -> Router {
    let shared = Shared {
        desk,
        bodies: Arc::new(Semaphore::new(body::UNDER_WAY)),
    };
    let api = api::router(Arc::clone(&shared.desk), (Arc::clone(&shared.bodies), stop));
    let metadata = metadata::router(Arc::clone(&shared.desk));
    let mcp = mcp.layer(from_fn_with_state(Arc::clone(&shared.bodies), bounded));
    Router::new()
        .nest_service("/mcp", guard::guarded(mcp, Arc::clone(&shared.desk)))
        .route("/webhooks/{account}", any(webhook))
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .fallback(nothing)
        .method_not_allowed_fallback(not_so)
        .with_state(shared)
        .merge(api)
        .merge(metadata)
}

/// Reads the body of a request of MCP, as long and large as that of any other call.
async fn bounded(State(bodies): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match body::read(body, (LARGEST, &head.headers), &bodies).await {
        Ok((body, _held)) => next.run(Request::from_parts(head, Body::from(body))).await,
        Err(fault) => unread(&fault, LARGEST),
    }
}

async fn nothing() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

async fn not_so() -> Response {
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}

async fn webhook(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(account): Path<String>,
    request: Request,
) -> Response {
    let desk = &shared.desk;
    if !desk.hears() {
        return nothing().await;
    }
    let who = Desk::who(peer.ip(), is_passed_on(request.headers()));
    if let Err(wait) = desk.admit(who) {
        desk.refuse(&account, (who, "too_many"));
        return last(later(StatusCode::TOO_MANY_REQUESTS, wait.as_secs().max(1)));
    }
    let Some(limit) = desk.limit(&account) else {
        desk.refuse(&account, (who, "unknown_account"));
        return last(StatusCode::FORBIDDEN.into_response());
    };
    let (head, body) = request.into_parts();
    let (body, _held) = match body::read(body, (limit, &head.headers), &shared.bodies).await {
        Ok(read) => read,
        Err(fault) => {
            desk.refuse(&account, (who, fault.reason()));
            return last(match fault.status() {
                StatusCode::SERVICE_UNAVAILABLE => later(StatusCode::SERVICE_UNAVAILABLE, 1),
                status => status.into_response(),
            });
        }
    };
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = desk.address(called_as(&head.headers), path);
    let call = Call {
        method: head.method.as_str(),
        url: &url,
        headers: &headers,
        body: &body,
        at: desk.now(),
    };
    answered(desk.take(&account, (who, call)).await)
}

fn answered(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    if response.status().is_success() {
        let media_type = HeaderValue::from_static(answer.media_type);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, media_type);
    } else {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    if let Some(seconds) = answer.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn later(status: StatusCode, seconds: u64) -> Response {
    let mut response = status.into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, seconds.into());
    response
}

/// Scheme and host under which a proxy was called, or we were.
fn called_as(headers: &HeaderMap) -> (&str, &str) {
    let one = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = match one("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    let host = one("x-forwarded-host").or_else(|| one("host"));
    (scheme, host.unwrap_or_default())
}

async fn healthz(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !is_local(peer, &headers) {
        return nothing().await;
    }
    let report = tokio::task::spawn_blocking(move || shared.desk.health()).await;
    let Ok(report) = report else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let status = match report.status {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut body = serde_json::to_vec(&report).unwrap_or_default();
    body.push(b'\n');
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn metrics(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !is_local(peer, &headers) {
        return nothing().await;
    }
    let metrics = tokio::task::spawn_blocking(move || -> Result<String> {
        Ok(exposition::write(&shared.desk.metrics()?))
    });
    match metrics.await {
        Ok(Ok(text)) => {
            let media_type = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, media_type)], text).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether it was asked on this machine, not through a proxy on it, and not by a page of someone's whose name was made
/// to lead here.
fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.map_or("", |host| {
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    });
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let named_here = host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok();
    peer.ip().is_loopback() && named_here && !is_passed_on(headers)
}

/// Whether whoever called says that another one asked.
fn is_passed_on(headers: &HeaderMap) -> bool {
    [
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "cf-connecting-ip",
    ]
    .iter()
    .any(|name| headers.contains_key(*name))
}
