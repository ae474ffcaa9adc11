//! Reactions to a message.

use crate::error::Result;
use crate::net::slack::operations::{self as op, Method};

use super::{Client, call};

impl Client {
    /// Reacts to a message with the emoji of this name, without colons. Having done so already is success.
    pub async fn react(&self, (channel, ts): (&str, &str), name: &str) -> Result<()> {
        let place = (channel, ts);
        let done = self.reaction(&op::REACTIONS_ADD, place, (name, "already_reacted"));
        done.await
    }

    /// Takes a reaction back. One that is not there is taken back.
    pub async fn unreact(&self, (channel, ts): (&str, &str), name: &str) -> Result<()> {
        let place = (channel, ts);
        let done = self.reaction(&op::REACTIONS_REMOVE, place, (name, "no_reaction"));
        done.await
    }

    async fn reaction(
        &self,
        method: &'static Method,
        (channel, ts): (&str, &str),
        (name, done): (&str, &str),
    ) -> Result<()> {
        let call = call(method).form([("channel", channel), ("timestamp", ts), ("name", name)]);
        match self.api.ask(&call, "reacting to a message").await {
            Ok(_) => Ok(()),
            Err(fault) if fault.reason == done => Ok(()),
            Err(fault) if fault.reason == "invalid_name" => Err(crate::error::Error::usage(
                format!("Slack knows no emoji `:{name}:`"),
            )
            .hint("write the emoji itself, or its name in Slack, as in `:tada:`")),
            Err(fault) => Err(fault.into()),
        }
    }
}
