//! Folders: which there are, what they are for, and how they stand.

use crate::error::Result;
use crate::model::message::Role;
use crate::rules::folder;

use super::names::{decode, encode, quote};
use super::parse::{Response, Value, Verdict};
use super::session::Session;

/// A folder that can hold messages.
#[derive(Clone, Debug)]
pub struct Folder {
    /// UTF-8, `/` between levels.
    pub path: String,
    /// The name as the server spells it.
    pub wire: String,
    pub role: Role,
    /// Shows messages that live elsewhere (all mail, starred, important).
    pub view: bool,
    pub standing: Option<Standing>,
}

/// What STATUS tells of a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub messages: u32,
    pub uid_validity: u32,
    pub uid_next: u32,
    pub highest_modseq: Option<u64>,
}

impl Session {
    /// All folders that can hold messages, with their standing, in two round trips at most.
    pub async fn folders(&mut self) -> Result<Vec<Folder>> {
        self.step = "listing folders".to_owned();
        let items = self.status_items();
        let mut returns = Vec::new();
        if self.offers("SPECIAL-USE") {
            returns.push("SPECIAL-USE".to_owned());
        }
        if self.offers("LIST-STATUS") {
            returns.push(format!("STATUS {items}"));
        }
        let command = if returns.is_empty() {
            "LIST \"\" \"*\"".to_owned()
        } else {
            format!("LIST \"\" \"*\" RETURN ({})", returns.join(" "))
        };
        let (mut responses, status) = self.ask(&command).await?;
        if status.verdict != Verdict::Ok {
            // A server that offers more than it understands.
            responses = self.run("LIST \"\" \"*\"").await?.0;
        }
        let mut folders = listed(&responses);
        self.separator = separator(&responses);
        note_standings(&mut folders, &responses);
        self.ask_missing_standings(&mut folders, items).await?;
        guess_roles(&mut folders);
        folders.sort_by(|a, b| {
            (a.role != Role::Inbox, &a.path).cmp(&(b.role != Role::Inbox, &b.path))
        });
        Ok(folders)
    }

    fn status_items(&self) -> &'static str {
        if self.offers("CONDSTORE") || self.offers("QRESYNC") {
            "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
        } else {
            "(MESSAGES UIDNEXT UIDVALIDITY)"
        }
    }

    /// Asks for the standings that LIST did not bring, all at once.
    async fn ask_missing_standings(&mut self, folders: &mut [Folder], items: &str) -> Result<()> {
        self.step = "asking how folders stand".to_owned();
        let missing: Vec<String> = folders
            .iter()
            .filter(|folder| folder.standing.is_none())
            .map(|folder| folder.wire.clone())
            .collect();
        for group in missing.chunks(50) {
            let mut tags = Vec::new();
            for wire in group {
                tags.push(
                    self.send(&format!("STATUS {} {items}", quote(wire)))
                        .await?,
                );
            }
            let mut responses = Vec::new();
            for tag in tags {
                // A folder that can't be asked is found out when it is opened.
                self.answer(&tag, |response| {
                    responses.push(response);
                    Ok(())
                })
                .await?;
            }
            note_standings(folders, &responses);
        }
        Ok(())
    }

    /// Makes a folder; its special use is told to servers that take it.
    pub async fn create(&mut self, path: &str, role: Role) -> Result<String> {
        self.writes("creating a folder")?;
        self.step = format!("creating `{path}`");
        let wire = encode(&path.replace('/', &self.separator));
        let special = match role {
            Role::Sent => "\\Sent",
            Role::Drafts => "\\Drafts",
            Role::Trash => "\\Trash",
            Role::Junk => "\\Junk",
            Role::Archive => "\\Archive",
            Role::Inbox | Role::All | Role::Other => "",
        };
        if !special.is_empty() && self.offers("CREATE-SPECIAL-USE") {
            let command = format!("CREATE {} (USE ({special}))", quote(&wire));
            let (_, status) = self.ask(&command).await?;
            if status.verdict == Verdict::Ok {
                return Ok(wire);
            }
        }
        let (_, status) = self.ask(&format!("CREATE {}", quote(&wire))).await?;
        if status.verdict != Verdict::Ok && status.code != "ALREADYEXISTS" {
            return Err(self.refusal(&status));
        }
        let _ = self.ask(&format!("SUBSCRIBE {}", quote(&wire))).await?;
        Ok(wire)
    }
}

