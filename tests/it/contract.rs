//! The output contract, proven through the binary: formats, fields, colour, errors, exit codes.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::smtp::Smtp;
use crate::support::{World, binary};

/// A world with the sample mailbox in it.
fn with_mail() -> World {
    let world = World::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sample.mbox");
    world.run(["import", sample.to_str().unwrap()]).ok();
    world
}

#[test]
fn a_wrong_command_is_a_usage_error_with_a_suggestion() {
    let run = World::new().run(["sned"]).fails(2);
    insta::assert_snapshot!(run, @r"
    --- stderr
    error: there is no command `sned`
    hint: did you mean `send`?
    --- exit 2
    ");
}

#[test]
fn a_wrong_flag_is_a_json_error_when_json_was_asked_for() {
    for json in [&["--json"][..], &["--format", "json"], &["--format=jsonl"]] {
        let args = json.iter().copied().chain(["inbox", "--nonsense"]);
        let run = World::new().run(args).fails(2);
        assert!(run.stdout.is_empty(), "{run}");
        let error = run.json_error();
        assert_eq!(error["schema"], "comms.error/1");
        assert_eq!(error["error"]["code"], "usage");
        for key in ["message", "hint", "retry_after_s", "item"] {
            assert!(error["error"].get(key).is_some(), "{key} is missing: {run}");
        }
    }
}

#[test]
fn a_broken_config_names_its_place() {
    let world = World::new().config("[inbox]\nmax_agee = \"1s\"\n");
    let run = world.run(["inbox"]).fails(3);
    assert!(run.stderr.contains("config.toml:2:1: `max_agee`"), "{run}");
    assert!(
        run.stderr.contains("hint: did you mean `max_age`?"),
        "{run}"
    );
    // What is needed to mend it works all the same.
    world.run(["config", "path"]).ok();
    world.run(["man", "mail"]).ok();
    world.run(["completions", "zsh"]).ok();
    world.run(["schema", "error"]).ok();
}

#[test]
fn a_config_file_that_was_named_must_exist() {
    let run = World::new()
        .run(["--config", "/nowhere/config.toml", "config", "show"])
        .fails(3);
    assert!(
        run.stderr
            .contains("there is no config file `/nowhere/config.toml`"),
        "{run}"
    );
    World::new()
        .env("COMMS_CONFIG", "/nowhere.toml")
        .run(["inbox"])
        .fails(3);
}

#[test]
fn each_setting_tells_where_it_came_from() {
    let world = World::new()
        .config("[inbox]\nmax_age = \"5min\"\n\n[accounts.list]\nchannel = \"maildir\"\npath = \"lists\"\n")
        .env("COMMS_READONLY", "1");
    let run = world.run(["config", "show"]).ok();
    for line in [
        "inbox.max_age\t5min\tconfig.toml:2",
        "inbox.deadline\t5s\tdefault",
        "read_only\ttrue\tenvironment COMMS_READONLY",
        "accounts.list.channel\tmaildir\tconfig.toml:5",
    ] {
        assert!(run.stdout.lines().any(|l| l == line), "no {line}\n{run}");
    }
    let run = world.run(["config", "check"]).fails(3);
    assert!(run.stdout.contains("is not a folder"), "{run}");
}

#[test]
fn a_secret_in_the_environment_is_never_shown() {
    let world = World::new()
        .config("[accounts.work]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\nsmtp = \"localhost:1\"\ntls = \"none\"\n")
        .env("COMMS_SECRET_WORK", "hunter2");
    for args in [
        &["config", "show", "--json"][..],
        &["--json"],
        &["config", "check"],
    ] {
        let run = world.run(args.iter().copied());
        assert!(!run.to_string().contains("hunter2"), "{run}");
    }
}

/// Tokens stand in the memory of a process.
#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_core_file() {
    let world = World::new();
    let script = format!("ulimit -c unlimited && exec '{}' mcp", binary());
    let mut command = world.command_of("/bin/sh");
    command.args(["-c", &script]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let about = Path::new("/proc").join(child.id().to_string());
    let limit = || {
        let limits = std::fs::read_to_string(about.join("limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core"));
        core.unwrap().to_owned()
    };
    let is_ours = || std::fs::read_to_string(about.join("comm")).unwrap().trim() == "comms";
    let end = Instant::now() + Duration::from_secs(20);
    // The soft limit stands before the hard one.
    let has_none = || is_ours() && limit().split_whitespace().nth(4) == Some("0");
    while !has_none() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    let last = limit();
    crate::support::end(&mut child);
    assert_eq!(last.split_whitespace().nth(4), Some("0"), "{last}");
}

#[test]
fn a_first_run_says_how_to_begin_and_writes_nothing() {
    let world = World::new();
    let run = world.run(["--format", "table"]).ok();
    assert!(
        run.stdout.contains("comms import") && run.stdout.contains("you@localhost"),
        "{run}"
    );
    assert_eq!(std::fs::read_dir(world.home()).unwrap().count(), 0);
    let status = world.run(["--json"]).ok().json();
    assert_eq!(status["schema"], "comms.status/1");
    assert_eq!(status["first_run"], true);
}

#[test]
fn help_and_version_touch_no_disk() {
    let world = World::new()
        .config("this is not TOML")
        .env("COMMS_NOW", "never");
    for args in [["--help"], ["--version"], ["-h"]] {
        let run = world.run(args).ok();
        assert!(run.stderr.is_empty() && !run.stdout.is_empty(), "{run}");
    }
    world.run(["inbox", "--help"]).ok();
}

#[test]
fn every_format_says_the_same() {
    let world = with_mail();
    let search = |format: &str| world.run(["search", "budget", "--format", format]).ok();
    let json = search("json").json();
    assert_eq!(json["schema"], "comms.search/1");
    let rows = json["messages"].as_array().unwrap();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row["untrusted"] == true));
    let jsonl = search("jsonl").jsonl();
    assert_eq!(&jsonl, rows);
    let plain = search("plain");
    assert_eq!(plain.stdout.lines().count(), rows.len());
    for (line, row) in plain.stdout.lines().zip(rows) {
        assert!(line.contains(row["id"].as_str().unwrap()), "{plain}");
    }
    let table = search("table");
    assert_eq!(table.stdout.lines().count(), rows.len() + 1, "{table}");
    // In a pipe the default is plain.
    assert_eq!(world.run(["search", "budget"]).ok().stdout, plain.stdout);
}

