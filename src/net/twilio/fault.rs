//! Twilio's refusals: a code in the body says what is wrong, the status alone says little.

use std::time::Duration;

use serde_json::Value;
use tracing::info;

use crate::error::{Error, Kind};
use crate::format::clean;
use crate::net::api::Fault;
use crate::net::http::Answer;

use super::codes::{Class, code};

/// After a limit of the day, until anyone asks again.
const TOMORROW: Duration = Duration::from_secs(12 * 3600);

/// Reads an answer: `None` for a success. Its id at Twilio is told at `-v`, since support asks for it.
pub fn read(answer: &Answer, doing: &str) -> Option<Fault> {
    let header = |name| answer.headers.get(name)?.to_str().ok();
    if let Some(request) = header("twilio-request-id") {
        let concurrent = header("twilio-concurrent-requests").unwrap_or("?");
        info!(twilio_request = %clean::line(request), under_way = %clean::line(concurrent));
    }
    // A medium's bytes are on another host: the answer says where.
    if answer.is_success() || matches!(answer.status, 302 | 303 | 307) {
        return None;
    }
    let (number, said) = body(&answer.body);
    let known = number.and_then(code);
    let words = match (known, said.as_str()) {
        (Some(known), _) => format!("{doing}: {} (Twilio {})", known.words, known.code),
        (None, "") => answer.error(doing).message,
        (None, said) => match number {
            Some(number) => format!("{doing}: {said} (Twilio {number})"),
            None => format!("{doing}: {said} ({})", answer.status),
        },
    };
    let kind = kind(answer, known.map(|known| known.class));
    let mut error = Error::new(kind, words);
    if let Some(known) = known {
        if !known.hint.is_empty() {
            error = error.hint(known.hint);
        }
        if !said.is_empty() {
            error = error.because(said);
        }
    }
    if kind == Kind::Unavailable {
        let tomorrow = known.is_some_and(|known| known.class == Class::RetryTomorrow);
        let wait = answer.retry_after().or(tomorrow.then_some(TOMORROW));
        if let Some(wait) = wait {
            error = error.retry_after(wait);
        }
    }
    Some(Fault {
        status: answer.status,
        reason: number.map(|n| n.to_string()).unwrap_or_default(),
        passes: kind == Kind::Unavailable,
        may_have_left: true,
        error,
    })
}

/// Whether a refusal leaves open what became of the request.
pub fn is_ambiguous(fault: &Fault) -> bool {
    fault.status >= 500
        || fault
            .reason
            .parse()
            .ok()
            .and_then(code)
            .is_some_and(|known| known.class == Class::Ambiguous)
}

fn kind(answer: &Answer, class: Option<Class>) -> Kind {
    match class {
        Some(Class::Auth) => Kind::Auth,
        Some(Class::Config | Class::Webhook) => Kind::Config,
        Some(Class::NotFound) => Kind::NotFound,
        Some(Class::Retry | Class::RetryTomorrow | Class::Ambiguous) => Kind::Unavailable,
        Some(_) => Kind::Refused,
        None => match answer.status {
            401 => Kind::Auth,
            404 | 410 => Kind::NotFound,
            _ if answer.is_transient() => Kind::Unavailable,
            _ => Kind::Refused,
        },
    }
}

/// Code and words of an error. The body may be an object, an array of them, something else, or nothing.
fn body(bytes: &[u8]) -> (Option<u32>, String) {
    let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let error = match &value {
        Value::Array(all) => all.first().cloned().unwrap_or_default(),
        other => other.clone(),
    };
    let number = match error.get("code") {
        Some(Value::Number(n)) => n.as_u64().and_then(|n| u32::try_from(n).ok()),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let said = ["message", "detail"]
        .iter()
        .find_map(|key| error.get(key)?.as_str());
    let said = clean::line(said.unwrap_or_default().trim());
    let said: String = said.chars().take(300).collect();
    (number, said.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, body: &str) -> Fault {
        read(&Answer::fixed(status, &[], body), "sending").unwrap()
    }

    fn coded(status: u16, number: u32) -> Fault {
        let body = format!(
            r#"{{"code":{number},"message":"Words of Twilio.","more_info":"https://www.twilio.com/docs/errors/{number}","status":{status}}}"#
        );
        fault(status, &body)
    }

    #[test]
    fn the_code_decides_before_the_status() {
        for (status, number, kind, passes) in [
            (401, 20003, Kind::Auth, false),
            (403, 20003, Kind::Auth, false),
            (404, 20404, Kind::NotFound, false),
            (429, 20429, Kind::Unavailable, true),
            (400, 21211, Kind::Refused, false),
            (400, 21408, Kind::Config, false),
            (400, 21610, Kind::Refused, false),
            (400, 21611, Kind::Unavailable, true),
            (400, 21617, Kind::Refused, false),
            (500, 20500, Kind::Unavailable, true),
            (503, 20503, Kind::Unavailable, true),
            (400, 99999, Kind::Refused, false),
        ] {
            let fault = coded(status, number);
            assert_eq!((fault.error.kind, fault.passes), (kind, passes), "{number}");
            assert_eq!(fault.reason, number.to_string());
            assert!(fault.error.message.contains(&number.to_string()));
        }
    }

    #[test]
    fn what_is_no_object_is_read_as_far_as_it_goes() {
        let array = fault(400, r#"[{"code":"21211","message":"x"},{"code":1}]"#);
        assert_eq!(array.reason, "21211");
        for body in ["", "[]", "null", "<html>", r#"{"code":{}}"#] {
            assert_eq!(fault(502, body).error.kind, Kind::Unavailable, "{body}");
            assert_eq!(fault(401, body).error.kind, Kind::Auth, "{body}");
            assert_eq!(fault(400, body).error.kind, Kind::Refused, "{body}");
            assert!(!fault(400, body).error.message.is_empty());
        }
    }

    #[test]
    fn what_may_have_been_done_is_told_from_what_was_refused() {
        for (status, number, ambiguous) in [
            (400, 21211, false),
            (429, 20429, false),
            (400, 21619, true),
            (500, 20500, true),
            (503, 0, true),
        ] {
            assert_eq!(is_ambiguous(&coded(status, number)), ambiguous, "{number}");
        }
    }

    #[test]
    fn a_limit_of_the_day_is_not_asked_again_at_once() {
        assert_eq!(coded(400, 63038).error.retry_after, Some(TOMORROW));
        let answer = Answer::fixed(429, &[("retry-after", "3")], r#"{"code":20429}"#);
        let fault = read(&answer, "sending").unwrap();
        assert_eq!(fault.error.retry_after, Some(Duration::from_secs(3)));
    }
}
