//! `comms send --csv`: whole or not at all, once each, paused and cancelled together.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::World;
use crate::support::smtp::Smtp;

const TEMPLATE: &str = "Subject: Hi {{ name }}\n\nDear {{ name }}, see you.\n";

fn people(n: usize) -> String {
    let rows: String = (0..n)
        .map(|i| format!("Name {i},p{i}@x.example\n"))
        .collect();
    format!("name,email\n{rows}")
}

fn world(server: &Smtp) -> World {
    World::new().config(&server.account("work"))
}

/// How often each recipient got something.
fn deliveries(server: &Smtp) -> BTreeMap<String, usize> {
    let mut got = BTreeMap::new();
    for message in server.received() {
        for to in message.to {
            *got.entry(to).or_default() += 1;
        }
    }
    got
}

#[test]
fn each_row_gets_its_own_message_once_and_again_is_no_second_time() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file(
        "people.csv",
        "\u{FEFF}name;email\r\n\"Ada\r\nL\";a@x.example\r\nBob;b@x.example\r\nEve;A@X.example\r\nDan;d@x.example;\r\n;\r\n",
    );
    let template = world.file("t.txt", "Subject: Hi\n\nDear {{ name }}\n");
    let run = world
        .run(["send", "--csv", &csv, "--template", &template])
        .fails(2);
    assert!(
        run.stderr
            .contains("people.csv:6: 3 fields where the header has 2"),
        "{}",
        run.stderr
    );
    let csv = world.file(
        "people.csv",
        "\u{FEFF}name;email\r\n\"Ada\r\nL\";a@x.example\r\nBob;b@x.example\r\nEve;A@X.example\r\n;\r\n",
    );
    let args = ["send", "--csv", &csv, "--template", &template, "--json"];
    let first = world.run(args).ok().json();
    assert_eq!(
        (&first["rows"], &first["sent"], &first["repeated"]),
        (&2.into(), &2.into(), &1.into())
    );
    assert_eq!(first["state"], "done");
    let again = world.run(args).ok().json();
    assert_eq!(
        (&again["replayed"], &again["sent"]),
        (&true.into(), &2.into())
    );
    let got = deliveries(&server);
    assert_eq!(got.values().collect::<Vec<_>>(), [&1, &1], "{got:?}");
    let name = first["name"].as_str().unwrap();
    assert!(name.starts_with("people-"), "{name}");
    let rows = world
        .run(["outbox", "list", "--batch", name, "--json"])
        .ok()
        .json();
    let lines: Vec<_> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["line"].clone())
        .collect();
    assert_eq!(lines, [2, 4]);
}