#[test]
fn fields_pick_and_order_in_every_format() {
    let world = with_mail();
    let search = |format: &str| {
        world
            .run([
                "search",
                "budget",
                "--limit",
                "1",
                "--fields",
                "subject,id",
                "--format",
                format,
            ])
            .ok()
    };
    let row = search("jsonl").jsonl().remove(0);
    let keys: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["subject", "id"]);
    let plain = search("plain").stdout;
    let id = row["id"].as_str().unwrap();
    assert!(plain.trim_end().ends_with(&format!("\t{id}")), "{plain}");
    assert_eq!(search("json").json()["messages"][0], row);
}

#[test]
fn an_unknown_field_lists_the_known() {
    let world = with_mail();
    for format in ["table", "plain", "json", "jsonl"] {
        let run = world
            .run(["search", "budget", "--fields", "subjct", "--format", format])
            .fails(2);
        assert!(run.stdout.is_empty(), "{run}");
        assert!(run.stderr.contains("did you mean `subject`?"), "{run}");
    }
}

#[test]
fn colour_is_for_who_wants_it() {
    let world = with_mail();
    let args = ["inbox", "--offline", "--format", "table"];
    let escaped = |run: &str| run.contains('\x1b');
    assert!(
        !escaped(&world.run(args).ok().stdout),
        "a pipe has no colour"
    );
    let always = ["--color", "always"].into_iter().chain(args);
    assert!(escaped(&world.run(always).ok().stdout));
    let world = world.env("CLICOLOR_FORCE", "1");
    assert!(escaped(&world.run(args).ok().stdout));
    let world = world.env("NO_COLOR", "1");
    assert!(!escaped(&world.run(args).ok().stdout));
    assert!(!escaped(&world.run(["sned"]).fails(2).stderr));
}

