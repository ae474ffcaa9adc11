//! A JSON document: the name of its schema, then what it holds.

use serde::Serialize;

/// A document with its schema in front.
#[derive(Serialize)]
pub struct Document<'a, D: Serialize> {
    pub schema: &'static str,
    #[serde(flatten)]
    pub document: &'a D,
}
