//! Posts prepared requests at a steady rate and tells how long each answer took. Only std: `rustc -O --edition 2024 calls.rs`.
//!
//!   calls ADDRESS FILE RATE CONNECTIONS
//!
//! FILE holds whole HTTP requests, each after its length (u32, little endian). A call's time runs from the moment at which
//! it was due, not from when it could be sent: an answer that is late makes all calls behind it late, too.

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
    let began = Instant::now() + Duration::from_millis(200);
    let times = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|lane| {
                let mine: Vec<_> = requests.iter().copied().enumerate().skip(lane).step_by(connections).collect();
                let address = args[1].clone();
                scope.spawn(move || post(&address, &mine, (began, rate)))
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread")).collect::<Vec<_>>()
    });
    let took = began.elapsed().as_secs_f64();
    let mut millis: Vec<f64> = times.iter().filter_map(|(ok, took)| ok.then_some(took.as_secs_f64() * 1e3)).collect();
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| millis[((millis.len() - 1) as f64 * share) as usize];
    println!(
        "{{\"calls\":{},\"ok\":{},\"per_s\":{:.0},\"p50_ms\":{:.2},\"p90_ms\":{:.2},\"p99_ms\":{:.2},\"p999_ms\":{:.2},\"max_ms\":{:.2}}}",
        times.len(), millis.len(), millis.len() as f64 / took, at(0.5), at(0.9), at(0.99), at(0.999), at(1.0)
    );
}

fn post(address: &str, requests: &[(usize, &[u8])], (began, rate): (Instant, f64)) -> Vec<(bool, Duration)> {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    let mut buffer = [0; 4096];
    let mut times = Vec::with_capacity(requests.len());
    for (n, request) in requests {
        let due = began + Duration::from_secs_f64(*n as f64 / rate);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if stream.write_all(request).is_err() {
            times.push((false, due.elapsed()));
            let Ok(again) = TcpStream::connect(address) else {
                return times;
            };
            stream = again;
            continue;
        }
        let mut read = 0;
        let ok = loop {
            match stream.read(&mut buffer[read..]) {
                Ok(0) | Err(_) => break false,
                Ok(more) => read += more,
            }
            // The answers have no body to speak of.
            if buffer[..read].windows(4).any(|w| w == b"\r\n\r\n") {
                break buffer.starts_with(b"HTTP/1.1 200");
            }
        };
        times.push((ok, due.elapsed()));
    }
    times
}
