//! What Chat's refusals mean: a project without a Chat app, a space one is not in, a thread that is gone.

use crate::error::{Error, Kind};
use crate::net::api::Fault;

/// Where a Cloud project gets its Chat app.
const CONFIGURE: &str =
    "https://console.cloud.google.com/apis/api/chat.googleapis.com/hangouts-chat";

const CLOSED: &str = "you are not in the space";

/// Whether the space itself is closed to this login: deleted, or one was removed from it.
pub fn is_closed(error: &Error) -> bool {
    error.kind == Kind::NotFound || error.message.starts_with(CLOSED)
}

/// The error in words that lead on; `space` is the place that was asked for.
pub fn judge(fault: Fault, space: Option<&str>) -> Error {
    if lacks_app(&fault) {
        return Error::config("the Cloud project of this login has no Google Chat app, and without one nothing can be sent")
            .hint(format!("give it a name, an avatar and a description at {CONFIGURE} (interactive features may be off), then repeat"));
    }
    let Some(space) = space else {
        return fault.error;
    };
    match fault.status {
        404 => Error::not_found(format!("there is no space `{space}`, or you are not in it"))
            .because(fault.error),
        403 if fault.error.kind == Kind::Refused => Error::refused(format!(
            "you are not in the space `{space}`, or may not do this there"
        ))
        .because(fault.error),
        _ => fault.error,
    }
}

/// Chat answers 404 both for this and for a space that one is not in; only the words differ.
pub fn lacks_app(fault: &Fault) -> bool {
    let said = fault.error.message.to_ascii_lowercase();
    fault.status == 404 && said.contains("chat app not found")
}
