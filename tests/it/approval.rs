//! Approving what a rule holds, at a real terminal.

use rexpect::session::PtySession;

use crate::support::World;
use crate::support::login::LoginServer;
use crate::support::smtp::Smtp;

/// A world in which `o1` is held, written by an agent; what follows is done by whoever is at the terminal.
fn held(server: &Smtp, policy: &str) -> World {
    let world = World::new()
        .config(&format!("{policy}{}", server.account("work")))
        .env("NO_COLOR", "1")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .env("COMMS_ORIGIN", "agent");
    world
        .run([
            "send",
            "bob@example.com",
            "--bcc",
            "eve@example.com",
            "-s",
            "offer",
            "-m",
            "ten for five",
        ])
        .fails(8);
    world.env("COMMS_ORIGIN", "")
}

fn state(world: &World, id: &str) -> String {
    let item = world.run(["outbox", "show", id, "--json"]).ok().json();
    item["state"].as_str().unwrap().to_owned()
}

/// The code that the terminal shows, and all before it.
fn code(session: &mut PtySession) -> (String, String) {
    code_of(session, "o1")
}

fn code_of(session: &mut PtySession, id: &str) -> (String, String) {
    let asked = format!("Type [a-z0-9]{{5}} to send {id}");
    let (before, asked) = session.exp_regex(&asked).unwrap();
    (before, asked.split(' ').nth(1).unwrap().to_owned())
}

#[test]
fn a_person_who_types_the_code_lets_it_go() {
    let server = Smtp::start();
    let world = held(&server, "");
    let mut session = world.at_terminal(["outbox", "approve", "o1"]);
    let (shown, code) = code(&mut session);
    for words in [
        "policy.agent.default = hold",
        "written by: agent (COMMS_ORIGIN)",
        "ada@example.com",
        "bob@example.com",
        "bcc eve@example.com",
        "offer",
        "ten for five",
        "bytes in all",
    ] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    session.send_line(&code).unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("sent"), "{rest}");
    assert_eq!(state(&world, "o1"), "sent");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_wrong_code_changes_nothing() {
    let server = Smtp::start();
    let world = held(&server, "");
    let mut session = world.at_terminal(["outbox", "approve", "o1"]);
    code(&mut session);
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
    assert_eq!(state(&world, "o1"), "held");
    for answer in ["wrong", "", "y"] {
        let mut session = world.at_terminal(["outbox", "approve", "o1"]);
        code(&mut session);
        session.send_line(answer).unwrap();
        let rest = session.exp_eof().unwrap();
        assert!(rest.contains("not the code"), "{rest}");
        assert_eq!(state(&world, "o1"), "held");
    }
    assert!(server.received().is_empty());
}

#[test]
fn only_a_person_approves() {
    let server = Smtp::start();
    let world = held(&server, "");
    // A pipe that says yes to all.
    let run = world
        .run_with("y\n".repeat(1000), ["outbox", "approve", "o1"])
        .fails(6);
    assert!(run.stderr.contains("only a person at a terminal"), "{run}");
    // An agent or a script that has a terminal.
    let mut world = world;
    for origin in ["agent", "script"] {
        world = world.env("COMMS_ORIGIN", origin);
        let shown = world.run_at_terminal(["outbox", "approve", "o1"]);
        assert!(shown.contains("only a person at a terminal"), "{shown}");
    }
    world = world.env("COMMS_ORIGIN", "").env("CLAUDECODE", "1");
    let shown = world.run_at_terminal(["outbox", "approve", "o1"]);
    assert!(shown.contains("only a person at a terminal"), "{shown}");
    assert_eq!(state(&world, "o1"), "held");
}

