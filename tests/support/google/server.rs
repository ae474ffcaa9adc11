//! The HTTP side: connections, faults, gzip; what an answer says is decided elsewhere.

use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::StreamExt;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::fault::Fault;
use super::wire::{self, Answer, Request};
use super::{State, batch, table, upload};

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What every connection works on.
#[derive(Clone)]
pub struct Shared {
    pub state: Arc<Mutex<State>>,
    pub url: String,
}

/// Serves until told to stop; open connections end with it.
pub fn run(
    listener: std::net::TcpListener,
    shared: Shared,
    stopped: tokio::sync::oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        tokio::select! {
            _ = stopped => {}
            () = accept(listener, shared) => {}
        }
    });
    runtime.shutdown_background();
}

async fn accept(listener: tokio::net::TcpListener, shared: Shared) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let _ = stream.set_nodelay(true);
        let shared = shared.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| serve(shared.clone(), request));
            // An error here is a fault that was planned, or a client that went away.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// An error ends the connection without an answer.
async fn serve(
    shared: Shared,
    request: hyper::Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(std::io::Error::other)?
        .to_bytes();
    let request = recorded(&head, body.to_vec());
    let zipped = wants_gzip(&request);
    let _turn = Turn::take(&shared, &request);
    let (answer, fault) = {
        let mut state = shared.state.lock().unwrap_or_else(|e| e.into_inner());
        let fault = state.fault_for(&request);
        (
            work(&mut state, &shared.url, request, fault.as_ref()),
            fault,
        )
    };
    let cut = || Err(std::io::Error::other("cut by the test"));
    match fault {
        Some(Fault::CutBeforeAnswer | Fault::CutBeforeWork | Fault::LoseChunkAfter(_)) => cut(),
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Slow(time)) => {
            tokio::time::sleep(time).await;
            Ok(response(answer, zipped, None))
        }
        Some(Fault::CutAfter(bytes)) => Ok(response(answer, false, Some(bytes))),
        Some(Fault::MalformedJson) => {
            let half = answer.body.len() / 2;
            let answer = Answer {
                body: answer.body[..half].to_vec(),
                ..answer
            };
            Ok(response(answer, zipped, None))
        }
        _ => Ok(response(answer, zipped, None)),
    }
}

/// A change of the address book on its way: Google wants one at a time for each user.
struct Turn(Shared);

impl Turn {
    fn take(shared: &Shared, request: &Request) -> Option<Turn> {
        if !request.id.starts_with("people.") || request.method == "GET" {
            return None;
        }
        let mut state = shared.state.lock().unwrap_or_else(|e| e.into_inner());
        if state.open_changes > 0 {
            state.violation("two changes of one address book at a time");
        }
        state.open_changes += 1;
        drop(state);
        Some(Turn(shared.clone()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(|e| e.into_inner());
        state.open_changes -= 1;
    }
}

/// Does what the request asks for, unless the fault stands in for it.
fn work(state: &mut State, url: &str, mut request: Request, fault: Option<&Fault>) -> Answer {
    if let Some(instead) = fault.and_then(|f| f.instead(request.id)) {
        request.status = instead.status;
        state.requests.push(request);
        return instead;
    }
    if matches!(fault, Some(Fault::CutBeforeWork)) {
        state.requests.push(request);
        return Answer::default();
    }
    let at = state.requests.len();
    let answer = match request.id {
        "batch" => batch::answer(state, request),
        "token" => state.token(request),
        "upload.start" | "upload.chunk" => {
            let keep = match fault {
                Some(Fault::LoseChunkAfter(bytes)) => Some(*bytes),
                _ => None,
            };
            upload::resumable(state, url, request, keep)
        }
        _ if request.path.starts_with("/upload/") => upload::simple(state, request),
        _ => state.answer(request),
    };
    // What was cut or never answered has no status.
    if matches!(fault, Some(Fault::Hang | Fault::CutBeforeAnswer))
        && let Some(last) = state.requests.get_mut(at)
    {
        last.status = 0;
    }
    answer
}

fn recorded(head: &hyper::http::request::Parts, body: Vec<u8>) -> Request {
    let path = head.uri.path().to_owned();
    let method = head.method.as_str();
    let (id, vars) = match table::find(method, &path) {
        _ if path == "/token" => ("token", Vec::new()),
        _ if path.starts_with("/batch") => ("batch", Vec::new()),
        _ if path.starts_with("/resumable/upload/") => {
            let starts =
                method == "POST" || !head.uri.query().unwrap_or_default().contains("upload_id=");
            (
                if starts {
                    "upload.start"
                } else {
                    "upload.chunk"
                },
                Vec::new(),
            )
        }
        Some(found) => found,
        None => ("unknown", Vec::new()),
    };
    Request {
        id,
        method: method.to_owned(),
        query: wire::pairs(head.uri.query().unwrap_or_default()),
        path,
        headers: head
            .headers
            .iter()
            .map(|(k, v)| {
                (
                    k.as_str().to_owned(),
                    String::from_utf8_lossy(v.as_bytes()).into_owned(),
                )
            })
            .collect(),
        body,
        vars,
        in_batch: false,
        at: Instant::now(),
        status: 0,
    }
}

/// Google compresses only for clients that say `gzip` in both headers.
fn wants_gzip(request: &Request) -> bool {
    ["accept-encoding", "user-agent"]
        .iter()
        .all(|h| request.header(h).is_some_and(|v| v.contains("gzip")))
}

fn response(answer: Answer, zipped: bool, cut: Option<usize>) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).expect("a status");
    let mut response = Response::builder().status(status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let mut body = answer.body;
    if zipped && !body.is_empty() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&body).expect("memory takes it");
        body = gz.finish().expect("memory takes it");
        response = response.header("content-encoding", "gzip");
    }
    let body = match cut {
        None => http_body_util::Full::new(Bytes::from(body))
            .map_err(|e: Infallible| match e {})
            .boxed_unsync(),
        Some(bytes) => {
            response = response.header("content-length", body.len());
            let first = Bytes::from(body[..bytes.min(body.len())].to_vec());
            let first = futures_util::stream::once(async { Ok(Frame::data(first)) });
            // Time for the first bytes to leave before the connection dies.
            let then = futures_util::stream::once(async {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                Err(std::io::Error::other("cut by the test"))
            });
            BodyExt::boxed_unsync(StreamBody::new(first.chain(then)))
        }
    };
    response.body(body).expect("a response")
}
