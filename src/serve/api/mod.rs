//! The HTTP API: REST routes over the calls of `ops::calls`.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use crate::error::{Error, Result};
use crate::ops::calls::{Answer, Call, Caller, SearchCall};
use crate::ops::serving::{Desk, Part};

pub fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/search", get(by_query::<SearchCall>))
        .with_state(desk)
}

/// A call whose fields stand in the query of the address.
async fn by_query<C: Call>(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Query(call): Query<C>,
) -> Response {
    let Some(pool) = desk.pool(Part::Api) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    answered(pool.call(caller, call, None).await)
}

fn answered(answer: Result<Answer>) -> Response {
    match answer {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/json")], answer.json).into_response(),
        Err(error) => refused(&error),
    }
}

fn refused(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.kind.http_status());
    status
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        .into_response()
}
