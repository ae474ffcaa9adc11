//! Many requests in one: `multipart/mixed` in, `multipart/mixed` out, answered in another order.

use super::wire::{Answer, Refusal, parts, split_head};
use super::{Request, State, table, wire};

/// Answers every part by itself.
pub fn answer(state: &mut State, mut outer: Request) -> Answer {
    let answer = answered(state, &outer).unwrap_or_else(|refusal| refusal.answer("batch"));
    outer.status = answer.status;
    state.requests.push(outer);
    answer
}

fn answered(state: &mut State, outer: &Request) -> Result<Answer, Refusal> {
    let kind = outer.header("content-type").unwrap_or_default();
    if outer.path != "/batch/gmail/v1" {
        state.violation(format!("no batch lives at {}", outer.path));
        return Err(Refusal::not_found());
    }
    let found = parts(kind, &outer.body)
        .filter(|_| kind.starts_with("multipart/mixed"))
        .ok_or_else(|| Refusal::invalid("Failed to parse batch request."))?;
    if found.len() > 100 {
        return Err(Refusal::invalid(
            "The batch request may not contain more than 100 calls.",
        ));
    }
    let boundary = "batch_of_the_loopback";
    let mut written = Vec::new();
    for part in found {
        let id = header(&part.headers, "content-id")
            .unwrap_or_default()
            .to_owned();
        if header(&part.headers, "content-type").is_none_or(|t| !t.starts_with("application/http"))
        {
            state.violation("a part of a batch is not application/http");
        }
        let answer = one(state, outer, &part.body)?;
        let id = id.trim_start_matches('<').trim_end_matches('>');
        let mut text = format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <response-{id}>\r\n\r\nHTTP/1.1 {} {}\r\n",
            answer.status,
            reason(answer.status)
        )
        .into_bytes();
        for (name, value) in &answer.headers {
            text.extend(format!("{name}: {value}\r\n").bytes());
        }
        text.extend(format!("Content-Length: {}\r\n\r\n", answer.body.len()).bytes());
        text.extend(answer.body);
        text.extend(b"\r\n");
        written.push(text);
    }
    // Never the order that was asked in.
    written.reverse();
    let mut body = written.concat();
    body.extend(format!("--{boundary}--\r\n").bytes());
    let kind = format!("multipart/mixed; boundary={boundary}");
    Ok(Answer::bytes(&kind, body))
}

fn one(state: &mut State, outer: &Request, part: &[u8]) -> Result<Answer, Refusal> {
    let bad = || Refusal::invalid("Failed to parse a part of the batch request.");
    let line_end = wire::find(part, b"\n").unwrap_or(part.len());
    let line = String::from_utf8_lossy(&part[..line_end]).trim().to_owned();
    let rest = part.get(line_end + 1..).unwrap_or_default();
    let (mut headers, body) = split_head(rest);
    let mut words = line.split(' ');
    let (method, target) = words.next().zip(words.next()).ok_or_else(bad)?;
    if !target.starts_with('/') {
        state.violation(format!(
            "a part of a batch names more than a path: {target}"
        ));
    }
    if header(&headers, "authorization").is_none()
        && let Some(token) = outer.header("authorization")
    {
        headers.push(("authorization".into(), token.into()));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (id, vars) = table::find(method, path).unwrap_or(("unknown", Vec::new()));
    if path.contains("/upload/") {
        state.violation("a batch carries no uploads");
    }
    let request = Request {
        id,
        method: method.to_owned(),
        path: path.to_owned(),
        query: wire::pairs(query),
        headers,
        body: body.to_vec(),
        vars,
        in_batch: true,
        at: outer.at,
        status: 0,
    };
    if let Some(instead) = state.fault_for(&request).and_then(|f| f.instead(id)) {
        state.requests.push(Request {
            status: instead.status,
            ..request
        });
        return Ok(instead);
    }
    Ok(state.answer(request))
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(k, _)| k == name)
        .map(|(_, v)| v.as_str())
}

fn reason(status: u16) -> &'static str {
    hyper::StatusCode::from_u16(status)
        .ok()
        .and_then(|s| s.canonical_reason())
        .unwrap_or("Unknown")
}