#[test]
fn a_terminal_gets_a_table_that_fits() {
    let world = with_mail();
    let shown = world.run_at_terminal(["inbox", "--offline"]);
    let shown = console::strip_ansi_codes(&shown).replace('\r', "");
    assert!(
        shown.lines().next().is_some_and(|l| l.contains("SUBJECT")),
        "{shown}"
    );
    for line in shown.lines() {
        assert!(console::measure_text_width(line) <= 80, "too wide: {line}");
    }
}

#[test]
fn a_reader_that_goes_away_is_success() {
    let world = with_mail();
    for format in ["json", "jsonl", "plain", "table"] {
        let mut child = world.spawn(["search", "is:received", "--format", format]);
        drop(child.stdin.take());
        drop(child.stdout.take());
        let status = child.wait().unwrap();
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert!(
            status.success() && !stderr.contains("error"),
            "{format}: {stderr}"
        );
    }
}

#[test]
fn exit_codes_follow_the_table() {
    let world = with_mail();
    world.run(["inbox", "--offline"]).ok();
    assert_eq!(
        world
            .run(["inbox", "show", "m99999", "--json"])
            .fails(5)
            .json_error()["error"]["code"],
        "not_found"
    );
    world.run(["inbox", "show", "x1"]).fails(2);
    world.run(["search", "wrong:operator"]).fails(2);
    world.run(["schema", "nope"]).fails(5);
    world.run(["man", "nope"]).fails(5);
    world
        .run([
            "send",
            "ada@example.com",
            "-s",
            "x",
            "-m",
            "x",
            "--from",
            "nobody",
        ])
        .fails(3);

    // Nothing listens on port 1: the item waits, or with --no-queue nothing is kept.
    let offline = World::new().config(
        "[accounts.work]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\nsmtp = \"127.0.0.1:1\"\ntls = \"none\"\nauth = \"none\"\n",
    );
    let send = ["send", "grace@example.com", "-s", "x", "-m", "x"];
    let run = offline.run(send.into_iter().chain(["--json"])).fails(8);
    assert_eq!(run.json()["retry"]["owner"], "comms", "{run}");
    let run = offline
        .run(send.into_iter().chain(["--no-queue", "--json"]))
        .fails(7);
    assert!(
        run.stderr.contains("unavailable") || run.stdout.contains("caller"),
        "{run}"
    );

    // No secret anywhere: a login is missing.
    let locked = World::new().config(
        "[accounts.work]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\nsmtp = \"127.0.0.1:1\"\ntls = \"none\"\n",
    );
    locked.run(send).fails(4);
    locked.env("COMMS_READONLY", "1").run(send).fails(6);
}

#[test]
fn what_the_server_says_is_the_exit_code() {
    let server = Smtp::start();
    let world = World::new().config(&server.account("work"));
    let send = |to: &[&str]| {
        let rest = ["-s", "x", "-m", "x", "--json"];
        world.run(["send"].iter().chain(to).copied().chain(rest))
    };
    send(&["bob@example.com"]).ok();
    send(&["no@bounce.example"]).fails(6);
    let waits = send(&["later@slow.example"]).fails(8);
    assert_eq!(waits.json()["retry"]["owner"], "comms", "{waits}");
    send(&["bob@example.com", "no@bounce.example"]).fails(9);
    let unknown = send(&["who@silent.example"]).fails(10);
    assert!(
        unknown.to_string().contains("comms outbox resolve"),
        "{unknown}"
    );
    assert_eq!(server.received().len(), 3);
    // Nothing of it is ever sent again by itself.
    world.run(["outbox", "run"]);
    assert_eq!(server.received().len(), 3);
}

#[test]
fn the_schema_tells_the_whole_contract() {
    let document = World::new().run(["schema", "--json"]).ok().json();
    let exits: Vec<_> = document["exit_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["exit"].as_u64().unwrap())
        .collect();
    assert_eq!(exits, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130]);
    let commands = document["commands"]["commands"].as_array().unwrap();
    assert!(commands.iter().any(|c| c["name"] == "send"));
}

