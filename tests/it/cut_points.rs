//! The wire to a real mail server breaks at every step of SMTP: each time the mailbox on the other side holds zero or
//! one copy, as the item says, and never two after everything was tried again.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::World;
use crate::support::mail::Mail;
use crate::support::postbox::Postbox;
use crate::support::proxy::{Act, Fault, Moment, Proxy, Step};

const BOB: &str = "bob@example.com";

/// One line of the table.
struct Row {
    name: String,
    fault: Fault,
    wire: Wire,
    to: &'static [&'static str],
    /// Content that is too large for the buffers between the two: its end has not left while it is cut.
    large: bool,
    /// State of the item, copies in the mailbox and exit code, right after the send; one of these.
    expected: Vec<End>,
    /// Copies when everything was tried again. Two only where the server said it did not take what it took.
    at_last: usize,
}

type End = (&'static str, usize, i32);

#[derive(Clone, Copy, PartialEq)]
enum Wire {
    Plain,
    Pipelining,
    Login,
}

const READY: End = ("ready", 0, 8);
const LOST: End = ("unconfirmed", 0, 10);
const TAKEN: End = ("unconfirmed", 1, 10);
const SENT: End = ("sent", 1, 0);
const FAILED: End = ("failed", 0, 6);

/// What the contract says about a cut: before the final dot it certainly did not leave, after it only an answer counts.
fn contract(step: Step, moment: Moment) -> Vec<End> {
    match (step, moment) {
        (Step::Dot, Moment::Unsent) => vec![LOST],
        (Step::Dot, Moment::Unanswered | Moment::Half) => vec![TAKEN],
        (Step::Dot, Moment::Answered) | (Step::Quit, _) => vec![SENT],
        // A short message may be written to its end before the cut is felt.
        (Step::Data, Moment::Answered) => vec![READY, LOST],
        _ => vec![READY],
    }
}

fn row(name: &str, fault: Fault, expected: &[End]) -> Row {
    Row {
        name: name.to_owned(),
        fault,
        wire: Wire::Plain,
        to: &[BOB],
        large: false,
        expected: expected.to_vec(),
        at_last: 1,
    }
}

const MOMENTS: [Moment; 4] = [
    Moment::Unsent,
    Moment::Unanswered,
    Moment::Half,
    Moment::Answered,
];

fn cuts() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut cut = |wire: Wire, name: &str, step: Step, act: Act| {
        for moment in MOMENTS {
            rows.push(Row {
                wire,
                ..row(
                    &format!("{name} {act:?} {step:?} {moment:?}"),
                    Fault::new(step, moment, act),
                    &contract(step, moment),
                )
            });
        }
    };
    for act in [Act::Fin, Act::Rst] {
        for step in [
            Step::Greeting,
            Step::Hello,
            Step::Mail,
            Step::Rcpt(1),
            Step::Data,
            Step::Dot,
            Step::Quit,
        ] {
            cut(Wire::Plain, "plain", step, act);
        }
    }
    for step in [Step::Mail, Step::Rcpt(1), Step::Data, Step::Dot] {
        cut(Wire::Pipelining, "pipelined", step, Act::Fin);
    }
    cut(Wire::Login, "login", Step::Login, Act::Fin);
    // A server that hangs up and goes on listening lets the client write to the end.
    for (act, expected) in [(Act::Fin, &[READY, LOST][..]), (Act::Rst, &[READY])] {
        rows.push(Row {
            large: true,
            ..row(
                &format!("large {act:?} Body"),
                Fault::new(Step::Body, Moment::Unsent, act),
                expected,
            )
        });
    }
    rows
}

