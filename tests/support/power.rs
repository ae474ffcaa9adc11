//! What a disk holds after a power cut: rebuilt from the system calls of a run, as strace tells them.
//!
//! Only what was synced is sure to be there; of the rest nothing, all or some may be. A name lasts once its folder was
//! synced.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{World, binary, skip};

/// What a run did, in order.
#[derive(Clone, Debug)]
pub enum Event {
    Create(String),
    Write(String, usize, Vec<u8>),
    Truncate(String, usize),
    Sync(String),
    Rename(String, String),
    Unlink(String),
    /// Bytes that left over a socket.
    Said(String),
    /// Bytes on stdout.
    Told(String),
}

/// Runs the binary under strace; its exit code and what it did to files below the home, to sockets and on stdout.
pub fn trace(world: &World, args: &[&str]) -> Option<(i32, Vec<Event>)> {
    let log = world.dir().join("strace.log");
    let calls = "openat,write,pwrite64,writev,sendto,sendmsg,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat";
    let status = world
        .command_of("strace")
        .args(["-f", "-y", "-xx", "-s", "1000000", "-e"])
        .arg(format!("trace={calls}"))
        .arg("-o")
        .args([log.as_os_str(), binary().as_ref()])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let (Ok(status), false) = (status, text.is_empty()) else {
        return skip("strace is not installed, or may not trace here");
    };
    Some((status.code().unwrap_or(-1), read(&text, &world.home())))
}

/// The log's lines as events; calls that were interrupted by another thread's are put together.
fn read(log: &str, home: &Path) -> Vec<Event> {
    let home = home.to_str().expect("temporary paths are UTF-8");
    let mut begun: HashMap<&str, String> = HashMap::new();
    let mut events = Vec::new();
    for line in log.lines() {
        let (pid, call) = line.split_once(' ').unwrap_or(("", line));
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix(" <unfinished ...>") {
            // What leaves may have left when the call begins; all else counts when it ended.
            events.extend(leaves(first));
            begun.insert(pid, first.to_owned());
        } else if let Some(rest) = call.strip_prefix("<... ") {
            let rest = rest.split_once('>').map_or("", |(_, rest)| rest);
            let whole = begun.remove(pid).unwrap_or_default() + rest;
            events.extend(changes(&whole, home));
        } else {
            events.extend(leaves(call).or_else(|| changes(call, home)));
        }
    }
    events
}

/// Strings of a call in their order; file descriptors count as the paths they stand for.
fn words(call: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = call;
    while let Some(at) = rest.find(['"', '<']) {
        let end = if rest[at..].starts_with('"') {
            '"'
        } else {
            '>'
        };
        rest = &rest[at + 1..];
        let Some(length) = rest.find(end) else { break };
        words.push(unescape(&rest[..length]));
        rest = &rest[length + 1..];
    }
    words
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some(first) = rest.first() {
        let hex = rest
            .get(..4)
            .and_then(|four| std::str::from_utf8(four).ok()?.strip_prefix("\\x"))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(hex.unwrap_or(*first));
        rest = &rest[if hex.is_some() { 4 } else { 1 }..];
    }
    bytes
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What goes to a socket or to stdout.
fn leaves(call: &str) -> Option<Event> {
    let name = call.split('(').next()?;
    if !["write", "writev", "sendto", "sendmsg"].contains(&name) {
        return None;
    }
    let words = words(call);
    let to = text(words.first()?);
    let said = text(&words[1..].concat());
    if to.starts_with("socket:") || to.starts_with("TCP") {
        return Some(Event::Said(said));
    }
    let stdout = call[name.len()..].starts_with("(1<");
    stdout.then_some(Event::Told(said))
}

/// What a call changed below the home.
fn changes(call: &str, home: &str) -> Option<Event> {
    let (head, result) = call.rsplit_once(" = ")?;
    if result.starts_with('-') {
        return None;
    }
    let name = head.split('(').next()?;
    let words = words(head);
    // With a folder's descriptor before them, names are absolute all the same.
    let path = |n: usize| {
        let own = words.iter().map(|word| text(word));
        let mut own = own.filter(|word| word.starts_with(home));
        own.nth(n)
    };
    let number = |from: &str| from.trim_end_matches(')').rsplit(", ").next()?.parse().ok();
    Some(match name {
        "openat" if head.contains("O_CREAT") => Event::Create(path(0)?),
        "pwrite64" => Event::Write(path(0)?, number(head)?, words.get(1)?.clone()),
        "ftruncate" => Event::Truncate(path(0)?, number(head)?),
        "fsync" | "fdatasync" => Event::Sync(path(0)?),
        "rename" | "renameat" | "renameat2" => Event::Rename(path(0)?, path(1)?),
        "unlink" | "unlinkat" => Event::Unlink(path(0)?),
        _ => return None,
    })
}

/// What became of the writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Lost,
    Kept,
    /// Every other one was kept, the last of them by half.
    Torn,
}

