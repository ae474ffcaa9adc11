//! One story, told to every channel that is read and written: whoever knows one channel knows all.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use comms::model::contact::AddressKind;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::google::{Google, TOKEN};
use crate::support::mail::{ANN, BOB, Mail};
use crate::support::people::{among, card};
use crate::support::slack::{self, Slack};
use crate::support::twilio::{self, Twilio};
use crate::support::whatsapp::{Graph, Hook, from_ada};

/// The other side of a channel: what a test does and sees there.
trait Side {
    /// Config and secrets of account `work`.
    fn world(&self) -> World;
    /// The same with a login that is refused.
    fn locked_out(&self) -> World;
    /// Bob writes; his words go under this subject where there are subjects.
    fn bob_writes(&self, subject: &str, words: &str);
    /// Bob sends a file.
    fn bob_attaches(&self, name: &str, bytes: &[u8]);
    /// Bob takes back, or someone deletes, what he wrote under this subject.
    fn vanishes(&self, subject: &str);
    /// Whether what was written under this subject is marked as read there.
    fn is_read(&self, subject: &str) -> bool;
    /// What Bob got from here, oldest first.
    fn bob_got(&self) -> Vec<String>;
    /// The channel as JSON names it.
    fn name(&self) -> &'static str;
    /// Whom to write to first.
    fn to(&self) -> &'static str;
    /// Bob's address as a contact has it.
    fn bob_at(&self) -> (AddressKind, &'static str);
    /// Whether a message can be reacted to.
    fn reacts(&self) -> bool;
    /// Whether its provider knows what was read, and tells what vanished.
    fn remembers(&self) -> bool {
        true
    }
    /// How Bob is found: by his name, where the channel knows it.
    fn bob(&self) -> &'static str {
        "bob"
    }
    /// Whether its provider can be asked for messages; else it only tells them by itself.
    fn can_be_asked(&self) -> bool {
        true
    }
    /// What a file of Bob's is called here.
    fn file_name(&self) -> &'static str {
        "data.bin"
    }
}

struct Imap(Mail);
struct Gmail(Google);
struct Chat(Google);
struct Sms(Twilio);
struct OnSlack(Slack);
struct OnWhatsapp {
    graph: Graph,
    home: RefCell<PathBuf>,
    told: Cell<i64>,
}

fn letter(to: &str, subject: &str, words: &str) -> String {
    format!(
        "From: Bob <bob@example.com>\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <{subject}@elsewhere.example>\r\n\r\n{words}\r\n"
    )
}

fn with_file(to: &str, name: &str, bytes: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<String> = text
        .as_bytes()
        .chunks(76)
        .map(|l| String::from_utf8_lossy(l).into_owned())
        .collect();
    format!(
        "From: Bob <bob@example.com>\r\nTo: {to}\r\nSubject: file\r\nDate: Fri, 20 Nov 2026 11:00:00 +0000\r\n\
         Message-ID: <file@elsewhere.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        lines.join("\r\n")
    )
}

impl Side for Imap {
    fn world(&self) -> World {
        World::new().config(&self.0.account("work"))
    }
    fn locked_out(&self) -> World {
        World::new().config(&self.0.account("work").replace("annpw", "wrong"))
    }
    fn bob_writes(&self, subject: &str, words: &str) {
        self.0.deliver(ANN, letter(ANN, subject, words));
    }
    fn bob_attaches(&self, name: &str, bytes: &[u8]) {
        self.0.deliver(ANN, with_file(ANN, name, bytes));
    }
    fn vanishes(&self, subject: &str) {
        let mut client = self.0.client(ANN);
        client.run("SELECT INBOX");
        let found = client.run(&format!("UID SEARCH SUBJECT {subject}"));
        let uid = found.split_whitespace().nth(2).unwrap().to_owned();
        client.run(&format!("UID STORE {uid} +FLAGS (\\Deleted)"));
        client.run("EXPUNGE");
    }
    fn is_read(&self, subject: &str) -> bool {
        let mut client = self.0.client(ANN);
        client.run("SELECT INBOX");
        let found = client.run(&format!("SEARCH SEEN SUBJECT {subject}"));
        found.lines().next().unwrap().trim() != "* SEARCH"
    }
    fn bob_got(&self) -> Vec<String> {
        let mut client = self.0.client(BOB);
        let selected = client.run("SELECT INBOX");
        let count: u32 = selected
            .lines()
            .find_map(|l| {
                l.strip_prefix("* ")?
                    .strip_suffix(" EXISTS\r")?
                    .parse()
                    .ok()
            })
            .or_else(|| {
                selected.lines().find_map(|l| {
                    l.strip_prefix("* ")?
                        .trim_end()
                        .strip_suffix(" EXISTS")?
                        .parse()
                        .ok()
                })
            })
            .unwrap_or(0);
        (1..=count)
            .map(|uid| comms::format::mime::parse(&client.fetch(uid)).text)
            .collect()
    }
    fn name(&self) -> &'static str {
        "imap"
    }
    fn to(&self) -> &'static str {
        BOB
    }
    fn bob_at(&self) -> (AddressKind, &'static str) {
        (AddressKind::Email, BOB)
    }
    fn reacts(&self) -> bool {
        false
    }
}

