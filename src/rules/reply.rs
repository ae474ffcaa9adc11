//! Answers and forwards: to whom (RFC 5322 §3.6.3), under which subject, in which thread, and how the old text is quoted.

use crate::model::address::Address;
use crate::model::message::Parsed;

/// References kept in a header: the first, which names the thread, and the newest.
const MOST_REFERENCES: usize = 30;

/// Who gets an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
}

/// Who an answer goes to: Reply-To or From; with `all` also To and Cc, without the owner's addresses and repeats.
///
/// An answer to one's own message goes to those it went to.
pub fn recipients(message: &Parsed, own: &[String], all: bool) -> Recipients {
    let is_own = |a: &Address| own.iter().any(|o| a.same_mailbox(o));
    let authors: &[Address] = if message.reply_to.is_empty() {
        &message.from
    } else {
        &message.reply_to
    };
    let from_own = !message.from.is_empty() && message.from.iter().all(is_own);
    let mut answer = Recipients::default();
    let mut seen: Vec<String> = Vec::new();
    if from_own && !message.to.is_empty() {
        take(&message.to, &mut answer.to, &mut seen, |_| false);
    } else {
        take(authors, &mut answer.to, &mut seen, |_| false);
        if all {
            take(&message.to, &mut answer.cc, &mut seen, is_own);
        }
    }
    if all {
        take(&message.cc, &mut answer.cc, &mut seen, is_own);
    }
    answer
}

fn take(
    from: &[Address],
    to: &mut Vec<Address>,
    seen: &mut Vec<String>,
    leave_out: impl Fn(&Address) -> bool,
) {
    for address in from {
        let key = address.email.to_lowercase();
        if address.email.contains('@') && !leave_out(address) && !seen.contains(&key) {
            seen.push(key);
            to.push(address.clone());
        }
    }
}

/// In-Reply-To and References of an answer to this message.
pub fn thread_of(message: &Parsed) -> (Vec<String>, Vec<String>) {
    let Some(parent) = message.message_id.clone().filter(|id| is_sound(id)) else {
        return (Vec::new(), Vec::new());
    };
    let chain = if message.references.is_empty() && message.in_reply_to.len() == 1 {
        &message.in_reply_to
    } else {
        &message.references
    };
    let mut references: Vec<String> = Vec::new();
    for id in chain.iter().chain([&parent]).filter(|id| is_sound(id)) {
        references.retain(|known| known != id);
        references.push(id.clone());
    }
    if references.len() > MOST_REFERENCES {
        let surplus = references.len() - MOST_REFERENCES;
        references.drain(1..=surplus);
    }
    (vec![parent], references)
}

/// An id that can stand in our header: a stranger chose it.
fn is_sound(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 500
        && id
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"<>".contains(&b))
}

/// What mail programs of other languages write before the subject of an answer.
const ANSWER: [&str; 16] = [
    "re", "aw", "antw", "sv", "vs", "r", "rif", "res", "odp", "ynt", "bls", "ref", "回复", "答复",
    "回覆", "rv",
];
const FORWARD: [&str; 12] = [
    "fwd", "fw", "wg", "tr", "vb", "i", "enc", "pd", "doorst", "转发", "轉寄", "vl",
];

/// `Re: subject`, however often and in whatever language it was answered or forwarded before.
pub fn answer_subject(subject: &str) -> String {
    format!("Re: {}", bare(subject, &ANSWER))
        .trim_end()
        .to_owned()
}

/// `Fwd: subject`, without doubling.
pub fn forward_subject(subject: &str) -> String {
    format!("Fwd: {}", bare(subject, &FORWARD))
        .trim_end()
        .to_owned()
}

/// The subject without these marks before it.
fn bare(subject: &str, marks: &[&str]) -> String {
    let line: String = subject
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut rest = line.trim();
    while let Some((mark, after)) = rest.split_once([':', '：']) {
        // `Re[2]:` and `Re(3):` count answers.
        let word = mark
            .trim()
            .trim_end_matches(|c: char| c.is_ascii_digit() || "[]()".contains(c));
        if !marks.contains(&word.to_lowercase().as_str()) {
            break;
        }
        rest = after.trim_start();
    }
    rest.to_owned()
}

/// `On … Ada wrote:` and the text with `> ` before each line.
pub fn quote(message: &Parsed, when: &str) -> String {
    let mut quoted = attribution(message, when);
    for line in message.text.trim_end().lines() {
        quoted.push_str(if line.is_empty() || line.starts_with('>') {
            ">"
        } else {
            "> "
        });
        quoted.push_str(line);
        quoted.push('\n');
    }
    quoted
}

