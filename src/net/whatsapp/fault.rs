//! Meta's refusals: the code in the body decides.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

use super::codes::{self, Class};
use crate::error::{Error, Kind};
use crate::format::clean;
use crate::net::api::Fault;
use crate::net::http::Answer;

#[derive(Deserialize)]
struct Body {
    error: Graph,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Graph {
    message: String,
    code: u32,
    error_subcode: Option<u32>,
    error_user_msg: Option<String>,
    error_data: Option<Data>,
    is_transient: bool,
    fbtrace_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    details: Option<String>,
}

/// Reads an answer: `None` for a success.
pub fn read(answer: &Answer, doing: &str) -> Option<Fault> {
    if answer.is_success() {
        return None;
    }
    let Ok(Body { error }) = serde_json::from_slice::<Body>(&answer.body) else {
        let error = answer.error(doing);
        return Some(Fault {
            status: answer.status,
            reason: String::new(),
            passes: error.kind == Kind::Unavailable,
            may_have_left: true,
            error,
        });
    };
    let known = codes::code(error.code);
    let class = match known {
        Some(known) => known.class,
        None if error.is_transient => Class::Later(0),
        None => class_of(answer),
    };
    let meaning = known.map_or("", |known| known.meaning);
    let mut e = Error::new(class.kind(), words(doing, meaning, &error));
    if let Some(hint) = known
        .map(|known| known.hint)
        .filter(|hint| !hint.is_empty())
    {
        e = e.hint(hint);
    }
    if let Class::Later(least) = class {
        let least = (least > 0).then(|| Duration::from_secs(least));
        let wait = [least, answer.retry_after(), regained(answer)];
        if let Some(wait) = wait.into_iter().flatten().max() {
            e = e.retry_after(wait);
        }
    }
    Some(Fault {
        // A void login may come with any status; the one that has it renewed is 401.
        status: if class == Class::Login {
            401
        } else {
            answer.status
        },
        reason: error.code.to_string(),
        passes: matches!(class, Class::Later(_) | Class::Doubt),
        may_have_left: true,
        error: e,
    })
}

fn class_of(answer: &Answer) -> Class {
    match answer.status {
        401 => Class::Login,
        403 => Class::Setup,
        429 => Class::Later(0),
        500.. => Class::Doubt,
        _ => Class::Refused,
    }
}

/// What went wrong in our words, then in Meta's, with what its support asks for.
fn words(doing: &str, meaning: &str, error: &Graph) -> String {
    let details = error
        .error_data
        .as_ref()
        .and_then(|data| data.details.as_deref());
    let said = details
        .or(error.error_user_msg.as_deref())
        .unwrap_or(&error.message);
    let said = clean::line(said.trim());
    let said: String = said.chars().take(300).collect();
    let said = said.trim_end_matches('.');
    let mut number = error.code.to_string();
    if let Some(sub) = error.error_subcode {
        number = format!("{number}/{sub}");
    }
    if let Some(trace) = &error.fbtrace_id {
        let trace: String = clean::line(trace).chars().take(40).collect();
        number = format!("{number}, trace {trace}");
    }
    match (meaning, said) {
        ("", "") => format!("{doing}: WhatsApp refused it ({number})"),
        (meaning, "") => format!("{doing}: {meaning} ({number})"),
        ("", said) => format!("{doing}: {said} ({number})"),
        (meaning, said) => format!("{doing}: {meaning}: {said} ({number})"),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    /// Minutes.
    estimated_time_to_regain_access: u64,
}

/// When the business account may ask again (Graph API, Rate limits: `X-Business-Use-Case-Usage`).
fn regained(answer: &Answer) -> Option<Duration> {
    let text = answer
        .headers
        .get("x-business-use-case-usage")?
        .to_str()
        .ok()?;
    let usage: HashMap<String, Vec<Usage>> = serde_json::from_str(text).ok()?;
    let minutes = usage
        .values()
        .flatten()
        .map(|u| u.estimated_time_to_regain_access)
        .max()?;
    let wait = Duration::from_secs(minutes.saturating_mul(60));
    (minutes > 0).then_some(wait.min(Duration::from_secs(24 * 3600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, code: u32) -> Fault {
        let body = format!(
            r#"{{"error":{{"message":"(#{code}) Words","type":"OAuthException","code":{code},"error_data":{{"messaging_product":"whatsapp","details":"More words."}},"fbtrace_id":"Az8"}}}}"#
        );
        read(&Answer::fixed(status, &[], &body), "sending").unwrap()
    }

    #[test]
    fn the_code_decides_before_the_status() {
        for (status, code, kind, passes) in [
            (400, 190, Kind::Auth, false),
            (401, 0, Kind::Auth, false),
            (403, 10, Kind::Config, false),
            (403, 294, Kind::Config, false),
            (400, 4, Kind::Unavailable, true),
            (400, 80007, Kind::Unavailable, true),
            (400, 130429, Kind::Unavailable, true),
            (400, 131056, Kind::Unavailable, true),
            (400, 131047, Kind::Refused, false),
            (400, 131042, Kind::Config, false),
            (500, 131000, Kind::Unavailable, true),
            (400, 100, Kind::Refused, false),
            (404, 132001, Kind::Refused, false),
            (400, 999_999, Kind::Refused, false),
            (500, 999_999, Kind::Unavailable, true),
        ] {
            let fault = fault(status, code);
            assert_eq!((fault.error.kind, fault.passes), (kind, passes), "{code}");
            assert_eq!(fault.reason, code.to_string());
        }
        assert_eq!(fault(400, 190).status, 401);
    }

    #[test]
    fn it_is_said_in_our_words_and_in_theirs() {
        assert_eq!(
            fault(400, 131021).error.message,
            "sending: sender and recipient are the same: More words (131021, trace Az8)"
        );
    }

    #[test]
    fn the_usage_header_says_how_long_to_wait() {
        let body = r#"{"error":{"message":"m","code":80007}}"#;
        let headers = [(
            "x-business-use-case-usage",
            r#"{"1":[{"type":"messaging","call_count":100,"estimated_time_to_regain_access":7}]}"#,
        )];
        let fault = read(&Answer::fixed(400, &headers, body), "sending").unwrap();
        assert_eq!(fault.error.retry_after, Some(Duration::from_secs(420)));
    }

    #[test]
    fn what_is_unknown_but_passes_is_waited_for() {
        let body = r#"{"error":{"message":"m","code":77,"is_transient":true}}"#;
        let fault = read(&Answer::fixed(400, &[], body), "sending").unwrap();
        assert!(fault.passes && fault.error.kind == Kind::Unavailable);
    }

    #[test]
    fn what_is_no_json_is_judged_by_its_status() {
        let fault = read(&Answer::fixed(502, &[], "<html>"), "sending").unwrap();
        assert_eq!((fault.error.kind, fault.passes), (Kind::Unavailable, true));
    }

    #[test]
    fn the_table_names_each_code_once() {
        let mut numbers: Vec<u32> = codes::CODES.iter().map(|code| code.number).collect();
        numbers.sort_unstable();
        let all = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }
}
