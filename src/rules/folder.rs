//! What a folder is for, guessed from its name where no server says it.

use crate::model::message::Role;

/// The role that the usual name of a folder tells, in several languages.
///
/// Only a top-level folder, or one right below `INBOX` or `[Gmail]`, has a role: `lists/sent` is an
/// ordinary folder.
pub fn role(path: &str) -> Role {
    let mut levels = path.split('/');
    let mut name = levels.next().unwrap_or_default();
    if is_container(name)
        && let Some(below) = levels.next()
    {
        name = below;
    }
    if levels.next().is_some() {
        return Role::Other;
    }
    by_name(name)
}

fn is_container(name: &str) -> bool {
    ["inbox", "[gmail]", "[google mail]"].contains(&name.to_lowercase().as_str())
}

fn by_name(name: &str) -> Role {
    let name = name.trim().to_lowercase();
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()))
        .map_or(Role::Other, |(role, _)| *role)
}

/// The usual English name of the folder with a role, for creating it.
pub fn usual_name(role: Role) -> &'static str {
    match role {
        Role::Inbox | Role::Other => "INBOX",
        Role::Sent => "Sent",
        Role::Drafts => "Drafts",
        Role::Trash => "Trash",
        Role::Junk => "Junk",
        Role::Archive | Role::All => "Archive",
    }
}

const NAMES: &[(Role, &[&str])] = &[
    (Role::Inbox, &["inbox"]),
    (
        Role::Sent,
        &[
            "sent",
            "sent mail",
            "sent items",
            "sent messages",
            "sent-mail",
            "sent_mail",
            "outgoing",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "gesendete nachrichten",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
            "enviados",
            "elementos enviados",
            "mensajes enviados",
            "itens enviados",
            "posta inviata",
            "inviata",
            "inviati",
            "verzonden",
            "verzonden items",
            "verzonden berichten",
            "skickat",
            "skickade",
            "skickade objekt",
            "sendt",
            "sendte elementer",
            "lähetetyt",
            "wysłane",
            "elementy wysłane",
            "odeslané",
            "отправленные",
            "надіслані",
            "gönderilmiş öğeler",
            "送信済み",
            "送信済みメール",
            "已发送",
            "已发送邮件",
            "寄件備份",
            "보낸편지함",
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
            "luonnokset",
            "szkice",
            "koncepty",
            "черновики",
            "чернетки",
            "taslaklar",
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
            "bin",
            "deleted",
            "deleted items",
            "deleted messages",
            "papierkorb",
            "gelöschte elemente",
            "gelöschte objekte",
            "corbeille",
            "éléments supprimés",
            "papelera",
            "elementos eliminados",
            "lixeira",
            "lixo",
            "itens excluídos",
            "cestino",
            "posta eliminata",
            "prullenbak",
            "verwijderde items",
            "papperskorg",
            "papperskorgen",
            "papirkurv",
            "roskakori",
            "kosz",
            "koš",
            "корзина",
            "удаленные",
            "кошик",
            "çöp kutusu",
            "ゴミ箱",
            "已删除",
            "已删除邮件",
            "垃圾桶",
            "휴지통",
        ],
    ),
    (
        Role::Junk,
        &[
            "junk",
            "junk mail",
            "junk e-mail",
            "junk email",
            "spam",
            "bulk mail",
            "spamverdacht",
            "junk-e-mail",
            "unerwünscht",
            "courrier indésirable",
            "indésirables",
            "correo no deseado",
            "correo basura",
            "lixo eletrônico",
            "posta indesiderata",
            "ongewenste e-mail",
            "skräppost",
            "søppelpost",
            "roskaposti",
            "wiadomości-śmieci",
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
            "archived",
            "archiv",
            "archivio",
            "archivo",
            "arquivo",
            "archief",
            "arkiv",
            "arkisto",
            "archiwum",
            "архив",
            "архів",
            "arşiv",
            "アーカイブ",
            "归档",
            "存档",
            "보관",
        ],
    ),
    (
        Role::All,
        &[
            "all mail",
            "alle nachrichten",
            "tous les messages",
            "todos",
            "tutti i messaggi",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_tell_roles_at_the_top_only() {
        for (path, expected) in [
            ("INBOX", Role::Inbox),
            ("Inbox", Role::Inbox),
            ("Sent", Role::Sent),
            ("INBOX/Sent Items", Role::Sent),
            ("[Gmail]/All Mail", Role::All),
            ("Entwürfe", Role::Drafts),
            ("Корзина", Role::Trash),
            ("迷惑メール", Role::Junk),
            ("lists/sent", Role::Other),
            ("lists/rust", Role::Other),
            ("INBOX/lists/Trash", Role::Other),
            ("", Role::Other),
        ] {
            assert_eq!(role(path), expected, "{path}");
        }
    }
}
