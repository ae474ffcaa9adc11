//! Addresses as our own user types them (RFC 5322 §3.4): read strictly, refused with clear words.

use crate::error::{Error, Result};
use crate::model::address::Address;

/// RFC 5321 §4.5.3.1: a path is at most 256 octets with its brackets.
const LONGEST: usize = 254;

/// Reads one mailbox: `ada@example.com`, `<ada@example.com>`, `Ada <ada@example.com>`, `"L, Ada" <ada@example.com>`.
pub fn parse(text: &str) -> Result<Address> {
    let mut all = parse_list(text)?;
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(bad(text, "it is empty")),
        (Some(_), false) => Err(bad(text, "it holds several addresses")),
    }
}

/// Reads mailboxes separated by commas.
pub fn parse_list(text: &str) -> Result<Vec<Address>> {
    if let Some(c) = text.chars().find(|c| is_forbidden(*c)) {
        return Err(bad(
            &text.replace(is_forbidden, "?"),
            &format!("it holds the control character U+{:04X}", u32::from(c)),
        ));
    }
    split(text)?
        .into_iter()
        .filter(|piece| !piece.trim().is_empty())
        .map(mailbox)
        .collect()
}

/// One spelling for all that name the same mailbox: in lower case, without quotes that nothing needs, its domain in
/// ASCII. A pattern with stars in it is spelled the same way.
pub fn one_spelling(email: &str) -> String {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return email.to_lowercase();
    };
    let bare = local.strip_prefix('"').and_then(|l| l.strip_suffix('"'));
    let local = bare.filter(|bare| is_dot_atom(bare)).unwrap_or(local);
    let labels: Vec<String> = domain.split('.').map(label).collect();
    format!("{}@{}", local.to_lowercase(), labels.join("."))
}

/// A label as it is looked up (IDNA).
fn label(label: &str) -> String {
    if label.is_ascii() {
        return label.to_ascii_lowercase();
    }
    match url::Host::parse(label) {
        Ok(url::Host::Domain(ascii)) => ascii,
        _ => label.to_lowercase(),
    }
}

/// Control characters and what turns text around (bidi) have no place in an address or a name.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

/// Cuts at commas outside quotes and angle brackets.
fn split(text: &str) -> Result<Vec<&str>> {
    let (mut pieces, mut start, mut quoted, mut escaped, mut angle) =
        (Vec::new(), 0, false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => angle = true,
            '>' if !quoted => angle = false,
            ',' if !quoted && !angle => {
                pieces.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err(bad(text, "a quote is not closed"));
    }
    pieces.push(&text[start..]);
    Ok(pieces)
}

fn mailbox(piece: &str) -> Result<Address> {
    let text = piece.trim();
    let Some(open) = angle(text) else {
        check(text, text)?;
        return Ok(Address::new(None, text));
    };
    let Some(inside) = text[open + 1..].strip_suffix('>') else {
        return Err(bad(text, "nothing may follow `<address>`"));
    };
    let email = inside.trim();
    check(text, email)?;
    let name = name(text[..open].trim(), text)?;
    let name = name.as_deref().map(str::trim);
    Ok(Address::new(name.filter(|n| !n.is_empty()), email))
}

/// Where the angle bracket outside quotes is.
fn angle(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices()
        .find(|(_, c)| {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '<' => return !quoted,
                _ => {}
            }
            false
        })
        .map(|(at, _)| at)
}

fn name(text: &str, whole: &str) -> Result<Option<String>> {
    if text.is_empty() {
        return Ok(None);
    }
    let Some(quoted) = text.strip_prefix('"') else {
        if text.contains(['"', '<', '>']) {
            return Err(bad(whole, "a name with quotes is quoted as a whole"));
        }
        return Ok(Some(text.to_owned()));
    };
    let mut name = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => name.extend(chars.next()),
            '"' if chars.as_str().trim().is_empty() => return Ok(Some(name)),
            '"' => return Err(bad(whole, "a name with quotes is quoted as a whole")),
            c => name.push(c),
        }
    }
    Err(bad(whole, "a quote is not closed"))
}

/// Checks `local@domain` (RFC 5321 §4.1.2; letters beyond ASCII as in RFC 6531).
fn check(whole: &str, email: &str) -> Result<()> {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return Err(bad(whole, "there is no `@` in it"));
    };
    if email.len() > LONGEST {
        return Err(bad(whole, "it is longer than an address can be"));
    }
    if local.is_empty() {
        return Err(bad(whole, "nothing stands before the `@`"));
    }
    if local.len() > 64 {
        return Err(bad(whole, "more than 64 bytes stand before the `@`"));
    }
    let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    if quoted {
        let inside = &local[1..local.len() - 1];
        if inside.contains(['"', '\\']) {
            return Err(bad(
                whole,
                "quotes inside a quoted local part are not taken",
            ));
        }
    } else if !is_dot_atom(local) {
        return Err(bad(whole, "what stands before the `@` is not a mailbox"));
    }
    check_domain(whole, domain)
}

