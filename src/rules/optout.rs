//! When two addresses are the same for an opt-out, whatever the channel.

use super::address::one_spelling;

/// The form under which an address is kept and looked up: mail in lower case with an ASCII domain, phone numbers as `+`
/// and digits whatever reaches them (`sms:`, `whatsapp:`), anything else in lower case.
pub fn normal(address: &str) -> String {
    let address = address.trim();
    let number = address.split_once(':').filter(|(channel, _)| {
        let numbered = ["sms", "whatsapp"];
        numbered.iter().any(|one| channel.eq_ignore_ascii_case(one))
    });
    let address = number
        .map(|(_, number)| number.trim())
        .filter(|n| n.starts_with('+'))
        .unwrap_or(address);
    if address.rfind('@').is_some_and(|at| at > 0) {
        return one_spelling(address);
    }
    if let Some(number) = address.strip_prefix('+') {
        let rest: String = number.chars().filter(|c| !" -./()".contains(*c)).collect();
        if !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()) {
            return format!("+{rest}");
        }
    }
    address.to_lowercase()
}

/// Words that end messages by SMS, and those that let them come again: carriers and Twilio act on them by themselves.
const OUT: [&str; 8] = [
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
];
const IN: [&str; 3] = ["start", "yes", "unstop"];

/// Whether a text asks for no more messages (`true`), or for messages again; it says nothing else.
pub fn keyword(text: &str) -> Option<bool> {
    let word = text.trim().to_lowercase();
    match word.as_str() {
        word if OUT.contains(&word) => Some(true),
        word if IN.contains(&word) => Some(false),
        _ => None,
    }
}

/// Why an address is on the list, in the words of the reply.
pub fn replied(text: &str) -> String {
    let word: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(20)
        .collect();
    format!("replied {}", word.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_recipient_has_one_form() {
        for (written, form) in [
            (" Ada@Example.COM ", "ada@example.com"),
            ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
            ("ada@[192.0.2.1]", "ada@[192.0.2.1]"),
            ("\"ada\"@example.com", "ada@example.com"),
            ("+1 (555) 010-0.99", "+1555010099"),
            ("sms:+15550100", "+15550100"),
            ("SMS: +1 555-0100", "+15550100"),
            ("whatsapp:+15550100", "+15550100"),
            ("whatsapp:US.abc", "whatsapp:us.abc"),
            ("sms:24273", "sms:24273"),
            ("#General", "#general"),
            ("@Ada", "@ada"),
        ] {
            assert_eq!(normal(written), form, "{written}");
        }
    }

    #[test]
    fn only_a_word_by_itself_is_an_opt_out() {
        assert_eq!(keyword(" Stop\n"), Some(true));
        assert_eq!(keyword("YES"), Some(false));
        for text in ["stop it", "", "help", "don't stop"] {
            assert_eq!(keyword(text), None, "{text}");
        }
        assert_eq!(replied("stop\u{1b}"), "replied STOP");
    }
}