#[test]
fn broken_rows_are_named_and_nothing_is_staged() {
    let server = Smtp::start();
    let world = world(&server);
    let mut csv = b"name,to\nAda,a@x.example\nBob\nEve,no address\nDan,\n".to_vec();
    csv.extend(b"F\xff,f@x.example\n");
    let csv = world.file("p.csv", csv);
    let template = world.file("t.txt", TEMPLATE);
    let args = [
        "send",
        "--csv",
        &csv,
        "--template",
        &template,
        "--name",
        "one",
    ];
    let run = world.run(args).fails(2);
    for part in [
        "4 of 5 rows",
        "p.csv:3: 1 fields",
        "p.csv:4: ",
        "p.csv:5: `to` is empty",
        "p.csv:6: `name` is not UTF-8",
    ] {
        assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
    }
    assert_eq!(
        world.run(["outbox", "batches", "--json"]).ok().json()["batches"],
        serde_json::json!([])
    );
    let run = world
        .run(args.into_iter().chain(["--skip-broken", "--json"]))
        .fails(9)
        .json();
    assert_eq!((&run["sent"], &run["skipped"]), (&1.into(), &4.into()));
    assert_eq!(deliveries(&server).len(), 1);

    let other = world.file("other.txt", "{{ nme }}");
    let run = world
        .run([
            "send",
            "--csv",
            &world.file("q.csv", people(1)),
            "--template",
            &other,
        ])
        .fails(2);
    assert!(
        run.stderr.contains("there is no value for `nme`"),
        "{}",
        run.stderr
    );
    let run = world
        .run(args.into_iter().chain(["--skip-broken", "-s", "other"]))
        .fails(2);
    assert!(
        run.stderr.contains("batch `one` was another file"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_header_that_can_not_be_names_is_refused() {
    let world = World::new();
    let template = world.file("t.txt", TEMPLATE);
    for (csv, why) in [
        ("", "is empty"),
        ("name,to,name\n", "two columns are called `name`"),
        (
            "name\nx\n",
            "no column is called `to`, `email` or `address`",
        ),
        ("to,email,name\n", "several columns may be the recipient"),
        ("to,name\n", "has no row to send"),
    ] {
        let csv = world.file("p.csv", csv);
        let run = world
            .run(["send", "--csv", &csv, "--template", &template])
            .fails(2);
        assert!(run.stderr.contains(why), "{why} in {}", run.stderr);
    }
}

#[test]
fn a_dry_run_shows_the_first_rows_and_writes_nothing() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("p.csv", people(7));
    let template = world.file("t.txt", TEMPLATE);
    let run = world
        .run([
            "send",
            "--csv",
            &csv,
            "--template",
            &template,
            "--dry-run",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(run["rows"], 7);
    assert_eq!(run["preview"].as_array().unwrap().len(), 3);
    assert_eq!(run["preview"][2]["subject"], "Hi Name 2");
    assert_eq!(server.received().len(), 0);
    assert_eq!(
        world.run(["outbox", "batches", "--json"]).ok().json()["batches"],
        serde_json::json!([])
    );
}

/// Kills the command again and again, ever later, until one run comes to its end.
fn kill_until_done(world: &World, args: &[&str]) -> usize {
    let mut kills = 0;
    for step in 1u64.. {
        let mut child = world.spawn(args);
        let patience = std::time::Instant::now() + Duration::from_millis(60 * step);
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(matches!(status.code(), Some(0 | 10)), "{status:?}");
                return kills;
            }
            if std::time::Instant::now() > patience {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    kills
}

#[test]
fn killed_while_staging_it_goes_on_and_loses_and_doubles_no_row() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("p.csv", people(3000));
    let template = world.file("t.txt", TEMPLATE);
    let args = [
        "send",
        "--csv",
        &csv,
        "--template",
        &template,
        "--name",
        "big",
        "--queue",
    ];
    let kills = kill_until_done(&world, &args);
    assert!(kills > 0);
    let all = world.run(["outbox", "batches", "--json"]).ok().json();
    assert_eq!(
        (&all["batches"][0]["rows"], &all["batches"][0]["waiting"]),
        (&3000.into(), &3000.into())
    );
    let rows = world
        .run([
            "outbox", "list", "--batch", "big", "--limit", "9999", "--json",
        ])
        .ok()
        .json();
    let people: std::collections::BTreeSet<_> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["recipients"][0]["email"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(people.len(), 3000);
    assert_eq!(server.received().len(), 0);
}

#[test]
fn nothing_leaves_before_all_rows_are_staged() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("p.csv", people(3000));
    let template = world.file("t.txt", TEMPLATE);
    let args = [
        "send",
        "--csv",
        &csv,
        "--template",
        &template,
        "--name",
        "big",
    ];
    // Killed as soon as the first rows are there.
    let mut child = world.spawn(args);
    for _ in 0..2000 {
        let all = world.run(["outbox", "batches", "--json"]).json();
        if all["batches"][0]["rows"].as_u64().unwrap_or(0) > 0 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let all = world.run(["outbox", "batches", "--json"]).ok().json();
    if all["batches"][0]["state"] == "staging" {
        world.run(["outbox", "run"]).ok();
        assert_eq!(server.received().len(), 0);
        world.run(["outbox", "resume", "--batch", "big"]).fails(2);
        let item = world
            .run(["outbox", "list", "--batch", "big", "--limit", "1", "--json"])
            .ok()
            .json();
        world
            .run(["outbox", "retry", item["items"][0]["id"].as_str().unwrap()])
            .fails(2);
    }
    world.run(["outbox", "cancel", "--batch", "big"]).ok();
    world.run(args).fails(2);
}

#[test]
fn killed_while_sending_everybody_gets_it_once_or_is_in_doubt() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("p.csv", people(150));
    let template = world.file("t.txt", TEMPLATE);
    let args = [
        "send",
        "--csv",
        &csv,
        "--template",
        &template,
        "--name",
        "b",
    ];
    let kills = kill_until_done(&world, &args);
    assert!(kills > 0);
    let all = world.run(["outbox", "batches", "--json"]).ok().json();
    let batch = &all["batches"][0];
    let got = deliveries(&server);
    assert!(got.values().all(|n| *n == 1), "{got:?}");
    let (sent, doubtful) = (
        batch["sent"].as_u64().unwrap(),
        batch["unconfirmed"].as_u64().unwrap(),
    );
    assert_eq!(sent + doubtful, 150, "{batch}");
    assert!(
        got.len() as u64 >= sent && doubtful <= kills as u64,
        "{batch} {}",
        got.len()
    );
}

/// An account that refuses everything for good.
fn refusing() -> String {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut writer = stream.try_clone().unwrap();
                let _ = writer.write_all(b"220 test\r\n");
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let answer: &[u8] = match line.starts_with("RCPT") {
                        true => b"550 5.1.1 nobody of that name\r\n",
                        false => b"250 ok\r\n",
                    };
                    let _ = writer.write_all(answer);
                }
            });
        }
    });
    format!(
        "[accounts.work]\nchannel = \"smtp\"\naddress = \"ann@mail.test\"\nsmtp = \"127.0.0.1:{port}\"\ntls = \"none\"\nauth = \"none\"\n"
    )
}

