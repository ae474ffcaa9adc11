//! Shell completion: people, groups, accounts, ids and labels from the store, in the shell that runs.

use std::time::Duration;

use comms::model::contact::Card;
use rexpect::session::spawn_command;

use crate::support::people::mail;
use crate::support::{World, binary, skip};

const ACCOUNTS: &str = "[accounts.work]\nchannel = \"smtp\"\naddress = \"me@example.com\"\nsmtp = \"127.0.0.1:9\"\ntls = \"none\"\n";

fn offers(world: &World, shell: &str, line: &str) -> Vec<String> {
    // Bash says what of the line it will replace.
    let (line, replaced) = line.split_once('|').unwrap_or((line, ""));
    let mut args = vec!["complete-word", shell, line];
    args.extend((!replaced.is_empty()).then_some(replaced));
    let run = world.run(args).ok();
    assert_eq!(run.stderr, "");
    run.stdout.lines().map(str::to_owned).collect()
}

fn people() -> World {
    let world = World::new().config(ACCOUNTS);
    let grouped = |name: &str, email: &str| Card {
        groups: vec!["team".into()],
        ..mail(name, email)
    };
    world.know([
        grouped("Ada Lovelace", "ada@example.com"),
        mail("Zoë $(touch pwned) O'Neill", "zoe@example.com"),
        mail("Bob", "bob1@example.com"),
        mail("Bob", "bob2@example.com"),
        mail("\u{1b}[31mEve\u{202e} \"quoted\"", "eve@example.com"),
    ]);
    let from = "From: Carol <carol@example.org>\nTo: me@example.com\nSubject: hi\u{1b}[2J\nDate: Fri, 20 Nov 2026 10:00:00 +0000\nMessage-ID: <1@x>\n\nhello\n";
    let robot = "From: Carl <noreply@example.org>\nTo: me@example.com\nSubject: x\nDate: Fri, 20 Nov 2026 10:00:00 +0000\nMessage-ID: <2@x>\n\nhello\n";
    let (one, two) = (world.file("1.eml", from), world.file("2.eml", robot));
    world.run(["import", &one, &two]).ok();
    world
}

#[test]
fn what_is_begun_is_offered_by_its_place() {
    let world = people();
    for (line, offered) in [
        ("comms send ad", vec!["Ada Lovelace\tada@example.com"]),
        ("comms send love", vec!["Ada Lovelace\tada@example.com"]),
        ("comms send @", vec!["@team\t1 contacts"]),
        ("comms send ada --from w", vec!["work\tsmtp"]),
        ("comms send ada --from=w", vec!["--from=work\tsmtp"]),
        ("comms contacts group show t", vec!["team\t1 contacts"]),
        ("comms inbox show m", vec!["m2\tCarl: x", "m1\tCarol: hi"]),
        ("comms search ad", vec![]),
        ("comms send --nonsense", vec![]),
        ("comms send carol", vec!["carol@example.org\tCarol"]),
        ("comms send carl", vec![]),
        ("comms send nor", vec![]),
        ("comms contacts show carol", vec![]),
        ("comms send zzz", vec![]),
        ("", vec![]),
    ] {
        let found = offers(&world, "zsh", line);
        let mut sorted = found.clone();
        sorted.sort();
        let mut wanted: Vec<String> = offered.iter().map(|&o| o.to_owned()).collect();
        wanted.sort();
        assert_eq!(sorted, wanted, "{line}");
    }
    // Of two with one name each has its own word, and a name that could do harm is an id.
    let bobs = offers(&world, "zsh", "comms send bob");
    let words: Vec<_> = bobs.iter().map(|o| o.split('\t').next().unwrap()).collect();
    assert!(words.contains(&"c3") && words.contains(&"c4"), "{words:?}");
    let eve = offers(&world, "zsh", "comms send eve");
    assert!(
        eve[0].starts_with("eve@example.com\t") || eve[0].starts_with("c5\t"),
        "{eve:?}"
    );
    assert!(eve.iter().all(|o| !o.contains(['\u{1b}', '\u{202e}'])));
}

