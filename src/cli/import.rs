//! `comms import`.

use clap::Args;

use crate::error::Result;
use crate::ops::App;

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
pub struct ImportArgs {}

pub fn run(_args: ImportArgs, _app: &App, _out: &mut Output) -> Result<Done> {
    todo!()
}