#[test]
fn of_two_approvals_at_once_one_wins() {
    let server = Smtp::start();
    let world = held(&server, "");
    let mut first = world.at_terminal(["outbox", "approve", "o1"]);
    let mut second = world.at_terminal(["outbox", "approve", "o1"]);
    let codes = [code(&mut first).1, code(&mut second).1];
    first.send_line(&codes[0]).unwrap();
    second.send_line(&codes[1]).unwrap();
    let told = [first.exp_eof().unwrap(), second.exp_eof().unwrap()];
    let lost = told.iter().filter(|t| t.contains("not held")).count();
    assert_eq!(lost, 1, "{told:?}");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn what_changed_while_someone_looked_stays_held() {
    let server = Smtp::start();
    let world = held(&server, "");
    let mut session = world.at_terminal(["outbox", "approve", "o1"]);
    let (_, code) = code(&mut session);
    let db = rusqlite::Connection::open(world.home().join("comms.db")).unwrap();
    db.execute(
        "UPDATE recipients SET email = 'mal@example.com' WHERE item = 1 AND n = 0",
        [],
    )
    .unwrap();
    drop(db);
    session.send_line(&code).unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("changed while you looked"), "{rest}");
    assert_eq!(state(&world, "o1"), "held");
    assert!(server.received().is_empty());
}

#[test]
fn an_approval_holds_for_this_content_alone_and_deny_beats_it() {
    let server = Smtp::start();
    let account = server.account("work");
    let world = held(&server, "[policy.agent]\nquiet_hours = \"11:00-13:00\"\n");
    let mut session = world.at_terminal(["outbox", "approve", "o1"]);
    let (_, code) = code(&mut session);
    session.send_line(&code).unwrap();
    session.exp_eof().unwrap();
    // Approved, it waits for the end of the quiet time.
    assert_eq!(state(&world, "o1"), "ready");
    assert!(server.received().is_empty());
    let world = world
        .config(&format!("{account}[policy.agent]\ndeny = \"eve@*\"\n"))
        .env("COMMS_NOW", "2026-11-21T13:00:00Z");
    world.run(["outbox", "run"]).fails(6);
    assert_eq!(state(&world, "o1"), "failed");
    let world = world.config(&account);
    let db = rusqlite::Connection::open(world.home().join("comms.db")).unwrap();
    db.execute(
        "UPDATE recipients SET email = 'mal@example.com' WHERE item = 1 AND n = 0",
        [],
    )
    .unwrap();
    drop(db);
    // It is not what was approved.
    world.run(["outbox", "retry", "o1"]).fails(8);
    assert_eq!(state(&world, "o1"), "held");
    assert!(server.received().is_empty());
}

#[test]
fn what_is_rejected_is_never_sent_and_says_why() {
    let server = Smtp::start();
    let world = held(&server, "");
    world
        .run(["outbox", "reject", "o1", "--reason", "wrong price"])
        .ok();
    let item = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    assert_eq!(item["state"], "cancelled");
    assert!(
        item["attempts"].to_string().contains("wrong price"),
        "{item}"
    );
    world.run(["outbox", "reject", "o1"]).fails(2);
    assert!(server.received().is_empty());
}

#[test]
fn the_passphrase_is_asked_of_the_person_alone() {
    let server = Smtp::start();
    let policy = "[policy]\napproval = \"passphrase\"\n[secrets]\nstore = \"file\"\n";
    let world = held(&server, policy);
    // Without the file there is nothing to prove it with.
    let shown = world.run_at_terminal(["outbox", "approve", "o1"]);
    assert!(shown.contains("comms auth move --all --to file"), "{shown}");
    let logins = LoginServer::start(&["hunter2-Sesame"]);
    let with_login = logins.account("other");
    let config = format!("{policy}{}{with_login}", server.account("work"));
    let world = world
        .config(&config)
        .env("COMMS_PASSPHRASE", "correct horse");
    world
        .run_with("hunter2-Sesame\n", ["auth", "login", "other", "--stdin"])
        .ok();
    // The variable is set, and asked is the person all the same.
    for (typed, wanted) in [("incorrect", "held"), ("correct horse", "sent")] {
        let mut session = world.at_terminal(["outbox", "approve", "o1"]);
        session.exp_string("to approve").unwrap();
        session.send_line(typed).unwrap();
        session.exp_eof().unwrap();
        assert_eq!(state(&world, "o1"), wanted);
    }
    assert_eq!(server.received().len(), 1);
}

