//! Requests by their operation, faults, gzip; what an answer says is decided elsewhere.

use std::sync::{Arc, Mutex};

use super::fault::Fault;
use super::wire::{Answer, Request};
use super::{State, batch, table, upload};
use crate::support::loopback::{Delivery, Reply};

/// What every connection works on.
#[derive(Clone)]
pub struct Shared {
    pub state: Arc<Mutex<State>>,
    pub url: String,
}

/// What becomes of a request.
pub fn serve(shared: &Shared, request: Request) -> Reply {
    let request = named(request);
    let zipped = wants_gzip(&request);
    let turn = Turn::take(shared, &request);
    let mut state = shared.state.lock().unwrap_or_else(|e| e.into_inner());
    let fault = state.fault_for(&request);
    let answer = work(&mut state, &shared.url, request, fault.as_ref());
    let delivery = match fault {
        Some(Fault::CutBeforeAnswer | Fault::CutBeforeWork | Fault::LoseChunkAfter(_)) => {
            Delivery::Cut
        }
        Some(Fault::Hang) => Delivery::Never,
        Some(Fault::Slow(time)) => Delivery::Late(time),
        Some(Fault::CutAfter(bytes)) => Delivery::CutAfter(bytes),
        Some(Fault::MalformedJson) => Delivery::Half,
        _ => Delivery::Whole,
    };
    Reply {
        answer,
        delivery,
        zipped,
        held: turn.map(|turn| Box::new(turn) as _),
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

/// The request with the id of its operation.
fn named(mut request: Request) -> Request {
    let (method, path) = (request.method.as_str(), request.path.as_str());
    let (id, vars) = match table::find(method, path) {
        _ if path == "/token" => ("token", Vec::new()),
        _ if path.starts_with("/batch") => ("batch", Vec::new()),
        _ if path.starts_with("/resumable/upload/") => {
            match method == "POST" || request.param("upload_id").is_none() {
                true => ("upload.start", Vec::new()),
                false => ("upload.chunk", Vec::new()),
            }
        }
        Some(found) => found,
        None => ("unknown", Vec::new()),
    };
    (request.id, request.vars) = (id, vars);
    request
}

/// Google compresses only for clients that say `gzip` in both headers.
fn wants_gzip(request: &Request) -> bool {
    ["accept-encoding", "user-agent"]
        .iter()
        .all(|h| request.header(h).is_some_and(|v| v.contains("gzip")))
}