impl Side for Gmail {
    fn world(&self) -> World {
        World::new()
            .config(&format!(
                "[accounts.work]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n",
                self.0.url
            ))
            .env("COMMS_SECRET_WORK", TOKEN)
    }
    fn locked_out(&self) -> World {
        self.world().env("COMMS_SECRET_WORK", "ya29.wrong")
    }
    fn bob_writes(&self, subject: &str, words: &str) {
        self.0
            .gmail()
            .deliver(letter("ada@gmail.example", subject, words));
    }
    fn bob_attaches(&self, name: &str, bytes: &[u8]) {
        self.0
            .gmail()
            .deliver(with_file("ada@gmail.example", name, bytes));
    }
    fn vanishes(&self, subject: &str) {
        let id = self.id(subject);
        self.0.gmail().delete(&id);
    }
    fn is_read(&self, subject: &str) -> bool {
        let mail = self.0.gmail().mail(&self.id(subject)).unwrap();
        !mail.labels.contains("UNREAD")
    }
    fn bob_got(&self) -> Vec<String> {
        let sent = self.0.gmail().sent();
        sent.iter()
            .map(|s| comms::format::mime::parse(&s.submitted).text)
            .collect()
    }
    fn name(&self) -> &'static str {
        "gmail"
    }
    fn to(&self) -> &'static str {
        BOB
    }
    fn bob_at(&self) -> (AddressKind, &'static str) {
        (AddressKind::Email, BOB)
    }
    fn reacts(&self) -> bool {
        false
    }
}

impl Gmail {
    fn id(&self, subject: &str) -> String {
        let mails = self.0.gmail().mails();
        let line = format!("Subject: {subject}\r\n");
        let found = mails
            .iter()
            .find(|m| String::from_utf8_lossy(&m.raw).contains(&line));
        found.unwrap().id.clone()
    }
}

impl Chat {
    const SPACE: &str = "spaces/DM1";

    fn start() -> Chat {
        let google = Google::start();
        google.chat().dm("DM1", "users/7", "Bob", "bob@example.com");
        Chat(google)
    }

    fn message(&self, subject: &str) -> Value {
        let messages = self.0.chat().messages(Chat::SPACE);
        let fits = |m: &&Value| m["text"].as_str().is_some_and(|t| t.contains(subject));
        messages.iter().find(fits).unwrap().clone()
    }
}

