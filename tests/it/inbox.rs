//! The inbox, through the binary.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::mark::id;
use crate::support::{Run, World};

/// A mailbox of two Maildirs; `home` is `Mail`, `club` is `Club`.
fn world() -> World {
    let world = World::new();
    for root in ["Mail", "Club"] {
        folder(&world, root);
    }
    let path = |name: &str| world.dir().join(name).display().to_string();
    let config = format!(
        "[accounts.home]\nchannel = \"maildir\"\naddress = \"me@example.com\"\npath = \"{}\"\n\
         [accounts.club]\nchannel = \"maildir\"\naddress = \"me@club.example\"\npath = \"{}\"\n",
        path("Mail"),
        path("Club")
    );
    world.config(&config)
}

fn folder(world: &World, path: &str) {
    for sub in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(world.dir().join(path).join(sub)).unwrap();
    }
}

fn eml(from: &str, subject: &str, date: &str, more: &str) -> String {
    let at: jiff::Timestamp = date.parse().unwrap();
    let name = subject.replace(' ', "-");
    format!(
        "From: {from}\nTo: me@example.com\nSubject: {subject}\nMessage-ID: <{name}@example.com>\nDate: {}\n{more}\nabout {subject}\n",
        at.strftime("%a, %d %b %Y %H:%M:%S +0000")
    )
}

/// Puts a message into a Maildir folder, received when it was sent.
fn put(world: &World, folder_path: &str, flags: &str, (from, subject, date): (&str, &str, &str)) {
    put_with(world, folder_path, flags, (from, subject, date), "");
}

fn put_with(
    world: &World,
    folder_path: &str,
    flags: &str,
    (from, subject, date): (&str, &str, &str),
    more: &str,
) {
    folder(world, folder_path);
    let at: jiff::Timestamp = date.parse().unwrap();
    let name = subject.replace(' ', "-");
    let name = format!("{folder_path}/cur/{}.{name}.host:2,{flags}", at.as_second());
    let path = world.file(&name, eml(from, subject, date, more));
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let seconds = u64::try_from(at.as_second()).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .unwrap();
}

const ADA: &str = "Ada Lovelace <ada@example.com>";
const BOB: &str = "Bob Smith <bob@example.com>";

/// Six threads in two accounts and an import; `Alpha` has three messages, one of them sent.
pub fn filled() -> World {
    let world = world();
    put(&world, "Mail", "S", (ADA, "Alpha", "2026-11-10T10:00:00Z"));
    put_with(
        &world,
        "Mail/.Sent",
        "S",
        ("me@example.com", "Re: Alpha", "2026-11-11T10:00:00Z"),
        "In-Reply-To: <Alpha@example.com>\n",
    );
    put_with(
        &world,
        "Mail",
        "",
        (BOB, "Re: Re: Alpha", "2026-11-20T10:00:00Z"),
        "References: <Alpha@example.com>\n",
    );
    put(&world, "Mail", "S", (BOB, "Beta", "2026-11-19T10:00:00Z"));
    put(&world, "Mail", "F", (ADA, "Gamma", "2026-11-18T10:00:00Z"));
    put(
        &world,
        "Mail/.lists",
        "S",
        (BOB, "Delta", "2026-11-17T10:00:00Z"),
    );
    put(
        &world,
        "Mail/.Archive",
        "S",
        (ADA, "Kept", "2026-11-21T10:00:00Z"),
    );
    put(
        &world,
        "Mail/.Trash",
        "S",
        (ADA, "Thrown", "2026-11-21T10:00:00Z"),
    );
    put(
        &world,
        "Club",
        "",
        ("eve@example.net", "Epsilon", "2026-11-16T10:00:00Z"),
    );
    let file = world.file("zeta.eml", eml(ADA, "Zeta", "2020-01-01T10:00:00Z", ""));
    world.run(["import", &file]).ok();
    world
}

pub fn inbox(world: &World, more: &[&str]) -> Run {
    world.run(["inbox"].iter().chain(more).copied())
}

pub fn subjects(report: &Value) -> String {
    let threads = report["threads"].as_array().unwrap().iter();
    let subjects: Vec<_> = threads
        .map(|t| {
            t["newest"]["subject"]
                .as_str()
                .unwrap()
                .rsplit(' ')
                .next()
                .unwrap()
        })
        .collect();
    subjects.join(" ")
}

