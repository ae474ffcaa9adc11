//! Whom a name means.

use crate::error::Result;
use crate::model::contact::{Candidate, Found, Verdict};
use crate::ops::App;

/// Those who may be meant by a name, the likeliest first, and whether one of them certainly is.
pub fn find(app: &App, typed: &str, limit: usize) -> Result<Found> {
    let same = |name: &str| name.to_lowercase() == typed.trim().to_lowercase();
    let contacts = app.store.contacts(None)?;
    let named = contacts
        .into_iter()
        .filter(|c| same(&c.card.name) || c.card.nicknames.iter().any(|n| same(n)));
    let candidates: Vec<Candidate> = named
        .take(limit)
        .map(|contact| Candidate {
            contact: Some(contact.id),
            name: contact.card.label().to_owned(),
            address: None,
            score: 100,
            exact: true,
            written_to: false,
            why: vec!["the name".to_owned()],
        })
        .collect();
    Ok(Found {
        verdict: match candidates.len() {
            0 => Verdict::Nobody,
            1 => Verdict::Clear,
            _ => Verdict::Several,
        },
        candidates,
    })
}
