//! Addresses of a vCard: EMAIL, TEL, and IMPP (RFC 6350 §6.4.3) for those who are reached by chat.

use crate::model::contact::{AddressKind, ContactAddress};

use super::document::Document;
use super::property::Property;
use super::text::{line, percent_decoded, percent_encoded, some, unescaped};
use super::{MOST_VALUES, Version};

/// Carries the account of an id of Slack or Chat.
const ACCOUNT: &str = "X-COMMS-ACCOUNT";

/// Types that say nothing of where or what an address is.
const SILENT: [&str; 8] = [
    "PREF", "INTERNET", "VOICE", "MSG", "TEXT", "VIDEO", "X400", "IM",
];

/// An address where it stands.
#[derive(Clone, Debug)]
pub struct Placed {
    pub place: usize,
    pub address: ContactAddress,
    /// How much it is preferred, from 1, whether or not it is the first of its kind.
    pub pref: Option<u32>,
}

/// The addresses of a document in order; of several that are the same, the first.
pub fn placed(document: &Document) -> Vec<Placed> {
    let mut all: Vec<Placed> = Vec::new();
    for (place, entry) in document.entries.iter().enumerate() {
        if all.len() >= MOST_VALUES {
            break;
        }
        let Some(property) = &entry.property else {
            continue;
        };
        let Some((kind, value)) = meant(property) else {
            continue;
        };
        if all.iter().any(|p| is(&p.address, kind, &value)) {
            continue;
        }
        let address = ContactAddress {
            kind,
            value,
            label: label(document, property),
            account: account(property),
            primary: false,
        };
        all.push(Placed {
            place,
            address,
            pref: pref(property),
        });
    }
    for kind in AddressKind::ALL {
        let own = all.iter_mut().filter(|p| p.address.kind == kind);
        // Of several that are preferred, the most; of these, the first.
        let first = own.filter(|p| p.pref.is_some()).min_by_key(|p| p.pref);
        if let Some(first) = first {
            first.address.primary = true;
        }
    }
    all
}

pub fn is(address: &ContactAddress, kind: AddressKind, value: &str) -> bool {
    address.kind == kind && address.value == value
}

/// Which address the property gives, if it is one.
pub fn meant(property: &Property) -> Option<(AddressKind, String)> {
    let name = property.name();
    let text = || some(&property.text());
    match name.as_str() {
        "EMAIL" => Some((AddressKind::Email, text()?)),
        "TEL" => {
            let text = text()?;
            let number = text.get(..4).filter(|s| s.eq_ignore_ascii_case("tel:"));
            let number = number.map_or(text.as_str(), |_| &text[4..]);
            Some((AddressKind::Phone, some(number)?))
        }
        "X-WHATSAPP" => whatsapp(&text()?),
        "X-SLACK" | "X-SLACK-ID" => slack(&text()?),
        "IMPP" | "X-SOCIALPROFILE" | "SOCIALPROFILE" => impp(property),
        _ => None,
    }
    .filter(|(_, value)| !value.is_empty())
    .map(|(kind, value)| match kind {
        AddressKind::Email => {
            let bare = value.get(..7).filter(|s| s.eq_ignore_ascii_case("mailto:"));
            (kind, bare.map_or(value.clone(), |_| line(&value[7..])))
        }
        _ => (kind, value),
    })
}

fn impp(property: &Property) -> Option<(AddressKind, String)> {
    let text = line(&unescaped(&property.escaped_text()));
    let (scheme, rest) = text.split_once(':').unwrap_or(("", &text));
    let service = property
        .one("X-SERVICE-TYPE")
        .or_else(|| property.one("SERVICE-TYPE"))
        .or_else(|| property.types().into_iter().next());
    let of = |word: &str| match word.to_ascii_lowercase().as_str() {
        "whatsapp" => Some(AddressKind::Whatsapp),
        "slack" => Some(AddressKind::Slack),
        "googlechat" => Some(AddressKind::Chat),
        _ => None,
    };
    let rest = percent_decoded(rest);
    match of(scheme) {
        Some(AddressKind::Whatsapp) => whatsapp(&rest),
        Some(AddressKind::Slack) => slack(&rest),
        Some(kind) => some(&rest).map(|value| (kind, value)),
        // Apple: `IMPP;X-SERVICE-TYPE=WhatsApp:x-apple:+14155550100`.
        None if scheme.is_empty() || scheme.eq_ignore_ascii_case("x-apple") => {
            match of(&service?.replace(' ', ""))? {
                AddressKind::Whatsapp => whatsapp(&rest),
                AddressKind::Slack => slack(&rest),
                kind => some(&rest).map(|value| (kind, value)),
            }
        }
        None => None,
    }
}

fn whatsapp(text: &str) -> Option<(AddressKind, String)> {
    let text = some(text.strip_prefix("//send?phone=").unwrap_or(text))?;
    let digits = text.len() >= 7 && text.bytes().all(|b| b.is_ascii_digit());
    let value = match digits {
        true => format!("+{text}"),
        false => text,
    };
    Some((AddressKind::Whatsapp, value))
}

