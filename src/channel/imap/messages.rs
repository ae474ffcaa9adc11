//! Messages of a folder: opening it, what changed in it, their bytes, their flags, their moves.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::model::message::Flags;

use super::names::{label, quote, ranges, uid_set};
use super::parse::{Response, Status, Value, Verdict};
use super::session::{MOST_RESPONSES, Session};

/// An opened folder.
#[derive(Debug, Default)]
pub struct Opened {
    pub uid_validity: u32,
    pub uid_next: Option<u32>,
    /// `None` if the folder keeps no modification sequence.
    pub highest_modseq: Option<u64>,
    pub messages: u32,
    /// The folder keeps keywords of any name.
    pub keywords: bool,
    /// What QRESYNC told while opening.
    pub changes: Changes,
}

/// What happened to known messages.
#[derive(Debug, Default)]
pub struct Changes {
    pub flags: Vec<(u32, Flags, Vec<String>)>,
    /// Ranges of UIDs that are gone.
    pub vanished: Vec<(u32, u32)>,
}

/// The state a folder had when it was last synced.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    pub uid_validity: u32,
    pub modseq: u64,
}

/// A message as it came from the server.
#[derive(Debug)]
pub struct Fetched {
    pub uid: u32,
    pub flags: Flags,
    pub labels: Vec<String>,
    pub received_at: Option<Timestamp>,
    pub raw: Vec<u8>,
}

/// A fetch under way; ask [`Session::next_message`] until it gives `None`.
pub struct Fetching {
    waiting: VecDeque<Vec<u32>>,
    running: VecDeque<(String, Vec<u32>)>,
    /// UIDs of commands the server refused, or of messages it kept to itself, and its words.
    pub refused: Vec<(Vec<u32>, String)>,
    /// What the server said when it hung up in the middle.
    pub farewell: Option<String>,
}

impl Fetching {
    /// The UIDs of the command that is being answered.
    pub fn current(&self) -> &[u32] {
        self.running.front().map_or(&[], |(_, uids)| uids)
    }
}

/// Where messages went: the UIDVALIDITY of the target, and (old UID, new UID).
pub type Moved = Option<(u32, Vec<(u32, u32)>)>;

const PER_COMMAND: usize = 500;
/// Commands on their way at a time: the next one is there when the server is done with one.
const AHEAD: usize = 2;

impl Session {
    /// Opens a folder; with `since` and QRESYNC also tells what changed.
    pub async fn open_folder(
        &mut self,
        path: &str,
        wire: &str,
        since: Option<Since>,
    ) -> Result<Opened> {
        self.step = format!("opening `{path}`");
        let verb = if self.read_only { "EXAMINE" } else { "SELECT" };
        let parameters = match since {
            Some(since) if self.qresync => {
                format!(" (QRESYNC ({} {}))", since.uid_validity, since.modseq)
            }
            _ if self.offers("CONDSTORE") => " (CONDSTORE)".to_owned(),
            _ => String::new(),
        };
        let command = format!("{verb} {}{parameters}", quote(wire));
        let (responses, _) = self.run(&command).await?;
        let mut opened = Opened {
            keywords: true,
            ..Opened::default()
        };
        for response in &responses {
            match response {
                Response::Untagged(status) => note_code(&mut opened, status),
                Response::Data {
                    number: Some(n),
                    name,
                    ..
                } if name == "EXISTS" => opened.messages = *n,
                Response::Data { name, values, .. } if name == "VANISHED" => {
                    opened.changes.vanished.extend(vanished(values));
                }
                Response::Data { name, values, .. } if name == "FETCH" => {
                    opened.changes.flags.extend(flags_of(values));
                }
                _ => {}
            }
        }
        if opened.uid_validity == 0 {
            return Err(self.garbled());
        }
        Ok(opened)
    }

