//! Sending at a terminal: the editor, and the questions about what people forget.

use crate::support::World;

/// A world whose editor is this shell script; `$1` is the file.
fn with_editor(script: &str) -> World {
    let world = World::new();
    let path = world.file("editor", format!("#!/bin/sh\n{script}\n"));
    let mut mode = std::fs::metadata(&path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&path, mode).unwrap();
    world.env("EDITOR", &format!("{path} -x")).env("VISUAL", "")
}

fn sent(world: &World) -> usize {
    world.run(["outbox", "list", "--all", "--json"]).ok().json()["items"]
        .as_array()
        .unwrap()
        .len()
}

#[test]
fn the_editor_writes_the_text() {
    // `-x` comes first: the variable may hold arguments.
    let world = with_editor("echo 'from the editor' > \"$2\"");
    let shown = world.run_at_terminal(["send", "you@localhost", "-s", "x"]);
    assert!(shown.contains("sent"), "{shown}");
    let text = world.run(["inbox", "show", "m1", "--json"]).ok().json();
    assert!(text["text"].as_str().unwrap().contains("from the editor"));
}

#[test]
fn an_empty_text_or_a_failing_editor_sends_nothing() {
    for (script, wanted) in [
        ("true", "the text is empty"),
        ("exit 1", "nothing was sent"),
    ] {
        let world = with_editor(script);
        let shown = world.run_at_terminal(["send", "you@localhost", "-s", "x"]);
        assert!(shown.contains(wanted), "{shown}");
        assert_eq!(sent(&world), 0);
    }
}

#[test]
fn what_is_forgotten_is_asked_about() {
    for (args, question) in [
        (vec!["-m", "hello"], "the subject is empty"),
        (
            vec!["-s", "x", "-m", "see the attached file"],
            "speaks of an attachment",
        ),
    ] {
        for (answer, items) in [("n", 0), ("y", 1)] {
            let world = World::new();
            let mut all = vec!["send", "you@localhost"];
            all.extend(&args);
            let mut session = world.at_terminal(all);
            session.exp_string(question).unwrap();
            session.send(answer).unwrap();
            session.flush().unwrap();
            session.exp_eof().unwrap();
            assert_eq!(sent(&world), items, "{question} {answer}");
        }
    }
}

#[test]
fn without_a_terminal_it_is_only_told() {
    let world = World::new();
    let run = world
        .run(["send", "you@localhost", "-m", "see the attached file"])
        .ok();
    assert!(run.stderr.contains("the subject is empty"), "{run}");
    assert!(run.stderr.contains("nothing is attached"), "{run}");
}