fn listed(responses: &[Response]) -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::new();
    for response in responses {
        let Response::Data { name, values, .. } = response else {
            continue;
        };
        let (true, [attributes, separator, wire, ..]) = (name == "LIST", values.as_slice()) else {
            continue;
        };
        let Some(wire) = spelled(wire) else { continue };
        let has = |attribute: &str| {
            attributes
                .list()
                .iter()
                .any(|a| a.text().is_some_and(|a| a.eq_ignore_ascii_case(attribute)))
        };
        if has("\\Noselect") || has("\\NonExistent") || folders.iter().any(|f| f.wire == wire) {
            continue;
        }
        let mut path = decode(&wire);
        if let Some(separator) = separator.text().filter(|s| !s.is_empty() && *s != "/") {
            path = path.replace(separator, "/");
        }
        let role = if path.eq_ignore_ascii_case("INBOX") {
            path = "INBOX".to_owned();
            Role::Inbox
        } else {
            [
                ("\\Sent", Role::Sent),
                ("\\Drafts", Role::Drafts),
                ("\\Trash", Role::Trash),
                ("\\Junk", Role::Junk),
                ("\\Archive", Role::Archive),
                ("\\All", Role::All),
            ]
            .into_iter()
            .find(|(attribute, _)| has(attribute))
            .map_or(Role::Other, |(_, role)| role)
        };
        folders.push(Folder {
            path,
            wire,
            role,
            view: has("\\All") || has("\\Flagged") || has("\\Important"),
            standing: None,
        });
    }
    folders
}

/// What the server writes between levels.
fn separator(responses: &[Response]) -> String {
    responses
        .iter()
        .find_map(|response| match response {
            Response::Data { name, values, .. } if name == "LIST" => values.get(1)?.text(),
            _ => None,
        })
        .filter(|separator| !separator.is_empty())
        .unwrap_or("/")
        .to_owned()
}

/// A mailbox name; `NIL` and numbers are names, too.
fn spelled(value: &Value) -> Option<String> {
    match value {
        Value::Nil => Some("NIL".to_owned()),
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::Atom(atom) => Some(atom.clone()),
        Value::List(_) => None,
    }
}

fn note_standings(folders: &mut [Folder], responses: &[Response]) {
    for response in responses {
        let Response::Data { name, values, .. } = response else {
            continue;
        };
        let (true, [wire, items, ..]) = (name == "STATUS", values.as_slice()) else {
            continue;
        };
        let Some(wire) = spelled(wire) else { continue };
        let inbox = wire.eq_ignore_ascii_case("INBOX");
        let folder = folders
            .iter_mut()
            .find(|f| f.wire == wire || (inbox && f.role == Role::Inbox));
        if let Some(folder) = folder {
            folder.standing = standing(items.list());
        }
    }
}

fn standing(items: &[Value]) -> Option<Standing> {
    let of = |wanted: &str| -> Option<u64> {
        items
            .chunks_exact(2)
            .find(|pair| {
                pair[0]
                    .text()
                    .is_some_and(|t| t.eq_ignore_ascii_case(wanted))
            })
            .and_then(|pair| pair[1].number())
    };
    Some(Standing {
        messages: u32::try_from(of("MESSAGES")?).ok()?,
        uid_validity: u32::try_from(of("UIDVALIDITY")?).ok()?,
        uid_next: u32::try_from(of("UIDNEXT")?).ok()?,
        highest_modseq: of("HIGHESTMODSEQ").filter(|n| *n > 0),
    })
}

/// Gives roles by usual names where the server named none; of several with the same the first one has it.
fn guess_roles(folders: &mut [Folder]) {
    for at in 0..folders.len() {
        let role = folder::role(&folders[at].path);
        let free = folders.iter().all(|folder| folder.role != role);
        if folders[at].role == Role::Other && free && role != Role::Inbox {
            folders[at].role = role;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::imap::parse::{Piece, response};

    fn list(lines: &[&str]) -> Vec<Folder> {
        let responses: Vec<_> = lines
            .iter()
            .map(|line| response(vec![Piece::Text(line.as_bytes().to_vec())]).unwrap())
            .collect();
        let mut folders = listed(&responses);
        note_standings(&mut folders, &responses);
        guess_roles(&mut folders);
        folders
    }

    #[test]
    fn special_use_wins_over_names() {
        let folders = list(&[
            "* LIST (\\HasNoChildren) \".\" inbox",
            "* LIST (\\Sent) \".\" \"Raus.damit\"",
            "* LIST () \".\" Sent",
            "* LIST (\\Noselect) \".\" Nothing",
            "* LIST (\\All) \".\" Everything",
            "* STATUS INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 12)",
        ]);
        let roles: Vec<_> = folders.iter().map(|f| (f.path.as_str(), f.role)).collect();
        assert_eq!(
            roles,
            [
                ("INBOX", Role::Inbox),
                ("Raus/damit", Role::Sent),
                ("Sent", Role::Other),
                ("Everything", Role::All)
            ]
        );
        assert!(folders[3].view);
        let standing = folders[0].standing.unwrap();
        assert_eq!((standing.uid_next, standing.highest_modseq), (9, Some(12)));
    }

    #[test]
    fn usual_names_of_other_languages_have_their_role() {
        let folders = list(&[
            "* LIST () \"/\" INBOX",
            "* LIST () \"/\" Entw&APw-rfe",
            "* LIST () \"/\" INBOX/Papierkorb",
            "* LIST () \"/\" Projekte/Gesendet",
        ]);
        let roles: Vec<_> = folders.iter().map(|f| f.role).collect();
        assert_eq!(roles, [Role::Inbox, Role::Drafts, Role::Trash, Role::Other]);
    }
}