impl Side for Chat {
    fn world(&self) -> World {
        World::new()
            .config(&format!(
                "[accounts.work]\nchannel = \"google-chat\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n",
                self.0.url
            ))
            .env("COMMS_SECRET_WORK", TOKEN)
    }
    fn locked_out(&self) -> World {
        self.world().env("COMMS_SECRET_WORK", "ya29.wrong")
    }
    fn bob_writes(&self, subject: &str, words: &str) {
        let text = format!("{subject}: {words}");
        self.0.chat().post(Chat::SPACE, "users/7", &text);
    }
    fn bob_attaches(&self, name: &str, bytes: &[u8]) {
        let resource = "spaces/DM1/attachments/x==";
        self.0.chat().media(resource, bytes);
        let attachment = json!({
            "name": "spaces/DM1/messages/1/attachments/x", "contentName": name,
            "contentType": "application/octet-stream", "source": "UPLOADED_CONTENT",
            "attachmentDataRef": {"resourceName": resource},
        });
        let body = json!({"text": "file: see the file", "attachment": [attachment]});
        self.0.chat().post_as(Chat::SPACE, "users/7", body);
    }
    fn vanishes(&self, subject: &str) {
        let message = self.message(subject);
        self.0.chat().delete(message["name"].as_str().unwrap());
    }
    fn is_read(&self, subject: &str) -> bool {
        let created = self.message(subject)["createTime"]
            .as_str()
            .unwrap()
            .to_owned();
        let told = self.0.requests_of("chat.users.spaces.updateSpaceReadState");
        told.iter().any(|r| {
            let body: Value = serde_json::from_slice(&r.body).unwrap();
            let until = body["lastReadTime"].as_str().unwrap();
            until.parse::<jiff::Timestamp>().unwrap() >= created.parse::<jiff::Timestamp>().unwrap()
        })
    }
    fn bob_got(&self) -> Vec<String> {
        let messages = self.0.chat().messages(Chat::SPACE);
        let own = messages
            .iter()
            .filter(|m| m["sender"]["name"] == crate::support::google::chat::ME);
        own.map(|m| m["text"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
    fn name(&self) -> &'static str {
        "google-chat"
    }
    fn to(&self) -> &'static str {
        "chat:bob@example.com"
    }
    fn bob_at(&self) -> (AddressKind, &'static str) {
        (AddressKind::Chat, "users/7")
    }
    fn reacts(&self) -> bool {
        true
    }
}

impl Side for Sms {
    fn world(&self) -> World {
        self.0.world()
    }
    fn locked_out(&self) -> World {
        self.0.world().env("COMMS_SECRET_WORK", "wrong")
    }
    fn bob_writes(&self, subject: &str, words: &str) {
        self.0.receive(twilio::BOB, &format!("{subject}: {words}"));
    }
    fn bob_attaches(&self, _name: &str, bytes: &[u8]) {
        let media = [("application/octet-stream", bytes)];
        self.0
            .receive_at((twilio::BOB, twilio::OWN), "see the file", &media);
    }
    fn vanishes(&self, _subject: &str) {}
    fn is_read(&self, _subject: &str) -> bool {
        true
    }
    fn bob_got(&self) -> Vec<String> {
        let sent = self.0.sent();
        let texts = sent.iter().map(|m| m["body"].as_str().unwrap_or_default());
        texts.map(str::to_owned).collect()
    }
    fn name(&self) -> &'static str {
        "twilio"
    }
    fn to(&self) -> &'static str {
        twilio::BOB
    }
    fn bob_at(&self) -> (AddressKind, &'static str) {
        (AddressKind::Phone, twilio::BOB)
    }
    fn reacts(&self) -> bool {
        false
    }
    fn remembers(&self) -> bool {
        false
    }
    fn bob(&self) -> &'static str {
        "14155550199"
    }
    fn file_name(&self) -> &'static str {
        "media-1.bin"
    }
}

impl OnSlack {
    fn start() -> OnSlack {
        let slack = Slack::start();
        slack.state().open(slack::BOB);
        OnSlack(slack)
    }

    fn ts(&self, subject: &str) -> String {
        let messages = self.0.messages(slack::DM);
        let fits = |m: &&Value| m["text"].as_str().is_some_and(|t| t.contains(subject));
        let found = messages.iter().find(fits).unwrap();
        found["ts"].as_str().unwrap().to_owned()
    }
}

