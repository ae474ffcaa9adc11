//! `@Ada Lovelace` in a text that goes to Chat: the mention of whoever is known by that name.

/// Puts mentions in the place of names behind an `@`; code stays as it is, and so does a name that nobody has or that
/// several have. `people` are names and resource names (`users/123`).
pub fn name_people(text: &str, people: &[(String, String)]) -> String {
    if people.is_empty() || !text.contains('@') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut fenced = false;
    for line in text.split_inclusive('\n') {
        let fence = line.trim_start().starts_with("```");
        if fence || fenced {
            // A fence that ends on its own line is none.
            fenced ^= fence && line.matches("```").count() % 2 == 1;
            out.push_str(line);
        } else {
            in_line(line, people, &mut out);
        }
    }
    out
}

fn in_line(line: &str, people: &[(String, String)], out: &mut String) {
    let mut code = false;
    let mut before = ' ';
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if c == '`' {
            code = !code;
        }
        let begins = c == '@' && !code && !before.is_alphanumeric();
        if begins && let Some((id, length)) = named(&rest[1..], people) {
            out.push_str(&format!("<{id}>"));
            rest = &rest[1 + length..];
            before = '>';
            continue;
        }
        out.push(c);
        before = c;
        rest = &rest[c.len_utf8()..];
    }
}

/// Whom the text begins with, by the longest name that fits, and how many bytes of it are the name.
fn named<'p>(text: &str, people: &'p [(String, String)]) -> Option<(&'p str, usize)> {
    let mut best: Option<(&str, usize)> = None;
    let mut doubt = false;
    for (name, id) in people {
        let Some(length) = begins(text, name) else {
            continue;
        };
        match best {
            Some((_, longest)) if longest > length => {}
            Some((other, longest)) if longest == length => doubt |= other != id,
            _ => {
                best = Some((id, length));
                doubt = false;
            }
        }
    }
    best.filter(|_| !doubt)
}

/// How many bytes of the text are this name, if it begins with it and the name ends there.
fn begins(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.char_indices();
    for wanted in name.chars() {
        let (_, found) = rest.next()?;
        if !found.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    let end = rest.next();
    let ends = end.is_none_or(|(_, c)| !c.is_alphanumeric() && c != '@');
    (ends && !name.is_empty()).then(|| end.map_or(text.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Vec<(String, String)> {
        [
            ("Ada", "users/1"),
            ("Ada Lovelace", "users/2"),
            ("Zoë", "users/3"),
            ("Sam", "users/4"),
            ("Sam", "users/5"),
        ]
        .map(|(name, id)| (name.to_owned(), id.to_owned()))
        .to_vec()
    }

    #[test]
    fn the_longest_known_name_behind_a_sign_is_a_mention() {
        for (text, said) in [
            ("@Ada: look", "<users/1>: look"),
            ("hi @ada lovelace!", "hi <users/2>!"),
            ("(@ZOË)", "(<users/3>)"),
            ("@Adam", "@Adam"),
            ("ada@Ada", "ada@Ada"),
            ("@Ada@example.com", "@Ada@example.com"),
            ("@Sam", "@Sam"),
            ("@nobody", "@nobody"),
            ("`@Ada` @Ada", "`@Ada` <users/1>"),
            ("```\n@Ada\n```\n@Ada", "```\n@Ada\n```\n<users/1>"),
            ("@", "@"),
        ] {
            assert_eq!(name_people(text, &people()), said, "{text}");
        }
    }
}
