//! Addresses that tell little of who is behind them.

/// Whether a mailbox is an office's rather than a person's.
pub fn is_a_role(address: &str) -> bool {
    const ROLES: &[&str] = &[
        "abuse",
        "accounts",
        "admin",
        "bestellung",
        "billing",
        "booking",
        "buchhaltung",
        "contact",
        "contacto",
        "events",
        "familie",
        "family",
        "hello",
        "help",
        "hi",
        "hr",
        "info",
        "inquiries",
        "invoice",
        "jobs",
        "kontakt",
        "mail",
        "marketing",
        "newsletter",
        "noreply",
        "no-reply",
        "office",
        "orders",
        "post",
        "postmaster",
        "praxis",
        "press",
        "reception",
        "reservations",
        "sales",
        "secretary",
        "sekretariat",
        "service",
        "shop",
        "support",
        "team",
        "verwaltung",
        "webmaster",
    ];
    let local = address.split('@').next().unwrap_or_default();
    let local = local.split('+').next().unwrap_or_default();
    ROLES.contains(&local)
}

/// Whether anybody may have an address there.
pub fn is_everybodys(domain: &str) -> bool {
    const WHOLE: &[&str] = &[
        "163.com",
        "126.com",
        "aol.com",
        "bigpond.com",
        "bluewin.ch",
        "btinternet.com",
        "comcast.net",
        "fastmail.com",
        "free.fr",
        "gmail.com",
        "googlemail.com",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "naver.com",
        "o2.pl",
        "onet.pl",
        "orange.fr",
        "posteo.de",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "rediffmail.com",
        "sbcglobal.net",
        "seznam.cz",
        "sfr.fr",
        "t-online.de",
        "tutanota.com",
        "ukr.net",
        "verizon.net",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "yandex.ru",
        "ziggo.nl",
    ];
    const FIRST: &[&str] = &["gmx", "hotmail", "live", "msn", "outlook", "yahoo"];
    let first = domain.split('.').next().unwrap_or_default();
    WHOLE.contains(&domain) || (FIRST.contains(&first) && domain.matches('.').count() < 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_may_have_is_told_from_what_is_somebodys() {
        assert!(is_everybodys("gmail.com") && is_everybodys("yahoo.co.uk"));
        assert!(!is_everybodys("example.com") && !is_everybodys("live.acme.example.com"));
        assert!(is_a_role("info@acme.example") && is_a_role("sales+de@acme.example"));
        assert!(!is_a_role("ada@acme.example"));
    }
}
