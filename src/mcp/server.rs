//! What a client is answered, however it is connected.

use std::sync::{Arc, LazyLock};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
    ContentBlock, ErrorData, GetPromptRequestParams, GetPromptResponse, Implementation,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ProgressNotificationParam, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, SubscribeRequestParams,
    SubscriptionFilter, Tool, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, timeout};

use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::document::ErrorDocument;
use crate::ops::Progress;
use crate::ops::calls::{Answer, Caller, Pool, Telling};

use super::ask::{self, Asker};
use super::subscriptions::{Place, Subscriptions};
use super::tools::Entry;
use super::{INSTRUCTIONS, completion, fence, http, prompts, resources, tools, words};

/// Progress is told no more often than this.
const BETWEEN: Duration = Duration::from_millis(100);
/// Characters of a client's name that are kept.
const NAME: usize = 64;

/// One for each client.
pub struct Server {
    pool: Arc<Pool>,
    who: Who,
    subscriptions: Subscriptions,
}

/// Who calls.
enum Who {
    /// The program that started us, under the name it gives.
    Starter(Caller),
    /// The holder of the key that a request came with.
    KeyHolder,
}

impl Server {
    /// For the program that started us.
    pub fn of(pool: Arc<Pool>, starter: Caller) -> Server {
        Server::new(pool, Who::Starter(starter))
    }

    /// For whoever comes by HTTP.
    pub fn over_http(pool: Arc<Pool>) -> Server {
        Server::new(pool, Who::KeyHolder)
    }

    fn new(pool: Arc<Pool>, who: Who) -> Server {
        Server {
            pool,
            who,
            subscriptions: Subscriptions::default(),
        }
    }

    fn place(&self, context: &RequestContext<RoleServer>) -> Result<Place, ErrorData> {
        let caller = match &self.who {
            Who::Starter(caller) => Caller {
                name: client(context).unwrap_or_else(|| caller.name.clone()),
                ..caller.clone()
            },
            Who::KeyHolder => http::caller(&context.extensions)
                .ok_or_else(|| ErrorData::invalid_request("nobody's key came with it", None))?,
        };
        Ok(Place {
            pool: Arc::clone(&self.pool),
            caller,
        })
    }
}

