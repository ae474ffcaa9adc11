//! Phone numbers as people write them, and as the networks want them (E.164).

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber, country};

use crate::error::{Error, Result};

/// ITU-T E.164 §6.2.1: at most 15 digits with the country code.
const MOST_DIGITS: usize = 15;
/// Digits of a short code, which is written without a country: shorter ones are mistyped more often than meant.
const SHORT_CODE: std::ops::RangeInclusive<usize> = 5..=6;
/// What the GSM networks show of a sender that is a name.
const LONGEST_NAME: usize = 11;

/// The number of a recipient in E.164 (`+14155550100`).
///
/// A number without a country code is read as one of `region` (ISO 3166, two letters). Written with its country it
/// needs a length that this country has; written without, it must be one that is given out there, since a wrong
/// guess would reach a stranger. Five or six bare digits that are no number of the region are a short code and stay as
/// they are. Errors are `Usage`, or `Config` where only the region is missing.
pub fn parse(text: &str, region: Option<&str>) -> Result<String> {
    let typed = ascii(text)?;
    let digits = typed.bytes().filter(u8::is_ascii_digit).count();
    // Some of them may be written as letters: 1-800-FLOWERS.
    let signs = typed.bytes().filter(u8::is_ascii_alphanumeric).count();
    if digits == 0 || signs < *SHORT_CODE.start() {
        return Err(bad(text, "it has too few digits"));
    }
    if typed.contains([';', '#', '*']) || extension(&typed) {
        return Err(bad(text, "nobody can text an extension"));
    }
    let international = typed.trim_start_matches('(').starts_with('+');
    if typed.matches('+').count() > usize::from(international) {
        return Err(bad(text, "a `+` belongs before it, once"));
    }
    let short = !international
        && SHORT_CODE.contains(&typed.len())
        && typed.bytes().all(|b| b.is_ascii_digit());
    let country = region.map(home).transpose()?;
    if country.is_none() && !international {
        if short {
            return Ok(typed);
        }
        return Err(Error::config(format!(
            "`{}` has no country code, and the account no region to read it in",
            shown(text)
        ))
        .hint("write it with `+` and the country code, or set `region = \"US\"` (your country) for the account in the config"));
    }
    let number = phonenumber::parse(country.filter(|_| !international), &typed);
    let number = match number {
        Ok(number) if phonenumber::is_valid(&number) => number,
        Ok(number) if international && has_a_length(&number) => number,
        _ if short => return Ok(typed),
        Err(phonenumber::ParseError::InvalidCountryCode) => {
            return Err(bad(text, "no country has this code"));
        }
        Err(_) => return Err(bad(text, "it can't be read as a number")),
        Ok(_) if international => {
            return Err(bad(text, "it is too short or too long for its country"));
        }
        Ok(_) => {
            let region = region.unwrap_or_default();
            return Err(bad(text, &format!("{region} has no such number"))
                .hint("write it with `+` and the country code if it is of another country"));
        }
    };
    let written = number.format().mode(Mode::E164).to_string();
    // With zeros in front of it, it may read as one number and be dialled as another.
    let again = phonenumber::parse(None, &written)
        .ok()
        .filter(|n| phonenumber::is_valid(n) || has_a_length(n))
        .map(|n| n.format().mode(Mode::E164).to_string());
    if again.as_ref() != Some(&written) {
        return Err(bad(text, "it has zeros that nobody can dial"));
    }
    match is_e164(&written) {
        true => Ok(written),
        false => Err(bad(text, "it is too long")),
    }
}

/// What an account sends from: a number in E.164, a short code, or a name of up to 11 letters and digits.
pub fn sender(text: &str, region: Option<&str>) -> Result<String> {
    let text = text.trim();
    if text.len() <= 8 && text.len() >= 3 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    let sound = |b: u8| b.is_ascii_alphanumeric() || b" -_&.+".contains(&b);
    if text.len() <= LONGEST_NAME
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && text.bytes().all(sound)
    {
        return Ok(text.to_owned());
    }
    parse(text, region)
}

