//! `comms serve`.

use std::net::SocketAddr;

use clap::Args;

use crate::error::{Error, Result};
use crate::ops::App;
use crate::ops::serving::{self, AccessLog, Door, Part, ServeReport, ServeRequest};

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  comms serve\n  comms serve --only webhooks,outbox\n  comms serve --print-unit"
)]
pub struct ServeArgs {
    /// Only these: webhooks, outbox, sync, api, mcp, hooks
    #[arg(long, value_name = "PARTS", value_delimiter = ',',
          value_parser = ["webhooks", "outbox", "sync", "api", "mcp", "hooks"])]
    only: Vec<String>,
    /// Listen here (127.0.0.1:8787); from other machines only behind a proxy with a certificate
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How calls of programs are told on stderr (plain)
    #[arg(long, value_parser = ["plain", "json", "off"])]
    access_log: Option<String>,
    /// Print the systemd unit that keeps it running
    #[arg(long, conflicts_with = "listen")]
    print_unit: bool,
}

pub fn run(args: ServeArgs, app: &App, (out, door): (&mut Output, Door)) -> Result<Done> {
    let only: Vec<Part> = args
        .only
        .iter()
        .filter_map(|name| Part::named(name))
        .collect();
    if args.print_unit {
        let report = serving::unit(&only)?;
        if out.format.is_json() {
            out.report("comms.serve_unit/1", &report, |_| String::new())?;
        } else {
            out.text(&report.text)?;
        }
        return Ok(None);
    }
    let listen = args.listen.as_deref().map(address).transpose()?;
    let request = ServeRequest {
        listen,
        only,
        access_log: args.access_log.as_deref().and_then(AccessLog::named),
    };
    let mut ready = |report: &ServeReport| {
        out.report("comms.serve/1", report, |_| text(report))?;
        out.flush()
    };
    serving::serve(app, &request, (door, &mut ready))?;
    Ok(None)
}

fn address(text: &str) -> Result<SocketAddr> {
    text.parse().map_err(|_| {
        Error::usage(format!("`{text}` is not an address to listen on"))
            .hint("write an IP address and a port: `comms serve --listen 127.0.0.1:8787`")
    })
}

fn text(report: &ServeReport) -> String {
    let parts: Vec<_> = report.parts.iter().map(|part| part.name()).collect();
    let mut text = format!("listening on {} ({})\n", report.listen, parts.join(", "));
    for webhook in &report.webhooks {
        text.push_str(&format!(
            "account {} is called at {}\n",
            webhook.account, webhook.url
        ));
    }
    text
}
