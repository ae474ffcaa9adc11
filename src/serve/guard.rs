//! Who comes in: programs with a key of `comms auth key add`, nobody else.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::ops::serving::Desk;

/// The routes behind the guard. What passes has its `Caller` among the extensions of the request.
pub fn guarded(routes: Router, desk: Arc<Desk>) -> Router {
    routes.layer(from_fn_with_state(desk, guard))
}

async fn guard(State(desk): State<Arc<Desk>>, mut request: Request, next: Next) -> Response {
    let Some(key) = bearer(request.headers()) else {
        return refused();
    };
    let caller = match desk.caller(key).await {
        Ok(Some((caller, allowance))) if allowance.wait.is_none() => caller,
        Ok(Some(_)) => return StatusCode::TOO_MANY_REQUESTS.into_response(),
        Ok(None) => return refused(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// The key of `Authorization: Bearer …` (RFC 6750).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn refused() -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
