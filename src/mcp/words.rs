//! Words of the command line as a client of tools reads them: a hint names the tool that does it, and its fields.

use serde_json::{Map, Value};

/// Commands and the tools that do the same; longer names first.
const TOOLS: [(&str, &str); 17] = [
    ("inbox show", "read"),
    ("inbox thread", "thread"),
    ("inbox mark", "mark"),
    ("inbox", "inbox"),
    ("search", "search"),
    ("send", "send"),
    ("reply", "reply"),
    ("forward", "forward"),
    ("outbox list", "outbox"),
    ("outbox show", "outbox_show"),
    ("outbox cancel", "outbox_cancel"),
    ("contacts find", "contacts_find"),
    ("contacts list", "contacts_find"),
    ("contacts show", "contacts_find"),
    ("contacts add", "contact_add"),
    ("contacts edit", "contact_edit"),
    ("costs", "costs"),
];

/// Flags whose fields are called otherwise.
const FIELDS: [(&str, &str); 6] = [
    ("-m", "text"),
    ("-s", "subject"),
    ("-a", "attachments"),
    ("--attach", "attachments"),
    ("--var", "vars"),
    ("--lang", "language"),
];

/// Translates the hints of a document and the message of an error; `fields` are those of the tool that answers.
pub fn translated(mut document: Value, fields: &Map<String, Value>) -> Value {
    if let Some(Value::String(message)) = document.pointer_mut("/error/message") {
        *message = with_fields(message, fields);
    }
    hints(&mut document, fields);
    document
}

fn hints(value: &mut Value, fields: &Map<String, Value>) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| hints(one, fields)),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "hint" => {
                        *text = with_fields(&with_tools(text), fields);
                    }
                    _ => hints(value, fields),
                }
            }
        }
        _ => {}
    }
}

/// Names tools in place of commands; a command that no tool does stays, for the user.
fn with_tools(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, part) in text.split('`').enumerate() {
        let command = part
            .strip_prefix("comms")
            .filter(|rest| n % 2 == 1 && (rest.is_empty() || rest.starts_with(' ')));
        match command.map(str::trim) {
            Some(command) => out.push_str(&tool(command)),
            None if n % 2 == 1 => out.push_str(&format!("`{part}`")),
            None => out.push_str(part),
        }
    }
    out
}

fn tool(command: &str) -> String {
    if command.is_empty() {
        return "the tool `status`".to_owned();
    }
    let found = TOOLS.iter().find_map(|(name, tool)| {
        let rest = command.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with(' ')).then_some((tool, rest))
    });
    let Some((tool, rest)) = found else {
        let program = env!("CARGO_PKG_NAME");
        return format!("`{program} {command}` (a command of the user's)");
    };
    let is_id = |word: &&str| {
        let number = word.strip_prefix(['m', 't', 'o', 'c']);
        number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    match rest.split_whitespace().find(is_id) {
        Some(id) => format!("the tool `{tool}` with `{id}`"),
        None => format!("the tool `{tool}`"),
    }
}

/// Names fields in place of flags, outside of commands.
fn with_fields(text: &str, fields: &Map<String, Value>) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, part) in text.split('`').enumerate() {
        let is_code = n % 2 == 1;
        if is_code && !part.starts_with('-') {
            out.push_str(&format!("`{part}`"));
            continue;
        }
        let words = part.split(' ').map(|word| match field(word, fields) {
            Some((name, rest)) => format!("`{name}`{rest}"),
            None if is_code => format!("`{word}`"),
            None => word.to_owned(),
        });
        out.push_str(&words.collect::<Vec<_>>().join(" "));
    }
    out
}

/// The field that a flag stands for, and what follows the flag.
fn field<'a>(word: &'a str, fields: &Map<String, Value>) -> Option<(String, &'a str)> {
    if !word.starts_with('-') {
        return None;
    }
    let end = word
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(word.len());
    let (flag, rest) = word.split_at(end);
    let renamed = FIELDS.iter().find(|(known, _)| *known == flag);
    let name = match renamed {
        Some((_, name)) => (*name).to_owned(),
        None => flag.strip_prefix("--")?.replace('-', "_"),
    };
    fields.contains_key(&name).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hint_names_tools_and_fields() {
        let fields = json!({"yes": {}, "dry_run": {}, "allow_empty": {}, "text": {}});
        let Value::Object(fields) = fields else {
            panic!("an object");
        };
        let told = |hint: &str| {
            let document = translated(json!({"error": {"message": "x", "hint": hint}}), &fields);
            document["error"]["hint"].as_str().unwrap().to_owned()
        };
        for (hint, meant) in [
            (
                "run `comms inbox thread t8` to read it",
                "run the tool `thread` with `t8` to read it",
            ),
            ("`comms inbox` lists them", "the tool `inbox` lists them"),
            (
                "say --yes if they are all meant, and look with --dry-run",
                "say `yes` if they are all meant, and look with `dry_run`",
            ),
            (
                "say `--allow-empty`, or --strange",
                "say `allow_empty`, or --strange",
            ),
            ("use -m for the text", "use `text` for the text"),
            (
                "a person lets it go with `comms outbox approve o1`",
                "a person lets it go with `comms outbox approve o1` (a command of the user's)",
            ),
            ("`comms` tells more", "the tool `status` tells more"),
            ("write it like `a-b` - or so", "write it like `a-b` - or so"),
        ] {
            assert_eq!(told(hint), meant);
        }
    }
}
