//! What the loopback Twilio does with each operation.

use serde_json::{Value, json};

use super::{
    ACCOUNT, AUTH_TOKEN, Answer, KEY, KEY_SECRET, Request, SERVICE, State, field, login, refusal,
    variables,
};

/// The operations, as Twilio's description names them; the bytes of media are not in it.
const OPERATIONS: [(&str, &str, &str); 14] = [
    (
        "CreateMessage",
        "POST",
        "/2010-04-01/Accounts/{AccountSid}/Messages.json",
    ),
    (
        "ListMessage",
        "GET",
        "/2010-04-01/Accounts/{AccountSid}/Messages.json",
    ),
    (
        "FetchMessage",
        "GET",
        "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
    ),
    (
        "UpdateMessage",
        "POST",
        "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
    ),
    (
        "DeleteMessage",
        "DELETE",
        "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
    ),
    (
        "ListMedia",
        "GET",
        "/2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media.json",
    ),
    (
        "FetchBalance",
        "GET",
        "/2010-04-01/Accounts/{AccountSid}/Balance.json",
    ),
    ("FetchAccount", "GET", "/2010-04-01/Accounts/{Sid}.json"),
    (
        "ListIncomingPhoneNumber",
        "GET",
        "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json",
    ),
    ("FetchService", "GET", "/v1/Services/{Sid}"),
    ("ListMessagingCountry", "GET", "/v1/Messaging/Countries"),
    (
        "FetchMessagingCountry",
        "GET",
        "/v1/Messaging/Countries/{IsoCountry}",
    ),
    (
        "media.bytes",
        "GET",
        "/2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media/{Sid}",
    ),
    ("media.way", "GET", "/signed/{Way}"),
];

pub fn find(method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
    let mut all = OPERATIONS.iter().filter(|(_, m, _)| *m == method);
    all.find_map(|(id, _, template)| Some((*id, variables(template, path)?)))
}

impl State {
    pub(super) fn answer(&mut self, request: &Request) -> Answer {
        if request.id == "media.way" {
            return self.way(request);
        }
        let known = [(ACCOUNT, AUTH_TOKEN), (KEY, KEY_SECRET)];
        let given = login(request);
        let given = given
            .as_ref()
            .map(|(user, secret)| (user.as_str(), secret.as_str()));
        if !given.is_some_and(|given| known.contains(&given)) {
            return refusal(401, 20003);
        }
        match request.id {
            "ListMessagingCountry" => return self.countries(request),
            "FetchMessagingCountry" => return self.prices_of(request),
            _ => {}
        }
        if request.id != "FetchService" && request.vars[0] != ACCOUNT {
            return refusal(404, 20404);
        }
        match request.id {
            "CreateMessage" => self.create(request),
            "ListMessage" => self.list(request),
            "ListMedia" => self.list_media(request),
            "media.bytes" => self.bytes(request),
            "FetchBalance" => Answer::json(
                &json!({"account_sid": ACCOUNT, "balance": "12.34", "currency": "USD"}),
            ),
            // A key may not read the account itself.
            "FetchAccount" if given.is_some_and(|(user, _)| user == KEY) => refusal(401, 20003),
            "FetchAccount" => Answer::json(
                &json!({"sid": ACCOUNT, "friendly_name": "Ada's account", "status": "active", "type": "Full"}),
            ),
            "FetchService" if request.vars[0] == SERVICE => {
                Answer::json(&json!({"sid": SERVICE, "friendly_name": "Ada's service"}))
            }
            "FetchService" => refusal(404, 20404),
            "ListIncomingPhoneNumber" => {
                let wanted = request.param("PhoneNumber").unwrap_or_default();
                let found = self.numbers.iter().filter(|n| n.contains(wanted));
                let found: Vec<Value> = found
                    .map(|n| json!({"phone_number": n, "capabilities": {"sms": true, "mms": true, "voice": true, "fax": false}}))
                    .collect();
                Answer::json(&json!({"incoming_phone_numbers": found, "next_page_uri": null}))
            }
            _ => self.one(request),
        }
    }

    /// One message by its id.
    fn one(&mut self, request: &Request) -> Answer {
        let Some(at) = self
            .messages
            .iter()
            .position(|m| m["sid"] == *request.vars[1])
        else {
            return refusal(404, 20404);
        };
        match request.id {
            "DeleteMessage" => {
                self.messages.remove(at);
                return Answer::empty(204);
            }
            "UpdateMessage" => {
                let form = request.form();
                if let Some(body) = field(&form, "Body") {
                    assert!(body.is_empty(), "only an empty text redacts");
                    self.messages[at]["body"] = json!("");
                }
                if let Some(status) = field(&form, "Status") {
                    self.messages[at]["status"] = json!(status);
                }
            }
            _ => {}
        }
        Answer::json(&self.messages[at])
    }

