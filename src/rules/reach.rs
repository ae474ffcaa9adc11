//! By which of their addresses a person is reached.

use crate::model::contact::{AddressKind, Card, ContactAddress, Via};

/// A channel and the address it writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way<'a> {
    pub via: Via,
    pub address: &'a ContactAddress,
}

impl Way<'_> {
    /// The address as one types it for this channel.
    pub fn typed(&self) -> String {
        let value = self.address.value.trim();
        match self.via {
            Via::Email => value.to_owned(),
            Via::Sms => format!("sms:{value}"),
            Via::Whatsapp => format!("whatsapp:{value}"),
            Via::Slack => format!("slack:{value}"),
            Via::Chat => format!("chat:{value}"),
        }
    }
}

/// What decides among the ways to a person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// What was asked for; nothing else is taken then.
    pub asked: Option<Via>,
    /// The way of the newest conversation, as one types it.
    pub talked: Option<&'a str>,
    /// What takes phone numbers if nobody says.
    pub phone: Option<Via>,
}

/// All ways to a person that `open` lets through, those of a primary address first.
pub fn ways<'a>(card: &'a Card, open: impl Fn(Way<'a>) -> bool) -> Vec<Way<'a>> {
    AddressKind::ALL
        .into_iter()
        .flat_map(|kind| card.of_kind(kind))
        .flat_map(|address| native(address.kind).iter().map(move |via| (*via, address)))
        .map(|(via, address)| Way { via, address })
        .filter(|way| open(*way))
        .collect()
}

/// The way to take: the one asked for, else the one the person prefers, else that of the newest conversation, else mail,
/// a number, a chat.
pub fn choose<'a>(
    card: &'a Card,
    wish: Wish<'_>,
    open: impl Fn(Way<'a>) -> bool,
) -> Option<Way<'a>> {
    let ways = ways(card, &open);
    let talked = |way: &&Way<'a>| Some(way.typed().as_str()) == wish.talked;
    // An address that is marked as the first of its kind is; without one it is where they last talked.
    let by = |via: Via| {
        let of_it = || ways.iter().filter(move |way| way.via == via);
        let primary = of_it().find(|way| way.address.primary);
        primary
            .or_else(|| of_it().find(talked))
            .or_else(|| of_it().next())
            .copied()
    };
    if let Some(asked) = wish.asked {
        return by(asked).or_else(|| stretched(card, asked, &open));
    }
    let preferred = card.preferred.and_then(|via| {
        let own = by(via);
        own.or_else(|| stretched(card, via, &open))
    });
    let phone = wish.phone.unwrap_or(Via::Sms);
    let usual = [
        Via::Email,
        phone,
        Via::Sms,
        Via::Whatsapp,
        Via::Slack,
        Via::Chat,
    ];
    preferred
        .or_else(|| ways.iter().find(talked).copied())
        .or_else(|| usual.into_iter().find_map(by))
}

/// The channels that write to an address of this kind.
fn native(kind: AddressKind) -> &'static [Via] {
    match kind {
        AddressKind::Email => &[Via::Email],
        AddressKind::Phone => &[Via::Sms, Via::Whatsapp],
        AddressKind::Whatsapp => &[Via::Whatsapp],
        AddressKind::Slack => &[Via::Slack],
        AddressKind::Chat => &[Via::Chat],
    }
}

