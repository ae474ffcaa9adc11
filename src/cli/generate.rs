//! `comms completions` and `comms man`, from the one clap tree.

use clap::Args;

use crate::error::Result;

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
pub struct CompletionsArgs {}

#[derive(Debug, Args)]
pub struct ManArgs {}

pub fn completions(_args: CompletionsArgs, _out: &mut Output) -> Result<Done> {
    todo!()
}

pub fn man(_args: ManArgs, _out: &mut Output) -> Result<Done> {
    todo!()
}
