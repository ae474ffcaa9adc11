//! Google's refusals: the reason stands in the body, the status alone misleads (a rate limit may be a 403).
//!
//! Source: `google.rpc.Status` and the error pages of the Gmail and Chat APIs.

use std::time::Duration;

use serde::Deserialize;

use crate::error::{Error, Kind};
use crate::format::clean;
use crate::net::api::Fault;
use crate::net::http::Answer;

#[derive(Deserialize)]
struct Body {
    error: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    message: String,
    status: String,
    errors: Vec<Item>,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    reason: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    reason: String,
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    activation_url: String,
    service: String,
}

impl Status {
    /// The most telling name it has: that of `details`, of `errors`, then the status.
    fn reason(&self) -> &str {
        let details = self.details.iter().map(|d| d.reason.as_str());
        let errors = self.errors.iter().map(|e| e.reason.as_str());
        let names = details.chain(errors).chain([self.status.as_str()]);
        names.into_iter().find(|n| !n.is_empty()).unwrap_or("")
    }

    fn is(&self, names: &[&str]) -> bool {
        let all = self.details.iter().map(|d| d.reason.as_str());
        let mut all = all.chain(self.errors.iter().map(|e| e.reason.as_str()));
        all.any(|name| names.contains(&name))
    }

    /// Where to enable an API that is not: in the details, else in the words.
    fn console(&self) -> Option<&str> {
        let given = self
            .details
            .iter()
            .map(|d| d.metadata.activation_url.as_str());
        let words = self.message.split_whitespace();
        given
            .chain(words)
            .map(|word| word.trim_end_matches(['.', ',']))
            .find(|word| word.starts_with("https://console."))
    }

    fn service(&self) -> &str {
        let given = self.details.iter().map(|d| d.metadata.service.as_str());
        match given.into_iter().find(|s| !s.is_empty()) {
            Some("gmail.googleapis.com") => "the Gmail API",
            Some("chat.googleapis.com") => "the Google Chat API",
            Some("people.googleapis.com") => "the People API",
            _ => "this API",
        }
    }
}

/// How long "for the day" is waited before anyone asks again.
const DAY_LIMIT: Duration = Duration::from_secs(3600);

/// Reads an answer: `None` for a success.
pub fn read(answer: &Answer, doing: &str) -> Option<Fault> {
    // 308 is how a resumable upload says "go on".
    if answer.is_success() || answer.status == 308 {
        return None;
    }
    let status = serde_json::from_slice::<Body>(&answer.body);
    let status = status.map(|body| body.error).unwrap_or_default();
    let (error, passes) = judge(answer, &status, doing);
    let wait = match error.kind {
        Kind::Unavailable => error
            .retry_after
            .or_else(|| answer.retry_after())
            .or_else(|| asked_in(answer, &status.message)),
        _ => None,
    };
    Some(Fault {
        status: answer.status,
        reason: status.reason().to_owned(),
        error: match wait {
            Some(wait) => error.retry_after(wait),
            None => error,
        },
        passes,
        may_have_left: true,
    })
}

