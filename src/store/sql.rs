//! SQL for a prepared query: what drives the scan, what is probed for each key.
//!
//! Three things can drive, all in the order of keys: the text index, a set of facts, a thread. The
//! rarer of text and facts drives, so a common word with a rare label does not walk all its hits.

use rusqlite::Connection;

use super::plan::Node;
use super::row::{EVERY, folder_fact};
use super::write::meta;

/// Facts rarer than this drive, and the text is probed for each of their keys.
const RARE: usize = 400;
/// Up to here counting the keys of facts is cheaper than walking the wrong side.
const COUNTED: usize = 5_000;
/// A larger set of facts is checked in the message's row.
const PROBED: usize = 4;
/// How many hits are ranked, the newest that fit the whole query: ranking reads the texts' lengths and places one by one, and a word in every
/// third message says little about the older ones.
const RANKED: usize = if cfg!(test) { 40 } else { 3_000 };
/// A larger set of facts can't drive.
const DRIVING: usize = 16;

/// A statement's text and its parameters.
pub struct Sql {
    pub text: String,
    pub params: Vec<String>,
}

/// A query split into what drives it and what is checked.
pub struct Scan {
    drive: Drive,
    checks: Vec<Node>,
    since: Option<i64>,
    until: Option<i64>,
    spill: i64,
}

enum Drive {
    Text(String),
    Facts(Vec<i64>),
    Thread(i64),
    Nothing,
}

impl Scan {
    /// Chooses the cheapest way by looking how common each side is.
    pub fn new(index: &Connection, node: Node) -> rusqlite::Result<Scan> {
        Self::choose(index, node, false)
    }

    /// The text drives whenever there is one, so that hits can be ranked.
    pub fn ranked(index: &Connection, node: Node) -> rusqlite::Result<Scan> {
        Self::choose(index, node, true)
    }

    fn choose(index: &Connection, node: Node, text_first: bool) -> rusqlite::Result<Scan> {
        let mut scan = Scan {
            drive: Drive::Facts(vec![EVERY]),
            checks: Vec::new(),
            since: None,
            until: None,
            spill: meta(index, "spill")?,
        };
        let parts = match node {
            Node::And(parts) => parts,
            one => vec![one],
        };
        let (mut text, mut thread) = (None, None);
        let mut facts: Vec<Vec<i64>> = Vec::new();
        for part in parts {
            match part {
                Node::All => {}
                Node::Nothing => scan.drive = Drive::Nothing,
                Node::Match(expression) if text.is_none() => text = Some(expression),
                Node::Facts(set) => facts.push(set),
                Node::Thread(id) if thread.is_none() => thread = Some(id),
                Node::Since(at) => scan.since = scan.since.max(Some(at)),
                Node::Until(at) => {
                    scan.until = Some(scan.until.map_or(at, |until| until.min(at)));
                }
                other => scan.checks.push(other),
            }
        }
        if matches!(scan.drive, Drive::Nothing) {
            return Ok(scan);
        }
        let rarest = if thread.is_some() || (text_first && text.is_some()) {
            None
        } else {
            rarest(index, &facts, text.is_some())?
        };
        match (thread, text, rarest) {
            (Some(thread), text, _) => {
                scan.drive = Drive::Thread(thread);
                scan.checks.extend(text.map(Node::Match));
            }
            (None, Some(text), Some((at, count))) if count < RARE => {
                scan.drive = Drive::Facts(facts.swap_remove(at));
                scan.checks.push(Node::Match(text));
            }
            (None, Some(text), _) => scan.drive = Drive::Text(text),
            (None, None, Some((at, _))) => scan.drive = Drive::Facts(facts.swap_remove(at)),
            (None, None, None) => {}
        }
        scan.checks.extend(facts.into_iter().map(Node::Facts));
        // Cheap probes first: SQLite takes them in this order.
        scan.checks.sort_by_key(|check| match check {
            Node::Facts(_) => 0,
            Node::Match(_) => 2,
            _ => 1,
        });
        Ok(scan)
    }

    /// Whether hits can be ranked.
    pub fn has_text(&self) -> bool {
        matches!(self.drive, Drive::Text(_))
    }

    /// Rows of these columns of `messages m` (the first is `m.key`), newest first, with keys below
    /// `before`.
    pub fn newest(&self, columns: &str, before: Option<i64>, limit: Option<usize>) -> Sql {
        let mut sql = self.union(columns, (None, before));
        sql.text.push_str(" ORDER BY 1 DESC");
        sql.text.push_str(&limited(limit));
        sql
    }

    /// Rows of these columns with keys from `floor` on, best first, without the first `skip`.
    pub fn best(
        &self,
        columns: &str,
        floor: Option<i64>,
        (skip, limit): (usize, Option<usize>),
    ) -> Sql {
        let mut sql = self.union(columns, (floor, None));
        sql.text.push_str(" ORDER BY rank");
        sql.text.push_str(&match limit {
            Some(_) => limited(limit),
            None => " LIMIT -1".to_owned(),
        });
        sql.text.push_str(&format!(" OFFSET {skip}"));
        sql
    }

