//! The people of a Slack workspace or of Chat spaces as a source that is only read.
//!
//! Who left keeps the contact and loses the address: nobody is removed here because of a job they gave up.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::channel::google_chat::Member as ChatMember;
use crate::channel::slack::User;
use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::account::{Account, ChannelKind};
use crate::model::contact::{AddressKind, Card, ContactAddress};
use crate::ops::{App, access, token};

use super::source::{Fetched, Meaning, News, Outcome, Remote, Write};

/// What its cursor is kept under, beside the account.
pub const NAME: &str = "members";

/// Those who are in a workspace or in spaces.
pub struct Members {
    app: App,
    account: Account,
}

/// What is kept of someone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Member {
    /// `U…`, `users/123`.
    id: String,
    /// In which account the id means them.
    account: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    /// Deactivated, or not there any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gone: bool,
}

/// Everyone who was named.
#[derive(Default)]
struct Named {
    members: Vec<Member>,
    /// Some could not be asked for: who is missing may be there.
    partial: bool,
    notes: Vec<String>,
}

impl Members {
    pub fn new(app: &App, account: &Account) -> Members {
        Members {
            app: app.twin(),
            account: account.clone(),
        }
    }

    /// Who is there, who changed, and who left.
    pub async fn fetch(&self, known: &HashMap<&str, Option<&str>>) -> Result<Fetched> {
        let named = match self.account.channel {
            ChannelKind::Slack => self.of_slack().await,
            _ => self.of_chat().await,
        };
        let named = named.map_err(|e| token::explained(&self.app, &self.account, e))?;
        let links = self.app.store.contact_links(&self.account.name)?;
        let mut before: BTreeMap<&str, &[u8]> = links
            .iter()
            .filter(|link| known.contains_key(link.remote.as_str()))
            .map(|link| (link.remote.as_str(), link.document.as_slice()))
            .collect();
        let mut news = Vec::new();
        for member in named.members {
            match before.remove(member.id.as_str()) {
                None if member.gone => {}
                Some(was) if was == bytes(&member) => news.push(News::Same(member.id)),
                _ => news.push(News::Changed(remote(&member))),
            }
        }
        for (id, was) in before {
            let was: Member = serde_json::from_slice(was).unwrap_or_default();
            news.push(match named.partial || was.gone {
                true => News::Same(id.to_owned()),
                false => News::Changed(remote(&Member { gone: true, ..was })),
            });
        }
        Ok(Fetched {
            full: false,
            news,
            next: None,
            notes: named.notes,
        })
    }

    async fn of_slack(&self) -> Result<Named> {
        let client = access::slack(&self.app, &self.account).await?;
        let owner = client.whoami().await?.user_id;
        let users = client.users().await?;
        let others = users.into_iter().filter(|u| !u.bot && u.id != owner);
        Ok(Named {
            members: others.map(|user| self.slack_member(user)).collect(),
            ..Named::default()
        })
    }

    fn slack_member(&self, user: User) -> Member {
        let name = match tidy(&user.real_name) {
            name if name.is_empty() => tidy(user.label()),
            name => name,
        };
        let nickname = Some(tidy(&user.display_name)).filter(|n| !n.is_empty() && *n != name);
        Member {
            id: user.id,
            account: self.account.name.clone(),
            name,
            nickname,
            email: user.email,
            phone: user.phone.as_deref().map(tidy),
            title: user.title.as_deref().map(tidy),
            zone: user.zone,
            gone: user.deleted,
        }
    }

