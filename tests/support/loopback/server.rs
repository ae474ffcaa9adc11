//! The HTTP side of a loopback provider: connections, gzip, and answers that are cut, late or never given.

use std::any::Any;
use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::wire::{self, Answer, Request};

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// How an answer gets back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    #[default]
    Whole,
    /// The connection is cut before a byte of it.
    Cut,
    /// Cut after so many bytes of its body.
    CutAfter(usize),
    /// The first half of its body, as if that were all.
    Half,
    Never,
    Late(Duration),
}

/// What becomes of a request.
#[derive(Default)]
pub struct Reply {
    pub answer: Answer,
    pub delivery: Delivery,
    pub zipped: bool,
    /// Dropped when the answer is under way.
    pub held: Option<Box<dyn Any + Send>>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Reply {
        Reply {
            answer,
            ..Reply::default()
        }
    }
}

type Work = Arc<dyn Fn(Request) -> Reply + Send + Sync>;

/// A running server; ends with the value.
pub struct Server {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a free port. What `work` is made from gets the server's own URL; requests come to it
    /// without an id.
    pub fn start<W>(work: impl FnOnce(&str) -> W) -> Server
    where
        W: Fn(Request) -> Reply + Send + Sync + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let url = format!("http://127.0.0.1:{port}");
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let work: Work = Arc::new(work(&url));
        let thread = std::thread::spawn(move || run(listener, work, stopped));
        Server {
            url,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Ends it now.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves until told to stop; open connections end with it.
fn run(listener: std::net::TcpListener, work: Work, stopped: tokio::sync::oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        tokio::select! {
            _ = stopped => {}
            () = accept(listener, work) => {}
        }
    });
    runtime.shutdown_background();
}

async fn accept(listener: tokio::net::TcpListener, work: Work) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let _ = stream.set_nodelay(true);
        let work = work.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| serve(work.clone(), request));
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
    work: Work,
    request: hyper::Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(std::io::Error::other)?
        .to_bytes();
    let Reply {
        mut answer,
        delivery,
        zipped,
        held: _held,
    } = work(recorded(&head, body.to_vec()));
    match delivery {
        Delivery::Whole => {}
        Delivery::Cut => return Err(std::io::Error::other("cut by the test")),
        Delivery::CutAfter(bytes) => return Ok(response(answer, false, Some(bytes))),
        Delivery::Half => answer.body.truncate(answer.body.len() / 2),
        Delivery::Never => return std::future::pending().await,
        Delivery::Late(time) => tokio::time::sleep(time).await,
    }
    Ok(response(answer, zipped, None))
}

fn recorded(head: &hyper::http::request::Parts, body: Vec<u8>) -> Request {
    Request {
        id: "",
        method: head.method.as_str().to_owned(),
        query: wire::pairs(head.uri.query().unwrap_or_default()),
        path: head.uri.path().to_owned(),
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
        vars: Vec::new(),
        in_batch: false,
        at: Instant::now(),
        status: 0,
    }
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