    /// Flags and labels of these UIDs; only of those changed since a modification sequence, if one is given.
    pub async fn flags(
        &mut self,
        path: &str,
        set: &str,
        changed_since: Option<u64>,
    ) -> Result<Vec<(u32, Flags, Vec<String>)>> {
        self.step = format!("reading flags in `{path}`");
        let modifier = changed_since.map_or(String::new(), |n| format!(" (CHANGEDSINCE {n})"));
        let command = format!("UID FETCH {set} (UID FLAGS){modifier}");
        let mut flags = Vec::new();
        let tag = self.send(&command).await?;
        let status = self
            .answer(&tag, |response| {
                if let Response::Data { name, values, .. } = &response
                    && name == "FETCH"
                {
                    flags.extend(flags_of(values));
                }
                Ok(())
            })
            .await?;
        self.must(status)?;
        Ok(flags)
    }

    /// Which of these UIDs, ascending, the open folder has.
    pub async fn present(&mut self, path: &str, uids: &[u32]) -> Result<BTreeSet<u32>> {
        let mut present = BTreeSet::new();
        for chunk in uids.chunks(PER_COMMAND) {
            let flags = self.flags(path, &uid_set(chunk), None).await?;
            present.extend(flags.into_iter().map(|(uid, ..)| uid));
        }
        Ok(present)
    }

