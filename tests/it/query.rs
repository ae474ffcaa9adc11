//! The query language against a small mailbox, through the binary.

use serde_json::Value;

use crate::mailbox::world;
use crate::support::{Run, World};

/// First words of the subjects, as found; `-` for none.
fn names(messages: &[Value]) -> String {
    let first = |m: &Value| {
        let subject = m["subject"].as_str().unwrap_or_default();
        subject.split(' ').next().unwrap_or_default().to_owned()
    };
    let names: Vec<String> = messages.iter().map(first).collect();
    let names = names.iter().map(|n| if n.is_empty() { "-" } else { n });
    names.collect::<Vec<_>>().join(" ")
}

fn search(world: &World, more: &[&str]) -> Run {
    let args = ["search", "--limit", "50"].iter().chain(more).copied();
    world.run(args.collect::<Vec<_>>())
}

const ALL: &str = "Draft Lunch Re: Report 東京の会議 Résumé Sale - Emoji 한국어 [builders] Year Trashed Spam Fluß Visa Old Import Imported";

#[test]
fn accents_of_other_scripts_and_joined_letters_need_not_be_typed() {
    let world = World::new();
    let subjects = ["Ελλάδα", "Ёлка", "ﬁne", "Straße", "ＡＢＣ", "Οδυσσεύς"];
    let mails: String = subjects
        .iter()
        .enumerate()
        .map(|(n, subject)| {
            format!("From a@x.org Sun Nov 22 10:00:00 2026\nFrom: a@x.org\nSubject: {subject}\nMessage-ID: <u{n}@x>\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n\nx\n\n")
        })
        .collect();
    world.run(["import", &world.file("u.mbox", mails)]).ok();
    for (subject, typed) in [
        (
            "Ελλάδα",
            &["Ελλαδα", "ΕΛΛΑΔΑ", "ελλάδα", "ελλα*", "\"Ελλάδα\""][..],
        ),
        ("Ёлка", &["Елка", "ёлка", "subject:елка"]),
        ("ﬁne", &["fine", "FINE", "ﬁne"]),
        (
            "Straße",
            &["strasse", "STRASSE", "straße", "stras*", "straß*"],
        ),
        ("ＡＢＣ", &["abc", "ａｂｃ"]),
        ("Οδυσσεύς", &["οδυσσευς", "ΟΔΥΣΣΕΥΣ"]),
    ] {
        for typed in typed {
            let found = search(&world, &["--json", "--", typed]).ok().json();
            assert_eq!(
                names(found["messages"].as_array().unwrap()),
                subject,
                "{typed}"
            );
        }
    }
}

