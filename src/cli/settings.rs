//! `comms settings`.

use clap::Args;

use crate::error::Result;
use crate::ops::App;

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
pub struct ConfigArgs {}

impl ConfigArgs {
    /// Whether it must work even while the config file is broken.
    pub fn works_without_config(&self) -> bool {
        false
    }
}

pub fn run(_args: ConfigArgs, _app: &App, _out: &mut Output) -> Result<Done> {
    todo!()
}
