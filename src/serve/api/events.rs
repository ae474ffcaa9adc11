//! `/v1/events` as a stream of Server-Sent Events: what happens, as it does.
//!
//! The `id` of an event is its cursor, so that whoever lost the connection goes on where it was. A stream ends by itself
//! after some minutes and with the server, and the guard ends it with the key; clients come back.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep};

use crate::error::{Context, Error, Kind, Result};
use crate::model::document::ErrorDocument;
use crate::ops::calls::{Caller, EventsCall, Pool};
use crate::ops::feed::Waker;
use crate::ops::serving::Desk;
use crate::serve::refusal::refused;

use super::given::Given;

/// Streams at once.
const MOST: usize = 256;
/// How often something is said where nothing happens.
const ALIVE: Duration = Duration::from_secs(15);
/// How long a stream goes on: less than a connection may last.
const LIFE: Duration = Duration::from_secs(9 * 60);
/// Where a client says what it had last.
const LAST: &str = "last-event-id";

/// Whether events are asked for as they happen.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter();
    accept
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|one| {
            let kind = one.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("text/event-stream")
        })
}

/// A page of events, as far as a stream needs to know it.
#[derive(Deserialize)]
struct Page {
    events: Vec<Box<RawValue>>,
    next: String,
    more: bool,
}

/// Of an event, what its lines say.
#[derive(Deserialize)]
struct Head {
    cursor: String,
    #[serde(rename = "type")]
    kind: String,
}

struct Stream {
    desk: Arc<Desk>,
    pool: Arc<Pool>,
    caller: Caller,
    wanted: EventsCall,
    waker: Waker,
    stop: watch::Receiver<bool>,
    end: Instant,
    ready: VecDeque<Bytes>,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

/// Answers with a stream.
pub async fn stream(
    (desk, pool, stop): (Arc<Desk>, Arc<Pool>, watch::Receiver<bool>),
    caller: Caller,
    (headers, given): (&HeaderMap, Given),
) -> Response {
    match open((desk, pool, stop), caller, (headers, given)).await {
        Ok(stream) => {
            let chunks = stream::unfold(stream, |mut stream| async move {
                let chunk = stream.next().await?;
                Some((Ok::<_, Infallible>(chunk), stream))
            });
            let mut response = (StatusCode::OK, Body::from_stream(chunks)).into_response();
            for (name, value) in [
                (header::CONTENT_TYPE, "text/event-stream"),
                // Proxies that gather answers would hold events back.
                (header::HeaderName::from_static("x-accel-buffering"), "no"),
            ] {
                response
                    .headers_mut()
                    .insert(name, HeaderValue::from_static(value));
            }
            response
        }
        Err(error) => refused(&error),
    }
}

async fn open(
    (desk, pool, stop): (Arc<Desk>, Arc<Pool>, watch::Receiver<bool>),
    caller: Caller,
    (headers, mut given): (&HeaderMap, Given),
) -> Result<Stream> {
    static PLACES: OnceLock<Arc<Semaphore>> = OnceLock::new();
    let places = PLACES.get_or_init(|| Arc::new(Semaphore::new(MOST)));
    let place = Arc::clone(places)
        .try_acquire_owned()
        .map_err(|_| Error::unavailable("too many follow events already"))?;
    if let Some(last) = headers.get(LAST).and_then(|last| last.to_str().ok()) {
        // It is what came last; the address is what was asked for at first.
        given.fields.retain(|(name, _)| name != "after");
        given.fields.push(("after".to_owned(), Value::from(last)));
    }
    let wanted: EventsCall = given.read()?;
    let mut stream = Stream {
        waker: desk.waker(),
        desk,
        pool,
        caller,
        wanted,
        stop,
        end: Instant::now() + LIFE,
        ready: VecDeque::new(),
        is_over: false,
        _place: place,
    };
    // A cursor that is none is told before anything else is.
    stream.fetch().await?;
    stream
        .ready
        .push_front(Bytes::from_static(b"retry: 2000\n\n"));
    Ok(stream)
}

impl Stream {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(chunk);
            }
            if self.is_over || *self.stop.borrow() || Instant::now() >= self.end {
                return None;
            }
            let stirred = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return None,
                () = self.waker.stirred() => true,
                () = sleep(ALIVE) => false,
            };
            if !stirred {
                self.ready.push_back(Bytes::from_static(b":\n\n"));
            } else if let Err(error) = self.fetch().await {
                let document = serde_json::to_string(&ErrorDocument::from(&error));
                let words = document.unwrap_or_default();
                self.ready
                    .push_back(format!("event: comms.error\ndata: {words}\n\n").into());
                self.is_over = true;
            }
        }
    }

    /// Reads what happened since.
    async fn fetch(&mut self) -> Result<()> {
        loop {
            let call = self.wanted.clone();
            let answer = self.pool.call(self.caller.clone(), call, None).await?;
            let reading = "reading a page of events";
            let page: Page =
                serde_json::from_slice(&answer.json).context(Kind::Internal, reading)?;
            for event in &page.events {
                let head: Head =
                    serde_json::from_str(event.get()).context(Kind::Internal, reading)?;
                let mut chunk = String::new();
                let _ = write!(
                    chunk,
                    "event: {}\nid: {}\ndata: {}\n\n",
                    head.kind,
                    head.cursor,
                    event.get()
                );
                self.ready.push_back(chunk.into());
            }
            self.wanted.after = Some(page.next);
            // The rest is read once these were sent.
            if !page.more || !page.events.is_empty() {
                if page.more {
                    self.waker = self.desk.waker();
                }
                return Ok(());
            }
        }
    }
}
