//! Bodies of requests: so long, so large, and so much of them at once.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of it that have to come in each second after that.
const PACE: usize = 256 << 10;
/// KiB of bodies that may be under way at once.
pub const UNDER_WAY: usize = 64 << 10;

/// Why a body was not read to its end.
pub enum Fault {
    TooLarge,
    TooMuchAtOnce,
    TooSlow,
    Cut,
}

impl Fault {
    pub fn reason(&self) -> &'static str {
        match self {
            Fault::TooLarge => "too_large",
            Fault::TooMuchAtOnce => "too_much_at_once",
            Fault::TooSlow => "too_slow",
            Fault::Cut => "cut",
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Fault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::TooMuchAtOnce => StatusCode::SERVICE_UNAVAILABLE,
            Fault::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Fault::Cut => StatusCode::BAD_REQUEST,
        }
    }
}

/// Reads a body up to its limit; what is said to be larger is not read at all.
pub async fn read<'a>(
    body: Body,
    (limit, headers): (usize, &HeaderMap),
    bodies: &'a Semaphore,
) -> Result<(Bytes, Vec<SemaphorePermit<'a>>), Fault> {
    let said = headers.get(header::CONTENT_LENGTH);
    let said = said.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > limit as u64) {
        return Err(Fault::TooLarge);
    }
    let expected = said.map_or(limit, |said| usize::try_from(said).unwrap_or(limit));
    let patience = PATIENCE + Duration::from_secs((expected / PACE) as u64);
    match timeout(patience, whole(body, limit, bodies)).await {
        Ok(read) => read,
        Err(_) => Err(Fault::TooSlow),
    }
}

async fn whole(
    mut body: Body,
    limit: usize,
    bodies: &Semaphore,
) -> Result<(Bytes, Vec<SemaphorePermit<'_>>), Fault> {
    let mut held = Vec::new();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Fault::Cut)?.into_data() else {
            continue;
        };
        if whole.len() + data.len() > limit {
            return Err(Fault::TooLarge);
        }
        let kib = u32::try_from(data.len() / 1024 + 1).unwrap_or(u32::MAX);
        held.push(
            bodies
                .try_acquire_many(kib)
                .map_err(|_| Fault::TooMuchAtOnce)?,
        );
        whole.extend_from_slice(&data);
    }
    Ok((whole.into(), held))
}
