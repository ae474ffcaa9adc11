//! What is done to messages in Google Chat: reactions, changes, deletions, attachments, answers.

use serde_json::json;

use crate::support::World;
use crate::support::google::wire::Refusal;
use crate::support::google::{Fault, Google, TOKEN};

fn world(google: &Google) -> World {
    World::new()
        .config(&format!(
            "[accounts.chat]\nchannel = \"google-chat\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n",
            google.url
        ))
        .env("COMMS_SECRET_CHAT", TOKEN)
}

fn texts(google: &Google, space: &str) -> Vec<String> {
    let messages = google.chat().messages(space);
    let text = |m: &serde_json::Value| m["text"].as_str().unwrap_or_default().to_owned();
    messages.iter().map(text).collect()
}

fn names(google: &Google, space: &str) -> Vec<String> {
    let messages = google.chat().messages(space);
    let name = |m: &serde_json::Value| m["name"].as_str().unwrap_or_default().to_owned();
    messages.iter().map(name).collect()
}

#[test]
fn one_reacts_once_however_often_and_takes_it_back() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    google.chat().user("users/7", "Bob", "bob@example.com");
    google.chat().post(&space, "users/7", "done?");
    let world = world(&google);
    world.run(["inbox", "sync"]).ok();
    world.run(["react", "m1", "👍"]).ok();
    world.run(["react", "m1", "👍"]).ok();
    assert_eq!(google.state().chat.spaces[&space].reactions.len(), 1);
    world.run(["react", "m1", "👍", "--remove"]).ok();
    assert_eq!(google.state().chat.spaces[&space].reactions.len(), 0);
    world.run(["react", "m1", "thumbsup"]).fails(2);
    world.run(["--read-only", "react", "m1", "👍"]).fails(6);
    assert_eq!(google.state().chat.spaces[&space].reactions.len(), 0);
}

#[test]
fn an_agent_under_hold_may_not_act_where_nothing_can_be_held() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    google.chat().user("users/7", "Bob", "bob@example.com");
    google.chat().post(&space, "users/7", "done?");
    let world = world(&google).env("COMMS_ORIGIN", "agent");
    world.run(["inbox", "sync"]).ok();
    world.run(["react", "m1", "👍"]).fails(6);
    assert_eq!(google.state().chat.spaces[&space].reactions.len(), 0);
}

#[test]
fn a_message_of_ones_own_is_changed_and_taken_back_and_no_others() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    google.chat().user("users/7", "Bob", "bob@example.com");
    google.chat().post(&space, "users/7", "hello");
    let world = world(&google);
    world.run(["send", "chat:spaces/AAA", "-m", "at 9"]).ok();
    world.run(["inbox", "sync"]).ok();
    let own = world.run(["search", "at 9", "--json"]).ok().json();
    let own = own["messages"][0]["id"].as_str().unwrap().to_owned();
    world.run(["edit", &own, "-m", "at *10*"]).ok();
    assert!(texts(&google, &space)[1].contains("10"));
    let shown = world.run(["inbox", "show", &own, "--json"]).ok().json();
    assert!(shown["text"].as_str().unwrap().contains("10"), "{shown}");
    let other = world.run(["search", "hello", "--json"]).ok().json();
    let other = other["messages"][0]["id"].as_str().unwrap().to_owned();
    world.run(["edit", &other, "-m", "x"]).fails(6);
    world.run(["unsend", &other]).fails(6);
    world.run(["unsend", &own]).ok();
    world.run(["unsend", &own]).ok();
    assert_eq!(texts(&google, &space)[0], "hello");
    assert!(texts(&google, &space).get(1).is_none_or(String::is_empty));
}

#[test]
fn what_was_said_in_a_space_one_is_not_in_any_more_is_not_told_as_taken_back() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    let world = world(&google);
    for text in ["secret words", "quick words"] {
        world.run(["send", "chat:spaces/AAA", "-m", text]).ok();
    }
    world.run(["inbox", "sync"]).ok();
    let id = |text: &str| {
        let found = world.run(["search", text, "--json"]).ok().json();
        found["messages"][0]["id"].as_str().unwrap().to_owned()
    };
    let (secret, quick) = (id("secret"), id("quick"));
    let left = google.state().chat.spaces.remove(&space).unwrap();
    let run = world.run(["unsend", &secret]).fails(5);
    assert!(run.stderr.contains("you are not in it"), "{run}");
    assert!(run.stderr.contains("hint: "), "{run}");
    let shown = world.run(["inbox", "show", &secret, "--json"]).ok().json();
    assert_eq!(shown["text"], "secret words", "{shown}");
    google.state().chat.spaces.insert(space.clone(), left);
    // Nor is what the space still shows.
    let gone = Refusal::new(404, "NOT_FOUND", "notFound", "Message not found.");
    google.fault("chat.spaces.messages.delete", 1, Fault::Refuse(gone));
    world.run(["unsend", &secret]).fails(6);
    assert_eq!(id("secret"), secret);
    world.run(["unsend", &secret]).ok();
    assert!(google.chat().message(&names(&google, &space)[0]).unwrap()["deleteTime"].is_string());
    // In a space that can be read, someone was quicker.
    google.chat().delete(&names(&google, &space)[1]);
    world.run(["unsend", &quick]).ok();
    let found = world.run(["search", "words", "--json"]).ok().json();
    assert_eq!(found["messages"], json!([]), "{found}");
}

