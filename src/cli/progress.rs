//! How long work shows itself: a bar on a terminal, JSON lines for programs, nothing in a pipe.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::config::flags::{Looks, ProgressChoice};
use crate::ops::Progress;

/// One line of `--progress json`.
#[derive(Serialize, schemars::JsonSchema)]
pub struct ProgressLine<'a> {
    /// Always `comms.progress/1`.
    pub schema: &'static str,
    /// What is being done, for a person.
    pub stage: &'a str,
    pub done: u64,
    /// Null if it can't be known.
    pub total: Option<u64>,
}

/// What the operations call as they go.
pub fn listener(looks: &Looks) -> Arc<dyn Fn(&Progress) + Send + Sync> {
    match looks.progress {
        ProgressChoice::Never => Arc::new(|_| ()),
        ProgressChoice::Json => Arc::new(write_line),
        ProgressChoice::Auto if !looks.terminal_err => Arc::new(|_| ()),
        ProgressChoice::Auto => {
            let bar: Mutex<Option<Bar>> = Mutex::new(None);
            Arc::new(move |progress| draw(&bar, progress))
        }
    }
}

/// Tells on stderr what is waited for.
pub fn notice(words: &str) {
    let line = format!("note: {}\n", crate::format::clean::line(words));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn write_line(progress: &Progress) {
    let line = ProgressLine {
        schema: "comms.progress/1",
        stage: &progress.stage,
        done: progress.done,
        total: progress.total,
    };
    if let Ok(mut line) = serde_json::to_vec(&line) {
        line.push(b'\n');
        // A listener that is gone must not stop the work.
        let _ = std::io::stderr().write_all(&line);
    }
}

struct Bar {
    bar: ProgressBar,
    stage: String,
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn draw(slot: &Mutex<Option<Bar>>, progress: &Progress) {
    let mut slot = slot
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if slot.as_ref().is_none_or(|b| b.stage != progress.stage) {
        // The old bar clears its line before the new one draws there.
        *slot = None;
        *slot = Some(Bar {
            bar: start(progress),
            stage: progress.stage.clone(),
        });
    }
    let Some(shown) = slot.as_ref() else { return };
    match progress.total {
        Some(total) => {
            shown.bar.set_length(total);
            shown.bar.set_position(progress.done);
            if progress.done >= total {
                // The answer on stdout must not be written into the bar.
                *slot = None;
            }
        }
        None => shown.bar.set_position(progress.done),
    }
}

fn start(progress: &Progress) -> ProgressBar {
    let template = match progress.total {
        Some(_) => "{msg} {wide_bar} {human_pos}/{human_len} {eta}",
        None => "{spinner} {msg} {human_pos}",
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(progress.total, ProgressDrawTarget::stderr_with_hz(10))
        .with_style(style);
    bar.set_message(crate::format::clean::line(&progress.stage));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