/// Every document that a command writes, held against its own schema.
#[test]
fn real_documents_fit_their_schemas() {
    let world = with_mail();
    world
        .run(["send", "you@localhost", "-s", "hello", "-m", "hi"])
        .ok();
    let commands: &[&[&str]] = &[
        &[],
        &["config", "show"],
        &["config", "path"],
        &["config", "check"],
        &["schema"],
        &["schema", "--policy"],
        &["schema", "--commands"],
        &["schema", "--codes"],
        &["search", "budget"],
        &["search", "--count", "budget"],
        &["search", "--explain", "budget from:grace"],
        &["inbox", "--offline"],
        &["inbox", "show", "m1"],
        &["inbox", "thread", "t1"],
        &["inbox", "mark", "m1", "--read"],
        &["inbox", "sync"],
        &["outbox", "list"],
        &["outbox", "show", "o1"],
        &["outbox", "run"],
        &["auth", "list"],
        &["doctor"],
        &["send", "you@localhost", "-s", "again", "-m", "hi"],
        &[
            "send",
            "you@localhost",
            "-s",
            "again",
            "-m",
            "hi",
            "--dry-run",
        ],
        &["reply", "m1", "-m", "hi", "--dry-run"],
        &["import", "/nowhere.mbox"],
    ];
    let schemas = world.run(["schema", "--json"]).ok().json();
    for args in commands {
        let run = world.run(args.iter().copied().chain(["--json"]));
        let document: serde_json::Value = if run.stdout.is_empty() {
            run.json_error()
        } else {
            run.json()
        };
        let name = document["schema"]
            .as_str()
            .unwrap_or_else(|| panic!("{args:?} has no schema\n{run}"));
        let all = schemas["documents"].as_array().unwrap();
        let schema = all
            .iter()
            .find(|d| d["name"] == name)
            .unwrap_or_else(|| panic!("`comms schema` doesn't know {name} of {args:?}"));
        let validator = jsonschema::validator_for(&schema["json_schema"]).unwrap();
        let faults: Vec<_> = validator
            .iter_errors(&document)
            .map(|e| format!("{} at {}", e, e.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{args:?}: {name}: {faults:?}\n{run}");
        let first = run
            .stdout
            .trim_start_matches('{')
            .split(':')
            .next()
            .unwrap_or_default();
        assert!(
            run.stdout.is_empty() || first == "\"schema\"",
            "schema does not come first in {run}"
        );
    }
}

#[test]
fn a_first_run_at_a_terminal_is_text_in_colour() {
    let shown = World::new().run_at_terminal(Vec::<String>::new());
    assert!(shown.contains('\x1b'), "{shown}");
    let shown = console::strip_ansi_codes(&shown).replace('\r', "");
    assert!(
        shown.starts_with("comms sends, reads and searches"),
        "{shown}"
    );
    assert!(shown.contains("[accounts.work]"), "{shown}");
}

#[test]
fn json_at_a_terminal_is_indented() {
    let shown = World::new()
        .run_at_terminal(["config", "path", "--json"])
        .replace('\r', "");
    assert!(
        shown.starts_with("{\n  \"schema\": \"comms.config_path/1\",\n"),
        "{shown}"
    );
}

#[test]
fn a_bug_is_told_in_one_line() {
    // Reached through the hidden switch of debug builds: there is no other way to a panic.
    let run = World::new()
        .env("COMMS_TEST_PANIC", "1")
        .run(["config", "path", "--json"])
        .fails(1);
    let error = run.json_error();
    assert_eq!(error["error"]["code"], "internal");
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("this is a bug in comms"),
        "{run}"
    );
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
}

#[test]
fn every_document_has_a_schema() {
    let known = World::new().run(["schema", "--fields", "name"]).ok().stdout;
    let known: Vec<_> = known.lines().collect();
    let mut dirs = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli")];
    let mut unknown = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let names = text
                .split('"')
                .filter(|s| s.starts_with("comms.") && s.ends_with("/1"));
            let is_test = path.file_name().is_some_and(|n| n == "tests.rs");
            unknown.extend(
                names
                    .filter(|n| !is_test && !known.contains(n))
                    .map(str::to_owned),
            );
        }
    }
    assert!(unknown.is_empty(), "not in cli/schema.rs: {unknown:?}");
}