#[test]
fn a_batch_that_fails_pauses_and_the_rest_waits() {
    let world = World::new().config(&refusing());
    let csv = world.file("p.csv", people(12));
    let template = world.file("t.txt", TEMPLATE);
    let args = [
        "send",
        "--csv",
        &csv,
        "--template",
        &template,
        "--name",
        "b",
        "--pause-after",
        "3",
        "--json",
    ];
    let run = world.run(args).fails(9).json();
    assert_eq!(run["state"], "paused");
    assert_eq!((&run["failed"], &run["waiting"]), (&3.into(), &9.into()));
    let run = world.run(["outbox", "run", "--json"]).ok().json();
    assert_eq!(run["items"], serde_json::json!([]));
    // The same command does not go on by itself; `resume` does, until it is too much again.
    let run = world.run(args).fails(9).json();
    assert_eq!(run["failed"], 3);
    let run = world
        .run(["outbox", "resume", "--batch", "b", "--json"])
        .fails(9)
        .json();
    assert_eq!(
        (&run["failed"], &run["state"]),
        (&6.into(), &"paused".into())
    );
    let run = world
        .run(["outbox", "cancel", "--batch", "b", "--json"])
        .fails(9)
        .json();
    assert_eq!(
        (&run["cancelled"], &run["failed"], &run["state"]),
        (&6.into(), &6.into(), &"cancelled".into())
    );
}

#[test]
fn a_batch_is_paused_resumed_and_cancelled_by_name() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("p.csv", people(5));
    let template = world.file("t.txt", TEMPLATE);
    world
        .run([
            "send",
            "--csv",
            &csv,
            "--template",
            &template,
            "--name",
            "b",
            "--queue",
        ])
        .ok();
    world.run(["outbox", "pause", "--batch", "b"]).ok();
    world.run(["outbox", "run"]).ok();
    assert_eq!(server.received().len(), 0);
    world.run(["outbox", "resume", "--batch", "b"]).ok();
    assert_eq!(deliveries(&server).len(), 5);
    world
        .run([
            "send",
            "--csv",
            &csv,
            "--template",
            &template,
            "--name",
            "c",
            "--queue",
        ])
        .ok();
    let run = world
        .run(["outbox", "cancel", "--batch", "c", "--json"])
        .ok()
        .json();
    assert_eq!(run["cancelled"], 5);
    world.run(["outbox", "run"]).ok();
    world
        .run([
            "send",
            "--csv",
            &csv,
            "--template",
            &template,
            "--name",
            "c",
        ])
        .fails(2);
    assert_eq!(server.received().len(), 5);
    world.run(["outbox", "pause", "--batch", "none"]).fails(5);
}

