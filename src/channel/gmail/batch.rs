//! Many requests in one (multipart/mixed of application/http, RFC 2046 §5.1): writing it and reading the answer.

use std::fmt::Write as _;

use memchr::memmem;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Google's advice is no more than this; a hundred is the limit.
pub const MOST: usize = 50;

const BOUNDARY: &str = "comms_part_of_batch";

/// The media type of [`encode`]'s bytes.
pub const MEDIA_TYPE: &str = "multipart/mixed; boundary=comms_part_of_batch";

/// Requests without a body, by method and target; the first has the number 0.
pub fn encode(requests: &[(&str, String)]) -> Vec<u8> {
    let mut out = String::new();
    for (number, (method, target)) in requests.iter().enumerate() {
        // Writing to a String doesn't fail.
        let _ = write!(
            out,
            "--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <part-{number}>\r\n\r\n\
             {method} {target} HTTP/1.1\r\n\r\n\r\n"
        );
    }
    let _ = write!(out, "--{BOUNDARY}--\r\n");
    out.into_bytes()
}

/// One answer of a batch.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// Of the request that it answers.
    pub number: usize,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// The answers, in whatever order they came; what can't be read is left out, as if it had not been answered.
/// `None` if it is no batch at all.
pub fn decode(media_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let delimiter = format!("--{}", boundary(media_type)?);
    let finder = memmem::Finder::new(delimiter.as_bytes());
    let starts = finder
        .find_iter(body)
        .filter(|at| *at == 0 || body[at - 1] == b'\n');
    let starts: Vec<usize> = starts.collect();
    let parts = starts.iter().enumerate().filter_map(|(i, start)| {
        let start = start + delimiter.len();
        if body[start..].starts_with(b"--") {
            return None;
        }
        // Cut off before the next delimiter came: nobody knows whether it is whole.
        let end = *starts.get(i + 1)?;
        part(&body[start..end])
    });
    Some(parts.collect())
}

/// The boundary parameter, quoted or not.
fn boundary(media_type: &str) -> Option<&str> {
    let (kind, parameters) = media_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then_some(value)
    })?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty()).then_some(value)
}

/// One part, from behind its delimiter to before the next one.
fn part(bytes: &[u8]) -> Option<Part> {
    let (_, rest) = line(bytes)?;
    let (outer, rest) = headers(rest)?;
    let id = outer.get("content-id")?.to_str().ok()?;
    let id = id.trim().trim_end_matches('>');
    let digits = id.len() - id.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number = id[id.len() - digits..].parse().ok()?;
    let (status, rest) = line(rest)?;
    let status = std::str::from_utf8(status).ok()?;
    let status = status
        .strip_prefix("HTTP/")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    let (headers, body) = headers(rest)?;
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let body = body.strip_suffix(b"\r").unwrap_or(body);
    let length = headers.get("content-length");
    let length = length.and_then(|v| v.to_str().ok()?.trim().parse::<usize>().ok());
    if length.is_some_and(|length| length > body.len()) {
        return None;
    }
    Some(Part {
        number,
        status,
        headers,
        body: body.to_vec(),
    })
}

/// Headers up to the empty line, and what follows it.
fn headers(mut bytes: &[u8]) -> Option<(HeaderMap, &[u8])> {
    let mut map = HeaderMap::new();
    loop {
        let (one, rest) = line(bytes)?;
        bytes = rest;
        if one.is_empty() {
            return Some((map, bytes));
        }
        let Some(colon) = memchr::memchr(b':', one) else {
            continue;
        };
        let name = HeaderName::from_bytes(one[..colon].trim_ascii());
        let value = HeaderValue::from_bytes(one[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
}

/// The first line without its end (CRLF, or LF alone), and the rest.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', bytes)?;
    let one = &bytes[..end];
    Some((one.strip_suffix(b"\r").unwrap_or(one), &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_written_part_by_part() {
        let text = encode(&[("GET", "/a?b=c".to_owned()), ("GET", "/d".to_owned())]);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(
            text,
            "--comms_part_of_batch\r\nContent-Type: application/http\r\nContent-ID: <part-0>\r\n\r\n\
             GET /a?b=c HTTP/1.1\r\n\r\n\r\n\
             --comms_part_of_batch\r\nContent-Type: application/http\r\nContent-ID: <part-1>\r\n\r\n\
             GET /d HTTP/1.1\r\n\r\n\r\n\
             --comms_part_of_batch--\r\n"
        );
        assert!(MEDIA_TYPE.ends_with(BOUNDARY));
    }

    fn answer(id: &str, status: &str, body: &str) -> String {
        format!(
            "--b_1\r\nContent-Type: application/http\r\nContent-ID: <{id}>\r\n\r\n\
             HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}\r\n",
            body.len()
        )
    }

    #[test]
    fn answers_come_in_any_order_and_each_has_its_own_status() {
        let body = answer("response-part-1", "404 Not Found", "{\"error\":{}}")
            + &answer("response-part-0", "200 OK", "{\n \"id\": \"--b_1\"\n}\n")
            + "--b_1--\r\n";
        let lines = body.replace("\r\n", "\n").replace("Content-Length", "X");
        for (media, body) in [
            ("multipart/mixed; boundary=b_1", &body),
            ("Multipart/Mixed; charset=x; Boundary=\"b_1\"", &lines),
        ] {
            let parts = decode(media, body.as_bytes()).unwrap();
            assert_eq!(parts.len(), 2, "{media}");
            assert_eq!((parts[0].number, parts[0].status), (1, 404));
            assert_eq!((parts[1].number, parts[1].status), (0, 200));
            let json: serde_json::Value = serde_json::from_slice(&parts[1].body).unwrap();
            assert_eq!(json["id"], "--b_1");
        }
    }

    #[test]
    fn what_is_cut_off_counts_as_not_answered() {
        let whole = answer("response-part-0", "200 OK", "{}")
            + &answer("response-part-1", "200 OK", "{\"id\":\"1\"}")
            + "--b_1--\r\n";
        for end in 0..whole.len() - 4 {
            let parts = decode("multipart/mixed; boundary=b_1", &whole.as_bytes()[..end]).unwrap();
            assert!(parts.len() < 3);
            for part in parts {
                assert!(serde_json::from_slice::<serde_json::Value>(&part.body).is_ok());
            }
        }
        assert_eq!(decode("text/html", b"<html>"), None);
        assert_eq!(decode("multipart/mixed", b"--x"), None);
        let nonsense = "--b_1\r\n\r\nHTTP/1.1 200\r\n\r\n--b_1\r\nContent-ID: <x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n--b_1--";
        assert_eq!(
            decode("multipart/mixed; boundary=b_1", nonsense.as_bytes()),
            Some(Vec::new())
        );
    }
}
