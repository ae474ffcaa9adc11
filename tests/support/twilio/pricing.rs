//! The price list of the loopback Twilio.

use serde_json::{Value, json};

use super::{Answer, Request, State, refusal};

/// A country with one carrier for each of these prices.
pub fn country(iso: &str, prices: &[&str]) -> Value {
    let carriers: Vec<Value> = prices
        .iter()
        .enumerate()
        .map(|(n, price)| {
            json!({
                "carrier": format!("carrier {n}"), "mcc": "001", "mnc": format!("{n:02}"),
                "prices": [{"number_type": "mobile", "base_price": price, "current_price": price}],
            })
        })
        .collect();
    json!({
        "country": format!("Land of {iso}"), "iso_country": iso, "price_unit": "USD",
        "outbound_sms_prices": carriers,
        "inbound_sms_prices": [{"number_type": "mobile", "base_price": "0.0075", "current_price": "0.0075"}],
        "url": format!("https://pricing.twilio.com/v1/Messaging/Countries/{iso}"),
    })
}

impl State {
    /// One page of the countries that there are prices for.
    pub(super) fn countries(&self, request: &Request) -> Answer {
        let page: usize = request.param("Page").map_or(0, |n| n.parse().unwrap_or(0));
        let asked: usize = request
            .param("PageSize")
            .map_or(50, |n| n.parse().unwrap_or(50));
        let size = asked.min(self.largest_page);
        let all: Vec<&Value> = self.prices.iter().collect();
        let rows: Vec<Value> = all
            .iter()
            .skip(page * size)
            .take(size)
            .map(|c| json!({"country": c["country"], "iso_country": c["iso_country"], "url": c["url"]}))
            .collect();
        let at = |page: usize| {
            let url = &self.url;
            format!("{url}/v1/Messaging/Countries?PageSize={asked}&Page={page}&PageToken=T{page}")
        };
        let more = (page + 1) * size < all.len();
        Answer::json(&json!({
            "countries": rows,
            "meta": {
                "key": "countries", "page": page, "page_size": size, "url": at(page), "first_page_url": at(0),
                "previous_page_url": null, "next_page_url": more.then(|| at(page + 1)),
            },
        }))
    }

    pub(super) fn prices_of(&self, request: &Request) -> Answer {
        let found = self
            .prices
            .iter()
            .find(|c| c["iso_country"] == *request.vars[0]);
        found.map_or_else(|| refusal(404, 20404), Answer::json)
    }
}
