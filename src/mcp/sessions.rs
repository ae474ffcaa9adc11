//! rmcp's sessions, with what they were told kept for those who lost a connection.
//!
//! Calls without a session (MCP 2026-07-28) are not kept: there who leaves takes the call back.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::Stream;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::common::server_side_http::{ServerSseMessage, SessionId};
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use super::events::{self, Events};

pub struct Sessions(LocalSessionManager);

type Failure = <LocalSessionManager as SessionManager>::Error;

impl Default for Sessions {
    fn default() -> Sessions {
        let events = Arc::new(Events::default());
        Sessions(LocalSessionManager::default().with_event_store(events))
    }
}

impl Sessions {
    /// Those that did not end.
    pub async fn live(&self) -> HashSet<SessionId> {
        self.0.sessions.read().await.keys().cloned().collect()
    }
}

impl SessionManager for Sessions {
    type Error = Failure;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Failure> {
        self.0.create_session().await
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Failure> {
        self.0.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Failure> {
        self.0.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Failure> {
        self.0.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Failure> {
        self.0.create_stream(id, message).await
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Failure> {
        self.0.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Failure> {
        self.0.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Failure> {
        // rmcp begins the stream of a session with this one.
        let last = match last.as_str() {
            "0" => events::beginning(&format!("{id}:common")),
            _ => last,
        };
        self.0.resume(id, last).await
    }
}
