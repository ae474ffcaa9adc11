//! What a request gives to a call: fields in its path, query and head, and a body of JSON.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde_json::Value;
use url::form_urlencoded;

use crate::error::{Error, Result};
use crate::ops::calls::{self, Call};

use super::table::{Parameter, Shape};

/// The fields of a call, from wherever they came.
#[derive(Debug, Default)]
pub struct Given {
    /// From the path, the query and the head.
    pub fields: Vec<(String, Value)>,
    /// An object of JSON; empty stands for one without fields.
    pub body: axum::body::Bytes,
}

impl Given {
    /// Reads them as a call; no field may be given twice.
    pub fn read<C: Call>(self) -> Result<C> {
        let has_body = !self.body.is_empty();
        let body: &[u8] = if has_body { &self.body } else { b"{}" };
        let mut json = serde_json::Deserializer::from_slice(body);
        let read = calls::read(Merged {
            fields: self.fields,
            body: &mut json,
        })
        .and_then(|call: C| json.end().map(|()| call).map_err(|e| e.to_string()));
        read.map_err(|words| {
            // Without a body there is no line to point at.
            match words.split_once(" at line ") {
                Some((words, _)) if !has_body => Error::usage(words),
                _ if has_body => Error::usage(format!("the body can't be read: {words}")),
                _ => Error::usage(words.as_str()),
            }
        })
    }
}

/// Reads a query against the parameters there are.
pub fn query(text: &str, parameters: &[Parameter]) -> Result<Vec<(String, Value)>> {
    let mut fields: Vec<(String, Value)> = Vec::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let Some(parameter) = parameters.iter().find(|known| known.name == name) else {
            return Err(unknown(&name, parameters));
        };
        let value = typed(parameter, &value)?;
        match fields.iter_mut().find(|(known, _)| *known == name) {
            None if parameter.shape == Shape::List => {
                fields.push((name.into_owned(), Value::Array(vec![value])));
            }
            None => fields.push((name.into_owned(), value)),
            Some((_, Value::Array(all))) => all.push(value),
            Some(_) => {
                return Err(Error::usage(format!("`{name}` is given twice")));
            }
        }
    }
    Ok(fields)
}

fn unknown(name: &str, parameters: &[Parameter]) -> Error {
    let error = Error::usage(format!("there is no parameter `{name}` here"));
    let known: Vec<_> = parameters.iter().map(|known| known.name.as_str()).collect();
    match known.is_empty() {
        true => error.hint("this takes no parameters"),
        false => error.hint(format!("parameters are {}", known.join(", "))),
    }
}

/// A parameter as the call takes it.
pub fn typed(parameter: &Parameter, text: &str) -> Result<Value> {
    let name = &parameter.name;
    match parameter.shape {
        Shape::Text | Shape::List => Ok(text.into()),
        Shape::Flag => match text {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err(Error::usage(format!(
                "`{name}` is `true` or `false`, not `{text}`"
            ))),
        },
        Shape::Number => {
            let number: u64 = text
                .parse()
                .map_err(|_| Error::usage(format!("`{name}` is a number, not `{text}`")))?;
            let bound = |which: &str| parameter.schema[which].as_u64();
            match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) if !(least..=most).contains(&number) => Err(
                    Error::usage(format!("`{name}` is from {least} to {most}, not {number}")),
                ),
                _ => Ok(number.into()),
            }
        }
    }
}

/// An object of JSON with further fields before its own.
struct Merged<'a, R> {
    fields: Vec<(String, Value)>,
    body: &'a mut serde_json::Deserializer<R>,
}

