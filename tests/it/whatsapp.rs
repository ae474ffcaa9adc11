//! WhatsApp: every kind of message out, checked before it leaves, and every kind of answer in.

use serde_json::json;

use crate::support::World;
use crate::support::whatsapp::{
    ADA, BUSINESS, Fault, Graph, Hook, NUMBER, TOKEN, from_ada, operations, status, webhook,
};

const TO: &str = "whatsapp:+16315551234";

/// A shop that Ada wrote to an hour ago.
fn open(graph: &Graph) -> World {
    let world = graph.world();
    let hook = Hook::start(&world);
    let hello = json!({"type": "text", "text": {"body": "hello there"}});
    assert_eq!(hook.tell(from_ada("wamid.hello", 60, hello)), 200);
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    world
}

fn item(world: &World, args: &[&str]) -> serde_json::Value {
    world.run([args, &["--json"]].concat()).ok().json()["items"][0].clone()
}

#[test]
fn the_operations_are_those_of_metas_own_description() {
    let Some(known) = operations() else {
        println!("skipped: COMMS_TEST_SPECS names no folder with whatsapp.json");
        return;
    };
    for operation in comms::net::whatsapp::operations::ALL {
        let path: String = operation
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let fits = known.iter().any(|(id, method, known)| {
            let known: String = known
                .trim_start_matches('/')
                .split('/')
                .map(|part| if part.starts_with('{') { "{}" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            id == operation.id && method == operation.method && known == path
        });
        assert!(
            fits,
            "{} {} {}",
            operation.id, operation.method, operation.path
        );
    }
}

#[test]
fn a_text_goes_out_and_is_shown_at_once_in_the_same_thread_as_what_was_answered() {
    let graph = Graph::start();
    let world = open(&graph);
    let sent = item(
        &world,
        &["send", TO, "--markdown", "-m", "**hi** https://x.example"],
    );
    assert_eq!(sent["state"], "sent");
    let body = &graph.sent()[0];
    assert_eq!(body["to"], ADA);
    assert_eq!(
        body["text"],
        json!({"body": "*hi* https://x.example", "preview_url": true})
    );
    assert!(
        body["biz_opaque_callback_data"]
            .as_str()
            .unwrap()
            .contains("\"part\":1")
    );
    let inbox = world.run(["inbox", "--offline", "--json"]).ok().json();
    let thread = &inbox["threads"][0];
    assert_eq!(thread["count"], 2, "{inbox}");
    let found = world
        .run(["search", "channel:whatsapp", "hi", "--json"])
        .ok()
        .json();
    assert_eq!(found["messages"][0]["sent"], true, "{found}");
}

#[test]
fn an_answer_from_the_inbox_names_what_it_answers() {
    let graph = Graph::start();
    let world = open(&graph);
    let found = world.run(["search", "hello", "--json"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    world.run(["reply", &id, "-m", "yes"]).ok();
    let body = &graph.sent()[0];
    assert_eq!(body["context"]["message_id"], "wamid.hello");
    assert_eq!(body["to"], ADA);
    world.run(["react", &id, "👍"]).ok();
    assert_eq!(
        graph.sent()[1]["reaction"],
        json!({"message_id": "wamid.hello", "emoji": "👍"})
    );
    world.run(["react", &id, "👍", "--remove"]).ok();
    assert_eq!(graph.sent()[2]["reaction"]["emoji"], "");
    world.run(["inbox", "mark", &id, "--read", "--typing"]).ok();
    let read = graph.state().read.clone();
    assert_eq!(
        read,
        [
            ("wamid.hello".to_owned(), false),
            ("wamid.hello".to_owned(), true)
        ]
    );
}

#[test]
fn a_reaction_is_a_message_and_goes_to_nobody_whom_a_send_would_not_reach_now() {
    let graph = Graph::start();
    let world = open(&graph);
    let found = world.run(["search", "hello", "--json"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.run(["react", &id, "👍"]).ok();
    for (rule, names) in [
        (
            "quiet_hours = \"11:00-13:00\"\nzone = \"UTC\"",
            "quiet_hours",
        ),
        ("max_per_hour = 0", "max_per_hour"),
    ] {
        let world = &world;
        std::fs::write(
            world.home().join("config.toml"),
            format!("{config}[policy.script]\n{rule}\n"),
        )
        .unwrap();
        let run = world.run(["react", &id, "🎉"]).fails(6);
        assert!(run.stderr.contains(names), "{run}");
        assert_eq!(graph.sent().len(), 1, "{names}");
    }
    std::fs::write(world.home().join("config.toml"), config).unwrap();
    world.run(["contacts", "optout", TO]).ok();
    world.run(["contacts", "optout", "+16315551234"]).ok();
    let run = world.run(["react", &id, "🎉"]).fails(6);
    assert!(run.stderr.contains("opted out on 20"), "{run}");
    assert_eq!(graph.sent().len(), 1);
    // What is there may be taken back.
    world.run(["react", &id, "👍", "--remove"]).ok();
    assert_eq!(graph.sent()[1]["reaction"]["emoji"], "");
}

#[test]
fn reactions_count_against_the_cap_of_an_hour() {
    let graph = Graph::start();
    let world = open(&graph);
    let found = world.run(["search", "hello", "--json"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    let path = world.home().join("config.toml");
    let mut config = std::fs::read_to_string(&path).unwrap();
    config += "[policy.script]\nmax_per_hour = 3\n";
    std::fs::write(&path, config).unwrap();
    world.run(["send", TO, "-m", "one"]).ok();
    for emoji in ["👍", "🎉"] {
        world.run(["react", &id, emoji]).ok();
    }
    let run = world.run(["react", &id, "❤️"]).fails(6);
    assert!(run.stderr.contains("max_per_hour = 3"), "{run}");
    // Taking one back is free.
    world.run(["react", &id, "🎉", "--remove"]).ok();
    assert_eq!(graph.sent().len(), 4);
}

#[test]
fn choices_places_and_people_go_as_whatsapp_takes_them() {
    let graph = Graph::start();
    let world = open(&graph);
    let rows = world.file(
        "rows.csv",
        "id,title,description,section\nmon,Monday,at nine,Week\ntue,Tuesday,,Week\n",
    );
    let card = world.file(
        "bob.vcf",
        "BEGIN:VCARD\nVERSION:3.0\nFN:Bob Example\nTEL;TYPE=WORK:+14155550199\nEND:VCARD\n",
    );
    world
        .run([
            "send", TO, "-m", "Sure?", "-s", "Order", "--footer", "Shop", "--button", "yes=Yes",
            "--button", "No",
        ])
        .ok();
    world
        .run([
            "send",
            TO,
            "-m",
            "When?",
            "--rows",
            &rows,
            "--list-label",
            "Pick",
        ])
        .ok();
    world
        .run([
            "send",
            TO,
            "-m",
            "See",
            "--link",
            "Track it=https://x.example/7",
        ])
        .ok();
    world
        .run([
            "send",
            TO,
            "-m",
            "Book",
            "--flow",
            "4242",
            "--flow-label",
            "Book now",
            "--flow-screen",
            "FIRST",
        ])
        .ok();
    world
        .run(["send", TO, "--location", "48.8584,2.2945,Eiffel Tower"])
        .ok();
    world.run(["send", TO, "--contact", &card]).ok();
    let sent = graph.sent();
    assert_eq!(
        sent[0]["interactive"]["action"]["buttons"][1]["reply"],
        json!({"id": "No", "title": "No"})
    );
    assert_eq!(sent[0]["interactive"]["header"]["text"], "Order");
    assert_eq!(sent[1]["interactive"]["action"]["button"], "Pick");
    assert_eq!(
        sent[2]["interactive"]["action"]["parameters"]["url"],
        "https://x.example/7"
    );
    assert_eq!(
        sent[3]["interactive"]["action"]["parameters"]["flow_id"],
        "4242"
    );
    assert_eq!(sent[4]["location"]["name"], "Eiffel Tower");
    assert_eq!(sent[5]["contacts"][0]["phones"][0]["phone"], "+14155550199");
    let shown = world.run(["outbox", "show", "o2", "--json"]).ok().json();
    let text = shown.to_string();
    assert!(
        text.contains("- Monday: at nine") && text.contains("[Pick]"),
        "{text}"
    );
}

#[test]
fn what_whatsapp_would_refuse_is_refused_before_anything_is_staged() {
    let graph = Graph::start();
    let world = open(&graph);
    let eleven: Vec<String> = (0..11)
        .flat_map(|n| ["--row".to_owned(), format!("r{n}=Row {n}")])
        .collect();
    let mut list: Vec<&str> = vec!["send", TO, "-m", "Which?"];
    list.extend(eleven.iter().map(String::as_str));
    for (args, words) in [
        (
            list.as_slice(),
            "11 rows are too many: a list of WhatsApp has 10 in all its sections",
        ),
        (
            &["send", TO, "-m", "x", "--button", "a=123456789012345678901"],
            "the button `123456789012345678901` has 21 characters, and WhatsApp takes 20",
        ),
        (
            &[
                "send",
                TO,
                "-m",
                "x",
                "--button",
                "a=A",
                "--link",
                "B=https://b.example",
            ],
            "--button and --link can't stand in one message",
        ),
        (&["send", TO, "--location", "91,0"], "`91,0` is not a place"),
        (
            &[
                "send",
                "ada@example.com",
                "-m",
                "x",
                "-s",
                "s",
                "--button",
                "a=A",
            ],
            "--button is for WhatsApp",
        ),
    ] {
        let run = world.run(args).fails(2);
        assert!(run.stderr.contains(words), "{run}");
    }
    assert_eq!(graph.sent().len(), 0);
    assert_eq!(
        world.run(["outbox", "list", "--json"]).ok().json()["items"],
        json!([])
    );
}

#[test]
fn templates_are_listed_page_by_page_and_sent_with_typed_values() {
    let graph = Graph::start();
    graph.template(
        "hello_world",
        "en_US",
        json!([{"type": "BODY", "text": "Welcome"}]),
    );
    graph.template(
        "order_update",
        "en_US",
        json!([{"type": "BODY", "text": "Hi {{1}}, {{2}} is due."}]),
    );
    graph.template(
        "order_update",
        "de",
        json!([{"type": "BODY", "text": "Hallo {{1}}: {{2}}"}]),
    );
    graph.template(
        "promo",
        "en",
        json!([{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Sale"}]),
    );
    let world = graph.world();
    world
        .run(["send", TO, "--template", "hello_world", "--dry-run"])
        .ok();
    let known = world
        .run(["auth", "templates", "--offline", "--json"])
        .ok()
        .json();
    assert_eq!(known["templates"], json!([]), "a dry run keeps nothing");
    let listed = world.run(["auth", "templates", "--json"]).ok().json();
    let names: Vec<_> = listed["templates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["hello_world", "order_update", "order_update", "promo"]
    );
    assert_eq!(listed["templates"][1]["variables"], json!(["1", "2"]));

    let run = world
        .run([
            "send",
            TO,
            "--template",
            "order_update",
            "--lang",
            "en_US",
            "--var",
            "1=Ada",
        ])
        .fails(2);
    assert!(
        run.stderr
            .contains("template `order_update` (en_US) wants 2 values, and `2` is missing"),
        "{run}"
    );
    let run = world
        .run([
            "send",
            TO,
            "--template",
            "order_update",
            "--var",
            "1=Ada",
            "--var",
            "2=x",
        ])
        .fails(2);
    assert!(run.stderr.contains("several languages"), "{run}");
    let run = world
        .run(["send", TO, "--template", "order_updat"])
        .fails(5);
    assert!(run.stderr.contains("did you mean `order_update`?"), "{run}");

    let sent = item(
        &world,
        &[
            "send",
            TO,
            "--template",
            "order_update",
            "--lang",
            "en_US",
            "--var",
            "1=Ada",
            "--var",
            "2:currency=12.50 USD",
        ],
    );
    assert_eq!(sent["state"], "sent");
    let body = &graph.sent()[0]["template"];
    assert_eq!(
        body["components"][0]["parameters"][1]["currency"]["amount_1000"],
        12500
    );
    let png = world.file("a.png", b"\x89PNG\r\n\x1a\nx");
    world
        .run(["send", TO, "--template", "promo", "-a", &png])
        .ok();
    let header = &graph.sent()[1]["template"]["components"][0]["parameters"][0];
    assert!(header["image"]["id"].is_string(), "{header}");
    let found = world.run(["search", "due", "--json"]).ok().json();
    assert_eq!(found["messages"][0]["preview"], "Hi Ada, 12.50 USD is due.");
}

#[test]
fn files_go_as_messages_of_their_own_and_the_text_below_the_first() {
    let graph = Graph::start();
    let world = open(&graph);
    let png = world.file("a.png", b"\x89PNG\r\n\x1a\nimage");
    let pdf = world.file("b.pdf", b"%PDF-1.4 x");
    let sent = item(&world, &["send", TO, "-m", "look", "-a", &png, "-a", &pdf]);
    assert_eq!(sent["state"], "sent");
    let sent = graph.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(
        (&sent[0]["type"], &sent[0]["image"]["caption"]),
        (&json!("image"), &json!("look"))
    );
    assert_eq!(
        (&sent[1]["type"], &sent[1]["document"]["filename"]),
        (&json!("document"), &json!("b.pdf"))
    );
    let media = graph.state().media.clone();
    assert!(
        media
            .values()
            .any(|(kind, bytes)| kind == "image/png" && bytes == b"\x89PNG\r\n\x1a\nimage")
    );
    let huge = world.file("c.bin", vec![0u8; (100 << 20) + 1]);
    let run = world.run(["send", TO, "-m", "x", "-a", &huge]).fails(2);
    assert!(run.stderr.contains("WhatsApp takes 104857600"), "{run}");
}

#[test]
fn a_file_is_fetched_again_when_its_address_ran_out_and_its_bytes_are_checked() {
    let graph = Graph::start();
    let world = graph.world();
    graph.state().media.insert(
        "777".to_owned(),
        ("image/jpeg".to_owned(), b"jpeg bytes".to_vec()),
    );
    let hook = Hook::start(&world);
    let image = json!({"type": "image", "image": {"id": "777", "mime_type": "image/jpeg", "caption": "the receipt"}});
    assert_eq!(hook.tell(from_ada("wamid.img", 5, image)), 200);
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    let found = world.run(["search", "receipt", "--json"]).ok().json();
    let id = found["messages"][0]["id"].as_str().unwrap().to_owned();
    graph.state().stale_urls = 1;
    let saved = world.run(["inbox", "save", &id, "--to", "-"]).ok();
    assert_eq!(saved.bytes, b"jpeg bytes");
    graph.state().media.remove("777");
    let gone = world.run(["inbox", "save", &id, "--to", "-"]);
    assert_ne!(gone.code, 0, "{gone}");
}

#[test]
fn every_kind_of_answer_is_in_the_inbox_and_found() {
    let graph = Graph::start();
    let world = graph.world();
    let hook = Hook::start(&world);
    for (n, content) in [
        json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "yes-7", "title": "Certainly"}}}),
        json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "tue", "title": "Tuesday"}}}),
        json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"guests\":\"seven\"}"}}}),
        json!({"type": "location", "location": {"latitude": 1.5, "longitude": 2.5, "name": "Harbour"}}),
        json!({"type": "text", "text": {"body": "\u{202e}evil\u{200b} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{1b}[31mred"}}),
        json!({"type": "text", "text": {"body": "👍".repeat(40)}}),
        json!({"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]}),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(hook.tell(from_ada(&format!("wamid.{n}"), 10, content.clone())), 200);
        assert_eq!(hook.tell(from_ada(&format!("wamid.{n}"), 10, content)), 200, "told twice");
    }
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    for word in [
        "Certainly",
        "Tuesday",
        "guests",
        "Harbour",
        "evil",
        "131051",
    ] {
        let found = world.run(["search", word, "--json"]).ok().json();
        assert_eq!(
            found["messages"].as_array().unwrap().len(),
            1,
            "{word}: {found}"
        );
    }
    let shown = world.run(["inbox", "--offline"]).ok();
    assert!(
        !shown.stdout.contains('\u{1b}') && !shown.stdout.contains('\u{202e}'),
        "{shown}"
    );
    let inbox = world.run(["inbox", "--offline", "--json"]).ok().json();
    assert_eq!(inbox["threads"][0]["count"], 7, "{inbox}");
}

#[test]
fn what_was_edited_or_taken_back_is_so_here_too() {
    let graph = Graph::start();
    let world = open(&graph);
    let hook = Hook::start(&world);
    let edit = json!({"type": "edit", "edit": {"original_message_id": "wamid.hello", "message": {"type": "text", "text": {"body": "goodbye instead"}}}});
    assert_eq!(hook.tell(from_ada("wamid.edit", 50, edit)), 200);
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    let found = world.run(["search", "goodbye", "--json"]).ok().json();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{found}");
    let hook = Hook::start(&world);
    let revoke = json!({"type": "revoke", "revoke": {"original_message_id": "wamid.hello"}});
    assert_eq!(hook.tell(from_ada("wamid.revoke", 40, revoke)), 200);
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    let found = world.run(["search", "goodbye", "--json"]).ok().json();
    assert_eq!(found["messages"], json!([]), "{found}");
}

#[test]
fn a_message_that_was_taken_back_before_it_came_never_shows() {
    let graph = Graph::start();
    let world = graph.world();
    let hook = Hook::start(&world);
    let revoke = json!({"type": "revoke", "revoke": {"original_message_id": "wamid.late"}});
    assert_eq!(hook.tell(from_ada("wamid.revoke", 40, revoke)), 200);
    let text = json!({"type": "text", "text": {"body": "secretword"}});
    assert_eq!(hook.tell(from_ada("wamid.late", 30, text)), 200);
    let other = json!({"type": "text", "text": {"body": "plainword"}});
    assert_eq!(hook.tell(from_ada("wamid.other", 31, other)), 200);
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    let found = |word: &str| world.run(["search", word, "--json"]).ok().json()["messages"].clone();
    assert_eq!(found("secretword"), json!([]));
    assert_eq!(found("plainword").as_array().unwrap().len(), 1);
}

#[test]
fn only_what_meta_signed_is_heard() {
    let graph = Graph::start();
    let world = graph.world();
    let hook = Hook::start(&world);
    let body = webhook(from_ada(
        "wamid.x",
        1,
        json!({"type": "text", "text": {"body": "café"}}),
    ))
    .to_string();
    // Meta writes what is not ASCII like this, and signs it so.
    let body = body.replace('é', "\\u00e9").replace('/', "\\/");
    assert_eq!(hook.post_signed(body.as_bytes(), "sha256=00"), 403);
    assert_eq!(hook.post(body.as_bytes()), 200);
    assert_eq!(
        hook.get(
            "/webhooks/shop?hub.mode=subscribe&hub.challenge=42&hub.verify_token=test-verify-token"
        ),
        (200, "42".to_owned())
    );
    assert_eq!(
        hook.get("/webhooks/shop?hub.mode=subscribe&hub.challenge=42&hub.verify_token=wrong")
            .0,
        403
    );
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    let found = world.run(["search", "café", "--json"]).ok().json();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn someone_without_a_number_is_answered_by_their_id() {
    let graph = Graph::start();
    let world = graph.world();
    let hook = Hook::start(&world);
    let mut value = from_ada(
        "wamid.b",
        5,
        json!({"type": "text", "text": {"body": "no number"}}),
    );
    value["messages"][0].as_object_mut().unwrap().remove("from");
    value["contacts"][0]
        .as_object_mut()
        .unwrap()
        .remove("wa_id");
    assert_eq!(hook.tell(value), 200);
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    let found = world.run(["search", "number", "--json"]).ok().json();
    let message = &found["messages"][0];
    assert_eq!(message["from"][0]["email"], "whatsapp:US.134912");
    world
        .run(["reply", message["id"].as_str().unwrap(), "-m", "hi"])
        .ok();
    world
        .run(["send", "whatsapp:US.134912", "-m", "again"])
        .ok();
    for body in graph.sent() {
        assert_eq!(body["recipient"], "US.134912");
        assert!(body.get("to").is_none());
    }
}

#[test]
fn a_login_is_proven_by_the_number() {
    let graph = Graph::start();
    let world = graph.world();
    let status = world.run(["auth", "status", "shop", "--json"]).ok().json();
    assert_eq!(status["accounts"][0]["state"], "ok", "{status}");
    let wrong = graph.world().env("COMMS_SECRET_SHOP", "EAAother");
    wrong.run(["auth", "status", "shop"]).fails(4);
    let asked = graph
        .state()
        .requests
        .iter()
        .any(|r| r.path == format!("/v23.0/{NUMBER}"));
    assert!(asked && TOKEN != BUSINESS);
}

#[test]
fn statuses_come_doubled_and_out_of_order_and_never_go_back() {
    let graph = Graph::start();
    let world = open(&graph);
    world.run(["send", TO, "-m", "one"]).ok();
    let id = graph.state().sent[0].0.clone();
    for (state, then) in [
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("read", "read"),
        ("delivered", "read"),
        ("read", "read"),
    ] {
        let hook = Hook::start(&world);
        assert_eq!(hook.tell(status(&id, state, None)), 200);
        drop(hook);
        world.run(["inbox", "sync"]).ok();
        let shown = world.run(["outbox", "show", "o1", "--json"]).ok().json();
        assert_eq!(shown["state"], then, "after {state}: {shown}");
    }
}

#[test]
fn forty_emoji_and_a_long_text_arrive_whole() {
    let graph = Graph::start();
    let world = open(&graph);
    world.run(["send", TO, "-m", &"👨‍👩‍👧‍👦".repeat(40)]).ok();
    let long = "word ".repeat(1_500);
    world.run(["send", TO, "-m", &long]).ok();
    let sent = graph.sent();
    assert_eq!(sent[0]["text"]["body"], "👨‍👩‍👧‍👦".repeat(40));
    assert_eq!(sent.len(), 3);
    let whole: Vec<_> = sent[1..]
        .iter()
        .map(|b| b["text"]["body"].as_str().unwrap())
        .collect();
    assert_eq!(whole.join(" "), long.trim());
}

#[test]
fn a_fault_of_the_login_is_told_as_one() {
    let graph = Graph::start();
    let world = open(&graph);
    graph.fail(Fault::Code(190, 401));
    world.run(["send", TO, "-m", "x"]).fails(4);
    graph.fail(Fault::Code(131042, 400));
    world.run(["send", TO, "-m", "x"]).fails(3);
    graph.fail(Fault::Code(131026, 400));
    world.run(["send", TO, "-m", "x"]).fails(6);
    assert_eq!(graph.sent().len(), 0);
}

#[test]
fn an_account_is_added_once_its_number_is_proven_and_its_events_are_asked_for() {
    let graph = Graph::start();
    let world = World::new().env("COMMS_PASSPHRASE", "correct horse");
    let add = |token: &str, number: &str| {
        let args = [
            "auth",
            "add",
            "shop",
            "--channel",
            "whatsapp",
            "--address",
            "+14155550100",
            "--phone-number-id",
            number,
            "--business-account-id",
            BUSINESS,
            "--base-url",
            &graph.url,
            "--stdin",
        ];
        world.run_with(format!("{token}\n"), args)
    };
    assert_ne!(add("EAAwrong", NUMBER).code, 0);
    assert_ne!(add(TOKEN, "999").code, 0);
    add(TOKEN, NUMBER).ok();
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    assert!(
        config.contains(NUMBER) && !config.contains(TOKEN),
        "{config}"
    );
    let part = [
        "auth",
        "login",
        "shop",
        "--part",
        "webhook-secret",
        "--stdin",
    ];
    world.run_with("app-secret\n", part).ok();
    let asked = |method: &str| {
        let path = format!("/v23.0/{BUSINESS}/subscribed_apps");
        graph
            .state()
            .requests
            .iter()
            .any(|r| r.method == method && r.path == path)
    };
    assert!(asked("GET") && !asked("POST"), "there is an app already");
    world.run(["doctor"]);
}
