//! An IMAP server of few words whose folders a test changes as another client would.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// A message in a folder.
#[derive(Clone, Debug)]
pub struct Letter {
    pub uid: u32,
    /// INTERNALDATE.
    pub came: &'static str,
    pub flags: BTreeSet<String>,
    pub raw: String,
}

/// A folder as it stands on the server.
#[derive(Clone, Debug)]
pub struct Box {
    pub name: String,
    pub validity: u32,
    pub next: u32,
    pub messages: Vec<Letter>,
    /// With CONDSTORE: the folder's HIGHESTMODSEQ.
    pub modseq: Option<u64>,
    /// Listings and fetches pass its messages over, and say that all is well.
    pub hides: bool,
    /// What opening it is refused with.
    pub refuses: Option<&'static str>,
    /// With it in any folder the server tells no UIDs of what it moves: it has neither UIDPLUS nor MOVE.
    pub bare: bool,
}

impl Box {
    /// Files a message that came long ago.
    pub fn put(&mut self, raw: impl Into<String>) {
        self.put_at("05-Jan-2026 10:00:00 +0000", raw);
    }

    pub fn put_at(&mut self, came: &'static str, raw: impl Into<String>) {
        self.messages.push(Letter {
            uid: self.next,
            came,
            flags: BTreeSet::new(),
            raw: raw.into(),
        });
        self.next += 1;
    }

    /// Files a message that lay elsewhere, with its flags.
    pub fn take_in(&mut self, letter: Letter) {
        self.messages.push(Letter {
            uid: self.next,
            ..letter
        });
        self.next += 1;
    }
}

/// A running server, and what lies in it. Without CONDSTORE unless a folder has it, so all is looked at each time.
pub struct Shelf {
    pub port: u16,
    boxes: Arc<Mutex<Vec<Box>>>,
    /// Commands, without their tags.
    pub heard: Arc<Mutex<Vec<String>>>,
}

impl Shelf {
    pub fn start(names: &[&str]) -> Shelf {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let boxes = Arc::new(Mutex::new(Vec::new()));
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let shelf = Shelf {
            port,
            boxes: boxes.clone(),
            heard: heard.clone(),
        };
        names.iter().for_each(|name| shelf.create(name));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (boxes, heard) = (boxes.clone(), heard.clone());
                std::thread::spawn(move || serve(client.unwrap(), (&boxes, &heard)));
            }
        });
        shelf
    }

    /// An `[accounts.work]` table for it.
    pub fn account(&self) -> String {
        format!(
            "[accounts.work]\nchannel = \"imap\"\naddress = \"ann@example.com\"\nimap = \"127.0.0.1:{}\"\n\
             tls = \"none\"\nsecret_command = \"echo annpw\"\n",
            self.port
        )
    }

    pub fn boxes(&self) -> MutexGuard<'_, Vec<Box>> {
        self.boxes.lock().unwrap()
    }

    pub fn create(&self, name: &str) {
        let mut boxes = self.boxes();
        boxes.push(Box {
            name: name.to_owned(),
            validity: 7,
            next: 1,
            messages: Vec::new(),
            modseq: None,
            hides: false,
            refuses: None,
            bare: false,
        });
    }

    /// Acts on one folder.
    pub fn in_box<T>(&self, name: &str, act: impl FnOnce(&mut Box) -> T) -> T {
        let mut boxes = self.boxes();
        act(boxes.iter_mut().find(|b| b.name == name).unwrap())
    }

    /// Moves all messages of one folder to another, as `UID MOVE` does.
    pub fn move_all(&self, from: &str, to: &str) {
        let moved = self.in_box(from, |b| std::mem::take(&mut b.messages));
        self.in_box(to, |b| moved.into_iter().for_each(|m| b.take_in(m)));
    }
}

fn serve(
    mut client: TcpStream,
    (boxes, heard): (&Mutex<Vec<Box>>, &Mutex<Vec<String>>),
) -> Option<()> {
    let mut lines = BufReader::new(client.try_clone().ok()?);
    let condstore = boxes.lock().unwrap().iter().any(|b| b.modseq.is_some());
    let bare = boxes.lock().unwrap().iter().any(|b| b.bare);
    let more = if condstore { " CONDSTORE" } else { "" };
    let plus = if bare { "" } else { " UIDPLUS" };
    write!(
        client,
        "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR{plus}{more}] hello\r\n"
    )
    .ok()?;
    let mut open = String::new();
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
        let told = line.trim_end().split_once(' ')?.1.to_owned();
        heard.lock().unwrap().push(told);
        let answer = answer(line.trim_end(), &mut boxes.lock().unwrap(), &mut open);
        client.write_all(answer.as_bytes()).ok()?;
        line.clear();
    }
    Some(())
}

