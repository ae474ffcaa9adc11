//! `comms` alone: where things stand, and on a first run how to begin.

use crate::error::Result;
use crate::ops::App;

use super::Done;
use super::output::Output;

pub fn run(_app: &App, _out: &mut Output) -> Result<Done> {
    todo!()
}
