//! Refusals in Google's shape.

use serde_json::json;

pub use crate::support::loopback::wire::{
    Answer, NoJson, Request, decode, find, pairs, parts, split_head,
};

/// What an operation gives.
pub type Outcome = Result<Answer, Refusal>;

/// A refusal, written as Google writes it.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub code: u16,
    pub status: &'static str,
    /// Gmail's word in `errors[0].reason`, the others' in `details[0].reason`.
    pub reason: &'static str,
    pub domain: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(
        code: u16,
        status: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Refusal {
        Refusal {
            code,
            status,
            reason,
            domain: "global",
            message: message.into(),
        }
    }

    pub fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "INVALID_ARGUMENT", "invalidArgument", message)
    }

    pub fn not_found() -> Refusal {
        Refusal::new(
            404,
            "NOT_FOUND",
            "notFound",
            "Requested entity was not found.",
        )
    }

    pub fn exists(message: impl Into<String>) -> Refusal {
        Refusal::new(409, "ALREADY_EXISTS", "alreadyExists", message)
    }

    pub fn unauthenticated() -> Refusal {
        Refusal::new(
            401,
            "UNAUTHENTICATED",
            "authError",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
             valid authentication credential.",
        )
    }

    pub fn rate_limited(reason: &'static str) -> Refusal {
        Refusal {
            domain: "usageLimits",
            ..Refusal::new(
                403,
                "PERMISSION_DENIED",
                reason,
                "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'.",
            )
        }
    }

    pub fn scope() -> Refusal {
        Refusal::new(
            403,
            "PERMISSION_DENIED",
            "insufficientPermissions",
            "Request had insufficient authentication scopes.",
        )
    }

    /// As the API of this operation words it.
    pub fn answer(&self, id: &str) -> Answer {
        let error = if id.starts_with("chat.") || id.starts_with("people.") {
            json!({
                "code": self.code,
                "message": self.message,
                "status": self.status,
                "details": [{
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": self.rpc_reason(),
                    "domain": "googleapis.com",
                    "metadata": {"method": id},
                }],
            })
        } else {
            json!({
                "code": self.code,
                "message": self.message,
                "errors": [{"message": self.message, "domain": self.domain, "reason": self.reason}],
                "status": self.status,
            })
        };
        let mut answer = Answer::json(&json!({"error": error}));
        answer.status = self.code;
        if self.code == 401 {
            let realm = r#"Bearer realm="https://accounts.google.com/", error="invalid_token""#;
            answer = answer.header("www-authenticate", realm);
        }
        answer
    }

    fn rpc_reason(&self) -> &'static str {
        match self.reason {
            "authError" => "ACCESS_TOKEN_EXPIRED",
            "insufficientPermissions" => "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "rateLimitExceeded" | "userRateLimitExceeded" => "RATE_LIMIT_EXCEEDED",
            "accessNotConfigured" => "SERVICE_DISABLED",
            other => other,
        }
    }
}

impl From<NoJson> for Refusal {
    fn from(_: NoJson) -> Refusal {
        Refusal::invalid("Invalid JSON payload received.")
    }
}
