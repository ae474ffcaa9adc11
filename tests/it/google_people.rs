//! Contacts synced with Google's address book, and people of Slack and Chat as contacts, through the binary.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::google::wire::Refusal;
use crate::support::google::{Fault, Google, TOKEN};
use crate::support::slack::{Slack, User};

const LIST: &str = "people.people.connections.list";
const CREATE: &str = "people.people.batchCreateContacts";
const UPDATE: &str = "people.people.batchUpdateContacts";

fn world(google: &Google, more: &str) -> World {
    World::new()
        .config(&format!(
            "[accounts.me]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n{more}\n",
            google.url
        ))
        .env("COMMS_SECRET_ME", TOKEN)
        .env("COMMS_PASSPHRASE", "pass")
}

fn both_ways(google: &Google) -> World {
    world(google, "contacts = \"sync\"\nquota = \"none\"")
}

fn person(given: &str, family: &str, email: &str) -> Value {
    json!({
        "names": [{"givenName": given, "familyName": family}],
        "emailAddresses": [{"value": email, "type": "work"}],
    })
}

fn contacts(world: &World) -> Vec<Value> {
    let run = world
        .run(["contacts", "list", "--limit", "5000", "--format", "json"])
        .ok();
    run.json()["contacts"].as_array().unwrap().clone()
}

