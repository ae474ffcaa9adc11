//! Whom a message is for: what is not certain is asked here, and who was meant is told.

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::contact::Via;
use crate::ops::recipients::{self, Answer, Chosen, Doubt, Meaning, Question, Settled};
use crate::ops::send::SendRequest;
use crate::ops::{App, Origin};

use super::super::output::Output;
use super::super::{origin, prompt};

/// The request with an address for each name; at a terminal after asking whom an uncertain one means.
pub fn settled(mut request: SendRequest, (app, out): (&App, &Output)) -> Result<SendRequest> {
    let origin = origin(app, out);
    let asks = origin == Origin::Person && prompt::can_ask(out);
    loop {
        match recipients::settle(app, origin, &request)? {
            Settled::Done(done) => {
                tell(&done, out);
                return Ok(*done);
            }
            Settled::Doubt(Doubt::Who(question)) if asks => {
                let words = ask(&question, out)?;
                request.addressing.answers.push(Answer {
                    typed: question.typed,
                    words,
                });
            }
            Settled::Doubt(Doubt::Many { people, groups, .. }) if asks => {
                let groups = clean::line(&groups.join(", "));
                let question =
                    format!("{groups} makes it {people} people. Send it to all of them?");
                if !prompt::confirm(out, &question, "--yes")? {
                    return Err(Error::new(Kind::Interrupted, "not sent"));
                }
                request.addressing.yes = true;
            }
            Settled::Doubt(doubt) => return Err(doubt.error()),
        }
    }
}

/// What a person means by a name.
fn ask(question: &Question, out: &Output) -> Result<String> {
    let typed = question.shown();
    let picked = match question.candidates.as_slice() {
        [one] => {
            let asked = format!("Is `{typed}` {}?", recipients::line(one));
            prompt::confirm(out, &asked, "--pick 1")?.then_some(0)
        }
        several => {
            let lines: Vec<_> = several
                .iter()
                .map(|c| format!("{}  {}", recipients::line(c), c.words))
                .collect();
            prompt::pick(out, &format!("Who is `{typed}`?"), &lines, "--pick N")?
        }
    };
    let choice = picked.and_then(|n| question.candidates.get(n));
    let choice = choice.ok_or_else(|| Error::new(Kind::Interrupted, "not sent"))?;
    Ok(choice.words.clone())
}

/// Says to whom names led.
fn tell(request: &SendRequest, out: &Output) {
    // Programs find it in the report, and stderr keeps to one line of JSON.
    if out.format.is_json() {
        return;
    }
    for meaning in &request.meanings {
        match meaning.is_group() {
            true => out.note(&crowd(meaning)),
            false => meaning.chosen.iter().for_each(|c| out.note(&line(c))),
        }
    }
}

/// A group by how many are reached by what.
fn crowd(meaning: &Meaning) -> String {
    let of = |via: Via| meaning.chosen.iter().filter(|c| c.via == via).count();
    let ways = Via::ALL.map(|via| (of(via), via.name()));
    let ways: Vec<_> = ways
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, via)| format!("{count} by {via}"))
        .collect();
    let word = clean::line(&meaning.word);
    match meaning.chosen.len() {
        0 => format!("to {word}: nobody who is not a recipient anyway"),
        1 => format!("to {word}: 1 person ({})", ways.join(", ")),
        people => format!("to {word}: {people} people ({})", ways.join(", ")),
    }
}

fn line(chosen: &Chosen) -> String {
    let typed = clean::line(&chosen.typed);
    let who = match &chosen.name {
        Some(name) => format!("{} <{typed}>", clean::line(name)),
        None => typed,
    };
    let known = match chosen.contact {
        Some(id) => id.to_string(),
        None => "no contact".to_owned(),
    };
    format!("to {who} ({}, {known})", chosen.via.name())
}
