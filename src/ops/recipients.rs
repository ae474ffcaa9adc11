//! Whom a message is for: names, contacts and groups become addresses that say their channel.
//!
//! Nothing here asks or sends. What is not certain comes back as a doubt: a door that has a person asks, and passes the
//! answer; everywhere else the doubt is an error that names the words that would settle it.

mod doubt;
mod groups;
mod names;
mod reach;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::contact::Via;
use crate::model::id::ContactId;
use crate::rules::contact::key;
use crate::rules::route::{self, Target};

use super::send::SendRequest;
use super::{App, Origin};

pub use doubt::{Doubt, Question, line};

/// How names among the recipients are to be read.
#[derive(Clone, Debug, Default)]
pub struct Addressing {
    /// The channel all of them are to be written to by.
    pub via: Option<Via>,
    /// Which of the candidates is meant where one name is in doubt; counts from 1.
    pub pick: Option<usize>,
    /// What a person said when asked.
    pub answers: Vec<Answer>,
    /// Those of a group who can't be reached are left out.
    pub skip_unreachable: bool,
    /// So many people are meant.
    pub yes: bool,
}

/// Who sees whom in mail to several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copies {
    /// Those who were typed stand in one message; everybody in a group gets one of their own.
    #[default]
    Usual,
    /// All stand in one message.
    Together,
    /// Everybody gets a message of their own.
    Apart,
}

/// What a person means by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub typed: String,
    /// `c9`, or an address.
    pub words: String,
}

/// Someone a name led to, and where the message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The address as one types it: `ada@example.com`, `sms:+14155550100`.
    pub typed: String,
    pub via: Via,
    /// The account in which the address means someone, where it is not any.
    pub account: Option<String>,
    pub name: Option<String>,
    pub contact: Option<ContactId>,
    /// What was typed.
    pub resolved_from: String,
}

impl Chosen {
    fn at(typed: String, via: Via) -> Chosen {
        Chosen {
            typed,
            via,
            account: None,
            name: None,
            contact: None,
            resolved_from: String::new(),
        }
    }
}

/// What a word stood for when it was looked up; kept with the send, for its key must mean the same for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    pub place: Place,
    pub word: String,
    pub via: Option<Via>,
    pub chosen: Vec<Chosen>,
    /// Those of a group who were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreachable: Vec<String>,
}

impl Meaning {
    fn new(place: Place, via: Option<Via>) -> Meaning {
        Meaning {
            place,
            via,
            word: String::new(),
            chosen: Vec::new(),
            unreachable: Vec::new(),
        }
    }

    pub fn is_group(&self) -> bool {
        self.word.starts_with('@')
    }
}

/// Where in a message a recipient stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    To,
    Cc,
    Bcc,
    ReplyTo,
}

impl Place {
    const ALL: [Place; 4] = [Place::To, Place::Cc, Place::Bcc, Place::ReplyTo];

    fn of(self, request: &SendRequest) -> &Vec<String> {
        match self {
            Place::To => &request.to,
            Place::Cc => &request.cc,
            Place::Bcc => &request.bcc,
            Place::ReplyTo => &request.reply_to,
        }
    }

    fn of_mut(self, request: &mut SendRequest) -> &mut Vec<String> {
        match self {
            Place::To => &mut request.to,
            Place::Cc => &mut request.cc,
            Place::Bcc => &mut request.bcc,
            Place::ReplyTo => &mut request.reply_to,
        }
    }
}

/// What became of the names in a request.
#[derive(Debug)]
pub enum Settled {
    /// Every recipient is an address.
    Done(Box<SendRequest>),
    /// Only who asked can tell.
    Doubt(Doubt),
}

impl Settled {
    /// The request, or the doubt as an error.
    pub fn certain(self) -> Result<SendRequest> {
        match self {
            Settled::Done(request) => Ok(*request),
            Settled::Doubt(doubt) => Err(doubt.error()),
        }
    }
}

/// Puts addresses in the place of names. A request without any stays as it is.
///
/// # Errors
/// `not_found` for who is not known; `usage` for one who can't be reached as asked, or a pick that picks nothing.
pub fn settle(app: &App, origin: Origin, request: &SendRequest) -> Result<Settled> {
    let mut work = Work {
        app,
        origin,
        request,
        known: known(app, request)?,
        replays: false,
        words: Vec::new(),
        doubts: Vec::new(),
    };
    for place in Place::ALL {
        for (n, text) in place.of(request).iter().enumerate() {
            work.read(place, n, text)?;
        }
    }
    if let Some(doubt) = work.doubt()? {
        return Ok(Settled::Doubt(doubt));
    }
    // What a key stands for already is only told again.
    let spreads = |(_, word): &(Place, Word)| matches!(word, Word::Group(_));
    let asks = work.words.iter().any(spreads) && !request.dry_run && !request.addressing.yes;
    let done = work.done()?;
    match many(app, &done).filter(|_| asks) {
        Some(doubt) => Ok(Settled::Doubt(doubt)),
        None => Ok(Settled::Done(Box::new(done))),
    }
}