    /// The key of the oldest hit that is ranked: no row if all are.
    pub fn floor(&self) -> Sql {
        let mut writer = Writer::new(self);
        let (condition, key) = writer.condition(0, (None, None));
        let from = writer.from(writer.uses_row);
        Sql {
            text: format!(
                "SELECT {key} FROM {from} WHERE {condition} ORDER BY {key} DESC LIMIT 1 OFFSET {}",
                RANKED - 1
            ),
            params: writer.params,
        }
    }

    /// One number.
    pub fn count(&self) -> Sql {
        let mut writer = Writer::new(self);
        let terms: Vec<String> = (0..writer.terms())
            .map(|term| {
                let (condition, _) = writer.condition(term, (None, None));
                let from = writer.from(writer.uses_row);
                format!("SELECT count(*) AS n FROM {from} WHERE {condition}")
            })
            .collect();
        let text = match terms.len() {
            1 => terms.into_iter().next().expect("there is one"),
            _ => format!("SELECT sum(n) FROM ({})", terms.join(" UNION ALL ")),
        };
        Sql {
            text,
            params: writer.params,
        }
    }

    /// `bounds`: the first key, and the one after the last.
    fn union(&self, columns: &str, bounds: (Option<i64>, Option<i64>)) -> Sql {
        let mut writer = Writer::new(self);
        let terms: Vec<String> = (0..writer.terms())
            .map(|term| {
                let (condition, key) = writer.condition(term, bounds);
                let columns = columns.replacen("m.key", &key, 1);
                format!(
                    "SELECT {columns} FROM {} WHERE {condition}",
                    writer.from(true)
                )
            })
            .collect();
        Sql {
            text: terms.join(" UNION ALL "),
            params: writer.params,
        }
    }
}

/// Which set has the fewest keys, and how many: counted up to where it matters, and not at all if there is no other.
fn rarest(
    index: &Connection,
    facts: &[Vec<i64>],
    beside_text: bool,
) -> rusqlite::Result<Option<(usize, usize)>> {
    let driving = |set: &&Vec<i64>| set.len() <= DRIVING;
    let is_counted = beside_text || facts.iter().filter(driving).count() > 1;
    let most = if beside_text { RARE } else { COUNTED };
    let mut best: Option<(usize, usize)> = None;
    for (at, set) in facts.iter().enumerate() {
        if set.len() > DRIVING {
            continue;
        }
        if !is_counted {
            return Ok(Some((at, 0)));
        }
        let limit = best.map_or(most, |(_, count)| count);
        let count: usize = index.query_row(
            &format!(
                "SELECT count(*) FROM (SELECT 1 FROM facts WHERE fact IN ({}) LIMIT {limit})",
                list(set)
            ),
            [],
            |row| {
                row.get::<_, i64>(0)
                    .map(|n| usize::try_from(n).unwrap_or(0))
            },
        )?;
        if best.is_none_or(|(_, least)| count < least) {
            best = Some((at, count));
        }
    }
    Ok(best)
}

fn limited(limit: Option<usize>) -> String {
    limit.map(|n| format!(" LIMIT {n}")).unwrap_or_default()
}

fn list(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    numbers.join(", ")
}

struct Writer<'a> {
    scan: &'a Scan,
    params: Vec<String>,
    uses_row: bool,
}

impl<'a> Writer<'a> {
    fn new(scan: &'a Scan) -> Self {
        Writer {
            scan,
            params: Vec::new(),
            uses_row: false,
        }
    }

    /// A set of facts is merged from one ordered walk for each.
    fn terms(&self) -> usize {
        match &self.scan.drive {
            Drive::Facts(facts) => facts.len(),
            _ => 1,
        }
    }

