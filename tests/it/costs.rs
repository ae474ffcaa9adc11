//! What messages cost, through the binary: prices, estimates, caps, bills, and sums that are exact.

use serde_json::{Value, json};

use crate::support::twilio::{AUTH_TOKEN, BOB, Twilio, pricing};
use crate::support::whatsapp::{Graph, Hook, from_ada};
use crate::support::{Run, World};

/// Made-up prices: two cents to the US, more elsewhere.
const PRICES: &str = "
[[price]]
provider = \"twilio\"
country = \"US\"
kind = \"sms\"
amount = \"0.02\"
currency = \"USD\"
valid_from = 2026-01-01

[[price]]
provider = \"twilio\"
country = \"DE\"
kind = \"sms\"
amount = \"0.10\"
currency = \"EUR\"
valid_from = 2026-01-01
";

fn world(twilio: &Twilio, more: &str, prices: &str) -> World {
    let world = World::new()
        .config(&format!("{}{more}", twilio.config()))
        .env("COMMS_SECRET_WORK", AUTH_TOKEN);
    if !prices.is_empty() {
        std::fs::write(prices_file(&world), prices).unwrap();
    }
    world
}

fn prices_file(world: &World) -> std::path::PathBuf {
    world.home().join("prices.toml")
}

fn send(world: &World, to: &str, text: &str) -> Run {
    world.run(["send", to, "-m", text, "--json"])
}

/// The one item of a report.
fn item(run: &Run) -> Value {
    run.json()["items"][0].clone()
}

fn costs(world: &World, args: &[&str]) -> Value {
    let all = ["costs", "--json"].iter().chain(args);
    world.run(all).ok().json()
}

const CAP: &str = "max_cost_per_month = \"0.05 USD\"\n";

#[test]
fn a_dry_run_tells_encoding_segments_and_price() {
    let twilio = Twilio::start();
    let world = world(&twilio, "", PRICES);
    let dry = |to: &str, text: &str| {
        let run = world.run(["send", to, "-m", text, "--dry-run", "--json"]);
        item(&run.ok())
    };
    let plain = dry(BOB, "hello");
    assert_eq!(plain["cost"]["estimate"], "0.02 USD");
    assert_eq!(plain["parts"][0]["encoding"], "GSM-7");
    assert_eq!(plain["parts"][0]["segments"], 1);
    let emoji = dry(BOB, &"🎉".repeat(40));
    assert_eq!(emoji["parts"][0]["encoding"], "UCS-2");
    assert_eq!(emoji["parts"][0]["segments"], 2);
    assert_eq!(emoji["cost"]["estimate"], "0.04 USD");
    let german = dry("+4915112345678", "hello");
    assert_eq!(german["parts"][0]["country"], "DE");
    assert_eq!(german["cost"]["estimate"], "0.1 EUR");
    // Where nobody wrote a price down it is unknown, not nothing.
    let french = dry("+33612345678", "hello");
    assert_eq!(french["cost"]["estimate"], Value::Null);
    let told = world
        .run([
            "send",
            "+33612345678",
            "-m",
            "hello",
            "--dry-run",
            "--format",
            "table",
        ])
        .ok();
    assert!(told.stdout.contains("price unknown"), "{told}");
    assert!(told.stdout.contains("GSM-7, 1 segment, to FR"), "{told}");
    // Mail costs nothing, and says nothing of it.
    let mail = dry("you@localhost", "hello");
    assert_eq!(mail["cost"], Value::Null);
    assert!(twilio.sent().is_empty());
}

#[test]
fn a_cap_of_the_account_holds_before_anything_leaves() {
    let twilio = Twilio::start();
    let world = world(&twilio, CAP, PRICES);
    send(&world, BOB, "one").ok();
    send(&world, BOB, "two").ok();
    let third = send(&world, BOB, "three").fails(8);
    assert_eq!(item(&third)["state"], "held");
    assert_eq!(
        item(&third)["held_by"],
        "accounts.work.max_cost_per_month = 0.05 USD"
    );
    assert_eq!(twilio.sent().len(), 2);
    // What costs less fits no more either; what is free goes.
    world.run(["send", "you@localhost", "-m", "x"]).ok();
    let caps = costs(&world, &[])["caps"].clone();
    assert_eq!(caps[0]["spent"], "0.04 USD");
    assert_eq!(caps[0]["left"], "0.01 USD");
    // `comms` alone says so.
    let status = world.run(["--json"]).ok().json();
    let next = status["next"].to_string();
    assert!(next.contains("0.04 USD spent this month"), "{next}");
}

