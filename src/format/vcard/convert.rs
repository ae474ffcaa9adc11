//! A vCard in another version: what the versions write in different ways is written in the new one's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::format::mime::transfer::Transfer;

use crate::model::contact::AddressKind;

use super::document::{Document, Entry};
use super::property::Property;
use super::{Version, address, card, put};

/// Bytes that a property may carry itself.
const BINARY: [&str; 4] = ["PHOTO", "LOGO", "SOUND", "KEY"];

/// The same document in this version.
pub fn to(mut document: Document, version: Version) -> Document {
    let from = document.version;
    if from == version {
        return document;
    }
    document.version = version;
    // What has no place in the newer ones: a whole card within another.
    document
        .entries
        .retain(|e| !e.is("AGENT") || version == Version::V2);
    for entry in &mut document.entries {
        if ["BEGIN", "END"].iter().any(|mark| entry.is(mark)) {
            continue;
        }
        entry.change(|p| property(p, (from, version)));
    }
    // 4.0 wants it first; so do most readers of the others.
    document
        .entries
        .retain(|e| !e.is("VERSION") && e.property.is_some());
    let mut line = Property::new("VERSION");
    line.put_escaped(version.name(), version);
    document
        .entries
        .insert(1.min(document.entries.len()), Entry::new(line));
    let day = document.all("BDAY").find_map(card::birthday);
    if version == Version::V4 && day.is_some() {
        // Other ways to write a day are none there.
        put::birthday(&mut document, day.as_deref());
    }
    document
}

fn property(property: &mut Property, (from, to): (Version, Version)) {
    let name = property.name();
    let is_binary = BINARY.contains(&name.as_str());
    let bytes = match property.transfer() {
        Transfer::Base64 => Some(Transfer::Base64.decode(property.raw()).0.into_owned()),
        _ if is_binary => data_uri(property),
        _ => None,
    };
    let media = media(property, &name);
    match bytes.filter(|bytes| !bytes.is_empty()) {
        Some(bytes) => binary(property, (&bytes, media.as_deref()), to),
        None => {
            let text = property.escaped_text().replace("\r\n", "\n");
            let text = text.replace(['\r', '\n'], "\\n");
            let text = match from {
                Version::V2 => escaped_more(&text, &name),
                _ => text,
            };
            property.put_escaped(text.trim_end_matches("\\n"), to);
        }
    }
    if let Some((AddressKind::Phone, number)) = address::meant(property) {
        property.drop_param("VALUE");
        property.put(&number, to);
    }
    let preferred = property.one("PREF").is_some() && to != Version::V4;
    let marked = property
        .types()
        .iter()
        .any(|t| t.eq_ignore_ascii_case("PREF"));
    let types = property.types();
    property.drop_types(|_| true);
    for word in types.iter().filter(|t| !t.eq_ignore_ascii_case("PREF")) {
        property.add_type(word, to);
    }
    match (to, marked || preferred) {
        (Version::V4, _) if marked => {
            property.drop_param("PREF");
            property.add_param("PREF", "1");
        }
        (Version::V2 | Version::V3, true) => {
            // 1 is the most: the others would be as much in 3.0.
            let most = property.one("PREF").is_none_or(|p| p == "1");
            property.drop_param("PREF");
            if most {
                property.add_type("PREF", to);
            }
        }
        _ => {}
    }
    let renamed = match (name.as_str(), to) {
        ("KIND", Version::V2 | Version::V3) => "X-ADDRESSBOOKSERVER-KIND",
        ("MEMBER", Version::V2 | Version::V3) => "X-ADDRESSBOOKSERVER-MEMBER",
        ("X-ADDRESSBOOKSERVER-KIND", Version::V4) => "KIND",
        ("X-ADDRESSBOOKSERVER-MEMBER", Version::V4) => "MEMBER",
        _ => return,
    };
    property.rename(renamed);
}

/// The text with the backslashes that 2.1 has no need of.
fn escaped_more(text: &str, name: &str) -> String {
    let special: &[char] = match name {
        "N" | "ORG" | "ADR" | "GEO" => &[','],
        "NICKNAME" | "CATEGORIES" | "URL" | "UID" | "IMPP" => &[],
        _ => &[',', ';'],
    };
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend([Some('\\'), chars.next()].into_iter().flatten()),
            c if special.contains(&c) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// The bytes of a `data:` URI (RFC 2397), as 4.0 carries them.
fn data_uri(property: &Property) -> Option<Vec<u8>> {
    let text = property.text();
    let rest = text.get(..5).filter(|s| s.eq_ignore_ascii_case("data:"));
    let (_, data) = text[rest?.len()..].split_once(";base64,")?;
    let (bytes, sound) = Transfer::Base64.decode(data.as_bytes());
    sound.then(|| bytes.into_owned())
}

/// `image/jpeg`, from whatever says so.
fn media(property: &Property, name: &str) -> Option<String> {
    let text = match property.raw().get(..5) {
        Some(data) if data.eq_ignore_ascii_case(b"data:") => {
            String::from_utf8_lossy(&property.raw()[5..property.raw().len().min(100)]).into_owned()
        }
        _ => String::new(),
    };
    let named = text.split(';').next().filter(|m| m.contains('/'));
    if let Some(named) = named {
        return Some(named.to_lowercase());
    }
    let word = property.one("MEDIATYPE").or_else(|| {
        let mut types = property.types().into_iter();
        types.find(|t| !["PREF", "HOME", "WORK"].contains(&t.to_ascii_uppercase().as_str()))
    })?;
    let family = match name {
        "SOUND" => "audio",
        "KEY" => "application",
        _ => "image",
    };
    Some(match word.contains('/') {
        true => word.to_lowercase(),
        false => format!("{family}/{}", word.to_lowercase()),
    })
}

fn binary(property: &mut Property, (bytes, media): (&[u8], Option<&str>), to: Version) {
    for param in ["ENCODING", "VALUE", "MEDIATYPE", "TYPE", "CHARSET"] {
        property.drop_param(param);
    }
    property.drop_types(|_| true);
    // Takes the bare words of 2.1 off as well.
    property.put_escaped("", to);
    let encoded = STANDARD.encode(bytes);
    let short = media.and_then(|m| m.split('/').nth(1));
    match to {
        Version::V4 => {
            let media = media.unwrap_or("application/octet-stream");
            property.put_raw(format!("data:{media};base64,{encoded}").into_bytes());
        }
        Version::V3 => {
            property.add_param("ENCODING", "b");
            if let Some(short) = short {
                property.add_param("TYPE", &short.to_uppercase());
            }
            property.put_raw(encoded.into_bytes());
        }
        Version::V2 => {
            property.add_param("ENCODING", "BASE64");
            if let Some(short) = short {
                property.add_param("", &short.to_uppercase());
            }
            property.put_raw(encoded.into_bytes());
        }
    }
}
