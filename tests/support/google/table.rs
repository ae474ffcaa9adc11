//! The operations the loopback Google knows, under their ids in Google's own documents, with what they cost.

/// Id, method, path, and the quota units of Gmail's schedule for projects made since May 2026 (1 elsewhere).
///
/// `{x}` is one segment, `{+x}` is the rest of the path up to what follows it.
#[rustfmt::skip] // one line each, as in the documents
pub const OPERATIONS: &[(&str, &str, &str, u32)] = &[
    ("gmail.users.getProfile", "GET", "gmail/v1/users/{userId}/profile", 1),
    ("gmail.users.stop", "POST", "gmail/v1/users/{userId}/stop", 50),
    ("gmail.users.watch", "POST", "gmail/v1/users/{userId}/watch", 100),
    ("gmail.users.drafts.create", "POST", "gmail/v1/users/{userId}/drafts", 10),
    ("gmail.users.drafts.delete", "DELETE", "gmail/v1/users/{userId}/drafts/{id}", 10),
    ("gmail.users.drafts.get", "GET", "gmail/v1/users/{userId}/drafts/{id}", 20),
    ("gmail.users.drafts.list", "GET", "gmail/v1/users/{userId}/drafts", 5),
    ("gmail.users.drafts.send", "POST", "gmail/v1/users/{userId}/drafts/send", 100),
    ("gmail.users.drafts.update", "PUT", "gmail/v1/users/{userId}/drafts/{id}", 15),
    ("gmail.users.history.list", "GET", "gmail/v1/users/{userId}/history", 2),
    ("gmail.users.labels.create", "POST", "gmail/v1/users/{userId}/labels", 5),
    ("gmail.users.labels.delete", "DELETE", "gmail/v1/users/{userId}/labels/{id}", 5),
    ("gmail.users.labels.get", "GET", "gmail/v1/users/{userId}/labels/{id}", 1),
    ("gmail.users.labels.list", "GET", "gmail/v1/users/{userId}/labels", 1),
    ("gmail.users.labels.patch", "PATCH", "gmail/v1/users/{userId}/labels/{id}", 5),
    ("gmail.users.labels.update", "PUT", "gmail/v1/users/{userId}/labels/{id}", 5),
    ("gmail.users.messages.batchDelete", "POST", "gmail/v1/users/{userId}/messages/batchDelete", 50),
    ("gmail.users.messages.batchModify", "POST", "gmail/v1/users/{userId}/messages/batchModify", 50),
    ("gmail.users.messages.delete", "DELETE", "gmail/v1/users/{userId}/messages/{id}", 10),
    ("gmail.users.messages.get", "GET", "gmail/v1/users/{userId}/messages/{id}", 20),
    ("gmail.users.messages.import", "POST", "gmail/v1/users/{userId}/messages/import", 25),
    ("gmail.users.messages.insert", "POST", "gmail/v1/users/{userId}/messages", 25),
    ("gmail.users.messages.list", "GET", "gmail/v1/users/{userId}/messages", 5),
    ("gmail.users.messages.modify", "POST", "gmail/v1/users/{userId}/messages/{id}/modify", 5),
    ("gmail.users.messages.send", "POST", "gmail/v1/users/{userId}/messages/send", 100),
    ("gmail.users.messages.trash", "POST", "gmail/v1/users/{userId}/messages/{id}/trash", 20),
    ("gmail.users.messages.untrash", "POST", "gmail/v1/users/{userId}/messages/{id}/untrash", 5),
    ("gmail.users.messages.attachments.get", "GET", "gmail/v1/users/{userId}/messages/{messageId}/attachments/{id}", 20),
    ("gmail.users.settings.getLanguage", "GET", "gmail/v1/users/{userId}/settings/language", 1),
    ("gmail.users.settings.getVacation", "GET", "gmail/v1/users/{userId}/settings/vacation", 1),
    ("gmail.users.settings.sendAs.get", "GET", "gmail/v1/users/{userId}/settings/sendAs/{sendAsEmail}", 1),
    ("gmail.users.settings.sendAs.list", "GET", "gmail/v1/users/{userId}/settings/sendAs", 1),
    ("gmail.users.threads.delete", "DELETE", "gmail/v1/users/{userId}/threads/{id}", 20),
    ("gmail.users.threads.get", "GET", "gmail/v1/users/{userId}/threads/{id}", 40),
    ("gmail.users.threads.list", "GET", "gmail/v1/users/{userId}/threads", 10),
    ("gmail.users.threads.modify", "POST", "gmail/v1/users/{userId}/threads/{id}/modify", 10),
    ("gmail.users.threads.trash", "POST", "gmail/v1/users/{userId}/threads/{id}/trash", 20),
    ("gmail.users.threads.untrash", "POST", "gmail/v1/users/{userId}/threads/{id}/untrash", 10),
    ("chat.media.download", "GET", "v1/media/{+resourceName}", 1),
    ("chat.media.upload", "POST", "v1/spaces/{spacesId}/attachments:upload", 1),
    ("chat.spaces.create", "POST", "v1/spaces", 1),
    ("chat.spaces.findDirectMessage", "GET", "v1/spaces:findDirectMessage", 1),
    ("chat.spaces.findGroupChats", "GET", "v1/spaces:findGroupChats", 1),
    ("chat.spaces.get", "GET", "v1/spaces/{spacesId}", 1),
    ("chat.spaces.list", "GET", "v1/spaces", 1),
    ("chat.spaces.search", "GET", "v1/spaces:search", 1),
    ("chat.spaces.setup", "POST", "v1/spaces:setup", 1),
    ("chat.spaces.members.get", "GET", "v1/spaces/{spacesId}/members/{membersId}", 1),
    ("chat.spaces.members.list", "GET", "v1/spaces/{spacesId}/members", 1),
    ("chat.spaces.messages.create", "POST", "v1/spaces/{spacesId}/messages", 1),
    ("chat.spaces.messages.delete", "DELETE", "v1/spaces/{spacesId}/messages/{messagesId}", 1),
    ("chat.spaces.messages.get", "GET", "v1/spaces/{spacesId}/messages/{messagesId}", 1),
    ("chat.spaces.messages.list", "GET", "v1/spaces/{spacesId}/messages", 1),
    ("chat.spaces.messages.patch", "PATCH", "v1/spaces/{spacesId}/messages/{messagesId}", 1),
    ("chat.spaces.messages.update", "PUT", "v1/spaces/{spacesId}/messages/{messagesId}", 1),
    ("chat.spaces.messages.search", "POST", "v1/spaces/{spacesId}/messages:search", 1),
    ("chat.spaces.messages.attachments.get", "GET", "v1/spaces/{spacesId}/messages/{messagesId}/attachments/{attachmentsId}", 1),
    ("chat.spaces.messages.reactions.create", "POST", "v1/spaces/{spacesId}/messages/{messagesId}/reactions", 1),
    ("chat.spaces.messages.reactions.delete", "DELETE", "v1/spaces/{spacesId}/messages/{messagesId}/reactions/{reactionsId}", 1),
    ("chat.spaces.messages.reactions.list", "GET", "v1/spaces/{spacesId}/messages/{messagesId}/reactions", 1),
    ("chat.spaces.spaceEvents.get", "GET", "v1/spaces/{spacesId}/spaceEvents/{spaceEventsId}", 1),
    ("chat.spaces.spaceEvents.list", "GET", "v1/spaces/{spacesId}/spaceEvents", 1),
    ("chat.users.spaces.getSpaceReadState", "GET", "v1/users/{usersId}/spaces/{spacesId}/spaceReadState", 1),
    ("chat.users.spaces.updateSpaceReadState", "PATCH", "v1/users/{usersId}/spaces/{spacesId}/spaceReadState", 1),
    ("people.contactGroups.batchGet", "GET", "v1/contactGroups:batchGet", 1),
    ("people.contactGroups.create", "POST", "v1/contactGroups", 1),
    ("people.contactGroups.delete", "DELETE", "v1/contactGroups/{contactGroupsId}", 1),
    ("people.contactGroups.get", "GET", "v1/contactGroups/{contactGroupsId}", 1),
    ("people.contactGroups.list", "GET", "v1/contactGroups", 1),
    ("people.contactGroups.update", "PUT", "v1/contactGroups/{contactGroupsId}", 1),
    ("people.contactGroups.members.modify", "POST", "v1/contactGroups/{contactGroupsId}/members:modify", 1),
    ("people.otherContacts.copyOtherContactToMyContactsGroup", "POST", "v1/otherContacts/{otherContactsId}:copyOtherContactToMyContactsGroup", 1),
    ("people.otherContacts.list", "GET", "v1/otherContacts", 1),
    ("people.otherContacts.search", "GET", "v1/otherContacts:search", 1),
    ("people.people.batchCreateContacts", "POST", "v1/people:batchCreateContacts", 1),
    ("people.people.batchDeleteContacts", "POST", "v1/people:batchDeleteContacts", 1),
    ("people.people.batchUpdateContacts", "POST", "v1/people:batchUpdateContacts", 1),
    ("people.people.createContact", "POST", "v1/people:createContact", 1),
    ("people.people.deleteContact", "DELETE", "v1/people/{peopleId}:deleteContact", 1),
    ("people.people.get", "GET", "v1/people/{peopleId}", 1),
    ("people.people.getBatchGet", "GET", "v1/people:batchGet", 1),
    ("people.people.listDirectoryPeople", "GET", "v1/people:listDirectoryPeople", 1),
    ("people.people.searchContacts", "GET", "v1/people:searchContacts", 1),
    ("people.people.searchDirectoryPeople", "GET", "v1/people:searchDirectoryPeople", 1),
    ("people.people.updateContact", "PATCH", "v1/people/{peopleId}:updateContact", 1),
    ("people.people.connections.list", "GET", "v1/people/{peopleId}/connections", 1),
];

