//! A query made ready for SQL: names resolved to facts, texts of a pure text subtree joined into one
//! FTS5 expression, what can't matter left out.

use rusqlite::Connection;

use crate::error::Result;
use crate::model::query::{Fact, Query};

use super::folders::{Folder, Folders};
use super::row::{self, fold, folder_fact};
use super::{entry, fault, text, threading};

/// A condition on messages, by key.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    All,
    Nothing,
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// An FTS5 expression.
    Match(String),
    /// One of these facts holds; never empty.
    Facts(Vec<i64>),
    Thread(i64),
    /// Seconds; this or later.
    Since(i64),
    /// Seconds; before this.
    Until(i64),
    Larger(i64),
    Smaller(i64),
}

/// Reads a query against the names this index knows.
pub fn node(index: &Connection, query: &Query) -> Result<Node> {
    let mut reader = Reader {
        index,
        folders: None,
    };
    // A query of nothing but signs (`***`) has no word to find.
    Ok(reader.node(query)?.unwrap_or(Node::Nothing))
}

struct Reader<'a> {
    index: &'a Connection,
    folders: Option<Folders>,
}

impl Reader<'_> {
    /// `None` for a text without any word: it says nothing, so it restricts nothing.
    fn node(&mut self, query: &Query) -> Result<Option<Node>> {
        Ok(Some(match query {
            Query::All => Node::All,
            Query::And(parts) => return Ok(self.nodes(parts)?.map(and)),
            Query::Or(parts) => return Ok(self.nodes(parts)?.map(or)),
            Query::Not(part) => return Ok(self.node(part)?.map(not)),
            Query::Text { field, text } => {
                return Ok(text::expression(*field, text).map(Node::Match));
            }
            Query::Is(fact) => is(*fact),
            Query::Channel(name) => {
                let name = fold(name);
                self.folders_with(|f| f.channel.goes_by(&name))?
            }
            Query::Account(name) => {
                let name = fold(name);
                self.folders_with(|f| fold(&f.account) == name)?
            }
            Query::In(name) => facts(self.folders()?.named(name).into_iter().map(folder_fact)),
            Query::Label(name) => facts(
                entry::find_label(self.index, name.trim())
                    .map_err(fault("reading the labels"))?
                    .into_iter(),
            ),
            Query::Thread(id) => Node::Thread(
                threading::resolve(self.index, id.0).map_err(fault("reading a thread"))?,
            ),
            Query::Since(time) => Node::Since(whole_second(*time)),
            Query::Until(time) => Node::Until(whole_second(*time)),
            Query::Larger(size) => Node::Larger(i64::try_from(*size).unwrap_or(i64::MAX)),
            Query::Smaller(size) => Node::Smaller(i64::try_from(*size).unwrap_or(i64::MAX)),
        }))
    }

    /// The parts that say something; `None` if there were parts and none does.
    fn nodes(&mut self, parts: &[Query]) -> Result<Option<Vec<Node>>> {
        let mut nodes = Vec::with_capacity(parts.len());
        for part in parts {
            nodes.extend(self.node(part)?);
        }
        Ok((parts.is_empty() || !nodes.is_empty()).then_some(nodes))
    }

    fn folders_with(&mut self, fits: impl Fn(&Folder) -> bool) -> Result<Node> {
        let folders = self.folders()?;
        let all = folders.ids(|_| true).len();
        let ids = folders.ids(fits);
        if ids.len() == all && all > 0 {
            return Ok(Node::All);
        }
        Ok(facts(ids.into_iter().map(folder_fact)))
    }

    fn folders(&mut self) -> Result<&Folders> {
        if self.folders.is_none() {
            self.folders = Some(Folders::seen(self.index)?);
        }
        Ok(self.folders.as_ref().expect("set just above"))
    }
}

/// What lies in one of these folders.
pub fn lying_in(folders: &Folders) -> Node {
    facts(folders.ids(|_| true).into_iter().map(folder_fact))
}

/// Times of messages are whole seconds: the first one that is not before this instant.
fn whole_second(time: jiff::Timestamp) -> i64 {
    let late = time.subsec_nanosecond() > 0;
    time.as_second() + i64::from(late)
}

fn is(fact: Fact) -> Node {
    let holds = |fact| Node::Facts(vec![fact]);
    match fact {
        Fact::Unread => holds(row::UNREAD),
        Fact::Starred => holds(row::STARRED),
        Fact::Sent => holds(row::SENT),
        Fact::Received => not(Node::Facts(vec![row::SENT, row::DRAFT])),
        Fact::HasAttachment => holds(row::ATTACHMENT),
        Fact::HasLink => holds(row::LINK),
    }
}

fn facts(facts: impl Iterator<Item = i64>) -> Node {
    let mut facts: Vec<i64> = facts.collect();
    facts.sort_unstable();
    facts.dedup();
    if facts.is_empty() {
        Node::Nothing
    } else {
        Node::Facts(facts)
    }
}

/// The opposite of a node.
pub fn not(node: Node) -> Node {
    match node {
        Node::All => Node::Nothing,
        Node::Nothing => Node::All,
        Node::Not(inner) => *inner,
        other => Node::Not(Box::new(other)),
    }
}

/// All of these nodes at once.
pub fn and(nodes: Vec<Node>) -> Node {
    let mut wanted = Vec::new();
    let mut unwanted = Vec::new();
    let mut rest = Vec::new();
    let mut queue: Vec<Node> = nodes.into_iter().rev().collect();
    while let Some(node) = queue.pop() {
        match node {
            Node::All => {}
            Node::Nothing => return Node::Nothing,
            Node::And(inner) => queue.extend(inner.into_iter().rev()),
            Node::Match(text) => wanted.push(text),
            Node::Not(inner) => match *inner {
                Node::Match(text) => unwanted.push(text),
                other => rest.push(Node::Not(Box::new(other))),
            },
            other => rest.push(other),
        }
    }
    if wanted.is_empty() {
        // FTS5 can only take away from something.
        rest.extend(unwanted.into_iter().map(|t| not(Node::Match(t))));
    } else {
        let mut text = joined(wanted, " AND ");
        if !unwanted.is_empty() {
            text = format!("({text}) NOT ({})", joined(unwanted, " OR "));
        }
        rest.insert(0, Node::Match(text));
    }
    match rest.len() {
        0 => Node::All,
        1 => rest.remove(0),
        _ => Node::And(rest),
    }
}

/// At least one of these nodes; `Nothing` for none.
pub fn or(nodes: Vec<Node>) -> Node {
    let mut texts = Vec::new();
    let mut any_of = Vec::new();
    let mut rest = Vec::new();
    let mut queue: Vec<Node> = nodes.into_iter().rev().collect();
    while let Some(node) = queue.pop() {
        match node {
            Node::All => return Node::All,
            Node::Nothing => {}
            Node::Or(inner) => queue.extend(inner.into_iter().rev()),
            Node::Match(text) => texts.push(text),
            Node::Facts(facts) => any_of.extend(facts),
            other => rest.push(other),
        }
    }
    if !any_of.is_empty() {
        rest.insert(0, facts(any_of.into_iter()));
    }
    if !texts.is_empty() {
        rest.insert(0, Node::Match(joined(texts, " OR ")));
    }
    match rest.len() {
        0 => Node::Nothing,
        1 => rest.remove(0),
        _ => Node::Or(rest),
    }
}

fn joined(texts: Vec<String>, operator: &str) -> String {
    if texts.len() == 1 {
        return texts.into_iter().next().expect("there is one");
    }
    let texts: Vec<String> = texts.into_iter().map(|t| format!("({t})")).collect();
    texts.join(operator)
}
