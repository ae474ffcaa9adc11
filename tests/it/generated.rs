//! Checked-in completions and man pages are what the command tree says.
//!
//! `COMMS_BLESS=1 cargo test --test it generated` writes them anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::CommandFactory;
use comms::cli::Cli;
use comms::cli::generate::{GUIDES, Shell, completion_script, pages};

#[test]
fn completions_are_fresh() {
    let scripts = [
        ("comms.bash", Shell::Bash),
        ("_comms", Shell::Zsh),
        ("comms.fish", Shell::Fish),
        ("_comms.ps1", Shell::Powershell),
        ("comms.elv", Shell::Elvish),
    ];
    let scripts = scripts.map(|(name, shell)| (name.to_owned(), completion_script(shell)));
    compare("completions", scripts.into());
}

#[test]
fn man_pages_are_fresh() {
    compare(
        "man",
        pages()
            .into_iter()
            .map(|(name, text)| (name, text.into_bytes()))
            .collect(),
    );
}

#[test]
fn the_request_collection_is_fresh() {
    let files = comms::serve::api::collection::files();
    let files = files.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    compare("examples/http", files.into());
}

#[test]
fn a_request_of_the_collection_is_comments_a_method_and_headers() {
    let [(_, requests), _] = comms::serve::api::collection::files();
    for request in requests.split("\n### ").skip(1) {
        let head = request.split("\n\n").next().unwrap();
        let mut lines = head.lines().skip(1).skip_while(|l| l.starts_with("# "));
        let first = lines.next().unwrap_or_default();
        assert!(first.contains(" {{host}}/v1/"), "{head}");
        assert!(lines.all(|l| l.contains(": ")), "{head}");
    }
}

#[test]
fn the_help_screen_lists_every_command() {
    let mut root = Cli::command();
    let help = root.render_help().to_string();
    for command in root.get_subcommands().filter(|c| !c.is_hide_set()) {
        let about = command.get_about().unwrap().to_string();
        let line = help.lines().find(|l| {
            l.trim_start()
                .starts_with(&format!("{} ", command.get_name()))
        });
        let line =
            line.unwrap_or_else(|| panic!("`{}` is not on the help screen", command.get_name()));
        assert!(
            line.ends_with(&about),
            "`{}` is told otherwise: {line} / {about}",
            command.get_name()
        );
    }
    assert!(
        help.lines().count() <= 49,
        "the help is longer than a screen"
    );
    assert!(
        help.lines().all(|l| l.chars().count() <= 100),
        "the help is wider than a screen"
    );
}

#[test]
fn the_help_screen_lists_every_guide() {
    let help = Cli::command().render_help().to_string();
    let (_, listed) = help.split_once("comms man ").unwrap();
    let listed: Vec<&str> = listed.split('|').map(str::trim).collect();
    let names: Vec<&str> = GUIDES.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, names);
}

#[test]
fn every_command_has_words_for_its_help() {
    fn check(command: &clap::Command, path: &str) {
        for arg in command.get_arguments().filter(|a| !a.is_hide_set()) {
            assert!(
                arg.get_help().is_some(),
                "`{path}`: {} has no help",
                arg.get_id()
            );
            let help = arg.get_help().unwrap().to_string();
            assert!(
                !help.ends_with('.'),
                "`{path}`: {}: full stop: {help}",
                arg.get_id()
            );
        }
        for child in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            let path = format!("{path} {}", child.get_name());
            assert!(child.get_about().is_some(), "`{path}` has no help");
            check(child, &path);
        }
    }
    let root = Cli::command();
    check(&root, "comms");
}

#[test]
fn the_command_tree_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_guides_end_like_man_pages() {
    for (name, text) in GUIDES {
        assert!(
            text.contains(&format!(".TH COMMS-{} 7", name.to_uppercase())),
            "{name}"
        );
        assert!(text.contains(".SH SEE ALSO"), "{name}");
        for (n, line) in text.lines().enumerate() {
            assert!(line.chars().count() <= 160, "{name}:{}: too long", n + 1);
        }
    }
}

fn compare(dir: &str, wanted: BTreeMap<String, Vec<u8>>) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let bless = std::env::vars().any(|(k, v)| k == "COMMS_BLESS" && v == "1");
    if bless {
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in &wanted {
            fs::write(dir.join(name), text).unwrap();
        }
    }
    for entry in fs::read_dir(&dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !wanted.contains_key(&name) {
            assert!(
                bless,
                "{name} is left over; run COMMS_BLESS=1 cargo test --test it generated"
            );
            fs::remove_file(dir.join(name)).unwrap();
        }
    }
    for (name, text) in wanted {
        let found = fs::read(dir.join(&name)).unwrap_or_default();
        assert!(
            found == text,
            "{name} is stale; run COMMS_BLESS=1 cargo test --test it generated"
        );
    }
}
