//! `comms send`, `comms reply`, `comms forward`.

use clap::Args;

use crate::error::Result;
use crate::ops::App;

use super::Done;
use super::output::Output;

#[derive(Debug, Args)]
pub struct SendArgs {}

#[derive(Debug, Args)]
pub struct ReplyArgs {}

#[derive(Debug, Args)]
pub struct ForwardArgs {}

pub fn send(_args: SendArgs, _app: &App, _out: &mut Output) -> Result<Done> {
    todo!()
}

pub fn reply(_args: ReplyArgs, _app: &App, _out: &mut Output) -> Result<Done> {
    todo!()
}

pub fn forward(_args: ForwardArgs, _app: &App, _out: &mut Output) -> Result<Done> {
    todo!()
}
