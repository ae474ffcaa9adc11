//! What is taken for an address reads back from its own form.
#![no_main]

use comms::rules::address;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(found) = address::parse(text) {
        assert!(found.email.contains('@'));
        assert!(!found.email.contains(['\r', '\n', '\0']));
        let again = address::parse(&found.to_string()).expect("its own form is an address");
        assert_eq!(again.email, found.email);
    }
});
