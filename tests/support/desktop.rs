//! A private session bus with an unlocked keyring, as on someone's desktop.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The bus, what starts the keyring on it, and an end when stdin ends.
const SCRIPT: &str = r#"
printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
echo "$DBUS_SESSION_BUS_ADDRESS"
cat >/dev/null
for entry in /proc/[0-9]*; do
    if [ "$(cat "$entry/comm" 2>/dev/null)" = gnome-keyring-d ] &&
        tr '\0' '\n' <"$entry/environ" 2>/dev/null | grep -qxF "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"; then
        kill "${entry#/proc/}" 2>/dev/null
    fi
done
"#;

/// A running session; ends with the value.
pub struct Desktop {
    child: Child,
    /// For `DBUS_SESSION_BUS_ADDRESS`.
    pub bus: String,
    folder: tempfile::TempDir,
}

impl Desktop {
    /// Starts a session; `None`, with the reason printed, where its parts are not installed.
    pub fn start() -> Option<Desktop> {
        for program in ["dbus-run-session", "gnome-keyring-daemon"] {
            let path = std::env::var_os("PATH").unwrap_or_default();
            if !std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
                assert!(
                    std::env::var_os("COMMS_TEST_REQUIRE_SERVERS")
                        .is_none_or(|v| v.is_empty() || v == "0"),
                    "{program} is required, but not installed"
                );
                println!("skipped: {program} is not installed (see tests/run)");
                return None;
            }
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", SCRIPT])
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("XDG_DATA_HOME", folder.path())
            .env("HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-run-session starts");
        let mut bus = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut bus).expect("a bus");
        Some(Desktop {
            child,
            bus: bus.trim().to_owned(),
            folder,
        })
    }
}

impl Desktop {
    /// Stops the keyring in the middle of whatever it does, until it may go on.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let ours = format!("XDG_RUNTIME_DIR={}", self.folder.path().display());
        let mut found = 0;
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
            let is_ours = || {
                read("environ")
                    .split(|b| *b == 0)
                    .any(|v| v == ours.as_bytes())
            };
            if read("comm").starts_with(b"gnome-keyring-d") && is_ours() {
                let pid = entry.file_name();
                let kill = Command::new("kill").arg(signal).arg(&pid).status();
                assert!(kill.unwrap().success());
                found += 1;
            }
        }
        assert!(found > 0, "there is no keyring");
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
