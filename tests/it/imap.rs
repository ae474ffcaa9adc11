//! IMAP accounts against a real Dovecot.

use crate::support::mail::{ANN, Mail};

#[test]
fn another_client_sees_what_the_sink_delivers() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "hello one", "the first body");
    let mut other = mail.client(ANN);
    other.run("SELECT INBOX");
    let raw = String::from_utf8(other.fetch(1)).unwrap();
    assert!(raw.contains("the first body"), "{raw}");
}
