//! Making, changing and deleting one contact.

use crate::error::{Error, Kind, Result};
use crate::net::api::Fault;
use crate::net::google::operations::people as op;
use crate::net::http::Answer;

use super::{Client, FIELDS, Person, call};

/// What became of a change.
#[derive(Debug)]
pub enum Change {
    /// The person as it is now.
    Done(Box<Person>),
    /// It changed since it was read, so nothing was overwritten: read it again.
    Stale,
    /// There is no such contact any more.
    Gone,
    /// Certainly nothing was changed.
    Refused(Error),
    /// It may have been changed; why that can't be told. Read before repeating.
    Unknown(String),
}

impl Client {
    /// Makes a contact.
    pub async fn create(&self, person: &Person) -> Change {
        let call = call(op::CREATE)
            .query("personFields", FIELDS)
            .json(&person.as_new());
        outcome(self.change(&call, "making a contact").await)
    }

    /// Changes these fields of a contact, unless somebody else changed it since it was read.
    ///
    /// A field that is named and has no values is emptied.
    pub async fn update(&self, person: &Person, fields: &[&str]) -> Change {
        let call = call(op::UPDATE)
            .at("resourceName", person.resource_name())
            .query("updatePersonFields", fields.join(","))
            .query("personFields", FIELDS)
            .json(&person.as_change(fields));
        outcome(self.change(&call, "changing a contact").await)
    }

    /// Deletes a contact. One that is gone is as good.
    pub async fn delete(&self, name: &str) -> Result<()> {
        let call = call(op::DELETE).at("resourceName", name);
        match self.repeat(&call, "deleting a contact").await {
            Ok(_) => Ok(()),
            Err(fault) if fault.error.kind == Kind::NotFound => Ok(()),
            Err(fault) => Err(fault.error),
        }
    }
}

fn outcome(answer: Result<Answer, Fault>) -> Change {
    match answer.map(|answer| answer.json::<Person>()) {
        Ok(Ok(person)) => Change::Done(Box::new(person)),
        Ok(Err(unread)) => Change::Unknown(unread.message),
        Err(fault) => failed(fault),
    }
}

/// What a fault says of the change it answers.
pub(super) fn failed(fault: Fault) -> Change {
    if is_in_doubt(&fault) {
        return Change::Unknown(fault.error.message);
    }
    match fault.status {
        404 | 410 => Change::Gone,
        400 if ["FAILED_PRECONDITION", "failedPrecondition"].contains(&fault.reason.as_str()) => {
            Change::Stale
        }
        _ => Change::Refused(fault.error),
    }
}

/// Whether the change may have been made although the answer was lost or a fault of the server.
pub(super) fn is_in_doubt(fault: &Fault) -> bool {
    fault.may_have_left && !(400..500).contains(&fault.status)
}
