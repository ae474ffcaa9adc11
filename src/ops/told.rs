//! Trouble that stays as it is is told when it begins.

/// What was told last of something that may go on failing.
#[derive(Debug, Default)]
pub struct Told(Option<String>);

impl Told {
    /// Whether these words are to be told now: not if they were told last.
    pub fn is_new(&mut self, words: &str) -> bool {
        let is_new = self.0.as_deref() != Some(words);
        if is_new {
            self.0 = Some(words.to_owned());
        }
        is_new
    }

    /// The trouble is over: the same is told again when it comes back.
    pub fn end(&mut self) {
        self.0 = None;
    }
}