#[test]
fn threads_are_listed_newest_first_without_what_was_put_away() {
    let world = filled();
    let report = inbox(&world, &["--json"]).ok().json();
    assert_eq!(report["schema"], "comms.inbox/1");
    assert_eq!(subjects(&report), "Alpha Beta Gamma Delta Epsilon Zeta");
    assert!(report["next"].is_null());
    let alpha = &report["threads"][0];
    assert_eq!((&alpha["count"], &alpha["unread"]), (&3.into(), &1.into()));
    assert_eq!(alpha["newest"]["untrusted"], true);
    let people: Vec<_> = alpha["participants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["email"].as_str().unwrap())
        .collect();
    assert_eq!(
        people,
        ["ada@example.com", "me@example.com", "bob@example.com"]
    );
    let states: BTreeSet<_> = report["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["account"].as_str().unwrap(), s["state"].as_str().unwrap()))
        .collect();
    assert!(
        states.contains(&("home", "fresh")) && states.contains(&("club", "fresh")),
        "{states:?}"
    );
    let table = inbox(&world, &["--format", "table"]).ok();
    let first = table.stdout.lines().nth(1).unwrap();
    assert!(
        first.contains("home")
            && first.contains("Ada, me, Bob")
            && first.contains("• Re: Re: Alpha"),
        "{table}"
    );
    assert_eq!(table.stderr, "");
}

#[test]
fn filters_narrow_the_list() {
    let world = filled();
    inbox(&world, &[]).ok();
    let gamma = id(&world, "Gamma");
    world
        .run(["inbox", "mark", &gamma, "--label", "urgent"])
        .ok();
    let mut wrong = Vec::new();
    for (filters, expected) in [
        (&["--unread"][..], "Alpha Gamma Epsilon Zeta"),
        (&["--starred"], "Gamma"),
        (&["--unread", "--starred"], "Gamma"),
        (&["--account", "club"], "Epsilon"),
        (&["--account", "home"], "Alpha Beta Gamma Delta"),
        (&["--account", "local"], "Zeta"),
        (
            &["--channel", "mail"],
            "Alpha Beta Gamma Delta Epsilon Zeta",
        ),
        (&["--channel", "maildir", "--limit", "2"], "Alpha Beta"),
        (&["--channel", "imap"], ""),
        (&["--since", "2d"], "Alpha"),
        (&["--since", "2026-11-18"], "Alpha Beta Gamma"),
        (&["--from", "bob"], "Alpha Beta Delta"),
        (&["--from", "Ada Lovelace", "--unread"], "Gamma Zeta"),
        (&["--label", "urgent"], "Gamma"),
        (&["--label", "nothing"], ""),
        (&["--in", "archive"], "Kept"),
        (&["--in", "trash"], "Thrown"),
        (&["--in", "sent"], "Alpha"),
        (&["--in", "lists"], "Delta"),
        (&["--limit", "1"], "Alpha"),
    ] {
        let args: Vec<_> = ["--json"].iter().chain(filters).copied().collect();
        let found = subjects(&inbox(&world, &args).ok().json());
        if found != expected {
            wrong.push(format!("{filters:?}\n  found {found}\n  not   {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (filters, told) in [
        (&["--account", "hom"][..], "hom"),
        (&["--channel", "fax"], "fax"),
        (&["--since", "soonish"], "soonish"),
        (&["--from", "🎉"], "no letter or digit"),
        (&["--limit", "0"], "0"),
        (&["--max-age", "soon"], "soon"),
        (&["--after", "nonsense"], "nonsense"),
        (&["--offline", "--fresh"], "--fresh"),
        (&["--fields", "nothing"], "nothing"),
    ] {
        let failed = inbox(&world, filters);
        assert!(
            [2, 3].contains(&failed.code) && failed.stdout.is_empty(),
            "{filters:?}: {failed}"
        );
        assert!(failed.stderr.contains(told), "{filters:?}: {failed}");
    }
}

#[test]
fn what_a_script_reads_has_the_same_columns_whatever_is_found() {
    let world = filled();
    for filters in [&[][..], &["--account", "home"]] {
        let plain = ["--format", "plain"].iter().chain(filters).copied();
        let plain = inbox(&world, &plain.collect::<Vec<_>>()).ok();
        let first: Vec<_> = plain.stdout.lines().next().unwrap().split('\t').collect();
        assert_eq!(first.len(), 7, "{plain}");
        assert_eq!((first[2], first[4]), ("home", "Re: Re: Alpha"));
        let chosen = ["--fields", "account,subject"]
            .iter()
            .chain(filters)
            .copied();
        let chosen = inbox(&world, &chosen.collect::<Vec<_>>()).ok();
        assert!(
            chosen.stdout.starts_with("home\tRe: Re: Alpha\n"),
            "{chosen}"
        );
    }
    let table = inbox(&world, &["--format", "table", "--account", "home"]).ok();
    assert!(!table.stdout.contains("ACCOUNT"), "{table}");
}

#[test]
fn an_empty_list_can_be_a_failure() {
    let world = World::new();
    inbox(&world, &[]).ok();
    inbox(&world, &["--fail-empty"]).fails(5);
    let world = filled();
    inbox(&world, &["--fail-empty"]).ok();
    let empty = inbox(&world, &["--fail-empty", "--label", "none", "--json"]).fails(5);
    assert_eq!(subjects(&empty.json()), "");
}

#[test]
fn offline_shows_what_is_stored_and_nothing_else() {
    let world = filled();
    assert_eq!(
        subjects(&inbox(&world, &["--json"]).ok().json()),
        "Alpha Beta Gamma Delta Epsilon Zeta"
    );
    put(&world, "Mail", "", (BOB, "Later", "2026-11-21T11:00:00Z"));
    let offline = inbox(&world, &["--offline", "--json"]).ok().json();
    assert_eq!(subjects(&offline), "Alpha Beta Gamma Delta Epsilon Zeta");
    assert!(offline["sources"].as_array().unwrap().len() >= 2);
    assert!(subjects(&inbox(&world, &["--json"]).ok().json()).starts_with("Later "));
}

#[test]
fn pages_hold_every_thread_once_while_new_mail_comes() {
    let world = world();
    let mut mbox = String::new();
    for n in 0..37 {
        let at: jiff::Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
        // Some at the same second.
        let at = at + jiff::SignedDuration::from_hours(n / 3);
        mbox.push_str("From a@example.com Thu Oct  1 00:00:00 2026\n");
        mbox.push_str(&eml(
            "a@example.com",
            &format!("thread{n}"),
            &at.to_string(),
            "",
        ));
        mbox.push('\n');
    }
    let file = world.file("many.mbox", mbox);
    world.run(["import", &file]).ok();
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    for page in 0.. {
        let mut args = vec![
            "--json".to_owned(),
            "--offline".into(),
            "--limit".into(),
            "5".into(),
        ];
        args.extend(after.iter().flat_map(|a| ["--after".to_owned(), a.clone()]));
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let report = inbox(&world, &args).ok().json();
        let found = subjects(&report);
        seen.extend(found.split(' ').map(str::to_owned));
        let new = eml(
            "b@example.com",
            &format!("new{page}"),
            "2026-11-21T11:00:00Z",
            "",
        );
        let new = world.file(&format!("new{page}.eml"), new);
        world.run(["import", &new]).ok();
        match report["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
        assert!(page < 20, "it never ends");
    }
    assert_eq!(seen.len(), 37, "{seen:?}");
    let once: BTreeSet<_> = seen.iter().collect();
    assert_eq!(once.len(), 37, "{seen:?}");
    assert!(seen.iter().all(|s| s.starts_with("thread")), "{seen:?}");
    let table = inbox(&world, &["--format", "table", "--limit", "5", "--offline"]).ok();
    assert!(
        table.stderr.contains("hint: there are more: add --after "),
        "{table}"
    );
}

#[test]
fn a_source_that_is_not_there_is_a_warning() {
    let world = filled();
    let config = world.home().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap()
        + "[accounts.work]\nchannel = \"imap\"\naddress = \"ann@example.com\"\nimap = \"127.0.0.1:1\"\ntls = \"none\"\nfolders = [\"INBOX\"]\n";
    std::fs::write(&config, text).unwrap();
    let world = world.env("COMMS_SECRET_WORK", "not-used");
    let state = |report: &Value| {
        let sources = report["sources"].as_array().unwrap().iter();
        let found = sources
            .filter(|s| s["account"] == "work")
            .collect::<Vec<_>>();
        found[0].clone()
    };
    let never = inbox(&world, &["--json"]).ok();
    assert_eq!(
        subjects(&never.json()),
        "Alpha Beta Gamma Delta Epsilon Zeta"
    );
    let source = state(&never.json());
    assert_eq!(source["state"], "failed");
    assert!(
        source["synced_at"].is_null() && source["error"].is_string(),
        "{source}"
    );
    assert!(
        never
            .stderr
            .contains("`work` was not refreshed, never synced yet"),
        "{never}"
    );

    let store = comms::store::Store::at(&world.home());
    let at: jiff::Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
    store.save_source("work", at, None).unwrap();
    let stale = inbox(&world, &["--json"]).ok();
    let source = state(&stale.json());
    assert_eq!(source["state"], "stale");
    assert_eq!(source["synced_at"], "2026-11-21T08:00:00Z");
    let warnings: Vec<_> = stale.stderr.lines().collect();
    assert_eq!(warnings.len(), 1, "{stale}");
    assert!(
        warnings[0].starts_with("warning: `work` was not refreshed, shown as of 08:00: "),
        "{stale}"
    );

    let offline = inbox(&world, &["--offline", "--json"]).ok();
    assert_eq!(offline.stderr, "");
    let other = inbox(&world, &["--account", "home"]).ok();
    assert_eq!(other.stderr, "");
    let fresh = inbox(&world, &["--fresh", "--json"]).fails(7);
    assert_eq!(fresh.stdout, "");
    assert_eq!(fresh.json_error()["error"]["code"], "unavailable");
    // Fresh enough: it is not asked.
    store.save_source("work", at, None).unwrap();
    let young = inbox(&world, &["--max-age", "1d", "--json"]).ok();
    assert_eq!(state(&young.json())["state"], "fresh");
    assert_eq!(young.stderr, "");
}

#[test]
fn the_inbox_tells_of_an_outbox_that_wants_attention() {
    let world = World::new().config(
        "[accounts.work]\nchannel = \"smtp\"\naddress = \"ann@example.com\"\nsmtp = \"127.0.0.1:1\"\ntls = \"none\"\nauth = \"none\"\n",
    );
    let table = ["--format", "table"];
    assert!(!inbox(&world, &table).ok().stderr.contains("outbox"));
    let sent = world.run(["send", "bob@example.com", "-s", "Hi", "-m", "x", "--json"]);
    assert_ne!(sent.code, 0, "{sent}");
    let plain = inbox(&world, &table).ok();
    assert!(
        plain.stderr.contains("hint: messages in the outbox: 1 ")
            && plain.stderr.contains("`comms outbox list`"),
        "{plain}"
    );
    // Nobody reads a hint there, and cron would send mail about it.
    assert_eq!(inbox(&world, &[]).ok().stderr, "");
    assert_eq!(inbox(&world, &["--json"]).ok().stderr, "");
}

#[test]
fn fields_of_ten_thousand_rows_cost_about_as_much_as_all_of_them() {
    let world = World::new();
    let mut mbox = String::new();
    for n in 0..10_000 {
        mbox.push_str("From a@example.com Thu Oct  1 00:00:00 2026\n");
        mbox.push_str(&eml(
            "a@example.com",
            &format!("thread{n}"),
            "2026-10-01T00:00:00Z",
            "",
        ));
        mbox.push('\n');
    }
    let file = world.file("many.mbox", mbox);
    world.run(["import", &file]).ok();
    let timed = |more: &[&str]| {
        let args: Vec<_> = ["search", "*", "--limit", "10000", "--json"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let began = std::time::Instant::now();
        let found = world.run(args).ok().json();
        assert_eq!(found["messages"].as_array().unwrap().len(), 10_000);
        began.elapsed()
    };
    let all = timed(&[]);
    let some = timed(&["--fields", "id,subject"]);
    assert!(
        some < all * 4 + Duration::from_secs(1),
        "all {all:?}, some {some:?}"
    );
}

#[test]
fn a_table_is_never_wider_than_the_terminal_and_tells_what_it_left_out() {
    let world = world();
    for n in 1..8 {
        let subject = format!("A subject with a lot of words, number {n}");
        let from = "A Person With A Long Name <person@example.com>";
        put(
            &world,
            "Mail",
            "S",
            (from, &subject, "2026-11-07T10:00:00Z"),
        );
        put(
            &world,
            "Club",
            "S",
            (from, &subject, "2025-11-07T10:00:00Z"),
        );
    }
    world.run(["inbox", "sync"]).ok();
    for width in [40, 60, 80] {
        let narrow = |args: &[&str]| {
            let mut command = world.command();
            command.env("COLUMNS", width.to_string()).args(args);
            let output = command.args(["--format", "table"]).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let wide = |line: &str| line.chars().count() > width;
            assert!(
                !text.is_empty() && !text.lines().any(wide),
                "{width}\n{text}"
            );
            (text, String::from_utf8(output.stderr).unwrap())
        };
        let (text, _) = narrow(&["inbox", "--offline"]);
        assert!(text.contains("SUBJECT"), "{text}");
        let fields = "id,when,account,participants,subject,count,unread,newest";
        let (text, told) = narrow(&["inbox", "--offline", "--fields", fields]);
        assert!(text.contains("SUBJECT") || width < 80, "{text}");
        assert!(
            width > 40 || told.contains("too narrow for"),
            "{width}: {told}"
        );
        let (text, _) = narrow(&["config", "show"]);
        let keys = text.lines().filter(|l| l.starts_with("accounts."));
        assert!(keys.clone().count() > 3, "{text}");
        assert!(
            keys.map(|l| l.split(' ').next().unwrap_or(l))
                .all(|key| !key.contains('…')),
            "{text}"
        );
    }
}
