//! Files through the doors for programs: given as bytes, read as bytes, never by a path; and what else a send takes.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::agent::Agent;
use crate::support::serving::{Answer, Serving};
use crate::support::smtp::Smtp;

/// Not text, in no encoding.
const BYTES: &[u8] = b"\x00\xff\x80%PDF\r\n.\r\n\x0a--\xfe";

struct Api {
    serving: Serving,
    bearer: String,
}

impl Api {
    fn start(world: &World) -> Api {
        let made = world
            .run(["auth", "key", "add", "desk", "--scope", "send"])
            .ok();
        Api {
            serving: Serving::with(world, &["--only", "api"]),
            bearer: format!("Bearer {}", made.stdout.trim()),
        }
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [("authorization", self.bearer.as_str())];
        self.serving
            .post(path, &headers, body.to_string().as_bytes())
    }

    /// Head and body of an answer, as bytes.
    fn get(&self, path: &str, more: &str) -> (String, Vec<u8>) {
        let mut stream = self.serving.connect();
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {}\r\nconnection: close\r\n{more}\r\n",
            self.bearer
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let at = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let body = all.split_off(at + 4);
        (String::from_utf8(all).unwrap(), body)
    }
}

fn error(answer: &Answer) -> String {
    let document = answer.json();
    assert_eq!(document["schema"], "comms.error/1", "{document}");
    document["error"]["message"].as_str().unwrap().to_owned()
}

/// A mail with a file of this type and name.
fn mail(name: &str, kind: &str, content: &[u8]) -> String {
    format!(
        "From: Mallory <mallory@example.com>\r\nTo: ada@example.com\r\nSubject: Look\r\n\
         Message-ID: <look@example.com>\r\nDate: Fri, 20 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee this.\r\n\
         --b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        STANDARD.encode(content)
    )
}

fn with_mail(world: World, name: &str, kind: &str, content: &[u8]) -> World {
    let file = world.file("look.eml", mail(name, kind, content));
    world.run(["import", &file]).ok();
    world
}

#[test]
fn a_file_goes_as_bytes_and_comes_back_byte_for_byte() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    let world = with_mail(world, "a b.pdf", "application/pdf", BYTES);
    let api = Api::start(&world);
    let file = json!({"name": "Bräu.bin", "content": STANDARD.encode(BYTES)});
    let letter = json!({"to": ["bob@example.com"], "subject": "Files", "attachments": [file]});
    for (path, body) in [
        ("/v1/messages", letter.clone()),
        (
            "/v1/messages/m1/reply",
            json!({"text": "Here", "attachments": [file]}),
        ),
        (
            "/v1/messages/m1/forward",
            json!({"to": ["bob@example.com"], "attachments": [file]}),
        ),
    ] {
        let sent = api.post(path, &body);
        assert_eq!(sent.status, 200, "{path}: {sent:?}");
        let id = sent.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let shown = world.run(["outbox", "show", &id, "--json"]).ok().json();
        let files = shown["attachments"].as_array().unwrap();
        let last = files.last().unwrap();
        assert_eq!(
            (&last["name"], &last["size_bytes"]),
            (&json!("Bräu.bin"), &json!(BYTES.len())),
            "{path}: {shown}"
        );
    }
    let encoded = STANDARD.encode(BYTES);
    for received in smtp.received() {
        let data = received.data.replace("\r\n", "");
        assert!(data.contains(&encoded), "{data}");
    }
    // What came is read as it was sent, and no browser makes a page of it.
    let (head, body) = api.get("/v1/messages/m1/attachments/1", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, BYTES);
    let line = |name: &str| {
        let found = head.lines().find_map(|l| l.strip_prefix(name));
        found
            .unwrap_or_else(|| panic!("no {name} in {head}"))
            .trim()
            .to_owned()
    };
    assert_eq!(line("content-type:"), "application/pdf");
    assert!(
        line("content-disposition:").starts_with("attachment; filename*=UTF-8''a%20"),
        "{head}"
    );
    assert_eq!(line("x-content-type-options:"), "nosniff");
    assert!(line("content-security-policy:").contains("sandbox"));
    let tag = line("etag:");
    let (again, none) = api.get(
        "/v1/messages/m1/attachments/1",
        &format!("if-none-match: {tag}\r\n"),
    );
    assert!(
        again.starts_with("HTTP/1.1 304") && none.is_empty(),
        "{again}"
    );
    for (path, status) in [
        ("/v1/messages/m1/attachments/2", 404),
        ("/v1/messages/m1/attachments/0", 404),
        ("/v1/messages/m1/attachments/x", 400),
        ("/v1/messages/m9/attachments/1", 404),
        ("/v1/messages/m1/attachments/1?max_bytes=3", 422),
    ] {
        let (head, _) = api.get(path, "");
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status}")),
            "{path}: {head}"
        );
    }
}