/// The error, and whether asking again soon may go better.
fn judge(answer: &Answer, status: &Status, doing: &str) -> (Error, bool) {
    let said = clean::line(status.message.trim());
    let said: String = said.chars().take(300).collect();
    let words = if said.is_empty() {
        answer.error(doing).message
    } else {
        format!(
            "{doing}: {} ({})",
            said.trim_end_matches('.'),
            answer.status
        )
    };
    let error = |kind| Error::new(kind, words.clone());
    if status.is(&["accessNotConfigured", "SERVICE_DISABLED"]) {
        let e = Error::config(format!(
            "{doing}: {} is not enabled in the Cloud project of this login",
            status.service()
        ));
        return (
            match status.console() {
                Some(url) => e.hint(format!(
                    "enable it at {} and repeat in a few minutes",
                    clean::line(url)
                )),
                None => {
                    e.hint("enable it in the Google Cloud console, then repeat in a few minutes")
                }
            },
            false,
        );
    }
    if status.is(&["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]) {
        return (
            Error::new(Kind::Auth, format!("{doing}: the login was not granted what this needs"))
                .hint("log in again and allow everything that is asked: `comms auth list`, then `comms auth login ACCOUNT --consent`"),
            false,
        );
    }
    if status.is(&["domainPolicy"]) {
        return (
            error(Kind::Refused).hint("the administrator of this domain has switched this off"),
            false,
        );
    }
    if status.is(&["dailyLimitExceeded", "quotaExceeded"]) {
        return (error(Kind::Unavailable).retry_after(DAY_LIMIT), false);
    }
    let limited = status.is(&[
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "RATE_LIMIT_EXCEEDED",
    ]);
    if limited || answer.status == 429 {
        return (error(Kind::Unavailable), true);
    }
    let kind = match answer.status {
        401 => Kind::Auth,
        403 => Kind::Refused,
        404 | 410 => Kind::NotFound,
        _ if answer.is_transient() => Kind::Unavailable,
        _ => Kind::Refused,
    };
    (error(kind), kind == Kind::Unavailable)
}

/// "Retry after 2026-11-21T12:00:30.123Z", by the server's own clock.
fn asked_in(answer: &Answer, message: &str) -> Option<Duration> {
    let rest = message.split("Retry after ").nth(1)?;
    let until = rest.split([' ', '(', ')']).next()?.trim_end_matches('.');
    let until: jiff::Timestamp = until.parse().ok()?;
    Duration::try_from(until.duration_since(answer.date()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, body: &str) -> Fault {
        let answer = Answer::fixed(status, &[("date", "Sat, 21 Nov 2026 12:00:00 GMT")], body);
        read(&answer, "reading").unwrap()
    }

    fn reasoned(status: u16, reason: &str) -> Fault {
        let body = format!(
            r#"{{"error":{{"code":{status},"message":"Words of Google.","errors":[{{"domain":"x","reason":"{reason}"}}]}}}}"#
        );
        fault(status, &body)
    }

    #[test]
    fn the_reason_decides_before_the_status() {
        for (status, reason, kind, passes) in [
            (403, "rateLimitExceeded", Kind::Unavailable, true),
            (403, "userRateLimitExceeded", Kind::Unavailable, true),
            (403, "dailyLimitExceeded", Kind::Unavailable, false),
            (403, "domainPolicy", Kind::Refused, false),
            (403, "insufficientPermissions", Kind::Auth, false),
            (403, "accessNotConfigured", Kind::Config, false),
            (403, "forbidden", Kind::Refused, false),
            (401, "authError", Kind::Auth, false),
            (404, "notFound", Kind::NotFound, false),
            (400, "failedPrecondition", Kind::Refused, false),
            (409, "alreadyExists", Kind::Refused, false),
            (429, "", Kind::Unavailable, true),
            (503, "backendError", Kind::Unavailable, true),
        ] {
            let fault = reasoned(status, reason);
            assert_eq!((fault.error.kind, fault.passes), (kind, passes), "{reason}");
        }
    }

    #[test]
    fn a_limit_that_names_its_end_is_waited_for() {
        let fault = fault(
            429,
            r#"{"error":{"code":429,"message":"User-rate limit exceeded.  Retry after 2026-11-21T12:00:30.500Z","status":"RESOURCE_EXHAUSTED"}}"#,
        );
        assert_eq!(fault.error.retry_after, Some(Duration::from_millis(30_500)));
        assert_eq!(fault.reason, "RESOURCE_EXHAUSTED");
    }

    #[test]
    fn an_api_that_is_off_comes_with_the_page_that_enables_it() {
        let url = "https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=1";
        let fault = fault(
            403,
            &format!(
                r#"{{"error":{{"code":403,"message":"Gmail API has not been used in project 1 before or it is disabled. Enable it by visiting {url} then retry.","status":"PERMISSION_DENIED","details":[{{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","metadata":{{"service":"gmail.googleapis.com"}}}}]}}}}"#
            ),
        );
        assert_eq!(fault.error.kind, Kind::Config);
        assert!(fault.error.hint.unwrap().contains(url));
    }

    #[test]
    fn what_is_no_json_is_judged_by_its_status() {
        assert_eq!(fault(502, "<html>").error.kind, Kind::Unavailable);
        assert_eq!(fault(400, "").error.kind, Kind::Refused);
        assert_eq!(fault(404, "[1]").error.kind, Kind::NotFound);
    }
}