#[test]
fn a_person_is_told_that_there_is_nothing() {
    let world = World::new();
    for (args, told) in [
        (&["inbox"][..], "the inbox is empty"),
        (&["inbox", "--unread"], "no thread fits"),
        (&["search", "nothing"], "nothing fits"),
        (&["outbox", "list"], "nothing waits"),
    ] {
        let run = world.run(args).ok();
        assert_eq!((&*run.stdout, &*run.stderr), ("", ""), "{args:?}: {run}");
        let table = [args, &["--format", "table"]].concat();
        let run = world.run(table).ok();
        assert!(run.stdout.is_empty(), "{args:?}: {run}");
        assert!(run.stderr.contains(told), "{args:?}: {run}");
    }
}

#[test]
fn the_doctor_cuts_nothing_off_at_a_narrow_terminal() {
    let world = World::new().config(
        "[accounts.work]\nchannel = \"maildir\"\naddress = \"ada@example.com\"\n\
         path = \"/nowhere/a long name of a folder/that is far/too wide for one line/of a terminal/and goes on\"\n",
    );
    let shown = world.run_at_terminal(["doctor"]);
    assert!(!shown.contains('…'), "{shown}");
    let words: Vec<_> = shown.split_whitespace().collect();
    assert!(
        words
            .join(" ")
            .contains("too wide for one line/of a terminal/and goes on"),
        "{shown}"
    );
}

#[test]
fn a_command_without_its_subcommand_is_told_apart_from_help() {
    let run = World::new().run(["outbox"]).fails(2);
    assert!(run.stdout.is_empty(), "{run}");
    assert!(
        run.stderr
            .starts_with("error: a command is missing\nhint: "),
        "{run}"
    );
    let run = World::new()
        .run(["outbox", "list", "--state", "lost"])
        .fails(2);
    assert!(run.stderr.contains("`lost` is no state"), "{run}");
    World::new()
        .run(["outbox", "list", "--limit", "0"])
        .fails(2);
}

#[test]
fn a_guide_is_shown_before_the_command_of_its_name() {
    let world = World::new();
    let guide = world.run(["man", "outbox"]).ok().stdout;
    assert!(guide.starts_with("COMMS-OUTBOX(7)\n\nNAME\n"), "{guide}");
    let command = world.run(["man", "outbox.1"]).ok().stdout;
    assert!(command.starts_with("COMMS-OUTBOX(1)\n"), "{command}");
    let source = world.run(["man", "outbox", "--roff"]).ok().stdout;
    assert!(source.contains(".TH COMMS-OUTBOX 7"), "{source}");
    let json = world.run(["man", "outbox", "--json"]).ok().json();
    assert_eq!(json["page"], "comms-outbox.7");
    assert_eq!(json["text"], guide);
}

#[test]
fn a_page_in_a_pipe_is_text_with_its_examples_as_they_are_typed() {
    let world = World::new();
    let page = world.run(["man", "outbox", "resolve"]).ok().stdout;
    for line in [
        "    comms outbox resolve [OPTIONS] <--sent|--not-sent> <ID>",
        "    comms outbox resolve o17 --sent",
    ] {
        assert!(page.lines().any(|l| l == line), "{line}\n{page}");
    }
    let guide = world.run(["man", "agents"]).ok().stdout;
    let roff = |l: &str| l.starts_with('.') || l.contains("\\f") || l.contains("\\-");
    assert!(!guide.lines().any(roff), "{guide}");
    assert!(guide.contains("comms schema --policy\n"), "{guide}");
}

#[test]
fn contacts_are_never_written_as_vcards_where_json_was_asked_for() {
    let world = World::new();
    world
        .run(["contacts", "add", "Ada", "ada@example.com"])
        .ok();
    let run = world.run(["contacts", "export", "--json"]).fails(2);
    assert!(
        run.json_error()["error"]["hint"]
            .as_str()
            .unwrap()
            .contains("contacts list"),
        "{run}"
    );
    assert_eq!(run.stdout, "");
    let lines = world
        .run(["contacts", "export", "--format", "jsonl"])
        .ok()
        .jsonl();
    assert_eq!(lines[0]["name"], "Ada");
    let path = world.dir().join("all.vcf").display().to_string();
    let run = world
        .run(["contacts", "export", "--to", &path, "--json"])
        .ok();
    assert_eq!(run.json()["contacts"], 1);
}

