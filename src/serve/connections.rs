//! Connections: so many at once, so long for a head, and an end that lets calls under way finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::ops::serving;

use super::GRACE;

/// How long a head may take, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(15);
/// The same for who comes when half of the places are taken: idle callers must not keep others waiting for long.
const HURRIED: Duration = Duration::from_secs(3);
/// How long a connection may last whatever it does: nothing that is sent here takes long.
const LIFE: Duration = Duration::from_secs(10 * 60);
/// Bytes of a head.
const HEAD_BYTES: usize = 32 << 10;

/// Accepts until `stop` says so, then waits for the calls under way. Who comes when there is no place waits in the
/// system's queue.
pub async fn accept(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let most = serving::most_connections();
    let places = Arc::new(Semaphore::new(most));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let accepted = tokio::select! {
            biased;
            () = told(&mut stop) => break,
            accepted = next => accepted,
        };
        match accepted {
            (Ok(place), Ok((stream, peer))) => {
                let patience = match places.available_permits() < most / 2 {
                    true => HURRIED,
                    false => HEAD,
                };
                tokio::spawn(connection(
                    (stream, peer, patience),
                    (router.clone(), stop.clone(), place),
                ));
            }
            // No more files, or a caller that is gone already.
            (_, Err(_)) => sleep(Duration::from_millis(50)).await,
            (Err(_), _) => break,
        }
    }
    drop(listener);
    // Every connection gives its place back when it ends.
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = timeout(GRACE, places.acquire_many(all)).await;
}

async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever would say so being gone says so, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn connection(
    (stream, peer, patience): (TcpStream, SocketAddr, Duration),
    (router, mut stop, _place): (Router, watch::Receiver<bool>, OwnedSemaphorePermit),
) {
    let _ = stream.set_nodelay(true);
    let routes = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(HEAD_BYTES)
        .half_close(false);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = told(&mut stop) => {}
        () = sleep(LIFE) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}
