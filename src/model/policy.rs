//! What may leave without a person, as the config says it: one set of rules per origin.

use std::fmt;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use super::money::Money;

/// What a rule does with a message; the later is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    Allow,
    /// It waits until a person approves it.
    Hold,
    Refuse,
}

impl Act {
    pub const ALL: [Act; 3] = [Act::Allow, Act::Hold, Act::Refuse];

    /// As the config writes it.
    pub fn name(self) -> &'static str {
        match self {
            Act::Allow => "allow",
            Act::Hold => "hold",
            Act::Refuse => "refuse",
        }
    }
}

/// What a person has to give to approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// A code shown on the terminal.
    #[default]
    Code,
    /// The passphrase of the encrypted secrets file.
    Passphrase,
}

impl Approval {
    pub const ALL: [Approval; 2] = [Approval::Code, Approval::Passphrase];

    /// As the config writes it.
    pub fn name(self) -> &'static str {
        match self {
            Approval::Code => "code",
            Approval::Passphrase => "passphrase",
        }
    }
}

/// `[policy]`: what holds for each origin.
#[derive(Clone, Debug)]
pub struct Policy {
    pub approval: Approval,
    pub person: Rules,
    pub script: Rules,
    pub agent: Rules,
}

impl Default for Policy {
    /// Persons and scripts send; what an agent writes is held.
    fn default() -> Self {
        Policy {
            approval: Approval::default(),
            person: Rules::of("person", Act::Allow),
            script: Rules::of("script", Act::Allow),
            agent: Rules::of("agent", Act::Hold),
        }
    }
}

/// The rules for one origin.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rules {
    pub origin: &'static str,
    /// What holds where no other rule speaks.
    pub default: Act,
    /// Globs over addresses; these are allowed whatever `default` and `first_contact` say.
    pub allow: Vec<String>,
    /// Globs over addresses; these are refused whatever else holds.
    pub deny: Vec<String>,
    /// For an address that nothing was ever sent to and no mail came from.
    pub first_contact: Act,
    /// Recipients within an hour.
    pub max_per_hour: Option<u32>,
    /// Money within a calendar month.
    pub max_cost_per_month: Option<Money>,
    /// When nothing leaves.
    pub quiet_hours: Option<QuietHours>,
}

impl Rules {
    /// Rules with nothing but a default.
    pub fn of(origin: &'static str, default: Act) -> Rules {
        Rules {
            origin,
            default,
            allow: Vec::new(),
            deny: Vec::new(),
            first_contact: Act::Allow,
            max_per_hour: None,
            max_cost_per_month: None,
            quiet_hours: None,
        }
    }
}

/// A time of day in which nothing leaves; it may go over midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietHours {
    pub from: Time,
    /// Not part of it.
    pub to: Time,
    /// Where it is that time; `None` is this machine's zone.
    pub zone: Option<TimeZone>,
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |t: Time| format!("{:02}:{:02}", t.hour(), t.minute());
        write!(f, "{}-{}", clock(self.from), clock(self.to))?;
        match self.zone.as_ref().and_then(TimeZone::iana_name) {
            Some(zone) => write!(f, " {zone}"),
            None => Ok(()),
        }
    }
}

impl Serialize for QuietHours {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for QuietHours {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "QuietHours".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "As `22:00-07:00`, and a zone if one is set."
        })
    }
}
