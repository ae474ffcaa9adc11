//! Sends prepared requests at a steady rate and tells how long each answer took. Only std: `rustc -O --edition 2024 calls.rs`.
//!
//!   calls ADDRESS FILE RATE CONNECTIONS [TOTAL]
//!
//! FILE holds whole HTTP requests, each after its length (u32, little endian); with TOTAL they are sent again from the
//! first one on until there were so many. A call's time runs from the moment at which it was due, not from when it could be
//! sent: an answer that is late makes all calls behind it late, too.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let file = std::fs::read(&args[2]).expect("the requests");
    let rate: f64 = args[3].parse().expect("a rate");
    let connections: usize = args[4].parse().expect("a number of connections");
    let mut requests: Vec<&[u8]> = Vec::new();
    let mut rest = &file[..];
    while rest.len() > 4 {
        let (length, after) = rest.split_at(4);
        let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
        requests.push(&after[..length]);
        rest = &after[length..];
    }
    let total = args.get(5).map_or(requests.len(), |total| total.parse().expect("a number of calls"));
    let began = Instant::now() + Duration::from_millis(200);
    let lanes = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|lane| {
                let (requests, address) = (&requests, &args[1]);
                let mine = (lane..total).step_by(connections);
                scope.spawn(move || call(address, requests, mine, (began, rate)))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect::<Vec<_>>()
    });
    let took = began.elapsed().as_secs_f64();
    let mut millis: Vec<f32> = Vec::new();
    let (mut ok, mut unchanged) = (0, 0);
    for lane in lanes {
        (ok, unchanged) = (ok + lane.ok, unchanged + lane.unchanged);
        millis.extend(lane.millis);
    }
    millis.sort_by(f32::total_cmp);
    millis.push(millis.last().copied().unwrap_or(0.0));
    let at = |share: f64| millis[((millis.len() - 1) as f64 * share) as usize];
    println!(
        "{{\"calls\":{total},\"ok\":{ok},\"not_modified\":{unchanged},\"per_s\":{:.0},\"p50_ms\":{:.2},\"p90_ms\":{:.2},\"p99_ms\":{:.2},\"p999_ms\":{:.2},\"max_ms\":{:.2}}}",
        f64::from(ok) / took, at(0.5), at(0.9), at(0.99), at(0.999), at(1.0)
    );
}

#[derive(Default)]
struct Lane {
    /// Answered with 200 or 304.
    ok: u32,
    /// Of these with 304.
    unchanged: u32,
    millis: Vec<f32>,
}

fn call(address: &str, requests: &[&[u8]], mine: impl Iterator<Item = usize>, (began, rate): (Instant, f64)) -> Lane {
    let open = || {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(stream)
    };
    let mut stream = open().expect("it listens");
    let mut buffer = vec![0; 1 << 20];
    let mut lane = Lane::default();
    for n in mine {
        let due = began + Duration::from_secs_f64(n as f64 / rate);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let request = requests[n % requests.len()];
        let mut status = stream.write_all(request).ok().and_then(|()| answer(&mut stream, &mut buffer));
        if status.is_none() {
            // The server ends a connection that was idle or old.
            let Some(again) = open() else {
                return lane;
            };
            stream = again;
            if request.starts_with(b"GET") {
                status = stream.write_all(request).ok().and_then(|()| answer(&mut stream, &mut buffer));
            }
        }
        if let Some(200 | 304) = status {
            lane.ok += 1;
            lane.unchanged += u32::from(status == Some(304));
            lane.millis.push(due.elapsed().as_secs_f32() * 1e3);
        }
    }
    lane
}

/// The status of the next answer, which is read to its end.
fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Option<u16> {
    let mut read = 0;
    let head = loop {
        match stream.read(&mut buffer[read..]) {
            Ok(0) | Err(_) => return None,
            Ok(more) => read += more,
        }
        if let Some(end) = buffer[..read].windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut missing = (head + length.map_or(0, |n| n.parse().unwrap_or(0))).saturating_sub(read);
    if status == 304 {
        missing = 0;
    }
    while missing > 0 {
        let most = missing.min(buffer.len());
        match stream.read(&mut buffer[..most]) {
            Ok(0) | Err(_) => return None,
            Ok(more) => missing -= more,
        }
    }
    Some(status)
}
