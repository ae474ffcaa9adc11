//! Folders: which there are, what they are for, and how they stand.

use crate::error::Result;
use crate::model::message::Role;

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

/// Usual names, lower case, of servers that don't tell what a folder is for.
const USUAL: &[(Role, &[&str])] = &[
    (
        Role::Sent,
        &[
            "sent",
            "sent items",
            "sent mail",
            "sent messages",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "envoyés",
            "messages envoyés",
            "éléments envoyés",
            "enviados",
            "elementos enviados",
            "enviadas",
            "itens enviados",
            "posta inviata",
            "inviata",
            "verzonden",
            "verzonden items",
            "skickat",
            "skickade",
            "sendt",
            "sendte elementer",
            "wysłane",
            "elementy wysłane",
            "odeslané",
            "lähetetyt",
            "отправленные",
            "送信済み",
            "送信済みメール",
            "已发送",
            "已傳送",
            "寄件備份",
            "보낸 편지함",
        ],
    ),
    (
        Role::Drafts,
        &[
            "drafts",
            "draft",
            "entwürfe",
            "brouillons",
            "borradores",
            "rascunhos",
            "bozze",
            "concepten",
            "utkast",
            "kladder",
            "szkice",
            "wersje robocze",
            "koncepty",
            "luonnokset",
            "черновики",
            "下書き",
            "草稿",
            "草稿箱",
            "임시보관함",
        ],
    ),
    (
        Role::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "bin",
            "papierkorb",
            "gelöscht",
            "gelöschte elemente",
            "gelöschte objekte",
            "corbeille",
            "éléments supprimés",
            "papelera",
            "elementos eliminados",
            "lixeira",
            "itens excluídos",
            "cestino",
            "posta eliminata",
            "prullenbak",
            "verwijderde items",
            "papperskorgen",
            "slettet",
            "slettede elementer",
            "kosz",
            "elementy usunięte",
            "koš",
            "roskakori",
            "корзина",
            "удаленные",
            "удалённые",
            "ゴミ箱",
            "已删除",
            "垃圾桶",
            "휴지통",
        ],
    ),
    (
        Role::Junk,
        &[
            "junk",
            "spam",
            "junk e-mail",
            "junk email",
            "junk mail",
            "bulk mail",
            "spamverdacht",
            "indésirables",
            "courrier indésirable",
            "correo no deseado",
            "lixo eletrônico",
            "posta indesiderata",
            "ongewenste e-mail",
            "ongewenst",
            "skräppost",
            "uønsket",
            "wiadomości-śmieci",
            "nevyžádaná pošta",
            "roskaposti",
            "спам",
            "迷惑メール",
            "垃圾邮件",
            "垃圾郵件",
            "스팸",
        ],
    ),
    (
        Role::Archive,
        &[
            "archive",
            "archives",
            "archiv",
            "archivo",
            "arquivo",
            "archivio",
            "archief",
            "arkiv",
            "archiwum",
            "arkisto",
            "архив",
            "アーカイブ",
            "归档",
            "封存",
            "보관",
        ],
    ),
];

/// Gives roles by name where the server named none.
fn guess_roles(folders: &mut [Folder]) {
    for (role, names) in USUAL {
        if folders.iter().any(|folder| folder.role == *role) {
            continue;
        }
        // The earlier name is the likelier one.
        let found = names.iter().find_map(|name| {
            folders.iter().position(|folder| {
                folder.role == Role::Other && main_name(&folder.path) == Some(name.to_string())
            })
        });
        if let Some(at) = found {
            folders[at].role = *role;
        }
    }
}

/// The name of a folder at the top or right below INBOX or a provider's root, lower case.
fn main_name(path: &str) -> Option<String> {
    let name = match path.split_once('/') {
        None => path,
        Some((root, name)) if root.eq_ignore_ascii_case("INBOX") || root.starts_with('[') => name,
        Some(_) => return None,
    };
    Some(name.to_lowercase())
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