#[test]
fn a_row_may_go_to_a_number_in_any_spelling_once_and_its_price_is_counted() {
    let world = World::new().config(
        "[accounts.sms]\nchannel = \"twilio\"\naccount_sid = \"AC00000000000000000000000000000001\"\n\
         address = \"+14155550100\"\nregion = \"DE\"\n",
    );
    std::fs::write(
        world.home().join("prices.toml"),
        "[[price]]\nprovider = \"twilio\"\ncountry = \"DE\"\nkind = \"sms\"\namount = \"0.10\"\n\
         currency = \"USD\"\nvalid_from = 2020-01-01\nsource = \"a test\"\n",
    )
    .unwrap();
    let csv = world.file(
        "numbers.csv",
        "name,to\nAda,sms:030 901820\nAda,+49 30 901820\nBob,sms:030 901821\n",
    );
    let template = world.file("t.txt", "Dear {{ name }}, see you.\n");
    let send = [
        "send",
        "--csv",
        &csv,
        "--template",
        &template,
        "--queue",
        "--json",
    ];
    let report = world.run(send).ok().json();
    assert_eq!(
        (&report["rows"], &report["repeated"]),
        (&2.into(), &1.into()),
        "{report}"
    );
    let name = report["name"].as_str().unwrap();
    let items = world
        .run(["outbox", "list", "--batch", name, "--json"])
        .ok()
        .json();
    let items = items["items"].as_array().unwrap();
    let to: Vec<_> = items
        .iter()
        .map(|i| i["recipients"][0]["email"].as_str().unwrap())
        .collect();
    assert_eq!(to, ["sms:+4930901820", "sms:+4930901821"]);
    assert_eq!(items[0]["cost"]["estimate"], "0.1 USD", "{}", items[0]);
    let broken = world.file("numbers.csv", "name,to\nAda,sms:12\n");
    let run = world
        .run(["send", "--csv", &broken, "--template", &template])
        .fails(2);
    assert!(run.stderr.contains("numbers.csv:2"), "{run}");
}

const ALARMS: &str = "Subject: Disk full\n\nDear {{ name }}\n";

#[test]
fn a_row_repeats_one_of_its_thread_key_to_the_same_person_alone() {
    let server = Smtp::start();
    let world = world(&server);
    let template = world.file("t.txt", ALARMS);
    let first = world.file("a.csv", "email,name\na@x.example,A\nb@x.example,B\n");
    let second = world.file("b.csv", "email,name\na@x.example,A2\nc@x.example,C\n");
    let once = [
        "--thread-key",
        "disk",
        "--once-per",
        "1h",
        "--yes",
        "--json",
    ];
    let send = |csv: &str| {
        let args = ["send", "--csv", csv, "--template", &template];
        world.run(args.iter().chain(&once)).ok().json()
    };
    assert_eq!(send(&first)["sent"], 2);
    let again = send(&second);
    assert_eq!(
        (&again["sent"], &again["suppressed"]),
        (&1.into(), &1.into())
    );
    let got = deliveries(&server);
    assert_eq!(got.values().collect::<Vec<_>>(), [&1, &1, &1], "{got:?}");
    let world = world.env("COMMS_NOW", "2026-11-21T13:00:01Z");
    let third = world.file("c.csv", "email,name\na@x.example,A3\n");
    let args = ["send", "--csv", &third, "--template", &template];
    world.run(args.iter().chain(&once)).ok();
    let got = server.received();
    let last = &got.last().unwrap().data;
    assert!(last.contains("(1 more of this since"), "{last}");
    let begun = got
        .iter()
        .find(|m| m.to.contains(&"a@x.example".to_owned()));
    let begun = begun
        .unwrap()
        .data
        .lines()
        .find_map(|l| l.strip_prefix("Message-ID: "));
    let in_reply_to = last.lines().find_map(|l| l.strip_prefix("In-Reply-To: "));
    assert_eq!(in_reply_to, begun);
}

#[test]
fn once_per_in_a_batch_needs_a_thread_key() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("a.csv", people(1));
    let template = world.file("t.txt", TEMPLATE);
    let args = [
        "send",
        "--csv",
        &csv,
        "--template",
        &template,
        "--once-per",
        "1h",
    ];
    let run = world.run(args).fails(2);
    assert!(run.stderr.contains("--thread-key"), "{}", run.stderr);
}