fn answer(line: &str, boxes: &mut [Box], open: &mut String) -> String {
    let (tag, command) = line.split_once(' ').unwrap();
    if let Some(refused) = change(command, boxes, open) {
        return format!("{tag} {refused}\r\n");
    }
    let named = |name: &str| boxes.iter().find(|b| b.name == name.trim_matches('"'));
    let mut said = String::new();
    match command.split(' ').collect::<Vec<_>>()[..] {
        ["LIST", ..] => {
            for b in boxes {
                said += &format!("* LIST () \"/\" \"{}\"\r\n", b.name);
            }
        }
        ["STATUS", name, ..] => {
            if let Some(b) = named(name) {
                let modseq = b.modseq.map(|n| format!(" HIGHESTMODSEQ {n}"));
                said += &format!(
                    "* STATUS {name} (MESSAGES {} UIDNEXT {} UIDVALIDITY {}{})\r\n",
                    b.messages.len(),
                    b.next,
                    b.validity,
                    modseq.unwrap_or_default()
                );
            }
        }
        ["SELECT" | "EXAMINE", name, ..] => {
            let Some(b) = named(name) else {
                return format!("{tag} NO no such folder\r\n");
            };
            if let Some(words) = b.refuses {
                return format!("{tag} NO {words}\r\n");
            }
            b.name.clone_into(open);
            if let Some(n) = b.modseq {
                said += &format!("* OK [HIGHESTMODSEQ {n}] m\r\n");
            }
            said += &format!(
                "* {} EXISTS\r\n* OK [UIDVALIDITY {}] v\r\n* OK [UIDNEXT {}] n\r\n",
                b.messages.len(),
                b.validity,
                b.next
            );
        }
        ["UID", "SEARCH", ..] => {
            let words = command.strip_prefix("UID SEARCH HEADER Message-ID ");
            let words = words.map(|words| words.trim_matches('"'));
            let uids = shown(named(open))
                .filter(|m| words.is_none_or(|words| m.raw.contains(words)))
                .filter(|m| command != "UID SEARCH DELETED" || m.flags.contains("\\Deleted"));
            let uids: Vec<String> = uids.map(|m| m.uid.to_string()).collect();
            said += &format!("* SEARCH {}\r\n", uids.join(" "));
        }
        ["UID", "FETCH", set, ..] => {
            let whole = command.contains("BODY.PEEK[]");
            for (n, letter) in shown(named(open)).enumerate() {
                let Letter {
                    uid,
                    came,
                    flags,
                    raw,
                } = letter;
                if !holds(set, *uid) {
                    continue;
                }
                let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
                let flags = flags.join(" ");
                said += &format!("* {} FETCH (UID {uid} FLAGS ({flags})", n + 1);
                if whole {
                    said += &format!(" INTERNALDATE \"{came}\" BODY[] {{{}}}\r\n{raw}", raw.len());
                }
                said += ")\r\n";
            }
        }
        _ => {}
    }
    format!("{said}{tag} OK done\r\n")
}

/// Does what changes a folder; the answer of a command it refuses.
fn change(command: &str, boxes: &mut [Box], open: &str) -> Option<&'static str> {
    let at = |name: &str, boxes: &[Box]| {
        let name = name.trim_matches('"');
        boxes.iter().position(|b| b.name == name)
    };
    let here = at(open, boxes)?;
    match command.split(' ').collect::<Vec<_>>()[..] {
        // Keywords of one's own are not kept here.
        ["UID", "STORE", .., flags] if !flags.starts_with("(\\") => {
            return Some("NO [CANNOT] no such keyword");
        }
        ["UID", "STORE", set, sign, flag] => {
            let flag = flag.trim_matches(['(', ')']);
            for letter in &mut boxes[here].messages {
                match (holds(set, letter.uid), sign.starts_with('+')) {
                    (true, true) => drop(letter.flags.insert(flag.to_owned())),
                    (true, false) => drop(letter.flags.remove(flag)),
                    (false, _) => {}
                }
            }
        }
        ["UID", "COPY", set, target] => {
            let Some(there) = at(target, boxes) else {
                return Some("NO [TRYCREATE] no such folder");
            };
            let mut copied = boxes[here].messages.clone();
            copied.retain(|letter| holds(set, letter.uid));
            copied.into_iter().for_each(|m| boxes[there].take_in(m));
        }
        ["UID", "EXPUNGE", _] | ["EXPUNGE"] => {
            let gone = |letter: &Letter| letter.flags.contains("\\Deleted");
            boxes[here].messages.retain(|letter| !gone(letter));
        }
        _ => {}
    }
    None
}

fn shown(open: Option<&Box>) -> impl Iterator<Item = &Letter> {
    open.into_iter()
        .filter(|b| !b.hides)
        .flat_map(|b| &b.messages)
}

/// Whether a set (`1:3,7,9:*`) holds a UID.
fn holds(set: &str, uid: u32) -> bool {
    set.split(',').any(|part| {
        let (from, to) = part.split_once(':').unwrap_or((part, part));
        let end = |text: &str| text.parse().unwrap_or(u32::MAX);
        (end(from)..=end(to)).contains(&uid)
    })
}
