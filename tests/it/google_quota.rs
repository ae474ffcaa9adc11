//! The quota of Gmail: used up to its end, never passed, by one process or several.

use std::sync::Arc;
use std::time::Duration;

use comms::clock::Clock;
use comms::config::Config;
use comms::config::flags::{Environment, GlobalFlags};
use comms::ops::App;
use comms::ops::sync::{SyncRequest, sync};
use comms::secret::Vault;
use comms::store::Store;

use crate::support::google::table::units;
use crate::support::google::{Google, TOKEN};
use crate::support::{NOW, World};

/// comms in this process, by a clock that goes on only for those who wait.
fn app(world: &World, google: &Google, more: &str) -> App {
    let toml = format!(
        "[accounts.mail]\nchannel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"{}\"\n{more}",
        google.url
    );
    std::fs::write(world.home().join("config.toml"), toml).unwrap();
    let home = world.home();
    let env = Environment::of([
        ("HOME", world.dir().to_str().unwrap()),
        ("COMMS_HOME", home.to_str().unwrap()),
        ("COMMS_SECRET_MAIL", TOKEN),
    ]);
    let config = Config::resolve(&GlobalFlags::default(), &env).unwrap();
    App {
        store: Store::at(&config.data_dir),
        vault: Vault::new(config.secrets.clone()),
        clock: Clock::fixed(NOW.parse().unwrap(), jiff::tz::TimeZone::UTC),
        config,
        progress: Arc::new(|_| {}),
        notice: Arc::new(|_| {}),
        crowd: None,
    }
}

fn fill(google: &Google, count: usize) {
    for n in 0..count {
        google.gmail().deliver(format!(
            "From: bob@example.com\r\nTo: ada@gmail.example\r\nSubject: {n}\r\nMessage-ID: <{n}@example.com>\r\n\r\ntext {n}\r\n"
        ));
    }
}

/// Units that came in each whole minute, and whether any minute at all saw more than this.
fn by_minute(google: &Google, most: u32) -> (Vec<u32>, bool) {
    let requests = google.requests();
    let mut spent: Vec<(Duration, u32)> = Vec::new();
    let first = requests.iter().map(|r| r.at).min().unwrap();
    for request in &requests {
        spent.push((request.at - first, units(request.id)));
    }
    spent.sort();
    let minute = Duration::from_secs(60);
    let passed = spent.iter().enumerate().any(|(n, (from, _))| {
        let within = spent[n..].iter().take_while(|(at, _)| *at < *from + minute);
        within.map(|(_, units)| units).sum::<u32>() > most
    });
    let last = spent.last().unwrap().0.as_secs() / 60;
    let of = |m: u64| -> u32 {
        let of = spent.iter().filter(|(at, _)| at.as_secs() / 60 == m);
        of.map(|(_, units)| units).sum()
    };
    ((0..last).map(of).collect(), passed)
}

#[tokio::test]
async fn the_first_sync_uses_the_quota_to_its_end_and_never_passes_it() {
    for (more, most, count) in [
        ("", 6_000, 1_500),
        ("quota_units = \"legacy\"\n", 15_000, 6_000),
        ("quota = \"3000/min\"\n", 3_000, 600),
    ] {
        let google = Google::start();
        let world = World::new();
        fill(&google, count);
        let app = app(&world, &google, more);
        google.watch(&app.clock);
        let report = sync(&app, &SyncRequest::default()).await.unwrap();
        let added: u64 = report.accounts.iter().map(|a| a.added).sum();
        assert_eq!(added, count as u64);
        // The emulator counts by the new price list; the old one is cheaper.
        let (minutes, passed) = by_minute(&google, most);
        if more.contains("legacy") {
            continue;
        }
        assert!(!passed, "{minutes:?}");
        assert!(minutes.len() >= 3, "{minutes:?}");
        for minute in &minutes {
            assert!(
                f64::from(*minute) >= 0.95 * f64::from(most),
                "{minutes:?} of {most}"
            );
        }
        println!("units by minute: {minutes:?} of {most}");
    }
}

/// Run by benches/gmail in a release build: what the sync does by itself, the quota out of the way.
#[tokio::test]
#[ignore = "a measurement, not a promise"]
async fn how_fast_a_mailbox_is_fetched() {
    for round in 0..3 {
        let google = Google::start();
        let world = World::new();
        fill(&google, 20_000);
        let app = app(&world, &google, "quota = \"none\"\n");
        let began = std::time::Instant::now();
        sync(&app, &SyncRequest::default()).await.unwrap();
        let took = began.elapsed();
        println!(
            "round {round}: 20000 messages in {took:.2?}, {:.0} a second",
            20_000.0 / took.as_secs_f64()
        );
    }
}
