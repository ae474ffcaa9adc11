//! Reading people by their names at Google.

use serde::Deserialize;

use crate::error::{Error, Kind, Result};
use crate::net::google::operations::people as op;

use super::many::Status;
use super::{Client, FIELDS, Person, call};

/// How many people one request may name.
const AT_ONCE: usize = 200;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Response {
    requested_resource_name: String,
    person: Option<Person>,
    status: Status,
}

impl Client {
    /// One person; `None` if there is no such.
    pub async fn get(&self, name: &str) -> Result<Option<Person>> {
        let call = call(op::GET)
            .at("resourceName", name)
            .query("personFields", FIELDS);
        match self.api.json(&call, "reading a contact").await {
            Ok(person) => Ok(Some(person)),
            Err(fault) if fault.error.kind == Kind::NotFound => Ok(None),
            Err(fault) => Err(fault.error),
        }
    }

    /// Many people, an outcome for each in the order asked for; `None` where there is no such.
    pub async fn get_many(&self, names: &[&str]) -> Result<Vec<Result<Option<Person>>>> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            responses: Vec<Response>,
        }
        let mut found = Vec::with_capacity(names.len());
        for names in names.chunks(AT_ONCE) {
            let mut call = call(op::GET_MANY).query("personFields", FIELDS);
            for name in names {
                call = call.query("resourceNames", *name);
            }
            let answer: Answer = self.api.json(&call, "reading contacts").await?;
            let mut responses = answer.responses;
            for name in names {
                let at = responses
                    .iter()
                    .position(|r| r.requested_resource_name == **name);
                found.push(match at {
                    Some(at) => outcome(responses.swap_remove(at)),
                    None => Err(Error::unavailable(format!(
                        "the answer says nothing of `{name}`"
                    ))),
                });
            }
        }
        Ok(found)
    }
}

fn outcome(response: Response) -> Result<Option<Person>> {
    if response.status.is_not_found() {
        return Ok(None);
    }
    match response.status.error("reading a contact") {
        Some(error) => Err(error),
        None => Ok(response.person),
    }
}
