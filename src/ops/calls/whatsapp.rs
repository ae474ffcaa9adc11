//! What a message of WhatsApp has beside text and files, as programs give it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::ops::whatsapp::compose::{Button, Extras, Link, Row, Words};

/// Choices below the text, or a message of its own kind.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WhatsappExtras {
    /// Buttons that answer, up to three.
    pub buttons: Vec<GivenButton>,
    /// Rows of a list to choose from, up to ten.
    pub rows: Vec<GivenRow>,
    /// What the button says that opens the list.
    pub list_label: Option<String>,
    /// A button that leads to a web page.
    pub link: Option<GivenLink>,
    /// A form to fill in.
    pub flow: Option<GivenFlow>,
    /// A small line below the text.
    pub footer: Option<String>,
    /// A place, as a message of its own.
    pub location: Option<GivenPlace>,
    /// People as vCards, as a message of its own.
    pub contacts: Vec<String>,
}

/// A button.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenButton {
    /// What an answer names; the title if left out.
    #[serde(default)]
    pub id: Option<String>,
    /// What it says.
    pub title: String,
}

/// A row of a list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenRow {
    /// What an answer names; the title if left out.
    #[serde(default)]
    pub id: Option<String>,
    /// What it says.
    pub title: String,
    /// A line below it.
    #[serde(default)]
    pub description: Option<String>,
    /// The heading it stands under.
    #[serde(default)]
    pub section: Option<String>,
}

/// A link.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenLink {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

/// A form.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenFlow {
    /// Its id or name.
    pub flow: String,
    /// What its button says.
    #[serde(default)]
    pub label: Option<String>,
    /// Its first screen.
    #[serde(default)]
    pub screen: Option<String>,
    /// What that is given.
    #[serde(default)]
    pub data: Option<Map<String, Value>>,
}

/// A place.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenPlace {
    /// Degrees north.
    #[schemars(range(min = -90, max = 90))]
    pub latitude: f64,
    /// Degrees east.
    #[schemars(range(min = -180, max = 180))]
    pub longitude: f64,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// Its address.
    #[serde(default)]
    pub address: Option<String>,
}

impl WhatsappExtras {
    /// Whether it is a message without a text.
    pub fn is_whole(&self) -> bool {
        self.location.is_some() || !self.contacts.is_empty()
    }

    /// As the operations take it.
    pub fn extras(self) -> Result<Extras> {
        let flow = self.flow;
        let screen = flow.as_ref().and_then(|flow| flow.screen.clone());
        let label = flow.as_ref().and_then(|flow| flow.label.clone());
        let data = flow.as_ref().and_then(|flow| flow.data.clone());
        Ok(Extras {
            buttons: self.buttons.into_iter().map(button).collect(),
            rows: self.rows.into_iter().map(row).collect(),
            rows_file: None,
            list_label: self.list_label,
            link: self.link.map(|link| Link {
                label: link.label,
                url: link.url,
            }),
            flow: flow.map(|flow| flow.flow),
            flow_label: label,
            flow_screen: screen,
            flow_data: data.map(|data| Words::Given(Value::Object(data).to_string())),
            footer: self.footer,
            location: self.location.map(place).transpose()?,
            contacts: self.contacts.into_iter().map(Words::Given).collect(),
        })
    }
}

fn button(given: GivenButton) -> Button {
    Button {
        id: given.id.unwrap_or_else(|| given.title.clone()),
        title: given.title,
    }
}

fn row(given: GivenRow) -> Row {
    Row {
        id: given.id.unwrap_or_else(|| given.title.clone()),
        title: given.title,
        description: given.description,
        section: given.section,
    }
}

fn place(given: GivenPlace) -> Result<Value> {
    let degrees = |name: &str, value: f64, most: f64| match value.abs() <= most {
        // As text: that is how the API describes them.
        true => Ok(value.to_string()),
        false => Err(Error::usage(format!("`{name}` is from -{most} to {most}"))),
    };
    let mut place = json!({
        "latitude": degrees("latitude", given.latitude, 90.0)?,
        "longitude": degrees("longitude", given.longitude, 180.0)?,
    });
    for (key, value) in [("name", given.name), ("address", given.address)] {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            place[key] = value.into();
        }
    }
    Ok(place)
}
