//! A mailbox that no one here wrote: aiosmtpd takes mail over SMTP and puts it into a Maildir.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::skip;

/// A running server with its Maildir.
pub struct Postbox {
    dir: tempfile::TempDir,
    child: Child,
    pub port: u16,
}

/// One message in the Maildir.
#[derive(Clone, Debug)]
pub struct Letter {
    pub own_id: String,
    pub subject: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
}

impl Postbox {
    /// Starts the server; `None`, with the reason printed, where it is not installed.
    pub fn start() -> Option<Postbox> {
        Postbox::start_as(&[])
    }

    /// Starts a server that asks for a `login` or is `slow`.
    pub fn start_as(kind: &[&str]) -> Option<Postbox> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new("/usr/bin/python3");
        command
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/support/postbox.py"
            ))
            .arg(dir.path().join("Maildir"))
            .args(kind);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            return skip("python3 is not installed");
        };
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        let _ = BufReader::new(stdout).read_line(&mut line);
        let Ok(port) = line.trim().parse() else {
            let _ = child.wait();
            return skip("python3-aiosmtpd is not installed");
        };
        Some(Postbox { dir, child, port })
    }

    /// An `[accounts.work]` table that sends through this port, which is the server's or that of a proxy before it.
    pub fn account(port: u16) -> String {
        format!(
            "[accounts.work]\nchannel = \"smtp\"\naddress = \"ann@example.com\"\nsmtp = \"127.0.0.1:{port}\"\n\
             tls = \"none\"\nauth = \"none\"\n"
        )
    }

    /// Where the mail is.
    pub fn maildir(&self) -> PathBuf {
        self.dir.path().join("Maildir")
    }

    /// Everything that came.
    pub fn letters(&self) -> Vec<Letter> {
        let mut letters = Vec::new();
        for folder in ["new", "cur"] {
            let Ok(files) = std::fs::read_dir(self.maildir().join(folder)) else {
                continue;
            };
            for file in files.flatten() {
                if let Ok(raw) = std::fs::read(file.path()) {
                    letters.push(Letter::read(&String::from_utf8_lossy(&raw)));
                }
            }
        }
        letters
    }

    /// How many copies with this subject came.
    pub fn copies(&self, subject: &str) -> usize {
        self.letters()
            .iter()
            .filter(|letter| letter.subject == subject)
            .count()
    }
}

impl Letter {
    fn read(raw: &str) -> Letter {
        let raw = raw.replace("\r\n", "\n");
        let head = raw.split("\n\n").next().unwrap_or_default();
        let head = head.replace("\n ", " ").replace("\n\t", " ");
        let field = |name: &str| {
            let mut lines = head.lines();
            lines
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .unwrap_or_default()
                .to_owned()
        };
        Letter {
            own_id: field("X-Comms-Id"),
            subject: field("Subject"),
            to: field("X-RcptTo").split(", ").map(str::to_owned).collect(),
        }
    }
}

impl Drop for Postbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
