//! A store that is damaged, newer, held by another process, or on a full disk: told clearly, nothing lost.

use rusqlite::Connection;

use crate::support::World;
use crate::support::postbox::Postbox;
use crate::support::serving::Serving;
#[cfg(unix)]
use crate::support::{Run, binary, skip};

const MAIL: &str =
    "From: Ada <ada@example.com>\nSubject: kept\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n\nhello\n";

fn with_mail() -> World {
    let world = World::new();
    let path = world.file("kept.eml", MAIL);
    world.run(["import", &path]).ok();
    world
}

#[test]
fn a_damaged_index_is_named_with_what_mends_it_and_mended_without_loss() {
    let world = with_mail();
    let before = world.run(["search", "kept", "--json"]).ok().stdout;
    std::fs::write(world.home().join("index.db"), [7_u8; 5000]).unwrap();

    let run = world.run(["search", "kept"]).fails(1);
    assert!(
        run.stderr.starts_with("error: `index.db` is damaged"),
        "{run}"
    );
    assert!(run.stderr.contains("comms doctor --rebuild-index"), "{run}");

    world.run(["doctor", "--rebuild-index", "--offline"]).ok();
    assert_eq!(world.run(["search", "kept", "--json"]).ok().stdout, before);
}

#[test]
fn a_damaged_outbox_file_is_not_overwritten() {
    let world = with_mail();
    let damaged = [7_u8; 5000];
    let path = world.home().join("comms.db");
    std::fs::write(&path, damaged).unwrap();
    let run = world.run(["outbox", "list"]).fails(1);
    assert!(run.stderr.contains("`comms.db` is damaged"), "{run}");
    assert!(run.stderr.contains("backup"), "{run}");
    let send = world
        .run(["send", "you@localhost", "-s", "x", "-m", "x"])
        .fails(1);
    assert!(send.stdout.is_empty(), "{send}");
    assert_eq!(std::fs::read(&path).unwrap(), damaged);
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let world = with_mail();
    for file in ["index.db", "raw.db"] {
        let db = Connection::open(world.home().join(file)).unwrap();
        db.pragma_update(None, "user_version", 999).unwrap();
    }
    let path = world.file("more.eml", MAIL.replace("kept", "more"));
    for args in [
        vec!["search", "kept"],
        vec!["import", &path],
        vec!["inbox", "show", "m1"],
    ] {
        let run = world.run(args).fails(3);
        assert!(
            run.stderr.contains("written by a newer comms (format 999"),
            "{run}"
        );
    }
}

#[test]
fn a_store_that_another_process_holds_is_waited_for_then_told_as_unavailable() {
    let world = with_mail();
    let db = Connection::open(world.home().join("index.db")).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let path = world.file("more.eml", MAIL.replace("kept", "more"));

    // Readers are not held up by a writer.
    assert!(
        world
            .run(["search", "kept", "--count"])
            .ok()
            .stdout
            .starts_with('1')
    );
    let run = world.run(["import", &path, "--json"]).fails(7);
    assert_eq!(run.json_error()["error"]["code"], "unavailable", "{run}");
    assert!(
        run.stderr.contains("another process holds the store"),
        "{run}"
    );

    db.execute_batch("ROLLBACK").unwrap();
    world.run(["import", &path]).ok();
    assert!(
        world
            .run(["search", "more", "--count"])
            .ok()
            .stdout
            .starts_with('1')
    );
}

