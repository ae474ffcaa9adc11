//! Who runs this process and what it can reach, as the environment tells: names and places, never a secret.
//!
//! Only `comms doctor` looks at it: it tells what a cron job lacks that a login shell has.

use std::path::PathBuf;

use super::flags::Environment;

/// What the environment says about the process that runs `comms`.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// `HOME` as it is set.
    pub home: Option<PathBuf>,
    /// The folder taken as home; the user database tells it where `HOME` does not.
    pub home_dir: Option<PathBuf>,
    /// `COMMS_HOME` is set, so that no other variable moves the data folder.
    pub has_own_folder: bool,
    /// `XDG_DATA_HOME` and `XDG_CONFIG_HOME`, those that are set.
    pub xdg: Vec<(&'static str, PathBuf)>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// `DBUS_SESSION_BUS_ADDRESS`.
    pub bus: Option<String>,
    /// `SSH_CONNECTION` is set.
    pub over_ssh: bool,
    /// `INVOCATION_ID` is set, which systemd does for what it starts.
    pub in_unit: bool,
    /// The user who called sudo.
    pub sudo_user: Option<String>,
    /// Variables of the form `COMMS_SECRET_…`; their values are not kept.
    pub secrets: Vec<SecretVariable>,
    /// Proxy variables, without the password that may stand in them.
    pub proxies: Vec<(&'static str, String)>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// `SSL_CERT_FILE`.
    pub cert_file: Option<PathBuf>,
    /// `SSL_CERT_DIR`; several folders as in `PATH`.
    pub cert_dir: Option<String>,
    /// `PATH`.
    pub path: Option<String>,
    /// `TZ`.
    pub zone: Option<String>,
}

/// A variable that looks like the secret of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretVariable {
    pub name: String,
    /// Set to nothing, which counts as unset.
    pub is_empty: bool,
}

/// Of two spellings the first that is set counts, as in the HTTP client.
const PROXIES: [[&str; 2]; 3] = [
    ["HTTPS_PROXY", "https_proxy"],
    ["HTTP_PROXY", "http_proxy"],
    ["ALL_PROXY", "all_proxy"],
];

impl Caller {
    /// Picks what it needs.
    pub fn of(env: &Environment) -> Caller {
        let folder = |name: &str| env.get(name).map(PathBuf::from);
        let text = |name: &str| env.get(name).map(str::to_owned);
        let first = |names: [&'static str; 2]| {
            let name = names.into_iter().find(|name| env.get(name).is_some())?;
            Some((name, without_login(env.get(name)?)))
        };
        Caller {
            home: folder("HOME"),
            home_dir: env.home().cloned(),
            has_own_folder: env.get("COMMS_HOME").is_some(),
            xdg: ["XDG_DATA_HOME", "XDG_CONFIG_HOME"]
                .into_iter()
                .filter_map(|name| Some((name, folder(name)?)))
                .collect(),
            runtime_dir: folder("XDG_RUNTIME_DIR"),
            bus: text("DBUS_SESSION_BUS_ADDRESS"),
            over_ssh: env.get("SSH_CONNECTION").is_some(),
            in_unit: env.get("INVOCATION_ID").is_some(),
            sudo_user: text("SUDO_USER"),
            secrets: env
                .names("COMMS_SECRET_")
                .map(|name| SecretVariable {
                    name: name.to_owned(),
                    is_empty: env.get(name).is_none(),
                })
                .collect(),
            proxies: PROXIES.into_iter().filter_map(first).collect(),
            no_proxy: first(["NO_PROXY", "no_proxy"]).map(|(_, hosts)| hosts),
            cert_file: folder("SSL_CERT_FILE"),
            cert_dir: text("SSL_CERT_DIR"),
            path: text("PATH"),
            zone: text("TZ"),
        }
    }
}

/// A proxy's address without the name and password in front of the host.
fn without_login(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{host}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_kept() {
        let caller = Caller::of(&Environment::of([
            ("COMMS_SECRET_WORK", "hunter2"),
            ("COMMS_SECRET_HOME", ""),
            ("HTTPS_PROXY", "http://ada:hunter2@proxy:3128"),
            ("all_proxy", "ada:hunter2@socks"),
        ]));
        assert!(!format!("{caller:?}").contains("hunter2"), "{caller:?}");
        let names: Vec<_> = caller
            .secrets
            .iter()
            .map(|v| (v.name.as_str(), v.is_empty))
            .collect();
        assert_eq!(
            names,
            [("COMMS_SECRET_HOME", true), ("COMMS_SECRET_WORK", false)]
        );
        assert_eq!(
            caller.proxies,
            [
                ("HTTPS_PROXY", "http://proxy:3128".to_owned()),
                ("all_proxy", "socks".to_owned())
            ]
        );
    }
}
