//! Filters: comparisons joined by AND, each of which may hold alternatives joined by OR.

use super::super::wire::Refusal;

/// One comparison: `create_time > "2026-11-21T12:00:00Z"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// In snake case, whatever the filter had.
    pub field: String,
    /// `=`, `>`, `<`, `>=`, `<=` or `:`; empty for plain words.
    pub sign: String,
    pub value: String,
    /// Whether the value stood in quotes.
    pub quoted: bool,
}

/// A filter's groups: one test of each must hold.
pub fn parse(filter: &str) -> Result<Vec<Vec<Test>>, Refusal> {
    let words = words(filter);
    let mut groups: Vec<Vec<Test>> = Vec::new();
    let (mut at, mut join) = (0, false);
    while at < words.len() {
        match words[at].as_str() {
            "(" | ")" | "AND" => join = false,
            "OR" => join = true,
            word => {
                let test = if words.get(at + 1).is_some_and(|s| is_sign(s))
                    && words.get(at + 2).is_some()
                {
                    at += 2;
                    test(word, &words[at - 1], &words[at])
                } else {
                    test("", "", word)
                };
                match groups.last_mut() {
                    Some(group) if join => group.push(test),
                    _ => groups.push(vec![test]),
                }
                join = false;
            }
        }
        at += 1;
    }
    if groups.is_empty() {
        return Err(Refusal::invalid("Invalid filter."));
    }
    Ok(groups)
}

fn test(field: &str, sign: &str, value: &str) -> Test {
    Test {
        field: snake(field),
        sign: sign.to_owned(),
        quoted: value.starts_with('"'),
        value: value.trim_matches('"').to_owned(),
    }
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn is_sign(word: &str) -> bool {
    ["=", ">", "<", ">=", "<=", ":"].contains(&word)
}

fn words(filter: &str) -> Vec<String> {
    let (mut found, mut word) = (Vec::new(), String::new());
    let mut quoted = false;
    let flush = |word: &mut String, found: &mut Vec<String>| {
        if !word.is_empty() {
            found.push(std::mem::take(word));
        }
    };
    for c in filter.chars() {
        let sign = matches!(c, '=' | '<' | '>' | ':' | '(' | ')');
        if quoted || (!c.is_whitespace() && !sign) {
            quoted ^= c == '"';
            word.push(c);
            continue;
        }
        flush(&mut word, &mut found);
        if sign {
            match found.last_mut() {
                Some(last) if c == '=' && (last == ">" || last == "<") => last.push('='),
                _ => found.push(c.to_string()),
            }
        }
    }
    flush(&mut word, &mut found);
    found
}

impl Test {
    /// Whether an instant stands in this relation to the value.
    pub fn time(&self, at: &str) -> Result<bool, Refusal> {
        let bad = || Refusal::invalid(format!("Invalid time in filter: {}", self.value));
        if !self.quoted {
            return Err(bad());
        }
        let bound: jiff::Timestamp = self.value.parse().map_err(|_| bad())?;
        let at: jiff::Timestamp = at.parse().map_err(|_| bad())?;
        Ok(match self.sign.as_str() {
            ">" => at > bound,
            "<" => at < bound,
            ">=" => at >= bound,
            "<=" => at <= bound,
            "=" => at == bound,
            _ => return Err(bad()),
        })
    }
}

#[test]
fn a_filter_falls_into_its_comparisons() {
    let filter = r#"createTime > "2026-11-21T12:00:00Z" AND thread.name=spaces/A/threads/B AND (x:"a b" OR x >= 2) word"#;
    let read: Vec<Vec<_>> = parse(filter)
        .unwrap()
        .iter()
        .map(|g| {
            g.iter()
                .map(|t| format!("{}|{}|{}", t.field, t.sign, t.value))
                .collect()
        })
        .collect();
    assert_eq!(
        read,
        [
            vec!["create_time|>|2026-11-21T12:00:00Z"],
            vec!["thread.name|=|spaces/A/threads/B"],
            vec!["x|:|a b", "x|>=|2"],
            vec!["||word"],
        ]
    );
}