pub const FATES: [Fate; 3] = [Fate::Lost, Fate::Kept, Fate::Torn];

#[derive(Clone, Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<(usize, Option<Vec<u8>>)>,
}

/// A folder of files as a run changes them.
#[derive(Default)]
pub struct Disk {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
}

impl Disk {
    /// A disk that holds what is below this folder now, all of it synced.
    pub fn of(folder: &Path) -> Disk {
        let mut disk = Disk::default();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if let Ok(durable) = std::fs::read(entry.path()) {
                let pending = Vec::new();
                disk.files.push(Content { durable, pending });
                let name = entry.path().display().to_string();
                disk.names.insert(name, disk.files.len() - 1);
            }
        }
        disk.durable_names = disk.names.clone();
        disk
    }

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Create(path) => {
                self.content(path);
            }
            Event::Write(path, at, bytes) => {
                self.content(path).pending.push((*at, Some(bytes.clone())));
            }
            Event::Truncate(path, length) => self.content(path).pending.push((*length, None)),
            Event::Sync(path) => {
                if self.names.contains_key(path) {
                    let content = self.content(path);
                    content.durable = content.after(Fate::Kept);
                    content.pending.clear();
                } else {
                    // A folder, and there is but one.
                    self.durable_names = self.names.clone();
                }
            }
            Event::Rename(from, to) => {
                if let Some(file) = self.names.remove(from) {
                    self.names.insert(to.clone(), file);
                }
            }
            Event::Unlink(path) => {
                self.names.remove(path);
            }
            Event::Said(_) | Event::Told(_) => {}
        }
    }

    fn content(&mut self, path: &str) -> &mut Content {
        let next = self.files.len();
        let n = *self.names.entry(path.to_owned()).or_insert(next);
        if n == next {
            self.files.push(Content::default());
        }
        &mut self.files[n]
    }

    /// Writes into a folder what is left after a power cut, without what processes share in memory.
    pub fn cut(&self, fate: Fate, folder: &Path) {
        let names = match fate {
            Fate::Kept => &self.names,
            Fate::Lost | Fate::Torn => &self.durable_names,
        };
        for (path, file) in names.iter().filter(|(path, _)| !path.ends_with("-shm")) {
            let name = PathBuf::from(path);
            let name = name.file_name().expect("a file has a name");
            std::fs::write(folder.join(name), self.files[*file].after(fate)).expect("written");
        }
    }
}

impl Content {
    fn after(&self, fate: Fate) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let last = self.pending.len().saturating_sub(1);
        for (n, (at, data)) in self.pending.iter().enumerate() {
            if fate == Fate::Lost || fate == Fate::Torn && n % 2 == 1 {
                continue;
            }
            let Some(data) = data else {
                bytes.resize(*at, 0);
                continue;
            };
            let torn = fate == Fate::Torn && n + 1 >= last;
            let kept = if torn { data.len() / 2 } else { data.len() };
            bytes.resize(bytes.len().max(at + kept), 0);
            bytes[*at..at + kept].copy_from_slice(&data[..kept]);
        }
        bytes
    }
}
