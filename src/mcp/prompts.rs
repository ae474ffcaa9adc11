//! What a user may pick to begin with: triage, a draft, a summary.

use rmcp::model::{ErrorData, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Map, Value};

use crate::format::clean;
use crate::ops::calls::ThreadCall;

use super::subscriptions::Place;
use super::{fence, resources, tools};

/// The prompts, with what each takes.
pub fn all() -> Vec<Prompt> {
    let prompt = |name: &str, (title, about): (&str, &str), arguments: Vec<PromptArgument>| {
        Prompt::new(name, Some(about), Some(arguments))
            .with_title(title)
            .with_icons(tools::icons())
    };
    let id = PromptArgument::new("id")
        .with_title("Message or thread")
        .with_description("m17 or t8")
        .with_required(true);
    vec![
        prompt(
            "triage",
            (
                "Triage the inbox",
                "Sorts what is unread: what needs an answer, what can wait, what can go",
            ),
            vec![
                PromptArgument::new("account")
                    .with_title("Account")
                    .with_description("Only this account")
                    .with_required(false),
            ],
        ),
        prompt(
            "draft_reply",
            (
                "Draft a reply",
                "Writes an answer and keeps it as a draft; nothing is sent",
            ),
            vec![
                id.clone(),
                PromptArgument::new("wishes")
                    .with_title("What to say")
                    .with_description("What the answer is to say, in a few words")
                    .with_required(false),
            ],
        ),
        prompt(
            "summarise_thread",
            (
                "Summarise a thread",
                "Tells what a thread came to, and what is open",
            ),
            vec![id],
        ),
    ]
}

/// A prompt with its arguments put in.
pub async fn get(
    place: &Place,
    (name, arguments): (&str, &Map<String, Value>),
) -> Result<GetPromptResult, ErrorData> {
    let Some(prompt) = all().into_iter().find(|prompt| prompt.name == name) else {
        let shown: String = clean::line(name).chars().take(64).collect();
        return Err(ErrorData::invalid_params(
            format!("there is no prompt `{shown}`"),
            None,
        ));
    };
    let known = prompt.arguments.unwrap_or_default();
    let mut given = Map::new();
    for (name, value) in arguments {
        let text = value
            .as_str()
            .filter(|_| known.iter().any(|one| one.name == *name));
        let Some(text) = text else {
            return Err(ErrorData::invalid_params(
                format!("`{}` is no argument of it, or no text", clean::line(name)),
                None,
            ));
        };
        given.insert(name.clone(), clean::text(text).into());
    }
    let given = |name: &str| {
        given
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let needed = |name: &str| {
        given(name).ok_or_else(|| ErrorData::invalid_params(format!("`{name}` is missing"), None))
    };
    let messages = match name {
        "triage" => vec![triage(given("account"))],
        "draft_reply" => {
            let id = needed("id")?;
            let wishes = given("wishes").map_or_else(String::new, |wishes| {
                format!(" The user wants it to say: {wishes}")
            });
            let text = format!(
                "Write an answer to the newest message of the thread below that is not the user's own, in the \
                 language and tone of the thread, and keep it with the tool `reply` and `draft`: true. Do not send \
                 it. Then show the user the draft.{wishes}"
            );
            vec![user(text), thread(place, id).await?]
        }
        _ => {
            let id = needed("id")?;
            let text = "Summarise the thread below in at most five sentences: what it is about, what was decided, \
                        what is open and who owes an answer to whom, with the ids of the messages that say so.";
            vec![user(text.to_owned()), thread(place, id).await?]
        }
    };
    let mut result = GetPromptResult::new(messages);
    result.description = prompt.description;
    Ok(result)
}

fn triage(account: Option<&str>) -> PromptMessage {
    let of = account.map_or_else(String::new, |name| format!(" and `account`: \"{name}\""));
    user(format!(
        "Call the tool `inbox` with `unread`: true{of}. Sort the threads into three lists: needs an answer from the \
         user, worth reading, can be archived. For each give its id, who wrote, and one line. Read a thread only where \
         its preview says too little. Mark and send nothing before the user says so."
    ))
}

/// The thread, fenced.
async fn thread(place: &Place, id: &str) -> Result<PromptMessage, ErrorData> {
    let call = ThreadCall { id: id.to_owned() };
    let answer = place.pool.call(place.caller.clone(), call, None).await;
    let document = resources::json_of(&answer.map_err(|e| resources::fault(&e))?)?;
    let text = fence::fenced(&document, None).map_err(|e| resources::fault(&e))?;
    Ok(user(text))
}

fn user(text: String) -> PromptMessage {
    PromptMessage::new_text(Role::User, text)
}
