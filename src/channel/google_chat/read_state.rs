//! Up to when this user has read a space.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::Result;
use crate::net::api::Call;
use crate::net::google::operations::chat as op;

use super::Client;
use super::messages::stamp;

impl Client {
    /// When this user last read the space; none if never.
    pub async fn read_until(&self, space: &str) -> Result<Option<Timestamp>> {
        let call = Call::new(op::READ_STATE).at("name", resource(space));
        let state = self
            .ask(&call, ("reading what was read", Some(space)))
            .await?;
        let time = state.get("lastReadTime").and_then(Value::as_str);
        Ok(time.and_then(|t| t.parse().ok()))
    }

    /// Says that the space is read up to then; an earlier time makes later messages unread again.
    pub async fn mark_read(&self, space: &str, until: Timestamp) -> Result<()> {
        let name = resource(space);
        let call = Call::new(op::READ_STATE_PATCH)
            .at("name", name.clone())
            .query("updateMask", "last_read_time")
            .json(&json!({"name": name, "lastReadTime": stamp(until)}));
        self.ask(&call, ("saying what was read", Some(space)))
            .await?;
        Ok(())
    }
}

fn resource(space: &str) -> String {
    format!("users/me/{space}/spaceReadState")
}