#[test]
fn bash_gets_words_as_they_must_stand() {
    let world = people();
    for (line, offered) in [
        ("comms send ad", "Ada\\ Lovelace"),
        ("comms send Ada\\ L", "Ada\\ Lovelace"),
        ("comms send 'Ada L", "Ada Lovelace"),
        ("comms send \"zo", "Zoë \\$(touch pwned) O'Neill"),
        ("comms send zo", "Zoë\\ \\$\\(touch\\ pwned\\)\\ O\\'Neill"),
        // Bash has parted these words itself.
        ("comms send carol@ex|@ex", "@example.org"),
        ("comms send carol@ex", "carol@example.org"),
        ("comms send @te|@te", "@team"),
        ("comms send x --from=wo|wo", "work"),
    ] {
        assert_eq!(offers(&world, "bash", line), [offered], "{line}");
    }
    // No apostrophe can stand between these.
    assert!(offers(&world, "bash", "comms send 'zo").is_empty());
}

#[test]
fn no_fault_is_told_to_who_is_typing() {
    let world = World::new();
    assert_eq!(offers(&world, "bash", "comms send a"), Vec::<String>::new());
    assert!(!world.home().join("comms.db").exists());
    let broken = World::new().config("nonsense = [");
    assert_eq!(
        offers(&broken, "bash", "comms send a"),
        Vec::<String>::new()
    );
    let world = people();
    std::fs::write(world.home().join("comms.db"), [7_u8; 9000]).unwrap();
    std::fs::write(world.home().join("people.db"), [7_u8; 9000]).unwrap();
    offers(&world, "bash", "comms send a");
    // Whoever writes at this moment is not waited for.
    let world = people();
    let db = rusqlite::Connection::open(world.home().join("people.db")).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let main = rusqlite::Connection::open(world.home().join("comms.db")).unwrap();
    main.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(
        offers(&world, "bash", "comms send lovel"),
        ["Ada\\ Lovelace"]
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn bash_completes_at_a_terminal() {
    if world_has_no("bash") {
        return skip("there is no bash").unwrap_or_default();
    }
    let world = people();
    let dir = std::path::Path::new(binary()).parent().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/comms.bash");
    // A function of the program's name shows the words that it is called with.
    let rc = format!(
        "PATH={}:$PATH\nPS1='> '\nsource {script}\nshow() {{ printf '<%s>' \"$@\"; echo; }}\n\
         alias comms=show\ncomplete -p comms >/dev/null && echo ready\nbind 'set bell-style none'\n",
        dir.display()
    );
    let rc = world.file("rc", rc);
    for (typed, shown) in [
        ("comms send ada\t\n", "<send><Ada Lovelace>"),
        ("comms send 'Ada L\t\n", "<send><Ada Lovelace>"),
        ("comms send \"ada\t\n", "<send><Ada Lovelace>"),
        ("comms send Ada\\ \t\n", "<send><Ada Lovelace>"),
        ("comms send love\t\n", "<send><Ada Lovelace>"),
        ("comms send @t\t\n", "<send><@team>"),
        ("comms send carol@ex\t\n", "<send><carol@example.org>"),
        ("comms send x --from=w\t\n", "<send><x><--from=work>"),
        ("comms send x --from w\t\n", "<send><x><--from><work>"),
        ("comms send \"zo\t\n", "$(touch pwned) O'Neill>"),
        ("comms send Zo\t\n", "$(touch pwned) O'Neill>"),
        ("comms outb\t\n", "<outbox>"),
    ] {
        let mut bash = world.command_of("bash");
        bash.args(["--norc", "--noprofile", "-i"])
            .env("TERM", "dumb")
            .env("LC_ALL", "C.UTF-8");
        let mut session = spawn_command(bash, Some(20_000)).unwrap();
        session.send_line(&format!("source {rc}")).unwrap();
        session.exp_string("ready\r").unwrap();
        session.send(typed).unwrap();
        session.flush().unwrap();
        session
            .exp_string(shown)
            .unwrap_or_else(|e| panic!("{typed:?}: {e}"));
        session.send_line("exit").unwrap();
        let _ = session.exp_eof();
    }
    assert!(!world.dir().join("pwned").exists());
}

fn world_has_no(program: &str) -> bool {
    std::process::Command::new(program)
        .arg("--version")
        .output()
        .is_err()
}
