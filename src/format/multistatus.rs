//! Answers of WebDAV servers: `multistatus` (RFC 4918 §13) and `error` documents.
//!
//! The text comes from a stranger: no document type, no entities of its own, bounded depth. Names are compared with their
//! namespaces, whatever prefix a server gives them.

use std::collections::HashSet;
use std::sync::Arc;

use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};

/// The namespace of WebDAV.
pub const DAV: &str = "DAV:";
/// The namespace of CardDAV (RFC 6352).
pub const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";
/// Where Apple's calendar server put CTag.
pub const CALENDAR_SERVER: &str = "http://calendarserver.org/ns/";

const DEEPEST: usize = 32;
/// Elements of one document; an address book of 100,000 cards is listed with seven for each.
const MOST_ELEMENTS: usize = 1_500_000;

/// An element with all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    /// Its own text, without that of its children.
    pub text: String,
    pub children: Vec<Element>,
}

/// What a server says of several resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multistatus {
    pub responses: Vec<Response>,
    /// Where the next report begins (RFC 6578).
    pub sync_token: Option<String>,
}

/// What a server says of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    pub href: String,
    /// Of the resource as a whole; `None` where only its properties have one.
    pub status: Option<u16>,
    /// The properties that it has.
    pub properties: Vec<Element>,
}

impl Element {
    /// Reads a document; says in words what is wrong with it.
    pub fn parse(text: &str) -> Result<Element, String> {
        let mut reader = NsReader::from_str(text);
        // The elements that are open, from the root; the first is none.
        let mut open = vec![Element::default()];
        let mut names = Names::default();
        let mut elements = 0;
        loop {
            let (namespace, event) = reader
                .read_resolved_event()
                .map_err(|e| format!("bad XML: {e}"))?;
            match event {
                Event::Start(ref tag) | Event::Empty(ref tag) => {
                    if open.len() > DEEPEST {
                        return Err("it is nested too deep".to_owned());
                    }
                    elements += 1;
                    if elements > MOST_ELEMENTS {
                        return Err("it has more elements than can be held".to_owned());
                    }
                    let namespace = match namespace {
                        ResolveResult::Bound(Namespace(namespace)) => names.kept(namespace),
                        ResolveResult::Unbound => names.kept(""),
                        ResolveResult::Unknown(prefix) => {
                            return Err(format!("the prefix `{prefix}` means nothing in it"));
                        }
                    };
                    let element = Element {
                        namespace,
                        name: names.kept(tag.local_name().as_ref()),
                        ..Element::default()
                    };
                    match event {
                        Event::Start(_) => open.push(element),
                        _ => top(&mut open).children.push(element),
                    }
                }
                Event::End(_) => {
                    if let Some(closed) = open.pop() {
                        top(&mut open).children.push(closed);
                    }
                }
                Event::Text(text) => top(&mut open).text.push_str(&text.into_inner()),
                Event::CData(text) => top(&mut open).text.push_str(&text.into_inner()),
                Event::GeneralRef(name) => {
                    let number = name.resolve_char_ref().map_err(|e| e.to_string())?;
                    let name = name.into_inner();
                    let known = quick_xml::escape::resolve_predefined_entity(&name);
                    match (number, known) {
                        (Some(c), _) => top(&mut open).text.push(c),
                        (None, Some(text)) => top(&mut open).text.push_str(text),
                        (None, None) => return Err("it uses entities of its own".to_owned()),
                    }
                }
                Event::DocType(_) => return Err("it has a document type of its own".to_owned()),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof if open.len() == 1 => break,
                Event::Eof => return Err("it ends in the middle".to_owned()),
            }
        }
        let root = open.pop().unwrap_or_default().children.pop();
        root.ok_or_else(|| "it is empty".to_owned())
    }

    pub fn is(&self, namespace: &str, name: &str) -> bool {
        *self.namespace == *namespace && *self.name == *name
    }

    /// The first child of this name.
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|e| e.is(namespace, name))
    }

    /// The children of this name.
    pub fn all<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |e| e.is(namespace, name))
    }

    /// The text of a child, without the space around it; `None` if there is none.
    pub fn text_of(&self, namespace: &str, name: &str) -> Option<&str> {
        let text = self.child(namespace, name)?.text.trim();
        (!text.is_empty()).then_some(text)
    }
}

/// The names in a document, each kept once.
#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn kept(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.0.insert(Arc::clone(&name));
        name
    }
}