/// Options that a bulk send makes use of; every other one it refuses.
const USED: [&str; 37] = [
    "subject",
    "attach",
    "media_url",
    "cc",
    "bcc",
    "from",
    "via",
    "yes",
    "reply_to",
    "allow_mass_mention",
    "template",
    "vars",
    "queue",
    "at",
    "dry_run",
    "allow_empty",
    "thread_key",
    "once_per",
    "csv",
    "name",
    "to_column",
    "delimiter",
    "skip_broken",
    "pause_after",
    "buttons",
    "rows",
    "rows_file",
    "list_label",
    "link",
    "flow",
    "flow_label",
    "flow_screen",
    "flow_data",
    "footer",
    "location",
    "contacts",
    "help",
];

#[test]
fn every_option_of_send_is_used_by_a_batch_or_refused() {
    use clap::CommandFactory;
    let mut tree = comms::cli::Cli::command();
    tree.build();
    let send = tree.find_subcommand("send").unwrap().clone();
    let mut looked_at = 0;
    for arg in send.get_arguments().filter(|a| !a.is_global_set()) {
        let id = arg.get_id().as_str();
        if USED.contains(&id) {
            continue;
        }
        looked_at += 1;
        let mut line = vec!["comms", "send", "--csv", "a.csv", "--template", "t.txt"];
        let flag = arg.get_long().map(|long| format!("--{long}"));
        line.extend(flag.as_deref());
        let allowed = arg.get_possible_values();
        if arg.get_action().takes_values() {
            line.push(allowed.first().map_or("1", |v| v.get_name()));
        }
        let answer = comms::cli::Cli::command().try_get_matches_from(&line);
        let kind = answer.err().map(|e| e.kind());
        assert_eq!(
            kind,
            Some(clap::error::ErrorKind::ArgumentConflict),
            "`{id}` is neither used by a bulk send nor refused"
        );
    }
    assert!(looked_at > 10, "the options were not found");
}

#[test]
fn a_row_without_a_text_is_broken_unless_it_is_meant() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("a.csv", "email,text\na@x.example,\n");
    let template = world.file("t.txt", "Subject: x\n\n{{ text }}\n");
    let args = ["send", "--csv", &csv, "--template", &template];
    let run = world.run(args).fails(2);
    assert!(
        run.stderr.contains("a.csv:2: the text is empty"),
        "{}",
        run.stderr
    );
    world.run(args.iter().chain(&["--allow-empty"])).ok();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_batch_that_waits_to_go_at_once_is_not_put_off_by_its_name_again() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("a.csv", people(2));
    let template = world.file("t.txt", TEMPLATE);
    let send = |more: &[&str]| {
        let args = ["send", "--csv", &csv, "--template", &template, "--json"];
        world.run(args.iter().chain(more))
    };
    send(&["--name", "q", "--queue"]).ok();
    let run = send(&["--name", "q", "--at", "in 3h"]).fails(2);
    assert!(run.stderr.contains("--at"), "{}", run.stderr);
    assert_eq!(server.received().len(), 0);
    // One that was staged for later stays so, and is told of.
    send(&["--name", "later", "--at", "in 3h"]).ok();
    let again = send(&["--name", "later", "--at", "in 4h"]).ok().json();
    assert_eq!(
        (&again["replayed"], &again["waiting"]),
        (&true.into(), &2.into())
    );
    assert!(
        again["warnings"][0].as_str().unwrap().contains("15:00"),
        "{again}"
    );
    assert_eq!(server.received().len(), 0);
}

#[test]
fn a_batch_is_another_one_with_other_options() {
    let server = Smtp::start();
    let world = world(&server);
    let csv = world.file("a.csv", people(1));
    let template = world.file("t.txt", TEMPLATE);
    let args = [
        "send",
        "--csv",
        &csv,
        "--template",
        &template,
        "--queue",
        "--name",
        "q",
    ];
    world.run(args).ok();
    world.run(args).ok();
    for more in [&["--allow-mass-mention"][..], &["--thread-key", "k"]] {
        let run = world.run(args.iter().chain(more)).fails(2);
        assert!(
            run.stderr.contains("batch `q` was another"),
            "{}",
            run.stderr
        );
    }
}
