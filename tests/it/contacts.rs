//! Keeping contacts through the binary: added, changed, joined, grouped, taken back and erased.

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::World;

fn run(world: &World, line: &str) -> crate::support::Run {
    world.run(std::iter::once("contacts").chain(line.split_whitespace()))
}

fn json_of(world: &World, line: &str) -> Value {
    run(world, &format!("{line} --json")).ok().json()
}

fn ada() -> World {
    let world = World::new();
    let args = [
        "contacts",
        "add",
        "Ada",
        "Lovelace",
        "ada@example.com",
        "+1 415 555 0100",
        "--nickname",
        "ada",
        "--org",
        "Analytical Engines",
        "--group",
        "team",
        "--via",
        "sms",
        "--zone",
        "Europe/London",
        "--note",
        "met in London",
    ];
    world.run(args).ok();
    world
}

fn names(list: &Value) -> Vec<&str> {
    list["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect()
}

#[test]
fn a_contact_is_added_shown_and_listed_as_people_read_it() {
    let world = ada();
    run(&world, "add Bob bob@example.com @team").ok();
    insta::assert_snapshot!(run(&world, "list --format table").ok(), @r"
    ID  NAME          ADDRESSES                          VIA  GROUPS
    c1  Ada Lovelace  ada@example.com, sms:+14155550100  sms  @team
    c2  Bob           bob@example.com                         @team
    --- exit 0
    ");
    insta::assert_snapshot!(run(&world, "show Bob --format table").ok(), @r"
    c2  Bob
      groups       @team

      bob@example.com
    --- exit 0
    ");
    insta::assert_snapshot!(run(&world, "show ada@example.com --format table").ok(), @r"
    c1  Ada Lovelace
      nicknames    ada
      organization Analytical Engines
      preferred    sms
      notes        met in London
      zone         Europe/London
      groups       @team

      ada@example.com
      sms:+14155550100
    --- exit 0
    ");
    insta::assert_snapshot!(run(&world, "list").ok(), @r"
    c1	Ada Lovelace	ada@example.com,sms:+14155550100	sms	team
    c2	Bob	bob@example.com		team
    --- exit 0
    ");
    let shown = json_of(&world, "show c1");
    assert_eq!(
        shown["addresses"][1],
        json!({"kind": "phone", "value": "+14155550100"})
    );
    assert_eq!(shown["preferred"], "sms");
    run(&world, "list --group nobody").fails(5);
    run(&world, "list --has chat --fail-empty").fails(5);
    assert_eq!(
        names(&json_of(&world, "list --has phone")),
        ["Ada Lovelace"]
    );
}

#[test]
fn nobody_is_added_twice_unless_told_so() {
    let world = ada();
    let again = run(&world, "add Augusta ADA@example.com a@x.org").fails(6);
    insta::assert_snapshot!(again, @r"
    --- stderr
    error: `ADA@example.com` is an address of `c1 Ada Lovelace`
    hint: add to it with `comms contacts edit c1 --add-address a@x.org`, or make another one with --force
    --- exit 6
    ");
    // The same number by another way is the same person.
    run(&world, "add Augusta whatsapp:+14155550100").fails(6);
    run(&world, "edit c1 --add-address a@x.org").ok();
    run(&world, "add Augusta a@x.org --force").ok();
    let warned = run(&world, "add ada b@x.org").ok();
    assert!(warned.stderr.contains("`ada` also names c1"), "{warned}");
    // Someone else's address does not wander off.
    let taken = run(&world, "edit c3 --add-address ada@example.com").fails(6);
    assert!(
        taken.stderr.contains("comms contacts merge c3 c1"),
        "{taken}"
    );
}

#[test]
fn many_come_as_json_and_what_is_known_is_told() {
    let world = ada();
    let lines = concat!(
        "{\"name\": \"Bob\", \"addresses\": [\"bob@example.com (work)\"], \"groups\": [\"team\"]}\n",
        "{\"name\": \"Augusta\", \"addresses\": [\"ada@example.com\"]}\n",
        "{\"name\": \"Robert\", \"addresses\": [{\"value\": \"BOB@example.com\"}]}\n",
    );
    let told = world
        .run_with(lines, ["contacts", "add", "--json-file", "-", "--json"])
        .fails(9)
        .json();
    let changes: Vec<_> = told["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["change"].as_str().unwrap(), c["other"].clone()))
        .collect();
    assert_eq!(
        changes,
        [
            ("added", Value::Null),
            ("exists", json!("c1")),
            ("exists", json!("c2"))
        ]
    );
    // What is printed can be given back.
    let list = run(&world, "list --json").ok().stdout;
    let other = World::new();
    let told = other
        .run_with(&list, ["contacts", "add", "--json"])
        .ok()
        .json();
    assert_eq!(told["contacts"].as_array().unwrap().len(), 2);
    assert_eq!(json_of(&other, "show Bob")["addresses"][0]["label"], "work");
    for (bad, words) in [
        ("{\"nam\": \"Ada\"}", "did you mean `name`?"),
        (
            "{\"name\": \"A\"}\n{\"name\": \"B\", \"zone\": \"Mars\"}",
            "contact 2: `Mars`",
        ),
        ("{\"name\": ", "not JSON"),
        ("[]", "no contact"),
        ("7", "an object"),
    ] {
        let run = other
            .run_with(bad, ["contacts", "add", "--json-file", "-"])
            .fails(2);
        assert!(run.stderr.contains(words), "{run}");
    }
    assert_eq!(
        json_of(&other, "list")["contacts"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn what_is_no_contact_is_refused() {
    let world = World::new();
    for line in [
        "add",
        "add Ada ada@",
        "add Ada 4155550100",
        "add Ada slack:#ops",
        "add Ada to:alerts",
        "add Ada --zone Mars",
        "add Ada --birthday 10.12.1815",
        "add Ada --via pigeon",
        "merge c1",
        "list --has fax",
        "list --after nonsense",
    ] {
        run(&world, line).fails(2);
    }
    for line in [
        "show c1",
        "show Ada",
        "history c1",
        "undo 7",
        "undo",
        "remove c9 --yes",
    ] {
        run(&world, line).fails(5);
    }
    world
        .run(["contacts", "add", "A\u{1b}[31m", "a@x.org"])
        .fails(2);
    insta::assert_snapshot!(run(&world, "list --format table").ok(), @r"
    --- stderr
    hint: no contacts yet: `comms contacts add Ada ada@example.com` makes one
    --- exit 0
    ");
    assert!(
        !world.home().join("comms.db").exists(),
        "reading makes no store"
    );
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let world = ada();
    let args = [
        "contacts",
        "edit",
        "c1",
        "--add-address",
        "ada@example.org (home)",
        "--prefer-address",
        "ada@example.org",
        "--remove-address",
        "sms:+14155550100",
        "--via",
        "none",
        "--ungroup",
        "@Team",
        "--group",
        "board",
        "--note",
        "",
        "--birthday",
        "--12-10",
    ];
    let told = world.run(args).ok();
    assert!(told.stdout.contains("changed"), "{told}");
    let card = json_of(&world, "show c1");
    let emails: Vec<_> = card["addresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["value"])
        .collect();
    assert_eq!(emails, ["ada@example.com", "ada@example.org"]);
    assert_eq!(card["addresses"][1]["primary"], true);
    assert_eq!(
        (&card["groups"], &card["birthday"]),
        (&json!(["board"]), &json!("--12-10"))
    );
    assert!(card.get("preferred").is_none() && card.get("notes").is_none());
    assert_eq!(card["organization"], "Analytical Engines");
    run(&world, "edit c1 --remove-address x@x.org").fails(5);
    let same = run(&world, "edit c1 --nickname ada").ok();
    assert!(same.stdout.contains("same"), "{same}");
    let patch = "{\"title\": \"Countess\", \"zone\": null}";
    world
        .run_with(patch, ["contacts", "edit", "Ada Lovelace"])
        .ok();
    let card = json_of(&world, "show c1");
    assert_eq!(card["title"], "Countess");
    assert!(card.get("zone").is_none());
    world
        .run_with("{\"titel\": 1}", ["contacts", "edit", "c1"])
        .fails(2);
}

#[test]
fn a_contact_is_edited_as_a_text_at_a_terminal() {
    let world = ada();
    let editor = world.file(
        "editor.sh",
        "#!/bin/sh\nsed -i -e 's/Analytical Engines/Engines/' -e 's/^# title.*/title = \"Countess\"/' \"$1\"\n",
    );
    let world = world.env("EDITOR", &format!("sh {editor}"));
    let shown = world.run_at_terminal(["contacts", "edit", "c1"]);
    assert!(shown.contains("organization, title"), "{shown}");
    let card = json_of(&world, "show c1");
    assert_eq!(
        (&card["organization"], &card["title"]),
        (&json!("Engines"), &json!("Countess"))
    );
    assert_eq!(card["addresses"][1]["value"], "+14155550100");
    let world = world.env("EDITOR", "true");
    let shown = world.run_at_terminal(["contacts", "edit", "c1"]);
    assert!(shown.contains("nothing was changed"), "{shown}");
}

#[test]
fn a_slip_in_the_text_of_a_contact_loses_nothing_that_was_written() {
    let world = ada();
    let editor = world.file(
        "editor.sh",
        "echo 'notes = [\"a long story\"]\ngarbage ===' >> \"$1\"\n",
    );
    let tmp = world.dir().join("tmp");
    std::fs::create_dir(&tmp).unwrap();
    let world = world
        .env("EDITOR", &format!("sh {editor}"))
        .env("TMPDIR", tmp.to_str().unwrap());
    let shown = world.run_at_terminal(["contacts", "edit", "c1"]);
    assert!(shown.contains("what you wrote is kept in"), "{shown}");
    let kept = std::fs::read_dir(&tmp).unwrap().next().unwrap().unwrap();
    let text = std::fs::read_to_string(kept.path()).unwrap();
    assert!(text.contains("a long story"), "{text}");
}

#[test]
fn two_who_edit_at_once_lose_nothing() {
    let world = ada();
    let children: Vec<_> = (0..12)
        .map(|n| world.spawn(["contacts", "edit", "c1", "--nickname", &format!("n{n}")]))
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let card = json_of(&world, "show c1");
    assert_eq!(card["nicknames"].as_array().unwrap().len(), 13);
    let history = json_of(&world, "history c1");
    assert_eq!(history["changes"].as_array().unwrap().len(), 13);
}

#[test]
fn of_two_who_add_the_same_one_only_one_does() {
    let world = World::new();
    let children: Vec<_> = (0..6)
        .map(|_| world.spawn(["contacts", "add", "Ada", "ada@example.com"]))
        .collect();
    let mut codes: Vec<_> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 6, 6, 6, 6, 6]);
}

#[test]
fn a_merge_joins_all_tells_what_gave_way_and_is_taken_back() {
    let world = ada();
    run(
        &world,
        "add Augusta al@example.com --org Byron --nickname al",
    )
    .ok();
    insta::assert_snapshot!(run(&world, "merge c1 c2 --format table").ok(), @r"
    ID  NAME          NOW
    c1  Ada Lovelace  changed  nicknames, addresses
    c2  Augusta       merged   into c1; name `Augusta` gave way; organization `Byron` gave way
    --- stderr
    hint: take it back with `comms contacts undo 3`
    --- exit 0
    ");
    let card = json_of(&world, "show c2");
    assert_eq!(
        (&card["id"], &card["nicknames"]),
        (&json!("c1"), &json!(["ada", "al"]))
    );
    assert_eq!(json_of(&world, "show al@example.com")["id"], "c1");
    run(&world, "merge c1 c2").fails(2);
    run(&world, "edit c1 --title Countess").ok();
    let refused = run(&world, "undo 3").fails(6);
    assert!(
        refused.stderr.contains("was changed after that"),
        "{refused}"
    );
    run(&world, "undo").ok();
    let back = json_of(&world, "undo 3");
    assert_eq!(names(&back), ["Ada Lovelace", "Augusta"]);
    assert_eq!(json_of(&world, "show c2")["organization"], "Byron");
    assert_eq!(json_of(&world, "show c1")["nicknames"], json!(["ada"]));
}

#[test]
fn duplicates_are_a_plan_of_which_exactly_what_is_picked_is_joined() {
    let world = ada();
    let lines = concat!(
        "{\"name\": \"Lovelace, Ada\", \"addresses\": [\"ada@example.com\", \"al@example.org\"]}\n",
        "{\"name\": \"Bob Kahn\", \"addresses\": [\"bob@example.com\"]}\n",
        "{\"name\": \"Bob Kahn\", \"addresses\": [\"bob@example.com\", \"bk@example.org\"]}\n",
        "{\"name\": \"Grace Hopper\", \"addresses\": [\"grace@example.net\"]}\n",
    );
    world
        .run_with(lines, ["contacts", "add", "--force", "--json-file", "-"])
        .ok();
    let plan = json_of(&world, "dedupe");
    let pairs: Vec<_> = plan["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["pair"].as_str().unwrap())
        .collect();
    assert!(
        pairs.contains(&"c1+c2") && pairs.contains(&"c3+c4"),
        "{plan}"
    );
    assert!(!pairs.iter().any(|p| p.contains("c5")), "{plan}");
    let slip = run(&world, "dedupe --apply c1+c5").fails(2);
    assert!(slip.stderr.contains("comms contacts merge c1 c5"), "{slip}");
    run(&world, "dedupe --apply c1").fails(2);
    let told = json_of(&world, "dedupe --apply c1+c2 --apply c3+c4");
    let changes: Vec<_> = told["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["change"].as_str().unwrap())
        .collect();
    assert_eq!(changes, ["changed", "merged", "changed", "merged"]);
    assert_eq!(
        json_of(&world, "list")["contacts"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    run(&world, "dedupe --fail-empty").fails(5);
    // One change, taken back at once.
    run(&world, &format!("undo {}", told["change"])).ok();
    assert_eq!(
        json_of(&world, "list")["contacts"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    let agent = world.env("COMMS_ORIGIN", "agent");
    run(&agent, "dedupe").ok();
    run(&agent, "dedupe --yes").fails(6);
}

#[test]
fn one_who_may_be_either_of_two_is_left_to_a_person() {
    let world = World::new();
    let lines = ["J. Doe", "Jane Doe", "John Doe"]
        .map(|name| format!("{{\"name\": \"{name}\", \"addresses\": [\"jd@example.com\"]}}\n"));
    world
        .run_with(
            lines.concat(),
            ["contacts", "add", "--force", "--json-file", "-"],
        )
        .ok();
    let plan = json_of(&world, "dedupe");
    let pairs = plan["pairs"].as_array().unwrap();
    assert!(pairs.len() > 1, "{plan}");
    assert!(pairs.iter().all(|pair| pair["certain"] == false), "{plan}");
    run(&world, "dedupe --yes").ok();
    let left = json_of(&world, "list");
    assert_eq!(left["contacts"].as_array().unwrap().len(), 3, "{left}");
    // Whoever knows says it.
    run(&world, "dedupe --apply c1+c2").ok();
}

#[test]
fn what_was_removed_comes_back_by_its_id() {
    let world = ada();
    let asked = run(&world, "remove c1").fails(2);
    assert!(asked.stderr.contains("--yes"), "{asked}");
    run(&world, "remove ada c1 --yes").ok();
    run(&world, "show c1").fails(5);
    insta::assert_snapshot!(run(&world, "history c1").ok(), @r"
    2	2026-11-21T12:00:00Z	c1	Ada Lovelace	remove	script	
    1	2026-11-21T12:00:00Z	c1	Ada Lovelace	add	script	
    --- exit 0
    ");
    run(&world, "undo c1").ok();
    assert_eq!(json_of(&world, "show c1")["groups"], json!(["team"]));
    assert_eq!(json_of(&world, "group show team")["reaches"], 1);
}

#[test]
fn groups_hold_contacts_groups_and_addresses_and_never_themselves() {
    let world = ada();
    run(&world, "add Bob bob@example.com").ok();
    run(&world, "group create board Bob @team c@x.org").ok();
    let ring = run(&world, "group add team @board").fails(6);
    assert!(ring.stderr.contains("@team > @board > @team"), "{ring}");
    run(&world, "group add team @team").fails(6);
    run(&world, "group create Board").fails(6);
    run(&world, "group add taem Bob").fails(5);
    for bad in ["a@b", "two.words", ""] {
        world.run(["contacts", "group", "create", bad]).fails(2);
    }
    // An address of someone who is in it is not told twice.
    run(&world, "group add board ada@example.com").ok();
    insta::assert_snapshot!(run(&world, "group list --format table").ok(), @r"
    GROUP   REACHES  CONTACTS  GROUPS AND ADDRESSES
    @board  3        1         @team ada@example.com c@x.org
    @team   1        1
    --- exit 0
    ");
    run(&world, "group rename team crew").ok();
    assert_eq!(json_of(&world, "show c1")["groups"], json!(["crew"]));
    assert_eq!(json_of(&world, "group show board")["reaches"], 3);
    run(&world, "group remove board Bob @CREW").ok();
    run(&world, "group remove board Bob").fails(5);
    assert_eq!(json_of(&world, "group show board")["reaches"], 2);
    run(&world, "group delete board").fails(2);
    run(&world, "group delete board --yes").ok();
    run(&world, "group show board").fails(5);
    // A renamed group is one change of all who are in it.
    run(&world, "undo c1").ok();
    assert_eq!(json_of(&world, "show c1")["groups"], json!(["team"]));
}

#[test]
fn an_agent_adds_people_but_never_says_whom_a_name_means() {
    let world = ada();
    run(&world, "add Bob bob@example.com").ok();
    let world = world.env("COMMS_ORIGIN", "agent");
    run(&world, "add Cyd cyd@example.com --note met").ok();
    run(&world, "edit c1 --note bright --title Countess").ok();
    for line in [
        "edit c1 --add-address evil@example.com",
        "edit c1 --remove-address ada@example.com",
        "edit c1 --prefer-address ada@example.com",
        "edit c1 --via email",
        "edit c1 --nickname boss",
        "edit c1 --name Boss",
        "edit c1 --group board",
        "add ada evil@example.com",
        "add Eve evil@example.com --nickname ada",
        "add Eve evil@example.com @team",
        "remove c1",
        "merge c1 c2",
        "undo",
        "group create board Ada",
        "group add team Bob",
        "group remove team ada",
        "group rename team crew",
        "group delete team",
    ] {
        let refused = run(&world, line).fails(6);
        assert!(
            refused.stderr.contains("an agent may not"),
            "{line}: {refused}"
        );
    }
    let history = json_of(&world, "history");
    let by: Vec<_> = history["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["by"])
        .collect();
    assert_eq!(by, ["agent", "agent", "script", "script"]);
}

#[test]
fn a_contact_opts_out_with_all_its_addresses() {
    let world = ada();
    let told = json_of(&world, "optout ada");
    let told: Vec<_> = told["optouts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["address"])
        .collect();
    assert_eq!(told, ["ada@example.com", "+14155550100"]);
    let shown = run(&world, "show c1 --format table").ok();
    assert_eq!(shown.stdout.matches("opted out").count(), 2, "{shown}");
    let list = json_of(&world, "list");
    assert_eq!(
        list["contacts"][0]["opted_out"].as_array().unwrap().len(),
        2
    );
    run(&world, "optout --remove c1").ok();
    assert_eq!(json_of(&world, "show c1")["opted_out"], json!([]));
    run(&world, "optout c9").fails(5);
    run(&world, "optout Nobody").fails(2);
}

/// Files of the home that hold this text, whatever they are.
fn holding(dir: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if fs::read(&path)
            .unwrap()
            .windows(text.len())
            .any(|w| w.eq_ignore_ascii_case(text.as_bytes()))
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn who_is_purged_is_in_no_file_any_more() {
    let world = World::new();
    run(
        &world,
        "add Quixotry quixotry@example.com +14155550199 --note Dulcinea",
    )
    .ok();
    run(&world, "add Bob bob@example.com").ok();
    run(&world, "edit c1 --remove-address quixotry@example.com").ok();
    run(&world, "group create knights Quixotry bob@example.com").ok();
    run(&world, "merge c2 c1").ok();
    run(&world, "undo").ok();
    let mail = "From: quixotry@example.com\nTo: me@example.com\nSubject: mills\nDate: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.com>\n\ngiants\n";
    world.run(["import", &world.file("mills.eml", mail)]).ok();
    run(&world, "show Quixotry").ok();
    let dry = world
        .run(["purge", "c1", "--dry-run", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&dry["contact"], &dry["messages"]),
        (&json!("c1"), &json!(1))
    );
    world.run(["purge", "c1"]).fails(2);
    world.run(["purge", "c1", "--yes"]).ok();
    run(&world, "show c1").fails(5);
    run(&world, "history c1").fails(5);
    run(&world, "show Bob").ok();
    for word in ["Quixotry", "Dulcinea", "4155550199"] {
        assert_eq!(holding(&world.home(), word), [""; 0], "{word}");
    }
    world.run(["purge", "c1", "--yes"]).fails(5);
    // Ids are never given twice, nor are the numbers of changes.
    run(&world, "add Sancho sancho@example.com").ok();
    assert_eq!(json_of(&world, "show Sancho")["id"], "c3");
}

#[test]
fn ten_thousand_contacts_come_at_once_and_are_paged_by_name() {
    let world = World::new();
    let lines: String = (0..10_000)
        .map(|n| {
            let group = if n % 10 == 0 { "\"ten\"" } else { "" };
            format!("{{\"name\": \"Person {n:05}\", \"addresses\": [\"p{n}@example.com\"], \"groups\": [{group}]}}\n")
        })
        .collect();
    let begun = Instant::now();
    world
        .run_with(
            &lines,
            ["contacts", "add", "--json-file", "-", "--format", "jsonl"],
        )
        .ok();
    let added = begun.elapsed();
    let mut after: Option<String> = None;
    let mut seen = Vec::new();
    loop {
        let mut args = vec!["contacts", "list", "--limit", "3000", "--json"];
        if let Some(after) = &after {
            args.extend(["--after", after]);
        }
        let page = world.run(args).ok().json();
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 10_000);
    assert!(seen.is_sorted());
    assert_eq!(json_of(&world, "group show ten")["reaches"], 1000);
    let begun = Instant::now();
    assert_eq!(
        names(&json_of(&world, "list --limit 2")),
        ["Person 00000", "Person 00001"]
    );
    let page = begun.elapsed();
    println!("10,000 added in {added:?}, a page in {page:?}");
    run(&world, "undo").ok();
    run(&world, "list --fail-empty").fails(5);
}
