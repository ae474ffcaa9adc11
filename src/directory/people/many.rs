//! Making, changing and deleting many contacts in few requests, an outcome for each.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::net::api::{Call, Fault};
use crate::net::google::operations::people as op;

use super::change::{Change, failed, is_in_doubt};
use super::{Client, FIELDS, Person, call};

/// How many contacts one request may make or change.
const AT_ONCE: usize = 200;
/// How many it may delete.
const DELETED_AT_ONCE: usize = 500;

/// How one of many went (`google.rpc.Status`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    code: i32,
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Response {
    person: Option<Person>,
    status: Status,
}

impl Client {
    /// Makes contacts; an outcome for each in the order given.
    pub async fn create_many(&self, people: &[Person]) -> Vec<Change> {
        let mut done = Vec::with_capacity(people.len());
        for some in people.chunks(AT_ONCE) {
            match self.create_some(some).await {
                Ok(each) => done.extend(each),
                // One that can't be made stops all of them.
                Err(Whole::Refused(fault)) if is_about_one(&fault) && some.len() > 1 => {
                    for person in some {
                        done.push(self.create(person).await);
                    }
                }
                Err(whole) => {
                    done.extend(some.iter().map(|_| whole.again()));
                    if whole.ends_it() {
                        let left = people.len() - done.len();
                        done.extend((0..left).map(|_| whole.not_tried()));
                        break;
                    }
                }
            }
        }
        done
    }

    /// Changes these fields of contacts; an outcome for each in the order given. What changed since it was read stays.
    pub async fn update_many(&self, people: &[Person], fields: &[&str]) -> Vec<Change> {
        let mut done = Vec::with_capacity(people.len());
        for some in people.chunks(AT_ONCE) {
            match self.update_some(some, fields).await {
                Ok(each) => done.extend(each),
                Err(Whole::Refused(fault)) if is_about_one(&fault) => match some {
                    [_] => done.push(failed(fault)),
                    _ => {
                        for person in some {
                            done.push(self.update(person, fields).await);
                        }
                    }
                },
                Err(whole) => {
                    done.extend(some.iter().map(|_| whole.again()));
                    if whole.ends_it() {
                        let left = people.len() - done.len();
                        done.extend((0..left).map(|_| whole.not_tried()));
                        break;
                    }
                }
            }
        }
        done
    }

    /// Deletes contacts. Those that are gone are as good; it may be repeated after an error.
    pub async fn delete_many(&self, names: &[&str]) -> Result<()> {
        for some in names.chunks(DELETED_AT_ONCE) {
            let call = call(op::DELETE_MANY).json(&json!({ "resourceNames": some }));
            match self.repeat(&call, "deleting contacts").await {
                Ok(_) => {}
                // One that is gone stops all of them.
                Err(fault) if is_about_one(&fault) => {
                    for name in some {
                        self.delete(name).await?;
                    }
                }
                Err(fault) => return Err(fault.error),
            }
        }
        Ok(())
    }

    async fn create_some(&self, people: &[Person]) -> Result<Vec<Change>, Whole> {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Answer {
            created_people: Vec<Response>,
        }
        let contacts: Vec<_> = people
            .iter()
            .map(|person| json!({ "contactPerson": person.as_new() }))
            .collect();
        let body = json!({ "contacts": contacts, "readMask": FIELDS });
        let call = call(op::CREATE_MANY).json(&body);
        let answer: Answer = self.changes(&call, "making contacts").await?;
        // They come in the order given; with one missing, which is which can't be told.
        Ok(if answer.created_people.len() == people.len() {
            answer.created_people.into_iter().map(outcome).collect()
        } else {
            people.iter().map(|_| untold()).collect()
        })
    }

    async fn update_some(&self, people: &[Person], fields: &[&str]) -> Result<Vec<Change>, Whole> {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Answer {
            update_result: HashMap<String, Response>,
        }
        let contacts: serde_json::Map<String, Value> = people
            .iter()
            .map(|person| (person.resource_name().to_owned(), person.as_change(fields)))
            .collect();
        let body = json!({
            "contacts": contacts, "updateMask": fields.join(","), "readMask": FIELDS,
        });
        let call = call(op::UPDATE_MANY).json(&body);
        let mut answer: Answer = self.changes(&call, "changing contacts").await?;
        let told = people.iter().map(|person| {
            let told = answer.update_result.remove(person.resource_name());
            told.map_or_else(untold, outcome)
        });
        Ok(told.collect())
    }

