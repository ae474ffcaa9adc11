//! What D-Bus says of the Secret Service before it is asked for a secret.
//!
//! The keyring's client can't tell a locked collection from one that holds nothing, and unlocks (with a window)
//! what it finds locked; so the `Locked` property is read first (Secret Service API 0.2, "Collection").

use zbus::blocking::Connection;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::{Fault, State, Trouble};

const PROVIDER: &str = "org.freedesktop.secrets";

/// The state of the default collection.
pub fn look() -> Result<State, Fault> {
    let connection = Connection::session().map_err(|e| Fault {
        trouble: Trouble::NoBus,
        cause: e.to_string(),
    })?;
    let default: OwnedObjectPath = connection
        .call_method(
            Some(PROVIDER),
            "/org/freedesktop/secrets",
            Some("org.freedesktop.Secret.Service"),
            "ReadAlias",
            &("default",),
        )
        .and_then(|reply| reply.body().deserialize())
        .map_err(|e| fault(&e))?;
    if default.as_str() == "/" {
        return Ok(State::Empty);
    }
    let locked: OwnedValue = connection
        .call_method(
            Some(PROVIDER),
            default,
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &("org.freedesktop.Secret.Collection", "Locked"),
        )
        .and_then(|reply| reply.body().deserialize())
        .map_err(|e| fault(&e))?;
    match bool::try_from(locked) {
        Ok(false) => Ok(State::Open),
        Ok(true) => Ok(State::Locked),
        Err(e) => Err(Fault {
            trouble: Trouble::Failed,
            cause: e.to_string(),
        }),
    }
}

fn fault(error: &zbus::Error) -> Fault {
    let name = match error {
        zbus::Error::MethodError(name, ..) => name.as_str(),
        _ => "",
    };
    let nobody = [
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.UnknownMethod",
        "org.freedesktop.DBus.Error.UnknownObject",
    ]
    .contains(&name)
        || name.starts_with("org.freedesktop.DBus.Error.Spawn.");
    let trouble = match (name, nobody) {
        (_, true) => Trouble::NoProvider,
        ("org.freedesktop.DBus.Error.NoReply" | "org.freedesktop.DBus.Error.TimedOut", _) => {
            Trouble::NoAnswer
        }
        _ => Trouble::Failed,
    };
    Fault {
        trouble,
        cause: error.to_string(),
    }
}
