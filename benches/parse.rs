//! The yardstick of `comms import`: reads and parses every message below a folder, and keeps nothing.
//!
//! `cargo bench --bench parse -- MAILDIR`; prints messages, bytes and CPU milliseconds. Import and index may cost eight
//! times that.

use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let folders = std::env::args_os().skip(1).filter(|arg| arg != "--bench");
    let (mut messages, mut bytes, mut words) = (0_u64, 0_u64, 0_usize);
    for file in folders.flat_map(|folder| files(Path::new(&folder))) {
        let Ok(raw) = std::fs::read(&file) else {
            continue;
        };
        let parsed = comms::format::mime::parse(&raw);
        messages += 1;
        bytes += raw.len() as u64;
        // What is counted can't be left out by the compiler.
        words += parsed.text.len() + parsed.subject.len() + parsed.attachments.len();
    }
    let _ = writeln!(
        std::io::stdout(),
        "{messages} messages, {bytes} bytes, {words} bytes of text, {} ms of CPU",
        cpu_ms()
    );
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .flat_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path()),
            _ => vec![entry.path()],
        })
        .collect()
}

/// User and system time of this process, in ticks of 10 ms, as the kernel tells it; 0 where it does not.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<u64> = after_name
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    (fields.get(11).unwrap_or(&0) + fields.get(12).unwrap_or(&0)) * 10
}
