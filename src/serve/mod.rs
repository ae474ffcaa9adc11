//! The HTTP door of `comms serve`: webhooks of providers, the API of programs, `/healthz`, `/metrics`.
//!
//! Calls come from strangers: heads and bodies have deadlines, bodies and connections have limits, and what is refused is
//! told nothing.

mod access_log;
pub mod api;
mod body;
mod connections;
mod exposition;
mod guard;
mod metadata;
mod refusal;
mod routes;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::error::{Context, Error, Kind, Result};
use crate::ops::serving::Desk;

/// How long calls that were begun may take once it is to end.
const GRACE: Duration = Duration::from_secs(10);

/// Routes of another door, which end when they are told so.
pub type Mount = fn(Arc<Desk>, watch::Receiver<bool>) -> Router;

/// Answers calls until `stop` says so, then ends what was begun.
pub fn run(desk: Arc<Desk>, stop: watch::Receiver<bool>, mcp: Mount) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("http")
        .enable_all()
        .build()
        .context(Kind::Internal, "starting the runtime")?;
    let served = runtime.block_on(serve(desk, stop, mcp));
    runtime.shutdown_timeout(Duration::from_millis(100));
    served
}

async fn serve(desk: Arc<Desk>, stop: watch::Receiver<bool>, mcp: Mount) -> Result<()> {
    let listener = bind(desk.listen).await?;
    let at = listener.local_addr().unwrap_or(desk.listen);
    desk.listens(at);
    let mcp = mcp(Arc::clone(&desk), stop.clone());
    let routes = routes::router(desk, (mcp, stop.clone()));
    connections::accept(listener, routes, stop).await;
    Ok(())
}

async fn bind(at: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(at).await.map_err(|e| {
        let hint = match e.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there, maybe another `comms serve`: end it, or give another port with --listen",
            std::io::ErrorKind::PermissionDenied => "ports below 1024 are the system's: let a reverse proxy listen there, and give another port with --listen",
            std::io::ErrorKind::AddrNotAvailable => "no interface of this machine has that address: give another with --listen",
            _ => "give another address with --listen",
        };
        Error::new(Kind::Unavailable, format!("can't listen on {at}")).hint(hint).because(e)
    })
}
