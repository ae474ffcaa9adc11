//! Which account takes a number or a name, by the form of what was typed and what the config says.

use crate::support::World;

const SMS: &str = "[accounts.sms]\nchannel = \"twilio\"\naccount_sid = \"AC00000000000000000000000000000001\"\naddress = \"+14155550100\"\nregion = \"DE\"\n";
const WHATSAPP: &str =
    "[accounts.wa]\nchannel = \"whatsapp\"\nphone_number_id = \"1065\"\nregion = \"DE\"\n";
const TEAM: &str = "[accounts.team]\nchannel = \"slack\"\n";

/// Whom a draft would go to, and by which account.
fn goes(world: &World, to: &str) -> String {
    let run = world.run(["send", to, "-m", "hi", "--draft", "--json"]);
    if run.code != 0 {
        return run.stderr.lines().next().unwrap_or_default().to_owned();
    }
    let report = run.json();
    let item = &report["items"][0];
    format!(
        "{} {}",
        item["account"].as_str().unwrap(),
        item["recipients"][0]["email"].as_str().unwrap()
    )
}

#[test]
fn a_number_goes_to_the_default_phone_account_unless_its_channel_is_named() {
    let both = format!("[defaults]\nphone = \"wa\"\n{SMS}{WHATSAPP}");
    let world = World::new().config(&both);
    assert_eq!(goes(&world, "+49 30 901820"), "wa whatsapp:+4930901820");
    assert_eq!(goes(&world, "sms:030 901820"), "sms sms:+4930901820");
    assert_eq!(
        goes(&world, "whatsapp:US.13491208655302741918"),
        "wa whatsapp:US.13491208655302741918"
    );
}

#[test]
fn with_two_phone_accounts_and_no_default_nothing_is_guessed() {
    let world = World::new().config(&format!("{SMS}{WHATSAPP}"));
    let run = world
        .run(["send", "+4930901820", "-m", "hi", "--draft"])
        .fails(2);
    assert!(run.stderr.contains("--from sms"), "{run}");
    let run = world.run([
        "send",
        "+4930901820",
        "-m",
        "hi",
        "--draft",
        "--from",
        "wa",
        "--json",
    ]);
    assert_eq!(run.ok().json()["items"][0]["account"], "wa");
}

#[test]
fn what_no_account_writes_to_says_how_to_add_one() {
    let world = World::new();
    for (to, channel) in [
        ("+4930901820", "twilio"),
        ("sms:+4930901820", "twilio"),
        ("whatsapp:+4930901820", "whatsapp"),
        ("slack:#ops", "slack"),
    ] {
        let run = world.run(["send", to, "-m", "hi"]).fails(3);
        let hint = format!("comms auth add --channel {channel}");
        assert!(run.stderr.contains(&hint), "{to}: {run}");
    }
}

#[test]
fn a_number_that_is_none_is_refused_before_anything_is_written() {
    let world = World::new().config(&format!("{SMS}{TEAM}"));
    for to in [
        "sms:hello",
        "sms:+1",
        "sms:+999123456789",
        "sms:+4930901820;ext=5",
    ] {
        world.run(["send", to, "-m", "hi"]).fails(2);
    }
    assert_eq!(world.run(["outbox", "list"]).ok().stdout, "");
}

#[test]
fn the_default_for_numbers_is_set_renamed_and_removed_with_its_account() {
    let world = World::new().config(&format!("{SMS}{WHATSAPP}"));
    let config = || std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.run(["auth", "default", "wa"]).ok();
    assert!(config().contains("phone = \"wa\""), "{}", config());
    world.run(["auth", "rename", "wa", "business"]).ok();
    assert!(config().contains("phone = \"business\""), "{}", config());
    world.run(["auth", "remove", "business", "--yes"]).ok();
    assert!(!config().contains("phone ="), "{}", config());
}