    fn create(&mut self, request: &Request) -> Answer {
        let form = request.form();
        let to = field(&form, "To").unwrap_or_default().to_owned();
        let text = field(&form, "Body").unwrap_or_default().to_owned();
        let media: Vec<String> = form
            .iter()
            .filter(|(n, _)| n == "MediaUrl")
            .map(|(_, v)| v.clone())
            .collect();
        let service = field(&form, "MessagingServiceSid");
        let from = match (field(&form, "From"), service) {
            (Some(from), _) => from.to_owned(),
            (None, Some(_)) => self.numbers[0].to_owned(),
            (None, None) => return refusal(400, 21603),
        };
        let number = to.strip_prefix('+').unwrap_or(&to);
        let code = match () {
            () if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) => 21211,
            () if !self.numbers.contains(&from.as_str()) => 21606,
            () if service.is_some_and(|s| s != SERVICE) => 21606,
            () if text.is_empty() && media.is_empty() => 21602,
            () if text.encode_utf16().count() > 1600 => 21617,
            () if media.len() > 10 => 21623,
            () if self.stopped.contains(&(to.clone(), from.clone())) => 21610,
            () => 0,
        };
        if code != 0 {
            return refusal(400, code);
        }
        let sid = self.id(if media.is_empty() { "SM" } else { "MM" });
        let mut message = self.message(&sid, (&from, &to), &text);
        message["num_media"] = json!(media.len().to_string());
        if let Some(service) = service {
            message["messaging_service_sid"] = json!(service);
            message["status"] = json!("accepted");
        }
        for url in &media {
            let medium = self.id("ME");
            let bytes = ("image/jpeg".to_owned(), url.clone().into_bytes());
            self.media.insert((sid.clone(), medium), bytes);
        }
        // Found by its date from the moment it is sent.
        let mut kept = message.clone();
        kept["date_sent"] = message["date_created"].clone();
        self.messages.push(kept);
        let mut answer = Answer::json(&message);
        answer.status = 201;
        answer
    }

    fn list(&mut self, request: &Request) -> Answer {
        let day = |message: &Value| {
            let sent = message["date_sent"].as_str()?;
            let sent = jiff::fmt::rfc2822::parse(sent).ok()?;
            Some(sent.strftime("%Y-%m-%d").to_string())
        };
        let is = |message: &Value, name: &str, key: &str| {
            request
                .param(name)
                .is_none_or(|wanted| message[key] == *wanted)
        };
        let mut found: Vec<&Value> = self
            .messages
            .iter()
            .filter(|m| is(m, "To", "to") && is(m, "From", "from"))
            .filter(|m| {
                let since = request.param("DateSent>");
                since.is_none_or(|since| day(m).is_some_and(|day| day.as_str() >= since))
            })
            .collect();
        found.reverse();
        let asked = request
            .param("PageSize")
            .and_then(|n| n.parse().ok())
            .unwrap_or(50);
        let size: usize = self.largest_page.min(asked).min(1000);
        let page: usize = request
            .param("Page")
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        let rows: Vec<Value> = found
            .iter()
            .skip(page * size)
            .take(size)
            .map(|m| (*m).clone())
            .collect();
        let more = found.len() > (page + 1) * size;
        let mut query: Vec<String> = request
            .query
            .iter()
            .filter(|(n, _)| n != "Page" && n != "PageToken")
            .map(|(n, v)| format!("{}={}", n.replace('>', "%3E"), v.replace('+', "%2B")))
            .collect();
        query.push(format!("Page={}&PageToken=PA{page}", page + 1));
        let next = format!(
            "/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{}",
            query.join("&")
        );
        Answer::json(&json!({
            "messages": rows, "page": page, "page_size": size,
            "next_page_uri": more.then_some(next),
        }))
    }

    fn list_media(&mut self, request: &Request) -> Answer {
        let message = &request.vars[1];
        let media = self.media.iter().filter(|((of, _), _)| of == message);
        let media: Vec<Value> = media
            .map(|((of, sid), (media_type, _))| {
                json!({
                    "sid": sid, "account_sid": ACCOUNT, "parent_sid": of, "content_type": media_type,
                    "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{of}/Media/{sid}.json"),
                })
            })
            .collect();
        Answer::json(&json!({"media_list": media, "next_page_uri": null}))
    }

    /// The way to the bytes, on what stands for another host.
    fn bytes(&mut self, request: &Request) -> Answer {
        let key = (request.vars[1].clone(), request.vars[2].clone());
        if !self.media.contains_key(&key) {
            return refusal(404, 20404);
        }
        let way = self.id("way");
        if self.stale_ways > 0 {
            self.stale_ways -= 1;
        } else {
            self.ways.insert(way.clone(), key);
        }
        Answer::empty(307).header("Location", &format!("{}/signed/{way}", self.url))
    }

    fn way(&mut self, request: &Request) -> Answer {
        if request.header("authorization").is_some() {
            self.violations
                .push("the login was shown to the host of the media".to_owned());
        }
        match self
            .ways
            .get(&request.vars[0])
            .and_then(|key| self.media.get(key))
        {
            Some((media_type, bytes)) => Answer::bytes(media_type, bytes.clone()),
            None => super::said(403, "<Error><Code>AccessDenied</Code></Error>"),
        }
    }
}
