//! `--fields`: any column or key of a row, in the order asked for; an unknown one lists the known.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Context, Error, Kind, Result};
use crate::model::fields::{keys_of, reach, unknown};

use super::{Cell, Column, Output, json, table};

/// One chosen field: a column of the table, a key of the row, or both.
pub struct Chosen<'a, R> {
    pub name: &'a str,
    column: Option<&'a Column<R>>,
    /// Keys from the row inwards (`newest.subject`); empty if only the column knows it.
    path: Vec<&'a str>,
}

/// Finds each name among the columns and the keys of the row's schema.
pub fn choose<'a, R: JsonSchema>(
    names: &'a [String],
    columns: &'a [Column<R>],
) -> Result<Vec<Chosen<'a, R>>> {
    let keys = keys_of::<R>();
    let mut chosen = Vec::new();
    for name in names.iter().map(|n| n.trim()).filter(|n| !n.is_empty()) {
        let column = columns.iter().find(|c| c.field == name);
        let path: Vec<_> = name.split('.').collect();
        let is_key = keys.contains(path[0]);
        if column.is_none() && !is_key {
            let known = columns
                .iter()
                .map(|c| c.field.to_owned())
                .chain(keys.iter().cloned());
            return Err(unknown(name, known));
        }
        chosen.push(Chosen {
            name,
            column,
            path: if is_key { path } else { Vec::new() },
        });
    }
    if chosen.is_empty() {
        return Err(Error::usage("--fields names no field"));
    }
    Ok(chosen)
}

/// Each row as an object of the chosen keys.
pub fn rows<R: Serialize>(rows: &[R], chosen: &[Chosen<'_, R>]) -> Result<Vec<Value>> {
    rows.iter()
        .map(|row| {
            let value = to_value(row)?;
            let picked = chosen
                .iter()
                .map(|c| (c.name.to_owned(), c.value(row, &value)));
            Ok(Value::Object(picked.collect::<Map<_, _>>()))
        })
        .collect()
}

/// TSV of the chosen fields.
pub fn plain<R: Serialize>(rows: &[R], chosen: &[Chosen<'_, R>]) -> Result<String> {
    let mut out = String::new();
    for row in rows {
        let value = to_value(row)?;
        for (n, field) in chosen.iter().enumerate() {
            if n > 0 {
                out.push('\t');
            }
            let text = match field.column {
                Some(column) => (column.plain)(row),
                None => json::scalar(&field.value(row, &value)),
            };
            out.push_str(&table::escape(&text));
        }
        out.push('\n');
    }
    Ok(out)
}

/// A table of the chosen fields.
pub fn sheet<R: Serialize>(
    rows: &[R],
    chosen: &[Chosen<'_, R>],
    out: &Output,
) -> Result<table::Sheet> {
    let titles = chosen
        .iter()
        .map(|c| c.column.map_or(c.name, |column| column.title).to_owned());
    let mut sheet = table::Sheet::new(titles.collect());
    for row in rows {
        let value = to_value(row)?;
        sheet.push(
            chosen
                .iter()
                .map(|field| match field.column {
                    Some(column) => (column.cell)(row, out),
                    None => Cell::plain(json::scalar(&field.value(row, &value))),
                })
                .collect(),
        );
    }
    Ok(sheet)
}

/// The chosen top-level keys of a report.
pub fn pick(value: &Value, names: &[String]) -> Result<Value> {
    let Value::Object(map) = value else {
        return Ok(value.clone());
    };
    let mut picked = Map::new();
    for name in names.iter().map(|n| n.trim()).filter(|n| !n.is_empty()) {
        let path: Vec<_> = name.split('.').collect();
        if !map.contains_key(path[0]) {
            return Err(unknown(name, map.keys().cloned()));
        }
        picked.insert(name.to_owned(), reach(value, &path));
    }
    Ok(Value::Object(picked))
}

impl<R> Chosen<'_, R> {
    fn value(&self, row: &R, value: &Value) -> Value {
        match (self.path.as_slice(), self.column) {
            ([], Some(column)) => Value::String((column.plain)(row)),
            (path, _) => reach(value, path),
        }
    }
}

fn to_value<R: Serialize>(row: &R) -> Result<Value> {
    serde_json::to_value(row).context(Kind::Internal, "writing JSON")
}
