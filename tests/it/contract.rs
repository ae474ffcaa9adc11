//! The output contract, proven through the binary.

use crate::support::World;

#[test]
fn a_wrong_command_is_a_usage_error_with_a_suggestion() {
    let run = World::new().run(["sned"]).fails(2);
    assert!(
        run.stdout.is_empty() && run.stderr.contains("send"),
        "{run}"
    );
}

#[test]
fn a_wrong_flag_is_a_json_error_when_json_was_asked_for() {
    let run = World::new().run(["--json", "inbox", "--nonsense"]).fails(2);
    assert!(run.stdout.is_empty(), "{run}");
    assert_eq!(run.json_error()["error"]["code"], "usage");
}

#[test]
fn a_broken_config_names_its_place() {
    let run = World::new()
        .config("[inbox]\nmax_agee = \"1s\"\n")
        .run(["inbox"])
        .fails(3);
    assert!(run.stderr.contains("config.toml:2:1: `max_agee`"), "{run}");
    assert!(
        run.stderr.contains("hint: did you mean `max_age`?"),
        "{run}"
    );
}
