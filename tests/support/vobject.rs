//! vobject, a reader and writer of vCards that nobody here wrote.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::skip;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/vobject.py");

pub struct Vobject {
    folder: PathBuf,
}

impl Vobject {
    /// The folder into which tests/run installs it; `None`, with the reason printed, where it is not.
    pub fn find() -> Option<Vobject> {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let folder = cache.or(home)?.join("comms-tests/vobject");
        match folder.join("vobject/__init__.py").exists() {
            true => Some(Vobject { folder }),
            false => skip("vobject is not installed"),
        }
    }

    /// What it sees in a file, as one JSON object per card.
    pub fn read(&self, file: &[u8]) -> Vec<serde_json::Value> {
        let out = self.run("read", file);
        let text = String::from_utf8(out).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The cards of a file as it writes them.
    pub fn rewrite(&self, file: &[u8]) -> Vec<u8> {
        self.run("rewrite", file)
    }

    fn run(&self, what: &str, file: &[u8]) -> Vec<u8> {
        let mut child = Command::new("python3")
            .arg(SCRIPT)
            .arg(&self.folder)
            .arg(what)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let mut pipe = child.stdin.take().expect("stdin is piped");
        pipe.write_all(file).expect("the file is taken");
        drop(pipe);
        let output = child.wait_with_output().expect("python3 ends");
        assert!(
            output.status.success(),
            "vobject refuses:\n{}",
            String::from_utf8_lossy(file)
        );
        output.stdout
    }
}