#[test]
fn what_has_no_price_or_another_currency_is_held_under_a_cap_and_says_why() {
    let twilio = Twilio::start();
    let world = world(
        &twilio,
        "\n[policy.script]\nmax_cost_per_month = \"1 USD\"\n",
        PRICES,
    );
    let held = |to: &str| item(&send(&world, to, "x").fails(8))["held_by"].clone();
    assert_eq!(
        held("+33612345678"),
        "policy.script.max_cost_per_month = 1 USD (the price is unknown: twilio sms to FR)"
    );
    assert_eq!(
        held("+4915112345678"),
        "policy.script.max_cost_per_month = 1 USD (the price is in EUR)"
    );
    assert!(twilio.sent().is_empty());
    // Once there is a price, whoever retries it is judged anew: a hold stays a hold until a person lets it go.
    send(&world, BOB, "x").ok();
    assert_eq!(twilio.sent().len(), 1);
}

#[test]
fn a_price_list_that_cannot_be_read_stops_what_costs_with_its_line() {
    let twilio = Twilio::start();
    let world = world(&twilio, "", &PRICES.replace("\"0.02\"", "\"-0.02\""));
    let run = world.run(["send", BOB, "-m", "x"]).fails(3);
    assert!(run.stderr.contains("prices.toml:6:"), "{run}");
    assert!(run.stderr.contains("below zero"), "{run}");
    world.run(["costs"]).fails(3);
    world.run(["send", "you@localhost", "-m", "x"]).ok();
    assert!(twilio.sent().is_empty());
}

#[test]
fn ten_processes_never_exceed_one_cap() {
    let twilio = Twilio::start();
    let world = world(&twilio, CAP, PRICES);
    let children: Vec<_> = (0..10)
        .map(|n| world.spawn(["send", BOB, "-m", &format!("message {n}"), "--json"]))
        .collect();
    let mut codes: Vec<i32> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 0, 8, 8, 8, 8, 8, 8, 8, 8]);
    assert_eq!(twilio.sent().len(), 2);
    assert_eq!(costs(&world, &[])["caps"][0]["spent"], "0.04 USD");
}

#[test]
fn what_waits_is_judged_again_when_it_goes() {
    let twilio = Twilio::start();
    let world = world(&twilio, CAP, PRICES);
    for text in ["one", "two", "three"] {
        world.run(["send", BOB, "-m", text, "--queue"]).ok();
    }
    world.run(["outbox", "run"]);
    assert_eq!(twilio.sent().len(), 2);
    let all = world.run(["outbox", "list", "--json"]).ok().json();
    assert_eq!(all["items"][0]["state"], "held");
}

#[test]
fn what_twilio_billed_adds_up_to_the_millionth() {
    let twilio = Twilio::start();
    let world = world(&twilio, "", PRICES);
    let bills = [
        "-0.00750",
        "-0.0079",
        "-0.007999",
        "-0.000001",
        "-1.1",
        "-0.0083000",
    ];
    for (n, _) in bills.iter().enumerate() {
        send(&world, BOB, &format!("message {n}")).ok();
    }
    let before = costs(&world, &[]);
    assert_eq!(before["rows"][0]["spent"], "0.12 USD");
    assert_eq!(before["rows"][0]["billed"], Value::Null);
    assert_eq!(before["rows"][0]["unbilled"], 6);
    let sent = twilio.sent();
    for (message, bill) in sent.iter().zip(bills) {
        twilio.change(
            message["sid"].as_str().unwrap(),
            &json!({"status": "delivered", "price": bill, "price_unit": "USD"}),
        );
    }
    world.run(["inbox", "sync"]).ok();
    let after = costs(&world, &[]);
    let row = &after["rows"][0];
    assert_eq!(row["key"], "work");
    assert_eq!(row["billed"], "1.1317 USD");
    assert_eq!(row["spent"], "1.1317 USD");
    assert_eq!(row["estimated"], "0.12 USD");
    assert_eq!((&row["messages"], &row["unbilled"]), (&json!(6), &json!(0)));
    // By whatever it is added up, it is the same sum.
    for by in ["account", "channel", "month", "contact", "batch"] {
        let all = costs(&world, &["--by", by]);
        assert_eq!(all["totals"][0]["billed"], "1.1317 USD", "{by}");
        let key = &all["rows"][0]["key"];
        let wanted = match by {
            "account" => "work".to_owned(),
            "channel" => "twilio".to_owned(),
            "month" => "2026-11".to_owned(),
            "contact" => format!("sms:{BOB}"),
            _ => String::new(),
        };
        assert_eq!(*key, wanted);
    }
    let table = world.run(["costs", "--format", "table"]).ok();
    assert!(table.stdout.contains("█"), "{table}");
    let plain = world.run(["costs", "--format", "plain"]).ok();
    assert!(!plain.stdout.contains("█"), "{plain}");
    assert!(
        plain.stdout.starts_with("work\t1.1317 USD\t100\t"),
        "{plain}"
    );
}