#[test]
fn what_could_run_in_a_browser_is_handed_out_as_bytes() {
    for (name, kind) in [
        ("a.html", "text/html"),
        ("a.svg", "image/svg+xml"),
        ("a.js", "text/javascript"),
    ] {
        let world = with_mail(World::new(), name, kind, b"<script>alert(1)</script>");
        let api = Api::start(&world);
        let (head, _) = api.get("/v1/messages/m1/attachments/1", "");
        assert!(
            head.contains("content-type: application/octet-stream"),
            "{kind}: {head}"
        );
        assert!(head.contains("content-disposition: attachment"), "{head}");
    }
}

#[test]
fn a_path_is_no_file_and_what_is_wrong_is_told_with_its_field() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    let secret = world.file("secret.txt", "the secret");
    let api = Api::start(&world);
    let with = |more: Value| {
        let mut letter = json!({"to": ["bob@example.com"], "subject": "x", "draft": true});
        letter
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        api.post("/v1/messages", &letter)
    };
    for (more, words) in [
        (json!({"attachments": [secret]}), "`attachments[0]`"),
        (
            json!({"attachments": [{"name": "a", "path": secret, "content": ""}]}),
            "unknown field `path`",
        ),
        (
            json!({"attachments": [{"name": secret, "content": ""}]}),
            "not the name of a file",
        ),
        (
            json!({"attachments": [{"name": "a"}]}),
            "missing field `content`",
        ),
        (
            json!({"attachments": [{"name": "a", "content": "a b"}]}),
            "`attachments[0].content`: not base64",
        ),
        (
            json!({"attachments": [{"name": "a", "type": "application/vnd.comms+json", "content": "e30="}]}),
            "not a type",
        ),
        (json!({"template": secret}), "not the name of a template"),
        (
            json!({"template": "../config.toml"}),
            "not the name of a template",
        ),
        (json!({"template": ".hidden"}), "not the name of a template"),
        (
            json!({"template": "none", "text": "x"}),
            "`template` does not go together with `text`",
        ),
        (
            json!({"text": "x", "vars": {"a": "b"}}),
            "go with a `template`",
        ),
        (
            json!({"text": "x", "whatsapp": {"flow_data": secret}}),
            "flow_data",
        ),
        (json!({"text": 7}), "`text`: invalid type"),
    ] {
        let refused = with(more.clone());
        assert_eq!(refused.status, 400, "{more}: {refused:?}");
        let said = error(&refused);
        assert!(said.contains(words), "{more}: {said}");
        assert!(!refused.body.contains("the secret"), "{refused:?}");
    }
}

#[test]
fn a_body_is_as_large_as_its_files_may_be_and_no_larger() {
    let world = World::new().config(&Smtp::start().account("work"));
    let api = Api::start(&world);
    let large = STANDARD.encode(vec![7_u8; 8 << 20]);
    let letter = json!({"to": ["bob@example.com"], "subject": "x", "text": "x", "draft": true,
        "attachments": [{"name": "a.bin", "content": large}]});
    let kept = api.post("/v1/messages", &letter);
    assert_eq!(
        kept.status,
        200,
        "{}",
        &kept.body[..kept.body.len().min(500)]
    );
    // What is said to be larger is not read at all; other routes take no more than before.
    for (path, length) in [
        ("/v1/messages", 40 << 20),
        ("/v1/outbox/o1/cancel", 2 << 20),
    ] {
        let mut stream = api.serving.connect();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{{",
            api.bearer
        );
        stream.write_all(head.as_bytes()).unwrap();
        let refused = Answer::read(&mut stream);
        assert_eq!(refused.status, 413, "{path}: {refused:?}");
        assert!(error(&refused).contains("KiB"), "{refused:?}");
    }
}

#[test]
fn a_template_is_named_and_filled_in() {
    let world = World::new().config(&Smtp::start().account("work"));
    let folder = world.home().join("templates");
    let config = world.run(["config", "show", "--json"]).ok().json();
    let folder = match config["config_file"].as_str() {
        Some(file) => std::path::Path::new(file).with_file_name("templates"),
        None => folder,
    };
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("invite.txt"),
        "Subject: For {{ name }}\n\nCome at {{ time }}.\n",
    )
    .unwrap();
    let api = Api::start(&world);
    let letter = json!({"to": ["bob@example.com"], "template": "invite",
        "vars": {"name": "Bob", "time": "nine"}, "dry_run": true});
    let told = api.post("/v1/messages", &letter);
    assert_eq!(told.status, 200, "{told:?}");
    let item = &told.json()["items"][0];
    assert_eq!(item["subject"], "For Bob", "{item}");
    assert!(
        item["rendered"].to_string().contains("Come at nine."),
        "{item}"
    );
}