    fn from(&self, with_row: bool) -> &'static str {
        match (&self.scan.drive, with_row) {
            (Drive::Text(_), true) => "text CROSS JOIN messages m ON m.key = text.rowid",
            (Drive::Text(_), false) => "text",
            (Drive::Facts(_), true) => "facts k CROSS JOIN messages m ON m.key = k.key",
            (Drive::Facts(_), false) => "facts k",
            (Drive::Thread(_) | Drive::Nothing, _) => "messages m",
        }
    }

    /// The condition of one term and the words for its key.
    fn condition(
        &mut self,
        term: usize,
        (floor, before): (Option<i64>, Option<i64>),
    ) -> (String, String) {
        let scan = self.scan;
        let mut all = Vec::new();
        let key = match &scan.drive {
            Drive::Text(expression) => {
                all.push(format!("text MATCH {}", self.bind(expression)));
                "text.rowid"
            }
            Drive::Facts(facts) => {
                all.push(format!("k.fact = {}", facts[term]));
                let earlier: Vec<i64> = facts[..term]
                    .iter()
                    .copied()
                    // A message lies in one folder only.
                    .filter(|fact| !is_folder(*fact) || !is_folder(facts[term]))
                    .collect();
                if !earlier.is_empty() {
                    all.push(format!("NOT {}", holds(&earlier, "k.key")));
                }
                "k.key"
            }
            Drive::Thread(thread) => {
                all.push(format!("m.thread = {thread}"));
                "m.key"
            }
            Drive::Nothing => {
                all.push("0".to_owned());
                "m.key"
            }
        };
        if let Some(floor) = floor {
            all.push(format!("{key} >= {floor}"));
        }
        if let Some(before) = before {
            all.push(format!("{key} < {before}"));
        }
        if let Some(at) = scan.since {
            all.push(self.since(at, key));
        }
        if let Some(at) = scan.until {
            all.push(self.until(at, key));
        }
        // SQLite may look for the text by way of what is checked of its keys, and FTS5 can't: a sign keeps them apart.
        let checked = match &scan.drive {
            Drive::Text(_) => "+text.rowid",
            _ => key,
        };
        for check in &scan.checks {
            let check = match (check, &scan.drive) {
                // Few keys: look each up instead of collecting all hits.
                (Node::Match(text), Drive::Facts(_) | Drive::Thread(_)) if scan.is_narrow() => {
                    format!(
                        "EXISTS (SELECT 1 FROM text WHERE text MATCH {} AND rowid = {key})",
                        self.bind(text)
                    )
                }
                _ => self.check(check, checked),
            };
            all.push(check);
        }
        (all.join(" AND "), key.to_owned())
    }

    fn check(&mut self, node: &Node, key: &str) -> String {
        match node {
            Node::All => "1".to_owned(),
            Node::Nothing => "0".to_owned(),
            Node::And(parts) => self.joined(parts, " AND ", key),
            Node::Or(parts) => self.joined(parts, " OR ", key),
            Node::Not(part) => format!("NOT ({})", self.check(part, key)),
            Node::Match(text) => format!(
                "{key} IN (SELECT rowid FROM text WHERE text MATCH {})",
                self.bind(text)
            ),
            Node::Facts(facts) if facts.len() > PROBED && facts.iter().all(|f| is_folder(*f)) => {
                self.uses_row = true;
                let folders: Vec<i64> = facts.iter().map(|fact| fact - folder_fact(0)).collect();
                format!("m.folder IN ({})", list(&folders))
            }
            Node::Facts(facts) => holds(facts, key),
            Node::Thread(thread) => {
                self.uses_row = true;
                format!("m.thread = {thread}")
            }
            Node::Since(at) => self.since(*at, key),
            Node::Until(at) => self.until(*at, key),
            Node::Larger(size) => {
                self.uses_row = true;
                format!("m.size > {size}")
            }
            Node::Smaller(size) => {
                self.uses_row = true;
                format!("m.size < {size}")
            }
        }
    }

    fn joined(&mut self, parts: &[Node], operator: &str, key: &str) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.check(part, key)).collect();
        format!("({})", parts.join(operator))
    }

    /// Where many messages share a second, keys run ahead of times: then the row decides.
    fn since(&mut self, at: i64, key: &str) -> String {
        let first = first_key(at);
        if self.scan.spill == 0 {
            return format!("{key} >= {first}");
        }
        self.uses_row = true;
        format!("({key} >= {first} AND m.at >= {at})")
    }

    fn until(&mut self, at: i64, key: &str) -> String {
        if self.scan.spill == 0 {
            return format!("{key} < {}", first_key(at));
        }
        self.uses_row = true;
        let last = first_key(at.saturating_add(self.scan.spill + 1));
        format!("({key} < {last} AND m.at < {at})")
    }

    fn bind(&mut self, text: &str) -> String {
        let at = match self.params.iter().position(|param| param == text) {
            Some(at) => at,
            None => {
                self.params.push(text.to_owned());
                self.params.len() - 1
            }
        };
        format!("?{}", at + 1)
    }
}

impl Scan {
    fn is_narrow(&self) -> bool {
        // `choose` lets facts drive beside a text only when they are few.
        !matches!(&self.drive, Drive::Facts(facts) if facts == &[EVERY])
    }
}

fn holds(facts: &[i64], key: &str) -> String {
    match facts {
        [one] => format!("EXISTS (SELECT 1 FROM facts f WHERE f.fact = {one} AND f.key = {key})"),
        many => format!(
            "EXISTS (SELECT 1 FROM facts f WHERE f.fact IN ({}) AND f.key = {key})",
            list(many)
        ),
    }
}

fn is_folder(fact: i64) -> bool {
    (folder_fact(0)..1 << 32).contains(&fact)
}

/// The first key of a second; times no key can have are pulled to the ends.
fn first_key(second: i64) -> i64 {
    second.clamp(-(1 << 50), 1 << 50) << 6
}
