//! Any bytes are an mbox; what is read and written again reads the same.
#![no_main]

use comms::format::mbox::{Reader, Writer, status_flags};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let mut writer = Writer::new(Vec::new());
    let mut read = Vec::new();
    for entry in Reader::new(file) {
        let entry = entry.expect("small files are read to their end");
        status_flags(&entry.raw);
        // A Content-Length of the message would be tried again.
        if entry.raw.to_ascii_lowercase().windows(15).any(|w| w == b"content-length:") {
            return;
        }
        writer
            .write("ada@example.com", Timestamp::UNIX_EPOCH, &entry.raw)
            .expect("writing to memory");
        read.push(entry.raw);
    }
    let again: Vec<_> = Reader::new(writer.into_inner().as_slice())
        .map(|entry| entry.expect("what was written is read").raw)
        .collect();
    assert_eq!(again.len(), read.len());
    for (again, read) in again.iter().zip(&read) {
        let read = read.as_slice();
        let trimmed = |bytes: &[u8]| bytes.trim_ascii_end().to_vec();
        assert_eq!(trimmed(again), trimmed(read));
    }
});
