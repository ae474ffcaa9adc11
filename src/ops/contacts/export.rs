//! Writes contacts out as vCards, CSV or JSON lines.
//!
//! A contact that came as a vCard is put into it again: what no card holds stays as it was.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};
use crate::format::{contacts_csv, vcard};
use crate::model::contact::{Card, Contact};
use crate::model::id::ContactId;
use crate::ops::export::target::Sink;
use crate::ops::{App, Progress};
use crate::rules::contact_merge::{Side, Winner, merge};
use crate::store::contacts::Link;

use super::find;
use super::group::{self, Member};
use super::import::SOURCE;
use super::who;

pub use crate::format::vcard::Version;

/// How contacts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportForm {
    Vcard,
    /// With the headings of Google.
    Csv,
    /// One contact per line, as `comms contacts list --json` has it.
    Jsonl,
}

/// Which contacts to write, where to and how.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Names, groups (`@team`) and ids; everybody if empty.
    pub who: Vec<String>,
    /// `-` is the stream that [`export`] is given.
    pub to: PathBuf,
    /// `None`: as the ending of the path says, vCards to a stream.
    pub form: Option<ExportForm>,
    pub version: Version,
    /// Replace a file that is there.
    pub force: bool,
}

/// What was written. `comms.contacts_export/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExportReport {
    /// Null if it went to stdout.
    pub to: Option<String>,
    pub form: ExportForm,
    pub contacts: u64,
}

/// Writes the contacts that are asked for.
pub fn export(app: &App, request: &ExportRequest, stream: &mut dyn Write) -> Result<ExportReport> {
    let streamed = request.to == Path::new("-");
    let form = form(request, streamed)?;
    let contacts = wanted(app, &request.who)?;
    let mut sink = match streamed {
        true => Sink::Stream(stream),
        false => Sink::file(&request.to, request.force)?,
    };
    if form == ExportForm::Csv {
        let cards: Vec<Card> = contacts.iter().map(|c| c.card.clone()).collect();
        sink.write(&contacts_csv::write(&cards))?;
    } else {
        let total = contacts.len() as u64;
        for (n, contact) in contacts.iter().enumerate() {
            let bytes = match form {
                ExportForm::Jsonl => {
                    let line = serde_json::to_vec(contact);
                    let mut line = line.context(Kind::Internal, "writing JSON")?;
                    line.push(b'\n');
                    line
                }
                _ => vcard_of(app, contact, request.version)?,
            };
            sink.write(&bytes)?;
            let done = n as u64 + 1;
            if done.is_multiple_of(500) || (done == total && total >= 500) {
                (app.progress)(&Progress {
                    stage: "exporting".to_owned(),
                    done,
                    total: Some(total),
                });
            }
        }
    }
    sink.finish()?;
    Ok(ExportReport {
        to: (!streamed).then(|| request.to.display().to_string()),
        form,
        contacts: contacts.len() as u64,
    })
}

fn form(request: &ExportRequest, streamed: bool) -> Result<ExportForm> {
    if let Some(form) = request.form {
        return Ok(form);
    }
    if streamed {
        return Ok(ExportForm::Vcard);
    }
    let shown = request.to.display();
    if request.to.is_dir() {
        return Err(Error::usage(format!("`{shown}` is a folder"))
            .hint("name a file in it, like contacts.vcf"));
    }
    let ending = request.to.extension().unwrap_or_default();
    match ending.to_string_lossy().to_lowercase().as_str() {
        "vcf" | "vcard" => Ok(ExportForm::Vcard),
        "csv" => Ok(ExportForm::Csv),
        "jsonl" | "ndjson" => Ok(ExportForm::Jsonl),
        _ => Err(
            Error::usage(format!("the form of `{shown}` can't be told from its name"))
                .hint("add `--as vcard`, `--as csv` or `--as jsonl`"),
        ),
    }
}

/// Everybody who is asked for, each once.
fn wanted(app: &App, who: &[String]) -> Result<Vec<Contact>> {
    if who.is_empty() {
        return app.store.contacts(None);
    }
    let mut seen: HashSet<ContactId> = HashSet::new();
    let mut all = Vec::new();
    for word in who {
        for contact in meant(app, word.trim())? {
            if seen.insert(contact.id) {
                all.push(contact);
            }
        }
    }
    Ok(all)
}