fn slack(text: &str) -> Option<(AddressKind, String)> {
    // `slack://user?team=T1&id=U2` opens a conversation.
    let id = text.strip_prefix("//user?").and_then(|query| {
        let mut fields = query.split('&');
        fields.find_map(|field| field.strip_prefix("id="))
    });
    some(id.unwrap_or(text)).map(|value| (AddressKind::Slack, value))
}

/// `home`, `work`, `mobile`, or the owner's word.
fn label(document: &Document, property: &Property) -> Option<String> {
    let group = property.group.as_deref();
    let own = group
        .and_then(|group| document.group_label(group))
        .and_then(|label| some(&label.text()));
    if let Some(own) = own {
        return Some(match standard(&own) {
            Some(word) => word,
            None => own,
        });
    }
    let types = property.types();
    let has = |word: &str| types.iter().any(|t| t.eq_ignore_ascii_case(word));
    for (types, label) in [
        (&["FAX"][..], "fax"),
        (&["CELL", "MOBILE", "IPHONE"], "mobile"),
        (&["PAGER"], "pager"),
        (&["HOME"], "home"),
        (&["WORK"], "work"),
    ] {
        if types.iter().any(|t| has(t)) {
            return Some(label.to_owned());
        }
    }
    let is_service = property.is("X-SOCIALPROFILE") || property.is("SOCIALPROFILE");
    let word = types
        .iter()
        .find(|t| !is_silent(t) && !is_service && t.parse::<u32>().is_err())?;
    let word = match word.get(..2) {
        Some(x) if x.eq_ignore_ascii_case("X-") => word[2..].to_owned(),
        _ => word.to_lowercase(),
    };
    some(&word)
}

/// `_$!<Home>!$_` of Apple.
fn standard(label: &str) -> Option<String> {
    let word = label.strip_prefix("_$!<")?.strip_suffix(">!$_")?;
    some(&match word.to_lowercase().as_str() {
        "homefax" | "workfax" | "otherfax" => "fax".to_owned(),
        other => other.to_owned(),
    })
}

fn is_silent(word: &str) -> bool {
    SILENT.iter().any(|s| s.eq_ignore_ascii_case(word))
}

fn pref(property: &Property) -> Option<u32> {
    let number = property.one("PREF").and_then(|p| p.parse().ok());
    let word = || {
        let types = property.types();
        types
            .iter()
            .any(|t| t.eq_ignore_ascii_case("PREF"))
            .then_some(1)
    };
    number.or_else(word)
}

fn account(property: &Property) -> Option<String> {
    let value = property.one(ACCOUNT)?;
    // RFC 6868.
    let text = value.replace("^n", " ").replace("^'", "\"");
    some(&text.replace("^^", "^"))
}

/// A property that gives the address; its label is of a group if it is a word of the owner's.
pub fn property(address: &ContactAddress, version: Version) -> Property {
    let name = match address.kind {
        AddressKind::Email => "EMAIL",
        AddressKind::Phone => "TEL",
        _ => "IMPP",
    };
    let mut property = Property::new(name);
    put_value(&mut property, address, version);
    put_account(&mut property, address.account.as_deref());
    property
}

/// Puts the address itself.
pub fn put_value(property: &mut Property, address: &ContactAddress, version: Version) {
    let scheme = match address.kind {
        AddressKind::Email => return property.put(&address.value, version),
        AddressKind::Phone => {
            let e164 = address.value.strip_prefix('+');
            let e164 = e164.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
            let is_uri = property
                .one("VALUE")
                .is_some_and(|v| v.eq_ignore_ascii_case("uri"));
            return match is_uri && e164 {
                true => property.put(&format!("tel:{}", address.value), version),
                false => {
                    property.drop_param("VALUE");
                    property.put(&address.value, version);
                }
            };
        }
        AddressKind::Whatsapp => "whatsapp",
        AddressKind::Slack => "slack",
        AddressKind::Chat => "googlechat",
    };
    property.rename("IMPP");
    for param in ["X-SERVICE-TYPE", "SERVICE-TYPE"] {
        property.drop_param(param);
    }
    let value = format!("{scheme}:{}", percent_encoded(&address.value));
    property.put_escaped(&value, version);
}

pub fn put_account(property: &mut Property, account: Option<&str>) {
    property.drop_param(ACCOUNT);
    if let Some(account) = account {
        let value = account.replace('^', "^^").replace('"', "^'");
        property.add_param(ACCOUNT, &value);
    }
}

/// Marks the property as the first of its kind, or takes the mark off.
pub fn put_primary(property: &mut Property, primary: bool, version: Version) {
    property.drop_param("PREF");
    property.drop_types(|t| t.eq_ignore_ascii_case("PREF"));
    match (primary, version) {
        (false, _) => {}
        (true, Version::V4) => property.add_param("PREF", "1"),
        (true, _) => property.add_type("PREF", version),
    }
}

/// Puts the label as a type; gives it back where it is a word that no type stands for.
pub fn put_label<'a>(
    property: &mut Property,
    label: Option<&'a str>,
    version: Version,
) -> Option<&'a str> {
    property.drop_types(|t| !is_silent(t));
    let label = label?;
    let is_phone = property.is("TEL");
    let word = match label {
        "home" | "work" => label,
        "mobile" if is_phone => "cell",
        "fax" | "pager" if is_phone => label,
        _ => return Some(label),
    };
    property.add_type(word, version);
    None
}
