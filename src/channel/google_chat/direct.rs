//! Direct messages: the room between this user and one other.

use serde_json::json;

use crate::error::{Error, Result};
use crate::net::api::Call;
use crate::net::google::operations::chat as op;

use super::{Client, Space, fault};

impl Client {
    /// The direct messages with this user (`users/123` or `users/ada@example.com`), if there are any yet.
    pub async fn direct_message(&self, user: &str) -> Result<Option<Space>> {
        let call = Call::new(op::FIND_DIRECT_MESSAGE).query("name", user);
        match self.api.json::<Space>(&call, FINDING).await {
            Ok(space) => Ok(Some(space)),
            Err(fault) if fault.status == 404 && !fault::lacks_app(&fault) => Ok(None),
            Err(fault) if fault.status == 400 => Err(nobody(user).because(fault.error)),
            Err(fault) => Err(fault::judge(fault, None)),
        }
    }

    /// The direct messages with this user, begun now if there are none; the same `request` never begins two.
    pub async fn begin_direct_message(&self, user: &str, request: &str) -> Result<Space> {
        let body = json!({
            "space": {"spaceType": "DIRECT_MESSAGE", "singleUserBotDm": false},
            "requestId": request,
            "memberships": [{"member": {"name": user, "type": "HUMAN"}}],
        });
        let call = Call::new(op::SPACES_SETUP).json(&body);
        match self.api.json::<Space>(&call, BEGINNING).await {
            Ok(space) => Ok(space),
            Err(fault) if matches!(fault.status, 400 | 404) && !fault::lacks_app(&fault) => {
                Err(nobody(user).because(fault.error))
            }
            Err(fault) => Err(fault::judge(fault, None)),
        }
    }
}

const FINDING: &str = "looking for the direct messages";
const BEGINNING: &str = "beginning direct messages";

fn nobody(user: &str) -> Error {
    let user = user.strip_prefix("users/").unwrap_or(user);
    Error::not_found(format!("`{user}` can't be reached in Google Chat"))
        .hint("give the address of a Google account that has Chat, or the space itself")
}