fn top(open: &mut Vec<Element>) -> &mut Element {
    if open.is_empty() {
        open.push(Element::default());
    }
    let last = open.len() - 1;
    &mut open[last]
}

impl Multistatus {
    /// Reads an answer; says in words what is wrong with it.
    pub fn parse(text: &str) -> Result<Multistatus, String> {
        let root = Element::parse(text)?;
        if !root.is(DAV, "multistatus") {
            let name: String = root.name.chars().take(40).collect();
            return Err(format!("it is no multistatus but `{name}`"));
        }
        Ok(Multistatus {
            sync_token: root.text_of(DAV, "sync-token").map(str::to_owned),
            responses: (root.children.into_iter())
                .filter(|child| child.is(DAV, "response"))
                .flat_map(responses)
                .collect(),
        })
    }
}

impl Response {
    /// A property that the resource has.
    pub fn property(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.properties.iter().find(|p| p.is(namespace, name))
    }

    /// The text of a property; `None` if it is empty.
    pub fn text_of(&self, namespace: &str, name: &str) -> Option<&str> {
        let text = self.property(namespace, name)?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The first address in a property.
    pub fn href_of(&self, namespace: &str, name: &str) -> Option<&str> {
        self.property(namespace, name)?.text_of(DAV, "href")
    }
}

/// One `response` may name several resources that have the same status.
fn responses(element: Element) -> Vec<Response> {
    let status = element.text_of(DAV, "status").and_then(code);
    let (mut hrefs, mut properties) = (Vec::new(), Vec::new());
    for child in element.children {
        if child.is(DAV, "href") {
            hrefs.push(child.text.trim().to_owned());
        } else if child.is(DAV, "propstat") && has_its_properties(&child) {
            let prop = child.children.into_iter().find(|c| c.is(DAV, "prop"));
            properties.extend(prop.unwrap_or_default().children);
        }
    }
    let response = |(href, properties)| Response {
        href,
        status,
        properties,
    };
    let each = hrefs.len();
    hrefs
        .into_iter()
        .zip(std::iter::repeat_n(properties, each))
        .map(response)
        .collect()
}

fn has_its_properties(stat: &Element) -> bool {
    stat.text_of(DAV, "status")
        .is_none_or(|status| matches!(code(status), Some(200..=299)))
}

/// `HTTP/1.1 404 Not Found`.
fn code(status: &str) -> Option<u16> {
    status.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Puts a text into a document.
pub fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_by_namespace_and_not_by_prefix() {
        let text = "<?xml version=\"1.0\"?><multistatus xmlns=\"DAV:\" xmlns:x=\"urn:ietf:params:xml:ns:carddav\">\
            <response><href>/a%20b.vcf</href><propstat><prop><getetag>\"1\"</getetag>\
            <x:address-data>BEGIN:VCARD&#13;\nN:a &amp; b&lt;</x:address-data></prop>\
            <status>HTTP/1.1 200 OK</status></propstat><propstat><prop><displayname/></prop>\
            <status>HTTP/1.1 404 Not Found</status></propstat></response>\
            <response><href>/gone.vcf</href><status>HTTP/1.1 404 Not Found</status></response>\
            <sync-token>t/1</sync-token></multistatus>";
        let answer = Multistatus::parse(text).unwrap();
        assert_eq!(answer.sync_token.as_deref(), Some("t/1"));
        let [there, gone] = answer.responses.as_slice() else {
            panic!("{answer:?}")
        };
        assert_eq!(there.text_of(DAV, "getetag"), Some("\"1\""));
        assert_eq!(
            there.text_of(CARDDAV, "address-data"),
            Some("BEGIN:VCARD\r\nN:a & b<")
        );
        assert_eq!(there.property(DAV, "displayname"), None);
        assert_eq!((gone.href.as_str(), gone.status), ("/gone.vcf", Some(404)));
    }

    #[test]
    fn what_only_harms_is_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><multistatus xmlns=\"DAV:\">&x;</multistatus>";
        assert!(Multistatus::parse(bomb).is_err());
        assert!(Multistatus::parse("<multistatus xmlns=\"DAV:\">&x;</multistatus>").is_err());
        assert!(Multistatus::parse(&"<a>".repeat(100)).is_err());
        let many = "<a/>".repeat(MOST_ELEMENTS);
        assert!(Element::parse(&format!("<m>{many}</m>")).is_err());
        for bad in ["", "<html></html>", "<multistatus xmlns=\"DAV:\">", "no"] {
            assert!(Multistatus::parse(bad).is_err(), "{bad}");
        }
    }
}
