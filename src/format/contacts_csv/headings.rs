//! Which column says what, by its heading: Google's older and newer ones, Outlook's in three languages, and plain words.

/// What a column says of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Name,
    /// Only where there is no other name.
    FileAs,
    Prefix,
    Given,
    Middle,
    Family,
    Suffix,
    /// How a part of the name sounds: family 0, middle 1, given 2.
    Phonetic(u8),
    Nickname,
    Organization,
    Title,
    Notes,
    Birthday,
    Groups,
    Zone,
    Preferred,
    Email,
    Phone,
    Whatsapp,
    Slack,
    Chat,
    Url,
    /// What the value of the same number is called, and whether it is the first.
    EmailLabel,
    PhoneLabel,
    CustomLabel,
    Custom,
    /// A part of a postal address, as ADR of vCard counts them.
    Street(u8),
    StreetLabel,
}

/// A column with a role; those without one have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub role: Option<Role>,
    /// Of several of a kind.
    pub number: u32,
    /// What its values are called.
    pub label: Option<&'static str>,
    /// How the language of the headings writes days: the month first (English), else the day.
    pub month_first: bool,
}

/// The roles of columns; `None` if nothing says who someone is.
pub fn columns(names: &[String]) -> Option<Vec<Column>> {
    let stems: Vec<(String, u32)> = names.iter().map(|name| stem(name)).collect();
    let has = |word: &str| stems.iter().any(|(stem, _)| stem == word);
    let is_english = !has("vorname") && !has("prénom") && !has("prenom");
    let columns: Vec<Column> = stems
        .iter()
        .map(|(stem, number)| {
            let known = KNOWN.iter().find(|(heading, ..)| heading == stem);
            let mut role = known.map(|(_, role, _)| *role);
            // Words that mean one thing among some headings and another among others.
            match stem.as_str() {
                // Outlook: Title, First Name, …, Job Title.
                "title" | "titre" if has("jobtitle") || has("profession") || has("suffix") => {
                    role = Some(Role::Prefix);
                }
                "nom" if has("prénom") || has("prenom") => role = Some(Role::Family),
                "name" if has("vorname") && !has("nachname") => role = Some(Role::Family),
                _ => {}
            }
            Column {
                role,
                number: *number,
                label: known.and_then(|(_, _, label)| *label),
                month_first: is_english,
            }
        })
        .collect();
    let tells = |role: &Role| {
        matches!(
            role,
            Role::Name
                | Role::Given
                | Role::Family
                | Role::Organization
                | Role::Email
                | Role::Phone
                | Role::Whatsapp
        )
    };
    let any = columns.iter().any(|c| c.role.as_ref().is_some_and(tells));
    any.then_some(columns)
}

/// A heading in small letters without what stands between them, and its number taken out: `E-mail 2 Address` is
/// `emailaddress`, 2.
fn stem(heading: &str) -> (String, u32) {
    let letters = heading.chars().filter(|c| c.is_alphanumeric());
    let text: String = letters.flat_map(char::to_lowercase).collect();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let stem = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    (stem, digits.parse().unwrap_or(1))
}

type Known = (&'static str, Role, Option<&'static str>);

const fn plain(heading: &'static str, role: Role) -> Known {
    (heading, role, None)
}

const fn phone(heading: &'static str, label: &'static str) -> Known {
    (heading, Role::Phone, Some(label))
}

const fn street(heading: &'static str, part: u8, label: &'static str) -> Known {
    (heading, Role::Street(part), Some(label))
}