/// Whether a group makes it more people than are written to without a question.
fn many(app: &App, request: &SendRequest) -> Option<Doubt> {
    let groups = request.meanings.iter().filter(|m| m.is_group());
    let words: Vec<_> = groups.map(|m| m.word.clone()).collect();
    let people = request.to.len() + request.cc.len() + request.bcc.len();
    let above = app.config.confirm_above;
    let is_many = !words.is_empty() && u64::try_from(people).is_ok_and(|n| n > u64::from(above));
    is_many.then_some(Doubt::Many {
        people,
        above,
        groups: words,
    })
}

/// What the words of an earlier send with this key stood for.
fn known(app: &App, request: &SendRequest) -> Result<Vec<Meaning>> {
    let Some(key) = &request.key else {
        return Ok(Vec::new());
    };
    if request.dry_run || !app.store.has_outbox() {
        return Ok(Vec::new());
    }
    let meanings = app.store.keyed(key)?.and_then(|known| known.meanings);
    Ok(meanings
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default())
}

/// A word on its way.
enum Word {
    Exact(String),
    Meant(Meaning),
    Group(groups::Typed),
}

struct Work<'a> {
    app: &'a App,
    origin: Origin,
    request: &'a SendRequest,
    known: Vec<Meaning>,
    /// Something was taken from an earlier send.
    replays: bool,
    words: Vec<(Place, Word)>,
    doubts: Vec<(usize, doubt::Question)>,
}