fn meant(app: &App, word: &str) -> Result<Vec<Contact>> {
    if word.starts_with('@') {
        let members = group::members(app, word)?.into_iter();
        let contacts = members.filter_map(|member| match member {
            Member::Contact(contact) => Some(*contact),
            Member::Address(_) => None,
        });
        return Ok(contacts.collect());
    }
    if word.parse::<ContactId>().is_ok() || word.contains(['@', ':', '+']) {
        return Ok(vec![who::contact(app, word)?]);
    }
    // A part of a name means all who have it, not only who is likeliest.
    let words: Vec<String> = word
        .to_lowercase()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let says = |card: &Card| {
        let mut texts = vec![card.name.as_str()];
        texts.extend(card.nicknames.iter().map(String::as_str));
        texts.extend(card.organization.as_deref());
        let texts = texts.join("\n").to_lowercase();
        words.iter().all(|word| texts.contains(word.as_str()))
    };
    let all = app.store.contacts(None)?.into_iter();
    let found: Vec<Contact> = all.filter(|contact| says(&contact.card)).collect();
    match found.is_empty() {
        false => Ok(found),
        true => {
            let near = find::find(app, word, 1)?.candidates;
            let near = near.into_iter().find_map(|c| c.contact);
            match near {
                Some(id) => Err(not_found(word).hint(format!(
                    "is {} meant? write it as {id}",
                    app.store.contact(id)?.card.label()
                ))),
                None => Err(not_found(word).hint("`comms contacts list` shows them")),
            }
        }
    }
}

fn not_found(word: &str) -> Error {
    let word: String = word.chars().filter(|c| !c.is_control()).take(80).collect();
    Error::not_found(format!("there is no contact `{word}`"))
}

fn vcard_of(app: &App, contact: &Contact, version: Version) -> Result<Vec<u8>> {
    let mut links = documents(app, contact)?.into_iter();
    let based = links.next();
    let form = |uid: Option<String>| vcard::Form {
        version: Some(version),
        uid,
        rev: None,
    };
    Ok(match based {
        Some((link, read)) => {
            let card = restored(&contact.card, &link, &read.card);
            let whole = links.fold(link.document, |whole, (other, _)| {
                vcard::joined(&whole, &other.document).0
            });
            vcard::write(&card, Some(&whole), &form(None))
        }
        None => vcard::write(&contact.card, None, &form(Some(uid(contact)))),
    })
}

/// The vCard of a contact, and of each of those it took in that no book has put into it yet.
fn documents(app: &App, contact: &Contact) -> Result<Vec<(Link, vcard::Read)>> {
    let kept = app.store.contact_kept_of(contact.id)?;
    let taken: HashSet<ContactId> = kept
        .iter()
        .filter(|kept| kept.taken && kept.link.contact != contact.id)
        .map(|kept| kept.link.contact)
        .collect();
    let links = app.store.links_of(contact.id)?.into_iter();
    // What is known to be there comes before what was, and the contact's own before that of others.
    let mut all: Vec<Link> = links
        .filter(|link| !taken.contains(&link.contact))
        .collect();
    all.extend(
        kept.into_iter()
            .rev()
            .filter(|kept| !taken.contains(&kept.link.contact))
            .map(|kept| kept.link),
    );
    all.sort_by_key(|link| link.contact != contact.id);
    let mut found: Vec<(Link, vcard::Read)> = Vec::new();
    for link in all {
        // Of one contact those of one source: an import may have joined several cards.
        let has = found.iter().find(|(has, _)| has.contact == link.contact);
        if has.is_some_and(|(has, _)| has.source != link.source || link.source != SOURCE) {
            continue;
        }
        if let Some(Ok(read)) = vcard::read(&link.document).into_iter().next() {
            found.push((link, read));
        }
    }
    Ok(found)
}

/// The card as its document would have it: where nothing changed here, what the document says, as it spells it.
fn restored(card: &Card, link: &Link, written: &Card) -> Card {
    let here = Side {
        now: card,
        base: &link.base,
    };
    let there = Side {
        now: written,
        base: written,
    };
    merge(here, there, (Winner::Here, &link.source)).there
}

/// An id that stays the same, for a contact that never had one.
fn uid(contact: &Contact) -> String {
    let text = format!("{} {}", contact.id, contact.created_at);
    let hash = blake3::hash(text.as_bytes()).to_hex();
    // RFC 9562 §5.8: a form for ids that are made of what one has.
    format!(
        "{}-{}-8{}-8{}-{}",
        &hash[..8],
        &hash[8..12],
        &hash[13..16],
        &hash[17..20],
        &hash[20..32]
    )
}