/// Whether a process has locked a file. One of the store that is open and not locked is one whose log any other program
/// may take away: a backup by `sqlite3`, say.
#[cfg(target_os = "linux")]
fn is_locked_by(pid: u32, path: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let inode = format!(":{} ", path.metadata().unwrap().ino());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|line| {
        line.split_whitespace().nth(4) == Some(&pid.to_string()) && line.contains(&inode)
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_opened_the_store_many_times_still_holds_its_locks() {
    let world = World::new().config(&Postbox::account(9));
    let path = world.file("kept.eml", MAIL);
    world.run(["import", &path]).ok();
    let key = world
        .run(["auth", "key", "add", "desk", "--scope", "send"])
        .ok()
        .stdout;
    let bearer = format!("Bearer {}", key.trim());
    let serving = Serving::with(&world, &["--only", "api,outbox,sync"]);
    let queue = |subject: &str| {
        let body = format!(
            r#"{{"to":["bob@example.com"],"subject":"{subject}","text":"x","queue":true}}"#
        );
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let answer = serving.call(("POST", "/v1/messages"), &headers, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    for n in 0..10 {
        queue(&format!("letter {n}"));
        // Read in pieces, the list misses a line when another one goes meanwhile.
        let is_locked = (0..20).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            is_locked_by(serving.child.id(), &world.home().join("comms.db"))
        });
        assert!(is_locked, "call {n}");
        // Another program comes and goes.
        let db = Connection::open(world.home().join("comms.db")).unwrap();
        let _: i64 = db
            .query_row("SELECT count(*) FROM items", [], |row| row.get(0))
            .unwrap();
        db.close().unwrap();
        assert!(world.home().join("comms.db-wal").exists(), "call {n}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    drop(serving);
    let all = world.run(["outbox", "list", "--json"]).ok().json();
    assert_eq!(all["items"].as_array().unwrap().len(), 10, "{all}");
    let db = Connection::open(world.home().join("comms.db")).unwrap();
    let health: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(health, "ok");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_an_import_cleanly_and_the_next_run_goes_on() {
    let world = with_mail();
    let mbox: String = (0..400)
        .map(|n| {
            let noise: String = (0..1500).map(|i| format!("{:x} ", (i * 7919 + n * 104_729) % 65_537)).collect();
            format!("From ada@example.com Fri Nov 20 10:00:00 2026\nFrom: ada@example.com\nSubject: filler {n}\n\n{noise}\n\n")
        })
        .collect();
    let path = world.file("filler.mbox", mbox);
    // `ulimit -f` fails writes beyond a size as a full disk does; SIGXFSZ is ignored so that the write returns.
    let limited = |blocks: &str, args: &str| {
        world
            .command_of("bash")
            .args([
                "-c",
                &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" {args}"),
                crate::support::binary(),
            ])
            .output()
            .unwrap()
    };
    let out = limited("500", &format!("import '{path}'"));
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    assert!(!stderr.contains("bug"), "{stderr}");

    assert!(
        world
            .run(["search", "kept", "--count"])
            .ok()
            .stdout
            .starts_with('1')
    );
    world.run(["import", &path]).ok();
    assert!(
        world
            .run(["search", "filler", "--count"])
            .ok()
            .stdout
            .starts_with("400")
    );
    world.run(["doctor", "--offline"]).ok();
}

#[cfg(unix)]
#[test]
fn the_files_of_the_store_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = with_mail();
    world
        .run(["send", "you@localhost", "-s", "x", "-m", "x"])
        .ok();
    for file in ["comms.db", "raw.db", "index.db"] {
        let mode = std::fs::metadata(world.home().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn a_store_that_can_only_be_read_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let world = with_mail();
    world
        .run(["send", "you@localhost", "-s", "x", "-m", "x"])
        .ok();
    for file in ["comms.db", "raw.db", "index.db"] {
        let path = world.home().join(file);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).unwrap();
    }
    if std::fs::OpenOptions::new()
        .append(true)
        .open(world.home().join("comms.db"))
        .is_ok()
    {
        println!("skipped: root may write every file");
        return;
    }
    world.run(["outbox", "list", "--json"]).ok();
    world.run(["search", "kept"]).ok();
    let run = world
        .run(["send", "you@localhost", "-s", "y", "-m", "y"])
        .fails(1);
    assert!(run.stderr.contains("can't be written"), "{run}");
}

/// A folder under which nothing can be written, where that can be had.
#[cfg(target_os = "linux")]
struct ReadOnly(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl ReadOnly {
    fn at(path: &std::path::Path) -> Option<ReadOnly> {
        let mount = |args: &[&str]| {
            let mut mount = std::process::Command::new("mount");
            mount
                .args(args)
                .arg(path)
                .stderr(std::process::Stdio::null());
            mount.status().is_ok_and(|status| status.success())
        };
        let source = path.to_str().unwrap();
        if !mount(&["--bind", source]) {
            println!("skipped: only root can mount a read-only disk");
            return None;
        }
        let mounted = ReadOnly(path.to_owned());
        mount(&["-o", "remount,ro,bind"]).then_some(mounted)
    }
}

#[cfg(target_os = "linux")]
impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_home_on_a_read_only_disk_is_read() {
    let world = with_mail();
    world
        .run(["contacts", "add", "Ada Lovelace", "ada@example.com"])
        .ok();
    let Some(read_only) = ReadOnly::at(&world.home()) else {
        return;
    };
    for args in [
        &["inbox", "--offline"][..],
        &["search", "kept"],
        &["inbox", "show", "m1"],
        &["outbox", "list"],
        &["contacts", "show", "Ada Lovelace"],
    ] {
        world.run(args).ok();
    }
    let run = world.run(["inbox", "mark", "m1", "--read"]).fails(1);
    assert!(run.stderr.contains("written"), "{run}");
    drop(read_only);
    world.run(["inbox", "mark", "m1", "--read"]).ok();
}

/// The world's folder as one who may read it and write nothing there; under root another user, whom rights bind.
#[cfg(unix)]
struct Reader<'a>(&'a World);

#[cfg(unix)]
impl<'a> Reader<'a> {
    fn of(world: &'a World) -> Reader<'a> {
        let reader = Reader(world);
        reader.rights(|mode| mode & !0o222 | 0o444);
        reader
    }

    fn rights(&self, rights: impl Fn(u32) -> u32 + Copy) {
        use std::os::unix::fs::PermissionsExt;
        let mut paths = vec![self.0.home()];
        while let Some(path) = paths.pop() {
            let found = path.metadata().unwrap();
            let folder = if found.is_dir() { 0o555 } else { 0 };
            if found.is_dir() {
                paths.extend(
                    std::fs::read_dir(&path)
                        .unwrap()
                        .flatten()
                        .map(|e| e.path()),
                );
            }
            let mode = rights(found.permissions().mode()) | folder;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        std::fs::set_permissions(self.0.dir(), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// `None` where nobody can be had whom rights bind.
    fn run(&self, args: &[&str]) -> Option<Run> {
        let probe = self.0.home().join("probe");
        let is_root = std::fs::write(&probe, "").is_ok();
        let _ = std::fs::remove_file(&probe);
        let mut command = if is_root {
            let mut command = self.0.command_of("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
            command.arg(binary());
            command
        } else {
            self.0.command()
        };
        let output = command.args(args).output();
        let Some(output) = output.ok().filter(|o| o.status.code() != Some(127)) else {
            return skip("root may write everywhere, and setpriv can't make another user of it");
        };
        Some(Run {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
            bytes: output.stdout,
        })
    }
}

#[cfg(unix)]
impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.rights(|mode| mode | 0o600);
        use std::os::unix::fs::PermissionsExt;
        let own = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(self.0.home(), own).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn who_may_read_a_folder_and_not_write_it_reads_the_store() {
    let world = with_mail();
    world
        .run(["contacts", "add", "Ada Lovelace", "ada@example.com"])
        .ok();
    world
        .run(["send", "you@localhost", "-s", "sent", "-m", "x"])
        .ok();
    let logs = || {
        ["comms.db", "raw.db", "index.db", "people.db"]
            .map(|file| world.home().join(format!("{file}-wal")))
    };
    // As a backup is: all of the log is in the file. Then with logs that are there and empty.
    for file in ["comms.db", "people.db"] {
        let db = Connection::open(world.home().join(file)).unwrap();
        let fold = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], fold)
            .unwrap();
    }
    for empty_logs in [false, true] {
        for log in logs() {
            let _ = std::fs::remove_file(&log);
            let _ = std::fs::remove_file(log.to_str().unwrap().replace("-wal", "-shm"));
            if empty_logs {
                std::fs::write(&log, "").unwrap();
            }
        }
        let reader = Reader::of(&world);
        for args in [
            &["inbox", "--offline", "--json"][..],
            &["search", "kept"],
            &["inbox", "show", "m1"],
            &["inbox", "thread", "t1"],
            &["outbox", "list", "--all"],
            &["outbox", "show", "o1"],
            &["contacts", "list"],
            &["contacts", "find", "Ada"],
            &["export", "--to", "-", "--as", "mbox"],
            &[],
        ] {
            let Some(run) = reader.run(args) else { return };
            let run = run.ok();
            assert!(!run.stdout.is_empty(), "{args:?} {run}");
        }
        let run = reader
            .run(&["inbox", "mark", "m1", "--read"])
            .unwrap()
            .fails(1);
        assert!(run.stderr.contains("written"), "{run}");
        let run = reader
            .run(&["doctor", "--offline", "--json"])
            .unwrap()
            .fails(1);
        assert!(run.stdout.contains("can't be written to"), "{run}");
    }
}

#[cfg(unix)]
#[test]
fn a_log_that_can_not_be_read_is_told_and_never_passed_over() {
    let world = with_mail();
    for n in ["1", "2"] {
        world
            .run(["send", "you@localhost", "-s", n, "-m", "x"])
            .ok();
    }
    let log = world.home().join("comms.db-wal");
    assert!(
        log.metadata().unwrap().len() > 0,
        "the outbox keeps its log"
    );
    std::fs::remove_file(world.home().join("comms.db-shm")).unwrap();
    let reader = Reader::of(&world);
    let Some(run) = reader.run(&["outbox", "list", "--all"]) else {
        return;
    };
    let run = run.fails(1);
    assert!(run.stderr.contains("`comms.db-wal`"), "{run}");
    assert!(run.stderr.contains("hint: copy the folder"), "{run}");
    drop(reader);
    let all = world.run(["outbox", "list", "--all", "--json"]).ok().json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2, "{all}");
}

#[test]
fn a_rebuild_keeps_what_was_known_of_a_message_whose_bytes_are_missing() {
    let world = World::new();
    let text = "0123456789abcdef https://example.com\n".repeat(50_000);
    let mail = |from: &str, subject: &str, more: &str, text: &str| {
        format!(
            "From: {from}\nTo: Bob <bob@example.com>\nSubject: {subject}\n{more}Date: Fri, 20 Nov 2026 10:00:00 +0000\n\n{text}"
        )
    };
    let mails = [
        mail("a@example.com", "first", "Message-ID: <1@x>\n", "short"),
        mail(
            "Ada <ada@example.com>",
            "the large one",
            "Message-ID: <2@x>\nReferences: <1@x>\n",
            &text,
        ),
        mail(
            "b@example.com",
            "other words",
            "Message-ID: <3@x>\nIn-Reply-To: <2@x>\n",
            "short",
        ),
    ];
    let names = ["1.eml", "2.eml", "3.eml"];
    let files = names.iter().zip(mails).map(|(n, m)| world.file(n, m));
    let files: Vec<String> = files.collect();
    world
        .run(
            ["import"]
                .into_iter()
                .chain(files.iter().map(String::as_str)),
        )
        .ok();
    world.run(["inbox", "mark", "m2", "--star"]).ok();
    let listed = || -> Vec<serde_json::Value> {
        [
            "from:ada@example.com",
            "subject:\"large one\" to:bob",
            "has:link",
            "thread:t1",
        ]
        .iter()
        .map(|query| world.run(["search", query, "--json"]).ok().json()["messages"].clone())
        .collect()
    };
    let before = listed();
    assert_eq!(before[0][0]["id"], "m2", "{before:?}");
    assert_eq!(before[3].as_array().unwrap().len(), 3, "{before:?}");
    std::fs::rename(world.home().join("blobs"), world.dir().join("blobs")).unwrap();
    for _ in 0..2 {
        let run = world.run(["doctor", "--offline", "--rebuild-index"]);
        assert!(run.stdout.contains("m2"), "{run}");
        assert_eq!(listed(), before);
    }
}

#[test]
fn a_store_copied_without_its_large_messages_is_told_by_the_doctor_until_they_are_back() {
    let world = World::new();
    let text = "0123456789abcdef\n".repeat(100_000);
    let large = format!(
        "From: Ada <ada@example.com>\nSubject: the large one\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n\n{text}"
    );
    let (large, small) = (world.file("large.eml", large), world.file("kept.eml", MAIL));
    world.run(["import", &large, &small]).ok();
    let blobs = world.home().join("blobs");
    let away = world.dir().join("blobs");
    world.run(["doctor", "--offline"]).ok();
    std::fs::rename(&blobs, &away).unwrap();
    for rebuild in [&[][..], &["--rebuild-index"]] {
        let args = [&["doctor", "--offline", "--json"][..], rebuild].concat();
        let run = world.run(args).fails(1);
        let report = run.json();
        let checks = report["checks"].as_array().unwrap();
        let store = checks.iter().find(|c| c["name"] == "store").unwrap();
        assert_eq!(store["state"], "fault", "{run}");
        let detail = store["detail"].as_str().unwrap();
        assert!(detail.contains("1 message (m1)"), "{run}");
        assert!(
            store["fix"].as_str().unwrap().contains("--rebuild-index"),
            "{run}"
        );
        assert!(checks.len() > 10, "all else is looked at: {run}");
    }
    let run = world.run(["inbox", "show", "m1"]).fails(1);
    assert!(run.stderr.contains("hint: put the folder `blobs`"), "{run}");
    std::fs::rename(&away, &blobs).unwrap();
    world.run(["doctor", "--offline", "--rebuild-index"]).ok();
    let found = world.run(["search", "large", "--json"]).ok().json();
    assert_eq!(found["messages"][0]["id"], "m1", "{found}");
}
