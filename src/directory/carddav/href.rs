//! Addresses as servers write them: absolute or not, escaped one way or another.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, percent_decode_str, percent_encode};
use reqwest::Url;

use crate::format::percent::RESERVED;

/// The path that an address of an answer means, in the one spelling that is compared and stored; `None` if it is on
/// another host, or none.
pub fn path(base: &Url, href: &str) -> Option<String> {
    let url = base.join(href).ok()?;
    (url.origin() == base.origin()).then(|| spelled(url.path()))
}

/// The address of a path in this spelling, on the host of another.
pub fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Decodes each segment and encodes it again, so that `%7E` and `~`, `%2d` and `-` are the same.
fn spelled(path: &str) -> String {
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| encoded(&Cow::from(percent_decode_str(segment))))
        .collect();
    segments.join("/")
}

/// All that is no `pchar` (RFC 3986 §3.3).
const NO_PCHAR: &AsciiSet = &RESERVED
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// One segment of a path.
pub fn encoded(segment: &[u8]) -> String {
    percent_encode(segment, NO_PCHAR).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_resource_has_one_spelling() {
        let base = Url::parse("https://dav.example.com/books/ada%40x/").unwrap();
        for href in [
            "/books/ada@x/Z%c3%bc%20rich.vcf",
            "https://dav.example.com/books/ada%40x/Z%C3%BC%20rich.vcf",
            "Zü%20rich.vcf",
            "Z%C3%BC%20rich%2evcf",
        ] {
            assert_eq!(
                path(&base, href).as_deref(),
                Some("/books/ada@x/Z%C3%BC%20rich.vcf"),
                "{href}"
            );
        }
        // A slash within a name is none of the path.
        assert_eq!(path(&base, "a%2fb").as_deref(), Some("/books/ada@x/a%2Fb"));
        assert_eq!(path(&base, "100%").as_deref(), Some("/books/ada@x/100%25"));
        assert_eq!(path(&base, "https://other.example/x"), None);
        let there = at(&base, "/books/ada@x/a%2Fb");
        assert_eq!(there.as_str(), "https://dav.example.com/books/ada@x/a%2Fb");
    }
}