/// The name a client gives itself.
fn client(context: &RequestContext<RoleServer>) -> Option<String> {
    let name = clean::line(&context.client_info()?.name);
    let name: String = name.trim().chars().take(NAME).collect();
    (!name.is_empty()).then_some(name)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_completions()
            .enable_resources()
            .enable_resources_subscribe()
            .build();
        let comms = Implementation::new("comms", env!("CARGO_PKG_VERSION"))
            .with_title("comms")
            .with_description("Sends, reads and searches messages on every channel")
            .with_icons(tools::icons());
        ServerConfig::new(capabilities)
            .with_server_info(comms)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let place = self.place(&context)?;
        let allowed = tools::allowed(place.caller.scope);
        let tools: Vec<Tool> = allowed.map(|entry| entry.tool.clone()).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::named(name).map(|entry| entry.tool.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let place = self.place(&context)?;
        let Some(entry) = tools::named(&request.name) else {
            let name: String = clean::line(&request.name).chars().take(NAME).collect();
            let known: Vec<_> = tools::allowed(place.caller.scope).collect();
            let known: Vec<_> = known.iter().map(|entry| &*entry.tool.name).collect();
            return Err(ErrorData::invalid_params(
                format!("there is no tool `{name}`: there are {}", known.join(", ")),
                None,
            ));
        };
        if place.caller.scope < entry.needs {
            return failed(&self.closed(&request.name), entry).map(Into::into);
        }
        let (telling, told) = telling(&context).unzip();
        let asker = Asker::of(&context, request.input_responses);
        let asked = tools::Asked {
            caller: place.caller,
            arguments: request.arguments.unwrap_or_default(),
            telling,
        };
        let answered = tokio::select! {
            answered = ask::answered((entry, &place.pool), asked, asker) => answered,
            // Whoever cancels is not answered; a call that acts runs to its end all the same.
            () = context.ct.cancelled() => return Err(ErrorData::internal_error("cancelled", None)),
        };
        if let Some(told) = told {
            settle(told).await;
        }
        match answered {
            ask::Answered::Done(answer) => result(answer, entry).map(Into::into),
            ask::Answered::Asks(input) => Ok(input.into()),
        }
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cursor = request.and_then(|page| page.cursor);
        resources::list(&self.place(&context)?, cursor).await
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(
            resources::templates(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let read = resources::read(&self.place(&context)?, &request.uri).await?;
        Ok(read.into())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let place = self.place(&context)?;
        self.subscriptions
            .add(place, request.uri, context.peer)
            .await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscriptions.remove(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let uris = requested.resource_subscriptions.iter().flatten();
        let known = uris.filter(|uri| resources::Target::of(uri).is_some());
        Some(
            SubscriptionFilter::builder()
                .resource_subscriptions(known.cloned())
                .build(),
        )
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let place = self.place(context.request_context())?;
        super::subscriptions::listen(place, context).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::all()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let prompt = prompts::get(&self.place(&context)?, (&request.name, &arguments)).await?;
        Ok(prompt.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        completion::complete(&self.place(&context)?, &request).await
    }
}

impl Server {
    /// A tool that only those may call who may send.
    fn closed(&self, tool: &str) -> Error {
        let error = Error::refused(format!("`{tool}` is closed: this session only reads"));
        error.hint(match self.who {
            Who::Starter(_) => {
                "the user opens it with `comms mcp --allow-send`; what is sent then is held until a person approves it, unless policy says otherwise"
            }
            Who::KeyHolder => "the user opens it with a key of the scope `send`",
        })
    }
}

/// The answer of a call, or the error in its place.
fn result(answer: Result<Answer>, entry: &Entry) -> Result<CallToolResult, ErrorData> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return failed(&error, entry),
    };
    let document: Value = serde_json::from_slice(&answer.json).map_err(broken)?;
    let document = words::translated(document, fields(entry));
    let document = fence::cleaned(document);
    let text = fence::fenced(&document, answer.outcome).map_err(broken)?;
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(document);
    Ok(result)
}

fn failed(error: &Error, entry: &Entry) -> Result<CallToolResult, ErrorData> {
    let document = serde_json::to_value(ErrorDocument::from(error)).map_err(broken)?;
    let document = words::translated(document, fields(entry));
    let document = fence::cleaned(document);
    let text = fence::fenced(&document, Some(error.kind)).map_err(broken)?;
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    result.structured_content = Some(document);
    Ok(result)
}

/// What a tool takes, by name.
fn fields(entry: &Entry) -> &Map<String, Value> {
    static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    let fields = entry.tool.input_schema.get("properties");
    fields.and_then(Value::as_object).unwrap_or(&NONE)
}

fn broken(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(clean::line(&error.to_string()), None)
}

/// What a call tells its progress to, and the task that passes it on, if the client wants to know.
fn telling(context: &RequestContext<RoleServer>) -> Option<(Telling, JoinHandle<()>)> {
    let token = context.meta.get_progress_token()?;
    let peer = context.peer.clone();
    let (tell, mut steps) = mpsc::unbounded_channel::<Progress>();
    let task = tokio::spawn(async move {
        let mut count = 0.0;
        let mut last: Option<Instant> = None;
        while let Some(step) = steps.recv().await {
            let whole = step.total.is_some_and(|total| step.done >= total);
            if !whole && last.is_some_and(|last| last.elapsed() < BETWEEN) {
                continue;
            }
            last = Some(Instant::now());
            // Stages begin anew, and the protocol wants numbers that only grow.
            count += 1.0;
            let stage = clean::line(&step.stage);
            let message = match step.total {
                Some(total) => format!("{stage}: {} of {total}", step.done),
                None => format!("{stage}: {}", step.done),
            };
            let progress =
                ProgressNotificationParam::new(token.clone(), count).with_message(message);
            if peer.notify_progress(progress).await.is_err() {
                return;
            }
        }
    });
    let telling: Telling = Arc::new(move |step| drop(tell.send(step.clone())));
    Some((telling, task))
}

/// What was told before the answer goes out before it.
async fn settle(task: JoinHandle<()>) {
    let stop = task.abort_handle();
    let _ = timeout(BETWEEN, task).await;
    stop.abort();
}
