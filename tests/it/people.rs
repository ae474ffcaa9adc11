//! The address book at Google, in process against the loopback provider.

use std::sync::Arc;
use std::time::Duration;

use comms::directory::people::{Book, Change, Client, Person, Sync, Synced};
use comms::error::Kind;
use serde_json::json;

use crate::support::google::{Fault, Google, Lent};

fn named(name: &str, email: &str) -> serde_json::Value {
    json!({"names": [{"givenName": name}], "emailAddresses": [{"value": email}]})
}

fn person(json: serde_json::Value) -> Person {
    serde_json::from_value(json).unwrap()
}

fn client(google: &Google) -> Client {
    Client::new(google.api())
}

async fn synced(client: &Client, book: Book, since: Option<&str>) -> Synced {
    match client.sync(book, since).await.unwrap() {
        Sync::Done(synced) => synced,
        Sync::Expired => panic!("the token is good"),
    }
}

fn done(change: Change) -> Person {
    match change {
        Change::Done(person) => *person,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_first_sync_tells_all_and_the_next_only_what_changed() {
    let google = Google::start();
    let names: Vec<_> = (0..2100)
        .map(|n| {
            google
                .people()
                .contact(named(&format!("P{n}"), &format!("p{n}@example.com")))
        })
        .collect();
    let client = client(&google);
    let all = synced(&client, Book::Contacts, None).await;
    assert_eq!(all.people.len(), 2100);
    assert_eq!(google.count("people.people.connections.list"), 3);
    google
        .people()
        .change(&names[7], named("Grace", "grace@example.com"));
    google.people().remove(&names[8]);
    let later = synced(&client, Book::Contacts, all.next.as_deref()).await;
    assert_eq!(later.people.len(), 1);
    assert_eq!(later.people[0].display_name(), Some("Grace"));
    assert_eq!(later.deleted, [names[8].clone()]);
    let nothing = synced(&client, Book::Contacts, later.next.as_deref()).await;
    assert!(nothing.people.is_empty() && nothing.deleted.is_empty() && nothing.next.is_some());
}

#[tokio::test]
async fn an_expired_token_is_told_and_no_error() {
    let google = Google::start();
    google.people().contact(named("Ada", "ada@example.com"));
    let client = client(&google);
    let first = synced(&client, Book::Contacts, None).await;
    google.people().expire_sync();
    let again = client
        .sync(Book::Contacts, first.next.as_deref())
        .await
        .unwrap();
    assert!(matches!(again, Sync::Expired));
    // Some answers say it with another status.
    google.fault(
        "people.people.connections.list",
        1,
        Fault::Status(410, String::new(), Vec::new()),
    );
    let again = client
        .sync(Book::Contacts, first.next.as_deref())
        .await
        .unwrap();
    assert!(matches!(again, Sync::Expired));
    let unknown = client
        .sync(Book::Contacts, Some("never-given"))
        .await
        .unwrap_err();
    assert_eq!(unknown.kind, Kind::Refused);
}

#[tokio::test]
async fn the_other_books_are_read_the_same_way() {
    let google = Google::start();
    google.people().other(named("Bob", "bob@example.com"));
    google.people().colleague(named("Eve", "eve@example.com"));
    let client = client(&google);
    for (book, email) in [
        (Book::Others, "bob@example.com"),
        (Book::Directory, "eve@example.com"),
    ] {
        let first = synced(&client, book, None).await;
        assert_eq!(first.people[0].emails().next(), Some(email));
        let next = synced(&client, book, first.next.as_deref()).await;
        assert!(next.people.is_empty());
    }
}

#[tokio::test]
async fn a_limit_on_the_first_page_is_waited_for() {
    let google = Google::start();
    google.people().contact(named("Ada", "ada@example.com"));
    google.fault("people.people.connections.list", 1, Fault::RetryAfter(7));
    let lent = Arc::new(Lent::default());
    let client = Client::new(google.api_for(lent.clone()));
    assert_eq!(synced(&client, Book::Contacts, None).await.people.len(), 1);
    assert_eq!(*lent.pauses.lock().unwrap(), [Duration::from_secs(7)]);
}

#[tokio::test]
async fn one_is_read_or_is_not_there_and_many_are_told_each() {
    let google = Google::start();
    let mut names: Vec<_> = (0..205)
        .map(|n| {
            google
                .people()
                .contact(named(&format!("P{n}"), "p@example.com"))
        })
        .collect();
    let client = client(&google);
    let first = client.get(&names[0]).await.unwrap().unwrap();
    assert_eq!(first.display_name(), Some("P0"));
    assert!(client.get("people/c999999").await.unwrap().is_none());
    names.insert(3, "people/c999999".to_owned());
    let asked: Vec<_> = names.iter().map(String::as_str).collect();
    let many = client.get_many(&asked).await.unwrap();
    assert_eq!(google.count("people.people.getBatchGet"), 2);
    for (at, (name, told)) in names.iter().zip(&many).enumerate() {
        let told = told.as_ref().unwrap().as_ref().map(Person::resource_name);
        assert_eq!(told, (at != 3).then_some(name.as_str()));
    }
}

#[tokio::test]
async fn a_contact_is_made_changed_and_deleted_without_losing_what_comms_does_not_know() {
    let google = Google::start();
    let client = client(&google);
    let mut new = person(named("Ada", "ada@example.com"));
    new.set("userDefined", vec![json!({"key": "k", "value": "v"})]);
    let mut made = done(client.create(&new).await);
    made.set(
        "emailAddresses",
        vec![json!({"value": "new@example.com", "type": "work"})],
    );
    let changed = done(
        client
            .update(&made, &["emailAddresses", "phoneNumbers"])
            .await,
    );
    assert_eq!(changed.emails().next(), Some("new@example.com"));
    let kept = google.people().person(changed.resource_name()).unwrap();
    assert_eq!(kept["userDefined"][0]["value"], "v");
    assert_eq!(kept["names"][0]["displayName"], "Ada");
    // The state it was read in is the old one now.
    assert!(matches!(
        client.update(&made, &["names"]).await,
        Change::Stale
    ));
    client.delete(changed.resource_name()).await.unwrap();
    client.delete(changed.resource_name()).await.unwrap();
    assert!(matches!(
        client.update(&changed, &["names"]).await,
        Change::Gone
    ));
    new.set(
        "names",
        vec![json!({"givenName": "A"}), json!({"givenName": "B"})],
    );
    assert!(matches!(client.create(&new).await, Change::Refused(e) if e.kind == Kind::Refused));
}

#[tokio::test]
async fn a_contact_whose_answer_was_lost_is_not_made_again() {
    let google = Google::start();
    let client = client(&google);
    let new = person(named("Ada", "ada@example.com"));
    for fault in [
        Fault::CutBeforeAnswer,
        Fault::CutAfter(10),
        Fault::MalformedJson,
        Fault::Unavailable,
    ] {
        let before = google.count("people.people.createContact");
        google.fault("people.people.createContact", 1, fault.clone());
        assert!(
            matches!(client.create(&new).await, Change::Unknown(_)),
            "{fault:?}"
        );
        assert_eq!(google.count("people.people.createContact"), before + 1);
    }
    google.fault("people.people.createContact", 1, Fault::RateLimited403);
    done(client.create(&new).await);
}

#[tokio::test]
async fn of_many_changes_each_has_its_own_outcome() {
    let google = Google::start();
    let client = client(&google);
    let mut new: Vec<_> = (0..201)
        .map(|n| person(named(&format!("P{n}"), "p@example.com")))
        .collect();
    new[5].set(
        "names",
        vec![json!({"givenName": "A"}), json!({"givenName": "B"})],
    );
    let made = client.create_many(&new).await;
    assert_eq!(
        (
            made.len(),
            google.count("people.people.batchCreateContacts")
        ),
        (201, 2)
    );
    assert!(matches!(&made[5], Change::Refused(_)));
    assert_eq!(
        made.iter().filter(|c| matches!(c, Change::Done(_))).count(),
        200
    );
    let mut people: Vec<_> = made
        .into_iter()
        .filter(|c| matches!(c, Change::Done(_)))
        .map(done)
        .collect();
    google
        .people()
        .change(people[1].resource_name(), named("Other", "o@example.com"));
    google.people().remove(people[2].resource_name());
    for person in &mut people {
        person.set("nicknames", vec![json!({"value": "nick"})]);
    }
    let changed = client.update_many(&people[..4], &["nicknames"]).await;
    assert!(matches!(
        changed[..],
        [
            Change::Done(_),
            Change::Stale,
            Change::Gone,
            Change::Done(_)
        ]
    ));
    google.fault(
        "people.people.batchUpdateContacts",
        1,
        Fault::CutBeforeAnswer,
    );
    let lost = client.update_many(&people[3..5], &["nicknames"]).await;
    assert!(lost.iter().all(|c| matches!(c, Change::Unknown(_))) && lost.len() == 2);
    let names: Vec<_> = people.iter().map(Person::resource_name).collect();
    client.delete_many(&names[10..]).await.unwrap();
    assert_eq!(google.count("people.people.deleteContact"), 0);
    // One that is gone does not keep the others.
    client.delete_many(&names[..10]).await.unwrap();
    assert_eq!(synced(&client, Book::Contacts, None).await.people.len(), 0);
}

#[tokio::test]
async fn many_changes_end_where_the_next_would_go_no_better() {
    let google = Google::start();
    let client = client(&google);
    let new: Vec<_> = (0..401)
        .map(|n| person(named(&format!("P{n}"), "p@example.com")))
        .collect();
    google.fault(
        "people.people.batchCreateContacts",
        2,
        Fault::CutBeforeAnswer,
    );
    let made = client.create_many(&new).await;
    assert!(matches!(&made[199], Change::Done(_)));
    assert!(matches!(&made[200], Change::Unknown(_)));
    // Of the last one it is certain that it was not made.
    assert!(matches!(&made[400], Change::Refused(e) if e.kind == Kind::Unavailable));
    assert_eq!(
        (
            made.len(),
            google.count("people.people.batchCreateContacts")
        ),
        (401, 2)
    );
    google.expire_tokens();
    let refused = client.create_many(&new).await;
    assert!(
        refused
            .iter()
            .all(|c| matches!(c, Change::Refused(e) if e.kind == Kind::Auth))
    );
    assert_eq!(google.count("people.people.batchCreateContacts"), 3);
}

#[tokio::test]
async fn a_list_without_end_is_no_list() {
    let google = Google::start();
    let page = json!({"connections": [], "nextPageToken": "again"}).to_string();
    let kind = vec![("content-type".to_owned(), "application/json".to_owned())];
    let fault = Fault::Status(200, page, kind);
    google.faults("people.people.connections.list", 2, &fault);
    let failed = client(&google)
        .sync(Book::Contacts, None)
        .await
        .unwrap_err();
    assert_eq!(failed.kind, Kind::Unavailable);
}

#[tokio::test]
async fn changes_wait_for_each_other() {
    let google = Google::start();
    let client = client(&google);
    google.fault(
        "people.people.createContact",
        1,
        Fault::Slow(Duration::from_millis(100)),
    );
    let (ada, bob) = (
        person(named("Ada", "a@example.com")),
        person(named("Bob", "b@example.com")),
    );
    let (first, second) = tokio::join!(client.create(&ada), client.create(&bob));
    done(first);
    done(second);
    let at: Vec<_> = google
        .requests_of("people.people.createContact")
        .iter()
        .map(|r| r.at)
        .collect();
    assert!(at[1].duration_since(at[0]) >= Duration::from_millis(90));
}

#[tokio::test]
async fn groups_are_made_once_and_take_members_in_and_out() {
    let google = Google::start();
    let client = client(&google);
    let ada = google.people().contact(named("Ada", "ada@example.com"));
    let group = client.create_group("Friends of Ada").await.unwrap();
    assert_eq!(client.create_group("Friends of Ada").await.unwrap(), group);
    google.fault("people.contactGroups.create", 1, Fault::CutBeforeAnswer);
    let lost = client.create_group("Others").await.unwrap();
    assert_eq!(lost.name, "Others");
    let name = group.resource_name.as_str();
    let passed = client
        .change_members(name, &[&ada, "people/c77777"], &[])
        .await
        .unwrap();
    assert_eq!(passed.not_found, ["people/c77777"]);
    let read = client.get(&ada).await.unwrap().unwrap();
    assert!(read.groups().any(|g| g == name));
    let only = "contactGroups/myContacts";
    client.change_members(only, &[], &[&ada]).await.unwrap();
    let passed = client.change_members(name, &[], &[&ada]).await.unwrap();
    assert_eq!(passed.only_group, std::slice::from_ref(&ada));
    let renamed = client.rename_group(&group, "Team").await.unwrap();
    assert_eq!(renamed.name, "Team");
    let all = client.groups().await.unwrap();
    assert!(all.iter().any(|g| g.name == "Team" && g.member_count == 1));
    client.delete_group(name).await.unwrap();
    client.delete_group(name).await.unwrap();
    assert!(google.people().person(&ada).is_some());
}

#[tokio::test]
async fn nothing_is_changed_while_comms_is_read_only() {
    let google = Google::start();
    let client = Client::new(google.api().read_only(true));
    let ada = person(named("Ada", "ada@example.com"));
    assert!(matches!(client.create(&ada).await, Change::Refused(_)));
    assert!(client.delete("people/c1").await.is_err());
    assert!(
        synced(&client, Book::Contacts, None)
            .await
            .people
            .is_empty()
    );
    assert_eq!(google.requests().len(), 1);
}
