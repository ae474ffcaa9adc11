//! Reactions: one emoji of one user on one message.

use serde_json::{Value, json};

use super::super::wire::{Answer, Outcome, Refusal};
use super::super::{Request, State};
use super::{ME, filter};

/// `spaces.messages.reactions.*`.
pub fn answer(state: &mut State, request: &Request, verb: &str) -> Outcome {
    let space = format!("spaces/{}", request.vars[0]);
    let message = format!("{space}/messages/{}", request.vars[1]);
    let there = state
        .chat
        .message(&message)
        .ok_or_else(Refusal::not_found)?;
    let message = there["name"].as_str().unwrap_or_default().to_owned();
    match verb {
        "reactions.create" => {
            let emoji = request.json()?["emoji"].clone();
            if !emoji["unicode"].is_string() && !emoji["customEmoji"].is_object() {
                return Err(Refusal::invalid("Emoji is required."));
            }
            state.tick();
            state.chat.given += 1;
            let name = format!("{message}/reactions/R{}", state.chat.given);
            let user = state.chat.users[ME].clone();
            let place = state.chat.space(&space)?;
            let same =
                |r: &Value| on(r, &message) && r["emoji"] == emoji && r["user"]["name"] == ME;
            if place.reactions.iter().any(same) {
                return Err(Refusal::exists("Reaction already exists."));
            }
            let reaction = json!({"name": name, "user": user, "emoji": emoji});
            place.reactions.push(reaction.clone());
            place.count(&message);
            Ok(Answer::json(&reaction))
        }
        "reactions.delete" => {
            let name = format!("{message}/reactions/{}", request.vars[2]);
            let place = state.chat.space(&space)?;
            let before = place.reactions.len();
            place.reactions.retain(|r| r["name"] != name);
            place.count(&message);
            if place.reactions.len() == before {
                return Err(Refusal::not_found());
            }
            Ok(Answer::json(&json!({})))
        }
        _ => {
            let groups = match request.param("filter").filter(|f| !f.is_empty()) {
                Some(text) => filter::parse(text)?,
                None => Vec::new(),
            };
            let holds = |r: &Value, t: &filter::Test| match t.field.as_str() {
                "emoji.unicode" => r["emoji"]["unicode"] == *t.value,
                "user.name" => r["user"]["name"] == *t.value,
                _ => false,
            };
            let found: Vec<_> = state
                .chat
                .space(&space)?
                .reactions
                .iter()
                .filter(|r| on(r, &message) && groups.iter().all(|g| g.iter().any(|t| holds(r, t))))
                .cloned()
                .collect();
            state.chat.listing(request, "reactions", (25, 200), &found)
        }
    }
}

fn on(reaction: &Value, message: &str) -> bool {
    let name = reaction["name"].as_str().unwrap_or_default();
    name.strip_prefix(message)
        .is_some_and(|rest| rest.starts_with("/reactions/"))
}

impl super::Space {
    /// Writes the sums into the message, as it is read.
    fn count(&mut self, message: &str) {
        let mut sums: Vec<(Value, u32)> = Vec::new();
        for reaction in self.reactions.iter().filter(|r| on(r, message)) {
            match sums.iter_mut().find(|(e, _)| *e == reaction["emoji"]) {
                Some((_, count)) => *count += 1,
                None => sums.push((reaction["emoji"].clone(), 1)),
            }
        }
        let sums: Vec<_> = sums
            .iter()
            .map(|(e, n)| json!({"emoji": e, "reactionCount": n}))
            .collect();
        if let Some(found) = self.messages.iter_mut().find(|m| m["name"] == message) {
            found["emojiReactionSummaries"] = json!(sums);
        }
    }
}
