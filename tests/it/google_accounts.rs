//! Accounts of Google: added, proven, told apart, and what stands in the way.

use crate::support::World;
use crate::support::google::{Fault, Google, TOKEN, wire::Refusal};

#[test]
fn a_webhook_is_set_up_from_its_pasted_address_alone() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Alerts");
    let url = google.chat().webhook(&space, "thekey", "thetoken");
    let world = World::new().env("COMMS_PASSPHRASE", "pass");
    let add = [
        "auth",
        "add",
        "alerts",
        "--channel",
        "google-chat-webhook",
        "--base-url",
        &google.url,
        "--stdin",
    ];
    let run = world.run_with(format!("{url}\n"), add).ok();
    assert!(
        !run.stdout.contains("thekey") && !run.stderr.contains("thekey"),
        "{run}"
    );
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    assert!(
        !config.contains("thekey") && !config.contains("thetoken"),
        "{config}"
    );
    world.run(["send", "to:alerts", "-m", "works"]).ok();
    assert_eq!(google.chat().messages(&space)[0]["text"], "works");
    let run = world.run_with(
        "https://example.com/v1/spaces/A/messages?key=thekey&token=t\n",
        [
            "auth",
            "add",
            "evil",
            "--channel",
            "google-chat-webhook",
            "--stdin",
        ],
    );
    assert_ne!(run.code, 0);
    assert!(!run.stderr.contains("thekey"), "{run}");
}

#[test]
fn an_account_of_gmail_is_proven_before_it_is_written() {
    let google = Google::start();
    let world = World::new().env("COMMS_SECRET_MAIL", TOKEN);
    let add = |address: &str| {
        world.run([
            "auth",
            "add",
            "mail",
            "--channel",
            "gmail",
            "--address",
            address,
            "--base-url",
            &google.url,
        ])
    };
    let run = add("eve@gmail.example").fails(4);
    assert!(run.stderr.contains("ada@gmail.example"), "{run}");
    assert!(!world.home().join("config.toml").exists());
    add("ada@gmail.example").ok();
    world.run(["auth", "status", "mail"]).ok();
    let run = world.run(["doctor"]);
    assert!(run.stdout.contains("mail: gmail"), "{run}");
}

#[test]
fn an_account_of_chat_is_added_and_proven() {
    let google = Google::start();
    google.chat().space("AAA", "Team room");
    let world = World::new().env("COMMS_SECRET_CHAT", TOKEN);
    world
        .run([
            "auth",
            "add",
            "chat",
            "--channel",
            "google-chat",
            "--address",
            "ada@gmail.example",
            "--base-url",
            &google.url,
        ])
        .ok();
    world.run(["auth", "status", "chat"]).ok();
}

#[test]
fn the_well_known_walls_are_named_with_the_way_through() {
    let walls = [
        (
            Refusal::new(
                403,
                "PERMISSION_DENIED",
                "accessNotConfigured",
                "Gmail API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=1 then retry.",
            ),
            3,
            "https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=1",
        ),
        (
            Refusal::new(
                403,
                "PERMISSION_DENIED",
                "insufficientPermissions",
                "Request had insufficient authentication scopes.",
            ),
            4,
            "--consent",
        ),
        (
            Refusal::new(
                403,
                "PERMISSION_DENIED",
                "domainPolicy",
                "The domain administrators have disabled Gmail apps.",
            ),
            6,
            "administrator",
        ),
    ];
    for (refusal, code, words) in walls {
        let google = Google::start();
        let world = World::new()
            .config(&format!(
                "[accounts.mail]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n",
                google.url
            ))
            .env("COMMS_SECRET_MAIL", TOKEN);
        google.fault("*", 1, Fault::Refuse(refusal));
        let run = world.run(["auth", "status", "mail", "--json"]).fails(code);
        assert!(run.stdout.contains(words), "{run}");
    }
}
