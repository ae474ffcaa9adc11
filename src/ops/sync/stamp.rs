//! What a folder's state keeps beside the cursor, as one text.

use crate::channel::imap::names::{expand, uid_set};

/// Messages refused that are asked for again; more of them are a broken folder.
const MOST_REFUSED: usize = 1000;

/// How a folder stood at the end of its last sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// On the server; `None` if the sync was cut short.
    pub messages: Option<u32>,
    /// UIDs of messages the server refused even alone, ascending.
    pub refused: Vec<u32>,
}

impl Stamp {
    /// A folder with so many messages and nothing refused.
    pub fn of(messages: u32) -> Self {
        Stamp {
            messages: Some(messages),
            refused: Vec::new(),
        }
    }

    /// Reads what [`Stamp::written`] wrote; anything else says nothing.
    pub fn read(text: Option<&str>) -> Self {
        let mut stamp = Stamp::default();
        for (key, value) in text
            .unwrap_or_default()
            .split(' ')
            .filter_map(|w| w.split_once('='))
        {
            match key {
                "n" => stamp.messages = value.parse().ok(),
                "refused" => stamp.refused = expand(value, MOST_REFUSED).unwrap_or_default(),
                _ => {}
            }
        }
        stamp
    }

    /// As text; `None` if there is nothing to say.
    pub fn written(&self) -> Option<String> {
        let mut uids = self.refused.clone();
        uids.sort_unstable();
        uids.dedup();
        uids.truncate(MOST_REFUSED);
        let count = self.messages.map(|n| format!("n={n}"));
        let refused = (!uids.is_empty()).then(|| format!("refused={}", uid_set(&uids)));
        let words: Vec<String> = count.into_iter().chain(refused).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        for stamp in [
            Stamp::default(),
            Stamp::of(7),
            Stamp {
                messages: None,
                refused: vec![2],
            },
            Stamp {
                messages: Some(9),
                refused: vec![2, 3, 9],
            },
        ] {
            assert_eq!(Stamp::read(stamp.written().as_deref()), stamp);
        }
        assert_eq!(Stamp::of(7).written().as_deref(), Some("n=7"));
        assert_eq!(Stamp::read(Some("maildir x")), Stamp::default());
    }
}
