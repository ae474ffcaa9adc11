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

/// The texts that are left in the folder of temporary files, each only for its owner to read.
fn kept(world: &World) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let files = std::fs::read_dir(world.dir().join("tmp"))
        .unwrap()
        .flatten();
    let texts = files.map(|file| {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(file.path()).unwrap();
        std::fs::remove_file(file.path()).unwrap();
        text
    });
    texts.collect()
}

fn with_editor_and_tmp(script: &str) -> World {
    let world = with_editor(script);
    let tmp = world.dir().join("tmp");
    std::fs::create_dir(&tmp).unwrap();
    world.env("TMPDIR", tmp.to_str().unwrap())
}

#[test]
fn what_was_written_in_the_editor_outlives_a_send_that_fails() {
    let world = with_editor_and_tmp("echo 'a long letter' > \"$2\"");
    let to = ["send", "you@localhost", "-s", "x"];
    for wrong in [["-a", "nope.txt"], ["--from", "nosuch"], ["--cc", "bad@@x"]] {
        let shown = world.run_at_terminal([&to[..], &wrong].concat());
        assert!(shown.contains("what you wrote is kept in"), "{shown}");
        assert_eq!(kept(&world), ["a long letter\n"], "{wrong:?}");
    }
    let shown = world.run_at_terminal([&to[..], &["--dry-run"]].concat());
    assert!(shown.contains("what you wrote is kept in"), "{shown}");
    assert_eq!(kept(&world), ["a long letter\n"]);
    let shown = world.run_at_terminal(to);
    assert!(shown.contains("sent"), "{shown}");
    assert!(kept(&world).is_empty(), "what was sent needs no file");
    // What the editor leaves when it breaks off is the user's, too; what it never changed is nothing.
    let breaks = world.file("breaks", "#!/bin/sh\necho half > \"$1\"\nexit 1\n");
    let world = world.env("EDITOR", &format!("sh {breaks}"));
    world.run_at_terminal(to);
    assert_eq!(kept(&world), ["half\n"]);
    let world = world.env("EDITOR", "false");
    world.run_at_terminal(to);
    assert!(kept(&world).is_empty());
}

#[test]
fn an_edit_that_is_overtaken_loses_no_text() {
    let script = format!(
        "{} outbox edit o1 -s other --to her@localhost\necho more >> \"$2\"",
        crate::support::binary()
    );
    let world = with_editor_and_tmp(&script);
    world
        .run(["send", "you@localhost", "-s", "x", "-m", "text", "--draft"])
        .ok();
    let shown = world.run_at_terminal(["outbox", "edit", "o1"]);
    let kept = kept(&world);
    let item = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    let has_more = item.to_string().contains("more");
    assert!(has_more || kept.len() == 1, "{shown} {item} {kept:?}");
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
