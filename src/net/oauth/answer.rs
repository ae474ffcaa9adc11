//! What token and device endpoints answer, brought into the shape of RFC 6749 §5.1 and RFC 8628 §3.2: many write it a
//! little otherwise, and an answer that is thrown away may hold the only refresh token there is.

use serde_json::{Map, Value};

/// The same answer, and whether it is a refusal that came with the status of success. What is no JSON object stays as
/// it is.
pub fn read(body: Vec<u8>) -> (Vec<u8>, bool) {
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(&body) else {
        return (body, false);
    };
    let gives = |key| answer.contains_key(key);
    let refuses = gives("error") && !gives("access_token") && !gives("device_code");
    let gives_token = gives("access_token");
    for key in ["expires_in", "interval"] {
        replace(&mut answer, key, |given| seconds(given).map(Value::from));
    }
    replace(&mut answer, "scope", |given| scope(given).map(Value::from));
    for key in ["refresh_token", "token_type"] {
        replace(&mut answer, key, |given| {
            Some(given.clone()).filter(|given| !matches!(given.as_str(), None | Some("")))
        });
    }
    if gives_token {
        let bearer = || Value::from("bearer");
        answer.entry("token_type").or_insert_with(bearer);
    }
    let read = serde_json::to_vec(&answer);
    (read.unwrap_or(body), refuses)
}

/// What can't be read is left out.
fn replace(answer: &mut Map<String, Value>, key: &str, read: impl Fn(&Value) -> Option<Value>) {
    if let Some(given) = answer.remove(key)
        && let Some(read) = read(&given)
    {
        answer.insert(key.to_owned(), read);
    }
}

/// A number, or the text of one.
fn seconds(given: &Value) -> Option<u64> {
    let seconds = match given {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        given => given.as_f64(),
    };
    seconds
        .filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
        .map(|seconds| seconds as u64)
}

/// Words with spaces between, or a list of them.
fn scope(given: &Value) -> Option<String> {
    match given {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            Some(words.join(" "))
        }
        _ => None,
    }
}
