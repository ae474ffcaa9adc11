//! People API v1. Its quota counts requests.

use super::{flag, number, text, texts, word, words};
use crate::net::api::{Effect, Operation};

const ORDERS: &[&str] = &["LAST_MODIFIED_ASCENDING"];
const DIRECTORY: &[&str] = &[
    "DIRECTORY_SOURCE_TYPE_DOMAIN_PROFILE",
    "DIRECTORY_SOURCE_TYPE_DOMAIN_CONTACT",
];

pub const CONNECTIONS_LIST: &Operation = &Operation {
    id: "people.people.connections.list",
    method: "GET",
    path: "v1/{+resourceName}/connections",
    query: &[
        text("personFields"),
        number("pageSize"),
        text("pageToken"),
        flag("requestSyncToken"),
        text("syncToken"),
        word("sortOrder", ORDERS),
    ],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const OTHER_CONTACTS_LIST: &Operation = &Operation {
    id: "people.otherContacts.list",
    method: "GET",
    path: "v1/otherContacts",
    query: &[
        text("readMask"),
        number("pageSize"),
        text("pageToken"),
        flag("requestSyncToken"),
        text("syncToken"),
    ],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const DIRECTORY_LIST: &Operation = &Operation {
    id: "people.people.listDirectoryPeople",
    method: "GET",
    path: "v1/people:listDirectoryPeople",
    query: &[
        text("readMask"),
        words("sources", DIRECTORY),
        number("pageSize"),
        text("pageToken"),
        flag("requestSyncToken"),
        text("syncToken"),
    ],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const GET: &Operation = &Operation {
    id: "people.people.get",
    method: "GET",
    path: "v1/{+resourceName}",
    query: &[text("personFields")],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const GET_MANY: &Operation = &Operation {
    id: "people.people.getBatchGet",
    method: "GET",
    path: "v1/people:batchGet",
    query: &[texts("resourceNames"), text("personFields")],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const CREATE: &Operation = &Operation {
    id: "people.people.createContact",
    method: "POST",
    path: "v1/people:createContact",
    query: &[text("personFields")],
    body: Some("Person"),
    effect: Effect::Write,
    units: 1,
};

pub const UPDATE: &Operation = &Operation {
    id: "people.people.updateContact",
    method: "PATCH",
    path: "v1/{+resourceName}:updateContact",
    query: &[text("updatePersonFields"), text("personFields")],
    body: Some("Person"),
    effect: Effect::Write,
    units: 1,
};

pub const DELETE: &Operation = &Operation {
    id: "people.people.deleteContact",
    method: "DELETE",
    path: "v1/{+resourceName}:deleteContact",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 1,
};

pub const CREATE_MANY: &Operation = &Operation {
    id: "people.people.batchCreateContacts",
    method: "POST",
    path: "v1/people:batchCreateContacts",
    query: &[],
    body: Some("BatchCreateContactsRequest"),
    effect: Effect::Write,
    units: 1,
};

pub const UPDATE_MANY: &Operation = &Operation {
    id: "people.people.batchUpdateContacts",
    method: "POST",
    path: "v1/people:batchUpdateContacts",
    query: &[],
    body: Some("BatchUpdateContactsRequest"),
    effect: Effect::Write,
    units: 1,
};

pub const DELETE_MANY: &Operation = &Operation {
    id: "people.people.batchDeleteContacts",
    method: "POST",
    path: "v1/people:batchDeleteContacts",
    query: &[],
    body: Some("BatchDeleteContactsRequest"),
    effect: Effect::Write,
    units: 1,
};

pub const GROUPS_LIST: &Operation = &Operation {
    id: "people.contactGroups.list",
    method: "GET",
    path: "v1/contactGroups",
    query: &[number("pageSize"), text("pageToken")],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const GROUPS_CREATE: &Operation = &Operation {
    id: "people.contactGroups.create",
    method: "POST",
    path: "v1/contactGroups",
    query: &[],
    body: Some("CreateContactGroupRequest"),
    effect: Effect::Write,
    units: 1,
};

pub const GROUPS_UPDATE: &Operation = &Operation {
    id: "people.contactGroups.update",
    method: "PUT",
    path: "v1/{+resourceName}",
    query: &[],
    body: Some("UpdateContactGroupRequest"),
    effect: Effect::Write,
    units: 1,
};

pub const GROUPS_DELETE: &Operation = &Operation {
    id: "people.contactGroups.delete",
    method: "DELETE",
    path: "v1/{+resourceName}",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 1,
};

pub const GROUPS_MEMBERS: &Operation = &Operation {
    id: "people.contactGroups.members.modify",
    method: "POST",
    path: "v1/{+resourceName}/members:modify",
    query: &[],
    body: Some("ModifyContactGroupMembersRequest"),
    effect: Effect::Write,
    units: 1,
};

/// All that Google's description has under this name and path.
pub const ALL: &[&Operation] = &[
    CONNECTIONS_LIST,
    OTHER_CONTACTS_LIST,
    DIRECTORY_LIST,
    GET,
    GET_MANY,
    CREATE,
    UPDATE,
    DELETE,
    CREATE_MANY,
    UPDATE_MANY,
    DELETE_MANY,
    GROUPS_LIST,
    GROUPS_CREATE,
    GROUPS_UPDATE,
    GROUPS_DELETE,
    GROUPS_MEMBERS,
];