impl Side for OnSlack {
    fn world(&self) -> World {
        World::new()
            .config(&self.0.account())
            .env("COMMS_SECRET_WORK", slack::TOKEN)
    }
    fn locked_out(&self) -> World {
        self.world().env("COMMS_SECRET_WORK", "xoxp-wrong")
    }
    fn bob_writes(&self, subject: &str, words: &str) {
        let text = format!("{subject}: {words}");
        self.0.post(slack::DM, slack::BOB, &text);
    }
    fn bob_attaches(&self, name: &str, bytes: &[u8]) {
        let file = self.0.state().file(&self.0.url, name, bytes);
        let message = json!({"user": slack::BOB, "text": "file: see the file", "files": [file]});
        self.0.post_as(slack::DM, message);
    }
    fn vanishes(&self, subject: &str) {
        self.0.delete(slack::DM, &self.ts(subject));
    }
    fn is_read(&self, subject: &str) -> bool {
        let ts = self.ts(subject);
        self.0.state().channels[slack::DM].last_read >= ts
    }
    fn bob_got(&self) -> Vec<String> {
        self.0.own_texts(slack::DM)
    }
    fn name(&self) -> &'static str {
        "slack"
    }
    fn to(&self) -> &'static str {
        "slack:bob@example.com"
    }
    fn bob_at(&self) -> (AddressKind, &'static str) {
        (AddressKind::Slack, slack::BOB)
    }
    fn reacts(&self) -> bool {
        true
    }
}

impl OnWhatsapp {
    fn start() -> OnWhatsapp {
        OnWhatsapp {
            graph: Graph::start(),
            home: RefCell::default(),
            told: Cell::new(60),
        }
    }

    /// Posts what Bob did; the receiver has it on the disk when this returns.
    fn tell(&self, id: &str, content: Value) {
        self.told.set(self.told.get() - 1);
        let mut value = from_ada(id, self.told.get(), content);
        value["contacts"][0]["profile"]["name"] = "Bob".into();
        let hook = Hook::start_at(&self.home.borrow());
        assert_eq!(hook.tell(value), 200);
    }
}

impl Side for OnWhatsapp {
    fn world(&self) -> World {
        let world = self.graph.world_of("work");
        *self.home.borrow_mut() = world.home();
        world
    }
    fn locked_out(&self) -> World {
        let home = self.home.borrow().clone();
        let world = self.world().env("COMMS_SECRET_WORK", "EAAwrong");
        // They may be written to: it is the login that is refused.
        let hello = json!({"type": "text", "text": {"body": "hello"}});
        self.tell("wamid.locked", hello);
        *self.home.borrow_mut() = home;
        world
    }
    fn bob_writes(&self, subject: &str, words: &str) {
        let text = json!({"body": format!("{subject}: {words}")});
        self.tell(
            &format!("wamid.{subject}"),
            json!({"type": "text", "text": text}),
        );
    }
    fn bob_attaches(&self, name: &str, bytes: &[u8]) {
        let kind = "application/octet-stream".to_owned();
        let media = (kind.clone(), bytes.to_vec());
        self.graph.state().media.insert("555".to_owned(), media);
        let file =
            json!({"id": "555", "mime_type": kind, "filename": name, "caption": "see the file"});
        self.tell("wamid.file", json!({"type": "document", "document": file}));
    }
    fn vanishes(&self, subject: &str) {
        let original = format!("wamid.{subject}");
        let revoke = json!({"type": "revoke", "revoke": {"original_message_id": original}});
        self.tell("wamid.revoke", revoke);
    }
    fn is_read(&self, subject: &str) -> bool {
        let id = format!("wamid.{subject}");
        self.graph.state().read.iter().any(|(read, _)| *read == id)
    }
    fn bob_got(&self) -> Vec<String> {
        let texts = self
            .graph
            .sent()
            .into_iter()
            .filter(|m| m["type"] == "text");
        texts
            .map(|m| m["text"]["body"].as_str().unwrap().to_owned())
            .collect()
    }
    fn name(&self) -> &'static str {
        "whatsapp"
    }
    fn to(&self) -> &'static str {
        "whatsapp:+16315551234"
    }
    fn bob_at(&self) -> (AddressKind, &'static str) {
        (AddressKind::Whatsapp, "+16315551234")
    }
    fn reacts(&self) -> bool {
        true
    }
    fn can_be_asked(&self) -> bool {
        false
    }
}

fn rows(world: &World, query: &str) -> Vec<Value> {
    let run = world
        .run(["search", query, "--json", "--limit", "100"])
        .ok();
    run.json()["messages"].as_array().unwrap().clone()
}

fn id(world: &World, query: &str) -> String {
    let rows = rows(world, query);
    assert_eq!(rows.len(), 1, "{query}: {rows:?}");
    rows[0]["id"].as_str().unwrap().to_owned()
}

