//! `comms search`.

use clap::Args;

use crate::error::Result;
use crate::ops::App;

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
pub struct SearchArgs {}

pub fn run(_args: SearchArgs, _app: &App, _out: &mut Output) -> Result<Done> {
    todo!()
}
