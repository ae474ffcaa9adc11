//! Listings that come page by page, and have an end.

use std::collections::HashSet;

use crate::error::{Error, Result};

/// The pages of one listing that were asked for.
#[derive(Debug, Default)]
pub struct Trail(HashSet<String>);

impl Trail {
    /// Notes the page that is asked for next.
    ///
    /// # Errors
    /// `unavailable` if it was asked for before: a listing that can't be read to its end must not pass for a whole one,
    /// nor be read for ever.
    pub fn step(&mut self, page: &str, doing: &str) -> Result<()> {
        match self.0.insert(page.to_owned()) {
            true => Ok(()),
            false => Err(Error::unavailable(format!(
                "{doing}: it has no end, a page leads back to one before it"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_that_leads_back_is_left() {
        let mut trail = Trail::default();
        for page in ["a", "b", "c"] {
            trail.step(page, "listing").unwrap();
        }
        let error = trail.step("a", "listing the spaces").unwrap_err();
        assert!(
            error
                .message
                .starts_with("listing the spaces: it has no end")
        );
    }
}