#[test]
fn currencies_are_never_added_together() {
    let twilio = Twilio::start();
    let world = world(&twilio, "", PRICES);
    send(&world, BOB, "x").ok();
    send(&world, "+4915112345678", "x").ok();
    send(&world, "+33612345678", "x").ok();
    let all = costs(&world, &[]);
    let mut told: Vec<_> = all["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            (
                r["currency"].clone(),
                r["spent"].clone(),
                r["unknown"].clone(),
            )
        })
        .collect();
    told.sort_by_key(|row| row.0.to_string());
    assert_eq!(
        told,
        [
            (json!("EUR"), json!("0.1 EUR"), json!(0)),
            (json!("USD"), json!("0.02 USD"), json!(0)),
            (Value::Null, Value::Null, json!(1)),
        ]
    );
}

#[test]
fn prices_are_fetched_for_the_countries_that_were_written_to() {
    let twilio = Twilio::start();
    twilio.state().prices = vec![
        pricing::country("US", &["0.0079", "0.0083"]),
        pricing::country("DE", &["0.0810"]),
        pricing::country("AT", &["0.05"]),
    ];
    let world = world(&twilio, "", PRICES);
    world
        .run(["send", "+4915112345678", "-m", "x", "--queue"])
        .ok();
    let report = world.run(["costs", "update", "--json"]).ok().json();
    let rows: Vec<_> = report["prices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            (
                p["country"].as_str().unwrap(),
                p["amount"].as_str().unwrap(),
                p["change"].as_str().unwrap(),
            )
        })
        .collect();
    // Of all carriers the highest.
    assert_eq!(
        rows,
        [("DE", "0.081 USD", "added"), ("US", "0.0083 USD", "added")]
    );
    let text = std::fs::read_to_string(prices_file(&world)).unwrap();
    assert!(text.starts_with(PRICES), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::remove_file(prices_file(&world)).unwrap();
        world.run(["costs", "update", "--country", "at,us"]).ok();
        let mode = std::fs::metadata(prices_file(&world))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = world
        .run(["costs", "update", "--country", "at", "--json"])
        .ok()
        .json();
    assert_eq!(again["prices"][0]["change"], "unchanged");
    let dry = world
        .run(["send", BOB, "-m", "x", "--dry-run", "--json"])
        .ok();
    assert_eq!(item(&dry)["cost"]["estimate"], "0.0083 USD");
    // None for a country that Twilio does not know, and nothing is invented.
    let none = world
        .run(["costs", "update", "--country", "AQ", "--json"])
        .ok()
        .json();
    assert_eq!(none["prices"][0]["change"], "none");
    world
        .run(["costs", "update", "--country", "Germany"])
        .fails(2);
    assert!(twilio.sent().is_empty());
}

#[test]
fn all_countries_are_read_page_by_page() {
    let twilio = Twilio::start();
    let codes = ["AT", "BE", "CH", "DE", "ES", "FR", "GB"];
    twilio.state().prices = codes
        .iter()
        .map(|c| pricing::country(c, &["0.05"]))
        .collect();
    twilio.state().largest_page = 3;
    let world = world(&twilio, "", "");
    let report = world
        .run(["costs", "update", "--all", "--json"])
        .ok()
        .json();
    assert_eq!(report["prices"].as_array().unwrap().len(), codes.len());
    assert_eq!(twilio.count("ListMessagingCountry"), 3);
    assert_eq!(twilio.count("FetchMessagingCountry"), codes.len());
}

#[test]
fn a_price_that_cannot_be_read_changes_nothing() {
    let twilio = Twilio::start();
    let mut odd = pricing::country("DE", &["0.05", "-0.05"]);
    twilio.state().prices = vec![odd.clone()];
    let world = world(&twilio, "", PRICES);
    world.run(["costs", "update", "--country", "DE"]).fails(7);
    odd["price_unit"] = json!("XXX");
    twilio.state().prices = vec![odd];
    world.run(["costs", "update", "--country", "DE"]).fails(7);
    let text = std::fs::read_to_string(prices_file(&world)).unwrap();
    assert_eq!(text, PRICES);
}