#[test]
fn an_answer_goes_into_its_thread_and_shows_there() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    google.chat().user("users/7", "Bob", "bob@example.com");
    google.chat().post(&space, "users/7", "done?");
    let world = world(&google);
    world.run(["inbox", "sync"]).ok();
    world.run(["reply", "m1", "-m", "yes"]).ok();
    let messages = google.chat().messages(&space);
    assert_eq!(messages[0]["thread"]["name"], messages[1]["thread"]["name"]);
    world.run(["inbox", "sync"]).ok();
    let thread = world.run(["inbox", "thread", "t1", "--json"]).ok().json();
    let thread = thread["messages"].as_array().unwrap();
    assert_eq!(thread.len(), 2, "{thread:?}");
    assert_eq!(thread[1]["message"]["sent"], true, "{thread:?}");
}

#[test]
fn attachments_go_up_and_come_down_byte_for_byte() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    google.chat().user("users/7", "Bob", "bob@example.com");
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    google.chat().media("spaces/AAA/attachments/x==", &bytes);
    google.chat().post_as(
        &space,
        "users/7",
        json!({
            "text": "the plan",
            "attachment": [{
                "name": "spaces/AAA/messages/1/attachments/x", "contentName": "../plan.pdf",
                "contentType": "application/pdf", "source": "UPLOADED_CONTENT",
                "attachmentDataRef": {"resourceName": "spaces/AAA/attachments/x=="},
            }],
        }),
    );
    let world = world(&google);
    world.run(["inbox", "sync"]).ok();
    let run = world.run(["inbox", "save", "m1", "--to", "-"]).ok();
    assert_eq!(run.bytes, bytes);
    world.run(["inbox", "save", "m1", "--to", "."]).ok();
    assert_eq!(std::fs::read(world.dir().join("plan.pdf")).unwrap(), bytes);
    let file = world.file("photo.png", &bytes);
    world
        .run(["send", "chat:spaces/AAA", "-m", "look", "-a", &file])
        .ok();
    let messages = google.chat().messages(&space);
    assert!(
        messages[1]["attachment"]
            .as_array()
            .is_some_and(|a| a.len() == 1),
        "{messages:?}"
    );
}

#[test]
fn a_space_is_named_by_its_name_and_several_of_one_name_are_told_apart() {
    let google = Google::start();
    let one = google.chat().space("AAA", "Team room");
    google.chat().space("BBB", "Ops");
    google.chat().space("CCC", "ops");
    let world = world(&google);
    world
        .run(["send", "chat:\"Team room\"", "-m", "x"])
        .fails(5);
    world.run(["inbox", "sync"]).ok();
    world
        .run(["send", "chat:\"Team room\"", "-m", "hello"])
        .ok();
    world.run(["send", "chat:team room", "-m", "again"]).ok();
    assert_eq!(texts(&google, &one), ["hello", "again"]);
    let run = world.run(["send", "chat:Ops", "-m", "x"]).fails(2);
    assert!(run.stderr.contains("chat:spaces/BBB"), "{run}");
}

#[test]
fn a_name_behind_a_sign_pings_whoever_writes_there_under_it() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team room");
    google.chat().user("users/7", "Bob Byte", "bob@example.com");
    google.chat().post(&space, "users/7", "done?");
    let world = world(&google);
    world.run(["inbox", "sync"]).ok();
    let dry = world
        .run([
            "send",
            "chat:Team room",
            "-m",
            "@bob byte yes",
            "--dry-run",
            "--json",
        ])
        .ok()
        .json();
    let text = dry["items"][0]["rendered"]["text"].as_str().unwrap();
    assert!(text.contains("<users/7> yes"), "{text}");
    world
        .run([
            "send",
            "chat:Team room",
            "-m",
            "@Bob Byte yes, `@Bob Byte`, @all <users/all>",
        ])
        .ok();
    let said = &texts(&google, &space)[1];
    assert!(
        said.starts_with("<users/7> yes, ") && said.contains("@Bob Byte"),
        "{said}"
    );
    assert!(!said.contains("<users/all>"), "{said}");
}
