//! What can go wrong with an answer, planned by a test.

use std::time::Duration;

use super::wire::{Answer, Refusal};
use super::{Request, State};

/// A fault of the provider, or of the network before it.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This answer instead; nothing changed.
    Status(u16, String, Vec<(String, String)>),
    /// A refusal in Google's shape; nothing changed.
    Refuse(Refusal),
    /// 403 `rateLimitExceeded`.
    RateLimited403,
    /// 403 `userRateLimitExceeded`.
    UserRateLimited403,
    /// 429 whose text names the instant to come back at (RFC 3339).
    TooMany429(String),
    /// 429 with a `Retry-After` header of so many seconds.
    RetryAfter(u64),
    /// 503 `backendError`; nothing changed.
    Unavailable,
    /// 401 although the token is good.
    Unauthorized,
    /// The request is done; the connection is cut before a byte of the answer.
    CutBeforeAnswer,
    /// The connection is cut before the request is looked at.
    CutBeforeWork,
    /// The request is done; the answer's body is cut after so many bytes.
    CutAfter(usize),
    /// The request is done and never answered.
    Hang,
    /// The request is done and answered later.
    Slow(Duration),
    /// The request is done; its answer is broken JSON under status 200.
    MalformedJson,
    /// A chunk of an upload is kept up to so many bytes and the connection cut.
    LoseChunkAfter(usize),
}

pub(super) struct Planned {
    pub operation: String,
    pub left: usize,
    pub fault: Fault,
}

impl Fault {
    /// The answer that stands in for the work, if this fault is one.
    pub(super) fn instead(&self, id: &str) -> Option<Answer> {
        let refusal = match self {
            Fault::Status(status, body, headers) => {
                return Some(Answer {
                    status: *status,
                    headers: headers.clone(),
                    body: body.clone().into_bytes(),
                });
            }
            Fault::Refuse(refusal) => refusal.clone(),
            Fault::RateLimited403 => Refusal::rate_limited("rateLimitExceeded"),
            Fault::UserRateLimited403 => Refusal::rate_limited("userRateLimitExceeded"),
            Fault::TooMany429(until) => {
                too_many(&format!("User-rate limit exceeded.  Retry after {until}"))
            }
            Fault::RetryAfter(seconds) => {
                return Some(
                    too_many("Resource has been exhausted (e.g. check quota).")
                        .answer(id)
                        .header("retry-after", &seconds.to_string()),
                );
            }
            Fault::Unavailable => Refusal::new(
                503,
                "UNAVAILABLE",
                "backendError",
                "The service is currently unavailable.",
            ),
            Fault::Unauthorized => Refusal::unauthenticated(),
            _ => return None,
        };
        Some(refusal.answer(id))
    }
}

fn too_many(message: &str) -> Refusal {
    Refusal {
        domain: "usageLimits",
        ..Refusal::new(429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", message)
    }
}

impl State {
    /// The fault planned for this request, if its turn has come. Parts of a batch know only other answers.
    pub(super) fn fault_for(&mut self, request: &Request) -> Option<Fault> {
        let mut due = None;
        for (at, planned) in self.faults.iter_mut().enumerate() {
            let hit = planned.operation == request.id || planned.operation == "*";
            let fits = !request.in_batch || planned.fault.instead(request.id).is_some();
            if hit && fits {
                planned.left -= 1;
                if planned.left == 0 && due.is_none() {
                    due = Some(at);
                }
            }
        }
        let fault = self.faults.remove(due?).fault;
        // Two faults due at once: the later one happens next time.
        for planned in &mut self.faults {
            planned.left = planned.left.max(1);
        }
        Some(fault)
    }
}