fn sync(world: &World) -> Value {
    let run = world
        .run(["inbox", "sync", "--account", "work", "--json"])
        .ok();
    run.json()["accounts"][0].clone()
}

/// The story.
fn tell(side: &dyn Side) {
    let world = side.world();
    let name = side.name();

    // Someone logs in and sees what is there.
    world.run(["auth", "status", "work"]).ok();
    side.bob_writes("alpha", "shall we meet at the harbour");
    side.bob_writes("beta", "bring the blue lantern");
    let first = sync(&world);
    if side.can_be_asked() {
        assert_eq!(first["added"], 2, "{name}");
    }
    let inbox = world
        .run(["inbox", "--unread", "--offline", "--json"])
        .ok()
        .json();
    let threads = inbox["threads"].as_array().unwrap().len();
    assert!((1..=2).contains(&threads), "{name}: {inbox}");
    let row = &rows(&world, "lantern")[0];
    assert_eq!(row["channel"], name);
    assert_eq!(row["unread"], true, "{name}");
    let from = row["from"][0].to_string().to_lowercase();
    assert!(from.contains(side.bob()), "{name}: {from}");
    let query = format!("from:{} harbour", side.bob());
    assert!(rows(&world, &query).len() == 1, "{name}");
    assert!(rows(&world, "harbour lantern").is_empty(), "{name}");
    let alpha = id(&world, "harbour");
    let shown = world.run(["inbox", "show", &alpha, "--json"]).ok().json();
    assert!(
        shown["text"].as_str().unwrap().contains("shall we meet"),
        "{name}"
    );

    // Nothing new is nothing new.
    let second = sync(&world);
    let zero = ["added", "changed", "removed", "pushed"].map(|key| second[key].as_u64().unwrap());
    assert_eq!(zero, [0; 4], "{name}: {second}");

    // What is read here is read there.
    let beta = id(&world, "lantern");
    // A chat knows how far one has read, so that the older one goes along.
    world.run(["inbox", "mark", &alpha, &beta, "--read"]).ok();
    sync(&world);
    assert!(side.is_read("beta"), "{name}");
    assert_eq!(rows(&world, "lantern is:unread").len(), 0, "{name}");

    // An answer reaches the other side once, and stands in its thread.
    world
        .run(["reply", &alpha, "-m", "at nine then", "--key", "nine"])
        .ok();
    world
        .run(["reply", &alpha, "-m", "at nine then", "--key", "nine"])
        .ok();
    let got = side.bob_got();
    assert_eq!(got.len(), 1, "{name}: {got:?}");
    assert!(got[0].contains("at nine then"), "{name}: {got:?}");
    sync(&world);
    let own = rows(&world, "\"at nine then\" is:sent");
    assert_eq!(own.len(), 1, "{name}: {own:?}");
    assert_eq!(
        own[0]["thread"],
        rows(&world, "harbour -is:sent")[0]["thread"],
        "{name}"
    );

    // A first message to someone.
    world
        .run(["send", side.to(), "-s", "gamma", "-m", "and the red kite"])
        .ok();
    let got = side.bob_got();
    assert_eq!(got.len(), 2, "{name}: {got:?}");
    assert!(got[1].contains("red kite"), "{name}");

    // His name leads there, and so does a group that he is in.
    let bob = world.know([among(&["crew"], card("Robert Tables", &[side.bob_at()]))])[0];
    for (to, words) in [
        ("robert tables", "by your name"),
        ("@crew", "to all the crew"),
    ] {
        let run = world
            .run(["send", to, "-s", "delta", "-m", words, "--json"])
            .ok();
        let recipient = &run.json()["items"][0]["recipients"][0];
        assert_eq!(recipient["contact"], bob.to_string(), "{name}: {run}");
        assert_eq!(recipient["resolved_from"], to, "{name}: {run}");
        let got = side.bob_got();
        assert!(got.last().unwrap().contains(words), "{name}: {got:?}");
    }
    assert_eq!(side.bob_got().len(), 4, "{name}");

    // Files are files.
    let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
    side.bob_attaches("data.bin", &bytes);
    sync(&world);
    let file = id(&world, "\"see the file\"");
    world.run(["inbox", "save", &file, "--to", "."]).ok();
    assert_eq!(
        std::fs::read(world.dir().join(side.file_name())).unwrap(),
        bytes,
        "{name}"
    );

    // Only where it is known what a reaction is.
    let reacted = world.run(["react", &alpha, "👍"]);
    assert_eq!(
        reacted.code,
        if side.reacts() { 0 } else { 2 },
        "{name}: {reacted}"
    );

    // What vanishes there is found here no more.
    if side.remembers() {
        side.vanishes("beta");
        sync(&world);
        assert_eq!(rows(&world, "lantern").len(), 0, "{name}");
    }

    // Read-only means it.
    world
        .run(["--read-only", "send", side.to(), "-m", "x"])
        .fails(6);
    world
        .run(["--read-only", "inbox", "mark", &alpha, "--read"])
        .fails(6);
    assert_eq!(side.bob_got().len(), 4, "{name}");

    // A refused login is told as one, and costs nothing.
    let out = side.locked_out();
    // Who is only told has nobody to log in to.
    let code = if side.can_be_asked() { 4 } else { 0 };
    out.run(["inbox", "sync", "--account", "work"]).fails(code);
    out.run(["send", side.to(), "-s", "x", "-m", "x"]).fails(4);
    assert_eq!(side.bob_got().len(), 4, "{name}");
    assert_eq!(rows(&world, "harbour -is:sent").len(), 1, "{name}");

    // All of it can be made again from what was received.
    let before = rows(&world, "account:work").len();
    world.run(["doctor", "--rebuild-index", "--offline"]);
    assert_eq!(rows(&world, "account:work").len(), before, "{name}");
    sync(&world);
    assert_eq!(rows(&world, "account:work").len(), before, "{name}");
    let out = world.file("all.mbox", "");
    world
        .run(["export", "account:work", "--to", &out, "--force"])
        .ok();
    let mbox = std::fs::read(&out).unwrap();
    assert!(
        String::from_utf8_lossy(&mbox).contains("shall we meet"),
        "{name}"
    );
}

