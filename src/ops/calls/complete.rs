//! The words that may stand in a field, as programs ask for them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ops::App;
use crate::ops::complete::{self, Wants};

use super::{Call, Caller, Done, Scope};

/// Offers words for one that is begun, the likeliest first.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteCall {
    /// What kind of word it is.
    pub wants: Wants,
    /// What is written of it.
    #[serde(default)]
    pub begun: String,
}

/// What may be meant. `comms.words/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WordsReport {
    pub words: Vec<OfferedWord>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OfferedWord {
    pub word: String,
    /// Who or what it is.
    pub about: String,
}

impl Call for CompleteCall {
    const NAME: &'static str = "complete";
    const SCHEMA: &'static str = "comms.words/1";
    const NEEDS: Scope = Scope::Read;
    type Report = WordsReport;

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<WordsReport>> {
        let offers = complete::offers(app, self.wants, &self.begun)?;
        let known = |word: &str| match self.wants {
            Wants::Account => caller.may_see(word),
            // What is offered besides comes of all accounts.
            _ => caller.accounts.is_none(),
        };
        let words = offers.into_iter().filter(|offer| known(&offer.word));
        Ok(WordsReport {
            words: words
                .map(|offer| OfferedWord {
                    word: offer.word,
                    about: offer.about,
                })
                .collect(),
        }
        .into())
    }
}
