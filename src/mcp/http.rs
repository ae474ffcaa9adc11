//! MCP over streamable HTTP: a router that `serve` puts behind its guard.
//!
//! The guard says who calls. A session belongs to the key it was begun with, and to what that key opened then: to any other
//! it is not there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use rmcp::model::Extensions;
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::watch;

use crate::ops::Origin;
use crate::ops::calls::{Caller, LARGEST};
use crate::ops::serving::{Desk, Part};

use super::server::Server;
use super::sessions::Sessions;

/// Sessions of one key; the oldest gives way.
const SESSIONS: usize = 32;
const SESSION: &str = "mcp-session-id";

/// Answers MCP until `stop` says so.
pub fn router(desk: Arc<Desk>, stop: watch::Receiver<bool>) -> Router {
    let (Some(pool), Ok(sessions)) = (desk.pool(Part::Mcp), Sessions::new()) else {
        return Router::new();
    };
    let sessions = Arc::new(sessions);
    // The guard knows under which names this server may be called.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .enforce_origin_validation()
        .with_max_request_body_bytes(LARGEST);
    let end = config.cancellation_token.clone();
    tokio::spawn(async move {
        let mut stop = stop;
        let _ = stop.wait_for(|told| *told).await;
        end.cancel();
    });
    let service = StreamableHttpService::new(
        move || Ok(Server::over_http(Arc::clone(&pool))),
        Arc::clone(&sessions),
        config,
    );
    let owners = Arc::new(Owners {
        sessions,
        of: Mutex::default(),
    });
    Router::new()
        .fallback_service(service)
        .layer(from_fn_with_state(owners, owned))
}

/// Whoever holds the key that a request came with; an agent, whatever the key is for.
pub fn caller(extensions: &Extensions) -> Option<Caller> {
    let parts = extensions.get::<Parts>()?;
    let caller = parts.extensions.get::<Caller>()?;
    Some(Caller {
        origin: Origin::Agent,
        ..caller.clone()
    })
}

/// Whose sessions there are, the oldest first.
struct Owners {
    sessions: Arc<Sessions>,
    of: Mutex<VecDeque<(String, Caller)>>,
}

impl Owners {
    fn is_of(&self, session: &str, caller: &Caller) -> bool {
        let of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.iter()
            .any(|(id, owner)| id == session && owner == caller)
    }

    /// Notes a new one; the session that has to go for it is returned.
    fn add(&self, session: &str, caller: &Caller) -> Option<String> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.push_back((session.to_owned(), caller.clone()));
        let own = of.iter().filter(|(_, owner)| owner == caller).count();
        if own <= SESSIONS {
            return None;
        }
        let oldest = of.iter().position(|(_, owner)| owner == caller)?;
        of.remove(oldest).map(|(id, _)| id)
    }

    /// Forgets those that ended by themselves.
    async fn prune(&self) {
        let live = self.sessions.live().await;
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.retain(|(id, _)| live.contains(id.as_str()));
    }
}

async fn owned(State(owners): State<Arc<Owners>>, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    if let Some(session) = session_of(request.headers()) {
        return match owners.is_of(&session, &caller) {
            true => next.run(request).await,
            false => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let response = next.run(request).await;
    if let Some(session) = session_of(response.headers()) {
        owners.prune().await;
        if let Some(oldest) = owners.add(&session, &caller) {
            let _ = owners.sessions.close_session(&oldest.into()).await;
        }
    }
    response
}

fn session_of(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(SESSION)?;
    Some(String::from_utf8_lossy(id.as_bytes()).into_owned())
}