#[test]
fn choices_and_places_of_whatsapp_are_given_as_they_are() {
    let world = World::new().config(
        "[accounts.wa]\nchannel = \"whatsapp\"\naddress = \"+15550001111\"\nphone_number_id = \"123\"\n",
    );
    let api = Api::start(&world);
    let told = |more: Value| {
        let mut letter = json!({"to": ["whatsapp:+14155550100"], "queue": true, "dry_run": true});
        letter
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = api.post("/v1/messages", &letter);
        assert_eq!(answer.status, 200, "{more}: {answer:?}");
        answer.json()["items"][0]["rendered"].to_string()
    };
    let buttons = json!({"buttons": [{"id": "y", "title": "Yes=no|maybe"}, {"title": "No"}], "footer": "Shop"});
    let shown = told(json!({"text": "Sure?", "whatsapp": buttons}));
    assert!(
        shown.contains("Yes=no|maybe") && shown.contains("No"),
        "{shown}"
    );
    let rows =
        json!({"rows": [{"title": "Monday", "description": "at nine"}], "list_label": "Pick"});
    let shown = told(json!({"text": "When?", "whatsapp": rows}));
    assert!(shown.contains("Monday: at nine"), "{shown}");
    let place = json!({"location": {"latitude": 48.85, "longitude": 2.29, "name": "A, B"}});
    let shown = told(json!({"whatsapp": place}));
    assert!(shown.contains("A, B"), "{shown}");
}

/// A stranger's file that claims to be the part by which comms keeps what a chat message is beside its text.
#[test]
fn a_strangers_file_never_passes_for_our_own_part() {
    let order = br#"{"type":"text","text":{"body":"owned"}}"#;
    let world = World::new().config(
        "[accounts.wa]\nchannel = \"whatsapp\"\naddress = \"+15550001111\"\nphone_number_id = \"123\"\n",
    );
    let world = with_mail(world, "message.json", "application/vnd.comms+json", order);
    let run = world
        .run([
            "forward",
            "m1",
            "whatsapp:+14155550100",
            "-m",
            "For you",
            "--draft",
            "--json",
        ])
        .ok();
    let id = run.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let item = world.run(["outbox", "show", &id, "--json"]).ok().json();
    assert_eq!(
        item["attachments"][0]["name"], "message.json",
        "it is listed: {item}"
    );
    assert_eq!(
        item["attachments"][0]["media_type"],
        "application/octet-stream"
    );
    assert!(!item["rendered"].to_string().contains("owned"), "{item}");
}

#[test]
fn a_model_gives_and_reads_files_as_bytes_too() {
    let smtp = Smtp::start();
    let world = World::new().config(&smtp.account("work"));
    let world = with_mail(world, "a.pdf", "application/pdf", BYTES);
    let mut agent = Agent::start(&world, &["--allow-send"]);
    let sent = agent.call(
        "send",
        json!({"to": ["bob@example.com"], "subject": "x", "text": "x",
            "attachments": [{"name": "a.bin", "content": STANDARD.encode(BYTES)}]}),
    );
    let item = &sent["structuredContent"]["items"][0];
    assert_eq!(
        (&item["state"], &item["attachments"][0]["name"]),
        (&json!("held"), &json!("a.bin")),
        "{sent}"
    );
    let wrong = agent.call(
        "send",
        json!({"to": ["b@example.com"], "attachments": [{"name": "a", "content": "?"}]}),
    );
    let said = wrong["structuredContent"]["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(said.contains("`attachments[0].content`"), "{said}");
    let read = agent.ask(
        "resources/read",
        json!({"uri": "comms://messages/m1/attachments/1"}),
    );
    let content = &read["result"]["contents"][0];
    assert_eq!(content["mimeType"], "application/pdf", "{read}");
    assert_eq!(
        STANDARD.decode(content["blob"].as_str().unwrap()).unwrap(),
        BYTES
    );
    for wrong in [
        "comms://messages/m1/attachments/2",
        "comms://messages/m9/attachments/1",
    ] {
        let refused = agent.ask("resources/read", json!({"uri": wrong}));
        assert!(refused["error"]["code"].is_number(), "{refused}");
    }
    agent.end();
    let large = with_mail(
        World::new(),
        "a.bin",
        "application/octet-stream",
        &vec![1; 2 << 20],
    );
    let mut agent = Agent::start(&large, &[]);
    let refused = agent.ask(
        "resources/read",
        json!({"uri": "comms://messages/m1/attachments/1"}),
    );
    let said = refused["error"]["message"].as_str().unwrap_or_default();
    assert!(said.contains("2097152 bytes"), "{refused}");
    agent.end();
}
