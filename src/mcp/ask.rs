//! Asking the user in the middle of a call, where the client can: who is meant, and whether so many are.
//!
//! Clients of the protocol before 2026-07-28 are asked over the wire; later ones get the question as an answer and call
//! again with what was said.

use rmcp::RoleServer;
use rmcp::model::{
    ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema,
    InputRequest, InputRequests, InputRequiredResult, InputResponses, ProtocolVersion,
};
use rmcp::service::{Peer, RequestContext};
use serde_json::{Map, Value, json};

use crate::error::{Choice, Error, Kind, Result};
use crate::format::clean;
use crate::ops::calls::{Answer, Pool};
use crate::ops::recipients;

use super::tools::{Asked, Entry};

/// How the user can be asked.
pub enum Asker {
    Nobody,
    Wire(Peer<RoleServer>),
    /// With what was said so far.
    Rounds(InputResponses),
}

/// What came of a call.
pub enum Answered {
    Done(Result<Answer>),
    /// The client is to ask, then to call again.
    Asks(InputRequiredResult),
}

impl Asker {
    pub fn of(context: &RequestContext<RoleServer>, said: Option<InputResponses>) -> Asker {
        let asks = context
            .client_capabilities()
            .and_then(|can| can.elicitation);
        // A client that names no way means forms.
        if !asks.is_some_and(|can| can.form.is_some() || can.url.is_none()) {
            return Asker::Nobody;
        }
        match context.protocol_version() {
            Some(version) if version >= ProtocolVersion::V_2026_07_28 => {
                Asker::Rounds(said.unwrap_or_default())
            }
            _ => Asker::Wire(context.peer.clone()),
        }
    }
}

/// Works on a call; a doubt that only the user can settle is put to them, once for each kind.
pub async fn answered((entry, pool): (&Entry, &Pool), mut asked: Asked, asker: Asker) -> Answered {
    loop {
        let again = Asked {
            caller: asked.caller.clone(),
            arguments: asked.arguments.clone(),
            telling: asked.telling.clone(),
        };
        let answer = entry.answer(pool, again).await;
        let Some(question) = Question::of(&answer, &asked.arguments) else {
            return Answered::Done(answer);
        };
        let said = match &asker {
            Asker::Nobody => return Answered::Done(answer),
            Asker::Wire(peer) => match peer.create_elicitation(question.request()).await {
                Ok(said) => said,
                // A client that can't after all has the error with its candidates.
                Err(_) => return Answered::Done(answer),
            },
            Asker::Rounds(said) => match said.get(question.name()) {
                Some(said) => match serde_json::from_value(said.clone()) {
                    Ok(said) => said,
                    Err(_) => return Answered::Done(answer),
                },
                None => return Answered::Asks(question.round()),
            },
        };
        if !question.put(&said, &mut asked.arguments) {
            return Answered::Done(Err(Error::refused(
                "nothing was sent: the user did not say whom or that it is meant",
            )));
        }
    }
}

/// What only the user can tell.
enum Question {
    Who { about: String, choices: Vec<Choice> },
    Many { about: String },
}

impl Question {
    fn of(answer: &Result<Answer>, arguments: &Map<String, Value>) -> Option<Question> {
        let error = answer.as_ref().err().filter(|e| e.kind == Kind::Usage)?;
        let about = error.message.lines().next().unwrap_or_default();
        let about = clean::line(about);
        match &error.candidates {
            Some(choices) if !choices.is_empty() && !arguments.contains_key("pick") => {
                Some(Question::Who {
                    about,
                    choices: choices.to_vec(),
                })
            }
            _ if error.wants_yes && arguments.get("yes") != Some(&Value::Bool(true)) => {
                Some(Question::Many { about })
            }
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Question::Who { .. } => "who",
            Question::Many { .. } => "all",
        }
    }

    fn request(&self) -> ElicitRequestParams {
        let (message, field) = match self {
            Question::Who { about, choices } => {
                let choices: Vec<_> = choices
                    .iter()
                    .map(|one| {
                        let title = format!("{} ({})", recipients::line(one), one.words);
                        json!({"const": clean::line(&one.words), "title": clean::line(&title)})
                    })
                    .collect();
                let field = json!({"type": "string", "title": "Who is meant", "oneOf": choices});
                (format!("{about}. Who is meant?"), field)
            }
            Question::Many { about } => {
                let field = json!({"type": "boolean", "title": "They are all meant"});
                (format!("{about}. Are they all meant?"), field)
            }
        };
        let schema = json!({
            "type": "object",
            "properties": { self.name(): field },
            "required": [self.name()],
        });
        let schema = match schema {
            Value::Object(schema) => ElicitationSchema::from_json_schema(schema).ok(),
            _ => None,
        };
        ElicitRequestParams::FormElicitationParams {
            meta: None,
            message,
            requested_schema: schema.unwrap_or_else(|| ElicitationSchema::new(Default::default())),
        }
    }

    fn round(&self) -> InputRequiredResult {
        let request = InputRequest::Elicitation(ElicitRequest::new(self.request()));
        let requests = InputRequests::from([(self.name().to_owned(), request)]);
        InputRequiredResult::from_input_requests(requests)
    }

    /// Puts what was said into the arguments; `false` if it says no.
    fn put(&self, said: &ElicitResult, arguments: &mut Map<String, Value>) -> bool {
        let content = said.content.as_ref().and_then(|all| all.get(self.name()));
        let (ElicitationAction::Accept, Some(content)) = (&said.action, content) else {
            return false;
        };
        match self {
            Question::Who { choices, .. } => {
                let words = content.as_str().unwrap_or_default();
                let place = choices
                    .iter()
                    .position(|one| clean::line(&one.words) == words);
                let Some(place) = place else { return false };
                arguments.insert("pick".to_owned(), json!(place + 1));
                true
            }
            Question::Many { .. } => {
                arguments.insert("yes".to_owned(), Value::Bool(true));
                content == &Value::Bool(true)
            }
        }
    }
}
