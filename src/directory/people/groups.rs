//! Groups of contacts, and who is in them.

use serde::Deserialize;
use serde_json::json;

use crate::error::{Kind, Result};
use crate::net::google::operations::people as op;
use crate::net::pages::Trail;

use super::{Client, call};

/// How many groups Google gives at once.
const PER_PAGE: &str = "1000";
/// How many contacts one request may put in and take out.
const AT_ONCE: usize = 1000;
const READING: &str = "reading the contact groups";

/// A group of contacts. Its name at Google stays, the one for people may change.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Group {
    /// `contactGroups/12`, `contactGroups/starred`.
    pub resource_name: String,
    pub etag: String,
    pub name: String,
    /// The name in the user's language, where it is one of Google's own.
    pub formatted_name: String,
    /// `USER_CONTACT_GROUP` or `SYSTEM_CONTACT_GROUP`.
    pub group_type: String,
    pub member_count: u32,
}

/// Whom a change of members passed over.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Members {
    /// There are no such contacts.
    #[serde(rename = "notFoundResourceNames")]
    pub not_found: Vec<String>,
    /// It is their only group, and a contact is always in one.
    #[serde(rename = "canNotRemoveLastContactGroupResourceNames")]
    pub only_group: Vec<String>,
}

impl Client {
    /// All groups, Google's own and the user's.
    pub async fn groups(&self) -> Result<Vec<Group>> {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Page {
            contact_groups: Vec<Group>,
            next_page_token: Option<String>,
        }
        let mut groups = Vec::new();
        let mut page = None::<String>;
        let mut trail = Trail::default();
        loop {
            let call = call(op::GROUPS_LIST)
                .query("pageSize", PER_PAGE)
                .maybe("pageToken", page.as_deref());
            let (answer, bytes) = self.api.sized::<Page>(&call, READING).await?;
            let brought = answer.contact_groups.len();
            trail.hold(brought, bytes, READING)?;
            groups.extend(answer.contact_groups);
            page = answer.next_page_token.filter(|token| !token.is_empty());
            match &page {
                Some(next) => trail.step(next, brought, READING)?,
                None => return Ok(groups),
            }
        }
    }

    /// Makes a group; one of this name that is already there is as good.
    pub async fn create_group(&self, name: &str) -> Result<Group> {
        let body = json!({ "contactGroup": { "name": name } });
        let call = call(op::GROUPS_CREATE).json(&body);
        let fault = match self.change(&call, "making a contact group").await {
            Ok(answer) => return answer.json(),
            Err(fault) => fault,
        };
        // An answer that was lost may have made it, too.
        if fault.may_have_left && (fault.status == 0 || fault.status == 409 || fault.status >= 500)
        {
            let groups = self.groups().await?;
            let same = |group: &Group| group.name == name;
            if let Some(group) = groups.into_iter().find(same) {
                return Ok(group);
            }
        }
        Err(fault.error)
    }

    /// Renames a group.
    pub async fn rename_group(&self, group: &Group, name: &str) -> Result<Group> {
        let body = json!({
            "contactGroup": { "resourceName": group.resource_name, "etag": group.etag, "name": name },
        });
        let call = call(op::GROUPS_UPDATE)
            .at("resourceName", &group.resource_name)
            .json(&body);
        self.change(&call, "renaming a contact group").await?.json()
    }

    /// Deletes a group, not the contacts in it. One that is gone is as good.
    pub async fn delete_group(&self, name: &str) -> Result<()> {
        let call = call(op::GROUPS_DELETE).at("resourceName", name);
        match self.repeat(&call, "deleting a contact group").await {
            Ok(_) => Ok(()),
            Err(fault) if fault.error.kind == Kind::NotFound => Ok(()),
            Err(fault) => Err(fault.error),
        }
    }

    /// Puts contacts into a group and takes others out; whom that passed over. It may be repeated after an error.
    pub async fn change_members(
        &self,
        group: &str,
        add: &[&str],
        remove: &[&str],
    ) -> Result<Members> {
        let mut passed = Members::default();
        let puts = add.chunks(AT_ONCE).map(|some| ("resourceNamesToAdd", some));
        let takes = remove
            .chunks(AT_ONCE)
            .map(|some| ("resourceNamesToRemove", some));
        for (what, some) in puts.chain(takes) {
            let call = call(op::GROUPS_MEMBERS)
                .at("resourceName", group)
                .json(&json!({ what: some }));
            let answer = self.repeat(&call, "changing a contact group").await?;
            let more: Members = answer.json()?;
            passed.not_found.extend(more.not_found);
            passed.only_group.extend(more.only_group);
        }
        Ok(passed)
    }
}
