//! When two addresses are the same for an opt-out, whatever the channel.

/// The form under which an address is kept and looked up: mail in lower case with an ASCII domain, phone numbers as `+`
/// and digits, anything else in lower case.
pub fn normal(address: &str) -> String {
    let address = address.trim();
    if let Some((local, domain)) = address.rsplit_once('@').filter(|(l, _)| !l.is_empty()) {
        let ascii = reqwest::Url::parse(&format!("http://{domain}/"))
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| domain.to_lowercase());
        return format!("{}@{ascii}", local.to_lowercase());
    }
    if let Some(number) = address.strip_prefix('+') {
        let rest: String = number.chars().filter(|c| !" -./()".contains(*c)).collect();
        if !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()) {
            return format!("+{rest}");
        }
    }
    address.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_recipient_has_one_form() {
        for (written, form) in [
            (" Ada@Example.COM ", "ada@example.com"),
            ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
            ("ada@[192.0.2.1]", "ada@[192.0.2.1]"),
            ("+1 (555) 010-0.99", "+1555010099"),
            ("#General", "#general"),
            ("@Ada", "@ada"),
        ] {
            assert_eq!(normal(written), form, "{written}");
        }
    }
}
