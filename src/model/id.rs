//! Short typed ids (`m1423`, `t88`, `o17`), stable for ever in one store.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

macro_rules! short_id {
    ($name:ident, $letter:literal, $what:literal) => {
        #[doc = concat!("The id of ", $what, ", shown as `", $letter, "N`.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self, Error> {
                text.strip_prefix($letter)
                    .filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
                    .and_then(|digits| digits.parse().ok())
                    .map($name)
                    .ok_or_else(|| {
                        Error::usage(format!(concat!("`{}` is not the id of ", $what), text))
                            .hint(concat!("ids of this kind look like `", $letter, "17`"))
                    })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $letter, "[0-9]+$"),
                })
            }
        }
    };
}

short_id!(MessageId, "m", "a message");
short_id!(ThreadId, "t", "a thread");
short_id!(OutboxId, "o", "an outbox item");
short_id!(ContactId, "c", "a contact");
short_id!(PlanId, "p", "a plan of a contact sync");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_printed() {
        assert_eq!("m1423".parse::<MessageId>().unwrap(), MessageId(1423));
        assert_eq!(MessageId(1423).to_string(), "m1423");
        for bad in ["", "m", "1423", "t1", "m-1", "m1x", "m99999999999999999999"] {
            assert!(bad.parse::<MessageId>().is_err(), "{bad}");
        }
    }
}
