//! From a name to the one who is meant, if that is certain enough to write to them unasked.

use crate::error::{Choice, Result};
use crate::format::clean;
use crate::model::contact::{Candidate, Verdict, Via};
use crate::model::id::ContactId;
use crate::ops::contacts::find;
use crate::ops::{App, Origin};

use super::doubt::Question;
use super::{Answer, Chosen, reach};

/// Candidates that are shown.
const SHOWN: usize = 10;

/// What a name came to.
pub enum Meant {
    One(Chosen),
    Doubt(Question),
    Nobody,
}

/// A name as it was typed.
pub struct Name<'a> {
    pub typed: &'a str,
    /// What a person said when asked.
    pub answer: Option<&'a Answer>,
    /// It stands after other recipients, where a text without `-m` would.
    pub is_later: bool,
}

/// Whom a name means, and where they are written to: by this channel, from this account.
///
/// # Errors
/// Those of [`reach::contact`], and `not_found` for an id that is none.
pub fn meant(
    app: &App,
    origin: Origin,
    name: &Name<'_>,
    wish: (Option<Via>, Option<&str>),
) -> Result<Meant> {
    let words = name.answer.map_or(name.typed, |a| &a.words);
    if let Ok(id) = words.parse::<ContactId>() {
        let contact = app.store.contact(id)?;
        return reach::contact(app, &contact, wish).map(Meant::One);
    }
    let found = find::find(app, name.typed, SHOWN)?;
    if let Some(answer) = name.answer {
        let told = |c: &&Candidate| c.address.as_deref() == Some(&answer.words);
        return match found.candidates.iter().find(told) {
            Some(candidate) => chosen(app, candidate, wish).map(Meant::One),
            None => Ok(Meant::Nobody),
        };
    }
    match (found.verdict, found.candidates.first()) {
        (Verdict::Nobody, _) | (_, None) => Ok(Meant::Nobody),
        (Verdict::Clear, Some(first)) => {
            let chosen = chosen(app, first, wish)?;
            // A word of a forgotten text is only a person if it is their name.
            let may = first.exact || !name.is_later;
            match may && is_certain(app, origin, first, &chosen)? {
                true => Ok(Meant::One(chosen)),
                false => question(app, name, &found.candidates[..1], wish),
            }
        }
        (Verdict::Several, _) => question(app, name, &found.candidates, wish),
    }
}

/// Whether someone may be written to without a question: a slip must not reach a stranger.
fn is_certain(app: &App, origin: Origin, candidate: &Candidate, chosen: &Chosen) -> Result<bool> {
    if candidate.contact.is_some() && candidate.exact {
        return Ok(true);
    }
    // Anyone can write under any name: who is known from messages alone is known by what was answered.
    let may = candidate.contact.is_some() || candidate.exact || origin == Origin::Person;
    Ok(may && reach::was_written_to(app, chosen)?)
}

fn chosen(app: &App, candidate: &Candidate, wish: (Option<Via>, Option<&str>)) -> Result<Chosen> {
    match candidate.contact {
        Some(id) => reach::contact(app, &app.store.contact(id)?, wish),
        None => reach::stranger(app, candidate, wish),
    }
}

fn question(
    app: &App,
    name: &Name<'_>,
    candidates: &[Candidate],
    wish: (Option<Via>, Option<&str>),
) -> Result<Meant> {
    let choices = candidates.iter().map(|candidate| {
        // One who can't be reached is shown as such.
        let chosen = chosen(app, candidate, wish).ok();
        let address = chosen.as_ref().map(|c| c.typed.clone());
        let words = match (candidate.contact, &candidate.address) {
            (Some(id), _) => id.to_string(),
            (None, address) => address.clone().unwrap_or_default(),
        };
        Ok(Choice {
            words: clean::line(&words),
            contact: candidate.contact.map(|id| id.to_string()),
            name: clean::line(&candidate.name),
            address: address.map(|a| clean::line(&a)),
            score: candidate.score,
            exact: candidate.exact,
            written_to: match &chosen {
                Some(chosen) => reach::was_written_to(app, chosen)?,
                None => false,
            },
            why: candidate.why.iter().map(|w| clean::line(w)).collect(),
        })
    });
    Ok(Meant::Doubt(Question {
        typed: name.typed.to_owned(),
        candidates: choices.collect::<Result<_>>()?,
        is_later: name.is_later,
    }))
}