/// Three recipients, of whom the server takes one.
fn several() -> Vec<Row> {
    const ALL: &[&str] = &[BOB, "x@bounce.example", "x@slow.example"];
    let mut rows = Vec::new();
    for (step, moment, expected) in [
        (Step::Rcpt(2), Moment::Unsent, READY),
        (Step::Rcpt(3), Moment::Unanswered, READY),
        (Step::Rcpt(3), Moment::Answered, READY),
        (Step::Dot, Moment::Unsent, LOST),
        (Step::Dot, Moment::Unanswered, TAKEN),
        (Step::Dot, Moment::Half, TAKEN),
        // It went to one; the slow one waits.
        (Step::Dot, Moment::Answered, ("ready", 1, 8)),
    ] {
        rows.push(Row {
            to: ALL,
            ..row(
                &format!("three Fin {step:?} {moment:?}"),
                Fault::new(step, moment, Act::Fin),
                &[expected],
            )
        });
    }
    rows
}

/// Slow answers, wrong answers, and answers that are none.
fn answers() -> Vec<Row> {
    let slow = Act::Wait(Duration::from_secs(3));
    let said = |step, moment, words| Fault::new(step, moment, Act::Say(words));
    let (before, instead) = (Moment::Unsent, Moment::Unanswered);
    let mut rows = vec![
        row(
            "slow greeting",
            Fault::new(Step::Greeting, before, slow),
            &[READY],
        ),
        row("slow MAIL", Fault::new(Step::Mail, instead, slow), &[READY]),
        row("slow 354", Fault::new(Step::Data, instead, slow), &[READY]),
        // The patience for the final answer is the protocol's, not `--timeout`.
        row(
            "slow 250 at the end",
            Fault::new(Step::Dot, instead, slow),
            &[SENT],
        ),
        row(
            "250 byte by byte",
            Fault::new(Step::Dot, Moment::Half, Act::Drip),
            &[SENT],
        ),
        row(
            "greeting 554",
            said(Step::Greeting, before, "554 not you\r\n"),
            &[FAILED],
        ),
        row(
            "greeting 421",
            said(Step::Greeting, before, "421 too busy\r\n"),
            &[READY],
        ),
        row(
            "greeting of HTTP",
            said(Step::Greeting, before, "HTTP/1.1 400 Bad Request\r\n\r\n"),
            &[READY],
        ),
        row(
            "MAIL 451",
            said(Step::Mail, before, "451 later\r\n"),
            &[READY],
        ),
        row(
            "MAIL 550",
            said(Step::Mail, before, "550 no\r\n"),
            &[FAILED],
        ),
        row("MAIL 150", said(Step::Mail, before, "150 hm\r\n"), &[READY]),
        row("MAIL 650", said(Step::Mail, before, "650 hm\r\n"), &[READY]),
        row(
            "RCPT 354",
            said(Step::Rcpt(1), before, "354 hm\r\n"),
            &[FAILED],
        ),
        row(
            "RCPT 421",
            said(Step::Rcpt(1), before, "421 closing\r\n"),
            &[READY],
        ),
        row(
            "DATA 451",
            said(Step::Data, before, "451 later\r\n"),
            &[READY],
        ),
        row(
            "DATA 554",
            said(Step::Data, before, "554 no\r\n"),
            &[FAILED],
        ),
        row(
            "DATA 250",
            said(Step::Data, before, "250 ok\r\n"),
            &[FAILED],
        ),
        row(
            "DATA garbage",
            said(Step::Data, before, "\u{1}\u{2}\r\n"),
            &[READY],
        ),
        row(
            "250 before its time",
            said(Step::Data, instead, "354 go\r\n250 ok\r\n"),
            &[READY],
        ),
        row(
            "554 before its time",
            said(Step::Data, instead, "354 go\r\n554 no\r\n"),
            &[FAILED],
        ),
        row(
            "end 451, truly",
            said(Step::Dot, before, "451 later\r\n"),
            &[READY],
        ),
        row(
            "end 554, truly",
            said(Step::Dot, before, "554 spam\r\n"),
            &[FAILED],
        ),
    ];
    for words in [
        "hello\r\n",
        "150 hm\r\n",
        "354 hm\r\n",
        "650 hm\r\n",
        "25\r\n",
        "250-one\r\n554 two\r\n",
    ] {
        let name = format!("end {:?}", words.trim_end());
        rows.push(row(&name, said(Step::Dot, instead, words), &[TAKEN]));
    }
    // An SMTP reply is an answer even where it is a lie: a server that keeps what it says it did not take gets it again.
    // Nothing on this side can tell; it is the limit of the promise.
    for (words, expected, at_last) in [
        ("451 a lie\r\n", ("ready", 1, 8), 2),
        ("421 a lie\r\n", ("ready", 1, 8), 2),
        ("554 a lie\r\n", ("failed", 1, 6), 1),
    ] {
        let name = format!("end {:?}", words.trim_end());
        rows.push(Row {
            at_last,
            ..row(&name, said(Step::Dot, instead, words), &[expected])
        });
    }
    rows
}