fn names(world: &World) -> Vec<String> {
    let mut names: Vec<String> = contacts(world)
        .iter()
        .map(|c| c["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn named(world: &World, name: &str) -> Value {
    let all = contacts(world);
    let found = all.iter().find(|c| c["name"] == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {all:?}"))
        .clone()
}

fn values(contact: &Value) -> Vec<String> {
    let addresses = contact["addresses"].as_array().unwrap().iter();
    addresses
        .map(|a| a["value"].as_str().unwrap().to_owned())
        .collect()
}

fn sync(world: &World) -> crate::support::Run {
    world.run(["contacts", "sync", "me", "--format", "json"])
}

fn writes(google: &Google) -> usize {
    let all = google.requests();
    all.iter()
        .filter(|r| r.id.starts_with("people.") && r.method != "GET")
        .count()
}

#[test]
fn contacts_go_both_ways_and_nothing_is_left_to_do() {
    let google = Google::start();
    let team = google.people().group("Team");
    let mut ada = person("Ada", "Lovelace", "ada@example.com");
    ada["memberships"] = json!([
        {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/myContacts"}},
        {"contactGroupMembership": {"contactGroupResourceName": team}},
    ]);
    ada["relations"] = json!([{"person": "Byron", "type": "father"}]);
    let ada = google.people().contact(ada);
    google
        .people()
        .contact(person("Grace", "Hopper", "grace@example.com"));
    let world = both_ways(&google);
    let add = [
        "contacts",
        "add",
        "Alan Turing",
        "alan@example.com",
        "@chess",
        "--zone",
        "Europe/London",
    ];
    world.run(add).ok();
    sync(&world).ok();
    assert_eq!(
        names(&world),
        ["Ada Lovelace", "Alan Turing", "Grace Hopper"]
    );
    assert_eq!(
        google.people().names(),
        ["Ada Lovelace", "Alan Turing", "Grace Hopper"]
    );
    assert_eq!(named(&world, "Ada Lovelace")["groups"], json!(["Team"]));
    assert_eq!(google.people().groups().len(), 2);
    google.forget_requests();
    let run = sync(&world).ok();
    assert_eq!(run.json()["sources"][0]["steps"], json!([]), "{run}");
    assert_eq!(writes(&google), 0);
    // Each side changes a field of the same contact.
    world
        .run([
            "contacts",
            "edit",
            "Ada Lovelace",
            "--title",
            "Countess",
            "--group",
            "chess",
        ])
        .ok();
    google
        .people()
        .change(&ada, json!({"nicknames": [{"value": "Enchantress"}]}));
    sync(&world).ok();
    let here = named(&world, "Ada Lovelace");
    assert_eq!(
        (&here["title"], &here["nicknames"]),
        (&json!("Countess"), &json!(["Enchantress"]))
    );
    let there = google.people().person(&ada).unwrap();
    assert_eq!(there["organizations"][0]["title"], "Countess");
    assert_eq!(there["nicknames"][0]["value"], "Enchantress");
    assert_eq!(there["relations"][0]["person"], "Byron");
    assert_eq!(there["memberships"].as_array().unwrap().len(), 3);
    // And each side deletes one.
    google.people().remove(&ada);
    world
        .run(["contacts", "remove", "Grace Hopper", "--yes"])
        .ok();
    sync(&world).ok();
    assert_eq!(names(&world), ["Alan Turing"]);
    assert_eq!(google.people().names(), ["Alan Turing"]);
    sync(&world).ok();
    assert_eq!(google.people().count(), 1);
}

#[test]
fn a_plan_changes_nothing_and_is_then_done() {
    let google = Google::start();
    google
        .people()
        .contact(person("Ada", "Lovelace", "ada@example.com"));
    let world = both_ways(&google);
    world
        .run(["contacts", "add", "Alan Turing", "alan@example.com"])
        .ok();
    let run = world
        .run(["contacts", "sync", "me", "--plan", "--format", "json"])
        .ok();
    let plan = run.json()["plan"].as_str().unwrap().to_owned();
    assert_eq!((writes(&google), names(&world).len()), (0, 1));
    world.run(["contacts", "sync", "--apply", &plan]).ok();
    assert_eq!((google.people().count(), names(&world).len()), (2, 2));
}

#[test]
fn a_contact_that_changed_since_it_was_read_is_merged_again_field_by_field() {
    let google = Google::start();
    let ada = google
        .people()
        .contact(person("Ada", "Lovelace", "ada@example.com"));
    let world = both_ways(&google);
    sync(&world).ok();
    world
        .run(["contacts", "edit", "Ada Lovelace", "--title", "Countess"])
        .ok();
    // The list does not show yet what another client wrote: the ETag does.
    google.people().lag();
    google.people().change(&ada, json!({
        "organizations": [{"name": "Analytical Engines"}], "nicknames": [{"value": "Enchantress"}],
    }));
    sync(&world).ok();
    assert_eq!(google.count(UPDATE), 2);
    let there = google.people().person(&ada).unwrap();
    assert_eq!(
        there["organizations"][0],
        json!({
            "name": "Analytical Engines", "title": "Countess", "metadata": there["organizations"][0]["metadata"],
        })
    );
    assert_eq!(there["nicknames"][0]["value"], "Enchantress");
    google.people().settle();
    sync(&world).ok();
    let here = named(&world, "Ada Lovelace");
    assert_eq!(
        (&here["organization"], &here["title"]),
        (&json!("Analytical Engines"), &json!("Countess"))
    );
}

#[test]
fn a_merge_takes_over_what_no_card_holds_and_tells_what_google_does_not_let_go_along() {
    let google = Google::start();
    let mut first = person("Ada", "Lovelace", "ada@example.com");
    first["genders"] = json!([{"value": "female"}]);
    first["addresses"] = json!([{"streetAddress": "1 Main St"}]);
    let ada = google.people().contact(first);
    let mut other = person("Ada", "King", "king@example.com");
    other["genders"] = json!([{"value": "unspecified"}]);
    other["addresses"] = json!([{"streetAddress": "2 Side St", "type": "work"}]);
    other["relations"] = json!([{"person": "Byron", "type": "father"}]);
    other["organizations"] = json!([{"name": "Engines", "department": "Looms"}]);
    other["imClients"] = json!([{"username": "king", "protocol": "jabber"}]);
    other["photos"] = json!([{"url": "https://photos.example.com/king"}]);
    let king = google.people().contact(other);
    let world = both_ways(&google);
    sync(&world).ok();
    let id = named(&world, "Ada King")["id"].as_str().unwrap().to_owned();
    let merged = world
        .run(["contacts", "merge", "Ada Lovelace", "Ada King"])
        .ok();
    assert!(merged.stderr.contains("the photo of"), "{merged}");
    let run = world.run(["contacts", "sync", "--format", "json"]).ok();
    assert!(run.stdout.contains("takes over addresses"), "{run}");
    assert!(run.stdout.contains("\"photo\""), "{run}");
    assert!(google.people().person(&king).is_none());
    let says = |there: &Value| {
        for part in ["2 Side St", "Byron", "Looms", "jabber"] {
            assert!(there.to_string().contains(part), "{part} in {there}");
        }
    };
    let there = google.people().person(&ada).unwrap();
    says(&there);
    assert!(there.to_string().contains("1 Main St"), "{there}");
    assert_eq!(there["genders"].as_array().unwrap().len(), 1, "{there}");
    let before = writes(&google);
    sync(&world).ok();
    assert_eq!(writes(&google), before);
    // Taken back, each has its own.
    world.run(["contacts", "undo", &id]).ok();
    sync(&world).ok();
    assert_eq!(google.people().count(), 2);
    let made = google.requests_of(CREATE).pop().unwrap();
    let made: Value = serde_json::from_slice(&made.body).unwrap();
    says(&made);
    assert!(!made.to_string().contains("1 Main St"), "{made}");
}

#[test]
fn a_list_that_lags_behind_reverts_and_revives_nothing() {
    let google = Google::start();
    let ada = google
        .people()
        .contact(person("Ada", "Lovelace", "ada@example.com"));
    google
        .people()
        .contact(person("Grace", "Hopper", "grace@example.com"));
    let world = both_ways(&google);
    sync(&world).ok();
    google.people().lag();
    world
        .run(["contacts", "edit", "Ada Lovelace", "--title", "Countess"])
        .ok();
    world
        .run(["contacts", "remove", "Grace Hopper", "--yes"])
        .ok();
    world
        .run(["contacts", "add", "Alan Turing", "alan@example.com"])
        .ok();
    sync(&world).ok();
    // Everything is read anew, and as it was before.
    google.people().expire_sync();
    sync(&world).ok();
    assert_eq!(named(&world, "Ada Lovelace")["title"], "Countess");
    assert_eq!(names(&world), ["Ada Lovelace", "Alan Turing"]);
    assert_eq!(google.people().names(), ["Ada Lovelace", "Alan Turing"]);
    google.people().settle();
    sync(&world).ok();
    assert_eq!(names(&world), ["Ada Lovelace", "Alan Turing"]);
    assert_eq!(google.people().names(), ["Ada Lovelace", "Alan Turing"]);
    let title = google.people().person(&ada).unwrap()["organizations"][0]["title"].clone();
    assert_eq!(title, "Countess");
}

#[test]
fn an_expired_token_leads_to_a_whole_reading_and_only_what_is_gone_goes() {
    let google = Google::start();
    let all: Vec<String> = (0..2100)
        .map(|n| {
            google.people().contact(person(
                "P",
                &format!("{n:04}"),
                &format!("p{n}@example.com"),
            ))
        })
        .collect();
    let world = both_ways(&google);
    sync(&world).ok();
    assert_eq!((google.count(LIST), contacts(&world).len()), (3, 2100));
    google.people().remove(&all[7]);
    google
        .people()
        .change(&all[8], json!({"nicknames": [{"value": "Eight"}]}));
    google.people().expire_sync();
    google.forget_requests();
    let run = sync(&world).ok();
    let report = run.json();
    let here = &report["sources"][0]["here"];
    assert_eq!(
        here,
        &json!({"added": 0, "changed": 1, "removed": 1}),
        "{here}"
    );
    assert_eq!((google.count(LIST), contacts(&world).len()), (4, 2099));
    assert_eq!(writes(&google), 0);
    google.fault(LIST, 1, Fault::Status(410, String::new(), Vec::new()));
    sync(&world).ok();
    assert_eq!(contacts(&world).len(), 2099);
}

#[test]
fn one_of_many_that_is_refused_stops_no_other() {
    let google = Google::start();
    google.people().refuse("Bad");
    let world = both_ways(&google);
    for name in ["Good One", "Bad One", "Fine One"] {
        let email = format!("{}@example.com", &name[..3]);
        world.run(["contacts", "add", name, &email]).ok();
    }
    let run = sync(&world).fails(9);
    let left = &run.json()["sources"][0]["left"];
    assert_eq!(left.as_array().unwrap().len(), 1, "{run}");
    assert_eq!(left[0]["name"], "Bad One");
    assert_eq!(google.people().names(), ["Fine One", "Good One"]);
    sync(&world).fails(9);
    assert_eq!(google.people().count(), 2);
    world
        .run(["contacts", "edit", "Bad One", "--name", "Better One"])
        .ok();
    sync(&world).ok();
    assert_eq!(
        google.people().names(),
        ["Better One", "Fine One", "Good One"]
    );
}

#[test]
fn a_contact_whose_answer_was_lost_is_found_again_and_made_once() {
    let google = Google::start();
    let world = both_ways(&google);
    world
        .run(["contacts", "add", "Alan Turing", "alan@example.com"])
        .ok();
    google.people().lag();
    google.fault(CREATE, 1, Fault::CutBeforeAnswer);
    sync(&world).fails(7);
    assert_eq!(google.people().count(), 1);
    // Not listed yet: it is not made again.
    sync(&world).fails(9);
    assert_eq!(google.count(CREATE), 1);
    google.people().settle();
    sync(&world).ok();
    sync(&world).ok();
    assert_eq!((google.people().count(), google.count(CREATE)), (1, 1));
    assert_eq!(names(&world), ["Alan Turing"]);
    world
        .run(["contacts", "edit", "Alan Turing", "--title", "Fellow"])
        .ok();
    sync(&world).ok();
    assert_eq!(google.count(UPDATE), 1);
}

#[test]
fn a_contact_that_may_have_been_made_although_google_says_it_failed_is_made_once() {
    for code in [13, 4] {
        let google = Google::start();
        let world = both_ways(&google);
        world
            .run(["contacts", "add", "Alan Turing", "alan@example.com"])
            .ok();
        google.people().lag();
        google.people().doubt(Some(code));
        sync(&world).fails(7);
        google.people().doubt(None);
        // Not listed yet: it is not made again.
        sync(&world).fails(9);
        google.people().settle();
        sync(&world).ok();
        sync(&world).ok();
        assert_eq!((google.people().count(), google.count(CREATE)), (1, 1));
        assert_eq!(names(&world), ["Alan Turing"]);
    }
}

#[test]
fn a_contact_that_google_keeps_under_another_name_stays_the_one_it_is() {
    for expired in [true, false] {
        let google = Google::start();
        let ada = google
            .people()
            .contact(person("Ada", "Lovelace", "ada@example.com"));
        google
            .people()
            .contact(person("Bob", "Jones", "bob@example.com"));
        let world = both_ways(&google);
        sync(&world).ok();
        let before = named(&world, "Ada Lovelace")["id"].clone();
        google.people().rename(&ada, "people/c900");
        if expired {
            google.people().expire_sync();
        }
        for _ in 0..2 {
            sync(&world).ok();
            assert_eq!(names(&world), ["Ada Lovelace", "Bob Jones"], "{expired}");
        }
        assert_eq!(named(&world, "Ada Lovelace")["id"], before);
        assert_eq!((writes(&google), google.people().count()), (0, 2));
        // It is known where it is: changes go both ways.
        world
            .run(["contacts", "edit", "Ada Lovelace", "--title", "Countess"])
            .ok();
        sync(&world).ok();
        let there = google.people().person("people/c900").unwrap();
        assert_eq!(there["organizations"][0]["title"], "Countess");
        google.people().remove("people/c900");
        sync(&world).ok();
        assert_eq!(names(&world), ["Bob Jones"], "{expired}");
        assert_eq!(google.people().count(), 1);
    }
}

#[test]
fn two_that_google_made_one_under_a_third_name_are_one_here() {
    let google = Google::start();
    let hand = google.people();
    let ada = hand.contact(person("Ada", "Lovelace", "ada@example.com"));
    let twin = hand.contact(person("Ada", "Byron", "byron@example.com"));
    let world = both_ways(&google);
    sync(&world).ok();
    hand.rename(&ada, "people/c900");
    hand.rename(&twin, "people/c900");
    hand.expire_sync();
    for _ in 0..2 {
        sync(&world).ok();
    }
    assert_eq!(names(&world), ["Ada Byron"]);
    assert_eq!((writes(&google), hand.count()), (0, 1));
}

#[test]
fn a_change_that_google_refuses_as_a_whole_ends_as_one_refused_by_itself() {
    let stale = || {
        let message = "Request person.etag is different than the current person.etag.";
        Refusal::new(400, "FAILED_PRECONDITION", "failedPrecondition", message)
    };
    let ended = |whole: Option<Refusal>, gone: bool| {
        let google = Google::start();
        let ada = google
            .people()
            .contact(person("Ada", "Lovelace", "ada@example.com"));
        let world = both_ways(&google);
        sync(&world).ok();
        world
            .run(["contacts", "edit", "Ada Lovelace", "--title", "Countess"])
            .ok();
        google.people().lag();
        match gone {
            true => google.people().remove(&ada),
            false => google
                .people()
                .change(&ada, json!({"nicknames": [{"value": "Enchantress"}]})),
        }
        if let Some(refusal) = whole {
            google.fault(UPDATE, 1, Fault::Refuse(refusal));
        }
        sync(&world).ok();
        google.people().settle();
        sync(&world).ok();
        let here = named(&world, "Ada Lovelace");
        assert_eq!(here["title"], "Countess");
        (here["nicknames"].clone(), google.people().names())
    };
    assert_eq!(ended(Some(stale()), false), ended(None, false));
    assert_eq!(ended(Some(Refusal::not_found()), true), ended(None, true));
}

#[test]
fn a_contact_that_was_not_made_after_all_is_made_when_that_is_certain() {
    let google = Google::start();
    let world = both_ways(&google);
    world
        .run(["contacts", "add", "Alan Turing", "alan@example.com"])
        .ok();
    google.fault(CREATE, 1, Fault::CutBeforeWork);
    sync(&world).fails(7);
    sync(&world).fails(9);
    assert_eq!(google.people().count(), 0);
    let world = world.env("COMMS_NOW", "2026-11-21T14:00:00Z");
    sync(&world).ok();
    sync(&world).ok();
    assert_eq!((google.people().count(), names(&world).len()), (1, 1));
}

#[test]
fn a_login_from_before_the_contacts_were_wanted_is_told_by_the_list_of_accounts() {
    let google = Google::start();
    let more = format!(
        "token_url = \"{}/token\"\nclient_id = \"comms\"",
        google.url
    );
    let tokens = json!({
        "access_token": TOKEN, "refresh_token": "r3fresh", "token_type": "bearer",
        "expires_at": "2026-11-21T11:00:00Z", "obtained_at": "2026-11-21T10:00:00Z",
        "logged_in_at": "2026-11-21T10:00:00Z", "issuer": null, "client_id": "comms",
        "scopes": ["https://www.googleapis.com/auth/gmail.modify"],
        "token_url": format!("{}/token", google.url),
    });
    let world = World::new()
        .config(&format!(
            "[accounts.me]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n\
             contacts = \"read\"\n{more}\n",
            google.url
        ))
        .env("COMMS_SECRET_ME_TOKENS", &tokens.to_string())
        .env("COMMS_SECRET_ME_CLIENT_SECRET", "cl13nt-s3cret");
    sync(&world).ok();
    let run = world.run(["auth", "list", "--json"]).ok();
    let all = run.json();
    let all = all["accounts"].as_array().unwrap();
    let me = all.iter().find(|row| row["account"] == "me").unwrap();
    let step = me["next_step"].as_str().unwrap_or_default();
    assert!(
        step.contains("comms auth login me --consent") && step.contains("contacts.readonly"),
        "{run}"
    );
    assert!(!step.contains("gmail"), "{step}");
}

#[test]
fn a_sync_that_was_killed_while_it_made_a_contact_makes_it_once() {
    let google = Google::start();
    let world = both_ways(&google);
    world
        .run(["contacts", "add", "Alan Turing", "alan@example.com"])
        .ok();
    google.fault(CREATE, 1, Fault::Hang);
    let mut child = world.spawn(["contacts", "sync", "me"]);
    let until = Instant::now() + Duration::from_secs(60);
    while google.people().count() == 0 {
        assert!(Instant::now() < until, "nothing was made");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sync(&world).ok();
    assert_eq!((google.people().count(), google.count(CREATE)), (1, 1));
    assert_eq!(names(&world), ["Alan Turing"]);
}

#[test]
fn a_limit_of_the_provider_is_waited_for() {
    let google = Google::start();
    google
        .people()
        .contact(person("Ada", "Lovelace", "ada@example.com"));
    let world = both_ways(&google);
    google.fault(LIST, 1, Fault::RetryAfter(1));
    google.fault(CREATE, 1, Fault::RateLimited403);
    world
        .run(["contacts", "add", "Alan Turing", "alan@example.com"])
        .ok();
    sync(&world).ok();
    assert_eq!((google.people().count(), names(&world).len()), (2, 2));
    let bucket =
        "Quota exceeded for quota metric 'Critical read requests (Contact and Profile Reads)'.";
    let refusal = Refusal::new(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", bucket);
    google.faults(LIST, 4, &Fault::Refuse(refusal));
    let run = sync(&world);
    google.forget_faults();
    assert!(
        run.code == 0 || run.stderr.contains("Critical read requests"),
        "{run}"
    );
}

#[test]
fn an_address_book_that_is_only_read_is_never_changed() {
    let google = Google::start();
    let ada = google
        .people()
        .contact(person("Ada", "Lovelace", "ada@example.com"));
    let world = world(&google, "contacts = \"read\"");
    sync(&world).ok();
    world
        .run(["contacts", "edit", "Ada Lovelace", "--title", "Countess"])
        .ok();
    world
        .run(["contacts", "add", "Alan Turing", "alan@example.com"])
        .ok();
    google
        .people()
        .change(&ada, json!({"nicknames": [{"value": "Enchantress"}]}));
    sync(&world).ok();
    assert_eq!(writes(&google), 0);
    let here = named(&world, "Ada Lovelace");
    assert_eq!(
        (&here["title"], &here["nicknames"]),
        (&json!("Countess"), &json!(["Enchantress"]))
    );
    assert_eq!(names(&world).len(), 2);
}

#[test]
fn lists_that_only_tell_are_taken_where_they_are_asked_for() {
    let google = Google::start();
    google
        .people()
        .contact(person("Ada", "Lovelace", "ada@example.com"));
    google
        .people()
        .other(person("Bob", "Other", "bob@example.com"));
    let eve = person("Eve", "Colleague", "eve@example.com");
    google.people().colleague(eve);
    let plain = both_ways(&google);
    sync(&plain).ok();
    assert_eq!(names(&plain), ["Ada Lovelace"]);
    let all = "contacts = \"sync\"\nbooks = [\"contacts\", \"others\", \"directory\"]";
    let world = world(&google, all);
    sync(&world).ok();
    assert_eq!(
        names(&world),
        ["Ada Lovelace", "Bob Other", "Eve Colleague"]
    );
    sync(&world).ok();
    assert_eq!((writes(&google), names(&world).len()), (0, 3));
    // Who has no domain learns it, and gets the others.
    google.people().is_private();
    let run = world.run(["contacts", "sync", "me"]).fails(9);
    assert!(run.stdout.contains("`books`"), "{run}");
}

#[test]
fn groups_are_made_by_name_and_follow_their_new_names() {
    let google = Google::start();
    google.people().group("Chess");
    let world = both_ways(&google);
    world
        .run([
            "contacts",
            "add",
            "Alan Turing",
            "alan@example.com",
            "@chess",
            "@band",
        ])
        .ok();
    sync(&world).ok();
    let mut groups = google.people().groups();
    groups.sort();
    assert_eq!(groups, ["Chess", "band"]);
    let state = || google.state();
    let renamed = {
        let mut state = state();
        let group = state
            .people
            .groups
            .values_mut()
            .find(|g| g["name"] == "band")
            .unwrap();
        group["name"] = json!("Orchestra");
        group["formattedName"] = json!("Orchestra");
        group["resourceName"].as_str().unwrap().to_owned()
    };
    sync(&world).ok();
    let groups = named(&world, "Alan Turing")["groups"].to_string();
    assert!(
        groups.contains("Orchestra") && !groups.contains("band"),
        "{groups}"
    );
    assert_eq!(google.people().members(&renamed).len(), 1);
    assert_eq!(google.people().groups().len(), 2);
}

#[test]
fn a_login_that_was_not_granted_contacts_is_told_what_to_do() {
    let google = Google::start();
    let run = world(&google, "").run(["contacts", "sync", "me"]).fails(3);
    assert!(run.stderr.contains("contacts = \"sync\""), "{run}");
    assert!(google.requests().is_empty());
    let scope = "https://www.googleapis.com/auth/gmail.modify";
    if google.allow_for("mail-only", &[scope]).is_none() {
        return;
    }
    let world = both_ways(&google).env("COMMS_SECRET_ME", "mail-only");
    let run = world.run(["contacts", "sync", "me"]).fails(4);
    assert!(run.stderr.contains("--consent"), "{run}");
}

#[test]
fn people_of_a_slack_workspace_become_contacts_and_leave_the_address_when_they_leave() {
    let slack = Slack::start();
    let mut grace = User::new("U0GRACE1", "grace", "Grace Hopper");
    grace.phone = "+14155550199".to_owned();
    slack.state().users.push(grace);
    let world = World::new()
        .config(&slack.account())
        .env("COMMS_SECRET_WORK", crate::support::slack::TOKEN)
        .env("COMMS_PASSPHRASE", "pass");
    world
        .run(["contacts", "add", "Bob", "bob@example.com"])
        .ok();
    world.run(["contacts", "sync", "work"]).ok();
    let bob = named(&world, "Bob");
    assert!(
        values(&bob).contains(&"bob@example.com".to_owned()),
        "{bob}"
    );
    let slack_of = |contact: &Value| {
        let addresses = contact["addresses"].as_array().unwrap().iter();
        addresses.filter(|a| a["kind"] == "slack").count()
    };
    assert_eq!(slack_of(&bob), 1);
    let grace = named(&world, "Grace Hopper");
    assert!(
        values(&grace).contains(&"+14155550199".to_owned()),
        "{grace}"
    );
    assert_eq!(grace["zone"], "Europe/London");
    let before = contacts(&world);
    world.run(["contacts", "sync", "work"]).ok();
    assert_eq!(contacts(&world), before);
    for user in &mut slack.state().users {
        user.deleted |= user.handle == "grace";
    }
    world.run(["contacts", "sync", "work"]).ok();
    let grace = named(&world, "Grace Hopper");
    assert_eq!(slack_of(&grace), 0);
    assert!(
        values(&grace).contains(&"grace@example.com".to_owned()),
        "{grace}"
    );
}

#[test]
fn members_of_chat_spaces_become_contacts() {
    let google = Google::start();
    let team = google.chat().space("AAA", "Team");
    let dm = google
        .chat()
        .dm("DM", "users/7", "Grace Hopper", "grace@example.com");
    google.chat().post(&dm, "users/7", "Hello");
    google
        .chat()
        .user("users/8", "Alan Turing", "alan@example.com");
    google.chat().join(&team, "users/8");
    let world = World::new()
        .config(&format!(
            "[accounts.me]\nchannel = \"google-chat\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n",
            google.url
        ))
        .env("COMMS_SECRET_ME", TOKEN)
        .env("COMMS_PASSPHRASE", "pass");
    sync(&world).ok();
    assert_eq!(names(&world), ["Alan Turing", "Grace Hopper"]);
    let grace = named(&world, "Grace Hopper");
    assert!(values(&grace).contains(&"users/7".to_owned()), "{grace}");
    let before = contacts(&world);
    sync(&world).ok();
    assert_eq!(contacts(&world), before);
    google.chat().leave("spaces/DM");
    sync(&world).ok();
    assert!(!values(&named(&world, "Grace Hopper")).contains(&"users/7".to_owned()));
}
