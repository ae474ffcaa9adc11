//! The binary at a real terminal.

use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use super::{World, binary};

impl World {
    /// Runs the binary at a terminal of 80 columns and gives everything it showed.
    pub fn run_at_terminal<S: AsRef<str>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let mut session = self.at_terminal(args);
        let shown = session.exp_eof().expect("the binary ends");
        // rexpect makes a character of each byte.
        let bytes: Vec<_> = shown
            .chars()
            .map(|c| u8::try_from(c).unwrap_or(b'?'))
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Starts the binary at a terminal, to talk to it.
    pub fn at_terminal<S: AsRef<str>>(&self, args: impl IntoIterator<Item = S>) -> PtySession {
        self.at_terminal_of(80, args)
    }

    /// Starts the binary at a terminal of so many columns.
    pub fn at_terminal_of<S: AsRef<str>>(
        &self,
        columns: u16,
        args: impl IntoIterator<Item = S>,
    ) -> PtySession {
        // The shell gives the terminal a size before it becomes the binary.
        let mut command = self.command_of("sh");
        command
            .args([
                "-c",
                &format!("stty cols {columns} rows 24; exec \"$0\" \"$@\""),
                binary(),
            ])
            .env("TERM", "xterm-256color")
            .env("PAGER", "cat");
        for arg in args {
            command.arg(arg.as_ref());
        }
        let timeout = Duration::from_secs(20).as_millis();
        spawn_command(command, u64::try_from(timeout).ok())
            .expect("the binary starts at a terminal")
    }
}
