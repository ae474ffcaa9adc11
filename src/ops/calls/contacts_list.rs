//! `contacts list`, as programs ask for it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::model::contact::AddressKind;
use crate::ops::App;
use crate::ops::contacts::list::{self, ContactsReport, ListRequest};

use super::{Call, Caller, Done, Scope, rows};

/// Lists contacts by name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactsListCall {
    /// Only those in this group.
    #[serde(default)]
    pub group: Option<String>,
    /// Only those that this account has, too.
    #[serde(default)]
    pub source: Option<String>,
    /// Only those with such an address.
    #[serde(default)]
    pub has: Option<AddressKind>,
    /// At most so many contacts.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: u16,
    /// The `next` of the page before.
    #[serde(default)]
    pub after: Option<String>,
    /// Of each row only these fields, like `name`; all if left out.
    #[serde(default)]
    pub fields: Vec<String>,
}

fn fifty() -> u16 {
    50
}

impl Call for ContactsListCall {
    const NAME: &'static str = "contacts_list";
    const SCHEMA: &'static str = "comms.contacts/1";
    const NEEDS: Scope = Scope::Read;
    type Report = ContactsReport;
    const ROWS: Option<&'static str> = Some("contacts");

    fn fields(&self) -> &[String] {
        &self.fields
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<ContactsReport>> {
        let request = ListRequest {
            group: self.group,
            source: self.source,
            has: self.has,
            limit: rows(self.limit)?,
            after: self.after,
        };
        Ok(list::list(app, &request)?.into())
    }
}
