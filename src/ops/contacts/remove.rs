//! Contacts go, or become one; history can bring them back.

use std::collections::HashSet;

use crate::error::{Error, Result};
use crate::format::people;
use crate::model::account::Contacts;
use crate::model::contact::{Card, Contact};
use crate::model::id::ContactId;
use crate::ops::{App, Origin};
use crate::rules::contact::card::joined;
use crate::store::contacts::{Edit, Why};

use super::change::{ChangeReport, ChangedContact};
use super::guard;

/// Removes contacts. Their history stays; `comms purge` erases that, too.
pub fn remove(app: &App, origin: Origin, contacts: &[Contact]) -> Result<ChangeReport> {
    guard::no_agent(origin, "remove a contact", "comms contacts remove ID")?;
    let sets: Vec<Vec<Edit>> = contacts
        .iter()
        .map(|contact| {
            vec![Edit {
                id: Some(contact.id),
                before: Some(contact.card.clone()),
                ..Edit::default()
            }]
        })
        .collect();
    let why = Why {
        what: "remove",
        by: origin.name(),
    };
    let (change, applied) = app.store.change_contact_sets(&sets, why, app.clock.now())?;
    let rows = contacts.iter().zip(&applied).map(|(contact, done)| {
        let mut row = ChangedContact::of(contact.id, Some(&contact.card), None);
        if !done {
            row.change = "skipped";
        }
        row
    });
    Ok(ChangeReport {
        change: applied.contains(&true).then_some(change),
        contacts: rows.collect(),
        warnings: Vec::new(),
    })
}

/// Makes one contact of several, as one change: the first takes in the others. Each set is joined as a whole, or left
/// alone if one of it was changed since it was read.
pub fn merge(app: &App, origin: Origin, sets: &[Vec<Contact>]) -> Result<ChangeReport> {
    guard::no_agent(origin, "merge contacts", "comms contacts merge ID ID")?;
    let mut seen = HashSet::new();
    let mut edits = Vec::new();
    let mut rows: Vec<Vec<ChangedContact>> = Vec::new();
    for set in sets {
        let Some((first, others)) = set.split_first().filter(|(_, o)| !o.is_empty()) else {
            return Err(Error::usage("a merge takes two contacts or more"));
        };
        if let Some(twice) = set.iter().find(|c| !seen.insert(c.id)) {
            return Err(Error::usage(format!("`{}` is named twice", twice.id))
                .hint("an id of one that was merged means the one that took it in"));
        }
        let (one, told) = together(first, others);
        edits.push(one);
        rows.push(told);
    }
    let why = Why {
        what: "merge",
        by: origin.name(),
    };
    let mut warnings = Vec::new();
    for set in sets {
        warnings.extend(photos_lost(app, set)?);
    }
    let (change, applied) = app
        .store
        .change_contact_sets(&edits, why, app.clock.now())?;
    for (set, done) in rows.iter_mut().zip(&applied) {
        if !done {
            set.iter_mut().for_each(|row| row.change = "skipped");
        }
    }
    Ok(ChangeReport {
        change: applied.contains(&true).then_some(change),
        contacts: rows.into_iter().flatten().collect(),
        warnings,
    })
}

/// Photos that are deleted at Google with those who are taken in: no other contact can be given them there.
fn photos_lost(app: &App, set: &[Contact]) -> Result<Vec<String>> {
    let synced = |source: &str| {
        let account = app.config.accounts.iter().find(|a| a.name == source);
        account.is_some_and(|account| account.contacts == Some(Contacts::Sync))
    };
    let mut taking: HashSet<String> = HashSet::new();
    let mut warnings = Vec::new();
    for contact in set {
        for link in app.store.links_of(contact.id)? {
            if !synced(&link.source) {
                continue;
            }
            let has_photo = serde_json::from_slice(&link.document)
                .is_ok_and(|person| people::photo(&person).is_some());
            // The first card of an account is the one that stays there.
            if !taking.insert(link.source.clone()) && has_photo {
                warnings.push(format!(
                    "the photo of {} {} at `{}` goes with the next sync: Google lets nobody put it into another contact; \
                     save it from contacts.google.com first",
                    contact.id,
                    contact.card.label(),
                    link.source
                ));
            }
        }
    }
    Ok(warnings)
}

/// What makes one of these, and what is told of each.
fn together(first: &Contact, others: &[Contact]) -> (Vec<Edit>, Vec<ChangedContact>) {
    let mut card: Card = first.card.clone();
    let mut gone = Vec::new();
    let mut told = Vec::new();
    let mut lost = Vec::new();
    for other in others {
        let (both, mut gave_way) = joined(&card, &other.card);
        card = both;
        for one in &mut gave_way {
            one.side = other.id.to_string();
        }
        let mut row = ChangedContact::of(other.id, Some(&other.card), None);
        row.change = "merged";
        row.other = Some(first.id);
        row.lost.clone_from(&gave_way);
        told.push(row);
        lost.extend(gave_way);
        gone.push(Edit {
            id: Some(other.id),
            before: Some(other.card.clone()),
            merged: Some(first.id),
            ..Edit::default()
        });
    }
    let row = ChangedContact::of(first.id, Some(&first.card), Some(&card));
    told.insert(0, row);
    let kept = Edit {
        id: Some(first.id),
        before: Some(first.card.clone()),
        after: Some(card),
        lost,
        ..Edit::default()
    };
    gone.insert(0, kept);
    (gone, told)
}

/// What `undo` is to take back.
#[derive(Clone, Copy, Debug)]
pub enum Undo {
    /// A change by its number.
    Change(i64),
    /// The newest change of a contact.
    Of(ContactId),
    /// The newest change of all.
    Last,
}

/// Takes a change back as a whole.
///
/// # Errors
/// `refused` if a contact of it was changed since.
pub fn undo(app: &App, origin: Origin, what: Undo) -> Result<ChangeReport> {
    guard::no_agent(
        origin,
        "take back a change of contacts",
        "comms contacts undo",
    )?;
    let newest = |of| -> Result<Option<i64>> {
        let past = app.store.contact_history(of, 1)?;
        Ok(past.first().map(|past| past.change))
    };
    let number = match what {
        Undo::Change(number) => number,
        Undo::Of(id) => newest(Some(id))?.ok_or_else(|| {
            Error::not_found(format!("`{id}` has no history"))
                .hint("`comms contacts history` shows all changes")
        })?,
        Undo::Last => {
            newest(None)?.ok_or_else(|| Error::not_found("no contact was ever changed here"))?
        }
    };
    app.store
        .undo_contacts(number, origin.name(), app.clock.now())?;
    let Some(change) = newest(None)? else {
        return Ok(ChangeReport::default());
    };
    let mut contacts: Vec<ChangedContact> = app
        .store
        .contact_change(change)?
        .iter()
        .map(|past| {
            let mut row =
                ChangedContact::of(past.contact, past.before.as_ref(), past.after.as_ref());
            if row.change == "added" {
                row.change = "restored";
            }
            row
        })
        .collect();
    contacts.sort_by_key(|row| row.id);
    Ok(ChangeReport {
        change: Some(change),
        contacts,
        warnings: Vec::new(),
    })
}
