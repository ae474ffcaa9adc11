//! Spaces and who is in them.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::error::Result;
use crate::net::api::Call;
use crate::net::google::operations::chat as op;

use super::{Client, LIMITS, PAGE, fault};

/// What kind of room it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum SpaceKind {
    #[serde(rename = "SPACE")]
    Space,
    /// Without a name, between several people.
    #[serde(rename = "GROUP_CHAT")]
    Group,
    /// Between two people, or a person and an app.
    #[serde(rename = "DIRECT_MESSAGE")]
    Direct,
    #[default]
    #[serde(other)]
    Other,
}

/// A room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Space {
    /// `spaces/AAA`.
    pub name: String,
    /// Empty for direct messages and group chats.
    pub display_name: String,
    pub space_type: SpaceKind,
    /// RFC 3339; when the last message came.
    pub last_active_time: Option<String>,
    pub create_time: Option<String>,
}

impl Space {
    /// What `format::chat` keeps beside a message.
    pub fn about(&self) -> Value {
        json!({"name": self.name, "displayName": self.display_name})
    }
}

/// Someone in a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// `users/123`.
    pub name: String,
    /// Empty if the login may not know it.
    pub display_name: String,
    pub email: Option<String>,
    /// A Chat app.
    pub bot: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct User {
    name: String,
    display_name: String,
    email: Option<String>,
    r#type: String,
}

#[derive(Deserialize)]
struct Membership {
    member: User,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Member, D::Error> {
        let user = Membership::deserialize(from)?.member;
        Ok(Member {
            name: user.name,
            display_name: user.display_name,
            email: user.email,
            bot: user.r#type == "BOT",
        })
    }
}

impl Client {
    /// All spaces this user is in. Direct messages are among them from their first message on.
    pub async fn spaces(&self) -> Result<Vec<Space>> {
        let call = || {
            Call::new(op::SPACES_LIST)
                .query("pageSize", PAGE.to_string())
                .limits(LIMITS)
        };
        let mut spaces: Vec<Space> = self
            .all(call, ("spaces", "listing the spaces"), None)
            .await?;
        spaces.retain(|space| !space.name.is_empty());
        Ok(spaces)
    }

    pub async fn space(&self, name: &str) -> Result<Space> {
        let call = Call::new(op::SPACES_GET).at("name", name);
        let space = self
            .ask(&call, ("looking up the space", Some(name)))
            .await?;
        Ok(serde_json::from_value(space).unwrap_or_default())
    }

    /// Who is in a space; groups and those who were only invited are not named.
    pub async fn members(&self, space: &str) -> Result<Vec<Member>> {
        let call = || {
            Call::new(op::MEMBERS_LIST)
                .at("parent", space)
                .query("pageSize", PAGE.to_string())
                .limits(LIMITS)
        };
        let doing = "listing the members of the space";
        self.all(call, ("memberships", doing), Some(space)).await
    }

    /// A member by the address of their account; none if nobody in the space has it.
    pub async fn member(&self, space: &str, address: &str) -> Result<Option<Member>> {
        let call = Call::new(op::MEMBERS_GET).at("name", format!("{space}/members/{address}"));
        match self.api.json::<Member>(&call, "looking up a member").await {
            Ok(member) => Ok(Some(member)),
            Err(fault) if fault.status == 404 => Ok(None),
            Err(fault) => Err(fault::judge(fault, Some(space))),
        }
    }
}
