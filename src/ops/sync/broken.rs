//! Messages at which a server hangs up: found one by one, so that they keep nothing else away.

/// Messages at which a server may hang up in one sync; each costs two connections.
const MOST_BROKEN: usize = 20;

/// What was found out about an account's broken messages over the connections of one sync.
#[derive(Debug, Default)]
pub struct Broken {
    /// Folder, UID, the server's last words.
    found: Vec<(String, u32, String)>,
    suspect: Option<(String, u32)>,
}

impl Broken {
    /// Remembers where a fetch of many stumbled; the next connection asks for that message alone.
    pub fn suspect(&mut self, folder: &str, uid: u32) {
        self.suspect = Some((folder.to_owned(), uid));
    }

    /// The suspect of this folder; it is asked for once.
    pub fn take_suspect(&mut self, folder: &str) -> Option<u32> {
        let (found, uid) = self.suspect.as_ref()?;
        let uid = (found == folder).then_some(*uid)?;
        self.suspect = None;
        Some(uid)
    }

    /// The server hung up when it was asked for this message alone.
    pub fn note(&mut self, folder: &str, uid: u32, words: &str) {
        self.found.push((folder.to_owned(), uid, words.to_owned()));
    }

    /// The broken messages of a folder.
    pub fn of(&self, folder: &str) -> Vec<(u32, String)> {
        self.found
            .iter()
            .filter(|(found, ..)| found == folder)
            .map(|(_, uid, words)| (*uid, words.clone()))
            .collect()
    }

    /// Whether so many were found that the server had better be left alone.
    pub fn is_full(&self) -> bool {
        self.found.len() >= MOST_BROKEN
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.found.len()
    }
}