fn attribution(message: &Parsed, when: &str) -> String {
    let who = message
        .from
        .first()
        .map_or("someone".to_owned(), |a| one_line(a.label()));
    if when.is_empty() {
        format!("{who} wrote:\n")
    } else {
        format!("On {when}, {who} wrote:\n")
    }
}

/// The head and the text of a message that is sent on.
pub fn forwarded(message: &Parsed, when: &str) -> String {
    let people = |all: &[Address]| {
        let all: Vec<_> = all.iter().map(|a| one_line(&a.to_string())).collect();
        all.join(", ")
    };
    let mut text = String::from("---------- Forwarded message ----------\n");
    for (name, value) in [
        ("From", people(&message.from)),
        ("Date", when.to_owned()),
        ("Subject", one_line(&message.subject)),
        ("To", people(&message.to)),
        ("Cc", people(&message.cc)),
    ] {
        if !value.is_empty() {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    text.push('\n');
    text.push_str(message.text.trim_end());
    text.push('\n');
    text
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(emails: &[&str]) -> Vec<Address> {
        emails.iter().map(|e| Address::new(None, e)).collect()
    }

    fn message() -> Parsed {
        Parsed {
            from: people(&["ada@example.com"]),
            to: people(&["Me@example.com", "bob@example.com"]),
            cc: people(&["eve@example.com", "BOB@example.com"]),
            ..Parsed::default()
        }
    }

    #[test]
    fn an_answer_goes_to_the_author_or_where_the_author_asks() {
        let own = ["me@example.com".to_owned()];
        let mut m = message();
        assert_eq!(recipients(&m, &own, false).to, people(&["ada@example.com"]));
        m.reply_to = people(&["list@example.com"]);
        assert_eq!(
            recipients(&m, &own, false).to,
            people(&["list@example.com"])
        );
        assert!(recipients(&m, &own, false).cc.is_empty());
    }

    #[test]
    fn an_answer_to_all_leaves_the_owner_and_repeats_out() {
        let answer = recipients(&message(), &["me@example.com".to_owned()], true);
        assert_eq!(answer.to, people(&["ada@example.com"]));
        assert_eq!(answer.cc, people(&["bob@example.com", "eve@example.com"]));
    }

    #[test]
    fn an_answer_to_ones_own_message_goes_to_those_it_went_to() {
        let answer = recipients(&message(), &["ada@example.com".to_owned()], false);
        assert_eq!(answer.to, people(&["Me@example.com", "bob@example.com"]));
    }

    #[test]
    fn marks_before_a_subject_never_double() {
        for (old, new) in [
            ("hello", "Re: hello"),
            ("Re: hello", "Re: hello"),
            ("RE: AW: Re[2]: hello", "Re: hello"),
            ("Sv: hello", "Re: hello"),
            ("回复：你好", "Re: 你好"),
            ("Fwd: hello", "Re: Fwd: hello"),
            ("Report: numbers", "Re: Report: numbers"),
            ("", "Re:"),
            ("a\r\nBcc: eve@example.com", "Re: a  Bcc: eve@example.com"),
        ] {
            assert_eq!(answer_subject(old), new, "{old}");
        }
        assert_eq!(forward_subject("Fw: WG: hello"), "Fwd: hello");
        assert_eq!(forward_subject("Re: hello"), "Fwd: Re: hello");
    }

    #[test]
    fn references_grow_but_not_for_ever() {
        let mut m = message();
        m.message_id = Some("last@x".to_owned());
        m.references = (0..100).map(|n| format!("{n}@x")).collect();
        m.references.push("bad id\r\nBcc: x@y".to_owned());
        let (parent, references) = thread_of(&m);
        assert_eq!(parent, ["last@x"]);
        assert_eq!(references.len(), MOST_REFERENCES);
        assert_eq!(
            (&*references[0], &**references.last().unwrap()),
            ("0@x", "last@x")
        );
    }

    #[test]
    fn quoting_deepens_what_was_quoted() {
        let mut m = message();
        m.text = "one\n> two\n\nthree\n".to_owned();
        assert_eq!(
            quote(&m, "20 Nov 2026"),
            "On 20 Nov 2026, ada@example.com wrote:\n> one\n>> two\n>\n> three\n"
        );
    }
}