impl<'de, R: serde_json::de::Read<'de>> Deserializer<'de> for Merged<'_, R> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> serde_json::Result<V::Value> {
        self.body.deserialize_map(Object {
            fields: self.fields,
            visitor,
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Object<V> {
    fields: Vec<(String, Value)>,
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<V::Value, A::Error> {
        self.visitor.visit_map(Chain {
            fields: self.fields.into_iter(),
            value: None,
            map,
        })
    }
}

struct Chain<A> {
    fields: std::vec::IntoIter<(String, Value)>,
    value: Option<Value>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Chain<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> std::result::Result<Option<K::Value>, A::Error> {
        let Some((name, value)) = self.fields.next() else {
            return self.map.next_key_seed(seed);
        };
        self.value = Some(value);
        let name: StringDeserializer<A::Error> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> std::result::Result<S::Value, A::Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(value).map_err(A::Error::custom),
            None => self.map.next_value_seed(seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::calls::{OutboxListCall, OutboxRejectCall, SearchCall, SendCall};
    use crate::serve::api::table::parameters;

    fn body<C: Call>(fields: &[(&str, &str)], body: &str) -> Result<C> {
        let fields = fields.iter();
        Given {
            fields: fields
                .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
                .collect(),
            body: body.to_owned().into(),
        }
        .read()
    }

    fn message<T: fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().message
    }

    #[test]
    fn fields_of_the_path_and_of_the_body_make_one_call() {
        let call: OutboxRejectCall = body(&[("id", "o1")], r#"{"reason": "no"}"#).unwrap();
        assert_eq!(
            (call.id.as_str(), call.reason.as_deref()),
            ("o1", Some("no"))
        );
        let call: OutboxRejectCall = body(&[("id", "o1")], "").unwrap();
        assert_eq!(call.reason, None);
    }

    #[test]
    fn what_is_wrong_in_a_body_is_told_with_its_place() {
        let read = |text| message(body::<OutboxRejectCall>(&[("id", "o1")], text));
        let number = read("{\n \"reason\": 7}");
        assert!(number.contains("`reason`: invalid type: integer `7`, expected a string"));
        assert!(number.contains("at line 2 column 12"), "{number}");
        assert!(read(r#"{"reason": "a""#).contains("EOF while parsing an object at line 1"));
        assert!(read(r#"{"why": "a"}"#).contains("unknown field `why`"));
        assert!(read("[]").contains("expected an object"));
        assert!(read("{} {}").contains("trailing characters"));
        assert!(read(r#"{"id": "o2"}"#).contains("duplicate field `id`"));
        assert!(read(r#"{"reason": "a", "reason": "b"}"#).contains("duplicate field `reason`"));
    }

    #[test]
    fn the_field_of_a_letter_is_told_that_is_wrong() {
        let read = |text| message(body::<SendCall>(&[], text));
        let text = read("{\"to\": [\"a@b.example\"],\n \"text\": 7, \"subject\": \"x\"}");
        assert!(text.contains("`text`: invalid type: integer `7`"), "{text}");
        assert!(text.contains("at line 2 column 10"), "{text}");
        let file =
            read(r#"{"to": ["a@b.example"], "attachments": [{"name": "a", "content": "?"}]}"#);
        assert!(
            file.contains("`attachments[0].content`: not base64"),
            "{file}"
        );
        assert!(read(r#"{"to": ["a"], "path": "x"}"#).contains("unknown field `path`"));
    }

    #[test]
    fn a_query_is_read_by_the_types_of_the_call() {
        let known = parameters::<SearchCall>(&[]);
        let fields = query("query=a+b%20c&limit=7&snippets=true", &known).unwrap();
        let given = Given {
            fields,
            ..Given::default()
        };
        let call: SearchCall = given.read().unwrap();
        assert_eq!(
            (call.query.as_str(), call.limit, call.snippets),
            ("a b c", 7, true)
        );
        let wrong = |text| message(query(text, &known));
        assert_eq!(wrong("query=a&limit=x"), "`limit` is a number, not `x`");
        assert_eq!(
            wrong("query=a&count=1"),
            "`count` is `true` or `false`, not `1`"
        );
        assert_eq!(wrong("query=a&query=b"), "`query` is given twice");
        assert_eq!(wrong("q=a"), "there is no parameter `q` here");
        let missing = Given::default().read::<SearchCall>();
        assert_eq!(message(missing), "missing field `query`");
    }

    #[test]
    fn a_list_is_a_parameter_given_several_times() {
        let known = parameters::<OutboxListCall>(&[]);
        let fields = query("state=failed&state=held", &known).unwrap();
        let given = Given {
            fields,
            ..Given::default()
        };
        assert_eq!(given.read::<OutboxListCall>().unwrap().state.len(), 2);
    }
}