#[test]
fn imap_tells_the_story() {
    let Some(mail) = Mail::start() else { return };
    tell(&Imap(mail));
}

#[test]
fn gmail_tells_the_story() {
    tell(&Gmail(Google::start()));
}

#[test]
fn google_chat_tells_the_story() {
    tell(&Chat::start());
}

#[test]
fn twilio_tells_the_story() {
    tell(&Sms(Twilio::start()));
}

#[test]
fn whatsapp_tells_the_story() {
    tell(&OnWhatsapp::start());
}

#[test]
fn slack_tells_the_story() {
    tell(&OnSlack::start());
}

/// A network that is gone makes what is known stale, not absent.
#[test]
fn without_its_provider_every_channel_shows_what_it_knows() {
    let google = Google::start();
    google.chat().dm("DM1", "users/7", "Bob", "bob@example.com");
    let (gmail, chat) = (Gmail(Google::start()), Chat(google));
    let sms = Sms(Twilio::start());
    let slack = OnSlack::start();
    for side in [&gmail as &dyn Side, &chat, &sms, &slack] {
        side.bob_writes("alpha", "shall we meet at the harbour");
        let world = side.world();
        sync(&world);
        let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
        let gone = config
            .lines()
            .map(|l| match l.starts_with("base_url") {
                true => "base_url = \"http://127.0.0.1:9\"",
                false => l,
            })
            .collect::<Vec<_>>()
            .join("\n");
        std::fs::write(world.home().join("config.toml"), gone).unwrap();
        let world = world.env("COMMS_NOW", "2026-11-21T13:00:00Z");
        let run = world.run(["inbox", "--json"]).ok();
        let inbox = run.json();
        assert_eq!(inbox["threads"].as_array().unwrap().len(), 1, "{run}");
        let sources = inbox["sources"].as_array().unwrap();
        let work = sources.iter().find(|s| s["account"] == "work").unwrap();
        assert_ne!(work["state"], "fresh", "{run}");
        world.run(["inbox", "--fresh"]).fails(7);
        world
            .run(["send", side.to(), "-s", "x", "-m", "x"])
            .fails(8);
    }
}