/// Whether it is `+` and up to 15 digits, the form that everything is kept in.
pub fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=MOST_DIGITS).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// The country of a number in E.164 as ISO 3166 has it (`US`), as prices are listed; `None` for a short code.
pub fn country(e164: &str) -> Option<String> {
    let number = phonenumber::parse(None, e164).ok()?;
    let known = number.country().id().map(|id| id.as_ref().to_owned());
    // A range that the plan does not list is of the country that the code is named after.
    known.or_else(|| {
        let all = DATABASE.by_code(&number.code().value())?;
        let main = all
            .iter()
            .find(|country| country.is_main_country_for_code());
        let country = main.or_else(|| all.first().filter(|_| all.len() == 1))?;
        (country.id().len() == 2 && country.id() != "001").then(|| country.id().to_owned())
    })
}

/// Checks a region that someone set: `US`, `de`.
pub fn region(text: &str) -> Result<String> {
    home(text).map(|id| id.as_ref().to_owned())
}

fn home(region: &str) -> Result<country::Id> {
    region.trim().to_ascii_uppercase().parse().map_err(|_| {
        Error::config(format!("`{}` is no country", shown(region)))
            .hint("`region` is a country of two letters, as `US`, `DE` or `IN`")
    })
}

/// Whether a country with this code has numbers of this length.
fn has_a_length(number: &PhoneNumber) -> bool {
    let digits = number.national().to_string().len();
    let countries = DATABASE.by_code(&number.code().value());
    countries.into_iter().flatten().any(|country| {
        let kinds = country.descriptors();
        let kinds = [
            kinds.mobile(),
            kinds.fixed_line(),
            kinds.toll_free(),
            kinds.voip(),
        ];
        let lengths = kinds
            .into_iter()
            .flatten()
            .flat_map(|kind| kind.possible_length());
        lengths.into_iter().any(|n| usize::from(*n) == digits)
    })
}

/// Digits of any script as ASCII, without what nobody sees and without `tel:`.
fn ascii(text: &str) -> Result<String> {
    let text = text.trim();
    let text = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => &text[4..],
        _ => text,
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '－' => out.push('-'),
            '＋' => out.push('+'),
            '（' => out.push('('),
            '）' => out.push(')'),
            c if c.is_control() => return Err(bad(text, "it holds control characters")),
            c if c.is_whitespace() => out.push(' '),
            c => out.push(digit(c).unwrap_or(c)),
        }
    }
    Ok(out.trim().to_owned())
}

/// Where the decimal digits of scripts begin (Unicode category Nd) in which people write phone numbers.
const ZEROS: [u32; 14] = [
    0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50,
    0x1040, 0xff10,
];

