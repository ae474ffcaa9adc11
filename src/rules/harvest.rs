//! What messages tell of the people in them: how an address is kept, who is a machine, who is near.

use super::contact::key;
use super::people::{Affinity, Person};

/// The normal form of an address with its channel: a number is someone else's conversation by SMS than on WhatsApp.
pub fn form(address: &str) -> String {
    let address = address.trim();
    let key = key(address);
    match address.split_once(':') {
        Some((channel @ ("sms" | "whatsapp"), _)) if key.starts_with('+') => {
            format!("{channel}:{key}")
        }
        _ => key,
    }
}

/// Someone known only from messages, as a matcher sees them.
pub fn named(name: &str, address: &str, affinity: Affinity) -> Person {
    let mail = (address.contains('@') && !address.contains(':')).then(|| address.to_owned());
    Person {
        name: name.to_owned(),
        addresses: mail.into_iter().collect(),
        affinity,
        ..Person::default()
    }
}

/// Whether nobody reads what is written to this address.
pub fn is_automated(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let local = local.to_lowercase();
    let plain: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let says = [
        "noreply",
        "donotreply",
        "mailerdaemon",
        "unsubscribe",
        "bounce",
        "autoreply",
    ];
    let is = [
        "postmaster",
        "notification",
        "notifications",
        "notify",
        "alerts",
        "newsletter",
        "news",
        "listserv",
        "majordomo",
        "automated",
    ];
    let ends = ["-request", "-owner", "-bounces", "-subscribe", "-confirm"];
    says.iter().any(|word| plain.contains(word))
        || is.contains(&plain.as_str())
        || ends.iter().any(|end| local.ends_with(end))
        || domain.starts_with("bounce")
        || domain.starts_with("reply.")
        || is_token(&local)
}

/// A mailbox made for one message: long, and mostly of digits.
fn is_token(local: &str) -> bool {
    let word = local.rsplit(['+', '=', '.', '-']).next().unwrap_or(local);
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let hex = word.bytes().all(|b| b.is_ascii_hexdigit());
    (word.len() >= 20 && digits >= 6 && (hex || digits * 4 >= word.len())) || local.len() > 64
}

/// How near someone is to the owner, from 0 (a stranger) to 15, by messages received, sent and of others to both.
pub fn nearness((received, sent, mentioned): (i64, i64, i64)) -> u8 {
    let level = |n: i64| u8::try_from(64 - n.max(0).leading_zeros()).unwrap_or(0);
    if sent > 0 {
        // One answer weighs more than any number of messages that were never answered.
        return (7 + level(sent.saturating_mul(2).saturating_add(received / 4))).min(15);
    }
    level(received.saturating_add(mentioned / 8)).min(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_told_from_people() {
        for address in [
            "noreply@example.com",
            "no-reply+x@example.com",
            "do_not_reply@example.com",
            "mailer-daemon@example.com",
            "bounces+123-ada=example.com@mail.example",
            "list-request@example.com",
            "notifications@example.com",
            "reply+AAB5D7E8F9012345678901234@reply.example.com",
            "0123456789abcdef0123456789@x.example",
        ] {
            assert!(is_automated(address), "{address}");
        }
        for address in [
            "ada@example.com",
            "newsham@example.com",
            "ada.lovelace1815@example.com",
            "+14155550100",
            "slack:u012abc34567890123456789",
            "owner@example.com",
        ] {
            assert!(!is_automated(address), "{address}");
        }
    }

    #[test]
    fn who_was_written_to_is_nearer_than_any_stranger() {
        assert_eq!(nearness((0, 0, 0)), 0);
        assert!(nearness((0, 1, 0)) > nearness((1_000_000, 0, 1_000_000)));
        assert!(nearness((10, 0, 0)) > nearness((1, 0, 0)));
        assert!(nearness((i64::MAX, i64::MAX, i64::MAX)) <= 15);
        assert_eq!(nearness((-1, -1, -1)), 0);
    }
}