#[test]
fn a_send_in_json_tells_its_warnings_in_the_report_alone() {
    let world = World::new();
    let sent = [
        "send",
        "you@localhost",
        "-m",
        "see the attached plan",
        "--json",
    ];
    let run = world.run(sent).ok();
    assert_eq!(run.stderr, "", "{run}");
    assert_eq!(run.json()["warnings"].as_array().unwrap().len(), 2, "{run}");
    let plain = world.run(&sent[..4]).ok();
    assert_eq!(plain.stderr.matches("warning: ").count(), 2, "{plain}");
    let failed = world.run(["send", "nobody", "-m", "x", "--json"]).fails(5);
    assert_eq!(failed.stderr.lines().count(), 1, "{failed}");
}

#[test]
fn times_stay_whole_in_a_narrow_table() {
    let world = World::new();
    let old = "From: a-rather-long-name@example.com\nSubject: a long, long, long, long subject\n\
               Date: Thu, 30 Sep 2010 10:00:00 +0000\n\nx\n";
    let file = world.file("old.eml", old);
    world.run(["import", &file]).ok();
    let mut session = world.at_terminal_of(44, ["search", "*"]);
    let shown = session.exp_eof().unwrap();
    assert!(shown.contains("30 Sep 2010"), "{shown}");
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_could_not_be_written_is_no_success() {
    let world = World::new();
    for flag in ["--help", "--version"] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let run = world.command().arg(flag).stdout(full).output().unwrap();
        assert_eq!(run.status.code(), Some(1), "{flag}");
    }
}

#[test]
fn every_list_of_what_strangers_wrote_says_so() {
    let world = with_mail();
    let threads = world.run(["inbox", "--json"]).ok().json();
    let messages = world.run(["search", "*", "--json"]).ok().json();
    for rows in [&threads["threads"], &messages["messages"]] {
        let rows = rows.as_array().unwrap();
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|row| row["untrusted"] == true), "{rows:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_doctor_finds_a_folder_that_others_may_read_and_nobody_write() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let mode = |mode| {
        let rights = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(world.home(), rights).unwrap();
    };
    mode(0o555);
    // Root may write everywhere.
    let is_root = std::fs::write(world.home().join("probe"), "").is_ok();
    let run = world.run(["doctor", "--offline", "--json"]);
    mode(0o755);
    let checks = run.json();
    let checks = checks["checks"].as_array().unwrap();
    let folder = checks.iter().find(|c| c["name"] == "data folder").unwrap();
    assert_eq!(
        folder["state"],
        if is_root { "note" } else { "fault" },
        "{run}"
    );
}

#[test]
fn what_is_wrong_in_the_config_is_not_repeated_at_any_length() {
    let long = "x".repeat(5 << 20);
    for config in [
        format!("{long} = 1\n"),
        format!("[accounts.work]\n{long} = 1\n"),
        format!("[accounts.work]\nchannel = \"{long}\"\n"),
        format!("[accounts.{long}]\nchannel = \"smtp\"\npassword = \"x\"\n"),
    ] {
        let run = World::new()
            .config(&config)
            .run(["config", "check"])
            .fails(3);
        assert!(run.stderr.contains("xxx… (5242"), "{}", run.stderr.len());
        assert!(run.stderr.len() < 4_000, "{}", run.stderr.len());
    }
}

#[test]
fn a_file_that_is_not_there_is_a_wrong_request_with_a_hint() {
    let world = World::new();
    world.file("x.md", "hello");
    for args in [
        &["import", "nope"][..],
        &["contacts", "import", "nope.vcf"],
        &["send", "--csv", "nope.csv", "--template", "x.md"],
        &["send", "you@localhost", "-s", "x", "-f", "nope.txt"],
        &[
            "send",
            "you@localhost",
            "-s",
            "x",
            "-m",
            "x",
            "-a",
            "nope.pdf",
        ],
        &["send", "you@localhost", "-s", "x", "--html", "nope.html"],
    ] {
        let run = world.run(args).fails(2);
        assert!(
            run.stderr.contains("nope") && run.stderr.contains("hint: "),
            "{args:?}\n{run}"
        );
    }
    let run = world
        .run_with("From x\n\nhello\n", ["import", "-"])
        .fails(2);
    assert!(run.stderr.contains("write it to a file"), "{run}");
}