    async fn of_chat(&self) -> Result<Named> {
        let client = access::google_chat(&self.app, &self.account).await?;
        let mut named = Named::default();
        let mut people: BTreeMap<String, ChatMember> = BTreeMap::new();
        for space in client.spaces().await? {
            let members = match client.members(&space.name).await {
                Ok(members) => members,
                // One space that tells nothing is no reason to know nobody.
                Err(e) if matches!(e.kind, Kind::Refused | Kind::NotFound) => {
                    named.partial = true;
                    let title = match space.display_name.as_str() {
                        "" => &space.name,
                        title => title,
                    };
                    let title = clean::line(title);
                    named
                        .notes
                        .push(format!("who is in `{title}` is not told: {}", e.message));
                    continue;
                }
                Err(e) => return Err(e),
            };
            for member in members.into_iter().filter(|m| !m.bot && !m.name.is_empty()) {
                let known = people.entry(member.name.clone()).or_default();
                if known.display_name.is_empty() || known.email.is_none() && member.email.is_some()
                {
                    *known = member;
                }
            }
        }
        let mine = |member: &ChatMember| {
            let email = member.email.as_deref();
            let mut own = self.account.own_addresses();
            email.is_some_and(|email| own.any(|own| own.eq_ignore_ascii_case(email)))
        };
        let (named_ones, nameless): (Vec<_>, Vec<_>) = people
            .into_values()
            .filter(|member| !mine(member))
            .partition(|m| !m.display_name.trim().is_empty() || m.email.is_some());
        if !nameless.is_empty() {
            let count = nameless.len();
            let note = format!("{count} whose names Google does not tell were left out");
            named.notes.push(note);
            named.partial = true;
        }
        let members = named_ones.into_iter().map(|member| Member {
            id: member.name,
            account: self.account.name.clone(),
            name: tidy(&member.display_name),
            email: member.email,
            ..Member::default()
        });
        named.members = members.collect();
        Ok(named)
    }
}

/// What is kept of someone, read.
pub fn meaning(document: &[u8]) -> Result<Meaning, String> {
    let member: Member = serde_json::from_slice(document)
        .map_err(|e| format!("it is nobody who was listed: {e}"))?;
    let kind = match member.id.starts_with("users/") {
        true => AddressKind::Chat,
        false => AddressKind::Slack,
    };
    let plain = |kind, value: &String| ContactAddress {
        kind,
        value: value.clone(),
        ..ContactAddress::default()
    };
    let there = (!member.gone).then(|| ContactAddress {
        account: Some(member.account.clone()),
        ..plain(kind, &member.id)
    });
    let email = member
        .email
        .iter()
        .map(|email| plain(AddressKind::Email, email));
    let phone = member
        .phone
        .iter()
        .map(|phone| plain(AddressKind::Phone, phone));
    let addresses = email.chain(phone).chain(there).collect();
    Ok(Meaning {
        card: Card {
            name: member.name,
            nicknames: member.nickname.into_iter().collect(),
            title: member.title,
            zone: member.zone,
            addresses,
            ..Card::default()
        },
        uid: None,
        changed_at: None,
    })
}

/// Nothing can be changed there.
pub fn refused(writes: &[Write]) -> Vec<Outcome> {
    let refused = || Outcome::Refused(Error::refused("these people are not ours to change"));
    writes.iter().map(|_| refused()).collect()
}

fn remote(member: &Member) -> Remote {
    Remote {
        id: member.id.clone(),
        etag: None,
        document: bytes(member),
    }
}

fn bytes(member: &Member) -> Vec<u8> {
    serde_json::to_vec(member).unwrap_or_default()
}

fn tidy(text: &str) -> String {
    clean::line(text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_left_keeps_all_but_the_address_there() {
        let ada = Member {
            id: "U012ABC".to_owned(),
            account: "team".to_owned(),
            name: "Ada Lovelace".to_owned(),
            email: Some("ada@example.com".to_owned()),
            phone: Some("+14155550100".to_owned()),
            ..Member::default()
        };
        let values = |member: &Member| {
            let card = meaning(&bytes(member)).unwrap().card;
            let values = card.addresses.into_iter().map(|a| (a.kind.name(), a.value));
            values.collect::<Vec<_>>()
        };
        let all = values(&ada);
        assert_eq!(all[2], ("slack", "U012ABC".to_owned()));
        let gone = Member { gone: true, ..ada };
        assert_eq!(values(&gone), all[..2]);
        assert!(meaning(b"no").is_err());
    }
}