const KNOWN: &[Known] = &[
    // Plain words, and Google's (both kinds).
    plain("name", Role::Name),
    plain("fullname", Role::Name),
    plain("displayname", Role::Name),
    plain("contactname", Role::Name),
    plain("fileas", Role::FileAs),
    plain("nameprefix", Role::Prefix),
    plain("prefix", Role::Prefix),
    plain("firstname", Role::Given),
    plain("givenname", Role::Given),
    plain("forename", Role::Given),
    plain("middlename", Role::Middle),
    plain("additionalname", Role::Middle),
    plain("lastname", Role::Family),
    plain("familyname", Role::Family),
    plain("surname", Role::Family),
    plain("namesuffix", Role::Suffix),
    plain("suffix", Role::Suffix),
    plain("phoneticlastname", Role::Phonetic(0)),
    plain("familynameyomi", Role::Phonetic(0)),
    plain("surnameyomi", Role::Phonetic(0)),
    plain("phoneticmiddlename", Role::Phonetic(1)),
    plain("additionalnameyomi", Role::Phonetic(1)),
    plain("phoneticfirstname", Role::Phonetic(2)),
    plain("givennameyomi", Role::Phonetic(2)),
    plain("givenyomi", Role::Phonetic(2)),
    plain("nickname", Role::Nickname),
    plain("nicknames", Role::Nickname),
    plain("alias", Role::Nickname),
    plain("organization", Role::Organization),
    plain("organisation", Role::Organization),
    plain("organizationname", Role::Organization),
    plain("org", Role::Organization),
    plain("company", Role::Organization),
    plain("companyname", Role::Organization),
    plain("organizationtitle", Role::Title),
    plain("jobtitle", Role::Title),
    plain("title", Role::Title),
    plain("position", Role::Title),
    plain("role", Role::Title),
    plain("birthday", Role::Birthday),
    plain("birthdate", Role::Birthday),
    plain("dateofbirth", Role::Birthday),
    plain("notes", Role::Notes),
    plain("note", Role::Notes),
    plain("comment", Role::Notes),
    plain("comments", Role::Notes),
    plain("labels", Role::Groups),
    plain("groupmembership", Role::Groups),
    plain("groups", Role::Groups),
    plain("group", Role::Groups),
    plain("tags", Role::Groups),
    plain("categories", Role::Groups),
    plain("timezone", Role::Zone),
    plain("zone", Role::Zone),
    plain("preferred", Role::Preferred),
    plain("email", Role::Email),
    plain("mail", Role::Email),
    plain("emailaddress", Role::Email),
    plain("emailvalue", Role::Email),
    plain("emaillabel", Role::EmailLabel),
    plain("emailtype", Role::EmailLabel),
    plain("phone", Role::Phone),
    plain("phonenumber", Role::Phone),
    plain("phonevalue", Role::Phone),
    plain("tel", Role::Phone),
    plain("telephone", Role::Phone),
    plain("number", Role::Phone),
    plain("phonelabel", Role::PhoneLabel),
    plain("phonetype", Role::PhoneLabel),
    plain("whatsapp", Role::Whatsapp),
    plain("slack", Role::Slack),
    plain("chat", Role::Chat),
    plain("googlechat", Role::Chat),
    plain("url", Role::Url),
    plain("website", Role::Url),
    plain("websitevalue", Role::Url),
    plain("webpage", Role::Url),
    plain("personalwebpage", Role::Url),
    plain("customfieldlabel", Role::CustomLabel),
    plain("customfieldtype", Role::CustomLabel),
    plain("customfieldvalue", Role::Custom),
    plain("addresslabel", Role::StreetLabel),
    plain("addresstype", Role::StreetLabel),
    plain("addresspobox", Role::Street(0)),
    plain("addressextendedaddress", Role::Street(1)),
    plain("addressstreet", Role::Street(2)),
    plain("addresscity", Role::Street(3)),
    plain("addressregion", Role::Street(4)),
    plain("addresspostalcode", Role::Street(5)),
    plain("addresscountry", Role::Street(6)),
    // Outlook in English.
    phone("mobilephone", "mobile"),
    phone("mobile", "mobile"),
    phone("cell", "mobile"),
    phone("cellphone", "mobile"),
    phone("homephone", "home"),
    phone("businessphone", "work"),
    phone("workphone", "work"),
    phone("companymainphone", "main"),
    phone("otherphone", "other"),
    phone("carphone", "car"),
    phone("pager", "pager"),
    phone("homefax", "fax"),
    phone("businessfax", "fax"),
    phone("otherfax", "fax"),
    phone("fax", "fax"),
    plain("primaryphone", Role::Phone),
    street("homestreet", 2, "home"),
    street("homecity", 3, "home"),
    street("homestate", 4, "home"),
    street("homepostalcode", 5, "home"),
    street("homecountryregion", 6, "home"),
    street("businessstreet", 2, "work"),
    street("businesscity", 3, "work"),
    street("businessstate", 4, "work"),
    street("businesspostalcode", 5, "work"),
    street("businesscountryregion", 6, "work"),
    // In German.
    plain("anrede", Role::Prefix),
    plain("vorname", Role::Given),
    plain("weiterevornamen", Role::Middle),
    plain("zweitervorname", Role::Middle),
    plain("nachname", Role::Family),
    plain("spitzname", Role::Nickname),
    plain("firma", Role::Organization),
    plain("geburtstag", Role::Birthday),
    plain("notizen", Role::Notes),
    plain("kategorien", Role::Groups),
    plain("emailadresse", Role::Email),
    plain("webseite", Role::Url),
    plain("telefon", Role::Phone),
    plain("haupttelefon", Role::Phone),
    phone("mobiltelefon", "mobile"),
    phone("handy", "mobile"),
    phone("telefongeschäftlich", "work"),
    phone("telefonprivat", "home"),
    phone("telefonfirma", "main"),
    phone("weiterestelefon", "other"),
    phone("autotelefon", "car"),
    phone("faxgeschäftlich", "fax"),
    phone("faxprivat", "fax"),
    phone("weiteresfax", "fax"),
    street("straßeprivat", 2, "home"),
    street("ortprivat", 3, "home"),
    street("bundeslandkantonprivat", 4, "home"),
    street("postleitzahlprivat", 5, "home"),
    street("landregionprivat", 6, "home"),
    street("straßegeschäftlich", 2, "work"),
    street("ortgeschäftlich", 3, "work"),
    street("postleitzahlgeschäftlich", 5, "work"),
    street("landregiongeschäftlich", 6, "work"),
    // In French.
    plain("titre", Role::Title),
    plain("prénom", Role::Given),
    plain("prenom", Role::Given),
    plain("deuxièmeprénom", Role::Middle),
    plain("nom", Role::Name),
    plain("suffixe", Role::Suffix),
    plain("surnom", Role::Nickname),
    plain("société", Role::Organization),
    plain("profession", Role::Title),
    plain("anniversaire", Role::Birthday),
    plain("catégories", Role::Groups),
    plain("adressedemessagerie", Role::Email),
    plain("adresseemail", Role::Email),
    plain("pageweb", Role::Url),
    plain("téléphone", Role::Phone),
    plain("téléphoneprincipal", Role::Phone),
    phone("télmobile", "mobile"),
    phone("téléphonemobile", "mobile"),
    phone("téléphonebureau", "work"),
    phone("téléphonedomicile", "home"),
    phone("téléphonesociété", "main"),
    phone("télécopiebureau", "fax"),
    phone("télécopiedomicile", "fax"),
    street("ruedomicile", 2, "home"),
    street("villedomicile", 3, "home"),
    street("codepostaldomicile", 5, "home"),
    street("paysrégiondomicile", 6, "home"),
    street("ruebureau", 2, "work"),
    street("villebureau", 3, "work"),
    street("codepostalbureau", 5, "work"),
    street("paysrégionbureau", 6, "work"),
];