impl Work<'_> {
    fn read(&mut self, place: Place, n: usize, text: &str) -> Result<()> {
        // Copies are mail.
        let via = match place {
            Place::To => self.request.addressing.via,
            _ => Some(Via::Email),
        };
        let target = match place {
            Place::To => route::read(text)?,
            _ => route::read(text).unwrap_or(Target::Mail(Vec::new())),
        };
        let word = match target {
            Target::Person(name) => self.person(place, n, &name, via)?,
            Target::Group(name) if place != Place::ReplyTo => self.group(place, &name, via)?,
            exact => Word::Exact(match self.request.addressing.via {
                Some(via) if place == Place::To => {
                    route::by(via, &exact).ok_or_else(|| not_by(via, text))?
                }
                _ => text.to_owned(),
            }),
        };
        self.words.push((place, word));
        Ok(())
    }

    fn group(&mut self, place: Place, name: &str, via: Option<Via>) -> Result<Word> {
        if let Some(meaning) = self.known((place, &format!("@{name}")), via) {
            return Ok(Word::Meant(meaning));
        }
        groups::read(self.app, (place, name), via).map(Word::Group)
    }

    /// What a word stood for when its key was first used.
    fn known(&mut self, (place, word): (Place, &str), via: Option<Via>) -> Option<Meaning> {
        let told = |m: &&Meaning| m.place == place && m.word == word && m.via == via;
        let meaning = self.known.iter().find(told).cloned();
        self.replays |= meaning.is_some();
        meaning
    }

    fn person(&mut self, place: Place, n: usize, name: &str, via: Option<Via>) -> Result<Word> {
        if let Some(meaning) = self.known((place, name), via) {
            return Ok(Word::Meant(meaning));
        }
        let mut meaning = Meaning {
            word: name.to_owned(),
            ..Meaning::new(place, via)
        };
        let wish = (via, self.request.from.as_deref());
        let answers = &self.request.addressing.answers;
        let answer = answers.iter().find(|a| a.typed == name);
        let asked = names::Name {
            typed: name,
            answer,
            is_later: n > 0 && place == Place::To,
        };
        match names::meant(self.app, self.origin, &asked, wish)? {
            names::Meant::One(mut chosen) => {
                chosen.resolved_from = name.to_owned();
                meaning.chosen.push(chosen);
            }
            names::Meant::Doubt(question) => {
                self.doubts.push((self.words.len(), question));
            }
            names::Meant::Nobody => {
                return Err(nobody(self.app, name, asked.is_later));
            }
        }
        Ok(Word::Meant(meaning))
    }

    /// What is left to ask, once `--pick` has said its part.
    fn doubt(&mut self) -> Result<Option<Doubt>> {
        let Some(pick) = self.request.addressing.pick.filter(|_| !self.replays) else {
            return Ok(self.doubts.drain(..).next().map(|(_, q)| Doubt::Who(q)));
        };
        let names: Vec<_> = self
            .doubts
            .iter()
            .map(|(_, q)| format!("`{}`", clean::line(&q.typed)))
            .collect();
        if names.len() > 1 {
            return Err(Error::usage(format!(
                "--pick {pick} picks for one name, and these are in doubt: {}",
                names.join(", ")
            ))
            .hint("write what means each of them, as in c9"));
        }
        let Some((at, question)) = self.doubts.pop() else {
            return Err(Error::usage(format!(
                "--pick {pick} has nothing to pick: no name is in doubt"
            ))
            .hint("leave it out, and look whom it goes to with --dry-run"));
        };
        let choice = question.candidates.get(pick.wrapping_sub(1));
        let Some(choice) = choice else {
            let count = question.candidates.len();
            let mut error = Doubt::Who(question).error();
            error.message = format!("--pick {pick} is none of {count}\n{}", error.message);
            return Err(error);
        };
        let answer = Answer {
            typed: question.typed.clone(),
            words: choice.words.clone(),
        };
        let Some((_, Word::Meant(meaning))) = self.words.get_mut(at) else {
            return Err(Error::internal("a pick for what was not in doubt"));
        };
        let wish = (meaning.via, self.request.from.as_deref());
        let picked = names::Name {
            typed: &question.typed,
            answer: Some(&answer),
            is_later: false,
        };
        match names::meant(self.app, self.origin, &picked, wish)? {
            names::Meant::One(mut chosen) => {
                chosen.resolved_from = question.typed;
                meaning.chosen = vec![chosen];
                Ok(None)
            }
            _ => Err(Error::not_found(format!(
                "`{}` is gone",
                clean::line(&answer.words)
            ))),
        }
    }

    /// The request with addresses, everybody in it once.
    fn done(self) -> Result<SendRequest> {
        let mut request = self.request.clone();
        request.addressing = Addressing {
            yes: request.addressing.yes,
            ..Addressing::default()
        };
        let mut seen = Seen::default();
        for (_, word) in &self.words {
            if let Word::Exact(text) = word {
                seen.note(text);
            }
        }
        for place in Place::ALL {
            place.of_mut(&mut request).clear();
        }
        let wish = (
            self.request.from.as_deref(),
            self.request.addressing.skip_unreachable,
        );
        // Who was named goes before who is only in a group.
        let (groups, named): (Vec<_>, Vec<_>) =
            self.words.into_iter().partition(|(_, word)| match word {
                Word::Group(_) => true,
                Word::Meant(meaning) => meaning.is_group(),
                Word::Exact(_) => false,
            });
        for (place, word) in named.into_iter().chain(groups) {
            let meaning = match word {
                Word::Exact(text) => {
                    place.of_mut(&mut request).push(text);
                    continue;
                }
                Word::Meant(mut meaning) => {
                    if place != Place::ReplyTo {
                        meaning.chosen.retain(|c| seen.takes(c));
                    }
                    meaning
                }
                Word::Group(typed) => groups::spread(self.app, typed, wish, &mut seen)?,
            };
            let typed = meaning.chosen.iter().map(|c| c.typed.clone());
            place.of_mut(&mut request).extend(typed);
            request.meanings.push(meaning);
        }
        Ok(request)
    }
}

/// Who is among the recipients already.
#[derive(Default)]
struct Seen {
    addresses: HashSet<String>,
    contacts: HashSet<ContactId>,
}

impl Seen {
    fn note(&mut self, typed: &str) {
        match route::read(typed) {
            Ok(Target::Mail(people)) => {
                self.addresses.extend(people.iter().map(|p| key(&p.email)));
            }
            _ => drop(self.addresses.insert(key(typed))),
        }
    }

    /// Whether someone is new, who is then known.
    fn takes(&mut self, chosen: &Chosen) -> bool {
        let new = chosen.contact.is_none_or(|id| self.contacts.insert(id));
        self.addresses.insert(key(&chosen.typed)) && new
    }
}

fn not_by(via: Via, typed: &str) -> Error {
    Error::usage(format!(
        "`{}` can't be written to by {}",
        clean::line(typed),
        via.name()
    ))
    .hint("leave out --via, or write the person's name")
}

fn nobody(app: &App, name: &str, later: bool) -> Error {
    let shown: String = clean::line(name).chars().take(80).collect();
    let error = Error::not_found(format!("there is no contact `{shown}`"));
    let webhook = app.config.accounts.iter().find(|a| a.name == name);
    if webhook.is_some_and(|a| a.channel.is_incoming_webhook()) {
        return error.hint(format!(
            "to write through the webhook of that name: to:{shown}"
        ));
    }
    match later {
        true => error.hint("use -m for the text"),
        false => error.hint("write the address, or look for them with `comms contacts list`"),
    }
}
