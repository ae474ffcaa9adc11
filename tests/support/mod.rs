//! A hermetic world for tests: its own home, a fixed clock, an empty environment, the real binary.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod agent;
pub mod desktop;
pub mod google;
pub mod http_proxy;
pub mod login;
pub mod loopback;
pub mod mail;
pub mod oidc;
pub mod people;
pub mod postbox;
pub mod power;
pub mod proxy;
pub mod pty;
pub mod radicale;
pub mod receiver;
pub mod serving;
pub mod shelf;
pub mod slack;
pub mod smtp;
pub mod twilio;
pub mod vobject;
pub mod whatsapp;

use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The instant at which every test happens.
pub const NOW: &str = "2026-11-21T12:00:00Z";

/// One user of comms on a machine of his own; everything is removed with it.
pub struct World {
    dir: tempfile::TempDir,
    env: Vec<(OsString, OsString)>,
}

/// What a run of the binary said. Prints as a person would tell it, for snapshots.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
    /// stdout as it came, for bytes that are no text.
    pub bytes: Vec<u8>,
}

impl World {
    /// A first user: no config, no mail.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let world = World {
            dir,
            env: Vec::new(),
        };
        std::fs::create_dir(world.home()).expect("a fresh folder");
        world
    }

    /// `COMMS_HOME`: config.toml and the store.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// A folder beside the home for a test's own files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Writes config.toml.
    pub fn config(self, toml: &str) -> Self {
        std::fs::write(self.home().join("config.toml"), toml).expect("config written");
        self
    }

    /// Sets a variable for every later run.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Writes a file beside the home and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("folder made");
        }
        std::fs::write(&path, content).expect("file written");
        path.to_str().expect("temporary paths are UTF-8").to_owned()
    }

    /// Runs the binary with nothing on stdin.
    pub fn run<S: AsRef<str>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        self.run_with("", args)
    }

    /// Runs the binary with this on stdin.
    pub fn run_with<S: AsRef<str>>(
        &self,
        stdin: impl AsRef<[u8]>,
        args: impl IntoIterator<Item = S>,
    ) -> Run {
        let mut child = self.spawn(args);
        let mut pipe = child.stdin.take().expect("stdin is piped");
        let input = stdin.as_ref().to_vec();
        // A thread, so that a child that writes before it reads can't block both.
        let writer = std::thread::spawn(move || {
            let _ = pipe.write_all(&input);
        });
        let output = child.wait_with_output().expect("the binary ends");
        writer.join().expect("stdin written");
        Run {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            // A death by signal, as a shell tells it.
            code: output.status.code().unwrap_or_else(|| {
                128 + std::os::unix::process::ExitStatusExt::signal(&output.status).unwrap_or(0)
            }),
            bytes: output.stdout,
        }
    }

    /// Starts the binary with all three streams piped.
    pub fn spawn<S: AsRef<str>>(&self, args: impl IntoIterator<Item = S>) -> Child {
        let mut command = self.command();
        for arg in args {
            command.arg(arg.as_ref());
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts")
    }

    /// The binary in this world, for tests that need more than `run`.
    pub fn command(&self) -> Command {
        self.command_of(binary())
    }

    /// Another program in this world.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", path_variable())
            .env("HOME", self.dir.path())
            .env("COMMS_HOME", self.home())
            .env("COMMS_NOW", NOW)
            .env("TZ", "UTC")
            .current_dir(self.dir.path());
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command.envs(coverage());
        command
    }
}

impl Run {
    /// Fails the test unless the command succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self}");
        self
    }

    /// Fails the test unless the command ended with this code.
    #[track_caller]
    pub fn fails(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// stdout read as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("not JSON: {e}\n{self}"))
    }

    /// stdout read as JSON lines.
    #[track_caller]
    pub fn jsonl(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|l| {
                serde_json::from_str(l).unwrap_or_else(|e| panic!("not JSON: {e}: {l}\n{self}"))
            })
            .collect()
    }

    /// The JSON error on stderr.
    #[track_caller]
    pub fn json_error(&self) -> serde_json::Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|e| panic!("no JSON error: {e}\n{self}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        write!(f, "--- exit {}", self.code)
    }
}

/// Says why a test has nothing to test with; a failure where servers are required.
pub fn skip<T>(reason: &str) -> Option<T> {
    assert!(
        std::env::var_os("COMMS_TEST_REQUIRE_SERVERS").is_none_or(|v| v.is_empty() || v == "0"),
        "the servers are required, but {reason}"
    );
    println!("skipped: {reason} (see tests/run)");
    None
}

/// The binary under test.
pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_comms")
}

/// Ends a running program of ours: at once, or, when coverage is measured, so that it can write down its own.
pub fn end(child: &mut Child) {
    if coverage().is_some() {
        return stop(child, Duration::from_secs(10));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Asks a program to end, waits, and only then insists.
pub fn stop(child: &mut Child, patience: Duration) {
    let pid = child.id().to_string();
    let _ = Command::new("kill").args(["-TERM", &pid]).status();
    let end = Instant::now() + patience;
    while Instant::now() < end {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// When coverage is measured, that of the programs which tests start: a few files that all of them add to.
fn coverage() -> Option<(&'static str, OsString)> {
    const FILE: &str = "LLVM_PROFILE_FILE";
    let own = std::env::vars_os().find(|(k, _)| k == FILE)?.1;
    let shared = Path::new(&own).with_file_name("comms_%8m.profraw");
    Some((FILE, shared.into()))
}

fn path_variable() -> OsString {
    std::env::vars_os()
        .find(|(k, _)| k == "PATH")
        .map_or_else(|| "/usr/bin:/bin".into(), |(_, v)| v)
}
