//! `/v1/docs`: the routes on one page for people, without a script, and with nothing from elsewhere.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::collection;
use super::table::{Parameter, Route, routes};

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:58rem;margin:2rem auto;padding:0 1rem}\
    code,pre{font:.9rem/1.4 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;border:1px solid #8886}\
    table{border-collapse:collapse;width:100%}td{border-top:1px solid #8884;padding:.3rem .6rem .3rem 0;\
    vertical-align:top}h2{margin-top:2.5rem;border-top:2px solid;padding-top:.5rem}h3{margin-top:2rem}";

/// The page, and the policy of content it is to be shown under.
pub fn page() -> (String, String) {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>comms: HTTP API</title>\
         <style>{STYLE}</style>\n<h1>comms: HTTP API</h1>\n\
         <p>For programs: <a href=\"openapi.json\">openapi.json</a> (OpenAPI 3.1). A key comes from \
         <code>comms auth key add NAME --scope send</code> and goes into the header \
         <code>Authorization: Bearer KEY</code>. Every answer is the JSON document that the command line prints for the \
         same; every error is <code>comms.error/1</code>.</p>\n"
    );
    let mut tag = "";
    for route in routes() {
        if route.tag != tag {
            tag = route.tag;
            let _ = writeln!(page, "<h2>{tag}</h2>");
        }
        section(&mut page, &route);
    }
    page.push_str("</html>\n");
    (page, policy)
}

fn section(page: &mut String, route: &Route) {
    let (summary, more) = route.words();
    let _ = write!(
        page,
        "<h3 id=\"{0}\"><code>{1} /v1{2}</code></h3>\n<p>{3} {4}</p>\n\
         <p>Needs <code>{5}</code>, answers {6}.</p>\n",
        route.name,
        route.method,
        escaped(route.path),
        marked(summary),
        marked(more),
        route.needs.name(),
        match route.bytes {
            true => "the bytes".to_owned(),
            false => format!("<code>{}</code>", route.schema),
        },
    );
    let in_body = route.body.as_ref().and_then(|body| body.get("properties"));
    let in_body = in_body.and_then(Value::as_object);
    if !route.parameters.is_empty() || in_body.is_some_and(|all| !all.is_empty()) {
        page.push_str("<table>\n");
        for parameter in &route.parameters {
            row(page, &parameter.name, (place(parameter), &parameter.schema));
        }
        for (name, schema) in in_body.into_iter().flatten() {
            row(page, name, ("body", schema));
        }
        page.push_str("</table>\n");
    }
    let _ = writeln!(page, "<pre>{}</pre>", escaped(&collection::curl(route)));
}

fn place(parameter: &Parameter) -> &'static str {
    match (parameter.in_path, parameter.required) {
        (true, _) => "path",
        (_, true) => "query, required",
        _ => "query",
    }
}

fn row(page: &mut String, name: &str, (place, schema): (&str, &Value)) {
    let words = schema["description"].as_str().unwrap_or_default();
    let _ = writeln!(
        page,
        "<tr><td><code>{}</code><td>{place}<td>{}",
        escaped(name),
        marked(words)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// What stands between backticks is code.
fn marked(text: &str) -> String {
    let text = escaped(text);
    let mut out = String::new();
    for (n, part) in text.split('`').enumerate() {
        match n % 2 {
            0 => out.push_str(part),
            _ => {
                let _ = write!(out, "<code>{part}</code>");
            }
        }
    }
    out
}
