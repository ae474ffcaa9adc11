//! What Twilio charges for messages to a country: its Pricing API, on a host of its own.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::money::{Currency, Money};
use crate::net::api::{Api, Call};
use crate::net::pages::Trail;
use crate::net::twilio::operations as op;
use crate::rules::cost;

use super::{LIMITS, PAGE, text};

/// Twilio's price list, as this account pays it.
pub struct Pricing {
    api: Api,
}

impl Pricing {
    /// On the host [`op::PRICING`], or the account's own.
    pub fn new(api: Api) -> Pricing {
        Pricing { api }
    }

    /// All countries that there are prices for (ISO 3166-1 alpha-2).
    pub async fn countries(&self) -> Result<Vec<String>> {
        const DOING: &str = "listing the countries of Twilio's prices";
        let mut found = Vec::new();
        let mut trail = Trail::default();
        let mut call = Call::new(op::PRICED_COUNTRIES)
            .query("PageSize", PAGE.to_string())
            .limits(LIMITS);
        loop {
            let page = self.api.sized::<Value>(&call, DOING).await;
            let (page, bytes) = page.map_err(|f| f.error)?;
            let Some(rows) = page.get("countries").and_then(Value::as_array) else {
                return Err(Error::unavailable(format!(
                    "{DOING}: it answered without any"
                )));
            };
            trail.hold(rows.len(), bytes, DOING)?;
            found.extend(
                rows.iter()
                    .filter_map(|row| text(row, "iso_country"))
                    .map(str::to_owned),
            );
            let next = page
                .get("meta")
                .and_then(|meta| text(meta, "next_page_url"));
            match next {
                Some(next) if !rows.is_empty() => {
                    trail.step(next, rows.len(), DOING)?;
                    call = Call::new(op::PRICED_COUNTRIES).to(next).limits(LIMITS);
                }
                _ => return Ok(found),
            }
        }
    }

    /// What one segment of SMS to a country costs at most: the highest price of all its carriers and all kinds of
    /// sending numbers, since nobody knows before by which it goes. `None` if Twilio has no price for it.
    pub async fn sms_to(&self, country: &str) -> Result<Option<Money>> {
        let doing = format!("asking for the prices of messages to {country}");
        let call = Call::new(op::PRICES_OF_COUNTRY)
            .at("IsoCountry", country)
            .limits(LIMITS);
        match self.api.json::<Value>(&call, &doing).await {
            Ok(prices) => highest(&prices).map_err(|e| {
                Error::unavailable(format!("{doing}: Twilio's answer can't be read")).because(e)
            }),
            Err(fault) if fault.status == 404 => Ok(None),
            Err(fault) => Err(fault.error),
        }
    }
}

fn highest(country: &Value) -> Result<Option<Money>> {
    let list = |value: &Value, key: &str| {
        let list = value.get(key).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let carriers = list(country, "outbound_sms_prices");
    let prices: Vec<Value> = carriers.iter().flat_map(|c| list(c, "prices")).collect();
    if prices.is_empty() {
        return Ok(None);
    }
    let unit = text(country, "price_unit").unwrap_or_default();
    let currency: Currency = unit.to_ascii_uppercase().parse()?;
    let amounts = prices
        .iter()
        .filter_map(|p| p.get("current_price").or_else(|| p.get("base_price")))
        .filter(|p| !p.is_null())
        .map(|price| amount(price, currency))
        .collect::<Result<Vec<Money>>>()?;
    Ok(cost::highest(amounts))
}

fn amount(price: &Value, currency: Currency) -> Result<Money> {
    let number = match price {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let money = Money::decimal(&number, currency)?;
    if money.micros < 0 {
        return Err(Error::usage(format!("{number} is below zero")));
    }
    Ok(money)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_dearest_carrier_and_number_decide() {
        let price =
            |p: &str| json!({"number_type": "mobile", "base_price": "9", "current_price": p});
        let country = json!({
            "iso_country": "DE", "price_unit": "usd",
            "outbound_sms_prices": [
                {"carrier": "a", "mcc": "262", "mnc": "01", "prices": [price("0.0750"), price("0.0810")]},
                {"carrier": "b", "mcc": "262", "mnc": "02", "prices": [price("0.0790")]},
            ],
        });
        assert_eq!(highest(&country).unwrap().unwrap().to_string(), "0.081 USD");
        let none = json!({"price_unit": "USD", "outbound_sms_prices": []});
        assert_eq!(highest(&none).unwrap(), None);
        assert_eq!(highest(&json!({"price_unit": null})).unwrap(), None);
    }

    #[test]
    fn a_price_that_is_none_is_never_guessed_at() {
        for (unit, price) in [
            ("USD", json!("-0.01")),
            ("USD", json!("free")),
            ("USD", json!(1e-9)),
            ("XXX", json!("0.01")),
            ("", json!("0.01")),
            ("USD", json!("99999999999999999999")),
        ] {
            let country = json!({
                "price_unit": unit,
                "outbound_sms_prices": [{"prices": [{"current_price": "0.01"}, {"current_price": price}]}],
            });
            assert!(highest(&country).is_err(), "{unit} {price}");
        }
    }
}
