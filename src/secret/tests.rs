//! The vault over the encrypted file: each part of an account on its own, from one process to the next.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::*;
use crate::model::account::{AuthMethod, ChannelKind};

fn account() -> Account {
    Account {
        name: "work".to_owned(),
        channel: ChannelKind::Imap,
        address: None,
        display_name: None,
        aliases: Vec::new(),
        imap: None,
        smtp: None,
        ca_file: None,
        auth: AuthMethod::Password,
        oauth: None,
        username: None,
        secret_env: BTreeMap::new(),
        secret_command: None,
        path: None,
        folders: None,
        file_sent: true,
        base_url: None,
        quota: None,
        twilio: None,
        whatsapp: None,
        legacy_units: false,
        contacts: None,
        books: Vec::new(),
        signature: None,
        budget: Vec::new(),
        max_cost_per_month: None,
        fallback: None,
        built_in: false,
    }
}

/// A process of its own, which knows the passphrase.
fn process(folder: &Path) -> Vault {
    Vault::new(SecretSettings {
        store: StoreChoice::File,
        file: folder.join("data").join("secrets"),
        passphrase: Some(SecretString::from("open sesame")),
        passphrase_command: None,
    })
}

fn found(vault: &Vault, part: Part) -> Option<String> {
    let found = vault.find(&account(), part).unwrap();
    found.map(|found| found.secret.expose_secret().to_owned())
}

#[test]
fn a_rotated_token_takes_the_place_of_the_old_one_and_the_next_process_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let vault = process(folder.path());
    assert_eq!(found(&vault, Part::Tokens), None);
    for token in ["first", "second"] {
        let name = vault.store(&account(), Part::Tokens, &SecretString::from(token));
        assert_eq!(name.unwrap(), "encrypted file");
        assert_eq!(found(&vault, Part::Tokens).as_deref(), Some(token));
        let next = process(folder.path());
        assert_eq!(found(&next, Part::Tokens).as_deref(), Some(token));
    }
}

#[test]
fn each_part_of_an_account_comes_and_goes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let vault = process(folder.path());
    for part in Part::ALL {
        let secret = SecretString::from(format!("the {part:?}"));
        vault.store(&account(), part, &secret).unwrap();
    }
    for part in Part::ALL {
        assert_eq!(found(&vault, part), Some(format!("the {part:?}")));
        assert_eq!(
            vault.source(&account(), part).unwrap(),
            Some("encrypted file")
        );
    }
    assert!(vault.remove(&account(), Part::Tokens).unwrap());
    assert!(!vault.remove(&account(), Part::Tokens).unwrap());
    assert_eq!(found(&vault, Part::Tokens), None);
    assert_eq!(found(&vault, Part::Login).as_deref(), Some("the Login"));
    assert!(vault.remove_all(&account(), &Part::ALL).unwrap());
    assert_eq!(vault.file_entries().unwrap(), Some(Vec::new()));
}

#[test]
fn a_vault_shows_no_secret_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let vault = process(folder.path());
    let secret = SecretString::from("hunter2");
    vault.store(&account(), Part::Login, &secret).unwrap();
    let shown = format!("{vault:?} {:?}", vault.login(&account()).unwrap());
    assert!(
        !shown.contains("hunter2") && !shown.contains("sesame"),
        "{shown}"
    );
}
