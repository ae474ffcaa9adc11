//! IMAP accounts against a real Dovecot.

use crate::support::World;
use crate::support::mail::{ANN, Mail};

#[test]
fn the_first_sync_brings_every_folder() {
    let Some(mail) = Mail::start() else { return };
    mail.deliver_text(ANN, "hello one", "the first body");
    let mut other = mail.client(ANN);
    other.append(
        "Sent",
        "\\Seen",
        "From: ann@example.com\r\nSubject: mine\r\n\r\nhi\r\n",
    );
    let world = World::new().config(&mail.account("work"));
    let report = world.run(["inbox", "sync", "--json"]).ok().json();
    let work = &report["accounts"][0];
    assert_eq!(work["account"], "work", "{report}");
    assert_eq!(work["added"], 2, "{report}");
}
