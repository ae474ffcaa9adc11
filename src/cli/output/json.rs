//! JSON documents: the schema's name first, and plain lines made from a document.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Context, Error, Kind, Result};

use super::table;

/// Appends a value as compact JSON.
pub fn append<T: Serialize>(out: &mut Vec<u8>, value: &T) -> Result<()> {
    serde_json::to_writer(out, value).context(Kind::Internal, "writing JSON")
}

/// Hands a value on as a line of compact JSON, in pieces of at most 64 KB or one text. One that can't be serialised
/// (none of ours) is an error before anything is handed on, unless it is longer than that.
pub fn in_pieces<T: Serialize>(value: &T, give: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut pieces = Pieces {
        held: Vec::with_capacity(SMALL),
        give,
        fault: None,
    };
    let done = serde_json::to_writer(&mut pieces, value);
    if let Some(fault) = pieces.fault {
        return Err(fault);
    }
    done.context(Kind::Internal, "writing JSON")?;
    pieces.held.push(b'\n');
    (pieces.give)(&pieces.held)
}

struct Pieces<G> {
    held: Vec<u8>,
    give: G,
    fault: Option<Error>,
}

/// Bytes that are held before they are handed on.
const PIECE: usize = 1 << 16;
/// Most documents are shorter.
const SMALL: usize = 1 << 12;

impl<G: FnMut(&[u8]) -> Result<()>> Pieces<G> {
    #[cold]
    fn make_room(&mut self, bytes: usize) -> io::Result<()> {
        if self.held.len() + bytes > PIECE {
            let given = (self.give)(&self.held);
            self.held.clear();
            if let Err(fault) = given {
                self.fault = Some(fault);
                return Err(io::ErrorKind::Other.into());
            }
        }
        self.held.reserve(bytes.max(self.held.capacity()));
        Ok(())
    }
}

impl<G: FnMut(&[u8]) -> Result<()>> io::Write for Pieces<G> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    // A message is some hundred writes of a few bytes.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.held.capacity() - self.held.len() < bytes.len() {
            self.make_room(bytes.len())?;
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The document with other rows under `key`.
pub fn with_rows<D: Serialize>(document: &D, key: &str, rows: Vec<Value>) -> Result<Value> {
    let mut value = serde_json::to_value(document).context(Kind::Internal, "writing JSON")?;
    if let Value::Object(map) = &mut value {
        map.insert(key.to_owned(), Value::Array(rows));
    }
    Ok(value)
}

/// `key<TAB>value` lines; a nested value has a dotted key, a list of plain values is joined by commas.
pub fn lines(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) => write_map("", map, &mut out),
        other => out.push_str(&line("", &scalar(other))),
    }
    out
}

fn write_map(prefix: &str, map: &Map<String, Value>, out: &mut String) {
    for (key, value) in map {
        let key = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        write_value(&key, value, out);
    }
}

fn write_value(key: &str, value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => write_map(key, map, out),
        Value::Array(items) if items.iter().any(|v| v.is_object() || v.is_array()) => {
            for (n, item) in items.iter().enumerate() {
                write_value(&format!("{key}.{n}"), item, out);
            }
        }
        other => out.push_str(&line(key, &scalar(other))),
    }
}

fn line(key: &str, value: &str) -> String {
    format!("{}\t{}\n", table::escape(key), table::escape(value))
}

/// A value on one line: text as it is, lists joined, people as `Name <address>`, the rest as JSON.
pub fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(", "),
        Value::Object(map) => match (map.get("email"), map.get("name")) {
            (Some(Value::String(email)), Some(Value::String(name))) => format!("{name} <{email}>"),
            (Some(Value::String(email)), _) => email.clone(),
            _ => value.to_string(),
        },
    }
}
