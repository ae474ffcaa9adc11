//! What can go wrong with an answer, planned by a test.

use super::State;

/// A fault of the provider, or of the network before it.
#[derive(Clone, Debug)]
pub enum Fault {
    /// `"ok": false` with this word; nothing changed.
    Error(&'static str),
    /// 429 with `Retry-After` of so many seconds; nothing changed.
    RateLimited(u64),
    /// This status and body; nothing changed.
    Status(u16, String),
    /// The request is done; the connection is cut before a byte of the answer.
    CutBeforeAnswer,
    /// The connection is cut before the request is looked at.
    CutBeforeWork,
    /// The request is done; its answer is half of one.
    Half,
    /// The request is done and never answered.
    Hang,
}

pub struct Planned {
    pub method: String,
    pub left: usize,
    pub fault: Fault,
}

impl State {
    /// The fault planned for this request, if its turn has come.
    pub fn fault_for(&mut self, method: &str) -> Option<Fault> {
        let mut due = None;
        for (at, planned) in self.faults.iter_mut().enumerate() {
            if planned.method == method || planned.method == "*" {
                planned.left -= 1;
                if planned.left == 0 && due.is_none() {
                    due = Some(at);
                }
            }
        }
        let fault = self.faults.remove(due?).fault;
        for planned in &mut self.faults {
            planned.left = planned.left.max(1);
        }
        Some(fault)
    }
}
