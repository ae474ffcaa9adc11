//! WebDAV: how its servers refuse, and the methods that comms uses of them (RFC 4918, 6352, 6578).

use crate::error::{Error, Kind};

use super::api::{Effect, Fault, Operation};
use super::http::Answer;

const fn method(id: &'static str, method: &'static str, effect: Effect) -> Operation {
    Operation {
        id,
        method,
        path: "",
        query: &[],
        body: None,
        effect,
        units: 0,
    }
}

pub const PROPFIND: &Operation = &method("dav.propfind", "PROPFIND", Effect::Read);
pub const REPORT: &Operation = &method("dav.report", "REPORT", Effect::Read);
pub const GET: &Operation = &method("dav.get", "GET", Effect::Read);
pub const PUT: &Operation = &method("dav.put", "PUT", Effect::Write);
pub const DELETE: &Operation = &method("dav.delete", "DELETE", Effect::Write);

/// Reads an answer: `None` for a success, and for one that points elsewhere, which is for the caller to follow.
pub fn reading(answer: &Answer, doing: &str) -> Option<Fault> {
    if answer.is_success() || matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut error = answer.error(doing);
    match answer.status {
        401 => {
            error = Error::auth(format!("{doing}: the server refused user name or password"))
                .hint("check both; many providers want an app password here");
        }
        // Who may log in may still not do everything.
        403 => {
            error = Error::refused(format!("{doing}: the server does not allow it"));
        }
        405 => {
            error = Error::refused(format!("{doing}: there is no address book at this address"))
                .hint("check `url` of the account");
        }
        423 => {
            error = Error::refused(format!("{doing}: someone else holds a lock on it"));
        }
        507 => error = Error::refused(format!("{doing}: the server has no room left")),
        _ => {}
    }
    Some(Fault {
        status: answer.status,
        reason: String::from_utf8_lossy(&answer.body).into_owned(),
        passes: error.kind == Kind::Unavailable,
        may_have_left: true,
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_to_do_next() {
        for (status, kind, passes) in [
            (401, Kind::Auth, false),
            (403, Kind::Refused, false),
            (404, Kind::NotFound, false),
            (410, Kind::NotFound, false),
            (412, Kind::Refused, false),
            (423, Kind::Refused, false),
            (429, Kind::Unavailable, true),
            (503, Kind::Unavailable, true),
            (507, Kind::Refused, false),
        ] {
            let fault = reading(&Answer::fixed(status, &[], ""), "reading").unwrap();
            assert_eq!((fault.error.kind, fault.passes), (kind, passes), "{status}");
        }
        assert!(reading(&Answer::fixed(207, &[], ""), "reading").is_none());
        assert!(reading(&Answer::fixed(301, &[], ""), "reading").is_none());
    }
}
