//! What happened since a cursor, asked for over HTTP while other processes act.

use serde_json::Value;

use crate::support::World;
use crate::support::serving::Serving;

const ONLY: [&str; 2] = ["--only", "api"];

/// A world with two Maildirs that were fetched before.
fn world() -> World {
    let world = World::new();
    let mut config = String::new();
    for account in ["work", "home"] {
        for folder in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(world.dir().join(account).join(folder)).unwrap();
        }
        let path = world.dir().join(account);
        config.push_str(&format!(
            "[accounts.{account}]\nchannel = \"maildir\"\npath = \"{}\"\n",
            path.display()
        ));
    }
    let world = world.config(&config);
    arrive(&world, "work", "history");
    world
}

fn arrive(world: &World, account: &str, subject: &str) {
    let message = format!(
        "From: ann@example.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nx\r\n"
    );
    world.file(&format!("{account}/new/{subject}.host"), message);
    world.run(["inbox", "sync"]).ok();
}

fn key(world: &World, more: &[&str]) -> String {
    let args = ["auth", "key", "add"].iter().chain(more);
    world.run(args).ok().stdout.trim().to_owned()
}

fn ask(serving: &Serving, key: &str, query: &str) -> (u16, Value) {
    let head = format!("host: localhost\r\nauthorization: Bearer {key}");
    let answer = serving.get_as(&format!("/v1/events{query}"), &head);
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

fn told(page: &Value) -> Vec<String> {
    let events = page["events"].as_array().unwrap().iter();
    let word = |event: &Value| match event["type"].as_str().unwrap() {
        "message.received" => event["data"]["subject"].as_str().unwrap().to_owned(),
        "message.changed" => format!(
            "{} {}",
            event["data"]["id"].as_str().unwrap(),
            event["data"]["removed"]
        ),
        _ => event["data"]["change"].as_str().unwrap().to_owned(),
    };
    events.map(word).collect()
}

#[test]
fn a_cursor_outlives_the_server_and_a_rebuilt_index() {
    let world = world();
    let key = key(&world, &["all"]);
    let mut serving = Serving::with(&world, &ONLY);
    let (status, page) = ask(&serving, &key, "");
    assert_eq!((status, told(&page)), (200, vec![]), "{page}");
    let begin = page["next"].as_str().unwrap().to_owned();
    arrive(&world, "work", "first");
    world.run(["send", "you@localhost", "-m", "x"]).ok();
    let (_, page) = ask(&serving, &key, &format!("?after={begin}"));
    let mut words = told(&page);
    words.sort();
    assert_eq!(words, ["attempt", "first", "staged"], "{page:#}");
    let last = &page["events"][2]["cursor"];
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    world.run(["doctor", "--rebuild-index"]).ok();
    arrive(&world, "home", "second");
    let serving = Serving::with(&world, &ONLY);
    let (_, page) = ask(
        &serving,
        &key,
        &format!("?after={}", last.as_str().unwrap()),
    );
    assert_eq!(told(&page), ["second"], "{page:#}");
    // Event by event comes the same as all at once.
    let (mut at, mut one_by_one) = (begin.clone(), Vec::new());
    loop {
        let (_, page) = ask(&serving, &key, &format!("?limit=1&after={at}"));
        one_by_one.extend(told(&page));
        at = page["next"].as_str().unwrap().to_owned();
        if page["more"] == false {
            break;
        }
    }
    let (_, page) = ask(&serving, &key, &format!("?after={begin}"));
    assert_eq!(one_by_one, told(&page));
    assert_eq!(one_by_one.len(), 4);
}

#[test]
fn who_is_limited_to_accounts_hears_of_no_other() {
    let world = world();
    let (all, home) = (
        key(&world, &["all"]),
        key(&world, &["home", "--account", "home"]),
    );
    let serving = Serving::with(&world, &ONLY);
    let (_, page) = ask(&serving, &home, "");
    let begin = page["next"].as_str().unwrap().to_owned();
    arrive(&world, "work", "secret");
    world.run(["send", "you@localhost", "-m", "x"]).ok();
    arrive(&world, "home", "mine");
    let (_, page) = ask(&serving, &home, &format!("?after={begin}"));
    assert_eq!(told(&page), ["mine"], "{page:#}");
    assert!(!page.to_string().contains("work"), "{page:#}");
    let (_, page) = ask(&serving, &all, &format!("?after={begin}"));
    assert_eq!(told(&page).len(), 4, "{page:#}");
}

#[test]
fn a_cursor_of_another_store_is_told_as_such() {
    let world = world();
    let key = key(&world, &["all"]);
    let serving = Serving::with(&world, &ONLY);
    for bad in ["e1-900-0", "e1-0-900", "nonsense", "17"] {
        let (status, error) = ask(&serving, &key, &format!("?after={bad}"));
        assert_eq!(status, 400, "{bad}: {error}");
        assert!(error.to_string().contains("cursor"), "{bad}: {error}");
    }
}

#[test]
fn what_changes_of_a_message_is_told_once_as_it_is_now() {
    let world = world();
    let (all, home) = (
        key(&world, &["all"]),
        key(&world, &["home", "--account", "home"]),
    );
    arrive(&world, "work", "first");
    let serving = Serving::with(&world, &ONLY);
    let (_, page) = ask(&serving, &all, "");
    let begin = page["next"].as_str().unwrap().to_owned();
    let changes = |key: &str, after: &str| {
        let (status, page) = ask(
            &serving,
            key,
            &format!("?types=message.changed&after={after}"),
        );
        assert_eq!(status, 200, "{page}");
        page
    };
    assert!(told(&changes(&all, &begin)).is_empty());
    world.run(["inbox", "mark", "m2", "--star"]).ok();
    world
        .run(["inbox", "mark", "m2", "--read", "--label", "todo"])
        .ok();
    // Nothing is another for being marked as it was.
    world.run(["inbox", "mark", "m2", "--star"]).ok();
    let page = changes(&all, &begin);
    assert_eq!(told(&page), ["m2 false"], "{page:#}");
    let event = &page["events"][0];
    let message = &event["data"]["message"];
    assert_eq!(
        (
            &message["starred"],
            &message["unread"],
            &event["account"],
            &event["data"]["thread"]
        ),
        (
            &true.into(),
            &false.into(),
            &"work".into(),
            &message["thread"]
        )
    );
    assert!(
        told(&changes(&home, &begin)).is_empty(),
        "it is of another account"
    );
    let after = event["cursor"].as_str().unwrap().to_owned();
    assert!(told(&changes(&all, &after)).is_empty());
    // A rebuilt index changes no cursor; what is gone is told, too.
    world.run(["doctor", "--rebuild-index"]).ok();
    assert!(told(&changes(&all, &after)).is_empty());
    world.run(["purge", "subject:first", "--yes"]).ok();
    let page = changes(&all, &after);
    assert_eq!(told(&page), ["m2 true"], "{page:#}");
    assert!(page["events"][0]["data"]["message"].is_null());
    let (status, error) = ask(&serving, &all, "?after=e1-0-0-900");
    assert_eq!(status, 400, "{error}");
}
