//! Who is named in a message: untrusted, so most of it may be nobody at all.

use crate::format::clean;
use crate::format::cut::floor;
use crate::model::address::Address;
use crate::rules::harvest::form;

/// Longest address that is kept, in bytes (RFC 5321 §4.5.3.1 allows 64 + 1 + 255).
const LONGEST_ADDRESS: usize = 320;
/// Longest name that is kept, in bytes.
const LONGEST_NAME: usize = 200;

/// The normal form of an address that a message names; `None` if it is not one that someone could be written to.
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
        let called = |given: &str| name(&Address::new(Some(given), "x@example.com"));
        assert_eq!(called("'Ada Lovelace'").as_deref(), Some("Ada Lovelace"));
        assert_eq!(called("Ada\r\n\u{1b}[31mL").as_deref(), Some("Ada L"));
        for none in ["", "  ", "boss@example.com", "Ada via list", "+1 415", "''"] {
            assert_eq!(called(none), None, "{none}");
        }
        let long = called(&"é".repeat(1 << 20)).unwrap();
        assert!(long.len() <= LONGEST_NAME);
    }
}
