//! rmcp's sessions, with what they were told kept for those who lost a connection.
//!
//! Calls without a session (MCP 2026-07-28) are not kept: there who leaves takes the call back. rmcp asks for what was kept
//! by the id of an event alone, whosever it is: each id carries a mark of the session that was told it.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::common::server_side_http::{ServerSseMessage, SessionId};
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionError};

use crate::error::Result;
use crate::random;

use super::events::{self, Events};

pub struct Sessions {
    local: LocalSessionManager,
    marker: Marker,
}

type Failure = <LocalSessionManager as SessionManager>::Error;
type Answered<T> = std::result::Result<T, Failure>;

impl Sessions {
    pub fn new() -> Result<Sessions> {
        let events = Arc::new(Events::default());
        Ok(Sessions {
            local: LocalSessionManager::default().with_event_store(events),
            marker: Marker(random::bytes()?),
        })
    }

    /// Those that did not end.
    pub async fn live(&self) -> HashSet<SessionId> {
        self.local.sessions.read().await.keys().cloned().collect()
    }
}

/// Marks ids of events with the session that was told them, as nobody else can.
#[derive(Clone, Copy)]
struct Marker([u8; 32]);

impl Marker {
    fn mark(self, session: &str, event: &str) -> blake3::Hash {
        blake3::keyed_hash(&self.0, format!("{session} {event}").as_bytes())
    }

    fn marked<S>(
        self,
        session: &SessionId,
        events: S,
    ) -> impl Stream<Item = ServerSseMessage> + use<S>
    where
        S: Stream<Item = ServerSseMessage>,
    {
        let session = session.clone();
        events.map(move |mut event| {
            event.event_id = event
                .event_id
                .map(|id| format!("{id}.{}", self.mark(&session, &id).to_hex()));
            event
        })
    }

    /// The id without its mark, if this session was told it.
    fn read<'a>(self, session: &str, marked: &'a str) -> Option<&'a str> {
        let (id, mark) = marked.rsplit_once('.')?;
        let mark = blake3::Hash::from_hex(mark).ok()?;
        (mark == self.mark(session, id)).then_some(id)
    }
}

impl SessionManager for Sessions {
    type Error = Failure;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Answered<(SessionId, Self::Transport)> {
        self.local.create_session().await
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Answered<ServerJsonRpcMessage> {
        self.local.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Answered<bool> {
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Answered<()> {
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Answered<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let events = self.local.create_stream(id, message).await?;
        Ok(self.marker.marked(id, events))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Answered<()> {
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Answered<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let events = self.local.create_standalone_stream(id).await?;
        Ok(self.marker.marked(id, events))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last: String,
    ) -> Answered<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let last = match last.as_str() {
            // rmcp begins the stream of a session with this one.
            "0" => events::beginning(&format!("{id}:common")),
            marked => {
                let told = self.marker.read(id, marked);
                let strange = || SessionError::EventStore("this session was not told it".into());
                told.ok_or_else(strange)?.to_owned()
            }
        };
        let events = self.local.resume(id, last).await?;
        Ok(self.marker.marked(id, events))
    }
}