#[test]
fn the_example_of_prices_can_be_read() {
    let text = include_str!("../../examples/prices.toml");
    let twilio = Twilio::start();
    let world = world(&twilio, "", text);
    let dry = world
        .run(["send", BOB, "-m", "x", "--dry-run", "--json"])
        .ok();
    assert_eq!(item(&dry)["cost"]["estimate"], "0.3333 USD");
}

/// A decimal number as Twilio writes prices, and its millionths; another for each seed.
fn price(seed: u64) -> (String, i64) {
    let random = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407)
        >> 33;
    let micros = i64::try_from(random % 2_000_000).unwrap();
    let (whole, part) = (micros / 1_000_000, micros % 1_000_000);
    let text = format!("-{whole}.{part:06}");
    let text = match seed % 3 {
        0 => text,
        1 => format!("{text}000"),
        _ => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
    };
    (text, micros)
}

#[test]
fn thousands_of_bills_of_both_directions_add_up_exactly() {
    let twilio = Twilio::start();
    let count: usize = 2_000;
    let mut sum = 0;
    for n in 0..count {
        let sid = twilio.receive(BOB, &format!("message {n}"));
        let (bill, micros) = price(n as u64);
        sum += micros;
        // Others send through the same account.
        let fields = match n % 2 {
            0 => json!({"price": bill}),
            _ => json!({"price": bill, "direction": "outbound-api", "status": "delivered"}),
        };
        twilio.change(&sid, &fields);
    }
    let world = world(&twilio, "", "");
    world.run(["inbox", "sync"]).ok();
    let all = costs(&world, &[]);
    let row = &all["rows"][0];
    assert_eq!(row["messages"], count);
    let wanted = format!("{}.{:06}", sum / 1_000_000, sum % 1_000_000);
    let wanted = format!("{} USD", wanted.trim_end_matches('0').trim_end_matches('.'));
    assert_eq!(row["billed"], Value::String(wanted));
    assert_eq!(row["unknown"], 0);
    // It happened elsewhere: no contact, and none of it counts towards a cap here.
    let contacts = costs(&world, &["--by", "contact"]);
    assert_eq!(contacts["rows"][0]["key"], "");
}

#[test]
fn whatsapp_is_priced_by_category_and_country_and_the_first_of_a_month_are_free() {
    let graph = Graph::start();
    let body = json!([{"type": "BODY", "text": "Welcome"}]);
    graph.template("hello_world", "en_US", body);
    let world = graph.world();
    let price = |kind: &str, amount: &str| {
        format!(
            "[[price]]\nprovider = \"whatsapp\"\ncountry = \"US\"\nkind = \"{kind}\"\namount = \"{amount}\"\n\
             currency = \"USD\"\nvalid_from = 2026-10-01\n"
        )
    };
    let free = "[[free]]\nprovider = \"whatsapp\"\nkind = \"service\"\nper_month = 2\nvalid_from = 2026-10-01\n";
    let prices = [&price("service", "0.004"), &price("utility", "0.03"), free].map(String::from);
    std::fs::write(prices_file(&world), prices.concat()).unwrap();
    let hook = Hook::start(&world);
    let hello = json!({"type": "text", "text": {"body": "hello there"}});
    assert_eq!(hook.tell(from_ada("wamid.hello", 60, hello)), 200);
    drop(hook);
    world.run(["inbox", "sync"]).ok();
    world.run(["auth", "templates"]).ok();
    let to = "whatsapp:+16315551234";
    let cost = |args: &[&str]| {
        let all = [&["send", to, "--json"], args].concat();
        let item = item(&world.run(all).ok());
        (
            item["parts"][0]["kind"].as_str().unwrap().to_owned(),
            item["cost"]["estimate"].as_str().unwrap().to_owned(),
        )
    };
    let told = |kind: &str, cost: &str| (kind.to_owned(), format!("{cost} USD"));
    for wanted in ["0", "0", "0.004"] {
        assert_eq!(cost(&["-m", "hi"]), told("service", wanted));
    }
    assert_eq!(
        cost(&["--template", "hello_world"]),
        told("utility", "0.03")
    );
    let all = costs(&world, &["--by", "channel"]);
    assert_eq!(all["rows"][0]["key"], "whatsapp");
    assert_eq!(all["rows"][0]["spent"], "0.034 USD");
    assert_eq!(all["rows"][0]["billed"], Value::Null);
}