#[test]
fn the_log_of_an_item_that_never_was_is_not_found() {
    let world = World::new();
    world.run(["send", "you@localhost", "-m", "x"]).ok();
    world.run(["outbox", "log", "--item", "o1"]).ok();
    let run = world.run(["outbox", "log", "--item", "o99"]).fails(5);
    assert!(run.stderr.contains("o99"), "{run}");
    // Nothing of it in that time is no error.
    world
        .run(["outbox", "log", "--item", "o1", "--until", "2020-01-01"])
        .ok();
}

#[test]
fn the_keys_of_an_error_are_those_that_the_guide_names() {
    let guide = World::new().run(["man", "outbox"]).ok().stdout;
    let (_, rest) = guide.split_once("\"error\":{").unwrap();
    let named: Vec<String> = rest[..rest.find('}').unwrap()]
        .split(',')
        .map(|key| key.trim().trim_matches('"').to_owned())
        .collect();
    let run = World::new().run(["inbox", "show", "m1", "--json"]).fails(5);
    let error = run.json_error()["error"].clone();
    let keys: Vec<String> = error.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        std::collections::BTreeSet::from_iter(named),
        std::collections::BTreeSet::from_iter(keys)
    );
}

#[test]
fn a_length_of_time_is_shown_as_it_is_written() {
    let world = World::new().config("[inbox]\nmax_age = \"90s\"\n");
    let shown = world.run(["config", "show"]).ok().stdout;
    let value = |key: &str| {
        let line = shown.lines().find(|l| l.starts_with(key)).unwrap();
        line.split('\t').nth(1).unwrap().to_owned()
    };
    assert_eq!(value("inbox.max_age\t"), "1min30s");
    assert_eq!(value("serve.poll\t"), "1min");
    let again = World::new().config(&format!(
        "[inbox]\nmax_age = \"{}\"\n[serve]\npoll = \"{}\"\n",
        value("inbox.max_age\t"),
        value("serve.poll\t")
    ));
    again.run(["config", "show"]).ok();
}

#[test]
fn where_things_stand_tells_each_next_step_once_and_what_an_account_is_for() {
    let imap = |name: &str| {
        format!(
            "[accounts.{name}]\nchannel = \"imap\"\naddress = \"{name}@example.com\"\nimap = \"127.0.0.1:1\"\ntls = \"none\"\n"
        )
    };
    let world = World::new().config(&format!(
        "{}{}[accounts.alerts]\nchannel = \"slack-webhook\"\n\
         [accounts.book]\nchannel = \"carddav\"\nurl = \"http://127.0.0.1:1/\"\nusername = \"ada\"\n",
        imap("work"),
        imap("home")
    ));
    world.run(["send", "you@localhost", "-m", "x"]).ok();
    let text = world.run(["--format", "table"]).ok().stdout;
    assert_eq!(text.matches("comms inbox sync").count(), 1, "{text}");
    assert!(text.contains("`home`") && text.contains("`work`"), "{text}");
    let line = |name: &str| text.lines().find(|l| l.starts_with(name)).unwrap();
    assert!(line("alerts").contains("send only"), "{text}");
    assert!(line("book").contains("contacts only"), "{text}");
    // A reason is a sentence, no cell.
    for args in [["auth", "list"], ["inbox", "sync"]] {
        let run = world.run(args.iter().chain(&["--format", "table"]));
        assert!(!run.stdout.contains('…'), "{run}");
        assert!(run.stderr.contains("warning: home: "), "{run}");
    }
}

#[test]
fn a_small_or_that_finds_nothing_is_told_of() {
    let world = World::new();
    let search = |query: &str| world.run(["search", query, "--format", "table"]).ok();
    let run = search("lunch or dinner");
    assert!(run.stderr.contains("OR"), "{run}");
    assert!(!search("lunch dinner").stderr.contains("OR"));
}