    /// A change of many, or why it failed as a whole.
    async fn changes<T: DeserializeOwned>(&self, call: &Call, doing: &str) -> Result<T, Whole> {
        match self.change(call, doing).await {
            Ok(answer) => answer
                .json()
                .map_err(|unread| Whole::Unknown(unread.message)),
            Err(fault) if is_in_doubt(&fault) => Err(Whole::Unknown(fault.error.message)),
            Err(fault) => Err(Whole::Refused(fault)),
        }
    }
}

/// Why a request for many failed as a whole.
enum Whole {
    Refused(Fault),
    Unknown(String),
}

impl Whole {
    /// What it means for each that was in the request.
    fn again(&self) -> Change {
        match self {
            Whole::Unknown(why) => Change::Unknown(why.clone()),
            Whole::Refused(fault) => Change::Refused(same(&fault.error)),
        }
    }

    /// What it means for each that was to come after.
    fn not_tried(&self) -> Change {
        Change::Refused(match self {
            Whole::Unknown(why) => Error::unavailable(format!("not tried after this: {why}")),
            Whole::Refused(fault) => same(&fault.error),
        })
    }

    /// Whether the next request would go no better: no login, no network, the limit of the day.
    fn ends_it(&self) -> bool {
        match self {
            Whole::Unknown(_) => true,
            Whole::Refused(fault) => fault.error.kind != Kind::Refused,
        }
    }
}

/// Whether a refusal may be that of a single contact among many.
fn is_about_one(fault: &Fault) -> bool {
    matches!(fault.status, 400 | 404)
}

/// The same error for another of many.
fn same(error: &Error) -> Error {
    let mut same = Error::new(error.kind, error.message.clone());
    same.hint = error.hint.clone();
    same.retry_after = error.retry_after;
    same
}

fn untold() -> Change {
    Change::Unknown("the answer does not say what became of it".to_owned())
}

fn outcome(response: Response) -> Change {
    let status = response.status;
    if status.is_not_found() {
        return Change::Gone;
    }
    if status.code == FAILED_PRECONDITION {
        return Change::Stale;
    }
    match (status.error("changing a contact"), response.person) {
        (Some(error), _) if status.is_in_doubt() => Change::Unknown(error.message),
        (Some(error), _) => Change::Refused(error),
        (None, Some(person)) => Change::Done(Box::new(person)),
        (None, None) => untold(),
    }
}

const FAILED_PRECONDITION: i32 = 9;
const NOT_FOUND: i32 = 5;

impl Status {
    pub(super) fn is_not_found(&self) -> bool {
        self.code == NOT_FOUND
    }

    /// Whether a change may have been made although it ended so: no answer came in time, or the server had a fault.
    fn is_in_doubt(&self) -> bool {
        // CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, ABORTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
        matches!(self.code, 1 | 2 | 4 | 10 | 13 | 14 | 15)
    }

    /// The refusal, if it is one (codes of `google.rpc.Code`).
    pub(super) fn error(&self, doing: &str) -> Option<Error> {
        let kind = match self.code {
            0 => return None,
            NOT_FOUND => Kind::NotFound,
            16 => Kind::Auth,
            1 | 2 | 4 | 8 | 10 | 13 | 14 => Kind::Unavailable,
            _ => Kind::Refused,
        };
        let said = clean::line(self.message.trim());
        let said: String = said.chars().take(300).collect();
        let words = if said.is_empty() {
            format!("{doing}: refused with code {}", self.code)
        } else {
            format!("{doing}: {}", said.trim_end_matches('.'))
        };
        Some(Error::new(kind, words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: Value) -> Change {
        outcome(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn each_of_many_is_told_by_its_own_status() {
        let person = json!({ "resourceName": "people/c1" });
        assert!(matches!(
            told(json!({ "person": person, "status": {} })),
            Change::Done(_)
        ));
        assert!(matches!(told(json!({ "person": person })), Change::Done(_)));
        assert!(matches!(
            told(json!({ "status": { "code": 5 } })),
            Change::Gone
        ));
        assert!(matches!(
            told(json!({ "status": { "code": 9 } })),
            Change::Stale
        ));
        assert!(matches!(told(json!({})), Change::Unknown(_)));
        for code in [1, 2, 4, 10, 13, 14, 15] {
            let told = told(json!({ "status": { "code": code } }));
            assert!(matches!(told, Change::Unknown(_)), "{code}");
        }
        for (code, kind) in [(3, Kind::Refused), (8, Kind::Unavailable), (16, Kind::Auth)] {
            match told(json!({ "status": { "code": code, "message": "No.\u{1b}[1m" } })) {
                Change::Refused(e) => {
                    assert_eq!(e.kind, kind);
                    assert!(!e.message.contains('\u{1b}'));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
