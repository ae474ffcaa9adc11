//! Texts that are cleaned, put into other marks and cut.

use comms::format::dialect::Mentions;
use comms::format::sms::{self, parts};
use comms::format::{
    chat, chunk, cjk, clean as cleaner, html, markdown as md, mention, slack, utf7, whatsapp,
};

use super::{choice, is_clean, squeezed, text_of};

/// No text gets a control character, an escape or a bidi override through, and no name leaves its folder.
pub fn clean(data: &[u8]) {
    let text = &*text_of(data);
    let cleaned = cleaner::text(text);
    assert!(
        cleaned
            .chars()
            .all(|c| is_clean(c) || matches!(c, '\n' | '\t'))
    );
    assert_eq!(cleaner::text(&cleaned), cleaned);
    let line = cleaner::line(text);
    assert!(line.chars().all(is_clean));
    assert_eq!(cleaner::line(&line), line);
    let name = cleaner::file_name(text);
    assert!(!name.is_empty() && name.len() <= 201 && !name.contains(['/', '\\']));
    assert!(!name.starts_with(['.', '-']) && name.chars().all(is_clean));
    assert_eq!(squeezed(&cjk::spread(text)), squeezed(text));
    if !text.contains('\0') {
        assert_eq!(utf7::decode(&utf7::encode(text)).as_deref(), Some(text));
    }
    if let Some(read) = utf7::decode(text) {
        assert!(read.len() <= 2 * text.len() + 4);
    }
}

/// Markdown in every dialect: scripts stay words, nobody is called who may not be, what is plain keeps its words.
pub fn markdown(data: &[u8]) {
    let text = &*text_of(data);
    let page = md::to_html(text).to_ascii_lowercase();
    for bad in [
        "<script",
        "<iframe",
        "<img src=\"javascript",
        "href=\"javascript:",
        "href=\"data:",
    ] {
        assert!(!page.contains(bad), "{bad} in {page}");
    }
    html::quick(&page);
    for mentions in [Mentions::Shown, Mentions::Sent] {
        for made in [
            slack::from_markdown(text, mentions),
            slack::from_plain(text, mentions),
            chat::from_markdown(text, mentions),
            chat::from_plain(text, mentions),
        ] {
            bounded(&made, text);
        }
    }
    for made in [whatsapp::from_markdown(text), whatsapp::from_plain(text)] {
        bounded(&made, text);
    }
    let hushed = Mentions::Shown;
    for made in [
        slack::from_markdown(text, hushed),
        slack::from_plain(text, hushed),
    ] {
        assert!(slack::pinged(&made).groups.is_empty(), "{made:?}");
    }
    for made in [
        chat::from_markdown(text, hushed),
        chat::from_plain(text, hushed),
    ] {
        assert!(!chat::mentions(&made), "{made:?}");
    }
    assert!(!chat::mentions(&chat::without_mentions(text)));
    assert!(
        slack::pinged(&slack::without_mass_mentions(text))
            .groups
            .is_empty()
    );
    let people = [("Ada".to_owned(), "users/1".to_owned())];
    bounded(&mention::name_people(text, &people), text);
}

/// Each sign may take an entity, each line the signs of its quotes and items again.
fn bounded(made: &str, text: &str) {
    assert!(
        made.len() <= 300 * text.len() + 100,
        "{} of {}",
        made.len(),
        text.len()
    );
}

/// However a text is cut, the pieces fit, begin where they say, and lose nothing but white space.
pub fn pieces(data: &[u8]) {
    let (limit, rest) = choice(data);
    let text = &*text_of(rest);
    let size = sms::size(text);
    let (single, several) = size.encoding.room();
    match size.segments {
        1 => assert!(size.units <= single && size.left == single - size.units),
        n => {
            // A pair that may not be torn leaves at most one unit of a segment free.
            let most = n as usize * several;
            assert!(size.units <= most && size.units + n as usize + several > most);
        }
    }
    let smart = sms::smart(text);
    assert!(sms::size(&smart).segments <= size.segments);
    assert_eq!(sms::smart(&smart), smart);
    let limit = usize::from(limit);
    let cut = parts(text, limit);
    let mut all = String::new();
    for (at, piece) in &cut {
        assert!(text[*at..].starts_with(piece.as_str()));
        assert!(!piece.is_empty() && piece.encode_utf16().count() <= limit.max(2));
        all.push_str(piece);
    }
    assert_eq!(squeezed(&all), squeezed(text));
    let chunks = chunk::chunks(text, limit, 4 * limit);
    let mut last = None;
    for (n, (at, piece)) in chunks.iter().enumerate() {
        assert!(last < Some(*at), "offsets grow");
        last = Some(*at);
        assert!(piece.encode_utf16().count() <= limit.max(64), "{piece:?}");
        assert!(piece.len() <= (4 * limit).max(256), "{piece:?}");
        assert!(!piece.trim().is_empty());
        // Fences that are closed and opened again stand around what the piece says.
        let end = chunks.get(n + 1).map_or(text.len(), |(next, _)| *next);
        let (own, shown) = (squeezed(&text[*at..end]), squeezed(piece));
        assert!(shown.contains(&own), "{shown} lacks {own}");
    }
    for (at, piece) in slack::chunks(text).iter().chain(&whatsapp::chunks(text)) {
        assert!(text.is_char_boundary(*at) && !piece.is_empty());
    }
}
