//! What may stand in an argument that is begun.

use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, ErrorData, Reference};

use crate::ops::calls::CompleteCall;
use crate::ops::complete::Wants;

use super::resources::{fault, json_of};
use super::subscriptions::Place;

pub async fn complete(
    place: &Place,
    request: &CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let Some(wants) = wanted(request) else {
        return Ok(CompleteResult::default());
    };
    let call = CompleteCall {
        wants,
        begun: request.argument.value.clone(),
    };
    let answer = place.pool.call(place.caller.clone(), call, None).await;
    let document = json_of(&answer.map_err(|e| fault(&e))?)?;
    let words = document["words"].as_array().into_iter().flatten();
    let words = words.filter_map(|offer| offer["word"].as_str().map(str::to_owned));
    let words: Vec<String> = words.take(CompletionInfo::MAX_VALUES).collect();
    let info = CompletionInfo::new(words).map_err(|e| ErrorData::internal_error(e, None))?;
    Ok(CompleteResult::new(info))
}

/// What kind of word the argument takes; `None` where nothing can be offered.
fn wanted(request: &CompleteRequestParams) -> Option<Wants> {
    let argument = request.argument.name.as_str();
    match &request.r#ref {
        Reference::Resource(resource) => match resource.uri.as_str() {
            "comms://messages/{id}" | "comms://messages/{id}/attachments/{number}"
                if argument == "id" =>
            {
                Some(Wants::Message)
            }
            "comms://contacts/{id}" => Some(Wants::Contact),
            _ => None,
        },
        Reference::Prompt(_) => match argument {
            "account" => Some(Wants::Account),
            "id" => Some(Wants::Message),
            "label" => Some(Wants::Label),
            _ => None,
        },
        _ => None,
    }
}