/// What needs no quotes (RFC 5321 §4.1.2).
fn is_dot_atom(local: &str) -> bool {
    let sign =
        |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(sign))
}

fn check_domain(whole: &str, domain: &str) -> Result<()> {
    if let Some(literal) = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')) {
        let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
        return address
            .parse::<std::net::IpAddr>()
            .map(drop)
            .map_err(|_| bad(whole, "what stands in brackets is no IP address"));
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| {
                c.is_ascii_alphanumeric()
                    || c == '-'
                    || c == '_'
                    || (!c.is_ascii() && c.is_alphanumeric())
            })
    };
    if domain.is_empty() || !domain.split('.').all(label) {
        return Err(bad(whole, "what stands after the `@` is not a domain"));
    }
    Ok(())
}

fn bad(text: &str, why: &str) -> Error {
    let text: String = text.trim().chars().take(80).collect();
    Error::usage(format!("`{text}` is not an address: {why}"))
        .hint("an address looks like `ada@example.com` or `Ada <ada@example.com>`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_the_same_however_it_is_spelled() {
        for (spelled, one) in [
            ("Ann@Example.COM", "ann@example.com"),
            ("\"ann\"@example.com", "ann@example.com"),
            ("\"ann.b\"@example.com", "ann.b@example.com"),
            ("\"ann b\"@example.com", "\"ann b\"@example.com"),
            ("\"ann.\"@example.com", "\"ann.\"@example.com"),
            ("x@Bücher.example", "x@xn--bcher-kva.example"),
            ("x@XN--BCHER-KVA.example", "x@xn--bcher-kva.example"),
            ("x@ｅvil.example", "x@evil.example"),
            ("*@*.bücher.example", "*@*.xn--bcher-kva.example"),
            ("x@[192.0.2.1]", "x@[192.0.2.1]"),
            ("slack:#Ops", "slack:#ops"),
        ] {
            assert_eq!(one_spelling(spelled), one, "{spelled}");
        }
    }

    #[test]
    fn every_usual_form_is_read() {
        for (text, name, email) in [
            ("ada@example.com", None, "ada@example.com"),
            (" <ada@example.com> ", None, "ada@example.com"),
            ("Ada <ada@example.com>", Some("Ada"), "ada@example.com"),
            (
                "Ada Lovelace<ada@example.com>",
                Some("Ada Lovelace"),
                "ada@example.com",
            ),
            (
                "\"L, Ada\" <ada@example.com>",
                Some("L, Ada"),
                "ada@example.com",
            ),
            (
                "\"a \\\"b\\\" c\" <x@y.example>",
                Some("a \"b\" c"),
                "x@y.example",
            ),
            ("Zoë <zoë@exämple.com>", Some("Zoë"), "zoë@exämple.com"),
            ("you@localhost", None, "you@localhost"),
            ("a+b@[127.0.0.1]", None, "a+b@[127.0.0.1]"),
            ("\"odd one\"@example.com", None, "\"odd one\"@example.com"),
        ] {
            let read = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(
                (read.name.as_deref(), read.email.as_str()),
                (name, email),
                "{text}"
            );
        }
    }

    #[test]
    fn junk_is_refused_with_a_reason() {
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "ada@exa mple.com",
            "ada@-x.com",
            "ada..b@example.com",
            "Ada <ada@example.com> junk",
            "\"Ada <ada@example.com>",
            "ada@example.com\nBcc: eve@example.com",
            "Ada\r\nBcc: e@x.com <ada@example.com>",
            "ada@example.com, bob@example.com",
            "Ada <>",
            "ada@example..com",
            "x@y\u{202e}z.com",
            "a\0@example.com",
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.kind, crate::error::Kind::Usage);
            assert!(!error.message.contains(['\r', '\n', '\0']), "{text}");
        }
    }

    #[test]
    fn a_list_is_cut_at_commas_outside_quotes() {
        let all = parse_list("\"L, Ada\" <ada@example.com>, bob@example.com,").unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].name.as_deref(), Some("L, Ada"));
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_prints_and_reads_back_the_same(text in "\\PC{0,40}@[a-z]{1,8}\\.[a-z]{2,4}") {
            if let Ok(read) = parse(&text) {
                proptest::prop_assert_eq!(parse(&read.to_string()).unwrap(), read);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = parse_list(&text);
        }
    }
}