/// What became of one row.
struct Played {
    state: String,
    copies: usize,
    exit: i32,
    settled_by: &'static str,
    state_at_last: String,
    copies_at_last: usize,
}

fn state(world: &World) -> String {
    let shown = world.run(["outbox", "show", "o1", "--json"]).ok().json();
    shown["state"].as_str().unwrap().to_owned()
}

fn play(row: &Row, plain: &Postbox, with_login: &Postbox) -> Played {
    let postbox = if row.wire == Wire::Login {
        with_login
    } else {
        plain
    };
    let proxy = match row.wire {
        Wire::Pipelining => Proxy::pipelining(postbox.port, row.fault),
        Wire::Plain | Wire::Login => Proxy::start(postbox.port, row.fault),
    };
    let mut config = Postbox::account(proxy.port);
    if row.wire == Wire::Login {
        config = config.replace(
            "auth = \"none\"\n",
            "username = \"ann\"\nsecret_command = \"echo annpw\"\n",
        );
    }
    let _ = writeln!(
        config,
        "[accounts.theirs]\nchannel = \"maildir\"\npath = \"{}\"",
        postbox.maildir().display()
    );
    let world = World::new().config(&config);
    let mut args = vec![
        "send",
        "-s",
        &row.name,
        "-m",
        "hello",
        "--timeout",
        "1s",
        "--json",
    ];
    args.extend(row.to);
    let file;
    if row.large {
        file = world.file("large.bin", vec![7; 8_000_000]);
        args.extend(["-a", &file]);
    }
    let exit = world.run(args).code;
    assert!(
        proxy.has_fired(),
        "{}: the fault never happened: {:?}",
        row.name,
        proxy.commands()
    );
    let mut played = Played {
        state: state(&world),
        copies: postbox.copies(&row.name),
        exit,
        settled_by: "",
        state_at_last: String::new(),
        copies_at_last: 0,
    };
    let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
    world.run(["outbox", "run"]);
    assert_eq!(
        postbox.copies(&row.name),
        if played.state == "ready" {
            row.at_last
        } else {
            played.copies
        },
        "{}",
        row.name
    );
    if played.state == "unconfirmed" {
        world.run(["outbox", "retry", "o1"]).fails(2);
        world.run(["inbox", "sync", "--account", "theirs"]).ok();
        played.settled_by = "sync";
        if played.copies == 0 {
            assert_eq!(
                state(&world),
                "unconfirmed",
                "{}: absence proves nothing",
                row.name
            );
            world.run(["outbox", "resolve", "o1", "--not-sent"]).ok();
            world.run(["outbox", "retry", "o1"]);
            played.settled_by = "a person";
        }
    } else if played.state == "failed" && played.copies == 0 {
        world.run(["outbox", "retry", "o1"]);
        played.settled_by = "retry";
    } else if played.state == "ready" {
        played.settled_by = "outbox run";
    }
    world.run(["outbox", "run"]);
    played.state_at_last = state(&world);
    played.copies_at_last = postbox.copies(&row.name);
    played
}

