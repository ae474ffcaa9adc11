//! Reads flags, resolves the config, opens the app, runs one door and ends the process.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;

use comms::cli::output::{Output, render_error};
use comms::cli::{Cli, Doors, dispatch};
use comms::cli::{parse, progress, prompt, search, usage};
use comms::config::Config;
use comms::config::flags::{Environment, GlobalFlags, Looks};
use comms::disk;
use comms::error::{Error, Kind, Result};
use comms::model::account::Account;
use comms::ops::{App, audit, token};
use comms::secret::Vault;
use comms::store::Store;

fn main() -> ExitCode {
    disk::leave_no_core();
    let args = search::shield(std::env::args_os().collect());
    let wants_json = asks_for_json(&args);
    report_panics(wants_json);
    let cli = match parse::parse(args) {
        Ok(cli) => cli,
        Err(e) => return refuse(&e, wants_json),
    };
    tell_steps(cli.global.verbose);
    let env = Environment::read();
    let looks = Looks::decide(&cli.global, &env);
    let (json, color) = (looks.format.is_json(), looks.color_err);
    let code = match run(cli, &env, looks) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(kind)) => ExitCode::from(kind.exit_code()),
        Err(error) => fail(&error, json, color),
    };
    token::settle(|words| {
        if !json {
            progress::notice(words);
        }
    });
    code
}

fn run(cli: Cli, env: &Environment, looks: Looks) -> Result<Option<Kind>> {
    // How a bug looks can only be tested with a bug; never in a release.
    assert!(
        !cfg!(debug_assertions) || !env.is_on("COMMS_TEST_PANIC"),
        "asked to"
    );
    let clock = env.clock()?;
    let needs_no_config = cli
        .command
        .as_ref()
        .is_some_and(|c| c.works_without_config());
    let config = match Config::resolve(&cli.global, env) {
        Err(_) if needs_no_config => Config::without_file(&cli.global, env)?,
        config => config?,
    };
    let asks_nobody = config.scripted || config.agent.is_some();
    let mut out = Output::to_stdout(looks, clock.now_local());
    let origin = comms::cli::origin_of(config.agent.as_deref(), config.scripted, &out);
    let app = App {
        store: Store::at(&config.data_dir)
            .owned_by(config.accounts.iter().flat_map(Account::own_addresses))
            .in_hook(config.in_hook)
            .audited_as(audit::auditor(&config, origin))
            .timed_by(&clock),
        vault: Vault::new(config.secrets.clone())
            .asking(prompt::passphrase(&out.looks, asks_nobody))
            .telling(Arc::new(progress::notice)),
        config,
        clock,
        crowd: None,
        progress: progress::listener(&out.looks),
        notice: Arc::new(progress::notice),
    };
    let doors = Doors {
        openapi: comms::serve::api::openapi::document,
        http: |desk, stop| comms::serve::run(desk, stop, comms::mcp::router),
        mcp: comms::mcp::run,
    };
    let done = dispatch(cli.command, (&app, doors), &mut out);
    // A progress bar goes before the answer is written.
    let App {
        store,
        progress,
        notice,
        ..
    } = app;
    drop((progress, notice));
    store.leave();
    // Rows already printed stay, whatever came after them.
    let flushed = out.flush();
    let done = done?;
    flushed?;
    Ok(done)
}

/// Lets our own steps be seen on stderr. Libraries stay silent: what they tell may hold what we must not.
fn tell_steps(verbose: u8) {
    use tracing_subscriber::filter::{LevelFilter, filter_fn};
    use tracing_subscriber::prelude::*;
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let ours = filter_fn(|step| step.target().starts_with("comms::"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .with_filter(level)
        .with_filter(ours);
    // Only the first subscriber of a process counts; there is no other.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// Writes the error to stderr and turns it into the exit code.
fn fail(error: &Error, json: bool, color: bool) -> ExitCode {
    let text = render_error(error, json, color);
    let _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(error.kind.exit_code())
}

/// Help and version are success; the rest is a wrong request.
fn refuse(error: &clap::Error, json: bool) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let printed = error.print().and_then(|()| std::io::stdout().flush());
        return match printed {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                let error = Error::internal("writing to stdout").because(e);
                fail(&error, json, false)
            }
            _ => ExitCode::SUCCESS,
        };
    }
    let color = Looks::decide(&GlobalFlags::default(), &Environment::read()).color_err;
    fail(&usage::from_clap(error), json, color)
}

/// Whether errors must be JSON although the arguments could not be read.
fn asks_for_json(args: &[std::ffi::OsString]) -> bool {
    let words = || {
        args.iter()
            .filter_map(|a| a.to_str())
            .take_while(|a| *a != "--")
    };
    let format = words()
        .zip(words().skip(1))
        .any(|(flag, value)| flag == "--format" && value.starts_with("json"));
    format || words().any(|a| a == "--json" || a.starts_with("--format=json"))
}

/// A panic is a bug: one clear line, and a backtrace only for who asks.
fn report_panics(json: bool) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let what = panic.payload_as_str().unwrap_or("no words");
        let place = panic
            .location()
            .map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        let error = Error::internal(format!(
            "this is a bug in comms {}: {what}{place}",
            env!("CARGO_PKG_VERSION")
        ))
        .hint("please report it with the command you ran; what was stored is safe");
        let _ = std::io::stderr().write_all(render_error(&error, json, false).as_bytes());
        if std::backtrace::Backtrace::capture().status()
            == std::backtrace::BacktraceStatus::Captured
        {
            usual(panic);
        }
        // A call of `serve` is answered as a fault, and the others go on.
        if comms::ops::calls::outlives_panics() {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "main ends the process")]
        std::process::exit(i32::from(Kind::Internal.exit_code()));
    }));
}