fn digit(c: char) -> Option<char> {
    let zero = ZEROS
        .into_iter()
        .find(|zero| (*zero..zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// `x5`, `ext. 5` behind a number.
fn extension(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == '.');
    let tail: String = letters
        .chars()
        .rev()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    letters.len() < text.len()
        && ["x", "txe", "noisnetxe"].contains(&tail.to_ascii_lowercase().as_str())
}

fn shown(text: &str) -> String {
    let text = text.trim().chars().filter(|c| !c.is_control());
    text.take(40).collect()
}

fn bad(text: &str, why: &str) -> Error {
    Error::usage(format!("`{}` is not a phone number: {why}", shown(text)))
        .hint("a number looks like `+14155550100`, or as it is dialled in the account's `region`")
}

/// Whether this is the id that WhatsApp gives a person for one business, with or without a number to see: a country, a
/// dot and at most 128 letters and digits (Meta's page on business-scoped user ids).
pub fn is_user_id(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, id)| {
        country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=128).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn every_national_spelling_becomes_e164() {
        for (region, text, e164) in [
            ("US", "(415) 555-2671", "+14155552671"),
            ("US", "1-415-555-2671", "+14155552671"),
            ("US", "415.555.2671", "+14155552671"),
            ("US", "011 44 20 7946 0958", "+442079460958"),
            ("US", "1-800-FLOWERS", "+18003569377"),
            ("us", "+1 415 555 2671", "+14155552671"),
            ("GB", "020 7946 0958", "+442079460958"),
            ("GB", "+44 (0)20 7946 0958", "+442079460958"),
            ("GB", "07400 123456", "+447400123456"),
            ("GB", "(+44) 7400 123456", "+447400123456"),
            ("DE", "0171 1234567", "+491711234567"),
            ("DE", "030/123456", "+4930123456"),
            ("DE", "0044 20 7946 0958", "+442079460958"),
            ("DE", "tel:+14155552671", "+14155552671"),
            ("IT", "06 698 12345", "+390669812345"),
            ("FR", "01 23 45 67 89", "+33123456789"),
            ("IN", "098765 43210", "+919876543210"),
            ("AR", "011 15-2345-6789", "+5491123456789"),
            ("BR", "(11) 91234-5678", "+5511912345678"),
            ("JP", "０９０－１２３４－５６７８", "+819012345678"),
            ("EG", "٠١٠٠١٢٣٤٥٦٧", "+201001234567"),
            (
                "US",
                "\u{202a}+1\u{a0}(415)\u{2011}555\u{2010}2671\u{202c}",
                "+14155552671",
            ),
        ] {
            assert_eq!(parse(text, Some(region)).unwrap(), e164, "{region} {text}");
        }
        assert_eq!(parse("+1 (415) 555-0100", None).unwrap(), "+14155550100");
    }

    #[test]
    fn a_number_without_a_country_says_which_key_would_help() {
        let error = parse("415 555 2671", None).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        assert!(error.hint.unwrap().contains("region"));
        assert_eq!(parse("1", Some("XX")).unwrap_err().kind, Kind::Usage);
        assert_eq!(
            parse("4155552671", Some("Narnia")).unwrap_err().kind,
            Kind::Config
        );
    }

    #[test]
    fn what_reaches_nobody_is_refused() {
        for (region, text) in [
            ("US", "00 44 20 7946 0958"),
            ("US", "555-2671"),
            ("US", "415 555 26711"),
            ("US", "+1415"),
            ("US", "+21100020a20am5"),
            ("US", "+8100020octam8"),
            ("US", "+4915112345678901234"),
            ("US", "+999123456789"),
            ("US", "+1-415-555-2671;ext=5"),
            ("US", "+1 415 555 2671 x5"),
            ("US", "Ada"),
            ("US", ""),
            ("US", "++14155552671"),
            ("US", "+1415555\n2671"),
        ] {
            let error = parse(text, Some(region)).expect_err(text);
            assert_eq!(error.kind, Kind::Usage, "{text}");
            assert!(
                error.hint.is_some() && !error.message.contains('\n'),
                "{text}"
            );
        }
    }

    #[test]
    fn a_new_range_is_not_refused_if_it_is_written_in_full() {
        assert_eq!(parse("+15005550006", None).unwrap(), "+15005550006");
        assert_eq!(parse("+12005550100", Some("DE")).unwrap(), "+12005550100");
    }

    #[test]
    fn a_short_code_stays_bare_digits() {
        assert_eq!(parse("24273", Some("US")).unwrap(), "24273");
        assert_eq!(parse("242733", None).unwrap(), "242733");
        assert!(parse("24-273", Some("US")).is_err());
        assert!(parse("2427333", None).is_err() && parse("555", None).is_err());
    }

    #[test]
    fn an_account_may_send_under_a_name() {
        for (text, kept) in [
            ("ACME Alerts", "ACME Alerts"),
            ("24273", "24273"),
            ("+1 415 555 0100", "+14155550100"),
        ] {
            assert_eq!(sender(text, None).unwrap(), kept);
        }
        assert!(sender("A name too long", None).is_err());
        assert!(sender("415 555 0100", None).is_err());
    }

    #[test]
    fn the_country_of_a_number_is_known() {
        assert_eq!(country("+14155550100").as_deref(), Some("US"));
        assert_eq!(country("+447700900123").as_deref(), Some("GB"));
        assert_eq!(country("24273"), None);
        assert_eq!(region("de").unwrap(), "DE");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}") {
            for region in [None, Some("US"), Some("IT")] {
                if let Ok(read) = parse(&text, region) {
                    proptest::prop_assert!(is_e164(&read) || read.len() <= 6);
                }
            }
        }
    }
}
