//! Which secrets an account has, and where they may be kept.

use std::path::PathBuf;

use secrecy::SecretString;

/// One of the secrets of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What logs in: a password, an app password, an API key.
    Login,
    /// Access and refresh token of an OAuth login, as JSON.
    Tokens,
    /// The secret of an OAuth client.
    ClientSecret,
    /// The private key file of a service account, as JSON.
    ServiceAccount,
    /// What its provider signs with when it calls us: Twilio's auth token (where an API key logs in), WhatsApp's app
    /// secret, Slack's signing secret.
    WebhookSecret,
    /// What WhatsApp repeats when it proves a web address of ours.
    VerifyToken,
    /// A login that waits for the address its browser ended at, as JSON.
    Pending,
}

impl Part {
    pub const ALL: [Part; 7] = [
        Part::Login,
        Part::Tokens,
        Part::ClientSecret,
        Part::ServiceAccount,
        Part::WebhookSecret,
        Part::VerifyToken,
        Part::Pending,
    ];

    /// Its name beside the account's; empty for the login.
    pub fn name(self) -> &'static str {
        match self {
            Part::Login => "",
            Part::Tokens => "tokens",
            Part::ClientSecret => "client_secret",
            Part::ServiceAccount => "service_account",
            Part::WebhookSecret => "webhook_secret",
            Part::VerifyToken => "verify_token",
            Part::Pending => "pending",
        }
    }

    /// The environment variable that can hold it: upper case, every other character an underscore.
    pub fn variable(self, account: &str) -> String {
        let mut name = format!("COMMS_SECRET_{account}");
        if self != Part::Login {
            name = format!("{name}_{}", self.name());
        }
        let allowed = |c: char| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_uppercase(),
            false => '_',
        };
        name.chars().map(allowed).collect()
    }

    /// The name of its entry in a keyring or a secrets file.
    pub fn entry(self, account: &str) -> String {
        match self {
            Part::Login => account.to_owned(),
            part => format!("{account}/{}", part.name()),
        }
    }
}

/// Where secrets are kept. With one store named, the other is neither read nor written, except to clear away an
/// entry that was replaced or removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreChoice {
    /// Both: an entry stays where it is, a new one goes to the OS keyring if that answers, else to the file.
    #[default]
    Auto,
    Keyring,
    File,
}

impl StoreChoice {
    pub const ALL: [StoreChoice; 3] = [StoreChoice::Auto, StoreChoice::Keyring, StoreChoice::File];

    /// As the config writes it.
    pub fn name(self) -> &'static str {
        match self {
            StoreChoice::Auto => "auto",
            StoreChoice::Keyring => "keyring",
            StoreChoice::File => "file",
        }
    }
}

/// One of the two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Keyring,
    File,
}

/// What a person is asked for when the encrypted file needs its passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The passphrase of the file that is there.
    Open,
    /// The passphrase of a new file; to be typed twice.
    Create,
}

/// `[secrets]` of the config.
#[derive(Clone, Debug, Default)]
pub struct SecretSettings {
    pub store: StoreChoice,
    /// The encrypted file.
    pub file: PathBuf,
    /// From `COMMS_PASSPHRASE`.
    pub passphrase: Option<SecretString>,
    /// A command of the user's that prints the passphrase of the file.
    pub passphrase_command: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_of_an_account_is_a_name_every_shell_takes() {
        assert_eq!(Part::Login.variable("work"), "COMMS_SECRET_WORK");
        assert_eq!(Part::Login.variable("ada-2.x"), "COMMS_SECRET_ADA_2_X");
        assert_eq!(
            Part::ClientSecret.variable("work"),
            "COMMS_SECRET_WORK_CLIENT_SECRET"
        );
    }
}
