//! What people forget when they write.

use crate::rules::route;

use super::SendRequest;

/// Something that was perhaps forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    Subject,
    Attachment,
}

impl Forgotten {
    pub fn warning(self) -> &'static str {
        match self {
            Forgotten::Subject => "the subject is empty",
            Forgotten::Attachment => "the text speaks of an attachment, and nothing is attached",
        }
    }
}

/// What may be forgotten in a new message.
pub fn doubts(request: &SendRequest) -> Vec<Forgotten> {
    let mut doubts = Vec::new();
    let subject = request.subject.as_deref().unwrap_or_default();
    if subject.trim().is_empty() && has_subject(request) {
        doubts.push(Forgotten::Subject);
    }
    if request.attachments.is_empty() && speaks_of_attachment(&request.text) {
        doubts.push(Forgotten::Attachment);
    }
    doubts
}

/// Whether it goes to anyone who expects a subject: rooms have none.
fn has_subject(request: &SendRequest) -> bool {
    let room = |to: &String| matches!(route::read(to), Ok(route::Target::Channel(..)));
    !request.to.iter().all(room) || !request.cc.is_empty() || !request.bcc.is_empty()
}

/// Whether a text says that something is attached.
fn speaks_of_attachment(text: &str) -> bool {
    let quoted = |line: &&str| !line.starts_with('>');
    text.lines().filter(quoted).any(|line| {
        let line = line.to_lowercase();
        [
            "attached",
            "attachment",
            "enclosed",
            "im anhang",
            "angehängt",
            "pièce jointe",
            "adjunto",
        ]
        .iter()
        .any(|word| line.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mail_has_a_subject() {
        for (to, wants_one) in [
            ("ada@example.com", true),
            ("Ada", true),
            ("sms:+14155550100", false),
            ("SMS:+14155550100", false),
            (" +14155550100", false),
            ("slack:#general", false),
            ("to:desk", false),
        ] {
            let request = SendRequest {
                to: vec![to.to_owned()],
                text: "hi".to_owned(),
                ..SendRequest::default()
            };
            let asks = doubts(&request).contains(&Forgotten::Subject);
            assert_eq!(asks, wants_one, "{to}");
        }
    }
}
