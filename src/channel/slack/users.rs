//! People and bots of a workspace.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::error::Result;
use crate::net::slack::operations as op;

use super::{Client, PAGE, call, rows};

/// Someone in the workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// `U…` or `W…`.
    pub id: String,
    /// The name without spaces.
    pub handle: String,
    /// As the person wants to be called; empty if they don't say.
    pub display_name: String,
    pub real_name: String,
    /// Needs scope `users:read.email`.
    pub email: Option<String>,
    /// As they wrote it into their profile.
    pub phone: Option<String>,
    pub title: Option<String>,
    /// IANA name.
    pub zone: Option<String>,
    pub deleted: bool,
    pub bot: bool,
}

impl User {
    /// What others see.
    pub fn label(&self) -> &str {
        let names = [&self.display_name, &self.real_name, &self.handle];
        let name = names.into_iter().find(|n| !n.trim().is_empty());
        name.map_or(self.id.as_str(), String::as_str)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    id: String,
    name: String,
    real_name: Option<String>,
    deleted: bool,
    is_bot: bool,
    tz: Option<String>,
    profile: Profile,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    display_name: Option<String>,
    real_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    title: Option<String>,
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<User, D::Error> {
        let raw = Raw::deserialize(from)?;
        Ok(User {
            // Slack's own bot does not say that it is one.
            bot: raw.is_bot || raw.id == "USLACKBOT",
            id: raw.id,
            handle: raw.name,
            display_name: raw.profile.display_name.unwrap_or_default(),
            real_name: raw.profile.real_name.or(raw.real_name).unwrap_or_default(),
            email: raw.profile.email.filter(|e| !e.is_empty()),
            phone: raw.profile.phone.filter(|p| !p.trim().is_empty()),
            title: raw.profile.title.filter(|t| !t.trim().is_empty()),
            zone: raw.tz.filter(|tz| !tz.is_empty()),
            deleted: raw.deleted,
        })
    }
}

impl Client {
    /// Everyone in the workspace, those who left too.
    pub async fn users(&self) -> Result<Vec<User>> {
        let page = || call(&op::USERS_LIST).query("limit", PAGE.to_string());
        let found = self.all(page, ("members", "listing the people")).await?;
        let mut users: Vec<User> = rows(found);
        users.retain(|user| !user.id.is_empty());
        Ok(users)
    }

    /// Someone by `U…`; none if there is nobody.
    pub async fn user(&self, id: &str) -> Result<Option<User>> {
        let call = call(&op::USERS_INFO).query("user", id);
        self.one(&call).await
    }

    /// Someone by mail address; none if nobody has it.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        let call = call(&op::USERS_LOOKUP).query("email", email);
        self.one(&call).await
    }

    async fn one(&self, call: &crate::net::api::Call) -> Result<Option<User>> {
        match self.api.json::<Value>(call, "looking up a person").await {
            Ok(mut answer) => {
                let user = answer.get_mut("user").map(Value::take).unwrap_or_default();
                Ok(serde_json::from_value(user)
                    .ok()
                    .filter(|u: &User| !u.id.is_empty()))
            }
            Err(fault) if fault.status == 404 => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }
}
