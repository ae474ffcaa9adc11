//! What sessions over HTTP were told, kept for a while: whoever lost a connection takes its stream up behind the last
//! event that came through, also when the answer ended meanwhile (MCP 2025-11-25, Resumability and Redelivery).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::stream;
use rmcp::model::JsonRpcMessage;
use rmcp::transport::common::server_side_http::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::{EventStore, EventStoreError, EventStream};
use tokio::sync::{mpsc, watch};

/// How long an event is kept.
const KEPT: Duration = Duration::from_secs(5 * 60);
/// Bytes of all that is kept, as JSON; the oldest gives way. In memory it is some times that.
const MOST: usize = 8 << 20;
/// What an event takes beside its message.
const OVERHEAD: usize = 300;
/// Between the number of an event and the name of its stream.
const MARK: char = '@';

/// The event before the first one of a stream.
pub fn beginning(stream: &str) -> String {
    format!("0{MARK}{stream}")
}

/// The number and the stream.
fn place(id: &str) -> Option<(u64, &str)> {
    let (number, stream) = id.split_once(MARK)?;
    Some((number.parse().ok()?, stream))
}

#[derive(Default)]
pub struct Events(Arc<Shared>);

struct Shared {
    log: Mutex<Log>,
    /// The number of the last one.
    last: watch::Sender<u64>,
}

#[derive(Default)]
struct Log {
    numbered: u64,
    kept: VecDeque<Kept>,
    bytes: usize,
}

struct Kept {
    number: u64,
    stream: String,
    at: Instant,
    bytes: usize,
    event: ServerSseMessage,
}

impl Kept {
    /// Nothing follows an answer.
    fn is_last(&self) -> bool {
        matches!(
            self.event.message.as_deref(),
            Some(JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_))
        )
    }
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            log: Mutex::default(),
            last: watch::Sender::new(0),
        }
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a stream behind one of its events.
enum Next {
    /// It was the last.
    Nothing,
    GoesOn,
    /// Something may be missing.
    Gone,
}

impl Log {
    fn add(&mut self, stream: &str, event: &ServerSseMessage) -> (u64, String) {
        self.numbered += 1;
        let (number, id) = (self.numbered, format!("{}{MARK}{stream}", self.numbered));
        let mut event = event.clone();
        event.event_id = Some(id.clone());
        let bytes = OVERHEAD + stream.len() + event.message.as_deref().map_or(0, size);
        self.bytes += bytes;
        self.kept.push_back(Kept {
            number,
            stream: stream.to_owned(),
            at: Instant::now(),
            bytes,
            event,
        });
        while let Some(first) = self.kept.front()
            && (self.bytes > MOST || first.at.elapsed() > KEPT)
        {
            self.bytes -= first.bytes;
            self.kept.pop_front();
        }
        (number, id)
    }

    fn after(&self, number: u64) -> impl Iterator<Item = &Kept> {
        let from = self.kept.partition_point(|kept| kept.number <= number);
        self.kept.range(from..)
    }

    fn next(&self, number: u64, stream: &str) -> Next {
        if number == 0 {
            return Next::GoesOn;
        }
        let at = self.kept.binary_search_by_key(&number, |kept| kept.number);
        match at.map(|at| &self.kept[at]) {
            Ok(kept) if kept.stream == stream && kept.is_last() => Next::Nothing,
            Ok(kept) if kept.stream == stream => Next::GoesOn,
            _ => Next::Gone,
        }
    }
}

/// Bytes of a message as JSON.
fn size(message: &impl serde::Serialize) -> usize {
    serde_json::to_vec(message).map_or(0, |json| json.len())
}

#[async_trait]
impl EventStore for Events {
    async fn store_event(
        &self,
        stream: &str,
        event: &ServerSseMessage,
    ) -> Result<String, EventStoreError> {
        let (number, id) = self.0.log().add(stream, event);
        self.0.last.send_replace(number);
        Ok(id)
    }

    /// What came since, then what comes, up to the answer.
    async fn replay_events_after(&self, id: &str) -> Result<EventStream, EventStoreError> {
        let (number, stream) = place(id).ok_or("no event has this id")?;
        match self.0.log().next(number, stream) {
            Next::Gone => return Err("the events behind it are no longer kept".into()),
            Next::Nothing => return Ok(Box::pin(stream::empty())),
            Next::GoesOn => {}
        }
        let (to, mut from) = mpsc::channel(16);
        let place = (number, stream.to_owned());
        tokio::spawn(follow(Arc::clone(&self.0), place, to));
        Ok(Box::pin(stream::poll_fn(move |cx| from.poll_recv(cx))))
    }
}

async fn follow(
    shared: Arc<Shared>,
    (mut number, stream): (u64, String),
    to: mpsc::Sender<ServerSseMessage>,
) {
    let mut last = shared.last.subscribe();
    loop {
        last.borrow_and_update();
        let found: Vec<_> = shared
            .log()
            .after(number)
            .filter(|kept| kept.stream == stream)
            .map(|kept| (kept.number, kept.event.clone(), kept.is_last()))
            .collect();
        for (at, event, is_last) in found {
            number = at;
            if to.send(event).await.is_err() || is_last {
                return;
            }
        }
        tokio::select! {
            _ = last.changed() => {}
            () = to.closed() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use rmcp::model::{ErrorData, JsonRpcError, NumberOrString};

    use super::*;

    fn answer(id: i64) -> ServerSseMessage {
        let error = ErrorData::internal_error("x", None);
        let id = Some(NumberOrString::Number(id));
        ServerSseMessage::from_message(JsonRpcMessage::Error(JsonRpcError::new(id, error)))
    }

    fn hint() -> ServerSseMessage {
        ServerSseMessage::retry(Duration::from_secs(3))
    }

    #[tokio::test]
    async fn a_stream_goes_on_behind_an_event_up_to_its_answer() {
        let events = Events::default();
        let first = events.store_event("a", &hint()).await.unwrap();
        events.store_event("b", &answer(9)).await.unwrap();
        let mut kept = events.replay_events_after(&first).await.unwrap();
        // It comes only now.
        let last = events.store_event("a", &answer(1)).await.unwrap();
        assert_eq!(kept.next().await.unwrap().event_id, Some(last.clone()));
        assert!(kept.next().await.is_none());
        // And again, as often as someone asks.
        let again = events.replay_events_after(&first).await.unwrap();
        assert_eq!(again.count().await, 1);
        let nothing = events.replay_events_after(&last).await.unwrap();
        assert_eq!(nothing.count().await, 0);
        let all = events.replay_events_after(&beginning("a")).await.unwrap();
        assert_eq!(all.count().await, 2);
    }

    #[tokio::test]
    async fn what_is_gone_or_another_streams_is_none() {
        let events = Events::default();
        let first = events.store_event("a", &hint()).await.unwrap();
        let other = first.replace("@a", "@b");
        for id in ["", "0", "x@a", "7@a", &other] {
            assert!(events.replay_events_after(id).await.is_err(), "{id}");
        }
        let large = "x".repeat(1 << 20);
        for _ in 0..=MOST >> 20 {
            let error = ErrorData::internal_error(large.clone(), None);
            let message = JsonRpcMessage::Error(JsonRpcError::new(None, error));
            let event = ServerSseMessage::from_message(message);
            events.store_event("large", &event).await.unwrap();
        }
        assert!(events.replay_events_after(&first).await.is_err());
        assert!(events.0.log().bytes <= MOST);
    }
}
