//! WhatsApp's own rules: who may be written to freely, which templates an account has, and messages beyond text.

pub mod acts;
pub mod compose;
mod templates;
mod windows;

pub use templates::{
    TemplateRow, TemplateSource, TemplatesReport, TemplatesRequest, Wanted, category, find, list,
    refresh,
};
pub use windows::{WindowReport, check as check_window, closed_by_provider, note, of as window};