#[test]
fn each_query_finds_what_it_says() {
    let world = world();
    let mut wrong = Vec::new();
    for (query, expected) in [
        ("*", ALL),
        ("report", "Re: Report Year Spam"),
        ("REPORT", "Re: Report Year Spam"),
        ("rep*", "Re: Report Year Spam"),
        ("reports", ""),
        ("report budget", "Report"),
        ("report AND thanks", "Re:"),
        ("report -budget", "Re: Year Spam"),
        ("report NOT (budget OR free)", "Re: Year"),
        ("budget OR café", "Report Résumé"),
        ("(budget OR thanks) from:ada", "Report"),
        ("budget OR thanks from:ada", "Report"),
        ("\"year end\"", "[builders]"),
        ("year end", "[builders] Year"),
        ("\"OR\"", "Year"),
        ("resume", "Résumé"),
        ("résumé", "Résumé"),
        ("cafe naif", "Résumé"),
        ("angstrom", "Résumé"),
        ("uber strasse", "Fluß"),
        ("uber straße", "Fluß"),
        ("東京", "東京の会議"),
        ("都庁", "東京の会議"),
        ("京会", ""),
        ("会議 -大阪", "東京の会議"),
        ("from:田中", "東京の会議"),
        ("서울", "한국어"),
        ("offer", "Sale Trashed"),
        ("invisible", ""),
        ("party", "Emoji"),
        ("C++", "Lunch"),
        ("fe80::1", "Lunch"),
        ("12:30", "Lunch"),
        ("don't", "Lunch"),
        ("well-known", "Visa"),
        ("http://party.example.com/now?who=all", "Emoji"),
        ("subject:report", "Re: Report"),
        ("subject:(minutes OR plan)", "Draft [builders] Year"),
        ("from:ada", "Lunch Report Import"),
        ("from:\"Ada Lovelace\"", "Lunch Report"),
        ("from:ada@example.com", "Lunch Report Import"),
        ("from:example.net", "Sale - Trashed"),
        ("from:o'brien", "Visa"),
        (
            "-from:(ada OR bob OR me OR shop) in:inbox",
            "東京の会議 Résumé - 한국어 Fluß Visa",
        ),
        ("to:bob", "Draft Lunch"),
        ("to:eve", "Re:"),
        ("cc:eve", "Re:"),
        ("to:me cc:me", "Lunch"),
        ("has:attachment", "Report Old"),
        ("filename:invoice", "Report"),
        ("filename:\"quarterly invoice\"", "Report"),
        ("filename:scan.png", "Old"),
        ("filename:quart*", "Report"),
        ("has:link", "Sale Emoji"),
        ("is:unread", "Lunch Report Sale Spam Import Imported"),
        ("is:unread -in:junk account:home", "Lunch Report Sale"),
        ("is:starred", "Résumé"),
        ("is:sent", "Re:"),
        ("is:received has:attachment", "Report Old"),
        ("is:received to:ada", ""),
        ("in:sent", "Re:"),
        ("in:drafts", "Draft"),
        ("in:trash", "Trashed"),
        ("in:(trash OR junk)", "Trashed Spam"),
        ("in:lists/builders", "[builders] Year"),
        ("in:builders", "[builders] Year"),
        ("in:archive", "Old"),
        ("account:local", "Import Imported"),
        ("-account:home", "Import Imported"),
        ("channel:mail subject:sale", "Sale"),
        ("channel:imap", ""),
        ("label:urgent", "Lunch"),
        ("label:\"to read\"", "Sale"),
        ("label:(urgent OR \"To Read\")", "Lunch Sale"),
        ("label:nothing", ""),
        ("on:2026-11-20", "Re: Report"),
        ("on:yesterday", "Re: Report"),
        ("on:today", "Draft Lunch"),
        ("after:2026-11-20", "Draft Lunch Re: Report"),
        ("after:2026-11-20 before:2026-11-21", "Re: Report"),
        ("before:2020-01-01", "Imported"),
        ("after:2025-12-31T23:00:00Z before:2026-01-01", "Visa"),
        ("after:2026-01-01T00:00:00+01:00 before:2026-01-01", "Visa"),
        ("newer_than:2d", "Draft Lunch Re: Report"),
        ("older_than:2y", "Old Import Imported"),
        ("older_than:1m newer_than:6m", "Trashed Spam Fluß"),
        ("larger:40k", "Old"),
        ("smaller:40k has:attachment", "Report"),
        ("-*", ""),
    ] {
        let found = search(&world, &["--format", "jsonl", "--", query]).ok();
        let found = names(&found.jsonl());
        if found != expected {
            wrong.push(format!("{query}\n  found {found}\n  not   {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_thread_is_found_by_its_id() {
    let world = world();
    let report = search(&world, &["budget", "--json"]).ok().json();
    let thread = report["messages"][0]["thread"].as_str().unwrap();
    let found = search(&world, &[&format!("thread:{thread}"), "--format", "jsonl"]).ok();
    assert_eq!(names(&found.jsonl()), "Re: Report");
}

#[test]
fn words_after_the_first_may_exclude_beside_flags() {
    let world = world();
    for args in [
        &["report", "-budget", "--format", "jsonl"][..],
        &["--format", "jsonl", "report", "-budget"],
        &["report", "--format=jsonl", "-budget"],
        &["--format", "jsonl", "--", "report", "-budget"],
        &["--format", "jsonl", "report -budget"],
        &["--format", "jsonl", "--", "-budget report"],
        &["report", "-from:ada", "--format", "jsonl"],
    ] {
        let found = search(&world, args).ok();
        assert_eq!(names(&found.jsonl()), "Re: Year Spam", "{args:?}");
    }
    let found = search(
        &world,
        &["report", "-(budget OR free)", "--format", "jsonl"],
    )
    .ok();
    assert_eq!(names(&found.jsonl()), "Re: Year");
}

#[test]
fn a_mistake_is_pointed_at_and_ends_with_2() {
    let world = world();
    for (query, message, carets) in [
        (
            "report form:ada",
            "did you mean `from:`?",
            "           ^^^^^",
        ),
        ("東京 foo:x", "there is no operator `foo:`", "         ^^^^"),
        ("from:", "`from:` needs a value", "    ^^^^^"),
        ("(a OR b", "this parenthesis is never closed", "    ^"),
        (
            "has:atachment",
            "did you mean `attachment`?",
            "        ^^^^^^^^^",
        ),
        (
            "after:soonish",
            "`soonish` is not a time",
            "          ^^^^^^^",
        ),
        (
            "account:hom report",
            "did you mean `home`?",
            "            ^^^",
        ),
        ("in:trsh", "did you mean `Trash`?", "       ^^^^"),
        (
            "a -in:nowhere",
            "no account has a folder `nowhere`",
            "          ^^^^^^^",
        ),
    ] {
        let failed = world.run(["search", "--format", "table", query]).fails(2);
        assert_eq!(failed.stdout, "", "{query}");
        let lines: Vec<_> = failed.stderr.lines().collect();
        assert!(lines[0].contains(message), "{failed}");
        assert_eq!(lines[1], format!("    {query}"), "{failed}");
        assert_eq!(lines[2], carets, "{failed}");
        assert!(lines[3].starts_with("hint: "), "{failed}");

        let failed = world.run(["search", "--json", query]).fails(2);
        assert_eq!(
            (failed.stdout.as_str(), failed.stderr.lines().count()),
            ("", 1)
        );
        let error = failed.json_error();
        assert_eq!(error["schema"], "comms.error/1");
        assert_eq!(error["error"]["code"], "usage");
        let told = error["error"]["message"].as_str().unwrap();
        assert!(told.contains(message), "{told}");
    }
    world.run(["search", ""]).fails(2);
    let failed = world.run(["inbox", "--in", "nowhere"]).fails(2);
    assert!(failed.stderr.contains("folders are"), "{failed}");
    world.run(["search", "x", "--after", "nonsense"]).fails(2);
}

#[test]
fn explain_says_how_a_query_was_read() {
    // Needs no mail.
    let world = World::new();
    let query = "from:ada (report OR \"year end\") -draft on:today";
    let table = world
        .run(["search", query, "--explain", "--format", "table"])
        .ok();
    assert_eq!(
        table.stdout,
        "all of:
  the sender has the word `ada`
  any of:
    any part has the word `report`
    any part has the phrase `year end`
  not:
    any part has the word `draft`
  the date is 2026-11-21T00:00:00+00:00 or later
  the date is before 2026-11-22T00:00:00+00:00
"
    );
    let json = world
        .run(["search", query, "--explain", "--json"])
        .ok()
        .json();
    assert_eq!(json["schema"], "comms.search/1");
    assert_eq!(json["query"], query);
    assert_eq!(json["explained"]["reads"], "all of");
    assert_eq!(
        json["explained"]["parts"][1]["parts"][1]["reads"],
        "any part has the phrase `year end`"
    );
    assert_eq!(json["messages"], serde_json::json!([]));
    assert!(!world.home().join("index.db").exists());
}

#[test]
fn a_count_is_a_number() {
    let world = world();
    let count = |more: &[&str]| world.run(["search"].iter().chain(more).copied()).ok();
    assert_eq!(count(&["report", "--count"]).stdout, "4\n");
    assert_eq!(
        count(&["report", "--count", "--format", "table"]).stdout,
        "4\n"
    );
    assert_eq!(count(&["*", "--count", "--limit", "3"]).stdout, "19\n");
    assert_eq!(count(&["nowhere", "--count"]).stdout, "0\n");
    let json = count(&["report", "--count", "--json"]).json();
    assert_eq!(json["total"], 4);
    world
        .run(["search", "nowhere", "--count", "--fail-empty"])
        .fails(5);
    world.run(["search", "nowhere", "--fail-empty"]).fails(5);
    world.run(["search", "report", "--fail-empty"]).ok();
    world.run(["search", "nowhere"]).ok();
}

#[test]
fn the_best_hit_comes_first_when_asked() {
    let world = world();
    let found = search(
        &world,
        &["report", "--sort", "relevance", "--format", "jsonl"],
    )
    .ok();
    let found = names(&found.jsonl());
    let mut all: Vec<_> = found.split(' ').collect();
    // The subject says it: more than a word in a text.
    assert!(
        ["Report", "Re:"].contains(&all[0]) && ["Report", "Re:"].contains(&all[1]),
        "{found}"
    );
    all.sort_unstable();
    assert_eq!(all, ["Re:", "Report", "Spam", "Year"]);
}

#[test]
fn pages_of_either_order_hold_everything_once() {
    let world = world();
    for (query, sort, total) in [
        ("*", "newest", 19),
        ("report", "relevance", 4),
        ("report", "newest", 4),
    ] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let mut args = vec!["search", query, "--sort", sort, "--limit", "3", "--json"];
            let cursor: String;
            if let Some(next) = after {
                cursor = next;
                args.extend(["--after", cursor.as_str()]);
            }
            let page = world.run(args).ok().json();
            let messages = page["messages"].as_array().unwrap();
            assert!(messages.len() <= 3);
            seen.extend(
                messages
                    .iter()
                    .map(|m| m["id"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        let found = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((found, seen.len()), (total, total), "{query} {sort}");
    }
}

#[test]
fn a_snippet_shows_the_hit() {
    let world = world();
    let json = search(&world, &["budget", "--snippets", "--json"])
        .ok()
        .json();
    assert_eq!(
        json["messages"][0]["snippet"],
        "The quarterly report is attached. The **budget** is fine."
    );
    let without = search(&world, &["budget", "--json"]).ok().json();
    assert!(without["messages"][0].get("snippet").is_none());
    for (query, hit) in [
        ("budget", "**budget**"),
        ("東京", "**東京**"),
        ("naif", "**naïf**"),
    ] {
        let table = search(&world, &[query, "--snippets", "--format", "table"]).ok();
        // Not cut off, though the text is longer than its column.
        assert!(table.stdout.contains(hit), "{table}");
    }
    // Found by its sender alone.
    let json = search(&world, &["tanaka", "--snippets", "--json"])
        .ok()
        .json();
    assert_eq!(json["messages"].as_array().unwrap().len(), 1);
    let snippet = json["messages"][0]["snippet"].as_str().unwrap_or_default();
    assert!(
        snippet.starts_with("From: ") && snippet.contains("**"),
        "{snippet}"
    );
}

#[test]
fn every_format_shows_the_same_messages() {
    let world = world();
    let json = search(&world, &["report", "--json"]).ok().json();
    assert_eq!(json["schema"], "comms.search/1");
    assert!(json["next"].is_null());
    let messages = json["messages"].as_array().unwrap();
    assert!(messages.iter().all(|m| m["untrusted"] == true));
    let lines = search(&world, &["report", "--format", "jsonl"])
        .ok()
        .jsonl();
    assert_eq!(&lines, messages);
    let plain = search(&world, &["report", "--format", "plain"]).ok();
    let rows: Vec<Vec<_>> = plain
        .stdout
        .lines()
        .map(|l| l.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(
        rows[1][1..],
        [
            "2026-11-20T10:00:00Z",
            "home",
            "Ada Lovelace <ada@example.com>",
            "Report for spring"
        ]
    );
    let table = search(&world, &["report", "--format", "table"]).ok();
    assert!(table.stdout.starts_with("ID"), "{table}");
    assert_eq!(table.stdout.lines().count(), 5);
    assert!(
        table.stdout.contains("• Report for spring [1 file]"),
        "{table}"
    );

    let chosen = search(
        &world,
        &["report", "--format", "plain", "--fields", "subject,thread"],
    )
    .ok();
    assert!(
        chosen.stdout.starts_with("Re: Report for spring\tt"),
        "{chosen}"
    );
    let chosen = search(&world, &["report", "--json", "--fields", "id,subject"])
        .ok()
        .json();
    let first = chosen["messages"][0].as_object().unwrap();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["id", "subject"]);
    // The time of the row is when it was sent; what is called by its key is that key.
    for format in ["plain", "jsonl"] {
        let chosen = [
            "report budget",
            "--format",
            format,
            "--fields",
            "when,account",
        ];
        let chosen = search(&world, &chosen).ok();
        assert!(
            chosen.stdout.contains("2026-11-20T10:00:00Z") && chosen.stdout.contains("home"),
            "{chosen}"
        );
    }
    let unknown = search(&world, &["report", "--fields", "subjct"]).fails(2);
    assert!(
        unknown.stderr.contains("did you mean `subject`?"),
        "{unknown}"
    );
    let unknown = search(&world, &["report", "--json", "--fields", "nothing"]).fails(2);
    assert_eq!(unknown.stdout, "");
    assert_eq!(unknown.json_error()["error"]["code"], "usage");
}

#[test]
fn searching_a_first_day_finds_nothing_and_leaves_nothing() {
    let world = World::new();
    assert_eq!(world.run(["search", "report"]).ok().stdout, "");
    world.run(["search", "report", "--fail-empty"]).fails(5);
    assert_eq!(std::fs::read_dir(world.home()).unwrap().count(), 0);
}
