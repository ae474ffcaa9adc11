//! `comms mcp`.

use clap::Args;

use crate::error::Result;
use crate::ops::App;
use crate::ops::calls::{SessionDoor, SessionRequest};

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
#[command(
    after_help = "A client starts it by itself, from a configuration like\n  \
{\"mcpServers\": {\"comms\": {\"command\": \"comms\", \"args\": [\"mcp\"]}}}\n\nExamples:\n  comms mcp\n  \
comms mcp --allow-send --account work"
)]
pub struct McpArgs {
    /// Let the client send, mark and change contacts; what it sends is held unless `[policy.agent]` says otherwise
    #[arg(long)]
    allow_send: bool,
    /// Let it know of this account only; may be given several times
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<String>,
}

pub fn run(args: McpArgs, app: &App, (out, door): (&mut Output, SessionDoor)) -> Result<Done> {
    if out.looks.terminal_in {
        out.hint(
            "this speaks MCP with a program that starts it: see `comms man mcp`; Ctrl-D ends it",
        );
    }
    let request = SessionRequest {
        allow_send: args.allow_send,
        accounts: args.account,
    };
    door(app, &request)?;
    Ok(None)
}