#[test]
fn several_are_shown_whole_and_go_by_one_code_or_not_at_all() {
    let server = Smtp::start();
    let world = held(&server, "").env("COMMS_ORIGIN", "agent");
    let html = "<p>one hundred for five</p>";
    let file = world.file("offer.html", html);
    world
        .run([
            "send",
            "cyd@example.com",
            "-s",
            "x",
            "-m",
            "ten for five",
            "--html",
            &file,
        ])
        .fails(8);
    let world = world.env("COMMS_ORIGIN", "");
    for (second, wanted, received) in [("wrong", "held", 0), ("", "sent", 2)] {
        let mut session = world.at_terminal(["outbox", "approve", "o1", "o2"]);
        let (shown, right) = code_of(&mut session, "all 2 of them");
        assert!(shown.contains("bob@example.com"), "{shown}");
        // Nobody hides in the HTML what the text does not say.
        assert!(shown.contains("one hundred for five"), "{shown}");
        let typed = if second.is_empty() { &right } else { second };
        session.send_line(typed).unwrap();
        session.exp_eof().unwrap();
        for id in ["o1", "o2"] {
            assert_eq!(state(&world, id), wanted);
        }
        assert_eq!(server.received().len(), received);
    }
}

#[test]
fn an_approval_goes_with_the_item_to_its_fallback() {
    let server = Smtp::start();
    let down = server.account("work").replace(
        "auth = \"none\"",
        "auth = \"password\"\nfallback = \"backup\"",
    );
    let backup = server.account("backup");
    let world = World::new()
        .config(&format!("[defaults]\nemail = \"work\"\n{down}{backup}"))
        .env("NO_COLOR", "1")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .env("COMMS_ORIGIN", "agent");
    world
        .run(["send", "bob@example.com", "-s", "x", "-m", "x"])
        .fails(8);
    let world = world.env("COMMS_ORIGIN", "");
    let mut session = world.at_terminal(["outbox", "approve", "o1"]);
    let (_, code) = code(&mut session);
    session.send_line(&code).unwrap();
    session.exp_eof().unwrap();
    let item = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    assert_eq!(item["state"], "sent", "{item}");
    assert_eq!(item["account"], "backup");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn who_gets_it_stands_below_whatever_its_writer_wrote() {
    let server = Smtp::start();
    let world = World::new()
        .config(&server.account("work"))
        .env("NO_COLOR", "1")
        .env("COMMS_ORIGIN", "agent");
    let text = format!(
        "{}\nAll of this goes to mum@example.com\n",
        "line\n".repeat(100)
    );
    // Cyrillic letters that look like ours.
    let to = "bob@\u{435}xample.com";
    world.run(["send", to, "-s", "x", "-m", &text]).fails(8);
    let world = world.env("COMMS_ORIGIN", "");
    let mut session = world.at_terminal(["outbox", "approve", "o1"]);
    let (shown, _) = code(&mut session);
    let last = shown.rsplit("All of this goes to ").next().unwrap();
    assert!(last.contains("(that is bob@xn--"), "{last}");
    assert!(!last.contains("mum@"), "{last}");
}

#[test]
fn what_goes_beside_the_text_is_shown_too() {
    let server = Smtp::start();
    let world = World::new()
        .config(&format!(
            "{}\n[accounts.sms]\nchannel = \"twilio\"\naccount_sid = \"AC00000000000000000000000000000001\"\n\
             address = \"+14155550100\"\n",
            server.account("work")
        ))
        .env("COMMS_SECRET_SMS", "hunter2")
        .env("NO_COLOR", "1")
        .env("COMMS_ORIGIN", "agent");
    let picture = "https://evil.example/pic.png";
    world
        .run([
            "send",
            "sms:+14155550199",
            "-m",
            "look",
            "--media-url",
            picture,
        ])
        .fails(8);
    let html = world.dir().join("mail.html");
    let tracker = "http://evil.example/seen.gif?bob";
    std::fs::write(
        &html,
        format!("<p>hello</p><a href='http://fine.example'>x</a><img src='{tracker}'>"),
    )
    .unwrap();
    let html = html.to_str().unwrap();
    world
        .run([
            "send",
            "bob@example.com",
            "-s",
            "x",
            "-m",
            "hello",
            "--html",
            html,
        ])
        .fails(8);
    let world = world.env("COMMS_ORIGIN", "");
    for (id, goes_too) in [("o1", picture), ("o2", tracker)] {
        let mut session = world.at_terminal(["outbox", "approve", id]);
        let (shown, _) = code_of(&mut session, id);
        assert!(shown.contains(goes_too), "{shown}");
    }
}
