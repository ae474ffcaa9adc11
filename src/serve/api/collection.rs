//! The requests of `examples/http`: one for each route, to import and to paste.

use std::fmt::Write;

use serde_json::Value;
use url::form_urlencoded;

use super::table::{Route, routes};

/// The files of the collection, by name.
pub fn files() -> [(&'static str, String); 2] {
    [("comms.http", requests()), ("curl.sh", script())]
}

/// For editors that send `.http` files.
fn requests() -> String {
    let mut text = String::from(
        "# Every request of the HTTP API of `comms serve`.\n\
         # Make a key with `comms auth key add try --scope send` and put it here.\n\
         @host = http://127.0.0.1:8787\n@key = comms_0\n",
    );
    for route in routes() {
        let _ = write!(
            text,
            "\n### {}\n{}{} {{{{host}}}}{}\nAuthorization: Bearer {{{{key}}}}\n",
            route.name,
            comment("# ", &route),
            route.method,
            address(&route),
        );
        if let Some(body) = route.example_body() {
            let _ = write!(
                text,
                "Content-Type: application/json\n\n{}\n",
                pretty(&body)
            );
        }
    }
    text
}

/// For a shell.
fn script() -> String {
    let mut text = String::from(
        "#!/bin/sh\n\
         # Every request of the HTTP API of `comms serve`, by its name:\n\
         #   COMMS_API_KEY=$(comms auth key add try --scope send) sh curl.sh status\n\
         set -eu\n\
         COMMS_URL=${COMMS_URL:-http://127.0.0.1:8787}\n\
         : \"${COMMS_API_KEY:?make one with: comms auth key add try --scope send}\"\n\n\
         # The key goes in by a file, so that nobody reads it in a list of processes.\n\
         call() {\n  printf 'header = \"Authorization: Bearer %s\"\\n' \"$COMMS_API_KEY\" |\n    \
         curl --silent --show-error --fail-with-body --config - \"$@\"\n}\n\n\
         case ${1:-} in\n",
    );
    for route in routes() {
        let _ = write!(text, "{})\n{}", route.name, comment("  # ", &route));
        let _ = writeln!(text, "  call {} ;;", arguments(&route).join(" \\\n    "));
    }
    text.push_str("*)\n  sed -n 's/^\\([a-z_]*\\))$/\\1/p' \"$0\" ;;\nesac\n");
    text
}

/// What the route does, each line of it a comment.
fn comment(mark: &str, route: &Route) -> String {
    let lines = route.words().0.lines();
    lines.map(|line| format!("{mark}{line}\n")).collect()
}

/// One request as it is typed.
pub fn curl(route: &Route) -> String {
    let mut all = vec!["curl -H \"Authorization: Bearer $COMMS_API_KEY\"".to_owned()];
    all.extend(arguments(route));
    all.join(" \\\n  ")
}

fn arguments(route: &Route) -> Vec<String> {
    let mut all = Vec::new();
    if !route.is_get() {
        all.push(format!("-X {}", route.method));
    }
    if let Some(body) = route.example_body() {
        all.push("-H 'Content-Type: application/json'".to_owned());
        let body = body.to_string().replace('\'', "'\\''");
        all.push(format!("-d '{body}'"));
    }
    if route.bytes {
        all.push("--remote-name --remote-header-name".to_owned());
    }
    if route.streams {
        all.push("-N -H 'Accept: text/event-stream'".to_owned());
    }
    all.push(format!("\"$COMMS_URL{}\"", address(route)));
    all
}

/// Path and query of the example.
fn address(route: &Route) -> String {
    let example = route.example();
    let mut path = format!("/v1{}", route.path);
    let mut query = form_urlencoded::Serializer::new(String::new());
    for parameter in &route.parameters {
        let values = match example.get(&parameter.name) {
            None => continue,
            Some(Value::Array(all)) => all.iter().map(plain).collect(),
            Some(one) => vec![plain(one)],
        };
        for value in values {
            match parameter.in_path {
                true => path = path.replace(&format!("{{{}}}", parameter.name), &value),
                false => drop(query.append_pair(&parameter.name, &value)),
            }
        }
    }
    match query.finish() {
        query if query.is_empty() => path,
        query => format!("{path}?{query}"),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
