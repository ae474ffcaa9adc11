//! A JSON document: the name of its schema, then what it holds.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Choice, Error};

/// A document with its schema in front.
#[derive(Serialize)]
pub struct Document<'a, D: Serialize> {
    pub schema: &'static str,
    #[serde(flatten)]
    pub document: &'a D,
}

/// An error as programs read it. `comms.error/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorDocument {
    /// Always `comms.error/1`.
    pub schema: String,
    pub error: ErrorBody,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorBody {
    /// One of the codes of the exit-code table.
    pub code: String,
    pub message: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
    /// The next command or edit.
    pub hint: Option<String>,
    /// Seconds until it makes sense to come back, where the provider said so.
    pub retry_after_s: Option<u64>,
    /// The outbox item it is about.
    pub item: Option<String>,
    /// Who may be meant by a name that is not certain; `--pick` counts them from 1.
    pub candidates: Vec<Choice>,
}

impl From<&Error> for ErrorDocument {
    fn from(error: &Error) -> Self {
        ErrorDocument {
            schema: "comms.error/1".to_owned(),
            error: ErrorBody {
                code: error.kind.code().to_owned(),
                message: error.message.clone(),
                causes: error.causes(),
                hint: error.hint.clone(),
                retry_after_s: error.retry_after.map(|d| d.as_secs()),
                item: error.item.as_deref().map(str::to_owned),
                candidates: error.candidates.as_deref().unwrap_or_default().to_vec(),
            },
        }
    }
}
