//! What a program may know before it has a key: how keys are sent, and what they may open (RFC 9728).

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::ops::calls::Scope;
use crate::ops::serving::{Desk, Part};

const AT: &str = "/.well-known/oauth-protected-resource";

pub fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route(AT, get(all))
        .route(&format!("{AT}/{{part}}"), get(part))
        .with_state(desk)
}

async fn all(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    told(&desk, &request, "")
}

async fn part(
    State(desk): State<Arc<Desk>>,
    Path(part): Path<String>,
    request: Request,
) -> Response {
    match part.as_str() {
        "mcp" if desk.pool(Part::Mcp).is_some() => told(&desk, &request, "/mcp"),
        "v1" if desk.pool(Part::Api).is_some() => told(&desk, &request, "/v1"),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn told(desk: &Desk, request: &Request, path: &str) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let serves = desk.pool(Part::Api).is_some() || desk.pool(Part::Mcp).is_some();
    let Some(host) = host.filter(|host| serves && desk.is_named(host)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let document = json!({
        "resource": format!("{}{path}", desk.base(host)),
        "resource_name": "comms",
        "bearer_methods_supported": ["header"],
        "scopes_supported": Scope::ALL.map(Scope::name),
    });
    let mut response = Json(document).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
