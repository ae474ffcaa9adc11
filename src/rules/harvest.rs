//! What messages tell of the people in them: which addresses are someone's, and what they are called.

use crate::format::clean;
use crate::format::cut::floor;
use crate::model::address::Address;

use super::contact::key;

/// Longest address that is kept, in bytes (RFC 5321 §4.5.3.1 allows 64 + 1 + 255).
const LONGEST_ADDRESS: usize = 320;
/// Longest name that is kept, in bytes.
const LONGEST_NAME: usize = 200;

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

/// [`form`] of an address that a message names; `None` if it is not one that someone could be written to.
pub fn person(address: &str) -> Option<String> {
    let address = address.trim();
    let unfit = |c: char| c.is_control() || c.is_whitespace() || "<>\"\u{fffd}".contains(c);
    if address.is_empty() || address.len() > LONGEST_ADDRESS || address.contains(unfit) {
        return None;
    }
    let someone = match address.split_once(':') {
        Some(("sms" | "whatsapp", who)) => !who.is_empty(),
        Some(("slack", who)) => who.starts_with(['U', 'W']),
        Some(("chat", who)) => who.starts_with("users/") || who.contains('@'),
        _ => address.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && clean::line(address) == address
        }),
    };
    someone.then(|| form(address))
}

/// What a message calls the one at this address; `None` if it is no name.
pub fn name(of: &Address) -> Option<String> {
    let given = of.name.as_deref()?;
    let name = clean::line(&given[..floor(given, LONGEST_NAME)]);
    let name = name.trim().trim_matches(['"', '\'']).trim();
    // A name that is an address only pretends to be another; `Ada via list` is the list's word.
    let unfit = name.is_empty() || name.contains('@') || name.contains(" via ");
    let spoken = name.chars().any(char::is_alphabetic);
    (!unfit && spoken).then(|| name.to_owned())
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
    fn only_what_can_be_written_to_is_kept() {
        for (address, kept) in [
            ("Ada@Example.com", Some("ada@example.com")),
            ("sms:+1 415", None),
            ("sms:+14155550100", Some("sms:+14155550100")),
            ("whatsapp:+1 (415)", None),
            ("whatsapp:US.abc", Some("whatsapp:us.abc")),
            ("slack:U012", Some("slack:u012")),
            ("slack:C012", None),
            ("chat:users/1", Some("chat:users/1")),
            ("chat:spaces/A", None),
            ("undisclosed-recipients", None),
            ("@example.com", None),
            ("ada@", None),
            ("a\0b@example.com", None),
            ("a b@example.com", None),
            ("a\u{202e}b@example.com", None),
            ("a\u{fffd}@example.com", None),
            ("", None),
        ] {
            assert_eq!(person(address).as_deref(), kept, "{address:?}");
        }
        assert_eq!(person(&format!("{}@example.com", "a".repeat(400))), None);
    }

    #[test]
    fn a_name_that_is_none_is_left_out() {
        let called = |name: &str| super::name(&Address::new(Some(name), "x@example.com"));
        assert_eq!(called("'Ada Lovelace'").as_deref(), Some("Ada Lovelace"));
        assert_eq!(called("Ada\r\n\u{1b}[31mL").as_deref(), Some("Ada L"));
        for none in ["", "  ", "boss@example.com", "Ada via list", "+1 415", "''"] {
            assert_eq!(called(none), None, "{none}");
        }
        let long = called(&"é".repeat(1 << 20)).unwrap();
        assert!(long.len() <= LONGEST_NAME);
    }

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