    /// UIDs of the open folder that fit, ascending.
    pub async fn search(&mut self, path: &str, criteria: &str) -> Result<Vec<u32>> {
        self.step = format!("searching `{path}`");
        let (responses, _) = self.run(&format!("UID SEARCH {criteria}")).await?;
        let mut uids: Vec<u32> = responses
            .iter()
            .filter_map(|response| match response {
                Response::Data { name, values, .. } if name == "SEARCH" => Some(values),
                _ => None,
            })
            .flatten()
            .filter_map(Value::number)
            .collect();
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// Begins to fetch whole messages, without marking them read. The UIDs must be ascending.
    pub fn fetch(&mut self, path: &str, uids: &[u32], per_command: Option<usize>) -> Fetching {
        self.step = format!("fetching `{path}`");
        let size = per_command.unwrap_or(PER_COMMAND);
        Fetching {
            waiting: uids.chunks(size).map(<[u32]>::to_vec).collect(),
            running: VecDeque::new(),
            refused: Vec::new(),
            farewell: None,
        }
    }

    /// The next message of a fetch; `None` when all are here.
    pub async fn next_message(&mut self, fetching: &mut Fetching) -> Result<Option<Fetched>> {
        for _ in 0..MOST_RESPONSES {
            while fetching.running.len() < AHEAD
                && let Some(uids) = fetching.waiting.pop_front()
            {
                let set = uid_set(&uids);
                let command = format!("UID FETCH {set} (UID FLAGS INTERNALDATE BODY.PEEK[])");
                let tag = self.send(&command).await?;
                fetching.running.push_back((tag, uids));
            }
            let Some((tag, _)) = fetching.running.front() else {
                return Ok(None);
            };
            let response = match self.read().await {
                Err(e) => {
                    fetching.farewell = self.too_large.take();
                    return Err(e);
                }
                Ok(response) => response,
            };
            match response {
                Response::Tagged { tag: found, status } if found == *tag => {
                    let asked = fetching.running.pop_front();
                    if status.verdict == Verdict::No {
                        let uids = asked.map(|(_, uids)| uids).unwrap_or_default();
                        fetching.refused.push((uids, status.text));
                    } else {
                        self.must(status)?;
                    }
                }
                Response::Tagged { .. } => return Err(self.garbled()),
                Response::Untagged(status) if status.verdict == Verdict::Bye => {
                    fetching.farewell = Some(status.text.clone());
                    return Err(self.cut(None).because(status.text));
                }
                Response::Data { name, values, .. } if name == "FETCH" => match message(values) {
                    Some(Ok(message)) => return Ok(Some(message)),
                    Some(Err(Odd::Withheld(uid))) => {
                        let words = "the answer has no text".to_owned();
                        fetching.refused.push((vec![uid], words));
                    }
                    Some(Err(Odd::Unasked)) => return Err(self.garbled()),
                    None => {}
                },
                _ => {}
            }
        }
        Err(self.endless())
    }

    /// The sizes the server has for these messages.
    pub async fn sizes(&mut self, path: &str, uids: &[u32]) -> Result<Vec<(u32, u64)>> {
        self.step = format!("reading sizes in `{path}`");
        let mut sizes = Vec::new();
        for chunk in uids.chunks(PER_COMMAND) {
            let command = format!("UID FETCH {} (UID RFC822.SIZE)", uid_set(chunk));
            let (responses, _) = self.ask(&command).await?;
            for response in &responses {
                if let Response::Data { name, values, .. } = response
                    && name == "FETCH"
                {
                    sizes.extend(size_of(values));
                }
            }
        }
        Ok(sizes)
    }

    /// Adds or takes away flags (`\Seen`, keywords) of messages in the open folder.
    pub async fn store(&mut self, path: &str, uids: &[u32], change: FlagChange<'_>) -> Result<()> {
        self.writes("changing flags")?;
        self.step = format!("changing flags in `{path}`");
        let (sign, flags) = match change {
            FlagChange::Add(flags) => ('+', flags),
            FlagChange::Remove(flags) => ('-', flags),
        };
        for chunk in uids.chunks(PER_COMMAND) {
            let command = format!(
                "UID STORE {} {sign}FLAGS.SILENT ({})",
                uid_set(chunk),
                flags.join(" ")
            );
            self.run(&command).await?;
        }
        Ok(())
    }

    /// Moves messages of the open folder; tells their new UIDs if the server does.
    pub async fn move_messages(&mut self, path: &str, uids: &[u32], target: &str) -> Result<Moved> {
        self.writes("moving messages")?;
        self.step = format!("moving messages from `{path}`");
        let set = uid_set(uids);
        let target = quote(target);
        if self.offers("MOVE") {
            let (responses, status) = self.run(&format!("UID MOVE {set} {target}")).await?;
            let untagged = responses.iter().find_map(|response| match response {
                Response::Untagged(status) => copied(status),
                _ => None,
            });
            return Ok(untagged.or_else(|| copied(&status)));
        }
        let (_, status) = self.run(&format!("UID COPY {set} {target}")).await?;
        let moved = copied(&status);
        self.store(path, uids, FlagChange::Add(&["\\Deleted".to_owned()]))
            .await?;
        if self.offers("UIDPLUS") {
            self.run(&format!("UID EXPUNGE {set}")).await?;
        } else {
            self.expunge_only(path, uids).await?;
        }
        Ok(moved)
    }

    /// A bare EXPUNGE takes all that is marked: what others marked is unmarked meanwhile.
    async fn expunge_only(&mut self, path: &str, uids: &[u32]) -> Result<()> {
        let mut others = self.search(path, "DELETED").await?;
        others.retain(|uid| !uids.contains(uid));
        let deleted = ["\\Deleted".to_owned()];
        self.store(path, &others, FlagChange::Remove(&deleted))
            .await?;
        self.step = format!("moving messages from `{path}`");
        let expunged = self.run("EXPUNGE").await;
        self.store(path, &others, FlagChange::Add(&deleted)).await?;
        expunged.map(drop)
    }

    /// Puts a message into a folder; tells its UIDVALIDITY and UID if the server does.
    pub async fn append(
        &mut self,
        path: &str,
        wire: &str,
        flags: &[&str],
        raw: &[u8],
    ) -> Result<Option<(u32, u32)>> {
        self.writes("filing a message")?;
        self.step = format!("filing a message in `{path}`");
        let plus = self.offers("LITERAL+") || (self.offers("LITERAL-") && raw.len() <= 4096);
        let tag = self
            .send(&format!(
                "APPEND {} ({}) {{{}{}}}",
                quote(wire),
                flags.join(" "),
                raw.len(),
                if plus { "+" } else { "" }
            ))
            .await?;
        if !plus && let Err(status) = self.continuation(&tag).await? {
            return Err(self.refusal(&status));
        }
        self.write(raw).await?;
        self.write(b"\r\n").await?;
        let status = self.answer(&tag, |_| Ok(())).await?;
        if status.code == "TRYCREATE" {
            return Err(Error::new(
                Kind::NotFound,
                format!("`{}` has no folder `{path}`", self.peer),
            ));
        }
        let status = self.must(status)?;
        let uid = match (status.code.as_str(), status.arguments.as_slice()) {
            ("APPENDUID", [validity, uid, ..]) => validity.number().zip(uid.number()),
            _ => None,
        };
        Ok(uid)
    }
}

/// A change for `UID STORE`.
#[derive(Clone, Copy, Debug)]
pub enum FlagChange<'a> {
    Add(&'a [String]),
    Remove(&'a [String]),
}

fn note_code(opened: &mut Opened, status: &Status) {
    let first = status.arguments.first();
    match status.code.as_str() {
        "UIDVALIDITY" => opened.uid_validity = first.and_then(Value::number).unwrap_or(0),
        "UIDNEXT" => opened.uid_next = first.and_then(Value::number),
        "HIGHESTMODSEQ" => opened.highest_modseq = first.and_then(Value::number).filter(|n| *n > 0),
        "PERMANENTFLAGS" => {
            // EXAMINE answers with an empty list, which says nothing about the folder.
            let flags = first.map(Value::list).unwrap_or_default();
            opened.keywords = flags.is_empty() || flags.iter().any(|f| f.text() == Some("\\*"));
        }
        _ => {}
    }
}

fn vanished(values: &[Value]) -> Vec<(u32, u32)> {
    values
        .iter()
        .filter_map(Value::text)
        .flat_map(ranges)
        .collect()
}

fn copied(status: &Status) -> Moved {
    let (true, [validity, from, to, ..]) = (status.code == "COPYUID", status.arguments.as_slice())
    else {
        return None;
    };
    let from = super::names::expand(from.text()?, 100_000)?;
    let to = super::names::expand(to.text()?, 100_000)?;
    (from.len() == to.len()).then_some(())?;
    Some((validity.number()?, from.into_iter().zip(to).collect()))
}

/// The items of a FETCH as pairs of name and value.
fn items(values: &[Value]) -> impl Iterator<Item = (String, &Value)> {
    values
        .first()
        .map(Value::list)
        .unwrap_or_default()
        .chunks_exact(2)
        .filter_map(|pair| Some((pair[0].text()?.to_ascii_uppercase(), &pair[1])))
}

fn flags_of(values: &[Value]) -> Option<(u32, Flags, Vec<String>)> {
    let mut uid = None;
    let mut flags = None;
    for (name, value) in items(values) {
        match name.as_str() {
            "UID" => uid = value.number(),
            "FLAGS" => flags = Some(read_flags(value.list())),
            _ => {}
        }
    }
    let (flags, labels) = flags?;
    Some((uid?, flags, labels))
}

fn size_of(values: &[Value]) -> Option<(u32, u64)> {
    let of = |wanted: &str| {
        let mut found = items(values).filter(|(name, _)| name == wanted);
        found.find_map(|(_, value)| value.number::<u64>())
    };
    Some((u32::try_from(of("UID")?).ok()?, of("RFC822.SIZE")?))
}

/// What is no message though it answers for one.
enum Odd {
    /// Something beside a message that nobody asked for: a literal longer than announced looks so.
    Unasked,
    /// The server has this message and gives NIL for its text.
    Withheld(u32),
}

/// A whole message; `None` for a flag update or a message that vanished in between.
fn message(mut values: Vec<Value>) -> Option<std::result::Result<Fetched, Odd>> {
    let Some(Value::List(list)) = values.first_mut() else {
        return None;
    };
    let odd = !list.len().is_multiple_of(2);
    let mut list = std::mem::take(list).into_iter();
    let mut uid = None;
    let mut found = (Flags::default(), Vec::new());
    let mut received_at = None;
    let mut raw = None;
    let mut unasked = odd;
    let mut withheld = false;
    while let (Some(name), Some(value)) = (list.next(), list.next()) {
        let name = name.text().unwrap_or_default().to_ascii_uppercase();
        match (name.as_str(), value) {
            ("UID", value) => uid = value.number(),
            ("FLAGS", value) => found = read_flags(value.list()),
            ("INTERNALDATE", value) => received_at = value.text().and_then(internal_date),
            ("BODY[]", Value::Bytes(bytes)) => raw = Some(bytes),
            ("BODY[]", Value::Nil) => withheld = true,
            ("MODSEQ" | "RFC822.SIZE", _) => {}
            _ => unasked = true,
        }
    }
    if withheld {
        return uid.map(|uid| Err(Odd::Withheld(uid)));
    }
    let raw = raw?;
    if unasked {
        return Some(Err(Odd::Unasked));
    }
    Some(Ok(Fetched {
        uid: uid?,
        flags: found.0,
        labels: found.1,
        received_at,
        raw,
    }))
}

/// Keywords that programs set for themselves and no reader wants as labels.
const SILENT: &[&str] = &[
    "$mdnsent",
    "$submitted",
    "$submitpending",
    "$hasattachment",
    "$hasnoattachment",
    "$junk",
    "$notjunk",
    "junk",
    "nonjunk",
    "notjunk",
    "$phishing",
    "$recent",
    "$autojunk",
    "$istrusted",
    "receipthandled",
];

fn read_flags(values: &[Value]) -> (Flags, Vec<String>) {
    let mut flags = Flags::default();
    let mut labels = Vec::new();
    for flag in values.iter().filter_map(Value::text) {
        match flag.to_ascii_lowercase().as_str() {
            "\\seen" => flags.seen = true,
            "\\flagged" => flags.starred = true,
            "\\answered" => flags.answered = true,
            "\\draft" => flags.draft = true,
            "\\deleted" => flags.trashed = true,
            "$forwarded" | "forwarded" => flags.forwarded = true,
            other if other.starts_with('\\') || SILENT.contains(&other) => {}
            _ => labels.push(label(flag)),
        }
    }
    labels.sort();
    (flags, labels)
}

/// `17-Jul-1996 02:44:25 -0700`; a day of one digit comes with a space.
fn internal_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim())
        .ok()?
        .to_timestamp()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::imap::parse::{Piece, response};