/// A way that is there only for who insists: a number of WhatsApp is one for texts, and Slack and Chat know people by
/// their mail addresses.
fn stretched<'a>(card: &'a Card, via: Via, open: impl Fn(Way<'a>) -> bool) -> Option<Way<'a>> {
    let mut addresses: Vec<&ContactAddress> = match via {
        Via::Sms => card
            .of_kind(AddressKind::Whatsapp)
            .filter(|a| a.value.trim().starts_with('+'))
            .collect(),
        Via::Slack | Via::Chat => card.of_kind(AddressKind::Email).collect(),
        Via::Email | Via::Whatsapp => Vec::new(),
    };
    addresses.sort_by_key(|a| !a.primary);
    let ways = addresses.into_iter().map(|address| Way { via, address });
    ways.into_iter().find(|way| open(*way))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(kind: AddressKind, value: &str) -> ContactAddress {
        ContactAddress {
            kind,
            value: value.to_owned(),
            ..ContactAddress::default()
        }
    }

    fn ada() -> Card {
        Card {
            name: "Ada".into(),
            addresses: vec![
                address(AddressKind::Slack, "U1"),
                address(AddressKind::Phone, "+14155550100"),
                address(AddressKind::Email, "ada@work.example"),
                address(AddressKind::Email, "ada@example.com"),
            ],
            ..Card::default()
        }
    }

    fn typed(card: &Card, wish: Wish<'_>, closed: &[Via]) -> Option<String> {
        choose(card, wish, |way| !closed.contains(&way.via)).map(|way| way.typed())
    }

    #[test]
    fn what_was_asked_for_wins_then_the_preference_then_the_last_talk_then_the_usual() {
        let mut ada = ada();
        let talked = Wish {
            talked: Some("slack:U1"),
            ..Wish::default()
        };
        assert_eq!(
            typed(&ada, Wish::default(), &[]).unwrap(),
            "ada@work.example"
        );
        assert_eq!(typed(&ada, talked, &[]).unwrap(), "slack:U1");
        ada.preferred = Some(Via::Whatsapp);
        assert_eq!(typed(&ada, talked, &[]).unwrap(), "whatsapp:+14155550100");
        let asked = Wish {
            asked: Some(Via::Sms),
            ..talked
        };
        assert_eq!(typed(&ada, asked, &[]).unwrap(), "sms:+14155550100");
    }

    #[test]
    fn a_channel_without_an_account_is_passed_over_unless_it_was_asked_for() {
        let mut ada = ada();
        ada.preferred = Some(Via::Sms);
        let no_sms = [Via::Sms, Via::Email];
        assert_eq!(
            typed(&ada, Wish::default(), &no_sms).unwrap(),
            "whatsapp:+14155550100"
        );
        let asked = Wish {
            asked: Some(Via::Sms),
            ..Wish::default()
        };
        assert_eq!(typed(&ada, asked, &no_sms), None);
    }

    #[test]
    fn the_primary_address_is_the_first_of_its_kind_and_the_phone_account_takes_numbers() {
        let mut ada = ada();
        ada.addresses[3].primary = true;
        let talked = Wish {
            talked: Some("ada@work.example"),
            asked: Some(Via::Email),
            phone: Some(Via::Whatsapp),
        };
        assert_eq!(typed(&ada, talked, &[]).unwrap(), "ada@example.com");
        ada.addresses[3].primary = false;
        assert_eq!(typed(&ada, talked, &[]).unwrap(), "ada@work.example");
        ada.addresses.truncate(2);
        let phone = Wish {
            asked: None,
            talked: None,
            ..talked
        };
        assert_eq!(typed(&ada, phone, &[]).unwrap(), "whatsapp:+14155550100");
    }

    #[test]
    fn who_insists_is_led_by_what_the_channel_can_look_up() {
        let ada = Card {
            addresses: vec![
                address(AddressKind::Email, "ada@example.com"),
                address(AddressKind::Whatsapp, "+14155550100"),
            ],
            ..Card::default()
        };
        for (via, wanted) in [
            (Via::Slack, Some("slack:ada@example.com")),
            (Via::Chat, Some("chat:ada@example.com")),
            (Via::Sms, Some("sms:+14155550100")),
        ] {
            let wish = Wish {
                asked: Some(via),
                ..Wish::default()
            };
            assert_eq!(typed(&ada, wish, &[]).as_deref(), wanted);
        }
        let by_id = Card {
            addresses: vec![address(AddressKind::Whatsapp, "US.abc")],
            ..Card::default()
        };
        let sms = Wish {
            asked: Some(Via::Sms),
            ..Wish::default()
        };
        assert_eq!(typed(&by_id, sms, &[]), None);
    }
}
