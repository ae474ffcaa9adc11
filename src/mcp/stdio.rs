//! MCP over stdin and stdout, with the program that started us.

use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorData, GetMeta};
use rmcp::service::{RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage, serve_server};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::io::stdio_pipes;

use crate::error::{Context, Error, Kind, Result};
use crate::ops::calls::{LARGEST, Pool, SessionRequest, session_caller};
use crate::ops::stop::{Ending, Signals};
use crate::ops::{App, Renewals, token};

use super::lines::{Lines, NO_JSON, TOO_LONG};
use super::server::Server;

/// Answers until stdin ends, or a signal ends it. What was begun to be sent is brought to its end.
pub fn run(app: &App, request: &SessionRequest) -> Result<()> {
    let caller = session_caller(app, request)?;
    let pool = Arc::new(Pool::start(Arc::new(app.twin()))?);
    let server = Server::of(Arc::clone(&pool), caller);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context(Kind::Internal, "starting the runtime")?;
    token::may_renew();
    let mut signals = {
        let _inside = runtime.enter();
        Signals::listen()?
    };
    let served = runtime.block_on(async {
        tokio::select! {
            ending = signals.ending() => match ending {
                Ending::Terminated => Ok(()),
                Ending::Interrupted => Err(Error::new(Kind::Interrupted, "interrupted")),
            },
            served = serve(server, &pool) => served,
            never = keep_current(app, &pool) => never,
        }
    });
    let ended = runtime.block_on(async {
        let end = tokio::task::spawn_blocking(move || pool.end());
        tokio::select! {
            _ = end => Ok(()),
            _ = signals.ending() => Err(Error::new(Kind::Interrupted, "interrupted before everything had ended")),
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    served.and(ended)
}

/// Calls go by the config as it is then.
async fn keep_current(app: &App, pool: &Pool) -> Result<()> {
    let mut renewals = Renewals::of(app);
    loop {
        let app = Arc::new(renewals.next().await);
        pool.renew(Arc::clone(&app));
        app.tell_read_again();
    }
}

async fn serve(server: Server, pool: &Arc<Pool>) -> Result<()> {
    let (read, write) = stdio_pipes();
    let read = Lines::new(read, LARGEST);
    let lines =
        AsyncRwTransport::<RoleServer, _, _>::new_server(read, write).with_max_line_length(LARGEST);
    let transport = Patient {
        inner: lines,
        begun: false,
        pool: Arc::clone(pool),
    };
    match serve_server(server, transport).await {
        Ok(running) => match running.waiting().await {
            Ok(_) => Ok(()),
            Err(e) => Err(Error::internal("a session broke off").because(e)),
        },
        // Whoever only looks what is here, or nothing at all, leaves without a word.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {
            Ok(())
        }
        Err(ServerInitializeError::TransportError { .. }) => Ok(()),
        Err(e) => Err(Error::usage("the client did not begin as MCP wants it").because(e)),
    }
}

/// Lets nothing but requests through until a session has begun: what else comes would end it.
struct Patient<T> {
    inner: T,
    begun: bool,
    pool: Arc<Pool>,
}

/// The answer to a line that is no message, if this stands for one.
fn refusal(message: &ClientJsonRpcMessage) -> Option<TxJsonRpcMessage<RoleServer>> {
    let ClientJsonRpcMessage::Notification(told) = message else {
        return None;
    };
    let ClientNotification::CustomNotification(custom) = &told.notification else {
        return None;
    };
    match custom.method.as_str() {
        NO_JSON => {
            let error = ErrorData::parse_error("this line is no JSON", None);
            Some(TxJsonRpcMessage::<RoleServer>::error(error, None))
        }
        TOO_LONG => {
            let id = custom.params.as_ref().and_then(|p| p.get("id"));
            let id = id.and_then(|id| serde_json::from_value(id.clone()).ok());
            let words = format!("this message is larger than {} MiB", LARGEST >> 20);
            let error = ErrorData::invalid_request(words, None);
            Some(TxJsonRpcMessage::<RoleServer>::error(error, id))
        }
        _ => None,
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Patient<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = std::result::Result<(), Self::Error>> + Send + 'static {
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let Some(message) = self.inner.receive().await else {
                // Nobody will ask for more: who waits is told how far it is while it can be told.
                self.pool.hurry();
                return None;
            };
            if let Some(answer) = refusal(&message) {
                // Not waited for here: whoever waits for a message may be interrupted.
                tokio::spawn(self.inner.send(answer));
                continue;
            }
            match &message {
                _ if self.begun => {}
                ClientJsonRpcMessage::Request(asked) => {
                    let inline = asked.request.get_meta().protocol_version().is_some();
                    self.begun = match &asked.request {
                        ClientRequest::InitializeRequest(_) => true,
                        ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
                        _ => inline,
                    };
                }
                _ => continue,
            }
            return Some(message);
        }
    }

    async fn close(&mut self) -> std::result::Result<(), Self::Error> {
        self.inner.close().await
    }
}