    fn values(text: &str) -> Vec<Value> {
        match response(vec![Piece::Text(text.as_bytes().to_vec())]) {
            Some(Response::Data { values, .. }) => values,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keywords_become_labels_and_flags_become_flags() {
        let line = "* 1 FETCH (UID 7 FLAGS (\\Seen $Forwarded Work $MDNSent \\Recent gr&APYA3w-e))";
        let (uid, flags, labels) = flags_of(&values(line)).unwrap();
        assert_eq!(uid, 7);
        assert!(flags.seen && flags.forwarded && !flags.starred);
        assert_eq!(labels, ["Work", "größe"]);
    }

    #[test]
    fn internal_dates_of_one_digit_days_are_read() {
        let at = internal_date(" 1-Jul-1996 02:44:25 -0700").unwrap();
        assert_eq!(at.to_string(), "1996-07-01T09:44:25Z");
        assert_eq!(internal_date("yesterday"), None);
    }

    #[test]
    fn a_move_tells_where_each_message_went() {
        let Some(Response::Tagged { status, .. }) = response(vec![Piece::Text(
            b"a OK [COPYUID 9 3:4,7 11:13] done".to_vec(),
        )]) else {
            panic!()
        };
        assert_eq!(copied(&status), Some((9, vec![(3, 11), (4, 12), (7, 13)])));
    }
}