/// Plays all rows, some at once, and prints what became of them.
fn play_all(rows: &[Row]) {
    let (Some(plain), Some(with_login)) = (Postbox::start(), Postbox::start_as(&["login"])) else {
        return;
    };
    let next = AtomicUsize::new(0);
    let played = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = play(row, &plain, &with_login);
                    played.lock().unwrap().push((row, outcome));
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap();
    played.sort_by_key(|(row, _)| rows.iter().position(|r| r.name == row.name));
    let mut table = String::new();
    let mut wrong = Vec::new();
    let _ = writeln!(
        table,
        "{:<34} {:<12} {:>6} {:>4}   then by       {:<12} {:>6}",
        "cut", "state", "copies", "exit", "state", "copies"
    );
    for (row, p) in &played {
        let end = (p.state.as_str(), p.copies, p.exit);
        let _ = writeln!(
            table,
            "{:<34} {:<12} {:>6} {:>4}   {:<13} {:<12} {:>6}",
            row.name, p.state, p.copies, p.exit, p.settled_by, p.state_at_last, p.copies_at_last
        );
        let resent = if p.state == "failed" && p.copies > 0 {
            p.copies
        } else {
            row.at_last
        };
        if !row.expected.contains(&end) || p.copies_at_last != resent {
            wrong.push(format!(
                "{}: {end:?} and {} at last, expected one of {:?} and {resent}",
                row.name, p.copies_at_last, row.expected
            ));
        }
    }
    let count = |state: &str, copies: usize| {
        let all = played
            .iter()
            .filter(|(_, p)| p.state == state && p.copies == copies);
        all.count()
    };
    let _ = writeln!(
        table,
        "{} cut points: sent {}, ready {}, failed {}, unconfirmed {} with a copy and {} without",
        played.len(),
        count("sent", 1),
        count("ready", 0),
        count("failed", 0),
        count("unconfirmed", 1),
        count("unconfirmed", 0)
    );
    println!("{table}");
    assert!(wrong.is_empty(), "{table}\n{}", wrong.join("\n"));
    assert_eq!(played.len(), rows.len());
}

#[test]
fn a_connection_cut_at_any_step_leaves_one_copy_or_none_and_never_two() {
    play_all(&cuts());
}

#[test]
fn a_cut_among_several_recipients_repeats_nobody() {
    play_all(&several());
}

#[test]
fn a_wrong_or_late_answer_is_taken_for_what_it_proves() {
    play_all(&answers());
}

/// How many of these came, and that none came twice.
fn arrived(postbox: &Postbox, subjects: &[String]) -> usize {
    let copies: Vec<_> = subjects.iter().map(|s| postbox.copies(s)).collect();
    assert!(copies.iter().all(|n| *n < 2), "{copies:?}");
    copies.iter().sum()
}

#[test]
fn a_cut_while_a_queue_drains_over_one_connection_touches_one_item() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    for (n, (step, moment, in_doubt)) in [
        (Step::Mail, Moment::Unanswered, 0),
        (Step::Dot, Moment::Unsent, 1),
        (Step::Dot, Moment::Unanswered, 1),
        (Step::Dot, Moment::Answered, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let fault = Fault::new(step, moment, Act::Fin).in_transaction(3);
        let proxy = Proxy::start(postbox.port, fault);
        let world = World::new().config(&Postbox::account(proxy.port));
        let subjects: Vec<_> = (0..5).map(|k| format!("queue {n} {k}")).collect();
        for subject in &subjects {
            world
                .run(["send", BOB, "-s", subject, "-m", "x", "--queue"])
                .ok();
        }
        world.run(["outbox", "run"]);
        assert!(proxy.has_fired(), "{step:?} {moment:?}");
        let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
        world.run(["outbox", "run"]);
        let left = world.run(["outbox", "list", "--json"]).ok().json();
        let left = left["items"].as_array().unwrap();
        assert_eq!(left.len(), in_doubt, "{step:?} {moment:?}: {left:?}");
        let lost = usize::from(moment == Moment::Unsent);
        assert_eq!(
            arrived(&postbox, &subjects),
            5 - lost,
            "{step:?} {moment:?}"
        );
    }
}

