//! Uploads: one body, two in one (`multipart/related`), or pieces that survive a cut connection.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::wire::{Answer, Outcome, Refusal, parts};
use super::{Request, State, table};

/// Pieces of an upload but the last are multiples of this.
const PIECE: usize = 256 * 1024;

/// Uploads that were begun.
#[derive(Default)]
pub struct Uploads {
    given: u32,
    open: BTreeMap<String, Upload>,
}

struct Upload {
    request: Request,
    total: Option<usize>,
    bytes: Vec<u8>,
    answer: Option<Answer>,
}

/// `/upload/…?uploadType=media|multipart`.
pub fn simple(state: &mut State, request: Request) -> Answer {
    match unpacked(&request) {
        Ok(request) => state.answer(request),
        Err(refusal) => refusal.answer(request.id),
    }
}

/// Makes of an upload the request with JSON that means the same, its bytes beside it.
fn unpacked(request: &Request) -> Result<Request, Refusal> {
    let kind = request.header("content-type").unwrap_or_default();
    let (meta, bytes) = match request.param("uploadType") {
        Some("media") => (json!({}), request.body.clone()),
        Some("multipart") => {
            let found = parts(kind, &request.body)
                .filter(|p| p.len() == 2 && kind.starts_with("multipart/related"))
                .ok_or_else(|| Refusal::invalid("Missing end boundary in multipart body."))?;
            let mut found = found.into_iter();
            let (meta, media) = found.next().zip(found.next()).expect("two parts");
            let meta = serde_json::from_slice(&meta.body)
                .map_err(|_| Refusal::invalid("Invalid JSON payload received."))?;
            (meta, media.body)
        }
        _ => return Err(Refusal::invalid("Unsupported upload type.")),
    };
    Ok(with_media(request.clone(), meta, &bytes))
}

/// The metadata with the uploaded bytes in the place where JSON would have had them.
fn with_media(mut request: Request, mut meta: Value, bytes: &[u8]) -> Request {
    let id = request.id;
    if id == "chat.media.upload" {
        meta["media"] = json!(super::gmail::base64url(bytes));
    } else if id.starts_with("gmail.users.drafts.") {
        meta["message"]["raw"] = json!(super::gmail::base64url(bytes));
    } else {
        meta["raw"] = json!(super::gmail::base64url(bytes));
    }
    request.body = serde_json::to_vec(&meta).expect("a value is JSON");
    request
        .query
        .retain(|(k, _)| k != "uploadType" && k != "upload_id");
    request
}

/// `/resumable/upload/…`: the start, a piece, or the question how far it came.
///
/// `keep` cuts a piece short, as a connection that dies does.
pub fn resumable(
    state: &mut State,
    url: &str,
    mut request: Request,
    keep: Option<usize>,
) -> Answer {
    let outcome = match request.id {
        "upload.start" => start(state, url, &request),
        _ => piece(state, &request, keep),
    };
    let answer = outcome.unwrap_or_else(|refusal| refusal.answer(request.id));
    request.status = answer.status;
    state.requests.push(request);
    answer
}

fn start(state: &mut State, url: &str, request: &Request) -> Outcome {
    if request.param("uploadType") != Some("resumable") {
        return Err(Refusal::invalid("Unsupported upload type."));
    }
    let (id, vars) = table::find(&request.method, &request.path).ok_or_else(Refusal::not_found)?;
    let mut begun = request.clone();
    begun.id = id;
    begun.vars = vars;
    state.admit(&begun)?;
    let total = request
        .header("x-upload-content-length")
        .and_then(|l| l.parse().ok());
    state.uploads.given += 1;
    let session = format!("session-{}", state.uploads.given);
    let location = format!(
        "{url}{}?uploadType=resumable&upload_id={session}",
        request.path
    );
    let upload = Upload {
        request: begun,
        total,
        bytes: Vec::new(),
        answer: None,
    };
    state.uploads.open.insert(session, upload);
    Ok(Answer::empty(200).header("location", &location))
}

fn piece(state: &mut State, request: &Request, keep: Option<usize>) -> Outcome {
    let session = request.param("upload_id").unwrap_or_default().to_owned();
    let mut upload = state
        .uploads
        .open
        .remove(&session)
        .ok_or_else(Refusal::not_found)?;
    let outcome = extended(state, &mut upload, request, keep);
    state.uploads.open.insert(session, upload);
    outcome
}

fn extended(
    state: &mut State,
    upload: &mut Upload,
    request: &Request,
    keep: Option<usize>,
) -> Outcome {
    if let Some(answer) = &upload.answer {
        return Ok(answer.clone());
    }
    let range = request.header("content-range").unwrap_or_default();
    let range = range.strip_prefix("bytes ").unwrap_or_default();
    let (span, total) = match range.split_once('/') {
        Some((span, total)) => (span, total.parse().ok()),
        // Everything in one piece needs no range.
        None => ("", Some(request.body.len())),
    };
    upload.total = total.or(upload.total);
    if span != "*" {
        let from = span
            .split('-')
            .next()
            .and_then(|f| f.parse().ok())
            .unwrap_or(0);
        if from != upload.bytes.len() {
            return Err(Refusal::invalid("Invalid upload offset."));
        }
        let end = from + request.body.len();
        let last = upload.total == Some(end);
        if !last && !request.body.len().is_multiple_of(PIECE) {
            state.violation("a piece of an upload is no multiple of 256 KiB");
        }
        let kept = keep.map_or(request.body.len(), |k| {
            k.min(request.body.len()) / PIECE * PIECE
        });
        upload.bytes.extend(&request.body[..kept]);
    }
    if upload.total == Some(upload.bytes.len()) {
        let meta = upload.request.json()?;
        let answer = state.answer(with_media(upload.request.clone(), meta, &upload.bytes));
        upload.answer = Some(answer.clone());
        return Ok(answer);
    }
    let answer = Answer::empty(308);
    Ok(match upload.bytes.len() {
        0 => answer,
        had => answer.header("range", &format!("bytes=0-{}", had - 1)),
    })
}