/// The operation behind a method and a path, and the path's variable parts.
///
/// An upload's path is its operation's path behind `upload/` or `resumable/upload/`.
pub fn find(method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
    let path = path.trim_start_matches('/');
    let path = path.strip_prefix("resumable/").unwrap_or(path);
    let path = path.strip_prefix("upload/").unwrap_or(path);
    // A fixed word wins over a variable: `drafts/send` over `drafts/{id}`.
    OPERATIONS
        .iter()
        .filter(|(_, m, _, _)| *m == method)
        .filter_map(|(id, _, template, _)| Some((*id, variables(template, path)?)))
        .min_by_key(|(_, vars)| vars.len())
}

pub fn units(id: &str) -> u32 {
    OPERATIONS
        .iter()
        .find(|(i, ..)| *i == id)
        .map_or(0, |(_, _, _, units)| *units)
}

/// The decoded variables of a path that fits a template.
pub fn variables(template: &str, path: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let (mut template, mut path) = (template, path);
    while let Some((before, rest)) = template.split_once('{') {
        path = path.strip_prefix(before)?;
        let (name, after) = rest.split_once('}')?;
        let deep = name.starts_with('+');
        let stop = after.chars().next();
        let end = if deep {
            path.len()
        } else {
            path.find(|c| c == '/' || Some(c) == stop)
                .unwrap_or(path.len())
        };
        if end == 0 {
            return None;
        }
        found.push(super::wire::decode(&path[..end], false));
        path = &path[end..];
        template = after;
    }
    (template == path).then_some(found)
}