#[test]
fn a_cut_in_the_second_hundred_of_recipients_repeats_nobody_of_the_first() {
    let Some(postbox) = Postbox::start() else {
        return;
    };
    for (n, (step, moment, ends)) in [
        (Step::Rcpt(7), Moment::Unanswered, "sent"),
        (Step::Dot, Moment::Unanswered, "unconfirmed"),
    ]
    .into_iter()
    .enumerate()
    {
        let fault = Fault::new(step, moment, Act::Fin).in_transaction(2);
        let proxy = Proxy::start(postbox.port, fault);
        let world = World::new().config(&Postbox::account(proxy.port));
        let all: Vec<_> = (0..150).map(|k| format!("u{k}@example.com")).collect();
        let subject = format!("many {n}");
        world.run([
            "send",
            BOB,
            "--bcc",
            &all.join(","),
            "-s",
            &subject,
            "-m",
            "x",
        ]);
        assert!(proxy.has_fired());
        let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
        world.run(["outbox", "run"]);
        assert_eq!(state(&world), ends);
        let mut to: Vec<_> = postbox
            .letters()
            .into_iter()
            .filter(|letter| letter.subject == subject)
            .flat_map(|letter| letter.to)
            .collect();
        to.sort();
        let before = to.len();
        to.dedup();
        assert_eq!((before, to.len()), (151, 151), "{step:?}");
    }
}

#[test]
fn a_cut_at_any_record_of_tls_leaves_one_copy_or_none() {
    let Some(mail) = Mail::start() else { return };
    let (mut sent, mut ready, mut in_doubt) = (0, 0, 0);
    for record in 1..=10 {
        for moment in [Moment::Unsent, Moment::Unanswered] {
            let fault = Fault::new(Step::Record(record), moment, Act::Fin);
            let proxy = Proxy::start(mail.submission, fault);
            let world = World::new().config(&format!(
                "[accounts.work]\nchannel = \"smtp\"\naddress = \"ann@example.com\"\nsmtp = \"localhost:{}\"\n\
                 tls = \"starttls\"\nca_file = \"{}\"\nsecret_command = \"echo annpw\"\n",
                proxy.port,
                mail.ca()
            ));
            let subject = format!("r{record}{moment:?}");
            world.run(["send", BOB, "-s", &subject, "-m", "x"]);
            let copies = || {
                let mut bob = mail.client(BOB);
                bob.run("SELECT INBOX");
                let found = bob.run(&format!("SEARCH SUBJECT {subject}"));
                let line = found.lines().find(|l| l.starts_with("* SEARCH"));
                line.map_or(0, |l| l.split_whitespace().count() - 2)
            };
            let before = state(&world);
            let world = world.env("COMMS_NOW", "2026-11-22T12:00:00Z");
            world.run(["outbox", "run"]);
            match before.as_str() {
                "sent" => sent += 1,
                "ready" => ready += 1,
                "unconfirmed" => in_doubt += 1,
                other => panic!("{subject}: {other}"),
            }
            let expected = if before == "unconfirmed" {
                0..=1
            } else {
                1..=1
            };
            let found = copies();
            assert!(
                expected.contains(&found),
                "{subject}: {before}, {found} copies"
            );
        }
    }
    println!("20 cuts in TLS: sent {sent}, ready {ready}, unconfirmed {in_doubt}");
    assert!(
        ready > 0 && in_doubt > 0 && sent > 0,
        "{sent} {ready} {in_doubt}"
    );
}
