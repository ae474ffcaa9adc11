//! What was answered is not lost: `kill -9` at any moment of a burst, over and over.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::World;
use crate::support::serving::{Serving, text, world};

/// All texts that are stored, as often as they are.
fn stored(world: &World) -> Vec<String> {
    let run = world
        .run(["search", "burst", "--limit", "100000", "--json"])
        .ok();
    let found = run.json();
    let found = found["messages"].as_array().unwrap();
    let previews = found
        .iter()
        .map(|m| m["preview"].as_str().unwrap().to_owned());
    previews.collect()
}

#[test]
fn nothing_that_was_answered_is_lost_over_many_kills() {
    let world = world();
    let answered = Mutex::new(HashSet::new());
    let next = AtomicU64::new(0);
    for round in 0..20u64 {
        let mut serving = Serving::start(&world);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let words = format!("burst {n}");
                        // A call whose connection is cut has no answer; its provider would post it again.
                        let Some(status) = post(&serving, &text(&format!("wamid.{n}"), &words))
                        else {
                            continue;
                        };
                        assert_eq!(status, 200);
                        answered.lock().unwrap().insert(words);
                    }
                });
            }
            // At another moment each time: in the middle of a commit, of an answer, of the work.
            std::thread::sleep(Duration::from_millis(40 + 23 * (round % 7)));
            let pid = serving.child.id().to_string();
            std::process::Command::new("kill")
                .args(["-9", &pid])
                .status()
                .unwrap();
            over.store(true, Ordering::Relaxed);
        });
        serving.child.wait().unwrap();
    }
    // What nobody worked on yet is taken up by whoever comes first.
    world.run(["inbox", "sync"]);
    let stored = stored(&world);
    let once: HashSet<_> = stored.iter().cloned().collect();
    assert_eq!(once.len(), stored.len(), "something is there twice");
    let answered = answered.into_inner().unwrap();
    assert!(
        answered.len() > 100,
        "only {} were answered",
        answered.len()
    );
    let lost: Vec<_> = answered.difference(&once).collect();
    assert!(
        lost.is_empty(),
        "{} of {} are lost: {lost:?}",
        lost.len(),
        answered.len()
    );
}

fn post(serving: &Serving, body: &str) -> Option<u16> {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(serving.at).ok()?;
    let head = format!(
        "POST /webhooks/wa HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-hub-signature-256: {}\r\ncontent-length: {}\r\n\r\n{body}",
        crate::support::serving::signature(body),
        body.len(),
    );
    stream.write_all(head.as_bytes()).ok()?;
    let answer = crate::support::serving::Answer::read(&mut stream);
    (answer.status != 0).then_some(answer.status)
}
