//! `--template`: what is filled in, what is refused, and where templates are looked for.

use crate::support::World;

#[test]
fn a_missing_variable_is_named_with_file_and_line() {
    let world = World::new();
    let file = world.file(
        "hello.txt",
        "Subject: Hi {{ name }}\n\nDear {{ name }},\nroom {{ rom }}\n",
    );
    let args = [
        "send",
        "local@localhost",
        "--template",
        &file,
        "--var",
        "name=Ada",
    ];
    let run = world.run(args).fails(2);
    assert!(
        run.stderr
            .contains("hello.txt:4: there is no value for `rom`"),
        "{}",
        run.stderr
    );
    let run = world
        .run(
            args.into_iter()
                .chain(["--var", "rom=1", "--var", "romm=2"]),
        )
        .fails(2);
    assert!(run.stderr.contains("has no `romm`"), "{}", run.stderr);
    let listed = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    assert_eq!(listed["items"], serde_json::json!([]));
}

#[test]
fn a_template_is_found_by_name_and_its_values_are_data() {
    let world = World::new().config("");
    std::fs::create_dir_all(world.home().join("templates")).unwrap();
    let template = "Subject: Hi {{ name }}\n\n**Dear** {{ name }}, room {{ room }}\n";
    std::fs::write(world.home().join("templates/hello.md"), template).unwrap();
    let args = [
        "send",
        "local@localhost",
        "--template",
        "hello",
        "--var",
        "name=*Ada* {{ 7 * 7 }}",
        "--var",
        "room=1",
        "--json",
    ];
    let shown = world.run(args.into_iter().chain(["--dry-run"])).ok().json();
    assert_eq!(shown["items"][0]["subject"], "Hi *Ada* {{ 7 * 7 }}");
    let sent = world.run(args).ok().json();
    let id = sent["items"][0]["id"].as_str().unwrap().to_owned();
    let item = world.run(["outbox", "show", &id, "--json"]).ok().json();
    let text = item["rendered"]["text"].as_str().unwrap();
    assert!(
        text.contains("**Dear** *Ada* {{ 7 * 7 }}, room 1"),
        "{text}"
    );

    let run = world
        .run(["send", "local@localhost", "--template", "helo"])
        .fails(2);
    assert!(
        run.stderr.contains("did you mean `hello`?"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_value_can_not_add_a_header() {
    let world = World::new();
    let file = world.file("x.txt", "Subject: {{ s }}\n\ntext\n");
    let run = world
        .run([
            "send",
            "local@localhost",
            "--template",
            &file,
            "--var",
            "s=a\r\nBcc: eve@x.example",
        ])
        .fails(2);
    assert!(
        run.stderr
            .contains("x.txt:1: `Subject` would have a line break"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_answer_can_be_a_template_too() {
    let world = World::new();
    let file = world.file("thanks.html", "<p>Thanks, {{ name }}</p>\n");
    world
        .run(["send", "local@localhost", "-s", "One", "-m", "one"])
        .ok();
    let args = [
        "reply",
        "m1",
        "--template",
        &file,
        "--var",
        "name=<Bob>",
        "--dry-run",
        "--json",
    ];
    let shown = world.run(args).ok().json();
    assert_eq!(shown["items"][0]["subject"], "Re: One");
    let text = shown["items"][0]["rendered"]["text"].as_str().unwrap();
    assert!(text.contains("Thanks, <Bob>"), "{text}");
}
